"""Who may do what in the pipeline template: the policies of its roles, tried by `lab/iam.py` and compared with what sealgate prints."""

import functools
import importlib.util
import json
from pathlib import Path

import pytest

from lab.iam import Role, normal
from lab.pipeline_stack import CHOICES, GIVEN, KEY, PROFILE, TASK_ROLES, template
from lab.process import ROOT, run
from lab.tools import sealgate_path

EACH_CHOICE = pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: "-".join(choice) or "plain")


def printed(*flags):
    """The policies that `doctor --iam` prints, by their names."""
    finished = run([sealgate_path(), "doctor", "--iam", "--format", "json", *flags], {}).succeeded()
    return {one["name"]: one["policy"]["Statement"] for one in json.loads(finished.out)["iam"]["documents"]}


@pytest.mark.parametrize(
    ("choice", "where"),
    [
        *((choice, {}) for choice in CHOICES),
        ({"SigningProfileArn": "arn:aws:signer:eu-central-1:444455556666:/signing-profiles/theirs"}, {}),
        (
            {"SigningProfileArn": "arn:aws-us-gov:signer:us-gov-west-1:111122223333:/signing-profiles/gov"},
            {"partition": "aws-us-gov", "region": "us-gov-west-1"},
        ),
    ],
)
def test_the_permissions_to_sign_and_to_verify_are_those_that_doctor_prints(choice, where):
    stack = template(choice, **where)
    projects = stack.of_type("AWS::CodeBuild::Project")
    variables = {one["Name"]: one["Value"] for one in projects["Verify"]["Environment"]["EnvironmentVariables"]}
    documents = printed("--profile", variables["PROFILE"], "--", variables["REPOSITORY"])
    for role, name in (("BuildRole", "sign"), ("VerifyRole", "verify")):
        policies = {one["PolicyName"]: one["PolicyDocument"] for one in stack.of_type("AWS::IAM::Role")[role]["Policies"]}
        assert normal(policies["sealgate"]["Statement"]) == normal(documents[name])
        # What the environment needs besides has nothing to do with images of the application or signatures.
        more = Role(policies["environment"]["Statement"])
        assert not any(action.startswith("signer:") for action in more.actions(all_actions()))
        assert not more.may("ecr:BatchGetImage", f"arn:aws:ecr:us-west-2:111122223333:repository/{GIVEN['RepositoryName']}")


@functools.cache
def all_actions():
    """Every action of IAM that cfn-lint knows, in lower case."""
    path = Path(importlib.util.find_spec("cfnlint").origin).parent / "data" / "AdditionalSpecs" / "Policies.json"
    services = json.loads(path.read_text())
    return frozenset(f"{service}:{action}" for service, known in services.items() for action in known.get("Actions", {}))


LOGS = {"logs:createlogstream", "logs:putlogevents"}
READS = {"s3:getbucketacl", "s3:getbucketlocation", "s3:getobject", "s3:getobjectversion"}
PULL = {"ecr:getauthorizationtoken", "ecr:batchgetimage", "ecr:getdownloadurlforlayer", "ecr:batchchecklayeravailability"}
PUSH = {"ecr:initiatelayerupload", "ecr:uploadlayerpart", "ecr:completelayerupload", "ecr:putimage"}
ENCRYPTS = {"kms:decrypt", "kms:describekey", "kms:encrypt", "kms:generatedatakey"}
REPORTS = {"codebuild:createreport", "codebuild:updatereport", "codebuild:batchputtestcases"}
DEPLOYS = {
    "ecs:describeservices",
    "ecs:updateservice",
    "ecs:describetaskdefinition",
    "ecs:registertaskdefinition",
    "ecs:tagresource",
    "iam:passrole",
}
SOURCE = {
    "codecommit:canceluploadarchive",
    "codecommit:getbranch",
    "codecommit:getcommit",
    "codecommit:getuploadarchivestatus",
    "codecommit:uploadarchive",
}
BUILDS = {"codebuild:startbuild", "codebuild:batchgetbuilds"}


@EACH_CHOICE
def test_no_role_may_do_anything_else(choice):
    key = ENCRYPTS if "ArtifactKeyArn" in choice else set()
    connections = {"codeconnections:useconnection", "codestar-connections:useconnection"}
    expected = {
        "BuildRole": LOGS | READS | PULL | PUSH | key | {"s3:putobject", "signer:signpayload", "signer:getrevocationstatus"},
        "VerifyRole": LOGS | READS | PULL | REPORTS | key | {"s3:putobject", "signer:getrevocationstatus"},
        "PipelineRole": READS | BUILDS | DEPLOYS | key | {"s3:putobject", "s3:getbucketversioning"},
    }
    if "ConnectionArn" in choice:
        expected["PipelineRole"] |= connections
    else:
        expected["PipelineRole"] |= SOURCE
        expected["PushRole"] = {"codepipeline:startpipelineexecution"}
    roles = {name: Role.of(one) for name, one in template(choice).of_type("AWS::IAM::Role").items()}
    assert {name: role.actions(all_actions()) for name, role in roles.items()} == expected


ARN = "arn:aws:{}:us-west-2:111122223333:{}".format
BUCKET = "arn:aws:s3:::app-artifacts-1a2b3c"
ECR = ARN("ecr", "repository/app")
# What is tried, and who of build, verify, pipeline may do it.
TRIED = [
    ("signer:SignPayload", PROFILE, "build"),
    ("signer:SignPayload", PROFILE + "_other", ""),
    ("signer:GetRevocationStatus", PROFILE, "build verify"),
    ("signer:GetRevocationStatus", ARN("signer", "/signing-jobs/1"), "build verify"),
    ("signer:PutSigningProfile", PROFILE, ""),
    ("signer:CancelSigningProfile", PROFILE, ""),
    ("signer:RevokeSigningProfile", PROFILE, ""),
    ("signer:AddProfilePermission", PROFILE, ""),
    ("ecr:PutImage", ECR, "build"),
    ("ecr:PutImage", ARN("ecr", "repository/sealgate"), ""),
    ("ecr:BatchGetImage", ECR, "build verify"),
    ("ecr:BatchGetImage", ARN("ecr", "repository/sealgate"), "build verify"),
    ("ecr:BatchGetImage", ARN("ecr", "repository/other"), ""),
    ("ecr:BatchDeleteImage", ECR, ""),
    ("ecr:PutImageTagMutability", ECR, ""),
    ("ecr:PutLifecyclePolicy", ECR, ""),
    ("s3:GetObject", f"{BUCKET}/app/Source/a.zip", "build pipeline"),
    ("s3:PutObject", f"{BUCKET}/app/Source/a.zip", "pipeline"),
    ("s3:GetObject", f"{BUCKET}/app/Built/a.zip", "verify pipeline"),
    ("s3:PutObject", f"{BUCKET}/app/Built/a.zip", "build pipeline"),
    ("s3:GetObject", f"{BUCKET}/app/Verified/a.zip", "pipeline"),
    ("s3:PutObject", f"{BUCKET}/app/Verified/a.zip", "verify pipeline"),
    ("s3:PutBucketPolicy", BUCKET, ""),
    ("s3:ListBucket", BUCKET, ""),
    ("codebuild:StartBuild", ARN("codebuild", "project/app-build"), "pipeline"),
    ("codebuild:StartBuild", ARN("codebuild", "project/app-verify"), "pipeline"),
    ("codebuild:StartBuild", ARN("codebuild", "project/other"), ""),
    ("codebuild:UpdateProject", ARN("codebuild", "project/app-verify"), ""),
    ("codebuild:BatchPutTestCases", ARN("codebuild", "report-group/app-verify"), "verify"),
    ("codepipeline:UpdatePipeline", ARN("codepipeline", "app"), ""),
    ("codepipeline:PutApprovalResult", ARN("codepipeline", "app/Deploy/Deploy"), ""),
    ("cloudformation:UpdateStack", ARN("cloudformation", "stack/app/1"), ""),
    ("ecs:UpdateService", ARN("ecs", "service/prod/web"), "pipeline"),
    ("ecs:UpdateService", ARN("ecs", "service/prod/other"), ""),
    ("ecs:RegisterTaskDefinition", "*", "pipeline"),
    ("ecs:RunTask", ARN("ecs", "task-definition/web:1"), ""),
    ("iam:PassRole", TASK_ROLES[0], "pipeline"),
    ("iam:PassRole", "arn:aws:iam::111122223333:role/admin", ""),
    ("iam:PassRole", "arn:aws:iam::111122223333:role/app-verifyrole-1a2b3c", ""),
    ("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/app-verifyrole-1a2b3c", ""),
    ("iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/app-verifyrole-1a2b3c", ""),
    ("sts:AssumeRole", "arn:aws:iam::111122223333:role/app-buildrole-1a2b3c", ""),
    ("logs:PutLogEvents", ARN("logs", "log-group:/aws/codebuild/app-build:log-stream:1"), "build"),
    ("logs:PutLogEvents", ARN("logs", "log-group:/aws/codebuild/app-verify:log-stream:1"), "verify"),
    ("logs:DeleteLogGroup", ARN("logs", "log-group:/aws/codebuild/app-verify:*"), ""),
    ("kms:Decrypt", KEY, ""),
    ("codecommit:GitPush", ARN("codecommit", "app"), ""),
]


@pytest.mark.parametrize(("action", "resource", "who"), TRIED)
def test_who_may_do_what(action, resource, who):
    assert action.lower() in all_actions()
    roles = {name: Role.of(one) for name, one in template().of_type("AWS::IAM::Role").items()}
    context = {"iam_PassedToService": "ecs-tasks.amazonaws.com"}
    may = [name for name in ("build", "verify", "pipeline") if roles[f"{name.title()}Role"].may(action, resource, **context)]
    assert may == who.split()
    assert not roles["PushRole"].may(action, resource, **context)


def test_permissions_depend_on_their_conditions():
    pipeline = Role.of(template().of_type("AWS::IAM::Role")["PipelineRole"])
    assert not pipeline.may("iam:PassRole", TASK_ROLES[0], iam_PassedToService="lambda.amazonaws.com")
    build = Role.of(template({"SigningProfileVersion": "AbCdEf1234"}).of_type("AWS::IAM::Role")["BuildRole"])
    assert build.may("signer:SignPayload", PROFILE, signer_ProfileVersion="AbCdEf1234")
    assert not build.may("signer:SignPayload", PROFILE, signer_ProfileVersion="ZbCdEf1234")


def test_each_role_is_for_one_service_and_those_of_builds_for_one_project():
    trusted = {
        name: (statement["Principal"]["Service"], *statement["Condition"]["StringEquals"].values())
        for name, role in template().of_type("AWS::IAM::Role").items()
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    }
    assert trusted == {
        "BuildRole": ("codebuild.amazonaws.com", ARN("codebuild", "project/app-build")),
        "VerifyRole": ("codebuild.amazonaws.com", ARN("codebuild", "project/app-verify")),
        "PipelineRole": ("codepipeline.amazonaws.com", "111122223333"),
        "PushRole": ("events.amazonaws.com", "111122223333"),
    }


# The rows of the table of roles in the page, and what each is in IAM.
DOCUMENTED = {
    "sign with the profile": [("signer:SignPayload", PROFILE)],
    "push to the repository": [("ecr:PutImage", ECR), ("ecr:InitiateLayerUpload", ECR)],
    "read the repository, ask for revocations": [("ecr:BatchGetImage", ECR), ("signer:GetRevocationStatus", PROFILE)],
    "read the source": [("s3:GetObject", f"{BUCKET}/app/Source/a.zip")],
    "read what Build handed over": [("s3:GetObject", f"{BUCKET}/app/Built/a.zip")],
    "write what Deploy reads": [("s3:PutObject", f"{BUCKET}/app/Verified/a.zip")],
    "start the two projects": [("codebuild:StartBuild", ARN("codebuild", f"project/app-{name}")) for name in ("build", "verify")],
    "deploy to the one service": [("ecs:UpdateService", ARN("ecs", "service/prod/web"))],
    "change a profile, role, policy, project, repository, pipeline, or stack": [
        ("signer:PutSigningProfile", PROFILE),
        ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::111122223333:role/app-verifyrole-1a2b3c"),
        ("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/app-verifyrole-1a2b3c"),
        ("codebuild:UpdateProject", ARN("codebuild", "project/app-verify")),
        ("ecr:SetRepositoryPolicy", ECR),
        ("codepipeline:UpdatePipeline", ARN("codepipeline", "app")),
        ("cloudformation:UpdateStack", ARN("cloudformation", "stack/app/1")),
    ],
}


def test_the_page_says_who_may_do_what():
    page = (ROOT / "docs" / "codebuild.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    start = rows.index(["", "build", "verify", "pipeline"])
    table = {row[0]: row[1:] for row in rows[start + 2 : start + 2 + len(DOCUMENTED)]}
    roles = [Role.of(template().of_type("AWS::IAM::Role")[name]) for name in ("BuildRole", "VerifyRole", "PipelineRole")]
    assert table == {
        row: ["yes" if all(role.may(*one) for one in tried) else "" for role in roles] for row, tried in DOCUMENTED.items()
    }
