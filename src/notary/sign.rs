//! Making an envelope: what is to be signed comes out, the primitive signature goes in.
//!
//! No private key is ever seen here. What a signer returns is judged as a verifier would judge it before anybody
//! gets to see the envelope.

use jiff::Timestamp;

use crate::algorithm::KeySpec;
use crate::certificate::{CertificateChain, ChainError, KeyError};
use crate::envelope::{
    Envelope, EnvelopeError, EnvelopeFormat, assemble_jws, encode_jws, jws_signing_input, protected_header,
};
use crate::limits;
use crate::verify::Failure;

/// What is to be signed, and how.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    payload: &'a [u8],
    chain: &'a CertificateChain,
    signing_time: Timestamp,
    expiry: Option<Timestamp>,
    signing_agent: &'a str,
}

impl<'a> Request<'a> {
    /// A payload, from [`crate::payload::assemble`]; the signing certificate and its issuers up to the root; and the time
    /// that the signature claims, of which fractions of a second are cut off.
    #[must_use]
    pub const fn new(payload: &'a [u8], chain: &'a CertificateChain, signing_time: Timestamp) -> Self {
        let signing_agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        Self { payload, chain, signing_time, expiry: None, signing_agent }
    }

    /// The same with a time from which on the signature no longer counts, if there is one; fractions of a second are cut
    /// off.
    #[must_use]
    pub const fn with_expiry(self, expiry: Option<Timestamp>) -> Self {
        Self { expiry, ..self }
    }

    /// The same with what the signing tool calls itself, `name/version`.
    #[must_use]
    pub const fn with_signing_agent(self, signing_agent: &'a str) -> Self {
        Self { signing_agent, ..self }
    }
}

/// Prepares a JWS envelope of scheme `notary.x509`.
///
/// # Errors
/// [`SignError`] when the chain could not verify at the signing time, the key is none of the six, or the expiry is
/// not after the signing time.
pub fn prepare<'a>(request: &Request<'a>) -> Result<Unsigned<'a>, SignError> {
    let signing_time = whole_seconds(request.signing_time);
    let expiry = request.expiry.map(whole_seconds);
    if let Some(expiry) = expiry.filter(|expiry| *expiry <= signing_time) {
        return Err(SignError::ExpiryNotAfterSigningTime { expiry, signing_time });
    }
    request.chain.check_code_signing()?;
    request.chain.check_valid_at(signing_time)?;
    let key_spec = request.chain.leaf().key_spec()?;
    let protected = protected_header(key_spec, signing_time, expiry);
    let payload = encode_jws(request.payload);
    let message = jws_signing_input(&protected, &payload).into_bytes();
    Ok(Unsigned { request: *request, key_spec, signing_time, protected, payload, message })
}

/// An envelope that lacks its signature.
#[derive(Debug)]
pub struct Unsigned<'a> {
    request: Request<'a>,
    key_spec: KeySpec,
    signing_time: Timestamp,
    protected: String,
    payload: String,
    message: Vec<u8>,
}

impl Unsigned<'_> {
    /// The bytes that the signer signs. The signer hashes them.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The kind of key, and with it the algorithm, that must sign.
    #[must_use]
    pub const fn key_spec(&self) -> KeySpec {
        self.key_spec
    }

    /// The signing time as the envelope has it.
    #[must_use]
    pub const fn signing_time(&self) -> Timestamp {
        self.signing_time
    }

    /// Adds the signature and judges the result.
    ///
    /// `signature` is as wide as [`KeySpec::signature_length`] says: never DER.
    ///
    /// # Errors
    /// [`SignError::Returned`] when the envelope has no integrity, above all when the signature was made by another key.
    pub fn assemble(self, signature: &[u8]) -> Result<SignedEnvelope, SignError> {
        let Self { request, protected, payload, .. } = self;
        let bytes = assemble_jws(&protected, &payload, signature, request.chain, request.signing_agent);
        let verified = Envelope::new(EnvelopeFormat::Jws.media_type(), &bytes).verify()?;
        if verified.payload_bytes() != request.payload {
            return Err(SignError::PayloadChanged);
        }
        Ok(SignedEnvelope { bytes, media_type: EnvelopeFormat::Jws.media_type() })
    }
}

/// An envelope that verifies under the key of its own first certificate.
#[derive(Clone, Debug)]
pub struct SignedEnvelope {
    bytes: Vec<u8>,
    media_type: &'static str,
}

impl SignedEnvelope {
    /// The envelope.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        self.media_type
    }
}

pub(crate) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// Why there is no envelope.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The expiry is not after the signing time.
    #[error("expiry {expiry} is not after the signing time {signing_time}")]
    ExpiryNotAfterSigningTime {
        /// Expiry.
        expiry: Timestamp,
        /// Signing time.
        signing_time: Timestamp,
    },
    /// The chain breaks a rule or is not valid at the signing time.
    #[error("certificate chain cannot be used for signing")]
    Chain(#[from] ChainError),
    /// The key is none of the six.
    #[error("key of the signing certificate cannot be used for signing")]
    Key(#[from] KeyError),
    /// What the signer returned makes no envelope that verifies.
    #[error("what the signer returned does not verify")]
    Returned(#[from] EnvelopeError),
    /// What the signer returned has another payload.
    #[error("what the signer returned has another payload")]
    PayloadChanged,
    /// What the signer returned is an envelope that a verifier would reject.
    #[error("what the signer returned would be rejected")]
    Rejected(#[source] Box<Failure>),
    /// What the signer returned was not signed just now.
    #[error(
        "what the signer returned was signed at {signing_time}, more than {} minutes before {now:.0}, the present",
        limits::RETURNED_SIGNATURE_AGE.as_secs() / 60
    )]
    SignedLongAgo {
        /// When it was signed.
        signing_time: Timestamp,
        /// The time it was judged at.
        now: Timestamp,
    },
}

impl SignError {
    /// Stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ExpiryNotAfterSigningTime { .. } => "expiry-not-after-signing-time",
            Self::Chain(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Returned(error) => error.code(),
            Self::PayloadChanged => "payload-changed",
            Self::Rejected(failure) => failure.code(),
            Self::SignedLongAgo { .. } => "signed-long-ago",
        }
    }
}
