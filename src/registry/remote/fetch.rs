//! Reading: artifacts, signature manifests, envelopes.

use bytes::Bytes;
use http::{Method, StatusCode, header};
use notary::descriptor::Descriptor;
use notary::digest::Digest;
use notary::limits::MANIFEST_BYTES;

use super::super::answer::Answer;
use super::super::document::{self, MANIFEST_TYPES};
use super::super::error::RegistryError;
use super::super::excerpt::excerpt;
use super::super::listing::Resolved;
use super::super::meter::Purpose;
use super::repository::{RemoteRepository, Target, value};

/// The registry's own word for the digest of what it sends.
const CONTENT_DIGEST: &str = "docker-content-digest";

impl RemoteRepository {
    /// Reads the manifest or index that `target` names. After this the artifact is its digest, computed from the bytes;
    /// the media types of header and document agree.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when there is none; what the registry says of it and it says of itself must agree.
    pub(crate) async fn resolve(&self, target: Target<'_>) -> Result<Resolved, RegistryError> {
        let what = match target {
            Target::Tag(tag) => format!("{}:{tag}", self.name()),
            Target::Digest(digest) => format!("{}@{digest}", self.name()),
        };
        let call = self
            .call(Purpose::Manifest, Method::GET, &format!("manifests/{target}"), &what)?
            .header(header::ACCEPT, value(&MANIFEST_TYPES.join(", ")))
            .cap(MANIFEST_BYTES);
        let answer = found(self.inner.http.send(&call).await?, &what)?;
        let digest = digest_of(&answer, target, &what)?;
        let media_type = document::media_type_of(&what, answer.media_type().as_deref(), &answer.body)?;
        let descriptor = Descriptor { media_type, digest, ..Descriptor::of("", &answer.body) };
        Ok(Resolved {
            descriptor,
            #[cfg(test)]
            bytes: answer.body,
        })
    }

    /// Reads content by its descriptor, at most `cap` bytes: size and digest agree.
    ///
    /// # Errors
    /// [`RegistryError::TooLarge`] without a request when the descriptor is beyond the cap; [`RegistryError::Size`],
    /// [`RegistryError::Digest`], [`RegistryError::MediaType`] when the content is another.
    pub(crate) async fn fetch(&self, descriptor: &Descriptor, cap: u64) -> Result<Bytes, RegistryError> {
        let what = format!("{}@{}", self.name(), descriptor.digest);
        if descriptor.size > cap {
            return Err(RegistryError::TooLarge { what, limit: cap });
        }
        let answer = self.get(descriptor, descriptor.size, &what).await?;
        document::check_content(&what, descriptor, &answer.body)?;
        check_announced(&answer, descriptor, &what)?;
        Ok(answer.body)
    }

    /// Reads a manifest that a listing names, at most `cap` bytes. Its digest is what it is known by; what the listing says
    /// of its size is a hint.
    ///
    /// # Errors
    /// As [`Self::fetch`], but for the size.
    pub(crate) async fn fetch_listed(&self, listed: &Descriptor, cap: u64) -> Result<Bytes, RegistryError> {
        let what = format!("{}@{}", self.name(), listed.digest);
        let answer = self.get(listed, cap, &what).await?;
        document::check_digest(&what, &listed.digest, &answer.body)?;
        check_announced(&answer, listed, &what)?;
        Ok(answer.body)
    }

    /// Asks for content of this media type and digest. What comes is not compared with them.
    async fn get(&self, descriptor: &Descriptor, cap: u64, what: &str) -> Result<Answer, RegistryError> {
        let digest = &descriptor.digest;
        let call = if document::is_manifest(&descriptor.media_type) {
            self.call(Purpose::Manifest, Method::GET, &format!("manifests/{digest}"), what)?
                .header(header::ACCEPT, value(&descriptor.media_type))
        } else {
            self.call(Purpose::Blob, Method::GET, &format!("blobs/{digest}"), what)?
        };
        found(self.inner.http.send(&call.cap(cap)).await?, what)
    }
}

/// The header of a manifest names the media type that was asked for.
fn check_announced(answer: &Answer, descriptor: &Descriptor, what: &str) -> Result<(), RegistryError> {
    match answer.media_type().filter(|_| document::is_manifest(&descriptor.media_type)) {
        Some(announced) if announced != descriptor.media_type => Err(RegistryError::MediaType {
            what: what.to_owned(),
            found: excerpt(&announced),
            expected: descriptor.media_type.clone(),
        }),
        _ => Ok(()),
    }
}

fn found(answer: Answer, what: &str) -> Result<Answer, RegistryError> {
    match answer.status {
        StatusCode::OK => Ok(answer),
        StatusCode::NOT_FOUND => Err(answer.not_found(&Method::GET, what)),
        _ => Err(answer.refused(&Method::GET)),
    }
}

/// The digest of the body. It is the one that was asked for, or for a tag the one that the registry names, if it does.
fn digest_of(answer: &Answer, target: Target<'_>, what: &str) -> Result<Digest, RegistryError> {
    let named = match answer.header(CONTENT_DIGEST) {
        None => None,
        Some(text) => Some(Digest::parse(text).map_err(|error| RegistryError::Malformed {
            what: what.to_owned(),
            fact: format!("the digest in its header: {error}"),
        })?),
    };
    if let Some(named) = &named {
        document::check_digest(what, named, &answer.body)?;
    }
    match (target, named) {
        (Target::Digest(digest), _) => {
            document::check_digest(what, digest, &answer.body)?;
            Ok(digest.clone())
        }
        (Target::Tag(_), Some(named)) => Ok(named),
        (Target::Tag(_), None) => Ok(Digest::sha256(&answer.body)),
    }
}
