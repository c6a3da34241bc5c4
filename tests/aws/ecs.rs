//! ECS: what a test says that runs, as its Describe calls tell it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::Failure;
use super::arn::Arn;
use super::identity::Caller;
use super::input::Fields;

/// ARNs that one call may ask for.
const MOST: usize = 20;

/// What there is: documents as ECS gives them, by their ARNs.
#[derive(Debug, Default)]
pub(crate) struct Ecs {
    revisions: BTreeMap<String, Value>,
    deployments: BTreeMap<String, Value>,
    definitions: BTreeMap<String, Value>,
}

impl Ecs {
    /// Keeps a service revision, a deployment of a service or a task definition: the member with its ARN says which it is.
    pub(crate) fn put(&mut self, document: &Value) -> Result<(), String> {
        let (member, kind, kept) = [
            ("serviceRevisionArn", "service-revision/", &mut self.revisions),
            ("serviceDeploymentArn", "service-deployment/", &mut self.deployments),
            ("taskDefinitionArn", "task-definition/", &mut self.definitions),
        ]
        .into_iter()
        .find(|(member, ..)| document[*member].is_string())
        .ok_or("it has no ARN")?;
        let arn = document[member].as_str().unwrap_or_default();
        Arn::parse(arn).filter(|arn| arn.service == "ecs" && arn.resource.starts_with(kind)).ok_or("not its ARN")?;
        kept.insert(arn.to_owned(), document.clone());
        Ok(())
    }
}

/// One of the Describe calls.
pub(crate) fn describe(ecs: &Ecs, caller: &Caller, name: &str, fields: &Fields) -> Result<Value, Failure> {
    match name {
        "DescribeServiceRevisions" => list(&ecs.revisions, caller, fields, "serviceRevisionArns", "serviceRevisions"),
        "DescribeServiceDeployments" => {
            list(&ecs.deployments, caller, fields, "serviceDeploymentArns", "serviceDeployments")
        }
        "DescribeTaskDefinition" => definition(&ecs.definitions, caller, fields),
        _ => Err(Failure::new("UnknownOperationException", 400, "there is no such operation")),
    }
}

/// What was found, and the rest as failures.
fn list(
    kept: &BTreeMap<String, Value>,
    caller: &Caller,
    fields: &Fields,
    input: &str,
    output: &str,
) -> Result<Value, Failure> {
    let asked = fields.get(input).and_then(Value::as_array).ok_or_else(|| invalid(format!("{input} is not a list")))?;
    if asked.is_empty() || asked.len() > MOST {
        return Err(invalid(format!("{input} must have between 1 and {MOST} elements")));
    }
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for arn in asked {
        let text = arn.as_str().ok_or_else(|| invalid(format!("{input} has what is not a string")))?;
        check(text, caller)?;
        match kept.get(text) {
            Some(document) => found.push(document.clone()),
            None => failures.push(json!({"arn": text, "reason": "MISSING"})),
        }
    }
    Ok(json!({output: found, "failures": failures}))
}

fn definition(kept: &BTreeMap<String, Value>, caller: &Caller, fields: &Fields) -> Result<Value, Failure> {
    let arn = fields.required("taskDefinition")?;
    check(arn, caller)?;
    match kept.get(arn) {
        Some(document) => Ok(json!({"taskDefinition": document, "tags": []})),
        None => Err(Failure::new("ClientException", 400, "Unable to describe task definition.")),
    }
}

/// A region knows of its own, and an account as well.
fn check(arn: &str, caller: &Caller) -> Result<(), Failure> {
    let parsed = Arn::parse(arn).filter(|arn| arn.service == "ecs");
    let parsed = parsed.ok_or_else(|| invalid(format!("Invalid identifier: {arn}")))?;
    match (parsed.region == caller.region, parsed.account == caller.account) {
        (true, true) => Ok(()),
        (false, _) => Err(invalid(format!("Invalid region in {arn}"))),
        (_, false) => Err(Failure::new("AccessDeniedException", 400, "Cross-account access is not allowed")),
    }
}

fn invalid(message: String) -> Failure {
    Failure::new("InvalidParameterException", 400, message)
}
