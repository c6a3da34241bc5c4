"""What a build container has in an account: its credentials, the hosts of AWS, and the programs of its image."""

import contextlib
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from ..aws import CLI
from ..containers import BUSYBOX
from ..process import find_command
from ..tools import sealgate_path
from .container import Container, container

# sealgate is told the root of the stand-in, which is none of AWS's, before its other flags, as only images may stand behind `--`.
PRELUDE = """sealgate() {{
  word=$1
  shift
  command sealgate "$word" --aws-root {root} "$@"
}}
"""
# Where sealgate's image is, for those who copy the binary out of it.
SEALGATE_IMAGE = f"111122223333.dkr.ecr.us-west-2.amazonaws.com/sealgate@sha256:{'5' * 64}"


@dataclass(frozen=True)
class Job:
    """A build container in the laboratory."""

    container: Container
    lab: object
    account: object
    # What the project sets besides.
    project: dict

    def run(self, buildspec, **variables):
        """Runs a buildspec with these variables of the project."""
        folder = self.container.folder
        ca_file = folder / self.lab.ca_file.name
        trusted = {"SSL_CERT_FILE": ca_file, "AWS_CA_BUNDLE": ca_file}
        prelude = PRELUDE.format(root=shlex.quote(str(folder / self.account.root().name)))
        return self.container.build(buildspec, self.lab.env() | trusted | self.project | variables, prelude)


@contextlib.contextmanager
def job_with_sealgate(lab, account, lambda_compute=False):
    """The sealgate image for jobs, with its shell, if it is installed. On Lambda compute keys are variables; elsewhere an endpoint has them."""
    shell = BUSYBOX if BUSYBOX.is_file() else None
    with container(sealgate_path(), lab.ca_file, account.root(), shell=shell) as made:
        credentials = account.session_env() if lambda_compute else account.container_env()
        yield Job(made, lab, account, credentials)


@contextlib.contextmanager
def job_with_docker(lab, account, aws_cli=False, sealgate=False):
    """An image of CodeBuild's own: docker, the AWS CLI, a home; sealgate only where somebody has put it there.

    The AWS CLI takes its time: without it, a token that was got before is told by whatever is called `aws`."""
    with container(sealgate_path() if sealgate else find_command("true"), lab.ca_file, account.root(), as_tester=True) as made:
        programs = made.folder / "bin"
        if not sealgate:
            (programs / "sealgate").unlink()
        # crane is what the stand-in for docker pushes with.
        path = shlex.quote(f"{Path(find_command('crane')).parent}:/usr/bin:/bin")
        stand_in = [sys.executable, "-S", Path(__file__).with_name("docker.py"), programs, sealgate_path()]
        made.add_script("docker", [f"PATH={path} exec {shlex.join(map(str, stand_in))} \"$@\""])
        if aws_cli:
            made.add_script("aws", [f"exec {shlex.quote(str(CLI))} \"$@\""])
        else:
            password = lab.new_token(account).password
            made.add_script("aws", [f"[ \"$*\" = 'ecr get-login-password' ] && printf '%s\\n' {shlex.quote(password)}"])
        home = made.folder / "root"
        home.mkdir()
        yield Job(made, lab, account, account.container_env() | {"HOME": home, "SEALGATE": SEALGATE_IMAGE})
