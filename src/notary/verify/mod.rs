//! Judging one signature: the five validations of the trust policy specification.
//!
//! [`begin`] does all that needs no network. Where the outcome hangs on what OCSP responders and CRLs say, it returns
//! a list of requests; the caller gathers what it can and calls [`Pending::finish`]. An answer that does not come is
//! "not evaluated", and an enforced validation that was not evaluated rejects.

mod outcome;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::certificate::{RevocationPointer, Validity};
use crate::descriptor::Descriptor;
use crate::envelope::{Criticality, Envelope, SigningTime, VerifiedEnvelope, name};
use crate::payload::Payload;
use crate::revocation::{self, Evidence, EvidenceAnswer, EvidenceRequest};
use crate::trust_policy::{
    PolicyStatement, ValidationAction, ValidationType, VerificationLevel, VerifyTimestamp, check_identity,
};
use crate::trust_store::{TrustStoreType, TrustStores};

pub use outcome::{Decision, Failure, Identification, Nothing, Outcome, Status, Unevaluated, Validation};

/// Everything that a signature is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The artifact as resolved: media type, digest and size.
    pub artifact: &'a Descriptor,
    /// The statement that applies to its repository.
    pub statement: &'a PolicyStatement,
    /// The trust stores that the statement names, as far as they could be loaded.
    pub trust_stores: &'a TrustStores,
    /// Metadata that the signature must carry.
    pub user_metadata: &'a BTreeMap<String, String>,
    /// The present.
    pub now: Timestamp,
}

/// Where a judgement stands.
#[derive(Debug)]
pub enum Step {
    /// It is complete.
    Finished(Box<Outcome>),
    /// It hangs on evidence.
    NeedsEvidence(Box<Pending>),
}

impl Step {
    /// Completes the judgement with no evidence: what hangs on it is then not evaluated.
    #[must_use]
    pub fn without_evidence(self) -> Outcome {
        match self {
            Self::Finished(outcome) => *outcome,
            Self::NeedsEvidence(pending) => pending.finish(&[]),
        }
    }
}

/// A judgement that hangs on evidence. Only a chain that is anchored in a trust store gets here: no request leaves
/// because of another.
#[derive(Debug)]
pub struct Pending {
    rows: Rows,
    requests: Vec<EvidenceRequest>,
}

impl Pending {
    /// What to gather.
    #[must_use]
    pub fn requests(&self) -> &[EvidenceRequest] {
        &self.requests
    }

    /// Completes the judgement. An answer counts for the request that it names; a request without an answer has none.
    #[must_use]
    pub fn finish(self, evidence: &[Evidence]) -> Outcome {
        let Self { mut rows, requests } = self;
        let pointers = requests.iter().map(|request| describe(request, evidence)).collect();
        rows.revocation = Status::NotEvaluated(Unevaluated::RevocationUnknown { pointers });
        rows.into_outcome()
    }
}

fn describe(request: &EvidenceRequest, evidence: &[Evidence]) -> String {
    let certificate = request.certificate();
    let pointer = match request.pointer() {
        RevocationPointer::Ocsp(url) => format!("certificate {certificate} names OCSP responder {url}"),
        RevocationPointer::Crl(url) => format!("certificate {certificate} names CRL {url}"),
        RevocationPointer::Other => format!("certificate {certificate} names a revocation source without a URL"),
    };
    match evidence.iter().find(|candidate| candidate.request == *request).map(|found| &found.answer) {
        Some(EvidenceAnswer::Unavailable { reason }) => format!("{pointer}: {reason}"),
        None => format!("{pointer}: no answer"),
    }
}

/// Judges one signature as far as it goes without evidence.
///
/// Signature specification, "Signature Verification"; trust policy specification, "Signature Verification details".
#[must_use]
pub fn begin(envelope: Envelope<'_>, inputs: &Inputs<'_>) -> Step {
    let mut rows = Rows::new(inputs.statement.level());
    if rows.level.is_skip() {
        rows.user_metadata = Status::NotEvaluated(Unevaluated::SkippedByPolicy);
        return Step::Finished(Box::new(rows.into_outcome()));
    }
    let verified = match check_integrity(envelope, inputs.artifact) {
        Ok((verified, payload)) => {
            rows.user_metadata = check_user_metadata(&payload, inputs.user_metadata);
            rows.payload = Some(payload);
            rows.envelope.insert(verified)
        }
        Err(failure) => {
            rows.integrity = Status::Failed(failure);
            return Step::Finished(Box::new(rows.into_outcome()));
        }
    };
    rows.integrity = Status::Passed;

    let anchored = check_anchor(verified, inputs);
    let trusted = anchored.is_ok();
    rows.authenticity = match anchored.and_then(|()| {
        let leaf = verified.chain().leaf();
        check_identity(leaf, inputs.statement.trusted_identities()).map(drop).map_err(Failure::from)
    }) {
        Ok(()) => Status::Passed,
        Err(failure) => Status::Failed(failure),
    };
    rows.authentic_timestamp = check_authentic_timestamp(verified, inputs.statement, inputs.now);
    rows.expiry = check_expiry(verified.signed_attributes().expiry(), inputs.now);

    let revocation_action = rows.level.action(ValidationType::Revocation);
    if revocation_action == ValidationAction::Skip {
        rows.revocation = Status::NotEvaluated(Unevaluated::SkippedByPolicy);
    } else if !trusted {
        rows.revocation = Status::NotEvaluated(Unevaluated::ChainNotTrusted);
    } else {
        let requests = revocation::requests(verified.chain());
        if !requests.is_empty() {
            return Step::NeedsEvidence(Box::new(Pending { rows, requests }));
        }
        rows.revocation = Status::NothingToCheck(Nothing::NoRevocationPointer);
    }
    Step::Finished(Box::new(rows.into_outcome()))
}

/// The rows while they are being filled; what nobody filled says so.
#[derive(Debug)]
struct Rows {
    level: VerificationLevel,
    integrity: Status,
    authenticity: Status,
    authentic_timestamp: Status,
    expiry: Status,
    revocation: Status,
    user_metadata: Status,
    envelope: Option<VerifiedEnvelope>,
    payload: Option<Payload>,
}

impl Rows {
    const fn new(level: VerificationLevel) -> Self {
        const UNTOUCHED: Status = Status::NotEvaluated(Unevaluated::IntegrityFailed);
        Self {
            level,
            integrity: UNTOUCHED,
            authenticity: UNTOUCHED,
            authentic_timestamp: UNTOUCHED,
            expiry: UNTOUCHED,
            revocation: UNTOUCHED,
            user_metadata: UNTOUCHED,
            envelope: None,
            payload: None,
        }
    }

    fn into_outcome(self) -> Outcome {
        let level = self.level;
        let rows = [
            (ValidationType::Integrity, self.integrity),
            (ValidationType::Authenticity, self.authenticity),
            (ValidationType::AuthenticTimestamp, self.authentic_timestamp),
            (ValidationType::Expiry, self.expiry),
            (ValidationType::Revocation, self.revocation),
        ];
        let validations = match level.is_skip() {
            true => Vec::new(),
            false => rows
                .into_iter()
                .map(|(validation_type, status)| Validation {
                    validation_type,
                    action: level.action(validation_type),
                    status,
                })
                .collect(),
        };
        Outcome {
            level,
            validations,
            user_metadata: self.user_metadata,
            envelope: self.envelope,
            payload: self.payload,
        }
    }
}

/// Integrity, and everything else that no level may relax: the payload names this artifact, and no attribute that
/// must be understood is unknown.
fn check_integrity(envelope: Envelope<'_>, artifact: &Descriptor) -> Result<(VerifiedEnvelope, Payload), Failure> {
    let verified = envelope.verify()?;
    let payload = verified.payload()?;
    let signed = payload.target_artifact();
    if !signed.same_content(artifact) {
        let identify = |descriptor: &Descriptor| {
            let Descriptor { media_type, digest, size, .. } = descriptor.clone();
            Box::new(Identification { media_type, digest, size })
        };
        return Err(Failure::TargetArtifact { signed: identify(signed), expected: identify(artifact) });
    }
    check_extended_attributes(&verified)?;
    Ok((verified, payload))
}

/// Signature specification, "Extended attributes": a critical one that is not understood must reject. notation lets
/// it pass when no plugin is named.
fn check_extended_attributes(envelope: &VerifiedEnvelope) -> Result<(), Failure> {
    let extended = envelope.signed_attributes().extended();
    if let Some(plugin) = extended.iter().find(|attribute| attribute.key == name::VERIFICATION_PLUGIN) {
        let name = plugin.value.as_str().map_or_else(|| plugin.value.to_string(), str::to_owned);
        return Err(Failure::VerificationPlugin { name });
    }
    let keys: Vec<_> = extended
        .iter()
        .filter(|attribute| attribute.criticality == Criticality::Critical)
        .map(|attribute| attribute.key.clone())
        .collect();
    if keys.is_empty() { Ok(()) } else { Err(Failure::UnknownCriticalAttribute { keys }) }
}

/// Whether a certificate of the chain stands, byte for byte, in a trust store of the type that the scheme needs.
fn check_anchor(envelope: &VerifiedEnvelope, inputs: &Inputs<'_>) -> Result<(), Failure> {
    let scheme = envelope.signed_attributes().signing_scheme();
    let store_type = scheme.trust_store_type();
    let mut looked_at = Vec::new();
    for store in inputs.trust_stores.stores_of(inputs.statement, store_type) {
        let store = store.map_err(|unusable| Failure::TrustStore(unusable.clone()))?;
        looked_at.push(store);
    }
    if looked_at.is_empty() {
        return Err(Failure::NoTrustStore { store_type, scheme: scheme.name() });
    }
    let certificates = envelope.chain().certificates();
    if looked_at.iter().any(|store| certificates.iter().any(|certificate| store.contains(certificate))) {
        return Ok(());
    }
    Err(Failure::ChainNotTrusted {
        stores: looked_at.iter().map(|store| store.name().to_string()).collect(),
        root: envelope.chain().root().subject().to_string(),
    })
}

/// Trust policy specification, "Authentic timestamp". Which moment the chain must be valid at depends on who vouches
/// for the signing time.
fn check_authentic_timestamp(envelope: &VerifiedEnvelope, statement: &PolicyStatement, now: Timestamp) -> Status {
    let chain = envelope.chain();
    let moment = match envelope.signed_attributes().signing_time() {
        SigningTime::Authentic(time) => time,
        SigningTime::Claimed(_) => {
            let any_expired =
                || chain.certificates().iter().any(|certificate| certificate.covers(now) == Validity::Expired);
            let has_tsa = statement.trust_stores().iter().any(|store| store.store_type() == TrustStoreType::Tsa);
            let needs_timestamp = has_tsa
                && match statement.verify_timestamp() {
                    VerifyTimestamp::Always => true,
                    VerifyTimestamp::AfterCertExpiry => any_expired(),
                };
            if needs_timestamp {
                return Status::NotEvaluated(Unevaluated::TimestampUnsupported);
            }
            now
        }
    };
    match chain.check_valid_at(moment) {
        Ok(()) => Status::Passed,
        Err(error) => Status::Failed(Failure::CertificateValidity(error)),
    }
}

/// The moment of expiry itself is already too late.
fn check_expiry(expiry: Option<Timestamp>, now: Timestamp) -> Status {
    match expiry {
        None => Status::NothingToCheck(Nothing::NoExpiry),
        Some(expiry) if now >= expiry => Status::Failed(Failure::Expired { expiry, now }),
        Some(_) => Status::Passed,
    }
}

fn check_user_metadata(payload: &Payload, wanted: &BTreeMap<String, String>) -> Status {
    let signed = payload.user_metadata();
    let missing: Vec<_> = wanted
        .iter()
        .filter(|(key, value)| signed.get(*key) != Some(*value))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    if wanted.is_empty() {
        Status::NothingToCheck(Nothing::NoMetadataAsked)
    } else if missing.is_empty() {
        Status::Passed
    } else {
        Status::Failed(Failure::UserMetadata { missing })
    }
}
