//! Rules for single certificates of a chain that signs code: section "Certificate Requirements" of the signature
//! specification.

use const_oid::db::rfc5280;
use der::asn1::ObjectIdentifier;

use super::oid::Oid;
use super::{Certificate, ChainError, KeyUsageFlag};

/// Purposes that a signing certificate must not have. The specification forbids all but `OCSPSigning`, notation all
/// but `anyExtendedKeyUsage`.
const FORBIDDEN_PURPOSES: [(ObjectIdentifier, &str); 6] = [
    (rfc5280::ANY_EXTENDED_KEY_USAGE, "anyExtendedKeyUsage"),
    (rfc5280::ID_KP_SERVER_AUTH, "serverAuth"),
    (rfc5280::ID_KP_CLIENT_AUTH, "clientAuth"),
    (rfc5280::ID_KP_EMAIL_PROTECTION, "emailProtection"),
    (rfc5280::ID_KP_TIME_STAMPING, "timeStamping"),
    (rfc5280::ID_KP_OCSP_SIGNING, "OCSPSigning"),
];

/// Bits that a signing certificate may have.
const ALLOWED_USAGE: [KeyUsageFlag; 2] = [KeyUsageFlag::DigitalSignature, KeyUsageFlag::ContentCommitment];

/// Checks the signing certificate.
pub(super) fn check_leaf(leaf: &Certificate) -> Result<(), ChainError> {
    let index = 0;
    let subject = || leaf.subject().excerpt();
    if leaf.basic_constraints().is_some_and(|constraints| constraints.ca) {
        return Err(ChainError::LeafIsCa { index, subject: subject() });
    }
    check_key_usage(index, leaf, KeyUsageFlag::DigitalSignature)?;
    let flags = leaf.key_usage().map(|usage| usage.flags()).unwrap_or_default();
    let forbidden: Vec<_> = flags.iter().filter(|flag| !ALLOWED_USAGE.contains(flag)).map(|flag| flag.name()).collect();
    if !forbidden.is_empty() {
        return Err(ChainError::KeyUsageForbidden { index, subject: subject(), found: forbidden.join(", ") });
    }
    let purposes = leaf.extended_key_usage().unwrap_or_default();
    if let Some((_, found)) = FORBIDDEN_PURPOSES.iter().find(|(purpose, _)| purposes.contains(&Oid(*purpose))) {
        return Err(ChainError::ExtendedKeyUsage { index, subject: subject(), found });
    }
    match leaf.key_spec() {
        Ok(_) => Ok(()),
        Err(source) => Err(ChainError::Key { index, subject: subject(), source }),
    }
}

/// Checks a certificate above the leaf; `index` is 1 for the one that issued the leaf.
pub(super) fn check_authority(index: usize, authority: &Certificate) -> Result<(), ChainError> {
    let subject = || authority.subject().excerpt();
    let constraints = authority.basic_constraints().filter(|constraints| constraints.ca);
    let Some(constraints) = constraints else {
        return Err(ChainError::NotCa { index, subject: subject() });
    };
    if !constraints.critical {
        return Err(ChainError::BasicConstraintsNotCritical { index, subject: subject() });
    }
    // Between this one and the leaf; unlike in RFC 5280, self-issued certificates count, too.
    let expected = index - 1;
    if let Some(found) = constraints.path_length
        && usize::try_from(found).is_ok_and(|found| found < expected)
    {
        return Err(ChainError::PathLength { index, subject: subject(), found, expected });
    }
    check_key_usage(index, authority, KeyUsageFlag::KeyCertSign)
}

/// Checks that key usage is there, critical, and has one bit.
fn check_key_usage(index: usize, certificate: &Certificate, flag: KeyUsageFlag) -> Result<(), ChainError> {
    let subject = || certificate.subject().excerpt();
    let expected = flag.name();
    match certificate.key_usage() {
        None => Err(ChainError::KeyUsageMissing { index, subject: subject(), expected }),
        Some(usage) if !usage.critical() => Err(ChainError::KeyUsageNotCritical { index, subject: subject() }),
        Some(usage) if !usage.contains(flag) => Err(ChainError::KeyUsageLacks { index, subject: subject(), expected }),
        Some(_) => Ok(()),
    }
}
