//! Extensions that decide nothing here and have to be well-formed nonetheless.
//!
//! Go's `crypto/x509` parses each of these and refuses a certificate in which one is malformed, so notation does. What
//! they say is not kept.

use std::collections::HashSet;

use const_oid::db::rfc5280;
use der::Tag;
use der::asn1::ObjectIdentifier;

use super::der::{Fields, is_object_identifier, primitive};
use super::error::CertificateError;
use super::general_name;

/// Checks an extension that no rule reads. One that Go does not know either may hold anything.
pub(super) fn check(oid: ObjectIdentifier, critical: bool, value: &[u8]) -> Result<(), CertificateError> {
    let (name, read) = match oid {
        // RFC 5280 sections 4.2.1.1 and 4.2.1.2: never critical.
        rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER => {
            ("authorityKeyIdentifier", authority_key_identifier(value).filter(|()| !critical))
        }
        rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER => {
            ("subjectKeyIdentifier", subject_key_identifier(value).filter(|()| !critical))
        }
        rfc5280::ID_CE_CERTIFICATE_POLICIES => ("certificatePolicies", certificate_policies(value)),
        rfc5280::ID_CE_POLICY_MAPPINGS => ("policyMappings", policy_mappings(value)),
        rfc5280::ID_CE_POLICY_CONSTRAINTS => ("policyConstraints", policy_constraints(value)),
        rfc5280::ID_CE_INHIBIT_ANY_POLICY => ("inhibitAnyPolicy", inhibit_any_policy(value)),
        rfc5280::ID_CE_SUBJECT_ALT_NAME => ("subjectAltName", general_name::read_alternative_names(value)),
        rfc5280::ID_CE_NAME_CONSTRAINTS => ("nameConstraints", general_name::read_constraints(value)),
        _ => return Ok(()),
    };
    read.ok_or(CertificateError::Extension { name })
}

/// `SEQUENCE { keyIdentifier [0] OCTET STRING OPTIONAL, … }`, of which Go reads the first.
fn authority_key_identifier(value: &[u8]) -> Option<()> {
    Fields::of_sequence(value)?.optional(primitive(0)).map(drop)
}

/// `OCTET STRING`
fn subject_key_identifier(value: &[u8]) -> Option<()> {
    let mut sole = Fields::new(value)?;
    sole.content(Tag::OctetString)?;
    sole.finish()
}

/// `SEQUENCE OF SEQUENCE { policyIdentifier, policyQualifiers OPTIONAL }`, each policy once.
fn certificate_policies(value: &[u8]) -> Option<()> {
    let mut policies = Fields::of_sequence(value)?;
    let mut seen = HashSet::new();
    while !policies.is_finished() {
        let identifier = policies.sequence()?.content(Tag::ObjectIdentifier)?;
        (is_object_identifier(identifier) && seen.insert(identifier)).then_some(())?;
    }
    Some(())
}

/// `SEQUENCE OF SEQUENCE { issuerDomainPolicy, subjectDomainPolicy }`
fn policy_mappings(value: &[u8]) -> Option<()> {
    let mut mappings = Fields::of_sequence(value)?;
    while !mappings.is_finished() {
        let mut mapping = mappings.sequence()?;
        mapping.content(Tag::ObjectIdentifier)?;
        mapping.content(Tag::ObjectIdentifier)?;
    }
    Some(())
}

/// `SEQUENCE { requireExplicitPolicy [0] INTEGER OPTIONAL, inhibitPolicyMapping [1] INTEGER OPTIONAL }`
fn policy_constraints(value: &[u8]) -> Option<()> {
    let mut constraints = Fields::of_sequence(value)?;
    for number in [0, 1] {
        if let Some(content) = constraints.optional(primitive(number))? {
            is_integer(content, 8).then_some(())?;
        }
    }
    Some(())
}

/// `INTEGER (0..MAX)`, of any sign for Go, which keeps it in 64 bits.
fn inhibit_any_policy(value: &[u8]) -> Option<()> {
    let mut sole = Fields::new(value)?;
    let content = sole.content(Tag::Integer)?;
    sole.finish()?;
    is_integer(content, 8).then_some(())
}

/// Whether bytes are the content of an INTEGER of at most so many bytes: not padded (X.690 section 8.3.2).
fn is_integer(content: &[u8], most: usize) -> bool {
    !matches!(content, [] | [0, 0..0x80, ..] | [0xff, 0x80..=0xff, ..]) && content.len() <= most
}
