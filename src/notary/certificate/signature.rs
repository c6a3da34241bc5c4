//! Signatures over certificates, and which keys may make them.

use aws_lc_rs::signature as primitive;
use const_oid::db::rfc5912;
use const_oid::db::rfc8410::ID_ED_25519;
use der::asn1::{AnyRef, ObjectIdentifier};

use super::Certificate;
use super::der::{Fields, constructed};
use super::error::IssueError;
use super::key::{Curve, PublicKey, read_algorithm};
use super::oid::Oid;

/// RSA keys that may sign certificates, in bits. Go takes any length from 1024; the signature specification says
/// "2048 or higher", and 8192 is the most that the cryptographic library takes.
const ISSUER_MODULUS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// How a signature was made: an `AlgorithmIdentifier`, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureAlgorithm {
    RsaPkcs1(Hash),
    /// MGF1 over the same hash, a salt as long as the hash (all that Go takes, too).
    RsaPss(Hash),
    Ecdsa(Hash),
    Ed25519,
    /// Known, and over a hash that is broken.
    Insecure(&'static str),
    Unsupported(ObjectIdentifier),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// What the table of known types lacks: RFC 3279 section 2.2.1 and 2.2.3, and SHA-1 with RSA as ISO numbers it.
const MD2_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2");
const ECDSA_WITH_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
const ISO_SHA1_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.29");

impl SignatureAlgorithm {
    /// Reads an `AlgorithmIdentifier`. `None` when it is not one; what is unknown is [`Self::Unsupported`].
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (oid, parameters) = read_algorithm(der)?;
        let null_or_absent = parameters.is_none_or(AnyRef::is_null);
        let plain = match oid {
            rfc5912::SHA_256_WITH_RSA_ENCRYPTION => Self::RsaPkcs1(Hash::Sha256),
            rfc5912::SHA_384_WITH_RSA_ENCRYPTION => Self::RsaPkcs1(Hash::Sha384),
            rfc5912::SHA_512_WITH_RSA_ENCRYPTION => Self::RsaPkcs1(Hash::Sha512),
            rfc5912::ECDSA_WITH_SHA_256 => Self::Ecdsa(Hash::Sha256),
            rfc5912::ECDSA_WITH_SHA_384 => Self::Ecdsa(Hash::Sha384),
            rfc5912::ECDSA_WITH_SHA_512 => Self::Ecdsa(Hash::Sha512),
            ID_ED_25519 if parameters.is_none() => Self::Ed25519,
            MD2_WITH_RSA => Self::Insecure("MD2-RSA"),
            rfc5912::MD_5_WITH_RSA_ENCRYPTION => Self::Insecure("MD5-RSA"),
            rfc5912::SHA_1_WITH_RSA_ENCRYPTION | ISO_SHA1_WITH_RSA => Self::Insecure("SHA1-RSA"),
            rfc5912::DSA_WITH_SHA_1 => Self::Insecure("SHA1-DSA"),
            ECDSA_WITH_SHA1 => Self::Insecure("SHA1-ECDSA"),
            rfc5912::ID_RSASSA_PSS => {
                let hash = parameters.and_then(read_pss_hash);
                return Some(hash.map_or(Self::Unsupported(oid), Self::pss));
            }
            _ => Self::Unsupported(oid),
        };
        Some(if null_or_absent { plain } else { Self::Unsupported(oid) })
    }

    fn pss(hash: ObjectIdentifier) -> Self {
        match hash {
            rfc5912::ID_SHA_256 => Self::RsaPss(Hash::Sha256),
            rfc5912::ID_SHA_384 => Self::RsaPss(Hash::Sha384),
            rfc5912::ID_SHA_512 => Self::RsaPss(Hash::Sha512),
            rfc5912::ID_SHA_1 => Self::Insecure("SHA1-RSAPSS"),
            _ => Self::Unsupported(rfc5912::ID_RSASSA_PSS),
        }
    }

    /// The check for this algorithm with this key. `Ok(None)` when the key is of another kind.
    fn check_for(self, key: PublicKey) -> Result<Option<&'static dyn primitive::VerificationAlgorithm>, IssueError> {
        use Hash::{Sha256, Sha384, Sha512};
        let check: &'static dyn primitive::VerificationAlgorithm = match (self, key) {
            (Self::Insecure(algorithm), _) => return Err(IssueError::InsecureHash { algorithm }),
            (Self::Unsupported(found), _) => return Err(IssueError::Algorithm { found: Oid(found) }),
            (Self::RsaPkcs1(Sha256), PublicKey::Rsa { .. }) => &primitive::RSA_PKCS1_2048_8192_SHA256,
            (Self::RsaPkcs1(Sha384), PublicKey::Rsa { .. }) => &primitive::RSA_PKCS1_2048_8192_SHA384,
            (Self::RsaPkcs1(Sha512), PublicKey::Rsa { .. }) => &primitive::RSA_PKCS1_2048_8192_SHA512,
            (Self::RsaPss(Sha256), PublicKey::Rsa { .. }) => &primitive::RSA_PSS_2048_8192_SHA256,
            (Self::RsaPss(Sha384), PublicKey::Rsa { .. }) => &primitive::RSA_PSS_2048_8192_SHA384,
            (Self::RsaPss(Sha512), PublicKey::Rsa { .. }) => &primitive::RSA_PSS_2048_8192_SHA512,
            (Self::Ecdsa(Sha256), PublicKey::Ec(Curve::P256)) => &primitive::ECDSA_P256_SHA256_ASN1,
            (Self::Ecdsa(Sha384), PublicKey::Ec(Curve::P256)) => &primitive::ECDSA_P256_SHA384_ASN1,
            (Self::Ecdsa(Sha512), PublicKey::Ec(Curve::P256)) => &primitive::ECDSA_P256_SHA512_ASN1,
            (Self::Ecdsa(Sha256), PublicKey::Ec(Curve::P384)) => &primitive::ECDSA_P384_SHA256_ASN1,
            (Self::Ecdsa(Sha384), PublicKey::Ec(Curve::P384)) => &primitive::ECDSA_P384_SHA384_ASN1,
            (Self::Ecdsa(Sha512), PublicKey::Ec(Curve::P384)) => &primitive::ECDSA_P384_SHA512_ASN1,
            (Self::Ecdsa(Sha256), PublicKey::Ec(Curve::P521)) => &primitive::ECDSA_P521_SHA256_ASN1,
            (Self::Ecdsa(Sha384), PublicKey::Ec(Curve::P521)) => &primitive::ECDSA_P521_SHA384_ASN1,
            (Self::Ecdsa(Sha512), PublicKey::Ec(Curve::P521)) => &primitive::ECDSA_P521_SHA512_ASN1,
            (Self::Ed25519, PublicKey::Ed25519) => &primitive::ED25519,
            (Self::RsaPkcs1(_) | Self::RsaPss(_) | Self::Ecdsa(_) | Self::Ed25519, _) => return Ok(None),
        };
        Ok(Some(check))
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::RsaPkcs1(_) | Self::RsaPss(_) => "RSA",
            Self::Ecdsa(_) => "EC",
            Self::Ed25519 => "Ed25519",
            Self::Insecure(_) | Self::Unsupported(_) => "another",
        }
    }
}

impl Certificate {
    /// Checks that `issuer` issued this certificate: the names are equal byte for byte, the issuer may sign
    /// certificates, and its key made the signature.
    ///
    /// The rules are those of Go's `CheckSignatureFrom` and of notation: an issuer of version 3 needs basic constraints
    /// with `cA`, and key usage, where present, needs `keyCertSign`; dates, name constraints, policies, key identifiers
    /// and unknown critical extensions are not looked at. Signatures are RSA (PKCS#1 v1.5, or PSS with one hash and a
    /// salt as long as it), ECDSA on P-256, P-384 or P-521, each over SHA-256, SHA-384 or SHA-512, or Ed25519, which
    /// may sign certificates but not images. Two things are stricter than Go: RSA keys have 2048 to 8192 bits (the
    /// specification: "2048 or higher"; Go takes 1024), and P-224 is refused.
    ///
    /// # Errors
    /// [`IssueError`] with the first rule that is broken.
    pub fn check_issued_by(&self, issuer: &Self) -> Result<(), IssueError> {
        self.check_issuer_name(issuer)?;
        // RFC 5280 section 4.2.1.9: without the extension, a version 3 key must not be used to check certificates.
        let may_issue = issuer.basic_constraints().map_or(issuer.version() < 3, |constraints| constraints.ca);
        if !may_issue {
            return Err(IssueError::IssuerNotCa);
        }
        if issuer.key_usage().is_some_and(|usage| !usage.contains(super::KeyUsageFlag::KeyCertSign)) {
            return Err(IssueError::IssuerMayNotSign);
        }
        self.check_signature_by(issuer)
    }

    /// Checks that the certificate's own key signed it. Unlike [`Self::check_issued_by`] this does not ask for an
    /// authority: a self-signed signing certificate is none.
    ///
    /// # Errors
    /// [`IssueError`] with the first rule that is broken.
    pub fn check_self_signed(&self) -> Result<(), IssueError> {
        self.check_issuer_name(self)?;
        self.check_signature_by(self)
    }

    /// Whether subject and issuer are the same name. That says nothing about who signed.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject() == self.issuer()
    }

    fn check_issuer_name(&self, issuer: &Self) -> Result<(), IssueError> {
        if self.issuer() == issuer.subject() {
            return Ok(());
        }
        Err(IssueError::Name { expected: self.issuer().excerpt(), found: issuer.subject().excerpt() })
    }

    fn check_signature_by(&self, issuer: &Self) -> Result<(), IssueError> {
        let algorithm = self.signature_algorithm();
        let key = issuer.typed_key().map_err(|source| match algorithm {
            SignatureAlgorithm::Insecure(algorithm) => IssueError::InsecureHash { algorithm },
            _ => IssueError::IssuerKey { source },
        })?;
        let check = algorithm
            .check_for(key)?
            .ok_or_else(|| IssueError::KeyKind { expected: algorithm.kind(), found: key.kind() })?;
        if let PublicKey::Rsa { bits } = key
            && !ISSUER_MODULUS.contains(&bits)
        {
            return Err(IssueError::IssuerModulusLength { bits });
        }
        primitive::UnparsedPublicKey::new(check, issuer.public_key())
            .verify(self.tbs_der(), self.signature())
            .map_err(|_unspecified| IssueError::Signature)
    }
}

/// `RSASSA-PSS-params` (RFC 4055 section 3.1): the hash, if mask and salt fit it and the trailer is the usual one. All
/// defaults mean SHA-1.
fn read_pss_hash(parameters: AnyRef<'_>) -> Option<ObjectIdentifier> {
    let mut fields =
        (der::Tagged::tag(&parameters) == der::Tag::Sequence).then(|| Fields::new(parameters.value()))??;
    let hash = match fields.optional(constructed(0))? {
        Some(explicit) => read_hash(explicit)?,
        None => rfc5912::ID_SHA_1,
    };
    let mask_hash = match fields.optional(constructed(1))? {
        Some(explicit) => read_mask_hash(explicit)?,
        None => rfc5912::ID_SHA_1,
    };
    let salt_length = fields.optional(constructed(2))?.map_or(Some(20), read_number)?;
    let trailer = fields.optional(constructed(3))?.map_or(Some(1), read_number)?;
    fields.finish()?;
    let hash_length = match hash {
        rfc5912::ID_SHA_1 => 20,
        rfc5912::ID_SHA_256 => 32,
        rfc5912::ID_SHA_384 => 48,
        rfc5912::ID_SHA_512 => 64,
        _ => return None,
    };
    (mask_hash == hash && salt_length == hash_length && trailer == 1).then_some(hash)
}

fn read_hash(der: &[u8]) -> Option<ObjectIdentifier> {
    let (hash, parameters) = read_algorithm(der)?;
    parameters.is_none_or(AnyRef::is_null).then_some(hash)
}

/// MGF1 and its hash (RFC 8017 section B.2.1).
fn read_mask_hash(der: &[u8]) -> Option<ObjectIdentifier> {
    let mut fields = Fields::of_sequence(der)?;
    let function: ObjectIdentifier = fields.decode()?;
    let hash = fields.raw()?;
    fields.finish()?;
    if function == rfc5912::ID_MGF_1 { read_hash(hash) } else { None }
}

fn read_number(der: &[u8]) -> Option<u32> {
    let mut sole = Fields::new(der)?;
    let number = sole.decode()?;
    sole.finish()?;
    Some(number)
}
