//! What a run has begun to write. It goes with the run, whoever ends it: by being dropped, or when a signal or a fault ends the
//! process while other threads still write.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// How long the end of a run waits for a thread that is putting a file in its place.
const WAIT: Duration = Duration::from_millis(100);

static UNFINISHED: Mutex<Unfinished> = Mutex::new(Unfinished { paths: BTreeSet::new(), is_over: false });

#[derive(Debug)]
struct Unfinished {
    /// Temporary files and folders that exist.
    paths: BTreeSet<PathBuf>,
    /// Whether the run has ended: nothing new appears then.
    is_over: bool,
}

/// The right to make temporary files and to put files in their places. The run does not end while it is held.
pub(super) struct Writing(MutexGuard<'static, Unfinished>);

impl Writing {
    /// Something is temporary now that is none of [`Temporary`].
    pub(super) fn add(&mut self, path: &Path) {
        self.0.paths.insert(path.to_owned());
    }

    /// It is not, or not any more.
    pub(super) fn forget(&mut self, path: &Path) {
        self.0.paths.remove(path);
    }
}

/// A temporary file or folder. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Temporary<T: AsRef<Path>> {
    path: PathBuf,
    held: Option<T>,
}

/// The right to write, until it is dropped. Nothing temporary may be dropped meanwhile.
///
/// # Errors
/// `Interrupted` when the run has ended.
pub(super) fn writing() -> io::Result<Writing> {
    let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    if unfinished.is_over {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "the run was ended"));
    }
    Ok(Writing(unfinished))
}

/// The right to write what tells how the run ended, also after all else has ended.
///
/// # Errors
/// `TimedOut` when another thread keeps it.
pub(super) fn writing_last() -> io::Result<Writing> {
    let timed_out = || io::Error::new(io::ErrorKind::TimedOut, "another thread of this run still writes");
    lock_for_a_moment().map(Writing).ok_or_else(timed_out)
}

impl<T: AsRef<Path>> Temporary<T> {
    /// Makes something temporary.
    ///
    /// # Errors
    /// As [`writing`], and as `make` does.
    pub(super) fn new(make: impl FnOnce() -> io::Result<T>) -> io::Result<Self> {
        Self::within(writing()?, make)
    }

    /// The same with a right to write.
    ///
    /// # Errors
    /// As `make` does.
    pub(super) fn within(writing: Writing, make: impl FnOnce() -> io::Result<T>) -> io::Result<Self> {
        let Writing(mut unfinished) = writing;
        let held = make()?;
        let path = held.as_ref().to_owned();
        unfinished.paths.insert(path.clone());
        Ok(Self { path, held: Some(held) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) const fn get(&self) -> Option<&T> {
        self.held.as_ref()
    }

    pub(super) const fn get_mut(&mut self) -> Option<&mut T> {
        self.held.as_mut()
    }

    /// What it is, for `put` to put in its place, and no longer temporary.
    pub(super) fn put<R>(mut self, writing: &mut Writing, put: impl FnOnce(T) -> io::Result<R>) -> io::Result<R> {
        writing.0.paths.remove(&self.path);
        let gone = || io::Error::from(io::ErrorKind::NotFound);
        self.held.take().ok_or_else(gone).and_then(put)
    }
}

impl Temporary<NamedTempFile> {
    /// Leaves it where it is.
    pub(super) fn leave(mut self) {
        // What cannot be kept is removed, and its name forgotten.
        let _kept = self.held.take().map(NamedTempFile::keep);
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).paths.remove(&self.path);
    }
}

impl<T: AsRef<Path>> Drop for Temporary<T> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
            drop(held);
            unfinished.paths.remove(&self.path);
        }
    }
}

/// What is unfinished, unless another thread keeps it.
fn lock_for_a_moment() -> Option<MutexGuard<'static, Unfinished>> {
    let begin = Instant::now();
    loop {
        match UNFINISHED.try_lock() {
            Ok(unfinished) => return Some(unfinished),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            // A file system that hangs, or a fault of the thread that writes, which is this one.
            Err(TryLockError::WouldBlock) if begin.elapsed() > WAIT => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Ends all writing of this process and removes what is unfinished. Says whether nothing is left.
pub(crate) fn remove_unfinished() -> bool {
    let Some(mut unfinished) = lock_for_a_moment() else { return false };
    unfinished.is_over = true;
    let removed = |path: &Path| if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    let left = unfinished.paths.iter().filter(|path| removed(path).is_err() && path.exists());
    left.count() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    // What ends a run is tried by `tests/integration/signals.rs`: it ends all writing of a process.

    #[test]
    fn what_is_temporary_is_known_while_it_exists() {
        let known = |path: &Path| writing().unwrap().0.paths.contains(path);
        let temporary = Temporary::new(NamedTempFile::new).unwrap();
        let path = temporary.path().to_owned();
        assert!(known(&path) && path.exists());
        drop(temporary);
        assert!(!known(&path) && !path.exists());
        let temporary = Temporary::new(NamedTempFile::new).unwrap();
        let path = temporary.path().to_owned();
        let kept = temporary.put(&mut writing().unwrap(), Ok).unwrap();
        assert!(!known(&path) && path.exists());
        drop(kept);
        assert!(!path.exists());
        assert!(Temporary::new(|| Err::<tempfile::TempDir, _>(io::ErrorKind::StorageFull.into())).is_err());
    }
}
