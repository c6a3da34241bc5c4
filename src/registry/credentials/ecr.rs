//! Logins to registries of ECR with the AWS credentials of the job.

use super::{Credential, CredentialSource, FoundCredential};
use crate::aws::Aws;
use crate::aws::facts::{AwsError, EcrHost};
use crate::transport::Scheme;

/// Who logs in to registries of ECR.
#[derive(Default)]
pub(super) enum EcrLogin {
    #[default]
    Nobody,
    /// The job, with its AWS credentials.
    Job(Aws),
    /// In tests a registry of the test process stands for ECR Public.
    #[cfg(test)]
    Standin { host: String, login: Result<Credential, AwsError> },
}

impl EcrLogin {
    /// The registry of ECR that a host is, where somebody can log in to it. A login never goes over plain HTTP, so there is
    /// none for it.
    pub(super) fn registry(&self, host: &str, scheme: Scheme) -> Option<EcrHost> {
        match self {
            Self::Nobody => None,
            Self::Job(_) if scheme == Scheme::Http => None,
            Self::Job(_) => EcrHost::parse(host),
            #[cfg(test)]
            Self::Standin { host: own, .. } => (own == host).then_some(EcrHost::Public),
        }
    }

    /// A login.
    ///
    /// # Errors
    /// [`AwsError`] when there is none, of kind `NoCredentials` where the job has nothing to log in with.
    pub(super) async fn log_in(&self, registry: EcrHost) -> Result<FoundCredential, AwsError> {
        let credential = match self {
            Self::Nobody => return Err(AwsError::no_credentials()),
            Self::Job(aws) => {
                let login = aws.ecr_login(&registry).await?;
                Credential::Password { username: login.username, password: login.password }
            }
            #[cfg(test)]
            Self::Standin { login, .. } => login.clone()?,
        };
        Ok(FoundCredential { credential, source: CredentialSource::Ecr(registry) })
    }
}
