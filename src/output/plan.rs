//! What a run shows, and where: texts that pure renderers made, each with the sink that it goes to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::sink::{Log, Piece, Program, Sink, StepFile};
use crate::exit_code::ExitCode;
use crate::report::style::Style;
use crate::report::{self, Ending, Files, Format, Language, Meaning, OutputForm, Report};

/// What shows a report, in the format that was asked for.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(crate) fn of_report(
    report: &Report,
    format: Format,
    style: &Style,
    sink: Sink,
) -> Result<Vec<Piece>, serde_json::Error> {
    Ok(vec![Piece { sink, text: report::render(report, format, style)? }])
}

/// The report as files of a folder.
///
/// # Errors
/// As [`of_report`].
pub(crate) fn of_files(
    report: &Report,
    folder: &Path,
    meaning: Meaning,
    wanted: Files,
) -> Result<Vec<Piece>, serde_json::Error> {
    let files = report::files(report, wanted, meaning)?.into_iter();
    Ok(files.map(|(name, text)| Piece { sink: Sink::File { folder: folder.to_owned(), name }, text }).collect())
}

/// What shows a failure: the words for people, and the report that has it for machines, where that was asked for.
pub(crate) fn of_failure(words: String, report: Option<&Report>, sink: Sink) -> Vec<Piece> {
    let words = Piece { sink: Sink::Stderr, text: words };
    // The reason for the failure is shown either way.
    let report = report.and_then(|report| report::render_json(report).ok());
    [words].into_iter().chain(report.map(|text| Piece { sink, text })).collect()
}

/// Bytes of a summary that are kept for saying what was left out of it.
const SUMMARY_MARGIN: u64 = 2048;

/// What a step tells its CI system of a report, in the order in which it is told: outputs come last, since what could not be written
/// before changes how the run ends. `delimiter` is known to nobody.
pub(crate) fn of_step(told: &Told<'_>, step: &StepPlaces<'_>, delimiter: &str) -> Vec<Piece> {
    let Told { report, exit, folder, .. } = told;
    if report.is_for_a_person() {
        return Vec::new();
    }
    let log = |text| Some(Piece { sink: Sink::Commands(step.commands?), text });
    let commands = log(report::annotations(report, step.language));
    let summary = step.summary.as_ref().and_then(|place| match place {
        SummaryPlace::File { file, length } => {
            let left = StepFile::Summary.limit().saturating_sub(*length).saturating_sub(SUMMARY_MARGIN);
            let text = report::summary(report, usize::try_from(left).unwrap_or(usize::MAX), told.page)?;
            Some(of_file(StepFile::Summary, *file, text))
        }
        SummaryPlace::Upload => {
            let page = folder.as_deref().filter(|_| told.page.is_some())?.join(report::PAGE);
            log(report::upload_summary(&page.to_string_lossy()))
        }
        SummaryPlace::Buildkite { environment } => {
            let text = report::summary(report, BUILDKITE_BYTES, told.page)?;
            Some(Piece { sink: Sink::Program(buildkite(report, *exit, environment)), text })
        }
    });
    let artifacts = step.artifacts.map(|file| of_file(StepFile::Artifacts, file, report::artifacts(report, *exit)));
    let outputs = step.outputs.and_then(|place| outputs(report, *exit, folder.as_deref(), place, delimiter));
    let pieces = [commands, summary, artifacts, outputs].into_iter().flatten();
    pieces.filter(|piece| !piece.text.is_empty()).collect()
}

/// The outputs of a run that ends this way.
fn outputs(
    report: &Report,
    exit: ExitCode,
    folder: Option<&Path>,
    (place, form): (OutputPlace<'_>, OutputForm),
    delimiter: &str,
) -> Option<Piece> {
    let text = report::outputs(report, exit, folder, form, delimiter)?;
    Some(match place {
        OutputPlace::File(file) => of_file(StepFile::Output, file, text),
        OutputPlace::Log(log) => Piece { sink: Sink::Commands(log), text },
    })
}

/// What takes the place of all outputs where something ends the run that leaves no time to say more.
pub(crate) fn of_no_end(command: &'static str, place: (OutputPlace<'_>, OutputForm), delimiter: &str) -> Option<Piece> {
    outputs(&Report::new(command), ExitCode::Internal, None, place, delimiter)
}

fn of_file(file: StepFile, (variable, path): FileOf<'_>, text: String) -> Piece {
    Piece { sink: Sink::Step { file, variable, path: path.to_owned() }, text }
}

/// Bytes of an annotation that Buildkite takes.
const BUILDKITE_BYTES: usize = 1024 * 1024;

/// The program of Buildkite's agent that shows a page with the build. Each command has one, which a later run replaces.
fn buildkite(report: &Report, exit: ExitCode, environment: &BTreeMap<String, String>) -> Program {
    let style = match report.ending() {
        _ if exit != ExitCode::Success => "error",
        Ending::Good => "success",
        Ending::GoodWithRemarks => "warning",
        Ending::Refused | Ending::Failed => "error",
    };
    let context = format!("sealgate-{}", report.command.replace(' ', "-"));
    let arguments = ["annotate", "--style", style, "--context", &context].map(str::to_owned).to_vec();
    Program { name: "buildkite-agent", arguments, environment: environment.clone() }
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

/// A file, and the variable that names it.
pub(crate) type FileOf<'a> = (&'static str, &'a Path);

/// Where it is told.
#[derive(Debug)]
pub(crate) struct StepPlaces<'a> {
    pub(crate) language: Language,
    /// Where the log is that obeys commands, if one does.
    pub(crate) commands: Option<Log>,
    pub(crate) outputs: Option<(OutputPlace<'a>, OutputForm)>,
    pub(crate) summary: Option<SummaryPlace<'a>>,
    pub(crate) artifacts: Option<FileOf<'a>>,
}

/// Where outputs go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OutputPlace<'a> {
    File(FileOf<'a>),
    Log(Log),
}

/// Where a page for people goes.
#[derive(Debug)]
pub(crate) enum SummaryPlace<'a> {
    File {
        file: FileOf<'a>,
        /// Bytes that it has already.
        length: u64,
    },
    /// A command names the file of the report.
    Upload,
    /// To Buildkite's agent, which finds its job in the environment.
    Buildkite { environment: BTreeMap<String, String> },
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
        let json = of_report(&report, Format::Json, &Style::plain(), Sink::Stdout).unwrap();
        assert_eq!((sinks(&json), json[0].text.starts_with('{')), (vec![Sink::Stdout], true));
        let text = of_report(&report, Format::Text, &Style::plain(), Sink::Stdout).unwrap();
        assert_eq!((sinks(&text), text[0].text.starts_with('{')), (vec![Sink::Stdout], false));
    }

    #[test]
    fn a_report_goes_to_a_folder_in_all_of_its_forms_the_first_of_them_json() {
        let of = |jobs| of_files(&Report::new("verify"), Path::new("out"), |_| None, jobs).unwrap();
        let pieces = of(Files::Usual);
        assert_eq!(pieces[0].sink, Sink::File { folder: "out".into(), name: "report.json" });
        let json = of_report(&Report::new("verify"), Format::Json, &Style::plain(), Sink::Stdout).unwrap();
        assert_eq!(pieces[0].text, json[0].text);
        let more = sinks(&of(Files::WithThoseOfGitLab)).split_off(pieces.len());
        let file = |name| Sink::File { folder: "out".into(), name };
        assert_eq!(more, ["gl-code-quality.json", "annotations.json"].map(file));
        assert_eq!(sinks(&of(Files::Usual)), sinks(&pieces));
    }

    #[test]
    fn a_failure_goes_to_standard_error_and_as_a_report_where_one_is_wanted() {
        assert_eq!(sinks(&of_failure("x".to_owned(), None, Sink::Stdout)), [Sink::Stderr]);
        assert_eq!(
            sinks(&of_failure("x".to_owned(), Some(&Report::new("verify")), Sink::Stdout)),
            [Sink::Stderr, Sink::Stdout]
        );
    }
}
