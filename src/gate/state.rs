//! What requirements come to, each and together.

/// What kept something from being judged, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Obstacle {
    /// A setting about AWS that cannot be used.
    Setting,
    Denied,
    Unavailable,
}

/// What something that is required comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Met,
    /// Not met, and something that might meet it could not be judged.
    Open(Obstacle),
    Unmet,
}

/// What rows come to. Nothing to judge is no success.
pub(super) fn all_of(states: impl Iterator<Item = State> + Clone) -> State {
    if states.clone().next().is_none() || states.clone().any(|state| state == State::Unmet) {
        return State::Unmet;
    }
    let obstacle = |state| match state {
        State::Open(obstacle) => Some(obstacle),
        State::Met | State::Unmet => None,
    };
    states.filter_map(obstacle).min().map_or(State::Met, State::Open)
}
