//! Services that are asked for little, in AWS JSON 1.1, over what every crate of the SDK is made of: its signatures, retries, time
//! limits and user agent. A crate of the SDK for each would bring a hundred operations more, and half a minute of compiling.

use std::fmt;

use aws_config::SdkConfig;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::sdk_feature::AwsSdkFeature;
use aws_runtime::service_clock_skew::{
    DisableClockSkewCorrection, ServiceClockSkewClassifier, ServiceClockSkewInterceptor,
};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime::client::sdk_feature::SmithySdkFeature;
use aws_smithy_runtime::client::stalled_stream_protection::StalledStreamProtectionInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme};
use aws_smithy_runtime_api::client::endpoint::{EndpointFuture, EndpointResolverParams, ResolveEndpoint};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::endpoint::Endpoint;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use aws_types::request_id::apply_request_id;
use notary::json;
use serde_json::Value;

/// A service, by the names that its crate of the SDK gives it.
#[derive(Debug)]
pub(super) struct JsonService {
    /// In the user agent, and for the retries that all calls of a region share.
    pub(super) api: &'static str,
    /// In signatures.
    pub(super) signing_name: &'static str,
    /// In front of the operation, in the header that names it.
    pub(super) target: &'static str,
}

/// Where a service is asked.
#[derive(Clone, Debug)]
pub(super) enum Address {
    /// At AWS's own endpoint.
    Own(String),
    /// At an endpoint that was named in its place.
    Named(String),
    /// Nowhere: an endpoint was named, and FIPS 140 or IPv6 as well, which say of AWS's own endpoints which.
    Contradiction,
}

impl Address {
    /// The endpoint that was named, else AWS's `own`.
    pub(super) fn new(named: Option<&String>, fips: bool, dual_stack: bool, own: impl FnOnce() -> String) -> Self {
        match named {
            None => Self::Own(own()),
            Some(_) if fips || dual_stack => Self::Contradiction,
            Some(url) => Self::Named(url.clone()),
        }
    }
}

impl ResolveEndpoint for Address {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::ready(match self {
            Self::Own(url) | Self::Named(url) => Ok(Endpoint::builder().url(url.clone()).build()),
            Self::Contradiction => Err("a named endpoint is neither FIPS 140 nor dual-stack".into()),
        })
    }
}

/// What a service answered that did not do what it was asked, or whose answer cannot be read. The latter has no code.
#[derive(Debug, Default)]
pub(super) struct Refused(ErrorMetadata);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the service did not do what it was asked")
    }
}

impl std::error::Error for Refused {}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// The input of an operation that needs none.
pub(super) const NO_INPUT: &str = "{}";

impl JsonService {
    /// Asks for an operation, with the JSON object that is its input. `read` takes the answer, or gives nothing where it is not what the
    /// service documents.
    pub(super) async fn ask<T>(
        &self,
        config: &SdkConfig,
        address: Address,
        operation: &'static str,
        input: String,
        read: impl Fn(&[u8]) -> Option<T> + Send + Sync + 'static,
    ) -> Result<T, SdkError<Refused, HttpResponse>>
    where
        T: fmt::Debug + Send + Sync + 'static,
    {
        let target = format!("{}.{operation}", self.target);
        let mut builder = Operation::builder().service_name(self.api).operation_name(operation);
        if let Some(version) = config.behavior_version() {
            builder = builder.behavior_version(version);
        }
        builder
            .serializer(move |()| request(&target, &input))
            .deserializer(move |response| answer(response, &read))
            .runtime_plugin(self.plugin(config, address))
            .build()
            .invoke(())
            .await
    }

    /// What a client of the SDK is made of.
    fn plugin(&self, config: &SdkConfig, address: Address) -> StaticRuntimePlugin {
        StaticRuntimePlugin::new()
            .with_config(self.layer(config, &address).freeze())
            .with_runtime_components(components(config, address))
    }

    fn layer(&self, config: &SdkConfig, address: &Address) -> Layer {
        let mut layer = Layer::new(self.api);
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(EndpointResolverParams::new(()));
        layer.store_put(ApiMetadata::new(self.api, env!("CARGO_PKG_VERSION")));
        layer.store_put(SigV4OperationSigningConfig::default());
        layer.store_put(SigningName::from_static(self.signing_name));
        let region = config.region().cloned();
        let shared = region.as_ref().map_or_else(|| self.api.to_owned(), |region| format!("{}-{region}", self.api));
        layer.store_put(RetryPartition::new(shared));
        layer.store_or_unset(region.clone().map(SigningRegion::from));
        layer.store_or_unset(region);
        layer.store_or_unset(config.retry_config().cloned());
        layer.store_or_unset(config.timeout_config().cloned());
        layer.store_or_unset(config.app_name().cloned());
        layer.store_or_unset(config.disable_clock_skew_correction().map(DisableClockSkewCorrection::from));
        if let Some(protection) = config.stalled_stream_protection() {
            layer.store_put(protection);
        }
        // The user agent tells these.
        layer.store_append(SmithySdkFeature::RetryModeStandard);
        if !matches!(address, Address::Own(_)) {
            layer.store_append(AwsSdkFeature::EndpointOverride);
        }
        layer
    }
}

fn components(config: &SdkConfig, address: Address) -> RuntimeComponentsBuilder {
    let mut components = RuntimeComponentsBuilder::new("JsonService")
        .with_http_client(config.http_client())
        .with_sleep_impl(config.sleep_impl())
        .with_time_source(config.time_source())
        .with_identity_cache(config.identity_cache())
        .with_endpoint_resolver(Some(address))
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_interceptor(SharedInterceptor::permanent(ConnectionPoisoningInterceptor::new()))
        .with_interceptor(ServiceClockSkewInterceptor::new())
        .with_interceptor(RequestInfoInterceptor::new())
        .with_interceptor(UserAgentInterceptor::new())
        .with_interceptor(InvocationIdInterceptor::new())
        .with_interceptor(SharedInterceptor::permanent(RecursionDetectionInterceptor::new()))
        .with_interceptor(SharedInterceptor::permanent(StalledStreamProtectionInterceptor::default()))
        .with_retry_classifier(HttpStatusCodeClassifier::default())
        .with_retry_classifier(TransientErrorClassifier::<Refused>::new())
        .with_retry_classifier(AwsErrorCodeClassifier::<Refused>::new())
        .with_retry_classifier(ServiceClockSkewClassifier::<Refused>::new());
    if let Some(provider) = config.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, provider);
    }
    components
}

/// The request for an operation.
fn request(target: &str, input: &str) -> Result<HttpRequest, BoxError> {
    let request = http::Request::post("/")
        .header(http::header::CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", target)
        .header(http::header::CONTENT_LENGTH, input.len())
        .body(SdkBody::from(input))?;
    Ok(request.try_into()?)
}

/// What an answer says.
fn answer<T>(response: &HttpResponse, read: impl Fn(&[u8]) -> Option<T>) -> Result<T, OrchestratorError<Refused>> {
    let body = response.body().bytes().unwrap_or_default();
    let answer = match response.status().is_success() {
        true => read(body).ok_or_else(Refused::default),
        false => Err(refused(response, body)),
    };
    answer.map_err(OrchestratorError::operation)
}

/// The error that an answer names: in a header, or in its body. What is not JSON is from no service of AWS.
fn refused(response: &HttpResponse, body: &[u8]) -> Refused {
    let members = match body {
        [] => Ok(serde_json::Map::new()),
        body => json::parse_object(body),
    };
    let Ok(members) = members else { return Refused::default() };
    let text = |names: &[&str]| names.iter().find_map(|name| members.get(*name).and_then(Value::as_str));
    let mut error = apply_request_id(ErrorMetadata::builder(), response.headers());
    if let Some(code) = response.headers().get("x-amzn-errortype").or_else(|| text(&["code", "__type"])) {
        error = error.code(bare(code));
    }
    if let Some(message) = text(&["message", "Message", "errorMessage"]) {
        error = error.message(message);
    }
    Refused(error.build())
}

/// The name of an error, without the namespace in front of it and the address behind it that some services add.
fn bare(code: &str) -> &str {
    let name = code.split(':').next().unwrap_or(code);
    name.split_once('#').map_or(name, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(header: Option<&'static str>, body: &'static str) -> [Option<String>; 2] {
        let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
        if let Some(header) = header {
            response.headers_mut().insert("x-amzn-errortype", header);
        }
        let error = answer(&response, |_| Some(())).unwrap_err();
        let refused = error.as_operation_error().unwrap();
        [refused.code(), refused.message()].map(|text| text.map(str::to_owned))
    }

    #[test]
    fn an_error_is_named_by_header_or_body() {
        for (header, body, code, message) in [
            (None, r#"{"__type": "ServerException", "message": "m"}"#, Some("ServerException"), Some("m")),
            (None, r#"{"__type": "com.amazon.x#Foo", "Message": "M"}"#, Some("Foo"), Some("M")),
            (None, r#"{"code": "Foo", "__type": "Bar", "errorMessage": "m"}"#, Some("Foo"), Some("m")),
            (Some("Foo:http://internal.amazon.com/coral/"), "", Some("Foo"), None),
            (Some("x#Foo:http://y"), r#"{"__type": "Bar"}"#, Some("Foo"), None),
            (None, r#"{"__type": 1, "message": {}}"#, None, None),
            (None, r#"{"message": "m"}"#, None, Some("m")),
            (None, "", None, None),
            (Some("Foo"), "<html>", None, None),
        ] {
            let expected = [code, message].map(|text| text.map(str::to_owned));
            assert_eq!(answered(header, body), expected, "{header:?} {body}");
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_an_error_without_a_name() {
        let response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from("<html>"));
        let error = answer(&response, |_| None::<()>).unwrap_err();
        assert_eq!(error.as_operation_error().unwrap().code(), None);
        assert_eq!(answer(&response, |body| Some(body.len())).unwrap(), 6);
    }

    #[test]
    fn a_named_endpoint_is_asked_as_it_is_or_not_at_all() {
        let named = "http://127.0.0.1:4566".to_owned();
        let address = |named: Option<&String>, fips, dual| Address::new(named, fips, dual, || "own".to_owned());
        assert!(matches!(address(None, true, true), Address::Own(url) if url == "own"));
        assert!(matches!(address(Some(&named), false, false), Address::Named(url) if url == named));
        for (fips, dual_stack) in [(true, false), (false, true), (true, true)] {
            assert!(matches!(address(Some(&named), fips, dual_stack), Address::Contradiction));
        }
    }
}
