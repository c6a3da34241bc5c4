//! Gathers what the core asks for to judge revocation. Never fails: what cannot be had is an answer too.

use notary::revocation::{Evidence, EvidenceAnswer, EvidenceRequest};

/// Answers every request. This version asks no OCSP responder and fetches no CRL, and says so: the core then takes
/// revocation as not evaluated, which rejects where it is enforced.
pub(crate) fn gather(requests: &[EvidenceRequest]) -> Vec<Evidence> {
    let reason = "this version of sealgate asks no OCSP responder and fetches no CRL";
    requests
        .iter()
        .map(|request| Evidence {
            request: request.clone(),
            answer: EvidenceAnswer::Unavailable { reason: reason.to_owned() },
        })
        .collect()
}
