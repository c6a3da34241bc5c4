"""A proxy in front of a registry that fails, waits, or lets something happen, at the requests that a test names."""

import contextlib
import re
import threading

from .process import serving
from .recorder import Handler, Recorder

KINDS = (
    ("referrers", re.compile(r"/referrers/")),
    ("manifest", re.compile(r"/manifests/")),
    ("blob", re.compile(r"/blobs/")),
)


def kind_of(path):
    return next((kind for kind, pattern in KINDS if pattern.search(path)), "other")


class FaultyHandler(Handler):
    """Asks the server what becomes of a request, before anything is passed on."""

    def answer(self):
        with self.server.lock:
            self.server.asked.append((self.command, self.path))
            times = self.server.asked.count((self.command, self.path))
        fault = self.server.plan(self.command, self.path, times)
        if fault is None:
            self.pass_on()
            return
        self.close_connection = True
        if fault == "reset":
            self.connection.close()
            return
        status, content, length = {
            "cut": (200, b'{"schemaVersion": 2,', 4096),
            "empty": (200, b"{}", 2),
            "page": (200, b"<html>hello</html>", 18),
        }.get(fault, (fault, b"", 0))
        self.send_response_only(status)
        self.send_header("Content-Type", "text/html" if fault == "page" else "application/vnd.oci.image.index.v1+json")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer


class Faulty(Recorder):
    """`plan` is asked with method, path, and how often just that was asked for by now: None passes the request on, a status or the
    name of a fault is the answer. It may wait, or do something meanwhile."""

    def __init__(self, target, plan):
        super().__init__(target)
        self.RequestHandlerClass = FaultyHandler
        self.plan, self.asked, self.lock = plan, [], threading.Lock()


@contextlib.contextmanager
def faulty(registry, plan=lambda *_: None):
    """The proxy for the length of a block."""
    proxy = Faulty(int(registry.host.rsplit(":", 1)[1]), plan)
    with serving(proxy):
        yield proxy
