//! Looks at the signatures of one artifact: resolve, list, fetch, judge.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use notary::descriptor::Descriptor;
use notary::digest::Digest;
use notary::envelope::Envelope;
use notary::limits;
use notary::revocation::EvidenceRequest;
use notary::trust_store::TrustStoreType;
use notary::verify::{self, Decision, Pending, Step};

use super::candidate::{self, Fetched, Looked, Named};
use super::verdict::{Candidate, Examined, Found, Judgement};
use crate::aws::Aws;
use crate::clock::Clock;
use crate::evidence::Gathered;
use crate::reference::Reference;
use crate::registry::{RegistryError, Source};
use crate::{evidence, report};

/// Candidates of one artifact that are fetched and judged at the same time. More would fetch much for nothing, as the
/// likely ones come first and the first that verifies ends the search.
const FETCHED_AT_ONCE: usize = 4;

/// What signatures are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    /// What the core judges each signature by.
    pub(crate) trusted: Trusted<'a>,
    /// The present, which moves on while registries and responders are waited for.
    pub(crate) clock: Clock,
    /// What is asked about signatures of AWS Signer, if anything.
    pub(crate) aws: Option<&'a Aws>,
    pub(crate) max_signatures: usize,
    pub(crate) until: Until,
}

/// Whom a signature may be of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trusted<'a> {
    /// Those whom a policy statement trusts.
    Statement(verify::Terms<'a>),
    /// The signers of gates, a first one and others: it is judged for each of them, by that signer's trust alone.
    Signers(verify::Terms<'a>, &'a [verify::Terms<'a>]),
}

impl<'a> Trusted<'a> {
    const fn first_and_others(&self) -> (&verify::Terms<'a>, &'a [verify::Terms<'a>]) {
        match self {
            Self::Statement(terms) => (terms, &[]),
            Self::Signers(first, others) => (first, others),
        }
    }

    fn all(&self) -> impl Iterator<Item = &verify::Terms<'a>> {
        let (first, others) = self.first_and_others();
        std::iter::once(first).chain(others)
    }
}

/// When a search among the signatures of an artifact ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// With the first that is verified, which is enough for a verdict.
    FirstVerified,
    /// When every signature within the limit was judged: for callers that need all signers.
    All,
}

/// Resolves an artifact and judges its signatures, as far as the terms say.
///
/// Small envelopes are fetched and judged first, then large ones, smallest first, as many as fit into
/// [`limits::LARGE_ENVELOPES_BYTES`]. What is looked at follows from what the manifests declare, never from what arrives
/// first, so that no order of the listing and no slow answer changes the verdict.
///
/// # Errors
/// [`RegistryError`] when the artifact cannot be resolved or its signatures cannot be listed. What goes wrong with a
/// single signature is part of the result.
pub(crate) async fn examine(
    source: &Source,
    reference: &Reference,
    terms: &Terms<'_>,
) -> Result<Examined, RegistryError> {
    let (resolved, mut listing) = source.resolve_and_list(reference).await?;
    let artifact = resolved.descriptor.plain();
    let order = likely_first(&listing.descriptors, terms, terms.max_signatures);
    // Hints of those that are not looked at need not be held.
    let wanted: BTreeSet<_> = order.iter().map(|place| place.index).collect();
    for (_, left_out) in listing.descriptors.iter_mut().enumerate().filter(|(index, _)| !wanted.contains(index)) {
        left_out.annotations.clear();
    }
    let mut search = Search::new(source, &artifact, terms, &listing.descriptors);
    search.small(&order).await;
    search.large().await;
    let Search { found, .. } = search;
    // One that was accepted early may have expired during the wait for others.
    let now = terms.clock.now();
    let candidate = |(listed, found): (&Descriptor, Found)| Candidate { listed: listed.plain(), found: found.at(now) };
    let candidates = std::iter::zip(&listing.descriptors, found).map(candidate).collect();
    Ok(Examined { artifact, listing, candidates, children: None })
}

/// The search for a signature that is verified among those of one artifact.
struct Search<'a> {
    source: &'a Source,
    artifact: &'a Descriptor,
    terms: &'a Terms<'a>,
    listed: &'a [Descriptor],
    /// The result for each listed manifest.
    found: Vec<Found>,
    /// Those with large envelopes, which wait.
    large: Vec<(Place, Named)>,
    /// What a report may still show of those that are not verified.
    shown: usize,
    is_over: bool,
}

impl<'a> Search<'a> {
    fn new(source: &'a Source, artifact: &'a Descriptor, terms: &'a Terms<'a>, listed: &'a [Descriptor]) -> Self {
        let found = listed.iter().map(|_| Found::NotTried).collect();
        let (large, shown) = (Vec::new(), report::limits::ARTIFACT_SHOWN);
        Self { source, artifact, terms, listed, found, large, shown, is_over: false }
    }

    /// Judges those with small envelopes, and puts the others aside.
    async fn small(&mut self, order: &[Place]) {
        let Self { source, artifact, terms, listed, .. } = *self;
        let places = order.iter().filter_map(|place| Some((place, listed.get(place.index)?)));
        let mut looked = futures_util::stream::iter(places)
            .map(|(place, listed)| async move {
                let looked = match candidate::look(source, listed, &artifact.digest).await {
                    Ok(Looked::Fetched(fetched)) => Ok(judge(&fetched, artifact, terms).await.into_found()),
                    Ok(Looked::Large(named)) => Err(named),
                    Err(error) => Ok(Found::Unusable(error)),
                };
                (place, looked)
            })
            // As they come: one that does not answer, registry or responder, holds up no other.
            .buffer_unordered(FETCHED_AT_ONCE);
        while let Some((place, looked)) = looked.next().await {
            match looked {
                Ok(found) => self.note(place.index, found),
                Err(named) => self.large.push((place.clone(), named)),
            }
            if self.is_over {
                break;
            }
        }
    }

    /// Judges those with large envelopes, as many as fit.
    async fn large(&mut self) {
        if self.is_over {
            return;
        }
        let (fitting, left_out) = fitting(std::mem::take(&mut self.large));
        for (index, bytes) in left_out {
            self.note(index, Found::NoRoom { bytes });
        }
        let Self { source, artifact, terms, .. } = *self;
        let mut judged = futures_util::stream::iter(fitting)
            .map(|(index, named)| async move {
                let found = match candidate::fetch_envelope(source, named).await {
                    Ok(fetched) => judge(&fetched, artifact, terms).await.into_found(),
                    Err(error) => Found::Unusable(error),
                };
                (index, found)
            })
            .buffer_unordered(FETCHED_AT_ONCE);
        while let Some((index, found)) = judged.next().await {
            self.note(index, found);
            if self.is_over {
                break;
            }
        }
    }

    /// Records the result for a candidate. A verified one ends the search.
    fn note(&mut self, index: usize, mut found: Found) {
        if let Found::Judged(judged) = &mut found {
            if let Some((approval, listed)) = judged.approval.as_mut().zip(self.listed.get(index)) {
                listed.digest.as_str().clone_into(&mut approval.manifest);
            }
            if judged.decision == Decision::Verified && self.terms.until == Until::FirstVerified {
                self.is_over = true;
            } else {
                match self.shown.checked_sub(judged.weight()) {
                    Some(left) => self.shown = left,
                    None => judged.without_content(),
                }
            }
        }
        if let Some(place) = self.found.get_mut(index) {
            *place = found;
        }
    }
}

/// Something about the candidate at this place of the listing.
type At<T> = (usize, T);

/// Of the large envelopes those that are fetched, smallest first, and size and place of those that are left out.
fn fitting(mut large: Vec<(Place, Named)>) -> (Vec<At<Named>>, Vec<At<u64>>) {
    large.sort_by(|(place, named), (other_place, other)| {
        (named.envelope.size, place).cmp(&(other.envelope.size, other_place))
    });
    let mut bytes = 0_u64;
    let (mut fitting, mut left_out) = (Vec::new(), Vec::new());
    for (place, named) in large {
        let size = named.envelope.size;
        bytes = bytes.saturating_add(size);
        match bytes <= limits::LARGE_ENVELOPES_BYTES {
            true => fitting.push((place.index, named)),
            false => left_out.push((place.index, size)),
        }
    }
    (fitting, left_out)
}

/// Judges one envelope, with the evidence that the core asks for.
pub(crate) async fn judge(fetched: &Fetched<'_>, artifact: &Descriptor, terms: &Terms<'_>) -> Judgement {
    let envelope_type = fetched.manifest.envelope.media_type.clone();
    let envelope = Envelope::new(&envelope_type, &fetched.envelope);
    let (now, (first, others)) = (terms.clock.now(), terms.trusted.first_and_others());
    let (first, others) = verify::begin_each(envelope, artifact, (first, others), now);
    let Gathered { evidence, unanswered } = match requests(std::iter::once(&first).chain(&others)).as_slice() {
        [] => Gathered::default(),
        requests => evidence::gather(requests, terms.aws).await,
    };
    let now = terms.clock.now();
    let finish = |step| match step {
        Step::NeedsEvidence(pending) => Pending::finish(*pending, &evidence, now),
        step => step.without_evidence(),
    };
    let first = finish(first);
    match terms.trusted {
        Trusted::Statement(_) => Judgement::of(envelope_type, first, unanswered),
        Trusted::Signers(_, others_trusted) => {
            let outcomes = (first, others.into_iter().map(finish).collect());
            Judgement::of_signers(envelope_type, others_trusted.len() + 1, outcomes, unanswered)
        }
    }
}

/// What is asked for, each once: what is asked about a signature for one signer is answered for all.
fn requests<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<EvidenceRequest> {
    let mut requests: Vec<EvidenceRequest> = Vec::new();
    for step in steps {
        let Step::NeedsEvidence(pending) = step else { continue };
        for request in pending.requests() {
            if !requests.contains(request) {
                requests.push(request.clone());
            }
        }
    }
    requests
}

/// A candidate's position in the order in which they are examined: the likely ones first, then the small ones; of
/// those that are alike the one with the lower digest, so that the order of the listing does not matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    is_unlikely: bool,
    bytes: u64,
    digest: Digest,
    index: usize,
}

/// The first of the candidates, in the order in which they are examined: those whose annotation claims a trusted
/// certificate, then by the size that the listing declares. Anyone who can push to the registry can bury a good signature
/// under many others; the limit on how many are tried must not then hide it.
fn likely_first(listed: &[Descriptor], terms: &Terms<'_>, limit: usize) -> Vec<Place> {
    let trusted: BTreeSet<_> = [TrustStoreType::Ca, TrustStoreType::SigningAuthority]
        .into_iter()
        .flat_map(|store_type| terms.trusted.all().map(move |one| (one, store_type)))
        .flat_map(|(one, store_type)| one.stores().stores_of(one.statement().trust_stores(), store_type))
        .flatten()
        .flat_map(|store| store.certificates())
        .map(|certificate| certificate.fingerprint())
        .collect();
    let place = |(index, descriptor): (usize, &Descriptor)| Place {
        is_unlikely: !candidate::claimed_thumbprints(descriptor).iter().any(|claimed| trusted.contains(claimed)),
        bytes: descriptor.size,
        digest: descriptor.digest.clone(),
        index,
    };
    let mut order: Vec<_> = listed.iter().enumerate().map(place).collect();
    order.sort();
    order.truncate(limit);
    order
}

#[cfg(test)]
mod tests {
    use notary::descriptor::media_type;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn which_large_envelopes_are_fetched_follows_from_their_sizes_alone(
            (sizes, order) in proptest::collection::vec(1..=limits::FETCHED_ENVELOPE_BYTES, 0..60).prop_flat_map(|sizes| {
                let order: Vec<_> = (0..sizes.len()).collect();
                (Just(sizes), Just(order).prop_shuffle())
            })
        ) {
            let candidate = |index: usize| {
                let digest = Digest::sha256(&index.to_be_bytes());
                let envelope = Descriptor { size: sizes[index], ..Descriptor::of(media_type::JWS, b"") };
                (Place { is_unlikely: index.is_multiple_of(2), bytes: 1, digest, index }, Named { form: None, envelope })
            };
            let chosen = |order: &[usize]| {
                let (fitting, left_out) = fitting(order.iter().map(|index| candidate(*index)).collect());
                (fitting.into_iter().map(|(index, named)| (index, named.envelope.size)).collect::<Vec<_>>(), left_out)
            };
            let (fitting, left_out) = chosen(&(0..sizes.len()).collect::<Vec<_>>());
            prop_assert_eq!(chosen(&order), (fitting.clone(), left_out.clone()));
            prop_assert_eq!(fitting.len() + left_out.len(), sizes.len());
            let bytes: u64 = fitting.iter().map(|(_, size)| size).sum();
            prop_assert!(bytes <= limits::LARGE_ENVELOPES_BYTES);
            // The smallest go first, and as many as fit.
            if let Some(least) = left_out.iter().map(|(_, size)| *size).min() {
                prop_assert!(fitting.iter().all(|(_, size)| *size <= least) && bytes + least > limits::LARGE_ENVELOPES_BYTES);
            }
        }
    }
}
