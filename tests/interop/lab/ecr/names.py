"""Host names of AWS: those of the registries, of the APIs, and of where registries keep their blobs."""

import re
from dataclasses import dataclass

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
REGION, OTHER_REGION = "us-west-2", "eu-central-1"
PUBLIC = "public.ecr.aws"
PUBLIC_API = "api.ecr-public.us-east-1.amazonaws.com"
PUBLIC_BLOBS = "d5l0dvt14r5h8.cloudfront.net"

# Host names of private registries, after the credential helper of AWS.
REGISTRY = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?P<fips>-fips)?\.(?P<region>[a-z0-9][a-z0-9-]*)\."
    r"(?P<suffix>amazonaws\.(?:com(?:\.cn)?|eu)|on\.(?:aws|amazonwebservices\.com\.cn))"
)

# Every form of a private registry's host name that clients meet.
FORMS = {
    "plain": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
    "FIPS": f"{ACCOUNT}.dkr.ecr-fips.{REGION}.amazonaws.com",
    "dual-stack": f"{ACCOUNT}.dkr-ecr.{REGION}.on.aws",
    "dual-stack FIPS": f"{ACCOUNT}.dkr-ecr-fips.{REGION}.on.aws",
    "GovCloud": f"{ACCOUNT}.dkr.ecr.us-gov-west-1.amazonaws.com",
    "GovCloud FIPS": f"{ACCOUNT}.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
    "GovCloud dual-stack": f"{ACCOUNT}.dkr-ecr.us-gov-west-1.on.aws",
    "China": f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn",
    "China dual-stack": f"{ACCOUNT}.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
    "Europe": f"{ACCOUNT}.dkr.ecr.eusc-de-east-1.amazonaws.eu",
}
PLAIN = FORMS["plain"]
OTHER_ACCOUNTS = f"{OTHER_ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
OTHER_REGIONS = f"{ACCOUNT}.dkr.ecr.{OTHER_REGION}.amazonaws.com"
REGISTRIES = (*FORMS.values(), OTHER_ACCOUNTS, OTHER_REGIONS)

REGIONS = (REGION, OTHER_REGION, "us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1")


@dataclass(frozen=True)
class Place:
    """Whose registry a host name stands for, and where it is."""

    account: str
    region: str

    @property
    def partition(self):
        """The partition of the region."""
        known = {"us-gov-": "aws-us-gov", "cn-": "aws-cn", "eusc-": "aws-eusc"}
        return next((partition for prefix, partition in known.items() if self.region.startswith(prefix)), "aws")

    def repository_arn(self, name):
        return f"arn:{self.partition}:ecr:{self.region}:{self.account}:repository/{name}"

    @property
    def blob_host(self):
        """Where layers are kept: a bucket of the region."""
        return f"prod-{self.region}-starport-layer-bucket.s3.{self.region}.{suffixes(self.region)[0]}"


def place_of(host):
    """The place of a private registry's host name, or None."""
    found = REGISTRY.fullmatch(host)
    return Place(found["account"], found["region"]) if found else None


def suffixes(region):
    """The suffixes of API names in a region: usual, and dual-stack."""
    return {
        "cn": ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        "eusc": ("amazonaws.eu", "api.amazonwebservices.eu"),
    }.get(region.split("-")[0], ("amazonaws.com", "api.aws"))


def api_hosts(region):
    """The host names under which clients look for the APIs of a region, as botocore resolves them."""
    usual, dual = suffixes(region)
    names = [
        f"{service}{fips}.{region}.{suffix}"
        for service in ("signer", "data-signer", "verification.signer", "sts", "ecs")
        for fips in ("", "-fips")
        for suffix in (usual, dual)
    ]
    names += [f"api.ecr.{region}.{usual}", f"ecr-fips.{region}.{usual}", f"api.ecr-fips.{region}.{usual}"]
    names += [f"{api}ecr{fips}.{region}.{dual}" for api in ("", "api.") for fips in ("", "-fips")]
    return names


def all_hosts():
    """Every name of the laboratory; no other is known to its proxy."""
    names = {PUBLIC, PUBLIC_API, PUBLIC_BLOBS, "sts.amazonaws.com", *REGISTRIES}
    for region in REGIONS:
        names.update(api_hosts(region))
        names.add(Place(ACCOUNT, region).blob_host)
    return names
