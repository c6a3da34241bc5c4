//! Files that another program made for us to add to: what a CI system hears from a step.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::Links;

/// Permissions of such a file where it is missing: the system reads it as whoever it runs.
const MODE: Mode = Mode::from_raw_mode(0o644);

/// Adds to the end of a file in one piece. The file is a regular one and no link, or missing; its length stays below `limit`.
///
/// # Errors
/// `InvalidInput` for anything else, `FileTooLarge` beyond the limit, and what the system says. Nothing is added then.
pub(crate) fn append(path: &Path, content: &[u8], limit: u64) -> io::Result<()> {
    let access = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE;
    let mut file = super::open_checked(path, Links::Refused, access, MODE)?;
    let there = file.metadata()?.len();
    let length = u64::try_from(content.len()).unwrap_or(u64::MAX).saturating_add(there);
    if length > limit {
        let told = format!("it would have {length} bytes, more than {limit}");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, told));
    }
    file.write_all(content)
}

/// Bytes of a regular file; none of one that is missing, or is something else.
pub(crate) fn length(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |metadata| if metadata.is_file() { metadata.len() } else { 0 })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        append(&path, b"a\n", 100).unwrap();
        append(&path, b"b\n", 4).unwrap();
        assert_eq!((fs::read(&path).unwrap(), length(&path)), (b"a\nb\n".to_vec(), 4));
        assert_eq!(append(&path, b"c", 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(length(&path), 4);
    }

    #[test]
    fn only_a_regular_file_is_written_to_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("target"), "").unwrap();
        symlink(at("target"), at("link")).unwrap();
        symlink(at("missing"), at("dangling")).unwrap();
        assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        for name in ["folder", "link", "dangling", "pipe"] {
            let error = append(&at(name), b"x", 100).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{name}");
            assert!(error.to_string().starts_with("not a regular file but a "), "{error}");
            assert_eq!(length(&at(name)), 0, "{name}");
        }
        assert!(!at("missing").exists());
        assert_eq!(append(&at("no/such"), b"x", 100).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
