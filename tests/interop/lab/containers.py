"""Builds the images of the Dockerfile from nothing, and runs them, in a storage of the test's own."""

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from .process import ROOT, Home, find_command, not_run, run
from .tools import sealgate_path

BUSYBOX = Path("/bin/busybox")
# runc, because crun needs cgroups that a container inside a virtual machine often lacks; small limits, because the outer
# one may not be raised.
CONFIGURATION = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def what_is_missing():
    """The programs without which no container runs here."""
    return [name for name in ("podman", "buildah", "runc") if not find_command(name)] + (
        [] if BUSYBOX.is_file() else ["busybox-static"]
    )


def binary_for_images():
    """The binary under test. Where no image of it can be built or run, the test is not run."""
    if missing := what_is_missing():
        not_run(f"not installed: {', '.join(missing)}")
    binary = sealgate_path()
    if not binary.is_file():
        pytest.fail(f"there is no sealgate to test: {binary}", pytrace=False)
    if not is_static(binary):
        not_run(f"{binary.name} is not a static binary")
    return binary


@contextlib.contextmanager
def podman():
    """podman and buildah with a storage of their own, for the length of a block."""
    # podman wants a short path for its run folder, shorter than a test's temporary folder.
    with tempfile.TemporaryDirectory(prefix="sealtest-", ignore_cleanup_errors=True) as folder:
        folder = Path(folder)
        (folder / "containers.conf").write_text(CONFIGURATION)
        home = Home(folder / "home")
        # With DOCKER_CONFIG set, podman insists on the file.
        (home.docker / "config.json").write_text("{}")
        yield Podman(home, folder)


@dataclass(frozen=True)
class Podman:
    """podman and buildah with a storage of their own."""

    home: Home
    folder: Path

    @property
    def env(self):
        return self.home.env(CONTAINERS_CONF=self.folder / "containers.conf", TMPDIR=self.folder)

    def line(self, program, *args):
        """A command line with our storage."""
        storage = ["--root", self.folder / "storage", "--runroot", self.folder / "run", "--storage-driver", "vfs"]
        return [program, *storage, *args]

    def command(self, program, *args):
        finished = run(self.line(program, *args), self.env)
        # 125 is podman's own failure: it says nothing about what should have run inside.
        assert finished.code != 125, str(finished)
        return finished

    def build(self, context, target, tag, *flags):
        """Builds one target of our Dockerfile."""
        return self.build_file(ROOT / "Dockerfile", context, tag, "--target", target, *flags)

    def build_file(self, file, context, tag, *flags):
        """Builds an image; nothing can be pulled, so what would need a base image fails."""
        how = ["--isolation", "chroot", "--pull-never", "--network", "host", "--layers=false", *flags]
        return self.command("buildah", "bud", *how, "--tag", tag, "--file", file, context)

    def run(self, tag, *argv, flags=()):
        """Runs a container as careful CI systems do: on a read-only root, without a writable temporary folder."""
        how = ["--rm", "--pull", "never", "--network", "host", "--read-only", "--read-only-tmpfs=false", *flags]
        return self.command("podman", "run", *how, tag, *argv)

    def inspect(self, tag, form):
        return self.command("podman", "image", "inspect", "--format", form, tag).succeeded().out.strip()


def stage(folder, binary):
    """A build context with the two files that the Dockerfile asks for, where it asks for them."""
    place = folder / "target" / "x86_64-unknown-linux-gnu" / "dist"
    place.mkdir(parents=True)
    shutil.copy(binary, place / "sealgate")
    shutil.copy(BUSYBOX, folder / "target" / "busybox")
    shutil.copy(ROOT / ".dockerignore", folder / ".dockerignore")
    (folder / "secret").write_text("must not get into an image")
    return folder


def is_static(binary):
    """Whether a binary runs in an image that has nothing else: it names no interpreter."""
    return b"/ld-linux-x86-64.so" not in Path(binary).read_bytes()
