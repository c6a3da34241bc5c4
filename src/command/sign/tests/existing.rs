//! When an existing signature is enough. In doubt it is not.

use notary::descriptor::{Descriptor, media_type};
use notary::signature_manifest::THUMBPRINTS;
use serde_json::json;

use super::*;
use crate::registry::server::{Body, Reply};

/// Carries out an order and returns whether it signed; if it did not, nothing was written.
async fn done(stage: &Stage, order: &Order<'_>) -> Work {
    stage.fake.with(|state| state.log.clear());
    let signed = stage.order(order).await.unwrap();
    match signed.work {
        Work::Made => assert!(!writes(stage).is_empty()),
        Work::Found => assert_eq!(writes(stage), Vec::<String>::new()),
    }
    signed.work
}

/// What becomes of the second order after the first.
async fn after(first: &Order<'_>, second: &Order<'_>) -> Work {
    let stage = Stage::new().await;
    assert_eq!(done(&stage, first).await, Work::Made);
    done(&stage, second).await
}

#[tokio::test]
async fn the_same_order_again_finds_the_signature_and_names_it() {
    let stage = Stage::new().await;
    let first = stage.order(&stage.ours.order()).await.unwrap();
    assert_eq!(first.work, Work::Made);
    assert_eq!(done(&stage, &stage.ours.order()).await, Work::Found);
    let again = stage.order(&stage.ours.order()).await.unwrap();
    assert_eq!((again.signature_manifest, again.artifact), (first.signature_manifest, first.artifact));
    assert_eq!(stage.listed().await.len(), 1);
}

#[tokio::test]
async fn another_signer_signs_also_one_of_the_same_name() {
    let (ours, stranger, namesake) =
        (stage::Signer::new("ours"), stage::Signer::new("stranger"), stage::Signer::new("ours"));
    assert_eq!(after(&stranger.order(), &ours.order()).await, Work::Made);
    assert_eq!(after(&namesake.order(), &ours.order()).await, Work::Made);
    assert_eq!(after(&ours.order(), &ours.order()).await, Work::Found);
}

#[tokio::test]
async fn the_metadata_asked_for_must_be_signed_there() {
    let ours = stage::Signer::new("ours");
    for (there, asked, work) in [
        (&[][..], &[][..], Work::Found),
        (&[("build", "17")], &[], Work::Found),
        (&[("build", "17")], &[("build", "17")], Work::Found),
        (&[("build", "17"), ("by", "me")], &[("build", "17")], Work::Found),
        (&[], &[("build", "17")], Work::Made),
        (&[("build", "16")], &[("build", "17")], Work::Made),
        (&[("build", "17")], &[("build", "17"), ("by", "me")], Work::Made),
    ] {
        let (there_signed, asked_signed) = (stage::metadata(there), stage::metadata(asked));
        let first = Order { user_metadata: &there_signed, ..ours.order() };
        let second = Order { user_metadata: &asked_signed, ..ours.order() };
        assert_eq!(after(&first, &second).await, work, "{there:?} {asked:?}");
    }
}

#[tokio::test]
async fn what_is_there_lives_at_least_half_as_long_as_asked() {
    let ours = stage::Signer::new("ours");
    let days = |days: Option<u32>| days.map(|days| DAY * days);
    for (there, asked, work) in [
        (Some(30), Some(30), Work::Found),
        (Some(60), Some(30), Work::Found),
        (Some(16), Some(30), Work::Found),
        (Some(14), Some(30), Work::Made),
        (None, Some(30), Work::Made),
        (Some(30), None, Work::Made),
    ] {
        let first = Order { lifetime: days(there), ..ours.order() };
        let second = Order { lifetime: days(asked), ..ours.order() };
        assert_eq!(after(&first, &second).await, work, "{there:?} {asked:?}");
    }
}

#[tokio::test]
async fn an_expired_signature_and_one_at_its_last_moment_are_not_enough() {
    let ours = stage::Signer::new("ours");
    let minute = Duration::from_secs(60);
    for (age, lifetime, asked) in [(30, 10, Some(10)), (30, 10, None), (10, 10, Some(10)), (6, 10, Some(10))] {
        let first = Order {
            clock: Clock::starting_at(stage::now() - minute * age),
            lifetime: Some(minute * lifetime),
            ..ours.order()
        };
        let second = Order { lifetime: asked.map(|asked: u32| minute * asked), ..ours.order() };
        assert_eq!(after(&first, &second).await, Work::Made, "{age} {lifetime} {asked:?}");
    }
    let first =
        Order { clock: Clock::starting_at(stage::now() - minute * 4), lifetime: Some(minute * 10), ..ours.order() };
    assert_eq!(after(&first, &Order { lifetime: Some(minute * 10), ..ours.order() }).await, Work::Found);
}

#[tokio::test]
async fn the_older_form_is_made_where_it_is_asked_for_and_is_enough_elsewhere() {
    use ManifestForm::{Current, Legacy};
    let ours = stage::Signer::new("ours");
    for (there, asked, work) in [
        (Current, Current, Work::Found),
        (Legacy, Legacy, Work::Found),
        (Current, Legacy, Work::Made),
        (Legacy, Current, Work::Found),
    ] {
        let (first, second) = (Order { form: there, ..ours.order() }, Order { form: asked, ..ours.order() });
        assert_eq!(after(&first, &second).await, work, "{there:?} {asked:?}");
    }
}

#[tokio::test]
async fn who_forces_signs_again_without_a_look_at_what_is_there() {
    let stage = Stage::new().await;
    let there = stage.sign(&stage.ours).await;
    let order = Order { existing: Existing::SignAgain, ..stage.ours.order() };
    assert_eq!(done(&stage, &order).await, Work::Made);
    assert!(!stage.fake.lines().contains(&format!("GET /v2/app/manifests/{}", there.digest)));
    assert_eq!(stage.listed().await.len(), 2);
}

#[tokio::test]
async fn a_claim_of_our_thumbprint_is_not_our_signature() {
    let stage = Stage::new().await;
    let ours = stage.sign(&stage.ours).await;
    let mut foreign = stage.sign(&stage.stranger).await;
    foreign.annotations = ours.annotations.clone();
    stage.behave(std::slice::from_ref(&foreign), &[]);
    // The listing of this registry does not show what is pushed, which is reported after the push.
    stage.fake.with(|state| state.log.clear());
    let signed = stage.order(&stage.ours.order()).await;
    assert!(!matches!(signed, Ok(Signed { work: Work::Found, .. })));
    assert!(!writes(&stage).is_empty());

    // With ours behind it, ours is found.
    stage.behave(&[foreign, ours.clone()], &[]);
    assert_eq!(stage.order(&stage.ours.order()).await.unwrap().signature_manifest, ours.digest);
}

#[tokio::test]
async fn a_signature_by_another_certificate_of_the_same_authority_is_not_ours_whatever_it_claims() {
    let (ours, sibling) = stage::Signer::siblings();
    let stage = Stage { ours, stranger: sibling, ..Stage::new().await };
    let theirs = stage.sign(&stage.stranger).await;
    let mut manifest = stage.manifest(&theirs);
    let fingerprints: Vec<_> = stage.ours.key.chain().certificates().iter().map(|one| one.fingerprint()).collect();
    manifest["annotations"][THUMBPRINTS] = json!(json!(fingerprints).to_string());
    stage.fake.with(|state| state.manifests.remove(theirs.digest.as_str()));
    stage.store(&manifest);
    assert_eq!(stage.listed().await.len(), 1);
    assert_eq!(done(&stage, &stage.ours.order()).await, Work::Made);
    assert_eq!(done(&stage, &stage.ours.order()).await, Work::Found);
}

#[tokio::test]
async fn our_signature_of_another_image_is_not_enough_for_this_one() {
    let mut stage = Stage::new().await;
    let other = stage::image(&stage.fake, "v2");
    let image = std::mem::replace(&mut stage.image, other);
    let listed = stage.sign(&stage.ours).await;
    let mut manifest = stage.manifest(&listed);
    stage.image = image;
    manifest["subject"] = json!(stage.image.plain());
    stage.store(&manifest);
    assert_eq!(stage.listed().await.len(), 1);
    assert_eq!(done(&stage, &stage.ours.order()).await, Work::Made);
}

/// Runs an order where the existing signature cannot be fetched.
async fn despite(spoil: impl Fn(&Stage, &Descriptor)) -> Work {
    let stage = Stage::new().await;
    let there = stage.sign(&stage.ours).await;
    spoil(&stage, &there);
    done(&stage, &stage.ours.order()).await
}

#[tokio::test]
async fn what_cannot_be_fetched_or_read_is_not_enough() {
    for reply in [Reply::error(403, "DENIED"), Reply::error(404, "X"), Reply::error(500, "X"), Reply::dropped()] {
        let manifest = |stage: &Stage, there: &Descriptor| {
            stage.fake.spoil(&format!("GET /v2/app/manifests/{}", there.digest), usize::MAX, reply.clone());
        };
        let envelope = |stage: &Stage, there: &Descriptor| {
            let digest = stage.manifest(there)["layers"][0]["digest"].as_str().unwrap().to_owned();
            stage.fake.spoil(&format!("GET /v2/app/blobs/{digest}"), usize::MAX, reply.clone());
        };
        assert_eq!(despite(manifest).await, Work::Made, "{reply:?}");
        assert_eq!(despite(envelope).await, Work::Made, "{reply:?}");
    }
    let half = Reply { body: Body::Half("{}".into()), ..Reply::new(200) };
    let cut = |stage: &Stage, there: &Descriptor| {
        stage.fake.spoil(&format!("GET /v2/app/manifests/{}", there.digest), usize::MAX, half.clone());
    };
    assert_eq!(despite(cut).await, Work::Made);
}

#[tokio::test]
async fn a_signature_is_found_whether_or_not_the_listing_says_whose_it_is() {
    let stage = Stage::new().await;
    let there = stage.sign(&stage.ours).await;
    let mut manifest = stage.manifest(&there);
    manifest["annotations"].as_object_mut().unwrap().remove(THUMBPRINTS);
    let stored = stage.fake.with(|state| state.manifests.remove(there.digest.as_str())).unwrap();
    let silent = stage.store(&manifest);
    assert_eq!(done(&stage, &stage.ours.order()).await, Work::Found);
    assert_eq!(done(&stage, &stage.stranger.order()).await, Work::Made);
    // Registries that repeat no annotations, name the configuration's type or none, or another size.
    for (size, artifact_type) in
        [(silent.size, Some(media_type::EMPTY)), (1, None), (1 << 40, Some(media_type::SIGNATURE))]
    {
        let artifact_type = artifact_type.map(str::to_owned);
        let listed = Descriptor { size, artifact_type, annotations: Default::default(), ..there.clone() };
        stage.fake.with(|state| state.manifests.insert(there.digest.to_string(), stored.clone()));
        stage.behave(&[listed], &[]);
        assert_eq!(done(&stage, &stage.ours.order()).await, Work::Found);
    }
}
