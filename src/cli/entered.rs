//! The definition of a command line in which only those commands are defined that it names.

use std::cell::RefCell;
use std::ffi::OsString;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};

thread_local! {
    /// The words whose commands are defined; without them, all commands are.
    static WORDS: RefCell<Option<Vec<OsString>>> = const { RefCell::new(None) };
}

/// Makes a definition with only those commands that are among these words. The others are not entered: a command is entered by its
/// name.
pub(super) fn with_commands_of(words: &[OsString], define: impl FnOnce() -> clap::Command) -> clap::Command {
    WORDS.set(Some(words.to_vec()));
    let definition = define();
    WORDS.set(None);
    definition
}

/// Whether a command is defined.
fn is_named(command: &clap::Command) -> bool {
    let is_it = |words: &Vec<OsString>| words.iter().any(|word| word == command.get_name());
    WORDS.with_borrow(|words| words.as_ref().is_none_or(is_it))
}

/// The command that is entered, of which a run defines no others: each would get its own copy of the flags of all commands.
#[derive(Debug)]
pub(super) struct Entered<C>(pub(super) C);

impl<C: Subcommand> Subcommand for Entered<C> {
    fn augment_subcommands(line: clap::Command) -> clap::Command {
        let mut named = Vec::new();
        let take = |command| {
            if is_named(&command) {
                named.push(command);
            }
            clap::Command::default()
        };
        let _taken = C::augment_subcommands(clap::Command::default()).mut_subcommands(take);
        line.subcommands(named)
    }

    fn augment_subcommands_for_update(line: clap::Command) -> clap::Command {
        C::augment_subcommands_for_update(line)
    }

    fn has_subcommand(name: &str) -> bool {
        C::has_subcommand(name)
    }
}

impl<C: FromArgMatches> FromArgMatches for Entered<C> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        C::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        C::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }

    fn update_from_arg_matches_mut(&mut self, matches: &mut ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches_mut(matches)
    }
}

/// The arguments of one command, which are defined for a run that names it. To define those of all commands takes a tenth of the
/// CPU of a verify.
#[derive(Debug)]
pub(crate) struct Named<T>(pub(super) T);

impl<T: Args> Args for Named<T> {
    fn augment_args(command: clap::Command) -> clap::Command {
        match is_named(&command) {
            true => T::augment_args(command),
            false => command,
        }
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        T::augment_args_for_update(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Named<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }

    fn update_from_arg_matches_mut(&mut self, matches: &mut ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches_mut(matches)
    }
}
