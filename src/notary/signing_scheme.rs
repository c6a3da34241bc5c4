//! Signing schemes: who signs, and which time and trust store count.

use crate::trust_store::TrustStoreType;

/// The two schemes of the signature specification, "Signing Scheme".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningScheme {
    /// `notary.x509`: the user signs with a key of their own; the signing time is a claim.
    X509,
    /// `notary.x509.signingAuthority`: a trusted authority signs and vouches for the time.
    X509SigningAuthority,
}

impl SigningScheme {
    /// The value of `io.cncf.notary.signingScheme`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X509 => "notary.x509",
            Self::X509SigningAuthority => "notary.x509.signingAuthority",
        }
    }

    /// The scheme of that name, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::X509, Self::X509SigningAuthority].into_iter().find(|scheme| scheme.name() == name)
    }

    /// The type of trust store in which the chain of such a signature must be anchored.
    #[must_use]
    pub const fn trust_store_type(self) -> TrustStoreType {
        match self {
            Self::X509 => TrustStoreType::Ca,
            Self::X509SigningAuthority => TrustStoreType::SigningAuthority,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_stores() {
        for (scheme, name, store) in [
            (SigningScheme::X509, "notary.x509", TrustStoreType::Ca),
            (SigningScheme::X509SigningAuthority, "notary.x509.signingAuthority", TrustStoreType::SigningAuthority),
        ] {
            assert_eq!((scheme.name(), scheme.trust_store_type()), (name, store));
            assert_eq!(SigningScheme::from_name(name), Some(scheme));
        }
        assert_eq!(SigningScheme::from_name("notary.x509.signingauthority"), None);
        assert_eq!(SigningScheme::from_name("notary.x509 "), None);
    }
}
