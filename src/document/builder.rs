//! Puts values together to documents, and holds every cap while it does.

use std::collections::BTreeMap;
use std::mem;
use std::ops::Range;

use super::error::{DocumentError, Place};
use super::scalar::Style;
use super::{Content, Document, Entry, limits};

/// The merge key, which stands for the members of other maps.
pub(crate) const MERGE: &str = "<<";

/// Where a value begins and ends, its tag, and the number of its anchor.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) place: Place,
    pub(super) span: Range<usize>,
    pub(super) tag: Option<Box<str>>,
    pub(super) anchor: Option<usize>,
}

/// A list or a map that is not closed yet.
#[derive(Debug)]
struct Open {
    index: usize,
    anchor: Option<usize>,
    size: Size,
    /// End of the last value in it.
    end: usize,
    /// The key whose value comes next.
    key: Option<usize>,
    /// Places of the keys.
    names: BTreeMap<Box<str>, Place>,
}

/// How large a value is if each alias is replaced by what it stands for.
#[derive(Clone, Copy, Debug)]
struct Size {
    nodes: usize,
    depth: usize,
}

#[derive(Debug, Default)]
pub(super) struct Builder {
    entries: Vec<Entry>,
    open: Vec<Open>,
    /// Values with an anchor, by its number.
    anchors: BTreeMap<usize, (usize, Size)>,
    /// Values of the documents before this one, and as many as they would have without aliases.
    before: usize,
    expanded_before: usize,
}

impl Builder {
    /// Adds a scalar.
    pub(super) fn scalar(&mut self, head: Head, text: Box<str>, style: Style) -> Result<(), DocumentError> {
        let (anchor, end) = (head.anchor, head.span.end);
        let size = Size { nodes: 1, depth: 0 };
        let index = self.add(head, Content::Scalar { text, style })?;
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, (index, size));
        }
        self.grow(index, size, end)
    }

    /// Adds an alias of the anchor with this number.
    pub(super) fn alias(&mut self, head: Head, name: &str, anchor: usize) -> Result<(), DocumentError> {
        let (place, end) = (head.place, head.span.end);
        let Some((target, size)) = self.anchors.get(&anchor).copied() else {
            let name = name.to_owned();
            return Err(match self.open.iter().any(|open| open.anchor == Some(anchor)) {
                true => DocumentError::RecursiveAlias { name, place },
                false => DocumentError::UnknownAlias { name, place },
            });
        };
        let index = self.add(head, Content::Alias(target))?;
        if self.open.len().saturating_add(size.depth) > limits::DEPTH {
            return Err(DocumentError::TooDeep { place });
        }
        self.grow(index, size, end)
    }

    /// Begins a list.
    pub(super) fn list(&mut self, head: Head) -> Result<(), DocumentError> {
        self.begin(head, Content::List(Vec::new()))
    }

    /// Begins a map.
    pub(super) fn map(&mut self, head: Head) -> Result<(), DocumentError> {
        self.begin(head, Content::Map(Vec::new()))
    }

    fn begin(&mut self, head: Head, content: Content) -> Result<(), DocumentError> {
        let (place, anchor, end) = (head.place, head.anchor, head.span.end);
        if self.open.len() >= limits::DEPTH {
            return Err(DocumentError::TooDeep { place });
        }
        let index = self.add(head, content)?;
        let size = Size { nodes: 1, depth: 1 };
        self.open.push(Open { index, anchor, size, end, key: None, names: BTreeMap::new() });
        Ok(())
    }

    /// Ends the list or map that was begun last; `bracket` is the end of its closing bracket, if it has one.
    pub(super) fn end(&mut self, place: Place, bracket: Option<usize>) -> Result<(), DocumentError> {
        let closed = self.open.pop().filter(|open| open.key.is_none()).ok_or(DocumentError::Lost { place })?;
        let end = bracket.unwrap_or(closed.end);
        if let Some(entry) = self.entries.get_mut(closed.index) {
            entry.span.end = end;
        }
        if let Some(anchor) = closed.anchor {
            self.anchors.insert(anchor, (closed.index, closed.size));
        }
        self.grow(closed.index, closed.size, end)
    }

    /// Takes the document that is finished; none if it never had a value.
    pub(super) fn finish(&mut self) -> Option<Document> {
        self.anchors.clear();
        self.open.clear();
        let entries = mem::take(&mut self.entries);
        self.before = self.before.saturating_add(entries.len());
        (!entries.is_empty()).then_some(Document { entries })
    }

    /// Adds an entry, and puts it where the text has it: into the list or map that is open.
    fn add(&mut self, head: Head, content: Content) -> Result<usize, DocumentError> {
        let (index, place) = (self.entries.len(), head.place);
        if self.before.saturating_add(index) >= limits::NODES {
            return Err(DocumentError::TooManyNodes { place });
        }
        self.entries.push(Entry { place, span: head.span, tag: head.tag, content });
        let Some(parent) = self.open.last().map(|open| open.index) else {
            // A second root: whoever reads the text ends a document before the next one.
            return if index == 0 { Ok(index) } else { Err(DocumentError::Lost { place }) };
        };
        let is_list = matches!(self.entries.get(parent).map(|entry| &entry.content), Some(Content::List(_)));
        let name = if is_list { None } else { self.name(index) };
        let Some(open) = self.open.last_mut() else { return Ok(index) };
        match (self.entries.get_mut(parent).map(|entry| &mut entry.content), open.key.take()) {
            (Some(Content::List(items)), _) => items.push(index),
            (Some(Content::Map(members)), Some(key)) => members.push((key, index)),
            _ => {
                let name = name.ok_or(DocumentError::Key { place })??;
                if let Some(first) = open.names.get(&name) {
                    return Err(DocumentError::Duplicate { name: name.into(), place, first: *first });
                }
                open.names.insert(name, place);
                open.key = Some(index);
            }
        }
        Ok(index)
    }

    /// What a key says, if it is a scalar.
    fn name(&self, index: usize) -> Option<Result<Box<str>, DocumentError>> {
        let entry = self.entries.get(index)?;
        match &entry.content {
            Content::Scalar { text, style } if &**text == MERGE && *style != Style::Plain => {
                Some(Err(DocumentError::QuotedMerge { place: entry.place }))
            }
            Content::Scalar { text, .. } => Some(Ok(text.clone())),
            Content::Alias(target) => match &self.entries.get(*target)?.content {
                Content::Scalar { text, .. } => Some(Ok(text.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// Counts a value that is complete into what it is in.
    fn grow(&mut self, index: usize, size: Size, end: usize) -> Result<(), DocumentError> {
        let Some(open) = self.open.last_mut() else {
            self.expanded_before = self.expanded_before.saturating_add(size.nodes);
            return Ok(());
        };
        open.end = end;
        open.size.nodes = open.size.nodes.saturating_add(size.nodes);
        open.size.depth = open.size.depth.max(size.depth.saturating_add(1));
        if self.expanded_before.saturating_add(open.size.nodes) > limits::EXPANDED {
            let place = self.entries.get(index).map_or((1, 1), |entry| entry.place);
            return Err(DocumentError::Expansion { place });
        }
        Ok(())
    }
}
