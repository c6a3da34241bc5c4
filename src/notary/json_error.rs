//! What can be wrong with JSON.

/// Why bytes are not a JSON document that has one meaning.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Two members of one object have the same name.
    #[error("member {name:?} occurs twice in one object, at line {line} column {column}")]
    DuplicateMember {
        /// The name.
        name: String,
        /// Line of the second one, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A name that differs from a known one in case only.
    #[error("member {found:?} differs from {expected:?} in case only")]
    FoldedMember {
        /// The name as it stands.
        found: String,
        /// The name of the format.
        expected: &'static str,
    },
    /// A required member is not there, or `null`.
    #[error("member {member:?} is missing")]
    MemberMissing {
        /// Its name.
        member: &'static str,
    },
    /// A member of another type.
    #[error("member {member:?} is {found}, expected {expected}")]
    MemberType {
        /// Its name.
        member: &'static str,
        /// What it is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// Another value where an object is needed.
    #[error("expected an object, got {found}")]
    NotAnObject {
        /// What was found.
        found: &'static str,
    },
    /// More values than are read.
    #[error("its values take more than {} MiB of memory, more than is read", limit / (1024 * 1024))]
    TooManyValues {
        /// The cap, in bytes of memory.
        limit: usize,
    },
    /// Not JSON.
    #[error("not valid JSON")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The parser's words.
        source: JsonSyntaxError,
    },
}

/// What a text has that is not JSON.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct JsonSyntaxError(pub(crate) serde_json::Error);
