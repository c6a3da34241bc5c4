//! Stages of gates with `children: all`: a copy of one platform alone does not pass, whatever was signed.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::aws_scene::{index_of, layout, report};
use crate::layout_registry::LayoutRegistry;
use crate::sealgate::Sandbox;

const IMAGE: &str = "oci-layout:app:v1";

const GATES: &str = "\
version: 1
signers:
  ci: { root: k/ci-ca.crt, identity: '*' }
  qa: { root: k/qa-ca.crt, identity: '*' }
stages:
  build:
    require: [ci]
    children: all
  test: { require: [qa], after: build }
  plain: { require: [{ signer: ci, metadata: { stage: plain } }] }
";

/// The digests of the platform manifests of an index, `linux/amd64` and `linux/arm64`, signed by `ci`.
fn sandbox() -> (Sandbox, [String; 2]) {
    let sandbox = Sandbox::new();
    for name in ["ci", "qa"] {
        sandbox.sealgate(&["key", "generate", "--out", "k", "--name", name]).exits(0);
    }
    layout(&sandbox.path("app"), &["amd64", "arm64"]);
    let digests = index_of(&sandbox.path("app"), "v1");
    sandbox.write("gates.yaml", &GATES.replace("[ci]", "[{ signer: ci, metadata: { stage: build } }]"));
    (sandbox, digests)
}

fn approve(sandbox: &Sandbox, stage: &str, name: &str, exit: i32) -> Value {
    let (key, chain) = (format!("k/{name}.key"), format!("k/{name}.crt"));
    let words = ["approve", "--gates", "gates.yaml", "--stage", stage, "--as", name, "--format", "json", "--key", &key];
    report(&sandbox.sealgate(&[&words[..], &["--certificate-chain", &chain, IMAGE]].concat()).exits(exit))
}

const VERIFY: [&str; 6] = ["verify", "--gates", "gates.yaml", "--format", "json", "--stage"];

fn verify(sandbox: &Sandbox, stage: &str, exit: i32) -> Value {
    report(&sandbox.sealgate(&[&VERIFY[..], &[stage, IMAGE]].concat()).exits(exit))["artifacts"][0].take()
}

/// The status of each row, and what was found of the children in the one that is about them.
fn rows(artifact: &Value) -> (Vec<&str>, &Value) {
    let rows = artifact["gate"]["rows"].as_array().unwrap();
    let children = rows.iter().find(|row| row["requirement"] == "every platform manifest");
    (
        rows.iter().map(|row| row["status"].as_str().unwrap()).collect(),
        children.map_or(&Value::Null, |row| &row["children"]),
    )
}

fn blob(digest: &str) -> String {
    format!("app/blobs/{}", digest.replace(':', "/"))
}

#[test]
fn an_image_passes_when_every_platform_manifest_is_there() {
    let (sandbox, [_, arm]) = sandbox();
    let unsigned = verify(&sandbox, "test", 11);
    assert_eq!(rows(&unsigned), (vec!["missing", "not-asked", "missing"], &Value::Null));
    approve(&sandbox, "build", "ci", 0);
    let passed = verify(&sandbox, "build", 0);
    assert_eq!(passed["outcome"], "verified");
    let all = json!({ "index": true, "there": 2, "listed": 2, "lacking": [] });
    assert_eq!(rows(&passed), (vec!["met", "met"], &all));
    assert_eq!(passed["gate"]["rows"][1]["place"], json!({ "file": "gates.yaml", "line": 8, "column": 15 }));
    // As long as signatures do not meet it, nobody looks, and nothing is claimed.
    assert_eq!(rows(&verify(&sandbox, "test", 12)).0, ["met", "not-asked", "missing"]);

    let content = sandbox.read(&blob(&arm));
    fs::remove_file(sandbox.path(&blob(&arm))).unwrap();
    let sparse = verify(&sandbox, "build", 12);
    assert_eq!((&sparse["outcome"], &sparse["verified"]), (&json!("gate-unmet"), &json!(false)));
    let (statuses, children) = rows(&sparse);
    assert_eq!(statuses, ["met", "missing"]);
    let lacking = &children["lacking"][0];
    assert_eq!((&lacking["platform"], &lacking["digest"]), (&json!("linux/arm64"), &json!(arm)));
    assert_eq!(lacking["reason"]["code"], "gate-child-missing");
    assert_eq!((&children["there"], &children["listed"]), (&json!(1), &json!(2)));
    assert!(sparse["gate"]["rows"][1]["help"].to_string().contains("all its platforms"), "{sparse:#}");

    // The stage before asks for it, so nobody approves what comes after; a stage that does not ask is content.
    assert_eq!(rows(&approve(&sandbox, "test", "qa", 12)["artifacts"][0]).0, ["met", "missing"]);
    approve(&sandbox, "plain", "ci", 0);
    assert_eq!(rows(&verify(&sandbox, "plain", 0)), (vec!["met"], &Value::Null));

    sandbox.write(&blob(&arm), &content.replace("layers", "lawyer"));
    let changed = verify(&sandbox, "build", 12);
    let (statuses, children) = rows(&changed);
    assert_eq!(statuses, ["met", "refused"]);
    assert_eq!(children["lacking"][0]["reason"]["code"], "content-digest");

    sandbox.write(&blob(&arm), &content);
    approve(&sandbox, "test", "qa", 0);
    assert_eq!(rows(&verify(&sandbox, "test", 0)).0, ["met", "met", "met"]);
}

#[test]
fn a_platform_that_is_still_being_copied_is_waited_for() {
    let (sandbox, [amd, _]) = sandbox();
    approve(&sandbox, "build", "ci", 0);
    let (from, to) = (sandbox.path(&blob(&amd)), sandbox.path("aside"));
    fs::rename(&from, &to).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(500));
            fs::rename(&to, &from).unwrap();
        });
        let waited = report(&sandbox.sealgate(&[&VERIFY[..], &["build", "--wait", "1m", IMAGE]].concat()).exits(0));
        assert_eq!(waited["artifacts"][0]["outcome"], "verified");
        assert!(waited["artifacts"][0]["waited"]["rounds"].as_u64() >= Some(2), "{waited:#}");
    });
}

#[test]
fn what_others_hear_says_that_it_did_not_pass() {
    let (sandbox, [_, arm]) = sandbox();
    approve(&sandbox, "build", "ci", 0);
    fs::remove_file(sandbox.path(&blob(&arm))).unwrap();
    let words = ["verify", "--gates", "gates.yaml", "--stage", "build", "--vsa-out", "vsa.json", "--report-dir", "out"];
    let answer = sandbox.sealgate(&[&words[..], &[IMAGE]].concat()).exits(12);
    let summary: Value = serde_json::from_str(sandbox.read("vsa.json").trim()).unwrap();
    assert_eq!(summary["predicate"]["verificationResult"], "FAILED");
    assert!(answer.stdout.contains("1 of 2 platform manifests is there"), "{}", answer.stdout);
    let sarif: Value = serde_json::from_str(&sandbox.read("out/report.sarif")).unwrap();
    let found = &sarif["runs"][0]["results"][0];
    assert_eq!(found["locations"][0]["physicalLocation"]["region"]["startLine"], 8);
    for file in ["out/report.sarif", "out/report.xml", "out/report.md", "out/report.html"] {
        let text = sandbox.read(file);
        assert!(text.contains("linux/arm64") && text.contains("oras copy -r"), "{file}: {text}");
    }
    let wrong = sandbox.read("gates.yaml").replace("children: all", "children: some");
    sandbox.write("gates.yaml", &wrong);
    let answer = sandbox.sealgate(&["gates", "check", "gates.yaml"]).exits(3);
    assert!(answer.stdout.contains("line 8 column 15"), "{}", answer.stdout);
}

#[test]
fn a_registry_is_asked_for_each_and_a_deploy_file_is_not_pinned_without_them() {
    let (sandbox, [_, arm]) = sandbox();
    approve(&sandbox, "build", "ci", 0);
    let registry = LayoutRegistry::of(sandbox.path("app"));
    let pod =
        format!("apiVersion: v1\nkind: Pod\nspec:\n  containers: [{{name: a, image: '{}'}}]\n", registry.image("v1"));
    sandbox.write("pod.yaml", &pod);
    let pin = ["pin", "--gates", "gates.yaml", "--stage", "build", "--write", "pod.yaml"];
    let image = registry.image("v1");
    fs::rename(sandbox.path(&blob(&arm)), sandbox.path("aside")).unwrap();
    let sparse = report(&sandbox.sealgate(&[&VERIFY[..], &["build", &image]].concat()).exits(12));
    assert_eq!(rows(&sparse["artifacts"][0]).0, ["met", "missing"]);
    sandbox.sealgate(&pin).exits(12);
    assert_eq!(sandbox.read("pod.yaml"), pod);
    fs::rename(sandbox.path("aside"), sandbox.path(&blob(&arm))).unwrap();
    sandbox.sealgate(&pin).exits(0);
    assert!(sandbox.read("pod.yaml").contains("@sha256:"));
}

#[test]
fn the_file_is_told_with_what_it_asks() {
    let (sandbox, _) = sandbox();
    let text = sandbox.sealgate(&["gates", "check", "gates.yaml"]).exits(0).stdout;
    assert!(
        text.contains("every manifest that the image's index lists is there, but for attestations (line 8)"),
        "{text}"
    );
    let checked = report(&sandbox.sealgate(&["gates", "check", "--format", "json", "gates.yaml"]).exits(0));
    let stages = &checked["gates"]["stages"];
    assert_eq!(stages[0]["all_children"]["line"], 8);
    assert_eq!((stages[1]["all_children"].is_null(), &stages[1]["in_full"][1]["children"]), (true, &json!(true)));
}
