mod profiles;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use notary::algorithm::KeySpec;
use notary::digest::Digest;
use notary::extension::aws_signer::{AwsRoots, TrustedProfile};
use notary::trust_store::TrustStoreType;
use serde_json::{Value, json};

use super::*;
use crate::command::generate_key;
use crate::command::trust_folder::{RECORD_NAME, TrustFolderError};
use crate::config::trust::TrustError;
use crate::config::{TrustSource, Trusted};

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

    fn settings(&self, name: &str, scopes: &[&str], force: bool) -> TrustInstallSettings {
        TrustInstallSettings {
            trusted: Trusted::Roots {
                roots: vec![self.root.path().join("root.crt")],
                identities: vec![IDENTITY.to_owned()],
            },
            name: name.to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            folder: None,
            force,
        }
    }

    fn install(&self, name: &str, scopes: &[&str]) -> Result<Report, TrustInstallError> {
        self.install_with(&self.settings(name, scopes, false))
    }

    fn install_with(&self, settings: &TrustInstallSettings) -> Result<Report, TrustInstallError> {
        install(settings, &self.folder(), self.now)
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
    let told = report.into_trust();
    assert_eq!(told.problems, []);
    assert_eq!(told.written.len(), 4);
    let names: Vec<_> = case.files().into_keys().collect();
    assert_eq!(
        names,
        ["sealgate-trust.json", "trustpolicy.json", "trustpolicy.oci.json", "truststore/x509/ca/acme/acme.crt"]
    );
    let trust = TrustSource::Folder(case.folder()).load(AwsRoots::embedded()).unwrap();
    let statement = &trust.trusted.policy().statements()[0];
    assert_eq!(statement.level().name(), "strict");
    assert_eq!(statement.scopes().texts(), ["registry.example/app"]);
    assert!(trust.trusted.stores().stores_of(statement.trust_stores(), TrustStoreType::Ca).all(|store| store.is_ok()));
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
    let told = case.install("acme", &[]).unwrap().into_trust();
    assert_eq!((told.written, told.backups), (Vec::new(), Vec::new()));
    assert_eq!(case.files(), before);
}

#[test]
fn a_second_name_adds_a_statement_and_a_store() {
    let case = Case::new();
    case.install("acme", &["registry.example/a"]).unwrap();
    let told = case.install("other", &["registry.example/b"]).unwrap().into_trust();
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
    let told = case.install("acme", &["registry.example/b"]).unwrap().into_trust();
    assert_eq!(told.statements.len(), 1);
    assert_eq!(told.statements[0].scopes, ["registry.example/b"]);
    assert_eq!(told.stores[0].certificates.len(), 1);
}

#[test]
fn two_statements_for_the_same_scope_are_refused_and_nothing_is_written() {
    let case = Case::new();
    case.install("acme", &[]).unwrap();
    let before = case.files();
    let error = case.install("other", &[]).unwrap_err();
    let TrustInstallError::ScopeTaken { scope, by, .. } = &error else { panic!("{error:?}") };
    assert_eq!((scope.as_str(), by.as_str()), ("*", "acme"));
    assert_eq!(case.files(), before);
    case.install("other", &["registry.example/a"]).unwrap();
    let error = case.install("third", &["registry.example/b", "registry.example/a"]).unwrap_err();
    assert!(
        matches!(&error, TrustInstallError::ScopeTaken { scope, by, .. } if scope == "registry.example/a" && by == "other")
    );
}

#[test]
fn several_roots_are_trusted_together_each_once() {
    let case = Case::new();
    let [first, second] = ["first.crt", "second.crt"].map(|name| case.root.path().join(name));
    fs::copy(case.root.path().join("root.crt"), &first).unwrap();
    case.new_root();
    fs::copy(case.root.path().join("root.crt"), &second).unwrap();
    let trusted = |roots: &[&PathBuf]| Trusted::Roots {
        roots: roots.iter().map(|root| (*root).clone()).collect(),
        identities: vec![IDENTITY.to_owned()],
    };
    let with = |trusted| TrustInstallSettings { trusted, ..case.settings("acme", &[], false) };
    let told = case.install_with(&with(trusted(&[&first, &second, &first]))).unwrap().into_trust();
    assert_eq!(told.stores[0].certificates.len(), 2);
    // What goes is said.
    let report = case.install_with(&with(trusted(&[&second]))).unwrap();
    let gone: Vec<_> = report.warnings.iter().filter(|warning| warning.code == "no-longer-trusted").collect();
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert!(gone[0].text.starts_with("no longer trusted by statement acme: certificate CN=acme"), "{gone:?}");
}

#[test]
fn what_a_statement_no_longer_trusts_is_said() {
    let case = Case::new();
    case.install("acme", &["registry.example/a", "registry.example/b"]).unwrap();
    let mut settings = case.settings("acme", &["registry.example/b"], false);
    let Trusted::Roots { identities, .. } = &mut settings.trusted else { panic!("{settings:?}") };
    *identities = vec!["x509.subject: C=US, ST=WA, O=Other".to_owned()];
    let report = case.install_with(&settings).unwrap();
    let gone: Vec<_> = report.warnings.iter().filter(|warning| warning.code == "no-longer-trusted").collect();
    assert_eq!(
        gone.iter().map(|warning| warning.text.as_str()).collect::<Vec<_>>(),
        [
            "no longer trusted by statement acme: identity x509.subject: C=US, ST=WA, O=Acme",
            "statement acme is no longer for registry.example/a",
        ]
    );
    // The same again takes nothing away.
    assert!(case.install_with(&settings).unwrap().warnings.iter().all(|warning| warning.code != "no-longer-trusted"));
}

#[test]
fn a_policy_of_someone_else_stays_unless_they_say_so_and_then_a_copy_is_kept() {
    for name in POLICY_NAMES {
        let case = Case::new();
        fs::create_dir(case.folder()).unwrap();
        fs::write(case.folder().join(name), "theirs").unwrap();
        assert!(
            matches!(case.install("acme", &[]), Err(TrustInstallError::Folder(TrustFolderError::Foreign { .. }))),
            "{name}"
        );
        assert_eq!(case.files().len(), 1, "{name}");
        let told = case.install_with(&case.settings("acme", &[], true)).unwrap().into_trust();
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
        assert!(
            matches!(case.install("acme", &[]), Err(TrustInstallError::Folder(TrustFolderError::Foreign { .. }))),
            "{name}"
        );
        assert_eq!(fs::read(&path).unwrap(), changed, "{name}");
        case.install_with(&case.settings("acme", &[], true)).unwrap();
        assert!(case.files().into_values().any(|content| content == changed), "{name}: a copy is kept");
        assert!(TrustSource::Folder(case.folder()).load(AwsRoots::embedded()).is_ok(), "{name}");
    }
}

#[test]
fn a_store_that_holds_something_else_is_refused_even_with_force() {
    let case = Case::new();
    let store = case.folder().join("truststore/x509/ca/acme");
    fs::create_dir_all(&store).unwrap();
    fs::write(store.join("their.crt"), "x").unwrap();
    for force in [false, true] {
        let refused = case.install_with(&case.settings("acme", &[], force));
        assert!(matches!(refused, Err(TrustInstallError::Folder(TrustFolderError::StrayFile { .. }))), "{force}");
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
            let refused = case.install_with(&case.settings("acme", &[], force));
            assert!(matches!(refused, Err(TrustInstallError::Folder(TrustFolderError::Kind { .. }))), "{name} {force}");
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
    let mut settings = case.settings("acme", &[], false);
    let Trusted::Roots { identities, .. } = &mut settings.trusted else { panic!("{settings:?}") };
    identities.push("*".to_owned());
    assert!(matches!(case.install_with(&settings), Err(TrustInstallError::Policy(_))));
    fs::write(case.root.path().join("root.crt"), "hello").unwrap();
    assert!(matches!(case.install("acme", &[]), Err(TrustInstallError::Trust(TrustError::Root { .. }))));
    let chain = generate_key("acme", KeySpec::Ec256, case.now).unwrap().chain;
    fs::write(case.root.path().join("root.crt"), chain).unwrap();
    assert!(matches!(case.install("acme", &[]), Err(TrustInstallError::Anchor { .. })));
    assert!(!case.folder().exists());
}

#[test]
fn a_record_that_cannot_be_understood_is_refused() {
    for text in [
        "",
        "{}",
        r#"{"schema_version":2,"files":{}}"#,
        r#"{"schema_version":1,"files":{},"more":1}"#,
        r#"[1,{"trustpolicy.json":"sha256:"}]"#,
        r#"[{"schema_version":1,"files":{}}]"#,
        r#"{"schema_version":1,"files":[]}"#,
        r#"{"schema_version":1,"files":null}"#,
        r#"{"schema_version":1,"files":{"a":1}}"#,
        r#"{"schema_version":1,"files":{"a":["b"]}}"#,
        r#"{"schema_version":[1],"files":{}}"#,
        r#"{"schema_version":1.0,"files":{}}"#,
        r#"{"schema_version":1,"schema_version":1,"files":{}}"#,
        r#"{"schema_version":1,"Files":{},"files":{}}"#,
        r#"{"schema_version":1,"files":{},"begun":1}"#,
        r#"{"schema_version":1,"files":{},"begun":{}}"#,
        r#"{"schema_version":1,"files":{},"begun":{"files":{},"more":1}}"#,
        r#"{"schema_version":1,"files":{},"begun":{"files":{},"removes":"acme"}}"#,
    ] {
        let case = Case::new();
        fs::create_dir(case.folder()).unwrap();
        fs::write(case.folder().join(RECORD_NAME), text).unwrap();
        assert!(
            matches!(case.install("acme", &[]), Err(TrustInstallError::Folder(TrustFolderError::Record { .. }))),
            "{text}"
        );
    }
}

/// A run that is cut short is finished by the same command again, wherever it was cut.
#[test]
fn what_was_begun_is_finished_by_the_same_command() {
    let case = Case::new();
    case.install("acme", &["registry.example/a"]).unwrap();
    let before = case.files();
    case.install("other", &["registry.example/b"]).unwrap();
    let after = case.files();
    let store = "truststore/x509/ca/other/other.crt";
    let written = [store, "trustpolicy.json", "trustpolicy.oci.json"];
    let digest = |name: &str| Digest::sha256(&after[name]).to_string();
    let mut record: Value = serde_json::from_slice(&before[RECORD_NAME]).unwrap();
    record["begun"] = json!({"files": BTreeMap::from(written.map(|name| (name, digest(name)))), "removes": []});
    for cut in 0..=written.len() {
        fs::remove_dir_all(case.folder()).unwrap();
        let mut files = before.clone();
        files.insert(RECORD_NAME.to_owned(), record.to_string().into_bytes());
        files.extend(written[..cut].iter().map(|name| ((*name).to_owned(), after[*name].clone())));
        for (name, content) in files {
            let path = case.folder().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        case.install("other", &["registry.example/b"]).unwrap();
        assert_eq!(case.files(), after, "cut after {cut}");
    }
}

#[test]
fn what_was_begun_is_known_to_another_command() {
    let case = Case::new();
    case.install("acme", &["registry.example/a"]).unwrap();
    let mut record: Value = serde_json::from_slice(&case.files()[RECORD_NAME]).unwrap();
    // Cut before the last record: all is there, and only what was begun says so.
    record["begun"] = json!({"files": record["files"], "removes": []});
    record["files"] = json!({});
    fs::write(case.folder().join(RECORD_NAME), record.to_string()).unwrap();
    case.install("other", &["registry.example/b"]).unwrap();
    let after: Value = serde_json::from_slice(&case.files()[RECORD_NAME]).unwrap();
    for file in ["truststore/x509/ca/acme/acme.crt", "truststore/x509/ca/other/other.crt", "trustpolicy.json"] {
        assert!(after["files"][file].is_string(), "{file}: {after:#}");
    }
}

#[test]
fn a_file_that_was_there_before_and_says_the_same_stays_its_owner_s() {
    let case = Case::new();
    let store = "truststore/x509/ca/acme/acme.crt";
    case.install("acme", &["registry.example/a"]).unwrap();
    let content = case.files()[store].clone();
    fs::remove_dir_all(case.folder()).unwrap();
    let path = case.folder().join(store);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, &content).unwrap();
    case.install("acme", &["registry.example/a"]).unwrap();
    let record: Value = serde_json::from_slice(&case.files()[RECORD_NAME]).unwrap();
    assert!(record["files"][store].is_null() && record["files"]["trustpolicy.json"].is_string(), "{record:#}");
}
