//! `completions`: what a shell needs to complete our command line.

use super::Done;
use crate::cli::Cli;
use crate::config::completions::CompletionsArgs;

pub(super) fn run(args: &CompletionsArgs) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::definition(), "sealgate", &mut script);
    Done::Text(String::from_utf8_lossy(&script).into_owned())
}
