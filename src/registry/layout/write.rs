//! Writing into a layout that exists.

use std::fs::{File, TryLockError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use notary::descriptor::Descriptor;
use serde_json::{Value, json};

use super::super::document;
use super::super::error::RegistryError;
use super::super::limits;
use super::files::{self, INDEX, MARKER};
use crate::files::{Existing, open, publish};

/// How long to wait for another signer. Each holds the lock for some milliseconds.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Pause between attempts to take the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Mode of new files, before the umask.
const MODE: u32 = 0o644;

/// Writes blobs that are not there yet, then adds the manifest to `index.json`.
pub(super) fn push(path: &Path, blobs: &[(Descriptor, Bytes)], manifest: &Descriptor) -> Result<(), RegistryError> {
    // Before anything is written: this is a layout.
    files::index(path)?;
    for (descriptor, content) in blobs {
        write_blob(path, descriptor, content)?;
    }
    let _lock = lock(path)?;
    add_to_index(path, manifest)
}

fn write_blob(path: &Path, descriptor: &Descriptor, content: &Bytes) -> Result<(), RegistryError> {
    document::check_content(&format!("{}@{}", path.display(), descriptor.digest), descriptor, content)?;
    if files::blob(path, descriptor, descriptor.size).is_ok() {
        return Ok(());
    }
    let target = files::blob_path(path, &descriptor.digest);
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(|source| unwritten(folder, source))?;
    }
    replace(&target, content, MODE)
}

/// Appends the manifest, unless it is listed, keeping everything that the index holds and its order.
fn add_to_index(path: &Path, manifest: &Descriptor) -> Result<(), RegistryError> {
    let what = files::shown(path);
    let mut index = files::index(path)?;
    let malformed = |fact: &str| RegistryError::Malformed { what: what.clone(), fact: fact.to_owned() };
    let entry = serde_json::to_value(document::index_entry(&what, manifest)?);
    let entry = entry.map_err(|error| malformed(&error.to_string()))?;
    match index.entry("manifests").or_insert(Value::Null) {
        Value::Array(entries) => {
            let digest = Some(manifest.digest.as_str());
            if entries.iter().any(|entry| entry.get("digest").and_then(Value::as_str) == digest) {
                return Ok(());
            }
            entries.push(entry);
        }
        empty @ Value::Null => *empty = json!([entry]),
        _ => return Err(malformed("its manifests are not an array")),
    }
    let content = Value::Object(index).to_string();
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > limits::LAYOUT_INDEX_BYTES {
        return Err(RegistryError::TooLarge { what, limit: limits::LAYOUT_INDEX_BYTES });
    }
    let file = path.join(INDEX);
    let mode = std::fs::metadata(&file).map_or(MODE, |metadata| metadata.permissions().mode() & 0o777);
    replace(&file, content.as_bytes(), mode)
}

/// The lock of a layout, on the marker: the one file that is never replaced. It ends with the file handle.
fn lock(path: &Path) -> Result<File, RegistryError> {
    let marker = path.join(MARKER);
    let unlocked = |source| RegistryError::File { path: marker.clone(), action: "locked", source };
    let file = open(&marker).map_err(unlocked)?;
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begin.elapsed() < LOCK_WAIT => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => return Err(unlocked(std::io::ErrorKind::TimedOut.into())),
            Err(TryLockError::Error(source)) => return Err(unlocked(source)),
        }
    }
}

/// Replaces a file atomically.
fn replace(target: &Path, content: &[u8], mode: u32) -> Result<(), RegistryError> {
    publish(target, content, mode, Existing::Replace).map_err(|source| unwritten(target, source))
}

fn unwritten(path: &Path, source: std::io::Error) -> RegistryError {
    RegistryError::File { path: path.to_owned(), action: "written", source }
}
