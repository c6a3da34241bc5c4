//! `verify`: its flags, and what they mean.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::aws::AwsArgs;
use super::deploy::{self, DeployArgs, DeployImages};
use super::error::{ConfigError, Fault, ResolveError};
use super::image_source::Images;
use super::images::ImagesArgs;
use super::key;
use super::layers::Layers;
use super::parts::aws_settings;
use super::posts::{self, PostArgs, PostSettings};
use super::registry::{self, RegistryArgs, RegistrySettings};
use super::verifier::{self, VerifierArgs, VerifierSettings};
use crate::aws::facts::AwsSettings;
use crate::duration;
use crate::env::Env;

/// The longest that is waited for a signature: no job of a CI system runs longer.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Flags of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate verify --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
  sealgate verify -- registry.example/app:1.0
  sealgate verify --policy trustpolicy.json --trust-store truststore \\
      -- registry.example/app@sha256:…
  sealgate verify --root ca.crt --identity 'x509.subject: C=US, ST=WA, O=Acme' \\
      -- registry.example/app:1.0
  sealgate verify --scope registry.example/app -- oci-layout:out@sha256:…

Trust comes from --profile, from --root with --identity, from --policy with --trust-store, or from
notation's configuration folder. Put images whose names others choose after -- or in
SEALGATE_IMAGES, so that none of them is taken for a flag.")]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    #[command(flatten)]
    pub(crate) verifier: VerifierArgs,
    /// Wait for signatures that come from elsewhere, such as ECR's managed signing or another job: `5m`. Looks again while an image
    /// is unsigned or rejected, or a server does not answer.
    #[arg(long, value_name = "DURATION")]
    pub(crate) wait: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) posts: PostArgs,
    #[command(flatten)]
    pub(crate) deploy: DeployArgs,
    /// Write a verification summary of each image (in-toto statement, SLSA VSA v1), which others can sign and rely on. It says
    /// `PASSED` only of images that are verified; where the run refuses an image, it is written as well.
    #[arg(long, value_name = "FILE", help_heading = "Deployment options")]
    pub(crate) vsa_out: Option<String>,
}

#[derive(Debug)]
pub(crate) struct VerifySettings {
    pub(crate) images: Images,
    pub(crate) verifier: VerifierSettings,
    /// How long one image is looked at again and again, until it is verified.
    pub(crate) wait: Option<Duration>,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
    /// What is shown on GitHub besides the log.
    pub(crate) posts: Option<Arc<PostSettings>>,
    /// Those of the images that are deployed.
    pub(crate) deploy: Box<DeployImages>,
}

pub(crate) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<VerifySettings, ResolveError> {
    let (images, deploy) = deploy::images(layers)?;
    let aws = aws_settings(layers, environment, &images.references)?;
    let registry = registry::settings(layers, &aws)?;
    Ok(VerifySettings {
        verifier: verifier::settings(layers, environment)?,
        wait: wait(layers)?,
        posts: posts::settings(layers, environment, &images.references, &registry)?,
        registry,
        aws,
        images,
        deploy: Box::new(deploy),
    })
}

/// How long to wait; `0` is not at all.
fn wait(layers: &Layers<'_>) -> Result<Option<Duration>, ConfigError> {
    let wait = layers.parsed(key::WAIT, |text| match duration::parse(text) {
        Ok(wait) if wait > LONGEST_WAIT => Err(Fault::LongWait { found: text.to_owned() }),
        Ok(wait) => Ok(wait),
        Err(source) => Err(Fault::Duration { found: text.to_owned(), source }),
    })?;
    Ok(wait.map(|setting| setting.value).filter(|wait| !wait.is_zero()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::resolved;
    use super::super::tests::verify;
    use super::*;

    #[test]
    fn a_wait_is_a_duration_up_to_a_day_and_nothing_by_default() {
        assert_eq!(verify(&[], &[]).wait, None);
        assert_eq!(verify(&["--wait", "0"], &[]).wait, None);
        assert_eq!(verify(&["--wait", "5m"], &[]).wait, Some(Duration::from_secs(300)));
        assert_eq!(verify(&[], &[("GITHUB_ACTIONS", "true"), ("INPUT_WAIT", "24h")]).wait, Some(LONGEST_WAIT));
        for wrong in ["5", "25h", "soon"] {
            let words = ["verify", "a", "--root", "r", "--identity", "*", "--wait", wrong];
            assert!(resolved(&words, &[]).is_err(), "{wrong}");
        }
    }
}
