//! A referrers API that does not list: where the tag decides, and where nothing else does.

use notary::descriptor::media_type;

use super::super::note::{ListingNote, NoApi};
use super::super::server::{Fake, Reply, signature};
use super::super::{Access, Credentials, Kind, Listed, Mechanism, RegistryError, Source};
use super::listing::{entry, put_index, tag};
use super::push::index;
use super::remote;
use crate::reference::Reference;

#[tokio::test]
async fn a_redirect_of_the_api_to_another_host_is_no_api_and_is_not_followed() {
    let (fake, other) = (Fake::start().await, Fake::start().await);
    let image = fake.put_image("v1");
    let elsewhere = [
        format!("http://{}/x", other.host()),
        format!("http://{}/v2/app/x", fake.other_host()),
        "https://evil.example/login".to_owned(),
    ];
    for location in elsewhere {
        for status in [301, 302, 303, 307, 308] {
            fake.spoil("GET /v2/app/referrers/", usize::MAX, Reply::new(status).header("location", location.clone()));
            let repository = remote(&fake);
            let listing = repository.referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
            assert!(listing.proves_unsigned());
            assert_eq!(listing.mechanism, Mechanism::TagSchema);
            assert!(matches!(&listing.notes[..], [ListingNote::NoApi(NoApi::Elsewhere(_))]), "{:?}", listing.notes);
            assert_eq!(repository.meter().requests(), 2);
        }
    }
    assert!(other.log().is_empty());
    // Within the host it is followed.
    let signature = fake.put_signature(&image, "a");
    fake.spoil(
        "GET /v2/app/referrers/",
        1,
        Reply::new(307).header("location", format!("/v2/app/referrers/{}", image.digest)),
    );
    let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
    assert!(listing.descriptors[0].same_content(&signature));
}

#[tokio::test]
async fn what_the_tag_lists_counts_after_a_refusal_and_that_it_lists_nothing_does_not() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let signature = fake.put_signature(&image, "a");
    let listed = [entry(&signature, media_type::SIGNATURE)];
    for (refusal, kind) in [
        (Reply::error(401, "UNAUTHORIZED"), Kind::Denied),
        (Reply::error(403, "DENIED"), Kind::Denied),
        (Reply::error(403, "DENIED").header("retry-after", "0"), Kind::Unavailable),
        (Reply::new(429), Kind::Unavailable),
        (Reply::new(503), Kind::Unavailable),
        (Reply::new(520), Kind::Unavailable),
        (Reply::dropped(), Kind::Unavailable),
    ] {
        fake.spoil("GET /v2/app/referrers/", usize::MAX, refusal);
        fake.with(|state| state.manifests.remove(&tag(&image)));
        for empty in [false, true] {
            if empty {
                put_index(&fake, &image, &[entry(&image, "application/sbom")]);
            }
            let error = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
        }
        put_index(&fake, &image, &listed);
        let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert!(listing.descriptors[0].same_content(&signature) && !listing.complete);
        assert_eq!(listing.refused.as_ref().map(|refusal| refusal.kind()), Some(kind));
    }
}

#[tokio::test]
async fn a_registry_that_is_known_to_have_the_api_never_answers_unsigned_by_refusing() {
    for refusal in [
        Reply::new(400),
        Reply::new(404),
        Reply::new(405),
        Reply::new(406),
        Reply::new(416),
        Reply::new(501),
        Reply::new(200).body("text/html", "<html>"),
        Reply::new(307).header("location", "https://evil.example/x"),
    ] {
        let fake = Fake::start().await;
        let image = fake.put_image("v1");
        let repository = remote(&fake);
        repository.note_that_it_has_the_api();
        fake.spoil("GET /v2/app/referrers/", usize::MAX, refusal.clone());
        let error = repository.referrers(&image.digest, media_type::SIGNATURE).await.unwrap_err();
        assert!(matches!(error, RegistryError::ListingRefused { .. }), "{refusal:?}: {error}");
        assert_eq!(error.kind(), Kind::Unavailable);
        let signature = fake.put_signature(&image, "a");
        put_index(&fake, &image, &[entry(&signature, media_type::SIGNATURE)]);
        let listing = repository.referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert!(listing.refused.is_some() && listing.descriptors.len() == 1, "{refusal:?}");
    }
}

#[tokio::test]
async fn the_hosts_of_ecr_and_a_registry_that_recorded_a_subject_are_known_to_have_the_api() {
    for (host, known) in [
        ("111122223333.dkr.ecr.us-west-2.amazonaws.com", true),
        ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", true),
        ("public.ecr.aws", true),
        ("public.ecr.aws.example", false),
        ("registry.gitlab.com", false),
        ("ghcr.io", false),
    ] {
        let reference = Reference::parse(&format!("{host}/app:v1")).unwrap();
        let registries = super::registries(Credentials::none());
        let Source::Remote(repository) = registries.open(&reference, Access::Pull).unwrap() else {
            unreachable!("a registry")
        };
        assert_eq!(repository.is_known_to_have_the_api(), known, "{host}");
    }
    for says in [true, false] {
        let fake = Fake::start().await;
        let push = signature(&fake.put_image("v1"), "a");
        fake.with(|state| {
            state.subject_header = says;
            state.blobs.insert(push.envelope.0.digest.to_string(), push.envelope.1.clone())
        });
        let repository = remote(&fake);
        repository.push_manifest(&push.manifest.0, &push.manifest.1, &push.subject).await.unwrap();
        assert_eq!(repository.is_known_to_have_the_api(), says);
    }
}

#[tokio::test]
async fn a_registry_that_has_the_api_gets_no_tag_whatever_it_answers_after_a_push() {
    for (status, code) in
        [(400, "UNSUPPORTED"), (404, "X"), (406, "X"), (416, "X"), (403, "DENIED"), (500, "X"), (501, "X")]
    {
        for said in [true, false] {
            let fake = Fake::start().await;
            let image = fake.put_image("v1");
            fake.with(|state| state.subject_header = said);
            fake.spoil("GET /v2/app/referrers/", usize::MAX, Reply::error(status, code));
            let repository = remote(&fake);
            let push = signature(&image, "a");
            fake.with(|state| state.blobs.insert(push.envelope.0.digest.to_string(), push.envelope.1.clone()));
            let (manifest, content) = &push.manifest;
            let subject = repository.push_manifest(manifest, content, &image.digest).await.unwrap();
            let listed = repository.record_referrer(&image.digest, manifest, content, subject).await;
            match said {
                true => assert!(matches!(listed.unwrap_err().kind(), Kind::Unavailable | Kind::Denied), "{status}"),
                false => assert_eq!(listed.unwrap(), Listed::InTagIndex { rounds: 1 }, "{status}"),
            }
            assert_eq!(index(&fake, &image).is_none(), said, "{status}");
        }
    }
}
