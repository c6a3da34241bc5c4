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

/// A secret without the line breaks behind it, which come from files, `echo`, and pasting. No server can mean them.
pub(super) fn secret(text: &str) -> SecretString {
    SecretString::from(text.trim_end_matches(['\n', '\r']))
}

/// What a key of a credential file names: a host, and a path behind it if there is one. A scheme in front, and the versions of the
/// API behind, say nothing.
pub(super) struct KeyName<'a> {
    host: &'a str,
    pub(super) path: &'a str,
}

impl<'a> KeyName<'a> {
    pub(super) fn of(key: &'a str) -> Self {
        let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
        let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
        let path = path.trim_end_matches('/');
        Self { host, path: if matches!(path, "v1" | "v2") { "" } else { path } }
    }

    pub(super) fn is_localhost(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
    }

    /// Whether the host is the one that is wanted.
    pub(super) fn is_of(&self, wanted: &WantedCredential) -> bool {
        let hub = wanted.key == DOCKER_HUB_KEY && is_docker_hub(self.host);
        self.host.eq_ignore_ascii_case(&wanted.host) || hub
    }

    /// Whether the path is the repository that is wanted, or above it.
    pub(super) fn is_above(&self, wanted: &WantedCredential) -> bool {
        let rest = wanted.repository.strip_prefix(self.path);
        rest.is_some_and(|rest| self.path.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the host is a pattern for the one that is wanted, as Kubernetes has them: `*` stands for letters within one label, so
    /// that `*.a.example` is `b.a.example`, and neither `a.example` nor `c.b.a.example`. The last label is never a pattern.
    pub(super) fn is_pattern_of(&self, wanted: &WantedCredential) -> bool {
        let (pattern, port) = self.host.split_once(':').unwrap_or((self.host, ""));
        let (host, wanted_port) = wanted.host.split_once(':').unwrap_or((&wanted.host, ""));
        let (pattern, host): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), host.split('.').collect());
        let is_plain = pattern.last().is_some_and(|label| !label.contains('*'));
        let mut labels = pattern.iter().zip(&host);
        is_plain && port == wanted_port && pattern.len() == host.len() && labels.all(|(one, other)| fits(one, other))
    }
}

/// Whether a label fits a pattern with at most one `*`.
fn fits(pattern: &str, label: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern.eq_ignore_ascii_case(label),
        Some((begin, end)) => {
            let pattern = (begin.to_ascii_lowercase(), end.to_ascii_lowercase());
            let rest = label.strip_prefix(pattern.0.as_str());
            rest.is_some_and(|rest| rest.ends_with(pattern.1.as_str()))
        }
    }
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
