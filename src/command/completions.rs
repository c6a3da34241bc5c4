//! `completions`: what a shell needs to complete our command line.

use clap_complete::Shell;

use super::Done;
use crate::cli::Cli;
use crate::config::completions::CompletionsArgs;

pub(super) fn run(args: &CompletionsArgs) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::definition(), "sealgate", &mut script);
    let script = String::from_utf8_lossy(&script);
    Done::Text(match args.shell {
        Shell::Bash => commands_first(&script),
        // The others list commands before flags, or apart from them.
        _ => script.into_owned(),
    })
}

/// The script for bash, which lists words in the order in which they are written, with commands before flags.
fn commands_first(script: &str) -> String {
    const LIST: &str = "opts=\"";
    let ordered = |line: &str| {
        let (before, list) = line.split_once(LIST)?;
        let mut words: Vec<_> = list.strip_suffix('"')?.split(' ').collect();
        words.sort_by_key(|word| word.starts_with('-'));
        Some(format!("{before}{LIST}{}\"", words.join(" ")))
    };
    script.lines().map(|line| ordered(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}
