//! `help`: its words.

use clap::Args;

/// Words of `help`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate help
  sealgate help verify
  sealgate help trust install

The flag --help shows the same, where nothing stands beside it but a command, and outside of CI jobs.")]
pub(crate) struct HelpArgs {
    /// The command; without one, the help of all.
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
