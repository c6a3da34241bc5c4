"""A buildspec, version 0.2. Whatever CodeBuild does not know is refused, and so is what it knows and nobody plays here."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
# A variable: as shells name them.
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REPORT_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,127}|arn:[a-z-]+:codebuild:[a-z0-9-]+:\d{12}:report-group/[A-Za-z0-9_-]+")
SHELLS = {"sh": "sh", "/bin/sh": "sh", "bash": "bash"}
ON_FAILURE = ("ABORT", "CONTINUE")
# Five report groups are a project's limit.
REPORT_GROUPS = 5

# What CodeBuild knows at each place, and whether it is played here.
SPEC = {"version": True, "run-as": True, "env": True, "phases": True, "reports": True, "artifacts": True}
SPEC |= {"proxy": False, "batch": False, "cache": False}
ENV = {"shell": True, "variables": True, "exported-variables": True}
ENV |= {"parameter-store": False, "secrets-manager": False, "git-credential-helper": False}
PHASE = {"run-as": True, "on-failure": True, "commands": True, "finally": True}
FILES = {"files": True, "base-directory": True, "discard-paths": True}
ARTIFACTS = FILES | {"name": True, "exclude-paths": True, "enable-symlinks": False, "s3-prefix": False}


class BuildspecError(ValueError):
    """CodeBuild would not run this."""


class NotPlayedError(ValueError):
    """CodeBuild knows this, these tests do not."""


def mapping(value, place, known=None):
    """A mapping with no key but these."""
    if not isinstance(value, dict):
        raise BuildspecError(f"{place}: expected a mapping, got {value!r}")
    for key in value:
        if known is not None and key not in known:
            raise BuildspecError(f"{place}: there is no key {key!r}; there are {', '.join(known)}")
        if known is not None and not known[key]:
            raise NotPlayedError(f"{place}: {key}")
    return value


def text(value, place):
    """A text; a number stands for itself."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BuildspecError(f"{place}: expected a text, got {value!r}; put it in quotes")
    return str(value)


def texts(value, place):
    """A list of texts. A command with a colon and a space in it is a mapping in YAML: CodeBuild refuses it, too."""
    if not isinstance(value, list):
        raise BuildspecError(f"{place}: expected a list, got {value!r}")
    return [text(one, f"{place}[{number}]") for number, one in enumerate(value)]


def yes(value, place):
    """`yes` or `no`, which YAML takes for booleans."""
    if value in (True, "yes"):
        return True
    if value in (False, "no"):
        return False
    raise BuildspecError(f"{place}: expected yes or no, got {value!r}")


@dataclass(frozen=True)
class Phase:
    """The commands of a phase, and what happens when one of them fails."""

    commands: tuple
    always: tuple = ()
    on_failure: str | None = None
    run_as: str | None = None

    @classmethod
    def parse(cls, value, name):
        place = f"phases.{name}"
        value = mapping(value, place, PHASE | ({"runtime-versions": False} if name == "install" else {}))
        on_failure = value.get("on-failure")
        if on_failure is not None and on_failure not in ON_FAILURE:
            if str(on_failure).startswith("RETRY"):
                raise NotPlayedError(f"{place}.on-failure: {on_failure}")
            raise BuildspecError(f"{place}.on-failure: expected {' or '.join(ON_FAILURE)}, got {on_failure!r}")
        commands = tuple(texts(value.get("commands", []), f"{place}.commands"))
        if not commands:
            raise BuildspecError(f"{place}: there are no commands")
        return cls(commands, tuple(texts(value.get("finally", []), f"{place}.finally")), on_failure, value.get("run-as"))


@dataclass(frozen=True)
class Files:
    """Files that a build leaves: an artifact, or what a report is read from."""

    files: tuple
    base: str = "."
    flat: bool = False
    exclude: tuple = ()

    @classmethod
    def parse(cls, value, place):
        base = text(value.get("base-directory", "."), f"{place}.base-directory")
        patterns = [tuple(texts(value.get(key, []), f"{place}.{key}")) for key in ("files", "exclude-paths")]
        for path in (base, *patterns[0]):
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                raise BuildspecError(f"{place}: {path} is not below the folder of the source")
        if not patterns[0]:
            raise BuildspecError(f"{place}: there are no files")
        return cls(patterns[0], base, yes(value.get("discard-paths", False), f"{place}.discard-paths"), patterns[1])

    def found(self, work):
        """The files that are there, by their place in what is made of them."""
        base = work / self.base
        excluded = {path for pattern in self.exclude for path in base.glob(pattern)}
        paths = {path for pattern in self.files for path in base.glob(pattern) if path.is_file() and not path.is_symlink()}
        return {path.name if self.flat else str(path.relative_to(base)): path for path in sorted(paths - excluded)}


def artifacts(value):
    """The artifact, and those besides it, by their names."""
    value = mapping(value, "artifacts", ARTIFACTS | {"secondary-artifacts": True})
    others = mapping(value.get("secondary-artifacts", {}), "artifacts.secondary-artifacts")
    places = {name: f"artifacts.secondary-artifacts.{name}" for name in others}
    secondary = {name: Files.parse(mapping(one, places[name], ARTIFACTS), places[name]) for name, one in others.items()}
    return {None: Files.parse(value, "artifacts")} | secondary


def reports(value):
    """Where the report of each group is read from."""
    found = {}
    for group, one in mapping(value, "reports").items():
        place = f"reports.{group}"
        if not REPORT_GROUP.fullmatch(str(group)):
            raise BuildspecError(f"{place}: this is no name and no ARN of a report group")
        one = mapping(one, place, FILES | {"file-format": True})
        if (form := str(one.get("file-format", "JUNITXML")).upper()) != "JUNITXML":
            raise NotPlayedError(f"{place}.file-format: {form}")
        found[group] = Files.parse(one, place)
    if len(found) > REPORT_GROUPS:
        raise BuildspecError(f"reports: {len(found)} groups, at most {REPORT_GROUPS}")
    return found


def exported(names):
    """The names of variables that a later action may read."""
    for name in texts(names, "env.exported-variables"):
        if not VARIABLE.fullmatch(name) or name.startswith(("AWS_", "CODEBUILD_")):
            raise BuildspecError(f"env.exported-variables: {name} cannot be exported")
        yield name


def variables(value):
    for name, one in mapping(value, "env.variables").items():
        if not VARIABLE.fullmatch(str(name)) or name.startswith("CODEBUILD_"):
            raise BuildspecError(f"env.variables: {name} cannot be set")
        yield name, text(one, f"env.variables.{name}")


@dataclass(frozen=True)
class Buildspec:
    """A buildspec."""

    phases: dict
    variables: dict = field(default_factory=dict)
    exported: tuple = ()
    shell: str = "sh"
    run_as: str | None = None
    reports: dict = field(default_factory=dict)
    artifacts: dict = field(default_factory=dict)

    @classmethod
    def read(cls, path):
        return cls.parse(Path(path).read_text())

    @classmethod
    def parse(cls, content):
        try:
            value = yaml.safe_load(content)
        except yaml.YAMLError as error:
            raise BuildspecError(f"this is no YAML: {error}") from None
        value = mapping(value, "buildspec", SPEC)
        if str(value.get("version")) != "0.2":
            raise BuildspecError(f"version: expected 0.2, got {value.get('version')!r}")
        env = mapping(value.get("env", {}), "env", ENV)
        if (shell := env.get("shell", "sh")) not in SHELLS:
            raise BuildspecError(f"env.shell: there is no {shell!r} here; there are {', '.join(SHELLS)}")
        phases = mapping(value.get("phases"), "phases", dict.fromkeys(PHASES, True))
        if not phases:
            raise BuildspecError("phases: there is none")
        return cls(
            phases={name: Phase.parse(phases[name], name) for name in PHASES if name in phases},
            variables=dict(variables(env.get("variables", {}))),
            exported=tuple(exported(env.get("exported-variables", []))),
            shell=SHELLS[shell],
            run_as=value.get("run-as"),
            reports=reports(value.get("reports", {})),
            artifacts=artifacts(value["artifacts"]) if "artifacts" in value else {},
        )

    @classmethod
    def of(cls, *commands):
        """Commands of the phase `build`, and nothing else."""
        return cls({"build": Phase(commands)})

    def commands(self):
        """All commands, in their order."""
        return [command for phase in self.phases.values() for command in (*phase.commands, *phase.always)]

    def lines(self, word):
        """The commands that begin with a word."""
        return [command for command in self.commands() if command.split()[0] == word]

    def without(self, line):
        """The same without one of its commands."""
        assert line in self.commands(), f"there is no such command: {line}"
        return replace(
            self,
            phases={
                name: replace(phase, commands=tuple(command for command in phase.commands if command != line))
                for name, phase in self.phases.items()
            },
        )
