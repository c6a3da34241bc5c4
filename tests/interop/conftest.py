"""Fixtures, the count of cells, and the matrix that is printed at the end."""

import contextlib
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

from lab import aws, certificates, ecr, images, registries
from lab.aws_account import account as open_account
from lab.process import Home, not_run
from lab.tools import Notation, Sealgate, sealgate_path


@pytest.fixture(scope="session")
def registry_pool(tmp_path_factory):
    """Starts each kind of registry once, when it is first asked for."""
    with contextlib.ExitStack() as stack:
        started = {}

        def start(name):
            if not registries.is_installed(registries.KINDS[name]):
                not_run(f"{registries.KINDS[name].command} is not installed")
            if name not in started:
                started[name] = stack.enter_context(registries.running(name, tmp_path_factory.mktemp(name)))
            return started[name]

        yield start


@pytest.fixture
def registry(request, registry_pool):
    """The registry of this case; a test that is not about registries gets olareg."""
    return registry_pool(getattr(request, "param", "olareg"))


@pytest.fixture(scope="session")
def signers(tmp_path_factory):
    """Makes signers, each once: keys of 4096 bits take their time."""
    folder = tmp_path_factory.mktemp("signers")
    made = {}

    def signer(key_type="ec-p256", length=2, name="build"):
        wanted = (key_type, length, name)
        if wanted not in made:
            made[wanted] = certificates.write_signer(folder / f"{key_type}-{length}", name, key_type, length)
        return made[wanted]

    return signer


@pytest.fixture
def signer(signers):
    """The signer of a test that is not about keys."""
    return signers()


@pytest.fixture
def foreign(signers):
    """A signer whom nobody trusts, of the same organization."""
    return signers(name="foreign")


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def notation(home, registry):
    return Notation(home, registry)


@pytest.fixture
def sealgate(home, registry):
    if not sealgate_path().is_file():
        pytest.fail(f"there is no sealgate to test: {sealgate_path()}", pytrace=False)
    return Sealgate(home, registry)


@pytest.fixture
def push(request, home, registry):
    """Pushes images into repositories of this test alone: tests share a registry."""
    folder = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")

    def push(name, form="oci-image", **options):
        return images.push(home, registry, f"{folder}/{name}", form, **options)

    return push


@pytest.fixture
def image(push):
    """An image of this test alone."""
    return push("app")


@pytest.fixture
def aws_endpoint(home, monkeypatch):
    """A stand-in for AWS, of this test alone. Nothing of the tester's own AWS settings reaches its clients."""
    if not aws.endpoint_path().is_file():
        pytest.fail(f"there is no endpoint to test with: {aws.endpoint_path()}; cargo build --example aws-endpoint", pytrace=False)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with aws.running(home) as endpoint:
        yield endpoint


@pytest.fixture
def account(aws_endpoint, tmp_path):
    """An account of the stand-in for AWS, with a signing profile."""
    return open_account(aws_endpoint, tmp_path)


@pytest.fixture
def laboratory(registry, account, tmp_path):
    """ECR and the hosts of the AWS APIs. Whatever a test is about, nothing may leak, and no other host may be asked."""
    folder, url = tmp_path / "laboratory", account.endpoint.url
    with ecr.laboratory(folder, registry, url, principal_of=account.principal_of) as running:
        yield running
        assert running.diary.violations == []
        assert running.diary.refused == []


# --- the matrix -------------------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items):
    """Writes each test's cell into its reports, also where its set-up fails."""
    for item in items:
        mark = item.get_closest_marker("matrix")
        if mark:
            params = getattr(item, "callspec", None) and item.callspec.params or {}
            cell = [str(mark.kwargs[part]).format(**params) for part in ("table", "row", "column")]
            item.user_properties.append(("cell", cell))


class Tally:
    """Counts what passed, failed and was skipped, each test once."""

    def __init__(self):
        self.outcomes = {}
        self.cells = {}
        self.notes = []

    def add(self, report):
        before = self.outcomes.get(report.nodeid)
        if report.failed:
            self.outcomes[report.nodeid] = "failed"
        elif report.skipped and before != "failed":
            self.outcomes[report.nodeid] = "skipped"
        elif report.when == "call" and before is None:
            self.outcomes[report.nodeid] = "passed"
        for name, value in report.user_properties:
            if name == "cell":
                self.cells[report.nodeid] = tuple(value)
            elif name == "measured" and report.when == "call":
                self.notes.append(value)

    def count(self, outcome):
        return sum(one == outcome for one in self.outcomes.values())

    def tables(self):
        """table -> row -> column -> outcomes, in the order in which they were met."""
        tables = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        for node, (table, row, column) in self.cells.items():
            tables[table][row][column].append(self.outcomes.get(node, "failed"))
        return tables


def cell_text(outcomes):
    """`3/3`, with an exclamation mark where something failed."""
    if not outcomes:
        return ""
    passed = outcomes.count("passed")
    skipped = outcomes.count("skipped")
    failed = len(outcomes) - passed - skipped
    text = f"{passed}/{len(outcomes) - skipped}" if len(outcomes) > skipped else "not run"
    return f"**{text}!**" if failed else text


def markdown(title, rows):
    """One table as Markdown. Rows and columns in the order of their names, keys in the order of the specification."""
    known = {name: place for place, name in enumerate((*certificates.KEY_TYPES, *images.IMAGE_FORMS))}
    columns = sorted({column for row in rows.values() for column in row}, key=lambda name: (known.get(name, 99), name))
    head = [f"| {title} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    body = [f"| {name} | {' | '.join(cell_text(row[column]) for column in columns)} |" for name, row in sorted(rows.items())]
    return "\n".join(head + body)


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.tally = Tally()


def pytest_runtest_logreport(report):
    # With several workers every report reaches the controller too; only that one keeps a tally.
    tally = getattr(pytest_runtest_logreport, "tally", None)
    if tally:
        tally.add(report)


def pytest_sessionstart(session):
    pytest_runtest_logreport.tally = getattr(session.config, "tally", None)


def pytest_terminal_summary(terminalreporter, config):
    tally = config.tally
    for title, rows in sorted(tally.tables().items()):
        terminalreporter.write_line("")
        terminalreporter.write_line(markdown(title, rows))
    terminalreporter.write_line("")
    for node, outcome in sorted(tally.outcomes.items()):
        if outcome == "failed":
            terminalreporter.write_line(f"failed: {node}")
    for note in sorted(tally.notes):
        terminalreporter.write_line(f"measured: {note}")
    counts = {outcome: tally.count(outcome) for outcome in ("passed", "failed", "skipped")}
    # An error outside of any test (a module that does not load) is a failure as well.
    counts["failed"] += len([1 for one in terminalreporter.stats.get("error", []) if one.nodeid not in tally.outcomes])
    terminalreporter.write_line("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    if path := os.environ.get("SEALTEST_COUNTS"):
        Path(path).write_text(" ".join(map(str, counts.values())))
