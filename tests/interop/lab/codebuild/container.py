"""A build container: a shell, the binary under test, what a test adds, and nothing else."""

import contextlib
import itertools
import os
import pwd
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from ..process import find_command, run
from .build import Build, Log, Play
from .shell import Shell

# Where anyone may write, on most machines.
OPEN_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")


@dataclass(frozen=True)
class Container:
    """The build container: one folder with the programs, one to work in."""

    folder: Path
    user: int
    # Folders of further sources, by their names.
    sources: dict = field(default_factory=dict)
    builds: object = field(default_factory=itertools.count)

    @property
    def work(self):
        return self.folder / "src"

    def build(self, buildspec, environment, prelude=""):
        """Runs a buildspec. Nothing of this process's environment is there, no HOME, and no program but those of the container.

        `prelude` may define shell functions for programs whose work the test has done."""
        if buildspec.shell != "sh":
            self.add_program(buildspec.shell, find_command(buildspec.shell))
        given = {"PATH": str(self.folder / "bin"), **self.variables(), **environment}
        # What the project sets wins over what the buildspec says.
        env = buildspec.variables | {name: str(value) for name, value in given.items()}
        program, log = self.folder / "bin" / buildspec.shell, Log(self.folder)
        with Shell(program, self.user, env, self.work, log, prelude) as shell:
            play, began = Play(buildspec, shell, log, self.user_of), time.monotonic()
            goes_on = play.run()
            seconds = time.monotonic() - began
            exported = play.exported()
        left = self.folder / "left" / str(next(self.builds))
        reports, artifacts = play.upload(self.work, left) if goes_on else ({}, {})
        out, err = log.read()
        return Build((str(program),), play.code, out, err, seconds, play.phases, exported, reports, artifacts)

    def user_of(self, name):
        """The number of a user; who is not there cannot be run as."""
        if name is None:
            return self.user
        try:
            user = pwd.getpwnam(name).pw_uid
        except KeyError:
            raise LookupError(f"there is no user {name}") from None
        if user != self.user and os.getuid() != 0:
            raise LookupError(f"only root can become {name}")
        return user

    def add_program(self, name, path):
        """Puts a program on PATH."""
        with contextlib.suppress(shutil.SameFileError):
            shutil.copy(path, self.folder / "bin" / name)

    def add_script(self, name, lines):
        """Puts a script for the machine's own shell on PATH."""
        path = self.folder / "bin" / name
        path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        path.chmod(0o755)

    def add_source(self, folder, name=None):
        """Gives the build a source: the files of an artifact. The first one has no name, and is where the commands begin."""
        to = self.work
        if name:
            to = self.sources[name] = self.folder / f"src-{name}"
        shutil.copytree(folder, to, dirs_exist_ok=True, symlinks=True)
        self.own(to)

    def own(self, folder):
        """Makes all in a folder the user's."""
        for path in (folder, *folder.rglob("*")) if os.getuid() == 0 else ():
            os.chown(path, self.user, self.user, follow_symlinks=False)

    def variables(self):
        """What CodeBuild sets (its documentation, "Environment variables in build environments")."""
        build = "app:11111111-2222-3333-4444-555555555555"
        project = "arn:aws:codebuild:us-west-2:111122223333"
        return {
            "CI": "true",
            "AWS_REGION": "us-west-2",
            "AWS_DEFAULT_REGION": "us-west-2",
            "CODEBUILD_CI": "true",
            "CODEBUILD_BUILD_ARN": f"{project}:build/{build}",
            "CODEBUILD_BUILD_ID": build,
            "CODEBUILD_BUILD_NUMBER": "42",
            "CODEBUILD_BUILD_IMAGE": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
            "CODEBUILD_PROJECT_ARN": f"{project}:project/app",
            "CODEBUILD_INITIATOR": "codepipeline/app",
            "CODEBUILD_START_TIME": "1790000000000",
            "CODEBUILD_KMS_KEY_ID": "arn:aws:kms:us-west-2:111122223333:alias/aws/s3",
            "CODEBUILD_RESOLVED_SOURCE_VERSION": "0123456789abcdef0123456789abcdef01234567",
            "CODEBUILD_SOURCE_VERSION": "arn:aws:s3:::pipeline/app/source",
            "CODEBUILD_SRC_DIR": str(self.work),
        } | {f"CODEBUILD_SRC_DIR_{name}": str(folder) for name, folder in self.sources.items()}

    def written(self):
        """The files in the working folder."""
        return sorted(str(path.relative_to(self.work)) for path in self.work.rglob("*"))

    def written_elsewhere(self):
        """What this user has in the places where anyone may write; None where the user is that of the tests."""
        if self.user == os.getuid():
            return None
        folders = [folder for folder in OPEN_FOLDERS if Path(folder).is_dir()]
        finished = run(["find", *folders, "-path", self.work, "-prune", "-o", "-uid", self.user, "-print"], {"PATH": "/usr/bin:/bin"})
        return finished.out.splitlines()


@contextlib.contextmanager
def container(binary, *files, as_tester=False, shell=None):
    """A build container for the length of a block; `files` are made readable in it.

    Not root, where that can be chosen; `as_tester` is for builds that need the programs of the tester's home. `shell` is another than
    the machine's."""
    # Not the folder of the test: other users may not enter that one.
    with tempfile.TemporaryDirectory(prefix="sealtest-build-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "bin").mkdir()
        shutil.copy(shell or find_command("sh"), folder / "bin" / "sh")
        shutil.copy(binary, folder / "bin" / "sealgate")
        for file in files:
            shutil.copy(file, folder / Path(file).name)
            (folder / Path(file).name).chmod(0o644)
        # A user of its own, so that what it wrote is known by its owner.
        user = os.getuid() if as_tester or os.getuid() != 0 else 200_000 + os.getpid()
        (folder / "src").mkdir()
        os.chown(folder / "src", user, user if os.getuid() == 0 else -1)
        yield Container(folder, user)
