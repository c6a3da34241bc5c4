//! Policies in memory: one strict statement for every repository.

use std::path::{Path, PathBuf};

use notary::certificate::Certificate;
use notary::extension::aws_signer::{AwsRoots, TrustedProfile};
use notary::trust_policy::TrustPolicy;
use notary::trust_store::{TrustStore, TrustStoreName, TrustStoreType, TrustStores};
use notary::verify;

use crate::gate::{Signer, SignerTrust};

use super::{IN_MEMORY, Trust, TrustError, TrustKind, read_root};

/// Trust in the given roots and identities.
pub(crate) fn in_memory(roots: &[PathBuf], identities: &[String], aws_roots: AwsRoots) -> Result<Trust, TrustError> {
    let mut certificates = Vec::new();
    // The identities are judged first: they need no file.
    let name = TrustStoreName::new(TrustStoreType::Ca, IN_MEMORY)?;
    let policy = strict(&name, identities)?;
    for path in roots {
        certificates.extend(read_root(path)?);
    }
    of(policy, name, certificates, aws_roots, TrustKind::Roots)
}

/// Trust in every identity under one root. The caller compares the signing certificate itself.
pub(crate) fn in_root(root: &Certificate) -> Result<Trust, TrustError> {
    let name = TrustStoreName::new(TrustStoreType::Ca, IN_MEMORY)?;
    let policy = strict(&name, &["*".to_owned()])?;
    of(policy, name, vec![root.clone()], AwsRoots::embedded(), TrustKind::Roots)
}

/// Signing profiles of AWS Signer, each under the root of its partition.
///
/// # Errors
/// [`TrustError::NoAwsRoot`] for a partition whose root is not known.
pub(crate) fn in_profiles(profiles: &[TrustedProfile], aws_roots: AwsRoots) -> Result<Trust, TrustError> {
    let mut certificates: Vec<Certificate> = Vec::new();
    for profile in profiles {
        for root in roots_of(profile, &aws_roots)? {
            if !certificates.contains(root) {
                certificates.push(root.clone());
            }
        }
    }
    let name = TrustStoreName::new(TrustStoreType::SigningAuthority, IN_MEMORY)?;
    let identities: Vec<_> = profiles.iter().map(ToString::to_string).collect();
    let policy = strict(&name, &identities)?;
    of(policy, name, certificates, aws_roots, TrustKind::Profiles)
}

/// Trust in one signer of gates, and in nobody else.
///
/// # Errors
/// As [`in_profiles`]; the roots of the signer cannot be used together.
pub(crate) fn of_signer(signer: &Signer, aws_roots: AwsRoots) -> Result<Trust, TrustError> {
    match &signer.trust {
        SignerTrust::Profiles(profiles) => in_profiles(profiles, aws_roots),
        SignerTrust::Certificates { roots, identities } => {
            // By which reports tell whose it is.
            let name = TrustStoreName::new(TrustStoreType::Ca, &signer.name)?;
            of(strict(&name, identities)?, name, roots.clone(), aws_roots, TrustKind::Roots)
        }
    }
}

/// The roots that signatures of a profile end in.
///
/// # Errors
/// [`TrustError::NoAwsRoot`].
pub(crate) fn roots_of<'a>(profile: &TrustedProfile, aws_roots: &'a AwsRoots) -> Result<&'a [Certificate], TrustError> {
    match aws_roots.for_partition(profile.partition()) {
        [] => Err(TrustError::NoAwsRoot { profile: profile.clone() }),
        roots => Ok(roots),
    }
}

/// The roots of AWS Signer: those inside this program, or those of a file in their place.
///
/// # Errors
/// [`TrustError::ReadRoot`], [`TrustError::Root`].
pub(crate) fn aws_roots(replacement: Option<&Path>) -> Result<AwsRoots, TrustError> {
    match replacement {
        Some(path) => Ok(AwsRoots::replaced(read_root(path)?)),
        None => Ok(AwsRoots::embedded()),
    }
}

fn strict(name: &TrustStoreName, identities: &[String]) -> Result<TrustPolicy, TrustError> {
    TrustPolicy::strict(IN_MEMORY, &["*"], std::slice::from_ref(name), identities).map_err(TrustError::Identities)
}

fn of(
    policy: TrustPolicy,
    name: TrustStoreName,
    certificates: Vec<Certificate>,
    aws_roots: AwsRoots,
    kind: TrustKind,
) -> Result<Trust, TrustError> {
    let mut stores = TrustStores::new();
    stores.insert(Ok(TrustStore::new(name, certificates).map_err(TrustError::Roots)?));
    let trusted = verify::Trust::new(policy, stores).with_aws_roots(aws_roots);
    let origin = match kind {
        TrustKind::Profiles => "--profile",
        _ => "--root and --identity",
    };
    Ok(Trust { trusted, kind, origin: origin.to_owned(), shown_by: String::new(), file: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> TrustedProfile {
        TrustedProfile::parse(text).unwrap()
    }

    #[test]
    fn profiles_make_a_strict_policy_under_the_roots_of_their_partitions() {
        let commercial = profile("arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1");
        let other = profile("arn:aws:signer:eu-west-1:111122223333:/signing-profiles/p1");
        let gov = profile("arn:aws-us-gov:signer:us-gov-west-1:111122223333:/signing-profiles/p1");
        let trust = in_profiles(&[commercial, other, gov], AwsRoots::embedded()).unwrap();
        let [statement] = trust.trusted.policy().statements() else { panic!("{:?}", trust.trusted) };
        assert_eq!(statement.level().name(), "strict");
        assert_eq!(statement.trusted_identities().iter().count(), 3);
        let stores: Vec<_> =
            trust.trusted.stores().stores_of(statement.trust_stores(), TrustStoreType::SigningAuthority).collect();
        let [Ok(store)] = stores.as_slice() else { panic!("{stores:?}") };
        assert_eq!(store.certificates().len(), 2);
        assert_eq!(trust.trusted.stores().stores_of(statement.trust_stores(), TrustStoreType::Ca).count(), 0);
    }

    #[test]
    fn a_partition_without_a_known_root_is_told() {
        let china = profile("arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/p1");
        let error = in_profiles(std::slice::from_ref(&china), AwsRoots::embedded()).unwrap_err();
        assert!(matches!(error, TrustError::NoAwsRoot { profile } if profile == china));
    }
}
