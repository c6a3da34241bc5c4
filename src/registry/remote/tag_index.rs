//! The referrers tag index (distribution specification, "Referrers Tag Schema"): an image index under a tag made of the
//! artifact's digest, for registries without the referrers API.
//!
//! Several signers may write it at the same time, and most registries have no conditional write. Each reads, adds its
//! entry to all that is there, writes, pauses, and reads again until its entry is there. A run that sees that others write too
//! looks twice. What remains: a signer that read before our write, and writes after our last look, drops our entry.
//! Nothing is ever removed from the index, and the index that is replaced is not deleted. What stands under the tag and is no
//! index lists nothing. Where that is the artifact itself, as GitLab's registry answers, the index takes its place; anything
//! else was put there by somebody, and stays (distribution specification, "Pushing Manifests with Subject").

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use notary::descriptor::{Descriptor, media_type};
use notary::digest::Digest;
use oci_client::manifest::OciImageIndex;
use serde_json::{Map, Value, json};

use super::super::document;
use super::super::error::RegistryError;
use super::super::excerpt::excerpt;
use super::super::limits;
use super::super::listing::Listed;
use super::super::meter::Purpose;
use super::super::note::Occupant;
use super::super::settings::TagIndexSettings;
use super::repository::{RemoteRepository, value};

/// Longest tag (distribution specification).
const TAG_LENGTH: usize = 128;

/// Writes of the index that may be without effect on what stands under the tag.
const WITHOUT_EFFECT: usize = 3;

/// Conditional writes that may be refused although nothing has changed.
const CONDITIONS_REFUSED: usize = 2;

/// What stands under the tag now.
pub(super) enum UnderTag {
    Nothing,
    Index(TagIndex),
    Other { found: Occupant, version: Version },
}

/// The index as the registry has it now.
pub(super) struct TagIndex {
    pub(super) what: String,
    pub(super) document: Map<String, Value>,
    version: Version,
}

/// Tells one content of the tag from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    digest: Digest,
    etag: Option<HeaderValue>,
}

impl UnderTag {
    const fn version(&self) -> Option<&Version> {
        match self {
            Self::Nothing => None,
            Self::Index(TagIndex { version, .. }) | Self::Other { version, .. } => Some(version),
        }
    }

    fn index(&self) -> Option<&TagIndex> {
        match self {
            Self::Index(index) => Some(index),
            Self::Nothing | Self::Other { .. } => None,
        }
    }
}

impl RemoteRepository {
    /// Adds an entry to the tag index; see the module for what concurrent signers do.
    pub(super) async fn add_to_tag_index(&self, subject: &Digest, entry: &Descriptor) -> Result<Listed, RegistryError> {
        let settings = self.inner.http.settings().tag_index;
        let mut pauses = pauses(&settings);
        let (mut rounds, mut contended, mut seen) = (0, false, false);
        let (mut written, mut without_effect) = (0, 0);
        // The version that a condition named when it was refused, and how often.
        let mut refused: (Option<Version>, usize) = (None, 0);
        loop {
            let current = self.tag_index(subject).await?;
            let count = current.index().map_or(0, |index| entries(&index.document).len());
            if let UnderTag::Other { found, .. } = &current
                && (*found != Occupant::Artifact || without_effect == WITHOUT_EFFECT)
            {
                return Err(RegistryError::TagTaken { tag: tag(subject), found: found.clone() });
            }
            if current.index().is_some_and(|index| has(&index.document, &entry.digest)) {
                contended |= rounds > 0 && count != written;
                if rounds == 0 {
                    return Ok(Listed::InTagIndex { rounds: 0 });
                }
                if !contended || seen {
                    return Ok(Listed::InTagIndex { rounds });
                }
                seen = true;
                // It may be large, and there is a pause.
                drop(current);
            } else {
                contended |= rounds > 0;
                seen = false;
                if rounds == settings.rounds {
                    let (tag, entry) = (tag(subject), entry.digest.clone());
                    return Err(RegistryError::TagIndexLost { tag, entry, rounds });
                }
                written = count + 1;
                rounds += 1;
                let version = current.version().cloned();
                without_effect += usize::from(matches!(current, UnderTag::Other { .. }));
                // Where nothing changes and conditions are refused, the registry refuses them all, or the write itself.
                let unchanged = refused.0 == version && refused.1 >= CONDITIONS_REFUSED;
                let conditional = !unchanged && (refused.1 == 0 || rounds <= settings.rounds / 2);
                if !self.write_tag_index(subject, current, entry, conditional).await? {
                    contended = true;
                    let times = if refused.0 == version { refused.1 + 1 } else { 1 };
                    refused = (version, times);
                }
            }
            tokio::time::sleep(pauses.next().unwrap_or(settings.pause)).await;
        }
    }

    /// Reads what stands under the tag.
    ///
    /// # Errors
    /// As any request; what says that it is an index, and cannot be read as one.
    pub(super) async fn tag_index(&self, subject: &Digest) -> Result<UnderTag, RegistryError> {
        let tag = tag(subject);
        let what = format!("{}:{tag}", self.name());
        let call = self
            .call(Purpose::Manifest, Method::GET, &format!("manifests/{tag}"), &what)?
            .header(header::ACCEPT, value(media_type::IMAGE_INDEX))
            .cap(limits::LISTING_BYTES);
        let answer = self.inner.http.send(&call).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(UnderTag::Nothing),
            _ => return Err(answer.refused(&Method::GET)),
        }
        // A weak tag cannot be a condition (RFC 9110 section 13.1.1).
        let strong = |etag: &&HeaderValue| !etag.as_bytes().starts_with(b"W/");
        let etag = answer.headers.get(header::ETAG).filter(strong).cloned();
        let version = Version { digest: Digest::of(subject.algorithm(), &answer.body), etag };
        if version.digest == *subject {
            return Ok(UnderTag::Other { found: Occupant::Artifact, version });
        }
        let announced = answer.media_type();
        if let Some(other) = announced.as_deref().filter(|announced| *announced != media_type::IMAGE_INDEX) {
            return Ok(UnderTag::Other { found: Occupant::Other(excerpt(other)), version });
        }
        let found = document::media_type_of(&what, announced.as_deref(), &answer.body)?;
        if found != media_type::IMAGE_INDEX {
            return Ok(UnderTag::Other { found: Occupant::Other(found), version });
        }
        Ok(UnderTag::Index(TagIndex { document: document::parse(&what, &answer.body)?, what, version }))
    }

    /// Writes the index with the entry added. False when the registry refuses the condition: it changed meanwhile.
    ///
    /// # Errors
    /// [`RegistryError::TagRefused`] with the registry's words when it does not take the index.
    async fn write_tag_index(
        &self,
        subject: &Digest,
        current: UnderTag,
        entry: &Descriptor,
        conditional: bool,
    ) -> Result<bool, RegistryError> {
        let tag = tag(subject);
        let what = format!("{}:{tag}", self.name());
        let condition = match current.version() {
            Some(version) => version.etag.clone().map(|etag| (header::IF_MATCH, etag)),
            None => Some((header::IF_NONE_MATCH, HeaderValue::from_static("*"))),
        };
        let condition = condition.filter(|_| conditional);
        let has_condition = condition.is_some();
        let document = match current {
            UnderTag::Index(index) => Some(index.document),
            UnderTag::Nothing | UnderTag::Other { .. } => None,
        };
        let content = merged(document, entry, &what)?;
        let mut call = self
            .call(Purpose::ManifestPush, Method::PUT, &format!("manifests/{tag}"), &what)?
            .header(header::CONTENT_TYPE, value(media_type::IMAGE_INDEX))
            .body(content)
            .cap(limits::ERROR_BYTES);
        if let Some((name, value)) = condition {
            call = call.header(name, value);
        }
        let answer = self.inner.http.send(&call).await?;
        match answer.status {
            status if status.is_success() => Ok(true),
            StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT if has_condition => Ok(false),
            status if status.is_server_error() => Err(answer.refused(&Method::PUT)),
            // Immutable tags, or a kind of manifest that it does not take.
            _ => Err(RegistryError::TagRefused { tag, answer: Box::new(answer.quoted(&Method::PUT)) }),
        }
    }
}

/// The tag for a digest: `sha256-<hex>`, as notation writes it; what would be no tag is cut as the specification says.
fn tag(subject: &Digest) -> String {
    let whole = format!("{}-{}", subject.algorithm().name(), subject.hex());
    if whole.len() <= TAG_LENGTH {
        return whole;
    }
    let hex = subject.hex().get(..64).unwrap_or_default();
    format!("{}-{hex}", subject.algorithm().name())
}

/// The index with the entry added at its end. Everything in it stays, even what is not understood.
fn merged(current: Option<Map<String, Value>>, entry: &Descriptor, what: &str) -> Result<Bytes, RegistryError> {
    let malformed = |fact: &str| RegistryError::Malformed { what: what.to_owned(), fact: fact.to_owned() };
    let unwritten = |error: serde_json::Error| malformed(&error.to_string());
    let entry = document::index_entry(what, entry)?;
    let content = match current {
        None => {
            let index = OciImageIndex {
                schema_version: 2,
                media_type: Some(media_type::IMAGE_INDEX.to_owned()),
                manifests: vec![entry],
                artifact_type: None,
                annotations: None,
            };
            serde_json::to_string(&index).map_err(unwritten)?
        }
        // It may hold what oci-client's index has no member for.
        Some(mut document) => {
            let entry = serde_json::to_value(entry).map_err(unwritten)?;
            match document.entry("manifests").or_insert(Value::Null) {
                Value::Array(entries) => entries.push(entry),
                empty @ Value::Null => *empty = json!([entry]),
                _ => return Err(malformed("its manifests are not an array")),
            }
            Value::Object(document).to_string()
        }
    };
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > limits::LISTING_BYTES {
        return Err(RegistryError::TooLarge { what: what.to_owned(), limit: limits::LISTING_BYTES });
    }
    Ok(Bytes::from(content))
}

fn entries(document: &Map<String, Value>) -> &[Value] {
    document.get("manifests").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn has(document: &Map<String, Value>, digest: &Digest) -> bool {
    entries(document).iter().any(|entry| entry.get("digest").and_then(Value::as_str) == Some(digest.as_str()))
}

/// Pauses that grow, with jitter, so that signers which write at the same time get out of step.
pub(super) fn pauses(settings: &TagIndexSettings) -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_jitter()
        .with_factor(1.5)
        .with_min_delay(settings.pause)
        .with_max_delay(settings.pause * 16)
        .with_max_times(settings.rounds * 2)
        .build()
}

#[cfg(test)]
mod tests {
    use notary::digest::DigestAlgorithm;

    use super::*;

    #[test]
    fn the_tag_is_the_digest_with_a_dash() {
        let of = |algorithm| tag(&Digest::of(algorithm, b""));
        assert_eq!(
            of(DigestAlgorithm::Sha256),
            "sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(of(DigestAlgorithm::Sha384).len(), 7 + 96);
        assert_eq!(of(DigestAlgorithm::Sha512).len(), 7 + 64);
    }

    #[test]
    fn what_is_in_the_index_stays() {
        let entry = Descriptor::of("a/b", b"x");
        let new = merged(None, &entry, "x").unwrap();
        let expected = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"a/b","digest":"{}","size":1}}]}}"#,
            entry.digest
        );
        assert_eq!(new, expected, "members in the order in which notation writes them");
        let old = br#"{"schemaVersion":2,"other":{"z":1,"a":2},"manifests":[{"strange":true}]}"#;
        let added = merged(Some(document::parse("x", old).unwrap()), &entry, "x").unwrap();
        let document = document::parse("x", &added).unwrap();
        assert_eq!(entries(&document)[0], json!({"strange": true}));
        assert_eq!(document["other"], json!({"z": 1, "a": 2}));
        assert!(has(&document, &entry.digest) && !has(&document, &Digest::sha256(b"y")));
        let odd = Map::from_iter([("manifests".to_owned(), json!({}))]);
        assert!(matches!(merged(Some(odd), &entry, "x"), Err(RegistryError::Malformed { .. })));
        let full = document::parse("x", format!(r#"{{"a":"{}"}}"#, "a".repeat(4 << 20)).as_bytes()).unwrap();
        assert!(matches!(merged(Some(full), &entry, "x"), Err(RegistryError::TooLarge { .. })));
    }
}
