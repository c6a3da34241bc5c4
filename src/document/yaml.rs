//! YAML: the parser's events as trees, with byte offsets in the place of its characters.

use std::cell::Cell;
use std::str::Chars;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use super::builder::{Builder, Head};
use super::error::{DocumentError, Place};
use super::scalar::Style;
use super::source::{Offsets, Source, advance};
use super::{Document, limits, second, token};

/// Reads the documents of a YAML file. A file of comments alone has none.
///
/// # Errors
/// [`DocumentError`], with the place of what is wrong.
pub(crate) fn parse_yaml(bytes: &[u8]) -> Result<Vec<Document>, DocumentError> {
    let source = Source::new(bytes)?;
    source.check_characters()?;
    let left = Cell::new(limits::HELD_CHARACTERS);
    let mut reader =
        Reader { source, offsets: Offsets::new(source.text), builder: Builder::default(), documents: Vec::new() };
    let mut last = (1, 1);
    for event in Parser::new_from_iter(Metered { characters: source.text.chars(), left: &left }) {
        if left.replace(limits::HELD_CHARACTERS) == 0 {
            return Err(DocumentError::TooLong { place: last });
        }
        let (event, span) = event.map_err(|error| reader.error(&error))?;
        last = place(span.start);
        reader.take(event, span)?;
    }
    second::check(source.text, &reader.documents)?;
    Ok(reader.documents)
}

/// Characters of the text, until as many were taken as may be held between two events.
struct Metered<'a> {
    characters: Chars<'a>,
    left: &'a Cell<usize>,
}

impl Iterator for Metered<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let character = self.characters.next()?;
        self.left.set(self.left.get().checked_sub(1)?);
        Some(character)
    }
}

struct Reader<'a> {
    source: Source<'a>,
    offsets: Offsets<'a>,
    builder: Builder,
    documents: Vec<Document>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), DocumentError> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd => Ok(()),
            Event::DocumentStart(_) if self.documents.len() >= limits::DOCUMENTS => {
                Err(DocumentError::TooManyDocuments { place: place(span.start) })
            }
            Event::DocumentStart(_) => Ok(()),
            Event::DocumentEnd => {
                self.documents.extend(self.builder.finish());
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let (style, has_properties) = (of(style), anchor > 0 || tag.is_some());
                let head = self.scalar_head(span, style, &text, has_properties)?;
                self.builder.scalar(with(head, anchor, tag.as_deref()), text.into(), style)
            }
            Event::SequenceStart(anchor, tag) => {
                let head = self.head(span, anchor > 0 || tag.is_some());
                self.builder.list(with(head, anchor, tag.as_deref()))
            }
            Event::MappingStart(anchor, tag) => {
                let head = self.head(span, anchor > 0 || tag.is_some());
                self.builder.map(with(head, anchor, tag.as_deref()))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let bracket = (!span.is_empty()).then(|| self.in_file(self.offsets.of(span.end.index())));
                self.builder.end(place(span.start), bracket)
            }
            Event::Alias(anchor) => {
                let head = self.head(span, false);
                let name = self.alias_name(span.start).unwrap_or_default().to_owned();
                self.builder.alias(head, &name, anchor)
            }
        }
    }

    /// Offset in the file of one in the text.
    const fn in_file(&self, offset: usize) -> usize {
        self.source.skipped.saturating_add(offset)
    }

    fn text_from(&self, offset: usize) -> &str {
        self.source.text.get(offset..).unwrap_or_default()
    }

    /// The value of which the parser gave the span.
    fn head(&self, span: Span, has_properties: bool) -> Head {
        let (start, end) = (self.offsets.of(span.start.index()), self.offsets.of(span.end.index()));
        let skipped = if has_properties { token::properties(self.text_from(start)) } else { 0 };
        let before = self.text_from(start).get(..skipped).unwrap_or_default();
        let (start, place) = (start.saturating_add(skipped), advance(place(span.start), before));
        Head { place, span: self.in_file(start)..self.in_file(end.max(start)), tag: None, anchor: None }
    }

    /// The same of a scalar, with the end of its token.
    fn scalar_head(&self, span: Span, style: Style, text: &str, has_properties: bool) -> Result<Head, DocumentError> {
        if style == Style::Plain && text.is_empty() {
            // Nothing stands there; behind an anchor or a tag, the next value does.
            let at = self.in_file(self.offsets.of(span.end.index()));
            return Ok(Head { place: place(span.start), span: at..at, tag: None, anchor: None });
        }
        let mut head = self.head(span, has_properties);
        let start = head.span.start.saturating_sub(self.source.skipped);
        if let Style::SingleQuoted | Style::DoubleQuoted = style {
            let length =
                token::quoted(self.text_from(start), style).ok_or(DocumentError::Lost { place: head.place })?;
            head.span.end = head.span.start.saturating_add(length);
        }
        let length = head.span.end.saturating_sub(head.span.start);
        let token = self.text_from(start).get(..length).ok_or(DocumentError::Lost { place: head.place })?;
        if !token::says(token, style, text) {
            return Err(DocumentError::Lost { place: head.place });
        }
        Ok(head)
    }

    /// The name of the alias that begins here, if one does.
    fn alias_name(&self, start: Marker) -> Option<&str> {
        let name = self.text_from(self.offsets.of(start.index())).strip_prefix('*')?;
        let end = name.find([' ', '\t', '\n', '\r', ',', '[', ']', '{', '}']).unwrap_or(name.len());
        name.get(..end).filter(|name| !name.is_empty())
    }

    /// An alias without an anchor is an error of the parser that has no type of its own, but nothing else is wrong at the start
    /// of one that has a name.
    fn error(&self, error: &ScanError) -> DocumentError {
        let place = place(*error.marker());
        match self.alias_name(*error.marker()) {
            Some(name) => DocumentError::UnknownAlias { name: name.to_owned(), place },
            None => DocumentError::Yaml { place, reason: error.info().to_owned() },
        }
    }
}

fn with(head: Head, anchor: usize, tag: Option<&Tag>) -> Head {
    let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix).into_boxed_str());
    Head { anchor: (anchor > 0).then_some(anchor), tag, ..head }
}

/// The parser counts columns from 0.
fn place(marker: Marker) -> Place {
    (marker.line(), marker.col().saturating_add(1))
}

const fn of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}
