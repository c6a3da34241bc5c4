//! Storing signatures: uploads, manifests, and the tag index that others write too.

use bytes::Bytes;
use notary::descriptor::{Descriptor, media_type};
use notary::signature_manifest::THUMBPRINTS;
use serde_json::{Value, json};

use super::super::server::{Api, Fake, Reply, signature};
use super::super::{Credentials, Kind, Listed, PushError, RegistryError, Source, Subject};
use super::{Access, registries, remote, source};

/// Pushes as a signer does and says how the signature is listed.
pub(super) async fn push(fake: &Fake, image: &Descriptor, name: &str) -> Result<Listed, RegistryError> {
    let registries = registries(Credentials::none());
    let source = source(fake, &registries, Access::PullPush);
    source.signatures(&image.digest).await?;
    let push = signature(image, name);
    let prepared = source.prepare().await?;
    source.push_signature(prepared, &push).await.map(|pushed| pushed.listed).map_err(PushError::into_inner)
}

/// Only the last step, after a push that the registry did not report.
async fn push_record(fake: &Fake, image: &Descriptor) -> Result<Listed, RegistryError> {
    let (manifest, content) = signature(image, "a").manifest;
    remote(fake).record_referrer(&image.digest, &manifest, &content, Subject::NotReported).await
}

pub(super) fn index(fake: &Fake, image: &Descriptor) -> Option<Value> {
    let tag = format!("sha256-{}", image.digest.hex());
    let bytes = fake.with(|state| state.manifests.get(&tag).map(|(_, bytes)| bytes.clone()))?;
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn names(index: &Value) -> Vec<String> {
    let names = index["manifests"].as_array().unwrap().iter();
    names.map(|entry| entry["annotations"][THUMBPRINTS].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn with_the_api_no_tag_index_is_written() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    assert_eq!(push(&fake, &image, "a").await.unwrap(), Listed::ByApi { rounds: 1 });
    assert_eq!(index(&fake, &image), None);
    assert_eq!(fake.lines().iter().filter(|line| line.starts_with("DELETE")).count(), 0);
    assert_eq!(push(&fake, &image, "b").await.unwrap(), Listed::ByApi { rounds: 1 });
    assert_eq!(fake.lines().iter().filter(|line| line.starts_with("POST")).count(), 4);
}

#[tokio::test]
async fn blobs_are_sent_ahead_in_one_request_where_the_registry_takes_that() {
    for (single_post, refused, posts, puts) in [(true, false, 2, 1), (false, false, 2, 3), (false, true, 4, 3)] {
        let fake = Fake::start().await;
        let image = fake.put_image("v1");
        fake.with(|state| state.single_post = single_post);
        if refused {
            fake.spoil("POST /v2/app/blobs/uploads/", 2, Reply::error(400, "UNSUPPORTED"));
        }
        let registries = registries(Credentials::none());
        let source = source(&fake, &registries, Access::PullPush);
        source.signatures(&image.digest).await.unwrap();
        let push = signature(&image, "a");
        let prepared = source.send_ahead(&push).await.unwrap();
        let pushed = source.push_signature(prepared, &push).await.unwrap();
        assert_eq!(pushed.listed, Listed::ByApi { rounds: 1 });
        let count = |method: &str| fake.lines().iter().filter(|line| line.starts_with(method)).count();
        assert_eq!((count("POST"), count("PUT")), (posts, puts), "{single_post} {refused}");
        for (descriptor, content) in [&push.config, &push.envelope] {
            assert_eq!(fake.with(|state| state.blobs.get(descriptor.digest.as_str()).cloned()).as_ref(), Some(content));
        }
    }
}

#[tokio::test]
async fn a_registry_that_forgets_to_say_so_is_asked_whether_it_lists_the_signature() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    fake.with(|state| state.subject_header = false);
    assert_eq!(push(&fake, &image, "a").await.unwrap(), Listed::ByApi { rounds: 1 });
    assert_eq!(index(&fake, &image), None);
    // Its API does not list it: the tag index has to.
    let empty = format!(r#"{{"mediaType":"{}","manifests":[]}}"#, media_type::IMAGE_INDEX);
    fake.spoil("GET /v2/app/referrers/", usize::MAX, Reply::new(200).body(media_type::IMAGE_INDEX, empty));
    assert_eq!(push(&fake, &image, "b").await.unwrap(), Listed::InTagIndex { rounds: 1 });
    assert_eq!(names(&index(&fake, &image).unwrap()), ["b"]);
}

#[tokio::test]
async fn a_registry_that_lost_the_entry_gets_the_manifest_again() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let empty = format!(r#"{{"mediaType":"{}","manifests":[]}}"#, media_type::IMAGE_INDEX);
    let empty = Reply::new(200).body(media_type::IMAGE_INDEX, empty);
    // The first look is the signer's, before the push.
    fake.spoil("GET /v2/app/referrers/", 3, empty.clone());
    assert_eq!(push(&fake, &image, "a").await.unwrap(), Listed::ByApi { rounds: 3 });
    let puts = fake.lines().iter().filter(|line| line.starts_with("PUT /v2/app/manifests/")).count();
    assert_eq!(puts, 3);
    assert_eq!(index(&fake, &image), None);

    fake.spoil("GET /v2/app/referrers/", usize::MAX, empty);
    let error = push(&fake, &image, "b").await.unwrap_err();
    assert!(matches!(error, RegistryError::NotListed { rounds: 12, .. }), "{error}");
    assert_eq!(error.kind(), Kind::Unavailable);
}

#[tokio::test]
async fn the_subject_of_another_artifact_is_no_confirmation() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let push = signature(&image, "a");
    fake.with(|state| state.blobs.insert(push.envelope.0.digest.to_string(), push.envelope.1));
    let (descriptor, bytes) = &push.manifest;
    let repository = remote(&fake);
    assert_eq!(repository.push_manifest(descriptor, bytes, &image.digest).await.unwrap(), Subject::Recorded);
    let other = Reply::new(201).header("oci-subject", descriptor.digest.as_str());
    fake.spoil("PUT /v2/app/manifests/", 1, other);
    assert_eq!(repository.push_manifest(descriptor, bytes, &image.digest).await.unwrap(), Subject::NotReported);
}

#[tokio::test]
async fn without_the_api_the_tag_index_gets_an_entry_and_keeps_all_others() {
    for etags in [false, true] {
        let fake = Fake::start().await;
        let image = fake.put_image("v1");
        fake.with(|state| (state.api, state.etags) = (Api::Off, etags));
        assert_eq!(push(&fake, &image, "a").await.unwrap(), Listed::InTagIndex { rounds: 1 });
        let first = index(&fake, &image).unwrap();
        assert_eq!(first["manifests"][0]["artifactType"], media_type::SIGNATURE);
        assert_eq!(push(&fake, &image, "b").await.unwrap(), Listed::InTagIndex { rounds: 1 });
        assert_eq!(names(&index(&fake, &image).unwrap()), ["a", "b"]);
        // Again the same: nothing is written.
        assert_eq!(push(&fake, &image, "a").await.unwrap(), Listed::InTagIndex { rounds: 0 });
        assert_eq!(names(&index(&fake, &image).unwrap()), ["a", "b"]);
        let log = fake.log();
        assert!(log.iter().all(|seen| seen.method != "DELETE"));
        let conditions: Vec<_> = log
            .iter()
            .filter(|seen| seen.line().starts_with("PUT /v2/app/manifests/sha256-"))
            .map(|seen| (seen.header("if-match").is_some(), seen.header("if-none-match").is_some()))
            .collect();
        assert_eq!(conditions, [(false, true), (etags, false)]);
    }
}

#[tokio::test]
async fn concurrent_signers_do_not_lose_each_other_s_entries() {
    for etags in [false, true] {
        let fake = Fake::start().await;
        let image = fake.put_image("v1");
        fake.with(|state| (state.api, state.etags) = (Api::Off, etags));
        let names: Vec<_> = (0..8).map(|n| n.to_string()).collect();
        let all = names.iter().map(|name| push(&fake, &image, name));
        for listed in futures_util::future::join_all(all).await {
            assert!(matches!(listed.unwrap(), Listed::InTagIndex { .. }));
        }
        let mut found = self::names(&index(&fake, &image).unwrap());
        found.sort();
        if etags {
            assert_eq!(found, names);
        } else {
            // Without conditional writes a window remains; what is there is whole, and the report was correct about
            // the index as it was at the last look.
            assert!(!found.is_empty() && found.iter().all(|name| names.contains(name)));
        }
    }
}

#[tokio::test]
async fn an_entry_that_another_signer_dropped_is_written_again() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    fake.with(|state| state.api = Api::Off);
    let theirs = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": [
        {"mediaType": media_type::IMAGE_MANIFEST, "digest": image.digest, "size": 1, "annotations": {THUMBPRINTS: "theirs"}},
    ]});
    let (body, mut dropped) = (theirs.to_string(), 0);
    // Twice our index is overwritten by a writer that had read it before.
    fake.hook(move |seen| {
        let ours = seen.line().starts_with("GET /v2/app/manifests/sha256-") && dropped < 3;
        dropped += usize::from(ours);
        ours.then(|| Reply::new(200).body(media_type::IMAGE_INDEX, body.clone()))
    });
    assert_eq!(push(&fake, &image, "a").await.unwrap(), Listed::InTagIndex { rounds: 2 });
    assert_eq!(names(&index(&fake, &image).unwrap()), ["theirs", "a"]);
}

#[tokio::test]
async fn an_index_that_others_keep_overwriting_is_an_error() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    fake.with(|state| state.api = Api::Off);
    fake.spoil("GET /v2/app/manifests/sha256-", usize::MAX, Reply::error(404, "MANIFEST_UNKNOWN"));
    let error = push(&fake, &image, "a").await.unwrap_err();
    assert!(matches!(error, RegistryError::TagIndexLost { rounds: 12, .. }), "{error}");
    assert_eq!(error.kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_registry_that_refuses_every_condition_is_written_without_one() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    fake.with(|state| state.api = Api::Off);
    fake.hook(|seen| {
        let conditional = seen.header("if-match").is_some() || seen.header("if-none-match").is_some();
        conditional.then(|| Reply::error(412, "PRECONDITION_FAILED"))
    });
    assert!(matches!(push(&fake, &image, "a").await.unwrap(), Listed::InTagIndex { .. }));
    assert_eq!(names(&index(&fake, &image).unwrap()), ["a"]);
}

#[tokio::test]
async fn what_stands_under_the_tag_and_is_no_index_is_not_overwritten() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    fake.with(|state| state.api = Api::Off);
    let tag = format!("sha256-{}", image.digest.hex());
    fake.put_manifest(media_type::IMAGE_MANIFEST, r#"{"config":{}}"#, Some(&tag));
    let error = push_record(&fake, &image).await.unwrap_err();
    assert!(matches!(error, RegistryError::TagTaken { .. }), "{error}");
    assert!(fake.lines().iter().all(|line| !line.starts_with("PUT")));
}

#[tokio::test]
async fn uploads_follow_a_location_wherever_it_leads_without_the_credential() {
    let fake = Fake::start().await;
    let elsewhere = Fake::start().await;
    let blob = Bytes::from_static(b"content");
    let descriptor = Descriptor::of("a/b", &blob);
    let absolute = format!("http://{}/v2/app/blobs/uploads/7?state=x", elsewhere.host());
    for (location, at) in [("/v2/app/blobs/uploads/7?state=x", &fake), (absolute.as_str(), &elsewhere)] {
        fake.spoil("POST", 1, Reply::new(202).header("location", location));
        remote(&fake).push_blob(None, &descriptor, &blob).await.unwrap();
        let put = at.log().pop().unwrap();
        assert_eq!(put.line(), "PUT /v2/app/blobs/uploads/7");
        assert_eq!(put.query["digest"], descriptor.digest.as_str());
        assert_eq!(put.header("content-type"), Some("application/octet-stream"));
        assert!(at.with(|state| state.blobs.contains_key(descriptor.digest.as_str())));
    }
    for location in ["http://evil.example/u", "file:///etc/passwd", "http://user:pw@127.0.0.1/u"] {
        fake.spoil("POST", 1, Reply::new(202).header("location", location));
        let error = remote(&fake).push_blob(None, &descriptor, &blob).await.unwrap_err();
        assert!(matches!(error, RegistryError::Hop { .. }), "{location}: {error}");
    }
    fake.spoil("POST", 1, Reply::new(202));
    let error = remote(&fake).push_blob(None, &descriptor, &blob).await.unwrap_err();
    assert!(matches!(error, RegistryError::Malformed { .. }), "{error}");
}

#[tokio::test]
async fn a_refused_push_is_told_as_the_registry_tells_it() {
    for (line, reply, kind, code) in [
        ("POST", Reply::error(403, "DENIED"), Kind::Denied, "DENIED"),
        ("POST", Reply::error(404, "NAME_UNKNOWN"), Kind::NotFound, "NAME_UNKNOWN"),
        ("PUT /v2/app/blobs/", Reply::error(400, "DIGEST_INVALID"), Kind::Invalid, "DIGEST_INVALID"),
        ("PUT /v2/app/manifests/", Reply::error(400, "MANIFEST_INVALID"), Kind::Invalid, "MANIFEST_INVALID"),
        ("PUT /v2/app/manifests/", Reply::error(413, "SIZE"), Kind::Invalid, "SIZE"),
        ("PUT /v2/app/manifests/", Reply::error(403, "IMMUTABLE"), Kind::Denied, "IMMUTABLE"),
        ("PUT /v2/app/manifests/", Reply::error(409, "IMMUTABLE"), Kind::Invalid, "IMMUTABLE"),
    ] {
        let fake = Fake::start().await;
        let image = fake.put_image("v1");
        fake.spoil(line, usize::MAX, reply);
        let error = push(&fake, &image, "a").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{line}: {error}");
        assert_eq!(error.answer().unwrap().code.as_deref(), Some(code));
    }
}

#[tokio::test]
async fn what_is_read_back_is_compared_with_what_was_sent() {
    for line in ["GET /v2/app/manifests/sha256:", "GET /v2/app/blobs/"] {
        let fake = Fake::start().await;
        let image = fake.put_image("v1");
        for (reply, kind) in [
            (Reply::new(200).body(media_type::IMAGE_MANIFEST, "{}"), Kind::Invalid),
            // The image is there; what was taken is not.
            (Reply::error(404, "UNKNOWN"), Kind::Unavailable),
        ] {
            fake.spoil(line, usize::MAX, reply);
            let error = push(&fake, &image, "a").await.unwrap_err();
            assert_eq!(error.kind(), kind, "{line}: {error}");
            assert_eq!(matches!(error, RegistryError::NotStored { .. }), kind == Kind::Unavailable, "{error}");
        }
    }
}

#[tokio::test]
async fn a_blob_that_is_kept_elsewhere_exists_without_asking_there() {
    let (fake, store) = (Fake::start().await, Fake::start().await);
    let digest = Descriptor::of("a/b", b"x").digest;
    let (elsewhere, weaker) = (format!("http://{}/x", store.host()), "http://evil.example/x".to_owned());
    fake.spoil("HEAD", 1, Reply::new(307).header("location", elsewhere));
    assert!(remote(&fake).has_blob(&digest).await);
    assert!(store.log().is_empty());
    fake.spoil("HEAD", 1, Reply::new(307).header("location", weaker));
    assert!(!remote(&fake).has_blob(&digest).await);
    // Who refuses the question takes the blob.
    for (status, expected) in [(200, true), (404, false), (403, false), (400, false), (405, false), (501, false)] {
        fake.spoil("HEAD", 1, Reply::new(status));
        assert_eq!(remote(&fake).has_blob(&digest).await, expected, "{status}");
    }
}

#[tokio::test]
async fn a_push_works_without_anything_prepared() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let registries = registries(Credentials::none());
    let source = source(&fake, &registries, Access::PullPush);
    source.push_signature(super::super::Prepared::default(), &signature(&image, "a")).await.unwrap();
    let Source::Remote(remote) = &source else { unreachable!("a registry") };
    assert!(remote.has_blob(&signature(&image, "a").envelope.0.digest).await);
    assert!(remote.has_blob(&signature(&image, "a").config.0.digest).await);
}

#[tokio::test]
async fn a_registry_is_never_asked_whether_it_has_the_configuration() {
    for status in [405, 400, 501, 403, 500, 200] {
        let fake = Fake::start().await;
        let image = fake.put_image("v1");
        // 200 for a blob that is not there: the manifest that names it would be refused.
        fake.spoil("HEAD", usize::MAX, Reply::new(status));
        assert_eq!(push(&fake, &image, "a").await.unwrap(), Listed::ByApi { rounds: 1 }, "{status}");
        let config = signature(&image, "a").config.0.digest;
        assert!(fake.with(|state| state.blobs.contains_key(config.as_str())), "{status}");
        assert!(fake.lines().iter().all(|line| !line.starts_with("HEAD")), "{status}");
    }
}

#[tokio::test]
async fn a_tag_that_cannot_be_changed_is_one_refusal_in_the_registry_s_words() {
    let theirs = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": []}).to_string();
    for (status, is_there, etags, writes) in [
        (409, false, false, 3),
        (412, true, true, 3),
        (409, true, true, 3),
        (412, true, false, 1),
        (400, true, true, 1),
        (405, false, false, 1),
    ] {
        let fake = Fake::start().await;
        let image = fake.put_image("v1");
        fake.with(|state| (state.api, state.etags) = (Api::Off, etags));
        let tag = format!("sha256-{}", image.digest.hex());
        if is_there {
            fake.put_manifest(media_type::IMAGE_INDEX, theirs.clone(), Some(&tag));
        }
        fake.spoil("PUT /v2/app/manifests/sha256-", usize::MAX, Reply::error(status, "TAG_IMMUTABLE"));
        let error = push(&fake, &image, "a").await.unwrap_err();
        assert!(matches!(error, RegistryError::TagRefused { .. }), "{status}: {error}");
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(
            error.to_string().contains("TAG_IMMUTABLE") && error.to_string().contains("as the test wants"),
            "{error}"
        );
        let sent = fake.lines().iter().filter(|line| line.starts_with("PUT /v2/app/manifests/sha256-")).count();
        assert_eq!(sent, writes, "{status} {is_there} {etags}");
    }
}

#[tokio::test]
async fn a_tag_that_names_the_image_itself_becomes_the_index() {
    // An index has children, which are no signatures and must not stay in the tag index.
    let child =
        json!({"mediaType": media_type::IMAGE_MANIFEST, "digest": Descriptor::of("a/b", b"x").digest, "size": 1});
    let index_of_images =
        json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": [child]}).to_string();
    for (kind, content) in [
        (media_type::IMAGE_INDEX, index_of_images),
        (media_type::IMAGE_MANIFEST, r#"{"config":{},"layers":[]}"#.into()),
    ] {
        let fake = Fake::start().await;
        let image = fake.put_manifest(kind, content, Some("v1"));
        fake.with(|state| (state.api, state.subject_is_under_tag) = (Api::Off, true));
        assert_eq!(push(&fake, &image, "a").await.unwrap(), Listed::InTagIndex { rounds: 1 }, "{kind}");
        assert_eq!(names(&index(&fake, &image).unwrap()), ["a"], "{kind}");
        let registries = registries(Credentials::none());
        let listing = source(&fake, &registries, Access::Pull).signatures(&image.digest).await.unwrap();
        assert_eq!(listing.descriptors.len(), 1);
    }
    // A registry that answers so whatever was written.
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    fake.with(|state| state.api = Api::Off);
    let itself = fake.with(|state| state.manifests["v1"].clone());
    fake.spoil("GET /v2/app/manifests/sha256-", usize::MAX, Reply::new(200).body(&itself.0, itself.1));
    let error = push(&fake, &image, "a").await.unwrap_err();
    assert!(matches!(error, RegistryError::TagTaken { .. }), "{error}");
    assert_eq!(fake.lines().iter().filter(|line| line.starts_with("PUT /v2/app/manifests/sha256-")).count(), 3);
}
