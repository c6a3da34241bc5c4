//! Whether a signature that is already there meets all that is asked for. In doubt it does not, and we sign.

use std::collections::BTreeMap;

use notary::Timestamp;
use notary::certificate::CertificateChain;
use notary::descriptor::Descriptor;
use notary::extension::aws_signer::AwsRoots;
use notary::limits;
use notary::signing_scheme::SigningScheme;
use notary::trust_policy::TrustPolicy;
use notary::trust_store::{TrustStore, TrustStoreName, TrustStoreType, TrustStores};
use notary::verify::{Decision, Outcome};

use super::Order;
use crate::command::candidate;
use crate::command::verify::{Found, Terms, judge};
use crate::registry::Source;

/// Signatures of the same signer that are looked at. A signer that asks for the same thing again finds it among the
/// first; more than these only cost time.
const LOOKED_AT: usize = 8;

/// Finds a signature by the same certificate that passes everything now, carries the metadata and lives long enough.
/// Only those whose annotation names our certificate are looked at.
pub(super) async fn find(
    source: &Source,
    artifact: &Descriptor,
    listed: &[Descriptor],
    order: &Order<'_>,
) -> Option<Descriptor> {
    let chain = order.signer.chain();
    let ours = chain.leaf().fingerprint();
    let claimed = |descriptor: &&Descriptor| candidate::claimed_thumbprints(descriptor).first() == Some(&ours);
    let mut candidates = listed.iter().filter(claimed).take(LOOKED_AT).peekable();
    // Nearly every image that is signed is unsigned before: nothing to judge, so nothing to judge it by.
    candidates.peek()?;
    let trust = Trust::in_chain(chain)?;
    for descriptor in candidates {
        let Ok(fetched) = candidate::fetch(source, descriptor, &artifact.digest).await else { continue };
        if fetched.manifest.form() != Some(order.form) {
            continue;
        }
        let terms = trust.terms(order.user_metadata, order.now)?;
        if let Found::Judged { outcome, .. } = judge(&fetched, artifact, &terms)
            && fits(&outcome, chain, order.now, order.expiry())
        {
            return Some(descriptor.clone());
        }
    }
    None
}

/// The signer's own root and any identity: the certificate itself is compared afterwards.
struct Trust {
    policy: TrustPolicy,
    stores: TrustStores,
    aws_roots: AwsRoots,
}

impl Trust {
    fn in_chain(chain: &CertificateChain) -> Option<Self> {
        let name = TrustStoreName::new(TrustStoreType::Ca, "signer").ok()?;
        let policy = TrustPolicy::strict("signer", &["*"], std::slice::from_ref(&name), &["*"]).ok()?;
        let mut stores = TrustStores::new();
        stores.insert(Ok(TrustStore::new(name, vec![chain.root().clone()]).ok()?));
        Some(Self { policy, stores, aws_roots: AwsRoots::embedded() })
    }

    fn terms<'a>(&'a self, user_metadata: &'a BTreeMap<String, String>, now: Timestamp) -> Option<Terms<'a>> {
        let statement = self.policy.statements().first()?;
        Some(Terms {
            statement,
            trust_stores: &self.stores,
            aws_roots: &self.aws_roots,
            user_metadata,
            now,
            max_signatures: limits::SIGNATURES,
        })
    }
}

/// The same certificate, verified now, and alive for at least half of the time that is asked for: with less than all,
/// a job that runs twice would sign twice, and with nothing at all, an image would run out.
fn fits(outcome: &Outcome, chain: &CertificateChain, now: Timestamp, expiry: Option<Timestamp>) -> bool {
    let Some(envelope) = outcome.envelope() else { return false };
    let signed = envelope.signed_attributes();
    let lives = match (expiry, signed.expiry()) {
        (None, None) => true,
        (Some(wanted), Some(found)) => found.duration_since(now) * 2 >= wanted.duration_since(now),
        (None, Some(_)) | (Some(_), None) => false,
    };
    outcome.decision() == Decision::Verified
        && signed.signing_scheme() == SigningScheme::X509
        && envelope.chain().leaf() == chain.leaf()
        && lives
}
