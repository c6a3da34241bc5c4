//! OCI image layouts on disk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use notary::descriptor::{Descriptor, media_type};
use notary::digest::Digest;
use notary::limits::{ENVELOPE_BYTES, MANIFEST_BYTES};
use notary::signature_manifest::THUMBPRINTS;
use serde_json::{Value, json};

use super::super::server::signature;
use super::super::{
    Access, Credentials, Kind, Mechanism, Prepared, PushError, Registries, RegistryError, Settings, Source,
};
use crate::reference::Reference;

struct Layout {
    folder: tempfile::TempDir,
}

impl Layout {
    fn new() -> Self {
        let layout = Self { folder: tempfile::tempdir().unwrap() };
        layout.write("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
        layout.index(&[]);
        layout
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn index(&self, entries: &[Value]) {
        let index = json!({"schemaVersion": 2, "other": {"kept": true}, "manifests": entries});
        self.write("index.json", index.to_string());
    }

    fn read_index(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.path().join("index.json")).unwrap()).unwrap()
    }

    fn blob(&self, media_type: &str, content: impl AsRef<[u8]>) -> Descriptor {
        let descriptor = Descriptor::of(media_type, content.as_ref());
        self.write(&format!("blobs/sha256/{}", descriptor.digest.hex()), content);
        descriptor
    }

    fn image(&self, name: &str) -> Descriptor {
        self.blob(media_type::IMAGE_MANIFEST, format!(r#"{{"config":{{}},"layers":[{{"name":"{name}"}}]}}"#))
    }

    fn manifest(&self, document: &Value) -> Descriptor {
        self.blob(document["mediaType"].as_str().unwrap(), document.to_string())
    }

    fn reference(&self, target: &str) -> Reference {
        Reference::parse(&format!("oci-layout:{}{target}", self.path().display())).unwrap()
    }

    fn source(&self) -> Source {
        let registries = Registries::new(Settings::default(), Credentials::none());
        registries.open(&self.reference(":v1"), Access::PullPush).unwrap()
    }

    /// Every file with its content and modification time.
    fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let modified = path.metadata().unwrap().modified().unwrap();
                    found.push((path.clone(), std::fs::read(&path).unwrap(), modified));
                }
            }
        }
        found.sort();
        found
    }
}

fn tagged(descriptor: &Descriptor, tag: &str) -> Value {
    let mut value = serde_json::to_value(descriptor).unwrap();
    value["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
    value
}

fn plain(descriptor: &Descriptor) -> Value {
    serde_json::to_value(descriptor).unwrap()
}

/// A signature manifest in one of the forms.
fn signed(subject: &Descriptor, media_type: &str, artifact_type: Option<&str>, config: Option<&str>) -> Value {
    let annotations = json!({THUMBPRINTS: "b", "a": "b"});
    let mut document = json!({"mediaType": media_type, "subject": subject.plain(), "annotations": annotations});
    if let Some(artifact_type) = artifact_type {
        document["artifactType"] = json!(artifact_type);
    }
    if let Some(config) = config {
        document["config"] = json!({"mediaType": config, "digest": Digest::sha256(b"{}"), "size": 2});
    }
    document
}

#[tokio::test]
async fn an_artifact_is_found_by_tag_and_digest_also_below_an_index() {
    let layout = Layout::new();
    let (image, inner) = (layout.image("a"), layout.image("inner"));
    let index = layout.blob(media_type::IMAGE_INDEX, json!({"manifests": [plain(&inner)]}).to_string());
    layout.index(&[tagged(&image, "v1"), tagged(&index, "all")]);
    let before = layout.snapshot();
    let source = layout.source();
    for (target, expected) in [
        (":v1".to_owned(), &image),
        (":all".to_owned(), &index),
        (format!("@{}", image.digest), &image),
        (format!("@{}", inner.digest), &inner),
    ] {
        let resolved = source.resolve(&layout.reference(&target)).await.unwrap();
        assert_eq!(&resolved.descriptor, expected, "{target}");
        assert_eq!(Digest::sha256(&resolved.bytes), expected.digest);
    }
    let error = source.resolve(&layout.reference(":v2")).await.unwrap_err();
    let RegistryError::TagNotInLayout { tag, tags, more, .. } = &error else { panic!("{error}") };
    assert_eq!((tag.as_str(), tags.as_slice(), *more), ("v2", &["all".to_owned(), "v1".to_owned()][..], 0));
    assert_eq!(error.kind(), Kind::NotFound);
    let nothing = format!("@{}", Digest::sha256(b"nothing"));
    let error = source.resolve(&layout.reference(&nothing)).await.unwrap_err();
    assert!(matches!(error, RegistryError::NotInLayout { .. }), "{error}");
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(source.signatures(&image.digest).await.unwrap().proves_unsigned());
    assert_eq!(layout.snapshot(), before, "reading changes nothing");
}

/// The file of the image that the cases below spoil.
fn image_file(layout: &Layout) -> String {
    format!("blobs/sha256/{}", layout.image("a").digest.hex())
}

/// What is done to a layout, and the error that it has to give.
type Spoiled = (&'static str, fn(&Layout), &'static str);

#[rustfmt::skip]
const SPOILED: [Spoiled; 21] = [
    ("version", |l| l.write("oci-layout", r#"{"imageLayoutVersion":"2.0.0"}"#), "content-malformed"),
    ("marker", |l| l.write("oci-layout", "x"), "content-json"),
    ("marker in an array", |l| l.write("oci-layout", r#"[{"imageLayoutVersion":"1.0.0"}]"#), "content-json"),
    ("version in an array", |l| l.write("oci-layout", r#"{"imageLayoutVersion":["1.0.0"]}"#), "content-json"),
    ("version as a number", |l| l.write("oci-layout", r#"{"imageLayoutVersion":1.0}"#), "content-json"),
    ("version in another case", |l| l.write("oci-layout", r#"{"ImageLayoutVersion":"1.0.0"}"#), "content-json"),
    ("entry in an array", |l| l.index(&[json!([media_type::IMAGE_MANIFEST, l.image("a").digest, 2, {"org.opencontainers.image.ref.name": "v1"}])]), "layout-not-found"),
    ("annotations", |l| l.write("index.json", r#"{"manifests":[],"annotations":[]}"#), "content-json"),
    ("schema version", |l| l.write("index.json", r#"{"manifests":[],"schemaVersion":"2"}"#), "content-json"),
    ("index", |l| l.write("index.json", "[]"), "content-json"),
    ("twice", |l| l.write("index.json", r#"{"manifests":[],"manifests":[]}"#), "content-json"),
    ("array", |l| l.write("index.json", r#"{"manifests":{}}"#), "content-json"),
    ("huge", |l| l.write("index.json", " ".repeat(5 << 20)), "content-too-large"),
    ("two", |l| l.index(&[tagged(&l.image("a"), "v1"), tagged(&l.image("b"), "v1")]), "content-malformed"),
    ("digest", |l| l.write(&image_file(l), r#"{"config":{},"layers":[{"name":"b"}]}"#), "content-digest"),
    ("size", |l| l.write(&image_file(l), "{}"), "content-size"),
    ("longer", |l| l.write(&image_file(l), "x".repeat(900)), "content-too-large"),
    ("gone", |l| std::fs::remove_file(l.path().join(image_file(l))).unwrap(), "layout-not-found"),
    ("type", |l| l.index(&[tagged(&l.blob(media_type::IMAGE_INDEX, r#"{"layers":[]}"#), "v1")]), "content-malformed"),
    ("odd", |l| l.index(&[tagged(&l.blob("text/plain", "{}"), "v1")]), "content-media-type"),
    ("large", |l| l.index(&[tagged(&Descriptor { size: 1 << 40, ..l.image("a") }, "v1")]), "content-too-large"),
];

#[tokio::test]
async fn a_layout_that_lies_is_refused() {
    for (name, spoil, code) in SPOILED {
        let layout = Layout::new();
        layout.index(&[tagged(&layout.image("a"), "v1")]);
        layout.source().resolve(&layout.reference(":v1")).await.unwrap();
        spoil(&layout);
        let error = layout.source().resolve(&layout.reference(":v1")).await.unwrap_err();
        assert_eq!(error.code(), code, "{name}: {error}");
    }
}

#[tokio::test]
async fn a_folder_that_is_no_layout_is_not_found_and_not_made_one() {
    let empty = tempfile::tempdir().unwrap();
    let reference = Reference::parse(&format!("oci-layout:{}/none:v1", empty.path().display())).unwrap();
    let registries = Registries::new(Settings::default(), Credentials::none());
    let error = registries.open(&reference, Access::Pull).unwrap().resolve(&reference).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn no_document_leads_out_of_the_layout() {
    let layout = Layout::new();
    layout.write("secret", "{}");
    for digest in ["sha256:../../secret", "../secret", "sha256:..%2f..%2fsecret", "secret:secret"] {
        let entry = json!({"mediaType": media_type::IMAGE_MANIFEST, "digest": digest, "size": 2,
            "annotations": {"org.opencontainers.image.ref.name": "v1"}});
        layout.index(&[entry]);
        let error = layout.source().resolve(&layout.reference(":v1")).await.unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound, "{digest}: {error}");
    }
    // A pipe where a file should be does not hold up anyone.
    let image = layout.image("a");
    layout.index(&[tagged(&image, "v1")]);
    let path = layout.path().join(format!("blobs/sha256/{}", image.digest.hex()));
    std::fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let error = layout.source().resolve(&layout.reference(":v1")).await.unwrap_err();
    assert!(matches!(error, RegistryError::File { .. }), "{error}");
}

#[tokio::test]
async fn every_form_of_a_signature_is_listed_and_nothing_else() {
    let (image, artifact) = (media_type::IMAGE_MANIFEST, media_type::ARTIFACT_MANIFEST);
    let (notary, empty) = (Some(media_type::SIGNATURE), Some(media_type::EMPTY));
    for (form, media_type, artifact_type, config, listed, unreadable) in [
        ("current", image, notary, empty, 1, 0),
        ("1.x", image, None, notary, 1, 0),
        ("artifact manifest", artifact, notary, None, 1, 0),
        // As in a registry: the type that it names counts, whatever its configuration.
        ("current with another config", image, notary, Some("x/y"), 1, 0),
        ("current with the old config", image, notary, notary, 1, 0),
        ("an empty type and the old config", image, Some(""), notary, 1, 0),
        ("an SBOM", image, Some("application/sbom"), empty, 0, 0),
        ("an SBOM with the old config", image, Some("application/sbom"), notary, 0, 0),
        ("no type at all", image, None, empty, 0, 0),
    ] {
        let layout = Layout::new();
        let subject = layout.image("a");
        let signature = layout.manifest(&signed(&subject, media_type, artifact_type, config));
        layout.index(&[tagged(&subject, "v1"), plain(&signature)]);
        let listing = layout.source().signatures(&subject.digest).await.unwrap();
        assert_eq!((listing.descriptors.len(), listing.unreadable), (listed, unreadable), "{form}");
        assert_eq!((listing.mechanism, listing.complete), (Mechanism::Layout, true));
        for found in &listing.descriptors {
            assert!(found.same_content(&signature));
            assert_eq!(found.annotations, [(THUMBPRINTS.to_owned(), "b".to_owned())].into());
            layout.source().fetch(found, MANIFEST_BYTES).await.unwrap();
        }
    }
}

#[tokio::test]
async fn null_members_in_a_layout_are_absent() {
    for (member, value, listed) in [
        ("annotations", Value::Null, true),
        ("annotations", json!({"a": null}), true),
        ("layers", Value::Null, true),
        ("schemaVersion", Value::Null, true),
        ("artifactType", Value::Null, false),
        ("subject", Value::Null, false),
    ] {
        let layout = Layout::new();
        let subject = layout.image("a");
        let (notary, empty) = (Some(media_type::SIGNATURE), Some(media_type::EMPTY));
        let mut document = signed(&subject, media_type::IMAGE_MANIFEST, notary, empty);
        document[member] = value.clone();
        let mut entry = plain(&layout.manifest(&document));
        entry["annotations"] = Value::Null;
        layout.index(&[tagged(&subject, "v1"), entry]);
        let listing = layout.source().signatures(&subject.digest).await.unwrap();
        assert_eq!((listing.descriptors.len(), listing.unreadable), (usize::from(listed), 0), "{member}: {value}");
    }
}

#[tokio::test]
async fn a_signature_whose_members_are_of_another_type_is_counted_and_not_listed() {
    type Wrong = fn(&Descriptor) -> Value;
    let cases: [(&str, Wrong); 11] = [
        ("subject", |subject| json!([subject.media_type, subject.digest, subject.size])),
        ("subject", |subject| json!([subject.plain()])),
        ("subject", |subject| json!(subject.digest)),
        (
            "subject",
            |subject| json!({"mediaType": subject.media_type, "digest": [subject.digest], "size": subject.size}),
        ),
        ("annotations", |_| json!({"a": 1})),
        ("annotations", |_| json!(["a", "b"])),
        ("artifactType", |_| json!([media_type::SIGNATURE])),
        ("config", |_| json!([media_type::EMPTY])),
        ("config", |_| json!({"mediaType": [media_type::EMPTY]})),
        ("layers", |_| json!({})),
        ("schemaVersion", |_| json!("2")),
    ];
    for (member, wrong) in cases {
        let layout = Layout::new();
        let subject = layout.image("a");
        let mut document =
            signed(&subject, media_type::IMAGE_MANIFEST, Some(media_type::SIGNATURE), Some(media_type::EMPTY));
        document[member] = wrong(&subject);
        layout.index(&[tagged(&subject, "v1"), plain(&layout.manifest(&document))]);
        let listing = layout.source().signatures(&subject.digest).await.unwrap();
        assert_eq!((listing.descriptors.len(), listing.unreadable), (0, 1), "{document}");
        assert!(!listing.proves_unsigned());
    }
}

#[tokio::test]
async fn the_subject_is_the_artifact_in_all_its_members() {
    let layout = Layout::new();
    let (subject, other) = (layout.image("a"), layout.image("b"));
    let form = |subject: &Descriptor| {
        layout.manifest(&signed(
            subject,
            media_type::IMAGE_MANIFEST,
            Some(media_type::SIGNATURE),
            Some(media_type::EMPTY),
        ))
    };
    for (named, listed, unreadable) in [
        (subject.clone(), 1, 0),
        (other.clone(), 0, 0),
        (Descriptor { size: 1, ..subject.clone() }, 0, 1),
        (Descriptor { media_type: media_type::DOCKER_MANIFEST.into(), ..subject.clone() }, 0, 1),
    ] {
        layout.index(&[tagged(&subject, "v1"), tagged(&other, "v2"), plain(&form(&named))]);
        let listing = layout.source().signatures(&subject.digest).await.unwrap();
        assert_eq!((listing.descriptors.len(), listing.unreadable), (listed, unreadable), "{named:?}");
    }
}

#[tokio::test]
async fn signatures_in_a_tag_index_and_in_nested_indexes_are_listed_in_order_and_once() {
    let layout = Layout::new();
    let subject = layout.image("a");
    let form = |name: &str| {
        let mut document =
            signed(&subject, media_type::IMAGE_MANIFEST, Some(media_type::SIGNATURE), Some(media_type::EMPTY));
        document["annotations"][THUMBPRINTS] = json!(name);
        layout.manifest(&document)
    };
    let (first, second, third) = (form("1"), form("2"), form("3"));
    let inner = layout.blob(media_type::IMAGE_INDEX, json!({"manifests": [plain(&third), plain(&first)]}).to_string());
    let absent = Descriptor::of(media_type::IMAGE_MANIFEST, b"of another platform");
    let index = json!({"manifests": [plain(&second), plain(&inner), plain(&absent)]}).to_string();
    let index = layout.blob(media_type::IMAGE_INDEX, index);
    layout.index(&[
        tagged(&subject, "v1"),
        plain(&first),
        tagged(&index, &format!("sha256-{}", subject.digest.hex())),
        json!({"mediaType": "x", "digest": "odd", "size": 1}),
    ]);
    let listing = layout.source().signatures(&subject.digest).await.unwrap();
    let names: Vec<_> = listing.descriptors.iter().map(|found| found.annotations[THUMBPRINTS].as_str()).collect();
    assert_eq!(names, ["1", "2", "3"]);
    assert_eq!((listing.complete, listing.unreadable), (true, 1));

    // A damaged signature is counted and hides no other.
    layout.write(&format!("blobs/sha256/{}", second.digest.hex()), "damaged");
    let listing = layout.source().signatures(&subject.digest).await.unwrap();
    assert_eq!((listing.descriptors.len(), listing.unreadable), (2, 2));
}

#[tokio::test]
async fn indexes_without_end_are_not_followed_without_end() {
    let layout = Layout::new();
    let subject = layout.image("a");
    let mut index = layout.image("innermost");
    for _ in 0..20 {
        index = layout.blob(media_type::IMAGE_INDEX, json!({"manifests": [plain(&index)]}).to_string());
    }
    layout.index(&[tagged(&subject, "v1"), plain(&index)]);
    let listing = layout.source().signatures(&subject.digest).await.unwrap();
    assert!(!listing.complete && !listing.proves_unsigned());

    let many: Vec<_> =
        (0..5000).map(|n| plain(&Descriptor::of(media_type::IMAGE_MANIFEST, format!("{n}").as_bytes()))).collect();
    layout.index(&[vec![tagged(&subject, "v1")], many].concat());
    assert!(!layout.source().signatures(&subject.digest).await.unwrap().complete);
}

#[tokio::test]
async fn a_signature_is_stored_and_listed_and_nothing_else_changes() {
    let layout = Layout::new();
    let subject = layout.image("a");
    layout.index(&[tagged(&subject, "v1")]);
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(layout.path().join("index.json"), mode).unwrap();
    let push = signature(&subject, "a");
    let source = layout.source();
    for _ in 0..2 {
        let prepared = source.prepare().await.unwrap();
        let pushed = source.push_signature(prepared, &push).await.unwrap();
        assert_eq!(pushed.manifest, push.manifest.0);
    }
    let index = layout.read_index();
    assert_eq!(index["other"], json!({"kept": true}));
    assert_eq!(index["manifests"].as_array().unwrap().len(), 2);
    assert_eq!(index["manifests"][0], tagged(&subject, "v1"));
    assert_eq!(index["manifests"][1], plain(&push.manifest.0));
    let listing = source.signatures(&subject.digest).await.unwrap();
    assert_eq!(listing.descriptors, std::slice::from_ref(&push.manifest.0));
    assert_eq!(source.fetch(&push.envelope.0, ENVELOPE_BYTES).await.unwrap(), push.envelope.1);
    // No temporary file stays, and the files can be read by others as before.
    let files: Vec<_> = layout.snapshot().into_iter().map(|(path, ..)| path).collect();
    assert_eq!(files.len(), 2 + 1 + 3, "{files:?}");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&layout.path().join("index.json")), 0o640);
    assert_eq!(mode(&layout.path().join(format!("blobs/sha256/{}", push.envelope.0.digest.hex()))) & 0o444, 0o444);
}

#[tokio::test]
async fn nothing_is_written_into_what_is_no_layout() {
    let folder = tempfile::tempdir().unwrap();
    let reference = Reference::parse(&format!("oci-layout:{}:v1", folder.path().display())).unwrap();
    let registries = Registries::new(Settings::default(), Credentials::none());
    let source = registries.open(&reference, Access::PullPush).unwrap();
    let subject = Descriptor::of(media_type::IMAGE_MANIFEST, b"x");
    let error = source.push_signature(Prepared::default(), &signature(&subject, "a")).await.unwrap_err();
    assert!(matches!(&error, PushError::NotTaken(error) if error.kind() == Kind::NotFound), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let layout = Layout::new();
    let before = layout.snapshot();
    let mut wrong = signature(&subject, "a");
    wrong.config.1 = Bytes::from_static(b"[]");
    let error = layout.source().push_signature(Prepared::default(), &wrong).await.unwrap_err();
    assert!(matches!(error, PushError::NotTaken(RegistryError::Digest { .. })), "{error}");
    assert_eq!(layout.snapshot(), before);
}

#[tokio::test]
async fn concurrent_signers_lose_nothing() {
    let layout = Layout::new();
    let subject = layout.image("a");
    layout.index(&[tagged(&subject, "v1")]);
    let source = layout.source();
    let signatures: Vec<_> = (0..30).map(|n| signature(&subject, &n.to_string())).collect();
    let pushes = signatures.iter().map(|push| source.push_signature(Prepared::default(), push));
    for pushed in futures_util::future::join_all(pushes).await {
        pushed.unwrap();
    }
    assert_eq!(source.signatures(&subject.digest).await.unwrap().descriptors.len(), 30);
    assert_eq!(layout.read_index()["manifests"].as_array().unwrap().len(), 31);
}
