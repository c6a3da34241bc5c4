//! A file of gates as text: who signs, and what each stage asks.

use super::escape::terminal;
use super::model::{GateAskReport, GateAskedReport, GateSignerReport, GateStageReport, GatesReport};
use super::style::{Paint, Style};
use super::tree::Node;

/// Draws the file: its digests, signers and stages, or what is wrong with it.
pub(super) fn draw(gates: &GatesReport, style: &Style, into: &mut String) {
    let mut root = Node::new(format!("gates {}", style.paint(Paint::Strong, &terminal(&gates.file))));
    for (label, digest) in [("file", &gates.file_digest), ("policy", &gates.policy_digest)] {
        root.children(digest.iter().map(|digest| format!("{label}: {}", terminal(digest))));
    }
    for signer in &gates.signers {
        root.push(of_signer(signer, style));
    }
    for stage in &gates.stages {
        root.push(of_stage(stage, style));
    }
    for problem in &gates.problems {
        let label = style.paint(Paint::Bad, "problem:");
        let place = problem.reason.place.as_ref();
        let place = place.map(|place| format!("line {} column {}: ", place.line, place.column)).unwrap_or_default();
        let mut node = Node::new(format!("{label} {place}{}", terminal(&problem.reason.text)));
        for help in &problem.help {
            node.leaf(format!("{} {}", style.paint(Paint::Note, "help:"), terminal(&help.text)));
        }
        root.push(node);
    }
    root.draw(style, into);
}

fn of_signer(signer: &GateSignerReport, style: &Style) -> Node {
    let mut node = Node::new(format!("signer {}", style.paint(Paint::Strong, &terminal(&signer.name))));
    for profile in &signer.profiles {
        node.leaf(format!("signing profile: {} ({})", terminal(&profile.arn), profile.trusted.words()));
    }
    node.children(signer.identities.iter().map(|identity| format!("identity: {}", terminal(identity))));
    for root in &signer.roots {
        let mut below = Node::new(format!("root: {}", terminal(&root.subject)));
        below.leaf(format!("valid: {} to {}", terminal(&root.not_before), terminal(&root.not_after)));
        below.leaf(format!("sha256: {}", terminal(&root.sha256)));
        node.push(below);
    }
    node.children(signer.signs_with.iter().map(|command| format!("signs with: {}", terminal(command))));
    node
}

fn of_stage(stage: &GateStageReport, style: &Style) -> Node {
    let after = match stage.after.as_slice() {
        [] => String::new(),
        names => format!(", after {}", names.join(" and ")),
    };
    let name = style.paint(Paint::Strong, &terminal(&stage.name));
    let mut node = Node::new(format!("stage {name}{}", terminal(&after)));
    node.children(stage.require.iter().map(GateAskReport::line));
    node.children(stage.all_children.iter().map(|place| {
        format!(
            "asks that every manifest that the image's index lists is there, but for attestations (line {})",
            place.line
        )
    }));
    let mut full = Node::new(format!("{} lets an image pass that is signed by", terminal(&stage.verified_with)));
    let (children, signatures): (Vec<_>, Vec<_>) = stage.in_full.iter().partition(|asked| asked.children);
    full.children(signatures.into_iter().map(GateAskedReport::line));
    node.push(full);
    if !children.is_empty() {
        let mut full = Node::new("and that is no index, or an index that has in its repository");
        full.children(children.into_iter().map(GateAskedReport::line));
        node.push(full);
    }
    node
}

impl GateAskedReport {
    fn line(&self) -> String {
        terminal(&format!("{}: {}", self.stage, self.requirement)).into_owned()
    }
}

impl GateAskReport {
    fn line(&self) -> String {
        format!("asks for a signature by {} (line {})", terminal(&self.requirement), self.place.line)
    }
}
