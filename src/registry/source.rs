//! Where an image and its signatures are: what is asked of registries and layouts alike.

use bytes::Bytes;
use notary::descriptor::{Descriptor, media_type};
use notary::digest::Digest;

use super::error::RegistryError;
use super::granted::Authorization;
use super::layout::OciLayout;
use super::listing::{Listed, Listing, Resolved};
use super::remote::{Blob, RemoteRepository, Subject, Target};
use super::room::Room;
use crate::reference::Reference;

/// Where an image and its signatures are. Clones share everything, so that steps can run at the same time.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Remote(RemoteRepository),
    Layout(OciLayout),
}

/// A signature to be stored.
#[derive(Clone, Debug)]
pub(crate) struct SignaturePush {
    pub(crate) subject: Digest,
    /// The configuration that the manifest names.
    pub(crate) config: (Descriptor, Bytes),
    pub(crate) envelope: (Descriptor, Bytes),
    /// The signature manifest: its descriptor with artifact type and annotations, as an index shall list it.
    pub(crate) manifest: (Descriptor, Bytes),
}

/// What was done ahead of a push.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    envelope: Blob,
    config: Blob,
}

/// A signature that was stored and read back.
#[derive(Clone, Debug)]
pub(crate) struct Pushed {
    pub(crate) manifest: Descriptor,
    pub(crate) listed: Listed,
}

/// Why a signature is not stored for sure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    /// It was not taken.
    #[error(transparent)]
    NotTaken(RegistryError),
    /// It was taken, and then not shown to be there as it was sent, and listed.
    #[error(transparent)]
    Unproven(RegistryError),
}

#[cfg(test)]
impl PushError {
    /// What went wrong, before or after.
    pub(crate) fn into_inner(self) -> RegistryError {
        match self {
            Self::NotTaken(error) | Self::Unproven(error) => error,
        }
    }
}

impl Source {
    /// The reference by its digest: its own, or else that which is behind its tag now, for which the registry is asked. What is done
    /// from then on is done to one artifact, wherever the tag moves.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub(crate) async fn by_digest(&self, reference: &Reference) -> Result<Reference, RegistryError> {
        Ok(match reference.digest() {
            Some(digest) => reference.by_digest(digest),
            None => reference.by_digest(&self.resolve(reference).await?.descriptor.digest),
        })
    }

    /// Reads the artifact that `reference` names; where it has a digest, that counts. One round.
    ///
    /// # Errors
    /// Not found, denied, unavailable, or what comes contradicts itself.
    pub(crate) async fn resolve(&self, reference: &Reference) -> Result<Resolved, RegistryError> {
        match (self, reference.digest(), reference.tag()) {
            (Self::Remote(remote), Some(digest), _) => remote.resolve(Target::Digest(digest)).await,
            (Self::Remote(remote), None, tag) => remote.resolve(Target::Tag(tag.unwrap_or_default())).await,
            (Self::Layout(layout), Some(digest), _) => layout.resolve_digest(digest).await,
            (Self::Layout(layout), None, tag) => layout.resolve_tag(tag.unwrap_or_default()).await,
        }
    }

    /// All signatures of the artifact. One round by the referrers API, one more where it is missing or lists none, or where the
    /// listing does not say what it lists.
    ///
    /// # Errors
    /// A missing permission is an error, never an empty listing.
    pub(crate) async fn signatures(&self, subject: &Digest) -> Result<Listing, RegistryError> {
        match self {
            Self::Remote(remote) => remote.referrers(subject, media_type::SIGNATURE).await,
            Self::Layout(layout) => layout.referrers(subject, media_type::SIGNATURE).await,
        }
    }

    /// Reads a manifest that a listing names, at most `cap` bytes. One round.
    ///
    /// # Errors
    /// Digest and media type are those of the listing, or it is an error; the size that a registry's listing says is a hint.
    pub(crate) async fn fetch_listed(&self, listed: &Descriptor, cap: u64) -> Result<Bytes, RegistryError> {
        match self {
            Self::Remote(remote) => remote.fetch_listed(listed, cap).await,
            Self::Layout(layout) => layout.fetch(listed, cap).await,
        }
    }

    /// Reads a signature manifest or envelope, at most `cap` bytes. One round.
    ///
    /// # Errors
    /// Size, digest and (for manifests) media type are those of the descriptor, or it is an error.
    pub(crate) async fn fetch(&self, descriptor: &Descriptor, cap: u64) -> Result<Bytes, RegistryError> {
        match self {
            Self::Remote(remote) => remote.fetch(descriptor, cap).await,
            Self::Layout(layout) => layout.fetch(descriptor, cap).await,
        }
    }

    /// The room for what is fetched, shared by all images of the run.
    #[must_use]
    pub(crate) fn room(&self) -> &Room {
        match self {
            Self::Remote(remote) => remote.room(),
            Self::Layout(layout) => layout.room(),
        }
    }

    /// How the requests so far were authorized; nothing for an image layout.
    pub(crate) fn authorization(&self) -> Option<Authorization> {
        match self {
            Self::Remote(remote) => Some(remote.authorization()),
            Self::Layout(_) => None,
        }
    }

    /// Opens the uploads that a push will need. One round, which can run before it is known what will be sent.
    ///
    /// # Errors
    /// As any request; a missing permission to push shows here.
    pub(crate) async fn prepare(&self) -> Result<Prepared, RegistryError> {
        let Self::Remote(remote) = self else { return Ok(Prepared::default()) };
        let (envelope, config) = tokio::try_join!(remote.open_upload(), remote.open_upload())?;
        Ok(Prepared { envelope: Blob::Open(envelope), config: Blob::Open(config) })
    }

    /// Sends the blobs of a signature ahead of its manifest, each in one request where the registry takes that. One
    /// round. Without a manifest that names them they mean nothing, and the registry forgets them.
    ///
    /// # Errors
    /// As any request; a missing permission to push shows here.
    pub(crate) async fn send_ahead(&self, signature: &SignaturePush) -> Result<Prepared, RegistryError> {
        let Self::Remote(remote) = self else { return Ok(Prepared::default()) };
        let SignaturePush { envelope, config, .. } = signature;
        let (envelope, config) = tokio::try_join!(
            remote.upload_at_once(&envelope.0, &envelope.1),
            remote.upload_at_once(&config.0, &config.1)
        )?;
        Ok(Prepared { envelope, config })
    }

    /// Stores a signature and reads it back: blobs, then the manifest, then the look whether both are there as they were
    /// sent, beside the look whether it is listed, with the tag index where the registry needs one. Three rounds after [`Self::prepare`].
    ///
    /// # Errors
    /// As any request, before the registry has taken the signature or after; what is read back is not what was sent.
    pub(crate) async fn push_signature(
        &self,
        prepared: Prepared,
        signature: &SignaturePush,
    ) -> Result<Pushed, PushError> {
        let manifest = &signature.manifest.0;
        let listed = match self {
            Self::Remote(remote) => {
                let subject = send(remote, prepared, signature).await.map_err(PushError::NotTaken)?;
                self.prove(remote, signature, subject).await.map_err(PushError::Unproven)?
            }
            Self::Layout(layout) => {
                let blobs = [&signature.config, &signature.envelope, &signature.manifest].map(Clone::clone);
                layout.push(blobs.to_vec(), manifest.clone()).await.map_err(PushError::NotTaken)?;
                self.read_back(signature).await.map_err(PushError::Unproven)?;
                Listed::InLayout
            }
        };
        Ok(Pushed { manifest: manifest.clone(), listed })
    }

    /// Makes sure that a signature that the registry took is there, whole and listed.
    async fn prove(
        &self,
        remote: &RemoteRepository,
        signature: &SignaturePush,
        said: Subject,
    ) -> Result<Listed, RegistryError> {
        let (manifest, content) = &signature.manifest;
        let listed = remote.record_referrer(&signature.subject, manifest, content, said);
        let (listed, ()) = tokio::try_join!(listed, self.read_back(signature))?;
        Ok(listed)
    }

    /// Reads manifest and envelope again, at the same time. Their digests are compared with what was sent.
    async fn read_back(&self, signature: &SignaturePush) -> Result<(), RegistryError> {
        let fetch = |descriptor: &Descriptor| {
            let (source, descriptor) = (self.clone(), descriptor.clone());
            async move {
                source.fetch(&descriptor, descriptor.size).await.map_err(|error| match error {
                    // The image is there: what is missing is what was just taken.
                    RegistryError::NotFound { what, answer } => RegistryError::NotStored { what, answer },
                    other => other,
                })
            }
        };
        tokio::try_join!(fetch(&signature.manifest.0), fetch(&signature.envelope.0))?;
        Ok(())
    }
}

/// Sends the blobs, then the manifest. What the registry says of the subject tells whether it will list the signature.
async fn send(
    remote: &RemoteRepository,
    prepared: Prepared,
    signature: &SignaturePush,
) -> Result<Subject, RegistryError> {
    // The configuration is two bytes, the same for all signatures, and is always sent: registries answer the question whether
    // they have it in many ways, also wrongly.
    let config = finish_blob(remote, prepared.config, &signature.config);
    tokio::try_join!(config, finish_blob(remote, prepared.envelope, &signature.envelope))?;
    let (manifest, content) = &signature.manifest;
    remote.push_manifest(manifest, content, &signature.subject).await
}

/// Sends what of a blob is not there yet.
async fn finish_blob(
    remote: &RemoteRepository,
    known: Blob,
    (descriptor, content): &(Descriptor, Bytes),
) -> Result<(), RegistryError> {
    match known {
        Blob::Stored => Ok(()),
        Blob::Open(upload) => remote.push_blob(Some(upload), descriptor, content).await,
        Blob::Unknown => remote.push_blob(None, descriptor, content).await,
    }
}
