//! What a file reads with digests in it.

use std::collections::BTreeMap;
use std::ops::Range;

use notary::digest::Digest;

use super::error::PinError;
use super::found::{Found, Literal, Slot, What, Write};
use super::name::pinned;
use super::{DeployFile, Language, find};
use crate::document::{Document, Place, Style, parse_json, parse_yaml};

/// Bytes of a file that are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
}

/// A file with digests in it, and what was changed: in the order of the text, without overlap, and nothing where all images
/// had a digest before.
#[derive(Debug)]
pub(crate) struct Pinned {
    pub(crate) bytes: Vec<u8>,
    pub(crate) edits: Vec<Edit>,
}

/// A value that is expected to read differently, by its document and its number there.
type Changed = BTreeMap<(usize, usize), (String, Place)>;

impl DeployFile<'_> {
    /// Writes digests into the file, each to the image at this position of [`Self::found`]. An image that has a digest stays as
    /// it is, and so does what is no literal name.
    ///
    /// # Errors
    /// [`PinError::ReadBack`] if the file would not be the same but for these images.
    pub(crate) fn pin(&self, digests: &BTreeMap<usize, Digest>) -> Result<Pinned, PinError> {
        let (mut edits, mut changed) = (Vec::new(), Changed::new());
        for (index, digest) in digests {
            let Some(literal) = self.found.get(*index).and_then(unpinned) else { continue };
            for slot in &literal.slots {
                let value = match slot.write {
                    Write::Name => pinned(&literal.name, self.kind, digest),
                    Write::Digest => digest.to_string(),
                    Write::Key(name) => name.to_owned(),
                };
                edits.push(Edit { span: slot.span.clone(), text: token(slot, &value) });
                changed.insert((slot.document, slot.node), (value, slot.place));
            }
        }
        edits.sort_by_key(|edit| edit.span.start);
        let bytes = replaced(&self.bytes, &edits).ok_or(PinError::ReadBack { place: (1, 1) })?;
        self.check(&bytes, &changed, digests)?;
        Ok(Pinned { bytes, edits })
    }

    /// How the image at this position of [`Self::found`] is named when it is pinned: as it is, if the file has a digest for it.
    /// `None` for what is no literal name.
    pub(crate) fn pinned_name(&self, index: usize, digest: &Digest) -> Option<String> {
        let found = self.found.get(index)?;
        match &found.what {
            What::Literal(literal) if literal.is_pinned() => Some(literal.name.reference().to_string()),
            What::Literal(literal) => Some(pinned(&literal.name, self.kind, digest)),
            What::Computed(_) | What::Wrong(_) | What::Unsupported(_) => None,
        }
    }

    /// Reads what was written, and compares it with what was there.
    fn check(&self, bytes: &[u8], changed: &Changed, digests: &BTreeMap<usize, Digest>) -> Result<(), PinError> {
        let documents = match self.language {
            Language::Yaml => parse_yaml(bytes)?,
            Language::Json => vec![parse_json(bytes)?],
        };
        same(&self.documents, &documents, changed)?;
        // The images are those that were there, and each has its digest.
        let (found, _) = find::images(&documents, self.kind)?;
        for (index, before) in self.found.iter().enumerate() {
            let after = found.get(index).filter(|_| found.len() == self.found.len());
            let read = match (unpinned(before).and(digests.get(&index)), after.map(|after| &after.what)) {
                (Some(digest), Some(What::Literal(literal))) => literal.name.digest() == Some(digest),
                (None, Some(_)) => true,
                _ => false,
            };
            if !read {
                return Err(PinError::ReadBack { place: before.place });
            }
        }
        Ok(())
    }
}

/// The literal that gets a digest.
fn unpinned(found: &Found) -> Option<&Literal> {
    match &found.what {
        What::Literal(literal) if !literal.is_pinned() => Some(literal),
        _ => None,
    }
}

/// A scalar of the same style. What is written has no character that a style would have to escape.
fn token(slot: &Slot, value: &str) -> String {
    match slot.style {
        Style::SingleQuoted => format!("'{value}'"),
        Style::DoubleQuoted => format!("\"{value}\""),
        Style::Plain | Style::Literal | Style::Folded => value.to_owned(),
    }
}

/// The bytes with all edits made; none if two of them overlap, or one is not in the file.
fn replaced(bytes: &[u8], edits: &[Edit]) -> Option<Vec<u8>> {
    let mut written = Vec::with_capacity(bytes.len().saturating_add(edits.len().saturating_mul(100)));
    let mut at = 0;
    for edit in edits {
        written.extend_from_slice(bytes.get(at..edit.span.start)?);
        written.extend_from_slice(edit.text.as_bytes());
        at = edit.span.end;
    }
    written.extend_from_slice(bytes.get(at..)?);
    Some(written)
}

/// Compares all values, keys and aliases of two files.
fn same(before: &[Document], after: &[Document], changed: &Changed) -> Result<(), PinError> {
    let is_as_long = |(before, after): (&Document, &Document)| before.nodes().len() == after.nodes().len();
    if before.len() != after.len() || !before.iter().zip(after).all(is_as_long) {
        return Err(PinError::ReadBack { place: (1, 1) });
    }
    for (index, (before, after)) in before.iter().zip(after).enumerate() {
        for (before, after) in before.nodes().zip(after.nodes()) {
            let is_same = match changed.get(&(index, before.index())) {
                Some((text, _)) => {
                    after.raw() == Some(text) && after.style() == before.style() && after.tag() == before.tag()
                }
                None => before.is_like(after),
            };
            if !is_same {
                return Err(PinError::ReadBack { place: before.place() });
            }
        }
    }
    Ok(())
}
