//! Which deployments go on, and which are stopped.

use super::*;

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
