//! What a command holds to authorize itself at one repository: a token, or user name and password.
//!
//! The first request goes out with nothing. A 401 says what is asked for; one token is then fetched with all that the
//! whole command needs, whichever of the concurrent requests comes first, and the others wait for it (distribution
//! specification, "Token authentication"; RFC 6750; OAuth2 POST of Docker's token service).

mod public;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use notary::json::{self, Object};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use url::Url;

use super::access::Access;
use super::answer::Answer;
use super::auth::{self, Bearer, Challenge};
use super::credentials::{Credential, CredentialSource, Credentials, FoundCredential, WantedCredential};
use super::error::{Kind, RegistryError};
use super::excerpt::excerpt;
use super::granted::{self, Authorized};
use super::http::{Authorization, Call, Http};
use super::limits;
use super::meter::Purpose;
use super::origin::{HostOrigin, may_have_credential, shown};
use super::retry::Hurry;
use crate::aws::facts::{AwsError, EcrHost};
use crate::secrets;

/// Lifetime of a token whose service names none (Docker's token specification).
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);

/// The name under which tokens are asked for.
const CLIENT_ID: &str = "sealgate";

/// The sessions of one command, by host, repository and access.
pub(crate) struct Sessions {
    credentials: Arc<Credentials>,
    known: Mutex<HashMap<(HostOrigin, String, Access), Arc<Session>>>,
}

impl Sessions {
    pub(super) fn new(credentials: Arc<Credentials>) -> Self {
        Self { credentials, known: Mutex::new(HashMap::new()) }
    }

    /// The session for a repository, the same for all requests with the same access.
    pub(super) fn session(&self, origin: &HostOrigin, wanted: &WantedCredential, access: Access) -> Arc<Session> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            Arc::new(Session {
                origin: origin.clone(),
                wanted: wanted.clone(),
                access,
                credentials: Arc::clone(&self.credentials),
                renewal: tokio::sync::Mutex::new(()),
                current: Mutex::new(Current {
                    grant: None,
                    refused: false,
                    generation: 0,
                    credential: CredentialSource::Anonymous,
                    granted: None,
                    challenge: None,
                }),
            })
        };
        let place = (origin.clone(), wanted.repository.clone(), access);
        if let Some(session) = known.get(&place) {
            return Arc::clone(session);
        }
        let session = new();
        session.look_up_early();
        known.insert(place, Arc::clone(&session));
        session
    }
}

/// What authorizes requests to one repository. It belongs to one origin and is sent to no other.
pub(super) struct Session {
    origin: HostOrigin,
    wanted: WantedCredential,
    access: Access,
    credentials: Arc<Credentials>,
    /// Held while a token is fetched: single flight.
    renewal: tokio::sync::Mutex<()>,
    current: Mutex<Current>,
}

struct Current {
    grant: Option<Grant>,
    /// The credential was refused: it is not tried again, so that many images do not lock an account.
    refused: bool,
    generation: u64,
    credential: CredentialSource,
    /// Actions that the last token was granted, where that shows.
    granted: Option<Vec<String>>,
    /// What was answered last.
    challenge: Option<Challenge>,
}

/// A value for the `Authorization` header.
#[derive(Clone)]
pub(super) struct Grant {
    /// Marked as sensitive.
    pub(super) value: HeaderValue,
    generation: u64,
    /// When the token ends; passwords, and tokens from a file, have no end that is known.
    expires: Option<Instant>,
}

impl Session {
    /// Where what is held may go.
    pub(super) const fn origin(&self) -> &HostOrigin {
        &self.origin
    }

    /// Which credential was used last.
    pub(super) fn credential(&self) -> CredentialSource {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).credential.clone()
    }

    /// With what the session is authorized now.
    pub(super) fn authorized(&self) -> Authorized {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match &current.grant {
            None => Authorized::Nothing,
            Some(grant) if grant.expires.is_none() => Authorized::AsGiven,
            Some(_) => Authorized::Token(current.granted.clone()),
        }
    }

    /// The current grant, unless it has expired.
    pub(super) fn grant(&self) -> Option<Grant> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.grant.clone().filter(|grant| grant.expires.is_none_or(|expires| Instant::now() < expires))
    }

    /// Answers the challenge of `answer`, a 401 to a request that was sent with `refused`. Nothing when the challenge
    /// cannot be answered for want of a credential: the 401 then stands.
    ///
    /// # Errors
    /// [`RegistryError::Challenge`] for one that must not be answered, [`RegistryError::Token`] when the token service
    /// gives none.
    pub(super) async fn renew(
        &self,
        http: &Http,
        answer: &Answer,
        refused: Option<&Grant>,
    ) -> Result<Option<Grant>, RegistryError> {
        let _single = self.renewal.lock().await;
        let seen = refused.map_or(0, |grant| grant.generation);
        if let Some(newer) = self.grant().filter(|grant| grant.generation > seen) {
            return Ok(Some(newer));
        }
        // A password that was sent and not taken does not get better; a token may be renewed.
        if self.is_refused() || refused.is_some_and(|grant| grant.expires.is_none()) {
            self.refuse();
            return Ok(None);
        }
        let found = self.look_up().await?;
        self.current().credential = found.source.clone();
        for challenge in auth::challenges(&answer.headers) {
            if let Some(grant) = self.authorize(http, &challenge, &found).await? {
                return Ok(Some(grant));
            }
        }
        Ok(None)
    }

    /// The credential that the session needs. A login to ECR is never sent over plain HTTP, so none is made for it.
    async fn look_up(&self) -> Result<FoundCredential, RegistryError> {
        let found = self.credentials.find_or_log_in(&self.wanted, self.access, self.origin.scheme()).await;
        found.map_err(|source| self.no_login(source))
    }

    fn no_login(&self, source: AwsError) -> RegistryError {
        RegistryError::Login { host: self.wanted.host.clone(), source: Box::new(source) }
    }

    /// Answers a challenge with a credential; nothing where it takes another kind.
    async fn authorize(
        &self,
        http: &Http,
        challenge: &Challenge,
        found: &FoundCredential,
    ) -> Result<Option<Grant>, RegistryError> {
        {
            let mut current = self.current();
            current.credential = found.source.clone();
            current.challenge = Some(challenge.clone());
        }
        let value = match challenge {
            Challenge::Basic => basic(&found.credential)?.map(|value| (value, None)),
            Challenge::Bearer(bearer) => {
                let token = self.token_or_login(http, bearer, found).await;
                if token.as_ref().is_err_and(|error| error.kind() == Kind::Denied) {
                    self.refuse();
                }
                Some(token?)
            }
        };
        Ok(value.map(|(value, expires)| self.keep(value, expires)))
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks the credential up before the registry asks for it: a login to ECR takes as long as the first answer.
    pub(super) fn look_up_early(self: &Arc<Self>) {
        if EcrHost::parse(&self.wanted.host).is_some() {
            let session = Arc::clone(self);
            // What comes of it is kept by the login itself, and reported where it is needed.
            tokio::spawn(async move { drop(session.look_up().await) });
        }
    }

    fn is_refused(&self) -> bool {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).refused
    }

    fn refuse(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.refused = true;
        current.grant = None;
    }

    fn keep(&self, value: HeaderValue, expires: Option<Instant>) -> Grant {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.generation += 1;
        current.refused = false;
        let grant = Grant { value, generation: current.generation, expires };
        current.grant = Some(grant.clone());
        grant
    }

    /// Fetches a token from the service that the challenge names.
    async fn token(
        &self,
        http: &Http,
        bearer: &Bearer,
        found: &FoundCredential,
        hurry: Hurry,
    ) -> Result<(HeaderValue, Option<Instant>), RegistryError> {
        if let Credential::RegistryToken(token) = &found.credential {
            return Ok((self.bearer_value(token.expose_secret())?, None));
        }
        let realm = self.realm(bearer, &http.settings().insecure)?;
        let scope = scope(bearer.scope.as_deref(), &self.wanted.repository, self.access);
        let basic = basic(&found.credential)?;
        let call = match (&found.credential, &basic) {
            (Credential::IdentityToken(token), _) => oauth2_call(&realm, bearer, &scope, token),
            (_, Some(value)) => {
                token_call(&realm, bearer, &scope).authorization(Authorization::Fixed(value, &found.source))
            }
            (_, None) => Call { hurry, ..token_call(&realm, bearer, &scope) },
        };
        let wrap = |source| RegistryError::Token {
            host: self.origin.to_string(),
            realm: shown(&realm),
            source: Box::new(source),
        };
        let answer = http.send(&call).await.map_err(wrap)?;
        if !answer.status.is_success() {
            return Err(wrap(answer.refused(&call.method)));
        }
        let (token, lifetime) = read_token(&answer).ok_or_else(|| {
            let what = format!("answer of {}", shown(&realm));
            wrap(RegistryError::Malformed { what, fact: "it contains no token".into() })
        })?;
        let granted = granted::actions(&answer.body, token.expose_secret(), &scope);
        self.current.lock().unwrap_or_else(PoisonError::into_inner).granted = granted;
        Ok((self.bearer_value(token.expose_secret())?, Some(Instant::now() + lifetime)))
    }

    /// The token service, if a credential may go there.
    fn realm(&self, bearer: &Bearer, insecure: &[String]) -> Result<Url, RegistryError> {
        let refuse = |fact: &str| RegistryError::Challenge {
            host: self.origin.to_string(),
            fact: format!("token service {:?}: {fact}", excerpt(&bearer.realm)),
        };
        let url = Url::parse(&bearer.realm).map_err(|_| refuse("not a URL"))?;
        let realm = HostOrigin::of(&url).ok_or_else(|| refuse("not an HTTP URL, or one with credentials"))?;
        match may_have_credential(&realm, &self.origin, insecure) {
            true => Ok(url),
            false => Err(refuse("plain HTTP")),
        }
    }

    fn bearer_value(&self, token: &str) -> Result<HeaderValue, RegistryError> {
        sensitive(&format!("Bearer {token}")).ok_or_else(|| RegistryError::Malformed {
            what: format!("token for {}", self.origin),
            fact: "it contains characters that a header cannot carry".into(),
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Grant").field("generation", &self.generation).finish_non_exhaustive()
    }
}

/// `GET` with the scope in the query, as Docker's token specification has it.
fn token_call<'a>(realm: &Url, bearer: &Bearer, scope: &str) -> Call<'a> {
    let mut url = realm.clone();
    {
        let mut query = url.query_pairs_mut();
        if let Some(service) = &bearer.service {
            query.append_pair("service", service);
        }
        query.append_pair("scope", scope).append_pair("client_id", CLIENT_ID);
    }
    Call::new(Purpose::Token, Method::GET, url, "token".into()).cap(limits::TOKEN_BYTES)
}

/// `POST` with the identity token as a refresh token (RFC 6749 section 6).
fn oauth2_call<'a>(realm: &Url, bearer: &Bearer, scope: &str, token: &SecretString) -> Call<'a> {
    secrets::sent(token.expose_secret());
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token.expose_secret());
    if let Some(service) = &bearer.service {
        form.append_pair("service", service);
    }
    form.append_pair("scope", scope).append_pair("client_id", CLIENT_ID);
    Call::new(Purpose::Token, Method::POST, realm.clone(), "token".into())
        .cap(limits::TOKEN_BYTES)
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
        .body(Bytes::from(form.finish()))
}

/// The scope to ask for: the repository as the registry calls it (a proxy may have another name for it), with the
/// actions of the command and, of those asked for, `pull` and `push` only.
fn scope(asked: Option<&str>, repository: &str, access: Access) -> String {
    let named = asked.and_then(|text| {
        text.split(' ').take(limits::CHALLENGES).find_map(|item| {
            let (name, actions) = item.strip_prefix("repository:")?.rsplit_once(':')?;
            (!name.is_empty()).then_some((name, actions))
        })
    });
    let (name, actions) = named.unwrap_or((repository, ""));
    let mut all = access.actions().to_vec();
    for action in ["pull", "push"] {
        if !all.contains(&action) && actions.split(',').any(|asked| asked == action) {
            all.push(action);
        }
    }
    format!("repository:{name}:{}", all.join(","))
}

fn read_token(answer: &Answer) -> Option<(SecretString, Duration)> {
    let document = json::parse_object(&answer.body).ok()?;
    let members = Object::new(&document, &["token", "access_token", "expires_in"]).ok()?;
    let text = |name| Some(members.text(name).ok()?.filter(|text| !text.is_empty()));
    let token = text("token")?.or(text("access_token")?)?;
    // It only says when to ask again: if it is not a usable number, the default applies.
    let seconds = members.integer("expires_in").ok().flatten().and_then(|seconds| u64::try_from(seconds).ok());
    let lifetime = seconds.map_or(DEFAULT_LIFETIME, Duration::from_secs);
    // A day is more than any command takes.
    Some((SecretString::from(token), lifetime.min(Duration::from_secs(86_400))))
}

/// The value for basic authorization; nothing when the credential is of another kind.
fn basic(credential: &Credential) -> Result<Option<HeaderValue>, RegistryError> {
    let Credential::Password { username, password } = credential else { return Ok(None) };
    secrets::sent(password.expose_secret());
    let pair = zeroize::Zeroizing::new(format!("{username}:{}", password.expose_secret()));
    sensitive(&format!("Basic {}", STANDARD.encode(pair.as_bytes()))).map(Some).ok_or_else(|| RegistryError::Setting {
        what: "registry credential".into(),
        fact: "it does not make a valid header".into(),
    })
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    secrets::sent(text);
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_has_all_that_the_command_needs_and_nothing_more() {
        for (asked, access, expected) in [
            (None, Access::Pull, "repository:a/b:pull"),
            (None, Access::PullPush, "repository:a/b:pull,push"),
            (Some("repository:a/b:pull"), Access::PullPush, "repository:a/b:pull,push"),
            (Some("repository:a/b:pull,push,delete"), Access::Pull, "repository:a/b:pull,push"),
            (Some("repository:proxy/a/b:pull"), Access::Pull, "repository:proxy/a/b:pull"),
            (Some("registry:catalog:* repository:x:*"), Access::Pull, "repository:x:pull"),
            (Some("nonsense"), Access::Pull, "repository:a/b:pull"),
            (Some("repository::pull"), Access::Pull, "repository:a/b:pull"),
        ] {
            assert_eq!(scope(asked, "a/b", access), expected, "{asked:?}");
        }
    }

    #[test]
    fn an_answer_with_a_token_has_one_meaning() {
        let read = |body: &str| {
            let url = Url::parse("https://auth.example/token").unwrap();
            let (origin, body) = (HostOrigin::of(&url).unwrap(), Bytes::from(body.to_owned()));
            let answer =
                Answer { status: http::StatusCode::OK, headers: http::HeaderMap::new(), body, origin, url, left: None };
            read_token(&answer).map(|(token, lifetime)| (token.expose_secret().to_owned(), lifetime.as_secs()))
        };
        let default = DEFAULT_LIFETIME.as_secs();
        for (body, token, lifetime) in [
            (r#"{"token":"a","expires_in":300,"issued_at":"x"}"#, "a", 300),
            ("{\"access_token\":\"a\"}\r\n", "a", default),
            (r#"{"token":"a","access_token":"b"}"#, "a", default),
            (r#"{"token":"","access_token":"b"}"#, "b", default),
            (r#"{"token":null,"access_token":"b","expires_in":null}"#, "b", default),
            (r#"{"token":"a","expires_in":"300"}"#, "a", default),
            (r#"{"token":"a","expires_in":-1}"#, "a", default),
        ] {
            assert_eq!(read(body), Some((token.to_owned(), lifetime)), "{body}");
        }
        for body in [
            "",
            "{}",
            "[]",
            r#"["a"]"#,
            r#"[{"token":"a"}]"#,
            r#"{"token":["a"]}"#,
            r#"{"token":1,"access_token":"b"}"#,
            r#"{"token":"a","access_token":{}}"#,
            r#"{"token":"a","token":"b"}"#,
            r#"{"token":"a","Token":"b"}"#,
        ] {
            assert_eq!(read(body), None, "{body}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let password = Credential::Password { username: "user".into(), password: "s3cret".into() };
        let value = basic(&password).unwrap().unwrap();
        assert_eq!(value.to_str().unwrap(), "Basic dXNlcjpzM2NyZXQ=");
        for text in [format!("{value:?}"), format!("{password:?}")] {
            assert!(!text.contains("s3cret") && !text.contains("dXNlcjpz"), "{text}");
        }
        assert!(basic(&Credential::Anonymous).unwrap().is_none());
    }
}
