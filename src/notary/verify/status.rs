//! What one validation found.

use super::reason::{Confirmation, Failure, Nothing, Unevaluated};

/// What a validation found.
#[derive(Debug)]
#[non_exhaustive]
pub enum Status {
    /// It ran and all is well.
    Passed,
    /// It ran and all is well, on somebody's word.
    Confirmed(Confirmation),
    /// It ran and something is wrong.
    Failed(Failure),
    /// It ran, and what it would look at is proven not to be there.
    NothingToCheck(Nothing),
    /// It did not run. Under `enforce` this rejects.
    NotEvaluated(Unevaluated),
}

impl Status {
    /// Whether an enforced validation with this status lets a signature pass.
    #[must_use]
    pub const fn is_acceptable(&self) -> bool {
        matches!(self, Self::Passed | Self::Confirmed(_) | Self::NothingToCheck(_))
    }
}

impl From<Result<(), Failure>> for Status {
    fn from(found: Result<(), Failure>) -> Self {
        found.map_or_else(Self::Failed, |()| Self::Passed)
    }
}
