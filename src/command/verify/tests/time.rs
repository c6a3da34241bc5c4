//! Every judgment is made at its own time: during the wait for a registry, a signature or certificate may expire.

use std::time::Duration;

use notary::descriptor::Descriptor;
use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::signing::{Existing, Order};

const SECOND: Duration = Duration::from_secs(1);

/// A signature of `signer` that lives so long from the present of the tests on.
async fn sign_for(stage: &Stage, signer: &stage::Signer, lifetime: Duration) -> Descriptor {
    let order = Order { lifetime: Some(lifetime), existing: Existing::SignAgain, ..signer.order() };
    let signed = stage.order(&order).await.unwrap();
    let listed = stage.listed().await;
    listed.into_iter().find(|listed| listed.digest == signed.signature_manifest).unwrap()
}

/// The address of the envelope of a signature.
fn envelope_line(stage: &Stage, listed: &Descriptor) -> String {
    format!("GET /v2/app/blobs/{}", stage.manifest(listed)["layers"][0]["digest"].as_str().unwrap())
}

fn row<'a>(candidate: &'a Value, validation: &str) -> &'a Value {
    let rows = candidate["rows"].as_array().unwrap();
    rows.iter().find(|row| row["validation"] == validation).unwrap()
}

#[tokio::test]
async fn a_signature_that_expires_while_the_registry_stalls_is_refused() {
    for slow in ["GET /v2/app/manifests/v1", "GET /v2/app/referrers/", "GET /v2/app/blobs/"] {
        for (lifetime, code) in [(3 * SECOND, 10), (300 * SECOND, 0)] {
            let stage = Stage::new().await;
            sign_for(&stage, &stage.ours, lifetime).await;
            stage.fake.delay(slow, 6 * SECOND);
            let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
            assert_eq!(exit, code, "{slow} {artifact:#}");
            let reason = if code == 0 { Value::Null } else { json!("signature-expired") };
            assert_eq!(row(&artifact["candidates"][0], "expiry")["reason"]["code"], reason, "{slow}");
        }
    }
}

#[tokio::test]
async fn the_report_says_until_when_a_signature_is_accepted() {
    for (lifetime, left, ends_with_certificate) in [(300, 3000, false), (3000, 300, true)] {
        let stage = Stage::new().await;
        let ours = stage::Signer::ending(left * SECOND);
        let listed = sign_for(&stage, &ours, lifetime * SECOND).await;
        assert!(listed.size > 0);
        let (artifact, _) = report(&stage, &ours.trust(), &settings(vec![], &ours)).await;
        let candidate = &artifact["candidates"][0];
        let end = if ends_with_certificate {
            format!("{:.0}", ours.key.expiring().not_after())
        } else {
            candidate["content"]["expiry"].as_str().unwrap().to_owned()
        };
        assert_eq!(candidate["accepted_until"], end, "{artifact:#}");
        // What is refused ends not.
        let (artifact, _) = report(&stage, &stage.ours.trust(), &settings(vec![], &ours)).await;
        assert_eq!(artifact["candidates"][0]["accepted_until"], Value::Null);
    }
}

#[tokio::test]
async fn a_certificate_that_ends_while_the_registry_stalls_is_refused() {
    for (left, code) in [(3 * SECOND, 10), (300 * SECOND, 0)] {
        let stage = Stage::new().await;
        let ours = stage::Signer::ending(left);
        stage.sign(&ours).await;
        stage.fake.delay("GET /v2/app/blobs/", 6 * SECOND);
        let (artifact, exit) = report(&stage, &ours.trust(), &settings(vec![], &ours)).await;
        assert_eq!(exit, code, "{artifact:#}");
        let reason = if code == 0 { Value::Null } else { json!("chain-expired") };
        assert_eq!(row(&artifact["candidates"][0], "authentic-timestamp")["reason"]["code"], reason);
    }
}

#[tokio::test]
async fn what_was_accepted_early_counts_no_more_once_it_has_run_out() {
    // Accepted with a warning, so that the search goes on: to a signature that comes late and is not valid.
    let enforced = json!({"expiry": "enforce", "authenticTimestamp": "enforce", "authenticity": "log"});
    let level = json!({"level": "permissive", "override": enforced});
    let (short, long) = (3 * SECOND, 300 * SECOND);
    for (lifetime, left, ended) in [
        (short, long, Some(("signature-expired", "expiry", "authentic-timestamp"))),
        (long, short, Some(("chain-expired", "authentic-timestamp", "expiry"))),
        (long, long, None),
    ] {
        let stage = Stage::new().await;
        let ours = stage::Signer::ending(left);
        let early = sign_for(&stage, &ours, lifetime).await;
        let late = stage.fake.put_signature(&stage.image, "late");
        stage.fake.delay(&envelope_line(&stage, &late), 6 * SECOND);
        stage.behave(&[early, late], &[]);
        let trust = stage.stranger.trust_at(&level);
        let (artifact, exit) = report(&stage, &trust, &settings(vec![], &ours)).await;
        let candidate = &artifact["candidates"][0];
        let Some((code, failed, passed)) = ended else {
            assert_eq!((exit, &candidate["decision"]), (0, &json!("accepted")), "{artifact:#}");
            continue;
        };
        assert_eq!((exit, &candidate["reason"]["code"]), (10, &json!(code)), "{artifact:#}");
        assert_eq!(row(candidate, failed)["status"], "failed", "{artifact:#}");
        assert_eq!(row(candidate, failed)["reason"], candidate["reason"], "{artifact:#}");
        assert_eq!(row(candidate, passed)["status"], "passed", "{artifact:#}");
        let advice = artifact["error"]["help"].to_string();
        assert_eq!(advice.contains("--expiry"), code == "signature-expired", "{advice}");
    }
}

#[tokio::test]
async fn each_image_of_a_batch_is_judged_when_its_turn_comes() {
    let stage = Stage::new().await;
    sign_for(&stage, &stage.ours, 3 * SECOND).await;
    let trust = stage.ours.trust();
    let terms = stage::terms(&trust);
    let verdict = async || examine(&stage.source(), &stage.by_tag(), &terms).await.unwrap().verdict();
    assert_eq!(verdict().await, Verdict::Verified);
    stage.fake.delay("GET /v2/app/manifests/v1", 6 * SECOND);
    assert_eq!(verdict().await, Verdict::Rejected);
    assert!(terms.clock.now() >= Clock::starting_at(stage::now()).now() + 5 * SECOND);
}
