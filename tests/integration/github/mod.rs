//! What a step of a GitHub job tells its runner.

mod api;
mod forks;
mod hostile;
mod models;
mod posts;
mod runner;

use std::fs;
use std::os::unix::fs::symlink;

use self::runner::Step;
use crate::sealgate::{Sandbox, mkfifo};

/// A place with a key, a layout whose image is signed, and one whose image is not.
pub(crate) fn place() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["demo", "--dir", "demo"]).exits(0);
    sandbox
}

pub(crate) const SIGNED: &str = "oci-layout:demo/app:v1";
pub(crate) const UNSIGNED: &str = "oci-layout:demo/unsigned:v1";

fn verify(image: &str) -> Vec<&str> {
    vec!["verify", image, "--root", "demo/keys/demo-ca.crt", "--identity", "*"]
}

#[test]
fn a_verified_image_is_an_output_by_digest() {
    let sandbox = place();
    let step = Step::new(&sandbox);
    let line = [verify(SIGNED), vec!["--report-dir", "out"]].concat();
    let heard = step.hears(step.run(&line), 0);
    assert_eq!(heard.output("result"), Some("verified"), "{heard:?}");
    assert_eq!((heard.output("verified-count"), heard.output("failed-count")), (Some("1"), Some("0")));
    let image = heard.output("image").unwrap();
    let digest = heard.output("digest").unwrap();
    assert!(digest.starts_with("sha256:") && image.ends_with(&format!("@{digest}")), "{image} {digest}");
    assert_eq!(heard.output("images"), Some(format!("[\"{image}\"]").as_str()));
    assert_eq!(heard.output("sarif-path"), Some("out/report.sarif"));
    assert_eq!(heard.output("report-path"), Some("out/report.json"));
    assert!(heard.summary.starts_with("## ✓ sealgate verify: 1 image: 1 verified\n"), "{}", heard.summary);
    assert!(heard.commands.is_empty() && heard.artifacts.is_empty(), "{heard:?}");
}

#[test]
fn a_refused_image_is_an_annotation_and_no_output() {
    let sandbox = place();
    let step = Step::new(&sandbox);
    let heard = step.hears(step.run(&verify(UNSIGNED)), 11);
    assert_eq!((heard.output("result"), heard.output("failed-count")), (Some("unsigned"), Some("1")));
    for name in ["image", "digest", "images"] {
        assert_eq!(heard.output(name), None, "{name}");
    }
    let errors = heard.annotations("error");
    assert!(errors.len() == 1 && errors[0].starts_with("oci-layout:") && errors[0].contains("help: "), "{errors:?}");
    assert!(heard.summary.contains("### Not accepted"), "{}", heard.summary);
    assert_eq!(heard.commands[0].properties["title"], "sealgate verify: unsigned");
}

#[test]
fn one_image_that_fails_keeps_all_from_being_named() {
    let sandbox = place();
    let step = Step::new(&sandbox);
    let line = [verify(SIGNED), vec![UNSIGNED]].concat();
    let heard = step.hears(step.run(&line), 11);
    assert_eq!((heard.output("verified-count"), heard.output("images")), (Some("1"), None));
}

#[test]
fn a_fault_of_usage_is_an_annotation_too() {
    let sandbox = Sandbox::new();
    let step = Step::new(&sandbox);
    let heard = step.hears(step.run(&["verify", "--no-such-flag"]), 2);
    assert_eq!(heard.output("result"), Some("error"));
    assert_eq!(heard.annotations("error").len(), 1, "{heard:?}");
    let heard = Step::new(&sandbox);
    let heard = heard.hears(heard.run(&["verify"]), 2);
    assert_eq!(heard.commands[0].properties["title"], "sealgate verify: no-images");
}

#[test]
fn what_cannot_be_signed_at_best_effort_is_a_warning_and_no_output() {
    let sandbox = place();
    let key = ["--key", "demo/keys/demo.key", "--certificate-chain", "demo/keys/demo.crt"];
    let signer = |words: &[&'static str]| [&["sign"], words, &["--best-effort"]].concat();
    let digest = format!("127.0.0.1:1/app@sha256:{}", "1".repeat(64));
    let profile = ["--profile", "release@111122223333/us-west-2"];
    let table = [
        ("no registry answers", signer(&key), digest.as_str(), 0, "not-signed"),
        ("no credentials", signer(&profile), UNSIGNED, 0, "not-signed"),
        ("no such image", signer(&key), "oci-layout:demo/app:v9", 6, "not-found"),
        ("it was possible", signer(&key), UNSIGNED, 0, "signed"),
    ];
    for (name, words, image, exit, result) in table {
        let step = Step::new(&sandbox);
        let run = step.run(&[words, vec![image]].concat()).env("AWS_EC2_METADATA_DISABLED", "true");
        let heard = step.hears(run, exit);
        assert_eq!(heard.output("result"), Some(result), "{name}: {heard:?}");
        let is_signed = result == "signed";
        for output in ["image", "digest", "images"] {
            assert_eq!(heard.output(output).is_some(), is_signed, "{name}: {output}");
        }
        // An image of a layout is none of the job's artifacts.
        assert!(heard.artifacts.is_empty(), "{name}: {heard:?}");
        let grave = heard.annotations("warning").iter().any(|text| text.contains(image));
        assert_eq!(
            (grave, heard.summary.contains("not signed")),
            (exit == 0 && !is_signed, grave),
            "{name}: {heard:?}"
        );
    }
    let step = Step::new(&sandbox);
    step.hears(step.run(&[verify(SIGNED), vec!["--best-effort"]].concat()), 2);
}

#[test]
fn best_effort_is_the_author_s_word_and_no_file_s() {
    let sandbox = place();
    sandbox.write("settings.yaml", "best-effort: true\n");
    let unsigned = ["sign", UNSIGNED, "--key", "demo/keys/demo.key", "--certificate-chain", "demo/keys/demo.crt"];
    let step = Step::new(&sandbox);
    step.hears(step.run(&[&unsigned[..], &["--config", "settings.yaml"]].concat()), 3);
    let step = Step::new(&sandbox);
    step.hears(step.run(&["sign"]).env("INPUT_COMMAND", "sign").env("INPUT_BEST-EFFORT", "true"), 2);
}

#[test]
fn a_command_that_a_job_has_no_use_for_tells_nothing() {
    let sandbox = Sandbox::new();
    let step = Step::new(&sandbox);
    let heard = step.hears(step.run(&["demo"]), 0);
    assert!(heard.outputs.is_empty() && heard.summary.is_empty() && heard.commands.is_empty(), "{heard:?}");
}

#[test]
fn a_report_that_cannot_be_written_names_no_image() {
    let sandbox = place();
    sandbox.write("taken", "");
    let step = Step::new(&sandbox);
    let line = [verify(SIGNED), vec!["--report-dir", "taken"]].concat();
    let heard = step.hears(step.run(&line), 3);
    for name in ["image", "digest", "images", "report-path"] {
        assert_eq!(heard.output(name), None, "{name}");
    }
    assert_eq!(heard.output("result"), Some("error"));
}

#[test]
fn files_of_the_runner_that_cannot_be_written_are_named_and_no_refusal_turns_green() {
    let sandbox = place();
    type Make = fn(&std::path::Path);
    let kinds: [(&str, Make); 4] = [
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a link", |path| symlink("elsewhere", path).unwrap()),
        ("a pipe", mkfifo),
        ("No such file", |path| {
            let _goes = fs::remove_dir(path.parent().unwrap());
        }),
    ];
    for (kind, make) in kinds {
        for (variable, image, exit) in [
            ("GITHUB_OUTPUT", SIGNED, 3),
            ("GITHUB_OUTPUT", UNSIGNED, 11),
            ("GITHUB_STEP_SUMMARY", SIGNED, 0),
            ("GITHUB_STEP_SUMMARY", UNSIGNED, 11),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("f")).unwrap();
            let path = folder.path().join("f/x");
            make(&path);
            let step = Step::new(&sandbox);
            let answer = step.run(&verify(image)).env(variable, path.to_str().unwrap()).exits(exit);
            let label = if variable == "GITHUB_OUTPUT" { "error[file]:" } else { "warning[file]:" };
            let line = answer.stderr.lines().find(|line| line.contains(label)).unwrap_or_else(|| panic!("{answer:?}"));
            assert!(line.contains(variable), "{line}");
            assert!(answer.stderr.contains(kind), "{kind}: {}", answer.stderr);
            assert!(!sandbox.path("elsewhere").exists());
        }
    }
}

#[test]
fn what_is_missing_is_made_and_what_is_there_stays() {
    let sandbox = place();
    let step = Step::new(&sandbox);
    fs::remove_file(step.file("summary")).unwrap();
    fs::write(step.file("output"), "mine=1\n").unwrap();
    let heard = step.hears(step.run(&verify(SIGNED)), 0);
    assert_eq!((heard.output("mine"), heard.output("result")), (Some("1"), Some("verified")));
    assert!(!heard.summary.is_empty());
}

#[test]
fn a_summary_that_others_have_filled_is_left_as_it_is() {
    let sandbox = place();
    let step = Step::new(&sandbox);
    let full = "x".repeat(1024 * 1024 - 1000);
    fs::write(step.file("summary"), &full).unwrap();
    let heard = step.hears(step.run(&verify(UNSIGNED)), 11);
    assert_eq!(heard.summary, full);
}

#[test]
fn other_systems_hear_nothing() {
    let sandbox = place();
    let step = Step::new(&sandbox);
    let run = step.run(&verify(UNSIGNED)).env("GITHUB_ACTIONS", "").env("GITLAB_CI", "true");
    let heard = step.hears(run, 11);
    assert!(heard.outputs.is_empty() && heard.summary.is_empty() && heard.commands.is_empty(), "{heard:?}");
}

#[test]
fn no_name_of_an_image_makes_a_command_or_an_output() {
    let sandbox = Sandbox::new();
    for name in
        ["::error::x", "##[set-output name=image]y", "a\n::add-mask::b", "r.example/a\nimage=b", "::stop-commands::x"]
    {
        let step = Step::new(&sandbox);
        let heard = step.hears(step.run(&["verify", name, "--root", "x", "--identity", "*"]), 2);
        assert!(heard.commands.iter().all(|one| one.name == "error"), "{heard:?}");
        assert_eq!(heard.commands.len(), 1, "{heard:?}");
        assert_eq!(heard.outputs.keys().collect::<Vec<_>>(), ["result"], "{heard:?}");
    }
}

#[test]
fn an_action_is_a_command_and_inputs() {
    let sandbox = place();
    let step = Step::new(&sandbox);
    let action = |command: &str| {
        let inputs =
            [("INPUT_ROOT", "demo/keys/demo-ca.crt"), ("INPUT_IDENTITY", "*"), ("INPUT_KEY", ""), ("INPUT_POLICY", "")];
        inputs.iter().fold(step.run(&[]).env("INPUT_COMMAND", command), |run, (name, value)| run.env(name, value))
    };
    let heard = step.hears(action("verify").env("INPUT_IMAGES", SIGNED), 0);
    assert_eq!(heard.output("result"), Some("verified"));
    let step = Step::new(&sandbox);
    let heard = step.hears(action("verify").env("INPUT_IMAGES", UNSIGNED), 11);
    assert_eq!(heard.output("result"), Some("unsigned"));
    for (name, value, exit, code) in [
        ("INPUT_IMAGES", "", 2, "no-images"),
        ("INPUT_IMAGE", SIGNED, 3, "unknown-variable"),
        ("INPUT_SKIP-REVOCATION", "true", 3, "weakening-refused"),
        ("INPUT_COMMAND", "verfy", 3, "invalid-setting"),
        ("INPUT_COMMAND", "demo", 3, "invalid-setting"),
        ("SEALGATE_IDENTITY", "x509.subject: CN=a, O=b, C=ZZ, ST=x", 3, "invalid-setting"),
    ] {
        let step = Step::new(&sandbox);
        let run = action("verify");
        let run = if name == "INPUT_IMAGES" { run } else { run.env("INPUT_IMAGES", SIGNED) };
        let heard = step.hears(run.env(name, value), exit);
        let first = &heard.answer.stderr;
        assert!(first.contains(&format!("error[{code}]:")), "{name}={value}: {first}");
        assert_eq!(heard.output("image"), None);
    }
    // Without a command there is none to be run: what there is, is told.
    let step = Step::new(&sandbox);
    let heard = step.hears(action("verify").env("INPUT_COMMAND", ""), 2);
    assert_eq!((heard.output("result"), heard.annotations("error").len()), (Some("error"), 1), "{heard:?}");
    // The same in both is no contradiction.
    let step = Step::new(&sandbox);
    step.hears(action("verify").env("INPUT_IMAGES", SIGNED).env("SEALGATE_IDENTITY", "*"), 0);
}

#[test]
fn inputs_count_on_the_systems_that_hand_them_in() {
    let sandbox = place();
    let root = "demo/keys/demo-ca.crt";
    let line = ["verify", SIGNED, "--identity", "*"];
    for (system, prefix, exit) in [
        (("GITHUB_ACTIONS", "true"), "INPUT", 0),
        (("GITEA_ACTIONS", "true"), "INPUT", 0),
        (("CI", "woodpecker"), "PLUGIN", 0),
        (("DRONE", "true"), "PLUGIN", 0),
        (("GITHUB_ACTIONS", "true"), "PLUGIN", 2),
        (("CI", "woodpecker"), "INPUT", 2),
        (("GITLAB_CI", "true"), "INPUT", 2),
        (("CI", "true"), "PLUGIN", 2),
        (("CI", "false"), "INPUT", 2),
    ] {
        let run = sandbox.sealgate(&line).env(system.0, system.1).env(&format!("{prefix}_ROOT"), root);
        let _shown = run.exits(exit);
    }
}
