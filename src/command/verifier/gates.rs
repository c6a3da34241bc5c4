//! Verifying an image by a stage of gates: each signature for each signer, and what that makes of the requirements.

use notary::extension::aws_signer::{AwsRoots, TrustedProfile};
use notary::trust_policy::PolicyStatement;
use notary::verify;

use super::rows::Rows;
use super::{Target, report};
use crate::command::session::Session;
use crate::config::trust::{self, Trust, TrustKind};
use crate::config::{GateSettings, RegistrySettings, RevocationCheck, VerifierSettings};
use crate::context::Context;
use crate::error::{Error, code};
use crate::gate::Gates;
use crate::registry::Access;
use crate::report::escape::{shell_word, uri};
use crate::report::{ArtifactReport, PolicyReport, Reason};
use crate::verification::{Terms, Trusted, TrustedBy, Until, Verdict, examine};

/// The signers of gates, each with its own trust.
pub(super) struct GateTrust<'a> {
    settings: &'a GateSettings,
    /// In the order of the signers.
    signers: Vec<Trust>,
    /// The stages whose requirements count, in order.
    stages: Vec<usize>,
    policy_digest: String,
}

impl<'a> GateTrust<'a> {
    /// The trust in each signer, for these stages.
    ///
    /// # Errors
    /// A signer's roots are not known, or cannot be used together.
    pub(super) fn of(
        settings: &'a GateSettings,
        stages: Vec<usize>,
        aws_roots: &AwsRoots,
        revocation: RevocationCheck,
    ) -> Result<Self, Error> {
        let of_signer = |signer| {
            let trust = trust::of_signer(signer, aws_roots.clone())?;
            Ok(match revocation {
                RevocationCheck::ByPolicy => trust,
                RevocationCheck::Skip => trust.without_revocation(),
            })
        };
        let signers = settings.gates.signers.iter().map(of_signer).collect::<Result<_, Error>>()?;
        let policy_digest = settings.gates.policy_digest(aws_roots);
        Ok(Self { settings, signers, stages, policy_digest })
    }

    pub(super) fn gates(&self) -> &'a Gates {
        &self.settings.gates
    }

    /// The file by its name, with the digest of all that it trusts.
    pub(super) fn policy(&self) -> PolicyReport {
        let name = self.settings.file.value.file_name().unwrap_or_default().to_string_lossy();
        PolicyReport { uri: uri::path(&name), digest: self.policy_digest.clone() }
    }

    /// What of the file is allowed and probably not meant.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Reason> {
        self.settings.warnings.iter().cloned()
    }

    /// The regions of the signing profiles.
    pub(super) fn aws_regions(&self) -> impl Iterator<Item = &str> {
        let statements = self.signers.iter().filter_map(statement);
        statements.flat_map(|statement| statement.trusted_identities().signing_profiles()).map(TrustedProfile::region)
    }

    /// The report on an image.
    ///
    /// # Errors
    /// It cannot be resolved, or its signatures cannot be listed.
    pub(super) async fn examined(
        &self,
        target: Target<'_>,
        (settings, registry): (&VerifierSettings, &RegistrySettings),
        session: &Session,
        context: &Context,
    ) -> Result<ArtifactReport, Error> {
        let source = session.registries.open(target.reference, Access::Pull)?;
        let signers: Vec<_> = self.signers.iter().filter_map(terms).collect();
        let Some((first, others)) = signers.split_first().filter(|_| signers.len() == self.signers.len()) else {
            return Err(Error::new(code::INTERNAL, "a signer of the gates has no policy"));
        };
        let terms = Terms {
            trusted: Trusted::Signers(*first, others),
            clock: context.clock,
            aws: Some(&session.aws),
            max_signatures: settings.max_signatures,
            until: Until::All,
        };
        let examined = examine(&source, target.reference, &terms).await?;
        let examined = examined.with_children(&source, self.gates(), &self.stages, context.clock).await;
        let (judgement, verdict) = examined.gate_verdict(self.gates(), &self.stages, context.clock.now());
        // With a check weakened nothing is verified.
        let verdict = match verdict {
            Verdict::Verified if !context.weakened.is_empty() => Verdict::AcceptedWithWarnings,
            verdict => verdict,
        };
        let (reach, file) = (registry.flags(), self.settings.file.value.to_string_lossy());
        let shown_by = format!("sealgate gates check {}", shell_word(&file));
        let trusted =
            TrustedBy { kind: TrustKind::Gates, origin: &file, shown_by: &shown_by, profile: None, reach: &reach };
        let image = target.reference.at_digest(&examined.artifact.digest);
        let policy_digest = &self.policy_digest;
        let weakened = &context.weakened;
        let rows = Rows {
            settings: self.settings,
            weakened,
            policy_digest,
            examined: &examined,
            reach: &reach,
            image: &image,
        };
        let gate = rows.report(&judgement);
        let report = report::of(target.reference, verdict, &trusted, examined, settings.max_signatures);
        Ok(ArtifactReport { gate: Some(gate), ..report })
    }
}

/// What signatures of a signer are judged by.
fn terms(trust: &Trust) -> Option<verify::Terms<'_>> {
    Some(trust.trusted.terms_of(statement(trust)?))
}

/// The one statement of a signer's policy.
fn statement(trust: &Trust) -> Option<&PolicyStatement> {
    trust.trusted.policy().statements().first()
}
