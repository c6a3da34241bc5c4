//! Reading values of a file of gates: each of the expected type, each fault noted, and reading goes on.

use super::fault::{Fault, Placed};
use super::limits;
use crate::document::{self, Map, Node, Place};

/// The faults that were found.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Vec<Placed>,
    /// Place of the first that is not told any more.
    beyond: Option<Place>,
}

impl Faults {
    pub(super) fn note(&mut self, place: Place, fault: Fault) {
        match self.found.len() < limits::FAULTS {
            true => self.found.push(Placed { place, fault }),
            false => self.beyond = self.beyond.or(Some(place)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// In the order of the file; at the end that there are more, if there are.
    pub(super) fn sorted(mut self) -> Vec<Placed> {
        self.found.sort_by_key(|fault| fault.place);
        self.found.extend(self.beyond.map(|place| Placed { place, fault: Fault::More { limit: limits::FAULTS } }));
        self.found
    }

    pub(super) fn wrong_type(&mut self, node: Node<'_>, what: &str, expected: &'static str) {
        self.note(node.place(), Fault::Type { what: what.to_owned(), expected, found: node.kind() });
    }

    /// A map with these members and no others.
    pub(super) fn map<'a>(&mut self, node: Node<'a>, what: &str, known: &'static [&'static str]) -> Option<Map<'a>> {
        let map = self.any_map(node, what)?;
        for (key, _) in map.members() {
            let name = key.raw().unwrap_or_default();
            if !known.contains(&name) && name != document::MERGE {
                let fault = Fault::Unknown { what: what.to_owned(), member: name.to_owned(), known };
                self.note(key.place(), fault);
            }
        }
        Some(map)
    }

    /// A map of names that the file chooses. Nothing is merged into it: who reads the file sees what it asks.
    pub(super) fn any_map<'a>(&mut self, node: Node<'a>, what: &str) -> Option<Map<'a>> {
        let Some(map) = node.map() else {
            self.wrong_type(node, what, "a map");
            return None;
        };
        self.check_untagged(node, what);
        for (key, _) in map.members().filter(|(key, _)| key.raw() == Some(document::MERGE)) {
            self.note(key.place(), Fault::Merge { what: what.to_owned() });
        }
        Some(map)
    }

    /// A list or map with a tag is something else to some readers, and nothing here.
    fn check_untagged(&mut self, node: Node<'_>, what: &str) {
        if let Some(tag) = node.tag() {
            self.note(node.place(), Fault::Tag { what: what.to_owned(), tag: tag.to_owned() });
        }
    }

    /// The named entries of a map, at most so many.
    pub(super) fn named<'a>(&mut self, node: Node<'a>, what: &str, limit: usize) -> Vec<(String, Place, Node<'a>)> {
        let Some(map) = self.any_map(node, what) else { return Vec::new() };
        let members = map.members();
        if members.len() == 0 {
            self.note(node.place(), Fault::Empty { what: what.to_owned() });
        }
        if members.len() > limit {
            self.note(node.place(), Fault::TooMany { what: what.to_owned(), limit });
        }
        let named = members.take(limit).filter_map(|(key, value)| {
            let name = key.text().or(key.raw()).unwrap_or_default();
            if name == document::MERGE {
                return None;
            }
            if is_name(name) {
                return Some((name.to_owned(), key.place(), value));
            }
            self.note(key.place(), Fault::Name { found: name.to_owned() });
            None
        });
        named.collect()
    }

    pub(super) fn text<'a>(&mut self, node: Node<'a>, what: &str) -> Option<&'a str> {
        match node.text() {
            Some("") => self.note(node.place(), Fault::Empty { what: what.to_owned() }),
            Some(text) => return Some(text),
            None => self.wrong_type(node, what, "a string"),
        }
        None
    }

    /// A list that is not empty.
    pub(super) fn list<'a>(&mut self, node: Node<'a>, what: &str) -> Vec<Node<'a>> {
        let Some(list) = node.list() else {
            self.wrong_type(node, what, "a list");
            return Vec::new();
        };
        self.check_untagged(node, what);
        if list.len() == 0 {
            self.note(node.place(), Fault::Empty { what: what.to_owned() });
        }
        if list.len() > limits::ENTRIES {
            self.note(node.place(), Fault::TooMany { what: what.to_owned(), limit: limits::ENTRIES });
        }
        list.take(limits::ENTRIES).collect()
    }

    /// Strings, each once: one alone, or a list of them.
    pub(super) fn texts<'a>(&mut self, node: Node<'a>, what: &str) -> Vec<(&'a str, Place)> {
        let nodes = if node.list().is_some() { self.list(node, what) } else { vec![node] };
        let mut texts: Vec<(&str, Place)> = Vec::new();
        for node in nodes {
            let Some(text) = self.text(node, what) else { continue };
            match texts.iter().any(|(earlier, _)| *earlier == text) {
                true => self.note(node.place(), Fault::Repeated { what: what.to_owned(), name: text.to_owned() }),
                false => texts.push((text, node.place())),
            }
        }
        texts
    }
}

/// Whether a text can be the name of a signer or of a stage: it becomes a word of a command and of a path.
fn is_name(text: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_alphanumeric();
    let is_part = |byte: u8| is_first(byte) || b"._-".contains(&byte);
    text.len() <= limits::NAME && text.bytes().next().is_some_and(is_first) && text.bytes().all(is_part)
}
