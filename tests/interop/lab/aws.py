"""The test endpoint that stands in for AWS, run as the command that people run, and its clients."""

import contextlib
import json
import os
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config

from .process import TARGET, server

ACCOUNT, REGION, PROFILE = "111122223333", "us-west-2", "ci_images"
ACCESS_KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CLI = TARGET / "peers" / "venv" / "bin" / "aws"


def endpoint_path():
    """The endpoint's binary: `SEALTEST_AWS_ENDPOINT`, else the newest that cargo built here."""
    named = os.environ.get("SEALTEST_AWS_ENDPOINT")
    if named:
        return Path(named).resolve()
    places = [TARGET / profile / "examples" / "aws-endpoint" for profile in ("debug", "release")]
    return max((path for path in places if path.is_file()), key=lambda path: path.stat().st_mtime, default=places[0])


@dataclass(frozen=True)
class AwsEndpoint:
    """A running endpoint."""

    port: int
    root_file: Path

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def profile(self):
        return f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/{PROFILE}"

    def role(self, name):
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    def env(self, credentials=True):
        """What an AWS client must find in its environment to be the endpoint's first user."""
        env = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_DISABLED": "true"}
        return env | ({"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET} if credentials else {})

    def control(self, method, name, value=None):
        """What a test does to the endpoint that a customer of AWS cannot."""
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{self.url}/_control/{name}", body, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def client(self, service, access_key=ACCESS_KEY, secret=SECRET, token=None, region=REGION, attempts=1, **more):
        """A client of boto3. It does not try again unless a test asks for it."""
        return boto3.Session(access_key, secret, token, region_name=region).client(
            service,
            endpoint_url=self.url,
            config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}, proxies={}, **more),
        )


@contextlib.contextmanager
def running(home, *flags):
    """An endpoint for the length of a block."""
    root_file = home.folder / "not-aws-root.pem"
    command = [endpoint_path(), "--root-file", root_file, *flags]
    log = home.folder / "aws-endpoint.log"
    with server(lambda port: [*command, "--port", port], home.env(), log) as port:
        yield AwsEndpoint(port, root_file)
