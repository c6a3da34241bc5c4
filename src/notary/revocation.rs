//! What must be fetched to know whether a certificate was revoked, and what came of it.
//!
//! The core asks, the caller fetches: [`EvidenceRequest`] says what, [`Evidence`] is the answer to one request and
//! names it, so that a missing or reordered answer cannot be taken for another.

use crate::certificate::{CertificateChain, RevocationPointer};

/// One thing to fetch for one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRequest {
    certificate: usize,
    pointer: RevocationPointer,
}

impl EvidenceRequest {
    /// Index of the certificate in the chain, the leaf being 0.
    #[must_use]
    pub const fn certificate(&self) -> usize {
        self.certificate
    }

    /// Where the certificate says its status is found.
    #[must_use]
    pub const fn pointer(&self) -> &RevocationPointer {
        &self.pointer
    }
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The request that it answers.
    pub request: EvidenceRequest,
    /// What came of it.
    pub answer: EvidenceAnswer,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceAnswer {
    /// Nothing was obtained, and why.
    Unavailable {
        /// In the words of whoever tried.
        reason: String,
    },
}

/// Everything that the chain's certificates below the root name. Empty proves that there is nothing to check.
#[must_use]
pub fn requests(chain: &CertificateChain) -> Vec<EvidenceRequest> {
    let below_root = chain.certificates().len().saturating_sub(1);
    chain
        .certificates()
        .iter()
        .take(below_root)
        .enumerate()
        .flat_map(|(certificate, source)| {
            source
                .revocation_pointers()
                .iter()
                .map(move |pointer| EvidenceRequest { certificate, pointer: pointer.clone() })
        })
        .collect()
}
