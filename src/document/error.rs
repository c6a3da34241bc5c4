//! Why bytes are not a tree of values with one meaning: facts, typed, with the place of each.

use notary::json::JsonError;

use super::limits;

/// Line and column, from 1; columns are counted in characters.
pub(crate) type Place = (usize, usize);

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DocumentError {
    #[error("{bytes} bytes, more than the {} MiB that are read", limits::BYTES / (1024 * 1024))]
    TooLarge { bytes: usize },
    #[error("UTF-16, expected UTF-8")]
    Utf16,
    #[error("not UTF-8 at line {} column {}", place.0, place.1)]
    NotUnicode { place: Place },
    /// Neither YAML nor JSON has it.
    #[error("control character {character:?} at line {} column {}", place.0, place.1)]
    Control { character: char, place: Place },
    /// It ends a line in YAML 1.1, and so for many who deploy, but not in YAML 1.2.
    #[error("{character:?} at line {} column {} is a line break for some readers of YAML and none for others", place.0, place.1)]
    LineBreak { character: char, place: Place },
    #[error("not valid YAML at line {} column {}: {reason}", place.0, place.1)]
    Yaml {
        place: Place,
        /// The parser's words.
        reason: String,
    },
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("key {name:?} at line {} column {} is there already, at line {} column {}", place.0, place.1, first.0, first.1)]
    Duplicate { name: String, place: Place, first: Place },
    /// A list or a map in the place of a key.
    #[error("a key at line {} column {} is a list or a map, expected a string", place.0, place.1)]
    Key { place: Place },
    /// `"<<"` in quotes: some readers merge then as well.
    #[error("\"<<\" in quotes at line {} column {} is a merge for some readers of YAML and none for others", place.0, place.1)]
    QuotedMerge { place: Place },
    #[error("alias *{name} at line {} column {}: no anchor of this name comes before it in its document", place.0, place.1)]
    UnknownAlias { name: String, place: Place },
    #[error("alias *{name} at line {} column {} stands for what it is a part of", place.0, place.1)]
    RecursiveAlias { name: String, place: Place },
    #[error("more than {} documents, at line {} column {}", limits::DOCUMENTS, place.0, place.1)]
    TooManyDocuments { place: Place },
    #[error("more than {} values, at line {} column {}", limits::NODES, place.0, place.1)]
    TooManyNodes { place: Place },
    #[error("nested deeper than {} levels, at line {} column {}", limits::DEPTH, place.0, place.1)]
    TooDeep { place: Place },
    #[error("aliases stand for more than {} values, at line {} column {}", limits::EXPANDED, place.0, place.1)]
    Expansion { place: Place },
    #[error("more than {} characters in one value, from line {} column {}", limits::HELD_CHARACTERS, place.0, place.1)]
    TooLong { place: Place },
    /// libyaml, by which most others read YAML, sees something else there, or refuses it.
    #[error("at line {} column {} libyaml, with which most others read YAML, reads something else", place.0, place.1)]
    Disputed { place: Place },
    /// What stands in the text is not what the parser says to have read there.
    #[error("the value at line {} column {} cannot be found in the text", place.0, place.1)]
    Lost { place: Place },
}

impl DocumentError {
    /// Where in the file it is, if it is in one place.
    pub(crate) const fn place(&self) -> Option<Place> {
        match self {
            Self::TooLarge { .. } | Self::Utf16 => None,
            Self::Json(JsonError::Syntax { line, column, .. } | JsonError::DuplicateMember { line, column, .. }) => {
                Some((*line, *column))
            }
            Self::Json(_) => None,
            Self::NotUnicode { place }
            | Self::Control { place, .. }
            | Self::LineBreak { place, .. }
            | Self::Yaml { place, .. }
            | Self::Duplicate { place, .. }
            | Self::Key { place }
            | Self::QuotedMerge { place }
            | Self::UnknownAlias { place, .. }
            | Self::RecursiveAlias { place, .. }
            | Self::TooManyDocuments { place }
            | Self::TooManyNodes { place }
            | Self::TooDeep { place }
            | Self::Expansion { place }
            | Self::TooLong { place }
            | Self::Disputed { place }
            | Self::Lost { place } => Some(*place),
        }
    }
}
