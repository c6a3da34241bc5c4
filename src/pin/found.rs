//! One image of a deploy file: where it stands, and what stands there.

use std::fmt;
use std::ops::Range;

use crate::document::{Kind, Place, Style};
use crate::reference::{ImageName, Reference, ReferenceError};

/// An image of a file, or what stands in its place.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where it stands: `spec.template.spec.containers[0].image`.
    pub(crate) path: String,
    /// The container, service or resource that runs it, if it has a name.
    pub(crate) owner: Option<String>,
    /// Line and column, from 1; of what an alias stands for.
    pub(crate) place: Place,
    /// Its exact text, if it is a scalar, or a function of one. Of an image that is built, the name of what runs it.
    pub(crate) text: Option<String>,
    /// Whether the file's own format does not say that this is an image.
    pub(crate) guessed: bool,
    /// Whether aliases use its text for something else as well, where it then changes too.
    pub(crate) used_elsewhere: bool,
    pub(crate) what: What,
}

impl Found {
    /// The name that stands there, if one does.
    pub(crate) const fn literal(&self) -> Option<&Literal> {
        match &self.what {
            What::Literal(literal) => Some(literal),
            What::Computed(_) | What::Wrong(_) | What::Unsupported(_) => None,
        }
    }
}

/// A text of a resource of an unknown kind that is called `image`, in a place where none is looked for.
#[derive(Debug)]
pub(crate) struct Unseen {
    pub(crate) path: String,
    /// Line and column, from 1.
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// What stands where an image should.
#[derive(Debug)]
pub(crate) enum What {
    /// The name of an image.
    Literal(Literal),
    /// What only another program makes a name of.
    Computed(Computed),
    /// No image at all.
    Wrong(Wrong),
    /// A name in a form that is not edited.
    Unsupported(Unsupported),
}

/// The name of an image, and what is written when it is pinned.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    pub(crate) name: ImageName,
    pub(super) slots: Vec<Slot>,
}

impl Literal {
    /// The image that is verified: by its digest, where the file has one, and otherwise by its tag.
    pub(crate) fn target(&self) -> Reference {
        let reference = self.name.reference();
        reference.digest().map_or_else(|| reference.clone(), |digest| reference.by_digest(digest))
    }

    /// The same by its tag, where one stands beside a digest. It may have moved.
    pub(crate) fn tag_beside_digest(&self) -> Option<Reference> {
        let reference = self.name.reference();
        reference.digest().and(reference.without_digest())
    }

    /// Whether the file has a digest for it. It stays as it is then.
    pub(crate) fn is_pinned(&self) -> bool {
        self.name.digest().is_some()
    }
}

/// A scalar that is replaced when its image is pinned.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Index of the document in the file, and of the scalar in the document.
    pub(super) document: usize,
    pub(super) node: usize,
    /// Bytes of the file, with quotes.
    pub(super) span: Range<usize>,
    pub(super) style: Style,
    pub(super) place: Place,
    pub(super) write: Write,
}

/// What comes into a scalar.
#[derive(Clone, Copy, Debug)]
pub(super) enum Write {
    /// The whole name with its digest.
    Name,
    /// The digest alone.
    Digest,
    /// The name of a key.
    Key(&'static str),
}

/// Why a name is not known before another program has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Computed {
    /// `${VAR}` of a shell, compose or CloudFormation.
    Variable,
    /// `{{ … }}`
    Template,
    /// `<IMAGE1_NAME>`, which CodePipeline fills in.
    Placeholder,
    /// A function of CloudFormation, by its name.
    Function(String),
    /// The image is built from the file, and has no name in a registry.
    Built,
    /// What is deployed is said in another file.
    Elsewhere,
    /// An image of AWS CodeBuild, which is in no registry.
    Managed,
}

impl fmt::Display for Computed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable => formatter.write_str("a variable"),
            Self::Template => formatter.write_str("a template"),
            Self::Placeholder => formatter.write_str("a placeholder"),
            Self::Function(name) => write!(formatter, "the function {name}"),
            Self::Built => formatter.write_str("built, and not from a registry"),
            Self::Elsewhere => formatter.write_str("said in another file"),
            Self::Managed => formatter.write_str("an image of AWS CodeBuild"),
        }
    }
}

/// Why what stands there is no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("{found}, expected {expected}")]
    Kind { found: Kind, expected: Kind },
    #[error("an empty string, expected the name of an image")]
    Empty,
    #[error("nothing, expected {member:?} with the name of an image")]
    Missing { member: String },
    /// Some programs read names of members whatever their case, and would take this one.
    #[error("member {found:?}, which some programs take for {expected:?}")]
    Folded { found: String, expected: String },
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

/// Why a name is not edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsupported {
    #[error("a literal or folded scalar, expected one line")]
    Block,
    /// Another value has the same anchor, and would change as well.
    #[error("a value that aliases share, expected one of its own")]
    Shared,
}
