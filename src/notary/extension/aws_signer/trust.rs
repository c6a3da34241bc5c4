//! Which customers of AWS Signer to trust.

use super::attributes::find;
use super::failure::AwsSignerFailure;
use super::profile::{SignedProfile, TrustedProfile};
use super::roots::AwsRoots;
use super::{AwsSignature, SIGNING_PROFILE_VERSION, VERIFICATION_PLUGIN};
use crate::certificate::CertificateChain;
use crate::envelope::{ExtendedAttribute, name};

/// Whether the chain ends, byte for byte, in the root of the profile's partition.
pub(crate) fn check_root(
    signature: &AwsSignature,
    chain: &CertificateChain,
    roots: &AwsRoots,
) -> Result<(), AwsSignerFailure> {
    let partition = signature.profile_version.partition();
    let expected = roots.for_partition(partition);
    if expected.is_empty() {
        return Err(AwsSignerFailure::PartitionWithoutRoot { partition: partition.to_owned() });
    }
    if expected.contains(chain.root()) {
        return Ok(());
    }
    Err(AwsSignerFailure::RootOfAnother { root: chain.root().subject().excerpt(), partition: partition.to_owned() })
}

/// Whether one of the profiles is the one that signed, or the alias through which it was used. An alias that is there and
/// not trusted changes nothing. `identities` are all entries of the policy, for the message.
pub(crate) fn check_profile<'a>(
    signature: &AwsSignature,
    profiles: impl Iterator<Item = &'a TrustedProfile>,
    identities: impl FnOnce() -> Vec<String>,
) -> Result<(), AwsSignerFailure> {
    let signed = &signature.profile_version;
    let profiles: Vec<_> = profiles.collect();
    if profiles.is_empty() {
        return Err(AwsSignerFailure::NoProfileTrusted { signed: signed.clone(), identities: identities() });
    }
    if profiles.iter().any(|profile| profile.matches(signature)) {
        return Ok(());
    }
    let same_but_for_case = profiles.into_iter().find(|profile| profile.matches_but_for_case(signature)).cloned();
    Err(AwsSignerFailure::AnotherProfile {
        signed: signed.clone(),
        alias: signature.alias.clone(),
        identities: identities(),
        same_but_for_case,
    })
}

/// The chain has no root of AWS Signer.
pub(crate) fn not_aws(chain: &CertificateChain) -> AwsSignerFailure {
    AwsSignerFailure::NotAws { root: chain.root().subject().excerpt() }
}

/// Refuses an envelope that names the plugin of AWS Signer although its chain has no root of it.
pub(crate) fn check_foreign(
    extended: &[ExtendedAttribute],
    chain: &CertificateChain,
    roots: &AwsRoots,
) -> Result<(), AwsSignerFailure> {
    if find(extended, name::VERIFICATION_PLUGIN).and_then(|plugin| plugin.value.as_str()) != Some(VERIFICATION_PLUGIN) {
        return Ok(());
    }
    // What it claims decides nothing but the words: it is refused either way.
    let claimed = find(extended, SIGNING_PROFILE_VERSION)
        .and_then(|attribute| SignedProfile::parse(attribute.value.as_str()?).ok());
    match claimed.filter(|profile| roots.for_partition(profile.partition()).is_empty()) {
        Some(profile) => Err(AwsSignerFailure::PartitionWithoutRoot { partition: profile.partition().to_owned() }),
        None => Err(not_aws(chain)),
    }
}
