//! `doctor`: its flags, and what they mean. Nothing has to be there: it checks what it can.

use std::path::PathBuf;

use clap::Args;
use notary::extension::aws_signer::TrustedProfile;

use super::aws::{self, AwsArgs};
use super::error::{ConfigError, ResolveError};
use super::images;
use super::key;
use super::layers::Layers;
use super::notation_folder::{NotationFolderError, notation_folder};
use super::parts::{RevocationCheck, aws_settings, revocation};
use super::registry::{self, RegistryArgs, RegistrySettings};
use super::setting::Setting;
use super::trust_settings::{TrustArgs, TrustSource};
use super::trust_source::Named;
use crate::aws::facts::AwsSettings;
use crate::env::Env;
use crate::reference::{self, ImagePlace, ReferenceError, References};

/// Flags of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate doctor
  sealgate doctor --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1.0
  sealgate doctor --policy trustpolicy.json --trust-store truststore -- registry.example/app:1.0
  sealgate doctor --iam --profile release@111122223333/us-west-2 \\
      --role-arn arn:aws:iam::111122223333:role/ci \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app

doctor changes nothing and shows no secrets. The exit code is 0 if nothing failed, otherwise the
worst one that sign or verify would end with.")]
pub(crate) struct DoctorArgs {
    /// Images whose registries to check.
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// AWS signing profile to check, and to trust if no other trust is given: its ARN, the ARN of one of its versions, or
    /// NAME@ACCOUNT/REGION. Repeatable.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Print the IAM policies for sign and verify, the role trust policies for GitHub and GitLab, and the command that
    /// makes a signing profile. Contacts no server; values that you do not give appear in capitals.
    #[arg(long)]
    pub(crate) iam: bool,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

#[derive(Debug)]
pub(crate) struct DoctorSettings {
    /// Images whose registries are checked.
    pub(crate) images: References,
    pub(crate) profiles: Vec<TrustedProfile>,
    /// Whom `verify` trusts; the error where not even a folder to look in is known.
    pub(crate) trust: Result<TrustSource, NotationFolderError>,
    /// File of the roots that replace AWS's.
    pub(crate) aws_root: Option<Setting<PathBuf>>,
    pub(crate) revocation: RevocationCheck,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
}

/// Settings of `doctor --iam`: what is known of what the policies are about.
#[derive(Debug)]
pub(crate) struct IamSettings {
    /// Where the images are that are signed and verified, or the error of the first that is not a valid place.
    pub(crate) images: Result<Vec<ImagePlace>, ReferenceError>,
    /// Signing profiles that sign and are trusted.
    pub(crate) profiles: Vec<TrustedProfile>,
    pub(crate) role_arn: Option<String>,
    /// The region to use where no ARN or host names one.
    pub(crate) region: Option<String>,
}

#[derive(Debug)]
pub(crate) enum DoctorTask {
    Check(Box<DoctorSettings>),
    /// Print what IAM has to allow (`--iam`).
    Iam(IamSettings),
}

pub(crate) fn task(layers: &Layers<'_>, environment: &Env) -> Result<DoctorTask, ResolveError> {
    if layers.switch(key::IAM)?.value {
        return Ok(DoctorTask::Iam(iam(layers)?));
    }
    let profiles = aws::trusted_profiles(layers)?;
    // Unlike for `verify`, profiles may be combined with a policy: they are what is signed with.
    let trust = match (Named::read(layers)?.source()?, &profiles) {
        (Some(named), _) => Ok(named),
        (None, Some(profiles)) => Ok(TrustSource::Profiles(profiles.clone())),
        (None, None) => notation_folder(environment).map(TrustSource::Folder),
    };
    let images = reference::parse_all(&images::names(layers)?);
    let aws = aws_settings(layers, environment, &images)?;
    Ok(DoctorTask::Check(Box::new(DoctorSettings {
        profiles: profiles.map(|setting| setting.value).unwrap_or_default(),
        trust,
        aws_root: aws::aws_root(layers)?,
        revocation: revocation(layers)?,
        registry: registry::settings(layers, &aws)?,
        aws,
        images,
    })))
}

/// What the policies of `--iam` are about.
fn iam(layers: &Layers<'_>) -> Result<IamSettings, ConfigError> {
    Ok(IamSettings {
        images: images::names(layers)?.iter().map(|image| ImagePlace::parse(image)).collect(),
        profiles: aws::trusted_profiles(layers)?.map(|setting| setting.value).unwrap_or_default(),
        role_arn: aws::role_arn(layers)?.map(|setting| setting.value),
        region: aws::region(layers)?.map(|setting| setting.value),
    })
}

#[cfg(test)]
mod tests {
    use super::super::error::Fault;
    use super::super::task::{Config, Task};
    use super::*;
    use crate::config::tests;

    const PROFILE: &str = "release@111122223333/us-west-2";
    const ROLE: &str = "arn:aws:iam::111122223333:role/ci";

    fn resolved(words: &[&str], variables: &[(&str, &str)]) -> Result<Config, Vec<ResolveError>> {
        tests::resolved(&[&["doctor"], words].concat(), variables)
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
        assert!(settings.images == Ok(Vec::new()) && settings.profiles.is_empty() && settings.aws_root.is_none());
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
        assert_eq!(settings.images, reference::parse_all(&["app"]));
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
        let words =
            ["--iam", "registry.example/app", "--profile", PROFILE, "--role-arn", ROLE, "--oidc-token-env", "NOT_SET"];
        let config = resolved(&words, &[("SEALGATE_PLAIN_HTTP", "a")]).unwrap();
        assert!(!config.task.uses_network() && config.weakened.is_empty());
        let Task::DoctorIam(settings) = config.task else { panic!() };
        assert_eq!(
            (settings.images.map_or(0, |images| images.len()), settings.profiles.len(), settings.role_arn.as_deref()),
            (1, 1, Some(ROLE))
        );
        let errors = resolved(&["--iam", "--role-arn", "ci"], &[]).map(drop).unwrap_err();
        let [ResolveError::Setting(error)] = errors.as_slice() else { panic!("{errors:?}") };
        assert_eq!(error.fault, Fault::NotRole { found: "ci".to_owned() });
    }
}
