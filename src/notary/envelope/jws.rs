//! JWS envelopes: RFC 7515 in flattened JSON serialization, with the headers of the Notary JWS specification.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::attributes::{Criticality, ExtendedAttribute, SignedAttributes, SigningTime, UnsignedAttributes, name};
use super::{EnvelopeError, EnvelopeFormat, VerifiedEnvelope};
use crate::algorithm::KeySpec;
use crate::certificate::CertificateChain;
use crate::descriptor::media_type;
use crate::json;
use crate::limits;
use crate::signing_scheme::SigningScheme;

const PAYLOAD: &str = "payload";
const PROTECTED: &str = "protected";
const HEADER: &str = "header";
const SIGNATURE: &str = "signature";
const X5C: &str = "x5c";
const ALG: &str = "alg";
const CTY: &str = "cty";
const CRIT: &str = "crit";

/// Headers that are no extended attributes.
const SYSTEM_HEADERS: [&str; 7] =
    [ALG, CTY, CRIT, name::SIGNING_SCHEME, name::SIGNING_TIME, name::AUTHENTIC_SIGNING_TIME, name::EXPIRY];

/// Headers whose names must not be written in another case.
const KNOWN_HEADERS: [&str; 9] = [
    ALG,
    CTY,
    CRIT,
    name::SIGNING_SCHEME,
    name::SIGNING_TIME,
    name::AUTHENTIC_SIGNING_TIME,
    name::EXPIRY,
    name::VERIFICATION_PLUGIN,
    name::VERIFICATION_PLUGIN_MIN_VERSION,
];

type Object = Map<String, Value>;

/// Checks the integrity of a JWS envelope.
pub(super) fn verify(bytes: &[u8]) -> Result<VerifiedEnvelope, EnvelopeError> {
    let envelope = json::parse_small_object(bytes).map_err(EnvelopeError::Json)?;
    json::check_folded(&envelope, &[PAYLOAD, PROTECTED, HEADER, SIGNATURE]).map_err(EnvelopeError::Json)?;
    let protected_text = string(&envelope, PROTECTED)?;
    let payload_text = string(&envelope, PAYLOAD)?;
    let payload = base64url(payload_text, PAYLOAD)?;
    let signature = base64url(string(&envelope, SIGNATURE)?, SIGNATURE)?;
    let unprotected = unprotected(&envelope)?;
    let chain = certificate_chain(unprotected)?;
    let key_spec = chain.leaf().key_spec()?;
    let header = json::parse_small_object(&base64url(protected_text, PROTECTED)?).map_err(EnvelopeError::HeaderJson)?;

    check_algorithm(&header, key_spec)?;
    key_spec
        .verify(chain.leaf().public_key(), signing_input(protected_text, payload_text).as_bytes(), &signature)
        .map_err(|_mismatch| EnvelopeError::SignatureMismatch)?;

    // From here on the header is what the holder of the key wrote.
    json::check_folded(&header, &KNOWN_HEADERS).map_err(EnvelopeError::HeaderJson)?;
    let signed = signed_attributes(header)?;
    if payload.is_empty() {
        return Err(EnvelopeError::PayloadEmpty);
    }
    chain.check_code_signing()?;
    let unsigned = unsigned_attributes(unprotected)?;
    Ok(VerifiedEnvelope { format: EnvelopeFormat::Jws, key_spec, chain, signed, unsigned, payload, signature })
}

/// The bytes that are signed: RFC 7515 section 5.1, step 5.
pub(crate) fn signing_input(protected: &str, payload: &str) -> String {
    format!("{protected}.{payload}")
}

fn string<'a>(envelope: &'a Object, member: &'static str) -> Result<&'a str, EnvelopeError> {
    let value = envelope.get(member).ok_or(EnvelopeError::MemberMissing { member })?;
    value.as_str().ok_or_else(|| EnvelopeError::MemberType { member, found: json::kind(value), expected: "a string" })
}

/// Canonical base64url without padding. Go's decoder also takes line breaks and stray trailing bits, which no signer
/// writes; refusing them leaves one text for one value.
fn base64url(text: &str, member: &'static str) -> Result<Vec<u8>, EnvelopeError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_invalid| EnvelopeError::Base64 { member, expected: "base64url without padding" })
}

fn base64(value: &Value, member: &'static str) -> Result<Vec<u8>, EnvelopeError> {
    let text = value.as_str().ok_or_else(|| EnvelopeError::MemberType {
        member,
        found: json::kind(value),
        expected: "a string",
    })?;
    STANDARD.decode(text).map_err(|_invalid| EnvelopeError::Base64 { member, expected: "base64 with padding" })
}

fn unprotected(envelope: &Object) -> Result<&Object, EnvelopeError> {
    let header = match envelope.get(HEADER) {
        None => return Err(EnvelopeError::MemberMissing { member: HEADER }),
        Some(Value::Object(header)) => header,
        Some(other) => {
            let found = json::kind(other);
            return Err(EnvelopeError::MemberType { member: HEADER, found, expected: "an object" });
        }
    };
    // Signing agents of release candidates wrote `SigningAgent`; it is free text and stays unread.
    json::check_folded(header, &[X5C, name::TIMESTAMP_SIGNATURE]).map_err(EnvelopeError::Json)?;
    Ok(header)
}

fn certificate_chain(header: &Object) -> Result<CertificateChain, EnvelopeError> {
    let encoded = match header.get(X5C) {
        None => return Err(EnvelopeError::ChainMissing),
        Some(Value::Array(encoded)) if encoded.is_empty() => return Err(EnvelopeError::ChainMissing),
        Some(Value::Array(encoded)) => encoded,
        Some(other) => {
            let found = json::kind(other);
            return Err(EnvelopeError::MemberType { member: X5C, found, expected: "an array of strings" });
        }
    };
    // One more than the cap, so that the chain itself reports that there are too many.
    let ders = encoded
        .iter()
        .take(limits::CHAIN_CERTIFICATES + 1)
        .map(|value| base64(value, X5C))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(CertificateChain::from_der(ders.iter().map(Vec::as_slice))?)
}

fn header_string<'a>(header: &'a Object, name: &'static str) -> Result<Option<&'a str>, EnvelopeError> {
    let Some(value) = header.get(name) else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| EnvelopeError::HeaderType {
        name,
        found: json::kind(value),
        expected: "a string",
    })?;
    Ok(Some(text))
}

fn required_string<'a>(header: &'a Object, name: &'static str) -> Result<&'a str, EnvelopeError> {
    header_string(header, name)?.ok_or(EnvelopeError::HeaderMissing { name })
}

fn check_algorithm(header: &Object, key_spec: KeySpec) -> Result<(), EnvelopeError> {
    let found = required_string(header, ALG)?;
    let named = KeySpec::from_jws_algorithm(found)
        .ok_or_else(|| EnvelopeError::AlgorithmUnsupported { found: found.to_owned() })?;
    if named != key_spec {
        let (found, expected) = (named.jws_algorithm(), key_spec.jws_algorithm());
        return Err(EnvelopeError::AlgorithmMismatch { found, expected });
    }
    Ok(())
}

/// JWS specification, "Protected Headers".
fn signed_attributes(header: Object) -> Result<SignedAttributes, EnvelopeError> {
    let content_type = required_string(&header, CTY)?;
    if content_type != media_type::PAYLOAD {
        return Err(EnvelopeError::ContentType { found: content_type.to_owned() });
    }
    let signing_time = signing_time(&header)?;
    let expiry = time(&header, name::EXPIRY)?;
    let critical = critical(&header)?;
    check_critical(&header, &critical, signing_time.scheme())?;
    if let Some(expiry) = expiry.filter(|expiry| *expiry <= signing_time.timestamp()) {
        return Err(EnvelopeError::ExpiryNotAfterSigningTime { expiry, signing_time: signing_time.timestamp() });
    }
    let critical: BTreeSet<_> = critical.into_iter().map(str::to_owned).collect();
    Ok(SignedAttributes { signing_time, expiry, extended: extended(header, &critical)? })
}

/// Signature specification, "Signing Scheme": each scheme has its own time and forbids the other's.
fn signing_time(header: &Object) -> Result<SigningTime, EnvelopeError> {
    let found = required_string(header, name::SIGNING_SCHEME)?;
    let scheme =
        SigningScheme::from_name(found).ok_or_else(|| EnvelopeError::SigningScheme { found: found.to_owned() })?;
    let (required, forbidden) = match scheme {
        SigningScheme::X509 => (name::SIGNING_TIME, name::AUTHENTIC_SIGNING_TIME),
        SigningScheme::X509SigningAuthority => (name::AUTHENTIC_SIGNING_TIME, name::SIGNING_TIME),
    };
    if header.contains_key(forbidden) {
        return Err(EnvelopeError::HeaderForbidden { name: forbidden, scheme: scheme.name() });
    }
    let time = time(header, required)?.ok_or(EnvelopeError::HeaderMissing { name: required })?;
    Ok(match scheme {
        SigningScheme::X509 => SigningTime::Claimed(time),
        SigningScheme::X509SigningAuthority => SigningTime::Authentic(time),
    })
}

fn time(header: &Object, name: &'static str) -> Result<Option<Timestamp>, EnvelopeError> {
    let Some(text) = header_string(header, name)? else { return Ok(None) };
    super::attributes::parse_time(text).map(Some).ok_or_else(|| EnvelopeError::Time { name, found: text.to_owned() })
}

/// The names in `crit`, each once.
fn critical(header: &Object) -> Result<Vec<&str>, EnvelopeError> {
    let value = header.get(CRIT).ok_or(EnvelopeError::HeaderMissing { name: CRIT })?;
    let wrong = |found| EnvelopeError::HeaderType { name: CRIT, found, expected: "an array of strings" };
    let entries = value.as_array().ok_or_else(|| wrong(json::kind(value)))?;
    if entries.is_empty() {
        return Err(EnvelopeError::CriticalEmpty);
    }
    let mut names = Vec::new();
    for entry in entries.iter().take(limits::EXTENDED_ATTRIBUTES + SYSTEM_HEADERS.len()) {
        let entry = entry.as_str().ok_or_else(|| wrong("an array with another value in it"))?;
        if names.contains(&entry) {
            return Err(EnvelopeError::CriticalTwice { name: entry.to_owned() });
        }
        names.push(entry);
    }
    if names.len() < entries.len() {
        return Err(EnvelopeError::TooManyAttributes { limit: limits::EXTENDED_ATTRIBUTES });
    }
    Ok(names)
}

/// What must be critical is, and nothing else of the format's own headers; the rest must be there.
fn check_critical(header: &Object, critical: &[&str], scheme: SigningScheme) -> Result<(), EnvelopeError> {
    let mut mandatory = vec![name::SIGNING_SCHEME];
    if scheme == SigningScheme::X509SigningAuthority {
        mandatory.push(name::AUTHENTIC_SIGNING_TIME);
    }
    if header.contains_key(name::EXPIRY) {
        mandatory.push(name::EXPIRY);
    }
    for entry in critical.iter().filter(|entry| !mandatory.contains(*entry)) {
        let name = (*entry).to_owned();
        if !header.contains_key(*entry) {
            return Err(EnvelopeError::CriticalAbsent { name });
        }
        if SYSTEM_HEADERS.contains(entry) {
            return Err(EnvelopeError::CriticalForbidden { name });
        }
    }
    match mandatory.into_iter().find(|name| !critical.contains(name)) {
        Some(name) => Err(EnvelopeError::CriticalLacking { name }),
        None => Ok(()),
    }
}

/// Takes the header, since its values may be as large as the envelope.
fn extended(header: Object, critical: &BTreeSet<String>) -> Result<Vec<ExtendedAttribute>, EnvelopeError> {
    let is_extended = |key: &str| !SYSTEM_HEADERS.contains(&key);
    if header.keys().filter(|key| is_extended(key)).count() > limits::EXTENDED_ATTRIBUTES {
        return Err(EnvelopeError::TooManyAttributes { limit: limits::EXTENDED_ATTRIBUTES });
    }
    let attribute = |(key, value)| ExtendedAttribute {
        criticality: match critical.contains(&key) {
            true => Criticality::Critical,
            false => Criticality::NonCritical,
        },
        key,
        value,
    };
    Ok(header.into_iter().filter(|(key, _)| is_extended(key)).map(attribute).collect())
}

fn unsigned_attributes(header: &Object) -> Result<UnsignedAttributes, EnvelopeError> {
    let timestamp_signature =
        header.get(name::TIMESTAMP_SIGNATURE).map(|value| base64(value, name::TIMESTAMP_SIGNATURE)).transpose()?;
    // Free text that decides nothing: another type is the same as none.
    let signing_agent = header.get(name::SIGNING_AGENT).and_then(Value::as_str).map(str::to_owned);
    Ok(UnsignedAttributes { timestamp_signature, signing_agent })
}

/// Writes the protected header of a signature of scheme `notary.x509`; members sorted, as notation's are.
pub(crate) fn protected_header(key_spec: KeySpec, signing_time: Timestamp, expiry: Option<Timestamp>) -> String {
    let mut critical = vec![name::SIGNING_SCHEME];
    let mut header = json!({
        ALG: key_spec.jws_algorithm(),
        CTY: media_type::PAYLOAD,
        name::SIGNING_SCHEME: SigningScheme::X509.name(),
        name::SIGNING_TIME: signing_time.to_string(),
    });
    if let Value::Object(members) = &mut header {
        if let Some(expiry) = expiry {
            critical.push(name::EXPIRY);
            members.insert(name::EXPIRY.into(), json!(expiry.to_string()));
        }
        members.insert(CRIT.into(), json!(critical));
    }
    URL_SAFE_NO_PAD.encode(header.to_string())
}

/// Encodes a payload as the envelope holds it.
pub(crate) fn encode(payload: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(payload)
}

/// Writes the envelope, members in notation's order.
pub(crate) fn assemble(
    protected: &str,
    payload: &str,
    signature: &[u8],
    chain: &CertificateChain,
    signing_agent: &str,
) -> Vec<u8> {
    let x5c: Vec<String> = chain.certificates().iter().map(|certificate| STANDARD.encode(certificate.der())).collect();
    let header = json!({ X5C: x5c, name::SIGNING_AGENT: signing_agent });
    let signature = URL_SAFE_NO_PAD.encode(signature);
    // The three texts are base64url and need no escaping.
    format!(
        r#"{{"{PAYLOAD}":"{payload}","{PROTECTED}":"{protected}","{HEADER}":{header},"{SIGNATURE}":"{signature}"}}"#
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_crit_are_counted_before_anything_else_is_asked_of_them() {
        let header = |count: usize| {
            let names: Vec<_> = (0..count).map(|number| format!("absent-{number}")).collect();
            Object::from_iter([(CRIT.to_owned(), json!(names))])
        };
        let limit = limits::EXTENDED_ATTRIBUTES + SYSTEM_HEADERS.len();
        assert_eq!(critical(&header(limit)).unwrap().len(), limit);
        assert!(matches!(critical(&header(limit + 1)), Err(EnvelopeError::TooManyAttributes { .. })));
        assert!(matches!(critical(&header(10 * limit)), Err(EnvelopeError::TooManyAttributes { .. })));
    }
}
