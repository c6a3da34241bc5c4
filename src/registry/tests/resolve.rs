//! Reading artifacts and content, from a registry that lies.

use notary::descriptor::{Descriptor, media_type};
use notary::digest::Digest;
use notary::limits::{ENVELOPE_BYTES, MANIFEST_BYTES};

use super::super::server::{Body, Fake, Reply};
use super::super::{Kind, RegistryError, Target};
use super::{remote, settings};

#[tokio::test]
async fn images_and_indexes_of_oci_and_docker_are_resolved_by_tag_and_digest() {
    let fake = Fake::start().await;
    for (media_type, body) in [
        (media_type::IMAGE_MANIFEST, r#"{"config":{},"layers":[]}"#.to_owned()),
        (media_type::DOCKER_MANIFEST, format!(r#"{{"mediaType":"{}","layers":[]}}"#, media_type::DOCKER_MANIFEST)),
        (media_type::IMAGE_INDEX, r#"{"manifests":[]}"#.to_owned()),
        (media_type::DOCKER_MANIFEST_LIST, r#"{"manifests":[ ]}"#.to_owned()),
    ] {
        let stored = fake.put_manifest(media_type, body.clone(), Some("v1"));
        let repository = remote(&fake);
        for target in [Target::Tag("v1"), Target::Digest(&stored.digest)] {
            let resolved = repository.resolve(target).await.unwrap();
            assert_eq!(resolved.descriptor, stored);
            assert_eq!(resolved.bytes, body);
        }
        assert_eq!(repository.meter().requests(), 2);
    }
    let accept = fake.log()[0].header("accept").unwrap().to_owned();
    assert_eq!(accept.split(", ").count(), 5);
    assert_eq!(fake.log()[0].header("user-agent"), Some(concat!("sealgate/", env!("CARGO_PKG_VERSION"))));
}

#[tokio::test]
async fn parameters_of_the_media_type_do_not_matter() {
    let fake = Fake::start().await;
    fake.put_image("v1");
    let stored = fake.with(|state| state.manifests["v1"].clone());
    let header = format!("{}; charset=utf-8", stored.0);
    fake.with(|state| state.manifests.insert("v1".into(), (header, stored.1)));
    let resolved = remote(&fake).resolve(Target::Tag("v1")).await.unwrap();
    assert_eq!(resolved.descriptor.media_type, media_type::IMAGE_MANIFEST);
}

#[tokio::test]
async fn a_registry_that_lies_about_an_artifact_is_found_out() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let body = fake.with(|state| state.manifests["v1"].1.clone());
    let other = Digest::sha256(b"other");
    let good = Reply::new(200).body(media_type::IMAGE_MANIFEST, body.clone());
    for (reply, code) in [
        // By digest: other content under it.
        (Reply::new(200).body(media_type::IMAGE_MANIFEST, "{}"), "content-digest"),
        // Another digest in the header than that of the body.
        (good.clone().header("docker-content-digest", other.as_str()), "content-digest"),
        (good.clone().header("docker-content-digest", "sha256:00"), "content-malformed"),
        // Another media type in the header than in the document.
        (good.clone().header("content-type", media_type::IMAGE_INDEX), "content-media-type"),
        (good.clone().header("content-type", "application/json"), "content-media-type"),
        (good.clone().header("content-type", "text/html"), "content-media-type"),
    ] {
        fake.hook(move |_| Some(reply.clone()));
        let error = remote(&fake).resolve(Target::Digest(&image.digest)).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), (code, Kind::Invalid), "{error}");
    }
    // By tag the registry may name any content, but its header still has to fit.
    let reply = good.header("docker-content-digest", other.as_str());
    fake.hook(move |_| Some(reply.clone()));
    let error = remote(&fake).resolve(Target::Tag("v1")).await.unwrap_err();
    assert!(matches!(error, RegistryError::Digest { .. }));
}

#[tokio::test]
async fn content_is_compared_with_its_descriptor() {
    let fake = Fake::start().await;
    let content = b"an envelope";
    let envelope = Descriptor::of(media_type::JWS, content);
    fake.with(|state| state.blobs.insert(envelope.digest.to_string(), content.to_vec().into()));
    let repository = remote(&fake);
    assert_eq!(repository.fetch(&envelope, ENVELOPE_BYTES).await.unwrap(), content.as_slice());

    for (body, code) in [
        (b"an envelopE".as_slice(), "content-digest"),
        (b"an envelop", "content-size"),
        (b"an envelope and more", "content-too-large"),
        (b"", "content-size"),
    ] {
        let reply = Reply::new(200).body("application/octet-stream", body);
        fake.hook(move |_| Some(reply.clone()));
        let error = repository.fetch(&envelope, ENVELOPE_BYTES).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    fake.hook(|_| Some(Reply::error(404, "BLOB_UNKNOWN")));
    assert_eq!(repository.fetch(&envelope, ENVELOPE_BYTES).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_manifest_of_another_media_type_than_listed_is_refused() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let signature = fake.put_signature(&image, "a");
    let repository = remote(&fake);
    repository.fetch(&signature, MANIFEST_BYTES).await.unwrap();
    let bytes = fake.with(|state| state.manifests[signature.digest.as_str()].1.clone());
    let reply = Reply::new(200).body(media_type::IMAGE_INDEX, bytes);
    fake.hook(move |_| Some(reply.clone()));
    let error = repository.fetch(&signature, MANIFEST_BYTES).await.unwrap_err();
    assert!(matches!(error, RegistryError::MediaType { .. }), "{error}");
}

#[tokio::test]
async fn what_is_too_large_is_not_asked_for_or_not_read() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let repository = remote(&fake);
    let huge = Descriptor { size: 1 << 40, ..image.clone() };
    let error = repository.fetch(&huge, MANIFEST_BYTES).await.unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { limit: MANIFEST_BYTES, .. }));
    assert_eq!(repository.meter().requests(), 0);

    // A gigabyte without a length: as much as the cap is read, and no more.
    let endless = Reply { body: Body::Zeros(1 << 30), ..Reply::new(200) };
    fake.hook(move |_| Some(endless.clone()));
    let error = repository.resolve(Target::Tag("v1")).await.unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { limit: MANIFEST_BYTES, .. }), "{error}");
    let blob = Descriptor { size: 10, ..Descriptor::of(media_type::JWS, b"") };
    let error = repository.fetch(&blob, ENVELOPE_BYTES).await.unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { limit: 10, .. }), "{error}");

    // A gigabyte that is announced.
    let announced = Reply::new(200).header("content-length", (1u64 << 30).to_string());
    let announced = Reply { body: Body::Zeros(0), ..announced };
    fake.hook(move |_| Some(announced.clone()));
    let error = repository.resolve(Target::Tag("v1")).await.unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn many_large_answers_share_the_bytes_in_flight() {
    let fake = Fake::start().await;
    let body = format!(r#"{{"config":{{}},"layers":[{{"name":"{}"}}]}}"#, "x".repeat(1 << 20));
    fake.put_manifest(media_type::IMAGE_MANIFEST, body, Some("v1"));
    let settings = super::Settings { bytes_in_flight: 1 << 20, requests_per_host: 4, ..settings() };
    let registries = super::Registries::new(settings, super::Credentials::none());
    let source = super::source(&fake, &registries, super::Access::Pull);
    let reference = super::reference(&fake, ":v1");
    let all = futures_util::future::join_all((0..12).map(|_| source.resolve(&reference))).await;
    assert!(all.into_iter().all(|resolved| resolved.is_ok()));
}

#[tokio::test]
async fn what_is_missing_or_forbidden_is_told_apart() {
    let fake = Fake::start().await;
    let repository = remote(&fake);
    let error = repository.resolve(Target::Tag("nope")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(error.answer().unwrap().code.as_deref(), Some("MANIFEST_UNKNOWN"));
    for (status, kind) in [(401, Kind::Denied), (403, Kind::Denied), (404, Kind::NotFound), (400, Kind::Invalid)] {
        fake.hook(move |_| Some(Reply::error(status, "X").header("x-request-id", "r-1")));
        let error = repository.resolve(Target::Tag("v1")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        let answer = error.answer().unwrap();
        assert_eq!((answer.status, answer.request_id.as_deref()), (status, Some("r-1")));
        assert_eq!(answer.host, fake.host());
    }
}
