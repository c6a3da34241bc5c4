//! `sign`: signs images that were pushed.

pub(super) mod fork;

use super::images::Stopped;
use super::registries::Patience;
use super::session::Session;
use super::signer::{Loaded, Shared, signed_report};
use super::{Done, images, registries};
use crate::config::{Effort, SignAgain, SignSettings};
use crate::context::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::registry::Registries;
use crate::report::{ArtifactOutcome, ArtifactReport};
use crate::signing::{Existing, Order};

/// Signs images. Key, chain and references are read and checked before anything is asked for.
pub(super) async fn run(settings: SignSettings, context: &Context) -> Result<Done, Error> {
    let references = registries::references(&settings.images.references)?;
    let session = Session::open(&references, &settings.registry, &settings.aws, Patience::Usual, context).await?;
    let signer = Loaded::of(&settings.signer, &session.aws, context.clock)?;
    let order = Order {
        signer: signer.signer(),
        user_metadata: &settings.user_metadata,
        lifetime: signer.lifetime(),
        clock: context.clock,
        form: settings.signature_manifest,
        existing: match settings.again {
            SignAgain::WhenNeeded => Existing::Keep,
            SignAgain::Always => Existing::SignAgain,
        },
    };
    order.check()?;
    let shared = Shared::of(&references);
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
        |reference| sign(&shared, &session.registries, reference, &order, settings.effort),
    )
    .await;
    let mut report = images::report("sign", artifacts, &settings.images, &session.registries, context);
    report.warnings.extend(signer.warnings(&order));
    report.warnings.extend(session.noticed());
    Ok(images::done(report, context))
}

async fn sign(
    shared: &Shared,
    registries: &Registries,
    reference: &Reference,
    order: &Order<'_>,
    effort: Effort,
) -> ArtifactReport {
    match shared.sign(registries, reference, order).await {
        Ok(signed) => signed_report(reference, order, signed),
        Err(not_signed) => {
            let failed = images::failed(reference, &not_signed.error);
            match effort {
                Effort::Best if not_signed.is_only_out_of_reach() => {
                    ArtifactReport { outcome: ArtifactOutcome::NotSigned, ..failed }
                }
                Effort::Best | Effort::Whole => failed,
            }
        }
    }
}

#[cfg(test)]
mod tests;
