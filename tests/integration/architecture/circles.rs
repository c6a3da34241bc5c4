//! No file may lead back to itself through others: what belongs together then stands in one place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::source::Source;
use super::tree::{TREE, Tree};

/// Circles of files that are there, each in order of its names. One stays: a token is fetched through the layer that it is
/// for (`http` and `token`). The others should not be.
#[rustfmt::skip]
const KNOWN: &[&[&str]] = &[
    &["src/notary/trust_policy/scope.rs", "src/notary/trust_policy/statement.rs"],
    &["src/notary/verify/outcome.rs", "src/notary/verify/time.rs"],
    &["src/registry/http.rs", "src/registry/token.rs"],
    &["src/report/model.rs", "src/report/model/signature.rs", "src/report/shorten.rs"],
];

/// The same for what is first below `src/notary`, with all that is in it.
#[rustfmt::skip]
const KNOWN_IN_CORE: &[&[&str]] = &[
    &["extension", "revocation", "sign", "trust_policy", "verify"],
];

/// Members of a circle up to which the smallest set of arrows that ends it is looked for.
const SEARCHED: usize = 14;

/// From one to another, with the places that make it so.
type Arrows<'a> = BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<String>>>;

/// Which file needs which, and where it says so.
fn between_files(tree: &Tree) -> Arrows<'_> {
    arrows(tree, |source| Some(source.file.as_str()))
}

/// Which module of the core needs which.
fn in_core(tree: &Tree) -> Arrows<'_> {
    arrows(tree, |source| match source.module.as_slice() {
        [root, first, ..] if root == "notary" => Some(first.as_str()),
        _ => None,
    })
}

/// What needs what, by a name for each file. What is below a module is part of it.
fn arrows<'a>(tree: &'a Tree, name: impl Fn(&'a Source) -> Option<&'a str>) -> Arrows<'a> {
    let mut arrows = Arrows::new();
    for used in tree.uses().iter().filter(|used| used.is_glob || !used.landing.is_module) {
        let target = used.landing.file.as_ref().and_then(|file| tree.sources.get(file));
        let Some(target) = target.filter(|target| !target.module.starts_with(&used.source.module)) else { continue };
        let (Some(from), Some(to)) = (name(&used.source), name(target)) else { continue };
        if from != to {
            arrows.entry(from).or_default().entry(to).or_default().insert(used.place());
        }
    }
    arrows
}

/// Everything that can be reached from here.
fn reached<'a>(arrows: &Arrows<'a>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(name) = next.pop() {
        let further = arrows.get(name).into_iter().flat_map(BTreeMap::keys);
        next.extend(further.filter(|further| found.insert(**further)));
    }
    found
}

/// The circles: sets of which each member leads to each.
fn circles<'a>(arrows: &Arrows<'a>) -> Vec<Vec<&'a str>> {
    let reached: BTreeMap<_, _> = arrows.keys().map(|name| (*name, reached(arrows, name))).collect();
    let mut circles = BTreeSet::new();
    for (name, others) in &reached {
        let back = |other: &&&str| reached.get(**other).is_some_and(|further| further.contains(name));
        let circle: Vec<_> = others.iter().filter(back).copied().collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// The circles of files of these sources.
pub(super) fn circles_of_files(tree: &Tree) -> Vec<Vec<&str>> {
    circles(&between_files(tree))
}

/// Every circle with the lines that make it, and the arrows that would end it.
fn explain(arrows: &Arrows<'_>, circles: &[Vec<&str>]) -> String {
    let mut text = String::new();
    for circle in circles {
        writeln!(text, "\ncircle of {}", circle.join(", ")).unwrap();
        for from in circle {
            for to in circle {
                for place in arrows.get(from).and_then(|all| all.get(to)).into_iter().flatten() {
                    writeln!(text, "  -> {to}: {place}").unwrap();
                }
            }
        }
        let Some(cut) = smallest_cut(arrows, circle) else { continue };
        writeln!(text, "  ends when these are gone:").unwrap();
        for (from, to) in cut {
            writeln!(text, "    {from} -> {to} ({} lines)", arrows[from][to].len()).unwrap();
        }
    }
    text
}

/// The arrows of fewest lines without which there is no circle: of all orders of its members, the one in which the fewest
/// lines point up.
fn smallest_cut<'a>(arrows: &Arrows<'a>, circle: &[&'a str]) -> Option<Vec<(&'a str, &'a str)>> {
    (circle.len() <= SEARCHED).then_some(())?;
    let weight =
        |from: usize, to: usize| arrows.get(circle[from]).and_then(|all| all.get(circle[to])).map_or(0, BTreeSet::len);
    // For each set that stands on top: the fewest lines that point up, and the member that stands last in it.
    let mut best = vec![(usize::MAX, 0); 1 << circle.len()];
    best[0] = (0, 0);
    for above in 0..best.len() {
        for next in (0..circle.len()).filter(|next| above & (1 << next) == 0) {
            let up: usize = (0..circle.len()).filter(|to| above & (1 << to) != 0).map(|to| weight(next, to)).sum();
            let with = above | (1 << next);
            best[with] = best[with].min((best[above].0 + up, next));
        }
    }
    let (mut above, mut cut) = (best.len() - 1, Vec::new());
    while above != 0 {
        let last = best[above].1;
        above &= !(1 << last);
        let up = (0..circle.len()).filter(|to| above & (1 << to) != 0 && weight(last, *to) > 0);
        cut.extend(up.map(|to| (circle[last], circle[to])));
    }
    Some(cut)
}

/// Compares the circles with those that are known, and shows them.
fn compare(arrows: &Arrows<'_>, known: &[&[&str]]) {
    let circles = circles(arrows);
    let explained = explain(arrows, &circles);
    let rows: String = circles.iter().map(|circle| format!("    &{circle:?},\n")).collect();
    assert!(circles == known, "{explained}\nexpected, if each of these is meant:\n{rows}");
    #[expect(clippy::print_stdout, reason = "shown with --nocapture")]
    {
        println!("{explained}");
    }
}

#[test]
fn the_circles_between_files_are_the_known_ones() {
    compare(&between_files(&TREE), KNOWN);
}

#[test]
fn the_circles_between_modules_of_the_core_are_the_known_ones() {
    compare(&in_core(&TREE), KNOWN_IN_CORE);
}
