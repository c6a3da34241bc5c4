//! `verify`: checks that images carry a signature that is trusted.

mod wait;

use notary::reference::Repository;

use super::images::Stopped;
use super::registries::Patience;
use super::session::Session;
use super::verifier::{Target, Verifier};
use super::{Done, images, registries};
use crate::config::VerifySettings;
use crate::context::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::registry::Access;
use crate::report::ArtifactReport;

/// Verifies images. Policy, stores and references are read before anything is asked for.
pub(super) async fn run(settings: VerifySettings, context: &Context) -> Result<Done, Error> {
    let references = registries::references(&settings.images.references)?;
    let verifier = Verifier::load(&settings.verifier, &settings.registry)?;
    let scoped = |reference| Ok((reference, verifier.scope(reference)?));
    let targets = references.iter().map(scoped).collect::<Result<Vec<_>, Error>>()?;
    let session = Session::open(&references, &settings.registry, &settings.aws, Patience::Usual, context).await?;
    verifier.open_early(targets.iter().map(|(_, scope)| scope), &session);
    let run = Run { session: &session, verifier: &verifier, settings: &settings, context };
    let artifacts = images::each(
        &targets,
        |(reference, _)| *reference,
        &images::Batch {
            concurrency: settings.registry.concurrency,
            limit: images::LIMIT.saturating_add(settings.wait.unwrap_or_default()),
            stopped: Stopped::ChangesNothing,
            context,
            meter: session.registries.meter(),
        },
        |(reference, scope)| run.verify(reference, scope),
    )
    .await;
    let mut report = images::report("verify", artifacts, &settings.images, &session.registries, context);
    report.deployment = Some(settings.deploy.deployment());
    report.policy = Some(verifier.policy());
    report.warnings.extend(verifier.warnings());
    report.warnings.extend(session.noticed());
    Ok(images::done(report, context))
}

/// Verifies images, one after the other or several at the same time.
struct Run<'a> {
    session: &'a Session,
    verifier: &'a Verifier<'a>,
    settings: &'a VerifySettings,
    context: &'a Context,
}

impl Run<'_> {
    /// The report on an image, by the statement for this scope.
    async fn verify(&self, reference: &Reference, scope: &Repository) -> ArtifactReport {
        // By its digest it would not be known.
        let is_deployed = self.settings.deploy.names(reference);
        let Some(limit) = self.settings.wait else { return self.look(reference, scope, is_deployed).await };
        let look = |target: Reference| async move {
            images::within(images::LIMIT, &target, async {
                match self.resolved(&target).await {
                    // It stays known where the look fails after that.
                    Ok(resolved) => ArtifactReport {
                        digest_reference: Some(resolved.to_string()),
                        ..self.look(&resolved, scope, is_deployed).await
                    },
                    Err(error) => images::failed(&target, &error),
                }
            })
            .await
        };
        Box::pin(wait::until_final(limit, reference, self.context.clock, look)).await
    }

    /// A reference by the digest that is behind its tag now.
    async fn resolved(&self, reference: &Reference) -> Result<Reference, Error> {
        if reference.digest().is_some() {
            return Ok(reference.clone());
        }
        Ok(self.session.registries.open(reference, Access::Pull)?.by_digest(reference).await?)
    }

    async fn look(&self, reference: &Reference, scope: &Repository, is_deployed: bool) -> ArtifactReport {
        let target = Target { reference, scope, is_deployed };
        let examined = self.verifier.examined(target, self.session, self.context).await;
        examined.unwrap_or_else(|error| images::failed(reference, &error))
    }
}

#[cfg(test)]
mod tests;
