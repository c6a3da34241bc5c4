//! `approve`: its flags, and what they mean.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use notary::extension::aws_signer::{SigningProfileArn, TrustedProfile};
use notary::signature_manifest::ManifestForm;

use super::aws::{self, AwsArgs};
use super::deploy::ExportsArgs;
use super::error::{ConfigError, Fault, ResolveError, needs};
use super::gates::{self, GateArgs, GateSettings};
use super::image_source::{Images, Tags};
use super::images::{ImagesArgs, images};
use super::key;
use super::layers::Layers;
use super::local_key::{GivenKey, KeyArgs};
use super::parts::{RevocationCheck, aws_settings, max_signatures, user_metadata};
use super::posts::{self, PostArgs, PostSettings};
use super::registry::{self, RegistryArgs, RegistrySettings};
use super::setting::{Origin, Setting};
use super::sign::{self, SignAgain, SignerSettings};
use super::verifier::{SkipStatements, VerifiedBy, VerifierSettings};
use crate::aws::facts::AwsSettings;
use crate::env::Env;
use crate::gate::{Requirement, STAGE, Signer, SignerTrust, Stage};

/// Flags of `approve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate approve --gates gates.yaml --stage test --as qa \\
      --key qa.key --certificate-chain qa.crt -- registry.example/app@sha256:…
  sealgate approve --gates gates.yaml --stage prod --as security \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…

First the stages that come before are verified; if one is not met, nothing is signed. The signature
carries the metadata stage=NAME. A signer with one signing profile needs no --profile.")]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    #[command(flatten)]
    pub(crate) gates: GateArgs,
    /// Signer of the gates as whom to approve; the key or signing profile has to be that signer's.
    #[arg(id = "as", long = "as", value_name = "SIGNER")]
    pub(crate) signer: Option<String>,
    /// AWS signing profile to sign with, if the signer has several: its ARN, or NAME@ACCOUNT/REGION.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Roots to use instead of AWS Signer's, for tests or if AWS's is not known (PEM). Reports say NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE")]
    pub(crate) aws_root: Option<String>,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Further metadata to include in the signature. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) user_metadata: Vec<String>,
    /// How long a signature made with --key is valid, in whole seconds: `24h`, `90d` [default: it does not expire].
    #[arg(long, value_name = "DURATION")]
    pub(crate) expiry: Option<String>,
    /// Approve even if the signer has approved already.
    #[arg(long)]
    pub(crate) force: bool,
    /// Form of the signature manifest: the current one, or the one of notation 1.x for older registries.
    #[arg(long, value_name = "FORM", value_parser = ["current", "legacy"])]
    pub(crate) signature_manifest: Option<String>,
    /// Maximum number of signatures to examine per image [default: 100].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_signatures: Option<String>,
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
    /// Take gates from the checkout of a pull request, whose author may have written them.
    #[arg(long)]
    pub(crate) allow_checkout_trust: bool,
    #[command(flatten)]
    pub(crate) exports: ExportsArgs,
}

#[derive(Debug)]
pub(crate) struct ApproveSettings {
    pub(crate) images: Images,
    /// What the stages before are verified by.
    pub(crate) verifier: VerifierSettings,
    /// The same gates: as whom of them one approves, and for which stage.
    pub(crate) gates: Arc<GateSettings>,
    /// Position of the signer among those of the gates.
    pub(crate) approver: usize,
    pub(crate) signer: SignerSettings,
    /// What the signature says: the stage, and what was added.
    pub(crate) user_metadata: BTreeMap<String, String>,
    /// Whether an image that the signer has approved is approved again.
    pub(crate) again: SignAgain,
    /// How old a signature may be that is enough, if the stage asks for that.
    pub(crate) max_age: Option<Duration>,
    pub(crate) signature_manifest: ManifestForm,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
    /// What is shown on GitHub besides the log.
    pub(crate) posts: Option<Arc<PostSettings>>,
}

pub(crate) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<ApproveSettings, ResolveError> {
    let images = images(layers, Tags::Signed)?;
    let missing = |key: &'static key::Key, other| needs(key, Origin::Flag(key.name), other);
    let gates = gates::settings(layers)?.map(Arc::new).ok_or_else(|| missing(key::AS, key::GATES))?;
    let named = layers.text(key::AS)?.ok_or_else(|| missing(key::STAGE, key::AS))?;
    let Some(approver) = gates.gates.signer(&named.value) else {
        let known = gates.gates.signers.iter().map(|signer| signer.name.clone()).collect();
        let fault = Fault::NoSuchSigner { found: named.value, known };
        return Err(ConfigError::new(key::AS, named.origin, fault).into());
    };
    let user_metadata = metadata(layers, &gates)?;
    let max_age =
        asked_age(&gates, approver, &user_metadata).map_err(|fault| ConfigError::new(key::AS, named.origin, fault))?;
    let aws = aws_settings(layers, environment, &images.references)?;
    let registry = registry::settings(layers, &aws)?;
    Ok(ApproveSettings {
        signer: signer(layers, &gates, approver)?,
        verifier: verifier(layers, &gates)?,
        again: if layers.switch(key::FORCE)?.value { SignAgain::Always } else { SignAgain::WhenNeeded },
        signature_manifest: sign::manifest_form(layers)?,
        posts: posts::settings(layers, environment, &images.references, &registry)?,
        gates,
        approver,
        user_metadata,
        max_age,
        registry,
        aws,
        images,
    })
}

/// The stages before are verified as `verify` would, with nothing left out.
fn verifier(layers: &Layers<'_>, gates: &Arc<GateSettings>) -> Result<VerifierSettings, ConfigError> {
    Ok(VerifierSettings {
        by: VerifiedBy::Gates(Arc::clone(gates)),
        scope: None,
        user_metadata: BTreeMap::new(),
        skip: SkipStatements::Refuse,
        max_signatures: max_signatures(layers)?,
        aws_root: aws::aws_root(layers)?,
        revocation: RevocationCheck::ByPolicy,
    })
}

/// The stage, and what was added. Another stage would be another approval.
fn metadata(layers: &Layers<'_>, gates: &GateSettings) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut metadata = user_metadata(layers)?;
    let stage = gates.stage_name().to_owned();
    match metadata.insert(STAGE.to_owned(), stage) {
        None => Ok(metadata),
        Some(_) => {
            let origin = layers.list(key::USER_METADATA)?.origin;
            Err(ConfigError::new(key::USER_METADATA, origin, Fault::StageInMetadata))
        }
    }
}

/// The maximum age that is asked of what the signer is to say, the least if there are several.
///
/// # Errors
/// No requirement of the gates asks for it: nobody would count the signature.
fn asked_age(
    gates: &GateSettings,
    approver: usize,
    metadata: &BTreeMap<String, String>,
) -> Result<Option<Duration>, Fault> {
    let stages = gates.gates.stages.iter();
    let all = stages.flat_map(|stage| stage.require.iter().map(move |asked| (stage, asked)));
    let is_said = |(key, value): (&String, &String)| metadata.get(key) == Some(value);
    // What does not say for which stage it is asks for the approval of its own.
    let is_of_stage =
        |stage: &Stage, asked: &Requirement| asked.metadata.contains_key(STAGE) || stage.name == gates.stage_name();
    let asking: Vec<_> = all
        .filter(|(stage, asked)| asked.of.contains(&approver) && is_of_stage(stage, asked))
        .map(|(_, asked)| asked)
        .filter(|asked| asked.metadata.iter().all(is_said))
        .collect();
    if asking.is_empty() {
        let signer = gates.gates.signer_name(approver).to_owned();
        return Err(Fault::NotAsked { signer, stage: gates.stage_name().to_owned() });
    }
    Ok(asking.iter().filter_map(|asked| asked.max_age).min())
}

/// What the signer signs with: the key, or the signing profile, which follows from the gates if there is one.
fn signer(layers: &Layers<'_>, gates: &GateSettings, approver: usize) -> Result<SignerSettings, ConfigError> {
    let given = GivenKey::read(layers)?;
    let profile = aws::signing_profile(layers)?;
    let aws_root = aws::aws_root(layers)?;
    let Some(named) = gates.gates.signers.get(approver) else {
        return Err(needs(key::AS, Origin::Flag(key::AS.name), key::GATES));
    };
    match &named.trust {
        SignerTrust::Profiles(profiles) => {
            if let Some(origin) = given.origin() {
                return Err(ConfigError::new(key::KEY, origin, other_signer(named, "a signing profile of AWS Signer")));
            }
            let profile = match profile {
                Some(profile) => its_own(profile, profiles, named)?,
                None => the_only(profiles, gates, named)?,
            };
            Ok(SignerSettings::SigningProfile { profile, aws_root })
        }
        SignerTrust::Certificates { .. } => {
            if let Some(profile) = profile {
                return Err(ConfigError::new(
                    key::PROFILE,
                    profile.origin,
                    other_signer(named, "a key with a certificate"),
                ));
            }
            let expiry = sign::expiry(layers)?.and_then(|setting| setting.value);
            match given.settings()? {
                Some(key) => Ok(SignerSettings::LocalKey { key, expiry }),
                None => Err(needs(key::AS, Origin::Flag(key::AS.name), key::KEY)),
            }
        }
    }
}

fn other_signer(named: &Signer, expected: &str) -> Fault {
    Fault::OtherSigner { signer: named.name.clone(), expected: expected.to_owned() }
}

/// A profile that was given, if the gates name it for the signer. Where they name one version of it, no other one is the signer's: neither
/// is a signature by it an approval, nor is one made.
fn its_own(
    profile: Setting<SigningProfileArn>,
    profiles: &[TrustedProfile],
    named: &Signer,
) -> Result<Setting<SigningProfileArn>, ConfigError> {
    let is_own = |own: &&SigningProfileArn| own.without_version() == profile.value.without_version();
    let own: Vec<_> = profiles.iter().filter_map(TrustedProfile::profile).filter(is_own).collect();
    let is_any = own.iter().any(|own| own.version().is_none() || **own == profile.value);
    match own.as_slice() {
        [only] if profile.value.version().is_none() => return Ok(Setting { value: (*only).clone(), ..profile }),
        // Of several versions that are known, which one AWS Signer signs with nobody says before: it has to be given.
        [_, ..] if is_any => return Ok(profile),
        _ => {}
    }
    let expected = profiles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    Err(ConfigError::new(key::PROFILE, profile.origin, other_signer(named, &expected)))
}

/// The one profile of the signer.
fn the_only(
    profiles: &[TrustedProfile],
    gates: &GateSettings,
    named: &Signer,
) -> Result<Setting<SigningProfileArn>, ConfigError> {
    let origin = gates.file.origin.clone();
    match profiles {
        [one] if let Some(profile) = one.profile() => Ok(Setting { value: profile.clone(), origin }),
        _ => {
            let fault = Fault::WhichProfile { signer: named.name.clone() };
            Err(ConfigError::new(key::PROFILE, Origin::Flag(key::PROFILE.name), fault))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::task::Task;
    use super::super::tests::resolved;
    use super::*;

    const ONE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/one";
    const TWO: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/two";

    /// With which profile a signer approves whom the gates know by these, if one is given or not.
    fn signs_with(known: &[&str], given: Option<&str>) -> Result<String, Fault> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gates.yaml");
        let gates = serde_json::json!({"version": 1, "signers": {"ci": {"profile": known}},
            "stages": {"prod": {"require": ["ci"]}}});
        std::fs::write(&file, gates.to_string()).unwrap();
        let gates = ["approve", "--gates", file.to_str().unwrap(), "--stage", "prod", "--as", "ci", "r.example/a:1"];
        let given = given.map(|given| ["--profile", given]);
        let words = [&gates[..], given.as_ref().map_or(&[], |given| &given[..])].concat();
        match resolved(&words, &[]) {
            Ok(config) => match config.task {
                Task::Approve(settings) => match settings.signer {
                    SignerSettings::SigningProfile { profile, .. } => Ok(profile.value.to_string()),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            },
            Err(errors) => match errors.into_iter().next() {
                Some(ResolveError::Setting(error)) => Err(error.fault),
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn a_signer_known_by_one_version_of_a_profile_signs_with_no_other() {
        let of = |profile: &str, version: &str| format!("{profile}/{version}");
        let (v1, v2, v3) = (of(ONE, "Aaaaaaaaaa"), of(ONE, "Bbbbbbbbbb"), of(ONE, "Cccccccccc"));
        for (known, given, expected) in [
            (&[ONE][..], None, Some(ONE)),
            (&[ONE], Some(ONE), Some(ONE)),
            // All versions are the signer's.
            (&[ONE], Some(v1.as_str()), Some(v1.as_str())),
            (&[&v1], None, Some(&v1)),
            (&[&v1], Some(ONE), Some(&v1)),
            (&[&v1], Some(&v1), Some(&v1)),
            (&[&v1], Some(&v2), None),
            // A third version would be taken for approved by `approve`, and not by `verify`.
            (&[&v1, &v2], Some(ONE), None),
            (&[ONE, &v1], Some(ONE), Some(ONE)),
            (&[&v1, &v2], Some(&v2), Some(&v2)),
            (&[&v1, &v2], Some(&v3), None),
            (&[&v1, TWO], Some(TWO), Some(TWO)),
            (&[ONE], Some(TWO), None),
        ] {
            match (signs_with(known, given), expected) {
                (Ok(found), Some(expected)) => assert_eq!(found, expected, "{known:?} {given:?}"),
                (Err(Fault::OtherSigner { .. }), None) => {}
                other => panic!("{known:?} {given:?}: {other:?}"),
            }
        }
        assert!(matches!(signs_with(&[ONE, TWO], None), Err(Fault::WhichProfile { .. })));
    }
}
