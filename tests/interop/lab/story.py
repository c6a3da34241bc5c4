"""The story of an image, from its build to a deployment: who approves it, the task definition that names it, and the hook of ECS."""

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from . import ecs, function
from .aws_account import NO_INSTANCE
from .gates import Gates
from .tools import Sealgate

REVISION = ecs.Revision(7)
SUCCEEDED, FAILED = "SUCCEEDED", "FAILED"


class Job(Sealgate):
    """sealgate in a job that has variables of its own."""

    def __init__(self, home, registry=None, variables=None):
        super().__init__(home, registry)
        self.variables = {**NO_INSTANCE, **(variables or {})}

    def run(self, *args, **env):
        return super().run(*args, **{**self.variables, **env})


@dataclass
class Story:
    """A task definition that is pinned by gates, and the function that ECS asks about it."""

    gates: Gates
    endpoint: object
    folder: Path
    stage: str = "prod"
    written: bytes = b""
    # What the function of the hook has in its environment, besides the gates.
    settings: dict = field(default_factory=dict)
    # Its command line, where the program is not called as the function that it is.
    command: tuple = ()

    @property
    def file(self):
        return self.folder / "deploy" / "taskdef.json"

    def define(self, **images):
        """Writes a task definition with these containers, as people write one."""
        containers = [{"name": name, "image": image, "essential": True} for name, image in images.items()]
        definition = {"family": "web", "cpu": "256", "memory": "512", "containerDefinitions": containers}
        self.file.parent.mkdir(exist_ok=True)
        self.written = (json.dumps(definition, indent=2) + "\n").encode()
        self.file.write_bytes(self.written)

    def words(self, *flags):
        by = ["--gates", self.gates.path, "--stage", self.stage, *self.gates.flags, *self.gates.sealgate.flags()]
        return ["pin", "--format", "json", *by, *flags, "--write", self.file]

    def pin(self, *flags, **env):
        return self.gates.sealgate.run(*self.words(*flags), **{**self.gates.env, **env})

    def is_untouched(self):
        """Whether the file is as it was written, and nothing is beside it."""
        return self.file.read_bytes() == self.written and [*self.file.parent.iterdir()] == [self.file]

    def is_pinned(self, *images):
        """Whether exactly the names of these images became their digests, and nothing is beside the file."""
        expected = self.written.decode()
        for image in images:
            expected = expected.replace(f'"{image.by_tag}"', f'"{image.by_digest}"')
        return self.file.read_text() == expected and [*self.file.parent.iterdir()] == [self.file]

    def pins(self, *images, weakened=()):
        """Exit 0; the file has the digests, the report is about them, and calls them verified if nothing is weakened."""
        report = json.loads(self.pin().succeeded().out)
        assert {one["setting"] for one in report["weakened"]} == set(weakened), report
        assert {one["verified"] for one in report["artifacts"]} == {not weakened}, report
        named = sorted(one["digest_reference"] for one in report["artifacts"])
        assert named == sorted(image.by_digest for image in images), report
        assert self.is_pinned(*images), self.file.read_text()
        return report

    def refuses(self, code, *flags, **env):
        """This exit code, a report that agrees, and a file of the same bytes; returns the report."""
        finished = self.pin(*flags, **env)
        assert finished.code == code, f"expected exit {code}:\n{finished}"
        report = json.loads(finished.out)
        assert not any(file["written"] for file in report.get("files", [])), report
        artifacts = report.get("artifacts", [])
        assert not artifacts or not all(one["verified"] for one in artifacts), report
        assert self.is_untouched(), self.file.read_text()
        return report

    @contextlib.contextmanager
    def hook(self, **more):
        """The function, for the length of a block."""
        by = {"SEALGATE_GATES": str(self.gates.path), "SEALGATE_STAGE": self.stage}
        with function.running(self.folder, {"PATH": "/usr/bin:/bin"} | self.settings | by | more, *self.command) as running:
            yield running

    def deployed(self, resolved=None):
        """ECS runs what the file says from now on; returns the event of that deployment."""
        containers = json.loads(self.file.read_bytes())["containerDefinitions"]
        images = {container["name"]: container.get("image") for container in containers}
        ecs.put(self.endpoint, *REVISION.documents(images, resolved))
        return REVISION.event()

    def stops(self, code, resolved=None, **more):
        """The function says FAILED of the file as it is, and its log why; returns the log."""
        with self.hook(**more) as running:
            assert running.status(self.deployed(resolved)) == FAILED
            log = running.log()
        assert f"code={code}" in log, log
        return log

    def never_starts(self, told):
        """The function answers nothing that ECS could take for success, and says why."""
        with self.hook() as running:
            answer = running.invoke(self.deployed())
        assert answer["errorType"].startswith("Sealgate.") and "hookStatus" not in answer, answer
        assert told in answer["errorMessage"], answer
