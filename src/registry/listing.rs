//! What a source answers: an artifact, and the signatures that are listed for it.

use std::collections::HashSet;

use bytes::Bytes;
use notary::descriptor::{Descriptor, media_type};

use super::limits;

/// An artifact, read and compared with its digest.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// Media type, digest and size, nothing else.
    pub(crate) descriptor: Descriptor,
    /// The manifest or index.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "what an index holds is looked at from its bytes, which nobody does yet")
    )]
    pub(crate) bytes: Bytes,
}

/// Where a listing came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// The referrers API.
    ReferrersApi,
    /// The referrers tag index, because there is no API.
    TagSchema,
    /// The referrers tag index, after an empty answer of the API.
    Both,
    /// The index of an OCI image layout.
    Layout,
}

impl Mechanism {
    /// Its name in reports.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ReferrersApi => "referrers-api",
            Self::TagSchema => "tag-schema",
            Self::Both => "referrers-api and tag-schema",
            Self::Layout => "oci-layout",
        }
    }
}

/// The signatures listed for an artifact.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// Their manifests, in the order of the registry, each once, with annotations where the registry repeats them.
    pub(crate) descriptors: Vec<Descriptor>,
    /// Where they are listed.
    pub(crate) mechanism: Mechanism,
    /// Whether all were read. A cap that was reached is no complete answer.
    pub(crate) complete: bool,
    /// Entries that could not be read, any of which may have been a signature.
    pub(crate) unreadable: usize,
}

impl Listing {
    /// An empty, complete listing.
    pub(super) const fn empty(mechanism: Mechanism) -> Self {
        Self { descriptors: Vec::new(), mechanism, complete: true, unreadable: 0 }
    }

    /// Whether it is proven that there is no signature: read to its end, and nothing in it.
    #[must_use]
    pub(crate) const fn proves_unsigned(&self) -> bool {
        self.complete && self.unreadable == 0 && self.descriptors.is_empty()
    }

    /// Takes entries that may be signatures: those of the artifact type, and those without one if `filtered` says
    /// that the registry left out all others. Duplicates are dropped; the cap ends it.
    pub(super) fn take(&mut self, entries: impl IntoIterator<Item = Descriptor>, filtered: Filtered) {
        let mut known: HashSet<_> = self.descriptors.iter().map(|descriptor| descriptor.digest.clone()).collect();
        for entry in entries {
            let fits = match (entry.artifact_type.as_deref(), filtered) {
                (Some(artifact_type), _) => artifact_type == media_type::SIGNATURE,
                (None, Filtered::ByServer) => true,
                (None, Filtered::No) => false,
            };
            if !fits || known.contains(&entry.digest) {
                continue;
            }
            if self.descriptors.len() == limits::LISTING_ENTRIES {
                self.complete = false;
                return;
            }
            known.insert(entry.digest.clone());
            self.descriptors.push(entry);
        }
    }
}

/// Whether the registry says that it applied the filter for the artifact type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filtered {
    /// It does.
    ByServer,
    /// It does not.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, artifact_type: Option<&str>) -> Descriptor {
        Descriptor {
            artifact_type: artifact_type.map(Into::into),
            ..Descriptor::of(media_type::IMAGE_MANIFEST, name.as_bytes())
        }
    }

    #[test]
    fn other_artifact_types_are_left_out() {
        let entries =
            || [entry("a", Some(media_type::SIGNATURE)), entry("b", Some("application/sbom")), entry("c", None)];
        let mut listing = Listing::empty(Mechanism::ReferrersApi);
        listing.take(entries(), Filtered::No);
        assert_eq!(listing.descriptors.len(), 1);
        let mut listing = Listing::empty(Mechanism::ReferrersApi);
        listing.take(entries(), Filtered::ByServer);
        listing.take(entries(), Filtered::ByServer);
        assert_eq!(listing.descriptors.len(), 2);
        assert!(listing.complete && !listing.proves_unsigned());
    }

    #[test]
    fn a_cap_that_is_reached_is_no_complete_answer() {
        let mut listing = Listing::empty(Mechanism::ReferrersApi);
        let many = |count: usize| (0..count).map(|n| entry(&n.to_string(), Some(media_type::SIGNATURE)));
        listing.take(many(limits::LISTING_ENTRIES), Filtered::No);
        assert!(listing.complete);
        listing.take(many(limits::LISTING_ENTRIES + 1), Filtered::No);
        assert!(!listing.complete);
        assert_eq!(listing.descriptors.len(), limits::LISTING_ENTRIES);
    }

    #[test]
    fn only_a_complete_and_empty_listing_proves_that_nothing_is_there() {
        let empty = Listing::empty(Mechanism::Both);
        assert!(empty.proves_unsigned());
        assert!(!Listing { complete: false, ..empty.clone() }.proves_unsigned());
        assert!(!Listing { unreadable: 1, ..empty }.proves_unsigned());
    }
}
