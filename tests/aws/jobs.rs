//! Signing jobs: showing and revoking.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Author, Failure};
use super::identity::Caller;
use super::input::{Fields, check_account, page};
use super::request::Request;
use super::signer::{Job, Revocation, platform_name};
use super::world::World;

/// DescribeSigningJob. Which image was signed, AWS does not know.
pub(crate) fn describe(world: &World, caller: &Caller, id: &str) -> Result<Value, Failure> {
    let of_caller = |job: &&Job| {
        job.id == id && job.region == caller.region && (job.owner == caller.account || job.invoker == caller.account)
    };
    let job = world.signer.jobs.values().find(of_caller);
    let job = job.ok_or_else(|| Failure::not_found(format!("Signing job {id} not found.")))?;
    let mut shown = json!({
        "jobId": job.id,
        "platformId": job.platform,
        "platformDisplayName": platform_name(&job.platform),
        "profileName": job.profile,
        "profileVersion": job.version,
        "createdAt": job.created_at.as_second(),
        "completedAt": job.created_at.as_second(),
        "signatureExpiresAt": job.expires_at.as_second(),
        "requestedBy": job.requested_by,
        "status": "Succeeded",
        "jobOwner": job.owner,
        "jobInvoker": job.invoker,
    });
    if let Some(revocation) = &job.revocation {
        shown["revocationRecord"] = json!({
            "reason": revocation.reason,
            "revokedAt": revocation.revoked_at.as_second(),
            "revokedBy": revocation.revoked_by,
        });
    }
    Ok(shown)
}

/// ListSigningJobs.
pub(crate) fn list(world: &World, caller: &Caller, request: &Request) -> Result<Value, Failure> {
    let time = |name: &str| -> Result<Option<Timestamp>, Failure> {
        let wrong = |_| Failure::validation(format!("'{name}' is not a time."));
        request.parameter(name).map(|text| text.parse().map_err(wrong)).transpose()
    };
    let (before, after) = (time("signatureExpiresBefore")?, time("signatureExpiresAfter")?);
    let is = |name: &str, value: &str| request.parameter(name).is_none_or(|wanted| wanted == value);
    let wanted = |job: &&Job| {
        job.region == caller.region
            && (job.owner == caller.account || job.invoker == caller.account)
            && is("status", "Succeeded")
            && is("platformId", &job.platform)
            && is("requestedBy", &job.requested_by)
            && is("jobInvoker", &job.invoker)
            && is("isRevoked", if job.revocation.is_some() { "true" } else { "false" })
            && before.is_none_or(|before| job.expires_at < before)
            && after.is_none_or(|after| job.expires_at > after)
    };
    let (jobs, next) = page(request, world.signer.jobs.values().filter(wanted).map(shown_in_list).collect())?;
    Ok(json!({"jobs": jobs, "nextToken": next}))
}

fn shown_in_list(job: &Job) -> Value {
    json!({
        "jobId": job.id,
        "createdAt": job.created_at.as_second(),
        "status": "Succeeded",
        "isRevoked": job.revocation.is_some(),
        "profileName": job.profile,
        "profileVersion": job.version,
        "platformId": job.platform,
        "platformDisplayName": platform_name(&job.platform),
        "signatureExpiresAt": job.expires_at.as_second(),
        "jobOwner": job.owner,
        "jobInvoker": job.invoker,
    })
}

/// RevokeSignature. It cannot be taken back; saying it again changes nothing.
pub(crate) fn revoke(world: &mut World, caller: &Caller, id: &str, fields: &Fields) -> Result<Value, Failure> {
    let reason = fields.reason()?.to_owned();
    let owner = fields.text("jobOwner")?.unwrap_or(&caller.account);
    check_account("jobOwner", owner)?;
    let now = world.clock.now();
    let job = world.signer.job(caller, owner, id)?.clone();
    let permitted = |one: &_| super::signer::Profile::permits(one, caller, "signer:RevokeSignature");
    if owner != caller.account
        && !world.signer.profile(caller, owner, &job.profile).is_ok_and(|profile| permitted(profile))
    {
        return Err(Failure::denied(Author::Service, &caller.arn, "signer:RevokeSignature", &job.arn()));
    }
    let revocation = Revocation { reason, revoked_at: now, revoked_by: caller.arn.clone(), effective_from: now };
    world.signer.job(caller, owner, id)?.revocation.get_or_insert(revocation);
    Ok(Value::Null)
}
