//! Candidates: what a listing says are signatures of an artifact, fetched and read as far as they go.

use bytes::Bytes;
use futures_util::future::{Either, select};
use notary::descriptor::{Descriptor, media_type};
use notary::digest::Digest;
use notary::json;
use notary::limits;
use notary::signature_manifest::{self, ManifestForm, SignatureManifest, SignatureManifestError};

use crate::registry::hint::hinted_envelope;
use crate::registry::{Kind, RegistryError, Source, Taken};
use crate::report::{Reason, build};

/// What a signature manifest says that is needed further on. The rest, up to 4 MiB of it, is dropped once it was read.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// Its form; none for the withdrawn artifact manifest.
    pub(crate) form: Option<ManifestForm>,
    /// The envelope: media type, digest and size.
    pub(crate) envelope: Descriptor,
}

/// An envelope that was fetched; size and digest agree with its manifest.
#[derive(Debug)]
pub(crate) struct Fetched<'a> {
    /// What its manifest says.
    pub(crate) manifest: Named,
    pub(crate) envelope: Bytes,
    /// Its share of the room, held until it was judged.
    _room: Taken<'a>,
}

#[cfg(test)]
impl Fetched<'_> {
    /// One that takes no room.
    pub(crate) const fn in_a_test(manifest: Named, envelope: Bytes) -> Self {
        Self { manifest, envelope, _room: Taken::nothing() }
    }
}

/// How far a candidate was fetched.
#[derive(Debug)]
pub(crate) enum Looked<'a> {
    Fetched(Fetched<'a>),
    /// Its envelope is large, and has to wait until all small ones were judged.
    Large(Named),
}

/// Why a listed manifest yields no envelope.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CandidateError {
    #[error("{text}")]
    Manifest {
        /// Stable name of the reason.
        code: &'static str,
        /// The reason, cut where it repeats the manifest.
        text: String,
    },
    #[error("signature manifest has more than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("signature manifest names an envelope of {found} bytes, at most {limit} are read")]
    EnvelopeTooLarge {
        /// Bytes that the manifest claims.
        found: u64,
        limit: u64,
    },
    /// The listing says that it is something else than a manifest.
    #[error("listing gives the signature manifest media type {found:?}, expected {:?}", media_type::IMAGE_MANIFEST)]
    MediaType {
        /// As the listing has it.
        found: String,
    },
    #[error("signature manifest names subject {found}, expected {expected}")]
    Subject {
        /// As the manifest has it.
        found: Digest,
        expected: Digest,
    },
    /// It could not be fetched, or what came is not what was asked for.
    #[error(transparent)]
    Fetch(#[from] RegistryError),
}

impl From<SignatureManifestError> for CandidateError {
    /// One of many candidates must not keep in memory what a stranger wrote into a manifest.
    fn from(error: SignatureManifestError) -> Self {
        Self::Manifest { code: error.code(), text: Reason::new(error.code(), build::in_full(&error)).text }
    }
}

impl CandidateError {
    /// Stable name of the reason.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Manifest { code, .. } => code,
            Self::TooLarge { .. } => "manifest-too-large",
            Self::EnvelopeTooLarge { .. } => "envelope-too-large",
            Self::MediaType { .. } => "manifest-media-type",
            Self::Subject { .. } => "manifest-subject-mismatch",
            Self::Fetch(error) => error.code(),
        }
    }
}

impl CandidateError {
    /// What the registry or layout has to do with it.
    pub(crate) const fn registry(&self) -> Option<&RegistryError> {
        match self {
            Self::Fetch(error) => Some(error),
            Self::Manifest { .. }
            | Self::TooLarge { .. }
            | Self::EnvelopeTooLarge { .. }
            | Self::MediaType { .. }
            | Self::Subject { .. } => None,
        }
    }

    /// Whether nothing is known about the signature itself: another try, or another credential, might tell.
    pub(crate) fn is_unjudged(&self) -> bool {
        self.registry().is_some_and(|error| matches!(error.kind(), Kind::Unavailable | Kind::Denied))
    }
}

/// Fetches one candidate, whatever its size.
pub(crate) async fn fetch<'a>(
    source: &'a Source,
    listed: &Descriptor,
    artifact: &Digest,
) -> Result<Fetched<'a>, CandidateError> {
    match look(source, listed, artifact).await? {
        Looked::Fetched(fetched) => Ok(fetched),
        Looked::Large(named) => fetch_envelope(source, named).await,
    }
}

/// Fetches one candidate, unless its envelope is large. Where the listing already says which envelope the manifest names,
/// both are asked for at the same time; what the manifest says decides, and a hint that lies is not waited for.
pub(crate) async fn look<'a>(
    source: &'a Source,
    listed: &Descriptor,
    artifact: &Digest,
) -> Result<Looked<'a>, CandidateError> {
    if !matches!(listed.media_type.as_str(), media_type::IMAGE_MANIFEST | media_type::ARTIFACT_MANIFEST) {
        return Err(CandidateError::MediaType { found: listed.media_type.clone() });
    }
    let hint = hinted_envelope(listed).filter(is_small);
    // What the listing says of the size is a hint, too.
    let claimed = listed.size.min(limits::MANIFEST_BYTES);
    // For both at once: a holder of room takes no more.
    let room = source.room().take(claimed + hint.as_ref().map_or(0, |hint| hint.size)).await;
    let hinted = async {
        match &hint {
            Some(hint) => source.fetch(hint, limits::FETCHED_ENVELOPE_BYTES).await,
            None => std::future::pending().await,
        }
    };
    let manifest = source.fetch_listed(listed, claimed);
    let (manifest, hinted) = match select(Box::pin(manifest), Box::pin(hinted)).await {
        Either::Left((manifest, hinted)) => (manifest, Hinted::Underway(hinted)),
        Either::Right((envelope, manifest)) => (manifest.await, Hinted::Arrived(envelope)),
    };
    let manifest = match manifest {
        Err(RegistryError::TooLarge { .. }) => {
            drop((hinted, room));
            return look_again(source, listed, claimed, artifact).await;
        }
        manifest => named(&manifest?, artifact)?,
    };
    let told = hint.as_ref().is_some_and(|hint| hint.same_content(&manifest.envelope));
    let envelope = match hinted {
        Hinted::Underway(envelope) if told => envelope.await?,
        Hinted::Arrived(envelope) if told => envelope?,
        other => {
            // What a lie would fetch must not hold places that the truth needs.
            drop((other, room));
            return fetch_small_envelope(source, manifest).await;
        }
    };
    Ok(Looked::Fetched(Fetched { manifest, envelope, _room: room }))
}

/// Fetches one candidate whose manifest has more bytes than its listing claims.
async fn look_again<'a>(
    source: &'a Source,
    listed: &Descriptor,
    claimed: u64,
    artifact: &Digest,
) -> Result<Looked<'a>, CandidateError> {
    let limit = limits::MANIFEST_BYTES;
    if claimed == limit {
        return Err(CandidateError::TooLarge { limit });
    }
    let room = source.room().take(limit).await;
    let manifest = source.fetch_listed(listed, limit).await.map_err(|error| match error {
        RegistryError::TooLarge { .. } => CandidateError::TooLarge { limit },
        other => other.into(),
    })?;
    let named = named(&manifest, artifact)?;
    drop((manifest, room));
    fetch_small_envelope(source, named).await
}

async fn fetch_small_envelope(source: &Source, manifest: Named) -> Result<Looked<'_>, CandidateError> {
    match is_small(&manifest.envelope) {
        true => fetch_envelope(source, manifest).await.map(Looked::Fetched),
        false => Ok(Looked::Large(manifest)),
    }
}

/// Fetches the envelope that a manifest names.
pub(crate) async fn fetch_envelope(source: &Source, manifest: Named) -> Result<Fetched<'_>, CandidateError> {
    let room = source.room().take(manifest.envelope.size).await;
    let envelope = source.fetch(&manifest.envelope, limits::FETCHED_ENVELOPE_BYTES).await?;
    Ok(Fetched { manifest, envelope, _room: room })
}

/// Reads a manifest, which must be that of a signature of the artifact.
fn named(bytes: &[u8], artifact: &Digest) -> Result<Named, CandidateError> {
    let manifest = SignatureManifest::parse(bytes)?;
    if manifest.subject().digest != *artifact {
        let found = manifest.subject().digest.clone();
        return Err(CandidateError::Subject { found, expected: artifact.clone() });
    }
    let envelope = manifest.envelope().plain();
    if envelope.size > limits::FETCHED_ENVELOPE_BYTES {
        return Err(CandidateError::EnvelopeTooLarge { found: envelope.size, limit: limits::FETCHED_ENVELOPE_BYTES });
    }
    Ok(Named { form: manifest.form(), envelope })
}

/// Whether an envelope is as small as real ones are.
fn is_small(envelope: &Descriptor) -> bool {
    envelope.size <= limits::SMALL_ENVELOPE_BYTES
}

/// How far the fetch of the hinted envelope has got when the manifest has arrived.
enum Hinted<F> {
    Underway(F),
    Arrived(Result<Bytes, RegistryError>),
}

/// The fingerprints that a listing's annotation claims for the chain, leaf first, in lower case: a hint for the order
/// in which candidates are tried, never a reason to leave one out.
pub(crate) fn claimed_thumbprints(listed: &Descriptor) -> Vec<String> {
    listed
        .annotations
        .get(signature_manifest::THUMBPRINTS)
        .and_then(|text| json::parse(text.as_bytes()).ok())
        .and_then(|list| {
            let few = json::texts(&list)?.into_iter().take(limits::CHAIN_CERTIFICATES);
            Some(few.map(str::to_ascii_lowercase).collect())
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn thumbprints_are_read_from_the_annotation_in_any_case() {
        let listed = |text: &str| Descriptor {
            annotations: BTreeMap::from([(signature_manifest::THUMBPRINTS.to_owned(), text.to_owned())]),
            ..Descriptor::of("a/b", b"")
        };
        assert_eq!(claimed_thumbprints(&listed(r#"["AB","cd"]"#)), ["ab", "cd"]);
        for text in ["", "{}", "[1]", "\"ab\""] {
            assert!(claimed_thumbprints(&listed(text)).is_empty(), "{text}");
        }
        assert_eq!(claimed_thumbprints(&listed(&format!("[{}\"a\"]", "\"b\",".repeat(100)))).len(), 32);
        assert!(claimed_thumbprints(&Descriptor::of("a/b", b"")).is_empty());
    }
}
