"""The smallest AWS endpoint: registry tokens for whoever asks. The laboratory's own tests need no more."""

import base64
import contextlib
import http.server
import json
import secrets
import time

from ..process import serving
from .api import TARGETS
from .names import ACCOUNT

TOKEN_SECONDS = 43200


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        action = TARGETS.get(self.headers.get("X-Amz-Target"))
        # AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request
        scope = self.headers.get("Authorization", "").partition("Credential=")[2].split(",")[0].split("/")
        if action is None or len(scope) != 5:
            return self.send(400, {"__type": "ValidationException", "message": "no such thing"})
        token = base64.b64encode(f"AWS:{secrets.token_urlsafe(96)}".encode()).decode()
        data = {"authorizationToken": token, "expiresAt": time.time() + TOKEN_SECONDS}
        if action == "ecr-public:GetAuthorizationToken":
            return self.send(200, {"authorizationData": data})
        region = scope[2]
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        data["proxyEndpoint"] = f"https://{ACCOUNT}.dkr.ecr.{region}.{suffix}"
        return self.send(200, {"authorizationData": [data]})

    def send(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def stand_in():
    """The endpoint for the length of a block; yields its URL."""
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    with serving(httpd):
        yield f"http://127.0.0.1:{httpd.server_port}"
