//! Trust stores: named sets of certificates, each of one type.

use std::fmt;

/// Types of trust store (trust store specification, "Trust store types").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrustStoreType {
    /// `ca`: anchors of users' own signing certificates.
    Ca,
    /// `signingAuthority`: anchors of trusted signing authorities.
    SigningAuthority,
    /// `tsa`: anchors of timestamping authorities.
    Tsa,
}

impl TrustStoreType {
    /// The name in a policy and in the folder `truststore/x509`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::SigningAuthority => "signingAuthority",
            Self::Tsa => "tsa",
        }
    }
}

impl fmt::Display for TrustStoreType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
