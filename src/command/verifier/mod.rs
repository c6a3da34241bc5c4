//! What verifies an image, for every command that does: trust, loaded, and how an image is judged by it.

mod children;
mod gates;
mod report;
mod rows;

use std::collections::BTreeSet;

use notary::extension::aws_signer::AwsRoots;
use notary::reference::Repository;

use self::gates::GateTrust;
use super::artifact_report::resolved_report;
use super::registries;
use super::session::Session;
use crate::aws::Service;
use crate::config::trust::{self, Trust, TrustError};
use crate::config::{GateSettings, RegistrySettings, RevocationCheck, SkipStatements, VerifiedBy, VerifierSettings};
use crate::context::Context;
use crate::error::{Error, code};
use crate::reference::Reference;
use crate::registry::Access;
use crate::report::{ArtifactOutcome, ArtifactReport, PolicyReport, Reason, Skip, StatementReport, build};
use crate::verification::{Terms, Trusted, TrustedBy, Until, examine};

/// What images are verified by, loaded.
pub(super) struct Verifier<'a> {
    settings: &'a VerifierSettings,
    registry: &'a RegistrySettings,
    by: By<'a>,
}

/// What decides whom to trust.
enum By<'a> {
    Policy(Trust),
    Gates(GateTrust<'a>),
}

/// An image, and what is done with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) reference: &'a Reference,
    /// The repository by which a statement is selected.
    pub(super) scope: &'a Repository,
    /// Whether a later step deploys it: then it has to be verified.
    pub(super) is_deployed: bool,
}

impl<'a> Verifier<'a> {
    /// Reads policy and trust stores. No request is made.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub(super) fn load(settings: &'a VerifierSettings, registry: &'a RegistrySettings) -> Result<Self, Error> {
        match &settings.by {
            VerifiedBy::Policy(trust) => {
                let schemes = |host: &str| registries::scheme(registry, host);
                Ok(Self::of(trust.load_reached_by(aws_roots(settings)?, &schemes)?, settings, registry))
            }
            VerifiedBy::Gates(gates) => Self::of_stages(gates, gates.gates.up_to(gates.stage), settings, registry),
        }
    }

    /// For these stages of gates.
    fn of_stages(
        gates: &'a GateSettings,
        stages: Vec<usize>,
        settings: &'a VerifierSettings,
        registry: &'a RegistrySettings,
    ) -> Result<Self, Error> {
        let by = By::Gates(GateTrust::of(gates, stages, &aws_roots(settings)?, settings.revocation)?);
        Ok(Self { settings, registry, by })
    }

    /// For the stages of gates that come before the one that is named; nothing where there are none.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(super) fn of_stages_before(
        settings: &'a VerifierSettings,
        registry: &'a RegistrySettings,
    ) -> Result<Option<Self>, Error> {
        let VerifiedBy::Gates(gates) = &settings.by else { return Ok(None) };
        let stages = gates.gates.before(gates.stage);
        if stages.is_empty() {
            return Ok(None);
        }
        Self::of_stages(gates, stages, settings, registry).map(Some)
    }

    /// With this trust.
    pub(super) fn of(trust: Trust, settings: &'a VerifierSettings, registry: &'a RegistrySettings) -> Self {
        let trust = match settings.revocation {
            RevocationCheck::ByPolicy => trust,
            RevocationCheck::Skip => trust.without_revocation(),
        };
        Self { settings, registry, by: By::Policy(trust) }
    }

    /// The repository by which a statement is selected for an image.
    ///
    /// # Errors
    /// It has none, and `--scope` names none.
    pub(super) fn scope(&self, reference: &Reference) -> Result<Repository, Error> {
        let given = self.settings.scope.as_ref().map(|scope| scope.value.as_str());
        scope_of(reference, given, self.settings.by.is_for_all(), self.registry)
    }

    /// Opens connections to AWS that verifying needs, while registries are being asked.
    pub(super) fn open_early<'b>(&'b self, scopes: impl Iterator<Item = &'b Repository>, session: &Session) {
        let regions: BTreeSet<&str> = match &self.by {
            By::Policy(trust) => trust.aws_regions(scopes),
            By::Gates(gates) => gates.aws_regions().collect(),
        };
        for region in regions {
            session.aws.open_early(region, Service::SignerData);
        }
    }

    /// What images are judged by, as others can know it again.
    pub(super) fn policy(&self) -> PolicyReport {
        match &self.by {
            By::Policy(trust) => trust.policy(&self.settings.user_metadata),
            By::Gates(gates) => gates.policy(),
        }
    }

    /// What of the policy is allowed and probably not meant.
    pub(super) fn warnings(&self) -> Vec<Reason> {
        match &self.by {
            By::Policy(trust) => trust.warnings().collect(),
            By::Gates(gates) => gates.warnings().collect(),
        }
    }

    /// The report on an image.
    ///
    /// # Errors
    /// It cannot be resolved, its signatures cannot be listed, or no statement is for it.
    pub(super) async fn examined(
        &self,
        target: Target<'_>,
        session: &Session,
        context: &Context,
    ) -> Result<ArtifactReport, Error> {
        match &self.by {
            By::Policy(trust) => self.by_policy(trust, target, session, context).await,
            By::Gates(gates) => gates.examined(target, (self.settings, self.registry), session, context).await,
        }
    }

    /// By the statement of the policy that is for it.
    async fn by_policy(
        &self,
        trust: &Trust,
        target: Target<'_>,
        session: &Session,
        context: &Context,
    ) -> Result<ArtifactReport, Error> {
        let Self { settings, registry, .. } = self;
        let Target { reference, scope, is_deployed } = target;
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
            trusted: Trusted::Statement(trust.trusted.terms_of(statement).with_user_metadata(&settings.user_metadata)),
            clock: context.clock,
            aws: Some(&session.aws),
            max_signatures: settings.max_signatures,
            until: Until::FirstVerified,
        };
        let reach = registry.flags();
        let examined = examine(&source, reference, &terms).await?;
        let trusted = TrustedBy::of(trust, statement, &reach);
        let report = report::of(reference, examined.verdict(), &trusted, examined, settings.max_signatures);
        Ok(ArtifactReport { statement: Some(statement_report), ..report })
    }
}

/// The roots of AWS Signer, or those that replace them.
fn aws_roots(settings: &VerifierSettings) -> Result<AwsRoots, TrustError> {
    trust::aws_roots(settings.aws_root.as_ref().map(|setting| setting.value.as_path()))
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
