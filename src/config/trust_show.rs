//! `trust show`: its flags.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Flags of `trust show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate trust show
  sealgate trust show --dir trust
  sealgate trust show --policy trustpolicy.json --trust-store truststore

Shows the policy, the trust stores, anything that would make a verification fail, and the AWS roots
built into sealgate.")]
pub(crate) struct TrustShowArgs {
    /// Folder to show [default: notation's configuration folder].
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) dir: Option<String>,
    /// Trust policy file, in notation's format.
    #[arg(long, value_name = "FILE", conflicts_with = "dir", requires = "trust_store", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) policy: Option<String>,
    /// Folder of trust stores: the one that contains `x509`.
    #[arg(long, value_name = "DIR", conflicts_with = "dir", requires = "policy", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) trust_store: Option<String>,
    /// Roots to use instead of AWS Signer's, as for `verify` (PEM or DER). Marked NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) aws_root: Option<String>,
}
