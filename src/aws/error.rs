//! What the SDK reports about a failed call, as an [`AwsError`].

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId as _;

use super::facts::error::{AwsError, AwsErrorKind, Operation};
use super::http::ExchangeError;
use crate::clock::Clock;
use crate::secrets;
use crate::transport::read_date;

impl AwsError {
    /// From a request that was signed, and with it dated: with how far off the clock is by which that was done.
    pub(crate) fn of_signed<E>(operation: Operation, error: &SdkError<E, HttpResponse>, clock: &Clock) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let date = error.raw_response().and_then(|response| read_date(response.headers().get("date")?));
        let clock_off = date.map(|date| clock.now().duration_since(date));
        Self { clock_off, ..Self::of(operation, error) }
    }

    pub(crate) fn of<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let request_id = error.request_id().and_then(word);
        if let Some(service) = error.as_service_error() {
            let status = error.raw_response().map(|response| response.status().as_u16());
            if let Some(code) = service.code() {
                let message = secrets::hidden(service.message().unwrap_or("no reason given")).into_owned();
                let kind = kind_of(code, &message, status);
                return Self { operation, kind, code: word(code), message, request_id, clock_off: None };
            }
            let status = status.unwrap_or_default();
            let message = match status {
                // The SDK takes an answer for an error too when it cannot read it.
                200..=299 => "the answer is not what the service documents".to_owned(),
                _ => format!("HTTP status {status} without the name of an error"),
            };
            return Self { operation, kind: kind_of_status(status), code: None, message, request_id, clock_off: None };
        }
        let (kind, message) = undelivered(error);
        Self { operation, kind, code: None, message, request_id, clock_off: None }
    }

    /// From what a source of credentials of the SDK returned. `status` is that of its last answer, where it has asked over HTTP.
    /// The SDK describes failures in sentences that include its input, so only types are looked at here.
    pub(super) fn of_source(source: &str, error: &CredentialsError, status: Option<u16>) -> Self {
        if let Some(own) = causes(error).find_map(|cause| cause.downcast_ref::<Self>()) {
            return own.clone();
        }
        let told = |kind, fact: &str| Self::new(Operation::CREDENTIALS, kind, format!("{source} {fact}"));
        if let Some(exchange) = causes(error).find_map(|cause| cause.downcast_ref::<ExchangeError>()) {
            return told(exchange.kind(), &format!("gave no credentials: {exchange}"));
        }
        if matches!(error, CredentialsError::ProviderTimedOut(_)) || causes(error).any(is_unanswered) {
            return told(AwsErrorKind::Unavailable, "gave no answer in time");
        }
        match (status, error) {
            (Some(status), _) if !(200..=299).contains(&status) => {
                let kind = match kind_of_status(status) {
                    AwsErrorKind::Malformed => AwsErrorKind::NoCredentials,
                    kind => kind,
                };
                told(kind, &format!("answered with HTTP status {status}"))
            }
            (Some(_), _) => told(AwsErrorKind::NoCredentials, "gave an answer that contains no credentials"),
            (None, CredentialsError::InvalidConfiguration(_)) => {
                told(AwsErrorKind::Setting, "cannot be used with its settings")
            }
            (None, _) => told(AwsErrorKind::NoCredentials, "gave no credentials"),
        }
    }
}

/// A name of an error or the number of a request, without what was sent to authorize; nothing for what is of no form that
/// AWS gives either.
fn word(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".#_:/=+-".contains(&byte);
    let shown = secrets::hidden(text);
    (shown == text && (1..=128).contains(&text.len()) && text.bytes().all(allowed)).then(|| text.to_owned())
}

/// What the name of an error means. Signer throttles with `TooManyRequestsException`, and IAM denies with a name and
/// a sentence that differ between services.
fn kind_of(code: &str, message: &str, status: Option<u16>) -> AwsErrorKind {
    let name = code.rsplit('#').next().unwrap_or(code);
    match name {
        "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => AwsErrorKind::ClockSkew,
        "InvalidSignatureException" | "SignatureDoesNotMatch"
            if message.contains("expired") || message.contains("not yet current") =>
        {
            AwsErrorKind::ClockSkew
        }
        "ExpiredToken" | "ExpiredTokenException" => AwsErrorKind::Expired,
        // STS has one name for a token that is wrong and for an issuer whose keys it could not fetch just now.
        "InvalidIdentityToken" | "InvalidIdentityTokenException" if message.contains("retrieve verification key") => {
            AwsErrorKind::Unavailable
        }
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidIdentityToken"
        | "InvalidIdentityTokenException"
        | "IDPRejectedClaim"
        | "IDPRejectedClaimException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "OptInRequired"
        | "NotAuthorized" => AwsErrorKind::Denied,
        "ResourceNotFoundException" | "NotFoundException" => AwsErrorKind::NotFound,
        "TooManyRequestsException"
        | "ThrottlingException"
        | "ThrottledException"
        | "Throttling"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "RequestLimitExceeded"
        | "ServiceLimitExceededException" => AwsErrorKind::Throttled,
        "IDPCommunicationError" | "IDPCommunicationErrorException" => AwsErrorKind::Unavailable,
        _ => match status {
            Some(403 | 401) => AwsErrorKind::Denied,
            Some(404) => AwsErrorKind::NotFound,
            Some(status) => match kind_of_status(status) {
                AwsErrorKind::Malformed => AwsErrorKind::Invalid,
                kind => kind,
            },
            None => AwsErrorKind::Invalid,
        },
    }
}

/// What an answer means that does not name its error.
const fn kind_of_status(status: u16) -> AwsErrorKind {
    match status {
        401 | 403 => AwsErrorKind::Denied,
        429 => AwsErrorKind::Throttled,
        500..=599 => AwsErrorKind::Unavailable,
        _ => AwsErrorKind::Malformed,
    }
}

/// What kept a request from being answered. Of the errors below only our own have messages that we show: the SDK's may quote the
/// request, and with it what authorizes.
fn undelivered<E>(error: &SdkError<E, HttpResponse>) -> (AwsErrorKind, String)
where
    E: StdError + 'static,
{
    if let Some(own) = causes(error).find_map(|cause| cause.downcast_ref::<AwsError>()) {
        return (own.kind, own.to_string());
    }
    if let Some(exchange) = causes(error).find_map(|cause| cause.downcast_ref::<ExchangeError>()) {
        return (exchange.kind(), exchange.to_string());
    }
    let (kind, fact) = match error {
        SdkError::ConstructionFailure(_) => (
            AwsErrorKind::Setting,
            "no request can be made with these settings: the service may have no such endpoint in this region (FIPS, dual-stack)",
        ),
        SdkError::TimeoutError(_) => (AwsErrorKind::Unavailable, "no complete answer came in time"),
        SdkError::DispatchFailure(failure) if failure.is_user() => {
            (AwsErrorKind::Setting, "the request could not be sent with these settings")
        }
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            (AwsErrorKind::Unavailable, "no answer came in time")
        }
        SdkError::ResponseError(_) => (AwsErrorKind::Malformed, "the answer is not what the service documents"),
        _ => (AwsErrorKind::Unavailable, "the request was not answered"),
    };
    (kind, fact.to_owned())
}

fn is_unanswered(cause: &(dyn StdError + 'static)) -> bool {
    cause.downcast_ref::<ConnectorError>().is_some_and(|error| error.is_io() || error.is_timeout())
}

/// An error and everything below it.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use aws_smithy_types::error::ErrorMetadata;

    use super::*;
    use crate::transport::NoAnswer;

    #[test]
    fn names_of_errors_mean_what_aws_means_by_them() {
        use AwsErrorKind::{ClockSkew, Denied, Expired, Invalid, NotFound, Throttled, Unavailable};
        for (code, message, status, expected) in [
            ("AccessDeniedException", "", 403, Denied),
            ("AccessDenied", "", 403, Denied),
            ("UnrecognizedClientException", "", 400, Denied),
            ("InvalidIdentityToken", "", 400, Denied),
            ("InvalidSignatureException", "Signature expired: 1 is now earlier than 2", 403, ClockSkew),
            ("InvalidSignatureException", "Signature not yet current: 1 is still later than 2", 403, ClockSkew),
            ("InvalidSignatureException", "The request signature we calculated does not match", 403, Denied),
            ("RequestExpired", "", 400, ClockSkew),
            ("RequestTimeTooSkewed", "", 403, ClockSkew),
            ("RequestInTheFuture", "", 403, ClockSkew),
            ("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2", 403, ClockSkew),
            ("SignatureDoesNotMatch", "Signature not yet current: 1 is still later than 2", 403, ClockSkew),
            ("SignatureDoesNotMatch", "The request signature we calculated does not match", 403, Denied),
            ("ExpiredTokenException", "", 403, Expired),
            ("ExpiredToken", "", 400, Expired),
            ("ResourceNotFoundException", "", 404, NotFound),
            ("com.amazonaws.signer#NotFoundException", "", 404, NotFound),
            ("TooManyRequestsException", "", 429, Throttled),
            ("ThrottlingException", "", 429, Throttled),
            ("ServiceLimitExceededException", "", 402, Throttled),
            ("InternalServiceErrorException", "", 500, Unavailable),
            ("IDPCommunicationError", "", 400, Unavailable),
            ("IDPCommunicationErrorException", "", 400, Unavailable),
            (
                "InvalidIdentityToken",
                "Couldn't retrieve verification key from your identity provider, please reference \
                AssumeRoleWithWebIdentity documentation for requirements",
                400,
                Unavailable,
            ),
            ("InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://x", 400, Denied),
            ("ValidationException", "", 400, Invalid),
            ("SomethingNew", "", 403, Denied),
            ("SomethingNew", "", 400, Invalid),
            ("SomethingNew", "", 503, Unavailable),
        ] {
            assert_eq!(kind_of(code, message, Some(status)), expected, "{code} {message}");
        }
    }

    #[test]
    fn an_error_names_the_operation_the_reason_and_the_request() {
        let error = AwsError {
            code: Some("AccessDeniedException".to_owned()),
            request_id: Some("1-2".to_owned()),
            ..AwsError::new(Operation::SIGN_PAYLOAD, AwsErrorKind::Denied, "no")
        };
        assert_eq!(error.to_string(), "signer:SignPayload: AccessDeniedException: no (request id 1-2)");
        let error = AwsError::new(Operation::CREDENTIALS, AwsErrorKind::NoCredentials, "none found");
        assert_eq!(error.to_string(), "none found");
    }

    /// An error whose message must not be shown.
    #[derive(Debug, thiserror::Error)]
    #[error("geheim")]
    struct Library(#[source] Option<Box<dyn StdError + Send + Sync>>);

    impl ProvideErrorMetadata for Library {
        fn meta(&self) -> &ErrorMetadata {
            static NONE: LazyLock<ErrorMetadata> = LazyLock::new(|| ErrorMetadata::builder().build());
            &NONE
        }
    }

    #[test]
    fn a_source_of_credentials_is_told_by_types_alone() {
        use AwsErrorKind::{Denied, NoCredentials, Setting, Unavailable};
        let library = || Library(Some("geheim".into()));
        let refused = || ExchangeError::NoAnswer { host: "h".to_owned(), why: NoAnswer::Refused };
        for (error, status, kind) in [
            (CredentialsError::provider_error(ConnectorError::io("geheim".into())), None, Unavailable),
            (CredentialsError::provider_error(ConnectorError::timeout("geheim".into())), None, Unavailable),
            (CredentialsError::provider_error(ConnectorError::user("geheim".into())), None, NoCredentials),
            (CredentialsError::provider_error(ConnectorError::from(refused())), None, Unavailable),
            (CredentialsError::provider_timed_out(std::time::Duration::from_secs(1)), None, Unavailable),
            (CredentialsError::invalid_configuration(library()), None, Setting),
            (CredentialsError::unhandled(library()), None, NoCredentials),
            (CredentialsError::provider_error("ExpiredToken AccessDenied geheim"), None, NoCredentials),
            (CredentialsError::provider_error(library()), Some(403), Denied),
            (CredentialsError::provider_error(library()), Some(404), NoCredentials),
            (CredentialsError::provider_error(library()), Some(503), Unavailable),
            (CredentialsError::unhandled(library()), Some(200), NoCredentials),
        ] {
            let found = AwsError::of_source("the container's endpoint", &error, status);
            assert_eq!(found.kind, kind, "{error:?}");
            assert!(found.message.starts_with("the container's endpoint "), "{found}");
            assert!(!found.to_string().contains("geheim"), "{found}");
        }
        let own = AwsError::new(Operation::ASSUME_ROLE, Denied, "ours");
        let found = AwsError::of_source("x", &CredentialsError::provider_error(own), None);
        assert_eq!((found.operation, found.kind, found.message.as_str()), (Operation::ASSUME_ROLE, Denied, "ours"));
    }

    #[test]
    fn what_kept_a_request_from_being_answered_is_told_by_types_alone() {
        use AwsErrorKind::{Malformed, Setting, Unavailable};
        type Failed = SdkError<Library, HttpResponse>;
        let library = || Library(Some("geheim".into()));
        let dispatch = |error| Failed::dispatch_failure(error);
        let answer = || HttpResponse::new(200.try_into().unwrap(), aws_smithy_types::body::SdkBody::from("geheim"));
        for (error, kind) in [
            (Failed::construction_failure(library()), Setting),
            (Failed::timeout_error(library()), Unavailable),
            (dispatch(ConnectorError::user("geheim".into())), Setting),
            (dispatch(ConnectorError::io("geheim".into())), Unavailable),
            (dispatch(ConnectorError::other("geheim".into(), None)), Unavailable),
            (dispatch(ExchangeError::NotUrl.into()), Setting),
            (dispatch(ExchangeError::NotAnswer { host: "h".to_owned() }.into()), Malformed),
            (Failed::response_error(library(), answer()), Malformed),
            (Failed::construction_failure(CredentialsError::provider_error(library())), Setting),
        ] {
            let found = AwsError::of(Operation::SIGN_PAYLOAD, &error);
            assert_eq!(found.kind, kind, "{error:?}");
            assert!(!found.to_string().contains("geheim"), "{found}");
        }
        let own = AwsError::no_credentials();
        let found = AwsError::of(
            Operation::SIGN_PAYLOAD,
            &Failed::construction_failure(CredentialsError::provider_error(own.clone())),
        );
        assert_eq!((found.kind, found.message), (AwsErrorKind::NoCredentials, own.message));
    }
}
