//! Outcomes: five validations, each with what it found, and the decision that follows from them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Content;
use super::reason::Unevaluated;
use super::status::Status;
use super::time::judge_times;
use crate::envelope::VerifiedEnvelope;
use crate::extension::aws_signer::AwsSignature;
use crate::payload::Payload;
use crate::revocation::Unavailability;
use crate::trust_policy::{ValidationAction, ValidationType, VerificationLevel, VerifyTimestamp};

/// One of the five validations, and what the policy does with it.
#[derive(Debug)]
pub struct Validation {
    pub(super) validation_type: ValidationType,
    pub(super) action: ValidationAction,
    pub(super) status: Status,
}

impl Validation {
    /// Which of the five.
    #[must_use]
    pub const fn validation_type(&self) -> ValidationType {
        self.validation_type
    }

    /// What the policy asks for.
    #[must_use]
    pub const fn action(&self) -> ValidationAction {
        self.action
    }

    /// What it found.
    #[must_use]
    pub const fn status(&self) -> &Status {
        &self.status
    }
}

/// What follows for one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Integrity, authenticity and identity were enforced and everything that the policy does not skip passed.
    Verified,
    /// Nothing that is enforced failed, but authenticity is not enforced or something that is only logged failed.
    AcceptedWithWarnings,
    /// The policy's level is `skip`: nothing was looked at.
    Skipped,
    /// Something that is enforced failed or did not run, or the metadata asked for is not there.
    Rejected,
}

/// The judgment of one signature.
#[derive(Debug)]
pub struct Outcome {
    pub(super) level: VerificationLevel,
    /// When the statement asks for a timestamp, if ever.
    pub(super) needs_timestamp: Option<VerifyTimestamp>,
    pub(super) validations: Vec<Validation>,
    pub(super) user_metadata: Status,
    /// What was read of the envelope, once its integrity is proven. The judgments of one signature share it.
    pub(super) content: Option<Arc<Content>>,
}

impl Outcome {
    /// The level under which it was judged.
    #[must_use]
    pub const fn level(&self) -> &VerificationLevel {
        &self.level
    }

    /// The five validations in the order of the specification; none when the level is `skip`.
    #[must_use]
    pub fn validations(&self) -> &[Validation] {
        &self.validations
    }

    /// Whether the metadata that the caller asked for is there. Always enforced.
    #[must_use]
    pub const fn user_metadata(&self) -> &Status {
        &self.user_metadata
    }

    /// The envelope, once its integrity is proven.
    #[must_use]
    pub fn envelope(&self) -> Option<&VerifiedEnvelope> {
        self.content.as_ref().map(|content| &content.envelope)
    }

    /// The payload, once the envelope's integrity is proven.
    #[must_use]
    pub fn payload(&self) -> Option<&Payload> {
        self.content.as_ref().map(|content| &content.payload)
    }

    /// What an envelope of AWS Signer says of its maker, once its integrity is proven. Whether that maker is trusted stands
    /// in the validations.
    #[must_use]
    pub fn aws_signature(&self) -> Option<&AwsSignature> {
        self.content.as_ref()?.aws_signature.as_ref()
    }

    /// The validation of that type, if it was looked at.
    #[must_use]
    pub fn validation(&self, validation_type: ValidationType) -> Option<&Validation> {
        self.validations.iter().find(|validation| validation.validation_type == validation_type)
    }

    /// The same judgment at a later moment: what passed may have expired since, signature or certificate. A validation
    /// that did not pass stays as it is, because what others were decided by must not change under them.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        let Some(content) = &self.content else { return self };
        let (authentic_timestamp, expiry) = judge_times(&content.envelope, self.needs_timestamp, now);
        for (validation_type, status) in
            [(ValidationType::AuthenticTimestamp, authentic_timestamp), (ValidationType::Expiry, expiry)]
        {
            let same_type = |validation: &&mut Validation| validation.validation_type == validation_type;
            if let Some(validation) = self.validations.iter_mut().find(same_type)
                && validation.status.is_acceptable()
            {
                validation.status = status;
            }
        }
        self
    }

    /// The moment from which on [`Self::at`] is a rejection: something that is enforced will have run out. Nothing of what is
    /// not accepted, and of what ends never.
    #[must_use]
    pub fn accepted_until(&self) -> Option<Timestamp> {
        if !matches!(self.decision(), Decision::Verified | Decision::AcceptedWithWarnings) {
            return None;
        }
        let envelope = self.envelope()?;
        let is_enforced = |validation_type| {
            self.validation(validation_type).is_some_and(|validation| validation.action == ValidationAction::Enforce)
        };
        let is_rejected_at = |moment: &Timestamp| {
            let (authentic_timestamp, expiry) = judge_times(envelope, self.needs_timestamp, *moment);
            (is_enforced(ValidationType::AuthenticTimestamp) && !authentic_timestamp.is_acceptable())
                || (is_enforced(ValidationType::Expiry) && !expiry.is_acceptable())
        };
        // A certificate is valid to the end of its last moment.
        let after = |end: Timestamp| end.checked_add(Duration::from_nanos(1)).ok();
        let certificates = envelope.chain().certificates().iter();
        let ends = certificates.filter_map(|certificate| after(certificate.not_after()));
        envelope.signed_attributes().expiry().into_iter().chain(ends).filter(is_rejected_at).min()
    }

    /// What follows. Fails closed: what did not run is not a success, and without a readable envelope there is none.
    #[must_use]
    pub fn decision(&self) -> Decision {
        if self.level.is_skip() {
            Decision::Skipped
        } else if self.content.is_none() {
            Decision::Rejected
        } else {
            decide(&self.validations, &self.user_metadata)
        }
    }

    /// Why it was rejected: the first enforced validation, in the order of the specification, that did not pass.
    #[must_use]
    pub fn rejection(&self) -> Option<&Status> {
        if self.decision() != Decision::Rejected {
            return None;
        }
        self.validations
            .iter()
            .filter(|row| row.action == ValidationAction::Enforce)
            .map(|row| &row.status)
            .chain(std::iter::once(&self.user_metadata))
            .find(|status| !status.is_acceptable())
    }

    /// What kept the signature from being judged: it was rejected for nothing but a revocation status that could not be
    /// had. Another signature of the same artifact may still be accepted.
    #[must_use]
    pub fn undecided(&self) -> Option<Unavailability> {
        let is_open = |row: &Validation| row.validation_type == ValidationType::Revocation;
        let others_stand = self
            .validations
            .iter()
            .filter(|row| row.action == ValidationAction::Enforce && !is_open(row))
            .all(|row| row.status.is_acceptable());
        if self.decision() != Decision::Rejected || !others_stand || !self.user_metadata.is_acceptable() {
            return None;
        }
        match self.validations.iter().find(|row| is_open(row)).map(|row| &row.status) {
            Some(Status::NotEvaluated(Unevaluated::RevocationUnknown { kind, .. })) => Some(*kind),
            _ => None,
        }
    }
}

/// The rule by which validations make a decision. All five must be there, and the specification lets no level relax
/// integrity.
fn decide(validations: &[Validation], user_metadata: &Status) -> Decision {
    use ValidationAction::{Enforce, Log};
    let stands = |action: ValidationAction| {
        validations.iter().filter(|row| row.action == action).all(|row| row.status.is_acceptable())
    };
    let enforced = |wanted| validations.iter().any(|row| row.validation_type == wanted && row.action == Enforce);
    let complete = ValidationType::ALL
        .iter()
        .all(|wanted| validations.iter().filter(|row| row.validation_type == *wanted).count() == 1);
    if !complete || !enforced(ValidationType::Integrity) || !stands(Enforce) || !user_metadata.is_acceptable() {
        Decision::Rejected
    } else if enforced(ValidationType::Authenticity) && stands(Log) {
        Decision::Verified
    } else {
        Decision::AcceptedWithWarnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::{Envelope, EnvelopeFormat};
    use crate::trust_policy::BaseLevel;
    use crate::verify::{Failure, Nothing};
    use ValidationAction::{Enforce, Log, Skip};

    fn passed() -> Status {
        Status::Passed
    }

    fn failed() -> Status {
        Status::Failed(Failure::UserMetadata { missing: vec!["k=v".into()] })
    }

    fn unevaluated() -> Status {
        Status::NotEvaluated(Unevaluated::TimestampUnsupported)
    }

    /// Five rows, all passed, with the actions of level strict.
    fn strict() -> Vec<Validation> {
        let row = |validation_type| Validation { validation_type, action: Enforce, status: Status::Passed };
        ValidationType::ALL.into_iter().map(row).collect()
    }

    fn with(index: usize, action: ValidationAction, status: Status) -> Vec<Validation> {
        let mut rows = strict();
        rows[index].action = action;
        rows[index].status = status;
        rows
    }

    fn nothing() -> Status {
        Status::NothingToCheck(Nothing::NoMetadataAsked)
    }

    #[test]
    fn all_passed_under_enforce_is_verified() {
        assert_eq!(decide(&strict(), &nothing()), Decision::Verified);
        assert_eq!(decide(&strict(), &Status::Passed), Decision::Verified);
    }

    #[test]
    fn each_row_decides_by_its_action_and_status() {
        let table: [(fn() -> Status, bool); 4] =
            [(passed, true), (nothing, true), (failed, false), (unevaluated, false)];
        for index in 0..5 {
            for (make, acceptable) in table {
                let expected = if acceptable { Decision::Verified } else { Decision::Rejected };
                assert_eq!(decide(&with(index, Enforce, make()), &nothing()), expected, "enforce {index}");
                // Integrity cannot be relaxed, and without enforced authenticity nothing is "verified".
                let logged = match (index, acceptable) {
                    (0, _) => Decision::Rejected,
                    (1, _) | (_, false) => Decision::AcceptedWithWarnings,
                    (_, true) => Decision::Verified,
                };
                assert_eq!(decide(&with(index, Log, make()), &nothing()), logged, "log {index}");
                let skipped = match index {
                    0 => Decision::Rejected,
                    1 => Decision::AcceptedWithWarnings,
                    _ => Decision::Verified,
                };
                assert_eq!(decide(&with(index, Skip, make()), &nothing()), skipped, "skip {index}");
            }
        }
    }

    #[test]
    fn a_row_that_is_missing_or_there_twice_rejects() {
        for index in 0..5 {
            let mut rows = strict();
            rows.remove(index);
            assert_eq!(decide(&rows, &nothing()), Decision::Rejected);
            let mut rows = strict();
            rows[index].validation_type = ValidationType::ALL[(index + 1) % 5];
            assert_eq!(decide(&rows, &nothing()), Decision::Rejected);
        }
        assert_eq!(decide(&[], &nothing()), Decision::Rejected);
    }

    #[test]
    fn metadata_is_enforced_whatever_the_actions() {
        let logged: Vec<_> = (0..5).map(|index| with(index, Log, Status::Passed).remove(index)).collect();
        for rows in [strict(), logged] {
            for status in [failed(), unevaluated()] {
                assert_eq!(decide(&rows, &status), Decision::Rejected);
            }
        }
    }

    fn envelope() -> VerifiedEnvelope {
        let bytes = include_bytes!("../vectors/notation/ec-p256/envelope.jws.json");
        Envelope::new(EnvelopeFormat::Jws.media_type(), bytes).verify().unwrap()
    }

    fn outcome(validations: Vec<Validation>, user_metadata: Status) -> Outcome {
        let envelope = envelope();
        let payload = envelope.payload().unwrap();
        let level = VerificationLevel::new(BaseLevel::Strict);
        let content = Some(Arc::new(Content { envelope, payload, aws_signature: None }));
        Outcome { level, needs_timestamp: None, validations, user_metadata, content }
    }

    #[test]
    fn without_envelope_and_payload_there_is_no_success_whatever_the_rows_say() {
        let whole = || outcome(strict(), nothing());
        assert_eq!(whole().decision(), Decision::Verified);
        assert_eq!(Outcome { content: None, ..whole() }.decision(), Decision::Rejected);
    }

    #[test]
    fn the_first_enforced_validation_that_did_not_pass_is_why_it_was_rejected() {
        assert!(outcome(strict(), nothing()).rejection().is_none());
        let mut rows = with(3, Enforce, unevaluated());
        rows[1].action = Log;
        rows[1].status = failed();
        let rejected = outcome(rows, failed());
        assert!(matches!(rejected.rejection(), Some(Status::NotEvaluated(Unevaluated::TimestampUnsupported))));
        let rejected = outcome(strict(), failed());
        assert!(matches!(rejected.rejection(), Some(Status::Failed(Failure::UserMetadata { .. }))));
        assert!(outcome(with(3, Log, failed()), nothing()).rejection().is_none());
    }

    #[test]
    fn messages_name_everything_that_they_are_about() {
        let keys = vec!["a".to_owned(), "b".to_owned()];
        let text = Failure::UnknownCriticalAttribute { keys }.to_string();
        assert_eq!(text, "critical attribute a, b is not understood");
    }

    #[test]
    fn a_row_is_found_by_its_type() {
        let outcome = outcome(strict(), nothing());
        for wanted in ValidationType::ALL {
            assert_eq!(outcome.validation(wanted).unwrap().validation_type(), wanted);
        }
    }
}
