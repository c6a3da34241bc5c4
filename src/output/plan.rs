//! What a run shows, and where: texts that pure renderers made, each with the sink that it goes to.

use std::path::Path;

use super::sink::{Piece, Sink};
use crate::report::style::Style;
use crate::report::{self, Format, Meaning, Report};

/// What shows a report, in the format that was asked for.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(crate) fn of_report(report: &Report, format: Format, style: &Style) -> Result<Vec<Piece>, serde_json::Error> {
    Ok(vec![Piece { sink: Sink::Stdout, text: report::render(report, format, style)? }])
}

/// The report in all of its forms, as files of a folder.
///
/// # Errors
/// As [`of_report`].
pub(crate) fn of_files(report: &Report, folder: &Path, meaning: Meaning) -> Result<Vec<Piece>, serde_json::Error> {
    let files = report::files(report, meaning)?.into_iter();
    Ok(files.map(|(name, text)| Piece { sink: Sink::File { folder: folder.to_owned(), name }, text }).collect())
}

/// What shows a failure: the words for people, and the report that has it for machines, where that was asked for.
pub(crate) fn of_failure(words: String, report: Option<&Report>) -> Vec<Piece> {
    let words = Piece { sink: Sink::Stderr, text: words };
    // The reason for the failure is shown either way.
    let report = report.and_then(|report| report::render_json(report).ok());
    [words].into_iter().chain(report.map(|text| Piece { sink: Sink::Stdout, text })).collect()
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
        let pieces = of_files(&Report::new("verify"), Path::new("out"), |_| None).unwrap();
        assert_eq!(pieces[0].sink, Sink::File { folder: "out".into(), name: "report.json" });
        let json = of_report(&Report::new("verify"), Format::Json, &Style::plain()).unwrap();
        assert_eq!(pieces[0].text, json[0].text);
    }

    #[test]
    fn a_failure_goes_to_standard_error_and_as_a_report_where_one_is_wanted() {
        assert_eq!(sinks(&of_failure("x".to_owned(), None)), [Sink::Stderr]);
        assert_eq!(sinks(&of_failure("x".to_owned(), Some(&Report::new("verify")))), [Sink::Stderr, Sink::Stdout]);
    }
}
