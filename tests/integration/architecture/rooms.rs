//! Which room may use which: one table, held exactly, and its picture in `src/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::{env, fs};

use super::root;
use super::tree::{TREE, Tree, Use};

/// The rooms from top to bottom, each with what it uses. An arrow points down, so rooms have no circle. What is not here
/// fails, and so does what is here and no code uses.
#[rustfmt::skip]
const ROOMS: &[(&str, &[&str])] = &[
    ("main", &["command", "signals", "error", "context", "config", "ci", "cli", "output", "clock", "report", "exit_code", "env", "notary"]),
    ("command", &["error", "context", "config", "ci", "cli", "evidence", "signer", "registry", "aws", "transport", "aws::facts", "progress", "files", "clock", "report", "env", "reference", "notary"]),
    ("signals", &["error"]),
    ("error", &["config", "signer", "registry", "aws", "aws::facts", "report", "exit_code", "reference", "notary"]),
    ("context", &["config", "ci", "progress", "clock", "report", "env"]),
    ("config", &["ci", "cli", "transport", "aws::facts", "files", "report", "env", "notary"]),
    ("ci", &["env"]),
    ("cli", &[]),
    ("evidence", &["aws", "notary"]),
    ("signer", &["aws", "files", "clock", "report", "notary"]),
    ("registry", &["aws", "transport", "process", "secrets", "files", "env", "reference", "notary"]),
    ("aws", &["transport", "process", "secrets", "aws::facts", "files", "clock", "notary"]),
    ("transport", &["files", "notary"]),
    ("process", &[]),
    ("secrets", &[]),
    ("aws::facts", &["files"]),
    ("progress", &["output", "report"]),
    ("output", &["report"]),
    ("files", &[]),
    ("clock", &["notary"]),
    ("report", &["exit_code", "notary"]),
    ("exit_code", &[]),
    ("env", &[]),
    ("reference", &["notary"]),
    ("notary", &[]),
];

/// Arrows that the design forbids and that are there: what ends each.
#[rustfmt::skip]
const OWED: &[(&str, &str, &str)] = &[
    ("error", "command", "what two commands share leaves `command`, and each converts the errors that are its own"),
    ("config", "aws", "settings read facts of AWS only, once these stand apart from its calls"),
    ("aws::facts", "aws", "facts know no calls"),
];

/// Where the picture begins and ends.
const FRAME: [&str; 2] =
    ["<!-- rooms: made from tests/integration/architecture/rooms.rs -->\n```text\n", "```\n<!-- /rooms -->"];

/// Places that are shown of an arrow that the table does not allow.
const SHOWN: usize = 6;

/// Columns of the picture.
const WIDTH: usize = 118;

/// From one room to another, with the places that make it so.
type Arrows = BTreeMap<(String, String), BTreeSet<String>>;

/// The room that a file is in: what is first below `src`. The facts of AWS are a room of their own.
pub(super) fn room(file: &str) -> &str {
    let below = file.strip_prefix("src/").unwrap_or(file);
    if below.starts_with("aws/facts/") || below == "aws/facts.rs" {
        return "aws::facts";
    }
    below.split('/').next().unwrap_or(below).trim_end_matches(".rs")
}

/// The rooms that a place uses: where its path ends, and what it goes through.
fn rooms_of(used: &Use) -> impl Iterator<Item = &str> {
    used.landing.doors.iter().chain(&used.landing.file).map(|file| room(file))
}

/// Every arrow between rooms.
pub(super) fn arrows(tree: &Tree) -> Arrows {
    let mut arrows = Arrows::new();
    for used in tree.uses() {
        let from = room(&used.source.file);
        for to in rooms_of(used).filter(|to| *to != from) {
            arrows.entry((from.to_owned(), to.to_owned())).or_default().insert(used.place());
        }
    }
    arrows
}

/// What the table allows.
fn allowed() -> BTreeSet<(String, String)> {
    let downwards = ROOMS.iter().flat_map(|(from, all)| all.iter().map(move |to| (*from, *to)));
    let owed = OWED.iter().map(|(from, to, _)| (*from, *to));
    downwards.chain(owed).map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
}

/// What the table does not allow.
pub(super) fn forbidden(tree: &Tree) -> Arrows {
    let allowed = allowed();
    arrows(tree).into_iter().filter(|(arrow, _)| !allowed.contains(arrow)).collect()
}

/// The rooms in the order of the table; a new one above the first that it uses.
fn order(tree: &Tree) -> Vec<String> {
    let there: BTreeSet<_> = tree.sources.keys().map(|file| room(file).to_owned()).collect();
    let mut order: Vec<_> =
        ROOMS.iter().map(|(name, _)| (*name).to_owned()).filter(|name| there.contains(name)).collect();
    let arrows = arrows(tree);
    let mut new: Vec<_> = there.into_iter().filter(|name| !order.contains(name)).collect();
    while !new.is_empty() {
        let uses = |from: &str, to: &str| arrows.contains_key(&(from.to_owned(), to.to_owned()));
        // The one of them that uses fewest of the others.
        let next = (0..new.len()).min_by_key(|at| new.iter().filter(|other| uses(&new[*at], other)).count());
        let name = new.remove(next.unwrap_or_default());
        // One that uses nothing stands above the core.
        let bottom = order.len().saturating_sub(1);
        let at = order.iter().position(|other| uses(&name, other)).unwrap_or(bottom);
        order.insert(at, name);
    }
    order
}

/// The two tables as they would have to be written.
fn written(tree: &Tree) -> String {
    let order = order(tree);
    let arrows = arrows(tree);
    let mut text = String::from("#[rustfmt::skip]\nconst ROOMS: &[(&str, &[&str])] = &[\n");
    let mut owed = String::new();
    for (at, from) in order.iter().enumerate() {
        let all: Vec<_> = order.iter().filter(|to| arrows.contains_key(&(from.clone(), (*to).clone()))).collect();
        let reason = |to: &str| OWED.iter().find(|known| known.0 == from && known.1 == to).map(|known| known.2);
        let is_owed = |to: &&&String| reason(to).is_some() || order[..at].contains(to);
        let down: Vec<_> = all.iter().filter(|to| !is_owed(to)).map(|to| format!("\"{to}\"")).collect();
        writeln!(text, "    (\"{from}\", &[{}]),", down.join(", ")).unwrap();
        for to in all.iter().filter(is_owed) {
            writeln!(owed, "    (\"{from}\", \"{to}\", \"{}\"),", reason(to).unwrap_or("…")).unwrap();
        }
    }
    text + "];\n#[rustfmt::skip]\nconst OWED: &[(&str, &str, &str)] = &[\n" + &owed + "];"
}

/// The table as a picture.
fn picture() -> String {
    let width = ROOMS.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (from, all) in ROOMS {
        let owed = OWED.iter().filter(|known| known.0 == *from).map(|known| format!("({})", known.1));
        let names = all.iter().map(|to| (*to).to_owned()).chain(owed);
        let mut line = format!("{from:width$}");
        for (at, name) in names.enumerate() {
            if line.chars().count() + 1 + name.len() > WIDTH {
                writeln!(text, "{}", line.trim_end()).unwrap();
                line = " ".repeat(width + 2);
            }
            line.push_str(if at == 0 { " → " } else { " " });
            line.push_str(&name);
        }
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    text
}

#[test]
fn each_room_uses_what_its_row_says_and_nothing_else() {
    let mut faults = String::new();
    for ((from, to), places) in forbidden(&TREE) {
        writeln!(faults, "`{from}` may not use `{to}`:").unwrap();
        for place in places.iter().take(SHOWN) {
            writeln!(faults, "  {place}").unwrap();
        }
        if places.len() > SHOWN {
            writeln!(faults, "  and {} more", places.len() - SHOWN).unwrap();
        }
    }
    let arrows = arrows(&TREE);
    for (from, to) in allowed().iter().filter(|arrow| !arrows.contains_key(*arrow)) {
        writeln!(faults, "`{from}` does not use `{to}` any more").unwrap();
    }
    let rows: Vec<_> = ROOMS.iter().map(|(name, _)| *name).collect();
    if order(&TREE) != rows {
        writeln!(faults, "the rows are not the rooms").unwrap();
    }
    assert!(faults.is_empty(), "{faults}\nexpected, if each of these is meant:\n{}", written(&TREE));
}

#[test]
fn arrows_point_down_and_rooms_have_no_circle() {
    let place = |name: &str| ROOMS.iter().position(|room| room.0 == name);
    for (from, all) in ROOMS {
        let places: Vec<_> = all.iter().map(|to| place(to)).collect();
        assert!(places.is_sorted(), "{from}: in the order of the rows");
        assert!(places.iter().all(|to| *to > place(from)), "{from}: to rows below it");
    }
    for (from, to, what) in OWED {
        assert!(!what.trim_matches('…').is_empty(), "{from} -> {to}: what ends it");
    }
}

/// What a table in order cannot say by itself.
#[test]
fn the_table_keeps_to_the_design() {
    for (from, all) in ROOMS {
        let is_above = ["main", "command"].contains(from);
        assert!(is_above || !all.contains(&"command"), "{from}: nobody but main knows commands");
        let is_pure = |to: &&str| ["notary", "exit_code"].contains(to);
        assert!(*from != "report" || all.iter().all(is_pure), "reports know the core and a leaf");
        assert!(*from != "notary" || all.is_empty(), "the core knows nothing of ours");
        let calls_aws = ["command", "verification", "signing", "signer", "evidence", "registry"].contains(from);
        assert!(calls_aws || *from == "error" || !all.contains(&"aws"), "{from}: calls to AWS");
    }
}

/// With `SEALTEST_WRITE=1` the picture is written.
#[test]
fn the_picture_of_the_rooms_is_the_table() {
    let file = root().join("src/README.md");
    let text = fs::read_to_string(&file).unwrap();
    let [begin, end] = FRAME;
    let (before, rest) = text.split_once(begin).expect("the picture's frame");
    let (drawn, after) = rest.split_once(end).expect("the end of the picture's frame");
    let expected = picture();
    #[expect(clippy::disallowed_methods, reason = "a wish of whoever runs the test")]
    let is_written = env::var_os("SEALTEST_WRITE").is_some();
    if drawn != expected && is_written {
        fs::write(&file, [before, begin, &expected, end, after].concat()).unwrap();
        return;
    }
    assert!(drawn == expected, "src/README.md, expected (written with SEALTEST_WRITE=1):\n{expected}");
}
