//! The report as JSON: one object, indented by two, with a newline at the end.

use super::escape;
use super::model::Report;

/// Renders the report.
///
/// # Errors
/// Never for a report, which holds nothing but text, numbers and maps with text for names.
pub(crate) fn render(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = escape::json(&serde_json::to_string_pretty(report)?).into_owned();
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::model::{ArtifactOutcome, ArtifactReport};
    use super::super::samples;
    use super::*;

    #[test]
    fn a_report_names_its_schema_its_tool_and_its_command() {
        let value: Value = serde_json::from_str(&render(&samples::verified()).unwrap()).unwrap();
        assert_eq!(value["schema_version"], 1);
        assert_eq!(value["command"], "verify");
        assert_eq!(value["tool_version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn verified_is_true_for_one_outcome_only() {
        for outcome in ArtifactOutcome::ALL {
            let mut report = Report::new("verify");
            report.artifacts.push(ArtifactReport::new("a", outcome));
            let value: Value = serde_json::from_str(&render(&report).unwrap()).unwrap();
            let artifact = &value["artifacts"][0];
            assert_eq!(artifact["outcome"], outcome.name());
            assert_eq!(artifact["verified"], outcome == ArtifactOutcome::Verified, "{outcome:?}");
        }
    }

    #[test]
    fn foreign_text_survives_the_round_trip_and_stays_off_the_terminal() {
        let foreign = "a\u{1b}[2J\u{9b}\u{202e}\u{e0041}\n\"";
        let mut report = Report::new("list");
        report.artifacts.push(ArtifactReport::new(foreign, ArtifactOutcome::Listed));
        let text = render(&report).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{e0041}']), "{text:?}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["artifacts"][0]["reference"], foreign);
    }

    #[test]
    fn every_fact_of_a_signature_is_there() {
        insta::assert_snapshot!(render(&samples::rejected()).unwrap(), @"");
    }
}
