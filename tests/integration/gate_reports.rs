//! What a run by gates leaves besides its verdict: its reports, what a job hears of it, and the verification summary.

use std::fs;
use std::os::unix::fs::symlink;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::aws_scene::{layout, says};
use crate::sealgate::{Answer, Sandbox};

const GATES: &str = r#"version: 1
signers:
  ci: { root: k/ci-ca.crt, identity: "*" }
  anna: { root: k/anna-ca.crt, identity: "*" }
stages:
  build:
    require: [ci]
  prod:
    after: [build]
    require:
      - { signer: anna, metadata: { stage: prod } }
"#;

const IMAGE: &str = "oci-layout:l:app";
const VSA: &str = "vsa.json";

/// Two signers, a file of gates in `ci`, and an image that nobody has signed, beside one that is not asked for.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["ci", "anna"] {
        sandbox.sealgate(&["key", "generate", "--out", "ci/k", "--name", name]).exits(0);
    }
    sandbox.write("ci/gates.yaml", GATES);
    layout(&sandbox.path("l"), &["app", "other"]);
    sandbox
}

fn sign(sandbox: &Sandbox, name: &str, more: &[&str]) {
    let (key, chain) = (format!("ci/k/{name}.key"), format!("ci/k/{name}.crt"));
    let words = ["sign", "--key", &key, "--certificate-chain", &chain];
    sandbox.sealgate(&[&words[..], more, &[IMAGE]].concat()).exits(0);
}

#[track_caller]
fn verify(sandbox: &Sandbox, words: &[&str], code: i32) -> Answer {
    let all = ["verify", "--gates", "ci/gates.yaml", "--stage", "prod", "--report-dir", "out", "--vsa-out", VSA];
    sandbox.sealgate(&[&all[..], words].concat()).exits(code)
}

/// The statements that were written; none where there is no file.
fn statements(sandbox: &Sandbox) -> Vec<Value> {
    let text = fs::read_to_string(sandbox.path(VSA)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn result(statement: &Value) -> (&Value, &Value) {
    (&statement["predicate"]["verificationResult"], &statement["predicate"]["verifiedLevels"])
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn image(sandbox: &Sandbox) -> Value {
    serde_json::from_str::<Value>(&sandbox.read("out/report.json")).unwrap()["artifacts"][0].clone()
}

#[test]
fn a_summary_tells_how_a_stage_was_judged_and_never_how_it_was_before() {
    let sandbox = scene();
    sign(&sandbox, "ci", &[]);
    sandbox.write(VSA, "an earlier one, PASSED");
    let answer = verify(&sandbox, &[IMAGE], 12);
    says(&answer.stderr, &["wrote vsa.json\n"]);
    let found = statements(&sandbox);
    assert_eq!(found.iter().map(result).collect::<Vec<_>>(), [(&json!("FAILED"), &json!(["FAILED"]))]);
    assert_eq!(found[0]["predicate"]["inputAttestations"].as_array().unwrap().len(), 1);

    sign(&sandbox, "anna", &["--user-metadata", "stage=prod"]);
    verify(&sandbox, &[IMAGE], 0);
    let found = statements(&sandbox);
    let levels = json!(["SEALGATE_GATE_build", "SEALGATE_GATE_prod"]);
    assert_eq!(found.iter().map(result).collect::<Vec<_>>(), [(&json!("PASSED"), &levels)]);
    let (image, predicate) = (image(&sandbox), &found[0]["predicate"]);
    let of = |value: &Value| value.as_str().unwrap().rsplit_once("sha256:").unwrap().1.to_owned();
    assert_eq!(predicate["resourceUri"], image["digest_reference"]);
    assert_eq!(found[0]["subject"][0]["digest"]["sha256"], of(&image["digest_reference"]));
    let policy = of(&image["gate"]["policy_digest"]);
    assert_eq!(predicate["policy"], json!({"uri": "gates.yaml", "digest": {"sha256": policy}}));
    let counted: Vec<_> = image["gate"]["rows"].as_array().unwrap().iter().map(|row| &row["met_by"][0]).collect();
    let counted: Vec<_> = counted.iter().map(|by| of(&by["signature_manifest"])).collect();
    let inputs = predicate["inputAttestations"].as_array().unwrap();
    assert_eq!(inputs.iter().map(|one| one["digest"]["sha256"].as_str().unwrap()).collect::<Vec<_>>(), counted);

    // Whatever ends the run, nothing tells of the one before it.
    for (words, code) in [
        (&["--timeout", "x", IMAGE][..], 2),
        (&["--gates", "ci/gates.yaml", IMAGE], 2),
        (&["--scope", "not a scope", IMAGE], 3),
    ] {
        verify(&sandbox, &[IMAGE], 0);
        verify(&sandbox, words, code);
        assert!(!sandbox.path(VSA).exists(), "{words:?}");
    }
}

#[test]
fn an_image_that_is_not_found_has_no_summary_and_that_is_said() {
    let sandbox = scene();
    sign(&sandbox, "ci", &[]);
    let answer = verify(&sandbox, &["--quiet", IMAGE, "oci-layout:l:missing"], 12);
    says(&answer.stderr, &["wrote vsa.json; 1 image has no summary: its digest is not known\n"]);
    assert_eq!(statements(&sandbox).len(), 1);
    let answer = verify(&sandbox, &["oci-layout:l:missing"], 6);
    says(&answer.stderr, &["vsa.json is not written: 1 image has no summary: its digest is not known\n"]);
    assert!(!sandbox.path(VSA).exists());
    verify(&sandbox, &[IMAGE, "oci-layout:l:other"], 11);
    assert_eq!(statements(&sandbox).iter().map(|one| result(one).0).collect::<Vec<_>>(), ["FAILED", "FAILED"]);
}

#[test]
fn with_a_check_weakened_nothing_has_passed_and_the_reports_say_which() {
    let sandbox = scene();
    sign(&sandbox, "ci", &[]);
    sign(&sandbox, "anna", &["--user-metadata", "stage=prod"]);
    let answer = verify(&sandbox, &["--skip-revocation", IMAGE], 0);
    let because = "with a check weakened nothing is verified by gates: skip-revocation = true (from --skip-revocation)";
    says(&answer.stdout, &["! accepted with warnings, not verified", &format!("because: {because}\n")]);
    assert_eq!(result(&statements(&sandbox)[0]).0, "FAILED");
    for (file, text) in [
        ("report.html", because),
        ("report.sarif", because),
        ("report.xml", because),
        ("report.md", "accepted with warnings"),
    ] {
        says(&sandbox.read(&format!("out/{file}")), &[text]);
    }
}

#[test]
fn without_gates_a_summary_names_the_policy_file_or_what_is_trusted() {
    let sandbox = scene();
    sign(&sandbox, "ci", &[]);
    let summary = |words: &[&str]| {
        sandbox
            .sealgate(&[&["verify", "--vsa-out", VSA, "--scope", "r.example/app"], words, &[IMAGE]].concat())
            .exits(0);
        let found = statements(&sandbox);
        assert_eq!(result(&found[0]), (&json!("PASSED"), &json!(["SEALGATE_VERIFIED"])));
        found[0]["predicate"]["policy"].clone()
    };
    let root = summary(&["--root", "ci/k/ci-ca.crt", "--identity", "*"]);
    assert_eq!(root["uri"], "urn:sealgate:trust:roots");
    sandbox
        .sealgate(&["trust", "install", "--dir", "t", "--root", "ci/k/ci-ca.crt", "--name", "ci", "--identity", "*"])
        .exits(0);
    let policy = sha256(&fs::read(sandbox.path("t/trustpolicy.json")).unwrap());
    let by_file = ["--policy", "t/trustpolicy.json", "--trust-store", "t/truststore"];
    let of_root = |name: &str| {
        let file = sandbox.read(&format!("ci/k/{name}-ca.crt"));
        let roots = notary::trust_store::parse_certificates(file.as_bytes()).unwrap();
        format!("root sha256:{}\n", roots[0].fingerprint())
    };
    let named = summary(&by_file);
    let text = format!("sealgate policy 1\nfile sha256:{policy}\nstore ca:ci\n{}", of_root("ci"));
    assert_eq!(named, json!({"uri": "trustpolicy.json", "digest": {"sha256": sha256(text.as_bytes())}}));
    // A root beside it changes the digest, although the file is the same.
    sandbox.write("t/truststore/x509/ca/ci/more.crt", &sandbox.read("ci/k/anna-ca.crt"));
    assert_ne!(summary(&by_file), named);
}

#[test]
fn a_summary_is_never_written_through_a_link_or_to_what_is_read() {
    let sandbox = scene();
    sign(&sandbox, "ci", &[]);
    sandbox.write("kept", "kept");
    symlink("kept", sandbox.path(VSA)).unwrap();
    verify(&sandbox, &[IMAGE], 12);
    assert!(fs::symlink_metadata(sandbox.path(VSA)).unwrap().is_file());
    assert_eq!(sandbox.read("kept"), "kept");
    let words = ["verify", "--gates", "ci/gates.yaml", "--stage", "prod", "--vsa-out"];
    for (path, code, fact) in [
        ("ci/gates.yaml", 2, "it is the file of --gates as well"),
        ("-", 2, "expected the name of a file to write"),
        ("ci", 3, "not a regular file but a folder"),
        ("none/vsa.json", 3, "No such file"),
    ] {
        let answer = sandbox.sealgate(&[&words[..], &[path, IMAGE]].concat()).exits(code);
        says(&answer.stderr, &[fact]);
    }
    assert_eq!(sandbox.read("ci/gates.yaml"), GATES);
    let twice = sandbox.sealgate(&[&words[..], &["x", "--exports", "x", IMAGE]].concat()).exits(2);
    says(&twice.stderr, &["--vsa-out", "it is the file of --exports as well"]);
}

#[test]
fn a_job_is_shown_each_requirement_at_its_line() {
    let sandbox = scene();
    sign(&sandbox, "ci", &[]);
    let words =
        ["verify", "--gates", "ci/gates.yaml", "--stage", "prod", "--report-dir", "out", "--vsa-out", VSA, IMAGE];
    let workspace = sandbox.path("");
    let run = |words: &[&str]| {
        let run = sandbox.sealgate(words).env("CI", "true").env("GITHUB_ACTIONS", "true");
        run.env("GITHUB_WORKSPACE", workspace.to_str().unwrap().trim_end_matches('/')).exits(12)
    };
    let gates = sandbox.path("ci/gates.yaml");
    let named = words.map(|word| if word == "ci/gates.yaml" { gates.to_str().unwrap() } else { word });
    for words in [words, named] {
        let answer = run(&words);
        let place = "::error file=ci/gates.yaml,line=11,col=9,title=sealgate verify%3A gate unmet%3A stage prod::";
        says(&answer.stderr, &[place, "requires anna, with stage=prod: no signature for that was found"]);
        let sarif: Value = serde_json::from_str(&sandbox.read("out/report.sarif")).unwrap();
        let found = &sarif["runs"][0]["results"][0];
        let place = &found["locations"][0]["physicalLocation"];
        assert_eq!((&found["ruleId"], &place["region"]["startLine"]), (&json!("gate-unmet"), &json!(11)));
        assert_eq!(place["artifactLocation"]["uri"], "ci/gates.yaml");
        assert_eq!(image(&sandbox)["gate"]["rows"][1]["place"]["file"], "ci/gates.yaml");
        says(&sandbox.read("out/report.xml"), &["✗ missing prod: anna, with stage=prod", "help: approve it as anna"]);
        says(&sandbox.read("out/report.md"), &["**stage** `prod`", "| ✗ missing | `anna, with stage=prod` |"]);
    }
}
