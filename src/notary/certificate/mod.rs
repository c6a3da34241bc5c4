//! X.509 certificates (RFC 5280), as far as the Notary Project's certificate requirements read them.
//!
//! A [`Certificate`] is one certificate, parsed once; it keeps the bytes that were received, and everything that is
//! signed or compared is a slice of them. A [`CertificateChain`] is leaf first and has the rules between certificates.
//! Whether a chain is trusted is not decided here.

mod chain;
mod chain_error;
mod code_signing;
mod der;
mod error;
mod extension;
mod general_name;
mod key;
mod name;
mod oid;
mod parse;
mod pem;
mod revocation_pointer;
mod signature;
mod time;
mod unread;

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use self::extension::Extensions;
use self::key::PublicKey;
use self::signature::SignatureAlgorithm;
use crate::Timestamp;
use crate::algorithm::KeySpec;
use crate::digest::{Digest, hex};

pub use self::chain::CertificateChain;
pub use self::chain_error::ChainError;
pub use self::error::{CertificateError, IssueError, KeyError};
pub use self::extension::{BasicConstraints, KeyUsage, KeyUsageFlag};
pub use self::name::Name;
pub use self::oid::Oid;
pub use self::pem::parse_pem;
pub use self::revocation_pointer::RevocationPointer;
pub use self::time::Validity;

/// One certificate. Two are equal when their DER is. A clone shares the bytes.
#[derive(Clone)]
pub struct Certificate {
    parsed: Arc<Parsed>,
}

/// The fields, read once; ranges are places in `der`.
struct Parsed {
    der: Box<[u8]>,
    tbs: Range<usize>,
    version: u8,
    serial_number: Range<usize>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    spki: Range<usize>,
    public_key: Range<usize>,
    key: Result<PublicKey, KeyError>,
    extensions: Extensions,
    signature_algorithm: SignatureAlgorithm,
    signature: Range<usize>,
}

impl Certificate {
    /// Parses exactly one certificate.
    ///
    /// What is accepted is meant to be what Go's `crypto/x509` accepts, because notation does: serial numbers of any
    /// length (not negative), any dates, versions 1 to 3, unknown critical extensions. It is stricter where Go reads
    /// over bytes: nothing may follow any field, extensions need version 3, dates have seconds and end in `Z`, and bit
    /// strings of keys and signatures are whole bytes. A key that is not understood is no error here but in
    /// [`Self::key_spec`] and [`Self::check_issued_by`], and a distribution point with a relative name, which Go refuses, is
    /// a pointer without an address.
    ///
    /// # Errors
    /// [`CertificateError`], also when there are more bytes than [`crate::limits::CERTIFICATE_BYTES`] or more
    /// revocation pointers than [`crate::limits::REVOCATION_POINTERS`].
    pub fn parse_der(der: &[u8]) -> Result<Self, CertificateError> {
        parse::parse(der).map(|parsed| Self { parsed: Arc::new(parsed) })
    }

    /// The certificate as received.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.parsed.der
    }

    /// What is signed, `tbsCertificate`, as received.
    #[must_use]
    pub fn tbs_der(&self) -> &[u8] {
        self.slice(&self.parsed.tbs)
    }

    /// SHA-256 of the certificate as lowercase hexadecimal characters, as notation prints it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        Digest::sha256(self.der()).hex().to_owned()
    }

    /// Version as people count it: 1, 2 or 3.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.parsed.version
    }

    /// The owner of the key.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.parsed.subject
    }

    /// The authority that certifies it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.parsed.issuer
    }

    /// The serial number as lowercase hexadecimal characters, two for each byte, without a leading zero byte.
    #[must_use]
    pub fn serial_number(&self) -> String {
        hex(self.slice(&self.parsed.serial_number))
    }

    /// First moment of the validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.parsed.not_before
    }

    /// Last moment of the validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.parsed.not_after
    }

    /// Where a moment lies in the validity; both ends are within.
    #[must_use]
    pub fn covers(&self, time: Timestamp) -> Validity {
        if time < self.not_before() {
            Validity::NotYet
        } else if time > self.not_after() {
            Validity::Expired
        } else {
            Validity::Valid
        }
    }

    /// Content of the `subjectPublicKey` bit string, as [`KeySpec::verify`] takes it.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.slice(&self.parsed.public_key)
    }

    /// `subjectPublicKeyInfo` as received.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        self.slice(&self.parsed.spki)
    }

    /// Which of the six keys that may sign images this is.
    ///
    /// # Errors
    /// [`KeyError`] when it is none of them.
    pub fn key_spec(&self) -> Result<KeySpec, KeyError> {
        self.typed_key()?.spec()
    }

    /// Basic constraints, if there are any.
    #[must_use]
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.parsed.extensions.basic_constraints
    }

    /// Key usage, if there is one.
    #[must_use]
    pub fn key_usage(&self) -> Option<&KeyUsage> {
        self.parsed.extensions.key_usage.as_ref()
    }

    /// Purposes of the extended key usage, if there is one; then there is at least one purpose.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<&[Oid]> {
        self.parsed.extensions.extended_key_usage.as_deref()
    }

    /// Where revocation can be asked for, in the order of the certificate. Empty only if the certificate has neither an
    /// OCSP access description nor CRL distribution points nor a freshest CRL, whatever these contain.
    #[must_use]
    pub fn revocation_pointers(&self) -> &[RevocationPointer] {
        &self.parsed.extensions.revocation_pointers
    }

    fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.parsed.signature_algorithm
    }

    fn signature(&self) -> &[u8] {
        self.slice(&self.parsed.signature)
    }

    fn typed_key(&self) -> Result<PublicKey, KeyError> {
        self.parsed.key.clone()
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        // Ranges are made from slices of these bytes.
        self.parsed.der.get(range.clone()).unwrap_or_default()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Certificate")
            .field("subject", &self.subject().to_string())
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}
