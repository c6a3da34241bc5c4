//! Outputs as variables. An output that a run does not have is written as an empty one: what an earlier run wrote must not be taken
//! for this run's.

use super::outputs::{NAMES, Output, variable};

/// All outputs, each by the name of its variable; empty where the run has none.
pub(super) fn each(outputs: &[Output]) -> impl Iterator<Item = (String, &str)> {
    NAMES.iter().map(|name| (variable(name), value(outputs, name)))
}

/// The same by their names.
pub(super) fn all(outputs: &[Output]) -> Vec<Output> {
    NAMES.iter().map(|name| (*name, value(outputs, name).to_owned())).collect()
}

fn value<'a>(outputs: &'a [Output], name: &str) -> &'a str {
    outputs.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
}

/// All outputs as lines `NAME=value`, up to the end of the line.
pub(super) fn lines(outputs: &[Output]) -> String {
    each(outputs).map(|(name, value)| format!("{name}={}\n", one_line(value))).collect()
}

/// The value, if it is one line. One of several would be taken for other variables, and a part of it for all.
fn one_line(value: &str) -> &str {
    if value.contains(char::is_control) { "" } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(value: &str) -> Vec<Output> {
        vec![("image", value.to_owned()), ("result", "verified".to_owned())]
    }

    #[test]
    fn what_a_run_does_not_have_is_empty() {
        let lines = lines(&outputs("r.example/a@sha256:0"));
        assert_eq!(lines.lines().count(), NAMES.len());
        assert!(lines.contains("SEALGATE_OUTPUT_IMAGE=r.example/a@sha256:0\n"), "{lines}");
        assert!(lines.contains("SEALGATE_OUTPUT_RESULT=verified\n"), "{lines}");
        assert!(lines.contains("SEALGATE_OUTPUT_IMAGES=\n"), "{lines}");
    }

    #[test]
    fn every_output_of_a_report_has_its_variable() {
        use super::super::samples;
        use crate::exit_code::ExitCode;
        for report in [samples::verified(), samples::signed(), samples::several()] {
            let outputs = report.outputs(ExitCode::Success, Some(std::path::Path::new("out")));
            assert!(outputs.iter().all(|(name, _)| NAMES.contains(name)), "{outputs:?}");
        }
    }

    #[test]
    fn a_value_of_several_lines_is_no_other_variable() {
        assert!(lines(&outputs("a\nSEALGATE_OUTPUT_RESULT=x")).contains("SEALGATE_OUTPUT_IMAGE=\n"));
    }
}
