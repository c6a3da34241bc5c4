//! Why nothing can be shown on GitHub.

use super::setting::Origin;
use crate::ci::CiSystem;
use crate::ci::github::run::RunError;

/// Why nothing can be shown on GitHub.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {fault}")]
pub(crate) struct PostError {
    /// What asks for it.
    pub(crate) origin: Origin,
    pub(crate) fault: PostFault,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PostFault {
    #[error("expected a job of GitHub Actions, Gitea Actions or Forgejo Actions, got {}", .0.name())]
    OtherSystem(CiSystem),
    #[error("{} has no check runs", .0.name())]
    NoCheckRuns(CiSystem),
    #[error("no token is given")]
    NoToken,
    /// The name of the variable, whose value is not shown.
    #[error("{0}: expected a token, one line of visible ASCII without spaces; it is not shown")]
    NotToken(String),
    #[error(transparent)]
    Run(RunError),
    #[error(
        "GITHUB_API_URL: expected an HTTPS URL without user, password and query, or HTTP on this machine, got `{found}`"
    )]
    NotApi {
        /// The value, without user, password and query.
        found: String,
    },
}
