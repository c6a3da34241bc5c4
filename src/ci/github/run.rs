//! The run of a workflow that we are a part of, as its variables describe it: what its server needs to know to show something for
//! it.

use crate::ci::{CiSystem, definition_file};
use crate::env::{self, Env, Variable};

/// Characters of an owner or of the name of a repository: GitHub takes 39 and 100.
const NAME: usize = 128;

/// Where GitHub's API is, where no variable says it.
const API: &str = "https://api.github.com";

/// A run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Address of the API, as it was given.
    pub(crate) api: String,
    /// `owner/name`.
    pub(crate) repository: String,
    /// The commit. For a pull request it is one that the server made for the run, and not the one that people see.
    pub(crate) commit: String,
    /// Number of the pull request, if the run is one's.
    pub(crate) pull_request: Option<u64>,
    /// File of the workflow in its repository, or else its name.
    pub(crate) workflow: String,
    /// Name of the job in its workflow. All jobs of a matrix have the same.
    pub(crate) job: String,
    /// Address of the run's page, the same for each of its attempts.
    pub(crate) page: Option<String>,
    /// How often the run was started.
    pub(crate) attempt: u64,
}

/// A variable that should describe the run, and does not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RunError {
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    #[error("{variable}: expected {expected}, got `{found}`")]
    Malformed { variable: &'static str, expected: &'static str, found: String },
}

impl Run {
    /// The run that these variables describe.
    ///
    /// # Errors
    /// [`RunError`] for the first that is missing, or has not the form of what it stands for: names become a part of addresses.
    pub(crate) fn of(environment: &Env) -> Result<Self, RunError> {
        let get = |variable: &'static Variable| environment.get(variable);
        let named = |variable, expected, is_one: fn(&str) -> bool| match get(variable) {
            None => Err(RunError::Missing(variable.name)),
            Some(found) if is_one(found) => Ok(found.to_owned()),
            Some(found) => Err(RunError::Malformed { variable: variable.name, expected, found: found.to_owned() }),
        };
        let repository = named(env::GITHUB_REPOSITORY, "`owner/name`", is_repository)?;
        let number = get(env::GITHUB_RUN_ID).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let page = get(env::GITHUB_SERVER_URL).zip(number);
        let page = page.map(|(server, number)| {
            let server = server.trim_end_matches('/');
            format!("{server}/{repository}/actions/runs/{number}")
        });
        Ok(Self {
            api: get(env::GITHUB_API_URL).unwrap_or(API).to_owned(),
            commit: named(env::GITHUB_SHA, "the digest of a commit", is_commit)?,
            pull_request: get(env::GITHUB_REF).and_then(pull_request),
            workflow: definition_file(environment, CiSystem::GitHub)
                .or_else(|| get(env::GITHUB_WORKFLOW).map(str::to_owned))
                .unwrap_or_default(),
            job: get(env::GITHUB_JOB).unwrap_or_default().to_owned(),
            attempt: get(env::GITHUB_RUN_ATTEMPT).and_then(|number| number.parse().ok()).unwrap_or(1),
            repository,
            page,
        })
    }
}

/// Whether a text is the digest of a commit, by SHA-1 or SHA-256.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_repository(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_name = |name: &str| (1..=NAME).contains(&name.len()) && name.bytes().all(is_of_name) && !is_dots(name);
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

/// Whether a part of a path leads somewhere else.
fn is_dots(name: &str) -> bool {
    matches!(name, "." | "..")
}

/// The number in `refs/pull/N/merge`.
fn pull_request(reference: &str) -> Option<u64> {
    reference.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    fn run(more: &[(&str, &str)]) -> Result<Run, RunError> {
        let usual = [("GITHUB_REPOSITORY", "acme/app"), ("GITHUB_SHA", SHA), ("GITHUB_JOB", "build")];
        Run::of(&Env::of(&[&usual, more].concat()))
    }

    #[test]
    fn a_run_is_what_its_variables_say() {
        let more = [
            ("GITHUB_API_URL", "https://ghes.example/api/v3"),
            ("GITHUB_REF", "refs/pull/17/merge"),
            ("GITHUB_SERVER_URL", "https://ghes.example/"),
            ("GITHUB_RUN_ID", "99"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_WORKFLOW", "CI"),
            ("GITHUB_WORKFLOW_REF", "acme/app/.github/workflows/ci.yml@refs/pull/17/merge"),
        ];
        let found = run(&more).unwrap();
        let expected = Run {
            api: "https://ghes.example/api/v3".to_owned(),
            repository: "acme/app".to_owned(),
            commit: SHA.to_owned(),
            pull_request: Some(17),
            workflow: ".github/workflows/ci.yml".to_owned(),
            job: "build".to_owned(),
            page: Some("https://ghes.example/acme/app/actions/runs/99".to_owned()),
            attempt: 2,
        };
        assert_eq!(found, expected);
        let bare = run(&[]).unwrap();
        assert_eq!((bare.api.as_str(), bare.pull_request, bare.page, bare.attempt), (API, None, None, 1));
        let named = run(&[("GITHUB_WORKFLOW", "CI/CD"), ("GITHUB_WORKFLOW_REF", "no file")]).unwrap();
        assert_eq!(named.workflow, "CI/CD");
    }

    #[test]
    fn a_pull_request_is_told_by_its_reference_alone() {
        for (reference, number) in [
            ("refs/pull/1/merge", Some(1)),
            ("refs/pull/18446744073709551616/merge", None),
            ("refs/pull/x/merge", None),
            ("refs/heads/refs/pull/1/merge", None),
            ("refs/tags/1", None),
        ] {
            assert_eq!(run(&[("GITHUB_REF", reference)]).unwrap().pull_request, number, "{reference}");
        }
    }

    #[test]
    fn what_becomes_a_part_of_an_address_has_the_form_of_it() {
        for (variable, found) in [
            ("GITHUB_REPOSITORY", "acme"),
            ("GITHUB_REPOSITORY", "acme/app/x"),
            ("GITHUB_REPOSITORY", "acme/.."),
            ("GITHUB_REPOSITORY", "../app"),
            ("GITHUB_REPOSITORY", "acme/a?b"),
            ("GITHUB_REPOSITORY", "acme/a b"),
            ("GITHUB_SHA", "main"),
            ("GITHUB_SHA", "../../../../0123456789abcdef0123456789ab"),
        ] {
            let error = run(&[(variable, found)]).unwrap_err();
            assert!(error.to_string().contains(variable) && error.to_string().contains(found), "{error}");
        }
        assert_eq!(run(&[("GITHUB_SHA", "")]), Err(RunError::Missing("GITHUB_SHA")));
    }
}
