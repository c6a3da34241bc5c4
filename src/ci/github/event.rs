//! The event that started a job, as far as it is about a pull request: the webhook payload in the file that `GITHUB_EVENT_PATH` names.
//! Gitea and Forgejo write the same members.

use notary::json::{self, JsonError, Object};

use crate::ci::limits::REPOSITORY_BYTES;

/// What an event tells of a pull request, by the name of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `pull_request` and what follows it: head and base are there.
    PullRequest,
    /// `workflow_run`: another run has ended, perhaps one for a pull request.
    WorkflowRun,
    /// `issue_comment`: GitHub does not say where the head of a pull request is on which somebody commented.
    Comment,
}

impl Kind {
    /// The kind of an event that may be about a pull request.
    ///
    /// Those of GitHub, Gitea and Forgejo all begin with `pull_request`. The other events, such as `push`, `merge_group`, `schedule` or
    /// `workflow_dispatch`, start jobs on what is in the repository already.
    pub(crate) fn of(event: &str) -> Option<Self> {
        match event {
            "workflow_run" => Some(Self::WorkflowRun),
            "issue_comment" => Some(Self::Comment),
            other => other.starts_with("pull_request").then_some(Self::PullRequest),
        }
    }
}

/// Whether a job of this event has the secrets of the repository although a fork's pull request started it. The three that have none
/// are GitHub's; of an event that is not known the worse is taken.
pub(crate) fn has_secrets(event: &str) -> bool {
    !["pull_request", "pull_request_review", "pull_request_review_comment"].contains(&event)
}

/// A pull request, as an event tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PullRequest {
    pub(crate) number: Option<i64>,
    /// The commit that the author made. `GITHUB_SHA` is the one that merges it.
    pub(crate) head_sha: Option<String>,
    /// Where the commit comes from; nothing if that repository is gone, or if the event does not say.
    pub(crate) head: Option<Repository>,
    /// Where it goes.
    pub(crate) base: Option<Repository>,
}

/// A repository of the CI system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    /// Stays the same when the repository is renamed.
    id: Option<i64>,
    /// `owner/name`.
    pub(crate) name: Option<String>,
}

impl Repository {
    /// Whether both are the same one: by their ids where both have one, or else by their names. Of what says neither, no.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self.id.zip(other.id), self.name.as_deref().zip(other.name.as_deref())) {
            (Some((one, other)), _) => one == other,
            (None, Some((one, other))) => one.eq_ignore_ascii_case(other),
            (None, None) => false,
        }
    }

    fn of(object: Object<'_>) -> Result<Self, JsonError> {
        // Without a name it is not the same as any other.
        let name = object.text("full_name")?.filter(|name| name.len() <= REPOSITORY_BYTES);
        Ok(Self { id: object.integer("id")?, name: name.map(str::to_owned) })
    }
}

/// The members that are read, wherever they stand.
const KNOWN: &[&str] = &[
    "pull_request",
    "workflow_run",
    "issue",
    "repository",
    "head",
    "base",
    "repo",
    "head_repository",
    "pull_requests",
    "event",
    "number",
    "sha",
    "head_sha",
    "id",
    "full_name",
];

/// Reads an event of this kind. Nothing is said of one that is not about a pull request.
///
/// # Errors
/// [`JsonError`] when it is not JSON of one meaning, or has not the form that its kind has.
pub(crate) fn pull_request(kind: Kind, bytes: &[u8]) -> Result<Option<PullRequest>, JsonError> {
    let members = json::parse_object(bytes)?;
    let event = Object::new(&members, KNOWN)?;
    match kind {
        Kind::PullRequest => of_pull_request(event, required(event, "pull_request")?).map(Some),
        Kind::WorkflowRun => of_run(event, required(event, "workflow_run")?),
        Kind::Comment => match (event.object("pull_request", KNOWN)?, required(event, "issue")?) {
            // Gitea tells of it in full.
            (Some(request), _) => of_pull_request(event, request).map(Some),
            (None, issue) => Ok(match issue.map("pull_request")? {
                Some(_) => Some(PullRequest { number: issue.integer("number")?, ..PullRequest::default() }),
                None => None,
            }),
        },
    }
}

fn of_pull_request(event: Object<'_>, request: Object<'_>) -> Result<PullRequest, JsonError> {
    let (head, base) = (request.object("head", KNOWN)?, request.object("base", KNOWN)?);
    let base = base.map(|base| repository(base, "repo")).transpose()?.flatten();
    Ok(PullRequest {
        number: request.integer("number")?,
        head_sha: head.map(|head| head.text("sha")).transpose()?.flatten().map(str::to_owned),
        head: head.map(|head| repository(head, "repo")).transpose()?.flatten(),
        base: if base.is_some() { base } else { repository(event, "repository")? },
    })
}

/// A run that was started by something else than a pull request, of the repository itself, is about none.
fn of_run(event: Object<'_>, run: Object<'_>) -> Result<Option<PullRequest>, JsonError> {
    let requests = run.objects("pull_requests", KNOWN)?.unwrap_or_default();
    let number = requests.first().map(|request| request.integer("number")).transpose()?.flatten();
    let base = repository(run, "repository")?;
    let request = PullRequest {
        number,
        head_sha: run.text("head_sha")?.map(str::to_owned),
        head: repository(run, "head_repository")?,
        base: if base.is_some() { base } else { repository(event, "repository")? },
    };
    let is_about_none = run.text("event")?.is_some_and(|event| Kind::of(event).is_none());
    Ok((!is_about_none || !request.is_own()).then_some(request))
}

impl PullRequest {
    /// Whether its head is in the repository that it is for. A head that is gone or not known is not.
    pub(crate) fn is_own(&self) -> bool {
        self.head.as_ref().zip(self.base.as_ref()).is_some_and(|(head, base)| head.is(base))
    }
}

fn repository(object: Object<'_>, member: &'static str) -> Result<Option<Repository>, JsonError> {
    object.object(member, KNOWN)?.map(Repository::of).transpose()
}

fn required<'a>(object: Object<'a>, member: &'static str) -> Result<Object<'a>, JsonError> {
    object.object(member, KNOWN)?.ok_or(JsonError::MemberMissing { member })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(kind: Kind, event: &Value) -> Result<Option<PullRequest>, JsonError> {
        pull_request(kind, event.to_string().as_bytes())
    }

    /// Whether an event is about a pull request, and whether about one of the repository itself.
    fn own(kind: Kind, event: &Value) -> Option<bool> {
        read(kind, event).unwrap().map(|request| request.is_own())
    }

    #[test]
    fn an_event_is_about_a_pull_request_by_its_name() {
        for (event, kind, secrets) in [
            ("pull_request", Some(Kind::PullRequest), false),
            ("pull_request_review", Some(Kind::PullRequest), false),
            ("pull_request_review_comment", Some(Kind::PullRequest), false),
            ("pull_request_target", Some(Kind::PullRequest), true),
            ("pull_request_comment", Some(Kind::PullRequest), true),
            ("workflow_run", Some(Kind::WorkflowRun), true),
            ("issue_comment", Some(Kind::Comment), true),
            ("push", None, true),
            ("merge_group", None, true),
            ("workflow_dispatch", None, true),
            ("schedule", None, true),
            ("release", None, true),
            ("", None, true),
        ] {
            assert_eq!((Kind::of(event), has_secrets(event)), (kind, secrets), "{event}");
        }
    }

    #[test]
    fn a_pull_request_is_read_with_its_number_its_commit_and_both_repositories() {
        let event = json!({
            "action": "opened", "number": 7,
            "pull_request": {
                "number": 7,
                "head": {"ref": "x", "sha": "abc", "repo": {"id": 2, "full_name": "Fork/App"}},
                "base": {"ref": "main", "repo": {"id": 1, "full_name": "acme/app"}},
            },
            "repository": {"id": 1, "full_name": "acme/app"},
        });
        let request = read(Kind::PullRequest, &event).unwrap().unwrap();
        assert_eq!((request.number, request.head_sha.as_deref()), (Some(7), Some("abc")));
        assert_eq!(request.head.as_ref().unwrap().name.as_deref(), Some("Fork/App"));
        assert!(!request.is_own());
    }

    #[test]
    fn a_head_is_the_repositorys_own_by_id_or_else_by_name() {
        let table = [
            (json!({"id": 1, "full_name": "acme/app"}), true),
            // A repository that was renamed has the same id.
            (json!({"id": 1, "full_name": "acme/old"}), true),
            (json!({"id": 2, "full_name": "acme/app"}), false),
            (json!({"full_name": "Acme/App"}), true),
            (json!({"full_name": "other/app"}), false),
            (json!({"id": null, "full_name": "other/app"}), false),
            (json!({"id": 1}), true),
            (json!({}), false),
            (Value::Null, false),
            (json!({"full_name": "x".repeat(2000)}), false),
        ];
        for (head, expected) in table {
            let base = json!({"id": 1, "full_name": "acme/app"});
            let request = json!({"pull_request": {"head": {"repo": &head}, "base": {"repo": &base}}});
            assert_eq!(own(Kind::PullRequest, &request), Some(expected), "{request}");
            // The base may stand beside the pull request.
            let request = json!({"pull_request": {"head": {"repo": &head}}, "repository": &base});
            assert_eq!(own(Kind::PullRequest, &request), Some(expected), "{request}");
            let run = json!({"workflow_run": {"event": "pull_request", "head_repository": &head, "repository": &base}});
            assert_eq!(own(Kind::WorkflowRun, &run), Some(expected), "{run}");
        }
        for nothing in [json!({"pull_request": {}}), json!({"pull_request": {"head": null, "base": null}})] {
            assert_eq!(own(Kind::PullRequest, &nothing), Some(false), "{nothing}");
        }
    }

    #[test]
    fn a_run_after_another_is_about_a_pull_request_unless_it_is_plainly_not() {
        let (base, fork) = (json!({"id": 1}), json!({"id": 2}));
        for (event, head, expected) in [
            (json!("push"), &base, None),
            (json!("schedule"), &base, None),
            (json!("pull_request"), &base, Some(true)),
            (json!("pull_request_target"), &base, Some(true)),
            (json!("issue_comment"), &base, Some(true)),
            (Value::Null, &base, Some(true)),
            (json!("push"), &fork, Some(false)),
            (json!("pull_request"), &fork, Some(false)),
            (json!("push"), &Value::Null, Some(false)),
        ] {
            let run = json!({"workflow_run": {"event": event, "head_repository": head}, "repository": &base});
            assert_eq!(own(Kind::WorkflowRun, &run), expected, "{run}");
        }
        let run = json!({"workflow_run": {"head_sha": "abc", "pull_requests": [{"number": 8}]}});
        let request = read(Kind::WorkflowRun, &run).unwrap().unwrap();
        assert_eq!((request.number, request.head_sha.as_deref()), (Some(8), Some("abc")));
    }

    #[test]
    fn a_comment_is_about_a_pull_request_where_the_issue_is_one() {
        let comment = json!({"issue": {"number": 3, "pull_request": {"url": "x"}}, "repository": {"id": 1}});
        assert_eq!(own(Kind::Comment, &comment), Some(false));
        assert_eq!(read(Kind::Comment, &comment).unwrap().unwrap().number, Some(3));
        assert_eq!(own(Kind::Comment, &json!({"issue": {"number": 3}})), None);
        let full = json!({
            "issue": {"pull_request": {}},
            "pull_request": {"head": {"repo": {"id": 1}}, "base": {"repo": {"id": 1}}},
        });
        assert_eq!(own(Kind::Comment, &full), Some(true));
    }

    #[test]
    fn an_event_of_another_form_is_an_error() {
        let kinds = [Kind::PullRequest, Kind::WorkflowRun, Kind::Comment];
        let forms = [json!({}), json!([]), json!({"ref": "refs/heads/main"}), json!({"pull_request": 7})];
        for (kind, event) in kinds.iter().flat_map(|kind| forms.iter().map(move |event| (*kind, event))) {
            assert!(read(kind, event).is_err(), "{kind:?} {event}");
        }
        for wrong in [
            json!({"pull_request": {"head": {"repo": "acme/app"}}}),
            json!({"pull_request": {"head": {"repo": {"id": "1"}}}}),
            json!({"pull_request": {"head": {"repo": {"id": 1.5}}}}),
            json!({"pull_request": {"Head": {"repo": {"id": 1}}}}),
        ] {
            assert!(read(Kind::PullRequest, &wrong).is_err(), "{wrong}");
        }
        for bytes in [&b""[..], b"{", b"\xff", b"{\"pull_request\":{},\"pull_request\":{}}"] {
            assert!(pull_request(Kind::PullRequest, bytes).is_err(), "{bytes:?}");
        }
    }
}
