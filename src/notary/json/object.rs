//! The members of an object, each read as what its format says that it is.
//!
//! Foreign objects are read with this and never with a derived `Deserialize`, which takes an array for an object and
//! skips members that are not asked for. As in Go's decoder, `null` is the same as absent.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{JsonError, check_folded, kind};

/// An object whose members are asked for by name and type.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    members: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// Takes the members of a document that [`super::parse_object`] has read. `known` are the names of its format.
    ///
    /// # Errors
    /// [`JsonError::FoldedMember`] when a name differs from a known one in case only.
    pub fn new(members: &'a Map<String, Value>, known: &[&'static str]) -> Result<Self, JsonError> {
        check_folded(members, known)?;
        Ok(Self { members })
    }

    /// Takes a value that must be an object.
    ///
    /// # Errors
    /// As [`Self::new`], and [`JsonError::NotAnObject`].
    pub fn of(value: &'a Value, known: &[&'static str]) -> Result<Self, JsonError> {
        match value {
            Value::Object(members) => Self::new(members, known),
            other => Err(JsonError::NotAnObject { found: kind(other) }),
        }
    }

    /// The member, read by `read`, which gives nothing for a value of another type.
    ///
    /// # Errors
    /// [`JsonError::MemberType`] when it is there, not `null`, and of another type.
    fn optional<T>(
        self,
        member: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, JsonError> {
        let Some(value) = self.members.get(member).filter(|value| !value.is_null()) else { return Ok(None) };
        let wrong = || JsonError::MemberType { member, found: kind(value), expected };
        read(value).map(Some).ok_or_else(wrong)
    }

    /// A string.
    ///
    /// # Errors
    /// [`JsonError::MemberType`].
    pub fn text(self, member: &'static str) -> Result<Option<&'a str>, JsonError> {
        self.optional(member, "a string", Value::as_str)
    }

    /// A string that must be there.
    ///
    /// # Errors
    /// [`JsonError::MemberType`] and [`JsonError::MemberMissing`].
    pub fn required_text(self, member: &'static str) -> Result<&'a str, JsonError> {
        self.text(member)?.ok_or(JsonError::MemberMissing { member })
    }

    /// A whole number, written as one.
    ///
    /// # Errors
    /// [`JsonError::MemberType`].
    pub fn integer(self, member: &'static str) -> Result<Option<i64>, JsonError> {
        self.optional(member, "a whole number", Value::as_i64)
    }

    /// A whole number that is not negative, and must be there.
    ///
    /// # Errors
    /// [`JsonError::MemberType`] and [`JsonError::MemberMissing`].
    pub fn required_count(self, member: &'static str) -> Result<u64, JsonError> {
        let count = self.optional(member, "a whole number that is not negative", Value::as_u64)?;
        count.ok_or(JsonError::MemberMissing { member })
    }

    /// An array.
    ///
    /// # Errors
    /// [`JsonError::MemberType`].
    pub fn array(self, member: &'static str) -> Result<Option<&'a [Value]>, JsonError> {
        self.optional(member, "an array", |value| value.as_array().map(Vec::as_slice))
    }

    /// An array of objects, whose known names are `known`.
    ///
    /// # Errors
    /// [`JsonError::MemberType`], and [`JsonError::FoldedMember`] in one of them.
    pub fn objects(self, member: &'static str, known: &[&'static str]) -> Result<Option<Vec<Self>>, JsonError> {
        let objects = |value: &'a Value| value.as_array()?.iter().map(Value::as_object).collect::<Option<Vec<_>>>();
        let Some(objects) = self.optional(member, "an array of objects", objects)? else { return Ok(None) };
        objects.into_iter().map(|members| Self::new(members, known)).collect::<Result<_, _>>().map(Some)
    }

    /// An array of strings.
    ///
    /// # Errors
    /// [`JsonError::MemberType`].
    pub fn texts(self, member: &'static str) -> Result<Option<Vec<&'a str>>, JsonError> {
        self.optional(member, "an array of strings", texts)
    }

    /// An object, whose known names are `known`.
    ///
    /// # Errors
    /// [`JsonError::MemberType`], and [`JsonError::FoldedMember`] in it.
    pub fn object(self, member: &'static str, known: &[&'static str]) -> Result<Option<Self>, JsonError> {
        let object = self.optional(member, "an object", Value::as_object)?;
        object.map(|members| Self::new(members, known)).transpose()
    }

    /// An object in which every name is allowed.
    ///
    /// # Errors
    /// [`JsonError::MemberType`].
    pub fn map(self, member: &'static str) -> Result<Option<&'a Map<String, Value>>, JsonError> {
        self.optional(member, "an object", Value::as_object)
    }

    /// An object of strings, in which every name is allowed. No value in it is `null`.
    ///
    /// # Errors
    /// [`JsonError::MemberType`].
    pub fn text_map(self, member: &'static str) -> Result<Option<BTreeMap<String, String>>, JsonError> {
        self.optional(member, "an object of strings", |value| {
            let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
            value.as_object()?.iter().map(text).collect()
        })
    }

    /// Refuses a member that is `null`, where that must not pass for absent.
    ///
    /// # Errors
    /// [`JsonError::MemberType`].
    pub fn refuse_null(self, member: &'static str, expected: &'static str) -> Result<(), JsonError> {
        match self.members.get(member) {
            Some(Value::Null) => Err(JsonError::MemberType { member, found: kind(&Value::Null), expected }),
            _ => Ok(()),
        }
    }
}

/// The strings of an array that holds nothing else.
#[must_use]
pub fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// A reader of the member `m`, which takes values of one type only, and what it takes.
    type Reader = (fn(Object<'_>) -> Result<bool, JsonError>, &'static [&'static str]);

    const READERS: [Reader; 9] = [
        (|object| object.text("m").map(|found| found.is_some()), &["\"\"", "\"x\""]),
        (|object| object.integer("m").map(|found| found.is_some()), &["0", "-1", "7"]),
        (|object| object.array("m").map(|found| found.is_some()), &["[]", "[1]", "[{}]", "[\"x\"]", "[null]", "[[]]"]),
        (|object| object.objects("m", &[]).map(|found| found.is_some()), &["[]", "[{}]"]),
        (|object| object.texts("m").map(|found| found.is_some()), &["[]", "[\"x\"]"]),
        (
            |object| object.object("m", &[]).map(|found| found.is_some()),
            &["{}", "{\"x\":1}", "{\"x\":\"y\"}", "{\"x\":null}"],
        ),
        (|object| object.map("m").map(|found| found.is_some()), &["{}", "{\"x\":1}", "{\"x\":\"y\"}", "{\"x\":null}"]),
        (|object| object.text_map("m").map(|found| found.is_some()), &["{}", "{\"x\":\"y\"}"]),
        (|object| object.required_text("m").map(|_| true), &["\"\"", "\"x\""]),
    ];

    const VALUES: [&str; 21] = [
        "\"\"",
        "\"x\"",
        "0",
        "-1",
        "7",
        "1.5",
        "7.0",
        "1e3",
        "18446744073709551616",
        "true",
        "[]",
        "[1]",
        "[{}]",
        "[\"x\"]",
        "[null]",
        "[[]]",
        "{}",
        "{\"x\":1}",
        "{\"x\":\"y\"}",
        "{\"x\":null}",
        "{\"x\":[]}",
    ];

    #[test]
    fn every_member_is_of_its_type_or_an_error() {
        for (index, (read, taken)) in READERS.iter().enumerate() {
            for text in VALUES {
                let document = super::super::parse_object(format!("{{\"m\":{text}}}").as_bytes()).unwrap();
                let found = read(Object::new(&document, &["m"]).unwrap());
                let fits = taken.contains(&text) || (matches!(index, 5 | 6) && text == "{\"x\":[]}");
                match found {
                    Ok(true) => assert!(fits, "reader {index}: {text}"),
                    Err(JsonError::MemberType { member: "m", .. }) => assert!(!fits, "reader {index}: {text}"),
                    other => panic!("reader {index}: {text}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn null_is_absent_but_where_it_is_refused() {
        for document in [json!({}), json!({"m": null})] {
            let object = Object::of(&document, &["m"]).unwrap();
            for (read, _) in &READERS[..8] {
                assert!(!read(object).unwrap());
            }
            assert!(matches!(object.required_text("m"), Err(JsonError::MemberMissing { member: "m" })));
            assert!(matches!(object.required_count("m"), Err(JsonError::MemberMissing { member: "m" })));
            assert_eq!(object.refuse_null("m", "an object").is_err(), document == json!({"m": null}));
        }
    }

    #[test]
    fn a_count_is_whole_and_not_negative() {
        for (value, expected) in
            [(json!(0), Some(0)), (json!(u64::MAX), Some(u64::MAX)), (json!(-1), None), (json!(1.0), None)]
        {
            let document = json!({ "m": value });
            assert_eq!(Object::of(&document, &[]).unwrap().required_count("m").ok(), expected);
        }
    }

    #[test]
    fn names_in_another_case_are_refused_at_every_level() {
        let folded = |found: Result<(), JsonError>| matches!(found, Err(JsonError::FoldedMember { .. }));
        let document = json!({"o": {"M": 1}, "a": [{"m": 1}, {"M": 1}], "M": 1});
        let object = Object::of(&document, &["o", "a"]).unwrap();
        assert!(folded(Object::of(&document, &["m"]).map(drop)));
        assert!(folded(object.object("o", &["m"]).map(drop)));
        assert!(folded(object.objects("a", &["m"]).map(drop)));
        assert!(object.object("o", &["x"]).is_ok() && object.objects("a", &["x"]).is_ok());
    }

    proptest! {
        #[test]
        fn nothing_but_an_object_is_one(elements in prop::collection::vec("[a-z]{0,4}", 0..4)) {
            for value in [json!(elements), json!([{"m": elements}]), json!(elements.len()), json!(null), json!("m")] {
                let refused = matches!(Object::of(&value, &[]), Err(JsonError::NotAnObject { .. }));
                prop_assert!(refused);
            }
        }
    }
}
