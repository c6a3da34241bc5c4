//! Object identifiers (X.660), as far as others see them.

use std::fmt;

use der::asn1::ObjectIdentifier;

/// An object identifier. It prints as numbers with dots: `1.2.840.10045.2.1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(pub(super) ObjectIdentifier);

impl fmt::Display for Oid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Oid({})", self.0)
    }
}
