//! Which room may use which: one table, held exactly, and its picture in `src/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::{env, fs};

use super::root;
use super::table::{OWED, ROOMS};
use super::tree::{TREE, Tree, Use};

/// Where the picture begins and ends.
const FRAME: [&str; 2] =
    ["<!-- rooms: made from tests/integration/architecture/table.rs -->\n```text\n", "```\n<!-- /rooms -->"];

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
    let downwards = ROOMS.iter().flat_map(|(from, _, all)| all.iter().map(move |to| (*from, *to)));
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
    let mut order: Vec<_> = ROOMS.iter().map(|room| room.0.to_owned()).filter(|name| there.contains(name)).collect();
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
    let mut text = String::from("ROOMS\n");
    let mut owed = String::new();
    for (at, from) in order.iter().enumerate() {
        let all: Vec<_> = order.iter().filter(|to| arrows.contains_key(&(from.clone(), (*to).clone()))).collect();
        let reason = |to: &str| OWED.iter().find(|known| known.0 == from && known.1 == to).map(|known| known.2);
        let is_owed = |to: &&&String| reason(to).is_some() || order[..at].contains(to);
        let down: Vec<_> = all.iter().filter(|to| !is_owed(to)).map(|to| format!("\"{to}\"")).collect();
        let what = ROOMS.iter().find(|room| room.0 == from).map_or("…", |room| room.1);
        writeln!(text, "    (\"{from}\", \"{what}\",\n        &[{}]),", down.join(", ")).unwrap();
        for to in all.iter().filter(is_owed) {
            writeln!(owed, "    (\"{from}\", \"{to}\", \"{}\"),", reason(to).unwrap_or("…")).unwrap();
        }
    }
    text + "OWED\n" + &owed
}

/// Where a room is below `src`.
fn place(name: &str) -> String {
    let path = name.replace("::", "/");
    let folder = format!("{path}/");
    if TREE.sources.keys().any(|file| file.starts_with(&format!("src/{folder}"))) { folder } else { path + ".rs" }
}

/// The table as a picture.
fn picture() -> String {
    let width = ROOMS.iter().map(|room| place(room.0).len()).max().unwrap_or_default();
    let mut text = String::new();
    for (from, what, all) in ROOMS {
        let owed = OWED.iter().filter(|known| known.0 == *from).map(|known| format!("({})", known.1));
        let names: Vec<_> = all.iter().map(|to| (*to).to_owned()).chain(owed).collect();
        writeln!(text, "{:width$}  {what}", place(from)).unwrap();
        if names.is_empty() {
            continue;
        }
        let mut line = format!("{:width$}  →", "");
        for name in names {
            if line.chars().count() + 1 + name.len() > WIDTH {
                writeln!(text, "{line}").unwrap();
                line = format!("{:width$}   ", "");
            }
            line.push(' ');
            line.push_str(&name);
        }
        writeln!(text, "{line}").unwrap();
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
    let rows: Vec<_> = ROOMS.iter().map(|room| room.0).collect();
    if order(&TREE) != rows {
        writeln!(faults, "the rows are not the rooms").unwrap();
    }
    assert!(faults.is_empty(), "{faults}\nexpected, if each of these is meant:\n{}", written(&TREE));
}

#[test]
fn arrows_point_down_and_rooms_have_no_circle() {
    let place = |name: &str| ROOMS.iter().position(|room| room.0 == name);
    for (from, _, all) in ROOMS {
        let places: Vec<_> = all.iter().map(|to| place(to)).collect();
        assert!(places.is_sorted(), "{from}: in the order of the rows");
        assert!(places.iter().all(|to| *to > place(from)), "{from}: to rows below it");
    }
    for (name, what, _) in ROOMS {
        assert!(!what.trim_matches('…').is_empty(), "{name}: what is in it");
    }
    for (from, to, what) in OWED {
        assert!(!what.trim_matches('…').is_empty(), "{from} -> {to}: what ends it");
    }
}

/// What a table in order cannot say by itself.
#[test]
fn the_table_keeps_to_the_design() {
    for (from, _, all) in ROOMS {
        let is_above = ["run", "command"].contains(from);
        assert!(is_above || !all.contains(&"command"), "{from}: nobody but run knows commands");
        let is_pure = |to: &&str| ["notary", "exit_code"].contains(to);
        assert!(*from != "report" || all.iter().all(is_pure), "reports know the core and a leaf");
        assert!(*from != "notary" || all.is_empty(), "the core knows nothing of ours");
        let calls_aws = ["command", "verification", "signing", "signer", "evidence", "registry"].contains(from);
        assert!(calls_aws || !all.contains(&"aws"), "{from}: calls to AWS");
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
