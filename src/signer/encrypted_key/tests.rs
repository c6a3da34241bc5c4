//! One key, encrypted by OpenSSL in each form that it writes (`tests/vectors/keys/README.md`).

use pkcs5::pbes2::Pbkdf2Params;

use super::*;
use crate::signer::key_file::{self, KeyDer, NoKey};

const PASSWORD: &[u8] = "päss wörd".as_bytes();

const PLAIN: &[u8] = include_bytes!("../../../tests/vectors/keys/encrypted/plain.der");

macro_rules! vector {
    ($name:literal) => {
        encrypted(include_bytes!(concat!("../../../tests/vectors/keys/encrypted/", $name, ".pem")))
    };
}

fn encrypted(pem: &[u8]) -> Vec<u8> {
    match key_file::private_key(pem) {
        Ok(KeyDer::Encrypted(der)) => der.to_vec(),
        _ => panic!("{}", String::from_utf8_lossy(pem)),
    }
}

#[test]
fn what_openssl_encrypts_is_decrypted() {
    for (name, der) in [
        ("AES-128, SHA-1", vector!("aes-128-cbc-hmacWithSHA1")),
        ("AES-192, SHA-384", vector!("aes-192-cbc-hmacWithSHA384")),
        ("AES-256, SHA-256", vector!("aes-256-cbc-hmacWithSHA256")),
        ("AES-256, SHA-512", vector!("aes-256-cbc-hmacWithSHA512")),
        ("1 round", vector!("rounds-1")),
        ("600,000 rounds", vector!("rounds-600000")),
    ] {
        assert_eq!(decrypt(&der, PASSWORD).map(|plain| plain.to_vec()), Ok(PLAIN.to_vec()), "{name}");
        assert_eq!(check_form(&der), Ok(()), "{name}");
    }
}

#[test]
fn another_password_never_opens_a_key() {
    let der = vector!("rounds-1");
    for other in ["", "päss wörd ", "pass word", "x"] {
        // One in 256 wrong keys ends in what passes for padding: what comes out then is no key.
        match decrypt(&der, other.as_bytes()) {
            Ok(text) => assert_ne!(text.as_slice(), PLAIN),
            Err(error) => assert_eq!(error, Undecrypted::Password, "{other}"),
        }
    }
}

#[test]
fn a_form_that_is_not_read_is_named() {
    let named = |der: &[u8]| {
        let Err(Undecrypted::Form(form)) = check_form(der) else { panic!("{:?}", check_form(der)) };
        assert_eq!(decrypt(der, PASSWORD).map(drop), Err(Undecrypted::Form(form.clone())));
        form.to_string()
    };
    for (der, text) in [
        (vector!("scrypt"), "scrypt"),
        (vector!("des3"), "the algorithm 1.2.840.113549.3.7"),
        (vector!("camellia"), "the algorithm 1.2.392.200011.61.1.1.1.4"),
        (vector!("aes-256-cbc-hmacWithSHA224"), "the algorithm 1.2.840.113549.2.8"),
        (vector!("pbes1-md5-des"), "an older scheme than PBES2 (1.2.840.113549.1.5.3)"),
        (vector!("pbes1-sha1-3des"), "an older scheme than PBES2 (1.2.840.113549.1.12.1.3)"),
    ] {
        assert_eq!(named(&der), text);
    }
    let headers = include_bytes!("../../../tests/vectors/keys/encrypted/pem-headers.pem");
    assert!(matches!(key_file::private_key(headers), Err(NoKey::PemHeaders)));
}

#[test]
fn rounds_that_would_take_minutes_are_not_computed() {
    let check = |iteration_count, key_length| {
        let salt = b"salt".as_slice().try_into().unwrap();
        let kdf = Pbkdf2Params { salt, iteration_count, key_length, prf: Pbkdf2Prf::HmacWithSha256 }.into();
        let encryption = pbes2::EncryptionScheme::Aes256Cbc { iv: [0; 16] };
        Recipe::of(&pbes2::Parameters { kdf, encryption }).map(drop)
    };
    for (rounds, key_length) in [(1, None), (10_000_000, None), (2048, Some(32))] {
        assert_eq!(check(rounds, key_length), Ok(()));
    }
    assert_eq!(check(10_000_001, None), Err(Undecrypted::Form(EncryptedForm::Rounds(10_000_001))));
    for (rounds, key_length) in [(0, None), (2048, Some(16))] {
        assert_eq!(check(rounds, key_length), Err(Undecrypted::Malformed));
    }
}

#[test]
fn damaged_bytes_are_named_as_that() {
    let der = vector!("rounds-1");
    for length in 0..der.len() {
        assert_eq!(decrypt(&der[..length], PASSWORD).map(drop), Err(Undecrypted::Malformed), "{length}");
    }
    assert_eq!(decrypt(&[der.as_slice(), b"x"].concat(), PASSWORD).map(drop), Err(Undecrypted::Malformed));
    assert_eq!(check_form(&[0x30, 2, 4, 0]), Err(Undecrypted::Malformed));
}
