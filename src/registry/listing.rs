//! What a source answers: an artifact, and the signatures that are listed for it.

use std::collections::HashSet;

#[cfg(test)]
use bytes::Bytes;
use notary::descriptor::Descriptor;
use notary::signature_manifest;

use super::excerpt::excerpt;
use super::hint::ENVELOPE_HINT;
use super::limits;

/// An artifact, read and compared with its digest.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// Media type, digest and size, nothing else.
    pub(crate) descriptor: Descriptor,
    /// The manifest or index: up to 4 MiB, which nobody but the tests looks at again.
    #[cfg(test)]
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

/// Where a pushed signature is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// The referrers API lists it.
    ByApi {
        /// Times that the manifest was sent; more than one when the registry lost the entry.
        rounds: usize,
    },
    /// It has an entry in the referrers tag index.
    InTagIndex {
        /// Times that the index was written: none when the entry was there already, more than one when others wrote at
        /// the same time.
        rounds: usize,
    },
    /// The index of an image layout lists it.
    InLayout,
}

/// What of one artifact type is listed for an artifact: its signatures.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// The artifact type.
    pub(crate) artifact_type: String,
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
    pub(super) fn empty(artifact_type: &str, mechanism: Mechanism) -> Self {
        Self {
            artifact_type: artifact_type.to_owned(),
            descriptors: Vec::new(),
            mechanism,
            complete: true,
            unreadable: 0,
        }
    }

    /// Whether it is proven that there is no signature: read to its end, and nothing in it.
    #[must_use]
    pub(crate) const fn proves_unsigned(&self) -> bool {
        self.complete && self.unreadable == 0 && self.descriptors.is_empty()
    }

    /// Takes entries that may be meant: those of the artifact type, and those without one if `filtered` says
    /// that the registry left out all others. Duplicates are dropped, one that cannot be read is counted, and of the others
    /// no more is kept than is needed, and without annotations once those take too much. The cap on entries ends it.
    pub(super) fn take(&mut self, entries: impl IntoIterator<Item = Option<Descriptor>>, filtered: Filtered) {
        let mut known: HashSet<_> = self.descriptors.iter().map(|descriptor| descriptor.digest.clone()).collect();
        let mut hints: usize = self.descriptors.iter().map(hint_memory).sum();
        for entry in entries {
            let Some(entry) = entry else {
                self.unreadable += 1;
                continue;
            };
            let fits = match (entry.artifact_type.as_deref(), filtered) {
                (Some(artifact_type), _) => artifact_type == self.artifact_type,
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
            let mut entry = needed(entry);
            match hints.saturating_add(hint_memory(&entry)) {
                sum if sum <= limits::LISTING_HINTS => hints = sum,
                _ => entry.annotations.clear(),
            }
            known.insert(entry.digest.clone());
            self.descriptors.push(entry);
        }
    }
}

/// The annotations that somebody reads: whose certificates a signature claims, and where its envelope is.
pub(super) const HINTS: [&str; 2] = [signature_manifest::THUMBPRINTS, ENVELOPE_HINT];

/// An entry with the annotations that somebody reads. They are hints, so one that is longer than any real one is as good
/// as none.
fn needed(entry: Descriptor) -> Descriptor {
    let is_needed = |name: &str, text: &str| HINTS.contains(&name) && text.len() <= limits::HINT_BYTES;
    let annotations = entry.annotations.into_iter().filter(|(name, text)| is_needed(name, text)).collect();
    // A longer one is none that is read, and is told in part.
    Descriptor { media_type: excerpt(&entry.media_type), annotations, ..entry }
}

/// About what the annotations of an entry take: their texts, and what the collection around them takes.
fn hint_memory(entry: &Descriptor) -> usize {
    const ANNOTATED: usize = 640;
    let annotations: usize = entry.annotations.values().map(String::len).sum();
    if entry.annotations.is_empty() { 0 } else { ANNOTATED + annotations }
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
    use std::collections::BTreeMap;

    use notary::descriptor::media_type;

    use super::*;

    fn entry(name: &str, artifact_type: Option<&str>) -> Descriptor {
        Descriptor {
            artifact_type: artifact_type.map(Into::into),
            ..Descriptor::of(media_type::IMAGE_MANIFEST, name.as_bytes())
        }
    }

    #[test]
    fn other_artifact_types_are_left_out() {
        let entries = || {
            [entry("a", Some(media_type::SIGNATURE)), entry("b", Some("application/sbom")), entry("c", None)].map(Some)
        };
        let mut listing = Listing::empty(media_type::SIGNATURE, Mechanism::ReferrersApi);
        listing.take(entries(), Filtered::No);
        assert_eq!(listing.descriptors.len(), 1);
        let mut listing = Listing::empty(media_type::SIGNATURE, Mechanism::ReferrersApi);
        listing.take(entries(), Filtered::ByServer);
        listing.take(entries(), Filtered::ByServer);
        assert_eq!(listing.descriptors.len(), 2);
        assert!(listing.complete && !listing.proves_unsigned());
    }

    #[test]
    fn a_cap_that_is_reached_is_no_complete_answer() {
        let mut listing = Listing::empty(media_type::SIGNATURE, Mechanism::ReferrersApi);
        let many = |count: usize| (0..count).map(|n| Some(entry(&n.to_string(), Some(media_type::SIGNATURE))));
        listing.take(many(limits::LISTING_ENTRIES), Filtered::No);
        assert!(listing.complete);
        listing.take(many(limits::LISTING_ENTRIES + 1), Filtered::No);
        assert!(!listing.complete);
        assert_eq!(listing.descriptors.len(), limits::LISTING_ENTRIES);
    }

    #[test]
    fn of_an_entry_is_kept_what_is_needed() {
        let long = "x".repeat(limits::HINT_BYTES + 1);
        for (name, text, kept) in [
            (signature_manifest::THUMBPRINTS, "[]", true),
            (ENVELOPE_HINT, "{}", true),
            (signature_manifest::THUMBPRINTS, long.as_str(), false),
            (ENVELOPE_HINT, long.as_str(), false),
            (signature_manifest::CREATED, "2026-01-01T00:00:00Z", false),
            ("a", "b", false),
        ] {
            let annotations = [(name.to_owned(), text.to_owned())].into();
            let annotated = Descriptor { annotations, ..entry("a", Some(media_type::SIGNATURE)) };
            let mut listing = Listing::empty(media_type::SIGNATURE, Mechanism::ReferrersApi);
            listing.take([Some(annotated)], Filtered::No);
            assert_eq!(listing.descriptors.len(), 1);
            assert_eq!(!listing.descriptors[0].annotations.is_empty(), kept, "{name}");
            assert!(listing.complete);
        }
    }

    #[test]
    fn a_listing_with_too_many_hints_keeps_its_entries() {
        let annotated = |n: usize, bytes: usize| {
            let plain = entry(&n.to_string(), Some(media_type::SIGNATURE));
            let hints = [(signature_manifest::THUMBPRINTS, bytes), ("a", 1 << 16)];
            let annotations: BTreeMap<_, _> =
                hints.into_iter().map(|(name, bytes)| (name.to_owned(), "x".repeat(bytes))).collect();
            Some(Descriptor { annotations, ..plain })
        };
        // All that sealgate writes takes about this.
        for (bytes, expected) in [(650, 1200), (limits::HINT_BYTES, 300), (1, 2000)] {
            let mut listing = Listing::empty(media_type::SIGNATURE, Mechanism::ReferrersApi);
            // Over several pages, as one registry's answer follows another.
            for page in 0..limits::LISTING_PAGES {
                listing.take((page * 128..(page + 1) * 128).map(|n| annotated(n, bytes)), Filtered::No);
            }
            assert!(listing.complete);
            assert_eq!(listing.descriptors.len(), limits::LISTING_ENTRIES);
            let kept: usize = listing.descriptors.iter().map(hint_memory).sum();
            assert!(kept <= limits::LISTING_HINTS, "{kept}");
            let hinted = listing.descriptors.iter().take_while(|listed| !listed.annotations.is_empty()).count();
            assert!(hinted >= expected, "{bytes}: {hinted}");
            listing.take([annotated(limits::LISTING_ENTRIES, bytes)], Filtered::No);
            assert!(!listing.complete && listing.descriptors.len() == limits::LISTING_ENTRIES);
        }
    }

    #[test]
    fn only_a_complete_and_empty_listing_proves_that_nothing_is_there() {
        let empty = Listing::empty(media_type::SIGNATURE, Mechanism::Both);
        assert!(empty.proves_unsigned());
        assert!(!Listing { complete: false, ..empty.clone() }.proves_unsigned());
        assert!(!Listing { unreadable: 1, ..empty }.proves_unsigned());
    }
}
