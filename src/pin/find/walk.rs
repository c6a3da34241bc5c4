//! Goes along a path of names to every value that it leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use notary::json::folds_to;

use crate::document::{Document, Kind, Map, Node, Place, Style};
use crate::pin::error::PinError;
use crate::pin::found::{Computed, Found, Literal, Slot, Unseen, Unsupported, What, Write, Wrong};
use crate::pin::kind::FileKind;
use crate::pin::limits;
use crate::reference::ImageName;

/// The function whose text is a name if it has no variables in it, short and long.
const SUBSTITUTE: [&str; 2] = ["!Sub", "Fn::Sub"];

/// One step of the way to a value.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Member(String),
    Item(usize),
}

#[derive(Debug)]
pub(super) struct Walk<'a> {
    kind: FileKind,
    document: usize,
    /// Aliases of each value of the document.
    aliases: BTreeMap<usize, usize>,
    path: Vec<Step>,
    /// The maps on the way, from the root.
    maps: Vec<Map<'a>>,
    guessed: bool,
    /// What is found already, by document and value: an alias leads there once more.
    seen: BTreeSet<(usize, usize)>,
    /// Values of the document, and aliases of such, that were taken for images.
    used: BTreeMap<usize, BTreeSet<usize>>,
    /// What may be images, each with its value.
    unseen: Vec<(usize, usize, Unseen)>,
    found: Vec<Found>,
    /// How many of them are of documents before.
    before: usize,
    overflow: Option<Place>,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(kind: FileKind) -> Self {
        Self {
            kind,
            document: 0,
            aliases: BTreeMap::new(),
            path: Vec::new(),
            maps: Vec::new(),
            guessed: false,
            seen: BTreeSet::new(),
            used: BTreeMap::new(),
            unseen: Vec::new(),
            found: Vec::new(),
            before: 0,
            overflow: None,
        }
    }

    /// Goes on to the next document.
    pub(super) fn begin(&mut self, index: usize, document: &'a Document) {
        self.end();
        self.document = index;
        self.path.clear();
        self.maps.clear();
        self.aliases.clear();
        for alias in document.nodes().filter(|node| node.is_alias()) {
            let count = self.aliases.entry(alias.target().index()).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Marks what of the document is used as something else than an image as well.
    fn end(&mut self) {
        let (aliases, used) = (std::mem::take(&mut self.aliases), std::mem::take(&mut self.used));
        for found in self.found.iter_mut().skip(self.before) {
            let What::Literal(literal) = &found.what else { continue };
            for slot in &literal.slots {
                let uses = aliases.get(&slot.node).copied().unwrap_or_default().saturating_add(1);
                found.used_elsewhere |= used.get(&slot.node).is_some_and(|used| used.len() < uses);
            }
        }
        self.before = self.found.len();
    }

    /// What was found, in the order of the text, and what may be images besides.
    pub(super) fn finish(mut self) -> Result<(Vec<Found>, Vec<Unseen>), PinError> {
        self.end();
        match self.overflow {
            Some(place) => Err(PinError::TooManyImages { place }),
            None => {
                let (mut found, seen) = (self.found, self.seen);
                found.sort_by_key(|found| found.place);
                let unseen = self.unseen.into_iter().filter(|(document, node, _)| !seen.contains(&(*document, *node)));
                Ok((found, unseen.map(|(_, _, unseen)| unseen).collect()))
            }
        }
    }

    /// Goes from `node` along `path`: names of members, `*` for each member, `[]` for each item. A last name with `!` must be
    /// there; others may be missing.
    pub(super) fn follow(&mut self, node: Node<'a>, path: &str) {
        let path = path.replace("[]", ".[]");
        let steps: Vec<_> = path.split('.').filter(|step| !step.is_empty()).collect();
        self.go(node, &steps, &mut |walk, node| walk.image(node));
    }

    /// The same, to something else than an image.
    pub(super) fn go(&mut self, node: Node<'a>, steps: &[&str], last: &mut dyn FnMut(&mut Self, Node<'a>)) {
        if self.found.len() > limits::IMAGES {
            return;
        }
        let Some((step, rest)) = steps.split_first() else { return last(self, node) };
        if node.is_null() || self.is_function(node) {
            return;
        }
        match *step {
            "[]" => self.items(node, rest, last),
            "*" => self.members(node, rest, last),
            name => self.member(node, name, rest, last),
        }
    }

    fn items(&mut self, node: Node<'a>, rest: &[&str], last: &mut dyn FnMut(&mut Self, Node<'a>)) {
        let Some(items) = node.list() else { return self.wrong_kind(node, Kind::List) };
        for (index, item) in items.enumerate() {
            self.inside(Step::Item(index), |walk| walk.go(item, rest, last));
        }
    }

    fn members(&mut self, node: Node<'a>, rest: &[&str], last: &mut dyn FnMut(&mut Self, Node<'a>)) {
        let Some(map) = node.map() else { return self.wrong_kind(node, Kind::Map) };
        self.maps.push(map);
        for name in names(map) {
            for value in map.candidates(name) {
                self.inside(Step::Member(name.to_owned()), |walk| walk.go(value, rest, last));
            }
        }
        self.maps.pop();
    }

    fn member(&mut self, node: Node<'a>, name: &str, rest: &[&str], last: &mut dyn FnMut(&mut Self, Node<'a>)) {
        let Some(map) = node.map() else { return self.wrong_kind(node, Kind::Map) };
        self.maps.push(map);
        let (name, is_required) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        let folded = map.members().find(|(key, _)| {
            key.raw().is_some_and(|found| found != name && found.len() <= 2 * name.len() && folds_to(found, name))
        });
        if let Some((key, _)) = folded {
            let (found, expected) = (key.raw().unwrap_or_default().to_owned(), name.to_owned());
            self.add(key, What::Wrong(Wrong::Folded { found, expected }));
        }
        let values = map.candidates(name);
        if values.is_empty() && is_required {
            self.add(map.node(), What::Wrong(Wrong::Missing { member: name.to_owned() }));
        }
        for value in values {
            self.inside(Step::Member(name.to_owned()), |walk| walk.go(value, rest, last));
        }
        self.maps.pop();
    }

    /// Does something one step further.
    pub(super) fn inside(&mut self, step: Step, act: impl FnOnce(&mut Self)) {
        self.path.push(step);
        act(self);
        self.path.pop();
    }

    /// Does something in a map that [`Self::go`] led to.
    pub(super) fn within(&mut self, map: Map<'a>, act: impl FnOnce(&mut Self)) {
        self.maps.push(map);
        act(self);
        self.maps.pop();
    }

    /// Does something whose images the file's format does not name.
    pub(super) fn guessing(&mut self, act: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.guessed, true);
        act(self);
        self.guessed = before;
    }

    /// Adds what stands where an image should.
    pub(super) fn image(&mut self, node: Node<'a>) {
        if self.is_function(node) {
            return;
        }
        let used = substituted(node).unwrap_or(node);
        let node = used.target();
        self.used.entry(node.index()).or_default().insert(used.index());
        let what = self.what(node);
        self.add(node, what);
    }

    /// Notes a text that may be an image, if it turns out to be none of those that are found.
    pub(super) fn perhaps(&mut self, node: Node<'a>) {
        let Some(text) = node.text().filter(|_| self.unseen.len() < limits::IMAGES) else { return };
        let unseen = Unseen { path: self.path_text(), place: node.target().place(), text: text.to_owned() };
        self.unseen.push((self.document, node.target().index(), unseen));
    }

    fn what(&self, node: Node<'a>) -> What {
        let substituted = node.tag() == SUBSTITUTE.first().copied();
        let text = if substituted { node.raw() } else { node.text() };
        let Some(text) = text else { return What::Wrong(Wrong::Kind { found: node.kind(), expected: Kind::Text }) };
        match literal(text) {
            Err(nameless) => nameless.into(),
            Ok(name) => match self.slot(node, Write::Name) {
                Some(slot) => What::Literal(Literal { name, slots: vec![slot] }),
                None => What::Unsupported(Unsupported::Block),
            },
        }
    }

    /// The scalar as what is replaced; none if its place is not exactly known.
    pub(super) fn slot(&self, node: Node<'a>, write: Write) -> Option<Slot> {
        let style = node.style().filter(|style| !matches!(style, Style::Literal | Style::Folded))?;
        let (document, node, span, place) = (self.document, node.index(), node.span(), node.place());
        Some(Slot { document, node, span, style, place, write })
    }

    /// Whether a value is an alias, or has some.
    pub(super) fn is_shared(&self, node: Node<'a>) -> bool {
        node.is_alias() || self.aliases.contains_key(&node.index())
    }

    /// Adds a value whose image another program makes, if this is a function of CloudFormation.
    pub(super) fn is_function(&mut self, node: Node<'a>) -> bool {
        if self.kind != FileKind::CloudFormation || substituted(node).is_some() {
            return false;
        }
        let Some(name) = function(node) else { return false };
        self.add(node, What::Computed(Computed::Function(name.to_owned())));
        true
    }

    fn wrong_kind(&mut self, node: Node<'a>, expected: Kind) {
        self.add(node, What::Wrong(Wrong::Kind { found: node.kind(), expected }));
    }

    /// Adds what was found at a value.
    pub(super) fn add(&mut self, node: Node<'a>, what: What) {
        let text = function_text(node).or_else(|| node.raw()).map(str::to_owned);
        self.add_as(node, text, what);
    }

    /// Adds an image that has no name, by that of what runs it.
    pub(super) fn add_nameless(&mut self, node: Node<'a>, what: What) {
        let owner = self.owner();
        self.add_as(node, owner, what);
    }

    fn add_as(&mut self, node: Node<'a>, text: Option<String>, what: What) {
        if !self.seen.insert((self.document, node.target().index())) {
            return;
        }
        if self.found.len() >= limits::IMAGES {
            self.overflow.get_or_insert(node.place());
            return;
        }
        let (path, owner, place) = (self.path_text(), self.owner(), node.target().place());
        self.found.push(Found { path, owner, place, text, guessed: self.guessed, used_elsewhere: false, what });
    }

    fn path_text(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Member(name) if text.is_empty() => text.push_str(name),
                Step::Member(name) => {
                    let _ = write!(text, ".{name}");
                }
                Step::Item(index) => {
                    let _ = write!(text, "[{index}]");
                }
            }
        }
        text
    }

    /// What runs the image: the name that stands beside it or one level above, or that of the member that it is in.
    fn owner(&self) -> Option<String> {
        let name = |map: &Map<'_>| {
            let found = ["name", "Name"].into_iter().flat_map(|name| map.candidates(name)).find_map(Node::text);
            found.map(str::to_owned)
        };
        let member = |at: usize| match self.path.get(at) {
            Some(Step::Member(name)) => Some(name.clone()),
            _ => None,
        };
        match self.kind {
            FileKind::CloudFormation => self.maps.last().and_then(name).or_else(|| member(1)),
            FileKind::Compose => member(1),
            _ => {
                let above = self.path.len().checked_sub(2).and_then(member);
                self.maps.iter().rev().take(2).find_map(name).or(above)
            }
        }
    }
}

/// Names of all members, those that are merged last, each once.
fn names(map: Map<'_>) -> Vec<&str> {
    let (mut names, mut known) = (Vec::new(), BTreeSet::new());
    let mut maps = vec![map];
    while let Some(map) = maps.pop() {
        let own = map.members().filter_map(|(key, _)| key.raw()).filter(|name| !Map::is_merge(name));
        names.extend(own.filter(|name| known.insert(*name)));
        maps.extend(map.merged().into_iter().rev());
    }
    names
}

/// What a text is that is not the name of an image.
#[derive(Debug)]
pub(super) enum Nameless {
    Computed(Computed),
    Wrong(Wrong),
}

impl From<Nameless> for What {
    fn from(nameless: Nameless) -> Self {
        match nameless {
            Nameless::Computed(computed) => Self::Computed(computed),
            Nameless::Wrong(wrong) => Self::Wrong(wrong),
        }
    }
}

/// The name of an image, or what the text is instead.
pub(super) fn literal(text: &str) -> Result<ImageName, Nameless> {
    match text {
        "" => Err(Nameless::Wrong(Wrong::Empty)),
        _ if text.contains("{{") || text.contains("{%") => Err(Nameless::Computed(Computed::Template)),
        _ if text.contains('$') => Err(Nameless::Computed(Computed::Variable)),
        _ if text.contains('<') && text.contains('>') => Err(Nameless::Computed(Computed::Placeholder)),
        _ => ImageName::parse(text).map_err(|error| Nameless::Wrong(error.into())),
    }
}

/// The function that a value is: by a tag of its own, or as a map of one member.
fn function(node: Node<'_>) -> Option<&str> {
    if let Some(tag) = node.tag().filter(|tag| tag.len() > 1 && tag.starts_with('!')) {
        return Some(tag);
    }
    let mut members = node.map()?.members();
    let name = members.next().filter(|_| members.len() == 0)?.0.raw()?;
    (name == "Ref" || name.starts_with("Fn::")).then_some(name)
}

/// The text of a function that has one.
fn function_text(node: Node<'_>) -> Option<&str> {
    function(node)?;
    match node.map() {
        Some(map) => map.members().next()?.1.raw(),
        None => node.raw(),
    }
}

/// The scalar of a substitution in which nothing is to be substituted.
fn substituted(node: Node<'_>) -> Option<Node<'_>> {
    let name = function(node).filter(|name| SUBSTITUTE.contains(name))?;
    let scalar = if name.starts_with('!') { node } else { node.map()?.members().next()?.1 };
    scalar.raw().filter(|text| !text.contains("${")).map(|_| scalar)
}
