"""The story with signing profiles among the signers: on registries with and without a login; approvals that end.

The roots of the stand-in are not AWS's, which weakens every check: images pass, and nothing may call them verified."""

import json
import time

import pytest

from lab import gates
from lab.aws import ACCOUNT, REGION
from lab.gates import Gates, certificate, reasons
from lab.story import FAILED, Job, Story
from lab.tools import GATE_UNMET, UNSIGNED

EACH_REGISTRY = pytest.mark.parametrize("registry", ["olareg", "docker-htpasswd"], indirect=True)
NOT_AWS = ("aws-root", "endpoint-url")


@pytest.fixture
def story(aws_endpoint, home, registry, signers, tmp_path):
    """Makes the story of CI with a profile, QA with a key, and security with a profile whose approvals end after a time."""
    client = aws_endpoint.client("signer")
    people = {"qa": certificate(signers(name="qa"))}
    for name in ("ci", "security"):
        client.put_signing_profile(profileName=name, platformId="Notation-OCI-SHA384-ECDSA")
        people[name] = {"profile": f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/{name}"}
    root = tmp_path / "aws-root.pem"
    root.write_text(aws_endpoint.control("GET", "roots")["aws"])
    job = Job(home, registry, aws_endpoint.env())

    def story(max_age):
        stages = {
            "build": {"require": ["ci"]},
            "test": {"after": ["build"], "require": [{"signer": "qa", "metadata": {"stage": "test"}}]},
            "prod": {"after": ["test"], "require": [{"signer": "security", "max-age": max_age}]},
        }
        by = Gates(job, gates.write(tmp_path, people, stages), ["--aws-root", root])
        settings, command = home.env(**job.variables), ("lambda", "--aws-root", str(root))
        return Story(by, aws_endpoint, tmp_path, settings=settings, command=command)

    return story


@pytest.fixture
def approve(signers, notation):
    """Approves an image for each stage, by whom it takes."""
    qa = signers(name="qa")

    def approve(story, image):
        story.gates.approve("build", "ci", image).succeeded()
        notation.sign(qa, image.by_digest, "--user-metadata", "stage=test").succeeded()
        story.gates.approve("prod", "security", image).succeeded()

    return approve


def passes_weakened(story, image):
    """Gates let the image pass, `pin` shows what it would write, and neither the summary nor the function calls it verified."""
    rows = story.gates.let_pass("prod", image, NOT_AWS)
    summary = story.folder / "vsa.jsonl"
    story.gates.verify("prod", image, "--vsa-out", summary).succeeded()
    assert json.loads(summary.read_text())["predicate"]["verificationResult"] == "FAILED"
    return rows


@EACH_REGISTRY
@pytest.mark.matrix(table="from build to deployment", row="two signing profiles, and notation", column="{registry}")
def test_what_was_approved_is_pinned_until_the_approval_is_revoked(story, approve, push, aws_endpoint):
    told, app, log = story("30d"), push("app"), push("log")
    told.define(app=app.by_tag, log=log.by_tag)
    told.refuses(UNSIGNED)
    approve(told, app)
    told.refuses(UNSIGNED)
    approve(told, log)
    rows = passes_weakened(told, app)
    assert [[one["signer"] for one in row["met_by"]] for row in rows] == [["ci"], ["qa"], ["security"]]
    told.pins(app, log, weakened=NOT_AWS)
    with told.hook() as running:
        assert running.status(told.deployed()) == FAILED
        assert running.log().count("its outcome is accepted-with-warnings") == 2, running.log()
        job = rows[2]["met_by"][0]["signing_job"]
        aws_endpoint.client("signer").revoke_signature(jobId=job.rsplit("/", 1)[1], reason="found something")
        assert running.status(told.deployed()) == FAILED
        assert running.log().count("code=gate-unmet") == 1, running.log()
    # A file that was pinned before is verified again.
    told.written = told.file.read_bytes()
    artifacts = {one["digest_reference"]: one for one in told.refuses(GATE_UNMET)["artifacts"]}
    found = artifacts[app.by_digest]["gate"]["rows"]
    assert [row["status"] for row in found] == ["met", "met", "refused"], found
    told.define(app=app.by_tag, log=log.by_tag)
    told.refuses(GATE_UNMET)


def test_an_approval_that_is_too_old_is_not_pinned(story, approve, push):
    told, app = story("1h"), push("app")
    approve(told, app)
    told.define(app=app.by_tag)
    told.pins(app, weakened=NOT_AWS)
    time.sleep(2.1)
    told = story("1s")
    told.define(app=app.by_tag)
    (artifact,) = told.refuses(GATE_UNMET)["artifacts"]
    assert reasons(artifact) == {("security", "gate-too-old")}
    told.define(app=app.by_digest)
    told.stops("gate-unmet")


def test_a_time_that_a_key_says_of_itself_is_no_time(story, approve, push, signers, tmp_path):
    """`max-age` asks for AWS Signer's word: a signer with a certificate never meets it."""
    told, app, security = story("1h"), push("app"), signers("ec-p384", 1, "security")
    people = {"security": certificate(security)}
    gates.write(tmp_path, people, {"prod": {"require": [{"signer": "security", "max-age": "1h"}]}})
    told.define(app=app.by_tag)
    told.gates.sealgate.sign(security, app.by_digest).succeeded()
    (artifact,) = told.refuses(GATE_UNMET)["artifacts"]
    assert {name for name, _ in reasons(artifact)} == {"security"}
