//! What jobs of CI systems besides GitHub hear from us, each in the language of its system.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::github::{SIGNED, UNSIGNED, place};
use crate::sealgate::Run;

fn verify<'a>(image: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["verify", image, "--root", "demo/keys/demo-ca.crt", "--identity", "*"], more].concat()
}

fn with<'a>(run: Run<'a>, variables: &[(&str, &str)]) -> Run<'a> {
    variables.iter().fold(run, |run, (name, value)| run.env(name, value))
}

/// The lines of a text that begin like this, without that.
fn behind<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.strip_prefix(start)).collect()
}

#[test]
fn azure_pipelines_hears_variables_and_issues() {
    let sandbox = place();
    let azure = |line: &[&str]| sandbox.sealgate(line).env("TF_BUILD", "True");
    let good = azure(&verify(SIGNED, &["--report-dir", "out"])).exits(0);
    let variable = |text: &str, name: &str| {
        let start = format!("##vso[task.setvariable variable=SEALGATE_OUTPUT_{name};]");
        behind(text, &start).first().map(|value| (*value).to_owned())
    };
    let image = variable(&good.stderr, "IMAGE").unwrap();
    assert!(image.contains("@sha256:"), "{}", good.stderr);
    let of_step = format!("##vso[task.setvariable variable=SEALGATE_OUTPUT_IMAGE;isOutput=true;]{image}");
    assert!(good.stderr.lines().any(|line| line == of_step), "{}", good.stderr);
    assert_eq!(variable(&good.stderr, "RESULT").as_deref(), Some("verified"));
    assert_eq!(behind(&good.stderr, "##vso[task.uploadsummary]"), ["[FOLDER]/out/report.md"]);
    assert!(sandbox.read("out/report.md").starts_with("## ✓ sealgate verify"));
    assert!(behind(&good.stderr, "##vso[task.logissue").is_empty());

    let bad = azure(&verify(UNSIGNED, &[])).exits(11);
    assert_eq!(behind(&bad.stderr, "##vso[task.logissue type=error;]sealgate verify: unsigned%0A").len(), 1);
    // What the step before said of its image does not stay.
    assert_eq!(variable(&bad.stderr, "IMAGE").as_deref(), Some(""));
    assert_eq!(variable(&bad.stderr, "RESULT").as_deref(), Some("unsigned"));
    assert!(!bad.stdout.contains("##"), "{}", bad.stdout);
}

#[test]
fn teamcity_hears_standard_output_unless_that_is_for_programs() {
    let sandbox = place();
    let teamcity = |line: &[&str]| sandbox.sealgate(line).env("TEAMCITY_VERSION", "2026.1");
    let bad = teamcity(&verify(UNSIGNED, &[])).exits(11);
    assert_eq!(behind(&bad.stdout, "##teamcity[buildProblem description='sealgate verify: unsigned|n").len(), 1);
    let image = "##teamcity[setParameter name='env.SEALGATE_OUTPUT_IMAGE' value='']";
    assert!(bad.stdout.lines().any(|line| line == image), "{}", bad.stdout);
    let json = teamcity(&verify(UNSIGNED, &["--format", "json"])).exits(11);
    assert!(serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok() && !json.stderr.contains("##"));
}

#[test]
fn what_a_shell_or_a_file_of_variables_holds_is_always_of_the_last_run() {
    let sandbox = place();
    for (system, variable) in [
        (("CIRCLECI", "true"), "BASH_ENV"),
        (("BITBUCKET_BUILD_NUMBER", "7"), "BITBUCKET_PIPELINES_VARIABLES_PATH"),
        (("HARNESS_BUILD_ID", "7"), "DRONE_OUTPUT"),
    ] {
        let file = sandbox.path(variable);
        let run = |line: &[&str]| with(sandbox.sealgate(line), &[system, (variable, file.to_str().unwrap())]);
        // A shell reads both forms here: values have no space.
        let image = || {
            let script = format!(". {}; printf %s \"$SEALGATE_OUTPUT_IMAGE\"", file.display());
            String::from_utf8(Command::new("sh").args(["-c", &script]).output().unwrap().stdout).unwrap()
        };
        run(&verify(SIGNED, &[])).exits(0);
        assert!(image().starts_with("oci-layout:demo/app@sha256:"), "{variable}: {}", image());
        run(&verify(UNSIGNED, &[])).exits(11);
        assert_eq!(image(), "", "{variable}");
        run(&["verify", "--no-such-flag"]).exits(2);
        let last = fs::read_to_string(&file).unwrap();
        assert!(last.contains("SEALGATE_OUTPUT_RESULT=error\n") || last.contains("SEALGATE_OUTPUT_RESULT='error'\n"));
    }
}

/// The file is a step's, and a step may verify one image after the other.
#[test]
fn outputs_of_a_step_on_github_are_of_its_last_run() {
    let sandbox = place();
    let file = sandbox.path("output");
    let run = |line: &[&str]| {
        with(sandbox.sealgate(line), &[("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", file.to_str().unwrap())])
    };
    // As the runner reads it: the last counts.
    let output = |name: &str| {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines();
        let mut found = None;
        while let Some((named, end)) = lines.next().and_then(|line| line.split_once("<<")) {
            let value: Vec<_> = lines.by_ref().take_while(|line| *line != end).collect();
            found = if named == name { Some(value.join("\n")) } else { found };
        }
        found.unwrap_or_default()
    };
    run(&verify(SIGNED, &["--report-dir", "out"])).exits(0);
    assert!(output("image").contains("@sha256:") && output("digest").starts_with("sha256:"));
    run(&verify(UNSIGNED, &[])).exits(11);
    assert_eq!(["result", "image", "digest", "images", "report-path"].map(output), ["unsigned", "", "", "", ""]);
    run(&verify(SIGNED, &[])).exits(0);
    // Looking at an image says nothing else of it.
    run(&["list", SIGNED]).exits(0);
    assert!(output("image").contains("@sha256:") && output("result") == "verified");
    run(&verify(SIGNED, &["--shard", "2/2"])).exits(0);
    assert_eq!(["result", "image", "verified-count"].map(output), ["empty-shard", "", ""]);
}

/// Whoever ends a run that waits for its reader has no more to say than that.
#[test]
fn outputs_of_a_step_before_go_where_a_run_is_ended_while_it_writes() {
    let sandbox = place();
    let file = sandbox.path("env");
    let run =
        |line: &[&str]| with(sandbox.sealgate(line), &[("CIRCLECI", "true"), ("BASH_ENV", file.to_str().unwrap())]);
    let image = || {
        let script = format!(". {}; printf %s \"$SEALGATE_OUTPUT_IMAGE,$SEALGATE_OUTPUT_RESULT\"", file.display());
        String::from_utf8(Command::new("sh").args(["-c", &script]).output().unwrap().stdout).unwrap()
    };
    run(&verify(SIGNED, &[])).exits(0);
    assert!(image().contains("@sha256:") && image().ends_with(",verified"), "{}", image());
    // More than a pipe holds.
    let many = vec![SIGNED; 400];
    let mut command =
        run(&[&verify(SIGNED, &["--format", "json", "--report-dir", "out"])[..], &many].concat()).into_command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    while !sandbox.path("out/report.html").exists() || !sandbox.path("out/report.xml").exists() {
        assert!(child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(20));
    }
    sleep(Duration::from_millis(500));
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(image(), ",error");
}

#[test]
fn outputs_that_cannot_be_written_make_a_run_fail() {
    let sandbox = place();
    let run = with(sandbox.sealgate(&verify(SIGNED, &[])), &[("CIRCLECI", "true"), ("BASH_ENV", "/nowhere/env")]);
    let answer = run.exits(3);
    assert!(answer.stderr.contains("cannot write to /nowhere/env, which BASH_ENV names"), "{}", answer.stderr);
}

#[test]
fn buildkite_shows_the_summary_by_its_agent() {
    let sandbox = place();
    let (folder, heard) = (sandbox.path("bin"), sandbox.path("heard"));
    fs::create_dir(&folder).unwrap();
    let agent = |script: &str| {
        let file = folder.join("buildkite-agent");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let run = |line: &[&str]| {
        let secret = ("SEALGATE_PASSWORD", "secret");
        with(sandbox.sealgate(line), &[("BUILDKITE", "true"), ("PATH", &path), ("BUILDKITE_JOB_ID", "7"), secret])
    };
    agent(&format!("{{ echo \"$@\"; echo \"$BUILDKITE_JOB_ID${{SEALGATE_PASSWORD-}}\"; cat; }} >{}", heard.display()));
    for (image, exit, style) in [(SIGNED, 0, "success"), (UNSIGNED, 11, "error")] {
        run(&verify(image, &[])).exits(exit);
        let text = fs::read_to_string(&heard).unwrap();
        let start = format!("annotate --style {style} --context sealgate-verify\n7\n## ");
        assert!(text.starts_with(&start) && text.contains("sealgate verify"), "{text}");
    }
    // Nobody relies on it: a warning, and the verdict stays.
    agent("exit 3");
    let answer = run(&verify(SIGNED, &[])).exits(0);
    assert!(answer.stderr.contains("buildkite-agent did not take it"), "{}", answer.stderr);
    fs::remove_file(folder.join("buildkite-agent")).unwrap();
    let answer = run(&verify(SIGNED, &[])).exits(0);
    assert!(answer.stderr.contains("it cannot be started"), "{}", answer.stderr);
}

#[test]
fn a_language_that_was_asked_for_is_spoken_and_changes_no_fact_of_the_job() {
    let sandbox = place();
    let output = sandbox.path("output");
    fs::write(&output, "").unwrap();
    let workspace = sandbox.path("");
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_OUTPUT", output.to_str().unwrap()),
        ("GITHUB_WORKSPACE", workspace.to_str().unwrap()),
    ];
    let run = |line: &[&str]| with(sandbox.sealgate(line), &github);
    let quiet = run(&verify(UNSIGNED, &["--ci", "none"])).exits(11);
    assert!(!quiet.stderr.contains("::error") && fs::read_to_string(&output).unwrap().is_empty());
    let azure = run(&verify(UNSIGNED, &["--ci", "azure"])).exits(11);
    assert!(azure.stderr.contains("##vso[task.logissue type=error;]") && !azure.stderr.contains("::error"));
    let wrong = run(&["verify", "--ci", "hudson", SIGNED]).exits(2);
    assert!(wrong.stderr.contains("hudson") && wrong.stderr.contains("::error"), "{}", wrong.stderr);
    // An event that cannot be read counts as a fork's, whose files decide no trust.
    let fork = |ci: &[&str]| {
        let line = verify(SIGNED, ci);
        run(&line).env("GITHUB_EVENT_NAME", "pull_request").exits(3).stderr
    };
    for ci in [&[][..], &["--ci", "none"], &["--ci", "gitlab"]] {
        assert!(fork(ci).contains("error[trust-from-fork]"), "{ci:?}: {}", fork(ci));
    }
}

#[test]
fn several_jobs_share_the_images() {
    let sandbox = place();
    let images = [SIGNED, UNSIGNED];
    let run = |shard: &str, order: [&str; 2]| {
        let line = [&["verify"][..], &order, &["--root", "demo/keys/demo-ca.crt", "--identity", "*", "--shard", shard]];
        sandbox.sealgate(&line.concat()).env("GITHUB_ACTIONS", "true").env("NO_COLOR", "1")
    };
    for order in [images, [UNSIGNED, SIGNED]] {
        let first = run("1/2", order).exits(0);
        assert!(
            first.stdout.contains("shard 1/2: 1 of 2 images") && first.stdout.contains("verified oci-layout:demo/app")
        );
        run("2/2", order).exits(11);
    }
    let empty = run("3/3", images).exits(0);
    assert!(empty.stdout.contains("shard 3/3 has none of 2 images: nothing was done here"), "{}", empty.stdout);
    assert!(empty.stderr.contains("::notice title=sealgate verify%3A empty-shard::"), "{}", empty.stderr);
    assert!(run("auto", images).exits(2).stderr.contains("GitHub Actions does not say which of several jobs this is"));
    for wrong in ["0/2", "3/2", "x"] {
        run(wrong, images).exits(2);
    }
    let gitlab = |index: &str| {
        let line = verify(SIGNED, &["--shard", "auto"]);
        with(sandbox.sealgate(&line), &[("GITLAB_CI", "true"), ("CI_NODE_INDEX", index), ("CI_NODE_TOTAL", "2")])
    };
    gitlab("1").exits(0);
    let wrong = gitlab("0").exits(2).stderr;
    assert!(wrong.contains("CI_NODE_INDEX=0 and CI_NODE_TOTAL=2 are not an index from 1"), "{wrong}");
}

#[test]
fn a_report_names_the_job_that_made_it() {
    let sandbox = place();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let page = "https://gitlab.example/acme/app/-/jobs/7";
    let run = |page: &str| {
        let variables = [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", commit), ("CI_JOB_URL", page)];
        let answer = with(sandbox.sealgate(&verify(SIGNED, &["--format", "json"])), &variables).exits(0);
        serde_json::from_str::<serde_json::Value>(&answer.stdout).unwrap()["job"].clone()
    };
    assert_eq!(run(page), serde_json::json!({ "system": "GitLab CI", "commit": commit, "page": page }));
    assert_eq!(run("javascript:alert(1)"), serde_json::json!({ "system": "GitLab CI", "commit": commit }));
}

#[test]
fn a_runner_of_github_on_codebuild_speaks_githubs_language_and_has_codebuilds_credentials() {
    let sandbox = place();
    let both = [
        ("GITHUB_ACTIONS", "true"),
        ("CODEBUILD_BUILD_ID", "app:11111111-2222-3333-4444-555555555555"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1"),
        ("AWS_REGION", "us-west-2"),
    ];
    let bad = with(sandbox.sealgate(&verify(UNSIGNED, &[])), &both).exits(11);
    assert_eq!(behind(&bad.stderr, "::error title=sealgate verify%3A unsigned::").len(), 1, "{}", bad.stderr);
    let doctor = sandbox.sealgate(&["doctor", "--format", "json", "--timeout", "1s"]);
    let answer = with(doctor, &both).into_command().output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    let checks = report["doctor"]["checks"].as_array().unwrap();
    let fact = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {checks:#?}"));
        check["fact"].as_str().unwrap().to_owned()
    };
    assert_eq!(fact("ci-system"), "GitHub Actions (GITHUB_ACTIONS is set)");
    assert_eq!(fact("service-role"), "its credentials come from AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
}
