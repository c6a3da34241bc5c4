//! A status of the commit.
//!
//! All jobs of a matrix have the same name, and so the same context, on which the last status counts: that one image was verified
//! must not hide that another one was refused. So after a success the statuses of the commit are read, which are a history, and a
//! failure of another job of the run is set once more.

use notary::json::{JsonError, Object};
use serde_json::{Value, json};

use super::client::Client;
use super::error::Why;
use super::{Page, Status, limits};
use crate::report::Ending;

const fn state(ending: Ending) -> &'static str {
    match ending {
        Ending::Good | Ending::GoodWithRemarks => "success",
        Ending::Refused => "failure",
        Ending::Failed => "error",
    }
}

impl Page {
    /// The address of the page. The part behind `#` is ours.
    pub(super) fn url(&self) -> String {
        format!("{}#sealgate-{}-{}", self.run, self.attempt, self.key)
    }

    /// The attempt and the key of a page of this run.
    fn parts_of<'a>(&self, url: &'a str) -> Option<(u64, &'a str)> {
        let (attempt, key) = url.strip_prefix(&self.run)?.strip_prefix("#sealgate-")?.split_once('-')?;
        Some((attempt.parse().ok()?, key))
    }
}

/// A status as the server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found<'a> {
    context: &'a str,
    page: &'a str,
    has_failed: bool,
    description: &'a str,
}

impl Status {
    pub(super) async fn post(&self, client: &Client<'_>) -> Result<(), Why> {
        let page = self.page.as_ref().map(Page::url);
        self.set(client, self.ending, &self.description, page.as_deref()).await?;
        if matches!(self.ending, Ending::Good | Ending::GoodWithRemarks) {
            self.keep_failures(client).await.map_err(|why| Why::NotChecked(Box::new(why)))?;
        }
        Ok(())
    }

    async fn set(&self, client: &Client<'_>, ending: Ending, description: &str, page: Option<&str>) -> Result<(), Why> {
        let description: String = description.chars().take(limits::DESCRIPTION).collect();
        let body = json!({
            "state": state(ending),
            "context": self.context,
            "description": description,
            "target_url": page,
        });
        client.post(&client.of_repository(&format!("/statuses/{}", self.commit)), &body).await.map(drop)
    }

    /// Sets the failure of another job of this run once more, if ours has hidden one.
    async fn keep_failures(&self, client: &Client<'_>) -> Result<(), Why> {
        let Some(page) = &self.page else { return Ok(()) };
        let mut pages = Vec::new();
        for number in 1..=limits::STATUS_PAGES {
            let rest = format!("/commits/{}/statuses?per_page={}&page={number}", self.commit, limits::PAGE);
            let answer = client.get(&client.of_repository(&rest)).await?;
            pages.push(answer.json()?);
            if !answer.has_next {
                break;
            }
        }
        let unreadable = |error: JsonError| Why::Unreadable { fact: error.to_string() };
        let found: Vec<_> = pages.iter().map(read).collect::<Result<Vec<_>, _>>().map_err(unreadable)?.concat();
        match hidden_failure(&found, &self.context, page) {
            Some(failed) => {
                let (page, description) = (failed.page, failed.description);
                self.set(client, Ending::Refused, description, Some(page)).await
            }
            None => Ok(()),
        }
    }
}

/// The statuses of one page, the newest first. Gitea has the state by another name.
fn read(page: &Value) -> Result<Vec<Found<'_>>, JsonError> {
    const KNOWN: &[&str] = &["state", "status", "context", "target_url", "description"];
    let statuses = page.as_array().ok_or(JsonError::NotAnObject { found: notary::json::kind(page) })?;
    let found = statuses.iter().take(limits::PAGE).map(|status| {
        let status = Object::of(status, KNOWN)?;
        let state = status.text("state")?.or(status.text("status")?).unwrap_or_default();
        Ok(Found {
            context: status.text("context")?.unwrap_or_default(),
            page: status.text("target_url")?.unwrap_or_default(),
            has_failed: matches!(state, "failure" | "error"),
            description: status.text("description")?.unwrap_or_default(),
        })
    });
    found.collect()
}

/// The failure that a success of ours hides: of another job of this run, or of another one of its name, that has not succeeded since.
/// `statuses` are the newest first.
fn hidden_failure<'a>(statuses: &'a [Found<'a>], context: &str, ours: &Page) -> Option<&'a Found<'a>> {
    let of_run = statuses.iter().filter(|status| status.context == context);
    let mut of_run = of_run.filter_map(|status| Some((ours.parts_of(status.page)?, status)));
    let mut seen = Vec::new();
    of_run.find_map(|((attempt, key), status)| {
        // Of jobs that cannot be told apart one in this attempt has failed.
        let is_same = key == ours.key;
        let counts = if is_same { attempt == ours.attempt } else { !seen.contains(&key) };
        seen.push(key);
        (counts && status.has_failed).then_some(status)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(attempt: u64, key: &str) -> Page {
        Page { run: "https://h/a/b/actions/runs/9".to_owned(), attempt, key: key.to_owned() }
    }

    fn found<'a>(page: &'a str, has_failed: bool) -> Found<'a> {
        Found { context: "c", page, has_failed, description: "d" }
    }

    #[test]
    fn a_success_hides_no_failure_of_another_job_of_the_run() {
        let ours = page(2, "k1");
        let (mine, other, third) = (ours.url(), page(2, "k2").url(), page(1, "k3").url());
        let (before, elsewhere) = (page(1, "k1").url(), mine.replace("runs/9", "runs/8"));
        let hidden = |statuses: &[Found<'_>]| hidden_failure(statuses, "c", &ours).map(|found| found.page.to_owned());
        assert_eq!(hidden(&[found(&mine, false)]), None);
        assert_eq!(hidden(&[found(&mine, false), found(&other, true)]), Some(other.clone()));
        // An attempt in which only ours was run again leaves the failures of the others.
        assert_eq!(hidden(&[found(&mine, false), found(&third, true)]), Some(third.clone()));
        // It has succeeded since.
        assert_eq!(hidden(&[found(&mine, false), found(&other, false), found(&other, true)]), None);
        // Ours failed before, and was run again.
        assert_eq!(hidden(&[found(&mine, false), found(&before, true)]), None);
        // Two that cannot be told apart.
        assert_eq!(hidden(&[found(&mine, false), found(&mine, true)]), Some(mine.clone()));
        assert_eq!(hidden(&[found(&mine, false), found(&elsewhere, true)]), None);
        assert_eq!(hidden(&[found(&mine, false), found("https://evil.example", true), found("", true)]), None);
        let other_context = Found { context: "x", ..found(&other, true) };
        assert_eq!(hidden(&[found(&mine, false), other_context]), None);
    }

    #[test]
    fn statuses_are_read_as_github_and_as_gitea_write_them() {
        let of_github =
            json!([{"state": "failure", "context": "c", "target_url": "u", "description": "d", "creator": {}}]);
        let of_gitea = json!([{"status": "failure", "context": "c", "target_url": "u", "description": "d"}]);
        for page in [&of_github, &of_gitea] {
            assert_eq!(read(page).unwrap(), [found("u", true)]);
        }
        let bare = json!([{"state": "pending", "context": "c", "target_url": null, "description": null}]);
        assert_eq!(read(&bare).unwrap(), [Found { description: "", ..found("", false) }]);
        for wrong in [json!({}), json!([1]), json!([{"state": 1}]), json!([{"State": "success"}])] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}
