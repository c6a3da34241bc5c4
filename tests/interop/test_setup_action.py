"""The setup action: its script with every input, and the action itself under act."""

import hashlib
import os
import shutil
import subprocess

import pytest

from lab import act, trust
from lab.mirror import mirroring
from lab.process import PATH, ROOT, Home, not_run, run
from lab.tools import sealgate_path

VERSION = "0.1.0"


@pytest.fixture
def mirror():
    """What a mirror of the binary under test is. It is small enough here: a script that says its version."""
    with mirroring(f"#!/bin/sh\necho sealgate {VERSION}\n".encode()) as mirror:
        yield mirror


class Runner:
    """The script of the action, run as by the action."""

    def __init__(self, folder):
        self.folder = folder
        self.temporary = folder / "temp"
        self.cache = folder / "cache"
        self.script = ROOT / "setup" / "install.sh"
        self.home = Home(folder / "home")
        self.temporary.mkdir()

    def run(self, path=PATH, shell="sh", **more):
        for name in ("path", "output"):
            (self.folder / name).write_text("")
        variables = {
            "RUNNER_TEMP": self.temporary,
            "RUNNER_TOOL_CACHE": self.cache,
            "GITHUB_PATH": self.folder / "path",
            "GITHUB_OUTPUT": self.folder / "output",
        } | more
        return run([shutil.which(shell), self.script], {**self.home.env(**variables), "PATH": path}, cwd=self.folder)

    def install(self, mirror, **more):
        given = {"SETUP_URL": mirror.url, "SETUP_CHECKSUM": mirror.checksum}
        return self.run(**{**given, **more})

    def installed(self):
        """The binary that later steps find; its folder is the only one."""
        (folder,) = (self.folder / "path").read_text().splitlines()
        return self.temporary / folder / "sealgate"

    def refuses(self, told, finished):
        """Red, with an annotation that says why; nothing is on PATH, and nothing is left behind."""
        assert finished.code == 1, str(finished)
        errors = [line for line in finished.out.splitlines() if line.startswith("::error title=sealgate setup::")]
        assert len(errors) == 1 and told in errors[0], str(finished)
        assert (self.folder / "path").read_text() == "" and (self.folder / "output").read_text() == ""
        assert list(self.temporary.iterdir()) == []

    def cached(self):
        return [path for path in self.cache.rglob("*") if path.is_file()]


@pytest.fixture
def runner(tmp_path):
    folder = tmp_path / "runner"
    folder.mkdir()
    return Runner(folder)


def tools(folder, *, without=(), uname=None):
    """A folder of programs to have nothing else on PATH."""
    folder.mkdir()
    names = "sh awk cat chmod cp curl cut dirname head mkdir mktemp mv rm sed sha256sum shasum tr uname wget perl".split()
    for name in set(names) - set(without):
        if found := shutil.which(name, path=PATH):
            (folder / name).symlink_to(found)
    if uname:
        (folder / "uname").unlink()
        (folder / "uname").write_text(f"#!/bin/sh\ncase $1 in -s) echo {uname[0]} ;; *) echo {uname[1]} ;; esac\n")
        (folder / "uname").chmod(0o755)
    return str(folder)


def test_what_has_the_checksum_is_put_on_path_and_kept_for_the_next_job(runner, mirror):
    finished = runner.install(mirror, SETUP_VERSION=VERSION).succeeded()
    binary = runner.installed()
    assert binary.read_bytes() == mirror.content and os.access(binary, os.X_OK)
    assert (runner.folder / "output").read_text() == f"path={binary}\nversion={VERSION}\n"
    assert f"sealgate {VERSION} from {mirror.url}" in finished.out
    runner.install(mirror).succeeded()
    assert mirror.requests == 1, "the second is from the cache"
    assert runner.installed().read_bytes() == mirror.content and runner.installed() != binary


@pytest.mark.parametrize("form", ["upper case", "prefix"])
def test_a_checksum_may_be_written_as_people_do(form, runner, mirror):
    checksum = mirror.checksum.upper() if form == "upper case" else f"sha256:{mirror.checksum}"
    runner.install(mirror, SETUP_CHECKSUM=checksum).succeeded()


def test_what_has_another_checksum_is_refused_and_kept_nowhere(runner, mirror):
    wrong = "0" * 64
    finished = runner.install(mirror, SETUP_CHECKSUM=wrong)
    runner.refuses(f"its SHA-256 is {mirror.checksum}, expected {wrong}", finished)
    assert runner.cached() == []


@pytest.mark.parametrize("how", ["changed", "link", "folder"])
def test_a_cache_that_was_tampered_with_is_fetched_again(how, runner, mirror):
    runner.install(mirror).succeeded()
    (cached,) = runner.cached()
    cached.unlink()
    if how == "changed":
        cached.write_text("#!/bin/sh\necho sealgate 0.1.0\necho evil\n")
    elif how == "link":
        (runner.folder / "evil").write_bytes(mirror.content)
        cached.symlink_to(runner.folder / "evil")
    else:
        cached.mkdir()
    finished = runner.install(mirror)
    assert mirror.requests == 2 and runner.installed().read_bytes() == mirror.content, str(finished)
    assert ("is not what was put there" in finished.out) == (how == "changed"), str(finished)
    # Where it can be fetched no longer, the cache does not help.
    if how == "changed":
        (cached,) = runner.cached()
        cached.write_text("evil")
        shutil.rmtree(runner.temporary)
        runner.temporary.mkdir()
        mirror.content = b"gone"
        checksum = hashlib.sha256(f"#!/bin/sh\necho sealgate {VERSION}\n".encode()).hexdigest()
        finished = runner.install(mirror, SETUP_CHECKSUM=checksum)
        assert finished.code == 1 and (runner.folder / "path").read_text() == "", str(finished)


def test_what_runs_is_a_copy_that_the_cache_cannot_change_later(runner, mirror):
    runner.install(mirror).succeeded()
    runner.install(mirror).succeeded()
    (cached,) = runner.cached()
    assert cached.resolve() != runner.installed().resolve()
    assert cached.stat().st_ino != runner.installed().stat().st_ino


def test_a_cache_that_cannot_be_written_to_is_a_warning(runner, mirror):
    runner.cache.write_text("a file")
    finished = runner.install(mirror).succeeded()
    assert "::warning title=sealgate setup::" in finished.out and runner.installed().is_file()
    runner.install(mirror, RUNNER_TOOL_CACHE="").succeeded()


@pytest.mark.parametrize("without", [("curl",), ("sha256sum",), ("wget",)], ids=lambda names: names[0])
def test_one_of_the_programs_is_enough(without, runner, mirror, tmp_path):
    runner.install(mirror, path=tools(tmp_path / "bin", without=without)).succeeded()
    assert runner.installed().read_bytes() == mirror.content


@pytest.mark.parametrize(("without", "told"), [(("curl", "wget"), "neither curl nor wget"), (("sha256sum", "shasum"), "neither sha256sum nor")])
def test_a_program_that_is_missing_is_named(without, told, runner, mirror, tmp_path):
    finished = runner.install(mirror, path=tools(tmp_path / "bin", without=without))
    assert finished.code == 1 and told in finished.out and (runner.folder / "path").read_text() == "", str(finished)
    assert list(runner.temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"SETUP_CHECKSUM": ""}, "belong together"),
        ({"SETUP_URL": ""}, "belong together"),
        ({"SETUP_URL": "", "SETUP_CHECKSUM": ""}, "give the inputs url and checksum"),
        ({"SETUP_URL": "", "SETUP_CHECKSUM": "", "SETUP_VERSION": "9.9.9"}, "no checksum of sealgate-9.9.9-"),
        ({"SETUP_CHECKSUM": "abc"}, "64 hexadecimal digits"),
        ({"SETUP_CHECKSUM": "g" * 64}, "64 hexadecimal digits"),
        ({"SETUP_CHECKSUM": "0" * 64 + "\n" + "0" * 64}, "64 hexadecimal digits"),
        ({"SETUP_URL": "http://mirror.example/sealgate"}, "not https"),
        ({"SETUP_URL": "http://127.0.0.1@mirror.example/sealgate"}, "not https"),
        ({"SETUP_URL": "http://127.0.0.1:80@mirror.example/sealgate"}, "not https"),
        ({"SETUP_URL": "http://127.0.0.1.mirror.example/sealgate"}, "not https"),
        ({"SETUP_URL": "http://localhost.mirror.example/sealgate"}, "not https"),
        ({"SETUP_URL": "file:///etc/passwd"}, "not an https address"),
        ({"SETUP_URL": "--output=/tmp/x"}, "not an https address"),
        ({"SETUP_URL": "https://mirror.example/a b"}, "spaces or line breaks"),
        ({"SETUP_URL": "https://mirror.example/a\n::warning::x"}, "spaces or line breaks"),
        ({"SETUP_VERSION": "1.0\n::warning::x"}, "not a version"),
        ({"SETUP_VERSION": "0.2.0"}, f"is sealgate {VERSION}, expected 0.2.0"),
        ({"RUNNER_TEMP": ""}, "RUNNER_TEMP is not set"),
    ],
    ids=str,
)
def test_an_input_that_cannot_be_used_is_refused(given, told, runner, mirror):
    finished = runner.install(mirror, **given)
    runner.refuses(told, finished)
    assert not any(line.startswith("::warning") for line in finished.out.splitlines()), str(finished)


def test_an_address_that_answers_otherwise_is_refused(runner, mirror):
    runner.refuses("cannot be fetched", runner.install(mirror, SETUP_URL=mirror.url + "-missing"))
    # A server of this machine has no reason to send anyone elsewhere.
    moved = mirror.url.replace("/sealgate", "/moved")
    runner.refuses("is not what was asked for", runner.install(mirror, SETUP_URL=moved))
    assert mirror.requests == 2


@pytest.mark.parametrize(("text", "told"), [("exit 1", "does not run here"), ("echo other 1.0 x", "is not sealgate"), ("true", "is not sealgate")])
def test_what_is_not_sealgate_is_refused_whatever_its_checksum(text, told, runner):
    with mirroring(f"#!/bin/sh\n{text}\n".encode()) as mirror:
        runner.refuses(told, runner.install(mirror))


@pytest.mark.parametrize(
    ("uname", "name"),
    [
        (("Linux", "x86_64"), "linux-x86_64"),
        (("Linux", "aarch64"), "linux-arm64"),
        (("Darwin", "arm64"), "macos-arm64"),
        (("Darwin", "x86_64"), "macos-x86_64"),
    ],
)
def test_a_release_is_taken_from_the_table_by_the_machine(uname, name, runner, mirror, tmp_path):
    shutil.copytree(ROOT / "setup", tmp_path / "setup")
    runner.script = tmp_path / "setup" / "install.sh"
    text = runner.script.read_text()
    base = mirror.url.rsplit("/", 1)[0]
    runner.script.write_text(text.replace("https://github.com/sealgate/sealgate/releases/download", f"{base}/sealgate?"))
    assert runner.script.read_text() != text
    rows = [f"{'1' * 64}  sealgate-0.0.9-{name}", f"{mirror.checksum}  sealgate-{VERSION}-{name}", f"{'2' * 64}  sealgate-0.1.0-other-{name}x"]
    (tmp_path / "setup" / "checksums.txt").write_text("# a table\n" + "\n".join(rows) + "\n")
    path = tools(tmp_path / "bin", uname=uname)
    for version in ("", VERSION, f"v{VERSION}"):
        finished = runner.run(path=path, SETUP_VERSION=version)
        # The server answers 404 to what has a question mark behind its path.
        assert f"v{VERSION}/sealgate-{VERSION}-{name}" in finished.out, str(finished)
    assert "sealgate-0.0.9" in runner.run(path=path, SETUP_VERSION="0.0.9").out


@pytest.mark.parametrize(("uname", "told"), [(("Windows_NT", "x86_64"), "no sealgate for Windows_NT"), (("Linux", "riscv64"), "processor riscv64")])
def test_another_machine_is_told(uname, told, runner, mirror, tmp_path):
    runner.refuses(told, runner.install(mirror, path=tools(tmp_path / "bin", uname=uname)))


def test_the_script_runs_in_the_smallest_shell(runner, mirror):
    busybox = "/bin/busybox"
    if not os.access(busybox, os.X_OK):
        not_run("busybox is not installed")
    applets = runner.folder / "applets"
    applets.mkdir()
    subprocess.run([busybox, "--install", "-s", applets], check=True)
    # Debian's busybox has a wget that does not work in a static binary.
    (applets / "wget").unlink()
    (applets / "curl").symlink_to(shutil.which("curl", path=PATH))
    given = {"SETUP_URL": mirror.url, "SETUP_CHECKSUM": mirror.checksum}
    variables = {"RUNNER_TEMP": runner.temporary, "RUNNER_TOOL_CACHE": runner.cache, "GITHUB_PATH": runner.folder / "path"}
    env = runner.home.env(GITHUB_OUTPUT=runner.folder / "output", **variables, **given)
    run([applets / "sh", runner.script], {**env, "PATH": str(applets)}).succeeded()
    assert runner.installed().read_bytes() == mirror.content


# --- under act --------------------------------------------------------------------------------------------------------

WORKFLOW = """name: verify
on: push
jobs:
  verify:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: setup
        uses: ./setup
        with:
          url: {url}
          checksum: {checksum}
      - run: sealgate verify --policy "$TRUST/trustpolicy.json" --trust-store "$TRUST/truststore" {image}
        env:
          TRUST: {trust}
      - run: echo "it was version ($VERSION) at ($(command -v sealgate))"
        env:
          VERSION: ${{{{ steps.setup.outputs.version }}}}
"""


@pytest.fixture
def binary_mirror():
    if not sealgate_path().is_file():
        pytest.fail(f"there is no sealgate to test: {sealgate_path()}", pytrace=False)
    with mirroring(sealgate_path().read_bytes()) as mirror:
        yield mirror


def test_a_job_installs_sealgate_and_verifies_with_it(binary_mirror, notation, signer, image, home, tmp_path):
    trust.trust(home.notation, signer)
    host = act.on_the_host(tmp_path / "act")
    values = {"url": binary_mirror.url, "checksum": binary_mirror.checksum, "image": image.by_digest, "trust": home.notation}
    workflow = WORKFLOW.format(**values)
    # Unsigned: the job is red.
    unsigned = host.run(workflow).failed()
    assert "unsigned" in unsigned.out and "it was version" not in unsigned.out, str(unsigned)
    notation.sign(signer, image.by_digest).succeeded()
    finished = host.run(workflow).succeeded()
    assert f"it was version ({VERSION}) at (" in finished.out, str(finished)
    assert binary_mirror.requests == 1, "the second job has it from the cache"

    # What is in the cache is not believed.
    (cached,) = [path for path in host.home.folder.rglob("sealgate") if "sha256-" in str(path)]
    cached.write_text("#!/bin/sh\necho sealgate 0.1.0\n")
    again = host.run(workflow).succeeded()
    assert binary_mirror.requests == 2 and "is not what was put there" in again.out, str(again)

    wrong = host.run(WORKFLOW.format(**{**values, "checksum": "0" * 64})).failed()
    assert "expected " + "0" * 64 in wrong.out and "it was version" not in wrong.out, str(wrong)
