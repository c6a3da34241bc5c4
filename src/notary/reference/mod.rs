//! Repositories: the part of a reference that selects a policy statement.

mod ecr;
mod place;

use std::fmt;
use std::str::FromStr;

pub use self::ecr::EcrRegistry;
pub use self::place::{Scheme, is_docker_hub};
use crate::digest::excerpt;

/// A fully qualified repository, `registry/name`, without tag and digest.
///
/// The grammar is that of registry scopes (trust policy specification, "Registry scopes constraints", in the exact
/// form in which notation checks it). Nothing of the text is folded or expanded, and two repositories are equal only if
/// their texts are; whether they mean the same place, [`Repository::is_same_place`] says. `local/layout` fits the grammar
/// too, and is how image layouts get a scope.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    registry: String,
    name: String,
    scheme: Scheme,
}

impl Repository {
    /// Parses `registry/name`; the first slash separates them.
    ///
    /// # Errors
    /// [`RepositoryError`]: a wildcard, no slash, or one of the two parts breaks the grammar.
    pub fn parse(text: &str) -> Result<Self, RepositoryError> {
        if text.contains('*') {
            return Err(RepositoryError::Wildcard { found: excerpt(text) });
        }
        let (registry, name) =
            text.split_once('/').ok_or_else(|| RepositoryError::Separator { found: excerpt(text) })?;
        if !is_registry(registry) {
            return Err(RepositoryError::Registry { found: excerpt(registry) });
        }
        if !name.split('/').all(is_name_component) {
            return Err(RepositoryError::Name { found: excerpt(name) });
        }
        Ok(Self { registry: registry.to_owned(), name: name.to_owned(), scheme: Scheme::Https })
    }

    /// The same, of a registry that is reached in this way.
    #[must_use]
    pub fn reached_by(self, scheme: Scheme) -> Self {
        Self { scheme, ..self }
    }

    /// Host, and port if one is given, for example `registry.example.com:5000`.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The name on the registry, for example `team/app`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Repository {
    /// Whether both names mean the same repository: hosts are compared without case and with the port that is asked;
    /// Docker Hub, and each registry of ECR, has several names.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.place() == other.place()
    }

    /// One name for all of [`Repository::is_same_place`].
    pub(crate) fn place(&self) -> String {
        place::repository(&self.registry, &self.name, self.scheme)
    }

    /// The place if the registry were reached over TLS.
    pub(crate) fn place_over_tls(&self) -> String {
        place::repository(&self.registry, &self.name, Scheme::Https)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.registry, self.name)
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Repository {
    type Err = RepositoryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Why a text is not a repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// A `*` inside: scopes match exactly, there are no patterns.
    #[error("repository is {found:?}, expected no wildcard in it")]
    Wildcard {
        /// Start of what was found.
        found: String,
    },
    /// No slash.
    #[error("repository is {found:?}, expected registry/name")]
    Separator {
        /// Start of what was found.
        found: String,
    },
    /// The part before the first slash is not a host with an optional port.
    #[error("registry of the repository is {found:?}, expected a host name and optionally a port")]
    Registry {
        /// Start of that part.
        found: String,
    },
    /// The part after the first slash is not a repository name.
    #[error(
        "name of the repository is {found:?}, expected lowercase letters and digits, parted by '/', '.', '_', '__' \
         or '-', without tag and digest"
    )]
    Name {
        /// Start of that part.
        found: String,
    },
}

impl RepositoryError {
    /// Stable name of the rule that was broken.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wildcard { .. } => "repository-wildcard",
            Self::Separator { .. } => "repository-separator",
            Self::Registry { .. } => "repository-registry",
            Self::Name { .. } => "repository-name",
        }
    }
}

/// `label(.label)*(:digits)?`, where a label is letters, digits and inner hyphens.
fn is_registry(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

/// `[a-z0-9]+((\.|_|__|-*)[a-z0-9]+)*`.
fn is_name_component(text: &str) -> bool {
    let is_alphanumeric = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let ends = text.starts_with(is_alphanumeric) && text.ends_with(is_alphanumeric);
    ends && text
        .split(is_alphanumeric)
        .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts, parted by spaces, and the variant that refuses them.
    type Case = (&'static str, fn(&RepositoryError) -> bool);

    #[test]
    fn valid_repositories() {
        for (text, registry, name) in [
            ("example.com/rep", "example.com", "rep"),
            ("example.com:8080/rep/rep2", "example.com:8080", "rep/rep2"),
            ("example.com/rep/subrep/subsub", "example.com", "rep/subrep/subsub"),
            ("10.10.10.10:8080/rep/rep2", "10.10.10.10:8080", "rep/rep2"),
            ("127.0.0.1/rep", "127.0.0.1", "rep"),
            ("localhost/rep", "localhost", "rep"),
            ("local/layout", "local", "layout"),
            ("EXAMPLE-1.Com/a.b_c__d-e----f/0", "EXAMPLE-1.Com", "a.b_c__d-e----f/0"),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "app"),
        ] {
            let repository = Repository::parse(text).unwrap();
            assert_eq!((repository.registry(), repository.name()), (registry, name));
            assert_eq!(repository.to_string(), text);
        }
    }

    #[test]
    fn each_rule_refuses() {
        let cases: [Case; 4] = [
            ("*/rep example*/rep e.com/* *.e.com/rep **", |error| matches!(error, RepositoryError::Wildcard { .. })),
            ("example.com repository", |error| matches!(error, RepositoryError::Separator { .. })),
            (
                "https://example.com/rep example.com:123a/rep _foo/rep /rep -a/rep a-/rep a..b/rep a:/rep [::1]/rep \
                 a:1:2/rep ex_ample.com/rep é.com/rep",
                |error| matches!(error, RepositoryError::Registry { .. }),
            ),
            (
                "example/rep:tag example/rep/subrep@sha256:0123 example/ e.com//a e.com/a/ e.com/A e.com/a..b \
                 e.com/a___b e.com/a-.b e.com/-a e.com/a. e.com/é",
                |error| matches!(error, RepositoryError::Name { .. }),
            ),
        ];
        for (texts, expected) in cases {
            for text in texts.split(' ') {
                let error = Repository::parse(text).unwrap_err();
                assert!(expected(&error), "{text}: {error:?}");
            }
        }
        assert!(matches!(Repository::parse(""), Err(RepositoryError::Separator { .. })));
        assert!(matches!(Repository::parse("e.com/a\n"), Err(RepositoryError::Name { .. })));
    }

    #[test]
    fn equality_is_equality_of_text() {
        let parse = |text| Repository::parse(text).unwrap();
        assert_ne!(parse("example.com/rep"), parse("Example.com/rep"));
        assert_ne!(parse("example.com/rep"), parse("example.com:443/rep"));
        assert_eq!(parse("example.com/rep"), parse("example.com/rep"));
    }

    proptest! {
        #[test]
        fn what_is_accepted_prints_as_it_was(text in "[a-zA-Z0-9._:/@* -]{0,40}|\\PC{0,20}") {
            if let Ok(repository) = Repository::parse(&text) {
                prop_assert_eq!(repository.to_string(), text);
            }
        }
    }
}
