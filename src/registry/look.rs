//! Looks: what is asked of a source together, because the answers do not depend on each other.

use notary::descriptor::media_type;
use notary::digest::Digest;

use super::error::RegistryError;
use super::listing::{Listing, Mechanism, Resolved};
use super::remote::ApiAnswer;
use super::source::{ConfigBlob, Prepared, SignaturePush, Source};
use crate::reference::Reference;

/// What one round tells of an artifact that is to be signed.
#[derive(Debug)]
pub(crate) struct Looked {
    /// The artifact.
    pub(crate) resolved: Resolved,
    /// The signatures that are there, as far as one round goes.
    pub(crate) first: First,
    /// Whether the configuration of signatures is there.
    pub(crate) config: ConfigBlob,
}

/// A listing after one round.
#[derive(Debug)]
pub(crate) enum First {
    /// It is whole.
    Whole(Listing),
    /// The referrers API lists nothing; signatures from before the registry had it may be in the tag index.
    NoneByApi(Listing),
    /// The registry has no referrers API: everything is in the tag index.
    NoApi(Listing),
}

impl Source {
    /// Resolves an artifact and lists its signatures: at the same time for a reference with a digest.
    ///
    /// # Errors
    /// That of the artifact itself first.
    pub(crate) async fn resolve_and_list(&self, reference: &Reference) -> Result<(Resolved, Listing), RegistryError> {
        match reference.digest() {
            Some(digest) => {
                let (resolved, listing) = tokio::join!(self.resolve(reference), self.signatures(digest));
                Ok((resolved?, listing?))
            }
            None => {
                let resolved = self.resolve(reference).await?;
                let listing = self.signatures(&resolved.descriptor.digest).await?;
                Ok((resolved, listing))
            }
        }
    }

    /// Resolves an artifact, lists its signatures as far as one round goes, and looks for the configuration that
    /// signatures share. One round, and one more for a tag.
    ///
    /// # Errors
    /// That of the artifact itself first.
    pub(crate) async fn look_before_signing(
        &self,
        reference: &Reference,
        config: &Digest,
    ) -> Result<Looked, RegistryError> {
        let (resolved, first, config) = match reference.digest() {
            Some(digest) => {
                let (resolved, first, config) =
                    tokio::join!(self.resolve(reference), self.first_listing(digest), self.look_for_config(config));
                (resolved?, first?, config?)
            }
            None => {
                let resolved = self.resolve(reference).await?;
                let digest = &resolved.descriptor.digest;
                let (first, config) = tokio::join!(self.first_listing(digest), self.look_for_config(config));
                (resolved, first?, config?)
            }
        };
        Ok(Looked { resolved, first, config })
    }

    async fn first_listing(&self, subject: &Digest) -> Result<First, RegistryError> {
        let Self::Remote(remote) = self else { return self.signatures(subject).await.map(First::Whole) };
        Ok(match remote.referrers_api(subject, media_type::SIGNATURE).await? {
            ApiAnswer::Listed(listing) if !listing.proves_unsigned() => First::Whole(listing),
            ApiAnswer::Listed(listing) => First::NoneByApi(Listing { mechanism: Mechanism::Both, ..listing }),
            ApiAnswer::Unsupported => First::NoApi(Listing::empty(media_type::SIGNATURE, Mechanism::TagSchema)),
        })
    }

    /// Looks at the tag index, and meanwhile opens the uploads. One round.
    ///
    /// # Errors
    /// As any request.
    pub(crate) async fn list_and_prepare(
        &self,
        mut listing: Listing,
        subject: &Digest,
        config: ConfigBlob,
    ) -> Result<(Listing, Prepared), RegistryError> {
        let (added, prepared) = tokio::join!(self.add_tag_schema(&mut listing, subject), self.prepare(config));
        added?;
        Ok((listing, prepared?))
    }

    /// Looks at the tag index, which is expected to be empty, and meanwhile sends the blobs of a signature ahead. One
    /// round.
    ///
    /// # Errors
    /// As any request.
    pub(crate) async fn list_and_send_ahead(
        &self,
        mut listing: Listing,
        config: ConfigBlob,
        signature: &SignaturePush,
    ) -> Result<(Listing, Prepared), RegistryError> {
        let look = self.add_tag_schema(&mut listing, &signature.subject);
        let (added, prepared) = tokio::join!(look, self.send_ahead(config, signature));
        added?;
        Ok((listing, prepared?))
    }

    async fn add_tag_schema(&self, listing: &mut Listing, subject: &Digest) -> Result<(), RegistryError> {
        match self {
            Self::Remote(remote) => remote.add_tag_schema(listing, subject).await,
            Self::Layout(_) => Ok(()),
        }
    }
}
