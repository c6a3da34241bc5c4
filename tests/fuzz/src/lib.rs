//! What the fuzz targets share: the vectors of the core, a signer, and damage to envelopes.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};

pub mod damage;

#[allow(dead_code, reason = "shared with the tests of the core, each of which uses some of it")]
#[path = "../../../src/notary/tests/cases/mod.rs"]
pub(crate) mod cases;

#[allow(dead_code, reason = "shared with the tests of the core, each of which uses some of it")]
#[path = "../../../src/notary/tests/said/mod.rs"]
pub mod said;

use said::Said;

/// A protected header as notation writes it.
pub const PROTECTED: &[u8] = br#"{"alg":"ES256","crit":["io.cncf.notary.signingScheme"],"cty":"application/vnd.cncf.notary.payload.v1+json","io.cncf.notary.signingScheme":"notary.x509","io.cncf.notary.signingTime":"2026-01-01T00:00:00Z"}"#;

struct Signer {
    key: EcdsaKeyPair,
    certificate: Vec<u8>,
}

/// Made anew in each run; no target depends on which key it is.
static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "fuzz");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    let certificate = params.self_signed(&key).unwrap().der().to_vec();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der()).unwrap();
    Signer { key, certificate }
});

/// The certificate that [`signed`] puts into envelopes: its own issuer.
#[must_use]
pub fn certificate() -> &'static [u8] {
    &SIGNER.certificate
}

/// An envelope with this protected header and payload under a good signature.
#[must_use]
pub fn signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(protected), URL_SAFE_NO_PAD.encode(payload));
    let signature = SIGNER.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    Said {
        protected: protected.to_vec(),
        payload: payload.to_vec(),
        signature: signature.as_ref().to_vec(),
        x5c: vec![SIGNER.certificate.clone()],
    }
    .write()
}
