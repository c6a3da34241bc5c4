//! Requests whose answer is lost, late, or refused for now: each kind of them, once and for ever.

use std::time::Duration;

use notary::descriptor::media_type;
use notary::digest::Digest;
use notary::limits::{ENVELOPE_BYTES, MANIFEST_BYTES};
use notary::signature_manifest::THUMBPRINTS;

use super::super::server::{Api, Body, Fake, Reply, signature};
use super::super::settings::Timeouts;
use super::super::{Credentials, Kind, Purpose, PushError, Registries, RegistryError, Settings, Source, Target};
use super::{Access, reference, remote, settings, source};
use crate::reference::Reference;

/// Every kind of request, in the order of a signing.
const KINDS: [&str; 9] = [
    "GET /v2/app/manifests/v1",
    "GET /v2/app/referrers/",
    "POST /v2/app/blobs/uploads/",
    "PUT /v2/app/blobs/uploads/",
    "PUT /v2/app/manifests/sha256:",
    "GET /v2/app/manifests/sha256:",
    "GET /v2/app/blobs/",
    "GET /v2/app/manifests/sha256-",
    TAG_INDEX_PUSH,
];

/// The one kind that a registry with the referrers API does not see.
const TAG_INDEX_PUSH: &str = "PUT /v2/app/manifests/sha256-";

/// A registry that fails requests of a kind.
async fn failing(kind: &str, count: usize, fault: Reply) -> Fake {
    let fake = Fake::start().await;
    fake.put_image("v1");
    if kind == TAG_INDEX_PUSH {
        fake.with(|state| state.api = Api::Off);
    }
    fake.spoil(kind, count, fault);
    fake
}

/// Signs and looks at the result: makes every kind of request.
async fn sign(fake: &Fake) -> Result<(), RegistryError> {
    let registries = Registries::new(settings(), Credentials::none());
    let source = source(fake, &registries, Access::PullPush);
    let resolved = source.resolve(&reference(fake, ":v1")).await?;
    let push = signature(&resolved.descriptor, "a");
    source.signatures(&resolved.descriptor.digest).await?;
    let prepared = source.prepare().await?;
    source.push_signature(prepared, &push).await.map_err(PushError::into_inner)?;
    let listing = source.signatures(&resolved.descriptor.digest).await?;
    assert_eq!(listing.descriptors.len(), 1);
    source.fetch(&push.manifest.0, MANIFEST_BYTES).await?;
    source.fetch(&push.envelope.0, ENVELOPE_BYTES).await?;
    Ok(())
}

fn faults() -> Vec<(&'static str, Reply)> {
    let whole = Reply::new(200).body("application/json", "{}");
    vec![
        ("dropped", Reply::dropped()),
        ("half", whole.half()),
        ("500", Reply::error(500, "UNKNOWN")),
        ("502", Reply::new(502)),
        ("503", Reply::new(503).header("retry-after", "0")),
        ("504", Reply::new(504)),
        ("408", Reply::new(408)),
        ("403 that says when to come back", Reply::error(403, "DENIED").header("retry-after", "0")),
        ("429", Reply::error(429, "TOOMANYREQUESTS").header("retry-after", "0")),
    ]
}

#[tokio::test]
async fn every_kind_of_request_survives_two_faults() {
    for kind in KINDS {
        for (name, fault) in faults() {
            let fake = failing(kind, 2, fault).await;
            sign(&fake).await.unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
        }
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_unavailable_and_says_how_often_it_was_tried() {
    for kind in KINDS {
        for (name, fault) in faults() {
            let fake = failing(kind, usize::MAX, fault).await;
            let error = sign(&fake).await.expect_err(kind);
            assert_eq!(error.kind(), Kind::Unavailable, "{kind} {name}: {error}");
            let attempts = match error {
                RegistryError::Busy { attempts, .. } | RegistryError::Connection { attempts, .. } => attempts,
                other => panic!("{kind} {name}: {other}"),
            };
            assert_eq!(attempts, 4, "{kind} {name}");
        }
    }
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_not_sent_twice() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let push = signature(&image, "a");
    let (descriptor, content) = push.envelope.clone();
    // The registry took the blob and ended the session, but its answer got lost.
    let (state, mut first) = (push.envelope.clone(), true);
    let shared = fake.state.clone();
    fake.hook(move |seen| {
        if !seen.line().starts_with("PUT /v2/app/blobs/uploads/") {
            return None;
        }
        let lost = std::mem::take(&mut first);
        Some(if lost { Reply::dropped() } else { Reply::error(404, "BLOB_UPLOAD_UNKNOWN") })
    });
    shared.lock().unwrap().blobs.insert(state.0.digest.to_string(), state.1);
    let repository = remote(&fake);
    let upload = repository.open_upload().await.unwrap();
    repository.push_blob(Some(upload), &descriptor, &content).await.unwrap();
    let lines = fake.lines();
    assert_eq!(lines.iter().filter(|line| line.starts_with("POST")).count(), 1, "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("HEAD")).count(), 1, "{lines:?}");
}

#[tokio::test]
async fn a_lost_upload_session_is_opened_anew_but_not_for_ever() {
    let fake = Fake::start().await;
    let push = signature(&fake.put_image("v1"), "a");
    fake.spoil("PUT /v2/app/blobs/uploads/", 1, Reply::error(404, "BLOB_UPLOAD_UNKNOWN"));
    remote(&fake).push_blob(None, &push.envelope.0, &push.envelope.1).await.unwrap();
    fake.spoil("PUT /v2/app/blobs/uploads/", usize::MAX, Reply::error(404, "BLOB_UPLOAD_UNKNOWN"));
    let repository = remote(&fake);
    let error = repository.push_blob(None, &push.config.0, &push.config.1).await.unwrap_err();
    assert!(matches!(error, RegistryError::Answered(_)), "{error}");
    assert_eq!(repository.meter().requests(), 9);
}

#[tokio::test]
async fn a_retry_after_beyond_the_budget_ends_the_attempts() {
    let fake = Fake::start().await;
    fake.hook(|_| Some(Reply::error(429, "TOOMANYREQUESTS").header("retry-after", "3600")));
    let error = remote(&fake).resolve(Target::Tag("v1")).await.unwrap_err();
    let RegistryError::Busy { attempts: 1, retry_after, answer } = error else { panic!("{error}") };
    assert_eq!(retry_after, Some(Duration::from_secs(3600)));
    assert_eq!((answer.status, answer.code.as_deref()), (429, Some("TOOMANYREQUESTS")));
}

#[tokio::test]
async fn a_retry_after_within_the_budget_is_waited_for() {
    let fake = Fake::start().await;
    fake.put_image("v1");
    fake.spoil("GET", 1, Reply::error(429, "TOOMANYREQUESTS").header("retry-after", "1"));
    let mut settings = settings();
    settings.retries.budget = Duration::from_secs(60);
    let registries = Registries::new(settings, Credentials::none());
    let begin = std::time::Instant::now();
    source(&fake, &registries, Access::Pull).resolve(&reference(&fake, ":v1")).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let fake = Fake::start().await;
    fake.hook(|_| Some(Reply { body: Body::Silence, ..Reply::new(200) }));
    let mut quick = settings();
    quick.retries.attempts = 1;
    for timeouts in [
        Timeouts { progress: Duration::from_millis(50), ..quick.timeouts },
        Timeouts { request: Duration::from_millis(50), ..quick.timeouts },
    ] {
        let registries = Registries::new(Settings { timeouts, ..quick.clone() }, Credentials::none());
        let error = source(&fake, &registries, Access::Pull).resolve(&reference(&fake, ":v1")).await.unwrap_err();
        assert!(matches!(error, RegistryError::Connection { attempts: 2, .. }), "{error}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let registries = Registries::new(settings(), Credentials::none());
    let reference = Reference::parse(&format!("127.0.0.1:{port}/app:v1")).unwrap();
    let error = registries.open(&reference, Access::Pull).unwrap().resolve(&reference).await.unwrap_err();
    assert!(matches!(error, RegistryError::Connection { attempts: 4, .. }), "{error}");
}

#[tokio::test]
async fn plain_http_is_never_a_fallback() {
    let fake = Fake::start().await;
    fake.put_image("v1");
    let settings = Settings { loopback: super::super::LoopbackScheme::Tls, ..settings() };
    let registries = Registries::new(settings, Credentials::none());
    let error = source(&fake, &registries, Access::Pull).resolve(&reference(&fake, ":v1")).await.unwrap_err();
    assert!(matches!(error, RegistryError::Tls { .. } | RegistryError::Connection { .. }), "{error}");
    let spoken: Vec<_> = fake.lines().into_iter().filter(|line| line.contains("/v2/")).collect();
    assert_eq!(spoken, Vec::<String>::new());
}

#[tokio::test]
async fn the_log_counts_every_request_and_the_rounds_of_each_flow() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    let registries = Registries::new(settings(), Credentials::none());
    let source = source(&fake, &registries, Access::PullPush);
    let push = signature(&image, "a");
    let by_digest = super::at(&fake, &image);

    // Sign an unsigned image: at most five rounds.
    let prepare = async {
        source.resolve(&by_digest).await.unwrap();
        source.prepare().await
    };
    let (listing, prepared) = tokio::join!(source.signatures(&image.digest), prepare);
    assert!(listing.unwrap().proves_unsigned());
    source.push_signature(prepared.unwrap(), &push).await.unwrap();
    assert_eq!(registries.meter().rounds(), 5);
    assert_eq!(registries.meter().requests(), 12);

    // Verify by digest: three rounds, two where the envelope is known from the listing.
    for (hinted, rounds) in [(false, 3), (true, 2)] {
        let registries = Registries::new(settings(), Credentials::none());
        let source = super::source(&fake, &registries, Access::Pull);
        let (resolved, listing) = tokio::join!(source.resolve(&by_digest), source.signatures(&image.digest));
        let (resolved, listing) = (resolved.unwrap(), listing.unwrap());
        assert_eq!(resolved.descriptor, image);
        let listed = &listing.descriptors[0];
        assert_eq!(listed.annotations[THUMBPRINTS], "a");
        let manifest = source.fetch(listed, MANIFEST_BYTES);
        let envelope = source.fetch(&push.envelope.0, ENVELOPE_BYTES);
        if hinted {
            let (manifest, envelope) = tokio::join!(manifest, envelope);
            manifest.unwrap();
            envelope.unwrap();
        } else {
            manifest.await.unwrap();
            envelope.await.unwrap();
        }
        assert_eq!((registries.meter().rounds(), registries.meter().requests()), (rounds, 4));
    }
    let purposes: Vec<_> = registries.meter().entries().iter().map(|entry| entry.purpose).collect();
    for purpose in [Purpose::Manifest, Purpose::Referrers, Purpose::UploadStart, Purpose::Upload] {
        assert!(purposes.contains(&purpose), "{purpose:?}");
    }
    assert!(matches!(source, Source::Remote(_)));
    let received = registries.meter().received();
    assert!(received > image.size && received < 10_000, "{received}");
    assert_eq!(listing_media_types(&fake), [media_type::IMAGE_MANIFEST]);
    assert_ne!(image.digest, Digest::sha256(b""));
}

fn listing_media_types(fake: &Fake) -> Vec<String> {
    let mut types: Vec<_> =
        fake.with(|state| state.manifests.values().map(|(media_type, _)| media_type.clone()).collect());
    types.sort();
    types.dedup();
    types
}
