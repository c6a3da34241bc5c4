//! The step that runs us: through what its CI system hears from it.

use std::path::{Component, Path, PathBuf};

use super::CiSystem;
use super::github::action::is_action;
use super::row::{Outputs, Summary};
use crate::env::{Env, Variable};
use crate::report::{Language, OutputForm};

/// A file that a CI system made for its steps to add to, and the variable that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedFile {
    pub(crate) variable: &'static str,
    pub(crate) path: PathBuf,
}

/// Where the steps behind this one find outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StepOutputs {
    File(NamedFile, OutputForm),
    Log(OutputForm),
}

/// Where a page for people is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StepSummary {
    File(NamedFile),
    /// A command of the log names the file of a report.
    Upload,
    /// The program of Buildkite's agent takes it.
    Buildkite,
}

/// What a step of a job can tell its CI system, and how. Files are there only where the system wants to hear of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What the log obeys.
    pub(crate) language: Language,
    pub(crate) outputs: Option<StepOutputs>,
    pub(crate) summary: Option<StepSummary>,
    /// The file of what the job made.
    pub(crate) artifacts: Option<NamedFile>,
    /// Where the job's files are.
    workspace: Option<PathBuf>,
    /// Whether steps run in containers, where the workspace has another path than outside.
    in_containers: bool,
    /// Whether the runner itself started us, as an action, and so hears all that is written to the log.
    pub(crate) is_action: bool,
}

impl Step {
    /// The step of a job of this system. Without a system there is none.
    pub(crate) fn of(environment: &Env, system: CiSystem) -> Option<Self> {
        if !system.is_ci() {
            return None;
        }
        let row = system.row();
        let file = |variable: &'static Variable| {
            let path = environment.get(variable)?.into();
            Some(NamedFile { variable: variable.name, path })
        };
        let outputs = match row.outputs {
            Outputs::Nowhere | Outputs::BesideReports(_) => None,
            Outputs::File(variable, form) => file(variable).map(|file| StepOutputs::File(file, form)),
            Outputs::Log(form) => Some(StepOutputs::Log(form)),
        };
        let summary = match row.summary {
            Summary::Nowhere => None,
            Summary::File(variable) => file(variable).map(StepSummary::File),
            Summary::Upload => Some(StepSummary::Upload),
            Summary::Buildkite => Some(StepSummary::Buildkite),
        };
        let has_name = |path: &&Path| path.components().any(|part| matches!(part, Component::Normal(_)));
        let workspace = super::change::workspace(environment, system).filter(has_name).map(Path::to_owned);
        Some(Self {
            language: row.language,
            outputs,
            summary,
            artifacts: row.artifacts.and_then(file),
            workspace,
            in_containers: system.speaks_github(),
            is_action: is_action(environment, system),
        })
    }

    /// The files that the system made for its steps to add to.
    pub(crate) fn files(&self) -> impl Iterator<Item = &NamedFile> {
        let outputs = self.outputs.iter().filter_map(|outputs| match outputs {
            StepOutputs::File(file, _) => Some(file),
            StepOutputs::Log(_) => None,
        });
        let summary = self.summary.iter().filter_map(|summary| match summary {
            StepSummary::File(file) => Some(file),
            StepSummary::Upload | StepSummary::Buildkite => None,
        });
        outputs.chain(summary).chain(&self.artifacts)
    }

    /// An absolute path as the repository has it: relative to the workspace if it is in there.
    pub(crate) fn in_repository(&self, path: &Path) -> PathBuf {
        let inside = self.workspace.as_deref().and_then(|workspace| path.strip_prefix(workspace).ok());
        match inside {
            Some(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
            Some(inside) => inside.to_owned(),
            None => path.to_owned(),
        }
    }

    /// An absolute path as the steps behind this one can use it.
    pub(crate) fn for_later_steps(&self, path: &Path) -> PathBuf {
        if self.in_containers { self.in_repository(path) } else { path.to_owned() }
    }
}

#[cfg(test)]
impl Step {
    /// A step that nobody hears of.
    pub(crate) fn silent() -> Self {
        Self::of(&Env::of(&[]), CiSystem::Generic).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(variable: &'static str, path: &str) -> NamedFile {
        NamedFile { variable, path: path.into() }
    }

    #[test]
    fn a_step_is_heard_where_githubs_language_is_spoken() {
        let environment = Env::of(&[
            ("GITHUB_OUTPUT", "/f/output"),
            ("GITHUB_STEP_SUMMARY", "/f/summary"),
            ("GITHUB_ARTIFACTS", ""),
            ("GITHUB_WORKSPACE", "/github/workspace"),
            ("INPUT_COMMAND", "verify"),
        ]);
        let expected = Step {
            language: Language::GitHub,
            outputs: Some(StepOutputs::File(named("GITHUB_OUTPUT", "/f/output"), OutputForm::GitHub)),
            summary: Some(StepSummary::File(named("GITHUB_STEP_SUMMARY", "/f/summary"))),
            artifacts: None,
            workspace: Some("/github/workspace".into()),
            in_containers: true,
            is_action: true,
        };
        for system in [CiSystem::GitHub, CiSystem::Gitea, CiSystem::Forgejo] {
            assert_eq!(Step::of(&environment, system), Some(expected.clone()));
        }
        for system in [CiSystem::GitLab, CiSystem::CodeBuild, CiSystem::Woodpecker, CiSystem::Generic] {
            assert_eq!(Step::of(&environment, system), Some(Step::silent()), "{system:?}");
        }
        assert_eq!(Step::of(&environment, CiSystem::None), None);
    }

    #[test]
    fn other_systems_hear_of_outputs_in_their_own_way() {
        let outputs = |system, variables: &[(&str, &str)]| Step::of(&Env::of(variables), system).unwrap().outputs;
        let file = |variable, form| Some(StepOutputs::File(named(variable, "/f"), form));
        for (system, variable, form) in [
            (CiSystem::CircleCi, "BASH_ENV", OutputForm::Exports),
            (CiSystem::Bitbucket, "BITBUCKET_PIPELINES_VARIABLES_PATH", OutputForm::Lines),
            (CiSystem::Harness, "DRONE_OUTPUT", OutputForm::Lines),
        ] {
            assert_eq!(outputs(system, &[(variable, "/f")]), file(variable, form));
            assert_eq!(outputs(system, &[]), None);
        }
        assert_eq!(outputs(CiSystem::Azure, &[]), Some(StepOutputs::Log(OutputForm::Azure)));
        assert_eq!(outputs(CiSystem::TeamCity, &[]), Some(StepOutputs::Log(OutputForm::TeamCity)));
    }

    #[test]
    fn a_path_of_the_workspace_is_told_as_the_repository_has_it() {
        let step = |system, variable, workspace| Step::of(&Env::of(&[(variable, workspace)]), system).unwrap();
        let github = step(CiSystem::GitHub, "GITHUB_WORKSPACE", "/github/workspace");
        let codebuild = step(CiSystem::CodeBuild, "CODEBUILD_SRC_DIR", "/github/workspace");
        for (path, told) in [
            ("/github/workspace/out", "out"),
            ("/github/workspace", "."),
            ("/github/workspace-2/out", "/github/workspace-2/out"),
            ("/tmp/out", "/tmp/out"),
        ] {
            let path = Path::new(path);
            assert_eq!(github.in_repository(path), Path::new(told));
            assert_eq!(codebuild.in_repository(path), Path::new(told));
            // Only where steps run in containers, the path is another one for them.
            assert_eq!(
                (github.for_later_steps(path).as_path(), codebuild.for_later_steps(path).as_path()),
                (Path::new(told), path)
            );
        }
        // Everything would be in it.
        let root = step(CiSystem::CodeBuild, "CODEBUILD_SRC_DIR", "/");
        assert_eq!(root.in_repository(Path::new("/etc/a")), Path::new("/etc/a"));
        assert_eq!(Step::silent().in_repository(Path::new("/a")), Path::new("/a"));
    }
}
