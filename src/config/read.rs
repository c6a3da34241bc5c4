//! Files that settings name: regular files, read under a cap.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a file that someone named: a regular file, or a link to one, of at most `limit` bytes.
pub(crate) fn file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    // Asked before opening: opening a pipe waits until someone writes to it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    capped(File::open(path)?, limit)
}

/// Reads a file of a trust folder: a regular file and no link, as notation has it, of at most `limit` bytes.
pub(crate) fn file_without_link(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file (links are not followed)"));
    }
    capped(File::open(path)?, limit)
}

/// Reads to the end, if the end comes before the limit.
fn capped(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let one_more = limit.saturating_add(1);
    file.take(one_more).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > limit) {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(file(&path, 5).unwrap(), b"12345");
        assert_eq!(file(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(file_without_link(&path, 5).unwrap(), b"12345");
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for read in [file, file_without_link] {
            assert_eq!(read(folder.path(), 5).unwrap_err().kind(), io::ErrorKind::InvalidInput);
            assert_eq!(read(Path::new("/dev/zero"), 5).unwrap_err().kind(), io::ErrorKind::InvalidInput);
            assert_eq!(read(&folder.path().join("none"), 5).unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }

    #[test]
    fn a_link_is_followed_where_a_person_named_it_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&path, b"x").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(file(&link, 5).unwrap(), b"x");
        assert_eq!(file_without_link(&link, 5).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
