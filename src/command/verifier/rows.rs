//! From what was found for requirements of gates to the rows of a report.

use crate::command::approval_step::ApprovalStep;
use crate::config::GateSettings;
use crate::gate::{ChildrenRow, Counted, Gates, Judgement, Refusal, Requirement, Row, State, Why};
use crate::report::escape::shell_word;
use crate::report::{ApprovalReport, GateReport, GateRow, GateStatus, Help, Place, Reason, RefusalReport, Weakening};
use crate::verification::{Examined, Found, Judged};

/// What the rows of an image are made from.
pub(super) struct Rows<'a> {
    pub(super) settings: &'a GateSettings,
    /// What weakens a check in this run.
    pub(super) weakened: &'a [Weakening],
    pub(super) policy_digest: &'a str,
    pub(super) examined: &'a Examined,
    /// The flags with which other commands reach the registry.
    pub(super) reach: &'a str,
    /// The image by digest.
    pub(super) image: &'a str,
}

impl Rows<'_> {
    /// The report on what the gates asked.
    pub(super) fn report(&self, judgement: &Judgement) -> GateReport {
        let Self { settings, policy_digest, .. } = self;
        let stage = settings.gates.stages.get(settings.stage).map(|stage| stage.name.clone());
        let of_stage = |rows: &[Row]| {
            let is_same = |children: &&ChildrenRow| rows.first().is_some_and(|row| row.stage == children.stage);
            let children = judgement.children.iter().filter(is_same).filter_map(|row| self.of_children(row));
            rows.iter().filter_map(|row| self.row(row)).chain(children).collect::<Vec<_>>()
        };
        GateReport {
            file: settings.file.value.display().to_string(),
            file_digest: settings.gates.file_digest(),
            policy_digest: (*policy_digest).to_owned(),
            stage: stage.unwrap_or_default(),
            rows: judgement.rows.chunk_by(|row, next| row.stage == next.stage).flat_map(of_stage).collect(),
            weakened: self.weakened.to_vec(),
        }
    }

    fn gates(&self) -> &Gates {
        &self.settings.gates
    }

    fn row(&self, row: &Row) -> Option<GateRow> {
        let stage = self.gates().stages.get(row.stage)?;
        let asked = stage.require.get(row.requirement)?;
        let status = match row.state {
            State::Met => GateStatus::Met,
            State::Open(_) => GateStatus::NotJudged,
            State::Unmet if row.refusals.is_empty() => GateStatus::Missing,
            State::Unmet => GateStatus::Refused,
        };
        let is_met = status == GateStatus::Met;
        Some(GateRow {
            stage: stage.name.clone(),
            requirement: asked.words(self.gates()),
            status,
            met_by: row.counted.iter().map(|counted| self.approval(counted)).collect(),
            // What a requirement that is met does without is no news.
            refused: row.refusals.iter().filter(|_| !is_met).map(|refusal| self.refusal(refusal)).collect(),
            refused_omitted: 0,
            children: None,
            help: if is_met { Vec::new() } else { self.steps(&stage.name, asked, row) },
            place: Place::new(self.settings.file.value.display().to_string(), asked.place),
        })
    }

    fn judged(&self, signature: usize) -> Option<&Judged> {
        match &self.examined.candidates.get(signature)?.found {
            Found::Judged(judged) => Some(judged),
            Found::Unusable(_) | Found::NotTried | Found::NoRoom { .. } => None,
        }
    }

    fn manifest(&self, signature: usize) -> String {
        let candidate = self.examined.candidates.get(signature);
        candidate.map(|candidate| candidate.listed.digest.to_string()).unwrap_or_default()
    }

    fn approval(&self, counted: &Counted) -> ApprovalReport {
        let content = self.judged(counted.signature).and_then(|judged| judged.content.as_ref());
        let leaf = content.and_then(|content| content.certificates.first()).map(|leaf| leaf.subject.clone());
        ApprovalReport {
            signer: self.gates().signer_name(counted.signer).to_owned(),
            signature_manifest: self.manifest(counted.signature),
            signed_by: content.and_then(|content| content.signing_profile_version.clone()).or(leaf),
            authentic_signing_time: content.and_then(|content| content.authentic_signing_time.clone()),
            signing_time: content.and_then(|content| content.signing_time.clone()),
            signing_job: content.and_then(|content| content.signing_job.clone()),
            fresh_until: counted.until.map(|until| until.to_string()),
            renew: counted.is_ending,
        }
    }

    fn refusal(&self, refusal: &Refusal) -> RefusalReport {
        let name = |signer: &usize| self.gates().signer_name(*signer).to_owned();
        let reason = match &refusal.why {
            Why::Rejected => self.judged(refusal.signature).and_then(|judged| judged.reason.clone()),
            Why::SharedKey { signers } => {
                let names = signers.iter().map(name).collect::<Vec<_>>().join(" and ");
                Some(Reason::new("gate-shared-key", format!("its key is that of {names}, and counts for none of them")))
            }
            Why::Metadata { lacking } => {
                Some(Reason::new("gate-metadata", format!("its metadata lacks {}", lacking.join(" and "))))
            }
            Why::TooOld { since } => Some(Reason::new("gate-too-old", format!("it is too old since {since}"))),
            Why::TimeClaimed => Some(Reason::new(
                "gate-time-claimed",
                "its signing time is its signer's own word, and the requirement has a maximum age",
            )),
        };
        RefusalReport {
            signer: name(&refusal.signer),
            signature_manifest: self.manifest(refusal.signature),
            reason: reason.unwrap_or_else(|| Reason::new("gate-rejected", "it does not pass verification")),
        }
    }

    /// The commands that add what is missing.
    fn steps(&self, stage: &str, asked: &Requirement, row: &Row) -> Vec<Help> {
        let counts = |signer: &&usize| row.counted.iter().any(|counted| counted.signer == **signer);
        let missing = asked.of.iter().filter(|signer| !counts(signer));
        missing
            .map(|signer| {
                Help::from(format!(
                    "approve it as {}: {}",
                    self.gates().signer_name(*signer),
                    self.step(stage, asked, *signer)
                ))
            })
            .collect()
    }

    fn step(&self, stage: &str, asked: &Requirement, signer: usize) -> String {
        let (file, image) = (self.settings.file.value.as_path(), shell_word(self.image));
        ApprovalStep { file, gates: self.gates(), reach: self.reach, image: &image }.command(stage, asked, signer)
    }
}
