//! What a source answers: an artifact, and the signatures that are listed for it.

use std::collections::{BTreeMap, HashSet};

#[cfg(test)]
use bytes::Bytes;
use notary::descriptor::{Descriptor, media_type};
use notary::signature_manifest;

use super::document;
use super::error::RegistryError;
use super::excerpt::excerpt;
use super::hint::ENVELOPE_HINT;
use super::limits;
use super::note::ListingNote;

/// An artifact, read and compared with its digest.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// Media type, digest and size, nothing else.
    pub(crate) descriptor: Descriptor,
    /// The manifest or index: up to 4 MiB, which only the tests look at again.
    #[cfg(test)]
    pub(crate) bytes: Bytes,
}

/// Where a listing came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
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

/// A listing after one round.
#[derive(Debug)]
pub(crate) enum First {
    /// Nothing more can be found.
    Whole(Listing),
    /// The referrers API lists nothing; signatures from before the registry had it may be in the tag index.
    NoneByApi(Listing),
    /// The registry has no referrers API for it: everything is in the tag index.
    NoApi(Listing),
    /// The registry has the API and refused. What the tag lists may be good; that it lists nothing means nothing.
    Refused(Listing),
}

/// What of one artifact type is listed for an artifact: its signatures. A listing is a hint: what is listed is judged by
/// what its digest names.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) artifact_type: String,
    /// Their manifests, in the order of the registry, each once, with annotations where the registry repeats them.
    pub(crate) descriptors: Vec<Descriptor>,
    pub(crate) mechanism: Mechanism,
    /// Whether all were read. A listing that reached a cap is not complete.
    pub(crate) complete: bool,
    /// Entries that could not be read, any of which may have been a signature.
    pub(crate) unreadable: usize,
    /// Whether the registry says that it left out what it holds to be of another type. Some go by the configuration's.
    pub(crate) filtered: bool,
    pub(crate) notes: Vec<ListingNote>,
    /// Why the referrers API did not list: there may be more than is listed here.
    pub(crate) refused: Option<Box<RegistryError>>,
}

impl Listing {
    /// An empty, complete listing.
    pub(crate) fn empty(artifact_type: &str, mechanism: Mechanism) -> Self {
        Self {
            artifact_type: artifact_type.to_owned(),
            descriptors: Vec::new(),
            mechanism,
            complete: true,
            unreadable: 0,
            filtered: false,
            notes: Vec::new(),
            refused: None,
        }
    }

    /// Whether it proves that there is no signature: read to its end, and empty.
    #[must_use]
    pub(crate) const fn proves_unsigned(&self) -> bool {
        self.complete && self.unreadable == 0 && self.descriptors.is_empty() && self.refused.is_none()
    }

    /// The same after the referrers API refused to list more.
    pub(crate) fn refused(self, error: RegistryError) -> Self {
        Self { complete: false, refused: Some(Box::new(error)), ..self }
    }

    /// What it comes to when all was asked: a listing that was refused, and is empty, is the refusal.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn or_refusal(&mut self) -> Result<(), RegistryError> {
        match self.refused.take_if(|_| self.descriptors.is_empty()) {
            Some(refusal) => Err(*refusal),
            None => Ok(()),
        }
    }

    /// Entries that do not say what they are, with their places.
    pub(super) fn untyped(&self) -> impl Iterator<Item = (usize, &Descriptor)> {
        self.descriptors
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.artifact_type.as_ref() != Some(&self.artifact_type))
    }

    /// Keeps of the entries at these places those whose manifest says that they are meant, with what it says.
    pub(super) fn settle(&mut self, found: Vec<(usize, ManifestSays)>) {
        let mut left_out = HashSet::new();
        let mut hints: usize = self.descriptors.iter().map(hint_memory).sum();
        for (place, says) in found {
            let Some(entry) = self.descriptors.get_mut(place) else { continue };
            match says {
                ManifestSays::Other => {
                    left_out.insert(entry.digest.clone());
                }
                ManifestSays::Meant(annotations) => {
                    let typed = Descriptor { artifact_type: Some(self.artifact_type.clone()), ..entry.clone() };
                    *entry = typed.clone();
                    let told = needed(Descriptor { annotations, ..typed });
                    let fits = hints.saturating_add(hint_memory(&told)) <= limits::LISTING_HINTS;
                    if entry.annotations.is_empty() && fits {
                        hints += hint_memory(&told);
                        *entry = told;
                    }
                }
            }
        }
        self.descriptors.retain(|entry| !left_out.contains(&entry.digest));
    }

    /// Takes entries that may be meant: those of the artifact type, and those of which the listing does not say what they
    /// are. Duplicates are dropped, one that cannot be read is counted, and of the others
    /// no more is kept than is needed, and without annotations once those take too much. The cap on entries ends it.
    pub(super) fn take(&mut self, entries: impl IntoIterator<Item = Option<Descriptor>>) {
        let mut known: HashSet<_> = self.descriptors.iter().map(|descriptor| descriptor.digest.clone()).collect();
        let mut hints: usize = self.descriptors.iter().map(hint_memory).sum();
        for entry in entries {
            let Some(entry) = entry else {
                self.unreadable += 1;
                continue;
            };
            if !self.may_be_meant(&entry) || known.contains(&entry.digest) {
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

    /// Some registries name no type, and some that of the configuration, which is the empty one for most artifacts.
    fn may_be_meant(&self, entry: &Descriptor) -> bool {
        match entry.artifact_type.as_deref() {
            Some(artifact_type) if artifact_type == self.artifact_type => true,
            None | Some("" | media_type::EMPTY) => document::may_have_a_subject(&entry.media_type),
            Some(_) => false,
        }
    }
}

/// What a manifest says of itself where a listing does not.
#[derive(Debug)]
pub(super) enum ManifestSays {
    /// It is of the type that is asked for, and has these annotations.
    Meant(BTreeMap<String, String>),
    Other,
}

/// The annotations that are read: whose certificates a signature claims, and where its envelope is.
pub(super) const HINTS: [&str; 2] = [signature_manifest::THUMBPRINTS, ENVELOPE_HINT];

/// An entry with the annotations that are read. They are hints, so one that is longer than any real one is as good
/// as none.
fn needed(entry: Descriptor) -> Descriptor {
    let is_needed = |name: &str, text: &str| HINTS.contains(&name) && text.len() <= limits::HINT_BYTES;
    let annotations = entry.annotations.into_iter().filter(|(name, text)| is_needed(name, text)).collect();
    // A longer one is never used, and only a part of it is reported.
    Descriptor { media_type: excerpt(&entry.media_type), annotations, ..entry }
}

/// About what the annotations of an entry take: their texts, and what the collection around them takes.
fn hint_memory(entry: &Descriptor) -> usize {
    const ANNOTATED: usize = 640;
    let annotations: usize = entry.annotations.values().map(String::len).sum();
    if entry.annotations.is_empty() { 0 } else { ANNOTATED + annotations }
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
        let mut listing = Listing::empty(media_type::SIGNATURE, Mechanism::ReferrersApi);
        let index = Descriptor { media_type: media_type::IMAGE_INDEX.into(), ..entry("i", None) };
        let entries = || {
            let types =
                [Some(media_type::SIGNATURE), Some("application/sbom"), None, Some(""), Some(media_type::EMPTY)];
            let entries = types.into_iter().enumerate().map(|(n, artifact_type)| entry(&n.to_string(), artifact_type));
            entries.chain([index.clone()]).map(Some)
        };
        listing.take(entries());
        listing.take(entries());
        assert_eq!(listing.descriptors.len(), 4);
        assert_eq!(listing.untyped().map(|(place, _)| place).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(listing.complete && !listing.proves_unsigned());
    }

    #[test]
    fn a_cap_that_is_reached_is_no_complete_answer() {
        let mut listing = Listing::empty(media_type::SIGNATURE, Mechanism::ReferrersApi);
        let many = |count: usize| (0..count).map(|n| Some(entry(&n.to_string(), Some(media_type::SIGNATURE))));
        listing.take(many(limits::LISTING_ENTRIES));
        assert!(listing.complete);
        listing.take(many(limits::LISTING_ENTRIES + 1));
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
            listing.take([Some(annotated)]);
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
                listing.take((page * 128..(page + 1) * 128).map(|n| annotated(n, bytes)));
            }
            assert!(listing.complete);
            assert_eq!(listing.descriptors.len(), limits::LISTING_ENTRIES);
            let kept: usize = listing.descriptors.iter().map(hint_memory).sum();
            assert!(kept <= limits::LISTING_HINTS, "{kept}");
            let hinted = listing.descriptors.iter().take_while(|listed| !listed.annotations.is_empty()).count();
            assert!(hinted >= expected, "{bytes}: {hinted}");
            listing.take([annotated(limits::LISTING_ENTRIES, bytes)]);
            assert!(!listing.complete && listing.descriptors.len() == limits::LISTING_ENTRIES);
        }
    }

    #[test]
    fn only_a_complete_and_empty_listing_proves_that_nothing_is_there() {
        let empty = || Listing::empty(media_type::SIGNATURE, Mechanism::Both);
        assert!(empty().proves_unsigned());
        assert!(!Listing { complete: false, ..empty() }.proves_unsigned());
        assert!(!Listing { unreadable: 1, ..empty() }.proves_unsigned());
        let refusal = || RegistryError::Setting { what: "x".into(), fact: "x".into() };
        let mut refused = Listing { complete: true, ..empty().refused(refusal()) };
        assert!(!refused.proves_unsigned());
        assert!(refused.or_refusal().is_err());
        let mut listed = empty().refused(refusal());
        listed.take([Some(entry("a", Some(media_type::SIGNATURE)))]);
        assert!(listed.or_refusal().is_ok() && listed.refused.is_some());
    }

    #[test]
    fn a_manifest_settles_what_a_listing_leaves_open() {
        let mut listing = Listing::empty(media_type::SIGNATURE, Mechanism::ReferrersApi);
        listing.take(["a", "b", "c", "d"].map(|name| Some(entry(name, None))));
        let annotations = BTreeMap::from([(signature_manifest::THUMBPRINTS.to_owned(), "[]".to_owned())]);
        let further = [("a".to_owned(), "b".to_owned())];
        let said = annotations.clone().into_iter().chain(further).collect();
        listing.settle(vec![(3, ManifestSays::Other), (1, ManifestSays::Meant(said)), (0, ManifestSays::Other)]);
        let [meant, open] = listing.descriptors.as_slice() else { panic!("{listing:?}") };
        let expected = Descriptor { annotations, ..entry("b", Some(media_type::SIGNATURE)) };
        assert_eq!((meant, open), (&expected, &entry("c", None)));
    }
}
