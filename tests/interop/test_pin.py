"""Deploy files with digests: verified on real registries, and read by those who deploy from them or know their formats."""

import json

import kubernetes_validate
import pytest
import yaml

from lab import registries
from lab.botocore_shapes import request
from lab.tools import CONFIGURATION, UNSIGNED
from lab.workflows import tool

EACH_REGISTRY = pytest.mark.parametrize("registry", registries.KINDS, indirect=True)
# What reads the files does not look into the registry.
ONE_REGISTRY = pytest.mark.parametrize("registry", ["olareg"], indirect=True)

DEPLOYMENT = """\
# Made by hand.
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      initContainers:
        - name: first
          image: "{image}"   # quoted
      containers:
        - name: web
          image: {image}
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: often}}
spec:
  schedule: "@hourly"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{{name: job, image: '{image}'}}]
"""
COMPOSE = "services:\n  web:\n    image: &image {image}\n    ports: ['80:80']\n  job: {{image: *image, command: run}}\n"
TASK = '{{\n\t"family": "web",\n\t"containerDefinitions": [\n\t\t{{"name": "web", "image": "{image}", "memory": 64}}\n\t]\n}}\n'
TEMPLATE = """\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: !Sub '${{AWS::StackName}}-web'
      ContainerDefinitions:
        - Name: web
          Memory: 64
          Image: {image}
"""


@pytest.fixture
def pin(sealgate, signer, tmp_path):
    """Writes a file that names an image, pins it, and returns what it reads then, with the report."""

    def pin(name, text, *flags, code=0):
        path = tmp_path / name
        path.write_text(text)
        trust = ["--root", signer.root, "--identity", "*", *sealgate.flags()]
        finished = sealgate.run("pin", "--format", "json", *trust, *flags, path)
        assert finished.code == code, str(finished)
        return path.read_text(), json.loads(finished.out)

    return pin


@pytest.fixture
def signed(sealgate, signer, image):
    sealgate.sign(signer, image.by_digest).succeeded()
    return image


@EACH_REGISTRY
@pytest.mark.matrix(table="deploy files", row="what is signed is pinned, and nothing else", column="{registry}")
def test_what_is_signed_is_pinned_and_nothing_is_written_otherwise(pin, signed, push):
    text = DEPLOYMENT.format(image=signed.by_tag)
    written, report = pin("web.yaml", text, "--write")
    pinned = f"{signed.by_tag}@{signed.digest}"
    assert written == text.replace(signed.by_tag, pinned)
    assert len(report["artifacts"]) == 1 and report["artifacts"][0]["verified"]
    assert pin("web.yaml", written, "--check")[0] == written
    assert pin("web.yaml", text, "--check", code=CONFIGURATION)[0] == text
    unsigned = push("other", text="nobody signed this")
    mixed = text + f"---\n{{apiVersion: v1, kind: Pod, spec: {{containers: [{{name: a, image: '{unsigned.by_tag}'}}]}}}}\n"
    assert pin("web.yaml", mixed, "--write", code=UNSIGNED)[0] == mixed


@ONE_REGISTRY
def test_kubernetes_takes_what_is_written(pin, signed):
    text = DEPLOYMENT.format(image=signed.by_tag)
    written, _ = pin("web.yaml", text, "--write")
    before, after = (list(yaml.safe_load_all(one)) for one in (text, written))
    for manifest in after:
        kubernetes_validate.validate(manifest, "1.33", strict=True)
    pinned = f"{signed.by_tag}@{signed.digest}"
    assert after[0]["spec"]["template"]["spec"]["initContainers"][0]["image"] == pinned
    assert json.loads(json.dumps(before).replace(signed.by_tag, pinned)) == after


@ONE_REGISTRY
def test_compose_takes_what_is_written(pin, signed, tmp_path):
    written, _ = pin("compose.yaml", COMPOSE.format(image=signed.by_tag), "--write")
    images = [service["image"] for service in yaml.safe_load(written)["services"].values()]
    assert images == [f"{signed.by_tag}@{signed.digest}"] * 2
    path = tmp_path / "compose.yaml"
    tool(tmp_path, "check-jsonschema", "--builtin-schema", "vendor.compose-spec", path).succeeded()


@ONE_REGISTRY
def test_ecs_takes_what_is_written(pin, signed):
    text = TASK.format(image=signed.by_tag)
    written, _ = pin("taskdef.json", text, "--write")
    assert written == text.replace(signed.by_tag, signed.by_digest)
    request("ecs", "RegisterTaskDefinition", json.loads(written))


@ONE_REGISTRY
def test_cloudformation_takes_what_is_written(pin, signed, tmp_path):
    text = TEMPLATE.format(image=signed.by_tag)
    written, _ = pin("template.yaml", text, "--write")
    assert written == text.replace(signed.by_tag, signed.by_digest)
    tool(tmp_path, "cfn-lint", "--", tmp_path / "template.yaml").succeeded()
