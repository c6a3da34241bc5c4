//! What was found of the manifests that the index of an image lists, where a stage of gates asks for all of them.

use serde::Serialize;

use super::{Reason, is_zero};

/// What was found of them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ChildrenReport {
    /// Whether the image is an index; another manifest lists none.
    pub(crate) index: bool,
    /// How many are there, as the index says.
    pub(crate) there: usize,
    /// How many it lists, those of indexes in it included, and attestations not.
    pub(crate) listed: usize,
    /// Those that are not there, or are not what the index says, or could not be looked at.
    pub(crate) lacking: Vec<ChildReport>,
    /// Those that are left out above, since they would make the report too long.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) lacking_omitted: usize,
    /// What is wrong with them as a whole: there are none, or too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
}

/// One that is not there as the index says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ChildReport {
    /// What the index says that it is for: `linux/arm64/v8`.
    pub(crate) platform: Option<String>,
    /// Its digest; nothing for an entry that cannot be read.
    pub(crate) digest: Option<String>,
    pub(crate) reason: Reason,
}
