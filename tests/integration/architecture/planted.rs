//! Violations that are planted: a wall that does not see one of them is no wall.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::circles::circles_of_files;
use super::rooms::{forbidden, room};
use super::tree::{TREE, Tree};
use super::words::comparisons;
use super::{root, walls};

/// The sources with these lines at the end of files; of a new file, if it is not there.
fn planted(lines: &[(&str, &str)]) -> Tree {
    let mut texts = BTreeMap::new();
    for (file, line) in lines {
        let text: &mut String =
            texts.entry(*file).or_insert_with(|| fs::read_to_string(root().join(file)).unwrap_or_default());
        text.push_str("\n\n");
        text.push_str(line);
        text.push('\n');
    }
    TREE.with(texts.iter().map(|(file, text)| (*file, text.as_str())))
}

/// Files that the walls were blind in: behind their first `#[cfg(test)]`.
const BLIND: [&str; 4] =
    ["src/registry/mod.rs", "src/notary/certificate/mod.rs", "src/config/mod.rs", "src/command/mod.rs"];

#[test]
fn an_import_that_the_table_forbids_is_found_in_every_place() {
    let lines = [
        ("src/registry/mod.rs", "use crate::command::Planted;", "command"),
        ("src/config/mod.rs", "pub(crate) use crate::{command::Planted, context};", "command"),
        ("src/config/mod.rs", "", "context"),
        ("src/command/mod.rs", "use crate::signals::{self, Planted};", "signals"),
        ("src/registry/answer.rs", "fn planted() { let _ = crate::command::PLANTED; }", "command"),
        ("src/registry/auth.rs", "fn planted() { assert!(true, \"{}\", vec![crate::command::planted()]); }", "command"),
        ("src/registry/meter.rs", "use super::super::command::Planted;", "command"),
        ("src/registry/remote/fetch.rs", "fn planted(_: &super::super::super::command::Planted) {}", "command"),
        ("src/registry/room.rs", "use crate::command as c;", "command"),
        ("src/transport.rs", "use crate::command as c; fn planted() { c::planted(); }", "command"),
        ("src/clock.rs", "use {crate::registry as r};", "registry"),
        ("src/files.rs", "#[derive(Debug)] struct Planted<T: crate::command::Planted>(T);", "command"),
        ("src/output.rs", "struct Planted(pub (crate::command::Planted, u8));", "command"),
        ("src/secrets.rs", "impl crate::command::Planted for Vec<u8> {}", "command"),
        ("src/process.rs", "#[serde(with = \"crate::command::planted\")] struct Planted;", "command"),
        ("src/exit_code.rs", "macro_rules! planted { () => { $crate::command::planted() }; }", "command"),
        ("src/evidence/mod.rs", "mod inner { use super::super::command::Planted; }", "command"),
        ("src/aws/mod.rs", "#[cfg(not(test))] use crate::command::Planted;", "command"),
    ];
    let tree = planted(&lines.map(|(file, line, _)| (file, line)));
    let found: BTreeSet<_> = forbidden(&tree).into_keys().collect();
    for (file, line, to) in lines {
        assert!(found.contains(&(room(file).to_owned(), to.to_owned())), "{file}: {line}");
    }
}

#[test]
fn an_import_through_a_third_room_is_found() {
    let tree = planted(&[
        ("src/clock.rs", "pub(crate) use crate::registry::Source as Planted;"),
        ("src/secrets.rs", "use crate::clock::Planted;"),
        ("src/report/mod.rs", "fn planted() { crate::clock::Planted::planted(); }"),
        ("src/process.rs", "use crate::clock::*; fn planted() { self::Planted::planted(); }"),
    ]);
    let found: BTreeSet<_> = forbidden(&tree).into_keys().collect();
    for from in ["secrets", "report", "process"] {
        for to in ["clock", "registry"] {
            assert!(found.contains(&(from.to_owned(), to.to_owned())), "{from} -> {to}");
        }
    }
}

#[test]
fn what_is_no_code_or_for_tests_only_is_not_found() {
    let harmless = r##"
// use crate::command::Harmless;
/* use crate::command::Harmless; /* nested */ */
/// Like [`crate::command::Harmless`].
const HARMLESS: [&str; 2] = ["crate::command::Harmless", r#"use crate::command::Harmless; "quoted""#];
#[cfg(test)]
use crate::command::Harmless;
#[cfg(test)]
mod harmless {
    const BRACE: char = '{';
    use crate::command::Harmless;
}
pub(in crate::command::Harmless) const SEEN: u8 = 1;
#[cfg(all(test, unix))]
pub(crate) const fn harmless() -> crate::command::Harmless { crate::command::Harmless { of: [0; 2] } }
#[cfg(test)]
const HARMLESS_TOO: [crate::command::Harmless; 1] = { [crate::command::Harmless] };
struct Fields {
    #[cfg(test)]
    pub(crate) harmless: BTreeMap<u8, crate::command::Harmless>,
    last: (),
}
fn statements() {
    #[cfg(test)]
    let harmless = crate::command::Harmless { of: 1 };
    #[cfg(test)]
    crate::command::Harmless::harmless();
    match 1 {
        #[cfg(test)]
        1 => crate::command::Harmless::harmless(),
        #[cfg(test)]
        2 => { crate::command::Harmless::harmless() }
        _ => Fields { #[cfg(test)] harmless: crate::command::Harmless::new(), last: () },
    }
}
"##;
    let tree = planted(&BLIND.map(|file| (file, harmless)));
    let found: Vec<_> = tree.uses().iter().filter(|used| used.path.iter().any(|name| name == "Harmless")).collect();
    assert!(found.is_empty(), "{:?}", found.iter().map(|used| used.place()).collect::<Vec<_>>());
    // What stands behind it is seen.
    let both = BLIND.map(|file| (file, [harmless, "fn seen() { std::process::exit(1); }"].concat()));
    let tree = planted(&both.each_ref().map(|(file, line)| (*file, line.as_str())));
    for file in BLIND {
        assert!(tree.uses().iter().any(|used| used.source.file == file && walls::is_end_of_process(used)), "{file}");
    }
}

#[test]
fn a_file_of_tests_only_is_not_read() {
    let tree = Tree::of([
        ("src/a/mod.rs", "#[cfg(test)]\npub(crate) mod stage;\nmod kept;"),
        ("src/a/stage.rs", "use crate::command::Harmless;"),
        ("src/a/stage/below.rs", "use crate::command::Harmless;"),
        ("src/a/kept.rs", ""),
        ("src/a/tests.rs", "use crate::command::Harmless;"),
        ("src/a/tests/more.rs", "use crate::command::Harmless;"),
        ("src/a/other.rs", "#![cfg(test)]\nuse crate::command::Harmless;"),
    ]);
    assert_eq!(tree.sources.keys().collect::<Vec<_>>(), ["src/a/kept.rs", "src/a/mod.rs", "src/a/other.rs"]);
    assert_eq!(tree.uses().len(), 0);
}

#[test]
fn every_other_wall_sees_behind_the_first_test() {
    let lines = [
        ("fn planted() { std::env::var(\"HOME\"); }", "std::env::var"),
        ("use std::env as e; fn planted() { assert!(e::vars_os().next().is_none()); }", "e::vars_os"),
        ("use jiff::Timestamp as Present; fn planted() { Present::now(); }", "Present::now"),
        ("fn planted() { let out = std::io::stdout(); }", "std::io::stdout"),
        ("use std::io::{self, stderr};", "std::io::stderr"),
        ("#[derive(Debug, serde::Deserialize)] struct Planted;", "Deserialize"),
        ("use serde_json as j; fn planted() { j::from_slice(&[]); }", "j::from_slice"),
        ("fn planted() { \"\".parse::<serde_json::Value>(); }", "parse"),
        ("fn planted(id: &str) { tracing::info!(\"{id}\"); }", "tracing::info"),
        ("use tracing::warn; fn planted(id: &str) { warn!(\"{id}\"); }", "warn"),
        ("fn planted() { std::process::abort(); }", "std::process::abort"),
    ];
    let all = lines.map(|(line, _)| line).join("\n");
    let tree = planted(&BLIND.map(|file| (file, all.as_str())));
    let mut found: BTreeSet<_> = walls::readings_of_json(&tree).into_iter().chain(walls::events(&tree).1).collect();
    for wall in [walls::is_reading_of_the_world, walls::is_way_out, walls::is_end_of_process] {
        found.extend(tree.uses().iter().filter(|used| wall(used)).map(|used| used.place()));
    }
    for file in BLIND {
        for (line, path) in lines {
            let is_here = |place: &String| place.starts_with(file) && place.ends_with(&format!(": {path}"));
            assert!(found.iter().any(is_here), "{file}: {line}");
        }
    }
    let others = planted(&[
        (BLIND[1], "#[allow(clippy::disallowed_methods)] fn planted() {}"),
        ("src/report/mod.rs", "use url::Url; fn planted() { rustix::planted(); }"),
    ]);
    assert_eq!(walls::lifted_bans(&others).len(), 1);
    assert_eq!(walls::crates_of_reports(&others).len(), 2);
}

#[test]
fn circles_of_files_are_found_in_bodies_and_through_doors() {
    let circles = |files: &[(&'static str, &'static str)]| {
        let tree = Tree::of(files.iter().copied());
        circles_of_files(&tree).into_iter().map(|circle| circle.join(" ")).collect::<Vec<_>>()
    };
    let parent = ("src/a/mod.rs", "mod b; mod c; pub(crate) use self::b::B; pub(crate) struct A; fn a() { b::b(); }");
    let b = ("src/a/b.rs", "use super::A; pub(crate) struct B; pub(crate) fn b() { super::c::c(); }");
    assert_eq!(circles(&[parent, b, ("src/a/c.rs", "use crate::a::A; pub(crate) fn c() {}")]), Vec::<String>::new());
    for back in ["use super::B;", "use crate::a::*; fn c() { self::B::new(); }", "fn c() { vec![crate::a::B] }"] {
        let found = circles(&[parent, b, ("src/a/c.rs", back)]);
        assert!(found.contains(&"src/a/b.rs src/a/c.rs".to_owned()), "{back}: {found:?}");
    }
    // Importing a module is no arrow, and using what is in it is one.
    let modules = ("src/d.rs", "use crate::a::c; pub(crate) struct D;");
    assert_eq!(circles(&[parent, b, modules, ("src/a/c.rs", "use crate::d::D;")]), Vec::<String>::new());
    let uses = ("src/d.rs", "use crate::a::c; pub(crate) struct D; fn d() { c::c(); }");
    let found = circles(&[parent, b, uses, ("src/a/c.rs", "use crate::d::D; pub(crate) fn c() {}")]);
    assert_eq!(found, ["src/a/c.rs src/d.rs"]);
}

#[test]
fn comparisons_of_texts_are_found_in_every_form() {
    let found = |line: &str| {
        let text = format!(
            "const NAME: &str = \"x\"; const SIGN: char = 'x'; fn planted(text: &str, sign: char) {{ {line} }}"
        );
        let tree = Tree::of([("src/error.rs", text.as_str())]);
        comparisons(&tree, &tree.sources["src/error.rs"]).len()
    };
    for line in [
        "text == \"x\"",
        "\"x\" != text",
        "text == &*\"x\"",
        "text == NAME",
        "text == self::inner::NAME",
        "text.contains(\"x\")",
        "text.starts_with(NAME)",
        "text.ends_with(&\"x\")",
        "text.strip_prefix(r#\"x\"#)",
        "[\"x\", \"y\"].contains(&text)",
        "match text { \"x\" => 1, _ => 2 }",
        "match text { _ if sign => {} \"x\" | \"y\" if sign => 1, _ => 2 }",
        "match Some(text) { Some(\"x\") => 1, _ => 2 }",
        "match at { At { text: \"x\" } => 1, _ => 2 }",
        "match text { NAME => 1, _ => 2 }",
        "if let Some(\"x\") = text {}",
        "matches!(text, \"x\" | \"y\")",
        "assert!(text == \"x\")",
    ] {
        assert_eq!(found(line), 1, "{line}");
    }
    for line in [
        "sign == 'x'",
        "text.contains('x')",
        "text.contains(SIGN)",
        "help(\"text == x\")",
        "match sign { 'x' => \"x\", _ => { \"y\" } }",
        "match sign { 'x' => f(\"x\"), 'y' if f(\"y\") => 1, _ => 2 }",
        "let text = \"x\";",
        "matches!(f(\"x\"), Some(1))",
        "list.contains(&text)",
        "text.push_str(\"x\")",
    ] {
        assert_eq!(found(line), 0, "{line}");
    }
}
