//! What is no longer trusted, in words: of a statement that was replaced, or that is gone.

use notary::trust_policy::PolicyStatement;

use crate::report::Reason;

/// What a statement trusted and what now stands in its place, if anything does, does not.
pub(in crate::command) fn lost_of_statement(old: &PolicyStatement, new: Option<&PolicyStatement>) -> Vec<Reason> {
    let name = old.name();
    let kept = new.map(identities).unwrap_or_default();
    let scopes = new.map(|new| new.scopes().texts()).unwrap_or_default();
    let lost = identities(old).into_iter().filter(|identity| !kept.contains(identity) && !is_all(&kept));
    let left = old.scopes().texts().into_iter().filter(|scope| !scopes.contains(scope) && !is_all(&scopes));
    let lost = lost.map(|identity| no_longer(name, "identity", &identity));
    let left = left.map(|scope| {
        let scope = if is_all(std::slice::from_ref(&scope)) { "all repositories" } else { scope.as_str() };
        Reason::new("no-longer-trusted", format!("statement {name} is no longer for {scope}"))
    });
    lost.chain(left).collect()
}

/// That a certificate of a store of this statement is gone.
pub(in crate::command) fn lost_certificate(name: &str, subject: &str) -> Reason {
    no_longer(name, "certificate", subject)
}

fn no_longer(name: &str, kind: &str, what: &str) -> Reason {
    Reason::new("no-longer-trusted", format!("no longer trusted by statement {name}: {kind} {what}"))
}

fn identities(statement: &PolicyStatement) -> Vec<String> {
    statement.trusted_identities().iter().map(|identity| identity.text().to_owned()).collect()
}

/// Whether a list of a statement has the word for everything.
fn is_all(texts: &[String]) -> bool {
    texts.iter().any(|text| text == "*")
}
