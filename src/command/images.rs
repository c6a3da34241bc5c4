//! Works on several images at the same time and keeps their order.

use std::future::Future;

use futures_util::StreamExt as _;

use super::progress::Progress;
use crate::context::Context;
use crate::registry::Registries;
use crate::report::{ArtifactReport, Reason, Report, Statistics};

/// Runs `work` for each image, at most `concurrency` at the same time; reports are in the order of the images.
pub(super) async fn each<'a, T, F, W>(
    images: &'a [T],
    concurrency: usize,
    context: &Context,
    work: W,
) -> Vec<ArtifactReport>
where
    F: Future<Output = ArtifactReport>,
    W: Fn(&'a T) -> F,
{
    let progress = Progress::start(context.progress(), images.len());
    let (progress_ref, work_ref) = (&progress, &work);
    let reports = futures_util::stream::iter(images)
        .map(|image| async move {
            let report = work_ref(image).await;
            progress_ref.done(&format!("{}: {}", report.outcome.name(), report.reference));
            report
        })
        .buffered(concurrency)
        .collect()
        .await;
    progress.finish();
    reports
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
        artifacts,
        weakened: context.weakened.clone(),
        warnings,
        statistics: Some(statistics),
        ..Report::new(command)
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
