//! ECR Public is read without a login, until it refuses that: its quota for it is small.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::super::credentials::{Credential, CredentialSource};
use super::super::server::{Fake, Reply, Seen};
use super::super::{Credentials, Kind, RegistryError, Target};
use super::{Access, remote_with};
use crate::aws::facts::{AwsError, AwsErrorKind, EcrHost, Operation};

/// What a registry and its token service say to those without a login.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    /// The registry answers with this status to the token that anybody gets.
    Registry(u16),
    /// There is no such token: the token service answers with this status.
    TokenService(u16),
}

const REFUSALS: [Refusal; 4] =
    [Refusal::Registry(429), Refusal::Registry(401), Refusal::TokenService(429), Refusal::TokenService(401)];

/// A registry that stands for ECR Public, and its token service.
struct Public {
    registry: Fake,
    service: Fake,
}

impl Public {
    async fn start(refusal: Refusal) -> Self {
        let (registry, service) = (Fake::start().await, Fake::start().await);
        registry.put_image("v1");
        let login = format!("Basic {}", STANDARD.encode("AWS:geheim"));
        service.hook(move |seen| {
            let token = match (seen.header("authorization"), refusal) {
                (Some(header), _) if header == login => "of-login",
                (None, Refusal::Registry(_)) => "of-anybody",
                (None, Refusal::TokenService(status)) => return Some(Reply::error(status, "TOOMANYREQUESTS")),
                _ => return Some(Reply::error(401, "UNAUTHORIZED")),
            };
            Some(Reply::json(200, &json!({"token": token, "expires_in": 300})))
        });
        let challenge = format!(r#"Bearer realm="http://{}/token",service="public",scope="aws""#, service.host());
        registry.hook(move |seen: &Seen| match (seen.header("authorization"), refusal) {
            (Some("Bearer of-login"), _) => None,
            (Some("Bearer of-anybody"), Refusal::Registry(429)) => Some(Reply::error(429, "TOOMANYREQUESTS")),
            _ => Some(Reply::error(401, "UNAUTHORIZED").header("www-authenticate", challenge.clone())),
        });
        Self { registry, service }
    }

    fn credentials(&self, login: Result<Credential, AwsError>) -> Credentials {
        Credentials::none().with_public_standin(self.registry.host(), login)
    }

    /// What the token service was shown, in order.
    fn shown(&self) -> Vec<&'static str> {
        let log = self.service.log();
        log.iter().map(|seen| if seen.header("authorization").is_some() { "login" } else { "nothing" }).collect()
    }
}

fn login() -> Result<Credential, AwsError> {
    Ok(Credential::Password { username: "AWS".to_owned(), password: "geheim".into() })
}

fn failed(kind: AwsErrorKind) -> Result<Credential, AwsError> {
    Err(AwsError::new(Operation::ECR_PUBLIC_LOGIN, kind, "no"))
}

#[tokio::test]
async fn what_it_refuses_without_a_login_is_asked_again_with_one() {
    for refusal in REFUSALS {
        let public = Public::start(refusal).await;
        let repository = remote_with(&public.registry, public.credentials(login()), Access::Pull);
        repository.resolve(Target::Tag("v1")).await.unwrap_or_else(|error| panic!("{refusal:?}: {error}"));
        assert_eq!(public.shown(), ["nothing", "login"], "{refusal:?}: no more is asked than has to be");
        repository.resolve(Target::Tag("v1")).await.unwrap();
        assert_eq!(public.shown().len(), 2, "{refusal:?}: the token is kept");
    }
}

#[tokio::test]
async fn who_has_no_aws_credentials_gets_the_registrys_own_answer() {
    for refusal in REFUSALS {
        for login in [failed(AwsErrorKind::NoCredentials), login()] {
            let public = Public::start(refusal).await;
            // With another registry's login it is the same.
            let credentials = match login {
                Ok(login) => Credentials::none().with_public_standin("public.example".to_owned(), Ok(login)),
                login => public.credentials(login),
            };
            let repository = remote_with(&public.registry, credentials, Access::Pull);
            let error = repository.resolve(Target::Tag("v1")).await.unwrap_err();
            let expected = match refusal {
                Refusal::Registry(429) | Refusal::TokenService(429) => Kind::Unavailable,
                _ => Kind::Denied,
            };
            assert_eq!(error.kind(), expected, "{refusal:?}: {error}");
            assert!(!matches!(error, RegistryError::Login { .. }), "{refusal:?}: {error}");
            assert!(public.shown().iter().all(|shown| *shown == "nothing"), "{refusal:?}");
        }
    }
}

#[tokio::test]
async fn a_login_that_fails_is_told_where_nothing_else_can_help() {
    let public = Public::start(Refusal::Registry(401)).await;
    let credentials = public.credentials(failed(AwsErrorKind::Denied));
    let error = remote_with(&public.registry, credentials, Access::Pull).resolve(Target::Tag("v1")).await.unwrap_err();
    assert!(matches!(&error, RegistryError::Login { source, .. } if source.kind == AwsErrorKind::Denied), "{error}");
    // Of a quota there is more after a while.
    let public = Public::start(Refusal::Registry(429)).await;
    let credentials = public.credentials(failed(AwsErrorKind::Denied));
    let error = remote_with(&public.registry, credentials, Access::Pull).resolve(Target::Tag("v1")).await.unwrap_err();
    assert!(matches!(error, RegistryError::Busy { .. }), "{error}");
}

#[tokio::test]
async fn once_it_has_refused_the_run_reads_it_with_the_login() {
    let public = Public::start(Refusal::Registry(429)).await;
    let registries = super::registries(public.credentials(login()));
    for (repository, shown) in [("app", &["nothing", "login"][..]), ("other", &["nothing", "login", "login"])] {
        let reference = format!("{}/{repository}:v1", public.registry.host());
        let reference = crate::reference::Reference::parse(&reference).unwrap();
        let source = registries.open(&reference, Access::Pull).unwrap();
        // Only `app` is there; what it is authorized with is the same.
        drop(source.resolve(&reference).await);
        assert_eq!(public.shown(), shown, "{repository}");
        let credential = source.authorization().map(|authorization| authorization.credential);
        assert_eq!(credential, Some(CredentialSource::Ecr(EcrHost::Public)), "{repository}");
    }
}
