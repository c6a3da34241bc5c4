//! Why a text is not a reference: facts, typed, without advice.

use notary::digest::DigestError;

/// Characters kept of what was found: as many as of a server's text.
const SHOWN: usize = 600;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReferenceError {
    #[error("{found:?} names no registry, expected host/repository:tag or host/repository@digest")]
    RegistryMissing { found: String },
    /// What Docker calls an image ID, or a digest alone: it is in no repository.
    #[error("{found:?} is an image ID or a digest alone, expected the repository too: host/repository@digest")]
    RepositoryMissing { found: String },
    #[error("{found:?} holds several names, expected one image for each argument")]
    Several { found: String },
    /// Quotes that a program left around it, as `terraform output` does.
    #[error("{found:?} is in quotes, expected the name alone")]
    Quoted { found: String },
    /// What CI systems show in place of a secret, and hand on in place of what holds one.
    #[error("{found:?} is what a CI system puts in place of a secret, expected the name of an image")]
    Masked { found: String },
    /// User name or password in front of the host; they are not shown.
    #[error("a user name or password comes before {behind:?}, expected the registry's host")]
    Credentials { behind: String },
    /// The part before the first slash is not a host.
    #[error("registry is {found:?}, expected host or host:port")]
    Registry { found: String },
    #[error("repository is {found:?}, expected lowercase letters and digits, separated by . _ __ - or /")]
    Repository { found: String },
    /// A Docker Hub repository without namespace, to which Docker would add `library/`.
    #[error("docker.io/{repository} names no namespace, expected docker.io/library/{repository} or another one")]
    HubNamespaceMissing { repository: String },
    #[error("tag is {found:?}, expected at most 128 letters, digits, and . _ - inside")]
    Tag { found: String },
    #[error("{found:?} has no usable digest")]
    Digest { found: String, source: DigestError },
    #[error("{found:?} names neither tag nor digest, expected host/repository:tag or host/repository@digest")]
    TagOrDigestMissing { found: String },
    #[error("{found:?} names neither tag nor digest, expected oci-layout:PATH:TAG or oci-layout:PATH@digest")]
    LayoutTargetMissing { found: String },
    #[error("{found:?} names no folder, expected oci-layout:PATH:TAG or oci-layout:PATH@digest")]
    LayoutPathMissing { found: String },
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
