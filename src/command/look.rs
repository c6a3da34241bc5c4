//! `list` and `inspect`: what is there, without judging whether it is trusted.

use bytes::Bytes;
use futures_util::StreamExt as _;
use notary::descriptor::Descriptor;
use notary::envelope::{Envelope, VerifiedEnvelope};

use super::artifact_report::{bare, listing_report, resolved_report};
use super::images::Stopped;
use super::registries::Patience;
use super::session::Session;
use super::{Done, images, registries};
use crate::config::LookSettings;
use crate::context::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::registry::{Access, Registries, RegistryError, Source};
use crate::report::{self, ArtifactOutcome, ArtifactReport, CandidateReport, Decision, Reason, build};
use crate::verification::candidate::{self, Fetched};

/// Signatures of one image that are fetched at the same time: all of them are shown, so more than where one is enough.
const FETCHED_AT_ONCE: usize = 8;

/// How far to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// `list`: which signatures there are.
    Manifests,
    /// `inspect`: what they say.
    Envelopes,
}

/// Looks at the signatures of images.
pub(super) async fn run(settings: LookSettings, depth: Depth, context: &Context) -> Result<Done, Error> {
    let references = registries::references(&settings.images.references)?;
    let session = Session::open(&references, &settings.registry, &settings.aws, Patience::Usual, context).await?;
    let artifacts = images::each(
        &references,
        |reference| reference,
        &images::Batch {
            concurrency: settings.registry.concurrency,
            limit: images::LIMIT,
            stopped: Stopped::ChangesNothing,
            context,
            meter: session.registries.meter(),
        },
        |reference| look(&session.registries, reference, depth, settings.max_signatures),
    )
    .await;
    let command = match depth {
        Depth::Manifests => "list",
        Depth::Envelopes => "inspect",
    };
    Ok(images::done(images::report(command, artifacts, &settings.images, &session.registries, context), context))
}

async fn look(registries: &Registries, reference: &Reference, depth: Depth, max_signatures: usize) -> ArtifactReport {
    match signatures(registries, reference, depth, max_signatures).await {
        Ok(report) => report,
        Err(error) => images::failed(reference, &error.into()),
    }
}

async fn signatures(
    registries: &Registries,
    reference: &Reference,
    depth: Depth,
    max_signatures: usize,
) -> Result<ArtifactReport, RegistryError> {
    let source = registries.open(reference, Access::Pull)?;
    let (resolved, listing) = source.resolve_and_list(reference).await?;
    let artifact = resolved.descriptor.plain();
    let mut shown = 0;
    let candidates = futures_util::stream::iter(listing.descriptors.iter().take(max_signatures))
        .map(|listed| {
            let (source, artifact) = (&source, &artifact);
            async move {
                match depth {
                    Depth::Manifests => bare(listed),
                    Depth::Envelopes => inspect(source, listed, artifact).await,
                }
            }
        })
        .buffered(FETCHED_AT_ONCE)
        .map(|mut candidate| {
            // As they come, since all of them together may be much.
            shown += report::weight(&candidate);
            if shown > report::limits::ARTIFACT_SHOWN {
                candidate.without_content();
            }
            candidate
        })
        .collect()
        .await;
    Ok(ArtifactReport {
        listing: Some(listing_report(&listing, max_signatures)),
        candidates,
        ..resolved_report(reference, &artifact, ArtifactOutcome::Listed)
    })
}

/// Fetches a signature and shows what it says. What has no integrity is not shown.
async fn inspect(source: &Source, listed: &Descriptor, artifact: &Descriptor) -> CandidateReport {
    let fetched = match candidate::fetch(source, listed, &artifact.digest).await {
        Ok(fetched) => fetched,
        Err(error) => {
            return CandidateReport {
                decision: Decision::NotJudged,
                reason: Some(Reason::new(error.code(), build::in_full(&error))),
                ..bare(listed)
            };
        }
    };
    let Fetched { manifest, envelope, .. } = &fetched;
    let envelope_type = manifest.envelope.media_type.clone();
    let shown = show(&envelope_type, envelope, artifact);
    CandidateReport {
        envelope_type: Some(envelope_type),
        decision: if shown.is_ok() { Decision::Listed } else { Decision::NotJudged },
        reason: shown.as_ref().err().cloned(),
        content: shown.ok(),
        ..bare(listed)
    }
}

fn show(envelope_type: &str, bytes: &Bytes, artifact: &Descriptor) -> Result<report::EnvelopeReport, Reason> {
    let verified: VerifiedEnvelope = Envelope::new(envelope_type, bytes)
        .verify()
        .map_err(|error| Reason::new(error.code(), build::in_full(&error)))?;
    let payload = verified.payload().map_err(|error| Reason::new(error.code(), build::in_full(&error)))?;
    if !payload.target_artifact().same_content(artifact) {
        let signed = payload.target_artifact();
        let text =
            format!("it signs another artifact: {} ({}, {} bytes)", signed.digest, signed.media_type, signed.size);
        return Err(Reason::new("target-artifact-mismatch", text));
    }
    Ok(build::claims(&verified, Some(&payload), report::limits::OTHER_SHOWN))
}

#[cfg(test)]
mod tests;
