"""The actions, the workflows and the scripts beside them, read by the tools that know GitHub's rules. Each tool also has to find a
planted fault: one that finds nothing is none."""

import subprocess

import pytest

from lab.process import ROOT
from lab.workflows import Workflow, all_workflows, repository, tool, workflows_in

WORKFLOWS = all_workflows()
EACH_WORKFLOW = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.place)
ACTIONS = ["action.yml", "setup/action.yml"]

GOOD = """name: verify
on: push
permissions: {}
jobs:
  verify:
    name: verify
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: sealgate/sealgate@v1
        id: verify
        with:
          command: verify
          images: registry.example/app:1.0
      - run: echo "$DIGEST"
        env:
          DIGEST: ${{ steps.verify.outputs.digest }}
"""


def planted(good, fault):
    assert GOOD.count(good) == 1, good
    return Workflow("planted", GOOD.replace(good, fault))


def actionlint(folder, workflow):
    paths = repository(folder / "repository", workflow.here())
    return tool(folder, "actionlint", "-no-color", *paths, cwd=folder / "repository")


def zizmor_workflow(folder, workflow):
    return zizmor(folder, *repository(folder / "pinned", workflow.pinned()))


def zizmor(folder, *paths):
    # The runner's rules alone: who wrote which release of an action is on the network.
    return tool(folder, "zizmor", "--offline", "--no-progress", "--min-severity", "low", *paths)


def schema(folder, name, *paths):
    return tool(folder, "check-jsonschema", "--builtin-schema", f"vendor.{name}", *paths)


def shell_scripts():
    """The scripts of the project, by their first line."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, tracked):
        path = ROOT / name
        # Vectors are data.
        if path.is_file() and not name.startswith("tests/vectors/"):
            with path.open("rb") as file:
                first = file.readline(100)
            if first.startswith(b"#!") and first.strip().endswith((b"/sh", b"/bash", b" sh", b" bash")):
                yield name


SCRIPTS = sorted(shell_scripts())


@EACH_WORKFLOW
def test_actionlint_finds_nothing(workflow, tmp_path):
    actionlint(tmp_path, workflow).succeeded()


@EACH_WORKFLOW
def test_a_workflow_has_the_form_that_github_reads(workflow, tmp_path):
    schema(tmp_path, "github-workflows", *repository(tmp_path / "repository", workflow.here())).succeeded()


@EACH_WORKFLOW
def test_zizmor_finds_nothing_in_a_workflow(workflow, tmp_path):
    zizmor_workflow(tmp_path, workflow).succeeded()


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_has_the_form_that_github_reads_and_zizmor_finds_nothing(action, tmp_path):
    schema(tmp_path, "github-actions", ROOT / action).succeeded()
    zizmor(tmp_path, ROOT / action).succeeded()


@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_finds_nothing(script, tmp_path):
    # SC2329: a function that is called by a name in a variable.
    tool(tmp_path, "shellcheck", "--exclude=SC2329", ROOT / script).succeeded()


def test_hadolint_finds_nothing(tmp_path):
    tool(tmp_path, "hadolint", ROOT / "Dockerfile").succeeded()


def test_what_is_checked_is_there():
    assert "setup/install.sh" in SCRIPTS and "tests/run" in SCRIPTS
    assert ".github/workflows/release.yml" in [workflow.place for workflow in WORKFLOWS]


# --- planted faults ---------------------------------------------------------------------------------------------------


def test_what_is_planted_below_is_good_without_the_fault(tmp_path):
    good = Workflow("good", GOOD)
    actionlint(tmp_path, good).succeeded()
    schema(tmp_path, "github-workflows", *repository(tmp_path / "other", good.here())).succeeded()
    zizmor_workflow(tmp_path, good).succeeded()


@pytest.mark.parametrize(
    ("good", "fault", "told"),
    [
        ("          images:", "          imagse:", 'input "imagse" is not defined'),
        ("          images:", "          skip-revocation: true\n          images:", 'input "skip-revocation" is not defined'),
        ("          command: verify\n", "", 'missing input "command"'),
        ("outputs.digest", "outputs.digset", 'property "digset" is not defined'),
        ('echo "$DIGEST"', "echo $DIGEST", "SC2086"),
    ],
)
def test_actionlint_finds_a_planted_fault(good, fault, told, tmp_path):
    finished = actionlint(tmp_path, planted(good, fault)).failed()
    assert told in finished.out, str(finished)


def test_actionlint_finds_an_unknown_input_of_the_setup_action(tmp_path):
    step = "- uses: sealgate/sealgate/setup@v1\n        with:\n          sha256: abc\n      - uses:"
    finished = actionlint(tmp_path, planted("- uses:", step)).failed()
    assert 'input "sha256" is not defined' in finished.out, str(finished)


@pytest.mark.parametrize(
    ("good", "fault", "told"),
    [
        ('echo "$DIGEST"', 'echo "${{ github.event.head_commit.message }}" "$DIGEST"', "template-injection"),
        ("      - uses:", "      - uses: actions/setup-node@v4\n      - uses:", "unpinned-uses"),
        ("    permissions:\n      contents: read\n", "    permissions: write-all\n", "excessive-permissions"),
        ("      - uses:", f"      - uses: actions/checkout@{'1' * 40} # v4.2.2\n      - uses:", "artipacked"),
    ],
)
def test_zizmor_finds_a_planted_fault(good, fault, told, tmp_path):
    finished = zizmor_workflow(tmp_path, planted(good, fault)).failed()
    assert told in finished.out, str(finished)


def test_zizmor_finds_an_input_in_a_script_of_an_action(tmp_path):
    text = (ROOT / "setup" / "action.yml").read_text()
    path = tmp_path / "action.yml"
    path.write_text(text.replace("install.sh\"", "install.sh\" ${{ inputs.url }}"))
    assert path.read_text() != text
    finished = zizmor(tmp_path, path).failed()
    assert "template-injection" in finished.out, str(finished)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_schema_finds_a_planted_fault_in_an_action(action, tmp_path):
    path = tmp_path / "action.yml"
    path.write_text((ROOT / action).read_text().replace("runs:\n  using:", "runs:\n  usign: x\n  using:"))
    assert "usign" in schema(tmp_path, "github-actions", path).failed().out


def test_the_schema_finds_a_planted_fault_in_a_workflow(tmp_path):
    (path,) = repository(tmp_path / "repository", planted("    runs-on:", "    run-on:").here())
    assert "run-on" in schema(tmp_path, "github-workflows", path).failed().out


def test_shellcheck_finds_a_planted_fault(tmp_path):
    script = tmp_path / "script"
    script.write_text((ROOT / "setup" / "install.sh").read_text() + "\nrm -rf $work/x\n")
    assert "SC2086" in tool(tmp_path, "shellcheck", script).failed().out


def test_hadolint_finds_a_planted_fault(tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_text((ROOT / "Dockerfile").read_text().replace("FROM scratch AS action", "FROM debian:latest AS action"))
    assert "DL3007" in tool(tmp_path, "hadolint", path).failed().out


def test_a_workflow_is_found_on_a_page_and_gets_the_actions_of_this_work_tree(monkeypatch, tmp_path):
    monkeypatch.setattr("lab.workflows.ROOT", tmp_path)
    page = tmp_path / "page.md"
    used = GOOD.replace("@v1", "@0123 # v1\n      - uses: sealgate/sealgate/setup@v1")
    page.write_text(f"# A page\n\n```yaml\nstages: [a]\n```\n\ntext\n\n```yaml\n{used}```\n")
    (workflow,) = workflows_in(page)
    assert workflow.place == "page.md:10"
    assert "uses: ./\n" in workflow.here() and "uses: ./setup\n" in workflow.here()
    assert workflow.pinned().count("@" + "0" * 40 + " # v1.0.0\n") == 2
