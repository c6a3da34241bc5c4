//! Whether a signature that is already there meets all that is asked for. In doubt it does not, and we sign.

use std::collections::BTreeSet;

use notary::Timestamp;
use notary::descriptor::Descriptor;
use notary::digest::Digest;
use notary::envelope::{SigningTime, VerifiedEnvelope};
use notary::extension::aws_signer::AwsSignature;
use notary::limits;
use notary::signature_manifest::ManifestForm;
use notary::signing_scheme::SigningScheme;
use notary::verify::{Decision, Outcome};

use super::order::{Existing, Order};
use crate::config::trust::{self, Trust};
use crate::registry::Source;
use crate::report::build;
use crate::signer::Signer;
use crate::verification::{Terms, Trusted, Until, candidate, judge};

/// Signatures of the same signer that are looked at. A signer that asks for the same thing again finds it among the
/// first; more than these only cost time.
const LOOKED_AT: usize = 8;

/// What was found in the registry.
pub(super) enum Looked {
    Kept(Kept),
    /// A signature by the same signer that could not be judged because its revocation status is unknown, and why.
    Undecided(String),
    /// Nothing that is enough.
    Nothing,
}

/// A signature that is enough.
pub(super) struct Kept {
    /// Digest of its manifest.
    pub(super) manifest: Digest,
    pub(super) expiry: Option<Timestamp>,
    pub(super) accepted_until: Option<Timestamp>,
    pub(super) aws: Option<AwsSignature>,
}

/// Finds a signature by the same signer that passes everything now, carries the metadata and lives long enough.
/// Those whose annotation names our certificate, or for a signing profile AWS's root, are looked at first, then those of which
/// the listing says nothing: not every registry repeats annotations.
pub(super) async fn find(source: &Source, artifact: &Descriptor, listed: &[Descriptor], order: &Order<'_>) -> Looked {
    let ours = Ours::of(order.signer);
    let claiming = listed.iter().filter(|listed| ours.claims(listed));
    let silent = listed.iter().filter(|listed| candidate::claimed_thumbprints(listed).is_empty());
    let mut candidates = claiming.chain(silent).take(LOOKED_AT).peekable();
    // Nearly every image that is signed is unsigned before: nothing to judge, so nothing to judge it by.
    if candidates.peek().is_none() {
        return Looked::Nothing;
    }
    let Some(trust) = trust_in(order.signer) else { return Looked::Nothing };
    let Some(terms) = terms(&trust, order) else { return Looked::Nothing };
    for descriptor in candidates {
        let Ok(fetched) = candidate::fetch(source, descriptor, &artifact.digest).await else { continue };
        // The older form is asked for when a reader knows no other; every reader understands the older one.
        let readable = match order.form {
            ManifestForm::Legacy => fetched.manifest.form == Some(ManifestForm::Legacy),
            ManifestForm::Current => fetched.manifest.form.is_some(),
        };
        if !readable {
            continue;
        }
        let outcome = judge(&fetched, artifact, &terms).await.outcome;
        if outcome.undecided().is_some() {
            // If there is no answer about this one, there is none about the next.
            return Looked::Undecided(build::rejection(&outcome).map(|reason| reason.text).unwrap_or_default());
        }
        if let Some(envelope) = outcome.envelope().filter(|envelope| fits(&outcome, envelope, order)) {
            return Looked::Kept(Kept {
                manifest: descriptor.digest.clone(),
                expiry: envelope.signed_attributes().expiry(),
                accepted_until: outcome.accepted_until(),
                aws: outcome.aws_signature().cloned(),
            });
        }
    }
    Looked::Nothing
}

/// The fingerprint by which a listing distinguishes this signer's signatures from others.
enum Ours {
    /// The signing certificate.
    Leaf(String),
    /// One of the roots of AWS Signer.
    Root(BTreeSet<String>),
}

impl Ours {
    fn of(signer: Signer<'_>) -> Self {
        match signer {
            Signer::LocalKey(key) => Self::Leaf(key.chain().leaf().fingerprint()),
            Signer::SigningProfile(signer) => {
                let roots = signer.roots().for_partition(signer.profile().partition());
                Self::Root(roots.iter().map(|root| root.fingerprint()).collect())
            }
        }
    }

    fn claims(&self, listed: &Descriptor) -> bool {
        let claimed = candidate::claimed_thumbprints(listed);
        match self {
            Self::Leaf(leaf) => claimed.first() == Some(leaf),
            Self::Root(roots) => claimed.last().is_some_and(|root| roots.contains(root)),
        }
    }
}

/// The signer's own root, and for a signing profile that profile alone. The certificate of a local key is compared
/// afterwards.
fn trust_in(signer: Signer<'_>) -> Option<Trust> {
    match signer {
        Signer::LocalKey(key) => trust::in_root(key.chain().root()),
        Signer::SigningProfile(signer) => {
            trust::in_profiles(&[signer.profile().clone().into()], signer.roots().clone())
        }
    }
    .ok()
}

fn terms<'a>(trust: &'a Trust, order: &Order<'a>) -> Option<Terms<'a>> {
    let aws = match order.signer {
        Signer::LocalKey(_) => None,
        Signer::SigningProfile(signer) => Some(signer.aws()),
    };
    Some(Terms {
        trusted: Trusted::Statement(
            trust
                .trusted
                .terms_of(trust.trusted.policy().statements().first()?)
                .with_user_metadata(order.user_metadata),
        ),
        clock: order.clock,
        max_signatures: limits::SIGNATURES,
        until: Until::FirstVerified,
        aws,
    })
}

/// The same signer, verified now, and alive for at least half of its time: with less than all, a job that runs twice
/// would sign twice, and with nothing at all, an image would run out.
fn fits(outcome: &Outcome, envelope: &VerifiedEnvelope, order: &Order<'_>) -> bool {
    let signed = envelope.signed_attributes();
    let (scheme, now) = (signed.signing_scheme(), order.clock.now());
    let ours = match order.signer {
        Signer::LocalKey(key) => scheme == SigningScheme::X509 && envelope.chain().leaf() == key.chain().leaf(),
        // The policy names this profile and nothing else.
        Signer::SigningProfile(_) => scheme == SigningScheme::X509SigningAuthority && outcome.aws_signature().is_some(),
    };
    // A local key lives as long as is asked for, a signing profile as long as it was set up to.
    let lives = match (order.signer, order.expiry(now), signed.expiry()) {
        (Signer::LocalKey(_), Some(wanted), Some(found)) => found.duration_since(now) * 2 >= wanted.duration_since(now),
        (Signer::LocalKey(_), wanted, found) => wanted.is_none() && found.is_none(),
        (Signer::SigningProfile(_), _, Some(found)) => {
            let made = signed.signing_time().timestamp();
            found.duration_since(now) * 2 >= found.duration_since(made)
        }
        (Signer::SigningProfile(_), _, None) => true,
    };
    let is_young = match (order.existing, signed.signing_time()) {
        (Existing::KeepYoung(age), SigningTime::Authentic(made)) => now.duration_since(made).unsigned_abs() <= age,
        (Existing::KeepYoung(_), _) => false,
        _ => true,
    };
    ours && lives && is_young && outcome.decision() == Decision::Verified
}
