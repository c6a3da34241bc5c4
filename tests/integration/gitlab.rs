//! What a job of GitLab CI leaves for GitLab: reports after every run, and variables of later jobs after one that ended well.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::reports::scene;
use crate::sealgate::{Answer, Sandbox};

const TRUST: [&str; 4] = ["--root", "k/a-ca.crt", "--identity", "*"];
const VARIABLES: &str = "out/sealgate.env";

#[track_caller]
fn verify(sandbox: &Sandbox, tag: &str, words: &[&str], code: i32) -> Answer {
    let image = format!("oci-layout:l:{tag}");
    sandbox.sealgate(&[&["verify"], &TRUST[..], words, &[&image]].concat()).env("GITLAB_CI", "true").exits(code)
}

/// The files of the folder, by their names.
fn files(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path("out")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const REPORTS: [&str; 7] = [
    "annotations.json",
    "gl-code-quality.json",
    "report.html",
    "report.json",
    "report.md",
    "report.sarif",
    "report.xml",
];

#[test]
fn a_run_that_ends_well_has_variables_for_later_jobs_and_another_has_none() {
    let sandbox = scene();
    verify(&sandbox, "good", &["--report-dir", "out"], 0);
    assert_eq!(files(&sandbox), [&REPORTS[..], &["sealgate.env"]].concat());
    let variables = sandbox.read(VARIABLES);
    let image = variables.lines().find_map(|line| line.strip_prefix("SEALGATE_OUTPUT_IMAGE=")).unwrap();
    assert!(image.starts_with("oci-layout:l@sha256:"), "{variables}");
    assert!(variables.starts_with("SEALGATE_OUTPUT_RESULT=verified\n"), "{variables}");
    assert!(variables.contains("SEALGATE_OUTPUT_REPORT_PATH=out/report.json\n"), "{variables}");
    assert_eq!(sandbox.read("out/gl-code-quality.json"), "[]\n");
    for (tag, more, code) in [("bare", &[][..], 11), ("none", &[], 6), ("good", &["--timeout", "x"], 2)] {
        sandbox.write(VARIABLES, "SEALGATE_OUTPUT_IMAGE=old\n");
        let answer = verify(&sandbox, tag, &[&["--report-dir", "out"], more].concat(), code);
        assert_eq!(files(&sandbox), REPORTS, "{tag}");
        let shown = answer.stdout + &answer.stderr;
        assert!(shown.contains("warning[stale-deploy-file]:") && shown.contains("out/sealgate.env was there before"));
        let found: Value = serde_json::from_str(&sandbox.read("out/gl-code-quality.json")).unwrap();
        let checks: Vec<_> = found.as_array().unwrap().iter().map(|one| one["check_name"].as_str().unwrap()).collect();
        assert!(checks.len() == 2 && checks.contains(&"stale-deploy-file"), "{checks:?}");
    }
}

#[test]
fn a_link_of_an_earlier_run_goes_and_what_it_leads_to_stays() {
    let sandbox = scene();
    sandbox.write("elsewhere", "kept");
    fs::create_dir(sandbox.path("out")).unwrap();
    for (tag, code) in [("bare", 11), ("good", 0)] {
        symlink(sandbox.path("elsewhere"), sandbox.path(VARIABLES)).unwrap();
        verify(&sandbox, tag, &["--report-dir", "out"], code);
        assert_eq!(sandbox.read("elsewhere"), "kept");
    }
    assert!(fs::symlink_metadata(sandbox.path(VARIABLES)).unwrap().is_file());
}

#[test]
fn a_folder_that_is_none_fails_a_run_that_found_nothing_wrong_and_no_other() {
    let sandbox = scene();
    sandbox.write("out", "a file");
    for (tag, code) in [("good", 3), ("bare", 11)] {
        let answer = verify(&sandbox, tag, &["--report-dir", "out"], code);
        assert!(answer.stderr.contains("--report-dir DIR"), "{}", answer.stderr);
    }
    assert_eq!(sandbox.read("out"), "a file");
}

#[test]
fn jobs_of_other_systems_have_none_of_these_files() {
    let sandbox = scene();
    let words = [&["verify"], &TRUST[..], &["--report-dir", "out", "oci-layout:l:good"]].concat();
    sandbox.write(VARIABLES, "somebody else's");
    for name in ["NOBODY", "GITHUB_ACTIONS", "CI"] {
        sandbox.sealgate(&words).env(name, "true").exits(0);
        assert_eq!(sandbox.read(VARIABLES), "somebody else's");
        assert!(!files(&sandbox).contains(&"gl-code-quality.json".to_owned()), "{name}");
    }
    // Whoever says that it is one gets them.
    sandbox.sealgate(&[&words[..], &["--ci", "gitlab"]].concat()).exits(0);
    assert_eq!(files(&sandbox), [&REPORTS[..], &["sealgate.env"]].concat());
    assert!(sandbox.read(VARIABLES).starts_with("SEALGATE_OUTPUT_RESULT=verified"));
}
