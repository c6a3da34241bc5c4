"""A build from its first phase to what it leaves: exported variables, reports, artifacts."""

import shutil
import xml.etree.ElementTree
from dataclasses import dataclass, field
from pathlib import Path

import junitparser

from ..process import Finished
from .spec import PHASES


@dataclass(frozen=True)
class Case:
    """A case of a report group."""

    suite: str
    name: str
    # `passed`, `skipped`, `failed`.
    status: str


@dataclass(frozen=True)
class Build(Finished):
    """A finished build. Its code is that of the first command that failed."""

    # How long its commands took.
    seconds: float = 0.0
    # Those that ran, and whether they succeeded.
    phases: dict = field(default_factory=dict)
    exported: dict = field(default_factory=dict)
    reports: dict = field(default_factory=dict)
    # The folder of each artifact that was uploaded, by its name; None is the first one's.
    artifacts: dict = field(default_factory=dict)

    def files(self, name=None):
        """The files of an artifact."""
        folder = self.artifacts.get(name)
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) if folder else []


class Log:
    """Where standard output and standard error of all commands go."""

    def __init__(self, folder):
        self.paths = [Path(folder) / "stdout.log", Path(folder) / "stderr.log"]
        self.out, self.err = [path.open("ab", buffering=0) for path in self.paths]

    def tell(self, line):
        self.out.write(f"[Container] {line}\n".encode())

    def read(self):
        """What was written, and forgets it."""
        self.out.close()
        self.err.close()
        read = [path.read_text(errors="replace") for path in self.paths]
        for path in self.paths:
            path.unlink()
        return read


class Play:
    """Plays the phases of a buildspec in a shell."""

    def __init__(self, buildspec, shell, log, user_of):
        self.buildspec, self.shell, self.log, self.user_of = buildspec, shell, log, user_of
        self.code = 0
        self.phases = {}

    def failed(self, code, what):
        self.log.tell(f"{what} failed with {code}")
        self.code = self.code or code

    def run(self):
        """Runs the phases. Returns whether the build goes on to what it leaves: after `build`, however that ended."""
        for name in PHASES:
            phase = self.buildspec.phases.get(name)
            if phase and not self.run_phase(name, phase):
                if phase.on_failure == "CONTINUE":
                    continue
                # `post_build` runs after a `build` that failed, unless it said otherwise.
                if phase.on_failure == "ABORT" or name in ("install", "pre_build"):
                    return False
        return True

    def run_phase(self, name, phase):
        """Runs a phase. It succeeded where all its commands did, those of `finally` as well."""
        try:
            self.shell.become(self.user_of(phase.run_as or self.buildspec.run_as))
        except LookupError as error:
            self.failed(1, f"{name}: {error}:")
            self.phases[name] = False
            return False
        self.shell.run(f"export CODEBUILD_BUILD_SUCCEEDING={0 if self.code else 1}")
        ran = self.run_commands(name, phase.commands)
        # Whatever happened before.
        ran = self.run_commands(f"{name} finally", phase.always) and ran
        self.phases[name] = ran
        return ran

    def run_commands(self, what, commands):
        """Runs commands until one fails."""
        for number, command in enumerate(commands, 1):
            self.log.tell(f"{what} {number}")
            if code := self.shell.run(command):
                self.failed(code, f"{what} {number}")
                return False
        return True

    def exported(self):
        """The variables that a later action may read: from the environment of the shell, as it was at the end."""
        return {name: self.shell.env[name] for name in self.buildspec.exported if name in self.shell.env}

    def upload(self, work, folder):
        """Reads the reports and takes the artifacts. It is done also where `build` or `post_build` failed."""
        reports, artifacts = {}, {}
        for group, files in self.buildspec.reports.items():
            try:
                reports[group] = [case for path in files.found(work).values() for case in cases(path)]
            except (junitparser.JUnitXmlError, xml.etree.ElementTree.ParseError) as error:
                self.failed(1, f"UPLOAD_ARTIFACTS {group}: {error}:")
            if not reports.get(group):
                self.failed(1, f"UPLOAD_ARTIFACTS {group}: no report file with a case was found:")
        for name, files in self.buildspec.artifacts.items():
            if not (found := files.found(work)):
                self.failed(1, "UPLOAD_ARTIFACTS no matching artifact paths found:")
                continue
            artifacts[name] = folder / (name or "artifact")
            for place, path in found.items():
                (artifacts[name] / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, artifacts[name] / place)
        return reports, artifacts


def cases(path):
    """The cases of a JUnit report."""
    for suite in junitparser.JUnitXml.fromfile(str(path)):
        for case in suite:
            words = [type(result).__name__ for result in case.result]
            skipped = bool(words) and set(words) == {"Skipped"}
            yield Case(suite.name, case.name, "skipped" if skipped else "failed" if words else "passed")
