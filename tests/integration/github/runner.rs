//! A strict model of GitHub's runner, by the rules of actions/runner: it makes the variables and files of a step, and reads what the
//! step tells it. Where the runner would fail the step, so does the model.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::sealgate::{Answer, Run, Sandbox};

/// A step that runs us.
pub(super) struct Step<'a> {
    sandbox: &'a Sandbox,
}

/// A command on the log, as the runner understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) name: String,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) data: String,
}

/// What the runner heard.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) outputs: BTreeMap<String, String>,
    pub(super) summary: String,
    pub(super) artifacts: Vec<String>,
    pub(super) commands: Vec<Command>,
    pub(super) answer: Answer,
}

impl Heard {
    pub(super) fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str)
    }

    /// The data of the annotations of a level.
    pub(super) fn annotations(&self, level: &str) -> Vec<&str> {
        self.commands.iter().filter(|one| one.name == level).map(|one| one.data.as_str()).collect()
    }
}

impl<'a> Step<'a> {
    pub(super) fn new(sandbox: &'a Sandbox) -> Self {
        fs::create_dir_all(sandbox.path("file_commands")).unwrap();
        let step = Self { sandbox };
        // The runner makes these files before each step.
        ["output", "summary", "artifacts"].iter().for_each(|name| fs::write(step.file(name), "").unwrap());
        step
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.sandbox.path(&format!("file_commands/{name}"))
    }

    /// A command line in it.
    pub(super) fn run(&self, words: &[&str]) -> Run<'a> {
        let path = |name: &str| self.file(name).to_str().unwrap().to_owned();
        self.sandbox
            .sealgate(words)
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_WORKSPACE", self.sandbox.path("").to_str().unwrap().trim_end_matches('/'))
            .env("GITHUB_OUTPUT", &path("output"))
            .env("GITHUB_STEP_SUMMARY", &path("summary"))
            .env("GITHUB_ARTIFACTS", &path("artifacts"))
    }

    /// Runs it, and reads what it told.
    #[track_caller]
    pub(super) fn hears(&self, run: Run<'_>, exit: i32) -> Heard {
        let answer = run.exits(exit);
        let read = |name: &str| fs::read_to_string(self.file(name)).unwrap_or_default();
        let summary = read("summary");
        assert!(summary.len() <= 1024 * 1024, "the runner drops a summary of {} bytes", summary.len());
        let commands: Vec<_> = answer.stdout.split('\n').chain(answer.stderr.split('\n')).filter_map(command).collect();
        for level in ["error", "warning", "notice"] {
            let of_level: Vec<_> = commands.iter().filter(|one| one.name == level).collect();
            assert!(of_level.len() <= 10, "the runner drops all but 10: {of_level:?}");
            assert!(of_level.iter().all(|one| one.data.chars().count() <= 4096), "the runner cuts: {of_level:?}");
        }
        Heard {
            // An expression has the empty text for one that is not there.
            outputs: key_values(&read("output")).into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            summary,
            artifacts: artifacts(&read("artifacts")),
            commands,
            answer,
        }
    }
}

/// A command in a line: `::name key=value,…::data` behind white space at most, or the older `##[name key=value;…]data` anywhere.
fn command(line: &str) -> Option<Command> {
    let decoded = |text: &str, more: &[(&str, &str)]| {
        let text = more.iter().fold(text.to_owned(), |text, (code, character)| text.replace(code, character));
        text.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    };
    let v2 = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::"));
    let (head, data, separator) = match (v2, line.find("##[")) {
        (Some((head, data)), _) => (head, data, ','),
        (None, Some(place)) => {
            let (head, data) = line[place + 3..].split_once(']')?;
            (head, data, ';')
        }
        (None, None) => return None,
    };
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let pairs = properties.split(separator).filter_map(|pair| pair.split_once('='));
    let properties =
        pairs.map(|(key, value)| (key.trim().to_lowercase(), decoded(value, &[("%3A", ":"), ("%2C", ",")])));
    Some(Command { name: name.to_lowercase(), properties: properties.collect(), data: decoded(data, &[]) })
}

/// The file of outputs: `NAME=VALUE`, or `NAME<<DELIMITER`, lines, `DELIMITER`.
#[track_caller]
fn key_values(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.split_terminator('\n');
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        let (key, value) = match (equals, heredoc) {
            (Some(equals), heredoc) if heredoc.is_none_or(|heredoc| equals < heredoc) => {
                (line[..equals].to_owned(), line[equals + 1..].to_owned())
            }
            (_, Some(heredoc)) => {
                let delimiter = &line[heredoc + 2..];
                assert!(!delimiter.is_empty() && heredoc > 0, "invalid format: {line:?}");
                let mut value = Vec::new();
                loop {
                    match lines.next() {
                        Some(line) if line == delimiter => break,
                        Some(line) => value.push(line),
                        None => panic!("no matching delimiter {delimiter:?}"),
                    }
                }
                (line[..heredoc].to_owned(), value.join("\n"))
            }
            _ => panic!("invalid format: {line:?}"),
        };
        assert!(found.insert(key.clone(), value).is_none(), "{key} is told twice");
    }
    found
}

/// The file of artifacts: each line an image by digest, or the step fails.
#[track_caller]
fn artifacts(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let checked = lines.map(|line| {
        assert!(!line.contains('='), "the runner refuses {line:?}");
        let name = line.strip_prefix("oci://").unwrap_or_else(|| panic!("the runner takes {line:?} for a file"));
        let (_, digest) = name.rsplit_once("@sha256:").unwrap();
        assert!(digest.len() == 64 && digest.chars().all(|digit| digit.is_ascii_hexdigit()), "{line:?}");
        name.to_owned()
    });
    checked.collect()
}

#[test]
fn the_model_reads_as_the_runner_does() {
    let all = "a=b<<c\nd<<X\n1\n2=3\nX\n\ne<<Y\nY\n";
    let expected = [("a", "b<<c"), ("d", "1\n2=3"), ("e", "")];
    assert_eq!(key_values(all), expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    let found = command("  ::Error title=a%3Ab,file=c::x%0Ay").unwrap();
    assert_eq!((found.name.as_str(), found.data.as_str()), ("error", "x\ny"));
    assert_eq!(found.properties["title"], "a:b");
    assert_eq!(command("x ##[set-output name=a;]b").unwrap().properties["name"], "a");
    assert_eq!((command("a::b::c"), command("plain")), (None, None));
}
