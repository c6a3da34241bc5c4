//! Walls inside of rooms: what is read, written and ended where.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::rooms::room;
use super::section;
use super::tokens::{Kind, Token, behind_group};
use super::tree::{TREE, Tree, Use};

/// Lines of a file that can be read in one sitting.
const LINES: usize = 400;

/// Files that are longer, as only a table may be.
const LONGER: &[&str] = &[];

/// The files with a place that is of another crate and is one of these.
fn files_with(tree: &Tree, is_one: impl Fn(&Use) -> bool) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for used in tree.uses().iter().filter(|used| is_one(used)) {
        *found.entry(used.source.file.as_str()).or_default() += 1;
    }
    found
}

/// Places where the core lifts a ban of its lint list.
pub(super) fn lifted_bans(tree: &Tree) -> Vec<String> {
    let lints = ["disallowed_methods", "disallowed_types", "disallowed_macros"];
    let core = tree.sources.values().filter(|source| room(&source.file) == "notary");
    let lifted = core.flat_map(|source| source.tokens.iter().map(move |token| (source, token)));
    let lifted = lifted.filter(|(_, token)| lints.iter().any(|lint| token.is(lint)));
    lifted.map(|(source, token)| format!("{}:{}: {}", source.file, token.line, token.text)).collect()
}

#[test]
fn the_core_lifts_none_of_its_bans() {
    assert_eq!(lifted_bans(&TREE), Vec::<String>::new());
}

/// Places where a report uses a crate other than `serde` and `serde_json`, and `quick_junit` or `textwrap` elsewhere than in the one
/// file that it is for.
pub(super) fn crates_of_reports(tree: &Tree) -> Vec<String> {
    let crates: BTreeSet<_> =
        section("src/Cargo.toml", "dependencies").iter().map(|name| name.replace('-', "_")).collect();
    let is_foreign = |used: &Use| {
        let first = used.landing.outside.as_ref().and_then(|path| path.first());
        let allowed: &[&str] = match used.source.file.as_ref() {
            "src/report/junit.rs" => &["serde", "serde_json", "quick_junit"],
            "src/report/wrap.rs" => &["textwrap"],
            _ => &["serde", "serde_json"],
        };
        first.is_some_and(|first| crates.contains(first) && !allowed.contains(&first.as_str()))
    };
    // What comes through the core is the core's choice.
    let uses = tree.uses().iter().filter(|used| room(&used.source.file) == "report" && used.landing.doors.is_empty());
    uses.filter(|used| is_foreign(used)).map(|used| used.place()).collect()
}

#[test]
fn reports_use_no_crate_but_serde_one_for_junit_and_one_for_line_breaks() {
    assert_eq!(crates_of_reports(&TREE), Vec::<String>::new());
}

/// Whether the environment or the present is read here.
pub(super) fn is_reading_of_the_world(used: &Use) -> bool {
    let reads: [&[&str]; 7] = [
        &["env", "var"],
        &["env", "vars"],
        &["env", "var_os"],
        &["env", "vars_os"],
        &["Timestamp", "now"],
        &["SystemTime", "now"],
        &["Zoned", "now"],
    ];
    reads.iter().any(|read| used.ends_outside_with(read))
}

#[test]
fn the_environment_and_the_clock_are_read_in_main_only() {
    // Once the one, once the other.
    assert_eq!(files_with(&TREE, is_reading_of_the_world), BTreeMap::from([("src/main.rs", 2)]));
    for source in TREE.sources.values() {
        let lifted = source.tokens.iter().filter(|token| token.is("disallowed_methods")).count();
        assert_eq!(lifted, if source.file == "src/main.rs" { 2 } else { 0 }, "{}", source.file);
    }
}

/// Files that may read JSON: the parser, and the trust policy, which is taken apart by its places in the text after
/// `notary::json` has accepted it.
const READERS: [&str; 2] = ["src/notary/json.rs", "src/notary/trust_policy/document.rs"];

/// Places that read JSON by themselves. What `serde` derives takes an array for an object and reads over what it was not
/// asked for: JSON is parsed and read by `notary::json`.
pub(super) fn readings_of_json(tree: &Tree) -> Vec<String> {
    let is_reading = |used: &Use| {
        let path = used.landing.outside.as_deref().unwrap_or_default();
        let is_reader = |name: &String| name.starts_with("from_") || name == "Deserializer";
        path.first().is_some_and(|first| first == "serde_json") && path.iter().any(is_reader)
    };
    let mut found: Vec<_> = tree.uses().iter().filter(|used| is_reading(used)).map(|used| used.place()).collect();
    for source in tree.sources.values() {
        for (at, token) in source.tokens.iter().enumerate() {
            let is_derived = token.is("Deserialize") && is_in_derive(&source.tokens[..at]);
            let is_turbofish = source.tokens.get(at + 1).is_some_and(|token| token.is("::"));
            let is_parsed = token.is("parse") && source.tokens[at..].iter().take(6).any(|token| token.is("Value"));
            if is_derived || token.is("from_reader") || (is_parsed && is_turbofish) {
                found.push(format!("{}:{}: {}", source.file, token.line, token.text));
            }
        }
    }
    found.retain(|place| !READERS.iter().any(|reader| place.starts_with(&format!("{reader}:"))));
    found
}

/// Whether `derive(` is open here.
fn is_in_derive(before: &[Token]) -> bool {
    let open = before.iter().rposition(|token| token.is("("));
    open.is_some_and(|open| {
        before[..open].last().is_some_and(|token| token.is("derive"))
            && !before[open..].iter().any(|token| token.is(")"))
    })
}

#[test]
fn foreign_json_is_read_in_one_place() {
    assert_eq!(readings_of_json(&TREE), Vec::<String>::new());
}

/// Whether text for people leaves here.
pub(super) fn is_way_out(used: &Use) -> bool {
    used.ends_outside_with(&["io", "stderr"]) || used.ends_outside_with(&["io", "stdout"])
}

/// The events, and those of them that have more than words of ours.
pub(super) fn events(tree: &Tree) -> (usize, Vec<String>) {
    let (mut count, mut found) = (0, Vec::new());
    for used in tree.uses() {
        let path = used.landing.outside.as_deref().unwrap_or_default();
        let call = used.end.filter(|end| used.source.tokens.get(*end).is_some_and(|token| token.is("!")));
        let (true, Some(call)) = (path.first().is_some_and(|first| first == "tracing"), call) else { continue };
        let inside = &used.source.tokens[call + 1..behind_group(&used.source.tokens, call + 1)];
        if inside.iter().any(|token| token.kind == Kind::Literal && token.text.contains('{')) {
            found.push(used.place());
        }
        count += 1;
    }
    (count, found)
}

#[test]
fn text_leaves_in_two_places_and_events_have_words_of_ours_alone() {
    let writers: Vec<_> = files_with(&TREE, is_way_out).into_keys().collect();
    assert_eq!(writers, ["src/output/sink.rs", "src/run.rs"]);
    let loggers = files_with(&TREE, |used| {
        used.landing
            .outside
            .as_ref()
            .is_some_and(|path| path.first().is_some_and(|first| first == "tracing_subscriber"))
    });
    assert_eq!(loggers.into_keys().collect::<Vec<_>>(), ["src/output/log.rs"]);
    let (count, open) = events(&TREE);
    assert_eq!(open, Vec::<String>::new(), "what comes from outside is a field of an event");
    assert!(count >= 4, "{count}");
}

/// Whether the process ends here.
pub(super) fn is_end_of_process(used: &Use) -> bool {
    used.ends_outside_with(&["process", "exit"]) || used.ends_outside_with(&["process", "abort"])
}

#[test]
fn nothing_but_the_panic_hook_ends_the_process() {
    assert_eq!(files_with(&TREE, is_end_of_process), BTreeMap::from([("src/run.rs", 1)]));
}

/// The walls know a module by the place of its file.
#[test]
fn no_file_is_a_module_in_another_way() {
    for source in TREE.sources.values() {
        for tokens in source.tokens.windows(4) {
            let is_path = ["#", "[", "path", "="].iter().zip(tokens).all(|(sign, token)| token.is(sign));
            let is_include = tokens[0].is("include") && tokens[1].is("!");
            assert!(!is_path && !is_include, "{}:{}", source.file, tokens[0].line);
        }
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let (mut longer, mut counts) = (Vec::new(), String::new());
    for source in TREE.sources.values().filter(|source| source.lines > LINES) {
        longer.push(source.file.as_str());
        writeln!(counts, "  {}: {} lines", source.file, source.lines).unwrap();
    }
    assert!(longer == LONGER, "longer than {LINES} lines:\n{counts}");
}

/// A name should say what a thing is wherever it is read; this fails for no name, it shows them.
#[test]
fn types_of_one_name_in_several_rooms_are_shown() {
    let mut rooms: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in TREE.sources.values() {
        for name in &source.types {
            rooms.entry(name).or_default().insert(room(&source.file));
        }
    }
    rooms.retain(|_, rooms| rooms.len() > 1);
    #[expect(clippy::print_stdout, reason = "shown with --nocapture")]
    for (name, rooms) in rooms {
        println!("{name}: {rooms:?}");
    }
}
