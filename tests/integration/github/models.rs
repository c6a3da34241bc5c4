//! What is sent, held against what octocrab knows of GitHub's API.

use octocrab::models::StatusState;
use octocrab::params::checks::{
    CheckRunConclusion, CheckRunOutput, CheckRunOutputAnnotation, CheckRunOutputAnnotationLevel, CheckRunStatus,
};
use serde_json::{Value, json};

use super::api::Api;
use super::posts::shows;
use super::{SIGNED, UNSIGNED, place};

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// An annotation as octocrab writes it.
fn annotation(sent: &Value) -> CheckRunOutputAnnotation {
    let line = sent["start_line"].as_u64().unwrap().try_into().unwrap();
    CheckRunOutputAnnotation {
        path: text(&sent["path"]),
        start_line: line,
        end_line: line,
        start_column: None,
        end_column: None,
        annotation_level: CheckRunOutputAnnotationLevel::Failure,
        message: text(&sent["message"]),
        title: Some(text(&sent["title"])),
        raw_details: None,
    }
}

#[test]
fn statuses_and_check_runs_are_as_octocrab_writes_them() {
    let (sandbox, api) = (place(), Api::new());
    let none = "oci-layout:demo/none:v1";
    for (image, exit, state, conclusion, annotations) in [
        (SIGNED, 0, StatusState::Success, CheckRunConclusion::Success, 0),
        (UNSIGNED, 11, StatusState::Failure, CheckRunConclusion::Failure, 1),
        (none, 6, StatusState::Error, CheckRunConclusion::Failure, 1),
    ] {
        shows(&sandbox, &api, image, &["--commit-status", "--check-run"], exit);
        let (status, run) =
            api.has(|has| (has.statuses.last().unwrap().clone(), has.check_runs.last().unwrap().clone()));
        assert_eq!(status["state"], json!(state), "{image}");
        assert_eq!((&run["status"], &run["conclusion"]), (&json!(CheckRunStatus::Completed), &json!(conclusion)));
        let sent = &run["output"];
        let of_octocrab = CheckRunOutput {
            title: text(&sent["title"]),
            summary: text(&sent["summary"]),
            text: None,
            annotations: sent["annotations"].as_array().into_iter().flatten().map(annotation).collect(),
            images: Vec::new(),
        };
        assert_eq!(of_octocrab.annotations.len(), annotations, "{image}");
        assert_eq!(sent, &json!(of_octocrab), "{image}");
    }
}
