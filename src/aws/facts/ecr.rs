//! Which hosts are registries of Amazon ECR.

use std::fmt;

use notary::reference::EcrRegistry;

use super::denial::Denial;
use super::endpoint;
use super::error::Operation;

/// ECR Public, and its dual-stack name.
const PUBLIC_HOSTS: [&str; 2] = ["public.ecr.aws", "ecr-public.aws.com"];

/// The port of HTTPS, which may stand behind a host that is the same without.
const PORT: &str = ":443";

/// The region whose endpoint logs in to ECR Public.
pub(crate) const PUBLIC_REGION: &str = "us-east-1";

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EcrHost {
    /// A private registry: one for each account and region.
    Private(EcrRegistry),
    Public,
}

impl EcrHost {
    /// The registry that a host of a reference is, if it is one of ECR's. At another port than that of HTTPS there is none.
    pub(crate) fn parse(host: &str) -> Option<Self> {
        let host = host.strip_suffix(PORT).unwrap_or(host);
        if PUBLIC_HOSTS.iter().any(|public| host.eq_ignore_ascii_case(public)) {
            return Some(Self::Public);
        }
        EcrRegistry::parse(host).map(Self::Private)
    }

    /// The account that owns a private registry.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Private(registry) => Some(registry.account()),
            Self::Public => None,
        }
    }

    /// The region of the registry; that of its login for ECR Public.
    pub(crate) fn region(&self) -> &str {
        match self {
            Self::Private(registry) => registry.region(),
            Self::Public => PUBLIC_REGION,
        }
    }

    /// What the SDK calls the service that logs in to it.
    pub(crate) const fn service_id(&self) -> &'static str {
        match self {
            Self::Private(_) => "ECR",
            Self::Public => "ECR PUBLIC",
        }
    }

    /// Where AWS is asked for a login, by the kind of address.
    pub(crate) fn login_url(&self, fips: bool, dual_stack: bool) -> String {
        let host = match (self, fips, dual_stack) {
            (Self::Private(_), false, false) => "api.ecr",
            (Self::Private(_), true, false) => "api.ecr-fips",
            (Self::Private(_), false, true) => "ecr",
            (Self::Private(_), true, true) => "ecr-fips",
            (Self::Public, false, false) => "api.ecr-public",
            (Self::Public, true, _) => "api.ecr-public-fips",
            (Self::Public, false, true) => "ecr-public",
        };
        let region = self.region();
        format!("https://{host}.{region}.{}", endpoint::domain_of(region, dual_stack))
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
            Self::Private(registry) => {
                write!(formatter, "ECR of account {} in {}", registry.account(), registry.region())
            }
            Self::Public => formatter.write_str("ECR Public"),
        }
    }
}

/// What a registry of ECR says in a refusal. It has codes for few of them, and the rest only in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EcrRefusal {
    Denied(Denial),
    /// IAM allows it, and the policy of another account's repository does not.
    DeniedByOwner(Denial),
    /// The login is of another region, or broken.
    LoginInvalid,
    LoginExpired,
    NoRepository,
    /// The tag exists, and tags are immutable.
    TagImmutable,
    /// The login belongs to another registry.
    ForeignLogin,
}

impl EcrRefusal {
    /// Reads a refusal: HTTP status, code and message of the registry. Nothing where it says something else.
    pub(crate) fn read(status: u16, code: Option<&str>, message: &str) -> Option<Self> {
        if let Some(denial) = Denial::parse(message) {
            let by_owner = !denial.explicit && message.contains("no resource-based policy");
            return Some(if by_owner { Self::DeniedByOwner(denial) } else { Self::Denied(denial) });
        }
        let in_lower_case = message.to_ascii_lowercase();
        Some(match (code, status) {
            _ if in_lower_case.contains("authorization token is invalid") => Self::LoginInvalid,
            _ if in_lower_case.contains("authorization token has expired") => Self::LoginExpired,
            (Some("NAME_UNKNOWN"), _) => Self::NoRepository,
            (Some("TAG_INVALID"), _) => Self::TagImmutable,
            _ if message.contains("immutable") => Self::TagImmutable,
            (_, 401) => Self::ForeignLogin,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use notary::json;

    use super::*;

    #[test]
    fn hosts_of_ecr_are_known_and_others_get_no_token() {
        let host = "123456789012.dkr-ecr-fips.us-east-1.on.aws";
        let expected = EcrHost::Private(EcrRegistry::parse(host).unwrap());
        assert_eq!(EcrHost::parse(host), Some(expected));
        for host in ["Public.ecr.aws", "public.ecr.aws:443", "ecr-public.aws.com", "ECR-public.aws.com:443"] {
            assert_eq!(EcrHost::parse(host), Some(EcrHost::Public), "{host}");
        }
        let plain = "123456789012.dkr.ecr.us-west-2.amazonaws.com";
        assert!(EcrHost::parse(plain).is_some());
        assert_eq!(EcrHost::parse(&format!("{plain}:443")), EcrHost::parse(plain));
        for port in [":80", ":5000", ":443:443", ":0443", ":", ":4430"] {
            assert_eq!(EcrHost::parse(&format!("{plain}{port}")), None, "{port}");
            assert_eq!(EcrHost::parse(&format!("public.ecr.aws{port}")), None, "{port}");
        }
        for host in [
            "public.ecr.aws.example",
            "x.public.ecr.aws",
            "ecr-public.aws.com.example",
            "x.ecr-public.aws.com",
            "registry.example",
            ":443",
            "",
        ] {
            assert_eq!(EcrHost::parse(host), None, "{host}");
        }
    }

    /// What the SDK's own rules say, region by region: recorded in `tests/vectors/aws-endpoints`.
    #[test]
    fn a_login_is_asked_for_where_the_sdk_would_ask() {
        let recorded = json::parse_object(include_bytes!("../../../tests/vectors/aws-endpoints/ecr.json")).unwrap();
        let urls = |service: &str, region: &str| json::texts(&recorded[service][region]).unwrap();
        let kinds = [(false, false), (true, false), (false, true), (true, true)];
        let regions: Vec<_> = recorded["ecr"].as_object().unwrap().keys().collect();
        assert_eq!(regions.len(), 46);
        for region in regions {
            let host = format!("111122223333.dkr.ecr.{region}.{}", endpoint::domain_of(region, false));
            let host = EcrHost::parse(&host).unwrap_or_else(|| panic!("{host}"));
            assert_eq!(
                kinds.map(|(fips, dual_stack)| host.login_url(fips, dual_stack)).as_slice(),
                urls("ecr", region)
            );
        }
        let public = kinds.map(|(fips, dual_stack)| EcrHost::Public.login_url(fips, dual_stack));
        assert_eq!(public.as_slice(), urls("ecr-public", PUBLIC_REGION));
    }
}
