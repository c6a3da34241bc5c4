//! References in an OCI image layout.

use std::fmt;
use std::path::{Path, PathBuf};

use notary::digest::Digest;

use super::error::{ReferenceError, excerpt};
use super::grammar::{ends_in_drive, is_tag, parse_digest};

/// What selects an OCI image layout.
pub(super) const LAYOUT_PREFIX: &str = "oci-layout:";

/// A reference in an OCI image layout on disk: the folder, and a tag or a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayoutReference {
    path: PathBuf,
    target: LayoutTarget,
}

/// What is meant in a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
enum LayoutTarget {
    Tag(String),
    Digest(Digest),
}

impl LayoutReference {
    /// Parses `PATH:TAG` or `PATH@digest`, what follows `oci-layout:`. The last `@` wins, else the last colon, except
    /// that of a drive (`C:\…`), as in notation.
    ///
    /// # Errors
    /// [`ReferenceError`] naming the part that is missing or malformed.
    pub(crate) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let missing = || ReferenceError::LayoutTargetMissing { found: excerpt(text) };
        let (path, target) = if let Some((path, digest)) = text.rsplit_once('@') {
            (path, LayoutTarget::Digest(parse_digest(text, digest)?))
        } else {
            let (path, tag) = text.rsplit_once(':').filter(|_| !ends_in_drive(text)).ok_or_else(missing)?;
            if tag.is_empty() {
                return Err(missing());
            }
            if !is_tag(tag) {
                return Err(ReferenceError::Tag { found: excerpt(tag) });
            }
            (path, LayoutTarget::Tag(tag.to_owned()))
        };
        if path.is_empty() || path.contains('\0') {
            return Err(ReferenceError::LayoutPathMissing { found: excerpt(text) });
        }
        Ok(Self { path: PathBuf::from(path), target })
    }

    /// The same layout by `digest`.
    pub(super) fn by_digest(&self, digest: &Digest) -> Self {
        Self { path: self.path.clone(), target: LayoutTarget::Digest(digest.clone()) }
    }

    /// The layout's folder.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The tag, if the reference names one.
    #[must_use]
    pub(crate) fn tag(&self) -> Option<&str> {
        match &self.target {
            LayoutTarget::Tag(tag) => Some(tag),
            LayoutTarget::Digest(_) => None,
        }
    }

    /// The digest, if the reference names one.
    #[must_use]
    pub(crate) fn digest(&self) -> Option<&Digest> {
        match &self.target {
            LayoutTarget::Tag(_) => None,
            LayoutTarget::Digest(digest) => Some(digest),
        }
    }
}

impl fmt::Display for LayoutReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.target {
            LayoutTarget::Tag(tag) => write!(formatter, "{LAYOUT_PREFIX}{path}:{tag}"),
            LayoutTarget::Digest(digest) => write!(formatter, "{LAYOUT_PREFIX}{path}@{digest}"),
        }
    }
}
