//! How a verdict follows from candidates.

use futures_util::FutureExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary::certificate::parse_pem;
use notary::digest::Digest;
use notary::envelope::Envelope;
use notary::extension::aws_signer::AwsRoots;
use notary::revocation::{Evidence, EvidenceAnswer, Unavailability};
use notary::trust_policy::TrustPolicy;
use notary::trust_store::{TrustStore, TrustStores};
use notary::verify::{self, Step};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::*;
use crate::aws::facts::{AwsError, AwsErrorKind, Operation};
use crate::config::trust::TrustKind;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::registry::credentials::CredentialSource;
use crate::registry::error::ServerAnswer;
use crate::registry::{Listing, Mechanism, RegistryError};
use crate::verification::candidate::{self, CandidateError, Fetched, Named};
use crate::verification::{Candidate, Found, Judgement};
use notary::descriptor::Descriptor;

/// Everything that can become of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Verified,
    Warned,
    Rejected,
    NoStore,
    Denied,
    Unavailable,
    Broken,
    StatusDenied,
    StatusUnanswered,
    StatusMalformed,
    StatusSetting,
    NotTried,
    NoRoom,
}

use Fate::*;

const ALL: [Fate; 13] = [
    Verified,
    Warned,
    Rejected,
    NoStore,
    Denied,
    Unavailable,
    Broken,
    StatusDenied,
    StatusUnanswered,
    StatusMalformed,
    StatusSetting,
    NotTried,
    NoRoom,
];

/// A signature shaped like AWS Signer's, and all that it takes to verify it but the revocation status.
const OF_AWS: &str = include_str!("../../../../tests/vectors/verify/aws-revocation.json");

/// A signature of AWS Signer about which nothing is known for this reason.
fn without_status(kind: Unavailability, unanswered: Option<AwsErrorKind>) -> Found {
    let vectors: Value = serde_json::from_str(OF_AWS).unwrap();
    let case = vectors.as_array().unwrap().iter().find(|case| case["expect"]["undecided"] == "denied").unwrap();
    let text = |name: &str| case[name].as_str().unwrap();
    let roots = parse_pem(case["aws_roots"][0].as_str().unwrap().as_bytes()).unwrap();
    let policy = TrustPolicy::parse(text("statement").as_bytes()).unwrap();
    let store = TrustStore::new(policy.statements()[0].trust_stores()[0].clone(), roots.clone()).unwrap();
    let mut stores = TrustStores::new();
    stores.insert(Ok(store));
    let trusted = verify::Trust::new(policy, stores).with_aws_roots(AwsRoots::replaced(roots));
    let terms = trusted.terms_of(&trusted.policy().statements()[0]);
    let artifact = serde_json::from_value(case["artifact"].clone()).unwrap();
    let now = text("now").parse().unwrap();
    let envelope = STANDARD.decode(text("envelope")).unwrap();
    let envelope = Envelope::new(text("media_type"), &envelope);
    let Step::NeedsEvidence(pending) = verify::begin(envelope, &artifact, &terms, now) else {
        panic!("nothing is asked");
    };
    let answer = EvidenceAnswer::Unavailable { kind, reason: "as a server said".to_owned() };
    let request = pending.requests()[0].clone();
    let outcome = pending.finish(&[Evidence::new(request, answer)], now);
    let unanswered = unanswered.map(|kind| AwsError::new(Operation::CREDENTIALS, kind, "as a file is"));
    Judgement::of(text("media_type").to_owned(), outcome, unanswered).into_found()
}

/// One envelope, and the policies under which it has each of the fates.
struct Pool {
    artifact: Descriptor,
    listed: Descriptor,
    manifest: Named,
    envelope: bytes::Bytes,
    trusting: Trust,
    logging: Trust,
    refusing: Trust,
    unusable: Trust,
}

impl Pool {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let listed = stage.sign(&stage.ours).await;
        let source = stage.source();
        let fetched = candidate::fetch(&source, &listed, &stage.image.digest).await.unwrap();
        Self {
            artifact: stage.image.clone(),
            listed,
            manifest: fetched.manifest.clone(),
            envelope: fetched.envelope.clone(),
            trusting: stage.ours.trust(),
            logging: stage.stranger.trust_at(&json!({"level": "audit"})),
            refusing: stage.stranger.trust(),
            unusable: stage::unusable_trust(),
        }
    }

    fn found(&self, fate: Fate) -> Found {
        // These signatures need no evidence, so nothing is waited for.
        let fetched = Fetched::in_a_test(self.manifest.clone(), self.envelope.clone());
        let judged = |trust| judge(&fetched, &self.artifact, &stage::terms(trust)).now_or_never().unwrap().into_found();
        match fate {
            Verified => judged(&self.trusting),
            Warned => judged(&self.logging),
            Rejected => judged(&self.refusing),
            NoStore => judged(&self.unusable),
            Denied => Found::Unusable(CandidateError::Fetch(RegistryError::Denied {
                answer: Box::new(ServerAnswer {
                    host: "registry.example".into(),
                    method: "GET".into(),
                    path: "/v2/app/blobs/x".into(),
                    status: 403,
                    code: None,
                    message: None,
                    request_id: None,
                }),
                credential: CredentialSource::Anonymous,
            })),
            Unavailable => Found::Unusable(CandidateError::Fetch(RegistryError::Connection {
                method: "GET".into(),
                url: "https://registry.example/v2/app/blobs/x".into(),
                fact: "closed".into(),
                attempts: 6,
            })),
            Broken => Found::Unusable(CandidateError::Subject {
                found: Digest::sha256(b"another"),
                expected: self.artifact.digest.clone(),
            }),
            StatusDenied => without_status(Unavailability::Denied, None),
            StatusUnanswered => without_status(Unavailability::NoAnswer, None),
            StatusMalformed => without_status(Unavailability::Malformed, None),
            StatusSetting => without_status(Unavailability::Malformed, Some(AwsErrorKind::Setting)),
            NotTried => Found::NotTried,
            NoRoom => Found::NoRoom { bytes: 1 << 22 },
        }
    }

    fn examined(&self, fates: &[Fate], complete: bool, unreadable: usize) -> Examined {
        let candidate = |fate: &Fate| Candidate { listed: self.listed.clone(), found: self.found(*fate) };
        let descriptors = vec![self.listed.clone(); fates.len()];
        Examined {
            artifact: self.artifact.clone(),
            listing: Listing {
                descriptors,
                complete,
                unreadable,
                ..Listing::empty(notary::descriptor::media_type::SIGNATURE, Mechanism::Both)
            },
            candidates: fates.iter().map(candidate).collect(),
            children: None,
        }
    }

    fn verdict(&self, fates: &[Fate], complete: bool, unreadable: usize) -> Verdict {
        verdict_of(&self.examined(fates, complete, unreadable))
    }
}

/// The verdict, which the error and the exit code follow.
fn verdict_of(examined: &Examined) -> Verdict {
    let verdict = examined.verdict();
    let error = Error::of_verdict(verdict, "registry.example/app", &BY_FILES, examined);
    let exit = error.map_or(ExitCode::Success, |error| error.report().exit_code);
    assert_eq!(exit, exit_of(verdict), "{:?} {}", examined.candidates, examined.listing.unreadable);
    verdict
}

const BY_FILES: TrustedBy<'_> = TrustedBy {
    kind: TrustKind::Files,
    origin: "policy.json",
    shown_by: "sealgate trust show",
    profile: None,
    reach: "",
};

const fn exit_of(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Verified | Verdict::AcceptedWithWarnings => ExitCode::Success,
        Verdict::TrustStoreUnusable | Verdict::SettingUnusable => ExitCode::Configuration,
        Verdict::Unavailable => ExitCode::Unavailable,
        Verdict::Denied => ExitCode::Denied,
        Verdict::Rejected | Verdict::LimitReached => ExitCode::Rejected,
        Verdict::Unsigned => ExitCode::Unsigned,
        Verdict::GateUnmet => ExitCode::GateUnmet,
    }
}

/// Section 6 of the design, said a second time: what comes first in this list decides.
fn expected(fates: &[Fate], complete: bool, unreadable: usize) -> Verdict {
    let decisive = [
        (Verified, Verdict::Verified),
        (Warned, Verdict::AcceptedWithWarnings),
        (NoStore, Verdict::TrustStoreUnusable),
        (StatusSetting, Verdict::SettingUnusable),
        (Denied, Verdict::Denied),
        (StatusDenied, Verdict::Denied),
        (Unavailable, Verdict::Unavailable),
        (StatusUnanswered, Verdict::Unavailable),
    ];
    if let Some((_, verdict)) = decisive.into_iter().find(|(fate, _)| fates.contains(fate)) {
        return verdict;
    }
    match (fates.is_empty(), complete, unreadable) {
        (true, true, 0) => Verdict::Unsigned,
        (_, false, _) => Verdict::LimitReached,
        _ if fates.contains(&NotTried) || fates.contains(&NoRoom) => Verdict::LimitReached,
        _ => Verdict::Rejected,
    }
}

#[tokio::test]
async fn one_candidate_decides_as_the_table_says() {
    let pool = Pool::new().await;
    for (fate, verdict) in [
        (Verified, Verdict::Verified),
        (Warned, Verdict::AcceptedWithWarnings),
        (Rejected, Verdict::Rejected),
        (NoStore, Verdict::TrustStoreUnusable),
        (Denied, Verdict::Denied),
        (Unavailable, Verdict::Unavailable),
        (Broken, Verdict::Rejected),
        (StatusDenied, Verdict::Denied),
        (StatusUnanswered, Verdict::Unavailable),
        (StatusMalformed, Verdict::Rejected),
        (StatusSetting, Verdict::SettingUnusable),
        (NotTried, Verdict::LimitReached),
        (NoRoom, Verdict::LimitReached),
    ] {
        assert_eq!(pool.verdict(&[fate], true, 0), verdict, "{fate:?}");
    }
}

#[tokio::test]
async fn without_a_candidate_only_a_complete_and_readable_listing_says_unsigned() {
    let pool = Pool::new().await;
    assert_eq!(pool.verdict(&[], true, 0), Verdict::Unsigned);
    assert_eq!(pool.verdict(&[], true, 1), Verdict::Rejected);
    assert_eq!(pool.verdict(&[], false, 0), Verdict::LimitReached);
    assert_eq!(pool.verdict(&[], false, 1), Verdict::LimitReached);
}

#[tokio::test]
async fn after_a_refusal_to_list_only_an_accepted_signature_or_a_setting_decides() {
    let pool = Pool::new().await;
    for (denied, verdict) in [(true, Verdict::Denied), (false, Verdict::Unavailable)] {
        for fates in
            [&[][..], &[Verified], &[Warned], &[Rejected], &[Broken, NotTried], &[NoStore], &[Denied], &[Unavailable]]
        {
            let mut examined = pool.examined(fates, true, 0);
            let Found::Unusable(CandidateError::Fetch(refusal)) = pool.found(if denied { Denied } else { Unavailable })
            else {
                panic!("a candidate that could not be fetched")
            };
            examined.listing = examined.listing.refused(refusal);
            let expected = match fates {
                [Verified] => Verdict::Verified,
                [Warned] => Verdict::AcceptedWithWarnings,
                [NoStore] => Verdict::TrustStoreUnusable,
                [Denied] => Verdict::Denied,
                _ => verdict,
            };
            let found = examined.verdict();
            assert_eq!(found, expected, "{fates:?}");
            let error = Error::of_verdict(found, "registry.example/app", &BY_FILES, &examined);
            let exit = error.map_or(ExitCode::Success, |error| error.report().exit_code);
            assert_eq!(exit, exit_of(found), "{fates:?}");
        }
    }
}

#[tokio::test]
async fn every_pair_of_candidates_decides_as_the_design_says_in_either_order() {
    let pool = Pool::new().await;
    for one in ALL {
        for other in ALL {
            let mut examined = pool.examined(&[one, other], true, 0);
            for (complete, unreadable) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
                (examined.listing.complete, examined.listing.unreadable) = (complete, unreadable);
                let verdict = verdict_of(&examined);
                assert_eq!(
                    verdict,
                    expected(&[one, other], complete, unreadable),
                    "{one:?} {other:?} {complete} {unreadable}"
                );
                assert_ne!(verdict, Verdict::Unsigned);
            }
        }
    }
}

#[tokio::test]
async fn the_verdict_does_not_depend_on_the_order_of_the_candidates() {
    let pool = Pool::new().await;
    let fates = proptest::collection::vec(proptest::sample::select(ALL.to_vec()), 0..7);
    let orders = fates.prop_flat_map(|fates| (Just(fates.clone()), Just(fates).prop_shuffle()));
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, cases: 96, ..Default::default() });
    runner
        .run(&(orders, any::<bool>(), 0_usize..2), |((fates, shuffled), complete, unreadable)| {
            let verdict = pool.verdict(&fates, complete, unreadable);
            prop_assert_eq!(verdict, pool.verdict(&shuffled, complete, unreadable));
            prop_assert_eq!(verdict, expected(&fates, complete, unreadable));
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_revocation_status_that_is_kept_away_is_told_with_its_reason() {
    let pool = Pool::new().await;
    for (fate, code) in [(StatusDenied, "denied"), (StatusUnanswered, "unavailable")] {
        let examined = pool.examined(&[Rejected, fate], true, 0);
        let error =
            Error::of_verdict(examined.verdict(), "registry.example/app", &BY_FILES, &examined).unwrap().report();
        assert_eq!(error.code, code);
        assert!(error.message.contains("the revocation status of a signature is not known"), "{}", error.message);
        assert!(
            error.causes[0].contains("AWS Signer in us-west-2 was asked")
                && error.causes[0].contains("as a server said")
        );
    }
}

#[tokio::test]
async fn an_error_never_speaks_of_none_of_zero_signatures() {
    let pool = Pool::new().await;
    for (fates, words) in [
        (&[][..], "1 entry of the listing cannot be read"),
        (&[Rejected], "its only signature is not acceptable"),
        (&[Rejected, Broken], "none of its 2 signatures is acceptable"),
    ] {
        let examined = pool.examined(fates, true, usize::from(fates.is_empty()));
        let error =
            Error::of_verdict(examined.verdict(), "registry.example/app", &BY_FILES, &examined).unwrap().report();
        assert!(error.message.contains(words), "{}", error.message);
    }
}
