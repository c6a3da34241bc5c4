//! The command lines of the documentation are such as sealgate takes: those in the README, in `docs/`, and in the help.

use std::fs;
use std::path::Path;

use tempfile::NamedTempFile;

use super::super::key;
use crate::ci::detect;
use crate::cli::Cli;
use crate::env::Env;
use crate::readme;

/// The README and the pages of `docs/`.
fn pages() -> Vec<String> {
    let root = readme::root();
    let entries = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = entries.filter(|path| path.extension().is_some_and(|found| found == "md"));
    pages.chain([root.join("README.md")]).map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// A fenced block of a page.
struct Block {
    /// What it is in: `yaml`, `bash`, `sh`.
    language: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    pages().iter().flat_map(|page| blocks_of(page)).collect()
}

fn blocks_of(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(language), None) => open = Some(Block { language: language.to_owned(), text: String::new() }),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    blocks
}

/// The lines of a text that run sealgate, in one piece each.
fn command_lines(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.trim().trim_start_matches("- ").trim_start_matches("run: "));
    // What a shell runs behind it is no word of it.
    let lines = lines.map(|line| line.split(" &&").next().unwrap_or_default());
    lines.filter(|line| line.starts_with("sealgate ")).map(str::to_owned).collect()
}

/// The words of a command line as a shell has them: quotes are taken off, and a comment ends it.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in line.chars() {
        match (character, quote) {
            ('#', None) if word.is_none() => break,
            (mark, Some(open)) if mark == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (' ', None) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    assert_eq!(quote, None, "{line}");
    words.extend(word);
    words
}

/// The variables that a block of a pipeline sets.
fn variables(block: &str) -> Vec<(String, String)> {
    let pairs = block.lines().filter_map(|line| line.trim().split_once(": "));
    let set = pairs.filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
    set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What a build wrote is there when the line runs: here it is a list of one image.
fn with_what_a_build_wrote(typed: &mut [String]) -> NamedTempFile {
    let written = NamedTempFile::new().unwrap();
    fs::write(&written, format!("registry.example/app@sha256:{}\n", "0".repeat(64))).unwrap();
    let read: Vec<_> = typed.iter().map(|word| word == "--images-from").collect();
    for (_, file) in read.iter().zip(typed.iter_mut().skip(1)).filter(|(is_flag, _)| **is_flag) {
        written.path().to_str().unwrap().clone_into(file);
    }
    written
}

/// Whether the flags, the settings and the variables fit together. No other file is read and no request is sent.
#[track_caller]
fn assert_taken(line: &str, block: &str) {
    let own = variables(block);
    // What a step of the job sets, such as `$IMAGE`, stays as it is.
    let replaced =
        |text: &str| own.iter().fold(text.to_owned(), |text, (name, to)| text.replace(&format!("${name}"), to));
    let mut set: Vec<_> = own.iter().map(|(name, value)| (name.clone(), replaced(value))).collect();
    set.extend(
        [("HOME", "/h"), ("AWS_ID_TOKEN", "x"), ("SIGNING_KEY", "x")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let pairs: Vec<_> = set.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let environment = Env::of(&pairs);
    let mut typed = words(&replaced(line));
    // The file of gates is read as settings are.
    for word in typed.iter_mut().filter(|word| Path::new(word).ends_with("gates.yaml")) {
        "../tests/vectors/gates/gates.yaml".clone_into(word);
    }
    let _written = with_what_a_build_wrote(&mut typed);
    let cli = Cli::parse(&typed).unwrap_or_else(|error| panic!("{line}\n{error}"));
    let images = cli.typed.get(key::IMAGES).unwrap_or_default();
    // What others choose may look like a flag: the documented way is that it cannot be taken for one.
    let behind = typed.iter().skip_while(|word| *word != "--").skip(1);
    // Files may stand there as well.
    let files = cli.typed.get(key::FILES).unwrap_or_default();
    let is_of_files = !files.is_empty() && (behind.clone().next().is_none() || behind.clone().eq(files));
    assert!(is_of_files || behind.eq(images), "{line}: images stand behind --");
    if let Err(unresolved) = cli.resolve(&environment, detect(&environment)) {
        panic!("{line}\n{unresolved:?}");
    }
}

#[test]
fn every_command_line_of_the_pages_is_one_that_sealgate_takes() {
    let mut seen = 0;
    for block in blocks().iter().filter(|block| ["bash", "sh", "yaml"].contains(&block.language.as_str())) {
        for line in command_lines(&block.text) {
            assert_taken(&line, &block.text);
            seen += 1;
        }
    }
    assert!(seen >= 25, "{seen}");
}

#[test]
fn every_example_of_the_help_is_one_that_sealgate_takes() {
    let mut cli = Cli::definition();
    cli.build();
    let mut commands = vec![cli];
    let mut seen = 0;
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in command_lines(&examples) {
            // Redirections and remarks are for the reader.
            assert_taken(line.split(['>', '(']).next().unwrap().trim(), "");
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen}");
}

/// A file of gates is read with the root of the vectors in the place of each file that it names.
#[test]
fn the_files_of_gates_of_the_pages_hold_all_rules() {
    let root = fs::read(readme::root().join("tests/vectors/trust/root.pem")).unwrap();
    let of_gates = |block: &&Block| block.language == "yaml" && block.text.starts_with("version: 1\n");
    let mut seen = 0;
    for block in blocks().iter().filter(of_gates) {
        let parsed = crate::gate::parse(block.text.as_bytes(), &|_| Ok(root.clone()));
        let parsed = parsed.unwrap_or_else(|faults| panic!("{}\n{faults:?}", block.text));
        assert!(parsed.notices.is_empty(), "{:?}", parsed.notices);
        seen += 1;
    }
    assert!(seen >= 1);
}
