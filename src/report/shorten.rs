//! Keeps a report as short as [`limits`] say, and says what was left out.

use std::cell::Cell;
use std::io;

use serde::Serialize;

use super::limits;
use super::model::{Action, ArtifactOutcome, ArtifactReport, CandidateReport, Decision, GateRow, Status};

/// What a pair, a certificate or a signature takes in a report in addition to its texts.
const OVERHEAD: usize = 64;

/// Room for what one envelope says.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    omitted: usize,
}

impl Budget {
    /// Room for texts of about so many bytes.
    pub(super) const fn new(bytes: usize) -> Self {
        Self { left: bytes, omitted: 0 }
    }

    /// The fact, if its texts still fit; otherwise it is left out and counted.
    pub(super) fn keep<T>(&mut self, texts: &[&str], fact: impl FnOnce() -> T) -> Option<T> {
        let weight = texts.iter().map(|text| weight_of_text(text)).fold(OVERHEAD, usize::saturating_add);
        let Some(left) = self.left.checked_sub(weight) else {
            self.omitted += 1;
            return None;
        };
        self.left = left;
        Some(fact())
    }

    /// Facts that were left out.
    pub(super) const fn omitted(&self) -> usize {
        self.omitted
    }
}

/// Bytes that a text may take on a screen: one that is escaped takes six or more.
fn weight_of_text(text: &str) -> usize {
    text.len() + text.chars().filter(|character| character.is_control()).count() * 5
}

/// What a part of a report takes as JSON.
pub(crate) fn weight(part: &impl Serialize) -> usize {
    let mut counted = Counted(OVERHEAD);
    match serde_json::to_writer(&mut counted, part) {
        Ok(()) => counted.0,
        Err(_) => usize::MAX,
    }
}

struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CandidateReport {
    /// Whether all that is looked at holds, and not only what is enforced.
    pub(super) fn holds_in_all(&self) -> bool {
        let mut looked_at = self.rows.iter().filter(|row| row.action != Action::Skip);
        looked_at.all(|row| matches!(row.status, Status::Passed | Status::NothingToCheck))
    }

    /// The same without what its envelope says, and without the rows. The first reason for which it was refused stays.
    pub(crate) fn without_content(&mut self) {
        self.content_omitted |= self.content.is_some() || !self.rows.is_empty();
        self.content = None;
        self.rows = Vec::new();
    }
}

/// Room for what is shown of all images of a run.
#[derive(Debug)]
pub(crate) struct Run {
    left: Cell<usize>,
}

impl Run {
    /// The whole room.
    pub(crate) const fn new() -> Self {
        Self { left: Cell::new(limits::RUN_SHOWN) }
    }

    /// Shortens the report on an image to what it may take.
    pub(crate) fn shorten(&self, artifact: &mut ArtifactReport) {
        let free = limits::ARTIFACT_SHOWN_AT_LEAST;
        let room = free.saturating_add(self.left.get()).min(limits::ARTIFACT_SHOWN);
        let mut left = limits::ARTIFACT_REFUSALS;
        for row in artifact.gate.iter_mut().flat_map(|gate| &mut gate.rows) {
            row.shorten(left.min(limits::REFUSALS));
            left = left.saturating_sub(row.told());
        }
        let used = shorten(artifact, room);
        self.left.set(self.left.get().saturating_sub(used.saturating_sub(free)));
    }
}

impl GateRow {
    /// Keeps so many of the signatures that do not count, or of the manifests that are not there.
    fn shorten(&mut self, most: usize) {
        self.refused_omitted += self.refused.len().saturating_sub(most);
        self.refused.truncate(most);
        if let Some(children) = &mut self.children {
            children.shorten(most);
        }
    }

    /// How many of both it tells: a row has one kind alone.
    fn told(&self) -> usize {
        self.refused.len() + self.children.as_ref().map_or(0, |children| children.lacking.len())
    }
}

/// Leaves out what does not fit: of the signatures in their order what they say, then what remains of them. The one that the
/// verdict rests on stays whole: the first that is accepted without a warning, or else the first that is accepted.
fn shorten(artifact: &mut ArtifactReport, room: usize) -> usize {
    let accepted = |candidate: &CandidateReport| candidate.decision == Decision::Accepted;
    let mut verified = artifact.candidates.iter();
    let verified = verified.position(|candidate| accepted(candidate) && candidate.holds_in_all());
    let accepted = verified.or_else(|| artifact.candidates.iter().position(accepted));
    let mut used = accepted.and_then(|place| artifact.candidates.get(place)).map_or(0, weight);
    let mut omitted = 0;
    let mut place = 0;
    artifact.candidates.retain_mut(|candidate| {
        let is_first = accepted == Some(place);
        place += 1;
        if is_first {
            return true;
        }
        let mut total = used.saturating_add(weight(candidate));
        if total > room {
            candidate.without_content();
            total = used.saturating_add(weight(candidate));
        }
        if total > room {
            omitted += 1;
            return false;
        }
        used = total;
        true
    });
    artifact.candidates_omitted += omitted;
    used
}

impl ArtifactReport {
    /// The only signature, where no other was left out.
    pub(super) fn only_candidate(&self) -> Option<&CandidateReport> {
        match (self.outcome, self.candidates.as_slice(), self.candidates_omitted) {
            (ArtifactOutcome::Rejected | ArtifactOutcome::Error, [only], 0) => Some(only),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Reason;
    use super::super::samples;
    use super::*;

    /// More than fits into the report on an image.
    const TOO_MUCH: usize = limits::ARTIFACT_SHOWN + 1;

    /// A rejected artifact with signatures that say as much.
    fn flooded(signatures: usize, bytes: usize) -> ArtifactReport {
        let mut artifact = samples::rejected().artifacts_mut().remove(0);
        artifact.candidates = (0..signatures)
            .map(|_| {
                let mut candidate = samples::rejected().artifacts_mut().remove(0).candidates.remove(0);
                let content = candidate.content.as_mut().unwrap();
                content.user_metadata.insert("a".to_owned(), "x".repeat(bytes));
                candidate
            })
            .collect();
        artifact
    }

    fn total(artifact: &ArtifactReport) -> usize {
        artifact.candidates.iter().map(weight).sum()
    }

    #[test]
    fn a_usual_report_stays_as_it_is() {
        let run = Run::new();
        for _ in 0..100 {
            let mut artifact = flooded(20, 1000);
            let before = serde_json::to_value(&artifact).unwrap();
            run.shorten(&mut artifact);
            assert_eq!(serde_json::to_value(&artifact).unwrap(), before);
            if run.left.get() < limits::ARTIFACT_SHOWN {
                break;
            }
        }
    }

    #[test]
    fn of_an_image_with_a_flood_of_signatures_as_much_is_shown_as_fits() {
        for (signatures, bytes) in [(20, 100_000), (3, TOO_MUCH), (2_000, 10), (1, TOO_MUCH)] {
            let mut artifact = flooded(signatures, bytes);
            Run::new().shorten(&mut artifact);
            assert!(total(&artifact) <= limits::ARTIFACT_SHOWN, "{signatures}: {}", total(&artifact));
            assert_eq!(artifact.candidates.len() + artifact.candidates_omitted, signatures);
            let silent = artifact.candidates.iter().filter(|one| one.content_omitted);
            assert!(silent.clone().all(|one| one.content.is_none() && one.reason.is_some()));
            assert!(silent.count() + artifact.candidates_omitted > 0, "{signatures}");
        }
    }

    #[test]
    fn the_signature_that_the_verdict_rests_on_is_shown_behind_any_flood() {
        let mut artifact = flooded(8, TOO_MUCH);
        artifact.candidates.push(samples::verified().artifacts_mut().remove(0).candidates.remove(0));
        Run::new().shorten(&mut artifact);
        let last = artifact.candidates.last().unwrap();
        assert_eq!(last.decision, Decision::Accepted);
        assert!(last.content.is_some() && !last.content_omitted);
    }

    #[test]
    fn a_signature_without_warnings_is_shown_behind_one_with_them() {
        let warned = || {
            let mut warned = samples::verified().artifacts_mut().remove(0).candidates.remove(0);
            (warned.rows[3].action, warned.rows[3].status) = (Action::Log, Status::Failed);
            let content = warned.content.as_mut().unwrap();
            content.user_metadata.insert("a".to_owned(), "x".repeat(limits::ARTIFACT_SHOWN));
            warned
        };
        let verified = samples::verified().artifacts_mut().remove(0).candidates.remove(0);
        let mut artifact = flooded(8, TOO_MUCH);
        artifact.candidates.extend([warned(), verified]);
        Run::new().shorten(&mut artifact);
        let last = artifact.candidates.last().unwrap();
        assert!(last.content.is_some() && last.holds_in_all());
        assert!(artifact.candidates.iter().rev().skip(1).all(|one| one.content.is_none() || one.reason.is_some()));
        // Without one, it is what the verdict rests on.
        let mut artifact = flooded(8, TOO_MUCH);
        artifact.candidates.push(warned());
        Run::new().shorten(&mut artifact);
        assert!(artifact.candidates.last().unwrap().content.is_some());
    }

    #[test]
    fn an_image_of_a_run_with_a_flood_still_shows_its_own() {
        let run = Run::new();
        let mut all = 0;
        for _ in 0..12 {
            let mut artifact = flooded(12, 50_000);
            run.shorten(&mut artifact);
            all += total(&artifact);
        }
        assert!(all <= limits::RUN_SHOWN + 12 * limits::ARTIFACT_SHOWN_AT_LEAST, "{all}");
        let mut usual = flooded(2, 1000);
        run.shorten(&mut usual);
        assert_eq!(usual.candidates.iter().filter(|one| one.content.is_some()).count(), 2);
    }

    #[test]
    fn an_escape_counts_as_what_is_shown_of_it() {
        let mut budget = Budget::new(1000);
        assert_eq!(budget.keep(&["x".repeat(500).as_str()], || 1), Some(1));
        assert_eq!(budget.keep(&["\u{1b}".repeat(100).as_str()], || 2), None);
        assert_eq!(budget.keep(&["x"], || 3), Some(3));
        assert_eq!(budget.omitted(), 1);
    }

    #[test]
    fn a_reason_has_an_end() {
        let reason = Reason::new("a", "é".repeat(limits::REASON_TEXT + 1));
        assert_eq!(reason.text.chars().count(), limits::REASON_TEXT + 1);
        assert!(reason.text.ends_with("é…"));
        assert_eq!(Reason::new("a", "b").text, "b");
    }
}
