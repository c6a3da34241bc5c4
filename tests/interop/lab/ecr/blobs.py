"""Where registries keep their blobs: another host, with URLs that are signed and tolerate no other credential."""

import secrets

from .front import Answer

INVALID = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; '
    "only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be "
    "specified</Message><ArgumentName>Authorization</ArgumentName></Error>"
)
DENIED = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'


class Blobs:
    """The buckets."""

    def __init__(self, backend, diary):
        self.backend, self.diary = backend, diary
        self.signed = {}

    def presign(self, host, *blob):
        """A URL that opens one blob."""
        signature = secrets.token_hex(32)
        self.signed[signature] = (host, blob)
        return f"https://{host}/{blob[-1].replace(':', '/')}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={signature}"

    def answer(self, request):
        xml = {"Content-Type": "application/xml"}
        if "Authorization" in request.headers:
            self.diary.violated(f"an Authorization header for {request.host}: {request.line}")
            return Answer(400, INVALID.encode(), xml)
        host, blob = self.signed.get(request.query.get("X-Amz-Signature"), (None, None))
        if host != request.host or request.method not in ("GET", "HEAD"):
            return Answer(403, DENIED.encode(), xml)
        status, _, body = self.backend.blob(*blob)
        return Answer(status, body, {"Content-Type": "application/octet-stream"}, "blob")
