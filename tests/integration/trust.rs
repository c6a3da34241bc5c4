//! `trust install`, `trust show` and `trust remove`.

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

/// A signing profile.
const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";

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
    folder [FOLDER]/.config/notation
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
    assert_text!(sandbox.sealgate(&["trust", "show"]).exits(0).stdout, @"
    folder [FOLDER]/.config/notation
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
    AWS Signer roots built into sealgate
    ├── partition aws, for signingAuthority:aws-signer-ts
    │   └── CN=AWS Signer Code Signing Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US
    │       ├── valid: [TIME] to [TIME]
    │       └── sha256: [DIGEST]
    └── partition aws-us-gov, for signingAuthority:aws-us-gov-signer-ts
        └── CN=AWS Signer Code Signing GovCloud (US) Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US
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
    assert!(again.stdout.contains("✓ nothing to write: everything is already in place\n"), "{}", again.stdout);
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
    error[foreign-file]: t/trustpolicy.json was not written by sealgate, or has changed since
      help: look at it first: t/trustpolicy.json
      help: --force replaces it and keeps a copy; --dir DIR writes elsewhere
    ");
    assert_eq!(sandbox.read("t/trustpolicy.json"), "theirs");
    assert_eq!(fs::read_dir(sandbox.path("t")).unwrap().count(), 1);
    assert_text!(install(&sandbox, &["--name", "acme", "--dir", "t", "--force"], 0).stdout, @"
    folder t
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
      caused by: line 17 column 9, /trustPolicies/0/trustedIdentities/1: identity "*" is listed with others, expected it alone
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
    assert_text!(sandbox.sealgate(&["trust", "show", "--dir", "t"]).exits(3).stdout, @"
    folder t
    ├── problem: trustpolicy.json and trustpolicy.oci.json differ [trust-policy]
    └── problem: trust store ca:acme cannot be used: t/truststore/x509/ca/acme/README: trust store file is neither PEM nor certificates in DER: ASN.1 DER message is incomplete: expected 103, actual 5 at DER byte 0 [trust-store-unusable]
    AWS Signer roots built into sealgate
    ├── partition aws, for signingAuthority:aws-signer-ts
    │   └── CN=AWS Signer Code Signing Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US
    │       ├── valid: [TIME] to [TIME]
    │       └── sha256: [DIGEST]
    └── partition aws-us-gov, for signingAuthority:aws-us-gov-signer-ts
        └── CN=AWS Signer Code Signing GovCloud (US) Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US
            ├── valid: [TIME] to [TIME]
            └── sha256: [DIGEST]
    ");
    assert_text!(sandbox.sealgate(&["trust", "show", "--dir", "none"]).exits(3).stdout, @"
    folder none
    AWS Signer roots built into sealgate
    ├── partition aws, for signingAuthority:aws-signer-ts
    │   └── CN=AWS Signer Code Signing Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US
    │       ├── valid: [TIME] to [TIME]
    │       └── sha256: [DIGEST]
    └── partition aws-us-gov, for signingAuthority:aws-us-gov-signer-ts
        └── CN=AWS Signer Code Signing GovCloud (US) Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US
            ├── valid: [TIME] to [TIME]
            └── sha256: [DIGEST]
    error[trust-policy]: there is no trust policy in none
    ├── help: with AWS Signer, you do not need one: sealgate verify --profile ARN -- IMAGE
    ├── help: make one: sealgate trust install --profile ARN, or --root FILE --name NAME --identity ID
    └── help: or say what to trust: --policy FILE --trust-store DIR, or --root FILE --identity ID
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

#[test]
fn a_signing_profile_is_all_that_trust_in_it_needs() {
    let sandbox = Sandbox::new();
    let words = ["trust", "install", "--profile", PROFILE, "--scope", "registry.example/app"];
    assert_text!(sandbox.sealgate(&words).exits(0).stdout, @"
    folder [FOLDER]/.config/notation
    ├── written: truststore/x509/signingAuthority/aws-signer-ts/aws-signer-notation-root.crt
    ├── written: trustpolicy.json
    ├── written: trustpolicy.oci.json
    ├── written: sealgate-trust.json
    ├── policy: trustpolicy.json
    ├── policy: trustpolicy.oci.json
    ├── statement aws-signer (strict)
    │   ├── scope: registry.example/app
    │   ├── trust store: signingAuthority:aws-signer-ts
    │   └── identity: arn:aws:signer:us-west-2:111122223333:/signing-profiles/release
    └── trust store signingAuthority:aws-signer-ts
        └── CN=AWS Signer Code Signing Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US
            ├── valid: [TIME] to [TIME]
            ├── sha256: [DIGEST]
            └── ✓ the AWS Signer root of partition aws
    ");
    assert_text!(sandbox.read(".config/notation/trustpolicy.json"), @r#"
    {
      "version": "1.0",
      "trustPolicies": [
        {
          "name": "aws-signer",
          "registryScopes": [
            "registry.example/app"
          ],
          "signatureVerification": {
            "level": "strict"
          },
          "trustStores": [
            "signingAuthority:aws-signer-ts"
          ],
          "trustedIdentities": [
            "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release"
          ]
        }
      ]
    }
    "#);
    let short = ["trust", "install", "--profile", "release@111122223333/us-west-2", "--scope", "registry.example/app"];
    let again = sandbox.sealgate(&short).exits(0).stdout;
    assert!(again.contains("nothing to write"), "{again}");
    let report: Value =
        serde_json::from_str(&sandbox.sealgate(&["trust", "show", "--format", "json"]).exits(0).stdout).unwrap();
    let fingerprint = "90a87d0543c3f094dbff9589b6649affe2f3d6e0f308799be2258461c686473f";
    let known = &report["trust"]["aws_roots"][0];
    assert_eq!((&known["partition"], &known["sha256"]), (&"aws".into(), &fingerprint.into()));
    let held = &report["trust"]["stores"][0]["certificates"][0];
    assert_eq!((&held["aws_root"], &held["sha256"]), (&"aws".into(), &fingerprint.into()));
}

#[test]
fn roots_in_place_of_those_of_aws_are_marked_wherever_they_are_shown() {
    let sandbox = sandbox();
    let china = "release@111122223333/cn-north-1";
    let refused = sandbox.sealgate(&["trust", "install", "--profile", china, "--dir", "t"]).exits(3);
    assert!(refused.stderr.contains("--aws-root FILE"), "{}", refused.stderr);
    assert!(!sandbox.path("t").exists());
    let words = ["trust", "install", "--profile", china, "--aws-root", "k/acme-ca.crt", "--dir", "t"];
    assert_text!(sandbox.sealgate(&words).exits(0).stdout, @"
    ! NOT AN AWS ROOT: other root certificates are used instead of AWS Signer's (from --aws-root)
    folder t
    ├── written: truststore/x509/signingAuthority/aws-signer-not-aws/not-an-aws-root.crt
    ├── written: trustpolicy.json
    ├── written: trustpolicy.oci.json
    ├── written: sealgate-trust.json
    ├── policy: trustpolicy.json
    ├── policy: trustpolicy.oci.json
    ├── statement aws-signer (strict)
    │   ├── scope: *
    │   ├── trust store: signingAuthority:aws-signer-not-aws
    │   └── identity: arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/release
    └── trust store signingAuthority:aws-signer-not-aws
        └── CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
            ├── valid: [TIME] to [TIME]
            ├── sha256: [DIGEST]
            └── NOT AN AWS ROOT: --aws-root uses it instead of one
    ! weakened: aws-root = k/acme-ca.crt, NOT AN AWS ROOT (from --aws-root)
    ");
    let shown = sandbox.sealgate(&["trust", "show", "--dir", "t", "--aws-root", "k/acme-ca.crt"]).exits(0);
    assert_eq!(shown.stdout.matches("NOT AN AWS ROOT").count(), 3, "{}", shown.stdout);
    let words = ["trust", "show", "--dir", "t", "--aws-root", "k/acme-ca.crt", "--format", "json"];
    let report: Value = serde_json::from_str(&sandbox.sealgate(&words).exits(0).stdout).unwrap();
    assert_eq!(report["weakened"][0]["value"], "k/acme-ca.crt, NOT AN AWS ROOT");
    assert_eq!(report["trust"]["stores"][0]["certificates"][0]["not_an_aws_root"], true);
    let without = sandbox.sealgate(&["trust", "show", "--dir", "t"]).exits(3).stdout;
    assert!(without.contains("[aws-root-unknown]"), "{without}");
}

#[test]
fn whom_to_trust_is_a_signing_profile_or_a_root_and_never_both_or_neither() {
    let sandbox = sandbox();
    for words in [
        &[][..],
        &["--profile", PROFILE, "--root", "k/acme-ca.crt", "--name", "a"],
        &["--profile", PROFILE, "--identity", "*"],
        &["--root", "k/acme-ca.crt", "--name", "a"],
        &["--root", "k/acme-ca.crt", "--identity", "*"],
        &["--root", "k/acme-ca.crt", "--name", "a", "--identity", "*", "--aws-root", "k/acme-ca.crt"],
        &["--profile", "release"],
        &["--profile", "arn:aws:signer:us-west-2:111122223333:/signing-jobs/x"],
    ] {
        sandbox.sealgate(&[&["trust", "install", "--dir", "t"], words].concat()).exits(2);
    }
    assert!(!sandbox.path("t").exists());
}

#[test]
fn what_was_installed_is_removed_by_name_and_what_is_no_longer_trusted_is_told() {
    let sandbox = sandbox();
    install(&sandbox, &["--name", "acme", "--scope", "registry.example/a"], 0);
    install(&sandbox, &["--name", "other", "--scope", "registry.example/b"], 0);
    assert_text!(sandbox.sealgate(&["trust", "remove"]).exits(2).stderr, @r#"
    error[usage]: no statement was named: --name NAME or --all is missing
      help: the names there are: "acme", "other"
      help: what they trust: sealgate trust show --dir [FOLDER]/.config/notation
    "#);
    assert_text!(sandbox.sealgate(&["trust", "remove", "--name", "acm"]).exits(3).stderr, @r#"
    error[trust-policy]: sealgate wrote no statement "acm" to [FOLDER]/.config/notation
      help: the names there are: "acme", "other"
      help: what they trust: sealgate trust show --dir [FOLDER]/.config/notation
    "#);
    assert_text!(sandbox.sealgate(&["trust", "remove", "--name", "acme"]).exits(0).stdout, @"
    folder [FOLDER]/.config/notation
    ├── written: trustpolicy.json
    ├── written: trustpolicy.oci.json
    ├── written: sealgate-trust.json
    ├── removed: truststore/x509/ca/acme/acme.crt
    ├── policy: trustpolicy.json
    ├── policy: trustpolicy.oci.json
    ├── statement other (strict)
    │   ├── scope: registry.example/b
    │   ├── trust store: ca:other
    │   └── identity: x509.subject: C=US, ST=WA, O=Acme
    └── trust store ca:other
        └── CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
            ├── valid: [TIME] to [TIME]
            └── sha256: [DIGEST]
    ! warning[no-longer-trusted]: no longer trusted by statement acme: certificate CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
    ! warning[no-longer-trusted]: no longer trusted by statement acme: identity x509.subject: C=US, ST=WA, O=Acme
    ! warning[no-longer-trusted]: statement acme is no longer for registry.example/a
    ");
    let answer = sandbox.sealgate(&["trust", "remove", "--all", "--format", "json"]).exits(0);
    let report: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(report["command"], "trust remove");
    assert_eq!(report["trust"]["removed"].as_array().unwrap().len(), 4, "{report}");
    assert_eq!(report["trust"]["statements"], Value::Array(Vec::new()));
    assert_eq!(report["warnings"][0]["code"], "no-longer-trusted");
    assert_eq!(fs::read_dir(sandbox.path(".config/notation")).unwrap().count(), 0);
    assert_text!(sandbox.sealgate(&["trust", "remove", "--all"]).exits(3).stderr, @"
    error[trust-policy]: sealgate wrote nothing to [FOLDER]/.config/notation
      help: name the folder that trust was installed to: --dir DIR
    ");
}

#[test]
fn the_last_statement_takes_the_policy_along_and_what_is_not_ours_is_refused() {
    let sandbox = sandbox();
    install(&sandbox, &["--name", "acme", "--dir", "t"], 0);
    let policy = sandbox.read("t/trustpolicy.json");
    sandbox.write("t/trustpolicy.json", &format!("{policy}\n"));
    assert_text!(sandbox.sealgate(&["trust", "remove", "--name", "acme", "--dir", "t"]).exits(3).stderr, @"
    error[foreign-file]: t/trustpolicy.json was not written by sealgate, or has changed since
      help: look at it first: t/trustpolicy.json
      help: nothing was removed: edit or delete what is not sealgate's yourself
    ");
    sandbox.write("t/trustpolicy.json", &policy);
    assert_text!(sandbox.sealgate(&["trust", "remove", "--name", "acme", "--dir", "t"]).exits(0).stdout, @"
    folder t
    ├── removed: trustpolicy.json
    ├── removed: trustpolicy.oci.json
    ├── removed: truststore/x509/ca/acme/acme.crt
    ├── removed: sealgate-trust.json
    └── ✓ no statement is left
    ! warning[no-longer-trusted]: no longer trusted by statement acme: certificate CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
    ! warning[no-longer-trusted]: no longer trusted by statement acme: identity x509.subject: C=US, ST=WA, O=Acme
    ! warning[no-longer-trusted]: statement acme is no longer for all repositories
    ");
    assert_eq!(fs::read_dir(sandbox.path("t")).unwrap().count(), 0);
    sandbox.sealgate(&["trust", "remove", "--all", "--name", "acme", "--dir", "t"]).exits(2);
}

#[test]
fn a_statement_that_is_in_the_way_is_told_with_what_removes_it() {
    let sandbox = sandbox();
    install(&sandbox, &["--name", "acme", "--dir", "t"], 0);
    assert_text!(install(&sandbox, &["--name", "other", "--dir", "t"], 2).stderr, @r#"
    error[conflict]: the statement "acme" is for all repositories already
      help: name the repositories that the new statement is for: --scope REPOSITORY, for each
      help: or replace that statement: --name acme
      help: or remove it first: sealgate trust remove --name acme --dir t
    "#);
    sandbox.sealgate(&["trust", "remove", "--name", "acme", "--dir", "t"]).exits(0);
    install(&sandbox, &["--name", "other", "--dir", "t"], 0);
}
