"""What both kinds of ECR registry have in common: the paths of the distribution API, errors, and what IAM calls them."""

import json
import re
from dataclasses import dataclass

from .front import Answer

PATH = re.compile(r"/v2/(?P<name>[a-z0-9._/-]+)/(?P<kind>manifests|blobs|referrers|tags)/(?P<rest>.+)")

# What a request needs, by kind and method: aws.md 6.1, "Minimal policies".
ACTIONS = {
    ("manifests", "GET"): "ecr:BatchGetImage",
    ("manifests", "HEAD"): "ecr:BatchGetImage",
    ("manifests", "PUT"): "ecr:PutImage",
    ("manifests", "DELETE"): "ecr:BatchDeleteImage",
    ("referrers", "GET"): "ecr:BatchGetImage",
    ("tags", "GET"): "ecr:ListImages",
    ("blobs", "GET"): "ecr:GetDownloadUrlForLayer",
    ("blobs", "HEAD"): "ecr:BatchCheckLayerAvailability",
    ("blobs", "POST"): "ecr:InitiateLayerUpload",
    ("blobs", "PATCH"): "ecr:UploadLayerPart",
    ("blobs", "PUT"): "ecr:CompleteLayerUpload",
}


@dataclass(frozen=True)
class Target:
    """What a request is about."""

    name: str
    kind: str
    rest: str
    action: str

    @property
    def is_tag(self):
        return self.kind == "manifests" and ":" not in self.rest


def target_of(request):
    """The target of a request, or None."""
    found = PATH.fullmatch(request.path)
    if not found:
        return None
    action = ACTIONS.get((found["kind"], request.method))
    return Target(found["name"], found["kind"], found["rest"], action) if action else None


def error(status, code, message, **headers):
    """An answer in the form of the distribution specification."""
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    known = {"Content-Type": "application/json; charset=utf-8", "Docker-Distribution-Api-Version": "registry/2.0"}
    return Answer(status, body, known | headers)


def not_authorized(challenge):
    """What comes without a token: no JSON, as ECR does it."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "Docker-Distribution-Api-Version": "registry/2.0"}
    return Answer(401, b"Not Authorized\n", headers | {"WWW-Authenticate": challenge})
