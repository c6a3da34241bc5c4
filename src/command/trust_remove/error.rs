//! Why trust cannot be removed.

use std::path::PathBuf;

use crate::command::trust_folder::{Doing, TrustFolderError};
use crate::error::{Error, code};
use crate::report::escape::shell_word;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrustRemoveError {
    #[error(transparent)]
    Folder(#[from] TrustFolderError),
    /// Neither a name nor everything.
    #[error("no statement was named: --name NAME or --all is missing")]
    NothingNamed { known: Vec<String>, folder: PathBuf },
    #[error("sealgate wrote no statement {name:?} to {}", folder.display())]
    UnknownName { name: String, known: Vec<String>, folder: PathBuf },
    #[error("sealgate wrote nothing to {}", folder.display())]
    NothingThere { folder: PathBuf },
}

/// The names that there are.
fn listed(known: &[String]) -> String {
    let quoted: Vec<_> = known.iter().map(|name| format!("{name:?}")).collect();
    quoted.join(", ")
}

impl From<TrustRemoveError> for Error {
    fn from(error: TrustRemoveError) -> Self {
        let told = match &error {
            TrustRemoveError::Folder(error) => return error.told(Doing::Remove),
            TrustRemoveError::NothingNamed { .. } => Self::of(code::USAGE, &error),
            TrustRemoveError::UnknownName { .. } | TrustRemoveError::NothingThere { .. } => {
                Self::of(code::TRUST_POLICY, &error)
            }
        };
        match &error {
            TrustRemoveError::NothingNamed { known, folder } | TrustRemoveError::UnknownName { known, folder, .. }
                if !known.is_empty() =>
            {
                let folder = shell_word(&folder.to_string_lossy());
                told.help(format!("the names there are: {}", listed(known)))
                    .help(format!("what they trust: sealgate trust show --dir {folder}"))
            }
            _ => told.help("name the folder that trust was installed to: --dir DIR"),
        }
    }
}
