"""The JSON schema of reports, and reports, as another validator reads them than that of the Rust tests."""

import json

import pytest

from lab.tools import OK, UNSIGNED, Sealgate
from lab.workflows import tool


@pytest.fixture
def sealgate(home):
    return Sealgate(home)


@pytest.fixture
def schema(sealgate, tmp_path):
    path = tmp_path / "schema.json"
    path.write_text(sealgate.run("schema").succeeded().out)
    return path


def test_it_is_a_schema(schema, tmp_path):
    tool(tmp_path, "check-jsonschema", "--check-metaschema", schema).succeeded()


def test_what_is_no_schema_is_found(schema, tmp_path):
    wrong = json.loads(schema.read_text())
    wrong["$defs"]["reason"]["required"] = "code"
    schema.write_text(json.dumps(wrong))
    assert tool(tmp_path, "check-jsonschema", "--check-metaschema", schema).code == 1


@pytest.mark.parametrize("folder, code", [("app", OK), ("unsigned", UNSIGNED)])
def test_a_report_is_as_it_says(folder, code, sealgate, schema, tmp_path):
    demo = tmp_path / "demo"
    sealgate.run("demo", "--dir", demo).succeeded()
    said = sealgate.verify("--root", demo / "keys" / "demo-ca.crt", "--identity", "*", f"oci-layout:{demo}/{folder}:v1")
    assert said.code == code, str(said)
    report = tmp_path / "report.json"
    report.write_text(said.out)
    tool(tmp_path, "check-jsonschema", "--schemafile", schema, report).succeeded()
    planted = json.loads(said.out)
    planted["artifacts"][0]["verified"] = not planted["artifacts"][0]["verified"]
    report.write_text(json.dumps(planted))
    assert tool(tmp_path, "check-jsonschema", "--schemafile", schema, report).code == 1
