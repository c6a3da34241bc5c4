//! What registries answer when they are asked for signatures, and what verify, list and sign make of it.

use notary::descriptor::{Descriptor, media_type};
use serde_json::json;

use super::*;
use crate::registry::server::{Api, Reply};
use crate::signing::{Existing, Order, SigningError, Work};

/// An answer of the referrers API, and the exit code of `verify` where the tag lists nothing.
fn answers() -> Vec<(&'static str, Reply, u8)> {
    let error = |status| Reply::error(status, "UNSUPPORTED");
    let redirect = |to: &str| Reply::new(307).header("location", to);
    vec![
        ("404", error(404), 11),
        ("400", error(400), 11),
        ("405", error(405), 11),
        ("406", error(406), 11),
        ("410", error(410), 11),
        ("416", error(416), 11),
        ("501", error(501), 11),
        ("a page", Reply::new(200).body("text/html", "<html>"), 11),
        ("a login at another host", redirect("https://login.example/"), 11),
        ("another port", redirect("http://127.0.0.1:1/v2/app/x"), 11),
        ("an empty listing", Reply::new(200).body(media_type::IMAGE_INDEX, r#"{"manifests":[]}"#), 11),
        ("401 without a challenge", error(401), 5),
        ("403", error(403), 5),
        ("403 that says when to come back", error(403).header("retry-after", "0"), 4),
        ("408", error(408), 4),
        ("429", error(429), 4),
        ("500", error(500), 4),
        ("503", error(503), 4),
        ("520", error(520), 4),
        ("no answer", Reply::dropped(), 4),
    ]
}

/// An image in a registry that answers so.
async fn behind(reply: &Reply) -> Stage {
    let stage = Stage::new().await;
    stage.fake.with(|state| state.api = Api::Off);
    answer(&stage, reply);
    stage
}

fn answer(stage: &Stage, reply: &Reply) {
    stage.fake.spoil("GET /v2/app/referrers/", usize::MAX, reply.clone());
}

/// Signs while the registry says that it has no API.
async fn sign_by_tag(stage: &Stage, signer: &stage::Signer) {
    answer(stage, &Reply::new(404));
    stage.order(&Order { existing: Existing::SignAgain, ..signer.order() }).await.unwrap();
}

async fn verify(stage: &Stage) -> (Value, u8) {
    report(stage, &stage.ours.trust(), &settings(vec![], &stage.ours)).await
}

#[tokio::test]
async fn the_tag_decides_where_there_is_no_api_and_a_refusal_is_never_unsigned() {
    for (name, reply, exit) in answers() {
        let stage = behind(&reply).await;
        let (artifact, found) = verify(&stage).await;
        assert_eq!(found, exit, "{name}: {artifact:#}");
        let listed = stage.source().signatures(&stage.image.digest).await;
        assert_eq!(listed.is_ok(), exit == 11, "{name}");
        // Where the API is only said to be missing, the report says why.
        let notes = artifact["listing"]["notes"].as_array().map_or(0, Vec::len);
        assert_eq!(notes, usize::from(exit == 11 && name != "an empty listing"), "{name}: {artifact:#}");

        sign_by_tag(&stage, &stage.stranger).await;
        answer(&stage, &reply);
        let (artifact, found) = verify(&stage).await;
        assert_eq!(found, if exit == 11 { 10 } else { exit }, "{name}: {artifact:#}");

        sign_by_tag(&stage, &stage.ours).await;
        answer(&stage, &reply);
        let (artifact, found) = verify(&stage).await;
        assert_eq!((found, &artifact["outcome"]), (0, &json!("verified")), "{name}: {artifact:#}");
        let listed = stage.source().signatures(&stage.image.digest).await.unwrap();
        assert_eq!(listed.descriptors.len(), 2, "{name}");
        // What is there is found by sign as well.
        assert_eq!(stage.order(&stage.ours.order()).await.unwrap().work, Work::Found, "{name}");
    }
}

#[tokio::test]
async fn sign_publishes_where_verify_looks_and_nothing_where_it_could_not_be_found() {
    for (name, reply, exit) in answers() {
        let stage = behind(&reply).await;
        let signed = stage.order(&stage.ours.order()).await;
        let tag = format!("sha256-{}", stage.image.digest.hex());
        let is_tagged = stage.fake.with(|state| state.manifests.contains_key(&tag));
        assert_eq!(is_tagged, exit == 11, "{name}");
        match signed {
            Ok(signed) => {
                assert_eq!((signed.work, exit), (Work::Made, 11), "{name}");
                assert_eq!(verify(&stage).await.1, 0, "{name}");
                assert_eq!(stage.order(&stage.ours.order()).await.unwrap().work, Work::Found, "{name}");
            }
            Err(error) => {
                assert!(exit != 11 && matches!(error, SigningError::Registry(_)), "{name}: {error}");
                assert!(stage.fake.lines().iter().all(|line| line.starts_with("GET ")), "{name}: nothing was pushed");
            }
        }
    }
}

#[tokio::test]
async fn a_registry_that_answers_for_the_tag_with_the_image_itself_is_used_like_any_other() {
    let child = Descriptor::of(media_type::IMAGE_MANIFEST, b"child").plain();
    let index = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": [child]}).to_string();
    let list = json!({"schemaVersion": 2, "mediaType": media_type::DOCKER_MANIFEST_LIST, "manifests": []}).to_string();
    for image in [None, Some((media_type::IMAGE_INDEX, index)), Some((media_type::DOCKER_MANIFEST_LIST, list))] {
        let mut stage = behind(&Reply::new(404)).await;
        if let Some((media_type, content)) = image {
            stage.image = stage.fake.put_manifest(media_type, content, Some("v1"));
        }
        stage.fake.with(|state| state.subject_is_under_tag = true);
        let (artifact, exit) = verify(&stage).await;
        assert_eq!((exit, &artifact["error"]["code"]), (11, &json!("unsigned")), "{artifact:#}");
        assert!(artifact["listing"]["notes"][1].as_str().unwrap().contains("names the image itself"), "{artifact:#}");
        let signed = stage.order(&stage.ours.order()).await.unwrap();
        assert_eq!(signed.work, Work::Made);
        assert!(signed.notes.iter().any(|note| note.contains("names the image itself")), "{:?}", signed.notes);
        let (artifact, exit) = verify(&stage).await;
        assert_eq!((exit, artifact["candidates"].as_array().unwrap().len()), (0, 1), "{artifact:#}");
    }
}

#[tokio::test]
async fn an_sbom_that_the_listing_leaves_open_is_no_signature() {
    let stage = Stage::new().await;
    let sbom = json!({"artifactType": "application/sbom", "subject": stage.image.plain(), "annotations": null});
    let sbom = stage.fake.put_manifest(media_type::IMAGE_MANIFEST, sbom.to_string(), None);
    for artifact_type in [json!(null), json!(""), json!(media_type::EMPTY), json!("application/sbom")] {
        let mut listed = json!(sbom.plain());
        (listed["artifactType"], listed["annotations"]) = (artifact_type.clone(), json!(null));
        let index = json!({"mediaType": media_type::IMAGE_INDEX, "manifests": [listed], "annotations": null});
        answer(&stage, &Reply::new(200).body(media_type::IMAGE_INDEX, index.to_string()));
        let (artifact, exit) = verify(&stage).await;
        assert_eq!((exit, &artifact["error"]["code"]), (11, &json!("unsigned")), "{artifact_type}: {artifact:#}");
    }
}
