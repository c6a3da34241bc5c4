//! Making sure that a pushed signature is listed: verifiers find it only through a listing.

use bytes::Bytes;
use notary::descriptor::Descriptor;
use notary::digest::Digest;

use super::super::error::RegistryError;
use super::super::listing::Listed;
use super::push::Subject;
use super::referrers::{ApiAnswer, Wanted};
use super::repository::{RemoteRepository, Support};
use super::tag_index;

impl RemoteRepository {
    /// Makes sure that a signature manifest, just pushed, is listed: by the referrers API, which is asked, since
    /// registries lose entries of signers that push at the same time; else by an entry in the tag index.
    ///
    /// # Errors
    /// The refusal of a registry that has the referrers API; [`RegistryError::NotListed`] when the registry says that it recorded the subject, and does not list it;
    /// [`RegistryError::TagIndexLost`] when others kept overwriting the tag index.
    pub(crate) async fn record_referrer(
        &self,
        subject: &Digest,
        manifest: &Descriptor,
        content: &Bytes,
        said: Subject,
    ) -> Result<Listed, RegistryError> {
        if self.referrers_api_support() == Some(Support::No) && said == Subject::NotReported {
            return self.add_to_tag_index(subject, manifest).await;
        }
        let settings = self.inner.http.settings().tag_index;
        let artifact_type = manifest.artifact_type.as_deref().unwrap_or_default();
        let mut pauses = tag_index::pauses(&settings);
        let (mut rounds, mut seen) = (1, false);
        loop {
            let listing = match self.referrers_api(subject, artifact_type, Wanted::OfType).await? {
                ApiAnswer::Listed(listing) => listing,
                ApiAnswer::None(_) => return self.add_to_tag_index(subject, manifest).await,
                ApiAnswer::Refused(mut listing) => {
                    // Where the registry has the API no tag is written. Elsewhere verifiers look at the tag after a refusal.
                    match listing.refused.take().filter(|_| self.referrers_api_support() == Some(Support::Known)) {
                        Some(refusal) => return Err(*refusal),
                        None => return self.add_to_tag_index(subject, manifest).await,
                    }
                }
            };
            let is_it = |listed: &Descriptor| listed.digest == manifest.digest;
            if listing.descriptors.iter().any(is_it) || self.left_out(&listing, subject).await.iter().any(is_it) {
                // Once the entry was lost, it has to be seen twice.
                if rounds == 1 || seen {
                    return Ok(Listed::ByApi { rounds });
                }
                seen = true;
            } else if said == Subject::NotReported {
                return self.add_to_tag_index(subject, manifest).await;
            } else if !listing.complete {
                // Beyond the cap it cannot be seen; the registry's word has to do.
                return Ok(Listed::ByApi { rounds });
            } else if rounds == settings.rounds {
                let (subject, manifest) = (subject.clone(), manifest.digest.clone());
                return Err(RegistryError::NotListed { repository: self.name().to_owned(), subject, manifest, rounds });
            } else {
                seen = false;
                rounds += 1;
                self.push_manifest(manifest, content, subject).await?;
            }
            tokio::time::sleep(pauses.next().unwrap_or(settings.pause)).await;
        }
    }
}
