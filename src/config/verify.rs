//! `verify`: its flags, and what they mean.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::aws::{self, AwsArgs};
use super::deploy::{self, DeployArgs, DeployImages};
use super::duration;
use super::error::{ConfigError, Fault, ResolveError};
use super::image_source::Images;
use super::images::ImagesArgs;
use super::key;
use super::layers::Layers;
use super::parts::{RevocationCheck, aws_settings, max_signatures, revocation, user_metadata};
use super::posts::{self, PostArgs, PostSettings};
use super::registry::{self, RegistryArgs, RegistrySettings};
use super::setting::Setting;
use super::trust_settings::{TrustArgs, TrustSource};
use super::trust_source;
use crate::aws::facts::AwsSettings;
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
    /// AWS signing profile to trust without a policy file; everything is enforced. Its ARN (append /VERSION for that
    /// version only), or NAME@ACCOUNT/REGION. Repeatable.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Do not check revocation, for public images and jobs without an AWS account. A revoked signature then passes, and
    /// reports say that revocation was not checked.
    #[arg(long)]
    pub(crate) skip_revocation: bool,
    /// Registry scope used to select the policy statement for an OCI image layout.
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) scope: Option<String>,
    /// Accept only signatures with this metadata. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) user_metadata: Vec<String>,
    /// Let images pass unverified if their policy statement says `skip`.
    #[arg(long)]
    pub(crate) allow_skip: bool,
    /// Wait for signatures that come from elsewhere, such as ECR's managed signing or another job: `5m`. Looks again while an image
    /// is unsigned or rejected, or a server does not answer.
    #[arg(long, value_name = "DURATION")]
    pub(crate) wait: Option<String>,
    /// Maximum number of signatures to examine per image [default: 100].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_signatures: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) posts: PostArgs,
    #[command(flatten)]
    pub(crate) deploy: DeployArgs,
}

#[derive(Debug)]
pub(crate) struct VerifySettings {
    pub(crate) images: Images,
    pub(crate) trust: TrustSource,
    /// Registry scope that selects the statement for an OCI image layout.
    pub(crate) scope: Option<Setting<String>>,
    /// Metadata that a signature must carry.
    pub(crate) user_metadata: BTreeMap<String, String>,
    /// What happens to an image whose statement says `skip`.
    pub(crate) skip: SkipStatements,
    /// How long one image is looked at again and again, until it is verified.
    pub(crate) wait: Option<Duration>,
    /// Signatures of one image that are looked at; at least 1.
    pub(crate) max_signatures: usize,
    /// File of the roots that replace AWS's.
    pub(crate) aws_root: Option<Setting<PathBuf>>,
    pub(crate) revocation: RevocationCheck,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
    /// What is shown on GitHub besides the log.
    pub(crate) posts: Option<Arc<PostSettings>>,
    /// Those of the images that are deployed.
    pub(crate) deploy: Box<DeployImages>,
}

/// What happens to an image whose policy statement has the level `skip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SkipStatements {
    /// It is refused: nothing was checked.
    Refuse,
    /// It passes, and the report says that it was not verified (`--allow-skip`).
    Allow,
}

pub(crate) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<VerifySettings, ResolveError> {
    let (images, deploy) = deploy::images(layers)?;
    let aws = aws_settings(layers, environment, &images.references)?;
    let registry = registry::settings(layers, &aws)?;
    Ok(VerifySettings {
        trust: trust_source::trust(layers, environment)?,
        scope: layers.text(key::SCOPE)?,
        user_metadata: user_metadata(layers)?,
        skip: if layers.switch(key::ALLOW_SKIP)?.value { SkipStatements::Allow } else { SkipStatements::Refuse },
        wait: wait(layers)?,
        max_signatures: max_signatures(layers)?,
        aws_root: aws::aws_root(layers)?,
        revocation: revocation(layers)?,
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

    #[test]
    fn trust_is_files_or_memory_or_the_folder_of_notation() {
        assert_eq!(verify(&[], &[]).trust, TrustSource::Folder(PathBuf::from("/h/.config/notation")));
        let files = |trust| match trust {
            TrustSource::Files { policy, trust_store } => (policy.value, trust_store.value),
            other => panic!("{other:?}"),
        };
        let expected = (PathBuf::from("p"), PathBuf::from("t"));
        assert_eq!(files(verify(&["--policy", "p", "--trust-store", "t"], &[]).trust), expected);
        assert_eq!(
            files(verify(&["--policy", "p"], &[("GITHUB_ACTIONS", "true"), ("INPUT_TRUST-STORE", "t")]).trust),
            expected
        );
        match verify(&["--root", "r", "--root", "s", "--identity", "C=US, O=x"], &[]).trust {
            TrustSource::InMemory { roots, identities } => {
                assert_eq!(roots.value, [PathBuf::from("r"), PathBuf::from("s")]);
                assert_eq!(identities.value, ["C=US, O=x"]);
            }
            other => panic!("{other:?}"),
        }
    }
}
