//! The report in the languages of GitLab CI: sections of the log, the variables and links of a job, and a Code Quality report. The rules
//! are those of GitLab's own readers (`Ansi2json::Converter`, `ParseDotenvArtifactService`, `ParseAnnotationsArtifactService`).

mod code_quality;
mod links;

use notary::Timestamp;

use super::limits::{DOTENV, DOTENV_VARIABLES};
use super::outputs::{Output, variable};

pub(super) use code_quality::render as code_quality;
pub(super) use links::render as annotations;

/// Lines of a log in a section that is folded until somebody opens it. They must be safe already, as the title must. The name is ours,
/// and no other section of the job has it.
pub(super) fn section(name: &str, now: Option<Timestamp>, title: &str, lines: &str) -> String {
    let second = now.map_or(0, Timestamp::as_second);
    let name = format!("{name}-{second}");
    let marker = |what: &str, options: &str| format!("\u{1b}[0Ksection_{what}:{second}:{name}{options}\r\u{1b}[0K");
    format!("{}{title}\n{lines}{}\n", marker("start", "[collapsed=true]"), marker("end", ""))
}

/// Outputs as the variables of later jobs: a file of lines `NAME=value`. What does not fit is left out whole, the longest first: a part
/// of it would be taken for all.
pub(super) fn dotenv(outputs: &[Output]) -> String {
    let mut lines: Vec<_> = outputs.iter().filter(|(_, value)| is_plain(value)).map(line).collect();
    lines.truncate(DOTENV_VARIABLES);
    while lines.iter().map(String::len).sum::<usize>() >= DOTENV {
        let longest = lines.iter().enumerate().max_by_key(|(_, line)| line.len()).map(|(place, _)| place);
        longest.map(|place| lines.remove(place));
    }
    lines.concat()
}

fn line((name, value): &Output) -> String {
    format!("{}={value}\n", variable(name))
}

/// Whether GitLab and whoever else reads such a file take the value as it is. GitLab fills in what `$` names, trims, and knows no
/// quotes; others know quotes, comments and escapes.
fn is_plain(value: &str) -> bool {
    let is_ours = |character: char| character.is_ascii_graphic() && !"$#'`\\".contains(character);
    !value.is_empty() && value.chars().all(is_ours) && !value.starts_with('"')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// As GitLab reads such a file (`ParseDotenvArtifactService`), if it does not refuse it.
    fn parsed(text: &str) -> Option<BTreeMap<String, String>> {
        if text.len() >= 5 * 1024 {
            return None;
        }
        let mut variables = BTreeMap::new();
        for line in text.split_inclusive('\n') {
            let (name, value) = line.trim_end_matches('\n').split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            // It fills in variables when it hands them to a job.
            if !is_name(name) || value.contains('$') || value.contains(['\n', '\r']) {
                return None;
            }
            variables.insert(name.to_owned(), value.to_owned());
        }
        (variables.len() <= 20).then_some(variables)
    }

    fn told(outputs: &[Output]) -> BTreeMap<String, String> {
        parsed(&dotenv(outputs)).unwrap()
    }

    #[test]
    fn outputs_are_variables_of_later_jobs() {
        let digest = format!("sha256:{:064}", 0);
        let image = format!("r.example:5000/app@{digest}");
        let outputs = [
            ("result", "verified".to_owned()),
            ("verified-count", "1".to_owned()),
            ("image", image.clone()),
            ("images", format!("[\"{image}\"]")),
        ];
        let expected = [
            ("SEALGATE_OUTPUT_RESULT", "verified"),
            ("SEALGATE_OUTPUT_VERIFIED_COUNT", "1"),
            ("SEALGATE_OUTPUT_IMAGE", &image),
            ("SEALGATE_OUTPUT_IMAGES", &format!("[\"{image}\"]")),
        ];
        let told = told(&outputs);
        assert_eq!(told.len(), 4);
        for (name, value) in expected {
            assert_eq!(told.get(name).map(String::as_str), Some(value));
        }
        assert_eq!(dotenv(&[]), "");
    }

    #[test]
    fn a_value_that_gitlab_would_change_is_left_out_whole() {
        for value in ["a b", "a\nb", "a\n", "$HOME", "a${B}", "'a'", "\"a\"", "a#b", "a\\n", "`a`", "ü", "a\u{1b}", ""]
        {
            let outputs = [("result", "verified".to_owned()), ("image", value.to_owned())];
            assert_eq!(dotenv(&outputs), "SEALGATE_OUTPUT_RESULT=verified\n", "{value:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_whole_the_longest_first() {
        let of =
            |bytes: usize| [("images", "i".repeat(bytes)), ("digest", "d".repeat(1000)), ("result", "r".repeat(500))];
        let others = "SEALGATE_OUTPUT_DIGEST=\n".len() + 1000 + "SEALGATE_OUTPUT_RESULT=\n".len() + 500;
        let most = DOTENV - 1 - others - "SEALGATE_OUTPUT_IMAGES=\n".len();
        for (bytes, count) in [(most, 3), (most + 1, 2), (100_000, 2)] {
            let told = told(&of(bytes));
            assert_eq!(told.len(), count, "{bytes}");
            assert_eq!(told.contains_key("SEALGATE_OUTPUT_IMAGES"), count == 3);
        }
        let many: Vec<Output> = (0..=DOTENV_VARIABLES).map(|_| ("result", "x".to_owned())).collect();
        assert_eq!(dotenv(&many).lines().count(), DOTENV_VARIABLES);
    }

    #[test]
    fn a_section_folds_its_lines_under_its_title() {
        let now = "2026-01-02T03:04:05Z".parse().ok();
        let expected = "\u{1b}[0Ksection_start:1767323045:sealgate-verify-1-1767323045[collapsed=true]\r\u{1b}[0K✓ title\n  a\n\
                        \u{1b}[0Ksection_end:1767323045:sealgate-verify-1-1767323045\r\u{1b}[0K\n";
        assert_eq!(section("sealgate-verify-1", now, "✓ title", "  a\n"), expected);
    }

    proptest! {
        #[test]
        fn whatever_is_found_gitlab_reads_only_what_was_meant(
            values in proptest::collection::vec(r#"(\PC|\p{C}|=|\n|SEALGATE_OUTPUT_IMAGE=a|\$A|"|#|a{600}){0,12}"#, 7)
        ) {
            let names = ["result", "image", "images", "digest", "report-path", "sarif-path", "junit-path"];
            let outputs: Vec<Output> = names.into_iter().zip(values).collect();
            let told = parsed(&dotenv(&outputs)).expect("GitLab refuses it");
            for (name, value) in &told {
                prop_assert!(outputs.iter().any(|(known, meant)| variable(known) == *name && meant == value), "{name}");
            }
        }
    }
}
