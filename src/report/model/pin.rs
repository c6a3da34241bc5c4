//! What is found of deploy files whose images are pinned: which images they name, and what is written in their place.

use serde::Serialize;

use super::{ArtifactOutcome, Help, Reason, is_zero};

/// A deploy file.
#[derive(Debug, Serialize)]
pub(crate) struct PinFileReport {
    /// The file, as it was named; `-` for standard input.
    pub(crate) file: String,
    /// What it is, for example `kubernetes`; nothing if it cannot be used.
    pub(crate) kind: Option<&'static str>,
    /// Whether it was changed.
    pub(crate) written: bool,
    /// Its images, in the order of the text.
    pub(crate) images: Vec<PinImageReport>,
    /// Images that are left out above, since they would make the report too long.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) images_omitted: usize,
    /// All that keeps it from being pinned.
    pub(crate) problems: Vec<PinProblem>,
    /// What would be written, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) diff: Option<String>,
    /// Bytes of the diff, where it is left out since it would make the report too long.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) diff_omitted: usize,
}

/// An image of a deploy file.
#[derive(Debug, Serialize)]
pub(crate) struct PinImageReport {
    /// From 1.
    pub(crate) line: usize,
    /// From 1.
    pub(crate) column: usize,
    /// Where in the file it stands: `spec.template.spec.containers[0].image`.
    pub(crate) path: String,
    /// The container, service, or resource that runs it.
    pub(crate) container: Option<String>,
    /// What stands there.
    pub(crate) text: Option<String>,
    /// Whether the file's own format does not say that this is an image.
    pub(crate) guessed: bool,
    pub(crate) state: PinState,
    /// The image, as `artifacts` has it.
    pub(crate) reference: Option<String>,
    /// How the file names it when it is pinned.
    pub(crate) pinned: Option<String>,
    /// The verdict on it; written as the members `outcome` and `verified`.
    #[serde(flatten)]
    pub(crate) outcome: Option<ArtifactOutcome>,
}

/// How an image of a file stands with its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PinState {
    /// The file had a digest for it, and stays as it is.
    Pinned,
    /// It gets the digest that was verified.
    Changed,
    /// It stays without a digest, since that was allowed. It was not verified.
    Unpinned,
    /// It stays without a digest for now.
    NotPinned,
}

/// What keeps a file from being pinned.
#[derive(Debug, Serialize)]
pub(crate) struct PinProblem {
    #[serde(flatten)]
    pub(crate) reason: Reason,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) help: Vec<Help>,
}

impl PinFileReport {
    /// A file of which nothing is known but its name.
    pub(crate) const fn new(file: String) -> Self {
        Self {
            file,
            kind: None,
            written: false,
            images: Vec::new(),
            images_omitted: 0,
            problems: Vec::new(),
            diff: None,
            diff_omitted: 0,
        }
    }

    /// How many of its images are in this state.
    pub(crate) fn count(&self, state: PinState) -> usize {
        self.images.iter().filter(|image| image.state == state).count()
    }
}
