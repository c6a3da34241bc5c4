//! The function from Lambda's first word to its last, against a Runtime API, ECS and a registry that are one server of the test process.

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
        VerifierSettings { by: VerifiedBy::Gates(Box::new(settings)), ..self.stage.ours.verifier() }
    }

    fn pinned(&self) -> String {
        self.stage.by_digest().to_string()
    }

    fn tagged(&self) -> String {
        self.stage.by_tag().to_string()
    }
}

#[tokio::test]
async fn each_event_is_answered_and_the_next_is_served() {
    let function = Function::new().await;
    function.stage.sign(&function.stage.ours).await;
    let fake = &function.stage.fake;
    let unsigned = stage::reference(fake, &format!("@{}", stage::image(fake, "unsigned").digest)).to_string();
    let foreign = stage::image(fake, "foreign");
    let (pinned, tagged) = (function.pinned(), function.tagged());
    let digest = function.stage.image.digest.to_string();
    let (pinned, tagged, digest) = (pinned.as_str(), tagged.as_str(), digest.as_str());
    let good = || Given::new(ecs(&[("web", pinned)], &[]));
    let other_service = REVISION.replace("/web/", "/api/");
    let mut other = event();
    other["executionDetails"]["targetServiceRevisionArn"] = json!(other_service);
    let flat = json!({"serviceArn": SERVICE, "targetServiceRevisionArn": REVISION, "hookDetails": {"stage": "x"}});
    let given = vec![
        (good(), "SUCCEEDED"),
        (Given { event: flat.to_string(), ..good() }, "SUCCEEDED"),
        // The digest that ECS resolved the tag to, to which the tag leads still.
        (Given::new(ecs(&[("web", tagged)], &[("web", tagged, digest)])), "SUCCEEDED"),
        // An unsigned sidecar; in the definition, and besides.
        (Given::new(ecs(&[("web", pinned), ("log", &unsigned)], &[])), "FAILED"),
        (Given::new(ecs(&[("web", pinned)], &[("agent", &unsigned, unsigned.split_once('@').unwrap().1)])), "FAILED"),
        (Given::new(ecs(&[("web", tagged)], &[("web", tagged, foreign.digest.as_str())])), "FAILED"),
        (Given::new(ecs(&[("web", pinned)], &[("web", pinned, foreign.digest.as_str())])), "FAILED"),
        (Given::new(ecs(&[("web", tagged)], &[])), "FAILED"),
        (Given::new(ecs(&[], &[])), "FAILED"),
        (Given::new(vec![]), "FAILED"),
        (Given::event("{"), "FAILED"),
        (Given::event(other.to_string()), "FAILED"),
        (Given::event("x".repeat(limits::EVENT_BYTES + 1)), "FAILED"),
        (Given { left: limits::MARGIN, ..good() }, "FAILED"),
        (Given { left: Duration::ZERO, ..good() }, "FAILED"),
        (good(), "SUCCEEDED"),
    ];
    let (given, expected): (Vec<_>, Vec<_>) = given.into_iter().unzip();
    let played = function.play(given).await;
    assert_eq!(played.answers(), expected);
    let paths: Vec<_> = played.posted.iter().map(|(path, _)| path.clone()).collect();
    let numbered: Vec<_> = (1..=expected.len()).map(|number| format!("invocation/id-{number}/response")).collect();
    assert_eq!(paths, numbered);
    // Lambda had no more, and said so in a way that nothing can be done about.
    assert_eq!(played.ended.exit_code(), ExitCode::Unavailable);
}

#[tokio::test]
async fn a_tag_that_was_moved_after_ecs_resolved_it_stops_the_deployment() {
    let function = Function::new().await;
    function.stage.sign(&function.stage.ours).await;
    let (tagged, digest) = (function.tagged(), function.stage.image.digest.to_string());
    let given = || vec![Given::new(ecs(&[("web", &tagged)], &[("web", &tagged, &digest)]))];
    assert_eq!(function.play(given()).await.answers(), ["SUCCEEDED"]);
    let _other = function.stage.fake.put_image("v1");
    assert_eq!(function.play(given()).await.answers(), ["FAILED"]);
}

#[tokio::test]
async fn what_ecs_says_has_to_be_about_the_service_of_the_event() {
    let function = Function::new().await;
    function.stage.sign(&function.stage.ours).await;
    let said = |change: fn(&mut Value)| {
        let mut said = ecs(&[("web", &function.pinned())], &[]);
        change(&mut said[0].1["serviceRevisions"][0]);
        Given::new(said)
    };
    let given = vec![
        said(|_| {}),
        said(|revision| revision["serviceArn"] = json!(SERVICE.replace("/web", "/api"))),
        said(|revision| revision["serviceArn"] = json!(SERVICE.replace("1111", "4444"))),
        said(|revision| revision["taskDefinition"] = json!(DEFINITION.replace("us-west-2", "us-east-1"))),
        said(|revision| revision["serviceRevisionArn"] = json!(REVISION.replace("/web", "/api"))),
    ];
    let expected = ["SUCCEEDED", "FAILED", "FAILED", "FAILED", "FAILED"];
    assert_eq!(function.play(given).await.answers(), expected);
}

#[tokio::test]
async fn a_rollback_runs_unverified_only_where_that_is_allowed_and_ecs_says_that_it_is_one() {
    let mut function = Function::new().await;
    let pinned = function.pinned();
    let said = |status: &str, to: &str| {
        let mut said = ecs(&[("web", &pinned)], &[]);
        said.push(deployment(status, to));
        Given::new(said)
    };
    let other = REVISION.replace("7095", "7096");
    let given = || {
        vec![
            said("ROLLBACK_IN_PROGRESS", REVISION),
            said("ROLLBACK_IN_PROGRESS", &other),
            said("IN_PROGRESS", REVISION),
            Given::new(ecs(&[("web", &pinned)], &[])),
            Given::event("{"),
            Given { left: Duration::ZERO, ..said("ROLLBACK_IN_PROGRESS", REVISION) },
        ]
    };
    assert_eq!(function.play(given()).await.answers(), ["FAILED"; 6]);
    function.rollback = Rollback::Allow;
    let expected = ["SUCCEEDED", "FAILED", "FAILED", "FAILED", "FAILED", "FAILED"];
    assert_eq!(function.play(given()).await.answers(), expected);
    // What is verified needs no permission.
    function.stage.sign(&function.stage.ours).await;
    assert_eq!(function.play(vec![said("IN_PROGRESS", &other)]).await.answers(), ["SUCCEEDED"]);
}

#[tokio::test]
async fn gates_verify_also_where_a_rollback_may_run_unverified_and_not_where_a_check_is_weakened() {
    let mut function = Function::new().await;
    function.stage.sign(&function.stage.ours).await;
    let pinned = function.pinned();
    let given = || vec![Given::new(ecs(&[("web", &pinned)], &[]))];
    let weakening = |setting| Weakening { setting, value: "x".to_owned(), origin: "y".to_owned() };
    for (weakened, expected) in
        [(&[][..], "SUCCEEDED"), (&["rollback"], "SUCCEEDED"), (&["rollback", "ca-file"], "FAILED")]
    {
        let settings = LambdaSettings { verifier: function.gates(), ..function.settings() };
        let weakened = weakened.iter().copied().map(weakening).collect();
        let played = function.play_by(&settings, weakened, given()).await;
        assert_eq!(played.answers(), [expected]);
    }
    function.rollback = Rollback::Allow;
    assert_eq!(function.play(given()).await.answers(), ["SUCCEEDED"]);
}

#[tokio::test]
async fn a_registry_that_says_nothing_costs_the_functions_time_and_no_more() {
    let function = Function::new().await;
    let posted = Arc::new(Mutex::new(Vec::new()));
    let silent = Given {
        left: limits::MARGIN + Duration::from_millis(300),
        ..Given::new(ecs(&[("web", &function.pinned())], &[]))
    };
    let mut answer = lambda_and_ecs(vec![silent], 202, Arc::clone(&posted));
    function.stage.fake.hook(move |seen| match seen.path.starts_with("/v2/") {
        true => Some(Reply { body: crate::registry::server::Body::Silence, ..Reply::new(200) }),
        false => answer(seen),
    });
    let settings = LambdaSettings {
        verifier: function.stage.ours.verifier(),
        rollback: Rollback::Verify,
        aws: aws_settings(function.stage.fake.port),
        registry: stage::registry_settings(),
    };
    let environment = Arc::new(Env::of(&[("AWS_LAMBDA_RUNTIME_API", &function.stage.fake.host())]));
    let context = Context { environment, ..stage::context("lambda") };
    let _ended = run(&settings, &context).await.unwrap_err();
    assert_eq!(posted.lock().unwrap()[0].1, json!({"hookStatus": "FAILED"}));
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_told_as_an_error_and_the_next_event_is_served() {
    let function = Function { status: 413, ..Function::new().await };
    let played = function.play(vec![Given::event("{"), Given::event("{")]).await;
    let paths: Vec<_> = played.posted.iter().map(|(path, _)| path.as_str()).collect();
    let of = |number: u8, what: &str| format!("invocation/id-{number}/{what}");
    assert_eq!(paths, [of(1, "response"), of(1, "error"), of(2, "response"), of(2, "error")]);
    assert_eq!(played.posted[1].1["errorType"], "Sealgate.unavailable");
}

#[tokio::test]
async fn what_keeps_the_function_from_starting_is_told_to_lambda() {
    let function = Function::new().await;
    let posted = Arc::new(Mutex::new(Vec::new()));
    function.stage.fake.hook(lambda_and_ecs(Vec::new(), 202, Arc::clone(&posted)));
    let environment = Arc::new(Env::of(&[("AWS_LAMBDA_RUNTIME_API", &function.stage.fake.host())]));
    let context = Context { environment, ..stage::context("lambda") };
    let mut settings = LambdaSettings {
        verifier: function.stage.ours.verifier(),
        rollback: Rollback::Verify,
        aws: stage::aws_settings(),
        registry: stage::registry_settings(),
    };
    let nowhere = Setting::default(vec!["/does/not/exist.crt".into()]);
    if let VerifiedBy::Policy(TrustSource::InMemory { roots, .. }) = &mut settings.verifier.by {
        *roots = nowhere;
    }
    let ended = run(&settings, &context).await.unwrap_err();
    assert_eq!(ended.exit_code(), ExitCode::Configuration);
    let refused = refuse(Error::new(code::INVALID_SETTING, "x"), &context).await;
    assert_eq!(refused.code(), "invalid-setting");
    // Elsewhere nobody hears it.
    let elsewhere = refuse(Error::new(code::USAGE, "x"), &stage::context("lambda")).await;
    assert_eq!(elsewhere.code(), "usage");
    let posted = posted.lock().unwrap();
    let seen: Vec<_> = posted.iter().map(|(path, body)| (path.as_str(), body["errorType"].as_str().unwrap())).collect();
    let expected = format!("Sealgate.{}", ended.code());
    assert_eq!(seen, [("init/error", expected.as_str()), ("init/error", "Sealgate.invalid-setting")]);
}

#[tokio::test]
async fn outside_of_lambda_there_are_no_events() {
    for (variables, expected) in [
        (&[][..], ExitCode::Usage),
        (&[("AWS_LAMBDA_RUNTIME_API", "user@host/path")], ExitCode::Configuration),
        (&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")], ExitCode::Unavailable),
    ] {
        let signer = stage::Signer::new("ours");
        let settings = LambdaSettings {
            verifier: signer.verifier(),
            rollback: Rollback::Verify,
            aws: stage::aws_settings(),
            registry: stage::registry_settings(),
        };
        let context = Context { environment: Arc::new(Env::of(variables)), ..stage::context("lambda") };
        assert_eq!(run(&settings, &context).await.unwrap_err().exit_code(), expected, "{variables:?}");
    }
}

#[tokio::test]
async fn a_request_id_that_is_none_ends_the_function() {
    for id in ["", "a/../b", "a b", &"a".repeat(65)] {
        let function = Function::new().await;
        let posted = Arc::new(Mutex::new(Vec::new()));
        let mut answer = lambda_and_ecs(vec![Given::event("{")], 202, Arc::clone(&posted));
        let header = id.to_owned();
        function
            .stage
            .fake
            .hook(move |seen| answer(seen).map(|reply| reply.header("Lambda-Runtime-Aws-Request-Id", header.clone())));
        let api = RuntimeApi::at(&function.stage.fake.host()).unwrap();
        assert!(matches!(api.next().await, Err(runtime::RuntimeError::NoRequestId)), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_of_an_event_ends_a_little_before_the_functions() {
    let context = Context { clock: Clock::starting_at(stage::now()), ..stage::context("lambda") };
    let left = |deadline: Option<Timestamp>| {
        let id = runtime::tests::id("a");
        time_left(&Invocation { id, deadline, event: None }, &context)
    };
    let minute = Duration::from_secs(60);
    assert_eq!(left(Some(stage::now() + minute)).unwrap(), minute - limits::MARGIN);
    for deadline in [None, Some(stage::now()), Some(stage::now() - minute), Some(stage::now() + limits::MARGIN)] {
        assert_eq!(left(deadline).unwrap_err().exit_code(), ExitCode::Unavailable, "{deadline:?}");
    }
}
