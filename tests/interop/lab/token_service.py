"""A token service for a registry, after the distribution project's token authentication specification."""

import base64
import contextlib
import http.server
import json
import time
import urllib.parse
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from . import certificates
from .process import serving

SERVICE = ISSUER = "sealtest"
TOKEN_SECONDS = 300
# An identity token, as a registry gives one at `docker login`; it stands for the user `robot`.
IDENTITY_TOKEN = "identity-token-of-robot"

PASSWORDS = {"robot": "correct horse", "reader": "only looking"}
ALLOWED = {"robot": {"pull", "push", "delete"}, "reader": {"pull"}, None: set()}


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class Authority:
    """Signs tokens; the registry trusts its certificate."""

    def __init__(self, folder):
        signer = certificates.issue_signer("Test Token Service", "rsa-2048")
        self.key = signer.key
        self.bundle = folder / "token.crt"
        self.bundle.write_text(certificates.pem(signer.certificate))
        der = signer.certificate.public_bytes(serialization.Encoding.DER)
        self.header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}

    def token(self, user, scopes):
        """A token for what of `scopes` the user is allowed, as the registry compares it."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": user or "",
            "aud": SERVICE,
            "iat": now,
            "nbf": now - 10,
            "exp": now + TOKEN_SECONDS,
            "jti": uuid.uuid4().hex,
            "access": [access for access in map(lambda scope: granted(user, scope), scopes) if access["actions"]],
        }
        signed = b".".join(unpadded(json.dumps(part).encode()) for part in (self.header, claims))
        signature = self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return (signed + b"." + unpadded(signature)).decode()


def granted(user, scope):
    """`repository:NAME:ACTION,ACTION` cut down to what the user may do."""
    kind, rest = scope.split(":", 1)
    name, actions = rest.rsplit(":", 1)
    return {"type": kind, "name": name, "actions": sorted(ALLOWED[user] & set(actions.split(",")))}


def basic_user(header):
    """The user of a Basic authorization: None for nobody, False for a wrong password."""
    if not header:
        return None
    scheme, _, value = header.partition(" ")
    user, _, password = base64.b64decode(value).decode().partition(":")
    return user if scheme.lower() == "basic" and PASSWORDS.get(user) == password else False


class Handler(http.server.BaseHTTPRequestHandler):
    """GET with Basic authorization, and POST with a grant (OAuth 2)."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.answer(basic_user(self.headers.get("Authorization")), query)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = urllib.parse.parse_qs(body)
        grant, user = form.get("grant_type"), False
        if grant == ["refresh_token"] and form.get("refresh_token") == [IDENTITY_TOKEN]:
            user = "robot"
        elif grant == ["password"] and PASSWORDS.get(form.get("username", [""])[0]) == form.get("password", [None])[0]:
            user = form["username"][0]
        self.answer(user, form)

    def answer(self, user, query):
        scopes = [one for value in query.get("scope", []) for one in value.split()]
        if user is False or query.get("service") != [SERVICE]:
            return self.send(401, {"details": "wrong name, password or service"})
        token = self.server.authority.token(user, scopes)
        self.send(200, {"token": token, "access_token": token, "expires_in": TOKEN_SECONDS})

    def send(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def token_service(folder):
    """Runs the service for the length of a block; yields its realm and the certificate that the registry has to trust."""
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    httpd.authority = Authority(folder)
    with serving(httpd):
        yield f"http://localhost:{httpd.server_port}/token", httpd.authority.bundle
