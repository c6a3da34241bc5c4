//! Signature envelopes. Nothing inside one is readable before its integrity was checked.
//!
//! [`Envelope`] holds bytes that nobody has judged and offers one thing: [`Envelope::verify`]. What comes back,
//! [`VerifiedEnvelope`], is another type, and the only one that can be read.

mod attributes;
mod headers;
mod jws;

use crate::algorithm::KeySpec;
use crate::certificate::{CertificateChain, ChainError, KeyError};
use crate::descriptor::media_type;
use crate::json::JsonError;
use crate::limits;
use crate::payload::{Payload, PayloadError};

pub use attributes::{Criticality, ExtendedAttribute, SignedAttributes, SigningTime, UnsignedAttributes, name};

pub(crate) use jws::{
    assemble as assemble_jws, encode as encode_jws, protected_header, signing_input as jws_signing_input,
};

/// The two envelope formats of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvelopeFormat {
    /// JSON Web Signature (RFC 7515), flattened JSON serialization.
    Jws,
    /// COSE Sign1 (RFC 9052).
    Cose,
}

impl EnvelopeFormat {
    /// The media type of a layer that holds such an envelope.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jws => media_type::JWS,
            Self::Cose => media_type::COSE,
        }
    }

    /// The format of that media type, compared exactly.
    #[must_use]
    pub fn from_media_type(found: &str) -> Option<Self> {
        [Self::Jws, Self::Cose].into_iter().find(|format| format.media_type() == found)
    }
}

/// An envelope that nobody has judged yet.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    media_type: &'a str,
    bytes: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Takes the bytes of a layer and the media type that the signature manifest gives it.
    #[must_use]
    pub const fn new(media_type: &'a str, bytes: &'a [u8]) -> Self {
        Self { media_type, bytes }
    }

    /// The bytes as they were given. What they say is not known yet.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Checks the integrity: the structure, the signature under the key of the first certificate, the rules of the
    /// headers, and the rules of the certificate chain that need no time and no trust.
    ///
    /// # Errors
    /// [`EnvelopeError`] naming the first rule that is broken.
    pub fn verify(&self) -> Result<VerifiedEnvelope, EnvelopeError> {
        if self.bytes.is_empty() {
            return Err(EnvelopeError::Empty);
        }
        if u64::try_from(self.bytes.len()).unwrap_or(u64::MAX) > limits::ENVELOPE_BYTES {
            return Err(EnvelopeError::TooLarge { limit: limits::ENVELOPE_BYTES });
        }
        match EnvelopeFormat::from_media_type(self.media_type) {
            Some(EnvelopeFormat::Jws) => jws::verify(self.bytes),
            Some(EnvelopeFormat::Cose) => Err(EnvelopeError::CoseUnsupported),
            None => Err(EnvelopeError::MediaType { found: self.media_type.to_owned() }),
        }
    }
}

/// An envelope whose signature matches the key of its own first certificate. Whether that certificate is trusted is
/// another question.
#[derive(Clone, Debug)]
pub struct VerifiedEnvelope {
    pub(crate) format: EnvelopeFormat,
    pub(crate) key_spec: KeySpec,
    pub(crate) chain: CertificateChain,
    pub(crate) signed: SignedAttributes,
    pub(crate) unsigned: UnsignedAttributes,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl VerifiedEnvelope {
    /// The format.
    #[must_use]
    pub const fn format(&self) -> EnvelopeFormat {
        self.format
    }

    /// The kind of key that signed.
    #[must_use]
    pub const fn key_spec(&self) -> KeySpec {
        self.key_spec
    }

    /// The certificate chain, leaf first.
    #[must_use]
    pub const fn chain(&self) -> &CertificateChain {
        &self.chain
    }

    /// Attributes under the signature.
    #[must_use]
    pub const fn signed_attributes(&self) -> &SignedAttributes {
        &self.signed
    }

    /// Attributes that anybody could have changed.
    #[must_use]
    pub const fn unsigned_attributes(&self) -> &UnsignedAttributes {
        &self.unsigned
    }

    /// The payload as it was signed.
    #[must_use]
    pub fn payload_bytes(&self) -> &[u8] {
        &self.payload
    }

    /// The payload, read.
    ///
    /// # Errors
    /// [`PayloadError`] when the signer signed something else under the name of a Notary payload.
    pub fn payload(&self) -> Result<Payload, PayloadError> {
        Payload::parse(&self.payload)
    }

    /// The primitive signature, over which a timestamp countersignature is made.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// Why an envelope has no integrity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// No bytes.
    #[error("envelope is empty")]
    Empty,
    /// More bytes than an envelope may have.
    #[error("envelope has more than {limit} bytes")]
    TooLarge {
        /// The cap.
        limit: u64,
    },
    /// Neither of the two formats.
    #[error("envelope has media type {found:?}, expected {:?} or {:?}", media_type::JWS, media_type::COSE)]
    MediaType {
        /// As the signature manifest has it.
        found: String,
    },
    /// A COSE envelope: this version reads JWS only.
    #[error("envelope is in COSE format, which this version does not read")]
    CoseUnsupported,
    /// The envelope is not one JSON object with one meaning.
    #[error("envelope is not a JWS in flattened JSON serialization")]
    Json(#[source] JsonError),
    /// A member of the envelope is missing.
    #[error("envelope has no member {member:?}")]
    MemberMissing {
        /// Its name.
        member: &'static str,
    },
    /// A member of the envelope has another type.
    #[error("member {member:?} of the envelope is {found}, expected {expected}")]
    MemberType {
        /// Its name.
        member: &'static str,
        /// What it is.
        found: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A member is not base64 of its kind.
    #[error("member {member:?} of the envelope is not canonical {expected}")]
    Base64 {
        /// Its name.
        member: &'static str,
        /// The encoding that it must have.
        expected: &'static str,
    },
    /// `x5c` is missing or empty.
    #[error("envelope carries no certificate chain")]
    ChainMissing,
    /// The chain cannot be read or breaks a rule.
    #[error("certificate chain of the envelope is not acceptable")]
    Chain(#[from] ChainError),
    /// The key of the signing certificate is not one of the six.
    #[error("key of the signing certificate is not acceptable")]
    Key(#[from] KeyError),
    /// The protected header is not one JSON object with one meaning.
    #[error("protected header is not one JSON object")]
    HeaderJson(#[source] JsonError),
    /// A required header is missing.
    #[error("protected header has no {name:?}")]
    HeaderMissing {
        /// Its name.
        name: &'static str,
    },
    /// A header has another type.
    #[error("protected header {name:?} is {found}, expected {expected}")]
    HeaderType {
        /// Its name.
        name: &'static str,
        /// What it is.
        found: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A header that the signing scheme forbids.
    #[error("protected header {name:?} must not be present with signing scheme {scheme}")]
    HeaderForbidden {
        /// Its name.
        name: &'static str,
        /// The scheme.
        scheme: &'static str,
    },
    /// More extended attributes than the cap.
    #[error("protected header has more than {limit} extended attributes")]
    TooManyAttributes {
        /// The cap.
        limit: usize,
    },
    /// `alg` is none of the six.
    #[error("signature algorithm is {found:?}, expected PS256, PS384, PS512, ES256, ES384 or ES512")]
    AlgorithmUnsupported {
        /// As the header has it.
        found: String,
    },
    /// `alg` is not the algorithm of the signing certificate's key.
    #[error("signature algorithm is {found}, but the key of the signing certificate needs {expected}")]
    AlgorithmMismatch {
        /// As the header has it.
        found: &'static str,
        /// That of the key.
        expected: &'static str,
    },
    /// The signature was not made by that key over these bytes.
    #[error("signature does not match the key of the signing certificate")]
    SignatureMismatch,
    /// Another content than a Notary payload.
    #[error("payload content type is {found:?}, expected {:?}", media_type::PAYLOAD)]
    ContentType {
        /// As the header has it.
        found: String,
    },
    /// Neither of the two schemes.
    #[error("signing scheme is {found:?}, expected notary.x509 or notary.x509.signingAuthority")]
    SigningScheme {
        /// As the header has it.
        found: String,
    },
    /// A time that is not RFC 3339.
    #[error("protected header {name:?} is {found:?}, expected an RFC 3339 time")]
    Time {
        /// Name of the header.
        name: &'static str,
        /// As the header has it.
        found: String,
    },
    /// `crit` is an empty array.
    #[error("protected header \"crit\" is empty, expected at least {:?}", name::SIGNING_SCHEME)]
    CriticalEmpty,
    /// `crit` names something twice.
    #[error("protected header \"crit\" names {name:?} twice")]
    CriticalTwice {
        /// What it names.
        name: String,
    },
    /// `crit` names a header that is not there.
    #[error("protected header \"crit\" names {name:?}, which is not present")]
    CriticalAbsent {
        /// What it names.
        name: String,
    },
    /// `crit` names a header that must not be critical.
    #[error("protected header \"crit\" names {name:?}, which must not be critical")]
    CriticalForbidden {
        /// What it names.
        name: String,
    },
    /// `crit` lacks a header that must be critical.
    #[error("protected header \"crit\" lacks {name:?}, which must be critical")]
    CriticalLacking {
        /// What it lacks.
        name: &'static str,
    },
    /// The signature expired before it was made.
    #[error("expiry {expiry} is not after the signing time {signing_time}")]
    ExpiryNotAfterSigningTime {
        /// Expiry.
        expiry: jiff::Timestamp,
        /// Signing time.
        signing_time: jiff::Timestamp,
    },
    /// The payload has no bytes.
    #[error("payload is empty")]
    PayloadEmpty,
}

impl EnvelopeError {
    /// Stable name of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "envelope-empty",
            Self::TooLarge { .. } => "envelope-too-large",
            Self::MediaType { .. } => "envelope-media-type",
            Self::CoseUnsupported => "envelope-cose-unsupported",
            Self::Json(_) => "envelope-json",
            Self::MemberMissing { .. } => "envelope-member-missing",
            Self::MemberType { .. } => "envelope-member-type",
            Self::Base64 { .. } => "envelope-base64",
            Self::ChainMissing => "envelope-chain-missing",
            Self::Chain(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::HeaderJson(_) => "header-json",
            Self::HeaderMissing { .. } => "header-missing",
            Self::HeaderType { .. } => "header-type",
            Self::HeaderForbidden { .. } => "header-forbidden",
            Self::TooManyAttributes { .. } => "header-too-many-attributes",
            Self::AlgorithmUnsupported { .. } => "algorithm-unsupported",
            Self::AlgorithmMismatch { .. } => "algorithm-mismatch",
            Self::SignatureMismatch => "signature-mismatch",
            Self::ContentType { .. } => "payload-content-type",
            Self::SigningScheme { .. } => "signing-scheme",
            Self::Time { .. } => "header-time",
            Self::CriticalEmpty => "critical-empty",
            Self::CriticalTwice { .. } => "critical-twice",
            Self::CriticalAbsent { .. } => "critical-absent",
            Self::CriticalForbidden { .. } => "critical-forbidden",
            Self::CriticalLacking { .. } => "critical-lacking",
            Self::ExpiryNotAfterSigningTime { .. } => "expiry-not-after-signing-time",
            Self::PayloadEmpty => "payload-empty",
        }
    }
}
