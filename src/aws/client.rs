//! The connection to AWS of one run, which all calls share.

use std::sync::Arc;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use jiff::SignedDuration;
use tokio::sync::OnceCell;

use super::attempts::{Attempts, FIRST_PAUSE, LONGEST_PAUSE, Patience};
use super::facts::error::AwsError;
use super::facts::settings::{AwsSettings, Endpoints, is_region, not_a_region};
use super::http::OverTransport;
use super::identity::{Identity, Shared};
use super::logins::Logins;
use crate::clock::Clock;
use crate::transport::{ServerDate, Transport};

/// AWS, as one run asks it. Clones share credentials and connections. Nothing is read or asked before the first call.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    pub(super) inner: Arc<Inner>,
}

/// State shared by all clones.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) settings: AwsSettings,
    pub(super) transport: Arc<Transport>,
    pub(super) clock: Clock,
    ready: OnceCell<Ready>,
    pub(super) patience: Arc<Patience>,
    pub(super) logins: Logins,
}

/// What the first call sets up.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) identity: Arc<Identity>,
    pub(super) config: SdkConfig,
}

impl Aws {
    /// AWS by these settings, over these HTTP clients.
    pub(crate) fn new(settings: AwsSettings, transport: Arc<Transport>, clock: Clock) -> Self {
        let patience = Patience::new(settings.attempts);
        let inner = Inner { settings, transport, clock, ready: OnceCell::new(), patience, logins: Logins::default() };
        Self { inner: Arc::new(inner) }
    }

    /// The credentials of the job, found once.
    ///
    /// # Errors
    /// [`AwsError`] if there are none, or their source refused or did not answer.
    pub(crate) async fn credentials(&self) -> Result<Credentials, AwsError> {
        self.ready().await?.identity.credentials().await
    }

    /// What the report of a run says about its credentials: that a role was assumed in another way than was tried first.
    pub(crate) fn notice(&self) -> Option<String> {
        self.inner.ready.get().and_then(|ready| ready.identity.notice())
    }

    /// How far this machine's clock is ahead of that of the server that differs least from it, by the dates of all answers so far:
    /// where one agrees, it is the others that are wrong.
    pub(crate) fn clock_off(&self) -> Option<SignedDuration> {
        let (now, elapsed) = (self.inner.clock.now(), self.inner.transport.elapsed());
        let off = |date: ServerDate| {
            let ago = elapsed.saturating_sub(date.after);
            now.saturating_sub(ago).map_or(SignedDuration::MAX, |then| then.duration_since(date.time))
        };
        self.inner.transport.dates().into_iter().map(off).min_by_key(|off| off.abs())
    }

    /// How clients of a region are configured. Credentials are looked for first, so that their absence is reported as what
    /// it is.
    pub(super) async fn config(&self, region: &str) -> Result<SdkConfig, AwsError> {
        if !is_region(region) {
            return Err(AwsError::setting(not_a_region(region)));
        }
        let ready = self.ready().await?;
        ready.identity.credentials().await?;
        Ok(ready.config.to_builder().region(Region::new(region.to_owned())).build())
    }

    /// The client for signing.
    ///
    /// # Errors
    /// [`AwsError`] when there are no credentials.
    pub(crate) async fn signer(&self, region: &str) -> Result<aws_sdk_signer::Client, AwsError> {
        Ok(aws_sdk_signer::Client::new(&self.config(region).await?))
    }

    /// The attempts of a call that is not repeated by the SDK. Those without an answer may together take what the SDK's may.
    pub(crate) fn attempts(&self) -> Attempts {
        Attempts::within(self.inner.settings.timeout.saturating_mul(2), &self.inner.patience)
    }

    /// The client for identities.
    ///
    /// # Errors
    /// [`AwsError`] when there are no credentials.
    pub(crate) async fn sts(&self, region: &str) -> Result<aws_sdk_sts::Client, AwsError> {
        Ok(aws_sdk_sts::Client::new(&self.config(region).await?))
    }

    /// The region to use where no ARN or host names one.
    pub(crate) fn default_region(&self) -> Option<&str> {
        self.inner.settings.region.as_deref()
    }

    /// What is needed to ask.
    ///
    /// # Errors
    /// [`AwsError`] of kind `Setting`: a variable or file of the SDK cannot be used.
    pub(super) async fn ready(&self) -> Result<&Ready, AwsError> {
        match &self.inner.settings.fault {
            Some(fault) => Err(fault.clone()),
            None => Ok(self.inner.ready.get_or_init(|| self.inner.make_ready()).await),
        }
    }
}

impl Inner {
    async fn make_ready(&self) -> Ready {
        let settings = &self.settings;
        // Some region has to stand here. Clients name their own, and STS answers for every account in any.
        let region = settings.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
        let retries = RetryConfig::standard()
            .with_max_attempts(self.patience.attempts())
            .with_initial_backoff(FIRST_PAUSE)
            .with_max_backoff(LONGEST_PAUSE);
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(settings.timeout)
            .operation_timeout(settings.timeout.saturating_mul(2))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(OverTransport(Arc::clone(&self.transport)))
            .region(Region::new(region))
            .profile_files(no_files())
            .use_fips(settings.fips)
            .use_dual_stack(settings.dual_stack)
            .retry_config(retries)
            .timeout_config(timeouts)
            .identity_cache(IdentityCache::lazy().load_timeout(settings.timeout.saturating_mul(2)).build())
            .no_credentials();
        if let Ok(name) = AppName::new("sealgate") {
            loader = loader.app_name(name);
        }
        // The SDK would read endpoints from variables by itself, also those that are set and empty: it is given ours. Whatever may
        // lead to AWS would have room for this future in its own.
        let mut base = Box::pin(loader.load()).await.to_builder();
        base.set_endpoint_url(None);
        base.set_service_config(Some(settings.endpoints.clone()));
        let base = base.build();
        let transport = Arc::clone(&self.transport);
        let patience = Arc::clone(&self.patience);
        let identity = Arc::new(Identity::new(settings, transport, base.clone(), self.clock, patience));
        let provider = aws_credential_types::provider::SharedCredentialsProvider::new(Shared(Arc::clone(&identity)));
        let config = base.to_builder().credentials_provider(provider).build();
        Ready { identity, config }
    }
}

/// No file for the SDK to read: what its files say has been read already. That there is none cannot be said, but that one is empty can.
fn no_files() -> EnvConfigFiles {
    EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, "").build()
}

impl LoadServiceConfig for Endpoints {
    /// The SDK asks for nothing else but `auth_scheme_preference` and the like, which these services have no use for.
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let of_endpoint = key.profile() == "endpoint_url";
        self.by_service.get(key.service_id()).filter(|_| of_endpoint).cloned()
    }
}
