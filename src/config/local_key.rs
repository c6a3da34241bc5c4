//! A local key and what goes with it: its settings, and what they mean.

use clap::Args;

use super::error::{ConfigError, Fault, needs, origin};
use super::input::input;
use super::key;
use super::layers::Layers;
use super::setting::{Origin, Setting};
use crate::files::Input;

/// Flags about a local key.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Private key, in place of a signing profile (PEM: PKCS#8, PKCS#1, or SEC 1): a file, or env:NAME for the variable that
    /// holds it.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<String>,
    /// File with the password of the key, if it is encrypted.
    #[arg(long, value_name = "FILE")]
    pub(crate) key_password_file: Option<String>,
    /// The password itself. Other processes can see it: prefer SEALGATE_KEY_PASSWORD.
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) key_password: Option<String>,
    /// Certificate chain of the key, from the signing certificate to the root (PEM): a file, or env:NAME.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate_chain: Option<String>,
}

/// A local key, not yet read.
#[derive(Clone, Debug)]
pub(crate) struct KeySettings {
    pub(crate) key: Input,
    /// The certificate chain, leaf first.
    pub(crate) certificate_chain: Input,
    /// The password of the key, if it is encrypted.
    pub(crate) password: Option<Input>,
}

/// What was given of a key.
pub(super) struct GivenKey {
    key: Option<Setting<Input>>,
    chain: Option<Setting<Input>>,
    password: Option<Setting<Input>>,
}

impl GivenKey {
    pub(super) fn read(layers: &Layers<'_>) -> Result<Self, ConfigError> {
        let (key, chain) = (input(layers, key::KEY)?, input(layers, key::CERTIFICATE_CHAIN)?);
        Ok(Self { key, chain, password: password(layers)? })
    }

    /// Where it came from, if any of it was given. A job may set the password once for all its steps.
    pub(super) fn origin(&self) -> Option<Origin> {
        [&self.key, &self.chain].into_iter().find_map(|given| given.as_ref().map(origin))
    }

    /// All that a key needs, if there is one.
    pub(super) fn settings(self) -> Result<Option<KeySettings>, ConfigError> {
        let Self { key, chain, password } = self;
        match (key, chain) {
            (Some(key), Some(chain)) => Ok(Some(KeySettings {
                key: key.value,
                certificate_chain: chain.value,
                password: password.map(|setting| setting.value),
            })),
            (Some(key), None) => Err(needs(key::KEY, key.origin, key::CERTIFICATE_CHAIN)),
            (None, Some(chain)) => Err(needs(key::CERTIFICATE_CHAIN, chain.origin, key::KEY)),
            (None, None) => Ok(None),
        }
    }
}

/// The password of the key: itself, or its file.
fn password(layers: &Layers<'_>) -> Result<Option<Setting<Input>>, ConfigError> {
    let file = layers.text(key::KEY_PASSWORD_FILE)?.map(|setting| setting.map(|path| Input::File(path.into())));
    let Some(Setting { value, origin }) = layers.text(key::KEY_PASSWORD)? else { return Ok(file) };
    if let Some(file) = file {
        let other = file.origin.to_string();
        return Err(ConfigError::new(key::KEY_PASSWORD, origin, Fault::Excludes { other }));
    }
    let password = Input::Text { shown: origin.to_string(), content: value.into() };
    Ok(Some(Setting { value: password, origin }))
}
