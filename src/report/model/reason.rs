//! Why something is as it is.

use serde::Serialize;

use super::Place;
use crate::report::limits::reason_text;

/// A stable code and words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Reason {
    /// Stable, kebab-case.
    pub(crate) code: String,
    /// What was found and what was expected.
    pub(crate) text: String,
    /// The line of the file that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<Place>,
}

impl Reason {
    /// A reason of these words. They may repeat what a stranger wrote, so they have an end.
    pub(crate) fn new(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code: code.into(), text: reason_text(text.into()), place: None }
    }

    /// The same, about a place in a file.
    pub(crate) fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }
}
