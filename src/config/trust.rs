//! Trust from files: a policy and trust stores, under notation's rules for both.
//!
//! Every file of a folder is a regular one and no link; a policy file that a person names may be a link. A policy folder may hold the policy under two names, because notation 1.3
//! reads only `trustpolicy.json` and notation 2 prefers `trustpolicy.oci.json`; two that differ are an error, because
//! it would depend on the tool what is trusted.

mod fingerprint;
mod memory;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use notary::digest::Digest;
use notary::extension::aws_signer::{AwsRoots, TrustedProfile};
use notary::json;
use notary::limits;
use notary::reference::Repository;
#[cfg(test)]
use notary::reference::Scheme;
use notary::trust_policy::{PolicyStatement, Schemes, TrustPolicy, TrustPolicyError, ValidationAction, ValidationType};
use notary::trust_store::{
    self, TrustStore, TrustStoreError, TrustStoreName, TrustStoreNameError, TrustStoreType, TrustStores,
    UnusableTrustStore,
};
use notary::verify;

use super::trust_settings::TrustSource;
use crate::files;
use crate::report::escape::shell_word;
use crate::report::{Place, Reason};

/// Names of the policy file, the one that every notation reads first.
pub(crate) const POLICY_NAMES: [&str; 2] = ["trustpolicy.json", "trustpolicy.oci.json"];

/// Folder of the trust stores in notation's configuration folder.
pub(crate) const TRUST_STORE_FOLDER: &str = "truststore";

/// Folder of the X.509 stores in the folder of trust stores.
pub(crate) const X509_FOLDER: &str = "x509";

/// Name of the statement and of the trust store of a policy in memory.
const IN_MEMORY: &str = "command-line";

pub(crate) use memory::{aws_roots, in_memory, in_profiles, in_root, of_signer, roots_of};

/// The trust configuration, loaded.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    /// Policy, stores and roots of AWS Signer.
    pub(crate) trusted: verify::Trust,
    pub(crate) kind: TrustKind,
    /// Where the policy came from, for reports.
    pub(crate) origin: String,
    /// The command that shows it; empty where the policy is no file.
    pub(crate) shown_by: String,
    /// The file of the policy, if it is one.
    pub(crate) file: Option<TrustFile>,
}

/// The file of a policy, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrustFile {
    pub(crate) path: PathBuf,
    /// Of its bytes as they are on the disk.
    pub(crate) digest: Digest,
}

/// How trust is named. The advice about an untrusted signature follows from this, not from the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrustKind {
    Profiles,
    Roots,
    Files,
    /// Notation's configuration folder.
    Folder,
    /// The signers of gates.
    Gates,
}

impl Trust {
    /// The same without asking whether signatures were revoked.
    pub(crate) fn without_revocation(self) -> Self {
        Self { trusted: self.trusted.without_revocation(), ..self }
    }

    /// Regions of the signing profiles that are trusted for these repositories, as far as revocation is asked for.
    pub(crate) fn aws_regions<'a>(&'a self, scopes: impl Iterator<Item = &'a Repository>) -> BTreeSet<&'a str> {
        let asked = |statement: &&PolicyStatement| {
            statement.level().action(ValidationType::Revocation) != ValidationAction::Skip
        };
        let statements = scopes.filter_map(|scope| self.trusted.policy().statement_for(scope).ok()).filter(asked);
        statements
            .flat_map(|statement| statement.trusted_identities().signing_profiles())
            .map(TrustedProfile::region)
            .collect()
    }

    /// What of the policy is allowed and probably not meant.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = Reason> {
        self.trusted.policy().warnings().iter().map(|warning| {
            let (place, notice) = (&warning.place, &warning.notice);
            let text = match self.kind {
                // There is no text that a line could be of.
                TrustKind::Profiles | TrustKind::Roots => format!("{}: {notice}", self.origin),
                _ => format!("{}, line {} column {}: {notice}", self.origin, place.line, place.column),
            };
            let place = |file: &Path| Place::new(file.display().to_string(), (place.line, place.column));
            Reason { place: self.file.as_ref().map(|file| place(&file.path)), ..Reason::new(notice.code(), text) }
        })
    }
}

/// A policy file as it was read.
#[derive(Debug)]
pub(crate) struct PolicyFile {
    /// Where it was read; two for a folder that has both names with the same content.
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) bytes: Vec<u8>,
    /// Of the first as it is on the disk, in whatever encoding.
    digest: Digest,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrustError {
    #[error("there is no trust policy in {}", folder.display())]
    NoPolicy { folder: PathBuf },
    #[error("cannot read the trust policy {}", path.display())]
    ReadPolicy {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} and {} differ", POLICY_NAMES[0], POLICY_NAMES[1])]
    PoliciesDiffer { folder: PathBuf },
    #[error("the trust policy {} cannot be used", path.display())]
    Policy {
        path: PathBuf,
        #[source]
        source: TrustPolicyError,
    },
    #[error("the trusted identities cannot be used")]
    Identities(#[source] TrustPolicyError),
    #[error("cannot read the trusted certificates {}", path.display())]
    ReadRoot {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} cannot be trusted", path.display())]
    Root {
        path: PathBuf,
        #[source]
        source: TrustStoreError,
    },
    #[error("the trusted certificates cannot be used together")]
    Roots(#[source] TrustStoreError),
    /// Nobody knows the root of a partition.
    #[error("no AWS Signer root is known for partition {} of {profile}", profile.partition())]
    NoAwsRoot { profile: TrustedProfile },
    /// The name of a trust store is none.
    #[error("the name of a trust store cannot be used")]
    StoreName(#[from] TrustStoreNameError),
}

impl TrustSource {
    /// Whether there is one statement, for everything.
    pub(crate) const fn is_in_memory(&self) -> bool {
        matches!(self, Self::InMemory { .. } | Self::Profiles(_))
    }

    /// As [`Self::load_reached_by`], of registries that are reached over TLS.
    #[cfg(test)]
    pub(crate) fn load(&self, aws_roots: AwsRoots) -> Result<Trust, TrustError> {
        self.load_reached_by(aws_roots, &|_| Scheme::Https)
    }

    /// Loads the policy and every store that it names. A store that cannot be used is reported by what needs it. How
    /// registries are reached says what scopes of the policy stand for.
    ///
    /// # Errors
    /// [`TrustError`].
    pub(crate) fn load_reached_by(&self, aws_roots: AwsRoots, schemes: Schemes<'_>) -> Result<Trust, TrustError> {
        let of_files = |file, kind, stores: &Path| of_files(file, kind, stores, aws_roots.clone(), schemes);
        match self {
            Self::Folder(folder) => {
                let trust = of_files(read_policy_of(folder)?, TrustKind::Folder, &folder.join(TRUST_STORE_FOLDER))?;
                Ok(Trust { shown_by: "sealgate trust show".to_owned(), ..trust })
            }
            Self::Files { policy, trust_store } => {
                let trust = of_files(read_named_policy(&policy.value)?, TrustKind::Files, &trust_store.value)?;
                let [policy, store] = [policy, trust_store].map(|path| shell_word(&path.value.to_string_lossy()));
                let shown_by = format!("sealgate trust show --policy {policy} --trust-store {store}");
                Ok(Trust { shown_by, ..trust })
            }
            Self::Profiles(profiles) => {
                Ok(Trust { origin: profiles.origin.to_string(), ..in_profiles(&profiles.value, aws_roots)? })
            }
            Self::InMemory { roots, identities } => {
                // The reader of a report has to see what chose the trust: a flag, a variable, or a file.
                let origin = format!("{} and {}", roots.origin, identities.origin);
                Ok(Trust { origin, ..in_memory(&roots.value, &identities.value, aws_roots)? })
            }
        }
    }
}

/// The first path in full, and only the names of the others, which are in the same folder.
fn file_names(paths: &[PathBuf]) -> String {
    let names = paths.iter().enumerate().map(|(place, path)| match path.file_name() {
        Some(name) if place > 0 => name.to_string_lossy().into_owned(),
        _ => path.display().to_string(),
    });
    names.collect::<Vec<_>>().join(" and ")
}

fn of_files(
    file: PolicyFile,
    kind: TrustKind,
    trust_store_folder: &Path,
    aws_roots: AwsRoots,
    schemes: Schemes<'_>,
) -> Result<Trust, TrustError> {
    let policy = file.parse(schemes)?;
    let mut stores = TrustStores::new();
    for statement in policy.statements() {
        for name in statement.trust_stores() {
            stores.insert(load_store(trust_store_folder, name));
        }
    }
    let origin = file_names(&file.paths);
    Ok(Trust {
        trusted: verify::Trust::new(policy, stores).with_aws_roots(aws_roots),
        kind,
        origin,
        shown_by: String::new(),
        file: file.paths.into_iter().next().map(|path| TrustFile { path, digest: file.digest }),
    })
}

/// Reads a file of trusted certificates that the user named.
pub(crate) fn read_root(path: &Path) -> Result<Vec<notary::certificate::Certificate>, TrustError> {
    let bytes = files::read_input(path, limits::TRUST_STORE_FILE_BYTES)
        .map_err(|source| TrustError::ReadRoot { path: path.to_owned(), source })?;
    trust_store::parse_certificates(&files::text(bytes))
        .map_err(|source| TrustError::Root { path: path.to_owned(), source })
}

impl PolicyFile {
    /// Parses the policy.
    ///
    /// # Errors
    /// [`TrustError::Policy`] with every rule that is broken.
    pub(crate) fn parse(&self, schemes: Schemes<'_>) -> Result<TrustPolicy, TrustError> {
        let path = || self.paths.first().cloned().unwrap_or_default();
        TrustPolicy::parse_reached_by(&self.bytes, schemes)
            .map_err(|source| TrustError::Policy { path: path(), source })
    }
}

/// Reads a policy file that the user named, which may be a pipe, or a link: the files of a ConfigMap are links.
pub(crate) fn read_named_policy(path: &Path) -> Result<PolicyFile, TrustError> {
    policy_of(path, files::read_input(path, limits::TRUST_POLICY_BYTES))
}

fn read_policy(path: &Path) -> Result<PolicyFile, TrustError> {
    policy_of(path, files::read_without_link(path, limits::TRUST_POLICY_BYTES))
}

fn policy_of(path: &Path, read: io::Result<Vec<u8>>) -> Result<PolicyFile, TrustError> {
    let bytes = read.map_err(|source| TrustError::ReadPolicy { path: path.to_owned(), source })?;
    let digest = Digest::sha256(&bytes);
    Ok(PolicyFile { paths: vec![path.to_owned()], bytes: files::text(bytes), digest })
}

/// Reads the policy of a folder under either name, or under both if they say the same.
pub(crate) fn read_policy_of(folder: &Path) -> Result<PolicyFile, TrustError> {
    let mut found: Option<PolicyFile> = None;
    for name in POLICY_NAMES {
        let file = match read_policy(&folder.join(name)) {
            Ok(file) => file,
            Err(TrustError::ReadPolicy { source, .. }) if source.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        match &mut found {
            None => found = Some(file),
            Some(first) if same_document(&first.bytes, &file.bytes) => first.paths.extend(file.paths),
            Some(_) => return Err(TrustError::PoliciesDiffer { folder: folder.to_owned() }),
        }
    }
    found.ok_or_else(|| TrustError::NoPolicy { folder: folder.to_owned() })
}

/// Whether two files say the same: byte by byte, or as JSON that has one meaning.
fn same_document(first: &[u8], second: &[u8]) -> bool {
    first == second || json::parse(first).ok().zip(json::parse(second).ok()).is_some_and(|(one, other)| one == other)
}

/// The folders below one of trust stores, or of notation's configuration, that may be links to elsewhere. Stores and their files may
/// not.
pub(super) fn folders_of_stores(folder: &Path) -> Vec<PathBuf> {
    let types = [TrustStoreType::Ca, TrustStoreType::SigningAuthority, TrustStoreType::Tsa];
    let stores = [folder.to_owned(), folder.join(TRUST_STORE_FOLDER)];
    let x509 = stores.iter().map(|stores| stores.join(X509_FOLDER));
    let folders = x509.flat_map(|x509| types.map(|store_type| x509.join(store_type.name())).into_iter().chain([x509]));
    folders.chain([folder.join(TRUST_STORE_FOLDER)]).collect()
}

/// Loads one trust store: every file of its folder, all of which must be certificates.
///
/// # Errors
/// [`UnusableTrustStore`] with the reason.
pub(crate) fn load_store(trust_store_folder: &Path, name: &TrustStoreName) -> Result<TrustStore, UnusableTrustStore> {
    let folder = trust_store_folder.join(X509_FOLDER).join(name.store_type().name()).join(name.name());
    let unusable = |reason: String| UnusableTrustStore::new(name.clone(), reason);
    let mut certificates = Vec::new();
    for path in files_of(&folder).map_err(unusable)? {
        let wrong = |error: &dyn std::error::Error| {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            unusable(format!("{}: {error}{cause}", path.display()))
        };
        let bytes = files::read_without_link(&path, limits::TRUST_STORE_FILE_BYTES).map_err(|error| wrong(&error))?;
        certificates.extend(trust_store::parse_certificates(&files::text(bytes)).map_err(|error| wrong(&error))?);
        if certificates.len() > limits::TRUST_STORE_CERTIFICATES {
            break;
        }
    }
    TrustStore::new(name.clone(), certificates).map_err(|error| unusable(error.to_string()))
}

/// The entries of a store's folder, in the order of their names.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let told = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("{} does not exist", folder.display()),
        _ => format!("{}: {error}", folder.display()),
    };
    if !fs::symlink_metadata(folder).map_err(told)?.is_dir() {
        return Err(format!("{} is not a folder (links are not followed)", folder.display()));
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(told)? {
        if paths.len() == limits::TRUST_STORE_CERTIFICATES {
            return Err(format!("{} has more than {} files", folder.display(), limits::TRUST_STORE_CERTIFICATES));
        }
        paths.push(entry.map_err(told)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The trust stores that have a folder, whether a policy names them or not. Entries that cannot be stores are passed
/// over: no policy can name them.
pub(crate) fn stores_in(trust_store_folder: &Path) -> Vec<TrustStoreName> {
    let mut names = Vec::new();
    for store_type in [TrustStoreType::Ca, TrustStoreType::SigningAuthority, TrustStoreType::Tsa] {
        let folder = trust_store_folder.join(X509_FOLDER).join(store_type.name());
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(limits::POLICY_ENTRIES);
        let found = entries.filter_map(|entry| TrustStoreName::new(store_type, entry.file_name().to_str()?).ok());
        names.extend(found);
    }
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use notary::algorithm::KeySpec;

    use super::super::setting::Setting;
    use super::*;
    use crate::command::generate_key;

    const IDENTITY: &str = "x509.subject: C=US, ST=WA, O=Acme";

    /// A folder with a policy that names `ca:acme`, and that store with one certificate.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let store = TrustStoreName::parse("ca:acme").unwrap();
        let policy = TrustPolicy::strict("acme", &["*"], &[store], &[IDENTITY]).unwrap();
        fs::write(folder.path().join(POLICY_NAMES[0]), policy.to_json()).unwrap();
        fs::create_dir_all(store_of(folder.path())).unwrap();
        fs::write(store_of(folder.path()).join("acme.crt"), anchor()).unwrap();
        folder
    }

    fn store_of(folder: &Path) -> PathBuf {
        folder.join("truststore/x509/ca/acme")
    }

    fn anchor() -> String {
        generate_key("acme", KeySpec::Ec256, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap().anchor
    }

    fn store(folder: &Path) -> Result<usize, String> {
        let found = load_store(&folder.join(TRUST_STORE_FOLDER), &TrustStoreName::parse("ca:acme").unwrap());
        found.map(|store| store.certificates().len()).map_err(|unusable| unusable.reason().to_owned())
    }

    #[test]
    fn a_folder_as_notation_has_it_is_loaded() {
        let folder = folder();
        let trust = TrustSource::Folder(folder.path().to_owned()).load(AwsRoots::embedded()).unwrap();
        let statement = &trust.trusted.policy().statements()[0];
        assert_eq!(statement.name(), "acme");
        let stores: Vec<_> = trust.trusted.stores().stores_of(statement.trust_stores(), TrustStoreType::Ca).collect();
        assert_eq!(stores.len(), 1);
        assert_eq!(stores[0].as_ref().unwrap().certificates().len(), 1);
        assert_eq!(trust.origin, folder.path().join(POLICY_NAMES[0]).display().to_string());
    }

    #[test]
    fn either_name_of_the_policy_is_read_and_both_if_they_say_the_same() {
        let folder = folder();
        let [first, second] = POLICY_NAMES.map(|name| folder.path().join(name));
        let text = fs::read_to_string(&first).unwrap();
        fs::write(&second, text.replace('\n', "\r\n")).unwrap();
        assert_eq!(read_policy_of(folder.path()).unwrap().paths, [first.clone(), second.clone()]);
        fs::remove_file(&first).unwrap();
        assert_eq!(read_policy_of(folder.path()).unwrap().paths, [second]);
    }

    #[test]
    fn files_as_windows_writes_them_are_read() {
        let folder = folder();
        let [first, second] = POLICY_NAMES.map(|name| folder.path().join(name));
        let utf16 = |text: &str| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        };
        let policy = fs::read_to_string(&first).unwrap();
        fs::write(&first, format!("\u{feff}{policy}")).unwrap();
        fs::write(&second, utf16(&policy)).unwrap();
        assert_eq!(read_policy_of(folder.path()).unwrap().paths.len(), 2);
        let root = store_of(folder.path()).join("acme.crt");
        let text = fs::read_to_string(&root).unwrap();
        for bytes in [format!("\u{feff}{text}").into_bytes(), utf16(&text)] {
            fs::write(&root, bytes).unwrap();
            assert_eq!(store(folder.path()), Ok(1));
            assert_eq!(read_root(&root).unwrap().len(), 1);
        }
        let source = TrustSource::Folder(folder.path().to_owned());
        assert!(source.load(AwsRoots::embedded()).is_ok());
        // Decoded or not, what the text says is judged.
        fs::write(&second, utf16(&policy.replace("Acme", "Other"))).unwrap();
        assert!(matches!(read_policy_of(folder.path()), Err(TrustError::PoliciesDiffer { .. })));
    }

    #[test]
    fn two_policies_that_differ_are_refused() {
        let folder = folder();
        let text = fs::read_to_string(folder.path().join(POLICY_NAMES[0])).unwrap();
        fs::write(folder.path().join(POLICY_NAMES[1]), text.replace("Acme", "Other")).unwrap();
        assert!(matches!(read_policy_of(folder.path()), Err(TrustError::PoliciesDiffer { .. })));
        fs::write(folder.path().join(POLICY_NAMES[1]), "").unwrap();
        assert!(matches!(read_policy_of(folder.path()), Err(TrustError::PoliciesDiffer { .. })));
    }

    #[test]
    fn a_policy_that_is_missing_a_link_or_broken_is_refused() {
        let folder = folder();
        let [first, second] = POLICY_NAMES.map(|name| folder.path().join(name));
        symlink(&first, &second).unwrap();
        assert!(matches!(read_policy_of(folder.path()), Err(TrustError::ReadPolicy { .. })));
        fs::remove_file(&second).unwrap();
        fs::write(&first, "{}").unwrap();
        let source = TrustSource::Folder(folder.path().to_owned());
        assert!(matches!(source.load(AwsRoots::embedded()), Err(TrustError::Policy { .. })));
        fs::remove_file(&first).unwrap();
        assert!(matches!(source.load(AwsRoots::embedded()), Err(TrustError::NoPolicy { .. })));
    }

    #[test]
    fn a_policy_that_a_person_named_may_be_a_link() {
        let folder = folder();
        let (policy, link) = (folder.path().join(POLICY_NAMES[0]), folder.path().join("link"));
        symlink(&policy, &link).unwrap();
        assert_eq!(read_named_policy(&link).unwrap().bytes, read_named_policy(&policy).unwrap().bytes);
    }

    #[test]
    fn one_file_that_is_no_certificate_spoils_the_store() {
        let folder = folder();
        assert_eq!(store(folder.path()), Ok(1));
        for (name, content) in [(".hidden", "x"), ("README", "hello"), ("empty.crt", "")] {
            let stray = store_of(folder.path()).join(name);
            fs::write(&stray, content).unwrap();
            assert!(store(folder.path()).unwrap_err().contains(name), "{name}");
            fs::remove_file(&stray).unwrap();
        }
        fs::write(store_of(folder.path()).join("second"), anchor()).unwrap();
        assert_eq!(store(folder.path()), Ok(2));
    }

    #[test]
    fn folders_and_links_in_a_store_and_a_store_that_is_a_link_are_refused() {
        let folder = folder();
        let inner = store_of(folder.path()).join("inner");
        fs::create_dir(&inner).unwrap();
        assert!(store(folder.path()).unwrap_err().contains("not a regular file"));
        fs::remove_dir(&inner).unwrap();
        symlink(store_of(folder.path()).join("acme.crt"), &inner).unwrap();
        assert!(store(folder.path()).unwrap_err().contains("not a regular file"));
        fs::remove_file(&inner).unwrap();
        let moved = folder.path().join("moved");
        fs::rename(store_of(folder.path()), &moved).unwrap();
        assert!(store(folder.path()).unwrap_err().contains("does not exist"));
        symlink(&moved, store_of(folder.path())).unwrap();
        assert!(store(folder.path()).unwrap_err().contains("links are not followed"));
    }

    #[test]
    fn a_store_that_cannot_be_used_does_not_hide_the_policy() {
        let folder = folder();
        fs::remove_dir_all(store_of(folder.path())).unwrap();
        let trust = TrustSource::Folder(folder.path().to_owned()).load(AwsRoots::embedded()).unwrap();
        let statement = &trust.trusted.policy().statements()[0];
        assert!(
            trust.trusted.stores().stores_of(statement.trust_stores(), TrustStoreType::Ca).all(|found| found.is_err())
        );
    }

    #[test]
    fn roots_and_identities_make_a_strict_policy_for_everything() {
        let folder = folder();
        let source = |root: &Path, identities: &[&str]| TrustSource::InMemory {
            roots: Setting::default(vec![root.to_owned()]),
            identities: Setting::default(identities.iter().map(|identity| (*identity).to_owned()).collect()),
        };
        let root = store_of(folder.path()).join("acme.crt");
        let trust = source(&root, &[IDENTITY]).load(AwsRoots::embedded()).unwrap();
        let statement = &trust.trusted.policy().statements()[0];
        assert_eq!((statement.level().name(), statement.scopes().texts()), ("strict", vec!["*".to_owned()]));
        assert!(
            trust.trusted.stores().stores_of(statement.trust_stores(), TrustStoreType::Ca).all(|found| found.is_ok())
        );

        assert!(matches!(
            source(&root, &["x509.subject: C=US"]).load(AwsRoots::embedded()),
            Err(TrustError::Identities(_))
        ));
        assert!(matches!(source(&root, &["*", IDENTITY]).load(AwsRoots::embedded()), Err(TrustError::Identities(_))));
        assert!(matches!(
            source(&folder.path().join("none"), &["*"]).load(AwsRoots::embedded()),
            Err(TrustError::ReadRoot { .. })
        ));
        let policy = folder.path().join(POLICY_NAMES[0]);
        assert!(matches!(source(&policy, &["*"]).load(AwsRoots::embedded()), Err(TrustError::Root { .. })));
        let leaf = generate_key("acme", KeySpec::Ec256, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap().chain;
        fs::write(folder.path().join("leaf"), leaf.split_inclusive("-----END CERTIFICATE-----").next().unwrap())
            .unwrap();
        assert!(matches!(
            source(&folder.path().join("leaf"), &["*"]).load(AwsRoots::embedded()),
            Err(TrustError::Roots(_))
        ));
    }

    #[test]
    fn stores_on_disk_are_found_by_their_folders() {
        let folder = folder();
        fs::create_dir_all(folder.path().join("truststore/x509/tsa/clock")).unwrap();
        fs::create_dir_all(folder.path().join("truststore/x509/other/x")).unwrap();
        fs::create_dir_all(folder.path().join("truststore/x509/ca/no name")).unwrap();
        let names: Vec<_> =
            stores_in(&folder.path().join(TRUST_STORE_FOLDER)).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["ca:acme", "tsa:clock"]);
        assert!(stores_in(&folder.path().join("none")).is_empty());
    }
}
