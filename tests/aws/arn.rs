//! Amazon resource names, partitions and regions.

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arn {
    /// `aws`, `aws-us-gov`, …
    pub(crate) partition: String,
    /// `signer`, `iam`, `sts`.
    pub(crate) service: String,
    /// Empty for IAM and STS.
    pub(crate) region: String,
    /// 12 digits.
    pub(crate) account: String,
    /// All after the fifth colon.
    pub(crate) resource: String,
}

impl Arn {
    /// Reads it. Resources may contain colons.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts[..] else { return None };
        let account_is_one = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (account_is_one && !partition.is_empty() && !resource.is_empty()).then(|| Self {
            partition: partition.to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource: resource.to_owned(),
        })
    }
}

/// The ARN of a signing profile; its partition follows from the region.
pub(crate) fn profile(region: &str, account: &str, name: &str) -> String {
    format!("arn:{}:signer:{region}:{account}:/signing-profiles/{name}", partition(region))
}

/// The ARN of a profile that is used by its alias only.
pub(crate) fn aliased_profile(region: &str, account: &str, id: &str) -> String {
    format!("arn:{}:signer:{region}:{account}:/aliased-signing-profiles/{id}", partition(region))
}

/// The ARN of an alias of a profile.
pub(crate) fn alias(region: &str, account: &str, name: &str) -> String {
    format!("arn:{}:signer:{region}:{account}:/aliases/{name}", partition(region))
}

/// The ARN of a signing job.
pub(crate) fn job(region: &str, account: &str, id: &str) -> String {
    format!("arn:{}:signer:{region}:{account}:/signing-jobs/{id}", partition(region))
}

/// The partition of a region, by the start of its name.
pub(crate) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

/// Where the endpoint answers: the regions in which AWS signs images, and China's, which has no root in public.
pub(crate) const REGIONS: [&str; 23] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-south-1",
    "eu-north-1",
    "me-south-1",
    "sa-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "cn-north-1",
];

/// `signer.us-west-2.amazonaws.com` and its kind: service and region. None for loopback and anything else.
pub(crate) fn of_host(host: &str) -> Option<(&'static str, Option<String>)> {
    let host = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    let suffixes = [".amazonaws.com.cn", ".amazonaws.com", ".amazonaws.eu", ".api.aws"];
    let name = suffixes.iter().find_map(|suffix| host.strip_suffix(suffix))?;
    let region =
        REGIONS.iter().find_map(|region| name.strip_suffix(region).filter(|rest| rest.ends_with('.')).map(|_| *region));
    let service = region.map_or(name, |region| name.trim_end_matches(region).trim_end_matches('.'));
    let service = match service {
        "signer" | "signer-fips" => "signer",
        "data-signer" | "data-signer-fips" | "verification.signer" => "signer-data",
        "sts" | "sts-fips" => "sts",
        "api.ecr" | "ecr-fips" | "api.ecr-fips" | "ecr" => "ecr",
        "ecs" | "ecs-fips" => "ecs",
        "api.ecr-public" | "ecr-public" => "ecr-public",
        _ => return None,
    };
    Some((service, region.map(str::to_owned)))
}
