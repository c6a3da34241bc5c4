//! Single certificates: what is read from them, and what is not a certificate.

use std::collections::BTreeSet;

use ::der::{Decode as _, Encode as _};
use const_oid::db::rfc5280;

use super::*;
use crate::algorithm::KeySpec;
use crate::digest::DigestAlgorithm;
use crate::limits;

type Expected = fn(&CertificateError) -> bool;

/// Every `malformed-…` file and why it does not parse.
#[rustfmt::skip]
const MALFORMED: &[(&str, Expected)] = {
    use CertificateError as E;
    &[
        ("malformed-trailing-byte", |e| matches!(e, E::TrailingBytes)),
        ("malformed-truncated", |e| matches!(e, E::Malformed { part: "certificate" })),
        ("malformed-tbs-trailing", |e| matches!(e, E::Malformed { part: "tbsCertificate" })),
        ("malformed-version-1-extensions", |e| matches!(e, E::Malformed { part: "tbsCertificate" })),
        ("malformed-version-2-extensions", |e| matches!(e, E::Malformed { part: "tbsCertificate" })),
        ("malformed-version-4", |e| matches!(e, E::Malformed { part: "version" })),
        ("malformed-serial-negative", |e| matches!(e, E::Malformed { part: "serialNumber" })),
        ("malformed-serial-padded", |e| matches!(e, E::Malformed { part: "serialNumber" })),
        ("malformed-algorithm-differs", |e| matches!(e, E::SignatureAlgorithmDiffers)),
        ("malformed-algorithm-differs-in-null", |e| matches!(e, E::SignatureAlgorithmDiffers)),
        ("malformed-date-month", |e| matches!(e, E::Malformed { part: "validity" })),
        ("malformed-date-offset", |e| matches!(e, E::Malformed { part: "validity" })),
        ("malformed-date-minutes", |e| matches!(e, E::Malformed { part: "validity" })),
        ("malformed-name-utf8", |e| matches!(e, E::Malformed { part: "issuer" })),
        ("malformed-name-printable", |e| matches!(e, E::Malformed { part: "issuer" })),
        ("malformed-name-ia5", |e| matches!(e, E::Malformed { part: "issuer" })),
        ("malformed-name-numeric", |e| matches!(e, E::Malformed { part: "issuer" })),
        ("malformed-name-bmp-odd", |e| matches!(e, E::Malformed { part: "issuer" })),
        ("malformed-name-bmp-surrogate", |e| matches!(e, E::Malformed { part: "issuer" })),
        ("malformed-name-bmp-reserved", |e| matches!(e, E::Malformed { part: "issuer" })),
        ("malformed-duplicate-extension", |e| matches!(e, E::DuplicateExtension { oid } if *oid == Oid(rfc5280::ID_CE_KEY_USAGE))),
        ("malformed-duplicate-unknown-extension", |e| matches!(e, E::DuplicateExtension { .. })),
        ("malformed-basic-constraints-not-a-sequence", |e| matches!(e, E::Extension { name: "basicConstraints" })),
        ("malformed-basic-constraints-trailing", |e| matches!(e, E::Extension { name: "basicConstraints" })),
        ("malformed-basic-constraints-bad-boolean", |e| matches!(e, E::Extension { name: "basicConstraints" })),
        ("malformed-basic-constraints-negative", |e| matches!(e, E::Extension { name: "basicConstraints" })),
        ("malformed-basic-constraints-extra-field", |e| matches!(e, E::Extension { name: "basicConstraints" })),
        ("malformed-key-usage", |e| matches!(e, E::Extension { name: "keyUsage" })),
        ("malformed-key-usage-trailing", |e| matches!(e, E::Extension { name: "keyUsage" })),
        ("malformed-extended-key-usage", |e| matches!(e, E::Extension { name: "extKeyUsage" })),
        ("malformed-extended-key-usage-empty", |e| matches!(e, E::Extension { name: "extKeyUsage" })),
        ("malformed-authority-info-access", |e| matches!(e, E::Extension { name: "authorityInfoAccess" })),
        ("malformed-authority-info-access-trailing", |e| matches!(e, E::Extension { name: "authorityInfoAccess" })),
        ("malformed-distribution-points", |e| matches!(e, E::Extension { name: "cRLDistributionPoints" })),
        ("malformed-distribution-points-choice", |e| matches!(e, E::Extension { name: "cRLDistributionPoints" })),
        ("malformed-freshest-crl", |e| matches!(e, E::Extension { name: "freshestCRL" })),
        ("malformed-critical-authority-key-identifier", |e| matches!(e, E::Extension { name: "authorityKeyIdentifier" })),
        ("malformed-critical-information-access", |e| matches!(e, E::Extension { name: "authorityInfoAccess" })),
        ("malformed-critical-subject-key-identifier", |e| matches!(e, E::Extension { name: "subjectKeyIdentifier" })),
        ("malformed-extension-arc-of-32-bits", |e| matches!(e, E::Malformed { part: "extensions" })),
        ("malformed-key-usage-unused-bit", |e| matches!(e, E::Extension { name: "keyUsage" })),
        ("malformed-key-usage-unused-count", |e| matches!(e, E::Extension { name: "keyUsage" })),
        ("malformed-key-usage-unused-low-bits", |e| matches!(e, E::Extension { name: "keyUsage" })),
        ("malformed-key-usage-unused-of-nothing", |e| matches!(e, E::Extension { name: "keyUsage" })),
        ("malformed-key-usage-unused-second-byte", |e| matches!(e, E::Extension { name: "keyUsage" })),
        ("malformed-key-usage-unused-without-a-count", |e| matches!(e, E::Extension { name: "keyUsage" })),
        ("malformed-name-no-text-bit-string-of-other-type", |e| matches!(e, E::Malformed { part: "subject" })),
        ("malformed-name-no-text-bit-string", |e| matches!(e, E::Malformed { part: "subject" })),
        ("malformed-name-no-text-general-string", |e| matches!(e, E::Malformed { part: "subject" })),
        ("malformed-name-no-text-integer", |e| matches!(e, E::Malformed { part: "subject" })),
        ("malformed-name-no-text-null", |e| matches!(e, E::Malformed { part: "subject" })),
        ("malformed-name-no-text-octet-string", |e| matches!(e, E::Malformed { part: "subject" })),
        ("malformed-name-no-text-sequence", |e| matches!(e, E::Malformed { part: "subject" })),
        ("malformed-name-no-text-universal-string", |e| matches!(e, E::Malformed { part: "subject" })),
        ("malformed-name-no-text-visible-string", |e| matches!(e, E::Malformed { part: "subject" })),
        ("malformed-signature-unused-bits", |e| matches!(e, E::Malformed { part: "signatureValue" })),
        ("malformed-unread-authority-key-identifier-cut", |e| matches!(e, E::Extension { name: "authorityKeyIdentifier" })),
        ("malformed-unread-authority-key-identifier-nothing", |e| matches!(e, E::Extension { name: "authorityKeyIdentifier" })),
        ("malformed-unread-authority-key-identifier", |e| matches!(e, E::Extension { name: "authorityKeyIdentifier" })),
        ("malformed-unread-inhibit-any-policy-empty", |e| matches!(e, E::Extension { name: "inhibitAnyPolicy" })),
        ("malformed-unread-inhibit-any-policy", |e| matches!(e, E::Extension { name: "inhibitAnyPolicy" })),
        ("malformed-unread-name-constraints-address", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-bare", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-dot", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-email", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-empty", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-final-dot", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-label", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-mask-bits", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-mask", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-order", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-space", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-uri-address", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints-uri", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-name-constraints", |e| matches!(e, E::Extension { name: "nameConstraints" })),
        ("malformed-unread-policies-bare", |e| matches!(e, E::Extension { name: "certificatePolicies" })),
        ("malformed-unread-policies-identifier-cut", |e| matches!(e, E::Extension { name: "certificatePolicies" })),
        ("malformed-unread-policies-identifier-empty", |e| matches!(e, E::Extension { name: "certificatePolicies" })),
        ("malformed-unread-policies-identifier-padded", |e| matches!(e, E::Extension { name: "certificatePolicies" })),
        ("malformed-unread-policies-no-identifier", |e| matches!(e, E::Extension { name: "certificatePolicies" })),
        ("malformed-unread-policies-twice", |e| matches!(e, E::Extension { name: "certificatePolicies" })),
        ("malformed-unread-policies", |e| matches!(e, E::Extension { name: "certificatePolicies" })),
        ("malformed-unread-policy-constraints-large", |e| matches!(e, E::Extension { name: "policyConstraints" })),
        ("malformed-unread-policy-constraints-padded", |e| matches!(e, E::Extension { name: "policyConstraints" })),
        ("malformed-unread-policy-constraints", |e| matches!(e, E::Extension { name: "policyConstraints" })),
        ("malformed-unread-policy-mappings-half", |e| matches!(e, E::Extension { name: "policyMappings" })),
        ("malformed-unread-policy-mappings", |e| matches!(e, E::Extension { name: "policyMappings" })),
        ("malformed-unread-subject-alternative-name-address", |e| matches!(e, E::Extension { name: "subjectAltName" })),
        ("malformed-unread-subject-alternative-name-cut", |e| matches!(e, E::Extension { name: "subjectAltName" })),
        ("malformed-unread-subject-alternative-name-dns", |e| matches!(e, E::Extension { name: "subjectAltName" })),
        ("malformed-unread-subject-alternative-name-email", |e| matches!(e, E::Extension { name: "subjectAltName" })),
        ("malformed-unread-subject-alternative-name-uri", |e| matches!(e, E::Extension { name: "subjectAltName" })),
        ("malformed-unread-subject-alternative-name", |e| matches!(e, E::Extension { name: "subjectAltName" })),
        ("malformed-unread-subject-key-identifier-bare", |e| matches!(e, E::Extension { name: "subjectKeyIdentifier" })),
        ("malformed-unread-subject-key-identifier-nothing", |e| matches!(e, E::Extension { name: "subjectKeyIdentifier" })),
        ("malformed-unread-subject-key-identifier", |e| matches!(e, E::Extension { name: "subjectKeyIdentifier" })),
        ("malformed-17-pointers", |e| matches!(e, E::RevocationPointers { found: 17, expected: 16 })),
    ]
};

#[test]
fn every_malformed_certificate_is_refused_for_its_reason() {
    for (file, expected) in MALFORMED {
        let error = certificates(file).expect_err(file);
        assert!(
            matches!(&error, CertificateError::Block { index: 0, source } if expected(source)),
            "{file}: {error:?}"
        );
    }
    let listed: BTreeSet<_> = MALFORMED.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(listed, files("malformed-").into_iter().collect());
}

#[test]
fn the_fields_of_a_certificate_are_read() {
    let root = parse_pem(&read("aws-signer/aws-signer-root-commercial-g1.pem")).unwrap().remove(0);
    assert_eq!(root.version(), 3);
    assert_eq!(root.serial_number(), "cab92e6b78aea9d4762f2a33878819b6");
    let expected = "CN=AWS Signer Code Signing Root CA G1,OU=Cryptography,O=AWS,ST=WA,C=US";
    assert_eq!((root.subject().to_string().as_str(), root.issuer().to_string().as_str()), (expected, expected));
    assert_eq!(root.not_before(), "2022-10-27T21:33:22Z".parse().unwrap());
    assert_eq!(root.not_after(), "2122-10-27T22:33:22Z".parse().unwrap());
    assert_eq!(root.key_spec(), Ok(KeySpec::Ec384));
    assert_eq!(root.basic_constraints(), Some(BasicConstraints { critical: true, ca: true, path_length: None }));
    let usage = root.key_usage().unwrap();
    assert!(usage.critical());
    assert_eq!(usage.flags(), [KeyUsageFlag::DigitalSignature, KeyUsageFlag::KeyCertSign, KeyUsageFlag::CrlSign]);
    assert_eq!(root.extended_key_usage(), None);
    assert!(root.spki_der().ends_with(root.public_key()));
    assert_eq!((root.public_key()[0], root.public_key().len()), (4, 97));
    assert_eq!(
        format!("{root:?}"),
        format!(r#"Certificate {{ subject: "{expected}", fingerprint: "{}", .. }}"#, root.fingerprint())
    );

    let leaf = certificate("accepted-chain-2");
    assert_eq!(leaf.extended_key_usage(), Some(&[Oid(rfc5280::ID_KP_CODE_SIGNING)][..]));
    assert_eq!(leaf.basic_constraints(), None);
    let path = chain("accepted-chain-4").certificates()[2].basic_constraints().unwrap().path_length;
    assert_eq!(path, Some(1));
}

#[test]
fn what_is_signed_is_kept_as_received() {
    for index in [1, 2] {
        let file = parse_pem(&read(&format!("aws-signer/cert{index}.pem"))).unwrap().remove(0);
        let expected = String::from_utf8(read(&format!("aws-signer/cert{index}.tbs-sha384.txt"))).unwrap();
        assert_eq!(Digest::of(DigestAlgorithm::Sha384, file.tbs_der()).hex(), expected.trim());
    }
}

#[test]
fn every_key_that_may_sign_is_told_by_the_key_alone() {
    for (file, expected) in [
        ("rsa-2048", KeySpec::Rsa2048),
        ("rsa-3072", KeySpec::Rsa3072),
        ("rsa-4096", KeySpec::Rsa4096),
        ("ec-256", KeySpec::Ec256),
        ("ec-384", KeySpec::Ec384),
        ("ec-521", KeySpec::Ec521),
        ("alone-rsa-2048", KeySpec::Rsa2048),
    ] {
        assert_eq!(certificate(&format!("accepted-key-{file}")).key_spec(), Ok(expected), "{file}");
    }
}

#[test]
fn serial_numbers_have_any_length() {
    for (file, expected) in [("40-bytes", "7f".repeat(40)), ("high-bit", "ffeeddcc".into()), ("zero", "00".into())] {
        assert_eq!(certificate(&format!("accepted-serial-{file}")).serial_number(), expected);
    }
}

#[test]
fn every_revocation_pointer_counts() {
    let crl = |url: &str| RevocationPointer::Crl(url.to_owned());
    let ocsp = |url: &str| RevocationPointer::Ocsp(url.to_owned());
    let all = vec![
        ocsp("http://ocsp.example/"),
        ocsp("https://ocsp2.example/a?b"),
        crl("http://crl.example/a"),
        crl("ldap:///b"),
        crl("http://crl.example/c"),
        crl("http://crl.example/d"),
    ];
    let sixteen = (0..16).map(|number| crl(&format!("http://crl.example/{number}"))).collect();
    let other = || vec![RevocationPointer::Other];
    let expected = [
        ("pointers-none", vec![]),
        ("pointers-all", all),
        ("pointers-16", sixteen),
        ("pointers-ocsp-without-uri", other()),
        ("pointers-ocsp-empty-uri", other()),
        ("pointers-crl-directory-name", other()),
        ("pointers-crl-relative-name", other()),
        ("pointers-crl-issuer-only", other()),
        ("pointers-crl-reasons", vec![crl("http://crl.example/r")]),
        ("pointers-crl-empty-point", other()),
        ("pointers-crl-empty-list", other()),
        ("pointers-crl-not-ascii", other()),
        ("pointers-freshest-empty-list", other()),
    ];
    for (file, pointers) in &expected {
        assert_eq!(certificate(file).revocation_pointers(), pointers, "{file}");
    }
    assert_eq!(expected.len(), files("pointers-").len());
    assert_eq!(limits::REVOCATION_POINTERS, 16);
}

#[test]
fn a_certificate_has_a_largest_size() {
    let too_many = vec![0x30; limits::CERTIFICATE_BYTES + 1];
    let error = Certificate::parse_der(&too_many).unwrap_err();
    assert!(matches!(error, CertificateError::TooLarge { found, expected } if found == expected + 1));
    let largest = vec![0x30; limits::CERTIFICATE_BYTES];
    assert_eq!(Certificate::parse_der(&largest), Err(CertificateError::TrailingBytes));
    assert_eq!(Certificate::parse_der(&[]), Err(CertificateError::Malformed { part: "certificate" }));
}

#[test]
fn names_are_printed_as_go_prints_them() {
    let mut compared = 0;
    for verdict in notation().iter().filter(|verdict| verdict.parses) {
        if let Ok(certificates) = certificates(&verdict.file) {
            assert_eq!(certificates[0].subject().to_string(), verdict.subject, "{}", verdict.file);
            compared += 1;
        }
    }
    assert!(compared > 130, "{compared}");
}

/// X.690 section 11.2.2 asks more than Go does; real certificates break it.
#[test]
fn a_key_usage_with_zeros_behind_its_last_one_is_read() {
    for file in ["accepted-key-usage-trailing-zeros", "accepted-key-usage-eight-bits"] {
        assert_eq!(certificate(file).key_usage().unwrap().flags(), [KeyUsageFlag::DigitalSignature], "{file}");
    }
}

#[test]
fn attributes_keep_their_order_and_grouping() {
    let name = |file| certificate(file).subject().clone();
    let oid = |text| Oid(::der::asn1::ObjectIdentifier::new_unwrap(text));
    let multi = name("name-multi-valued");
    let attributes: Vec<_> = multi.attributes().collect();
    let expected =
        [(0, oid("2.5.4.3"), "a"), (0, oid("2.5.4.11"), "b"), (1, oid("2.5.4.11"), "c"), (1, oid("2.5.4.10"), "d")];
    assert_eq!(attributes, expected);
    assert_eq!(name("name-empty-set").attributes().next(), Some((1, oid("2.5.4.3"), "x")));
    assert_eq!(name("name-empty").attributes().next(), None);
}

/// `x509-cert` is a second opinion on what the fields are. What it refuses of what is accepted here, and what it
/// encodes otherwise than it was received, is why it does not parse for us.
#[test]
fn another_parser_reads_the_same() {
    let mut refused = BTreeSet::new();
    let mut rewritten = BTreeSet::new();
    for verdict in notation() {
        for ours in certificates(&verdict.file).unwrap_or_default() {
            let Ok(theirs) = x509_cert::Certificate::from_der(ours.der()) else {
                refused.insert(verdict.file.clone());
                continue;
            };
            let tbs = theirs.tbs_certificate();
            let spki = tbs.subject_public_key_info();
            if tbs.subject().to_der().unwrap() != ours.subject().der() {
                rewritten.insert(verdict.file.clone());
            }
            assert_eq!(spki.to_der().unwrap(), ours.spki_der(), "{}", verdict.file);
            assert_eq!(spki.subject_public_key.raw_bytes(), ours.public_key(), "{}", verdict.file);
            let not_before = tbs.validity().not_before.to_unix_duration();
            assert_eq!(
                i128::try_from(not_before.as_nanos()),
                Ok(ours.not_before().as_nanosecond()),
                "{}",
                verdict.file
            );
        }
    }
    let expected = ["accepted-serial-40-bytes", "no-expiry"];
    assert_eq!(refused, BTreeSet::from(expected.map(String::from)));
    let expected = ["name-multi-valued", "name-two-common-names-joined", "name-unsorted-set"];
    assert_eq!(rewritten, BTreeSet::from(expected.map(String::from)));
}
