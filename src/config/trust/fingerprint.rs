//! What images are judged by without gates, as others can know it again.

use std::collections::BTreeMap;

use notary::digest::Digest;
use notary::trust_policy::PolicyStatement;
use notary::trust_store::{TrustStore, TrustStoreType};

use super::{Trust, TrustKind};
use crate::report::PolicyReport;
use crate::report::escape::uri;

/// First line of what is hashed, so that nothing else has the same digest.
const FORMAT: &str = "sealgate trust 1";

/// What trust that was given by flags is called, where there is no file to name.
const PROFILES: &str = "urn:sealgate:trust:profiles";
const ROOTS: &str = "urn:sealgate:trust:roots";

impl Trust {
    /// The policy file by its name and digest. Without one, what is trusted by its digest: the SHA-256 of lines of text, each with a
    /// line break at its end, which are the format; `identity` and each trusted identity or signing profile; `root` and the SHA-256
    /// of each certificate; `metadata` and each pair that signatures must carry, as a JSON array; all three in ascending order.
    pub(crate) fn policy(&self, user_metadata: &BTreeMap<String, String>) -> PolicyReport {
        if let Some(file) = &self.file {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            return PolicyReport { uri: uri::path(&name), digest: file.digest.to_string() };
        }
        let statements = self.trusted.policy().statements();
        let identities = statements.iter().flat_map(|statement| statement.trusted_identities().iter());
        let identities = identities.map(|identity| format!("identity {}\n", identity.text()));
        let roots = statements.iter().flat_map(|statement| self.stores(statement));
        let roots = roots.flat_map(TrustStore::certificates);
        let roots = roots.map(|root| format!("root sha256:{}\n", root.fingerprint()));
        let metadata = user_metadata.iter().map(|pair| format!("metadata {}\n", serde_json::json!(pair)));
        let parts = [sorted(identities), sorted(roots), sorted(metadata)].concat();
        let digest = Digest::sha256(format!("{FORMAT}\n{parts}").as_bytes()).to_string();
        let uri = if self.kind == TrustKind::Profiles { PROFILES } else { ROOTS };
        PolicyReport { uri: uri.to_owned(), digest }
    }

    /// The trust stores of a statement that can be used.
    fn stores<'a>(&'a self, statement: &'a PolicyStatement) -> impl Iterator<Item = &'a TrustStore> {
        let types = [TrustStoreType::Ca, TrustStoreType::SigningAuthority, TrustStoreType::Tsa];
        let stores = move |store_type| self.trusted.stores().stores_of(statement.trust_stores(), store_type);
        types.into_iter().flat_map(stores).filter_map(Result::ok)
    }
}

/// The lines in ascending order, each once.
fn sorted(lines: impl Iterator<Item = String>) -> String {
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    lines.dedup();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use notary::extension::aws_signer::{AwsRoots, TrustedProfile};

    use super::super::in_profiles;
    use super::*;

    const NONE: BTreeMap<String, String> = BTreeMap::new();

    fn of(profiles: &[&str]) -> Trust {
        let profiles: Vec<_> = profiles.iter().map(|text| TrustedProfile::parse(text).unwrap()).collect();
        in_profiles(&profiles, AwsRoots::embedded()).unwrap()
    }

    const A: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1";
    const B: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/p2";

    #[test]
    fn trust_without_a_file_has_a_digest_over_all_that_it_says() {
        let one = of(&[A]).policy(&NONE);
        assert_eq!(one.uri, "urn:sealgate:trust:profiles");
        let roots = AwsRoots::embedded();
        let roots = roots.for_partition(
            of(&[A]).trusted.policy().statements()[0]
                .trusted_identities()
                .signing_profiles()
                .next()
                .unwrap()
                .partition(),
        );
        let mut roots: Vec<_> = roots.iter().map(|root| format!("root sha256:{}\n", root.fingerprint())).collect();
        roots.sort();
        let text = format!("sealgate trust 1\nidentity {A}\n{}", roots.concat());
        assert_eq!(one.digest, Digest::sha256(text.as_bytes()).to_string());
        assert_eq!(of(&[A, B]).policy(&NONE), of(&[B, A]).policy(&NONE), "their order says nothing");
        let metadata = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let digests = [one, of(&[B]).policy(&NONE), of(&[A, B]).policy(&NONE), of(&[A]).policy(&metadata)];
        let distinct: std::collections::BTreeSet<_> = digests.iter().map(|policy| &policy.digest).collect();
        assert_eq!(distinct.len(), digests.len());
    }
}
