//! A check run of the commit, with annotations. GitHub takes so many of these in one request; the others are added to it afterwards.

use notary::json::{JsonError, Object};
use serde::Serialize;
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::error::Why;
use super::{Annotation, CheckRun, limits};
use crate::report::{Ending, Grade};

const fn conclusion(ending: Ending) -> &'static str {
    match ending {
        Ending::Good => "success",
        Ending::GoodWithRemarks => "neutral",
        Ending::Refused | Ending::Failed => "failure",
    }
}

const fn level(grade: Grade) -> &'static str {
    match grade {
        Grade::Error => "failure",
        Grade::Warning => "warning",
        Grade::Notice => "notice",
    }
}

impl CheckRun {
    pub(super) async fn post(&self, client: &Client<'_>) -> Result<(), Why> {
        let mut batches = self.annotations.chunks(limits::ANNOTATIONS);
        let body = json!({
            "name": self.name,
            "head_sha": self.commit,
            "status": "completed",
            "conclusion": conclusion(self.ending),
            "details_url": self.page,
            "output": self.output(batches.next().unwrap_or_default()),
        });
        let made = client.post(&client.of_repository("/check-runs"), &body).await?;
        let mut id = None;
        for batch in batches {
            let id = match id {
                Some(id) => id,
                None => *id.insert(read_id(&made)?),
            };
            let body = json!({ "output": self.output(batch) });
            client.patch(&client.of_repository(&format!("/check-runs/{id}")), &body).await?;
        }
        Ok(())
    }

    fn output(&self, annotations: &[Annotation]) -> Output<'_> {
        let annotations = annotations.iter().map(annotation).collect();
        Output { title: &self.title, summary: &self.summary, annotations }
    }
}

/// What a check run shows.
#[derive(Serialize)]
struct Output<'a> {
    title: &'a str,
    summary: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Value>,
}

fn annotation(one: &Annotation) -> Value {
    json!({
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        "annotation_level": level(one.grade),
        "message": one.text,
        "title": one.title,
    })
}

/// The number of the check run that was made.
fn read_id(made: &Answer) -> Result<i64, Why> {
    let unreadable = |error: JsonError| Why::Unreadable { fact: error.to_string() };
    let document = made.json()?;
    let id = Object::of(&document, &["id"]).and_then(|made| made.integer("id")).map_err(unreadable)?;
    id.ok_or_else(|| unreadable(JsonError::MemberMissing { member: "id" }))
}
