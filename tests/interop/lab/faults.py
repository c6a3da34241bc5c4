"""A proxy in front of a registry that fails, waits, or lets something happen, at the requests that a test names."""

import contextlib
import http.client
import threading

from .process import serving
from .recorder import Handler, Recorder

JSON = "application/vnd.oci.image.index.v1+json"
# Answers by the names of faults: status, content, length, media type.
ANSWERS = {"empty": (200, b"{}", 2, JSON), "page": (200, b"<html>hello</html>", 18, "text/html")}


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
        status, content, length, media_type = self.half() if fault == "cut" else ANSWERS.get(fault, (fault, b"", 0, JSON))
        self.send_response_only(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def half(self):
        """The half of the right answer, which says how long the whole would be."""
        server = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=60)
        with contextlib.closing(server):
            server.request("GET", self.path, headers={"Accept": self.headers.get("Accept", "*/*")})
            answer = server.getresponse()
            content = answer.read()
        return answer.status, content[: len(content) // 2], len(content), answer.getheader("Content-Type", JSON)

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
