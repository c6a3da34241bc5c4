//! A value of a document, and how schemas read it. An alias is read as what it stands for.

use std::fmt;
use std::ops::Range;

use super::builder::MERGE;
use super::error::Place;
use super::scalar::{Resolved, Style, resolve};
use super::{Content, Document, Entry};

/// What a value is, in the words of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Number,
    Text,
    /// A scalar with a tag that is not of YAML's core schema.
    Tagged,
    List,
    Map,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Text => "a string",
            Self::Tagged => "a value with a tag",
            Self::List => "a list",
            Self::Map => "a map",
        })
    }
}

/// A value, a key, or an alias.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    document: &'a Document,
    index: usize,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Node").field(&self.index).field(&self.entry()).finish()
    }
}

impl<'a> Node<'a> {
    pub(super) const fn new(document: &'a Document, index: usize) -> Self {
        Self { document, index }
    }

    fn entry(self) -> Option<&'a Entry> {
        self.document.entries.get(self.index)
    }

    fn content(self) -> Option<&'a Content> {
        self.target().entry().map(|entry| &entry.content)
    }

    /// Its number in the document, in the order of the text; an alias has one of its own.
    pub(crate) const fn index(self) -> usize {
        self.index
    }

    /// Line and column where it stands, from 1; for an alias, that of the alias.
    pub(crate) fn place(self) -> Place {
        self.entry().map_or((1, 1), |entry| entry.place)
    }

    /// Bytes of the file: of a scalar, its token with its quotes, without anchor and tag; of a list or a map, from its first
    /// value or bracket to the end of its last. That of a literal or folded scalar is only about where it stands.
    pub(crate) fn span(self) -> Range<usize> {
        self.entry().map_or(0..0, |entry| entry.span.clone())
    }

    /// Whether it is an alias.
    pub(crate) fn is_alias(self) -> bool {
        matches!(self.entry().map(|entry| &entry.content), Some(Content::Alias(_)))
    }

    /// What an alias stands for; itself otherwise.
    pub(crate) fn target(self) -> Self {
        match self.entry().map(|entry| &entry.content) {
            Some(Content::Alias(target)) => Self { index: *target, ..self },
            _ => self,
        }
    }

    /// Its tag: `!Sub`, or `tag:yaml.org,2002:str` for `!!str`.
    pub(crate) fn tag(self) -> Option<&'a str> {
        self.target().entry()?.tag.as_deref()
    }

    /// How it is written, if it is a scalar.
    pub(crate) fn style(self) -> Option<Style> {
        match self.content()? {
            Content::Scalar { style, .. } => Some(*style),
            _ => None,
        }
    }

    /// What a scalar says, whatever it stands for: `1.25` is a number, but its text is `1.25`.
    pub(crate) fn raw(self) -> Option<&'a str> {
        match self.content()? {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What a scalar stands for.
    pub(crate) fn resolved(self) -> Option<Resolved<'a>> {
        Some(resolve(self.raw()?, self.style()?, self.tag()))
    }

    pub(crate) fn kind(self) -> Kind {
        match (self.resolved(), self.content()) {
            (Some(Resolved::Null), _) | (None, None | Some(Content::Alias(_) | Content::Scalar { .. })) => Kind::Null,
            (Some(Resolved::Boolean), _) => Kind::Boolean,
            (Some(Resolved::Integer(_) | Resolved::Float), _) => Kind::Number,
            (Some(Resolved::Text(_)), _) => Kind::Text,
            (Some(Resolved::Tagged), _) => Kind::Tagged,
            (None, Some(Content::List(_))) => Kind::List,
            (None, Some(Content::Map(_))) => Kind::Map,
        }
    }

    /// A string.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self.resolved()? {
            Resolved::Text(text) => Some(text),
            _ => None,
        }
    }

    /// An integer within 64 bits.
    pub(crate) fn integer(self) -> Option<i64> {
        match self.resolved()? {
            Resolved::Integer(value) => value,
            _ => None,
        }
    }

    pub(crate) fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The values of a list.
    pub(crate) fn list(self) -> Option<impl ExactSizeIterator<Item = Self> + Clone> {
        match self.content()? {
            Content::List(items) => Some(items.iter().map(move |index| Self { index: *index, ..self })),
            _ => None,
        }
    }

    pub(crate) fn map(self) -> Option<Map<'a>> {
        matches!(self.content()?, Content::Map(_)).then_some(Map { node: self.target() })
    }

    /// Whether two values are the same but for where they stand and for the brackets and quotes around them; those in it are
    /// compared by their numbers in their documents, so it says something of documents alone that are walked side by side.
    pub(crate) fn is_like(self, other: Self) -> bool {
        let (Some(left), Some(right)) = (self.entry(), other.entry()) else { return false };
        let content = match (&left.content, &right.content) {
            (Content::Scalar { text, style }, Content::Scalar { text: other, style: other_style }) => {
                text == other && style == other_style
            }
            (Content::List(items), Content::List(others)) => items == others,
            (Content::Map(members), Content::Map(others)) => members == others,
            (Content::Alias(target), Content::Alias(other)) => target == other,
            _ => false,
        };
        content && left.tag == right.tag
    }
}

/// The members of a map, each name once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map<'a> {
    node: Node<'a>,
}

impl<'a> Map<'a> {
    pub(crate) const fn node(self) -> Node<'a> {
        self.node
    }

    /// Keys and values, in the order of the text. A merge key is one of them.
    pub(crate) fn members(self) -> impl ExactSizeIterator<Item = (Node<'a>, Node<'a>)> + Clone {
        let members: &[(usize, usize)] = match self.node.content() {
            Some(Content::Map(members)) => members,
            _ => &[],
        };
        let at = move |index| Node { index, ..self.node };
        members.iter().map(move |(key, value)| (at(*key), at(*value)))
    }

    /// The value of a key of its own.
    pub(crate) fn get(self, name: &str) -> Option<Node<'a>> {
        self.members().find(|(key, _)| key.raw() == Some(name)).map(|(_, value)| value)
    }

    /// Whether a key of this name merges other maps.
    pub(crate) fn is_merge(name: &str) -> bool {
        name == MERGE
    }

    /// The maps whose members `<<` adds, in the order in which they count.
    pub(crate) fn merged(self) -> Vec<Self> {
        let Some(value) = self.get(MERGE) else { return Vec::new() };
        match value.list() {
            Some(items) => items.filter_map(Node::map).collect(),
            None => value.map().into_iter().collect(),
        }
    }

    /// All that could be the value of a key: its own, and those of merged maps if it has none. A key of its own that stands in
    /// front of `<<` is overridden by some readers and not by others, so it is not the only one.
    pub(crate) fn candidates(self, name: &str) -> Vec<Node<'a>> {
        let mut found = Vec::new();
        let position = |name: &str| self.members().position(|(key, _)| key.raw() == Some(name));
        found.extend(self.get(name));
        if position(name).is_none_or(|own| position(MERGE).is_some_and(|merge| own < merge)) {
            let merged = self.merged().into_iter().map(|map| map.candidates(name)).find(|found| !found.is_empty());
            found.extend(merged.unwrap_or_default());
        }
        found
    }
}
