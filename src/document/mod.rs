//! A text file in YAML or JSON as a tree in which every value knows where it stands. Pure: bytes in, values out.
//!
//! Nothing is written again from the tree: who changes a file replaces bytes. Aliases stay references, and are followed by
//! whoever reads a value. What two readers could understand in two ways is refused: duplicate keys, line breaks that only
//! some know, a merge key in quotes, what a second parser does not read in the same way.

mod builder;
mod error;
mod json;
mod limits;
mod node;
mod scalar;
mod second;
mod source;
mod token;
mod yaml;

use std::ops::Range;

pub(crate) use self::builder::MERGE;
pub(crate) use self::error::{DocumentError, Place};
pub(crate) use self::json::parse_json;
pub(crate) use self::node::{Kind, Map, Node};
pub(crate) use self::scalar::{Resolved, Style};
pub(crate) use self::yaml::parse_yaml;

/// One document: a JSON file is one, a YAML file has any number.
#[derive(Debug)]
pub(crate) struct Document {
    /// In the order of the text; the first is the root.
    entries: Vec<Entry>,
}

impl Document {
    /// What the document holds, null if it is empty.
    pub(crate) const fn root(&self) -> Node<'_> {
        Node::new(self, 0)
    }

    /// All values and keys, in the order of the text; an alias is one, and what it stands for is not repeated.
    pub(crate) fn nodes(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        (0..self.entries.len()).map(|index| Node::new(self, index))
    }
}

/// What is known of one value. Others are named by their index in the document.
#[derive(Debug)]
struct Entry {
    place: Place,
    span: Range<usize>,
    /// `!name` or `tag:yaml.org,2002:name`.
    tag: Option<Box<str>>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Scalar { text: Box<str>, style: Style },
    List(Vec<usize>),
    Map(Vec<(usize, usize)>),
    Alias(usize),
}

#[cfg(test)]
mod tests;
