//! Why a call to AWS did not succeed: one type for all services, in AWS's own words and with its request id.

use std::error::Error as StdError;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId as _;

use super::http::ExchangeError;

/// One operation of one service, as IAM policies name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation(pub(crate) &'static str);

impl Operation {
    /// `signer:SignPayload`
    pub(crate) const SIGN_PAYLOAD: Self = Self("signer:SignPayload");
    /// `signer:GetRevocationStatus`
    pub(crate) const GET_REVOCATION_STATUS: Self = Self("signer:GetRevocationStatus");
    /// `signer:GetSigningProfile`
    pub(crate) const GET_SIGNING_PROFILE: Self = Self("signer:GetSigningProfile");
    /// `ecr:GetAuthorizationToken`
    pub(crate) const ECR_LOGIN: Self = Self("ecr:GetAuthorizationToken");
    /// `ecr-public:GetAuthorizationToken`
    pub(crate) const ECR_PUBLIC_LOGIN: Self = Self("ecr-public:GetAuthorizationToken");
    /// `sts:AssumeRole`
    pub(crate) const ASSUME_ROLE: Self = Self("sts:AssumeRole");
    /// `sts:AssumeRoleWithWebIdentity`
    pub(crate) const ASSUME_ROLE_WITH_WEB_IDENTITY: Self = Self("sts:AssumeRoleWithWebIdentity");
    /// `sts:GetCallerIdentity`
    pub(crate) const GET_CALLER_IDENTITY: Self = Self("sts:GetCallerIdentity");
    /// Finding credentials, before any call.
    pub(crate) const CREDENTIALS: Self = Self("AWS credentials");
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

/// What is said when no source has credentials; the SDK's own words are a page.
const NO_CREDENTIALS: &str =
    "no AWS credentials: none in variables, configuration files, web identity, container or instance";

/// Names of errors that say: these credentials are none.
const WRONG_CREDENTIALS: [&str; 7] = [
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
];

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AwsErrorKind {
    /// No source has credentials.
    NoCredentials,
    /// Credentials or a token have run out.
    Expired,
    /// The clock of this machine is wrong.
    ClockSkew,
    /// Not allowed.
    Denied,
    /// It does not exist.
    NotFound,
    /// Too many requests, also after all attempts.
    Throttled,
    /// No answer, or a fault on AWS's side, also after all attempts.
    Unavailable,
    /// The request is one that AWS does not take.
    Invalid,
    /// An answer of a form that AWS does not have.
    Malformed,
    /// A setting cannot be used.
    Setting,
}

/// A call that did not succeed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub(crate) struct AwsError {
    /// What was called.
    pub(crate) operation: Operation,
    /// What kind of failure it is.
    pub(crate) kind: AwsErrorKind,
    /// AWS's name for it.
    pub(crate) code: Option<String>,
    /// AWS's words, or those of the library.
    pub(crate) message: String,
    /// AWS's number of the request.
    pub(crate) request_id: Option<String>,
}

impl AwsError {
    /// A failure that is ours to tell.
    pub(crate) fn new(operation: Operation, kind: AwsErrorKind, message: impl Into<String>) -> Self {
        Self { operation, kind, code: None, message: message.into(), request_id: None }
    }

    /// From what the SDK returned.
    pub(crate) fn of<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let request_id = error.request_id().map(str::to_owned);
        if let Some(service) = error.as_service_error() {
            let status = error.raw_response().map(|response| response.status().as_u16());
            if let Some(code) = service.code() {
                let message = service.message().unwrap_or("no reason given").to_owned();
                let kind = kind_of(code, &message, status);
                return Self { operation, kind, code: Some(code.to_owned()), message, request_id };
            }
            let status = status.unwrap_or_default();
            let message = match status {
                // The SDK takes an answer for an error too when it cannot read it.
                200..=299 => "the answer is not what the service documents".to_owned(),
                _ => format!("HTTP status {status} without the name of an error"),
            };
            return Self { operation, kind: kind_of_status(status), code: None, message, request_id };
        }
        let (kind, message) = undelivered(error);
        Self { operation, kind, code: None, message, request_id }
    }

    /// From what a source of credentials returned.
    pub(super) fn credentials(error: &CredentialsError) -> Self {
        if let Some(own) = causes(error).find_map(|cause| cause.downcast_ref::<Self>()) {
            return own.clone();
        }
        if let CredentialsError::CredentialsNotLoaded(_) = error {
            return Self::new(Operation::CREDENTIALS, AwsErrorKind::NoCredentials, NO_CREDENTIALS);
        }
        let words = words(error);
        let kind = match error {
            CredentialsError::ProviderTimedOut(_) => AwsErrorKind::Unavailable,
            CredentialsError::InvalidConfiguration(_) => AwsErrorKind::Setting,
            _ if words.contains("ExpiredToken") => AwsErrorKind::Expired,
            _ if words.contains("AccessDenied") || words.contains("InvalidIdentityToken") => AwsErrorKind::Denied,
            _ if causes(error).any(|cause| cause.is::<ExchangeError>() || is_unanswered(cause)) => {
                AwsErrorKind::Unavailable
            }
            _ => AwsErrorKind::NoCredentials,
        };
        Self::new(Operation::CREDENTIALS, kind, words)
    }

    /// From what a profile of the configuration files returned.
    pub(super) fn of_profile(name: &str, error: &CredentialsError) -> Self {
        let told = Self::credentials(error);
        let message = format!("profile {name} of the AWS configuration files: {}", words(error));
        if told.operation == Operation::CREDENTIALS { Self { message, ..told } } else { told }
    }

    /// Whether the credentials are wrong, and not what they allow.
    pub(crate) fn is_about_credentials(&self) -> bool {
        let code = self.code.as_deref().map(|code| code.rsplit('#').next().unwrap_or(code));
        code.is_some_and(|code| WRONG_CREDENTIALS.contains(&code))
    }

    fn sentence(&self) -> String {
        let code = self.code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default();
        let id = self.request_id.as_ref().map(|id| format!(" (request id {id})")).unwrap_or_default();
        match self.operation {
            Operation::CREDENTIALS => self.message.clone(),
            operation => format!("{operation}: {code}{}{id}", self.message),
        }
    }
}

/// What the name of an error means. Signer throttles with `TooManyRequestsException`, and IAM denies with a name and
/// a sentence that differ between services.
fn kind_of(code: &str, message: &str, status: Option<u16>) -> AwsErrorKind {
    let name = code.rsplit('#').next().unwrap_or(code);
    match name {
        "RequestExpired" | "RequestTimeTooSkewed" => AwsErrorKind::ClockSkew,
        "InvalidSignatureException" | "SignatureDoesNotMatch"
            if message.contains("expired") || message.contains("not yet current") =>
        {
            AwsErrorKind::ClockSkew
        }
        "ExpiredToken" | "ExpiredTokenException" => AwsErrorKind::Expired,
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
        | "Throttling"
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

/// What kept a request from being answered.
fn undelivered<E>(error: &SdkError<E, HttpResponse>) -> (AwsErrorKind, String)
where
    E: StdError + 'static,
{
    let words = words(error);
    if let Some(own) = causes(error).find_map(|cause| cause.downcast_ref::<AwsError>()) {
        return (own.kind, own.to_string());
    }
    if let Some(credentials) = causes(error).find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        let found = AwsError::credentials(credentials);
        return (found.kind, found.message);
    }
    let kind = match error {
        SdkError::ConstructionFailure(_) => AwsErrorKind::Setting,
        SdkError::DispatchFailure(failure) if failure.is_user() => AwsErrorKind::Setting,
        SdkError::ResponseError(_) => AwsErrorKind::Malformed,
        _ => AwsErrorKind::Unavailable,
    };
    (kind, words)
}

/// Whether a request had no answer.
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

/// An error and its causes in one line.
fn words(error: &(dyn StdError + 'static)) -> String {
    let mut words = String::new();
    for cause in causes(error).take(8) {
        let next = cause.to_string();
        if words.ends_with(&next) {
            continue;
        }
        if !words.is_empty() {
            words.push_str(": ");
        }
        words.push_str(&next);
    }
    // What a program of `credential_process` prints may be anything, secrets too.
    let told = words.split_once(" Stderr:").map_or(words.as_str(), |(told, _)| told);
    // The SDK tells of several sources in several lines.
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("ExpiredTokenException", "", 403, Expired),
            ("ExpiredToken", "", 400, Expired),
            ("ResourceNotFoundException", "", 404, NotFound),
            ("com.amazonaws.signer#NotFoundException", "", 404, NotFound),
            ("TooManyRequestsException", "", 429, Throttled),
            ("ThrottlingException", "", 429, Throttled),
            ("ServiceLimitExceededException", "", 402, Throttled),
            ("InternalServiceErrorException", "", 500, Unavailable),
            ("IDPCommunicationError", "", 400, Unavailable),
            ("ValidationException", "", 400, Invalid),
            ("SomethingNew", "", 403, Denied),
            ("SomethingNew", "", 400, Invalid),
            ("SomethingNew", "", 503, Unavailable),
        ] {
            assert_eq!(kind_of(code, message, Some(status)), expected, "{code} {message}");
        }
    }

    #[test]
    fn a_profile_that_was_asked_for_is_named() {
        let error = CredentialsError::not_loaded("profile `ci` was not defined");
        let found = AwsError::of_profile("ci", &error);
        assert_eq!(found.kind, AwsErrorKind::NoCredentials);
        assert!(found.message.starts_with("profile ci of the AWS configuration files"), "{found}");
        assert!(found.message.contains("was not defined"), "{found}");
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

    #[test]
    fn a_source_of_credentials_that_does_not_answer_is_unavailable() {
        let kind = |error| AwsError::credentials(&CredentialsError::provider_error(error)).kind;
        assert_eq!(kind(ConnectorError::io("broken".into())), AwsErrorKind::Unavailable);
        assert_eq!(kind(ConnectorError::timeout("late".into())), AwsErrorKind::Unavailable);
        assert_eq!(kind(ConnectorError::user("wrong".into())), AwsErrorKind::NoCredentials);
    }
}
