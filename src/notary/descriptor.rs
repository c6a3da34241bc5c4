//! Descriptors: how OCI names content by media type, digest and size.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::digest::{Digest, DigestError};
use crate::json::{JsonError, Object};

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

/// Members of a platform (image specification, "Image Index Property Descriptions").
const PLATFORM: [&str; 5] = ["architecture", "os", "os.version", "os.features", "variant"];

/// An OCI descriptor, without the members that are not used here (`urls`, `data`, `platform`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// Artifact type, if the descriptor is in an index.
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
    /// Members that are known and not kept are of their types, too: Go's decoder refuses a descriptor where they are not.
    ///
    /// # Errors
    /// [`DescriptorError`] when it is not an object, a required member is missing, a known one is of another type, or a name
    /// differs in case only.
    #[doc(hidden)]
    pub fn from_value(value: &Value) -> Result<Self, DescriptorError> {
        let members = Object::of(value, &MEMBERS)?;
        // What a user adds to a signature stands here: there or not there, and nothing between.
        members.refuse_null("annotations", "an object of strings")?;
        members.texts("urls")?;
        if members.text("data")?.is_some_and(|text| !is_data(text)) {
            return Err(JsonError::MemberType { member: "data", found: "a string", expected: "base64" }.into());
        }
        check_platform(members)?;
        Ok(Self {
            media_type: members.required_text("mediaType")?.to_owned(),
            digest: Digest::parse(members.required_text("digest")?)?,
            size: members.required_count("size")?,
            annotations: members.text_map("annotations")?.unwrap_or_default(),
            artifact_type: members.text("artifactType")?.map(str::to_owned),
        })
    }

    /// Reads a descriptor from a document that nobody signed, an index or a manifest, where annotations that are `null` are
    /// none, as for everyone else.
    ///
    /// # Errors
    /// As [`Self::from_value`].
    #[doc(hidden)]
    pub fn from_unsigned(value: &Value) -> Result<Self, DescriptorError> {
        let annotations = value.get("annotations");
        let has_null = |annotations: &Value| {
            annotations.is_null() || annotations.as_object().is_some_and(|all| all.values().any(Value::is_null))
        };
        if !annotations.is_some_and(has_null) {
            return Self::from_value(value);
        }
        let mut cleaned = value.clone();
        match cleaned.get_mut("annotations") {
            Some(Value::Object(annotations)) => annotations.retain(|_, value| !value.is_null()),
            Some(absent) => *absent = Value::Object(Map::new()),
            None => {}
        }
        Self::from_value(&cleaned)
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

/// Base64 as Go's decoder takes it: over several lines, and with any last bits. Its content is not read.
fn is_data(text: &str) -> bool {
    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
    LENIENT.decode(text.replace(['\r', '\n'], "")).is_ok()
}

fn check_platform(descriptor: Object<'_>) -> Result<(), JsonError> {
    let Some(platform) = descriptor.object("platform", &PLATFORM)? else { return Ok(()) };
    for member in ["architecture", "os", "os.version", "variant"] {
        platform.text(member)?;
    }
    platform.texts("os.features").map(drop)
}

/// As [`Descriptor::from_value`], so that no format of data can hold another descriptor. What is foreign is parsed by
/// [`crate::json::parse`] before, which sees duplicates.
impl<'de> Deserialize<'de> for Descriptor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Why a JSON value is not a descriptor.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptorError {
    /// It is not an object, a member is missing or of another type, or a name differs in case.
    #[error("not a descriptor")]
    Json(#[from] JsonError),
    /// Its digest is not valid.
    #[error("not a descriptor")]
    Digest(#[from] DigestError),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json;

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
            assert!(matches!(read(&text(size)), Err(DescriptorError::Json(_))), "{size}");
        }
        assert!(matches!(
            read(&text("1").replace("digest", "Digest")),
            Err(DescriptorError::Json(JsonError::FoldedMember { .. }))
        ));
        assert!(matches!(
            read(r#"{"mediaType":"a/b","size":1}"#),
            Err(DescriptorError::Json(JsonError::MemberMissing { member: "digest" }))
        ));
        assert!(matches!(read(&text("1").replace("sha256", "sha-256")), Err(DescriptorError::Digest(_))));
    }

    /// What `serde` derives takes an array for an object: the members in their order.
    #[test]
    fn an_array_is_no_descriptor() {
        let digest = Digest::sha256(b"x");
        for text in [
            "[]".to_owned(),
            format!(r#"["a/b","{digest}",1]"#),
            format!(r#"["a/b","{digest}",1,{{"k":"v"}}]"#),
            format!(r#"["a/b","{digest}",1,{{}},"t"]"#),
            format!(r#"[{{"mediaType":"a/b","digest":"{digest}","size":1}}]"#),
        ] {
            let not_an_object =
                matches!(read(&text), Err(DescriptorError::Json(JsonError::NotAnObject { found: "an array" })));
            assert!(not_an_object && serde_json::from_str::<Descriptor>(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_known_member_is_of_its_type() {
        let good = read(&text("1")).unwrap();
        let with = |member: &str, value: &str| {
            let mut members = serde_json::to_value(&good).unwrap();
            members[member] = serde_json::from_str(value).unwrap();
            Descriptor::from_value(&members)
        };
        for (member, taken, refused) in [
            ("mediaType", &[r#""a/b""#][..], &["1", "null", "[\"a/b\"]", "{}"][..]),
            ("digest", &[], &["1", "null", "[]", "\"x\""]),
            ("urls", &["null", "[]", "[\"u\"]"], &["\"u\"", "1", "{}", "[1]", "[null]", "[[]]"]),
            (
                "annotations",
                &["{}", "{\"k\":\"v\"}"],
                &["null", "[]", "\"x\"", "{\"k\":1}", "{\"k\":null}", "{\"k\":[]}"],
            ),
            (
                "data",
                &["null", "\"\"", "\"e30=\"", "\"e30=\\n\"", "\"e3\\r\\n0=\"", "\"e31=\""],
                &["1", "[]", "{}", "true", "\"e30\"", "\"*\"", "\"e3 0=\"", "\"e30=e30=\"", "\"e3-_\""],
            ),
            (
                "platform",
                &["null", "{}", r#"{"os":"linux","architecture":"arm64","variant":"v8","os.features":["x"],"new":1}"#],
                &[
                    "[]",
                    "\"linux\"",
                    "1",
                    r#"["arm64","linux"]"#,
                    r#"{"os":1}"#,
                    r#"{"os.features":"x"}"#,
                    r#"{"os.version":[]}"#,
                    r#"{"OS":"linux"}"#,
                ],
            ),
            ("artifactType", &["null", "\"t\""], &["1", "[]", "{}", "[\"t\"]"]),
            ("unknown", &["null", "1", "[]", "{}"], &[]),
        ] {
            for value in taken {
                with(member, value).unwrap_or_else(|error| panic!("{member}: {value}: {error:?}"));
            }
            for value in refused {
                assert!(with(member, value).is_err(), "{member}: {value}");
            }
        }
    }

    #[test]
    fn annotations_that_are_null_are_none_where_nobody_signed_them() {
        let good = read(&text("1")).unwrap();
        let with = |annotations: &str| {
            let mut members = serde_json::to_value(&good).unwrap();
            members["annotations"] = serde_json::from_str(annotations).unwrap();
            members
        };
        for (annotations, kept) in [("null", 0), (r#"{"a":null}"#, 0), (r#"{"a":null,"b":"c"}"#, 1), ("{}", 0)] {
            let value = with(annotations);
            assert_eq!(Descriptor::from_unsigned(&value).unwrap().annotations.len(), kept, "{annotations}");
            assert_eq!(Descriptor::from_value(&value).is_err(), annotations.contains("null"), "{annotations}");
        }
        for refused in ["[]", "1", r#"{"a":1}"#, r#"{"a":null,"b":[]}"#] {
            assert!(Descriptor::from_unsigned(&with(refused)).is_err(), "{refused}");
        }
        for value in [json!(null), json!([]), json!({"annotations": null})] {
            assert!(Descriptor::from_unsigned(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_plain_descriptor_is_media_type_digest_and_size() {
        let of = Descriptor::of(media_type::JWS, b"x");
        let annotations = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let full = Descriptor { annotations, artifact_type: Some("c".to_owned()), ..of.clone() };
        assert_eq!(full.plain(), of);
    }
}
