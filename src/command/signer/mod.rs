//! What signs an image, for every command that does: a signer, loaded, and what is reported of its signatures.

mod shared;

use std::time::Duration;

use jiff::SignedDuration;
use notary::Timestamp;
use notary::certificate::Certificate;

pub(super) use self::shared::Shared;
use super::artifact_report::resolved_report;
use crate::aws::{Aws, Service};
use crate::clock::Clock;
use crate::config::{KeySettings, SignerSettings, trust};
use crate::error::Error;
use crate::reference::Reference;
use crate::report::{ArtifactOutcome, ArtifactReport, Reason, SignedReport};
use crate::signer::{AwsSigner, LocalKey, Signer};
use crate::signing::{Order, Signed, Work};

/// A certificate that expires sooner ends signatures that somebody may still deploy by.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A signer, loaded.
pub(super) enum Loaded {
    LocalKey(Box<LocalKey>, Option<Duration>),
    SigningProfile(Box<AwsSigner>),
}

impl Loaded {
    /// Reads the key and its chain, or finds the roots of the profile.
    ///
    /// # Errors
    /// They cannot be used.
    pub(super) fn of(settings: &SignerSettings, aws: &Aws, clock: Clock) -> Result<Self, Error> {
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

    pub(super) const fn signer(&self) -> Signer<'_> {
        match self {
            Self::LocalKey(key, _) => Signer::LocalKey(key),
            Self::SigningProfile(signer) => Signer::SigningProfile(signer),
        }
    }

    /// How long signatures are to live, where that is not decided elsewhere.
    pub(super) const fn lifetime(&self) -> Option<Duration> {
        match self {
            Self::LocalKey(_, lifetime) => *lifetime,
            Self::SigningProfile(_) => None,
        }
    }

    /// What of the key is allowed and probably not meant.
    pub(super) fn warnings(&self, order: &Order<'_>) -> Vec<Reason> {
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

/// The report on an image that has a signature of the signer.
pub(super) fn signed_report(reference: &Reference, order: &Order<'_>, signed: Signed) -> ArtifactReport {
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
        ..resolved_report(reference, &signed.artifact, outcome)
    }
}
