//! How a verdict follows from candidates.

use futures_util::FutureExt as _;
use notary::digest::Digest;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::super::verdict::Candidate;
use super::*;
use crate::command::candidate::{self, CandidateError, Fetched};
use crate::error::Error;
use crate::registry::credentials::Origin;
use crate::registry::error::ServerAnswer;
use crate::registry::{Listing, Mechanism, RegistryError};
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
    NotTried,
}

use Fate::*;

const ALL: [Fate; 8] = [Verified, Warned, Rejected, NoStore, Denied, Unavailable, Broken, NotTried];

/// One envelope, and the policies under which it has each of the fates.
struct Pool {
    artifact: Descriptor,
    listed: Descriptor,
    fetched: Fetched,
    trusting: Trust,
    logging: Trust,
    refusing: Trust,
    unusable: Trust,
}

impl Pool {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let listed = stage.sign(&stage.ours).await;
        let fetched = candidate::fetch(&stage.source(), &listed, &stage.image.digest).await.unwrap();
        Self {
            artifact: stage.image.clone(),
            listed,
            fetched,
            trusting: stage.ours.trust(),
            logging: stage.stranger.trust_at(&json!({"level": "audit"})),
            refusing: stage.stranger.trust(),
            unusable: stage::unusable_trust(),
        }
    }

    fn found(&self, fate: Fate) -> Found {
        // These signatures need no evidence, so nothing is waited for.
        let judged = |trust| judge(&self.fetched, &self.artifact, &stage::terms(trust)).now_or_never().unwrap();
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
                credential: Origin::Anonymous,
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
            NotTried => Found::NotTried,
        }
    }

    fn examined(&self, fates: &[Fate], complete: bool, unreadable: usize) -> Examined {
        let candidate = |fate: &Fate| Candidate { listed: self.listed.clone(), found: self.found(*fate) };
        let descriptors = vec![self.listed.clone(); fates.len()];
        Examined {
            artifact: self.artifact.clone(),
            listing: Listing { descriptors, mechanism: Mechanism::Both, complete, unreadable },
            candidates: fates.iter().map(candidate).collect(),
        }
    }

    /// The verdict, which the error and the exit code follow.
    fn verdict(&self, fates: &[Fate], complete: bool, unreadable: usize) -> Verdict {
        let examined = self.examined(fates, complete, unreadable);
        let verdict = examined.verdict();
        let error = Error::of_verdict(verdict, "registry.example/app", "policy.json", &examined);
        let exit = error.map_or(0, |error| error.report().exit_code);
        assert_eq!(exit, exit_of(verdict), "{fates:?} {complete} {unreadable}");
        verdict
    }
}

const fn exit_of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Verified | Verdict::AcceptedWithWarnings => 0,
        Verdict::TrustStoreUnusable => 3,
        Verdict::Unavailable => 4,
        Verdict::Denied => 5,
        Verdict::Rejected | Verdict::LimitReached => 10,
        Verdict::Unsigned => 11,
    }
}

/// Section 6 of the design, said a second time: what comes first in this list decides.
fn expected(fates: &[Fate], complete: bool, unreadable: usize) -> Verdict {
    let decisive = [
        (Verified, Verdict::Verified),
        (Warned, Verdict::AcceptedWithWarnings),
        (NoStore, Verdict::TrustStoreUnusable),
        (Denied, Verdict::Denied),
        (Unavailable, Verdict::Unavailable),
    ];
    if let Some((_, verdict)) = decisive.into_iter().find(|(fate, _)| fates.contains(fate)) {
        return verdict;
    }
    match (fates.is_empty(), complete, unreadable) {
        (true, true, 0) => Verdict::Unsigned,
        (_, false, _) => Verdict::LimitReached,
        _ if fates.contains(&NotTried) => Verdict::LimitReached,
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
        (NotTried, Verdict::LimitReached),
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
async fn every_pair_of_candidates_decides_as_the_design_says_in_either_order() {
    let pool = Pool::new().await;
    for one in ALL {
        for other in ALL {
            for (complete, unreadable) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
                let verdict = pool.verdict(&[one, other], complete, unreadable);
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
async fn an_error_never_speaks_of_none_of_zero_signatures() {
    let pool = Pool::new().await;
    for (fates, words) in [
        (&[][..], "1 entry of the listing cannot be read"),
        (&[Rejected], "its only signature is not acceptable"),
        (&[Rejected, Broken], "none of its 2 signatures is acceptable"),
    ] {
        let examined = pool.examined(fates, true, usize::from(fates.is_empty()));
        let error =
            Error::of_verdict(examined.verdict(), "registry.example/app", "policy.json", &examined).unwrap().report();
        assert!(error.message.contains(words), "{}", error.message);
    }
}
