//! How a run ends follows from what it found.

use super::model::{ArtifactOutcome, ArtifactReport, ErrorReport, Findings, Report};
use crate::exit_code::ExitCode;

impl Report {
    /// How a run with this report ends: as the error says that ended it, or else by the worst of what was found. A command
    /// that was about artifacts and reports none has a fault.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if let Some(error) = &self.error {
            return error.ends();
        }
        match &self.findings {
            Some(Findings::Artifacts(_)) if self.is_empty_shard() => ExitCode::Success,
            Some(Findings::Artifacts(artifacts)) => {
                let unusable = self.has_unusable_files().then_some(ExitCode::Configuration);
                let ends = artifacts.iter().map(ArtifactReport::exit_code).chain(unusable);
                ExitCode::combine(ends).unwrap_or(ExitCode::Internal)
            }
            Some(Findings::TrustInstalled(trust) | Findings::TrustShown(trust)) if !trust.problems.is_empty() => {
                ExitCode::Configuration
            }
            Some(Findings::Gates(gates)) if !gates.problems.is_empty() => ExitCode::Configuration,
            Some(Findings::Doctor(doctor)) => {
                let failed = doctor.checks.iter().filter_map(|check| check.exit_code).map(never_well);
                ExitCode::combine(failed).unwrap_or(ExitCode::Success)
            }
            Some(
                Findings::Key(_)
                | Findings::TrustInstalled(_)
                | Findings::TrustShown(_)
                // What is wrong with the rest was so before.
                | Findings::TrustRemoved(_)
                | Findings::Demo(_)
                | Findings::Iam(_)
                | Findings::Gates(_),
            ) => ExitCode::Success,
            None => ExitCode::Internal,
        }
    }
}

impl Report {
    /// Whether it is about no image because other jobs take all of them.
    pub(super) fn is_empty_shard(&self) -> bool {
        self.artifacts().is_empty() && self.shard.as_ref().is_some_and(|shard| shard.of_images > 0)
    }

    /// Whether the run ends with 0, as far as it follows from what it found.
    pub(crate) fn ends_well(&self) -> bool {
        self.exit_code() == ExitCode::Success
    }
}

impl ArtifactReport {
    /// How a run ends that was about this artifact only.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.outcome {
            ArtifactOutcome::Verified
            | ArtifactOutcome::AcceptedWithWarnings
            | ArtifactOutcome::Skipped
            | ArtifactOutcome::Signed
            | ArtifactOutcome::AlreadySigned
            | ArtifactOutcome::Listed
            | ArtifactOutcome::NotSigned => ExitCode::Success,
            ArtifactOutcome::Rejected => ExitCode::Rejected,
            ArtifactOutcome::Unsigned => ExitCode::Unsigned,
            ArtifactOutcome::GateUnmet => ExitCode::GateUnmet,
            ArtifactOutcome::Error => self.error.as_ref().map_or(ExitCode::Internal, ErrorReport::ends),
        }
    }
}

impl ErrorReport {
    /// Whether it says that the run was told to end.
    pub(crate) const fn was_called_off(&self) -> bool {
        matches!(self.exit_code, ExitCode::Interrupted | ExitCode::Terminated)
    }

    fn ends(&self) -> ExitCode {
        never_well(self.exit_code)
    }
}

/// A failure that says that all is well is a fault.
const fn never_well(code: ExitCode) -> ExitCode {
    match code {
        ExitCode::Success => ExitCode::Internal,
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Area, CheckReport, CheckStatus, DemoReport, DoctorReport};
    use super::*;

    #[test]
    fn a_run_without_an_image_is_well_only_where_other_jobs_have_all_of_them() {
        use super::super::model::ShardReport;
        let of = |of_images| {
            let shard = Some(ShardReport { part: "2/2".to_owned(), of_images });
            Report { shard, ..report(Vec::new()) }
        };
        assert_eq!((of(1).exit_code(), of(1).result(ExitCode::Success)), (ExitCode::Success, Some("empty-shard")));
        assert!(of(1).outputs(ExitCode::Success, None).iter().all(|(name, _)| *name == "result"));
        assert_eq!(of(0).exit_code(), ExitCode::Internal);
        assert_eq!(report(Vec::new()).exit_code(), ExitCode::Internal);
    }

    fn report(artifacts: Vec<ArtifactReport>) -> Report {
        Report::of("verify", Findings::Artifacts(artifacts))
    }

    fn error(exit_code: ExitCode) -> ErrorReport {
        let (code, message) = ("x".to_owned(), "x".to_owned());
        ErrorReport { code, message, causes: Vec::new(), help: Vec::new(), exit_code, place: None }
    }

    fn failed(exit_code: ExitCode) -> ArtifactReport {
        let error = Some(error(exit_code));
        ArtifactReport { error, ..ArtifactReport::new("a", ArtifactOutcome::Error) }
    }

    #[test]
    fn each_outcome_has_its_exit_code() {
        for outcome in ArtifactOutcome::ALL {
            let expected = match outcome {
                ArtifactOutcome::Rejected => 10,
                ArtifactOutcome::Unsigned => 11,
                ArtifactOutcome::GateUnmet => 12,
                ArtifactOutcome::Error => 1,
                _ => 0,
            };
            assert_eq!(report(vec![ArtifactReport::new("a", outcome)]).exit_code().number(), expected, "{outcome:?}");
        }
    }

    #[test]
    fn an_artifact_that_failed_answers_with_the_code_of_its_error() {
        for (code, expected) in
            [(ExitCode::Denied, 5), (ExitCode::Unavailable, 4), (ExitCode::NotFound, 6), (ExitCode::Configuration, 3)]
        {
            assert_eq!(report(vec![failed(code)]).exit_code().number(), expected, "{code:?}");
        }
    }

    #[test]
    fn a_verified_image_beside_a_refused_one_is_no_success() {
        let verified = || ArtifactReport::new("a", ArtifactOutcome::Verified);
        let unsigned = ArtifactReport::new("b", ArtifactOutcome::Unsigned);
        assert_eq!(report(vec![verified(), unsigned, failed(ExitCode::Unavailable)]).exit_code(), ExitCode::Unsigned);
        assert_eq!(report(vec![verified(), verified()]).exit_code(), ExitCode::Success);
    }

    #[test]
    fn a_demonstration_that_went_through_is_a_success() {
        let demo = DemoReport { folder: "demo".to_owned(), kept: true, steps: Vec::new() };
        assert_eq!(Report::of("demo", Findings::Demo(demo)).exit_code(), ExitCode::Success);
    }

    #[test]
    fn a_report_that_says_why_the_run_ended_ends_as_that_says() {
        let error = || Some(error(ExitCode::Configuration));
        assert_eq!(Report { error: error(), ..report(Vec::new()) }.exit_code(), ExitCode::Configuration);
        let verified = ArtifactReport::new("a", ArtifactOutcome::Verified);
        assert_eq!(Report { error: error(), ..report(vec![verified]) }.exit_code(), ExitCode::Configuration);
    }

    #[test]
    fn a_report_about_no_artifact_is_a_fault() {
        assert_eq!(report(Vec::new()).exit_code(), ExitCode::Internal);
        assert_eq!(Report::new("verify").exit_code(), ExitCode::Internal);
    }

    #[test]
    fn an_error_that_claims_success_is_a_fault() {
        let mut artifact = failed(ExitCode::Denied);
        artifact.error.as_mut().unwrap().exit_code = ExitCode::Success;
        assert_eq!(report(vec![artifact]).exit_code(), ExitCode::Internal);
    }

    #[test]
    fn doctor_ends_well_when_nothing_failed_and_otherwise_as_the_worst_would() {
        let check = |status, exit_code| CheckReport {
            area: Area::Job,
            subject: None,
            name: "x",
            status,
            fact: "x".to_owned(),
            causes: Vec::new(),
            help: Vec::new(),
            denial: None,
            code: None,
            exit_code,
            place: None,
        };
        let fine = || CheckStatus::ALL.map(|status| check(status, None)).to_vec();
        let exit = |checks| Report::of("doctor", Findings::Doctor(DoctorReport { checks })).exit_code().number();
        assert_eq!(exit(Vec::new()), 0);
        assert_eq!(exit(fine()), 0);
        for (codes, expected) in [
            (&[ExitCode::Unavailable][..], 4),
            (&[ExitCode::Unavailable, ExitCode::Denied], 5),
            (&[ExitCode::Unavailable, ExitCode::Denied, ExitCode::NotFound], 6),
            (&[ExitCode::NotFound, ExitCode::Configuration, ExitCode::Denied], 3),
            (&[ExitCode::Success], 1),
        ] {
            let failed = codes.iter().map(|code| check(CheckStatus::Failed, Some(*code)));
            assert_eq!(exit(fine().into_iter().chain(failed).collect()), expected, "{codes:?}");
        }
    }
}
