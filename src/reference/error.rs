//! Why a text is not a reference: facts, typed, without advice.

use notary::digest::DigestError;

/// Characters kept of what was found: as many as of a server's text.
const SHOWN: usize = 600;

/// Why a text is not a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReferenceError {
    /// No registry host in front.
    #[error("{found:?} names no registry, expected host/repository:tag or host/repository@digest")]
    RegistryMissing {
        /// The text.
        found: String,
    },
    /// User name or password in front of the host; they are not shown.
    #[error("a user name or password comes before {behind:?}, expected the registry's host")]
    Credentials {
        /// What stands behind them.
        behind: String,
    },
    /// The part before the first slash is not a host.
    #[error("registry is {found:?}, expected host or host:port")]
    Registry {
        /// That part.
        found: String,
    },
    /// Not a repository name.
    #[error("repository is {found:?}, expected lowercase letters and digits, separated by . _ __ - or /")]
    Repository {
        /// That part.
        found: String,
    },
    /// A Docker Hub repository without namespace, to which Docker would add `library/`.
    #[error("docker.io/{repository} names no namespace, expected docker.io/library/{repository} or another one")]
    HubNamespaceMissing {
        /// The repository.
        repository: String,
    },
    /// Not a tag.
    #[error("tag is {found:?}, expected at most 128 letters, digits, and . _ - inside")]
    Tag {
        /// That part.
        found: String,
    },
    /// Not a digest.
    #[error("{found:?} has no usable digest")]
    Digest {
        /// The text.
        found: String,
        /// Why.
        source: DigestError,
    },
    /// Neither tag nor digest.
    #[error("{found:?} names neither tag nor digest, expected host/repository:tag or host/repository@digest")]
    TagOrDigestMissing {
        /// The text.
        found: String,
    },
    /// A layout reference with neither tag nor digest.
    #[error("{found:?} names neither tag nor digest, expected oci-layout:PATH:TAG or oci-layout:PATH@digest")]
    LayoutTargetMissing {
        /// The text after the prefix.
        found: String,
    },
    /// A layout reference without path.
    #[error("{found:?} names no folder, expected oci-layout:PATH:TAG or oci-layout:PATH@digest")]
    LayoutPathMissing {
        /// The text after the prefix.
        found: String,
    },
}

/// The start of what was found.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(excerpt(&"é".repeat(SHOWN)).chars().count(), SHOWN);
        assert_eq!(excerpt(&"é".repeat(1000)).chars().count(), SHOWN + 1);
    }
}
