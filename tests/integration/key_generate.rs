//! `key generate`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

use crate::aws_scene::layout;
use crate::sealgate::Sandbox;

/// The files in a folder.
fn names(sandbox: &Sandbox, folder: &str) -> BTreeSet<String> {
    fs::read_dir(sandbox.path(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_key_its_chain_and_its_anchor_are_written_and_shown() {
    let sandbox = Sandbox::new();
    let answer = sandbox.sealgate(&["key", "generate", "--out", "keys", "--name", "dev"]).exits(0);
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[TIME]");
    let _bound = settings.bind_to_scope();
    insta::assert_snapshot!(answer.stdout, @"
    ✓ made a development key (ec-p256)
    private key       keys/dev.key  (keep it secret)
    certificate chain keys/dev.crt
    trust anchor      keys/dev-ca.crt
    identity          x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=dev
    valid             [TIME] to [TIME]
    ! for development only: no authority vouches for it, and it cannot be revoked
    To sign and verify with it:
      sealgate sign --key keys/dev.key --certificate-chain keys/dev.crt -- IMAGE
      sealgate verify --root keys/dev-ca.crt --identity 'x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=dev' -- IMAGE
    ");
    assert_eq!(names(&sandbox, "keys"), ["dev-ca.crt", "dev.crt", "dev.key"].map(str::to_owned).into());
    let mode = |name: &str| fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("keys"), mode("keys/dev.key"), mode("keys/dev.crt")], [0o700, 0o600, 0o644]);
}

#[test]
fn nothing_is_overwritten_without_force() {
    let sandbox = Sandbox::new();
    let words = ["key", "generate", "--out", "keys", "--name", "dev"];
    for there in ["keys/dev.key", "keys/dev.crt", "keys/dev-ca.crt"] {
        sandbox.write(there, "mine");
        let answer = sandbox.sealgate(&words).exits(3);
        assert!(
            answer.stderr.starts_with(&format!("error[file-exists]: {there} already exists\n")),
            "{}",
            answer.stderr
        );
        assert_eq!((sandbox.read(there).as_str(), names(&sandbox, "keys").len()), ("mine", 1));
        fs::remove_file(sandbox.path(there)).unwrap();
    }
    sandbox.sealgate(&words).exits(0);
    let before = sandbox.read("keys/dev.key");
    sandbox.sealgate(&words).exits(3);
    assert_eq!(sandbox.read("keys/dev.key"), before);
    sandbox.sealgate(&[&words[..], &["--force"]].concat()).exits(0);
    assert_ne!(sandbox.read("keys/dev.key"), before);
    assert_eq!(names(&sandbox, "keys").len(), 3);
}

#[test]
fn a_name_or_algorithm_that_does_not_fit_is_an_error_of_usage() {
    let sandbox = Sandbox::new();
    for name in ["", "../x", "a b", ".x", "ü"] {
        let answer = sandbox.sealgate(&["key", "generate", "--out", "keys", "--name", name]).exits(2);
        assert!(answer.stderr.starts_with("error[usage]: "), "{name}: {}", answer.stderr);
    }
    sandbox.sealgate(&["key", "generate", "--out", "keys", "--name", "x", "--algorithm", "ed25519"]).exits(2);
    assert!(!sandbox.path("keys").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");
    let answer = sandbox.sealgate(&["key", "generate", "--out", "file/keys", "--name", "x"]).exits(3);
    assert!(answer.stderr.starts_with("error[file]: cannot write file/keys\n"), "{}", answer.stderr);
}

#[test]
fn openssl_accepts_the_chain_and_the_key_of_each_kind_and_what_it_signs_verifies() {
    let sandbox = Sandbox::new();
    layout(&sandbox.path("app"), &["v1"]);
    for algorithm in ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096"] {
        let words =
            ["key", "generate", "--out", "k", "--name", algorithm, "--algorithm", algorithm, "--format", "json"];
        let report: Value = serde_json::from_str(&sandbox.sealgate(&words).exits(0).stdout).unwrap();
        assert_eq!(report["key"]["algorithm"], algorithm);
        let openssl = |words: &[&str]| {
            let output = Command::new("openssl").args(words).current_dir(sandbox.path("k")).output().unwrap();
            assert!(output.status.success(), "{algorithm}: {output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let [key, chain, anchor] = [".key", ".crt", "-ca.crt"].map(|end| format!("{algorithm}{end}"));
        openssl(&["verify", "-x509_strict", "-CAfile", &anchor, &chain]);
        let of_key = openssl(&["pkey", "-in", &key, "-pubout"]);
        assert_eq!(openssl(&["x509", "-in", &chain, "-noout", "-pubkey"]), of_key, "{algorithm}");
        let [key, chain, anchor] = [key, chain, anchor].map(|name| format!("k/{name}"));
        let image = "oci-layout:app:v1";
        sandbox.sealgate(&["sign", "--key", &key, "--certificate-chain", &chain, "--", image]).exits(0);
        let identity = report["key"]["identity"].as_str().unwrap();
        sandbox.sealgate(&["verify", "--root", &anchor, "--identity", identity, "--", image]).exits(0);
    }
}
