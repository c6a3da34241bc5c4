//! What signatures are judged by: what to trust, and what to require.

use std::collections::BTreeMap;

use crate::extension::aws_signer::AwsRoots;
use crate::reference::Repository;
use crate::trust_policy::{NoApplicableStatement, PolicyStatement, TrustPolicy};
use crate::trust_store::TrustStores;

/// What to trust: a policy and the stores that it names.
///
/// ```
/// # fn example(policy: &[u8], roots: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// use notary_project::trust_policy::TrustPolicy;
/// use notary_project::trust_store::{TrustStore, TrustStoreName, TrustStores, parse_certificates};
/// use notary_project::verify::Trust;
///
/// let mut stores = TrustStores::new();
/// stores.insert(Ok(TrustStore::new(TrustStoreName::parse("ca:acme")?, parse_certificates(roots)?)?));
/// let trust = Trust::new(TrustPolicy::parse(policy)?, stores);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Trust {
    policy: TrustPolicy,
    stores: TrustStores,
    aws_roots: AwsRoots,
}

impl Trust {
    /// Trust by this policy and these stores. A store that the policy names and that is not among them is unusable, and a
    /// signature that needs it is refused.
    ///
    /// Signatures of AWS Signer are refused as well, unless [`Self::with_aws_roots`] follows.
    #[must_use]
    pub const fn new(policy: TrustPolicy, stores: TrustStores) -> Self {
        Self { policy, stores, aws_roots: AwsRoots::none() }
    }

    /// The same with what counts as a root of AWS Signer. It trusts nobody by itself: the root must be in a store that the
    /// policy names, and the policy must name the signing profile.
    #[must_use]
    pub fn with_aws_roots(self, aws_roots: AwsRoots) -> Self {
        Self { aws_roots, ..self }
    }

    /// The same with revocation skipped in every statement.
    #[must_use]
    pub fn without_revocation(self) -> Self {
        Self { policy: self.policy.without_revocation(), ..self }
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &TrustPolicy {
        &self.policy
    }

    /// What was found of every store that the policy names.
    #[must_use]
    pub const fn stores(&self) -> &TrustStores {
        &self.stores
    }

    /// What counts as a root of AWS Signer.
    #[must_use]
    pub const fn aws_roots(&self) -> &AwsRoots {
        &self.aws_roots
    }

    /// The terms for artifacts of a repository.
    ///
    /// # Errors
    /// [`NoApplicableStatement`] when the policy says nothing about it.
    pub fn terms_for(&self, repository: &Repository) -> Result<Terms<'_>, NoApplicableStatement> {
        Ok(self.terms_of(self.policy.statement_for(repository)?))
    }

    /// The terms of one statement of the policy, whatever its scopes are.
    #[must_use]
    pub const fn terms_of<'a>(&'a self, statement: &'a PolicyStatement) -> Terms<'a> {
        Terms::new(statement, &self.stores).with_aws_roots(&self.aws_roots)
    }
}

/// What signatures of one repository are judged by, whichever the artifact and whenever.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub(super) statement: &'a PolicyStatement,
    pub(super) stores: &'a TrustStores,
    pub(super) aws_roots: &'a AwsRoots,
    pub(super) user_metadata: &'a BTreeMap<String, String>,
}

static NO_AWS_ROOTS: AwsRoots = AwsRoots::none();
static NO_METADATA: BTreeMap<String, String> = BTreeMap::new();

impl<'a> Terms<'a> {
    /// The terms of a statement and the stores that it names, as far as they could be loaded. [`Trust::terms_for`] finds the
    /// statement that applies.
    #[must_use]
    pub const fn new(statement: &'a PolicyStatement, stores: &'a TrustStores) -> Self {
        Self { statement, stores, aws_roots: &NO_AWS_ROOTS, user_metadata: &NO_METADATA }
    }

    /// The same with what counts as a root of AWS Signer, as [`Trust::with_aws_roots`] has it.
    #[must_use]
    pub const fn with_aws_roots(self, aws_roots: &'a AwsRoots) -> Self {
        Self { aws_roots, ..self }
    }

    /// The same with metadata that the signature must carry: every one of these names with this value.
    #[must_use]
    pub const fn with_user_metadata(self, user_metadata: &'a BTreeMap<String, String>) -> Self {
        Self { user_metadata, ..self }
    }

    /// The statement.
    #[must_use]
    pub const fn statement(&self) -> &'a PolicyStatement {
        self.statement
    }

    /// The stores.
    #[must_use]
    pub const fn stores(&self) -> &'a TrustStores {
        self.stores
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust_store::TrustStoreName;

    #[test]
    fn who_says_nothing_of_aws_signer_knows_no_root_of_it() {
        let store = TrustStoreName::parse("ca:acme").unwrap();
        let policy = TrustPolicy::strict("acme", &["*"], &[store], &["*"]).unwrap();
        let trust = Trust::new(policy, TrustStores::new());
        assert_eq!(trust.aws_roots(), &AwsRoots::none());
        assert!(trust.aws_roots().for_partition("aws").is_empty());
        let statement = &trust.policy().statements()[0];
        assert_eq!(Terms::new(statement, trust.stores()).aws_roots, &AwsRoots::none());
        let trust = trust.clone().with_aws_roots(AwsRoots::embedded());
        assert_eq!(trust.terms_of(statement).aws_roots, &AwsRoots::embedded());
    }
}
