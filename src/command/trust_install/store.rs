//! The trust stores in the folder, beside those that are wanted.

use std::fs;
use std::path::Path;

use notary::limits::TRUST_STORE_FILE_BYTES;
use notary::trust_store;

use super::wanted::{Owner, WantedStore};
use crate::command::trust_folder::{Folder, Planned, TrustFolderError};
use crate::files::{self, Existing};

/// Checks that every folder down to the store is one, and that nothing but our file is in it: whatever else is
/// there would be trusted along, or make the store unusable. In a store of AWS's installer there may be files of its
/// that say the same.
pub(super) fn check(folder: &Folder, wanted: &WantedStore) -> Result<(), TrustFolderError> {
    let file = folder.path.join(&wanted.file);
    let Some(store) = folder.check_folders(&file)? else { return Ok(()) };
    let failed = |source| TrustFolderError::Io { path: store.clone(), source };
    for entry in fs::read_dir(&store).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if Some(name.as_os_str()) != file.file_name() && !says_the_same(&entry.path(), wanted) {
            let stray = name.to_string_lossy().into_owned();
            return Err(TrustFolderError::StrayFile { folder: store, stray });
        }
    }
    Ok(())
}

/// Subjects of the certificates that a store of ours has now and will not have.
pub(super) fn certificates_that_go(folder: &Folder, wanted: &WantedStore) -> impl Iterator<Item = String> {
    let path = folder.path.join(&wanted.file);
    let there = files::read_without_link(&path, TRUST_STORE_FILE_BYTES).ok().map(files::text);
    let there = there.and_then(|content| trust_store::parse_certificates(&content).ok()).unwrap_or_default();
    there.into_iter().filter(|old| !wanted.certificates.contains(old)).map(|old| old.subject().to_string())
}

/// What has to be done so that a store exists. AWS's installer writes the same certificate in other bytes: that
/// file is its own, and stays as it is.
pub(super) fn plan(
    folder: &Folder,
    wanted: &WantedStore,
    content: Vec<u8>,
    existing: Existing,
) -> Result<Planned, TrustFolderError> {
    if says_the_same(&folder.path.join(&wanted.file), wanted) && !folder.holds(&wanted.file, &content) {
        return Ok(Planned::leave(&wanted.file));
    }
    folder.plan(&wanted.file, content, existing)
}

/// Whether a file in a store of AWS's installer holds the certificates that are wanted there, and no other.
fn says_the_same(path: &Path, wanted: &WantedStore) -> bool {
    let parsed = || {
        let content = files::read_without_link(path, TRUST_STORE_FILE_BYTES).ok()?;
        trust_store::parse_certificates(&files::text(content)).ok()
    };
    wanted.owner == Owner::Aws && parsed().is_some_and(|found| found == wanted.certificates)
}
