//! What is found of one signature, how signatures were looked for, and which one was made.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Reason;

/// One signature.
#[derive(Debug, Serialize)]
pub(crate) struct CandidateReport {
    /// Digest of the signature manifest.
    pub(crate) signature_manifest: String,
    pub(crate) decision: Decision,
    /// Media type of the envelope, once it is known.
    pub(crate) envelope_type: Option<String>,
    /// What the envelope says. Present only after its integrity was checked, or in `inspect`, which checks nothing else.
    pub(crate) content: Option<EnvelopeReport>,
    /// Until when it is accepted, if it is and does not last forever: its own expiry, or that of a certificate of its chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accepted_until: Option<String>,
    /// Whether content and rows are left out, since they would make the report too long.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) content_omitted: bool,
    /// The five validations, in their order; empty when nothing was judged.
    pub(crate) rows: Vec<RowReport>,
    /// Why it could not be judged, or the first reason for which it was refused.
    pub(crate) reason: Option<Reason>,
}

/// The decision on one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    /// Every enforced validation passed.
    Accepted,
    /// An enforced validation did not pass.
    Rejected,
    /// It could not be fetched or read.
    NotJudged,
    /// It was not examined: another one was verified first, or a limit was reached. Reports call it `not-judged` too.
    #[serde(rename = "not-judged")]
    NotTried,
    /// It was only listed or shown.
    Listed,
}

#[cfg(test)]
impl Decision {
    pub(crate) const ALL: [Self; 5] = [Self::Accepted, Self::Rejected, Self::NotJudged, Self::NotTried, Self::Listed];
}

/// What an envelope says.
#[derive(Debug, Serialize)]
pub(crate) struct EnvelopeReport {
    /// For example `ECDSA-SHA-256`.
    pub(crate) signature_algorithm: String,
    /// For example `notary.x509`.
    pub(crate) signing_scheme: String,
    /// When it was signed, as the signer says.
    pub(crate) signing_time: Option<String>,
    /// When it was signed, as the signing authority says.
    pub(crate) authentic_signing_time: Option<String>,
    pub(crate) expiry: Option<String>,
    /// The tool that made it, as the envelope claims.
    pub(crate) signing_agent: Option<String>,
    /// Metadata that the user added to the signature.
    pub(crate) user_metadata: BTreeMap<String, String>,
    /// Extended attributes, as text.
    pub(crate) extended_attributes: BTreeMap<String, String>,
    /// ARN of the version of the AWS signing profile that signed. It is trusted where the signature was accepted, and
    /// elsewhere what the envelope says: anybody can write it into one of their own.
    pub(crate) signing_profile_version: Option<String>,
    /// ARN of the alias through which the profile was used, likewise. Absent for other signatures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signing_profile_alias: Option<String>,
    /// ARN of the AWS signing job, likewise.
    pub(crate) signing_job: Option<String>,
    /// The certificate chain, leaf first.
    pub(crate) certificates: Vec<CertificateReport>,
    /// The artifact that the envelope claims to be for.
    pub(crate) target_artifact: Option<DescriptorReport>,
    /// Certificates, pairs and other facts that are left out above, since they would make the report too long.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub(crate) omitted: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CertificateReport {
    /// Subject, as a distinguished name.
    pub(crate) subject: String,
    /// Issuer, as a distinguished name.
    pub(crate) issuer: String,
    /// SHA-256 of the certificate, lower-case hex.
    pub(crate) sha256: String,
    pub(crate) not_before: String,
    pub(crate) not_after: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct DescriptorReport {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    /// In bytes.
    pub(crate) size: u64,
}

/// One of the five validations of a signature.
#[derive(Debug, Serialize)]
pub(crate) struct RowReport {
    pub(crate) validation: Validation,
    /// What the statement asks for.
    pub(crate) action: Action,
    pub(crate) status: Status,
    /// Absent only for a plain pass.
    pub(crate) reason: Option<Reason>,
    /// The source of the answer, if it is not the expected one: an endpoint that replaces AWS's.
    pub(crate) answered_by: Option<String>,
}

/// The five validations (trust policy specification, "Signature verification details").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Validation {
    /// The signature matches the content.
    Integrity,
    /// The signer is trusted.
    Authenticity,
    /// It was signed while the certificate was valid.
    AuthenticTimestamp,
    /// It has not expired.
    Expiry,
    /// No certificate was revoked.
    Revocation,
}

impl Validation {
    /// All of them, in their order.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 5] =
        [Self::Integrity, Self::Authenticity, Self::AuthenticTimestamp, Self::Expiry, Self::Revocation];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Authenticity => "authenticity",
            Self::AuthenticTimestamp => "authentic timestamp",
            Self::Expiry => "expiry",
            Self::Revocation => "revocation",
        }
    }
}

/// What a statement asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// The signature is rejected unless it passes.
    Enforce,
    /// Not passing is reported, but does not reject.
    Log,
    /// It is not checked.
    Skip,
}

impl Action {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 3] = [Self::Enforce, Self::Log, Self::Skip];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Log => "log",
            Self::Skip => "skip",
        }
    }
}

/// The result of a validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Passed,
    Failed,
    /// It was shown that there is nothing to check.
    NothingToCheck,
    /// It was not looked at; never a success where it is enforced.
    NotEvaluated,
}

impl Status {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::Passed, Self::Failed, Self::NothingToCheck, Self::NotEvaluated];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NothingToCheck => "nothing to check",
            Self::NotEvaluated => "not evaluated",
        }
    }
}

/// How signatures were looked for.
#[derive(Debug, Serialize)]
pub(crate) struct ListingReport {
    /// `referrers-api`, `tag-schema`, `both` or `oci-layout`.
    pub(crate) method: String,
    pub(crate) found: usize,
    /// Whether all were looked at; false when a limit was reached, or the rest could not be listed.
    pub(crate) complete: bool,
    /// What it must not be read without: why the registry's tag decides, what stands there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SignedReport {
    /// Digest of the signature manifest.
    pub(crate) signature_manifest: String,
    /// The signer, as it names itself: the file of a local key, or a profile.
    pub(crate) signer: String,
    /// Where the signature can be found: `referrers-api`, `tag-schema`, `oci-layout`.
    pub(crate) published: String,
    /// ARN of the version of the signing profile, of a signature by AWS Signer.
    pub(crate) signing_profile_version: Option<String>,
    /// ARN of the alias through which the profile was used, if that stands in the signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signing_profile_alias: Option<String>,
    /// ARN of the signing job, of a signature by AWS Signer.
    pub(crate) signing_job: Option<String>,
    /// From when on the signature no longer counts.
    pub(crate) expiry: Option<String>,
    /// Until when a verifier accepts it, if it does not last forever: its own expiry, or that of a certificate of its chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accepted_until: Option<String>,
    /// Why a signature by the same signer did not count, where its revocation status could not be determined.
    pub(crate) undecided: Option<String>,
    /// Why the registry's tag lists it, what stood there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
}
