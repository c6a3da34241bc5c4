//! A value and where it came from.

use std::fmt;

use crate::ci::CiSystem;

/// Where a value came from, from the strongest layer to the weakest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag, named without dashes.
    Flag(&'static str),
    /// A `SEALGATE_` variable.
    Variable(String),
    /// An input that the CI system hands in: an `INPUT_` or `PLUGIN_` variable.
    Input(String),
    /// The configuration file.
    File(String),
    /// A variable that the CI system itself sets.
    Ci(&'static str, CiSystem),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Images are positional arguments, not the value of a flag.
            Self::Flag("images") => formatter.write_str("IMAGE"),
            Self::Flag(name) => write!(formatter, "--{name}"),
            Self::Variable(name) | Self::Input(name) => formatter.write_str(name),
            Self::File(path) => formatter.write_str(path),
            Self::Ci(name, system) => write!(formatter, "{name} of {}", system.name()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// A value and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Setting<T> {
    pub(crate) const fn default(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }

    /// Another value with the same origin.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        Setting { value: change(self.value), origin: self.origin }
    }
}
