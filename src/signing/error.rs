//! Why an artifact was not signed.

use notary::payload::PayloadError;
use notary::sign::SignError;

use crate::registry::{PushError, RegistryError};
use crate::signer::{AwsSignerError, LocalKeyError};

#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The registry took the signature, and then did not show that it is there as it was sent, and listed.
    #[error(transparent)]
    Unproven(RegistryError),
    #[error(transparent)]
    Key(#[from] LocalKeyError),
    #[error(transparent)]
    Aws(#[from] AwsSignerError),
    #[error(transparent)]
    Envelope(Box<SignError>),
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl From<PushError> for SigningError {
    fn from(error: PushError) -> Self {
        match error {
            PushError::NotTaken(error) => Self::Registry(error),
            PushError::Unproven(error) => Self::Unproven(error),
        }
    }
}

impl From<SignError> for SigningError {
    fn from(error: SignError) -> Self {
        Self::Envelope(Box::new(error))
    }
}
