//! What all requests to one repository share.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderValue, Method};
use notary::digest::Digest;
use url::Url;

use super::super::access::Access;
use super::super::credentials::WantedCredential;
use super::super::error::RegistryError;
use super::super::excerpt::excerpt;
use super::super::granted;
use super::super::http::{Authorization, Call, Http};
#[cfg(test)]
use super::super::meter::Meter;
use super::super::meter::Purpose;
use super::super::origin::{HostOrigin, base_url, request_host};
use super::super::room::Room;
use super::super::token::{Session, Sessions};
use crate::aws::facts::EcrHost;
use crate::reference::RegistryReference;

/// What is asked for in a repository.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// Whatever the tag points to now.
    Tag(&'a str),
    /// Exactly this content.
    Digest(&'a Digest),
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => formatter.write_str(tag),
            Self::Digest(digest) => digest.fmt(formatter),
        }
    }
}

/// One repository. Clones share everything, so that requests can be made at the same time.
#[derive(Clone)]
pub(crate) struct RemoteRepository {
    pub(super) inner: Arc<Inner>,
}

/// State shared by all clones of a repository.
pub(super) struct Inner {
    pub(super) http: Http,
    session: Arc<Session>,
    pub(super) origin: HostOrigin,
    /// Ends in `/v2/<repository>/`.
    base: Url,
    name: String,
    room: Arc<Room>,
    referrers_api: Mutex<Option<Support>>,
}

/// Whether the registry has the referrers API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Support {
    /// For sure: it is one of ECR's, or it said so of a manifest that was pushed. A refusal is an error of the listing.
    Known,
    /// It did not list, and nothing says that it could.
    No,
}

impl RemoteRepository {
    /// The repository of `reference`. No request is made yet.
    pub(crate) fn new(
        http: &Http,
        sessions: &Sessions,
        reference: &RegistryReference,
        access: Access,
        room: Arc<Room>,
    ) -> Result<Self, RegistryError> {
        let settings = http.settings();
        let root = base_url(request_host(reference.host()), &settings.insecure, settings.loopback)?;
        let unusable = || RegistryError::Setting {
            what: format!("registry {:?}", excerpt(reference.host())),
            fact: "it does not make a valid URL".into(),
        };
        let base = root.join(&format!("v2/{}/", reference.repository())).map_err(|_| unusable())?;
        let origin = HostOrigin::of(&base).ok_or_else(unusable)?;
        let session = sessions.session(&origin, &WantedCredential::of(reference), access);
        let name = reference.name();
        let http = http.clone();
        // ECR has had it since June 2024, private and public.
        let referrers_api = Mutex::new(EcrHost::parse(reference.host()).map(|_| Support::Known));
        Ok(Self { inner: Arc::new(Inner { http, session, origin, base, name, room, referrers_api }) })
    }

    /// Host and repository.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.inner.name
    }

    pub(crate) fn room(&self) -> &Room {
        &self.inner.room
    }

    pub(crate) fn authorization(&self) -> granted::Authorization {
        let session = &self.inner.session;
        granted::Authorization { credential: session.credential(), authorized: session.authorized() }
    }

    #[cfg(test)]
    pub(crate) fn meter(&self) -> &Meter {
        self.inner.http.meter()
    }

    /// A call below the repository. `path` is made of words, tags and digests that were checked.
    pub(super) fn call(
        &self,
        purpose: Purpose,
        method: Method,
        path: &str,
        what: &str,
    ) -> Result<Call<'_>, RegistryError> {
        let malformed =
            |_| RegistryError::Malformed { what: what.to_owned(), fact: "its address is not a valid URL".into() };
        let url = Url::parse(&format!("{}{path}", self.inner.base)).map_err(malformed)?;
        Ok(self.call_at(purpose, method, url, what))
    }

    /// A call at a URL that the registry named and that was checked.
    pub(super) fn call_at(&self, purpose: Purpose, method: Method, url: Url, what: &str) -> Call<'_> {
        Call::new(purpose, method, url, what.to_owned()).authorization(Authorization::Session(&self.inner.session))
    }

    #[cfg(test)]
    pub(crate) fn note_that_it_has_the_api(&self) {
        self.note_referrers_api(Support::Known);
    }

    #[cfg(test)]
    pub(crate) fn is_known_to_have_the_api(&self) -> bool {
        self.referrers_api_support() == Some(Support::Known)
    }

    pub(super) fn referrers_api_support(&self) -> Option<Support> {
        *self.inner.referrers_api.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known for sure stays.
    pub(super) fn note_referrers_api(&self, support: Support) {
        let mut noted = self.inner.referrers_api.lock().unwrap_or_else(PoisonError::into_inner);
        if *noted != Some(Support::Known) {
            *noted = Some(support);
        }
    }
}

impl fmt::Debug for RemoteRepository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RemoteRepository").field("name", &self.inner.name).finish_non_exhaustive()
    }
}

/// A header value of text that is known to fit.
pub(super) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
