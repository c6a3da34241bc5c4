//! Judging one signature: the five validations of the trust policy specification.
//!
//! [`begin`] does all that needs no network. Where the outcome hangs on what OCSP responders and CRLs say, it returns
//! a list of requests; the caller gathers what it can and calls [`Pending::finish`]. An answer that does not come is
//! "not evaluated", and an enforced validation that was not evaluated rejects.

mod evidence;
mod outcome;
mod reason;
mod status;
mod terms;
mod time;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::descriptor::Descriptor;
use crate::envelope::{Criticality, Envelope, VerifiedEnvelope, name};
use crate::extension::aws_signer::{
    self, AwsRoots, AwsSignature, RevocationStatusRequest, SigningProfileArn, TrustedProfile,
};
use crate::payload::Payload;
use crate::revocation::{self, Evidence, EvidenceRequest};
use crate::trust_policy::{
    PolicyStatement, ValidationAction, ValidationType, VerificationLevel, VerifyTimestamp, check_identity,
};
use crate::trust_store::TrustStoreType;

use self::time::{check_authentic_time, check_expiry, judge_times};

pub use outcome::{Decision, Outcome, Validation};
pub use reason::{Confirmation, Failure, Identification, Nothing, Unevaluated};
pub use status::Status;
pub use terms::{Terms, Trust};

/// The state of a judgment.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// It is complete.
    Finished(Box<Outcome>),
    /// It hangs on evidence.
    NeedsEvidence(Box<Pending>),
}

impl Step {
    /// Completes the judgment at once, without evidence: what depends on it is then not evaluated.
    #[must_use]
    pub fn without_evidence(self) -> Outcome {
        match self {
            Self::Finished(outcome) => *outcome,
            Self::NeedsEvidence(pending) => {
                let now = pending.begun;
                pending.finish(&[], now)
            }
        }
    }
}

/// A judgment that depends on evidence. Only a chain that is anchored in a trust store gets here: no request leaves
/// because of another.
#[derive(Debug)]
pub struct Pending {
    rows: Rows,
    requests: Vec<EvidenceRequest>,
    /// The present at which it was begun.
    begun: Timestamp,
}

impl Pending {
    /// What to gather.
    #[must_use]
    pub fn requests(&self) -> &[EvidenceRequest] {
        &self.requests
    }

    /// Completes the judgment. An answer counts for the request that it names; a request without an answer has none.
    ///
    /// `now` is the present once the evidence is there. Gathering takes time, in which the signature or a certificate may
    /// have run out: what is judged by the clock is judged again, as by [`Outcome::at`].
    #[must_use]
    pub fn finish(self, evidence: &[Evidence], now: Timestamp) -> Outcome {
        let Self { mut rows, requests, begun } = self;
        if let Some(content) = &rows.content {
            rows.revocation = evidence::judge(&requests, evidence, content.envelope.chain());
        }
        rows.into_outcome().at(now.max(begun))
    }
}

/// Judges one signature of an artifact, as resolved (media type, digest and size), as far as it goes without evidence. `now`
/// is the present.
///
/// Signature specification, "Signature Verification"; trust policy specification, "Signature Verification details".
#[must_use]
pub fn begin(envelope: Envelope<'_>, artifact: &Descriptor, terms: &Terms<'_>, now: Timestamp) -> Step {
    if terms.statement.level().is_skip() {
        let mut rows = Rows::new(terms.statement);
        rows.user_metadata = Status::NotEvaluated(Unevaluated::SkippedByPolicy);
        return Step::Finished(Box::new(rows.into_outcome()));
    }
    match check_integrity(envelope, artifact, terms.aws_roots) {
        Ok(content) => of_content(&Arc::new(content), terms, now),
        Err(failure) => without_integrity(failure, terms),
    }
}

/// Judges one signature as [`begin`] does by each of several terms, those of different verifiers. What follows from its bytes
/// alone is found out once and held once, as long as all know the same roots of AWS Signer and nobody's level is `skip`: a
/// hostile envelope costs no more for many verifiers than for one.
///
/// The steps are in the order of the terms. Of a signature without integrity there may be the first step alone: by nobody's
/// trust it is another one.
#[must_use]
pub fn begin_each(
    envelope: Envelope<'_>,
    artifact: &Descriptor,
    (first, others): (&Terms<'_>, &[Terms<'_>]),
    now: Timestamp,
) -> (Step, Vec<Step>) {
    let is_alike = |terms: &Terms<'_>| !terms.statement.level().is_skip() && terms.aws_roots == first.aws_roots;
    if !is_alike(first) || !others.iter().all(is_alike) {
        let begin = |terms: &Terms<'_>| begin(envelope, artifact, terms, now);
        return (begin(first), others.iter().map(begin).collect());
    }
    match check_integrity(envelope, artifact, first.aws_roots) {
        Ok(content) => {
            let content = Arc::new(content);
            let step = |terms: &Terms<'_>| of_content(&content, terms, now);
            (step(first), others.iter().map(step).collect())
        }
        Err(failure) => (without_integrity(failure, first), Vec::new()),
    }
}

fn without_integrity(failure: Failure, terms: &Terms<'_>) -> Step {
    let mut rows = Rows::new(terms.statement);
    rows.integrity = Status::Failed(failure);
    Step::Finished(Box::new(rows.into_outcome()))
}

fn of_content(content: &Arc<Content>, terms: &Terms<'_>, now: Timestamp) -> Step {
    let mut rows = Rows::new(terms.statement);
    let requests = judge_content(content, terms, now, &mut rows);
    rows.content = Some(Arc::clone(content));
    match requests {
        Ok(requests) if requests.is_empty() => {
            rows.revocation = Status::NothingToCheck(Nothing::NoRevocationPointer);
        }
        Ok(requests) => return Step::NeedsEvidence(Box::new(Pending { rows, requests, begun: now })),
        Err(reason) => rows.revocation = Status::NotEvaluated(reason),
    }
    Step::Finished(Box::new(rows.into_outcome()))
}

/// Fills the rows of an envelope that has integrity, but for revocation, and says what must be asked for that, or why
/// nothing is.
fn judge_content(
    content: &Content,
    terms: &Terms<'_>,
    now: Timestamp,
    rows: &mut Rows,
) -> Result<Vec<EvidenceRequest>, Unevaluated> {
    let Content { envelope, payload, aws_signature } = content;
    rows.integrity = Status::Passed;
    rows.user_metadata = check_user_metadata(payload, terms.user_metadata);
    let anchored = check_anchor(envelope, terms);
    let is_anchored = anchored.is_ok();
    rows.authenticity = anchored.and_then(|()| check_signer(content, terms)).into();
    (rows.authentic_timestamp, rows.expiry) = judge_times(envelope, rows.needs_timestamp, now);

    if rows.level.action(ValidationType::Revocation) == ValidationAction::Skip {
        return Err(Unevaluated::SkippedByPolicy);
    }
    if !is_anchored {
        return Err(Unevaluated::ChainNotTrusted);
    }
    let Some(signature) = aws_signature else { return Ok(revocation::requests(envelope.chain())) };
    // AWS Signer is asked about trusted profiles only, with the verifier's credentials.
    if !rows.authenticity.is_acceptable() {
        return Err(Unevaluated::ProfileNotTrusted);
    }
    if !rows.authentic_timestamp.is_acceptable() {
        return Err(Unevaluated::SigningTimeNotTrusted);
    }
    let signing_time = envelope.signed_attributes().signing_time().timestamp();
    let request = RevocationStatusRequest::new(signing_time, signature, envelope.chain());
    Ok(vec![EvidenceRequest::AwsRevocationStatus(request)])
}

/// Judges an envelope of AWS Signer as [`begin`] does, for a verifier that trusts one signing profile and nothing else:
/// everything but revocation.
pub(crate) fn check_signed_by_profile(
    envelope: Envelope<'_>,
    artifact: &Descriptor,
    profile: &SigningProfileArn,
    roots: &AwsRoots,
    now: Timestamp,
) -> Result<(VerifiedEnvelope, AwsSignature), Failure> {
    let Content { envelope, aws_signature, .. } = check_integrity(envelope, artifact, roots)?;
    let signature = aws_signature.ok_or_else(|| aws_signer::not_aws(envelope.chain()))?;
    aws_signer::check_root(&signature, envelope.chain(), roots)?;
    let trusted = TrustedProfile::from(profile.clone());
    aws_signer::check_profile(&signature, std::iter::once(&trusted), || vec![profile.to_string()])?;
    check_authentic_time(envelope.chain(), envelope.signed_attributes().signing_time().timestamp(), now)?;
    if let Status::Failed(failure) = check_expiry(envelope.signed_attributes().expiry(), now) {
        return Err(failure);
    }
    Ok((envelope, signature))
}

/// The rows while they are being filled; a row that was not filled says so.
#[derive(Debug)]
struct Rows {
    level: VerificationLevel,
    needs_timestamp: Option<VerifyTimestamp>,
    integrity: Status,
    authenticity: Status,
    authentic_timestamp: Status,
    expiry: Status,
    revocation: Status,
    user_metadata: Status,
    content: Option<Arc<Content>>,
}

impl Rows {
    fn new(statement: &PolicyStatement) -> Self {
        const UNTOUCHED: Status = Status::NotEvaluated(Unevaluated::IntegrityFailed);
        let has_tsa = statement.trust_stores().iter().any(|store| store.store_type() == TrustStoreType::Tsa);
        Self {
            level: statement.level(),
            needs_timestamp: has_tsa.then(|| statement.verify_timestamp()),
            integrity: UNTOUCHED,
            authenticity: UNTOUCHED,
            authentic_timestamp: UNTOUCHED,
            expiry: UNTOUCHED,
            revocation: UNTOUCHED,
            user_metadata: UNTOUCHED,
            content: None,
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
            needs_timestamp: self.needs_timestamp,
            validations,
            user_metadata: self.user_metadata,
            content: self.content,
        }
    }
}

/// What is read of an envelope that has integrity.
#[derive(Debug)]
struct Content {
    envelope: VerifiedEnvelope,
    payload: Payload,
    /// Of an envelope whose chain has a root of AWS Signer, and of no other.
    aws_signature: Option<AwsSignature>,
}

/// Integrity, and everything else that no level may relax: the payload names this artifact, and no attribute that
/// must be understood is unknown.
fn check_integrity(envelope: Envelope<'_>, artifact: &Descriptor, roots: &AwsRoots) -> Result<Content, Failure> {
    let envelope = envelope.verify()?;
    let payload = envelope.payload()?;
    let signed = payload.target_artifact();
    if !signed.same_content(artifact) {
        let identify = |descriptor: &Descriptor| {
            let Descriptor { media_type, digest, size, .. } = descriptor.clone();
            Box::new(Identification { media_type, digest, size })
        };
        return Err(Failure::TargetArtifact { signed: identify(signed), expected: identify(artifact) });
    }
    // Which rules hold follows from the chain, never from what the envelope says of itself.
    let aws_signature = if roots.anchor(envelope.chain()) {
        Some(aws_signer::check_attributes(envelope.signed_attributes())?)
    } else {
        aws_signer::check_foreign(envelope.signed_attributes().extended(), envelope.chain(), roots)?;
        check_extended_attributes(&envelope)?;
        None
    };
    Ok(Content { envelope, payload, aws_signature })
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

/// Whether the signer is trusted: of a chain of AWS Signer by its signing profile or its alias alone, of any other by the subject of
/// its certificate alone.
fn check_signer(content: &Content, terms: &Terms<'_>) -> Result<(), Failure> {
    let identities = terms.statement.trusted_identities();
    let chain = content.envelope.chain();
    match &content.aws_signature {
        Some(signature) => {
            aws_signer::check_root(signature, chain, terms.aws_roots)?;
            Ok(aws_signer::check_profile(signature, identities.signing_profiles(), || identities.texts())?)
        }
        None => Ok(check_identity(chain.leaf(), identities).map(drop)?),
    }
}

/// Whether a certificate of the chain is, byte for byte, in a trust store of the type that the scheme needs.
fn check_anchor(envelope: &VerifiedEnvelope, terms: &Terms<'_>) -> Result<(), Failure> {
    let scheme = envelope.signed_attributes().signing_scheme();
    let store_type = scheme.trust_store_type();
    let mut looked_at = Vec::new();
    for store in terms.stores.stores_of(terms.statement.trust_stores(), store_type) {
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
