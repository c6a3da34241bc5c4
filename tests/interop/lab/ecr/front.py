"""One TLS server for all hosts of the laboratory: a certificate for each name, each request to the site of its host."""

import contextlib
import http.server
import socket
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from .. import certificates
from ..process import serving
from .diary import Exchange

SECONDS = 60


class Authority:
    """A test CA that issues a certificate for each host when it is first asked for."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.issuer = certificates.issue_authority("Test AWS TLS CA", path_length=0)
        self.key = certificates.new_key("ec-p256")
        self.ca_file = self.folder / "ca.crt"
        self.ca_file.write_text(certificates.pem(self.issuer.certificate))
        self.contexts = {}
        self.lock = threading.Lock()

    def context(self, host):
        with self.lock:
            if host not in self.contexts:
                self.contexts[host] = self.new_context(host)
            return self.contexts[host]

    def new_context(self, host):
        certificate = certificates.issue_server(host, self.key, "ec-p256", self.issuer)
        path = self.folder / f"{host}.pem"
        path.write_text(certificates.pem(certificate) + certificates.key_pem(self.key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(path)
        return context


@dataclass
class Incoming:
    """A request, read to its end."""

    method: str
    host: str
    target: str
    headers: object
    body: bytes

    @property
    def line(self):
        return f"{self.method} {self.path}"

    @property
    def path(self):
        return urllib.parse.urlsplit(self.target).path

    @property
    def query(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.target).query))

    def text(self):
        """Everything that was sent, for a search."""
        headers = "".join(f"{name}: {value}\n" for name, value in self.headers.items())
        return f"{self.target}\n{headers}\n{self.body.decode('latin-1')}"


@dataclass
class Answer:
    """An answer. A body that is an iterator is passed on as it comes; with a length that it does not reach, it is cut off."""

    status: int
    body: object = b""
    headers: dict = field(default_factory=dict)
    action: str = ""


class Handler(http.server.BaseHTTPRequestHandler):
    """Reads requests, asks the site, notes both."""

    protocol_version = "HTTP/1.1"
    timeout = SECONDS

    def setup(self):
        # The handshake belongs to the thread of the connection: a client that waits holds up nobody else.
        self.request.settimeout(SECONDS)
        self.request.do_handshake()
        super().setup()

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def serve(self):
        asked = time.monotonic()
        server, host = self.server, self.connection.sealtest_name
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        request = Incoming(self.command, host, self.path, self.headers, self.read_body())
        wanted = server.asked_for(self.client_address[1])
        if not host == wanted == self.headers.get("Host"):
            server.diary.violated(f"CONNECT {wanted}, server name {host}, Host {self.headers.get('Host')}: {request.line}")
        delay = server.delay()
        entry = Exchange(
            f"{request.method} https://{host}{request.path}",
            asked - delay,
            method=request.method,
            host=host,
            path=request.path,
            has_authorization="Authorization" in self.headers,
        )
        server.diary.requests.append(entry)
        site, allowed = server.site(host)
        server.diary.check_leaks(request, allowed)
        answer = site.answer(request)
        entry.status, entry.action = answer.status, answer.action
        entry.answered = time.monotonic() + delay
        self.send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def send(self, answer):
        whole = isinstance(answer.body, bytes)
        headers = {"Content-Length": str(len(answer.body))} | answer.headers if whole else answer.headers
        self.send_response_only(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        parts = [answer.body] if whole else answer.body
        missing = int(headers.get("Content-Length", 0)) if "Content-Length" in headers else None
        if self.command == "HEAD":
            return
        for part in parts:
            self.wfile.write(part)
            missing = None if missing is None else missing - len(part)
        if missing != 0:
            self.close_connection = True

    def log_message(self, *_):
        pass


class Front(http.server.ThreadingHTTPServer):
    """The server. `site` finds the site of a host, and which credentials may be sent to it."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, authority, diary, site):
        super().__init__(("127.0.0.1", 0), Handler)
        self.authority, self.diary, self.site = authority, diary, site
        self.asked_for = lambda port: None
        self.delay = lambda: 0.0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.sni_callback = self.choose

    def choose(self, connection, name, _):
        if not name:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.sealtest_name = name.lower()
        connection.context = self.authority.context(name.lower())
        return None

    def get_request(self):
        plain, address = self.socket.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        # A client that goes away, or does not trust the certificate, is no fault of the laboratory. All else is.
        import sys
        import traceback

        if not isinstance(sys.exception(), (ConnectionError, ssl.SSLError, TimeoutError, ValueError)):
            self.diary.violated(f"the laboratory failed:\n{traceback.format_exc()}")


@contextlib.contextmanager
def front(authority, diary, site):
    """The server for the length of a block."""
    server = Front(authority, diary, site)
    with serving(server):
        yield server
