//! `doctor`: its flags, and what they mean. Nothing has to be there: it checks what it can.

use std::path::PathBuf;

use clap::Args;
use notary::extension::aws_signer::TrustedProfile;

use super::aws::{self, AwsArgs};
use super::error::{ConfigError, Fault, ResolveError};
use super::image_source::Sorted;
use super::images::{self, ImagesArgs};
use super::key::{self, KEYS, Key};
use super::layers::Layers;
use super::local_key::{GivenKey, KeyArgs, KeySettings};
use super::notation_folder::{NotationFolderError, notation_folder};
use super::parts::{RevocationCheck, aws_settings, revocation};
use super::registry::{self, RegistryArgs, RegistrySettings};
use super::setting::{Origin, Setting};
use super::trust_settings::{TrustArgs, TrustSource};
use super::trust_source::Named;
use crate::aws::facts::{AwsError, AwsSettings};
use crate::ci::change::Change;
use crate::env::Env;
use crate::reference::{ImagePlace, Reference, ReferenceError};

/// Flags of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate doctor
  sealgate doctor --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1.0
  sealgate doctor --policy trustpolicy.json --trust-store truststore -- registry.example/app:1.0
  sealgate doctor --key release.key --certificate-chain release.crt \\
      --root acme-ca.crt --identity 'x509.subject: C=US, ST=WA, O=Acme'
  sealgate doctor --iam --profile release@111122223333/us-west-2 \\
      --role-arn arn:aws:iam::111122223333:role/ci \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app

doctor changes nothing and shows no secrets. A setting that cannot be used is one of its findings.
The exit code is 0 if nothing failed, otherwise the worst one that sign or verify would end with.")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    /// AWS signing profile to check, and to trust if no other trust is given: its ARN, the ARN of one of its versions, or
    /// NAME@ACCOUNT/REGION. Repeatable.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Print the IAM policies for sign and verify, the role trust policies for GitHub and GitLab, and the command that
    /// makes a signing profile. Contacts no server; values that you do not give appear in capitals.
    #[arg(long)]
    pub(crate) iam: bool,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Do not check whether verify may ask for the revocation status of signing profiles.
    #[arg(long)]
    pub(crate) skip_revocation: bool,
    /// Registry scope to check the trust policy for, used for OCI image layouts.
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) scope: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

#[derive(Debug)]
pub(crate) struct DoctorSettings {
    /// Images whose registries are checked.
    pub(crate) images: Vec<Reference>,
    /// Names that are no images.
    pub(crate) unnamed: Vec<ReferenceError>,
    pub(crate) profiles: Vec<TrustedProfile>,
    pub(crate) key: Option<KeySettings>,
    /// Whom `verify` trusts, if that is known.
    pub(crate) trust: Result<TrustSource, NoTrust>,
    /// File of the roots that replace AWS's.
    pub(crate) aws_root: Option<Setting<PathBuf>>,
    pub(crate) revocation: RevocationCheck,
    /// Registry scope that selects the statement for an OCI image layout.
    pub(crate) scope: Option<Setting<String>>,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
    /// Settings that cannot be used.
    pub(crate) faults: Vec<ResolveError>,
    /// What therefore cannot be checked.
    pub(crate) unusable: Vec<Part>,
    /// Whose change the job is about.
    pub(crate) change: Change,
}

/// Why it is not known whom `verify` trusts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoTrust {
    /// Not even a folder to look in is known.
    Folder(NotationFolderError),
    /// A setting about it cannot be used.
    Setting,
}

/// A part of the checks, with the settings that it depends on. If one of them cannot be used, the others mean nothing alone, and
/// the part cannot be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Aws,
    Registries,
    Trust,
    Key,
}

const PARTS: [(Part, &[&Key]); 4] = [
    (Part::Aws, &[key::REGION, key::ROLE_ARN, key::OIDC_TOKEN_ENV, key::AWS_PROFILE, key::ENDPOINT_URL]),
    (Part::Registries, &[key::USERNAME, key::PASSWORD, key::PASSWORD_STDIN, key::PLAIN_HTTP]),
    (Part::Trust, &[key::POLICY, key::TRUST_STORE, key::ROOT, key::IDENTITY]),
    (Part::Key, &[key::KEY, key::KEY_PASSWORD, key::KEY_PASSWORD_FILE, key::CERTIFICATE_CHAIN]),
];

/// The settings that mean nothing when this one cannot be used.
pub(super) fn together(name: &str) -> Vec<&'static Key> {
    let has = |keys: &[&Key]| keys.iter().any(|key| key.name == name);
    match PARTS.iter().find(|(_, keys)| has(keys)) {
        Some((_, keys)) => keys.to_vec(),
        None => KEYS.iter().copied().filter(|key| key.name == name).collect(),
    }
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

/// The settings, as far as they are not set aside.
pub(super) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<DoctorSettings, ResolveError> {
    let unusable: Vec<_> =
        PARTS.iter().filter(|(_, keys)| keys.iter().all(|key| layers.is_aside(key))).map(|(part, _)| *part).collect();
    let is_unusable = |part| unusable.contains(&part);
    let profiles = aws::trusted_profiles(layers)?;
    // Unlike for `verify`, profiles may be combined with a policy: they are what is signed with.
    let trust = match (Named::read(layers)?.source()?, &profiles) {
        _ if is_unusable(Part::Trust) => Err(NoTrust::Setting),
        (Some(named), _) => Ok(named),
        (None, Some(profiles)) => Ok(TrustSource::Profiles(profiles.clone())),
        (None, None) if layers.is_aside(key::PROFILE) => Err(NoTrust::Setting),
        (None, None) => notation_folder(environment).map(TrustSource::Folder).map_err(NoTrust::Folder),
    };
    let Sorted { references: images, errors: unnamed, .. } = images::images_if_any(layers)?;
    let aws = aws_settings(layers, environment, &Ok(images.clone()))?;
    let no_aws = || Some(AwsError::setting("a setting about AWS cannot be used"));
    let aws = AwsSettings { fault: if is_unusable(Part::Aws) { no_aws() } else { aws.fault }, ..aws };
    Ok(DoctorSettings {
        key: local_key(layers, profiles.as_ref().map(|profiles| &profiles.origin))?,
        profiles: profiles.map(|setting| setting.value).unwrap_or_default(),
        trust,
        aws_root: aws::aws_root(layers)?,
        revocation: revocation(layers)?,
        scope: layers.text(key::SCOPE)?,
        registry: registry::settings(layers, &aws)?,
        aws,
        images,
        unnamed,
        faults: Vec::new(),
        unusable,
        change: layers.change().clone(),
    })
}

/// The key, by the rules that `sign` has for it.
fn local_key(layers: &Layers<'_>, profiles: Option<&Origin>) -> Result<Option<KeySettings>, ConfigError> {
    let given = GivenKey::read(layers)?;
    match (given.origin(), profiles) {
        (Some(key), Some(profiles)) => {
            Err(ConfigError::new(key::KEY, key, Fault::Excludes { other: profiles.to_string() }))
        }
        _ => given.settings(),
    }
}

/// What the policies of `--iam` are about.
pub(crate) fn iam(layers: &Layers<'_>) -> Result<IamSettings, ConfigError> {
    Ok(IamSettings {
        images: images::names(layers)?.iter().map(|image| ImagePlace::parse(image)).collect(),
        profiles: aws::trusted_profiles(layers)?.map(|setting| setting.value).unwrap_or_default(),
        role_arn: aws::role_arn(layers)?.map(|setting| setting.value),
        region: aws::region(layers)?.map(|setting| setting.value),
    })
}

#[cfg(test)]
mod tests {
    use super::super::task::{Config, Task};
    use super::super::typed::keys_of;
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
        assert!(settings.images.is_empty() && settings.profiles.is_empty() && settings.aws_root.is_none());
        assert!(settings.faults.is_empty() && settings.unusable.is_empty() && settings.key.is_none());
        assert_eq!(settings.trust, Err(NoTrust::Folder(NotationFolderError::NoHome)));
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
        assert!(settings.images.is_empty() && settings.unnamed.len() == 1);
    }

    #[test]
    fn a_setting_that_cannot_be_used_ends_nothing_but_what_depends_on_it() {
        let config = "/none/config.yaml";
        type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str, &'a [Part]);
        #[rustfmt::skip]
        let table: &[Case<'_>] = &[
            (&["--role-arn", "ci"], &[], "--role-arn", &[Part::Aws]),
            (&["--role-arn", ROLE, "--aws-profile", "p"], &[], "--role-arn", &[Part::Aws]),
            (&["--oidc-token-env", "NOT_SET"], &[("AWS_ROLE_ARN", "ci")], "AWS_ROLE_ARN", &[Part::Aws]),
            (&["--region", "x"], &[], "--region", &[Part::Aws]),
            (&[], &[("SEALGATE_ENDPOINT_URL", "ftp://x")], "SEALGATE_ENDPOINT_URL", &[Part::Aws]),
            (&["--profile", PROFILE, "--region", "eu-west-1"], &[], "--region", &[Part::Aws]),
            (&["--policy", "p"], &[], "--policy", &[Part::Trust]),
            (&["--root", "r"], &[], "--root", &[Part::Trust]),
            (&["--policy", "p", "--root", "r", "--identity", "*"], &[], "--policy", &[Part::Trust]),
            (&["--plain-http", "http://x"], &[], "--plain-http", &[Part::Registries]),
            (&["--username", "u"], &[], "--username", &[Part::Registries]),
            (&[], &[("GITHUB_ACTIONS", "true"), ("INPUT_PLAIN_HTTP", "x")], "INPUT_PLAIN_HTTP", &[Part::Registries]),
            (&["--key", "k"], &[], "--key", &[Part::Key]),
            (&["--key", "k", "--certificate-chain", "c", "--profile", PROFILE], &[], "--key", &[Part::Key]),
            (&["--profile", "x"], &[], "--profile", &[]),
            (&["--timeout", "soon"], &[], "--timeout", &[]),
            (&["--concurrency", "0"], &[], "--concurrency", &[]),
            (&[], &[("SEALGATE_SKIP_REVOCATION", "maybe")], "SEALGATE_SKIP_REVOCATION", &[]),
            (&[], &[("SEALGATE_ALLOW_SKIP", "maybe")], "SEALGATE_ALLOW_SKIP", &[]),
            (&[], &[("SEALGATE_FORMAT", "xml")], "SEALGATE_FORMAT", &[]),
            (&[], &[("SEALGATE_PROFIL", "x")], "SEALGATE_PROFIL", &[]),
            (&[""], &[], "IMAGE", &[]),
            (&["--config", config], &[], config, &[]),
        ];
        for (words, variables, named, unusable) in table {
            let settings = doctor(words, &[&[("HOME", "/h")], *variables].concat());
            let [fault] = settings.faults.as_slice() else { panic!("{words:?} {variables:?}: {:?}", settings.faults) };
            assert!(fault.to_string().contains(named), "{words:?} {variables:?}: {fault}");
            assert_eq!(settings.unusable, *unusable, "{words:?} {variables:?}");
            assert_eq!(settings.aws.fault.is_some(), unusable.contains(&Part::Aws), "{words:?} {variables:?}");
            let is_unknown = unusable.contains(&Part::Trust) || *named == "--profile";
            assert_eq!(settings.trust == Err(NoTrust::Setting), is_unknown, "{words:?} {variables:?}");
        }
        let settings = doctor(&["--role-arn", "ci", "--policy", "p", "--timeout", "soon", "registry.example/a:1"], &[]);
        assert_eq!((settings.faults.len(), settings.images.len()), (3, 1));
        assert_eq!(settings.unusable, [Part::Aws, Part::Trust]);
    }

    #[test]
    fn each_setting_of_a_part_is_an_argument_of_doctor_and_of_one_part() {
        let own = keys_of::<DoctorArgs>();
        let mut seen = Vec::new();
        for key in PARTS.iter().flat_map(|(_, keys)| keys.iter()) {
            assert!(own.iter().any(|own| own.name == key.name) && !seen.contains(&key.name), "{}", key.name);
            seen.push(key.name);
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
