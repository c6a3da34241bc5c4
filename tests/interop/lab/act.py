"""act: GitHub's workflows on this machine, on the host itself or with podman in the place of docker."""

import contextlib
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import containers
from .process import PATH, ROOT, START_SECONDS, Home, end_group, run, start
from .workflows import TOOLS

IMAGE_LINE = "docker://ghcr.io/sealgate/sealgate:unreleased"
JOB_IMAGE = "localhost/job:test"
ACTION_IMAGE = "localhost/sealgate:action"

# The job's own image: a shell and `tail`, with which act keeps it alive.
JOB_DOCKERFILE = """FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /tmp /root /usr/bin
ENV PATH=/bin:/usr/bin
"""


@dataclass(frozen=True)
class Act:
    """act with a home of its own, in a repository with our actions."""

    home: Home
    repository: Path
    flags: tuple
    variables: dict

    def run(self, workflow, seconds=90):
        """Runs a workflow as for a push."""
        path = self.repository / ".github" / "workflows" / "test.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(workflow)
        git(self.repository, "add", "--all")
        git(self.repository, "commit", "--quiet", "--allow-empty", "--message", "test")
        env = self.home.env(PATH=f"{TOOLS}:{PATH}", **self.variables)
        # Without a platform act asks a question, and waits for ever.
        return run([TOOLS / "act", "push", *self.flags], env, cwd=self.repository, seconds=seconds)


def git(folder, *args):
    names = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *names, *args], cwd=folder, check=True, capture_output=True)


def repository(folder):
    """A repository with our actions, where the image is the one that was built here."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", "https://github.com/example/app")
    text = (ROOT / "action.yml").read_text()
    assert text.count(IMAGE_LINE) == 1, "the one line that tests replace"
    (folder / "action.yml").write_text(text.replace(IMAGE_LINE, f"docker://{ACTION_IMAGE}"))
    shutil.copytree(ROOT / "setup", folder / "setup")
    return folder


def on_the_host(folder):
    """act without a container."""
    flags = ("-P", "ubuntu-latest=-self-hosted")
    return Act(Home(folder / "home"), repository(folder / "repository"), flags, {})


@contextlib.contextmanager
def docker(podman):
    """podman as docker, for the length of a block: the address of its socket."""
    path = podman.folder / "docker.sock"
    log = podman.folder / "service.log"
    with log.open("wb") as sink:
        service = podman.line("podman", "system", "service", "--time=0", f"unix://{path}")
        process = start(service, podman.env, stdout=sink, stderr=sink)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(path):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.05)
        yield f"unix://{path}"
    finally:
        end_group(process)


def answers(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def build_job_image(podman, folder):
    folder.mkdir()
    shutil.copy(containers.BUSYBOX, folder / "busybox")
    (folder / "Dockerfile").write_text(JOB_DOCKERFILE)
    podman.build_file(folder / "Dockerfile", folder, JOB_IMAGE).succeeded()


def in_containers(folder, address):
    """act with a container for the job and one for each of our steps, on the network of the host."""
    flags = ("-P", f"ubuntu-latest={JOB_IMAGE}", "--pull=false", "--network", "host", "--container-daemon-socket", "-")
    return Act(Home(folder / "home"), repository(folder / "repository"), flags, {"DOCKER_HOST": address})
