//! The commands: one file each, which reads as the list of its steps.

pub(crate) mod key_algorithm;

pub(crate) mod help;

pub(crate) mod sign;

pub(crate) mod verify;

mod doctor;

mod look;

mod demo;

pub(crate) mod candidate;
mod completions;
mod images;
mod key_generate;
mod registries;
mod trust_install;
mod trust_show;
mod write;

pub(crate) use key_generate::KeyGenerateError;
#[cfg(test)]
pub(crate) use key_generate::generate as generate_key;
pub(crate) use trust_install::TrustInstallError;

use crate::config::Task;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::report::{ArtifactOutcome, ArtifactReport, ErrorReport, Report};

/// What a command leaves to be written to standard output.
#[derive(Debug)]
pub(crate) enum Done {
    /// Findings, to be rendered as asked for.
    Report(Box<Report>),
    /// Text that is the result itself.
    Text(String),
}

/// Runs a command.
pub(crate) async fn run(task: Task, context: &Context) -> Result<Done, Error> {
    match task {
        Task::KeyGenerate(args) => key_generate::run(args, context).await,
        Task::TrustInstall(settings) => trust_install::run(&settings, context),
        Task::TrustShow(args) => trust_show::run(&args, context),
        Task::Completions(args) => Ok(completions::run(&args)),
        Task::Sign(settings) => sign::run(settings, context).await,
        Task::Verify(settings) => verify::run(settings, context).await,
        Task::List(settings) => look::run(settings, look::Depth::Manifests, context).await,
        Task::Inspect(settings) => look::run(settings, look::Depth::Envelopes, context).await,
        Task::Doctor(settings) => doctor::run(*settings, context).await,
        Task::DoctorIam(settings) => doctor::run_iam(&settings, context),
        Task::Demo(args) => demo::run(&args, context).await,
        Task::Help(args) => help::run(&args, &context.stdout_style()),
        Task::Version => Ok(help::version()),
    }
}

/// How a run with this report ends: the worst of its artifacts. A command that was about artifacts and reports none
/// has a fault.
pub(crate) fn exit_code(report: &Report) -> ExitCode {
    if let Some(error) = &report.error {
        return exit_code_of(error);
    }
    if let Some(found) = &report.doctor {
        return doctor::exit_code(found);
    }
    if report.iam.is_some() {
        return ExitCode::Success;
    }
    if report.artifacts.is_empty() {
        match (&report.key, &report.trust, &report.demo) {
            (_, Some(trust), _) if !trust.problems.is_empty() => return ExitCode::Configuration,
            (Some(_), _, _) | (_, Some(_), _) | (_, _, Some(_)) => return ExitCode::Success,
            (None, None, None) => {}
        }
    }
    ExitCode::combine(report.artifacts.iter().map(artifact_exit_code)).unwrap_or(ExitCode::Internal)
}

/// How a run ends that was about this artifact only.
fn artifact_exit_code(artifact: &ArtifactReport) -> ExitCode {
    match artifact.outcome {
        ArtifactOutcome::Verified
        | ArtifactOutcome::AcceptedWithWarnings
        | ArtifactOutcome::Skipped
        | ArtifactOutcome::Signed
        | ArtifactOutcome::AlreadySigned
        | ArtifactOutcome::Listed => ExitCode::Success,
        ArtifactOutcome::Rejected => ExitCode::Rejected,
        ArtifactOutcome::Unsigned => ExitCode::Unsigned,
        ArtifactOutcome::Error => artifact.error.as_ref().map_or(ExitCode::Internal, exit_code_of),
    }
}

/// How a run ends with this error: never well.
fn exit_code_of(error: &ErrorReport) -> ExitCode {
    let code = ExitCode::from_number(error.exit_code).filter(|code| *code != ExitCode::Success);
    code.unwrap_or(ExitCode::Internal)
}

#[cfg(test)]
mod stage;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::code;
    use crate::report::DemoReport;

    fn report(artifacts: Vec<ArtifactReport>) -> Report {
        Report { artifacts, ..Report::new("verify") }
    }

    fn failed(code: &'static crate::error::Code) -> ArtifactReport {
        let mut artifact = ArtifactReport::new("a", ArtifactOutcome::Error);
        artifact.error = Some(Error::new(code, "x").report());
        artifact
    }

    #[test]
    fn each_outcome_has_its_exit_code() {
        for outcome in ArtifactOutcome::ALL {
            let expected = match outcome {
                ArtifactOutcome::Rejected => 10,
                ArtifactOutcome::Unsigned => 11,
                ArtifactOutcome::Error => 1,
                _ => 0,
            };
            assert_eq!(exit_code(&report(vec![ArtifactReport::new("a", outcome)])).number(), expected, "{outcome:?}");
        }
    }

    #[test]
    fn an_artifact_that_failed_answers_with_the_code_of_its_error() {
        for (code, expected) in
            [(code::DENIED, 5), (code::UNAVAILABLE, 4), (code::NOT_FOUND, 6), (code::TRUST_POLICY, 3)]
        {
            assert_eq!(exit_code(&report(vec![failed(code)])).number(), expected, "{}", code.name);
        }
    }

    #[test]
    fn a_verified_image_beside_a_refused_one_is_no_success() {
        let verified = || ArtifactReport::new("a", ArtifactOutcome::Verified);
        let unsigned = ArtifactReport::new("b", ArtifactOutcome::Unsigned);
        assert_eq!(exit_code(&report(vec![verified(), unsigned, failed(code::UNAVAILABLE)])), ExitCode::Unsigned);
        assert_eq!(exit_code(&report(vec![verified(), verified()])), ExitCode::Success);
    }

    #[test]
    fn a_demonstration_that_went_through_is_a_success() {
        let demo = DemoReport { folder: "demo".to_owned(), kept: true, steps: Vec::new() };
        assert_eq!(exit_code(&Report { demo: Some(demo), ..Report::new("demo") }), ExitCode::Success);
    }

    #[test]
    fn a_report_that_says_why_the_run_ended_ends_as_that_says() {
        let error = || Some(Error::new(code::TRUST_POLICY, "x").report());
        assert_eq!(exit_code(&Report { error: error(), ..report(Vec::new()) }), ExitCode::Configuration);
        let verified = ArtifactReport::new("a", ArtifactOutcome::Verified);
        assert_eq!(exit_code(&Report { error: error(), ..report(vec![verified]) }), ExitCode::Configuration);
    }

    #[test]
    fn a_report_about_no_artifact_is_a_fault() {
        assert_eq!(exit_code(&report(Vec::new())), ExitCode::Internal);
    }

    #[test]
    fn an_error_that_claims_success_is_a_fault() {
        let mut artifact = failed(code::DENIED);
        artifact.error.as_mut().unwrap().exit_code = 0;
        assert_eq!(exit_code(&report(vec![artifact])), ExitCode::Internal);
    }
}
