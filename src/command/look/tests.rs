//! `list` and `inspect` against the registry of the test process: all is shown, nothing is called verified.

use notary::descriptor::Descriptor;
use serde_json::{Value, json};

use super::*;
use crate::command::stage::{self, Stage};
use crate::config::image_source::Images;
use crate::registry::server::Reply;
use crate::report::render_json;

async fn shown(stage: &Stage, depth: Depth, max_signatures: usize) -> (Value, u8) {
    let settings = LookSettings {
        images: Images::of(Ok(vec![stage.by_tag()])),
        max_signatures,
        aws: stage::aws_settings(),
        registry: stage::registry_settings(),
    };
    let Done::Report(report) = run(settings, depth, &stage::context("list")).await.unwrap() else {
        panic!("list tells a report");
    };
    let mut value: Value = serde_json::from_str(&render_json(&report).unwrap()).unwrap();
    let artifact = value["artifacts"][0].take();
    assert_eq!(artifact["verified"], false);
    (artifact, report.exit_code().number())
}

#[tokio::test]
async fn signatures_are_listed_in_order_up_to_the_limit() {
    let stage = Stage::new().await;
    let (one, two) = (stage.sign(&stage.ours).await, stage.sign(&stage.stranger).await);
    for listed in [[&one, &two], [&two, &one]] {
        stage.behave(&listed.map(Clone::clone), &[]);
        for depth in [Depth::Manifests, Depth::Envelopes] {
            let (artifact, exit) = shown(&stage, depth, 100).await;
            assert_eq!((exit, &artifact["outcome"]), (0, &json!("listed")));
            assert_eq!(artifact["digest_reference"], stage.by_digest().to_string());
            let digests: Vec<_> = listed.iter().map(|one| json!(one.digest.to_string())).collect();
            let found: Vec<_> = artifact["candidates"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["signature_manifest"].clone())
                .collect();
            assert_eq!(found, digests);
            assert_eq!(artifact["listing"]["complete"], true);
        }
        let (artifact, exit) = shown(&stage, Depth::Manifests, 1).await;
        assert_eq!((exit, &artifact["listing"]["complete"]), (0, &json!(false)));
        assert_eq!(artifact["candidates"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn to_list_fetches_nothing_and_to_inspect_shows_what_has_integrity() {
    let stage = Stage::new().await;
    let good = stage.sign(&stage.stranger).await;
    let bad: Descriptor = stage.fake.put_signature(&stage.image, "no envelope at all");
    let denied = stage.sign(&stage.ours).await;
    let line = format!("GET /v2/app/manifests/{}", denied.digest);
    stage.behave(&[good, bad, denied], &[(line, Reply::error(403, "DENIED"))]);
    stage.fake.with(|state| state.log.clear());
    let (artifact, _) = shown(&stage, Depth::Manifests, 100).await;
    assert_eq!(stage.fake.lines().len(), 2);
    assert!(artifact["candidates"].as_array().unwrap().iter().all(|one| one["content"].is_null()));

    let (artifact, exit) = shown(&stage, Depth::Envelopes, 100).await;
    let candidates = &artifact["candidates"];
    assert_eq!(exit, 0);
    assert_eq!(candidates[0]["decision"], "listed");
    assert_eq!(candidates[0]["content"]["target_artifact"]["digest"], stage.image.digest.to_string());
    for (place, code) in [(1, "envelope-json"), (2, "registry-denied")] {
        assert_eq!(
            (&candidates[place]["decision"], &candidates[place]["content"]),
            (&json!("not-judged"), &json!(null))
        );
        assert_eq!(candidates[place]["reason"]["code"], code, "{:#}", candidates[place]);
    }
}

#[tokio::test]
async fn an_image_without_signatures_is_listed_and_one_that_is_not_there_is_not() {
    let stage = Stage::new().await;
    let (artifact, exit) = shown(&stage, Depth::Envelopes, 100).await;
    assert_eq!((exit, &artifact["outcome"], &artifact["listing"]["found"]), (0, &json!("listed"), &json!(0)));
    stage.fake.with(|state| state.manifests.clear());
    let (artifact, exit) = shown(&stage, Depth::Envelopes, 100).await;
    assert_eq!((exit, &artifact["outcome"], &artifact["error"]["code"]), (6, &json!("error"), &json!("not-found")));
}
