"""The AWS endpoint of the tests (`tests/aws/`), run as a command: Signer, STS and the tokens of ECR."""

import contextlib
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .ecr.names import ACCOUNT, REGION
from .process import PEERS, TARGET, Home, server

PROFILE_NAME = "ecr_signing"
USERS = {
    "aws": f"arn:aws:iam::{ACCOUNT}:user/builder",
    "aws-us-gov": f"arn:aws-us-gov:iam::{ACCOUNT}:user/builder",
}


def endpoint_path():
    """The endpoint's binary: `SEALTEST_AWS_ENDPOINT`, else the newest that cargo built here."""
    named = os.environ.get("SEALTEST_AWS_ENDPOINT")
    if named:
        return Path(named).resolve()
    built = [path for folder in ("debug", "release") if (path := TARGET / folder / "examples" / "aws-endpoint").is_file()]
    return max(built, key=lambda path: path.stat().st_mtime, default=TARGET / "debug" / "examples" / "aws-endpoint")


def aws_command():
    """The AWS CLI, which the test driver's Python environment has."""
    return PEERS.parent / "venv" / "bin" / "aws"


@dataclass
class Endpoint:
    """A running endpoint."""

    url: str
    folder: Path
    users: dict = field(default_factory=dict)
    sessions: list = field(default_factory=list)
    id_tokens: list = field(default_factory=list)

    def control(self, method, name, value=None):
        """One request to the part of the endpoint that is for tests."""
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{self.url}/_control/{name}", body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {name}: {error.read().decode()}") from None

    def root(self, partition="aws"):
        """The file with the root certificate of a partition."""
        path = self.folder / f"{partition}-root.pem"
        if not path.exists():
            path.write_text(self.control("GET", "roots")[partition])
        return path

    def user(self, arn):
        """The keys of a user; made when they are first asked for."""
        if arn not in self.users:
            self.users[arn] = self.control("POST", "user", {"arn": arn})
        return self.users[arn]

    def user_env(self, arn=USERS["aws"]):
        """The variables of a job with the keys of a user."""
        keys = self.user(arn)
        return {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def session_env(self):
        """The variables of a job with a session: keys that end, and a token that goes with them."""
        with urllib.request.urlopen(f"{self.url}/creds", timeout=20) as answer:
            session = json.loads(answer.read())
        self.sessions.append(session)
        return {
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["Token"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": REGION,
        }

    def id_token(self):
        """A token that GitLab gives to a job; the role `gitlab-ci` trusts it."""
        claims = {
            "iss": "https://gitlab.com",
            "aud": "https://gitlab.com",
            "sub": "project_path:acme/app:ref_type:branch:ref:main",
        }
        token = self.control("POST", "id-token", claims)["value"]
        self.id_tokens.append(token)
        return token

    def container_env(self):
        """The variables of a job in a build container.

        AWS's own is `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, below 169.254.170.2: no such address is here."""
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.url}/creds"}

    def client(self, service, arn=USERS["aws"], region=REGION):
        """A client of boto3."""
        import boto3
        from botocore.config import Config

        keys = self.user(arn)
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
        )

    def add_profile(self, name=PROFILE_NAME, account=ACCOUNT, region=REGION, partition="aws"):
        """Makes a signing profile for images; returns its ARN."""
        client = self.client("signer", f"arn:{partition}:iam::{account}:user/builder", region)
        made = client.put_signing_profile(profileName=name, platformId="Notation-OCI-SHA384-ECDSA")
        return made["arn"]

    @property
    def profile(self):
        """The ARN of the usual profile."""
        return f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/{PROFILE_NAME}"

    def fault(self, operation, fault, times=None):
        """Switches a fault on."""
        details = fault if isinstance(fault, dict) else {"fault": fault}
        self.control("PUT", "fault", {"operation": operation, "times": times, **details})

    def principal_of(self, token):
        """To whom a registry token was issued."""
        return next((login["principal"] for login in self.control("GET", "logins") if login["authorization"] == token), None)

    def secrets(self):
        """Every secret that a test was given here so far, and every registry token."""
        logins = self.control("GET", "logins")
        return [
            *[keys["SecretAccessKey"] for keys in self.users.values()],
            *[session[name] for session in self.sessions for name in ("SecretAccessKey", "Token")],
            *self.id_tokens,
            *[login[name] for login in logins for name in ("password", "authorization")],
        ]


@contextlib.contextmanager
def running(folder):
    """An endpoint of its own for the length of a block, with the usual profile."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not endpoint_path().is_file():
        pytest.fail(f"there is no AWS endpoint: {endpoint_path()}; cargo build --example aws-endpoint", pytrace=False)
    settings = ["--account", ACCOUNT, "--region", REGION, "--profile", PROFILE_NAME, "--root-file", folder / "aws-root.pem"]
    with server(lambda port: [endpoint_path(), *settings, "--port", port], Home(folder / "home").env(), folder / "log") as port:
        yield Endpoint(f"http://127.0.0.1:{port}", folder)
