//! Files that are changed in place: all of them, or none.
//!
//! Every new content is written beside its file first. Then each is exchanged with what it replaces, in one step that leaves the old
//! file under the temporary name. What was exchanged is looked at once more: it has to be what was read. If anything is wrong, all
//! are exchanged back, which needs no room on the disk.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::thread;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use super::Links;
use super::unfinished::{self, Temporary, Writing};

/// The bits of a mode that say who may do what.
const PERMISSIONS: u32 = 0o7777;

/// Which file was read: its place on a device, and what a new one has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    mode: u32,
    user: u32,
    group: u32,
}

impl Identity {
    fn of(file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        let mode = found.mode() & PERMISSIONS;
        Ok(Self { device: found.dev(), inode: found.ino(), mode, user: found.uid(), group: found.gid() })
    }

    /// Whether both are the same file, under whatever name.
    pub(crate) const fn is_file(&self, other: &Self) -> bool {
        self.device == other.device && self.inode == other.inode
    }
}

/// Reads a file that may be replaced later: a regular one and no link, of at most `limit` bytes.
///
/// # Errors
/// As [`super::read`].
pub(crate) fn read_to_replace(path: &Path, limit: u64) -> io::Result<(Vec<u8>, Identity)> {
    let file = super::open_regular(path, Links::Refused)?;
    let identity = Identity::of(&file)?;
    Ok((super::capped(file, limit)?, identity))
}

/// A file with its new content, which was written beside it. Dropping it leaves nothing.
#[derive(Debug)]
pub(crate) struct Replacement<'a> {
    path: PathBuf,
    identity: Identity,
    before: &'a [u8],
    temporary: Temporary<NamedTempFile>,
}

/// Files are as they were.
#[derive(Debug)]
pub(crate) struct NotReplaced {
    /// The file that could not be replaced.
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
    /// Files that could not be put back, each with the name under which its old content is.
    pub(crate) stuck: Vec<(PathBuf, PathBuf)>,
}

impl<'a> Replacement<'a> {
    /// Writes the new content of a file beside it, with the same permissions, and with the same owner where that is allowed. `before`
    /// is what was read of the file.
    ///
    /// # Errors
    /// What the system says. Nothing is left then.
    pub(crate) fn new(path: &Path, identity: Identity, before: &'a [u8], content: &[u8]) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut temporary = Temporary::new(|| tempfile::Builder::new().prefix(".sealgate-").tempfile_in(folder))?;
        if let Some(file) = temporary.get_mut() {
            file.write_all(content)?;
            // Only root may give a file away; what it makes is otherwise its own.
            let _may_be_refused = fchown(file.as_file(), Some(identity.user), Some(identity.group));
            file.as_file().set_permissions(Permissions::from_mode(identity.mode))?;
            begin_sync(file.as_file());
        }
        Ok(Self { path: path.to_owned(), identity, before, temporary })
    }

    /// Waits until the disk has the new content.
    fn sync(&self) -> io::Result<()> {
        self.temporary.get().map_or(Ok(()), |file| file.as_file().sync_all())
    }

    /// Checks that a file is the one that was read, and as it was.
    fn check(&self, at: &Path) -> io::Result<()> {
        let changed = || io::Error::new(io::ErrorKind::ResourceBusy, "it was changed while this ran");
        let file = super::open_regular(at, Links::Refused).map_err(|_| changed())?;
        let is_it = Identity::of(&file)?.is_file(&self.identity);
        let limit = u64::try_from(self.before.len()).unwrap_or(u64::MAX);
        let now = super::capped(file, limit).map_err(|_| changed())?;
        if is_it && now == self.before { Ok(()) } else { Err(changed()) }
    }

    /// Puts the new file in its place. The old one is where this says.
    fn put(&self, writing: &mut Writing) -> io::Result<Old> {
        let new = self.temporary.path();
        match exchange(new, &self.path) {
            Ok(()) => Ok(Old { path: new.to_owned(), is_exchanged: true }),
            // File systems over a network, and sandboxes, have no exchange.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM) => self.put_without_exchange(writing),
            Err(error) => Err(error.into()),
        }
    }

    /// The same where there is no exchange: under a second name, the old file stays.
    fn put_without_exchange(&self, writing: &mut Writing) -> io::Result<Old> {
        let mut name = self.temporary.path().as_os_str().as_bytes().to_vec();
        name.extend_from_slice(b".old");
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(&name));
        fs::hard_link(&self.path, &path)?;
        writing.add(&path);
        match fs::rename(self.temporary.path(), &self.path) {
            Ok(()) => Ok(Old { path, is_exchanged: false }),
            Err(error) => {
                let _it_is_a_second_name = fs::remove_file(&path);
                writing.forget(&path);
                Err(error)
            }
        }
    }
}

/// Files for whose disk is waited at the same time: it writes many of them at once as fast as one.
const THREADS: usize = 16;

/// Has the system begin to write a content to the disk, so that it is there sooner when that is waited for. It is a hint.
fn begin_sync(file: &File) {
    #[cfg(target_os = "linux")]
    let _it_may_be_ignored = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    #[cfg(not(target_os = "linux"))]
    let _it_has_no_such_hint = file;
}

/// Waits until the disk has all new contents: before that none may take its place.
///
/// # Errors
/// What the system says of the first that it cannot write, as of a full disk.
pub(crate) fn sync(replacements: &[Replacement<'_>]) -> Result<(), (PathBuf, io::Error)> {
    let each = replacements.len().div_ceil(THREADS).max(1);
    let wait = |files: &[Replacement<'_>]| {
        files.iter().try_for_each(|file| file.sync().map_err(|error| (file.path.clone(), error)))
    };
    thread::scope(|scope| {
        let threads: Vec<_> = replacements.chunks(each).map(|files| scope.spawn(move || wait(files))).collect();
        let panicked = || (PathBuf::new(), io::Error::other("a thread ended early"));
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(panicked())))
    })
}

/// Where a file is that was replaced.
#[derive(Debug)]
struct Old {
    path: PathBuf,
    is_exchanged: bool,
}

impl Old {
    fn put_back(&self, to: &Path) -> io::Result<()> {
        match self.is_exchanged {
            true => Ok(exchange(&self.path, to)?),
            false => fs::rename(&self.path, to),
        }
    }
}

fn exchange(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}

/// Puts all new files in their places, or none.
///
/// # Errors
/// [`NotReplaced`] with the first that cannot be put there, or is not what was read any more.
pub(crate) fn replace_all(replacements: Vec<Replacement<'_>>) -> Result<(), NotReplaced> {
    let Some(first) = replacements.first().map(|file| file.path.clone()) else { return Ok(()) };
    let mut writing = match unfinished::writing() {
        Ok(writing) => writing,
        Err(source) => return Err(NotReplaced { path: first, source, stuck: Vec::new() }),
    };
    let mut old: Vec<(&Replacement<'_>, Old)> = Vec::with_capacity(replacements.len());
    let mut failed = None;
    for file in &replacements {
        let put = file.put(&mut writing);
        let checked = put.and_then(|put| {
            let checked = file.check(&put.path);
            old.push((file, put));
            checked
        });
        if let Err(source) = checked {
            failed = Some((file.path.clone(), source));
            break;
        }
    }
    let mut stuck = Vec::new();
    let mut kept = Vec::new();
    for (file, old) in old.iter().rev() {
        if failed.is_some() && old.put_back(&file.path).is_err() {
            stuck.push((file.path.clone(), old.path.clone()));
            writing.forget(&old.path);
            kept.push(old.path.clone());
        } else if !old.is_exchanged {
            let _gone_if_put_back = fs::remove_file(&old.path);
            writing.forget(&old.path);
        }
    }
    // Only what is old, or was never put anywhere, is removed behind this.
    drop(old);
    drop(writing);
    for file in replacements {
        if kept.iter().any(|path| path == file.temporary.path()) {
            file.temporary.leave();
        }
    }
    failed.map_or(Ok(()), |(path, source)| Err(NotReplaced { path, source, stuck }))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const LIMIT: u64 = 1000;

    fn folder_of(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), format!("old {name}")).unwrap();
        }
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn text(path: PathBuf) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn files_are_replaced_with_their_modes_and_nothing_is_left() {
        let folder = folder_of(&["a", "b"]);
        let at = |name: &str| folder.path().join(name);
        fs::set_permissions(at("b"), Permissions::from_mode(0o640)).unwrap();
        let (a, b) = (read_to_replace(&at("a"), LIMIT).unwrap(), read_to_replace(&at("b"), LIMIT).unwrap());
        // One that is not put in its place leaves nothing.
        drop(Replacement::new(&at("a"), a.1, b"old a", b"new").unwrap());
        assert_eq!(names(folder.path()), ["a", "b"]);
        let of =
            |name: &str, read: &'static [u8], identity| Replacement::new(&at(name), identity, read, b"new").unwrap();
        let new = vec![of("a", b"old a", a.1), of("b", b"old b", b.1)];
        sync(&new).unwrap();
        replace_all(new).unwrap();
        assert_eq!((text(at("a")), text(at("b"))), ("new".to_owned(), "new".to_owned()));
        assert_eq!(fs::metadata(at("b")).unwrap().mode() & PERMISSIONS, 0o640);
        assert_eq!(names(folder.path()), ["a", "b"]);
    }

    #[test]
    fn one_that_was_changed_meanwhile_puts_all_back() {
        for change in ["write", "replace", "remove", "link"] {
            let folder = folder_of(&["a", "b", "c"]);
            let at = |name: &str| folder.path().join(name);
            let read = |name: &str| read_to_replace(&at(name), LIMIT).unwrap();
            let all = [("a", read("a")), ("b", read("b")), ("c", read("c"))];
            let new: Vec<_> = all
                .iter()
                .map(|(name, (before, identity))| Replacement::new(&at(name), *identity, before, b"new").unwrap())
                .collect();
            match change {
                "write" => fs::write(at("b"), "old B").unwrap(),
                "replace" => {
                    fs::write(at("x"), "old b").unwrap();
                    fs::rename(at("x"), at("b")).unwrap();
                }
                "remove" => fs::remove_file(at("b")).unwrap(),
                _ => {
                    fs::rename(at("b"), at("x")).unwrap();
                    symlink("x", at("b")).unwrap();
                }
            }
            let failed = replace_all(new).unwrap_err();
            assert!(failed.path == at("b") && failed.stuck.is_empty(), "{change}: {failed:?}");
            assert_eq!((text(at("a")), text(at("c"))), ("old a".to_owned(), "old c".to_owned()), "{change}");
            let left = match change {
                "remove" => vec!["a", "c"],
                "link" => vec!["a", "b", "c", "x"],
                _ => vec!["a", "b", "c"],
            };
            assert_eq!(names(folder.path()), left, "{change}");
        }
    }

    #[test]
    fn without_an_exchange_the_old_file_can_be_put_back() {
        let folder = folder_of(&["a"]);
        let path = folder.path().join("a");
        let (before, identity) = read_to_replace(&path, LIMIT).unwrap();
        let new = Replacement::new(&path, identity, &before, b"new").unwrap();
        let mut writing = unfinished::writing().unwrap();
        let old = new.put_without_exchange(&mut writing).unwrap();
        new.check(&old.path).unwrap();
        assert_eq!(text(path.clone()), "new");
        old.put_back(&path).unwrap();
        writing.forget(&old.path);
        drop(writing);
        drop(new);
        assert_eq!((text(path), names(folder.path())), ("old a".to_owned(), vec!["a".to_owned()]));
    }

    #[test]
    fn links_and_folders_are_not_read() {
        let folder = folder_of(&["a"]);
        symlink("a", folder.path().join("link")).unwrap();
        for path in [folder.path().join("link"), folder.path().to_owned()] {
            assert_eq!(read_to_replace(&path, LIMIT).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
    }
}
