"""A proxy in front of one server that keeps what was asked and answered, without what proves who asked."""

import contextlib
import http.client
import sys
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from .process import serving

CHUNK_BYTES = 1 << 16
HOP_BY_HOP = {"connection", "proxy-connection", "transfer-encoding", "content-length"}
# What is kept of a request's headers. No credential, no signature, no time.
KEPT = {"host", "content-type", "user-agent"}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    query: tuple
    headers: dict
    body: str
    status: int
    answer: str
    # False where the connection ended within the answer.
    complete: bool

    @property
    def operation(self):
        named = {"/revocations": "GetRevocationStatus", "/signing-jobs/with-payload": "SignPayload"}
        return named.get(self.path, f"{self.method} {self.path}")

    def as_set(self):
        """The query without its order: Go's SDK sorts repeated parameters."""
        return sorted(self.query)


class Recorder(ThreadingHTTPServer):
    """Takes both forms of a request line: a path, and the whole URL that a client sends to a proxy."""

    daemon_threads = True

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = target
        self.exchanges = []

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """A client may go when it has seen enough; any other error is one of this proxy."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def of(self, operation):
        return [one for one in self.exchanges if one.operation == operation]


class Handler(BaseHTTPRequestHandler):
    """One connection of a client. Each request gets a connection of its own to the server."""

    protocol_version = "HTTP/1.1"

    def pass_on(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = url.path + (f"?{url.query}" if url.query else "")
        server = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=60)
        with contextlib.closing(server):
            # The Host header is signed: it stays as it came.
            server.putrequest(self.command, target, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    server.putheader(name, value)
            if body:
                server.putheader("Content-Length", str(len(body)))
            server.endheaders(body or None)
            answer = server.getresponse()
            content = b""
            # A server that fails within its answer resets the connection: what came so far is what it said.
            with contextlib.suppress(ConnectionResetError):
                while part := answer.read1(CHUNK_BYTES):
                    content += part
            missing = answer.length or 0
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() in KEPT}
        query = tuple(parse_qsl(url.query, keep_blank_values=True))
        exchange = Exchange(
            self.command, url.path, query, headers, body.decode(), answer.status, content.decode(), missing == 0
        )
        self.server.exchanges.append(exchange)
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) + missing))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.close_connection = missing > 0

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = pass_on

    def log_message(self, *_):
        """Says nothing."""


@contextlib.contextmanager
def recording(port):
    """A recorder in front of a server for the length of a block."""
    recorder = Recorder(port)
    with serving(recorder):
        yield recorder
