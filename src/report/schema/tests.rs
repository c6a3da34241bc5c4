use serde::Serialize;
use serde_json::{Value, json};

use super::super::model::{
    Action, Area, ArtifactOutcome, CheckStatus, Decision, GateStatus, SCHEMA_VERSION, Status, Validation,
};
use super::super::{json, samples};
use super::strict::{check, closed};
use super::*;
use crate::exit_code::ExitCode;

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn report(of: &super::super::Report) -> Value {
    serde_json::from_str(&json::render(of).unwrap()).unwrap()
}

/// The values of a table, each once.
fn values(all: &[impl Serialize]) -> Value {
    let mut values: Vec<_> = all.iter().map(|one| serde_json::to_value(one).unwrap()).collect();
    values.dedup();
    values.into()
}

#[test]
fn values_are_those_of_the_code() {
    let (schema, definitions) = (schema(), schema()["$defs"].clone());
    let member = |of: &str, name: &str| definitions[of]["properties"][name]["enum"].clone();
    assert_eq!(schema["properties"]["schema_version"]["const"], SCHEMA_VERSION);
    assert_eq!(definitions["outcome"]["enum"], values(&ArtifactOutcome::ALL.map(ArtifactOutcome::name)));
    assert_eq!(definitions["exit_code"]["enum"], values(&ExitCode::ALL));
    assert_eq!(member("candidate", "decision"), values(&Decision::ALL));
    assert_eq!(member("row", "validation"), values(&Validation::ALL));
    assert_eq!(member("row", "action"), values(&Action::ALL));
    assert_eq!(member("row", "status"), values(&Status::ALL));
    assert_eq!(member("gate_row", "status"), values(&GateStatus::ALL));
    assert_eq!(member("check", "area"), values(&Area::ALL));
    assert_eq!(member("check", "status"), values(&CheckStatus::ALL));
}

/// Whatever a report says, it is as the schema says; those that other tests make are validated where they are rendered.
#[test]
fn reports_are_as_the_schema_says() {
    let [image, trust, key] = samples::saying("x");
    for of in [
        samples::verified(),
        samples::verified_with_aws(),
        samples::rejected(),
        samples::several(),
        samples::inspected(),
        samples::signed(),
        samples::gate_met(),
        samples::gate_unmet(),
        samples::checked("x"),
        super::super::Report::new("version"),
        image,
        trust,
        key,
    ] {
        assert_eq!(check(&report(&of)), Ok(()));
    }
}

#[test]
fn a_report_that_is_otherwise_is_found() {
    type Planted = (&'static str, fn(&mut Value));
    let planted: &[Planted] = &[
        ("a new member", |report| report["planted"] = json!(1)),
        ("a new member below", |report| report["artifacts"][0]["planted"] = json!(null)),
        ("a new member far below", |report| {
            report["artifacts"][0]["candidates"][0]["content"]["certificates"][0]["planted"] = json!("x");
        }),
        ("a renamed member", |report| {
            let version = report["tool_version"].take();
            report.as_object_mut().unwrap().remove("tool_version");
            report["version"] = version;
        }),
        ("a member that is gone", |report| {
            report["artifacts"][0].as_object_mut().unwrap().remove("verified");
        }),
        ("another type", |report| report["artifacts"][0]["size"] = json!("528")),
        ("a number below zero", |report| report["artifacts"][0]["listing"]["found"] = json!(-1)),
        ("null where there is always something", |report| report["warnings"] = json!(null)),
        ("an unknown outcome", |report| report["artifacts"][0]["outcome"] = json!("fine")),
        ("what is no command", |report| report["command"] = json!("verify an image")),
        ("an unknown status", |report| report["artifacts"][0]["candidates"][0]["rows"][0]["status"] = json!("ok")),
        ("verified, and another outcome", |report| report["artifacts"][0]["outcome"] = json!("listed")),
        ("not verified, and that outcome", |report| report["artifacts"][0]["verified"] = json!(false)),
        ("two findings", |report| report["demo"] = json!({"folder": "x", "kept": true, "steps": []})),
        ("an exit code that there is not", |report| {
            report["error"] = json!({"code": "a", "message": "b", "causes": [], "help": [], "exit_code": 7});
        }),
    ];
    let sound = report(&samples::verified());
    assert_eq!(check(&sound), Ok(()));
    for (what, plant) in planted {
        let mut wrong = sound.clone();
        plant(&mut wrong);
        assert!(check(&wrong).is_err(), "{what}");
    }
}

#[test]
#[should_panic(expected = "does not describe this report")]
fn a_wrong_report_fails_the_test_that_renders_it() {
    assert_valid("{}");
}

/// Every object that has members of its own is closed by the tests, and none is in what is published.
#[test]
fn what_is_published_is_open() {
    fn objects(schema: &Value, found: &mut Vec<bool>) {
        match schema {
            Value::Object(members) => {
                if members.get("type") == Some(&json!("object")) {
                    found.push(members.get("additionalProperties") == Some(&json!(false)));
                }
                members.values().for_each(|below| objects(below, found));
            }
            Value::Array(schemas) => schemas.iter().for_each(|below| objects(below, found)),
            _ => {}
        }
    }
    let (mut open, mut shut) = (Vec::new(), Vec::new());
    objects(&schema(), &mut open);
    objects(&closed(SCHEMA), &mut shut);
    assert!(open.len() > 30 && open.iter().all(|closed| !closed));
    // Maps have names that others choose: pairs, and the conditions of a statement by operator and key.
    assert_eq!(shut.iter().filter(|closed| !**closed).count(), 3);
}

/// Every member is described, by itself or by what it refers to, unless its name says all.
#[test]
fn definitions_are_used() {
    let text = SCHEMA;
    for name in schema()["$defs"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\"#/$defs/{name}\"")), "{name}");
    }
}
