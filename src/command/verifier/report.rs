//! From a verdict to a report.

use notary::descriptor::Descriptor;
use notary::{limits, verify};

use crate::command::artifact_report::{bare, listing_report, resolved_report};
use crate::error::Error;
use crate::reference::Reference;
use crate::report::{ArtifactOutcome, ArtifactReport, CandidateReport, Decision, Reason, StatementReport, build};
use crate::verification::{Candidate, Examined, Found, Judged, TrustedBy, Verdict};

/// The report on an artifact whose signatures were examined.
pub(super) fn of(
    reference: &Reference,
    verdict: Verdict,
    trusted: &TrustedBy<'_>,
    examined: Examined,
    max_signatures: usize,
) -> ArtifactReport {
    let outcome = match verdict {
        Verdict::Verified => ArtifactOutcome::Verified,
        Verdict::AcceptedWithWarnings => ArtifactOutcome::AcceptedWithWarnings,
        Verdict::Rejected | Verdict::LimitReached => ArtifactOutcome::Rejected,
        Verdict::Unsigned => ArtifactOutcome::Unsigned,
        Verdict::GateUnmet => ArtifactOutcome::GateUnmet,
        Verdict::Denied | Verdict::Unavailable | Verdict::TrustStoreUnusable | Verdict::SettingUnusable => {
            ArtifactOutcome::Error
        }
    };
    let report = resolved_report(reference, &examined.artifact, outcome);
    ArtifactReport {
        error: Error::of_verdict(verdict, report.name(), trusted, &examined).map(|error| error.report()),
        listing: Some(listing_report(&examined.listing, max_signatures)),
        candidates: examined.candidates.into_iter().map(candidate).collect(),
        ..report
    }
}

/// The report on an artifact whose statement says that nothing is to be checked.
pub(super) fn skip_refused(
    reference: &Reference,
    artifact: &Descriptor,
    statement: &StatementReport,
) -> ArtifactReport {
    let report = resolved_report(reference, artifact, ArtifactOutcome::Rejected);
    let error = Error::skip_refused(report.name(), &statement.name);
    ArtifactReport { error: Some(error.report()), ..report }
}

/// The same for an image that is deployed.
pub(super) fn skip_not_deployed(
    reference: &Reference,
    artifact: &Descriptor,
    statement: &StatementReport,
) -> ArtifactReport {
    let report = resolved_report(reference, artifact, ArtifactOutcome::Rejected);
    let error = Error::skip_not_deployed(report.name(), &statement.name);
    ArtifactReport { error: Some(error.report()), ..report }
}

fn candidate(candidate: Candidate) -> CandidateReport {
    let bare = CandidateReport { decision: Decision::NotJudged, ..bare(&candidate.listed) };
    match candidate.found {
        Found::NotTried => CandidateReport {
            decision: Decision::NotTried,
            reason: Some(Reason::new("not-tried", "another signature was verified first, or the limit was reached")),
            ..bare
        },
        Found::NoRoom { bytes } => CandidateReport {
            reason: Some(Reason::new(
                "envelope-left-out",
                format!(
                    "its envelope has {bytes} bytes, and with smaller ones beyond {} bytes more than the {} that are \
                     fetched for one image",
                    limits::SMALL_ENVELOPE_BYTES,
                    limits::LARGE_ENVELOPES_BYTES
                ),
            )),
            ..bare
        },
        Found::Unusable(error) => CandidateReport {
            decision: match error.is_unjudged() {
                true => Decision::NotJudged,
                false => Decision::Rejected,
            },
            reason: Some(Reason::new(error.code(), build::in_full(&error))),
            ..bare
        },
        Found::Judged(judged) => {
            let accepted_until = judged.accepted_until();
            let Judged { decision, envelope_type, content, content_omitted, rows, reason, .. } = *judged;
            CandidateReport {
                decision: match decision {
                    verify::Decision::Verified | verify::Decision::AcceptedWithWarnings => Decision::Accepted,
                    // Rejected, skipped, and whatever a later core may decide.
                    _ => Decision::Rejected,
                },
                envelope_type: Some(envelope_type),
                content,
                accepted_until,
                content_omitted,
                rows,
                reason,
                ..bare
            }
        }
    }
}
