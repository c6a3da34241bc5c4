//! The step that runs us: the files through which its runner hears from it.

use std::path::{Path, PathBuf};

use crate::ci::CiSystem;
use crate::env::{self, Env, Variable};

/// What an action can be asked to do. `run:` steps have all commands.
pub(crate) const COMMANDS: [&str; 5] = ["sign", "verify", "list", "inspect", "doctor"];

/// The input that says what an action is to do. It has to be given, so it tells that there are inputs for us.
pub(crate) fn asked(environment: &Env, system: CiSystem) -> Option<&str> {
    system.speaks_github().then(|| environment.get(env::INPUT_COMMAND)).flatten()
}

/// Whether inputs are ours: a step may run us that was itself made from others.
pub(crate) fn is_action(environment: &Env, system: CiSystem) -> bool {
    asked(environment, system).is_some_and(|command| COMMANDS.contains(&command))
}

/// What a step of a job tells its runner through files. Each is there only where the runner wants to hear of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// Outputs for the steps behind it.
    pub(crate) output: Option<PathBuf>,
    /// The summary of the job.
    pub(crate) summary: Option<PathBuf>,
    /// What the job made.
    pub(crate) artifacts: Option<PathBuf>,
    /// Where the job's files are.
    workspace: Option<PathBuf>,
    /// Whether the runner itself started us, as an action, and so hears all that is written to the log.
    pub(crate) is_action: bool,
}

impl Step {
    /// The step, on a system that speaks GitHub's language.
    pub(crate) fn of(environment: &Env, system: CiSystem) -> Option<Self> {
        if !system.speaks_github() {
            return None;
        }
        let path = |variable: &Variable| environment.get(variable).map(PathBuf::from);
        Some(Self {
            output: path(env::GITHUB_OUTPUT),
            summary: path(env::GITHUB_STEP_SUMMARY),
            artifacts: path(env::GITHUB_ARTIFACTS),
            workspace: path(env::GITHUB_WORKSPACE),
            is_action: is_action(environment, system),
        })
    }

    /// An absolute path as the steps behind this one can use it: relative to the workspace if it is in there. In a container the
    /// workspace has another path than outside.
    pub(crate) fn outside(&self, path: &Path) -> PathBuf {
        let inside = self.workspace.as_deref().and_then(|workspace| path.strip_prefix(workspace).ok());
        match inside {
            Some(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
            Some(inside) => inside.to_owned(),
            None => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_known_where_githubs_language_is_spoken() {
        let environment = Env::of(&[
            ("GITHUB_OUTPUT", "/f/output"),
            ("GITHUB_STEP_SUMMARY", "/f/summary"),
            ("GITHUB_ARTIFACTS", ""),
            ("GITHUB_WORKSPACE", "/github/workspace"),
            ("INPUT_COMMAND", "verify"),
        ]);
        let expected = Step {
            output: Some("/f/output".into()),
            summary: Some("/f/summary".into()),
            artifacts: None,
            workspace: Some("/github/workspace".into()),
            is_action: true,
        };
        for system in [CiSystem::GitHub, CiSystem::Gitea, CiSystem::Forgejo] {
            assert_eq!(Step::of(&environment, system), Some(expected.clone()));
        }
        for system in [CiSystem::GitLab, CiSystem::CodeBuild, CiSystem::None, CiSystem::Woodpecker] {
            assert_eq!(Step::of(&environment, system), None);
        }
        assert_eq!(Step::of(&Env::of(&[]), CiSystem::GitHub), Some(Step::default()));
    }

    #[test]
    fn inputs_are_ours_where_they_name_a_command_of_ours() {
        let asks = |command| Env::of(&[("INPUT_COMMAND", command)]);
        for command in COMMANDS {
            assert!(is_action(&asks(command), CiSystem::GitHub) && is_action(&asks(command), CiSystem::Gitea));
            assert!(!is_action(&asks(command), CiSystem::GitLab) && !is_action(&asks(command), CiSystem::None));
        }
        for command in ["", "build", "demo", "key generate"] {
            assert!(!is_action(&asks(command), CiSystem::GitHub), "{command}");
        }
        assert_eq!(
            (asked(&asks("build"), CiSystem::GitHub), asked(&asks(""), CiSystem::GitHub)),
            (Some("build"), None)
        );
    }

    #[test]
    fn a_path_of_the_workspace_is_told_as_one_that_is_valid_outside_of_a_container() {
        let step = Step { workspace: Some("/github/workspace".into()), ..Step::default() };
        for (path, told) in [
            ("/github/workspace/out", "out"),
            ("/github/workspace", "."),
            ("/github/workspace-2/out", "/github/workspace-2/out"),
            ("/tmp/out", "/tmp/out"),
        ] {
            assert_eq!(step.outside(Path::new(path)), Path::new(told), "{path}");
        }
        assert_eq!(Step::default().outside(Path::new("/a")), Path::new("/a"));
    }
}
