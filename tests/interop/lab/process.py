"""Runs commands in a scrubbed environment and leaves no process behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
PEERS = TARGET / "peers" / "bin"
PATH = f"{PEERS}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

# Far above what any command here needs, so that a hang is reported as one and never as a slow machine.
COMMAND_SECONDS = 90
START_SECONDS = 20


@contextlib.contextmanager
def serving(server):
    """Answers on a server of `socketserver` for the length of a block, in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def find_command(name):
    """The path of a peer, or None: the pinned peers first, then the machine's own."""
    return shutil.which(name, path=PATH)


def not_run(reason):
    """Skips a test; in CI nothing that a package manager has may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}: a missing peer is a failure in CI", pytrace=False)
    pytest.skip(reason)


@dataclass(frozen=True)
class Finished:
    """One finished command."""

    argv: tuple
    code: int
    out: str
    err: str

    def __str__(self):
        command = " ".join(map(str, self.argv))
        return f"$ {command}\nexit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    def succeeded(self):
        assert self.code == 0, f"expected success:\n{self}"
        return self

    def failed(self):
        assert self.code != 0, f"expected a failure:\n{self}"
        return self


def in_own_group(argv):
    """The command, so that it dies with this process even where that one is killed."""
    # By its path: the command's own PATH may have nothing.
    return [find_command("setpriv") or "setpriv", "--pdeathsig", "KILL", "--", *map(str, argv)]


def end_group(process):
    """Ends a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def start(argv, env, **options):
    """Starts a command as the leader of a process group of its own."""
    return subprocess.Popen(in_own_group(argv), env=env, start_new_session=True, stdin=subprocess.DEVNULL, **options)


def run(argv, env, cwd=None, seconds=COMMAND_SECONDS):
    """Runs a command to its end."""
    process = start(argv, env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"no end after {seconds} s: {' '.join(map(str, argv))}") from None
    finally:
        end_group(process)
    return Finished(tuple(argv), process.returncode, out, err)


def free_port():
    """A port that was free a moment ago; who uses it starts again with another where it was taken meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listeners(port):
    """The sockets on this machine that wait for connections to a port, as the links of a process name them (proc(5))."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            rows = [row.split() for row in Path(table).read_text().splitlines()[1:]]
            # Local address, state (0A is LISTEN), and inode.
            found |= {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and int(row[1].rsplit(":", 1)[1], 16) == port}
    return found


def is_listening(process, port):
    """Whether it is this process that waits for connections there, and not one that took the port a moment before."""
    sockets, links = listeners(port), Path(f"/proc/{process.pid}/fd")
    with contextlib.suppress(OSError):
        return any(os.readlink(link) in sockets for link in links.iterdir())
    return False


def wait_for_ports(process, ports, log):
    """Waits until a server accepts connections on all of these. False where it ended instead (a port was taken)."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        if all(is_listening(process, port) for port in ports):
            return True
        time.sleep(0.01)
    raise AssertionError(f"nothing listens on {ports} after {START_SECONDS} s:\n{log.read_text(errors='replace')}")


@contextlib.contextmanager
def server(command_for_port, env, log):
    """A server on a free port of loopback for the length of a block; yields the port."""
    for _ in range(5):
        port = free_port()
        with log.open("wb") as sink:
            process = start(command_for_port(port), env, stdout=sink, stderr=sink)
        try:
            if wait_for_ports(process, [port], log):
                yield port
                return
        finally:
            end_group(process)
    raise AssertionError(f"the server does not start:\n{log.read_text(errors='replace')}")


class Home:
    """A user of their own: home and configuration folders below one temporary folder, and nothing from outside."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.config = self.folder / "config"
        self.notation = self.config / "notation"
        self.docker = self.folder / "docker"
        self.runtime = self.folder / "run"
        for made in (self.notation, self.docker, self.runtime):
            made.mkdir(parents=True, exist_ok=True)

    def env(self, **more):
        """The whole environment of a command of this user."""
        return {
            "PATH": PATH,
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.config),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "DOCKER_CONFIG": str(self.docker),
            "NOTATION_CONFIG": str(self.notation),
            "NOTATION_EXPERIMENTAL": "1",
        } | {name: str(value) for name, value in more.items()}
