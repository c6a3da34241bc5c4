//! The verdict on one artifact, and how it follows from its candidates.

use notary::Timestamp;
use notary::certificate::ChainError;
use notary::descriptor::Descriptor;
use notary::extension::aws_signer::TrustedProfile;
use notary::revocation::Unavailability;
use notary::trust_policy::{PolicyStatement, ValidationAction, ValidationType};
use notary::verify::{Decision, Failure, Outcome, Status};

use super::candidate::CandidateError;
use super::children::Looked;
use crate::aws::facts::AwsError;
use crate::config::trust::{Trust, TrustKind};
use crate::gate::{Approval, Stand};
use crate::registry::{Kind, Listing};
use crate::report::{self, EnvelopeReport, Reason, RowReport, Validation, build, limits};

/// The result for one listed manifest.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// As the listing has it, without annotations.
    pub(crate) listed: Descriptor,
    pub(crate) found: Found,
}

/// What was found about one candidate.
#[derive(Debug)]
pub(crate) enum Found {
    Judged(Box<Judged>),
    /// No envelope that could be judged.
    Unusable(CandidateError),
    /// Not looked at: another candidate was verified first, or the limit was reached.
    NotTried,
    /// Not looked at: with the large envelopes that are smaller it has more bytes than are fetched for one artifact.
    NoRoom {
        /// Bytes of the envelope.
        bytes: u64,
    },
}

/// A judgment with everything it was based on.
#[derive(Debug)]
pub(crate) struct Judgement {
    /// Media type of the envelope.
    pub(crate) envelope_type: String,
    /// Of gates the one that is shown.
    pub(crate) outcome: Box<Outcome>,
    /// What it is for each signer of gates.
    pub(super) approval: Option<Box<Approval>>,
    /// Why AWS Signer did not say whether it was revoked.
    pub(crate) unanswered: Option<AwsError>,
}

/// When and why an accepted signature is accepted no more.
#[derive(Debug)]
struct End {
    /// The moment from which on it is rejected.
    moment: Timestamp,
    /// Which validation fails then.
    validation: Validation,
    /// Why, with the code that a judgment after that moment has.
    reason: Reason,
}

impl End {
    /// What ends first of what is enforced: the signature, or else a certificate of its chain.
    fn of(outcome: &Outcome) -> Option<Self> {
        let moment = outcome.accepted_until()?;
        let expiry = outcome.validation(ValidationType::Expiry)?;
        let is_expiry = expiry.action() == ValidationAction::Enforce
            && outcome.envelope()?.signed_attributes().expiry() == Some(moment);
        let (validation, code, what) = if is_expiry {
            (Validation::Expiry, "signature-expired", "it")
        } else {
            (Validation::AuthenticTimestamp, "chain-expired", "a certificate of its chain")
        };
        let text = format!("{what} expired at {moment:.0}, while waiting for other signatures");
        Some(Self { moment, validation, reason: Reason::new(code, text) })
    }
}

/// What is kept of a judgment: the decision, and of what the envelope says no more than is shown. A hundred signatures of
/// strangers would otherwise be held to the end.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The effect on the signature.
    pub(crate) decision: Decision,
    /// What ends it, if it was accepted and anything does.
    end: Option<End>,
    /// What kept it from being judged, where nothing else is wrong with it.
    pub(crate) undecided: Option<Unavailability>,
    /// Whether it was rejected for nothing but a trust store that cannot be read: the user's set-up is at fault, not the
    /// signature.
    lacks_trust_store: bool,
    /// The signing profile of AWS Signer, without its version.
    pub(crate) signing_profile: Option<String>,
    /// Why AWS Signer did not say whether it was revoked.
    pub(crate) unanswered: Option<AwsError>,
    /// Media type of the envelope.
    pub(crate) envelope_type: String,
    /// What it says, once its integrity is proven.
    pub(crate) content: Option<EnvelopeReport>,
    /// Whether that was dropped, since there is more than is shown.
    pub(crate) content_omitted: bool,
    /// The five validations.
    pub(crate) rows: Vec<RowReport>,
    pub(crate) reason: Option<Reason>,
    /// Whether that is something that signing again mends.
    pub(crate) refused: Option<Refused>,
    /// What it is for each signer of gates.
    pub(crate) approval: Option<Box<Approval>>,
}

/// What is wrong with a rejected signature, where what to do follows from that and not from who is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refused {
    /// It was revoked, or its certificate or profile.
    Revoked,
    Expired,
    /// A certificate of its chain has expired.
    CertificateExpired,
    /// A certificate or the signing time is of the future.
    NotYetValid,
    /// It was changed since it was made, or was made for another artifact.
    Tampered,
    /// It does not carry the metadata that was asked for.
    LacksMetadata,
}

impl Refused {
    /// Of a rejected signature; nothing for the other reasons.
    const fn of(rejection: Option<&Status>) -> Option<Self> {
        match rejection {
            Some(Status::Failed(failure)) => Self::by(failure),
            _ => None,
        }
    }

    const fn by(failure: &Failure) -> Option<Self> {
        match failure {
            Failure::Revoked { .. } => Some(Self::Revoked),
            Failure::Expired { .. } => Some(Self::Expired),
            Failure::CertificateValidity(ChainError::Expired { .. }) => Some(Self::CertificateExpired),
            Failure::CertificateValidity(ChainError::NotYetValid { .. }) | Failure::SignedInFuture { .. } => {
                Some(Self::NotYetValid)
            }
            Failure::Envelope(_) | Failure::Payload(_) | Failure::TargetArtifact { .. } => Some(Self::Tampered),
            Failure::UserMetadata { .. } => Some(Self::LacksMetadata),
            _ => None,
        }
    }
}

impl Judgement {
    /// By a policy statement.
    pub(crate) fn of(envelope_type: String, outcome: Outcome, unanswered: Option<AwsError>) -> Self {
        Self { envelope_type, outcome: Box::new(outcome), approval: None, unanswered }
    }

    /// The judgment of a candidate, without what is no longer needed.
    pub(crate) fn into_found(self) -> Found {
        Found::Judged(Box::new(self.condensed()))
    }

    /// Drops what is no longer needed.
    fn condensed(self) -> Judged {
        let Self { envelope_type, outcome, approval, unanswered } = self;
        let decision = outcome.decision();
        let shown = match decision {
            Decision::Verified => limits::VERIFIED_SHOWN,
            _ => limits::OTHER_SHOWN,
        };
        let (payload, aws) = (outcome.payload(), outcome.aws_signature());
        Judged {
            decision,
            end: End::of(&outcome),
            undecided: outcome.undecided(),
            lacks_trust_store: matches!(outcome.rejection(), Some(Status::Failed(Failure::TrustStore(_)))),
            signing_profile: aws.map(|aws| aws.profile_version.without_version().to_string()),
            content: outcome.envelope().map(|envelope| build::envelope(envelope, payload, aws, shown)),
            content_omitted: false,
            rows: build::rows(&outcome),
            reason: foreign(&outcome, approval.as_deref()).or_else(|| build::rejection(&outcome)),
            refused: Refused::of(outcome.rejection()),
            approval,
            envelope_type,
            unanswered,
        }
    }
}

/// That a signature with integrity is of nobody whom gates name: that it is not of the first of them is no reason.
fn foreign(outcome: &Outcome, approval: Option<&Approval>) -> Option<Reason> {
    let stands = &approval.filter(|_| outcome.envelope().is_some())?.stands;
    let is_foreign = stands.iter().all(|stand| *stand == Stand::Foreign);
    is_foreign.then(|| Reason::new("gate-foreign", "it is of none of the signers that the gates name"))
}

impl Judged {
    /// The same at a later moment.
    fn at(mut self, now: Timestamp) -> Self {
        let Some(end) = self.end.take_if(|end| now >= end.moment) else { return self };
        for row in self.rows.iter_mut().filter(|row| row.validation == end.validation) {
            row.status = report::Status::Failed;
            row.reason = Some(end.reason.clone());
        }
        let refused = Some(match end.validation {
            Validation::Expiry => Refused::Expired,
            _ => Refused::CertificateExpired,
        });
        Self { decision: Decision::Rejected, reason: Some(end.reason), refused, ..self }
    }

    /// Until when it is accepted, if it is and does not last forever.
    pub(crate) fn accepted_until(&self) -> Option<String> {
        self.end.as_ref().map(|end| match end.validation {
            Validation::Expiry => end.moment.to_string(),
            // Behind the last second in which a certificate is valid.
            _ => format!("{:.0}", end.moment),
        })
    }

    /// How much of a report it takes.
    pub(crate) fn weight(&self) -> usize {
        report::weight(&self.content).saturating_add(report::weight(&self.rows))
    }

    /// Drops what would only be shown, but for the reason; of one that is accepted the rows stay, since the verdict is not
    /// to be read without them.
    pub(crate) fn without_content(&mut self) {
        self.content_omitted = true;
        self.content = None;
        if self.decision != Decision::AcceptedWithWarnings {
            self.rows = Vec::new();
        }
    }
}

impl Found {
    /// The same at a later moment: what was accepted may have expired since.
    pub(crate) fn at(self, now: Timestamp) -> Self {
        match self {
            Self::Judged(judged) => Self::Judged(Box::new(judged.at(now))),
            Self::Unusable(_) | Self::NotTried | Self::NoRoom { .. } => self,
        }
    }

    fn decision(&self) -> Option<Decision> {
        match self {
            Self::Judged(judged) => Some(judged.decision),
            Self::Unusable(_) | Self::NotTried | Self::NoRoom { .. } => None,
        }
    }

    /// What kept the candidate from being judged: its envelope could not be fetched, or its revocation status
    /// is not known.
    pub(crate) fn kept_away(&self) -> Option<Kind> {
        match self {
            Self::Unusable(CandidateError::Fetch(error)) => Some(error.kind()),
            Self::Judged(judged) => match judged.undecided? {
                Unavailability::Denied => Some(Kind::Denied),
                Unavailability::NoAnswer => Some(Kind::Unavailable),
                // To ask again would not help: the signature is rejected.
                _ => None,
            },
            Self::Unusable(_) | Self::NotTried | Self::NoRoom { .. } => None,
        }
    }

    /// Whether a setting, or a certificate authority that is not set, kept revocation from being checked, and nothing else is wrong.
    pub(crate) fn lacks_setting(&self) -> bool {
        let Self::Judged(judged) = self else { return false };
        let setting = judged.unanswered.as_ref().is_some_and(AwsError::is_of_settings);
        setting && judged.undecided.is_some()
    }

    /// Whether a trust store could not be used, and nothing else is known to be wrong.
    fn lacks_trust_store(&self) -> bool {
        matches!(self, Self::Judged(judged) if judged.lacks_trust_store)
    }

    /// Whether it was left out because of a limit, or because another one was enough.
    const fn is_left_out(&self) -> bool {
        matches!(self, Self::NotTried | Self::NoRoom { .. })
    }
}

/// What a policy statement trusts, and how this call named it, as far as advice depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrustedBy<'a> {
    pub(crate) kind: TrustKind,
    /// Where the policy came from.
    pub(crate) origin: &'a str,
    /// The command that shows the policy.
    pub(crate) shown_by: &'a str,
    /// A signing profile of AWS Signer that is trusted, or an alias.
    pub(crate) profile: Option<&'a TrustedProfile>,
    /// The flags with which other commands reach the registry.
    pub(crate) reach: &'a str,
}

impl<'a> TrustedBy<'a> {
    /// Of the statement that applies.
    pub(crate) fn of(trust: &'a Trust, statement: &'a PolicyStatement, reach: &'a str) -> Self {
        let profile = statement.trusted_identities().signing_profiles().next();
        Self { kind: trust.kind, origin: &trust.origin, shown_by: &trust.shown_by, profile, reach }
    }
}

/// What is known of one artifact in the end.
#[derive(Debug)]
pub(crate) struct Examined {
    /// The artifact as resolved.
    pub(crate) artifact: Descriptor,
    pub(crate) listing: Listing,
    /// All that were listed, in the order of the listing.
    pub(crate) candidates: Vec<Candidate>,
    /// The manifests that its index lists, where gates ask for them and they were looked at.
    pub(crate) children: Option<Looked>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Verified,
    /// A signature is accepted by a policy that only logs something.
    AcceptedWithWarnings,
    /// Signatures exist, but none is acceptable.
    Rejected,
    /// None is acceptable among as many as are looked at, and there are more.
    LimitReached,
    Unsigned,
    /// Signatures of signers of gates are acceptable, but not all that a stage requires.
    GateUnmet,
    /// None is acceptable, and at least one could not be judged because access was denied.
    Denied,
    /// None is acceptable, and at least one could not be judged because something did not answer.
    Unavailable,
    /// None is acceptable, and at least one could not be judged because a trust store cannot be used.
    TrustStoreUnusable,
    /// None is acceptable, and at least one could not be judged because a setting about AWS cannot be used.
    SettingUnusable,
}

impl Examined {
    /// The verdict (design, section 6): accepted if any candidate is; else denied or unavailable if a candidate could
    /// not be judged, or the listing was refused, for that reason; else rejected; unsigned only if the listing was complete and
    /// empty.
    ///
    /// It does not depend on the order of the candidates.
    pub(crate) fn verdict(&self) -> Verdict {
        let any = |wanted: &dyn Fn(&Found) -> bool| self.candidates.iter().any(|candidate| wanted(&candidate.found));
        let decided = |decision| any(&|found| found.decision() == Some(decision));
        let kept_away = |kind| any(&|found| found.kept_away() == Some(kind));
        let refused = self.listing.refused.as_ref().map(|refusal| refusal.kind());
        if decided(Decision::Verified) {
            Verdict::Verified
        } else if decided(Decision::AcceptedWithWarnings) {
            Verdict::AcceptedWithWarnings
        } else if any(&Found::lacks_trust_store) {
            Verdict::TrustStoreUnusable
        } else if any(&Found::lacks_setting) {
            Verdict::SettingUnusable
        } else if kept_away(Kind::Denied) || refused == Some(Kind::Denied) {
            Verdict::Denied
        } else if kept_away(Kind::Unavailable) || refused.is_some() {
            Verdict::Unavailable
        } else if self.listing.proves_unsigned() {
            Verdict::Unsigned
        } else if !self.listing.complete || any(&Found::is_left_out) {
            Verdict::LimitReached
        } else {
            Verdict::Rejected
        }
    }
}
