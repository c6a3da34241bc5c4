//! The verdict on one artifact, and how it follows from its candidates.

use notary::Timestamp;
use notary::descriptor::Descriptor;
use notary::revocation::Unavailability;
use notary::verify::{Decision, Outcome};

use crate::aws::{AwsError, AwsErrorKind};
use crate::command::candidate::CandidateError;
use crate::registry::{Kind, Listing};

/// What became of one listed manifest.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// As the listing has it.
    pub(crate) listed: Descriptor,
    /// What was found.
    pub(crate) found: Found,
}

/// What was found about one candidate.
#[derive(Debug)]
pub(crate) enum Found {
    /// An envelope that was judged.
    Judged {
        /// Media type of the envelope.
        envelope_type: String,
        /// The judgement.
        outcome: Box<Outcome>,
        /// Why AWS Signer did not say whether it was revoked.
        unanswered: Option<AwsError>,
    },
    /// No envelope that could be judged.
    Unusable(CandidateError),
    /// Not looked at: another candidate was verified first, or the limit was reached.
    NotTried,
}

impl Found {
    /// The same at a later moment: what was accepted may have run out since.
    pub(crate) fn at(self, now: Timestamp) -> Self {
        match self {
            Self::Judged { envelope_type, outcome, unanswered } => {
                Self::Judged { envelope_type, outcome: Box::new(outcome.at(now)), unanswered }
            }
            Self::Unusable(_) | Self::NotTried => self,
        }
    }

    fn decision(&self) -> Option<Decision> {
        match self {
            Self::Judged { outcome, .. } => Some(outcome.decision()),
            Self::Unusable(_) | Self::NotTried => None,
        }
    }

    /// What kept the candidate from being judged: its envelope could not be fetched, or its revocation status
    /// is not known.
    pub(crate) fn kept_away(&self) -> Option<Kind> {
        match self {
            Self::Unusable(CandidateError::Fetch(error)) => Some(error.kind()),
            Self::Judged { outcome, .. } => match outcome.undecided()? {
                Unavailability::Denied => Some(Kind::Denied),
                Unavailability::NoAnswer => Some(Kind::Unavailable),
                // To ask again would not help: the signature is rejected.
                Unavailability::Malformed | Unavailability::NotSupported => None,
            },
            Self::Unusable(_) | Self::NotTried => None,
        }
    }

    /// Whether nobody could be asked about revocation because of a setting, and nothing else is wrong with it.
    pub(crate) fn lacks_setting(&self) -> bool {
        matches!(self, Self::Judged { outcome, unanswered: Some(error), .. }
            if error.kind == AwsErrorKind::Setting && outcome.undecided().is_some())
    }
}

/// What is known of one artifact in the end.
#[derive(Debug)]
pub(crate) struct Examined {
    /// The artifact as resolved.
    pub(crate) artifact: Descriptor,
    /// How signatures were listed.
    pub(crate) listing: Listing,
    /// All that were listed, in the order of the listing.
    pub(crate) candidates: Vec<Candidate>,
}

/// The verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A signature is verified.
    Verified,
    /// A signature is accepted by a policy that only logs something.
    AcceptedWithWarnings,
    /// Signatures exist, none is acceptable.
    Rejected,
    /// None is acceptable among as many as are looked at, and there are more.
    LimitReached,
    /// The listing is complete and empty.
    Unsigned,
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
    /// not be judged for that reason; else rejected; unsigned only if the listing was complete and empty.
    ///
    /// It does not depend on the order of the candidates.
    pub(crate) fn verdict(&self) -> Verdict {
        let any = |wanted: &dyn Fn(&Found) -> bool| self.candidates.iter().any(|candidate| wanted(&candidate.found));
        let decided = |decision| any(&|found| found.decision() == Some(decision));
        let kept_away = |kind| any(&|found| found.kept_away() == Some(kind));
        if decided(Decision::Verified) {
            Verdict::Verified
        } else if decided(Decision::AcceptedWithWarnings) {
            Verdict::AcceptedWithWarnings
        } else if any(&lacks_trust_store) {
            Verdict::TrustStoreUnusable
        } else if any(&Found::lacks_setting) {
            Verdict::SettingUnusable
        } else if kept_away(Kind::Denied) {
            Verdict::Denied
        } else if kept_away(Kind::Unavailable) {
            Verdict::Unavailable
        } else if self.listing.proves_unsigned() {
            Verdict::Unsigned
        } else if !self.listing.complete || any(&|found| matches!(found, Found::NotTried)) {
            Verdict::LimitReached
        } else {
            Verdict::Rejected
        }
    }
}

/// Whether a candidate was rejected for nothing but a trust store that cannot be read: the user's set-up is at fault,
/// not the signature.
fn lacks_trust_store(found: &Found) -> bool {
    use notary::verify::{Failure, Status};
    let Found::Judged { outcome, .. } = found else { return false };
    matches!(outcome.rejection(), Some(Status::Failed(Failure::TrustStore(_))))
}
