//! The rules of a file of gates that are about several of its entries.

use super::fault::Fault;
use super::model::Stage;
use super::read::Faults;
use crate::document::Place;

/// A stage, and where it stands.
#[derive(Debug)]
pub(super) struct ReadStage {
    pub(super) stage: Stage,
    pub(super) place: Place,
}

/// The key of the metadata by which an approval of one stage is told from that of another.
pub(crate) const STAGE: &str = "stage";

/// Checks them all.
pub(super) fn check(stages: &[ReadStage], signers: &[String], faults: &mut Faults) {
    for (position, read) in stages.iter().enumerate() {
        check_disjoint(read, signers, faults);
        check_no_circle(position, stages, faults);
        for earlier in stages.iter().take(position) {
            check_told_apart(read, earlier, signers, faults);
        }
    }
}

/// Each signer meets one requirement of a stage, so that to count is enough.
fn check_disjoint(read: &ReadStage, signers: &[String], faults: &mut Faults) {
    let require = &read.stage.require;
    for (position, asked) in require.iter().enumerate() {
        let taken = |signer: &&usize| require.iter().take(position).any(|earlier| earlier.of.contains(signer));
        for signer in asked.of.iter().filter(taken) {
            let name = name(signers, *signer);
            faults.note(asked.place, Fault::TwoRequirements { stage: read.stage.name.clone(), name });
        }
    }
}

/// A signer of two stages says in its signatures for which of them they are, and not the same in both.
fn check_told_apart(read: &ReadStage, other: &ReadStage, signers: &[String], faults: &mut Faults) {
    let of = |read: &ReadStage, signer: usize| {
        let asked = read.stage.require.iter().find(|asked| asked.of.contains(&signer))?;
        Some((asked.place, asked.metadata.get(STAGE).cloned()))
    };
    for signer in 0..signers.len() {
        let (Some(ours), Some(theirs)) = (of(read, signer), of(other, signer)) else { continue };
        if let (Some(value), true) = (&ours.1, ours.1 == theirs.1) {
            let (name, other) = (name(signers, signer), other.stage.name.clone());
            faults.note(ours.0, Fault::SameStage { name, value: value.clone(), other });
        }
        for ((place, says), other) in [(theirs, read), (ours, other)] {
            if says.is_none() {
                let fault = Fault::NeedsStage { name: name(signers, signer), other: other.stage.name.clone() };
                faults.note(place, fault);
            }
        }
    }
}

/// No stage comes after itself. A stage that is part of no circle, and comes after one, is not at fault.
fn check_no_circle(start: usize, stages: &[ReadStage], faults: &mut Faults) {
    let mut left = vec![vec![start]];
    let mut seen = vec![false; stages.len()];
    while let Some(path) = left.pop() {
        let Some(stage) = path.last().and_then(|last| stages.get(*last)) else { continue };
        for before in &stage.stage.after {
            let longer: Vec<_> = path.iter().copied().chain([*before]).collect();
            if *before == start {
                let names = longer.iter().filter_map(|at| Some(stages.get(*at)?.stage.name.clone()));
                let Some(first) = stages.get(start) else { return };
                let fault = Fault::Circle { name: first.stage.name.clone(), path: names.collect() };
                return faults.note(first.place, fault);
            }
            if let Some(seen) = seen.get_mut(*before).filter(|seen| !**seen) {
                *seen = true;
                left.push(longer);
            }
        }
    }
}

fn name(signers: &[String], position: usize) -> String {
    signers.get(position).cloned().unwrap_or_default()
}
