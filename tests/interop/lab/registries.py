"""The registries of the matrix: real ones, started on loopback."""

import contextlib
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from . import certificates, images, token_service
from .process import Home, find_command, server

USER, PASSWORD = "robot", token_service.PASSWORDS["robot"]
# bcrypt of PASSWORD, the only form that docker-registry reads: `htpasswd -nbB robot 'correct horse'`.
HTPASSWD = f"{USER}:$2b$05$EZpqD0PrODb.M.u/VDi65.4DP2qyh5UeznX3PtdfqNdAvdT6Wgygm\n"


@dataclass(frozen=True)
class Kind:
    """A registry of the matrix. `command` is the program that must be there."""

    name: str
    command: str
    referrers_api: bool = False
    login: bool = False
    tls: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind("olareg", "olareg", referrers_api=True),
        Kind("olareg-no-api", "olareg"),
        Kind("crane", "crane"),
        Kind("docker", "docker-registry"),
        Kind("docker-htpasswd", "docker-registry", login=True),
        Kind("docker-token", "docker-registry", login=True),
        Kind("docker-tls", "docker-registry", tls=True),
    )
}


@dataclass(frozen=True)
class Registry:
    """A running registry."""

    kind: Kind
    host: str
    ca_file: Path | None = None
    log: Path | None = None

    def settle(self, home):
        """Gives a user what every client needs here: the login in Docker's configuration file."""
        if self.kind.login:
            write_docker_login(home.docker / "config.json", self.host)

    def env(self):
        """What Go's clients need to trust this registry's certificate."""
        return {"SSL_CERT_FILE": self.ca_file} if self.ca_file else {}

    def sealgate_flags(self):
        """What sealgate needs: nothing for a registry on loopback, the CA where there is TLS."""
        return ["--ca-file", self.ca_file] if self.ca_file else []

    def request(self, method, path, body=None, content_type=None):
        """One plain request, for the registries without login and TLS: status, headers, body."""
        headers = {"Accept": f"{images.OCI_MANIFEST}, {images.OCI_INDEX}"} | (
            {"Content-Type": content_type} if content_type else {}
        )
        request = urllib.request.Request(f"http://{self.host}{path}", body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()


def basic(user=USER, password=PASSWORD):
    import base64

    return base64.b64encode(f"{user}:{password}".encode()).decode()


def docker_login(host, user=USER, password=PASSWORD):
    """Docker's configuration with one login."""
    return json.dumps({"auths": {host: {"auth": basic(user, password)}}})


def write_docker_login(path, host, user=USER, password=PASSWORD):
    path.write_text(docker_login(host, user, password))


def docker_registry_configuration(folder, port, auth="", tls=""):
    """The configuration file of the Debian package's registry."""
    path = folder / "registry.yml"
    path.write_text(
        f"""version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {folder}/storage}}
  delete: {{enabled: true}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http:
  addr: 127.0.0.1:{port}
{tls}
{auth}
"""
    )
    return ["docker-registry", "serve", path]


def command_of(kind, folder, stack):
    """The command line of a registry for a port, and its CA file."""
    if kind.command == "olareg":
        api = "true" if kind.referrers_api else "false"
        flags = ["--addr", "127.0.0.1", "--store-type", "mem", "--api-delete", "--api-blob-delete", f"--api-referrer={api}"]
        return (lambda port: ["olareg", "serve", *flags, "--port", port]), None
    if kind.command == "crane":
        return (lambda port: ["crane", "registry", "serve", "--address", f"127.0.0.1:{port}"]), None

    auth = tls = ""
    ca_file = None
    if kind.name == "docker-htpasswd":
        (folder / "htpasswd").write_text(HTPASSWD)
        auth = f"auth:\n  htpasswd: {{realm: sealtest, path: {folder}/htpasswd}}"
    if kind.name == "docker-token":
        realm, bundle = stack.enter_context(token_service.token_service(folder))
        auth = (
            f"auth:\n  token: {{realm: '{realm}', service: {token_service.SERVICE}, issuer: {token_service.ISSUER}, "
            f"rootcertbundle: {bundle}}}"
        )
    if kind.tls:
        ca_file, certificate, key = certificates.write_server_certificate(folder)
        tls = f"  tls: {{certificate: {certificate}, key: {key}}}"
    return (lambda port: docker_registry_configuration(folder, port, auth, tls)), ca_file


def signing_ways():
    """Each registry with each value of notation's `--force-referrers-tag` that works there.

    olareg takes a pushed tag index for the truth and forgets the referrer that it had recorded beside it."""
    return [(name, force) for name, kind in KINDS.items() for force in (False, True) if not (kind.referrers_api and force)]


def is_installed(kind):
    return find_command(kind.command) is not None


@contextlib.contextmanager
def running(name, folder):
    """A registry for the length of a block."""
    kind = KINDS[name]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    with contextlib.ExitStack() as stack:
        command, ca_file = command_of(kind, folder, stack)
        port = stack.enter_context(server(command, Home(folder / "home").env(), log))
        # notation speaks plain HTTP to the name localhost, whatever is there; with TLS the address is used.
        yield Registry(kind, f"{'127.0.0.1' if kind.tls else 'localhost'}:{port}", ca_file, log)
