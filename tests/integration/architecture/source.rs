//! One source file: what it defines, what it binds to names, and every path that it mentions.

use std::collections::BTreeSet;

use super::tokens::{Kind, Token, behind_group, read};

/// Words that begin the definition of a type.
const TYPES: [&str; 5] = ["struct", "enum", "union", "trait", "type"];

/// Words that begin any other definition that has a name.
const VALUES: [&str; 3] = ["fn", "const", "static"];

/// A source file.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The path below the project's folder.
    pub(super) file: String,
    /// The path of its module, from `crate` or, in the core, from `notary`; of the program, `main`.
    pub(super) module: Vec<String>,
    /// The tokens that are left without comments and tests.
    pub(super) tokens: Vec<Token>,
    /// Modules of it that are there for tests only.
    pub(super) test_modules: Vec<Vec<String>>,
    /// How many lines it has besides its tests.
    pub(super) lines: usize,
    /// What it defines: the module and the name.
    pub(super) items: BTreeSet<(Vec<String>, String)>,
    /// The types among them.
    pub(super) types: BTreeSet<String>,
    /// Constants that are texts.
    pub(super) texts: BTreeSet<String>,
    /// Modules that are written out in it.
    pub(super) inline: Vec<Vec<String>>,
    /// Names that `use` binds.
    pub(super) bindings: Vec<Binding>,
    /// Paths outside of `use`.
    pub(super) mentions: Vec<Mention>,
}

/// One name that `use` binds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    /// The module it is bound in.
    pub(super) module: Vec<String>,
    /// The name; none for `*`.
    pub(super) name: Option<String>,
    /// What it is a name for.
    pub(super) path: Vec<String>,
    /// Where.
    pub(super) line: usize,
}

/// A path in code, in a macro call or in an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// The module it stands in.
    pub(super) module: Vec<String>,
    /// The path as it is written.
    pub(super) path: Vec<String>,
    /// Where.
    pub(super) line: usize,
    /// The place of the token behind it.
    pub(super) end: usize,
}

impl Source {
    /// Reads a file.
    pub(super) fn new(file: &str, text: &str) -> Self {
        let module = module_of(file);
        let code = read(file, text);
        let test_modules = code.test_modules.iter().map(|name| child(&module, name)).collect();
        let mut source = Self {
            file: file.to_owned(),
            module: module.clone(),
            tokens: code.tokens,
            test_modules,
            lines: code.lines,
            items: BTreeSet::new(),
            types: BTreeSet::new(),
            texts: BTreeSet::new(),
            inline: Vec::new(),
            bindings: Vec::new(),
            mentions: Vec::new(),
        };
        let tokens = std::mem::take(&mut source.tokens);
        source.scan(&tokens, module);
        // What a single word names is in this file, or in its `use`; of macros, how they are called counts.
        let is_macro = |mention: &Mention| tokens.get(mention.end).is_some_and(|token| token.is("!"));
        source.mentions.retain(|mention| mention.path.len() > 1 || is_macro(mention));
        source.tokens = tokens;
        source
    }

    /// Whether nothing of it is in the binary: a file of tests by its name.
    pub(super) fn is_test(file: &str) -> bool {
        file.split('/').any(|part| part == "tests" || part == "tests.rs")
    }

    fn scan(&mut self, tokens: &[Token], root: Vec<String>) {
        // The modules around this place; none for any other bracket.
        let mut around: Vec<Option<Vec<String>>> = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let module = around.iter().rev().find_map(Option::as_ref).unwrap_or(&root);
            let next = tokens.get(at + 1);
            if token.is("mod") && next.is_some_and(|next| next.kind == Kind::Word) {
                let name = child(module, &tokens[at + 1].text);
                if tokens.get(at + 2).is_some_and(|token| token.is("{")) {
                    self.inline.push(name.clone());
                    around.push(Some(name));
                }
                at += 3;
            } else if token.is("use") && !next.is_some_and(|next| next.is("<")) {
                let end = tokens.iter().skip(at).position(|token| token.is(";")).map_or(tokens.len(), |len| at + len);
                bind(&tokens[at + 1..end], &[], &mut |name, path, line| {
                    self.bindings.push(Binding { module: module.clone(), name, path, line });
                });
                at = end + 1;
            } else if token.is("pub") && next.is_some_and(|next| next.is("(")) && is_visibility(&tokens[at + 2..]) {
                at = behind_group(tokens, at + 1);
            } else if token.is("(") || token.is("[") || token.is("{") {
                around.push(None);
                at += 1;
            } else if token.is(")") || token.is("]") || token.is("}") {
                around.pop();
                at += 1;
            } else if token.kind == Kind::Word {
                if around.iter().all(Option::is_some) {
                    self.define(tokens, at, module);
                }
                at = self.mention(tokens, at, module);
            } else {
                self.mention_in_text(tokens, at, module);
                at += 1;
            }
        }
    }

    /// Notes the definition that begins here.
    fn define(&mut self, tokens: &[Token], at: usize, module: &[String]) {
        let name_at = if tokens[at].is("macro_rules") { at + 2 } else { at + 1 };
        let Some(name) = tokens.get(name_at).filter(|token| token.kind == Kind::Word && !token.is("fn")) else {
            return;
        };
        let is = |words: &[&str]| words.iter().any(|word| tokens[at].is(word));
        if is(&TYPES) {
            self.types.insert(name.text.clone());
        }
        if is(&["const"]) {
            let until = tokens.iter().skip(at).position(|token| token.is("=")).unwrap_or_default();
            if tokens.iter().skip(at).take(until).any(|token| token.is("str")) {
                self.texts.insert(name.text.clone());
            }
        }
        if is(&TYPES) || is(&VALUES) || is(&["macro_rules"]) {
            self.items.insert((module.to_vec(), name.text.clone()));
        }
    }

    /// Notes the path that begins here; the place behind it.
    fn mention(&mut self, tokens: &[Token], at: usize, module: &[String]) -> usize {
        let is = |at: Option<usize>, sign: &str| at.and_then(|at| tokens.get(at)).is_some_and(|token| token.is(sign));
        let before = at.checked_sub(1);
        let mut path = vec![tokens[at].text.clone()];
        let mut end = at + 1;
        while is(Some(end), "::") && tokens.get(end + 1).is_some_and(|token| token.kind == Kind::Word) {
            path.push(tokens[end + 1].text.clone());
            end += 2;
        }
        let is_variable = is(before, "$") && path[0] != "crate";
        let is_continued = is(before, "::") && (is(at.checked_sub(2), ">") || is_variable);
        let is_no_path = is(before, ".") && !is(at.checked_sub(2), ".") || is(before, "'") || is_variable;
        if !is_continued && !is_no_path {
            self.mentions.push(Mention { module: module.to_vec(), path, line: tokens[at].line, end });
        }
        end
    }

    /// Notes the path in an attribute such as `#[serde(with = "crate::time")]`.
    fn mention_in_text(&mut self, tokens: &[Token], at: usize, module: &[String]) {
        let is_value =
            at > 1 && tokens[at - 1].is("=") && (tokens[at - 2].text.ends_with("with") || tokens[at - 2].is("default"));
        if let Some(text) = tokens[at].string().filter(|_| is_value) {
            let path = text.split("::").map(str::to_owned).collect();
            self.mentions.push(Mention { module: module.to_vec(), path, line: tokens[at].line, end: at + 1 });
        }
    }
}

/// The module that a file is.
fn module_of(file: &str) -> Vec<String> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    if path == "src/main" {
        return vec!["main".to_owned()];
    }
    let (root, below) = match path.strip_prefix("src/notary/") {
        Some(below) => ("notary", below),
        None => ("crate", path.strip_prefix("src/").unwrap_or(path)),
    };
    let mut module = vec![root.to_owned()];
    module.extend(below.split('/').map(str::to_owned));
    let last = module.last().map(String::as_str);
    if last == Some("mod") || (module.len() == 2 && last == Some("lib")) {
        module.pop();
    }
    module
}

fn child(module: &[String], name: &str) -> Vec<String> {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// Whether what is open behind `pub` is no type.
fn is_visibility(tokens: &[Token]) -> bool {
    let is_word = ["crate", "super", "self"].iter().any(|word| tokens[0].is(word));
    tokens[0].is("in") || (is_word && tokens.get(1).is_some_and(|token| token.is(")")))
}

/// Every name that a tree of `use` binds.
fn bind(tree: &[Token], before: &[String], found: &mut dyn FnMut(Option<String>, Vec<String>, usize)) {
    let mut path = before.to_vec();
    let mut at = 0;
    while let Some(token) = tree.get(at) {
        if token.is("::") {
            at += 1;
        } else if token.is("*") {
            return found(None, path, token.line);
        } else if token.is("{") {
            let end = behind_group(tree, at);
            for part in super::tokens::parts(&tree[at + 1..end - 1]) {
                bind(part, &path, found);
            }
            return;
        } else if token.is("as") {
            let name = tree.get(at + 1).map(|token| token.text.clone());
            return found(name, path, token.line);
        } else if token.is("self") && !path.is_empty() {
            at += 1;
        } else {
            path.push(token.text.clone());
            at += 1;
        }
    }
    let line = tree.first().map_or(0, |token| token.line);
    found(path.last().cloned(), path, line);
}
