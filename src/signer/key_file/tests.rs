//! Each form in which people have keys and chains, made by OpenSSL where it is no PEM.

use super::*;
use crate::command::key_algorithm::generate;
use notary::algorithm::KeySpec;
use rcgen::{CertificateParams, KeyPair};

/// A key and a certificate of it, in PEM.
fn pair() -> (KeyPair, String) {
    let pair = generate(KeySpec::Ec256).unwrap();
    let certificate = CertificateParams::default().self_signed(&pair).unwrap().pem();
    (pair, certificate)
}

fn block(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// The key that was found, if it is the one in PKCS#8.
#[track_caller]
fn is_key(text: &[u8], expected: &KeyPair) {
    match private_key(text) {
        Ok(KeyDer::Pkcs8(der) | KeyDer::Unnamed(der)) => assert_eq!(der.as_slice(), expected.serialized_der()),
        Ok(_) => panic!("another type"),
        Err(none) => panic!("{none:?}: {}", String::from_utf8_lossy(text)),
    }
}

#[test]
fn a_key_is_read_in_every_form_that_holds_it() {
    let (pair, certificate) = pair();
    let (pem, der) = (pair.serialize_pem(), pair.serialized_der());
    let written_out = pem.trim_end().replace('\n', "\\n");
    for text in [
        pem.clone(),
        pem.replace('\n', "\r\n"),
        pem.replace('\n', ""),
        pem.replace('\n', " "),
        written_out.clone(),
        pem.trim_end().replace('\n', "\\r\\n"),
        format!("{certificate}{pem}"),
        format!("{pem}{certificate}"),
        format!("Bag Attributes\n    friendlyName: x\n{pem}"),
        // What is broken behind a key is no matter of the key.
        format!("{pem}-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
        STANDARD.encode(&pem),
        STANDARD.encode(der),
        format!("{}\n", STANDARD.encode(der)),
        STANDARD
            .encode(&pem)
            .as_bytes()
            .chunks(64)
            .map(|line| format!("{}\n", String::from_utf8_lossy(line)))
            .collect(),
    ] {
        is_key(text.as_bytes(), &pair);
    }
    is_key(der, &pair);
}

#[test]
fn certificates_are_read_beside_a_key_and_in_every_form() {
    let (pair, one) = pair();
    let (_, two) = self::pair();
    let found = |text: &[u8]| certificates(text).map(|found| found.len()).map_err(|(error, form)| (error.code(), form));
    let key = pair.serialize_pem();
    let parameters = block("EC PARAMETERS", &[6, 5, 43, 129, 4, 0, 34]);
    for (text, expected) in [
        (one.clone(), 1),
        (format!("{one}{two}"), 2),
        (format!("{key}{one}{two}"), 2),
        (format!("{one}{key}{two}"), 2),
        (format!("{parameters}{key}{one}"), 1),
        (format!("{one}{two}").replace('\n', ""), 2),
        (format!("{one}{two}").trim_end().replace('\n', "\\n"), 2),
        (STANDARD.encode(format!("{one}{two}")), 2),
    ] {
        assert_eq!(found(text.as_bytes()), Ok(expected), "{text}");
    }
    let der = certificates(one.as_bytes()).unwrap().remove(0).der().to_vec();
    assert_eq!((found(&der), found(STANDARD.encode(&der).as_bytes())), (Ok(1), Ok(1)));
    // A certificate that is broken is never passed over.
    let broken = format!("{one}-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n{key}");
    assert_eq!(found(broken.as_bytes()).unwrap_err().1, None);
    assert_eq!(found(format!("{key}{}", block("CERTIFICATE", b"x")).as_bytes()).unwrap_err().1, None);
    assert_eq!(found(&[der.as_slice(), b"x"].concat()).unwrap_err().1, None);
}

#[test]
fn what_is_no_key_is_named_for_what_it_is() {
    let (pair, certificate) = pair();
    let request = CertificateParams::default().serialize_request(&pair).unwrap();
    let certificate_der = certificates(certificate.as_bytes()).unwrap().remove(0).der().to_vec();
    let public_pem = pair.public_key_pem();
    let base64: String = public_pem.lines().filter(|line| !line.starts_with('-')).collect();
    let public_der = STANDARD.decode(base64).unwrap();
    let of_openssl = |name: &str| {
        let file = match name {
            "aes" => &include_bytes!("../../../tests/vectors/keys/aes.p12")[..],
            "old" => &include_bytes!("../../../tests/vectors/keys/old.p12")[..],
            _ => &include_bytes!("../../../tests/vectors/keys/chain.p7b")[..],
        };
        file.to_vec()
    };
    for (file, form) in [
        (request.pem().unwrap().into_bytes(), Form::CertificateRequest),
        (request.der().to_vec(), Form::CertificateRequest),
        (request.pem().unwrap().replace("CERTIFICATE", "NEW CERTIFICATE").into_bytes(), Form::CertificateRequest),
        (pair.public_key_pem().into_bytes(), Form::PublicKey),
        (public_der, Form::PublicKey),
        (b"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= me@host\n".to_vec(), Form::PublicKey),
        (b"ssh-rsa AAAA me@host".to_vec(), Form::PublicKey),
        (b"PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\n".to_vec(), Form::PuttyKey),
        (block("OPENSSH PRIVATE KEY", b"openssh-key-v1\0").into_bytes(), Form::OpenSshKey),
        (certificate.clone().into_bytes(), Form::Certificate),
        (certificate_der, Form::Certificate),
        (block("PKCS7", b"x").into_bytes(), Form::Pkcs7),
        (of_openssl("pkcs7"), Form::Pkcs7),
        (of_openssl("aes"), Form::Pkcs12 { old: false }),
        (STANDARD.encode(of_openssl("aes")).into_bytes(), Form::Pkcs12 { old: false }),
        (of_openssl("old"), Form::Pkcs12 { old: true }),
        // Beside a certificate, what is more telling is told.
        (format!("{certificate}{}", pair.public_key_pem()).into_bytes(), Form::PublicKey),
    ] {
        let found = private_key(&file).map(drop);
        assert_eq!(found, Err(NoKey::Other(form)), "{}", String::from_utf8_lossy(&file));
        let as_chain = certificates(&file).map_err(|(_, form)| form).map(drop);
        let expected = match form {
            Form::Certificate => Ok(()),
            _ if file.starts_with(certificate.as_bytes()) => Err(Some(Form::PublicKey)),
            _ => Err(Some(form)),
        };
        assert_eq!(as_chain, expected, "{}", String::from_utf8_lossy(&file));
    }
    for text in ["", "hello", "0", "-----BEGIN PRIVATE KEY-----\nAAAA\n", "MAA=", "-----BEGIN -----"] {
        assert_eq!(private_key(text.as_bytes()).map(drop), Err(NoKey::Nothing), "{text}");
    }
}

#[test]
fn an_encrypted_key_is_told_from_one_that_is_not_and_is_no_chain() {
    let der = include_bytes!("../../../tests/vectors/keys/encrypted.der");
    for text in [der.to_vec(), STANDARD.encode(der).into_bytes(), block("ENCRYPTED PRIVATE KEY", der).into_bytes()] {
        let found = private_key(&text);
        assert!(matches!(found, Ok(KeyDer::Encrypted(found)) if found.as_slice() == der));
        assert_eq!(certificates(&text).unwrap_err().1, Some(Form::EncryptedKey));
    }
    let old_form = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    assert!(matches!(private_key(old_form.as_bytes()), Err(NoKey::PemHeaders)));
}

#[test]
fn der_of_any_length_is_read_to_its_end_or_not_at_all() {
    assert_eq!(tlv(&[0x30, 0]), Some((0x30, &[][..], &[][..])));
    assert_eq!(tlv(&[0x30, 0x81, 1, 7, 8]), Some((0x30, &[7][..], &[8][..])));
    for broken in [
        &[][..],
        &[0x30],
        &[0x30, 1],
        &[0x30, 0x82, 0],
        &[0x30, 0x85, 0, 0, 0, 0, 0],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert_eq!(tlv(broken), None, "{broken:x?}");
    }
}
