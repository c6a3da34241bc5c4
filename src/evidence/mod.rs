//! Gathers what the core asks for to judge revocation. Never fails: what cannot be had is an answer too.

use futures_util::future::join_all;
use notary::extension::aws_signer::{PLATFORM_ID, RevocationStatusRequest};
use notary::revocation::{Evidence, EvidenceAnswer, EvidenceRequest, Unavailability};

use crate::aws::facts::{AwsError, AwsErrorKind};
use crate::aws::{Aws, RevocationQuery};

#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// One answer to each request.
    pub(crate) evidence: Vec<Evidence>,
    /// Why AWS Signer did not answer, for advice: the core needs only the kind and the message.
    pub(crate) unanswered: Option<AwsError>,
}

/// Answers every request, all at the same time. This version asks no OCSP responder and fetches no CRL, and says so: the
/// core then takes revocation as not evaluated, which rejects where it is enforced.
pub(crate) async fn gather(requests: &[EvidenceRequest], aws: Option<&Aws>) -> Gathered {
    let answers = join_all(requests.iter().map(|request| answer(request, aws))).await;
    let mut gathered = Gathered::default();
    for (request, answer) in requests.iter().zip(answers) {
        let answer = answer.unwrap_or_else(|error| {
            let answer = EvidenceAnswer::Unavailable { kind: unavailability(&error), reason: error.to_string() };
            gathered.unanswered.get_or_insert(error);
            answer
        });
        gathered.evidence.push(Evidence::new(request.clone(), answer));
    }
    gathered
}

async fn answer(request: &EvidenceRequest, aws: Option<&Aws>) -> Result<EvidenceAnswer, AwsError> {
    let unsupported =
        |reason: &str| EvidenceAnswer::Unavailable { kind: Unavailability::NotSupported, reason: reason.to_owned() };
    match (request, aws) {
        (EvidenceRequest::AwsRevocationStatus(request), Some(aws)) => revocation_status(request, aws).await,
        (EvidenceRequest::AwsRevocationStatus(_), None) => Ok(unsupported("AWS Signer is not contacted here")),
        (EvidenceRequest::CertificatePointer { .. }, _) => {
            Ok(unsupported("this version of sealgate does not contact OCSP responders or fetch CRLs"))
        }
        _ => Ok(unsupported("this version of sealgate does not know how to check it")),
    }
}

async fn revocation_status(request: &RevocationStatusRequest, aws: &Aws) -> Result<EvidenceAnswer, AwsError> {
    let query = RevocationQuery {
        region: request.region(),
        signature_timestamp: request.signature_timestamp.as_second(),
        platform_id: PLATFORM_ID,
        profile_version_arn: request.profile_version_arn.as_str(),
        job_arn: request.job_arn.as_str(),
        certificate_hashes: &request.certificate_hashes,
    };
    let answer = aws.revocation_status(&query).await?;
    Ok(EvidenceAnswer::AwsRevocationStatus {
        revoked_entities: answer.revoked_entities,
        endpoint: answer.foreign_endpoint,
    })
}

/// What a failed call means for the judgment: whether other permissions, or another try, could change it.
const fn unavailability(error: &AwsError) -> Unavailability {
    match error.kind {
        AwsErrorKind::NoCredentials
        | AwsErrorKind::Expired
        | AwsErrorKind::ClockSkew
        | AwsErrorKind::Denied
        | AwsErrorKind::Proxy => Unavailability::Denied,
        AwsErrorKind::Throttled | AwsErrorKind::Unavailable => Unavailability::NoAnswer,
        AwsErrorKind::NotFound
        | AwsErrorKind::Invalid
        | AwsErrorKind::Malformed
        | AwsErrorKind::Untrusted
        | AwsErrorKind::Setting => Unavailability::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::facts::Operation;

    #[test]
    fn each_failure_of_a_call_has_its_meaning_for_the_judgement() {
        for (kind, expected) in [
            (AwsErrorKind::NoCredentials, Unavailability::Denied),
            (AwsErrorKind::Expired, Unavailability::Denied),
            (AwsErrorKind::ClockSkew, Unavailability::Denied),
            (AwsErrorKind::Denied, Unavailability::Denied),
            (AwsErrorKind::Proxy, Unavailability::Denied),
            (AwsErrorKind::Untrusted, Unavailability::Malformed),
            (AwsErrorKind::Throttled, Unavailability::NoAnswer),
            (AwsErrorKind::Unavailable, Unavailability::NoAnswer),
            (AwsErrorKind::NotFound, Unavailability::Malformed),
            (AwsErrorKind::Invalid, Unavailability::Malformed),
            (AwsErrorKind::Malformed, Unavailability::Malformed),
            (AwsErrorKind::Setting, Unavailability::Malformed),
        ] {
            assert_eq!(
                unavailability(&AwsError::new(Operation::GET_REVOCATION_STATUS, kind, "")),
                expected,
                "{kind:?}"
            );
        }
    }
}
