//! `action.yml`: its inputs are the settings, in the same words.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use serde_yaml::Value;

use crate::ci::github::action;
use crate::cli::tests::{COMMANDS, arguments};
use crate::config::key::{KEYS, Key, Reach};
use crate::readme;

const BEGIN: &str = "  # generated: begin\n";
const END: &str = "  # generated: end\n";

/// Inputs that are no settings.
const OTHERS: [&str; 2] = ["command", "github-token"];

/// The commands whose settings come from inputs. A function on Lambda is no step of a job.
fn commands() -> impl Iterator<Item = &'static str> {
    let layered = COMMANDS.into_iter().filter_map(|(name, _, is_layered)| is_layered.then_some(name));
    layered.filter(|name| *name != "lambda")
}

/// The settings that are inputs: not those that weaken a check, which the author of the job has to name as a variable.
fn settings() -> impl Iterator<Item = &'static Key> {
    let is_input = |key: &&Key| matches!(key.reach, Reach::Anywhere | Reach::NotInFile);
    KEYS.iter().copied().filter(is_input).filter(|key| !OTHERS.contains(&key.name))
}

/// The commands that have this flag.
pub(super) fn commands_with(name: &str) -> Vec<&'static str> {
    commands().filter(|command| NAMES[command].contains(name)).collect()
}

/// The names of each command's settings, which take clap a while to tell.
static NAMES: LazyLock<BTreeMap<&str, BTreeSet<String>>> = LazyLock::new(|| {
    // A command's arguments have the name of the setting, also where they are no flags, as `images`.
    let names = |command| arguments(command).iter().map(|one| one.get_id().as_str().replace('_', "-")).collect();
    commands().map(|command| (command, names(command))).collect()
});

/// What a setting means, as a sentence.
pub(super) fn sentence(key: &Key) -> String {
    let mut letters = key.meaning.chars();
    let meaning: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    format!("{meaning}.")
}

/// An input, as it stands in the file.
fn input(key: &Key) -> String {
    let commands = commands_with(key.name);
    let whose = match commands.len() == self::commands().count() {
        true => String::new(),
        false => format!(" For {}.", commands.join(", ")),
    };
    let description = format!("{}{whose}", sentence(key)).replace('\'', "''");
    format!("  {}:\n    description: '{description}'\n", key.name)
}

/// The file as it is, and as it should be.
fn file() -> (String, String) {
    let text = fs::read_to_string(path()).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let generated = settings().map(input).collect::<String>();
    let expected = [before, BEGIN, &generated, END, after].concat();
    (text, expected)
}

fn path() -> std::path::PathBuf {
    readme::root().join("action.yml")
}

fn parsed() -> Value {
    serde_yaml::from_str(&fs::read_to_string(path()).unwrap()).unwrap()
}

fn names(value: &Value) -> BTreeSet<String> {
    value.as_mapping().unwrap().keys().map(|name| name.as_str().unwrap().to_owned()).collect()
}

// `readme` is in its name because `tests/run generate` runs the tests that have it.
#[test]
fn the_inputs_of_the_action_are_written_like_the_tables_of_the_readme() {
    let (text, expected) = file();
    #[expect(clippy::disallowed_methods, reason = "a wish of whoever runs the test")]
    let is_written = std::env::var_os("SEALTEST_WRITE").is_some();
    if text != expected && is_written {
        return fs::write(path(), expected).unwrap();
    }
    assert_eq!(text, expected, "action.yml: `tests/run generate` writes what is expected");
}

#[test]
fn each_input_is_a_flag_and_a_variable_and_each_flag_that_may_be_an_input_is_one() {
    let found = names(&parsed()["inputs"]);
    let expected: BTreeSet<_> = settings().map(|key| key.name).chain(OTHERS).map(str::to_owned).collect();
    assert_eq!(found, expected);
    for key in settings() {
        assert!(!commands_with(key.name).is_empty(), "{}: no command has it", key.name);
        assert!(key.variable().is_some(), "{}", key.name);
        // The runner keeps dashes.
        assert!(key.inputs().contains(&format!("INPUT_{}", key.name.to_uppercase())), "{}", key.name);
    }
}

#[test]
fn what_weakens_a_check_is_no_input() {
    let found = names(&parsed()["inputs"]);
    for name in
        ["skip-revocation", "allow-skip", "plain-http", "ca-file", "endpoint-url", "aws-root", "password-stdin", "iam"]
    {
        assert!(KEYS.iter().any(|key| key.name == name) && !found.contains(name), "{name}");
    }
    for key in KEYS.iter().filter(|key| key.reach.weakens()) {
        assert!(!found.contains(key.name), "{}", key.name);
    }
}

#[test]
fn the_command_is_required_and_its_description_lists_the_commands() {
    let inputs = &parsed()["inputs"];
    let command = &inputs["command"];
    assert_eq!(command["required"], Value::Bool(true));
    let description = command["description"].as_str().unwrap();
    let listed: BTreeSet<_> = description.split('`').skip(1).step_by(2).collect();
    assert_eq!(listed, commands().collect(), "{description}");
    assert_eq!(listed, BTreeSet::from(action::COMMANDS), "what is run is what is listed");
    // Only a required input has no default of our own: what was not given arrives empty, and is not given.
    let defaults: BTreeMap<_, _> = names(inputs)
        .into_iter()
        .filter_map(|name| Some((name.clone(), inputs[&*name].get("default")?.clone())))
        .collect();
    assert_eq!(defaults, BTreeMap::from([("github-token".to_owned(), Value::from("${{ github.token }}"))]));
}

#[test]
fn the_action_runs_our_image_and_gives_it_no_words() {
    let action = parsed();
    let runs = &action["runs"];
    assert_eq!(names(runs), ["image", "using"].map(str::to_owned).into());
    assert_eq!(runs["using"], "docker");
    // A release replaces what is behind the name, once.
    let image = runs["image"].as_str().unwrap();
    assert!(image.starts_with("docker://ghcr.io/sealgate/sealgate"), "{image}");
    let text = fs::read_to_string(path()).unwrap();
    assert_eq!(text.matches("\n  image: docker://").count(), 1, "one line that tests and a release replace");
}

#[test]
fn a_description_is_one_line() {
    let action = parsed();
    for part in ["inputs", "outputs"] {
        for (name, of) in action[part].as_mapping().unwrap() {
            let description = of["description"].as_str().unwrap();
            assert!(description.ends_with('.') && !description.contains('\n'), "{name:?}: {description}");
        }
    }
}
