//! The forms of a report, and the one place that chooses the renderer.

use super::model::Report;
use super::style::Style;
use super::{json, text};

/// Form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
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
