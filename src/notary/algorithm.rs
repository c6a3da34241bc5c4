//! Keys and signature algorithms: the key of the signing certificate decides everything.
//!
//! The table is that of "Signature Algorithm Requirements" in the signature specification: six keys, no others.

use aws_lc_rs::signature as primitive;

use crate::digest::DigestAlgorithm;

/// A kind and size of key that may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeySpec {
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits.
    Rsa4096,
    /// NIST P-256.
    Ec256,
    /// NIST P-384.
    Ec384,
    /// NIST P-521.
    Ec521,
}

/// The names of one row of the table.
struct Row {
    name: &'static str,
    jws: &'static str,
    cose: i64,
    algorithm: &'static str,
    hash: DigestAlgorithm,
    signature_length: usize,
}

impl KeySpec {
    /// All six, in the order of the specification.
    pub const ALL: [Self; 6] = [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::Ec256, Self::Ec384, Self::Ec521];

    #[rustfmt::skip]
    const fn row(self) -> Row {
        use DigestAlgorithm::{Sha256, Sha384, Sha512};
        match self {
            Self::Rsa2048 => Row { name: "RSA-2048", jws: "PS256", cose: -37, algorithm: "RSASSA-PSS-SHA-256", hash: Sha256, signature_length: 256 },
            Self::Rsa3072 => Row { name: "RSA-3072", jws: "PS384", cose: -38, algorithm: "RSASSA-PSS-SHA-384", hash: Sha384, signature_length: 384 },
            Self::Rsa4096 => Row { name: "RSA-4096", jws: "PS512", cose: -39, algorithm: "RSASSA-PSS-SHA-512", hash: Sha512, signature_length: 512 },
            Self::Ec256 => Row { name: "EC-256", jws: "ES256", cose: -7, algorithm: "ECDSA-SHA-256", hash: Sha256, signature_length: 64 },
            Self::Ec384 => Row { name: "EC-384", jws: "ES384", cose: -35, algorithm: "ECDSA-SHA-384", hash: Sha384, signature_length: 96 },
            Self::Ec521 => Row { name: "EC-521", jws: "ES512", cose: -36, algorithm: "ECDSA-SHA-512", hash: Sha512, signature_length: 132 },
        }
    }

    /// Name in the plugin protocol, for example `EC-256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// `alg` in a JWS protected header (RFC 7518 section 3.1), for example `ES256`.
    #[must_use]
    pub const fn jws_algorithm(self) -> &'static str {
        self.row().jws
    }

    /// `alg` in a COSE protected header (RFC 9053, RFC 8230), for example -7.
    #[must_use]
    pub const fn cose_algorithm(self) -> i64 {
        self.row().cose
    }

    /// Name of the signature algorithm as notation prints it, for example `ECDSA-SHA-256`.
    #[must_use]
    pub const fn signature_algorithm(self) -> &'static str {
        self.row().algorithm
    }

    /// Hash that the signature is made over.
    #[must_use]
    pub const fn hash(self) -> DigestAlgorithm {
        self.row().hash
    }

    /// Bytes of a signature: the modulus for RSA, r and s at full width for ECDSA, never DER.
    #[must_use]
    pub const fn signature_length(self) -> usize {
        self.row().signature_length
    }

    /// The kind of key that a JWS `alg` means.
    #[must_use]
    pub fn from_jws_algorithm(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.jws_algorithm() == name)
    }

    /// Checks a signature over `message`.
    ///
    /// `public_key` is the content of the certificate's `subjectPublicKey` bit string: a PKCS#1 `RSAPublicKey` or an
    /// uncompressed curve point. RSA is RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash
    /// (RFC 7518 section 3.5); notation takes any salt length in JWS, and no known signer uses another.
    ///
    /// # Errors
    /// [`SignatureMismatch`], which says no more: neither the key nor the signature is trusted at this point.
    pub fn verify(self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), SignatureMismatch> {
        let algorithm: &'static dyn primitive::VerificationAlgorithm = match self {
            Self::Rsa2048 => &primitive::RSA_PSS_2048_8192_SHA256,
            Self::Rsa3072 => &primitive::RSA_PSS_2048_8192_SHA384,
            Self::Rsa4096 => &primitive::RSA_PSS_2048_8192_SHA512,
            Self::Ec256 => &primitive::ECDSA_P256_SHA256_FIXED,
            Self::Ec384 => &primitive::ECDSA_P384_SHA384_FIXED,
            Self::Ec521 => &primitive::ECDSA_P521_SHA512_FIXED,
        };
        if signature.len() != self.signature_length() {
            return Err(SignatureMismatch);
        }
        primitive::UnparsedPublicKey::new(algorithm, public_key)
            .verify(message, signature)
            .map_err(|_unspecified| SignatureMismatch)
    }
}

/// The signature was not made by this key over this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature does not match the key of the signing certificate")]
pub struct SignatureMismatch;

#[cfg(test)]
mod tests {
    use super::*;

    /// Section "Signature Algorithm Requirements", written out once more.
    #[rustfmt::skip]
    const SPECIFICATION: [(KeySpec, &str, &str, i64, &str, DigestAlgorithm, usize); 6] = [
        (KeySpec::Rsa2048, "RSA-2048", "PS256", -37, "RSASSA-PSS-SHA-256", DigestAlgorithm::Sha256, 256),
        (KeySpec::Rsa3072, "RSA-3072", "PS384", -38, "RSASSA-PSS-SHA-384", DigestAlgorithm::Sha384, 384),
        (KeySpec::Rsa4096, "RSA-4096", "PS512", -39, "RSASSA-PSS-SHA-512", DigestAlgorithm::Sha512, 512),
        (KeySpec::Ec256, "EC-256", "ES256", -7, "ECDSA-SHA-256", DigestAlgorithm::Sha256, 64),
        (KeySpec::Ec384, "EC-384", "ES384", -35, "ECDSA-SHA-384", DigestAlgorithm::Sha384, 96),
        (KeySpec::Ec521, "EC-521", "ES512", -36, "ECDSA-SHA-512", DigestAlgorithm::Sha512, 132),
    ];

    #[test]
    fn the_table_is_that_of_the_specification() {
        assert_eq!(KeySpec::ALL, SPECIFICATION.map(|row| row.0));
        for (key, name, jws, cose, algorithm, hash, length) in SPECIFICATION {
            assert_eq!(
                (
                    key.name(),
                    key.jws_algorithm(),
                    key.cose_algorithm(),
                    key.signature_algorithm(),
                    key.hash(),
                    key.signature_length()
                ),
                (name, jws, cose, algorithm, hash, length)
            );
            assert_eq!(KeySpec::from_jws_algorithm(jws), Some(key));
        }
        for name in ["none", "HS256", "RS256", "ps256", "EdDSA", "ES256K", ""] {
            assert_eq!(KeySpec::from_jws_algorithm(name), None, "{name}");
        }
    }

    #[test]
    fn a_signature_of_another_length_is_refused() {
        for key in KeySpec::ALL {
            for length in [0, key.signature_length() - 1, key.signature_length() + 1] {
                assert_eq!(key.verify(&[4; 65], b"message", &vec![0; length]), Err(SignatureMismatch));
            }
        }
    }
}
