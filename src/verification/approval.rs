//! What a signature is for the signers of gates, and the verdict on an artifact that follows for a stage.

use std::collections::BTreeMap;

use notary::Timestamp;
use notary::digest::Digest;
use notary::envelope::SigningTime;
use notary::revocation::Unavailability;
use notary::trust_policy::ValidationType;
use notary::verify::{Decision, Outcome};

use super::children;
use super::verdict::{Candidate, Examined, Found, Judgement, Verdict};
use crate::aws::facts::AwsError;
use crate::clock::Clock;
use crate::gate::{self, Approval, ChildrenState, Gates, Key, Obstacle, Stand, State};
use crate::registry::{Kind, Source};

impl Judgement {
    /// By the trust of each of so many signers of gates: a first one and others, of whom there are none where it is nobody's
    /// signature. What is shown is the outcome for the first whose signature it is.
    pub(super) fn of_signers(
        envelope_type: String,
        signers: usize,
        (first, others): (Outcome, Vec<Outcome>),
        unanswered: Option<AwsError>,
    ) -> Self {
        let lacks_setting = unanswered.as_ref().is_some_and(AwsError::is_of_settings);
        let mut stands: Vec<_> =
            std::iter::once(&first).chain(&others).map(|outcome| stand(outcome, lacks_setting)).collect();
        stands.resize(signers, Stand::Foreign);
        // What a stranger wrote is not held.
        let is_known = stands.iter().any(|stand| *stand != Stand::Foreign);
        let metadata = first.payload().filter(|_| is_known).map(|payload| payload.user_metadata().clone());
        let approval = Approval {
            manifest: String::new(),
            key: key(&first),
            metadata: metadata.unwrap_or_default(),
            authentic_time: authentic_time(&first),
            stands,
        };
        let further = |shown, other| if rank(&other) > rank(&shown) { other } else { shown };
        let outcome = Box::new(others.into_iter().fold(first, further));
        Self { envelope_type, outcome, approval: Some(Box::new(approval)), unanswered }
    }
}

/// What a signature is for a signer, by whose trust this is the outcome.
fn stand(outcome: &Outcome, lacks_setting: bool) -> Stand {
    match (outcome.decision(), outcome.undecided()) {
        (Decision::Verified, _) => Stand::Accepted,
        (_, Some(_)) if lacks_setting => Stand::Open(Obstacle::Setting),
        (_, Some(Unavailability::Denied)) => Stand::Open(Obstacle::Denied),
        (_, Some(Unavailability::NoAnswer)) => Stand::Open(Obstacle::Unavailable),
        _ if is_of_signer(outcome) => Stand::Refused,
        _ => Stand::Foreign,
    }
}

/// Whether the signer is the one who is trusted, whatever else is wrong.
fn is_of_signer(outcome: &Outcome) -> bool {
    let authenticity = outcome.validation(ValidationType::Authenticity);
    authenticity.is_some_and(|validation| validation.status().is_acceptable())
}

/// How much an outcome says for a signature.
fn rank(outcome: &Outcome) -> u8 {
    match outcome.decision() {
        Decision::Verified => 2,
        _ => u8::from(is_of_signer(outcome)),
    }
}

/// What made a signature, once its integrity is proven. The certificates of AWS Signer are its own; a profile is its customer's.
fn key(outcome: &Outcome) -> Option<Key> {
    let envelope = outcome.envelope()?;
    Some(match outcome.aws_signature() {
        Some(aws) => Key::Profile(aws.profile_version.without_version().to_string()),
        None => {
            let digest = Digest::sha256(envelope.chain().leaf().spki_der());
            Key::PublicKey(digest.hex().to_owned())
        }
    })
}

fn authentic_time(outcome: &Outcome) -> Option<Timestamp> {
    match outcome.envelope()?.signed_attributes().signing_time() {
        SigningTime::Authentic(time) => Some(time),
        _ => None,
    }
}

impl Candidate {
    /// What it is for each of so many signers, at this moment: what was accepted may have expired since.
    fn approval(&self, signers: usize) -> Approval {
        let bare = |stand| Approval {
            manifest: self.listed.digest.to_string(),
            key: None,
            metadata: BTreeMap::new(),
            authentic_time: None,
            stands: vec![stand; signers],
        };
        match &self.found {
            Found::Judged(judged) => match &judged.approval {
                Some(approval) if judged.decision == Decision::Verified => Approval::clone(approval),
                Some(approval) => approval.none_accepted(),
                None => bare(Stand::Foreign),
            },
            // Whose it is nobody knows. One that is not there, or not what its manifest says, is nobody's.
            found => bare(match found.kept_away() {
                Some(kind @ (Kind::Denied | Kind::Unavailable)) => Stand::Open(Obstacle::of(kind)),
                Some(Kind::NotFound | Kind::Invalid | Kind::Configuration) | None => Stand::Foreign,
            }),
        }
    }
}

impl Approval {
    /// The same of a signature that was accepted and is no more.
    fn none_accepted(&self) -> Self {
        let stand = |stand: &Stand| if *stand == Stand::Accepted { Stand::Refused } else { *stand };
        Self { stands: self.stands.iter().map(stand).collect(), ..self.clone() }
    }
}

impl Obstacle {
    const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Denied => Self::Denied,
            _ => Self::Unavailable,
        }
    }
}

impl Examined {
    /// Whether children were looked at, and it is they for whom stages of gates are not met.
    pub(crate) fn lacks_children(&self) -> bool {
        self.children.as_ref().is_some_and(|children| !matches!(children.count().state(), ChildrenState::Met))
    }

    /// The same with its children looked at, if stages of gates ask for that and signatures meet all that they have to; the
    /// signatures as they are at the moment after that.
    pub(crate) async fn with_children(self, source: &Source, gates: &Gates, stages: &[usize], clock: Clock) -> Self {
        // Most stages ask for none, and then the signatures need not be judged for it.
        if !gates.ask_for_children(stages) || !self.gate_verdict(gates, stages, clock.now()).0.wants_children() {
            return self;
        }
        let children = Some(children::look(source, &self.artifact).await);
        let now = clock.now();
        let later = |candidate: Candidate| Candidate { found: candidate.found.at(now), ..candidate };
        Self { children, candidates: self.candidates.into_iter().map(later).collect(), ..self }
    }

    /// What was found for stages of gates, and the verdict: unsigned and rejected as without gates, where no signature is accepted
    /// as that of any signer of the file.
    pub(crate) fn gate_verdict(&self, gates: &Gates, stages: &[usize], now: Timestamp) -> (gate::Judgement, Verdict) {
        let approvals: Vec<_> =
            self.candidates.iter().map(|candidate| candidate.approval(gates.signers.len())).collect();
        let unlisted = self.listing.refused.as_ref().map(|refusal| Obstacle::of(refusal.kind()));
        let judgement = gate::judge(gates, stages, &approvals, unlisted, now);
        let judgement = match &self.children {
            Some(children) => judgement.with_children(&children.count()),
            None => judgement,
        };
        let verdict = match judgement.state() {
            State::Met => Verdict::Verified,
            State::Open(Obstacle::Setting) => Verdict::SettingUnusable,
            State::Open(Obstacle::Denied) => Verdict::Denied,
            State::Open(Obstacle::Unavailable) => Verdict::Unavailable,
            State::Unmet => {
                let mut stands = approvals.iter().flat_map(|approval| &approval.stands);
                let is_any = stands.any(|stand| matches!(stand, Stand::Accepted | Stand::Open(_)));
                match self.verdict() {
                    // A stage that is not met is no success, whoever signed.
                    Verdict::Verified | Verdict::AcceptedWithWarnings => Verdict::GateUnmet,
                    _ if is_any => Verdict::GateUnmet,
                    verdict => verdict,
                }
            }
        };
        (judgement, verdict)
    }
}
