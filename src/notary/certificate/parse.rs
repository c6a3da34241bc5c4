//! One pass over a certificate's DER.

use std::ops::Range;

use der::Tag;

use super::Parsed;
use super::der::{Fields, constructed, primitive};
use super::error::CertificateError;
use super::extension::Extensions;
use super::key::{PublicKey, read_algorithm};
use super::name::Name;
use super::signature::SignatureAlgorithm;
use super::time::read_time;
use crate::limits;

const fn malformed(part: &'static str) -> impl Fn() -> CertificateError {
    move || CertificateError::Malformed { part }
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }` (RFC 5280 section 4.1).
pub(super) fn parse(der: &[u8]) -> Result<Parsed, CertificateError> {
    if der.len() > limits::CERTIFICATE_BYTES {
        return Err(CertificateError::TooLarge { found: der.len(), expected: limits::CERTIFICATE_BYTES });
    }
    let mut outer = Fields::new(der).ok_or_else(malformed("certificate"))?;
    let mut certificate = outer.sequence().ok_or_else(malformed("certificate"))?;
    outer.finish().ok_or(CertificateError::TrailingBytes)?;

    let tbs = certificate.raw().ok_or_else(malformed("tbsCertificate"))?;
    let algorithm = certificate.raw().ok_or_else(malformed("signatureAlgorithm"))?;
    let signature_algorithm = SignatureAlgorithm::read(algorithm).ok_or_else(malformed("signatureAlgorithm"))?;
    let signature = certificate.whole_bytes().ok_or_else(malformed("signatureValue"))?;
    certificate.finish().ok_or_else(malformed("certificate"))?;

    let mut fields = Fields::of_sequence(tbs).ok_or_else(malformed("tbsCertificate"))?;
    let version = read_version(&mut fields).ok_or_else(malformed("version"))?;
    let serial_number = read_serial_number(&mut fields).ok_or_else(malformed("serialNumber"))?;
    if fields.raw().ok_or_else(malformed("signature"))? != algorithm {
        return Err(CertificateError::SignatureAlgorithmDiffers);
    }
    let issuer = fields.raw().and_then(Name::read).ok_or_else(malformed("issuer"))?;
    let (not_before, not_after) = read_validity(&mut fields).ok_or_else(malformed("validity"))?;
    let subject = fields.raw().and_then(Name::read).ok_or_else(malformed("subject"))?;
    let spki = fields.raw().ok_or_else(malformed("subjectPublicKeyInfo"))?;
    let (public_key, key) = read_key(spki).ok_or_else(malformed("subjectPublicKeyInfo"))?;
    let extensions = read_rest(fields, version)?;

    Ok(Parsed {
        tbs: place(der, tbs),
        version,
        serial_number: place(der, serial_number),
        issuer,
        subject,
        not_before,
        not_after,
        spki: place(der, spki),
        public_key: place(der, public_key),
        key,
        extensions,
        signature_algorithm,
        signature: place(der, signature),
        der: der.into(),
    })
}

/// `[0] EXPLICIT INTEGER { v1(0), v2(1), v3(2) } DEFAULT v1`, counted from 1. Like Go this takes a written-out v1.
fn read_version(fields: &mut Fields<'_>) -> Option<u8> {
    let Some(explicit) = fields.optional(constructed(0))? else {
        return Some(1);
    };
    let mut sole = Fields::new(explicit)?;
    let version: u8 = sole.decode()?;
    sole.finish()?;
    (version <= 2).then_some(version + 1)
}

/// The bytes of the number without a leading zero byte. RFC 5280 allows 20 bytes and asks readers to be graceful: any
/// length is taken, and zero; negative numbers are refused, as Go does since 1.23.
fn read_serial_number<'a>(fields: &mut Fields<'a>) -> Option<&'a [u8]> {
    match fields.content(Tag::Integer)? {
        [] | [0x80..=0xff, ..] | [0, 0..0x80, ..] => None,
        [0, rest @ ..] if !rest.is_empty() => Some(rest),
        bytes => Some(bytes),
    }
}

fn read_validity(fields: &mut Fields<'_>) -> Option<(crate::Timestamp, crate::Timestamp)> {
    let mut validity = fields.sequence()?;
    let both = (read_time(&mut validity)?, read_time(&mut validity)?);
    validity.finish()?;
    Some(both)
}

/// `SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }`. A key that is not understood is kept as
/// such: it may stand in a certificate that nobody asks for its key.
fn read_key(spki: &[u8]) -> Option<(&[u8], Result<PublicKey, super::KeyError>)> {
    let mut fields = Fields::of_sequence(spki)?;
    let (algorithm, parameters) = read_algorithm(fields.raw()?)?;
    let public_key = fields.whole_bytes()?;
    fields.finish()?;
    Some((public_key, PublicKey::read(algorithm, parameters, public_key)))
}

/// Unique identifiers from version 2 on, and extensions in version 3.
fn read_rest(mut fields: Fields<'_>, version: u8) -> Result<Extensions, CertificateError> {
    if version >= 2 {
        fields.optional(primitive(1)).ok_or_else(malformed("issuerUniqueID"))?;
        fields.optional(primitive(2)).ok_or_else(malformed("subjectUniqueID"))?;
    }
    let mut extensions = Extensions::default();
    if version == 3
        && let Some(content) = fields.optional(constructed(3)).ok_or_else(malformed("extensions"))?
    {
        extensions = Extensions::read(content)?;
    }
    fields.finish().ok_or_else(malformed("tbsCertificate"))?;
    Ok(extensions)
}

/// Where in `whole` its slice `part` lies.
fn place(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.first().and_then(|first| whole.element_offset(first));
    start.map_or(0..0, |start| start..start + part.len())
}
