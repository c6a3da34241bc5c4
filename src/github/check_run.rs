//! A check run of the commit, with annotations. GitHub takes so many of these in one request; the others are added to it afterwards.

use notary::json::{JsonError, Object};
use octocrab::params::checks::{
    CheckRunConclusion, CheckRunOutput, CheckRunOutputAnnotation, CheckRunOutputAnnotationLevel, CheckRunStatus,
};
use serde_json::json;

use super::client::{Answer, Client};
use super::error::Why;
use super::{Annotation, CheckRun, limits};
use crate::report::{Ending, Grade};

const fn conclusion(ending: Ending) -> CheckRunConclusion {
    match ending {
        Ending::Good => CheckRunConclusion::Success,
        Ending::GoodWithRemarks => CheckRunConclusion::Neutral,
        Ending::Refused | Ending::Failed => CheckRunConclusion::Failure,
    }
}

const fn level(grade: Grade) -> CheckRunOutputAnnotationLevel {
    match grade {
        Grade::Error => CheckRunOutputAnnotationLevel::Failure,
        Grade::Warning => CheckRunOutputAnnotationLevel::Warning,
        Grade::Notice => CheckRunOutputAnnotationLevel::Notice,
    }
}

impl CheckRun {
    pub(super) async fn post(&self, client: &Client<'_>) -> Result<(), Why> {
        let mut batches = self.annotations.chunks(limits::ANNOTATIONS);
        let body = json!({
            "name": self.name,
            "head_sha": self.commit,
            "status": CheckRunStatus::Completed,
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

    fn output(&self, annotations: &[Annotation]) -> CheckRunOutput {
        CheckRunOutput {
            title: self.title.clone(),
            summary: self.summary.clone(),
            text: None,
            annotations: annotations.iter().map(annotation).collect(),
            images: Vec::new(),
        }
    }
}

fn annotation(one: &Annotation) -> CheckRunOutputAnnotation {
    CheckRunOutputAnnotation {
        path: one.path.clone(),
        start_line: one.line,
        end_line: one.line,
        start_column: None,
        end_column: None,
        annotation_level: level(one.grade),
        message: one.text.clone(),
        title: Some(one.title.clone()),
        raw_details: None,
    }
}

/// The number of the check run that was made.
fn read_id(made: &Answer) -> Result<i64, Why> {
    let unreadable = |error: JsonError| Why::Unreadable { fact: error.to_string() };
    let document = made.json()?;
    let id = Object::of(&document, &["id"]).and_then(|made| made.integer("id")).map_err(unreadable)?;
    id.ok_or_else(|| unreadable(JsonError::MemberMissing { member: "id" }))
}
