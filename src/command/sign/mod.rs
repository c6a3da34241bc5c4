//! `sign`: signs images that were pushed.

mod artifact;
mod existing;

use super::{Done, images, registries};
use crate::config::{SignAgain, SignSettings};
use crate::context::Context;
use crate::error::Error;
use crate::registry::{Access, Reference, Registries};
use crate::report::{ArtifactOutcome, ArtifactReport, SignedReport};
use crate::signer::LocalKey;

#[cfg(test)]
pub(crate) use artifact::Signed;
pub(crate) use artifact::{Existing, Order, SigningError, Work, sign_artifact};

/// Signs images. Key, chain and references are read and checked before anything is asked for.
pub(super) async fn run(mut settings: SignSettings, context: &Context) -> Result<Done, Error> {
    let references = registries::references(&settings.images)?;
    let signer = LocalKey::load(&settings.key.value, &settings.certificate_chain.value)?;
    let order = Order {
        signer: &signer,
        user_metadata: &settings.user_metadata,
        lifetime: settings.expiry,
        now: context.now,
        form: settings.signature_manifest,
        existing: match settings.again {
            SignAgain::WhenNeeded => Existing::Keep,
            SignAgain::Always => Existing::SignAgain,
        },
    };
    order.check()?;
    let registries = registries::open(&mut settings.registry, &references, &context.environment).await?;
    let artifacts = images::each(
        &references,
        |reference| reference,
        settings.registry.concurrency,
        context,
        |reference| sign(&registries, reference, &order),
    )
    .await;
    let mut report = images::report("sign", artifacts, &registries, context);
    report.warnings.extend_from_slice(signer.warnings());
    Ok(Done::Report(Box::new(report)))
}

async fn sign(registries: &Registries, reference: &Reference, order: &Order<'_>) -> ArtifactReport {
    let signed = match registries.open(reference, Access::PullPush) {
        Ok(source) => sign_artifact(&source, reference, order).await,
        Err(error) => Err(error.into()),
    };
    match signed {
        Ok(signed) => {
            let outcome = match signed.work {
                Work::Made => ArtifactOutcome::Signed,
                Work::Found => ArtifactOutcome::AlreadySigned,
            };
            ArtifactReport {
                signed: Some(SignedReport {
                    signature_manifest: signed.signature_manifest.to_string(),
                    signer: order.signer.name(),
                    published: signed.published.name().to_owned(),
                }),
                ..super::look::resolved_report(reference, &signed.artifact, outcome)
            }
        }
        Err(error) => images::failed(reference, &error.into()),
    }
}

#[cfg(test)]
mod tests;
