"""boto3 against what the stand-in for AWS says of ECS: the answers that sealgate reads have the form of ECS's own."""

import json

from lab import botocore_shapes, ecs
from lab.aws import ACCESS_KEY, CLI, REGION
from lab.ecs import SERVICE, Revision
from lab.process import run
from test_aws_endpoint import refused

OLD, NEW = Revision(6), Revision(7)
IMAGES = {"web": "r.example/web:1", "log": f"r.example/log@sha256:{'2' * 64}"}
RESOLVED = {"web": f"sha256:{'1' * 64}"}


def told(endpoint):
    documents = [*NEW.documents(IMAGES, RESOLVED), *OLD.documents(IMAGES), NEW.rollback(to=OLD)]
    ecs.put(endpoint, *documents)
    return endpoint.client("ecs")


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_boto3_reads_revisions_definitions_and_deployments(aws_endpoint):
    client = told(aws_endpoint)
    revisions = without_metadata(client.describe_service_revisions(serviceRevisionArns=[NEW.arn, OLD.arn]))
    assert revisions["failures"] == []
    new, old = revisions["serviceRevisions"]
    assert (new["serviceArn"], new["taskDefinition"]) == (SERVICE, NEW.task_definition)
    assert new["containerImages"] == [
        {"containerName": "web", "image": IMAGES["web"], "imageDigest": RESOLVED["web"]},
        {"containerName": "log", "image": IMAGES["log"]},
    ]
    assert "containerImages" not in old

    definition = without_metadata(client.describe_task_definition(taskDefinition=NEW.task_definition))
    containers = definition["taskDefinition"]["containerDefinitions"]
    assert {one["name"]: one["image"] for one in containers} == IMAGES

    deployments = without_metadata(client.describe_service_deployments(serviceDeploymentArns=[NEW.deployment]))
    (deployment,) = deployments["serviceDeployments"]
    assert deployment["rollback"]["serviceRevisionArn"] == OLD.arn
    for operation, answer in [
        ("DescribeServiceRevisions", revisions),
        ("DescribeTaskDefinition", definition),
        ("DescribeServiceDeployments", deployments),
    ]:
        botocore_shapes.answer("ecs", operation, answer)


def test_every_member_that_the_stand_in_tells_is_one_of_ecs():
    revision, definition = NEW.documents(IMAGES, RESOLVED)
    for operation, answer in [
        ("DescribeServiceRevisions", {"serviceRevisions": [revision], "failures": [{"arn": NEW.arn, "reason": "MISSING"}]}),
        ("DescribeTaskDefinition", {"taskDefinition": definition, "tags": []}),
        ("DescribeServiceDeployments", {"serviceDeployments": [NEW.rollback(to=OLD)], "failures": []}),
    ]:
        botocore_shapes.answer("ecs", operation, answer)


def test_what_there_is_not_is_a_failure_or_an_error(aws_endpoint):
    client = told(aws_endpoint)
    missing = Revision(8)
    answer = client.describe_service_revisions(serviceRevisionArns=[missing.arn])
    assert answer["serviceRevisions"] == [] and answer["failures"] == [{"arn": missing.arn, "reason": "MISSING"}]
    refused(lambda: client.describe_task_definition(taskDefinition=missing.task_definition), "ClientException", 400)
    refused(lambda: client.describe_service_revisions(serviceRevisionArns=[]), "InvalidParameterException", 400)
    refused(lambda: client.describe_service_revisions(serviceRevisionArns=["web"]), "InvalidParameterException", 400)
    elsewhere = NEW.arn.replace(REGION, "eu-west-1")
    refused(lambda: client.describe_service_revisions(serviceRevisionArns=[elsewhere]), "InvalidParameterException", 400)
    refused(lambda: client.list_clusters(), "UnknownOperationException", 400)


def test_a_denial_names_action_and_resource(aws_endpoint):
    client = told(aws_endpoint)
    aws_endpoint.control("PUT", "fault", {"operation": "*", "fault": "denied", "author": "iam"})
    text = refused(lambda: client.describe_service_revisions(serviceRevisionArns=[NEW.arn]), "AccessDeniedException", 400)
    assert f"is not authorized to perform: ecs:DescribeServiceRevisions on resource: {NEW.arn}" in text
    text = refused(lambda: client.describe_task_definition(taskDefinition=NEW.task_definition), "AccessDeniedException", 400)
    assert "is not authorized to perform: ecs:DescribeTaskDefinition on resource: *" in text


def test_the_signature_of_another_key_is_refused(aws_endpoint):
    told(aws_endpoint)
    client = aws_endpoint.client("ecs", ACCESS_KEY, "wrong")
    refused(lambda: client.describe_service_revisions(serviceRevisionArns=[NEW.arn]), "InvalidSignatureException", 400)


def test_the_aws_cli_reads_a_revision(aws_endpoint, home):
    told(aws_endpoint)
    command = [CLI, "ecs", "describe-service-revisions", "--service-revision-arns", NEW.arn, "--output", "json"]
    shown = json.loads(run(command, home.env(**aws_endpoint.env())).succeeded().out)
    assert shown["serviceRevisions"][0]["containerImages"][0]["imageDigest"] == RESOLVED["web"]
