use serde_json::{Value, json};

use super::super::model::{Findings, Reason, Weakening};
use super::super::samples;
use super::*;

/// The report of a run, with what a summary needs besides its images.
fn run(report: Report) -> Report {
    let policy = Some(PolicyReport { uri: "gates.yaml".to_owned(), digest: format!("sha256:{:064}", 9) });
    let mut report = Report { now: Some("2026-03-01T00:00:00Z".parse().unwrap()), policy, ..report };
    for (number, image) in (1..).zip(report.artifacts_mut()) {
        let name = image.name().rsplit_once('@').map_or("registry.example/app", |(name, _)| name).to_owned();
        image.digest_reference = Some(format!("{name}@sha256:{number:064}"));
    }
    report
}

/// The statements, each of which keeps the rules of its specification.
fn statements(report: &Report) -> Vec<Value> {
    let text = report.summaries(report.exit_code()).unwrap().text.unwrap_or_default();
    text.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).inspect(check).collect()
}

/// The rules of in-toto's statement v1 (`spec/v1/statement.md`, `resource_descriptor.md`) and of SLSA's VSA v1: which fields are there,
/// and what stands in them.
fn check(statement: &Value) {
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let is_hex = |value: &Value| value.as_str().unwrap().bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_digest = |resource: &Value| {
        let digest = resource["digest"].as_object().unwrap();
        assert!(digest.len() == 1 && digest.values().all(is_hex), "{resource}");
    };
    assert_eq!(names(statement), ["_type", "predicate", "predicateType", "subject"]);
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://slsa.dev/verification_summary/v1");
    statement["subject"].as_array().unwrap().iter().for_each(has_digest);
    let predicate = &statement["predicate"];
    let required = ["policy", "resourceUri", "timeVerified", "verificationResult", "verifiedLevels", "verifier"];
    let found = names(predicate);
    assert_eq!(found.iter().filter(|name| *name != "inputAttestations").collect::<Vec<_>>(), required);
    assert!(predicate["verifier"]["id"].as_str().unwrap().contains(':'), "a URI");
    assert!(predicate["verifier"]["version"].as_object().unwrap().values().all(Value::is_string));
    assert!(predicate["timeVerified"].as_str().unwrap().parse::<notary::Timestamp>().is_ok());
    assert!(!predicate["policy"]["uri"].as_str().unwrap().is_empty());
    has_digest(&predicate["policy"]);
    let name = predicate["resourceUri"].as_str().unwrap();
    let (subject, digest) = (&statement["subject"][0], statement["subject"][0]["digest"]["sha256"].as_str().unwrap());
    assert_eq!(name, format!("{}@sha256:{digest}", subject["name"].as_str().unwrap()));
    if let Some(inputs) = predicate.get("inputAttestations") {
        assert!(!inputs.as_array().unwrap().is_empty());
        inputs.as_array().unwrap().iter().for_each(has_digest);
    }
    let levels: Vec<_> =
        predicate["verifiedLevels"].as_array().unwrap().iter().map(|level| level.as_str().unwrap()).collect();
    match predicate["verificationResult"].as_str().unwrap() {
        "FAILED" => assert_eq!(levels, ["FAILED"]),
        result => {
            assert_eq!(result, "PASSED");
            assert!(!levels.is_empty() && !levels.contains(&"FAILED"));
            assert!(levels.iter().all(|level| !level.starts_with("SLSA_")), "those are of SLSA");
        }
    }
}

fn result(report: &Report) -> Value {
    statements(report)[0]["predicate"]["verificationResult"].clone()
}

#[test]
fn a_stage_that_is_met_is_a_statement_with_all_that_counted() {
    let statement = &statements(&run(samples::gate_met()))[0];
    assert_eq!(
        statement,
        &json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "registry.example/app", "digest": {"sha256": format!("{:064}", 1)}}],
            "predicateType": "https://slsa.dev/verification_summary/v1",
            "predicate": {
                "verifier": {"id": "urn:sealgate:verifier", "version": {"sealgate": env!("CARGO_PKG_VERSION")}},
                "timeVerified": "2026-03-01T00:00:00Z",
                "resourceUri": format!("registry.example/app@sha256:{:064}", 1),
                "policy": {"uri": "gates.yaml", "digest": {"sha256": format!("{:064}", 9)}},
                "inputAttestations": [
                    {"uri": "registry.example/app@sha256:2222", "digest": {"sha256": "2222"}},
                    {"uri": format!("registry.example/app@sha256:{}", "3".repeat(64)), "digest": {"sha256": "3".repeat(64)}},
                    {"uri": "registry.example/app@sha256:4444", "digest": {"sha256": "4444"}},
                    {"uri": "registry.example/app@sha256:5555", "digest": {"sha256": "5555"}},
                ],
                "verificationResult": "PASSED",
                "verifiedLevels": ["SEALGATE_GATE_test", "SEALGATE_GATE_prod"],
            },
        })
    );
}

#[test]
fn without_gates_it_is_the_signature_that_was_accepted() {
    let statement = &statements(&run(samples::verified()))[0];
    assert_eq!(statement["predicate"]["verifiedLevels"], json!(["SEALGATE_VERIFIED"]));
    assert_eq!(statement["predicate"]["inputAttestations"][0]["digest"], json!({"sha256": "2222"}));
    assert_eq!(statement["predicate"]["inputAttestations"].as_array().unwrap().len(), 1);
}

#[test]
fn only_what_is_verified_and_nothing_less_has_passed() {
    for outcome in ArtifactOutcome::ALL {
        let mut report = run(samples::verified());
        report.artifacts_mut()[0].outcome = outcome;
        let expected = if outcome == ArtifactOutcome::Verified { "PASSED" } else { "FAILED" };
        assert_eq!(result(&report), expected, "{outcome:?}");
    }
    let mut caveat = run(samples::verified());
    caveat.artifacts_mut()[0].caveats.push(Reason::new("a-caveat", "a caveat"));
    let weakening = Weakening { setting: "plain-http", value: "x".to_owned(), origin: "x".to_owned() };
    let weakened = Report { weakened: vec![weakening], ..run(samples::verified()) };
    for report in [caveat, weakened, run(samples::gate_unmet()), run(samples::rejected())] {
        assert_eq!(result(&report), "FAILED");
    }
}

#[test]
fn an_image_that_nothing_counts_for_names_nothing_that_counted() {
    let statement = &statements(&run(samples::rejected()))[0];
    assert_eq!(statement["predicate"].get("inputAttestations"), None);
}

#[test]
fn each_image_has_a_line_and_one_without_a_digest_none() {
    let mut report = run(samples::several());
    report.artifacts_mut().last_mut().unwrap().digest_reference = None;
    let all = report.summaries(report.exit_code()).unwrap();
    assert_eq!((all.text.unwrap().lines().count(), all.without), (4, 1));
    let results: Vec<_> =
        statements(&report).iter().map(|one| one["predicate"]["verificationResult"].clone()).collect();
    // That another image failed does not change what is true of the first.
    assert_eq!(results, ["PASSED", "FAILED", "FAILED", "FAILED"]);
    report.artifacts_mut().drain(..4);
    assert_eq!(report.summaries(report.exit_code()), Some(Summaries { text: None, without: 1 }));
}

#[test]
fn an_image_that_is_named_twice_has_one_statement_the_worse_one() {
    let twice = |second: ArtifactOutcome| {
        let mut report = run(samples::verified());
        let mut other = run(samples::verified()).artifacts_mut().remove(0);
        other.outcome = second;
        report.artifacts_mut().push(other);
        let found = statements(&report);
        assert_eq!(found.len(), 1);
        found[0]["predicate"]["verificationResult"].clone()
    };
    assert_eq!(twice(ArtifactOutcome::Verified), "PASSED");
    assert_eq!(twice(ArtifactOutcome::AcceptedWithWarnings), "FAILED");
}

#[test]
fn where_something_else_ends_the_run_nobody_is_told_that_an_image_passed() {
    let report = run(samples::verified());
    for exit in ExitCode::ALL {
        assert_eq!(report.summaries(exit).is_some(), exit == ExitCode::Success, "{exit:?}");
    }
    let error = samples::several().artifacts_mut().pop().unwrap().error;
    assert_eq!(Report { error, ..run(samples::verified()) }.summaries(ExitCode::Denied), None);
    assert_eq!(Report { policy: None, ..run(samples::verified()) }.summaries(ExitCode::Success), None);
    let empty = run(Report::of("verify", Findings::Artifacts(Vec::new())));
    assert_eq!(empty.summaries(empty.exit_code()), Some(Summaries { text: None, without: 0 }));
}
