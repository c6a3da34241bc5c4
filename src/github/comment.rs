//! The comment on the pull request, of which each job has one: a later run writes it anew.
//!
//! It is ours where its first line is our marker and its author the owner of the token. Anybody can write the marker, and with the
//! token of a job the comments of others can be changed: so both must be.

use notary::json::{JsonError, Object};
use serde_json::{Value, json};

use super::client::Client;
use super::error::Why;
use super::{Comment, Server, limits};

/// Whose the token is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    /// The name of a user or of an app.
    Known(String),
    /// The server does not say.
    Unknown,
}

/// A comment as the server has it.
#[derive(Debug, PartialEq, Eq)]
struct Found<'a> {
    id: i64,
    author: &'a str,
    first_line: &'a str,
}

/// Where the text goes.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Into this comment.
    Old(i64),
    New,
}

impl Comment {
    pub(super) async fn post(&self, client: &Client<'_>) -> Result<(), Why> {
        let owner = owner(client).await?;
        let place = self.place(client, &owner).await?;
        let body = json!({ "body": self.body() });
        match place {
            Place::Old(id) => client.patch(&client.of_repository(&format!("/issues/comments/{id}")), &body).await,
            Place::New => client.post(&self.path(client, ""), &body).await,
        }
        .map(drop)
    }

    fn path(&self, client: &Client<'_>, query: &str) -> String {
        client.of_repository(&format!("/issues/{}/comments{query}", self.pull_request))
    }

    /// The marker is an element that nobody sees.
    fn first_line(&self) -> String {
        format!("<!-- {} -->", self.marker)
    }

    fn body(&self) -> String {
        format!("{}\n{}", self.first_line(), self.text)
    }

    /// Looks through the comments, the oldest first, for ours.
    async fn place(&self, client: &Client<'_>, owner: &Owner) -> Result<Place, Why> {
        let unreadable = |error: JsonError| Why::Unreadable { fact: error.to_string() };
        let mut is_somebodys = false;
        for number in 1..=limits::PAGES {
            let query = format!("?per_page={}&page={number}", limits::PAGE);
            let answer = client.get(&self.path(client, &query)).await?;
            let page = answer.json()?;
            for comment in read(&page).map_err(unreadable)? {
                if comment.first_line != self.first_line() {
                    continue;
                }
                match owner {
                    Owner::Known(name) if name == comment.author => return Ok(Place::Old(comment.id)),
                    Owner::Known(_) => {}
                    Owner::Unknown => is_somebodys = true,
                }
            }
            if !answer.has_next {
                return if is_somebodys { Err(Why::WhoseComment) } else { Ok(Place::New) };
            }
        }
        // Ours may be behind.
        Err(Why::TooMany { pages: limits::PAGES })
    }
}

/// Whose the token is. GitHub says so by GraphQL alone for the token of a job, which has no user; of Gitea and Forgejo only a user's
/// has one.
async fn owner(client: &Client<'_>) -> Result<Owner, Why> {
    if client.server() == Server::GitHub {
        let question = json!({ "query": "query { viewer { login } }" });
        match client.post(&client.graphql(), &question).await {
            Ok(answer) => {
                let viewer = answer.json().ok().and_then(|answer| viewer(&answer));
                if let Some(login) = viewer {
                    return Ok(Owner::Known(login));
                }
            }
            // It is known from the next answer as well.
            Err(Why::Denied { .. } | Why::NotFound(_) | Why::Refused(_) | Why::Unavailable { .. }) => {}
            Err(why) => return Err(why),
        }
    }
    match client.get(&client.path("/user")).await {
        Ok(answer) => Ok(answer.json().ok().and_then(|user| login(&user)).map_or(Owner::Unknown, Owner::Known)),
        Err(Why::Denied { .. } | Why::NotFound(_) | Why::Refused(_)) => Ok(Owner::Unknown),
        Err(why) => Err(why),
    }
}

/// The name in `{"data":{"viewer":{"login":"…"}}}`.
fn viewer(answer: &Value) -> Option<String> {
    login(answer.get("data")?.get("viewer")?)
}

fn login(user: &Value) -> Option<String> {
    let login = Object::of(user, &["login"]).ok()?.text("login").ok()??;
    (!login.is_empty()).then(|| login.to_owned())
}

/// The comments of one page.
fn read(page: &Value) -> Result<Vec<Found<'_>>, JsonError> {
    const KNOWN: &[&str] = &["id", "body", "user", "login"];
    let comments = page.as_array().ok_or(JsonError::NotAnObject { found: notary::json::kind(page) })?;
    let found = comments.iter().map(|comment| {
        let comment = Object::of(comment, KNOWN)?;
        // An author who is gone is nobody.
        let author = comment.object("user", KNOWN)?.map(|user| user.text("login")).transpose()?.flatten();
        Ok(Found {
            id: comment.integer("id")?.ok_or(JsonError::MemberMissing { member: "id" })?,
            author: author.unwrap_or_default(),
            first_line: comment.text("body")?.unwrap_or_default().lines().next().unwrap_or_default(),
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_has_a_first_line_and_an_author() {
        let page = json!([
            {"id": 1, "body": "<!-- m -->\r\ntext", "user": {"login": "github-actions[bot]", "type": "Bot"}},
            {"id": 2, "body": "x\n<!-- m -->", "user": null},
            {"id": 3, "body": null},
        ]);
        let found = |id, author, first_line| Found { id, author, first_line };
        let expected = [found(1, "github-actions[bot]", "<!-- m -->"), found(2, "", "x"), found(3, "", "")];
        assert_eq!(read(&page).unwrap(), expected);
        for wrong in
            [json!({}), json!([{}]), json!([{"id": "1"}]), json!([{"id": 1, "user": "x"}]), json!([{"id": 1, "ID": 2}])]
        {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_owner_of_a_token_has_a_name() {
        let answer = |viewer: Value| json!({ "data": { "viewer": viewer } });
        assert_eq!(viewer(&answer(json!({"login": "github-actions[bot]"}))).as_deref(), Some("github-actions[bot]"));
        for none in [json!({"login": ""}), json!({"login": 7}), json!({}), Value::Null] {
            assert_eq!(viewer(&answer(none)), None);
        }
        assert_eq!(viewer(&json!({"errors": [{"message": "no"}]})), None);
        assert_eq!(login(&json!({"login": "octocat", "id": 1})).as_deref(), Some("octocat"));
    }
}
