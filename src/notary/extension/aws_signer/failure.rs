//! Why a signature of AWS Signer, or one that claims to be, is refused.

use super::arn::{ProfileAliasArn, SigningJobArn, SigningProfileArn};
use super::arn_error::ArnError;
use super::profile::{SignedProfile, TrustedProfile};
use super::{PLUGIN_VERSION, VERIFICATION_PLUGIN};

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AwsSignerFailure {
    /// A chain of AWS Signer under another scheme.
    #[error("signing scheme is {found}, expected notary.x509.signingAuthority: the chain has a root of AWS Signer")]
    Scheme {
        /// The scheme.
        found: &'static str,
    },
    /// The envelope names no plugin.
    #[error("signature names no verification plugin, expected {VERIFICATION_PLUGIN:?}")]
    PluginMissing,
    /// The envelope names another plugin.
    #[error("signature names verification plugin {found}, expected {VERIFICATION_PLUGIN:?}")]
    Plugin {
        /// Start of the value, as JSON.
        found: String,
    },
    /// A header of the plugin is not critical.
    #[error("signed attribute {key:?} is not critical")]
    NotCritical {
        /// Its name.
        key: &'static str,
    },
    /// The least version of the plugin is not a version.
    #[error("signature names plugin version {found}, expected a semantic version")]
    PluginVersion {
        /// Start of the value, as JSON.
        found: String,
    },
    /// The envelope needs a later version of the plugin than the one whose rules are known here.
    #[error("signature needs plugin version {found} or later, expected at most {}", version(PLUGIN_VERSION))]
    PluginTooOld {
        /// Start of the version.
        found: String,
    },
    /// Attributes that may not be passed over and whose rules are not known here: critical ones, and those under other
    /// names than AWS Signer's.
    #[error("signed attributes {} are unknown and may not be passed over", keys.join(", "))]
    OtherAttributes {
        /// Start of their names, at most [`crate::limits::EXTENDED_ATTRIBUTES`].
        keys: Vec<String>,
    },
    /// An attribute is missing.
    #[error("signature has no signed attribute {key:?}")]
    AttributeMissing {
        /// Its name.
        key: &'static str,
    },
    /// An attribute is not a string.
    #[error("signed attribute {key:?} is {found}, expected a string")]
    AttributeType {
        /// Its name.
        key: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An attribute is not an ARN of its kind.
    #[error("signed attribute {key:?} cannot be used: {source}")]
    AttributeArn {
        /// Its name.
        key: &'static str,
        /// What is wrong with it.
        source: ArnError,
    },
    /// The profile has no version.
    #[error("signing profile {found} has no version")]
    ProfileWithoutVersion {
        /// The profile.
        found: SigningProfileArn,
    },
    /// Job and profile are not of the same place.
    #[error("signing job {job} and signing profile {profile} are not of the same partition and region")]
    JobElsewhere {
        /// The job.
        job: SigningJobArn,
        /// The profile version.
        profile: SignedProfile,
    },
    /// Alias and profile are not of the same place.
    #[error("alias {alias} and signing profile {profile} are not of the same partition, region and account")]
    AliasElsewhere {
        /// The alias.
        alias: ProfileAliasArn,
        /// The profile version.
        profile: SignedProfile,
    },
    /// No root is known for the partition of the profile.
    #[error("no root of AWS Signer is known for partition {partition}")]
    PartitionWithoutRoot {
        /// The partition.
        partition: String,
    },
    /// The chain ends elsewhere than in the root of the profile's partition.
    #[error("chain ends in {root}, expected the root of AWS Signer for partition {partition}")]
    RootOfAnother {
        /// Subject of the last certificate.
        root: String,
        /// The partition.
        partition: String,
    },
    /// The envelope names the plugin of AWS Signer or is to be of AWS Signer, but its chain is not AWS's.
    #[error(
        "signature is to be of AWS Signer, but its chain ends in {root}, not in the AWS Signer root of a partition"
    )]
    NotAws {
        /// Subject of the last certificate.
        root: String,
    },
    /// The statement trusts no signing profile; nothing else can be trusted of such a chain.
    #[error("signer is {signed}, but the statement trusts no signing profile, only {identities:?}")]
    NoProfileTrusted {
        /// The profile version that signed.
        signed: SignedProfile,
        /// The entries of the policy.
        identities: Vec<String>,
    },
    /// Another profile than the trusted ones.
    #[error(
        "signing profile {signed}{} is not one of the trusted ones {identities:?}{}",
        alias.as_ref().map(|alias| format!(", used through {alias},")).unwrap_or_default(),
        same_but_for_case.as_ref().map(|arn| format!("; it differs from {arn} in case only")).unwrap_or_default()
    )]
    AnotherProfile {
        /// The profile version that signed.
        signed: SignedProfile,
        /// The alias through which it was used.
        alias: Option<ProfileAliasArn>,
        /// The entries of the policy.
        identities: Vec<String>,
        /// The trusted one that differs in case only, if there is one.
        same_but_for_case: Option<TrustedProfile>,
    },
}

fn version((major, minor, patch): (u64, u64, u64)) -> String {
    format!("{major}.{minor}.{patch}")
}

impl AwsSignerFailure {
    /// Stable name of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Scheme { .. } => "aws-signing-scheme",
            Self::PluginMissing => "aws-plugin-missing",
            Self::Plugin { .. } => "aws-plugin-name",
            Self::NotCritical { .. } => "aws-plugin-not-critical",
            Self::PluginVersion { .. } => "aws-plugin-version",
            Self::PluginTooOld { .. } => "aws-plugin-too-old",
            Self::OtherAttributes { .. } => "aws-other-attributes",
            Self::AttributeMissing { .. } => "aws-attribute-missing",
            Self::AttributeType { .. } => "aws-attribute-type",
            Self::AttributeArn { .. } => "aws-attribute-arn",
            Self::ProfileWithoutVersion { .. } => "aws-profile-without-version",
            Self::JobElsewhere { .. } => "aws-job-elsewhere",
            Self::AliasElsewhere { .. } => "aws-alias-elsewhere",
            Self::PartitionWithoutRoot { .. } => "aws-partition-without-root",
            Self::RootOfAnother { .. } => "aws-root-of-another",
            Self::NotAws { .. } => "aws-chain-not-aws",
            Self::NoProfileTrusted { .. } => "aws-no-profile-trusted",
            Self::AnotherProfile { .. } => "aws-profile-mismatch",
        }
    }
}
