//! Amazon ECR: which hosts are its registries, and the login with the credentials of the job.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use tokio::sync::{Mutex, OnceCell};

use super::Aws;
use super::error::{AwsError, AwsErrorKind, Operation};

/// Host of ECR Public.
const PUBLIC_HOST: &str = "public.ecr.aws";

/// Region that logs in to ECR Public.
const PUBLIC_REGION: &str = "us-east-1";

/// Domains of ECR's registries, as AWS's own credential helper knows them.
const SUFFIXES: [(&str, Form); 9] = [
    ("amazonaws.com", Form::Usual),
    ("amazonaws.com.cn", Form::Usual),
    ("amazonaws.eu", Form::Usual),
    ("on.aws", Form::DualStack),
    ("on.amazonwebservices.com.cn", Form::DualStack),
    ("sc2s.sgov.gov", Form::Usual),
    ("c2s.ic.gov", Form::Usual),
    ("cloud.adc-e.uk", Form::Usual),
    ("csp.hci.ic.gov", Form::Usual),
];

/// Which of AWS's addresses a host name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Usual,
    DualStack,
}

/// A registry of ECR.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EcrHost {
    /// A private registry: one for each account and region.
    Private(PrivateRegistry),
    /// ECR Public.
    Public,
}

/// A private registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PrivateRegistry {
    account: String,
    region: String,
    fips: bool,
    form: Form,
}

impl EcrHost {
    /// The registry that a host of a reference is, if it is one of ECR's.
    pub(crate) fn parse(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        if host == PUBLIC_HOST {
            return Some(Self::Public);
        }
        // 111122223333.dkr.ecr.us-west-2.amazonaws.com, 111122223333.dkr-ecr-fips.us-east-1.on.aws
        let (account, rest) = host.split_once('.')?;
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let rest = rest.strip_prefix("dkr.ecr").or_else(|| rest.strip_prefix("dkr-ecr"))?;
        let (fips, rest) = match rest.strip_prefix("-fips") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (region, suffix) = rest.strip_prefix('.')?.split_once('.')?;
        let (_, form) = SUFFIXES.iter().find(|(known, _)| *known == suffix)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if region.is_empty() || region.starts_with(['-', '_']) || !region.bytes().all(allowed) {
            return None;
        }
        Some(Self::Private(PrivateRegistry {
            account: account.to_owned(),
            region: region.to_owned(),
            fips,
            form: *form,
        }))
    }

    /// The account that owns a private registry.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Private(registry) => Some(&registry.account),
            Self::Public => None,
        }
    }

    /// The region of the registry; that of its login for ECR Public.
    pub(crate) fn region(&self) -> &str {
        match self {
            Self::Private(registry) => &registry.region,
            Self::Public => PUBLIC_REGION,
        }
    }

    /// What logs in to it.
    pub(crate) const fn login_operation(&self) -> Operation {
        match self {
            Self::Private(_) => Operation::ECR_LOGIN,
            Self::Public => Operation::ECR_PUBLIC_LOGIN,
        }
    }
}

impl fmt::Display for EcrHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private(PrivateRegistry { account, region, .. }) => {
                write!(formatter, "ECR of account {account} in {region}")
            }
            Self::Public => formatter.write_str("ECR Public"),
        }
    }
}

/// User name and password for a registry.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// Always `AWS`.
    pub(crate) username: String,
    /// The token.
    pub(crate) password: SecretString,
}

/// Logins of this run, each asked for once.
#[derive(Debug, Default)]
pub(super) struct Logins(Mutex<HashMap<EcrHost, Arc<LoginOnce>>>);

/// A login that is asked for once, and what came of it.
type LoginOnce = OnceCell<Result<Login, AwsError>>;

impl Aws {
    /// Logs in to a registry with the credentials of the job. The token is kept for the run: it lives for hours.
    ///
    /// # Errors
    /// [`AwsError`]. A failure is kept too: many images do not ask for the same thing in vain.
    pub(crate) async fn ecr_login(&self, host: &EcrHost) -> Result<Login, AwsError> {
        let login = Arc::clone(self.inner.logins.0.lock().await.entry(host.clone()).or_default());
        login.get_or_init(|| self.log_in(host)).await.clone()
    }

    async fn log_in(&self, host: &EcrHost) -> Result<Login, AwsError> {
        let token = match host {
            EcrHost::Private(registry) => self.private_token(registry).await?,
            EcrHost::Public => self.public_token().await?,
        };
        let malformed = |fact: &str| AwsError::new(host.login_operation(), AwsErrorKind::Malformed, fact);
        read_token(&token.ok_or_else(|| malformed("the answer holds no token"))?)
            .ok_or_else(|| malformed("the token is not base64 of a user name and a password"))
    }

    async fn private_token(&self, registry: &PrivateRegistry) -> Result<Option<String>, AwsError> {
        let config = self.config(&registry.region).await?;
        let mut builder = aws_sdk_ecr::config::Builder::from(&config);
        // An address that was asked for by its name is asked at that kind of address; others follow AWS_USE_… .
        if registry.fips {
            builder = builder.use_fips(true);
        }
        if registry.form == Form::DualStack {
            builder = builder.use_dual_stack(true);
        }
        let answer = aws_sdk_ecr::Client::from_conf(builder.build())
            .get_authorization_token()
            .send()
            .await
            .map_err(|error| AwsError::of(Operation::ECR_LOGIN, &error))?;
        Ok(answer.authorization_data().first().and_then(|data| data.authorization_token()).map(str::to_owned))
    }

    async fn public_token(&self) -> Result<Option<String>, AwsError> {
        let config = self.config(PUBLIC_REGION).await?;
        let answer = aws_sdk_ecrpublic::Client::new(&config)
            .get_authorization_token()
            .send()
            .await
            .map_err(|error| AwsError::of(Operation::ECR_PUBLIC_LOGIN, &error))?;
        Ok(answer.authorization_data().and_then(|data| data.authorization_token()).map(str::to_owned))
    }
}

/// User name and password of a token: split at the first colon, as a password may hold more.
fn read_token(token: &str) -> Option<Login> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    let usable = |part: &str| !part.is_empty() && !part.contains(char::is_control);
    (usable(username) && usable(password)).then(|| Login { username: username.to_owned(), password: password.into() })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn hosts_of_ecr_are_known_in_all_their_forms() {
        let table = [
            ("123456789012.dkr.ecr.us-west-2.amazonaws.com", "us-west-2", false, Form::Usual),
            ("123456789012.DKR.ECR.us-west-2.amazonaws.com", "us-west-2", false, Form::Usual),
            ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", true, Form::Usual),
            ("123456789012.dkr-ecr.us-west-2.on.aws", "us-west-2", false, Form::DualStack),
            ("123456789012.dkr-ecr-fips.us-east-1.on.aws", "us-east-1", true, Form::DualStack),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", false, Form::Usual),
            ("123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "cn-north-1", false, Form::DualStack),
            ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", false, Form::Usual),
            ("123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", false, Form::Usual),
        ];
        for (host, region, fips, form) in table {
            let (account, region) = ("123456789012".to_owned(), region.to_owned());
            let expected = EcrHost::Private(PrivateRegistry { account, region, fips, form });
            assert_eq!(EcrHost::parse(host), Some(expected), "{host}");
        }
        assert_eq!(EcrHost::parse("public.ecr.aws"), Some(EcrHost::Public));
    }

    #[test]
    fn hosts_that_only_look_like_ecr_get_no_token() {
        for host in [
            "12345678901.dkr.ecr.us-west-2.amazonaws.com",
            "1234567890123.dkr.ecr.us-west-2.amazonaws.com",
            "12345678901a.dkr.ecr.us-west-2.amazonaws.com",
            "123456789012.dkr.ecr.us-west-2.amazonaws.com.evil.example",
            "123456789012.dkr.ecr.us-west-2.evilamazonaws.com",
            "123456789012.dkr.ecr.us-west-2.amazonaws.com:443",
            "123456789012.dkr.ecr..amazonaws.com",
            "123456789012.dkr.ecr.-x.amazonaws.com",
            "123456789012.dkr.ecr.us-west-2.x.amazonaws.com",
            "x.123456789012.dkr.ecr.us-west-2.amazonaws.com",
            "123456789012.dkrxecr.us-west-2.amazonaws.com",
            "123456789012.dkr.ecr-fipsx.us-west-2.amazonaws.com",
            "public.ecr.aws.example",
            "x.public.ecr.aws",
            "registry.example",
            "",
        ] {
            assert_eq!(EcrHost::parse(host), None, "{host}");
        }
    }

    #[test]
    fn a_token_is_a_user_and_a_password() {
        let read = |text: &str| read_token(&STANDARD.encode(text));
        let login = read("AWS:a:b").unwrap();
        assert_eq!((login.username.as_str(), login.password.expose_secret()), ("AWS", "a:b"));
        for text in ["AWS", ":b", "AWS:", "AWS:a\r\nX: y"] {
            assert!(read(text).is_none(), "{text:?}");
        }
        assert!(read_token("***").is_none());
    }
}
