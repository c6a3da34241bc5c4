//! What files read with their digests: shown, or written, in all files or in none.

use crate::config::PinFile;
use crate::context::Context;
use crate::error::{Error, called_off_with, pin_not_prepared, pin_not_replaced, pin_not_told};
use crate::files::{Replacement, replace_all, sync};
use crate::parallel;
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

/// A file that changes: what it reads with its digests, and what it was.
fn changed<'a>((file, written): (&'a PinFile, &'a Written)) -> Option<(&'a PinFile, &'a Pinned, &'a [u8])> {
    let pinned = written.0.as_ref().filter(|_| written.is_changed())?;
    Some((file, pinned, file.read.as_ref().ok()?.bytes()))
}

/// Shows what would be written. The reports are those of these files.
pub(super) fn show(files: &[PinFile], written: &[Written], reports: &mut [PinFileReport]) {
    for (each, report) in files.iter().zip(written).zip(reports) {
        let Some((file, pinned, before)) = changed(each) else { continue };
        report.diff = str::from_utf8(before).ok().map(|text| unified(&file.name, text, &pinned.edits));
    }
}

/// Writes into the files. Each new content is beside its file before the first takes its place.
///
/// What is told of it comes behind, and cannot take it back: whether it can be written is tried first.
///
/// # Errors
/// No file is changed then.
pub(super) fn replace(files: &[PinFile], written: &[Written], context: &Context) -> Result<(), Error> {
    let named = files.iter().zip(written).filter_map(|each| {
        let (file, pinned, before) = changed(each)?;
        Some((file.path()?, file.identity?, pinned, before))
    });
    let prepared = parallel::each(
        named,
        |(.., before)| before.len(),
        |(path, identity, pinned, before)| {
            check_not_called_off(context)?;
            let replacement = Replacement::new(path, identity, before, &pinned.bytes);
            replacement.map_err(|source| pin_not_prepared(path, &source))
        },
    );
    let replacements = prepared.into_iter().collect::<Result<Vec<_>, Error>>()?;
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
