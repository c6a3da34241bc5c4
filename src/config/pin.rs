//! `pin`: its flags, and what they mean. The files are read here, since what they name decides how AWS and registries are asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::Args;

use super::aws::AwsArgs;
use super::deploy::ExportsArgs;
use super::error::{Fault, ResolveError};
use super::image_source::Images;
use super::key;
use super::layers::Layers;
use super::parts::aws_settings;
use super::pin_file::{self, PinFile};
use super::pin_mode::{PinMode, mode};
use super::posts::{self, PostArgs, PostSettings};
use super::registry::{self, RegistryArgs, RegistrySettings};
use super::verifier::{self, VerifierArgs, VerifierSettings};
use crate::aws::facts::AwsSettings;
use crate::env::Env;
use crate::pin::FileKind;
use crate::reference::Reference;

/// Flags of `pin`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate pin --profile release@111122223333/us-west-2 taskdef.json
  sealgate pin --gates gates.yaml --stage prod --write k8s/deployment.yaml k8s/cronjob.yaml
  sealgate pin --policy trustpolicy.json --trust-store truststore --check compose.yaml
  kustomize build overlays/prod | sealgate pin --root ca.crt --identity '*' - > pinned.yaml
  helm template release ./chart | sealgate pin --root ca.crt --identity '*' - > pinned.yaml

Verifies every image that the files name, and writes the digests that were verified. Without --write
or --out it shows the changes and writes nothing. If one image of one file does not pass, nothing is
written. Files: ECS task definitions, imagedefinitions.json, imageDetail.json, Kubernetes manifests,
kustomizations, compose files, and CloudFormation templates. Charts and Terraform are pinned as what
they render. A folder is not read: name its files, as in k8s/*.yaml. Links are refused.")]
pub(crate) struct PinArgs {
    /// Deploy files; `-` is standard input, whose pinned form goes to standard output.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// What the files are, if it cannot be told from what is in them.
    #[arg(long, value_name = "KIND", value_parser = ["ecs", "imagedefinitions", "imagedetail", "kubernetes", "kustomize", "compose", "cloudformation"])]
    pub(crate) kind: Option<String>,
    /// Write the digests into the files, all or none, if all images pass.
    #[arg(long)]
    pub(crate) write: bool,
    /// Write the one file with its digests to another file, if all images pass; `-` is standard output, and the report goes to
    /// standard error then.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<String>,
    /// Write nothing, and fail if an image has no digest.
    #[arg(long)]
    pub(crate) check: bool,
    /// Leave what has exactly this text without a digest, and unverified: a variable or a template. Repeatable. The result is never
    /// `verified` then.
    #[arg(long, value_name = "TEXT")]
    pub(crate) allow_unpinned: Vec<String>,
    #[command(flatten)]
    pub(crate) verifier: VerifierArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) posts: PostArgs,
    #[command(flatten)]
    pub(crate) exports: ExportsArgs,
}

#[derive(Debug)]
pub(crate) struct PinSettings {
    /// In the order in which they were named, each once.
    pub(crate) files: Vec<PinFile>,
    /// What they name, each image once: by digest where a file has one.
    pub(crate) images: Images,
    pub(crate) mode: PinMode,
    /// Exact texts that may stay without a digest.
    pub(crate) allowed: BTreeSet<String>,
    pub(crate) verifier: VerifierSettings,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
    /// What is shown on GitHub besides the log.
    pub(crate) posts: Option<Arc<PostSettings>>,
}

pub(crate) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<PinSettings, ResolveError> {
    let names = layers.list(key::FILES)?;
    let mode = mode(layers, &names)?;
    let kind = layers.parsed(key::KIND, |text| {
        let expected =
            "`ecs`, `imagedefinitions`, `imagedetail`, `kubernetes`, `kustomize`, `compose` or `cloudformation`";
        FileKind::parse(text).ok_or_else(|| Fault::NotOneOf { found: text.to_owned(), expected })
    })?;
    let verifier = verifier::settings(layers, environment)?;
    let files = pin_file::read(&names.value, kind.map(|kind| kind.value));
    let images = Images { references: Ok(references(&files)), sources: Vec::new(), shard: None };
    let aws = aws_settings(layers, environment, &images.references)?;
    let registry = registry::settings(layers, &aws)?;
    Ok(PinSettings {
        allowed: layers.list(key::ALLOW_UNPINNED)?.value.into_iter().collect(),
        posts: posts::settings(layers, environment, &images.references, &registry)?,
        files,
        images,
        mode,
        verifier,
        registry,
        aws,
    })
}

/// The images of the files, each once.
fn references(files: &[PinFile]) -> Vec<Reference> {
    let mut seen = BTreeSet::new();
    let all = files.iter().filter_map(|file| file.read.as_ref().ok());
    let all = all.flat_map(|file| file.found()).filter_map(|found| Some(found.literal()?.target()));
    all.filter(|reference| seen.insert(reference.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::task::Task;
    use super::super::tests::resolved;
    use super::*;

    fn mode_of(words: &[&str]) -> Result<PinMode, String> {
        let trust = ["pin", "--root", "r", "--identity", "*"];
        match resolved(&[&trust[..], words].concat(), &[]) {
            Ok(config) => match config.task {
                Task::Pin(settings) => Ok(settings.mode),
                other => panic!("{other:?}"),
            },
            Err(errors) => Err(format!("{errors:?}")),
        }
    }

    #[test]
    fn one_thing_is_done_with_the_files() {
        assert_eq!(mode_of(&["a"]), Ok(PinMode::Show));
        assert_eq!(mode_of(&["a", "b", "--write"]), Ok(PinMode::Write));
        assert_eq!(mode_of(&["a", "--out", "b"]), Ok(PinMode::Out));
        assert_eq!(mode_of(&["a", "b", "--check"]), Ok(PinMode::Check));
        for wrong in [
            &[][..],
            &["--write"],
            &["a", "--write", "--check"],
            &["a", "--write", "--out", "b"],
            &["a", "--check", "--out", "b"],
            &["a", "b", "--out", "c"],
            &["a", "--out", "a"],
            &["-", "--write"],
            &["-", "-", "--check"],
            &["-", "--password-stdin", "--username", "u"],
        ] {
            assert!(mode_of(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_comes_in_a_pipe_goes_on_in_one() {
        for (words, expected) in [
            (&["-"][..], true),
            (&["-", "--out", "-"], true),
            (&["a", "--out", "-"], true),
            (&["-", "--check"], false),
            (&["-", "--out", "a"], false),
            (&["a"], false),
        ] {
            let trust = ["pin", "--root", "r", "--identity", "*"];
            let cli = crate::cli::Cli::parse([&["sealgate"], &trust[..], words].concat()).unwrap();
            let environment = Env::of(&[]);
            let output = cli.early_output(&environment, crate::ci::detect(&environment));
            assert_eq!(output.is_result_alone, expected, "{words:?}");
        }
    }
}
