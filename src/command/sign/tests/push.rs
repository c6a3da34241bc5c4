//! Signing to a registry: what is pushed is what is read back, or nothing is said to be signed.

use serde_json::Value;

use super::*;
use crate::reference;
use crate::registry::RegistryError;
use crate::registry::server::{Api, Reply};
use crate::report::render_json;
use crate::verification::{Verdict, examine};

/// The report on the stage's image by one order, and how a run about it ends.
async fn report(stage: &Stage, effort: Effort) -> (ArtifactReport, u8) {
    let (shared, registries) = (Shared::default(), stage::registries());
    let report = sign(&shared, &registries, &stage.by_digest(), &stage.ours.order(), effort).await;
    let exit = report.exit_code().number();
    (report, exit)
}

#[tokio::test]
async fn what_was_signed_is_listed_readable_and_verified() {
    for api in [Api::On, Api::Off] {
        for form in [ManifestForm::Current, ManifestForm::Legacy] {
            let stage = Stage::new().await;
            stage.fake.with(|state| state.api = api);
            let signed = stage.order(&Order { form, ..stage.ours.order() }).await.unwrap();
            assert_eq!((signed.artifact.clone(), signed.work), (stage.image.clone(), Work::Made));
            let trust = stage.ours.trust();
            let examined = examine(&stage.source(), &stage.by_tag(), &stage::terms(&trust)).await.unwrap();
            assert_eq!(examined.verdict(), Verdict::Verified, "{api:?} {form:?}");
            assert_eq!(examined.candidates[0].listed.digest, signed.signature_manifest);
        }
    }
}

#[tokio::test]
async fn a_registry_that_does_not_keep_what_it_took_is_an_error_and_nothing_is_signed() {
    let other = || Reply::new(200).body(notary::descriptor::media_type::IMAGE_MANIFEST, "another");
    // With the least effort as well, but where something was out of reach before anything was taken.
    for (name, line, reply, exit, at_best) in [
        ("takes the manifest and stores nothing", "PUT /v2/app/manifests/sha256:", Reply::new(201), 4, 4),
        ("has another manifest", "GET /v2/app/manifests/sha256:", other(), 10, 10),
        ("has another envelope", "GET /v2/app/blobs/", other(), 10, 10),
        ("lost the envelope", "GET /v2/app/blobs/", Reply::error(404, "BLOB_UNKNOWN"), 4, 4),
        ("breaks down after the push", "GET /v2/app/blobs/", Reply::error(503, "X"), 4, 4),
        ("denies the reading back", "GET /v2/app/blobs/", Reply::error(403, "DENIED"), 5, 5),
        ("denies the push", "POST /v2/app/blobs/", Reply::error(403, "DENIED"), 5, 0),
        ("denies the manifest", "PUT /v2/app/manifests/sha256:", Reply::error(403, "DENIED"), 5, 0),
        ("breaks down", "PUT /v2/app/blobs/", Reply::error(500, "X"), 4, 0),
        ("breaks down at the manifest", "PUT /v2/app/manifests/sha256:", Reply::error(503, "X"), 4, 0),
        ("refuses the manifest", "PUT /v2/app/manifests/sha256:", Reply::error(400, "MANIFEST_INVALID"), 3, 3),
    ] {
        for (api, effort) in [Api::On, Api::Off].into_iter().flat_map(|api| [(api, Effort::Whole), (api, Effort::Best)])
        {
            let stage = Stage::new().await;
            let image = format!("GET /v2/app/manifests/{}", stage.image.digest);
            stage.fake.with(|state| state.api = api);
            let (line, reply) = (line.to_owned(), reply.clone());
            stage.fake.hook(move |seen| {
                let fits = seen.line().starts_with(&line) && seen.line() != image;
                fits.then(|| reply.clone())
            });
            let (report, found) = report(&stage, effort).await;
            let expected = match effort {
                Effort::Best if at_best == 0 => (ArtifactOutcome::NotSigned, 0),
                Effort::Best => (ArtifactOutcome::Error, at_best),
                Effort::Whole => (ArtifactOutcome::Error, exit),
            };
            assert_eq!((report.outcome, found), expected, "{name} {api:?} {effort:?}: {:?}", report.error);
            assert!(report.signed.is_none() && report.error.is_some(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_registry_that_does_not_list_what_it_took_is_an_error() {
    let stage = Stage::new().await;
    stage.behave(&[], &[]);
    for effort in [Effort::Whole, Effort::Best] {
        let (report, exit) = report(&stage, effort).await;
        assert_eq!((report.outcome, exit), (ArtifactOutcome::Error, 4), "{effort:?}");
    }
    let error = stage.order(&stage.ours.order()).await.unwrap_err();
    assert!(matches!(error, SigningError::Unproven(RegistryError::NotListed { .. })), "{error}");
}

#[tokio::test]
async fn an_image_that_is_not_there_is_not_signed() {
    let stage = Stage::new().await;
    stage.fake.with(|state| state.manifests.clear());
    for effort in [Effort::Whole, Effort::Best] {
        let (report, exit) = report(&stage, effort).await;
        assert_eq!((report.outcome, exit), (ArtifactOutcome::Error, 6), "{effort:?}");
        assert_eq!(report.digest_reference, None);
    }
    // Uploads may have been opened; nothing was stored.
    assert!(writes(&stage).iter().all(|line| !line.starts_with("PUT")));
}

#[tokio::test]
async fn an_unsigned_image_costs_five_rounds_by_digest_and_six_by_tag() {
    for (by_tag, rounds) in [(false, 5), (true, 6)] {
        for warm in [false, true] {
            let stage = Stage::new().await;
            if warm {
                // The configuration is there already.
                let other = stage::image(&stage.fake, "v2");
                let other = stage::reference(&stage.fake, &format!("@{}", other.digest));
                sign_artifact(&stage.source(), &other, &stage.ours.order()).await.unwrap();
            }
            let reference = if by_tag { stage.by_tag() } else { stage.by_digest() };
            let registries = stage::registries();
            let source = registries.open(&reference, Access::PullPush).unwrap();
            let signed = sign_artifact(&source, &reference, &stage.ours.order()).await.unwrap();
            assert_eq!(signed.work, Work::Made);
            let meter = registries.meter();
            assert!(meter.rounds() <= rounds, "{} rounds, {by_tag} {warm}", meter.rounds());
            assert!(meter.requests() <= 12, "{} requests, {by_tag} {warm}", meter.requests());
        }
    }
}

#[tokio::test]
async fn a_signature_that_is_there_costs_two_rounds_by_digest() {
    let stage = Stage::new().await;
    stage.sign(&stage.ours).await;
    let registries = stage::registries();
    let source = registries.open(&stage.by_digest(), Access::PullPush).unwrap();
    let signed = sign_artifact(&source, &stage.by_digest(), &stage.ours.order()).await.unwrap();
    assert_eq!((signed.work, registries.meter().rounds()), (Work::Found, 2));
}

#[tokio::test]
async fn several_images_keep_their_order_and_one_of_them_may_be_named_twice() {
    let stage = Stage::new().await;
    let second = stage::image(&stage.fake, "v2");
    let second = stage::reference(&stage.fake, &format!("@{}", second.digest)).to_string();
    let missing = stage::reference(&stage.fake, ":missing").to_string();
    let first = stage.by_digest().to_string();
    let images = vec![first.clone(), missing.clone(), second.clone(), first.clone(), stage.by_tag().to_string()];
    let settings = |images: &[String]| SignSettings {
        images: crate::config::image_source::Images::of(reference::parse_all(images)),
        signer: SignerSettings::LocalKey {
            key: KeySettings {
                key: stage.ours.files.key.clone().into(),
                certificate_chain: stage.ours.files.certificate_chain.clone().into(),
                password: None,
            },
            expiry: None,
        },
        user_metadata: stage::NOTHING.clone(),
        again: SignAgain::WhenNeeded,
        effort: Effort::Whole,
        signature_manifest: ManifestForm::Current,
        aws: stage::aws_settings(),
        registry: stage::registry_settings(),
    };
    let Done::Report(report) = run(settings(&images), &stage::context("sign")).await.unwrap() else {
        panic!("sign tells a report");
    };
    assert_eq!(report.exit_code().number(), 6);
    let named: Vec<_> = report.artifacts().iter().map(|one| one.reference.clone()).collect();
    assert_eq!(named, images);
    let value: Value = serde_json::from_str(&render_json(&report).unwrap()).unwrap();
    for (place, artifact) in value["artifacts"].as_array().unwrap().iter().enumerate() {
        assert_eq!(artifact["verified"], false);
        if place == 1 {
            assert_eq!(artifact["outcome"], "error");
            continue;
        }
        assert!(["signed", "already-signed"].contains(&artifact["outcome"].as_str().unwrap()), "{artifact:#}");
        assert!(artifact["digest_reference"].as_str().unwrap().contains("/app@sha256:"));
    }
    // The second time all is there.
    let Done::Report(report) = run(settings(&[first, second]), &stage::context("sign")).await.unwrap() else {
        panic!("sign tells a report");
    };
    assert!(report.artifacts().iter().all(|one| one.outcome == ArtifactOutcome::AlreadySigned));
}
