//! The key of a certificate: what it is, decided by the `subjectPublicKeyInfo` alone.

use aws_lc_rs::signature;
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1, SECP_521_R_1};
use const_oid::db::rfc8410::ID_ED_25519;
use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Decode as _, Tag};

use super::der::Fields;
use super::error::KeyError;
use super::oid::Oid;
use crate::algorithm::KeySpec;

/// A NIST curve whose keys may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// A signature algorithm for keys on this curve.
    const fn check(self) -> &'static signature::EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_ASN1,
            Self::P384 => &signature::ECDSA_P384_SHA384_ASN1,
            Self::P521 => &signature::ECDSA_P521_SHA512_ASN1,
        }
    }

    /// Bytes of an uncompressed point: 0x04, x and y (SEC 1 section 2.3.3).
    const fn point_length(self) -> usize {
        match self {
            Self::P256 => 65,
            Self::P384 => 97,
            Self::P521 => 133,
        }
    }
}

/// A key of a kind that is known: it may sign certificates, but not always images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    Rsa {
        /// Exact length of the modulus.
        bits: usize,
    },
    Ec(Curve),
    Ed25519,
}

impl PublicKey {
    /// Reads the algorithm identifier's fields and the content of the bit string.
    pub(super) fn read(
        algorithm: ObjectIdentifier,
        parameters: Option<AnyRef<'_>>,
        key: &[u8],
    ) -> Result<Self, KeyError> {
        match algorithm {
            RSA_ENCRYPTION => {
                // RFC 3279 section 2.3.1: the parameters are NULL.
                if parameters != Some(AnyRef::NULL) {
                    return Err(KeyError::Parameters { algorithm: "RSA" });
                }
                let bits = read_modulus_length(key).ok_or(KeyError::Malformed { algorithm: "RSA" })?;
                Ok(Self::Rsa { bits })
            }
            ID_EC_PUBLIC_KEY => read_curve_key(parameters, key).map(Self::Ec),
            ID_ED_25519 => match (parameters, key.len()) {
                (None, 32) => Ok(Self::Ed25519),
                (None, _) => Err(KeyError::Malformed { algorithm: "Ed25519" }),
                (Some(_), _) => Err(KeyError::Parameters { algorithm: "Ed25519" }),
            },
            found => Err(KeyError::Algorithm { found: Oid(found) }),
        }
    }

    /// The row of the specification's table that this key is.
    pub(super) const fn spec(self) -> Result<KeySpec, KeyError> {
        match self {
            Self::Rsa { bits: 2048 } => Ok(KeySpec::Rsa2048),
            Self::Rsa { bits: 3072 } => Ok(KeySpec::Rsa3072),
            Self::Rsa { bits: 4096 } => Ok(KeySpec::Rsa4096),
            Self::Rsa { bits } => Err(KeyError::ModulusLength { bits }),
            Self::Ec(Curve::P256) => Ok(KeySpec::Ec256),
            Self::Ec(Curve::P384) => Ok(KeySpec::Ec384),
            Self::Ec(Curve::P521) => Ok(KeySpec::Ec521),
            Self::Ed25519 => Err(KeyError::Algorithm { found: Oid(ID_ED_25519) }),
        }
    }

    /// The kind, for an error.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Rsa { .. } => "RSA",
            Self::Ec(curve) => curve.name(),
            Self::Ed25519 => "Ed25519",
        }
    }
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`, both positive.
fn read_modulus_length(key: &[u8]) -> Option<usize> {
    let mut fields = Fields::of_sequence(key)?;
    let modulus = fields.decode::<UintRef<'_>>()?;
    let exponent = fields.decode::<UintRef<'_>>()?;
    fields.finish()?;
    // RFC 8017 section 3.1: odd and at least 3. With 1 everybody can sign.
    if exponent.as_bytes() == [1] || exponent.as_bytes().last().is_none_or(|byte| byte % 2 == 0) {
        return None;
    }
    let significant = modulus.as_bytes();
    let first = significant.first().filter(|byte| **byte != 0)?;
    let leading = usize::try_from(first.leading_zeros()).ok()?;
    Some(significant.len() * 8 - leading)
}

/// A named curve (RFC 5480 section 2.1.1) and an uncompressed point.
fn read_curve_key(parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<Curve, KeyError> {
    let named = parameters.filter(|parameters| der::Tagged::tag(parameters) == Tag::ObjectIdentifier);
    let found = named
        .and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok())
        .ok_or(KeyError::Parameters { algorithm: "EC" })?;
    let curve = match found {
        SECP_256_R_1 => Curve::P256,
        SECP_384_R_1 => Curve::P384,
        SECP_521_R_1 => Curve::P521,
        _ => return Err(KeyError::Curve { found: Oid(found) }),
    };
    if key.first() != Some(&4) || key.len() != curve.point_length() {
        return Err(KeyError::Point { curve: curve.name(), found: key.len(), expected: curve.point_length() });
    }
    // The library sees whether the point is on the curve.
    signature::ParsedPublicKey::new(curve.check(), key).map_err(|_rejected| KeyError::Malformed { algorithm: "EC" })?;
    Ok(curve)
}

/// `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }`
pub(super) fn read_algorithm(der: &[u8]) -> Option<(ObjectIdentifier, Option<AnyRef<'_>>)> {
    let mut fields = Fields::of_sequence(der)?;
    let algorithm = fields.object_identifier()?;
    let parameters = if fields.is_finished() { None } else { Some(AnyRef::from_der(fields.raw()?).ok()?) };
    fields.finish()?;
    Some((algorithm, parameters))
}
