//! `sign`: signs images that were pushed.

pub(super) mod fork;
mod shared;

use std::time::Duration;

use jiff::SignedDuration;
use notary::Timestamp;
use notary::certificate::Certificate;

use super::images::Stopped;
use super::registries::Patience;
use super::session::Session;
use super::{Done, images, registries};
use crate::aws::{Aws, Service};
use crate::clock::Clock;
use crate::config::{Effort, KeySettings, SignAgain, SignSettings, SignerSettings, trust};
use crate::context::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::registry::Registries;
use crate::report::{ArtifactOutcome, ArtifactReport, Reason, SignedReport};
use crate::signer::{AwsSigner, LocalKey, Signer};
use crate::signing::{Existing, Order, Work};

use self::shared::Shared;

/// A certificate that expires sooner ends signatures that somebody may still deploy by.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

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

/// A signer, loaded.
enum Loaded {
    LocalKey(Box<LocalKey>, Option<Duration>),
    SigningProfile(Box<AwsSigner>),
}

impl Loaded {
    fn of(settings: &SignerSettings, aws: &Aws, clock: Clock) -> Result<Self, Error> {
        match settings {
            SignerSettings::LocalKey { key: KeySettings { key, certificate_chain, password }, expiry } => {
                Ok(Self::LocalKey(Box::new(LocalKey::load(key, certificate_chain, password.as_ref())?), *expiry))
            }
            SignerSettings::SigningProfile { profile, aws_root } => {
                let roots = trust::aws_roots(aws_root.as_ref().map(|setting| setting.value.as_path()))?;
                trust::roots_of(&profile.value.clone().into(), &roots)?;
                aws.open_early(profile.value.region(), Service::Signer);
                Ok(Self::SigningProfile(Box::new(AwsSigner::new(aws.clone(), profile.value.clone(), roots, clock))))
            }
        }
    }

    const fn signer(&self) -> Signer<'_> {
        match self {
            Self::LocalKey(key, _) => Signer::LocalKey(key),
            Self::SigningProfile(signer) => Signer::SigningProfile(signer),
        }
    }

    const fn lifetime(&self) -> Option<Duration> {
        match self {
            Self::LocalKey(_, lifetime) => *lifetime,
            Self::SigningProfile(_) => None,
        }
    }

    fn warnings(&self, order: &Order<'_>) -> Vec<Reason> {
        match self {
            Self::LocalKey(key, _) => {
                let now = order.clock.now();
                let end = end_of_certificates(key.expiring(), order.expiry(now), now);
                key.warnings().iter().cloned().chain(end).collect()
            }
            Self::SigningProfile(_) => Vec::new(),
        }
    }
}

/// That a certificate ends signatures before they expire, or soon. `expiry` is what was asked for.
pub(super) fn end_of_certificates(first: &Certificate, expiry: Option<Timestamp>, now: Timestamp) -> Option<Reason> {
    let (subject, end) = (first.subject(), first.not_after());
    let days = end.duration_since(now).as_hours() / 24;
    if let Some(expiry) = expiry.filter(|expiry| *expiry > end) {
        let text = format!(
            "signatures are accepted until {end:.0} and not until {expiry:.0}, as --expiry asks: certificate {subject} of the \
             chain expires before, in {days} days"
        );
        return Some(Reason::new("certificate-ends-first", text));
    }
    (end.duration_since(now) < SOON).then(|| {
        let text = format!(
            "certificate {subject} of the chain expires at {end:.0}, in {days} days: after that, no signature of this key is \
             accepted"
        );
        Reason::new("certificate-ends-soon", text)
    })
}

async fn sign(
    shared: &Shared,
    registries: &Registries,
    reference: &Reference,
    order: &Order<'_>,
    effort: Effort,
) -> ArtifactReport {
    match shared.sign(registries, reference, order).await {
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
                    signing_profile_version: signed.aws.as_ref().map(|aws| aws.profile_version.to_string()),
                    signing_profile_alias: signed.aws.as_ref().and_then(|aws| Some(aws.alias.as_ref()?.to_string())),
                    signing_job: signed.aws.as_ref().map(|aws| aws.job.to_string()),
                    expiry: signed.expiry.map(|expiry| expiry.to_string()),
                    accepted_until: signed.accepted_until.map(|until| match signed.expiry == Some(until) {
                        true => until.to_string(),
                        // Behind the last second in which a certificate is valid.
                        false => format!("{until:.0}"),
                    }),
                    undecided: signed.undecided.clone(),
                    notes: signed.notes,
                }),
                ..super::artifact_report::resolved_report(reference, &signed.artifact, outcome)
            }
        }
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
