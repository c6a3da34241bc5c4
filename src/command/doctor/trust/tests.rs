use std::fs;

use notary::algorithm::KeySpec;
use notary::extension::aws_signer::AwsRoots;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::command::doctor::tests::doctor_settings;
use crate::command::stage::now;
use crate::command::{generate_key, key_algorithm, key_generate};
use crate::config::notation_folder::NotationFolderError;
use crate::exit_code::ExitCode;
use crate::report::CheckStatus;

const SUBJECT: &str = "x509.subject: C=US, ST=WA, O=Acme";
const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";

/// A folder as notation has it, with a policy and these stores, each of one certificate.
fn folder(policy: &Value, stores: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("trustpolicy.json"), policy.to_string()).unwrap();
    for (name, certificate) in stores {
        let store = folder.path().join("truststore/x509").join(name.replace(':', "/"));
        fs::create_dir_all(&store).unwrap();
        fs::write(store.join("one.crt"), certificate).unwrap();
    }
    folder
}

/// A strict statement for one repository.
fn statement(stores: &[&str], identities: &[&str]) -> Value {
    json!({
        "name": "one", "registryScopes": ["registry.example/app"], "signatureVerification": {"level": "strict"},
        "trustStores": stores, "trustedIdentities": identities,
    })
}

fn policy(statement: Value) -> Value {
    json!({"version": "1.0", "trustPolicies": [statement]})
}

/// A root whose 90 days began at this time.
fn root(since: &str) -> String {
    generate_key("acme", KeySpec::Ec256, since.parse().unwrap()).unwrap().anchor
}

fn aws_root() -> String {
    AwsRoots::embedded().known().next().unwrap().pem().to_owned()
}

fn settings(trust: Result<TrustSource, NotationFolderError>) -> DoctorSettings {
    doctor_settings(trust.map_err(NoTrust::Folder))
}

fn load_folder(folder: &Path) -> Loaded {
    load(&settings(Ok(TrustSource::Folder(folder.to_owned()))))
}

/// The checks of a folder, without those that passed.
fn findings(folder: &TempDir, images: &[&str]) -> Vec<CheckReport> {
    let repositories: Vec<_> = images.iter().map(|image| Repository::parse(image).unwrap()).collect();
    let checks = load_folder(folder.path()).checks(&repositories, now());
    checks.into_iter().filter(|check| check.status != CheckStatus::Ok).collect()
}

/// The one finding: name, status and exit code, with words that it has to hold.
#[track_caller]
fn only(found: &[CheckReport], name: &str, status: CheckStatus, words: &str) {
    let [check] = found else { panic!("expected one finding: {found:?}") };
    assert_eq!((check.name, check.status), (name, status), "{check:?}");
    assert!(check.fact.contains(words), "{check:?}");
    assert_eq!(check.exit_code, (status == CheckStatus::Failed).then_some(ExitCode::Configuration), "{check:?}");
}

const YOUNG: &str = "2026-05-30T00:00:00Z";

#[test]
fn a_strict_policy_with_its_stores_is_fine() {
    let young = generate_young();
    let folder = folder(&policy(statement(&["ca:acme"], &[SUBJECT])), &[("ca:acme", &young)]);
    assert_eq!(findings(&folder, &["registry.example/app"]), []);
    let checks = load_folder(folder.path()).checks(&[Repository::parse("registry.example/app").unwrap()], now());
    let facts: Vec<_> = checks.iter().map(|check| check.fact.as_str()).collect();
    assert!(facts[0].starts_with("1 statement, from ") && facts[1] == "one (strict) applies to registry.example/app");
    assert!(facts[2].starts_with("all are valid until "), "{facts:?}");
}

/// A root that does not end soon, other than those for development.
fn generate_young() -> String {
    let mut params = key_generate::anchor_params("acme", YOUNG.parse().unwrap());
    params.not_after = rcgen::date_time_ymd(2036, 1, 1);
    params.self_signed(&key_algorithm::generate(KeySpec::Ec256).unwrap()).unwrap().pem()
}

#[test]
fn no_trust_at_all_is_a_note() {
    let empty = tempfile::tempdir().unwrap();
    for loaded in [load_folder(empty.path()), load(&settings(Err(NotationFolderError::NoHome)))] {
        let checks = loaded.checks(&[], now());
        let [check] = checks.as_slice() else { panic!("{checks:?}") };
        assert_eq!((check.name, check.status), ("policy", CheckStatus::Note));
        assert!(loaded.profiles().is_empty());
    }
}

#[test]
fn a_policy_that_cannot_be_used_fails() {
    let young = generate_young();
    let good = policy(statement(&["ca:acme"], &[SUBJECT]));
    let broken = folder(&json!({"version": "1.0", "trustPolicies": []}), &[]);
    only(&findings(&broken, &[]), "policy", CheckStatus::Failed, "cannot be used");
    let differing = folder(&good, &[("ca:acme", &young)]);
    fs::write(differing.path().join("trustpolicy.oci.json"), policy(statement(&["ca:acme"], &["*"])).to_string())
        .unwrap();
    only(&findings(&differing, &[]), "policy", CheckStatus::Failed, "differ");
    let without_policy = folder(&good, &[("ca:acme", &young)]);
    fs::remove_file(without_policy.path().join("trustpolicy.json")).unwrap();
    only(&findings(&without_policy, &[]), "policy", CheckStatus::Failed, "no trust policy");
    let without_store = folder(&good, &[]);
    only(&findings(&without_store, &[]), "trust-store", CheckStatus::Failed, "ca:acme");
}

#[test]
fn an_image_without_a_statement_fails() {
    let folder = folder(&policy(statement(&["ca:acme"], &[SUBJECT])), &[("ca:acme", &generate_young())]);
    only(&findings(&folder, &["registry.example/other"]), "statement", CheckStatus::Failed, "registry.example/other");
}

#[test]
fn whatever_a_statement_does_not_enforce_is_told() {
    let young = generate_young();
    let told = |verification: Value| {
        let statement = Value::Object(
            statement(&["ca:acme"], &[SUBJECT])
                .as_object()
                .unwrap()
                .clone()
                .into_iter()
                .map(
                    |(name, value)| {
                        if name == "signatureVerification" { (name, verification.clone()) } else { (name, value) }
                    },
                )
                .collect(),
        );
        findings(&folder(&policy(statement), &[("ca:acme", &young)]), &[])
    };
    let warning = CheckStatus::Warning;
    only(&told(json!({"level": "audit"})), "level", warning, "statement one is audit; only logged: authenticity, ");
    only(
        &told(json!({"level": "permissive"})),
        "level",
        warning,
        "only logged: authenticTimestamp, expiry, revocation",
    );
    let skipped = json!({"level": "strict", "override": {"revocation": "skip"}});
    only(&told(skipped), "level", warning, "statement one is strict, with overrides; not checked: revocation");
    let skip =
        json!({"name": "one", "registryScopes": ["registry.example/app"], "signatureVerification": {"level": "skip"}});
    only(&findings(&folder(&policy(skip), &[]), &[]), "level", warning, "nothing is checked");
}

#[test]
fn everybody_for_everything_is_told() {
    let mut broad = statement(&["ca:acme"], &["*"]);
    broad["registryScopes"] = json!(["*"]);
    let found = findings(&folder(&policy(broad), &[("ca:acme", &generate_young())]), &[]);
    only(&found, "scope", CheckStatus::Warning, "every signer");
}

#[test]
fn a_store_that_nobody_names_is_told() {
    let young = generate_young();
    let folder = folder(&policy(statement(&["ca:acme"], &[SUBJECT])), &[("ca:acme", &young), ("ca:old", &young)]);
    only(&findings(&folder, &[]), "trust-store", CheckStatus::Warning, "no statement names ca:old");
}

#[test]
fn roots_that_end_are_told_and_a_store_of_ended_ones_fails() {
    let at = |certificate: &str| {
        findings(&folder(&policy(statement(&["ca:acme"], &[SUBJECT])), &[("ca:acme", certificate)]), &[])
    };
    // Development roots live 90 days; now it is 2026-06-01T12:00:00Z.
    only(&at(&root("2026-05-01T00:00:00Z")), "roots", CheckStatus::Warning, "expires at");
    only(&at(&root("2026-01-01T00:00:00Z")), "roots", CheckStatus::Failed, "there is no other");
    let beside_a_young_one = at(&(root("2026-01-01T00:00:00Z") + &generate_young()));
    only(&beside_a_young_one, "roots", CheckStatus::Warning, "expired at");
}

#[test]
fn signing_profiles_and_aws_roots_have_to_fit_together() {
    let (aws, young) = (aws_root(), generate_young());
    let authority = "signingAuthority:aws-signer-ts";
    let told = |stores: &[&str], identities: &[&str], found: &[(&str, &str)]| {
        let folder = folder(&policy(statement(stores, identities)), found);
        let found = findings(&folder, &[]);
        found.into_iter().filter(|check| check.status != CheckStatus::Note).collect::<Vec<_>>()
    };
    assert_eq!(told(&[authority], &[PROFILE], &[(authority, &aws)]), []);
    let found = told(&["ca:acme"], &[PROFILE], &[("ca:acme", &young)]);
    only(&found, "signing-profiles", CheckStatus::Failed, "no trust store of type signingAuthority");
    let found = told(&[authority], &[PROFILE], &[(authority, &young)]);
    only(&found, "signing-profiles", CheckStatus::Failed, "does not hold the AWS Signer root");
    let found = told(&[authority], &[SUBJECT], &[(authority, &aws)]);
    only(&found, "signing-profiles", CheckStatus::Warning, "no signing profile");
    assert_eq!(told(&[authority], &[SUBJECT], &[(authority, &young)]), []);
    let found = told(&["ca:aws"], &[SUBJECT], &[("ca:aws", &aws)]);
    only(&found, "trust-store", CheckStatus::Warning, "counts only in");
}

#[test]
fn whether_profiles_are_pinned_to_a_version_is_a_note() {
    let authority = "signingAuthority:aws-signer-ts";
    let (first, second) = (format!("{PROFILE}/AbCdEf1234"), format!("{PROFILE}2/AbCdEf1234"));
    let other = format!("{PROFILE}2");
    for (identities, words) in [
        (&[PROFILE][..], "none is pinned"),
        (&[&first, &second], "all are pinned"),
        (&[&first, &other], "1 pinned to a version, 1 not"),
    ] {
        let folder = folder(&policy(statement(&[authority], identities)), &[(authority, &aws_root())]);
        only(&findings(&folder, &[]), "signing-profiles", CheckStatus::Note, words);
        assert_eq!(load_folder(folder.path()).profiles().len(), identities.len());
    }
}

#[test]
fn profiles_of_the_command_line_are_trusted_by_the_root_of_their_partition() {
    let profiles = |text: &str| {
        let value = vec![TrustedProfile::parse(text).unwrap()];
        let origin = crate::config::setting::Origin::Flag("profile");
        load(&settings(Ok(TrustSource::Profiles(crate::config::setting::Setting { value, origin }))))
    };
    let loaded = profiles(PROFILE);
    assert!(loaded.checks(&[], now()).iter().all(|check| check.status == CheckStatus::Ok));
    assert_eq!(loaded.profiles().len(), 1);
    let china = profiles("arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/release");
    let checks = china.checks(&[], now());
    assert_eq!((checks[0].name, checks[0].exit_code), ("policy", Some(ExitCode::Configuration)));
    assert!(checks[0].help_text().contains("--aws-root"), "{checks:?}");
}

#[test]
fn revocation_is_not_asked_for_profiles_whose_statement_skips_it() {
    let mut skipped = statement(&["signingAuthority:a"], &[PROFILE]);
    skipped["signatureVerification"] = json!({"level": "strict", "override": {"revocation": "skip"}});
    let folder = folder(&policy(skipped), &[("signingAuthority:a", &aws_root())]);
    assert!(load_folder(folder.path()).profiles().is_empty());
}
