//! JSON (RFC 8259) read strictly: what two readers could understand in two ways is refused.
//!
//! Go's decoder, which notation uses, takes the last of duplicate members and matches names whatever their case.
//! A document that relies on either would mean one thing there and another here, so both are errors.
//!
//! All foreign JSON of the crate, and of who uses it, is read here: the text by [`parse`], the members by [`Object`].

mod object;

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::limits;

pub use self::object::{Object, texts};

/// Parses exactly one JSON document.
///
/// # Errors
/// [`JsonError`] when the bytes are not UTF-8 JSON, when anything but white space follows, when an object at any
/// depth has two members of one name, or when it nests deeper than [`crate::limits::JSON_DEPTH`].
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let (duplicate, values) = (RefCell::new(None), Cell::new(0));
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict { duplicate: &duplicate, values: &values }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|error| match duplicate.take() {
        None if values.get() > limits::JSON_VALUES => JsonError::TooManyValues { limit: limits::JSON_VALUES },
        Some(name) => JsonError::DuplicateMember { name, line: error.line(), column: error.column() },
        None => JsonError::Syntax { line: error.line(), column: error.column(), source: error },
    })
}

/// Parses one document that must be an object.
///
/// # Errors
/// As [`parse`], and [`JsonError::NotAnObject`].
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
    match parse(bytes)? {
        Value::Object(object) => Ok(object),
        other => Err(JsonError::NotAnObject { found: kind(&other) }),
    }
}

/// Refuses a member whose name differs from a known one in case only.
///
/// # Errors
/// [`JsonError::FoldedMember`] with both names.
pub fn check_folded(object: &Map<String, Value>, known: &[&'static str]) -> Result<(), JsonError> {
    for name in object.keys() {
        let folded = known.iter().find(|known| **known != name && folds_to(name, known));
        if let Some(expected) = folded {
            return Err(JsonError::FoldedMember { found: name.clone(), expected });
        }
    }
    Ok(())
}

/// Whether Go's decoder would take `name` for the field `known` (which is ASCII): simple Unicode folding, in which
/// U+017F folds to `s` and U+212A to `k`.
#[must_use]
pub fn folds_to(name: &str, known: &str) -> bool {
    let fold = |character: char| match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(fold).eq(known.chars().map(fold))
}

/// What a JSON value is, in the words of the RFC.
#[must_use]
pub const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Why bytes are not a JSON document that has one meaning.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Two members of one object have the same name.
    #[error("member {name:?} occurs twice in one object, at line {line} column {column}")]
    DuplicateMember {
        /// The name.
        name: String,
        /// Line of the second one, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A name that differs from a known one in case only.
    #[error("member {found:?} differs from {expected:?} in case only")]
    FoldedMember {
        /// The name as it stands.
        found: String,
        /// The name of the format.
        expected: &'static str,
    },
    /// A required member is not there, or `null`.
    #[error("member {member:?} is missing")]
    MemberMissing {
        /// Its name.
        member: &'static str,
    },
    /// A member of another type.
    #[error("member {member:?} is {found}, expected {expected}")]
    MemberType {
        /// Its name.
        member: &'static str,
        /// What it is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// Another value where an object is needed.
    #[error("expected an object, got {found}")]
    NotAnObject {
        /// What was found.
        found: &'static str,
    },
    /// More values than a document may have.
    #[error("more than {limit} values")]
    TooManyValues {
        /// The cap.
        limit: usize,
    },
    /// Not JSON.
    #[error("not valid JSON")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The parser's words.
        source: serde_json::Error,
    },
}

/// Builds a value and stops at the first duplicate member, or at the cap on values.
#[derive(Clone, Copy)]
struct Strict<'a> {
    duplicate: &'a RefCell<Option<String>>,
    values: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > limits::JSON_VALUES {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                *self.duplicate.borrow_mut() = Some(name);
                return Err(A::Error::custom("duplicate member"));
            }
            let value = members.next_value_seed(self)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let text = r#"{"a":[1,-2,1.5,true,null,"x"],"b":{"c":{}}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn duplicates_are_refused_at_any_depth_and_located() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"a":2}}]"#, "{\"a\":1,\"\\u0061\":2}"] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(
                matches!(&error, JsonError::DuplicateMember { name, line: 1, column } if name == "a" && *column > 5),
                "{error:?}"
            );
        }
        assert!(parse(br#"{"a":{"a":1}}"#).is_ok());
    }

    #[test]
    fn syntax_errors_are_located() {
        let deep = "[".repeat(200);
        for text in ["", "{", "{} {}", "{}x", "nul", "{\"a\":}", "'a'", "\u{feff}{}", deep.as_str(), "1e999"] {
            assert!(matches!(parse(text.as_bytes()), Err(JsonError::Syntax { .. })), "{text:?}");
        }
        assert!(matches!(parse(b"\"\xff\""), Err(JsonError::Syntax { .. })));
        assert!(matches!(parse(b"{\n\n  x"), Err(JsonError::Syntax { line: 3, .. })));
        assert!(matches!(parse_object(b"[]"), Err(JsonError::NotAnObject { found: "an array" })));
    }

    #[test]
    fn a_document_of_too_many_values_is_refused_before_it_fills_the_memory() {
        for element in ["0", "[]", "{}", "\"\""] {
            let of = |count| format!("[{}{element}]", format!("{element},").repeat(count - 2));
            parse(of(limits::JSON_VALUES).as_bytes()).unwrap();
            let error = parse(of(limits::JSON_VALUES + 1).as_bytes()).unwrap_err();
            assert!(matches!(error, JsonError::TooManyValues { limit: limits::JSON_VALUES }), "{error}");
        }
    }

    #[test]
    fn names_that_go_would_fold_are_refused() {
        let known = ["payload", "signature", "key"];
        for name in ["Payload", "PAYLOAD", "\u{17f}ignature", "\u{212a}ey"] {
            let object = parse_object(format!("{{{name:?}:1}}").as_bytes()).unwrap();
            let error = check_folded(&object, &known).unwrap_err();
            assert!(matches!(&error, JsonError::FoldedMember { found, .. } if found == name));
        }
        let object = parse_object(br#"{"payload":1,"pay-load":1,"other":1}"#).unwrap();
        check_folded(&object, &known).unwrap();
    }
}
