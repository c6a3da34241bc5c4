//! Access, and where credentials go: tokens, basic authorization, and hosts that ask for others' credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary::descriptor::{Descriptor, media_type};
use notary::limits::ENVELOPE_BYTES;
use serde_json::json;

use super::super::credentials::{CredentialSource, GivenCredential};
use super::super::server::{Fake, Reply, Seen, signature};
use super::super::{Credentials, Kind, Purpose, RegistryError, Target};
use super::{Access, at, registries, remote, remote_with, source};
use crate::env::Env;

const PASSWORD: &str = "correct horse";

fn given(fake: &Fake, username: &str, password: &str) -> Credentials {
    let given = GivenCredential {
        host: fake.host(),
        username: username.into(),
        password: password.to_owned().into(),
        origin: "--username".into(),
    };
    Credentials::new(vec![given], &Env::default(), Duration::ZERO)
}

fn basic(password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("user:{password}")))
}

/// Demands this header of every request below `/v2/`, or else challenges as given.
fn demand(fake: &Fake, header: String, challenge: String) {
    fake.hook(move |seen| {
        let right = !seen.path.starts_with("/v2/") || seen.header("authorization") == Some(&header);
        (!right).then(|| Reply::error(401, "UNAUTHORIZED").header("www-authenticate", challenge.clone()))
    });
}

/// A token service at `service` and a registry that takes its tokens. Tokens are `t1`, `t2`, …, of which `valid` says
/// which are good.
fn token_registry(fake: &Fake, service: &Fake, valid: impl Fn(usize) -> bool + Send + 'static) {
    let mut count = 0;
    service.hook(move |seen| {
        (seen.path == "/token").then(|| {
            count += 1;
            Reply::json(200, &json!({"token": format!("t{count}"), "expires_in": 300}))
        })
    });
    let realm = format!("http://{}/token", service.host());
    let registry = move |seen: &Seen| {
        let number = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer t")?.parse().ok());
        let right = number.is_some_and(&valid);
        let challenge = format!(r#"Bearer realm="{realm}",service="reg",scope="repository:app:pull""#);
        (!right).then(|| Reply::error(401, "UNAUTHORIZED").header("www-authenticate", challenge))
    };
    fake.hook(registry);
}

fn tokens(service: &Fake) -> Vec<Seen> {
    service.log().into_iter().filter(|seen| seen.path == "/token").collect()
}

#[tokio::test]
async fn basic_authorization_is_sent_once_it_was_asked_for() {
    let fake = Fake::start().await;
    let image = fake.put_image("v1");
    demand(&fake, basic(PASSWORD), r#"Basic realm="r""#.into());
    let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull);
    repository.resolve(Target::Tag("v1")).await.unwrap();
    repository.referrers(&image.digest, media_type::SIGNATURE).await.unwrap();
    // One 401, then each request at once.
    assert_eq!(repository.meter().requests(), 5);
    assert_eq!(fake.log().iter().filter(|seen| seen.header("authorization").is_none()).count(), 1);
    assert_eq!(repository.meter().rounds(), 3);
}

#[tokio::test]
async fn a_wrong_or_missing_credential_is_denied_and_named_by_its_origin() {
    let fake = Fake::start().await;
    fake.put_image("v1");
    demand(&fake, basic(PASSWORD), r#"Basic realm="r""#.into());
    let error = remote_with(&fake, given(&fake, "user", "wrong"), Access::Pull).resolve(Target::Tag("v1")).await;
    let Err(RegistryError::Denied { credential: CredentialSource::Given(name), answer }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((name.as_str(), answer.status), ("--username", 401));
    assert_eq!(fake.log().len(), 2);
    let error = remote(&fake).resolve(Target::Tag("v1")).await;
    assert!(matches!(error, Err(RegistryError::Denied { credential: CredentialSource::Anonymous, .. })));
    assert_eq!(fake.log().len(), 3);
}

#[tokio::test]
async fn a_credential_that_was_refused_is_not_tried_for_every_image() {
    let fake = Fake::start().await;
    demand(&fake, basic(PASSWORD), r#"Basic realm="r""#.into());
    let repository = remote_with(&fake, given(&fake, "user", "wrong"), Access::Pull);
    for _ in 0..5 {
        let error = repository.resolve(Target::Tag("v1")).await.unwrap_err();
        assert!(matches!(error, RegistryError::Denied { credential: CredentialSource::Given(_), .. }), "{error}");
    }
    assert_eq!(fake.log().iter().filter(|seen| seen.header("authorization").is_some()).count(), 2);

    let (fake, service) = (Fake::start().await, Fake::start().await);
    token_registry(&fake, &service, |_| true);
    service.hook(|_| Some(Reply::json(401, &json!({"details": "incorrect username or password"}))));
    let repository = remote_with(&fake, given(&fake, "user", "wrong"), Access::Pull);
    let all = (0..8).map(|_| repository.resolve(Target::Tag("v1")));
    for resolved in futures_util::future::join_all(all).await {
        assert_eq!(resolved.unwrap_err().kind(), Kind::Denied);
    }
    assert_eq!(tokens(&service).len(), 1);
}

#[tokio::test]
async fn one_token_serves_the_whole_command() {
    let (fake, service) = (Fake::start().await, Fake::start().await);
    let image = fake.put_image("v1");
    token_registry(&fake, &service, |_| true);
    let registries = registries(given(&fake, "user", PASSWORD));
    let source = source(&fake, &registries, Access::PullPush);
    let reference = at(&fake, &image);
    let push = signature(&image, "a");
    let (resolved, listing) = tokio::join!(source.resolve(&reference), source.signatures(&image.digest));
    resolved.unwrap();
    listing.unwrap();
    let prepared = source.prepare().await.unwrap();
    source.push_signature(prepared, &push).await.unwrap();
    let asked = tokens(&service);
    assert_eq!(asked.len(), 1, "single flight");
    assert_eq!(asked[0].query["scope"], "repository:app:pull,push");
    assert_eq!(asked[0].query["service"], "reg");
    assert_eq!(asked[0].header("authorization"), Some(basic(PASSWORD).as_str()));
    // The password went to the token service, and only tokens to the registry.
    let sent: Vec<_> = fake.log().iter().filter_map(|seen| seen.header("authorization").map(str::to_owned)).collect();
    assert!(sent.iter().all(|value| value == "Bearer t1"), "{sent:?}");
    assert_eq!(registries.meter().rounds(), 6);
    assert_eq!(registries.meter().entries().iter().filter(|entry| entry.purpose == Purpose::Token).count(), 1);
}

#[tokio::test]
async fn a_token_that_expired_is_not_sent_again() {
    let (fake, service) = (Fake::start().await, Fake::start().await);
    fake.put_image("v1");
    token_registry(&fake, &service, |_| true);
    let mut count = 0;
    service.hook(move |_| {
        count += 1;
        Some(Reply::json(200, &json!({"token": format!("t{count}"), "expires_in": 0})))
    });
    let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull);
    for _ in 0..2 {
        repository.resolve(Target::Tag("v1")).await.unwrap();
    }
    let sent: Vec<_> = fake.log().iter().filter_map(|seen| seen.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, ["Bearer t1", "Bearer t2"]);
}

#[tokio::test]
async fn a_public_repository_needs_an_anonymous_token_for_reading_only() {
    let (fake, service) = (Fake::start().await, Fake::start().await);
    fake.put_image("v1");
    token_registry(&fake, &service, |_| true);
    remote_with(&fake, Credentials::none(), Access::Pull).resolve(Target::Tag("v1")).await.unwrap();
    let asked = tokens(&service);
    assert_eq!((asked.len(), asked[0].header("authorization")), (1, None));
    assert_eq!(asked[0].query["scope"], "repository:app:pull");
}

#[tokio::test]
async fn an_identity_token_is_exchanged_by_post() {
    let (fake, service) = (Fake::start().await, Fake::start().await);
    fake.put_image("v1");
    token_registry(&fake, &service, |_| true);
    service.hook(|_| Some(Reply::json(200, &json!({"access_token": "t7"}))));
    remote_with(&fake, given(&fake, "", "identity"), Access::Pull).resolve(Target::Tag("v1")).await.unwrap();
    let asked = tokens(&service);
    assert_eq!((asked[0].method.as_str(), asked[0].header("authorization")), ("POST", None));
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(&asked[0].body).into_owned().collect();
    assert_eq!(form["grant_type"], "refresh_token");
    assert_eq!(form["refresh_token"], "identity");
    assert_eq!(form["scope"], "repository:app:pull");
    assert!(asked[0].query.is_empty());
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once_and_then_denied() {
    let (fake, service) = (Fake::start().await, Fake::start().await);
    fake.put_image("v1");
    token_registry(&fake, &service, |number| number != 2);
    let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull);
    repository.resolve(Target::Tag("v1")).await.unwrap();
    // The registry forgets t1: t2 is refused, which is the end; the next request gets t3.
    token_registry(&fake, &Fake::start().await, |number| number > 2);
    let realm = format!("http://{}/token", service.host());
    fake.hook(move |seen| {
        let number =
            seen.header("authorization").and_then(|value| value.strip_prefix("Bearer t")?.parse::<usize>().ok());
        let challenge = format!(r#"Bearer realm="{realm}""#);
        let right = number.is_some_and(|number| number > 2);
        (!right).then(|| Reply::error(401, "UNAUTHORIZED").header("www-authenticate", challenge))
    });
    let error = repository.resolve(Target::Tag("v1")).await.unwrap_err();
    assert!(matches!(error, RegistryError::Denied { credential: CredentialSource::Given(_), .. }), "{error}");
    assert_eq!(tokens(&service).len(), 2);
    repository.resolve(Target::Tag("v1")).await.unwrap();
    assert_eq!(tokens(&service).len(), 3);
}

#[tokio::test]
async fn a_token_service_that_gives_none_is_named() {
    for (reply, kind) in [
        (Reply::json(401, &json!({"details": "incorrect username or password"})), Kind::Denied),
        (Reply::json(403, &json!({"error": "access_denied"})), Kind::Denied),
        (Reply::error(503, "BUSY").header("retry-after", "0"), Kind::Unavailable),
        (Reply::dropped(), Kind::Unavailable),
        (Reply::new(404), Kind::Invalid),
        (Reply::json(200, &json!({})), Kind::Invalid),
        (Reply::json(200, &json!({"token": ""})), Kind::Invalid),
        (Reply::json(200, &json!({"token": 1})), Kind::Invalid),
        (Reply::json(200, &json!({"token": "a\nb"})), Kind::Invalid),
        (Reply::new(200).body("application/json", "x".repeat(300_000)), Kind::Invalid),
    ] {
        let (fake, service) = (Fake::start().await, Fake::start().await);
        token_registry(&fake, &service, |_| true);
        let shown = format!("{reply:?}");
        service.hook(move |_| Some(reply.clone()));
        let error = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull)
            .resolve(Target::Tag("v1"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{shown:.200}: {error}");
        assert!(!format!("{error:?} {error}").contains(PASSWORD));
    }
}

#[tokio::test]
async fn a_realm_that_must_not_see_the_credential_is_not_asked() {
    let fake = Fake::start().await;
    for realm in [
        "http://evil.example/token",
        "http://127.0.0.1.evil.example/token",
        "ftp://127.0.0.1/token",
        "file:///token",
        "https://user:pw@evil.example/token",
        "/token",
        "",
        "not a url",
    ] {
        demand(&fake, "never".into(), format!(r#"Bearer realm="{realm}",service="s""#));
        let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull);
        let error = repository.resolve(Target::Tag("v1")).await.unwrap_err();
        assert!(matches!(error, RegistryError::Challenge { .. }), "{realm}: {error}");
        assert_eq!(repository.meter().requests(), 1, "{realm}");
    }
}

#[tokio::test]
async fn a_challenge_that_is_not_understood_leaves_the_refusal() {
    let fake = Fake::start().await;
    for challenge in ["Negotiate", r#"Bearer service="s""#, r#"Bearer realm="open"#, "Digest realm=\"x\""] {
        demand(&fake, "never".into(), challenge.into());
        let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull);
        let error = repository.resolve(Target::Tag("v1")).await.unwrap_err();
        assert!(matches!(error, RegistryError::Denied { .. }), "{challenge}: {error}");
        assert_eq!(repository.meter().requests(), 1);
    }
}

/// A blob that is kept elsewhere; the registry demands the password.
async fn redirected(to: &str, blob: &[u8]) -> (Fake, Descriptor) {
    let fake = Fake::start().await;
    let descriptor = Descriptor::of(media_type::JWS, blob);
    let (header, target) = (basic(PASSWORD), to.to_owned());
    fake.hook(move |seen| {
        if seen.header("authorization") != Some(&header) {
            return Some(Reply::error(401, "UNAUTHORIZED").header("www-authenticate", "Basic realm=x"));
        }
        Some(Reply::new(307).header("location", target.clone()))
    });
    (fake, descriptor)
}

#[tokio::test]
async fn no_credential_goes_along_a_redirect_to_another_host() {
    let store = Fake::start().await;
    let blob = b"an envelope";
    store.hook(|_| Some(Reply::new(200).body("application/octet-stream", blob.as_slice())));
    let (fake, descriptor) = redirected(&format!("http://{}/bucket?signature=s", store.host()), blob).await;
    let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull);
    assert_eq!(repository.fetch(&descriptor, ENVELOPE_BYTES).await.unwrap(), blob.as_slice());
    let arrived = store.log();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].header("authorization"), None);
    assert_eq!(arrived[0].query["signature"], "s");
    let urls: Vec<_> = repository.meter().entries().into_iter().map(|entry| entry.url).collect();
    assert!(urls.iter().all(|url| !url.contains("signature=")), "{urls:?}");

    // A store that asks for a credential gets none, and what is said of its refusal does not say so either.
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    for (refusal, words) in [
        (Reply::error(401, "UNAUTHORIZED").header("www-authenticate", "Basic realm=x"), "as the test wants"),
        (Reply::new(403).body("application/xml", expired), "AccessDenied \"Request has expired\""),
        (Reply::new(403), "answered 403"),
    ] {
        store.hook(move |_| Some(refusal.clone()));
        let error = repository.fetch(&descriptor, ENVELOPE_BYTES).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Denied, "registry-store-denied"));
        let told = error.to_string();
        assert!(
            told.contains(words) && told.contains(&format!("{} redirected there, and no credential", fake.host())),
            "{told}"
        );
        assert!(!told.contains("signature=") && error.answer().unwrap().host == store.host(), "{told}");
    }
    assert!(store.log().iter().all(|seen| seen.header("authorization").is_none()));
}

#[tokio::test]
async fn the_challenge_of_another_host_is_not_answered() {
    let (store, service) = (Fake::start().await, Fake::start().await);
    let realm = format!("Bearer realm=\"http://{}/token\"", service.host());
    store.hook(move |_| Some(Reply::error(401, "UNAUTHORIZED").header("www-authenticate", realm.clone())));
    let (fake, descriptor) = redirected(&format!("http://{}/bucket", store.host()), b"x").await;
    let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull);
    // The second time the session has an authorization, and the first 401 is that of the store.
    for requests in [1, 2] {
        let error = repository.fetch(&descriptor, ENVELOPE_BYTES).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        assert_eq!(error.answer().unwrap().host, store.host());
        assert!(service.log().is_empty(), "the password would have gone there");
        assert_eq!(store.log().len(), requests);
    }
}

#[tokio::test]
async fn a_token_service_may_stumble() {
    for fault in [Reply::dropped(), Reply::new(200).body("application/json", "{}").half(), Reply::new(503)] {
        let (fake, service) = (Fake::start().await, Fake::start().await);
        fake.put_image("v1");
        token_registry(&fake, &service, |_| true);
        let mut left = 2;
        service.hook(move |_| {
            left -= 1;
            Some(if left >= 0 { fault.clone() } else { Reply::json(200, &json!({"token": "t1"})) })
        });
        remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull).resolve(Target::Tag("v1")).await.unwrap();
        assert_eq!(tokens(&service).len(), 3);
    }
}

#[tokio::test]
async fn a_redirect_back_to_the_registry_gets_no_credential_either() {
    let store = Fake::start().await;
    let (fake, descriptor) = redirected(&format!("http://{}/bucket", store.host()), b"x").await;
    let back = format!("http://{}/v2/app/back", fake.host());
    store.hook(move |_| Some(Reply::new(302).header("location", back.clone())));
    let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull);
    let error = repository.fetch(&descriptor, ENVELOPE_BYTES).await.unwrap_err();
    assert!(matches!(error, RegistryError::StoreDenied { .. } | RegistryError::Hop { .. }), "{error}");
    let returned: Vec<_> = fake.log().into_iter().filter(|seen| seen.path == "/v2/app/back").collect();
    assert!(!returned.is_empty() && returned[0].header("authorization").is_none());
}

#[tokio::test]
async fn redirects_are_few_and_never_to_a_weaker_place() {
    for (location, requests) in [
        ("http://evil.example/x", 2),
        ("file:///etc/passwd", 2),
        ("http://user:pw@127.0.0.1:1/x", 2),
        ("/v2/app/blobs/again", 7),
    ] {
        let (fake, descriptor) = redirected(location, b"x").await;
        let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::Pull);
        let error = repository.fetch(&descriptor, ENVELOPE_BYTES).await.unwrap_err();
        assert!(matches!(error, RegistryError::Hop { .. }), "{location}: {error}");
        assert_eq!(repository.meter().requests(), requests, "{location}");
    }
}

#[tokio::test]
async fn an_upload_to_another_host_gets_no_credential() {
    let (fake, store) = (Fake::start().await, Fake::start().await);
    let location = format!("http://{}/v2/app/blobs/uploads/1?state=x", store.host());
    let header = basic(PASSWORD);
    fake.hook(move |seen| {
        Some(match seen.header("authorization") == Some(&header) {
            true => Reply::new(202).header("location", location.clone()),
            false => Reply::error(401, "UNAUTHORIZED").header("www-authenticate", "Basic realm=x"),
        })
    });
    let blob = bytes::Bytes::from_static(b"content");
    let repository = remote_with(&fake, given(&fake, "user", PASSWORD), Access::PullPush);
    repository.push_blob(None, &Descriptor::of("a/b", &blob), &blob).await.unwrap();
    assert_eq!(store.log().len(), 1);
    assert_eq!(store.log()[0].header("authorization"), None);
    // A store that asks for one anyway gets none.
    store.hook(|_| Some(Reply::error(401, "UNAUTHORIZED").header("www-authenticate", "Basic realm=x")));
    let error = repository.push_blob(None, &Descriptor::of("a/b", &blob), &blob).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(store.log().iter().all(|seen| seen.header("authorization").is_none()));
}

#[tokio::test]
async fn writes_are_not_redirected_to_another_host() {
    let (fake, other) = (Fake::start().await, Fake::start().await);
    for (status, location) in [(307, format!("http://{}/x", other.host())), (302, "/v2/app/x".to_owned())] {
        fake.hook(move |_| Some(Reply::new(status).header("location", location.clone())));
        let error = remote(&fake).open_upload().await.unwrap_err();
        assert!(matches!(error, RegistryError::Hop { .. }), "{status}: {error}");
    }
    assert!(other.log().is_empty());
}
