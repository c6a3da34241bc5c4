//! The forms of a report, and the one place that chooses the renderer: of what is shown, and of what is written to files.

use super::model::Report;
use super::style::Style;
use super::{json, junit, markdown, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Why a report has no text in some form: a fault of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Junit(#[from] quick_junit::SerializeError),
}

/// The report in each form that is a file, with the file's name.
///
/// # Errors
/// As [`render`].
pub(crate) fn files(report: &Report) -> Result<Vec<(&'static str, String)>, RenderError> {
    Ok(vec![
        ("report.json", json::render(report)?),
        ("report.md", markdown::render(report)),
        ("report.xml", junit::render(report)?),
    ])
}

/// Renders the report in this form.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(crate) fn render(report: &Report, format: Format, style: &Style) -> Result<String, RenderError> {
    match format {
        Format::Text => Ok(text::render(report, style)),
        Format::Json => Ok(json::render(report)?),
    }
}
