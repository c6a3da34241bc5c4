//! Looks at the signatures of one artifact: resolve, list, fetch, judge.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use notary::descriptor::Descriptor;
use notary::envelope::Envelope;
use notary::extension::aws_signer::AwsRoots;
use notary::limits;
use notary::trust_policy::PolicyStatement;
use notary::trust_store::{TrustStoreType, TrustStores};
use notary::verify::{self, Decision, Inputs, Step};

use super::verdict::{Candidate, Examined, Found};
use crate::aws::Aws;
use crate::clock::Clock;
use crate::command::candidate::{self, Fetched};
use crate::evidence;
use crate::registry::{Reference, RegistryError, Source};

/// Candidates of one artifact that are fetched and judged at the same time. More would fetch much for nothing, as the
/// likely ones come first and the first that verifies ends the search.
const FETCHED_AT_ONCE: usize = 4;

/// What signatures are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    /// The statement that applies to the repository.
    pub(crate) statement: &'a PolicyStatement,
    /// The trust stores that it names, as far as they could be loaded.
    pub(crate) trust_stores: &'a TrustStores,
    /// What counts as a root of AWS Signer.
    pub(crate) aws_roots: &'a AwsRoots,
    /// Metadata that a signature must carry.
    pub(crate) user_metadata: &'a BTreeMap<String, String>,
    /// The present, which moves on while registries and responders are waited for.
    pub(crate) clock: Clock,
    /// Who is asked about signatures of AWS Signer, if anybody.
    pub(crate) aws: Option<&'a Aws>,
    /// Signatures that are looked at.
    pub(crate) max_signatures: usize,
}

/// Resolves an artifact and judges its signatures until one is verified.
///
/// # Errors
/// [`RegistryError`] when the artifact cannot be resolved or its signatures cannot be listed. What goes wrong with a
/// single signature is part of the result.
pub(crate) async fn examine(
    source: &Source,
    reference: &Reference,
    terms: &Terms<'_>,
) -> Result<Examined, RegistryError> {
    let (resolved, listing) = source.resolve_and_list(reference).await?;
    let artifact = resolved.descriptor.plain();
    let order = likely_first(&listing.descriptors, terms);
    let mut found: Vec<_> = listing.descriptors.iter().map(|_| Found::NotTried).collect();
    let mut judgements = futures_util::stream::iter(order.into_iter().take(terms.max_signatures))
        .map(|(index, listed)| {
            let artifact = &artifact;
            async move {
                let (size, found) = match candidate::fetch(source, listed, &artifact.digest).await {
                    Ok(fetched) => (fetched.envelope.len(), judge(&fetched, artifact, terms).await),
                    Err(error) => (0, Found::Unusable(error)),
                };
                (index, size, found)
            }
        })
        // As they come: one that does not answer, registry or responder, holds up no other.
        .buffer_unordered(FETCHED_AT_ONCE);
    let mut read = 0;
    while let Some((index, size, judged)) = judgements.next().await {
        read += u64::try_from(size).unwrap_or(u64::MAX);
        if read > limits::ENVELOPES_BYTES {
            break;
        }
        let verified = matches!(&judged, Found::Judged { outcome, .. } if outcome.decision() == Decision::Verified);
        if let Some(place) = found.get_mut(index) {
            *place = judged;
        }
        if verified {
            break;
        }
    }
    drop(judgements);
    // One that was accepted early may have run out while others were waited for.
    let now = terms.clock.now();
    let candidates = std::iter::zip(listing.descriptors.clone(), found)
        .map(|(listed, found)| Candidate { listed, found: found.at(now) })
        .collect();
    Ok(Examined { artifact, listing, candidates })
}

/// Judges one envelope, with the evidence that the core asks for.
pub(crate) async fn judge(fetched: &Fetched, artifact: &Descriptor, terms: &Terms<'_>) -> Found {
    let envelope_type = fetched.manifest.envelope().media_type.clone();
    let inputs = Inputs {
        artifact,
        statement: terms.statement,
        trust_stores: terms.trust_stores,
        aws_roots: terms.aws_roots,
        user_metadata: terms.user_metadata,
        now: terms.clock.now(),
    };
    let (outcome, unanswered) = match verify::begin(Envelope::new(&envelope_type, &fetched.envelope), &inputs) {
        Step::Finished(outcome) => (outcome, None),
        Step::NeedsEvidence(pending) => {
            let gathered = evidence::gather(pending.requests(), terms.aws).await;
            (Box::new(pending.finish(&gathered.evidence, terms.clock.now())), gathered.unanswered)
        }
    };
    Found::Judged { envelope_type, outcome, unanswered }
}

/// The candidates whose annotation claims a trusted certificate first, otherwise in the order of the listing. Whoever
/// can push to the registry can bury a good signature under many others; the limit on how many are tried must not
/// then hide it.
fn likely_first<'a>(listed: &'a [Descriptor], terms: &Terms<'_>) -> Vec<(usize, &'a Descriptor)> {
    let trusted: BTreeSet<_> = [TrustStoreType::Ca, TrustStoreType::SigningAuthority]
        .into_iter()
        .flat_map(|store_type| terms.trust_stores.stores_of(terms.statement, store_type))
        .flatten()
        .flat_map(|store| store.certificates())
        .map(|certificate| certificate.fingerprint())
        .collect();
    let mut order: Vec<_> = listed.iter().enumerate().collect();
    // Cached: the annotation is parsed once for each entry.
    order.sort_by_cached_key(|(_, descriptor)| {
        !candidate::claimed_thumbprints(descriptor).iter().any(|thumbprint| trusted.contains(thumbprint))
    });
    order
}
