//! `trust install`: a trust store and a trust policy that notation and sealgate read.
//!
//! What was written is remembered in `sealgate-trust.json` beside the policy, by digest: a file whose digest stands
//! there is ours and may be written again; any other is someone's. It stands beside the policy and not in a store,
//! where any further file would break the store.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary::Timestamp;
use notary::certificate::Certificate;
use notary::digest::Digest;
use notary::trust_policy::{TrustPolicy, TrustPolicyError};
use notary::trust_store::{TrustStore, TrustStoreError, TrustStoreName, TrustStoreNameError, TrustStoreType};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::write::{self, Existing, Prepared};
use super::{Done, trust_show};
use crate::cli::TrustInstallArgs;
use crate::config::notation_folder::notation_folder;
use crate::config::read;
use crate::config::trust::{self, POLICY_NAMES, TRUST_STORE_FOLDER, TrustError, X509_FOLDER};
use crate::context::Context;
use crate::error::Error;
use crate::report::Report;

/// The file that remembers what was written.
const RECORD_NAME: &str = "sealgate-trust.json";

/// Version of its form.
const RECORD_VERSION: u32 = 1;

/// Bytes of that file: a thousand stores.
const RECORD_BYTES: u64 = 1024 * 1024;

/// Permissions of what is written: trust is its owner's.
const FILE_MODE: u32 = 0o600;

/// Characters of a line in PEM (RFC 7468 section 2).
const PEM_LINE: usize = 64;

/// Why trust cannot be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrustInstallError {
    /// The trusted certificates cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The name cannot be that of a store.
    #[error("`{name}` cannot be the name of a trust store")]
    Name {
        /// The name.
        name: String,
        /// Why.
        #[source]
        source: TrustStoreNameError,
    },
    /// A certificate cannot be trusted.
    #[error("{} cannot be trusted", path.display())]
    Anchor {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: TrustStoreError,
    },
    /// The statement, alone or beside those that are there, breaks rules.
    #[error("the trust policy would break rules")]
    Policy(#[source] TrustPolicyError),
    /// A file was not written by us, or was changed since.
    #[error("{} was not written by sealgate, or was changed since", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The folder of the store holds something else, which would be trusted along.
    #[error("{} holds {stray}, which sealgate did not write", folder.display())]
    StrayFile {
        /// The folder of the store.
        folder: PathBuf,
        /// Name of the entry.
        stray: String,
    },
    /// A place is a link, or not what it should be.
    #[error("{} is not {expected} (links are not followed)", path.display())]
    Kind {
        /// The place.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// The record of what was written cannot be understood.
    #[error("{} cannot be understood", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot read or write {}", path.display())]
    Io {
        /// The place.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What was written, by path below the folder.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Record {
    schema_version: u32,
    files: BTreeMap<String, String>,
}

/// Writes the store and the statement.
pub(super) fn run(args: &TrustInstallArgs, context: &Context) -> Result<Done, Error> {
    let folder = match &args.dir {
        Some(folder) => PathBuf::from(folder),
        None => notation_folder(&context.environment)?,
    };
    Ok(install(args, &folder, context.now)?)
}

/// Plans everything, then writes what is not there yet.
fn install(args: &TrustInstallArgs, folder: &Path, now: Timestamp) -> Result<Done, TrustInstallError> {
    let store = TrustStoreName::new(TrustStoreType::Ca, &args.name)
        .map_err(|source| TrustInstallError::Name { name: args.name.clone(), source })?;
    let anchors = anchors(Path::new(&args.root), &store)?;
    let mut folder = Folder::open(folder)?;
    let store_file = format!("{TRUST_STORE_FOLDER}/{X509_FOLDER}/ca/{0}/{0}.crt", args.name);
    folder.check_store(&store_file)?;
    let policy = folder.policy_with(&statement(args, &store)?, args)?;
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let mut plan = vec![folder.plan(&store_file, pem(&anchors).into_bytes(), existing)?];
    for name in POLICY_NAMES {
        plan.push(folder.plan(name, policy.clone().into_bytes(), existing)?);
    }
    let mut report = Report::new("trust install");
    let mut told = trust_show::empty(&folder.path);
    folder.apply(plan, now, &mut told.written, &mut told.backups)?;
    report.trust = Some(told);
    trust_show::describe(&mut report, &folder.path, now);
    Ok(Done::Report(Box::new(report)))
}

/// The certificates, if a store may hold them.
fn anchors(path: &Path, store: &TrustStoreName) -> Result<Vec<Certificate>, TrustInstallError> {
    let certificates = trust::read_root(path)?;
    let anchor = |source| TrustInstallError::Anchor { path: path.to_owned(), source };
    Ok(TrustStore::new(store.clone(), certificates).map_err(anchor)?.certificates().to_vec())
}

/// The new statement in a policy of its own: strict, for the scopes that were given or for all.
fn statement(args: &TrustInstallArgs, store: &TrustStoreName) -> Result<TrustPolicy, TrustInstallError> {
    let all = ["*".to_owned()];
    let scopes = if args.scope.is_empty() { &all[..] } else { &args.scope };
    TrustPolicy::strict(&args.name, scopes, std::slice::from_ref(store), &args.identity)
        .map_err(TrustInstallError::Policy)
}

/// Certificates as PEM, and nothing else.
fn pem(certificates: &[Certificate]) -> String {
    let mut text = String::new();
    for certificate in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let base64 = STANDARD.encode(certificate.der());
        let mut rest = base64.as_str();
        while let Some((line, after)) = rest.split_at_checked(PEM_LINE) {
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        if !rest.is_empty() {
            text.push_str(rest);
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

/// One file that is to be there.
struct Planned {
    /// Path below the folder.
    name: String,
    /// Its content.
    content: Vec<u8>,
    /// What has to happen.
    step: Step,
}

/// What has to happen to a file.
enum Step {
    /// It is there already, with this content.
    Nothing,
    /// It is new, or ours.
    Write,
    /// It is someone's, and they said that it may go.
    Replace {
        /// What it holds.
        backup: Vec<u8>,
    },
}

/// The folder and what we remember of it.
struct Folder {
    path: PathBuf,
    record: Record,
}

impl Folder {
    /// Reads what was written before.
    fn open(path: &Path) -> Result<Self, TrustInstallError> {
        let record_path = path.join(RECORD_NAME);
        let record = match read_if_there(&record_path, RECORD_BYTES)? {
            None => Record { schema_version: RECORD_VERSION, files: BTreeMap::new() },
            Some(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| TrustInstallError::Record { path: record_path.clone(), source })?,
        };
        if record.schema_version != RECORD_VERSION {
            let source = serde::de::Error::custom(format_args!(
                "schema_version is {}, expected {RECORD_VERSION}",
                record.schema_version
            ));
            return Err(TrustInstallError::Record { path: record_path, source });
        }
        Ok(Self { path: path.to_owned(), record })
    }

    /// Whether a file with this content is as we wrote it.
    fn is_ours(&self, name: &str, content: &[u8]) -> bool {
        self.record.files.get(name).is_some_and(|digest| *digest == Digest::sha256(content).as_str())
    }

    /// Checks that every folder down to the store is one, and that nothing but our file is in it: whatever else is
    /// there would be trusted along, or make the store unusable.
    fn check_store(&self, store_file: &str) -> Result<(), TrustInstallError> {
        let file = self.path.join(store_file);
        let folders: Vec<_> = file.ancestors().skip(1).take_while(|above| above.starts_with(&self.path)).collect();
        for above in folders.iter().rev() {
            match fs::symlink_metadata(above) {
                Ok(metadata) if metadata.is_dir() => {}
                // The folder itself was named by a person, who may name a link.
                Ok(_) if **above == self.path && above.is_dir() => {}
                Ok(_) => return Err(TrustInstallError::Kind { path: above.to_path_buf(), expected: "a folder" }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(source) => return Err(TrustInstallError::Io { path: above.to_path_buf(), source }),
            }
        }
        let Some(store) = folders.first() else { return Ok(()) };
        let failed = |source| TrustInstallError::Io { path: store.to_path_buf(), source };
        for entry in fs::read_dir(store).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if Some(name.as_os_str()) != file.file_name() {
                let stray = name.to_string_lossy().into_owned();
                return Err(TrustInstallError::StrayFile { folder: store.to_path_buf(), stray });
            }
        }
        Ok(())
    }

    /// The policy with the new statement: beside the statements that we wrote before, in place of one of its name.
    /// Where the policy is someone's, the new statement is all of it, and replacing needs `--force`.
    fn policy_with(&self, new: &TrustPolicy, args: &TrustInstallArgs) -> Result<String, TrustInstallError> {
        let mut ours = None;
        for name in POLICY_NAMES {
            let there = read_if_there(&self.path.join(name), notary::limits::TRUST_POLICY_BYTES)?;
            if let Some(content) = there.filter(|content| self.is_ours(name, content)) {
                ours = Some(TrustPolicy::parse(&content).map_err(TrustInstallError::Policy)?);
                break;
            }
        }
        let Some(ours) = ours else { return Ok(new.to_json()) };
        let merged = merge(&ours.to_json(), &new.to_json(), &args.name)
            .map_err(|source| TrustInstallError::Record { path: self.path.join(RECORD_NAME), source })?;
        Ok(TrustPolicy::parse(merged.as_bytes()).map_err(TrustInstallError::Policy)?.to_json())
    }

    /// What has to happen so that a file has this content.
    fn plan(&self, name: &str, content: Vec<u8>, existing: Existing) -> Result<Planned, TrustInstallError> {
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
    fn apply(
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
                .map_err(|source| TrustInstallError::Record { path: record_path, source })?;
            text.push('\n');
            written.push(self.put(RECORD_NAME, text.as_bytes(), Existing::Replace)?);
        }
        Ok(())
    }

    /// Writes one file below the folder.
    fn put(&self, name: &str, content: &[u8], existing: Existing) -> Result<String, TrustInstallError> {
        let path = self.path.join(name);
        let failed = |source| TrustInstallError::Io { path: path.clone(), source };
        write::folder(path.parent().unwrap_or(&self.path)).map_err(failed)?;
        Prepared::new(&path, content, FILE_MODE).and_then(|prepared| prepared.publish(existing)).map_err(failed)?;
        Ok(path.display().to_string())
    }
}

/// The content of a file, `None` if there is none. A link or anything else in its place is refused.
fn read_if_there(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, TrustInstallError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(TrustInstallError::Kind { path: path.to_owned(), expected: "a regular file" }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(TrustInstallError::Io { path: path.to_owned(), source }),
    }
    let content = read::file_without_link(path, limit);
    content.map(Some).map_err(|source| TrustInstallError::Io { path: path.to_owned(), source })
}

/// The statements of both documents, the new one in place of one of its name or behind the others.
fn merge(ours: &str, new: &str, name: &str) -> Result<String, serde_json::Error> {
    let mut document: Value = serde_json::from_str(ours)?;
    let new: Value = serde_json::from_str(new)?;
    let statement = new.pointer("/trustPolicies/0").cloned().unwrap_or_default();
    if let Some(statements) = document.pointer_mut("/trustPolicies").and_then(Value::as_array_mut) {
        match statements.iter_mut().find(|known| known.get("name").and_then(Value::as_str) == Some(name)) {
            Some(known) => *known = statement,
            None => statements.push(statement),
        }
    }
    serde_json::to_string(&document)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use notary::algorithm::KeySpec;

    use super::*;
    use crate::command::generate_key;
    use crate::config::TrustSource;

    const IDENTITY: &str = "x509.subject: C=US, ST=WA, O=Acme";

    struct Case {
        root: tempfile::TempDir,
        now: Timestamp,
    }

    impl Case {
        fn new() -> Self {
            let case = Self { root: tempfile::tempdir().unwrap(), now: "2026-01-02T03:04:05Z".parse().unwrap() };
            case.new_root();
            case
        }

        fn new_root(&self) {
            let anchor = generate_key("acme", KeySpec::Ec256, self.now).unwrap().anchor;
            fs::write(self.root.path().join("root.crt"), anchor).unwrap();
        }

        fn folder(&self) -> PathBuf {
            self.root.path().join("trust")
        }

        fn args(&self, name: &str, scopes: &[&str], force: bool) -> TrustInstallArgs {
            TrustInstallArgs {
                root: self.root.path().join("root.crt").display().to_string(),
                name: name.to_owned(),
                identity: vec![IDENTITY.to_owned()],
                scope: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
                dir: None,
                force,
            }
        }

        fn install(&self, name: &str, scopes: &[&str]) -> Result<Report, TrustInstallError> {
            self.install_with(&self.args(name, scopes, false))
        }

        fn install_with(&self, args: &TrustInstallArgs) -> Result<Report, TrustInstallError> {
            match install(args, &self.folder(), self.now)? {
                Done::Report(report) => Ok(*report),
                Done::Text(text) => panic!("{text}"),
            }
        }

        fn files(&self) -> BTreeMap<String, Vec<u8>> {
            let mut files = BTreeMap::new();
            let mut folders = vec![self.folder()];
            while let Some(folder) = folders.pop() {
                for entry in fs::read_dir(folder).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        let name = path.strip_prefix(self.folder()).unwrap().display().to_string();
                        files.insert(name, fs::read(&path).unwrap());
                    }
                }
            }
            files
        }
    }

    #[test]
    fn what_is_installed_is_loaded_again_as_it_was_meant() {
        let case = Case::new();
        let report = case.install("acme", &["registry.example/app"]).unwrap();
        let told = report.trust.unwrap();
        assert_eq!(told.problems, []);
        assert_eq!(told.written.len(), 4);
        let names: Vec<_> = case.files().into_keys().collect();
        assert_eq!(
            names,
            ["sealgate-trust.json", "trustpolicy.json", "trustpolicy.oci.json", "truststore/x509/ca/acme/acme.crt"]
        );
        let trust =
            TrustSource::Folder(case.folder()).load(notary::extension::aws_signer::AwsRoots::embedded()).unwrap();
        let statement = &trust.policy.statements()[0];
        assert_eq!(statement.level().name(), "strict");
        assert_eq!(statement.scopes().texts(), ["registry.example/app"]);
        assert!(trust.stores.stores_of(statement, TrustStoreType::Ca).all(|store| store.is_ok()));
    }

    #[test]
    fn everything_belongs_to_its_owner_alone() {
        let case = Case::new();
        case.install("acme", &[]).unwrap();
        let mode = |name: &str| fs::metadata(case.folder().join(name)).unwrap().permissions().mode() & 0o777;
        for folder in ["", "truststore", "truststore/x509", "truststore/x509/ca", "truststore/x509/ca/acme"] {
            assert_eq!(mode(folder), 0o700, "{folder}");
        }
        for file in case.files().into_keys() {
            assert_eq!(mode(&file), 0o600, "{file}");
        }
    }

    #[test]
    fn the_same_command_again_changes_nothing() {
        let case = Case::new();
        case.install("acme", &[]).unwrap();
        let before = case.files();
        let told = case.install("acme", &[]).unwrap().trust.unwrap();
        assert_eq!((told.written, told.backups), (Vec::new(), Vec::new()));
        assert_eq!(case.files(), before);
    }

    #[test]
    fn a_second_name_adds_a_statement_and_a_store() {
        let case = Case::new();
        case.install("acme", &["registry.example/a"]).unwrap();
        let told = case.install("other", &["registry.example/b"]).unwrap().trust.unwrap();
        let names: Vec<_> = told.statements.iter().map(|statement| statement.name.as_str()).collect();
        assert_eq!(names, ["acme", "other"]);
        let stores: Vec<_> = told.stores.iter().map(|store| store.name.as_str()).collect();
        assert_eq!(stores, ["ca:acme", "ca:other"]);
        assert!(told.backups.is_empty());
    }

    #[test]
    fn the_same_name_with_another_root_or_scope_replaces_what_we_wrote() {
        let case = Case::new();
        case.install("acme", &["registry.example/a"]).unwrap();
        case.new_root();
        let told = case.install("acme", &["registry.example/b"]).unwrap().trust.unwrap();
        assert_eq!(told.statements.len(), 1);
        assert_eq!(told.statements[0].scopes, ["registry.example/b"]);
        assert_eq!(told.stores[0].certificates.len(), 1);
    }

    #[test]
    fn two_statements_for_the_same_scope_are_refused_and_nothing_is_written() {
        let case = Case::new();
        case.install("acme", &[]).unwrap();
        let before = case.files();
        assert!(matches!(case.install("other", &[]), Err(TrustInstallError::Policy(_))));
        assert_eq!(case.files(), before);
    }

    #[test]
    fn a_policy_of_someone_else_stays_unless_they_say_so_and_then_a_copy_is_kept() {
        for name in POLICY_NAMES {
            let case = Case::new();
            fs::create_dir(case.folder()).unwrap();
            fs::write(case.folder().join(name), "theirs").unwrap();
            assert!(matches!(case.install("acme", &[]), Err(TrustInstallError::Foreign { .. })), "{name}");
            assert_eq!(case.files().len(), 1, "{name}");
            let told = case.install_with(&case.args("acme", &[], true)).unwrap().trust.unwrap();
            assert_eq!(told.problems, []);
            let backup = format!("{name}.bak-20260102T030405Z");
            assert_eq!(case.files().get(&backup).map(Vec::as_slice), Some(&b"theirs"[..]), "{name}");
            assert_eq!(told.backups, [case.folder().join(backup).display().to_string()]);
        }
    }

    #[test]
    fn our_own_file_that_someone_changed_is_someone_elses() {
        for name in ["trustpolicy.json", "trustpolicy.oci.json", "truststore/x509/ca/acme/acme.crt"] {
            let case = Case::new();
            case.install("acme", &[]).unwrap();
            let path = case.folder().join(name);
            let mut changed = fs::read(&path).unwrap();
            changed.push(b'\n');
            fs::write(&path, &changed).unwrap();
            assert!(matches!(case.install("acme", &[]), Err(TrustInstallError::Foreign { .. })), "{name}");
            assert_eq!(fs::read(&path).unwrap(), changed, "{name}");
            case.install_with(&case.args("acme", &[], true)).unwrap();
            assert!(case.files().into_values().any(|content| content == changed), "{name}: a copy is kept");
            assert!(
                TrustSource::Folder(case.folder()).load(notary::extension::aws_signer::AwsRoots::embedded()).is_ok(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_store_that_holds_something_else_is_refused_even_with_force() {
        let case = Case::new();
        let store = case.folder().join("truststore/x509/ca/acme");
        fs::create_dir_all(&store).unwrap();
        fs::write(store.join("their.crt"), "x").unwrap();
        for force in [false, true] {
            let refused = case.install_with(&case.args("acme", &[], force));
            assert!(matches!(refused, Err(TrustInstallError::StrayFile { .. })), "{force}");
        }
        assert_eq!(case.files().len(), 1);
    }

    #[test]
    fn links_are_refused_wherever_they_are() {
        for name in ["trustpolicy.json", "sealgate-trust.json", "truststore", "truststore/x509/ca/acme"] {
            let case = Case::new();
            let elsewhere = case.root.path().join("elsewhere");
            fs::create_dir(&elsewhere).unwrap();
            let place = case.folder().join(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            symlink(&elsewhere, &place).unwrap();
            for force in [false, true] {
                let refused = case.install_with(&case.args("acme", &[], force));
                assert!(matches!(refused, Err(TrustInstallError::Kind { .. })), "{name} {force}");
            }
            assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "{name}");
        }
    }

    #[test]
    fn names_identities_scopes_and_roots_that_break_rules_are_refused_before_anything_is_written() {
        let case = Case::new();
        assert!(matches!(case.install("..", &[]), Err(TrustInstallError::Name { .. })));
        assert!(matches!(case.install("a/b", &[]), Err(TrustInstallError::Name { .. })));
        assert!(matches!(case.install("acme", &["registry.example/app:1.0"]), Err(TrustInstallError::Policy(_))));
        let mut args = case.args("acme", &[], false);
        args.identity = vec!["*".to_owned(), IDENTITY.to_owned()];
        assert!(matches!(case.install_with(&args), Err(TrustInstallError::Policy(_))));
        fs::write(case.root.path().join("root.crt"), "hello").unwrap();
        assert!(matches!(case.install("acme", &[]), Err(TrustInstallError::Trust(TrustError::Root { .. }))));
        let chain = generate_key("acme", KeySpec::Ec256, case.now).unwrap().chain;
        fs::write(case.root.path().join("root.crt"), chain).unwrap();
        assert!(matches!(case.install("acme", &[]), Err(TrustInstallError::Anchor { .. })));
        assert!(!case.folder().exists());
    }

    #[test]
    fn a_record_that_cannot_be_understood_is_refused() {
        for text in ["", "{}", r#"{"schema_version":2,"files":{}}"#, r#"{"schema_version":1,"files":{},"more":1}"#] {
            let case = Case::new();
            fs::create_dir(case.folder()).unwrap();
            fs::write(case.folder().join(RECORD_NAME), text).unwrap();
            assert!(matches!(case.install("acme", &[]), Err(TrustInstallError::Record { .. })), "{text}");
        }
    }
}
