use serde_json::Value;

use super::*;

const SERVICE: &str = "arn:aws:ecs:us-west-2:111122223333:service/c/web";
const REVISION: &str = "arn:aws:ecs:us-west-2:111122223333:service-revision/c/web/4980306466373577095";
const DEPLOYMENT: &str = "arn:aws:ecs:us-west-2:111122223333:service-deployment/c/web/NCWGC2ZR";
const DEFINITION: &str = "arn:aws:ecs:us-west-2:111122223333:task-definition/web:7";

fn revisions(change: impl FnOnce(&mut Value)) -> String {
    let mut revision = json!({
        "serviceRevisionArn": REVISION, "serviceArn": SERVICE, "taskDefinition": DEFINITION, "createdAt": 1.7e9,
        "containerImages": [{"containerName": "web", "image": "r.example/web:1", "imageDigest": "sha256:1"},
            {"containerName": "log", "image": "r.example/log@sha256:2"}],
    });
    change(&mut revision);
    json!({"serviceRevisions": [revision], "failures": []}).to_string()
}

fn definitions(change: impl FnOnce(&mut Value)) -> String {
    let mut definition = json!({
        "taskDefinitionArn": DEFINITION, "status": "INACTIVE",
        "containerDefinitions": [{"name": "web", "image": "r.example/web:1", "cpu": 0},
            {"name": "log", "image": "r.example/log@sha256:2", "versionConsistency": "disabled"}],
    });
    change(&mut definition);
    json!({"taskDefinition": definition, "tags": []}).to_string()
}

fn deployments(change: impl FnOnce(&mut Value)) -> String {
    let mut deployment = json!({
        "serviceDeploymentArn": DEPLOYMENT, "serviceArn": SERVICE, "status": "ROLLBACK_IN_PROGRESS",
        "rollback": {"reason": "x", "startedAt": 1.7e9, "serviceRevisionArn": REVISION},
    });
    change(&mut deployment);
    json!({"serviceDeployments": [deployment], "failures": []}).to_string()
}

fn revision_of(answer: &str) -> Option<Described<ServiceRevision>> {
    read(answer.as_bytes(), |members| revision(members, REVISION))
}

fn definition_of(answer: &str) -> Option<Described<TaskDefinition>> {
    read(answer.as_bytes(), |members| task_definition(members, DEFINITION))
}

fn deployment_of(answer: &str) -> Option<Described<ServiceDeployment>> {
    read(answer.as_bytes(), |members| deployment(members, DEPLOYMENT))
}

#[test]
fn a_revision_has_its_service_its_definition_and_its_images() {
    let image = |container: &str, image: &str, digest: Option<&str>| RevisionImage {
        container: container.to_owned(),
        image: image.to_owned(),
        digest: digest.map(str::to_owned),
    };
    let expected = ServiceRevision {
        service: EcsArn::parse(SERVICE, EcsKind::Service).unwrap(),
        task_definition: EcsArn::parse(DEFINITION, EcsKind::TaskDefinition).unwrap(),
        images: vec![image("web", "r.example/web:1", Some("sha256:1")), image("log", "r.example/log@sha256:2", None)],
    };
    assert_eq!(revision_of(&revisions(|_| {})), Some(Described::It(expected.clone())));
    // Nothing was resolved: no task is to run.
    for none in [Value::Null, json!([])] {
        let answer = revisions(|revision| revision["containerImages"] = none);
        let expected = ServiceRevision { images: Vec::new(), ..expected.clone() };
        assert_eq!(revision_of(&answer), Some(Described::It(expected)));
    }
}

#[test]
fn a_definition_has_its_containers_and_what_becomes_of_their_tags() {
    let Some(Described::It(found)) = definition_of(&definitions(|_| {})) else { panic!() };
    let seen: Vec<_> = found.containers.iter().map(|one| (one.name.as_str(), one.image.as_str(), one.tag)).collect();
    assert_eq!(
        seen,
        [("web", "r.example/web:1", TagUse::Once), ("log", "r.example/log@sha256:2", TagUse::ForEachTask)]
    );
    for (said, expected) in [("enabled", TagUse::Once), ("disabled", TagUse::ForEachTask), ("new", TagUse::ForEachTask)]
    {
        let answer = definitions(|one| one["containerDefinitions"][0]["versionConsistency"] = json!(said));
        let Some(Described::It(found)) = definition_of(&answer) else { panic!("{said}") };
        assert_eq!(found.containers[0].tag, expected, "{said}");
    }
}

#[test]
fn a_deployment_says_what_it_rolls_back_to() {
    let Some(Described::It(found)) = deployment_of(&deployments(|_| {})) else { panic!() };
    assert!(found.is_rolling_back);
    assert_eq!(found.rollback_to.unwrap().to_string(), REVISION);
    for status in ["IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_SUCCESSFUL", "", "new"] {
        let answer = deployments(|one| one["status"] = json!(status));
        assert!(matches!(deployment_of(&answer), Some(Described::It(found)) if !found.is_rolling_back), "{status}");
    }
    let Some(Described::It(found)) = deployment_of(&deployments(|one| one["rollback"] = Value::Null)) else { panic!() };
    assert_eq!(found.rollback_to, None);
    assert_eq!(deployment_of(&deployments(|one| one["rollback"]["serviceRevisionArn"] = json!(SERVICE))), None);
}

#[test]
fn what_ecs_does_not_describe_is_named_with_its_reason() {
    for (failures, expected) in [
        (json!([{"arn": REVISION, "reason": "MISSING"}]), "MISSING"),
        (json!([{"reason": "MISSING", "detail": "d"}, {}]), "MISSING (d), no reason"),
    ] {
        let answer = json!({"serviceRevisions": [], "failures": failures}).to_string();
        assert_eq!(revision_of(&answer), Some(Described::Failed(expected.to_owned())));
    }
    // A failure counts also beside what was asked for.
    let mut answer: Value = serde_json::from_str(&revisions(|_| {})).unwrap();
    answer["failures"] = json!([{"reason": "MISSING"}]);
    assert!(matches!(revision_of(&answer.to_string()), Some(Described::Failed(_))));
    let many = vec![json!({"reason": "x"}); 1000];
    let Some(Described::Failed(why)) = revision_of(&json!({"failures": many}).to_string()) else { panic!() };
    assert_eq!(why.matches('x').count(), limits::FAILURES);
}

#[test]
fn an_answer_about_something_else_describes_nothing() {
    let two = {
        let mut answer: Value = serde_json::from_str(&revisions(|_| {})).unwrap();
        let one = answer["serviceRevisions"][0].clone();
        answer["serviceRevisions"] = json!([one, one]);
        answer.to_string()
    };
    for answer in [
        "{}".to_owned(),
        json!({"serviceRevisions": []}).to_string(),
        two,
        revisions(|revision| revision["serviceRevisionArn"] = json!(REVISION.replace("web", "api"))),
    ] {
        assert_eq!(revision_of(&answer), Some(Described::SomethingElse), "{answer}");
    }
    for answer in ["{}".to_owned(), definitions(|one| one["taskDefinitionArn"] = json!("arn:x"))] {
        assert_eq!(definition_of(&answer), Some(Described::SomethingElse), "{answer}");
    }
    let answer = deployments(|one| one["serviceDeploymentArn"] = json!("arn:x"));
    assert_eq!(deployment_of(&answer), Some(Described::SomethingElse));
}

#[test]
fn an_answer_of_another_form_is_not_read() {
    let removed = |answer: String, from: &str, member: &str| {
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        answer.pointer_mut(from).unwrap().as_object_mut().unwrap().remove(member).unwrap();
        answer.to_string()
    };
    for answer in [
        String::new(),
        "<html>".to_owned(),
        "[]".to_owned(),
        json!({"serviceRevisions": {}}).to_string(),
        json!({"serviceRevisions": [1]}).to_string(),
        json!({"ServiceRevisions": []}).to_string(),
        json!({"failures": "x"}).to_string(),
        r#"{"failures": [], "failures": []}"#.to_owned(),
        revisions(|revision| revision["serviceArn"] = json!("web")),
        revisions(|revision| revision["taskDefinition"] = json!("web:7")),
        revisions(|revision| revision["containerImages"] = json!({})),
        revisions(|revision| revision["containerImages"][0]["imageDigest"] = json!(1)),
        revisions(|revision| revision["containerImages"][0]["ImageDigest"] = json!("sha256:2")),
        removed(revisions(|_| {}), "/serviceRevisions/0", "serviceRevisionArn"),
        removed(revisions(|_| {}), "/serviceRevisions/0", "serviceArn"),
        removed(revisions(|_| {}), "/serviceRevisions/0", "taskDefinition"),
        removed(revisions(|_| {}), "/serviceRevisions/0/containerImages/0", "containerName"),
        removed(revisions(|_| {}), "/serviceRevisions/0/containerImages/0", "image"),
    ] {
        assert_eq!(revision_of(&answer), None, "{answer}");
    }
    for answer in [
        definitions(|one| one["containerDefinitions"] = json!("x")),
        definitions(|one| one["containerDefinitions"][0]["image"] = json!({})),
        removed(definitions(|_| {}), "/taskDefinition/containerDefinitions/1", "image"),
        removed(definitions(|_| {}), "/taskDefinition/containerDefinitions/1", "name"),
        removed(definitions(|_| {}), "/taskDefinition", "taskDefinitionArn"),
    ] {
        assert_eq!(definition_of(&answer), None, "{answer}");
    }
}

#[test]
fn more_containers_than_ecs_has_are_not_read() {
    for (count, is_read) in [(limits::CONTAINERS, true), (limits::CONTAINERS + 1, false)] {
        let container = json!({"containerName": "a", "image": "b", "name": "a"});
        let answer = revisions(|revision| revision["containerImages"] = json!(vec![container.clone(); count]));
        assert_eq!(revision_of(&answer) == Some(Described::TooMany), !is_read);
        let answer = definitions(|one| one["containerDefinitions"] = json!(vec![container; count]));
        assert_eq!(definition_of(&answer) == Some(Described::TooMany), !is_read);
    }
}
