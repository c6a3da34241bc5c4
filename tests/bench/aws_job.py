"""The whole job in AWS, as a user has it: from nothing to "this image may be deployed", with every host far away."""

import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lab import aws, certificates, ecr, registries, trust
from lab.aws_account import Account
from lab.aws_account import account as open_account
from lab.ecr import names
from lab.process import Home
from lab.tools import Notation, sealgate_path

PLUGIN = os.environ.get("SEALTEST_AWS_PLUGIN")
PLUGIN_NAME = "com.amazonaws.signer.notation.plugin"
# notation saves a password in a credential store only; this one costs as little as a store can.
STORE = """#!/bin/sh
case $1 in
store) read -r login; printf '%s' "$login" >"$0.login" ;;
get)
    [ -e "$0.login" ] || { echo 'credentials not found in native keychain'; exit 1; }
    read -r login <"$0.login"
    printf '%s' "$login"
    ;;
list) echo '{}' ;;
esac
"""


def timed(argv, env, given=""):
    """Runs a command; seconds and what it printed. A command that fails ends the benchmark."""
    started = time.perf_counter()
    finished = subprocess.run([str(part) for part in argv], env=env, input=given, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if finished.returncode != 0:
        raise SystemExit(f"cannot measure: {' '.join(map(str, argv))}\n{finished.stdout}{finished.stderr}")
    return wall, finished.stdout


@dataclass(frozen=True)
class Job:
    """A job with the credentials of AWS and nothing else, and what it has to verify."""

    folder: Path
    lab: ecr.Laboratory
    account: Account
    peer_image: object
    our_image: object

    def home(self, name):
        """A user without any login, but with notation's configuration and a store for its password."""
        home = Home(self.folder / name)
        (home.docker / "config.json").write_text('{"credsStore": "sealtest"}')
        (home.folder / "bin").mkdir(exist_ok=True)
        store = home.folder / "bin" / "docker-credential-sealtest"
        store.write_text(STORE)
        store.chmod(0o755)
        return home

    def env(self, home):
        env = home.env(**self.lab.env(), **self.account.user_env())
        return env | {"PATH": f"{home.folder / 'bin'}:{env['PATH']}"}

    def peer(self, home):
        """What a user of notation runs; the seconds of each step."""
        env = self.env(home)
        (home.folder / "bin" / "docker-credential-sealtest.login").unlink(missing_ok=True)
        token, password = timed([aws.CLI, "ecr", "get-login-password"], env)
        login, _ = timed(["notation", "login", "--username", "AWS", "--password-stdin", names.PLAIN], env, password)
        verify, told = timed(["notation", "verify", self.peer_image.by_digest], env)
        if "Successfully verified signature for" not in told:
            raise SystemExit(f"notation verified nothing: {told}")
        return token, login, verify

    def ours(self, home):
        """What a user of sealgate runs."""
        how = ["--profile", self.account.profile, "--aws-root", self.account.root()]
        wall, told = timed([sealgate_path(), "verify", *how, self.our_image.by_digest], self.env(home))
        if "verified" not in told:
            raise SystemExit(f"sealgate verified nothing: {told}")
        return wall


def sign(lab, account, home, image):
    how = ["--profile", account.profile, "--aws-root", account.root()]
    timed([sealgate_path(), "sign", *how, image.by_digest], home.env(**lab.env(), **account.user_env()))


def prepare_notation(home, lab, account, folder, image):
    """Makes notation trust the image's signature: with the plugin that of the profile, else one of a local key."""
    if PLUGIN:
        place = home.notation / "plugins" / PLUGIN_NAME
        place.mkdir(parents=True)
        shutil.copy(PLUGIN, place / f"notation-{PLUGIN_NAME}")
        trust.add_root(home.notation, "aws", account.root(), kind="signingAuthority")
        trust.write_policy(home.notation, trust.statement(["aws"], [account.profile], kind="signingAuthority"))
        return
    signer = certificates.write_signer(folder / "signer", "bench")
    trust.trust(home.notation, signer)
    behind = lab.behind(image)
    Notation(home, lab.registry).sign(signer, behind.by_digest).succeeded()


@contextlib.contextmanager
def set_up(one_way):
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        registry = stack.enter_context(registries.running("olareg", folder / "registry"))
        maker = Home(folder / "maker")
        account = open_account(stack.enter_context(aws.running(maker)), folder)
        lab = stack.enter_context(ecr.laboratory(folder / "laboratory", registry, account.endpoint.url))
        ours, theirs = (lab.push(maker, "app", tag=tag, text=tag) for tag in ("ours", "theirs"))
        sign(lab, account, maker, ours)
        job = Job(folder, lab, account, ours if PLUGIN else theirs, ours)
        home = job.home("peer")
        prepare_notation(home, lab, account, folder, job.peer_image)
        lab.proxy.delay = one_way
        yield job, home


def measure(bench, runs, one_way):
    """Adds the row; returns lines that say what was measured."""
    with set_up(one_way) as (job, peer_home):
        our_home = Home(job.folder / "ours")
        steps, ours = [], []
        for _ in range(runs):
            steps.append(job.peer(peer_home))
            ours.append(job.ours(our_home))
        if job.lab.diary.violations or job.lab.diary.refused:
            raise SystemExit(f"cannot measure: {job.lab.diary.violations} {job.lab.diary.refused}")
    peer = statistics.median(map(sum, steps))
    what = "whole job in AWS, 50 ms" + ("" if PLUGIN else " (notation without revocation: a lower bound)")
    bench.lower(what, peer, statistics.median(ours), lambda value: f"{value * 1000:.1f} ms", 0.33)
    parts = " + ".join(f"{statistics.median(part) * 1000:.0f} ms" for part in zip(*steps, strict=True))
    lines = [f"The job of notation is `aws ecr get-login-password` + `notation login` + `notation verify`: {parts}."]
    if not PLUGIN:
        lines.append(
            "SEALTEST_AWS_PLUGIN is unset: notation verifies an ordinary signature and asks nobody about revocation, "
            "so that its time is a lower bound. sealgate verifies a signature of a signing profile and asks."
        )
    return lines
