//! The policy with the new statement.

use std::path::Path;

use notary::json;
use notary::trust_policy::TrustPolicy;

use super::error::TrustInstallError;
use crate::command::trust_folder::{is_named, with_statements};

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
    let printed = json::parse(new.to_json().as_bytes()).unwrap_or_default();
    let statement = printed.pointer("/trustPolicies/0").cloned().unwrap_or_default();
    let merged = with_statements(ours, |statements| match statements.iter_mut().find(|known| is_named(known, name)) {
        Some(known) => *known = statement,
        None => statements.push(statement),
    });
    merged.map_err(TrustInstallError::Policy)
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
