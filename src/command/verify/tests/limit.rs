//! Rounds, requests, and the limit on how many signatures are looked at.

use std::collections::BTreeSet;

use notary::descriptor::{Descriptor, media_type};
use notary::limits;
use notary::signature_manifest::{ENVELOPE_HINT, THUMBPRINTS};
use serde_json::json;

use super::*;
use crate::registry::server::Api;

/// Manifests that claim to be signatures of somebody else, which are well formed and name an envelope that is none.
fn foreign(stage: &Stage, count: usize) -> Vec<Descriptor> {
    let thumbprints = json!([stage.stranger.key.chain().leaf().fingerprint()]).to_string();
    let annotated = |name: usize| {
        let mut listed = stage.fake.put_signature(&stage.image, &name.to_string());
        listed.annotations.insert(THUMBPRINTS.to_owned(), thumbprints.clone());
        listed
    };
    (0..count).map(annotated).collect()
}

#[tokio::test]
async fn a_good_signature_behind_150_foreign_ones_is_found_within_the_limit() {
    let stage = Stage::new().await;
    let good = stage.sign(&stage.ours).await;
    let listed = [foreign(&stage, 150), vec![good]].concat();
    stage.behave(&listed, &[]);
    let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
    assert_eq!((exit, &artifact["outcome"]), (0, &json!("verified")));
    assert_eq!(artifact["candidates"].as_array().unwrap().len(), 151);
    assert_eq!(artifact["candidates"][150]["decision"], "accepted");
    assert_eq!(artifact["listing"], json!({"method": "referrers-api", "found": 151, "complete": false}));
    // It was tried first: hardly anything else was fetched.
    let fetched: BTreeSet<_> =
        stage.fake.lines().into_iter().filter(|line| line.starts_with("GET /v2/app/manifests/sha256:")).collect();
    assert!(fetched.len() < 10, "{}", fetched.len());
}

#[tokio::test]
async fn a_good_signature_without_annotations_counts_among_those_that_are_looked_at() {
    let stage = Stage::new().await;
    let mut good = stage.sign(&stage.ours).await;
    good.annotations.clear();
    let trust = stage.ours.trust();
    let settings = VerifySettings { max_signatures: 5, ..settings(vec![], &stage.ours) };
    stage.behave(&[foreign(&stage, 4), vec![good.clone()]].concat(), &[]);
    assert_eq!(report(&stage, &trust, &settings).await.1, 0);
    stage.behave(&[foreign(&stage, 5), vec![good]].concat(), &[]);
    let (artifact, exit) = report(&stage, &trust, &settings).await;
    assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("limit-reached")));
    assert_eq!(artifact["outcome"], "rejected");
    assert_eq!(artifact["candidates"][5]["reason"]["code"], "not-tried");
    assert_eq!(artifact["candidates"][5]["decision"], "not-judged");
}

#[tokio::test]
async fn envelopes_beyond_the_limit_of_bytes_are_not_judged() {
    let stage = Stage::new().await;
    // Three of them are more than the limit; each is within that of one envelope.
    let size = usize::try_from(limits::ENVELOPES_BYTES / 3 + 1).unwrap();
    let content = bytes::Bytes::from(vec![b'x'; size]);
    let envelope = Descriptor::of(media_type::JWS, &content);
    stage.fake.with(|state| state.blobs.insert(envelope.digest.to_string(), content));
    let good = stage.sign(&stage.ours).await;
    let mut manifest = stage.manifest(&good);
    manifest["layers"] = json!([envelope]);
    let mut listed = Vec::new();
    for name in ["a", "b", "c"] {
        manifest["annotations"] = json!({ "name": name });
        listed.push(stage.store(&manifest));
    }
    stage.behave(&listed, &[]);
    let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
    assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("limit-reached")));
    let decisions: Vec<_> = artifact["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| candidate["decision"].as_str().unwrap())
        .collect();
    assert_eq!(decisions.iter().filter(|decision| **decision == "not-judged").count(), 1, "{decisions:?}");
}

#[tokio::test]
async fn as_many_as_the_limit_and_none_acceptable_is_a_plain_refusal() {
    let stage = Stage::new().await;
    let settings = VerifySettings { max_signatures: 3, ..settings(vec![], &stage.ours) };
    for (count, code) in [(3, "rejected"), (4, "limit-reached")] {
        stage.behave(&foreign(&stage, count), &[]);
        let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings).await;
        assert_eq!((exit, &artifact["error"]["code"]), (10, &json!(code)));
        let tried = artifact["candidates"].as_array().unwrap().iter();
        assert_eq!(tried.filter(|candidate| candidate["reason"]["code"] != "not-tried").count(), 3);
    }
}

#[tokio::test]
async fn an_image_without_signatures_is_unsigned_with_and_without_the_api() {
    for api in [Api::On, Api::Off] {
        let stage = Stage::new().await;
        stage.fake.with(|state| state.api = api);
        let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
        assert_eq!((exit, &artifact["outcome"]), (11, &json!("unsigned")));
        assert_eq!(artifact["error"]["code"], "unsigned");
        assert_eq!(artifact["candidates"], json!([]));
    }
}

#[tokio::test]
async fn an_endless_listing_is_never_unsigned() {
    let stage = Stage::new().await;
    let subject = format!("/v2/app/referrers/{}", stage.image.digest);
    stage.fake.hook(move |seen| {
        let index = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": []});
        let next = format!("<{subject}?last=1>; rel=\"next\"");
        (seen.path == subject).then(|| {
            crate::registry::server::Reply::new(200)
                .body(media_type::IMAGE_INDEX, index.to_string())
                .header("link", next.clone())
        })
    });
    let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
    assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("limit-reached")), "{artifact:#}");
    assert_eq!(artifact["listing"]["complete"], false);
}

#[tokio::test]
async fn a_listing_with_an_entry_that_cannot_be_read_is_never_unsigned() {
    let stage = Stage::new().await;
    let odd = json!({"mediaType": media_type::IMAGE_INDEX, "manifests": [{"digest": "odd", "size": -1}]});
    let reply = crate::registry::server::Reply::new(200).body(media_type::IMAGE_INDEX, odd.to_string());
    stage.fake.spoil("GET /v2/app/referrers/", usize::MAX, reply);
    let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
    assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("rejected")), "{artifact:#}");
    assert_eq!(artifact["listing"]["complete"], false);
}

/// Rounds and requests of one `verify`.
async fn cost(stage: &Stage, reference: &Reference) -> (usize, usize) {
    let registries = stage::registries();
    let source = registries.open(reference, Access::Pull).unwrap();
    let trust = stage.ours.trust();
    let examined = examine(&source, reference, &stage::terms(&trust)).await.unwrap();
    assert_eq!(examined.verdict(), Verdict::Verified);
    (registries.meter().rounds(), registries.meter().requests())
}

#[tokio::test]
async fn our_signatures_cost_two_rounds_by_digest_and_three_by_tag() {
    let stage = Stage::new().await;
    stage.sign(&stage.ours).await;
    assert_eq!(cost(&stage, &stage.by_digest()).await, (2, 4));
    assert_eq!(cost(&stage, &stage.by_tag()).await, (3, 4));
}

#[tokio::test]
async fn signatures_without_our_hint_cost_one_round_more() {
    let stage = Stage::new().await;
    let mut good = stage.sign(&stage.ours).await;
    good.annotations.remove(ENVELOPE_HINT);
    stage.behave(&[good], &[]);
    assert_eq!(cost(&stage, &stage.by_digest()).await, (3, 4));
    assert_eq!(cost(&stage, &stage.by_tag()).await, (4, 4));
}
