//! Files that settings, variables and folders name: read under a cap, and never waiting for another process where a
//! signal would not be heard. Those that are written appear whole or not at all (`publish`).
//!
//! A file is a regular one, which is known for sure only once it is open: opened without waiting, then looked at. Where
//! a person may want a pipe (`--key <(…)`, `/dev/stdin`), it is read on a thread of its own, for a limited time.

mod append;
mod input;
mod publish;
mod replace;
mod text;
mod unfinished;

use std::fs::{self, File, Metadata};
use std::io::{self, IsTerminal as _, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};

pub(crate) use self::append::{append, length};
pub(crate) use self::input::Input;
pub(crate) use self::publish::{
    Existing, Prepared, TemporaryFolder, check_place, check_writable, make_folder, make_shared_folder, publish,
    publish_all, publish_last, remove, remove_empty_folder, remove_left,
};
pub(crate) use self::replace::{Identity, NotReplaced, Replacement, read_to_replace, replace_all, sync};
pub(crate) use self::text::text;
pub(crate) use self::unfinished::remove_unfinished;

/// How long a pipe may take from its opening to its end: as long as one request to a registry may.
pub(crate) const PIPE_WAIT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Followed,
    Refused,
}

/// Reads a regular file, or a link to one, of at most `limit` bytes.
///
/// # Errors
/// `InvalidInput` for anything else, `FileTooLarge` beyond the limit, and what the system says.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    capped(open(path)?, limit)
}

/// Reads a file of a trust folder: a regular file and no link, as notation has it, of at most `limit` bytes.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_without_link(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    capped(open_regular(path, Links::Refused)?, limit)
}

/// Reads a file that a person named: a regular one, a link to one, or a pipe, which has [`PIPE_WAIT`] to be closed.
///
/// # Errors
/// As [`read`], and `TimedOut`.
pub(crate) fn read_input(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_pipe(path, limit, PIPE_WAIT).unwrap_or_else(|| read(path, limit))
}

/// Whether a path is the device that is always empty. `AWS_CONFIG_FILE=/dev/null` is how people say: none.
pub(crate) fn is_null_device(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let device = |path| fs::metadata(path).ok().filter(|found| found.file_type().is_char_device());
    device(path).zip(device(Path::new("/dev/null"))).is_some_and(|(found, null)| found.rdev() == null.rdev())
}

/// Whether it cannot be known if there is a file, because a folder on the way to it may not be entered, such as another user's home.
/// Of a file that may not be read it is known that it is there.
pub(crate) fn is_out_of_reach(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// Opens a regular file, or a link to one.
///
/// # Errors
/// `InvalidInput` for anything else, and what the system says.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    open_regular(path, Links::Followed)
}

fn open_regular(path: &Path, links: Links) -> io::Result<File> {
    open_checked(path, links, OFlags::RDONLY, Mode::empty())
}

/// Opens a file for what the flags say; with `CREATE` it may be missing.
fn open_checked(path: &Path, links: Links, access: OFlags, mode: Mode) -> io::Result<File> {
    // Looked at first: to open a device can mean something to it. A socket cannot be opened, and would not be named.
    let found = match links {
        Links::Followed => fs::metadata(path),
        Links::Refused => fs::symlink_metadata(path),
    };
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound && access.contains(OFlags::CREATE) => {}
        found => check_regular(&found?)?,
    }
    let flags = access | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let flags = if links == Links::Refused { flags | OFlags::NOFOLLOW } else { flags };
    let file = File::from(rustix::fs::open(path, flags, mode)?);
    // Something else may be there by now.
    check_regular(&file.metadata()?)?;
    Ok(file)
}

/// Checks the kind of a file, and names the one that it has.
fn check_regular(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    let found = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "not a regular file but a folder",
        () if kind.is_symlink() => "not a regular file but a link (links are not followed)",
        () if kind.is_fifo() => "not a regular file but a pipe",
        () if kind.is_socket() => "not a regular file but a socket",
        () => "not a regular file but a device",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, found))
}

/// Reads standard input to its end, which has [`PIPE_WAIT`] to be closed. A person at a terminal has all the time there is.
///
/// # Errors
/// As [`read_input`].
pub(crate) fn read_stdin(limit: u64) -> io::Result<Vec<u8>> {
    let read = move || {
        let mut bytes = Vec::new();
        io::stdin().lock().take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        within(bytes, limit)
    };
    if io::stdin().is_terminal() { read() } else { waiting("standard input", PIPE_WAIT, read) }
}

/// Reads a pipe to its end; nothing when the path names none.
fn read_pipe(path: &Path, limit: u64, wait: Duration) -> Option<io::Result<Vec<u8>>> {
    if !fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return None;
    }
    let path = path.to_owned();
    let read = move || {
        let pipe = File::open(&path)?;
        match pipe.metadata()?.file_type().is_fifo() {
            true => capped(pipe, limit),
            false => Err(io::Error::new(io::ErrorKind::InvalidInput, "no longer a pipe")),
        }
    };
    Some(waiting("a pipe", wait, read))
}

/// Reads on another thread, which is left behind when it takes too long: opening waits for a writer, and reading for its data.
fn waiting(
    what: &str,
    wait: Duration,
    read: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
) -> io::Result<Vec<u8>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let reader = move || {
        // There may be no receiver anymore.
        let _late = sender.send(read());
    };
    thread::Builder::new().name("pipe".to_owned()).spawn(reader)?;
    receiver.recv_timeout(wait).unwrap_or_else(|_elapsed| {
        let fact = format!("{what} that was not closed within {} s", wait.as_secs_f32());
        Err(io::Error::new(io::ErrorKind::TimedOut, fact))
    })
}

/// Reads to the end, if the end comes before the limit.
fn capped(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let one_more = limit.saturating_add(1);
    // Room for all of a regular file, and for the read that finds its end.
    let size = file.metadata()?.len().saturating_add(1).min(one_more);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(one_more).read_to_end(&mut bytes)?;
    within(bytes, limit)
}

fn within(bytes: Vec<u8>, limit: u64) -> io::Result<Vec<u8>> {
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= limit => Ok(bytes),
        _ => Err(too_large(limit)),
    }
}

fn too_large(limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    type Reader = fn(&Path, u64) -> io::Result<Vec<u8>>;

    const READERS: [Reader; 3] = [read, read_without_link, read_input];

    /// A named pipe.
    fn pipe(folder: &Path) -> PathBuf {
        let path = folder.join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    fn kind(read: io::Result<Vec<u8>>) -> io::ErrorKind {
        read.unwrap_err().kind()
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"12345").unwrap();
        for read in READERS {
            assert_eq!(read(&path, 5).unwrap(), b"12345");
            assert_eq!(kind(read(&path, 4)), io::ErrorKind::FileTooLarge);
        }
    }

    #[test]
    fn what_is_no_file_is_refused_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listening = UnixListener::bind(&socket).unwrap();
        for read in READERS {
            for (path, name) in [
                (folder.path(), "a folder"),
                (Path::new("/dev/zero"), "a device"),
                (Path::new("/dev/full"), "a device"),
                (Path::new("/dev/null"), "a device"),
                (&socket, "a socket"),
            ] {
                let error = read(path, 5).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{path:?}");
                assert!(error.to_string().ends_with(name), "{path:?}: {error}");
            }
            assert_eq!(kind(read(&folder.path().join("none"), 5)), io::ErrorKind::NotFound);
        }
    }

    #[test]
    fn a_link_is_followed_where_a_person_named_it_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&path, b"x").unwrap();
        symlink(&path, &link).unwrap();
        for read in [read, read_input] {
            assert_eq!(read(&link, 5).unwrap(), b"x");
        }
        assert_eq!(kind(read_without_link(&link, 5)), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_pipe_is_no_file_and_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (pipe(folder.path()), folder.path().join("link"));
        symlink(&path, &link).unwrap();
        assert_eq!(kind(read(&path, 5)), io::ErrorKind::InvalidInput);
        assert_eq!(kind(read(&link, 5)), io::ErrorKind::InvalidInput);
        assert_eq!(kind(read_without_link(&path, 5)), io::ErrorKind::InvalidInput);
        assert_eq!(kind(read_without_link(&link, 5)), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_pipe_that_a_person_named_is_read_to_its_end() {
        // A pipe for each: the thread that read one may have it open a little longer, and hear what is meant for the next.
        for is_link in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let (path, link) = (pipe(folder.path()), folder.path().join("link"));
            symlink(&path, &link).unwrap();
            let writer = path.clone();
            let writer = thread::spawn(move || fs::write(writer, b"12345"));
            assert_eq!(read_input(if is_link { &link } else { &path }, 5).unwrap(), b"12345");
            writer.join().unwrap().unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = pipe(folder.path());
        let writer = path.clone();
        let writer = thread::spawn(move || fs::write(writer, b"123456"));
        assert_eq!(kind(read_input(&path, 5)), io::ErrorKind::FileTooLarge);
        let _broken_or_not = writer.join().unwrap();
    }

    #[test]
    fn a_pipe_that_nobody_opens_or_closes_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = pipe(folder.path());
        let short = Duration::from_millis(50);
        assert_eq!(kind(read_pipe(&path, 5, short).unwrap()), io::ErrorKind::TimedOut);
        let held = File::options().read(true).write(true).open(&path).unwrap();
        assert_eq!(kind(read_pipe(&path, 5, short).unwrap()), io::ErrorKind::TimedOut);
        drop(held);
    }

    #[test]
    fn the_empty_device_is_told_from_others() {
        let folder = tempfile::tempdir().unwrap();
        symlink("/dev/null", folder.path().join("link")).unwrap();
        assert!(is_null_device(Path::new("/dev/null")) && is_null_device(&folder.path().join("link")));
        for other in [Path::new("/dev/zero"), Path::new("/dev/full"), folder.path(), Path::new("/no/file")] {
            assert!(!is_null_device(other), "{other:?}");
        }
    }
}
