//! Why trust cannot be installed.

use std::io;
use std::path::PathBuf;

use notary::json::JsonError;
use notary::trust_policy::TrustPolicyError;
use notary::trust_store::{TrustStoreError, TrustStoreNameError};

use crate::config::trust::TrustError;
use crate::error::{Error, code, policy_problems};

/// Why trust cannot be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrustInstallError {
    /// The trusted certificates cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The name cannot be that of a store.
    #[error("`{name}` cannot be the name of a trust store")]
    Name {
        /// The name.
        name: String,
        /// Why.
        #[source]
        source: TrustStoreNameError,
    },
    /// A certificate cannot be trusted.
    #[error("{} cannot be trusted", path.display())]
    Anchor {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: TrustStoreError,
    },
    /// The statement, alone or beside those that are there, breaks rules.
    #[error("the trust policy would break rules")]
    Policy(#[source] TrustPolicyError),
    /// A file was not written by us, or was changed since.
    #[error("{} was not written by sealgate, or has changed since", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The folder of the store holds something else, which would be trusted along.
    #[error("{} holds {stray}, which sealgate did not write", folder.display())]
    StrayFile {
        /// The folder of the store.
        folder: PathBuf,
        /// Name of the entry.
        stray: String,
    },
    /// A place is a link, or not what it should be.
    #[error("{} is not {expected} (links are not followed)", path.display())]
    Kind {
        /// The place.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// The record of what was written cannot be understood.
    #[error("{} cannot be understood", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot read or write {}", path.display())]
    Io {
        /// The place.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Why the record of what was written is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RecordError {
    /// Not JSON, or not of its form.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member that the form does not have.
    #[error("unknown member {name:?}")]
    UnknownMember {
        /// Its name.
        name: String,
    },
    /// Of another version.
    #[error("schema_version is {found}, expected {expected}")]
    Version {
        /// As it stands.
        found: u64,
        /// The one that is known.
        expected: u64,
    },
    /// It cannot be written down.
    #[error(transparent)]
    Write(#[from] serde_json::Error),
}

impl From<TrustInstallError> for Error {
    fn from(error: TrustInstallError) -> Self {
        match error {
            TrustInstallError::Trust(error) => error.into(),
            TrustInstallError::Policy(ref source) => policy_problems(&error, source),
            TrustInstallError::Name { .. } => Self::of(code::USAGE, &error).help("for example --name acme"),
            TrustInstallError::Anchor { .. } => Self::of(code::TRUST_STORE, &error)
                .help("name the certificate of the authority (for development keys: NAME-ca.crt)"),
            TrustInstallError::Foreign { ref path } => Self::of(code::FOREIGN_FILE, &error)
                .help(format!("look at it first: {}", path.display()))
                .help("--force replaces it and keeps a copy; --dir DIR writes elsewhere"),
            TrustInstallError::StrayFile { .. } => Self::of(code::FOREIGN_FILE, &error)
                .help("everything in that folder would be trusted: move the file away, or write elsewhere: --dir DIR")
                .help("with --root, another --name uses another folder"),
            TrustInstallError::Kind { .. } => Self::of(code::FILE, &error).help("--dir DIR writes elsewhere"),
            TrustInstallError::Record { .. } => Self::of(code::FOREIGN_FILE, &error)
                .help("move the file away; the files it recorded are then treated as not written by sealgate"),
            TrustInstallError::Io { .. } => {
                Self::of(code::FILE, &error).help("give a folder that you can write to: --dir DIR")
            }
        }
    }
}
