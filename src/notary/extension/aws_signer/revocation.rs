//! What AWS Signer is asked about revocation, and what its answer names.

use std::fmt;

use jiff::Timestamp;

use super::AwsSignature;
use super::arn::SigningJobArn;
use super::profile::{SignedProfile, TrustedProfile};
use crate::certificate::CertificateChain;
use crate::digest::{Digest, DigestAlgorithm, excerpt};
use crate::limits;

/// The parameters of GetRevocationStatus, all required, in addition to the platform ([`super::PLATFORM_ID`]).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevocationStatusRequest {
    /// The authentic signing time.
    pub signature_timestamp: Timestamp,
    /// The profile that signed, as it stands in the signature.
    pub profile_version_arn: SignedProfile,
    /// The job in which it signed.
    pub job_arn: SigningJobArn,
    /// From [`certificate_hashes`].
    pub certificate_hashes: Vec<String>,
}

impl RevocationStatusRequest {
    /// What is asked about one signature.
    #[must_use]
    pub fn new(signature_timestamp: Timestamp, signature: &AwsSignature, chain: &CertificateChain) -> Self {
        Self {
            signature_timestamp,
            profile_version_arn: signature.profile_version.clone(),
            job_arn: signature.job.clone(),
            certificate_hashes: certificate_hashes(chain),
        }
    }

    /// The region that is asked: the one of the profile, also for an image that was replicated elsewhere.
    #[must_use]
    pub fn region(&self) -> &str {
        self.profile_version_arn.region()
    }

    /// The partition of that region.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.profile_version_arn.partition()
    }

    /// What one entry of the answer names.
    fn entity(&self, entry: &str, chain: &CertificateChain) -> RevokedEntity {
        if entry == self.job_arn.as_str() {
            return RevokedEntity::SigningJob(self.job_arn.clone());
        }
        let named = TrustedProfile::parse(entry).ok();
        if named.is_some_and(|arn| arn.covers(&TrustedProfile::from(self.profile_version_arn.clone()))) {
            return RevokedEntity::ProfileVersion(self.profile_version_arn.clone());
        }
        let place = self.certificate_hashes.iter().position(|hash| hash.eq_ignore_ascii_case(entry));
        match place.and_then(|index| Some((index, chain.certificates().get(index)?))) {
            Some((index, certificate)) => {
                RevokedEntity::Certificate { index, subject: certificate.subject().excerpt() }
            }
            None => RevokedEntity::Other(excerpt(entry)),
        }
    }
}

impl fmt::Display for RevocationStatusRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "signing job {}, signing profile version {} and {} certificates of the chain",
            self.job_arn,
            self.profile_version_arn,
            self.certificate_hashes.len()
        )
    }
}

/// The hashes by which AWS Signer knows the certificates of a chain, leaf first, root included.
///
/// Each is the SHA-384 of what is signed in a certificate, as received, followed by that of its issuer (of itself for the
/// root), both as 96 lowercase hexadecimal characters. This is how AWS's plugin computes them.
#[must_use]
pub fn certificate_hashes(chain: &CertificateChain) -> Vec<String> {
    let hash = |certificate: &crate::certificate::Certificate| {
        Digest::of(DigestAlgorithm::Sha384, certificate.tbs_der()).hex().to_owned()
    };
    let own: Vec<_> = chain.certificates().iter().map(hash).collect();
    let issuers = own.iter().skip(1).chain(own.last());
    own.iter().zip(issuers).map(|(own, issuer)| format!("{own}{issuer}")).collect()
}

/// Something that AWS Signer says was revoked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevokedEntity {
    /// The job of the signature.
    #[error("signing job {0}")]
    SigningJob(SigningJobArn),
    /// The profile version of the signature.
    #[error("signing profile version {0}")]
    ProfileVersion(SignedProfile),
    /// A certificate of the chain.
    #[error("certificate {index} of the chain ({subject})")]
    Certificate {
        /// Its place, the leaf being 0.
        index: usize,
        /// Its subject.
        subject: String,
    },
    /// Something that was not asked about. It rejects as well.
    #[error("{0:?}, which is neither job, profile version nor certificate of the signature")]
    Other(String),
}

/// What the entries of an answer name, at most [`limits::REVOKED_ENTITIES`], and how many more there are.
pub(crate) fn revoked(
    request: &RevocationStatusRequest,
    entries: &[String],
    chain: &CertificateChain,
) -> (Vec<RevokedEntity>, usize) {
    let named = entries.iter().take(limits::REVOKED_ENTITIES).map(|entry| request.entity(entry, chain)).collect();
    (named, entries.len().saturating_sub(limits::REVOKED_ENTITIES))
}
