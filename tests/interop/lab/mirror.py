"""A server on loopback with one file, as a mirror of a release is."""

import contextlib
import hashlib
import http.server

from .process import serving


class Mirror:
    """A server on loopback with one file."""

    def __init__(self, port, content):
        self.url = f"http://127.0.0.1:{port}/sealgate"
        self.content = content
        self.requests = 0

    @property
    def checksum(self):
        return hashlib.sha256(self.content).hexdigest()


@contextlib.contextmanager
def mirroring(content):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            mirror.requests += 1
            moved = self.path == "/moved"
            self.send_response(302 if moved else 200 if self.path == "/sealgate" else 404)
            if moved:
                self.send_header("Location", "/sealgate")
            body = b"" if moved else mirror.content
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mirror = Mirror(server.server_address[1], content)
    with serving(server):
        yield mirror
