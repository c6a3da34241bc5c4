//! Why trust cannot be installed.

use std::io;
use std::path::PathBuf;

use notary::json::JsonError;
use notary::trust_policy::TrustPolicyError;
use notary::trust_store::{TrustStoreError, TrustStoreNameError};

use crate::config::trust::TrustError;
use crate::error::{Error, code, policy_problems};
use crate::report::escape::shell_word;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrustInstallError {
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error("`{name}` cannot be the name of a trust store")]
    Name {
        name: String,
        #[source]
        source: TrustStoreNameError,
    },
    #[error("{} cannot be trusted", path.display())]
    Anchor {
        path: PathBuf,
        #[source]
        source: TrustStoreError,
    },
    /// The statement, alone or together with the existing ones, breaks rules.
    #[error("the trust policy would break rules")]
    Policy(#[source] TrustPolicyError),
    /// Another statement is for this repository already.
    #[error("the statement {by:?} is for {} already", scope_shown(scope))]
    ScopeTaken { scope: String, by: String },
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

fn scope_shown(scope: &str) -> &str {
    if scope == "*" { "all repositories" } else { scope }
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

impl From<TrustInstallError> for Error {
    fn from(error: TrustInstallError) -> Self {
        match error {
            TrustInstallError::Trust(error) => error.into(),
            TrustInstallError::Policy(ref source) => policy_problems(&error, source),
            TrustInstallError::ScopeTaken { ref by, .. } => Self::of(code::CONFLICT, &error)
                .help("name the repositories that the new statement is for: --scope REPOSITORY, for each")
                .help(format!("or replace that statement: --name {}", shell_word(by))),
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
