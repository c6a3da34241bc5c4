//! `sign` and `approve` for a pull request from a fork, where the run is to go on without: nothing is asked for, and nothing is signed.

use crate::command::{Done, images, registries};
use crate::config::SkipSettings;
use crate::context::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::report::{ArtifactOutcome, ArtifactReport, Findings, Reason, Report, Skip};

/// Reports each image as skipped, and why.
pub(in crate::command) fn run(settings: &SkipSettings, context: &Context) -> Result<Done, Error> {
    let references = registries::references(&settings.images.references)?;
    let text = format!("nothing was signed for a pull request from a fork, {}", settings.fork);
    let skipped = |reference: &Reference| ArtifactReport {
        skip: Some(Skip::Fork),
        caveats: [Reason::new("fork", text.clone())].into_iter().chain(context.caveats.iter().cloned()).collect(),
        ..ArtifactReport::new(reference.to_string(), ArtifactOutcome::Skipped)
    };
    let artifacts = references.iter().map(skipped).collect();
    Ok(Done::Report(Box::new(Report {
        image_sources: settings.images.sources.iter().map(images::source).collect(),
        shard: images::shard(&settings.images),
        weakened: context.weakened.clone(),
        ..Report::of(context.command, Findings::Artifacts(artifacts))
    })))
}
