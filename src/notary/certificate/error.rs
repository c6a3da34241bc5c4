//! Why a certificate or a chain is refused. Subjects in messages are foreign text of at most 257 characters, not
//! escaped.

use der::asn1::ObjectIdentifier;

use crate::Timestamp;

/// Why bytes are not a certificate, or a text not a list of certificates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// One certificate among several is broken.
    #[error("certificate {index} is not valid")]
    Block {
        /// Index in the file, from 0.
        index: usize,
        /// What is wrong with it.
        source: Box<Self>,
    },
    /// An extension occurs twice (RFC 5280 section 4.2 forbids it).
    #[error("extension {oid} occurs twice")]
    DuplicateExtension {
        /// Its type.
        oid: ObjectIdentifier,
    },
    /// An extension that is read here does not follow its syntax.
    #[error("extension {name} is malformed")]
    Extension {
        /// Its name in RFC 5280.
        name: &'static str,
    },
    /// The bytes are not DER, or a field does not follow its syntax.
    #[error("{part} is malformed")]
    Malformed {
        /// The field, with its name in RFC 5280.
        part: &'static str,
    },
    /// A PEM block that does not hold base64.
    #[error("PEM block that begins at line {line} does not hold base64")]
    PemBase64 {
        /// Line of its first boundary, from 1.
        line: usize,
    },
    /// A PEM boundary that is none, or that does not fit the one before it.
    #[error("PEM boundary at line {line} is malformed or out of place")]
    PemBoundary {
        /// Its line, from 1.
        line: usize,
    },
    /// No PEM block at all.
    #[error("no certificate found, expected at least one PEM block named \"CERTIFICATE\"")]
    PemEmpty,
    /// A PEM block of another kind.
    #[error("PEM block at line {line} is {label:?}, expected \"CERTIFICATE\"")]
    PemLabel {
        /// Line of its first boundary, from 1.
        line: usize,
        /// Its label, at most 64 characters.
        label: String,
    },
    /// A private key where only certificates belong.
    #[error("PEM block at line {line} is a private key ({label:?}), expected \"CERTIFICATE\"")]
    PemPrivateKey {
        /// Line of its first boundary, from 1.
        line: usize,
        /// Its label, at most 64 characters.
        label: String,
    },
    /// More revocation pointers than are taken.
    #[error("certificate has {found} revocation pointers, expected at most {expected}")]
    RevocationPointers {
        /// How many there are.
        found: usize,
        /// [`crate::limits::REVOCATION_POINTERS`].
        expected: usize,
    },
    /// The algorithm inside what is signed differs from the one outside (RFC 5280 section 4.1.1.2).
    #[error("signature algorithm inside the signed part differs from the one outside")]
    SignatureAlgorithmDiffers,
    /// More bytes than are taken.
    #[error("certificate has {found} bytes, expected at most {expected}")]
    TooLarge {
        /// Bytes found.
        found: usize,
        /// [`crate::limits::CERTIFICATE_BYTES`].
        expected: usize,
    },
    /// More certificates than are taken.
    #[error("more than {expected} certificates")]
    TooMany {
        /// [`crate::limits::TRUST_STORE_CERTIFICATES`].
        expected: usize,
    },
    /// Bytes after the certificate.
    #[error("bytes follow the certificate")]
    TrailingBytes,
}

impl CertificateError {
    /// A stable name for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Block { source, .. } => source.code(),
            Self::DuplicateExtension { .. } => "certificate-duplicate-extension",
            Self::Extension { .. } => "certificate-malformed-extension",
            Self::Malformed { .. } => "certificate-malformed",
            Self::PemBase64 { .. } => "certificate-pem-base64",
            Self::PemBoundary { .. } => "certificate-pem-boundary",
            Self::PemEmpty => "certificate-pem-empty",
            Self::PemLabel { .. } => "certificate-pem-label",
            Self::PemPrivateKey { .. } => "certificate-pem-private-key",
            Self::RevocationPointers { .. } => "certificate-revocation-pointers",
            Self::SignatureAlgorithmDiffers => "certificate-signature-algorithm-differs",
            Self::TooLarge { .. } => "certificate-too-large",
            Self::TooMany { .. } => "certificate-too-many",
            Self::TrailingBytes => "certificate-trailing-bytes",
        }
    }
}

/// Why a key may not sign images, or is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither RSA nor EC.
    #[error("key algorithm is {found}, expected RSA (1.2.840.113549.1.1.1) or EC (1.2.840.10045.2.1)")]
    Algorithm {
        /// Its type.
        found: ObjectIdentifier,
    },
    /// Another curve.
    #[error("curve is {found}, expected P-256, P-384 or P-521")]
    Curve {
        /// Its type.
        found: ObjectIdentifier,
    },
    /// The key does not follow the syntax of its algorithm.
    #[error("{algorithm} key is malformed")]
    Malformed {
        /// Its algorithm.
        algorithm: &'static str,
    },
    /// An RSA key of another length.
    #[error("RSA key has {bits} bits, expected 2048, 3072 or 4096")]
    ModulusLength {
        /// Exact length of the modulus.
        bits: usize,
    },
    /// The parameters are not those of the algorithm: NULL for RSA, a named curve for EC, none for Ed25519.
    #[error("parameters of the {algorithm} key are not those of the algorithm")]
    Parameters {
        /// Its algorithm.
        algorithm: &'static str,
    },
    /// The point is compressed, at infinity or of another length.
    #[error("{curve} point has {found} bytes, expected an uncompressed one of {expected}")]
    Point {
        /// Name of the curve.
        curve: &'static str,
        /// Bytes found.
        found: usize,
        /// Bytes of an uncompressed point.
        expected: usize,
    },
}

impl KeyError {
    /// A stable name for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "key-algorithm",
            Self::Curve { .. } => "key-curve",
            Self::Malformed { .. } => "key-malformed",
            Self::ModulusLength { .. } => "key-modulus-length",
            Self::Parameters { .. } => "key-parameters",
            Self::Point { .. } => "key-point",
        }
    }
}

/// Why one certificate is not issued by another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A signature algorithm, or parameters of it, that is not taken.
    #[error("signature algorithm {found} or its parameters are not supported")]
    Algorithm {
        /// Its type.
        found: ObjectIdentifier,
    },
    /// A signature over MD2, MD5 or SHA-1.
    #[error("signature algorithm is {algorithm}, expected one over SHA-256, SHA-384 or SHA-512")]
    InsecureHash {
        /// The algorithm in Go's words.
        algorithm: &'static str,
    },
    /// The issuer's key is not understood.
    #[error("issuer's key cannot check signatures")]
    IssuerKey {
        /// What is wrong with it.
        source: KeyError,
    },
    /// The issuer's key usage lacks `keyCertSign`.
    #[error("issuer's key usage has no keyCertSign")]
    IssuerMayNotSign,
    /// The issuer's RSA key is too short or too long.
    #[error("issuer's RSA key has {bits} bits, expected 2048 to 8192")]
    IssuerModulusLength {
        /// Exact length of the modulus.
        bits: usize,
    },
    /// The issuer is no certificate authority.
    #[error("issuer has no basic constraints with cA set to true")]
    IssuerNotCa,
    /// The signature is for another kind of key.
    #[error("signature is for an {expected} key, issuer's key is {found}")]
    KeyKind {
        /// Kind that the signature algorithm needs.
        expected: &'static str,
        /// Kind of the issuer's key.
        found: &'static str,
    },
    /// The names differ.
    #[error("issuer is {expected:?}, but the subject of the issuer's certificate is {found:?}")]
    Name {
        /// Issuer in the certificate.
        expected: String,
        /// Subject of the issuer's certificate.
        found: String,
    },
    /// The signature was not made by the issuer's key.
    #[error("signature was not made by the issuer's key")]
    Signature,
}

impl IssueError {
    /// A stable name for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "issuer-signature-algorithm",
            Self::InsecureHash { .. } => "issuer-signature-insecure-hash",
            Self::IssuerKey { .. } => "issuer-key",
            Self::IssuerMayNotSign => "issuer-may-not-sign",
            Self::IssuerModulusLength { .. } => "issuer-modulus-length",
            Self::IssuerNotCa => "issuer-not-ca",
            Self::KeyKind { .. } => "issuer-key-kind",
            Self::Name { .. } => "issuer-name",
            Self::Signature => "issuer-signature",
        }
    }
}

/// Why certificates are not a chain, or not one for the use at hand. Index 0 is the leaf.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// Basic constraints of an authority are not critical.
    #[error("certificate {index} ({subject:?}): basic constraints of an authority are not critical, expected critical")]
    BasicConstraintsNotCritical {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
    },
    /// One certificate does not parse.
    #[error("certificate {index} is not valid")]
    Certificate {
        /// Index in the chain.
        index: usize,
        /// What is wrong with it.
        source: CertificateError,
    },
    /// No certificate.
    #[error("certificate chain is empty, expected at least one certificate")]
    Empty,
    /// A certificate was not valid any more.
    #[error("certificate {index} ({subject:?}) expired at {not_after}, expected to be valid at {time}")]
    Expired {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// Last moment of its validity.
        not_after: Timestamp,
        /// The moment asked about.
        time: Timestamp,
    },
    /// The leaf may be used for something that a signing certificate must not be used for.
    #[error("certificate {index} ({subject:?}): extended key usage contains {found}, which is forbidden")]
    ExtendedKeyUsage {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// Name of the purpose in RFC 5280.
        found: &'static str,
    },
    /// Two neighbours whose names do not fit: an incomplete chain, or one out of order.
    #[error("certificate {index} ({subject:?}) is issued by {issuer:?}, but certificate {next} is {next_subject:?}")]
    Gap {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// Its issuer.
        issuer: String,
        /// Index of the next certificate.
        next: usize,
        /// Subject of the next certificate.
        next_subject: String,
    },
    /// The leaf's key is not one of the six that may sign.
    #[error("certificate {index} ({subject:?}) has a key that may not sign images")]
    Key {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The leaf's key usage has a bit that it must not have.
    #[error("certificate {index} ({subject:?}): key usage contains {found}, expected digitalSignature only")]
    KeyUsageForbidden {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// Names of the forbidden bits in RFC 5280, joined with a comma.
        found: String,
    },
    /// Key usage lacks a bit that it must have.
    #[error("certificate {index} ({subject:?}): key usage has no {expected}")]
    KeyUsageLacks {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// Name of the missing bit in RFC 5280.
        expected: &'static str,
    },
    /// There is no key usage.
    #[error("certificate {index} ({subject:?}) has no key usage, expected one with {expected}")]
    KeyUsageMissing {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// Name of the bit that it must have.
        expected: &'static str,
    },
    /// Key usage is not critical.
    #[error("certificate {index} ({subject:?}): key usage is not critical, expected critical")]
    KeyUsageNotCritical {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
    },
    /// The leaf is a certificate authority.
    #[error("certificate {index} ({subject:?}) is a certificate authority, expected a signing certificate")]
    LeafIsCa {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
    },
    /// A certificate above the leaf is no authority.
    #[error("certificate {index} ({subject:?}) has no basic constraints with cA set to true, expected an authority")]
    NotCa {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
    },
    /// The names fit, but one certificate is not issued by the next, or the root not by itself.
    #[error("certificate {index} ({subject:?}) is not issued by {issuer:?}")]
    NotIssued {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// Subject of the issuer's certificate.
        issuer: String,
        /// The rule that is broken.
        source: IssueError,
    },
    /// A certificate was not valid yet.
    #[error("certificate {index} ({subject:?}) is valid from {not_before}, expected to be valid at {time}")]
    NotYetValid {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// First moment of its validity.
        not_before: Timestamp,
        /// The moment asked about.
        time: Timestamp,
    },
    /// An authority allows fewer authorities below it than there are.
    #[error("certificate {index} ({subject:?}) allows {found} authorities below it, expected {expected} or more")]
    PathLength {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// Its path length.
        found: u32,
        /// Authorities below it in the chain.
        expected: usize,
    },
    /// The last certificate is issued by another one, which is missing.
    #[error("last certificate, {index} ({subject:?}), is issued by {issuer:?}, expected a self-signed root")]
    RootMissing {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
        /// Its issuer.
        issuer: String,
    },
    /// A certificate below the root is self-signed.
    #[error("certificate {index} ({subject:?}) is self-signed, expected that of the root only")]
    SelfSigned {
        /// Index in the chain.
        index: usize,
        /// Its subject.
        subject: String,
    },
    /// More certificates than are taken.
    #[error("certificate chain has more than {expected} certificates")]
    TooLong {
        /// [`crate::limits::CHAIN_CERTIFICATES`].
        expected: usize,
    },
}

impl ChainError {
    /// A stable name for reports. Where another error says more, its name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BasicConstraintsNotCritical { .. } => "chain-basic-constraints-not-critical",
            Self::Certificate { source, .. } => source.code(),
            Self::Empty => "chain-empty",
            Self::Expired { .. } => "chain-expired",
            Self::ExtendedKeyUsage { .. } => "chain-extended-key-usage",
            Self::Gap { .. } => "chain-gap",
            Self::Key { source, .. } => source.code(),
            Self::KeyUsageForbidden { .. } => "chain-key-usage-forbidden",
            Self::KeyUsageLacks { .. } => "chain-key-usage-lacks",
            Self::KeyUsageMissing { .. } => "chain-key-usage-missing",
            Self::KeyUsageNotCritical { .. } => "chain-key-usage-not-critical",
            Self::LeafIsCa { .. } => "chain-leaf-is-ca",
            Self::NotCa { .. } => "chain-not-ca",
            Self::NotIssued { source, .. } => source.code(),
            Self::NotYetValid { .. } => "chain-not-yet-valid",
            Self::PathLength { .. } => "chain-path-length",
            Self::RootMissing { .. } => "chain-root-missing",
            Self::SelfSigned { .. } => "chain-self-signed-below-root",
            Self::TooLong { .. } => "chain-too-long",
        }
    }
}
