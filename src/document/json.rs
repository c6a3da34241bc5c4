//! JSON: what is valid says `notary::json`, and where each value stands is looked up afterwards.

use notary::json::{self, JsonError};
use serde_json::Value;

use super::Document;
use super::builder::{Builder, Head};
use super::error::{DocumentError, Place};
use super::scalar::Style;
use super::source::Source;
use super::token;

/// Reads a JSON file: exactly one document.
///
/// # Errors
/// [`DocumentError`], with the place of what is wrong.
pub(crate) fn parse_json(bytes: &[u8]) -> Result<Document, DocumentError> {
    let source = Source::new(bytes)?;
    let duplicate = match json::parse(source.text.as_bytes()) {
        Ok(_) => None,
        // The reader below comes to the same place, and knows that of the first as well.
        Err(error @ JsonError::DuplicateMember { .. }) => Some(error),
        Err(error) => return Err(error.into()),
    };
    let mut reader = Reader { source, at: 0, place: (1, 1), builder: Builder::default() };
    while reader.step()? {}
    match (duplicate, reader.builder.finish()) {
        (Some(error), _) => Err(error.into()),
        (None, Some(document)) => Ok(document),
        (None, None) => Err(DocumentError::Lost { place: (1, 1) }),
    }
}

/// A position in a text that is known to be valid.
struct Reader<'a> {
    source: Source<'a>,
    at: usize,
    place: Place,
    builder: Builder,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.source.text.get(self.at..).unwrap_or_default()
    }

    /// Takes one sign or value; false at the end.
    fn step(&mut self) -> Result<bool, DocumentError> {
        let Some(first) = self.rest().bytes().next() else { return Ok(false) };
        let place = self.place;
        match first {
            b',' | b':' => drop(self.advance(1)),
            b' ' | b'\t' | b'\n' | b'\r' => {
                // All of it at once: a line break may be two characters.
                let length = self.rest().bytes().take_while(u8::is_ascii_whitespace).count();
                drop(self.advance(length));
            }
            b'{' => {
                let head = self.advance(1);
                self.builder.map(head)?;
            }
            b'[' => {
                let head = self.advance(1);
                self.builder.list(head)?;
            }
            b'}' | b']' => {
                let bracket = self.advance(1).span.end;
                self.builder.end(place, Some(bracket))?;
            }
            b'"' => {
                let length = token::quoted(self.rest(), Style::DoubleQuoted).ok_or(DocumentError::Lost { place })?;
                let text = self.rest().get(..length).and_then(string).ok_or(DocumentError::Lost { place })?;
                let head = self.advance(length);
                self.builder.scalar(head, text, Style::DoubleQuoted)?;
            }
            _ => {
                let length = self.rest().find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(self.rest().len());
                let text = self.rest().get(..length).unwrap_or_default().into();
                let head = self.advance(length);
                self.builder.scalar(head, text, Style::Plain)?;
            }
        }
        Ok(true)
    }

    /// Goes on by some bytes, and says what was there.
    fn advance(&mut self, length: usize) -> Head {
        let start = self.source.skipped.saturating_add(self.at);
        let place = self.place;
        let passed = self.rest().get(..length).unwrap_or_default();
        self.place = super::source::advance(place, passed);
        self.at = self.at.saturating_add(length);
        Head { place, span: start..start.saturating_add(length), tag: None, anchor: None }
    }
}

/// What a string says.
fn string(token: &str) -> Option<Box<str>> {
    let inside = token.get(1..token.len().checked_sub(1)?)?;
    if !inside.contains('\\') {
        return Some(inside.into());
    }
    match json::parse(token.as_bytes()) {
        Ok(Value::String(text)) => Some(text.into()),
        _ => None,
    }
}
