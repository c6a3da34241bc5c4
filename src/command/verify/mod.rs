//! `verify`: checks that images carry a signature that is trusted.

mod report;
mod wait;

use notary::reference::Repository;

use super::artifact_report::resolved_report;
use super::images::Stopped;
use super::registries::Patience;
use super::session::Session;
use super::{Done, images, registries};
use crate::aws::Service;
use crate::config::trust::{self, Trust};
use crate::config::{RegistrySettings, RevocationCheck, SkipStatements, VerifySettings};
use crate::context::Context;
use crate::error::{Error, code};
use crate::reference::Reference;
use crate::registry::Access;
use crate::report::{ArtifactOutcome, ArtifactReport, Skip, StatementReport, build};
use crate::verification::{Terms, TrustedBy, Until, examine};

/// Verifies images. Policy, stores and references are read before anything is asked for.
pub(super) async fn run(settings: VerifySettings, context: &Context) -> Result<Done, Error> {
    let references = registries::references(&settings.images.references)?;
    let roots = trust::aws_roots(settings.aws_root.as_ref().map(|setting| setting.value.as_path()))?;
    let schemes = |host: &str| registries::scheme(&settings.registry, host);
    let trust = settings.trust.load_reached_by(roots, &schemes)?;
    let trust = match settings.revocation {
        RevocationCheck::ByPolicy => trust,
        RevocationCheck::Skip => trust.without_revocation(),
    };
    let scoped = |reference| Ok((reference, scope(reference, &settings)?));
    let targets = references.iter().map(scoped).collect::<Result<Vec<_>, Error>>()?;
    let session = Session::open(&references, &settings.registry, &settings.aws, Patience::Usual, context).await?;
    for region in trust.aws_regions(targets.iter().map(|(_, scope)| scope)) {
        session.aws.open_early(region, Service::SignerData);
    }
    let verifier = Verifier { session: &session, trust: &trust, settings: &settings, context };
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
        |(reference, scope)| verifier.verify(reference, scope),
    )
    .await;
    let mut report = images::report("verify", artifacts, &settings.images, &session.registries, context);
    report.deployment = Some(settings.deploy.deployment());
    report.warnings.extend(trust.warnings());
    report.warnings.extend(session.noticed());
    Ok(images::done(report, context))
}

/// The repository by which a statement is selected.
fn scope(reference: &Reference, settings: &VerifySettings) -> Result<Repository, Error> {
    let given = settings.scope.as_ref().map(|scope| scope.value.as_str());
    scope_of(reference, given, settings.trust.is_in_memory(), &settings.registry)
}

/// The repository by which a statement is selected: that of the reference, or for an image layout the one of `--scope`.
/// With a policy in memory there is one statement, for everything.
pub(super) fn scope_of(
    reference: &Reference,
    given: Option<&str>,
    is_in_memory: bool,
    settings: &RegistrySettings,
) -> Result<Repository, Error> {
    let parse = |text: &str| named_scope(text, settings);
    let missing = |message: String| {
        Error::new(code::CONFLICT, message).help("name the repository it is for: --scope registry.example/app")
    };
    let repository = match (reference, given) {
        (Reference::Registry(registry), _) if let Ok(scope) = registry.scope() => scope.clone(),
        // At an IPv6 address, which no scope of a policy can name: a statement for everything, or the one that is asked for.
        (_, Some(scope)) => parse(scope)?,
        (Reference::Registry(_), None) if is_in_memory => parse("local/registry")?,
        (Reference::Registry(_), None) => {
            return Err(missing(format!(
                "no scope of a trust policy can name the registry of {reference}, an IPv6 address"
            )));
        }
        (Reference::Layout(_), None) if is_in_memory => parse("local/oci-layout")?,
        (Reference::Layout(_), None) => {
            return Err(missing(format!(
                "{reference} is an OCI image layout and has no repository to select a policy statement with"
            )));
        }
    };
    Ok(reached(repository, settings))
}

/// The repository that `--scope` names.
pub(super) fn named_scope(text: &str, settings: &RegistrySettings) -> Result<Repository, Error> {
    let unusable = |error| Error::of(code::INVALID_SETTING, &error).help("for example --scope registry.example/app");
    let repository = Repository::parse(text).map_err(unusable)?;
    Ok(reached(repository, settings))
}

/// The repository, as its registry is reached.
fn reached(repository: Repository, settings: &RegistrySettings) -> Repository {
    let scheme = registries::scheme(settings, repository.registry());
    repository.reached_by(scheme)
}

/// Verifies images, one after the other or several at the same time.
struct Verifier<'a> {
    session: &'a Session,
    trust: &'a Trust,
    settings: &'a VerifySettings,
    context: &'a Context,
}

impl Verifier<'_> {
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
        let source = self.session.registries.open(reference, Access::Pull)?;
        Ok(reference.by_digest(&source.resolve(reference).await?.descriptor.digest))
    }

    async fn look(&self, reference: &Reference, scope: &Repository, is_deployed: bool) -> ArtifactReport {
        self.examined(reference, scope, is_deployed).await.unwrap_or_else(|error| images::failed(reference, &error))
    }

    async fn examined(
        &self,
        reference: &Reference,
        scope: &Repository,
        is_deployed: bool,
    ) -> Result<ArtifactReport, Error> {
        let Self { session, trust, settings, context } = self;
        let statement = trust.trusted.policy().statement_for(scope)?;
        let statement_report = StatementReport {
            name: statement.name().to_owned(),
            level: build::level(&statement.level()),
            scope: scope.to_string(),
            origin: trust.origin.clone(),
        };
        let source = session.registries.open(reference, Access::Pull)?;
        if statement.level().is_skip() {
            let artifact = source.resolve(reference).await?.descriptor;
            let report = match settings.skip {
                SkipStatements::Allow if is_deployed => {
                    report::skip_not_deployed(reference, &artifact, &statement_report)
                }
                SkipStatements::Allow => ArtifactReport {
                    skip: Some(Skip::Policy),
                    ..resolved_report(reference, &artifact, ArtifactOutcome::Skipped)
                },
                SkipStatements::Refuse => report::skip_refused(reference, &artifact, &statement_report),
            };
            return Ok(ArtifactReport { statement: Some(statement_report), ..report });
        }
        let terms = Terms {
            signature: trust.trusted.terms_of(statement).with_user_metadata(&settings.user_metadata),
            clock: context.clock,
            aws: Some(&session.aws),
            max_signatures: settings.max_signatures,
            until: Until::FirstVerified,
        };
        let reach = settings.registry.flags();
        let examined = examine(&source, reference, &terms).await?;
        let trusted = TrustedBy::of(trust, statement, &reach);
        Ok(report::of(reference, statement_report, &trusted, examined, settings.max_signatures))
    }
}

#[cfg(test)]
mod tests;
