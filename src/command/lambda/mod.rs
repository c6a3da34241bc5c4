//! `lambda`: the program of a function that ECS asks, by a deployment lifecycle hook, whether a deployment may go on.
//!
//! Whatever goes wrong with an event, the answer is FAILED, and the next event is waited for. Only what keeps every event from being
//! answered ends the function.

mod bind;
mod event;
mod judge;
mod last_word;
mod limits;
mod runtime;

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

pub(crate) use self::last_word::answer_for_panic;

use self::event::{EventError, HookEvent};
use self::judge::Judge;
use self::runtime::{Invocation, RequestId, RuntimeApi};
use super::Done;
use super::verifier::Verifier;
use crate::config::{LambdaSettings, key};
use crate::context::Context;
use crate::error::{self, Error, code};
use crate::report::{Reason, Weakening};

/// What ECS is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HookStatus {
    Succeeded,
    Failed,
}

impl HookStatus {
    /// ECS's own word.
    const fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
        }
    }

    /// The answer. It holds nothing else: what ECS is told, it shows to whoever may look at the service.
    fn answer(self) -> String {
        json!({"hookStatus": self.word()}).to_string()
    }
}

/// Answers events for as long as Lambda has any. Policy and stores are read before the first.
pub(super) async fn run(settings: &LambdaSettings, context: &Context) -> Result<Done, Error> {
    let api = RuntimeApi::of(&context.environment)?;
    let verifier = match Verifier::load(&settings.verifier, &settings.registry) {
        Ok(verifier) => verifier,
        Err(error) => return Err(fail_to_start(&api, error).await),
    };
    tell_settings(&verifier, context);
    loop {
        let invocation = match context.called_off.or(api.next()).await {
            Ok(invocation) => invocation?,
            Err(stop) => return Err(error::called_off(stop, None, true)),
        };
        let id = &invocation.id;
        let kept = last_word::keep(api.request(id, HookStatus::Failed.answer()));
        let status = answer(&invocation, settings, &verifier, context).await;
        drop(kept);
        tracing::info!(request = id.as_str(), status = status.word(), "hookStatus");
        if let Err(refused) = api.respond(id, status.answer()).await {
            give_up(&api, id, &refused.into()).await;
        }
    }
}

/// Tells Lambda what keeps the function from being used, and gives it back.
pub(super) async fn refuse(error: Error, context: &Context) -> Error {
    match RuntimeApi::of(&context.environment) {
        Ok(api) => fail_to_start(&api, error).await,
        // Not on Lambda: the settings are told to whoever tries them.
        Err(_) => error,
    }
}

async fn fail_to_start(api: &RuntimeApi, error: Error) -> Error {
    if let Err(refused) = api.fail_to_start(&error.report()).await {
        tracing::error!(why = %refused, "Lambda does not hear that the function cannot start");
    }
    error
}

/// The answer was not taken: that the event failed may be.
async fn give_up(api: &RuntimeApi, id: &RequestId, error: &Error) {
    let Reason { code, text: why, .. } = error.reason();
    tracing::error!(request = id.as_str(), code, why, "the answer was not taken");
    if let Err(refused) = api.fail(id, &error.report()).await {
        tracing::error!(request = id.as_str(), why = %refused, "nor that there is none");
    }
}

/// What of the settings every reader of the log has to know.
fn tell_settings(verifier: &Verifier<'_>, context: &Context) {
    for Weakening { setting, value, origin } in &context.weakened {
        tracing::warn!(setting, value, origin, "a setting weakens the check");
    }
    for Reason { code, text: why, .. } in verifier.warnings().into_iter().chain(context.caveats.iter().cloned()) {
        tracing::warn!(code, why, "the policy");
    }
}

/// The answer to an event. Why it is FAILED is in the log.
async fn answer(
    invocation: &Invocation,
    settings: &LambdaSettings,
    verifier: &Verifier<'_>,
    context: &Context,
) -> HookStatus {
    let request = invocation.id.as_str();
    // What may be done with a revision that is not verified weakens no check of its images.
    let weakened = context.weakened.iter().filter(|one| one.setting != key::ROLLBACK.name).cloned().collect();
    let context = &Context { clock: context.clock.set_anew(), weakened, ..context.clone() };
    let judge = Judge { settings, verifier, context, request };
    match judged(invocation, &judge).await {
        Ok(()) => HookStatus::Succeeded,
        Err(error) => {
            let Reason { code, text: why, .. } = error.reason();
            tracing::error!(request, code, why, "the deployment is stopped");
            HookStatus::Failed
        }
    }
}

async fn judged(invocation: &Invocation, judge: &Judge<'_>) -> Result<(), Error> {
    let left = time_left(invocation, judge.context)?;
    let too_large = || Error::new(code::HOOK_EVENT, format!("the event has more than {} bytes", limits::EVENT_BYTES));
    let event = HookEvent::parse(invocation.event.as_deref().ok_or_else(too_large)?)?;
    tell_event(&event, judge.request);
    // Of a rollback that may run, nothing has to be found out in time.
    let may_return = async { timeout(left, judge.may_return(&event)).await.unwrap_or(false) };
    let check = timeout(left, Box::pin(judge.check(&event)));
    let (may_return, checked) = tokio::join!(may_return, check);
    match checked.unwrap_or_else(|_elapsed| Err(late())) {
        Err(error) if may_return => {
            let Reason { code, text: why, .. } = error.reason();
            tracing::warn!(
                request = judge.request,
                code,
                why,
                "NOT VERIFIED, and a rollback that may run (SEALGATE_ROLLBACK=allow)"
            );
            Ok(())
        }
        checked => checked,
    }
}

/// How long the work on an event may take.
fn time_left(invocation: &Invocation, context: &Context) -> Result<Duration, Error> {
    let unknown = || Error::new(code::UNAVAILABLE, "the Runtime API does not say when the function's time ends");
    let deadline = invocation.deadline.ok_or_else(unknown)?;
    let left = deadline.duration_since(context.clock.now());
    let left = Duration::try_from(left).ok().and_then(|left| left.checked_sub(limits::MARGIN));
    let none = || {
        Error::new(code::UNAVAILABLE, "the function's time is over before anything was asked")
            .help("give the function more time: 60 seconds are enough for most")
    };
    left.filter(|left| !left.is_zero()).ok_or_else(none)
}

fn late() -> Error {
    let margin = limits::MARGIN.as_millis();
    Error::new(code::UNAVAILABLE, format!("there was no verdict {margin} ms before the function's time ends"))
        .help("give the function more time, and check that it reaches the registry and AWS")
}

fn tell_event(event: &HookEvent, request: &str) {
    let stage = event.stage.as_deref().unwrap_or_default();
    tracing::info!(request, stage, revision = %event.revision, "a deployment");
    if event.has_details {
        tracing::info!(request, "hookDetails are ignored: settings come from the function's environment");
    }
    if !event.is_before_any_task() {
        tracing::warn!(request, stage, "tasks of the revision may run already: the hook belongs to PRE_SCALE_UP");
    }
}

impl From<EventError> for Error {
    fn from(error: EventError) -> Self {
        Self::of(code::HOOK_EVENT, &error)
            .help("only ECS calls this function, by a deployment lifecycle hook of a service")
    }
}

#[cfg(test)]
mod tests;
