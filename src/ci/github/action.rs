//! The action that runs us, if one does: a step whose inputs are ours.

use crate::ci::CiSystem;
use crate::env::{self, Env};

/// What an action can be asked to do. `run:` steps have all commands.
pub(crate) const COMMANDS: [&str; 7] = ["sign", "verify", "approve", "pin", "list", "inspect", "doctor"];

/// The input that says what an action is to do. It has to be given, so it tells that there are inputs for us.
pub(crate) fn asked(environment: &Env, system: CiSystem) -> Option<&str> {
    system.speaks_github().then(|| environment.get(env::INPUT_COMMAND)).flatten()
}

/// Whether inputs are ours: a step may run us that was itself made from others.
pub(crate) fn is_action(environment: &Env, system: CiSystem) -> bool {
    asked(environment, system).is_some_and(|command| COMMANDS.contains(&command))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
