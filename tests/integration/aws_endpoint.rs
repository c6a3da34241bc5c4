//! What the test endpoint does with profiles, jobs, revocations, sessions and faults: what checks sealgate is checked first.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use notary::descriptor::media_type;
use notary::envelope::Envelope;
use serde_json::{Value, json};

use crate::aws::answer::{Author, ErrorName};
use crate::aws::authority::certificate_hash;
use crate::aws::endpoint::{Endpoint, Options};
use crate::aws::envelope::{Order, PAYLOAD_TYPE, Style};
use crate::aws::fault::{Fault, Rule};
use crate::aws::log::{Entry, Log};
use crate::aws::signer::{Unit, Validity};
use crate::aws_client::{Answered, Client};

const ACCOUNT: &str = "111122223333";
const PROFILE: &str = "/signing-profiles/ci_images";

/// An endpoint and its first user.
fn started() -> (Endpoint, Client) {
    let endpoint = Endpoint::start();
    let client = Client::new(&endpoint);
    (endpoint, client)
}

fn payload() -> Value {
    json!({"targetArtifact": {"mediaType": media_type::IMAGE_MANIFEST, "digest": format!("sha256:{}", "a".repeat(64)), "size": 5}})
}

/// A SignPayload request with one field changed; null takes it away.
fn sign_with(client: &Client, field: &str, value: Value) -> Answered {
    let mut body = json!({
        "profileName": "ci_images",
        "profileOwner": ACCOUNT,
        "payload": STANDARD.encode(payload().to_string()),
        "payloadFormat": PAYLOAD_TYPE,
    });
    body[field] = value;
    client.call("POST", "/signing-jobs/with-payload", &body)
}

/// A signature as AWS Signer answered it, taken apart.
struct Signature {
    envelope: Vec<u8>,
    header: Value,
    chain: Vec<Vec<u8>>,
}

fn sign(client: &Client) -> Signature {
    taken_apart(&sign_with(client, "profileOwner", json!(ACCOUNT)).good())
}

fn taken_apart(answer: &Value) -> Signature {
    let envelope = STANDARD.decode(answer["signature"].as_str().unwrap()).unwrap();
    let fields: Value = serde_json::from_slice(&envelope).unwrap();
    let header = URL_SAFE_NO_PAD.decode(fields["protected"].as_str().unwrap()).unwrap();
    let chain = fields["header"]["x5c"].as_array().unwrap();
    let chain = chain.iter().map(|der| STANDARD.decode(der.as_str().unwrap()).unwrap()).collect();
    Signature { envelope, header: serde_json::from_slice(&header).unwrap(), chain }
}

impl Signature {
    fn attribute(&self, name: &str) -> String {
        self.header[name].as_str().unwrap().to_owned()
    }

    fn job_arn(&self) -> String {
        self.attribute("com.amazonaws.signer.signingJob")
    }

    fn version_arn(&self) -> String {
        self.attribute("com.amazonaws.signer.signingProfileVersion")
    }

    fn job_id(&self) -> String {
        self.job_arn().rsplit('/').next().unwrap().to_owned()
    }

    fn version(&self) -> String {
        self.version_arn().rsplit('/').next().unwrap().to_owned()
    }

    /// The five parameters of GetRevocationStatus.
    fn revocation_query(&self) -> Vec<(&'static str, String)> {
        let hashes: Vec<_> = self.chain.iter().map(|der| certificate_hash(der).unwrap()).collect();
        let above = hashes.iter().skip(1).chain(hashes.last());
        let mut query = vec![
            ("signatureTimestamp", self.attribute("io.cncf.notary.authenticSigningTime")),
            ("platformId", "Notation-OCI-SHA384-ECDSA".to_owned()),
            ("profileVersionArn", self.version_arn()),
            ("jobArn", self.job_arn()),
        ];
        query.extend(hashes.iter().zip(above).map(|(hash, above)| ("certificateHashes", format!("{hash}{above}"))));
        query
    }
}

fn ask(client: &Client, query: &[(&'static str, String)]) -> Answered {
    let query: Vec<_> =
        query.iter().map(|(name, value)| format!("{name}={}", value.replace(':', "%3A").replace('/', "%2F"))).collect();
    client.get(&format!("/revocations?{}", query.join("&")))
}

/// What is revoked of a signature.
fn revoked(client: &Client, signature: &Signature) -> Value {
    ask(client, &signature.revocation_query()).good()["revokedEntities"].take()
}

#[test]
fn certificate_hashes_are_those_of_the_plugins_own_vectors() {
    for (certificate, hash) in [
        (include_str!("../vectors/aws-signer/cert1.pem"), include_str!("../vectors/aws-signer/cert1.tbs-sha384.txt")),
        (include_str!("../vectors/aws-signer/cert2.pem"), include_str!("../vectors/aws-signer/cert2.tbs-sha384.txt")),
    ] {
        let der: String = certificate.lines().filter(|line| !line.starts_with("--")).collect();
        let computed = certificate_hash(&STANDARD.decode(der).unwrap()).unwrap();
        assert!(hash.contains(&computed), "{computed} is not in {hash}");
    }
}

#[test]
fn an_envelope_verifies_in_the_core_which_was_written_apart_from_it() {
    for order in [Order::AlgFirst, Order::Sorted, Order::Reversed] {
        for aws_attributes_critical in [true, false] {
            let (endpoint, client) = started();
            endpoint.world().style = Style { order, aws_attributes_critical };
            let signature = sign(&client);
            let verified = Envelope::new(media_type::JWS, &signature.envelope).verify().unwrap();
            assert_eq!(verified.payload_bytes(), payload().to_string().as_bytes());
            assert_eq!(signature.chain.len(), 4);
            assert_eq!(signature.chain[3], endpoint.root("aws"));
            assert_eq!(signature.version_arn().rsplit_once('/').unwrap().0, endpoint.profile());
            let critical = signature.header["crit"].as_array().unwrap().len();
            assert_eq!(critical, if aws_attributes_critical { 6 } else { 4 });
        }
    }
}

/// As AWS's plugin asks about revocation: the endpoint is the proxy to a host that has no address.
#[test]
fn a_request_may_name_the_whole_url_as_to_a_proxy() {
    let (_endpoint, client) = started();
    let signature = sign(&client);
    let client = Client { host: "verification.localhost:4599".to_owned(), whole_url: true, ..client };
    assert_eq!(revoked(&client, &signature), json!([]));
    let other = Client { secret: "another".to_owned(), ..client };
    assert_eq!(ask(&other, &signature.revocation_query()).status, 403);
}

#[test]
fn leaves_are_shared_in_a_region_and_partitions_have_their_own_roots() {
    let (endpoint, client) = started();
    let (one, other) = (sign(&client), sign(&client));
    assert_eq!(one.chain, other.chain);
    endpoint.put_profile("eu-west-1", ACCOUNT, "ci_images", Validity::default());
    let elsewhere = sign(&client.region("eu-west-1"));
    assert_ne!(elsewhere.chain[1], one.chain[1]);
    assert_eq!(elsewhere.chain[2..], one.chain[2..]);
    endpoint.put_profile("us-gov-west-1", ACCOUNT, "ci_images", Validity::default());
    let user = endpoint.add_user(&format!("arn:aws-us-gov:iam::{ACCOUNT}:user/gov"));
    let gov = sign(&client.user(user).region("us-gov-west-1"));
    assert_eq!(gov.chain[3], endpoint.root("aws-us-gov"));
    assert_ne!(gov.chain[3], one.chain[3]);
    assert!(gov.job_arn().starts_with("arn:aws-us-gov:signer:us-gov-west-1:"), "{}", gov.job_arn());
}

#[test]
fn sign_payload_refuses_what_aws_refuses() {
    let (endpoint, client) = started();
    let largest = STANDARD.encode(vec![b' '; 4096]);
    sign_with(&client, "payload", json!(largest)).good();
    sign_with(&client, "profileOwner", Value::Null).good();
    for (field, value, error) in [
        ("profileName", json!("ci-images"), "validationexception"),
        ("profileName", json!("x"), "validationexception"),
        ("profileName", json!("x".repeat(65)), "validationexception"),
        ("profileName", Value::Null, "validationexception"),
        ("profileName", json!("missing"), "resourcenotfoundexception"),
        ("profileOwner", json!("1111"), "validationexception"),
        ("profileOwner", json!("999999999999"), "accessdeniedexception"),
        ("payload", json!(""), "validationexception"),
        ("payload", json!(STANDARD.encode(vec![b' '; 4097])), "validationexception"),
        ("payload", json!("_-8"), "serializationexception"),
        ("payload", json!(5), "serializationexception"),
        ("payloadFormat", json!("application/json"), "validationexception"),
    ] {
        let (_, found) = sign_with(&client, field, value.clone()).error();
        assert_eq!(found, error, "{field} {value}");
    }
    let other = json!({"platformId": "AWSLambda-SHA384-ECDSA"});
    client.call("PUT", "/signing-profiles/for_lambda", &other).good();
    assert_eq!(sign_with(&client, "profileName", json!("for_lambda")).error().1, "validationexception");
    assert_eq!(endpoint.count("SignPayload"), 15);
}

#[test]
fn expiry_follows_the_calendar() {
    let (endpoint, client) = started();
    for (validity, months) in [
        (Validity { value: 135, unit: Unit::Months }, 135),
        (Validity { value: 3, unit: Unit::Years }, 36),
        (Validity { value: 1, unit: Unit::Months }, 1),
    ] {
        endpoint.put_profile("us-west-2", ACCOUNT, "ci_images", validity);
        let signature = sign(&client);
        let time =
            |name| signature.attribute(name).parse::<jiff::Timestamp>().unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let expected =
            time("io.cncf.notary.authenticSigningTime").checked_add(jiff::Span::new().months(months)).unwrap();
        assert_eq!(time("io.cncf.notary.expiry"), expected);
    }
}

#[test]
fn a_profile_lives_through_its_versions_until_it_is_cancelled() {
    let (_endpoint, client) = started();
    let put =
        json!({"platformId": "Notation-OCI-SHA384-ECDSA", "signatureValidityPeriod": {"value": 12, "type": "MONTHS"}});
    let one = client.call("PUT", "/signing-profiles/team", &put).good();
    let two = client.call("PUT", "/signing-profiles/team", &put).good();
    assert_eq!(one["arn"], two["arn"]);
    assert_ne!(one["profileVersion"], two["profileVersion"]);
    assert_eq!(one["profileVersion"].as_str().unwrap().len(), 10);
    let shown = client.get("/signing-profiles/team").good();
    assert_eq!((&shown["status"], &shown["profileVersion"]), (&json!("Active"), &two["profileVersion"]));
    client.call("DELETE", "/signing-profiles/team", &Value::Null).good();
    assert_eq!(client.get("/signing-profiles/team").good()["status"], "Canceled");
    assert_eq!(sign_with(&client, "profileName", json!("team")).error().1, "validationexception");
    let names = |target: &str| -> Vec<Value> {
        client.get(target).good()["profiles"].as_array().unwrap().iter().map(|one| one["profileName"].clone()).collect()
    };
    assert_eq!(names("/signing-profiles"), ["ci_images"]);
    assert_eq!(names("/signing-profiles?includeCanceled=true"), ["ci_images", "team"]);
    assert_eq!(names("/signing-profiles?statuses=Canceled"), ["team"]);
    let again = client.call("PUT", "/signing-profiles/team", &put).good();
    assert_ne!(again["profileVersion"], two["profileVersion"]);
    assert_eq!(client.get("/signing-profiles/team").good()["status"], "Active");
    for bad in [
        json!({}),
        json!({"platformId": "No-Such"}),
        json!({"platformId": "Notation-OCI-SHA384-ECDSA", "signatureValidityPeriod": {"value": 0, "type": "DAYS"}}),
    ] {
        assert_eq!(client.call("PUT", "/signing-profiles/team", &bad).error().1, "validationexception", "{bad}");
    }
}

#[test]
fn lists_come_in_pages() {
    let (_endpoint, client) = started();
    for _ in 0..3 {
        sign(&client);
    }
    let first = client.get("/signing-jobs?maxResults=2").good();
    assert_eq!(first["jobs"].as_array().unwrap().len(), 2);
    let token = first["nextToken"].as_str().unwrap();
    let second = client.get(&format!("/signing-jobs?maxResults=2&nextToken={token}")).good();
    assert_eq!(second["jobs"].as_array().unwrap().len(), 1);
    assert!(second["nextToken"].is_null());
    assert_eq!(client.get("/signing-jobs?maxResults=26").error().1, "validationexception");
    assert_eq!(client.get("/signing-jobs?nextToken=x").error().1, "validationexception");
}

#[test]
fn a_revoked_job_is_named_and_no_other() {
    let (_endpoint, client) = started();
    let (good, bad) = (sign(&client), sign(&client));
    assert_eq!(revoked(&client, &good), json!([]));
    let target = format!("/signing-jobs/{}/revoke", bad.job_id());
    assert_eq!(client.call("PUT", &target, &json!({"reason": ""})).error().1, "validationexception");
    assert_eq!(client.call("PUT", &target, &json!({})).error().1, "validationexception");
    client.call("PUT", &target, &json!({"reason": "lost"})).good();
    assert_eq!(revoked(&client, &bad), json!([bad.job_arn()]));
    assert_eq!(revoked(&client, &good), json!([]));
    let shown = client.get(&format!("/signing-jobs/{}", bad.job_id())).good();
    assert_eq!(shown["revocationRecord"]["reason"], "lost");
    let listed = client.get("/signing-jobs?isRevoked=true").good();
    assert_eq!(listed["jobs"].as_array().unwrap().len(), 1);
    let unknown = client.call("PUT", "/signing-jobs/none/revoke", &json!({"reason": "x"}));
    assert_eq!(unknown.error(), (404, "resourcenotfoundexception".to_owned()));
}

#[test]
fn a_revoked_profile_version_counts_from_its_effective_time_which_only_moves_earlier() {
    let (endpoint, client) = started();
    let signature = sign(&client);
    let signed_at =
        signature.attribute("io.cncf.notary.authenticSigningTime").parse::<jiff::Timestamp>().unwrap().as_second();
    // A minute later, so that times after the signature are in the past.
    endpoint.set_clock(60);
    let client = Client { ahead: 60, ..client };
    let revoke = |time: i64| {
        let body = json!({"profileVersion": signature.version(), "reason": "left", "effectiveTime": time});
        client.call("PUT", &format!("{PROFILE}/revoke"), &body)
    };
    assert_eq!(revoke(signed_at + 3600).error().1, "validationexception", "in the future");
    revoke(signed_at + 1).good();
    assert_eq!(client.get(PROFILE).good()["status"], "Revoked");
    assert_eq!(sign_with(&client, "size", Value::Null).error().1, "validationexception", "it signs no more");
    assert_eq!(revoked(&client, &signature), json!([]), "signed before the effective time");
    assert_eq!(revoke(signed_at + 2).error().1, "validationexception", "not later");
    revoke(signed_at).good();
    assert_eq!(revoked(&client, &signature), json!([signature.version_arn()]));
    let missing = json!({"profileVersion": "0123456789", "reason": "x", "effectiveTime": signed_at});
    assert_eq!(client.call("PUT", &format!("{PROFILE}/revoke"), &missing).error().1, "resourcenotfoundexception");
    // A new version is not revoked; what the old one signed still is.
    let put = json!({"platformId": "Notation-OCI-SHA384-ECDSA"});
    client.call("PUT", PROFILE, &put).good();
    assert_eq!(revoked(&client, &sign(&client)), json!([]));
    assert_eq!(revoked(&client, &signature), json!([signature.version_arn()]));
}

#[test]
fn a_revoked_certificate_is_named_by_its_entry() {
    let (endpoint, client) = started();
    let signature = sign(&client);
    let entries: Vec<_> = signature.revocation_query().split_off(4).into_iter().map(|(_, entry)| entry).collect();
    for place in [0, 2, 3] {
        endpoint.revoke_certificate(&signature.chain[place]);
        assert!(revoked(&client, &signature).as_array().unwrap().contains(&json!(entries[place])), "{place}");
    }
    assert_eq!(revoked(&client, &signature).as_array().unwrap().len(), 3);
}

#[test]
fn revocation_status_wants_all_five_parameters_in_their_form() {
    let (_endpoint, client) = started();
    let good = sign(&client).revocation_query();
    ask(&client, &good).good();
    let mut reversed = good.clone();
    reversed.reverse();
    ask(&client, &reversed).good();
    for name in ["signatureTimestamp", "platformId", "profileVersionArn", "jobArn", "certificateHashes"] {
        let query: Vec<_> = good.iter().filter(|(key, _)| *key != name).cloned().collect();
        assert_eq!(ask(&client, &query).error(), (400, "validationexception".to_owned()), "without {name}");
    }
    let changed = |place: usize, change: &dyn Fn(&str) -> String| {
        let mut query = good.clone();
        query[place].1 = change(&query[place].1);
        ask(&client, &query).error().1
    };
    let refused = "validationexception";
    assert_eq!(changed(0, &|_| "yesterday".to_owned()), refused);
    assert_eq!(changed(1, &|_| "AWSLambda-SHA384-ECDSA".to_owned()), refused);
    assert_eq!(changed(2, &|arn| arn.rsplit_once('/').unwrap().0.to_owned()), refused, "no version");
    assert_eq!(changed(2, &|arn| arn.replace("arn:aws:", "arn:aws-us-gov:")), refused, "another partition");
    assert_eq!(changed(3, &|arn| arn.replace("arn:aws:", "arn:aws-us-gov:")), refused, "another partition");
    assert_eq!(changed(3, &|arn| arn.replace(":signer:", ":s3:")), refused);
    assert_eq!(changed(4, &str::to_uppercase), refused);
    assert_eq!(changed(4, &|entry| entry[1..].to_owned()), refused);
    assert_eq!(changed(4, &|entry| entry[..96].repeat(2)), refused, "two roots");
    assert_eq!(changed(5, &|_| "0".repeat(192)), refused, "a chain with a gap");
    assert_eq!(changed(7, &|entry| format!("{}{}", &entry[..96], "0".repeat(96))), refused, "no root");
}

#[test]
fn another_account_signs_only_with_a_permission() {
    let (endpoint, client) = started();
    let stranger = client.user(endpoint.add_user("arn:aws:iam::444455556666:user/stranger"));
    let role = client.user(endpoint.add_user("arn:aws:sts::444455556666:assumed-role/builder/run-1"));
    let sign_as = |client: &Client| sign_with(client, "size", Value::Null);
    assert_eq!(sign_as(&stranger).error(), (403, "accessdeniedexception".to_owned()));
    let target = format!("{PROFILE}/permissions");
    let grant = |principal: &str, action: &str, id: &str| {
        client.call("POST", &target, &json!({"action": action, "principal": principal, "statementId": id}))
    };
    assert_eq!(grant("444455556666", "signer:StartSigningJob", "a").error().1, "validationexception");
    assert_eq!(grant("nobody", "signer:SignPayload", "a").error().1, "validationexception");
    grant("arn:aws:iam::444455556666:role/builder", "signer:SignPayload", "role").good();
    assert_eq!(grant("444455556666", "signer:SignPayload", "role").error(), (409, "conflictexception".to_owned()));
    let answer = sign_as(&role).good();
    assert_eq!(answer["jobOwner"], ACCOUNT);
    assert!(taken_apart(&answer).job_arn().contains(ACCOUNT));
    assert_eq!(sign_as(&stranger).status, 403);
    grant("444455556666", "signer:GetSigningProfile", "all").good();
    stranger.get(&format!("{PROFILE}?profileOwner={ACCOUNT}")).good();
    let listed = client.get(&target).good();
    assert_eq!(listed["permissions"].as_array().unwrap().len(), 2);
    let revision = listed["revisionId"].as_str().unwrap();
    assert_eq!(client.call("DELETE", &format!("{target}/role?revisionId=old"), &Value::Null).status, 409);
    client.call("DELETE", &format!("{target}/role?revisionId={revision}"), &Value::Null).good();
    assert_eq!(sign_as(&role).status, 403);
}

fn web_identity<'a>(role: &'a str, token: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", role),
        ("RoleSessionName", "gha-1"),
        ("WebIdentityToken", token),
    ]
}

/// The text of an XML element.
fn element(answer: &Answered, name: &str) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {text}"));
    rest.split_once('<').unwrap().0.to_owned()
}

#[test]
fn a_github_job_gets_a_session_that_signs_until_it_ends() {
    let (endpoint, client) = started();
    let env = endpoint.github_env();
    let path = env[0].1.strip_prefix(&endpoint.url()).unwrap();
    let target = format!("{path}&audience=sts.amazonaws.com");
    assert_eq!(client.get_unsigned(&target, &[("authorization", "bearer wrong")]).status, 401);
    let token = client.get_unsigned(&target, &[("authorization", &format!("bearer {}", env[1].1))]).good();
    let token = token["value"].as_str().unwrap();
    let answer = client.sts_unsigned(&web_identity(&endpoint.role("github-ci"), token));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(element(&answer, "SubjectFromWebIdentityToken"), "repo:acme/app:ref:refs/heads/main");
    let [access_key, secret, session] =
        ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|name| element(&answer, name));
    let session = client.session(&access_key, &secret, &session);
    sign(&session);
    assert_eq!(Client { token: None, ..session.clone() }.get(PROFILE).error().1, "unrecognizedclientexception");
    let unsigned = Client { unsigned: vec!["x-amz-security-token"], ..session.clone() };
    assert_eq!(unsigned.get(PROFILE).error().1, "invalidsignatureexception");
    let identity = session.sts(&[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]);
    assert_eq!(element(&identity, "Arn"), format!("arn:aws:sts::{ACCOUNT}:assumed-role/github-ci/gha-1"));
    assert_eq!(endpoint.sessions()[0].session_name, "gha-1");
    endpoint.expire_sessions();
    assert_eq!(session.get(PROFILE).error(), (403, "expiredtokenexception".to_owned()));
}

#[test]
fn a_web_identity_is_judged_by_its_claims() {
    let (endpoint, client) = started();
    let role = endpoint.role("gitlab-ci");
    let good = json!({
        "iss": "https://gitlab.com",
        "sub": "project_path:acme/app:ref_type:branch:ref:main",
        "aud": "sts.amazonaws.com",
        "https://aws.amazon.com/tags": {"principal_tags": {"project": ["app"]}},
    });
    let code = |claims: Value, role: &str| {
        let token = endpoint.id_token(claims);
        let answer = client.sts_unsigned(&web_identity(role, &token));
        if answer.status == 200 { "good".to_owned() } else { element(&answer, "Code") }
    };
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        code(claims, &role)
    };
    assert_eq!(code(good.clone(), &role), "good");
    assert_eq!(endpoint.sessions()[0].tags.get("project").map(String::as_str), Some("app"));
    assert_eq!(changed("aud", json!(["other", "sts.amazonaws.com"])), "good");
    assert_eq!(changed("aud", json!("other")), "InvalidIdentityToken");
    assert_eq!(changed("iss", json!("https://evil.example")), "InvalidIdentityToken");
    assert_eq!(changed("exp", json!(1)), "ExpiredTokenException");
    assert_eq!(changed("sub", json!("project_path:evil/app")), "AccessDenied");
    assert_eq!(code(good.clone(), "arn:aws:iam::111122223333:role/none"), "AccessDenied");
    assert_eq!(code(good.clone(), "not-an-arn"), "ValidationError");
    let garbage = client.sts_unsigned(&web_identity(&role, "not.a.jwt"));
    assert_eq!(element(&garbage, "Code"), "InvalidIdentityToken");
    let token = endpoint.id_token(good);
    let mut request = web_identity(&role, &token);
    for name in ["x", "with space", "semi;colon", &"x".repeat(65)] {
        request[3].1 = name;
        assert_eq!(element(&client.sts_unsigned(&request), "Code"), "ValidationError", "{name}");
    }
}

#[test]
fn assume_role_wants_a_principal_that_the_role_trusts_and_records_tags() {
    let (endpoint, client) = started();
    let role = endpoint.role("github-ci");
    let request = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", role.as_str()),
        ("RoleSessionName", "by-hand"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a&b"),
        ("DurationSeconds", "900"),
    ];
    assert_eq!(client.sts(&request).status, 200);
    let session = &endpoint.sessions()[0];
    assert_eq!((session.seconds, session.tags["team"].as_str()), (900, "a&b"));
    let stranger = client.user(endpoint.add_user("arn:aws:iam::444455556666:user/stranger"));
    assert_eq!(element(&stranger.sts(&request), "Code"), "AccessDenied");
    let mut short = request;
    short[6].1 = "899";
    assert_eq!(element(&client.sts(&short), "Code"), "ValidationError");
    assert_eq!(element(&client.sts(&request[..2]), "Code"), "ValidationError");
}

#[test]
fn a_build_in_codebuild_gets_credentials_for_its_token() {
    let (endpoint, client) = started();
    endpoint.container_env(Some("the token"));
    assert_eq!(client.get_unsigned("/creds", &[]).status, 403);
    let answer = client.get_unsigned("/creds", &[("authorization", "the token")]).good();
    let field = |name: &str| answer[name].as_str().unwrap();
    sign(&client.session(field("AccessKeyId"), field("SecretAccessKey"), field("Token")));
    endpoint.container_env(None);
    client.get_unsigned("/creds", &[]).good();
}

fn ecr_login(client: &Client, service: &str, target: &str) -> Answered {
    let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
    client.service(service).send("POST", "/", &headers, b"{}".to_vec()).unwrap()
}

#[test]
fn logins_of_ecr_differ_each_time_and_are_known_to_the_test() {
    let (endpoint, client) = started();
    let target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
    let one = ecr_login(&client, "ecr", target).good();
    let two = ecr_login(&client, "ecr", target).good();
    assert_ne!(one, two);
    assert_eq!(one["authorizationData"][0]["proxyEndpoint"], "https://111122223333.dkr.ecr.us-west-2.amazonaws.com");
    let public = "SpencerFrontendService.GetAuthorizationToken";
    assert_eq!(ecr_login(&client, "ecr-public", public).status, 400, "only us-east-1 has it");
    let three = ecr_login(&client.region("us-east-1"), "ecr-public", public).good();
    let issued: Vec<_> = endpoint.logins().into_iter().map(|login| (login.public, login.authorization)).collect();
    let token = |value: &Value| value["authorizationToken"].as_str().unwrap().to_owned();
    let expected = [
        (false, token(&one["authorizationData"][0])),
        (false, token(&two["authorizationData"][0])),
        (true, token(&three["authorizationData"])),
    ];
    assert_eq!(issued, expected);
    let decoded = STANDARD.decode(&issued[0].1).unwrap();
    assert!(decoded.starts_with(b"AWS:"));
    assert_eq!(ecr_login(&client, "ecr", "AmazonEC2ContainerRegistry_V20150921.CreateRepository").status, 400);
}

#[test]
fn a_fault_concerns_its_operation_its_principal_and_its_number_of_times() {
    let (endpoint, client) = started();
    endpoint.add_fault(Rule::new("GetSigningProfile", Fault::Throttle).times(2));
    let get = || client.get(PROFILE);
    client.get("/signing-jobs").good();
    assert_eq!(get().error(), (429, "toomanyrequestsexception".to_owned()));
    assert_eq!(get().status, 429);
    get().good();
    endpoint.add_fault(Rule::new("*", Fault::InternalError).principal("arn:aws:iam::999999999999:"));
    get().good();
    endpoint.add_fault(Rule::new("*", Fault::InternalError).principal("arn:aws:iam::111122223333:"));
    assert_eq!(get().error(), (500, "internalserviceerrorexception".to_owned()));
    endpoint.clear_faults();
    get().good();
    endpoint.fault("*", Fault::ExpiredToken);
    assert_eq!(get().error(), (403, "expiredtokenexception".to_owned()));
}

#[test]
fn a_quota_is_counted_by_the_second() {
    let (endpoint, client) = started();
    endpoint.fault("GetSigningProfile", Fault::Quota { per_second: 3 });
    // All five within one second, also on a machine with other work.
    for _ in 0..20 {
        let begun = std::time::Instant::now();
        let statuses: Vec<_> = (0..5).map(|_| client.get(PROFILE).status).collect();
        let in_time = begun.elapsed().as_millis() < 900;
        std::thread::sleep(std::time::Duration::from_millis(1100));
        if in_time {
            assert_eq!(statuses, [200, 200, 200, 429, 429]);
            assert_eq!(client.get(PROFILE).status, 200);
            return;
        }
    }
    panic!("five requests always took a second");
}

#[test]
fn the_peak_rate_is_the_most_within_any_one_second() {
    let (endpoint, client) = started();
    client.get(PROFILE).good();
    let one = endpoint.requests().remove(0);
    let mut log = Log::new();
    for at in [0, 900, 950, 1000, 1899, 1900, 5000] {
        log.add(Entry { at: std::time::Duration::from_millis(at), ..one.clone() });
    }
    assert_eq!(log.peak_rate("GetSigningProfile"), 4);
    assert_eq!(log.peak_rate("SignPayload"), 0);
}

#[test]
fn both_authors_of_a_denial_name_principal_action_and_resource() {
    for (author, field) in [(Author::Iam, "Message"), (Author::Service, "message")] {
        let (endpoint, client) = started();
        endpoint.fault("SignPayload", Fault::Denied { author });
        let denied = sign_with(&client, "size", Value::Null);
        assert_eq!(denied.error(), (403, "accessdeniedexception".to_owned()));
        let expected = format!(
            "User: arn:aws:iam::111122223333:user/tester is not authorized to perform: signer:SignPayload on resource: {}",
            endpoint.profile()
        );
        assert!(denied.json()[field].as_str().unwrap().starts_with(&expected), "{}", denied.text());
    }
}

#[test]
fn the_name_of_an_error_stands_where_it_is_wanted() {
    let (endpoint, client) = started();
    endpoint.world().error_name = ErrorName::HeaderWithUrl;
    assert!(client.get("/signing-profiles/missing").error().1.starts_with("resourcenotfoundexception:http://"));
    endpoint.world().error_name = ErrorName::Body;
    let answer = client.get("/signing-profiles/missing");
    assert!(answer.header("x-amzn-errortype").is_none());
    assert_eq!(answer.json()["__type"], "com.amazonaws.signer#ResourceNotFoundException");
}

#[test]
fn answers_are_damaged_on_request() {
    let (endpoint, client) = started();
    let query = sign(&client).revocation_query();
    let with = |fault: Fault| {
        endpoint.clear_faults();
        endpoint.fault("GetRevocationStatus", fault);
        ask(&client, &query)
    };
    assert_eq!(with(Fault::EmptyObject).text(), "{}");
    assert_eq!(with(Fault::UnknownShape).text(), r#"{"revokedEntities":{"unexpected":true}}"#);
    assert!(with(Fault::NotJson).text().starts_with("<html>"));
    let truncated = with(Fault::TruncatedJson);
    assert!(truncated.status == 200 && serde_json::from_slice::<Value>(&truncated.body).is_err());
    let started = std::time::Instant::now();
    assert_eq!(with(Fault::SlowBody { milliseconds: 400 }).text(), r#"{"revokedEntities":[]}"#);
    assert_eq!(with(Fault::SlowAnswer { milliseconds: 400 }).text(), r#"{"revokedEntities":[]}"#);
    assert!(started.elapsed().as_millis() >= 700, "{:?}", started.elapsed());
}

#[test]
fn connections_break_on_request() {
    let (endpoint, client) = started();
    endpoint.fault("GetSigningProfile", Fault::Reset);
    let broken = client.send("GET", PROFILE, &[], Vec::new()).unwrap_err();
    assert_eq!(broken.kind(), std::io::ErrorKind::ConnectionReset);
    endpoint.clear_faults();
    endpoint.fault("GetSigningProfile", Fault::CutOff);
    assert!(client.send("GET", PROFILE, &[], Vec::new()).is_err());
    endpoint.clear_faults();
    client.get(PROFILE).good();
    let statuses: Vec<_> = endpoint.requests().iter().map(|one| one.status).collect();
    assert_eq!(statuses, [0, 200, 200]);
}

/// Each change, and what it changes: names of the header without their prefix, `payload`, and from which certificate on the chain.
const CHANGES: [(&str, &[&str]); 27] = [
    ("another-payload", &["payload"]),
    ("more-annotations", &["payload"]),
    ("duplicate-target", &["payload"]),
    ("another-profile", &["signingProfileVersion"]),
    ("another-account", &["signingProfileVersion"]),
    ("another-case", &["signingProfileVersion"]),
    ("another-partition", &["signingJob", "signingProfileVersion"]),
    ("partition-chain", &["chain 0", "chain 1", "chain 2", "chain 3"]),
    ("another-root", &["chain 0", "chain 1", "chain 2", "chain 3"]),
    ("job-region", &["signingJob"]),
    ("job-account", &["signingJob"]),
    ("extra-attribute", &["crit", "unknown"]),
    ("extra-uncritical-attribute", &["unknown"]),
    ("further-attribute", &["further"]),
    ("further-critical-attribute", &["crit", "further"]),
    ("alias-account", &["crit", "signingProfileAlias"]),
    ("wrong-scheme", &["authenticSigningTime", "crit", "signingScheme", "signingTime"]),
    ("expired", &["authenticSigningTime", "expiry"]),
    ("no-expiry", &["crit", "expiry"]),
    ("future-time", &["authenticSigningTime"]),
    ("before-leaf", &["authenticSigningTime"]),
    ("missing-plugin", &["crit", "verificationPlugin"]),
    ("another-plugin", &["verificationPlugin"]),
    ("missing-profile", &["crit", "signingProfileVersion"]),
    ("missing-job", &["crit", "signingJob"]),
    ("duplicate-attribute", &["crit", "signingProfileVersion twice"]),
    ("broken-signature", &["signature"]),
];

/// A time to the hour and a job without its number: what differs between two good signatures is not told.
fn comparable(name: &str, value: &Value) -> String {
    let text = value.to_string();
    match name {
        "authenticSigningTime" | "signingTime" | "expiry" => {
            let time: jiff::Timestamp = value.as_str().unwrap().parse().unwrap();
            (time.as_second() / 1800).to_string()
        }
        "signingJob" => text.rsplit_once('/').unwrap().0.to_owned(),
        _ => text,
    }
}

/// What of two signatures differs.
fn differences(one: &Signature, other: &Signature) -> BTreeSet<String> {
    let short = |name: &str| name.rsplit('.').next().unwrap().to_owned();
    let fields = |signature: &Signature| -> BTreeSet<(String, String)> {
        let header = signature.header.as_object().unwrap().iter();
        header.map(|(name, value)| (short(name), comparable(&short(name), value))).collect()
    };
    let mut found: BTreeSet<_> =
        fields(one).symmetric_difference(&fields(other)).map(|(name, _)| name.clone()).collect();
    let parts = |signature: &Signature| -> [String; 3] {
        let fields: Value = serde_json::from_slice(&signature.envelope).unwrap();
        ["payload", "protected", "signature"].map(|name| fields[name].as_str().unwrap().to_owned())
    };
    let ([payload, ..], [other_payload, protected, value]) = (parts(one), parts(other));
    if payload != other_payload {
        found.insert("payload".to_owned());
    }
    let chains = one.chain.iter().zip(&other.chain);
    for (place, _) in chains.enumerate().filter(|(_, (one, other))| one != other) {
        found.insert(format!("chain {place}"));
    }
    let header = URL_SAFE_NO_PAD.decode(&protected).unwrap();
    let name = "com.amazonaws.signer.signingProfileVersion\":";
    if String::from_utf8(header).unwrap().matches(name).count() > 1 {
        found.insert("signingProfileVersion twice".to_owned());
    }
    if !verifies(
        &other.chain[0],
        format!("{protected}.{other_payload}").as_bytes(),
        &URL_SAFE_NO_PAD.decode(value).unwrap(),
    ) {
        found.insert("signature".to_owned());
    }
    found
}

#[test]
fn each_change_of_an_envelope_changes_what_it_says_and_nothing_else() {
    let (endpoint, client) = started();
    let mut good = sign(&client);
    assert_eq!(differences(&good, &sign(&client)), BTreeSet::new());
    for (name, expected) in CHANGES {
        endpoint.add_fault(Rule::parse(&format!("SignPayload=envelope:{name}:1")).unwrap());
        let changed = sign(&client);
        let mut found = differences(&good, &changed);
        if found != expected.iter().map(|name| (*name).to_owned()).collect() {
            // Half an hour may have begun in between.
            good = sign(&client);
            found = differences(&good, &changed);
        }
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{name}");
    }
    endpoint.add_fault(Rule::parse("SignPayload=envelope:not-an-envelope:1").unwrap());
    let answer = sign_with(&client, "size", Value::Null).good();
    let envelope = STANDARD.decode(answer["signature"].as_str().unwrap()).unwrap();
    assert!(serde_json::from_slice::<Value>(&envelope).is_err());
    assert_eq!(differences(&good, &sign(&client)), BTreeSet::new());
}

/// Whether the leaf's key made this signature: the last 97 bytes of its SubjectPublicKeyInfo are the point.
fn verifies(leaf: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let curve = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00];
    let start = leaf.windows(curve.len()).position(|window| window == curve).unwrap() + curve.len();
    let key = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED,
        &leaf[start..start + 97],
    );
    key.verify(message, signature).is_ok()
}

#[test]
fn faults_are_read_from_a_command_line() {
    for good in [
        "*=throttle",
        "SignPayload=throttle:3",
        "SignPayload=envelope:expired",
        "X={\"fault\":\"quota\",\"per_second\":10}",
        "X=denied:1",
    ] {
        assert!(Rule::parse(good).is_ok(), "{good}: {:?}", Rule::parse(good).err());
    }
    for bad in ["SignPayload", "SignPayload=", "SignPayload=nothing", "SignPayload=envelope:nothing", "X=quota", "X={"]
    {
        assert!(Rule::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(Rule::parse("A=throttle:3").unwrap().times, Some(3));
}

#[test]
fn the_log_tells_who_asked_what_and_no_secret() {
    let (endpoint, client) = started();
    endpoint.container_env(Some("the secret token"));
    let answer = client.get_unsigned("/creds", &[("authorization", "the secret token")]).good();
    let field = |name: &str| answer[name].as_str().unwrap();
    sign(&client.session(field("AccessKeyId"), field("SecretAccessKey"), field("Token")));
    ecr_login(&client, "ecr", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken").good();
    let token = endpoint
        .id_token(json!({"iss": "https://gitlab.com", "aud": "sts.amazonaws.com", "sub": "project_path:acme/x"}));
    client.sts_unsigned(&web_identity(&endpoint.role("gitlab-ci"), &token));
    let shown = client.get_unsigned("/_control/requests", &[]).good();
    let operations: Vec<_> = endpoint.requests().iter().map(|one| one.operation.clone()).collect();
    assert_eq!(
        operations,
        ["GetContainerCredentials", "SignPayload", "GetAuthorizationToken", "AssumeRoleWithWebIdentity"]
    );
    assert_eq!(
        shown["requests"][1]["principal"],
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/codebuild-build/AWSCodeBuild-00000000")
    );
    assert_eq!(shown["requests"][1]["region"], "us-west-2");
    assert_eq!(shown["peak_per_second"]["SignPayload"], 1);
    let secrets = endpoint.secrets();
    assert!(secrets.contains(&token) && secrets.len() >= 10, "{}", secrets.len());
    for secret in secrets {
        assert!(!shown.to_string().contains(&secret));
    }
}

#[test]
fn a_state_folder_keeps_roots_profiles_and_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Endpoint::with(Options { state: Some(folder.path().to_owned()), ..Options::default() }).unwrap();
    let first = start();
    let client = Client::new(&first);
    let signature = sign(&client);
    client.call("PUT", &format!("/signing-jobs/{}/revoke", signature.job_id()), &json!({"reason": "lost"})).good();
    let root = first.root("aws");
    drop(first);
    let second = start();
    let client = Client::new(&second);
    assert_eq!(second.root("aws"), root);
    assert_eq!(revoked(&client, &signature), json!([signature.job_arn()]));
    assert_eq!(client.get(PROFILE).good()["profileVersion"], json!(signature.version()));
    let again = sign(&client);
    assert_eq!(again.chain[2..], signature.chain[2..]);
    Envelope::new(media_type::JWS, &again.envelope).verify().unwrap();
    drop(second);
    assert_ne!(Endpoint::start().root("aws"), root, "without a folder everything is new");
    std::fs::write(folder.path().join("state.json"), "{").unwrap();
    let damaged = Endpoint::with(Options { state: Some(folder.path().to_owned()), ..Options::default() });
    assert!(damaged.is_err());
}

#[test]
fn the_control_routes_do_what_the_methods_do() {
    let (endpoint, client) = started();
    let control = |method: &str, name: &str, body: Value| client.call(method, &format!("/_control/{name}"), &body);
    control("PUT", "fault", json!({"operation": "GetSigningProfile", "fault": "throttle", "times": 1})).good();
    assert_eq!(client.get(PROFILE).status, 429);
    control("PUT", "fault", json!({"fault": "internal-error"})).good();
    assert_eq!(client.get(PROFILE).status, 500);
    control("DELETE", "fault", Value::Null).good();
    client.get(PROFILE).good();
    assert_eq!(control("PUT", "fault", json!({"fault": "nothing"})).status, 400);
    control("PUT", "metadata", json!({"com.example.key": "value"})).good();
    assert_eq!(sign_with(&client, "size", Value::Null).good()["metadata"], json!({"com.example.key": "value"}));
    control("PUT", "clock", json!({"seconds_ahead": 3600})).good();
    assert_eq!(client.get(PROFILE).status, 403);
    control("PUT", "clock", json!({"seconds_ahead": 0})).good();
    let signature = sign(&client);
    control("PUT", "revoked-certificate", json!({"region": "us-west-2"})).good();
    assert_eq!(revoked(&client, &signature).as_array().unwrap().len(), 1);
    let user = control("POST", "user", json!({"arn": "arn:aws:iam::444455556666:user/x"})).good();
    let field = |name: &str| user[name].as_str().unwrap().to_owned();
    client.user((field("AccessKeyId"), field("SecretAccessKey"))).get("/signing-jobs").good();
    assert_eq!(control("GET", "roots", Value::Null).good()["aws"], endpoint.root_pem("aws"));
    assert_eq!(control("GET", "nothing", Value::Null).status, 400);
}
