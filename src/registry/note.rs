//! What a listing must not be read without: why a registry's tag decides, and what stands there.

/// Why a registry has no referrers API for one listing: the tag index decides.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoApi {
    #[error("the registry has no referrers API for this image: it answered {0}")]
    Status(u16),
    /// A 200 that lists nothing: something in front of the registry answers.
    #[error("the registry has no referrers API for this image: it answered with {0:?}, which is no index")]
    NotAnIndex(String),
    #[error("the registry has no referrers API for this image: it redirects to another host, {0}")]
    Elsewhere(String),
}

/// What stands under the referrers tag and is no index of referrers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Occupant {
    /// GitLab's registry answers so.
    #[error("the referrers tag names the image itself, and so lists nothing")]
    Artifact,
    #[error("the referrers tag holds {0:?}, which is no image index, and so lists nothing")]
    Other(String),
}

/// What a listing must not be read without.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListingNote {
    #[error(transparent)]
    NoApi(#[from] NoApi),
    #[error(transparent)]
    TagHolds(#[from] Occupant),
}
