use std::fs;

use notary::algorithm::KeySpec;

use super::*;
use crate::command::generate_key;
use crate::error::code;
use crate::exit_code::ExitCode;
use crate::report::style::Style;
use crate::report::{Format, render};

const PROFILES: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles";

const WHOLE: &str = "\
version: 1
signers:
  ci: { profile: 'ARN/ci' }
  security: { profile: ['ARN/security', 'ARN/next/AbCdEf1234'] }
  anna: { root: qa.pem, identity: 'x509.subject: C=US, ST=WA, O=Acme, CN=anna' }
  ben: { root: qa.pem, identity: 'x509.subject: C=US, ST=WA, O=Acme, CN=ben' }
stages:
  build:
    require: [ci]
  test:
    after: build
    require:
      - { any: 1, of: [anna, ben], metadata: { stage: test, ticket: 'a b' } }
  prod:
    after: [build, test]
    require:
      - { signer: security, max-age: 30d }
";

struct Case {
    folder: tempfile::TempDir,
    made: Timestamp,
}

impl Case {
    /// A folder with `gates.yaml` of this text, and `qa.pem`, a root that is valid for 90 days.
    fn of(text: &str) -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap(), made: "2026-01-02T03:04:05Z".parse().unwrap() };
        let root = generate_key("qa", KeySpec::Ec256, case.made).unwrap().anchor;
        fs::write(case.folder.path().join("qa.pem"), root).unwrap();
        fs::write(case.folder.path().join("gates.yaml"), text.replace("ARN", PROFILES)).unwrap();
        case
    }

    fn looked_at(&self, now: Timestamp) -> Result<Report, Error> {
        let (told, warnings) = looked_at(&self.folder.path().join("gates.yaml"), &AwsRoots::embedded(), now)?;
        Ok(Report { warnings, ..Report::of("gates check", Findings::Gates(told)) })
    }

    fn report(&self) -> Report {
        self.looked_at(self.made).unwrap()
    }
}

/// The text, without what differs each time.
fn text(case: &Case, report: &Report) -> String {
    render(report, Format::Text, &Style::plain()).unwrap().replace(&*case.folder.path().to_string_lossy(), "[FOLDER]")
}

fn gates(report: &Report) -> &GatesReport {
    let Some(Findings::Gates(gates)) = &report.findings else { panic!("{report:?}") };
    gates
}

fn codes(report: &Report) -> Vec<&str> {
    report.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

#[test]
fn a_good_file_is_told_in_plain_words() {
    let case = Case::of(WHOLE);
    let report = case.report();
    assert_eq!(report.exit_code(), ExitCode::Success);
    insta::with_settings!({filters => vec![
        (r"sha256:[0-9a-f]{64}", "sha256:[DIGEST]"),
        (r"sha256: [0-9a-f]{64}", "sha256: [FINGERPRINT]"),
    ]}, {
        insta::assert_snapshot!(text(&case, &report), @r#"
        gates [FOLDER]/gates.yaml
        ├── file: sha256:[DIGEST]
        ├── policy: sha256:[DIGEST]
        ├── signer ci
        │   ├── signing profile: arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci (any version)
        │   ├── root: CN=AWS Signer Code Signing Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US
        │   │   ├── valid: 2022-10-27T21:33:22Z to 2122-10-27T22:33:22Z
        │   │   └── sha256: [FINGERPRINT]
        │   └── signs with: sealgate approve --gates [FOLDER]/gates.yaml --stage build --as ci -- IMAGE
        ├── signer security
        │   ├── signing profile: arn:aws:signer:us-west-2:111122223333:/signing-profiles/security (any version)
        │   ├── signing profile: arn:aws:signer:us-west-2:111122223333:/signing-profiles/next/AbCdEf1234 (this version alone)
        │   ├── root: CN=AWS Signer Code Signing Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US
        │   │   ├── valid: 2022-10-27T21:33:22Z to 2122-10-27T22:33:22Z
        │   │   └── sha256: [FINGERPRINT]
        │   └── signs with: sealgate approve --gates [FOLDER]/gates.yaml --stage prod --as security --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/security -- IMAGE
        ├── signer anna
        │   ├── identity: x509.subject: C=US, ST=WA, O=Acme, CN=anna
        │   ├── root: CN=qa development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
        │   │   ├── valid: 2026-01-02T02:04:05Z to 2026-04-02T03:04:05Z
        │   │   └── sha256: [FINGERPRINT]
        │   └── signs with: sealgate approve --gates [FOLDER]/gates.yaml --stage test --as anna --key FILE --certificate-chain FILE --user-metadata 'ticket=a b' -- IMAGE
        ├── signer ben
        │   ├── identity: x509.subject: C=US, ST=WA, O=Acme, CN=ben
        │   ├── root: CN=qa development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
        │   │   ├── valid: 2026-01-02T02:04:05Z to 2026-04-02T03:04:05Z
        │   │   └── sha256: [FINGERPRINT]
        │   └── signs with: sealgate approve --gates [FOLDER]/gates.yaml --stage test --as ben --key FILE --certificate-chain FILE --user-metadata 'ticket=a b' -- IMAGE
        ├── stage build
        │   ├── asks for a signature by ci (line 9)
        │   └── sealgate verify --gates [FOLDER]/gates.yaml --stage build -- IMAGE lets an image pass that is signed by
        │       └── build: ci
        ├── stage test, after build
        │   ├── asks for a signature by 1 of anna, ben, with stage=test and ticket=a b (line 13)
        │   └── sealgate verify --gates [FOLDER]/gates.yaml --stage test -- IMAGE lets an image pass that is signed by
        │       ├── build: ci
        │       └── test: 1 of anna, ben, with stage=test and ticket=a b
        └── stage prod, after build and test
            ├── asks for a signature by security, not older than 30d (line 17)
            └── sealgate verify --gates [FOLDER]/gates.yaml --stage prod -- IMAGE lets an image pass that is signed by
                ├── build: ci
                ├── test: 1 of anna, ben, with stage=test and ticket=a b
                └── prod: security, not older than 30d
        "#);
    });
    // The schema is asked as well.
    render(&report, Format::Json, &Style::plain()).unwrap();
}

#[test]
fn all_that_is_wrong_is_told_with_its_place_and_ends_with_3() {
    let case = Case::of(&WHOLE.replace("[ci]", "[co]").replace("max-age", "maxage").replace("qa.pem", "other.pem"));
    let report = case.report();
    assert_eq!(report.exit_code(), ExitCode::Configuration);
    let places = gates(&report).problems.iter().map(|problem| problem.reason.place.as_ref().unwrap().line);
    assert_eq!(places.collect::<Vec<_>>(), [5, 6, 9, 17]);
    assert!(gates(&report).signers.is_empty() && gates(&report).policy_digest.is_none());
    insta::assert_snapshot!(text(&case, &report), @r#"
    gates [FOLDER]/gates.yaml
    ├── problem: line 5 column 17: root "other.pem" cannot be used: No such file or directory (os error 2)
    │   └── help: paths of roots are relative to the file of gates; a PEM text may stand in their place
    ├── problem: line 6 column 16: root "other.pem" cannot be used: No such file or directory (os error 2)
    │   └── help: paths of roots are relative to the file of gates; a PEM text may stand in their place
    ├── problem: line 9 column 15: no signer is called "co"; the file has `ci`, `security`, `anna`, `ben`
    └── problem: line 17 column 29: a requirement of stage "prod" has the unknown member `maxage`, expected one of `signer`, `metadata`, `max-age`
        └── help: did you mean `max-age`?
    "#);
    render(&report, Format::Json, &Style::plain()).unwrap();
}

#[test]
fn the_digest_of_the_policy_is_the_one_of_verify() {
    let case = Case::of(WHOLE);
    let (loaded, _) = gates::load(&case.folder.path().join("gates.yaml")).unwrap();
    let digest = gates(&case.report()).policy_digest.clone();
    assert_eq!(digest, Some(loaded.policy_digest(&AwsRoots::embedded())));
}

#[test]
fn a_root_that_ends_soon_or_has_ended_is_noticed() {
    let case = Case::of(WHOLE);
    let root = |now: &str| {
        let report = case.looked_at(now.parse().unwrap()).unwrap();
        report.warnings.iter().map(|warning| warning.text.clone()).collect::<Vec<_>>()
    };
    for (now, words) in [
        ("2026-03-02T00:00:00Z", "expires at"),
        ("2030-01-01T00:00:00Z", "expired at"),
        ("2025-01-01T00:00:00Z", "is valid only from"),
    ] {
        let told = root(now);
        assert!(told.len() == 2 && told.iter().all(|text| text.contains(words)), "{told:?}");
    }
}

#[test]
fn what_a_signer_can_never_be_recognized_by_is_told() {
    // The root of AWS Signer under a name of its own.
    let case = Case::of(WHOLE);
    let known = AwsRoots::embedded();
    let aws = known.known().next().unwrap().certificate().der().to_vec();
    fs::write(case.folder.path().join("qa.pem"), aws).unwrap();
    assert_eq!(codes(&case.report()), ["aws-root-misplaced", "aws-root-misplaced"]);
    // A partition whose root nobody knows.
    let case = Case::of(&WHOLE.replace("'ARN/ci'", "'arn:aws-moon:signer:moon-1:111122223333:/signing-profiles/ci'"));
    let error = case.looked_at(case.made).unwrap_err();
    assert_eq!(error.report().exit_code, ExitCode::Configuration);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let case = Case::of(WHOLE);
    fs::remove_file(case.folder.path().join("gates.yaml")).unwrap();
    assert_eq!(case.looked_at(case.made).unwrap_err().report().code, code::GATES.name);
}
