//! Works on several images at the same time and keeps their order.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt as _;

use crate::context::Context;
use crate::error::{Error, code};
use crate::progress::Progress;
use crate::reference::Reference;
use crate::registry::{Meter, Registries};
use crate::report::{ArtifactOutcome, ArtifactReport, Findings, Reason, Report, Run, Statistics, caveat};

/// How long the work on one image may take. Every request has a limit of its own, but a registry may ask for thousands
/// of them by listing signatures, pages and redirects, and answer each at the last moment.
const LIMIT: Duration = Duration::from_secs(600);

/// Runs `work` for each image, at most `concurrency` at the same time; reports are in the order of the images. `meter` knows which
/// requests are tried again.
pub(super) async fn each<'a, T, F, W>(
    images: &'a [T],
    reference: impl Fn(&'a T) -> &'a Reference,
    concurrency: usize,
    context: &Context,
    meter: &Meter,
    work: W,
) -> Vec<ArtifactReport>
where
    F: Future<Output = ArtifactReport>,
    W: Fn(&'a T) -> F,
{
    let meter = meter.clone();
    let waiting = move || meter.waiting().map(|retry| retry.to_string());
    let progress = Progress::start(context.progress(), images.len(), waiting);
    let shown = Run::new();
    let (progress_ref, work_ref, reference_ref, shown_ref) = (&progress, &work, &reference, &shown);
    let reports = futures_util::stream::iter(images)
        .map(|image| async move {
            let mut report = within(LIMIT, reference_ref(image), work_ref(image)).await;
            // The caveats come from what may be left out then.
            report.caveats = caveat::of(&report, &context.weakened);
            shown_ref.shorten(&mut report);
            progress_ref.done(&format!("{}: {}", report.outcome.name(), report.reference));
            report
        })
        .buffered(concurrency)
        .collect()
        .await;
    progress.finish();
    reports
}

/// The report on an image about which nothing was found out but why.
pub(super) fn failed(reference: &Reference, error: &Error) -> ArtifactReport {
    ArtifactReport { error: Some(error.report()), ..ArtifactReport::new(reference.to_string(), ArtifactOutcome::Error) }
}

/// What `work` reports, or that it took too long.
async fn within(limit: Duration, reference: &Reference, work: impl Future<Output = ArtifactReport>) -> ArtifactReport {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_elapsed| {
        let message = format!("{reference} was not finished within {} s", limit.as_secs());
        let error = Error::new(code::UNAVAILABLE, message).help("check the registry: it answers, but too slowly");
        failed(reference, &error)
    })
}

/// The report of a command about images: what weakens it, what was noticed, what was asked.
pub(super) fn report(
    command: &'static str,
    artifacts: Vec<ArtifactReport>,
    registries: &Registries,
    context: &Context,
) -> Report {
    let noticed = registries.credential_warnings();
    let warnings = noticed.iter().map(|warning| Reason::new("credential-source", warning.to_string())).collect();
    let meter = registries.meter();
    let statistics = Statistics {
        requests: count(meter.requests()),
        rounds: count(meter.rounds()),
        bytes_sent: meter.sent(),
        bytes_received: meter.received(),
    };
    Report {
        weakened: context.weakened.clone(),
        warnings,
        statistics: Some(statistics),
        ..Report::of(command, Findings::Artifacts(artifacts))
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit_code::ExitCode;

    #[tokio::test]
    async fn an_image_whose_registry_never_comes_to_an_end_is_an_error() {
        let reference = Reference::parse("registry.example/app:v1").unwrap();
        let report = within(Duration::from_millis(1), &reference, std::future::pending()).await;
        assert_eq!(report.outcome, ArtifactOutcome::Error);
        assert_eq!(report.error.unwrap().exit_code, ExitCode::Unavailable);
        let done = async { ArtifactReport::new("a", ArtifactOutcome::Verified) };
        assert_eq!(within(LIMIT, &reference, done).await.outcome, ArtifactOutcome::Verified);
    }
}
