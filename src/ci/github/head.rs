//! The head of a pull request, as the event that started the run tells of it (the file that `GITHUB_EVENT_PATH` names).

use notary::json::{self, JsonError, Object};

/// The pull request of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) number: Option<u64>,
    /// The commit that people see.
    pub(crate) commit: String,
    /// Whether it is in another repository, whose runs get a token that can read only.
    pub(crate) is_fork: bool,
}

/// The members that are read, wherever they stand.
const KNOWN: &[&str] = &["pull_request", "number", "head", "base", "sha", "repo", "full_name"];

/// Reads the head of the pull request that an event is about, if it is about one.
///
/// # Errors
/// [`JsonError`] for an event of another form.
pub(crate) fn of(event: &[u8]) -> Result<Option<Head>, JsonError> {
    let event = json::parse_object(event)?;
    let Some(pull_request) = Object::new(&event, KNOWN)?.object("pull_request", KNOWN)? else { return Ok(None) };
    let side = |name| pull_request.object(name, KNOWN);
    let repository = |side: Option<Object<'_>>| -> Result<Option<String>, JsonError> {
        let repository = side.map(|side| side.object("repo", KNOWN)).transpose()?.flatten();
        Ok(repository.map(|repository| repository.text("full_name")).transpose()?.flatten().map(str::to_owned))
    };
    let head = side("head")?.ok_or(JsonError::MemberMissing { member: "head" })?;
    let (from, to) = (repository(Some(head))?, repository(side("base")?)?);
    Ok(Some(Head {
        number: pull_request.integer("number")?.and_then(|number| u64::try_from(number).ok()),
        commit: head.required_text("sha")?.to_owned(),
        is_fork: from.is_none() || from != to,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_what_people_see_and_a_fork_is_another_repository() {
        let event = |from: &str| {
            let text = format!(
                r#"{{"number":7,"pull_request":{{"number":7,"head":{{"sha":"abc","repo":{from}}},"base":{{"repo":{{"full_name":"a/b"}}}}}}}}"#
            );
            of(text.as_bytes()).unwrap().unwrap()
        };
        let own = event(r#"{"full_name":"a/b"}"#);
        assert_eq!(own, Head { number: Some(7), commit: "abc".to_owned(), is_fork: false });
        assert!(event(r#"{"full_name":"c/b"}"#).is_fork);
        // The fork was deleted.
        assert!(event("null").is_fork);
        assert_eq!(of(br#"{"ref":"refs/heads/main"}"#).unwrap(), None);
    }

    #[test]
    fn an_event_of_another_form_is_an_error() {
        for event in ["", "[]", r#"{"pull_request":1}"#, r#"{"pull_request":{}}"#, r#"{"pull_request":{"head":{}}}"#] {
            assert!(of(event.as_bytes()).is_err(), "{event}");
        }
    }
}
