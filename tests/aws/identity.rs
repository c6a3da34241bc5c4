//! Who asks: access keys, sessions, roles, and the check of a request's signature.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Failure, Protocol};
use super::arn::{self, Arn};
use super::clock;
use super::random;
use super::request::Request;
use super::sigv4::Authorization;

/// How far a request's time may be from the endpoint's.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

/// An access key and what belongs to it.
#[derive(Clone)]
pub(crate) struct Credential {
    /// Secret access key.
    pub(crate) secret: String,
    /// Session token. Temporary credentials have one, and it must be sent.
    pub(crate) token: Option<String>,
    /// ARN of the user or of the session.
    pub(crate) principal: String,
    /// As `GetCallerIdentity` shows it.
    pub(crate) user_id: String,
    /// End of a session.
    pub(crate) expires: Option<Timestamp>,
}

/// A role that can be assumed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Role {
    /// `arn:PARTITION:iam::ACCOUNT:role/NAME`.
    pub(crate) arn: String,
    /// Issuers of web identities that it trusts: URLs.
    #[serde(default)]
    pub(crate) issuers: Vec<String>,
    /// Audiences, one of which a token must be for.
    #[serde(default)]
    pub(crate) audiences: Vec<String>,
    /// Subjects; a star at the end stands for any rest.
    #[serde(default)]
    pub(crate) subjects: Vec<String>,
    /// Starts of the ARNs of principals that may assume it without a web identity.
    #[serde(default)]
    pub(crate) principals: Vec<String>,
}

/// A session that began, as a test wants to see it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Session {
    /// `AssumeRole`, `AssumeRoleWithWebIdentity` or `Container`.
    pub(crate) operation: &'static str,
    /// ARN of the role.
    pub(crate) role: String,
    /// Name of the session.
    pub(crate) session_name: String,
    /// Who assumed it, or the subject of the token.
    pub(crate) by: String,
    /// Session tags: from the request, or from the token's claim `https://aws.amazon.com/tags`.
    pub(crate) tags: BTreeMap<String, String>,
    /// Its length.
    pub(crate) seconds: i64,
    /// Its access key.
    pub(crate) access_key: String,
}

/// Who asks, once the signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// ARN of the principal.
    pub(crate) arn: String,
    /// Its account.
    pub(crate) account: String,
    /// As `GetCallerIdentity` shows it.
    pub(crate) user_id: String,
    /// Access key id.
    pub(crate) access_key: String,
    /// Region that is asked.
    pub(crate) region: String,
}

/// What is known of principals.
#[derive(Default)]
pub(crate) struct Identities {
    /// By access key id.
    pub(crate) credentials: BTreeMap<String, Credential>,
    /// By ARN.
    pub(crate) roles: BTreeMap<String, Role>,
    /// In the order in which they began.
    pub(crate) sessions: Vec<Session>,
}

impl Identities {
    /// Adds a user with a key that does not expire.
    pub(crate) fn add_user(&mut self, access_key: &str, secret: &str, principal: &str) {
        let credential = Credential {
            secret: secret.to_owned(),
            token: None,
            principal: principal.to_owned(),
            user_id: format!("AIDA{}", random::uppercase(17)),
            expires: None,
        };
        self.credentials.insert(access_key.to_owned(), credential);
    }

    /// Begins a session; returns its credentials as STS writes them.
    pub(crate) fn begin(&mut self, mut session: Session, now: Timestamp) -> Value {
        let role = Arn::parse(&session.role).expect("roles have ARNs");
        let name = role.resource.rsplit('/').next().unwrap_or_default();
        let access_key = format!("ASIA{}", random::uppercase(16));
        let principal =
            format!("arn:{}:sts::{}:assumed-role/{name}/{}", role.partition, role.account, session.session_name);
        let expires = now + SignedDuration::from_secs(session.seconds);
        let credential = Credential {
            secret: random::alphanumeric(40),
            token: Some(format!("IQoJ{}", random::alphanumeric(400))),
            principal,
            user_id: format!("AROA{}:{}", random::uppercase(17), session.session_name),
            expires: Some(expires),
        };
        let written = json!({
            "AccessKeyId": access_key,
            "SecretAccessKey": credential.secret,
            "SessionToken": credential.token,
            "Expiration": clock::rfc3339(expires),
        });
        session.access_key = access_key.clone();
        self.sessions.push(session);
        self.credentials.insert(access_key, credential);
        written
    }

    /// Ends every session.
    pub(crate) fn expire_sessions(&mut self, now: Timestamp) {
        for credential in self.credentials.values_mut().filter(|credential| credential.expires.is_some()) {
            credential.expires = Some(now - SignedDuration::from_secs(1));
        }
    }

    /// Checks the signature of a request, in the order in which AWS complains.
    pub(crate) fn authenticate(&self, call: &Call<'_>, now: Timestamp) -> Result<Caller, Failure> {
        let Some(header) = call.request.header("authorization") else {
            return Err(call.refused("MissingAuthenticationToken", "Missing Authentication Token"));
        };
        let authorization = Authorization::parse(header)
            .map_err(|part| call.refused("IncompleteSignature", format!("Authorization header requires '{part}'")))?;
        let date = call.check_signed_headers(&authorization)?;
        let credential = self.find(call, &authorization, now)?;
        call.check_scope(&authorization, credential)?;
        call.check_time(&authorization, date, now)?;
        if authorization.expected_signature(call.request, date, &credential.secret) != authorization.signature {
            return Err(call.refused(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
            ));
        }
        let account = Arn::parse(&credential.principal).expect("principals have ARNs").account;
        Ok(Caller {
            arn: credential.principal.clone(),
            account,
            user_id: credential.user_id.clone(),
            access_key: authorization.access_key,
            region: authorization.region,
        })
    }

    /// The credential of an access key, if the session token is the one that belongs to it.
    fn find(&self, call: &Call<'_>, authorization: &Authorization, now: Timestamp) -> Result<&Credential, Failure> {
        let invalid = || call.refused("InvalidClientTokenId", "The security token included in the request is invalid.");
        let credential = self.credentials.get(&authorization.access_key).ok_or_else(invalid)?;
        if call.request.header("x-amz-security-token") != credential.token.as_deref() {
            return Err(invalid());
        }
        if credential.expires.is_some_and(|expires| expires <= now) {
            return Err(call.expired_token());
        }
        Ok(credential)
    }
}

/// A request and the service that it is for.
pub(crate) struct Call<'a> {
    /// The request.
    pub(crate) request: &'a Request,
    /// The name that its signature must be for.
    pub(crate) signing_name: &'static str,
    /// How the service writes errors.
    pub(crate) protocol: Protocol,
}

impl Call<'_> {
    /// A refusal before the service is asked. STS has older names for some of them.
    fn refused(&self, query_code: &'static str, message: impl Into<String>) -> Failure {
        let code = match (self.protocol, query_code) {
            (Protocol::Query, code) => code,
            (_, "SignatureDoesNotMatch") => "InvalidSignatureException",
            (_, "InvalidClientTokenId") => "UnrecognizedClientException",
            (_, "ExpiredToken") => "ExpiredTokenException",
            (_, "MissingAuthenticationToken") => "MissingAuthenticationTokenException",
            (_, _) => "IncompleteSignatureException",
        };
        Failure::new(code, 403, message)
    }

    /// The session is over.
    pub(crate) fn expired_token(&self) -> Failure {
        self.refused("ExpiredToken", "The security token included in the request is expired")
    }

    /// What must be under the signature; returns the time that the request gives itself.
    fn check_signed_headers(&self, authorization: &Authorization) -> Result<&str, Failure> {
        for name in ["host", "x-amz-date", "x-amz-security-token", "x-amz-target", "x-amz-content-sha256"] {
            let wanted = ["host", "x-amz-date"].contains(&name) || self.request.header(name).is_some();
            if wanted && !authorization.signed_headers.iter().any(|signed| signed == name) {
                let message = format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
                return Err(self.refused("SignatureDoesNotMatch", message));
            }
        }
        if !authorization.signed_headers.is_sorted() {
            return Err(self.refused("IncompleteSignature", "SignedHeaders are not sorted"));
        }
        let missing = || {
            self.refused(
                "IncompleteSignature",
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
            )
        };
        self.request.header("x-amz-date").ok_or_else(missing)
    }

    /// Service and region of the scope are those of the host, and of the principal's partition.
    fn check_scope(&self, authorization: &Authorization, credential: &Credential) -> Result<(), Failure> {
        if authorization.service != self.signing_name {
            let message = format!("Credential should be scoped to correct service: '{}'.", self.signing_name);
            return Err(self.refused("SignatureDoesNotMatch", message));
        }
        let region = authorization.region.as_str();
        let of_host = arn::of_host(self.request.header("host").unwrap_or_default()).and_then(|(_, region)| region);
        let wanted = if self.signing_name == "ecr-public" { Some("us-east-1".to_owned()) } else { of_host };
        if wanted.is_some_and(|wanted| wanted != region) || !arn::REGIONS.contains(&region) {
            let message = format!("Credential should be scoped to a valid region, not '{region}'. ");
            return Err(self.refused("SignatureDoesNotMatch", message));
        }
        if Arn::parse(&credential.principal).is_none_or(|principal| principal.partition != arn::partition(region)) {
            return Err(self.refused("InvalidClientTokenId", "The security token included in the request is invalid."));
        }
        Ok(())
    }

    /// The request's time is the endpoint's, give or take a quarter of an hour, and the scope's day is the time's.
    fn check_time(&self, authorization: &Authorization, date: &str, now: Timestamp) -> Result<(), Failure> {
        let refuse = |message: String| Err(self.refused("SignatureDoesNotMatch", message));
        let Some(time) = clock::parse_basic(date) else {
            return refuse(format!("Date must be in ISO-8601 'basic format'. Got '{date}'."));
        };
        if !date.starts_with(&authorization.date) {
            return refuse(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', from '{date}'.",
                authorization.date,
                &date[..8]
            ));
        }
        let (earliest, latest, server) =
            (clock::basic(now - TOLERANCE), clock::basic(now + TOLERANCE), clock::basic(now));
        if time < now - TOLERANCE {
            return refuse(format!("Signature expired: {date} is now earlier than {earliest} ({server} - 15 min.)"));
        }
        if time > now + TOLERANCE {
            return refuse(format!(
                "Signature not yet current: {date} is still later than {latest} ({server} + 15 min.)"
            ));
        }
        Ok(())
    }
}
