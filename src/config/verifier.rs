//! What images are verified by, for every command that verifies: the flags, and what they mean.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::aws;
use super::error::{ConfigError, Fault, ResolveError};
use super::gates::{self, GateArgs, GateSettings};
use super::key;
use super::layers::Layers;
use super::parts::{RevocationCheck, max_signatures, revocation, user_metadata};
use super::setting::{Origin, Setting};
use super::trust_settings::{TrustArgs, TrustSource};
use super::trust_source;
use super::trusts::Trusts;
use crate::env::Env;

/// Flags about what images are verified by.
#[derive(Debug, Args)]
pub(crate) struct VerifierArgs {
    /// AWS signing profile to trust without a policy file; everything is enforced. Its ARN (append /VERSION for that
    /// version only), or NAME@ACCOUNT/REGION. Repeatable.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) gates: GateArgs,
    /// Do not check revocation, for public images and jobs without an AWS account. A revoked signature then passes, and
    /// reports say that revocation was not checked.
    #[arg(long)]
    pub(crate) skip_revocation: bool,
    /// Registry scope used to select the policy statement for an OCI image layout.
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) scope: Option<String>,
    /// Accept only signatures with this metadata. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) user_metadata: Vec<String>,
    /// Let images pass unverified if their policy statement says `skip`.
    #[arg(long)]
    pub(crate) allow_skip: bool,
    /// Maximum number of signatures to examine per image [default: 100].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_signatures: Option<String>,
}

/// What images are verified by.
#[derive(Debug)]
pub(crate) struct VerifierSettings {
    pub(crate) by: VerifiedBy,
    /// Registry scope that selects the statement for an OCI image layout.
    pub(crate) scope: Option<Setting<String>>,
    /// Metadata that a signature must carry.
    pub(crate) user_metadata: BTreeMap<String, String>,
    /// What happens to an image whose statement says `skip`.
    pub(crate) skip: SkipStatements,
    /// Signatures of one image that are looked at; at least 1.
    pub(crate) max_signatures: usize,
    /// File of the roots that replace AWS's.
    pub(crate) aws_root: Option<Setting<PathBuf>>,
    pub(crate) revocation: RevocationCheck,
}

/// What decides whom to trust.
#[derive(Debug)]
pub(crate) enum VerifiedBy {
    /// A policy: one trusted signature is enough.
    Policy(TrustSource),
    /// A stage of gates: all that it requires must be there.
    Gates(Arc<GateSettings>),
}

#[cfg(test)]
impl VerifierSettings {
    /// The source of trust of a verifier without gates.
    pub(super) fn policy(self) -> TrustSource {
        match self.by {
            VerifiedBy::Policy(trust) => trust,
            other => panic!("{other:?}"),
        }
    }
}

impl VerifiedBy {
    /// Whether no repository selects anything.
    pub(crate) const fn is_for_all(&self) -> bool {
        match self {
            Self::Policy(trust) => trust.is_in_memory(),
            Self::Gates(_) => true,
        }
    }

    /// The files that decide.
    pub(super) fn trusts(&self) -> Trusts<'_> {
        match self {
            Self::Policy(trust) => Trusts::Named(Some(trust)),
            Self::Gates(gates) => Trusts::Gates(gates),
        }
    }
}

/// What happens to an image whose policy statement has the level `skip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SkipStatements {
    /// It is refused: nothing was checked.
    Refuse,
    /// It passes, and the report says that it was not verified (`--allow-skip`).
    Allow,
}

pub(super) fn settings(layers: &Layers<'_>, environment: &Env) -> Result<VerifierSettings, ResolveError> {
    Ok(VerifierSettings {
        by: verified_by(layers, environment)?,
        scope: layers.text(key::SCOPE)?,
        user_metadata: user_metadata(layers)?,
        skip: if layers.switch(key::ALLOW_SKIP)?.value { SkipStatements::Allow } else { SkipStatements::Refuse },
        max_signatures: max_signatures(layers)?,
        aws_root: aws::aws_root(layers)?,
        revocation: revocation(layers)?,
    })
}

/// A policy, or gates.
fn verified_by(layers: &Layers<'_>, environment: &Env) -> Result<VerifiedBy, ResolveError> {
    // What excludes gates is told before their file is read.
    if let Some(gates) = layers.text(key::GATES)?
        && let Some(other) = excluded(layers)?
    {
        return Err(ConfigError::new(key::GATES, gates.origin, Fault::Excludes { other: other.to_string() }).into());
    }
    Ok(match gates::settings(layers)? {
        Some(gates) => VerifiedBy::Gates(Arc::new(gates)),
        None => VerifiedBy::Policy(trust_source::trust(layers, environment)?),
    })
}

/// What says otherwise whom to trust, or what signatures must say.
fn excluded(layers: &Layers<'_>) -> Result<Option<Origin>, ResolveError> {
    for key in [key::PROFILE, key::POLICY, key::TRUST_STORE, key::ROOT, key::IDENTITY, key::USER_METADATA] {
        if let Some(Setting { origin, .. }) = layers.words(key)? {
            return Ok(Some(origin));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::tests::verify;
    use super::*;

    #[test]
    fn trust_is_files_or_memory_or_the_folder_of_notation() {
        assert_eq!(verify(&[], &[]).verifier.policy(), TrustSource::Folder(PathBuf::from("/h/.config/notation")));
        let files = |trust| match trust {
            TrustSource::Files { policy, trust_store } => (policy.value, trust_store.value),
            other => panic!("{other:?}"),
        };
        let expected = (PathBuf::from("p"), PathBuf::from("t"));
        assert_eq!(files(verify(&["--policy", "p", "--trust-store", "t"], &[]).verifier.policy()), expected);
        assert_eq!(
            files(
                verify(&["--policy", "p"], &[("GITHUB_ACTIONS", "true"), ("INPUT_TRUST-STORE", "t")]).verifier.policy()
            ),
            expected
        );
        match verify(&["--root", "r", "--root", "s", "--identity", "C=US, O=x"], &[]).verifier.policy() {
            TrustSource::InMemory { roots, identities } => {
                assert_eq!(roots.value, [PathBuf::from("r"), PathBuf::from("s")]);
                assert_eq!(identities.value, ["C=US, O=x"]);
            }
            other => panic!("{other:?}"),
        }
    }
}
