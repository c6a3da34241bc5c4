//! The one function that resolves settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notary::signature_manifest::ManifestForm;

use super::aws;
use super::error::{ConfigError, Fault, ResolveError, needs, origin};
use super::file;
use super::flags::keys_of;
use super::key::{self, Key};
use super::layers::Layers;
use super::output::{self, Output};
use super::parts::{aws_settings, images, max_signatures, revocation, user_metadata};
use super::setting::{Origin, Setting};
use super::settings::*;
use super::unknown;
use super::weakened::weakened;
use super::{doctor, duration, registry, trust_install, trust_source};
use crate::ci::{CiSystem, Detected, debug_variable};
use crate::cli::{Cli, Command, KeyCommand, LookArgs, SignArgs, TrustCommand, VerifyArgs};
use crate::env::{self, Env};

/// Why there is no [`Config`], and how that is shown.
#[derive(Debug)]
pub(crate) struct Unresolved {
    /// How results are shown, as far as that is known.
    pub(crate) output: Output,
    /// Why. Never empty.
    pub(crate) errors: Vec<ResolveError>,
}

/// Resolves what was said to what is meant. All variables that are wrong are told at once.
pub(crate) fn resolve(cli: Cli, environment: &Env, ci: Detected) -> Result<Config, Unresolved> {
    let mut layers = layers(&cli, environment, ci);
    let file = if layers.environment.is_some() { read_file(&mut layers) } else { Ok(()) };
    let (output, unusable) = output::output(&layers);
    let unresolved = |errors| Unresolved { output, errors };
    // Whoever asks for help may have to, because no other setting makes sense.
    let unknown = layers.environment.map(unknown::check).unwrap_or_default();
    if !unknown.is_empty() {
        return Err(unresolved(unknown.into_iter().map(ResolveError::from).collect()));
    }
    let unusable = unusable.map_or(Ok(()), |error| Err(error.into()));
    let resolved = file.and(unusable).and_then(|()| config(cli.command, layers, environment, output));
    resolved.map_err(|error| unresolved(vec![error]))
}

/// How results are shown, as far as it is known without reading a file, which may be a pipe.
pub(crate) fn early_output(cli: &Cli, environment: &Env, ci: Detected) -> Output {
    output::output(&layers(cli, environment, ci)).0
}

/// What was said, but for a file. Help and version hear nothing but their flags.
fn layers<'a>(cli: &Cli, environment: &'a Env, ci: Detected) -> Layers<'a> {
    let mut layers = match cli.command {
        Command::Help(_) | Command::Version => Layers::default(),
        _ => Layers { environment: Some(environment), ci: ci_layer(environment, ci), ..Layers::default() },
    };
    layers.flags.global(&cli.global);
    layers
}

/// Reads the configuration file, if one is named.
fn read_file(layers: &mut Layers<'_>) -> Result<(), ResolveError> {
    if let Some(path) = layers.text(key::CONFIG)? {
        layers.file = Some((path.value.clone(), file::load(Path::new(&path.value))?));
    }
    Ok(())
}

/// What the CI system says by itself.
fn ci_layer(environment: &Env, ci: Detected) -> Vec<(&'static Key, Setting<String>)> {
    let mut said = Vec::new();
    if let Some(variable) = debug_variable(environment) {
        said.push((key::VERBOSE, Setting { value: "true".to_owned(), origin: Origin::Ci(variable, ci.system) }));
    }
    if let (CiSystem::GitLab, Some(path)) = (ci.system, environment.get(env::CI_SERVER_TLS_CA_FILE)) {
        let origin = Origin::Ci(env::CI_SERVER_TLS_CA_FILE.name, ci.system);
        said.push((key::CA_FILE, Setting { value: path.to_owned(), origin }));
    }
    said
}

/// Settings of the command, and what of all settings weakens a check.
fn config(command: Command, mut layers: Layers<'_>, environment: &Env, output: Output) -> Result<Config, ResolveError> {
    let name = command.name();
    let task = match command {
        Command::Sign(args) => Task::Sign(sign(&args, &mut layers, environment)?),
        Command::Verify(args) => Task::Verify(verify(&args, &mut layers, environment)?),
        Command::List(args) => Task::List(look(&args, &mut layers, environment)?),
        Command::Inspect(args) => Task::Inspect(look(&args, &mut layers, environment)?),
        Command::Doctor(args) => doctor::task(&args, &mut layers, environment)?,
        Command::Trust(TrustCommand::Install(args)) => {
            layers.flags.trust_install(&args);
            Task::TrustInstall(trust_install::settings(args)?)
        }
        Command::Trust(TrustCommand::Show(args)) => {
            layers.flags.trust_show(&args);
            Task::TrustShow(args)
        }
        Command::Key(KeyCommand::Generate(args)) => Task::KeyGenerate(args),
        Command::Demo(args) => Task::Demo(args),
        Command::Completions(args) => Task::Completions(args),
        Command::Help(args) => Task::Help(args),
        Command::Version => Task::Version,
    };
    let weakened = weakened(&layers, &weakening_keys(name, &task), task.aws())?;
    Ok(Config { output, task, weakened })
}

/// The settings among which those are told that weaken a check: the command's own.
fn weakening_keys(name: &str, task: &Task) -> Vec<&'static Key> {
    match task {
        // It tells of the job, in which images are signed and verified.
        Task::Doctor(_) => ["doctor", "sign", "verify"].into_iter().flat_map(keys_of).collect(),
        // Nobody is asked and nothing judged.
        Task::DoctorIam(_) => Vec::new(),
        _ => keys_of(name),
    }
}

/// Settings of `sign`.
fn sign(args: &SignArgs, layers: &mut Layers<'_>, environment: &Env) -> Result<SignSettings, ConfigError> {
    layers.flags.sign(args);
    let images = images(layers)?;
    let form = layers.parsed(key::SIGNATURE_MANIFEST, |word| match word {
        "current" => Ok(ManifestForm::Current),
        "legacy" => Ok(ManifestForm::Legacy),
        other => Err(Fault::NotOneOf { found: other.to_owned(), expected: "`current` or `legacy`" }),
    })?;
    Ok(SignSettings {
        images,
        signer: signer(layers)?,
        user_metadata: user_metadata(layers)?,
        again: if layers.switch(key::FORCE)?.value { SignAgain::Always } else { SignAgain::WhenNeeded },
        signature_manifest: form.map_or(ManifestForm::Current, |setting| setting.value),
        aws: aws_settings(layers, environment)?,
        registry: registry::settings(layers)?,
    })
}

/// Who signs: a signing profile or a key, never both.
fn signer(layers: &Layers<'_>) -> Result<SignerSettings, ConfigError> {
    let key = layers.text(key::KEY)?;
    let chain = layers.text(key::CERTIFICATE_CHAIN)?;
    let expiry = layers.parsed(key::EXPIRY, |text| {
        duration::parse_seconds(text).map_err(|source| Fault::Duration { found: text.to_owned(), source })
    })?;
    let aws_root = aws::aws_root(layers)?;
    if let Some(profile) = aws::signing_profile(layers)? {
        let of_key = [key.as_ref().map(origin), chain.as_ref().map(origin), expiry.as_ref().map(origin)];
        if let Some(other) = of_key.into_iter().flatten().next() {
            return Err(ConfigError::new(key::PROFILE, profile.origin, Fault::Excludes { other: other.to_string() }));
        }
        return Ok(SignerSettings::SigningProfile { profile, aws_root });
    }
    if let Some(root) = aws_root {
        return Err(needs(key::AWS_ROOT, root.origin, key::PROFILE));
    }
    match (key, chain) {
        (Some(key), Some(chain)) => Ok(SignerSettings::LocalKey {
            key: key.map(PathBuf::from),
            certificate_chain: chain.map(PathBuf::from),
            // Zero is what notation has for "does not expire".
            expiry: expiry.map(|setting| setting.value).filter(|expiry| !expiry.is_zero()),
        }),
        (Some(key), None) => Err(needs(key::KEY, key.origin, key::CERTIFICATE_CHAIN)),
        (None, Some(chain)) => Err(needs(key::CERTIFICATE_CHAIN, chain.origin, key::KEY)),
        (None, None) => Err(ConfigError::new(key::PROFILE, Origin::Flag(key::PROFILE.name), Fault::NoSigner)),
    }
}

/// Settings of `verify`.
fn verify(args: &VerifyArgs, layers: &mut Layers<'_>, environment: &Env) -> Result<VerifySettings, ResolveError> {
    layers.flags.verify(args);
    Ok(VerifySettings {
        images: images(layers)?,
        trust: trust_source::trust(layers, environment)?,
        scope: layers.text(key::SCOPE)?,
        user_metadata: user_metadata(layers)?,
        skip: if layers.switch(key::ALLOW_SKIP)?.value { SkipStatements::Allow } else { SkipStatements::Refuse },
        max_signatures: max_signatures(layers)?,
        aws_root: aws::aws_root(layers)?,
        revocation: revocation(layers)?,
        aws: aws_settings(layers, environment)?,
        registry: registry::settings(layers)?,
    })
}

/// Settings of `list` and `inspect`.
fn look(args: &LookArgs, layers: &mut Layers<'_>, environment: &Env) -> Result<LookSettings, ConfigError> {
    layers.flags.look(args);
    let (images, max_signatures) = (images(layers)?, max_signatures(layers)?);
    let aws = aws_settings(layers, environment)?;
    Ok(LookSettings { images, max_signatures, aws, registry: registry::settings(layers)? })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::registry::PasswordSource;
    use super::*;
    use crate::ci::detect;

    fn resolved(words: &[&str], variables: &[(&str, &str)]) -> Result<Config, Vec<ResolveError>> {
        let environment = Env::of(variables);
        let cli = Cli::try_parse_from([&["sealgate"], words].concat()).unwrap();
        resolve(cli, &environment, detect(&environment)).map_err(|unresolved| unresolved.errors)
    }

    fn verify(words: &[&str], variables: &[(&str, &str)]) -> VerifySettings {
        let words = [&["verify", "a"], words].concat();
        match resolved(&words, &[&[("HOME", "/h")], variables].concat()).unwrap().task {
            Task::Verify(settings) => settings,
            other => panic!("{other:?}"),
        }
    }

    fn sign(words: &[&str]) -> SignSettings {
        let words = [&["sign", "a", "b", "--key", "k", "--certificate-chain", "c"], words].concat();
        match resolved(&words, &[]).unwrap().task {
            Task::Sign(settings) => settings,
            other => panic!("{other:?}"),
        }
    }

    fn expiry(settings: &SignSettings) -> Option<Duration> {
        match &settings.signer {
            SignerSettings::LocalKey { expiry, .. } => *expiry,
            other => panic!("{other:?}"),
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
        assert_eq!(files(verify(&["--policy", "p"], &[("INPUT_TRUST-STORE", "t")]).trust), expected);
        match verify(&["--root", "r", "--root", "s", "--identity", "C=US, O=x"], &[]).trust {
            TrustSource::InMemory { roots, identities } => {
                assert_eq!(roots.value, [PathBuf::from("r"), PathBuf::from("s")]);
                assert_eq!(identities.value, ["C=US, O=x"]);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_is_weaker_than_it_could_be_unless_someone_said_so() {
        let settings = verify(&[], &[]);
        assert_eq!(settings.skip, SkipStatements::Refuse);
        assert_eq!(settings.max_signatures, 100);
        assert!(settings.registry.plain_http.value.is_empty() && settings.registry.credentials.is_none());
        assert!(settings.registry.ca_file.is_none() && settings.user_metadata.is_empty());
        assert_eq!(verify(&["--allow-skip"], &[]).skip, SkipStatements::Allow);
        let settings = sign(&[]);
        assert_eq!((settings.again, expiry(&settings)), (SignAgain::WhenNeeded, None));
        assert_eq!(settings.signature_manifest, ManifestForm::Current);
    }

    #[test]
    fn settings_of_sign_are_what_was_said() {
        let settings = sign(&["--expiry", "1h30m", "--user-metadata", "a=b=c", "--user-metadata", "d=e,f", "--force"]);
        assert_eq!(expiry(&settings), Some(Duration::from_secs(5400)));
        let pairs: Vec<_> = settings.user_metadata.iter().map(|(key, word)| (key.as_str(), word.as_str())).collect();
        assert_eq!(pairs, [("a", "b=c"), ("d", "e,f")]);
        assert_eq!((settings.again, settings.images), (SignAgain::Always, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(expiry(&sign(&["--expiry", "0s"])), None);
        assert_eq!(sign(&["--signature-manifest", "legacy"]).signature_manifest, ManifestForm::Legacy);
    }

    #[test]
    fn what_weakens_a_check_is_told_with_its_origin() {
        let words = ["verify", "a", "--root", "r", "--identity", "*", "--allow-skip", "--plain-http", "localhost:5000"];
        let weakened =
            resolved(&words, &[("GITLAB_CI", "true"), ("CI_SERVER_TLS_CA_FILE", "/ca.pem")]).unwrap().weakened;
        let told: Vec<_> =
            weakened.iter().map(|one| format!("{} = {} ({})", one.setting, one.value, one.origin)).collect();
        assert_eq!(
            told,
            [
                "plain-http = localhost:5000 (--plain-http)",
                "ca-file = /ca.pem (CI_SERVER_TLS_CA_FILE of GitLab CI)",
                "allow-skip = true (--allow-skip)"
            ]
        );
        assert!(resolved(&["verify", "a", "--root", "r", "--identity", "*"], &[]).unwrap().weakened.is_empty());
    }

    #[test]
    fn the_ca_of_gitlab_is_taken_on_gitlab_only_and_debug_means_verbose() {
        assert!(verify(&[], &[("CI_SERVER_TLS_CA_FILE", "/ca.pem")]).registry.ca_file.is_none());
        let words = ["verify", "a", "--root", "r", "--identity", "*"];
        for (variables, verbose) in [(&[("RUNNER_DEBUG", "1")][..], true), (&[("RUNNER_DEBUG", "0")], false)] {
            assert_eq!(resolved(&words, variables).unwrap().output.verbose, verbose);
        }
        let quiet = [("RUNNER_DEBUG", "1"), ("SEALGATE_VERBOSE", "false")];
        assert!(!resolved(&words, &quiet).unwrap().output.verbose);
    }

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

    #[test]
    fn a_password_alone_is_an_identity_token_and_a_user_alone_is_a_mistake() {
        let given = |words: &[&str], variables: &[(&str, &str)]| {
            let credentials = verify(words, variables).registry.credentials.unwrap();
            (credentials.username, matches!(credentials.password, PasswordSource::Stdin))
        };
        assert_eq!(given(&[], &[("SEALGATE_PASSWORD", "x")]), (None, false));
        assert_eq!(given(&["--username", "u"], &[("SEALGATE_PASSWORD", "x")]), (Some("u".to_owned()), false));
        assert_eq!(given(&["--username", "u", "--password-stdin"], &[]), (Some("u".to_owned()), true));
        assert!(resolved(&["verify", "a", "--username", "u"], &[("HOME", "/h")]).is_err());
    }

    #[test]
    fn the_settings_never_show_the_password() {
        let shown = format!("{:?}", verify(&[], &[("SEALGATE_PASSWORD", "geheim")]));
        assert!(!shown.contains("geheim"), "{shown}");
    }

    #[test]
    fn a_password_is_not_sent_to_a_host_that_a_file_names() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sealgate.yaml");
        std::fs::write(&file, "images: [evil.example/app:v1]\n").unwrap();
        let config = [("SEALGATE_CONFIG", file.to_str().unwrap()), ("HOME", "/h")];
        let with = |words: &[&str], more: &[(&str, &str)]| resolved(words, &[&config[..], more].concat());
        for more in [("SEALGATE_PASSWORD", "secret"), ("INPUT_PASSWORD", "secret")] {
            let errors = with(&["verify"], &[more]).map(drop).unwrap_err();
            let [ResolveError::Setting(error)] = errors.as_slice() else { panic!("{errors:?}") };
            assert!(matches!(&error.fault, Fault::Excludes { other } if other.contains("sealgate.yaml")), "{error}");
            assert!(with(&["verify", "registry.example/app:v1"], &[more]).is_ok());
        }
        assert!(with(&["verify", "--password-stdin"], &[]).is_err());
        assert!(with(&["verify"], &[]).is_ok());
    }
}
