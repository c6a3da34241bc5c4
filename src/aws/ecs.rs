//! What Amazon ECS says of a revision of a service: its task definition, its containers, and the images that were resolved.

use notary::json::{self, JsonError, Object};
use serde_json::json;

use super::client::Aws;
use super::facts::ecs::{self, EcsArn, EcsKind};
use super::facts::error::{AwsError, AwsErrorKind, Operation};
use super::json_service::{Address, JsonService};
use super::limits;

const ECS: JsonService = JsonService { api: "ecs", signing_name: "ecs", target: "AmazonEC2ContainerServiceV20141113" };

/// A revision of a service, as ECS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceRevision {
    /// The service that it is a revision of.
    pub(crate) service: EcsArn,
    pub(crate) task_definition: EcsArn,
    /// What ECS resolved the images to. Empty as long as it has resolved nothing, and where no task is to run.
    pub(crate) images: Vec<RevisionImage>,
}

/// The image of one container, as it was resolved for a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RevisionImage {
    /// The name of the container.
    pub(crate) container: String,
    /// The image, as the task definition names it.
    pub(crate) image: String,
    /// The digest that all tasks of the revision run.
    pub(crate) digest: Option<String>,
}

/// A task definition, as far as it says what runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskDefinition {
    pub(crate) containers: Vec<DefinedContainer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DefinedContainer {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) tag: TagUse,
}

/// What ECS does with the tag of a container's image (`versionConsistency`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagUse {
    /// It is resolved once, for all tasks of a revision.
    Once,
    /// Each task resolves it again.
    ForEachTask,
}

/// How a deployment of a service stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceDeployment {
    pub(crate) service: EcsArn,
    /// Whether it is returning to an earlier revision just now.
    pub(crate) is_rolling_back: bool,
    /// The revision that a rollback returns to, once there is one.
    pub(crate) rollback_to: Option<EcsArn>,
}

/// What an answer says of what was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Described<T> {
    It(T),
    /// Why not, in ECS's words.
    Failed(String),
    /// Nothing of it, or more than was asked for.
    SomethingElse,
    /// More containers than are read.
    TooMany,
}

impl Aws {
    /// Asks ECS for a revision of a service.
    ///
    /// # Errors
    /// [`AwsError`]; of kind `NotFound` when ECS does not know the revision.
    pub(crate) async fn service_revision(&self, arn: &EcsArn) -> Result<ServiceRevision, AwsError> {
        let (asked, input) = (arn.to_string(), json!({"serviceRevisionArns": [arn.to_string()]}));
        let read = move |answer: &[u8]| read(answer, |members| revision(members, &asked));
        self.ask_ecs(Operation::DESCRIBE_SERVICE_REVISIONS, arn, input.to_string(), read).await
    }

    /// Asks ECS for a task definition.
    ///
    /// # Errors
    /// As [`Self::service_revision`].
    pub(crate) async fn task_definition(&self, arn: &EcsArn) -> Result<TaskDefinition, AwsError> {
        let (asked, input) = (arn.to_string(), json!({"taskDefinition": arn.to_string()}));
        let read = move |answer: &[u8]| read(answer, |members| task_definition(members, &asked));
        self.ask_ecs(Operation::DESCRIBE_TASK_DEFINITION, arn, input.to_string(), read).await
    }

    /// Asks ECS for a deployment of a service.
    ///
    /// # Errors
    /// As [`Self::service_revision`].
    pub(crate) async fn service_deployment(&self, arn: &EcsArn) -> Result<ServiceDeployment, AwsError> {
        let (asked, input) = (arn.to_string(), json!({"serviceDeploymentArns": [arn.to_string()]}));
        let read = move |answer: &[u8]| read(answer, |members| deployment(members, &asked));
        self.ask_ecs(Operation::DESCRIBE_SERVICE_DEPLOYMENTS, arn, input.to_string(), read).await
    }

    /// Asks about something where it is: in the region of its ARN.
    async fn ask_ecs<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        operation: Operation,
        arn: &EcsArn,
        input: String,
        read: impl Fn(&[u8]) -> Option<Described<T>> + Clone + Send + Sync + 'static,
    ) -> Result<T, AwsError> {
        let config = self.config(arn.region()).await?;
        let settings = &self.inner.settings;
        let (fips, dual_stack) = (settings.fips, settings.dual_stack);
        let named = settings.endpoints.by_service.get(ecs::SERVICE_ID);
        let address = Address::new(named, fips, dual_stack, || ecs::url(arn.region(), fips, dual_stack));
        let (config, address, input, read) = (&config, &address, &input, &read);
        let ask = || async {
            let asked = ECS.ask(config, address.clone(), operation.name(), input.clone(), read.clone()).await;
            asked.map_err(|error| AwsError::of_signed(operation, &error, &self.inner.clock))
        };
        let malformed = |fact: String| AwsError::new(operation, AwsErrorKind::Malformed, fact);
        match self.inner.patience.wait_out(ask).await? {
            Described::It(found) => Ok(found),
            Described::Failed(why) => {
                Err(AwsError::new(operation, AwsErrorKind::NotFound, format!("ECS does not describe {arn}: {why}")))
            }
            Described::SomethingElse => Err(malformed(format!("the answer does not describe {arn}, and nothing else"))),
            Described::TooMany => Err(malformed(format!("the answer has more than {} containers", limits::CONTAINERS))),
        }
    }
}

/// Reads an answer; nothing where it is not what ECS documents.
fn read<T>(
    answer: &[u8],
    read: impl for<'a> FnOnce(Object<'a>) -> Result<Option<Described<T>>, JsonError>,
) -> Option<Described<T>> {
    let members = json::parse_object(answer).ok()?;
    let known = ["failures", "serviceRevisions", "serviceDeployments", "taskDefinition"];
    Object::new(&members, &known).and_then(read).ok().flatten()
}

/// The only element of a list, unless there are failures.
fn only<'a, T>(
    members: Object<'a>,
    list: &'static str,
    known: &[&'static str],
) -> Result<Result<Object<'a>, Described<T>>, JsonError> {
    let failures = members.objects("failures", &["arn", "reason", "detail"])?.unwrap_or_default();
    let mut whys = Vec::new();
    for failure in failures.iter().take(limits::FAILURES) {
        let reason = failure.text("reason")?.unwrap_or("no reason");
        whys.push(failure.text("detail")?.map_or_else(|| reason.to_owned(), |detail| format!("{reason} ({detail})")));
    }
    if !whys.is_empty() {
        return Ok(Err(Described::Failed(whys.join(", "))));
    }
    let found = members.objects(list, known)?.unwrap_or_default();
    Ok(match found.as_slice() {
        [one] => Ok(*one),
        _ => Err(Described::SomethingElse),
    })
}

fn revision(members: Object<'_>, asked: &str) -> Result<Option<Described<ServiceRevision>>, JsonError> {
    let known = ["serviceRevisionArn", "serviceArn", "taskDefinition", "containerImages"];
    let found = match only(members, "serviceRevisions", &known)? {
        Ok(found) => found,
        Err(none) => return Ok(Some(none)),
    };
    if found.required_text("serviceRevisionArn")? != asked {
        return Ok(Some(Described::SomethingElse));
    }
    let listed = found.objects("containerImages", &["containerName", "image", "imageDigest"])?.unwrap_or_default();
    if listed.len() > limits::CONTAINERS {
        return Ok(Some(Described::TooMany));
    }
    let image = |one: Object<'_>| {
        Ok(RevisionImage {
            container: one.required_text("containerName")?.to_owned(),
            image: one.required_text("image")?.to_owned(),
            digest: one.text("imageDigest")?.map(str::to_owned),
        })
    };
    let images = listed.into_iter().map(image).collect::<Result<_, JsonError>>()?;
    let service = EcsArn::parse(found.required_text("serviceArn")?, EcsKind::Service);
    let task_definition = EcsArn::parse(found.required_text("taskDefinition")?, EcsKind::TaskDefinition);
    let both = service.ok().zip(task_definition.ok());
    Ok(both.map(|(service, task_definition)| Described::It(ServiceRevision { service, task_definition, images })))
}

fn task_definition(members: Object<'_>, asked: &str) -> Result<Option<Described<TaskDefinition>>, JsonError> {
    let Some(found) = members.object("taskDefinition", &["taskDefinitionArn", "containerDefinitions"])? else {
        return Ok(Some(Described::SomethingElse));
    };
    if found.required_text("taskDefinitionArn")? != asked {
        return Ok(Some(Described::SomethingElse));
    }
    let known = ["name", "image", "versionConsistency"];
    let defined = found.objects("containerDefinitions", &known)?.unwrap_or_default();
    if defined.len() > limits::CONTAINERS {
        return Ok(Some(Described::TooMany));
    }
    let mut containers = Vec::new();
    for one in defined {
        let tag = match one.text("versionConsistency")? {
            None | Some("enabled") => TagUse::Once,
            // Also for a word that nobody knows yet: it promises nothing.
            Some(_) => TagUse::ForEachTask,
        };
        let (name, image) = (one.required_text("name")?.to_owned(), one.required_text("image")?.to_owned());
        containers.push(DefinedContainer { name, image, tag });
    }
    Ok(Some(Described::It(TaskDefinition { containers })))
}

fn deployment(members: Object<'_>, asked: &str) -> Result<Option<Described<ServiceDeployment>>, JsonError> {
    let known = ["serviceDeploymentArn", "serviceArn", "status", "rollback"];
    let found = match only(members, "serviceDeployments", &known)? {
        Ok(found) => found,
        Err(none) => return Ok(Some(none)),
    };
    if found.required_text("serviceDeploymentArn")? != asked {
        return Ok(Some(Described::SomethingElse));
    }
    let is_rolling_back = found.required_text("status")? == "ROLLBACK_IN_PROGRESS";
    let rollback = found.object("rollback", &["serviceRevisionArn"])?;
    let to = rollback.map(|rollback| rollback.text("serviceRevisionArn")).transpose()?.flatten();
    let to = to.map(|arn| EcsArn::parse(arn, EcsKind::ServiceRevision)).transpose();
    let service = EcsArn::parse(found.required_text("serviceArn")?, EcsKind::Service);
    let both = service.ok().zip(to.ok());
    Ok(both.map(|(service, rollback_to)| Described::It(ServiceDeployment { service, is_rolling_back, rollback_to })))
}

#[cfg(test)]
mod tests;
