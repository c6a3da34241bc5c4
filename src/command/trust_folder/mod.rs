//! The folder that `trust install` writes to and `trust remove` takes away from.
//!
//! What was written is recorded in it by digest (`record.rs`): a file whose digest is there is ours, and may be written
//! again or removed; any other is the user's. First all is planned, which is when something can be refused; then it is done.

mod error;
mod loss;
mod record;
mod statements;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use notary::Timestamp;
use notary::certificate::Certificate;
use notary::digest::Digest;
use notary::limits::{TRUST_POLICY_BYTES, TRUST_STORE_FILE_BYTES};
use notary::trust_policy::TrustPolicy;
use notary::trust_store::{self, TrustStoreName, TrustStoreType};

pub(super) use self::error::Doing;
pub(crate) use self::error::TrustFolderError;
pub(super) use self::loss::{lost_certificate, lost_of_statement};
pub(super) use self::record::RECORD_NAME;
use self::record::{Begun, RECORD_BYTES, Record};
pub(super) use self::statements::{is_named, with_statements};
use crate::config::notation_folder::notation_folder;
use crate::config::trust::{POLICY_NAMES, TRUST_STORE_FOLDER, X509_FOLDER};
use crate::context::Context;
use crate::error::Error;
use crate::files::{self, Existing};
use crate::report::TrustReport;

/// The folder that was named, or notation's.
///
/// # Errors
/// As [`notation_folder`].
pub(super) fn folder_of(named: Option<impl Into<PathBuf>>, context: &Context) -> Result<PathBuf, Error> {
    match named {
        Some(folder) => Ok(folder.into()),
        None => Ok(notation_folder(&context.environment)?),
    }
}

/// Permissions of what is written: trust is its owner's.
const FILE_MODE: u32 = 0o600;

/// What is to happen to a file.
pub(super) struct Planned {
    /// Path below the folder.
    name: String,
    step: Step,
}

enum Step {
    /// It is there already, with this content.
    Keep { content: Vec<u8> },
    /// It is new, or ours.
    Write { content: Vec<u8> },
    /// It is the user's, and `--force` allows it to be replaced.
    Replace { content: Vec<u8>, backup: Vec<u8> },
    /// It is ours, and goes.
    Remove { content: Vec<u8> },
    /// It is not ours, or no longer there: nothing happens to it, and it is not recorded.
    Leave,
}

impl Planned {
    /// A file that is as good as ours, and not ours.
    pub(super) fn leave(name: &str) -> Self {
        Self { name: name.to_owned(), step: Step::Leave }
    }

    /// What the file is about to be.
    fn content(&self) -> Option<&[u8]> {
        match &self.step {
            Step::Keep { content } | Step::Write { content } | Step::Replace { content, .. } => Some(content),
            Step::Remove { .. } | Step::Leave => None,
        }
    }

    const fn changes_files(&self) -> bool {
        matches!(self.step, Step::Write { .. } | Step::Replace { .. } | Step::Remove { .. })
    }

    /// The certificates that are in a file which goes.
    pub(super) fn certificates_that_go(&self) -> Vec<Certificate> {
        let Step::Remove { content } = &self.step else { return Vec::new() };
        trust_store::parse_certificates(content).unwrap_or_default()
    }
}

/// The folder and the record of what was installed there.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    record: Record,
}

impl Folder {
    /// Reads the record of what was installed before.
    pub(super) fn open(path: &Path) -> Result<Self, TrustFolderError> {
        let record_path = path.join(RECORD_NAME);
        let record = match read_if_there(&record_path, RECORD_BYTES)? {
            None => Record::empty(),
            Some(bytes) => {
                Record::parse(&bytes).map_err(|source| TrustFolderError::Record { path: record_path, source })?
            }
        };
        let mut folder = Self { path: path.to_owned(), record };
        folder.take_over();
        Ok(folder)
    }

    /// Counts what a run wrote that was cut short as written: the next run may be about something else.
    fn take_over(&mut self) {
        let begun = self.record.begun.iter().flat_map(|begun| &begun.files);
        let limit = TRUST_POLICY_BYTES.max(TRUST_STORE_FILE_BYTES);
        let is_there = |name: &str, digest: &str| {
            let there = files::read_without_link(&self.path.join(name), limit);
            there.is_ok_and(|content| Digest::sha256(&content).as_str() == digest)
        };
        let written: Vec<_> = begun.filter(|(name, digest)| is_there(name, digest)).collect();
        let written: Vec<_> = written.into_iter().map(|(name, digest)| (name.clone(), digest.clone())).collect();
        self.record.files.extend(written);
    }

    /// Whether nothing is known to have been written here.
    pub(super) fn is_unknown(&self) -> bool {
        self.record == Record::empty()
    }

    /// Names of the statements whose removal was begun and not finished.
    pub(super) fn begun_removals(&self) -> &[String] {
        self.record.begun.as_ref().map(|begun| begun.removes.as_slice()).unwrap_or_default()
    }

    /// The files of trust stores that were written, with the names of their stores.
    pub(super) fn store_files(&self) -> Vec<(TrustStoreName, String)> {
        let begun = self.record.begun.iter().flat_map(|begun| begun.files.keys());
        let mut files: Vec<_> = self.record.files.keys().chain(begun).collect();
        files.sort();
        files.dedup();
        files.into_iter().filter_map(|file| Some((store_of(file)?, file.clone()))).collect()
    }

    /// Whether a file has this content.
    pub(super) fn holds(&self, name: &str, content: &[u8]) -> bool {
        files::read_without_link(&self.path.join(name), TRUST_STORE_FILE_BYTES).is_ok_and(|there| there == content)
    }

    /// Checks that every folder down to that of a file is one, and no link. Returns the nearest, if it is there.
    pub(super) fn check_folders(&self, file: &Path) -> Result<Option<PathBuf>, TrustFolderError> {
        let folders: Vec<_> = file.ancestors().skip(1).take_while(|above| above.starts_with(&self.path)).collect();
        for above in folders.iter().rev() {
            match fs::symlink_metadata(above) {
                Ok(metadata) if metadata.is_dir() => {}
                // The folder itself was named by the user, and may be a link.
                Ok(_) if **above == self.path && above.is_dir() => {}
                Ok(_) => return Err(TrustFolderError::Kind { path: above.to_path_buf(), expected: "a folder" }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(source) => return Err(TrustFolderError::Io { path: above.to_path_buf(), source }),
            }
        }
        Ok(folders.first().map(|nearest| nearest.to_path_buf()))
    }

    /// The policy that we wrote before, if it is there.
    pub(super) fn own_policy(&self) -> Result<Option<TrustPolicy>, TrustFolderError> {
        for name in POLICY_NAMES {
            let there = read_if_there(&self.path.join(name), TRUST_POLICY_BYTES)?;
            if let Some(content) = there.filter(|content| self.record.has(name, content)) {
                return TrustPolicy::parse(&content).map(Some).map_err(TrustFolderError::Policy);
            }
        }
        Ok(None)
    }

    /// What has to happen so that a file has this content.
    pub(super) fn plan(&self, name: &str, content: Vec<u8>, existing: Existing) -> Result<Planned, TrustFolderError> {
        let path = self.path.join(name);
        let step = match read_if_there(&path, TRUST_POLICY_BYTES)? {
            None => Step::Write { content },
            Some(there) if there == content && self.record.has(name, &there) => Step::Keep { content },
            // Somebody else's, which says the same: it stays theirs.
            Some(there) if there == content => Step::Leave,
            Some(there) if self.record.has(name, &there) => Step::Write { content },
            Some(_) if existing == Existing::Keep => return Err(TrustFolderError::Foreign { path }),
            Some(backup) => Step::Replace { content, backup },
        };
        Ok(Planned { name: name.to_owned(), step })
    }

    /// What has to happen so that a file of ours is gone.
    pub(super) fn plan_removal(&self, name: &str) -> Result<Planned, TrustFolderError> {
        let path = self.path.join(name);
        let there = match self.check_folders(&path)? {
            Some(_) => read_if_there(&path, TRUST_POLICY_BYTES.max(TRUST_STORE_FILE_BYTES))?,
            None => None,
        };
        let step = match there {
            None => Step::Leave,
            Some(content) if self.record.has(name, &content) => Step::Remove { content },
            Some(_) => return Err(TrustFolderError::Foreign { path }),
        };
        Ok(Planned { name: name.to_owned(), step })
    }

    /// Does what was planned: backups first, then each file in its order, the record last. What is begun is recorded before, so that a
    /// run that is cut short leaves whole files that are known to be ours, and running it again finishes the work. `removes` are
    /// the statements that go.
    pub(super) fn apply(
        &mut self,
        plan: Vec<Planned>,
        removes: Vec<String>,
        now: Timestamp,
        told: &mut TrustReport,
    ) -> Result<(), TrustFolderError> {
        let before = self.record.clone();
        for file in &plan {
            if let Step::Replace { backup, .. } = &file.step {
                let flat = file.name.rsplit('/').next().unwrap_or(&file.name);
                let kept = format!("{flat}.bak-{}", now.strftime("%Y%m%dT%H%M%SZ"));
                told.backups.push(self.put(&kept, backup, Existing::Keep)?);
            }
        }
        if plan.iter().any(Planned::changes_files) {
            self.begin(&plan, removes)?;
        }
        for planned in plan {
            match planned.content().map(|content| Digest::sha256(content).to_string()) {
                Some(digest) => self.record.files.insert(planned.name.clone(), digest),
                None => self.record.files.remove(&planned.name),
            };
            let Planned { name, step } = planned;
            match step {
                Step::Keep { .. } | Step::Leave => {}
                Step::Write { content } | Step::Replace { content, .. } => {
                    told.written.push(self.put(&name, &content, Existing::Replace)?);
                }
                Step::Remove { .. } => told.removed.push(self.take(&name)?),
            }
        }
        self.record.begun = None;
        if self.record.files.is_empty() && before != Record::empty() {
            told.removed.push(self.take(RECORD_NAME)?);
        } else if self.record != before {
            told.written.push(self.put_record()?);
        }
        Ok(())
    }

    /// Records what is about to be done.
    fn begin(&mut self, plan: &[Planned], removes: Vec<String>) -> Result<(), TrustFolderError> {
        let digest = |file: &Planned| Some((file.name.clone(), Digest::sha256(file.content()?).to_string()));
        let files: BTreeMap<_, _> = plan.iter().filter_map(digest).collect();
        self.record.begun = Some(Begun { files, removes });
        self.put_record().map(drop)
    }

    fn put_record(&self) -> Result<String, TrustFolderError> {
        let path = self.path.join(RECORD_NAME);
        let text = self.record.to_json().map_err(|source| TrustFolderError::Record { path, source })?;
        self.put(RECORD_NAME, text.as_bytes(), Existing::Replace)
    }

    fn put(&self, name: &str, content: &[u8], existing: Existing) -> Result<String, TrustFolderError> {
        let path = self.path.join(name);
        let failed = |source| TrustFolderError::Io { path: path.clone(), source };
        files::make_folder(path.parent().unwrap_or(&self.path)).map_err(failed)?;
        files::publish(&path, content, FILE_MODE, existing).map_err(failed)?;
        Ok(path.display().to_string())
    }

    /// Removes a file, and the folders above it that hold nothing more.
    fn take(&self, name: &str) -> Result<String, TrustFolderError> {
        let path = self.path.join(name);
        files::remove(&path).map_err(|source| TrustFolderError::Io { path: path.clone(), source })?;
        for above in path.ancestors().skip(1).take_while(|above| above.starts_with(&self.path) && **above != self.path)
        {
            files::remove_empty_folder(above);
        }
        Ok(path.display().to_string())
    }
}

/// The store whose file this is: `truststore/x509/TYPE/NAME/FILE`. Only such a path is ever put together from names again.
fn store_of(file: &str) -> Option<TrustStoreName> {
    let mut parts = file.split('/');
    let (top, kind) = (parts.next()?, parts.next()?);
    let (store_type, name, last) = (parts.next()?, parts.next()?, parts.next()?);
    let is_file = !last.is_empty() && !matches!(last, "." | "..") && parts.next().is_none();
    let store_type =
        TrustStoreType::from_name(store_type).filter(|_| top == TRUST_STORE_FOLDER && kind == X509_FOLDER)?;
    TrustStoreName::new(store_type, name).ok().filter(|_| is_file)
}

/// The content of a file, `None` if there is none. A link or anything else in its place is refused.
fn read_if_there(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, TrustFolderError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(TrustFolderError::Kind { path: path.to_owned(), expected: "a regular file" }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(TrustFolderError::Io { path: path.to_owned(), source }),
    }
    let content = files::read_without_link(path, limit);
    content.map(Some).map_err(|source| TrustFolderError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_a_store_is_one() {
        let name = |file| store_of(file).map(|name| name.to_string());
        assert_eq!(name("truststore/x509/ca/acme/acme.crt").as_deref(), Some("ca:acme"));
        assert_eq!(name("truststore/x509/signingAuthority/a-ts/b.crt").as_deref(), Some("signingAuthority:a-ts"));
        for other in [
            "trustpolicy.json",
            "truststore/x509/ca/acme",
            "truststore/x509/ca/acme/",
            "truststore/x509/ca/acme/..",
            "truststore/x509/ca/../acme.crt",
            "truststore/x509/ca//acme.crt",
            "truststore/x509/ca/acme/../../../../x",
            "truststore/x509/other/acme/acme.crt",
            "truststore/../ca/acme/acme.crt",
            "/truststore/x509/ca/acme/acme.crt",
            "../truststore/x509/ca/acme/acme.crt",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
