//! AWS Signer: what its verification plugin does, done here and more strictly.
//!
//! AWS Signer holds the keys and makes whole envelopes. Its signing certificate has the same subject for every customer
//! of a region, so that the chain proves nothing about who signed: the signing profile does, which stands in a signed
//! attribute. Trust follows the anchor: these rules apply exactly to chains that have the key of an AWS Signer root, and
//! such a chain is trusted in no other way than by the ARN of a signing profile.

mod arn;
mod arn_error;
mod attributes;
mod failure;
mod returned;
mod revocation;
mod roots;
mod trust;

pub use self::arn::{SigningJobArn, SigningProfileArn};
pub use self::arn_error::ArnError;
pub use self::failure::AwsSignerFailure;
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

/// Signed attribute with the ARN of the signing profile version.
pub const SIGNING_PROFILE_VERSION: &str = "com.amazonaws.signer.signingProfileVersion";

/// Signed attribute with the ARN of the signing job.
pub const SIGNING_JOB: &str = "com.amazonaws.signer.signingJob";

/// Bytes of the largest payload that AWS Signer signs (SignPayload, member `payload`, before base64).
pub const MAX_PAYLOAD_BYTES: usize = 4096;

/// What an envelope of AWS Signer says of its maker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AwsSignature {
    /// The signing profile, always with its version.
    pub profile_version: SigningProfileArn,
    /// The signing job.
    pub job: SigningJobArn,
}

#[cfg(test)]
mod tests;
