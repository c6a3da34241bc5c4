//! Why a certificate is refused. Foreign text in messages has at most 257 characters and is escaped as Rust does.

use super::oid::Oid;

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
        oid: Oid,
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
    /// A PEM boundary that is malformed, or that does not match the one before it.
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
        found: Oid,
    },
    /// Another curve.
    #[error("curve is {found}, expected P-256, P-384 or P-521")]
    Curve {
        /// Its type.
        found: Oid,
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
        found: Oid,
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
    /// The issuer is not a certificate authority.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::ChainError;
    use super::*;
    use crate::Timestamp;

    /// One of each variant that has a code of its own, with that code.
    fn every_code() -> Vec<(String, &'static str)> {
        let oid = Oid(der::asn1::ObjectIdentifier::new_unwrap("1.2.3"));
        let (index, time, expected, found) = (0, Timestamp::UNIX_EPOCH, "x", "x");
        let text = String::new;
        let certificate = [
            CertificateError::DuplicateExtension { oid },
            CertificateError::Extension { name: "x" },
            CertificateError::Malformed { part: "x" },
            CertificateError::PemBase64 { line: 1 },
            CertificateError::PemBoundary { line: 1 },
            CertificateError::PemEmpty,
            CertificateError::PemLabel { line: 1, label: text() },
            CertificateError::PemPrivateKey { line: 1, label: text() },
            CertificateError::RevocationPointers { found: 1, expected: 1 },
            CertificateError::SignatureAlgorithmDiffers,
            CertificateError::TooLarge { found: 1, expected: 1 },
            CertificateError::TooMany { expected: 1 },
            CertificateError::TrailingBytes,
        ];
        let key = [
            KeyError::Algorithm { found: oid },
            KeyError::Curve { found: oid },
            KeyError::Malformed { algorithm: "x" },
            KeyError::ModulusLength { bits: 1 },
            KeyError::Parameters { algorithm: "x" },
            KeyError::Point { curve: "x", found: 1, expected: 1 },
        ];
        let issue = [
            IssueError::Algorithm { found: oid },
            IssueError::InsecureHash { algorithm: "x" },
            IssueError::IssuerKey { source: KeyError::Algorithm { found: oid } },
            IssueError::IssuerMayNotSign,
            IssueError::IssuerModulusLength { bits: 1 },
            IssueError::IssuerNotCa,
            IssueError::KeyKind { expected, found },
            IssueError::Name { expected: text(), found: text() },
            IssueError::Signature,
        ];
        let subject = text;
        let chain = [
            ChainError::BasicConstraintsNotCritical { index, subject: subject() },
            ChainError::Empty,
            ChainError::Expired { index, subject: subject(), not_after: time, time },
            ChainError::ExtendedKeyUsage { index, subject: subject(), found },
            ChainError::Gap { index, subject: subject(), issuer: text(), next: 1, next_subject: text() },
            ChainError::KeyUsageForbidden { index, subject: subject(), found: text() },
            ChainError::KeyUsageLacks { index, subject: subject(), expected },
            ChainError::KeyUsageMissing { index, subject: subject(), expected },
            ChainError::KeyUsageNotCritical { index, subject: subject() },
            ChainError::LeafIsCa { index, subject: subject() },
            ChainError::NotCa { index, subject: subject() },
            ChainError::NotYetValid { index, subject: subject(), not_before: time, time },
            ChainError::PathLength { index, subject: subject(), found: 0, expected: 1 },
            ChainError::RootMissing { index, subject: subject(), issuer: text() },
            ChainError::SelfSigned { index, subject: subject() },
            ChainError::TooLong { expected: 1 },
        ];
        let certificate = certificate.iter().map(|error| (error.to_string(), error.code()));
        let key = key.iter().map(|error| (error.to_string(), error.code()));
        let issue = issue.iter().map(|error| (error.to_string(), error.code()));
        let chain = chain.iter().map(|error| (error.to_string(), error.code()));
        certificate.chain(key).chain(issue).chain(chain).collect()
    }

    #[test]
    fn codes_are_unique_and_none_is_forgotten() {
        let errors = every_code();
        let codes: BTreeSet<_> = errors.iter().map(|(_, code)| *code).collect();
        assert_eq!(codes.len(), errors.len());
        // In these files only codes follow an arrow.
        let files = [include_str!("error.rs"), include_str!("chain_error.rs")];
        let written: usize = files.iter().map(|file| file.matches(concat!("=>", " \"")).count()).sum();
        assert_eq!(codes.len(), written);
        for (message, code) in errors {
            assert!(code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{code}");
            assert!(!message.ends_with('.') && !message.is_empty(), "{message}");
        }
    }

    #[test]
    fn wrapped_errors_keep_the_code_that_says_more() {
        let key = KeyError::ModulusLength { bits: 1024 };
        let error = ChainError::Key { index: 0, subject: String::new(), source: key.clone() };
        assert_eq!(error.code(), key.code());
        let issue = IssueError::Signature;
        let (subject, issuer) = (String::new(), String::new());
        assert_eq!(ChainError::NotIssued { index: 0, subject, issuer, source: issue.clone() }.code(), issue.code());
        let source = CertificateError::TrailingBytes;
        assert_eq!(CertificateError::Block { index: 0, source: Box::new(source.clone()) }.code(), source.code());
        assert_eq!(ChainError::Certificate { index: 0, source: source.clone() }.code(), source.code());
    }
}
