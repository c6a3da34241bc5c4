//! Validates JSON reports in the tests of both kinds: those beside the code, and those of the whole binary, which include this file.

use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// The schema without room for members that it does not name.
pub(crate) fn closed(schema: &str) -> Value {
    let mut schema = serde_json::from_str(schema).unwrap();
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            // Conditions name some members only, and have no type.
            if members.get("type").is_some_and(|found| found == "object") && members.contains_key("properties") {
                members.entry("additionalProperties").or_insert(false.into());
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(close),
        _ => {}
    }
}

/// What is wrong with a report, if anything is.
pub(crate) fn check(report: &Value) -> Result<(), String> {
    static COMPILED: OnceLock<(Schemas, SchemaIndex)> = OnceLock::new();
    let (schemas, index) = COMPILED.get_or_init(|| {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let schema = closed(include_str!("../schema.json"));
        let name = schema["$id"].as_str().unwrap().to_owned();
        compiler.add_resource(&name, schema).unwrap();
        let index = compiler.compile(&name, &mut schemas).unwrap();
        (schemas, index)
    });
    schemas.validate(report, *index).map_err(|error| format!("{error:#}"))
}

/// Panics unless this is a JSON report that the schema describes in full.
#[track_caller]
pub(crate) fn assert_valid(text: &str) {
    let report = serde_json::from_str(text).unwrap();
    if let Err(wrong) = check(&report) {
        panic!("src/report/schema.json does not describe this report:\n{wrong}\n{text}");
    }
}
