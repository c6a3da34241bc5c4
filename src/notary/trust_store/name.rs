//! The names of trust stores, and their types.

use std::fmt;
use std::str::FromStr;

use crate::digest::excerpt;

/// Types of trust store (trust store specification, "Trust store types").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TrustStoreType {
    /// `ca`: anchors of users' own signing certificates.
    Ca,
    /// `signingAuthority`: anchors of trusted signing authorities.
    SigningAuthority,
    /// `tsa`: anchors of timestamping authorities.
    Tsa,
}

impl TrustStoreType {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Ca, Self::SigningAuthority, Self::Tsa];

    /// The name in a policy and in the folder `truststore/x509`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::SigningAuthority => "signingAuthority",
            Self::Tsa => "tsa",
        }
    }

    /// The type of that name, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|store_type| store_type.name() == name)
    }
}

impl fmt::Display for TrustStoreType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Type and name of a trust store, as a policy writes it: `ca:acme`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrustStoreName {
    store_type: TrustStoreType,
    name: String,
}

impl TrustStoreName {
    /// Names a store; `name` is one or more of `a-z A-Z 0-9 _ . -`.
    ///
    /// # Errors
    /// [`TrustStoreNameError`]: another character, no character, or `.` and `..`, which fit the pattern of the
    /// specification but name folders above the stores.
    pub fn new(store_type: TrustStoreType, name: &str) -> Result<Self, TrustStoreNameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        if name.is_empty() || !name.bytes().all(allowed) {
            return Err(TrustStoreNameError::Name { found: excerpt(name) });
        }
        if matches!(name, "." | "..") {
            return Err(TrustStoreNameError::Dots { found: name.to_owned() });
        }
        Ok(Self { store_type, name: name.to_owned() })
    }

    /// Parses `type:name`; the first colon separates them.
    ///
    /// # Errors
    /// [`TrustStoreNameError`]: no colon, another type, or as [`Self::new`].
    pub fn parse(text: &str) -> Result<Self, TrustStoreNameError> {
        let (store_type, name) =
            text.split_once(':').ok_or_else(|| TrustStoreNameError::Separator { found: excerpt(text) })?;
        let store_type = TrustStoreType::from_name(store_type)
            .ok_or_else(|| TrustStoreNameError::Type { found: excerpt(store_type) })?;
        Self::new(store_type, name)
    }

    /// The type.
    #[must_use]
    pub const fn store_type(&self) -> TrustStoreType {
        self.store_type
    }

    /// The name without the type.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for TrustStoreName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.store_type, self.name)
    }
}

impl FromStr for TrustStoreName {
    type Err = TrustStoreNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Why a text does not name a trust store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustStoreNameError {
    /// No colon.
    #[error("trust store is {found:?}, expected type:name")]
    Separator {
        /// Start of what was found.
        found: String,
    },
    /// Another type.
    #[error("trust store type is {found:?}, expected ca, signingAuthority or tsa")]
    Type {
        /// Start of the text before the colon.
        found: String,
    },
    /// Empty, or another character.
    #[error("trust store name is {found:?}, expected letters, digits, '_', '.' and '-'")]
    Name {
        /// Start of the name.
        found: String,
    },
    /// `.` or `..`.
    #[error("trust store name is {found:?}, which does not name a folder of its own")]
    Dots {
        /// The name.
        found: String,
    },
}

impl TrustStoreNameError {
    /// Stable name of the rule that was broken.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Separator { .. } => "trust-store-separator",
            Self::Type { .. } => "trust-store-type",
            Self::Name { .. } => "trust-store-name",
            Self::Dots { .. } => "trust-store-name-dots",
        }
    }
}
