"""The hosts of the AWS APIs: every request goes to one endpoint as it is; the tokens that it issues are noted."""

import http.client
import json
import urllib.parse

from .diary import Token
from .front import SECONDS, Answer
from .names import place_of

TARGETS = {
    "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken": "ecr:GetAuthorizationToken",
    "SpencerFrontendService.GetAuthorizationToken": "ecr-public:GetAuthorizationToken",
}
CHUNK = 1 << 14
OF_CONNECTION = ("connection", "keep-alive", "transfer-encoding", "content-length")


def action_of(request):
    """The operation: as its header, its form or its path says."""
    if target := request.headers.get("X-Amz-Target"):
        return TARGETS.get(target, target)
    if request.host.startswith("sts"):
        form = dict(urllib.parse.parse_qsl(request.body.decode("latin-1"))) | request.query
        return f"sts:{form.get('Action')}"
    known = {
        ("POST", "/signing-jobs/with-payload"): "signer:SignPayload",
        ("GET", "/revocations"): "signer:GetRevocationStatus",
    }
    return known.get((request.method, request.path), f"{request.method} {request.path}")


class Api:
    """All hosts of AWS APIs. `endpoint` is an HTTP URL; the `Host` header stays that of AWS, for it is signed."""

    def __init__(self, endpoint, diary, principal_of):
        self.address = urllib.parse.urlsplit(endpoint).netloc
        self.diary, self.principal_of = diary, principal_of

    def answer(self, request):
        action = action_of(request)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in OF_CONNECTION}
        connection = http.client.HTTPConnection(self.address, timeout=SECONDS)
        connection.request(request.method, request.target, request.body or None, headers | self.length(request))
        told = connection.getresponse()
        headers = {name: value for name, value in told.headers.items() if name.lower() not in OF_CONNECTION}
        if told.headers["Content-Length"] is not None:
            headers["Content-Length"] = told.headers["Content-Length"]
        if action not in TARGETS.values() or told.status != 200:
            return Answer(told.status, self.parts(connection, told), headers, action)
        body = told.read()
        connection.close()
        self.note_tokens(json.loads(body)["authorizationData"])
        return Answer(told.status, body, headers, action)

    @staticmethod
    def length(request):
        return {"Content-Length": str(len(request.body))} if request.body or request.method in ("POST", "PUT") else {}

    @staticmethod
    def parts(connection, told):
        """The body as it comes, also where it is slow, or ends too early."""
        try:
            while part := told.read1(CHUNK):
                yield part
        except (http.client.HTTPException, OSError):
            pass
        finally:
            connection.close()

    def note_tokens(self, data):
        """A list for private registries, one thing without a place for the public one."""
        for one in data if isinstance(data, list) else [data]:
            host = urllib.parse.urlsplit(one.get("proxyEndpoint", "")).netloc
            value = one["authorizationToken"]
            self.diary.note_token(Token(value, place_of(host), one["expiresAt"], self.principal_of(value)))
