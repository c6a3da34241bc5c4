//! Private registries of Amazon ECR: one for each account and region, under several host names.

/// Domains of ECR's registries, as AWS's own credential helper knows them, each with the domain of the usual names.
const DOMAINS: [(&str, &str); 9] = [
    ("amazonaws.com", "amazonaws.com"),
    ("amazonaws.com.cn", "amazonaws.com.cn"),
    ("amazonaws.eu", "amazonaws.eu"),
    ("on.aws", "amazonaws.com"),
    ("on.amazonwebservices.com.cn", "amazonaws.com.cn"),
    ("sc2s.sgov.gov", "sc2s.sgov.gov"),
    ("c2s.ic.gov", "c2s.ic.gov"),
    ("cloud.adc-e.uk", "cloud.adc-e.uk"),
    ("csp.hci.ic.gov", "csp.hci.ic.gov"),
];

/// Regions of the European Sovereign Cloud, whose usual domain is its own also where the dual-stack one is AWS's.
const EUROPEAN: &str = "eusc-";

/// A private registry, as one of its host names names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EcrRegistry {
    account: String,
    region: String,
    fips: bool,
    dual_stack: bool,
    domain: &'static str,
}

impl EcrRegistry {
    /// The registry that a host is, if it is one of ECR's:
    /// `111122223333.dkr.ecr.us-west-2.amazonaws.com`, `111122223333.dkr-ecr-fips.us-east-1.on.aws`.
    #[must_use]
    pub fn parse(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
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
        let (found, usual) = DOMAINS.iter().find(|(known, _)| *known == suffix)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if region.is_empty() || region.starts_with(['-', '_']) || !region.bytes().all(allowed) {
            return None;
        }
        let dual_stack = found != usual;
        let domain = if dual_stack && region.starts_with(EUROPEAN) { "amazonaws.eu" } else { usual };
        Some(Self { account: account.to_owned(), region: region.to_owned(), fips, dual_stack, domain })
    }

    /// The account that owns it.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Its region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The domain of the usual one of its names, such as `amazonaws.com`.
    #[must_use]
    pub const fn domain(&self) -> &'static str {
        self.domain
    }

    /// Whether the name is that of the address for FIPS 140.
    #[must_use]
    pub const fn is_fips(&self) -> bool {
        self.fips
    }

    /// Whether the name is that of the address with IPv6.
    #[must_use]
    pub const fn is_dual_stack(&self) -> bool {
        self.dual_stack
    }

    /// The usual one of its names.
    pub(super) fn usual_host(&self) -> String {
        format!("{}.dkr.ecr.{}.{}", self.account, self.region, self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_known_in_all_their_forms_and_have_one_usual_name() {
        for (host, region, fips, dual_stack, usual) in [
            ("dkr.ecr.us-west-2.amazonaws.com", "us-west-2", false, false, "us-west-2.amazonaws.com"),
            ("DKR.ECR.us-west-2.amazonaws.com", "us-west-2", false, false, "us-west-2.amazonaws.com"),
            ("dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", true, false, "us-gov-west-1.amazonaws.com"),
            ("dkr-ecr.us-west-2.on.aws", "us-west-2", false, true, "us-west-2.amazonaws.com"),
            ("dkr-ecr-fips.us-east-1.on.aws", "us-east-1", true, true, "us-east-1.amazonaws.com"),
            ("dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", false, false, "cn-north-1.amazonaws.com.cn"),
            (
                "dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
                "cn-north-1",
                false,
                true,
                "cn-north-1.amazonaws.com.cn",
            ),
            ("dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", false, false, "eusc-de-east-1.amazonaws.eu"),
            ("dkr-ecr.eusc-de-east-1.on.aws", "eusc-de-east-1", false, true, "eusc-de-east-1.amazonaws.eu"),
            ("dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", false, false, "us-iso-east-1.c2s.ic.gov"),
        ] {
            let found = EcrRegistry::parse(&format!("123456789012.{host}")).unwrap();
            assert_eq!((found.account(), found.region()), ("123456789012", region), "{host}");
            assert_eq!((found.is_fips(), found.is_dual_stack()), (fips, dual_stack), "{host}");
            assert_eq!(found.usual_host(), format!("123456789012.dkr.ecr.{usual}"), "{host}");
        }
    }

    #[test]
    fn hosts_that_only_look_like_ecr_are_none() {
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
            "public.ecr.aws",
            "registry.example",
            "",
        ] {
            assert_eq!(EcrRegistry::parse(host), None, "{host}");
        }
    }
}
