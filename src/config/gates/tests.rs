//! The files that gates are read from. What they may say is tested where they are parsed.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;

use super::*;
use crate::gate::{Fault, RootError};

const ROOT: &[u8] = include_bytes!("../../notary/vectors/trust/root.pem");
const FILE: &str = "version: 1\nsigners: {a: {root: a.pem, identity: '*'}}\nstages: {prod: {require: [a]}}\n";

/// A folder with a file of gates, and the root that it names.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.pem"), ROOT).unwrap();
    fs::write(folder.path().join("gates.yaml"), FILE).unwrap();
    folder
}

/// What is wrong with the one root of the file.
fn root_error(path: &Path) -> RootError {
    match load(path).map(drop).unwrap_err() {
        GatesError::Faults { faults, .. } => match faults.into_iter().next().unwrap().fault {
            Fault::Root { source, .. } => source,
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    }
}

#[test]
fn a_file_may_be_a_link_or_a_pipe_and_its_roots_are_beside_its_name() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let digest = load(&path("gates.yaml")).unwrap().0.file_digest();

    symlink(path("gates.yaml"), path("link.yaml")).unwrap();
    assert_eq!(load(&path("link.yaml")).unwrap().0.file_digest(), digest);
    // A link elsewhere has its roots elsewhere: nothing beside the target is picked up.
    fs::create_dir(path("below")).unwrap();
    symlink(path("gates.yaml"), path("below/gates.yaml")).unwrap();
    assert!(matches!(root_error(&path("below/gates.yaml")), RootError::Read(_)));

    let pipe = path("pipe.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, FILE).unwrap()
    });
    assert_eq!(load(&pipe).unwrap().0.file_digest(), digest);
    writer.join().unwrap();
}

#[test]
fn what_is_no_file_of_that_size_is_not_read() {
    let folder = folder();
    let path = folder.path().join("gates.yaml");
    let padded = |bytes: usize| format!("{FILE}#{}", " ".repeat(bytes - FILE.len() - 1));
    let most = usize::try_from(gate::FILE_BYTES).unwrap();
    fs::write(&path, padded(most)).unwrap();
    load(&path).unwrap();
    for bytes in [most + 1, 2 * most] {
        fs::write(&path, padded(bytes)).unwrap();
        let error = load(&path).unwrap_err();
        assert!(
            matches!(&error, GatesError::Read { source, .. } if source.kind() == io::ErrorKind::FileTooLarge),
            "{error:?}"
        );
    }
    for other in [folder.path().to_owned(), folder.path().join("missing"), PathBuf::from("/dev/null")] {
        assert!(matches!(load(&other), Err(GatesError::Read { .. })), "{}", other.display());
    }
}

#[test]
fn a_root_is_a_file_with_certificates() {
    let folder = folder();
    let (path, root) = (folder.path().join("gates.yaml"), folder.path().join("a.pem"));
    // As Windows writes it.
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(str::from_utf8(ROOT).unwrap().encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(&root, utf16).unwrap();
    load(&path).unwrap();

    fs::write(&root, "").unwrap();
    assert!(matches!(root_error(&path), RootError::Certificates(_)));
    fs::write(&root, [ROOT, &vec![b' '; 10 * 1024 * 1024]].concat()).unwrap();
    assert!(matches!(root_error(&path), RootError::Read(error) if error.kind() == io::ErrorKind::FileTooLarge));
    fs::remove_file(&root).unwrap();
    fs::create_dir(&root).unwrap();
    assert!(matches!(root_error(&path), RootError::Read(error) if error.kind() == io::ErrorKind::InvalidInput));
}
