//! Where an image is, without saying which one.

use notary::reference::Repository;

use super::{Reference, ReferenceError};

/// What is left of a reference without tag and digest, which do not have to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ImagePlace {
    Repository {
        /// Host with port, as written.
        host: String,
        /// Repository, without the host.
        repository: String,
    },
    Layout,
}

impl ImagePlace {
    /// Parses a reference or `host/repository`.
    ///
    /// # Errors
    /// [`ReferenceError`] of a text that is neither, as of a reference.
    pub(crate) fn parse(text: &str) -> Result<Self, ReferenceError> {
        match Reference::parse(text) {
            Ok(Reference::Registry(registry)) => Ok(Self::repository(registry.host(), registry.repository())),
            Ok(Reference::Layout(_)) => Ok(Self::Layout),
            Err(error) => match Repository::parse(text) {
                Ok(found) => Ok(Self::repository(found.registry(), found.name())),
                Err(_) => Err(error),
            },
        }
    }

    /// The registry's host with port, as written; none for a layout.
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Self::Repository { host, .. } => Some(host),
            Self::Layout => None,
        }
    }

    fn repository(host: &str, repository: &str) -> Self {
        Self::Repository { host: host.to_owned(), repository: repository.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_with_or_without_tag_and_digest() {
        let place = ImagePlace::repository("registry.example:5000", "team/app");
        for text in ["registry.example:5000/team/app:v1", "registry.example:5000/team/app"] {
            assert_eq!(ImagePlace::parse(text), Ok(place.clone()), "{text}");
        }
        assert_eq!(place.host(), Some("registry.example:5000"));
        assert_eq!(ImagePlace::parse("oci-layout:out:v1"), Ok(ImagePlace::Layout));
        assert_eq!(ImagePlace::parse("[::1]:5000/app:v1"), Ok(ImagePlace::repository("[::1]:5000", "app")));
        // An error in it is reported as that of a reference.
        assert!(matches!(ImagePlace::parse("app"), Err(ReferenceError::RegistryMissing { .. })));
        assert!(matches!(ImagePlace::parse("[::1]:5000/app"), Err(ReferenceError::TagOrDigestMissing { .. })));
    }
}
