//! What a result must not be read without, besides its verdict.

use serde::Serialize;

use super::{Reason, Report};

impl Report {
    /// Warns of what no result must be read without, where there is no image that says it.
    pub(crate) fn warn_of(&mut self, caveats: &[Reason]) {
        if self.artifacts().is_empty() {
            self.warnings.extend_from_slice(caveats);
        }
    }
}

/// Why an artifact was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    /// The level of its policy statement is `skip`, and `--allow-skip` was given.
    Policy,
    /// The run is for a pull request from a fork, and has nothing to sign with.
    Fork,
}

impl Skip {
    /// The stable name.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Policy => "skipped",
            Self::Fork => "fork",
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Policy => "the policy statement says `skip`, so nothing was checked",
            Self::Fork => "the pull request comes from a fork, so nothing was signed",
        }
    }
}

/// A setting in force that weakens a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Weakening {
    pub(crate) setting: &'static str,
    pub(crate) value: String,
    pub(crate) origin: String,
}

impl Weakening {
    /// Name of the setting that replaces AWS Signer's roots.
    pub(crate) const AWS_ROOT: &str = "aws-root";
    /// Name of the setting that leaves out revocation.
    pub(crate) const SKIP_REVOCATION: &str = "skip-revocation";

    /// Whether other roots than AWS Signer's count as its own.
    pub(crate) fn replaces_aws_roots(&self) -> bool {
        self.setting == Self::AWS_ROOT
    }

    /// Whether revocation is not checked.
    pub(crate) fn skips_revocation(&self) -> bool {
        self.setting == Self::SKIP_REVOCATION
    }
}
