//! Why a validation passed, failed or did not run.

use jiff::Timestamp;

use crate::certificate::ChainError;
use crate::digest::Digest;
use crate::envelope::EnvelopeError;
use crate::extension::aws_signer::{AwsSignerFailure, RevocationStatusRequest, RevokedEntity};
use crate::limits;
use crate::payload::PayloadError;
use crate::revocation::Unavailability;
use crate::trust_policy::IdentityError;
use crate::trust_store::{TrustStoreType, UnusableTrustStore};

/// Why a validation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The envelope has no integrity.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The payload cannot be read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// Another artifact was signed.
    #[error("another artifact was signed: {signed}, expected {expected}")]
    TargetArtifact {
        /// Media type, digest and size in the payload.
        signed: Box<Identification>,
        /// Those of the artifact at hand.
        expected: Box<Identification>,
    },
    /// The signature demands attributes to be understood that are not.
    #[error("critical attribute {} is not understood", list(keys))]
    UnknownCriticalAttribute {
        /// Their names.
        keys: Vec<String>,
    },
    /// A signature of AWS Signer breaks its rules, or is not by a trusted signing profile.
    #[error(transparent)]
    AwsSigner(Box<AwsSignerFailure>),
    /// The signature demands a plugin.
    #[error("signature demands verification plugin {name:?}, which this version does not run")]
    VerificationPlugin {
        /// As the signature names it.
        name: String,
    },
    /// The statement names no store of the type that the signing scheme needs.
    #[error("trust policy statement names no trust store of type {store_type}, which signing scheme {scheme} needs")]
    NoTrustStore {
        /// The type.
        store_type: TrustStoreType,
        /// The scheme of the signature.
        scheme: &'static str,
    },
    /// A store that the statement names cannot be used.
    #[error(transparent)]
    TrustStore(#[from] UnusableTrustStore),
    /// No certificate of the chain is in a trust store.
    #[error("no certificate of the chain is in trust store {}; the chain ends in {root}", list(stores))]
    ChainNotTrusted {
        /// The stores that were looked at.
        stores: Vec<String>,
        /// Subject of the last certificate.
        root: String,
    },
    /// The signer is not a trusted identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A certificate was not valid at the moment that counts.
    #[error(transparent)]
    CertificateValidity(#[from] ChainError),
    /// A signing authority vouches for a time that has not come.
    #[error(
        "authentic signing time {signing_time} is more than {} minutes after {now:.0}, the present",
        limits::CLOCK_SKEW.as_secs() / 60
    )]
    SignedInFuture {
        /// The time.
        signing_time: Timestamp,
        /// The time it was judged at.
        now: Timestamp,
    },
    /// The signer says that it was revoked.
    #[error("revoked: {}{}{}", told(entities), more(*omitted), answered(endpoint.as_deref()))]
    Revoked {
        /// What was revoked.
        entities: Vec<RevokedEntity>,
        /// How many more the answer names.
        omitted: usize,
        /// The endpoint that says so, if it is not one of AWS.
        endpoint: Option<String>,
    },
    /// The signature expired.
    #[error("signature expired at {expiry}, now is {now:.0}")]
    Expired {
        /// When.
        expiry: Timestamp,
        /// The time it was judged at.
        now: Timestamp,
    },
    /// Metadata that was asked for is not in the signature.
    #[error("signature does not carry metadata {}", list(missing))]
    UserMetadata {
        /// As `key=value`.
        missing: Vec<String>,
    },
}

impl Failure {
    /// Stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Envelope(error) => error.code(),
            Self::Payload(error) => error.code(),
            Self::TargetArtifact { .. } => "target-artifact-mismatch",
            Self::UnknownCriticalAttribute { .. } => "critical-attribute-unknown",
            Self::AwsSigner(failure) => failure.code(),
            Self::VerificationPlugin { .. } => "verification-plugin-unsupported",
            Self::NoTrustStore { .. } => "no-trust-store-of-type",
            Self::TrustStore(_) => "trust-store-unusable",
            Self::ChainNotTrusted { .. } => "chain-not-trusted",
            Self::Identity(error) => error.code(),
            Self::CertificateValidity(error) => error.code(),
            Self::SignedInFuture { .. } => "signed-in-future",
            Self::Revoked { .. } => "revoked",
            Self::Expired { .. } => "signature-expired",
            Self::UserMetadata { .. } => "user-metadata-missing",
        }
    }
}

impl From<AwsSignerFailure> for Failure {
    fn from(failure: AwsSignerFailure) -> Self {
        Self::AwsSigner(Box::new(failure))
    }
}

/// On whose word a validation passed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Confirmation {
    /// AWS Signer was asked and names nothing that was revoked.
    #[error("not revoked: {request}{}", answered(endpoint.as_deref()))]
    NotRevoked {
        /// What was asked.
        request: Box<RevocationStatusRequest>,
        /// The endpoint that answered, if it is not one of AWS.
        endpoint: Option<String>,
    },
}

impl Confirmation {
    /// Stable name of the fact.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotRevoked { endpoint: None, .. } => "aws-not-revoked",
            Self::NotRevoked { endpoint: Some(_), .. } => "aws-not-revoked-elsewhere",
        }
    }
}

/// Media type, digest and size, for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identification {
    /// Media type.
    pub media_type: String,
    /// Digest.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
}

impl std::fmt::Display for Identification {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {} ({} bytes)", self.digest, self.media_type, self.size)
    }
}

/// What there was nothing of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Nothing {
    /// The signature has no expiry.
    #[error("signature does not expire")]
    NoExpiry,
    /// No certificate below the root names an OCSP responder or a CRL.
    #[error("no certificate below the root names an OCSP responder or CRL")]
    NoRevocationPointer,
    /// The caller asked for no metadata.
    #[error("no metadata was required")]
    NoMetadataAsked,
}

impl Nothing {
    /// Stable name of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoExpiry => "no-expiry",
            Self::NoRevocationPointer => "no-revocation-pointer",
            Self::NoMetadataAsked => "no-metadata-asked",
        }
    }
}

/// Why a validation did not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unevaluated {
    /// Nothing inside an envelope without integrity is looked at.
    #[error("integrity failed")]
    IntegrityFailed,
    /// No request leaves because of a chain that is not trusted.
    #[error("certificate chain is not trusted")]
    ChainNotTrusted,
    /// No request leaves because of a signing profile that is not trusted.
    #[error("signing profile is not trusted")]
    ProfileNotTrusted,
    /// No request leaves because of a signing time at which nothing could be signed.
    #[error("signing time is not trusted")]
    SigningTimeNotTrusted,
    /// The policy skips it.
    #[error("skipped by the trust policy")]
    SkippedByPolicy,
    /// The policy needs an RFC 3161 countersignature to be judged.
    #[error("trust policy asks for a timestamp countersignature, which this version does not check")]
    TimestampUnsupported,
    /// Certificates name responders or lists, or AWS Signer was to be asked, and the answers are not there.
    #[error("revocation status is not known: {}", list(sources))]
    RevocationUnknown {
        /// What kept it from being known; of several the one that asking again helps least.
        kind: Unavailability,
        /// Which certificate names what, or what was asked, and with what result.
        sources: Vec<String>,
    },
}

impl Unevaluated {
    /// Stable name of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::IntegrityFailed => "integrity-failed",
            Self::ChainNotTrusted => "chain-not-trusted",
            Self::ProfileNotTrusted => "profile-not-trusted",
            Self::SigningTimeNotTrusted => "signing-time-not-trusted",
            Self::SkippedByPolicy => "skipped-by-policy",
            Self::TimestampUnsupported => "timestamp-unsupported",
            Self::RevocationUnknown { kind: Unavailability::Denied, .. } => "revocation-denied",
            Self::RevocationUnknown { kind: Unavailability::Malformed, .. } => "revocation-malformed",
            Self::RevocationUnknown { .. } => "revocation-unknown",
        }
    }
}

fn list(items: &[String]) -> String {
    items.join(", ")
}

fn told(entities: &[RevokedEntity]) -> String {
    list(&entities.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn more(omitted: usize) -> String {
    if omitted == 0 { String::new() } else { format!(" and {omitted} more") }
}

fn answered(endpoint: Option<&str>) -> String {
    endpoint.map(|endpoint| format!(" (answered by {endpoint}, which is not AWS's)")).unwrap_or_default()
}
