//! What a registry let a session do, as far as it can be seen without doing it. A statement about permissions, which the
//! registry alone decides: nothing depends on it but what `doctor` reports.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notary::json::{self, Object};

use super::credentials::CredentialSource;
use super::limits;

/// How a session is authorized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Authorized {
    /// With nothing: the registry did not ask.
    Nothing,
    /// With a password or a token from a file, which show no permissions.
    AsGiven,
    /// With a token of the registry's token service, and the actions that it was granted, where that shows.
    Token(Option<Vec<String>>),
}

/// How requests to a source were authorized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) credential: CredentialSource,
    /// What it was exchanged for.
    pub(crate) authorized: Authorized,
}

/// The actions that a token was granted for the repository of `scope` (`repository:NAME:ACTIONS`): as the answer says
/// (RFC 6749 section 5.1), or as the token does (Docker's token specification, "access"). Nothing where neither does.
pub(super) fn actions(answer: &[u8], token: &str, scope: &str) -> Option<Vec<String>> {
    let (name, _) = scope.strip_prefix("repository:")?.rsplit_once(':')?;
    let answer = json::parse_object(answer).ok()?;
    match Object::new(&answer, &["scope"]).ok()?.text("scope").ok()?.filter(|text| !text.is_empty()) {
        Some(text) => Some(of_text(text, name)),
        None => of_token(token, name),
    }
}

fn of_text(text: &str, name: &str) -> Vec<String> {
    let scopes = text.split(' ').take(limits::CHALLENGES);
    let fitting = scopes.filter_map(|scope| scope.strip_prefix("repository:")?.rsplit_once(':'));
    let actions = fitting.filter(|(found, _)| *found == name).flat_map(|(_, actions)| actions.split(','));
    actions.filter(|action| !action.is_empty()).map(str::to_owned).collect()
}

fn of_token(token: &str, name: &str) -> Option<Vec<String>> {
    let claims = token.split('.').nth(1)?;
    let claims = json::parse_object(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    if !claims.contains_key("access") {
        return None;
    }
    // A token that was granted nothing has null for a list with some services.
    let entries = Object::new(&claims, &["access"]).ok()?.objects("access", &["type", "name", "actions"]).ok()?;
    let mut granted = Vec::new();
    for entry in entries.unwrap_or_default().into_iter().take(limits::CHALLENGES) {
        let (kind, found) = (entry.text("type").ok()?, entry.text("name").ok()?);
        let actions = entry.texts("actions").ok()?.unwrap_or_default();
        if kind == Some("repository") && found == Some(name) {
            granted.extend(actions.into_iter().map(str::to_owned));
        }
    }
    granted.truncate(limits::CHALLENGES);
    Some(granted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const SCOPE: &str = "repository:team/app:pull,push";

    fn token(access: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(json!({ "access": access }).to_string()))
    }

    #[test]
    fn what_was_granted_stands_in_the_token_or_beside_it() {
        let entry = |name: &str, actions: &[&str]| json!({"type": "repository", "name": name, "actions": actions});
        let both = token(&json!([entry("team/app", &["pull", "push"])]));
        let pull = token(&json!([entry("team/other", &["push"]), entry("team/app", &["pull"])]));
        let registry = token(&json!([{"type": "registry", "name": "team/app", "actions": ["push"]}]));
        for (answer, token, expected) in [
            (json!({}), both.as_str(), Some(&["pull", "push"][..])),
            (json!({}), &pull, Some(&["pull"])),
            (json!({}), &registry, Some(&[])),
            (json!({}), &token(&Value::Null), Some(&[])),
            (json!({}), "opaque", None),
            (json!({}), "a.b.c", None),
            (json!([]), &both, None),
            (json!({"scope": ["repository:team/app:pull"]}), &both, None),
            (json!({"Scope": "repository:team/app:pull"}), &both, None),
            (json!({}), &token(&json!({"0": entry("team/app", &["push"])})), None),
            (json!({}), &token(&json!([["repository", "team/app", ["push"]]])), None),
            (json!({}), &token(&json!([{"type": "repository", "name": "team/app", "actions": "push"}])), None),
            (json!({}), &token(&json!([{"type": "repository", "name": "team/app", "actions": ["push", 1]}])), None),
            (json!({}), &token(&json!([{"type": ["repository"], "name": "team/app", "actions": ["push"]}])), None),
            (json!({"scope": ""}), "opaque", None),
            (json!({"scope": "repository:team/app:pull"}), &both, Some(&["pull"])),
            (json!({"scope": "registry:catalog:* repository:team/app:pull,push"}), "opaque", Some(&["pull", "push"])),
            (json!({"scope": "repository:team/other:pull"}), "opaque", Some(&[])),
        ] {
            let expected = expected.map(|actions| actions.iter().map(|action| (*action).to_owned()).collect());
            assert_eq!(actions(answer.to_string().as_bytes(), token, SCOPE), expected, "{answer} {token}");
        }
        assert_eq!(actions(b"{}", &both, "registry:catalog:*"), None);
    }

    proptest! {
        #[test]
        fn no_answer_breaks_it(answer in ".{0,60}", token in "[a-zA-Z0-9_.-]{0,60}") {
            let _seen = actions(answer.as_bytes(), &token, SCOPE);
        }
    }
}
