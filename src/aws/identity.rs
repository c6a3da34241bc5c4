//! Who asks AWS: credentials from where the job has them, found once and kept.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{self, ProfileFileCredentialsProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::types::Credentials as Issued;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::error::{AwsError, AwsErrorKind, Operation};
use super::http::OverTransport;
use super::oidc;
use super::settings::{AwsSettings, IdentitySettings, RoleSettings, SdkFiles, TokenSource};
use crate::clock::Clock;
use crate::transport::Transport;

/// Credentials that end sooner than this are fetched anew: the next request must still be on time.
const SPARE: Duration = Duration::from_secs(120);

/// Address of an instance's metadata service.
const INSTANCE: &str = "http://169.254.169.254";

/// How long a failure is kept: many images do not ask for the same thing in vain, and a long run asks again.
const KEPT_FAILURE: Duration = Duration::from_secs(10);

/// What the last look for credentials came to.
#[derive(Debug)]
enum Found {
    Credentials(Credentials),
    Failure(AwsError, Instant),
}

/// An instance's metadata service answers from the same machine. Where there is none, this is what it costs to know.
const INSTANCE_CONNECT: Duration = Duration::from_millis(300);

/// Finds credentials and keeps them.
#[derive(Debug)]
pub(super) struct Identity {
    settings: IdentitySettings,
    /// The role that the SDK's own variables name, with the token in a file.
    web_identity: Option<RoleSettings>,
    files: SdkFiles,
    /// Longest wait for one attempt.
    timeout: Duration,
    transport: Arc<Transport>,
    /// Region, endpoints and retries, without credentials.
    base: SdkConfig,
    clock: Clock,
    found: Mutex<Option<Found>>,
}

impl Identity {
    pub(super) fn new(settings: &AwsSettings, transport: Arc<Transport>, base: SdkConfig, clock: Clock) -> Self {
        let web_identity = settings.web_identity.clone();
        let (files, timeout) = (settings.files, settings.timeout);
        let settings = settings.identity.clone();
        Self { settings, web_identity, files, timeout, transport, base, clock, found: Mutex::new(None) }
    }

    /// The credentials.
    ///
    /// # Errors
    /// [`AwsError`]: none are there, or what gives them refused or did not answer.
    pub(super) async fn credentials(&self) -> Result<Credentials, AwsError> {
        // Whoever comes second waits for the first instead of asking too.
        let mut found = self.found.lock().await;
        match found.as_ref() {
            Some(Found::Credentials(credentials)) if self.is_fresh(credentials) => return Ok(credentials.clone()),
            Some(Found::Failure(error, at)) if at.elapsed() < KEPT_FAILURE => return Err(error.clone()),
            _ => {}
        }
        let looked = self.find().await;
        *found = Some(match &looked {
            Ok(credentials) => Found::Credentials(credentials.clone()),
            Err(error) => Found::Failure(error.clone(), Instant::now()),
        });
        looked
    }

    fn is_fresh(&self, credentials: &Credentials) -> bool {
        credentials.expiry().is_none_or(|expiry| expiry > SystemTime::from(self.clock.now()) + SPARE)
    }

    async fn find(&self) -> Result<Credentials, AwsError> {
        match &self.settings {
            IdentitySettings::Chain => self.chain().await,
            IdentitySettings::Profile(name) => {
                let provider = self.profiles().profile_name(name).build();
                provider.provide_credentials().await.map_err(|error| AwsError::of_profile(name, &error))
            }
            IdentitySettings::Role(role) => self.assume(role).await,
        }
    }

    /// Variables, configuration files, web identity, container, instance: the first that has something.
    async fn chain(&self) -> Result<Credentials, AwsError> {
        // The SDK's own chain cannot be told which files it may read, and looks for a region of its own.
        let said = CredentialsProviderChain::first_try("variables", EnvironmentVariableCredentialsProvider::new())
            .or_else("files", self.profiles().build());
        match said.provide_credentials().await {
            Err(CredentialsError::CredentialsNotLoaded(_)) => {}
            found => return found.map_err(|error| AwsError::credentials(&error)),
        }
        // The SDK's own source would not ask the endpoint that was given, and names the session after the time.
        if let Some(role) = &self.web_identity
            && let Some(token) = self.token(role).await?
        {
            return self.exchange(role, &token).await;
        }
        let provider = self.provider();
        let machine = EcsCredentialsProvider::builder().configure(&provider).build();
        let machine =
            CredentialsProviderChain::first_try("container", machine).or_else("instance", self.instance(&provider)?);
        machine.provide_credentials().await.map_err(|error| AwsError::credentials(&error))
    }

    async fn assume(&self, role: &RoleSettings) -> Result<Credentials, AwsError> {
        match self.token(role).await? {
            Some(token) => self.exchange(role, &token).await,
            None => self.assume_with_chain(role).await,
        }
    }

    /// What vouches for the job, if anything does.
    pub(super) async fn token(&self, role: &RoleSettings) -> Result<Option<SecretString>, AwsError> {
        Ok(Some(match &role.token {
            TokenSource::None => return Ok(None),
            TokenSource::Variable { token, .. } => token.clone(),
            TokenSource::GitHub { url, token } => {
                oidc::github_token(&self.transport, url, token, oidc::audience(&role.arn), self.timeout).await?
            }
            TokenSource::File(path) => oidc::token_file(path)?,
        }))
    }

    /// The role, for a token.
    async fn exchange(&self, role: &RoleSettings, token: &SecretString) -> Result<Credentials, AwsError> {
        let issued = oidc::assume_with_web_identity(&self.base, role, token).await?;
        issued_credentials(Operation::ASSUME_ROLE_WITH_WEB_IDENTITY, issued)
    }

    async fn assume_with_chain(&self, role: &RoleSettings) -> Result<Credentials, AwsError> {
        let own = self.chain().await?;
        let config = self.base.to_builder().credentials_provider(provider_of(own)).build();
        let answer = aws_sdk_sts::Client::new(&config)
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(&role.session_name)
            .send()
            .await
            .map_err(|error| AwsError::of(Operation::ASSUME_ROLE, &error))?;
        issued_credentials(Operation::ASSUME_ROLE, answer.credentials)
    }

    fn region(&self) -> Region {
        self.base.region().cloned().unwrap_or_else(|| Region::from_static("us-east-1"))
    }

    /// Profiles of the configuration files.
    fn profiles(&self) -> profile::credentials::Builder {
        ProfileFileCredentialsProvider::builder().configure(&self.provider()).profile_files(self.files.for_sdk())
    }

    /// The instance's metadata service.
    fn instance(&self, provider: &ProviderConfig) -> Result<ImdsCredentialsProvider, AwsError> {
        let mut client = imds::Client::builder().configure(provider);
        if !(self.files.config && self.files.credentials) {
            // Its address could stand in either file, and the SDK would read both.
            client = client
                .endpoint(INSTANCE)
                .map_err(|error| AwsError::credentials(&CredentialsError::invalid_configuration(error)))?;
        }
        let client = client.connect_timeout(INSTANCE_CONNECT).max_attempts(1).build();
        Ok(ImdsCredentialsProvider::builder().configure(provider).imds_client(client).build())
    }

    /// What the SDK's own sources of credentials need.
    fn provider(&self) -> ProviderConfig {
        ProviderConfig::without_region()
            .with_region(Some(self.region()))
            .with_use_fips(self.base.use_fips())
            .with_use_dual_stack(self.base.use_dual_stack())
            .with_http_client(OverTransport(Arc::clone(&self.transport)))
    }
}

/// The SDK asks for credentials with each request.
#[derive(Clone, Debug)]
pub(super) struct Shared(pub(super) Arc<Identity>);

impl ProvideCredentials for Shared {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.0.credentials().await.map_err(CredentialsError::provider_error) })
    }
}

fn provider_of(credentials: Credentials) -> aws_credential_types::provider::SharedCredentialsProvider {
    aws_credential_types::provider::SharedCredentialsProvider::new(credentials)
}

fn issued_credentials(operation: Operation, issued: Option<Issued>) -> Result<Credentials, AwsError> {
    let missing = || AwsError::new(operation, AwsErrorKind::Malformed, "the answer holds no credentials");
    let issued = issued.ok_or_else(missing)?;
    let expiry = SystemTime::try_from(*issued.expiration()).map_err(|_| missing())?;
    let mut credentials = Credentials::new(
        issued.access_key_id(),
        issued.secret_access_key(),
        Some(issued.session_token().to_owned()),
        Some(expiry),
        "role",
    );
    // As the SDK's own sources note it.
    let feature = match operation {
        Operation::ASSUME_ROLE_WITH_WEB_IDENTITY => AwsCredentialFeature::CredentialsStsAssumeRoleWebId,
        _ => AwsCredentialFeature::CredentialsStsAssumeRole,
    };
    credentials.get_property_mut_or_default::<Vec<AwsCredentialFeature>>().push(feature);
    Ok(credentials)
}
