//! Files that appear whole or not at all.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::unfinished::{self, Temporary, Writing};

/// Permissions of folders that we make: trust and keys are their owner's.
const FOLDER_MODE: u32 = 0o700;

/// Permissions of folders that others read, such as the steps after ours.
const SHARED_FOLDER_MODE: u32 = 0o755;

/// What happens to an existing file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays, and writing fails.
    Keep,
    /// It is replaced.
    Replace,
}

/// A file that was written next to its final path, and not moved there yet. Dropping it leaves nothing.
#[derive(Debug)]
pub(crate) struct Prepared {
    path: PathBuf,
    temporary: Temporary<NamedTempFile>,
}

impl Prepared {
    /// Writes a temporary file next to `path`, with these permissions from the start.
    pub(crate) fn new(path: &Path, content: &[u8], mode: u32) -> io::Result<Self> {
        let mut prepared = Self::within(unfinished::writing()?, path, content, mode)?;
        if let Some(file) = prepared.temporary.get_mut() {
            file.as_file().sync_all()?;
        }
        Ok(prepared)
    }

    /// The same with a right to write, and without waiting for the disk.
    fn within(writing: Writing, path: &Path, content: &[u8], mode: u32) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".sealgate-").permissions(Permissions::from_mode(mode));
        let mut temporary = Temporary::within(writing, || builder.tempfile_in(folder))?;
        if let Some(file) = temporary.get_mut() {
            file.write_all(content)?;
        }
        Ok(Self { path: path.to_owned(), temporary })
    }

    /// Puts the file in its place, in one step.
    pub(crate) fn publish(self, existing: Existing) -> io::Result<PathBuf> {
        self.put(existing, &mut unfinished::writing()?)
    }

    fn put(self, existing: Existing, writing: &mut Writing) -> io::Result<PathBuf> {
        let Self { path, temporary } = self;
        temporary.put(writing, |file| {
            let put = match existing {
                Existing::Keep => file.persist_noclobber(&path),
                Existing::Replace => file.persist(&path),
            };
            put.map_err(|error| error.error)
        })?;
        Ok(path)
    }
}

/// Writes a file that appears whole in its place, with these permissions from the start.
///
/// # Errors
/// `AlreadyExists` for one that is to stay, and what the system says. Nothing is left then.
pub(crate) fn publish(path: &Path, content: &[u8], mode: u32, existing: Existing) -> io::Result<()> {
    Prepared::new(path, content, mode)?.publish(existing).map(drop)
}

/// The same for what tells how the run ended, in place of what an earlier run left: also after everything else that was being
/// written has gone with the run.
///
/// # Errors
/// What the system says. Nothing is left then, nor what was there before: it does not tell about this run.
pub(crate) fn publish_last(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let published = Prepared::within(unfinished::writing_last()?, path, content, mode)
        .and_then(|file| file.put(Existing::Replace, &mut unfinished::writing_last()?));
    if published.is_err() {
        // The reason that it cannot be written is reported. A folder of that name stays.
        let _ignored = fs::remove_file(path);
    }
    published.map(drop)
}

/// Makes a folder and those above it, for their owner only. An existing one stays as it is.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

/// The same for a folder that others read.
pub(crate) fn make_shared_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(SHARED_FOLDER_MODE).create(path)
}

/// Removes a file. After the end of the run, nothing goes any more.
///
/// # Errors
/// `Interrupted` when the run has ended, and what the system says.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let _writing = unfinished::writing()?;
    fs::remove_file(path)
}

/// Removes a file that an earlier run left, or a link, of which what it leads to stays: also after the end of the run. Says whether
/// there was any.
///
/// # Errors
/// `InvalidInput` for what is neither, such as a folder or a device, and what the system says.
pub(crate) fn remove_left(path: &Path) -> io::Result<bool> {
    let is_none = |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    if is_of_devices(path) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "in a folder of devices, where no file can be"));
    }
    let removed = fs::symlink_metadata(path).and_then(|found| {
        if !found.is_symlink() {
            super::check_regular(&found)?;
        }
        fs::remove_file(path)
    });
    match removed {
        Ok(()) => Ok(true),
        Err(error) if is_none(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the system keeps devices and open files where a path leads to: there, a link stands for one.
fn is_of_devices(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::canonicalize(folder).is_ok_and(|real| {
        real == Path::new("/dev") || ["/proc", "/sys", "/dev/fd"].iter().any(|devices| real.starts_with(devices))
    })
}

/// Checks that files can be made in a folder, by making one that nobody sees.
///
/// # Errors
/// What the system says.
pub(crate) fn check_writable(folder: &Path) -> io::Result<()> {
    let made = Temporary::new(|| tempfile::Builder::new().prefix(".sealgate-").tempfile_in(folder))?;
    drop(made);
    Ok(())
}

/// Checks that a file can be put there later: others can be made beside it, and no folder has its name.
///
/// # Errors
/// `IsADirectory` for a folder, and what the system says.
pub(crate) fn check_place(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    check_writable(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Removes a folder if nothing is in it.
pub(crate) fn remove_empty_folder(path: &Path) {
    // One that holds something, or is a link, stays.
    let _stays = fs::remove_dir(path);
}

/// A folder that goes with the run.
#[derive(Debug)]
pub(crate) struct TemporaryFolder(Temporary<TempDir>);

impl TemporaryFolder {
    pub(crate) fn new() -> io::Result<Self> {
        Temporary::new(tempfile::tempdir).map(Self)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Puts several files in their places. If one cannot be put there, those that were new are taken away again.
///
/// # Errors
/// Names the file that cannot be put there, and what the system says.
pub(crate) fn publish_all(files: Vec<Prepared>, existing: Existing) -> Result<(), (PathBuf, io::Error)> {
    let Some(first) = files.first().map(|file| file.path.clone()) else { return Ok(()) };
    let mut files = files.into_iter();
    let mut writing = unfinished::writing().map_err(|ended| (first, ended))?;
    let put = put_all(&mut files, existing, &mut writing);
    // Those that are left over are removed.
    drop(writing);
    put
}

fn put_all(
    files: &mut impl Iterator<Item = Prepared>,
    existing: Existing,
    writing: &mut Writing,
) -> Result<(), (PathBuf, io::Error)> {
    let mut published = Vec::new();
    for file in files {
        let path = file.path.clone();
        match file.put(existing, writing) {
            Ok(path) => published.push(path),
            Err(error) => {
                if existing == Existing::Keep {
                    for new in published {
                        // What cannot be taken away stays whole; the first error is reported.
                        let _ignored = fs::remove_file(new);
                    }
                }
                return Err((path, error));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_its_permissions_from_the_start_and_appears_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let prepared = Prepared::new(&path, b"content", 0o600).unwrap();
        assert!(!path.exists());
        assert_eq!(fs::metadata(prepared.temporary.path()).unwrap().permissions().mode() & 0o777, 0o600);
        prepared.publish(Existing::Keep).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_file_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(Prepared::new(&folder.path().join("file"), b"content", 0o600).unwrap());
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn an_existing_file_stays_unless_it_is_to_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"old").unwrap();
        let prepared = || Prepared::new(&path, b"new", 0o600).unwrap();
        assert_eq!(prepared().publish(Existing::Keep).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        prepared().publish(Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn several_files_appear_together_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&paths[1], b"old").unwrap();
        let files = paths.iter().map(|path| Prepared::new(path, b"new", 0o600).unwrap()).collect();
        let (path, error) = publish_all(files, Existing::Keep).unwrap_err();
        assert_eq!((path, error.kind()), (paths[1].clone(), io::ErrorKind::AlreadyExists));
        assert_eq!(names(folder.path()), ["b"]);
        assert_eq!(fs::read(&paths[1]).unwrap(), b"old");
    }

    #[test]
    fn what_is_written_last_replaces_and_never_follows_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("report"), folder.path().join("other"));
        fs::write(&other, b"other").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        publish_last(&path, b"new", 0o644).unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&other).unwrap()), (b"new".to_vec(), b"other".to_vec()));
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
        publish_last(&path, b"newer", 0o644).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        assert_eq!(names(folder.path()), ["other", "report"]);
        fs::create_dir(folder.path().join("folder")).unwrap();
        publish_last(&folder.path().join("folder"), b"x", 0o644).unwrap_err();
        assert_eq!(names(folder.path()), ["folder", "other", "report"]);
    }

    #[test]
    fn a_folder_goes_only_when_it_is_empty() {
        let root = tempfile::tempdir().unwrap();
        let (folder, file) = (root.path().join("a"), root.path().join("a/file"));
        make_folder(&folder).unwrap();
        publish(&file, b"content", 0o600, Existing::Keep).unwrap();
        remove_empty_folder(&folder);
        assert!(file.exists());
        remove(&file).unwrap();
        assert_eq!(remove(&file).unwrap_err().kind(), io::ErrorKind::NotFound);
        let link = root.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        remove_empty_folder(&link);
        assert!(link.exists() && folder.exists());
        remove_empty_folder(&folder);
        assert!(!folder.exists());
    }

    #[test]
    fn folders_are_their_owners() {
        let root = tempfile::tempdir().unwrap();
        make_folder(&root.path().join("a/b")).unwrap();
        for made in ["a", "a/b"] {
            assert_eq!(fs::metadata(root.path().join(made)).unwrap().permissions().mode() & 0o777, 0o700, "{made}");
        }
        make_shared_folder(&root.path().join("c/d")).unwrap();
        assert_eq!(fs::metadata(root.path().join("c/d")).unwrap().permissions().mode() & 0o755, 0o755);
    }
}
