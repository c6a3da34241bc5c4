"""Runs a buildspec as CodeBuild does, in an environment that has `sh`, the binary under test, and nothing else.

What CodeBuild does (its documentation of buildspec version 0.2): all commands run one after the other in one shell; the first
that fails ends its phase and the build; `post_build` runs also where `build` failed, `CODEBUILD_BUILD_SUCCEEDING` says so.
"""

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from .process import find_command, run

PHASES = ("install", "pre_build", "build", "post_build")
# Where anyone may write, on most machines.
OPEN_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")


@dataclass(frozen=True)
class Buildspec:
    """A buildspec."""

    variables: dict
    commands: dict
    artifacts: list

    @classmethod
    def read(cls, path):
        content = yaml.safe_load(Path(path).read_text())
        assert content["version"] == 0.2, "another version of buildspec"
        variables = {name: str(value) for name, value in content.get("env", {}).get("variables", {}).items()}
        phases = content["phases"]
        assert set(phases) <= set(PHASES), f"unknown phases: {set(phases) - set(PHASES)}"
        commands = {name: list(phases.get(name, {}).get("commands", [])) for name in PHASES}
        return cls(variables, commands, content.get("artifacts", {}).get("files", []))

    def lines(self, word):
        """The commands that begin with a word, of all phases."""
        return [command for commands in self.commands.values() for command in commands if command.split()[0] == word]

    def without(self, line):
        """The same without one of its commands."""
        assert any(line in commands for commands in self.commands.values()), f"there is no such command: {line}"
        kept = {phase: [command for command in commands if command != line] for phase, commands in self.commands.items()}
        return Buildspec(self.variables, kept, self.artifacts)

    def script(self, prelude=""):
        """One shell script, for all phases. Its exit code is that of the first command that failed."""
        lines = [prelude, "CODEBUILD_BUILD_SUCCEEDING=1", "export CODEBUILD_BUILD_SUCCEEDING", "sealtest_exit=0"]
        for phase in PHASES:
            # A phase after a failed one does not run, but `post_build` runs after `build`.
            reached = '[ "$sealtest_exit" = 0 ]'
            if phase == "post_build":
                reached = '{ [ "$sealtest_exit" = 0 ] || [ "$sealtest_phase" = build ]; }'
            lines.append(f"sealtest_go=0; if {reached}; then sealtest_go=1; fi")
            for number, command in enumerate(self.commands[phase], 1):
                lines += [
                    'if [ "$sealtest_go" = 1 ]; then',
                    f"printf '[Container] {phase} {number}\\n'",
                    command,
                    "sealtest_code=$?",
                    'if [ "$sealtest_code" != 0 ]; then',
                    f"printf '[Container] {phase} {number} failed with %s\\n' \"$sealtest_code\"",
                    'if [ "$sealtest_exit" = 0 ]; then sealtest_exit=$sealtest_code; fi',
                    f"CODEBUILD_BUILD_SUCCEEDING=0; sealtest_go=0; sealtest_phase={phase}",
                    "fi",
                    "fi",
                ]
        return "\n".join([*lines, 'exit "$sealtest_exit"', ""])


@dataclass(frozen=True)
class Container:
    """The build container: one folder with the two programs, one to work in."""

    folder: Path
    user: int

    @property
    def work(self):
        return self.folder / "src"

    def build(self, buildspec, environment, prelude=""):
        """Runs a buildspec. Nothing of this process's environment is there, no HOME, and no program but the two.

        `prelude` may define shell functions for programs whose work the test has done."""
        script = self.folder / "buildspec.sh"
        script.write_text(buildspec.script(prelude))
        given = {"PATH": str(self.folder / "bin"), **self.variables(), **environment}
        # What the project sets wins over what the buildspec says.
        env = buildspec.variables | {name: str(value) for name, value in given.items()}
        how = [] if self.user == os.getuid() else [f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        shell = [find_command("setpriv"), *how, "--no-new-privs", "--", self.folder / "bin" / "sh"]
        return run([*shell, script], env, cwd=self.work)

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
        }

    def written(self):
        """The files in the working folder."""
        return sorted(str(path.relative_to(self.work)) for path in self.work.rglob("*"))

    def written_elsewhere(self):
        """What this user has in the places where anyone may write; None where the user is that of the tests."""
        if self.user == os.getuid():
            return None
        return [path for folder in OPEN_FOLDERS for path in self.owned_below(Path(folder)) if self.work not in path.parents]

    def owned_below(self, folder):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == self.user and Path(entry) != self.work:
                        yield Path(entry)
                    if entry.is_dir(follow_symlinks=False):
                        yield from self.owned_below(Path(entry))


@contextlib.contextmanager
def container(binary, *files):
    """A build container for the length of a block; `files` are made readable in it. Not root, where that can be chosen."""
    # Not the folder of the test: other users may not enter that one.
    with tempfile.TemporaryDirectory(prefix="sealtest-build-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "bin").mkdir()
        shutil.copy(find_command("sh"), folder / "bin" / "sh")
        shutil.copy(binary, folder / "bin" / "sealgate")
        for file in files:
            shutil.copy(file, folder / Path(file).name)
            (folder / Path(file).name).chmod(0o644)
        # A user of its own, so that what it wrote is known by its owner.
        user = 200_000 + os.getpid() if os.getuid() == 0 else os.getuid()
        (folder / "src").mkdir()
        os.chown(folder / "src", user, user if os.getuid() == 0 else -1)
        yield Container(folder, user)
