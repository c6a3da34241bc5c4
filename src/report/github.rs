//! The report in the language of GitHub's runner, which Gitea and Forgejo share: annotations as workflow commands on the log, outputs
//! as a file of the step, the artifacts of the job. The rules are those of actions/runner (`ActionCommand`, `FileCommandManager`).

use super::escape::workflow::{data, property};
use super::limits::ARTIFACTS;
use super::model::{Place, Report};
use super::outputs::Output;
use super::remarks::{Grade, Remark};
use crate::exit_code::ExitCode;

/// The annotations of a report, a line each.
pub(crate) fn annotations(report: &Report) -> String {
    let title = report.title();
    report.annotations().iter().map(|remark| annotation(&title, remark)).collect()
}

fn annotation(title: &str, remark: &Remark) -> String {
    let name = match remark.grade {
        Grade::Error => "error",
        Grade::Warning => "warning",
        Grade::Notice => "notice",
    };
    let (title, text) = (remark.headline(title), data(&remark.text()));
    format!("::{name} {}title={}::{text}\n", place(remark.place.as_ref()), property(&title))
}

/// Where the annotation is shown, if that is in a file of the repository.
fn place(place: Option<&Place>) -> String {
    match place.filter(|place| place.is_in_repository()) {
        Some(Place { file, line, column }) => format!("file={},line={line},col={column},", property(file)),
        None => String::new(),
    }
}

/// Lines of a log in a group that is folded until somebody opens it. They must be safe already, as the title must.
pub(super) fn group(title: &str, lines: &str) -> String {
    format!("::group::{}\n{lines}::endgroup::\n", data(title))
}

/// A command that hides a value in all of the log behind it.
pub(crate) fn mask(secret: &str) -> String {
    format!("::add-mask::{}\n", data(secret))
}

/// Outputs as lines of the file that `GITHUB_OUTPUT` names. Each value stands between two delimiters that no value can know.
///
/// Nothing for a value that holds the delimiter all the same: it would be taken for several.
pub(super) fn outputs(outputs: &[Output], delimiter: &str) -> Option<String> {
    // An empty one, which every text holds, is none.
    let known = outputs.iter().any(|(name, value)| name.contains(delimiter) || value.contains(delimiter));
    let lines = outputs.iter().map(|(name, value)| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
    (!known).then(|| lines.collect())
}

/// The signed images as lines of the file that `GITHUB_ARTIFACTS` names, for `actions/attest` and others.
pub(crate) fn artifacts(report: &Report, exit: ExitCode) -> String {
    let mut lines: Vec<_> = report.signed_images(exit).into_iter().map(|name| format!("oci://{name}\n")).collect();
    lines.sort();
    lines.dedup();
    // A line with `=` fails the step.
    let is_one_line = |line: &str| line.chars().filter(|character| character.is_control()).count() == 1;
    lines.retain(|line| !line.contains('=') && line.contains("@sha") && is_one_line(line));
    lines.truncate(ARTIFACTS);
    lines.concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::model::{ArtifactOutcome, ArtifactReport, Findings, Reason};
    use super::super::samples;
    use super::*;

    #[test]
    fn annotations_say_what_was_found_and_what_to_do() {
        insta::with_settings!({ prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("annotations_of_several", annotations(&samples::several()));
            insta::assert_snapshot!("annotations_of_a_rejected_image", annotations(&samples::rejected()));
        });
        assert_eq!(annotations(&samples::verified()), "");
    }

    #[test]
    fn the_tenth_annotation_of_a_level_says_how_many_more_there_are() {
        for (count, lines, more) in
            [(9, 9, None), (10, 10, None), (11, 10, Some("2 more")), (500, 10, Some("491 more"))]
        {
            let image = |number| ArtifactReport::new(format!("r.example/a{number}"), ArtifactOutcome::Unsigned);
            let report = Report::of("verify", Findings::Artifacts((0..count).map(image).collect()));
            let text = annotations(&report);
            assert_eq!(text.lines().count(), lines, "{count}");
            assert!(text.lines().all(|line| line.starts_with("::error title=sealgate verify%3A ")));
            match more {
                Some(more) => assert!(text.lines().last().unwrap().contains(&format!("and {more}")), "{text}"),
                None => assert!(!text.contains("and "), "{text}"),
            }
        }
    }

    #[test]
    fn an_annotation_is_at_the_line_that_it_is_about() {
        let at = |file: &str| {
            let mut report = Report::new("verify");
            report.warnings.push(Reason::new("a", "b").at(Place::new(file, (7, 3))));
            annotations(&report)
        };
        assert_eq!(at("ci/policy.json"), "::warning file=ci/policy.json,line=7,col=3,title=sealgate verify%3A a::b\n");
        assert_eq!(at("a,b:c%.json"), "::warning file=a%2Cb%3Ac%25.json,line=7,col=3,title=sealgate verify%3A a::b\n");
        for file in ["/etc/policy.json", "../policy.json", "a\nb", ""] {
            assert_eq!(at(file), "::warning title=sealgate verify%3A a::b\n");
        }
    }

    #[test]
    fn outputs_are_delimited_by_what_no_value_holds() {
        let one = [("result", "verified".to_owned()), ("images", "a\nb".to_owned())];
        assert_eq!(outputs(&one, "d1").unwrap(), "result<<d1\nverified\nd1\nimages<<d1\na\nb\nd1\n");
        assert_eq!(outputs(&[("image", "x d1 y".to_owned())], "d1"), None);
    }

    #[test]
    fn artifacts_are_what_was_signed() {
        let signed = samples::signed();
        let name = signed.artifacts()[0].name().to_owned();
        assert_eq!(artifacts(&signed, ExitCode::Success), format!("oci://{name}\n"));
        assert_eq!(artifacts(&signed, ExitCode::Configuration), "");
        assert_eq!(artifacts(&samples::verified(), ExitCode::Success), "");
        let mut layout = samples::signed();
        layout.artifacts_mut()[0].digest_reference = Some(format!("oci-layout:x@sha256:{:064}", 0));
        assert_eq!(artifacts(&layout, ExitCode::Success), "");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Whatever is found, there is no command but ours, and each is one line.
        #[test]
        fn no_text_from_outside_is_a_command(text in r"(::|##|\[|\]|%0A|\n|\r|error|add-mask|stop-commands|set-output name=x| title=|,|:|\PC|\p{C}){0,20}") {
            let mut image = ArtifactReport::new(text.clone(), ArtifactOutcome::Unsigned);
            image.caveats.push(Reason::new(text.clone(), text.clone()));
            let mut report = Report::of("verify", Findings::Artifacts(vec![image]));
            report.warnings.push(Reason::new(text.clone(), text.clone()).at(Place::new(text, (1, 2))));
            let shown = annotations(&report);
            prop_assert_eq!(shown.lines().count(), 3);
            prop_assert!(!shown.contains("##") && !shown.contains('\r'));
            for line in shown.split_terminator('\n') {
                let (head, _) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
                let (name, properties) = head.split_once(' ').unwrap();
                prop_assert!(["error", "warning"].contains(&name));
                let names: Vec<_> = properties.split(',').map(|one| one.split_once('=').unwrap().0).collect();
                prop_assert!([&["title"][..], &["file", "line", "col", "title"]].contains(&names.as_slice()), "{}", line);
                prop_assert!(properties.contains("title=sealgate verify%3A "));
            }
        }
    }
}
