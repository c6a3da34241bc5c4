//! Why something could not be shown. None of it changes how a run ends.

use std::time::Duration;

use crate::transport::{NoAnswer, TransportError};

/// What is shown on GitHub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Post {
    CommitStatus,
    CheckRun,
    Comment,
}

impl Post {
    /// What it is, as a subject.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::CommitStatus => "the commit status",
            Self::CheckRun => "the check run",
            Self::Comment => "the comment on the pull request",
        }
    }

    /// The permission of a job's token that it needs, as the YAML of a workflow has it.
    pub(crate) const fn permission(self) -> &'static str {
        match self {
            Self::CommitStatus => "statuses: write",
            Self::CheckRun => "checks: write",
            Self::Comment => "pull-requests: write",
        }
    }
}

/// Something that could not be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", self.what(), why.told_by(host))]
pub(crate) struct NotPosted {
    pub(crate) post: Post,
    /// Host of the API.
    pub(crate) host: String,
    pub(crate) why: Why,
}

impl NotPosted {
    fn what(&self) -> String {
        let words = self.post.words();
        match &self.why {
            Why::NotChecked(_) => format!("{words} was posted, and may hide a failure of another job of the same name"),
            _ => format!("{words} was not posted"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The token is not known, or does not allow it.
    Denied {
        answer: Answered,
        /// The permissions with one of which it would be allowed, by the server: `checks: write`.
        accepted: Vec<String>,
    },
    /// There were too many requests.
    Limited {
        answer: Answered,
        /// When to come back.
        after: Option<Duration>,
    },
    /// The server has trouble of its own.
    Unavailable {
        answer: Answered,
        attempts: usize,
    },
    /// There is no such repository, commit or pull request, or the token does not let it be seen.
    NotFound(Answered),
    /// The server leads elsewhere, where the token does not go.
    Redirected(Answered),
    /// It says no for another reason.
    Refused(Answered),
    NoAnswer {
        why: NoAnswer,
        attempts: usize,
    },
    /// The time for all of it is over.
    Late,
    /// The answer has more bytes than are read.
    TooLong {
        limit: usize,
    },
    /// There are more pages than are read.
    TooMany {
        pages: usize,
    },
    /// The answer is not what it should be.
    Unreadable {
        fact: String,
    },
    /// It is not known for which commit.
    NoCommit {
        fact: String,
    },
    /// Somebody wrote a comment with our marker, and it cannot be found out whether it was the owner of the token.
    WhoseComment,
    /// The HTTP client cannot be made as the settings say.
    Transport {
        fact: String,
    },
    /// A status was set, and it is not known whether it hides a failure of another job.
    NotChecked(Box<Self>),
    /// The run was told to end.
    CalledOff,
}

/// What a server answered, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) says: Option<String>,
}

impl Answered {
    fn told_by(&self, host: &str) -> String {
        match &self.says {
            Some(says) => format!("{host} answered {} and says: \"{says}\"", self.status),
            None => format!("{host} answered {}", self.status),
        }
    }
}

impl Why {
    /// What happened.
    fn told_by(&self, host: &str) -> String {
        let attempts_of = |attempts: &usize| match attempts {
            1 => String::new(),
            attempts => format!(" ({attempts} attempts)"),
        };
        match self {
            Self::Denied { answer, .. }
            | Self::NotFound(answer)
            | Self::Redirected(answer)
            | Self::Refused(answer)
            | Self::Limited { answer, .. } => answer.told_by(host),
            Self::Unavailable { answer, attempts } => format!("{}{}", answer.told_by(host), attempts_of(attempts)),
            Self::NoAnswer { why, attempts } => format!("{host} gave no answer: {why}{}", attempts_of(attempts)),
            Self::Late => format!("{host} was not done within a minute"),
            Self::TooLong { limit } => format!("{host} answered with more than {limit} bytes"),
            Self::TooMany { pages } => format!("{host} has more than {pages} pages, and no more are read"),
            Self::Unreadable { fact } => format!("the answer of {host} cannot be read: {fact}"),
            Self::NoCommit { fact } => format!("the commit is not known: {fact}"),
            Self::WhoseComment => format!(
                "there is a comment that begins like ours, and {host} does not say whether the owner of the token wrote it"
            ),
            Self::Transport { fact } => fact.clone(),
            Self::NotChecked(why) => why.told_by(host),
            Self::CalledOff => "the run was told to end".to_owned(),
        }
    }
}

impl From<TransportError> for Why {
    fn from(error: TransportError) -> Self {
        Self::Transport { fact: error.to_string() }
    }
}
