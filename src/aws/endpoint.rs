//! Which hosts are AWS's, and which partition a region is in.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::Url;

use super::http::way;

/// Where containers (ECS, CodeBuild, EKS) and instances get credentials: addresses of the machine's own network.
pub(super) const CREDENTIAL_ADDRESSES_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(169, 254, 170, 2), Ipv4Addr::new(169, 254, 170, 23), Ipv4Addr::new(169, 254, 169, 254)];

/// The same for IPv6: `fd00:ec2::23` and `fd00:ec2::254`.
pub(super) const CREDENTIAL_ADDRESSES_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23), Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)];

/// Domains below which only AWS has hosts: the DNS suffixes of its partitions, and those of dual-stack endpoints.
const DOMAINS: [&str; 10] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "api.amazonwebservices.com.cn",
    "amazonaws.eu",
    "api.aws",
    "api.amazonwebservices.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

/// Whether a host, in lower case, is one of AWS's.
pub(super) fn is_aws(host: &str) -> bool {
    DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|below| below.ends_with('.')))
}

/// An address for messages and reports: without user, password and query, which may be secret. What is no URL may be a secret as a
/// whole, put there by mistake: of it only what looks like a host is shown.
pub(crate) fn shown(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) if url.has_host() => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            let path = url.path().trim_end_matches('/');
            format!("{}://{}{port}{path}", url.scheme(), url.host_str().unwrap_or_default())
        }
        _ => {
            let bare = address.rsplit_once('@').map_or(address, |(_, bare)| bare);
            let bare = bare.split(['?', '#']).next().unwrap_or_default().trim();
            // Tokens and keys have capitals, or are longer.
            let like_host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".:/-[]_".contains(&byte);
            if bare.len() <= 63 && bare.bytes().all(like_host) {
                bare.to_owned()
            } else {
                "(not shown: it is no URL)".to_owned()
            }
        }
    }
}

/// Whether credentials may be got at this address: over HTTPS, on this machine, or at one of the addresses that containers and instances
/// have.
pub(crate) fn may_give_credentials(url: &Url) -> bool {
    url.has_host() && url.username().is_empty() && url.password().is_none() && way(url).is_ok()
}

/// The partition of a region. A region that nobody knows yet is taken for one of the commercial partition, as the SDK
/// does.
pub(crate) fn partition_of(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
    ];
    PREFIXES.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_aws_are_told_from_those_that_look_like_them() {
        for host in [
            "signer.us-west-2.amazonaws.com",
            "data-signer-fips.us-gov-west-1.amazonaws.com",
            "data-signer.us-west-2.api.aws",
            "vpce-1.data-signer.us-west-2.vpce.amazonaws.com",
            "signer.cn-north-1.amazonaws.com.cn",
            "signer.eusc-de-east-1.amazonaws.eu",
        ] {
            assert!(is_aws(host), "{host}");
        }
        for host in ["amazonaws.com", "evilamazonaws.com", "signer.amazonaws.com.example", "localhost", "127.0.0.1", ""]
        {
            assert!(!is_aws(host), "{host}");
        }
    }

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        for (address, expected) in [
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("https://vpce-1.signer.example/", "https://vpce-1.signer.example"),
            ("https://user:geheim@proxy.example:8443/aws/?token=geheim#geheim", "https://proxy.example:8443/aws"),
            ("https://geheim@proxy.example", "https://proxy.example"),
            ("user:geheim@proxy.example", "proxy.example"),
            ("https://user:ge@heim@proxy.example:port", "proxy.example:port"),
            ("proxy.example?token=geheim", "proxy.example"),
            ("localhost:4566", "localhost:4566"),
            ("https://", "https://"),
            ("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.geheim", "(not shown: it is no URL)"),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "(not shown: it is no URL)"),
        ] {
            assert_eq!(shown(address), expected, "{address}");
        }
    }

    #[test]
    fn each_region_has_its_partition() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("xx-new-1", "aws"),
        ] {
            assert_eq!(partition_of(region), partition, "{region}");
        }
    }
}
