//! What a credential is, where it came from, and what it is wanted for.

use std::fmt;
use std::path::PathBuf;

use notary::reference::is_docker_hub;
use secrecy::SecretString;

use crate::aws::facts::EcrHost;
use crate::reference::RegistryReference;

/// Where Docker keeps the credentials of Docker Hub.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// What authorizes at a registry or its token service.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    Anonymous,
    Password {
        username: String,
        password: SecretString,
    },
    /// A token that the token service exchanges for others (`identitytoken`).
    IdentityToken(SecretString),
    /// A token that the registry itself takes (`registrytoken`).
    RegistryToken(SecretString),
}

/// Where a credential came from, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum CredentialSource {
    Anonymous,
    /// The user gave it, by a flag or variable of ours that is named here.
    Given(String),
    /// A variable that the CI system or the user set.
    Variable(&'static str),
    File(PathBuf),
    /// A login to ECR with the AWS credentials of the job.
    Ecr(EcrHost),
    Helper {
        program: String,
        /// The file or variable that names it.
        named_in: String,
    },
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => formatter.write_str("no credential"),
            Self::Given(name) => write!(formatter, "the credential of {name}"),
            Self::Variable(name) => write!(formatter, "the credential of {name}"),
            Self::File(path) => write!(formatter, "the credential of {}", path.display()),
            Self::Ecr(host) => write!(formatter, "a login to {host} with the AWS credentials of the job"),
            Self::Helper { program, named_in } => write!(formatter, "the credential of {program} ({named_in})"),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct FoundCredential {
    pub(crate) credential: Credential,
    pub(crate) source: CredentialSource,
}

/// A source of credentials that could not be used; the search went on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CredentialWarning {
    /// The file, variable or program.
    pub(crate) source: String,
    /// What is wrong with it. Never what it holds or prints.
    pub(crate) fact: String,
}

impl fmt::Display for CredentialWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.source, self.fact)
    }
}

/// A credential that the user gave by flag or variable. It is for one host.
#[derive(Clone, Debug)]
pub(crate) struct GivenCredential {
    /// The host that it is for, as in references.
    pub(crate) host: String,
    /// Empty when the password is an identity token.
    pub(crate) username: String,
    /// Password or identity token.
    pub(crate) password: SecretString,
    /// The flag or variable.
    pub(crate) origin: String,
}

/// What a credential is needed for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WantedCredential {
    /// The host that Docker and helpers know the registry by.
    pub(crate) key: String,
    /// The host as in the reference, in lower case.
    pub(crate) host: String,
    pub(crate) repository: String,
}

impl WantedCredential {
    /// What the repository of `reference` needs.
    #[must_use]
    pub(crate) fn of(reference: &RegistryReference) -> Self {
        let host = reference.host().to_ascii_lowercase();
        Self {
            key: if is_docker_hub(&host) { DOCKER_HUB_KEY.to_owned() } else { host.clone() },
            host,
            repository: reference.repository().to_owned(),
        }
    }
}

/// Whether `key` of a credential file names the host: `host`, or a URL of it with nothing but `/v1/` or `/v2/` behind.
pub(super) fn names_host(key: &str, wanted: &WantedCredential) -> bool {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let whole = matches!(path.trim_end_matches('/'), "" | "v1" | "v2");
    let hub = wanted.key == DOCKER_HUB_KEY && is_docker_hub(host);
    whole && (host.eq_ignore_ascii_case(&wanted.host) || hub)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_hub_has_one_name_for_credentials() {
        for (name, key) in [
            ("docker.io", DOCKER_HUB_KEY),
            ("Docker.IO", DOCKER_HUB_KEY),
            ("docker.io:443", DOCKER_HUB_KEY),
            ("index.docker.io", DOCKER_HUB_KEY),
            ("registry.hub.docker.com", DOCKER_HUB_KEY),
            ("R.example:5000", "r.example:5000"),
        ] {
            let reference = RegistryReference::parse(&format!("{name}/library/alpine:3")).unwrap();
            assert_eq!(WantedCredential::of(&reference).key, key, "{name}");
        }
    }
}
