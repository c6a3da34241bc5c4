"""The pipeline template, as stacks that people could make of it."""

from .cloudformation import Template
from .codebuild import SEALGATE_IMAGE
from .process import ROOT

PATH = ROOT / "buildspec-templates" / "pipeline.yaml"
PROFILE = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ecr_signing"
TASK_ROLES = ["arn:aws:iam::111122223333:role/task", "arn:aws:iam::111122223333:role/execution"]
GIVEN = {
    "SourceRepository": "app",
    "SigningProfileArn": PROFILE,
    "RepositoryName": "app",
    "SealgateDigest": SEALGATE_IMAGE.partition("@")[2],
    "ClusterName": "prod",
    "ServiceName": "web",
    "ContainerName": "web",
    "TaskDefinitionFamily": "web",
    "TaskRoleArns": TASK_ROLES,
}
CONNECTION = "arn:aws:codeconnections:us-west-2:111122223333:connection/12345678-1234-1234-1234-123456789012"
KEY = "arn:aws:kms:us-west-2:111122223333:key/12345678-1234-1234-1234-123456789012"
# What may be chosen, each of it once.
CHOICES = [
    {},
    {"ConnectionArn": CONNECTION, "SourceRepository": "acme/app"},
    {"SigningProfileVersion": "AbCdEf1234"},
    {"CreateRepository": "false", "RepositoryName": "team/app"},
    {"ArtifactKeyArn": KEY},
]


def template(choice=None, **where):
    return Template.read(PATH, GIVEN | (choice or {}), **where)
