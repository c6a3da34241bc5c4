//! The forms of a report, and the one place that chooses the renderer: of what is shown, and of what is written to files.

use super::model::{Findings, Report};
use super::sarif::{self, Meaning};
use super::style::Style;
use super::{gitlab, html, json, junit, limits, markdown, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The name of the page for people.
pub(crate) const PAGE: &str = "report.md";

/// The names of the files that [`files`] makes.
pub(crate) const FILES: [&str; 7] =
    ["report.json", PAGE, "report.xml", "report.sarif", "report.html", "gl-code-quality.json", "annotations.json"];

/// Which files a report is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// Those that every system, and every person, can use.
    Usual,
    /// Those and what GitLab shows in a merge request and on the page of a job.
    WithThoseOfGitLab,
}

/// The report in each form that is a file, with the file's name. `meaning` says what the code of an error means.
///
/// # Errors
/// As [`render`].
pub(crate) fn files(
    report: &Report,
    wanted: Files,
    meaning: Meaning,
) -> Result<Vec<(&'static str, String)>, serde_json::Error> {
    let mut files = vec![
        ("report.json", json::render(report)?),
        (PAGE, markdown::render(report, limits::MARKDOWN)),
        ("report.xml", junit::render(report)?),
        ("report.sarif", sarif::render(report, meaning)?),
        ("report.html", html::render(report)),
    ];
    if wanted == Files::WithThoseOfGitLab {
        files.push(("gl-code-quality.json", gitlab::code_quality(report)?));
        files.push(("annotations.json", gitlab::annotations(report)?));
    }
    Ok(files)
}

/// The report as the summary of a job, of at most so many bytes. With few there is none. `page` is what was rendered as [`PAGE`],
/// if it was: it is the same where it fits.
pub(crate) fn summary(report: &Report, bytes: usize, page: Option<&str>) -> Option<String> {
    let rendered = || page.filter(|page| page.len() <= bytes).map(str::to_owned);
    (bytes >= limits::SUMMARY_AT_LEAST).then(|| rendered().unwrap_or_else(|| markdown::render(report, bytes)))
}

impl Report {
    /// Whether it tells a person what was made or shown, so that a job has no use for it.
    pub(crate) const fn is_for_a_person(&self) -> bool {
        matches!(self.findings, Some(Findings::Demo(_) | Findings::Key(_) | Findings::Iam(_)))
    }
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

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_names_of_all_files_are_known() {
        let report = samples::verified();
        let made = files(&report, Files::WithThoseOfGitLab, |_| None).unwrap().into_iter();
        assert_eq!(made.map(|(name, _)| name).collect::<Vec<_>>(), FILES);
    }
}
