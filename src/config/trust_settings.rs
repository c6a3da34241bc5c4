//! Whom to trust: the flags, and what they mean.

use std::path::PathBuf;

use clap::Args;
use notary::extension::aws_signer::TrustedProfile;

use super::setting::Setting;

/// Flags about whom to trust.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Roots to use instead of AWS Signer's, for tests or if AWS's is not known (PEM). Reports say NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE")]
    pub(crate) aws_root: Option<String>,
    /// Trust policy file, in notation's format.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<String>,
    /// Folder of trust stores: the one that contains `x509`.
    #[arg(long, value_name = "DIR")]
    pub(crate) trust_store: Option<String>,
    /// Trusted certificates, without a policy file; everything is enforced. Repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Vec<String>,
    /// Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or `*` for every signer the root vouches for. Repeatable.
    #[arg(long, value_name = "IDENTITY")]
    pub(crate) identity: Vec<String>,
    /// Take trust from files in the checkout of a pull request, whose author may have written them: gates, and if it comes from
    /// a fork any.
    #[arg(long)]
    pub(crate) allow_checkout_trust: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TrustSource {
    /// A folder with notation's layout.
    Folder(PathBuf),
    Files {
        policy: Setting<PathBuf>,
        /// The folder that holds `x509`.
        trust_store: Setting<PathBuf>,
    },
    /// A policy in memory that enforces everything, for signing profiles of AWS Signer.
    Profiles(Setting<Vec<TrustedProfile>>),
    /// A policy in memory that enforces everything.
    InMemory {
        /// Files of trusted certificates; never empty.
        roots: Setting<Vec<PathBuf>>,
        /// Never empty.
        identities: Setting<Vec<String>>,
    },
}
