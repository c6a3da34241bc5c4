"""An account of the stand-in for AWS: its users, profiles and roots, and the variables that a job of it has."""

import json
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from . import aws
from .ecr.names import ACCOUNT, REGION

PROFILE_NAME = "ecr_signing"
USERS = {
    "aws": f"arn:aws:iam::{ACCOUNT}:user/builder",
    "aws-us-gov": f"arn:aws-us-gov:iam::{ACCOUNT}:user/builder",
}
# No job here is on an instance of EC2, and the one that runs the tests must not be asked for its credentials.
NO_INSTANCE = MappingProxyType({"AWS_EC2_METADATA_DISABLED": "true"})


@dataclass
class Account:
    """The account, and all that it gave out."""

    endpoint: aws.AwsEndpoint
    folder: Path
    users: dict = field(default_factory=dict)
    sessions: list = field(default_factory=list)
    id_tokens: list = field(default_factory=list)

    def root(self, partition="aws"):
        """The file with the root certificate of a partition."""
        path = self.folder / f"{partition}-root.pem"
        if not path.exists():
            path.write_text(self.endpoint.control("GET", "roots")[partition])
        return path

    def user(self, arn):
        """The keys of a user; made when they are first asked for."""
        if arn not in self.users:
            self.users[arn] = self.endpoint.control("POST", "user", {"arn": arn})
        return self.users[arn]

    def user_env(self, arn=USERS["aws"]):
        """The variables of a job with the keys of a user."""
        keys = self.user(arn)
        pair = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}
        return pair | {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION} | NO_INSTANCE

    def session_env(self):
        """The variables of a job with a session: keys that end, and a token that goes with them."""
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{self.endpoint.url}/creds") as answer:
            session = json.loads(answer.read())
        self.sessions.append(session)
        names = {"AccessKeyId": "AWS_ACCESS_KEY_ID", "SecretAccessKey": "AWS_SECRET_ACCESS_KEY", "Token": "AWS_SESSION_TOKEN"}
        return {variable: session[name] for name, variable in names.items()} | NO_INSTANCE

    def container_env(self):
        """The variables of a job in a build container.

        AWS's own is `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, below 169.254.170.2: no such address is here."""
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.endpoint.url}/creds"} | NO_INSTANCE

    def id_token(self):
        """A token that GitLab gives to a job; the role `gitlab-ci` trusts it."""
        claims = {
            "iss": "https://gitlab.com",
            "aud": "https://gitlab.com",
            "sub": "project_path:acme/app:ref_type:branch:ref:main",
        }
        token = self.endpoint.control("POST", "id-token", claims)["value"]
        self.id_tokens.append(token)
        return token

    def client(self, service, arn=USERS["aws"], region=REGION):
        """A client of boto3."""
        keys = self.user(arn)
        return self.endpoint.client(service, keys["AccessKeyId"], keys["SecretAccessKey"], region=region)

    def add_profile(self, name=PROFILE_NAME, region=REGION, partition="aws"):
        """Makes a signing profile for images; returns its ARN."""
        client = self.client("signer", USERS[partition], region)
        return client.put_signing_profile(profileName=name, platformId="Notation-OCI-SHA384-ECDSA")["arn"]

    @property
    def profile(self):
        """The ARN of the usual profile."""
        return f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/{PROFILE_NAME}"

    def fault(self, operation, fault, times=None):
        """Switches a fault on: by its name, or with its details."""
        details = fault if isinstance(fault, dict) else {"fault": fault}
        self.endpoint.control("PUT", "fault", {"operation": operation, "times": times, **details})

    def principal_of(self, token):
        """To whom a registry token was issued."""
        logins = self.endpoint.control("GET", "logins")
        return next((login["principal"] for login in logins if login["authorization"] == token), None)

    def secrets(self):
        """Every secret that a test was given here so far, and every registry token."""
        logins = self.endpoint.control("GET", "logins")
        return [
            *[keys["SecretAccessKey"] for keys in self.users.values()],
            *[session[name] for session in self.sessions for name in ("SecretAccessKey", "Token")],
            *self.id_tokens,
            *[login[name] for login in logins for name in ("password", "authorization")],
        ]


def account(endpoint, folder):
    """An account with the usual profile."""
    made = Account(endpoint, Path(folder))
    made.add_profile()
    return made
