//! What to do about a pull request from a fork.

use super::{Error, code};
use crate::config::ForkError;
use crate::report::{Audience, Help};

impl From<ForkError> for Error {
    fn from(error: ForkError) -> Self {
        let told = Self::of(code::FORK, &error);
        match error {
            ForkError::NotSigned(_) => told
                .because("such a job usually has neither secrets nor OIDC tokens, and what it would sign may be what the author built")
                .help("sign after the merge, in a job for the push")
                .help("or let such a run end with 0 without a signature: --on-fork skip"),
            ForkError::WithSecrets(_) => told
                .because("what this job signs may be what the author of the pull request built")
                .help("sign after the merge, in a job for the push")
                .help(Help::in_jobs_of(
                    Audience::GitHub,
                    "for pull requests of the repository itself, sign in a job for the event `pull_request`",
                )),
        }
    }
}
