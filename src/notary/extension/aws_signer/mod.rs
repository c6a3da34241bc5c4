//! AWS Signer: what its verification plugin does, done here and more strictly.
//!
//! AWS Signer holds the keys and makes whole envelopes. Its signing certificate has the same subject for every customer
//! of a region, so that the chain proves nothing about who signed: the signing profile does, which stands in a signed
//! attribute. Trust follows the anchor: these rules apply exactly to chains that have the key of an AWS Signer root, and
//! such a chain is trusted in no other way than by the ARN of a signing profile, or of an alias of one.

mod arn;
mod arn_error;
mod attributes;
mod failure;
mod profile;
mod returned;
mod revocation;
mod roots;
mod trust;

pub use self::arn::{AliasedProfileArn, ProfileAliasArn, SigningJobArn, SigningProfileArn};
pub use self::arn_error::ArnError;
pub use self::failure::AwsSignerFailure;
pub use self::profile::{SignedProfile, TrustedProfile};
pub use self::returned::{ReturnedEnvelope, SignPayloadRequest, check_returned};
pub use self::revocation::{RevocationStatusRequest, RevokedEntity, certificate_hashes};
pub use self::roots::{AwsRoots, KnownRoot};

pub(crate) use self::attributes::check_attributes;
pub(crate) use self::revocation::revoked;
pub(crate) use self::trust::{check_foreign, check_profile, check_root, not_aws};

/// The plugin that AWS Signer's envelopes name, whose part is done here.
pub const VERIFICATION_PLUGIN: &str = "com.amazonaws.signer.notation.plugin";

/// The version of that plugin whose rules are implemented here: major, minor, patch.
pub const PLUGIN_VERSION: (u64, u64, u64) = (1, 0, 350);

/// The signing platform of container images, by its id.
pub const PLATFORM_ID: &str = "Notation-OCI-SHA384-ECDSA";

/// What the names of AWS Signer's attributes start with.
pub const ATTRIBUTE_PREFIX: &str = "com.amazonaws.signer.";

/// Signed attribute with the ARN of the signing profile version, or of a profile that is used by its alias only.
pub const SIGNING_PROFILE_VERSION: &str = "com.amazonaws.signer.signingProfileVersion";

/// Signed attribute with the ARN of the alias through which the profile was used. It is there for such signatures alone.
pub const SIGNING_PROFILE_ALIAS: &str = "com.amazonaws.signer.signingProfileAlias";

/// Signed attribute with the ARN of the signing job.
pub const SIGNING_JOB: &str = "com.amazonaws.signer.signingJob";

/// Bytes of the largest payload that AWS Signer signs (SignPayload, member `payload`, before base64).
pub const MAX_PAYLOAD_BYTES: usize = 4096;

/// What an envelope of AWS Signer says of its maker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AwsSignature {
    /// The signing profile, always with its version, if it has versions.
    pub profile_version: SignedProfile,
    /// The alias through which the profile was used.
    pub alias: Option<ProfileAliasArn>,
    /// The signing job.
    pub job: SigningJobArn,
}

#[cfg(test)]
mod tests;
