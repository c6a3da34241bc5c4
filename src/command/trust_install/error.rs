//! Why trust cannot be installed.

use std::path::PathBuf;

use notary::trust_policy::TrustPolicyError;
use notary::trust_store::{TrustStoreError, TrustStoreNameError};

use crate::command::trust_folder::{Doing, TrustFolderError};
use crate::config::trust::TrustError;
use crate::error::{Error, code, policy_problems};
use crate::report::escape::shell_word;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrustInstallError {
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Folder(#[from] TrustFolderError),
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
    ScopeTaken { scope: String, by: String, folder: PathBuf },
}

fn scope_shown(scope: &str) -> &str {
    if scope == "*" { "all repositories" } else { scope }
}

impl From<TrustInstallError> for Error {
    fn from(error: TrustInstallError) -> Self {
        match error {
            TrustInstallError::Trust(error) => error.into(),
            TrustInstallError::Folder(error) => error.told(Doing::Install),
            TrustInstallError::Policy(ref source) => policy_problems(&error, source),
            TrustInstallError::ScopeTaken { ref by, ref folder, .. } => {
                let (name, folder) = (shell_word(by), shell_word(&folder.to_string_lossy()));
                Self::of(code::CONFLICT, &error)
                    .help("name the repositories that the new statement is for: --scope REPOSITORY, for each")
                    .help(format!("or replace that statement: --name {name}"))
                    .help(format!("or remove it first: sealgate trust remove --name {name} --dir {folder}"))
            }
            TrustInstallError::Name { .. } => Self::of(code::USAGE, &error).help("for example --name acme"),
            TrustInstallError::Anchor { .. } => Self::of(code::TRUST_STORE, &error)
                .help("name the certificate of the authority (for development keys: NAME-ca.crt)"),
        }
    }
}
