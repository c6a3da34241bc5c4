//! Looks whether every manifest that the index of an image lists is there, and is what the index says.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use notary::descriptor::Descriptor;

use super::limits;
use crate::gate::{Children, Count, Obstacle};
use crate::registry::{Child, Kind, ListedChildren, RegistryError, Source};

/// What was found of the manifests that an index, and the indexes in it, list.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Whether the image is an index at all.
    is_index: bool,
    /// How many are there, as the index says; indexes in it are counted by what they list.
    pub(crate) there: usize,
    /// Those that are not, in the order of the indexes.
    pub(crate) lacking: Vec<Lacking>,
    /// The cap that was reached, if one was.
    pub(crate) cut: Option<Cut>,
}

/// Something that is not there as an index says.
#[derive(Debug)]
pub(crate) enum Lacking {
    /// An entry that nobody can look for.
    Unreadable,
    /// An index in that of the image that lists nothing: on its platform nothing can run.
    Empty { child: Child },
    /// One that could not be had.
    Child { child: Child, error: Box<RegistryError> },
}

/// What is wrong with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    Missing,
    Different,
    /// It is there, and lists nothing.
    Empty,
    /// Nobody knows: something kept it from being looked at.
    Unknown(Obstacle),
}

/// A cap that was reached, with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Number(usize),
    /// Indexes in indexes.
    Depth(usize),
    Bytes(u64),
}

impl Lacking {
    pub(crate) fn lack(&self) -> Lack {
        let error = match self {
            Self::Unreadable => return Lack::Different,
            Self::Empty { .. } => return Lack::Empty,
            Self::Child { error, .. } => error,
        };
        match &**error {
            RegistryError::Size { .. }
            | RegistryError::Digest { .. }
            | RegistryError::MediaType { .. }
            | RegistryError::NotManifest { .. }
            | RegistryError::Schema1 { .. }
            | RegistryError::TooLarge { .. }
            | RegistryError::Json { .. }
            | RegistryError::Malformed { .. } => Lack::Different,
            error => match error.kind() {
                Kind::NotFound => Lack::Missing,
                Kind::Denied => Lack::Unknown(Obstacle::Denied),
                Kind::Configuration => Lack::Unknown(Obstacle::Setting),
                // Also what the registry refused for another reason: of the manifest that says nothing.
                Kind::Unavailable | Kind::Invalid => Lack::Unknown(Obstacle::Unavailable),
            },
        }
    }
}

impl Looked {
    /// What counts for gates.
    pub(crate) fn count(&self) -> Children {
        if !self.is_index && self.lacking.is_empty() {
            return Children::NoIndex;
        }
        let number = |wanted: Lack| self.lacking.iter().filter(|lacking| lacking.lack() == wanted).count();
        let obstacle = |lacking: &Lacking| match lacking.lack() {
            Lack::Unknown(obstacle) => Some(obstacle),
            Lack::Missing | Lack::Different | Lack::Empty => None,
        };
        Children::Counted(Count {
            there: self.there,
            missing: number(Lack::Missing),
            different: number(Lack::Different),
            empty: number(Lack::Empty),
            obstacle: self.lacking.iter().filter_map(obstacle).min(),
            is_cut: self.cut.is_some(),
        })
    }

    /// Whether the image is an index; another manifest lists none.
    pub(crate) const fn is_index(&self) -> bool {
        self.is_index
    }

    /// Why one could not be looked at for this reason.
    pub(crate) fn unknown(&self, obstacle: Obstacle) -> Option<&RegistryError> {
        self.lacking.iter().find_map(|lacking| match lacking {
            Lacking::Child { error, .. } if lacking.lack() == Lack::Unknown(obstacle) => Some(&**error),
            Lacking::Child { .. } | Lacking::Empty { .. } | Lacking::Unreadable => None,
        })
    }
}

/// Looks at them all, index by index. The image itself is read once more: it is no longer held, and it is known by its digest.
pub(super) async fn look(source: &Source, artifact: &Descriptor) -> Looked {
    let mut search = Search::default();
    let mut level = vec![Child { descriptor: artifact.plain(), platform: None }];
    for depth in 0.. {
        let mut looked = futures_util::stream::iter(level)
            .map(|child| async move { (source.children(&child.descriptor).await, child) })
            // In the order of the index, so that a report is always the same.
            .buffered(limits::CHILDREN_AT_ONCE);
        let mut below = Vec::new();
        while let Some((listed, child)) = looked.next().await {
            below.extend(search.note(child, listed, depth == 0));
        }
        if below.is_empty() || search.looked.cut.is_some() {
            break;
        }
        if depth == limits::CHILDREN_DEPTH {
            search.looked.cut = Some(Cut::Depth(limits::CHILDREN_DEPTH));
            break;
        }
        level = below;
    }
    search.looked
}

/// What was found so far.
#[derive(Default)]
struct Search {
    looked: Looked,
    /// What was listed so far, each once: media type, digest, size.
    known: BTreeSet<(String, String, u64)>,
    bytes: u64,
}

impl Search {
    /// Notes what came of one; returns what it lists that is new.
    fn note(
        &mut self,
        child: Child,
        listed: Result<Option<ListedChildren>, RegistryError>,
        is_image: bool,
    ) -> Vec<Child> {
        let listed = match listed {
            Ok(Some(listed)) => listed,
            Ok(None) => {
                self.looked.there += usize::from(!is_image);
                return Vec::new();
            }
            Err(error) => {
                self.looked.lacking.push(Lacking::Child { child, error: Box::new(error) });
                return Vec::new();
            }
        };
        self.looked.is_index |= is_image;
        if listed.is_empty() && !is_image {
            self.looked.lacking.push(Lacking::Empty { child });
        }
        // Many indexes may have many of them.
        let room = limits::CHILDREN.saturating_sub(self.looked.lacking.len());
        self.looked.lacking.extend((0..listed.unreadable.min(room)).map(|_| Lacking::Unreadable));
        if listed.is_cut || listed.unreadable > room {
            self.looked.cut = Some(Cut::Number(limits::CHILDREN));
        }
        listed.children.into_iter().filter(|child| self.is_next(&child.descriptor)).collect()
    }

    /// Whether something is new, and there is room for it.
    fn is_next(&mut self, listed: &Descriptor) -> bool {
        let key = (listed.media_type.clone(), listed.digest.to_string(), listed.size);
        if self.looked.cut.is_some() || !self.known.insert(key) {
            return false;
        }
        self.bytes = self.bytes.saturating_add(listed.size);
        if self.known.len() > limits::CHILDREN {
            self.looked.cut = Some(Cut::Number(limits::CHILDREN));
        } else if self.bytes > limits::CHILDREN_BYTES {
            self.looked.cut = Some(Cut::Bytes(limits::CHILDREN_BYTES));
        }
        self.looked.cut.is_none()
    }
}

#[cfg(test)]
mod tests;
