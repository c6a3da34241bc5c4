//! Why the folder of trust cannot be read or changed.

use std::io;
use std::path::PathBuf;

use notary::json::JsonError;
use notary::trust_policy::TrustPolicyError;

use crate::error::{Error, code, policy_problems};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrustFolderError {
    /// The policy that we wrote, or what is to become of it, breaks rules.
    #[error("the trust policy would break rules")]
    Policy(#[source] TrustPolicyError),
    /// A file was not written by us, or was changed since.
    #[error("{} was not written by sealgate, or has changed since", path.display())]
    Foreign { path: PathBuf },
    /// The folder of the store holds something else, which would be trusted along.
    #[error("{} holds {stray}, which sealgate did not write", folder.display())]
    StrayFile { folder: PathBuf, stray: String },
    #[error("{} is not {expected} (links are not followed)", path.display())]
    Kind { path: PathBuf, expected: &'static str },
    #[error("{} cannot be understood", path.display())]
    Record {
        path: PathBuf,
        #[source]
        source: RecordError,
    },
    #[error("cannot read or write {}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Why the record of what was written is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RecordError {
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("unknown member {name:?}")]
    UnknownMember { name: String },
    #[error("schema_version is {found}, expected {expected}")]
    Version { found: u64, expected: u64 },
    #[error(transparent)]
    Write(#[from] serde_json::Error),
}

/// What was to be done with the folder: the next step depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Doing {
    Install,
    Remove,
}

impl TrustFolderError {
    /// What happened, with what to do next.
    pub(in crate::command) fn told(&self, doing: Doing) -> Error {
        match (self, doing) {
            (Self::Policy(source), _) => policy_problems(self, source),
            (Self::Foreign { path }, doing) => {
                let told = Error::of(code::FOREIGN_FILE, self).help(format!("look at it first: {}", path.display()));
                told.help(match doing {
                    Doing::Install => "--force replaces it and keeps a copy; --dir DIR writes elsewhere",
                    Doing::Remove => "nothing was removed: edit or delete what is not sealgate's yourself",
                })
            }
            (Self::StrayFile { .. }, _) => Error::of(code::FOREIGN_FILE, self)
                .help("everything in that folder would be trusted: move the file away, or write elsewhere: --dir DIR")
                .help("with --root, another --name uses another folder"),
            (Self::Kind { .. }, Doing::Install) => Error::of(code::FILE, self).help("--dir DIR writes elsewhere"),
            (Self::Kind { .. }, Doing::Remove) => {
                Error::of(code::FILE, self).help("nothing was removed: sealgate did not make it, so remove it yourself")
            }
            (Self::Record { .. }, Doing::Install) => Error::of(code::FOREIGN_FILE, self)
                .help("move the file away; the files it recorded are then treated as not written by sealgate"),
            (Self::Record { .. }, Doing::Remove) => Error::of(code::FOREIGN_FILE, self)
                .help("nothing was removed: without this file, sealgate does not know what it wrote"),
            (Self::Io { .. }, Doing::Install) => {
                Error::of(code::FILE, self).help("give a folder that you can write to: --dir DIR")
            }
            (Self::Io { .. }, Doing::Remove) => Error::of(code::FILE, self)
                .help("run the same command again when you can write there: it finishes what was begun"),
        }
    }
}
