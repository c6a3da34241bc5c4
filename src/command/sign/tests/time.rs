//! A signature is judged, and made, when its turn comes.

use super::*;
use crate::verification::candidate;

const SECOND: Duration = Duration::from_secs(1);

/// When the only listed signature that is not `known` says that it was made.
async fn signing_time(stage: &Stage, signed: &Signed) -> Timestamp {
    let listed = stage.listed().await;
    let listed = listed.iter().find(|listed| listed.digest == signed.signature_manifest).unwrap();
    let source = stage.source();
    let fetched = candidate::fetch(&source, listed, &stage.image.digest).await.unwrap();
    let envelope = Envelope::new(&fetched.manifest.envelope.media_type, &fetched.envelope).verify().unwrap();
    envelope.signed_attributes().signing_time().timestamp()
}

#[tokio::test]
async fn a_signature_that_is_there_and_runs_out_while_the_registry_stalls_is_not_enough() {
    for (lifetime, work) in [(8 * SECOND, Work::Made), (300 * SECOND, Work::Found)] {
        let stage = Stage::new().await;
        let order = Order { lifetime: Some(lifetime), ..stage.ours.order() };
        assert_eq!(stage.order(&order).await.unwrap().work, Work::Made);
        stage.fake.delay("GET /v2/app/blobs/", 6 * SECOND);
        assert_eq!(stage.order(&order).await.unwrap().work, work, "{lifetime:?}");
    }
}

#[tokio::test]
async fn the_signing_time_is_that_of_the_signature_and_its_life_begins_with_it() {
    let stage = Stage::new().await;
    let order = Order { lifetime: Some(60 * SECOND), existing: Existing::SignAgain, ..stage.ours.order() };
    let first = stage.order(&order).await.unwrap();
    stage.fake.delay("GET /v2/app/manifests/sha256:", 6 * SECOND);
    let second = stage.order(&order).await.unwrap();
    assert_eq!(signing_time(&stage, &first).await, stage::now());
    assert!(signing_time(&stage, &second).await >= stage::now() + 6 * SECOND);
    assert!(second.expiry.unwrap() >= first.expiry.unwrap() + 6 * SECOND);
}

#[tokio::test]
async fn a_certificate_that_ends_while_the_registry_stalls_signs_nothing() {
    let stage = Stage::new().await;
    let ending = stage::Signer::ending(3 * SECOND);
    let order = ending.order();
    order.check().unwrap();
    stage.fake.delay("GET /v2/app/manifests/sha256:", 6 * SECOND);
    let error = stage.order(&order).await.unwrap_err();
    assert!(matches!(error, SigningError::Envelope(_)), "{error}");
    assert!(stage.listed().await.is_empty());
}

#[tokio::test]
async fn a_signature_is_accepted_until_it_expires_or_a_certificate_does() {
    for (lifetime, ends_with_certificate) in [(None, true), (Some(300 * SECOND), false), (Some(4000 * SECOND), true)] {
        let stage = Stage::new().await;
        let ours = stage::Signer::ending(3000 * SECOND);
        let order = Order { lifetime, ..ours.order() };
        let made = stage.order(&order).await.unwrap();
        let end = if ends_with_certificate { ours.key.expiring().not_after() } else { made.expiry.unwrap() };
        assert_eq!(made.accepted_until, Some(end), "{lifetime:?}");
        let kept = stage.order(&order).await.unwrap();
        assert_eq!((kept.work, format!("{:.0}", kept.accepted_until.unwrap())), (Work::Found, format!("{end:.0}")));
    }
}

#[test]
fn certificates_that_end_signatures_early_or_soon_are_told() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let now = stage::now();
    for (left, lifetime, expected) in [
        (20 * DAY, None, Some("certificate-ends-soon")),
        (20 * DAY, Some(7 * DAY), Some("certificate-ends-soon")),
        (20 * DAY, Some(90 * DAY), Some("certificate-ends-first")),
        (100 * DAY, Some(101 * DAY), Some("certificate-ends-first")),
        (100 * DAY, Some(99 * DAY), None),
        (100 * DAY, None, None),
        (31 * DAY, None, None),
    ] {
        let ours = stage::Signer::ending(left);
        let told = end_of_certificates(ours.key.expiring(), lifetime.map(|lifetime| now + lifetime), now);
        assert_eq!(told.as_ref().map(|told| told.code.as_str()), expected, "{left:?} {lifetime:?}");
        if let Some(told) = told {
            assert!(told.text.contains(&format!("{:.0}", ours.key.expiring().not_after())), "{}", told.text);
        }
    }
}
