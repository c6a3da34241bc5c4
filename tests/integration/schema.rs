//! `schema`, and that every JSON report which a test reads is as it says.

use serde_json::Value;

use crate::sealgate::Sandbox;

#[path = "../../src/report/schema/strict.rs"]
mod strict;

/// Panics where a text is a JSON report, and another than the schema describes.
#[track_caller]
pub(crate) fn assert_valid_if_report(text: &str) {
    let found: Result<Value, _> = serde_json::from_str(text);
    if found.is_ok_and(|found| found.get("schema_version").is_some()) {
        strict::assert_valid(text);
    }
}

#[test]
fn the_schema_is_printed_whatever_the_environment() {
    let sandbox = Sandbox::new();
    let schema = sandbox.sealgate(&["schema"]).exits(0).stdout;
    assert_eq!(schema, include_str!("../../src/report/schema.json"));
    let json: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(json["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let job = sandbox.sealgate(&["schema"]).env("GITHUB_ACTIONS", "true").env("SEALGATE_NO_SUCH_THING", "x");
    assert_eq!(job.exits(0).stdout, schema);
    assert_eq!(sandbox.sealgate(&["--format", "json", "schema"]).exits(0).stdout, schema);
    sandbox.sealgate(&["schema", "verify"]).exits(2);
}

#[test]
#[should_panic(expected = "does not describe this report")]
fn a_report_that_is_otherwise_fails_the_test_that_reads_it() {
    let sandbox = Sandbox::new();
    let report = sandbox.sealgate(&["verify", "--format", "json"]).exits(2).stdout;
    assert_valid_if_report(&report.replace("\"tool_version\"", "\"version\""));
}
