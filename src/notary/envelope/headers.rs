//! The rules of the protected header that hold for every format: signature specification, "Signed Attributes" and "Signing
//! Scheme". How a format writes texts, times and lists is its own matter: it gives them through [`ProtectedHeader`].

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::EnvelopeError;
use super::attributes::{Criticality, ExtendedAttribute, SignedAttributes, SigningTime, name};
use crate::algorithm::KeySpec;
use crate::descriptor::media_type;
use crate::limits;
use crate::signing_scheme::SigningScheme;

/// The signature algorithm.
pub(super) const ALG: &str = "alg";
/// The media type of the payload.
pub(super) const CTY: &str = "cty";
/// The headers that must be understood.
pub(super) const CRIT: &str = "crit";

/// Headers that are no extended attributes.
const SYSTEM_HEADERS: [&str; 7] =
    [ALG, CTY, CRIT, name::SIGNING_SCHEME, name::SIGNING_TIME, name::AUTHENTIC_SIGNING_TIME, name::EXPIRY];

/// Headers whose names have a meaning here. Where names are texts, none may be written in another case.
pub(super) const KNOWN_HEADERS: [&str; 9] = [
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

/// A protected header, read as its format writes it. Names are those of the specification, whatever stands for them on the
/// wire.
pub(super) trait ProtectedHeader {
    /// Whether it is there.
    fn contains(&self, name: &str) -> bool;

    /// A header that is a text.
    fn text(&self, name: &'static str) -> Result<Option<&str>, EnvelopeError>;

    /// A header that is a time.
    fn time(&self, name: &'static str) -> Result<Option<Timestamp>, EnvelopeError>;

    /// The entries of [`CRIT`], in their order.
    fn critical(&self) -> Result<impl ExactSizeIterator<Item = Result<&str, EnvelopeError>>, EnvelopeError>;

    /// The names of all headers.
    fn names(&self) -> impl Iterator<Item = &str>;

    /// All headers, sorted by name. Takes the header, since its values may be as large as the envelope.
    fn into_values(self) -> impl Iterator<Item = (String, Value)>;
}

/// What must be critical in a signature of that scheme. Everything else of the specification's own must not be.
pub(super) fn mandatory(scheme: SigningScheme, has_expiry: bool) -> Vec<&'static str> {
    let mut names = vec![name::SIGNING_SCHEME];
    if scheme == SigningScheme::X509SigningAuthority {
        names.push(name::AUTHENTIC_SIGNING_TIME);
    }
    if has_expiry {
        names.push(name::EXPIRY);
    }
    names
}

/// Whether the algorithm that the header names, which `read` knows, is the one of the key.
pub(super) fn check_algorithm(
    found: Option<&str>,
    read: impl FnOnce(&str) -> Option<KeySpec>,
    key_spec: KeySpec,
) -> Result<(), EnvelopeError> {
    let found = found.ok_or(EnvelopeError::HeaderMissing { name: ALG })?;
    let named = read(found).ok_or_else(|| EnvelopeError::AlgorithmUnsupported { found: found.to_owned() })?;
    if named != key_spec {
        let (found, expected) = (named.jws_algorithm(), key_spec.jws_algorithm());
        return Err(EnvelopeError::AlgorithmMismatch { found, expected });
    }
    Ok(())
}

/// Reads the attributes of a header that is under the signature.
pub(super) fn signed_attributes(header: impl ProtectedHeader) -> Result<SignedAttributes, EnvelopeError> {
    let content_type = required_text(&header, CTY)?;
    if content_type != media_type::PAYLOAD {
        return Err(EnvelopeError::ContentType { found: content_type.to_owned() });
    }
    let signing_time = signing_time(&header)?;
    let expiry = header.time(name::EXPIRY)?;
    let critical = critical(&header)?;
    check_critical(&header, &critical, signing_time.scheme())?;
    if let Some(expiry) = expiry.filter(|expiry| *expiry <= signing_time.timestamp()) {
        return Err(EnvelopeError::ExpiryNotAfterSigningTime { expiry, signing_time: signing_time.timestamp() });
    }
    let critical: BTreeSet<_> = critical.into_iter().map(str::to_owned).collect();
    Ok(SignedAttributes { signing_time, expiry, extended: extended(header, &critical)? })
}

fn required_text<'a>(header: &'a impl ProtectedHeader, name: &'static str) -> Result<&'a str, EnvelopeError> {
    header.text(name)?.ok_or(EnvelopeError::HeaderMissing { name })
}

/// Signature specification, "Signing Scheme": each scheme has its own time and forbids the other's.
fn signing_time(header: &impl ProtectedHeader) -> Result<SigningTime, EnvelopeError> {
    let found = required_text(header, name::SIGNING_SCHEME)?;
    let scheme =
        SigningScheme::from_name(found).ok_or_else(|| EnvelopeError::SigningScheme { found: found.to_owned() })?;
    let (required, forbidden) = match scheme {
        SigningScheme::X509 => (name::SIGNING_TIME, name::AUTHENTIC_SIGNING_TIME),
        SigningScheme::X509SigningAuthority => (name::AUTHENTIC_SIGNING_TIME, name::SIGNING_TIME),
    };
    if header.contains(forbidden) {
        return Err(EnvelopeError::HeaderForbidden { name: forbidden, scheme: scheme.name() });
    }
    let time = header.time(required)?.ok_or(EnvelopeError::HeaderMissing { name: required })?;
    Ok(match scheme {
        SigningScheme::X509 => SigningTime::Claimed(time),
        SigningScheme::X509SigningAuthority => SigningTime::Authentic(time),
    })
}

/// The names in `crit`, each once.
fn critical(header: &impl ProtectedHeader) -> Result<Vec<&str>, EnvelopeError> {
    let entries = header.critical()?;
    let count = entries.len();
    if count == 0 {
        return Err(EnvelopeError::CriticalEmpty);
    }
    let mut names = Vec::new();
    for entry in entries.take(limits::EXTENDED_ATTRIBUTES + SYSTEM_HEADERS.len()) {
        let entry = entry?;
        if names.contains(&entry) {
            return Err(EnvelopeError::CriticalTwice { name: entry.to_owned() });
        }
        names.push(entry);
    }
    if names.len() < count {
        return Err(EnvelopeError::TooManyAttributes { limit: limits::EXTENDED_ATTRIBUTES });
    }
    Ok(names)
}

/// What must be critical is, and nothing else of the specification's own headers; the rest must be there.
fn check_critical(
    header: &impl ProtectedHeader,
    critical: &[&str],
    scheme: SigningScheme,
) -> Result<(), EnvelopeError> {
    let mandatory = mandatory(scheme, header.contains(name::EXPIRY));
    for entry in critical.iter().filter(|entry| !mandatory.contains(*entry)) {
        let name = (*entry).to_owned();
        if !header.contains(entry) {
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

fn extended(
    header: impl ProtectedHeader,
    critical: &BTreeSet<String>,
) -> Result<Vec<ExtendedAttribute>, EnvelopeError> {
    let is_extended = |key: &str| !SYSTEM_HEADERS.contains(&key);
    if header.names().filter(|key| is_extended(key)).count() > limits::EXTENDED_ATTRIBUTES {
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
    Ok(header.into_values().filter(|(key, _)| is_extended(key)).map(attribute).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of no format: only the names in `crit`.
    struct Critical(Vec<String>);

    impl ProtectedHeader for Critical {
        fn contains(&self, _name: &str) -> bool {
            false
        }

        fn text(&self, _name: &'static str) -> Result<Option<&str>, EnvelopeError> {
            Ok(None)
        }

        fn time(&self, _name: &'static str) -> Result<Option<Timestamp>, EnvelopeError> {
            Ok(None)
        }

        fn critical(&self) -> Result<impl ExactSizeIterator<Item = Result<&str, EnvelopeError>>, EnvelopeError> {
            Ok(self.0.iter().map(|name| Ok(name.as_str())))
        }

        fn names(&self) -> impl Iterator<Item = &str> {
            std::iter::empty()
        }

        fn into_values(self) -> impl Iterator<Item = (String, Value)> {
            std::iter::empty()
        }
    }

    #[test]
    fn names_in_crit_are_counted_before_anything_else_is_asked_of_them() {
        let header = |count: usize| Critical((0..count).map(|number| format!("absent-{number}")).collect());
        let limit = limits::EXTENDED_ATTRIBUTES + SYSTEM_HEADERS.len();
        assert_eq!(critical(&header(limit)).unwrap().len(), limit);
        assert!(matches!(critical(&header(limit + 1)), Err(EnvelopeError::TooManyAttributes { .. })));
        assert!(matches!(critical(&header(10 * limit)), Err(EnvelopeError::TooManyAttributes { .. })));
        assert!(matches!(critical(&header(0)), Err(EnvelopeError::CriticalEmpty)));
    }
}
