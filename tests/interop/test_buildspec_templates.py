"""The buildspecs that people copy, as they stand: what they sign and verify, and that nothing is left to deploy where an image is refused."""

import contextlib
import json
import re

import pytest

from lab import codebuild
from lab.codebuild import Buildspec, Case
from lab.ecr.names import PLAIN
from lab.images import Hand
from lab.process import ROOT, not_run
from lab.tools import CONFIGURATION, DENIED, NOT_FOUND, REJECTED, UNSIGNED
from lab.workflows import tool

FOLDER = ROOT / "buildspec-templates"
SIGN, VERIFY = ("sign", "sign-lambda"), ("verify", "verify-lambda")
NAMES = (*SIGN, *VERIFY)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
EACH_VERIFY = pytest.mark.parametrize("name", VERIFY)


def template(name):
    return Buildspec.read(FOLDER / f"{name}.yml")


def lines(path):
    """What has to be written: no comments, no empty lines."""
    return [line for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]


# --- as texts ---------------------------------------------------------------------------------------------------------


def test_all_templates_are_tested():
    assert sorted(NAMES) == sorted(path.stem for path in FOLDER.glob("*.yml"))


@pytest.mark.parametrize("name", NAMES)
def test_shellcheck_finds_nothing_in_the_commands(name, tmp_path):
    shellcheck(template(name), tmp_path).succeeded()


def test_shellcheck_finds_a_planted_fault(tmp_path):
    assert "SC2086" in shellcheck(Buildspec.of("sealgate verify $IMAGE"), tmp_path).failed().out


def shellcheck(spec, tmp_path):
    script = tmp_path / "commands.sh"
    script.write_text("\n".join(["#!/bin/sh", *spec.commands(), ""]))
    # SC1091: exports.sh is there only when the command runs.
    return tool(tmp_path, "shellcheck", "--exclude=SC1091", script)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_signs_and_verifies_in_build_and_hides_no_exit_code(name):
    spec = template(name)
    (line,) = spec.lines("sealgate")
    assert line in spec.phases["build"].commands and "post_build" not in spec.phases
    assert line.endswith(" --exports exports.sh && . ./exports.sh")
    assert all(phase.on_failure is None and not phase.always for phase in spec.phases.values())
    for command in spec.commands():
        assert not re.search(r"\beval\b|\|\||;|curl|wget|https?:|:latest|\|(?! docker login )", command), command


@pytest.mark.parametrize("name", NAMES)
def test_the_head_of_a_template_says_what_to_set(name):
    head = "".join(line for line in (FOLDER / f"{name}.yml").read_text().splitlines(True) if line.startswith("#"))
    for variable in template(name).variables:
        assert re.search(rf"^#   {variable} ", head, re.MULTILINE), variable
    assert "sealgate doctor --iam" in head


def test_the_page_shows_the_templates_as_they_are_and_counts_them_right():
    page = (ROOT / "docs" / "codebuild.md").read_text()
    shown = [block.splitlines() for block in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)]
    assert shown == [lines(FOLDER / "sign.yml"), lines(FOLDER / "verify.yml")]
    commands = [command for name in ("sign", "verify") for command in template(name).commands()]
    assert f"Together the two have {sum(map(len, shown))} lines and {len(commands)} commands." in page


@pytest.mark.parametrize("name", SIGN + VERIFY)
def test_lambda_compute_gets_the_same_commands(name):
    if name in VERIFY:
        assert lines(FOLDER / f"{name}.yml") == lines(FOLDER / "verify.yml")
    else:
        (line,) = template("sign").lines("sealgate")
        assert template(name).lines("sealgate") == [line.replace("metadata.json", '"$IMAGES"') if "lambda" in name else line]


def test_sealgate_is_where_the_image_for_jobs_has_it():
    (copied,) = template("sign").lines("docker")[-2:-1] or [None]
    (image,) = re.findall(r"^FROM scratch AS ci$(.*?)^FROM", (ROOT / "Dockerfile").read_text(), re.MULTILINE | re.DOTALL)
    assert ":/usr/local/bin/sealgate /usr/local/bin/sealgate" in copied and "${BINARY} /usr/local/bin/sealgate" in image


# --- build, push, sign ------------------------------------------------------------------------------------------------


@pytest.fixture
def builder(laboratory, account):
    laboratory.create_repository("app", immutable=True)
    with codebuild.job_with_docker(laboratory, account, aws_cli=True) as job:
        (job.container.work / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        yield job


def test_sign_builds_pushes_and_signs_what_was_pushed(builder, laboratory, account, verifier):
    build = builder.run(template("sign"), PROFILE=account.profile, REPOSITORY=f"{PLAIN}/app").succeeded()
    pushed = json.loads((build.artifacts[None] / "metadata.json").read_text())
    image = f"{PLAIN}/app@{pushed['containerimage.digest']}"
    assert pushed["image.name"] == f"{PLAIN}/app:{COMMIT}"
    assert build.exported == {"SEALGATE_OUTPUT_IMAGE": image, "SEALGATE_OUTPUT_DIGEST": image.rpartition("@")[2]}
    assert build.files() == ["metadata.json"]
    assert len(laboratory.diary.of(action="signer:SignPayload")) == 1

    verified = verifier("verify").run(template("verify"), PROFILE=account.profile, IMAGE=pushed["image.name"]).succeeded()
    assert verified.exported == build.exported


def test_sign_signs_nothing_where_the_push_failed(builder, laboratory, account):
    laboratory.rules.denied.add("ecr:PutImage")
    build = builder.run(template("sign"), PROFILE=account.profile, REPOSITORY=f"{PLAIN}/app").failed()
    assert build.phases == {"pre_build": True, "build": False} and "build 1 failed" in build.out
    assert (build.exported, build.artifacts) == ({}, {})
    assert laboratory.diary.of(action="signer:SignPayload") == []


def test_sign_takes_sealgate_by_digest_alone(builder, account):
    moving = f"{PLAIN}/sealgate:latest"
    build = builder.run(template("sign"), PROFILE=account.profile, REPOSITORY=f"{PLAIN}/app", SEALGATE=moving).failed()
    assert build.phases == {"pre_build": False} and "is not pinned" in build.err


@pytest.fixture
def signer_job(laboratory, account, home):
    """Lambda compute, and what an earlier action handed over."""
    image = laboratory.push(home, "app", immutable=True)
    with codebuild.job_with_sealgate(laboratory, account, lambda_compute=True) as job:
        metadata = {"containerimage.digest": image.digest, "image.name": image.by_tag}
        (job.container.work / "metadata.json").write_text(json.dumps(metadata))
        yield job, image


def test_sign_lambda_signs_what_was_handed_over(signer_job, account):
    job, image = signer_job
    build = job.run(template("sign-lambda"), PROFILE=account.profile).succeeded()
    assert build.exported == {"SEALGATE_OUTPUT_IMAGE": image.by_digest, "SEALGATE_OUTPUT_DIGEST": image.digest}
    assert not job.container.written_elsewhere()


@pytest.mark.parametrize(
    ("handed_over", "code"),
    [
        ('{"Version":"1.0","ImageURI":"%s/app@sha256:%064d"}' % (PLAIN, 0), NOT_FOUND),
        ('{"Version":"1.0","ImageURI":"%s/app:v1"}' % PLAIN, None),
        ("{}", None),
        (None, None),
    ],
)
def test_sign_lambda_signs_nothing_but_digests_that_are_there(signer_job, account, laboratory, handed_over, code):
    job, _ = signer_job
    (job.container.work / "metadata.json").unlink()
    if handed_over is not None:
        (job.container.work / "metadata.json").write_text(handed_over)
    (job.container.work / "exports.sh").write_text("export SEALGATE_OUTPUT_IMAGE=left\n")
    build = job.run(template("sign-lambda"), PROFILE=account.profile).failed()
    assert code in (None, build.code), build
    assert build.phases == {"build": False} and build.exported == {}
    assert not (job.container.work / "exports.sh").exists()
    assert laboratory.diary.of(action="signer:SignPayload") == []


def test_sign_that_is_denied_exports_nothing(signer_job, account):
    job, _ = signer_job
    account.fault("SignPayload", "denied")
    build = job.run(template("sign-lambda"), PROFILE=account.profile)
    assert build.code == DENIED and build.phases == {"build": False} and build.exported == {}, build


# --- verify -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def verifier(laboratory, account):
    """Makes the container of a template that verifies."""
    with contextlib.ExitStack() as stack:
        yield lambda name: stack.enter_context(
            codebuild.job_with_sealgate(laboratory, account, lambda_compute=name.endswith("-lambda"))
        )


def sign(job, image, profile):
    job.run(Buildspec.of(f'sealgate sign --profile "{profile}" -- "{image.by_digest}"')).succeeded()


def left_over(job):
    """What an earlier run, or whoever made the artifact, left where a deployment is read from."""
    work = job.container.work
    (work / "imagedefinitions.json").write_text('[{"name":"app","imageUri":"registry.example/evil:1"}]')
    (work / "exports.sh").write_text("export SEALGATE_OUTPUT_IMAGE=registry.example/evil:1\n")
    job.container.own(work)


@EACH_VERIFY
@pytest.mark.parametrize("left", [False, True])
def test_verify_names_what_was_verified(name, left, verifier, laboratory, home, account):
    image, job = laboratory.push(home, "app"), verifier(name)
    sign(job, image, account.profile)
    if left:
        left_over(job)
    build = job.run(template(name), PROFILE=account.profile, IMAGE=image.by_tag, CONTAINER="web").succeeded()
    definitions = json.loads((build.artifacts[None] / "imagedefinitions.json").read_text())
    assert definitions == [{"name": "web", "imageUri": image.by_digest}]
    assert build.files() == ["imagedefinitions.json"]
    assert build.exported == {"SEALGATE_OUTPUT_IMAGE": image.by_digest, "SEALGATE_OUTPUT_DIGEST": image.digest}
    assert build.reports["sealgate"] and {case.status for case in build.reports["sealgate"]} <= {"passed", "skipped"}
    assert not job.container.written_elsewhere()


def unsigned(job, lab, home, account):
    return lab.push(home, "app"), UNSIGNED


def other_profile(job, lab, home, account):
    image = lab.push(home, "app")
    sign(job, image, account.add_profile("another_profile"))
    return image, REJECTED


def tampered(job, lab, home, account):
    """The tag names another image, and the signature was put there as well."""
    good = lab.push(home, "app", text="as it was built")
    sign(job, good, account.profile)
    bad = lab.push(home, "app", text="with something added")
    Hand(lab.registry, lab.behind(bad)).take_signature(Hand(lab.registry, lab.behind(good)))
    return bad, REJECTED


def replaced(job, lab, home, account):
    """The tag names another image."""
    sign(job, lab.push(home, "app", text="as it was built"), account.profile)
    return lab.push(home, "app", text="with something added"), UNSIGNED


def missing(job, lab, home, account):
    image = lab.push(home, "app", tag="v0")
    return type(image)(image.repository, "v1", image.digest), NOT_FOUND


REFUSED = pytest.mark.parametrize("refused", [unsigned, other_profile, tampered, replaced, missing])


@EACH_VERIFY
@REFUSED
def test_a_refused_image_fails_the_build_and_leaves_nothing_to_deploy(name, refused, verifier, laboratory, home, account):
    job = verifier(name)
    image, code = refused(job, laboratory, home, account)
    left_over(job)
    build = job.run(template(name), PROFILE=account.profile, IMAGE=image.by_tag)
    assert build.code == code and build.phases == {"build": False}, build
    assert (build.exported, build.artifacts) == ({}, {}), build
    assert not {"imagedefinitions.json", "exports.sh"} & set(job.container.written())
    cases = build.reports["sealgate"]
    assert any(case.status == "failed" for case in cases), cases
    assert all(isinstance(case, Case) for case in cases)


@EACH_VERIFY
@pytest.mark.parametrize("file", ["imagedefinitions.json", "exports.sh"])
@pytest.mark.parametrize("what", ["a link", "a dangling link", "a folder"])
def test_what_stands_where_a_file_goes_is_not_followed(name, file, what, verifier, laboratory, home, account):
    image, job = laboratory.push(home, "app"), verifier(name)
    sign(job, image, account.profile)
    place, other = job.container.work / file, job.container.work / "other"
    other.write_text("as it was")
    if what == "a folder":
        place.mkdir()
        (place / "inside").write_text("as it was")
    else:
        place.symlink_to(other if what == "a link" else "nowhere")
    job.container.own(job.container.work)
    build = job.run(template(name), PROFILE=account.profile, IMAGE=image.by_tag)
    assert other.read_text() == "as it was" and not (job.container.work / "nowhere").exists()
    if what == "a folder":
        assert build.code != 0 and (build.exported, build.artifacts) == ({}, {}), build
        assert (place / "inside").read_text() == "as it was"
    else:
        assert not place.is_symlink() and build.succeeded().exported["SEALGATE_OUTPUT_IMAGE"] == image.by_digest


@pytest.fixture
def closed(verifier, laboratory, home, account):
    """A signed image, a job on Lambda compute, and root's home, as it is there for whoever is not root."""
    image, job = laboratory.push(home, "app"), verifier("verify-lambda")
    sign(job, image, account.profile)
    if job.container.written_elsewhere() is None:
        not_run("only root can be someone else")
    folder = job.container.folder / "closed"
    (folder / ".aws").mkdir(parents=True)
    (folder / ".aws" / "config").write_text("[default]\nregion = eu-central-1\n")
    folder.chmod(0o700)
    spec, given = template("verify-lambda"), {"PROFILE": account.profile, "IMAGE": image.by_tag}
    yield folder, lambda **variables: job.run(spec, **given, **variables)


def test_the_home_of_another_user_is_no_matter_on_lambda_compute(closed):
    folder, verify = closed
    assert "SEALGATE_OUTPUT_DIGEST" in verify(HOME=folder).succeeded().exported


def test_a_configuration_that_is_named_or_can_be_seen_has_to_be_readable(closed):
    folder, verify = closed
    config = folder / ".aws" / "config"
    assert verify(HOME=folder, AWS_CONFIG_FILE=config).code == CONFIGURATION
    folder.chmod(0o755)
    config.chmod(0o600)
    assert verify(HOME=folder).code == CONFIGURATION
    config.chmod(0o644)
    verify(HOME=folder).succeeded()


@EACH_VERIFY
def test_a_permission_that_is_missing_fails_the_build(name, verifier, laboratory, home, account):
    image, job = laboratory.push(home, "app"), verifier(name)
    sign(job, image, account.profile)
    account.fault("GetRevocationStatus", "denied")
    build = job.run(template(name), PROFILE=account.profile, IMAGE=image.by_tag)
    assert build.code == DENIED and (build.exported, build.artifacts) == ({}, {}), build


@EACH_VERIFY
@pytest.mark.parametrize("wrong", [{"PROFILE": ""}, {"IMAGE": ""}, {"CONTAINER": ""}, {"CONTAINER": "a b"}, {"IMAGE": "--help"}])
def test_a_variable_that_is_not_set_is_never_green(name, wrong, verifier, laboratory, home, account):
    image, job = laboratory.push(home, "app"), verifier(name)
    sign(job, image, account.profile)
    left_over(job)
    build = job.run(template(name), **({"PROFILE": account.profile, "IMAGE": image.by_tag} | wrong)).failed()
    assert (build.exported, build.artifacts) == ({}, {}), build
