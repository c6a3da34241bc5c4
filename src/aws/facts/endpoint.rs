//! Which hosts are AWS's, and which partition a region is in.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::loopback::is_this_machine;

/// Where containers (ECS, CodeBuild, EKS) and instances get credentials: addresses of the machine's own network.
const CREDENTIAL_ADDRESSES_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(169, 254, 170, 2), Ipv4Addr::new(169, 254, 170, 23), Ipv4Addr::new(169, 254, 169, 254)];

/// The same for IPv6: `fd00:ec2::23` and `fd00:ec2::254`.
const CREDENTIAL_ADDRESSES_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23), Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)];

/// Where AWS's services have their hosts, by partition: the domain, and that of hosts with IPv6.
const DOMAINS: [(&str, &str, &str); 8] = [
    ("aws", "amazonaws.com", "api.aws"),
    ("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("aws-us-gov", "amazonaws.com", "api.aws"),
    ("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("aws-iso", "c2s.ic.gov", "api.aws.ic.gov"),
    ("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"),
    ("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
];

/// The first label of the hosts that tell the revocation status of AWS Signer.
const SIGNER_DATA: &str = "data-signer";

/// Whether a URL is AWS's own for the revocation status of AWS Signer in this region: one of the exact hosts of that service (usual,
/// FIPS 140, with IPv6, or in a VPC), over HTTPS, at the usual port. Below AWS's domains there are hosts of everybody else too: buckets,
/// load balancers, the services of other customers.
pub(crate) fn tells_revocation(url: &Url, region: &str) -> bool {
    let Some(host) = url.host_str() else { return false };
    let partition = partition_of(region);
    let Some((_, domain, dual_stack)) = DOMAINS.iter().find(|(name, ..)| *name == partition) else { return false };
    if url.scheme() != "https" || url.port().is_some() || !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    let own = [domain, dual_stack].into_iter().any(|domain| {
        let below = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
        let service = below.and_then(|rest| rest.strip_suffix(region)).and_then(|rest| rest.strip_suffix('.'));
        service.is_some_and(|service| service == SIGNER_DATA || service.strip_suffix("-fips") == Some(SIGNER_DATA))
    });
    own || host.strip_suffix(&format!(".{SIGNER_DATA}.{region}.vpce.{domain}")).is_some_and(is_vpc_endpoint)
}

/// Whether a label is the name of a VPC endpoint: `vpce-ID-SUFFIX`, with the name of a zone behind it or without.
fn is_vpc_endpoint(label: &str) -> bool {
    let Some((id, rest)) = label.strip_prefix("vpce-").and_then(|rest| rest.split_once('-')) else { return false };
    let (suffix, zone) = match rest.split_once('-') {
        Some((suffix, zone)) => (suffix, Some(zone)),
        None => (rest, None),
    };
    let word =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let hex = |text: &str| word(text) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex(id) && word(suffix) && zone.is_none_or(|zone| zone.split('-').all(word))
}

/// An address for messages and reports: without user, password and query, which may be secret. What is not a URL may
/// be a secret as a whole, put there by mistake: of it only what looks like a host is shown.
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
                "(not shown: it is not a URL)".to_owned()
            }
        }
    }
}

/// Whether credentials may be got at this address: over HTTPS, on this machine, or at one of the addresses that containers and instances
/// have.
pub(crate) fn may_give_credentials(url: &Url) -> bool {
    let over = match url.scheme() {
        "https" => true,
        "http" => is_of_this_machine(url),
        _ => false,
    };
    over && url.has_host() && url.username().is_empty() && url.password().is_none()
}

/// Whether a URL is of this machine, or of its own network, where containers and instances get credentials: plain HTTP is right there.
pub(crate) fn is_of_this_machine(url: &Url) -> bool {
    gives_credentials(url) || url.host().is_some_and(|host| is_this_machine(&host))
}

/// Whether a URL is one of the addresses at which containers and instances get credentials. Their clock is the machine's.
pub(crate) fn gives_credentials(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => CREDENTIAL_ADDRESSES_V4.contains(&address),
        Some(Host::Ipv6(address)) => CREDENTIAL_ADDRESSES_V6.contains(&address),
        Some(Host::Domain(_)) | None => false,
    }
}

/// The domain below which a region's hosts are.
pub(crate) fn domain_of(region: &str, dual_stack: bool) -> &'static str {
    let partition = partition_of(region);
    let found = DOMAINS.iter().find(|(name, ..)| *name == partition);
    match (found, dual_stack) {
        (Some((_, domain, _)), false) | (Some((_, _, domain)), true) => domain,
        // Every partition has its row.
        (None, _) => "amazonaws.com",
    }
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

/// The partition of an ARN and that of a region, where they are not the same: what is in one partition is nothing in another. A
/// partition that nobody knows yet may be that of any region.
pub(crate) fn other_partition<'a>(arn: &'a str, region: &str) -> Option<(&'a str, &'static str)> {
    let (found, expected) = (arn.split(':').nth(1)?, partition_of(region));
    let is_known = DOMAINS.iter().any(|(name, ..)| *name == found);
    (is_known && found != expected).then_some((found, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tells(url: &str, region: &str) -> bool {
        tells_revocation(&Url::parse(url).unwrap(), region)
    }

    #[test]
    fn an_arn_is_of_the_partition_of_its_region() {
        let other =
            |partition: &str, region| other_partition(&format!("arn:{partition}:iam::1:role/r"), region).is_some();
        for (partition, region) in [
            ("aws", "us-east-1"),
            ("aws-cn", "cn-north-1"),
            ("aws-us-gov", "us-gov-west-1"),
            ("aws-iso-b", "us-isob-east-1"),
            // Of a partition that nobody knows yet, neither are the names of its regions.
            ("aws-new", "xx-new-1"),
        ] {
            assert!(!other(partition, region), "{partition} {region}");
        }
        for (partition, region) in
            [("aws-cn", "us-east-1"), ("aws", "cn-north-1"), ("aws", "us-gov-west-1"), ("aws-us-gov", "cn-north-1")]
        {
            assert!(other(partition, region), "{partition} {region}");
        }
    }

    #[test]
    fn only_the_exact_hosts_of_service_and_region_tell_about_revocation() {
        for (url, region) in [
            ("https://data-signer.us-west-2.amazonaws.com/", "us-west-2"),
            ("https://data-signer.us-west-2.amazonaws.com:443/revocations?x=y", "us-west-2"),
            ("https://Data-Signer.US-West-2.AmazonAWS.com/", "us-west-2"),
            ("https://data-signer-fips.us-gov-west-1.amazonaws.com/", "us-gov-west-1"),
            ("https://data-signer.us-west-2.api.aws/", "us-west-2"),
            ("https://data-signer-fips.us-west-2.api.aws/", "us-west-2"),
            ("https://data-signer.cn-north-1.amazonaws.com.cn/", "cn-north-1"),
            ("https://data-signer.cn-north-1.api.amazonwebservices.com.cn/", "cn-north-1"),
            ("https://data-signer.eusc-de-east-1.amazonaws.eu/", "eusc-de-east-1"),
            ("https://vpce-0123456789abcdef0-1a2b3c4d.data-signer.us-west-2.vpce.amazonaws.com/", "us-west-2"),
            (
                "https://vpce-0123456789abcdef0-1a2b3c4d-us-west-2a.data-signer.us-west-2.vpce.amazonaws.com/",
                "us-west-2",
            ),
            ("https://vpce-0123-1a2b.data-signer.cn-north-1.vpce.amazonaws.com.cn/", "cn-north-1"),
        ] {
            assert!(tells(url, region), "{url}");
        }
        for url in [
            // Hosts below AWS's domains that anybody may have.
            "https://bucket.s3.us-west-2.amazonaws.com/",
            "https://data-signer.us-west-2.amazonaws.com.s3.us-west-2.amazonaws.com/",
            "https://data-signer.s3.us-west-2.amazonaws.com/",
            "https://elb-1.us-west-2.elb.amazonaws.com/",
            "https://abc.execute-api.us-west-2.amazonaws.com/",
            "https://vpce-0123-1a2b.vpce-svc-0123.us-west-2.vpce.amazonaws.com/",
            "https://evil.data-signer.us-west-2.vpce.amazonaws.com/",
            "https://x.vpce-0123-1a2b.data-signer.us-west-2.vpce.amazonaws.com/",
            "https://vpce-0123.data-signer.us-west-2.vpce.amazonaws.com/",
            "https://vpce-xyz-1a2b.data-signer.us-west-2.vpce.amazonaws.com/",
            "https://vpce-0123-1a2b-.data-signer.us-west-2.vpce.amazonaws.com/",
            "https://vpce-0123-1a2b.data-signer.us-west-2.vpce.api.aws/",
            // Another service, region or partition.
            "https://signer.us-west-2.amazonaws.com/",
            "https://sts.us-west-2.amazonaws.com/",
            "https://data-signer.us-east-1.amazonaws.com/",
            "https://data-signer.us-west-2.amazonaws.com.cn/",
            "https://data-signer.us-west-2.amazonaws.eu/",
            "https://vpce-0123-1a2b.data-signer.us-east-1.vpce.amazonaws.com/",
            "https://vpce-0123-1a2b.signer.us-west-2.vpce.amazonaws.com/",
            // Almost the same.
            "http://data-signer.us-west-2.amazonaws.com/",
            "https://data-signer.us-west-2.amazonaws.com:8443/",
            "https://data-signer.us-west-2.amazonaws.com./",
            "https://x@data-signer.us-west-2.amazonaws.com/",
            "https://data-signer-fips-fips.us-west-2.amazonaws.com/",
            "https://xdata-signer.us-west-2.amazonaws.com/",
            "https://x.data-signer.us-west-2.amazonaws.com/",
            "https://data-signer.us-west-2.evilamazonaws.com/",
            "https://data-signer.us-west-2.amazonaws.com.example/",
            "https://data-signerxus-west-2.amazonaws.com/",
            "https://us-west-2.amazonaws.com/",
            "https://amazonaws.com/",
            "https://proxy.example/",
            "https://127.0.0.1/",
            "http://127.0.0.1:4566/",
        ] {
            assert!(!tells(url, "us-west-2"), "{url}");
        }
    }

    /// What the SDK's own rules say, region by region, agrees with the table.
    #[tokio::test]
    async fn the_hosts_are_those_of_the_sdk() {
        use aws_sdk_signerdata::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
        let resolver = DefaultResolver::new();
        let regions = [
            "us-east-1",
            "us-west-2",
            "eu-central-1",
            "ap-southeast-5",
            "ca-west-1",
            "me-central-1",
            "il-central-1",
            "mx-central-1",
            "cn-north-1",
            "cn-northwest-1",
            "us-gov-west-1",
            "us-gov-east-1",
            "eusc-de-east-1",
            "us-iso-east-1",
            "us-iso-west-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
            "us-isof-east-1",
        ];
        let mut hosts = std::collections::BTreeSet::new();
        for region in regions {
            for (fips, dual_stack) in [(false, false), (true, false), (false, true), (true, true)] {
                let params = Params::builder().region(region.to_owned()).use_fips(fips).use_dual_stack(dual_stack);
                let endpoint = resolver.resolve_endpoint(&params.build().unwrap()).await.unwrap();
                for other in regions {
                    assert_eq!(tells(endpoint.url(), other), other == region, "{} {other}", endpoint.url());
                }
                hosts.insert(endpoint.url().to_owned());
            }
        }
        assert_eq!(hosts.len(), regions.len() * 4);
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
            ("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.geheim", "(not shown: it is not a URL)"),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "(not shown: it is not a URL)"),
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
