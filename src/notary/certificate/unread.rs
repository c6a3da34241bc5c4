//! Extensions that decide nothing here and have to be well-formed nonetheless.
//!
//! Go's `crypto/x509` parses each of these and refuses a certificate in which one is malformed, so notation does. What
//! they say is not kept.

use std::collections::HashSet;

use const_oid::db::rfc5280;
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Tag, Tagged as _};

use super::der::{Fields, constructed, primitive};
use super::error::CertificateError;

/// The choices of `GeneralName` (RFC 5280 section 4.2.1.6) that are texts or addresses.
const EMAIL: Tag = primitive(1);
const DNS: Tag = primitive(2);
const URI: Tag = primitive(6);
const IP: Tag = primitive(7);

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
        rfc5280::ID_CE_SUBJECT_ALT_NAME => ("subjectAltName", subject_alternative_names(value)),
        rfc5280::ID_CE_NAME_CONSTRAINTS => ("nameConstraints", name_constraints(value)),
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

/// Whether bytes are the content of an OBJECT IDENTIFIER with arcs of any size (X.690 section 8.19).
fn is_object_identifier(content: &[u8]) -> bool {
    let begins =
        |place: usize| place.checked_sub(1).and_then(|before| content.get(before)).is_none_or(|byte| byte & 0x80 == 0);
    let padded = content.iter().enumerate().any(|(place, byte)| *byte == 0x80 && begins(place));
    content.last().is_some_and(|last| last & 0x80 == 0) && !padded
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

/// `SEQUENCE OF GeneralName`
fn subject_alternative_names(value: &[u8]) -> Option<()> {
    let mut names = Fields::of_sequence(value)?;
    while !names.is_finished() {
        let name = names.any()?;
        let valid = match name.tag() {
            EMAIL | DNS | URI => name.value().is_ascii(),
            IP => matches!(name.value().len(), 4 | 16),
            _ => true,
        };
        valid.then_some(())?;
    }
    Some(())
}

/// `SEQUENCE { permittedSubtrees [0] OPTIONAL, excludedSubtrees [1] OPTIONAL }`, and something in one of them.
fn name_constraints(value: &[u8]) -> Option<()> {
    let mut fields = Fields::of_sequence(value)?;
    let permitted = fields.optional(constructed(0))?.unwrap_or_default();
    let excluded = fields.optional(constructed(1))?.unwrap_or_default();
    fields.finish()?;
    (!permitted.is_empty() || !excluded.is_empty()).then_some(())?;
    for trees in [permitted, excluded] {
        let mut trees = Fields::new(trees)?;
        while !trees.is_finished() {
            is_constraint(trees.sequence()?.any()?).then_some(())?;
        }
    }
    Some(())
}

/// The base of a subtree. Names of other kinds may hold anything.
fn is_constraint(base: AnyRef<'_>) -> bool {
    let value = base.value();
    match base.tag() {
        DNS => is_domain(value),
        // A mailbox, or the hosts of one.
        EMAIL => value.is_ascii() && (value.contains(&b'@') || is_domain(value)),
        URI => {
            is_domain(value) && std::str::from_utf8(value).is_ok_and(|text| text.parse::<std::net::IpAddr>().is_err())
        }
        IP => match value.len() {
            8 => is_mask(value.get(4..).unwrap_or_default()),
            32 => is_mask(value.get(16..).unwrap_or_default()),
            _ => false,
        },
        _ => true,
    }
}

/// A domain, or with a leading dot what is below one: labels that are not empty, of visible ASCII. Empty means all.
fn is_domain(value: &[u8]) -> bool {
    let labels = value.strip_prefix(b".").unwrap_or(value);
    value.is_empty()
        || labels.split(|byte| *byte == b'.').all(|label| !label.is_empty() && label.iter().all(u8::is_ascii_graphic))
}

/// Ones, then zeros.
fn is_mask(mask: &[u8]) -> bool {
    let ones = mask.iter().position(|byte| *byte != 0xff).unwrap_or(mask.len());
    let mut rest = mask.iter().skip(ones);
    rest.next().is_none_or(|byte| byte.leading_ones() + byte.trailing_zeros() == 8) && rest.all(|byte| *byte == 0)
}
