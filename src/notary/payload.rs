//! The payload of an envelope: which artifact was signed, and with what metadata.
//!
//! Signature specification, "Payload". What was signed is judged over the bytes as received; nothing is ever
//! serialized again in order to be verified.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::descriptor::{Descriptor, DescriptorError};
use crate::json::{self, JsonError};

/// Annotations with this prefix belong to the format; a user's metadata may not use it.
pub const RESERVED_PREFIX: &str = "io.cncf.notary";

/// What an envelope says of the artifact. Exists only for an envelope whose integrity was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    target_artifact: Descriptor,
}

impl Payload {
    /// Reads a payload. Members that the format does not know are ignored, as the specification asks.
    ///
    /// # Errors
    /// [`PayloadError`] when it is not an object with one `targetArtifact`, or a name differs in case only.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, PayloadError> {
        let object = json::parse_small_object(bytes)?;
        json::check_folded(&object, &["targetArtifact"])?;
        let target = object.get("targetArtifact").ok_or(PayloadError::TargetArtifactMissing)?;
        Ok(Self { target_artifact: Descriptor::from_value(target)? })
    }

    /// The artifact that was signed; its annotations are the user's metadata.
    #[must_use]
    pub const fn target_artifact(&self) -> &Descriptor {
        &self.target_artifact
    }

    /// What the user added when signing.
    #[must_use]
    pub const fn user_metadata(&self) -> &BTreeMap<String, String> {
        &self.target_artifact.annotations
    }
}

/// Writes the payload for `artifact`: media type, digest and size, with `user_metadata` as annotations.
///
/// Members are sorted, as notation's are.
///
/// # Errors
/// [`PayloadError::ReservedMetadata`] when a key starts with [`RESERVED_PREFIX`].
pub fn assemble(artifact: &Descriptor, user_metadata: &BTreeMap<String, String>) -> Result<Vec<u8>, PayloadError> {
    if let Some(key) = user_metadata.keys().find(|key| key.starts_with(RESERVED_PREFIX)) {
        return Err(PayloadError::ReservedMetadata { key: key.clone() });
    }
    let mut target = json!({
        "mediaType": artifact.media_type,
        "digest": artifact.digest,
        "size": artifact.size,
    });
    if let (Value::Object(members), false) = (&mut target, user_metadata.is_empty()) {
        members.insert("annotations".into(), json!(user_metadata));
    }
    Ok(json!({ "targetArtifact": target }).to_string().into_bytes())
}

/// Why bytes are not a payload, or metadata cannot be part of one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Not an object, a duplicate, or a name in other case.
    #[error("payload is not one JSON object")]
    Json(#[from] JsonError),
    /// No `targetArtifact`.
    #[error("payload has no member \"targetArtifact\"")]
    TargetArtifactMissing,
    /// `targetArtifact` is not a descriptor.
    #[error("\"targetArtifact\" of the payload is not a descriptor")]
    TargetArtifact(#[from] DescriptorError),
    /// Metadata under a name of the format.
    #[error("metadata key {key:?} starts with the reserved prefix {RESERVED_PREFIX:?}")]
    ReservedMetadata {
        /// The key.
        key: String,
    },
}

impl PayloadError {
    /// Stable name of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "payload-json",
            Self::TargetArtifactMissing => "payload-target-artifact-missing",
            Self::TargetArtifact(_) => "payload-target-artifact",
            Self::ReservedMetadata { .. } => "payload-reserved-metadata",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact() -> Descriptor {
        Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}")
    }

    #[test]
    fn what_is_written_is_read() {
        let metadata = BTreeMap::from([("b".to_owned(), "<&>".to_owned()), ("a".to_owned(), "1".to_owned())]);
        let bytes = assemble(&artifact(), &metadata).unwrap();
        let payload = Payload::parse(&bytes).unwrap();
        assert!(payload.target_artifact().same_content(&artifact()));
        assert_eq!(payload.user_metadata(), &metadata);
        assert!(bytes.starts_with(br#"{"targetArtifact":{"annotations":{"a":"1","b":"<&>"},"digest":"sha256:"#));
    }

    #[test]
    fn no_metadata_means_no_member() {
        let bytes = assemble(&artifact(), &BTreeMap::new()).unwrap();
        assert!(!String::from_utf8(bytes).unwrap().contains("annotations"));
    }

    #[test]
    fn reserved_metadata_is_refused() {
        for key in ["io.cncf.notary", "io.cncf.notary.expiry", "io.cncf.notaryx"] {
            let metadata = BTreeMap::from([(key.to_owned(), String::new())]);
            assert!(matches!(assemble(&artifact(), &metadata), Err(PayloadError::ReservedMetadata { .. })), "{key}");
        }
        let metadata = BTreeMap::from([("io.cncf.notar".to_owned(), String::new())]);
        assert!(assemble(&artifact(), &metadata).is_ok());
    }

    #[test]
    fn refused_payloads() {
        let good = String::from_utf8(assemble(&artifact(), &BTreeMap::new()).unwrap()).unwrap();
        let read = |text: &str| Payload::parse(text.as_bytes());
        assert!(read(&good).is_ok());
        assert!(read(&good.replace('{', "{\"other\":1,")).is_ok());
        assert!(matches!(read(&good.replace("targetA", "targeta")), Err(PayloadError::Json(_))));
        assert!(matches!(read(&good.replace("\"size\"", "\"digest\":1,\"size\"")), Err(PayloadError::Json(_))));
        assert!(matches!(
            read(&good.replace("\"size\"", "\"Digest\":1,\"size\"")),
            Err(PayloadError::TargetArtifact(_))
        ));
        assert!(matches!(read(&good.replace("\"size\":2", "\"size\":2.0")), Err(PayloadError::TargetArtifact(_))));
        assert!(matches!(read("{}"), Err(PayloadError::TargetArtifactMissing)));
        assert!(matches!(read("[]"), Err(PayloadError::Json(_))));
        assert!(matches!(read(""), Err(PayloadError::Json(_))));
        assert!(matches!(read(r#"{"targetArtifact":null}"#), Err(PayloadError::TargetArtifact(_))));
    }

    /// An array of a descriptor's members in their order says the same to a derived reader, and nothing to another.
    #[test]
    fn an_array_is_neither_payload_nor_target_artifact() {
        let digest = artifact().digest;
        let read = |text: &str| Payload::parse(text.as_bytes());
        for array in [format!(r#"["a/b","{digest}",2]"#), format!(r#"["a/b","{digest}",2,{{"k":"v"}},"t"]"#)] {
            assert!(matches!(read(&array), Err(PayloadError::Json(_))), "{array}");
            let target = format!(r#"{{"targetArtifact":{array}}}"#);
            assert!(matches!(read(&target), Err(PayloadError::TargetArtifact(_))), "{target}");
        }
        let good = String::from_utf8(assemble(&artifact(), &BTreeMap::new()).unwrap()).unwrap();
        for member in
            [r#""urls":"u""#, r#""data":{}"#, r#""platform":[]"#, r#""artifactType":1"#, r#""annotations":[]"#]
        {
            let text = good.replace("\"size\"", &format!("{member},\"size\""));
            assert!(matches!(read(&text), Err(PayloadError::TargetArtifact(_))), "{text}");
        }
    }
}
