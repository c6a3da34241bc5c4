//! From what the core found to what a report says.

use std::borrow::Cow;
use std::error::Error as StdError;

use notary::Timestamp;
use notary::certificate::Certificate;
use notary::descriptor::Descriptor;
use notary::envelope::{SigningTime, VerifiedEnvelope};
use notary::extension::aws_signer::{AwsSignature, SIGNING_JOB, SIGNING_PROFILE_ALIAS, SIGNING_PROFILE_VERSION};
use notary::payload::Payload;
use notary::trust_policy::{ValidationAction, ValidationType, VerificationLevel};
use notary::verify;

use super::model::{
    Action, CertificateReport, DescriptorReport, EnvelopeReport, Reason, RowReport, Status, Validation,
};
use super::shorten::Budget;

/// The five rows of an outcome.
pub(crate) fn rows(outcome: &verify::Outcome) -> Vec<RowReport> {
    outcome
        .validations()
        .iter()
        .map(|row| {
            let (status, reason) = status(row.status());
            RowReport {
                validation: validation(row.validation_type()),
                action: action(row.action()),
                status,
                reason,
                answered_by: answered_by(row.status()),
            }
        })
        .collect()
}

/// The endpoint in place of AWS's that the result of a validation relies on.
fn answered_by(found: &verify::Status) -> Option<String> {
    match found {
        verify::Status::Confirmed(verify::Confirmation::NotRevoked { endpoint, .. })
        | verify::Status::Failed(verify::Failure::Revoked { endpoint, .. }) => endpoint.clone(),
        _ => None,
    }
}

/// A verification level, with what a statement or a flag changed of it.
pub(crate) fn level(level: &VerificationLevel) -> String {
    let changed = ValidationType::ALL.into_iter().filter_map(|validation| {
        let action = level.changed(validation).filter(|action| *action != level.base().action(validation))?;
        Some(format!("{} {}", validation.name(), action.name()))
    });
    match changed.collect::<Vec<_>>().as_slice() {
        [] => level.name().to_owned(),
        changes => format!("{} with {}", level.name(), changes.join(", ")),
    }
}

/// Why an outcome rejects.
pub(crate) fn rejection(outcome: &verify::Outcome) -> Option<Reason> {
    outcome.rejection().and_then(|found| status(found).1)
}

/// What a status is called, and why it is so.
pub(crate) fn status(found: &verify::Status) -> (Status, Option<Reason>) {
    match found {
        verify::Status::Passed => (Status::Passed, None),
        verify::Status::Confirmed(word) => (Status::Passed, Some(Reason::new(word.code(), word.to_string()))),
        verify::Status::Failed(failure) => (Status::Failed, Some(Reason::new(failure.code(), in_full(failure)))),
        verify::Status::NothingToCheck(nothing) => {
            (Status::NothingToCheck, Some(Reason::new(nothing.code(), nothing.to_string())))
        }
        verify::Status::NotEvaluated(why) => (Status::NotEvaluated, Some(Reason::new(why.code(), why.to_string()))),
        // What is not known here does not count as success.
        _ => (Status::NotEvaluated, None),
    }
}

/// An error and its causes in one line.
pub(crate) fn in_full(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        // A transparent error repeats its source.
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

/// What an envelope says whose integrity was checked, as far as it fits into so many bytes. `aws` is what the judgment found
/// it to say of its maker; it finds nothing where the chain has no root of AWS Signer.
pub(crate) fn envelope(
    envelope: &VerifiedEnvelope,
    payload: Option<&Payload>,
    aws: Option<&AwsSignature>,
    bytes: usize,
) -> EnvelopeReport {
    let signed = envelope.signed_attributes();
    let (claimed, authentic) = match signed.signing_time() {
        SigningTime::Claimed(time) => (Some(time), None),
        SigningTime::Authentic(time) => (None, Some(time)),
        _ => (None, None),
    };
    let text = |time: Timestamp| time.to_string();
    let mut budget = Budget::new(bytes);
    // The most useful comes first, since it is what remains when there is too much.
    let target_artifact = payload.and_then(|payload| {
        let target = payload.target_artifact();
        budget.keep(&[&target.media_type, target.digest.as_str()], || descriptor(target))
    });
    let certificates = envelope.chain().certificates().iter().filter_map(|one| {
        let report = certificate(one);
        let CertificateReport { subject, issuer, sha256, not_before, not_after } = &report;
        let is_kept = budget.keep(&[subject, issuer, sha256, not_before, not_after], || ()).is_some();
        is_kept.then_some(report)
    });
    let certificates = certificates.collect();
    let extended_attributes = signed.extended().iter().filter_map(|attribute| {
        let value = attribute.text().map_or_else(|| Cow::Owned(attribute.to_json()), Cow::Borrowed);
        budget.keep(&[attribute.key(), &value], || (attribute.key().to_owned(), value.clone().into_owned()))
    });
    let extended_attributes = extended_attributes.collect();
    let agent = envelope.unsigned_attributes().signing_agent();
    let signing_agent = agent.and_then(|agent| budget.keep(&[agent], || agent.to_owned()));
    let user_metadata = payload
        .into_iter()
        .flat_map(Payload::user_metadata)
        .filter_map(|(key, value)| budget.keep(&[key, value], || (key.clone(), value.clone())));
    let user_metadata = user_metadata.collect();
    EnvelopeReport {
        signature_algorithm: envelope.key_spec().signature_algorithm().to_owned(),
        signing_scheme: signed.signing_scheme().name().to_owned(),
        signing_time: claimed.map(text),
        authentic_signing_time: authentic.map(text),
        expiry: signed.expiry().map(text),
        signing_agent,
        user_metadata,
        extended_attributes,
        signing_profile_version: aws.map(|aws| aws.profile_version.to_string()),
        signing_profile_alias: aws.and_then(|aws| aws.alias.as_ref()).map(ToString::to_string),
        signing_job: aws.map(|aws| aws.job.to_string()),
        certificates,
        target_artifact,
        omitted: budget.omitted(),
    }
}

/// The same where nothing is judged: the attributes of AWS Signer as they are, whatever their author.
pub(crate) fn claims(envelope: &VerifiedEnvelope, payload: Option<&Payload>, bytes: usize) -> EnvelopeReport {
    let report = self::envelope(envelope, payload, None, bytes);
    let claimed = |key: &str| report.extended_attributes.get(key).cloned();
    EnvelopeReport {
        signing_profile_version: claimed(SIGNING_PROFILE_VERSION),
        signing_profile_alias: claimed(SIGNING_PROFILE_ALIAS),
        signing_job: claimed(SIGNING_JOB),
        ..report
    }
}

pub(crate) fn certificate(certificate: &Certificate) -> CertificateReport {
    CertificateReport {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        sha256: certificate.fingerprint(),
        not_before: certificate.not_before().to_string(),
        not_after: certificate.not_after().to_string(),
    }
}

pub(crate) fn descriptor(descriptor: &Descriptor) -> DescriptorReport {
    DescriptorReport {
        media_type: descriptor.media_type.clone(),
        digest: descriptor.digest.to_string(),
        size: descriptor.size,
    }
}

const fn validation(found: ValidationType) -> Validation {
    match found {
        ValidationType::Integrity => Validation::Integrity,
        ValidationType::Authenticity => Validation::Authenticity,
        ValidationType::AuthenticTimestamp => Validation::AuthenticTimestamp,
        ValidationType::Expiry => Validation::Expiry,
        ValidationType::Revocation => Validation::Revocation,
    }
}

const fn action(found: ValidationAction) -> Action {
    match found {
        ValidationAction::Enforce => Action::Enforce,
        ValidationAction::Log => Action::Log,
        ValidationAction::Skip => Action::Skip,
    }
}

#[cfg(test)]
mod tests {
    use notary::trust_policy::BaseLevel;

    use super::*;

    #[test]
    fn a_level_is_told_with_what_was_changed_of_it() {
        let strict = VerificationLevel::new(BaseLevel::Strict);
        let without = strict.with(ValidationType::Revocation, ValidationAction::Skip).unwrap();
        let both = without.with(ValidationType::Expiry, ValidationAction::Log).unwrap();
        let unchanged = strict.with(ValidationType::Expiry, ValidationAction::Enforce).unwrap();
        for (found, expected) in [
            (strict, "strict"),
            (unchanged, "strict"),
            (without, "strict with revocation skip"),
            (both, "strict with expiry log, revocation skip"),
        ] {
            assert_eq!(level(&found), expected);
        }
    }
}
