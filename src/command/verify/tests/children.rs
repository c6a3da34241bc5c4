//! Stages of gates with `children: all`, at a registry that does not hand out a platform.

use std::sync::Arc;
use std::time::Duration;

use notary::descriptor::{Descriptor, media_type};
use serde_json::json;

use super::*;
use crate::config::{GateSettings, gates};
use crate::registry::server::Reply;
use crate::signing::Order;

/// An index of two platforms that is signed or not, and the one for arm64.
async fn index(is_signed: bool) -> (Stage, Descriptor) {
    let stage = Stage::new().await;
    let (amd, arm) = (stage.image.clone(), stage::image(&stage.fake, "arm"));
    let attestation = Descriptor {
        annotations: [("vnd.docker.reference.type".to_owned(), "attestation-manifest".to_owned())].into(),
        ..Descriptor::of(media_type::IMAGE_MANIFEST, b"nowhere")
    };
    let entry = |descriptor: &Descriptor, architecture| {
        let mut entry = serde_json::to_value(descriptor).unwrap();
        entry["platform"] = json!({ "os": "linux", "architecture": architecture });
        entry
    };
    let mut attestation = serde_json::to_value(attestation).unwrap();
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    let entries = [entry(&amd, "amd64"), entry(&arm, "arm64"), attestation];
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": entries });
    let image = stage.fake.put_manifest(media_type::IMAGE_INDEX, index.to_string(), Some("v1"));
    let stage = Stage { image, ..stage };
    if is_signed {
        stage.sign(&stage.ours).await;
    }
    (stage, arm)
}

/// Gates whose one stage asks for a signature of ours and for all children.
fn by_gates(signer: &stage::Signer) -> VerifySettings {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gates.yaml");
    let ours = json!({ "root": signer.files.root, "identity": signer.files.identity });
    let prod = json!({ "require": ["ours"], "children": "all" });
    let text = json!({ "version": 1, "signers": { "ours": ours }, "stages": { "prod": prod } });
    std::fs::write(&file, text.to_string()).unwrap();
    let (gates, warnings) = gates::load(&file).unwrap();
    let by = GateSettings { file: Setting::default(file), gates: Arc::new(gates), stage: 0, warnings };
    verifying(signer, |verifier| VerifierSettings { by: VerifiedBy::Gates(by.into()), ..verifier })
}

async fn verified(stage: &Stage) -> (Value, u8) {
    let (settings, context, reference) = (by_gates(&stage.ours), stage::context("verify"), stage.by_tag());
    let verifier = Verifier::load(&settings.verifier, &settings.registry).unwrap();
    let (scope, session) = (verifier.scope(&reference).unwrap(), stage::session(&context));
    let run = Run { session: &session, verifier: &verifier, settings: &settings, context: &context };
    json(run.verify(&reference, &scope).await)
}

#[tokio::test]
async fn a_platform_that_cannot_be_had_ends_the_run_by_what_kept_it_away() {
    let (stage, arm) = index(true).await;
    let (whole, exit) = verified(&stage).await;
    assert_eq!((exit, &whole["gate"]["rows"][1]["children"]["there"]), (0, &json!(2)), "{whole:#}");
    let line = format!("GET /v2/app/manifests/{}", arm.digest);
    for (reply, exit, status, code) in [
        (Reply::error(404, "MANIFEST_UNKNOWN"), 12, "missing", "gate-unmet"),
        (Reply::new(200).body(media_type::IMAGE_MANIFEST, "{}"), 12, "refused", "gate-unmet"),
        (Reply::new(200).body(media_type::IMAGE_INDEX, "{}"), 12, "refused", "gate-unmet"),
        (Reply::error(503, "UNAVAILABLE"), 4, "not-judged", "unavailable"),
        (Reply::error(403, "DENIED"), 5, "not-judged", "denied"),
    ] {
        stage.fake.spoil(&line, usize::MAX, reply.clone());
        let (artifact, found) = verified(&stage).await;
        let row = &artifact["gate"]["rows"][1];
        assert_eq!((found, &row["status"]), (exit, &json!(status)), "{reply:?}: {artifact:#}");
        assert_eq!(artifact["error"]["code"], code, "{reply:?}");
        assert_eq!(row["children"]["lacking"][0]["platform"], "linux/arm64");
        assert!(!row["help"].is_null() || !artifact["error"]["help"].as_array().unwrap().is_empty(), "{artifact:#}");
    }
}

#[tokio::test]
async fn nobody_is_asked_for_children_of_what_signatures_do_not_let_pass() {
    let (stage, arm) = index(false).await;
    let (artifact, exit) = verified(&stage).await;
    assert_eq!((exit, &artifact["gate"]["rows"][1]["status"]), (11, &json!("not-asked")));
    assert!(artifact["gate"]["rows"][1]["children"].is_null());
    let asked = stage.fake.lines();
    assert!(!asked.iter().any(|line| line.contains(arm.digest.as_str())), "{asked:?}");
    stage.sign(&stage.stranger).await;
    assert_eq!(verified(&stage).await.1, 10);
}

#[tokio::test]
async fn a_signature_that_expires_while_children_are_looked_for_counts_no_more() {
    for (seconds, exit, statuses) in [(3, 10, ["refused", "not-asked"]), (300, 0, ["met", "met"])] {
        let (stage, arm) = index(false).await;
        let lifetime = Some(Duration::from_secs(seconds));
        stage.order(&Order { lifetime, ..stage.ours.order() }).await.unwrap();
        stage.fake.delay(&format!("GET /v2/app/manifests/{}", arm.digest), Duration::from_secs(6));
        let (artifact, found) = verified(&stage).await;
        let rows = artifact["gate"]["rows"].as_array().unwrap();
        let told: Vec<_> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
        assert_eq!((found, told.as_slice()), (exit, statuses.as_slice()), "{artifact:#}");
    }
}
