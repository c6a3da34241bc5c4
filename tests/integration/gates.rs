//! Gates, as a pipeline uses them: who has to have signed before `verify` lets an image pass, and what `approve` adds.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::aws_scene::{layout, report};
use crate::sealgate::{Answer, Sandbox};

pub(crate) const IMAGE: &str = "oci-layout:app:v1";

pub(crate) const GATES: &str = "\
version: 1
signers:
  ci: { root: k/ci-ca.crt, identity: '*' }
  anna: { root: k/anna-ca.crt, identity: '*' }
  ben: { root: k/ben-ca.crt, identity: '*' }
  ops: { root: k/ops-ca.crt, identity: '*' }
stages:
  build: { require: [ci] }
  test:
    after: build
    require:
      - { any: 1, of: [anna, ben], metadata: { stage: test } }
  prod:
    after: test
    require:
      - ops
      - { signer: anna, metadata: { stage: prod } }
";

/// Keys of four signers and a stranger, an image, and gates.
pub(crate) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["ci", "anna", "ben", "ops", "stranger"] {
        sandbox.sealgate(&["key", "generate", "--out", "k", "--name", name]).exits(0);
    }
    layout(&sandbox.path("app"), &["v1"]);
    sandbox.write("gates.yaml", GATES);
    sandbox
}

pub(crate) fn sign(sandbox: &Sandbox, name: &str, more: &[&str]) {
    let (key, chain) = (format!("k/{name}.key"), format!("k/{name}.crt"));
    sandbox.sealgate(&[&["sign", "--key", &key, "--certificate-chain", &chain][..], more, &[IMAGE]].concat()).exits(0);
}

fn verify(sandbox: &Sandbox, stage: &str, exit: i32) -> Value {
    let words = ["verify", "--gates", "gates.yaml", "--stage", stage, "--format", "json", IMAGE];
    report(&sandbox.sealgate(&words).exits(exit))
}

fn approve(sandbox: &Sandbox, stage: &str, signer: &str, key: &str, exit: i32) -> Answer {
    let (file, chain) = (format!("k/{key}.key"), format!("k/{key}.crt"));
    let words = ["approve", "--gates", "gates.yaml", "--stage", stage, "--as", signer, "--key", &file];
    sandbox.sealgate(&[&words[..], &["--certificate-chain", &chain, "--format", "json", IMAGE]].concat()).exits(exit)
}

/// Stage, requirement and status of each row.
fn rows(report: &Value) -> Vec<String> {
    let rows = report["artifacts"][0]["gate"]["rows"].as_array().unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.iter().map(|row| ["stage", "requirement", "status"].map(|name| text(row, name)).join(" | ")).collect()
}

#[test]
fn an_image_passes_a_stage_when_everybody_has_signed_who_is_asked() {
    let sandbox = sandbox();
    assert_eq!(verify(&sandbox, "prod", 11)["artifacts"][0]["outcome"], "unsigned");
    sign(&sandbox, "stranger", &[]);
    let report = verify(&sandbox, "prod", 10);
    assert_eq!(report["artifacts"][0]["outcome"], "rejected");
    assert_eq!(report["artifacts"][0]["candidates"][0]["reason"]["code"], "gate-foreign");

    approve(&sandbox, "build", "ci", "ci", 0);
    let report = verify(&sandbox, "prod", 12);
    assert_eq!(report["artifacts"][0]["outcome"], "gate-unmet");
    assert_eq!(report["artifacts"][0]["verified"], false);
    assert_eq!(
        rows(&report),
        [
            "build | ci | met",
            "test | 1 of anna, ben, with stage=test | missing",
            "prod | ops | missing",
            "prod | anna, with stage=prod | missing",
        ]
    );
    assert_eq!(verify(&sandbox, "build", 0)["artifacts"][0]["outcome"], "verified");

    approve(&sandbox, "test", "ben", "ben", 0);
    approve(&sandbox, "prod", "ops", "ops", 0);
    // By the right key, for another stage.
    approve(&sandbox, "test", "anna", "anna", 0);
    let report = verify(&sandbox, "prod", 12);
    assert_eq!(rows(&report)[3], "prod | anna, with stage=prod | refused");
    assert_eq!(report["artifacts"][0]["gate"]["rows"][3]["refused"][0]["reason"]["code"], "gate-metadata");

    approve(&sandbox, "prod", "anna", "anna", 0);
    let report = verify(&sandbox, "prod", 0);
    assert_eq!(
        (&report["artifacts"][0]["outcome"], &report["artifacts"][0]["verified"]),
        (&json!("verified"), &json!(true))
    );
    let gate = &report["artifacts"][0]["gate"];
    assert_eq!((&gate["file"], &gate["stage"]), (&json!("gates.yaml"), &json!("prod")));
    assert!(
        gate["policy_digest"].as_str().unwrap().starts_with("sha256:") && gate["policy_digest"] != gate["file_digest"]
    );
    let by: Vec<_> = gate["rows"].as_array().unwrap().iter().map(|row| row["met_by"][0]["signer"].clone()).collect();
    assert_eq!(by, ["ci", "anna", "ops", "anna"]);
}

#[test]
fn what_is_approved_has_passed_the_stages_before_and_is_approved_once() {
    let sandbox = sandbox();
    let found = |sandbox: &Sandbox| {
        let listed = report(&sandbox.sealgate(&["list", "--format", "json", IMAGE]).exits(0));
        listed["artifacts"][0]["listing"]["found"].as_u64().unwrap()
    };
    approve(&sandbox, "test", "anna", "anna", 11);
    approve(&sandbox, "build", "ci", "ci", 0);
    approve(&sandbox, "prod", "ops", "ops", 12);
    assert_eq!(found(&sandbox), 1, "what is not met is not signed");
    for outcome in ["signed", "already-signed"] {
        let approved = report(&approve(&sandbox, "test", "anna", "anna", 0));
        assert_eq!((&approved["command"], &approved["artifacts"][0]["outcome"]), (&json!("approve"), &json!(outcome)));
        assert_eq!(rows(&approved), ["build | ci | met"]);
    }
    assert_eq!(found(&sandbox), 2);
    let inspected = report(&sandbox.sealgate(&["inspect", "--format", "json", IMAGE]).exits(0)).to_string();
    assert!(inspected.contains(r#""user_metadata":{"stage":"test"}"#), "{inspected}");
}

#[test]
fn nobody_approves_as_somebody_else() {
    let sandbox = sandbox();
    sign(&sandbox, "ci", &[]);
    for (stage, signer, key, exit, code) in [
        ("test", "ben", "anna", 2, "conflict"),
        ("test", "nobody", "anna", 3, "gates"),
        ("nowhere", "anna", "anna", 3, "gates"),
        // Nobody asks these for that.
        ("test", "ops", "ops", 3, "gates"),
        ("test", "ci", "ci", 3, "gates"),
    ] {
        let error = report(&approve(&sandbox, stage, signer, key, exit))["error"]["code"].clone();
        assert_eq!(error, code, "{stage} {signer} {key}");
    }
    let words = ["approve", "--gates", "gates.yaml", "--stage", "test", "--as", "anna", "--format", "json", IMAGE];
    let key = ["--key", "k/anna.key", "--certificate-chain", "k/anna.crt"];
    for (more, exit) in [
        (&["--profile", "arn:aws:signer:us-west-2:111122223333:/signing-profiles/a"][..], 2),
        (&[], 2),
        (&[&key[..], &["--user-metadata", "stage=prod"]].concat(), 2),
        (&[&key[..], &["--user-metadata", "ticket=17"]].concat(), 0),
    ] {
        sandbox.sealgate(&[&words[..], more].concat()).exits(exit);
    }
}

#[test]
fn a_key_of_two_signers_of_a_stage_approves_as_neither() {
    let sandbox = sandbox();
    let twin = |name: &str, part: &str| {
        let identity = format!("x509.subject: C=ZZ, ST=Development, O=sealgate development, {part}");
        format!("  {name}: {{ root: k/anna-ca.crt, identity: '{identity}' }}\n")
    };
    let signers = twin("anna", "CN=anna") + &twin("twin", "OU=not for production");
    let stages = "stages:\n  alone: { require: [anna] }\n  both: { after: alone, require: [twin] }\n";
    sandbox.write("gates.yaml", &format!("version: 1\nsigners:\n{signers}{stages}"));
    approve(&sandbox, "alone", "anna", "anna", 0);
    assert_eq!(report(&approve(&sandbox, "both", "twin", "anna", 2))["error"]["code"], "conflict");
    let refused = verify(&sandbox, "both", 12)["artifacts"][0]["gate"]["rows"][1]["refused"].clone();
    assert_eq!(refused[0]["reason"]["code"], "gate-shared-key");
}

#[test]
fn gates_stand_in_place_of_all_other_trust() {
    let sandbox = sandbox();
    sign(&sandbox, "ci", &[]);
    let gates = ["verify", "--gates", "gates.yaml", "--stage", "build", IMAGE];
    sandbox.sealgate(&gates).exits(0);
    for other in [
        &["--policy", "p.json", "--trust-store", "t"][..],
        &["--root", "k/ci-ca.crt", "--identity", "*"],
        &["--identity", "*"],
        &["--profile", "release@111122223333/us-west-2"],
        &["--user-metadata", "a=b"],
    ] {
        let answer = sandbox.sealgate(&[&gates[..], other].concat()).exits(2);
        assert!(answer.stderr.contains("error[conflict]"), "{other:?}: {}", answer.stderr);
    }
    sandbox.sealgate(&["verify", "--gates", "gates.yaml", IMAGE]).exits(2);
    sandbox.sealgate(&["verify", "--stage", "build", IMAGE]).exits(2);
    for (file, stage) in [("gates.yaml", "Build"), ("away.yaml", "build"), (".", "build")] {
        let answer = sandbox.sealgate(&["verify", "--gates", file, "--stage", stage, IMAGE]).exits(3);
        assert!(answer.stderr.contains("error[gates]"), "{file}: {}", answer.stderr);
    }
    // It is not picked up by itself.
    sandbox.sealgate(&["verify", IMAGE]).exits(3);
}

#[test]
fn every_fault_of_the_file_is_told_with_its_place() {
    let sandbox = sandbox();
    sandbox.write(
        "gates.yaml",
        &GATES.replace("[ci]", "[cy]").replace("any: 1", "any: 3").replace("k/ops-ca.crt", "k/away.crt"),
    );
    let answer = sandbox.sealgate(&["verify", "--gates", "gates.yaml", "--stage", "prod", IMAGE]).exits(3);
    for place in ["line 6 column 16", "line 8 column 22", "line 12 column 16"] {
        assert!(answer.stderr.contains(place), "{place}: {}", answer.stderr);
    }
}

#[test]
fn a_root_that_somebody_swapped_is_not_trusted_where_its_digest_is_in_the_file() {
    let sandbox = sandbox();
    sign(&sandbox, "ci", &[]);
    let listed = report(&sandbox.sealgate(&["inspect", "--format", "json", IMAGE]).exits(0));
    let chain = &listed["artifacts"][0]["candidates"][0]["content"]["certificates"];
    let root = chain.as_array().unwrap().last().unwrap()["sha256"].as_str().unwrap();
    let pinned = GATES.replace("k/ci-ca.crt, identity: '*'", &format!("k/ci-ca.crt, identity: '*', sha256: {root}"));
    sandbox.write("gates.yaml", &pinned);
    let before = verify(&sandbox, "build", 0)["artifacts"][0]["gate"]["policy_digest"].clone();
    sandbox.write("k/ci-ca.crt", &sandbox.read("k/stranger-ca.crt"));
    let answer = sandbox.sealgate(&["verify", "--gates", "gates.yaml", "--stage", "build", IMAGE]).exits(3);
    assert!(answer.stderr.contains(root) && answer.stderr.contains("line 3 column"), "{}", answer.stderr);
    // Without it the digest of the policy tells.
    sandbox.write("gates.yaml", GATES);
    let after = verify(&sandbox, "build", 10)["artifacts"][0]["gate"]["policy_digest"].clone();
    assert_ne!(before, after);
}

#[test]
fn what_is_not_approved_for_a_fork_is_told_of_approve() {
    let sandbox = sandbox();
    let event = r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"repo":{"id":1}}}}"#;
    sandbox.write("event.json", event);
    let words = ["approve", "--gates", "gates.yaml", "--stage", "build", "--as", "ci", "--format", "json"];
    for (what, exit) in [("fail", 5), ("skip", 0)] {
        let key = ["--key", "k/ci.key", "--certificate-chain", "k/ci.crt", "--on-fork", what, IMAGE];
        let answer = sandbox
            .sealgate(&[&words[..], &key].concat())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", "pull_request")
            .env("GITHUB_EVENT_PATH", sandbox.path("event.json").to_str().unwrap())
            .exits(exit);
        assert_eq!(report(&answer)["command"], "approve");
    }
    assert_eq!(verify(&sandbox, "build", 11)["artifacts"][0]["outcome"], "unsigned");
}

#[test]
fn with_a_check_weakened_nothing_is_verified() {
    let sandbox = sandbox();
    sign(&sandbox, "ci", &[]);
    let words = ["verify", "--gates", "gates.yaml", "--stage", "build", "--format", "json", IMAGE];
    for weakening in [&["--skip-revocation"][..], &["--plain-http", "registry.example"], &["--allow-skip"]] {
        let report = report(&sandbox.sealgate(&[&words[..], weakening].concat()).exits(0));
        assert_eq!(report["artifacts"][0]["outcome"], "accepted-with-warnings", "{weakening:?}");
        assert_eq!(rows(&report), ["build | ci | met"]);
    }
}

#[test]
fn an_approval_is_waited_for() {
    let sandbox = sandbox();
    sign(&sandbox, "ci", &[]);
    let words = ["verify", "--gates", "gates.yaml", "--stage", "test", "--format", "json", IMAGE];
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(500));
            approve(&sandbox, "test", "ben", "ben", 0);
        });
        let waited = report(&sandbox.sealgate(&[&words[..], &["--wait", "1m"]].concat()).exits(0));
        assert_eq!(waited["artifacts"][0]["outcome"], "verified");
        assert!(waited["artifacts"][0]["waited"]["rounds"].as_u64() >= Some(2), "{waited:#}");
    });
}

#[test]
fn signatures_beyond_the_limit_are_named_and_count_for_nothing() {
    let sandbox = sandbox();
    for number in 0..4 {
        sign(&sandbox, "stranger", &["--force", "--user-metadata", &format!("n={number}")]);
    }
    sign(&sandbox, "ci", &[]);
    let words = ["verify", "--gates", "gates.yaml", "--stage", "test", "--format", "json", IMAGE];
    let capped = report(&sandbox.sealgate(&[&words[..], &["--max-signatures", "2"]].concat()).exits(12));
    // A signature that claims a trusted root is looked at first; the others are junk.
    assert_eq!(rows(&capped)[0], "build | ci | met");
    assert!(
        capped["artifacts"][0]["error"]["causes"][0].as_str().unwrap().contains("3 of its 5 signatures"),
        "{capped:#}"
    );
}

#[test]
fn a_signature_whose_envelope_is_gone_or_changed_might_meet_nothing() {
    let sandbox = sandbox();
    sign(&sandbox, "stranger", &[]);
    let found = report(&sandbox.sealgate(&["inspect", "--format", "json", IMAGE]).exits(0));
    let blob = |digest: &Value| format!("app/blobs/{}", digest.as_str().unwrap().replace(':', "/"));
    let manifest = sandbox.read(&blob(&found["artifacts"][0]["candidates"][0]["signature_manifest"]));
    let envelope = blob(&serde_json::from_str::<Value>(&manifest).unwrap()["layers"][0]["digest"]);
    let good = sandbox.read(&envelope);
    for changed in [Some(good.replace('e', "E")), None] {
        match changed {
            Some(changed) => drop(sandbox.write(&envelope, &changed)),
            None => std::fs::remove_file(sandbox.path(&envelope)).unwrap(),
        }
        assert_eq!(verify(&sandbox, "prod", 10)["artifacts"][0]["outcome"], "rejected");
    }
    sign(&sandbox, "ci", &[]);
    assert_eq!(rows(&verify(&sandbox, "test", 12))[1], "test | 1 of anna, ben, with stage=test | missing");
}

#[test]
fn a_job_hears_that_an_approval_is_missing() {
    let sandbox = sandbox();
    sign(&sandbox, "ci", &[]);
    sandbox.write("output", "");
    let output = sandbox.path("output");
    let answer = sandbox
        .sealgate(&["verify", "--gates", "gates.yaml", "--stage", "test", IMAGE])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", output.to_str().unwrap())
        .exits(12);
    assert!(sandbox.read("output").contains("gate-unmet"), "{}", sandbox.read("output"));
    assert!(!sandbox.read("output").contains("app@sha256:"), "no later step deploys it");
    assert!(answer.stdout.contains("sealgate approve --gates gates.yaml --stage test --as anna"), "{}", answer.stdout);
}
