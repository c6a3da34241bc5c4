//! Files of a layout: `oci-layout`, `index.json`, `blobs/<algorithm>/<hex>`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use notary::descriptor::Descriptor;
use notary::digest::Digest;
use notary::json::Object;
use serde_json::{Map, Value};

use super::super::document;
use super::super::error::RegistryError;
use super::super::excerpt::excerpt;
use super::super::limits;

/// Marks a folder as a layout.
pub(super) const MARKER: &str = "oci-layout";

pub(super) const INDEX: &str = "index.json";

/// The version of the image specification 1.0 and 1.1.
const VERSION: &str = "1.0.0";

/// Reads `index.json`, after the marker says that the folder is a layout of the known version.
pub(super) fn index(path: &Path) -> Result<Map<String, Value>, RegistryError> {
    let marker = path.join(MARKER);
    let what = marker.display().to_string();
    let bytes = read(&marker, limits::ERROR_BYTES).map_err(|error| missing(error, path, "file oci-layout"))?;
    let object = document::parse(&what, &bytes)?;
    let wrap = |source| RegistryError::Json { what: what.clone(), source };
    let members = Object::new(&object, &["imageLayoutVersion"]).map_err(wrap)?;
    match members.text("imageLayoutVersion").map_err(wrap)? {
        Some(VERSION) => {}
        other => {
            let fact = format!("its version is {:?}, expected {VERSION:?}", excerpt(other.unwrap_or_default()));
            return Err(RegistryError::Malformed { what, fact });
        }
    }
    let file = path.join(INDEX);
    let bytes = read(&file, limits::LAYOUT_INDEX_BYTES).map_err(|error| missing(error, path, INDEX))?;
    document::parse(&file.display().to_string(), &bytes)
}

/// The name of the index in errors.
pub(super) fn shown(path: &Path) -> String {
    path.join(INDEX).display().to_string()
}

/// Where content is. A digest has no other characters than its algorithm's name and hexadecimal digits.
pub(super) fn blob_path(path: &Path, digest: &Digest) -> PathBuf {
    path.join("blobs").join(digest.algorithm().name()).join(digest.hex())
}

/// Reads content by its descriptor: size and digest agree.
pub(super) fn blob(path: &Path, descriptor: &Descriptor, cap: u64) -> Result<Bytes, RegistryError> {
    let what = format!("{}@{}", path.display(), descriptor.digest);
    if descriptor.size > cap {
        return Err(RegistryError::TooLarge { what, limit: cap });
    }
    let file = blob_path(path, &descriptor.digest);
    let bytes = read(&file, descriptor.size).map_err(|error| match error {
        RegistryError::TooLarge { limit, .. } => RegistryError::TooLarge { what: what.clone(), limit },
        other => missing(other, path, descriptor.digest.as_str()),
    })?;
    document::check_content(&what, descriptor, &bytes)?;
    Ok(bytes)
}

/// Reads a file of at most `cap` bytes.
fn read(file: &Path, cap: u64) -> Result<Bytes, RegistryError> {
    crate::files::read(file, cap).map(Bytes::from).map_err(|source| match source.kind() {
        ErrorKind::FileTooLarge => RegistryError::TooLarge { what: file.display().to_string(), limit: cap },
        _ => RegistryError::File { path: file.to_owned(), action: "read", source },
    })
}

/// A file that is not there means that what it is for is not in the layout.
fn missing(error: RegistryError, path: &Path, what: &str) -> RegistryError {
    match error {
        RegistryError::File { source, .. } if source.kind() == ErrorKind::NotADirectory && path.is_file() => {
            RegistryError::LayoutIsFile { path: path.to_owned() }
        }
        RegistryError::File { source, .. }
            if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
        {
            RegistryError::NotInLayout { path: path.to_owned(), what: what.to_owned() }
        }
        other => other,
    }
}
