//! What a run shows, and where: texts that pure renderers made, each with the sink that it goes to.

use super::sink::{Piece, Sink};
use crate::report::style::Style;
use crate::report::{self, Format, Report};

/// What shows a report, in the format that was asked for.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(crate) fn of_report(report: &Report, format: Format, style: &Style) -> Result<Vec<Piece>, serde_json::Error> {
    Ok(vec![Piece { sink: Sink::Stdout, text: report::render(report, format, style)? }])
}

/// What shows a failure: the words for people, and the report that has it for machines, where that was asked for.
pub(crate) fn of_failure(words: String, report: Option<&Report>) -> Vec<Piece> {
    let words = Piece { sink: Sink::Stderr, text: words };
    // Why the run failed is told either way.
    let report = report.and_then(|report| report::render_json(report).ok());
    [words].into_iter().chain(report.map(|text| Piece { sink: Sink::Stdout, text })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sinks(pieces: &[Piece]) -> Vec<Sink> {
        pieces.iter().map(|piece| piece.sink).collect()
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
    fn a_failure_goes_to_standard_error_and_as_a_report_where_one_is_wanted() {
        assert_eq!(sinks(&of_failure("x".to_owned(), None)), [Sink::Stderr]);
        assert_eq!(sinks(&of_failure("x".to_owned(), Some(&Report::new("verify")))), [Sink::Stderr, Sink::Stdout]);
    }
}
