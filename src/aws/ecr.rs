//! The login to Amazon ECR with the credentials of the job.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary::reference::EcrRegistry;

use super::client::Aws;
use super::facts::ecr::{EcrHost, PUBLIC_REGION};
use super::facts::error::{AwsError, AwsErrorKind, Operation};
use super::logins::Login;

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
        let token = match host {
            EcrHost::Private(registry) => self.private_token(registry).await?,
            EcrHost::Public => self.public_token().await?,
        };
        let malformed = |fact: &str| AwsError::new(host.login_operation(), AwsErrorKind::Malformed, fact);
        read_token(&token.ok_or_else(|| malformed("the answer holds no token"))?)
            .ok_or_else(|| malformed("the token is not base64 of a user name and a password"))
    }

    async fn private_token(&self, registry: &EcrRegistry) -> Result<Option<String>, AwsError> {
        let config = self.config(registry.region()).await?;
        let mut builder = aws_sdk_ecr::config::Builder::from(&config);
        // An address that was asked for by its name is asked at that kind of address; others follow AWS_USE_… .
        if registry.is_fips() {
            builder = builder.use_fips(true);
        }
        if registry.is_dual_stack() {
            builder = builder.use_dual_stack(true);
        }
        let answer = aws_sdk_ecr::Client::from_conf(builder.build())
            .get_authorization_token()
            .send()
            .await
            .map_err(|error| AwsError::of(Operation::ECR_LOGIN, &error))?;
        Ok(answer.authorization_data().first().and_then(|data| data.authorization_token()).map(str::to_owned))
    }

    async fn public_token(&self) -> Result<Option<String>, AwsError> {
        let config = self.config(PUBLIC_REGION).await?;
        let answer = aws_sdk_ecrpublic::Client::new(&config)
            .get_authorization_token()
            .send()
            .await
            .map_err(|error| AwsError::of(Operation::ECR_PUBLIC_LOGIN, &error))?;
        Ok(answer.authorization_data().and_then(|data| data.authorization_token()).map(str::to_owned))
    }
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
}
