"""A service on ECS, as the stand-in for AWS tells of it: a revision, its task definition, a deployment."""

from dataclasses import dataclass

from .aws import ACCOUNT, REGION

PREFIX = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
SERVICE, CLUSTER = f"{PREFIX}:service/prod/web", f"{PREFIX}:cluster/prod"


@dataclass(frozen=True)
class Revision:
    """One revision of the service."""

    number: int

    @property
    def arn(self):
        return f"{PREFIX}:service-revision/prod/web/{4980306466373577000 + self.number}"

    @property
    def task_definition(self):
        return f"{PREFIX}:task-definition/web:{self.number}"

    @property
    def deployment(self):
        return f"{PREFIX}:service-deployment/prod/web/NCWGC2ZR-{self.number}"

    def documents(self, containers, resolved=None, **changed):
        """What ECS would say. `containers` are images by container; `resolved` are digests by container, or None before any task ran."""
        definitions = [{"name": name, "image": image, "cpu": 0, "essential": True} for name, image in containers.items()]
        revision = {
            "serviceRevisionArn": self.arn,
            "serviceArn": SERVICE,
            "clusterArn": CLUSTER,
            "taskDefinition": self.task_definition,
            "launchType": "FARGATE",
            "createdAt": 1764400000.5,
        }
        if resolved is not None:
            revision["containerImages"] = [
                {"containerName": name, "image": image} | ({"imageDigest": resolved[name]} if name in resolved else {})
                for name, image in containers.items()
            ]
        definition = {
            "taskDefinitionArn": self.task_definition,
            "family": "web",
            "revision": self.number,
            "status": "ACTIVE",
            "containerDefinitions": definitions,
        }
        return revision | changed, definition

    def rollback(self, to, status="ROLLBACK_IN_PROGRESS"):
        """The deployment of this revision that returns to another."""
        return {
            "serviceDeploymentArn": self.deployment,
            "serviceArn": SERVICE,
            "clusterArn": CLUSTER,
            "status": status,
            "createdAt": 1764400000.5,
            "targetServiceRevision": {"arn": self.arn},
            "rollback": {"reason": "alarm", "startedAt": 1764400100.5, "serviceRevisionArn": to.arn},
        }

    def event(self, stage="PRE_SCALE_UP", **changed):
        """What ECS hands to the function of a hook."""
        details = {
            "serviceArn": SERVICE,
            "targetServiceRevisionArn": self.arn,
            "testTrafficWeights": {},
            "productionTrafficWeights": {},
        }
        event = {
            "executionId": "a1b2c3d4-5678-90ab-cdef-111111111111",
            "lifecycleStage": stage,
            "resourceArn": self.deployment,
            "executionDetails": details,
        }
        return event | changed


def put(endpoint, *documents):
    """Lets the stand-in tell these."""
    for document in documents:
        endpoint.control("PUT", "ecs", document)
