//! Files that later steps deploy from. What an earlier run left is gone before anything is asked for, so that it stands for no run
//! that does not end well, however that ends; new ones come together, when all else was written.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::files::{self, Existing, Prepared};
use crate::report::{DeployFile, DeployKind};

/// Permissions: the steps after ours read them, as whoever they run.
const DEPLOY_MODE: u32 = 0o644;

/// What could not be done with a file.
#[derive(Debug)]
pub(crate) enum NotDone {
    Write { file: DeployFile, source: io::Error },
    Remove { file: DeployFile, source: io::Error },
}

/// The files of this run, for whatever ends it.
static ANNOUNCED: Mutex<Vec<DeployFile>> = Mutex::new(Vec::new());

/// Says which files are those of this run, as far as it is known by now.
pub(crate) fn announce(files: &[DeployFile]) {
    *ANNOUNCED.lock().unwrap_or_else(PoisonError::into_inner) = files.to_vec();
}

/// Removes what an earlier run left, and checks that files can be written there. Says what was removed, and which file is the first
/// that cannot be, or cannot be written.
pub(crate) fn prepare(files: &[DeployFile]) -> (Vec<PathBuf>, Option<NotDone>) {
    let mut removed = Vec::new();
    let mut prepare = |file: &DeployFile| {
        let (path, folder) = (&file.path, folder(&file.path));
        let left = files::remove_left(path).map_err(|source| not_removed(file, source))?;
        removed.extend(left.then(|| path.clone()));
        let made = match file.kind {
            // It is one of the files of the report, and told with them.
            DeployKind::Dotenv => return Ok(()),
            DeployKind::ImageDefinitions | DeployKind::ImageDetail => files::make_shared_folder(folder),
            // A name with a mistake in it makes no folder.
            DeployKind::Pinned | DeployKind::Exports | DeployKind::Summaries => Ok(()),
        };
        let checked = made.and_then(|()| files::check_writable(folder));
        checked.map_err(|source| NotDone::Write { file: file.clone(), source })
    };
    let failed = files.iter().find_map(|file| prepare(file).err());
    (removed, failed)
}

/// Writes the files, all or none. Each replaces what is there by now, a link as well.
///
/// # Errors
/// The first file that cannot be written.
pub(crate) fn publish(files: &[(DeployFile, String)]) -> Result<(), NotDone> {
    let prepare = |(file, text): &(DeployFile, String)| {
        let prepared = Prepared::new(&file.path, text.as_bytes(), DEPLOY_MODE);
        prepared.map_err(|source| NotDone::Write { file: file.clone(), source })
    };
    let prepared = files.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
    let published = files::publish_all(prepared, Existing::Replace);
    published.map_err(|(path, source)| {
        let kind = files.iter().find(|(file, _)| file.path == path).map_or(DeployKind::Exports, |(file, _)| file.kind);
        NotDone::Write { file: DeployFile { kind, path }, source }
    })
}

/// Removes the files of this run, whoever wrote them. Says what was removed, and what cannot be.
pub(crate) fn withdraw() -> (Vec<PathBuf>, Vec<NotDone>) {
    let files = ANNOUNCED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    remove(&files)
}

fn remove(files: &[DeployFile]) -> (Vec<PathBuf>, Vec<NotDone>) {
    let (mut removed, mut failed) = (Vec::new(), Vec::new());
    for file in files {
        match files::remove_left(&file.path) {
            Ok(true) => removed.push(file.path.clone()),
            Ok(false) => {}
            // A folder, a device: nothing that could be deployed from.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            Err(source) => failed.push(not_removed(file, source)),
        }
    }
    (removed, failed)
}

/// What is of another kind than a file cannot be written either.
fn not_removed(file: &DeployFile, source: io::Error) -> NotDone {
    let file = file.clone();
    match source.kind() {
        io::ErrorKind::InvalidInput => NotDone::Write { file, source },
        _ => NotDone::Remove { file, source },
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn file(kind: DeployKind, path: PathBuf) -> DeployFile {
        DeployFile { kind, path }
    }

    /// What can be at the name of a file.
    const LEFT: [&str; 6] = ["nothing", "a file", "a hard link", "a link", "a dangling link", "a link to a folder"];

    fn leave(what: &str, at: &Path, folder: &Path) {
        match what {
            "nothing" => {}
            "a file" => fs::write(at, "old").unwrap(),
            "a hard link" => fs::hard_link(folder.join("other"), at).unwrap(),
            "a link" => symlink("other", at).unwrap(),
            "a dangling link" => symlink("none", at).unwrap(),
            "a link to a folder" => symlink("below", at).unwrap(),
            _ => panic!("{what}"),
        }
    }

    fn scene() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("other"), "other").unwrap();
        fs::create_dir(place.path().join("below")).unwrap();
        fs::write(place.path().join("below/kept"), "kept").unwrap();
        place
    }

    #[track_caller]
    fn assert_untouched(place: &Path) {
        assert_eq!(fs::read(place.join("other")).unwrap(), b"other");
        assert_eq!(fs::read(place.join("below/kept")).unwrap(), b"kept");
        assert!(!place.join("none").exists());
    }

    #[test]
    fn what_is_there_goes_and_what_it_leads_to_stays() {
        for kind in DeployKind::ALL {
            for what in LEFT {
                let place = scene();
                let path = place.path().join("out");
                let files = [file(kind, path.clone())];
                let is_gone = || fs::symlink_metadata(&path).is_err();
                let expected = if what == "nothing" { vec![] } else { vec![path.clone()] };
                leave(what, &path, place.path());
                let (removed, failed) = prepare(&files);
                assert_eq!((&removed, failed.is_none()), (&expected, true), "{kind:?} {what}");
                assert!(is_gone(), "{kind:?} {what}");
                leave(what, &path, place.path());
                let (removed, failed) = remove(&files);
                assert_eq!((removed, failed.len(), is_gone()), (expected, 0, true), "{kind:?} {what}");
                assert_untouched(place.path());
                // Somebody may put something there while the run goes on.
                leave(what, &path, place.path());
                publish(&[(files[0].clone(), "new".to_owned())]).unwrap();
                assert!(fs::symlink_metadata(&path).unwrap().is_file(), "{kind:?} {what}");
                assert_eq!(fs::read(&path).unwrap(), b"new");
                assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
                assert_untouched(place.path());
            }
        }
    }

    #[test]
    fn what_is_no_file_is_told_before_anything_is_written_and_stays() {
        let place = scene();
        let pipe = place.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let cases = [
            (place.path().join("below"), "a folder"),
            (pipe, "a pipe"),
            ("/dev/null".into(), "devices"),
            ("/dev/stdout".into(), "devices"),
            ("/dev/fd/1".into(), "devices"),
            ("/proc/self/fd/2".into(), "devices"),
        ];
        for (path, fact) in cases {
            for kind in DeployKind::ALL {
                let files = [file(kind, path.clone())];
                match prepare(&files).1.unwrap() {
                    NotDone::Write { source, .. } => assert!(source.to_string().contains(fact), "{path:?}: {source}"),
                    other => panic!("{other:?}"),
                }
                assert!(fs::symlink_metadata(&path).is_ok(), "{path:?}");
                let (removed, failed) = remove(&files);
                assert!(removed.is_empty() && failed.is_empty() && fs::symlink_metadata(&path).is_ok(), "{path:?}");
            }
        }
        assert_untouched(place.path());
    }

    #[test]
    fn a_folder_is_made_for_the_files_that_have_one_of_their_own() {
        let place = scene();
        assert!(prepare(&[file(DeployKind::ImageDetail, place.path().join("a/b/out"))]).1.is_none());
        assert_eq!(fs::metadata(place.path().join("a/b")).unwrap().permissions().mode() & 0o755, 0o755);
        assert_eq!(fs::read_dir(place.path().join("a/b")).unwrap().count(), 0);
        for (kind, path) in [
            (DeployKind::Exports, "c/out"),
            (DeployKind::Exports, "other/out"),
            (DeployKind::ImageDetail, "other/d/out"),
        ] {
            let failed = prepare(&[file(kind, place.path().join(path))]).1.unwrap();
            assert!(matches!(failed, NotDone::Write { .. }), "{path}: {failed:?}");
        }
        assert!(!place.path().join("c").exists());
    }

    /// As where a fault of sealgate ends the run: nobody has the settings at hand then.
    #[test]
    fn the_files_of_the_run_are_known_to_whatever_ends_it() {
        let place = scene();
        let path = |name: &str| place.path().join(name);
        let files = ["a", "b", "missing"].map(|name| file(DeployKind::Exports, path(name)));
        fs::write(path("a"), "old").unwrap();
        fs::write(path("b"), "old").unwrap();
        announce(&files[..1]);
        announce(&files[1..]);
        let (removed, failed) = withdraw();
        assert_eq!((removed, failed.len()), (vec![path("b")], 0));
        assert!(path("a").exists(), "what is known later counts");
        announce(&[]);
        assert!(withdraw().0.is_empty());
    }

    #[test]
    fn of_several_files_that_cannot_all_be_prepared_none_is_written() {
        let place = scene();
        let files = [
            file(DeployKind::ImageDefinitions, place.path().join("a")),
            file(DeployKind::Exports, place.path().join("none/b")),
        ];
        let texts = files.map(|file| (file, "new".to_owned()));
        assert!(matches!(publish(&texts).unwrap_err(), NotDone::Write { file, .. } if file.path.ends_with("b")));
        assert!(!place.path().join("a").exists());
    }
}
