//! What evidence says about revocation.

use super::reason::{Confirmation, Failure, Unevaluated};
use super::status::Status;
use crate::certificate::{CertificateChain, RevocationPointer};
use crate::extension::aws_signer::{RevocationStatusRequest, revoked};
use crate::revocation::{Evidence, EvidenceAnswer, EvidenceRequest, Unavailability};

/// The revocation row. An answer counts for the request that it names, and only if it is of its kind.
pub(super) fn judge(requests: &[EvidenceRequest], evidence: &[Evidence], chain: &CertificateChain) -> Status {
    let answer = |request: &EvidenceRequest| {
        evidence.iter().find(|candidate| candidate.request == *request).map(|found| &found.answer)
    };
    let mut unknown = Vec::new();
    let mut status = None;
    for request in requests {
        let found = match (request, answer(request)) {
            (
                EvidenceRequest::AwsRevocationStatus(request),
                Some(EvidenceAnswer::AwsRevocationStatus { revoked_entities, endpoint }),
            ) => Ok(judge_aws(request, revoked_entities, endpoint.as_deref(), chain)),
            (_, None) => Err((Unavailability::NoAnswer, "no answer")),
            (_, Some(EvidenceAnswer::Unavailable { kind, reason })) => Err((*kind, reason.as_str())),
            (_, Some(_)) => Err((Unavailability::Malformed, "the answer is one to another question")),
        };
        match found {
            Ok(failed @ Status::Failed(_)) => return failed,
            Ok(other) => status = Some(other),
            Err((kind, reason)) => unknown.push((kind, format!("{}: {reason}", describe(request)))),
        }
    }
    let kind = unknown.iter().map(|(kind, _)| *kind).max();
    match (kind, status) {
        (None, Some(status)) => status,
        // Without a request nothing was asked, which proves nothing.
        (kind, _) => Status::NotEvaluated(Unevaluated::RevocationUnknown {
            kind: kind.unwrap_or(Unavailability::NotSupported),
            sources: unknown.into_iter().map(|(_, text)| text).collect(),
        }),
    }
}

/// A list that is not empty rejects, whatever it contains.
fn judge_aws(
    request: &RevocationStatusRequest,
    revoked_entities: &[String],
    endpoint: Option<&str>,
    chain: &CertificateChain,
) -> Status {
    let endpoint = endpoint.map(str::to_owned);
    if revoked_entities.is_empty() {
        return Status::Confirmed(Confirmation::NotRevoked { request: Box::new(request.clone()), endpoint });
    }
    let (entities, omitted) = revoked(request, revoked_entities, chain);
    Status::Failed(Failure::Revoked { entities, omitted, endpoint })
}

fn describe(request: &EvidenceRequest) -> String {
    match request {
        EvidenceRequest::CertificatePointer { certificate, pointer } => match pointer {
            RevocationPointer::Ocsp(url) => format!("certificate {certificate} names OCSP responder {url}"),
            RevocationPointer::Crl(url) => format!("certificate {certificate} names CRL {url}"),
            RevocationPointer::Other => format!("certificate {certificate} names a revocation source without a URL"),
        },
        EvidenceRequest::AwsRevocationStatus(request) => {
            format!("AWS Signer in {} was asked about {request}", request.region())
        }
    }
}
