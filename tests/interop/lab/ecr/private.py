"""A private ECR registry, in front of a real one: who may ask, what ECR refuses, and where its blobs are."""

import time
from dataclasses import dataclass, field

from .front import Answer
from .names import ACCOUNT
from .wire import error, not_authorized, target_of

PRINCIPAL = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/session"


@dataclass
class Rules:
    """What the registries do, until a test changes it. Repositories are named `account/region/name`."""

    repositories: set = field(default_factory=set)
    immutable: set = field(default_factory=set)
    # Actions that nobody is allowed, for example `ecr:PutImage`.
    denied: set = field(default_factory=set)
    # Pairs of a registry's account and one of another whose tokens it accepts, as by a repository policy.
    shared: set = field(default_factory=set)
    # How many of the next requests are answered with 429.
    throttled: int = 0


class PrivateRegistry:
    """The registries of all accounts and regions."""

    def __init__(self, backend, rules, diary, blobs):
        self.backend, self.rules, self.diary, self.blobs = backend, rules, diary, blobs

    def answer(self, request, place):
        target = target_of(request)
        if self.rules.throttled > 0:
            self.rules.throttled -= 1
            return error(429, "TOOMANYREQUESTS", "Rate exceeded")
        refused = self.check_token(request, place) or (target and self.check_repository(place, target))
        answer = refused or self.serve(request, place, target)
        answer.action = target.action if target else ""
        answer.headers.setdefault("Docker-Distribution-Api-Version", "registry/2.0")
        return answer

    def check_token(self, request, place):
        """Exactly a token that was issued for the region, still valid, of an account that may come here."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic" or not value:
            return not_authorized(f'Basic realm="https://{request.host}/",service="ecr.amazonaws.com"')
        token = self.diary.token(value)
        if token is None or token.place is None or token.place.region != place.region:
            return error(403, "DENIED", "Your Authorization Token is invalid.")
        if token.expires <= time.time():
            return error(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
        target = target_of(request)
        foreign = token.account != place.account and (place.account, token.account) not in self.rules.shared
        if target and foreign:
            return self.deny(token, place, target, "no resource-based policy allows")
        if target and target.action in self.rules.denied:
            return self.deny(token, place, target, "no identity-based policy allows")
        return None

    def check_repository(self, place, target):
        if f"{place.account}/{place.region}/{target.name}" not in self.rules.repositories:
            message = f"The repository with name '{target.name}' does not exist in the registry with id '{place.account}'"
            return error(404, "NAME_UNKNOWN", message)
        return None

    @staticmethod
    def deny(token, place, target, because):
        sentence = (
            f"User: {token.principal or PRINCIPAL} is not authorized to perform: {target.action} on resource: "
            f"{place.repository_arn(target.name)} because {because} the {target.action} action"
        )
        return error(403, "DENIED", sentence)

    def serve(self, request, place, target):
        if target is None:
            return Answer(200, b"{}", {"Content-Type": "application/json"}) if request.path == "/v2/" else Answer(404)
        under = f"{place.account}/{place.region}"
        if target.action == "ecr:GetDownloadUrlForLayer" and self.backend.has_blob(under, target.name, target.rest):
            location = self.blobs.presign(place.blob_host, under, target.name, target.rest)
            return Answer(307, b"", {"Location": location})
        if target.action == "ecr:PutImage" and target.is_tag and f"{under}/{target.name}" in self.rules.immutable:
            # Also where it would be the same image again.
            if self.backend.manifest_digest(under, target.name, target.rest):
                message = (
                    f"The image tag '{target.rest}' already exists in the '{target.name}' repository and cannot be "
                    "overwritten because the repository is immutable."
                )
                return error(400, "TAG_INVALID", message)
        return self.backend.pass_on(request, under)
