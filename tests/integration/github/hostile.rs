//! Servers that have trouble, or make some: clear text, the right verdict, bounded time.

use std::time::{Duration, Instant};

use serde_json::json;

use super::api::{Api, Asked, HEAD, Has, Reply};
use super::posts::{in_job, not_posted, shows};
use super::runner::Step;
use super::{SIGNED, UNSIGNED, place, verify};

const ALL: [&str; 3] = ["--check-run", "--commit-status", "--comment"];

/// A server that answers everything so.
fn always(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Api {
    Api::answering("", move |_: &Asked, _: &mut Has| Some(reply()))
}

/// Requests that make or change something.
fn writes(api: &Api) -> usize {
    api.lines().iter().filter(|line| !line.starts_with("GET ") && !line.ends_with("/graphql")).count()
}

#[test]
fn a_server_that_fails_for_ever_is_asked_for_some_time_and_nothing_is_made_twice() {
    let (sandbox, api) = (place(), always(|| Reply::refusal(500, "Server Error", &[])));
    let began = Instant::now();
    let told = not_posted(&shows(&sandbox, &api, UNSIGNED, &ALL, 11));
    assert!(began.elapsed() < Duration::from_secs(55), "{:?}", began.elapsed());
    assert!(
        told.len() == 3 && told.iter().all(|told| told.contains("answered 500 and says: \"Server Error\"")),
        "{told:?}"
    );
    assert!(told.iter().any(|told| told.contains("(4 attempts)")), "what only asks is asked again: {told:?}");
    assert_eq!(writes(&api), 2, "{:?}", api.lines());
}

#[test]
fn a_server_that_fails_once_is_asked_again_for_what_it_has() {
    let once = std::sync::atomic::AtomicUsize::new(0);
    let api = Api::answering("", move |asked: &Asked, _: &mut Has| {
        let is_first = asked.method == "GET" && once.fetch_add(1, std::sync::atomic::Ordering::AcqRel) == 0;
        is_first.then(|| Reply::refusal(502, "Bad Gateway", &[]))
    });
    let sandbox = place();
    assert!(not_posted(&shows(&sandbox, &api, SIGNED, &["--comment"], 0)).is_empty());
    assert_eq!(api.has(|has| has.comments.len()), 1);
}

#[test]
fn limits_are_waited_for_where_that_is_short_and_told_where_it_is_long() {
    let sandbox = place();
    let limited = |seconds: &'static str| {
        let once = std::sync::atomic::AtomicUsize::new(0);
        Api::answering("", move |asked: &Asked, _: &mut Has| {
            let is_first = asked.method == "GET" && once.fetch_add(1, std::sync::atomic::Ordering::AcqRel) == 0;
            let headers = [("retry-after", seconds)];
            is_first.then(|| Reply::refusal(403, "You have exceeded a secondary rate limit", &headers))
        })
    };
    let api = limited("1");
    assert!(not_posted(&shows(&sandbox, &api, SIGNED, &["--comment"], 0)).is_empty());
    let began = Instant::now();
    let told = not_posted(&shows(&sandbox, &limited("3600"), SIGNED, &["--comment"], 0));
    assert!(told.len() == 1 && told[0].contains("run the job again in 3600 seconds"), "{told:?}");
    assert!(began.elapsed() < Duration::from_secs(20));
    // What makes something is not tried again at all.
    let api = always(|| Reply::refusal(429, "slow down", &[("retry-after", "1")]));
    let told = not_posted(&shows(&sandbox, &api, SIGNED, &["--commit-status"], 0));
    assert!(told.len() == 1 && told[0].contains("answered 429") && writes(&api) == 1, "{told:?}");
}

#[test]
fn the_token_goes_to_no_other_host() {
    let (sandbox, other) = (place(), Api::new());
    let there = other.url();
    let api = Api::answering("", move |asked: &Asked, _: &mut Has| {
        let location = format!("{there}{}", asked.path);
        Some(Reply::refusal(307, "Moved", &[("location", &location)]))
    });
    let told = not_posted(&shows(&sandbox, &api, SIGNED, &ALL, 0));
    assert!(
        told.len() == 3 && told.iter().all(|told| told.contains("307") && told.contains("not sent elsewhere")),
        "{told:?}"
    );
    assert!(other.asked().is_empty());
    // Nor does a link to the next page lead anywhere: pages are counted.
    let api = Api::new();
    api.has(|has| has.comments.extend((0..250).map(|id| json!({"id": id, "body": "x", "user": null}))));
    assert!(not_posted(&shows(&sandbox, &api, SIGNED, &["--comment"], 0)).is_empty());
    assert_eq!(api.lines().iter().filter(|line| line.starts_with("GET ")).count(), 3);
}

#[test]
fn long_endless_and_silent_answers_have_an_end() {
    let sandbox = place();
    let api = Api::answering("", |asked: &Asked, _: &mut Has| {
        (asked.method == "GET").then_some(Reply::Long(100 * 1024 * 1024))
    });
    let told = not_posted(&shows(&sandbox, &api, SIGNED, &["--comment"], 0));
    assert!(told.len() == 1 && told[0].contains("answered with more than 16777216 bytes"), "{told:?}");
    // Pages without an end.
    let api = Api::answering("", |asked: &Asked, _: &mut Has| {
        (asked.method == "GET").then(|| Reply::Json(200, vec![("link", "<x>; rel=\"next\"".to_owned())], json!([])))
    });
    let told = not_posted(&shows(&sandbox, &api, SIGNED, &["--comment"], 0));
    assert!(told.len() == 1 && told[0].contains("more than 30 pages"), "{told:?}");
    assert_eq!(writes(&api), 0);
    // Nothing at all.
    let (api, began) = (always(|| Reply::Silence), Instant::now());
    let told = not_posted(&shows(&sandbox, &api, UNSIGNED, &["--commit-status"], 11));
    assert!(told.len() == 1 && told[0].contains("gave no answer"), "{told:?}");
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
}

#[test]
fn answers_of_another_form_are_told_and_decide_nothing() {
    let sandbox = place();
    for body in [json!({}), json!([1]), json!([{"id": "x", "state": 7}]), json!("x"), json!(null)] {
        let api = Api::answering("", move |asked: &Asked, _: &mut Has| {
            (asked.method == "GET").then(|| Reply::json(200, body.clone()))
        });
        let told = not_posted(&shows(&sandbox, &api, SIGNED, &["--comment", "--commit-status"], 0));
        assert!(told.len() == 2 && told.iter().all(|told| told.contains("cannot be read")), "{told:?}");
        assert!(told.iter().any(|told| told.contains("may hide a failure of another job")), "{told:?}");
        assert_eq!(api.has(|has| has.comments.len()), 0);
    }
}

#[test]
fn what_a_server_says_is_no_command_and_holds_no_token() {
    let sandbox = place();
    let message = format!("::error::x\n##[error]y \u{1b}[2J {}", super::api::TOKEN);
    let api = always(move || Reply::refusal(422, &message, &[]));
    let heard = shows(&sandbox, &api, SIGNED, &["--commit-status"], 0);
    assert_eq!(heard.commands.len(), 1, "{heard:?}");
    let told = not_posted(&heard);
    assert!(told.len() == 1 && told[0].contains("(not shown)") && !told[0].contains('\u{1b}'), "{told:?}");
}

#[test]
fn an_event_that_cannot_be_read_leaves_no_commit_and_the_verdict() {
    let sandbox = place();
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    crate::sealgate::mkfifo(&sandbox.path("pipe"));
    std::fs::File::create(sandbox.path("large.json")).unwrap().set_len(100 * 1024 * 1024).unwrap();
    sandbox
        .write("malformed.json", "{")
        .write("other.json", "{\"pull_request\":7}")
        .write("no-sha.json", "{\"pull_request\":{\"head\":{\"sha\":\"main\"}}}");
    sandbox.write("none-of-it.json", "{}");
    for event in
        ["folder", "pipe", "large.json", "malformed.json", "other.json", "no-sha.json", "none-of-it.json", "missing"]
    {
        for (image, exit) in [(SIGNED, 0), (UNSIGNED, 11)] {
            let (api, step) = (Api::new(), Step::new(&sandbox));
            let line = [verify(image), ALL.to_vec()].concat();
            let path = sandbox.path(event);
            let run = in_job(step.run(&line), &sandbox, &api).env("GITHUB_EVENT_PATH", path.to_str().unwrap());
            let told = not_posted(&step.hears(run, exit));
            assert!(told.len() == 2 && told.iter().all(|told| told.contains("GITHUB_EVENT_PATH")), "{event}: {told:?}");
            // The number of the pull request is known by other means.
            assert_eq!(api.has(|has| (has.comments.len(), has.statuses.len())), (1, 0), "{event}");
        }
    }
}

#[test]
fn a_run_that_is_told_to_end_shows_its_verdict_and_waits_for_no_server() {
    let (sandbox, api) = (place(), always(|| Reply::Silence));
    let step = Step::new(&sandbox);
    let line = [verify(UNSIGNED), vec!["--commit-status"]].concat();
    let mut command = in_job(step.run(&line), &sandbox, &api).into_command();
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while api.asked().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let began = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let (stdout, code) = (String::from_utf8(output.stdout).unwrap(), output.status.code());
    assert!(
        code == Some(11) && stdout.contains("unsigned") && stdout.contains("the run was told to end"),
        "{code:?} {stdout}"
    );
}

#[test]
fn texts_from_outside_stand_in_code_spans() {
    let (sandbox, api) = (place(), Api::new());
    let image = "oci-layout:demo/[x](https/evil.example) #1 <img src=x> *b*:v1";
    shows(&sandbox, &api, image, &["--comment", "--check-run"], 6);
    let body = api.has(|has| has.comments[0]["body"].as_str().unwrap().to_owned());
    // Outside of code spans, of elements for code and of blocks nothing of it is left.
    let mut outside: String = body.split('`').step_by(2).collect();
    while let (Some(begin), Some(end)) = (outside.find("<code>"), outside.find("</code>")) {
        outside.replace_range(begin..end + 7, "");
    }
    assert!(!outside.contains("evil.example") && !outside.contains("<img") && !outside.contains("*b*"), "{outside}");
    assert!(body.contains("evil.example"));
    assert!(body.contains(HEAD));
}
