//! What a run shows on GitHub besides its log: a status of the commit, a check run, a comment on the pull request.
//! Statuses and comments are those of Gitea and Forgejo, too.
//!
//! In reading order: what is shown (here), how a server is asked (`client`), each of the three, what can go wrong (`error`). Texts come
//! ready from `report`; nothing here changes a verdict.
//!
//! octocrab makes the requests (`requests`), over our own HTTP client, and without its retries, which repeat a request that makes
//! something. Answers are read under a cap and by our own rules: its models want members that Gitea, Forgejo, and older servers do not
//! send.

mod check_run;
mod client;
mod comment;
mod error;
mod limits;
mod refusal;
mod requests;
mod status;

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use self::client::Client;
#[cfg(test)]
pub(crate) use self::error::Answered;
pub(crate) use self::error::{NotPosted, Post, Why};
pub use self::requests::{Failure, Open, Requests, Sending};
use crate::report::{Ending, Grade};
use crate::secrets;
use crate::transport::Transport;

/// How long all of it may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Where something is shown, and by whom.
#[derive(Debug)]
pub(crate) struct Account {
    /// Address of the API.
    pub(crate) api: Url,
    /// `owner/name`.
    pub(crate) repository: String,
    pub(crate) token: SecretString,
    pub(crate) server: Server,
}

/// Whose API it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    GitHub,
    /// Gitea and Forgejo.
    Gitea,
}

/// What is shown.
#[derive(Debug)]
pub(crate) struct Posts {
    pub(crate) status: Option<Status>,
    pub(crate) check_run: Option<CheckRun>,
    pub(crate) comment: Option<Comment>,
}

/// A status of a commit. Statuses of one context are one line at the commit, on which the last one counts.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) commit: String,
    pub(crate) context: String,
    pub(crate) ending: Ending,
    pub(crate) description: String,
    /// Where more is said.
    pub(crate) page: Option<Page>,
}

/// A page of the run, by which a status says what it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Address of the run, the same for each of its attempts.
    pub(crate) run: String,
    pub(crate) attempt: u64,
    /// What tells jobs of one name apart.
    pub(crate) key: String,
}

#[derive(Debug)]
pub(crate) struct CheckRun {
    pub(crate) commit: String,
    pub(crate) name: String,
    pub(crate) ending: Ending,
    pub(crate) title: String,
    /// Markdown.
    pub(crate) summary: String,
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) page: Option<String>,
}

/// A remark at a place of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) grade: Grade,
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) title: String,
    pub(crate) text: String,
}

#[derive(Debug)]
pub(crate) struct Comment {
    /// Number of the pull request.
    pub(crate) pull_request: u64,
    /// What the first line says, by which a later run knows the comment.
    pub(crate) marker: String,
    /// Markdown below it.
    pub(crate) text: String,
}

/// Shows all of it, one after the other, in at most [`LIMIT`]. Says what could not be shown.
pub(crate) async fn post(account: &Account, posts: &Posts, transport: &Transport, open: Open) -> Vec<(Post, Why)> {
    let client = match Client::open(account, transport, open) {
        Ok(client) => client,
        Err(why) => return posts.none(&why),
    };
    let mut failed = Vec::new();
    // What most rely on comes first.
    if let Some(status) = &posts.status {
        failed.extend(status.post(&client).await.err().map(|why| (Post::CommitStatus, why)));
    }
    if let Some(check_run) = &posts.check_run {
        failed.extend(check_run.post(&client).await.err().map(|why| (Post::CheckRun, why)));
    }
    if let Some(comment) = &posts.comment {
        failed.extend(comment.post(&client).await.err().map(|why| (Post::Comment, why)));
    }
    failed
}

impl Posts {
    /// That none of what is to be shown could be.
    pub(crate) fn none(&self, why: &Why) -> Vec<(Post, Why)> {
        let status = self.status.as_ref().map(|_| Post::CommitStatus);
        let check_run = self.check_run.as_ref().map(|_| Post::CheckRun);
        let comment = self.comment.as_ref().map(|_| Post::Comment);
        let all = status.into_iter().chain(check_run).chain(comment);
        all.map(|post| (post, why.clone())).collect()
    }
}

/// Keeps a token out of the log, and out of every text of a server.
pub(crate) fn hide(token: &SecretString) {
    secrets::held(token.expose_secret());
}

/// The host of an address, with its port if that is not the usual one.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
