//! Signing round trips: what is assembled verifies, for each of the six keys, and a wrong signature never gets out.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature as primitive;
use notary_project::Timestamp;
use notary_project::algorithm::KeySpec;
use notary_project::certificate::{CertificateChain, ChainError};
use notary_project::descriptor::{Descriptor, media_type};
use notary_project::envelope::{Envelope, SigningTime};
use notary_project::sign::{Request, SignError, prepare};
use notary_project::signature_manifest::{self, Contents, ManifestForm, SignatureManifest};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    RsaKeySize, SignatureAlgorithm,
};

struct Signer {
    key_spec: KeySpec,
    key: KeyPair,
    chain: CertificateChain,
}

/// A certificate valid from 2020 to 2120.
fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    for (kind, value) in [
        (DnType::CountryName, "US"),
        (DnType::StateOrProvinceName, "WA"),
        (DnType::OrganizationName, "Acme"),
        (DnType::CommonName, name),
    ] {
        params.distinguished_name.push(kind, value);
    }
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2120, 1, 1);
    params
}

fn key(key_spec: KeySpec) -> KeyPair {
    let elliptic = |algorithm: &'static SignatureAlgorithm| KeyPair::generate_for(algorithm).unwrap();
    let rsa = |size| KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size).unwrap();
    match key_spec {
        KeySpec::Rsa2048 => rsa(RsaKeySize::_2048),
        KeySpec::Rsa3072 => rsa(RsaKeySize::_3072),
        KeySpec::Rsa4096 => rsa(RsaKeySize::_4096),
        KeySpec::Ec256 => elliptic(&rcgen::PKCS_ECDSA_P256_SHA256),
        KeySpec::Ec384 => elliptic(&rcgen::PKCS_ECDSA_P384_SHA384),
        KeySpec::Ec521 => elliptic(&rcgen::PKCS_ECDSA_P521_SHA512),
    }
}

fn signer(key_spec: KeySpec) -> Signer {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = params("Test CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = ca.self_signed(&ca_key).unwrap();
    let key = key(key_spec);
    let mut leaf = params("Test signer");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    let leaf = leaf.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    let chain = CertificateChain::from_der([leaf.der().as_ref(), root.der().as_ref()]).unwrap();
    Signer { key_spec, key, chain }
}

impl Signer {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let pkcs8 = self.key.serialize_der();
        let ecdsa = |algorithm| {
            let key = primitive::EcdsaKeyPair::from_pkcs8(algorithm, &pkcs8).unwrap();
            key.sign(&random, message).unwrap().as_ref().to_vec()
        };
        let rsa = |encoding: &'static dyn primitive::RsaEncoding| {
            let key = primitive::RsaKeyPair::from_pkcs8(&pkcs8).unwrap();
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(encoding, &random, message, &mut signature).unwrap();
            signature
        };
        match self.key_spec {
            KeySpec::Rsa2048 => rsa(&primitive::RSA_PSS_SHA256),
            KeySpec::Rsa3072 => rsa(&primitive::RSA_PSS_SHA384),
            KeySpec::Rsa4096 => rsa(&primitive::RSA_PSS_SHA512),
            KeySpec::Ec256 => ecdsa(&primitive::ECDSA_P256_SHA256_FIXED_SIGNING),
            KeySpec::Ec384 => ecdsa(&primitive::ECDSA_P384_SHA384_FIXED_SIGNING),
            KeySpec::Ec521 => ecdsa(&primitive::ECDSA_P521_SHA512_FIXED_SIGNING),
        }
    }

    fn request<'a>(&'a self, payload: &'a [u8], signing_time: Timestamp) -> Request<'a> {
        Request::new(payload, &self.chain, signing_time).with_signing_agent("test/1")
    }
}

fn artifact() -> Descriptor {
    Descriptor::of(media_type::IMAGE_MANIFEST, b"{}")
}

fn payload() -> Vec<u8> {
    let metadata = BTreeMap::from([("build".to_owned(), "42".to_owned())]);
    notary_project::payload::assemble(&artifact(), &metadata).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn what_is_assembled_verifies_for_each_key() {
    for key_spec in KeySpec::ALL {
        let signer = signer(key_spec);
        let payload = payload();
        let expiry = Some(at("2026-01-02T00:00:00.9Z"));
        let request = signer.request(&payload, at("2026-01-01T00:00:00.9Z")).with_expiry(expiry);
        let unsigned = prepare(&request).unwrap();
        assert_eq!(unsigned.key_spec(), key_spec);
        assert_eq!(unsigned.signing_time(), at("2026-01-01T00:00:00Z"));
        let signature = signer.sign(unsigned.message());
        let envelope = unsigned.assemble(&signature).unwrap();
        let verified = Envelope::new(envelope.media_type(), envelope.bytes()).verify().unwrap();
        assert_eq!(verified.payload_bytes(), payload);
        assert_eq!(verified.signature(), signature);
        let attributes = verified.signed_attributes();
        assert_eq!(attributes.signing_time(), SigningTime::Claimed(at("2026-01-01T00:00:00Z")));
        assert_eq!(attributes.expiry(), Some(at("2026-01-02T00:00:00Z")));
        assert!(attributes.extended().is_empty());
        assert_eq!(verified.unsigned_attributes().signing_agent(), Some("test/1"));
    }
}

#[test]
fn a_signature_that_does_not_verify_never_gets_out() {
    let (one, other) = (signer(KeySpec::Ec256), signer(KeySpec::Ec256));
    let payload = payload();
    let now = at("2026-01-01T00:00:00Z");
    let unsigned = prepare(&one.request(&payload, now)).unwrap();
    let foreign = other.sign(unsigned.message());
    assert!(matches!(unsigned.assemble(&foreign), Err(SignError::Returned(_))));
    let unsigned = prepare(&one.request(&payload, now)).unwrap();
    let another_message = one.sign(b"another message");
    assert!(matches!(unsigned.assemble(&another_message), Err(SignError::Returned(_))));
    let unsigned = prepare(&one.request(&payload, now)).unwrap();
    assert!(matches!(unsigned.assemble(&[]), Err(SignError::Returned(_))));
}

#[test]
fn a_chain_that_could_not_verify_is_refused_before_signing() {
    let signer = signer(KeySpec::Ec256);
    let payload = payload();
    for time in ["2019-12-31T23:59:59Z", "2120-01-01T00:00:01Z"] {
        assert!(matches!(prepare(&signer.request(&payload, at(time))), Err(SignError::Chain(_))), "{time}");
    }
    let reversed: Vec<_> = signer.chain.certificates().iter().rev().cloned().collect();
    let chain = CertificateChain::new(reversed).unwrap();
    let request = Request::new(&payload, &chain, at("2026-01-01T00:00:00Z"));
    let refused: Result<_, SignError> = prepare(&request);
    assert!(
        matches!(refused, Err(SignError::Chain(ChainError::Gap { .. } | ChainError::SelfSigned { .. }))),
        "{refused:?}"
    );
}

#[test]
fn an_expiry_must_be_after_the_signing_time() {
    let signer = signer(KeySpec::Ec256);
    let payload = payload();
    let now = at("2026-01-01T00:00:00Z");
    for (expiry, accepted) in
        [("2025-12-31T23:59:59Z", false), ("2026-01-01T00:00:00.9Z", false), ("2026-01-01T00:00:01Z", true)]
    {
        let request = signer.request(&payload, now).with_expiry(Some(at(expiry)));
        let prepared = prepare(&request);
        assert_eq!(prepared.is_ok(), accepted, "{expiry}");
        assert!(accepted || matches!(prepared, Err(SignError::ExpiryNotAfterSigningTime { .. })));
    }
}

#[test]
fn both_manifest_forms_are_read_back_with_their_annotations() {
    let signer = signer(KeySpec::Ec256);
    let subject = artifact();
    let envelope = Descriptor::of(media_type::JWS, b"envelope");
    let signing_time = at("2026-01-01T00:00:00.7Z");
    let metadata = BTreeMap::from(
        [("a.b/c", "d"), (signature_manifest::THUMBPRINTS, "[]"), (signature_manifest::CREATED, "x")]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
    );
    let contents = Contents::new(&subject, &envelope, &signer.chain, signing_time).with_annotations(&metadata);
    for (form, mark) in [
        (
            ManifestForm::Current,
            r#""artifactType":"application/vnd.cncf.notary.signature","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"data":"e30="}"#,
        ),
        (
            ManifestForm::Legacy,
            r#""config":{"mediaType":"application/vnd.cncf.notary.signature","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}"#,
        ),
    ] {
        let bytes = signature_manifest::assemble(form, &contents);
        let text = String::from_utf8(bytes.clone()).unwrap();
        let head = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","#;
        assert!(
            text.starts_with(&format!(
                "{head}{mark},\"layers\":[{{\"mediaType\":\"application/jose+json\",\"digest\":"
            )),
            "{text}"
        );
        let manifest = SignatureManifest::parse(&bytes).unwrap();
        assert_eq!((manifest.form(), manifest.subject(), manifest.envelope()), (Some(form), &subject, &envelope));
        let thumbprints: Vec<String> =
            serde_json::from_str(&manifest.annotations()[signature_manifest::THUMBPRINTS]).unwrap();
        let expected: Vec<_> = signer.chain.certificates().iter().map(|one| one.fingerprint()).collect();
        assert_eq!(thumbprints, expected);
        assert_eq!(manifest.annotations()[signature_manifest::CREATED], "2026-01-01T00:00:00Z");
        assert_eq!((manifest.annotations()["a.b/c"].as_str(), manifest.annotations().len()), ("d", 3));
    }
}
