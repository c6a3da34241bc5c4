//! Distinguished names, kept as received and printed as notation prints them.

use std::fmt;

use der::asn1::ObjectIdentifier;
use der::{Tag, Tagged as _};

use super::der::Fields;
use super::oid::Oid;
use crate::digest::hex;

/// A subject or an issuer (RFC 5280 section 4.1.2.4).
///
/// Two names are equal when their DER is: no case folding, no other string types (section 6.1 of RFC 5280 allows
/// more, notation does not).
///
/// [`fmt::Display`] gives exactly the text of Go's `pkix.Name.String()`, because trusted identities in notation's trust
/// policies are compared with that text. It holds foreign characters as they are, also control characters.
#[derive(Clone, Debug)]
pub struct Name {
    der: Box<[u8]>,
    attributes: Box<[Attribute]>,
}

#[derive(Clone, Debug)]
struct Attribute {
    relative_name: usize,
    oid: ObjectIdentifier,
    text: String,
}

impl Name {
    /// Reads a name from its DER. `None` when it is not a name, or a value in it is not a character string or not one of its
    /// type.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let mut relative_names = Fields::of_sequence(der)?;
        let mut attributes = Vec::new();
        let mut relative_name = 0;
        while !relative_names.is_finished() {
            let mut set = Fields::new(relative_names.content(Tag::Set)?)?;
            while !set.is_finished() {
                let mut attribute = set.sequence()?;
                let oid = attribute.object_identifier()?;
                let text = read_text(&mut attribute)?;
                attribute.finish()?;
                attributes.push(Attribute { relative_name, oid, text });
            }
            relative_name += 1;
        }
        Some(Self { der: der.into(), attributes: attributes.into() })
    }

    /// The name as received, with its header.
    #[must_use]
    pub const fn der(&self) -> &[u8] {
        &self.der
    }

    /// Every attribute in the order of the DER: index of the relative distinguished name that it is part of, type,
    /// and value.
    pub fn attributes(&self) -> impl Iterator<Item = (usize, Oid, &str)> {
        self.attributes.iter().map(|attribute| (attribute.relative_name, Oid(attribute.oid), attribute.text.as_str()))
    }

    /// The label of an attribute type that stands more than once in the name, with whatever values and in whatever relative
    /// names. [`fmt::Display`] drops all but the last of some types, so such a name is not the one that it prints as.
    #[must_use]
    pub fn repeated(&self) -> Option<&'static str> {
        PRINTED.iter().find(|(oid, _, _)| self.texts(*oid).len() > 1).map(|(_, label, _)| *label)
    }

    /// The text for an error: at most 256 characters.
    pub(crate) fn excerpt(&self) -> String {
        let mut text = self.to_string();
        if let Some((end, _)) = text.char_indices().nth(256) {
            text.truncate(end);
            text.push('…');
        }
        text
    }

    /// The texts of one type, in the order of the DER.
    fn texts(&self, oid: ObjectIdentifier) -> Vec<&str> {
        self.attributes.iter().filter(|found| found.oid == oid).map(|found| found.text.as_str()).collect()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Name {}

impl fmt::Display for Name {
    /// Go's text: attributes are regrouped by type into one order, several values of one type are
    /// joined with `+`, and the list is printed from its end. Everything else comes after that as `OID=#hex`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (oid, label, kept) in PRINTED.iter().rev() {
            let mut texts = self.texts(*oid);
            if matches!(kept, Kept::LastUnlessEmpty) {
                texts = texts.last().filter(|text| !text.is_empty()).map(|text| vec![*text]).unwrap_or_default();
            }
            for text in texts {
                write!(formatter, "{separator}{label}=")?;
                write_escaped(formatter, text)?;
                separator = "+";
            }
            if !separator.is_empty() {
                separator = ",";
            }
        }
        for attribute in self.attributes.iter().rev() {
            if PRINTED.iter().all(|(oid, _, _)| *oid != attribute.oid) {
                write!(formatter, "{separator}{}=#{}", attribute.oid, hex(&encode_text(&attribute.text)))?;
                separator = ",";
            }
        }
        Ok(())
    }
}

/// Reads a value as Go does, which takes T.61 for Latin-1, allows `*` and `&` in a PrintableString, and refuses a
/// certificate with a value that is not a character string.
fn read_text(fields: &mut Fields<'_>) -> Option<String> {
    let field = fields.any()?;
    let value = field.value();
    let ascii = |allowed: fn(u8) -> bool| {
        let valid = value.iter().all(|byte| byte.is_ascii() && allowed(*byte));
        valid.then(|| String::from_utf8_lossy(value).into_owned())
    };
    match field.tag() {
        Tag::Utf8String => std::str::from_utf8(value).ok().map(str::to_owned),
        Tag::PrintableString => ascii(|byte| is_printable(byte) || matches!(byte, b'*' | b'&')),
        Tag::Ia5String => ascii(|_| true),
        Tag::NumericString => ascii(|byte| byte.is_ascii_digit() || byte == b' '),
        Tag::TeletexString => Some(value.iter().map(|byte| char::from(*byte)).collect()),
        Tag::BmpString => read_bmp(value),
        _ => None,
    }
}

/// UCS-2, without a terminating null, and without surrogates and what is reserved for no character.
fn read_bmp(value: &[u8]) -> Option<String> {
    let (points, rest) = value.as_chunks::<2>();
    let points = match points.split_last() {
        Some(([0, 0], before)) => before,
        _ => points,
    };
    let character = |point: &[u8; 2]| match u16::from_be_bytes(*point) {
        0xfffe | 0xffff | 0xfdd0..=0xfdef => None,
        point => char::from_u32(u32::from(point)),
    };
    rest.is_empty().then(|| points.iter().map(character).collect()).flatten()
}

/// The characters of a PrintableString (X.680 section 41.4).
const fn is_printable(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'\''..=b')' | b'+'..=b'/' | b' ' | b':' | b'=' | b'?')
}

/// How many values of a type Go prints.
enum Kept {
    All,
    LastUnlessEmpty,
}

/// The types that Go knows by name, in the order in which it groups them (all are X.520 attributes, `2.5.4.x`).
const PRINTED: [(ObjectIdentifier, &str, Kept); 9] = [
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C", Kept::All),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST", Kept::All),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L", Kept::All),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET", Kept::All),
    (ObjectIdentifier::new_unwrap("2.5.4.17"), "POSTALCODE", Kept::All),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O", Kept::All),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU", Kept::All),
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN", Kept::LastUnlessEmpty),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "SERIALNUMBER", Kept::LastUnlessEmpty),
];

/// RFC 2253 section 2.4, as Go does it.
fn write_escaped(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write as _;
    for (index, character) in text.char_indices() {
        let escaped = match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => true,
            ' ' => index == 0 || index + 1 == text.len(),
            '#' => index == 0,
            _ => false,
        };
        if escaped {
            formatter.write_char('\\')?;
        }
        formatter.write_char(character)?;
    }
    Ok(())
}

/// A text as Go encodes it again, whatever type it had: PrintableString where the characters allow, else UTF8String.
fn encode_text(text: &str) -> Vec<u8> {
    let tag: u8 = if text.bytes().all(is_printable) { 0x13 } else { 0x0c };
    let length = text.len().to_be_bytes();
    let significant = length.iter().position(|byte| *byte != 0).unwrap_or(length.len());
    let length = length.get(significant..).unwrap_or_default();
    let mut bytes = vec![tag];
    match length {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        long => {
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(long);
        }
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes
}
