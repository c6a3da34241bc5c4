//! What is changed, as a unified diff that `patch` and `git apply` take. What was edited is known, so nothing is compared.

use std::fmt::Write as _;
use std::ops::Range;

use super::edit::Edit;

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// Lines that are replaced, by their numbers from 0, and by what.
struct Change {
    lines: Range<usize>,
    new: String,
}

/// Lines that were removed and added by the hunks before.
#[derive(Default)]
struct Shift {
    removed: usize,
    added: usize,
}

/// Renders edits of a text, which are in its order and do not overlap, as a change of the file `name`. Control characters of
/// the text are left as they are: whoever shows them escapes them.
pub(crate) fn unified(name: &str, text: &str, edits: &[Edit]) -> String {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let changes = changes(text, &lines, edits);
    if changes.is_empty() {
        return String::new();
    }
    let mut diff = format!("--- {}\n+++ {}\n", side("a", name), side("b", name));
    let mut shift = Shift::default();
    let is_near =
        |one: &Change, next: &Change| next.lines.start.saturating_sub(one.lines.end) <= CONTEXT.saturating_mul(2);
    for hunk in changes.chunk_by(is_near) {
        add_hunk(&mut diff, &lines, hunk, &mut shift);
    }
    diff
}

/// Brings edits together that are in the same lines.
fn changes(text: &str, lines: &[&str], edits: &[Edit]) -> Vec<Change> {
    let mut start = 0_usize;
    let starts: Vec<_> = lines
        .iter()
        .map(|line| {
            let at = start;
            start = start.saturating_add(line.len());
            at
        })
        .collect();
    let line_of = |offset: usize| starts.partition_point(|start| *start <= offset).saturating_sub(1);
    let touched = |edit: &Edit| {
        let last = edit.span.end.saturating_sub(1).max(edit.span.start);
        line_of(edit.span.start)..line_of(last).saturating_add(1)
    };
    // Edits are in order: one that begins in a line in which the one before ends belongs to the same change.
    let groups = edits.chunk_by(|one, next| touched(next).start < touched(one).end);
    groups
        .filter_map(|group| {
            let (first, last) = (touched(group.first()?), touched(group.last()?));
            let lines = first.start..last.end;
            let mut at = starts.get(lines.start).copied()?;
            let end = starts.get(lines.end).copied().unwrap_or(text.len());
            let mut new = String::new();
            for edit in group {
                new.push_str(text.get(at..edit.span.start)?);
                new.push_str(&edit.text);
                at = edit.span.end;
            }
            new.push_str(text.get(at..end)?);
            Some(Change { lines, new })
        })
        .collect()
}

/// Changes that are near each other, with the lines around and between them.
fn add_hunk(diff: &mut String, lines: &[&str], changes: &[Change], shift: &mut Shift) {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
    let start = first.lines.start.saturating_sub(CONTEXT);
    let end = last.lines.end.saturating_add(CONTEXT).min(lines.len());
    let removed: usize = changes.iter().map(|change| change.lines.len()).sum();
    let added: usize = changes.iter().map(|change| change.new.split_inclusive('\n').count()).sum();
    let old_length = end.saturating_sub(start);
    let new_length = old_length.saturating_add(added).saturating_sub(removed);
    let old_start = start.saturating_add(1);
    let new_start = old_start.saturating_add(shift.added).saturating_sub(shift.removed);
    let _ = writeln!(diff, "@@ -{old_start},{old_length} +{new_start},{new_length} @@");
    let mut at = start;
    let between = |diff: &mut String, range: Range<usize>| {
        lines.get(range).unwrap_or_default().iter().for_each(|line| add_line(diff, ' ', line));
    };
    for change in changes {
        between(diff, at..change.lines.start);
        lines.get(change.lines.clone()).unwrap_or_default().iter().for_each(|line| add_line(diff, '-', line));
        change.new.split_inclusive('\n').for_each(|line| add_line(diff, '+', line));
        at = change.lines.end;
    }
    between(diff, at..end);
    shift.removed = shift.removed.saturating_add(removed);
    shift.added = shift.added.saturating_add(added);
}

fn add_line(diff: &mut String, sign: char, line: &str) {
    diff.push(sign);
    diff.push_str(line);
    if !line.ends_with('\n') {
        diff.push_str("\n\\ No newline at end of file\n");
    }
}

/// The name of a file on one side, as git writes it: in quotes if it has signs that would end it, and followed by a tab if it
/// has a space.
fn side(prefix: &str, name: &str) -> String {
    let path = format!("{prefix}/{}", name.trim_start_matches('/'));
    if !path.chars().any(|sign| sign.is_control() || matches!(sign, '"' | '\\')) {
        return if path.contains(' ') { path + "\t" } else { path };
    }
    let mut quoted = String::from("\"");
    for sign in path.chars() {
        match sign {
            '"' | '\\' => quoted.extend(['\\', sign]),
            sign if sign.is_control() => {
                let mut bytes = [0; 4];
                for byte in sign.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(quoted, "\\{byte:03o}");
                }
            }
            sign => quoted.push(sign),
        }
    }
    quoted + "\""
}
