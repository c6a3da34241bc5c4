//! Why gates cannot be used.

use std::io;
use std::path::PathBuf;

use crate::gate;

/// Why gates cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum GatesError {
    #[error("cannot read the file of gates {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Never empty.
    #[error("the file of gates {} cannot be used", path.display())]
    Faults { path: PathBuf, faults: Vec<gate::Placed> },
    #[error("{} has no stage {name:?}", path.display())]
    NoStage { path: PathBuf, name: String, known: Vec<String> },
}
