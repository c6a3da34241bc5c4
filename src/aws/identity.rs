//! The credentials for AWS: found once in the job's sources, and cached.

mod role;

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::types::Credentials as Issued;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::attempts::Patience;
use super::container;
use super::facts::container::ContainerSettings;
use super::facts::error::{AwsError, AwsErrorKind, Operation};
use super::facts::keys::{is_plain, usable};
use super::facts::settings::{AwsSettings, IdentitySettings, RoleSettings, Sources, TokenSource};
use super::http::OverTransport;
use super::oidc;
use super::profile_chain::{self, Base, ProfileChain, Sso, Step};
use super::program;
use super::watched::Watched;
use crate::clock::Clock;
use crate::files;
use crate::secrets;
use crate::transport::Transport;

/// Credentials that expire sooner than this are fetched again: the next request must still be on time.
const SPARE: Duration = Duration::from_secs(120);

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

/// Finds credentials and caches them.
#[derive(Debug)]
pub(super) struct Identity {
    settings: IdentitySettings,
    sources: Sources,
    /// Longest wait for one attempt.
    timeout: Duration,
    transport: Arc<Transport>,
    /// Region, endpoints and retries, without credentials.
    base: SdkConfig,
    clock: Clock,
    patience: Arc<Patience>,
    found: Mutex<Option<Found>>,
    /// Why a role was not assumed with the job's token but with its own credentials.
    distrusted: OnceLock<AwsError>,
}

impl Identity {
    pub(super) fn new(
        settings: &AwsSettings,
        transport: Arc<Transport>,
        base: SdkConfig,
        clock: Clock,
        patience: Arc<Patience>,
    ) -> Self {
        let (sources, timeout) = (settings.sources.clone(), settings.timeout);
        let settings = settings.identity.clone();
        Self {
            settings,
            sources,
            timeout,
            transport,
            base,
            clock,
            patience,
            found: Mutex::new(None),
            distrusted: OnceLock::new(),
        }
    }

    /// The credentials.
    ///
    /// # Errors
    /// [`AwsError`] if there are none, or their source refused or did not answer.
    pub(super) async fn credentials(&self) -> Result<Credentials, AwsError> {
        // A second caller waits for the first instead of asking too.
        let mut found = self.found.lock().await;
        match found.as_ref() {
            Some(Found::Credentials(credentials)) if self.is_fresh(credentials) => return Ok(credentials.clone()),
            Some(Found::Failure(error, at)) if at.elapsed() < KEPT_FAILURE => return Err(error.clone()),
            _ => {}
        }
        // Rare, and large: it is not part of every call that needs credentials.
        let looked = Box::pin(self.find()).await;
        if let Ok(credentials) = &looked {
            secrets::held(credentials.secret_access_key());
        }
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
            IdentitySettings::Chain => self.chain(None).await,
            IdentitySettings::Profile(_) => self.profile().await?.ok_or_else(|| self.empty_profile()),
            IdentitySettings::Role(role) => self.assume(role).await,
        }
    }

    /// Variables, configuration files, web identity, container, instance: the first that has something. What one of them names
    /// and does not have is an error: the next one would be another identity.
    ///
    /// `beside` is a role that does not trust the job's token: what is left is what the job itself has besides. That is not what
    /// the machine under it has, which is asked at an address where in other clouds others answer.
    async fn chain(&self, beside: Option<&RoleSettings>) -> Result<Credentials, AwsError> {
        if let Some(keys) = self.sources.keys.clone()? {
            return Ok(keys.credentials(Feature::CredentialsEnvVars));
        }
        if let Some(found) = self.profile().await? {
            return Ok(found);
        }
        let web_identity = match beside {
            None => self.sources.web_identity.clone()?,
            Some(beside) => self.sources.web_identity.clone().ok().flatten().filter(|role| role.arn != beside.arn),
        };
        // The SDK's own source would not ask the endpoint that was given, and names the session after the time.
        if let Some(role) = web_identity
            && let Some(token) = self.token(&role).await?
        {
            return self.exchange(&role, &token).await;
        }
        if let Some(container) = self.sources.container.clone()? {
            return self.container(&container).await;
        }
        if beside.is_some() {
            return Err(AwsError::no_credentials());
        }
        self.instance().await
    }

    /// What the selected profile gives. `None` if it says nothing about credentials and was not requested by name.
    async fn profile(&self) -> Result<Option<Credentials>, AwsError> {
        let Some(chain) = profile_chain::of_selected(&self.sources.files)? else {
            return if self.sources.files.asked_by().is_some() { Err(self.empty_profile()) } else { Ok(None) };
        };
        let mut found = self.begin(&chain).await?;
        for step in &chain.roles {
            found = self.assume_with(found, step).await?;
        }
        found.get_property_mut_or_default::<Vec<Feature>>().push(Feature::CredentialsProfile);
        Ok(Some(found))
    }

    /// A profile was asked for by name and says nothing about credentials.
    fn empty_profile(&self) -> AwsError {
        let files = &self.sources.files;
        let origin = files.asked_by().map(|origin| format!("{origin}: ")).unwrap_or_default();
        AwsError::setting(format!("{origin}{} has no credentials", files.place(files.selected())))
    }

    /// Where the credentials of a profile begin.
    async fn begin(&self, chain: &ProfileChain) -> Result<Credentials, AwsError> {
        let place = &chain.place;
        match &chain.base {
            Base::Keys(keys) => Ok(keys.credentials(Feature::CredentialsProfile)),
            Base::Variables => {
                let missing = || {
                    let fact = "credential_source is Environment, and AWS_ACCESS_KEY_ID is not set";
                    AwsError::setting(format!("{place}: {fact}"))
                };
                let keys = self.sources.keys.clone()?.ok_or_else(missing)?;
                Ok(keys.credentials(Feature::CredentialsEnvVars))
            }
            Base::Container => {
                let missing = || {
                    let fact =
                        "credential_source is EcsContainer, and no variable says where the container's credentials are";
                    AwsError::setting(format!("{place}: {fact}"))
                };
                let container = self.sources.container.clone()?.ok_or_else(missing)?;
                self.container(&container).await
            }
            Base::Instance => self.instance().await,
            Base::WebIdentity(role) => {
                let session_name = self.session_name(Some(&role.session_name));
                let role = RoleSettings { session_name, ..role.clone() };
                let token = self.token(&role).await?.ok_or_else(AwsError::no_credentials)?;
                self.exchange(&role, &token).await
            }
            Base::Process(command) => program::ask(command, place, self.timeout).await,
            Base::Sso(sso) => self.sso(sso, place).await,
        }
    }

    /// What IAM Identity Center gives for the login of `aws sso login`.
    async fn sso(&self, sso: &Sso, place: &str) -> Result<Credentials, AwsError> {
        let Some(home) = &self.sources.home else {
            // The SDK would look for it in the working folder.
            let fact = "HOME is not set to an absolute path, and aws sso login keeps its login in it";
            return Err(AwsError::setting(format!("{place}: {fact}")));
        };
        check_logins(&home.join(".aws/sso/cache")).map_err(|fact| AwsError::setting(format!("{place}: {fact}")))?;
        self.sources.sso.clone()?;
        let watched = self.watched();
        let mut provider = SsoCredentialsProvider::builder()
            .configure(&self.provider(&watched))
            .account_id(&sso.account)
            .role_name(&sso.role)
            .start_url(&sso.start_url)
            .region(sso.region.clone());
        if let Some(session) = &sso.session {
            provider = provider.session_name(session);
        }
        let found = self.in_time(provider.build().provide_credentials()).await;
        let name = format!("{place}: IAM Identity Center");
        of_source(&name, found.map_err(|error| AwsError::of_source(&name, &error, watched.status()))?)
    }

    /// What a source of the SDK gives, in the time that a call to AWS may take with all its attempts.
    async fn in_time<T>(
        &self,
        asked: impl Future<Output = Result<T, CredentialsError>>,
    ) -> Result<T, CredentialsError> {
        let limit = self.timeout.saturating_mul(2);
        timeout(limit, asked).await.unwrap_or_else(|_elapsed| Err(CredentialsError::provider_timed_out(limit)))
    }

    async fn container(&self, container: &ContainerSettings) -> Result<Credentials, AwsError> {
        container::credentials(&self.transport, container, self.timeout, &self.patience).await
    }

    /// What the instance's metadata service gives.
    async fn instance(&self) -> Result<Credentials, AwsError> {
        const NAME: &str = "the instance's metadata service";
        let address = self.sources.instance.clone()?.ok_or_else(AwsError::no_credentials)?;
        let watched = self.watched();
        let provider = self.provider(&watched);
        let client = imds::Client::builder().configure(&provider);
        let client = client.endpoint(address).map_err(|_| AwsError::setting(format!("{NAME} has no such address")))?;
        let client = client.connect_timeout(INSTANCE_CONNECT).max_attempts(1).build();
        let provider = ImdsCredentialsProvider::builder().configure(&provider).imds_client(client).build();
        match self.in_time(provider.provide_credentials()).await {
            Err(CredentialsError::CredentialsNotLoaded(_)) => Err(AwsError::no_credentials()),
            // Where there is no such service, nothing may listen at its address, or something else.
            Err(error) if watched.status().is_none() => {
                let told = AwsError::of_source(NAME, &error, None);
                Err(if told.kind == AwsErrorKind::Unavailable { AwsError::no_credentials() } else { told })
            }
            Err(error) => Err(AwsError::of_source(NAME, &error, watched.status())),
            Ok(found) => of_source(NAME, found),
        }
    }

    /// The job's identity token, if it has one.
    pub(super) async fn token(&self, role: &RoleSettings) -> Result<Option<SecretString>, AwsError> {
        Ok(Some(match &role.token {
            TokenSource::None => return Ok(None),
            TokenSource::Variable { token, .. } if is_plain(token.expose_secret()) => token.clone(),
            TokenSource::Variable { name, .. } => {
                let fact = "expected an OIDC token: one line of visible ASCII without spaces; it is not shown";
                return Err(AwsError::setting(format!("{name} (--oidc-token-env): {fact}")));
            }
            TokenSource::GitHub { url, token } => {
                let audience = oidc::audience(&role.arn);
                oidc::github_token(&self.transport, url, token, audience, self.timeout, &self.patience).await?
            }
            TokenSource::File(path) => oidc::token_file(path)?,
        }))
    }

    /// Exchanges a token for the role's credentials.
    async fn exchange(&self, role: &RoleSettings, token: &SecretString) -> Result<Credentials, AwsError> {
        let issued = oidc::assume_with_web_identity(&self.base, role, token, self.timeout, &self.patience).await?;
        issued_credentials(Operation::ASSUME_ROLE_WITH_WEB_IDENTITY, issued)
    }

    /// The next role, with the credentials so far.
    async fn assume_with(&self, own: Credentials, role: &Step) -> Result<Credentials, AwsError> {
        let config = self.base.to_builder().credentials_provider(provider_of(own)).build();
        let client = aws_sdk_sts::Client::new(&config);
        let ask = || async {
            let request = client
                .assume_role()
                .role_arn(&role.arn)
                .role_session_name(self.session_name(role.session_name.as_deref()))
                .set_external_id(role.external_id.clone());
            request.send().await.map_err(|error| AwsError::of_signed(Operation::ASSUME_ROLE, &error, &self.clock))
        };
        let answer = self.patience.wait_out(ask).await?;
        issued_credentials(Operation::ASSUME_ROLE, answer.credentials)
    }

    /// The name that was asked for, or one that leads to the job.
    fn session_name(&self, asked: Option<&str>) -> String {
        asked.filter(|name| !name.is_empty()).unwrap_or(&self.sources.session_name).to_owned()
    }

    fn region(&self) -> Region {
        self.base.region().cloned().unwrap_or_else(|| Region::from_static("us-east-1"))
    }

    fn watched(&self) -> Watched {
        Watched::new(OverTransport(Arc::clone(&self.transport)))
    }

    /// What the SDK's own sources of credentials need.
    fn provider(&self, client: &Watched) -> ProviderConfig {
        ProviderConfig::without_region()
            .with_region(Some(self.region()))
            .with_use_fips(self.base.use_fips())
            .with_use_dual_stack(self.base.use_dual_stack())
            .with_http_client(client.clone())
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

/// Logins that are looked at. A person has one for each session.
const LOGINS: usize = 1024;

/// Checks that the logins of IAM Identity Center are regular files: the SDK reads one to its end, and would wait for a pipe.
fn check_logins(folder: &Path) -> Result<(), String> {
    for login in std::fs::read_dir(folder).into_iter().flatten().flatten().take(LOGINS) {
        let path = login.path();
        if !path.is_dir()
            && let Err(error) = files::open(&path)
            && error.kind() == std::io::ErrorKind::InvalidInput
        {
            return Err(format!("{}: {error}", path.display()));
        }
    }
    Ok(())
}

/// Credentials as a source gave them: they become part of headers.
fn of_source(source: &str, found: Credentials) -> Result<Credentials, AwsError> {
    let malformed = |fact| AwsError::new(Operation::CREDENTIALS, AwsErrorKind::Malformed, format!("{source} {fact}"));
    usable(found).map_err(malformed)
}

fn issued_credentials(operation: Operation, issued: Option<Issued>) -> Result<Credentials, AwsError> {
    let missing = || AwsError::new(operation, AwsErrorKind::Malformed, "the answer contains no credentials");
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
        Operation::ASSUME_ROLE_WITH_WEB_IDENTITY => Feature::CredentialsStsAssumeRoleWebId,
        _ => Feature::CredentialsStsAssumeRole,
    };
    credentials.get_property_mut_or_default::<Vec<Feature>>().push(feature);
    usable(credentials).map_err(|fact| AwsError::new(operation, AwsErrorKind::Malformed, format!("STS {fact}")))
}
