//! The README and the pages of `docs/`: each link leads somewhere, each page is in the index, and the README stays short.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::architecture::root;

/// What a newcomer reads in one go.
const README_LINES: usize = 250;

/// The README, the pages of `docs/`, and where each is.
fn pages() -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = entries.chain([root().join("README.md")]).map(|path| (path.clone(), fs::read_to_string(path).unwrap()));
    pages.collect()
}

/// The lines of a page that are not in a fenced block.
fn prose(page: &str) -> String {
    let mut is_fenced = false;
    let mut text = String::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if !is_fenced {
            text.push_str(line);
            text.push('\n');
        }
    }
    assert!(!is_fenced, "a block has no end");
    text
}

/// Where the links of a page lead. A name of a link may go over the end of a line, its target not.
fn targets(page: &str) -> Vec<String> {
    let text = prose(page);
    let behind = text.split("](").skip(1);
    behind.map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
}

/// The anchor that GitHub gives to each heading of a page.
fn anchors(page: &str) -> BTreeSet<String> {
    let text = prose(page);
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    titles.map(anchor).collect()
}

fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// What is wrong with a link of a page, if anything.
fn fault(page: &Path, target: &str) -> Option<String> {
    if target.starts_with("https://") {
        return None;
    }
    let (file, wanted) = target.split_once('#').map_or((target, None), |(file, wanted)| (file, Some(wanted)));
    let path = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    if !path.exists() {
        return Some(format!("{}: {target} leads to no file", page.display()));
    }
    let wanted = wanted?;
    let there = anchors(&fs::read_to_string(&path).unwrap());
    (!there.contains(wanted)).then(|| format!("{}: {target} is none of {there:?}", page.display()))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut seen = 0;
    for (path, page) in pages() {
        for target in targets(&page) {
            assert_eq!(fault(&path, &target), None);
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn a_link_that_leads_nowhere_is_seen() {
    let readme = root().join("README.md");
    for (target, is_right) in [
        ("https://example.com/x#y", true),
        ("docs/errors.md", true),
        ("docs/errors.md#errors", true),
        ("#see-it-work", true),
        ("docs/no-such-page.md", false),
        ("docs/errors.md#no-such-heading", false),
        ("#no-such-heading", false),
        ("http://example.com", false),
    ] {
        assert_eq!(fault(&readme, target).is_none(), is_right, "{target}");
    }
    assert_eq!(targets("[a\nb](x.md#y)\n\n```sh\n[c](d)\n```\n[e](f)"), ["x.md#y", "f"]);
    assert_eq!(anchor("What is `sign --force`, and why?"), "what-is-sign---force-and-why");
}

#[test]
fn every_page_asks_a_question_that_stands_in_the_index() {
    let index = fs::read_to_string(root().join("docs/README.md")).unwrap();
    for (path, page) in pages() {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "README.md" {
            continue;
        }
        let question = page.lines().next().unwrap().strip_prefix("# ").unwrap();
        assert!(question.ends_with('?'), "{name}: {question}");
        assert!(index.contains(&format!("[{question}]({name})")), "docs/README.md has no [{question}]({name})");
    }
}

#[test]
fn the_readme_is_short() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let lines = readme.lines().count();
    assert!(lines <= README_LINES, "README.md has {lines} lines, at most {README_LINES}: details go to docs/");
}
