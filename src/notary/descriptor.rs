//! Descriptors: how OCI names content by media type, digest and size.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::json::{self, JsonError};

/// Media types that the formats of this crate name.
pub mod media_type {
    /// OCI image manifest.
    pub const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// OCI image index.
    pub const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// Docker image manifest, version 2 schema 2.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// Docker manifest list.
    pub const DOCKER_MANIFEST_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// The OCI artifact manifest that was withdrawn before 1.1; old signatures are stored in it.
    pub const ARTIFACT_MANIFEST: &str = "application/vnd.oci.artifact.manifest.v1+json";
    /// The empty configuration of an artifact.
    pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
    /// Artifact type of Notary signatures, and configuration type of those that notation 1.x wrote.
    pub const SIGNATURE: &str = "application/vnd.cncf.notary.signature";
    /// Payload of an envelope.
    pub const PAYLOAD: &str = "application/vnd.cncf.notary.payload.v1+json";
    /// JWS envelope.
    pub const JWS: &str = "application/jose+json";
    /// COSE envelope.
    pub const COSE: &str = "application/cose";
}

/// Members of a descriptor, in the order in which notation writes them.
const MEMBERS: [&str; 8] = ["mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType"];

/// An OCI descriptor, without the members that nobody here uses (`urls`, `data`, `platform`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Media type of the content.
    pub media_type: String,
    /// Digest of the content.
    pub digest: Digest,
    /// Size of the content in bytes.
    pub size: u64,
    /// Annotations; absent and empty are the same.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Artifact type, where the descriptor stands in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

impl Descriptor {
    /// Describes `content`, with SHA-256.
    #[must_use]
    pub fn of(media_type: &str, content: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::sha256(content),
            size: u64::try_from(content.len()).unwrap_or(u64::MAX),
            annotations: BTreeMap::new(),
            artifact_type: None,
        }
    }

    /// Reads a descriptor from a parsed document.
    ///
    /// # Errors
    /// [`DescriptorError`] when a required member is missing or of another type, or a name differs in case only.
    pub fn from_value(value: &Value) -> Result<Self, DescriptorError> {
        if let Value::Object(object) = value {
            json::check_folded(object, &MEMBERS)?;
        }
        Ok(Self::deserialize(value)?)
    }

    /// The three members that identify content: no annotations, no artifact type.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self { annotations: BTreeMap::new(), artifact_type: None, ..self.clone() }
    }

    /// Whether both name the same content: media type, digest and size are equal (Notary specification, "Signature
    /// verification": annotations do not take part).
    #[must_use]
    pub fn same_content(&self, other: &Self) -> bool {
        self.media_type == other.media_type && self.digest == other.digest && self.size == other.size
    }
}

/// Why a JSON value is not a descriptor.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptorError {
    /// A name in other case.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member is missing or of the wrong type.
    #[error("not a descriptor")]
    Shape(#[from] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Descriptor, DescriptorError> {
        Descriptor::from_value(&json::parse(text.as_bytes()).unwrap())
    }

    fn text(size: &str) -> String {
        let digest = Digest::sha256(b"x");
        format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":{size},"urls":["u"],"annotations":{{"k":"v"}}}}"#)
    }

    #[test]
    fn a_descriptor_is_read_and_written() {
        let descriptor = read(&text("1")).unwrap();
        assert_eq!(descriptor.annotations.get("k").unwrap(), "v");
        assert!(descriptor.same_content(&Descriptor::of("a/b", b"x")));
        assert_eq!(
            serde_json::to_string(&descriptor.plain()).unwrap(),
            format!(r#"{{"mediaType":"a/b","digest":"{}","size":1}}"#, descriptor.digest)
        );
    }

    #[test]
    fn every_identifying_member_counts() {
        let one = Descriptor::of("a/b", b"x");
        assert!(!one.same_content(&Descriptor { media_type: "a/B".into(), ..one.clone() }));
        assert!(!one.same_content(&Descriptor { size: 2, ..one.clone() }));
        assert!(!one.same_content(&Descriptor { digest: Digest::sha256(b"y"), ..one.clone() }));
        assert!(one.same_content(&Descriptor { artifact_type: Some("t".into()), ..one.clone() }));
    }

    #[test]
    fn refused_descriptors() {
        for size in ["-1", "1.0", "1e3", "\"1\"", "null", "18446744073709551616"] {
            assert!(matches!(read(&text(size)), Err(DescriptorError::Shape(_))), "{size}");
        }
        assert!(matches!(read(&text("1").replace("digest", "Digest")), Err(DescriptorError::Json(_))));
        assert!(matches!(read(r#"{"mediaType":"a/b","size":1}"#), Err(DescriptorError::Shape(_))));
        assert!(matches!(read("[]"), Err(DescriptorError::Shape(_))));
    }

    #[test]
    fn a_plain_descriptor_is_media_type_digest_and_size() {
        let of = Descriptor::of(media_type::JWS, b"x");
        let annotations = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let full = Descriptor { annotations, artifact_type: Some("c".to_owned()), ..of.clone() };
        assert_eq!(full.plain(), of);
    }
}
