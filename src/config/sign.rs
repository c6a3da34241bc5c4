//! `sign`: its flags, and what they mean.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use notary::extension::aws_signer::SigningProfileArn;
use notary::signature_manifest::ManifestForm;

use super::aws::{self, AwsArgs};
use super::deploy::ExportsArgs;
use super::error::{ConfigError, Fault, ForkError, ResolveError, needs, origin};
use super::image_source::{Images, Tags};
use super::images::{ImagesArgs, images};
use super::key;
use super::layers::Layers;
use super::local_key::{GivenKey, KeyArgs, KeySettings};
use super::parts::{aws_settings, user_metadata};
use super::posts::{self, PostArgs, PostSettings};
use super::registry::{self, RegistryArgs, RegistrySettings};
use super::setting::{Origin, Setting};
use crate::aws::facts::AwsSettings;
use crate::ci::change::{Change, Fork};
use crate::duration;
use crate::env::Env;

/// Flags of `sign`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate sign --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
  sealgate sign --profile release@111122223333/us-west-2 \\
      --role-arn arn:aws:iam::111122223333:role/ci -- registry.example/app:1.0
  sealgate sign --key release.key --certificate-chain release.crt -- registry.example/app@sha256:…
  sealgate sign --key release.key --certificate-chain release.crt \\
      --expiry 90d --user-metadata build=17 -- oci-layout:out:1.0
  sealgate sign --key env:SIGNING_KEY --certificate-chain release.crt \\
      -- registry.example/app@sha256:…

An image that already has a matching signature is not signed again, unless --force is given.
Put images whose names others choose after -- or in SEALGATE_IMAGES, so that none of them is taken
for a flag.")]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    /// AWS signing profile to sign with: its ARN, or NAME@ACCOUNT/REGION. Only one.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Roots to use instead of AWS Signer's, for tests or if AWS's is not known (PEM). Reports say NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE")]
    pub(crate) aws_root: Option<String>,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Metadata to include in the signature. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) user_metadata: Vec<String>,
    /// How long a signature made with --key is valid, in whole seconds: `24h`, `90d` [default: it does not expire].
    #[arg(long, value_name = "DURATION")]
    pub(crate) expiry: Option<String>,
    /// Sign even if a matching signature exists.
    #[arg(long)]
    pub(crate) force: bool,
    /// End with 0, and report `not-signed`, if a registry or AWS is unavailable (4) or denies the request (5).
    #[arg(long)]
    pub(crate) best_effort: bool,
    /// Form of the signature manifest: the current one, or the one of notation 1.x for older registries.
    #[arg(long, value_name = "FORM", value_parser = ["current", "legacy"])]
    pub(crate) signature_manifest: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) posts: PostArgs,
    /// What to do for a pull request from a fork, which has nothing to sign with: end with an error, or skip all images and end
    /// with 0 [default: fail].
    #[arg(long, value_name = "WHAT", value_parser = ["fail", "skip"])]
    pub(crate) on_fork: Option<String>,
    /// Read the file of --config from the checkout of a pull request from a fork, whose author may have written it.
    #[arg(long)]
    pub(crate) allow_checkout_trust: bool,
    #[command(flatten)]
    pub(crate) exports: ExportsArgs,
}

#[derive(Debug)]
pub(crate) struct SignSettings {
    pub(crate) images: Images,
    pub(crate) signer: SignerSettings,
    pub(crate) user_metadata: BTreeMap<String, String>,
    /// Whether an image with a matching signature is signed again.
    pub(crate) again: SignAgain,
    /// What an image means for the run that cannot be signed because something is unavailable or denied.
    pub(crate) effort: Effort,
    pub(crate) signature_manifest: ManifestForm,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
    /// What is shown on GitHub besides the log.
    pub(crate) posts: Option<Arc<PostSettings>>,
}

#[derive(Debug)]
pub(crate) enum SignerSettings {
    LocalKey {
        key: KeySettings,
        /// How long the signature is valid, in whole seconds; `None` without end.
        expiry: Option<Duration>,
    },
    /// A signing profile of AWS Signer, which decides itself how long signatures are valid.
    SigningProfile {
        profile: Setting<SigningProfileArn>,
        /// File of the roots that replace AWS's.
        aws_root: Option<Setting<PathBuf>>,
    },
}

/// Whether an image with a matching signature is signed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignAgain {
    /// Only if there is no matching signature.
    WhenNeeded,
    /// Always (`--force`).
    Always,
}

/// What an image means for the run that cannot be signed because something is unavailable or denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// It fails.
    Whole,
    /// The image is reported as not signed, and the run goes on as if it were (`--best-effort`).
    Best,
}

/// What `sign` does for a pull request from a fork: nothing.
#[derive(Debug)]
pub(crate) struct SkipSettings {
    pub(crate) images: Images,
    pub(crate) fork: Fork,
}

/// Whether a run goes on without a signature, because it is for a pull request from a fork. Nothing else is looked at then: what it
/// would sign with is not there, and must not be used where it is.
///
/// # Errors
/// [`ForkError`] for a fork, unless the option says otherwise and the job has nothing that a fork must not use.
pub(crate) fn skipped(layers: &Layers<'_>) -> Result<Option<SkipSettings>, ResolveError> {
    let is_skipped = layers.parsed(key::ON_FORK, |word| match word {
        "fail" => Ok(false),
        "skip" => Ok(true),
        other => Err(Fault::NotOneOf { found: other.to_owned(), expected: "`fail` or `skip`" }),
    })?;
    let fork = match layers.change() {
        Change::Fork(fork) => fork.clone(),
        Change::Own | Change::PullRequest => return Ok(None),
    };
    if fork.has_secrets {
        return Err(ForkError::WithSecrets(fork).into());
    }
    match is_skipped {
        Some(Setting { value: true, .. }) => Ok(Some(SkipSettings { images: images(layers, Tags::Signed)?, fork })),
        _ => Err(ForkError::NotSigned(fork).into()),
    }
}

pub(crate) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<SignSettings, ResolveError> {
    let images = images(layers, Tags::Signed)?;
    let aws = aws_settings(layers, environment, &images.references)?;
    let registry = registry::settings(layers, &aws)?;
    Ok(SignSettings {
        signer: signer(layers)?,
        user_metadata: user_metadata(layers)?,
        again: if layers.switch(key::FORCE)?.value { SignAgain::Always } else { SignAgain::WhenNeeded },
        effort: if layers.switch(key::BEST_EFFORT)?.value { Effort::Best } else { Effort::Whole },
        signature_manifest: manifest_form(layers)?,
        posts: posts::settings(layers, environment, &images.references, &registry)?,
        registry,
        aws,
        images,
    })
}

/// The form in which signatures are pushed.
pub(super) fn manifest_form(layers: &Layers<'_>) -> Result<ManifestForm, ConfigError> {
    let form = layers.parsed(key::SIGNATURE_MANIFEST, |word| match word {
        "current" => Ok(ManifestForm::Current),
        "legacy" => Ok(ManifestForm::Legacy),
        other => Err(Fault::NotOneOf { found: other.to_owned(), expected: "`current` or `legacy`" }),
    })?;
    Ok(form.map_or(ManifestForm::Current, |setting| setting.value))
}

/// The signer: a signing profile or a key, never both.
fn signer(layers: &Layers<'_>) -> Result<SignerSettings, ConfigError> {
    let given = GivenKey::read(layers)?;
    let expiry = expiry(layers)?;
    let aws_root = aws::aws_root(layers)?;
    if let Some(profile) = aws::signing_profile(layers)? {
        if let Some(other) = given.origin().or_else(|| expiry.as_ref().map(origin)) {
            return Err(ConfigError::new(key::PROFILE, profile.origin, Fault::Excludes { other: other.to_string() }));
        }
        return Ok(SignerSettings::SigningProfile { profile, aws_root });
    }
    if let Some(root) = aws_root {
        return Err(needs(key::AWS_ROOT, root.origin, key::PROFILE));
    }
    match given.settings()? {
        Some(key) => Ok(SignerSettings::LocalKey { key, expiry: expiry.and_then(|setting| setting.value) }),
        None => Err(ConfigError::new(key::PROFILE, Origin::Flag(key::PROFILE.name), Fault::NoSigner)),
    }
}

/// How long a signature is valid; `None` inside if `0` says that it does not expire, as it does for notation.
///
/// Only a `0` that somebody wrote as such means it. Any other zero is what comes out where a variable was empty
/// (`--expiry $((DAYS * 24))h`), and would make a signature without end.
pub(super) fn expiry(layers: &Layers<'_>) -> Result<Option<Setting<Option<Duration>>>, ConfigError> {
    let Some(Setting { value: text, origin }) = layers.text(key::EXPIRY)? else { return Ok(None) };
    let refused = |fault| ConfigError::new(key::EXPIRY, origin.clone(), fault);
    let parsed = duration::parse_seconds(&text);
    let lifetime = parsed.map_err(|source| refused(Fault::Duration { found: text.clone(), source }))?;
    let value = match lifetime.is_zero() {
        false => Some(lifetime),
        true if text == "0" && matches!(origin, Origin::Flag(_)) => None,
        true => return Err(refused(Fault::NoExpiry { found: text })),
    };
    Ok(Some(Setting { value, origin }))
}

#[cfg(test)]
mod tests {
    use super::super::error::ResolveError;
    use super::super::task::Task;
    use super::super::tests::sign;
    use super::*;

    fn expiry(settings: &SignSettings) -> Option<Duration> {
        match &settings.signer {
            SignerSettings::LocalKey { expiry, .. } => *expiry,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_zero_that_nobody_wrote_as_such_is_no_expiry() {
        let refused = |words: &[&str], variables: &[(&str, &str)]| {
            let words = [&["sign", "a", "--key", "k", "--certificate-chain", "c"], words].concat();
            let errors = super::super::tests::resolved(&words, variables).map(drop).unwrap_err();
            let [ResolveError::Setting(error)] = errors.as_slice() else { panic!("{errors:?}") };
            (error.origin.to_string(), matches!(error.fault, Fault::NoExpiry { .. }))
        };
        // `--expiry $((DAYS * 24))h` with an empty variable, and its like.
        for zero in ["0s", "0h", "0d", "00", "+0", "0h0m", "0.0s"] {
            if zero != "00" {
                assert_eq!(refused(&["--expiry", zero], &[]), ("--expiry".to_owned(), true), "{zero}");
            }
            assert!(
                super::super::tests::resolved(
                    &["sign", "a", "--key", "k", "--certificate-chain", "c", "--expiry", zero],
                    &[]
                )
                .is_err()
            );
        }
        for zero in ["0", "0s"] {
            let variable = ("SEALGATE_EXPIRY".to_owned(), true);
            assert_eq!(refused(&[], &[("SEALGATE_EXPIRY", zero)]), variable, "{zero}");
        }
        assert_eq!(expiry(&sign(&["--expiry", "0"])), None);
        assert_eq!(expiry(&sign(&["--expiry", "1s"])), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_key_is_a_file_or_a_variable_and_its_password_is_given_once() {
        let key = |words: &[&str], variables: &[(&str, &str)]| {
            let words = [&["sign", "a", "--certificate-chain", "c"], words].concat();
            match super::super::tests::resolved(&words, variables).map(|config| config.task) {
                Ok(Task::Sign(SignSettings { signer: SignerSettings::LocalKey { key, .. }, .. })) => Ok((
                    key.key.to_string(),
                    key.key.path().is_some(),
                    key.password.map(|password| password.to_string()),
                )),
                Ok(other) => panic!("{other:?}"),
                Err(errors) => match errors.into_iter().next() {
                    Some(ResolveError::Setting(error)) => Err((error.origin.to_string(), error.fault)),
                    other => panic!("{other:?}"),
                },
            }
        };
        let set = [("RELEASE_KEY", "k"), ("SEALGATE_KEY_PASSWORD", "p\n")];
        let given =
            |shown: &str, is_file, password: Option<&str>| Ok((shown.to_owned(), is_file, password.map(str::to_owned)));
        assert_eq!(key(&["--key", "k"], &[]), given("k", true, None));
        assert_eq!(key(&["--key", "./env:K"], &[]), given("./env:K", true, None));
        for name in ["env:RELEASE_KEY", "env://RELEASE_KEY"] {
            assert_eq!(key(&["--key", name], &set[..1]), given("env:RELEASE_KEY", false, None));
        }
        assert_eq!(key(&["--key", "k"], &set), given("k", true, Some("SEALGATE_KEY_PASSWORD")));
        assert_eq!(key(&["--key", "k", "--key-password-file", "f"], &[]), given("k", true, Some("f")));
        let (origin, fault) = key(&["--key", "k", "--key-password-file", "f"], &set).unwrap_err();
        let other = "--key-password-file".to_owned();
        assert_eq!((origin.as_str(), fault), ("SEALGATE_KEY_PASSWORD", Fault::Excludes { other }));
        let unset = || Fault::VariableUnset { name: "RELEASE_KEY".to_owned() };
        assert_eq!(key(&["--key", "env:RELEASE_KEY"], &[]), Err(("--key".to_owned(), unset())));
        assert_eq!(key(&["--key", "env:RELEASE_KEY"], &[("RELEASE_KEY", "")]), Err(("--key".to_owned(), unset())));
        for name in ["env:", "env:a b", "env:${KEY}"] {
            assert_eq!(key(&["--key", name], &[]), Err(("--key".to_owned(), Fault::NotVariableName)), "{name}");
        }
    }

    #[test]
    fn what_is_done_for_a_fork_follows_from_the_option_and_the_event() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("event.json");
        let event = r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"repo":{"id":1}}}}"#;
        std::fs::write(&file, event).unwrap();
        let done = |event: &str, word: &str, more: &[&str]| {
            let variables = [
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", event),
                ("GITHUB_EVENT_PATH", file.to_str().unwrap()),
                ("SEALGATE_ON_FORK", word),
            ];
            match super::super::tests::resolved(&[&["sign", "a"], more].concat(), &variables).map(|config| config.task)
            {
                Ok(Task::Sign(_)) => "signs",
                Ok(Task::SkipSigning(_)) => "skips",
                Ok(other) => panic!("{other:?}"),
                Err(errors) => match errors.as_slice() {
                    [ResolveError::Fork(ForkError::NotSigned(_))] => "fails",
                    [ResolveError::Fork(ForkError::WithSecrets(_))] => "refuses",
                    [ResolveError::Setting(error)] if matches!(error.fault, Fault::NotOneOf { .. }) => "unknown",
                    other => panic!("{other:?}"),
                },
            }
        };
        let key = ["--key", "k", "--certificate-chain", "c"];
        for (event, word, expected) in [
            ("push", "", "signs"),
            ("push", "skip", "signs"),
            ("pull_request", "", "fails"),
            ("pull_request", "fail", "fails"),
            ("pull_request", "skip", "skips"),
            ("pull_request", "Skip", "unknown"),
            ("push", "maybe", "unknown"),
            ("pull_request_review", "skip", "skips"),
            ("pull_request_target", "", "refuses"),
            ("pull_request_target", "skip", "refuses"),
            ("workflow_run", "skip", "refuses"),
        ] {
            assert_eq!(done(event, word, &key), expected, "{event} {word}");
        }
        // What it would sign with is not there, and not asked for.
        assert_eq!((done("pull_request", "skip", &[]), done("pull_request", "", &[])), ("skips", "fails"));
        assert_eq!(done("pull_request", "skip", &["--key", "env:NOT_SET"]), "skips");
    }

    #[test]
    fn settings_of_sign_are_what_was_said() {
        assert_eq!(expiry(&sign(&[])), None);
        let settings = sign(&["--expiry", "1h30m", "--user-metadata", "a=b=c", "--user-metadata", "d=e,f", "--force"]);
        assert_eq!(expiry(&settings), Some(Duration::from_secs(5400)));
        let pairs: Vec<_> = settings.user_metadata.iter().map(|(key, word)| (key.as_str(), word.as_str())).collect();
        assert_eq!(pairs, [("a", "b=c"), ("d", "e,f")]);
        assert_eq!(
            (settings.again, settings.images.references),
            (SignAgain::Always, crate::reference::parse_all(&["a", "b"]))
        );
        assert_eq!(expiry(&sign(&["--expiry", "0"])), None);
        assert_eq!(sign(&["--signature-manifest", "legacy"]).signature_manifest, ManifestForm::Legacy);
    }
}
