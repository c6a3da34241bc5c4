//! The kinds of key that can be made.

use notary::algorithm::KeySpec;
use rcgen::{KeyPair, RsaKeySize, SignatureAlgorithm};

/// The kinds by their names on the command line.
pub(crate) const ALGORITHMS: [(&str, KeySpec); 6] = [
    ("ec-p256", KeySpec::Ec256),
    ("ec-p384", KeySpec::Ec384),
    ("ec-p521", KeySpec::Ec521),
    ("rsa-2048", KeySpec::Rsa2048),
    ("rsa-3072", KeySpec::Rsa3072),
    ("rsa-4096", KeySpec::Rsa4096),
];

/// The kind of a name on the command line.
pub(crate) fn by_name(name: &str) -> Option<(&'static str, KeySpec)> {
    ALGORITHMS.into_iter().find(|(known, _)| *known == name)
}

/// Makes a key.
///
/// # Errors
/// When the primitive refuses, which it has no known reason to.
pub(crate) fn generate(spec: KeySpec) -> Result<KeyPair, rcgen::Error> {
    let rsa = |algorithm: &'static SignatureAlgorithm, size| KeyPair::generate_rsa_for(algorithm, size);
    match spec {
        KeySpec::Ec256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
        KeySpec::Ec384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
        KeySpec::Ec521 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512),
        KeySpec::Rsa2048 => rsa(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
        KeySpec::Rsa3072 => rsa(&rcgen::PKCS_RSA_SHA384, RsaKeySize::_3072),
        KeySpec::Rsa4096 => rsa(&rcgen::PKCS_RSA_SHA512, RsaKeySize::_4096),
    }
}
