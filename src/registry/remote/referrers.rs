//! Listing signatures: the referrers API, and the referrers tag index where there is no API or it lists nothing.
//!
//! Three answers are possible. The API lists. Or there is none for this listing: the registry refuses in any way but those
//! that may pass or that a permission would change, answers with something that is no index, or points to another host; then
//! the tag index decides, and the report says so. Or the API refuses for now, or for lack of a permission, or although the
//! registry is known to have it: what the tag index lists may still be good, and that it lists nothing means nothing.

use futures_util::StreamExt as _;
use http::{Method, StatusCode, header};
use notary::descriptor::{Descriptor, media_type};
use notary::digest::Digest;
use notary::limits::MANIFEST_BYTES;
use oci_client::errors::OciErrorCode;

use super::super::answer::Answer;
use super::super::document;
use super::super::error::{Kind, RegistryError};
use super::super::excerpt::excerpt;
use super::super::limits;
use super::super::listing::{First, Listing, ManifestSays, Mechanism};
use super::super::meter::Purpose;
use super::super::note::NoApi;
use super::super::origin::{HostOrigin, shown};
use super::link;
use super::repository::{RemoteRepository, Support, value};
use super::tag_index::UnderTag;

/// Manifests of one listing that are read at the same time to know what they are.
const READ_AT_ONCE: usize = 4;

/// Names the filters that a registry applied (distribution specification, "Listing Referrers").
const FILTERS_APPLIED: &str = "oci-filters-applied";

/// What the referrers API is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// What the registry holds to be of the artifact type.
    OfType,
    /// Everything, of which only what may be meant is kept.
    All,
}

/// What the referrers API answered.
#[derive(Debug)]
pub(crate) enum ApiAnswer {
    /// A listing, which may be empty.
    Listed(Listing),
    /// There is no API for this listing, and why.
    None(NoApi),
    /// It refused, after what it has listed so far.
    Refused(Listing),
}

impl RemoteRepository {
    /// All referrers of the artifact with an artifact type: by the referrers API; by the tag index as well where the API
    /// lists nothing, refuses, or does not exist, since those that were pushed before a registry got the API stand there.
    ///
    /// # Errors
    /// A refusal is an error where the tag index lists nothing, never an empty listing.
    pub(crate) async fn referrers(&self, subject: &Digest, artifact_type: &str) -> Result<Listing, RegistryError> {
        let mut listing = match self.first_referrers(subject, artifact_type).await? {
            First::Whole(listing) => return Ok(listing),
            First::NoneByApi(listing) | First::NoApi(listing) | First::Refused(listing) => listing,
        };
        self.add_tag_schema(&mut listing, subject).await?;
        Ok(listing)
    }

    /// What the referrers API lists: one round, and one more where it does not say what it lists.
    ///
    /// # Errors
    /// What is no answer of the registry at all.
    pub(crate) async fn first_referrers(&self, subject: &Digest, artifact_type: &str) -> Result<First, RegistryError> {
        Ok(match self.referrers_api(subject, artifact_type, Wanted::OfType).await? {
            ApiAnswer::Listed(mut listing) => {
                self.settle(&mut listing).await;
                match listing.proves_unsigned() {
                    true => First::NoneByApi(Listing { mechanism: Mechanism::Both, ..listing }),
                    false => First::Whole(listing),
                }
            }
            ApiAnswer::None(why) => {
                let notes = vec![why.into()];
                First::NoApi(Listing { notes, ..Listing::empty(artifact_type, Mechanism::TagSchema) })
            }
            ApiAnswer::Refused(listing) => First::Refused(Listing { mechanism: Mechanism::Both, ..listing }),
        })
    }

    /// Adds what the tag index lists, and what a filter of the referrers API may have left out: one round.
    ///
    /// # Errors
    /// An index that cannot be read; the refusal of the API where nothing is listed in the end.
    pub(crate) async fn add_tag_schema(&self, listing: &mut Listing, subject: &Digest) -> Result<(), RegistryError> {
        let (under_tag, left_out) = tokio::join!(self.tag_index(subject), self.left_out(listing, subject));
        listing.take(left_out.into_iter().map(Some));
        match under_tag {
            Ok(UnderTag::Index(index)) => listing.take(document::entries(&index.what, &index.document)?),
            Ok(UnderTag::Other { found, .. }) => listing.notes.push(found.into()),
            Ok(UnderTag::Nothing) => {}
            // What was asked first says more.
            Err(error) => return Err(listing.refused.take().map_or(error, |refusal| *refusal)),
        }
        self.settle(listing).await;
        listing.or_refusal()
    }

    /// What a registry's filter left out and what may be meant nevertheless: some registries take the type of the
    /// configuration for that of the artifact. Nothing where it does not filter. The filtered listing is an answer already,
    /// so that no failure here is one.
    pub(super) async fn left_out(&self, listing: &Listing, subject: &Digest) -> Vec<Descriptor> {
        if !listing.filtered {
            return Vec::new();
        }
        match self.referrers_api(subject, &listing.artifact_type, Wanted::All).await {
            Ok(ApiAnswer::Listed(all)) => all.descriptors,
            _ => Vec::new(),
        }
    }

    /// Asks the referrers API, page by page.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the registry says that the repository does not exist, and what is no answer of it.
    pub(crate) async fn referrers_api(
        &self,
        subject: &Digest,
        artifact_type: &str,
        wanted: Wanted,
    ) -> Result<ApiAnswer, RegistryError> {
        let what = format!("referrers of {}@{subject}", self.name());
        let query: String = url::form_urlencoded::byte_serialize(artifact_type.as_bytes()).collect();
        let path = match wanted {
            Wanted::OfType => format!("referrers/{subject}?artifactType={query}"),
            Wanted::All => format!("referrers/{subject}"),
        };
        let mut call = self.call(Purpose::Referrers, Method::GET, &path, &what)?;
        let mut listing = Listing::empty(artifact_type, Mechanism::ReferrersApi);
        for page in 0..limits::LISTING_PAGES {
            call = call.header(header::ACCEPT, value(media_type::IMAGE_INDEX)).cap(limits::LISTING_BYTES);
            let judged = match self.inner.http.send(&call).await {
                Ok(answer) => judge(&answer, &what).map(|why| (answer, why)),
                Err(error) => Err(error),
            };
            let answer = match judged {
                Ok((answer, None)) => answer,
                Ok((_, Some(why))) if page == 0 && self.referrers_api_support() != Some(Support::Known) => {
                    if wanted == Wanted::OfType {
                        self.note_referrers_api(Support::No);
                    }
                    return Ok(ApiAnswer::None(why));
                }
                Ok((answer, Some(_))) => {
                    let (host, answer) = (self.inner.origin.to_string(), Box::new(answer.quoted(&Method::GET)));
                    let refusal = RegistryError::ListingRefused { host, what, answer };
                    return Ok(ApiAnswer::Refused(listing.refused(refusal)));
                }
                Err(error) if matches!(error.kind(), Kind::Denied | Kind::Unavailable) => {
                    return Ok(ApiAnswer::Refused(listing.refused(error)));
                }
                Err(error) => return Err(error),
            };
            let index = document::parse(&what, &answer.body)?;
            listing.take(document::entries(&what, &index)?);
            listing.filtered |= answer.header(FILTERS_APPLIED).is_some();
            let next = next_page(&answer, &self.inner.origin)?.filter(|_| listing.complete);
            let Some(next) = next else { return Ok(ApiAnswer::Listed(listing)) };
            call = self.call_at(Purpose::Referrers, Method::GET, next, &what);
        }
        listing.complete = false;
        Ok(ApiAnswer::Listed(listing))
    }

    /// Reads the manifests of entries that do not say what they are, and drops those that are something else. One that
    /// cannot be read stays: it may be a signature.
    async fn settle(&self, listing: &mut Listing) {
        let untyped: Vec<_> =
            listing.untyped().take(limits::LISTING_UNTYPED).map(|(place, entry)| (place, entry.plain())).collect();
        if untyped.is_empty() {
            return;
        }
        let artifact_type = listing.artifact_type.clone();
        let found = futures_util::stream::iter(untyped)
            .map(|(place, entry)| {
                let artifact_type = &artifact_type;
                async move { Some((place, self.manifest_says(&entry, artifact_type).await?)) }
            })
            .buffer_unordered(READ_AT_ONCE)
            .filter_map(std::future::ready)
            .collect()
            .await;
        listing.settle(found);
    }

    async fn manifest_says(&self, entry: &Descriptor, artifact_type: &str) -> Option<ManifestSays> {
        // Whatever it claims: the bytes are read under this cap.
        let _room = self.room().take(MANIFEST_BYTES).await;
        let bytes = self.fetch_listed(entry, MANIFEST_BYTES).await.ok()?;
        let manifest = document::parse(self.name(), &bytes).ok()?;
        Some(match document::artifact_type(&entry.media_type, &manifest).ok()? {
            Some(found) if found == artifact_type => ManifestSays::Meant(document::annotations(&manifest)),
            _ => ManifestSays::Other,
        })
    }
}

/// Nothing for a listing; otherwise why there is none. Registries without the API answer 404, and also 400, 405, 501 and
/// other refusals; a 200 that is not an index comes from something in front of them.
///
/// # Errors
/// A repository that does not exist, and a failure of the server. Missing permissions and what may pass never get here.
fn judge(answer: &Answer, what: &str) -> Result<Option<NoApi>, RegistryError> {
    let media_type = answer.media_type();
    match answer.status {
        StatusCode::OK if media_type.as_deref() == Some(media_type::IMAGE_INDEX) => Ok(None),
        StatusCode::OK => Ok(Some(NoApi::NotAnIndex(excerpt(&media_type.unwrap_or_default())))),
        StatusCode::NOT_FOUND if answer.error_code() == Some(OciErrorCode::NameUnknown) => {
            Err(answer.not_found(&Method::GET, what))
        }
        StatusCode::NOT_IMPLEMENTED => Ok(Some(NoApi::Status(answer.status.as_u16()))),
        status if status.is_server_error() => Err(answer.refused(&Method::GET)),
        status => match answer.redirect()? {
            Some(elsewhere) => Ok(Some(NoApi::Elsewhere(excerpt(elsewhere.host_str().unwrap_or_default())))),
            None => Ok(Some(NoApi::Status(status.as_u16()))),
        },
    }
}

/// The next page, which must be at the same registry: our credential goes there.
fn next_page(answer: &Answer, registry: &HostOrigin) -> Result<Option<url::Url>, RegistryError> {
    let Some(target) = link::next(&answer.headers) else { return Ok(None) };
    let from = || answer.origin.to_string();
    let malformed =
        |_| RegistryError::Malformed { what: from(), fact: "the Link to its next page is not a URL".into() };
    let url = answer.url.join(&target).map_err(malformed)?;
    if HostOrigin::of(&url).as_ref() != Some(registry) {
        return Err(RegistryError::Hop { from: from(), to: shown(&url), fact: "the next page is at another host" });
    }
    Ok(Some(url))
}
