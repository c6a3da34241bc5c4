//! The forms of a report, and the one place that chooses the renderer: of what is shown, and of what is written to files.

use super::model::Report;
use super::sarif::{self, Meaning};
use super::style::Style;
use super::{html, json, junit, markdown, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The report in each form that is a file, with the file's name. `meaning` says what the code of an error means.
///
/// # Errors
/// As [`render`].
pub(crate) fn files(report: &Report, meaning: Meaning) -> Result<Vec<(&'static str, String)>, serde_json::Error> {
    Ok(vec![
        ("report.json", json::render(report)?),
        ("report.md", markdown::render(report)),
        ("report.xml", junit::render(report)?),
        ("report.sarif", sarif::render(report, meaning)?),
        ("report.html", html::render(report)),
    ])
}

/// Renders the report in this form.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(crate) fn render(report: &Report, format: Format, style: &Style) -> Result<String, serde_json::Error> {
    match format {
        Format::Text => Ok(text::render(report, style)),
        Format::Json => json::render(report),
    }
}
