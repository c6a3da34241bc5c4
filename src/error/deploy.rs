//! What to do about files that later steps deploy from.

use std::io;
use std::path::Path;

use super::{Error, code};
use crate::report::{DeployFile, DeployKind, NotDeployable};

/// A file that was there before the run is gone: a warning of a run that fails anyway.
pub(crate) fn deploy_file_removed(path: &Path) -> Error {
    let text =
        format!("{} was there before this run, and was removed: nothing may be deployed from it", path.display());
    Error::new(code::STALE_DEPLOY_FILE, text)
}

/// A file that later steps would deploy from stays where it is.
pub(crate) fn deploy_file_not_removed(path: &Path, source: &io::Error) -> Error {
    let text =
        format!("cannot remove {}, which was there before: a later step must not deploy from it", path.display());
    Error::new(code::FILE, text).because_of(Some(source)).help("remove it, or let the job write to its folder")
}

/// A file that later steps deploy from cannot be written.
pub(crate) fn deploy_file_not_written(file: &DeployFile, source: &io::Error) -> Error {
    let path = file.path.display();
    let text = match file.kind {
        DeployKind::Summaries => format!("cannot write {path}, the summary of how images were judged"),
        _ => format!("cannot write {path}, for a later step to deploy from"),
    };
    let told = Error::new(code::FILE, text).because_of(Some(source));
    match file.kind {
        DeployKind::ImageDefinitions | DeployKind::ImageDetail => {
            told.help("give a folder that you can write to: --deploy-dir DIR")
        }
        DeployKind::Pinned => told.help("give a file in a folder that exists and that you can write to: --out FILE"),
        DeployKind::Dotenv => told.help("give a folder that you can write to: --report-dir DIR"),
        DeployKind::Exports => {
            told.help("give a file in a folder that exists and that you can write to: --exports FILE")
        }
        DeployKind::Summaries => {
            told.help("give a file in a folder that exists and that you can write to: --vsa-out FILE")
        }
    }
}

/// A run that ended well has nothing to deploy from.
pub(crate) fn not_deployable(path: &Path, why: &NotDeployable) -> Error {
    let told =
        |code| Error::new(code, format!("nothing can be deployed from {}", path.display())).because_of(Some(why));
    match why {
        NotDeployable::TooLong { .. } => told(code::FILE).help("deploy fewer containers at a time"),
        NotDeployable::Nul { .. } => told(code::FILE).help("give the report folder another name: --report-dir DIR"),
        _ => told(code::INTERNAL).help("this is a bug in sealgate, please report it"),
    }
}
