//! Images in deploy files: which there are, and how the file reads with their digests. Pure: bytes in, bytes out.
//!
//! A file is never written again from its tree. The bytes of the scalars that name images are replaced, and what came of it
//! is read once more: it must be the same tree but for these scalars.

mod detect;
mod diff;
mod edit;
mod error;
mod find;
mod found;
mod kind;
pub(crate) mod limits;
mod name;

use std::borrow::Cow;
use std::collections::BTreeSet;

use notary::json::JsonError;

use crate::document::{Document, DocumentError, parse_json, parse_yaml};

pub(crate) use self::diff::unified;
pub(crate) use self::edit::{Edit, Pinned};
pub(crate) use self::error::PinError;
pub(crate) use self::found::{Computed, Found, Unseen, Unsupported, What, Wrong};
pub(crate) use self::kind::FileKind;

/// How the names of files end that hold JSON and nothing else.
const JSON: &str = ".json";

/// A deploy file that was read, with all its images.
#[derive(Debug)]
pub(crate) struct DeployFile<'a> {
    bytes: Cow<'a, [u8]>,
    language: Language,
    documents: Vec<Document>,
    kind: FileKind,
    found: Vec<Found>,
    unseen: Vec<Unseen>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Yaml,
    Json,
}

impl<'a> DeployFile<'a> {
    /// Reads a file. `name` is its last part; `kind` is what the user says that it is, if anything.
    ///
    /// # Errors
    /// [`PinError`]; a file without any image is one.
    pub(crate) fn read(bytes: impl Into<Cow<'a, [u8]>>, name: &str, kind: Option<FileKind>) -> Result<Self, PinError> {
        let bytes = bytes.into();
        let (language, documents) = documents(&bytes, name)?;
        let kind = match kind {
            Some(kind) => kind,
            None => detect::kind_of(&documents, name)?,
        };
        let (found, unseen) = find::images(&documents, kind)?;
        Ok(Self { bytes, language, documents, kind, found, unseen })
    }

    pub(crate) const fn kind(&self) -> FileKind {
        self.kind
    }

    /// What was read.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its images, in the order of the text.
    pub(crate) fn found(&self) -> &[Found] {
        &self.found
    }

    /// What may be images besides, and is neither verified nor pinned.
    pub(crate) fn unseen(&self) -> &[Unseen] {
        &self.unseen
    }

    /// What keeps the file from being pinned: all that is no literal name, but for those of which only another program makes a
    /// name, or that cannot be edited, and whose exact text is one of `allowed`. What is wrong is never allowed.
    pub(crate) fn refused<'b>(&'b self, allowed: &'b BTreeSet<String>) -> impl Iterator<Item = &'b Found> {
        self.found.iter().filter(|found| match found.what {
            What::Literal(_) => false,
            What::Wrong(_) => true,
            What::Computed(_) | What::Unsupported(_) => found.text.as_ref().is_none_or(|text| !allowed.contains(text)),
        })
    }
}

/// Reads the text as JSON or YAML: by its name if that says so, and otherwise by what it is.
fn documents(bytes: &[u8], name: &str) -> Result<(Language, Vec<Document>), PinError> {
    let is_json = name.ends_with(JSON);
    if is_json || begins_like_json(bytes) {
        match parse_json(bytes) {
            Ok(document) => return Ok((Language::Json, vec![document])),
            // A map or list in brackets may be YAML as well.
            Err(DocumentError::Json(JsonError::Syntax { .. })) if !is_json => {}
            Err(error) => return Err(error.into()),
        }
    }
    match parse_yaml(bytes) {
        Ok(documents) => Ok((Language::Yaml, documents)),
        Err(source) if is_template(bytes, &source) => Err(PinError::Template { source }),
        Err(error) => Err(error.into()),
    }
}

fn begins_like_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| matches!(byte, b'{' | b'['))
}

/// Whether a file that is no YAML is so because something is still to be filled in.
fn is_template(bytes: &[u8], error: &DocumentError) -> bool {
    let is_syntax =
        matches!(error, DocumentError::Yaml { .. } | DocumentError::Key { .. } | DocumentError::Duplicate { .. });
    is_syntax && bytes.windows(2).any(|pair| pair == b"{{")
}

#[cfg(test)]
mod tests;
