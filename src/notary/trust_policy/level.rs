//! Verification levels: which validation is enforced, logged or skipped.

use std::fmt;

/// The five validations of a signature (trust policy specification, "Signature verification details").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValidationType {
    /// `integrity`: the signature was made over this content by the key of its certificate.
    Integrity,
    /// `authenticity`: the certificate chain ends in a trust store, and the signer is a trusted identity.
    Authenticity,
    /// `authenticTimestamp`: the signature was made while its certificates were valid.
    AuthenticTimestamp,
    /// `expiry`: the signature has not expired.
    Expiry,
    /// `revocation`: no certificate of the chain is revoked.
    Revocation,
}

impl ValidationType {
    /// All five, in the order of the specification.
    pub const ALL: [Self; 5] =
        [Self::Integrity, Self::Authenticity, Self::AuthenticTimestamp, Self::Expiry, Self::Revocation];

    /// The name in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Authenticity => "authenticity",
            Self::AuthenticTimestamp => "authenticTimestamp",
            Self::Expiry => "expiry",
            Self::Revocation => "revocation",
        }
    }

    /// The validation of that name, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|validation| validation.name() == name)
    }
}

impl fmt::Display for ValidationType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a failed validation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValidationAction {
    /// `enforce`: it rejects the signature.
    Enforce,
    /// `log`: it is reported, and the signature may still be accepted.
    Log,
    /// `skip`: the validation is not made.
    Skip,
}

impl ValidationAction {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Enforce, Self::Log, Self::Skip];

    /// The name in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Log => "log",
            Self::Skip => "skip",
        }
    }

    /// The action of that name, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

impl fmt::Display for ValidationAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The four named levels (trust policy specification, "Signature verification details").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BaseLevel {
    /// `strict`: everything is enforced.
    Strict,
    /// `permissive`: integrity and authenticity are enforced.
    Permissive,
    /// `audit`: integrity alone is enforced.
    Audit,
    /// `skip`: signatures are not looked at.
    Skip,
}

impl BaseLevel {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Strict, Self::Permissive, Self::Audit, Self::Skip];

    /// The name in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Permissive => "permissive",
            Self::Audit => "audit",
            Self::Skip => "skip",
        }
    }

    /// The level of that name, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The table of the specification.
    #[must_use]
    pub const fn action(self, validation: ValidationType) -> ValidationAction {
        use ValidationAction::{Enforce, Log};
        use ValidationType::{AuthenticTimestamp, Authenticity, Expiry, Integrity, Revocation};
        match (self, validation) {
            (Self::Skip, _) => ValidationAction::Skip,
            (Self::Strict, _) | (_, Integrity) | (Self::Permissive, Authenticity) => Enforce,
            (Self::Permissive, AuthenticTimestamp | Expiry | Revocation) => Log,
            (Self::Audit, Authenticity | AuthenticTimestamp | Expiry | Revocation) => Log,
        }
    }
}

/// A named level and what a statement changes of it.
///
/// Only what the specification allows can be built: integrity is never changed, nothing but revocation is skipped,
/// and the level `skip` is not changed at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerificationLevel {
    base: BaseLevel,
    authenticity: Option<ValidationAction>,
    authentic_timestamp: Option<ValidationAction>,
    expiry: Option<ValidationAction>,
    revocation: Option<ValidationAction>,
}

impl VerificationLevel {
    /// The level without changes.
    #[must_use]
    pub const fn new(base: BaseLevel) -> Self {
        Self { base, authenticity: None, authentic_timestamp: None, expiry: None, revocation: None }
    }

    /// Changes the action of one validation (member `override` of a statement).
    ///
    /// # Errors
    /// [`OverrideError`] when the specification does not allow it.
    pub const fn with(mut self, validation: ValidationType, action: ValidationAction) -> Result<Self, OverrideError> {
        let skips = matches!(action, ValidationAction::Skip);
        let place = match validation {
            _ if matches!(self.base, BaseLevel::Skip) => return Err(OverrideError::SkipLevel),
            ValidationType::Integrity => return Err(OverrideError::Integrity),
            ValidationType::Authenticity | ValidationType::AuthenticTimestamp | ValidationType::Expiry if skips => {
                return Err(OverrideError::NotSkippable { validation });
            }
            ValidationType::Authenticity => &mut self.authenticity,
            ValidationType::AuthenticTimestamp => &mut self.authentic_timestamp,
            ValidationType::Expiry => &mut self.expiry,
            ValidationType::Revocation => &mut self.revocation,
        };
        *place = Some(action);
        Ok(self)
    }

    /// What a failure of that validation does.
    #[must_use]
    pub const fn action(&self, validation: ValidationType) -> ValidationAction {
        match self.changed(validation) {
            Some(action) => action,
            None => self.base.action(validation),
        }
    }

    /// The action that the statement gives instead of the level's own, which may be the same.
    #[must_use]
    pub const fn changed(&self, validation: ValidationType) -> Option<ValidationAction> {
        match validation {
            ValidationType::Integrity => None,
            ValidationType::Authenticity => self.authenticity,
            ValidationType::AuthenticTimestamp => self.authentic_timestamp,
            ValidationType::Expiry => self.expiry,
            ValidationType::Revocation => self.revocation,
        }
    }

    /// The level that the statement names.
    #[must_use]
    pub const fn base(&self) -> BaseLevel {
        self.base
    }

    /// The name of that level, also when it is customized.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.base.name()
    }

    /// Whether the statement overrides any action.
    #[must_use]
    pub fn is_customized(&self) -> bool {
        ValidationType::ALL.into_iter().any(|validation| self.changed(validation).is_some())
    }

    /// Whether signatures are not looked at.
    #[must_use]
    pub const fn is_skip(&self) -> bool {
        matches!(self.base, BaseLevel::Skip)
    }
}

/// Why an action may not be changed (trust policy specification, "Custom Verification Level").
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OverrideError {
    /// The level is `skip`.
    #[error("level skip is customized, which only the other levels can be")]
    SkipLevel,
    /// Integrity is enforced always.
    #[error("integrity is overridden, which it never can be")]
    Integrity,
    /// Only revocation may be skipped.
    #[error("{validation} is skipped, expected enforce or log")]
    NotSkippable {
        /// The validation.
        validation: ValidationType,
    },
}

impl OverrideError {
    /// Stable name of the rule that was broken.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SkipLevel => "policy-override-of-skip",
            Self::Integrity => "policy-override-of-integrity",
            Self::NotSkippable { .. } => "policy-override-not-skippable",
        }
    }
}

/// When the countersignature of a timestamping authority is looked at, where a statement names a `tsa` store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum VerifyTimestamp {
    /// `always`: it is needed, the default.
    #[default]
    Always,
    /// `afterCertExpiry`: it is needed once a certificate of the chain has expired.
    AfterCertExpiry,
}

impl VerifyTimestamp {
    /// The name in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::AfterCertExpiry => "afterCertExpiry",
        }
    }

    /// The option of that name, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Always, Self::AfterCertExpiry].into_iter().find(|option| option.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_levels_is_that_of_the_specification() {
        let table = [
            (BaseLevel::Strict, "strict", ["enforce", "enforce", "enforce", "enforce", "enforce"]),
            (BaseLevel::Permissive, "permissive", ["enforce", "enforce", "log", "log", "log"]),
            (BaseLevel::Audit, "audit", ["enforce", "log", "log", "log", "log"]),
            (BaseLevel::Skip, "skip", ["skip", "skip", "skip", "skip", "skip"]),
        ];
        assert_eq!(BaseLevel::ALL, table.map(|row| row.0));
        for (base, name, actions) in table {
            let level = VerificationLevel::new(base);
            assert_eq!((level.name(), level.is_customized(), level.is_skip()), (name, false, name == "skip"));
            assert_eq!(ValidationType::ALL.map(|validation| level.action(validation).name()), actions, "{name}");
            assert_eq!(BaseLevel::from_name(name), Some(base));
        }
    }

    #[test]
    fn every_override_is_allowed_or_refused_as_specified() {
        use ValidationAction::{Enforce, Log, Skip};
        for base in BaseLevel::ALL {
            for validation in ValidationType::ALL {
                for action in ValidationAction::ALL {
                    let expected = match (base, validation, action) {
                        (BaseLevel::Skip, _, _) => Err(OverrideError::SkipLevel),
                        (_, ValidationType::Integrity, _) => Err(OverrideError::Integrity),
                        (_, ValidationType::Revocation, _) | (_, _, Enforce | Log) => Ok(action),
                        (_, _, Skip) => Err(OverrideError::NotSkippable { validation }),
                    };
                    let level = VerificationLevel::new(base).with(validation, action);
                    assert_eq!(level.map(|level| level.action(validation)), expected);
                    let Ok(level) = level else { continue };
                    assert!(level.is_customized());
                    assert_eq!(level.name(), base.name());
                    for other in ValidationType::ALL.into_iter().filter(|other| *other != validation) {
                        assert_eq!(level.action(other), base.action(other));
                    }
                }
            }
        }
    }

    #[test]
    fn names_are_compared_exactly() {
        for validation in ValidationType::ALL {
            assert_eq!(ValidationType::from_name(validation.name()), Some(validation));
        }
        for action in ValidationAction::ALL {
            assert_eq!(ValidationAction::from_name(action.name()), Some(action));
        }
        assert_eq!(VerifyTimestamp::from_name("always"), Some(VerifyTimestamp::Always));
        assert_eq!(VerifyTimestamp::from_name("afterCertExpiry"), Some(VerifyTimestamp::AfterCertExpiry));
        assert_eq!(VerifyTimestamp::default().name(), "always");
        assert_eq!(ValidationType::from_name("Integrity"), None);
        assert_eq!(ValidationAction::from_name("LOG"), None);
        assert_eq!(BaseLevel::from_name("strict "), None);
        assert_eq!(VerifyTimestamp::from_name("aftercertexpiry"), None);
    }
}
