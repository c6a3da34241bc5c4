//! What is asked for: reading, or writing as well.

/// What a command does with a repository, so that one token serves all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    Pull,
    /// Reads and writes. Nothing is ever deleted.
    PullPush,
}

impl Access {
    /// The actions of Docker's token specification.
    pub(super) const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Pull => &["pull"],
            Self::PullPush => &["pull", "push"],
        }
    }
}
