"""The pipeline of the documentation, with one line to sign and one to verify, run as CodeBuild runs it."""

import json

import pytest

from lab import codebuild
from lab.process import ROOT
from lab.tools import REJECTED, UNSIGNED, sealgate_path

AFTER = ROOT / "tests" / "interop" / "buildspecs" / "aws-signer.yml"
# The buildspec is run as it stands. Two of its programs are shell functions, because the test has done the login, the build
# and the push already; and sealgate is told the root of the stand-in, which is none of AWS's, before its other flags, as only images
# may stand behind `--`.
PRELUDE = """docker() {{
  case $1 in inspect) printf '%s\\n' '{image}' ;; esac
}}
aws() {{ :; }}
sealgate() {{
  word=$1
  shift
  command sealgate "$word" --aws-root '{root}' "$@"
}}
"""


class Pipeline:
    """The buildspec in a container, and the image that it has pushed."""

    def __init__(self, container, lab, account, image):
        self.container, self.lab, self.account, self.image = container, lab, account, image
        self.buildspec = codebuild.Buildspec.read(AFTER)
        (self.sign_line,) = [line for line in self.buildspec.lines("sealgate") if line.split()[1] == "sign"]

    def run(self, spec=None):
        env = {
            **self.lab.env(),
            **self.account.container_env(),
            "SSL_CERT_FILE": self.container.folder / self.lab.ca_file.name,
            "AWS_CA_BUNDLE": self.container.folder / self.lab.ca_file.name,
        }
        root = self.container.folder / self.account.root().name
        return self.container.build(spec or self.buildspec, env, PRELUDE.format(image=self.image.by_digest, root=root))

    def sign_elsewhere(self, profile):
        """Another pipeline signs the image, with another profile."""
        line = self.sign_line.replace("$PROFILE", profile).replace("$IMAGE", self.image.by_digest)
        return self.run(codebuild.Buildspec.of(line))


@pytest.fixture
def pipeline(laboratory, account, home):
    image = laboratory.push(home, "app")
    with codebuild.container(sealgate_path(), laboratory.ca_file, account.root()) as container:
        yield Pipeline(container, laboratory, account, image)


def test_the_new_pipeline_is_one_line_to_sign_and_one_to_verify(pipeline):
    lines = pipeline.buildspec.lines("sealgate")
    assert [line.split()[1] for line in lines] == ["sign", "verify"]
    everything = AFTER.read_text()
    for gone in ("notation", "wget", "gpg", "rpm", "trustpolicy", "describe-images"):
        assert gone not in everything


def test_the_pipeline_signs_verifies_and_names_what_may_be_deployed(pipeline, laboratory):
    finished = pipeline.run().succeeded()
    assert "signed" in finished.out and "verified" in finished.out, finished
    definitions = json.loads((pipeline.container.work / "imagedefinitions.json").read_text())
    assert definitions == [{"name": "app", "imageUri": pipeline.image.by_digest}]
    assert len(laboratory.diary.of(action="signer:SignPayload")) == 1
    assert len(laboratory.diary.of(action="signer:GetRevocationStatus")) >= 1
    assert pipeline.container.written() == finished.files() == ["imagedefinitions.json"]
    assert not pipeline.container.written_elsewhere()


def test_an_unsigned_image_stops_the_pipeline(pipeline):
    finished = pipeline.run(pipeline.buildspec.without(pipeline.sign_line))
    assert finished.code == UNSIGNED, finished
    assert "[Container] post_build 1 failed with 11" in finished.out
    assert pipeline.container.written() == []


def test_an_image_of_another_profile_stops_the_pipeline(pipeline, account):
    other = account.add_profile("another_profile")
    pipeline.sign_elsewhere(other).succeeded()
    finished = pipeline.run(pipeline.buildspec.without(pipeline.sign_line))
    assert finished.code == REJECTED, finished
    assert "[Container] post_build 1 failed with 10" in finished.out
    assert pipeline.container.written() == []


def test_a_build_that_failed_deploys_nothing(pipeline, account):
    account.fault("SignPayload", "denied")
    finished = pipeline.run().failed()
    assert "[Container] build 4 failed with 5" in finished.out, finished
    # `post_build` runs all the same; the image has no signature.
    assert "[Container] post_build 1 failed with 11" in finished.out
    assert pipeline.container.written() == []


def test_a_configuration_of_aws_in_the_checkout_is_not_read(pipeline):
    # Without HOME the SDK takes `~` for a folder in the working one: what a pull request could put there would be run.
    folder = pipeline.container.work / "~" / ".aws"
    folder.mkdir(parents=True)
    stolen = pipeline.container.work / "stolen"
    for name, section in (("config", "default"), ("credentials", "default")):
        (folder / name).write_text(f"[{section}]\ncredential_process = {pipeline.container.folder}/bin/sh -c 'set >{stolen}'\n")
    pipeline.run().succeeded()
    assert not stolen.exists()
