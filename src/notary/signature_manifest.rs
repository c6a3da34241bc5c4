//! Signature manifests: how a registry stores an envelope next to the artifact that it signs.
//!
//! Signature specification, "Signature storage". Three forms are read: the current one (`artifactType`), the one
//! that notation 1.x writes (the configuration's media type marks it), and the withdrawn artifact manifest.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::certificate::CertificateChain;
use crate::descriptor::{Descriptor, DescriptorError, media_type};
use crate::envelope::EnvelopeFormat;
use crate::json::{self, JsonError, Object};
use crate::limits;
use crate::payload;
use crate::sign::whole_seconds;

/// Content of the empty configuration.
pub const EMPTY_CONFIG: &[u8] = b"{}";

/// Annotation with the SHA-256 fingerprints of the chain's certificates, leaf first, as a JSON array in a string.
pub const THUMBPRINTS: &str = "io.cncf.notary.x509chain.thumbprint#S256";

/// Annotation with the signing time.
pub const CREATED: &str = "org.opencontainers.image.created";

/// Members that are read, or are known to Go's reader.
const MEMBERS: [&str; 8] =
    ["schemaVersion", "mediaType", "artifactType", "config", "layers", "blobs", "subject", "annotations"];

/// Which form to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestForm {
    /// Marked by `artifactType`, with the empty configuration; read by every notation from a registry.
    Current,
    /// Marked by the configuration's media type: what notation 1.x finds in an OCI image layout too.
    Legacy,
}

/// A signature manifest that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureManifest {
    form: Option<ManifestForm>,
    subject: Descriptor,
    envelope: Descriptor,
    annotations: BTreeMap<String, String>,
}

impl SignatureManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`SignatureManifestError`] when it is none, holds other than one envelope, or names no subject.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureManifestError> {
        let manifest = json::parse_small_object(bytes)?;
        let members = Object::new(&manifest, &MEMBERS)?;
        members.integer("schemaVersion").map_err(member_type)?;
        let annotations = members.text_map("annotations").map_err(member_type)?.unwrap_or_default();
        let (form, blobs) = match string(&manifest, "mediaType")? {
            Some(media_type::IMAGE_MANIFEST) | None => (Some(image_form(&manifest)?), "layers"),
            Some(media_type::ARTIFACT_MANIFEST) => {
                check_artifact_type(string(&manifest, "artifactType")?)?;
                (None, "blobs")
            }
            Some(other) => return Err(SignatureManifestError::MediaType { found: other.to_owned() }),
        };
        let envelope = only_blob(&manifest, blobs)?;
        if EnvelopeFormat::from_media_type(&envelope.media_type).is_none() {
            return Err(SignatureManifestError::EnvelopeMediaType { found: envelope.media_type });
        }
        if envelope.size > limits::ENVELOPE_BYTES {
            return Err(SignatureManifestError::EnvelopeSize { found: envelope.size, limit: limits::ENVELOPE_BYTES });
        }
        let subject = manifest.get("subject").ok_or(SignatureManifestError::SubjectMissing)?;
        Ok(Self { form, subject: Descriptor::from_unsigned(subject)?, envelope, annotations })
    }

    /// Its form; none for the withdrawn artifact manifest, which is read and never written.
    #[must_use]
    pub const fn form(&self) -> Option<ManifestForm> {
        self.form
    }

    /// The artifact that it says it belongs to. The payload of the envelope decides.
    #[must_use]
    pub const fn subject(&self) -> &Descriptor {
        &self.subject
    }

    /// The envelope.
    #[must_use]
    pub const fn envelope(&self) -> &Descriptor {
        &self.envelope
    }

    /// Annotations, which anybody could have written.
    #[must_use]
    pub const fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }
}

/// What a signature manifest is written from.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    subject: &'a Descriptor,
    envelope: &'a Descriptor,
    chain: &'a CertificateChain,
    signing_time: Timestamp,
    annotations: &'a BTreeMap<String, String>,
}

static NO_ANNOTATIONS: BTreeMap<String, String> = BTreeMap::new();

impl<'a> Contents<'a> {
    /// The artifact, as resolved; the envelope, as pushed, with the chain of its signing certificate and its signing time,
    /// whoever vouches for that.
    #[must_use]
    pub const fn new(
        subject: &'a Descriptor,
        envelope: &'a Descriptor,
        chain: &'a CertificateChain,
        signing_time: Timestamp,
    ) -> Self {
        Self { subject, envelope, chain, signing_time, annotations: &NO_ANNOTATIONS }
    }

    /// The same with further annotations. Those whose names the specification keeps for itself, or that are written
    /// anyway, are left out.
    #[must_use]
    pub const fn with_annotations(self, annotations: &'a BTreeMap<String, String>) -> Self {
        Self { annotations, ..self }
    }
}

/// The annotations of a manifest, which an index that lists it repeats.
#[must_use]
pub fn annotations(contents: &Contents<'_>) -> BTreeMap<String, String> {
    let thumbprints: Vec<_> = contents.chain.certificates().iter().map(|one| one.fingerprint()).collect();
    let own = [
        (THUMBPRINTS.to_owned(), json!(thumbprints).to_string()),
        (CREATED.to_owned(), whole_seconds(contents.signing_time).to_string()),
    ];
    let further = contents.annotations.iter().filter(|(key, _)| !key.starts_with(payload::RESERVED_PREFIX));
    further.map(|(key, value)| (key.clone(), value.clone())).chain(own).collect()
}

/// Writes a manifest, members in notation's order.
#[must_use]
pub fn assemble(form: ManifestForm, contents: &Contents<'_>) -> Vec<u8> {
    let annotations = json!(annotations(contents));
    let empty = Descriptor::of(media_type::EMPTY, EMPTY_CONFIG);
    let (mark, config) = match form {
        ManifestForm::Current => {
            let mark = format!(r#""artifactType":"{}","#, media_type::SIGNATURE);
            let config = format!(
                r#"{{"mediaType":"{}","digest":"{}","size":2,"data":"e30="}}"#,
                media_type::EMPTY,
                empty.digest
            );
            (mark, config)
        }
        ManifestForm::Legacy => {
            let config = format!(r#"{{"mediaType":"{}","digest":"{}","size":2}}"#, media_type::SIGNATURE, empty.digest);
            (String::new(), config)
        }
    };
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{}",{mark}"config":{config},"layers":[{}],"subject":{},"annotations":{annotations}}}"#,
        media_type::IMAGE_MANIFEST,
        in_order(contents.envelope),
        in_order(contents.subject),
    )
    .into_bytes()
}

/// Members in the order of the specification's samples, which a derived serializer keeps and a JSON map does not.
fn in_order(descriptor: &Descriptor) -> String {
    let Descriptor { media_type, digest, size, .. } = descriptor;
    format!(r#"{{"mediaType":{},"digest":"{digest}","size":{size}}}"#, json!(media_type))
}

fn string<'a>(object: &'a Map<String, Value>, member: &'static str) -> Result<Option<&'a str>, SignatureManifestError> {
    match object.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(SignatureManifestError::MemberType { member, found: json::kind(other) }),
    }
}

/// An image manifest is a signature when `artifactType` says so, or, without one, the configuration's media type.
fn image_form(manifest: &Map<String, Value>) -> Result<ManifestForm, SignatureManifestError> {
    let config = manifest.get("config").ok_or(SignatureManifestError::MemberMissing { member: "config" })?;
    let config = Descriptor::from_unsigned(config)?;
    match string(manifest, "artifactType")? {
        Some(found) => check_artifact_type(Some(found)).map(|()| ManifestForm::Current),
        None if config.media_type == media_type::SIGNATURE => Ok(ManifestForm::Legacy),
        None => Err(SignatureManifestError::ArtifactType { found: config.media_type }),
    }
}

fn check_artifact_type(found: Option<&str>) -> Result<(), SignatureManifestError> {
    match found {
        Some(media_type::SIGNATURE) => Ok(()),
        other => Err(SignatureManifestError::ArtifactType { found: other.unwrap_or_default().to_owned() }),
    }
}

fn only_blob(manifest: &Map<String, Value>, member: &'static str) -> Result<Descriptor, SignatureManifestError> {
    match manifest.get(member) {
        Some(Value::Array(blobs)) => match blobs.as_slice() {
            [only] => Ok(Descriptor::from_unsigned(only)?),
            several => Err(SignatureManifestError::EnvelopeCount { found: several.len() }),
        },
        Some(other) => Err(SignatureManifestError::MemberType { member, found: json::kind(other) }),
        None => Err(SignatureManifestError::MemberMissing { member }),
    }
}

fn member_type(error: JsonError) -> SignatureManifestError {
    match error {
        JsonError::MemberType { member, found, .. } => SignatureManifestError::MemberType { member, found },
        other => SignatureManifestError::Json(other),
    }
}

/// Why a manifest is not a signature manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureManifestError {
    /// Not one JSON object with one meaning.
    #[error("signature manifest is not one JSON object")]
    Json(#[from] JsonError),
    /// Neither an image manifest nor an artifact manifest.
    #[error("signature manifest has media type {found:?}, expected {:?}", media_type::IMAGE_MANIFEST)]
    MediaType {
        /// As found.
        found: String,
    },
    /// A required member is missing.
    #[error("signature manifest has no member {member:?}")]
    MemberMissing {
        /// Its name.
        member: &'static str,
    },
    /// A member has another type.
    #[error("member {member:?} of the signature manifest is {found}")]
    MemberType {
        /// Its name.
        member: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// It is the manifest of something else.
    #[error("manifest is of type {found:?}, expected {:?}", media_type::SIGNATURE)]
    ArtifactType {
        /// As found.
        found: String,
    },
    /// Other than one envelope.
    #[error("signature manifest holds {found} envelopes, expected one")]
    EnvelopeCount {
        /// How many.
        found: usize,
    },
    /// Something else than an envelope.
    #[error("signature manifest holds a {found:?}, expected {:?} or {:?}", media_type::JWS, media_type::COSE)]
    EnvelopeMediaType {
        /// Its media type.
        found: String,
    },
    /// An envelope that is too large to be fetched.
    #[error("signature manifest names an envelope of {found} bytes, at most {limit} are read")]
    EnvelopeSize {
        /// Bytes claimed.
        found: u64,
        /// The cap.
        limit: u64,
    },
    /// It names no artifact.
    #[error("signature manifest names no subject")]
    SubjectMissing,
    /// A descriptor in it cannot be read.
    #[error("signature manifest holds a malformed descriptor")]
    Descriptor(#[from] DescriptorError),
}

impl SignatureManifestError {
    /// Stable name of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "manifest-json",
            Self::MediaType { .. } => "manifest-media-type",
            Self::MemberMissing { .. } => "manifest-member-missing",
            Self::MemberType { .. } => "manifest-member-type",
            Self::ArtifactType { .. } => "manifest-artifact-type",
            Self::EnvelopeCount { .. } => "manifest-envelope-count",
            Self::EnvelopeMediaType { .. } => "manifest-envelope-media-type",
            Self::EnvelopeSize { .. } => "manifest-envelope-size",
            Self::SubjectMissing => "manifest-subject-missing",
            Self::Descriptor(_) => "manifest-descriptor",
        }
    }
}
