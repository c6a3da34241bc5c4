"""Workflows: those that this project shows, and the tools that read them. The tools come from `requirements.txt`."""

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from .process import PATH, ROOT, Home, run

TOOLS = Path(sys.executable).parent
FENCED = re.compile(r"^```ya?ml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a reader puts there depends on the release: in tests it is the action of this work tree.
PIN = f"{'0' * 40} # v1.0.0"
OUR_ACTION = re.compile(r"(uses:\s*)sealgate/sealgate(/setup)?@\S+(?: +#.*)?")


@dataclass(frozen=True)
class Workflow:
    """A workflow, and where it stands."""

    place: str
    text: str

    def here(self):
        """The same, with the actions of this work tree."""
        return OUR_ACTION.sub(lambda found: f"{found[1]}./{(found[2] or '').lstrip('/')}", self.text)

    def pinned(self):
        """The same, with a release of ours, pinned as the pages tell."""
        return OUR_ACTION.sub(lambda found: f"{found[1]}sealgate/sealgate{found[2] or ''}@{PIN}", self.text)


def is_workflow(text):
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        # What is no YAML is no workflow of ours that a reader could copy, unless it claims to be one.
        return "jobs:" in text
    # YAML 1.1 reads the key `on` as a boolean.
    return isinstance(value, dict) and "jobs" in value and (True in value or "on" in value)


def workflows_in(path):
    """The workflows that a page shows."""
    page = path.read_text()
    for found in FENCED.finditer(page):
        if is_workflow(found[1]):
            line = page.count("\n", 0, found.start()) + 2
            yield Workflow(f"{path.relative_to(ROOT)}:{line}", found[1])


def all_workflows():
    """The workflows that run here, and those that the pages show."""
    own = [Workflow(str(path.relative_to(ROOT)), path.read_text()) for path in sorted((ROOT / ".github").glob("workflows/*.y*ml"))]
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
    return own + [workflow for page in pages for workflow in workflows_in(page)]


def repository(folder, *workflows):
    """A repository with our actions and these workflows, as whoever copies them has it. Gives the files of the workflows."""
    (folder / ".git").mkdir(parents=True)
    (folder / ".github" / "workflows").mkdir(parents=True)
    shutil.copy(ROOT / "action.yml", folder)
    shutil.copytree(ROOT / "setup", folder / "setup")
    paths = []
    for number, text in enumerate(workflows):
        path = folder / ".github" / "workflows" / f"{number}.yml"
        path.write_text(text)
        paths.append(path)
    return paths


def tool(folder, name, *args, cwd=None):
    """Runs one of the tools; it finds the others, as actionlint finds shellcheck."""
    assert (TOOLS / name).exists(), f"{name} is not installed: tests/interop/install"
    env = Home(folder / "home").env(PATH=f"{TOOLS}:{PATH}")
    return run([TOOLS / name, *args], env, cwd=cwd or folder)
