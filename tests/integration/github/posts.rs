//! What a run shows on GitHub besides its log.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::api::{Api, HEAD, MERGE, Reply, TOKEN};
use super::runner::{Heard, Step};
use super::{SIGNED, UNSIGNED, place, verify};
use crate::sealgate::{Run, Sandbox};

/// A job for a pull request of the repository itself.
fn in_job<'a>(run: Run<'a>, sandbox: &Sandbox, api: &Api) -> Run<'a> {
    let event = json!({
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": {"sha": HEAD, "repo": {"full_name": "acme/app"}},
            "base": {"repo": {"full_name": "acme/app"}},
        },
    });
    sandbox.write("event.json", &event.to_string());
    run.env("GITHUB_API_URL", &api.url())
        .env("GITHUB_SERVER_URL", "https://github.example")
        .env("GITHUB_REPOSITORY", "acme/app")
        .env("GITHUB_SHA", MERGE)
        .env("GITHUB_REF", "refs/pull/7/merge")
        .env("GITHUB_EVENT_PATH", sandbox.path("event.json").to_str().unwrap())
        .env("GITHUB_RUN_ID", "99")
        .env("GITHUB_RUN_ATTEMPT", "1")
        .env("GITHUB_JOB", "build")
        .env("GITHUB_WORKFLOW", "CI")
        .env("GITHUB_WORKFLOW_REF", "acme/app/.github/workflows/ci.yml@refs/pull/7/merge")
        .env("GITHUB_TOKEN", TOKEN)
}

/// Verifies an image in such a job.
#[track_caller]
fn shows(sandbox: &Sandbox, api: &Api, image: &str, flags: &[&str], exit: i32) -> Heard {
    let step = Step::new(sandbox);
    let line = [verify(image), flags.to_vec()].concat();
    let heard = step.hears(in_job(step.run(&line), sandbox, api), exit);
    assert!(!heard.answer.stdout.contains(TOKEN) && !heard.answer.stderr.contains(TOKEN), "{heard:?}");
    heard
}

/// What could not be shown.
fn not_posted(heard: &Heard) -> Vec<String> {
    let warnings = heard
        .commands
        .iter()
        .filter(|one| one.properties.get("title").is_some_and(|title| title.ends_with("not-posted")));
    warnings.map(|one| one.data.clone()).collect()
}

#[test]
fn a_commit_status_is_of_the_commit_that_people_see() {
    let (sandbox, api) = (place(), Api::new());
    let heard = shows(&sandbox, &api, SIGNED, &["--commit-status"], 0);
    assert!(not_posted(&heard).is_empty(), "{heard:?}");
    let expected = json!({
        "state": "success",
        "context": "sealgate/verify (build)",
        "description": "1 image: 1 verified",
        "target_url": api.has(|has| has.statuses[0]["target_url"].clone()),
    });
    assert_eq!(api.has(|has| has.statuses.clone()), [expected.clone()]);
    let page = expected["target_url"].as_str().unwrap();
    assert!(page.starts_with("https://github.example/acme/app/actions/runs/99/attempts/1#sealgate-"), "{page}");
    shows(&sandbox, &api, UNSIGNED, &["--commit-status"], 11);
    shows(&sandbox, &api, "oci-layout:demo/none:v1", &["--commit-status"], 6);
    let shown: Vec<_> =
        api.has(|has| has.statuses.iter().map(|one| (one["state"].clone(), one["description"].clone())).collect());
    assert_eq!(
        shown[1..],
        [(json!("failure"), json!("1 image: 1 unsigned")), (json!("error"), json!("1 image: 1 error"))]
    );
}

#[test]
fn a_run_that_fails_before_its_verdict_shows_that_too() {
    let (sandbox, api) = (place(), Api::new());
    let step = Step::new(&sandbox);
    let line = ["verify", SIGNED, "--root", "none.crt", "--identity", "*", "--commit-status"];
    step.hears(in_job(step.run(&line), &sandbox, &api), 3);
    let shown = api.has(|has| has.statuses.clone());
    assert_eq!((shown[0]["state"].as_str(), shown[0]["description"].as_str()), (Some("error"), Some("failed")));
}

#[test]
fn nothing_is_asked_unless_it_was_asked_for() {
    let (sandbox, api) = (place(), Api::new());
    shows(&sandbox, &api, SIGNED, &[], 0);
    assert!(api.asked().is_empty());
}
