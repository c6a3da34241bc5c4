//! Listing signatures: with the referrers API, without it, with an odd one, and with one that never ends.

use notary::descriptor::{Descriptor, media_type};
use notary::signature_manifest::THUMBPRINTS;
use serde_json::{Value, json};

use super::super::note::ListingNote;
use super::super::server::{Api, Fake, Reply};
use super::super::{ApiAnswer, Kind, Mechanism, RegistryError, Wanted, limits};
use super::remote;

pub(super) fn tag(subject: &Descriptor) -> String {
    format!("sha256-{}", subject.digest.hex())
}

/// Puts a tag index with these entries.
pub(super) fn put_index(fake: &Fake, subject: &Descriptor, entries: &[Value]) {
    let index = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": entries});
    fake.put_manifest(media_type::IMAGE_INDEX, index.to_string(), Some(&tag(subject)));
}

pub(super) fn entry(descriptor: &Descriptor, artifact_type: &str) -> Value {
    let typed = Descriptor { artifact_type: Some(artifact_type.into()), ..descriptor.plain() };
    serde_json::to_value(typed).unwrap()
}

pub(super) fn page(entries: &[Value]) -> Reply {
    let index = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": entries});
    Reply::new(200).body(media_type::IMAGE_INDEX, index.to_string())
}

#[tokio::test]
async fn the_api_lists_signatures_with_their_annotations() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let signature = fake.put_signature(&image, "a");
    let repository = remote(&fake);
    let listing = repository.referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
    assert_eq!(listing.mechanism, Mechanism::ReferrersApi);
    assert!(listing.complete && listing.unreadable == 0);
    assert!(listing.descriptors[0].same_content(&signature));
    assert_eq!(listing.descriptors[0].annotations[THUMBPRINTS], "a");
    assert_eq!(fake.log()[0].query["artifactType"], media_type::SIGNATURE);
    assert_eq!(repository.meter().requests(), 1);
}

#[tokio::test]
async fn pages_are_followed_to_the_end() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    for name in 0..5 {
        fake.put_signature(&image, &name.to_string());
    }
    fake.with(|state| state.api = Api::Paged(2));
    let repository = remote(&fake);
    let listing = repository.referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
    assert_eq!((listing.descriptors.len(), listing.complete), (5, true));
    assert_eq!(repository.meter().requests(), 3);
}

#[tokio::test]
async fn other_referrers_are_left_out_whether_the_registry_filters_or_not() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let signature = fake.put_signature(&image, "a");
    let sbom = json!({"artifactType": "application/sbom", "subject": image.plain()});
    fake.put_manifest(media_type::IMAGE_MANIFEST, sbom.to_string(), None);
    for filters in [true, false] {
        fake.with(|state| state.filters = filters);
        let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert_eq!(listing.descriptors.len(), 1, "filters {filters}");
        assert!(listing.descriptors[0].same_content(&signature));
    }
}

#[tokio::test]
async fn without_the_api_the_tag_index_is_read() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let signature = fake.put_signature(&image, "a");
    put_index(&fake, &image, &[entry(&image, "application/sbom"), entry(&signature, media_type::SIGNATURE)]);
    let html = Reply::new(200).body("text/html", "<html>");
    let json = Reply::new(200).body("application/json", r#"{"manifests":[]}"#);
    for (reply, name) in [
        (Reply::new(404).body("text/plain", "404 page not found"), "404 in text"),
        (Reply::error(404, "METHOD_UNKNOWN"), "404"),
        (Reply::error(400, "UNSUPPORTED"), "400"),
        (Reply::error(405, "UNSUPPORTED"), "405"),
        (Reply::new(406), "406"),
        (Reply::new(410), "410"),
        (Reply::new(416), "416"),
        (Reply::new(204), "204"),
        (Reply::new(501), "501"),
        (html, "a page"),
        (json, "no index"),
    ] {
        fake.spoil("GET /v2/app/referrers/", usize::MAX, reply);
        let repository = remote(&fake);
        let listing = repository.referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert_eq!(listing.mechanism, Mechanism::TagSchema, "{name}");
        assert!(matches!(listing.notes[..], [ListingNote::NoApi(_)]), "{name}: {:?}", listing.notes);
        assert_eq!(listing.descriptors.len(), 1, "{name}");
        assert!(listing.descriptors[0].same_content(&signature));
        assert_eq!(repository.meter().requests(), 2, "{name}");
    }
}

#[tokio::test]
async fn an_empty_answer_of_the_api_is_not_the_last_word() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
    assert_eq!(listing.mechanism, Mechanism::Both);
    assert!(listing.proves_unsigned());
    // A signature from before the registry had the API: no subject, known by the tag alone.
    let old = fake.put_manifest(media_type::IMAGE_MANIFEST, "{}", None);
    put_index(&fake, &image, &[entry(&old, media_type::SIGNATURE)]);
    for empty in [page(&[]), Reply::new(200).body(media_type::IMAGE_INDEX, r#"{"manifests":null}"#)] {
        fake.spoil("GET /v2/app/referrers/", usize::MAX, empty);
        let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert_eq!((listing.mechanism, listing.descriptors.len()), (Mechanism::Both, 1));
    }
}

#[tokio::test]
async fn the_content_type_may_have_parameters() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let listed = [entry(&image, media_type::SIGNATURE)];
    let header = format!("{}; charset=utf-8", media_type::IMAGE_INDEX);
    fake.spoil("GET /v2/app/referrers/", 1, page(&listed).header("content-type", header));
    let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
    assert_eq!((listing.mechanism, listing.descriptors.len()), (Mechanism::ReferrersApi, 1));
}

#[tokio::test]
async fn a_missing_permission_or_repository_is_an_error_and_not_unsigned() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    for (line, reply, kind) in [
        ("GET /v2/app/referrers/", Reply::error(401, "UNAUTHORIZED"), Kind::Denied),
        ("GET /v2/app/referrers/", Reply::error(403, "DENIED"), Kind::Denied),
        ("GET /v2/app/referrers/", Reply::error(429, "TOOMANYREQUESTS"), Kind::Unavailable),
        ("GET /v2/app/referrers/", Reply::new(408), Kind::Unavailable),
        ("GET /v2/app/referrers/", Reply::new(500), Kind::Unavailable),
        ("GET /v2/app/referrers/", Reply::new(520), Kind::Unavailable),
        ("GET /v2/app/referrers/", Reply::dropped(), Kind::Unavailable),
        ("GET /v2/app/referrers/", Reply::error(404, "NAME_UNKNOWN"), Kind::NotFound),
        ("GET /v2/app/referrers/", Reply::new(200).body(media_type::IMAGE_INDEX, "not JSON"), Kind::Invalid),
        ("GET /v2/app/referrers/", Reply::new(200).body(media_type::IMAGE_INDEX, r#"{"manifests":{}}"#), Kind::Invalid),
        ("GET /v2/app/manifests/sha256-", Reply::error(401, "UNAUTHORIZED"), Kind::Denied),
        ("GET /v2/app/manifests/sha256-", Reply::error(403, "DENIED"), Kind::Denied),
        ("GET /v2/app/manifests/sha256-", Reply::new(200).body(media_type::IMAGE_INDEX, "x"), Kind::Invalid),
        (
            "GET /v2/app/manifests/sha256-",
            Reply::new(200).body(media_type::IMAGE_INDEX, r#"{"layers":[]}"#),
            Kind::Invalid,
        ),
        ("GET /v2/app/manifests/sha256-", Reply::new(503), Kind::Unavailable),
    ] {
        fake.spoil(line, usize::MAX, reply);
        let error = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{line}: {error}");
    }
}

#[tokio::test]
async fn an_endless_listing_ends_and_says_that_it_is_not_complete() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let mut count = 0;
    fake.hook(move |seen| {
        count += 1;
        let next = format!("<{}?last={count}>; rel=\"next\"", seen.path);
        Some(page(&[]).header("link", next))
    });
    let repository = remote(&fake);
    let listing = repository.referrers_api(&image.digest, media_type::SIGNATURE, Wanted::OfType).await.unwrap();
    let ApiAnswer::Listed(listing) = listing else { panic!("{listing:?}") };
    assert!(!listing.complete && !listing.proves_unsigned());
    assert_eq!(repository.meter().requests(), limits::LISTING_PAGES);

    // Pages full of signatures end at the cap for entries.
    let mut count = 0;
    fake.hook(move |seen| {
        let entries: Vec<_> = (0..1000)
            .map(|n| entry(&Descriptor::of("a/b", format!("{count} {n}").as_bytes()), media_type::SIGNATURE))
            .collect();
        count += 1;
        Some(page(&entries).header("link", format!("<{}?last={count}>; rel=\"next\"", seen.path)))
    });
    let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
    assert_eq!((listing.complete, listing.descriptors.len()), (false, limits::LISTING_ENTRIES));
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_hides_no_other_and_is_not_unsigned() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let bad = json!({"mediaType": "a/b", "digest": "md5:00", "size": 1, "artifactType": media_type::SIGNATURE});
    fake.spoil("GET /v2/app/referrers/", 1, page(&[bad.clone(), entry(&image, media_type::SIGNATURE)]));
    let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
    assert_eq!((listing.descriptors.len(), listing.unreadable), (1, 1));
    let array = json!(["a/b", image.digest, image.size, {}, media_type::SIGNATURE]);
    let with = |member: &str, value: Value| {
        let mut listed = entry(&image, media_type::SIGNATURE);
        listed[member] = value;
        listed
    };
    for bad in [
        bad,
        array,
        json!([entry(&image, media_type::SIGNATURE)]),
        with("annotations", json!(["a"])),
        with("urls", json!("u")),
        with("platform", json!(["linux"])),
        with("data", json!({})),
    ] {
        fake.spoil("GET /v2/app/referrers/", 1, page(std::slice::from_ref(&bad)));
        let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert!(listing.descriptors.is_empty() && !listing.proves_unsigned(), "{bad}");
    }
}

#[tokio::test]
async fn the_next_page_at_another_host_is_not_asked_for() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let other = format!("<http://{}/v2/app/referrers/x>; rel=\"next\"", fake.other_host());
    for link in [other.as_str(), "<https://evil.example/x>; rel=next", "<ftp://x/>; rel=next"] {
        fake.spoil("GET /v2/app/referrers/", 1, page(&[]).header("link", link));
        let repository = remote(&fake);
        let error = repository.referrers(&image.digest, media_type::SIGNATURE).await.unwrap_err();
        assert!(matches!(error, RegistryError::Hop { .. }), "{link}: {error}");
        assert_eq!(repository.meter().requests(), 1);
    }
}
