//! What all commands about images report alike: the artifact, how its signatures were listed, and what the listing says.

use notary::descriptor::Descriptor;

use crate::reference::Reference;
use crate::registry::Listing;
use crate::report::{ArtifactOutcome, ArtifactReport, CandidateReport, Decision, ListingReport};

/// A report about an artifact that was resolved.
pub(super) fn resolved_report(
    reference: &Reference,
    artifact: &Descriptor,
    outcome: ArtifactOutcome,
) -> ArtifactReport {
    ArtifactReport {
        digest_reference: Some(reference.at_digest(&artifact.digest)),
        media_type: Some(artifact.media_type.clone()),
        size: Some(artifact.size),
        ..ArtifactReport::new(reference.to_string(), outcome)
    }
}

pub(super) fn listing_report(listing: &Listing, max_signatures: usize) -> ListingReport {
    let found = listing.descriptors.len();
    let refusal = listing.refused.as_ref().map(|refusal| format!("the rest could not be listed: {refusal}"));
    ListingReport {
        method: listing.mechanism.name().to_owned(),
        found,
        complete: listing.complete && listing.unreadable == 0 && found <= max_signatures,
        notes: listing.notes.iter().map(ToString::to_string).chain(refusal).collect(),
    }
}

/// What the listing alone says about a signature.
pub(super) fn bare(listed: &Descriptor) -> CandidateReport {
    CandidateReport {
        signature_manifest: listed.digest.to_string(),
        decision: Decision::Listed,
        envelope_type: None,
        content: None,
        accepted_until: None,
        content_omitted: false,
        rows: Vec::new(),
        reason: None,
    }
}
