//! `pin`: verifies every image that deploy files name, and writes the digests that were verified, in all files or in none.

mod files;
mod tags;
mod write;

use std::collections::BTreeMap;

use notary::reference::Repository;

use self::files::{problems, reported};
use self::tags::Tags;
use super::images::Stopped;
use super::registries::Patience;
use super::session::Session;
use super::verifier::{Target, Verifier};
use super::{Done, images, registries};
use crate::config::{PinMode, PinSettings};
use crate::context::Context;
use crate::error::{Error, nothing_to_verify};
use crate::reference::Reference;
use crate::report::{ArtifactReport, Findings, Place, Report};

/// Pins images. Files, policy and stores are read before anything is asked for; all that is wrong with files is told at once.
pub(super) async fn run(settings: PinSettings, context: &Context) -> Result<Done, Error> {
    let verifier = Verifier::load(&settings.verifier, &settings.registry)?;
    let unusable = problems(&settings);
    if unusable.iter().any(|file| !file.problems.is_empty()) {
        let report = Report::of(context.command, Findings::Artifacts(Vec::new()));
        let mut report = Report { files: unusable, weakened: context.weakened.clone(), ..report };
        report.shorten_files();
        return Ok(Done::Report(Box::new(report)));
    }
    let references = registries::references(&settings.images.references)?;
    if references.is_empty() {
        return Err(nothing_to_verify());
    }
    let named = named_at(&settings);
    let scoped = |reference| Ok((reference, verifier.scope(reference)?));
    let targets = references.iter().map(scoped).collect::<Result<Vec<_>, Error>>()?;
    let session = Session::open(&references, &settings.registry, &settings.aws, Patience::Usual, context).await?;
    verifier.open_early(targets.iter().map(|(_, scope)| scope), &session);
    let tags = Tags::of(&settings.files, &references);
    let run = Run { session: &session, verifier: &verifier, tags: &tags, context };
    let mut artifacts = images::each(
        &targets,
        |(reference, _)| *reference,
        &images::Batch {
            concurrency: settings.registry.concurrency,
            limit: images::LIMIT,
            stopped: Stopped::ChangesNothing,
            context,
            meter: session.registries.meter(),
        },
        |(reference, scope)| run.verify(reference, scope),
    )
    .await;
    for (reference, artifact) in references.iter().zip(&mut artifacts) {
        artifact.named_at = named.get(&reference.to_string()).cloned().unwrap_or_default();
    }
    let mut report = images::report(context.command, artifacts, &settings.images, &session.registries, context);
    report.policy = Some(verifier.policy());
    report.warnings.extend(verifier.warnings());
    report.warnings.extend(session.noticed());
    report.warnings.extend(tags.moved(&settings.files, report.artifacts()));
    report.warnings.extend(files::noticed(&settings));
    report.warnings.extend(files::unused(&settings));
    finish(&settings, &mut report, context);
    report.shorten_files();
    Ok(images::done(report, context))
}

/// Adds what becomes of the files, and writes them if that was asked for and all is well.
fn finish(settings: &PinSettings, report: &mut Report, context: &Context) {
    let digests = files::digests(report.artifacts());
    let is_passed = report.artifacts().iter().all(|artifact| digests.contains_key(&artifact.reference));
    let (mut files, pinned) = reported(settings, report.artifacts(), &digests, is_passed);
    let is_usable = files.iter().all(|file| file.problems.is_empty());
    if is_passed && is_usable {
        match settings.mode {
            PinMode::Show => write::show(&settings.files, &pinned, &mut files),
            PinMode::Write => match write::replace(&settings.files, &pinned, context) {
                Ok(()) => files.iter_mut().zip(&pinned).for_each(|(file, pinned)| file.written = pinned.is_changed()),
                Err(error) => report.error = Some(error.report()),
            },
            PinMode::Out => report.pinned = pinned.into_iter().next().and_then(write::Written::into_text),
            PinMode::Check => {}
        }
    }
    report.files = files;
}

/// Where each image is named, by the name of the image.
fn named_at(settings: &PinSettings) -> BTreeMap<String, Vec<Place>> {
    let mut named: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for file in &settings.files {
        let (Some(path), Ok(read)) = (file.path(), &file.read) else { continue };
        for (found, literal) in read.found().iter().filter_map(|found| Some((found, found.literal()?))) {
            let place = Place::new(path.display().to_string(), found.place);
            named.entry(literal.target().to_string()).or_default().push(place);
        }
    }
    named
}

/// Verifies images, one after the other or several at the same time.
struct Run<'a> {
    session: &'a Session,
    verifier: &'a Verifier<'a>,
    tags: &'a Tags,
    context: &'a Context,
}

impl Run<'_> {
    /// The report on an image. Meanwhile it is asked what tags name now that stand beside its digest.
    async fn verify(&self, reference: &Reference, scope: &Repository) -> ArtifactReport {
        let target = Target { reference, scope, is_deployed: true };
        let examined = self.verifier.examined(target, self.session, self.context);
        let (examined, ()) = tokio::join!(examined, self.tags.ask(reference, &self.session.registries));
        examined.unwrap_or_else(|error| images::failed(reference, &error))
    }
}
