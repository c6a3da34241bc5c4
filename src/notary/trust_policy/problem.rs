//! What can be wrong with a policy document, and where.

use std::fmt;

use super::level::OverrideError;
use crate::distinguished_name::DistinguishedNameError;
use crate::extension::aws_signer::ArnError;
use crate::json::JsonError;
use crate::reference::RepositoryError;
use crate::trust_store::TrustStoreNameError;

/// A place in the document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// JSON pointer (RFC 6901) to the value; empty for the whole document.
    pub pointer: String,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {} column {}", self.line, self.column)?;
        if self.pointer.is_empty() { Ok(()) } else { write!(formatter, ", {}", self.pointer) }
    }
}

/// A broken rule and its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {rule}")]
#[non_exhaustive]
pub struct Problem {
    /// The value that breaks the rule; for a missing one the object that lacks it.
    pub place: Place,
    /// The rule.
    pub rule: Rule,
}

/// The rules of a trust policy document (trust policy specification; the comments name the deviations).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// A value of another JSON type.
    #[error("expected {expected}, got {found}")]
    WrongType {
        /// The type that the format has here.
        expected: &'static str,
        /// The type that was found.
        found: &'static str,
    },
    /// A member whose name differs from a known one in case only: notation would read it as that one.
    #[error("member {found:?} differs from {expected:?} in case only")]
    FoldedMember {
        /// The name as found.
        found: String,
        /// The name of the format.
        expected: &'static str,
    },
    /// More entries than [`crate::limits::POLICY_ENTRIES`].
    #[error("{found} entries, expected at most {limit}")]
    TooManyEntries {
        /// Number of entries.
        found: usize,
        /// The cap.
        limit: usize,
    },
    /// `version` is absent or empty.
    #[error("the policy has no version, expected \"1.0\"")]
    MissingVersion,
    /// `version` is not `1.0`.
    #[error("policy version is {found:?}, expected \"1.0\"")]
    UnsupportedVersion {
        /// Start of the version.
        found: String,
    },
    /// `trustPolicies` is absent or empty.
    #[error("the policy has no statement, expected one at least")]
    NoStatements,
    /// `name` is absent or empty.
    #[error("the statement has no name")]
    MissingName,
    /// Another statement has that name.
    #[error("statement name {name:?} is used before, expected a name of its own")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// `level` is absent or empty.
    #[error("the statement has no verification level, expected strict, permissive, audit or skip")]
    MissingLevel,
    /// `level` is something else.
    #[error("verification level is {found:?}, expected strict, permissive, audit or skip")]
    UnknownLevel {
        /// Start of the level.
        found: String,
    },
    /// A member of `override` is not a validation.
    #[error("override of {found:?}, expected authenticity, authenticTimestamp, expiry or revocation")]
    UnknownValidation {
        /// Start of the name.
        found: String,
    },
    /// A value in `override` is not an action.
    #[error("override with {found:?}, expected enforce, log or skip")]
    UnknownAction {
        /// Start of the action.
        found: String,
    },
    /// An override that the level does not allow.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// `verifyTimestamp` is something else.
    #[error("verifyTimestamp is {found:?}, expected always or afterCertExpiry")]
    UnknownVerifyTimestamp {
        /// Start of the option.
        found: String,
    },
    /// Level `skip` with trust stores.
    #[error("the statement has level skip and trust stores, expected none")]
    SkipWithTrustStores,
    /// Level `skip` with trusted identities.
    #[error("the statement has level skip and trusted identities, expected none")]
    SkipWithTrustedIdentities,
    /// Another level without trust stores.
    #[error("the statement has no trust store, expected one at least")]
    MissingTrustStores,
    /// Another level without trusted identities.
    #[error("the statement has no trusted identity, expected one at least")]
    MissingTrustedIdentities,
    /// An entry of `trustStores` names no store.
    #[error(transparent)]
    TrustStore(#[from] TrustStoreNameError),
    /// `*` beside other identities.
    #[error("identity \"*\" is listed with others, expected it alone")]
    WildcardIdentityWithOthers,
    /// An empty identity.
    #[error("identity is empty")]
    EmptyIdentity,
    /// An identity without a colon.
    #[error("identity is {found:?}, expected prefix:value")]
    IdentityWithoutSeparator {
        /// Start of the identity.
        found: String,
    },
    /// `x509.subject:` alone.
    #[error("identity x509.subject has no value, expected a distinguished name")]
    IdentityWithoutValue,
    /// An `x509.subject` identity with a name that is not allowed.
    #[error(transparent)]
    DistinguishedName(#[from] DistinguishedNameError),
    /// An ARN of AWS Signer that names no signing profile.
    #[error(transparent)]
    SigningProfile(#[from] ArnError),
    /// Every subject that one name matches is matched by the other as well. notation compares names in this way
    /// only; the specification speaks of any two that could match one certificate.
    #[error("identity {identity:?} overlaps with {other:?}")]
    OverlappingIdentities {
        /// Start of the later identity.
        identity: String,
        /// Start of the earlier one.
        other: String,
    },
    /// `registryScopes` is absent or empty.
    #[error("the statement has no registry scope, expected one at least")]
    NoScopes,
    /// `*` beside other scopes.
    #[error("scope \"*\" is listed with others, expected it alone")]
    WildcardScopeWithOthers,
    /// A scope that is not a repository, or has a wildcard inside.
    #[error(transparent)]
    Scope(#[from] RepositoryError),
    /// A scope occurs twice in one statement, or the place it names in two statements.
    #[error("scope {scope:?} belongs to {pointer} already, expected it once in the policy")]
    RepeatedScope {
        /// Start of the scope.
        scope: String,
        /// JSON pointer to the first one.
        pointer: String,
    },
}

impl Rule {
    /// Stable name of the rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongType { .. } => "policy-wrong-type",
            Self::FoldedMember { .. } => "policy-folded-member",
            Self::TooManyEntries { .. } => "policy-too-many-entries",
            Self::MissingVersion => "policy-missing-version",
            Self::UnsupportedVersion { .. } => "policy-unsupported-version",
            Self::NoStatements => "policy-no-statements",
            Self::MissingName => "policy-missing-name",
            Self::DuplicateName { .. } => "policy-duplicate-name",
            Self::MissingLevel => "policy-missing-level",
            Self::UnknownLevel { .. } => "policy-unknown-level",
            Self::UnknownValidation { .. } => "policy-unknown-validation",
            Self::UnknownAction { .. } => "policy-unknown-action",
            Self::Override(error) => error.code(),
            Self::UnknownVerifyTimestamp { .. } => "policy-unknown-verify-timestamp",
            Self::SkipWithTrustStores => "policy-skip-with-trust-stores",
            Self::SkipWithTrustedIdentities => "policy-skip-with-trusted-identities",
            Self::MissingTrustStores => "policy-missing-trust-stores",
            Self::MissingTrustedIdentities => "policy-missing-trusted-identities",
            Self::TrustStore(error) => error.code(),
            Self::WildcardIdentityWithOthers => "policy-wildcard-identity-with-others",
            Self::EmptyIdentity => "policy-empty-identity",
            Self::IdentityWithoutSeparator { .. } => "policy-identity-without-separator",
            Self::IdentityWithoutValue => "policy-identity-without-value",
            Self::DistinguishedName(error) => error.code(),
            Self::SigningProfile(error) => error.code(),
            Self::OverlappingIdentities { .. } => "policy-overlapping-identities",
            Self::NoScopes => "policy-no-scopes",
            Self::WildcardScopeWithOthers => "policy-wildcard-scope-with-others",
            Self::Scope(error) => error.code(),
            Self::RepeatedScope { .. } => "policy-repeated-scope",
        }
    }
}

/// Something that is allowed and probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub notice: Notice,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.notice)
    }
}

/// What a warning is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Notice {
    /// A member that the format does not have; it has no effect, as in notation.
    #[error("member {name:?} is unknown and has no effect{}", known(*nearest))]
    UnknownMember {
        /// Start of its name.
        name: String,
        /// The known member of that object with the most similar name, if it is similar.
        nearest: Option<&'static str>,
    },
    /// An identity that nothing here understands, so that it matches no signer.
    #[error("identity prefix {prefix:?} is unknown and matches no signer, expected x509.subject or an arn of signer")]
    UnknownIdentityPrefix {
        /// Start of the text before the colon; of the whole identity for an ARN of another service.
        prefix: String,
    },
    /// A name with an attribute type that never occurs in a subject, so that it matches no signer.
    #[error("attribute type {attribute:?} never occurs in a subject, so that the identity matches no signer")]
    UnmatchableAttribute {
        /// Start of the type.
        attribute: String,
    },
    /// A signing profile together with one of its versions, or twice.
    #[error("signing profile {identity:?} overlaps with {other:?}")]
    OverlappingProfiles {
        /// Start of the later identity.
        identity: String,
        /// Start of the earlier one.
        other: String,
    },
    /// An alias of signing profiles: AWS, not the policy, says which profile that is.
    #[error("alias {identity:?} is trusted, and so is whoever may point it at another signing profile")]
    TrustedAlias {
        /// Start of the identity.
        identity: String,
    },
    /// Level `skip` for every repository. The specification forbids it; notation allows it.
    #[error("the statement skips verification for every repository, which the specification forbids")]
    SkipsEverything,
}

impl Notice {
    /// Stable name of the fact.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownMember { .. } => "policy-unknown-member",
            Self::UnknownIdentityPrefix { .. } => "policy-unknown-identity-prefix",
            Self::UnmatchableAttribute { .. } => "policy-unmatchable-attribute",
            Self::OverlappingProfiles { .. } => "policy-overlapping-profiles",
            Self::TrustedAlias { .. } => "policy-trusted-alias",
            Self::SkipsEverything => "policy-skips-everything",
        }
    }
}

/// The end of the message about an unknown member.
fn known(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", the nearest known one is {nearest:?}"))
}

/// The problems of one document, sorted by place; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    pub(super) found: Vec<Problem>,
    pub(super) omitted: usize,
}

impl Problems {
    /// The problems, at most [`crate::limits::POLICY_FINDINGS`].
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.found.iter()
    }

    /// How many more there are.
    #[must_use]
    pub const fn omitted(&self) -> usize {
        self.omitted
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.found.len().saturating_add(self.omitted);
        write!(formatter, "{count} {}", if count == 1 { "problem" } else { "problems" })?;
        self.found.first().map_or(Ok(()), |first| write!(formatter, ", the first at {first}"))
    }
}

/// Why bytes are not a trust policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustPolicyError {
    /// More bytes than [`crate::limits::TRUST_POLICY_BYTES`].
    #[error("trust policy has {found} bytes, expected at most {limit}")]
    TooLarge {
        /// Bytes of the document.
        found: u64,
        /// The cap.
        limit: u64,
    },
    /// Not JSON that has one meaning.
    #[error("trust policy is not readable")]
    Json(#[from] JsonError),
    /// Rules are broken.
    #[error("trust policy has {0}")]
    Invalid(Problems),
}

impl TrustPolicyError {
    /// Stable name of the kind of error; each [`Problem`] has one of its own.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "policy-too-large",
            Self::Json(_) => "policy-unreadable",
            Self::Invalid(_) => "policy-invalid",
        }
    }
}
