//! Why an artifact was not signed.

use notary::payload::PayloadError;
use notary::sign::SignError;

use crate::registry::RegistryError;
use crate::signer::{AwsSignerError, LocalKeyError};

#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Key(#[from] LocalKeyError),
    #[error(transparent)]
    Aws(#[from] AwsSignerError),
    #[error(transparent)]
    Envelope(Box<SignError>),
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl From<SignError> for SigningError {
    fn from(error: SignError) -> Self {
        Self::Envelope(Box::new(error))
    }
}
