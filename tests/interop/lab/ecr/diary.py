"""What was asked of the laboratory, which tokens were issued, and what must not have happened."""

import base64
import threading
import time
from dataclasses import dataclass, field

from ..delay_proxy import Diary as Rounds
from ..delay_proxy import Request


@dataclass
class Exchange(Request):
    """One request and its answer, at the times at which the client sent and saw them. Queries are not kept."""

    method: str = ""
    host: str = ""
    path: str = ""
    has_authorization: bool = False
    status: int | None = None
    # The operation of an AWS API (`X-Amz-Target`, or the method and path), else the action that a registry checks.
    action: str = ""


@dataclass
class Token:
    """A registry token, as it was issued for a place."""

    value: str
    # None for the public registry.
    place: object
    expires: float
    # ARN of who asked for it, where the endpoint tells.
    principal: str | None = None

    @property
    def account(self):
        """The account of who asked."""
        return self.principal.split(":")[4] if self.principal else self.place.account

    @property
    def password(self):
        return base64.b64decode(self.value).decode().partition(":")[2]


@dataclass
class Diary(Rounds):
    """The requests since the last `clear`, oldest first; tokens and violations of the whole life of the laboratory."""

    tokens: list = field(default_factory=list)
    violations: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    # Secrets that no request may carry in the open, for example the secret access keys.
    secrets: list = field(default_factory=list)
    lock: object = field(default_factory=threading.Lock)

    def clear(self):
        super().clear()
        self.refused.clear()

    def of(self, host=None, method=None, action=None):
        """The requests to a host, with a method, of an action."""
        return [
            one
            for one in list(self.requests)
            if host in (None, one.host) and method in (None, one.method) and action in (None, one.action)
        ]

    def violated(self, what):
        with self.lock:
            self.violations.append(what)

    def note_token(self, token):
        with self.lock:
            self.tokens.append(token)

    def token(self, value):
        """The token of this exact value, or None."""
        return next((token for token in list(self.tokens) if token.value == value), None)

    def expire_tokens(self):
        """Makes every token issued so far an expired one."""
        for token in list(self.tokens):
            token.expires = time.time() - 1

    def check_leaks(self, request, allowed):
        """Registry tokens belong to registries, signatures of AWS requests to AWS; a secret key belongs nowhere."""
        text = request.text()
        for token in [] if allowed == "registry" else list(self.tokens):
            if token.value in text or token.password in text:
                self.violated(f"a registry token in a request to {request.host}: {request.line}")
        if allowed != "aws" and ("AWS4-HMAC-SHA256 " in text or "x-amz-security-token:" in text.lower()):
            self.violated(f"AWS credentials in a request to {request.host}: {request.line}")
        for secret in self.secrets:
            if secret in text:
                self.violated(f"a secret in the open in a request to {request.host}: {request.line}")
