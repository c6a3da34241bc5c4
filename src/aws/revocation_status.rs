//! `GetRevocationStatus` of AWS Signer. Its answers are not signed, so anything but a well-formed list is no answer.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_signerdata::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_signerdata::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_signerdata::primitives::DateTime;
use url::Url;

use super::error::{AwsError, AwsErrorKind, Operation};
use super::{Aws, endpoint};

/// What is asked: all five are required.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RevocationQuery<'a> {
    /// Region of the signature's ARNs.
    pub(crate) region: &'a str,
    /// When it was signed, in seconds since 1970.
    pub(crate) signature_timestamp: i64,
    /// Platform of the signing job.
    pub(crate) platform_id: &'a str,
    /// ARN of the signing profile's version.
    pub(crate) profile_version_arn: &'a str,
    /// ARN of the signing job.
    pub(crate) job_arn: &'a str,
    /// Hashes of the certificates, in the order of the chain.
    pub(crate) certificate_hashes: &'a [String],
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RevocationAnswer {
    /// ARNs and hashes of what was revoked; empty when nothing was.
    pub(crate) revoked_entities: Vec<String>,
    /// Who answered, when it was not AWS.
    pub(crate) foreign_endpoint: Option<String>,
}

impl Aws {
    /// Asks whether a signature was revoked.
    ///
    /// # Errors
    /// [`AwsError`]; of kind `Malformed` when the answer holds no list.
    pub(crate) async fn revocation_status(&self, query: &RevocationQuery<'_>) -> Result<RevocationAnswer, AwsError> {
        let operation = Operation::GET_REVOCATION_STATUS;
        let config = self.config(query.region).await?;
        let host = SeenHost::default();
        let output = aws_sdk_signerdata::Client::new(&config)
            .get_revocation_status()
            .signature_timestamp(DateTime::from_secs(query.signature_timestamp))
            .platform_id(query.platform_id)
            .profile_version_arn(query.profile_version_arn)
            .job_arn(query.job_arn)
            .set_certificate_hashes(Some(query.certificate_hashes.to_vec()))
            .customize()
            .interceptor(host.clone())
            .send()
            .await
            .map_err(|error| AwsError::of(operation, &error))?;
        let missing =
            || AwsError::new(operation, AwsErrorKind::Malformed, "the answer holds no list `revokedEntities`");
        let revoked_entities = output.revoked_entities.ok_or_else(missing)?;
        Ok(RevocationAnswer { revoked_entities, foreign_endpoint: host.foreign() })
    }
}

/// Remembers where the request went: settings, variables and files of the SDK may all name an endpoint.
#[derive(Clone, Debug, Default)]
struct SeenHost(Arc<Mutex<Option<String>>>);

impl SeenHost {
    fn foreign(&self) -> Option<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // An endpoint that cannot be named is not known to be AWS's.
        let seen = seen.unwrap_or_else(|| "an unknown endpoint".to_owned());
        let url = Url::parse(&seen).ok();
        let own =
            url.as_ref().is_some_and(|url| url.scheme() == "https" && url.host_str().is_some_and(endpoint::is_aws));
        if own {
            return None;
        }
        Some(url.map_or(seen, |mut url| {
            url.set_path("");
            endpoint::shown(url.as_str())
        }))
    }
}

impl Intercept for SeenHost {
    fn name(&self) -> &'static str {
        "SeenHost"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), aws_sdk_signerdata::error::BoxError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.request().uri().to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_not_aws_is_named() {
        for (uri, expected) in [
            (Some("https://data-signer.us-west-2.amazonaws.com/revocations?x=y"), None),
            (Some("https://proxy.example/revocations?x=y"), Some("https://proxy.example")),
            (Some("http://127.0.0.1:4566/revocations"), Some("http://127.0.0.1:4566")),
            (Some("http://data-signer.us-west-2.amazonaws.com/"), Some("http://data-signer.us-west-2.amazonaws.com")),
            (None, Some("an unknown endpoint")),
        ] {
            let seen = SeenHost(Arc::new(Mutex::new(uri.map(str::to_owned))));
            assert_eq!(seen.foreign().as_deref(), expected, "{uri:?}");
        }
    }
}
