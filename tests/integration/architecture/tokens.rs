//! Rust source as tokens: what is left of a file when comments, documentation and tests are gone.
//!
//! Tokens and not a syntax tree: what stands in a macro call or an attribute is then read as everything else is.

use std::fmt;

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// Words that begin an item or a statement that ends at its semicolon, whatever braces it has.
const TO_SEMICOLON: [&str; 6] = ["use", "const", "static", "type", "let", "extern"];

/// Words that begin an item that ends at its block or at its semicolon.
const TO_BLOCK: [&str; 10] =
    ["mod", "fn", "struct", "enum", "union", "trait", "impl", "macro_rules", "async", "unsafe"];

/// One token.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// As it is written. `::`, `==`, `!=`, `=>` and `->` are one token each.
    pub(super) text: String,
    /// The line it stands on.
    pub(super) line: usize,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// A literal.
    Literal,
    /// Everything else.
    Sign,
}

impl Token {
    /// Whether this is this word or sign.
    pub(super) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }

    /// What a string literal says; of a raw string as well.
    pub(super) fn string(&self) -> Option<&str> {
        let quoted = self.text.trim_start_matches(['r', '#']).trim_end_matches('#');
        (self.kind == Kind::Literal).then_some(quoted)?.strip_prefix('"')?.strip_suffix('"')
    }

    fn opens(&self) -> bool {
        ["(", "[", "{"].iter().any(|sign| self.is(sign))
    }

    fn closes(&self) -> bool {
        [")", "]", "}"].iter().any(|sign| self.is(sign))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// A file without its comments, its documentation and its tests.
pub(super) struct Code {
    /// The tokens that are left.
    pub(super) tokens: Vec<Token>,
    /// Modules that are declared here and are there for tests only: `#[cfg(test)] mod stage;`.
    pub(super) test_modules: Vec<String>,
    /// How many lines the file has besides its tests.
    pub(super) lines: usize,
}

/// Reads a file.
pub(super) fn read(name: &str, text: &str) -> Code {
    let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut all = Vec::new();
    flatten(stream, &mut all);
    let mut code = Code { tokens: Vec::new(), test_modules: Vec::new(), lines: text.lines().count() };
    let mut at = 0;
    while at < all.len() {
        let Some(attribute) = attribute(&all, at) else {
            code.tokens.push(all[at].clone());
            at += 1;
            continue;
        };
        if attribute.is_test && attribute.is_inner {
            return Code { tokens: Vec::new(), lines: 0, ..code };
        }
        if attribute.is_test {
            let (item, end) = item_after(&all, attribute.end);
            if let [first, name, last] = item
                && (first.is("mod") && last.is(";"))
            {
                code.test_modules.push(name.text.clone());
            }
            code.lines = code.lines.saturating_sub(all[end - 1].line + 1 - all[at].line);
            at = end;
        } else if attribute.is_documentation {
            at = attribute.end;
        } else {
            code.tokens.extend_from_slice(&all[at..attribute.end]);
            at = attribute.end;
        }
    }
    code
}

/// All tokens in a row; brackets are tokens as well.
fn flatten(stream: TokenStream, out: &mut Vec<Token>) {
    let mut joint: Option<char> = None;
    for tree in stream {
        let line = tree.span().start().line;
        let before = joint.take();
        match tree {
            TokenTree::Group(group) => flatten_group(&group, out),
            TokenTree::Ident(ident) => out.push(Token { text: ident.to_string(), line, kind: Kind::Word }),
            TokenTree::Literal(literal) => out.push(Token { text: literal.to_string(), line, kind: Kind::Literal }),
            TokenTree::Punct(punct) => {
                let pair = before.map(|before| [before, punct.as_char()].iter().collect::<String>());
                let is_pair = pair.as_ref().is_some_and(|pair| ["::", "==", "!=", "=>", "->"].contains(&pair.as_str()));
                if let (true, Some(pair), Some(last)) = (is_pair, pair, out.last_mut()) {
                    last.text = pair;
                    continue;
                }
                out.push(Token { text: punct.as_char().to_string(), line, kind: Kind::Sign });
                joint = (punct.spacing() == Spacing::Joint).then_some(punct.as_char());
            }
        }
    }
}

fn flatten_group(group: &Group, out: &mut Vec<Token>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    };
    let sign = |text: &str, line| Token { text: text.to_owned(), line, kind: Kind::Sign };
    out.push(sign(open, group.span_open().start().line));
    flatten(group.stream(), out);
    out.push(sign(close, group.span_close().start().line));
}

/// The place behind the bracket that closes the one at this place.
pub(super) fn behind_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}

struct Attribute {
    end: usize,
    is_test: bool,
    is_inner: bool,
    is_documentation: bool,
}

/// The attribute that begins here.
fn attribute(tokens: &[Token], at: usize) -> Option<Attribute> {
    tokens[at].is("#").then_some(())?;
    let is_inner = tokens.get(at + 1).is_some_and(|token| token.is("!"));
    let open = at + 1 + usize::from(is_inner);
    tokens.get(open).is_some_and(|token| token.is("[")).then_some(())?;
    let end = behind_group(tokens, open);
    let inside = &tokens[open + 1..end - 1];
    let is_cfg = inside.first().is_some_and(|token| token.is("cfg"));
    Some(Attribute {
        end,
        is_test: is_cfg && inside.len() > 3 && holds_in_tests_only(&inside[2..inside.len() - 1]),
        is_inner,
        is_documentation: inside.first().is_some_and(|token| token.is("doc")),
    })
}

/// Whether a condition is met in tests only: `test`, and `all(…)` of which one part is.
fn holds_in_tests_only(condition: &[Token]) -> bool {
    match condition {
        [word] => word.is("test"),
        [all, rest @ ..] if all.is("all") && rest.len() > 2 => {
            parts(&rest[1..rest.len() - 1]).into_iter().any(holds_in_tests_only)
        }
        _ => false,
    }
}

/// What stands between the commas of a list.
pub(super) fn parts(list: &[Token]) -> Vec<&[Token]> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, token) in list.iter().enumerate() {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && token.is(",") {
            found.push(&list[from..at]);
            from = at + 1;
        }
    }
    found.push(&list[from..]);
    found.retain(|part| !part.is_empty());
    found
}

/// What an attribute belongs to, without further attributes and visibility, and the place behind it: an item, a statement,
/// a field, a variant, an arm, an argument.
fn item_after(tokens: &[Token], mut at: usize) -> (&[Token], usize) {
    while let Some(attribute) = tokens.get(at).and_then(|_| attribute(tokens, at)) {
        at = attribute.end;
    }
    if tokens.get(at).is_some_and(|token| token.is("pub")) {
        at += 1;
        if tokens.get(at).is_some_and(|token| token.is("(")) {
            at = behind_group(tokens, at);
        }
    }
    let is_fn = tokens[at..].iter().take(5).take_while(|token| !token.opens() && !token.is(":")).any(|t| t.is("fn"));
    let first = &tokens[at];
    let end = if !is_fn && TO_SEMICOLON.iter().any(|word| first.is(word)) {
        end_of(tokens, at, |token| token.is(";"), false)
    } else if is_fn || TO_BLOCK.iter().any(|word| first.is(word)) {
        end_of(tokens, at, |token| token.is(";"), true)
    } else {
        end_of_part(tokens, at)
    };
    (&tokens[at..end], end)
}

/// The place behind the first token outside of brackets that is the last one; or behind the first block.
fn end_of(tokens: &[Token], mut at: usize, last: impl Fn(&Token) -> bool, block_ends: bool) -> usize {
    while let Some(token) = tokens.get(at) {
        if token.closes() {
            return at;
        }
        let next = if token.opens() { behind_group(tokens, at) } else { at + 1 };
        if last(token) || (block_ends && token.is("{")) {
            return next;
        }
        at = next;
    }
    at
}

/// The place behind a field, a variant, an arm, an argument, or an expression.
fn end_of_part(tokens: &[Token], mut at: usize) -> usize {
    let mut angles = 0_usize;
    while let Some(token) = tokens.get(at) {
        if token.closes() {
            return at;
        }
        if token.is(";") || (token.is(",") && angles == 0) {
            return at + 1;
        }
        if token.is("<") {
            angles += 1;
        } else if token.is(">") {
            angles = angles.saturating_sub(1);
        }
        if token.is("{") {
            at = behind_group(tokens, at);
            let goes_on = |token: &Token| token.is(",") || token.is(";");
            return if tokens.get(at).is_some_and(goes_on) { at + 1 } else { at };
        }
        at = if token.opens() { behind_group(tokens, at) } else { at + 1 };
    }
    at
}
