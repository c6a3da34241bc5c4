"""GitLab's own container registry: tokens of another host, no referrers API, and an answer of its own for a tag `sha256-<hex>`."""

import contextlib
import dataclasses
import http.client
import http.server
import re

from . import images
from .process import serving

REFERRERS_TAG = re.compile(r"(/v2/.+/manifests/)sha256-([0-9a-f]{64})")


@contextlib.contextmanager
def gitlab_registry(registry):
    """A registry before which stands what is GitLab's: where there is no tag `sha256-<hex>`, the manifest with that digest answers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            status, headers, content = self.ask(self.path, body)
            tag = REFERRERS_TAG.fullmatch(self.path)
            if tag and status == 404 and self.command in ("GET", "HEAD"):
                # Whatever type was asked for.
                status, headers, content = self.ask(f"{tag[1]}sha256:{tag[2]}", body, Accept=f"{images.OCI_MANIFEST}, {images.OCI_INDEX}")
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "connection", "content-length", "date"):
                    self.send_header(name, value)
            told = dict((name.lower(), value) for name, value in headers).get("content-length")
            self.send_header("Content-Length", told if self.command == "HEAD" and told else str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def ask(self, path, body, **headers):
            connection = http.client.HTTPConnection(registry.host, timeout=20)
            with contextlib.closing(connection):
                connection.request(self.command, path, body, dict(self.headers.items()) | headers)
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = forward

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield dataclasses.replace(registry, host=f"localhost:{server.server_address[1]}")
