//! What the process answers: the only table of exit codes.
//!
//! Verdicts start at 10, so that a crash, a shell error or a killed step can never be read as "the signature was
//! rejected".

use std::process;

use serde::{Serialize, Serializer};

/// How a run ended (design, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ExitCode {
    /// Signed; verified; accepted with warnings; skipped (`--allow-skip`, `--on-fork skip`); not signed (`--best-effort`).
    Success,
    /// A fault of sealgate itself.
    Internal,
    /// The command line is wrong.
    Usage,
    /// A policy, trust store, file or input is invalid.
    Configuration,
    /// A registry, AWS or a responder did not answer, or throttled.
    Unavailable,
    /// Credentials are missing or not allowed.
    Denied,
    /// The image or the signing profile does not exist.
    NotFound,
    /// Signatures exist and none is acceptable.
    Rejected,
    /// No signature was found.
    Unsigned,
    /// A required approval is missing.
    GateUnmet,
    /// Ctrl-C (SIGINT).
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl ExitCode {
    /// Whether a signature that comes later, or a registry that answers later, can change how a run ends. What is denied, not found
    /// or not well set up stays so.
    pub(crate) const fn changes_with_time(self) -> bool {
        matches!(self, Self::Unsigned | Self::Rejected | Self::GateUnmet | Self::Unavailable)
    }

    /// All of them, in the order of their numbers.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 12] = [
        Self::Success,
        Self::Internal,
        Self::Usage,
        Self::Configuration,
        Self::Unavailable,
        Self::Denied,
        Self::NotFound,
        Self::Rejected,
        Self::Unsigned,
        Self::GateUnmet,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// Worst first: what several artifacts answer together. A refusal comes before anything that is worth a retry,
    /// so that a rule which retries on 4 never retries a refusal.
    const WORST_FIRST: [Self; 11] = [
        Self::Interrupted,
        Self::Terminated,
        Self::Internal,
        Self::Usage,
        Self::Configuration,
        Self::Rejected,
        Self::Unsigned,
        Self::GateUnmet,
        Self::NotFound,
        Self::Denied,
        Self::Unavailable,
    ];

    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Configuration => 3,
            Self::Unavailable => 4,
            Self::Denied => 5,
            Self::NotFound => 6,
            Self::Rejected => 10,
            Self::Unsigned => 11,
            Self::GateUnmet => 12,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// What it means: the table in `docs/exit-codes.md` says the same.
    #[cfg(test)]
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Success => {
                "signed; verified; accepted with warnings; skipped (`--allow-skip`, `--on-fork skip`); not signed (`--best-effort`)"
            }
            Self::Internal => "internal error",
            Self::Usage => "usage",
            Self::Configuration => "configuration: a policy, trust store, file or input is invalid",
            Self::Unavailable => "unavailable: a registry, AWS or a responder did not answer, or throttled",
            Self::Denied => "denied: credentials are missing or not allowed",
            Self::NotFound => "not found: the image or the signing profile does not exist",
            Self::Rejected => "rejected: signatures exist, none is acceptable",
            Self::Unsigned => "unsigned: no signature was found",
            Self::GateUnmet => "gate unmet: an approval that a stage requires is missing",
            Self::Interrupted => "interrupted (Ctrl-C)",
            Self::Terminated => "terminated (SIGTERM)",
        }
    }

    /// One answer for several artifacts: the worst of them. `None` for none: nothing checked is never a success.
    pub(crate) fn combine(codes: impl IntoIterator<Item = Self>) -> Option<Self> {
        codes.into_iter().min_by_key(|code| code.rank())
    }

    /// Place in [`Self::WORST_FIRST`]; success is behind all of it.
    fn rank(self) -> usize {
        Self::WORST_FIRST.iter().position(|worst| *worst == self).unwrap_or(Self::WORST_FIRST.len())
    }
}

impl Serialize for ExitCode {
    /// Reports hold the number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.number())
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode::{self, *};

    #[test]
    fn the_numbers_are_those_of_the_table() {
        let numbers = [0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 130, 143];
        assert_eq!(ExitCode::ALL.map(ExitCode::number), numbers);
    }

    #[test]
    fn several_artifacts_answer_with_the_worst_in_the_order_1_3_10_11_6_5_4_0() {
        let order = [Internal, Configuration, Rejected, Unsigned, NotFound, Denied, Unavailable, Success];
        assert_eq!(order.map(ExitCode::number), [1, 3, 10, 11, 6, 5, 4, 0]);
        for (place, worse) in order.iter().enumerate() {
            for better in &order[place..] {
                assert_eq!(ExitCode::combine([*worse, *better]), Some(*worse), "{worse:?} beside {better:?}");
                assert_eq!(ExitCode::combine([*better, *worse]), Some(*worse), "{better:?} beside {worse:?}");
            }
        }
    }

    #[test]
    fn only_all_successes_are_a_success() {
        for code in ExitCode::ALL {
            let combined = ExitCode::combine([Success, code, Success]);
            assert_eq!(combined, Some(code));
            assert_eq!(combined == Some(Success), code == Success);
        }
    }

    #[test]
    fn no_artifact_at_all_is_no_answer() {
        assert_eq!(ExitCode::combine([]), None);
    }

    #[test]
    fn the_readme_has_each_number_with_its_meaning() {
        let expected = ExitCode::ALL.map(|code| format!("| {} | {} |", code.number(), code.meaning()));
        crate::readme::check_table("docs/exit-codes.md", "## Exit codes", &expected);
    }
}
