//! `trust install` and `trust show`.

use std::fs;

use serde_json::Value;

use crate::sealgate::{Answer, Sandbox};

/// The identity of the tests.
const IDENTITY: &str = "x509.subject: C=US, ST=WA, O=Acme";

/// A place with a root in `k/acme-ca.crt`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "acme"]).exits(0);
    sandbox
}

/// Runs `trust install` with these words behind.
fn install(sandbox: &Sandbox, words: &[&str], code: i32) -> Answer {
    let common = ["trust", "install", "--root", "k/acme-ca.crt", "--identity", IDENTITY];
    sandbox.sealgate(&[&common, words].concat()).exits(code)
}

/// Compares text without digests and times.
macro_rules! assert_text {
    ($text:expr, $($expected:tt)*) => {{
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[TIME]");
        settings.add_filter(r"\d{8}T\d{6}Z", "[TIME]");
        settings.add_filter(r"[0-9a-f]{64}", "[DIGEST]");
        settings.bind(|| insta::assert_snapshot!($text, $($expected)*));
    }};
}

#[test]
fn the_folder_of_notation_is_the_default_and_show_tells_what_was_installed() {
    let sandbox = sandbox();
    let answer = install(&sandbox, &["--name", "acme", "--scope", "registry.example/app"], 0);
    assert_text!(answer.stdout, @r"
    [FOLDER]/.config/notation
    ├── written: truststore/x509/ca/acme/acme.crt
    ├── written: trustpolicy.json
    ├── written: trustpolicy.oci.json
    ├── written: sealgate-trust.json
    ├── policy: trustpolicy.json
    ├── policy: trustpolicy.oci.json
    ├── statement acme (strict)
    │   ├── scope: registry.example/app
    │   ├── trust store: ca:acme
    │   └── identity: x509.subject: C=US, ST=WA, O=Acme
    └── trust store ca:acme
        └── CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
            ├── valid: [TIME] to [TIME]
            └── sha256: [DIGEST]
    ");
    assert_text!(sandbox.read(".config/notation/trustpolicy.json"), @r#"
    {
      "version": "1.0",
      "trustPolicies": [
        {
          "name": "acme",
          "registryScopes": [
            "registry.example/app"
          ],
          "signatureVerification": {
            "level": "strict"
          },
          "trustStores": [
            "ca:acme"
          ],
          "trustedIdentities": [
            "x509.subject: C=US, ST=WA, O=Acme"
          ]
        }
      ]
    }
    "#);
    assert_eq!(
        sandbox.read(".config/notation/trustpolicy.json"),
        sandbox.read(".config/notation/trustpolicy.oci.json")
    );
    assert_text!(sandbox.sealgate(&["trust", "show"]).exits(0).stdout, @r"
    [FOLDER]/.config/notation
    ├── policy: trustpolicy.json
    ├── policy: trustpolicy.oci.json
    ├── statement acme (strict)
    │   ├── scope: registry.example/app
    │   ├── trust store: ca:acme
    │   └── identity: x509.subject: C=US, ST=WA, O=Acme
    └── trust store ca:acme
        └── CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
            ├── valid: [TIME] to [TIME]
            └── sha256: [DIGEST]
    ");
}

#[test]
fn the_folder_is_found_as_notation_finds_it() {
    let sandbox = sandbox();
    let table = [("NOTATION_CONFIG", "n", "n"), ("XDG_CONFIG_HOME", "x", "x/notation")];
    for (variable, value, folder) in table {
        let value = sandbox.path(value);
        let words = ["trust", "install", "--root", "k/acme-ca.crt", "--identity", IDENTITY, "--name", "acme"];
        sandbox.sealgate(&words).env(variable, value.to_str().unwrap()).exits(0);
        assert!(sandbox.path(folder).join("truststore/x509/ca/acme/acme.crt").is_file(), "{variable}");
    }
    assert!(!sandbox.path(".config").exists());
}

#[test]
fn the_same_again_says_that_nothing_was_written() {
    let sandbox = sandbox();
    install(&sandbox, &["--name", "acme", "--dir", "t"], 0);
    let again = install(&sandbox, &["--name", "acme", "--dir", "t"], 0);
    assert!(again.stdout.contains("✓ nothing to write: all is as asked for\n"), "{}", again.stdout);
    let shown = sandbox.sealgate(&["trust", "show", "--dir", "t"]).exits(0);
    assert!(!shown.stdout.contains("nothing to write"), "{}", shown.stdout);
    let answer = install(&sandbox, &["--name", "acme", "--dir", "t", "--format", "json"], 0);
    let report: Value = serde_json::from_str(&answer.stdout).unwrap();
    for empty in ["written", "backups", "problems"] {
        assert_eq!(report["trust"][empty], Value::Array(Vec::new()), "{empty}");
    }
}

#[test]
fn a_policy_of_someone_else_stays_unless_they_say_so() {
    let sandbox = sandbox();
    sandbox.write("t/trustpolicy.json", "theirs");
    assert_text!(install(&sandbox, &["--name", "acme", "--dir", "t"], 3).stderr, @r"
    error[foreign-file]: t/trustpolicy.json was not written by sealgate, or was changed since
      help: look at it first: t/trustpolicy.json
      help: --force replaces it and keeps a copy; --dir DIR writes elsewhere
    ");
    assert_eq!(sandbox.read("t/trustpolicy.json"), "theirs");
    assert_eq!(fs::read_dir(sandbox.path("t")).unwrap().count(), 1);
    assert_text!(install(&sandbox, &["--name", "acme", "--dir", "t", "--force"], 0).stdout, @r"
    t
    ├── written: truststore/x509/ca/acme/acme.crt
    ├── written: trustpolicy.json
    ├── written: trustpolicy.oci.json
    ├── written: sealgate-trust.json
    ├── backup: trustpolicy.json.bak-[TIME]
    ├── policy: trustpolicy.json
    ├── policy: trustpolicy.oci.json
    ├── statement acme (strict)
    │   ├── scope: *
    │   ├── trust store: ca:acme
    │   └── identity: x509.subject: C=US, ST=WA, O=Acme
    └── trust store ca:acme
        └── CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
            ├── valid: [TIME] to [TIME]
            └── sha256: [DIGEST]
    ");
}

#[test]
fn what_breaks_the_rules_of_a_policy_is_told_with_every_reason() {
    let sandbox = sandbox();
    let words = ["--identity", "*", "--scope", "registry.example/app:1", "--name", "acme", "--dir", "t"];
    assert_text!(install(&sandbox, &words, 3).stderr, @r#"
    error[trust-policy]: the trust policy would break rules
      caused by: line 7 column 9, /trustPolicies/0/registryScopes/0: name of the repository is "app:1", expected lowercase letters and digits, parted by '/', '.', '_', '__' or '-', without tag and digest
      caused by: line 17 column 9, /trustPolicies/0/trustedIdentities/1: identity "*" stands beside others, expected it alone
    "#);
    assert!(!sandbox.path("t").exists());
}

#[test]
fn a_leaf_is_no_root() {
    let sandbox = sandbox();
    let words = ["trust", "install", "--root", "k/acme.crt", "--identity", IDENTITY, "--name", "a", "--dir", "t"];
    assert_text!(sandbox.sealgate(&words).exits(3).stderr, @r#"
    error[trust-store]: k/acme.crt cannot be trusted
      caused by: certificate with subject "CN=acme,OU=not for production,O=sealgate development,ST=Development,C=ZZ" is neither a CA nor self-signed
      caused by: issuer is "CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ", but the subject of the issuer's certificate is "CN=acme,OU=not for production,O=sealgate development,ST=Development,C=ZZ"
      help: name the certificate of the authority (for development keys: NAME-ca.crt)
    "#);
}

#[test]
fn show_tells_what_would_make_a_verification_fail() {
    let sandbox = sandbox();
    install(&sandbox, &["--name", "acme", "--dir", "t"], 0);
    sandbox.write("t/truststore/x509/ca/acme/README", "hello");
    sandbox.write("t/trustpolicy.oci.json", "{}");
    assert_text!(sandbox.sealgate(&["trust", "show", "--dir", "t"]).exits(3).stdout, @r"
    t
    ├── problem: trustpolicy.json and trustpolicy.oci.json differ [trust-policy]
    └── problem: trust store ca:acme cannot be used: t/truststore/x509/ca/acme/README: trust store file is neither PEM nor certificates in DER: ASN.1 DER message is incomplete: expected 103, actual 5 at DER byte 0 [trust-store-unusable]
    ");
    assert_text!(sandbox.sealgate(&["trust", "show", "--dir", "none"]).exits(3).stderr, @r"
    error[trust-policy]: there is no trust policy in none
      help: make one: sealgate trust install --root FILE --name NAME --identity ID
      help: or name the trust: --policy FILE --trust-store DIR, or --root FILE --identity ID
    ");
}

#[test]
fn show_takes_a_policy_and_a_folder_of_stores_too() {
    let sandbox = sandbox();
    install(&sandbox, &["--name", "acme", "--dir", "t"], 0);
    let words = ["trust", "show", "--policy", "t/trustpolicy.json", "--trust-store", "t/truststore"];
    let answer = sandbox.sealgate(&words).exits(0);
    assert!(answer.stdout.contains("trust store ca:acme"), "{}", answer.stdout);
    sandbox.sealgate(&["trust", "show", "--policy", "t/trustpolicy.json"]).exits(2);
    sandbox.sealgate(&["trust", "show", "--dir", "t", "--policy", "p", "--trust-store", "s"]).exits(2);
}
