//! `key generate`: its flags.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Flags of `key generate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate key generate --out keys --name release
  sealgate key generate --out keys --name release --algorithm rsa-3072

Writes NAME.key (private, readable only by you), NAME.crt (certificate chain, signing certificate
first), and NAME-ca.crt (trust anchor). They are for development only: valid for 90 days, not
vouched for by any authority, and impossible to revoke.")]
pub(crate) struct KeyGenerateArgs {
    /// Folder to write to; created if it does not exist.
    #[arg(id = "folder", long = "out", value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) out: String,
    /// Base name of the files, and common name of the signer.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: String,
    /// Type of key.
    #[arg(long, value_name = "ALGORITHM", default_value = "ec-p256",
        value_parser = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096"])]
    pub(crate) algorithm: String,
    /// Replace existing files.
    #[arg(long)]
    pub(crate) force: bool,
}
