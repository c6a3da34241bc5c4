//! Where a container has its credentials (CodeBuild, ECS, EKS).

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

/// Where containers get credentials when a variable says only the path.
const HOST: &str = "http://169.254.170.2";

/// Where a container gets its credentials.
#[derive(Clone, Debug)]
pub(crate) struct ContainerSettings {
    pub(crate) url: Url,
    pub(crate) token: ContainerToken,
}

/// The authorization for the request of a container's credentials.
#[derive(Clone, Debug)]
pub(crate) enum ContainerToken {
    /// No authorization is needed.
    None,
    /// In `AWS_CONTAINER_AUTHORIZATION_TOKEN`.
    Variable(SecretString),
    /// In the file that `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` names. EKS writes a new one from time to time.
    File(PathBuf),
}

impl ContainerSettings {
    /// The address of a path on the container's own host.
    pub(crate) fn on_own_host(path: &str) -> Option<Url> {
        let host = Url::parse(HOST).ok()?;
        host.join(path).ok().filter(|url| url.origin() == host.origin() && url.username().is_empty())
    }
}
