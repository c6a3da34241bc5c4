//! Distinguished names as text (RFC 4514), in the reading of the trust policy.
//!
//! What an `x509.subject` identity accepts is decided by what notation's parser (go-ldap 3.4.11) makes of the text,
//! and that parser deviates from RFC 4514: attribute types are free text and compared with their case, `;` separates
//! as well, quotation marks are literal, a hexadecimal escape is a byte of the value. The parser of
//! `x509-cert` folds types into object identifiers and splits at `/`: it would accept other names than notation
//! does. Hence this parser, which follows notation's step by step; where it deviates, it accepts less.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::digest::excerpt;

/// Attributes that every name must have (trust policy specification, "Trusted identities constraints").
const MANDATORY: [&str; 3] = ["C", "ST", "O"];

/// The attribute types that occur by name in the subject of a certificate as notation prints it (Go's
/// `pkix.Name.String`). A name that asks for another one matches no certificate.
pub const SUBJECT_TYPES: [&str; 9] = ["C", "ST", "L", "STREET", "POSTALCODE", "O", "OU", "CN", "SERIALNUMBER"];

/// A distinguished name of single-valued attributes, each type once, with `C`, `ST` and `O`.
///
/// Types and values are compared by character, case included; their order is of no account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DistinguishedName {
    attributes: BTreeMap<String, String>,
}

impl DistinguishedName {
    /// Parses a name such as `C=US, ST=WA, O=acme`. `S` is read as `ST`.
    ///
    /// # Errors
    /// [`DistinguishedNameError`], the first rule that is broken, in the order of the text.
    pub fn parse(text: &str) -> Result<Self, DistinguishedNameError> {
        if text.contains("=#") {
            return Err(DistinguishedNameError::EncodedValue);
        }
        let mut attributes = BTreeMap::<String, String>::new();
        for attribute in read_attributes(text)? {
            if attribute.joined {
                return Err(DistinguishedNameError::MultiValued { attribute: excerpt(&attribute.name) });
            }
            let name = if attribute.name == "S" { "ST".to_owned() } else { attribute.name };
            // An empty value counts as none given, so that a later one may follow it, as in notation.
            if attributes.get(&name).is_some_and(|value| !value.is_empty()) {
                return Err(DistinguishedNameError::Duplicate { attribute: excerpt(&name) });
            }
            attributes.insert(name, attribute.value);
        }
        let name = Self { attributes };
        match MANDATORY.into_iter().find(|attribute| name.value(attribute).is_empty()) {
            Some(attribute) => Err(DistinguishedNameError::Missing { attribute }),
            None => Ok(name),
        }
    }

    /// Type and value of each attribute, sorted by type.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether `other` has every attribute of this name with the same value. An attribute with an empty value asks
    /// that `other` has none of that type, or an empty one, as in notation.
    #[must_use]
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.attributes().all(|(name, value)| other.value(name) == value)
    }

    /// The value of that type, empty if there is none.
    fn value(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// Prints a text that parses to an equal name.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.attributes().enumerate() {
            formatter.write_str(if index == 0 { "" } else { ", " })?;
            write_escaped(formatter, name)?;
            formatter.write_char('=')?;
            write_escaped(formatter, value)?;
        }
        Ok(())
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(&self.attributes).finish()
    }
}

/// Why a text is not a distinguished name that the trust policy allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DistinguishedNameError {
    /// `=#` anywhere: a value given as hexadecimal DER, which nothing here compares.
    #[error("distinguished name contains \"=#\", expected values as text")]
    EncodedValue,
    /// A separator before a type and its `=`.
    #[error("distinguished name has an empty or incomplete part before a separator, expected type=value")]
    IncompletePart,
    /// The text ends before a type and its `=`.
    #[error("distinguished name ends with an empty or incomplete part, expected type=value")]
    IncompleteEnd,
    /// A backslash with nothing behind it.
    #[error("distinguished name has a backslash that escapes nothing in {found:?}")]
    DanglingEscape {
        /// Start of the type or value.
        found: String,
    },
    /// A backslash before neither a special character nor two hexadecimal digits.
    #[error(
        "distinguished name has an unknown escape in {found:?}, expected a special character or two hexadecimal digits"
    )]
    UnknownEscape {
        /// Start of the type or value.
        found: String,
    },
    /// Hexadecimal escapes that are no UTF-8 together. notation takes such values; no certificate subject has one.
    #[error("distinguished name has escapes in {found:?} that are not UTF-8 together")]
    NotUtf8 {
        /// Start of the type or value.
        found: String,
    },
    /// `+` joins attributes to one relative name.
    #[error("distinguished name has a multi-valued part with attribute {attribute:?}, expected one attribute in each")]
    MultiValued {
        /// Type of the first attribute of that part.
        attribute: String,
    },
    /// A type occurs twice, counting `S` as `ST`.
    #[error("distinguished name has attribute {attribute:?} twice")]
    Duplicate {
        /// The type.
        attribute: String,
    },
    /// `C`, `ST` or `O` is absent or empty.
    #[error("distinguished name has no attribute {attribute:?}, expected C, ST and O at least")]
    Missing {
        /// The first that is missing.
        attribute: &'static str,
    },
}

impl DistinguishedNameError {
    /// Stable name of the rule that was broken.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EncodedValue => "distinguished-name-encoded-value",
            Self::IncompletePart => "distinguished-name-incomplete-part",
            Self::IncompleteEnd => "distinguished-name-incomplete-end",
            Self::DanglingEscape { .. } => "distinguished-name-dangling-escape",
            Self::UnknownEscape { .. } => "distinguished-name-unknown-escape",
            Self::NotUtf8 { .. } => "distinguished-name-not-utf8",
            Self::MultiValued { .. } => "distinguished-name-multi-valued",
            Self::Duplicate { .. } => "distinguished-name-duplicate",
            Self::Missing { .. } => "distinguished-name-missing",
        }
    }
}

/// One attribute as it was read.
struct Attribute {
    name: String,
    value: String,
    /// Whether `+` follows: the next attribute belongs to the same relative name.
    joined: bool,
}

/// Splits at unescaped separators: `,` and `;` between relative names, `+` inside one, and the first `=` between type
/// and value.
fn read_attributes(text: &str) -> Result<Vec<Attribute>, DistinguishedNameError> {
    let mut attributes = Vec::new();
    if text.trim().is_empty() {
        return Ok(attributes);
    }
    let (mut start, mut name, mut escaped) = (0, String::new(), false);
    // All characters that matter are ASCII, so an index of one is a character boundary.
    for (index, byte) in text.bytes().enumerate() {
        let part = || text.get(start..index).unwrap_or_default();
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            // A type that decodes to nothing leaves the search for a type open, as in go-ldap.
            b'=' if name.is_empty() => {
                name = decode(part())?;
                start = index + 1;
            }
            b',' | b';' | b'+' if name.is_empty() => return Err(DistinguishedNameError::IncompletePart),
            b',' | b';' | b'+' => {
                let value = decode(part())?;
                attributes.push(Attribute { name: std::mem::take(&mut name), value, joined: byte == b'+' });
                start = index + 1;
            }
            _ => {}
        }
    }
    if name.is_empty() {
        return Err(DistinguishedNameError::IncompleteEnd);
    }
    let value = decode(text.get(start..).unwrap_or_default())?;
    attributes.push(Attribute { name, value, joined: false });
    Ok(attributes)
}

/// Trims spaces that are not escaped and resolves escapes.
fn decode(part: &str) -> Result<String, DistinguishedNameError> {
    let trimmed = part.trim_matches(' ');
    let mut bytes = trimmed.bytes().peekable();
    let mut decoded = Vec::with_capacity(trimmed.len() + 1);
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            decoded.push(byte);
            continue;
        }
        match bytes.next() {
            Some(special @ (b' ' | b'"' | b'#' | b'+' | b',' | b';' | b'<' | b'=' | b'>' | b'\\')) => {
                decoded.push(special);
                // go-ldap gives a space back to a text that was trimmed to a final backslash, also to an escaped one.
                if special == b'\\' && bytes.peek().is_none() && part.ends_with(' ') {
                    decoded.push(b' ');
                }
            }
            Some(first) => {
                let digits =
                    char::from(first).to_digit(16).zip(bytes.next().and_then(|byte| char::from(byte).to_digit(16)));
                let byte = digits.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                decoded.push(byte.ok_or_else(|| DistinguishedNameError::UnknownEscape { found: excerpt(trimmed) })?);
            }
            None if part.ends_with(' ') => decoded.push(b' '),
            None => return Err(DistinguishedNameError::DanglingEscape { found: excerpt(trimmed) }),
        }
    }
    String::from_utf8(decoded).map_err(|_invalid| DistinguishedNameError::NotUtf8 { found: excerpt(trimmed) })
}

/// Writes a type or value so that [`decode`] gives it back and no `=#` arises.
fn write_escaped(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let leading = text.len() - text.trim_start_matches(' ').len();
    let trailing = text.trim_end_matches(' ').len();
    for (index, character) in text.char_indices() {
        let special = match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#' => true,
            ' ' => index < leading || index >= trailing,
            _ => false,
        };
        if special {
            formatter.write_char('\\')?;
        }
        formatter.write_char(character)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::DistinguishedNameError as Error;
    use super::*;

    /// A text and the variant that refuses it.
    type Case = (&'static str, fn(&Error) -> bool);

    fn parse(text: &str) -> Result<DistinguishedName, Error> {
        DistinguishedName::parse(text)
    }

    fn pairs(text: &str) -> Vec<(String, String)> {
        let name = parse(text).unwrap();
        name.attributes().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The accepting rows of the table in the reference, and what go-ldap makes of odd texts.
    #[test]
    fn accepted_names() {
        let with = |more: &[(&str, &str)]| {
            let mut all = vec![("C", "US"), ("O", "MyOrg"), ("ST", "WA")];
            all.retain(|(name, _)| more.iter().all(|other| other.0 != *name));
            all.extend(more);
            all.sort_unstable();
            all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
        };
        for (text, expected) in [
            ("C=US,ST=WA,O=MyOrg", with(&[])),
            (" C=US, ST=WA, O=MyOrg", with(&[])),
            ("C=US;S=WA;O=MyOrg", with(&[])),
            ("C=US,ST=WA,O=MyOrg,CustomRDN=CustomValue", with(&[("CustomRDN", "CustomValue")])),
            ("C=US,ST=WA,O=  My.  Org  ", with(&[("O", "My.  Org")])),
            (r#"C=US,ST=WA,O=My "special" Org \, \; \\ others"#, with(&[("O", r#"My "special" Org , ; \ others"#)])),
            ("C=US,ST=WA,O=a=b", with(&[("O", "a=b")])),
            (r"C=US,ST=WA,O=\ a\ ", with(&[("O", " a ")])),
            (r"C=US,ST=WA,O=\  a \ ", with(&[("O", "  a  ")])),
            (r"C=US,ST=WA,O=a\20", with(&[("O", "a ")])),
            (r"C=US,ST=WA,O=\c3\A9t\#", with(&[("O", "ét#")])),
            (r"C=US,ST=WA,O=a\\ ", with(&[("O", r"a\ ")])),
            (r"C=US,ST=WA,O=a\\ ,L=x", with(&[("O", r"a\ "), ("L", "x")])),
            (r"\43=US,ST=WA,\4F=MyOrg", with(&[])),
            ("=C=US,ST=WA,O=MyOrg", with(&[])),
            ("C=,C=US,ST=WA,O=MyOrg", with(&[])),
            ("C=US,ST=WA,O=MyOrg,OU=", with(&[("OU", "")])),
            ("C=US,ST=WA,O=MyOrg,ou=a,OU=b", with(&[("ou", "a"), ("OU", "b")])),
        ] {
            assert_eq!(pairs(text), expected, "{text}");
        }
    }

    /// The refusing rows of the same table.
    #[test]
    fn each_rule_refuses() {
        let cases: [Case; 24] = [
            (",,,", |error| matches!(error, Error::IncompletePart)),
            ("C=US,,ST=WA,O=x", |error| matches!(error, Error::IncompletePart)),
            ("C=US+,ST=WA,O=x", |error| matches!(error, Error::IncompletePart)),
            ("invalid", |error| matches!(error, Error::IncompleteEnd)),
            ("C=US,ST=WA,O=x,", |error| matches!(error, Error::IncompleteEnd)),
            ("C=US,ST=WA,O=x, =", |error| matches!(error, Error::IncompleteEnd)),
            (r"C\=US", |error| matches!(error, Error::IncompleteEnd)),
            ("C=US,C=IN", |error| matches!(error, Error::Duplicate { attribute } if attribute == "C")),
            ("C=US,ST=WA,O=a,S=b", |error| matches!(error, Error::Duplicate { attribute } if attribute == "ST")),
            ("C=US,ST=WA", |error| matches!(error, Error::Missing { attribute: "O" })),
            ("C=US,O=x", |error| matches!(error, Error::Missing { attribute: "ST" })),
            ("c=US,st=WA,o=x", |error| matches!(error, Error::Missing { attribute: "C" })),
            ("C=US,ST=WA,O=", |error| matches!(error, Error::Missing { attribute: "O" })),
            ("  ", |error| matches!(error, Error::Missing { attribute: "C" })),
            ("", |error| matches!(error, Error::Missing { attribute: "C" })),
            ("C=US+ST=WA,O=MyOrg", |error| matches!(error, Error::MultiValued { attribute } if attribute == "C")),
            ("C=US,ST=WA,O=x+OU=y", |error| matches!(error, Error::MultiValued { attribute } if attribute == "O")),
            ("C=US,ST=WA,O=x=#", |error| matches!(error, Error::EncodedValue)),
            ("C=US,ST=WA,O=#0c0161", |error| matches!(error, Error::EncodedValue)),
            (r"C=US,ST=WA,O=a\", |error| matches!(error, Error::DanglingEscape { found } if found == r"a\")),
            (r"C=US,ST=WA,O=a\x", |error| matches!(error, Error::UnknownEscape { .. })),
            (r"C=US,ST=WA,O=a\zz", |error| matches!(error, Error::UnknownEscape { .. })),
            (r"C=US,ST=WA,O=a\é0", |error| matches!(error, Error::UnknownEscape { .. })),
            (r"C=US,ST=WA,O=\ff", |error| matches!(error, Error::NotUtf8 { .. })),
        ];
        for (text, expected) in cases {
            let error = parse(text).unwrap_err();
            assert!(expected(&error), "{text}: {error:?}");
        }
    }

    #[test]
    fn subsets() {
        for (one, other, expected) in [
            ("C=US,ST=WA,O=a", "O=a,ST=WA,C=US", true),
            ("C=US,ST=WA,O=a", "C=US,ST=WA,O=a,CN=x", true),
            ("C=US,ST=WA,O=a,CN=x", "C=US,ST=WA,O=a", false),
            ("C=US,ST=WA,O=a,OU=x", "C=US,ST=WA,O=a,CN=x", false),
            ("C=US,ST=WA,O=a", "C=US,ST=WA,O=A", false),
            ("C=US,ST=WA,O=a", "C=US,ST=WA,O=a  b", false),
            ("C=US,ST=WA,O=a,OU=", "C=US,ST=WA,O=a", true),
            ("C=US,ST=WA,O=a,OU=", "C=US,ST=WA,O=a,OU=x", false),
        ] {
            assert_eq!(parse(one).unwrap().is_subset_of(&parse(other).unwrap()), expected, "{one} in {other}");
        }
    }

    #[test]
    fn display_is_readable() {
        let name = parse(r"CN=a\,b,O=acme,ST=WA,C=US").unwrap();
        assert_eq!(name.to_string(), r"C=US, CN=a\,b, O=acme, ST=WA");
    }

    fn reparses(text: &str) -> Result<(), TestCaseError> {
        if let Ok(name) = parse(text) {
            prop_assert_eq!(parse(&name.to_string()), Ok(name));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text_is_judged_and_what_is_accepted_prints_and_parses_equal(
            text in "\\PC{0,60}|[CSTO=,;+#\\\\ \"a0-9é]{0,60}",
        ) {
            reparses(&text)?;
        }

        #[test]
        fn valid_names_with_odd_values_print_and_parse_equal(
            organization in "[a-f0-9=,;+#\\\\ \"é]{1,20}", more in "[a-f0-9=,;+#\\\\ \"<é]{0,20}",
        ) {
            reparses(&format!("C=US,ST=WA,O={organization},{more}=x"))?;
            reparses(&format!("C=US,ST=WA,O=x,OU={more}\\{organization}"))?;
        }
    }
}
