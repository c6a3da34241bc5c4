//! Why an artifact was not signed.

use notary::payload::PayloadError;
use notary::sign::SignError;

use crate::registry::RegistryError;
use crate::signer::{AwsSignerError, LocalKeyError};

/// Why an artifact was not signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    /// The registry or layout.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The key.
    #[error(transparent)]
    Key(#[from] LocalKeyError),
    /// AWS Signer.
    #[error(transparent)]
    Aws(#[from] AwsSignerError),
    /// The envelope.
    #[error(transparent)]
    Envelope(Box<SignError>),
    /// The payload.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl From<SignError> for SigningError {
    fn from(error: SignError) -> Self {
        Self::Envelope(Box::new(error))
    }
}
