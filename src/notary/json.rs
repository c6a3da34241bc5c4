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

use crate::json_error::JsonSyntaxError;
use crate::limits;

pub use self::object::{Object, texts};
pub use crate::json_error::JsonError;

/// Parses exactly one JSON document.
///
/// # Errors
/// [`JsonError`] when the bytes are not UTF-8 JSON, when anything but white space follows, when an object at any
/// depth has two members of one name, when it nests deeper than [`crate::limits::JSON_DEPTH`], or when its values would
/// take more than [`crate::limits::JSON_MEMORY`].
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    parse_within(bytes, limits::JSON_MEMORY)
}

/// Parses exactly one JSON document whose values take at most `limit` bytes of memory.
fn parse_within(bytes: &[u8], limit: usize) -> Result<Value, JsonError> {
    let (duplicate, memory) = (RefCell::new(None), Cell::new(0));
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict { duplicate: &duplicate, memory: &memory, limit }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|error| match duplicate.take() {
        None if memory.get() > limit => JsonError::TooManyValues { limit },
        Some(name) => JsonError::DuplicateMember { name, line: error.line(), column: error.column() },
        None => JsonError::Syntax { line: error.line(), column: error.column(), source: JsonSyntaxError(error) },
    })
}

/// Parses one document that must be an object.
///
/// # Errors
/// As [`parse`], and [`JsonError::NotAnObject`].
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
    parse_object_within(bytes, limits::JSON_MEMORY)
}

/// The same for a document of few values: beyond its text they take at most [`crate::limits::SIGNATURE_MEMORY`].
///
/// # Errors
/// As [`parse_object`].
pub fn parse_small_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
    parse_object_within(bytes, bytes.len().saturating_add(limits::SIGNATURE_MEMORY))
}

fn parse_object_within(bytes: &[u8], limit: usize) -> Result<Map<String, Value>, JsonError> {
    match parse_within(bytes, limit)? {
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

/// What an element takes in an array that grows by doubling: half of the room may be free.
const ELEMENT: usize = 2 * size_of::<Value>();

/// What a text takes beside its bytes: the least that an allocator hands out.
const TEXT: usize = 32;

/// Members that one node of an object holds when names come in order, and what a node takes: names and values of eleven.
const NODE_MEMBERS: usize = 6;
const NODE: usize = 11 * (size_of::<String>() + size_of::<Value>()) + 32;

/// Builds a value and stops at the first duplicate member, or at the cap on memory.
#[derive(Clone, Copy)]
struct Strict<'a> {
    duplicate: &'a RefCell<Option<String>>,
    /// What the values so far take, by what each kind of them costs: `{"a":0}` takes a hundred times its text.
    memory: &'a Cell<usize>,
    limit: usize,
}

impl Strict<'_> {
    /// Counts what comes next, before it is made.
    fn count<E: serde::de::Error>(self, bytes: usize) -> Result<(), E> {
        let total = self.memory.get().saturating_add(bytes);
        self.memory.set(total);
        if total > self.limit { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
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

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.count(if value.is_empty() { 0 } else { TEXT.saturating_add(value.len()) })?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            self.count(ELEMENT)?;
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
            let node = if object.len().is_multiple_of(NODE_MEMBERS) { NODE } else { 0 };
            self.count(node.saturating_add(TEXT).saturating_add(name.len()))?;
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
        // What takes most for its text: each within the bytes of a manifest.
        let bytes = usize::try_from(limits::MANIFEST_BYTES).unwrap();
        for element in ["0", "[]", "\"\"", "\"a\"", "{\"a\":0}", "{\"a\":{\"b\":[0]}}", "[[[[]]]]"] {
            let of = |count: usize| format!("[{}0]", format!("{element},").repeat(count));
            let text = of(bytes / (element.len() + 1) - 1);
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, JsonError::TooManyValues { limit: limits::JSON_MEMORY }), "{element}: {error}");
            parse(of(10_000).as_bytes()).unwrap();
        }
        let members = (0..300_000).map(|n| format!("\"{n:06}\":0,")).collect::<String>();
        let error = parse(format!("{{{members}\"a\":0}}").as_bytes()).unwrap_err();
        assert!(matches!(error, JsonError::TooManyValues { .. }), "{error}");
        let error = parse_object_within(br#"{"a":[0,0,0]}"#, 800).unwrap_err();
        assert!(matches!(error, JsonError::TooManyValues { limit: 800 }), "{error}");
    }

    #[test]
    fn a_full_index_of_real_entries_is_read() {
        let digest = crate::digest::Digest::sha256(b"");
        let entry = format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":1234,"platform":{{"architecture":"amd64","os":"linux"}}}},"#
        );
        let count = usize::try_from(limits::MANIFEST_BYTES).unwrap() / entry.len() - 1;
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{}{{}}]}}"#, entry.repeat(count));
        assert!(count > 16_000, "{count}");
        parse(index.as_bytes()).unwrap();
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
