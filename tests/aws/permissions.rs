//! Who of another account may use a profile.

use serde_json::{Value, json};

use super::answer::Failure;
use super::arn::Arn;
use super::identity::Caller;
use super::input::{Fields, check_profile_name, check_version};
use super::random;
use super::request::Request;
use super::signer::{Permission, Profile};
use super::world::World;

/// What can be granted for a profile of the Notation platform.
const ACTIONS: [&str; 3] = ["signer:SignPayload", "signer:GetSigningProfile", "signer:RevokeSignature"];

/// AddProfilePermission.
pub(crate) fn add(world: &mut World, caller: &Caller, name: &str, fields: &Fields) -> Result<Value, Failure> {
    check_profile_name(name)?;
    let action = fields.required("action")?;
    if !ACTIONS.contains(&action) {
        return Err(Failure::validation(format!("Action {action} is not supported for this profile.")));
    }
    let principal = fields.required("principal")?;
    let account = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
    if !account && !Arn::parse(principal).is_some_and(|arn| ["iam", "sts"].contains(&arn.service.as_str())) {
        return Err(Failure::validation(format!("Principal {principal} is not valid.")));
    }
    let profile_version = fields.text("profileVersion")?.map(str::to_owned);
    profile_version.as_deref().map_or(Ok(()), check_version)?;
    let statement_id = fields.required("statementId")?.to_owned();
    let revision = fields.text("revisionId")?.map(str::to_owned);

    let profile = world.signer.profile(caller, &caller.account, name)?;
    check_revision(profile, revision.as_deref())?;
    if profile.permissions.iter().any(|one| one.statement_id == statement_id) {
        return Err(conflict(format!("Statement {statement_id} already exists.")));
    }
    let (action, principal) = (action.to_owned(), principal.to_owned());
    profile.permissions.push(Permission { action, principal, statement_id, profile_version });
    Ok(new_revision(profile))
}

/// ListProfilePermissions.
pub(crate) fn list(world: &mut World, caller: &Caller, name: &str) -> Result<Value, Failure> {
    check_profile_name(name)?;
    let profile = world.signer.profile(caller, &caller.account, name)?;
    let shown = |one: &Permission| {
        let mut shown = json!({"action": one.action, "principal": one.principal, "statementId": one.statement_id});
        if let Some(version) = &one.profile_version {
            shown["profileVersion"] = version.as_str().into();
        }
        shown
    };
    let permissions: Vec<_> = profile.permissions.iter().map(shown).collect();
    let size = json!(permissions).to_string().len();
    Ok(json!({"revisionId": profile.revision, "policySizeBytes": size, "permissions": permissions}))
}

/// RemoveProfilePermission.
pub(crate) fn remove(
    world: &mut World,
    caller: &Caller,
    name: &str,
    statement: &str,
    request: &Request,
) -> Result<Value, Failure> {
    check_profile_name(name)?;
    let revision = request.parameter("revisionId").ok_or_else(|| super::input::null("revisionId"))?;
    let profile = world.signer.profile(caller, &caller.account, name)?;
    check_revision(profile, Some(&revision))?;
    let before = profile.permissions.len();
    profile.permissions.retain(|one| one.statement_id != statement);
    if profile.permissions.len() == before {
        return Err(Failure::not_found(format!("Statement {statement} not found.")));
    }
    Ok(new_revision(profile))
}

fn check_revision(profile: &Profile, revision: Option<&str>) -> Result<(), Failure> {
    match revision {
        Some(revision) if revision != profile.revision => {
            Err(conflict("The revision id is not the current one.".to_owned()))
        }
        _ => Ok(()),
    }
}

fn new_revision(profile: &mut Profile) -> Value {
    profile.revision = random::uuid();
    json!({"revisionId": profile.revision})
}

fn conflict(message: String) -> Failure {
    Failure::new("ConflictException", 409, message)
}
