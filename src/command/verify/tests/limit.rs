//! Rounds, requests, and the limit on how many signatures are looked at.

use std::collections::BTreeSet;

use notary::descriptor::{Descriptor, media_type};
use notary::limits;
use notary::signature_manifest::THUMBPRINTS;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::*;
use crate::registry::hint::ENVELOPE_HINT;
use crate::registry::server::Api;

/// Manifests that claim to be signatures by another signer: well formed, but what they name is not an envelope.
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
    let settings = verifying(&stage.ours, |verifier| VerifierSettings { max_signatures: 5, ..verifier });
    stage.behave(&[foreign(&stage, 4), vec![good.clone()]].concat(), &[]);
    assert_eq!(report(&stage, &trust, &settings).await.1, 0);
    stage.behave(&[foreign(&stage, 5), vec![good]].concat(), &[]);
    let (artifact, exit) = report(&stage, &trust, &settings).await;
    assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("limit-reached")));
    assert_eq!(artifact["outcome"], "rejected");
    assert_eq!(artifact["candidates"][5]["reason"]["code"], "not-tried");
    assert_eq!(artifact["candidates"][5]["decision"], "not-judged");
}

/// Signatures whose envelopes have these sizes, and are not valid.
fn sized(stage: &Stage, model: &Descriptor, sizes: &[u64]) -> Vec<Descriptor> {
    let mut manifest = stage.manifest(model);
    let mut signature = |(name, size): (usize, &u64)| {
        let content = bytes::Bytes::from(vec![b'x'; usize::try_from(*size).unwrap()]);
        let envelope = Descriptor::of(media_type::JWS, &content);
        stage.fake.with(|state| state.blobs.insert(envelope.digest.to_string(), content));
        manifest["layers"] = json!([envelope]);
        manifest["annotations"] = json!({ "name": name.to_string() });
        stage.store(&manifest)
    };
    sizes.iter().enumerate().map(&mut signature).collect()
}

/// Decisions and codes of all candidates.
fn codes(artifact: &Value) -> Vec<(&str, &str)> {
    let candidates = artifact["candidates"].as_array().unwrap().iter();
    candidates
        .map(|one| (one["decision"].as_str().unwrap(), one["reason"]["code"].as_str().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn large_envelopes_that_do_not_fit_are_left_out_and_told_whatever_their_order() {
    let stage = Stage::new().await;
    let (good, most) = (stage.sign(&stage.ours).await, limits::FETCHED_ENVELOPE_BYTES);
    let fitting = usize::try_from(limits::LARGE_ENVELOPES_BYTES / most).unwrap();
    // One that is smaller comes first, so that the last of the largest has no room.
    let sizes: Vec<_> = std::iter::repeat_n(most, fitting).chain([most / 2]).collect();
    let mut listed = sized(&stage, &good, &sizes);
    for _ in 0..2 {
        stage.behave(&listed, &[]);
        let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
        assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("limit-reached")));
        assert_eq!(artifact["outcome"], "rejected");
        assert!(artifact["error"]["causes"][0].as_str().unwrap().contains("1 of them"), "{:#}", artifact["error"]);
        let codes = codes(&artifact);
        assert_eq!(codes.iter().filter(|found| **found == ("rejected", "envelope-json")).count(), fitting, "{codes:?}");
        assert_eq!(codes.iter().filter(|found| **found == ("not-judged", "envelope-left-out")).count(), 1);
        listed.reverse();
    }
    // One less, and there is room for all.
    listed.retain(|one| stage.manifest(one)["layers"][0]["size"] == json!(most));
    stage.behave(&listed, &[]);
    let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
    assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("rejected")));
}

#[tokio::test]
async fn an_envelope_beyond_the_cap_is_rejected_for_its_size() {
    let stage = Stage::new().await;
    let good = stage.sign(&stage.ours).await;
    let listed = sized(&stage, &good, &[limits::FETCHED_ENVELOPE_BYTES + 1]);
    stage.behave(&listed, &[]);
    let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
    assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("rejected")));
    assert_eq!(codes(&artifact), [("rejected", "envelope-too-large")]);
    let text = artifact["candidates"][0]["reason"]["text"].as_str().unwrap();
    assert!(text.contains(&limits::FETCHED_ENVELOPE_BYTES.to_string()), "{text}");
}

#[tokio::test]
async fn no_order_of_large_envelopes_hides_a_good_signature() {
    let stage = Stage::new().await;
    let mut good = stage.sign(&stage.ours).await;
    // Nothing shows that it is the likely one.
    good.annotations.clear();
    let sizes = [vec![limits::FETCHED_ENVELOPE_BYTES; 17], vec![limits::SMALL_ENVELOPE_BYTES + 1, 10]].concat();
    let others = sized(&stage, &good, &sizes);
    let (trust, settings) = (stage.ours.trust(), settings(vec![], &stage.ours));
    for place in [0, 1, 8, others.len()] {
        let mut listed = others.clone();
        listed.insert(place, good.clone());
        stage.behave(&listed, &[]);
        stage.fake.with(|state| state.log.clear());
        let (artifact, exit) = report(&stage, &trust, &settings).await;
        assert_eq!((exit, &artifact["outcome"]), (0, &json!("verified")), "{place}");
        assert_eq!(artifact["candidates"][place]["decision"], "accepted");
        // No large one was asked for.
        let received = stage.fake.lines().iter().filter(|line| line.contains("/blobs/")).count();
        assert!(received <= 2, "{received}");
    }
}

#[tokio::test]
async fn the_verdict_is_the_same_for_every_order_of_the_listing() {
    let stage = Stage::new().await;
    let good = stage.sign(&stage.ours).await;
    let least = limits::SMALL_ENVELOPE_BYTES + 1;
    let mut pool = sized(&stage, &good, &[1, 2, 30, 400, 5000, least, least + 1]);
    pool.push(stage.sign(&stage.stranger).await);
    pool.push(Descriptor { annotations: [].into(), ..good });
    let (trust, settings) =
        (stage.ours.trust(), verifying(&stage.ours, |verifier| VerifierSettings { max_signatures: 4, ..verifier }));
    let sets = proptest::sample::subsequence(pool.clone(), 0..=pool.len());
    let orders = sets.prop_flat_map(|set| (Just(set.clone()), Just(set).prop_shuffle()));
    let config = ProptestConfig { failure_persistence: None, cases: 12, ..Default::default() };
    let mut cases = TestRunner::new(config);
    for _ in 0..12 {
        let (set, shuffled) = orders.new_tree(&mut cases).unwrap().current();
        let mut verdicts = Vec::new();
        for listed in [&set, &shuffled] {
            stage.behave(listed, &[]);
            let (artifact, exit) = report(&stage, &trust, &settings).await;
            let looked_at = codes(&artifact).iter().filter(|(_, code)| *code != "not-tried").count();
            verdicts.push((exit, artifact["outcome"].clone(), artifact["error"]["code"].clone()));
            assert!(looked_at <= 4, "{looked_at}");
        }
        assert_eq!(verdicts[0], verdicts[1], "{set:?}");
    }
}

#[tokio::test]
async fn a_flood_of_what_strangers_say_is_cut_and_told_and_the_good_one_is_shown() {
    let stage = Stage::new().await;
    let metadata = stage::metadata(&[("a", "x".repeat(200_000).as_str()), ("b", "y")]);
    let order = crate::signing::Order {
        user_metadata: &metadata,
        existing: crate::signing::Existing::SignAgain,
        ..stage.stranger.order()
    };
    stage.order(&order).await.unwrap();
    let stranger = stage.listed().await.remove(0);
    let of_ours = crate::signing::Order { signer: stage.ours.order().signer, ..order };
    let signed = stage.order(&of_ours).await.unwrap().signature_manifest;
    let ours = stage.listed().await.into_iter().find(|one| one.digest == signed).unwrap();
    let settings = settings(vec![], &stage.ours);
    for (listed, signer) in [(&stranger, "rejected"), (&ours, "accepted")] {
        stage.behave(std::slice::from_ref(listed), &[]);
        let (artifact, _) = report(&stage, &stage.ours.trust(), &settings).await;
        let candidate = &artifact["candidates"][0];
        assert_eq!(candidate["decision"], signer);
        let content = &candidate["content"];
        assert_eq!(content["user_metadata"]["b"], "y");
        // An untrusted signer's texts are cut, and the report says so; a trusted signer's are shown.
        let is_whole = signer == "accepted";
        assert_eq!(content["user_metadata"].get("a").is_some(), is_whole);
        assert_eq!(content["omitted"].as_u64(), (!is_whole).then_some(1));
    }
}

#[tokio::test]
async fn as_many_as_the_limit_and_none_acceptable_is_a_plain_refusal() {
    let stage = Stage::new().await;
    let settings = verifying(&stage.ours, |verifier| VerifierSettings { max_signatures: 3, ..verifier });
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
    // More of them would not be read with any number.
    let advice = artifact["error"]["help"].to_string();
    assert!(!advice.contains("--max-signatures"), "{advice}");
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

#[tokio::test]
async fn all_that_are_looked_at_are_judged_where_all_are_asked_for() {
    let stage = Stage::new().await;
    for _ in 0..7 {
        stage.sign(&stage.ours).await;
    }
    stage.sign(&stage.stranger).await;
    let trust = stage.ours.trust();
    let verified = async |until| {
        let terms = Terms { until, ..stage::terms(&trust) };
        let examined = examine(&stage.source(), &stage.by_digest(), &terms).await.unwrap();
        assert_eq!(examined.verdict(), Verdict::Verified);
        let judged = examined.candidates.iter().filter_map(|candidate| match &candidate.found {
            Found::Judged(judged) => Some(judged.decision),
            _ => None,
        });
        let judged: Vec<_> = judged.collect();
        let verified = judged.iter().filter(|decision| **decision == notary::verify::Decision::Verified).count();
        (verified, judged.len())
    };
    assert_eq!(verified(Until::All).await, (7, 8));
    let (first, judged) = verified(Until::FirstVerified).await;
    assert!(first >= 1 && judged < 8, "{first} {judged}");
}
