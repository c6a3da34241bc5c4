"""AWS itself: one image is signed with a real signing profile, verified, looked at, and recorded. Opt-in: one signing job.

`tests/vectors/aws-live/README.md` says how to run it.
"""

import json
import os

import pytest

from lab import live
from lab.aws import ACCESS_KEY, SECRET
from lab.process import ROOT
from lab.tools import Notation, Sealgate

WHY_NOT = live.missing()


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "")
@pytest.mark.matrix(table="AWS itself", row="sign, verify, record", column="SEALTEST_LIVE_PROFILE_ARN")
def test_aws_signer_signs_what_sealgate_and_aws_own_clients_accept(home, registry_pool):
    repository = os.environ.get("SEALTEST_LIVE_REPOSITORY")
    registry = None if repository else registry_pool("olareg")
    settings = live.Settings(os.environ["SEALTEST_LIVE_PROFILE_ARN"], live.tester_env(), live.RECORDED)
    image = live.push_scratch_image(settings, home, registry, repository)
    recorded = live.attempt(settings, home, Sealgate(home, registry), Notation(home, registry), image)
    print(f"recorded: {recorded}")


def test_the_test_against_aws_itself_does_what_it_says(home, registry, aws_endpoint, monkeypatch, tmp_path):
    """All of it against the stand-in for AWS, but for the two things that are AWS's alone: its hosts and its roots."""
    for name, value in aws_endpoint.env().items():
        monkeypatch.setenv(name, value)
    here = {"AWS_ENDPOINT_URL": f"http://localhost:{aws_endpoint.port}", "HTTP_PROXY": aws_endpoint.url}
    settings = live.Settings(
        aws_endpoint.profile, live.tester_env(), tmp_path, aws_endpoint.url, aws_endpoint.root_file, plugin_env=here
    )
    assert (settings.env["AWS_ACCESS_KEY_ID"], settings.env["AWS_SECRET_ACCESS_KEY"]) == (ACCESS_KEY, SECRET)
    image = live.push_scratch_image(settings, home, registry, None)
    recorded = live.attempt(settings, home, Sealgate(home, registry), Notation(home, registry), image)

    vector = json.loads(recorded.read_text())
    case = json.loads((ROOT / "tests/vectors/aws-plugin/cases/trusted-sealgate.json").read_text())
    assert vector.keys() == case.keys()
    assert vector["revocation"].keys() == case["revocation"].keys()
    assert vector["artifact"]["digest"] == image.digest
    secrets = aws_endpoint.control("GET", "logins")
    assert SECRET not in recorded.read_text() and not secrets


@pytest.mark.parametrize("variable", [None, "SEALTEST_LIVE_PROFILE_ARN"])
def test_the_test_against_aws_itself_says_why_it_is_not_run(variable, aws_endpoint, monkeypatch):
    monkeypatch.delenv("SEALTEST_LIVE_PROFILE_ARN", raising=False)
    if variable:
        monkeypatch.setenv(variable, "arn:aws:signer:us-west-2:111122223333:/signing-profiles/scratch")
    assert (
        live.missing()
        == f"not run: {'there are no AWS credentials' if variable else 'SEALTEST_LIVE_PROFILE_ARN is not set'}"
    )
    if variable:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        assert live.missing() is None
