//! What AWS Signer returned: a whole envelope, judged as a verifier would judge it before anybody gets to see it.

use jiff::Timestamp;

use super::{AwsRoots, AwsSignature, SigningProfileArn};
use crate::certificate::CertificateChain;
use crate::descriptor::Descriptor;
use crate::envelope::{Envelope, VerifiedEnvelope};
use crate::json;
use crate::limits;
use crate::sign::SignError;
use crate::verify::{self, Failure};

/// An envelope of AWS Signer that a verifier who trusts the profile would accept.
#[derive(Clone, Debug)]
pub struct ReturnedEnvelope {
    bytes: Vec<u8>,
    verified: VerifiedEnvelope,
    signature: AwsSignature,
}

impl ReturnedEnvelope {
    /// The envelope as it was returned.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        self.verified.format().media_type()
    }

    /// The certificate chain, leaf first.
    #[must_use]
    pub const fn chain(&self) -> &CertificateChain {
        self.verified.chain()
    }

    /// The time that AWS Signer vouches for.
    #[must_use]
    pub const fn signing_time(&self) -> Timestamp {
        self.verified.signed_attributes().signing_time().timestamp()
    }

    /// From when on the signature no longer counts; the profile says after how long.
    #[must_use]
    pub const fn expiry(&self) -> Option<Timestamp> {
        self.verified.signed_attributes().expiry()
    }

    /// Profile version and job.
    #[must_use]
    pub const fn aws_signature(&self) -> &AwsSignature {
        &self.signature
    }
}

/// What AWS Signer was asked to sign, and with which profile.
#[derive(Clone, Copy, Debug)]
pub struct SignPayloadRequest<'a> {
    artifact: &'a Descriptor,
    payload: &'a [u8],
    profile: &'a SigningProfileArn,
}

impl<'a> SignPayloadRequest<'a> {
    /// A payload, which was made for this artifact with [`crate::payload::assemble`].
    #[must_use]
    pub const fn new(artifact: &'a Descriptor, payload: &'a [u8], profile: &'a SigningProfileArn) -> Self {
        Self { artifact, payload, profile }
    }
}

/// Judges what AWS Signer returned.
///
/// It must be what a verifier with the profile as the one trusted identity accepts: everything but revocation. Besides
/// the payload must be the one that was sent, at most written in another way, and the signing time must be the present,
/// give or take [`limits::CLOCK_SKEW`] in the future and [`limits::RETURNED_SIGNATURE_AGE`] in the past: `now` is the time
/// at which the answer came, not that at which the program started.
///
/// # Errors
/// [`SignError`]: [`Returned`](SignError::Returned) without integrity, [`Rejected`](SignError::Rejected) when a verifier
/// would reject it, [`PayloadChanged`](SignError::PayloadChanged), [`SignedLongAgo`](SignError::SignedLongAgo).
pub fn check_returned(
    envelope: Envelope<'_>,
    request: &SignPayloadRequest<'_>,
    roots: &AwsRoots,
    now: Timestamp,
) -> Result<ReturnedEnvelope, SignError> {
    let SignPayloadRequest { artifact, payload, profile } = *request;
    let judged = verify::check_signed_by_profile(envelope, artifact, profile, roots, now);
    let (verified, signature) = judged.map_err(|failure| match failure {
        Failure::Envelope(error) => SignError::Returned(error),
        other => SignError::Rejected(Box::new(other)),
    })?;
    if !same_json(verified.payload_bytes(), payload) {
        return Err(SignError::PayloadChanged);
    }
    let signing_time = verified.signed_attributes().signing_time().timestamp();
    let earliest = now.saturating_sub(limits::RETURNED_SIGNATURE_AGE).unwrap_or(now);
    if signing_time < earliest {
        return Err(SignError::SignedLongAgo { signing_time, now });
    }
    Ok(ReturnedEnvelope { bytes: envelope.bytes().to_owned(), verified, signature })
}

/// Whether both texts say the same: every member, and no other.
fn same_json(returned: &[u8], sent: &[u8]) -> bool {
    returned == sent
        || matches!((json::parse(returned), json::parse(sent)), (Ok(returned), Ok(sent)) if returned == sent)
}
