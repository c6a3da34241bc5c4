//! `completions`: its words.

use clap::Args;

/// Flags of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate completions bash > ~/.local/share/bash-completion/completions/sealgate
  sealgate completions zsh > ~/.zfunc/_sealgate")]
pub(crate) struct CompletionsArgs {
    /// Shell to print completions for.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}
