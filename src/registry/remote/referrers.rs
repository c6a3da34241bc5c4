//! Listing signatures: the referrers API, and the referrers tag index where there is no API or it lists nothing.

use http::{Method, StatusCode, header};
use notary::descriptor::media_type;
use notary::digest::Digest;
use oci_client::errors::OciErrorCode;
use serde_json::{Map, Value};

use super::super::answer::Answer;
use super::super::document;
use super::super::error::RegistryError;
use super::super::limits;
use super::super::listing::{Filtered, Listing, Mechanism};
use super::super::meter::Purpose;
use super::super::origin::{HostOrigin, shown};
use super::link;
use super::repository::{RemoteRepository, Support, value};

/// Names the filters that a registry applied (distribution specification, "Listing Referrers").
const FILTERS_APPLIED: &str = "oci-filters-applied";

/// The same as an annotation of the index (specification 1.1 before its release).
const FILTERS_ANNOTATION: &str = "org.opencontainers.referrers.filtersApplied";

/// What the referrers API answered.
#[derive(Clone, Debug)]
pub(crate) enum ApiAnswer {
    /// A listing, which may be empty.
    Listed(Listing),
    Unsupported,
}

impl RemoteRepository {
    /// All referrers of the artifact with an artifact type: by the referrers API; by the tag index as well where the API
    /// lists nothing or does not exist, since those that were pushed before a registry got the API stand there.
    ///
    /// # Errors
    /// A missing permission is [`RegistryError::Denied`], never an empty listing.
    pub(crate) async fn referrers(&self, subject: &Digest, artifact_type: &str) -> Result<Listing, RegistryError> {
        let (mut listing, mechanism) = match self.referrers_api(subject, artifact_type).await? {
            ApiAnswer::Listed(listing) if !listing.proves_unsigned() => return Ok(listing),
            ApiAnswer::Listed(listing) => (listing, Mechanism::Both),
            ApiAnswer::Unsupported => (Listing::empty(artifact_type, Mechanism::TagSchema), Mechanism::TagSchema),
        };
        listing.mechanism = mechanism;
        self.add_tag_schema(&mut listing, subject).await?;
        Ok(listing)
    }

    /// Adds what the tag index lists: one request.
    ///
    /// # Errors
    /// A tag that exists and is not an index is [`RegistryError::MediaType`] or [`RegistryError::Malformed`].
    pub(crate) async fn add_tag_schema(&self, listing: &mut Listing, subject: &Digest) -> Result<(), RegistryError> {
        if let Some(index) = self.tag_index(subject).await? {
            listing.take(document::entries(&index.what, &index.document)?, Filtered::No);
        }
        Ok(())
    }

    /// Asks the referrers API, page by page.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the registry says that the repository does not exist.
    pub(crate) async fn referrers_api(
        &self,
        subject: &Digest,
        artifact_type: &str,
    ) -> Result<ApiAnswer, RegistryError> {
        let what = format!("referrers of {}@{subject}", self.name());
        let query: String = url::form_urlencoded::byte_serialize(artifact_type.as_bytes()).collect();
        let path = format!("referrers/{subject}?artifactType={query}");
        let mut call = self.call(Purpose::Referrers, Method::GET, &path, &what)?;
        let mut listing = Listing::empty(artifact_type, Mechanism::ReferrersApi);
        for page in 0..limits::LISTING_PAGES {
            call = call.header(header::ACCEPT, value(media_type::IMAGE_INDEX)).cap(limits::LISTING_BYTES);
            let answer = self.inner.http.send(&call).await?;
            match judge(&answer, &what)? {
                Support::Yes => {}
                Support::No if page == 0 => {
                    self.note_referrers_api(Support::No);
                    return Ok(ApiAnswer::Unsupported);
                }
                Support::No => return Err(answer.refused(&Method::GET)),
            }
            let index = document::parse(&what, &answer.body)?;
            listing.take(document::entries(&what, &index)?, filtered(&answer, &index));
            self.note_referrers_api(Support::Yes);
            let next = next_page(&answer, &self.inner.origin)?.filter(|_| listing.complete);
            let Some(next) = next else { return Ok(ApiAnswer::Listed(listing)) };
            call = self.call_at(Purpose::Referrers, Method::GET, next, &what);
        }
        listing.complete = false;
        Ok(ApiAnswer::Listed(listing))
    }
}

/// Whether the answer is a listing. Registries without the API answer 404, and also 400, 405, 501 and other refusals; a
/// 200 that is not an index comes from something in front of them.
fn judge(answer: &Answer, what: &str) -> Result<Support, RegistryError> {
    match answer.status {
        StatusCode::OK if answer.media_type().as_deref() == Some(media_type::IMAGE_INDEX) => Ok(Support::Yes),
        StatusCode::OK => Ok(Support::No),
        StatusCode::NOT_FOUND if answer.error_code() == Some(OciErrorCode::NameUnknown) => {
            Err(answer.not_found(&Method::GET, what))
        }
        StatusCode::NOT_IMPLEMENTED => Ok(Support::No),
        StatusCode::REQUEST_TIMEOUT => Err(answer.refused(&Method::GET)),
        status if status.is_client_error() => Ok(Support::No),
        _ => Err(answer.refused(&Method::GET)),
    }
}

fn filtered(answer: &Answer, index: &Map<String, Value>) -> Filtered {
    let annotation = || index.get("annotations")?.get(FILTERS_ANNOTATION)?.as_str();
    let applied = answer.header(FILTERS_APPLIED).or_else(annotation).unwrap_or_default();
    match applied.split(',').any(|filter| filter.trim() == "artifactType") {
        true => Filtered::ByServer,
        false => Filtered::No,
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
