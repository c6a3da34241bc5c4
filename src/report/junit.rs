//! The report as JUnit XML, which GitLab, CodeBuild, Jenkins and Azure Pipelines show: a suite for the command, a case for each
//! image or check. Only what passed without a word against it is a case that passed: what was not judged, or not verified, is
//! skipped, with the reason.

#[cfg(test)]
mod tests;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};
use serde::ser::Error as _;

use super::escape::terminal;
use super::gist::{Tone, Why};
use super::model::{
    ArtifactOutcome, ArtifactReport, CheckReport, CheckStatus, ErrorReport, Findings, GateRow, Help, Reason, Report,
};
use crate::exit_code::ExitCode;

/// Renders the report.
///
/// # Errors
/// Never for a report, whose texts are without control characters.
pub(super) fn render(report: &Report) -> Result<String, serde_json::Error> {
    let command = report.title();
    let mut suite = TestSuite::new(command.clone());
    for (label, text) in report.weakenings() {
        suite.add_property(Property::new(label, shown(&text)));
    }
    for warning in &report.warnings {
        suite.add_property(Property::new("warning", shown(&format!("{} [{}]", warning.text, warning.code))));
    }
    suite.add_test_cases(report.artifacts().iter().map(|image| of_image(image, &command)));
    for file in &report.files {
        suite.add_test_cases(file.problems.iter().map(|problem| of_problem(&problem.reason, &command)));
    }
    match &report.findings {
        Some(Findings::Doctor(doctor)) => {
            suite.add_test_cases(doctor.checks.iter().map(|check| of_check(check, &command)));
        }
        Some(Findings::TrustInstalled(trust) | Findings::TrustShown(trust)) => {
            suite.add_test_cases(trust.problems.iter().map(|problem| of_problem(problem, &command)));
        }
        Some(Findings::Gates(gates)) => {
            suite.add_test_cases(gates.problems.iter().map(|problem| of_problem(&problem.reason, &command)));
        }
        _ => {}
    }
    suite.add_test_cases(of_run(report, &suite, &command));
    let mut junit = quick_junit::Report::new("sealgate");
    junit.add_test_suite(suite);
    junit.to_string().map_err(serde_json::Error::custom)
}

/// A text from outside without what a terminal would obey; what XML would is up to the writer of XML.
fn shown(text: &str) -> String {
    terminal(text).into_owned()
}

fn case(name: &str, command: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(shown(name), status);
    case.set_classname(command);
    case
}

fn failed(kind: NonSuccessKind, code: &str, message: &str, more: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(shown(code)).set_message(shown(message));
    if !more.is_empty() {
        status.set_description(more);
    }
    status
}

fn skipped(code: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_type(shown(code)).set_message(shown(message));
    status
}

fn of_image(image: &ArtifactReport, command: &str) -> TestCase {
    let Why { code, text } = image
        .why()
        .unwrap_or_else(|| Why { code: image.outcome.name().to_owned(), text: image.outcome.words().to_owned() });
    let words = image.outcome.words();
    let message = if text == words { text } else { format!("{words}: {text}") };
    let status = match image.outcome {
        ArtifactOutcome::Verified | ArtifactOutcome::Signed | ArtifactOutcome::AlreadySigned => {
            TestCaseStatus::success()
        }
        ArtifactOutcome::AcceptedWithWarnings
        | ArtifactOutcome::Skipped
        | ArtifactOutcome::NotSigned
        | ArtifactOutcome::Listed => skipped(&code, &message),
        ArtifactOutcome::Rejected | ArtifactOutcome::Unsigned | ArtifactOutcome::GateUnmet => {
            failed(NonSuccessKind::Failure, &code, &message, &in_full(image))
        }
        ArtifactOutcome::Error => failed(NonSuccessKind::Error, &code, &message, &in_full(image)),
    };
    let mut case = case(image.name(), command, status);
    let mut lines: Vec<_> = image.caveats.iter().map(|caveat| format!("! {}", shown(&caveat.text))).collect();
    if image.tone() == Tone::Good {
        lines.extend(image.signer().map(|signer| format!("signer: {}", shown(&signer))));
        lines.extend(image.accepted_until().map(|until| format!("accepted until: {}", shown(until))));
        lines.extend(gate_lines(image));
    }
    if !lines.is_empty() {
        case.set_system_out(lines.join("\n"));
    }
    case
}

/// Why an image has failed, with what can be done, one a line.
fn in_full(image: &ArtifactReport) -> String {
    let facts = image.facts().into_iter().map(|(label, value)| format!("{label}: {}", shown(&value)));
    let of_signature = |signature: &super::model::CandidateReport| {
        let reason = signature.reason.as_ref().map(|reason| format!(": {} [{}]", reason.text, reason.code));
        shown(&format!(
            "signature {} {}{}",
            signature.signature_manifest,
            signature.words().1,
            reason.unwrap_or_default()
        ))
    };
    let signatures = image.candidates.iter().map(of_signature);
    let error = image.error.iter().map(error_lines);
    facts.chain(gate_lines(image)).chain(signatures).chain(error).collect::<Vec<_>>().join("\n")
}

/// Each requirement of gates with what was found for it. It is no case of its own: an image is one case, whatever it is judged by, so
/// that cases count images, and one refusal is one failure.
fn gate_lines(image: &ArtifactReport) -> Vec<String> {
    let of_row = |row: &GateRow| {
        let first = format!("{} {} {}", row.tone().mark(), row.status.label(), shown(&row.title()));
        let found = row.findings().into_iter().map(|line| format!("  {}", shown(&line)));
        let help = row.help.iter().map(|help| format!("  help: {}", shown(&help.text)));
        std::iter::once(first).chain(found).chain(help).collect::<Vec<_>>()
    };
    image.gate.iter().flat_map(|gate| &gate.rows).flat_map(of_row).collect()
}

fn error_lines(error: &ErrorReport) -> String {
    let first = format!("error[{}]: {}", shown(&error.code), shown(&error.message));
    [vec![first], causes_and_help(&error.causes, &error.help)].concat().join("\n")
}

fn causes_and_help(causes: &[String], help: &[Help]) -> Vec<String> {
    let causes = causes.iter().map(|cause| format!("caused by: {}", shown(cause)));
    causes.chain(help.iter().map(|help| format!("help: {}", shown(&help.text)))).collect()
}

fn of_check(check: &CheckReport, command: &str) -> TestCase {
    let more = causes_and_help(&check.causes, &check.help).join("\n");
    let status = match check.status {
        CheckStatus::Ok | CheckStatus::Note => TestCaseStatus::success(),
        // It may be meant so.
        CheckStatus::Warning => skipped("warning", &check.fact),
        CheckStatus::NotChecked => skipped("not-checked", &check.fact),
        CheckStatus::Failed => {
            failed(NonSuccessKind::Failure, check.code.as_deref().unwrap_or("failed"), &check.fact, &more)
        }
    };
    let subject = check.subject.as_ref().map(|subject| format!(" {subject}")).unwrap_or_default();
    let mut case = case(&format!("{}{subject}: {}", check.area.title(), check.name), command, status);
    if check.status != CheckStatus::Failed {
        case.set_system_out([shown(&check.fact), more].join("\n").trim_end());
    }
    case
}

fn of_problem(problem: &Reason, command: &str) -> TestCase {
    case(&problem.code, command, failed(NonSuccessKind::Failure, &problem.code, &problem.text, ""))
}

/// The run itself: why it ended early, or that it did its work where there is nothing else to say. No run that failed is without
/// a case that says so.
fn of_run(report: &Report, suite: &TestSuite, command: &str) -> Option<TestCase> {
    let is_red = suite.failures + suite.errors > 0;
    match (&report.error, report.exit_code()) {
        (Some(error), _) => {
            let status = failed(NonSuccessKind::Error, &error.code, &error.message, &error_lines(error));
            Some(case(command, command, status))
        }
        (None, ExitCode::Success) if suite.tests == 0 => Some(case(command, command, TestCaseStatus::success())),
        (None, ExitCode::Success) => None,
        (None, _) if is_red => None,
        (None, _) => Some(case(command, command, failed(NonSuccessKind::Error, "internal", "the run failed", ""))),
    }
}
