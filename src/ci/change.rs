//! Whose change a job is about. What was checked out for a pull request was written by its author, whom nobody may know.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use super::github::event::{self, Kind, PullRequest, Repository};
use super::row::{Head, PullRequests};
use super::{CiSystem, limits};
use crate::env::{self, Env, Variable};

/// Whose change a job is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// One of the repository: nothing says that it is a pull request.
    Own,
    /// A pull request whose head is in the repository itself, or of which the system never says where it is.
    PullRequest,
    /// A pull request whose head is not in the repository, or of which that is not known.
    Fork(Fork),
}

/// A pull request from a fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fork {
    /// The event that started the job, as the CI system calls it.
    pub(crate) event: String,
    why: NotOwn,
    /// Whether the job has the secrets of the repository all the same.
    pub(crate) has_secrets: bool,
}

/// Why a pull request does not count as the repository's own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NotOwn {
    Other {
        head: String,
        base: String,
    },
    /// It was deleted, or the event does not name it.
    NoHead,
    /// A variable of the system says it.
    Said {
        variable: &'static str,
    },
    /// The event cannot be read.
    NoEvent {
        fact: String,
    },
}

impl fmt::Display for Fork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            NotOwn::Other { head, base } => {
                write!(formatter, "event {}: its head is in {head}, not in {base}", self.event)
            }
            NotOwn::NoHead => write!(formatter, "event {}, which does not name the repository of its head", self.event),
            NotOwn::Said { variable } => {
                write!(formatter, "{} is set, and {variable} says that its head is in a fork", self.event)
            }
            NotOwn::NoEvent { fact } => {
                write!(formatter, "event {}, which counts as one because {fact}", self.event)
            }
        }
    }
}

impl Change {
    /// Whose change a job is about, by the strictest of what is said by the system that it is one of and by others whose variables are
    /// there: one may run in a job of another, and whoever adds the sign of one must not hide what another says.
    pub(crate) fn of_job(
        environment: &Env,
        system: CiSystem,
        read: impl Fn(&Path, u64) -> io::Result<Vec<u8>>,
    ) -> Self {
        let others =
            CiSystem::ALL.iter().copied().filter(|other| *other != system && other.told_by(environment).is_some());
        others.fold(Self::of(environment, system, &read), |change, other| match change {
            Self::Fork(_) => change,
            Self::PullRequest | Self::Own => match Self::of(environment, other, &read) {
                Self::Own => change,
                stricter => stricter,
            },
        })
    }

    /// Whose change it is, as one system says. `read` reads a file of at most so many bytes.
    ///
    /// An event that cannot be read counts as a fork's: it does not say that it is none.
    fn of(environment: &Env, system: CiSystem, read: impl FnOnce(&Path, u64) -> io::Result<Vec<u8>>) -> Self {
        match system.row().pull_requests {
            PullRequests::Unknown => Self::Own,
            PullRequests::Event => of_event(environment, read),
            PullRequests::OfProject { source, project, elsewhere } => match of_project(environment, source, project) {
                Self::Own if environment.get(elsewhere).is_some() => Self::PullRequest,
                change => change,
            },
            PullRequests::Begins(signs) => {
                let is_there = |(variable, start): &(&Variable, &str)| {
                    environment.get(variable).is_some_and(|value| value.starts_with(start))
                };
                if signs.iter().any(is_there) { Self::PullRequest } else { Self::Own }
            }
            PullRequests::Numbered(variable, head) => {
                match environment.get(variable).filter(|number| !is_false(number)) {
                    Some(_) => of_head(environment, variable, head),
                    // What says that there is a fork says that there is a pull request.
                    None => said_of_fork(environment, head).map_or(Self::Own, Self::Fork),
                }
            }
        }
    }
}

/// The pull request that a job of GitHub's language is about, or why that is not known.
pub(crate) fn pull_request(
    environment: &Env,
    read: impl FnOnce(&Path, u64) -> io::Result<Vec<u8>>,
) -> Result<Option<PullRequest>, String> {
    named_event(environment).map_or(Ok(None), |(_, kind)| read_event(environment, kind, read))
}

/// The event that started the job, if it is one that may be about a pull request.
fn named_event(environment: &Env) -> Option<(&str, Kind)> {
    environment.get(env::GITHUB_EVENT_NAME).and_then(|event| Some((event, Kind::of(event)?)))
}

/// The change of an event of GitHub's.
fn of_event(environment: &Env, read: impl FnOnce(&Path, u64) -> io::Result<Vec<u8>>) -> Change {
    let Some((event, kind)) = named_event(environment) else { return Change::Own };
    let why = match read_event(environment, kind, read) {
        Ok(None) => return Change::Own,
        Ok(Some(request)) if request.is_own() => return Change::PullRequest,
        Ok(Some(PullRequest { head: None, .. })) => NotOwn::NoHead,
        Ok(Some(PullRequest { head: Some(head), base, .. })) => {
            let name = |repository: Option<Repository>| {
                repository
                    .and_then(|repository| repository.name)
                    .unwrap_or_else(|| "a repository without a name".to_owned())
            };
            NotOwn::Other { head: name(Some(head)), base: name(base) }
        }
        Err(fact) => NotOwn::NoEvent { fact },
    };
    Change::Fork(Fork { event: event.to_owned(), why, has_secrets: event::has_secrets(event) })
}

/// The pull request of the event, or why that is not known.
fn read_event(
    environment: &Env,
    kind: Kind,
    read: impl FnOnce(&Path, u64) -> io::Result<Vec<u8>>,
) -> Result<Option<PullRequest>, String> {
    let variable = env::GITHUB_EVENT_PATH;
    let Some(path) = environment.get(variable).map(Path::new) else {
        return Err(format!("{} is not set", variable.name));
    };
    let unusable = |error: &dyn Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        let fact = format!("{} ({}) cannot be used: {error}{cause}", path.display(), variable.name);
        fact.chars().take(limits::FACT_CHARACTERS).collect::<String>()
    };
    let bytes = read(path, limits::EVENT_BYTES).map_err(|error| unusable(&error))?;
    event::pull_request(kind, &bytes).map_err(|error| unusable(&error))
}

/// The change of a merge request on GitLab, where the job runs in the project that it is for, or in the fork itself, with what is the
/// fork's.
fn of_project(environment: &Env, source: &Variable, project: &Variable) -> Change {
    let Some(source) = environment.get(source) else { return Change::Own };
    let why = match environment.get(project) {
        Some(project) if project == source => return Change::PullRequest,
        Some(project) => NotOwn::Other { head: format!("project {source}"), base: format!("project {project}") },
        None => NotOwn::NoEvent { fact: format!("{} is not set", project.name) },
    };
    Change::Fork(Fork { event: "merge_request_event".to_owned(), why, has_secrets: false })
}

/// The change of a pull request whose number this variable has.
fn of_head(environment: &Env, number: &Variable, head: Head) -> Change {
    let fork = |why| Change::Fork(Fork { event: number.name.to_owned(), why, has_secrets: false });
    match head {
        Head::Unknown | Head::Own => Change::PullRequest,
        Head::ForkIf(_) => said_of_fork(environment, head).map_or(Change::PullRequest, |said| fork(said.why)),
        Head::Repository(head, base) => match (environment.get(head), environment.get(base)) {
            (Some(head), Some(base)) if repository(head) == repository(base) => Change::PullRequest,
            (Some(head), Some(base)) => fork(NotOwn::Other { head: head.to_owned(), base: base.to_owned() }),
            _ => fork(NotOwn::NoHead),
        },
    }
}

/// The fork that a variable of its own says the head is in.
fn said_of_fork(environment: &Env, head: Head) -> Option<Fork> {
    let Head::ForkIf(variable) = head else { return None };
    environment.get(variable).filter(|value| !is_false(value))?;
    let why = NotOwn::Said { variable: variable.name };
    Some(Fork { event: variable.name.to_owned(), why, has_secrets: false })
}

fn is_false(value: &str) -> bool {
    value.eq_ignore_ascii_case("false")
}

/// The host, owner and name of a repository in the addresses that Git takes (`https://h/o/n.git`, `git@h:o/n`), or owner and name. The
/// scheme, a user and a port say nothing of which it is. What is behind the host does, whatever it looks like.
fn repository(address: &str) -> String {
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let (authority, path) = match address.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        Some((_, behind)) => behind.split_once('/').unwrap_or((behind, "")),
        // As Git: a colon before the first slash ends a host.
        None => match address.split_once(':').filter(|(host, _)| !host.contains('/')) {
            Some(of_host) => of_host,
            None => address.split_once('/').unwrap_or(("", address)),
        },
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let has_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = host.rsplit_once(':').filter(|(_, port)| has_port(port)).map_or(host, |(host, _)| host);
    let path = path.trim_matches('/');
    format!("{host}/{}", path.strip_suffix(".git").unwrap_or(path)).to_ascii_lowercase()
}

/// The folder in which a system checks a change out, where it says so.
pub(crate) fn workspace(environment: &Env, system: CiSystem) -> Option<&Path> {
    system.row().workspace.and_then(|variable| environment.get(variable)).map(Path::new)
}

/// The same of the system of a job and of others whose variables are there, as for [`Change::of_job`].
pub(crate) fn workspaces(environment: &Env, system: CiSystem) -> impl Iterator<Item = &Path> {
    let is_there = move |other: &CiSystem| *other == system || other.told_by(environment).is_some();
    CiSystem::ALL.iter().copied().filter(is_there).filter_map(|system| workspace(environment, system))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: (&str, &str) = ("GITHUB_EVENT_PATH", "/e.json");

    /// The change of a job with these variables whose event file is this.
    fn change(system: CiSystem, variables: &[(&str, &str)], file: &str) -> Change {
        Change::of(&Env::of(variables), system, |_, _| Ok(file.as_bytes().to_vec()))
    }

    fn fork(change: Change) -> Fork {
        match change {
            Change::Fork(fork) => fork,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_fork_is_a_pull_request_whose_head_is_not_the_bases() {
        let request = |head: &str| {
            format!(
                r#"{{"pull_request":{{"head":{{"repo":{head}}},"base":{{"repo":{{"id":1,"full_name":"acme/app"}}}}}}}}"#
            )
        };
        let own = request(r#"{"id":1,"full_name":"acme/app"}"#);
        let other = request(r#"{"id":2,"full_name":"me/app"}"#);
        let gone = request("null");
        for system in [CiSystem::GitHub, CiSystem::Gitea, CiSystem::Forgejo] {
            for (event, has_secrets) in [("pull_request", false), ("pull_request_target", true)] {
                let variables = [("GITHUB_EVENT_NAME", event), EVENT];
                assert_eq!(change(system, &variables, &own), Change::PullRequest);
                let fork_of = |file: &str| fork(change(system, &variables, file));
                assert_eq!(
                    fork_of(&other).to_string(),
                    format!("event {event}: its head is in me/app, not in acme/app")
                );
                assert_eq!(fork_of(&gone).why, NotOwn::NoHead);
                assert_eq!((fork_of(&other).has_secrets, fork_of(&gone).has_secrets), (has_secrets, has_secrets));
            }
        }
        for system in [CiSystem::GitLab, CiSystem::CodeBuild, CiSystem::None] {
            assert_eq!(change(system, &[("GITHUB_EVENT_NAME", "pull_request"), EVENT], &other), Change::Own);
        }
    }

    #[test]
    fn an_event_that_cannot_be_read_counts_as_a_forks_where_it_may_be_one() {
        let named = [("GITHUB_EVENT_NAME", "pull_request"), EVENT];
        let unreadable = |variables: &[(&str, &str)]| {
            Change::of(&Env::of(variables), CiSystem::GitHub, |_, _| {
                Err(io::Error::other("not a regular file but a pipe"))
            })
        };
        let long = "x".repeat(100_000);
        let twice = format!(r#"{{"{long}":1,"{long}":1}}"#);
        for (change, fact) in [
            (unreadable(&named), "/e.json (GITHUB_EVENT_PATH) cannot be used: not a regular file but a pipe"),
            (change(CiSystem::GitHub, &named[..1], "{}"), "GITHUB_EVENT_PATH is not set"),
            (change(CiSystem::GitHub, &named, &twice), "cannot be used: "),
            (change(CiSystem::GitHub, &named, "{"), "/e.json (GITHUB_EVENT_PATH) cannot be used: "),
            (change(CiSystem::GitHub, &named, "{}"), "/e.json (GITHUB_EVENT_PATH) cannot be used: "),
        ] {
            let fork = fork(change);
            assert!(fork.to_string().contains(fact) && fork.to_string().len() < 2000, "{fork}");
        }
        // What is on the repository itself is not asked for its event, however large that is.
        for event in ["push", "merge_group", "schedule", "workflow_dispatch"] {
            assert_eq!(unreadable(&[("GITHUB_EVENT_NAME", event), EVENT]), Change::Own, "{event}");
        }
        assert_eq!(unreadable(&[EVENT]), Change::Own);
    }

    #[test]
    fn a_merge_request_is_a_forks_whose_source_is_another_project() {
        let (source, project) = ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_PROJECT_ID");
        let of = |variables: &[(&str, &str)]| change(CiSystem::GitLab, variables, "");
        assert_eq!(of(&[(project, "1")]), Change::Own);
        assert_eq!(of(&[(project, "1"), (source, "1")]), Change::PullRequest);
        let found = fork(of(&[(project, "1"), (source, "2")]));
        assert_eq!(found.to_string(), "event merge_request_event: its head is in project 2, not in project 1");
        assert!(matches!(of(&[(source, "2")]), Change::Fork(_)));
        // Of a repository on GitHub it says less.
        assert_eq!(of(&[(project, "1"), ("CI_EXTERNAL_PULL_REQUEST_IID", "7")]), Change::PullRequest);
    }

    #[test]
    fn other_systems_say_by_variables_that_a_job_is_about_a_pull_request() {
        type Variables<'a> = &'a [(&'a str, &'a str)];
        #[derive(PartialEq, Debug)]
        enum Is {
            Own,
            Request,
            Fork,
        }
        #[rustfmt::skip]
        let table: &[(CiSystem, Variables<'_>, Is)] = &[
            (CiSystem::CodeBuild, &[], Is::Own),
            (CiSystem::CodeBuild, &[("CODEBUILD_WEBHOOK_EVENT", "PUSH")], Is::Own),
            (CiSystem::CodeBuild, &[("CODEBUILD_WEBHOOK_EVENT", "PULL_REQUEST_UPDATED")], Is::Request),
            (CiSystem::CodeBuild, &[("CODEBUILD_SOURCE_VERSION", "pr/7")], Is::Request),
            (CiSystem::CodeBuild, &[("CODEBUILD_SOURCE_VERSION", "refs/pull/7/head^{1}")], Is::Request),
            (CiSystem::CodeBuild, &[("CODEBUILD_SOURCE_VERSION", "refs/heads/main")], Is::Own),
            (CiSystem::CodeBuild, &[("CODEBUILD_SOURCE_VERSION", "arn:aws:s3:::b/k")], Is::Own),
            (CiSystem::Buildkite, &[("BUILDKITE_PULL_REQUEST", "false")], Is::Own),
            (CiSystem::Buildkite, &[("BUILDKITE_PULL_REQUEST", "7"), ("BUILDKITE_PULL_REQUEST_REPO", "git://github.com/acme/app.git"), ("BUILDKITE_REPO", "git@github.com:acme/app.git")], Is::Request),
            (CiSystem::Buildkite, &[("BUILDKITE_PULL_REQUEST", "7"), ("BUILDKITE_PULL_REQUEST_REPO", "git://github.com/me/app.git"), ("BUILDKITE_REPO", "git@github.com:acme/app.git")], Is::Fork),
            (CiSystem::Buildkite, &[("BUILDKITE_PULL_REQUEST", "7"), ("BUILDKITE_REPO", "git@github.com:acme/app.git")], Is::Fork),
            (CiSystem::CircleCi, &[("CIRCLE_PULL_REQUEST", "https://github.com/acme/app/pull/7")], Is::Request),
            (CiSystem::CircleCi, &[("CIRCLE_PULL_REQUEST", "https://github.com/acme/app/pull/7"), ("CIRCLE_PR_REPONAME", "app")], Is::Fork),
            (CiSystem::Bitbucket, &[("BITBUCKET_PR_ID", "7")], Is::Request),
            (CiSystem::Azure, &[("SYSTEM_PULLREQUEST_PULLREQUESTID", "7"), ("SYSTEM_PULLREQUEST_ISFORK", "False")], Is::Request),
            (CiSystem::Azure, &[("SYSTEM_PULLREQUEST_PULLREQUESTID", "7"), ("SYSTEM_PULLREQUEST_ISFORK", "True")], Is::Fork),
            (CiSystem::Azure, &[("SYSTEM_PULLREQUEST_ISFORK", "True")], Is::Fork),
            (CiSystem::Azure, &[("SYSTEM_PULLREQUEST_ISFORK", "False")], Is::Own),
            (CiSystem::CircleCi, &[("CIRCLE_PR_REPONAME", "app")], Is::Fork),
            (CiSystem::Jenkins, &[("CHANGE_FORK", "me/app")], Is::Fork),
            (CiSystem::Travis, &[("TRAVIS_PULL_REQUEST", "false"), ("TRAVIS_PULL_REQUEST_SLUG", "")], Is::Own),
            (CiSystem::Travis, &[("TRAVIS_PULL_REQUEST", "7"), ("TRAVIS_PULL_REQUEST_SLUG", "acme/app"), ("TRAVIS_REPO_SLUG", "acme/app")], Is::Request),
            (CiSystem::Travis, &[("TRAVIS_PULL_REQUEST", "7"), ("TRAVIS_PULL_REQUEST_SLUG", "me/app"), ("TRAVIS_REPO_SLUG", "acme/app")], Is::Fork),
            (CiSystem::Jenkins, &[("CHANGE_ID", "7")], Is::Request),
            (CiSystem::Jenkins, &[("CHANGE_ID", "7"), ("CHANGE_FORK", "me")], Is::Fork),
            (CiSystem::Woodpecker, &[("CI_COMMIT_PULL_REQUEST", "7")], Is::Request),
            (CiSystem::Drone, &[("DRONE_PULL_REQUEST", "7")], Is::Request),
            (CiSystem::Harness, &[("DRONE_PULL_REQUEST", "7")], Is::Request),
            (CiSystem::Semaphore, &[("SEMAPHORE_GIT_REPO_SLUG", "acme/app")], Is::Own),
            (CiSystem::Semaphore, &[("SEMAPHORE_GIT_PR_NUMBER", "7"), ("SEMAPHORE_GIT_PR_SLUG", "acme/app"), ("SEMAPHORE_GIT_REPO_SLUG", "acme/app")], Is::Request),
            (CiSystem::Semaphore, &[("SEMAPHORE_GIT_PR_NUMBER", "7"), ("SEMAPHORE_GIT_PR_SLUG", "me/app"), ("SEMAPHORE_GIT_REPO_SLUG", "acme/app")], Is::Fork),
            (CiSystem::TeamCity, &[("CHANGE_ID", "7")], Is::Own),
        ];
        for (system, variables, expected) in table {
            let found = match change(*system, variables, "") {
                Change::Own => Is::Own,
                Change::PullRequest => Is::Request,
                Change::Fork(_) => Is::Fork,
            };
            assert_eq!(found, *expected, "{system:?} {variables:?}");
        }
        // The table is whole.
        for system in CiSystem::ALL {
            let is_numbered =
                matches!(system.row().pull_requests, PullRequests::Begins(..) | PullRequests::Numbered(..));
            let is_tried = table.iter().any(|(tried, _, found)| tried == system && *found != Is::Own);
            assert_eq!(is_numbered, is_tried, "{system:?}");
        }
    }

    #[test]
    fn the_sign_of_another_system_hides_no_pull_request() {
        type Variables<'a> = &'a [(&'a str, &'a str)];
        let of = |variables: Variables<'_>| {
            let environment = Env::of(variables);
            let job = crate::ci::detect(&environment).job();
            (job, Change::of_job(&environment, job, |_, _| Err(io::Error::other("there is none"))))
        };
        let fork: Variables<'_> =
            &[("GITLAB_CI", "true"), ("CI_PROJECT_ID", "1"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2")];
        let azure: Variables<'_> = &[("TF_BUILD", "True"), ("SYSTEM_PULLREQUEST_ISFORK", "True")];
        let circle: Variables<'_> = &[("CIRCLECI", "true"), ("CIRCLE_PULL_REQUEST", "https://h/7")];
        for sign in [("FORGEJO_ACTIONS", "true"), ("GITHUB_ACTIONS", "true"), ("GITEA_ACTIONS", "true")] {
            for variables in [fork, azure] {
                let (job, change) = of(&[variables, &[sign]].concat());
                assert!(job.speaks_github() && matches!(change, Change::Fork(_)), "{sign:?} {variables:?}: {change:?}");
            }
            assert_eq!(of(&[circle, &[sign]].concat()).1, Change::PullRequest);
            assert_eq!(of(&[("GITLAB_CI", "true"), ("CI_PROJECT_ID", "1"), sign]).1, Change::Own);
        }
        // A runner of GitHub on CodeBuild is no pull request of CodeBuild's.
        let codebuild = [("CODEBUILD_BUILD_ID", "p:1"), ("CODEBUILD_WEBHOOK_EVENT", "WORKFLOW_JOB_QUEUED")];
        assert_eq!(of(&[&codebuild[..], &[("GITHUB_ACTIONS", "true")]].concat()).1, Change::Own);
        let nested = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "pull_request"), ("GITLAB_CI", "false")];
        assert!(matches!(of(&nested).1, Change::Fork(_)));
    }

    #[test]
    fn a_repository_is_the_same_in_whatever_address() {
        for address in
            ["https://github.com/acme/app", "git@github.com:acme/app.git", "ssh://git@github.com/Acme/App.git/"]
        {
            assert_eq!(repository(address), "github.com/acme/app");
        }
        for address in
            ["https://git.example:8443/123/app", "ssh://me@git.example:22/123/app.git", "git@git.example:123/app"]
        {
            assert_eq!(repository(address), "git.example/123/app");
        }
        // Whoever forks chooses the names behind the host.
        for other in [
            "https://github.com/me@github.com/acme/app",
            "git://git.example/x@github.com/acme/app.git",
            "git@github.com:22/acme/app.git",
            "https://github.com/22/acme/app.git",
            "https://me:github.com@git.example/acme/app",
            "git@git.example:https://github.com/acme/app",
        ] {
            assert_ne!(repository(other), "github.com/acme/app", "{other}");
        }
        assert_eq!(repository("acme/app"), "acme/app");
        assert_ne!(repository("https://github.com/acme/app"), repository("https://gitlab.com/acme/app"));
    }

    #[test]
    fn the_workspace_is_where_each_system_says() {
        let environment = Env::of(&[("GITHUB_WORKSPACE", "/github/workspace"), ("CI_PROJECT_DIR", "/builds/acme/app")]);
        for (system, folder) in [
            (CiSystem::GitHub, Some("/github/workspace")),
            (CiSystem::Forgejo, Some("/github/workspace")),
            (CiSystem::GitLab, Some("/builds/acme/app")),
            (CiSystem::Jenkins, None),
            (CiSystem::None, None),
        ] {
            assert_eq!(workspace(&environment, system), folder.map(Path::new), "{system:?}");
        }
        // A sign of one does not hide where another has checked out.
        let both = [("GITHUB_WORKSPACE", "/w"), ("CI_PROJECT_DIR", "/b"), ("GITLAB_CI", "true")];
        let all: Vec<_> = workspaces(&Env::of(&both), CiSystem::GitHub).map(Path::to_owned).collect();
        assert_eq!(all, ["/w", "/b"].map(std::path::PathBuf::from));
        assert_eq!(workspaces(&Env::of(&both[..2]), CiSystem::GitHub).count(), 1);
    }
}
