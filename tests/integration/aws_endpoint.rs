//! The test endpoint itself: what checks sealgate is checked first.

use crate::aws::request::Request;
use crate::aws::sigv4::{Authorization, canonical_request};

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
