"""The pipeline as one CloudFormation template: its form, and its stages from an empty source to what ECS deploys.

It was never deployed to AWS: cfn-lint knows the resources, botocore the requests."""

import json
import re

import pytest

from lab import botocore_shapes, codebuild
from lab.codebuild import SEALGATE_IMAGE, Buildspec
from lab.codebuild.pipeline import COMMIT, EXECUTION
from lab.ecr.names import PLAIN
from lab.iam import listed
from lab.images import Hand
from lab.pipeline_stack import CHOICES, KEY, PATH, PROFILE, template
from lab.process import ROOT
from lab.tools import DENIED, REJECTED, UNSIGNED
from lab.workflows import tool

EACH_CHOICE = pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: "-".join(choice) or "plain")


# --- as CloudFormation and the services read it -----------------------------------------------------------------------


def lint(folder, path):
    return tool(folder, "cfn-lint", "--include-checks", "I", "--", path)


def test_cfn_lint_finds_nothing_and_nothing_is_ignored(tmp_path):
    lint(tmp_path, PATH).succeeded()
    assert "cfn-lint" not in PATH.read_text()


def test_cfn_lint_finds_planted_faults(tmp_path):
    text = PATH.read_text()
    for good, fault in (("    Action: sts:AssumeRole", "    Action: sts:AssumeRule"), ("PrivilegedMode: true", "PrivilegdMode: true")):
        assert good in text
        text = text.replace(good, fault)
    path = tmp_path / "pipeline.yaml"
    path.write_text(text)
    told = lint(tmp_path, path).failed().out
    assert "W3037" in told and "PrivilegdMode" in told, told


@EACH_CHOICE
def test_the_services_would_take_the_pipeline_and_its_projects(choice):
    stack = template(choice)
    (pipeline,) = stack.of_type("AWS::CodePipeline::Pipeline").values()
    # The API spells the members otherwise, as the function knows; all else is the same.
    botocore_shapes.request("codepipeline", "CreatePipeline", {"pipeline": pipeline})
    for project in stack.of_type("AWS::CodeBuild::Project").values():
        botocore_shapes.request("codebuild", "CreateProject", project)
    for rule in stack.of_type("AWS::Events::Rule").values():
        json.dumps(rule["EventPattern"])
    assert ("Push" in stack.resources) == ("ConnectionArn" not in choice)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SigningProfileArn", "release"),
        ("SigningProfileArn", f"{PROFILE}/AbCdEf1234"),
        ("SigningProfileVersion", "short"),
        ("SealgateDigest", "latest"),
        ("ContainerName", "web=x"),
        ("RepositoryName", "App"),
        ("TaskRoleArns", ["*"]),
        ("ConnectionArn", "*"),
    ],
)
def test_a_parameter_that_is_none_is_refused(name, value):
    with pytest.raises(AssertionError, match=name):
        template({name: value})


@EACH_CHOICE
def test_what_the_projects_run_and_trust_is_in_the_template_and_not_in_the_source(choice):
    stack = template(choice)
    projects = stack.of_type("AWS::CodeBuild::Project")
    for project in projects.values():
        assert project["Source"]["Type"] == project["Artifacts"]["Type"] == "CODEPIPELINE"
        # The name of a file would be one of the source.
        Buildspec.parse(project["Source"]["BuildSpec"])
    verify = projects["Verify"]["Environment"]
    assert verify["PrivilegedMode"] is False and verify["Image"] == SEALGATE_IMAGE
    variables = {one["Name"]: one["Value"] for one in verify["EnvironmentVariables"]}
    version = choice.get("SigningProfileVersion")
    assert variables["PROFILE"] == (f"{PROFILE}/{version}" if version else PROFILE)
    # CodePipeline sets nothing but the tag, of what CodePipeline alone decides.
    (pipeline,) = stack.of_type("AWS::CodePipeline::Pipeline").values()
    for action in (action for stage in pipeline["Stages"] for action in stage["Actions"]):
        if action["ActionTypeId"]["Provider"] == "CodeBuild":
            text = action["Configuration"]["EnvironmentVariables"]
            assert [one["name"] for one in json.loads(text)] == ["TAG"]
            assert re.findall(r"#\{[^}]*\}", text) == ["#{Source.CommitId}", "#{codepipeline.PipelineExecutionId}"]


@pytest.mark.parametrize("name", ["Build", "Verify"])
def test_shellcheck_finds_nothing_in_the_commands(name, tmp_path):
    commands = Buildspec.parse(template().of_type("AWS::CodeBuild::Project")[name]["Source"]["BuildSpec"]).commands()
    script = tmp_path / "commands.sh"
    script.write_text("\n".join(["#!/bin/sh", *commands, ""]))
    # SC1091: exports.sh is there only when the command runs. SC2154 would be for lower case.
    tool(tmp_path, "shellcheck", "--exclude=SC1091", script).succeeded()


def test_the_page_names_every_parameter_and_its_command_gives_all_that_have_no_default():
    page = (ROOT / "docs" / "codebuild.md").read_text()
    parameters = template().content["Parameters"]
    assert [name for name in parameters if f"`{name}`" not in page] == []
    given = re.findall(r"(\w+)=\S+", re.search(r"--parameter-overrides (.*?)```", page, re.DOTALL)[1])
    assert sorted(given) == sorted(name for name, one in parameters.items() if "Default" not in one)


def test_where_things_are_is_closed():
    stack = template()
    (bucket,) = stack.of_type("AWS::S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (policy,) = stack.of_type("AWS::S3::BucketPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (repository,) = stack.of_type("AWS::ECR::Repository").values()
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert {rule["selection"]["tagStatus"] for rule in rules} == {"tagged"}, "signatures have no tag"
    assert stack.resources["Repository"]["DeletionPolicy"] == "Retain"
    assert "Repository" not in template({"CreateRepository": "false"}).resources
    encrypted = template({"ArtifactKeyArn": KEY}).of_type("AWS::S3::Bucket")["Artifacts"]["BucketEncryption"]
    (rule,) = encrypted["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}


# --- from an empty source to what ECS deploys -------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path):
    """What the developer has: as good as nothing."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    return folder


@pytest.fixture
def pipeline(laboratory, account):
    laboratory.create_repository("app", immutable=True)
    return codebuild.Pipeline(template(), laboratory, account)


def pushed(played):
    return json.loads((played.artifacts["Built"] / "metadata.json").read_text())


def test_the_pipeline_deploys_the_digest_that_it_verified(pipeline, source, tmp_path, record_property):
    played = pipeline.play(source, tmp_path / "run")
    assert [(name, build.code) for name, build in played.builds.items()] == [("Build", 0), ("Verify", 0)]
    assert pushed(played)["image.name"] == f"{PLAIN}/app:{COMMIT}-{EXECUTION}"
    image = f"{PLAIN}/app@{pushed(played)['containerimage.digest']}"
    assert played.deployed == [{"name": "web", "imageUri": image}]
    assert played.variables["Verify.SEALGATE_OUTPUT_IMAGE"] == image
    (cases,) = played.builds["Verify"].reports.values()
    assert cases and {case.status for case in cases} <= {"passed", "skipped"}
    # ECS would take a task definition with it.
    containers = [{"name": one["name"], "image": one["imageUri"], "essential": True} for one in played.deployed]
    botocore_shapes.request("ecs", "RegisterTaskDefinition", {"family": "web", "containerDefinitions": containers})
    seconds = [f"{name} {build.seconds:.1f} s" for name, build in played.builds.items()]
    record_property("measured", f"the commands of the pipeline template: {', '.join(seconds)}")
    # Both asked for what their roles may do with images and signatures, and for nearly all of it: here the build had its token
    # already, and nobody had signed before.
    assert asked_for(played, "Build") == {"ecr:GetAuthorizationToken", "signer:GetRevocationStatus"}
    assert asked_for(played, "Verify") == set()


def asked_for(played, name):
    """Nothing that the role may not; returns what it might have asked for as well."""
    (policy, _) = template().of_type("AWS::IAM::Role")[f"{name}Role"]["Policies"]
    allowed = {action for one in policy["PolicyDocument"]["Statement"] for action in listed(one["Action"])}
    assert played.asked[name] <= allowed
    return allowed - played.asked[name]


def without_signing(name, buildspec):
    return buildspec.without(*buildspec.lines("sealgate")) if name == "Build" else buildspec


def test_an_unsigned_image_is_not_deployed(pipeline, source, tmp_path):
    played = pipeline.play(source, tmp_path / "run", spec_of=without_signing)
    assert_refused(played, UNSIGNED)


def assert_refused(played, code):
    """Red in Verify, for this reason; nothing is handed over, and nothing is deployed."""
    assert list(played.builds) == ["Build", "Verify"] and played.builds["Build"].code == 0
    verify = played.builds["Verify"]
    assert verify.code == code and verify.phases == {"build": False}, verify
    assert (verify.artifacts, verify.exported, played.deployed) == ({}, {}, None)
    assert set(played.artifacts) == {"Source", "Built"}


def test_an_image_of_another_profile_is_not_deployed(source, tmp_path, laboratory, account):
    """The build signs with a profile of its own; the template trusts what it trusts."""
    laboratory.create_repository("app", immutable=True)
    other = account.add_profile("another_profile")
    pipeline = codebuild.Pipeline(template(), laboratory, account)
    environment = pipeline.projects["app-build"]["Environment"]["EnvironmentVariables"]
    next(one for one in environment if one["Name"] == "PROFILE")["Value"] = other
    assert_refused(pipeline.play(source, tmp_path / "run"), REJECTED)


@pytest.mark.parametrize(("with_signature", "code"), [(False, UNSIGNED), (True, REJECTED)])
def test_an_image_that_was_replaced_before_it_was_verified_is_not_deployed(
    with_signature, code, source, tmp_path, laboratory, account, home
):
    """The repository exists already, and its tags can be moved."""
    laboratory.create_repository("app")
    pipeline = codebuild.Pipeline(template({"CreateRepository": "false"}), laboratory, account)

    def tamper(action, played):
        if action != "Verify":
            return
        digest = pushed(played)["containerimage.digest"]
        evil = laboratory.push(home, "app", tag=f"{COMMIT}-{EXECUTION}", text="something else")
        assert evil.digest != digest
        if with_signature:
            good = type(evil)(evil.repository, evil.tag, digest)
            hands = [Hand(laboratory.registry, laboratory.behind(image)) for image in (evil, good)]
            hands[0].take_signature(hands[1])

    assert_refused(pipeline.play(source, tmp_path / "run", before=tamper), code)


def test_a_build_that_may_not_sign_ends_the_pipeline(pipeline, source, tmp_path, account):
    account.fault("SignPayload", "denied")
    played = pipeline.play(source, tmp_path / "run")
    assert list(played.builds) == ["Build"] and played.builds["Build"].code == DENIED
    assert set(played.artifacts) == {"Source"} and played.deployed is None


def test_a_source_without_an_image_ends_the_pipeline(pipeline, source, tmp_path, laboratory):
    (source / "Dockerfile").unlink()
    played = pipeline.play(source, tmp_path / "run")
    assert list(played.builds) == ["Build"] and played.builds["Build"].phases == {"pre_build": True, "build": False}
    assert laboratory.diary.of(action="signer:SignPayload") == []


EVIL = "registry.example/evil@sha256:" + "e" * 64


def poison(folder):
    """What a hostile build could hand over: files that something might read, run, or take for its own."""
    run_me = f"#!/bin/sh\n: >{folder.parent}/ran\n"
    files = {
        "imagedefinitions.json": json.dumps([{"name": "web", "imageUri": EVIL}]),
        "imageDetail.json": json.dumps({"ImageURI": EVIL}),
        "exports.sh": f"{run_me}export SEALGATE_OUTPUT_IMAGE={EVIL}\n",
        "buildspec.yml": f"version: 0.2\nphases: {{build: {{commands: [': >{folder.parent}/ran']}}}}\n",
        "reports/report.xml": '<testsuite name="s"><testcase name="fine"/></testsuite>',
        "sealgate": run_me,
        ".env": "SEALGATE_SKIP_REVOCATION=true\nPROFILE=evil\n",
        ".aws/config": f"[default]\ncredential_process = {folder.parent}/run\nendpoint_url = http://127.0.0.1:1\n",
        "~/.aws/credentials": f"[default]\ncredential_process = {folder.parent}/run\n",
        ".docker/config.json": '{"credsStore":"evil"}',
        "docker-credential-evil": run_me,
        "sealgate.yml": "skip-revocation: true\n",
        "trustpolicy.json": json.dumps({"version": "1.0", "trustPolicies": []}),
        "metadata.json": json.dumps({"image.name": EVIL.partition("@")[0], "containerimage.digest": EVIL.partition("@")[2]}),
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755)


@pytest.mark.parametrize("signed", [True, False])
def test_what_a_hostile_build_hands_over_decides_nothing(signed, pipeline, source, tmp_path):
    def hand_over(action, played):
        if action == "Verify":
            played.real = pushed(played)
            poison(played.artifacts["Built"])

    played = pipeline.play(source, tmp_path / "run", before=hand_over, spec_of=None if signed else without_signing)
    assert not (tmp_path / "run" / "ran").exists()
    if signed:
        assert played.deployed == [{"name": "web", "imageUri": f"{PLAIN}/app@{played.real['containerimage.digest']}"}]
        (cases,) = played.builds["Verify"].reports.values()
        assert "fine" not in [case.name for case in cases]
    else:
        assert_refused(played, UNSIGNED)


def test_a_variable_of_the_build_could_replace_the_trust_and_so_none_is_passed_on(pipeline, source, tmp_path):
    """CodePipeline pastes: this is why the template hands nothing of the build to Verify."""
    played = codebuild.pipeline.Played(tmp_path)
    played.variables["Build.IMAGE"] = 'x","type":"PLAINTEXT"},{"name":"PROFILE","type":"PLAINTEXT","value":"evil'
    action = {"Configuration": {"EnvironmentVariables": '[{"name":"IMAGE","type":"PLAINTEXT","value":"#{Build.IMAGE}"}]'}}
    assert pipeline.variables_of(action, played) == {"IMAGE": "x", "PROFILE": "evil"}
    assert "#{Build." not in PATH.read_text()
