"""ECR and the hosts of the AWS APIs on loopback, over TLS, behind a proxy: what a job in AWS talks to.

The registry behind is a real one; what ECR adds is here. The AWS APIs are another process, given by its URL.
"""

import contextlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from .. import images
from . import names
from .api import Api
from .backend import Backend
from .blobs import Blobs
from .diary import Diary, Token
from .front import Authority, front
from .private import PrivateRegistry, Rules
from .public import UNDER, PublicRegistry
from .tunnel import tunnel

USER = f"arn:aws:iam::{names.ACCOUNT}:user/builder"


class Sites:
    """Which site a host name stands for, and whose credentials may be sent there."""

    def __init__(self, backend, rules, diary, endpoint, principal_of):
        self.blobs = Blobs(backend, diary)
        self.private = PrivateRegistry(backend, rules, diary, self.blobs)
        self.public = PublicRegistry(backend, rules, diary, self.blobs)
        self.api = Api(endpoint, diary, principal_of)
        self.blob_hosts = {names.PUBLIC_BLOBS, *(names.Place("", region).blob_host for region in names.REGIONS)}

    def site(self, host):
        if place := names.place_of(host):
            return At(self.private, place), "registry"
        if host == names.PUBLIC:
            return self.public, "registry"
        if host in self.blob_hosts:
            return self.blobs, "nothing"
        return self.api, "aws"


@dataclass(frozen=True)
class At:
    """The registry of one place."""

    registry: PrivateRegistry
    place: names.Place

    def answer(self, request):
        return self.registry.answer(request, self.place)


@dataclass(frozen=True)
class Laboratory:
    """The running laboratory."""

    registry: object
    root: str
    rules: Rules
    diary: Diary
    proxy: object
    ca_file: Path

    def env(self):
        """What makes a client take these hosts for AWS's. Loopback stays without a proxy."""
        return {
            "HTTPS_PROXY": self.proxy.url,
            "HTTP_PROXY": self.proxy.url,
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": self.ca_file,
            "AWS_CA_BUNDLE": self.ca_file,
        }

    def new_token(self, account, user=USER):
        """A token that a job got before, with the AWS CLI for example."""
        data = account.client("ecr", user).get_authorization_token()["authorizationData"][0]
        token = Token(data["authorizationToken"], names.Place(names.ACCOUNT, names.REGION), data["expiresAt"].timestamp(), user)
        self.diary.note_token(token)
        return token

    def create_repository(self, name, host=names.PLAIN, immutable=False):
        """Makes a repository; ECR makes none on push. Returns its reference."""
        path = rule_name(name, host)
        self.rules.repositories.add(path)
        if immutable:
            self.rules.immutable.add(path)
        return f"{host}/{name}"

    def push(self, home, name, host=names.PLAIN, form="oci-image", **options):
        """Puts an image into a repository, past the front: the test's own, not a client's work."""
        self.create_repository(name, host, options.pop("immutable", False))
        pushed = images.push(home, self.registry, f"{self.root}/{rule_name(name, host)}", form, **options)
        return images.Image(f"{host}/{name}", pushed.tag, pushed.digest)

    def behind(self, image):
        """The same image, as the registry behind the front has it."""
        host, name = image.repository.split("/", 1)
        return images.Image(f"{self.registry.host}/{self.root}/{rule_name(name, host)}", image.tag, image.digest)


def rule_name(name, host):
    """What the rules call a repository, and the registry behind below its root."""
    place = names.place_of(host)
    return f"{place.account}/{place.region}/{name}" if place else f"{UNDER}/{name}"


@contextlib.contextmanager
def laboratory(folder, registry, endpoint, delay=0.0, principal_of=lambda token: None):
    """The laboratory for the length of a block, before a registry that wants no login, and an AWS endpoint (a URL).

    `delay` is for one way between the client and every host, in seconds. `principal_of` tells to whom a registry token was
    issued; without an answer, to the account that the token is for."""
    diary, rules = Diary(), Rules()
    authority = Authority(folder)
    root = f"lab-{uuid.uuid4().hex[:12]}"
    sites = Sites(Backend(registry, root), rules, diary, endpoint, principal_of)
    with (
        front(authority, diary, sites.site) as server,
        tunnel(names.all_hosts(), server.server_port, diary, delay) as proxy,
    ):
        server.asked_for = proxy.asked_for.get
        server.delay = lambda: proxy.delay
        yield Laboratory(registry, root, rules, diary, proxy, authority.ca_file)
