"""public.ecr.aws, in front of a real registry: anyone may pull, with a bearer token that anyone gets; AWS may push."""

import base64
import json
import time
import uuid

from .front import Answer
from .names import PUBLIC, PUBLIC_BLOBS
from .wire import error, not_authorized, target_of

CHALLENGE = f'Bearer realm="https://{PUBLIC}/token/",service="{PUBLIC}",scope="aws"'
UNDER = "public"
READS = ("GET", "HEAD")


class PublicRegistry:
    """The public gallery. Its repositories are those of the backend below `public/`."""

    def __init__(self, backend, rules, diary, blobs):
        self.backend, self.rules, self.diary, self.blobs = backend, rules, diary, blobs
        # The bearer tokens that were handed out, and whether they may push.
        self.bearers = {}

    def answer(self, request):
        if request.path == "/token/" and request.method == "GET":
            return self.hand_out(request)
        target = target_of(request)
        if self.rules.throttled > 0:
            self.rules.throttled -= 1
            return error(429, "TOOMANYREQUESTS", "Rate exceeded")
        answer = self.check(request) or self.serve(request, target)
        answer.action = target.action.replace("ecr:", "ecr-public:") if target else ""
        return answer

    def hand_out(self, request):
        """Anonymous without a login; with one, it must be a token that the API of ECR Public issued."""
        value = request.headers.get("Authorization", "").removeprefix("Basic ")
        token = self.diary.token(value)
        if value and (token is None or token.place is not None or token.expires <= time.time()):
            return error(400, "DENIED", "Your Authorization Token is invalid.")
        bearer = base64.b64encode(uuid.uuid4().bytes).decode()
        self.bearers[bearer] = bool(value)
        return Answer(200, json.dumps({"token": bearer}).encode(), {"Content-Type": "application/json"}, "token")

    def check(self, request):
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if not value:
            return not_authorized(CHALLENGE)
        if scheme.lower() != "bearer" or value not in self.bearers:
            return error(403, "DENIED", "Your Authorization Token is invalid.")
        if request.method not in READS and not self.bearers[value]:
            return error(403, "DENIED", "Your authorization token does not allow this.")
        return None

    def serve(self, request, target):
        if target is None:
            return Answer(200, b"{}", {"Content-Type": "application/json"}) if request.path == "/v2/" else Answer(404)
        if f"{UNDER}/{target.name}" not in self.rules.repositories:
            message = f"The repository with name '{target.name}' does not exist in the registry"
            return error(404, "NAME_UNKNOWN", message)
        if target.kind == "blobs" and request.method == "GET" and self.backend.has_blob(UNDER, target.name, target.rest):
            location = self.blobs.presign(PUBLIC_BLOBS, UNDER, target.name, target.rest)
            return Answer(307, b"", {"Location": location})
        return self.backend.pass_on(request, UNDER)
