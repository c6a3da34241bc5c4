//! Why settings cannot be used, and the words of it that many settings share.

use notary::extension::aws_signer::ArnError;

use super::duration::DurationError;
use super::file::FileError;
use super::key::Key;
use super::notation_folder::NotationFolderError;
use super::setting::{Origin, Setting};
use super::unknown::EnvError;

/// Why settings cannot be resolved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ResolveError {
    /// The environment cannot be used.
    #[error(transparent)]
    Environment(#[from] EnvError),
    /// The configuration file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// notation's folder is nowhere.
    #[error(transparent)]
    NotationFolder(#[from] NotationFolderError),
    /// What was said for a setting cannot be used.
    #[error(transparent)]
    Setting(#[from] ConfigError),
}

/// Why the settings cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {fault}")]
pub(crate) struct ConfigError {
    /// The setting.
    pub(crate) key: &'static str,
    /// Who said it.
    pub(crate) origin: Origin,
    /// What is wrong.
    pub(crate) fault: Fault,
}

impl ConfigError {
    /// A fault of what was said for a setting.
    pub(super) fn new(key: &'static Key, origin: Origin, fault: Fault) -> Self {
        Self { key: key.name, origin, fault }
    }
}

/// What is wrong with what was said.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Fault {
    /// A flag has an empty value.
    #[error("the value is empty")]
    Empty,
    /// A private key where the name of a file, or anything else, was expected.
    #[error("a private key is not expected here; the value is not shown")]
    PrivateKey,
    /// Neither the ARN of a signing profile nor a short form of it.
    #[error("expected the ARN of a signing profile or NAME@ACCOUNT/REGION, got `{found}`")]
    NotProfile {
        /// What was said.
        found: String,
    },
    /// An ARN that is not that of a signing profile.
    #[error("`{found}` is not a signing profile: {source}")]
    ProfileArn {
        /// What was said.
        found: String,
        /// What is wrong with it.
        source: ArnError,
    },
    /// Something else than the ARN of a role.
    #[error("expected the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME, got `{found}`")]
    NotRole {
        /// What was said.
        found: String,
    },
    /// Something else than a region.
    #[error("expected an AWS region such as eu-west-1, got `{found}`")]
    NotRegion {
        /// What was said.
        found: String,
    },
    /// Another region than that of the signing profile.
    #[error("region {found} was given, but the signing profile is {profile}")]
    OtherRegion {
        /// What was said.
        found: String,
        /// The profile.
        profile: String,
    },
    /// Something else than an endpoint.
    #[error("expected an HTTPS URL without user, password, or query, or HTTP on this machine, got `{found}`")]
    NotEndpoint {
        /// What was said, without user, password and query.
        found: String,
    },
    /// Something else where the name of a variable is expected: perhaps the token itself, so it is not told.
    #[error("expected the name of an environment variable; the value is not shown")]
    NotVariableName,
    /// A variable that a setting names is not there.
    #[error("environment variable {name} is not set")]
    VariableUnset {
        /// Its name.
        name: String,
    },
    /// Several values where one is expected.
    #[error("expected one value")]
    NotOne,
    /// Something else than a switch.
    #[error("expected `true` or `false`, got `{found}`")]
    NotSwitch {
        /// What was said.
        found: String,
    },
    /// Something else than one of a few words.
    #[error("expected {expected}, got `{found}`")]
    NotOneOf {
        /// What was said.
        found: String,
        /// The words.
        expected: &'static str,
    },
    /// Something else than a number in its range.
    #[error("expected a whole number from 1 to {largest}, got `{found}`")]
    NotNumber {
        /// What was said.
        found: String,
        /// The largest number that is taken.
        largest: usize,
    },
    /// Something else than a duration.
    #[error("`{found}`: {source}")]
    Duration {
        /// What was said.
        found: String,
        /// What is wrong with it.
        source: DurationError,
    },
    /// A duration of nothing.
    #[error("expected a duration greater than zero")]
    NoTime,
    /// Something else than a key and a value.
    #[error("expected KEY=VALUE with neither of them empty, got `{found}`")]
    NotPair {
        /// What was said.
        found: String,
    },
    /// A key of metadata twice.
    #[error("the key `{metadata}` is given twice")]
    SameKey {
        /// The key.
        metadata: String,
    },
    /// Something else than a host.
    #[error("expected a host such as `registry.example` or `localhost:5000`, got `{found}`")]
    NotHost {
        /// What was said.
        found: String,
    },
    /// A setting that weakens a check was handed in by the CI system.
    #[error("a setting that weakens a check is not read from a CI input")]
    WeakeningInput,
    /// No image was named.
    #[error("no image was named")]
    NoImages,
    /// Two settings that exclude each other.
    #[error("cannot be used together with {other}")]
    Excludes {
        /// The other one, as it was said.
        other: String,
    },
    /// A setting that needs another one.
    #[error("needs --{other} as well")]
    Needs {
        /// The other one.
        other: &'static str,
    },
    /// Nothing to sign with: neither a signing profile nor a key.
    #[error("--profile is missing")]
    NoSigner,
}

/// Where a setting came from.
pub(super) fn origin<T>(setting: &Setting<T>) -> Origin {
    setting.origin.clone()
}

/// A setting stands without the one that it needs.
pub(super) fn needs(key: &'static Key, origin: Origin, other: &'static Key) -> ConfigError {
    ConfigError::new(key, origin, Fault::Needs { other: other.name })
}
