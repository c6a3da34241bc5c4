//! From a request to an answer: which operation, who asks, which fault, what comes of it.

use serde_json::{Value, json};

use super::answer::{Answer, ErrorName, Failure, Manner, Protocol};
use super::arn;
use super::clock::milliseconds;
use super::control;
use super::fault::Fault;
use super::identity::{Call, Caller};
use super::input::Fields;
use super::log::Entry;
use super::request::Request;
use super::sts::{self, Form};
use super::world::World;
use super::{ecr, ecs, jobs, permissions, profiles, revocations, runner, sign_payload, signer};

/// An operation of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// As AWS calls it.
    pub(crate) name: String,
    /// What a signature must be for.
    pub(crate) signing_name: &'static str,
    /// How results and errors are written.
    pub(crate) protocol: Protocol,
}

/// Finds the operation of a request by method, path, target and form.
pub(crate) fn operation(request: &Request) -> Option<Operation> {
    let made = |name: &str, signing_name, protocol| Some(Operation { name: name.to_owned(), signing_name, protocol });
    let segments = request.segments();
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    if !segments.is_empty() {
        return made(signer_operation(&request.method, &segments)?, "signer", Protocol::RestJson);
    }
    if request.method != "POST" {
        return None;
    }
    match request.header("x-amz-target").and_then(|target| target.split_once('.')) {
        Some(("AmazonEC2ContainerRegistry_V20150921", name)) => made(name, "ecr", Protocol::Json11),
        Some(("AmazonEC2ContainerServiceV20141113", name)) => made(name, "ecs", Protocol::Json11),
        Some(("SpencerFrontendService", name)) => made(name, "ecr-public", Protocol::Json11),
        Some(_) => None,
        None => made(Form::read(request).get("Action")?, "sts", Protocol::Query),
    }
}

fn signer_operation(method: &str, segments: &[&str]) -> Option<&'static str> {
    Some(match (method, segments) {
        ("POST", ["signing-jobs", "with-payload"]) => "SignPayload",
        ("GET", ["signing-jobs"]) => "ListSigningJobs",
        ("GET", ["signing-jobs", _]) => "DescribeSigningJob",
        ("PUT", ["signing-jobs", _, "revoke"]) => "RevokeSignature",
        ("GET", ["signing-profiles"]) => "ListSigningProfiles",
        ("GET", ["signing-profiles", _]) => "GetSigningProfile",
        ("PUT", ["signing-profiles", _]) => "PutSigningProfile",
        ("DELETE", ["signing-profiles", _]) => "CancelSigningProfile",
        ("PUT", ["signing-profiles", _, "revoke"]) => "RevokeSigningProfile",
        ("POST", ["signing-profiles", _, "permissions"]) => "AddProfilePermission",
        ("GET", ["signing-profiles", _, "permissions"]) => "ListProfilePermissions",
        ("DELETE", ["signing-profiles", _, "permissions", _]) => "RemoveProfilePermission",
        ("GET", ["signing-platforms"]) => "ListSigningPlatforms",
        ("GET", ["signing-platforms", _]) => "GetSigningPlatform",
        ("GET", ["tags", _]) => "ListTagsForResource",
        ("POST", ["tags", _]) => "TagResource",
        ("DELETE", ["tags", _]) => "UntagResource",
        ("GET", ["revocations"]) => "GetRevocationStatus",
        _ => return None,
    })
}

/// Answers a request, and writes it down.
pub(crate) fn answer(world: &mut World, request: &Request) -> Answer {
    if request.path.starts_with("/_control/") {
        return control::answer(world, request);
    }
    let at = world.log.elapsed();
    let mut entry = Entry {
        operation: format!("{} {}", request.method, request.path),
        principal: None,
        access_key: None,
        region: None,
        authorized: request.header("authorization").is_some(),
        host: request.header("host").unwrap_or_default().to_owned(),
        user_agent: request.header("user-agent").unwrap_or_default().to_owned(),
        request_id: String::new(),
        status: 0,
        error: None,
        fault: None,
        started: in_milliseconds(at),
        ended: 0,
        at,
    };
    let answer = run(world, request, &mut entry);
    entry.request_id.clone_from(&answer.request_id);
    entry.status = if answer.manner == Manner::Reset { 0 } else { answer.status };
    entry.error = answer.error.map(str::to_owned);
    entry.ended = in_milliseconds(world.log.elapsed());
    world.log.add(entry);
    answer
}

fn in_milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn run(world: &mut World, request: &Request, entry: &mut Entry) -> Answer {
    match request.path.as_str() {
        "/oidc" => return run_runner(world, request, entry, "GetIdToken", runner::id_token),
        "/creds" => return run_runner(world, request, entry, "GetContainerCredentials", runner::credentials),
        _ => {}
    }
    let error_name = world.error_name;
    let unknown = Failure::new("UnknownOperationException", 404, "there is no such operation");
    let Some(operation) = operation(request).filter(|operation| host_fits(request, operation)) else {
        return unknown.answer(Protocol::RestJson, error_name);
    };
    entry.operation.clone_from(&operation.name);
    let call = Call { request, signing_name: operation.signing_name, protocol: operation.protocol };
    let caller = match authenticate(world, &call, &operation) {
        Ok(caller) => caller,
        Err(failure) => return failure.answer(operation.protocol, error_name),
    };
    if !caller.access_key.is_empty() {
        entry.principal = Some(caller.arn.clone());
        entry.access_key = Some(caller.access_key.clone());
        entry.region = Some(caller.region.clone());
    }
    let fault = take_fault(world, &operation.name, &caller.arn, entry);
    if let Some(failure) = fault.as_ref().and_then(|fault| refusal(fault, &call, &operation, &caller)) {
        return failure.answer(operation.protocol, error_name);
    }
    let answer = match perform(world, &caller, request, &operation, fault.as_ref()) {
        Ok(value) => Answer::result(operation.protocol, &operation.name, &value),
        Err(failure) => failure.answer(operation.protocol, error_name),
    };
    disturbed(answer, fault.as_ref())
}

/// The routes of a CI runner have no signature.
fn run_runner(
    world: &mut World,
    request: &Request,
    entry: &mut Entry,
    name: &str,
    handle: fn(&mut World, &Request) -> Result<Value, Failure>,
) -> Answer {
    name.clone_into(&mut entry.operation);
    let fault = take_fault(world, name, "", entry);
    let broken = matches!(fault, Some(Fault::InternalError | Fault::Throttle | Fault::Quota { .. }));
    let result =
        if broken { Err(Failure::new("InternalError", 500, "internal error")) } else { handle(world, request) };
    let answer = match result {
        Ok(value) => Answer::json("application/json", &value),
        Err(failure) => failure.answer(Protocol::RestJson, ErrorName::Header),
    };
    disturbed(answer, fault.as_ref())
}

/// A host name of AWS must be that of the service; `data-signer` answers for revocations and nothing else.
fn host_fits(request: &Request, operation: &Operation) -> bool {
    match arn::of_host(request.header("host").unwrap_or_default()) {
        None => true,
        Some(("signer-data", _)) => operation.name == "GetRevocationStatus",
        Some(("signer", _)) => operation.signing_name == "signer" && operation.name != "GetRevocationStatus",
        Some((service, _)) => operation.signing_name == service,
    }
}

fn authenticate(world: &World, call: &Call<'_>, operation: &Operation) -> Result<Caller, Failure> {
    if operation.name == "AssumeRoleWithWebIdentity" {
        let nobody = String::new;
        return Ok(Caller {
            arn: nobody(),
            account: nobody(),
            user_id: nobody(),
            access_key: nobody(),
            region: nobody(),
        });
    }
    world.identities.authenticate(call, world.clock.now())
}

fn take_fault(world: &mut World, operation: &str, principal: &str, entry: &mut Entry) -> Option<Fault> {
    let in_last_second = world.log.in_last_second(operation);
    let fault = world.faults.take(operation, principal, in_last_second);
    entry.fault = fault.as_ref().map(|fault| json!(fault).to_string());
    fault
}

/// Faults by which an operation is not performed.
fn refusal(fault: &Fault, call: &Call<'_>, operation: &Operation, caller: &Caller) -> Option<Failure> {
    let resource = || resource(call.request, operation, caller);
    Some(match (fault, operation.protocol) {
        (Fault::Throttle | Fault::Quota { .. }, Protocol::RestJson) => {
            Failure::new("TooManyRequestsException", 429, "Rate exceeded")
        }
        (Fault::Throttle | Fault::Quota { .. }, Protocol::Json11) => {
            Failure::new("ThrottlingException", 400, "Rate exceeded")
        }
        (Fault::Throttle | Fault::Quota { .. }, Protocol::Query) => Failure::new("Throttling", 400, "Rate exceeded"),
        (Fault::InternalError, Protocol::RestJson) => {
            Failure::new("InternalServiceErrorException", 500, "Internal error")
        }
        (Fault::InternalError, Protocol::Json11) => Failure::new("ServerException", 500, "Internal error"),
        (Fault::InternalError, Protocol::Query) => Failure::new("InternalFailure", 500, "Internal error"),
        (Fault::Denied { author }, protocol) => {
            let action = format!("{}:{}", operation.signing_name, operation.name);
            let denied = Failure::denied(*author, &caller.arn, &action, &resource());
            let code = if protocol == Protocol::Query { "AccessDenied" } else { denied.code };
            Failure { code, ..denied }
        }
        (Fault::ExpiredToken, _) => call.expired_token(),
        (Fault::IssuerUnreachable, _) => {
            let message = "The request to the identity provider could not be fulfilled";
            Failure::new("IDPCommunicationError", 400, message)
        }
        (Fault::IssuerKeys, _) => {
            let message = "Couldn't retrieve verification key from your identity provider, please reference \
                AssumeRoleWithWebIdentity documentation for requirements";
            Failure::new("InvalidIdentityToken", 400, message)
        }
        _ => return None,
    })
}

/// What IAM names in a denial.
fn resource(request: &Request, operation: &Operation, caller: &Caller) -> String {
    let segments = request.segments();
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    let body =
        |name: &str| Fields::read(request).ok().and_then(|fields| fields.text(name).ok().flatten().map(str::to_owned));
    match (operation.signing_name, segments.as_slice()) {
        ("signer", ["signing-jobs", "with-payload"]) => {
            let owner = body("profileOwner").unwrap_or_else(|| caller.account.clone());
            arn::profile(&caller.region, &owner, &body("profileName").unwrap_or_default())
        }
        ("signer", ["signing-profiles", name, ..]) => {
            let owner = request.parameter("profileOwner").unwrap_or_else(|| caller.account.clone());
            arn::profile(&caller.region, &owner, name)
        }
        ("signer", ["signing-jobs", id, ..]) => arn::job(&caller.region, &caller.account, id),
        ("signer", ["revocations"]) => request.parameter("jobArn").unwrap_or_else(|| "*".to_owned()),
        ("ecs", _) => resource_of_ecs(request).unwrap_or_else(|| "*".to_owned()),
        ("sts", _) => Form::read(request).get("RoleArn").unwrap_or("*").to_owned(),
        _ => "*".to_owned(),
    }
}

/// The first thing that ECS is asked for. Task definitions are asked for on everything.
fn resource_of_ecs(request: &Request) -> Option<String> {
    let fields = Fields::read(request).ok()?;
    let lists = ["serviceRevisionArns", "serviceDeploymentArns"];
    let list = lists.iter().find_map(|name| fields.get(name)?.as_array()?.first()?.as_str())?;
    Some(list.to_owned())
}

fn perform(
    world: &mut World,
    caller: &Caller,
    request: &Request,
    operation: &Operation,
    fault: Option<&Fault>,
) -> Result<Value, Failure> {
    let value = match operation.protocol {
        Protocol::RestJson => perform_signer(world, caller, request, &operation.name, fault),
        Protocol::Json11 if operation.signing_name == "ecs" => {
            ecs::describe(&world.ecs, caller, &operation.name, &Fields::read(request)?)
        }
        Protocol::Json11 if operation.name != "GetAuthorizationToken" => {
            Err(Failure::new("UnknownOperationException", 400, "there is no such operation"))
        }
        Protocol::Json11 if operation.signing_name == "ecr" => ecr::private(world, caller, &Fields::read(request)?),
        Protocol::Json11 => Ok(ecr::public(world, caller)),
        Protocol::Query => perform_sts(world, caller, request, &operation.name),
    };
    if request.method != "GET" {
        world.save().map_err(|error| Failure::new("InternalServiceErrorException", 500, error.to_string()))?;
    }
    value
}

fn perform_sts(world: &mut World, caller: &Caller, request: &Request, name: &str) -> Result<Value, Failure> {
    let form = Form::read(request);
    if form.get("Version") != Some("2011-06-15") {
        return Err(Failure::new("InvalidAction", 400, format!("Could not find operation {name} for this version")));
    }
    match name {
        "GetCallerIdentity" => Ok(sts::caller_identity(caller)),
        "AssumeRole" => sts::assume_role(world, caller, &form),
        "AssumeRoleWithWebIdentity" => sts::assume_role_with_web_identity(world, &form),
        _ => Err(Failure::new("InvalidAction", 400, format!("Could not find operation {name} for version 2011-06-15"))),
    }
}

fn perform_signer(
    world: &mut World,
    caller: &Caller,
    request: &Request,
    name: &str,
    fault: Option<&Fault>,
) -> Result<Value, Failure> {
    let segments = request.segments();
    let segment = |place: usize| segments.get(place).map(String::as_str).unwrap_or_default();
    let fields = || Fields::read(request);
    let change = match fault {
        Some(Fault::Envelope { change }) => Some(*change),
        _ => None,
    };
    match name {
        "SignPayload" => sign_payload::sign_payload(world, caller, &fields()?, change),
        "GetRevocationStatus" => revocations::get(world, caller, request),
        "ListSigningJobs" => jobs::list(world, caller, request),
        "DescribeSigningJob" => jobs::describe(world, caller, segment(1)),
        "RevokeSignature" => jobs::revoke(world, caller, segment(1), &fields()?),
        "ListSigningProfiles" => profiles::list(world, caller, request),
        "GetSigningProfile" => profiles::get(world, caller, segment(1), request),
        "PutSigningProfile" => profiles::put(world, caller, segment(1), &fields()?),
        "CancelSigningProfile" => profiles::cancel(world, caller, segment(1)),
        "RevokeSigningProfile" => profiles::revoke(world, caller, segment(1), &fields()?),
        "AddProfilePermission" => permissions::add(world, caller, segment(1), &fields()?),
        "ListProfilePermissions" => permissions::list(world, caller, segment(1)),
        "RemoveProfilePermission" => permissions::remove(world, caller, segment(1), segment(3), request),
        "ListSigningPlatforms" => Ok(json!({"platforms": signer::PLATFORMS.map(|(id, _)| platform(id))})),
        "GetSigningPlatform" => {
            let known = signer::PLATFORMS.iter().any(|(id, _)| *id == segment(1));
            known.then(|| platform(segment(1))).ok_or_else(|| Failure::not_found("there is no such platform"))
        }
        "ListTagsForResource" => profiles::list_tags(world, caller, segment(1)),
        "TagResource" => profiles::tag(world, caller, segment(1), &fields()?),
        "UntagResource" => profiles::untag(world, caller, segment(1), request),
        other => Err(Failure::new("UnknownOperationException", 404, format!("there is no operation {other}"))),
    }
}

fn platform(id: &str) -> Value {
    json!({"platformId": id, "displayName": signer::platform_name(id), "revocationSupported": id == signer::NOTATION})
}

/// Faults by which the operation is performed, and its answer arrives damaged or late.
fn disturbed(mut answer: Answer, fault: Option<&Fault>) -> Answer {
    match fault {
        Some(Fault::SlowAnswer { milliseconds: count }) => answer.delay = milliseconds(*count),
        Some(Fault::SlowBody { milliseconds: count }) => answer.manner = Manner::Slow(milliseconds(*count)),
        Some(Fault::Reset) => answer.manner = Manner::Reset,
        Some(Fault::CutOff) => answer.manner = Manner::CutOff,
        Some(Fault::TruncatedJson) => answer.body.truncate(answer.body.len() / 2),
        Some(Fault::NotJson) => {
            answer.content_type = "text/html";
            answer.body = b"<html><body>It works!</body></html>".to_vec();
        }
        Some(Fault::EmptyObject) => answer.body = b"{}".to_vec(),
        Some(Fault::UnknownShape) => answer.body = unknown_shape(&answer.body),
        _ => {}
    }
    answer
}

/// The same names, each with a value of another kind.
fn unknown_shape(body: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(body).unwrap_or_default();
    for field in value.as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
        *field = json!({"unexpected": true});
    }
    value.to_string().into_bytes()
}
