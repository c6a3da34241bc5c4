//! What was typed, as a layer: by name of the setting, which is that of the argument.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::key::{self, KEYS, Key, Shape};
use crate::ci::{CiSystem, Detected};

/// What was typed, and for which settings something can be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    /// What was typed, by name of the setting. A switch is `true`.
    values: BTreeMap<&'static str, Vec<String>>,
    keys: Vec<&'static Key>,
}

impl Typed {
    /// What clap found for a command line, from the first command to the last.
    pub(crate) fn of(command: &clap::Command, matches: &ArgMatches) -> Self {
        let mut typed = Self::default();
        let mut level = Some((command, matches));
        while let Some((command, matches)) = level {
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                let Some(key) = of_argument(id) else { continue };
                typed.keys.push(key);
                if matches.value_source(id) == Some(ValueSource::CommandLine) {
                    let words = matches.get_raw(id).into_iter().flatten();
                    typed.values.insert(key.name, words.map(|word| word.to_string_lossy().into_owned()).collect());
                }
            }
            level = matches.subcommand().and_then(|(name, below)| Some((command.find_subcommand(name)?, below)));
        }
        typed
    }

    /// How a line wants to be answered of which nothing else can be understood.
    pub(crate) fn output_of(words: &[OsString]) -> Self {
        // How it is shown, and what must not be left or must stay.
        let all = [&[key::FORMAT, key::REPORT_DIR, key::IMAGES_FROM][..], &key::DEPLOYMENT, &key::READ];
        let typed = all.into_iter().flatten().copied().filter_map(|key| {
            let mut values = early(words, key);
            if key.shape == Shape::Text {
                values = values.pop().into_iter().collect();
            }
            (!values.is_empty()).then_some((key.name, values))
        });
        let values: BTreeMap<_, _> = typed.collect();
        let named = words.iter().take_while(|word| *word != "--").find_map(|word| match word.to_str()? {
            "verify" => Some(key::DEPLOYMENT.to_vec()),
            "sign" => Some(vec![key::EXPORTS]),
            _ => None,
        });
        // What an action is asked for may be what it cannot do: then there are no words.
        let of_command = named.unwrap_or_else(|| if words.is_empty() { key::DEPLOYMENT.to_vec() } else { Vec::new() });
        let typed = key::DEPLOYMENT.into_iter().filter(|key| values.contains_key(key.name));
        let keys = of_command.iter().copied().chain(typed).collect();
        Self { values, keys }
    }

    /// What was typed for a setting.
    pub(crate) fn get(&self, key: &Key) -> Option<&[String]> {
        self.values.get(key.name).map(Vec::as_slice)
    }

    pub(super) fn keys(&self) -> &[&'static Key] {
        &self.keys
    }
}

/// The CI system whose language is spoken: the one that was found, unless `--ci` names another. A name that none has is an error of
/// the line.
pub(crate) fn ci(words: &[OsString], found: Detected) -> Detected {
    let named = early(words, key::CI).pop().and_then(|word| CiSystem::named(&word));
    named.map_or(found, |system| found.speaking(system))
}

/// What the words of a line give for a setting, before anything else of it is understood.
fn early(words: &[OsString], key: &Key) -> Vec<String> {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--").collect();
    let flag = format!("--{}", key.name);
    let behind = words.windows(2).filter_map(|pair| match pair {
        [name, value] if *name == flag => Some(value.as_ref()).filter(|value| !value.starts_with('-')),
        [_, word] => word.strip_prefix(&flag)?.strip_prefix('='),
        _ => None,
    });
    behind.map(str::to_owned).collect()
}

/// The settings that these arguments are about.
pub(super) fn keys_of<A: clap::Args>() -> Vec<&'static Key> {
    let command = A::augment_args(clap::Command::new("settings"));
    command.get_arguments().filter_map(|argument| of_argument(argument.get_id().as_str())).collect()
}

/// The setting of an argument, which clap knows by the name of its field.
fn of_argument(id: &str) -> Option<&'static Key> {
    let name = id.replace('_', "-");
    KEYS.iter().copied().find(|key| key.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Arg, ArgAction};

    use super::*;
    use crate::cli::Cli;
    use crate::cli::tests::{COMMANDS, arguments};

    /// The commands whose settings come from all layers.
    fn layered() -> impl Iterator<Item = &'static str> {
        COMMANDS.into_iter().filter_map(|(name, _, is_layered)| is_layered.then_some(name))
    }

    /// A line of a command, with more words behind its name.
    fn line<'a>(name: &'a str, words: &[&'a str]) -> Vec<&'a str> {
        ["sealgate"].into_iter().chain(name.split(' ')).chain(words.iter().copied()).collect()
    }

    fn typed(words: &[&str]) -> Typed {
        Cli::parse(words).unwrap().typed
    }

    /// What is typed for an argument, and the words that it is typed with.
    fn sample(argument: &Arg) -> (String, Vec<String>) {
        if matches!(argument.get_action(), ArgAction::SetTrue) {
            return ("true".to_owned(), vec![format!("--{}", argument.get_long().unwrap())]);
        }
        let value = argument.get_possible_values().first().map_or("v".to_owned(), |value| value.get_name().to_owned());
        let flag = argument.get_long().map(|name| format!("--{name}"));
        (value.clone(), flag.into_iter().chain([value]).collect())
    }

    #[test]
    fn each_argument_of_a_layered_command_is_a_setting_and_each_setting_is_an_argument() {
        let mut reached = BTreeSet::new();
        for name in layered() {
            for argument in arguments(name) {
                let id = argument.get_id().as_str();
                let key = of_argument(id).unwrap_or_else(|| panic!("{name}: {id} is no setting"));
                assert!(argument.is_positional() || argument.get_long() == Some(key.name), "{name}: {id}");
                let is_switch = matches!(argument.get_action(), ArgAction::SetTrue);
                assert_eq!(is_switch, key.shape == Shape::Switch, "{name}: {id}");
                let is_list = matches!(argument.get_action(), ArgAction::Append);
                assert_eq!(is_list, matches!(key.shape, Shape::List | Shape::Lines | Shape::Whole), "{name}: {id}");
                reached.insert(key.name);
            }
        }
        let all: BTreeSet<_> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(reached, all, "each setting has a flag");
    }

    #[test]
    fn what_is_typed_for_an_argument_is_what_its_setting_has_before_the_command_or_behind_it() {
        for name in layered() {
            for argument in arguments(name) {
                let key = of_argument(argument.get_id().as_str()).unwrap();
                let (value, words) = sample(&argument);
                let words: Vec<_> = words.iter().map(String::as_str).collect();
                let behind = line(name, &words);
                assert_eq!(typed(&behind).get(key), Some(&[value.clone()][..]), "{behind:?}");
                if argument.is_global_set() {
                    let before: Vec<_> = ["sealgate"].into_iter().chain(words).chain(name.split(' ')).collect();
                    assert_eq!(typed(&before).get(key), Some(&[value][..]), "{before:?}");
                }
                assert_eq!(typed(&line(name, &[])).get(key), None, "{name}: --{} was not given", key.name);
            }
            let own: Vec<_> =
                arguments(name).iter().map(|one| of_argument(one.get_id().as_str()).unwrap().name).collect();
            let keys = typed(&line(name, &[]));
            assert!(own.iter().all(|own| keys.keys().iter().any(|key| key.name == *own)), "{name}");
        }
    }

    #[test]
    fn words_that_are_given_several_times_stay_single_words() {
        let key = |name| of_argument(name).unwrap();
        let typed = typed(&["sealgate", "verify", "a,b", "--identity", "C=US, O=a", "c", "--identity", "x"]);
        assert_eq!(typed.get(key("images")).unwrap(), ["a,b", "c"]);
        assert_eq!(typed.get(key("identity")).unwrap(), ["C=US, O=a", "x"]);
    }
}
