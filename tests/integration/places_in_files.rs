//! What is wrong at a line of a file is told with its place: in JSON, in SARIF, and to GitHub's runner.

use serde_json::{Value, json};

use crate::sealgate::Sandbox;

const POLICY: &str = r#"{
  "version": "1.0",
  "trustPolicies": [
    {"name": "a", "registryScopes": ["*"], "signatureVerification": {"level": "stict"}, "trustStores": ["ca:x"], "trustedIdentities": ["*"]}
  ]
}"#;

/// A file with a fault, the words with which it is read, the exit code, and where the fault is.
type Fault = (&'static str, &'static str, &'static [&'static str], i32, (usize, usize));

const FAULTS: [Fault; 7] = [
    ("policy.json", POLICY, &["verify", "--policy", "FILE", "--trust-store", "s", "oci-layout:l:v1"], 3, (4, 79)),
    (
        "broken.json",
        "{\n  \"version\": ,",
        &["verify", "--policy", "FILE", "--trust-store", "s", "oci-layout:l:v1"],
        3,
        (2, 14),
    ),
    (
        "twice.json",
        "{\"a\": 1,\n \"a\": 2}",
        &["verify", "--policy", "FILE", "--trust-store", "s", "oci-layout:l:v1"],
        3,
        (2, 4),
    ),
    ("settings.yaml", "key: a\npolici: b\n", &["list", "--config", "FILE", "oci-layout:l:v1"], 3, (2, 1)),
    ("weak.yaml", "# no\n\nallow-skip: true\n", &["list", "--config", "FILE", "oci-layout:l:v1"], 3, (3, 1)),
    ("images.txt", "# two\nr.example/a:1\n  Not/An:Image:\n", &["list", "--images-from", "FILE"], 2, (3, 3)),
    ("images.json", "[\"r.example/a:1\",\n}", &["list", "--images-from", "FILE"], 3, (2, 1)),
];

#[test]
fn a_fault_in_a_file_is_told_with_its_place() {
    for (name, content, words, code, (line, column)) in FAULTS {
        let sandbox = Sandbox::new();
        sandbox.write(&format!("ci/{name}"), content);
        let words: Vec<_> = words.iter().map(|word| word.replace("FILE", &format!("./ci/{name}"))).collect();
        let words: Vec<_> = words.iter().map(String::as_str).chain(["--report-dir", "out"]).collect();
        let place = json!({"file": format!("ci/{name}"), "line": line, "column": column});
        let told = |answer: &str| {
            let report: Value = serde_json::from_str(&sandbox.read("out/report.json")).unwrap();
            assert_eq!(report["error"]["place"], place, "{name}: {answer}");
            let sarif: Value = serde_json::from_str(&sandbox.read("out/report.sarif")).unwrap();
            let found = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
            let region = json!({"startLine": line, "startColumn": column});
            assert_eq!((&found["artifactLocation"]["uri"], &found["region"]), (&place["file"], &region), "{name}");
        };
        told(&sandbox.sealgate(&words).exits(code).stderr);
        // In a job, and named from the root.
        let (workspace, path) = (sandbox.path(""), sandbox.path(&format!("ci/{name}")));
        let named: Vec<_> =
            words.iter().map(|word| if word.contains(name) { path.to_str().unwrap() } else { word }).collect();
        for words in [&words, &named] {
            let run = sandbox.sealgate(words).env("GITHUB_ACTIONS", "true");
            let answer = run.env("GITHUB_WORKSPACE", workspace.to_str().unwrap()).exits(code);
            told(&answer.stderr);
            let annotation = format!("::error file=ci/{name},line={line},col={column},title=sealgate ");
            let said = answer.stdout + &answer.stderr;
            assert!(said.lines().any(|line| line.starts_with(&annotation)), "{name}: {said}");
        }
    }
}

#[test]
fn a_file_outside_of_the_workspace_is_no_place_in_it() {
    let sandbox = Sandbox::new();
    sandbox.write("settings.yaml", "polici: b\n").write("work/x", "");
    let run = sandbox.sealgate(&["list", "--config", "settings.yaml", "--report-dir", "out", "a.example/b"]);
    let run = run.env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", sandbox.path("work").to_str().unwrap());
    let answer = run.exits(3);
    assert!(!(answer.stdout + &answer.stderr).contains("file="));
    let report: Value = serde_json::from_str(&sandbox.read("out/report.json")).unwrap();
    assert_eq!(report["error"]["place"]["file"], sandbox.path("settings.yaml").to_str().unwrap());
    let sarif = sandbox.read("out/report.sarif");
    assert!(sarif.contains("\"uri\": \".github/workflows/sealgate.yml\""), "{sarif}");
}

#[test]
fn each_line_of_a_policy_that_breaks_a_rule_is_a_place() {
    let sandbox = Sandbox::new();
    let policy = POLICY.replace("\"ca:x\"", "\"cb:x\"");
    sandbox.write("policy.json", &policy);
    let words = ["trust", "show", "--policy", "policy.json", "--trust-store", "s", "--format", "json"];
    let report: Value = serde_json::from_str(&sandbox.sealgate(&words).exits(3).stdout).unwrap();
    let problems = report["trust"]["problems"].as_array().unwrap();
    let places: Vec<_> = problems.iter().map(|problem| &problem["place"]).collect();
    let place = |column: usize| json!({"file": "policy.json", "line": 4, "column": column});
    assert_eq!(places[..2], [&place(79), &place(105)]);
}
