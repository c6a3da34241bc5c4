//! Deploy files as they are read: each whole, under a cap, and with all that is wrong with it for the report of the run.

use std::io;
use std::path::Path;

use super::pin_mode::STREAM;
use crate::files::{self, Identity};
use crate::pin::{DeployFile, FileKind, PinError, limits};

/// A deploy file that was named.
#[derive(Debug)]
pub(crate) struct PinFile {
    /// As it was named.
    pub(crate) name: String,
    /// Which file it is; none of standard input.
    pub(crate) identity: Option<Identity>,
    pub(crate) read: Result<DeployFile<'static>, PinFileFault>,
}

/// Why a deploy file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PinFileFault {
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    #[error(transparent)]
    Content(#[from] PinError),
    #[error("the files have more than {} MiB together", limits::BYTES_IN_ALL / (1024 * 1024))]
    TooMuch,
}

impl PinFile {
    /// The path of the file; none of standard input.
    pub(crate) fn path(&self) -> Option<&Path> {
        (self.name != STREAM).then(|| Path::new(&self.name))
    }
}

/// Reads files, each once, whatever it is called.
pub(super) fn read(names: &[String], kind: Option<FileKind>) -> Vec<PinFile> {
    let mut files: Vec<PinFile> = Vec::with_capacity(names.len());
    let mut left = limits::BYTES_IN_ALL;
    for name in names {
        let bytes = bytes(name, u64::try_from(left).unwrap_or(u64::MAX));
        let (read, identity) = match bytes {
            Ok((bytes, identity)) => {
                left = left.saturating_sub(bytes.len());
                (Ok(bytes), identity)
            }
            // What one file may have is told by the file itself.
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => (Err(PinFileFault::TooMuch), None),
            Err(error) => (Err(PinFileFault::Read(error)), None),
        };
        let is_again = |other: &PinFile| match (&other.identity, &identity) {
            (Some(one), Some(other)) => one.is_file(other),
            _ => false,
        };
        if files.iter().any(is_again) {
            continue;
        }
        let last = Path::new(name).file_name().map(|last| last.to_string_lossy().into_owned()).unwrap_or_default();
        let read = read.and_then(|bytes| Ok(DeployFile::read(bytes, &last, kind)?));
        files.push(PinFile { name: name.clone(), identity, read });
    }
    files
}

fn bytes(name: &str, limit: u64) -> io::Result<(Vec<u8>, Option<Identity>)> {
    if name == STREAM {
        return files::read_stdin(limit).map(|bytes| (bytes, None));
    }
    let (bytes, identity) = files::read_to_replace(Path::new(name), limit)?;
    Ok((bytes, Some(identity)))
}
