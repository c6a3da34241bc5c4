//! `demo`: its flags.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Flags of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate demo
  sealgate demo --dir demo    (then look at the files)")]
pub(crate) struct DemoArgs {
    /// Empty folder to work in, which is kept [default: a temporary folder, which is removed].
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) dir: Option<String>,
}
