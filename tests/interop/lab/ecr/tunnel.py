"""A forward proxy that knows the hosts of the laboratory and no other, and delays what it passes on."""

import asyncio
import contextlib
import re
import threading

from ..delay_proxy import CHUNK_BYTES, delay_line

CONNECT = re.compile(rb"CONNECT ([A-Za-z0-9.-]+):443 HTTP/1\.[01]\r\n")
HEAD_BYTES = 1 << 14


class Tunnel:
    """The proxy, on a thread of its own. `delay` is for one way, in seconds; a tunnel keeps the one it began with."""

    def __init__(self, hosts, front_port, diary, delay=0.0):
        self.hosts = frozenset(hosts)
        self.front_port = front_port
        self.diary = diary
        self.delay = delay
        # The host that a connection to the front was asked for, by the port that it comes from.
        self.asked_for = {}
        self.port = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, client, client_writer):
        front_writer = None
        try:
            host = await self.admitted(client, client_writer)
            if host is None:
                return
            delay = self.delay
            # What a handshake with a host so far away costs.
            await asyncio.sleep(2 * delay)
            front, front_writer = await asyncio.open_connection("127.0.0.1", self.front_port, limit=CHUNK_BYTES)
            self.asked_for[front_writer.get_extra_info("sockname")[1]] = host
            self.diary.connections += 1
            client_writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(delay_line(client, front_writer, delay), delay_line(front, client_writer, delay))
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            for writer in (client_writer, front_writer):
                if writer:
                    writer.close()

    async def admitted(self, client, writer):
        """The host of a CONNECT that is allowed; any other request is noted and refused."""
        head = await client.readuntil(b"\r\n\r\n")
        found = CONNECT.match(head)
        host = found[1].decode().lower() if found else None
        if host in self.hosts:
            return host
        self.diary.refused.append(head.split(b"\r\n", 1)[0].decode(errors="replace"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        return None

    def main(self, ready):
        async def run():
            self.loop = asyncio.get_running_loop()
            self.stopping = asyncio.Event()
            server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=HEAD_BYTES, backlog=1024)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            async with server:
                await self.stopping.wait()

        asyncio.run(run())


@contextlib.contextmanager
def tunnel(hosts, front_port, diary, delay):
    """The proxy for the length of a block."""
    proxy = Tunnel(hosts, front_port, diary, delay)
    ready = threading.Event()
    thread = threading.Thread(target=proxy.main, args=(ready,), daemon=True)
    thread.start()
    assert ready.wait(10), "the proxy does not start"
    try:
        yield proxy
    finally:
        proxy.loop.call_soon_threadsafe(proxy.stopping.set)
        thread.join(10)
