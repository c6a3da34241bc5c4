//! The report in the service messages of TeamCity: build problems, warnings, and outputs as parameters (its documentation, "Service
//! Messages").

use super::limits::PROBLEM;
use super::model::Report;
use super::outputs::Output;
use super::remarks::{Grade, Remark};
use super::variables;

/// What deserves attention, a message each.
pub(super) fn messages(report: &Report) -> String {
    let title = report.title();
    report.annotations().iter().map(|remark| message(&title, remark)).collect()
}

fn message(title: &str, remark: &Remark) -> String {
    let text = remark.headed_text(title);
    match remark.grade {
        Grade::Error => format!("##teamcity[buildProblem description='{}']\n", value(&cut(&text))),
        Grade::Warning => format!("##teamcity[message text='{}' status='WARNING']\n", value(&text)),
        Grade::Notice => format!("##teamcity[message text='{}' status='NORMAL']\n", value(&text)),
    }
}

/// So much of a text that it is taken when it is written as a value.
fn cut(text: &str) -> String {
    let mut left = PROBLEM;
    let fits = text.chars().take_while(|character| {
        let length = value(character.encode_utf8(&mut [0; 4])).len();
        left = left.saturating_sub(length);
        left > 0
    });
    fits.collect()
}

/// Outputs as environment variables of the steps behind this one.
pub(super) fn parameters(outputs: &[Output]) -> String {
    let each = variables::each(outputs)
        .map(|(name, text)| format!("##teamcity[setParameter name='env.{name}' value='{}']\n", value(text)));
    each.collect()
}

/// Lines of a log in a block that is folded until somebody opens it. They must be safe already.
pub(super) fn block(title: &str, lines: &str) -> String {
    let name = value(title);
    format!("##teamcity[blockOpened name='{name}']\n{lines}##teamcity[blockClosed name='{name}']\n")
}

/// The value of an attribute, as the table "Escaped Values" has it. What is not ASCII is written by its UTF-16 units.
fn value(text: &str) -> String {
    use std::fmt::Write as _;
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\'' | '|' | '[' | ']' => safe.extend(['|', character]),
            '\n' => safe.push_str("|n"),
            '\r' => safe.push_str("|r"),
            ' '..='~' => safe.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _infallible = write!(safe, "|0x{unit:04X}");
                }
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::model::{ArtifactOutcome, ArtifactReport, Findings, Reason};
    use super::super::samples;
    use super::*;

    #[test]
    fn messages_say_what_was_found_and_what_to_do() {
        insta::with_settings!({ prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("teamcity_of_several", messages(&samples::several()));
        });
        assert_eq!(messages(&samples::verified()), "");
    }

    #[test]
    fn a_problem_is_never_longer_than_is_taken() {
        let report = Report::of(
            "verify",
            Findings::Artifacts(vec![ArtifactReport::new("ü'".repeat(4000), ArtifactOutcome::Unsigned)]),
        );
        let shown = messages(&report);
        let problem = shown.split('\'').nth(1).unwrap();
        assert!(problem.len() <= PROBLEM, "{}", problem.len());
    }

    #[test]
    fn an_output_is_a_variable_of_the_steps_behind() {
        let told = parameters(&[("image", "r.example/a@sha256:0".to_owned())]);
        assert!(
            told.contains("##teamcity[setParameter name='env.SEALGATE_OUTPUT_IMAGE' value='r.example/a@sha256:0']\n")
        );
        assert!(told.contains("##teamcity[setParameter name='env.SEALGATE_OUTPUT_DIGEST' value='']\n"));
    }

    /// As TeamCity does it.
    fn decoded(text: &str) -> String {
        let mut units = Vec::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let mut length = character.len_utf8();
            if character == '|' {
                let next = rest[1..].chars().next().unwrap();
                length += 1;
                match next {
                    'n' => units.push(u16::from(b'\n')),
                    'r' => units.push(u16::from(b'\r')),
                    '0' => {
                        units.push(u16::from_str_radix(&rest[3..7], 16).unwrap());
                        length += 5;
                    }
                    other => units.push(u16::try_from(u32::from(other)).unwrap()),
                }
            } else {
                units.push(u16::try_from(u32::from(character)).unwrap());
            }
            rest = &rest[length..];
        }
        String::from_utf16(&units).unwrap()
    }

    proptest! {
        #[test]
        fn teamcity_reads_what_was_meant(text in any::<String>()) {
            let value = value(&text);
            prop_assert_eq!(decoded(&value), text.as_str());
            prop_assert!(value.is_ascii() && !value.contains(['\n', '\r']));
        }

        /// Whatever is found, there is no message but ours, and each is one line.
        #[test]
        fn no_text_from_outside_is_a_message(text in r"(##teamcity\[setParameter name='x' value='y'\]|'|\||\[|\]|\n|\r|status=|\PC|\p{C}){0,20}") {
            let mut report = Report::of("verify", Findings::Artifacts(vec![ArtifactReport::new(text.clone(), ArtifactOutcome::Unsigned)]));
            report.warnings.push(Reason::new(text.clone(), text));
            let shown = messages(&report);
            prop_assert_eq!(shown.lines().count(), 2);
            for line in shown.split_terminator('\n') {
                prop_assert!(line.starts_with("##teamcity["));
                prop_assert_eq!(line.matches("##").count(), 1);
            }
        }
    }
}
