//! Signing profiles as signatures name them, and as policies trust them.

use std::fmt;

use super::AwsSignature;
use super::arn::{AliasedProfileArn, ProfileAliasArn, SigningProfileArn, resource_type};
use super::arn_error::ArnError;

/// All forms of a trusted profile, for the message about another one.
const TRUSTED_FORM: &str =
    "/signing-profiles/NAME, /signing-profiles/NAME/VERSION, /aliased-signing-profiles/ID or /aliases/NAME";

/// The signing profile that made a signature, as the signature names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SignedProfile {
    /// The profile version: `/signing-profiles/NAME/VERSION`.
    Version(SigningProfileArn),
    /// A profile that is used by its alias only: `/aliased-signing-profiles/ID`.
    Aliased(AliasedProfileArn),
}

impl SignedProfile {
    /// Parses the ARN of either form. Whether a profile has a version is not looked at.
    ///
    /// # Errors
    /// [`ArnError`] with the first rule that is broken.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        match resource_type(text) {
            Some(AliasedProfileArn::TYPE) => AliasedProfileArn::parse(text).map(Self::Aliased),
            _ => SigningProfileArn::parse(text).map(Self::Version),
        }
    }

    /// The ARN of the profile version, where it has one.
    #[must_use]
    pub const fn version(&self) -> Option<&SigningProfileArn> {
        match self {
            Self::Version(version) => Some(version),
            Self::Aliased(_) => None,
        }
    }

    /// The ARN by which a policy trusts the profile, whatever its version.
    #[must_use]
    pub fn without_version(&self) -> TrustedProfile {
        match self {
            Self::Version(version) => TrustedProfile::Profile(version.without_version()),
            Self::Aliased(aliased) => TrustedProfile::Aliased(aliased.clone()),
        }
    }

    /// The partition, region and account: what is the profile's is also its alias's.
    pub(super) fn place(&self) -> [&str; 3] {
        [self.partition(), self.region(), self.account()]
    }
}

/// Whom a policy trusts among the customers of AWS Signer.
///
/// Comparison is exact: AWS has two profiles where case differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TrustedProfile {
    /// A signing profile, or one version of it.
    Profile(SigningProfileArn),
    /// A profile that is used by its alias only.
    Aliased(AliasedProfileArn),
    /// An alias, and so whoever may point it at another profile. It matches only what was signed through it.
    Alias(ProfileAliasArn),
}

impl TrustedProfile {
    /// Parses the ARN of a profile, of a profile version, or of an alias.
    ///
    /// # Errors
    /// [`ArnError`] with the first rule that is broken.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        match resource_type(text) {
            Some(AliasedProfileArn::TYPE) => AliasedProfileArn::parse(text).map(Self::Aliased),
            Some(ProfileAliasArn::TYPE) => ProfileAliasArn::parse(text).map(Self::Alias),
            _ => SigningProfileArn::parse(text).map(Self::Profile).map_err(|error| match error {
                ArnError::ResourceType { found, .. } => ArnError::ResourceType { found, expected: TRUSTED_FORM },
                other => other,
            }),
        }
    }

    /// The profile that can be named without its alias, with or without a version.
    #[must_use]
    pub const fn profile(&self) -> Option<&SigningProfileArn> {
        match self {
            Self::Profile(profile) => Some(profile),
            Self::Aliased(_) | Self::Alias(_) => None,
        }
    }

    /// Whether a signature is by this profile, or through this alias.
    #[must_use]
    pub fn matches(&self, signature: &AwsSignature) -> bool {
        match (self, &signature.profile_version) {
            (Self::Profile(trusted), SignedProfile::Version(signed)) => trusted.matches(signed),
            (Self::Aliased(trusted), SignedProfile::Aliased(signed)) => trusted == signed,
            (Self::Alias(trusted), _) => signature.alias.as_ref() == Some(trusted),
            _ => false,
        }
    }

    /// Whether this would match if case did not count. For a message: AWS's own plugin compares that way.
    pub(super) fn matches_but_for_case(&self, signature: &AwsSignature) -> bool {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let folded = match (self, &signature.profile_version) {
            (Self::Profile(trusted), SignedProfile::Version(signed)) => trusted.matches_without_case(signed),
            (Self::Aliased(trusted), SignedProfile::Aliased(signed)) => same(trusted.as_str(), signed.as_str()),
            (Self::Alias(trusted), _) => {
                signature.alias.as_ref().is_some_and(|alias| same(trusted.as_str(), alias.as_str()))
            }
            _ => false,
        };
        folded && !self.matches(signature)
    }

    /// Whether whatever the other one trusts is trusted by this one as well, as far as the texts tell.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Profile(one), Self::Profile(other)) => one.matches(other),
            (one, other) => one == other,
        }
    }
}

/// What the ARNs of all forms have.
macro_rules! fields_of {
    ($name:ident: $($form:ident),*) => {
        impl $name {
            /// The whole ARN.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$form(arn) => arn.as_str(),)*
                }
            }

            /// The partition, for example `aws` or `aws-us-gov`.
            #[must_use]
            pub fn partition(&self) -> &str {
                match self {
                    $(Self::$form(arn) => arn.partition(),)*
                }
            }

            /// The region, for example `eu-west-1`.
            #[must_use]
            pub fn region(&self) -> &str {
                match self {
                    $(Self::$form(arn) => arn.region(),)*
                }
            }

            /// The account that owns it: 12 digits.
            #[must_use]
            pub fn account(&self) -> &str {
                match self {
                    $(Self::$form(arn) => arn.account(),)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

fields_of!(SignedProfile: Version, Aliased);
fields_of!(TrustedProfile: Profile, Aliased, Alias);

impl From<SigningProfileArn> for TrustedProfile {
    fn from(profile: SigningProfileArn) -> Self {
        Self::Profile(profile)
    }
}

impl From<SignedProfile> for TrustedProfile {
    fn from(signed: SignedProfile) -> Self {
        match signed {
            SignedProfile::Version(version) => Self::Profile(version),
            SignedProfile::Aliased(aliased) => Self::Aliased(aliased),
        }
    }
}
