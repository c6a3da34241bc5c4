use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use notary::algorithm::KeySpec;
use notary::digest::Digest;
use notary::extension::aws_signer::TrustedProfile;
use serde_json::json;

use super::*;
use crate::command::generate_key;
use crate::command::trust_folder::RECORD_NAME;
use crate::command::trust_install::install;
use crate::config::{TrustInstallSettings, TrustSource, Trusted};
use crate::error::code;

const IDENTITY: &str = "x509.subject: C=US, ST=WA, O=Acme";
const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";
const AWS_FILE: &str = "truststore/x509/signingAuthority/aws-signer-ts/aws-signer-notation-root.crt";

struct Case {
    root: tempfile::TempDir,
    now: Timestamp,
}

impl Case {
    /// A folder with these statements, each for a repository of its name.
    fn with(names: &[&str]) -> Self {
        let case = Self { root: tempfile::tempdir().unwrap(), now: "2026-01-02T03:04:05Z".parse().unwrap() };
        let anchor = generate_key("acme", KeySpec::Ec256, case.now).unwrap().anchor;
        fs::write(case.root.path().join("root.crt"), anchor).unwrap();
        names.iter().for_each(|name| case.install(name));
        case
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("trust")
    }

    fn install(&self, name: &str) {
        let (roots, identities) = (vec![self.root.path().join("root.crt")], vec![IDENTITY.to_owned()]);
        self.install_trusted(name, Trusted::Roots { roots, identities });
    }

    fn install_profile(&self, name: &str) {
        let profiles = vec![TrustedProfile::parse(PROFILE).unwrap()];
        self.install_trusted(name, Trusted::Profiles { profiles, aws_root: None });
    }

    fn install_trusted(&self, name: &str, trusted: Trusted) {
        let scopes = vec![format!("registry.example/{name}")];
        let settings = TrustInstallSettings { trusted, name: name.to_owned(), scopes, folder: None, force: false };
        install(&settings, &self.folder(), self.now).unwrap();
    }

    fn remove(&self, names: &[&str]) -> Result<Report, TrustRemoveError> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        remove(&Removed::Named(names), &self.folder(), self.now)
    }

    fn remove_all(&self) -> Result<Report, TrustRemoveError> {
        remove(&Removed::All, &self.folder(), self.now)
    }

    /// Files and folders below the folder, folders without content.
    fn tree(&self) -> BTreeMap<String, Option<Vec<u8>>> {
        let mut tree = BTreeMap::new();
        let mut folders = vec![self.folder()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.folder()).unwrap().display().to_string();
                let is_folder = path.is_dir() && !path.is_symlink();
                tree.insert(name, if is_folder { None } else { fs::read(&path).ok() });
                folders.extend(is_folder.then_some(path));
            }
        }
        tree
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn restore(&self, tree: &BTreeMap<String, Option<Vec<u8>>>) {
        fs::remove_dir_all(self.folder()).unwrap();
        fs::create_dir(self.folder()).unwrap();
        for (name, content) in tree {
            if let Some(content) = content {
                self.write(name, content);
            }
        }
    }
}

fn warned(report: &Report) -> Vec<&str> {
    report.warnings.iter().map(|warning| warning.text.as_str()).collect()
}

#[test]
fn a_statement_goes_with_its_store_and_the_others_stay_as_they_are() {
    let case = Case::with(&["other"]);
    let before = case.tree();
    case.install("acme");
    let report = case.remove(&["acme"]).unwrap();
    assert_eq!(case.tree(), before);
    let warned = warned(&report);
    assert_eq!(warned.len(), 3, "{warned:?}");
    assert!(warned[0].starts_with("no longer trusted by statement acme: certificate CN=acme"), "{warned:?}");
    assert_eq!(
        warned[1..],
        [
            &format!("no longer trusted by statement acme: identity {IDENTITY}")[..],
            "statement acme is no longer for registry.example/acme"
        ]
    );
    let told = report.into_trust();
    assert_eq!(told.removed, [case.folder().join("truststore/x509/ca/acme/acme.crt").display().to_string()]);
    assert_eq!(told.statements.iter().map(|statement| statement.name.as_str()).collect::<Vec<_>>(), ["other"]);
    assert_eq!(told.problems, []);
    assert!(TrustSource::Folder(case.folder()).load(AwsRoots::embedded()).is_ok());
}

#[test]
fn with_the_last_statement_all_goes_that_sealgate_wrote_and_nothing_else() {
    type Remove = fn(&Case) -> Result<Report, TrustRemoveError>;
    let remove: [Remove; 3] = [
        |case| case.remove(&["acme", "other"]),
        |case| case.remove(&["acme"]).and_then(|_| case.remove(&["other"])),
        Case::remove_all,
    ];
    for remove in remove {
        let case = Case::with(&["acme", "other"]);
        case.write("config.json", b"theirs");
        case.write("truststore/x509/ca/theirs/their.crt", b"theirs");
        let report = remove(&case).unwrap();
        let names: Vec<_> = case.tree().into_keys().collect();
        let theirs =
            ["config.json", "truststore", "truststore/x509", "truststore/x509/ca", "truststore/x509/ca/theirs"];
        assert_eq!(names, [&theirs[..], &["truststore/x509/ca/theirs/their.crt"]].concat());
        assert_eq!(report.exit_code().number(), 0);
        let told = report.into_trust();
        assert!(told.statements.is_empty() && told.problems.is_empty() && told.written.is_empty(), "{told:?}");
        assert!(told.removed.iter().any(|path| path.ends_with(RECORD_NAME)), "{told:?}");
    }
}

#[test]
fn a_store_stays_as_long_as_a_statement_names_it() {
    let case = Case::with(&[]);
    case.install_profile("a");
    case.install_profile("b");
    let report = case.remove(&["a"]).unwrap();
    assert!(case.tree().contains_key(AWS_FILE));
    assert_eq!(warned(&report).len(), 2, "{report:?}");
    case.remove(&["b"]).unwrap();
    assert_eq!(case.tree(), BTreeMap::new());
}

#[test]
fn a_store_that_no_statement_names_any_more_goes_too() {
    let case = Case::with(&["acme", "other"]);
    // The store ca:acme is left by this.
    case.install_profile("acme");
    assert!(case.tree().contains_key("truststore/x509/ca/acme/acme.crt"));
    case.remove(&["other"]).unwrap();
    let tree = case.tree();
    assert!(!tree.contains_key("truststore/x509/ca") && tree.contains_key(AWS_FILE), "{:?}", tree.keys());
}

#[test]
fn what_was_changed_since_is_refused_and_nothing_goes() {
    let files = ["trustpolicy.json", "trustpolicy.oci.json", "truststore/x509/ca/acme/acme.crt"];
    for name in files {
        let case = Case::with(&["acme", "other"]);
        let path = case.folder().join(name);
        fs::write(&path, [fs::read(&path).unwrap(), b"\n".to_vec()].concat()).unwrap();
        let before = case.tree();
        for refused in [case.remove(&["acme"]), case.remove(&["acme", "other"]), case.remove_all()] {
            let Err(TrustRemoveError::Folder(TrustFolderError::Foreign { path: named })) = refused else {
                panic!("{name}: {refused:?}")
            };
            assert_eq!(named, path);
        }
        assert_eq!(case.tree(), before, "{name}");
    }
    // What is not about the statement does not matter.
    let case = Case::with(&["acme", "other"]);
    case.write("truststore/x509/ca/other/other.crt", b"theirs");
    case.remove(&["acme"]).unwrap();
    assert_eq!(case.tree()["truststore/x509/ca/other/other.crt"].as_deref(), Some(&b"theirs"[..]));
}

#[test]
fn a_policy_of_someone_else_is_refused() {
    for name in POLICY_NAMES {
        let case = Case::with(&[]);
        case.write(name, b"theirs");
        for refused in [case.remove(&["acme"]), case.remove_all()] {
            assert!(
                matches!(refused, Err(TrustRemoveError::Folder(TrustFolderError::Foreign { .. }))),
                "{name}: {refused:?}"
            );
        }
        assert_eq!(case.tree().len(), 1);
    }
}

#[test]
fn a_name_that_is_not_there_lists_those_that_are() {
    let case = Case::with(&["acme", "other"]);
    let before = case.tree();
    for (refused, exit) in [(case.remove(&["acm"]), 3), (case.remove(&["acme", "acm"]), 3), (case.remove(&[]), 2)] {
        let error = Error::from(refused.unwrap_err());
        assert_eq!(error.exit_code().number(), exit, "{error:?}");
        assert!(error.report().help_text().contains(r#"the names there are: "acme", "other""#), "{error:?}");
    }
    assert_eq!(case.tree(), before);
    let none = Case::with(&[]);
    for refused in [none.remove(&["acme"]), none.remove(&[]), none.remove_all()] {
        let error = Error::from(refused.unwrap_err());
        assert!(error.report().help_text().contains("--dir DIR"), "{error:?}");
        assert_ne!(error.code(), code::FOREIGN_FILE.name);
    }
    assert!(!none.folder().exists());
}

/// A run that is cut short is finished by the same command again, wherever it was cut.
#[test]
fn what_was_begun_is_finished_by_the_same_command() {
    for names in [&["acme", "other"][..], &["acme"]] {
        let case = Case::with(names);
        let before = case.tree();
        case.remove(&["acme"]).unwrap();
        let after = case.tree();
        let policies: BTreeMap<_, _> = POLICY_NAMES
            .iter()
            .filter_map(|name| Some((*name, Digest::sha256(after.get(*name)?.as_deref()?).to_string())))
            .collect();
        let mut record: Value = serde_json::from_slice(before[RECORD_NAME].as_deref().unwrap()).unwrap();
        record["begun"] = json!({"files": policies, "removes": ["acme"]});
        let steps = [POLICY_NAMES[0], POLICY_NAMES[1], "truststore/x509/ca/acme/acme.crt"];
        for cut in 0..=steps.len() {
            let mut tree = before.clone();
            tree.insert(RECORD_NAME.to_owned(), Some(record.to_string().into_bytes()));
            for step in &steps[..cut] {
                match after.get(*step) {
                    Some(content) => tree.insert((*step).to_owned(), content.clone()),
                    None => tree.remove(*step),
                };
            }
            case.restore(&tree);
            // Another name is as unknown as before.
            assert!(case.remove(&["acm"]).is_err());
            case.remove(&["acme"]).unwrap_or_else(|error| panic!("{names:?}, cut after {cut}: {error:?}"));
            assert_eq!(case.tree(), after, "{names:?}, cut after {cut}");
        }
    }
}

#[test]
fn links_are_refused_wherever_they_are() {
    for name in
        ["trustpolicy.json", RECORD_NAME, "truststore", "truststore/x509/ca/acme", "truststore/x509/ca/acme/acme.crt"]
    {
        let case = Case::with(&["acme"]);
        let (place, elsewhere) = (case.folder().join(name), case.root.path().join("elsewhere"));
        fs::rename(&place, &elsewhere).unwrap();
        symlink(&elsewhere, &place).unwrap();
        let before = case.tree();
        for refused in [case.remove(&["acme"]), case.remove_all()] {
            assert!(matches!(refused, Err(TrustRemoveError::Folder(TrustFolderError::Kind { .. }))), "{name}");
        }
        assert_eq!(case.tree(), before, "{name}");
        assert!(elsewhere.exists());
    }
}

#[test]
fn what_others_put_into_a_store_stays_and_is_told() {
    let case = Case::with(&["acme"]);
    case.write("truststore/x509/ca/acme/their.crt", b"theirs");
    let report = case.remove(&["acme"]).unwrap();
    let last = report.warnings.last().unwrap();
    assert_eq!(last.code, "trust-store-stays");
    assert!(last.text.contains("holds their.crt, which sealgate did not write"), "{last:?}");
    let files: Vec<_> =
        case.tree().into_iter().filter(|(_, content)| content.is_some()).map(|(name, _)| name).collect();
    assert_eq!(files, ["truststore/x509/ca/acme/their.crt"]);
}

#[test]
fn what_awss_installer_wrote_stays() {
    let case = Case::with(&[]);
    let roots = AwsRoots::embedded();
    let root = roots.known().find(|known| known.partition() == "aws").unwrap().pem().trim_end().as_bytes().to_vec();
    case.write(AWS_FILE, &root);
    case.install_profile("aws-signer");
    let report = case.remove(&["aws-signer"]).unwrap();
    assert_eq!(case.tree()[AWS_FILE].as_deref(), Some(root.as_slice()));
    assert_eq!(report.warnings.last().unwrap().code, "trust-store-stays");
    assert!(!case.folder().join(RECORD_NAME).exists() && !case.folder().join("trustpolicy.json").exists());
}

#[test]
fn a_record_cannot_name_what_is_no_file_of_a_store() {
    let case = Case::with(&["acme"]);
    let mut record: Value = serde_json::from_slice(case.tree()[RECORD_NAME].as_deref().unwrap()).unwrap();
    for name in ["../outside", "config.json", "truststore/x509/ca/../../../config.json"] {
        record["files"][name] = Digest::sha256(b"theirs").to_string().into();
    }
    case.write(RECORD_NAME, record.to_string().as_bytes());
    case.write("config.json", b"theirs");
    case.write("../outside", b"theirs");
    case.remove_all().unwrap();
    assert!(case.folder().join("config.json").exists() && case.root.path().join("outside").exists());
}
