//! What ECS hands to the function of a deployment lifecycle hook. Only what names the service and its revision counts: where the
//! stage, the gates, or the policy come from is for the function's own settings to say.

use notary::json::{self, JsonError, Object};

use crate::aws::facts::ecs::{EcsArn, EcsArnError, EcsKind};

/// The stage before any task of the new revision runs.
const BEFORE_ANY_TASK: &str = "PRE_SCALE_UP";

/// Characters of the name of a stage.
const STAGE_LENGTH: usize = 64;

/// An event of a deployment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HookEvent {
    /// The stage of the deployment, where the event says which.
    pub(super) stage: Option<String>,
    pub(super) service: EcsArn,
    /// The revision that is to run.
    pub(super) revision: EcsArn,
    /// The deployment of which it is a part.
    pub(super) deployment: Option<EcsArn>,
    /// Whether somebody has put details into the hook, which are ignored: who may change a service may change them.
    pub(super) has_details: bool,
}

/// Why an event is not one of a deployment.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventError {
    #[error("the event cannot be read: {0}")]
    Json(#[from] JsonError),
    #[error("the event has no {member}")]
    Missing { member: &'static str },
    #[error("{member} of the event: {source}")]
    Arn { member: &'static str, source: EcsArnError },
    #[error("{member} stands in the event twice, with different values")]
    Differs { member: &'static str },
    #[error("lifecycleStage of the event is not the name of a stage")]
    Stage,
    #[error("{member} of the event is of another service, account, or region than serviceArn")]
    OtherService { member: &'static str },
}

impl HookEvent {
    /// Reads an event: in the form in which ECS has its details in `executionDetails`, or the older one without.
    ///
    /// # Errors
    /// [`EventError`]
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, EventError> {
        const DETAILS: [&str; 2] = ["serviceArn", "targetServiceRevisionArn"];
        let members = json::parse_object(bytes)?;
        let known = ["lifecycleStage", "resourceArn", "executionDetails", "hookDetails", DETAILS[0], DETAILS[1]];
        let event = Object::new(&members, &known)?;
        let inner = event.object("executionDetails", &DETAILS)?;
        let text = |member| match (event.text(member)?, inner.map(|inner| inner.text(member)).transpose()?.flatten()) {
            (Some(outside), Some(inside)) if outside != inside => Err(EventError::Differs { member }),
            (outside, inside) => outside.or(inside).ok_or(EventError::Missing { member }),
        };
        let arn = |member, kind, text| EcsArn::parse(text, kind).map_err(|source| EventError::Arn { member, source });
        let service = arn(DETAILS[0], EcsKind::Service, text(DETAILS[0])?)?;
        let revision = arn(DETAILS[1], EcsKind::ServiceRevision, text(DETAILS[1])?)?;
        let deployment = event.text("resourceArn")?;
        let deployment = deployment.map(|text| arn("resourceArn", EcsKind::ServiceDeployment, text)).transpose()?;
        for (member, found) in [(DETAILS[1], Some(&revision)), ("resourceArn", deployment.as_ref())] {
            if found.is_some_and(|found| !found.is_of_service(&service)) {
                return Err(EventError::OtherService { member });
            }
        }
        let stage = event.text("lifecycleStage")?.map(str::to_owned);
        if stage.as_deref().is_some_and(|stage| !is_stage(stage)) {
            return Err(EventError::Stage);
        }
        let has_details = members.get("hookDetails").is_some_and(|details| !details.is_null());
        Ok(Self { stage, service, revision, deployment, has_details })
    }

    /// Whether no task of the revision runs yet, so that a refusal comes before them.
    pub(super) fn is_before_any_task(&self) -> bool {
        self.stage.as_deref() == Some(BEFORE_ANY_TASK)
    }
}

/// Whether a text is of the form that names of stages have. Which there are is ECS's to say: the same is done in all.
fn is_stage(text: &str) -> bool {
    (1..=STAGE_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const SERVICE: &str = "arn:aws:ecs:us-west-2:111122223333:service/c/web";
    const REVISION: &str = "arn:aws:ecs:us-west-2:111122223333:service-revision/c/web/4980306466373577095";
    const DEPLOYMENT: &str = "arn:aws:ecs:us-west-2:111122223333:service-deployment/c/web/NCWGC2ZR";

    fn nested() -> Value {
        json!({
            "executionId": "a1b2", "lifecycleStage": "PRE_SCALE_UP", "resourceArn": DEPLOYMENT,
            "executionDetails": {"serviceArn": SERVICE, "targetServiceRevisionArn": REVISION,
                "testTrafficWeights": {}, "productionTrafficWeights": {"arn:x": 100}},
        })
    }

    fn parse(event: &Value) -> Result<HookEvent, EventError> {
        HookEvent::parse(event.to_string().as_bytes())
    }

    fn changed(change: impl FnOnce(&mut Value)) -> Result<HookEvent, EventError> {
        let mut event = nested();
        change(&mut event);
        parse(&event)
    }

    #[test]
    fn both_forms_of_an_event_say_the_same() {
        let event = parse(&nested()).unwrap();
        assert_eq!((event.service.to_string().as_str(), event.revision.to_string().as_str()), (SERVICE, REVISION));
        assert_eq!(event.deployment.as_ref().unwrap().to_string(), DEPLOYMENT);
        assert!(event.is_before_any_task() && !event.has_details);
        let flat = json!({"serviceArn": SERVICE, "targetServiceRevisionArn": REVISION,
            "lifecycleStage": "PRE_SCALE_UP", "resourceArn": DEPLOYMENT});
        assert_eq!(parse(&flat).unwrap(), event);
        // Both at once, if they agree.
        let both = changed(|event| event["serviceArn"] = json!(SERVICE)).unwrap();
        assert_eq!(both, event);
        let bare = json!({"serviceArn": SERVICE, "targetServiceRevisionArn": REVISION});
        let bare = parse(&bare).unwrap();
        assert_eq!((bare.stage.as_ref(), bare.deployment.as_ref(), bare.is_before_any_task()), (None, None, false));
    }

    #[test]
    fn details_of_the_hook_are_seen_and_not_read() {
        for (details, expected) in [
            (json!({"stage": "none", "policy": "x"}), true),
            (json!("x"), true),
            (json!([1]), true),
            (json!({}), true),
            (Value::Null, false),
        ] {
            let event = changed(|event| event["hookDetails"] = details).unwrap();
            assert_eq!(event.has_details, expected);
            assert_eq!(HookEvent { has_details: false, ..event }, parse(&nested()).unwrap());
        }
    }

    #[test]
    fn an_event_of_something_else_is_refused_with_its_member() {
        let other = |arn: &str| json!(arn.replace("/web", "/api"));
        let place = |arn: &str, from: &str, to: &str| json!(arn.replace(from, to));
        let details = "executionDetails";
        let target = "targetServiceRevisionArn";
        assert!(matches!(HookEvent::parse(b"{"), Err(EventError::Json(_))));
        assert!(matches!(HookEvent::parse(b"[]"), Err(EventError::Json(_))));
        assert!(matches!(HookEvent::parse(br#"{"a": 1, "a": 1}"#), Err(EventError::Json(_))));
        assert!(matches!(parse(&json!({})), Err(EventError::Missing { member: "serviceArn" })));
        assert!(matches!(
            parse(&json!({"serviceArn": SERVICE})),
            Err(EventError::Missing { member: "targetServiceRevisionArn" })
        ));
        for (wrong, member) in [
            (changed(|event| event[details] = json!([])), "executionDetails"),
            (changed(|event| event[details][target] = json!(7)), target),
            (changed(|event| event["ResourceArn"] = json!(1)), "resourceArn"),
            (changed(|event| event["lifecycleStage"] = json!({})), "lifecycleStage"),
        ] {
            assert!(matches!(wrong, Err(EventError::Json(_))), "{member}");
        }
        for (wrong, member) in [
            (changed(|event| event[details]["serviceArn"] = json!("web")), "serviceArn"),
            (changed(|event| event[details][target] = json!(SERVICE)), target),
            (changed(|event| event["resourceArn"] = json!(SERVICE)), "resourceArn"),
        ] {
            assert!(matches!(wrong, Err(EventError::Arn { member: found, .. }) if found == member), "{member}");
        }
        for (wrong, member) in [
            (changed(|event| event[details][target] = other(REVISION)), target),
            (changed(|event| event[details][target] = place(REVISION, "1111", "4444")), target),
            (changed(|event| event[details][target] = place(REVISION, "us-west-2", "us-east-1")), target),
            (changed(|event| event["resourceArn"] = other(DEPLOYMENT)), "resourceArn"),
        ] {
            let found = matches!(wrong, Err(EventError::OtherService { member: found }) if found == member);
            assert!(found, "{member}");
        }
        for member in ["serviceArn", target] {
            let wrong = changed(|event| event[member] = json!("arn:x"));
            assert!(matches!(wrong, Err(EventError::Differs { member: found }) if found == member), "{member}");
        }
        for stage in ["", "pre_scale_up", "PRE SCALE", "A\n", &"A".repeat(65)] {
            assert!(matches!(changed(|event| event["lifecycleStage"] = json!(stage)), Err(EventError::Stage)));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in r#"\{("serviceArn"|"executionDetails"|"resourceArn"):("a"|\{\}|null|1)\}"#) {
            prop_assert!(HookEvent::parse(&bytes).is_err());
            prop_assert!(HookEvent::parse(text.as_bytes()).is_err());
        }
    }
}
