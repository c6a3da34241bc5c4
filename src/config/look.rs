//! `list` and `inspect`: their flags, and what they mean.

use clap::Args;

use super::aws::AwsArgs;
use super::error::ConfigError;
use super::layers::Layers;
use super::parts::{aws_settings, images, max_signatures};
use super::registry::{self, RegistryArgs, RegistrySettings};
use crate::aws::facts::AwsSettings;
use crate::env::Env;
use crate::reference::References;

/// Flags of `list` and `inspect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate list -- registry.example/app:1.0
  sealgate inspect --format json -- oci-layout:out@sha256:…

Nothing shown here is verified. Use `sealgate verify` to decide whether to trust an image.")]
pub(crate) struct LookArgs {
    /// Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…` or `oci-layout:PATH:TAG`.
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// Maximum number of signatures to examine per image [default: 100].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_signatures: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

#[derive(Debug)]
pub(crate) struct LookSettings {
    /// Never empty.
    pub(crate) images: References,
    /// Signatures of one image that are looked at; at least 1.
    pub(crate) max_signatures: usize,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
}

pub(crate) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<LookSettings, ConfigError> {
    let (images, max_signatures) = (images(layers)?, max_signatures(layers)?);
    let aws = aws_settings(layers, environment, &images)?;
    let registry = registry::settings(layers, &aws)?;
    Ok(LookSettings { images, max_signatures, aws, registry })
}
