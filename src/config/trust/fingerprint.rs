//! What images are judged by without gates, as others can know it again.

use std::collections::BTreeMap;

use notary::certificate::Certificate;
use notary::digest::Digest;
use notary::trust_policy::PolicyStatement;
use notary::trust_store::{TrustStore, TrustStoreType};

use super::{Trust, TrustKind};
use crate::report::PolicyReport;
use crate::report::escape::uri;

/// First line of what is hashed, so that nothing else has the same digest: of trust that flags say, and of a policy file.
const OF_FLAGS: &str = "sealgate trust 1";
const OF_FILE: &str = "sealgate policy 1";

/// What trust that was given by flags is called, where there is no file to name.
const PROFILES: &str = "urn:sealgate:trust:profiles";
const ROOTS: &str = "urn:sealgate:trust:roots";

impl Trust {
    /// The policy by its name, and by one digest over all that is trusted. It is the SHA-256 of lines of text, each with a line break
    /// at its end, each kind in ascending order.
    ///
    /// Of a policy file: the format; `file` and the digest of the file; for each trust store that it names, `store` and its name, then
    /// `root` and the SHA-256 of each certificate, or `unusable`; `profile` and each signing profile; `root` and the SHA-256 of each
    /// root of AWS Signer in their partitions. A root that somebody swapped changes it, although the file is the same.
    ///
    /// Without a file: the format; `identity` and each trusted identity or signing profile; `root` and the SHA-256 of each certificate.
    ///
    /// In both cases then `metadata` and each pair that signatures must carry, as a JSON array.
    pub(crate) fn policy(&self, user_metadata: &BTreeMap<String, String>) -> PolicyReport {
        let metadata = user_metadata.iter().map(|pair| format!("metadata {}\n", serde_json::json!(pair)));
        let (uri, trusted) = match &self.file {
            Some(file) => {
                let name = file.path.file_name().unwrap_or_default().to_string_lossy();
                (uri::path(&name), format!("{OF_FILE}\nfile {}\n{}", file.digest, self.of_file()))
            }
            None => {
                let uri = if self.kind == TrustKind::Profiles { PROFILES } else { ROOTS };
                (uri.to_owned(), format!("{OF_FLAGS}\n{}", self.of_flags()))
            }
        };
        let digest = Digest::sha256(format!("{trusted}{}", sorted(metadata)).as_bytes()).to_string();
        PolicyReport { uri, digest }
    }

    /// What the file does not say itself: what is in the trust stores, and by which roots signing profiles are recognized.
    fn of_file(&self) -> String {
        let statements = self.trusted.policy().statements();
        let mut named: Vec<_> = statements.iter().flat_map(PolicyStatement::trust_stores).collect();
        named.sort_unstable();
        named.dedup();
        let mut text = String::new();
        for name in named {
            text.push_str(&format!("store {name}\n"));
            for store in self.trusted.stores().stores_of(std::slice::from_ref(name), name.store_type()) {
                match store {
                    Ok(store) => text.push_str(&sorted(store.certificates().iter().map(root))),
                    Err(_) => text.push_str("unusable\n"),
                }
            }
        }
        let profiles = || statements.iter().flat_map(|statement| statement.trusted_identities().signing_profiles());
        let aws_roots = self.trusted.aws_roots();
        let roots = profiles().flat_map(|profile| aws_roots.for_partition(profile.partition())).map(root);
        text + &sorted(profiles().map(|profile| format!("profile {}\n", profile.as_str()))) + &sorted(roots)
    }

    fn of_flags(&self) -> String {
        let statements = self.trusted.policy().statements();
        let identities = statements.iter().flat_map(|statement| statement.trusted_identities().iter());
        let identities = identities.map(|identity| format!("identity {}\n", identity.text()));
        let stores = statements.iter().flat_map(|statement| self.stores(statement));
        sorted(identities) + &sorted(stores.flat_map(TrustStore::certificates).map(root))
    }

    /// The trust stores of a statement that can be used.
    fn stores<'a>(&'a self, statement: &'a PolicyStatement) -> impl Iterator<Item = &'a TrustStore> {
        let types = [TrustStoreType::Ca, TrustStoreType::SigningAuthority, TrustStoreType::Tsa];
        let stores = move |store_type| self.trusted.stores().stores_of(statement.trust_stores(), store_type);
        types.into_iter().flat_map(stores).filter_map(Result::ok)
    }
}

fn root(certificate: &Certificate) -> String {
    format!("root sha256:{}\n", certificate.fingerprint())
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
