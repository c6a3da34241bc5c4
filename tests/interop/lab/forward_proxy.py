"""A forward proxy that knows one host by name: how a test has a registry that is not on loopback, on loopback."""

import contextlib
import socket
import threading


class ForwardProxy:
    """Passes requests for `http://HOST/…` on to a server, and refuses every CONNECT, as which HTTPS would come."""

    def __init__(self, port):
        self.port = port
        self.methods = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            head = client.recv(65536)
            method = head.split(b" ", 1)[0].decode()
            self.methods.append(method)
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            # A server takes the whole URL in the request line as it is (RFC 9112 section 3.2.2).
            with socket.create_connection(("127.0.0.1", self.port)) as server:
                server.sendall(head)
                answers = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                answers.start()
                self._copy(client, server)
                answers.join()

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def forwarding(port):
    """A proxy for the length of a block."""
    proxy = ForwardProxy(port)
    try:
        yield proxy
    finally:
        proxy.listener.close()
