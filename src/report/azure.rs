//! The report in the logging commands of Azure Pipelines: issues, and outputs as variables. The rules are those of the agent
//! (`Command` and `CommandStringConvertor` in microsoft/azure-pipelines-agent).

use super::model::{Place, Report};
use super::outputs::Output;
use super::remarks::{Grade, Remark};
use super::variables;

/// What deserves attention, a line each. Notices have no command.
pub(super) fn issues(report: &Report) -> String {
    let (title, remarks) = (report.title(), report.annotations());
    let loud = remarks.iter().filter_map(|remark| Some((remark, kind(remark.grade)?)));
    loud.map(|(remark, kind)| issue(&title, remark, kind)).collect()
}

const fn kind(grade: Grade) -> Option<&'static str> {
    match grade {
        Grade::Error => Some("error"),
        Grade::Warning => Some("warning"),
        Grade::Notice => None,
    }
}

fn issue(title: &str, remark: &Remark, kind: &str) -> String {
    let text = remark.headed_text(title);
    format!("##vso[task.logissue type={kind};{}]{}\n", place(remark.place.as_ref()), data(&text))
}

/// Where it is shown, if that is in a file of the repository.
fn place(place: Option<&Place>) -> String {
    match place.filter(|place| place.is_in_repository()) {
        Some(Place { file, line, column }) => {
            format!("sourcepath={};linenumber={line};columnnumber={column};", property(file))
        }
        None => String::new(),
    }
}

/// Outputs as variables: of the steps behind this one in the same job by their name, and of other jobs as outputs of the step.
pub(super) fn variables(outputs: &[Output]) -> String {
    let each = variables::each(outputs).map(|(name, value)| {
        let value = data(value);
        format!("##vso[task.setvariable variable={name};]{value}\n##vso[task.setvariable variable={name};isOutput=true;]{value}\n")
    });
    each.collect()
}

/// The command that shows a file of Markdown with the run. The path is absolute.
pub(crate) fn upload_summary(path: &str) -> String {
    format!("##vso[task.uploadsummary]{}\n", data(path))
}

/// Lines of a log in a group that is folded until somebody opens it. They must be safe already, as the title must.
pub(super) fn group(title: &str, lines: &str) -> String {
    format!("##[group]{title}\n{lines}##[endgroup]\n")
}

/// The data of a command: several lines are one.
fn data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(']', "%5D").replace(';', "%3B")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::model::{ArtifactOutcome, ArtifactReport, Findings, Reason};
    use super::super::samples;
    use super::*;

    #[test]
    fn issues_say_what_was_found_and_what_to_do() {
        insta::with_settings!({ prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("azure_of_several", issues(&samples::several()));
        });
        assert_eq!(issues(&samples::verified()), "");
    }

    #[test]
    fn an_issue_is_at_the_line_that_it_is_about() {
        let at = |file: &str| {
            let mut report = Report::new("verify");
            report.warnings.push(Reason::new("a", "b").at(Place::new(file, (7, 3))));
            issues(&report)
        };
        let told = "##vso[task.logissue type=warning;sourcepath=ci/a%3Bb%5D.json;linenumber=7;columnnumber=3;]sealgate verify: a%0Ab\n";
        assert_eq!(at("ci/a;b].json"), told);
        assert_eq!(at("/etc/policy.json"), "##vso[task.logissue type=warning;]sealgate verify: a%0Ab\n");
    }

    #[test]
    fn an_output_is_a_variable_of_the_job_and_an_output_of_the_step() {
        let told = variables(&[("image", "r.example/a@sha256:0".to_owned())]);
        assert!(told.contains("##vso[task.setvariable variable=SEALGATE_OUTPUT_IMAGE;]r.example/a@sha256:0\n"));
        assert!(
            told.contains(
                "##vso[task.setvariable variable=SEALGATE_OUTPUT_IMAGE;isOutput=true;]r.example/a@sha256:0\n"
            )
        );
        assert!(told.contains("##vso[task.setvariable variable=SEALGATE_OUTPUT_DIGEST;]\n"));
    }

    /// As the agent does it.
    fn decoded(text: &str) -> String {
        text.replace("%3B", ";").replace("%5D", "]").replace("%0A", "\n").replace("%0D", "\r").replace("%AZP25", "%")
    }

    proptest! {
        #[test]
        fn the_agent_reads_what_was_meant(text in any::<String>()) {
            prop_assert_eq!(decoded(&data(&text)), text.as_str());
            prop_assert_eq!(decoded(&property(&text)), text.as_str());
        }

        /// Whatever is found, there is no command but ours, and each is one line.
        #[test]
        fn no_text_from_outside_is_a_command(text in r"(##vso\[task\.setvariable variable=x\]|##\[|\]|;|%0A|\n|\r|type=|\PC|\p{C}){0,20}") {
            let mut report = Report::of("verify", Findings::Artifacts(vec![ArtifactReport::new(text.clone(), ArtifactOutcome::Unsigned)]));
            report.warnings.push(Reason::new(text.clone(), text.clone()).at(Place::new(text, (1, 2))));
            let shown = issues(&report);
            prop_assert_eq!(shown.lines().count(), 2);
            prop_assert!(!shown.contains('\r'));
            for line in shown.split_terminator('\n') {
                prop_assert!(line.starts_with("##vso[task.logissue type="));
                prop_assert_eq!(line.matches("##").count(), 1);
            }
        }
    }
}
