//! JWS envelopes: RFC 7515 in flattened JSON serialization, with the headers of the Notary JWS specification.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::attributes::{UnsignedAttributes, name, parse_time};
use super::headers::{self, ALG, CRIT, CTY, KNOWN_HEADERS, ProtectedHeader};
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

    headers::check_algorithm(header.text(ALG)?, KeySpec::from_jws_algorithm, key_spec)?;
    key_spec
        .verify(chain.leaf().public_key(), signing_input(protected_text, payload_text).as_bytes(), &signature)
        .map_err(|_mismatch| EnvelopeError::SignatureMismatch)?;

    // From here on the header is what the holder of the key wrote.
    json::check_folded(&header, &KNOWN_HEADERS).map_err(EnvelopeError::HeaderJson)?;
    let signed = headers::signed_attributes(header)?;
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

impl ProtectedHeader for Object {
    fn contains(&self, name: &str) -> bool {
        self.contains_key(name)
    }

    fn text(&self, name: &'static str) -> Result<Option<&str>, EnvelopeError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let wrong = || EnvelopeError::HeaderType { name, found: json::kind(value), expected: "a string" };
        value.as_str().map(Some).ok_or_else(wrong)
    }

    /// RFC 3339: JWS specification, "Protected Headers".
    fn time(&self, name: &'static str) -> Result<Option<Timestamp>, EnvelopeError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        parse_time(text).map(Some).ok_or_else(|| EnvelopeError::Time { name, found: text.to_owned() })
    }

    fn critical(&self) -> Result<impl ExactSizeIterator<Item = Result<&str, EnvelopeError>>, EnvelopeError> {
        let value = self.get(CRIT).ok_or(EnvelopeError::HeaderMissing { name: CRIT })?;
        let wrong = |found| EnvelopeError::HeaderType { name: CRIT, found, expected: "an array of strings" };
        let entries = value.as_array().ok_or_else(|| wrong(json::kind(value)))?;
        let mixed = "an array with another value in it";
        Ok(entries.iter().map(move |entry| entry.as_str().ok_or_else(|| wrong(mixed))))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.keys().map(String::as_str)
    }

    fn into_values(self) -> impl Iterator<Item = (String, Value)> {
        self.into_iter()
    }
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
    let mut header = json!({
        ALG: key_spec.jws_algorithm(),
        CTY: media_type::PAYLOAD,
        CRIT: headers::mandatory(SigningScheme::X509, expiry.is_some()),
        name::SIGNING_SCHEME: SigningScheme::X509.name(),
        name::SIGNING_TIME: signing_time.to_string(),
    });
    if let (Value::Object(members), Some(expiry)) = (&mut header, expiry) {
        members.insert(name::EXPIRY.into(), json!(expiry.to_string()));
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
