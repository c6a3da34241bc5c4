//! Gates: the flags, and the file that they name, read and checked.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use notary::limits::TRUST_STORE_FILE_BYTES;

use super::deploy::check_apart;
use super::error::{ConfigError, ResolveError, needs};
use super::gates_error::GatesError;
use super::key;
use super::layers::Layers;
use super::setting::Setting;
use crate::files;
use crate::gate::{self, Gates, Parsed};
use crate::report::{Place, Reason};

/// Flags about gates.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// File of gates, in place of a policy: who must have signed before a stage lets an image pass.
    #[arg(long, value_name = "FILE")]
    pub(crate) gates: Option<String>,
    /// Stage of the gates. What the stages before it require is required too.
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<String>,
}

/// A stage of gates, and the file, which was read.
#[derive(Clone, Debug)]
pub(crate) struct GateSettings {
    pub(crate) file: Setting<PathBuf>,
    pub(crate) gates: Arc<Gates>,
    /// Position of the stage.
    pub(crate) stage: usize,
    /// What is allowed in the file and probably not meant.
    pub(crate) warnings: Vec<Reason>,
}

/// The gates, if any are named.
///
/// # Errors
/// The file cannot be read or breaks a rule, it has no such stage, one of the settings stands alone, or a root would be overwritten.
pub(super) fn settings(layers: &Layers<'_>) -> Result<Option<GateSettings>, ResolveError> {
    let (file, stage) = (layers.text(key::GATES)?, layers.text(key::STAGE)?);
    let (file, stage) = match (file, stage) {
        (Some(file), Some(stage)) => (file.map(PathBuf::from), stage),
        (Some(file), None) => return Err(needs(key::GATES, file.origin, key::STAGE).into()),
        (None, Some(stage)) => return Err(needs(key::STAGE, stage.origin, key::GATES).into()),
        (None, None) => return Ok(None),
    };
    let (loaded, apart) = load_apart(layers, &file.value);
    // This comes first: what is wrong otherwise must not remove a root as if an earlier run had left it.
    apart?;
    let (gates, warnings) = loaded?;
    let Some(position) = gates.stage(&stage.value) else {
        let known = gates.stages.iter().map(|stage| stage.name.clone()).collect();
        return Err(GatesError::NoStage { path: file.value, name: stage.value, known }.into());
    };
    Ok(Some(GateSettings { file, gates: Arc::new(gates), stage: position, warnings }))
}

/// Checks that no root is overwritten, where it may not have come to that because something else is wrong.
///
/// # Errors
/// [`super::error::Fault::SameFile`].
pub(super) fn check_roots(layers: &Layers<'_>) -> Result<(), ConfigError> {
    match layers.text(key::GATES)? {
        // What comes in a pipe is read once.
        Some(file) if fs::metadata(&file.value).is_ok_and(|found| found.is_file()) => {
            load_apart(layers, Path::new(&file.value)).1
        }
        _ => Ok(()),
    }
}

/// What a file of gates says.
type Loaded = Result<(Gates, Vec<Reason>), GatesError>;

/// Reads a file of gates, and says whether none of its roots is where something is written.
fn load_apart(layers: &Layers<'_>, path: &Path) -> (Loaded, Result<(), ConfigError>) {
    let roots = RefCell::default();
    let loaded = load_noting(path, &roots);
    (loaded, check_apart(layers, &roots.into_inner(), &format!("a signer in {}", path.display())))
}

/// Reads a file of gates, and the files of roots that it names, which are relative to it.
///
/// # Errors
/// It cannot be read, or breaks a rule.
pub(crate) fn load(path: &Path) -> Loaded {
    load_noting(path, &RefCell::default())
}

/// The same, noting which files of roots are read, also where the gates cannot be used.
fn load_noting(path: &Path, roots: &RefCell<Vec<PathBuf>>) -> Loaded {
    let bytes = files::read_input(path, gate::FILE_BYTES)
        .map_err(|source| GatesError::Read { path: path.to_owned(), source })?;
    let read_root = |root: &str| {
        let root = beside(path, root);
        let text = files::read_input(&root, TRUST_STORE_FILE_BYTES).map(files::text);
        roots.borrow_mut().push(root);
        text
    };
    let Parsed { gates, notices } =
        gate::parse(&bytes, &read_root).map_err(|faults| GatesError::Faults { path: path.to_owned(), faults })?;
    let file = path.display().to_string();
    let warning = |(place, notice): ((usize, usize), gate::Notice)| {
        let text = format!("{file}, line {} column {}: {notice}", place.0, place.1);
        Reason::new(notice.code(), text).at(Place::new(file.clone(), place))
    };
    Ok((gates, notices.into_iter().map(warning).collect()))
}

/// A file that a file of gates names.
fn beside(gates: &Path, root: &str) -> PathBuf {
    gates.parent().map_or_else(|| PathBuf::from(root), |folder| folder.join(root))
}

impl GateSettings {
    pub(crate) fn stage_name(&self) -> &str {
        self.gates.stages.get(self.stage).map_or("", |stage| &stage.name)
    }

    /// The files of roots that decide trust besides the file of gates.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        self.gates.root_files().iter().map(|root| beside(&self.file.value, root)).collect()
    }
}

#[cfg(test)]
mod tests;
