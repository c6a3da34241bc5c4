//! What a listing says and does not say is a hint: what is listed is known by its digest, and judged by its manifest.

use notary::descriptor::{Descriptor, media_type};
use notary::signature_manifest::THUMBPRINTS;
use serde_json::{Value, json};

use super::super::note::{ListingNote, Occupant};
use super::super::server::{Api, Fake, Reply, signature};
use super::super::{Listed, Mechanism};
use super::listing::page;
use super::push::push;
use super::remote;

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
async fn a_signature_counts_as_listed_whatever_type_and_size_the_listing_gives_it() {
    for (artifact_type, size) in
        [(Some(media_type::EMPTY), None), (None, None), (Some(""), Some(1)), (None, Some(1 << 40))]
    {
        let fake = Fake::start().await;
        let image = fake.put_image("v1");
        let pushed = signature(&image, "a").manifest.0;
        let mut entry =
            json!({"mediaType": pushed.media_type, "digest": pushed.digest, "size": size.unwrap_or(pushed.size)});
        if let Some(artifact_type) = artifact_type {
            entry["artifactType"] = json!(artifact_type);
        }
        let index = json!({"mediaType": media_type::IMAGE_INDEX, "manifests": [entry]}).to_string();
        fake.hook(move |seen| {
            seen.path
                .starts_with("/v2/app/referrers/")
                .then(|| Reply::new(200).body(media_type::IMAGE_INDEX, index.clone()))
        });
        assert_eq!(push(&fake, &image, "a").await.unwrap(), Listed::ByApi { rounds: 1 }, "{artifact_type:?} {size:?}");
    }
}
