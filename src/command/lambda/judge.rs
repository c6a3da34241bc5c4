//! Whether a deployment may go on: what ECS says of the revision, which image each of its containers runs, and whether all of them are
//! verified, by their digests.

use std::sync::Arc;

use futures_util::StreamExt as _;
use notary::digest::Digest;

use super::bind::{BindError, Bound, bind};
use super::event::HookEvent;
use crate::aws::{Aws, ServiceDeployment};
use crate::command::registries::{self, Patience};
use crate::command::session::Session;
use crate::command::verifier::{Target, Verifier};
use crate::config::{LambdaSettings, Rollback};
use crate::context::Context;
use crate::error::{Error, code, reason_of};
use crate::reference::Reference;
use crate::registry::Access;
use crate::report::{ArtifactOutcome, ArtifactReport, CandidateReport, Decision, Reason};
use crate::transport::Transport;

/// What judges the events of a function, one after the other.
pub(super) struct Judge<'a> {
    pub(super) settings: &'a LambdaSettings,
    pub(super) verifier: &'a Verifier<'a>,
    /// The run, at the time of the event.
    pub(super) context: &'a Context,
    /// The number of the invocation, for the log.
    pub(super) request: &'a str,
}

impl Judge<'_> {
    /// AWS as this event asks it, and over which HTTP clients: those of an earlier one may be too old by now.
    pub(super) fn connect(&self) -> (Aws, Arc<Transport>) {
        let transport = registries::transport(&self.settings.registry);
        (Aws::new(self.settings.aws.clone(), Arc::clone(&transport), self.context.clock), transport)
    }

    /// Whether the deployment returns to the revision of the event, by ECS's own word, and may do that unverified. What cannot be
    /// found out is no.
    pub(super) async fn may_return(&self, event: &HookEvent) -> bool {
        let (Rollback::Allow, Some(arn)) = (self.settings.rollback, &event.deployment) else { return false };
        match self.connect().0.service_deployment(arn).await {
            Ok(deployment) => is_rollback_to(event, &deployment),
            Err(error) => {
                let Reason { code, text: why, .. } = Error::from(error).reason();
                tracing::warn!(request = self.request, code, why, "whether it is a rollback is not known");
                false
            }
        }
    }

    /// Checks that every image of every container of the revision is verified, and that there is one.
    ///
    /// # Errors
    /// Why not. Each image is told in the log as well.
    pub(super) async fn check(&self, event: &HookEvent) -> Result<(), Error> {
        let (aws, transport) = self.connect();
        let revision = aws.service_revision(&event.revision).await?;
        let (service, definition) = (&revision.service, &revision.task_definition);
        if !event.revision.is_of_service(service) || !event.service.is_of_service(service) {
            let message = format!("ECS says that {} is a revision of {service}", event.revision);
            return Err(Error::new(code::HOOK_EVENT, message));
        }
        if !definition.is_beside(&event.revision) {
            let message = format!("ECS says that {} runs {definition}, of another account or region", event.revision);
            return Err(Error::new(code::IMAGE_NOT_BOUND, message));
        }
        let definition = aws.task_definition(definition).await?;
        let images = bind(&definition.containers, &revision.images)?;
        self.check_all(&images, aws, transport).await
    }

    /// Checks that each of these images is verified, and that there is one.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub(super) async fn check_all(&self, images: &[Bound], aws: Aws, transport: Arc<Transport>) -> Result<(), Error> {
        let Self { settings, context, .. } = self;
        let references: Vec<_> = images.iter().map(|bound| bound.image.clone()).collect();
        let (environment, patience) = (&context.environment, Patience::Usual);
        let over = Arc::clone(&transport);
        let registries = registries::open(&settings.registry, &references, patience, environment, &aws, over).await?;
        let session = Session { registries, aws, transport };
        let scopes =
            references.iter().map(|reference| self.verifier.scope(reference)).collect::<Result<Vec<_>, _>>()?;
        self.verifier.open_early(scopes.iter(), &session);
        let session = &session;
        let verified = futures_util::stream::iter(images)
            .map(|bound| async move {
                let found = self.check_one(bound, session).await;
                self.tell(bound, found.as_ref());
                found.is_ok()
            })
            .buffered(settings.registry.concurrency)
            .filter(|is_verified| std::future::ready(*is_verified))
            .count()
            .await;
        match images.len() {
            all if all == verified && all > 0 => Ok(()),
            all => Err(Error::new(code::REJECTED, format!("{verified} of {all} images of the revision are verified"))),
        }
    }

    /// The signatures by which an image is verified, by the digests of their manifests; or why it is not.
    async fn check_one(&self, bound: &Bound, session: &Session) -> Result<String, Reason> {
        let examined = self.examine(bound, session).await.map_err(|error| error.reason())?;
        let is_it = examined.digest_reference.as_ref() == Some(&bound.image.to_string());
        let is_accepted = |candidate: &&CandidateReport| candidate.decision == Decision::Accepted;
        let accepted = examined.candidates.iter().filter(is_accepted);
        let signatures: Vec<_> = accepted.map(|candidate| candidate.signature_manifest.as_str()).collect();
        match (examined.outcome, examined.error) {
            // What is verified is so by a signature.
            (ArtifactOutcome::Verified, None) if is_it && !signatures.is_empty() => Ok(signatures.join(",")),
            (_, Some(error)) => Err(reason_of(&error)),
            // A policy that only logs what is wrong verifies nothing.
            (outcome, None) => Err(Reason::new(code::REJECTED.name, format!("its outcome is {}", outcome.name()))),
        }
    }

    async fn examine(&self, bound: &Bound, session: &Session) -> Result<ArtifactReport, Error> {
        for tag in &bound.tags {
            let source = session.registries.open(tag, Access::Pull)?;
            let now = source.resolve(tag).await?.descriptor.digest;
            if bound.image.digest() != Some(&now) {
                return Err(moved(tag, &now, &bound.image));
            }
        }
        let scope = self.verifier.scope(&bound.image)?;
        let target = Target { reference: &bound.image, scope: &scope, is_deployed: true };
        self.verifier.examined(target, session, self.context).await
    }

    /// One line for each image.
    fn tell(&self, bound: &Bound, found: Result<&String, &Reason>) {
        let (request, image, containers) = (self.request, bound.image.to_string(), bound.containers.join(","));
        match found {
            Ok(signature) => tracing::info!(request, containers, image, signature, "verified"),
            Err(Reason { code, text, .. }) => {
                tracing::error!(request, containers, image, code, why = text, "not verified");
            }
        }
    }
}

/// Whether a deployment is returning to the revision of an event just now.
fn is_rollback_to(event: &HookEvent, deployment: &ServiceDeployment) -> bool {
    deployment.is_rolling_back
        && deployment.rollback_to.as_ref() == Some(&event.revision)
        && event.revision.is_of_service(&deployment.service)
        && event.service.is_of_service(&deployment.service)
}

/// A tag that leads somewhere else than to what runs: somebody has moved it after ECS resolved it.
fn moved(tag: &Reference, now: &Digest, runs: &Reference) -> Error {
    Error::new(code::IMAGE_NOT_BOUND, format!("{tag} leads to {now} now, and tasks run {runs}"))
        .help("deploy by digest: put the digest that was verified into the task definition")
}

impl From<BindError> for Error {
    fn from(error: BindError) -> Self {
        Self::of(code::IMAGE_NOT_BOUND, &error)
            .help("deploy by digest: put repository@sha256:… into the task definition, for every container")
    }
}
