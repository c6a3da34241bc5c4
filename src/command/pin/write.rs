//! What files read with their digests: shown, or written, in all files or in none.

use crate::config::PinFile;
use crate::context::Context;
use crate::error::{Error, called_off_with, pin_not_prepared, pin_not_replaced, pin_not_told};
use crate::files::{Replacement, replace_all, sync};
use crate::pin::{Edit, Pinned, unified};
use crate::report::PinFileReport;

/// What a file reads with its digests.
#[derive(Debug)]
pub(super) struct Written(Option<Pinned>);

impl From<Pinned> for Written {
    fn from(pinned: Pinned) -> Self {
        Self(Some(pinned))
    }
}

impl Written {
    /// Nothing is written.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    pub(super) fn is_changed(&self) -> bool {
        !self.edits().is_empty()
    }

    /// The whole file.
    pub(super) fn into_text(self) -> Option<String> {
        String::from_utf8(self.0?.bytes).ok()
    }

    fn edits(&self) -> &[Edit] {
        self.0.as_ref().map(|pinned| pinned.edits.as_slice()).unwrap_or_default()
    }
}

/// Files with what they read with their digests.
fn each<'a>(files: &'a [PinFile], written: &'a [Written]) -> impl Iterator<Item = (&'a PinFile, &'a Pinned, &'a [u8])> {
    let changed = files.iter().zip(written).filter(|(_, written)| written.is_changed());
    changed.filter_map(|(file, written)| Some((file, written.0.as_ref()?, file.read.as_ref().ok()?.bytes())))
}

/// Shows what would be written.
pub(super) fn show(files: &[PinFile], written: &[Written], reports: &mut [PinFileReport]) {
    for (file, pinned, before) in each(files, written) {
        let Ok(text) = str::from_utf8(before) else { continue };
        let diff = unified(&file.name, text, &pinned.edits);
        if let Some(report) = reports.iter_mut().find(|report| report.file == file.name) {
            report.diff = Some(diff);
        }
    }
}

/// Writes into the files. Each new content is beside its file before the first takes its place.
///
/// What is told of it comes behind, and cannot take it back: whether it can be written is tried first.
///
/// # Errors
/// No file is changed then.
pub(super) fn replace(files: &[PinFile], written: &[Written], context: &Context) -> Result<(), Error> {
    let mut replacements = Vec::new();
    for (file, pinned, before) in each(files, written) {
        let (Some(path), Some(identity)) = (file.path(), file.identity) else { continue };
        check_not_called_off(context)?;
        let replacement = Replacement::new(path, identity, before, &pinned.bytes);
        replacements.push(replacement.map_err(|source| pin_not_prepared(path, &source))?);
    }
    check_not_called_off(context)?;
    sync(&replacements).map_err(|(path, source)| pin_not_prepared(&path, &source))?;
    context.check_told().map_err(|(path, source)| pin_not_told(&path, &source))?;
    check_not_called_off(context)?;
    replace_all(replacements).map_err(|failed| pin_not_replaced(&failed))
}

fn check_not_called_off(context: &Context) -> Result<(), Error> {
    match context.called_off.stop() {
        Some(stop) => Err(called_off_with(stop, "before any file was changed")),
        None => Ok(()),
    }
}
