//! `templates/sealgate/template.yml`, the component for GitLab CI: its inputs are the settings, in the same words, and become flags.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize as _;
use serde_yaml::Value;

use super::action::{commands_with, sentence};
use crate::config::key::{KEYS, Key, Reach, Shape};
use crate::env::Secrecy;
use crate::readme;

/// The commands that the component runs.
const COMMANDS: [&str; 4] = ["sign", "verify", "approve", "pin"];

/// Settings that the file itself makes inputs of, or gives: the folder has a default there, the token is one that the job asks for, and
/// which system it is needs no saying.
const WRITTEN_THERE: [&str; 3] = ["report-dir", "oidc-token-env", "ci"];

/// What is shown on GitHub.
const OF_GITHUB: [&str; 4] = ["check-run", "commit-status", "comment", "github-token-env"];

/// Settings in which `$NAME` is the job's variable: what is signed or verified, never whom to trust.
const EXPANDED: [&str; 6] = ["images", "images-from", "digest", "user-metadata", "imagedefinitions", "image-detail"];

/// Patterns of values that cannot end single quotes.
const NO_QUOTE: [&str; 3] = ["^[^']+$", "^[A-Za-z0-9_./-]+$", "^[A-Za-z0-9_-][A-Za-z0-9_./-]*$"];

/// The pattern of values in which double quotes leave nothing to a shell but to fill in `$NAME` and `${NAME}`.
const VARIABLES_ONLY: &str = r#"^([^"`\\$]|\$[A-Za-z_]|\$\{[A-Za-z_][A-Za-z0-9_]*\})+$"#;

/// Variables that stay: secrets stand in variables, and a user name belongs to one.
const KEPT: [&str; 1] = ["username"];

/// The settings that are inputs: none that weakens a check, and no secret.
fn settings() -> impl Iterator<Item = &'static Key> {
    let is_input = |key: &&Key| {
        matches!(key.reach, Reach::Anywhere | Reach::NotInFile)
            && key.secrecy == Secrecy::Public
            && commands_with(key.name).iter().any(|command| COMMANDS.contains(command))
            && !OF_GITHUB.contains(&key.name)
            && !WRITTEN_THERE.contains(&key.name)
    };
    KEYS.iter().copied().filter(is_input)
}

/// The input's name, which is the setting's, but where a job of GitLab has something else of that name.
fn input_name(key: &Key) -> &'static str {
    if key.name == "stage" { "gate-stage" } else { key.name }
}

fn input(key: &Key) -> String {
    let of: Vec<_> = commands_with(key.name).into_iter().filter(|command| COMMANDS.contains(command)).collect();
    let only = match of.as_slice() {
        [only] => format!(" For {only} only."),
        of if of.len() < COMMANDS.len() => format!(" For {}.", of.join(" and ")),
        _ => String::new(),
    };
    // `-` is no value here.
    let description =
        format!("{}{only}", sentence(key)).replace('\'', "''").replace(", `-` for standard input, or", ", or");
    let rest = match key.shape {
        Shape::Switch => "      type: boolean\n      default: false\n".to_owned(),
        _ => {
            let pattern = if EXPANDED.contains(&key.name) { VARIABLES_ONLY } else { NO_QUOTE[0] };
            format!("      default: '-'\n      regex: '{}'\n", pattern.replace('\'', "''"))
        }
    };
    format!("    {}:\n      description: '{description}'\n{rest}", input_name(key))
}

/// The lines that make a flag of an input.
fn flag(key: &Key) -> String {
    let name = key.name;
    let quote = if EXPANDED.contains(&name) { '"' } else { '\'' };
    let input = format!("{quote}$[[ inputs.{} ]]{quote}", input_name(key));
    // Of one value, sealgate says so itself.
    let given = if EXPANDED.contains(&name) { format!("; given {name} \"$all\"") } else { String::new() };
    let each = |ends: &str| {
        format!(
            "all={input}; IFS=\"{ends}$newline\"{given}\n\
             for value in $all; do [ \"$value\" = - ] || set -- \"$@\" \"--{name}=${{value# }}\"; done\n"
        )
    };
    let lines = match key.shape {
        Shape::Switch => format!("[ {input} != true ] || set -- \"$@\" --{name}\n"),
        Shape::Text => format!("value={input}; [ \"$value\" = - ] || set -- \"$@\" \"--{name}=$value\"\n"),
        Shape::Lines => each(""),
        Shape::List | Shape::Whole => each(","),
    };
    lines.lines().map(|line| format!("      {line}\n")).collect()
}

/// The lines that remove all variables that are settings, a few in each.
fn unset() -> String {
    let is_removed = |key: &&&Key| key.secrecy == Secrecy::Public && !KEPT.contains(&key.name);
    let names: Vec<_> = KEYS.iter().filter(is_removed).filter_map(|key| key.variable()).collect();
    names.chunks(5).map(|names| format!("      unset {}\n", names.join(" "))).collect()
}

fn path() -> PathBuf {
    readme::root().join("templates/sealgate/template.yml")
}

fn read() -> String {
    fs::read_to_string(path()).unwrap()
}

/// The text with this between the marks of that name.
fn with(text: &str, name: &str, generated: &str) -> String {
    let (before, rest) = text.split_once(&format!("# generated: begin {name}\n")).unwrap();
    let (_, after) = rest.split_once(&format!("# generated: end {name}\n")).unwrap();
    let indent = before.rsplit('\n').next().unwrap();
    format!("{before}# generated: begin {name}\n{generated}{indent}# generated: end {name}\n{after}")
}

/// The header with the inputs, and the jobs.
fn documents() -> [Value; 2] {
    let text = read();
    let documents: Vec<_> =
        serde_yaml::Deserializer::from_str(&text).map(|one| Value::deserialize(one).unwrap()).collect();
    documents.try_into().unwrap()
}

fn inputs() -> Vec<(String, Value)> {
    let [header, _] = documents();
    let inputs = header["spec"]["inputs"].as_mapping().unwrap().clone();
    inputs.into_iter().map(|(name, input)| (name.as_str().unwrap().to_owned(), input)).collect()
}

fn job() -> Value {
    let [_, jobs] = documents();
    let jobs = jobs.as_mapping().unwrap();
    assert_eq!(jobs.len(), 1, "a job, and nothing that would change others");
    jobs.values().next().unwrap().clone()
}

fn script() -> String {
    job()["script"].as_sequence().unwrap().iter().map(|line| line.as_str().unwrap()).collect()
}

// `readme` is in its name because `tests/run generate` runs the tests that have it.
#[test]
fn the_inputs_of_the_component_are_written_like_the_tables_of_the_readme() {
    let text = read();
    let flags = settings().filter(|key| !["images", "files"].contains(&key.name)).map(flag).collect::<String>();
    let expected = with(&text, "inputs", &settings().map(input).collect::<String>());
    let expected = with(&with(&expected, "unset", &unset()), "flags", &flags);
    #[expect(clippy::disallowed_methods, reason = "a wish of whoever runs the test")]
    let is_written = std::env::var_os("SEALTEST_WRITE").is_some();
    if text != expected && is_written {
        return fs::write(path(), expected).unwrap();
    }
    assert_eq!(text, expected, "templates/sealgate/template.yml: `tests/run generate` writes what is expected");
}

#[test]
fn what_weakens_a_check_or_is_secret_is_no_input() {
    let names: BTreeSet<_> = inputs().into_iter().map(|(name, _)| name).collect();
    for key in KEYS.iter().filter(|key| key.reach.weakens() || key.secrecy == Secrecy::Secret) {
        assert!(!names.contains(key.name), "{}", key.name);
    }
    for name in ["skip-revocation", "allow-skip", "plain-http", "ca-file", "endpoint-url", "best-effort", "password"] {
        assert!(KEYS.iter().any(|key| key.name == name) && !names.contains(name), "{name}");
    }
    for name in ["profile", "policy", "root", "identity", "role-arn", "images", "report-dir"] {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn no_setting_is_a_variable_of_the_job_and_no_variable_is_a_setting() {
    let job = job();
    assert!(job["variables"].is_null());
    let script = script();
    let removed: BTreeSet<_> =
        script.lines().filter_map(|line| line.strip_prefix("unset ")).flat_map(|names| names.split(' ')).collect();
    let stay: Vec<_> =
        KEYS.iter().filter_map(|key| key.variable()).filter(|name| !removed.contains(name.as_str())).collect();
    assert_eq!(stay, ["SEALGATE_USERNAME", "SEALGATE_PASSWORD", "SEALGATE_KEY_PASSWORD"]);
    for key in KEYS.iter().filter(|key| key.reach.weakens()) {
        assert!(key.variable().is_none_or(|name| removed.contains(name.as_str())), "{}", key.name);
    }
}

/// What an unset variable leaves of an input is no input that was not given: nothing that is required goes in silence.
#[test]
fn an_input_whose_variables_are_empty_ends_the_job() {
    let lists = ["images", "images-from", "imagedefinitions", "user-metadata"];
    let run = |name: &str, value: &str, all: &str| {
        let mut script = script().replace("$[[ inputs.binary ]]", "echo").replace("$[[ inputs.command ]]", "sign");
        script = script.replace(&format!("$[[ inputs.{name} ]]"), value);
        for (other, input) in inputs() {
            let default = if input["type"] == "boolean" { "false" } else { "-" };
            script = script.replace(&format!("$[[ inputs.{other} ]]"), default);
        }
        let mut shell = std::process::Command::new("sh");
        let shell = shell.args(["-euc", &script]).env_clear().env("PATH", "/usr/bin:/bin").env("A", all);
        let output = shell.current_dir(std::env::temp_dir()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    for name in lists {
        for all in ["", " ", ",", " \n,"] {
            let (code, stdout, stderr) = run(name, "$A", all);
            assert_eq!((code, stdout.as_str()), (Some(2), ""), "{name} {all:?}");
            assert!(stderr.starts_with(&format!("sealgate: the input {name} is ")), "{stderr}");
        }
        let (code, stdout, _) = run(name, "$A", "a=b");
        assert!(code == Some(0) && stdout.contains("a=b"), "{name}: {stdout}");
        assert_eq!(run(name, "-", "").0, Some(0));
    }
    for name in EXPANDED.iter().filter(|name| !lists.contains(name)) {
        assert!(run(name, "$A", "").1.contains(&format!("--{name}= ")), "sealgate refuses an empty flag");
    }
}

/// Inputs stand in quotes that their pattern keeps them from ending, wherever a shell sees them.
#[test]
fn no_value_of_an_input_can_end_its_quotes() {
    let script = script();
    for (name, input) in inputs() {
        let pattern = input["regex"].as_str();
        for quote in quotes_around(&script, &name) {
            let is_safe = match quote {
                _ if input["type"] == "boolean" || input["options"].is_sequence() => true,
                '\'' => pattern.is_some_and(|pattern| NO_QUOTE.contains(&pattern)),
                _ => pattern == Some(VARIABLES_ONLY),
            };
            assert!(is_safe, "{name}: {pattern:?} in {quote}");
        }
    }
}

/// The quotes in which an input stands.
fn quotes_around(script: &str, name: &str) -> BTreeSet<char> {
    let uses = script.match_indices(&format!("$[[ inputs.{name} ]]")).map(|(start, _)| start).collect::<Vec<_>>();
    let quote = |start: usize| {
        let before = script[..start].rsplit('\n').next().unwrap();
        let is_open = |quote: char| before.matches(quote).count() % 2 == 1;
        match (is_open('\''), is_open('"')) {
            (true, false) => '\'',
            (false, true) => '"',
            _ => panic!("{before}"),
        }
    };
    uses.into_iter().map(quote).collect()
}

/// Trust says what it says: no variable is filled in.
#[test]
fn whom_to_trust_stands_in_quotes_that_fill_nothing_in() {
    let script = script();
    for name in [
        "profile",
        "policy",
        "trust-store",
        "root",
        "identity",
        "gates",
        "gate-stage",
        "as",
        "scope",
        "config",
        "role-arn",
    ] {
        assert_eq!(quotes_around(&script, name), BTreeSet::from(['\'']), "{name}");
    }
}

#[test]
fn all_reports_are_uploaded_also_by_a_job_that_failed() {
    let artifacts = &job()["artifacts"];
    assert_eq!(artifacts["when"], "always");
    let reports: Vec<_> = artifacts["reports"]
        .as_mapping()
        .unwrap()
        .iter()
        .map(|(name, file)| {
            let file = file.as_str().unwrap().strip_prefix("$[[ inputs.report-dir ]]/").unwrap();
            (name.as_str().unwrap(), file)
        })
        .collect();
    let expected = [
        ("junit", "report.xml"),
        ("codequality", "gl-code-quality.json"),
        ("annotations", "annotations.json"),
        ("dotenv", "sealgate.env"),
    ];
    assert_eq!(reports, expected);
}
