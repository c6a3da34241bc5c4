//! Whether the manifests that the index of an image lists are there, for stages with `children: all`.
//!
//! The signed index names them by digest, so none of them needs a signature. A copy of one platform alone, or a registry that serves
//! other bytes, would still break the deployment of the others.

use super::state::{Obstacle, State};

/// What a stage with `children: all` requires, in words.
pub(crate) const ALL_CHILDREN: &str = "every platform manifest";

/// What was found of the manifests that an index, and the indexes in it, list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Children {
    /// The image is no index and lists none.
    NoIndex,
    /// So many of them.
    Counted(Count),
}

/// How many manifests were found, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// They are there, as the index says.
    pub(crate) there: usize,
    /// They are not there.
    pub(crate) missing: usize,
    /// What is there is not what the index says, or the index says nothing that can be looked for.
    pub(crate) different: usize,
    /// Indexes in the index that list none at all.
    pub(crate) empty: usize,
    /// What kept some from being looked at.
    pub(crate) obstacle: Option<Obstacle>,
    /// Whether a cap was reached: there are more than are looked at.
    pub(crate) is_cut: bool,
}

/// What was found for a stage with `children: all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChildrenRow {
    /// Position of the stage.
    pub(crate) stage: usize,
    pub(crate) state: ChildrenState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChildrenState {
    /// Nobody looked: what signatures have to meet is not met.
    NotAsked,
    Met,
    Missing,
    Different,
    /// There are more than are looked at.
    Cut,
    /// The index, or one in it, lists none at all, so nothing was proven.
    Empty,
    Open(Obstacle),
}

impl Children {
    /// What that is for every stage that asks: what is proven wrong decides, then what could not be looked at.
    pub(crate) const fn state(&self) -> ChildrenState {
        match self {
            Self::NoIndex => ChildrenState::Met,
            Self::Counted(Count { different: 1.., .. }) => ChildrenState::Different,
            Self::Counted(Count { missing: 1.., .. }) => ChildrenState::Missing,
            Self::Counted(Count { empty: 1.., .. }) => ChildrenState::Empty,
            Self::Counted(Count { is_cut: true, .. }) => ChildrenState::Cut,
            Self::Counted(Count { obstacle: Some(obstacle), .. }) => ChildrenState::Open(*obstacle),
            Self::Counted(Count { there: 0, .. }) => ChildrenState::Empty,
            Self::Counted(_) => ChildrenState::Met,
        }
    }
}

impl ChildrenState {
    /// What it counts as beside requirements. Nothing is met that nobody looked at.
    pub(super) const fn counted(self) -> State {
        match self {
            Self::Met => State::Met,
            Self::Open(obstacle) => State::Open(obstacle),
            Self::NotAsked | Self::Missing | Self::Different | Self::Cut | Self::Empty => State::Unmet,
        }
    }
}
