//! What `trust show` says about AWS Signer: the roots that are part of sealgate, where they are in the trust stores, and
//! what keeps a statement from ever accepting a signature of its signing profiles.

use std::collections::BTreeSet;

use notary::certificate::Certificate;
use notary::extension::aws_signer::{AwsRoots, KnownRoot};
use notary::trust_policy::PolicyStatement;
use notary::trust_store::{TrustStore, TrustStoreName, TrustStoreType};

use crate::report::{AnchorReport, AwsRootReport, Reason, build};

/// The roots that are part of sealgate, even if others replace them.
pub(super) fn known_roots(roots: &AwsRoots) -> Vec<AwsRootReport> {
    let report = |known: &KnownRoot| AwsRootReport {
        partition: known.partition().to_owned(),
        trust_store: store_of(known),
        certificate: build::certificate(known.certificate()),
    };
    roots.known().map(report).collect()
}

pub(super) fn anchor(certificate: &Certificate, roots: &AwsRoots) -> AnchorReport {
    let aws_root = partition_of(certificate, roots).map(|known| known.partition().to_owned());
    // Replacement roots apply to every partition.
    let replaces = roots.is_replaced() && roots.for_partition("").contains(certificate);
    AnchorReport {
        certificate: build::certificate(certificate),
        not_an_aws_root: replaces && aws_root.is_none(),
        aws_root,
    }
}

/// AWS roots in stores of a type in which they have no effect.
pub(in crate::command) fn misplaced(name: &TrustStoreName, store: &TrustStore, roots: &AwsRoots) -> Vec<Reason> {
    if name.store_type() == TrustStoreType::SigningAuthority {
        return Vec::new();
    }
    let told = |known: &KnownRoot| {
        let (partition, place) = (known.partition(), store_of(known));
        let text =
            format!("{name} contains the AWS Signer root of partition {partition}, which counts only in {place}");
        Reason::new("aws-root-misplaced", text)
    };
    store.certificates().iter().filter_map(|certificate| partition_of(certificate, roots)).map(told).collect()
}

/// What keeps the signing profiles of a statement from being trusted, in spite of the statement: nothing can then be
/// verified by it. `stores` are those that can be used; one that cannot be is already reported.
pub(in crate::command) fn problems(
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

/// Whether a trust store holds AWS roots, or what replaces them, and nothing else.
pub(in crate::command) fn is_of_aws(store: &TrustStore, roots: &AwsRoots) -> bool {
    let replaces = |certificate| roots.is_replaced() && roots.for_partition("").contains(certificate);
    store.certificates().iter().all(|certificate| partition_of(certificate, roots).is_some() || replaces(certificate))
}

/// The root of AWS that a certificate is, byte for byte.
fn partition_of<'a>(certificate: &Certificate, roots: &'a AwsRoots) -> Option<&'a KnownRoot> {
    roots.known().find(|known| known.certificate() == certificate)
}

/// Type and name of the store in which AWS's installer puts a root.
fn store_of(known: &KnownRoot) -> String {
    format!("{}:{}", TrustStoreType::SigningAuthority.name(), known.trust_store())
}

#[cfg(test)]
mod tests {
    use notary::algorithm::KeySpec;
    use notary::trust_policy::TrustPolicy;
    use notary::trust_store::parse_certificates;

    use super::*;
    use crate::command::generate_key;

    const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";
    const GOV: &str = "arn:aws-us-gov:signer:us-gov-west-1:111122223333:/signing-profiles/release";
    const CHINA: &str = "arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/release";
    const SUBJECT: &str = "x509.subject: C=US, ST=WA, O=Acme";

    fn known(partition: &str) -> Certificate {
        AwsRoots::embedded().for_partition(partition)[0].clone()
    }

    fn stranger() -> Certificate {
        let anchor = generate_key("acme", KeySpec::Ec256, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap().anchor;
        parse_certificates(anchor.as_bytes()).unwrap().remove(0)
    }

    fn store(name: &str, certificates: &[Certificate]) -> (TrustStoreName, TrustStore) {
        let name = TrustStoreName::parse(name).unwrap();
        (name.clone(), TrustStore::new(name, certificates.to_vec()).unwrap())
    }

    /// Codes of the problems of a statement that names these stores and identities, where `found` can be used.
    fn codes(
        named: &[&str],
        identities: &[&str],
        found: &[(TrustStoreName, TrustStore)],
        roots: &AwsRoots,
    ) -> Vec<String> {
        let named: Vec<_> = named.iter().map(|name| TrustStoreName::parse(name).unwrap()).collect();
        let policy = TrustPolicy::strict("one", &["*"], &named, identities).unwrap();
        problems(&policy.statements()[0], found, roots).into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_statement_whose_stores_hold_the_roots_of_its_partitions_is_fine() {
        let roots = AwsRoots::embedded();
        let both = ["signingAuthority:aws-signer-ts", "signingAuthority:gov"];
        let found = [store(both[0], &[known("aws")]), store(both[1], &[known("aws-us-gov"), stranger()])];
        assert_eq!(codes(&both, &[PROFILE, GOV], &found, &roots), [""; 0]);
        // What AWS's documentation has: both stores, a profile of one partition.
        assert_eq!(codes(&both, &[PROFILE], &found, &roots), [""; 0]);
        assert_eq!(codes(&["ca:acme"], &[SUBJECT], &[store("ca:acme", &[stranger()])], &roots), [""; 0]);
    }

    #[test]
    fn a_root_that_is_missing_of_another_partition_or_of_somebody_else_is_told() {
        let roots = AwsRoots::embedded();
        let name = "signingAuthority:aws-signer-ts";
        for held in [vec![stranger()], vec![known("aws-us-gov")]] {
            assert_eq!(codes(&[name], &[PROFILE], &[store(name, &held)], &roots), ["aws-root-missing"]);
        }
        let one = [store(name, &[known("aws")])];
        assert_eq!(codes(&[name], &[PROFILE, GOV], &one, &roots), ["aws-root-missing"]);
        // The root in a store that the statement does not name has no effect.
        let elsewhere = [store(name, &[stranger()]), store("signingAuthority:other", &[known("aws")])];
        assert_eq!(codes(&[name], &[PROFILE], &elsewhere, &roots), ["aws-root-missing"]);
    }

    #[test]
    fn of_a_store_that_cannot_be_used_nothing_more_is_told() {
        let named = ["signingAuthority:aws-signer-ts", "signingAuthority:broken"];
        let found = [store(named[0], &[stranger()])];
        assert_eq!(codes(&named, &[PROFILE], &found, &AwsRoots::embedded()), [""; 0]);
    }

    #[test]
    fn signing_profiles_without_a_store_of_a_signing_authority_are_told() {
        let found = [store("ca:aws", &[known("aws")])];
        let roots = AwsRoots::embedded();
        assert_eq!(codes(&["ca:aws"], &[PROFILE, GOV], &found, &roots), ["aws-no-signing-authority"]);
        assert_eq!(codes(&["ca:aws"], &[PROFILE, SUBJECT], &found, &roots), ["aws-no-signing-authority"]);
    }

    #[test]
    fn a_partition_without_a_known_root_is_told_unless_roots_are_given() {
        let name = "signingAuthority:cn";
        let root = stranger();
        let found = [store(name, std::slice::from_ref(&root))];
        assert_eq!(codes(&[name], &[CHINA], &found, &AwsRoots::embedded()), ["aws-root-unknown"]);
        assert_eq!(codes(&[name], &[CHINA], &found, &AwsRoots::replaced(vec![root])), [""; 0]);
        let other = AwsRoots::replaced(vec![stranger()]);
        assert_eq!(codes(&[name], &[CHINA], &found, &other), ["aws-root-missing"]);
        let name = "signingAuthority:aws-signer-ts";
        let aws = [store(name, &[known("aws")])];
        assert_eq!(codes(&[name], &[PROFILE], &aws, &other), ["aws-root-missing"], "they stand in the place of AWS's");
    }

    #[test]
    fn a_root_of_aws_counts_in_no_other_type_of_store() {
        let roots = AwsRoots::embedded();
        for (name, expected) in [("ca:acme", 1), ("tsa:acme", 1), ("signingAuthority:acme", 0)] {
            let (name, store) = store(name, &[known("aws"), stranger()]);
            let told = misplaced(&name, &store, &roots);
            assert_eq!(told.len(), expected, "{name}");
            assert!(told.iter().all(|reason| reason.code == "aws-root-misplaced"), "{told:?}");
        }
    }

    #[test]
    fn a_certificate_is_marked_only_if_it_is_the_root_byte_for_byte() {
        let (aws, stranger) = (known("aws"), stranger());
        let mark = |certificate: &Certificate, roots: &AwsRoots| {
            let anchor = anchor(certificate, roots);
            (anchor.aws_root, anchor.not_an_aws_root)
        };
        let embedded = AwsRoots::embedded();
        assert_eq!(mark(&aws, &embedded), (Some("aws".to_owned()), false));
        assert_eq!(mark(&stranger, &embedded), (None, false));
        let replaced = AwsRoots::replaced(vec![stranger.clone(), aws.clone()]);
        assert_eq!(mark(&stranger, &replaced), (None, true));
        assert_eq!(mark(&aws, &replaced), (Some("aws".to_owned()), false));
        assert_eq!(known_roots(&replaced).len(), 2);
    }
}
