//! Settings that several commands have, and what they mean.

use std::collections::BTreeMap;
use std::time::Duration;

use super::aws;
use super::error::{ConfigError, Fault};
use super::key;
use super::layers::Layers;
use super::setting::Setting;
use crate::aws::facts::AwsSettings;
use crate::duration;
use crate::env::Env;
use crate::reference::References;

/// Signatures of one image that may be asked for.
const LARGEST_MAX_SIGNATURES: usize = 10_000;

/// How long one request may take by default.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How many signatures of one image are looked at.
pub(super) fn max_signatures(layers: &Layers<'_>) -> Result<usize, ConfigError> {
    let number = layers.parsed(key::MAX_SIGNATURES, |text| number(text, LARGEST_MAX_SIGNATURES))?;
    Ok(number.map_or(notary::limits::SIGNATURES, |setting| setting.value))
}

/// A whole number from 1 to `largest`.
pub(super) fn number(text: &str, largest: usize) -> Result<usize, Fault> {
    let parsed = text.parse().ok().filter(|number| (1..=largest).contains(number));
    parsed.ok_or_else(|| Fault::NotNumber { found: text.to_owned(), largest })
}

/// Keys and values, each key once.
pub(super) fn user_metadata(layers: &Layers<'_>) -> Result<BTreeMap<String, String>, ConfigError> {
    let Setting { value, origin } = layers.list(key::USER_METADATA)?;
    let fault = |fault| ConfigError::new(key::USER_METADATA, origin.clone(), fault);
    let mut metadata = BTreeMap::new();
    for pair in value {
        let Some((key, word)) = pair.split_once('=').filter(|(key, word)| !key.is_empty() && !word.is_empty()) else {
            return Err(fault(Fault::NotPair { found: pair }));
        };
        if metadata.insert(key.to_owned(), word.to_owned()).is_some() {
            return Err(fault(Fault::SameKey { metadata: key.to_owned() }));
        }
    }
    Ok(metadata)
}

/// How long one request may take.
pub(super) fn timeout(layers: &Layers<'_>) -> Result<Duration, ConfigError> {
    let timeout = layers.parsed(key::TIMEOUT, |text| match duration::parse(text) {
        Ok(timeout) if timeout.is_zero() => Err(Fault::NoTime),
        Ok(timeout) => Ok(timeout),
        Err(source) => Err(Fault::Duration { found: text.to_owned(), source }),
    })?;
    Ok(timeout.map_or(TIMEOUT, |setting| setting.value))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RevocationCheck {
    /// As the policy says.
    ByPolicy,
    /// For no signature (`--skip-revocation`).
    Skip,
}

pub(super) fn revocation(layers: &Layers<'_>) -> Result<RevocationCheck, ConfigError> {
    Ok(match layers.switch(key::SKIP_REVOCATION)?.value {
        true => RevocationCheck::Skip,
        false => RevocationCheck::ByPolicy,
    })
}

/// How AWS is asked about these images. One request may take as long there as anywhere.
pub(super) fn aws_settings(
    layers: &Layers<'_>,
    environment: &Env,
    images: &References,
) -> Result<AwsSettings, ConfigError> {
    aws::settings(layers, environment, timeout(layers)?, images)
}

#[cfg(test)]
mod tests {
    use super::super::tests::resolved;

    #[test]
    fn metadata_is_pairs_with_each_key_once() {
        let words = |pairs: &[&'static str]| {
            let pairs: Vec<_> = pairs.iter().flat_map(|pair| ["--user-metadata", pair]).collect();
            [&["verify", "a", "--root", "r", "--identity", "*"][..], &pairs].concat()
        };
        assert!(resolved(&words(&["a=b", "b=b"]), &[]).is_ok());
        for pairs in [&["a"][..], &["=b"], &["a="], &["a=b", "a=c"]] {
            assert!(resolved(&words(pairs), &[]).is_err(), "{pairs:?}");
        }
    }
}
