//! AWS Signer signs: the payload goes out, a whole envelope comes back, and is judged before anybody else sees it.

use std::collections::BTreeMap;

use aws_sdk_signer::config::retry::RetryConfig;
use aws_sdk_signer::operation::sign_payload::SignPayloadOutput;
use aws_sdk_signer::primitives::Blob;
use jiff::SignedDuration;
use notary::descriptor::{Descriptor, media_type};
use notary::envelope::{Envelope, EnvelopeFormat};
use notary::extension::aws_signer::{
    AwsRoots, MAX_PAYLOAD_BYTES, ReturnedEnvelope, SignPayloadRequest, SigningProfileArn, check_returned,
};
use notary::sign::SignError;
use tokio::time::Instant;

use super::pace::Pace;
use crate::aws::Aws;
use crate::aws::facts::{AwsError, AwsErrorKind, Operation};
use crate::clock::Clock;

/// Members of the response metadata that are carried on. AWS documents none; a signature manifest must stay small.
const METADATA_ENTRIES: usize = 32;

/// Most bytes that one key and its value may have.
const METADATA_BYTES: usize = 1024;

/// A signing profile to sign with.
#[derive(Debug)]
pub(crate) struct AwsSigner {
    aws: Aws,
    profile: SigningProfileArn,
    roots: AwsRoots,
    clock: Clock,
    pace: Pace,
}

/// What AWS Signer returned, verified.
#[derive(Debug)]
pub(crate) struct AwsSigned {
    pub(crate) envelope: ReturnedEnvelope,
    /// Metadata of the response, for the signature manifest.
    pub(crate) metadata: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum AwsSignerError {
    #[error("payload has {size} bytes, {over} more than the {MAX_PAYLOAD_BYTES} that AWS Signer signs")]
    PayloadTooLarge {
        size: usize,
        /// How many of them are too many.
        over: usize,
    },
    #[error("AWS Signer did not sign with {profile}")]
    Call { profile: SigningProfileArn, source: Box<AwsError> },
    /// What came back is not what was asked for.
    #[error("what AWS Signer returned is not the requested signature; nothing was pushed")]
    Returned {
        source: Box<SignError>,
        /// How far this machine's clock is ahead of the servers that were asked.
        clock_off: Option<SignedDuration>,
    },
}

impl AwsSigner {
    /// Makes a signer. Sends no request yet.
    pub(crate) fn new(aws: Aws, profile: SigningProfileArn, roots: AwsRoots, clock: Clock) -> Self {
        Self { aws, profile, roots, clock, pace: Pace::default() }
    }

    pub(crate) const fn profile(&self) -> &SigningProfileArn {
        &self.profile
    }

    pub(crate) const fn roots(&self) -> &AwsRoots {
        &self.roots
    }

    pub(crate) const fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Checks what can be checked before anything is asked for.
    ///
    /// # Errors
    /// [`AwsSignerError::PayloadTooLarge`].
    pub(crate) const fn check(payload: &[u8]) -> Result<(), AwsSignerError> {
        let size = payload.len();
        match size.checked_sub(MAX_PAYLOAD_BYTES) {
            None | Some(0) => Ok(()),
            Some(over) => Err(AwsSignerError::PayloadTooLarge { size, over }),
        }
    }

    /// Signs a payload and verifies what comes back as a verifier would.
    ///
    /// # Errors
    /// [`AwsSignerError`]. After an error of [`AwsSignerError::Returned`] a signing job exists in AWS whose signature
    /// nobody got.
    pub(crate) async fn sign(&self, artifact: &Descriptor, payload: &[u8]) -> Result<AwsSigned, AwsSignerError> {
        Self::check(payload)?;
        let call = |source| AwsSignerError::Call { profile: self.profile.clone(), source: Box::new(source) };
        let answer = self.ask(payload).await.map_err(call)?;
        let Some(envelope) = answer.signature else {
            let fact = "the answer contains no signature";
            return Err(call(AwsError::new(Operation::SIGN_PAYLOAD, AwsErrorKind::Malformed, fact)));
        };
        // In a long batch the answer comes much later than the run began.
        let (media_type, now) = (EnvelopeFormat::Jws.media_type(), self.clock.now());
        let envelope = Envelope::new(media_type, envelope.as_ref());
        let request = SignPayloadRequest::new(artifact, payload, &self.profile);
        let envelope = check_returned(envelope, &request, &self.roots, now)
            .map_err(|error| AwsSignerError::Returned { source: Box::new(error), clock_off: self.aws.clock_off() })?;
        Ok(AwsSigned { envelope, metadata: carried(answer.metadata.unwrap_or_default()) })
    }

    /// Asks for a signature. Every attempt takes its turn: those of the SDK would come on top of the pace.
    async fn ask(&self, payload: &[u8]) -> Result<SignPayloadOutput, AwsError> {
        let client = self.aws.signer(self.profile.region()).await?;
        let mut attempts = self.aws.attempts();
        loop {
            self.pace.turn().await;
            let began = Instant::now();
            let answer = client
                .sign_payload()
                .profile_name(self.profile.name())
                .profile_owner(self.profile.account())
                .payload(Blob::new(payload))
                .payload_format(media_type::PAYLOAD)
                .customize()
                .config_override(aws_sdk_signer::config::Builder::new().retry_config(RetryConfig::disabled()))
                .send()
                .await;
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => AwsError::of_signed(Operation::SIGN_PAYLOAD, &error, &self.clock),
            };
            if !attempts.again(&error, began.elapsed()).await {
                return Err(error);
            }
        }
    }
}

/// The metadata that goes into the manifest: what is not too long, sorted, under a cap.
fn carried(metadata: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let sorted: BTreeMap<_, _> = metadata
        .into_iter()
        .filter(|(key, value)| !key.is_empty() && key.len() + value.len() <= METADATA_BYTES)
        .collect();
    sorted.into_iter().take(METADATA_ENTRIES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_is_too_large_is_refused_with_the_number_of_bytes_over() {
        assert!(AwsSigner::check(&[0; MAX_PAYLOAD_BYTES]).is_ok());
        let error = AwsSigner::check(&[0; MAX_PAYLOAD_BYTES + 3]).unwrap_err();
        assert!(matches!(error, AwsSignerError::PayloadTooLarge { size: 4099, over: 3 }), "{error:?}");
    }

    #[test]
    fn metadata_is_carried_under_a_cap() {
        let pair = |key: &str, length: usize| (key.to_owned(), "x".repeat(length));
        let kept = carried([pair("a", 1), pair("", 1), pair("b", METADATA_BYTES)]);
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(carried((0..100).map(|number| pair(&number.to_string(), 1))).len(), METADATA_ENTRIES);
    }
}
