//! What is shown on GitHub besides the log: the settings, and what they need to know of the run.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::error::{ConfigError, ResolveError};
use super::input::named_variable;
use super::key::{self, Key};
use super::layers::Layers;
use super::post_error::{PostError, PostFault};
use super::registry::RegistrySettings;
use crate::ci::change;
use crate::ci::github::event::PullRequest;
use crate::ci::github::run::{Run, is_commit};
use crate::ci::{CiSystem, detect};
use crate::env::{self, Env};
use crate::files;
use crate::loopback::is_this_machine;
use crate::reference::{Reference, References};
use crate::transport::{CaFile, Proxies};

/// Flags about what is shown on GitHub.
#[derive(Debug, Args)]
#[command(next_help_heading = "GitHub options")]
pub(crate) struct PostArgs {
    /// Show the result as a check run of the commit, with annotations. Needs `checks: write`.
    #[arg(long)]
    pub(crate) check_run: bool,
    /// Show the result as a status of the commit; also on Gitea and Forgejo. Needs `statuses: write`.
    #[arg(long)]
    pub(crate) commit_status: bool,
    /// Show the result as a comment on the pull request, if the run is one's; later runs update it. Needs
    /// `pull-requests: write`.
    #[arg(long)]
    pub(crate) comment: bool,
    /// Name of the variable with the token for that [default: the input `github-token`, else GITHUB_TOKEN].
    #[arg(long, value_name = "NAME")]
    pub(crate) github_token_env: Option<String>,
}

/// What is to be shown, and where.
#[derive(Debug)]
pub(crate) struct PostSettings {
    pub(crate) check_run: bool,
    pub(crate) commit_status: bool,
    pub(crate) comment: bool,
    pub(crate) system: CiSystem,
    pub(crate) run: Run,
    /// Address of the API: HTTPS, or on this machine.
    pub(crate) api: Url,
    /// The commit that people see, or why it is not known.
    pub(crate) commit: Result<String, String>,
    /// Whether the run is for a pull request of another repository, whose token can read only.
    pub(crate) is_fork: bool,
    pub(crate) token: SecretString,
    /// Repositories and layouts of the images, each once: they tell jobs apart whose names are the same, as those of a matrix.
    pub(crate) subjects: Vec<String>,
    pub(crate) ca_files: Vec<CaFile>,
    pub(crate) proxies: Proxies,
}

/// What is to be shown on GitHub, if anything was asked for. Nothing of the run is looked at otherwise.
pub(super) fn settings(
    layers: &Layers<'_>,
    environment: &Env,
    images: &References,
    registry: &RegistrySettings,
) -> Result<Option<Arc<PostSettings>>, ResolveError> {
    let asked = |key: &'static Key| layers.switch(key).map(|setting| setting.value.then_some(setting.origin));
    let (check_run, commit_status, comment) =
        (asked(key::CHECK_RUN)?, asked(key::COMMIT_STATUS)?, asked(key::COMMENT)?);
    let first = check_run.as_ref().or(commit_status.as_ref()).or(comment.as_ref());
    let Some(origin) = first.cloned() else {
        // What is named must be there, also where it is of no use.
        token_variable(layers, environment)?;
        return Ok(None);
    };
    let wrong = |fault| PostError { origin: origin.clone(), fault };
    let system = detect(environment).system;
    if !system.speaks_github() {
        return Err(wrong(PostFault::OtherSystem(system)).into());
    }
    if let Some(origin) = check_run.clone().filter(|_| system != CiSystem::GitHub) {
        return Err(PostError { origin, fault: PostFault::NoCheckRuns(system) }.into());
    }
    let (name, token) = token(layers, environment)?.ok_or_else(|| wrong(PostFault::NoToken))?;
    if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong(PostFault::NotToken(name)).into());
    }
    let run = Run::of(environment).map_err(|error| wrong(PostFault::Run(error)))?;
    let api = api(&run.api).ok_or_else(|| wrong(PostFault::NotApi { found: bare(&run.api) }))?;
    let request = change::pull_request(environment, files::read);
    let run = Run { pull_request: run.pull_request.or(number(&request)), ..run };
    Ok(Some(Arc::new(PostSettings {
        check_run: check_run.is_some(),
        commit_status: commit_status.is_some(),
        comment: comment.is_some(),
        system,
        is_fork: matches!(&request, Ok(Some(request)) if !request.is_own()),
        commit: commit(&run, request),
        run,
        api,
        token,
        subjects: subjects(images),
        ca_files: registry.ca_files(),
        proxies: registry.proxies.clone(),
    })))
}

/// The variable that was named for the token, and its content.
fn token_variable(layers: &Layers<'_>, environment: &Env) -> Result<Option<(String, SecretString)>, ConfigError> {
    let Some(named) = layers.text(key::GITHUB_TOKEN_ENV)? else { return Ok(None) };
    let token = named_variable(key::GITHUB_TOKEN_ENV, &named.value, &named.origin, Some(environment))?;
    Ok(Some((named.value, token)))
}

/// The token, and the variable that holds it.
fn token(layers: &Layers<'_>, environment: &Env) -> Result<Option<(String, SecretString)>, ConfigError> {
    let usual = [env::INPUT_GITHUB_TOKEN_DASHED, env::INPUT_GITHUB_TOKEN, env::GITHUB_TOKEN];
    let mut usual = usual.into_iter().filter_map(|variable| {
        environment.get(variable).map(|token| (variable.name.to_owned(), SecretString::from(token)))
    });
    Ok(token_variable(layers, environment)?.or_else(|| usual.next()))
}

/// Where the API is. A token goes there, so nobody may be able to listen.
fn api(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_private = match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host().as_ref().is_some_and(is_this_machine),
        _ => false,
    };
    let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    (is_private && is_bare && url.fragment().is_none()).then_some(url)
}

/// An address without what may be secret.
fn bare(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return "no URL".to_owned() };
    url.set_query(None);
    url.set_fragment(None);
    // Only what has a host has a user.
    let _has_none = url.set_username("").and_then(|()| url.set_password(None));
    url.to_string()
}

fn number(request: &Result<Option<PullRequest>, String>) -> Option<u64> {
    u64::try_from(request.as_ref().ok()?.as_ref()?.number?).ok()
}

/// The commit that people see. Of a pull request it stands in the event alone.
fn commit(run: &Run, request: Result<Option<PullRequest>, String>) -> Result<String, String> {
    let head = request?.map(|request| request.head_sha);
    match head {
        Some(Some(commit)) if is_commit(&commit) => Ok(commit),
        Some(Some(other)) => Err(format!("GITHUB_EVENT_PATH: expected the digest of a commit, got `{other}`")),
        None if run.pull_request.is_none() => Ok(run.commit.clone()),
        Some(None) | None => {
            Err("the event in GITHUB_EVENT_PATH does not name the commit of the pull request".to_owned())
        }
    }
}

/// What the images are of, without tags and digests, which change from run to run.
fn subjects(images: &References) -> Vec<String> {
    let subject = |image: &Reference| match image {
        Reference::Registry(image) => image.name(),
        Reference::Layout(image) => format!("oci-layout:{}", image.path().display()),
    };
    let subjects: BTreeSet<_> = images.iter().flatten().map(subject).collect();
    subjects.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::task::Task;
    use super::super::tests::resolved;
    use super::*;

    const HEAD: &str = "1111111111111111111111111111111111111111";
    const MERGE: &str = "2222222222222222222222222222222222222222";

    const JOB: [(&str, &str); 4] = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "acme/app"),
        ("GITHUB_SHA", MERGE),
        ("GITHUB_TOKEN", "ghs_0123456789"),
    ];

    fn posts(words: &[&str], variables: &[(&str, &str)]) -> Option<Arc<PostSettings>> {
        let line =
            [&["verify", "r.example/b:1", "r.example/a:1", "r.example/b:2", "--root", "r", "--identity", "*"], words];
        match resolved(&line.concat(), &[&JOB, variables].concat()).unwrap().task {
            Task::Verify(settings) => settings.posts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_is_looked_at_unless_something_is_to_be_shown() {
        assert!(posts(&[], &[("GITHUB_REPOSITORY", "nonsense"), ("GITHUB_EVENT_PATH", "/nowhere")]).is_none());
        for key in [key::CHECK_RUN, key::COMMIT_STATUS, key::COMMENT] {
            let flag = format!("--{}", key.name);
            let (by_flag, by_input) =
                (posts(&[&flag], &[]).unwrap(), posts(&[], &[(&key.inputs()[0], "true")]).unwrap());
            for found in [by_flag, by_input] {
                let asked = [found.check_run, found.commit_status, found.comment];
                assert_eq!(
                    asked,
                    [key::CHECK_RUN, key::COMMIT_STATUS, key::COMMENT].map(|other| other.name == key.name)
                );
            }
        }
    }

    #[test]
    fn the_commit_is_the_one_that_people_see() {
        let folder = tempfile::tempdir().unwrap();
        let event = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let push = event("push", "{\"ref\":\"refs/heads/main\"}");
        let pull = |from: &str| {
            let head = format!("{{\"sha\":\"{HEAD}\",\"repo\":{{\"full_name\":\"{from}\"}}}}");
            format!(
                "{{\"pull_request\":{{\"number\":7,\"head\":{head},\"base\":{{\"repo\":{{\"full_name\":\"acme/app\"}}}}}}}}"
            )
        };
        let (own, fork) = (event("own", &pull("acme/app")), event("fork", &pull("mallory/app")));
        let of = |event: &str, reference: &str| {
            let name = if event == push { "push" } else { "pull_request_target" };
            let variables = [("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", event), ("GITHUB_REF", reference)];
            let found = posts(&["--comment"], &variables).unwrap();
            (found.commit.clone().ok(), found.run.pull_request, found.is_fork)
        };
        let (head, merge) = (Some(HEAD.to_owned()), Some(MERGE.to_owned()));
        assert_eq!(of(&push, "refs/heads/main"), (merge, None, false));
        assert_eq!(of(&own, "refs/pull/7/merge"), (head.clone(), Some(7), false));
        // `pull_request_target` has the reference of the branch.
        assert_eq!(of(&fork, "refs/heads/main"), (head, Some(7), true));
        assert_eq!(of("", "refs/pull/7/merge"), (None, Some(7), false));
        assert_eq!(of(&push, "refs/pull/7/merge"), (None, Some(7), false));
    }

    #[test]
    fn jobs_are_told_apart_by_what_their_images_are_of() {
        let line = [
            "verify",
            "r.example/b:1",
            "r.example/a:2",
            "oci-layout:x:1",
            "r.example/b:2",
            "--root",
            "r",
            "--identity",
            "*",
        ];
        let Task::Verify(settings) = resolved(&[&line[..], &["--comment"]].concat(), &JOB).unwrap().task else {
            panic!()
        };
        assert_eq!(settings.posts.unwrap().subjects, ["oci-layout:x", "r.example/a", "r.example/b"]);
    }
}
