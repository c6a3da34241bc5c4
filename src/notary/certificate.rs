//! Stand-in for the certificate module: the few calls that policy and trust store code needs.

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519;
use der::{Decode as _, Encode as _};
use x509_cert::Certificate as Parsed;

use crate::digest::Digest;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: Parsed,
    subject: Name,
}

/// The extension of that name.
#[derive(Clone, Copy, Debug)]
pub struct BasicConstraints {
    /// Whether it is a CA.
    pub ca: bool,
}

/// Not a certificate.
#[derive(Debug, thiserror::Error)]
#[error("not a certificate")]
pub struct CertificateError(#[from] der::Error);

/// Not issued so.
#[derive(Debug, thiserror::Error)]
#[error("signature does not match")]
pub struct IssueError;

impl Certificate {
    /// Parses DER.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn parse_der(der: &[u8]) -> Result<Self, CertificateError> {
        let parsed = Parsed::from_der(der)?;
        let subject = Name::of(parsed.tbs_certificate().subject());
        Ok(Self { der: der.to_vec(), parsed, subject })
    }

    /// The bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 in hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        Digest::sha256(&self.der).hex().to_owned()
    }

    /// Subject.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// Basic constraints.
    #[must_use]
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        let found = self.parsed.tbs_certificate().get_extension::<x509_cert::ext::pkix::BasicConstraints>();
        found.ok().flatten().map(|(_, value)| BasicConstraints { ca: value.ca })
    }

    /// Whether it is signed with its own key.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn check_self_signed(&self) -> Result<(), IssueError> {
        let tbs = self.parsed.tbs_certificate();
        let key = tbs.subject_public_key_info().subject_public_key.raw_bytes();
        let message = tbs.to_der().map_err(|_| IssueError)?;
        if tbs.issuer() != tbs.subject() {
            return Err(IssueError);
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
            .verify(&message, self.parsed.signature().raw_bytes())
            .map_err(|_| IssueError)
    }
}

/// Reads all blocks.
///
/// # Errors
/// [`CertificateError`].
pub fn parse_pem(text: &[u8]) -> Result<Vec<Certificate>, CertificateError> {
    let chain = Parsed::load_pem_chain(text)?;
    chain.iter().map(|parsed| Certificate::parse_der(&parsed.to_der()?)).collect()
}

/// A name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Vec<(usize, ObjectIdentifier, Option<String>)>);

impl Name {
    fn of(name: &x509_cert::name::Name) -> Self {
        let attributes = name.iter_rdn().enumerate().flat_map(|(index, rdn)| {
            rdn.iter().map(move |attribute| {
                (index, attribute.oid, std::str::from_utf8(attribute.value.value()).ok().map(str::to_owned))
            })
        });
        Self(attributes.collect())
    }

    /// All attributes.
    pub fn attributes(&self) -> impl Iterator<Item = (usize, ObjectIdentifier, Option<&str>)> {
        self.0.iter().map(|(index, oid, value)| (*index, *oid, value.as_deref()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = [
            (rfc4519::CN, "CN"),
            (rfc4519::OU, "OU"),
            (rfc4519::O, "O"),
            (rfc4519::L, "L"),
            (rfc4519::ST, "ST"),
            (rfc4519::C, "C"),
        ];
        let mut parts = Vec::new();
        for (oid, name) in order {
            let values: Vec<_> = self.0.iter().filter(|attribute| attribute.1 == oid).collect();
            let text: Vec<_> = values
                .iter()
                .map(|value| format!("{name}={}", escape(value.2.as_deref().unwrap_or_default())))
                .collect();
            if !text.is_empty() {
                parts.push(text.join("+"));
            }
        }
        for (_, oid, _) in self.0.iter().filter(|attribute| order.iter().all(|known| known.0 != attribute.1)) {
            parts.push(format!("{oid}=#00"));
        }
        formatter.write_str(&parts.join(","))
    }
}

fn escape(value: &str) -> String {
    value.chars().flat_map(|c| if ",+\"\\<>;".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}
