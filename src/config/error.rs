//! Why settings cannot be used, and the words of it that many settings share.

use std::path::PathBuf;

use notary::digest::DigestError;
use notary::extension::aws_signer::ArnError;

use super::file::FileError;
use super::gates_error::GatesError;
use super::image_source::SourceError;
use super::key::Key;
use super::notation_folder::NotationFolderError;
use super::post_error::PostError;
use super::setting::{Origin, Setting};
use super::unknown::EnvError;
use crate::aws::facts::endpoint;
use crate::aws::facts::settings::not_a_region;
use crate::ci::ShardError;
use crate::ci::change::Fork;
use crate::duration::DurationError;
use crate::report::NotDeployable;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ResolveError {
    #[error(transparent)]
    Environment(#[from] EnvError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Images(Box<SourceError>),
    #[error(transparent)]
    NotationFolder(#[from] NotationFolderError),
    #[error(transparent)]
    Setting(#[from] ConfigError),
    #[error(transparent)]
    Fork(#[from] ForkError),
    #[error(transparent)]
    Posts(Box<PostError>),
    #[error(transparent)]
    Gates(#[from] GatesError),
}

impl From<PostError> for ResolveError {
    fn from(error: PostError) -> Self {
        Self::Posts(Box::new(error))
    }
}

impl From<SourceError> for ResolveError {
    fn from(error: SourceError) -> Self {
        Self::Images(Box::new(error))
    }
}

/// Why nothing is signed for a pull request from a fork.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForkError {
    /// Nobody said that the run may go on without.
    #[error("the pull request comes from a fork, for which nothing is signed ({0})")]
    NotSigned(Fork),
    /// The job has what a fork must not use.
    #[error(
        "the pull request comes from a fork, and this job has the secrets of the repository: nothing is signed for it ({0})"
    )]
    WithSecrets(Fork),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {fault}")]
pub(crate) struct ConfigError {
    pub(crate) key: &'static str,
    pub(crate) origin: Origin,
    pub(crate) fault: Fault,
}

impl ConfigError {
    /// A fault in the value of a setting.
    pub(super) fn new(key: &'static Key, origin: Origin, fault: Fault) -> Self {
        Self { key: key.name, origin, fault }
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Fault {
    #[error("says something else than {from}")]
    Differs { from: String },
    #[error("the value is empty")]
    Empty,
    /// A private key where the name of a file, or anything else, was expected.
    #[error("a private key is not expected here; the value is not shown")]
    PrivateKey,
    #[error("no deploy file was named")]
    NoFiles,
    #[error("the pinned form of one file can be written, and {files} were named")]
    OneFile { files: usize },
    /// Neither the ARN of a signing profile nor a short form of it.
    #[error("expected the ARN of a signing profile or NAME@ACCOUNT/REGION, got `{found}`")]
    NotProfile { found: String },
    #[error("`{found}` is not a signing profile: {source}")]
    ProfileArn { found: String, source: ArnError },
    /// An alias, or a profile that is used by its alias only, where one signs.
    #[error("`{found}` can be trusted, but sealgate cannot sign with it: expected a signing profile")]
    AliasToSignWith { found: String },
    #[error("expected the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME, got `{found}`")]
    NotRole { found: String },
    /// A role or signing profile that its region cannot have.
    #[error("{}", partitions(arn, region))]
    OtherPartition { arn: String, region: String },
    #[error("{}", not_a_region(found))]
    NotRegion { found: String },
    #[error("`{found}` is not a signing profile: {}", not_a_region(region))]
    ProfileRegion { found: String, region: String },
    /// Another region than that of the signing profile.
    #[error("region {found} was given, but the signing profile is {profile}")]
    OtherRegion { found: String, profile: String },
    /// Something else than an endpoint.
    #[error("expected an HTTPS URL without user, password, or query, or HTTP on this machine, got `{found}`")]
    NotEndpoint {
        /// The value, without user, password and query.
        found: String,
    },
    /// Something else where the name of a variable is expected: perhaps the token itself, so it is not shown.
    #[error("expected the name of an environment variable; the value is not shown")]
    NotVariableName,
    #[error("environment variable {name} is not set")]
    VariableUnset { name: String },
    #[error("expected one value")]
    NotOne,
    #[error("expected `true`, `yes`, `1`, `false`, `no` or `0`, got `{found}`")]
    NotSwitch { found: String },
    #[error("expected {expected}, got `{found}`")]
    NotOneOf { found: String, expected: &'static str },
    #[error("expected a whole number from 1 to {largest}, got `{found}`")]
    NotNumber { found: String, largest: usize },
    #[error("`{found}`: {source}")]
    Duration { found: String, source: DurationError },
    #[error("expected a duration greater than zero")]
    NoTime,
    #[error("expected at most 24 hours, got `{found}`")]
    LongWait { found: String },
    /// A zero that may be what is left of an empty variable.
    #[error("expected how long the signature is valid, got `{found}`, with which it would never expire")]
    NoExpiry { found: String },
    #[error("expected KEY=VALUE with neither of them empty, got `{found}`")]
    NotPair { found: String },
    #[error("the key `{metadata}` is given twice")]
    SameKey { metadata: String },
    /// Something else than a host.
    #[error("expected a host such as `registry.example` or `localhost:5000`, got `{found}`")]
    NotHost { found: String },
    /// A setting that weakens a check was handed in by the CI system.
    #[error("a setting that weakens a check is not read from a CI input")]
    WeakeningInput,
    #[error("no image was named")]
    NoImages,
    /// No part of the images.
    #[error("`{found}`: {source}")]
    Shard { found: String, source: Box<ShardError> },
    #[error("expected the digest of an image, got `{found}`: {source}")]
    NotDigest { found: String, source: Box<DigestError> },
    #[error("cannot be used together with {other}")]
    Excludes {
        /// The other one, as it was said.
        other: String,
    },
    #[error("standard input is named twice, and can be read once")]
    StdinTwice,
    /// A setting that needs another one.
    #[error("needs --{other} as well")]
    Needs { other: &'static str },
    /// Nothing to sign with: neither a signing profile nor a key.
    #[error("--profile is missing")]
    NoSigner,
    /// Nothing says whom to trust, where no folder is looked into.
    #[error("nothing says whom to trust")]
    NoTrust,
    /// Of gates.
    #[error("the gates have no signer {found:?}, they have {}", known.join(", "))]
    NoSuchSigner { found: String, known: Vec<String> },
    #[error("the metadata `stage` follows from --stage")]
    StageInMetadata,
    /// A signature that nobody asks for.
    #[error(
        "no requirement of the gates asks signer {signer:?} for an approval of stage {stage:?}, so it would count for nothing"
    )]
    NotAsked { signer: String, stage: String },
    #[error("this is not signer {signer:?} of the gates, who signs with {expected}")]
    OtherSigner { signer: String, expected: String },
    #[error("the gates name several signing profiles for signer {signer:?}, or none to sign with")]
    WhichProfile { signer: String },
    /// A file that decides trust, in the checkout of a pull request from a fork.
    #[error("{path} is in the checkout of a pull request from a fork, whose author may have written it ({fork})")]
    FromFork { path: String, fork: Box<Fork> },
    /// A file of gates, or one of roots that it names, in the checkout of a pull request of the repository itself.
    #[error(
        "{path} is in the checkout of a pull request, whose author may have written it, and gates decide who approves"
    )]
    GatesFromPullRequest { path: String },
    #[error("expected CONTAINER=IMAGE, got `{found}`")]
    NotDefinition { found: String },
    /// Something else than ECS takes for the name of a container.
    #[error("expected the name of a container, 1 to 255 letters, digits, hyphens and underscores, got `{found}`")]
    NotContainer { found: String },
    #[error("the container `{container}` is given twice")]
    SameContainer { container: String },
    #[error("`{image}` is an OCI image layout, and what deploys an image pulls it from a registry")]
    LayoutDeployed { image: String },
    #[error("{0}")]
    NotDeployable(NotDeployable),
    /// What is no name of a file, where one is to be written.
    #[error("expected the name of a file to write, got `{found}`")]
    NotFile { found: String },
    /// A file would be written that is read, or that is written for something else.
    #[error("{} would be written, and it is the file of {other} as well", path.display())]
    SameFile {
        path: PathBuf,
        /// The other one, as it was said.
        other: String,
    },
}

/// In which partitions an ARN and a region are.
fn partitions(arn: &str, region: &str) -> String {
    let (found, expected) = endpoint::other_partition(arn, region).unwrap_or_default();
    format!("{arn} is in partition {found}, but region {region} is in {expected}")
}

pub(super) fn origin<T>(setting: &Setting<T>) -> Origin {
    setting.origin.clone()
}

/// A setting lacks the one that it needs.
pub(super) fn needs(key: &'static Key, origin: Origin, other: &'static Key) -> ConfigError {
    ConfigError::new(key, origin, Fault::Needs { other: other.name })
}
