//! Lines of a log that are folded until somebody opens them, in the way of each system.

use notary::Timestamp;

use super::style::Folds;
use super::{azure, github, gitlab, teamcity};

/// Lines under a title. Both must be safe already. The name is ours, and no other fold of the run has it.
pub(super) fn fold(folds: Folds, name: &str, now: Option<Timestamp>, title: &str, lines: &str) -> String {
    match folds {
        Folds::None => lines.to_owned(),
        Folds::GitHub => github::group(title, lines),
        Folds::GitLab => gitlab::section(name, now, title, lines),
        Folds::Azure => azure::group(title, lines),
        Folds::Buildkite => format!("--- {title}\n{lines}"),
        Folds::Travis => {
            format!("travis_fold:start:{name}\r\u{1b}[0K{title}\n{lines}travis_fold:end:{name}\r\u{1b}[0K\n")
        }
        Folds::TeamCity => teamcity::block(title, lines),
    }
}

/// What ends the last fold before lines that are not folded, where only the next one ends it.
pub(super) fn unfold(folds: Folds, title: &str) -> String {
    match folds {
        Folds::Buildkite => format!("+++ {title}\n"),
        _ => String::new(),
    }
}
