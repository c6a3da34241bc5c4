//! `help`: its words.

use clap::Args;

/// Words of `help`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate help
  sealgate help verify
  sealgate help trust install

The flag --help shows the same help, but only alone or after a command, and only outside CI jobs.")]
pub(crate) struct HelpArgs {
    /// Command to show help for [default: all commands].
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
