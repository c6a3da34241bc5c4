//! `approve`: signs images as a signer of gates, if all stages before are met.

use notary::certificate::CertificateChain;
use notary::extension::aws_signer::AwsRoots;
use notary::trust_policy::check_identity;

use super::images::Stopped;
use super::registries::Patience;
use super::session::Session;
use super::signer::{Loaded, Shared, signed_report};
use super::verifier::{Target, Verifier};
use super::{Done, images, registries};
use crate::config::trust::{self, Trust};
use crate::config::{ApproveSettings, SignAgain};
use crate::context::Context;
use crate::error::{Error, code};
use crate::reference::Reference;
use crate::registry::Access;
use crate::report::{ArtifactOutcome, ArtifactReport};
use crate::signer::Signer;
use crate::signing::{Existing, Order};

/// Approves images. Gates, key and references are read and checked before anything is asked for.
pub(super) async fn run(settings: ApproveSettings, context: &Context) -> Result<Done, Error> {
    let references = registries::references(&settings.images.references)?;
    let verifier = Verifier::of_stages_before(&settings.verifier, &settings.registry)?;
    let session = Session::open(&references, &settings.registry, &settings.aws, Patience::Usual, context).await?;
    let signer = Loaded::of(&settings.signer, &session.aws, context.clock)?;
    check_own(&settings, signer.signer())?;
    let order = Order {
        signer: signer.signer(),
        user_metadata: &settings.user_metadata,
        lifetime: signer.lifetime(),
        clock: context.clock,
        form: settings.signature_manifest,
        existing: match (settings.again, settings.max_age) {
            (SignAgain::Always, _) => Existing::SignAgain,
            // What is about to be too old is renewed.
            (SignAgain::WhenNeeded, Some(max_age)) => Existing::KeepYoung(max_age - max_age / 10),
            (SignAgain::WhenNeeded, None) => Existing::Keep,
        },
    };
    order.check()?;
    if let Some(verifier) = &verifier {
        verifier.open_early(std::iter::empty(), &session);
    }
    let run = Run { session: &session, verifier, order: &order, shared: Shared::of(&references), context };
    let artifacts = images::each(
        &references,
        |reference| reference,
        &images::Batch {
            concurrency: settings.registry.concurrency,
            limit: images::LIMIT,
            stopped: Stopped::MayBeSigned,
            context,
            meter: session.registries.meter(),
        },
        |reference| run.approve(reference),
    )
    .await;
    let mut report = images::report("approve", artifacts, &settings.images, &session.registries, context);
    report.warnings.extend(settings.gates.warnings.iter().cloned());
    report.warnings.extend(signer.warnings(&order));
    report.warnings.extend(session.noticed());
    Ok(images::done(report, context))
}

/// Approves images, one after the other or several at the same time.
struct Run<'a> {
    session: &'a Session,
    /// For the stages before, if there are any.
    verifier: Option<Verifier<'a>>,
    order: &'a Order<'a>,
    shared: Shared,
    context: &'a Context,
}

impl Run<'_> {
    async fn approve(&self, reference: &Reference) -> ArtifactReport {
        self.approved(reference).await.unwrap_or_else(|error| images::failed(reference, &error))
    }

    /// Verifies, then signs what was verified: a tag may move meanwhile.
    async fn approved(&self, reference: &Reference) -> Result<ArtifactReport, Error> {
        let Self { session, order, context, .. } = self;
        let resolved = session.registries.open(reference, Access::PullPush)?.by_digest(reference).await?;
        let before = match &self.verifier {
            Some(verifier) => {
                let scope = verifier.scope(&resolved)?;
                let target = Target { reference: &resolved, scope: &scope, is_deployed: false };
                let before = verifier.examined(target, session, context).await?;
                let is_met =
                    matches!(before.outcome, ArtifactOutcome::Verified | ArtifactOutcome::AcceptedWithWarnings);
                if !is_met {
                    return Ok(ArtifactReport { reference: reference.to_string(), ..before });
                }
                Some(before)
            }
            None => None,
        };
        let signed = self.shared.sign(&session.registries, &resolved, order).await;
        let signed = signed.map_err(|not_signed| not_signed.error)?;
        let report = signed_report(&resolved, order, signed);
        let gate = before.and_then(|before| before.gate);
        Ok(ArtifactReport { reference: reference.to_string(), gate, ..report })
    }
}

/// That the key or the signing profile is that of the signer: anything else would be signed in vain.
fn check_own(settings: &ApproveSettings, signer: Signer<'_>) -> Result<(), Error> {
    let (Some(named), Signer::LocalKey(key)) = (settings.gates.gates.signers.get(settings.approver), signer) else {
        // A profile was compared with those that the gates name when settings were read.
        return Ok(());
    };
    let roots = trust::aws_roots(None)?;
    if is_own(&trust::of_signer(named, roots.clone())?, key.chain()) {
        return check_of_nobody_else(settings, key.chain(), &roots);
    }
    let (name, subject) = (&named.name, key.chain().leaf().subject());
    let file = settings.gates.file.value.display();
    Err(Error::new(code::CONFLICT, format!("the key is not that of signer {name:?}: its certificate is {subject}"))
        .because(format!("{file} names other roots or identities for {name:?}"))
        .help("give the key of that signer, or approve as the signer that this key is: --as SIGNER"))
}

/// That no other signer who is asked up to the stage is recognized by the chain as well: the signature would count for neither.
fn check_of_nobody_else(settings: &ApproveSettings, chain: &CertificateChain, roots: &AwsRoots) -> Result<(), Error> {
    let (gates, subject) = (&settings.gates.gates, chain.leaf().subject());
    let stages = gates.up_to(settings.gates.stage);
    let asked = stages.iter().filter_map(|stage| gates.stages.get(*stage)).flat_map(|stage| &stage.require);
    for other in asked.flat_map(|asked| &asked.of).filter(|other| **other != settings.approver) {
        let Some(other) = gates.signers.get(*other) else { continue };
        if is_own(&trust::of_signer(other, roots.clone())?, chain) {
            let (file, name) = (settings.gates.file.value.display(), gates.signer_name(settings.approver));
            let message = format!("the key is that of signer {:?} as well: its certificate is {subject}", other.name);
            return Err(Error::new(code::CONFLICT, message)
                .because(format!("a signature of one key in two roles counts for neither, and {file} asks both"))
                .help(format!("approve with a key that is {name:?} and nobody else")));
        }
    }
    Ok(())
}

/// Whether the policy of a signer trusts a chain: as verifying does, an anchor byte for byte, and the identity.
fn is_own(trust: &Trust, chain: &CertificateChain) -> bool {
    let Some(statement) = trust.trusted.policy().statements().first() else { return false };
    let types = statement.trust_stores().iter().map(notary::trust_store::TrustStoreName::store_type);
    let mut stores = types.flat_map(|kind| trust.trusted.stores().stores_of(statement.trust_stores(), kind)).flatten();
    let is_anchored = stores.any(|store| chain.certificates().iter().any(|certificate| store.contains(certificate)));
    is_anchored && check_identity(chain.leaf(), statement.trusted_identities()).is_ok()
}
