//! The trust policy: for each repository, which signers are trusted and what is enforced.
//!
//! [`TrustPolicy::parse`] reads the document that notation reads (`trustpolicy.oci.json`, or `trustpolicy.json` of
//! notation 1.x; version `1.0`). It reports every broken rule at once, each with its place. Where this is stricter
//! than notation: members of one name, and names that differ from known ones in case only, are refused.
//! Where it follows notation against the specification: level `skip` for every repository is a [`Notice`], not a
//! [`Rule`], because notation's own examples use it; whoever verifies decides about skipping.

mod document;
mod identity;
mod level;
mod problem;
mod scope;
mod statement;

use serde::Serialize;

use self::document::{Findings, Located, Object};
pub use self::identity::{IdentityError, TrustedIdentities, TrustedIdentity, check_identity};
pub use self::level::{BaseLevel, OverrideError, ValidationAction, ValidationType, VerificationLevel, VerifyTimestamp};
pub use self::problem::{Notice, Place, Problem, Problems, Rule, TrustPolicyError, Warning};
pub use self::scope::RegistryScopes;
pub use self::statement::PolicyStatement;
use self::statement::{Taken, read_text};
use crate::digest::excerpt;
use crate::json::{self, JsonError};
use crate::json_error::JsonSyntaxError;
use crate::limits;
use crate::reference::{Repository, Scheme};
use crate::trust_store::TrustStoreName;

/// The only version there is.
const VERSION: &str = "1.0";

/// Any repository, or any identity.
const WILDCARD: &str = "*";

/// Members of the document.
const MEMBERS: [&str; 2] = ["version", "trustPolicies"];

/// How the registry of this name (host, and port if it has one) is reached.
pub type Schemes<'a> = &'a dyn Fn(&str) -> Scheme;

/// A policy whose statements keep all rules; at least one statement.
#[derive(Clone, Debug)]
pub struct TrustPolicy {
    statements: Vec<PolicyStatement>,
    warnings: Vec<Warning>,
}

impl TrustPolicy {
    /// Reads a policy for registry artifacts, of registries that are reached over TLS.
    ///
    /// # Errors
    /// [`TrustPolicyError`]: too large, not JSON with one meaning, or the list of all broken rules, sorted by place.
    pub fn parse(document: &[u8]) -> Result<Self, TrustPolicyError> {
        Self::parse_reached_by(document, &|_| Scheme::Https)
    }

    /// Reads a policy for registry artifacts. How a registry is reached says which port a scope without one stands for;
    /// of the repository of [`Self::statement_for`] the caller says it ([`Repository::reached_by`]).
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_reached_by(document: &[u8], schemes: Schemes<'_>) -> Result<Self, TrustPolicyError> {
        let found = u64::try_from(document.len()).unwrap_or(u64::MAX);
        if found > limits::TRUST_POLICY_BYTES {
            return Err(TrustPolicyError::TooLarge { found, limit: limits::TRUST_POLICY_BYTES });
        }
        let text = read_json(document)?;
        let mut findings = Findings::default();
        let statements = read_document(&Located::document(text), schemes, &mut findings);
        let warnings = findings.finish(text).map_err(TrustPolicyError::Invalid)?;
        Ok(Self { statements, warnings })
    }

    /// Makes a policy of one statement of level `strict`, and holds it to the same rules.
    ///
    /// The places of its problems are those in the text that [`Self::to_json`] would print: the JSON pointer tells
    /// the entry, for example `/trustPolicies/0/trustedIdentities/1`.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn strict(
        name: &str,
        scopes: &[impl AsRef<str>],
        trust_stores: &[TrustStoreName],
        trusted_identities: &[impl AsRef<str>],
    ) -> Result<Self, TrustPolicyError> {
        let statement = StatementText {
            name,
            registry_scopes: scopes.iter().map(|scope| scope.as_ref().to_owned()).collect(),
            signature_verification: VerificationText::of(
                VerificationLevel::new(BaseLevel::Strict),
                VerifyTimestamp::Always,
            ),
            trust_stores: trust_stores.iter().map(ToString::to_string).collect(),
            trusted_identities: trusted_identities.iter().map(AsRef::as_ref).collect(),
        };
        Self::parse(DocumentText { version: VERSION, trust_policies: vec![statement] }.print().as_bytes())
    }

    /// The same policy with revocation skipped in every statement.
    #[must_use]
    pub fn without_revocation(self) -> Self {
        let statements = self.statements.into_iter().map(PolicyStatement::without_revocation).collect();
        Self { statements, ..self }
    }

    /// The statement that applies to a repository: the one that names it, else the one for every repository.
    ///
    /// # Errors
    /// [`NoApplicableStatement`] when there is neither.
    pub fn statement_for(&self, repository: &Repository) -> Result<&PolicyStatement, NoApplicableStatement> {
        let named = self.statements.iter().find(|statement| statement.scopes().names(repository));
        let any = || self.statements.iter().find(|statement| *statement.scopes() == RegistryScopes::Any);
        named.or_else(any).ok_or_else(|| NoApplicableStatement {
            repository: repository.clone(),
            scopes: self.statements.iter().flat_map(|statement| statement.scopes().texts()).collect(),
        })
    }

    /// The statements, in the order of the document.
    #[must_use]
    pub fn statements(&self) -> &[PolicyStatement] {
        &self.statements
    }

    /// What is allowed and probably not meant, sorted by place; at most [`limits::POLICY_FINDINGS`].
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The document as notation reads it: two spaces, members in a fixed order, a line feed at the end. Unknown
    /// members are left out, and what is the default is not written.
    #[must_use]
    pub fn to_json(&self) -> String {
        let trust_policies = self.statements.iter().map(StatementText::of).collect();
        DocumentText { version: VERSION, trust_policies }.print()
    }
}

/// No statement of the policy applies to a repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no statement of the trust policy applies to repository {repository}, its scopes are {scopes:?}")]
#[non_exhaustive]
pub struct NoApplicableStatement {
    /// The repository.
    pub repository: Repository,
    /// All scopes of the policy, in its order.
    pub scopes: Vec<String>,
}

/// Checks the syntax and that no object has two members of one name.
fn read_json(document: &[u8]) -> Result<&str, JsonError> {
    json::parse(document)?;
    // JSON outside of strings is ASCII and strings were checked, so that only the error type is missing.
    std::str::from_utf8(document).map_err(|error| {
        let source = JsonSyntaxError(serde::de::Error::custom(error));
        JsonError::Syntax { line: 1, column: 1, source }
    })
}

/// Reads all statements that have no problem.
fn read_document(document: &Located<'_>, schemes: Schemes<'_>, findings: &mut Findings) -> Vec<PolicyStatement> {
    let Some(object) = document.object(&MEMBERS, findings) else {
        return Vec::new();
    };
    check_version(&object, findings);
    let Some(list) = object.member("trustPolicies") else {
        findings.problem(&object.spot, Rule::NoStatements);
        return Vec::new();
    };
    let Some(elements) = list.array(findings) else {
        return Vec::new();
    };
    if elements.is_empty() {
        findings.problem(&list.spot, Rule::NoStatements);
    }
    let mut taken = Taken::default();
    elements.iter().filter_map(|element| PolicyStatement::read(element, schemes, &mut taken, findings)).collect()
}

fn check_version(object: &Object<'_>, findings: &mut Findings) {
    let version = read_text(object, "version", findings, Rule::MissingVersion);
    if let (Some(version), Some(value)) = (version, object.member("version"))
        && version != VERSION
    {
        findings.problem(&value.spot, Rule::UnsupportedVersion { found: excerpt(&version) });
    }
}

/// The document as it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DocumentText<'a> {
    version: &'static str,
    trust_policies: Vec<StatementText<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatementText<'a> {
    name: &'a str,
    registry_scopes: Vec<String>,
    signature_verification: VerificationText,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trust_stores: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trusted_identities: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationText {
    level: &'static str,
    #[serde(rename = "override", skip_serializing_if = "Option::is_none")]
    overrides: Option<OverrideText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify_timestamp: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OverrideText {
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentic_timestamp: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation: Option<&'static str>,
}

impl DocumentText<'_> {
    fn print(&self) -> String {
        // Structures of texts and lists always have a JSON form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl<'a> StatementText<'a> {
    fn of(statement: &'a PolicyStatement) -> Self {
        Self {
            name: statement.name(),
            registry_scopes: statement.scopes().texts(),
            signature_verification: VerificationText::of(statement.level(), statement.verify_timestamp()),
            trust_stores: statement.trust_stores().iter().map(ToString::to_string).collect(),
            trusted_identities: statement.trusted_identities().iter().map(TrustedIdentity::text).collect(),
        }
    }
}

impl VerificationText {
    fn of(level: VerificationLevel, verify_timestamp: VerifyTimestamp) -> Self {
        let changed = |validation| level.changed(validation).map(ValidationAction::name);
        let overrides = OverrideText {
            authenticity: changed(ValidationType::Authenticity),
            authentic_timestamp: changed(ValidationType::AuthenticTimestamp),
            expiry: changed(ValidationType::Expiry),
            revocation: changed(ValidationType::Revocation),
        };
        Self {
            level: level.name(),
            overrides: level.is_customized().then_some(overrides),
            verify_timestamp: (verify_timestamp != VerifyTimestamp::default()).then_some(verify_timestamp.name()),
        }
    }
}

#[cfg(test)]
mod tests;
