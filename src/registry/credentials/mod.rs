//! Where credentials for a registry come from, in this order: what the user gave for the host, `DOCKER_AUTH_CONFIG`,
//! Docker's `config.json`, Podman's `auth.json`, notation's `config.json`, the registry of the GitLab job, for a registry
//! of ECR a login with the AWS credentials of the job, and none.
//!
//! Nothing here reads the environment: its snapshot comes in. Nothing is read before a registry asked for a credential,
//! except for ECR, which always asks.
//!
//! Files that nobody named are looked for below folders with an absolute path only ([`Env::folder`]). `DOCKER_CONFIG`,
//! `REGISTRY_AUTH_FILE` and `NOTATION_CONFIG` name their one file or folder, as docker, podman and notation take them: a
//! path relative to the working folder was then chosen by whoever set the variable, never by what lies in a checkout.

mod config_file;
mod helper;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use notary::reference::is_docker_hub;
use secrecy::SecretString;
use tokio::sync::OnceCell;

use self::config_file::{ConfigFile, Keys};
use super::reference::{DOCKER_HUB_KEY, RegistryReference};
use super::token::Access;
use crate::aws::ecr::EcrHost;
use crate::aws::{Aws, AwsError};
use crate::env::{self, Env};

/// What authorizes at a registry or its token service.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// Nothing.
    Anonymous,
    /// User name and password.
    Password {
        /// The user name.
        username: String,
        /// The password.
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
pub(crate) enum Origin {
    /// There is none.
    Anonymous,
    /// The user gave it, by a flag or variable of ours that is named here.
    Given(String),
    /// A variable that the CI system or the user set.
    Variable(&'static str),
    /// A file.
    File(PathBuf),
    /// A login to ECR with the AWS credentials of the job.
    Ecr(EcrHost),
    /// A credential helper.
    Helper {
        /// The program.
        program: String,
        /// What names it: a file or variable.
        named_in: String,
    },
}

impl fmt::Display for Origin {
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

/// A credential and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The credential.
    pub(crate) credential: Credential,
    /// Where it came from.
    pub(crate) origin: Origin,
}

/// A source of credentials that could not be used; the search went on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warning {
    /// The file, variable or program.
    pub(crate) source: String,
    /// What is wrong with it. Never what it holds or prints.
    pub(crate) fact: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.source, self.fact)
    }
}

/// A credential that the user gave by flag or variable. It is for one host.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The host that it is for, as in references.
    pub(crate) host: String,
    /// Empty when the password is an identity token.
    pub(crate) username: String,
    /// Password or identity token.
    pub(crate) password: SecretString,
    /// The flag or variable.
    pub(crate) origin: String,
}

/// What a credential is wanted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    /// The host that Docker and helpers know the registry by.
    pub(super) key: String,
    /// The host as in the reference, in lower case.
    pub(super) host: String,
    /// The repository.
    pub(super) repository: String,
}

impl Wanted {
    /// What the repository of `reference` needs.
    #[must_use]
    pub(crate) fn of(reference: &RegistryReference) -> Self {
        Self {
            key: reference.credential_key(),
            host: reference.host().to_ascii_lowercase(),
            repository: reference.repository().to_owned(),
        }
    }
}

/// All sources, read when they are first needed and once.
pub(crate) struct Credentials {
    given: Vec<Given>,
    aws: Option<Aws>,
    environment: Env,
    helper_limit: Duration,
    files: OnceCell<Vec<ConfigFile>>,
    helper_answers: tokio::sync::Mutex<HashMap<(String, String), Option<Credential>>>,
    warnings: Mutex<Vec<Warning>>,
}

impl Credentials {
    /// Sources that the environment names, after what the user gave.
    #[must_use]
    pub(crate) fn new(given: Vec<Given>, environment: &Env) -> Self {
        Self {
            given,
            aws: None,
            environment: environment.clone(),
            helper_limit: super::settings::Timeouts::default().helper,
            files: OnceCell::new(),
            helper_answers: tokio::sync::Mutex::new(HashMap::new()),
            warnings: Mutex::new(Vec::new()),
        }
    }

    /// With a login where a registry of ECR has no other credential.
    #[must_use]
    pub(crate) fn logging_in_to_ecr(mut self, aws: Aws) -> Self {
        self.aws = Some(aws);
        self
    }

    /// With another time limit for credential helpers.
    #[must_use]
    pub(crate) fn helper_limit(mut self, limit: Duration) -> Self {
        self.helper_limit = limit;
        self
    }

    /// No credential for any host.
    #[must_use]
    pub(crate) fn none() -> Self {
        Self::new(Vec::new(), &Env::default())
    }

    /// Sources that could not be used so far.
    #[must_use]
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The credential for what is wanted: that of [`Self::find`], or for a registry of ECR a login with the AWS
    /// credentials of the job. ECR Public is read without one, so that verifying its images needs no AWS account.
    ///
    /// # Errors
    /// [`AwsError`] when the login failed.
    pub(super) async fn find_or_log_in(&self, wanted: &Wanted, access: Access) -> Result<Found, AwsError> {
        let found = self.find(wanted).await;
        let (Origin::Anonymous, Some(aws), Some(host)) = (&found.origin, &self.aws, EcrHost::parse(&wanted.host))
        else {
            return Ok(found);
        };
        if host == EcrHost::Public && access == Access::Pull {
            return Ok(found);
        }
        let login = aws.ecr_login(&host).await?;
        let credential = Credential::Password { username: login.username, password: login.password };
        Ok(Found { credential, origin: Origin::Ecr(host) })
    }

    /// The first credential for what is wanted; [`Credential::Anonymous`] when no source has one.
    pub(crate) async fn find(&self, wanted: &Wanted) -> Found {
        if let Some(found) = self.given(wanted) {
            return found;
        }
        for file in self.files.get_or_init(|| async { self.read_files() }).await {
            if let Some(found) = self.ask(file, wanted).await {
                return found;
            }
        }
        self.gitlab_job(wanted).unwrap_or(Found { credential: Credential::Anonymous, origin: Origin::Anonymous })
    }

    fn given(&self, wanted: &Wanted) -> Option<Found> {
        let given = self.given.iter().find(|given| given.host.eq_ignore_ascii_case(&wanted.host))?;
        let password = given.password.clone();
        let credential = match given.username.as_str() {
            "" => Credential::IdentityToken(password),
            username => Credential::Password { username: username.to_owned(), password },
        };
        Some(Found { credential, origin: Origin::Given(given.origin.clone()) })
    }

    /// One file: its helper for the host, its store for all hosts, then what it holds itself.
    async fn ask(&self, file: &ConfigFile, wanted: &Wanted) -> Option<Found> {
        if let Some(program) = file.helper(wanted)
            && let Some(credential) = self.ask_helper(&program, &wanted.key).await
        {
            return Some(Found { credential, origin: Origin::Helper { program, named_in: file.name() } });
        }
        match file.entry(wanted)? {
            Ok(credential) => Some(Found { credential, origin: file.origin().clone() }),
            Err(fact) => {
                self.warn(file.name(), fact);
                None
            }
        }
    }

    /// Asks a helper once for each server, however many repositories are wanted.
    async fn ask_helper(&self, program: &str, server: &str) -> Option<Credential> {
        let mut answers = self.helper_answers.lock().await;
        let key = (program.to_owned(), server.to_owned());
        if let Some(answer) = answers.get(&key) {
            return answer.clone();
        }
        let answer = match helper::ask(program, server, &self.environment.variables(), self.helper_limit).await {
            Ok(answer) => answer,
            Err(error) => {
                self.warn(program.to_owned(), error.to_string());
                None
            }
        };
        answers.insert(key, answer.clone());
        answer
    }

    /// The registry of the GitLab job, which may be used without a login step.
    fn gitlab_job(&self, wanted: &Wanted) -> Option<Found> {
        let registry = self.environment.get(env::CI_REGISTRY)?;
        if !registry.eq_ignore_ascii_case(&wanted.host) {
            return None;
        }
        let username = self.environment.get(env::CI_REGISTRY_USER)?.to_owned();
        let password = SecretString::from(self.environment.get(env::CI_REGISTRY_PASSWORD)?);
        let origin = Origin::Variable(env::CI_REGISTRY_PASSWORD.name);
        Some(Found { credential: Credential::Password { username, password }, origin })
    }

    /// All files that exist, in order. One that cannot be read is a warning.
    fn read_files(&self) -> Vec<ConfigFile> {
        let mut files = Vec::new();
        if let Some(text) = self.environment.get(env::DOCKER_AUTH_CONFIG) {
            let origin = Origin::Variable(env::DOCKER_AUTH_CONFIG.name);
            files.extend(self.accept(ConfigFile::parse(text.as_bytes(), origin, Keys::Hosts)));
        }
        for (path, keys) in self.paths() {
            files.extend(self.accept(ConfigFile::read(&path, keys)).flatten());
        }
        files
    }

    fn accept<T>(&self, read: Result<T, Warning>) -> Option<T> {
        read.map_err(|warning| self.warn(warning.source, warning.fact)).ok()
    }

    /// Where files are looked for. A folder that is refused may be why a credential is missing, so that it is told.
    fn paths(&self) -> Vec<(PathBuf, Keys)> {
        for variable in [env::HOME, env::XDG_CONFIG_HOME, env::XDG_RUNTIME_DIR] {
            if self.environment.is_folder_refused(variable) {
                self.warn(
                    variable.name.to_owned(),
                    "not an absolute path, so that no file below it is read".to_owned(),
                );
            }
        }
        let named = |variable| self.environment.get(variable).map(PathBuf::from);
        let home = |below: &str| self.environment.home().map(|home| home.join(below));
        let folder = |variable| self.environment.folder(variable).map(Path::to_owned);
        let config_home = folder(env::XDG_CONFIG_HOME).or_else(|| home(".config"));
        let docker = named(env::DOCKER_CONFIG).or_else(|| home(".docker")).map(|folder| folder.join("config.json"));
        let podman = match named(env::REGISTRY_AUTH_FILE) {
            Some(file) => vec![file],
            None => [folder(env::XDG_RUNTIME_DIR), config_home.clone()]
                .into_iter()
                .flatten()
                .map(|folder| folder.join("containers/auth.json"))
                .collect(),
        };
        let notation = named(env::NOTATION_CONFIG).or_else(|| config_home.map(|folder| folder.join("notation")));
        let hosts = |path| (path, Keys::Hosts);
        docker
            .into_iter()
            .map(hosts)
            .chain(podman.into_iter().map(|path| (path, Keys::Repositories)))
            .chain(notation.map(|folder| folder.join("config.json")).map(hosts))
            .collect()
    }

    fn warn(&self, source: String, fact: String) {
        let warning = Warning { source, fact };
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            tracing::warn!(%warning, "credential source not used");
            warnings.push(warning);
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("home", &self.environment.home()).finish_non_exhaustive()
    }
}

/// Whether `key` of a credential file names the host: `host`, or a URL of it with nothing but `/v1/` or `/v2/` behind.
fn names_host(key: &str, wanted: &Wanted) -> bool {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let whole = matches!(path.trim_end_matches('/'), "" | "v1" | "v2");
    let hub = wanted.key == DOCKER_HUB_KEY && is_docker_hub(host);
    whole && (host.eq_ignore_ascii_case(&wanted.host) || hub)
}
