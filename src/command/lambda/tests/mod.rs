//! The function from Lambda's first word to its last, against a Runtime API, ECS and a registry that are one server of the test process.

mod deployments;
mod runtime_api;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use notary::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::aws::facts::AwsSettings;
use crate::aws::facts::keys::Keys;
use crate::aws::facts::settings::{Endpoints, Sources};
use crate::clock::Clock;
use crate::command::stage::{self, Stage};
use crate::config::setting::Setting;
use crate::config::{GateSettings, RegistrySettings, Rollback, TrustSource, VerifiedBy, VerifierSettings, gates};
use crate::env::Env;
use crate::exit_code::ExitCode;
use crate::registry::server::{Reply, Seen};

const SERVICE: &str = "arn:aws:ecs:us-west-2:111122223333:service/c/web";
const REVISION: &str = "arn:aws:ecs:us-west-2:111122223333:service-revision/c/web/4980306466373577095";
const DEPLOYMENT: &str = "arn:aws:ecs:us-west-2:111122223333:service-deployment/c/web/NCWGC2ZR";
const DEFINITION: &str = "arn:aws:ecs:us-west-2:111122223333:task-definition/web:7";

/// An answer of ECS to one event, by operation.
type Ecs = Vec<(&'static str, Value)>;

/// One event, how long the function has for it, and what ECS says meanwhile.
#[derive(Clone, Debug)]
struct Given {
    event: String,
    left: Duration,
    ecs: Ecs,
}

impl Given {
    fn new(ecs: Ecs) -> Self {
        Self { event: event().to_string(), left: Duration::from_secs(30), ecs }
    }

    fn event(event: impl Into<String>) -> Self {
        Self { event: event.into(), ..Self::new(Vec::new()) }
    }
}

fn event() -> Value {
    json!({"executionId": "a", "lifecycleStage": "PRE_SCALE_UP", "resourceArn": DEPLOYMENT,
        "executionDetails": {"serviceArn": SERVICE, "targetServiceRevisionArn": REVISION}})
}

/// What ECS says of a revision with these containers, and of those that it has resolved.
fn ecs(containers: &[(&str, &str)], resolved: &[(&str, &str, &str)]) -> Ecs {
    let images: Vec<_> = resolved
        .iter()
        .map(|(name, image, digest)| json!({"containerName": name, "image": image, "imageDigest": digest}))
        .collect();
    let definitions: Vec<_> = containers.iter().map(|(name, image)| json!({"name": name, "image": image})).collect();
    let revision = json!({"serviceRevisionArn": REVISION, "serviceArn": SERVICE, "taskDefinition": DEFINITION,
        "containerImages": images});
    vec![
        ("DescribeServiceRevisions", json!({"serviceRevisions": [revision], "failures": []})),
        (
            "DescribeTaskDefinition",
            json!({"taskDefinition": {"taskDefinitionArn": DEFINITION, "containerDefinitions": definitions}}),
        ),
    ]
}

/// What ECS says of a deployment.
fn deployment(status: &str, to: &str) -> (&'static str, Value) {
    let deployment = json!({"serviceDeploymentArn": DEPLOYMENT, "serviceArn": SERVICE, "status": status,
        "rollback": {"serviceRevisionArn": to}});
    ("DescribeServiceDeployments", json!({"serviceDeployments": [deployment]}))
}

/// What the function did: the paths and bodies that it posted to the Runtime API, and how it ended.
struct Played {
    posted: Vec<(String, Value)>,
    ended: Error,
}

impl Played {
    /// The answers, event by event.
    fn answers(&self) -> Vec<&str> {
        let answer = |(path, body): &(String, Value)| {
            assert!(path.ends_with("/response"), "{path}");
            assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
            ["SUCCEEDED", "FAILED"].into_iter().find(|word| body["hookStatus"] == *word).unwrap()
        };
        self.posted.iter().map(answer).collect()
    }
}

/// Answers requests to the Runtime API and to ECS; all else is the registry's.
fn lambda_and_ecs(
    given: Vec<Given>,
    status: u16,
    posted: Arc<Mutex<Vec<(String, Value)>>>,
) -> impl FnMut(&Seen) -> Option<Reply> {
    let mut given: VecDeque<_> = given.into();
    let mut ecs = Vec::new();
    let mut count = 0;
    move |seen| {
        if let Some(path) = seen.path.strip_prefix("/2018-06-01/runtime/") {
            if path != "invocation/next" {
                posted.lock().unwrap().push((path.to_owned(), serde_json::from_slice(&seen.body).unwrap()));
                return Some(Reply::json(
                    if path.ends_with("response") { status } else { 202 },
                    &json!({"status": "OK"}),
                ));
            }
            let Some(next) = given.pop_front() else { return Some(Reply::new(500)) };
            ecs = next.ecs;
            count += 1;
            let deadline = (stage::now() + next.left).as_millisecond();
            let reply = Reply::new(200).body("application/json", next.event);
            let reply = reply.header("Lambda-Runtime-Aws-Request-Id", format!("id-{count}"));
            return Some(reply.header("Lambda-Runtime-Deadline-Ms", deadline.to_string()));
        }
        let operation = seen.header("x-amz-target")?.strip_prefix("AmazonEC2ContainerServiceV20141113.")?;
        assert!(seen.header("authorization").unwrap().contains("/us-west-2/ecs/aws4_request"));
        let said = ecs.iter().find(|(name, _)| *name == operation);
        Some(match said {
            Some((_, answer)) => Reply::json(200, answer),
            None => Reply::json(400, &json!({"__type": "ClientException", "message": "no"})),
        })
    }
}

fn aws_settings(port: u16) -> AwsSettings {
    let keys = Keys::read(("a", Some("AKIDEXAMPLE")), ("b", Some("secret")), ("c", None), "").unwrap();
    let settings = stage::aws_settings();
    AwsSettings {
        sources: Sources { keys: Ok(keys), ..settings.sources.clone() },
        endpoints: Endpoints { by_service: [("ECS", format!("http://127.0.0.1:{port}"))].into(), named: Vec::new() },
        ..settings
    }
}

struct Function {
    stage: Stage,
    rollback: Rollback,
    /// How the Runtime API answers our answers.
    status: u16,
}

impl Function {
    async fn new() -> Self {
        Self { stage: Stage::new().await, rollback: Rollback::Verify, status: 202 }
    }

    /// Lets the function have these events.
    async fn play(&self, given: Vec<Given>) -> Played {
        self.play_by(&self.settings(), Vec::new(), given).await
    }

    fn settings(&self) -> LambdaSettings {
        let registry = RegistrySettings { timeout: Duration::from_secs(2), ..stage::registry_settings() };
        let (verifier, aws) = (self.stage.ours.verifier(), aws_settings(self.stage.fake.port));
        LambdaSettings { verifier, rollback: self.rollback, aws, registry }
    }

    async fn play_by(&self, settings: &LambdaSettings, weakened: Vec<Weakening>, given: Vec<Given>) -> Played {
        let posted = Arc::new(Mutex::new(Vec::new()));
        let fake = &self.stage.fake;
        fake.hook(lambda_and_ecs(given, self.status, Arc::clone(&posted)));
        let environment = Arc::new(Env::of(&[("AWS_LAMBDA_RUNTIME_API", &fake.host())]));
        let context = Context { environment, weakened, ..stage::context("lambda") };
        let ended = run(settings, &context).await.unwrap_err();
        let posted = posted.lock().unwrap().clone();
        Played { posted, ended }
    }

    /// Gates whose one stage asks for a signature of ours.
    fn gates(&self) -> VerifierSettings {
        let folder = tempfile::tempdir().unwrap();
        let (file, files) = (folder.path().join("gates.yaml"), &self.stage.ours.files);
        let signer = json!({"root": files.root, "identity": files.identity});
        let gates = json!({"version": 1, "signers": {"ours": signer}, "stages": {"prod": {"require": ["ours"]}}});
        std::fs::write(&file, gates.to_string()).unwrap();
        let (gates, warnings) = gates::load(&file).unwrap();
        let settings = GateSettings { file: Setting::default(file), gates: Arc::new(gates), stage: 0, warnings };
        VerifierSettings { by: VerifiedBy::Gates(Arc::new(settings)), ..self.stage.ours.verifier() }
    }

    fn pinned(&self) -> String {
        self.stage.by_digest().to_string()
    }

    fn tagged(&self) -> String {
        self.stage.by_tag().to_string()
    }
}
