//! Rules for chains: what is accepted, and which rule refuses what is not.

use std::collections::BTreeSet;

use super::*;
use crate::limits;

type Expected = fn(&ChainError) -> bool;

/// Every `refused-…` file and the rule that refuses it.
#[rustfmt::skip]
const REFUSED: &[(&str, Expected)] = {
    use ChainError as E;
    use IssueError as I;
    &[
        // Order and completeness.
        ("refused-order-reversed", |e| matches!(e, E::Gap { index: 0, next: 1, .. })),
        ("refused-order-swapped", |e| matches!(e, E::Gap { index: 0, next: 1, .. })),
        ("refused-order-leaf-last", |e| matches!(e, E::Gap { index: 2, next: 3, .. })),
        ("refused-intermediate-missing", |e| matches!(e, E::Gap { index: 0, next: 1, .. })),
        ("refused-names-differ-in-case", |e| matches!(e, E::Gap { index: 0, next: 1, .. })),
        ("refused-names-differ-in-string-type", |e| matches!(e, E::Gap { index: 0, next: 1, .. })),
        ("refused-root-missing", |e| matches!(e, E::RootMissing { index: 2, .. })),
        ("refused-leaf-alone-not-self-signed", |e| matches!(e, E::RootMissing { index: 0, .. })),
        // Which certificate signed which.
        ("refused-root-twice", |e| matches!(e, E::SelfSigned { index: 1, .. })),
        ("refused-intermediate-self-signed", |e| matches!(e, E::SelfSigned { index: 1, .. })),
        ("refused-leaf-self-signed", |e| matches!(e, E::SelfSigned { index: 0, .. })),
        ("refused-signature-of-other-key", |e| matches!(e, E::NotIssued { index: 0, source: I::Signature, .. })),
        ("refused-signature-bit", |e| matches!(e, E::NotIssued { index: 0, source: I::Signature, .. })),
        ("refused-tampered", |e| matches!(e, E::NotIssued { index: 0, source: I::Signature, .. })),
        ("refused-root-signature-of-other-key", |e| matches!(e, E::NotIssued { index: 1, source: I::Signature, .. })),
        ("refused-alone-signature-of-other-key", |e| matches!(e, E::NotIssued { index: 0, source: I::Signature, .. })),
        ("refused-root-sha1", |e| matches!(e, E::NotIssued { index: 1, source: I::InsecureHash { algorithm: "SHA1-ECDSA" }, .. })),
        ("refused-alone-sha1", |e| matches!(e, E::NotIssued { index: 0, source: I::InsecureHash { algorithm: "SHA1-ECDSA" }, .. })),
        ("refused-issuer-sha1-ecdsa", |e| matches!(e, E::NotIssued { index: 0, source: I::InsecureHash { algorithm: "SHA1-ECDSA" }, .. })),
        ("refused-issuer-sha1-rsa", |e| matches!(e, E::NotIssued { index: 0, source: I::InsecureHash { algorithm: "SHA1-RSA" }, .. })),
        ("refused-issuer-sha1-pss", |e| matches!(e, E::NotIssued { index: 0, source: I::InsecureHash { algorithm: "SHA1-RSAPSS" }, .. })),
        ("refused-issuer-pss-other-mask-hash", |e| matches!(e, E::NotIssued { index: 0, source: I::Algorithm { .. }, .. })),
        ("refused-issuer-pss-short-salt", |e| matches!(e, E::NotIssued { index: 0, source: I::Algorithm { .. }, .. })),
        ("refused-issuer-pss-other-trailer", |e| matches!(e, E::NotIssued { index: 0, source: I::Algorithm { .. }, .. })),
        ("refused-issuer-pss-no-parameters", |e| matches!(e, E::NotIssued { index: 0, source: I::Algorithm { .. }, .. })),
        ("refused-issuer-other-kind", |e| matches!(e, E::NotIssued { index: 0, source: I::KeyKind { expected: "RSA", found: "P-256" }, .. })),
        ("refused-issuer-rsa-1024", |e| matches!(e, E::NotIssued { index: 0, source: I::IssuerModulusLength { bits: 1024 }, .. })),
        ("refused-issuer-p224", |e| matches!(e, E::NotIssued { index: 0, source: I::IssuerKey { source: KeyError::Curve { .. } }, .. })),
        // Leaf.
        ("refused-leaf-ca", |e| matches!(e, E::LeafIsCa { index: 0, .. })),
        ("refused-alone-ca", |e| matches!(e, E::LeafIsCa { index: 0, .. })),
        ("refused-leaf-no-extensions", |e| matches!(e, E::KeyUsageMissing { index: 0, expected: "digitalSignature", .. })),
        ("refused-leaf-no-key-usage", |e| matches!(e, E::KeyUsageMissing { index: 0, expected: "digitalSignature", .. })),
        ("refused-leaf-key-usage-not-critical", |e| matches!(e, E::KeyUsageNotCritical { index: 0, .. })),
        ("refused-leaf-key-usage-empty", |e| matches!(e, E::KeyUsageLacks { index: 0, expected: "digitalSignature", .. })),
        ("refused-leaf-no-digital-signature", |e| matches!(e, E::KeyUsageLacks { index: 0, expected: "digitalSignature", .. })),
        ("refused-leaf-usage-keyEncipherment", |e| matches!(e, E::KeyUsageForbidden { index: 0, found, .. } if found == "keyEncipherment")),
        ("refused-leaf-usage-dataEncipherment", |e| matches!(e, E::KeyUsageForbidden { index: 0, found, .. } if found == "dataEncipherment")),
        ("refused-leaf-usage-keyAgreement", |e| matches!(e, E::KeyUsageForbidden { index: 0, found, .. } if found == "keyAgreement")),
        ("refused-leaf-usage-keyCertSign", |e| matches!(e, E::KeyUsageForbidden { index: 0, found, .. } if found == "keyCertSign")),
        ("refused-leaf-usage-cRLSign", |e| matches!(e, E::KeyUsageForbidden { index: 0, found, .. } if found == "cRLSign")),
        ("refused-leaf-usage-encipherOnly", |e| matches!(e, E::KeyUsageForbidden { index: 0, found, .. } if found == "encipherOnly")),
        ("refused-leaf-usage-decipherOnly", |e| matches!(e, E::KeyUsageForbidden { index: 0, found, .. } if found == "decipherOnly")),
        ("refused-leaf-purpose-any", |e| matches!(e, E::ExtendedKeyUsage { index: 0, found: "anyExtendedKeyUsage", .. })),
        ("refused-leaf-purpose-serverAuth", |e| matches!(e, E::ExtendedKeyUsage { index: 0, found: "serverAuth", .. })),
        ("refused-leaf-purpose-clientAuth", |e| matches!(e, E::ExtendedKeyUsage { index: 0, found: "clientAuth", .. })),
        ("refused-leaf-purpose-emailProtection", |e| matches!(e, E::ExtendedKeyUsage { index: 0, found: "emailProtection", .. })),
        ("refused-leaf-purpose-timeStamping", |e| matches!(e, E::ExtendedKeyUsage { index: 0, found: "timeStamping", .. })),
        ("refused-leaf-purpose-OCSPSigning", |e| matches!(e, E::ExtendedKeyUsage { index: 0, found: "OCSPSigning", .. })),
        ("refused-leaf-key-rsa-1024", |e| matches!(e, E::Key { source: KeyError::ModulusLength { bits: 1024 }, .. })),
        ("refused-leaf-key-rsa-2047", |e| matches!(e, E::Key { source: KeyError::ModulusLength { bits: 2047 }, .. })),
        ("refused-leaf-key-rsa-8192", |e| matches!(e, E::Key { source: KeyError::ModulusLength { bits: 8192 }, .. })),
        ("refused-leaf-key-rsa-parameters", |e| matches!(e, E::Key { source: KeyError::Parameters { algorithm: "RSA" }, .. })),
        ("refused-leaf-key-rsa-malformed", |e| matches!(e, E::Key { source: KeyError::Malformed { algorithm: "RSA" }, .. })),
        ("refused-leaf-key-p224", |e| matches!(e, E::Key { source: KeyError::Curve { .. }, .. })),
        ("refused-leaf-key-secp256k1", |e| matches!(e, E::Key { source: KeyError::Curve { .. }, .. })),
        ("refused-leaf-key-without-curve", |e| matches!(e, E::Key { source: KeyError::Parameters { algorithm: "EC" }, .. })),
        ("refused-leaf-key-compressed-point", |e| matches!(e, E::Key { source: KeyError::Point { curve: "P-256", found: 33, expected: 65 }, .. })),
        ("refused-leaf-key-point-of-other-curve", |e| matches!(e, E::Key { source: KeyError::Point { curve: "P-384", found: 65, expected: 97 }, .. })),
        ("refused-leaf-key-point-off-curve", |e| matches!(e, E::Key { source: KeyError::Malformed { algorithm: "EC" }, .. })),
        ("refused-leaf-key-rsa-exponent-1", |e| matches!(e, E::Key { source: KeyError::Malformed { algorithm: "RSA" }, .. })),
        ("refused-leaf-key-rsa-exponent-65536", |e| matches!(e, E::Key { source: KeyError::Malformed { algorithm: "RSA" }, .. })),
        ("refused-leaf-key-ed25519", |e| matches!(e, E::Key { source: KeyError::Algorithm { .. }, .. })),
        // Authorities.
        ("refused-ca-no-basic-constraints", |e| matches!(e, E::NotCa { index: 1, .. })),
        ("refused-ca-false", |e| matches!(e, E::NotCa { index: 1, .. })),
        ("refused-intermediate-not-ca", |e| matches!(e, E::NotCa { index: 1, .. })),
        ("refused-root-version-1", |e| matches!(e, E::NotCa { index: 1, .. })),
        ("refused-ca-basic-constraints-not-critical", |e| matches!(e, E::BasicConstraintsNotCritical { index: 1, .. })),
        ("refused-ca-no-key-usage", |e| matches!(e, E::KeyUsageMissing { index: 1, expected: "keyCertSign", .. })),
        ("refused-ca-key-usage-not-critical", |e| matches!(e, E::KeyUsageNotCritical { index: 1, .. })),
        ("refused-ca-no-key-cert-sign", |e| matches!(e, E::KeyUsageLacks { index: 1, expected: "keyCertSign", .. })),
        ("refused-path-length-1", |e| matches!(e, E::PathLength { index: 2, found: 0, expected: 1, .. })),
        ("refused-path-length-root", |e| matches!(e, E::PathLength { index: 3, found: 1, expected: 2, .. })),
    ]
};

#[test]
fn every_refused_chain_is_refused_by_its_rule() {
    for (file, expected) in REFUSED {
        let error = chain(file).check_code_signing().expect_err(file);
        assert!(expected(&error), "{file}: {error:?}");
    }
    let listed: BTreeSet<_> = REFUSED.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(listed, files("refused-").into_iter().collect());
}

#[test]
fn every_accepted_chain_is_accepted() {
    let accepted = files("accepted-");
    assert!(accepted.len() > 40);
    for file in accepted {
        assert_eq!(chain(&file).check_code_signing(), Ok(()), "{file}");
    }
}

#[test]
fn nothing_is_accepted_that_notation_refuses_and_what_is_stricter_is_listed() {
    let mut looser = BTreeSet::new();
    let mut stricter = BTreeSet::new();
    for verdict in notation() {
        let ours = certificates(&verdict.file)
            .is_ok_and(|certificates| CertificateChain::new(certificates).unwrap().check_code_signing().is_ok());
        match (ours, verdict.accepts) {
            (true, false) => looser.insert(verdict.file),
            (false, true) => stricter.insert(verdict.file),
            _ => continue,
        };
    }
    // Distribution points with relative names: Go cannot parse them, here they are kept as what they are, and count as a
    // pointer.
    assert_eq!(looser, BTreeSet::from(["pointers-crl-relative-name"].map(String::from)));
    let expected = [
        // The specification asks for it.
        "refused-alone-sha1",
        "refused-ca-basic-constraints-not-critical",
        "refused-issuer-rsa-1024",
        "refused-leaf-key-rsa-2047",
        "refused-leaf-purpose-any",
        "refused-leaf-self-signed",
        // Not DER, or not RFC 5280, or beyond a limit of ours.
        "malformed-17-pointers",
        "malformed-authority-info-access",
        "malformed-authority-info-access-trailing",
        "malformed-date-minutes",
        "malformed-date-offset",
        "malformed-extended-key-usage-empty",
        "malformed-freshest-crl",
        "malformed-key-usage-trailing",
        "malformed-tbs-trailing",
        "refused-issuer-p224",
        // Keys that no signature can be trusted of.
        "refused-leaf-key-rsa-exponent-1",
        "refused-leaf-key-rsa-exponent-65536",
    ];
    assert_eq!(stricter, BTreeSet::from(expected.map(String::from)));
}

#[test]
fn dates_are_not_asked_for_by_the_rules_but_by_a_check_of_their_own() {
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let first = time("2020-01-01T00:00:00Z");
    let last = time("2120-01-01T00:00:00Z");
    let nanosecond = jiff::SignedDuration::from_nanos(1);

    let good = chain("accepted-chain-4");
    assert_eq!(good.check_valid_at(first), Ok(()));
    assert_eq!(good.check_valid_at(last), Ok(()));
    let early = first - nanosecond;
    let error = good.check_valid_at(early).unwrap_err();
    assert!(
        matches!(error, ChainError::NotYetValid { index: 0, not_before, time, .. } if not_before == first && time == early)
    );
    let late = last + nanosecond;
    let error = good.check_valid_at(late).unwrap_err();
    assert!(
        matches!(error, ChainError::Expired { index: 0, not_after, time, .. } if not_after == last && time == late)
    );

    let now = time("2050-01-01T00:00:00Z");
    for file in ["expired-leaf", "expired-root", "future-leaf"] {
        assert_eq!(chain(file).check_code_signing(), Ok(()), "{file}");
    }
    assert!(matches!(chain("expired-leaf").check_valid_at(now), Err(ChainError::Expired { index: 0, .. })));
    assert!(matches!(chain("expired-root").check_valid_at(now), Err(ChainError::Expired { index: 1, .. })));
    assert!(matches!(chain("future-leaf").check_valid_at(now), Err(ChainError::NotYetValid { index: 0, .. })));
    assert_eq!(chain("no-expiry").check_valid_at(Timestamp::MAX), Ok(()));
    assert_eq!(chain("no-expiry").check_valid_at(time("1950-01-01T00:00:00Z")), Ok(()));
}

#[test]
fn a_chain_is_neither_empty_nor_endless() {
    assert_eq!(CertificateChain::new(Vec::new()), Err(ChainError::Empty));
    assert_eq!(CertificateChain::from_der([]), Err(ChainError::Empty));
    let one = certificate("accepted-chain-1");
    let limit = limits::CHAIN_CERTIFICATES;
    assert!(CertificateChain::new(vec![one.clone(); limit]).is_ok());
    let too_long = Err(ChainError::TooLong { expected: limit });
    assert_eq!(CertificateChain::new(vec![one.clone(); limit + 1]), too_long);
    assert_eq!(CertificateChain::from_der(std::iter::repeat(one.der())), too_long);
}

#[test]
fn a_chain_from_der_names_the_certificate_that_does_not_parse() {
    let four = chain("accepted-chain-4");
    let mut ders: Vec<_> = four.certificates().iter().map(Certificate::der).collect();
    assert_eq!(CertificateChain::from_der(ders.iter().copied()).as_ref(), Ok(&four));
    assert_eq!((four.leaf(), four.root()), (&four.certificates()[0], &four.certificates()[3]));
    ders[2] = &ders[2][..20];
    let error = CertificateChain::from_der(ders).unwrap_err();
    assert!(matches!(error, ChainError::Certificate { index: 2, source: CertificateError::Malformed { .. } }));
    assert_eq!(error.code(), "certificate-malformed");
}

#[test]
fn one_certificate_is_checked_against_one_issuer() {
    let two = chain("accepted-chain-2");
    assert_eq!(two.leaf().check_issued_by(two.root()), Ok(()));
    assert_eq!(two.root().check_issued_by(two.root()), Ok(()));
    assert_eq!(two.root().check_self_signed(), Ok(()));
    assert!(matches!(two.leaf().check_issued_by(two.leaf()), Err(IssueError::Name { .. })));
    assert!(matches!(two.leaf().check_self_signed(), Err(IssueError::Name { .. })));

    // A self-signed leaf is not an authority, not even its own.
    let alone = certificate("accepted-chain-1");
    assert_eq!(alone.check_self_signed(), Ok(()));
    assert_eq!(alone.check_issued_by(&alone), Err(IssueError::IssuerNotCa));
    let no_sign = chain("refused-ca-no-key-cert-sign");
    assert_eq!(no_sign.leaf().check_issued_by(no_sign.root()), Err(IssueError::IssuerMayNotSign));
    // Version 1 has no basic constraints: Go lets it issue, the rules for chains do not.
    let first = chain("refused-root-version-1");
    assert_eq!(first.leaf().check_issued_by(first.root()), Ok(()));

    let self_issued = chain("accepted-leaf-self-issued");
    assert!(self_issued.leaf().is_self_issued());
    assert_eq!(self_issued.leaf().check_self_signed(), Err(IssueError::Signature));
}

#[test]
fn the_roots_of_aws_signer_are_authorities() {
    for (file, fingerprint) in [
        ("commercial", "90a87d0543c3f094dbff9589b6649affe2f3d6e0f308799be2258461c686473f"),
        ("us-gov", "673653ab76f41a10546cdeb4107ecd6df2c15c2c9a0d32ed97d271b4436fc3e8"),
    ] {
        let root = parse_pem(&read(&format!("aws-signer/aws-signer-root-{file}-g1.pem"))).unwrap().remove(0);
        assert_eq!(root.fingerprint(), fingerprint);
        assert_eq!(root.check_issued_by(&root), Ok(()));
        assert_eq!(code_signing::check_authority(1, &root), Ok(()));
        assert_eq!(root.revocation_pointers(), []);
        // Not on its own, of course.
        let alone = CertificateChain::new(vec![root]).unwrap();
        assert!(matches!(alone.check_code_signing(), Err(ChainError::LeafIsCa { index: 0, .. })));
    }
}
