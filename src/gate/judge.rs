//! Whether stages are met by the signatures of an image.
//!
//! The result depends neither on the order of the signatures nor on that of their answers. Another signature never makes a
//! requirement unmet, but for one of a key that plays two roles; one less never makes it met.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use notary::Timestamp;

use super::children::{Children, ChildrenRow, ChildrenState};
use super::model::{Gates, Requirement};
use super::state::{Obstacle, State, all_of};

/// A signature, as it was judged for each signer by that signer's trust alone.
#[derive(Clone, Debug)]
pub(crate) struct Approval {
    /// Digest of its manifest.
    pub(crate) manifest: String,
    /// What made it; nothing where it could not be read, or its integrity is not proven.
    pub(crate) key: Option<Key>,
    /// The metadata that it carries, as far as anybody's trust accepts it.
    pub(crate) metadata: BTreeMap<String, String>,
    /// When it was made, as a signing authority says.
    pub(crate) authentic_time: Option<Timestamp>,
    /// What it is for each signer, in their order.
    pub(crate) stands: Vec<Stand>,
}

/// What made a signature, by which one key under two names is recognized.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// SHA-256 of the public key of the signing certificate (its SPKI), lower-case hex.
    PublicKey(String),
    /// ARN of a signing profile, without a version.
    Profile(String),
}

/// What a signature is for one signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Not of this signer.
    Foreign,
    /// Of this signer, and it passes everything.
    Accepted,
    /// Of this signer, and it does not pass.
    Refused,
    /// It may be of this signer and pass: something kept it from being judged.
    Open(Obstacle),
}

/// What was found for the stages.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    /// A row for each requirement: stage by stage, in the order of the file.
    pub(crate) rows: Vec<Row>,
    /// A row for each stage that asks for all children, in the order of the stages.
    pub(crate) children: Vec<ChildrenRow>,
}

/// What was found for one requirement.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Position of the stage.
    pub(crate) stage: usize,
    /// Position of the requirement in the stage.
    pub(crate) requirement: usize,
    pub(crate) state: State,
    /// What counts for it, a signer each, in the order of the requirement; more than is needed where more signed.
    pub(crate) counted: Vec<Counted>,
    /// Why signatures of its signers do not count; of a signer that counts nothing.
    pub(crate) refusals: Vec<Refusal>,
}

/// A signature that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Position of the signer.
    pub(crate) signer: usize,
    /// Position of the signature.
    pub(crate) signature: usize,
    /// The moment from which on it is too old.
    pub(crate) until: Option<Timestamp>,
    /// Whether that is near: less than a tenth of its time is left.
    pub(crate) is_ending: bool,
}

/// Why a signature of a signer does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Position of the signer.
    pub(crate) signer: usize,
    /// Position of the signature.
    pub(crate) signature: usize,
    pub(crate) why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// Its key is that of several signers.
    SharedKey {
        /// Positions of these signers.
        signers: Vec<usize>,
    },
    /// It does not say what it has to.
    Metadata {
        /// `KEY=VALUE` that it lacks.
        lacking: Vec<String>,
    },
    TooOld {
        since: Timestamp,
    },
    /// No authority says when it was made, and the requirement has a maximum age.
    TimeClaimed,
    /// It does not pass verification; its own report says why.
    Rejected,
}

impl Judgement {
    /// What all rows come to: one that is not met decides, then what could not be judged.
    pub(crate) fn state(&self) -> State {
        all_of(self.rows.iter().map(|row| row.state).chain(self.children.iter().map(|row| row.state.counted())))
    }

    /// Whether it is worth asking for the children: a stage wants them, and signatures meet all that they have to.
    pub(crate) fn wants_children(&self) -> bool {
        !self.children.is_empty() && all_of(self.rows.iter().map(|row| row.state)) == State::Met
    }

    /// The same once it is known what was found of the children, where that matters.
    pub(crate) fn with_children(mut self, found: &Children) -> Self {
        if self.wants_children() {
            self.children.iter_mut().for_each(|row| row.state = found.state());
        }
        self
    }
}

/// Judges stages by the signatures of an image; nobody has looked at its children yet. `unlisted` is what kept signatures from being
/// listed at all: any of them might be among these.
pub(crate) fn judge(
    gates: &Gates,
    stages: &[usize],
    approvals: &[Approval],
    unlisted: Option<Obstacle>,
    now: Timestamp,
) -> Judgement {
    let shared = shared_keys(gates, stages, approvals);
    let asked = || stages.iter().filter_map(|position| Some((*position, gates.stages.get(*position)?)));
    let rows = asked().flat_map(|(stage, found)| {
        let court = Court { approvals, shared: &shared, unlisted, now };
        found.require.iter().enumerate().map(move |(requirement, asked)| court.row(stage, requirement, asked))
    });
    let children = asked().filter(|(_, found)| found.all_children.is_some());
    let children = children.map(|(stage, _)| ChildrenRow { stage, state: ChildrenState::NotAsked });
    Judgement { rows: rows.collect(), children: children.collect() }
}

/// The keys whose signatures are accepted as those of several signers of the stages, with these signers.
fn shared_keys<'a>(gates: &Gates, stages: &[usize], approvals: &'a [Approval]) -> BTreeMap<&'a Key, BTreeSet<usize>> {
    let stages = stages.iter().filter_map(|position| gates.stages.get(*position));
    let concerned: BTreeSet<_> = stages.flat_map(|stage| &stage.require).flat_map(|asked| &asked.of).collect();
    let mut signers: BTreeMap<&Key, BTreeSet<usize>> = BTreeMap::new();
    for approval in approvals {
        let Some(key) = &approval.key else { continue };
        let of =
            approval.stands.iter().enumerate().filter(|(signer, stand)| {
                concerned.contains(signer) && matches!(stand, Stand::Accepted | Stand::Open(_))
            });
        signers.entry(key).or_default().extend(of.map(|(signer, _)| signer));
    }
    signers.retain(|_, signers| signers.len() > 1);
    signers
}

/// What requirements are judged by.
#[derive(Clone, Copy)]
struct Court<'a> {
    approvals: &'a [Approval],
    shared: &'a BTreeMap<&'a Key, BTreeSet<usize>>,
    unlisted: Option<Obstacle>,
    now: Timestamp,
}

/// What a signature is for one signer of a requirement.
enum Finding {
    Counts(Counted),
    Refused(Why),
    Open(Obstacle),
}

impl Court<'_> {
    fn row(&self, stage: usize, requirement: usize, asked: &Requirement) -> Row {
        let (mut counted, mut refusals, mut open) = (Vec::new(), Vec::new(), Vec::new());
        for signer in &asked.of {
            let (counts, refused, kept) = self.of_signer(*signer, asked);
            match counts {
                Some(counts) => counted.push(counts),
                None => {
                    refusals.extend(refused);
                    open.extend(kept);
                }
            }
        }
        open.extend(self.unlisted);
        let state = if counted.len() >= asked.least {
            State::Met
        } else {
            open.into_iter().min().map_or(State::Unmet, State::Open)
        };
        Row { stage, requirement, state, counted, refusals }
    }

    /// The signature of a signer that counts for longest, or else why none does.
    fn of_signer(&self, signer: usize, asked: &Requirement) -> (Option<Counted>, Vec<Refusal>, Vec<Obstacle>) {
        let (mut counted, mut refusals, mut open) = (Vec::new(), Vec::new(), Vec::new());
        for (signature, approval) in self.approvals.iter().enumerate() {
            match self.finding(signer, signature, approval, asked) {
                Some(Finding::Counts(counts)) => counted.push(counts),
                Some(Finding::Refused(why)) => refusals.push(Refusal { signer, signature, why }),
                Some(Finding::Open(obstacle)) => open.push(obstacle),
                None => {}
            }
        }
        // No maximum age lasts longest. Of those that last as long it does not matter which is listed first.
        let lasting = |counts: &Counted| {
            let manifest = self.approvals.get(counts.signature).map(|approval| Reverse(&approval.manifest));
            (counts.until.unwrap_or(Timestamp::MAX), manifest)
        };
        let best = counted.into_iter().max_by(|one, other| lasting(one).cmp(&lasting(other)));
        (best, refusals, open)
    }

    fn finding(&self, signer: usize, signature: usize, approval: &Approval, asked: &Requirement) -> Option<Finding> {
        let stand = approval.stands.get(signer)?;
        match stand {
            Stand::Foreign => return None,
            Stand::Refused => return Some(Finding::Refused(Why::Rejected)),
            Stand::Accepted | Stand::Open(_) => {}
        }
        // Of one that could not even be read nothing is known.
        let is_read = approval.key.is_some();
        if let Some(signers) =
            approval.key.as_ref().and_then(|key| self.shared.get(key)).filter(|all| all.contains(&signer))
        {
            return Some(Finding::Refused(Why::SharedKey { signers: signers.iter().copied().collect() }));
        }
        if let Some(why) = is_read.then(|| lacking(approval, asked)).flatten() {
            return Some(Finding::Refused(why));
        }
        let until = match (is_read, asked.max_age) {
            (true, Some(max_age)) => match self.until(approval, max_age) {
                Ok(until) => Some(until),
                Err(why) => return Some(Finding::Refused(why)),
            },
            _ => None,
        };
        Some(match stand {
            Stand::Open(obstacle) => Finding::Open(*obstacle),
            _ => {
                let (until, is_ending) = until.unzip();
                Finding::Counts(Counted { signer, signature, until, is_ending: is_ending.unwrap_or_default() })
            }
        })
    }

    /// Until when a signature is young enough, and whether that is near.
    fn until(&self, approval: &Approval, max_age: Duration) -> Result<(Timestamp, bool), Why> {
        let made = approval.authentic_time.ok_or(Why::TimeClaimed)?;
        let until = made.checked_add(max_age).unwrap_or(Timestamp::MAX);
        if self.now >= until {
            return Err(Why::TooOld { since: until });
        }
        let left = until.duration_since(self.now).unsigned_abs();
        Ok((until, left < max_age / 10))
    }
}

/// What a requirement asks a signature to say, and it does not.
fn lacking(approval: &Approval, asked: &Requirement) -> Option<Why> {
    let lacks = |(key, value): &(&String, &String)| approval.metadata.get(*key) != Some(*value);
    let lacking: Vec<_> = asked.metadata.iter().filter(lacks).map(|(key, value)| format!("{key}={value}")).collect();
    (!lacking.is_empty()).then_some(Why::Metadata { lacking })
}

#[cfg(test)]
mod tests;
