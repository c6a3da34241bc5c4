//! What a run shows, and where: texts that pure renderers made, each with the sink that it goes to.

use std::path::{Path, PathBuf};

use super::sink::{Piece, Sink, StepFile};
use crate::exit_code::ExitCode;
use crate::report::style::Style;
use crate::report::{self, Audience, Format, Meaning, Report};

/// What shows a report, in the format that was asked for.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(crate) fn of_report(report: &Report, format: Format, style: &Style) -> Result<Vec<Piece>, serde_json::Error> {
    Ok(vec![Piece { sink: Sink::Stdout, text: report::render(report, format, style)? }])
}

/// The report in all of its forms, as files of a folder, with those that only jobs of this kind have a use for.
///
/// # Errors
/// As [`of_report`].
pub(crate) fn of_files(
    report: &Report,
    folder: &Path,
    meaning: Meaning,
    jobs: Audience,
) -> Result<Vec<Piece>, serde_json::Error> {
    let mut files = report::files(report, meaning)?;
    if jobs == Audience::GitLab {
        files.extend(report::files_of_gitlab(report)?);
    }
    Ok(files
        .into_iter()
        .map(|(name, text)| Piece { sink: Sink::File { folder: folder.to_owned(), name }, text })
        .collect())
}

/// What shows a failure: the words for people, and the report that has it for machines, where that was asked for.
pub(crate) fn of_failure(words: String, report: Option<&Report>) -> Vec<Piece> {
    let words = Piece { sink: Sink::Stderr, text: words };
    // The reason for the failure is shown either way.
    let report = report.and_then(|report| report::render_json(report).ok());
    [words].into_iter().chain(report.map(|text| Piece { sink: Sink::Stdout, text })).collect()
}

/// Bytes of a summary that are kept for saying what was left out of it.
const SUMMARY_MARGIN: u64 = 2048;

/// What a step of GitHub's language tells its runner of a report, in the order in which it is told: outputs come last, since what
/// could not be written before changes how the run ends. `delimiter` is known to nobody.
pub(crate) fn of_step(told: &Told<'_>, files: &StepFiles<'_>, delimiter: &str) -> Vec<Piece> {
    let Told { report, exit, folder, page } = told;
    if report.is_for_a_person() {
        return Vec::new();
    }
    let commands = Piece { sink: Sink::Commands, text: report::annotations(report) };
    let summary = files.summary.and_then(|path| {
        let left = StepFile::Summary.limit().saturating_sub(files.summary_length).saturating_sub(SUMMARY_MARGIN);
        let text = report::summary(report, usize::try_from(left).unwrap_or(usize::MAX), *page)?;
        Some(of_file(StepFile::Summary, path, text))
    });
    let artifacts = files.artifacts.map(|path| of_file(StepFile::Artifacts, path, report::artifacts(report, *exit)));
    let outputs = files.output.and_then(|path| {
        Some(of_file(StepFile::Output, path, report::outputs(report, *exit, folder.as_deref(), delimiter)?))
    });
    let pieces = std::iter::once(commands).chain(summary).chain(artifacts).chain(outputs);
    pieces.filter(|piece| !piece.text.is_empty()).collect()
}

fn of_file(file: StepFile, path: &Path, text: String) -> Piece {
    Piece { sink: Sink::Step(file, path.to_owned()), text }
}

/// What there is to tell.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) report: &'a Report,
    pub(crate) exit: ExitCode,
    /// Where the report was written in all of its forms, as later steps name it.
    pub(crate) folder: Option<PathBuf>,
    /// The page for people, where it was rendered as a file.
    pub(crate) page: Option<&'a str>,
}

/// Where it is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepFiles<'a> {
    pub(crate) output: Option<&'a Path>,
    pub(crate) summary: Option<&'a Path>,
    /// Bytes that the summary has already.
    pub(crate) summary_length: u64,
    pub(crate) artifacts: Option<&'a Path>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sinks(pieces: &[Piece]) -> Vec<Sink> {
        pieces.iter().map(|piece| piece.sink.clone()).collect()
    }

    #[test]
    fn a_report_goes_to_standard_output_in_its_format() {
        let report = Report::new("verify");
        let json = of_report(&report, Format::Json, &Style::plain()).unwrap();
        assert_eq!((sinks(&json), json[0].text.starts_with('{')), (vec![Sink::Stdout], true));
        let text = of_report(&report, Format::Text, &Style::plain()).unwrap();
        assert_eq!((sinks(&text), text[0].text.starts_with('{')), (vec![Sink::Stdout], false));
    }

    #[test]
    fn a_report_goes_to_a_folder_in_all_of_its_forms_the_first_of_them_json() {
        let of = |jobs| of_files(&Report::new("verify"), Path::new("out"), |_| None, jobs).unwrap();
        let pieces = of(Audience::Unknown);
        assert_eq!(pieces[0].sink, Sink::File { folder: "out".into(), name: "report.json" });
        let json = of_report(&Report::new("verify"), Format::Json, &Style::plain()).unwrap();
        assert_eq!(pieces[0].text, json[0].text);
        let more = sinks(&of(Audience::GitLab)).split_off(pieces.len());
        let file = |name| Sink::File { folder: "out".into(), name };
        assert_eq!(more, ["gl-code-quality.json", "annotations.json"].map(file));
        assert_eq!(sinks(&of(Audience::GitHub)), sinks(&pieces));
    }

    #[test]
    fn a_failure_goes_to_standard_error_and_as_a_report_where_one_is_wanted() {
        assert_eq!(sinks(&of_failure("x".to_owned(), None)), [Sink::Stderr]);
        assert_eq!(sinks(&of_failure("x".to_owned(), Some(&Report::new("verify")))), [Sink::Stderr, Sink::Stdout]);
    }
}
