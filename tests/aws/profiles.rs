//! Signing profiles: making, showing, cancelling, revoking, tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Author, Failure};
use super::arn;
use super::identity::Caller;
use super::input::{Fields, check, check_account, check_profile_name, check_version, null, page};
use super::request::Request;
use super::signer::{PLATFORMS, Profile, Revocation, Unit, Validity};
use super::world::World;

/// PutSigningProfile: a new profile, or a new version of one.
pub(crate) fn put(world: &mut World, caller: &Caller, name: &str, fields: &Fields) -> Result<Value, Failure> {
    check_profile_name(name)?;
    let platform = fields.required("platformId")?;
    if !PLATFORMS.iter().any(|(id, _)| *id == platform) {
        return Err(Failure::validation(format!("Platform {platform} is not supported.")));
    }
    let validity = validity(fields)?;
    let tags = tags(fields)?;
    world.signer.put_profile(&caller.region, &caller.account, name, platform, validity);
    let profile = world.signer.profile(caller, &caller.account, name)?;
    profile.tags.extend(tags);
    Ok(
        json!({"arn": profile.arn(), "profileVersion": profile.version().id, "profileVersionArn": profile.version_arn()}),
    )
}

fn validity(fields: &Fields) -> Result<Validity, Failure> {
    let Some(value) = fields.get("signatureValidityPeriod") else { return Ok(Validity::default()) };
    let validity: Option<Validity> = serde_json::from_value(value.clone()).ok();
    // 135 months is the default and the most.
    let fits = validity.is_some_and(|one| {
        let most = match one.unit {
            Unit::Days => 135 * 31,
            Unit::Months => 135,
            Unit::Years => 11,
        };
        (1..=most).contains(&one.value)
    });
    check("signatureValidityPeriod", &value.to_string(), fits, "be a period of at most 135 months")?;
    Ok(validity.unwrap_or_default())
}

fn tags(fields: &Fields) -> Result<BTreeMap<String, String>, Failure> {
    let Some(value) = fields.get("tags") else { return Ok(BTreeMap::new()) };
    serde_json::from_value(value.clone())
        .map_err(|_| Failure::new("SerializationException", 400, "'tags' is not a map of strings"))
}

/// GetSigningProfile.
pub(crate) fn get(world: &mut World, caller: &Caller, name: &str, request: &Request) -> Result<Value, Failure> {
    check_profile_name(name)?;
    let owner = request.parameter("profileOwner").unwrap_or_else(|| caller.account.clone());
    check_account("profileOwner", &owner)?;
    let arn = arn::profile(&caller.region, &owner, name);
    match world.signer.profile(caller, &owner, name) {
        Ok(profile) if profile.permits(caller, "signer:GetSigningProfile") => Ok(profile.shown()),
        Err(missing) if owner == caller.account => Err(missing),
        _ => Err(Failure::denied(Author::Service, &caller.arn, "signer:GetSigningProfile", &arn)),
    }
}

/// ListSigningProfiles. Only active ones, where nothing else is asked for.
pub(crate) fn list(world: &World, caller: &Caller, request: &Request) -> Result<Value, Failure> {
    let mut statuses = request.parameters("statuses");
    if statuses.is_empty() {
        statuses.push("Active".to_owned());
        if request.parameter("includeCanceled").as_deref() == Some("true") {
            statuses.push("Canceled".to_owned());
        }
    }
    for status in &statuses {
        let known = ["Active", "Canceled", "Revoked"].contains(&status.as_str());
        check("statuses", status, known, "satisfy enum value set: [Active, Canceled, Revoked]")?;
    }
    let platform = request.parameter("platformId");
    let wanted = |profile: &&Profile| {
        profile.account == caller.account
            && profile.region == caller.region
            && statuses.iter().any(|status| status == profile.status())
            && platform.as_ref().is_none_or(|platform| *platform == profile.platform)
    };
    let (shown, next) = page(request, world.signer.profiles.values().filter(wanted).map(Profile::shown).collect())?;
    Ok(json!({"profiles": shown, "nextToken": next}))
}

/// CancelSigningProfile. What was signed stays good.
pub(crate) fn cancel(world: &mut World, caller: &Caller, name: &str) -> Result<Value, Failure> {
    check_profile_name(name)?;
    world.signer.profile(caller, &caller.account, name)?.canceled = true;
    Ok(Value::Null)
}

/// RevokeSigningProfile: one version, from a time in the past that may only move earlier.
pub(crate) fn revoke(world: &mut World, caller: &Caller, name: &str, fields: &Fields) -> Result<Value, Failure> {
    check_profile_name(name)?;
    let version = fields.required("profileVersion")?;
    check_version(version)?;
    let reason = fields.reason()?.to_owned();
    let effective_from = fields.time("effectiveTime")?;
    let now = world.clock.now();
    if effective_from > now {
        return Err(Failure::validation("effectiveTime must not be in the future."));
    }
    let profile = world.signer.profile(caller, &caller.account, name)?;
    let Some(version) = profile.versions.iter_mut().find(|one| one.id == version) else {
        return Err(Failure::not_found(format!("Version {version} of signing profile {name} not found.")));
    };
    if version.revocation.as_ref().is_some_and(|earlier| effective_from > earlier.effective_from) {
        return Err(Failure::validation("effectiveTime of a revoked profile can only be moved to an earlier time."));
    }
    version.revocation = Some(Revocation { reason, revoked_at: now, revoked_by: caller.arn.clone(), effective_from });
    Ok(Value::Null)
}

/// The profile of an ARN in `/tags/ARN`.
fn of_arn<'a>(world: &'a mut World, caller: &Caller, arn: &str) -> Result<&'a mut Profile, Failure> {
    let missing = || Failure::new("NotFoundException", 404, format!("Resource {arn} not found."));
    world.signer.profiles.get_mut(arn).filter(|profile| profile.account == caller.account).ok_or_else(missing)
}

/// ListTagsForResource.
pub(crate) fn list_tags(world: &mut World, caller: &Caller, arn: &str) -> Result<Value, Failure> {
    Ok(json!({"tags": of_arn(world, caller, arn)?.tags}))
}

/// TagResource.
pub(crate) fn tag(world: &mut World, caller: &Caller, arn: &str, fields: &Fields) -> Result<Value, Failure> {
    if fields.get("tags").is_none() {
        return Err(null("tags"));
    }
    let tags = tags(fields)?;
    of_arn(world, caller, arn)?.tags.extend(tags);
    Ok(json!({}))
}

/// UntagResource.
pub(crate) fn untag(world: &mut World, caller: &Caller, arn: &str, request: &Request) -> Result<Value, Failure> {
    let keys = request.parameters("tagKeys");
    of_arn(world, caller, arn)?.tags.retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}
