//! `trust remove`: its flags, and what they mean. They are flags only, as those of `trust install` are.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Flags of `trust remove`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate trust remove --name acme
  sealgate trust remove --name aws-signer --dir trust
  sealgate trust remove --all

Removes the statement from trustpolicy.json and trustpolicy.oci.json, and its trust stores if no
other statement names them. With the last statement the policy goes too. Only what sealgate wrote
is removed: if a file has changed since, nothing is. `sealgate trust show` lists the names.")]
pub(crate) struct TrustRemoveArgs {
    /// Name of the policy statement to remove, as given to `trust install`. Repeatable.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: Vec<String>,
    /// Remove everything that sealgate wrote to the folder.
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
    /// Folder to remove from [default: notation's configuration folder].
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) dir: Option<String>,
}

#[derive(Debug)]
pub(crate) struct TrustRemoveSettings {
    pub(crate) statements: Removed,
    /// Folder to remove from; `None` for notation's.
    pub(crate) folder: Option<PathBuf>,
}

/// What is removed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    /// The statements of these names; nothing is an error that lists the names there are.
    Named(Vec<String>),
    All,
}

pub(crate) fn settings(args: TrustRemoveArgs) -> TrustRemoveSettings {
    TrustRemoveSettings {
        statements: if args.all { Removed::All } else { Removed::Named(args.name) },
        folder: args.dir.map(PathBuf::from),
    }
}
