//! One signature as a tree.

use notary::extension::aws_signer::{ATTRIBUTE_PREFIX, SIGNING_JOB, SIGNING_PROFILE_ALIAS, SIGNING_PROFILE_VERSION};

use super::escape::terminal;
use super::model::{Action, CandidateReport, Decision, EnvelopeReport, Reason, RowReport, Status};
use super::style::{Detail, Paint, Style};
use super::tree::Node;

/// Columns of the longest name of a validation, "authentic timestamp".
const NAME_WIDTH: usize = 19;

/// Pairs of metadata or attributes that are shown of one signature. Anybody can sign hundreds of thousands with a key of
/// their own, and a log that is flooded hides what matters. JSON has more of them.
const PAIRS_SHOWN: usize = 64;

/// A signature with its content and its result.
///
/// An accepted signature is short: signer and times. Rows are shown where one did not plainly pass, or on request.
/// `tells_why` is false where the artifact has already shown the reason.
pub(super) fn tree(candidate: &CandidateReport, tells_why: bool, style: &Style) -> Node {
    let digest = terminal(&candidate.signature_manifest);
    let mut node = Node::new(match candidate.decision {
        Decision::Accepted => format!("signature {digest}: {}", style.paint(Paint::Good, "accepted")),
        Decision::Rejected => format!("signature {digest}: {}", style.paint(Paint::Bad, "rejected")),
        Decision::NotJudged | Decision::NotTried => {
            format!("signature {digest}: {}", style.paint(Paint::Warning, "not judged"))
        }
        Decision::Listed => format!("signature {digest}"),
    });
    if let (true, Some(reason)) = (tells_why, &candidate.reason) {
        node.leaf(because(reason, style));
    }
    if let (true, Some(envelope_type)) = (shows_all(candidate, style), &candidate.envelope_type) {
        node.leaf(format!("envelope: {}", terminal(envelope_type)));
    }
    if let Some(content) = &candidate.content {
        if shows_all(candidate, style) {
            full_content(content, candidate.decision, style, &mut node);
        } else {
            short_content(content, candidate.decision, &mut node);
        }
    }
    let expiry = candidate.content.as_ref().and_then(|content| content.expiry.as_ref());
    accepted_until(candidate.accepted_until.as_ref(), expiry, &mut node);
    if let Some(omitted) = candidate.content.as_ref().map(|content| content.omitted).filter(|omitted| *omitted > 0) {
        let facts = if omitted == 1 { "fact" } else { "facts" };
        node.leaf(format!("… and {omitted} more {facts}, left out to keep this report short"));
    }
    if candidate.content_omitted {
        node.leaf("its content is left out to keep this report short");
    }
    let plain = candidate.rows.iter().all(|row| passed(row.status));
    let all = style.detail() == Detail::Verbose || !plain;
    for row in candidate.rows.iter().filter(|row| all || row.answered_by.is_some()) {
        node.leaf(row_line(row, candidate.reason.as_ref(), style));
    }
    node
}

/// Whether there is nothing to say of an accepted signature but who made it and when: all that was asked for passed, as the one
/// said who is to say it, and nothing was passed over.
pub(super) fn is_plain(candidate: &CandidateReport) -> bool {
    let rows = &candidate.rows;
    let passed = rows.iter().all(|row| row.action != Action::Skip && passed(row.status) && row.answered_by.is_none());
    passed && candidate.content.as_ref().is_none_or(|content| further(content).next().is_none())
}

/// Why a signature does not count.
pub(super) fn because(reason: &Reason, style: &Style) -> String {
    format!("{} {} [{}]", style.paint(Paint::Bad, "because:"), terminal(&reason.text), terminal(&reason.code))
}

/// Whether everything that the envelope says is shown: on request, and in `inspect`.
fn shows_all(candidate: &CandidateReport, style: &Style) -> bool {
    style.detail() == Detail::Verbose || candidate.decision == Decision::Listed
}

/// Whether a row needs no attention.
const fn passed(status: Status) -> bool {
    matches!(status, Status::Passed | Status::NothingToCheck)
}

/// Signer, times and metadata.
fn short_content(content: &EnvelopeReport, decision: Decision, node: &mut Node) {
    aws_signature(content, decision, node);
    further_attributes(content, node);
    // The certificate of AWS Signer has the same subject for every customer of a region: it says nothing.
    if let (None, Some(leaf)) = (&content.signing_profile_version, content.certificates.first()) {
        node.leaf(format!("signer: {}", terminal(&leaf.subject)));
    }
    times(content, node);
    for (key, value) in content.user_metadata.iter().take(PAIRS_SHOWN) {
        node.leaf(format!("metadata: {} = {}", terminal(key), terminal(value)));
    }
    not_shown(content.user_metadata.len(), node);
}

fn full_content(content: &EnvelopeReport, decision: Decision, style: &Style, node: &mut Node) {
    node.leaf(format!("algorithm: {}", terminal(&content.signature_algorithm)));
    node.leaf(format!("signing scheme: {}", terminal(&content.signing_scheme)));
    aws_signature(content, decision, node);
    times(content, node);
    if let Some(agent) = &content.signing_agent {
        node.leaf(format!("signing agent: {}", terminal(agent)));
    }
    pairs("user metadata", content.user_metadata.iter(), node);
    pairs("extended attributes", content.extended_attributes.iter().filter(|(key, _)| !is_aws(content, key)), node);
    let mut certificates = Node::new("certificates, leaf first");
    for certificate in &content.certificates {
        let mut facts = Node::new(style.paint(Paint::Strong, &terminal(&certificate.subject)));
        facts.leaf(format!("issuer: {}", terminal(&certificate.issuer)));
        facts.leaf(format!("valid: {} to {}", terminal(&certificate.not_before), terminal(&certificate.not_after)));
        facts.leaf(format!("sha256: {}", terminal(&certificate.sha256)));
        certificates.push(facts);
    }
    node.push(certificates);
    if let Some(target) = &content.target_artifact {
        node.leaf(format!(
            "signed artifact: {}, {}, {} bytes",
            terminal(&target.digest),
            terminal(&target.media_type),
            target.size
        ));
    }
}

/// A list of pairs, as long as a log should be.
fn pairs<'a>(label: &str, list: impl Iterator<Item = (&'a String, &'a String)>, node: &mut Node) {
    let list: Vec<_> = list.collect();
    if list.is_empty() {
        return;
    }
    let mut pairs = Node::new(label);
    for (key, value) in list.iter().take(PAIRS_SHOWN) {
        pairs.leaf(format!("{}: {}", terminal(key), terminal(value)));
    }
    not_shown(list.len(), &mut pairs);
    node.push(pairs);
}

/// Whether an attribute is shown on a line of its own.
fn is_aws(content: &EnvelopeReport, key: &str) -> bool {
    match key {
        SIGNING_PROFILE_VERSION => content.signing_profile_version.is_some(),
        SIGNING_PROFILE_ALIAS => content.signing_profile_alias.is_some(),
        SIGNING_JOB => content.signing_job.is_some(),
        _ => false,
    }
}

/// Which signing profile and job of AWS Signer made it.
fn aws_signature(content: &EnvelopeReport, decision: Decision, node: &mut Node) {
    let mark = if decision == Decision::Accepted { "" } else { " (as the envelope says, not verified)" };
    for (label, arn) in [
        ("signing profile version", &content.signing_profile_version),
        ("signing profile alias", &content.signing_profile_alias),
        ("signing job", &content.signing_job),
    ] {
        if let Some(arn) = arn {
            node.leaf(format!("{label}: {}{mark}", terminal(arn)));
        }
    }
}

/// What a signature of AWS Signer says under AWS's names that this version does not know: it was passed over.
fn further_attributes(content: &EnvelopeReport, node: &mut Node) {
    let further: Vec<_> = further(content).collect();
    for (key, value) in further.iter().take(PAIRS_SHOWN) {
        node.leaf(format!("passed over, unknown to this version: {} = {}", terminal(key), terminal(value)));
    }
    not_shown(further.len(), node);
}

fn further(content: &EnvelopeReport) -> impl Iterator<Item = (&String, &String)> {
    let of_aws = content.signing_profile_version.is_some();
    let is_further = move |key: &str| of_aws && key.starts_with(ATTRIBUTE_PREFIX) && !is_aws(content, key);
    content.extended_attributes.iter().filter(move |(key, _)| is_further(key))
}

/// Says that there are more pairs.
fn not_shown(found: usize, node: &mut Node) {
    if let Some(more) = found.checked_sub(PAIRS_SHOWN).filter(|more| *more > 0) {
        node.leaf(format!("… and {more} more, see --format json"));
    }
}

/// When it was signed and until when it holds.
fn times(content: &EnvelopeReport, node: &mut Node) {
    let named = [
        ("signed at", &content.signing_time),
        ("signed at (signing authority)", &content.authentic_signing_time),
        ("expires at", &content.expiry),
    ];
    for (label, time) in named {
        if let Some(time) = time {
            node.leaf(format!("{label}: {}", terminal(time)));
        }
    }
}

/// Until when a signature is accepted, where that is not its own expiry, which is shown anyway: it ends with a certificate.
pub(super) fn accepted_until(until: Option<&String>, expiry: Option<&String>, node: &mut Node) {
    if let Some(until) = until.filter(|until| Some(*until) != expiry) {
        node.leaf(format!("accepted until: {} (a certificate of its chain expires)", terminal(until)));
    }
}

/// One validation: mark, name, what the statement asks for, what came out and why. The reason that was shown as that of
/// the whole signature is not repeated.
fn row_line(row: &RowReport, told: Option<&Reason>, style: &Style) -> String {
    let (paint, mark) = match (row.status, row.action) {
        (_, Action::Skip) => (Paint::Faint, "-"),
        (Status::Passed | Status::NothingToCheck, _) if row.answered_by.is_some() => (Paint::Warning, "!"),
        (Status::Passed | Status::NothingToCheck, _) => (Paint::Good, "✓"),
        // What was not looked at has not failed; that it does not count is told by the reason.
        (Status::NotEvaluated, Action::Enforce) => (Paint::Warning, "–"),
        (_, Action::Enforce) => (Paint::Bad, "✗"),
        (_, Action::Log) => (Paint::Warning, "!"),
    };
    let reason = match &row.reason {
        Some(reason) if Some(reason) == told => format!(" [{}]", terminal(&reason.code)),
        Some(reason) => format!(": {} [{}]", terminal(&reason.text), terminal(&reason.code)),
        None => String::new(),
    };
    let (name, action) = (row.validation.label(), row.action.label());
    format!("{} {name:<NAME_WIDTH$}  {action:<7}  {}{reason}", style.paint(paint, mark), row.status.label())
}
