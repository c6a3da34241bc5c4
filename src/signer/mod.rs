//! The signers: a local key, or a signing profile of AWS Signer.

pub(crate) mod aws_signer;
mod encrypted_key;
mod key_file;
pub(crate) mod local_key;

mod pace;

pub(crate) use aws_signer::{AwsSigner, AwsSignerError};
pub(crate) use key_file::Form;
pub(crate) use local_key::{LocalKey, LocalKeyError};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Signer<'a> {
    LocalKey(&'a LocalKey),
    SigningProfile(&'a AwsSigner),
}

impl Signer<'_> {
    /// Whether a signature that turns out to be needless costs nothing. A signing job costs a request of a small quota,
    /// and stays in the account's records.
    pub(crate) const fn makes_at_will(self) -> bool {
        matches!(self, Self::LocalKey(_))
    }

    /// Its name in reports.
    pub(crate) fn name(self) -> String {
        match self {
            Self::LocalKey(key) => key.name(),
            Self::SigningProfile(signer) => signer.profile().to_string(),
        }
    }
}
