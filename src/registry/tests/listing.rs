//! Listing signatures: with the referrers API, without it, with an odd one, and with one that never ends.

use notary::descriptor::{Descriptor, media_type};
use notary::signature_manifest::THUMBPRINTS;
use serde_json::{Value, json};

use super::super::note::{ListingNote, NoApi, Occupant};
use super::super::server::{Api, Fake, Reply, signature};
use super::super::{Access, ApiAnswer, Credentials, Kind, Mechanism, RegistryError, Source, Wanted, limits};
use super::remote;
use crate::reference::Reference;

fn tag(subject: &Descriptor) -> String {
    format!("sha256-{}", subject.digest.hex())
}

/// Puts a tag index with these entries.
fn put_index(fake: &Fake, subject: &Descriptor, entries: &[Value]) {
    let index = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": entries});
    fake.put_manifest(media_type::IMAGE_INDEX, index.to_string(), Some(&tag(subject)));
}

fn entry(descriptor: &Descriptor, artifact_type: &str) -> Value {
    let typed = Descriptor { artifact_type: Some(artifact_type.into()), ..descriptor.plain() };
    serde_json::to_value(typed).unwrap()
}

fn page(entries: &[Value]) -> Reply {
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
async fn what_stands_under_the_tag_and_is_no_index_of_referrers_lists_nothing() {
    let child =
        json!({"mediaType": media_type::IMAGE_MANIFEST, "digest": Descriptor::of("a/b", b"x").digest, "size": 1});
    let all = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": [child]}).to_string();
    let fake = Fake::start().await;
    fake.with(|state| state.api = Api::Off);
    let images = [fake.put_image("v1"), fake.put_manifest(media_type::IMAGE_INDEX, all, Some("v2"))];
    for image in images {
        fake.with(|state| state.subject_is_under_tag = true);
        let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert!(listing.proves_unsigned());
        assert_eq!(listing.notes[1], ListingNote::TagHolds(Occupant::Artifact));
        for other in ["text/html", "application/json", media_type::IMAGE_MANIFEST, media_type::DOCKER_MANIFEST_LIST] {
            let reply = Reply::new(200).body(other, "{}");
            fake.spoil("GET /v2/app/manifests/sha256-", usize::MAX, reply);
            let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
            assert!(listing.proves_unsigned(), "{other}");
            assert_eq!(listing.notes[1], ListingNote::TagHolds(Occupant::Other(other.to_owned())));
        }
        fake.spoil("GET /v2/app/manifests/sha256-", 0, Reply::new(200));
    }
}

#[tokio::test]
async fn what_a_listing_does_not_say_the_manifest_says() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let signature = fake.put_signature(&image, "a");
    let sbom = json!({"artifactType": "application/sbom", "subject": image.plain(), "annotations": null});
    let sbom = fake.put_manifest(media_type::IMAGE_MANIFEST, sbom.to_string(), None);
    let legacy =
        json!({"config": {"mediaType": media_type::SIGNATURE}, "artifactType": null, "subject": image.plain()});
    let legacy = fake.put_manifest(media_type::IMAGE_MANIFEST, legacy.to_string(), None);
    let untyped = |descriptor: &Descriptor| serde_json::to_value(descriptor.plain()).unwrap();
    for artifact_type in [Value::Null, json!(""), json!(media_type::EMPTY)] {
        let with = |descriptor: &Descriptor| {
            let mut listed = untyped(descriptor);
            (listed["artifactType"], listed["annotations"]) = (artifact_type.clone(), Value::Null);
            listed
        };
        for filters in [true, false] {
            let reply = page(&[with(&sbom), with(&signature), with(&legacy)]);
            let reply = if filters { reply.header("oci-filters-applied", "artifactType") } else { reply };
            fake.spoil("GET /v2/app/referrers/", usize::MAX, reply);
            let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
            let digests: Vec<_> = listing.descriptors.iter().map(|listed| listed.digest.clone()).collect();
            assert_eq!(digests, [signature.digest.clone(), legacy.digest.clone()], "{artifact_type}");
            assert_eq!(listing.descriptors[0].annotations[THUMBPRINTS], "a");
            assert_eq!(listing.mechanism, Mechanism::ReferrersApi);
        }
        // Nothing but something else: unsigned, as the tag says too.
        fake.spoil("GET /v2/app/referrers/", usize::MAX, page(&[with(&sbom)]));
        let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert!(listing.proves_unsigned() && listing.mechanism == Mechanism::Both, "{artifact_type}");
        // What cannot be read may be a signature.
        let absent = Descriptor::of(media_type::IMAGE_MANIFEST, b"absent");
        fake.spoil("GET /v2/app/referrers/", usize::MAX, page(&[with(&absent)]));
        let listing = remote(&fake).referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert!(!listing.proves_unsigned() && listing.descriptors.len() == 1, "{artifact_type}");
    }
}

#[tokio::test]
async fn a_filter_that_goes_by_the_configuration_hides_no_signature() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let signature = fake.put_signature(&image, "a");
    for shown in [json!(media_type::EMPTY), Value::Null] {
        let mut listed = serde_json::to_value(signature.plain()).unwrap();
        listed["artifactType"] = shown.clone();
        fake.hook(move |seen| {
            let filtered = seen.query.contains_key("artifactType");
            seen.path.starts_with("/v2/app/referrers/").then(|| match filtered {
                true => page(&[]).header("oci-filters-applied", "artifactType"),
                false => page(std::slice::from_ref(&listed)),
            })
        });
        let repository = remote(&fake);
        let listing = repository.referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
        assert_eq!(listing.descriptors.len(), 1, "{shown}");
        assert_eq!(listing.descriptors[0].annotations[THUMBPRINTS], "a");
        assert_eq!(repository.meter().rounds(), 3, "{shown}");
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
