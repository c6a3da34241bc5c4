//! What `.github/SECURITY.md` and `.github/CONTRIBUTING.md` name is there: files, tests, tables, steps, flags.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::architecture::{root, rust_files};
use crate::sealgate::Sandbox;

const GUIDES: [(&str, &str); 2] = [
    ("SECURITY.md", include_str!("../../.github/SECURITY.md")),
    ("CONTRIBUTING.md", include_str!("../../.github/CONTRIBUTING.md")),
];

/// Commands whose helps have all flags that the guides name.
const COMMANDS: [&str; 5] = ["sign", "verify", "pin", "lambda", "demo"];

/// What stands between backquotes in a line, and each line of a fenced block.
fn code(guide: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_fenced = false;
    for line in guide.lines() {
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced {
            found.extend(line.split(" # ").next());
        } else {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found
}

/// All words of code in the guides, with the guide that has each.
fn words() -> impl Iterator<Item = (&'static str, &'static str)> {
    GUIDES.into_iter().flat_map(|(name, guide)| {
        let words = code(guide).into_iter().flat_map(str::split_whitespace).map(|word| word.trim_matches('"'));
        words.map(move |word| (name, word))
    })
}

/// The sources of the project and of its tests, in one text.
fn sources() -> String {
    sources_by_path().iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// The files with the sources of the project and of its tests.
fn sources_by_path() -> Vec<PathBuf> {
    rust_files(&["src", "tests/integration"])
}

#[test]
fn every_file_that_the_guides_name_is_there() {
    let mut seen = 0;
    for (guide, word) in words() {
        let has_ending = [".md", ".rs", ".toml"].iter().any(|ending| word.ends_with(ending));
        if !has_ending && !word.contains('/') {
            continue;
        }
        // `NAME` is for the reader to fill in.
        let named = if word.contains("NAME") { Path::new(word).parent().unwrap() } else { Path::new(word) };
        assert!(root().join(named).exists(), "{guide}: there is no {word}");
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn every_file_that_the_code_map_names_is_there() {
    let map = include_str!("../../src/README.md");
    let files = sources_by_path();
    let mut seen = 0;
    for word in code(map).into_iter().flat_map(str::split_whitespace) {
        let is_path = word.ends_with(".rs") || (word.contains('/') && !word.contains("->") && !word.contains(':'));
        if !is_path || word.contains('<') {
            continue;
        }
        // A file that is named alone stands in the folder that the sentence is about.
        let is_there = ["", "src", "src/notary"].iter().any(|folder| root().join(folder).join(word).exists())
            || (!word.contains('/') && files.iter().any(|file| file.ends_with(word)));
        assert!(is_there, "src/README.md: there is no {word}");
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn every_test_and_table_that_the_guides_name_is_there() {
    let sources = sources();
    let mut seen = 0;
    for (guide, word) in words() {
        let is_of = |allowed: fn(&u8) -> bool| word.contains('_') && word.bytes().all(|byte| allowed(&byte));
        let defined = if is_of(|byte| byte.is_ascii_lowercase() || *byte == b'_') {
            format!("fn {word}(")
        } else if ["SIGNS", "COMMANDS", "CORE_DEPENDENCIES"].contains(&word) {
            format!("const {word}:")
        } else {
            continue;
        };
        // A member of the JSON report is a field.
        let field = format!("pub(crate) {word}:");
        assert!(sources.contains(&defined) || sources.contains(&field), "{guide}: there is no {word}");
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
}

#[test]
fn every_step_that_the_guides_name_is_one_of_the_script() {
    let script = fs::read_to_string(root().join("tests/run")).unwrap();
    let (_, contributing) = GUIDES[1];
    let paragraph = contributing.split("\n\n").find_map(|text| text.strip_prefix("The steps: ")).unwrap();
    let commands = code(contributing).into_iter().filter_map(|line| line.strip_prefix("tests/run "));
    let steps = commands.flat_map(|words| words.split_whitespace().take_while(|word| !word.starts_with(['-', '#'])));
    let mut seen = 0;
    for step in code(paragraph).into_iter().chain(steps) {
        assert!(script.contains(&format!("\nrun_{step}()")), "tests/run has no step {step}");
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn every_flag_that_the_guides_name_is_one_of_sealgate() {
    let sandbox = Sandbox::new();
    let help: String = COMMANDS.iter().map(|name| sandbox.sealgate(&["help", name]).exits(0).stdout).collect();
    let flags: BTreeSet<_> = help.split(|c: char| !c.is_ascii_lowercase() && c != '-').collect();
    let (_, security) = GUIDES[0];
    for word in code(security).into_iter().filter(|word| word.starts_with("--")) {
        assert!(flags.contains(word), "sealgate has no {word}");
    }
}

/// What weakens a check stands in the table of settings, and all of it in the promise about pull requests.
#[test]
fn every_setting_that_weakens_a_check_is_named() {
    let table = fs::read_to_string(root().join("src/config/key.rs")).unwrap();
    let (_, security) = GUIDES[0];
    let promise: BTreeSet<_> = security
        .lines()
        .skip_while(|line| !line.starts_with("- Settings that weaken a check"))
        .take_while(|line| !line.starts_with("- A password"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter_map(|word| word.strip_prefix("--"))
        .collect();
    let weakening: BTreeSet<_> = table
        .lines()
        .filter(|line| line.contains(", Weakening, ") || line.contains(", WeakeningFlag, "))
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    assert_eq!(promise, weakening);
}

#[test]
fn there_are_as_many_cases_as_the_guides_say() {
    let folder = root().join("tests/vectors");
    let files = |name: &str, ending: &str| {
        let entries = fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|found| found == ending)).collect::<Vec<_>>()
    };
    let cases = |path: &Path| {
        let list: Vec<serde_json::Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        list.len()
    };
    let (_, security) = GUIDES[0];
    let signatures: usize = files("verify", "json").iter().map(|path| cases(path)).sum();
    assert!(signatures > 1000 && security.contains("More than 1,000 signatures"), "{signatures}");
    let certificates = files("certificates", "pem").len();
    assert!(certificates > 250 && security.contains("More than 250 certificates"), "{certificates}");
    let verdicts = files("aws-plugin/cases", "json").len();
    assert!(security.contains(&format!("{verdicts} verdicts of notation")), "{verdicts}");
    // When AWS's own signatures are here, the guide must stop saying that there are none.
    assert_eq!(files("aws-live", "json").is_empty(), security.contains("`tests/vectors/aws-live/` is still empty"));
}
