//! ECR Public is read without a login, so that this needs no AWS account. It allows little of it, to all together who have the same
//! address; what it refuses is answered with a login, where the job has AWS credentials.

use http::{HeaderValue, StatusCode};
use tokio::time::Instant;

use super::super::answer::Answer;
use super::super::auth::{self, Bearer};
use super::super::credentials::{CredentialSource, FoundCredential};
use super::super::error::RegistryError;
use super::super::http::Http;
use super::super::retry::Hurry;
use super::{Grant, Session};

impl Session {
    /// Whether the registry is read without a login, and a login could take its place.
    fn may_log_in(&self, source: &CredentialSource) -> bool {
        *source == CredentialSource::Anonymous
            && self.credentials.may_log_in_instead(&self.wanted, self.origin.scheme())
    }

    /// Logs in after `answer`, if it is a 401 or 429 of ECR Public to who reads it without a login. Nothing where the job has no AWS
    /// credentials, or the session has a login already: the answer then stands.
    ///
    /// # Errors
    /// [`RegistryError::Login`] after a 401 when the login failed, [`RegistryError::Token`] when the token service gives none for it.
    pub(in super::super) async fn log_in(
        &self,
        http: &Http,
        answer: &Answer,
        refused: Option<&Grant>,
    ) -> Result<Option<Grant>, RegistryError> {
        let is_refusal = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS);
        if !is_refusal || answer.origin != self.origin || !self.may_log_in(&self.credential()) {
            return Ok(None);
        }
        let _single = self.renewal.lock().await;
        let seen = refused.map_or(0, |grant| grant.generation);
        if let Some(newer) = self.grant().filter(|grant| grant.generation > seen) {
            return Ok(Some(newer));
        }
        // A 429 names no token service: it is that of the 401 before.
        let offered = auth::challenges(&answer.headers).into_iter().next();
        let Some(challenge) = offered.or_else(|| self.current().challenge.clone()) else { return Ok(None) };
        let Some(found) = self.login_instead(answer.status).await? else { return Ok(None) };
        self.authorize(http, &challenge, &found).await
    }

    /// A login after a refusal; nothing where there is none, or the refusal may pass by itself.
    async fn login_instead(&self, refusal: StatusCode) -> Result<Option<FoundCredential>, RegistryError> {
        match self.credentials.log_in_instead().await {
            // Of a quota there is more after a while.
            Err(error) if refusal == StatusCode::TOO_MANY_REQUESTS => {
                tracing::warn!(%error, "no login to ECR Public, which has had enough of requests without one");
                Ok(None)
            }
            found => found.map_err(|source| self.no_login(source)),
        }
    }

    /// A token; with a login, if the token service refuses ECR Public's to who has none and there is one.
    pub(super) async fn token_or_login(
        &self,
        http: &Http,
        bearer: &Bearer,
        found: &FoundCredential,
    ) -> Result<(HeaderValue, Option<Instant>), RegistryError> {
        if !self.may_log_in(&found.source) {
            return self.token(http, bearer, found, Hurry::No).await;
        }
        let error = match self.token(http, bearer, found, Hurry::WhenBusy).await {
            Err(error) => error,
            token => return token,
        };
        let Some(refusal) = refusal_of_quota(&error) else { return Err(error) };
        match self.login_instead(refusal).await? {
            Some(login) => {
                self.current().credential = login.source.clone();
                self.token(http, bearer, &login, Hurry::No).await
            }
            None if refusal == StatusCode::TOO_MANY_REQUESTS => self.token(http, bearer, found, Hurry::No).await,
            None => Err(error),
        }
    }
}

/// How a token service refuses those who have no login: at all, or because they have had too many tokens.
fn refusal_of_quota(error: &RegistryError) -> Option<StatusCode> {
    let RegistryError::Token { source, .. } = error else { return None };
    let (RegistryError::Denied { answer, .. } | RegistryError::Busy { answer, .. }) = source.as_ref() else {
        return None;
    };
    [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS].into_iter().find(|status| *status == answer.status)
}
