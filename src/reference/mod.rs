//! References to an artifact: in a registry (`host[:port]/repository[:tag][@digest]`) or in an OCI image layout
//! (`oci-layout:PATH:TAG`, `oci-layout:PATH@digest`).
//!
//! The grammar is that of the distribution specification (section "Pull") and of Docker's reference package. It is
//! written by hand: the regular expression of oci-spec's `Reference` takes 45 ms to compile, several times what a whole
//! `verify` may cost; a test compares the two. Nothing is added silently: no default registry, no `library/`, no
//! `latest`, since a gate that guesses checks something else than what is deployed. Where what is deployed is named by Docker's rules,
//! in a deploy file or a task definition, [`ImageName`] says what that means.

mod error;
mod grammar;
mod image_name;
mod layout;
mod place;
mod registry;

use std::fmt;

use notary::digest::Digest;

pub(crate) use self::error::ReferenceError;
pub(crate) use self::image_name::ImageName;
use self::layout::LAYOUT_PREFIX;
pub(crate) use self::layout::LayoutReference;
pub(crate) use self::place::ImagePlace;
pub(crate) use self::registry::RegistryReference;

/// Whether a text names an image in an OCI image layout, or is meant to.
pub(crate) fn is_layout(text: &str) -> bool {
    text.starts_with(LAYOUT_PREFIX)
}

/// The images of a run, each parsed once, where settings are resolved; or all that are none, which the command tells when it
/// begins, as other settings come first.
pub(crate) type References = Result<Vec<Reference>, Vec<ReferenceError>>;

/// Parses all of them.
#[cfg(test)]
pub(crate) fn parse_all(texts: &[impl AsRef<str>]) -> References {
    let (mut references, mut errors) = (Vec::new(), Vec::new());
    for text in texts {
        match Reference::parse(text.as_ref()) {
            Ok(reference) => references.push(reference),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(references) } else { Err(errors) }
}

/// A reference as the user writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Registry(RegistryReference),
    Layout(LayoutReference),
}

impl Reference {
    /// Parses either form.
    ///
    /// # Errors
    /// [`ReferenceError`] naming the part that is missing or malformed.
    pub(crate) fn parse(text: &str) -> Result<Self, ReferenceError> {
        match text.strip_prefix(LAYOUT_PREFIX) {
            Some(rest) => LayoutReference::parse(rest).map(Self::Layout),
            None => RegistryReference::parse(text).map(Self::Registry),
        }
    }

    /// The tag, even if the reference has a digest too.
    #[must_use]
    pub(crate) fn tag(&self) -> Option<&str> {
        match self {
            Self::Registry(reference) => reference.tag(),
            Self::Layout(reference) => reference.tag(),
        }
    }

    #[must_use]
    pub(crate) fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Registry(reference) => reference.digest(),
            Self::Layout(reference) => reference.digest(),
        }
    }

    /// The registry's host with port, as written; none for a layout.
    #[must_use]
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Self::Registry(reference) => Some(reference.host()),
            Self::Layout(_) => None,
        }
    }

    /// The reference to the same repository or layout by `digest` alone.
    #[must_use]
    pub(crate) fn by_digest(&self, digest: &Digest) -> Self {
        match self {
            Self::Registry(reference) => Self::Registry(reference.by_digest(digest)),
            Self::Layout(reference) => Self::Layout(reference.by_digest(digest)),
        }
    }

    /// The reference by its tag alone; none where it has no tag.
    #[must_use]
    pub(crate) fn without_digest(&self) -> Option<Self> {
        match self {
            Self::Registry(reference) => reference.without_digest().map(Self::Registry),
            Self::Layout(reference) => reference.digest().is_none().then(|| self.clone()),
        }
    }

    /// The same reference with `digest`, beside its tag where it may have both.
    #[must_use]
    pub(crate) fn with_digest(&self, digest: &Digest) -> Self {
        match self {
            Self::Registry(reference) => Self::Registry(reference.with_digest(digest)),
            Self::Layout(reference) => Self::Layout(reference.by_digest(digest)),
        }
    }

    /// [`Self::by_digest`], as text.
    #[must_use]
    pub(crate) fn at_digest(&self, digest: &Digest) -> String {
        self.by_digest(digest).to_string()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(reference) => reference.fmt(formatter),
            Self::Layout(reference) => reference.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests;
