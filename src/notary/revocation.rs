//! What must be fetched to know whether a signature or a certificate was revoked, and what came of it.
//!
//! The core asks, the caller fetches: [`EvidenceRequest`] says what, [`Evidence`] is the answer to one request and
//! names it, so that a missing or reordered answer cannot be taken for another.

use crate::certificate::{CertificateChain, RevocationPointer};
use crate::extension::aws_signer::RevocationStatusRequest;

/// One thing to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceRequest {
    /// What one certificate names as the source of its revocation status.
    CertificatePointer {
        /// Index of the certificate in the chain, the leaf being 0.
        certificate: usize,
        /// Where the certificate says its status is found.
        pointer: RevocationPointer,
    },
    /// The revocation status that AWS Signer keeps of a signature.
    AwsRevocationStatus(RevocationStatusRequest),
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// The request that it answers.
    pub request: EvidenceRequest,
    /// What came of it.
    pub answer: EvidenceAnswer,
}

impl Evidence {
    /// The answer to a request.
    #[must_use]
    pub const fn new(request: EvidenceRequest, answer: EvidenceAnswer) -> Self {
        Self { request, answer }
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceAnswer {
    /// Nothing was obtained that could be judged.
    Unavailable {
        /// What kind of obstacle it was.
        kind: Unavailability,
        /// In the words of whoever tried.
        reason: String,
    },
    /// A well-formed answer of AWS Signer. It is not signed: it counts as much as the connection it came over.
    AwsRevocationStatus {
        /// All that it names as revoked, as it stands there.
        revoked_entities: Vec<String>,
        /// The endpoint that answered, if it is not one of AWS.
        endpoint: Option<String>,
    },
}

/// Why nothing was obtained. Ordered by how little it helps to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Unavailability {
    /// Nobody answered, or not in time.
    NoAnswer,
    /// Whoever was asked does not allow it, or there are no credentials to ask with.
    Denied,
    /// An answer came that cannot be read.
    Malformed,
    /// It cannot be asked for here.
    NotSupported,
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
                .map(move |pointer| EvidenceRequest::CertificatePointer { certificate, pointer: pointer.clone() })
        })
        .collect()
}
