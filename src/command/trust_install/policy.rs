//! The policy with the new statement.

use std::path::Path;

use notary::json::{self, JsonError};
use notary::trust_policy::TrustPolicy;
use serde_json::Value;

use super::error::TrustInstallError;

/// The new statement beside those that we wrote before, in place of one of its name. Where the policy in the folder is not
/// ours, the new statement is all of it, and replacing needs `--force`.
pub(super) fn with(
    ours: Option<&TrustPolicy>,
    new: &TrustPolicy,
    name: &str,
    folder: &Path,
) -> Result<String, TrustInstallError> {
    let Some(ours) = ours else { return Ok(new.to_json()) };
    check_scopes(ours, new, name, folder)?;
    // Both are documents that the core has just printed.
    let merged = merge(&ours.to_json(), &new.to_json(), name).unwrap_or_default();
    Ok(TrustPolicy::parse(merged.as_bytes()).map_err(TrustInstallError::Policy)?.to_json())
}

/// Checks that no other statement is for a repository of the new one: a policy has one for each.
fn check_scopes(ours: &TrustPolicy, new: &TrustPolicy, name: &str, folder: &Path) -> Result<(), TrustInstallError> {
    let wanted: Vec<_> = new.statements().iter().flat_map(|statement| statement.scopes().texts()).collect();
    for other in ours.statements().iter().filter(|statement| statement.name() != name) {
        if let Some(scope) = other.scopes().texts().into_iter().find(|scope| wanted.contains(scope)) {
            let (by, folder) = (other.name().to_owned(), folder.to_owned());
            return Err(TrustInstallError::ScopeTaken { scope, by, folder });
        }
    }
    Ok(())
}

/// The statements of both documents, the new one in place of one with its name, or after the others.
fn merge(ours: &str, new: &str, name: &str) -> Result<String, JsonError> {
    let (mut document, new) = (json::parse(ours.as_bytes())?, json::parse(new.as_bytes())?);
    let statement = new.pointer("/trustPolicies/0").cloned().unwrap_or_default();
    if let Some(statements) = document.pointer_mut("/trustPolicies").and_then(Value::as_array_mut) {
        match statements.iter_mut().find(|known| known.get("name").and_then(Value::as_str) == Some(name)) {
            Some(known) => *known = statement,
            None => statements.push(statement),
        }
    }
    Ok(document.to_string())
}
