//! `pin`: its flags, and what they mean. The files are read here, since what they name decides how AWS and registries are asked.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::aws::AwsArgs;
use super::deploy::ExportsArgs;
use super::error::{ConfigError, Fault, ResolveError};
use super::image_source::Images;
use super::key::{self, Key};
use super::layers::Layers;
use super::parts::aws_settings;
use super::pin_file::{self, PinFile};
use super::posts::{self, PostArgs, PostSettings};
use super::registry::{self, RegistryArgs, RegistrySettings};
use super::setting::{Origin, Setting};
use super::verifier::{self, VerifierArgs, VerifierSettings};
use crate::aws::facts::AwsSettings;
use crate::env::Env;
use crate::pin::FileKind;
use crate::reference::Reference;

/// How standard input and standard output are called.
pub(super) const STREAM: &str = "-";

/// Flags of `pin`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate pin --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release taskdef.json
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

/// What happens to files whose images pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PinMode {
    /// The changes are shown.
    Show,
    /// They are changed.
    Write,
    /// The one file is written elsewhere.
    Out,
    /// Nothing; what is not pinned fails.
    Check,
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

/// What is asked for, if it can be.
fn mode(layers: &Layers<'_>, names: &Setting<Vec<String>>) -> Result<PinMode, ConfigError> {
    if names.value.is_empty() {
        return Err(ConfigError::new(key::FILES, Origin::Flag(key::FILES.name), Fault::NoFiles));
    }
    let asked = |key: &'static Key| layers.switch(key).map(|setting| setting.value.then_some((key, setting.origin)));
    let out = layers.text(key::OUT)?;
    let to_file = out.as_ref().map(|setting| (key::OUT, setting.origin.clone()));
    let all: Vec<_> = [asked(key::WRITE)?, to_file, asked(key::CHECK)?].into_iter().flatten().collect();
    if let [(key, origin), (_, other), ..] = all.as_slice() {
        return Err(ConfigError::new(key, origin.clone(), Fault::Excludes { other: other.to_string() }));
    }
    let streams = names.value.iter().filter(|name| *name == STREAM).count();
    let no_stream = |origin: &Origin, key| {
        let other = format!("standard input ({STREAM})");
        Err(ConfigError::new(key, origin.clone(), Fault::Excludes { other }))
    };
    match all.first() {
        Some((key, origin)) if streams > 0 && key.name == key::WRITE.name => return no_stream(origin, key),
        Some((key, origin)) if names.value.len() > 1 && key.name == key::OUT.name => {
            return Err(ConfigError::new(key, origin.clone(), Fault::OneFile { files: names.value.len() }));
        }
        _ => {}
    }
    if streams > 1 {
        return Err(ConfigError::new(key::FILES, names.origin.clone(), Fault::StdinTwice));
    }
    let password = layers.switch(key::PASSWORD_STDIN)?;
    if streams > 0 && password.value {
        return no_stream(&password.origin, key::PASSWORD_STDIN);
    }
    Ok(match all.first() {
        Some((key, _)) if key.name == key::WRITE.name => PinMode::Write,
        Some((key, _)) if key.name == key::CHECK.name => PinMode::Check,
        Some(_) => PinMode::Out,
        // What comes in a pipe goes on in one.
        None if names.value == [STREAM] => PinMode::Out,
        None => PinMode::Show,
    })
}

/// Whether the pinned file goes to standard output, as far as the settings can be understood.
pub(super) fn is_on_stdout(layers: &Layers<'_>) -> bool {
    let is_own = layers.typed.keys().iter().any(|own| own.name == key::OUT.name);
    let files = layers.list(key::FILES).ok();
    let Some(files) = files.filter(|_| is_own) else { return false };
    match layers.text(key::OUT) {
        Ok(Some(out)) => out.value == STREAM,
        _ => mode(layers, &files) == Ok(PinMode::Out),
    }
}

/// Where the pinned file goes, if it goes to a file.
pub(super) fn out(layers: &Layers<'_>) -> Result<Option<Setting<PathBuf>>, ConfigError> {
    let out = layers.text(key::OUT)?.filter(|setting| setting.value != STREAM);
    Ok(out.map(|setting| setting.map(PathBuf::from)))
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
