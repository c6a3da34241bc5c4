//! `gates check` and `gates graph`: their flags.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Flags of `gates check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate gates check gates.yaml

Shows everything that is wrong with the file, each with its line. If nothing is, shows who the
signers are, how each of them signs, and what each stage asks, with the stages before it.")]
pub(crate) struct GatesCheckArgs {
    /// File of gates.
    #[arg(value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) file: String,
    /// Roots to use instead of AWS Signer's, as for `verify` (PEM or DER). Marked NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) aws_root: Option<String>,
}

/// Flags of `gates graph`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate gates graph gates.yaml > gates.mmd

GitHub and GitLab draw it in Markdown, in a code block of the language `mermaid`.")]
pub(crate) struct GatesGraphArgs {
    /// File of gates.
    #[arg(value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) file: String,
}
