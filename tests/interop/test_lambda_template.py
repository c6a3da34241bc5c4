"""The template of the function that ECS asks: its form, who may do what, and the hook that it gives.

It was never deployed to AWS: cfn-lint knows the resources, botocore the requests."""

import json
import re

import pytest

from lab import botocore_shapes, function
from lab.cloudformation import Template
from lab.iam import Role, normal
from lab.process import ROOT
from lab.workflows import tool
from test_pipeline_roles import all_actions, printed

PATH = ROOT / "buildspec-templates" / "ecs-hook.yaml"
PROFILE = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ecr_signing"
HOST = "111122223333.dkr.ecr.us-west-2.amazonaws.com"
ARN = "arn:aws:{}:us-west-2:111122223333:{}".format
GIVEN = {
    "PackageBucket": "acme-packages",
    "SigningProfileArn": PROFILE,
    "RepositoryArns": [ARN("ecr", "repository/app"), ARN("ecr", "repository/log")],
    "ClusterName": "prod",
}
IMAGE = f"{HOST}/sealgate@sha256:{'1' * 64}"
CHOICES = [
    {},
    {"ImageUri": IMAGE, "Architecture": "arm64"},
    {"PackageVersion": "3sL4kqtJlcpXroDTDmJ"},
    {"SigningProfileArn": f"{PROFILE}/AbCdEf1234"},
    {"PolicyFile": "trustpolicy.json", "TrustStore": "truststore"},
    {"GatesFile": "gates.yaml", "GatesStage": "test"},
    {"ServiceName": "web"},
    {"Rollback": "allow"},
]
EACH_CHOICE = pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: "-".join(choice) or "plain")
LOGS = {"logs:createlogstream", "logs:putlogevents"}
READS = {"ecr:getauthorizationtoken", "ecr:batchgetimage", "ecr:getdownloadurlforlayer", "signer:getrevocationstatus"}
DESCRIBES = {"ecs:describeservicerevisions", "ecs:describetaskdefinition"}


def template(choice=None, **where):
    return Template.read(PATH, GIVEN | (choice or {}), **where)


def function_of(stack):
    (made,) = stack.of_type("AWS::Lambda::Function").values()
    return made


def lint(folder, path):
    return tool(folder, "cfn-lint", "--include-checks", "I", "--", path)


def test_cfn_lint_finds_nothing_and_nothing_is_ignored(tmp_path):
    lint(tmp_path, PATH).succeeded()
    assert not [line for line in PATH.read_text().splitlines() if "cfn-lint" in line and "config" in line]


def test_cfn_lint_finds_planted_faults(tmp_path):
    text = PATH.read_text()
    for good, fault in (("Action: lambda:InvokeFunction", "Action: lambda:InvokeFunktion"), ("MemorySize:", "MemorieSize:")):
        assert good in text
        text = text.replace(good, fault)
    path = tmp_path / "ecs-hook.yaml"
    path.write_text(text)
    told = lint(tmp_path, path).failed().out
    assert "W3037" in told and "MemorieSize" in told, told


@EACH_CHOICE
def test_the_services_would_take_function_and_hook(choice):
    stack = template(choice)
    botocore_shapes.request("lambda", "CreateFunction", function_of(stack))
    hook = json.loads(stack.value(stack.content["Outputs"]["Hook"]["Value"]))
    change = {"service": "web", "cluster": "prod", "deploymentConfiguration": {"lifecycleHooks": [hook]}}
    botocore_shapes.request("ecs", "UpdateService", change)
    assert hook["hookTargetArn"] == ARN("lambda", "function:app-verify")
    assert hook["lifecycleStages"] == ["PRE_SCALE_UP"]
    assert hook["timeoutConfiguration"] == {"timeoutInMinutes": 10, "action": "ROLLBACK"}
    assert hook["roleArn"] == stack.value({"Fn::GetAtt": ["HookRole", "Arn"]})


@EACH_CHOICE
def test_no_role_may_do_anything_else(choice):
    roles = {name: Role.of(one) for name, one in template(choice).of_type("AWS::IAM::Role").items()}
    more = {"ecs:describeservicedeployments"} if choice.get("Rollback") == "allow" else set()
    assert {name: role.actions(all_actions()) for name, role in roles.items()} == {
        "FunctionRole": LOGS | READS | DESCRIBES | more,
        "HookRole": {"lambda:invokefunction"},
    }


def test_the_permissions_to_verify_are_those_that_doctor_prints():
    policies = template().of_type("AWS::IAM::Role")["FunctionRole"]["Policies"]
    (own,) = [one["PolicyDocument"]["Statement"] for one in policies if one["PolicyName"] == "sealgate"]
    documents = printed("--profile", PROFILE, "--", f"{HOST}/app@sha256:{'1' * 64}", f"{HOST}/log@sha256:{'1' * 64}")
    assert normal(own) == normal(documents["verify"])


# What is tried, and who of function and hook may do it.
TRIED = [
    ("lambda:InvokeFunction", ARN("lambda", "function:app-verify"), "hook"),
    ("lambda:InvokeFunction", ARN("lambda", "function:other"), ""),
    ("lambda:UpdateFunctionCode", ARN("lambda", "function:app-verify"), ""),
    ("lambda:UpdateFunctionConfiguration", ARN("lambda", "function:app-verify"), ""),
    ("ecs:DescribeServiceRevisions", ARN("ecs", "service-revision/prod/web/1"), "function"),
    ("ecs:DescribeServiceRevisions", ARN("ecs", "service-revision/other/web/1"), ""),
    ("ecs:DescribeServiceDeployments", ARN("ecs", "service-deployment/prod/web/1"), ""),
    ("ecs:DescribeTaskDefinition", "*", "function"),
    ("ecs:UpdateService", ARN("ecs", "service/prod/web"), ""),
    ("ecs:StopTask", ARN("ecs", "task/prod/1"), ""),
    ("ecr:BatchGetImage", ARN("ecr", "repository/app"), "function"),
    ("ecr:BatchGetImage", ARN("ecr", "repository/other"), ""),
    ("ecr:PutImage", ARN("ecr", "repository/app"), ""),
    ("signer:GetRevocationStatus", PROFILE, "function"),
    ("signer:GetRevocationStatus", ARN("signer", "/signing-jobs/1"), "function"),
    ("signer:SignPayload", PROFILE, ""),
    ("logs:PutLogEvents", ARN("logs", "log-group:/aws/lambda/app-verify:log-stream:1"), "function"),
    ("logs:PutLogEvents", ARN("logs", "log-group:/aws/lambda/other:log-stream:1"), ""),
    ("logs:DeleteLogGroup", ARN("logs", "log-group:/aws/lambda/app-verify:*"), ""),
    ("sts:AssumeRole", "arn:aws:iam::111122223333:role/admin", ""),
]


@pytest.mark.parametrize(("action", "resource", "who"), TRIED)
def test_who_may_do_what(action, resource, who):
    assert action.lower() in all_actions()
    roles = {name: Role.of(one) for name, one in template().of_type("AWS::IAM::Role").items()}
    assert [name for name in ("function", "hook") if roles[f"{name.title()}Role"].may(action, resource)] == who.split()


def test_each_role_is_for_one_service_and_one_service_can_be_named():
    stack = template({"ServiceName": "web", "Rollback": "allow"})
    roles = stack.of_type("AWS::IAM::Role")
    trusted = {
        name: (statement["Principal"]["Service"], *statement["Condition"]["StringEquals"].values())
        for name, role in roles.items()
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    }
    assert trusted == {
        "FunctionRole": ("lambda.amazonaws.com", ARN("lambda", "function:app-verify")),
        "HookRole": ("ecs.amazonaws.com", "111122223333"),
    }
    role = Role.of(roles["FunctionRole"])
    for kind, action in (("service-revision", "ecs:DescribeServiceRevisions"), ("service-deployment", "ecs:DescribeServiceDeployments")):
        assert role.may(action, ARN("ecs", f"{kind}/prod/web/1"))
        assert not role.may(action, ARN("ecs", f"{kind}/prod/api/1"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ImageUri", f"{HOST}/sealgate:latest"),
        ("SigningProfileArn", "release"),
        ("RepositoryArns", ["*"]),
        ("ClusterName", "*"),
        ("GatesFile", "gates.yaml; x"),
        ("ServiceName", "web/*"),
        ("Rollback", "skip"),
    ],
)
def test_a_parameter_that_is_none_is_refused(name, value):
    with pytest.raises(AssertionError, match=name):
        template({name: value})


def test_the_page_names_every_parameter_and_its_command_gives_all_that_have_no_default():
    page = (ROOT / "docs" / "ecs.md").read_text()
    parameters = template().content["Parameters"]
    assert [name for name in parameters if f"`{name}`" not in page] == []
    command = re.search(r"--parameter-overrides (.*?)```", page, re.DOTALL)[1]
    given = dict(re.findall(r"(\w+)=(\S+)", command))
    assert {name for name, one in parameters.items() if "Default" not in one} <= set(given)
    Template.read(PATH, given | {"RepositoryArns": given["RepositoryArns"].split(",")})


def test_the_function_is_a_package_or_an_image():
    package, image = (function_of(template(choice)) for choice in CHOICES[:2])
    assert (package["Runtime"], package["Handler"], package["PackageType"]) == ("provided.al2023", "bootstrap", "Zip")
    assert package["Code"] == {"S3Bucket": "acme-packages", "S3Key": "sealgate-lambda.zip"}
    assert image["Code"] == {"ImageUri": IMAGE} and image["ImageConfig"] == {"Command": ["lambda"]}
    assert not {"Runtime", "Handler"} & set(image) and "ImageConfig" not in package


@EACH_CHOICE
def test_sealgate_takes_the_settings_of_the_function(choice, aws_endpoint, tmp_path):
    variables = function_of(template(choice))["Environment"]["Variables"]
    package = tmp_path / "package"
    (package / "truststore" / "x509").mkdir(parents=True)
    statement = {"name": "all", "registryScopes": ["*"], "signatureVerification": {"level": "skip"}}
    (package / "trustpolicy.json").write_text(json.dumps({"version": "1.0", "trustPolicies": [statement]}))
    root = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci"
    gates = {"version": 1, "signers": {"ci": {"profile": root}}, "stages": {"test": {"require": ["ci"]}}}
    (package / "gates.yaml").write_text(json.dumps(gates))
    with function.running(tmp_path, {"PATH": "/usr/bin:/bin"} | aws_endpoint.env() | variables) as running:
        assert running.status({"no": "event of ECS"}) == "FAILED"
