//! Signs one artifact: look, sign, push, read back.

use std::collections::BTreeMap;

use bytes::Bytes;
use notary::Timestamp;
use notary::certificate::CertificateChain;
use notary::descriptor::{Descriptor, media_type};
use notary::digest::Digest;
use notary::extension::aws_signer::AwsSignature;
use notary::payload;
use notary::sign;
use notary::signature_manifest::{self, Contents, EMPTY_CONFIG, ManifestForm};

use super::error::SigningError;
use super::existing::{self, Kept, Looked};
use super::order::{Existing, Order};
use crate::reference::Reference;
use crate::registry::hint::{ENVELOPE_HINT, hint_at};
use crate::registry::{First, Listed, Mechanism, SignaturePush, Source};
use crate::signer::Signer;

/// The result of signing one artifact.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// The artifact as resolved.
    pub(crate) artifact: Descriptor,
    /// Digest of the signature manifest.
    pub(crate) signature_manifest: Digest,
    pub(crate) work: Work,
    /// Where it is listed.
    pub(crate) published: Mechanism,
    /// What the registry's listing must not be read without.
    pub(crate) notes: Vec<String>,
    pub(crate) expiry: Option<Timestamp>,
    /// Until when a verifier accepts it, if it does not last forever.
    pub(crate) accepted_until: Option<Timestamp>,
    pub(crate) aws: Option<AwsSignature>,
    /// Why a signature by the same signer did not count, where its revocation status could not be determined.
    pub(crate) undecided: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Made, pushed and read back.
    Made,
    /// A signature that meets all requirements already existed.
    Found,
}

/// Signs one artifact, unless one that meets all requirements already exists.
///
/// # Errors
/// [`SigningError`]. When it comes after the push, the signature may be there: running the same command again
/// finds it or signs again.
pub(crate) async fn sign_artifact(
    source: &Source,
    reference: &Reference,
    order: &Order<'_>,
) -> Result<Signed, SigningError> {
    let config = Descriptor::of(media_type::EMPTY, EMPTY_CONFIG);
    let looked = source.look_before_signing(reference).await?;
    let artifact = looked.resolved.descriptor.plain();
    let mut made = None;
    let (listing, prepared) = match looked.first {
        First::Whole(listing) => (listing, None),
        First::NoneByApi(listing) if order.signer.makes_at_will() => {
            // What the API does not list is nearly always unsigned: the envelope need not wait for the tag index.
            let signature = made.insert(make(&artifact, &config, order).await?);
            let (listing, prepared) = source.list_and_send_ahead(listing, &signature.push).await?;
            (listing, Some(prepared))
        }
        First::NoApi(listing) | First::NoneByApi(listing) => {
            let (listing, prepared) = source.list_and_prepare(listing, &artifact.digest).await?;
            (listing, Some(prepared))
        }
        First::Refused(listing) => (source.list_by_tag(listing, &artifact.digest).await?, None),
    };
    let notes: Vec<_> = listing.notes.iter().map(ToString::to_string).collect();
    let looked_at = match order.existing {
        Existing::Keep | Existing::KeepYoung(_) => existing::find(source, &artifact, &listing.descriptors, order).await,
        Existing::SignAgain => Looked::Nothing,
    };
    let undecided = match looked_at {
        Looked::Kept(Kept { manifest: signature_manifest, expiry, accepted_until, aws }) => {
            let (work, published, undecided) = (Work::Found, listing.mechanism, None);
            return Ok(Signed {
                artifact,
                signature_manifest,
                work,
                published,
                notes,
                expiry,
                accepted_until,
                aws,
                undecided,
            });
        }
        Looked::Undecided(why) => Some(why),
        Looked::Nothing => None,
    };
    // Where signatures cannot be listed, a new one could not be found, and would be made by every run.
    if let Some(refusal) = listing.refused {
        return Err(SigningError::Registry(*refusal));
    }
    let signature = match made {
        Some(signature) => signature,
        None => make(&artifact, &config, order).await?,
    };
    let prepared = match prepared {
        Some(prepared) => prepared,
        None => source.send_ahead(&signature.push).await?,
    };
    let pushed = source.push_signature(prepared, &signature.push).await?;
    let published = match pushed.listed {
        Listed::ByApi { .. } => Mechanism::ReferrersApi,
        Listed::InTagIndex { .. } => Mechanism::TagSchema,
        Listed::InLayout => Mechanism::Layout,
    };
    let Made { expiry, accepted_until, aws, .. } = signature;
    let (signature_manifest, work) = (pushed.manifest.digest, Work::Made);
    Ok(Signed { artifact, signature_manifest, work, published, notes, expiry, accepted_until, aws, undecided })
}

/// A signature that was made, and not yet pushed.
struct Made {
    push: SignaturePush,
    expiry: Option<Timestamp>,
    accepted_until: Option<Timestamp>,
    aws: Option<AwsSignature>,
}

/// Signs, and puts together what a registry is to hold.
async fn make(artifact: &Descriptor, config: &Descriptor, order: &Order<'_>) -> Result<Made, SigningError> {
    let payload = payload::assemble(artifact, order.user_metadata)?;
    match order.signer {
        Signer::LocalKey(key) => {
            let now = order.clock.now();
            let unsigned = sign::prepare(&order.request(key, &payload, now))?;
            let signature = key.sign(unsigned.message())?;
            let envelope = unsigned.assemble(&signature)?;
            let stored = Stored {
                media_type: envelope.media_type(),
                bytes: envelope.bytes(),
                chain: key.chain(),
                signing_time: now,
                metadata: &BTreeMap::new(),
            };
            let expiry = order.expiry(now);
            // Nobody vouches for its time: it is judged by certificates as they are when it is verified.
            let accepted_until = expiry.into_iter().chain([key.expiring().not_after()]).min();
            Ok(Made { push: store(artifact, config, &stored, order.form), expiry, accepted_until, aws: None })
        }
        Signer::SigningProfile(signer) => {
            let signed = signer.sign(artifact, &payload).await?;
            let envelope = &signed.envelope;
            let stored = Stored {
                media_type: envelope.media_type(),
                bytes: envelope.bytes(),
                chain: envelope.chain(),
                signing_time: envelope.signing_time(),
                metadata: &signed.metadata,
            };
            Ok(Made {
                push: store(artifact, config, &stored, order.form),
                expiry: envelope.expiry(),
                // AWS vouches for the time: certificates are judged as they were then.
                accepted_until: envelope.expiry(),
                aws: Some(envelope.aws_signature().clone()),
            })
        }
    }
}

/// An envelope, and what its manifest says of it.
struct Stored<'a> {
    media_type: &'a str,
    bytes: &'a [u8],
    chain: &'a CertificateChain,
    signing_time: Timestamp,
    metadata: &'a BTreeMap<String, String>,
}

/// What a registry is to hold: the descriptor of the manifest as an index lists it, with type and annotations.
fn store(artifact: &Descriptor, config: &Descriptor, stored: &Stored<'_>, form: ManifestForm) -> SignaturePush {
    let envelope = Descriptor::of(stored.media_type, stored.bytes);
    let mut further = stored.metadata.clone();
    further.insert(ENVELOPE_HINT.to_owned(), hint_at(&envelope));
    let contents = Contents::new(artifact, &envelope, stored.chain, stored.signing_time).with_annotations(&further);
    let manifest = signature_manifest::assemble(form, &contents);
    let listed = Descriptor {
        annotations: signature_manifest::annotations(&contents),
        artifact_type: Some(media_type::SIGNATURE.to_owned()),
        ..Descriptor::of(media_type::IMAGE_MANIFEST, &manifest)
    };
    SignaturePush {
        subject: artifact.digest.clone(),
        config: (config.clone(), Bytes::from_static(EMPTY_CONFIG)),
        envelope: (envelope, Bytes::copy_from_slice(stored.bytes)),
        manifest: (listed, manifest.into()),
    }
}
