//! References in a registry.

use std::fmt;

use notary::digest::Digest;
use notary::reference::{Repository, RepositoryError, is_docker_hub};

use super::error::{ReferenceError, excerpt};
use super::grammar::{check_host, holds_several, is_repository, is_tag, parse_digest};

/// A reference in a registry: host and repository, and a tag, a digest, or both, of which the digest counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegistryReference {
    place: Place,
    tag: Option<String>,
    digest: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// One that a registry scope can name.
    Named(Repository),
    /// One at an IPv6 address, which the grammar of registry scopes does not have.
    AtAddress { host: String, repository: String, error: RepositoryError },
}

impl Place {
    /// From parts that were already checked.
    fn new(host: &str, repository: &str) -> Self {
        match Repository::parse(&format!("{host}/{repository}")) {
            Ok(named) => Self::Named(named),
            Err(error) => Self::AtAddress { host: host.to_owned(), repository: repository.to_owned(), error },
        }
    }
}

impl RegistryReference {
    /// Parses `host[:port]/repository[:tag][@digest]`.
    ///
    /// # Errors
    /// [`ReferenceError`] naming the part that is missing or malformed.
    pub(crate) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let whole = || excerpt(text);
        if holds_several(text) {
            return Err(ReferenceError::Several { found: whole() });
        }
        if text.starts_with('#') {
            return Err(ReferenceError::Remark { found: whole() });
        }
        if text.contains("***") {
            return Err(ReferenceError::Masked { found: whole() });
        }
        if text.starts_with(['"', '\'']) {
            return Err(ReferenceError::Quoted { found: whole() });
        }
        if Digest::parse(text).is_ok() || Digest::parse(&format!("sha256:{text}")).is_ok() {
            return Err(ReferenceError::RepositoryMissing { found: whole() });
        }
        let (rest, digest) = match text.split_once('@') {
            // No digest has a slash: this is a host behind a user's name, and with it perhaps a password.
            Some((_, behind)) if behind.contains('/') => {
                return Err(ReferenceError::Credentials {
                    behind: excerpt(behind.rsplit('@').next().unwrap_or_default()),
                });
            }
            Some((rest, digest)) => (rest, Some(parse_digest(text, digest)?)),
            None => (text, None),
        };
        let (host, path) = rest.split_once('/').ok_or_else(|| ReferenceError::RegistryMissing { found: whole() })?;
        check_host(text, host)?;
        let (repository, tag) = match path.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        if !is_repository(repository) {
            return Err(ReferenceError::Repository { found: excerpt(repository) });
        }
        if is_docker_hub(host) && !repository.contains('/') {
            return Err(ReferenceError::HubNamespaceMissing { repository: repository.to_owned() });
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(ReferenceError::Tag { found: excerpt(tag) });
        }
        if tag.is_none() && digest.is_none() {
            return Err(ReferenceError::TagOrDigestMissing { found: whole() });
        }
        Ok(Self { place: Place::new(host, repository), tag: tag.map(str::to_owned), digest })
    }

    /// The same repository by `digest` alone.
    pub(super) fn by_digest(&self, digest: &Digest) -> Self {
        Self { place: self.place.clone(), tag: None, digest: Some(digest.clone()) }
    }

    /// The same by its tag alone, if it has one.
    pub(super) fn without_digest(&self) -> Option<Self> {
        self.tag.is_some().then(|| Self { digest: None, ..self.clone() })
    }

    /// The same with `digest`, beside the tag.
    pub(super) fn with_digest(&self, digest: &Digest) -> Self {
        Self { digest: Some(digest.clone()), ..self.clone() }
    }

    /// Host with port, as written.
    #[must_use]
    pub(crate) fn host(&self) -> &str {
        match &self.place {
            Place::Named(named) => named.registry(),
            Place::AtAddress { host, .. } => host,
        }
    }

    /// Repository, without the host.
    #[must_use]
    pub(crate) fn repository(&self) -> &str {
        match &self.place {
            Place::Named(named) => named.name(),
            Place::AtAddress { repository, .. } => repository,
        }
    }

    /// Host and repository, as written.
    #[must_use]
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.host(), self.repository())
    }

    /// The repository by which a statement of a trust policy is selected.
    ///
    /// # Errors
    /// At an IPv6 address, and nowhere else: no registry scope can name one.
    pub(crate) fn scope(&self) -> Result<&Repository, &RepositoryError> {
        match &self.place {
            Place::Named(named) => Ok(named),
            Place::AtAddress { error, .. } => Err(error),
        }
    }

    /// The tag, even if the reference has a digest too.
    #[must_use]
    pub(crate) fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    #[must_use]
    pub(crate) fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }
}

impl fmt::Display for RegistryReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.host(), self.repository())?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}
