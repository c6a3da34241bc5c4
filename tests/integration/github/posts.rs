//! What a run shows on GitHub besides its log.

use serde_json::{Value, json};

use super::api::{Api, HEAD, MERGE, Reply, TOKEN};
use super::runner::{Heard, Step};
use super::{SIGNED, UNSIGNED, place, verify};
use crate::sealgate::{Run, Sandbox};

/// A job for a pull request of the repository itself.
pub(super) fn in_job<'a>(run: Run<'a>, sandbox: &Sandbox, api: &Api) -> Run<'a> {
    let event = json!({
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": {"sha": HEAD, "repo": {"full_name": "acme/app"}},
            "base": {"repo": {"full_name": "acme/app"}},
        },
    });
    sandbox.write("event.json", &event.to_string());
    // What is trusted is no file of the pull request.
    std::fs::create_dir_all(sandbox.path("workspace")).unwrap();
    run.env("GITHUB_API_URL", &api.url())
        .env("GITHUB_SERVER_URL", "https://github.example")
        .env("GITHUB_REPOSITORY", "acme/app")
        .env("GITHUB_SHA", MERGE)
        .env("GITHUB_REF", "refs/pull/7/merge")
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_WORKSPACE", sandbox.path("workspace").to_str().unwrap())
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
pub(super) fn shows(sandbox: &Sandbox, api: &Api, image: &str, flags: &[&str], exit: i32) -> Heard {
    let step = Step::new(sandbox);
    let line = [verify(image), flags.to_vec()].concat();
    let heard = step.hears(in_job(step.run(&line), sandbox, api), exit);
    assert!(!heard.answer.stdout.contains(TOKEN) && !heard.answer.stderr.contains(TOKEN), "{heard:?}");
    heard
}

/// What could not be shown.
pub(super) fn not_posted(heard: &Heard) -> Vec<String> {
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
    assert_eq!(api.has(|has| has.statuses.clone()), std::slice::from_ref(&expected));
    let page = expected["target_url"].as_str().unwrap();
    assert!(page.starts_with("https://github.example/acme/app/actions/runs/99#sealgate-1-"), "{page}");
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
    // What could not be shown is told with the failure.
    let refuses = Api::answering("", |_, _| Some(Reply::refusal(403, "no", &[])));
    let step = Step::new(&sandbox);
    let heard = step.hears(in_job(step.run(&line), &sandbox, &refuses), 3);
    assert!(heard.answer.stderr.contains("help: the commit status was not posted: "), "{heard:?}");
    let shown = api.has(|has| has.statuses.clone());
    assert_eq!((shown[0]["state"].as_str(), shown[0]["description"].as_str()), (Some("error"), Some("failed")));
}

#[test]
fn nothing_is_asked_unless_it_was_asked_for() {
    let (sandbox, api) = (place(), Api::new());
    shows(&sandbox, &api, SIGNED, &[], 0);
    assert!(api.asked().is_empty());
}

#[test]
fn jobs_of_one_name_do_not_hide_each_others_failure() {
    let (sandbox, api) = (place(), Api::new());
    shows(&sandbox, &api, UNSIGNED, &["--commit-status"], 11);
    shows(&sandbox, &api, SIGNED, &["--commit-status"], 0);
    let last = |api: &Api| api.has(|has| has.statuses.last().unwrap().clone());
    // The success is there, and the failure behind it.
    assert_eq!(api.has(|has| has.statuses.len()), 3);
    assert_eq!(
        (last(&api)["state"].as_str(), last(&api)["description"].as_str()),
        (Some("failure"), Some("1 image: 1 unsigned"))
    );
    // Another run knows nothing of it, and the next attempt of the one that failed ends it.
    let again = |image, run: &str, attempt: &str, exit| {
        let step = Step::new(&sandbox);
        let line = [verify(image), vec!["--commit-status"]].concat();
        let run = in_job(step.run(&line), &sandbox, &api).env("GITHUB_RUN_ID", run).env("GITHUB_RUN_ATTEMPT", attempt);
        step.hears(run, exit);
        last(&api)["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(again(SIGNED, "99", "2", 0), "failure");
    assert_eq!(again(SIGNED, "100", "1", 0), "success");
}

#[test]
fn a_comment_is_made_once_and_written_anew() {
    let (sandbox, api) = (place(), Api::new());
    // Other people's, of which one begins like ours, and one of ours that is about something else.
    shows(&sandbox, &api, UNSIGNED, &["--comment"], 11);
    let marker = api.has(|has| {
        let first = has.comments[0]["body"].as_str().unwrap().lines().next().unwrap().to_owned();
        has.comments[0]["user"]["login"] = json!("mallory");
        let ours =
            |number: usize, body: String| json!({"id": number, "body": body, "user": {"login": "github-actions[bot]"}});
        has.comments.extend((0..150).map(|number| ours(number, format!("x\n{first}"))));
        first
    });
    assert!(marker.starts_with("<!-- sealgate verify ") && marker.ends_with(" -->"), "{marker}");
    shows(&sandbox, &api, UNSIGNED, &["--comment"], 11);
    assert_eq!(api.has(|has| has.comments.len()), 152, "the stranger's is left alone");
    let theirs = api.has(|has| has.comments[0].clone());
    // It is on the second page, and is found there.
    let heard = shows(&sandbox, &api, UNSIGNED, &["--comment"], 11);
    assert!(not_posted(&heard).is_empty(), "{heard:?}");
    assert_eq!(api.has(|has| (has.comments.len(), has.comments[0].clone())), (152, theirs));
    assert!(api.lines().contains(&"PATCH /repos/acme/app/issues/comments/1151".to_owned()), "{:?}", api.lines());
    let body = api.has(|has| has.comments[151]["body"].as_str().unwrap().to_owned());
    assert!(body.starts_with(&format!("{marker}\n## ✗ sealgate verify: 1 image: 1 unsigned\n")), "{body}");
    let end = format!("commit `{HEAD}`, [this run](<https://github.example/acme/app/actions/runs/99>)\n");
    assert!(body.ends_with(&end), "{body}");
}

#[test]
fn two_jobs_never_write_into_each_others_comment() {
    let (sandbox, api) = (place(), Api::new());
    let run = |flags: &[&str], variables: &[(&str, &str)], image, exit| {
        let step = Step::new(&sandbox);
        let line = [verify(image), vec!["--comment"], flags.to_vec()].concat();
        let run = in_job(step.run(&line), &sandbox, &api);
        step.hears(variables.iter().fold(run, |run, (name, value)| run.env(name, value)), exit);
        api.has(|has| has.comments.len())
    };
    assert_eq!(run(&[], &[], SIGNED, 0), 1);
    assert_eq!(run(&[], &[("GITHUB_JOB", "other")], SIGNED, 0), 2);
    assert_eq!(run(&[], &[("GITHUB_WORKFLOW_REF", "acme/app/.github/workflows/b.yml@main")], SIGNED, 0), 3);
    // Jobs of a matrix have one name, and images of their own.
    assert_eq!(run(&[], &[], UNSIGNED, 11), 4);
    // A later run of the first.
    assert_eq!(run(&[], &[("GITHUB_RUN_ID", "100"), ("GITHUB_SHA", HEAD)], SIGNED, 0), 4);
    // What is no pull request has no comments.
    sandbox.write("push.json", "{\"ref\":\"refs/heads/main\"}");
    let push = sandbox.path("push.json");
    let push = [
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_EVENT_PATH", push.to_str().unwrap()),
        ("GITHUB_JOB", "push"),
    ];
    assert_eq!(run(&[], &push, SIGNED, 0), 4);
}

#[test]
fn whose_a_comment_is_decides_who_may_change_it() {
    // The token of a user, on a server that has no GraphQL.
    let is_user = |asked: &super::api::Asked, _: &mut super::api::Has| match asked.line().as_str() {
        "POST /graphql" => Some(Reply::refusal(404, "Not Found", &[])),
        "GET /user" => Some(Reply::json(200, json!({"login": "github-actions[bot]", "id": 1}))),
        _ => None,
    };
    let (sandbox, api) = (place(), Api::answering("", is_user));
    shows(&sandbox, &api, SIGNED, &["--comment"], 0);
    shows(&sandbox, &api, SIGNED, &["--comment"], 0);
    assert_eq!(api.has(|has| has.comments.len()), 1);
    // The server does not say whose it is: the first is made, and no other's is changed.
    let is_unknown = |asked: &super::api::Asked, _: &mut super::api::Has| {
        asked.line().ends_with("/graphql").then(|| Reply::json(200, json!({"errors": [{"message": "no"}]})))
    };
    let api = Api::answering("", is_unknown);
    assert!(not_posted(&shows(&sandbox, &api, SIGNED, &["--comment"], 0)).is_empty());
    let told = not_posted(&shows(&sandbox, &api, SIGNED, &["--comment"], 0));
    assert!(told.len() == 1 && told[0].contains("does not say whether the owner of the token wrote it"), "{told:?}");
    assert!(!api.lines().iter().any(|line| line.starts_with("PATCH")));
}

#[test]
fn an_annotation_is_at_the_line_of_the_file_that_is_wrong() {
    let (sandbox, api) = (place(), Api::new());
    std::fs::create_dir_all(sandbox.path("workspace")).unwrap();
    sandbox.write("workspace/policy.json", "{\n  \"version\": \"1.0\",\n  \"trustPolicies\": nothing\n}\n");
    let step = Step::new(&sandbox);
    let line = ["verify", SIGNED, "--policy", "workspace/policy.json", "--trust-store", "store", "--check-run"];
    step.hears(in_job(step.run(&line), &sandbox, &api), 3);
    let annotations = api.has(|has| has.annotations[0].clone());
    let places: Vec<_> =
        annotations.iter().map(|one| (one["path"].as_str().unwrap(), one["start_line"].as_u64())).collect();
    assert!(places.contains(&("policy.json", Some(3))), "{annotations:?}");
}

#[test]
fn a_check_run_has_an_annotation_for_each_remark_fifty_with_each_request() {
    let (sandbox, api) = (place(), Api::new());
    let heard = shows(&sandbox, &api, SIGNED, &["--check-run"], 0);
    assert!(not_posted(&heard).is_empty(), "{heard:?}");
    let first = api.has(|has| has.check_runs[0].clone());
    assert_eq!(
        (first["name"].as_str(), first["conclusion"].as_str()),
        (Some("sealgate verify (build)"), Some("success"))
    );
    assert_eq!(first["output"]["title"], "1 image: 1 verified");
    assert!(first["output"]["summary"].as_str().unwrap().contains("## ✓ sealgate verify"));
    let missing: Vec<_> = (0..119).map(|number| format!("oci-layout:none{number}:v1")).collect();
    let missing: Vec<_> = missing.iter().map(String::as_str).collect();
    let heard = shows(&sandbox, &api, UNSIGNED, &[&missing[..], &["--check-run"]].concat(), 11);
    assert!(not_posted(&heard).is_empty(), "{heard:?}");
    let (conclusion, annotations) =
        api.has(|has| (has.check_runs[1]["conclusion"].clone(), has.annotations[1].clone()));
    assert_eq!((conclusion.as_str(), annotations.len()), (Some("failure"), 120));
    assert_eq!(api.lines().iter().filter(|line| *line == "PATCH /repos/acme/app/check-runs/2").count(), 2);
    assert!(annotations.iter().all(|one| one["path"] == ".github/workflows/ci.yml" && one["start_line"] == 1));
    // Accepted, and with a remark: neither a success nor a failure.
    sandbox.write("ca.pem", &sandbox.read("demo/keys/demo-ca.crt"));
    shows(&sandbox, &api, SIGNED, &["--check-run", "--ca-file", "ca.pem"], 0);
    let third = api.has(|has| has.check_runs[2].clone());
    assert_eq!(
        (third["conclusion"].as_str(), third["output"]["title"].as_str()),
        (Some("neutral"), Some("1 image: 1 verified; A CHECK IS WEAKENED"))
    );
}

#[test]
fn a_missing_permission_is_told_as_the_line_to_add_and_ends_nothing() {
    let refused = |asked: &super::api::Asked, _: &mut super::api::Has| {
        let accepted = match asked.line().as_str() {
            "POST /repos/acme/app/check-runs" => "checks=write",
            "POST /repos/acme/app/statuses/1111111111111111111111111111111111111111" => "statuses=write",
            "POST /repos/acme/app/issues/7/comments" => "issues=write; pull_requests=write",
            _ => return None,
        };
        Some(Reply::refusal(
            403,
            "Resource not accessible by integration",
            &[("x-accepted-github-permissions", accepted)],
        ))
    };
    let (sandbox, api) = (place(), Api::answering("", refused));
    let all = ["--check-run", "--commit-status", "--comment"];
    for (image, exit) in [(SIGNED, 0), (UNSIGNED, 11)] {
        let heard = shows(&sandbox, &api, image, &all, exit);
        let told = not_posted(&heard);
        assert_eq!(told.len(), 3, "{told:?}");
        for line in ["`statuses: write` below `permissions:`", "`checks: write` below", "`pull-requests: write` below"]
        {
            assert!(told.iter().any(|told| told.contains(line)), "{line}: {told:?}");
        }
        assert!(
            told.iter().all(|told| told.contains("403 and says: \"Resource not accessible by integration\"")),
            "{told:?}"
        );
        assert_eq!(heard.output("result"), Some(if exit == 0 { "verified" } else { "unsigned" }));
        assert!(heard.answer.stdout.contains("not-posted"), "{}", heard.answer.stdout);
    }
    // A fork's run has no such permission to add.
    let fork = json!({"pull_request": {"number": 7, "head": {"sha": HEAD, "repo": {"full_name": "mallory/app"}}, "base": {"repo": {"full_name": "acme/app"}}}});
    sandbox.write("fork.json", &fork.to_string());
    let step = Step::new(&sandbox);
    let line = [verify(SIGNED), vec!["--check-run"]].concat();
    let run =
        in_job(step.run(&line), &sandbox, &api).env("GITHUB_EVENT_PATH", sandbox.path("fork.json").to_str().unwrap());
    let told = not_posted(&step.hears(run, 0));
    assert!(told[0].contains("from a fork can read only") && !told[0].contains("add the line"), "{told:?}");
}

#[test]
fn a_server_of_ones_own_is_asked_below_its_path() {
    let (sandbox, api) = (place(), Api::answering("/api/v3", |_, _| None));
    let heard = shows(&sandbox, &api, SIGNED, &["--check-run", "--commit-status", "--comment"], 0);
    assert!(not_posted(&heard).is_empty(), "{heard:?}");
    assert!(api.lines().contains(&"POST /api/graphql".to_owned()), "{:?}", api.lines());
    assert!(api.lines().iter().all(|line| line.contains(" /api/v3/repos/acme/app/") || line == "POST /api/graphql"));
    for asked in api.asked() {
        let agents = asked.headers.iter().filter(|(name, _)| name == "user-agent").count();
        assert_eq!((agents, asked.header("authorization")), (1, Some(format!("Bearer {TOKEN}").as_str())));
    }
}

#[test]
fn what_cannot_be_shown_is_refused_before_anything_is_done() {
    let (sandbox, api) = (place(), Api::new());
    let refused = |flag: &str, variables: &[(&str, &str)], exit, text: &str| {
        let step = Step::new(&sandbox);
        let line = [verify(SIGNED), vec![flag]].concat();
        let run = in_job(step.run(&line), &sandbox, &api);
        let answer = variables.iter().fold(run, |run, (name, value)| run.env(name, value)).exits(exit);
        assert!(answer.stderr.contains(text) && answer.stdout.is_empty(), "{text}: {}", answer.stderr);
        answer.stderr
    };
    for flag in ["--check-run", "--commit-status", "--comment"] {
        refused(flag, &[("GITHUB_ACTIONS", ""), ("GITLAB_CI", "true")], 3, "got GitLab CI");
        refused(flag, &[("GITHUB_TOKEN", "")], 3, "no token is given");
        refused(flag, &[("GITHUB_REPOSITORY", "")], 3, "GITHUB_REPOSITORY is not set");
        refused(flag, &[("GITHUB_REPOSITORY", "acme/../..")], 3, "expected `owner/name`");
    }
    refused("--check-run", &[("GITEA_ACTIONS", "true")], 3, "Gitea Actions has no check runs");
    refused("--check-run", &[("FORGEJO_ACTIONS", "true")], 3, "Forgejo Actions has no check runs");
    for address in ["http://api.example", "ftp://127.0.0.1", "https://user:geheim@api.example", "nonsense"] {
        let told = refused("--comment", &[("GITHUB_API_URL", address)], 3, "GITHUB_API_URL: expected an HTTPS URL");
        assert!(!told.contains("geheim"), "{told}");
    }
    let told = refused("--comment", &[("GITHUB_TOKEN", "two words")], 3, "GITHUB_TOKEN: expected a token");
    assert!(!told.contains("two words"), "{told}");
    refused("--github-token-env=NO_SUCH", &[], 2, "environment variable NO_SUCH is not set");
    assert!(api.asked().is_empty());
}

#[test]
fn the_token_is_the_one_that_was_named_and_the_runner_hides_it() {
    let (sandbox, api) = (place(), Api::new());
    let posted = |flags: &[&str], variables: &[(&str, &str)]| {
        let step = Step::new(&sandbox);
        let line = [verify(SIGNED), vec!["--commit-status"], flags.to_vec()].concat();
        let run = in_job(step.run(&line), &sandbox, &api).env("GITHUB_TOKEN", "ghs_another_token");
        let heard = step.hears(variables.iter().fold(run, |run, (name, value)| run.env(name, value)), 0);
        let log = format!("{}{}", heard.answer.stdout, heard.answer.stderr);
        let mut said = log.lines().filter(|line| !line.starts_with("::add-mask::"));
        assert!(said.all(|line| !line.contains(TOKEN)), "{log}");
        (not_posted(&heard).is_empty(), heard)
    };
    assert!(!posted(&[], &[]).0, "the server does not know it");
    assert!(posted(&["--github-token-env", "MINE"], &[("MINE", TOKEN), ("INPUT_GITHUB-TOKEN", "ghs_input_token_x")]).0);
    assert!(posted(&[], &[("INPUT_GITHUB-TOKEN", TOKEN)]).0);
    assert!(posted(&[], &[("INPUT_GITHUB_TOKEN", TOKEN)]).0);
    // As an action, whose log the runner obeys.
    let (is_posted, heard) = posted(&[], &[("INPUT_COMMAND", "verify"), ("INPUT_GITHUB-TOKEN", TOKEN)]);
    assert!(is_posted && heard.commands[0].name == "add-mask" && heard.commands[0].data == TOKEN, "{heard:?}");
    // Nor does the log of all requests have it.
    assert!(posted(&["--verbose"], &[("INPUT_GITHUB-TOKEN", TOKEN)]).0);
    // Who asks for nothing has no token looked at.
    let step = Step::new(&sandbox);
    let run = in_job(step.run(&verify(SIGNED)), &sandbox, &api)
        .env("INPUT_COMMAND", "verify")
        .env("INPUT_GITHUB-TOKEN", TOKEN);
    assert!(step.hears(run, 0).commands.is_empty());
}

#[test]
fn gitea_has_statuses_and_comments() {
    // It knows no GraphQL, has states by another name, and gives all comments at once.
    let gitea = |asked: &super::api::Asked, has: &mut super::api::Has| match asked.line().as_str() {
        "GET /api/v1/user" => Some(Reply::json(200, json!({"login": "github-actions[bot]"}))),
        line if line.ends_with("/graphql") => panic!("{line}"),
        line if line.starts_with("GET ") && line.ends_with("/statuses") => {
            let renamed = |one: &Value| json!({"status": one["state"], "context": one["context"], "target_url": one["target_url"]});
            Some(Reply::json(200, has.statuses.iter().rev().map(renamed).collect()))
        }
        line if line.starts_with("POST ") && line.contains("/statuses/") => {
            has.statuses.push(asked.body.clone());
            Some(Reply::json(201, json!({"id": 1, "status": asked.body["state"]})))
        }
        _ => None,
    };
    let (sandbox, api) = (place(), Api::answering("/api/v1", gitea));
    for system in ["GITEA_ACTIONS", "FORGEJO_ACTIONS"] {
        let step = Step::new(&sandbox);
        let line = [verify(SIGNED), vec!["--commit-status", "--comment"]].concat();
        let heard = step.hears(in_job(step.run(&line), &sandbox, &api).env(system, "true"), 0);
        assert!(not_posted(&heard).is_empty(), "{heard:?}");
    }
    assert_eq!(api.has(|has| (has.statuses.len(), has.comments.len())), (2, 1));
}

#[test]
fn what_was_signed_is_shown_as_what_was_verified_is() {
    let (sandbox, api) = (place(), Api::new());
    let step = Step::new(&sandbox);
    let key = ["--key", "demo/keys/demo.key", "--certificate-chain", "demo/keys/demo.crt"];
    let line = [&["sign", UNSIGNED], &key[..], &["--commit-status", "--check-run", "--comment"]].concat();
    let heard = step.hears(in_job(step.run(&line), &sandbox, &api), 0);
    assert!(not_posted(&heard).is_empty(), "{heard:?}");
    let (status, check_run, comment) =
        api.has(|has| (has.statuses[0].clone(), has.check_runs[0].clone(), has.comments[0].clone()));
    assert_eq!(
        (status["context"].as_str(), status["state"].as_str()),
        (Some("sealgate/sign (build)"), Some("success"))
    );
    assert_eq!(check_run["name"], "sealgate sign (build)");
    assert!(comment["body"].as_str().unwrap().starts_with("<!-- sealgate sign "), "{comment}");
}
