//! The images of the demonstration: OCI image layouts of one layer, written by hand.

use std::io;
use std::path::Path;

use notary::descriptor::{Descriptor, media_type};
use notary::signature_manifest::SignatureManifest;
use oci_client::manifest::{IMAGE_CONFIG_MEDIA_TYPE, IMAGE_LAYER_MEDIA_TYPE};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// What was built.
    Genuine,
    /// The same with other content in its layer.
    Tampered,
}

/// Makes a layout with one image under the tag `v1`.
pub(super) fn make(path: &Path, content: Content) -> io::Result<()> {
    let text = match content {
        Content::Genuine => "hello from the image that was built\n",
        Content::Tampered => "hello from somebody else\n",
    };
    let layer = tar("hello.txt", text.as_bytes())?;
    let layer = put(path, IMAGE_LAYER_MEDIA_TYPE, &layer)?;
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": { "type": "layers", "diff_ids": [layer.digest] },
    });
    let config = put(path, IMAGE_CONFIG_MEDIA_TYPE, config.to_string().as_bytes())?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type::IMAGE_MANIFEST,
        "config": config,
        "layers": [layer],
    });
    let manifest = put(path, media_type::IMAGE_MANIFEST, manifest.to_string().as_bytes())?;
    let mut listed = json!(manifest);
    add_member(&mut listed, "annotations", json!({ "org.opencontainers.image.ref.name": "v1" }));
    std::fs::write(path.join("oci-layout"), json!({ "imageLayoutVersion": "1.0.0" }).to_string())?;
    write_index(path, vec![listed])
}

/// What an attacker with write access to a registry but no key does: the signature of one image is listed for another.
pub(super) fn move_signature(from: &Path, to: &Path) -> io::Result<()> {
    let entries = read_index(from)?;
    let signature =
        entries.iter().find(|entry| entry.get("artifactType").is_some_and(|found| found == media_type::SIGNATURE));
    let signature = signature.ok_or_else(|| io::Error::other("the image carries no signature"))?;
    let manifest = std::fs::read(blob(from, &descriptor(signature)?))?;
    let envelope = SignatureManifest::parse(&manifest).map_err(io::Error::other)?.envelope().clone();
    put(to, &envelope.media_type, &std::fs::read(blob(from, &envelope))?)?;
    let mut entries_there = read_index(to)?;
    let image = entries_there.first().ok_or_else(|| io::Error::other("the layout is empty"))?;
    let image = descriptor(image)?.plain();

    let mut manifest = notary::json::parse(&manifest).map_err(io::Error::other)?;
    add_member(&mut manifest, "subject", json!(image));
    let moved = put(to, media_type::IMAGE_MANIFEST, manifest.to_string().as_bytes())?;
    let mut listed = json!(moved);
    add_member(&mut listed, "artifactType", json!(media_type::SIGNATURE));
    entries_there.push(listed);
    write_index(to, entries_there)
}

#[cfg(test)]
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?
        } else {
            std::fs::copy(entry.path(), target).map(drop)?
        }
    }
    Ok(())
}

fn put(layout: &Path, media_type: &str, content: &[u8]) -> io::Result<Descriptor> {
    let descriptor = Descriptor::of(media_type, content);
    let path = blob(layout, &descriptor);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, content)?;
    Ok(descriptor)
}

fn blob(layout: &Path, descriptor: &Descriptor) -> std::path::PathBuf {
    layout.join("blobs").join(descriptor.digest.algorithm().name()).join(descriptor.digest.hex())
}

fn descriptor(entry: &Value) -> io::Result<Descriptor> {
    Descriptor::from_value(entry).map_err(io::Error::other)
}

fn read_index(layout: &Path) -> io::Result<Vec<Value>> {
    let index = notary::json::parse(&std::fs::read(layout.join("index.json"))?).map_err(io::Error::other)?;
    Ok(index.get("manifests").and_then(Value::as_array).cloned().unwrap_or_default())
}

fn write_index(layout: &Path, manifests: Vec<Value>) -> io::Result<()> {
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": manifests });
    std::fs::write(layout.join("index.json"), index.to_string())
}

fn add_member(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// A tar archive with one file, the same bytes every time.
fn tar(name: &str, content: &[u8]) -> io::Result<Vec<u8>> {
    let mut header = tar::Header::new_ustar();
    header.set_size(u64::try_from(content.len()).map_err(io::Error::other)?);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, name, content)?;
    archive.into_inner()
}
