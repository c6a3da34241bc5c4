"""The buildspec of the README, as it stands there: it builds, pushes, signs, and names what may be deployed."""

import json
import re

import pytest
import yaml

from lab import codebuild
from lab.codebuild import Buildspec
from lab.ecr.names import PLAIN
from lab.images import Hand
from lab.process import ROOT
from lab.tools import DENIED, REJECTED, UNSIGNED

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def of_the_readme():
    """The one buildspec that the README shows."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (shown,) = [block for block in blocks if "phases" in yaml.safe_load(block)]
    return Buildspec.parse(shown)


class Pipeline:
    """The buildspec in a container of CodeBuild's own."""

    def __init__(self, job, account):
        self.job, self.account, self.spec = job, account, of_the_readme()
        self.sign_line, self.verify_line = self.spec.lines("sealgate")

    def run(self, spec=None, profile=None):
        return self.job.run(spec or self.spec, PROFILE=profile or self.account.profile, REPOSITORY=f"{PLAIN}/app")

    def written(self):
        return set(self.job.container.written()) - {"Dockerfile", "metadata.json"}


@pytest.fixture
def pipeline(laboratory, account):
    laboratory.create_repository("app", immutable=True)
    with codebuild.job_with_docker(laboratory, account, sealgate=True) as job:
        (job.container.work / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        yield Pipeline(job, account)


def test_the_pipeline_is_one_line_to_sign_and_one_to_verify(pipeline):
    assert [line.split()[1] for line in (pipeline.sign_line, pipeline.verify_line)] == ["sign", "verify"]
    assert "post_build" not in pipeline.spec.phases
    for gone in ("notation", "wget", "gpg", "rpm", "trustpolicy", "describe-images"):
        assert not any(gone in command for command in pipeline.spec.commands())


def test_the_pipeline_signs_verifies_and_names_what_may_be_deployed(pipeline, laboratory):
    finished = pipeline.run().succeeded()
    assert "signed" in finished.out and "verified" in finished.out, finished
    pushed = json.loads((pipeline.job.container.work / "metadata.json").read_text())
    image = f"{PLAIN}/app@{pushed['containerimage.digest']}"
    definitions = json.loads((finished.artifacts[None] / "imagedefinitions.json").read_text())
    assert definitions == [{"name": "app", "imageUri": image}]
    assert len(laboratory.diary.of(action="signer:SignPayload")) == 1
    assert len(laboratory.diary.of(action="signer:GetRevocationStatus")) >= 1
    assert {case.status for case in finished.reports["sealgate"]} <= {"passed", "skipped"}


def test_an_unsigned_image_stops_the_pipeline(pipeline):
    finished = pipeline.run(pipeline.spec.without(pipeline.sign_line))
    assert finished.code == UNSIGNED, finished
    assert "[Container] build 2 failed with 11" in finished.out
    assert not {name for name in pipeline.written() if not name.startswith("reports")}
    assert any(case.status == "failed" for case in finished.reports["sealgate"])


def test_an_image_of_another_profile_stops_the_pipeline(pipeline, account):
    other = account.add_profile("another_profile")
    elsewhere = pipeline.spec.without(pipeline.verify_line)
    pipeline.run(elsewhere, profile=other).failed()
    only_verify = Buildspec.of(pipeline.verify_line)
    finished = pipeline.run(only_verify)
    assert finished.code == REJECTED, finished
    assert not (pipeline.job.container.work / "imagedefinitions.json").exists()


def test_an_image_that_was_changed_after_it_was_signed_stops_the_pipeline(laboratory, account, home):
    # In a repository whose tags may be moved.
    with codebuild.job_with_docker(laboratory, account, sealgate=True) as job:
        pipeline = Pipeline(job, account)
        good = laboratory.push(home, "app", tag=COMMIT, text="as it was built")
        (job.container.work / "metadata.json").write_text(json.dumps({"image.name": good.by_tag, "containerimage.digest": good.digest}))
        pipeline.run(Buildspec.of(pipeline.sign_line)).succeeded()
        bad = laboratory.push(home, "app", tag=COMMIT, text="with something added")
        finished = pipeline.run(Buildspec.of(pipeline.verify_line))
        assert finished.code == UNSIGNED, finished
        # The signature that is there is of another image.
        Hand(laboratory.registry, laboratory.behind(bad)).take_signature(Hand(laboratory.registry, laboratory.behind(good)))
        finished = pipeline.run(Buildspec.of(pipeline.verify_line))
        assert finished.code == REJECTED, finished
        assert not (job.container.work / "imagedefinitions.json").exists()


def test_a_build_that_cannot_sign_deploys_nothing(pipeline, account):
    account.fault("SignPayload", "denied")
    finished = pipeline.run().failed()
    assert finished.code == DENIED and "[Container] build 2 failed with 5" in finished.out, finished
    assert pipeline.written() == set()


def test_a_configuration_of_aws_in_the_checkout_is_not_read(pipeline):
    # Without HOME the SDK takes `~` for a folder in the working one: what a pull request could put there would be run.
    folder = pipeline.job.container.work / "~" / ".aws"
    folder.mkdir(parents=True)
    stolen = pipeline.job.container.work / "stolen"
    for name, section in (("config", "default"), ("credentials", "default")):
        line = f"credential_process = {pipeline.job.container.folder}/bin/sh -c 'set >{stolen}'"
        (folder / name).write_text(f"[{section}]\n{line}\n")
    pipeline.run().succeeded()
    assert not stolen.exists()
