//! Why a chain is refused. Subjects in messages are foreign text of at most 257 characters, escaped as Rust does.

use super::{CertificateError, IssueError, KeyError};
use crate::Timestamp;

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
    #[error("certificate {index} ({subject:?}) expired at {not_after}, expected to be valid at {time:.0}")]
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
    /// A certificate above the leaf is not an authority.
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
    #[error("certificate {index} ({subject:?}) is valid from {not_before}, expected to be valid at {time:.0}")]
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
