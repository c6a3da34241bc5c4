//! One bad signature: alone it ends the run as it should, and next to a good one it hides nothing, in either order.

use notary::descriptor::{Descriptor, media_type};
use serde_json::{Value, json};

use super::*;
use crate::registry::hint::ENVELOPE_HINT;
use crate::registry::server::{Body, Reply};

const MIB: u64 = 1024 * 1024;

/// A bad signature: how it is listed, what the registry answers, and what must come of it when it is alone.
struct Bad {
    name: &'static str,
    listed: Descriptor,
    answers: Vec<(String, Reply)>,
    exit: u8,
    code: &'static str,
    decision: &'static str,
}

impl Bad {
    fn refused(name: &'static str, listed: Descriptor, code: &'static str) -> Self {
        Self { name, listed, answers: Vec::new(), exit: 10, code, decision: "rejected" }
    }

    fn answering(name: &'static str, listed: &Descriptor, line: String, reply: Reply, code: &'static str) -> Self {
        Self { answers: vec![(line, reply)], ..Self::refused(name, listed.clone(), code) }
    }

    fn unjudged(self, exit: u8) -> Self {
        Self { exit, decision: "not-judged", ..self }
    }
}

fn blob(digest: &Value) -> String {
    format!("GET /v2/app/blobs/{}", digest.as_str().unwrap())
}

fn changed(manifest: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut manifest = manifest.clone();
    change(&mut manifest);
    manifest
}

/// Everything that can be wrong with `real`, a signature that would be good.
fn all(stage: &Stage, real: &Descriptor) -> Vec<Bad> {
    let manifest = stage.manifest(real);
    let envelope = &manifest["layers"][0];
    let (manifest_line, envelope_line) = (format!("GET /v2/app/manifests/{}", real.digest), blob(&envelope["digest"]));
    let whole = |bytes: &str| Reply::new(200).body(media_type::IMAGE_MANIFEST, bytes.to_owned());
    let same_size = "x".repeat(usize::try_from(real.size).unwrap());
    let garbage = stage.fake.put_manifest(media_type::IMAGE_MANIFEST, "{", None);
    let absent = Descriptor::of(media_type::JWS, b"absent");
    let missing = stage.store(&changed(&manifest, |manifest| {
        manifest["layers"] = json!([absent]);
        manifest["annotations"] = json!({});
    }));
    let elsewhere = stage.store(&changed(&manifest, |manifest| {
        manifest["subject"] = json!(Descriptor::of(media_type::IMAGE_MANIFEST, b"another"));
    }));
    let huge = stage.store(&changed(&manifest, |manifest| manifest["layers"][0]["size"] = json!(33 * MIB)));
    let lying = stage.store(&changed(&manifest, |manifest| manifest["layers"][0]["size"] = json!(1)));
    let two = stage.store(&changed(&manifest, |manifest| {
        manifest["layers"] = json!([envelope, envelope]);
    }));
    let large = stage.fake.put_manifest(media_type::IMAGE_MANIFEST, vec![b' '; 5 << 20], None);
    let bad_envelope = |name, reply, code| Bad::answering(name, real, envelope_line.clone(), reply, code);
    vec![
        Bad::refused("malformed manifest", garbage, "manifest-json"),
        Bad::refused("two envelopes", two, "manifest-envelope-count"),
        Bad::refused("another subject", elsewhere, "manifest-subject-mismatch"),
        Bad::refused("33 MiB claimed", huge, "manifest-envelope-size"),
        Bad::refused("an envelope larger than claimed", lying, "content-too-large"),
        Bad::refused("missing envelope", missing, "registry-not-found"),
        Bad::refused(
            "a media type of its own in the listing",
            Descriptor { media_type: "text/html".into(), ..real.clone() },
            "manifest-media-type",
        ),
        Bad::refused("5 MiB", large, "manifest-too-large"),
        Bad::answering("another manifest", real, manifest_line.clone(), whole(&same_size), "content-digest"),
        Bad::answering("a manifest cut short", real, manifest_line.clone(), whole("{}"), "content-digest"),
        Bad::answering("a missing manifest", real, manifest_line.clone(), Reply::error(404, "X"), "registry-not-found"),
        Bad::answering("a denied manifest", real, manifest_line.clone(), Reply::error(403, "X"), "registry-denied")
            .unjudged(5),
        Bad::answering("a broken manifest", real, manifest_line, Reply::dropped(), "registry-connection").unjudged(4),
        bad_envelope("another envelope", whole("x"), "content-size"),
        bad_envelope("a denied envelope", Reply::error(403, "DENIED"), "registry-denied").unjudged(5),
        bad_envelope("an envelope that needs a login", Reply::new(401), "registry-denied").unjudged(5),
        bad_envelope("an envelope behind 500", Reply::error(500, "UNKNOWN"), "registry-busy").unjudged(4),
        bad_envelope("an envelope behind 429", Reply::error(429, "TOOMANYREQUESTS"), "registry-busy").unjudged(4),
    ]
}

#[tokio::test]
async fn one_bad_signature_alone_has_its_exit_code_and_hides_no_good_one_in_either_order() {
    let stage = Stage::new().await;
    let (good, real) = (stage.sign(&stage.ours).await, stage.sign(&stage.ours).await);
    let (trust, settings) = (stage.ours.trust(), settings(vec![], &stage.ours));
    for bad in all(&stage, &real) {
        stage.behave(std::slice::from_ref(&bad.listed), &bad.answers);
        let (artifact, exit) = report(&stage, &trust, &settings).await;
        let candidate = &artifact["candidates"][0];
        assert_eq!(exit, bad.exit, "{}: {artifact:#}", bad.name);
        assert_eq!(candidate["reason"]["code"], bad.code, "{}: {candidate:#}", bad.name);
        assert_eq!(candidate["decision"], bad.decision, "{}", bad.name);
        assert_eq!(artifact["outcome"], if exit == 10 { "rejected" } else { "error" }, "{}", bad.name);

        for listed in [[&bad.listed, &good], [&good, &bad.listed]] {
            stage.behave(&listed.map(Clone::clone), &bad.answers);
            let (artifact, exit) = report(&stage, &trust, &settings).await;
            assert_eq!((exit, &artifact["outcome"]), (0, &json!("verified")), "{}: {artifact:#}", bad.name);
        }
    }
}

#[tokio::test]
async fn what_the_listing_says_of_a_signature_s_size_and_type_is_a_hint() {
    let stage = Stage::new().await;
    let good = stage.sign(&stage.ours).await;
    let (trust, settings) = (stage.ours.trust(), settings(vec![], &stage.ours));
    for size in [0, 1, good.size - 1, good.size, good.size + 1, 5 * MIB, 1 << 60] {
        for artifact_type in [None, Some(""), Some(media_type::EMPTY), Some(media_type::SIGNATURE)] {
            for annotations in [good.annotations.clone(), Default::default()] {
                let artifact_type = artifact_type.map(str::to_owned);
                let listed = Descriptor { size, artifact_type, annotations, ..good.clone() };
                stage.behave(std::slice::from_ref(&listed), &[]);
                let (artifact, exit) = report(&stage, &trust, &settings).await;
                assert_eq!((exit, &artifact["outcome"]), (0, &json!("verified")), "{listed:?}: {artifact:#}");
            }
        }
    }
}

#[tokio::test]
async fn a_signature_of_a_stranger_or_of_another_image_hides_no_good_one() {
    let mut stage = Stage::new().await;
    let (good, foreign) = (stage.sign(&stage.ours).await, stage.sign(&stage.stranger).await);
    // Our own envelope for another image, moved to this one.
    let other = stage::image(&stage.fake, "v2");
    let image = std::mem::replace(&mut stage.image, other);
    let elsewhere = stage.manifest(&stage.sign(&stage.ours).await);
    stage.image = image;
    let moved = stage.store(&changed(&elsewhere, |manifest| manifest["subject"] = json!(stage.image.plain())));
    let (trust, settings) = (stage.ours.trust(), settings(vec![], &stage.ours));
    for (bad, code) in [(&foreign, "chain-not-trusted"), (&moved, "target-artifact-mismatch")] {
        stage.behave(std::slice::from_ref(bad), &[]);
        let (artifact, exit) = report(&stage, &trust, &settings).await;
        assert_eq!((exit, &artifact["error"]["code"]), (10, &json!("rejected")), "{artifact:#}");
        assert_eq!(artifact["candidates"][0]["reason"]["code"], code);
        for listed in [[bad, &good], [&good, bad]] {
            stage.behave(&listed.map(Clone::clone), &[]);
            let (artifact, exit) = report(&stage, &trust, &settings).await;
            assert_eq!((exit, &artifact["outcome"]), (0, &json!("verified")), "{artifact:#}");
        }
    }
}

#[tokio::test]
async fn a_signature_that_is_never_answered_holds_up_no_good_one() {
    let stage = Stage::new().await;
    let (good, real) = (stage.sign(&stage.ours).await, stage.sign(&stage.ours).await);
    let silence = Reply { body: Body::Silence, ..Reply::new(200) };
    let line = format!("GET /v2/app/manifests/{}", real.digest);
    stage.behave(&[real.clone(), good], &[(line.clone(), silence)]);
    stage.fake.with(|state| state.log.clear());
    let (artifact, exit) = report(&stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await;
    assert_eq!((exit, &artifact["outcome"]), (0, &json!("verified")));
    assert_eq!(artifact["candidates"][0]["reason"]["code"], "not-tried");
    // It was asked once, and its time did not run out.
    assert_eq!(stage.fake.lines().iter().filter(|seen| **seen == line).count(), 1);
}

#[tokio::test]
async fn a_hint_that_lies_makes_no_good_signature_bad() {
    let stage = Stage::new().await;
    let good = stage.sign(&stage.ours).await;
    let foreign = stage.manifest(&stage.sign(&stage.stranger).await)["layers"][0].clone();
    let own = stage.manifest(&good)["layers"][0].clone();
    let absent = json!(Descriptor::of(media_type::JWS, b"absent"));
    let silent = json!(Descriptor::of(media_type::JWS, b"silent"));
    let silence = (blob(&silent["digest"]), Reply { body: Body::Silence, ..Reply::new(200) });
    let denied = json!(Descriptor::of(media_type::JWS, b"denied"));
    let refusal = (blob(&denied["digest"]), Reply::error(403, "DENIED"));
    let sized = |size: u64| changed(&own, |own| own["size"] = json!(size)).to_string();
    let hints = [
        foreign.to_string(),
        absent.to_string(),
        silent.to_string(),
        denied.to_string(),
        sized(1),
        sized(32 * MIB),
        sized(33 * MIB),
        changed(&own, |own| own["mediaType"] = json!(media_type::COSE)).to_string(),
        "{".to_owned(),
        String::new(),
    ];
    let (trust, settings) = (stage.ours.trust(), settings(vec![], &stage.ours));
    for hint in hints {
        let mut listed = good.clone();
        listed.annotations.insert(ENVELOPE_HINT.to_owned(), hint.clone());
        stage.behave(&[listed], &[silence.clone(), refusal.clone()]);
        let (artifact, exit) = report(&stage, &trust, &settings).await;
        assert_eq!((exit, &artifact["outcome"]), (0, &json!("verified")), "{hint}: {artifact:#}");
    }
    // The one that is never answered was asked once: nothing waited for its timeout.
    let asked = stage.fake.lines().into_iter().filter(|line| *line == silence.0).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_hint_of_a_good_envelope_makes_no_bad_signature_good() {
    let stage = Stage::new().await;
    let good = stage.sign(&stage.ours).await;
    let mut foreign = stage.sign(&stage.stranger).await;
    let (trust, settings) = (stage.ours.trust(), settings(vec![], &stage.ours));
    foreign.annotations = good.annotations.clone();
    stage.behave(&[foreign], &[]);
    let (artifact, exit) = report(&stage, &trust, &settings).await;
    assert_eq!((exit, &artifact["outcome"]), (10, &json!("rejected")), "{artifact:#}");
    assert_eq!(artifact["candidates"][0]["reason"]["code"], "chain-not-trusted");
}

#[tokio::test]
async fn what_the_hint_fetched_is_not_fetched_again() {
    let stage = Stage::new().await;
    let good = stage.sign(&stage.ours).await;
    let line = blob(&stage.manifest(&good)["layers"][0]["digest"]);
    let (trust, settings) = (stage.ours.trust(), settings(vec![], &stage.ours));
    for (answers, expected) in [(vec![], 1), (vec![(line.clone(), Reply::error(403, "DENIED"))], 1)] {
        stage.behave(std::slice::from_ref(&good), &answers);
        stage.fake.with(|state| state.log.clear());
        report(&stage, &trust, &settings).await;
        assert_eq!(stage.fake.lines().iter().filter(|seen| **seen == line).count(), expected);
    }
}
