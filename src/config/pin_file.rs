//! Deploy files as they are read: each whole, under a cap, and with all that is wrong with it for the report of the run.

use std::path::Path;
use std::{fs, io};

use super::pin_mode::STREAM;
use crate::files::{self, Identity};
use crate::parallel;
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
    /// A hard link: replacing one name would leave the other as it was.
    #[error("it is the same file as {0:?}, by a second name")]
    SecondName(String),
}

impl PinFile {
    /// The path of the file; none of standard input.
    pub(crate) fn path(&self) -> Option<&Path> {
        (self.name != STREAM).then(|| Path::new(&self.name))
    }
}

/// Reads files, each once, however its path is written. A hard link to one of them is at fault: it would not be changed with it.
pub(super) fn read(names: &[String], kind: Option<FileKind>) -> Vec<PinFile> {
    let mut taken = Taken { left: limits::BYTES_IN_ALL, known: Vec::with_capacity(names.len()) };
    let files = names.iter().filter_map(|name| taken.next(name));
    let size = |(_, bytes): &(Named<'_>, Bytes)| bytes.as_ref().map_or(0, Vec::len);
    parallel::each(files, size, |((name, identity), bytes)| {
        let last = Path::new(name).file_name().map(|last| last.to_string_lossy().into_owned()).unwrap_or_default();
        let read = bytes.and_then(|bytes| Ok(DeployFile::read(bytes, &last, kind)?));
        PinFile { name: name.to_owned(), identity, read }
    })
}

/// A file as it was named, and which it is.
type Named<'a> = (&'a str, Option<Identity>);

type Bytes = Result<Vec<u8>, PinFileFault>;

/// What was taken from the disk so far.
struct Taken<'a> {
    /// Bytes that may still be read.
    left: usize,
    known: Vec<Named<'a>>,
}

impl<'a> Taken<'a> {
    /// Takes the bytes of a file; none if it was taken already.
    fn next(&mut self, name: &'a str) -> Option<(Named<'a>, Bytes)> {
        let (bytes, identity) = match bytes(name, u64::try_from(self.left).unwrap_or(u64::MAX)) {
            Ok((bytes, identity)) => {
                self.left = self.left.saturating_sub(bytes.len());
                (Ok(bytes), identity)
            }
            // What one file may have is told by the file itself.
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => (Err(PinFileFault::TooMuch), None),
            Err(error) => (Err(PinFileFault::Read(error)), None),
        };
        let is_it = |other: &Identity| identity.is_some_and(|identity| identity.is_file(other));
        let again = self.known.iter().find(|(_, other)| other.as_ref().is_some_and(is_it)).map(|(other, _)| *other);
        if again.is_some_and(|other| is_same_place(other, name)) {
            return None;
        }
        self.known.push((name, identity));
        let bytes = match again {
            Some(other) => Err(PinFileFault::SecondName(other.to_owned())),
            None => bytes,
        };
        Some(((name, identity), bytes))
    }
}

/// Whether two paths lead to the same entry of the same folder.
fn is_same_place(one: &str, other: &str) -> bool {
    let place = |name| fs::canonicalize(name).ok();
    place(one).is_some_and(|one| Some(one) == place(other))
}

fn bytes(name: &str, limit: u64) -> io::Result<(Vec<u8>, Option<Identity>)> {
    if name == STREAM {
        return files::read_stdin(limit).map(|bytes| (bytes, None));
    }
    let (bytes, identity) = files::read_to_replace(Path::new(name), limit)?;
    Ok((bytes, Some(identity)))
}
