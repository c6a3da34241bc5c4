//! Manifests and indexes as documents: their content must agree with what headers and descriptors say about them.

use std::collections::BTreeMap;

use notary::descriptor::{Descriptor, media_type};
use notary::digest::{Digest, Hasher};
use notary::json::{self, JsonError, Object};
use oci_client::manifest::ImageIndexEntry;
use serde_json::{Map, Value};

use super::error::RegistryError;
use super::excerpt::excerpt;

/// Media types of artifacts that can be signed, which are also those asked for: images and indexes, OCI's and
/// Docker's, and the withdrawn artifact manifest.
pub(super) const MANIFEST_TYPES: [&str; 5] = [
    media_type::DOCKER_MANIFEST,
    media_type::DOCKER_MANIFEST_LIST,
    media_type::IMAGE_MANIFEST,
    media_type::IMAGE_INDEX,
    media_type::ARTIFACT_MANIFEST,
];

/// Media types of Docker's images before 2015, which Docker itself has not pulled since version 28.2.
const SCHEMA_1_TYPES: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
];

/// Members that decide what a document is; a name in other case would be read by Go and not by us.
const MEMBERS: [&str; 9] =
    ["schemaVersion", "mediaType", "artifactType", "manifests", "config", "layers", "blobs", "subject", "annotations"];

/// Whether content of this media type is stored as a manifest rather than as a blob.
pub(super) fn is_manifest(media_type: &str) -> bool {
    MANIFEST_TYPES.contains(&media_type)
}

pub(super) fn is_index(media_type: &str) -> bool {
    matches!(media_type, media_type::IMAGE_INDEX | media_type::DOCKER_MANIFEST_LIST)
}

/// Whether content of this media type can be a referrer of another that is looked for: a signature is no index.
pub(super) fn may_have_a_subject(media_type: &str) -> bool {
    matches!(media_type, media_type::IMAGE_MANIFEST | media_type::ARTIFACT_MANIFEST)
}

/// The artifact type of a manifest: the one that it names, or else, of an image manifest, that of its configuration (image
/// specification, "Guidelines for Artifact Usage").
pub(super) fn artifact_type<'a>(
    media_type: &str,
    document: &'a Map<String, Value>,
) -> Result<Option<&'a str>, JsonError> {
    let members = Object::new(document, &MEMBERS)?;
    let named = members.text("artifactType")?.filter(|text| !text.is_empty());
    let config = members.object("config", &["mediaType"])?;
    let config = config.map(|config| config.text("mediaType")).transpose()?.flatten();
    Ok(named.or(config.filter(|_| media_type == media_type::IMAGE_MANIFEST)))
}

/// The annotations of a manifest. One that is `null` is none, as for everyone else.
pub(super) fn annotations(document: &Map<String, Value>) -> BTreeMap<String, String> {
    let annotations = document.get("annotations").and_then(Value::as_object);
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    annotations.into_iter().flatten().filter_map(text).collect()
}

/// Parses a document strictly: it has one meaning, and its known members are of their types. What an index lists is
/// looked at entry by entry ([`entries`]), so that a broken one does not hide the others.
pub(super) fn parse(what: &str, bytes: &[u8]) -> Result<Map<String, Value>, RegistryError> {
    let wrap = |source| RegistryError::Json { what: what.to_owned(), source };
    let object = json::parse_object(bytes).map_err(wrap)?;
    check_members(&object).map_err(wrap)?;
    Ok(object)
}

fn check_members(object: &Map<String, Value>) -> Result<(), JsonError> {
    let members = Object::new(object, &MEMBERS)?;
    members.integer("schemaVersion")?;
    for member in ["mediaType", "artifactType"] {
        members.text(member)?;
    }
    members.array("manifests")?;
    for member in ["layers", "blobs"] {
        members.objects(member, &[])?;
    }
    for member in ["config", "subject"] {
        members.map(member)?;
    }
    // They decide nothing here, and for `null` Go reads an empty text.
    let is_text = |value: &Value| value.is_string() || value.is_null();
    match members.map("annotations")? {
        Some(annotations) if annotations.values().all(is_text) => Ok(()),
        _ => members.text_map("annotations").map(drop),
    }
}

/// The media type of a manifest or index: what the header (or descriptor) announces and what the document says must
/// agree, and the members must be those of that type (CVE-2021-41190: one document, two meanings).
///
/// # Errors
/// For what is not an artifact at all, that it is Docker's schema 1 ([`RegistryError::Schema1`]) or announced as something else
/// ([`RegistryError::NotManifest`]): a type such as `application/json` is no word for a manifest, and the document's own does not
/// take its place, since others go by the header.
pub(super) fn media_type_of(what: &str, announced: Option<&str>, bytes: &[u8]) -> Result<String, RegistryError> {
    if let Some(announced) = announced.filter(|announced| !is_manifest(announced)) {
        return Err(not_manifest(what, announced, bytes));
    }
    let object = parse(what, bytes)?;
    let malformed = |fact: &str| RegistryError::Malformed { what: what.to_owned(), fact: fact.to_owned() };
    // Of another type than a string it was refused; `null` and empty are absent.
    let named = object.get("mediaType").and_then(Value::as_str).filter(|text| !text.is_empty());
    let mismatch = |found: &str, expected: &str| RegistryError::MediaType {
        what: what.to_owned(),
        found: excerpt(found),
        expected: excerpt(expected),
    };
    let media_type = match (announced, named) {
        (Some(announced), Some(named)) if announced != named => return Err(mismatch(named, announced)),
        (Some(media_type), _) | (None, Some(media_type)) => media_type,
        (None, None) if is_schema_1(None, &object) => {
            return Err(RegistryError::Schema1 { what: what.to_owned(), found: None });
        }
        (None, None) => return Err(malformed("neither its header nor its body names a media type")),
    };
    if !is_manifest(media_type) {
        return Err(not_manifest(what, media_type, bytes));
    }
    let foreign: &[&str] =
        if is_index(media_type) { &["config", "layers", "blobs", "fsLayers"] } else { &["manifests", "fsLayers"] };
    match foreign.iter().find(|member| object.get(**member).is_some_and(|value| !value.is_null())) {
        Some(member) => Err(malformed(&format!("it has a member {member:?} that {media_type} does not have"))),
        None => Ok(media_type.to_owned()),
    }
}

/// What something is that is announced as, or names, another media type than that of a manifest.
fn not_manifest(what: &str, found: &str, bytes: &[u8]) -> RegistryError {
    let object = json::parse_object(bytes).unwrap_or_default();
    let (what, excerpted) = (what.to_owned(), excerpt(found));
    if is_schema_1(Some(found), &object) {
        return RegistryError::Schema1 { what, found: Some(excerpted) };
    }
    let named = object.get("mediaType").and_then(Value::as_str).filter(|named| *named != found && is_manifest(named));
    RegistryError::NotManifest { what, found: excerpted, named: named.map(str::to_owned) }
}

/// Whether a document is an image of Docker's schema 1: by its media type, or, since that of its own time was none or
/// `application/json`, by its version.
fn is_schema_1(announced: Option<&str>, object: &Map<String, Value>) -> bool {
    announced.is_some_and(|announced| SCHEMA_1_TYPES.contains(&announced))
        || (object.get("schemaVersion").and_then(Value::as_i64) == Some(1) && object.contains_key("fsLayers"))
}

/// The entries of an index, one by one, since all of them at once take many times the memory of the index; nothing for
/// one that cannot be read. `null`, which Go writes for none, is empty.
pub(super) fn entries(
    what: &str,
    index: &Map<String, Value>,
) -> Result<impl Iterator<Item = Option<Descriptor>>, RegistryError> {
    let malformed = |fact: &str| RegistryError::Malformed { what: what.to_owned(), fact: fact.to_owned() };
    let entries = match index.get("manifests") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(malformed("its manifests are not an array")),
    };
    Ok(entries.iter().map(|entry| Descriptor::from_unsigned(entry).ok()))
}

/// An entry of an index as it is written: the members in the order in which notation has them.
///
/// # Errors
/// [`RegistryError::Malformed`] for a size that no registry has either.
pub(super) fn index_entry(what: &str, descriptor: &Descriptor) -> Result<ImageIndexEntry, RegistryError> {
    let Descriptor { media_type, digest, size, annotations, artifact_type } = descriptor.clone();
    let size = i64::try_from(size).map_err(|_| RegistryError::Malformed {
        what: what.to_owned(),
        fact: format!("{size} is not a size that an index can hold"),
    })?;
    let annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
    Ok(ImageIndexEntry { media_type, digest: digest.to_string(), size, platform: None, annotations, artifact_type })
}

/// Checks content against its descriptor: size first, then digest.
pub(super) fn check_content(what: &str, descriptor: &Descriptor, bytes: &[u8]) -> Result<(), RegistryError> {
    let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if found != descriptor.size {
        return Err(RegistryError::Size { what: what.to_owned(), expected: descriptor.size, found });
    }
    check_digest(what, &descriptor.digest, bytes)
}

pub(super) fn check_digest(what: &str, expected: &Digest, bytes: &[u8]) -> Result<(), RegistryError> {
    let mut hasher = Hasher::new(expected.algorithm());
    hasher.update(bytes);
    let found = hasher.finish();
    if found == *expected {
        return Ok(());
    }
    Err(RegistryError::Digest { what: what.to_owned(), expected: expected.clone(), found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_document_agree_on_the_media_type() {
        let (manifest, index) = (media_type::IMAGE_MANIFEST, media_type::IMAGE_INDEX);
        let (docker, list) = (media_type::DOCKER_MANIFEST, media_type::DOCKER_MANIFEST_LIST);
        for media_type in [manifest, docker] {
            let body = format!(r#"{{"mediaType":"{media_type}","config":{{}},"layers":[]}}"#);
            for header in [Some(media_type), None] {
                assert_eq!(media_type_of("x", header, body.as_bytes()).unwrap(), media_type);
            }
        }
        for media_type in [index, list] {
            assert_eq!(media_type_of("x", Some(media_type), br#"{"manifests":[]}"#).unwrap(), media_type);
        }
        let named = |media_type: &str| format!(r#"{{"mediaType":"{media_type}"}}"#);
        for (header, body) in
            [(Some(manifest), named(index)), (Some(index), named(manifest)), (Some(docker), named(manifest))]
        {
            let found = media_type_of("x", header, body.as_bytes());
            assert!(matches!(found, Err(RegistryError::MediaType { .. })), "{header:?} {body}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_manifest_is_told_as_what_it_is() {
        let image = media_type::IMAGE_MANIFEST;
        let named = format!(r#"{{"schemaVersion":2,"mediaType":"{image}","config":{{}},"layers":[]}}"#);
        for (header, body, found, own) in [
            (Some("application/json"), named.as_str(), "application/json", Some(image)),
            (Some("text/plain"), &named, "text/plain", Some(image)),
            (Some("application/octet-stream"), &named, "application/octet-stream", Some(image)),
            (Some("application/json"), "{}", "application/json", None),
            (Some("text/html"), "<html>", "text/html", None),
            (Some("text/html"), r#"{"mediaType":"text/html"}"#, "text/html", None),
            (None, r#"{"mediaType":"application/json"}"#, "application/json", None),
        ] {
            let error = media_type_of("x", header, body.as_bytes()).unwrap_err();
            let RegistryError::NotManifest { found: told, named, .. } = &error else { panic!("{error:?}") };
            assert_eq!((told.as_str(), named.as_deref()), (found, own), "{header:?} {body}");
            assert!(error.to_string().contains(found), "{error}");
        }
        // Without a header the document says what it is; what it is known by is its digest.
        assert_eq!(media_type_of("x", None, named.as_bytes()).unwrap(), image);
    }

    #[test]
    fn an_image_of_docker_s_schema_1_is_told_as_that() {
        let [plain, signed] = SCHEMA_1_TYPES;
        let body = r#"{"schemaVersion":1,"name":"app","tag":"v1","fsLayers":[],"history":[],"signatures":[]}"#;
        let naming = format!(r#"{{"schemaVersion":1,"mediaType":"{plain}","fsLayers":[]}}"#);
        for (header, body) in [
            (Some(plain), body),
            (Some(signed), body),
            (Some(signed), "{}"),
            (Some("application/json"), body),
            (Some("text/plain"), body),
            (None, body),
            (None, &naming),
        ] {
            let error = media_type_of("x", header, body.as_bytes()).unwrap_err();
            assert!(matches!(error, RegistryError::Schema1 { .. }), "{header:?} {body}: {error:?}");
            assert!(error.to_string().starts_with("x is an image of Docker's schema 1"), "{error}");
        }
        // Under the name of another type it contradicts itself.
        for header in [media_type::IMAGE_MANIFEST, media_type::DOCKER_MANIFEST, media_type::IMAGE_INDEX] {
            let error = media_type_of("x", Some(header), body.as_bytes()).unwrap_err();
            assert!(matches!(error, RegistryError::Malformed { .. }), "{error:?}");
        }
    }

    #[test]
    fn a_document_has_one_meaning() {
        for (header, body) in [
            (Some(media_type::IMAGE_MANIFEST), r#"{"manifests":[]}"#),
            (Some(media_type::IMAGE_INDEX), r#"{"layers":[]}"#),
            (Some(media_type::IMAGE_INDEX), r#"{"config":{}}"#),
            (Some(media_type::DOCKER_MANIFEST), r#"{"fsLayers":[]}"#),
            (None, "{}"),
            (None, r#"{"mediaType":null}"#),
            (None, r#"{"mediaType":""}"#),
        ] {
            let found = media_type_of("x", header, body.as_bytes());
            assert!(matches!(found, Err(RegistryError::Malformed { .. })), "{body}: {found:?}");
        }
        for body in [r#"{"layers":[],"layers":[]}"#, r#"{"MediaType":"x"}"#, "[]", "", "{"] {
            let found = media_type_of("x", Some(media_type::IMAGE_MANIFEST), body.as_bytes());
            assert!(matches!(found, Err(RegistryError::Json { .. })), "{body}: {found:?}");
        }
    }

    #[test]
    fn null_and_empty_members_are_absent() {
        let (manifest, index) = (media_type::IMAGE_MANIFEST, media_type::IMAGE_INDEX);
        for (media_type, body) in [
            (manifest, r#"{"mediaType":null}"#),
            (manifest, r#"{"mediaType":"","manifests":null,"annotations":null,"subject":null}"#),
            (index, r#"{"mediaType":null,"manifests":null,"config":null,"layers":null,"annotations":{"a":null}}"#),
        ] {
            assert_eq!(media_type_of("x", Some(media_type), body.as_bytes()).unwrap(), media_type, "{body}");
        }
        let document = |text: &str| parse("x", text.as_bytes()).unwrap();
        for (text, expected) in [
            (r#"{"artifactType":"a/b","config":{"mediaType":"c/d"}}"#, Some("a/b")),
            (r#"{"artifactType":null,"config":{"mediaType":"c/d"}}"#, Some("c/d")),
            (r#"{"artifactType":"","config":{"mediaType":"c/d"}}"#, Some("c/d")),
            (r#"{"artifactType":"","config":null}"#, None),
        ] {
            assert_eq!(artifact_type(manifest, &document(text)).unwrap(), expected, "{text}");
        }
        let digest = Digest::sha256(b"x");
        for more in
            ["", r#","annotations":null"#, r#","annotations":{"a":null}"#, r#","annotations":{},"artifactType":null"#]
        {
            let entry = format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":1{more}}}"#);
            let index = document(&format!(r#"{{"manifests":[{entry}]}}"#));
            let read: Vec<_> = entries("x", &index).unwrap().collect();
            assert_eq!(read, [Some(Descriptor::of("a/b", b"x"))], "{more}");
        }
    }

    #[test]
    fn every_known_member_of_a_document_is_of_its_type() {
        for (member, taken, refused) in [
            ("schemaVersion", &["2", "null"][..], &["\"2\"", "2.0", "[2]", "{}"][..]),
            ("mediaType", &["\"a/b\"", "null"], &["1", "[\"a/b\"]", "{}"]),
            ("artifactType", &["\"a/b\"", "null"], &["1", "[\"a/b\"]", "{}"]),
            ("manifests", &["[]", "null", "[[]]"], &["{}", "\"x\"", "{\"0\":{}}"]),
            ("layers", &["[]", "null", "[{}]"], &["{}", "[[]]", "[null]", "[\"x\"]", "[[\"a/b\"]]"]),
            ("blobs", &["[]", "null", "[{}]"], &["{}", "[[]]", "[null]", "[\"x\"]"]),
            ("config", &["{}", "null"], &["[]", "\"x\"", "1", "[{}]"]),
            ("subject", &["{}", "null"], &["[]", "\"x\"", "1", "[\"a/b\",\"sha256:\",1]"]),
            (
                "annotations",
                &["{}", "null", "{\"a\":\"b\"}", "{\"a\":null}", "{\"a\":null,\"b\":\"\"}"],
                &["[]", "\"x\"", "{\"a\":1}", "{\"a\":true}", "{\"a\":{}}", "{\"a\":null,\"b\":[]}"],
            ),
            ("unknown", &["[]", "{}", "1", "null"], &[]),
        ] {
            for value in taken {
                parse("x", format!("{{\"{member}\":{value}}}").as_bytes()).unwrap();
            }
            for value in refused {
                let found = parse("x", format!("{{\"{member}\":{value}}}").as_bytes());
                let wrong_type = matches!(
                    &found,
                    Err(RegistryError::Json { source: JsonError::MemberType { member: named, .. }, .. }) if *named == member
                );
                assert!(wrong_type, "{member}: {value}: {found:?}");
            }
        }
    }

    #[test]
    fn an_entry_that_is_an_array_is_counted_and_hides_no_other() {
        let good = Descriptor::of("a/b", b"x");
        let array = format!(r#"["a/b","{}",1,{{}},"{}"]"#, good.digest, media_type::SIGNATURE);
        let entry = serde_json::to_string(&good).unwrap();
        let document = format!(r#"{{"manifests":[{array},{entry},[{entry}],null]}}"#);
        let index = parse("x", document.as_bytes()).unwrap();
        let read: Vec<_> = entries("x", &index).unwrap().collect();
        assert_eq!(read, [None, Some(good), None, None]);
    }

    #[test]
    fn an_entry_that_is_written_says_what_its_descriptor_says() {
        let plain = Descriptor::of(media_type::IMAGE_MANIFEST, b"x");
        let annotations = [("a".to_owned(), "b".to_owned())].into();
        let full = Descriptor { annotations, artifact_type: Some(media_type::SIGNATURE.into()), ..plain.clone() };
        for descriptor in [plain, full.clone()] {
            let entry = serde_json::to_value(index_entry("x", &descriptor).unwrap()).unwrap();
            assert_eq!(entry, serde_json::to_value(&descriptor).unwrap());
            assert_eq!(Descriptor::from_value(&entry).unwrap(), descriptor);
        }
        let endless = Descriptor { size: u64::MAX, ..full };
        assert!(matches!(index_entry("x", &endless), Err(RegistryError::Malformed { .. })));
    }

    #[test]
    fn media_types_are_those_of_oci_client() {
        use oci_client::manifest;
        assert_eq!(media_type::IMAGE_MANIFEST, manifest::OCI_IMAGE_MEDIA_TYPE);
        assert_eq!(media_type::IMAGE_INDEX, manifest::OCI_IMAGE_INDEX_MEDIA_TYPE);
        assert_eq!(media_type::DOCKER_MANIFEST, manifest::IMAGE_MANIFEST_MEDIA_TYPE);
        assert_eq!(media_type::DOCKER_MANIFEST_LIST, manifest::IMAGE_MANIFEST_LIST_MEDIA_TYPE);
    }

    #[test]
    fn content_is_compared_with_its_descriptor() {
        let descriptor = Descriptor::of("a/b", b"content");
        check_content("x", &descriptor, b"content").unwrap();
        assert!(matches!(check_content("x", &descriptor, b"contenT"), Err(RegistryError::Digest { .. })));
        assert!(matches!(check_content("x", &descriptor, b"conten"), Err(RegistryError::Size { found: 6, .. })));
        assert!(matches!(check_content("x", &descriptor, b"content2"), Err(RegistryError::Size { found: 8, .. })));
    }
}
