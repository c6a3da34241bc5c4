//! What to do when nothing can be shown on GitHub.

use super::{Error, code};
use crate::config::{PostError, PostFault};
use crate::github::{NotPosted, Post, Why};

impl From<PostError> for Error {
    fn from(error: PostError) -> Self {
        let told = Self::new(code::INVALID_SETTING, error.to_string());
        match error.fault {
            PostFault::OtherSystem(_) => told.help(format!("leave out {}, or run in a job of one of them", error.origin)),
            PostFault::NoCheckRuns(_) => told.help("use --commit-status or --comment"),
            PostFault::NoToken => told
                .help("in a step with `run:`, set it as a variable of the step: `env:` / `  GITHUB_TOKEN: ${{ github.token }}`")
                .help("as an action, leave the input `github-token` at its default"),
            PostFault::NotToken(_) => told.help("set it to the token alone, such as ${{ github.token }}"),
            PostFault::Run(_) => told.help("the CI system sets it for each step; leave it as it is"),
            PostFault::NotApi { .. } => {
                told.help("a token is sent there: give the server of the CI system an address with HTTPS")
            }
        }
    }
}

/// What could not be shown, and what to do about it. `is_fork` is whether the run is for a pull request of another repository.
pub(crate) fn not_posted(failed: &NotPosted, is_fork: bool) -> Error {
    let told = Error::of(code::NOT_POSTED, failed);
    let why = match &failed.why {
        Why::NotChecked(why) => why,
        why => why,
    };
    match why {
        Why::Denied { answer, .. } if answer.status == 401 => {
            told.help("check the token: it has expired, was revoked, or is of another server")
        }
        Why::Denied { .. } if is_fork => told.help(
            "the token of a run for a pull request from a fork can read only, whatever its permissions say; the verdict stands without it",
        ),
        Why::Denied { accepted, .. } => {
            told.help(format!("add the line `{}` below `permissions:` of the job", permission(failed.post, accepted)))
        }
        Why::NotFound(_) => told.help(format!(
            "check that the token may see the repository, and that the job has `{}` below `permissions:`",
            failed.post.permission()
        )),
        Why::Limited { after: Some(after), .. } => {
            told.help(format!("the server has had enough of requests; run the job again in {} seconds", after.as_secs()))
        }
        Why::Limited { after: None, .. } => {
            told.help("the server has had enough of requests; run the job again in some minutes")
        }
        Why::Unavailable { .. } | Why::NoAnswer { .. } | Why::Late => {
            told.help("run the job again when the server answers; the verdict does not depend on it")
        }
        Why::Redirected(_) => {
            told.help("the token is not sent elsewhere; if the repository was renamed, start the run anew")
        }
        Why::NoCommit { .. } => told.help("the CI system sets GITHUB_EVENT_PATH for each step; leave it as it is"),
        Why::WhoseComment => told.help("remove that comment, or use the token of a user"),
        Why::TooMany { .. } => told.help("the comment may be behind these; use --check-run or --commit-status"),
        Why::Refused(_)
        | Why::TooLong { .. }
        | Why::Unreadable { .. }
        | Why::Transport { .. }
        | Why::NotChecked(_)
        | Why::CalledOff => told,
    }
}

/// The permission to add: the usual one, unless the server names others alone.
fn permission(post: Post, accepted: &[String]) -> &str {
    let usual = post.permission();
    let others = accepted.first().filter(|_| accepted.iter().all(|accepted| accepted != usual));
    others.map_or(usual, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::Answered;

    fn denied(post: Post, status: u16, accepted: &[&str], is_fork: bool) -> String {
        let answer = Answered { status, says: Some("Resource not accessible by integration".to_owned()) };
        let accepted = accepted.iter().map(|&text| text.to_owned()).collect();
        let failed = NotPosted { post, host: "api.github.com".to_owned(), why: Why::Denied { answer, accepted } };
        not_posted(&failed, is_fork).reason().text
    }

    #[test]
    fn a_missing_permission_is_told_as_the_line_to_add() {
        let line = |text: &str| text.split('`').nth(1).unwrap_or_default().to_owned();
        for (post, accepted, expected) in [
            (Post::CheckRun, &[][..], "checks: write"),
            (Post::CheckRun, &["checks: write"], "checks: write"),
            (Post::CommitStatus, &[], "statuses: write"),
            (Post::Comment, &[], "pull-requests: write"),
            (Post::Comment, &["issues: write", "pull-requests: write"], "pull-requests: write"),
            (Post::Comment, &["issues: write"], "issues: write"),
        ] {
            assert_eq!(line(&denied(post, 403, accepted, false)), expected);
        }
        assert_eq!(
            denied(Post::CheckRun, 403, &[], false),
            "the check run was not posted: api.github.com answered 403 and says: \"Resource not accessible by integration\"; \
             add the line `checks: write` below `permissions:` of the job"
        );
        assert!(denied(Post::CheckRun, 403, &[], true).contains("from a fork"));
        assert!(!denied(Post::CheckRun, 401, &[], false).contains("permissions"));
    }
}
