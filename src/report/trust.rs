//! A trust folder as text.

use super::escape::terminal;
use super::model::{AnchorReport, AwsRootReport, CertificateReport, NOT_AN_AWS_ROOT, TrustReport};
use super::style::{Paint, Style};
use super::tree::Node;

/// What this run did with the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// `trust install`.
    Installed,
    /// `trust remove`.
    Removed,
    /// `trust show`.
    Nothing,
}

/// Draws the folder: what was written and removed, its statements, its stores, and what is wrong with it.
pub(super) fn draw(trust: &TrustReport, done: Done, style: &Style, into: &mut String) {
    let mut root = Node::new(format!("folder {}", style.paint(Paint::Strong, &terminal(&trust.folder))));
    let lists = [
        ("written", &trust.written),
        ("removed", &trust.removed),
        ("backup", &trust.backups),
        ("policy", &trust.policies),
    ];
    for (label, paths) in lists {
        for path in paths {
            root.leaf(format!("{label}: {}", terminal(below(&trust.folder, path))));
        }
    }
    let good = match done {
        Done::Installed if trust.written.is_empty() && trust.problems.is_empty() => {
            Some("nothing to write: everything is already in place")
        }
        Done::Removed if trust.statements.is_empty() && trust.problems.is_empty() => Some("no statement is left"),
        _ => None,
    };
    if let Some(good) = good {
        root.leaf(format!("{} {good}", style.paint(Paint::Good, "✓")));
    }
    for statement in &trust.statements {
        let name = style.paint(Paint::Strong, &terminal(&statement.name));
        let mut node = Node::new(format!("statement {name} ({})", terminal(&statement.level)));
        let lists =
            [("scope", &statement.scopes), ("trust store", &statement.stores), ("identity", &statement.identities)];
        for (label, list) in lists {
            for entry in list {
                node.leaf(format!("{label}: {}", terminal(entry)));
            }
        }
        root.push(node);
    }
    for store in &trust.stores {
        let mut node = Node::new(format!("trust store {}", style.paint(Paint::Strong, &terminal(&store.name))));
        for certificate in &store.certificates {
            node.push(anchor(certificate, style));
        }
        root.push(node);
    }
    for problem in &trust.problems {
        let label = style.paint(Paint::Bad, "problem:");
        root.leaf(format!("{label} {} [{}]", terminal(&problem.text), terminal(&problem.code)));
    }
    root.draw(style, into);
    aws_roots(&trust.aws_roots, style, into);
}

/// A certificate of a trust store, and what it is to AWS Signer.
fn anchor(anchor: &AnchorReport, style: &Style) -> Node {
    let mut node = certificate(&anchor.certificate);
    if let Some(partition) = &anchor.aws_root {
        let mark = style.paint(Paint::Good, "✓");
        node.leaf(format!("{mark} the AWS Signer root of partition {}", terminal(partition)));
    }
    if anchor.not_an_aws_root {
        node.leaf(format!("{}: --aws-root uses it instead of one", style.paint(Paint::Bad, NOT_AN_AWS_ROOT)));
    }
    node
}

/// Its subject, validity and fingerprint.
fn certificate(certificate: &CertificateReport) -> Node {
    let mut node = Node::new(terminal(&certificate.subject));
    node.leaf(format!("valid: {} to {}", terminal(&certificate.not_before), terminal(&certificate.not_after)));
    node.leaf(format!("sha256: {}", terminal(&certificate.sha256)));
    node
}

/// The roots that need no trust store.
fn aws_roots(roots: &[AwsRootReport], style: &Style, into: &mut String) {
    if roots.is_empty() {
        return;
    }
    let mut root = Node::new(style.paint(Paint::Strong, "AWS Signer roots built into sealgate"));
    for known in roots {
        let partition = style.paint(Paint::Strong, &terminal(&known.partition));
        let mut node = Node::new(format!("partition {partition}, for {}", terminal(&known.trust_store)));
        node.push(certificate(&known.certificate));
        root.push(node);
    }
    root.draw(style, into);
}

/// A path as it is seen from the folder, if it is below it.
fn below<'a>(folder: &str, path: &'a str) -> &'a str {
    path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path)
}
