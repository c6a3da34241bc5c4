//! What `trust show` says about AWS Signer: the roots that are part of sealgate, where they are in the trust stores, and
//! what keeps a statement from ever accepting a signature of its signing profiles.

use std::collections::BTreeSet;

use notary::certificate::Certificate;
use notary::extension::aws_signer::{AwsRoots, KnownRoot};
use notary::trust_policy::PolicyStatement;
use notary::trust_store::{TrustStore, TrustStoreName, TrustStoreType};

use crate::report::{AnchorReport, AwsRootReport, Reason, build};

/// The roots that are part of sealgate, whatever stands in their place.
pub(super) fn known_roots(roots: &AwsRoots) -> Vec<AwsRootReport> {
    let report = |known: &KnownRoot| AwsRootReport {
        partition: known.partition().to_owned(),
        trust_store: store_of(known),
        certificate: build::certificate(known.certificate()),
    };
    roots.known().map(report).collect()
}

/// A certificate of a trust store.
pub(super) fn anchor(certificate: &Certificate, roots: &AwsRoots) -> AnchorReport {
    let aws_root = partition_of(certificate, roots).map(|known| known.partition().to_owned());
    let replaces = roots.is_replaced() && roots.for_partition("").contains(certificate);
    AnchorReport {
        certificate: build::certificate(certificate),
        not_an_aws_root: replaces && aws_root.is_none(),
        aws_root,
    }
}

/// AWS roots in stores of a type under which they vouch for nobody.
pub(super) fn misplaced(name: &TrustStoreName, store: &TrustStore, roots: &AwsRoots) -> Vec<Reason> {
    if name.store_type() == TrustStoreType::SigningAuthority {
        return Vec::new();
    }
    let told = |known: &KnownRoot| {
        let (partition, place) = (known.partition(), store_of(known));
        let text = format!("{name} holds the AWS Signer root of partition {partition}, which counts only in {place}");
        Reason::new("aws-root-misplaced", text)
    };
    store.certificates().iter().filter_map(|certificate| partition_of(certificate, roots)).map(told).collect()
}

/// What keeps the signing profiles of a statement from being trusted, in spite of the statement: nothing can then be
/// verified by it. `stores` are those that can be used; of one that cannot be, that is told already.
pub(super) fn problems(
    statement: &PolicyStatement,
    stores: &[(TrustStoreName, TrustStore)],
    roots: &AwsRoots,
) -> Vec<Reason> {
    let profiles = statement.trusted_identities().signing_profiles();
    let partitions: BTreeSet<_> = profiles.map(|profile| profile.partition().to_owned()).collect();
    if partitions.is_empty() {
        return Vec::new();
    }
    let is_authority = |name: &&TrustStoreName| name.store_type() == TrustStoreType::SigningAuthority;
    let named: Vec<_> = statement.trust_stores().iter().filter(is_authority).collect();
    let statement = statement.name();
    if named.is_empty() {
        let text = format!(
            "statement {statement} trusts AWS signing profiles and names no trust store of type signingAuthority, \
            so that none of their signatures can be verified"
        );
        return vec![Reason::new("aws-no-signing-authority", text)];
    }
    let found: Vec<_> = stores.iter().filter(|(name, _)| named.contains(&name)).map(|(_, store)| store).collect();
    let complete = found.len() == named.len();
    let names = named.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let problem = |partition: String| {
        let expected = roots.for_partition(&partition);
        let held = expected.iter().any(|root| found.iter().any(|store| store.contains(root)));
        if expected.is_empty() {
            let text = format!(
                "statement {statement} trusts AWS signing profiles of partition {partition}, whose AWS Signer root \
                sealgate does not know: only with --aws-root can their signatures be verified"
            );
            Some(Reason::new("aws-root-unknown", text))
        } else if complete && !held {
            let kind = if roots.is_replaced() { "root of --aws-root" } else { "AWS Signer root" };
            let text = format!(
                "statement {statement} trusts AWS signing profiles of partition {partition}, and {names} does not \
                hold the {kind} of that partition, so that none of their signatures can be verified"
            );
            Some(Reason::new("aws-root-missing", text))
        } else {
            None
        }
    };
    partitions.into_iter().filter_map(problem).collect()
}

/// The root of AWS that a certificate is, byte for byte.
fn partition_of<'a>(certificate: &Certificate, roots: &'a AwsRoots) -> Option<&'a KnownRoot> {
    roots.known().find(|known| known.certificate() == certificate)
}

/// Type and name of the store in which AWS's installer puts a root.
fn store_of(known: &KnownRoot) -> String {
    format!("{}:{}", TrustStoreType::SigningAuthority.name(), known.trust_store())
}
