use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use notary::algorithm::KeySpec;
use rcgen::{DistinguishedName as Subject, DnType};
use serde_json::{Value, json};

use super::super::tests::doctor_settings;
use super::super::trust::load as load_trust;
use super::*;
use crate::command::stage::now;
use crate::command::{generate_key, key_algorithm, key_generate};
use crate::config::setting::Setting;
use crate::config::{NoTrust, TrustSource};
use crate::exit_code::ExitCode;
use crate::report::CheckStatus;

/// What development keys are.
const IDENTITY: &str = "x509.subject: C=ZZ, ST=Development, O=sealgate development";

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    /// A key whose 90 days began at this time.
    fn since(time: &str) -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        let made = generate_key("acme", KeySpec::Ec256, time.parse().unwrap()).unwrap();
        case.write("key", &made.key);
        case.write("chain", &made.chain);
        case.write("root", &made.anchor);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The checks with trust from this source, without those of no interest.
    fn checks(&self, trust: Result<TrustSource, NoTrust>, repositories: &[&str]) -> Vec<CheckReport> {
        let (key, certificate_chain) = (self.path("key").into(), self.path("chain").into());
        let key = Some(KeySettings { key, certificate_chain, password: None });
        let settings = DoctorSettings { key, ..doctor_settings(trust) };
        let repositories: Vec<_> = repositories.iter().map(|text| Repository::parse(text).unwrap()).collect();
        checks(&settings, &load_trust(&settings), &repositories, Clock::starting_at(now()))
    }

    fn roots(&self, identity: &str) -> Result<TrustSource, NoTrust> {
        let roots = Setting::default(vec![self.path("root")]);
        Ok(TrustSource::InMemory { roots, identities: Setting::default(vec![identity.to_owned()]) })
    }

    /// A folder as notation has it, in which `ca:acme` holds the root.
    fn policy(&self, statements: &[Value]) -> PathBuf {
        let root = fs::read_to_string(self.path("root")).unwrap();
        self.write("trust/truststore/x509/ca/acme/root.crt", &root);
        self.write("trust/trustpolicy.json", &json!({"version": "1.0", "trustPolicies": statements}).to_string());
        self.path("trust")
    }
}

fn statement(name: &str, scope: &str, level: &str, identity: &str) -> Value {
    let trusted = if level == "skip" { json!([]) } else { json!([identity]) };
    let stores = if level == "skip" { json!([]) } else { json!(["ca:acme"]) };
    json!({
        "name": name, "registryScopes": [scope], "signatureVerification": {"level": level},
        "trustStores": stores, "trustedIdentities": trusted,
    })
}

#[track_caller]
fn only<'a>(checks: &'a [CheckReport], name: &str) -> &'a CheckReport {
    let fitting: Vec<_> = checks.iter().filter(|check| check.name == name).collect();
    let [check] = fitting.as_slice() else { panic!("{name}: {checks:?}") };
    check
}

#[track_caller]
fn assert_check(check: &CheckReport, status: CheckStatus, exit: Option<ExitCode>, words: &str) {
    let text = [&[check.fact.clone()][..], &check.causes].concat().join("; ");
    assert_eq!((check.status, check.exit_code), (status, exit), "{check:?}");
    assert!(text.contains(words), "{check:?}");
}

const FRESH: &str = "2026-05-30T00:00:00Z";

#[test]
fn a_key_that_signs_what_is_trusted_is_fine() {
    let case = Case::since(FRESH);
    let checks = case.checks(case.roots(IDENTITY), &[]);
    let names: Vec<_> = checks.iter().map(|check| (check.name, check.status)).collect();
    let ok = CheckStatus::Ok;
    assert_eq!(names, ["key", "chain", "expiry", "identity", "trusted"].map(|name| (name, ok)), "{checks:?}");
    assert!(only(&checks, "key").fact.starts_with("ec-p256, of certificate CN=acme"), "{checks:?}");
    assert_eq!(only(&checks, "trusted").fact, "verify accepts what it signs");
    assert_eq!(only(&checks, "expiry").fact, "signatures are accepted until 2026-08-28T00:00:00Z, for 87 days");
    assert!(only(&checks, "identity").fact.contains("O=sealgate development"), "{checks:?}");
}

#[test]
fn a_key_and_a_chain_that_are_no_pair_are_told() {
    let (case, other) = (Case::since(FRESH), Case::since(FRESH));
    for (name, content, words) in [
        ("chain", fs::read_to_string(other.path("chain")).unwrap(), "does not belong to the first certificate"),
        ("key", "hello".to_owned(), "has no private key"),
        ("key", fs::read_to_string(case.path("chain")).unwrap(), "holds"),
    ] {
        let kept = fs::read_to_string(case.path(name)).unwrap();
        case.write(name, &content);
        let checks = case.checks(case.roots(IDENTITY), &[]);
        assert_check(only(&checks, "key"), CheckStatus::Failed, Some(ExitCode::Configuration), words);
        for unknown in ["chain", "trusted"] {
            assert_eq!(only(&checks, unknown).status, CheckStatus::NotChecked);
        }
        case.write(name, &kept);
    }
    fs::remove_file(case.path("key")).unwrap();
    let checks = case.checks(case.roots(IDENTITY), &[]);
    assert_check(only(&checks, "key"), CheckStatus::Failed, Some(ExitCode::Configuration), "cannot read");
}

#[test]
fn a_chain_that_breaks_the_rules_of_signing_is_told() {
    let case = Case::since(FRESH);
    let chain = fs::read_to_string(case.path("chain")).unwrap();
    let leaf = chain.split_inclusive("-----END CERTIFICATE-----").next().unwrap();
    case.write("chain", leaf);
    let checks = case.checks(case.roots(IDENTITY), &[]);
    let chain = only(&checks, "chain");
    assert_check(chain, CheckStatus::Failed, Some(ExitCode::Configuration), "certificate chain cannot be used");
    assert_eq!(chain.code.as_deref(), Some("signing-key"));
    assert_eq!(only(&checks, "trusted").status, CheckStatus::NotChecked);
}

#[test]
fn a_certificate_that_ends_soon_is_a_warning_and_one_that_ended_fails() {
    let case = Case::since("2026-03-15T00:00:00Z");
    let checks = case.checks(case.roots(IDENTITY), &[]);
    assert_check(only(&checks, "expiry"), CheckStatus::Warning, None, "in 11 days");
    assert_eq!(only(&checks, "trusted").status, CheckStatus::Ok);
    let case = Case::since("2026-01-15T00:00:00Z");
    let checks = case.checks(case.roots(IDENTITY), &[]);
    let chain = only(&checks, "chain");
    assert_check(chain, CheckStatus::Failed, Some(ExitCode::Configuration), "");
    assert!(chain.help_text().contains("valid now"), "{chain:?}");
}

#[test]
fn a_key_that_others_can_read_is_told() {
    let case = Case::since(FRESH);
    fs::set_permissions(case.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let checks = case.checks(case.roots(IDENTITY), &[]);
    assert_check(only(&checks, "permissions"), CheckStatus::Warning, None, "");
}

#[test]
fn what_keeps_verify_from_accepting_it_is_named() {
    let (case, other) = (Case::since(FRESH), Case::since(FRESH));
    let rejected = Some(ExitCode::Rejected);
    let checks = case.checks(other.roots("*"), &[]);
    let told = only(&checks, "trusted");
    assert_check(told, CheckStatus::Failed, rejected, "no certificate of the chain is in trust store");
    assert!(told.help_text().contains("--root and --identity"), "{told:?}");
    let checks = case.checks(case.roots("x509.subject: C=US, ST=WA, O=Acme"), &[]);
    assert_check(only(&checks, "trusted"), CheckStatus::Failed, rejected, "none of the trusted identities");
    // Nobody named notation's folder, which may be for others.
    let folder = case.policy(&[statement("one", "*", "strict", "x509.subject: C=US, ST=WA, O=Acme")]);
    let checks = case.checks(Ok(TrustSource::Folder(folder.clone())), &[]);
    let told = only(&checks, "trusted");
    assert_check(told, CheckStatus::Warning, None, "statement one: ");
    assert!(told.help_text().contains("sealgate trust show"), "{told:?}");
    let files = TrustSource::Files {
        policy: Setting::default(folder.join("trustpolicy.json")),
        trust_store: Setting::default(folder.join("truststore")),
    };
    let checks = case.checks(Ok(files), &[]);
    assert_check(only(&checks, "trusted"), CheckStatus::Failed, rejected, "statement one: ");
}

#[test]
fn the_statement_for_the_image_decides() {
    let case = Case::since(FRESH);
    let folder = case.policy(&[
        statement("good", "registry.example/good", "strict", IDENTITY),
        statement("audit", "registry.example/audit", "audit", "x509.subject: C=US, ST=WA, O=Acme"),
        statement("bad", "registry.example/bad", "strict", "x509.subject: C=US, ST=WA, O=Acme"),
        statement("skip", "registry.example/skip", "skip", ""),
    ]);
    let of = |repository: &str| {
        let checks = case.checks(Ok(TrustSource::Folder(folder.clone())), &[repository]);
        let told = only(&checks, "trusted");
        (told.status, told.fact.clone())
    };
    for (repository, status, words) in [
        ("registry.example/good", CheckStatus::Ok, "for registry.example/good, by statement good"),
        ("registry.example/audit", CheckStatus::Ok, "with warnings, by statement audit"),
        (
            "registry.example/bad",
            CheckStatus::Warning,
            "rejects what it signs for registry.example/bad, by statement bad",
        ),
        ("registry.example/skip", CheckStatus::Note, "level skip"),
        ("registry.example/none", CheckStatus::NotChecked, "no statement applies"),
    ] {
        let (found, fact) = of(repository);
        assert_eq!(found, status, "{repository}: {fact}");
        assert!(fact.contains(words), "{repository}: {fact}");
    }
    let checks = case.checks(Ok(TrustSource::Folder(folder)), &[]);
    assert_check(only(&checks, "trusted"), CheckStatus::Ok, None, "by statement good");
}

#[test]
fn without_trust_the_key_is_checked_all_the_same() {
    let case = Case::since(FRESH);
    for trust in [Ok(TrustSource::Folder(case.path("none"))), Err(NoTrust::Setting)] {
        let checks = case.checks(trust, &[]);
        assert_eq!(only(&checks, "trusted").status, CheckStatus::NotChecked);
        assert_eq!(only(&checks, "chain").status, CheckStatus::Ok);
    }
}

#[test]
fn a_subject_that_no_identity_can_name_is_told() {
    let case = Case::since(FRESH);
    let made = |change: &dyn Fn(&mut Subject)| {
        let since = FRESH.parse().unwrap();
        let (mut params, key) =
            (key_generate::leaf_params("acme", since), key_algorithm::generate(KeySpec::Ec256).unwrap());
        let (authority, authority_key) =
            (key_generate::anchor_params("acme", since), key_algorithm::generate(KeySpec::Ec256).unwrap());
        change(&mut params.distinguished_name);
        let root = authority.self_signed(&authority_key).unwrap().pem();
        let leaf = params.signed_by(&key, &rcgen::Issuer::from_params(&authority, &authority_key)).unwrap().pem();
        case.write("key", &key.serialize_pem());
        case.write("chain", &format!("{leaf}{root}"));
        case.write("root", &root);
        let checks = case.checks(case.roots("*"), &[]);
        assert_eq!(only(&checks, "trusted").status, CheckStatus::Ok, "{checks:?}");
        only(&checks, "identity").clone()
    };
    assert_check(&made(&|_| {}), CheckStatus::Ok, None, "x509.subject: ");
    let without = |kind: DnType| {
        move |subject: &mut Subject| {
            subject.remove(kind.clone());
        }
    };
    assert_check(
        &made(&without(DnType::OrganizationName)),
        CheckStatus::Warning,
        None,
        "no x509.subject identity can name",
    );
    assert_check(&made(&without(DnType::CountryName)), CheckStatus::Warning, None, "\"C\"");
    let domain = DnType::CustomDnType(vec![0, 9, 2342, 19200300, 100, 1, 25]);
    let with = |subject: &mut Subject| subject.push(domain.clone(), "example");
    assert_check(&made(&with), CheckStatus::Warning, None, "=#");
}
