//! What people read decides nothing: errors, reports and checks go by types, so that a text can be made better.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::source::Source;
use super::tokens::{Token, behind_group, parts};
use super::tree::{TREE, Tree};

/// Where texts for people are made.
const FOLDERS: [&str; 4] = ["src/error.rs", "src/error/", "src/report/", "src/command/doctor/"];

/// Files that compare texts, on how many lines, and why they may: nobody has a type for it.
#[rustfmt::skip]
const KNOWN: &[(&str, usize, &str)] = &[
    ("src/command/doctor/credentials.rs", 1, "names of variables"),
    ("src/command/doctor/iam.rs", 1, "AWS's name of a partition"),
    ("src/command/doctor/image.rs", 1, "words of the token protocol"),
    ("src/command/doctor/job.rs", 1, "names of variables"),
    ("src/command/doctor/profile.rs", 1, "AWS's name of a platform"),
    ("src/error/advice.rs", 5, "what clap writes, which has no other form"),
    ("src/report/escape.rs", 4, "what a text must not contain"),
    ("src/report/escape/markdown.rs", 1, "what a code span must not contain"),
    ("src/report/github.rs", 1, "the runner's rule for the file of artifacts"),
    ("src/report/gitlab/links.rs", 4, "hosts of AWS, and how its regions begin"),
    ("src/report/model.rs", 1, "our own name, where no command is known"),
    ("src/report/model/place.rs", 1, "parts of a path"),
    ("src/report/outputs.rs", 1, "the form of a layout's name"),
    ("src/report/signature.rs", 4, "names of attributes"),
    ("src/report/wrap.rs", 4, "how our own lines begin and are painted"),
];

/// Methods that look into a text.
const METHODS: [&str; 10] = [
    "contains",
    "ends_with",
    "eq",
    "eq_ignore_ascii_case",
    "find",
    "rsplit_once",
    "split_once",
    "starts_with",
    "strip_prefix",
    "strip_suffix",
];

/// The lines on which something is compared with a text that stands in the code.
pub(super) fn comparisons(tree: &Tree, source: &Source) -> BTreeSet<usize> {
    let constants: BTreeSet<&str> = tree.sources.values().flat_map(|other| &other.texts).map(String::as_str).collect();
    let tokens = &source.tokens;
    let is_text = |token: &Token| token.string().is_some() || constants.contains(token.text.as_str());
    let mut found = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_compared = if token.is("==") || token.is("!=") {
            tokens[..at].last().is_some_and(is_text) || operand(tokens, at + 1).is_some_and(is_text)
        } else if METHODS.iter().any(|method| token.is(method)) {
            is_method(tokens, at)
                && (operand(tokens, at + 2).is_some_and(is_text) || is_list(&tokens[..at - 1], &is_text))
        } else if token.is("=>") {
            pattern_before(tokens, at).iter().any(is_text)
        } else if token.is("let") {
            let end = tokens[at..].iter().position(|token| token.is("=") || token.is(";")).unwrap_or_default();
            tokens[at..at + end].iter().any(is_text)
        } else if token.is("matches") && tokens.get(at + 1).is_some_and(|next| next.is("!")) {
            let inside = &tokens[at + 3..behind_group(tokens, at + 2) - 1];
            parts(inside).into_iter().skip(1).any(|pattern| pattern.iter().any(is_text))
        } else {
            false
        };
        if is_compared {
            found.insert(token.line);
        }
    }
    found
}

/// The last word of the path, or the literal, that is on the right of an operator or in a bracket.
fn operand(tokens: &[Token], mut at: usize) -> Option<&Token> {
    while tokens.get(at)?.is("&") || tokens.get(at)?.is("*") {
        at += 1;
    }
    while tokens.get(at + 1).is_some_and(|next| next.is("::")) {
        at += 2;
    }
    tokens.get(at)
}

/// Whether a method is called here.
fn is_method(tokens: &[Token], at: usize) -> bool {
    at > 0 && tokens[at - 1].is(".") && tokens.get(at + 1).is_some_and(|next| next.is("("))
}

/// Whether a list of texts ends here.
fn is_list(tokens: &[Token], is_text: &impl Fn(&Token) -> bool) -> bool {
    let Some((last, before)) = tokens.split_last() else { return false };
    let open = before.iter().rposition(|token| token.is("[")).map_or(0, |open| open + 1);
    last.is("]") && before[open..].iter().any(is_text)
}

/// The pattern of the arm whose `=>` this is, without its guard.
fn pattern_before(tokens: &[Token], arrow: usize) -> &[Token] {
    let (mut depth, mut end, mut at) = (0_usize, arrow, arrow);
    while at > 0 {
        let token = &tokens[at - 1];
        let is_block = token.is("}") && at != end;
        if depth == 0 && (token.is(",") || token.is("(") || token.is("[") || token.is("{") || is_block) {
            break;
        }
        if token.is(")") || token.is("]") || token.is("}") {
            depth += 1;
        } else if token.is("(") || token.is("[") || token.is("{") {
            depth -= 1;
        } else if depth == 0 && token.is("if") {
            end = at - 1;
        }
        at -= 1;
    }
    &tokens[at..end]
}

#[test]
fn no_decision_hangs_on_what_people_read() {
    let (mut found, mut places, mut rows) = (Vec::new(), String::new(), String::new());
    for source in TREE.sources.values().filter(|source| FOLDERS.iter().any(|folder| source.file.starts_with(folder))) {
        let lines = comparisons(&TREE, source);
        for line in &lines {
            writeln!(places, "  {}:{line}", source.file).unwrap();
        }
        if !lines.is_empty() {
            let reason = KNOWN.iter().find(|known| known.0 == source.file).map_or("…", |known| known.2);
            writeln!(rows, "    ({:?}, {}, {reason:?}),", source.file, lines.len()).unwrap();
            found.push((source.file.as_str(), lines.len()));
        }
    }
    let known: Vec<_> = KNOWN.iter().map(|known| (known.0, known.1)).collect();
    assert!(found == known, "texts are compared here:\n{places}expected, if each of these is meant:\n{rows}");
}
