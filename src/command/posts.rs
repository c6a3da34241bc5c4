//! What a command shows on GitHub besides its log, once there is a verdict. Nothing of it changes how the run ends.

use std::sync::Arc;
use std::time::Duration;

use notary::digest::Digest;
use tokio::time::timeout;

use super::Done;
use crate::ci::CiSystem;
use crate::config::PostSettings;
use crate::context::Context;
use crate::error::{self, Error};
use crate::github::{self, Account, Annotation, CheckRun, Comment, NotPosted, Page, Post, Posts, Server, Status, Why};
use crate::report::{Place, PostRemark, Report};
use crate::transport::{Transport, TransportSettings};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Characters of a digest that tell jobs apart.
const KEY: usize = 16;

/// Shows what a command leaves, and reports what could not be shown.
pub(super) async fn show(done: Result<Done, Error>, settings: &PostSettings, context: &Context) -> Result<Done, Error> {
    match done {
        Ok(Done::Report(mut report)) => {
            let failed = post(&report, settings, context).await;
            report.warnings.extend(failed.iter().map(Error::reason));
            Ok(Done::Report(report))
        }
        Err(error) => {
            let report = context.failure(error.report());
            // There is no report that could have them.
            let failed = post(&report, settings, context).await;
            Err(failed.iter().fold(error, |error, failed| error.help(failed.reason().text)))
        }
        // Whoever ends a run does not wait for what it would show.
        done => done,
    }
}

/// Shows a report. What could not be shown is told as what to do about it.
async fn post(report: &Report, settings: &PostSettings, context: &Context) -> Vec<Error> {
    let (posts, unknown) = posts(report, settings);
    let account = Account {
        api: settings.api.clone(),
        repository: settings.run.repository.clone(),
        token: settings.token.clone(),
        server: if settings.system == CiSystem::GitHub { Server::GitHub } else { Server::Gitea },
    };
    let transport = Transport::new(TransportSettings {
        ca_files: settings.ca_files.clone(),
        proxies: settings.proxies.clone(),
        connect: CONNECT,
        progress: CONNECT,
    });
    // Each request ends in time by itself; this is for what is between them.
    let work = timeout(github::LIMIT, github::post(&account, &posts, &transport, context.github));
    let mut failed = match context.called_off.or(work).await {
        Ok(Ok(failed)) => failed,
        Ok(Err(_)) => posts.none(&Why::Late),
        Err(_) => posts.none(&Why::CalledOff),
    };
    failed.extend(unknown.into_iter().map(|(post, fact)| (post, Why::NoCommit { fact })));
    let host = github::host(&settings.api);
    let told = |(post, why)| error::not_posted(&NotPosted { post, host: host.clone(), why }, settings.is_fork);
    failed.into_iter().map(told).collect()
}

/// What is shown of a report, and what of it needs a commit that is not known.
fn posts(report: &Report, settings: &PostSettings) -> (Posts, Vec<(Post, String)>) {
    let run = &settings.run;
    let (page, headline) = (run.page.clone(), report.headline());
    let text = report.page(settings.commit.as_deref().ok(), page.as_deref());
    let key = key(report.command, settings);
    let mut unknown = Vec::new();
    let mut commit = |is_wanted: bool, post| match (&settings.commit, is_wanted) {
        (_, false) => None,
        (Ok(commit), true) => Some(commit.clone()),
        (Err(fact), true) => {
            unknown.push((post, fact.clone()));
            None
        }
    };
    let of_job = |name: &str| match run.job.is_empty() {
        true => name.to_owned(),
        false => format!("{name} ({})", run.job),
    };
    let status = commit(settings.commit_status, Post::CommitStatus).map(|commit| Status {
        commit,
        context: of_job(&format!("sealgate/{}", report.command)),
        ending: report.ending(),
        description: headline.clone(),
        page: page.clone().map(|run_page| Page { run: run_page, attempt: run.attempt, key: key.clone() }),
    });
    let check_run = commit(settings.check_run, Post::CheckRun).map(|commit| CheckRun {
        commit,
        name: of_job(&format!("sealgate {}", report.command)),
        ending: report.ending(),
        title: headline.clone(),
        summary: text.clone(),
        annotations: annotations(report),
        page: page.clone(),
    });
    // A run for something else than a pull request has none to comment on.
    let comment = run.pull_request.filter(|_| settings.comment).map(|pull_request| Comment {
        pull_request,
        marker: format!("sealgate {} {key}", report.command),
        text,
    });
    (Posts { status, check_run, comment }, unknown)
}

/// What tells a job from all others of the repository: the command, the workflow, the job, and what its images are of, since all jobs
/// of a matrix have the same name.
fn key(command: &str, settings: &PostSettings) -> String {
    let run = &settings.run;
    let parts = [command, &run.workflow, &run.job].into_iter().chain(settings.subjects.iter().map(String::as_str));
    // The length of each part keeps two lists of parts from being one text.
    let text: String = parts.map(|part| format!("{}:{part}\n", part.len())).collect();
    Digest::sha256(text.as_bytes()).hex().chars().take(KEY).collect()
}

/// The annotations, at the file that defines the job where they have no place in the repository. Without a file there is none.
fn annotations(report: &Report) -> Vec<Annotation> {
    let annotation = |remark: PostRemark| {
        let (path, line) = match remark.place.filter(Place::is_in_repository) {
            Some(place) => (place.file, u32::try_from(place.line).unwrap_or(u32::MAX)),
            None => (report.job_file.clone()?, 1),
        };
        Some(Annotation { grade: remark.grade, path, line, title: remark.title, text: remark.text })
    };
    report.post_remarks().into_iter().filter_map(annotation).collect()
}

/// The settings, where something is to be shown. The token is hidden from here on.
pub(super) fn begin(settings: Option<&Arc<PostSettings>>) -> Option<Arc<PostSettings>> {
    let settings = settings.cloned()?;
    github::hide(&settings.token);
    Some(settings)
}
