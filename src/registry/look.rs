//! Looks: what is asked of a source together, because the answers do not depend on each other.

use notary::descriptor::media_type;
use notary::digest::Digest;

use super::error::RegistryError;
use super::listing::{First, Listing, Resolved};
use super::source::{Prepared, SignaturePush, Source};
use crate::reference::Reference;

/// What one round finds out about an artifact that is to be signed.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) resolved: Resolved,
    /// The signatures that exist, as far as one round shows.
    pub(crate) first: First,
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

    /// Resolves an artifact and lists its signatures as far as one round goes. One round, and one more for a tag.
    ///
    /// # Errors
    /// That of the artifact itself first.
    pub(crate) async fn look_before_signing(&self, reference: &Reference) -> Result<Looked, RegistryError> {
        let (resolved, first) = match reference.digest() {
            Some(digest) => {
                let (resolved, first) = tokio::join!(self.resolve(reference), self.first_listing(digest));
                (resolved?, first?)
            }
            None => {
                let resolved = self.resolve(reference).await?;
                let first = self.first_listing(&resolved.descriptor.digest).await?;
                (resolved, first)
            }
        };
        Ok(Looked { resolved, first })
    }

    async fn first_listing(&self, subject: &Digest) -> Result<First, RegistryError> {
        match self {
            Self::Remote(remote) => remote.first_referrers(subject, media_type::SIGNATURE).await,
            Self::Layout(_) => self.signatures(subject).await.map(First::Whole),
        }
    }

    /// Looks at the tag index. One round.
    ///
    /// # Errors
    /// As any request; what the referrers API refused, where the tag index lists nothing.
    pub(crate) async fn list_by_tag(&self, mut listing: Listing, subject: &Digest) -> Result<Listing, RegistryError> {
        self.add_tag_schema(&mut listing, subject).await?;
        Ok(listing)
    }

    /// Looks at the tag index, and meanwhile opens the uploads. One round.
    ///
    /// # Errors
    /// As any request.
    pub(crate) async fn list_and_prepare(
        &self,
        mut listing: Listing,
        subject: &Digest,
    ) -> Result<(Listing, Prepared), RegistryError> {
        let (added, prepared) = tokio::join!(self.add_tag_schema(&mut listing, subject), self.prepare());
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
        signature: &SignaturePush,
    ) -> Result<(Listing, Prepared), RegistryError> {
        let look = self.add_tag_schema(&mut listing, &signature.subject);
        let (added, prepared) = tokio::join!(look, self.send_ahead(signature));
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
