//! Keys, chains and roots in the forms in which people have them, and until when what they sign is accepted.

use std::fs;

use crate::aws_scene::{layout, report, says};
use crate::sealgate::Sandbox;

const IMAGE: &str = "oci-layout:app:v1";

/// A key with its chain in `k`, and an image.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "acme"]).exits(0);
    layout(&sandbox.path("app"), &["v1"]);
    sandbox
}

fn utf16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn key_and_chain_in_one_file_sign_and_a_root_in_utf16_verifies() {
    let sandbox = sandbox();
    let both = format!("{}{}", sandbox.read("k/acme.key"), sandbox.read("k/acme.crt"));
    let root = utf16(&sandbox.read("k/acme-ca.crt"));
    fs::write(sandbox.path("root"), root).unwrap();
    for bytes in [both.clone().into_bytes(), utf16(&both), both.trim_end().replace('\n', "\\n").into_bytes()] {
        fs::write(sandbox.path("both"), bytes).unwrap();
        sandbox.sealgate(&["sign", "--force", "--key", "both", "--certificate-chain", "both", IMAGE]).exits(0);
    }
    sandbox.sealgate(&["verify", "--root", "root", "--identity", "*", IMAGE]).exits(0);
}

#[test]
fn what_is_no_key_is_named_with_the_command_that_helps() {
    let sandbox = sandbox();
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/keys/");
    for (file, words) in [
        ("aes.p12", ["holds a PKCS#12 file, expected a private key", "openssl pkcs12 -in FILE -nodes"]),
        ("old.p12", ["encrypted with RC2 or 3DES", "openssl pkcs12 -legacy -in FILE -nodes"]),
        ("encrypted.der", ["is encrypted, and no password is given", "--key-password-file FILE"]),
        ("encrypted/scrypt.pem", ["is encrypted with scrypt", "openssl pkcs8 -topk8 -v2 aes-256-cbc"]),
        ("encrypted/pem-headers.pem", ["is encrypted with OpenSSL's older form", "openssl pkcs8 -topk8"]),
        ("chain.p7b", ["a PKCS#7 file", "--key FILE"]),
    ] {
        let key = format!("{keys}{file}");
        let refused = sandbox.sealgate(&["sign", "--key", &key, "--certificate-chain", "k/acme.crt", IMAGE]).exits(3);
        says(&refused.stderr, &words);
    }
    let chain = format!("{keys}chain.p7b");
    let refused = sandbox.sealgate(&["sign", "--key", "k/acme.key", "--certificate-chain", &chain, IMAGE]).exits(3);
    says(&refused.stderr, &["a PKCS#7 file, expected a certificate chain", "openssl pkcs7 -in FILE -print_certs"]);
    let swapped = ["sign", "--key", "k/acme.crt", "--certificate-chain", "k/acme.key", IMAGE];
    says(&sandbox.sealgate(&swapped).exits(3).stderr, &["holds a certificate, expected a private key"]);
}

#[test]
fn an_encrypted_key_and_a_key_in_a_variable_sign() {
    let sandbox = sandbox();
    // As OpenSSL encrypts it: the forms themselves are tried beside the code that reads them.
    let plain = sandbox.path("k/acme.key");
    let encrypted = sandbox.path("encrypted.key");
    let made = std::process::Command::new("openssl")
        .args(["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:two words", "-in"])
        .args([&plain, std::path::Path::new("-out"), &encrypted])
        .status();
    assert!(made.unwrap().success());
    fs::write(sandbox.path("password"), "two words\n").unwrap();
    let sign =
        |key: &str| ["sign", "--force", "--key", key, "--certificate-chain", "k/acme.crt", IMAGE].map(str::to_owned);
    let with = |words: &[String], more: &[&str]| {
        let words: Vec<_> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        sandbox.sealgate(&words)
    };
    let file = sign("encrypted.key");
    with(&file, &["--key-password-file", "password"]).exits(0);
    with(&file, &[]).env("SEALGATE_KEY_PASSWORD", "two words").exits(0);
    let refused = with(&file, &[]).env("SEALGATE_KEY_PASSWORD", "geheim").exits(3);
    says(&refused.stderr, &["with the password of SEALGATE_KEY_PASSWORD", "the variable SEALGATE_KEY_PASSWORD"]);
    assert!(!refused.stderr.contains("geheim"));
    let both = with(&file, &["--key-password-file", "password"]).env("SEALGATE_KEY_PASSWORD", "two words").exits(2);
    says(&both.stderr, &["cannot be used together with --key-password-file"]);

    let variable = sign("env:RELEASE_KEY");
    let text = fs::read_to_string(&encrypted).unwrap();
    let run = |content: &str| with(&variable, &["--key-password-file", "password"]).env("RELEASE_KEY", content);
    says(&run(&text).exits(0).stdout, &["local key env:RELEASE_KEY"]);
    // GitLab masks a value only if it is one line.
    let line = std::process::Command::new("base64").args(["-w0"]).arg(&encrypted).output().unwrap().stdout;
    says(&run(std::str::from_utf8(&line).unwrap()).exits(0).stdout, &["local key env:RELEASE_KEY"]);
    // A variable of the type `file` holds a path.
    let path = run(encrypted.to_str().unwrap()).exits(3);
    says(&path.stderr, &["env:RELEASE_KEY", "holds a path"]);
    for empty in ["", "\n"] {
        says(&run(empty).exits(2).stderr, &["environment variable RELEASE_KEY is not set", "pull request from a fork"]);
    }
    // The key itself where its name belongs is never shown.
    let wrong = sign(&sandbox.read("k/acme.key"));
    let refused = with(&wrong, &[]).exits(2);
    says(&refused.stderr, &["a private key is not expected here", "--key env:NAME"]);
    assert!(!refused.stderr.contains("BEGIN"));
    sandbox.sealgate(&["verify", "--root", "k/acme-ca.crt", "--identity", "*", IMAGE]).exits(0);
}

#[test]
fn a_signature_ends_with_its_certificate_and_both_commands_say_so() {
    let sandbox = sandbox();
    let sign = ["sign", "--key", "k/acme.key", "--certificate-chain", "k/acme.crt", IMAGE];
    let longer = sandbox.sealgate(&[&sign[..], &["--expiry", "365d"]].concat()).exits(0);
    says(&longer.stdout, &["until ", "(a certificate expires)", "as --expiry asks"]);
    let verify = ["verify", "--root", "k/acme-ca.crt", "--identity", "*", IMAGE];
    let short = sandbox.sealgate(&verify).exits(0).stdout;
    says(&short, &["✓ verified ", "  signed by C", " s ago (signer says), until ", " (a certificate expires)"]);
    assert_eq!(short.lines().count(), 1, "{short}");
    let tree = [&verify[..], &["--verbose"]].concat();
    says(&sandbox.sealgate(&tree).exits(0).stdout, &["expires at: ", "accepted until: "]);
    // Where the signature itself ends first, that is what is said.
    let shorter = sandbox.sealgate(&[&sign[..], &["--force", "--expiry", "1h", "--format", "json"]].concat()).exits(0);
    let signed = report(&shorter)["artifacts"][0]["signed"].clone();
    assert!(signed["accepted_until"].is_string() && signed["accepted_until"] == signed["expiry"], "{signed:#}");
    assert_eq!(report(&shorter)["warnings"].as_array().map(Vec::len), Some(0));
    let again = sandbox.sealgate(&[&sign[..], &["--force", "--expiry", "1h"]].concat()).exits(0).stdout;
    assert!(again.contains(", until 20") && !again.contains("a certificate"), "{again}");
}

#[test]
fn a_zero_that_comes_of_an_empty_variable_is_no_expiry() {
    let sandbox = sandbox();
    let sign = ["sign", "--key", "k/acme.key", "--certificate-chain", "k/acme.crt", IMAGE];
    for zero in ["0s", "0h", "0d"] {
        let refused = sandbox.sealgate(&[&sign[..], &["--expiry", zero]].concat()).exits(2);
        says(
            &refused.stderr,
            &[&format!("got `{zero}`, with which it would never expire"), "--expiry 90d", "--expiry 0"],
        );
    }
    let refused = sandbox.sealgate(&sign).env("SEALGATE_EXPIRY", "0").exits(3);
    says(&refused.stderr, &["SEALGATE_EXPIRY: expected how long"]);
    sandbox.sealgate(&[&sign[..], &["--expiry", "0"]].concat()).exits(0);
    sandbox.sealgate(&sign).env("SEALGATE_EXPIRY", "").exits(0);
}
