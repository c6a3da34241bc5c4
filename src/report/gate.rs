//! What gates asked of an image, as lines of its tree.

use super::escape::terminal;
use super::gist::Tone;
use super::model::{ApprovalReport, GateReport, GateRow, GateStatus};
use super::style::{Detail, Paint, Style};
use super::tree::Node;

impl GateStatus {
    pub(super) const fn tone(self) -> Tone {
        match self {
            Self::Met => Tone::Good,
            Self::Missing | Self::Refused => Tone::Bad,
            Self::NotJudged => Tone::Warning,
        }
    }
}

impl ApprovalReport {
    /// Who signed, when, and how long that is fresh: as it came, to be escaped as a whole.
    pub(super) fn words(&self) -> String {
        let who = self.signed_by.as_ref().map(|who| format!("{} ({who})", self.signer));
        let when = match (&self.authentic_signing_time, &self.signing_time) {
            (Some(time), _) => Some(format!("at {time}")),
            (None, Some(time)) => Some(format!("at {time} (signer says)")),
            (None, None) => None,
        };
        let fresh = self.fresh_until.as_ref().map(|until| match self.renew {
            true => format!("renew it before {until}"),
            false => format!("fresh until {until}"),
        });
        let facts = [Some(who.unwrap_or_else(|| self.signer.clone())), when, fresh];
        facts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl GateRow {
    /// The stage and what it requires.
    pub(super) fn title(&self) -> String {
        format!("{}: {}", self.stage, self.requirement)
    }

    /// What was found, a line each, with a label.
    pub(super) fn findings(&self) -> Vec<(&'static str, String)> {
        let met = self.met_by.iter().map(|approval| ("by", approval.words()));
        let refused = self.refused.iter().map(|refusal| {
            let reason = &refusal.reason;
            (
                "refused",
                format!("{}, {}: {} [{}]", refusal.signer, refusal.signature_manifest, reason.text, reason.code),
            )
        });
        met.chain(refused).collect()
    }
}

/// The gates and their rows.
pub(super) fn lines(gate: &GateReport, style: &Style, node: &mut Node) {
    let name = style.paint(Paint::Strong, &terminal(&gate.stage));
    node.leaf(format!("gates: {}, stage {name}", terminal(&gate.file)));
    if style.detail() == Detail::Verbose {
        node.leaf(format!("file of the gates: {}", terminal(&gate.file_digest)));
    }
    node.leaf(format!("policy: {}", terminal(&gate.policy_digest)));
    for row in &gate.rows {
        node.push(of_row(row, style));
    }
}

fn of_row(row: &GateRow, style: &Style) -> Node {
    let tone = row.status.tone();
    let paint = match tone {
        Tone::Good => Paint::Good,
        Tone::Warning | Tone::Neutral => Paint::Warning,
        Tone::Bad => Paint::Bad,
    };
    let mark = style.paint(paint, &format!("{} {}", tone.mark(), row.status.label()));
    let mut node = Node::new(format!("{mark} {}", terminal(&row.title())));
    for (label, text) in row.findings() {
        node.leaf(format!("{label} {}", terminal(&text)));
    }
    for help in &row.help {
        node.leaf(format!("{} {}", style.paint(Paint::Note, "help:"), terminal(&help.text)));
    }
    node
}
