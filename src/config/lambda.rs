//! `lambda`: its flags, and what they mean. They stand in the function's own environment: no event sets any of them.

use clap::Args;

use super::aws::AwsArgs;
use super::error::{ConfigError, Fault, ResolveError};
use super::key::{self, Key};
use super::layers::Layers;
use super::parts::aws_settings;
use super::registry::{self, RegistryArgs, RegistrySettings};
use super::setting::Origin;
use super::verifier::{self, VerifierArgs, VerifierSettings};
use crate::aws::facts::AwsSettings;
use crate::env::Env;

/// The settings of which one has to say whom to trust: on Lambda there is no folder of notation's.
const TRUST: [&Key; 7] =
    [key::PROFILE, key::POLICY, key::TRUST_STORE, key::ROOT, key::IDENTITY, key::GATES, key::STAGE];

/// Flags of `lambda`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  SEALGATE_PROFILE=arn:aws:signer:us-west-2:111122223333:/signing-profiles/release
  SEALGATE_POLICY=trustpolicy.json SEALGATE_TRUST_STORE=truststore
  SEALGATE_GATES=gates.yaml SEALGATE_STAGE=prod

This is the program of a function on AWS Lambda, for a lifecycle hook of ECS deployments at
PRE_SCALE_UP: the deployment goes on if every image of every container is verified. The binary does
the same when it is called bootstrap. Settings come from the function's environment, and files from
its package. Nothing in an event changes them.")]
pub(crate) struct LambdaArgs {
    #[command(flatten)]
    pub(crate) verifier: VerifierArgs,
    /// What to do when a deployment returns to a revision that is not verified: `verify` refuses it, `allow` lets it run and logs
    /// that it was not verified [default: verify].
    #[arg(long, value_name = "WHAT")]
    pub(crate) rollback: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

#[derive(Debug)]
pub(crate) struct LambdaSettings {
    pub(crate) verifier: VerifierSettings,
    pub(crate) rollback: Rollback,
    pub(crate) aws: AwsSettings,
    pub(crate) registry: RegistrySettings,
}

/// What happens to a revision that a deployment returns to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rollback {
    /// It is verified as every other.
    Verify,
    /// It may run although it is not verified, and the log says so.
    Allow,
}

pub(crate) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<LambdaSettings, ResolveError> {
    let mut is_trust_named = false;
    for key in TRUST {
        is_trust_named |= layers.words(key)?.is_some();
    }
    if !is_trust_named {
        return Err(ConfigError::new(key::PROFILE, Origin::Default, Fault::NoTrust).into());
    }
    let aws = aws_settings(layers, environment, &Ok(Vec::new()))?;
    let registry = registry::settings(layers, &aws)?;
    Ok(LambdaSettings {
        verifier: verifier::settings(layers, environment)?,
        rollback: rollback(layers)?,
        aws,
        registry,
    })
}

fn rollback(layers: &Layers<'_>) -> Result<Rollback, ConfigError> {
    let rollback = layers.parsed(key::ROLLBACK, |text| match text {
        VERIFY => Ok(Rollback::Verify),
        "allow" => Ok(Rollback::Allow),
        other => Err(Fault::NotOneOf { found: other.to_owned(), expected: "`verify` or `allow`" }),
    })?;
    Ok(rollback.map_or(Rollback::Verify, |setting| setting.value))
}

/// The value of `--rollback` that weakens nothing.
pub(super) const VERIFY: &str = "verify";

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::GatesError;
    use super::super::task::Task;
    use super::super::tests::resolved;
    use super::super::trust_settings::TrustSource;
    use super::*;

    const PROFILE: (&str, &str) = ("SEALGATE_PROFILE", "release@111122223333/us-west-2");

    fn lambda(variables: &[(&str, &str)]) -> Result<Box<LambdaSettings>, ResolveError> {
        match resolved(&["lambda"], variables).unwrap().task {
            Task::Lambda(settings) => Ok(settings),
            Task::LambdaUnusable(mut errors) => Err(errors.remove(0)),
            other => panic!("{other:?}"),
        }
    }

    fn fault(variables: &[(&str, &str)]) -> Fault {
        match lambda(variables).unwrap_err() {
            ResolveError::Setting(error) => error.fault,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whom_to_trust_is_said_and_never_found_in_a_folder() {
        assert_eq!(fault(&[]), Fault::NoTrust);
        assert_eq!(fault(&[("HOME", "/h"), ("NOTATION_CONFIG", "/n")]), Fault::NoTrust);
        assert!(matches!(lambda(&[PROFILE]).unwrap().verifier.policy(), TrustSource::Profiles(_)));
        assert_eq!(fault(&[("SEALGATE_POLICY", "p")]), Fault::Needs { other: "trust-store" });
    }

    #[test]
    fn a_rollback_is_verified_unless_somebody_said_otherwise() {
        let of = |value| lambda(&[PROFILE, ("SEALGATE_ROLLBACK", value)]);
        assert_eq!(lambda(&[PROFILE]).unwrap().rollback, Rollback::Verify);
        assert_eq!(of("verify").unwrap().rollback, Rollback::Verify);
        assert_eq!(of("allow").unwrap().rollback, Rollback::Allow);
        assert!(matches!(fault(&[PROFILE, ("SEALGATE_ROLLBACK", "skip")]), Fault::NotOneOf { .. }));
        let weakened = |value| resolved(&["lambda"], &[PROFILE, ("SEALGATE_ROLLBACK", value)]).unwrap().weakened;
        assert_eq!(weakened("allow").len(), 1);
        assert!(weakened("verify").is_empty());
    }

    #[test]
    fn relative_paths_are_those_of_the_package() {
        let files = [
            ("SEALGATE_POLICY", "p.json"),
            ("SEALGATE_TRUST_STORE", "/opt/truststore"),
            ("SEALGATE_CA_FILE", "ca.pem"),
        ];
        let package = ("LAMBDA_TASK_ROOT", "/var/task");
        for (package, policy, ca_file) in
            [(None, "p.json", "ca.pem"), (Some(package), "/var/task/p.json", "/var/task/ca.pem")]
        {
            let settings = lambda(&[package.as_slice(), &files].concat()).unwrap();
            assert_eq!(settings.registry.ca_file.as_ref().unwrap().value.to_str(), Some(ca_file));
            let TrustSource::Files { policy: found, trust_store } = settings.verifier.policy() else { panic!() };
            assert_eq!((found.value.to_str(), trust_store.value.to_str()), (Some(policy), Some("/opt/truststore")));
        }
        let memory = [package, ("SEALGATE_ROOT", "a.crt\n/opt/b.crt"), ("SEALGATE_IDENTITY", "*")];
        let TrustSource::InMemory { roots, identities } = lambda(&memory).unwrap().verifier.policy() else { panic!() };
        assert_eq!(roots.value, [PathBuf::from("/var/task/a.crt"), PathBuf::from("/opt/b.crt")]);
        assert_eq!(identities.value, ["*"]);
        // Gates are read when they are resolved.
        let gates = [package, ("SEALGATE_GATES", "gates.yaml"), ("SEALGATE_STAGE", "prod")];
        match lambda(&gates).unwrap_err() {
            ResolveError::Gates(error) => {
                assert!(matches!(error, GatesError::Read { path, .. } if path.to_str() == Some("/var/task/gates.yaml")))
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(lambda(&[("SEALGATE_STAGE", "prod")]), Err(ResolveError::Setting(_))));
    }

    #[test]
    fn every_setting_that_cannot_be_used_is_told_to_lambda() {
        for variables in [
            &[PROFILE, ("SEALGATE_UNKNOWN", "x")][..],
            &[PROFILE, ("SEALGATE_CONFIG", "/does/not/exist.yaml")],
            &[("SEALGATE_PROFILE", "release")],
            &[PROFILE, ("SEALGATE_TIMEOUT", "soon")],
        ] {
            assert!(lambda(variables).is_err(), "{variables:?}");
        }
    }
}
