//! Where in a file something is wrong, from the typed errors of those who read it.

use std::path::Path;

use notary::json::JsonError;
use notary::trust_policy::{self, TrustPolicyError};

use crate::report::Place;

/// The place of what a JSON file has that it should not, if the parser knows it.
pub(crate) fn in_json(path: &Path, error: &JsonError) -> Option<Place> {
    match error {
        JsonError::Syntax { line, column, .. } | JsonError::DuplicateMember { line, column, .. } => {
            Some(at(path, (*line, *column)))
        }
        _ => None,
    }
}

/// The place of the first rule that a trust policy breaks.
pub(crate) fn in_policy(path: &Path, error: &TrustPolicyError) -> Option<Place> {
    match error {
        TrustPolicyError::Json(error) => in_json(path, error),
        TrustPolicyError::Invalid(problems) => problems.iter().next().map(|problem| of_finding(path, &problem.place)),
        _ => None,
    }
}

/// A place that the core found.
pub(crate) fn of_finding(path: &Path, place: &trust_policy::Place) -> Place {
    at(path, (place.line, place.column))
}

pub(super) fn at(path: &Path, place: (usize, usize)) -> Place {
    Place::new(path.display().to_string(), place)
}
