//! Reports as files: for every end of a run, never instead of its verdict.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::Value;

use crate::aws_scene::layout;
use crate::sealgate::Sandbox;

const FILES: [&str; 5] = ["report.json", "report.md", "report.xml", "report.sarif", "report.html"];

/// A place with a key, its image that is signed, `good`, and one that is not, `bare`.
pub(crate) fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "a"]).exits(0);
    layout(&sandbox.path("l"), &["good", "bare"]);
    sandbox.sealgate(&["sign", "--key", "k/a.key", "--certificate-chain", "k/a.crt", "oci-layout:l:good"]).exits(0);
    sandbox
}

const TRUST: [&str; 5] = ["verify", "--root", "k/a-ca.crt", "--identity", "*"];

fn verify<'a>(more: &[&'a str]) -> Vec<&'a str> {
    TRUST.iter().chain(more).copied().collect()
}

/// The JSON report in a folder.
fn json(sandbox: &Sandbox, folder: &str) -> Value {
    serde_json::from_str(&sandbox.read(&format!("{folder}/report.json"))).unwrap()
}

/// The names in a folder, in their order.
fn names(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let names = fs::read_dir(sandbox.path(folder)).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn each_form_of_a_report_is_a_file_for_everyone_to_read() {
    let sandbox = scene();
    let answer = sandbox.sealgate(&verify(&["--report-dir", "a/b", "--format", "json", "oci-layout:l:good"])).exits(0);
    let mut expected = FILES.to_vec();
    expected.sort_unstable();
    assert_eq!(names(&sandbox, "a/b"), expected);
    for name in FILES {
        let mode = fs::metadata(sandbox.path("a/b").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{name}");
    }
    assert_eq!(fs::metadata(sandbox.path("a/b")).unwrap().permissions().mode() & 0o777, 0o755);
    let shown: Value = serde_json::from_str(&answer.stdout.replace("[VERSION]", env!("CARGO_PKG_VERSION"))).unwrap();
    assert_eq!(json(&sandbox, "a/b")["artifacts"][0]["outcome"], shown["artifacts"][0]["outcome"]);
}

#[test]
fn a_folder_is_named_by_flag_variable_input_and_file() {
    let sandbox = scene();
    let line = verify(&["oci-layout:l:good"]);
    sandbox.sealgate(&line).env("SEALGATE_REPORT_DIR", "v").exits(0);
    sandbox.sealgate(&line).env("GITHUB_ACTIONS", "true").env("INPUT_REPORT-DIR", "i").exits(0);
    sandbox.write("c.yaml", "report-dir: f\n");
    sandbox.sealgate(&verify(&["--config", "c.yaml", "oci-layout:l:good"])).exits(0);
    for folder in ["v", "i", "f"] {
        assert_eq!(json(&sandbox, folder)["artifacts"][0]["verified"], true, "{folder}");
    }
}

#[test]
fn a_report_of_an_earlier_run_is_replaced_at_every_end() {
    let sandbox = scene();
    let write = |more: &[&str], code| sandbox.sealgate(&verify(&[&["--report-dir", "out"], more].concat())).exits(code);
    write(&["oci-layout:l:good"], 0);
    write(&["oci-layout:l:bare", "oci-layout:l:good"], 11);
    assert_eq!(json(&sandbox, "out")["artifacts"][0]["outcome"], "unsigned");
    assert!(json(&sandbox, "out")["error"].is_null());
    for (more, code, expected) in [
        (&["oci-layout:l:good", "--timeout", "x"][..], 2, "usage"),
        (&["Not/An:Image:"], 2, "reference"),
        (&["oci-layout:l:good", "--no-such-flag"], 2, "usage"),
        (&[], 2, "no-images"),
        (&["oci-layout:l:good", "--policy", "p"], 2, "conflict"),
    ] {
        write(&["oci-layout:l:good"], 0);
        write(more, code);
        let report = json(&sandbox, "out");
        assert_eq!(
            (&report["error"]["code"], &report["error"]["exit_code"]),
            (&expected.into(), &code.into()),
            "{more:?}"
        );
        assert!(report.get("artifacts").is_none(), "{more:?}");
    }
    write(&["oci-layout:l:good"], 0);
    sandbox
        .sealgate(&verify(&["oci-layout:l:good"]))
        .env("SEALGATE_REPORT_DIR", "out")
        .env("SEALGATE_TYPO", "1")
        .exits(3);
    assert_eq!(json(&sandbox, "out")["error"]["code"], "unknown-variable");
}

#[test]
fn no_report_goes_through_a_link() {
    let sandbox = scene();
    sandbox.write("other", "other");
    fs::create_dir_all(sandbox.path("real")).unwrap();
    symlink("real", sandbox.path("out")).unwrap();
    for name in FILES {
        symlink("../other", sandbox.path("real").join(name)).unwrap();
    }
    sandbox.sealgate(&verify(&["--report-dir", "out", "oci-layout:l:good"])).exits(0);
    assert_eq!(sandbox.read("other"), "other");
    for name in FILES {
        assert!(fs::symlink_metadata(sandbox.path("real").join(name)).unwrap().is_file(), "{name}");
    }
}

#[test]
fn a_report_that_cannot_be_written_fails_a_run_and_never_replaces_its_verdict() {
    let sandbox = scene();
    sandbox.write("file", "x");
    for (image, code, line) in [("good", 3, "✓ verified"), ("bare", 11, "✗ unsigned"), ("missing", 6, "✗ error")]
    {
        let image = format!("oci-layout:l:{image}");
        let answer = sandbox.sealgate(&verify(&["--report-dir", "file/out", &image])).exits(code);
        assert!(answer.stdout.starts_with(line), "{}", answer.stdout);
        assert!(
            answer.stderr.contains("error[file]: cannot write the report file/out/report.json\n"),
            "{}",
            answer.stderr
        );
        assert!(
            answer.stderr.contains("  help: give a folder that you can write to: --report-dir DIR\n"),
            "{}",
            answer.stderr
        );
    }
    // One that an earlier run left does not stand for this one.
    sandbox.sealgate(&verify(&["--report-dir", "out", "oci-layout:l:good"])).exits(0);
    let last = FILES[FILES.len() - 1];
    fs::remove_file(sandbox.path("out").join(last)).unwrap();
    fs::create_dir(sandbox.path("out").join(last)).unwrap();
    sandbox.sealgate(&verify(&["--report-dir", "out", "oci-layout:l:bare"])).exits(11);
}

#[test]
fn commands_about_more_than_images_report_too_and_those_that_print_do_not() {
    let sandbox = scene();
    for words in [
        &["list", "oci-layout:l:good"][..],
        &["inspect", "oci-layout:l:good"],
        &["doctor", "--root", "k/a-ca.crt", "--identity", "*", "oci-layout:l:good"],
        &["sign", "--key", "k/a.key", "--certificate-chain", "k/a.crt", "oci-layout:l:bare"],
    ] {
        sandbox.sealgate(&[&["--report-dir", "out"], words].concat()).exits(0);
        assert_eq!(json(&sandbox, "out")["command"], words[0]);
    }
    sandbox.sealgate(&["version", "--report-dir", "none"]).exits(0);
    assert!(!sandbox.path("none").exists());
}

#[test]
fn what_has_no_place_is_at_the_file_that_defines_the_job() {
    let sandbox = scene();
    let place = |variables: &[(&str, &str)], image: &str, code| {
        let run = sandbox.sealgate(&verify(&["--report-dir", "out", image]));
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).exits(code);
        let sarif: Value = serde_json::from_str(&sandbox.read("out/report.sarif")).unwrap();
        let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(location["region"]["startLine"], 1);
        location["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    let github =
        [("GITHUB_ACTIONS", "true"), ("GITHUB_WORKFLOW_REF", "o/r/.github/workflows/ship.yml@refs/heads/main")];
    let outside = [("GITHUB_ACTIONS", "true"), ("GITHUB_WORKFLOW_REF", "o/r/../../x.yml@refs/heads/main")];
    // A verdict, and a run that ended early.
    for (image, code) in [("oci-layout:l:bare", 11), ("Not/An:Image:", 2)] {
        assert_eq!(place(&github, image, code), ".github/workflows/ship.yml");
        assert_eq!(place(&outside, image, code), ".github/workflows/sealgate.yml");
        assert_eq!(place(&[("GITLAB_CI", "true"), ("CI_CONFIG_PATH", "ci/all.yml")], image, code), "ci/all.yml");
        assert_eq!(place(&[("GITLAB_CI", "true")], image, code), ".gitlab-ci.yml");
        assert_eq!(place(&[("CODEBUILD_BUILD_ID", "a:1")], image, code), "buildspec.yml");
        assert_eq!(place(&[], image, code), ".github/workflows/sealgate.yml");
    }
}
