//! Extensions (RFC 5280 section 4.2): those that the certificate rules read.
//!
//! What other extensions say decides nothing, critical or not: for a code-signing chain the specification says so ("fail
//! open", section "Certificate Requirements"), and notation does the same. Those that Go's parser knows are well-formed
//! all the same ([`unread`]), or notation would refuse the certificate.

use std::collections::HashSet;

use const_oid::db::rfc5280;
use der::Tag;
use der::asn1::ObjectIdentifier;

use super::der::Fields;
use super::error::CertificateError;
use super::oid::Oid;
use super::revocation_pointer::{self, RevocationPointer};
use super::unread;
use crate::limits;

/// Basic constraints (RFC 5280 section 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BasicConstraints {
    /// Whether the extension is marked critical.
    pub critical: bool,
    /// `cA`.
    pub ca: bool,
    /// `pathLenConstraint`: how many certificates of authorities may be between this one and the leaf.
    pub path_length: Option<u32>,
}

/// One bit of [`KeyUsage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUsageFlag {
    /// Bit 0.
    DigitalSignature,
    /// Bit 1, also called `nonRepudiation`.
    ContentCommitment,
    /// Bit 2.
    KeyEncipherment,
    /// Bit 3.
    DataEncipherment,
    /// Bit 4.
    KeyAgreement,
    /// Bit 5.
    KeyCertSign,
    /// Bit 6.
    CrlSign,
    /// Bit 7.
    EncipherOnly,
    /// Bit 8.
    DecipherOnly,
}

impl KeyUsageFlag {
    /// All nine, by bit.
    pub const ALL: [Self; 9] = [
        Self::DigitalSignature,
        Self::ContentCommitment,
        Self::KeyEncipherment,
        Self::DataEncipherment,
        Self::KeyAgreement,
        Self::KeyCertSign,
        Self::CrlSign,
        Self::EncipherOnly,
        Self::DecipherOnly,
    ];

    /// The name in RFC 5280.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DigitalSignature => "digitalSignature",
            Self::ContentCommitment => "contentCommitment",
            Self::KeyEncipherment => "keyEncipherment",
            Self::DataEncipherment => "dataEncipherment",
            Self::KeyAgreement => "keyAgreement",
            Self::KeyCertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::EncipherOnly => "encipherOnly",
            Self::DecipherOnly => "decipherOnly",
        }
    }
}

/// Key usage (RFC 5280 section 4.2.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    critical: bool,
    flags: Vec<KeyUsageFlag>,
}

impl KeyUsage {
    /// Whether the extension is marked critical.
    #[must_use]
    pub const fn critical(&self) -> bool {
        self.critical
    }

    /// The bits that are set, by bit.
    #[must_use]
    pub fn flags(&self) -> &[KeyUsageFlag] {
        &self.flags
    }

    /// Whether a bit is set.
    #[must_use]
    pub fn contains(&self, flag: KeyUsageFlag) -> bool {
        self.flags.contains(&flag)
    }
}

/// What the extensions of one certificate say.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Option<Vec<Oid>>,
    pub(super) revocation_pointers: Vec<RevocationPointer>,
}

impl Extensions {
    /// Reads the content of the `extensions` field.
    pub(super) fn read(content: &[u8]) -> Result<Self, CertificateError> {
        const MALFORMED: CertificateError = CertificateError::Malformed { part: "extensions" };
        let mut list = Fields::of_sequence(content).ok_or(MALFORMED)?;
        let mut extensions = Self::default();
        let mut seen = HashSet::new();
        while !list.is_finished() {
            let (oid, critical, value) = read_extension(&mut list).ok_or(MALFORMED)?;
            if !seen.insert(oid) {
                return Err(CertificateError::DuplicateExtension { oid: Oid(oid) });
            }
            extensions.take(oid, critical, value)?;
        }
        let found = extensions.revocation_pointers.len();
        if found > limits::REVOCATION_POINTERS {
            return Err(CertificateError::RevocationPointers { found, expected: limits::REVOCATION_POINTERS });
        }
        Ok(extensions)
    }

    fn take(&mut self, oid: ObjectIdentifier, critical: bool, value: &[u8]) -> Result<(), CertificateError> {
        let known = |name| move || CertificateError::Extension { name };
        match oid {
            rfc5280::ID_CE_BASIC_CONSTRAINTS => {
                let read = read_basic_constraints(critical, value);
                self.basic_constraints = Some(read.ok_or_else(known("basicConstraints"))?);
            }
            rfc5280::ID_CE_KEY_USAGE => {
                self.key_usage = Some(read_key_usage(critical, value).ok_or_else(known("keyUsage"))?);
            }
            rfc5280::ID_CE_EXT_KEY_USAGE => {
                self.extended_key_usage = Some(read_extended_key_usage(value).ok_or_else(known("extKeyUsage"))?);
            }
            // RFC 5280 section 4.2.2.1: never critical, and Go refuses one that is.
            rfc5280::ID_PE_AUTHORITY_INFO_ACCESS if critical => return Err(known("authorityInfoAccess")()),
            rfc5280::ID_PE_AUTHORITY_INFO_ACCESS => {
                let read = revocation_pointer::read_authority_info_access(value);
                self.revocation_pointers.extend(read.ok_or_else(known("authorityInfoAccess"))?);
            }
            rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS => {
                let read = revocation_pointer::read_distribution_points(value);
                self.revocation_pointers.extend(read.ok_or_else(known("cRLDistributionPoints"))?);
            }
            rfc5280::ID_CE_FRESHEST_CRL => {
                let read = revocation_pointer::read_distribution_points(value);
                self.revocation_pointers.extend(read.ok_or_else(known("freshestCRL"))?);
            }
            other => return unread::check(other, critical, value),
        }
        Ok(())
    }
}

/// `Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }`; a written-out FALSE is not DER, but common.
fn read_extension<'a>(list: &mut Fields<'a>) -> Option<(ObjectIdentifier, bool, &'a [u8])> {
    let mut extension = list.sequence()?;
    let oid = extension.object_identifier()?;
    let critical = read_default_false(&mut extension)?;
    let value = extension.content(Tag::OctetString)?;
    extension.finish()?;
    Some((oid, critical, value))
}

fn read_default_false(fields: &mut Fields<'_>) -> Option<bool> {
    match fields.optional(Tag::Boolean)? {
        None | Some([0]) => Some(false),
        Some([0xff]) => Some(true),
        Some(_) => None,
    }
}

/// `SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }`
fn read_basic_constraints(critical: bool, value: &[u8]) -> Option<BasicConstraints> {
    let mut fields = Fields::of_sequence(value)?;
    let ca = read_default_false(&mut fields)?;
    let path_length = if fields.is_finished() { None } else { Some(fields.decode::<u32>()?) };
    fields.finish()?;
    Some(BasicConstraints { critical, ca, path_length })
}

/// `BIT STRING`; bits beyond the ninth have no name and are not looked at.
fn read_key_usage(critical: bool, value: &[u8]) -> Option<KeyUsage> {
    let mut sole = Fields::new(value)?;
    let bits = sole.bit_string()?;
    sole.finish()?;
    let flags = KeyUsageFlag::ALL.into_iter().zip(bits.bits()).filter_map(|(flag, set)| set.then_some(flag)).collect();
    Some(KeyUsage { critical, flags })
}

/// `SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER`
fn read_extended_key_usage(value: &[u8]) -> Option<Vec<Oid>> {
    let mut fields = Fields::of_sequence(value)?;
    let mut purposes = vec![Oid(fields.object_identifier()?)];
    while !fields.is_finished() {
        purposes.push(Oid(fields.object_identifier()?));
    }
    Some(purposes)
}
