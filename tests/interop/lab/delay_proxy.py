"""A slow network in front of a registry: a TCP proxy that delays, and keeps a diary of the requests.

Each direction is a delay line: every chunk is passed on a fixed time after it came, in order, and none waits for another. A
connection costs one round trip before its first byte, as a TCP handshake does. The diary reads plain HTTP/1.1 only.
"""

import asyncio
import contextlib
import re
import threading
import time
from dataclasses import dataclass, field

REQUEST = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.1\r\n")
CHUNK_BYTES = 1 << 16


@dataclass
class Request:
    """One request: when it came from the client, and when its answer began to reach the client."""

    line: str
    asked: float
    answered: float | None = None


@dataclass
class Diary:
    """What went through the proxy since the last `clear`."""

    requests: list = field(default_factory=list)
    connections: int = 0

    def clear(self):
        self.requests = []
        self.connections = 0

    def rounds(self):
        """The longest chain of requests of which each was sent after the answer to the one before had come."""
        seen = []
        for request in self.requests:
            before = [depth for depth, other in seen if other.answered is not None and other.answered <= request.asked]
            seen.append((1 + max(before, default=0), request))
        return max((depth for depth, _ in seen), default=0)

    def lines(self):
        return [request.line for request in self.requests]


class Connection:
    """One connection of a client, and the one to the registry that belongs to it."""

    def __init__(self, diary):
        self.born = time.monotonic()
        self.diary = diary
        self.open_request = None
        diary.connections += 1

    def read_request(self, data):
        # A client does not send the next request on a connection before it has the answer, so requests begin chunks.
        if found := REQUEST.match(data):
            self.open_request = Request(f"{found[1].decode()} {found[2].decode()}", time.monotonic())
            self.diary.requests.append(self.open_request)

    def note_answer(self):
        if self.open_request and self.open_request.answered is None:
            self.open_request.answered = time.monotonic()


async def delay_line(reader, writer, delay, not_before=0.0, on_read=None, on_written=None):
    """Passes on what is read, each chunk `delay` seconds after it came; the end of the stream too."""
    chunks = asyncio.Queue()

    async def receive():
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK_BYTES):
                chunks.put_nowait((max(time.monotonic(), not_before) + delay, data))
                if on_read:
                    on_read(data)
        chunks.put_nowait((time.monotonic() + delay, b""))

    async def send():
        while True:
            due, data = await chunks.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(data)
            if on_written:
                on_written()

    with contextlib.suppress(ConnectionError, OSError):
        await asyncio.gather(receive(), send())


class DelayProxy:
    """The proxy to a port on loopback, on a thread of its own. `delay` is for one way, in seconds; it may be changed."""

    def __init__(self, target, delay):
        self.target = target
        self.delay = delay
        self.diary = Diary()
        self.port = None

    async def serve(self, client, client_writer):
        connection = Connection(self.diary)
        registry_writer = None
        try:
            registry, registry_writer = await asyncio.open_connection("127.0.0.1", self.target, limit=CHUNK_BYTES)
            handshake = connection.born + 2 * self.delay
            await asyncio.gather(
                delay_line(client, registry_writer, self.delay, handshake, on_read=connection.read_request),
                delay_line(registry, client_writer, self.delay, on_written=connection.note_answer),
            )
        except asyncio.CancelledError:
            # The proxy is being stopped.
            pass
        finally:
            for writer in (client_writer, registry_writer):
                if writer:
                    writer.close()

    async def run(self, ready):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=CHUNK_BYTES, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await self.stopping.wait()

    def main(self, ready):
        async def start():
            self.loop = asyncio.get_running_loop()
            self.stopping = asyncio.Event()
            await self.run(ready)

        asyncio.run(start())


@contextlib.contextmanager
def delay_proxy(target, delay):
    """A proxy for the length of a block."""
    proxy = DelayProxy(target, delay)
    ready = threading.Event()
    thread = threading.Thread(target=proxy.main, args=(ready,), daemon=True)
    thread.start()
    assert ready.wait(10), "the proxy does not start"
    try:
        yield proxy
    finally:
        proxy.loop.call_soon_threadsafe(proxy.stopping.set)
        thread.join(10)
