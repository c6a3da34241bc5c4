//! `GetRevocationStatus` of AWS Signer. Its answers are not signed, so anything but a well-formed list is refused.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_signerdata::config::interceptors::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_signerdata::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_signerdata::error::BoxError;
use aws_sdk_signerdata::primitives::DateTime;
use notary::json::{self, Object};
use url::Url;

use super::client::Aws;
use super::facts::endpoint;
use super::facts::error::{AwsError, AwsErrorKind, Operation};

/// The member of the response that is read.
const LIST: &str = "revokedEntities";

/// What is asked: all five are required.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RevocationQuery<'a> {
    /// Region of the signature's ARNs.
    pub(crate) region: &'a str,
    /// When it was signed, in seconds since 1970.
    pub(crate) signature_timestamp: i64,
    pub(crate) platform_id: &'a str,
    pub(crate) profile_version_arn: &'a str,
    pub(crate) job_arn: &'a str,
    /// Hashes of the certificates, in the order of the chain.
    pub(crate) certificate_hashes: &'a [String],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RevocationAnswer {
    /// ARNs and hashes of what was revoked; empty when nothing was.
    pub(crate) revoked_entities: Vec<String>,
    /// The endpoint that answered, if it was not AWS's.
    pub(crate) foreign_endpoint: Option<String>,
}

impl Aws {
    /// Asks whether a signature was revoked.
    ///
    /// # Errors
    /// [`AwsError`]; of kind `Malformed` when the answer contains no list.
    pub(crate) async fn revocation_status(&self, query: &RevocationQuery<'_>) -> Result<RevocationAnswer, AwsError> {
        self.inner.patience.wait_out(|| self.ask_revocation_status(query)).await
    }

    async fn ask_revocation_status(&self, query: &RevocationQuery<'_>) -> Result<RevocationAnswer, AwsError> {
        let operation = Operation::GET_REVOCATION_STATUS;
        let config = self.config(query.region).await?;
        let seen = Seen::default();
        let output = aws_sdk_signerdata::Client::new(&config)
            .get_revocation_status()
            .signature_timestamp(DateTime::from_secs(query.signature_timestamp))
            .platform_id(query.platform_id)
            .profile_version_arn(query.profile_version_arn)
            .job_arn(query.job_arn)
            .set_certificate_hashes(Some(query.certificate_hashes.to_vec()))
            .customize()
            .interceptor(seen.clone())
            .send()
            .await
            .map_err(|error| AwsError::of_signed(operation, &error, &self.inner.clock))?;
        let malformed = |fact: String| AwsError::new(operation, AwsErrorKind::Malformed, fact);
        if let Some(fact) = seen.with(|exchange| exchange.ambiguity.take()) {
            return Err(malformed(format!("the answer is not JSON with one meaning: {fact}")));
        }
        let revoked_entities =
            output.revoked_entities.ok_or_else(|| malformed(format!("the answer contains no list `{LIST}`")))?;
        Ok(RevocationAnswer { revoked_entities, foreign_endpoint: seen.foreign(query.region) })
    }
}

/// What was seen of one exchange with the endpoint.
#[derive(Debug, Default)]
struct Exchange {
    /// Where the request went: settings, variables and files of the SDK may all name an endpoint.
    address: Option<String>,
    /// Why the answer is ambiguous. The SDK ignores that: of two lists it takes the last.
    ambiguity: Option<String>,
}

/// Watches an exchange with the endpoint.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<Exchange>>);

impl Seen {
    fn with<T>(&self, look: impl FnOnce(&mut Exchange) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The endpoint that answered, unless it is AWS in the region of the signature.
    fn foreign(&self, region: &str) -> Option<String> {
        let seen = self.with(|exchange| exchange.address.clone());
        // An endpoint that cannot be named is not known to be AWS's.
        let seen = seen.unwrap_or_else(|| "an unknown endpoint".to_owned());
        let url = Url::parse(&seen).ok();
        if url.as_ref().is_some_and(|url| endpoint::tells_revocation(url, region)) {
            return None;
        }
        Some(url.map_or(seen, |mut url| {
            url.set_path("");
            endpoint::shown(url.as_str())
        }))
    }
}

impl Intercept for Seen {
    fn name(&self) -> &'static str {
        "Seen"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.with(|exchange| exchange.address = Some(context.request().uri().to_owned()));
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let ambiguity = ambiguity(context.response().body().bytes().unwrap_or_default());
        self.with(|exchange| exchange.ambiguity = ambiguity);
        Ok(())
    }
}

/// What keeps an answer from having one meaning. The SDK leaves `null` out of the list: an answer that names what it does
/// not name would be one that names nothing.
fn ambiguity(answer: &[u8]) -> Option<String> {
    let read = json::parse_object(answer).and_then(|object| Object::new(&object, &[LIST])?.texts(LIST).map(drop));
    read.err().map(|error| error.to_string())
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
            (Some("https://data-signer.eu-west-1.amazonaws.com/"), Some("https://data-signer.eu-west-1.amazonaws.com")),
            (Some("https://b.s3.us-west-2.amazonaws.com/revocations"), Some("https://b.s3.us-west-2.amazonaws.com")),
            (None, Some("an unknown endpoint")),
        ] {
            let seen = Seen::default();
            seen.with(|exchange| exchange.address = uri.map(str::to_owned));
            assert_eq!(seen.foreign("us-west-2").as_deref(), expected, "{uri:?}");
        }
    }

    #[test]
    fn an_answer_has_one_meaning() {
        for answer in [r#"{"revokedEntities": []}"#, r#"{"revokedEntities": ["a", "b"], "more": {}}"#, "{}"] {
            assert_eq!(ambiguity(answer.as_bytes()), None, "{answer}");
        }
        for answer in [
            r#"{"revokedEntities": ["a"], "revokedEntities": []}"#,
            r#"{"revokedEntities": [], "RevokedEntities": ["a"]}"#,
            r#"{"revokedEntities": []} {}"#,
            r#"{"revokedEntities": [null]}"#,
            r#"{"revokedEntities": ["a", null]}"#,
            r#"{"revokedEntities": [["a"]]}"#,
            r#"{"revokedEntities": [{}]}"#,
            r#"{"revokedEntities": {}}"#,
            r#"{"revokedEntities": "a"}"#,
            r#"[{"revokedEntities": []}]"#,
            "[]",
            "",
        ] {
            assert!(ambiguity(answer.as_bytes()).is_some(), "{answer}");
        }
    }
}
