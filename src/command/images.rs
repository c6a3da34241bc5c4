//! Works on several images at the same time and keeps their order. What was done of them is reported even if the run is told to end.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::Done;
use crate::called_off::Stop;
use crate::config::image_source::{ImageSource, Images};
use crate::context::Context;
use crate::error::{self, Error, code};
use crate::progress::Progress;
use crate::reference::Reference;
use crate::registry::{Meter, Registries};
use crate::report::escape::shell_word;
use crate::report::{
    ArtifactOutcome, ArtifactReport, ErrorReport, Findings, ImageSourceReport, Reason, Report, Run, ShardReport,
    Statistics, caveat,
};

/// How long the work on one image may take, if nobody asks to wait. Every request has a limit of its own, but a registry may ask for
/// thousands of them by listing signatures, pages and redirects, and answer each at the last moment.
pub(super) const LIMIT: Duration = Duration::from_secs(600);

/// What is lost of an image on which work stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Nothing but the answer.
    ChangesNothing,
    /// A signature may have been published.
    MayBeSigned,
}

/// How work on several images goes on.
pub(super) struct Batch<'a> {
    /// Images at the same time.
    pub(super) concurrency: usize,
    /// How long the work on one image may take.
    pub(super) limit: Duration,
    pub(super) stopped: Stopped,
    pub(super) context: &'a Context,
    /// It knows which requests are tried again.
    pub(super) meter: &'a Meter,
}

/// Runs `work` for each image; reports are in the order of the images.
pub(super) async fn each<'a, T, F, W>(
    images: &'a [T],
    reference: impl Fn(&'a T) -> &'a Reference,
    batch: &Batch<'_>,
    work: W,
) -> Vec<ArtifactReport>
where
    F: Future<Output = ArtifactReport>,
    W: Fn(&'a T) -> F,
{
    let Batch { concurrency, limit, stopped, context, meter } = *batch;
    let meter = meter.clone();
    let waiting = move || meter.waiting().map(|retry| retry.to_string());
    let progress = Progress::start(context.progress(), images.len(), waiting);
    let shown = Run::new();
    let (progress_ref, work_ref, reference_ref, shown_ref) = (&progress, &work, &reference, &shown);
    let reports = futures_util::stream::iter(images)
        // What wraps the work has room for it several times over, and is moved: the work itself stays in one place.
        .map(|image| async move {
            let reference = reference_ref(image);
            let mut report = match context.called_off.stop() {
                Some(stop) => failed(reference, &error::called_off_with(stop, "before the work on this image began")),
                None => match context.called_off.or(within(limit, reference, Box::pin(work_ref(image)))).await {
                    Ok(report) => report,
                    Err(stop) => failed(reference, &unfinished(reference, stop, stopped)),
                },
            };
            // The caveats come from what may be left out then.
            report.caveats = caveat::of(&report, &context.weakened);
            report.caveats.extend(context.caveats.iter().cloned());
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

/// The run was told to end while it worked on an image.
fn unfinished(reference: &Reference, stop: Stop, stopped: Stopped) -> Error {
    match stopped {
        Stopped::ChangesNothing => error::called_off_with(stop, "before the work on this image was done"),
        Stopped::MayBeSigned => {
            error::called_off_with(stop, "before it was known whether this image is signed: it may be")
                .help(format!("see what is there: sealgate list -- {}", shell_word(&reference.to_string())))
        }
    }
}

/// What a command leaves that worked on images: its report, also of a run that was told to end.
pub(super) fn done(report: Report, context: &Context) -> Done {
    let not_done = |artifact: &&ArtifactReport| artifact.error.as_ref().is_some_and(ErrorReport::was_called_off);
    let all = report.artifacts().len();
    let done = all - report.artifacts().iter().filter(not_done).count();
    let report = Box::new(report);
    match context.called_off.stop().filter(|_| done < all) {
        Some(stop) => Done::CalledOff { report, stop, done },
        None => Done::Report(report),
    }
}

/// The report on an image about which nothing was found out but why.
pub(super) fn failed(reference: &Reference, error: &Error) -> ArtifactReport {
    ArtifactReport { error: Some(error.report()), ..ArtifactReport::new(reference.to_string(), ArtifactOutcome::Error) }
}

/// What `work` reports, or that it took too long.
pub(super) async fn within(
    limit: Duration,
    reference: &Reference,
    work: impl Future<Output = ArtifactReport>,
) -> ArtifactReport {
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
    images: &Images,
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
        image_sources: images.sources.iter().map(source).collect(),
        shard: shard(images),
        weakened: context.weakened.clone(),
        warnings,
        statistics: Some(statistics),
        ..Report::of(command, Findings::Artifacts(artifacts))
    }
}

pub(super) fn source(read: &ImageSource) -> ImageSourceReport {
    ImageSourceReport { source: read.name.clone(), format: read.format.name(), images: read.count }
}

/// The part of the images that the run was about.
pub(super) fn shard(images: &Images) -> Option<ShardReport> {
    images.shard.map(|taken| ShardReport { part: taken.shard.to_string(), of_images: taken.all })
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
