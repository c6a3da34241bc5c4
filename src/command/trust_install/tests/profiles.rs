//! Trust in signing profiles of AWS Signer.

use super::*;

const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";
const GOV: &str = "arn:aws-us-gov:signer:us-gov-west-1:111122223333:/signing-profiles/release/AbCdEf1234";
const CHINA: &str = "arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/release";
const STORE: &str = "truststore/x509/signingAuthority/aws-signer-ts";
const FILE: &str = "truststore/x509/signingAuthority/aws-signer-ts/aws-signer-notation-root.crt";

fn of(profiles: &[&str], aws_root: Option<PathBuf>) -> TrustInstallSettings {
    let profiles = profiles.iter().map(|arn| TrustedProfile::parse(arn).unwrap()).collect();
    TrustInstallSettings {
        trusted: Trusted::Profiles { profiles, aws_root },
        name: "aws-signer".to_owned(),
        scopes: Vec::new(),
        folder: None,
        force: false,
    }
}

fn root_of(partition: &str) -> Vec<u8> {
    let roots = AwsRoots::embedded();
    roots.known().find(|known| known.partition() == partition).unwrap().pem().as_bytes().to_vec()
}

fn codes(report: &Report) -> Vec<&str> {
    let Some(Findings::TrustInstalled(trust)) = &report.findings else { panic!("{report:?}") };
    trust.problems.iter().map(|problem| problem.code.as_str()).collect()
}

#[test]
fn store_and_file_are_those_of_awss_installer_and_the_statement_is_strict() {
    let case = Case::new();
    let report = case.install_with(&of(&[PROFILE], None)).unwrap();
    assert!(codes(&report).is_empty() && report.warnings.is_empty(), "{report:?}");
    let names: Vec<_> = case.files().into_keys().collect();
    assert_eq!(names, ["sealgate-trust.json", "trustpolicy.json", "trustpolicy.oci.json", FILE]);
    assert_eq!(case.files()[FILE], root_of("aws"));
    let policy: Value = serde_json::from_slice(&case.files()["trustpolicy.json"]).unwrap();
    assert_eq!(
        policy,
        serde_json::json!({"version": "1.0", "trustPolicies": [{
            "name": "aws-signer",
            "registryScopes": ["*"],
            "signatureVerification": {"level": "strict"},
            "trustStores": ["signingAuthority:aws-signer-ts"],
            "trustedIdentities": [PROFILE]
        }]})
    );
    let trust = TrustSource::Folder(case.folder()).load(AwsRoots::embedded()).unwrap();
    let statement = &trust.trusted.policy().statements()[0];
    let mut stores = trust.trusted.stores().stores_of(statement.trust_stores(), TrustStoreType::SigningAuthority);
    assert_eq!(stores.next().unwrap().unwrap().certificates(), AwsRoots::embedded().for_partition("aws"));
}

#[test]
fn each_partition_has_its_store_and_profiles_of_one_partition_share_it() {
    let case = Case::new();
    let other = PROFILE.replace("us-west-2", "eu-west-1");
    let report = case.install_with(&of(&[PROFILE, GOV, &other], None)).unwrap();
    assert!(codes(&report).is_empty(), "{report:?}");
    let trust = report.into_trust();
    let stores = ["signingAuthority:aws-signer-ts", "signingAuthority:aws-us-gov-signer-ts"];
    assert_eq!(trust.statements[0].stores, stores);
    assert_eq!(trust.statements[0].identities, [PROFILE, GOV, &other]);
    let gov = "truststore/x509/signingAuthority/aws-us-gov-signer-ts/aws-us-gov-signer-notation-root.crt";
    assert_eq!(case.files()[gov], root_of("aws-us-gov"));
}

#[test]
fn the_same_again_changes_nothing_and_another_name_shares_the_store() {
    let case = Case::new();
    case.install_with(&of(&[PROFILE], None)).unwrap();
    let before = case.files();
    assert_eq!(case.install_with(&of(&[PROFILE], None)).unwrap().into_trust().written, [""; 0]);
    assert_eq!(case.files(), before);
    let mut other = of(&[PROFILE], None);
    (other.name, other.scopes) = ("other".to_owned(), vec!["registry.example/app".to_owned()]);
    let told = case.install_with(&other).unwrap().into_trust();
    assert_eq!((told.statements.len(), told.stores.len()), (2, 1));
}

#[test]
fn what_awss_installer_left_is_kept_where_it_says_the_same() {
    let case = Case::new();
    fs::create_dir_all(case.folder().join(STORE)).unwrap();
    let theirs = String::from_utf8(root_of("aws")).unwrap().trim_end().as_bytes().to_vec();
    fs::write(case.folder().join(FILE), &theirs).unwrap();
    fs::write(case.folder().join(STORE).join("second.crt"), &theirs).unwrap();
    let told = case.install_with(&of(&[PROFILE], None)).unwrap();
    assert!(codes(&told).is_empty(), "{told:?}");
    assert_eq!(case.files()[FILE], theirs);
    assert_eq!(case.install_with(&of(&[PROFILE], None)).unwrap().into_trust().written, [""; 0]);
}

#[test]
fn a_store_of_awss_installer_that_holds_something_else_is_refused() {
    let case = Case::new();
    fs::create_dir_all(case.folder().join(STORE)).unwrap();
    fs::copy(case.root.path().join("root.crt"), case.folder().join(FILE)).unwrap();
    assert!(matches!(
        case.install_with(&of(&[PROFILE], None)),
        Err(TrustInstallError::Folder(TrustFolderError::Foreign { .. }))
    ));
    let mut both = root_of("aws");
    both.extend(root_of("aws-us-gov"));
    fs::write(case.folder().join(FILE), both).unwrap();
    assert!(matches!(
        case.install_with(&of(&[PROFILE], None)),
        Err(TrustInstallError::Folder(TrustFolderError::Foreign { .. }))
    ));
    fs::rename(case.folder().join(FILE), case.folder().join(STORE).join("other.crt")).unwrap();
    assert!(matches!(
        case.install_with(&of(&[PROFILE], None)),
        Err(TrustInstallError::Folder(TrustFolderError::StrayFile { .. }))
    ));
    assert_eq!(case.files().len(), 1);
}

#[test]
fn a_partition_without_a_known_root_needs_one_that_is_marked() {
    let case = Case::new();
    let refused = case.install_with(&of(&[PROFILE, CHINA], None));
    assert!(matches!(refused, Err(TrustInstallError::Trust(TrustError::NoAwsRoot { .. }))), "{refused:?}");
    assert!(!case.folder().exists());

    let report = case.install_with(&of(&[CHINA], Some(case.root.path().join("root.crt")))).unwrap();
    assert!(codes(&report).is_empty(), "{report:?}");
    let stores = report.into_trust().stores;
    assert_eq!(stores[0].name, "signingAuthority:aws-signer-not-aws");
    assert!(stores[0].certificates[0].not_an_aws_root && stores[0].certificates[0].aws_root.is_none());
    let file = "truststore/x509/signingAuthority/aws-signer-not-aws/not-an-aws-root.crt";
    assert!(case.files().contains_key(file), "{:?}", case.files().keys());
}

#[test]
fn another_root_never_goes_into_the_store_of_awss() {
    let case = Case::new();
    case.install_with(&of(&[PROFILE], Some(case.root.path().join("root.crt")))).unwrap();
    assert!(!case.folder().join(STORE).exists());
}
