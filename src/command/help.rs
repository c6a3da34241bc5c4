//! `help`, and when `--help` and `--version` are answers.
//!
//! A word that others choose, such as the name of an image, may be `--help`. A job that then shows the help and ends well has
//! checked nothing. So these flags are answers where nothing else was asked for, and behind a command only for a person;
//! `sealgate help` is one everywhere, as no word of it can be meant for anything else.

use std::ffi::{OsStr, OsString};

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Done;
use crate::ci::Detected;
use crate::cli::{Cli, NAMES};
use crate::config::help::HelpArgs;
use crate::error::{Error, code};
use crate::report::escape;
use crate::report::style::{Color, Style};

const FLAGS: [&str; 4] = ["-h", "--help", "-V", "--version"];

/// Why help or version are not what a run answers with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HelpError {
    /// Other words beside the flag, which were meant to do something.
    #[error("--help or --version was given with other arguments, so nothing was done")]
    AmongOthers {
        /// The commands at the start of the line.
        commands: Vec<String>,
    },
    /// Behind a command in a job, where nobody reads it.
    #[error("--help was given after a command in a CI job ({because} is set), so nothing was done")]
    InJob {
        commands: Vec<String>,
        /// The variable that revealed the CI system.
        because: &'static str,
    },
    /// `help` of something that is no command.
    #[error("unknown command {found:?}")]
    NoCommand { found: String },
}

/// Whether the flag that clap met is an answer: with the words before it nothing but commands, nothing behind it, and in a
/// job no command either.
///
/// # Errors
/// [`HelpError::AmongOthers`] and [`HelpError::InJob`].
pub(crate) fn check_asked_alone(words: &[OsString], ci: Detected) -> Result<(), HelpError> {
    let (commands, rest) = leading_commands(words);
    let alone = matches!(rest, [flag] if FLAGS.iter().any(|known| flag == known));
    match ci.because {
        _ if !alone => Err(HelpError::AmongOthers { commands }),
        Some(because) if ci.job().is_ci() && !commands.is_empty() => Err(HelpError::InJob { commands, because }),
        _ => Ok(()),
    }
}

/// The same for a flag that clap does not know, such as `--version` behind a command.
///
/// # Errors
/// [`HelpError::AmongOthers`] where it is one of those for help or version.
pub(crate) fn check_unknown(error: &clap::Error, words: &[OsString]) -> Result<(), HelpError> {
    let is_flag = |found: &str| FLAGS.contains(&found);
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(found))) if is_flag(found) => {
            Err(HelpError::AmongOthers { commands: leading_commands(words).0 })
        }
        _ => Ok(()),
    }
}

/// The command line that shows the help which fits these words, in a job too.
pub(crate) fn command_line(words: &[OsString]) -> String {
    of_commands(&leading_commands(words).0)
}

/// The command that these words name, as reports have it; all of sealgate where they name none.
pub(crate) fn command_of(words: &[OsString]) -> &'static str {
    let named = leading_commands(words).0.join(" ");
    NAMES.into_iter().find(|name| *name == named).unwrap_or("sealgate")
}

/// The command line that shows the help of a command.
pub(crate) fn of_commands(commands: &[String]) -> String {
    [&["sealgate".to_owned(), "help".to_owned()], commands].concat().join(" ")
}

/// The commands that a line begins with, and the words behind them.
fn leading_commands(words: &[OsString]) -> (Vec<String>, &[OsString]) {
    let mut command = Cli::definition();
    let (mut named, mut rest) = (Vec::new(), words);
    while let [word, behind @ ..] = rest {
        let Some(below) = subcommand(&command, word) else { break };
        named.push(below.get_name().to_owned());
        (command, rest) = (below, behind);
    }
    (named, rest)
}

/// The command of this name below another.
fn subcommand(command: &Command, word: &OsStr) -> Option<Command> {
    command.get_subcommands().find(|below| below.get_name() == word).cloned()
}

/// Shows the help of a command, or of all.
///
/// # Errors
/// [`HelpError::NoCommand`].
pub(super) fn run(args: &HelpArgs, style: &Style) -> Result<Done, Error> {
    let words: Vec<_> = args.command.iter().map(OsString::from).collect();
    let (commands, rest) = leading_commands(&words);
    if let [word, ..] = rest {
        return Err(HelpError::NoCommand { found: word.to_string_lossy().into_owned() }.into());
    }
    // The same text as that of the flag.
    let line = ["sealgate"].into_iter().chain(commands.iter().map(String::as_str)).chain(["--help"]);
    let text = match Cli::parse(line) {
        Err(error) if style.color() == Color::On => error.render().ansi().to_string(),
        Err(error) => error.render().to_string(),
        Ok(_) => String::new(),
    };
    Ok(Done::Text(escape::lines(&text).into_owned()))
}

/// The version, and what it was built from: the commit that the build was told by the variable `SEALGATE_COMMIT`.
pub(super) fn version() -> Done {
    let version = Cli::definition().render_version();
    let commit = option_env!("SEALGATE_COMMIT").filter(|commit| !commit.is_empty()).unwrap_or("unknown");
    Done::Text(format!("{version}commit: {commit}\ntarget: {}-{}\n", std::env::consts::ARCH, std::env::consts::OS))
}

/// The commands that take images.
const ON_IMAGES: [&str; 5] = ["sign", "verify", "list", "inspect", "doctor"];

impl From<HelpError> for Error {
    fn from(error: HelpError) -> Self {
        let told = Self::of(code::USAGE, &error);
        let (HelpError::AmongOthers { commands } | HelpError::InJob { commands, .. }) = error else {
            return told.help("list the commands: sealgate help");
        };
        let told = told.help(format!("to read the help: {}", of_commands(&commands)));
        match commands.as_slice() {
            [command] if ON_IMAGES.contains(&command.as_str()) => told
                .help(format!(
                    "if a variable became the flag: put -- before the images: sealgate {command} -- \"$IMAGE\""
                ))
                .help("or name the images in SEALGATE_IMAGES, one per line"),
            _ => told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::detect;
    use crate::env::Env;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
    }

    /// What the rule says of a line that clap ends at one of the flags.
    fn said(line: &str, variables: &[(&str, &str)]) -> Result<(), HelpError> {
        let typed = words(line);
        let all = ["sealgate".into()].into_iter().chain(typed.iter().cloned());
        let error = Cli::parse(all).unwrap_err();
        use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
        assert!(matches!(error.kind(), DisplayHelp | DisplayVersion), "{line}: {error}");
        check_asked_alone(&typed, detect(&Env::of(variables)))
    }

    #[test]
    fn help_and_version_are_answers_where_nothing_else_was_asked_for() {
        let job: &[(&str, &str)] = &[("GITLAB_CI", "true")];
        let among = |names: &str| {
            Err(HelpError::AmongOthers { commands: names.split_whitespace().map(str::to_owned).collect() })
        };
        let in_job = |names: &str| {
            let commands = names.split_whitespace().map(str::to_owned).collect();
            Err(HelpError::InJob { commands, because: "GITLAB_CI" })
        };
        #[rustfmt::skip]
        let table = [
            // The words, elsewhere, in a job.
            ("--help", Ok(()), Ok(())),
            ("-h", Ok(()), Ok(())),
            ("--version", Ok(()), Ok(())),
            ("-V", Ok(()), Ok(())),
            ("verify --help", Ok(()), in_job("verify")),
            ("verify -h", Ok(()), in_job("verify")),
            ("demo --help", Ok(()), in_job("demo")),
            ("help --help", Ok(()), in_job("help")),
            ("trust --help", Ok(()), in_job("trust")),
            ("trust show --help", Ok(()), in_job("trust show")),
            ("key generate -h", Ok(()), in_job("key generate")),
            ("--help verify", among(""), among("")),
            ("--version verify", among(""), among("")),
            ("--help --help", among(""), among("")),
            ("-vh", among(""), among("")),
            ("--format json --help", among(""), among("")),
            ("--format json verify --help", among(""), among("")),
            ("verify a --help", among("verify"), among("verify")),
            ("verify --help a", among("verify"), among("verify")),
            ("verify -h --help", among("verify"), among("verify")),
            ("verify -vh", among("verify"), among("verify")),
            ("verify --profile p -h", among("verify"), among("verify")),
            ("verify --format json --help", among("verify"), among("verify")),
            ("sign help --help", among("sign"), among("sign")),
            ("sign verify --help", among("sign"), among("sign")),
            ("completions bash --help", among("completions"), among("completions")),
            ("trust show --dir x --help", among("trust show"), among("trust show")),
        ];
        for (line, elsewhere, here) in table {
            assert_eq!(said(line, &[]), elsewhere, "{line}");
            assert_eq!(said(line, job), here, "{line} in a job");
        }
    }

    #[test]
    fn every_system_that_is_known_is_a_job() {
        for (name, value) in
            [("CI", "1"), ("CODEBUILD_BUILD_ID", "a:1"), ("JENKINS_URL", "https://j/"), ("TF_BUILD", "True")]
        {
            let expected = HelpError::InJob { commands: vec!["verify".to_owned()], because: name };
            assert_eq!(said("verify --help", &[(name, value)]), Err(expected));
        }
        assert_eq!(said("verify --help", &[("CI", "false")]), Ok(()));
    }

    #[test]
    fn the_help_that_fits_is_that_of_the_commands_in_front() {
        for (line, expected) in [
            ("", "sealgate help"),
            ("bogus", "sealgate help"),
            ("verify --bogus", "sealgate help verify"),
            ("trust bogus", "sealgate help trust"),
            ("trust show verify", "sealgate help trust show"),
            ("--format json verify", "sealgate help"),
        ] {
            assert_eq!(command_line(&words(line)), expected, "{line}");
        }
    }
}
