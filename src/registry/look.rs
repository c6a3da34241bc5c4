//! Looks: what is asked of a source together, because the answers do not depend on each other.

use notary::digest::Digest;

use super::listing::Mechanism;
use super::{ApiAnswer, ConfigBlob, Listing, Prepared, Reference, RegistryError, Resolved, Source};

/// What is known of an artifact before it is signed.
#[derive(Debug)]
pub(crate) struct Looked {
    /// The artifact.
    pub(crate) resolved: Resolved,
    /// The signatures that are there.
    pub(crate) listing: Listing,
    config: ConfigBlob,
    prepared: Option<Prepared>,
}

impl Looked {
    /// What a push needs that is not open yet is opened now.
    ///
    /// # Errors
    /// As any request; a missing permission to push shows here.
    pub(crate) async fn prepared(self, source: &Source) -> Result<Prepared, RegistryError> {
        match self.prepared {
            Some(prepared) => Ok(prepared),
            None => source.prepare(self.config).await,
        }
    }
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

    /// Resolves an artifact, lists its signatures and looks for what a signature needs beside it. Where no signature is
    /// listed at first, the uploads are opened while the tag index is looked at: two rounds, and one more for a tag.
    ///
    /// # Errors
    /// That of the artifact itself first.
    pub(crate) async fn look_before_signing(
        &self,
        reference: &Reference,
        config: &Digest,
    ) -> Result<Looked, RegistryError> {
        let (resolved, answer, config) = match reference.digest() {
            Some(digest) => {
                let (resolved, answer, config) =
                    tokio::join!(self.resolve(reference), self.first_listing(digest), self.look_for_config(config));
                (resolved?, answer?, config?)
            }
            None => {
                let resolved = self.resolve(reference).await?;
                let digest = &resolved.descriptor.digest;
                let (answer, config) = tokio::join!(self.first_listing(digest), self.look_for_config(config));
                (resolved, answer?, config?)
            }
        };
        let subject = resolved.descriptor.digest.clone();
        match (self, answer) {
            (_, First::All(listing)) => Ok(Looked { resolved, listing, config, prepared: None }),
            (Self::Layout(_), First::Begun(listing)) => Ok(Looked { resolved, listing, config, prepared: None }),
            (Self::Remote(remote), First::Begun(mut listing)) => {
                let (added, prepared) =
                    tokio::join!(remote.add_tag_schema(&mut listing, &subject), self.prepare(config));
                added?;
                Ok(Looked { resolved, listing, config, prepared: Some(prepared?) })
            }
        }
    }

    /// The listing as far as one round goes.
    async fn first_listing(&self, subject: &Digest) -> Result<First, RegistryError> {
        let Self::Remote(remote) = self else { return self.signatures(subject).await.map(First::All) };
        Ok(match remote.referrers_api(subject).await? {
            ApiAnswer::Listed(listing) if !listing.proves_unsigned() => First::All(listing),
            ApiAnswer::Listed(listing) => First::Begun(Listing { mechanism: Mechanism::Both, ..listing }),
            ApiAnswer::Unsupported => First::Begun(Listing::empty(Mechanism::TagSchema)),
        })
    }
}

/// A listing after one round.
enum First {
    /// It is whole.
    All(Listing),
    /// The tag index is still to be looked at.
    Begun(Listing),
}
