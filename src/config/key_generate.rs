//! `key generate`: its flags.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Flags of `key generate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate key generate --out keys --name release
  sealgate key generate --out keys --name release --algorithm rsa-3072

Written are NAME.key (private, readable by you alone), NAME.crt (certificate chain, the signing
certificate first) and NAME-ca.crt (trust anchor). They are for development: valid for 90 days,
nobody vouches for them, nothing can revoke them.")]
pub(crate) struct KeyGenerateArgs {
    /// Folder to write to; made if it is not there.
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) out: String,
    /// Name of the files, and common name of the signer.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: String,
    /// Kind of key.
    #[arg(long, value_name = "ALGORITHM", default_value = "ec-p256",
        value_parser = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096"])]
    pub(crate) algorithm: String,
    /// Replace files that are there.
    #[arg(long)]
    pub(crate) force: bool,
}
