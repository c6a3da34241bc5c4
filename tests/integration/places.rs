//! Which statement of a trust policy applies does not depend on how a repository is written.

use std::thread;

use serde_json::{Value, json};

use crate::aws_scene::report;
use crate::sealgate::Sandbox;

/// What came of `verify`: an error of this code, or that a statement applies.
fn verify(scopes: &[&[&str]], image: &str, flags: &[&str]) -> String {
    let sandbox = Sandbox::new();
    let statement = |(place, scopes): (usize, &&[&str])| {
        json!({"name": place.to_string(), "registryScopes": scopes, "signatureVerification": {"level": "strict"},
            "trustStores": ["ca:none"], "trustedIdentities": ["*"]})
    };
    let statements: Vec<_> = scopes.iter().enumerate().map(statement).collect();
    sandbox.write("policy.json", &json!({"version": "1.0", "trustPolicies": statements}).to_string());
    sandbox.write("ca.pem", "");
    let words = ["verify", image, "--policy", "policy.json", "--trust-store", "stores", "--format", "json"];
    let words = [&words[..], &["--timeout", "1s"], flags].concat();
    // Every name of an image leads to a port of this machine that nobody listens at, and nobody has credentials.
    let proxy = "http://127.0.0.1:1";
    let run = sandbox.sealgate(&words).env("HTTPS_PROXY", proxy).env("HTTP_PROXY", proxy);
    let output = run.env("AWS_EC2_METADATA_DISABLED", "true").into_command().output().unwrap();
    let answer = crate::sealgate::Answer {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    let told = report(&answer);
    let error = told.pointer("/artifacts/0/error/code").or_else(|| told.pointer("/error/code"));
    match error.and_then(Value::as_str) {
        // What comes after: no answer, no credentials, and a file of authorities that holds none.
        Some("unavailable" | "denied" | "file") => "applies".to_owned(),
        Some(code) => code.to_owned(),
        None => panic!("{answer:?}"),
    }
}

/// A scope, an image, and flags.
type Case = (&'static str, &'static str, &'static [&'static str]);

/// Checks all cases at the same time: most of it is waiting.
fn all_are(expected: &str, cases: &[Case]) {
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || {
                let (named, image, flags) = *case;
                assert_eq!(verify(&[&[named]], image, flags), expected, "{named} {image} {flags:?}");
            });
        }
    });
}

#[test]
fn every_name_of_a_repository_selects_the_same_statement() {
    const ECR: &str = "111122223333.dkr.ecr.us-east-1.amazonaws.com/r";
    let cases: [Case; 12] = [
        ("localhost/r", "localhost:80/r:v1", &[]),
        ("localhost:80/r", "localhost/r:v1", &[]),
        ("127.0.0.1/r", "127.0.0.1:80/r:v1", &[]),
        ("localhost/r", "localhost:443/r:v1", &["--ca-file", "ca.pem"]),
        ("a.example/r", "a.example:443/r:v1", &[]),
        ("a.example/r", "A.Example:80/r:v1", &["--plain-http", "a.example"]),
        ("a.example:80/r", "a.example/r:v1", &["--plain-http", "a.example"]),
        ("docker.io/library/r", "registry.hub.docker.com/library/r:v1", &[]),
        ("index.docker.io/u/r", "registry-1.docker.io/u/r:v1", &[]),
        (ECR, "111122223333.dkr-ecr.us-east-1.on.aws/r:v1", &[]),
        (ECR, "111122223333.dkr.ecr-fips.us-east-1.amazonaws.com:443/r:v1", &[]),
        ("111122223333.dkr-ecr-fips.us-east-1.on.aws/r", "111122223333.dkr.ecr.us-east-1.amazonaws.com/r:v1", &[]),
    ];
    all_are("applies", &cases);
}

#[test]
fn what_is_another_place_has_another_statement() {
    let cases: [Case; 9] = [
        ("localhost/r", "localhost:443/r:v1", &[]),
        ("localhost/r", "localhost:80/r:v1", &["--ca-file", "ca.pem"]),
        ("localhost/r", "127.0.0.1/r:v1", &[]),
        ("a.example/r", "a.example:80/r:v1", &[]),
        ("a.example/r", "a.example:80/r:v1", &["--plain-http", "a.example:80"]),
        ("a.example/r", "a.example:443/r:v1", &["--plain-http", "a.example"]),
        ("docker.io/library/r", "docker.io/u/r:v1", &[]),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/r", "111122223333.dkr-ecr.us-east-2.on.aws/r:v1", &[]),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/r", "444455556666.dkr-ecr.us-east-1.on.aws/r:v1", &[]),
    ];
    all_are("no-statement", &cases);
}

#[test]
fn two_names_of_one_repository_belong_to_one_statement() {
    let cases: [Case; 5] = [
        ("localhost/r", "localhost:80/r", &[]),
        ("localhost/r", "localhost:443/r", &["--ca-file", "ca.pem"]),
        ("a.example/r", "a.example:80/r", &["--plain-http", "a.example"]),
        ("docker.io/library/r", "registry.hub.docker.com/library/r", &[]),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/r", "111122223333.dkr-ecr.us-east-1.on.aws/r", &[]),
    ];
    thread::scope(|scope| {
        for (one, other, flags) in cases {
            scope.spawn(move || {
                let image = format!("{other}:v1");
                assert_eq!(verify(&[&[one], &[other]], &image, flags), "trust-policy", "{one} {other}");
                assert_eq!(verify(&[&[one, one]], &image, flags), "trust-policy", "{one}");
                // notation compares texts, so that who pulls by both names writes both.
                assert_eq!(verify(&[&[one, other]], &image, flags), "applies", "{one} {other}");
            });
        }
        // A place of its own is no conflict.
        scope.spawn(|| {
            assert_eq!(verify(&[&["a.example/r"], &["a.example:80/r"]], "a.example:80/r:v1", &[]), "applies");
        });
    });
}
