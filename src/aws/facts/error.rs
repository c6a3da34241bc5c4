//! Why a call to AWS did not succeed: one type for all services, in AWS's own words and with its request id.

use std::fmt;

use jiff::SignedDuration;

/// One operation of one service, as IAM policies name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation(pub(crate) &'static str);

impl Operation {
    pub(crate) const SIGN_PAYLOAD: Self = Self("signer:SignPayload");
    pub(crate) const GET_REVOCATION_STATUS: Self = Self("signer:GetRevocationStatus");
    pub(crate) const GET_SIGNING_PROFILE: Self = Self("signer:GetSigningProfile");
    pub(crate) const ECR_LOGIN: Self = Self("ecr:GetAuthorizationToken");
    pub(crate) const ECR_PUBLIC_LOGIN: Self = Self("ecr-public:GetAuthorizationToken");
    pub(crate) const DESCRIBE_SERVICE_REVISIONS: Self = Self("ecs:DescribeServiceRevisions");
    pub(crate) const DESCRIBE_SERVICE_DEPLOYMENTS: Self = Self("ecs:DescribeServiceDeployments");
    pub(crate) const DESCRIBE_TASK_DEFINITION: Self = Self("ecs:DescribeTaskDefinition");
    pub(crate) const ASSUME_ROLE: Self = Self("sts:AssumeRole");
    pub(crate) const ASSUME_ROLE_WITH_WEB_IDENTITY: Self = Self("sts:AssumeRoleWithWebIdentity");
    pub(crate) const GET_CALLER_IDENTITY: Self = Self("sts:GetCallerIdentity");
    /// Finding credentials, before any call.
    pub(crate) const CREDENTIALS: Self = Self("AWS credentials");
    /// Running the program that a profile names, before any call.
    pub(crate) const CREDENTIAL_PROCESS: Self = Self("credential_process");

    /// Its name in its service.
    pub(crate) fn name(self) -> &'static str {
        self.0.split_once(':').map_or(self.0, |(_, name)| name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

/// What is said when no source has credentials; the SDK's own words are a page.
const NO_CREDENTIALS: &str =
    "no AWS credentials: none in variables, configuration files, web identity, container or instance";

/// Names of errors that mean that the credentials are not valid.
const WRONG_CREDENTIALS: [&str; 7] = [
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AwsErrorKind {
    NoCredentials,
    /// Credentials or a token have expired.
    Expired,
    /// The clock of this machine is wrong.
    ClockSkew,
    Denied,
    NotFound,
    /// Too many requests, also after all attempts.
    Throttled,
    /// No answer, or a fault on AWS's side, also after all attempts.
    Unavailable,
    /// The request is one that AWS does not take.
    Invalid,
    /// An answer of a form that AWS does not have.
    Malformed,
    /// No TLS connection that is trusted: something between this machine and AWS ends it.
    Untrusted,
    /// The proxy does not let the request through.
    Proxy,
    Setting,
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub(crate) struct AwsError {
    pub(crate) operation: Operation,
    pub(crate) kind: AwsErrorKind,
    /// AWS's error code.
    pub(crate) code: Option<String>,
    /// The message of AWS or of the library.
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    /// How far this machine's clock is ahead of AWS's, by the date of the answer.
    pub(crate) clock_off: Option<SignedDuration>,
}

impl AwsError {
    pub(crate) fn new(operation: Operation, kind: AwsErrorKind, message: impl Into<String>) -> Self {
        Self { operation, kind, code: None, message: message.into(), request_id: None, clock_off: None }
    }

    /// Whether a setting, or a certificate authority that is not set, kept AWS from being asked.
    pub(crate) const fn is_of_settings(&self) -> bool {
        matches!(self.kind, AwsErrorKind::Setting | AwsErrorKind::Untrusted)
    }

    /// A setting that cannot be used, in a sentence that names it.
    pub(crate) fn setting(message: impl Into<String>) -> Self {
        Self::new(Operation::CREDENTIALS, AwsErrorKind::Setting, message)
    }

    /// No source has credentials; the SDK's own words are a page.
    pub(crate) fn no_credentials() -> Self {
        Self::new(Operation::CREDENTIALS, AwsErrorKind::NoCredentials, NO_CREDENTIALS)
    }

    /// Whether the credentials are wrong, and not what they allow.
    pub(crate) fn is_about_credentials(&self) -> bool {
        let code = self.code.as_deref().map(|code| code.rsplit('#').next().unwrap_or(code));
        code.is_some_and(|code| WRONG_CREDENTIALS.contains(&code))
    }

    /// Whether AWS Signer was asked, and not another of AWS's services.
    pub(crate) fn is_of_signer(&self) -> bool {
        self.operation.0.starts_with("signer:")
    }

    fn sentence(&self) -> String {
        let code = self.code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default();
        let id = self.request_id.as_ref().map(|id| format!(" (request id {id})")).unwrap_or_default();
        match self.operation {
            Operation::CREDENTIALS | Operation::CREDENTIAL_PROCESS => self.message.clone(),
            operation => format!("{operation}: {code}{}{id}", self.message),
        }
    }
}
