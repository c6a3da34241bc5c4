//! How the test endpoint checks signatures of requests: what checks sealgate is checked first.

use serde_json::json;

use crate::aws::endpoint::Endpoint;
use crate::aws::request::Request;
use crate::aws::sigv4::{Authorization, canonical_request};
use crate::aws_client::Client;

/// A request as it stands in a text file: request line, headers, empty line, body.
fn request(text: &str) -> Request {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: lines.filter_map(header).collect(),
        body: body.as_bytes().to_vec(),
    }
}

/// The key of AWS's published test suite, its time and its scope.
fn of_the_suite(signed_headers: &str) -> Authorization {
    Authorization::parse(&format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={signed_headers}, Signature={}",
        "0".repeat(64)
    ))
    .unwrap()
}

#[test]
fn signatures_are_those_of_aws_published_test_suite() {
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    let head = "Host:example.amazonaws.com\nX-Amz-Date:20150830T123600Z";
    let cases = [
        ("GET /", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("GET /?", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (
            "GET /?Param2=value2&Param1=value1",
            "",
            "",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        ("POST /", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET /\u{1234}", "", "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        (
            "GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            "",
            "",
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ),
        (
            "GET /",
            "My-Header1: value1\nMy-Header2: \"a   b   c\"",
            "",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
        (
            "POST /",
            "Content-Type:application/x-www-form-urlencoded",
            "Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ];
    for (line, headers, body, signature) in cases {
        let headers = if headers.is_empty() { head.to_owned() } else { format!("{headers}\n{head}") };
        let request = request(&format!("{line}\n{headers}\n\n{body}"));
        let mut names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let authorization = of_the_suite(&names.join(";"));
        let canonical = canonical_request(&request, &authorization.signed_headers);
        assert_eq!(authorization.expected_signature(&request, "20150830T123600Z", secret), signature, "{canonical}");
    }
}

#[test]
fn the_signature_is_that_of_aws_documentation() {
    let request = request(
        "GET /?Action=ListUsers&Version=2010-05-08\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\
         Host: iam.amazonaws.com\nX-Amz-Date: 20150830T123600Z",
    );
    let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    let authorization = Authorization::parse(header).unwrap();
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    assert_eq!(authorization.expected_signature(&request, "20150830T123600Z", secret), authorization.signature);
}

#[test]
fn signatures_are_those_that_boto3_made() {
    let recorded = include_str!("../vectors/aws-signer/boto3-requests.txt");
    let mut count = 0;
    for one in recorded.split("### ").skip(1) {
        let (name, text) = one.split_once('\n').unwrap();
        let (sent, _answer) = text.split_once("\n=> ").unwrap();
        let mut request = request(sent);
        // A line of the file, not of the request.
        while request.body.last() == Some(&b'\n') {
            request.body.pop();
        }
        let authorization = Authorization::parse(request.header("authorization").unwrap()).unwrap();
        let date = request.header("x-amz-date").unwrap();
        assert_eq!(authorization.expected_signature(&request, date, "secret"), authorization.signature, "{name}");
        assert_ne!(authorization.expected_signature(&request, date, "Secret"), authorization.signature, "{name}");
        count += 1;
    }
    assert_eq!(count, 9);
}

#[test]
fn an_authorization_header_of_another_form_is_refused_by_the_part_that_is_wrong() {
    let good = "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/iam/aws4_request,SignedHeaders=host,Signature=00";
    assert!(Authorization::parse(good).is_ok());
    for (from, to, part) in [
        ("AWS4-HMAC-SHA256", "AWS3", "AWS4-HMAC-SHA256"),
        ("Credential=", "Credentials=", "Credential"),
        ("/iam", "", "Credential"),
        ("aws4_request", "aws5_request", "Credential"),
        ("SignedHeaders", "Headers", "SignedHeaders"),
        ("Signature=", "Sig=", "Signature"),
    ] {
        assert_eq!(Authorization::parse(&good.replace(from, to)), Err(part), "{from}");
    }
}

/// An endpoint and its first user.
fn started() -> (Endpoint, Client) {
    let endpoint = Endpoint::start();
    let client = Client::new(&endpoint);
    (endpoint, client)
}

#[test]
fn a_request_is_accepted_with_its_signature_and_refused_with_one_thing_wrong() {
    let (_endpoint, client) = started();
    let target = "/signing-profiles/ci_images";
    client.get(target).good();
    let wrong = |change: fn(&mut Client)| {
        let mut client = client.clone();
        change(&mut client);
        client.get(target).error()
    };
    let signature = (403, "invalidsignatureexception".to_owned());
    let token = (403, "unrecognizedclientexception".to_owned());
    assert_eq!(wrong(|client| client.secret.push('x')), signature);
    assert_eq!(wrong(|client| client.service = "sts".to_owned()), signature);
    assert_eq!(wrong(|client| client.region = "us-nowhere-1".to_owned()), signature);
    assert_eq!(wrong(|client| client.host = "signer.eu-west-1.amazonaws.com".to_owned()), signature);
    assert_eq!(wrong(|client| client.unsigned = vec!["host"]), signature);
    assert_eq!(wrong(|client| client.unsigned = vec!["x-amz-date"]), signature);
    assert_eq!(wrong(|client| client.ahead = 16 * 60), signature);
    assert_eq!(wrong(|client| client.ahead = -16 * 60), signature);
    assert_eq!(wrong(|client| client.signed_query = Some("a=b".to_owned())), signature);
    assert_eq!(wrong(|client| client.access_key.push('X')), token);
    assert_eq!(wrong(|client| client.token = Some("any".to_owned())), token);
    assert_eq!(wrong(|client| client.region = "us-gov-west-1".to_owned()), token, "another partition");
    let bare = client.get_unsigned(target, &[]);
    assert_eq!(bare.error(), (403, "missingauthenticationtokenexception".to_owned()));
}

#[test]
fn the_clock_that_counts_is_the_endpoints() {
    let (endpoint, client) = started();
    endpoint.set_clock(3600);
    let refused = client.get("/signing-profiles");
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("Signature expired: "), "{}", refused.text());
    Client { ahead: 3600, ..client.clone() }.get("/signing-profiles").good();
    endpoint.set_clock(0);
    Client { ahead: 14 * 60, ..client.clone() }.get("/signing-profiles").good();
    let early = Client { ahead: 3600, ..client }.get("/signing-profiles");
    assert!(early.text().contains("Signature not yet current: "), "{}", early.text());
}

#[test]
fn host_names_of_aws_say_service_and_region() {
    let (_endpoint, client) = started();
    for (host, target, status) in [
        ("signer.us-west-2.amazonaws.com", "/signing-profiles", 200),
        ("signer-fips.us-west-2.amazonaws.com", "/signing-profiles", 200),
        ("signer.us-west-2.api.aws:443", "/signing-profiles", 200),
        ("data-signer.us-west-2.amazonaws.com", "/signing-profiles", 404),
        ("sts.us-west-2.amazonaws.com", "/signing-profiles", 404),
        ("signer.us-west-2.amazonaws.com", "/revocations", 404),
        ("data-signer.us-west-2.amazonaws.com", "/revocations", 400),
        ("verification.signer.us-west-2.amazonaws.com", "/revocations", 400),
        ("signer.us-east-1.amazonaws.com", "/signing-profiles", 403),
    ] {
        let client = Client { host: host.to_owned(), ..client.clone() };
        assert_eq!(client.get(target).status, status, "{host}{target}");
    }
}

#[test]
fn each_service_writes_its_errors_in_its_own_protocol() {
    let (_endpoint, mut client) = started();
    client.secret = "wrong".to_owned();
    let sts = client.sts(&[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]);
    assert_eq!(sts.status, 403);
    assert!(sts.text().contains("<Code>SignatureDoesNotMatch</Code>"), "{}", sts.text());
    let headers = [("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")];
    let ecr = client.service("ecr").send("POST", "/", &headers, b"{}".to_vec()).unwrap();
    assert_eq!((ecr.status, ecr.json()["__type"].clone()), (400, json!("InvalidSignatureException")));
    assert_eq!(client.get("/signing-jobs").status, 403);
}

#[test]
fn a_repeated_parameter_may_be_signed_in_any_order_but_not_with_another_value() {
    let (_endpoint, mut client) = started();
    let target = "/signing-profiles?statuses=Revoked&statuses=Active";
    client.signed_query = Some("statuses=Active&statuses=Revoked".to_owned());
    client.get(target).good();
    client.signed_query = Some("statuses=Active&statuses=Canceled".to_owned());
    assert_eq!(client.get(target).status, 403);
}
