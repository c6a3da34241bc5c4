//! A second opinion on YAML. kubectl, compose and most others read it with libyaml, or with a parser that was made from it.
//! What they would see and this program would not is not checked by it, so both must read the same.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess as _, Visitor};

use super::error::{DocumentError, Place};
use super::node::Node;
use super::scalar::Style;
use super::{Document, limits};

/// Compares documents with what libyaml reads in the same text. Where there is none, there is nothing that it could decide.
pub(super) fn check(text: &str, documents: &[Document]) -> Result<(), DocumentError> {
    if documents.is_empty() {
        return Ok(());
    }
    let mut ours = documents.iter();
    let mut last = (1, 1);
    for (theirs, _) in serde_yaml::Deserializer::from_str(text).zip(0..=limits::DOCUMENTS) {
        let place = match ours.next() {
            Some(document) => {
                last = document.root().place();
                Same(document.root()).deserialize(theirs).map_err(|error| place(&error))
            }
            // A file that has only comments, or ends with a sign that a document ends, may have an empty one for it.
            None => Nothing.deserialize(theirs).map_err(|error| place(&error)),
        };
        place.map_err(|place| DocumentError::Disputed { place: place.unwrap_or(last) })?;
    }
    match ours.find(|document| !document.root().is_null()) {
        Some(document) => Err(DocumentError::Disputed { place: document.root().place() }),
        None => Ok(()),
    }
}

fn place(error: &serde_yaml::Error) -> Option<Place> {
    error.location().map(|place| (place.line(), place.column()))
}

/// A value that has to be read as this one.
#[derive(Clone, Copy)]
struct Same<'a>(Node<'a>);

impl Same<'_> {
    /// What is not a string there must be a plain scalar here, or have a tag that says so.
    fn plain<E: Error>(self) -> Result<(), E> {
        let is_plain = self.0.style() == Some(Style::Plain) || (self.0.style().is_some() && self.0.tag().is_some());
        if is_plain { Ok(()) } else { Err(differs()) }
    }
}

/// The words are not shown.
fn differs<E: Error>() -> E {
    E::custom("differs")
}

impl<'de> DeserializeSeed<'de> for Same<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Same<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the same value")
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<(), E> {
        self.plain()
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<(), E> {
        self.plain()
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<(), E> {
        self.plain()
    }

    fn visit_i128<E: Error>(self, _value: i128) -> Result<(), E> {
        self.plain()
    }

    fn visit_u128<E: Error>(self, _value: u128) -> Result<(), E> {
        self.plain()
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<(), E> {
        self.plain()
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.plain()
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if self.0.raw() == Some(text) { Ok(()) } else { Err(differs()) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut theirs: A) -> Result<(), A::Error> {
        for item in self.0.list().ok_or_else(differs)? {
            theirs.next_element_seed(Same(item))?.ok_or_else(differs)?;
        }
        // One more would be read as nothing that there is.
        if theirs.next_element_seed(Nothing)?.is_none() { Ok(()) } else { Err(differs()) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut theirs: A) -> Result<(), A::Error> {
        for (key, value) in self.0.map().ok_or_else(differs)?.members() {
            theirs.next_key_seed(Same(key))?.ok_or_else(differs)?;
            theirs.next_value_seed(Same(value))?;
        }
        if theirs.next_key_seed(Nothing)?.is_none() { Ok(()) } else { Err(differs()) }
    }

    /// A value with a tag of its own.
    fn visit_enum<A: EnumAccess<'de>>(self, theirs: A) -> Result<(), A::Error> {
        let (tag, value) = theirs.variant::<String>()?;
        let ours = self.0.tag().and_then(|tag| tag.strip_prefix('!')).ok_or_else(differs)?;
        if ours != tag.trim_start_matches('!') {
            return Err(differs());
        }
        value.newtype_variant_seed(self)
    }
}

/// A document that is empty, or a value that is not there.
struct Nothing;

impl<'de> DeserializeSeed<'de> for Nothing {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Nothing {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nothing")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}
