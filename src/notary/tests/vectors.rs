//! Every vector of `tests/vectors`: made without any code of this project, each with the reason by which it is to be
//! accepted or refused.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "functions that tests share; clippy knows only tests themselves"
)]

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cases::{Case, StoreOrder, UNAVAILABILITIES, root_of};
use notary_project::Timestamp;
use notary_project::certificate::RevocationPointer;
use notary_project::descriptor::Descriptor;
use notary_project::extension::aws_signer::AwsRoots;
use notary_project::revocation::{Evidence, EvidenceAnswer, EvidenceRequest, Unavailability};
use notary_project::signature_manifest::SignatureManifest;
use notary_project::trust_policy::ValidationType;
use notary_project::verify::{Decision, Failure, Outcome, Status, Step, Unevaluated};
use serde::Deserialize;

/// The sources whose reasons must each be the expectation of a case.
const REASONS: [(&str, &str); 8] = [
    ("envelope/mod.rs", include_str!("../envelope/mod.rs")),
    ("payload.rs", include_str!("../payload.rs")),
    ("verify/reason.rs", include_str!("../verify/reason.rs")),
    ("extension/aws_signer/failure.rs", include_str!("../extension/aws_signer/failure.rs")),
    ("certificate/chain_error.rs", include_str!("../certificate/chain_error.rs")),
    ("certificate/error.rs", include_str!("../certificate/error.rs")),
    ("trust_policy/identity.rs", include_str!("../trust_policy/identity.rs")),
    ("signature_manifest.rs", include_str!("../signature_manifest.rs")),
];

/// Reasons that no vector can have, and why.
const WITHOUT_VECTOR: [(&str, &str); 14] = [
    ("envelope-too-large", "33 MiB; the test below makes it"),
    ("payload-reserved-metadata", "only when signing"),
    ("chain-empty", "an envelope without certificates is refused before as envelope-chain-missing"),
    ("issuer-not-ca", "the rule for authorities speaks first, as chain-not-ca"),
    ("issuer-may-not-sign", "the rule for authorities speaks first, as chain-key-usage-lacks"),
    ("issuer-name", "the rule for names speaks first, as chain-gap or chain-root-missing"),
    ("key-malformed", "the unit tests of the certificate module patch keys"),
    ("key-parameters", "the unit tests of the certificate module patch keys"),
    ("certificate-pem-base64", "envelopes hold DER"),
    ("certificate-pem-boundary", "envelopes hold DER"),
    ("certificate-pem-empty", "envelopes hold DER"),
    ("certificate-pem-label", "envelopes hold DER"),
    ("certificate-pem-private-key", "envelopes hold DER"),
    ("certificate-too-many", "only for files of a trust store"),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestCase {
    name: String,
    why: String,
    manifest: String,
    expect: ManifestExpect,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum ManifestExpect {
    Refused { refused: String },
    Read { subject: Box<Descriptor>, envelope: Box<Descriptor>, annotations: BTreeMap<String, String> },
}

fn manifest_cases() -> Vec<ManifestCase> {
    serde_json::from_str(include_str!("../vectors/manifest/cases.json")).unwrap()
}

/// What a step came to, in the words of the vectors.
#[derive(Debug, PartialEq, Eq)]
struct Judged {
    decision: String,
    rows: BTreeMap<String, String>,
    user_metadata: String,
    requests: Vec<String>,
    aws_signature: Option<[String; 2]>,
    aws_alias: Option<String>,
    undecided: Option<String>,
}

impl Judged {
    fn of(case: &Case, step: Step) -> Self {
        let requests = match &step {
            Step::Finished(_) => Vec::new(),
            Step::NeedsEvidence(pending) => pending.requests().iter().map(request_text).collect(),
            other => panic!("{other:?}"),
        };
        Self::of_outcome(&case.finish(step), requests)
    }

    fn of_outcome(outcome: &Outcome, requests: Vec<String>) -> Self {
        let decision = match outcome.decision() {
            Decision::Verified => "verified",
            Decision::AcceptedWithWarnings => "accepted-with-warnings",
            Decision::Skipped => "skipped",
            Decision::Rejected => "rejected",
            other => panic!("{other:?}"),
        };
        let rows = outcome
            .validations()
            .iter()
            .map(|row| (row_name(row.validation_type()).to_owned(), status(row.status())))
            .collect();
        let user_metadata = status(outcome.user_metadata());
        let aws_signature =
            outcome.aws_signature().map(|found| [found.profile_version.to_string(), found.job.to_string()]);
        let aws_alias = outcome.aws_signature().and_then(|found| Some(found.alias.as_ref()?.to_string()));
        let name_of = |wanted| UNAVAILABILITIES.iter().find(|(_, kind)| *kind == wanted).unwrap().0.to_owned();
        let undecided = outcome.undecided().map(name_of);
        Self { decision: decision.to_owned(), rows, user_metadata, requests, aws_signature, aws_alias, undecided }
    }

    /// Every difference to what the case expects.
    fn differences(&self, case: &Case) -> Vec<String> {
        let expect = &case.expect;
        let mut found = Vec::new();
        let mut compare = |what: &str, got: &str, expected: &str| {
            if got != expected {
                found.push(format!("  {what}: got {got}, expected {expected}"));
            }
        };
        compare("decision", &self.decision, &expect.decision);
        compare("user metadata", &self.user_metadata, &expect.user_metadata);
        compare("signature of AWS", &format!("{:?}", self.aws_signature), &format!("{:?}", expect.aws_signature));
        compare("alias", &format!("{:?}", self.aws_alias), &format!("{:?}", expect.aws_alias));
        // The vectors of other signers say nothing about it.
        if expect.aws_signature.is_some() {
            compare("undecided", &format!("{:?}", self.undecided), &format!("{:?}", expect.undecided));
        }
        for name in self.rows.keys().chain(expect.rows.keys()).collect::<BTreeSet<_>>() {
            let text = |rows: &BTreeMap<String, String>| rows.get(name).map_or("no row", String::as_str).to_owned();
            compare(name, &text(&self.rows), &text(&expect.rows));
        }
        if let Some(requests) = &expect.requests {
            compare("requests", &self.requests.join(", "), &requests.join(", "));
        }
        found
    }
}

const fn row_name(validation_type: ValidationType) -> &'static str {
    match validation_type {
        ValidationType::Integrity => "integrity",
        ValidationType::Authenticity => "authenticity",
        ValidationType::AuthenticTimestamp => "authenticTimestamp",
        ValidationType::Expiry => "expiry",
        ValidationType::Revocation => "revocation",
    }
}

fn request_text(request: &EvidenceRequest) -> String {
    match request {
        EvidenceRequest::CertificatePointer { certificate, pointer } => match pointer {
            RevocationPointer::Ocsp(url) => format!("{certificate} ocsp {url}"),
            RevocationPointer::Crl(url) => format!("{certificate} crl {url}"),
            RevocationPointer::Other => format!("{certificate} other"),
            other => panic!("{other:?}"),
        },
        EvidenceRequest::AwsRevocationStatus(request) => format!(
            "aws {} {} {} {} {} {}",
            request.region(),
            request.partition(),
            request.signature_timestamp,
            request.profile_version_arn,
            request.job_arn,
            request.certificate_hashes.join(",")
        ),
        other => panic!("{other:?}"),
    }
}

fn status(status: &Status) -> String {
    match status {
        Status::Passed => "passed".to_owned(),
        Status::Confirmed(word) => format!("passed:{}", word.code()),
        Status::Failed(failure) => format!("failed:{}", failure.code()),
        Status::NothingToCheck(nothing) => format!("nothing:{}", nothing.code()),
        Status::NotEvaluated(reason) => format!("not-evaluated:{}", reason.code()),
        other => panic!("{other:?}"),
    }
}

/// Fails with all differing cases at once.
fn judge_all(cases: &[Case], order: StoreOrder<'_>) {
    let differing: Vec<_> = cases
        .iter()
        .filter_map(|case| {
            let differences = Judged::of(case, case.judge(order)).differences(case);
            (!differences.is_empty()).then(|| format!("{} ({})\n{}", case.name, case.why, differences.join("\n")))
        })
        .collect();
    assert!(differing.is_empty(), "{} of {} differ:\n{}", differing.len(), cases.len(), differing.join("\n"));
}

#[test]
fn a_signature_is_for_each_of_several_what_it_is_for_one_alone() {
    let mut shared = 0;
    for case in Case::all() {
        let alone = || Judged::of(&case, case.judge(StoreOrder::AsGiven));
        let (first, others) = case.judge_for_two(&case.aws_roots());
        assert_eq!(Judged::of(&case, first), alone(), "{}", case.name);
        match others.into_iter().next() {
            Some(other) => {
                assert_eq!(Judged::of(&case, other), alone(), "{}", case.name);
                shared += 1;
            }
            None => assert_eq!(case.expect.rows["integrity"].split(':').next(), Some("failed"), "{}", case.name),
        }
        // One who knows other roots of AWS Signer changes nothing for the next.
        let (_, others) = case.judge_for_two(&AwsRoots::none());
        if case.aws_roots() != AwsRoots::none() {
            let other = others.into_iter().next().unwrap();
            assert_eq!(Judged::of(&case, other), alone(), "{}", case.name);
        }
    }
    assert!(shared >= 50, "{shared}");
}

#[test]
fn what_an_envelope_says_is_there_exactly_when_its_integrity_passed() {
    for case in Case::all() {
        let outcome = case.finish_envelope(&case.envelope_bytes(), StoreOrder::AsGiven);
        let row = outcome.validation(ValidationType::Integrity);
        let passed = row.is_some_and(|row| matches!(row.status(), Status::Passed));
        assert_eq!((outcome.envelope().is_some(), outcome.payload().is_some()), (passed, passed), "{}", case.name);
    }
}

/// The reasons that a source names: the texts of its functions `code`.
fn reasons(source: &str) -> BTreeSet<&str> {
    let mut inside = false;
    let mut found = BTreeSet::new();
    for line in source.lines() {
        if line.contains("fn code(") {
            inside = true;
        } else if line == "    }" {
            inside = false;
        } else if inside && let Some((_, text)) = line.split_once("=> \"") {
            found.insert(text.split_once('"').unwrap().0);
        }
    }
    found
}

fn all_reasons() -> BTreeSet<&'static str> {
    REASONS
        .into_iter()
        .flat_map(|(file, source)| {
            let found = reasons(source);
            assert!(found.len() > 2, "{file}: no reasons found");
            found
        })
        .collect()
}

/// The reasons that the cases expect.
fn expected_reasons(cases: &[Case], manifests: &[ManifestCase]) -> BTreeSet<String> {
    let rows = cases.iter().flat_map(|case| case.expect.rows.values().chain([&case.expect.user_metadata]));
    let codes = rows.filter_map(|text| text.split_once(':')).map(|(_, code)| code.to_owned());
    let refused = manifests.iter().filter_map(|case| match &case.expect {
        ManifestExpect::Refused { refused } => Some(refused.clone()),
        ManifestExpect::Read { .. } => None,
    });
    codes.chain(refused).collect()
}

#[test]
fn every_vector_is_judged_as_the_reference_says() {
    judge_all(&Case::all(), StoreOrder::AsGiven);
}

#[test]
fn verdict_does_not_change_when_certificates_in_the_trust_store_are_reordered() {
    let cases = Case::all();
    // Roots of cases with keys of their own: no other case has them in its chain.
    let first = root_of(&cases, "a signature by EC-384 with a chain of 1 is verified");
    let last = root_of(&cases, "a chain of 32 is accepted");
    let others: Vec<_> = cases
        .iter()
        .filter(|case| !case.name.contains("EC-384") && case.name != "a chain of 32 is accepted")
        .cloned()
        .collect();
    assert!(others.len() + 40 > cases.len());
    judge_all(&cases, StoreOrder::ReversedTwice);
    judge_all(&others, StoreOrder::Between(first, last));
}

#[test]
fn evidence_counts_for_the_request_that_it_names() {
    let two = |case: &Case| case.expect.requests.as_ref().is_some_and(|requests| requests.len() == 2);
    let case = Case::all().into_iter().find(two).unwrap();
    let Step::NeedsEvidence(pending) = case.judge(StoreOrder::AsGiven) else { panic!("{}", case.name) };
    let request = pending.requests()[1].clone();
    assert_ne!(request, pending.requests()[0]);
    let answer = EvidenceAnswer::Unavailable { kind: Unavailability::Denied, reason: "timed out".into() };
    let outcome = pending.finish(&[Evidence::new(request, answer)], case.now);
    assert_eq!(outcome.undecided(), Some(Unavailability::Denied));
    let status = outcome.validation(ValidationType::Revocation).unwrap().status();
    let Status::NotEvaluated(Unevaluated::RevocationUnknown { kind, sources }) = status else { panic!("{status:?}") };
    assert_eq!((*kind, sources.len()), (Unavailability::Denied, 2));
    assert!(sources[0].ends_with(": no answer") && sources[1].ends_with(": timed out"), "{sources:?}");
}

/// Leaving AWS Signer out weakens nothing: what it signed is then refused, whatever is trusted.
#[test]
fn a_signature_of_aws_signer_is_refused_by_who_says_nothing_of_its_roots() {
    let accepted = |case: &Case| case.expect.aws_signature.is_some() && case.expect.decision == "verified";
    let cases: Vec<_> = Case::all().into_iter().filter(accepted).collect();
    assert!(cases.len() > 10);
    for case in cases {
        let outcome = case.finish(case.judge_without_aws_roots());
        assert_eq!(outcome.decision(), Decision::Rejected, "{}", case.name);
        assert!(outcome.aws_signature().is_none() && outcome.envelope().is_none(), "{}", case.name);
    }
}

#[test]
fn an_answer_to_another_question_is_none() {
    let two = |case: &Case| case.expect.requests.as_ref().is_some_and(|requests| requests.len() == 2);
    let case = Case::all().into_iter().find(two).unwrap();
    let Step::NeedsEvidence(pending) = case.judge(StoreOrder::AsGiven) else { panic!("{}", case.name) };
    let answer = EvidenceAnswer::AwsRevocationStatus { revoked_entities: Vec::new(), endpoint: None };
    let evidence: Vec<_> =
        pending.requests().iter().map(|request| Evidence::new(request.clone(), answer.clone())).collect();
    let outcome = pending.finish(&evidence, case.now);
    assert_eq!((outcome.decision(), outcome.undecided()), (Decision::Rejected, Some(Unavailability::Malformed)));
}

#[test]
fn the_revocation_row_tells_what_was_asked_what_was_revoked_and_who_said_so() {
    let text = |name: &str| {
        let case = Case::all().into_iter().find(|case| case.name == name).unwrap();
        let outcome = case.finish_envelope(&case.envelope_bytes(), StoreOrder::AsGiven);
        match outcome.validation(ValidationType::Revocation).unwrap().status() {
            Status::Confirmed(word) => word.to_string(),
            Status::Failed(failure) => failure.to_string(),
            Status::NotEvaluated(reason) => reason.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let job = "signing job arn:aws:signer:us-west-2:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4";
    let profile = "signing profile version arn:aws:signer:us-west-2:111122223333:/signing-profiles/build/IrwHQeF7XW";
    let asked = format!("{job}, {profile} and 4 certificates of the chain");
    let endpoint = " (answered by http://127.0.0.1:8080, which is not AWS's)";
    let expected = [
        ("a signature as AWS Signer makes it is verified", format!("not revoked: {asked}")),
        ("an answer of another endpoint counts and is named", format!("not revoked: {asked}{endpoint}")),
        ("a revocation that another endpoint tells rejects", format!("revoked: {job}{endpoint}")),
        ("a revoked profile rejects", format!("revoked: {profile}")),
        (
            "a revoked intermediate rejects",
            "revoked: certificate 2 of the chain (CN=AWS Signer Code Signing Int CA G1,OU=Cryptography,O=AWS,ST=WA,C=US)"
                .to_owned(),
        ),
        (
            "a hundred entries reject",
            format!("revoked: {} and 66 more", vec![job; 34].join(", ")),
        ),
        (
            "an entry of no meaning rejects",
            r#"revoked: "\u{1b}[31m", which is neither job, profile version nor certificate of the signature"#.to_owned(),
        ),
        (
            "strict refuses what denied keeps from being known",
            format!(
                "revocation status is not known: AWS Signer in us-west-2 was asked about {asked}: as the vector says"
            ),
        ),
    ];
    for (name, expected) in expected {
        assert_eq!(text(name), expected, "{name}");
    }
}

/// Moments after that of a case, in seconds: while a registry is waited for, and decades.
const LATER: [u64; 2] = [3, 30 * 365 * 86_400];

#[test]
fn what_was_accepted_and_is_judged_again_later_is_as_if_judged_then_for_the_first_time() {
    let (mut lasting, mut over) = (0, 0);
    for case in Case::all().into_iter().filter(|case| case.expect.decision == "verified") {
        for later in LATER.map(|seconds| case.now + Duration::from_secs(seconds)) {
            let judged = case.finish_envelope(&case.envelope_bytes(), StoreOrder::AsGiven).at(later);
            let mut then = case.clone();
            then.now = later;
            let first = Judged::of(&then, then.judge(StoreOrder::AsGiven));
            let again = Judged::of_outcome(&judged, first.requests.clone());
            assert_eq!(again.decision, first.decision, "{} at {later}", case.name);
            if judged.decision() == Decision::Verified {
                assert_eq!(again.rows, first.rows, "{} at {later}", case.name);
                lasting += 1;
            } else {
                over += 1;
            }
            let decision = judged.decision();
            assert_eq!(judged.at(case.now).decision(), decision, "{}: there is no way back", case.name);
        }
    }
    assert!(lasting > 10 && over > 10, "{lasting} {over}");
}

#[test]
fn an_acceptance_says_until_when_it_holds() {
    let (mut ending, mut endless) = (0, 0);
    for case in Case::all() {
        let judge = || case.finish_envelope(&case.envelope_bytes(), StoreOrder::AsGiven);
        let is_accepted =
            |outcome: Outcome| matches!(outcome.decision(), Decision::Verified | Decision::AcceptedWithWarnings);
        let judged = judge();
        let Some(until) = judged.accepted_until() else {
            if is_accepted(judged) {
                let far = case.now + Duration::from_secs(500 * 365 * 86_400);
                assert!(is_accepted(judge().at(far)), "{}", case.name);
                endless += 1;
            }
            continue;
        };
        assert!(is_accepted(judged) && until > case.now, "{}", case.name);
        assert!(is_accepted(judge().at(until - Duration::from_nanos(1))), "{}: until {until}", case.name);
        assert!(!is_accepted(judge().at(until)), "{}: until {until}", case.name);
        ending += 1;
    }
    assert!(ending > 10 && endless > 0, "{ending} {endless}");
}

#[test]
fn a_signature_that_runs_out_while_evidence_is_gathered_is_refused() {
    let case =
        Case::all().into_iter().find(|case| case.name == "a signature as AWS Signer makes it is verified").unwrap();
    let finish = |now| {
        let Step::NeedsEvidence(pending) = case.judge(StoreOrder::AsGiven) else { panic!("{}", case.name) };
        let answer = EvidenceAnswer::AwsRevocationStatus { revoked_entities: Vec::new(), endpoint: None };
        let request = pending.requests()[0].clone();
        pending.finish(&[Evidence::new(request, answer)], now)
    };
    let in_time = finish(case.now);
    assert_eq!(in_time.decision(), Decision::Verified);
    let expiry = in_time.envelope().unwrap().signed_attributes().expiry().unwrap();
    assert_eq!(finish(expiry - Duration::from_secs(1)).decision(), Decision::Verified);
    // A current time before the first timestamp is invalid.
    assert_eq!(finish(Timestamp::UNIX_EPOCH).decision(), Decision::Verified);
    let late = finish(expiry);
    assert_eq!(late.decision(), Decision::Rejected);
    let status = late.validation(ValidationType::Expiry).unwrap().status();
    assert!(matches!(status, Status::Failed(Failure::Expired { now, .. }) if *now == expiry), "{status:?}");
}

#[test]
fn every_expectation_is_one_that_exists() {
    let (cases, manifests) = (Case::all(), manifest_cases());
    let known = all_reasons();
    let unknown: Vec<_> =
        expected_reasons(&cases, &manifests).into_iter().filter(|code| !known.contains(code.as_str())).collect();
    assert_eq!(unknown, Vec::<String>::new());
    let names: BTreeSet<_> =
        cases.iter().map(|case| &case.name).chain(manifests.iter().map(|case| &case.name)).collect();
    assert_eq!(names.len(), cases.len() + manifests.len(), "two cases have one name");
    for case in &cases {
        assert!(!case.why.is_empty(), "{}: no reason", case.name);
        let five = case.expect.decision == "skipped" || case.expect.rows.len() == 5;
        assert!(five, "{}: not five rows", case.name);
        for text in case.expect.rows.values().chain([&case.expect.user_metadata]) {
            let kind = text.split_once(':').map_or(text.as_str(), |(kind, _)| kind);
            assert!(matches!(kind, "passed" | "failed" | "nothing" | "not-evaluated"), "{}: {text}", case.name);
        }
    }
}

#[test]
fn every_reason_has_a_vector() {
    let expected = expected_reasons(&Case::all(), &manifest_cases());
    let exceptions: BTreeSet<_> = WITHOUT_VECTOR.into_iter().map(|(code, _)| code).collect();
    let known = all_reasons();
    let missing: Vec<_> =
        known.iter().filter(|code| !expected.contains(**code) && !exceptions.contains(*code)).collect();
    assert!(missing.is_empty(), "no vector for {missing:?}");
    let stale: Vec<_> = exceptions.iter().filter(|code| !known.contains(*code) || expected.contains(**code)).collect();
    assert!(stale.is_empty(), "no exceptions any more: {stale:?}");
}

#[test]
fn an_envelope_over_32_mib_is_refused_unread_and_one_of_32_mib_is_read() {
    let case = Case::all().into_iter().find(|case| case.expect.decision == "verified").unwrap();
    let mut envelope = case.envelope_bytes();
    envelope.resize(32 * 1024 * 1024, b' ');
    let judge = |envelope: &[u8]| Judged::of(&case, case.judge_envelope(envelope, StoreOrder::AsGiven));
    assert_eq!(judge(&envelope).decision, "verified");
    envelope.push(b' ');
    assert_eq!(judge(&envelope).rows["integrity"], "failed:envelope-too-large");
}

#[test]
fn every_signature_manifest_is_read_as_the_reference_says() {
    let cases = manifest_cases();
    let judge = |case: &ManifestCase| {
        let parsed = SignatureManifest::parse(&STANDARD.decode(&case.manifest).unwrap());
        match (&case.expect, parsed) {
            (ManifestExpect::Refused { refused }, Err(error)) if error.code() == refused => None,
            (ManifestExpect::Read { subject, envelope, annotations }, Ok(found))
                if found.subject().plain() == **subject
                    && found.envelope().plain() == **envelope
                    && found.annotations() == annotations =>
            {
                None
            }
            (expect, got) => Some(format!("{} ({})\n  got {got:?}, expected {expect:?}", case.name, case.why)),
        }
    };
    let differing: Vec<_> = cases.iter().filter_map(judge).collect();
    assert!(differing.is_empty(), "{} of {} differ:\n{}", differing.len(), cases.len(), differing.join("\n"));
}
