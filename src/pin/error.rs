//! Why a file is not pinned as a whole: facts, typed. What is wrong with one image is [`super::What`].

use super::kind::FileKind;
use super::limits;
use crate::document::{DocumentError, Place};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PinError {
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// What Helm, Jsonnet or ecspresso still have to fill in.
    #[error("the file holds \"{{{{\" and is not valid YAML: a template that was not rendered")]
    Template { source: DocumentError },
    #[error("the file holds nothing")]
    Empty,
    /// None of the known kinds.
    #[error("{found}, expected {}", FileKind::wanted())]
    Unknown {
        /// What it is instead.
        found: String,
    },
    /// The marks of several kinds: which tool it is for decides where its images are.
    #[error("the file is both {} and {}", .0.name(), .1.name())]
    Ambiguous(FileKind, FileKind),
    /// One of its documents is something else.
    #[error("the document at line {} column {} is not {}", place.0, place.1, kind.described())]
    NotOfKind { kind: FileKind, place: Place },
    #[error("no image in it, where {} has its images", kind.described())]
    NoImages { kind: FileKind },
    #[error("more than {} images, at line {} column {}", limits::IMAGES, place.0, place.1)]
    TooManyImages { place: Place },
    /// An image of which no verdict is known.
    #[error("the image at line {} column {} has no digest that was verified", place.0, place.1)]
    NoDigest { place: Place },
    /// What was written does not read as it should. Nothing is written then.
    #[error("the value at line {} column {} would not be read back as it was written", place.0, place.1)]
    ReadBack { place: Place },
}

impl PinError {
    /// Where in the file it is, if it is in one place.
    pub(crate) const fn place(&self) -> Option<Place> {
        match self {
            Self::Document(source) | Self::Template { source } => source.place(),
            Self::NotOfKind { place, .. }
            | Self::TooManyImages { place }
            | Self::NoDigest { place }
            | Self::ReadBack { place } => Some(*place),
            Self::Empty | Self::Unknown { .. } | Self::Ambiguous(..) | Self::NoImages { .. } => None,
        }
    }
}
