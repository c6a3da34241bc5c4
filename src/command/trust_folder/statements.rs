//! The statements of a policy that we wrote, changed one by one.

use notary::json;
use notary::trust_policy::{TrustPolicy, TrustPolicyError};
use serde_json::Value;

/// The policy with a change of its list of statements, as a file has it.
///
/// # Errors
/// [`TrustPolicyError`] if it breaks rules then.
pub(in crate::command) fn with_statements(
    policy: &TrustPolicy,
    change: impl FnOnce(&mut Vec<Value>),
) -> Result<String, TrustPolicyError> {
    // What the core has just printed is read again.
    let mut document = json::parse(policy.to_json().as_bytes()).unwrap_or_default();
    if let Some(statements) = document.pointer_mut("/trustPolicies").and_then(Value::as_array_mut) {
        change(statements);
    }
    Ok(TrustPolicy::parse(document.to_string().as_bytes())?.to_json())
}

/// Whether a statement has this name.
pub(in crate::command) fn is_named(statement: &Value, name: &str) -> bool {
    statement.get("name").and_then(Value::as_str) == Some(name)
}
