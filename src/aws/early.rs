//! What takes time and is surely needed is begun early: credentials and the connection to a service, while a registry is
//! asked. Nothing depends on it, and nothing is reported about it.

use std::sync::{Arc, Mutex, PoisonError};

use ::http::Method;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use url::Url;

use super::client::{Aws, Ready};
use super::http::way;

/// A service whose connection can be opened early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Signer,
    /// Revocation status of AWS Signer.
    SignerData,
}

impl Aws {
    /// Looks for credentials and opens a connection, in parallel with everything else.
    pub(crate) fn open_early(&self, region: &str, service: Service) {
        let (aws, region) = (self.clone(), region.to_owned());
        tokio::spawn(async move {
            let Ok(ready) = aws.ready().await else { return };
            let credentials = ready.identity.credentials();
            let connection = aws.connect(ready, region, service);
            drop(tokio::join!(credentials, connection));
        });
    }

    /// Makes a request that says nothing and needs no answer: the connection stays for the one that does.
    async fn connect(&self, ready: &Ready, region: String, service: Service) {
        let nobody = SharedCredentialsProvider::new(Credentials::new("none", "none", None, None, "none"));
        let config = ready.config.to_builder().region(Region::new(region)).credentials_provider(nobody).build();
        let Some(mut url) = address(&config, service).await.and_then(|url| Url::parse(&url).ok()) else { return };
        url.set_path("/");
        url.set_query(None);
        let Ok((scheme, route)) = way(&url) else { return };
        let Ok(client) = self.inner.transport.client(scheme, route) else { return };
        let _unanswered = client.request(Method::HEAD, url).send().await;
    }
}

/// Where the SDK would send a request, by all its settings, variables and files: it prepares one that it is kept from
/// sending.
async fn address(config: &SdkConfig, service: Service) -> Option<String> {
    let stop = StopBeforeSigning::default();
    match service {
        Service::Signer => {
            let client = aws_sdk_signer::Client::new(config);
            drop(client.list_signing_profiles().customize().interceptor(stop.clone()).send().await);
        }
        Service::SignerData => {
            let client = aws_sdk_signerdata::Client::new(config);
            let request = client
                .get_revocation_status()
                .signature_timestamp(aws_smithy_types::DateTime::from_secs(0))
                .platform_id("none")
                .profile_version_arn("none")
                .job_arn("none")
                .certificate_hashes("none");
            drop(request.customize().interceptor(stop.clone()).send().await);
        }
    }
    stop.0.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Notes where a request would go, and ends it there.
#[derive(Clone, Debug, Default)]
struct StopBeforeSigning(Arc<Mutex<Option<String>>>);

/// The request has served its purpose.
#[derive(Debug, thiserror::Error)]
#[error("not to be sent")]
struct NotToBeSent;

impl Intercept for StopBeforeSigning {
    fn name(&self) -> &'static str {
        "StopBeforeSigning"
    }

    fn read_before_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.request().uri().to_owned());
        Err(NotToBeSent.into())
    }
}
