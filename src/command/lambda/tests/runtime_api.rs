//! What Lambda is told, and how long the function takes.

use super::*;

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
