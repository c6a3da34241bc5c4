//! What the policy says: levels, statements that do not apply, stores that are not there, metadata, and the report.

use notary::trust_policy::TrustPolicy;
use notary::trust_store::{TrustStore, TrustStoreName, TrustStores, UnusableTrustStore};
use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::signing::{Existing, Order};

/// A signature of ours that expired before the present.
async fn sign_expired(stage: &Stage) {
    let order = Order {
        clock: Clock::starting_at(stage::now() - std::time::Duration::from_secs(30 * 60)),
        lifetime: Some(std::time::Duration::from_secs(10 * 60)),
        existing: Existing::SignAgain,
        ..stage.ours.order()
    };
    stage.order(&order).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_skips_refuses_unless_that_is_allowed() {
    let stage = Stage::new().await;
    stage.sign(&stage.ours).await;
    let trust = stage.ours.trust_at(&json!({"level": "skip"}));
    stage.fake.with(|state| state.log.clear());
    let (artifact, exit) = report(&stage, &trust, &settings(vec![], &stage.ours)).await;
    assert_eq!((exit, &artifact["outcome"]), (10, &json!("rejected")));
    assert_eq!(artifact["error"]["code"], "skip-refused");
    assert_eq!(artifact["statement"]["level"], "skip");
    // Nothing was checked, so nothing is said about signatures, and none was asked for.
    assert_eq!((&artifact["listing"], &artifact["candidates"]), (&json!(null), &json!([])));
    assert_eq!(stage.fake.lines(), ["GET /v2/app/manifests/v1"]);

    let settings = verifying(&stage.ours, |verifier| VerifierSettings { skip: SkipStatements::Allow, ..verifier });
    let (artifact, exit) = report(&stage, &trust, &settings).await;
    assert_eq!((exit, &artifact["outcome"], &artifact["verified"]), (0, &json!("skipped"), &json!(false)));
    assert_eq!(artifact["error"], json!(null));
    let by_digest = stage.by_digest().to_string();
    assert_eq!(artifact["digest_reference"], by_digest);
    // An image that is not there is not skipped.
    stage.fake.with(|state| state.manifests.clear());
    let (artifact, exit) = report(&stage, &trust, &settings).await;
    assert_eq!((exit, &artifact["error"]["code"]), (6, &json!("not-found")));
}

#[tokio::test]
async fn to_allow_skip_allows_nothing_else() {
    let stage = Stage::new().await;
    let settings = verifying(&stage.ours, |verifier| VerifierSettings { skip: SkipStatements::Allow, ..verifier });
    assert_eq!(report(&stage, &stage.ours.trust(), &settings).await.1, 11);
    stage.sign(&stage.stranger).await;
    assert_eq!(report(&stage, &stage.ours.trust(), &settings).await.1, 10);
}

#[tokio::test]
async fn without_a_statement_for_the_repository_nothing_is_asked_for() {
    let stage = Stage::new().await;
    stage.sign(&stage.ours).await;
    let policy = json!({"version": "1.0", "trustPolicies": [{
        "name": "other", "registryScopes": ["registry.example/other"], "signatureVerification": {"level": "skip"},
    }]});
    let policy = TrustPolicy::parse(policy.to_string().as_bytes()).unwrap();
    let trust = Trust {
        trusted: notary::verify::Trust::new(policy, TrustStores::new()),
        kind: trust::TrustKind::Files,
        origin: "a test".to_owned(),
        shown_by: String::new(),
        file: None,
    };
    stage.fake.with(|state| state.log.clear());
    let (artifact, exit) = report(&stage, &trust, &settings(vec![], &stage.ours)).await;
    assert_eq!((exit, &artifact["error"]["code"]), (3, &json!("no-statement")));
    assert_eq!(artifact["outcome"], "error");
    assert!(stage.fake.lines().is_empty());
}

#[tokio::test]
async fn a_trust_store_that_is_missing_is_an_error_of_the_set_up_only_where_it_is_needed() {
    let stage = Stage::new().await;
    let settings = settings(vec![], &stage.ours);
    // There is nothing to judge by it.
    assert_eq!(report(&stage, &stage::unusable_trust(), &settings).await.1, 11);
    stage.sign(&stage.ours).await;
    let (artifact, exit) = report(&stage, &stage::unusable_trust(), &settings).await;
    assert_eq!((exit, &artifact["error"]["code"]), (3, &json!("trust-store")), "{artifact:#}");
    assert_eq!(artifact["outcome"], "error");
    assert_eq!(artifact["candidates"][0]["reason"]["code"], "trust-store-unusable");

    // A missing store for the other scheme.
    let policy = json!({"version": "1.0", "trustPolicies": [{
        "name": "test", "registryScopes": ["*"], "signatureVerification": {"level": "strict"},
        "trustStores": ["ca:test", "signingAuthority:gone"], "trustedIdentities": ["*"],
    }]});
    let policy = TrustPolicy::parse(policy.to_string().as_bytes()).unwrap();
    let mut stores = TrustStores::new();
    let root = stage.ours.key.chain().root().clone();
    stores.insert(TrustStore::new(TrustStoreName::parse("ca:test").unwrap(), vec![root]).map_err(|_| unreachable!()));
    let gone = TrustStoreName::parse("signingAuthority:gone").unwrap();
    stores.insert(Err(UnusableTrustStore::new(gone, "it does not exist")));
    let trust = Trust {
        trusted: notary::verify::Trust::new(policy, stores),
        kind: trust::TrustKind::Files,
        origin: "a test".to_owned(),
        shown_by: String::new(),
        file: None,
    };
    let (artifact, exit) = report(&stage, &trust, &settings).await;
    assert_eq!((exit, &artifact["outcome"]), (0, &json!("verified")), "{artifact:#}");
}

#[tokio::test]
async fn what_is_only_logged_is_accepted_and_never_verified() {
    let stage = Stage::new().await;
    stage.sign(&stage.ours).await;
    let settings = settings(vec![], &stage.ours);
    for (signer, level, exit, outcome) in [
        (&stage.ours, "strict", 0, "verified"),
        (&stage.ours, "permissive", 0, "verified"),
        (&stage.ours, "audit", 0, "accepted-with-warnings"),
        (&stage.stranger, "strict", 10, "rejected"),
        (&stage.stranger, "permissive", 10, "rejected"),
        (&stage.stranger, "audit", 0, "accepted-with-warnings"),
    ] {
        let trust = signer.trust_at(&json!({"level": level}));
        let found = report(&stage, &trust, &settings).await;
        assert_eq!((found.1, &found.0["outcome"]), (exit, &json!(outcome)), "{level}: {:#}", found.0);
    }
}

#[tokio::test]
async fn an_expired_signature_is_accepted_only_where_expiry_is_logged_and_a_living_one_counts_more() {
    let stage = Stage::new().await;
    sign_expired(&stage).await;
    let settings = settings(vec![], &stage.ours);
    for (level, exit, outcome) in [
        ("strict", 10, "rejected"),
        ("permissive", 0, "accepted-with-warnings"),
        ("audit", 0, "accepted-with-warnings"),
    ] {
        let trust = stage.ours.trust_at(&json!({"level": level}));
        let (artifact, found) = report(&stage, &trust, &settings).await;
        assert_eq!((found, &artifact["outcome"]), (exit, &json!(outcome)), "{level}");
        let expiry = &artifact["candidates"][0]["rows"][3];
        assert_eq!((&expiry["status"], &expiry["reason"]["code"]), (&json!("failed"), &json!("signature-expired")));
    }
    let expired = stage.listed().await.remove(0);
    let good = stage.sign(&stage.ours).await;
    let trust = stage.ours.trust_at(&json!({"level": "permissive"}));
    for listed in [[&expired, &good], [&good, &expired]] {
        stage.behave(&listed.map(Clone::clone), &[]);
        let (artifact, exit) = report(&stage, &trust, &settings).await;
        assert_eq!((exit, &artifact["outcome"]), (0, &json!("verified")));
    }
}

#[tokio::test]
async fn no_level_accepts_the_signature_of_another_image() {
    let mut stage = Stage::new().await;
    let other = stage::image(&stage.fake, "v2");
    let image = std::mem::replace(&mut stage.image, other);
    let mut manifest = stage.manifest(&stage.sign(&stage.ours).await);
    stage.image = image;
    manifest["subject"] = json!(stage.image.plain());
    stage.store(&manifest);
    for level in ["strict", "permissive", "audit"] {
        let trust = stage.ours.trust_at(&json!({"level": level}));
        let (artifact, exit) = report(&stage, &trust, &settings(vec![], &stage.ours)).await;
        assert_eq!((exit, &artifact["outcome"]), (10, &json!("rejected")), "{level}");
        assert_eq!(artifact["candidates"][0]["reason"]["code"], "target-artifact-mismatch");
    }
}

#[tokio::test]
async fn who_shares_our_authority_is_not_us() {
    let (ours, sibling) = stage::Signer::siblings();
    let stage = Stage { ours, stranger: sibling, ..Stage::new().await };
    let theirs = stage.sign(&stage.stranger).await;
    let settings = settings(vec![], &stage.ours);
    let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings).await;
    assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("rejected")));
    assert_eq!(artifact["candidates"][0]["reason"]["code"], "identity-mismatch");
    assert_eq!(report(&stage, &stage.stranger.trust(), &settings).await.1, 0);
    // Ours behind theirs is found.
    let good = stage.sign(&stage.ours).await;
    stage.behave(&[theirs, good], &[]);
    assert_eq!(report(&stage, &stage.ours.trust(), &settings).await.1, 0);
}

#[tokio::test]
async fn metadata_that_was_asked_for_must_be_signed_at_every_level() {
    let stage = Stage::new().await;
    let signed = stage::metadata(&[("build", "17"), ("branch", "main")]);
    stage.order(&Order { user_metadata: &signed, ..stage.ours.order() }).await.unwrap();
    for level in ["strict", "permissive", "audit"] {
        let trust = stage.ours.trust_at(&json!({"level": level}));
        for (asked, exit) in [
            (&[][..], 0),
            (&[("build", "17")], 0),
            (&[("build", "17"), ("branch", "main")], 0),
            (&[("build", "18")], 10),
            (&[("Build", "17")], 10),
            (&[("build", "17"), ("by", "me")], 10),
        ] {
            let user_metadata = stage::metadata(asked);
            let settings = verifying(&stage.ours, |verifier| VerifierSettings { user_metadata, ..verifier });
            let (artifact, found) = report(&stage, &trust, &settings).await;
            assert_eq!(found, exit, "{level} {asked:?}");
            if exit == 10 {
                assert_eq!(artifact["candidates"][0]["reason"]["code"], "user-metadata-missing");
            }
        }
    }
}

#[tokio::test]
async fn the_report_names_the_artifact_by_digest_and_shows_what_was_signed() {
    let stage = Stage::new().await;
    let good = stage.sign(&stage.ours).await;
    let (artifact, _) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
    assert_eq!(artifact["reference"], stage.by_tag().to_string());
    assert_eq!(artifact["digest_reference"], stage.by_digest().to_string());
    assert_eq!((&artifact["size"], &artifact["error"]), (&json!(stage.image.size), &json!(null)));
    let candidate = &artifact["candidates"][0];
    assert_eq!(candidate["signature_manifest"], good.digest.to_string());
    assert_eq!(candidate["decision"], "accepted");
    assert_eq!(candidate["content"]["target_artifact"]["digest"], stage.image.digest.to_string());
    let leaf = stage.ours.key.chain().leaf().fingerprint();
    assert_eq!(candidate["content"]["certificates"][0]["sha256"], leaf);
    let rows: Vec<_> =
        candidate["rows"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(rows, ["passed", "passed", "passed", "nothing-to-check", "nothing-to-check"]);
}

#[tokio::test]
async fn what_has_no_integrity_is_not_shown() {
    let stage = Stage::new().await;
    stage.fake.put_signature(&stage.image, "no envelope at all");
    let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
    let candidate = &artifact["candidates"][0];
    assert_eq!((exit, &candidate["content"]), (10, &json!(null)));
    assert_eq!(candidate["rows"][0]["status"], "failed");
    assert_eq!(candidate["reason"], candidate["rows"][0]["reason"]);
    for row in 1..5 {
        assert_eq!(candidate["rows"][row]["status"], "not-evaluated");
    }
}
