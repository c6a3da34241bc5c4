//! Settings of `doctor`. Nothing has to be there: it checks what it can.

use super::aws;
use super::error::{ConfigError, ResolveError};
use super::key;
use super::layers::Layers;
use super::notation_folder::notation_folder;
use super::parts::{aws_settings, revocation};
use super::registry;
use super::settings::{DoctorSettings, IamSettings, Task, TrustSource};
use super::trust_source::Named;
use crate::cli::DoctorArgs;
use crate::env::Env;

/// What `doctor` has to do.
pub(super) fn task(args: &DoctorArgs, layers: &mut Layers<'_>, environment: &Env) -> Result<Task, ResolveError> {
    layers.flags.doctor(args);
    if layers.switch(key::IAM)?.value {
        return Ok(Task::DoctorIam(iam(layers)?));
    }
    let profiles = aws::trusted_profiles(layers)?;
    // Other than for `verify`, profiles may stand beside a policy: they are what is signed with.
    let trust = match (Named::read(layers)?.source()?, &profiles) {
        (Some(named), _) => Ok(named),
        (None, Some(profiles)) => Ok(TrustSource::Profiles(profiles.clone())),
        (None, None) => notation_folder(environment).map(TrustSource::Folder),
    };
    Ok(Task::Doctor(Box::new(DoctorSettings {
        images: layers.list(key::IMAGES)?.value,
        profiles: profiles.map(|setting| setting.value).unwrap_or_default(),
        trust,
        aws_root: aws::aws_root(layers)?,
        revocation: revocation(layers)?,
        aws: aws_settings(layers, environment)?,
        registry: registry::settings(layers)?,
    })))
}

/// What the policies of `--iam` are about.
fn iam(layers: &Layers<'_>) -> Result<IamSettings, ConfigError> {
    Ok(IamSettings {
        images: layers.list(key::IMAGES)?.value,
        profiles: aws::trusted_profiles(layers)?.map(|setting| setting.value).unwrap_or_default(),
        role_arn: aws::role_arn(layers)?.map(|setting| setting.value),
        region: aws::region(layers)?.map(|setting| setting.value),
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser as _;

    use super::super::error::Fault;
    use super::super::notation_folder::NotationFolderError;
    use super::super::parts::RevocationCheck;
    use super::super::resolve::resolve;
    use super::super::settings::Config;
    use super::*;
    use crate::ci::detect;
    use crate::cli::Cli;

    const PROFILE: &str = "release@111122223333/us-west-2";
    const ROLE: &str = "arn:aws:iam::111122223333:role/ci";

    fn resolved(words: &[&str], variables: &[(&str, &str)]) -> Result<Config, Vec<ResolveError>> {
        let environment = Env::of(variables);
        let cli = Cli::try_parse_from([&["sealgate", "doctor"], words].concat()).unwrap();
        resolve(cli, &environment, detect(&environment)).map_err(|unresolved| unresolved.errors)
    }

    fn doctor(words: &[&str], variables: &[(&str, &str)]) -> DoctorSettings {
        match resolved(words, variables).unwrap().task {
            Task::Doctor(settings) => *settings,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_has_to_be_there() {
        let settings = doctor(&[], &[]);
        assert!(settings.images.is_empty() && settings.profiles.is_empty() && settings.aws_root.is_none());
        assert_eq!(settings.trust, Err(NotationFolderError::NoHome));
        let settings = doctor(&[], &[("HOME", "/h")]);
        assert_eq!(settings.trust, Ok(TrustSource::Folder(PathBuf::from("/h/.config/notation"))));
        assert_eq!(settings.revocation, RevocationCheck::ByPolicy);
    }

    #[test]
    fn a_profile_is_checked_beside_a_policy_and_trusted_without_one() {
        let files = ["--profile", PROFILE, "--policy", "p", "--trust-store", "t"];
        let settings = doctor(&files, &[]);
        assert!(matches!(settings.trust, Ok(TrustSource::Files { .. })));
        assert_eq!(settings.profiles.len(), 1);
        let settings = doctor(&["app", "--profile", PROFILE], &[("HOME", "/h")]);
        assert!(matches!(&settings.trust, Ok(TrustSource::Profiles(profiles)) if profiles.value == settings.profiles));
        assert_eq!(settings.images, ["app"]);
        for words in [&["--policy", "p"][..], &["--root", "r"], &["--policy", "p", "--root", "r", "--identity", "*"]] {
            assert!(resolved(words, &[]).is_err(), "{words:?}");
        }
    }

    #[test]
    fn what_weakens_sign_or_verify_in_this_job_is_found() {
        let variables = [("SEALGATE_SKIP_REVOCATION", "true"), ("SEALGATE_ALLOW_SKIP", "true")];
        let config = resolved(&["--plain-http", "localhost"], &variables).unwrap();
        let told: Vec<_> = config.weakened.iter().map(|one| one.setting).collect();
        assert_eq!(told, ["plain-http", "skip-revocation", "allow-skip"]);
    }

    #[test]
    fn iam_needs_neither_credentials_nor_network() {
        let words = ["--iam", "app", "--profile", PROFILE, "--role-arn", ROLE, "--oidc-token-env", "NOT_SET"];
        let config = resolved(&words, &[("SEALGATE_PLAIN_HTTP", "a")]).unwrap();
        assert!(!config.task.uses_network() && config.weakened.is_empty());
        let Task::DoctorIam(settings) = config.task else { panic!() };
        assert_eq!((settings.images.len(), settings.profiles.len(), settings.role_arn.as_deref()), (1, 1, Some(ROLE)));
        let errors = resolved(&["--iam", "--role-arn", "ci"], &[]).map(drop).unwrap_err();
        let [ResolveError::Setting(error)] = errors.as_slice() else { panic!("{errors:?}") };
        assert_eq!(error.fault, Fault::NotRole { found: "ci".to_owned() });
    }
}
