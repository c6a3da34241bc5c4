//! Where credentials for a registry come from, in this order: what the user gave for the host, `DOCKER_AUTH_CONFIG`,
//! Docker's `config.json`, Podman's `auth.json`, notation's `config.json`, the registry of the GitLab job, for a registry
//! of ECR a login with the AWS credentials of the job, and none.
//!
//! Nothing here reads the environment: its snapshot comes in. Nothing is read before a registry asked for a credential,
//! except for ECR, which always asks.
//!
//! Files that were not named are looked for below folders with an absolute path only ([`Env::folder`]). `DOCKER_CONFIG`,
//! `REGISTRY_AUTH_FILE` and `NOTATION_CONFIG` name their one file or folder, as docker, podman and notation take them: a
//! path relative to the working folder was then chosen by whoever set the variable, never by what lies in a checkout.

mod config_file;
mod credential;
mod ecr;
mod helper;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

use self::config_file::{ConfigFile, Keys};
use self::credential::secret;
pub(crate) use self::credential::{
    Credential, CredentialSource, CredentialWarning, FoundCredential, GivenCredential, WantedCredential,
};
use self::ecr::EcrLogin;
use super::access::Access;
use crate::aws::Aws;
use crate::aws::facts::{AwsError, AwsErrorKind, EcrHost};
use crate::env::{self, Env, Variable};
use crate::transport::Scheme;

/// Files of which the first that exists is read.
struct Place {
    files: Vec<PathBuf>,
    keys: Keys,
    /// The variable that names the place; none for a usual one, where there may be nothing.
    named_by: Option<&'static Variable>,
}

impl Place {
    const fn usual(files: Vec<PathBuf>, keys: Keys) -> Self {
        Self { files, keys, named_by: None }
    }

    /// Whether there need not be a file: notation's folder often has trust policies alone.
    fn may_be_empty(&self) -> bool {
        let has_folder = self.files.iter().filter_map(|file| file.parent()).any(Path::is_dir);
        has_folder && self.named_by.is_some_and(|variable| variable.name == env::NOTATION_CONFIG.name)
    }

    /// That there is no file.
    fn nothing(&self) -> String {
        let files: Vec<_> = self.files.iter().map(|file| file.display().to_string()).collect();
        format!("there is no file {}", files.join(" or "))
    }
}

/// All sources, read when they are first needed and once.
pub(crate) struct Credentials {
    given: Vec<GivenCredential>,
    ecr: EcrLogin,
    /// ECR Public has refused in this run to be read without a login: its quota for that is small, and shared by all who have the
    /// same address.
    public_refuses: AtomicBool,
    environment: Env,
    helper_limit: Duration,
    files: OnceCell<Vec<ConfigFile>>,
    helper_answers: tokio::sync::Mutex<HashMap<(String, String), Option<Credential>>>,
    warnings: Mutex<Vec<CredentialWarning>>,
}

impl Credentials {
    /// Sources that the environment names, after what the user gave. A credential helper has `helper_limit` to answer.
    #[must_use]
    pub(crate) fn new(given: Vec<GivenCredential>, environment: &Env, helper_limit: Duration) -> Self {
        Self {
            given,
            ecr: EcrLogin::Nobody,
            public_refuses: AtomicBool::new(false),
            environment: environment.clone(),
            helper_limit,
            files: OnceCell::new(),
            helper_answers: tokio::sync::Mutex::new(HashMap::new()),
            warnings: Mutex::new(Vec::new()),
        }
    }

    /// With a login where a registry of ECR has no other credential.
    #[must_use]
    pub(crate) fn logging_in_to_ecr(mut self, aws: Aws) -> Self {
        self.ecr = EcrLogin::Job(aws);
        self
    }

    /// With a registry that stands for ECR Public, and the login to it.
    #[cfg(test)]
    #[must_use]
    pub(super) fn with_public_standin(mut self, host: String, login: Result<Credential, AwsError>) -> Self {
        self.ecr = EcrLogin::Standin { host, login };
        self
    }

    #[must_use]
    pub(crate) fn none() -> Self {
        Self::new(Vec::new(), &Env::default(), Duration::ZERO)
    }

    /// Sources that could not be used so far.
    #[must_use]
    pub(crate) fn warnings(&self) -> Vec<CredentialWarning> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The credential for what is wanted: that of [`Self::find`], or for a registry of ECR a login with the AWS
    /// credentials of the job. ECR Public is read without one, so that verifying its images needs no AWS account, as long as it
    /// lets itself be read so.
    ///
    /// # Errors
    /// [`AwsError`] when the login failed.
    pub(super) async fn find_or_log_in(
        &self,
        wanted: &WantedCredential,
        access: Access,
        scheme: Scheme,
    ) -> Result<FoundCredential, AwsError> {
        let found = self.find(wanted).await;
        let (CredentialSource::Anonymous, Some(registry)) = (&found.source, self.ecr.registry(&wanted.host, scheme))
        else {
            return Ok(found);
        };
        let refuses = self.public_refuses.load(Ordering::Relaxed);
        if registry == EcrHost::Public && access == Access::Pull && !refuses {
            return Ok(found);
        }
        self.ecr.log_in(registry).await
    }

    /// Whether a login could take the place of none: at ECR Public.
    pub(super) fn may_log_in_instead(&self, wanted: &WantedCredential, scheme: Scheme) -> bool {
        self.ecr.registry(&wanted.host, scheme) == Some(EcrHost::Public)
    }

    /// A login to ECR Public, which refused to be read without one. Nothing where the job has no AWS credentials.
    ///
    /// # Errors
    /// [`AwsError`] when the job has some and the login failed.
    pub(super) async fn log_in_instead(&self) -> Result<Option<FoundCredential>, AwsError> {
        match self.ecr.log_in(EcrHost::Public).await {
            Ok(found) => {
                self.public_refuses.store(true, Ordering::Relaxed);
                Ok(Some(found))
            }
            Err(error) if error.kind == AwsErrorKind::NoCredentials => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The first credential for what is wanted; [`Credential::Anonymous`] when no source has one.
    pub(crate) async fn find(&self, wanted: &WantedCredential) -> FoundCredential {
        if let Some(found) = self.given(wanted) {
            return found;
        }
        for file in self.files.get_or_init(|| async { self.read_files() }).await {
            if let Some(found) = self.ask(file, wanted).await {
                return found;
            }
        }
        self.gitlab_job(wanted)
            .unwrap_or(FoundCredential { credential: Credential::Anonymous, source: CredentialSource::Anonymous })
    }

    fn given(&self, wanted: &WantedCredential) -> Option<FoundCredential> {
        let given = self.given.iter().find(|given| given.host.eq_ignore_ascii_case(&wanted.host))?;
        let password = given.password.clone();
        let credential = match given.username.as_str() {
            "" => Credential::IdentityToken(password),
            username => Credential::Password { username: username.to_owned(), password },
        };
        Some(FoundCredential { credential, source: CredentialSource::Given(given.origin.clone()) })
    }

    /// One file: its helper for the host, its store for all hosts, then what it holds itself.
    async fn ask(&self, file: &ConfigFile, wanted: &WantedCredential) -> Option<FoundCredential> {
        if let Some(program) = file.helper(wanted)
            && let Some(credential) = self.ask_helper(&program, &wanted.key).await
        {
            return Some(FoundCredential {
                credential,
                source: CredentialSource::Helper { program, named_in: file.name() },
            });
        }
        match file.entry(wanted)? {
            Ok(credential) => Some(FoundCredential { credential, source: file.source().clone() }),
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
    fn gitlab_job(&self, wanted: &WantedCredential) -> Option<FoundCredential> {
        let registry = self.environment.get(env::CI_REGISTRY)?;
        if !registry.eq_ignore_ascii_case(&wanted.host) {
            return None;
        }
        let username = self.environment.get(env::CI_REGISTRY_USER)?.to_owned();
        let password = secret(self.environment.get(env::CI_REGISTRY_PASSWORD)?);
        let source = CredentialSource::Variable(env::CI_REGISTRY_PASSWORD.name);
        Some(FoundCredential { credential: Credential::Password { username, password }, source })
    }

    /// All files that exist, in order. One that cannot be read is a warning.
    fn read_files(&self) -> Vec<ConfigFile> {
        let mut files = Vec::new();
        if let Some(text) = self.environment.get(env::DOCKER_AUTH_CONFIG) {
            let source = CredentialSource::Variable(env::DOCKER_AUTH_CONFIG.name);
            files.extend(self.accept(ConfigFile::parse(text.as_bytes(), source, Keys::Hosts)));
        }
        for place in self.places() {
            // One that cannot be read is there.
            let read = |path: &PathBuf| ConfigFile::read(path, place.keys).transpose();
            match (place.files.iter().find_map(read), place.named_by) {
                (Some(read), _) => files.extend(self.accept(read)),
                (None, Some(variable)) if !place.may_be_empty() => self.warn(variable.name.to_owned(), place.nothing()),
                (None, _) => {}
            }
        }
        files
    }

    fn accept<T>(&self, read: Result<T, CredentialWarning>) -> Option<T> {
        read.map_err(|warning| self.warn(warning.source, warning.fact)).ok()
    }

    /// Where files are looked for. A folder that is refused may be why a credential is missing, so it is reported.
    fn places(&self) -> Vec<Place> {
        for variable in [env::HOME, env::XDG_CONFIG_HOME, env::XDG_RUNTIME_DIR] {
            if self.environment.is_folder_refused(variable) {
                self.warn(variable.name.to_owned(), "not an absolute path, so no file in it is read".to_owned());
            }
        }
        let home = |below: &str| self.environment.home().map(|home| home.join(below));
        let folder = |variable| self.environment.folder(variable).map(Path::to_owned);
        let config_home = folder(env::XDG_CONFIG_HOME).or_else(|| home(".config"));
        let docker = self.named(env::DOCKER_CONFIG, |folder| {
            // The others are what secrets of Kubernetes are mounted as.
            ["config.json", ".dockerconfigjson", ".dockercfg"].map(|name| folder.join(name)).to_vec()
        });
        let docker =
            docker.or_else(|| Some(Place::usual(vec![home(".docker/config.json")?, home(".dockercfg")?], Keys::Hosts)));
        let podman = match self.named(env::REGISTRY_AUTH_FILE, |file| vec![file.to_owned()]) {
            Some(file) => vec![Place { keys: Keys::Repositories, ..file }],
            None => [folder(env::XDG_RUNTIME_DIR), config_home.clone()]
                .into_iter()
                .flatten()
                .map(|folder| Place::usual(vec![folder.join("containers/auth.json")], Keys::Repositories))
                .collect(),
        };
        let notation = self.named(env::NOTATION_CONFIG, |folder| vec![folder.join("config.json")]);
        let notation =
            notation.or_else(|| Some(Place::usual(vec![config_home?.join("notation/config.json")], Keys::Hosts)));
        docker.into_iter().chain(podman).chain(notation).collect()
    }

    /// What a variable names, if it is set.
    fn named(&self, variable: &'static Variable, files: impl Fn(&Path) -> Vec<PathBuf>) -> Option<Place> {
        let path = Path::new(self.environment.get(variable)?);
        Some(Place { files: files(path), keys: Keys::Hosts, named_by: Some(variable) })
    }

    fn warn(&self, source: String, fact: String) {
        let warning = CredentialWarning { source, fact };
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
