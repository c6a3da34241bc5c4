//! The login to Amazon ECR with the credentials of the job.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary::json::{self, JsonError, Object};
use serde_json::Map;

use super::client::Aws;
use super::facts::ecr::EcrHost;
use super::facts::error::{AwsError, AwsErrorKind};
use super::json_service::{Address, JsonService, NO_INPUT};
use super::logins::Login;

/// The service of private registries.
const PRIVATE: JsonService =
    JsonService { api: "ecr", signing_name: "ecr", target: "AmazonEC2ContainerRegistry_V20150921" };

/// The service of ECR Public.
const PUBLIC: JsonService =
    JsonService { api: "ecrpublic", signing_name: "ecr-public", target: "SpencerFrontendService" };

/// The member of an answer that holds what is asked for.
const DATA: &str = "authorizationData";

/// The member in it that is the token.
const TOKEN: &str = "authorizationToken";

impl Aws {
    /// Logs in to a registry with the credentials of the job. The token is kept for the run: it lives for hours.
    ///
    /// # Errors
    /// [`AwsError`]. A failure is kept too: many images do not ask for the same thing in vain.
    pub(crate) async fn ecr_login(&self, host: &EcrHost) -> Result<Login, AwsError> {
        let login = Arc::clone(self.inner.logins.0.lock().await.entry(host.clone()).or_default());
        login.get_or_init(|| self.log_in(host)).await.clone()
    }

    async fn log_in(&self, host: &EcrHost) -> Result<Login, AwsError> {
        let token = self.token(host).await?;
        let malformed = |fact: &str| AwsError::new(host.login_operation(), AwsErrorKind::Malformed, fact);
        read_token(&token.ok_or_else(|| malformed("the answer contains no token"))?)
            .ok_or_else(|| malformed("the token is not base64 of a user name and a password"))
    }

    async fn token(&self, host: &EcrHost) -> Result<Option<String>, AwsError> {
        let config = self.config(host.region()).await?;
        let settings = &self.inner.settings;
        let (service, read): (_, fn(&[u8]) -> _) = match host {
            EcrHost::Private(_) => (&PRIVATE, private_token),
            EcrHost::Public => (&PUBLIC, public_token),
        };
        // An address that was asked for by its name is asked at that kind of address; others follow AWS_USE_… .
        let (fips, dual_stack) = match host {
            EcrHost::Private(registry) => {
                (settings.fips || registry.is_fips(), settings.dual_stack || registry.is_dual_stack())
            }
            EcrHost::Public => (settings.fips, settings.dual_stack),
        };
        let named = settings.endpoints.by_service.get(host.service_id());
        let address = Address::new(named, fips, dual_stack, || host.login_url(fips, dual_stack));
        let ask = || async {
            let asked = service.ask(&config, address.clone(), "GetAuthorizationToken", NO_INPUT.to_owned(), read).await;
            asked.map_err(|error| AwsError::of_signed(host.login_operation(), &error, &self.inner.clock))
        };
        self.inner.patience.wait_out(ask).await
    }
}

/// The token of an answer of a private registry: the first of a list, as all of a region are the same. Nothing where the answer is not
/// what the service documents; nothing in it where it holds none.
fn private_token(answer: &[u8]) -> Option<Option<String>> {
    with_members(answer, |members| {
        let list = members.objects(DATA, &[TOKEN])?;
        let first = list.as_deref().and_then(<[_]>::first);
        first.map_or(Ok(None), |data| data.text(TOKEN))
    })
}

/// The token of an answer of ECR Public, in which there is one object.
fn public_token(answer: &[u8]) -> Option<Option<String>> {
    with_members(answer, |members| {
        let data = members.object(DATA, &[TOKEN])?;
        data.map_or(Ok(None), |data| data.text(TOKEN))
    })
}

/// Reads an answer, of which nothing is the same as an object without members.
fn with_members(
    answer: &[u8],
    read: impl for<'a> FnOnce(Object<'a>) -> Result<Option<&'a str>, JsonError>,
) -> Option<Option<String>> {
    let members = if answer.is_empty() { Map::new() } else { json::parse_object(answer).ok()? };
    let token = Object::new(&members, &[DATA]).and_then(read).ok()?;
    Some(token.map(str::to_owned))
}

/// User name and password of a token: split at the first colon, as a password may hold more.
fn read_token(token: &str) -> Option<Login> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    let usable = |part: &str| !part.is_empty() && !part.contains(char::is_control);
    (usable(username) && usable(password)).then(|| Login { username: username.to_owned(), password: password.into() })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_token_is_a_user_and_a_password() {
        let read = |text: &str| read_token(&STANDARD.encode(text));
        let login = read("AWS:a:b").unwrap();
        assert_eq!((login.username.as_str(), login.password.expose_secret()), ("AWS", "a:b"));
        for text in ["AWS", ":b", "AWS:", "AWS:a\r\nX: y"] {
            assert!(read(text).is_none(), "{text:?}");
        }
        assert!(read_token("***").is_none());
    }

    #[test]
    fn the_token_is_found_in_answers_of_both_kinds() {
        let some = || Some(Some("QVdTOng=".to_owned()));
        for (answer, private, public) in [
            (r#"{"authorizationData": [{"authorizationToken": "QVdTOng=", "expiresAt": 1.5e9}, {}]}"#, some(), None),
            (r#"{"authorizationData": {"authorizationToken": "QVdTOng="}}"#, None, some()),
            (r#"{"authorizationData": []}"#, Some(None), None),
            (r#"{"authorizationData": [{}]}"#, Some(None), None),
            (r#"{"authorizationData": {}}"#, None, Some(None)),
            (r#"{"authorizationData": null}"#, Some(None), Some(None)),
            ("{}", Some(None), Some(None)),
            ("", Some(None), Some(None)),
            (r#"{"authorizationData": "QVdTOng="}"#, None, None),
            (r#"{"authorizationData": {}, "authorizationData": []}"#, None, None),
            ("[]", None, None),
            ("<html>", None, None),
        ] {
            assert_eq!(private_token(answer.as_bytes()), private, "{answer}");
            assert_eq!(public_token(answer.as_bytes()), public, "{answer}");
        }
    }
}
