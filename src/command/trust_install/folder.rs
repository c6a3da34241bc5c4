//! The folder that trust is written to, and what is remembered of it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use notary::Timestamp;
use notary::digest::Digest;
use notary::json::{self, JsonError, Object};
use notary::limits::TRUST_STORE_FILE_BYTES as STORE_FILE_BYTES;
use notary::trust_policy::TrustPolicy;
use notary::trust_store;
use serde::Serialize;
use serde_json::Value;

use super::wanted::{Owner, WantedStore};
use super::{RecordError, TrustInstallError};
use crate::config::trust::POLICY_NAMES;
use crate::files::{self, Existing};

/// The file that records what was written.
pub(super) const RECORD_NAME: &str = "sealgate-trust.json";

const RECORD_VERSION: u64 = 1;

/// Size limit of that file in bytes: about a thousand stores.
const RECORD_BYTES: u64 = 1024 * 1024;

/// Permissions of what is written: trust is its owner's.
const FILE_MODE: u32 = 0o600;

/// What was written, by path below the folder.
#[derive(Debug, Serialize)]
struct Record {
    schema_version: u64,
    files: BTreeMap<String, String>,
}

impl Record {
    /// Reads what [`Folder::apply`] wrote, and nothing else.
    fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let document = json::parse_object(bytes)?;
        let known = ["schema_version", "files"];
        let members = Object::new(&document, &known)?;
        let schema_version = members.required_count("schema_version")?;
        if schema_version != RECORD_VERSION {
            return Err(RecordError::Version { found: schema_version, expected: RECORD_VERSION });
        }
        if let Some(name) = document.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(RecordError::UnknownMember { name: name.clone() });
        }
        let files = members.text_map("files")?.ok_or(JsonError::MemberMissing { member: "files" })?;
        Ok(Self { schema_version, files })
    }
}

/// A file to be installed.
pub(super) struct Planned {
    /// Path below the folder.
    name: String,
    content: Vec<u8>,
    step: Step,
}

enum Step {
    /// It is there already, with this content.
    Nothing,
    /// It is new, or ours.
    Write,
    /// It is the user's, and `--force` allows it to be replaced.
    Replace { backup: Vec<u8> },
}

/// The folder and the record of what was installed there.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    record: Record,
}

impl Folder {
    /// Reads the record of what was installed before.
    pub(super) fn open(path: &Path) -> Result<Self, TrustInstallError> {
        let record_path = path.join(RECORD_NAME);
        let record = match read_if_there(&record_path, RECORD_BYTES)? {
            None => Record { schema_version: RECORD_VERSION, files: BTreeMap::new() },
            Some(bytes) => {
                Record::parse(&bytes).map_err(|source| TrustInstallError::Record { path: record_path, source })?
            }
        };
        Ok(Self { path: path.to_owned(), record })
    }

    /// Whether a file with this content is as we wrote it.
    fn is_ours(&self, name: &str, content: &[u8]) -> bool {
        self.record.files.get(name).is_some_and(|digest| *digest == Digest::sha256(content).as_str())
    }

    /// Checks that every folder down to the store is one, and that nothing but our file is in it: whatever else is
    /// there would be trusted along, or make the store unusable. In a store of AWS's installer there may be files of its
    /// that say the same.
    pub(super) fn check_store(&self, wanted: &WantedStore) -> Result<(), TrustInstallError> {
        let file = self.path.join(&wanted.file);
        let folders: Vec<_> = file.ancestors().skip(1).take_while(|above| above.starts_with(&self.path)).collect();
        for above in folders.iter().rev() {
            match fs::symlink_metadata(above) {
                Ok(metadata) if metadata.is_dir() => {}
                // The folder itself was named by the user, and may be a link.
                Ok(_) if **above == self.path && above.is_dir() => {}
                Ok(_) => return Err(TrustInstallError::Kind { path: above.to_path_buf(), expected: "a folder" }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(source) => return Err(TrustInstallError::Io { path: above.to_path_buf(), source }),
            }
        }
        let Some(store) = folders.first() else { return Ok(()) };
        let failed = |source| TrustInstallError::Io { path: store.to_path_buf(), source };
        for entry in fs::read_dir(store).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if Some(name.as_os_str()) != file.file_name() && !says_the_same(&entry.path(), wanted) {
                let stray = name.to_string_lossy().into_owned();
                return Err(TrustInstallError::StrayFile { folder: store.to_path_buf(), stray });
            }
        }
        Ok(())
    }

    /// The policy that we wrote before, if it is there.
    pub(super) fn own_policy(&self) -> Result<Option<TrustPolicy>, TrustInstallError> {
        for name in POLICY_NAMES {
            let there = read_if_there(&self.path.join(name), notary::limits::TRUST_POLICY_BYTES)?;
            if let Some(content) = there.filter(|content| self.is_ours(name, content)) {
                return TrustPolicy::parse(&content).map(Some).map_err(TrustInstallError::Policy);
            }
        }
        Ok(None)
    }

    /// The policy with the new statement: beside the statements that we wrote before, in place of one of its name.
    /// Where the policy is not ours, the new statement is all of it, and replacing needs `--force`.
    pub(super) fn policy_with(
        &self,
        ours: Option<&TrustPolicy>,
        new: &TrustPolicy,
        name: &str,
    ) -> Result<String, TrustInstallError> {
        let Some(ours) = ours else { return Ok(new.to_json()) };
        check_scopes(ours, new, name)?;
        let merged = merge(&ours.to_json(), &new.to_json(), name)
            .map_err(|source| TrustInstallError::Record { path: self.path.join(RECORD_NAME), source: source.into() })?;
        Ok(TrustPolicy::parse(merged.as_bytes()).map_err(TrustInstallError::Policy)?.to_json())
    }

    /// Subjects of the certificates that a store of ours has now and will not have.
    pub(super) fn certificates_that_go(&self, wanted: &WantedStore) -> impl Iterator<Item = String> {
        let path = self.path.join(&wanted.file);
        let there = files::read_without_link(&path, STORE_FILE_BYTES).ok().map(files::text);
        let there = there.and_then(|content| trust_store::parse_certificates(&content).ok()).unwrap_or_default();
        there.into_iter().filter(|old| !wanted.certificates.contains(old)).map(|old| old.subject().to_string())
    }

    /// What has to be done so that a store exists. AWS's installer writes the same certificate in other bytes: that
    /// file stays as it is.
    pub(super) fn plan_store(
        &self,
        wanted: &WantedStore,
        content: Vec<u8>,
        existing: Existing,
    ) -> Result<Planned, TrustInstallError> {
        let path = self.path.join(&wanted.file);
        let there = if says_the_same(&path, wanted) { read_if_there(&path, STORE_FILE_BYTES)? } else { None };
        self.plan(&wanted.file, there.unwrap_or(content), existing)
    }

    /// What has to happen so that a file has this content.
    pub(super) fn plan(&self, name: &str, content: Vec<u8>, existing: Existing) -> Result<Planned, TrustInstallError> {
        let path = self.path.join(name);
        let step = match read_if_there(&path, notary::limits::TRUST_POLICY_BYTES)? {
            None => Step::Write,
            Some(there) if there == content => Step::Nothing,
            Some(there) if self.is_ours(name, &there) => Step::Write,
            Some(_) if existing == Existing::Keep => return Err(TrustInstallError::Foreign { path }),
            Some(backup) => Step::Replace { backup },
        };
        Ok(Planned { name: name.to_owned(), content, step })
    }

    /// Does what was planned: backups first, the record last. A run that is cut short leaves whole files, and running
    /// it again finishes the work.
    pub(super) fn apply(
        &mut self,
        plan: Vec<Planned>,
        now: Timestamp,
        written: &mut Vec<String>,
        backups: &mut Vec<String>,
    ) -> Result<(), TrustInstallError> {
        let before = serde_json::to_value(&self.record.files).unwrap_or_default();
        for file in &plan {
            if let Step::Replace { backup } = &file.step {
                let flat = file.name.rsplit('/').next().unwrap_or(&file.name);
                let kept = format!("{flat}.bak-{}", now.strftime("%Y%m%dT%H%M%SZ"));
                backups.push(self.put(&kept, backup, Existing::Keep)?);
            }
        }
        for Planned { name, content, step } in plan {
            let digest = Digest::sha256(&content).as_str().to_owned();
            match step {
                Step::Nothing => {}
                Step::Write | Step::Replace { .. } => written.push(self.put(&name, &content, Existing::Replace)?),
            }
            self.record.files.insert(name, digest);
        }
        if serde_json::to_value(&self.record.files).unwrap_or_default() != before {
            let record_path = self.path.join(RECORD_NAME);
            let mut text = serde_json::to_string_pretty(&self.record)
                .map_err(|source| TrustInstallError::Record { path: record_path, source: source.into() })?;
            text.push('\n');
            written.push(self.put(RECORD_NAME, text.as_bytes(), Existing::Replace)?);
        }
        Ok(())
    }

    fn put(&self, name: &str, content: &[u8], existing: Existing) -> Result<String, TrustInstallError> {
        let path = self.path.join(name);
        let failed = |source| TrustInstallError::Io { path: path.clone(), source };
        files::make_folder(path.parent().unwrap_or(&self.path)).map_err(failed)?;
        files::publish(&path, content, FILE_MODE, existing).map_err(failed)?;
        Ok(path.display().to_string())
    }
}

/// Whether a file in a store of AWS's installer holds the certificates that are wanted there, and no other.
fn says_the_same(path: &Path, wanted: &WantedStore) -> bool {
    let parsed = || {
        let content = files::read_without_link(path, STORE_FILE_BYTES).ok()?;
        trust_store::parse_certificates(&files::text(content)).ok()
    };
    wanted.owner == Owner::Aws && parsed().is_some_and(|found| found == wanted.certificates)
}

/// The content of a file, `None` if there is none. A link or anything else in its place is refused.
fn read_if_there(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, TrustInstallError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(TrustInstallError::Kind { path: path.to_owned(), expected: "a regular file" }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(TrustInstallError::Io { path: path.to_owned(), source }),
    }
    let content = files::read_without_link(path, limit);
    content.map(Some).map_err(|source| TrustInstallError::Io { path: path.to_owned(), source })
}

/// Checks that no other statement is for a repository of the new one: a policy has one for each.
fn check_scopes(ours: &TrustPolicy, new: &TrustPolicy, name: &str) -> Result<(), TrustInstallError> {
    let wanted: Vec<_> = new.statements().iter().flat_map(|statement| statement.scopes().texts()).collect();
    for other in ours.statements().iter().filter(|statement| statement.name() != name) {
        if let Some(scope) = other.scopes().texts().into_iter().find(|scope| wanted.contains(scope)) {
            return Err(TrustInstallError::ScopeTaken { scope, by: other.name().to_owned() });
        }
    }
    Ok(())
}

/// The statements of both documents, the new one in place of one with its name, or after the others.
fn merge(ours: &str, new: &str, name: &str) -> Result<String, JsonError> {
    let (mut document, new) = (json::parse(ours.as_bytes())?, json::parse(new.as_bytes())?);
    let statement = new.pointer("/trustPolicies/0").cloned().unwrap_or_default();
    if let Some(statements) = document.pointer_mut("/trustPolicies").and_then(Value::as_array_mut) {
        match statements.iter_mut().find(|known| known.get("name").and_then(Value::as_str) == Some(name)) {
            Some(known) => *known = statement,
            None => statements.push(statement),
        }
    }
    Ok(document.to_string())
}
