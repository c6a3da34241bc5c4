//! `list` and `inspect`: their flags, and what they mean.

use clap::Args;

use super::aws::AwsArgs;
use super::error::ResolveError;
use super::image_source::{Images, Tags};
use super::images::{ImagesArgs, images};
use super::layers::Layers;
use super::parts::{aws_settings, max_signatures};
use super::registry::{self, RegistryArgs, RegistrySettings};
use crate::aws::facts::AwsSettings;
use crate::env::Env;

/// Flags of `list` and `inspect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate list -- registry.example/app:1.0
  sealgate inspect --format json -- oci-layout:out@sha256:…

Nothing shown here is verified. Use `sealgate verify` to decide whether to trust an image.")]
pub(crate) struct LookArgs {
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
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
    pub(crate) images: Images,
    /// Signatures of one image that are looked at; at least 1.
    pub(crate) max_signatures: usize,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
}

pub(crate) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<LookSettings, ResolveError> {
    let (images, max_signatures) = (images(layers, Tags::Resolved)?, max_signatures(layers)?);
    let aws = aws_settings(layers, environment, &images.references)?;
    let registry = registry::settings(layers, &aws)?;
    Ok(LookSettings { images, max_signatures, aws, registry })
}
