"""The component for GitLab CI, run by gitlab-ci-local: on the host, and in containers of podman."""

import json
import re
import shutil
import xml.etree.ElementTree as xml

import pytest
import yaml

from lab import containers, ecr, gitlab, gitlab_registry, registries
from lab.aws_account import NO_INSTANCE
from lab.process import not_run
from lab.workflows import tool

# What GitLab's documentation says of a Code Quality report (`doc/ci/testing/code_quality.md`): it needs these members.
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1, "pattern": "^[^\\n]*$"},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?![./]{1,2}/|/).+$"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}

# `ci_job_annotation_data.json` and `ci_job_external_link_data.json` of GitLab.
ANNOTATIONS = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "maxItems": 1000,
        "items": {
            "type": "object",
            "required": ["external_link"],
            "additionalProperties": False,
            "properties": {
                "external_link": {
                    "type": "object",
                    "required": ["label", "url"],
                    "additionalProperties": False,
                    "properties": {
                        "label": {"type": "string", "minLength": 1, "maxLength": 255},
                        "url": {"type": "string", "pattern": "^https://", "maxLength": 2048},
                    },
                }
            },
        },
    },
}


@pytest.fixture(scope="module")
def podman(tmp_path_factory):
    """podman with the image of jobs."""
    containers.binary_for_images()
    if not gitlab.is_installed():
        not_run("gitlab-ci-local or rsync is not installed")
    with containers.podman() as podman:
        gitlab.build_images(podman, tmp_path_factory.mktemp("gitlab"))
        yield podman


def trusting(pipeline, signer):
    """A project that has a signer's certificates."""
    trust = pipeline.repository / "trust"
    trust.mkdir()
    shutil.copy(signer.chain, trust / "chain.pem")
    shutil.copy(signer.root, trust / "root.pem")
    return pipeline


@pytest.fixture(params=["shell", "container"])
def pipeline(request, signer, tmp_path):
    """A project and its pipelines, each way in which a runner runs jobs."""
    if request.param == "shell":
        return trusting(gitlab.by_shell(tmp_path / "gitlab"), signer)
    return trusting(gitlab.in_containers(tmp_path / "gitlab", request.getfixturevalue("podman")), signer)


@pytest.fixture
def shell(signer, tmp_path):
    """The same, on this machine only."""
    return trusting(gitlab.by_shell(tmp_path / "gitlab"), signer)


def verify(pipeline, images="$IMAGE", **more):
    """The inputs of a job that verifies."""
    inputs = {"command": "verify", "image": gitlab.JOB_IMAGE, "binary": pipeline.binary, "stage": "test", "images": images}
    trust = {"root": "trust/root.pem", "identity": "*"}
    return inputs | trust | {name.replace("_", "-"): value for name, value in more.items()}


def sign(pipeline, images="$IMAGE", **more):
    """The inputs of a job that signs."""
    inputs = {"command": "sign", "image": gitlab.JOB_IMAGE, "binary": pipeline.binary, "stage": "test", "images": images}
    key = {"key": "env:SIGNING_KEY", "certificate-chain": "trust/chain.pem"}
    return inputs | key | {name.replace("_", "-"): value for name, value in more.items()}


def key_of(signer):
    return signer.key.read_text()


def deployed(finished):
    found = re.findall(r"deployed=\(([^%]*?)\) \(([^%]*?)\)", finished.out)
    return found[-1] if found else None


def of_the_page(page, pipeline, signer):
    """The pipeline that a page shows first. Its key is the test's."""
    _, text = next(one for one in gitlab.pages() if one[0].startswith(page))
    text = gitlab.here(text, image=gitlab.JOB_IMAGE, binary=pipeline.binary)
    text = re.sub(r"\n +role-arn: .*", "", text)
    profile = re.compile(r"profile: .*")
    for inputs in ({"key": "env:SIGNING_KEY", "certificate-chain": "trust/chain.pem"}, {"root": "trust/root.pem", "identity": signer.identity}):
        line = "\n      ".join(f"{name}: {json.dumps(value)}" for name, value in inputs.items())
        text, count = profile.subn(lambda _, line=line: line, text, count=1)
        assert count == 1, text
    return text


@pytest.mark.matrix(table="images", row="GitLab CI", column="the page's pipeline")
@pytest.mark.parametrize("page", ["README.md", "docs/gitlab.md"])
def test_the_page_s_pipeline_signs_verifies_and_deploys_what_was_verified(page, pipeline, push, signer, tmp_path):
    commit = pipeline.commit(of_the_page(page, pipeline, signer))
    image = push("app", tag=commit)
    started = {"CI_REGISTRY_IMAGE": image.repository, "SIGNING_KEY": key_of(signer)}
    finished = pipeline.run(**started).succeeded()
    assert f"deploying {image.by_digest}" in finished.out, str(finished)
    for job, result in (("sign", "signed"), ("verify", "verified")):
        files = {path.name for path in pipeline.artifacts(job).iterdir()}
        assert files == gitlab.REPORTS | {"sealgate.env"}
        variables = gitlab.dotenv(pipeline.artifacts(job) / "sealgate.env")
        assert variables["SEALGATE_OUTPUT_RESULT"] == result
        assert variables["SEALGATE_OUTPUT_IMAGE"] == image.by_digest
        assert json.loads(variables["SEALGATE_OUTPUT_IMAGES"]) == [image.by_digest]
        assert variables["SEALGATE_OUTPUT_REPORT_PATH"] == "sealgate-report/report.json"
        assert_reports(pipeline.artifacts(job), tmp_path)
    # Somebody moves the tag between the build and the job that verifies: nothing is deployed.
    tampered = push("app", tag=commit, text="tampered")
    finished = pipeline.run("verify", "deploy", **started).failed()
    assert "deploying" not in finished.out and tampered.digest in finished.err + finished.out, str(finished)
    assert not (pipeline.artifacts("verify") / "sealgate.env").exists()


def assert_reports(folder, tmp_path):
    """GitLab takes the reports of a job."""
    for name, schema in (("gl-code-quality.json", CODE_QUALITY), ("annotations.json", ANNOTATIONS)):
        path = tmp_path / f"{name}.schema"
        path.write_text(json.dumps(schema))
        tool(tmp_path, "check-jsonschema", "--schemafile", path, folder / name).succeeded()
    prints = [one["fingerprint"] for one in json.loads((folder / "gl-code-quality.json").read_text())]
    assert len(set(prints)) == len(prints)
    assert xml.parse(folder / "report.xml").getroot().tag == "testsuites"
    assert json.loads((folder / "report.sarif").read_text())["version"] == "2.1.0"


@pytest.mark.matrix(table="images", row="GitLab CI", column="a job that refuses")
def test_a_job_is_red_where_the_image_is_not_what_was_signed(pipeline, image, push, notation, signer, foreign, tmp_path):
    notation.sign(signer, image.by_digest).succeeded()
    tampered = push("app", text="tampered")
    strangers = push("other")
    notation.sign(foreign, strangers.by_digest).succeeded()
    pipeline.commit(gitlab.include(verify(pipeline)) + gitlab.deploy())
    for reference, code in ((tampered.by_digest, 11), (tampered.by_tag, 11), (strangers.by_digest, 10)):
        finished = pipeline.run(IMAGE=reference).failed()
        assert deployed(finished) is None, str(finished)
        assert re.search(rf"FAIL.*\b{code}\b", finished.out + finished.err), str(finished)
        assert {path.name for path in pipeline.artifacts("verify").iterdir()} == gitlab.REPORTS
        assert_reports(pipeline.artifacts("verify"), tmp_path)
        (found,) = json.loads((pipeline.artifacts("verify") / "gl-code-quality.json").read_text())
        assert (found["severity"], found["location"]["path"]) == ("critical", ".gitlab-ci.yml")
    finished = pipeline.run(IMAGE=image.by_digest).succeeded()
    assert deployed(finished) == ("verified", image.by_digest), str(finished)


# What somebody who starts a pipeline may set: each would let an image pass, or ask somebody else.
HOSTILE = {
    "SEALGATE_ALLOW_SKIP": "true",
    "SEALGATE_SKIP_REVOCATION": "true",
    "SEALGATE_ALLOW_CHECKOUT_TRUST": "true",
    "SEALGATE_BEST_EFFORT": "true",
    "SEALGATE_PLAIN_HTTP": "registry.example",
    "SEALGATE_ENDPOINT_URL": "https://aws.example",
    "SEALGATE_CA_FILE": "trust/root.pem",
    "SEALGATE_ROOT": "evil/root.pem",
    "SEALGATE_IDENTITY": "*",
    "SEALGATE_POLICY": "evil/trustpolicy.json",
    "SEALGATE_TRUST_STORE": "evil/truststore",
    "SEALGATE_IMAGES": "registry.example/signed:1",
    "SEALGATE_ON_FORK": "skip",
    "CI_SERVER_TLS_CA_FILE": "trust/root.pem",
    "AWS_ENDPOINT_URL": "https://aws.example",
    "AWS_ENDPOINT_URL_SIGNER_DATA": "https://aws.example",
    "SSL_CERT_FILE": "trust/root.pem",
    "NOTATION_CONFIG": "evil",
    "GITHUB_ACTIONS": "true",
    "GITEA_ACTIONS": "true",
    "INPUT_ALLOW_SKIP": "true",
    "INPUT_IDENTITY": "*",
    "PATH": "evil:/usr/bin:/bin",
}


def test_whoever_starts_a_pipeline_cannot_say_whom_to_trust(pipeline, image, push, notation, signer, foreign):
    notation.sign(signer, image.by_digest).succeeded()
    strangers = push("other")
    notation.sign(foreign, strangers.by_digest).succeeded()
    evil = pipeline.repository / "evil"
    evil.mkdir()
    shutil.copy(foreign.root, evil / "root.pem")
    (evil / "sealgate").write_text("#!/bin/sh\nexit 0\n")
    (evil / "sealgate").chmod(0o755)
    pipeline.commit(gitlab.include(verify(pipeline, identity=signer.identity)) + gitlab.deploy())
    finished = pipeline.run(IMAGE=strangers.by_digest, **HOSTILE).failed()
    assert deployed(finished) is None, str(finished)
    assert pipeline.report("verify")["artifacts"][0]["outcome"] == "rejected"
    finished = pipeline.run(IMAGE=image.by_digest, **HOSTILE).succeeded()
    report = pipeline.report("verify")
    assert [one["digest_reference"] for one in report["artifacts"]] == [image.by_digest]
    assert report["weakened"] == [] and report["artifacts"][0]["verified"] is True, report


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("identity", "'; exit 0; '"),
        ("root", "trust/root.pem'\nexit 0\n'"),
        ("policy", "a'b"),
        ("images", '"; exit 0; "'),
        ("images", "$(exit 0)"),
        ("images", "`id`"),
        ("images", "${IMAGE:-$(id)}"),
        ("user-metadata", "a=b\\"),
        ("binary", "/bin/true #"),
        ("report-dir", "/etc"),
        ("report-dir", "a'; exit 0; '"),
        ("command", "true"),
        ("skip-revocation", "true"),
        ("verbose", "yes"),
    ],
)
def test_an_input_that_is_more_than_a_value_is_refused_when_the_pipeline_is_made(name, value, shell, image, tmp_path):
    config = yaml.safe_load(gitlab.include(verify(shell)))
    config["include"][0]["inputs"][name] = value
    shell.commit(yaml.safe_dump(config))
    if name == "skip-revocation":
        # gitlab-ci-local passes over an input that there is none of; GitLab refuses it.
        assert name not in shell.command("--preview").out
        return
    finished = shell.run(IMAGE=image.by_digest).failed()
    assert "is invalid" in finished.err + finished.out and "starting shell" not in finished.out, str(finished)


def test_values_reach_the_command_as_they_were_written(shell, image, signer):
    metadata = 'build=a "b" * ; & |\nsource=$CI_PROJECT_PATH:${CI_COMMIT_REF_NAME}'.replace('"', "")
    shell.commit(gitlab.include(sign(shell, user_metadata=metadata, verbose=True), verify(shell, identity=signer.identity, user_metadata=metadata, stage="deploy")))
    # A variable that looks like more is a value all the same.
    shell.run(IMAGE=image.by_digest, SIGNING_KEY=key_of(signer), CI_COMMIT_REF_NAME="$(exit 1)`exit 1`'\"").succeeded()
    content = shell.report("verify")["artifacts"][0]["candidates"][0]["content"]
    assert content["user_metadata"] == {"build": "a b * ; & |", "source": "acme/app:$(exit 1)`exit 1`'\""}


def test_several_images_stand_in_lines_or_between_commas(shell, push, notation, signer):
    images = [push(name) for name in ("a", "b", "c")]
    for one in images[:2]:
        notation.sign(signer, one.by_digest).succeeded()
    for separator in ("\n", ",", " ", ", "):
        shell.commit(gitlab.include(verify(shell, images=separator.join(one.by_digest for one in images[:2]))))
        shell.run().succeeded()
        assert len(shell.report("verify")["artifacts"]) == 2
    shell.commit(gitlab.include(verify(shell, images="\n".join(one.by_digest for one in images))))
    shell.run().failed()


@pytest.mark.parametrize("images", ["-", "$NOTHING", " , "])
def test_a_job_without_an_image_or_without_trust_is_red(images, shell, image):
    shell.commit(gitlab.include(verify(shell, images=images)))
    finished = shell.run().failed()
    assert re.search(r"FAIL.*\b[23]\b", finished.out + finished.err), str(finished)
    shell.commit(gitlab.include(verify(shell, root="-", identity="-")))
    finished = shell.run(IMAGE=image.by_digest).failed()
    assert "say whom to trust" in finished.out + finished.err, str(finished)


def test_a_file_of_variables_in_the_checkout_is_none_of_a_job_that_fails(shell, image):
    folder = shell.repository / "sealgate-report"
    folder.mkdir()
    (folder / "sealgate.env").write_text(f"SEALGATE_OUTPUT_RESULT=verified\nSEALGATE_OUTPUT_IMAGE={image.by_digest}\n")
    allowed = yaml.safe_dump({"verify": {"allow_failure": True}})
    shell.commit(gitlab.include(verify(shell)) + allowed + gitlab.deploy())
    finished = shell.run(IMAGE=image.by_digest).failed()
    assert deployed(finished) is None, str(finished)


@pytest.mark.parametrize("registry", ["docker-token"], indirect=True)
def test_the_registry_of_the_project_needs_no_login_and_signs_like_any_other(shell, home, registry, image, signer, tmp_path):
    repository, images = image.path.rsplit("/", 1)[0], "$CI_REGISTRY_IMAGE/app:v1"
    jobs = [verify(shell, images=images, job_prefix="early-"), sign(shell, images=images), verify(shell, images=images, stage="deploy")]
    shell.commit(gitlab.include(*jobs))
    with gitlab_registry.gitlab_registry(registry) as project:
        started = {"CI_REGISTRY": project.host, "CI_REGISTRY_IMAGE": f"{project.host}/{repository}", "SIGNING_KEY": key_of(signer)}
        login = {"CI_REGISTRY_USER": registries.USER, "CI_REGISTRY_PASSWORD": registries.PASSWORD}
        # The registry answers for the tag of signatures with the image itself, which is none.
        shell.run("early-verify", **started, **login).failed()
        (before,) = shell.report("early-verify")["artifacts"]
        assert before["outcome"] == "unsigned" and "names the image itself" in str(before["listing"]["notes"]), before
        shell.run("sign", **started, **login).succeeded()
        shell.run("verify", **started, **login).succeeded()
        (after,) = shell.report("verify")["artifacts"]
        assert after["digest_reference"] == f"{project.host}/{image.path}@{image.digest}" and after["verified"] is True
        # What is the registry's goes to no other.
        finished = shell.run("verify", **(started | {"CI_REGISTRY": "registry.example"}), **login).failed()
        assert re.search(r"FAIL.*\b5\b", finished.out + finished.err), str(finished)


def test_the_job_s_token_gets_the_role_that_signs_and_verifies_on_ecr(shell, home, laboratory, account, tmp_path):
    image = laboratory.push(home, "team/app")
    # The stand-in for AWS has roots of its own.
    binary = tmp_path / "sealgate"
    binary.write_text(f'#!/bin/sh\nword=$1\nshift\nexec {shell.binary} "$word" --aws-root {account.root()} "$@"\n')
    binary.chmod(0o755)
    inputs = {"image": gitlab.JOB_IMAGE, "binary": str(binary), "images": "$IMAGE", "profile": account.profile, "trust-server-ca": True}
    role = {"role-arn": f"arn:aws:iam::{ecr.names.ACCOUNT}:role/gitlab-ci"}
    shell.commit(gitlab.include({"command": "sign", **inputs, **role}, {"command": "verify", "stage": "deploy", **inputs, **role}) + gitlab.deploy())
    network = laboratory.env()
    # What is removed from a job: the authority is named as a runner names it.
    network["CI_SERVER_TLS_CA_FILE"] = network.pop("SSL_CERT_FILE")
    job = {"IMAGE": image.by_digest, "AWS_ID_TOKEN": account.id_token(), **NO_INSTANCE, **network}
    finished = shell.run(**job).succeeded()
    assert deployed(finished) == ("verified", image.by_digest), str(finished)
    assert {one["setting"] for one in shell.report("verify")["weakened"]} == {"aws-root", "ca-file"}
    links = json.loads((shell.artifacts("verify") / "annotations.json").read_text())["sealgate"]
    (url,) = [link["external_link"]["url"] for link in links]
    assert url.startswith(f"https://{ecr.names.REGION}.console.aws.amazon.com/ecr/repositories/private/") and image.digest in url
    assert not [secret for secret in account.secrets() if secret in finished.out + finished.err]
    # Whoever starts the pipeline of an image whose signature was revoked lets nobody skip the question, and nobody else answer it.
    signer = account.client("signer")
    for one in signer.list_signing_jobs()["jobs"]:
        signer.revoke_signature(jobId=one["jobId"], reason="test")
    hostile = {name: value for name, value in HOSTILE.items() if name not in network}
    finished = shell.run("verify", **(job | hostile)).failed()
    (artifact,) = shell.report("verify")["artifacts"]
    assert artifact["outcome"] == "rejected" and "revoked" in json.dumps(artifact), str(finished)
    assert not (shell.artifacts("verify") / "sealgate.env").exists()
    # Without the token there is nothing to get the role with.
    shell.run("verify", **(job | {"AWS_ID_TOKEN": ""})).failed()


# A merge request of another project.
FORK = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2", "CI_PROJECT_ID": "1", "CI_PIPELINE_SOURCE": "merge_request_event"}


def test_for_a_merge_request_of_a_fork_nothing_is_signed_and_its_files_decide_nothing(shell, image, notation, signer):
    started = {"IMAGE": image.by_digest, "SIGNING_KEY": key_of(signer), **FORK}
    shell.commit(gitlab.include(sign(shell)))
    finished = shell.run(**started).failed()
    assert re.search(r"FAIL.*\b5\b", finished.out + finished.err) and "error[fork]" in finished.out + finished.err, str(finished)
    shell.commit(gitlab.include(sign(shell, on_fork="skip")) + gitlab.deploy("sign"))
    finished = shell.run(**started).failed()
    assert deployed(finished) is None, "no image is named"
    assert shell.report("sign")["artifacts"][0]["outcome"] == "skipped"
    assert gitlab.dotenv(shell.artifacts("sign") / "sealgate.env")["SEALGATE_OUTPUT_RESULT"] == "skipped"
    notation.sign(signer, image.by_digest).succeeded()
    shell.commit(gitlab.include(verify(shell)) + gitlab.deploy())
    finished = shell.run(**started).failed()
    shown = finished.out + finished.err
    assert re.search(r"FAIL.*\b3\b", shown) and "trust-from-fork" in shown and deployed(finished) is None, str(finished)
    # A merge request of the project itself.
    shell.run(**(started | {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1"})).succeeded()


def test_jobs_of_a_kind_divide_the_images_among_them(shell, push, notation, signer):
    images = [push(name) for name in ("a", "b", "c")]
    for one in images:
        notation.sign(signer, one.by_digest).succeeded()
    inputs = verify(shell, images=",".join(one.by_digest for one in images), shard="auto")
    shell.commit(gitlab.include(inputs) + yaml.safe_dump({"verify": {"parallel": 2}}))
    shell.run().succeeded()
    jobs = (shell.repository / ".gitlab-ci-local" / "artifacts").iterdir()
    reports = [json.loads((job / "sealgate-report" / "report.json").read_text()) for job in jobs]
    taken = [one["digest_reference"] for report in reports for one in report["artifacts"]]
    assert len(reports) == 2 and sorted(taken) == sorted(one.by_digest for one in images), taken
    # A variable that hides images from all jobs would make them green.
    finished = shell.run(CI_NODE_INDEX="0").failed()
    assert "CI_NODE_INDEX" in finished.out + finished.err, str(finished)


def test_the_log_folds_what_few_want_to_read(shell, image, notation, signer):
    notation.sign(signer, image.by_digest).succeeded()
    shell.commit(gitlab.include(verify(shell, verbose=True, color="never")))
    shell.run(IMAGE=image.by_digest).succeeded()
    # It shows sections in words of its own.
    (log,) = (shell.repository / ".gitlab-ci-local" / "output").glob("*.log")
    found = re.search(r"^(sealgate-verify-1-\d+)_started\n(.*?)^\1 took", log.read_text(), re.MULTILINE | re.DOTALL)
    assert found and "certificates, leaf first" in found[2], log.read_text()


def test_the_template_and_the_pages_are_what_gitlab_reads(shell, tmp_path):
    _, jobs = gitlab.template_documents()
    files = {"template.yml": gitlab.with_inputs(jobs, command="verify")}
    files |= {f"page-{number}.yml": text for number, (_, text) in enumerate(gitlab.pages())}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        tool(tmp_path, "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", tmp_path / name).succeeded()
    wrong = yaml.safe_load(files["template.yml"])
    wrong["verify"]["artifacts"]["reports"]["unknown"] = "a"
    (tmp_path / "wrong.yml").write_text(yaml.safe_dump(wrong))
    tool(tmp_path, "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", tmp_path / "wrong.yml").failed()


def test_shellcheck_finds_nothing_in_the_script(tmp_path):
    _, jobs = gitlab.template_documents()
    (job,) = yaml.safe_load(gitlab.with_inputs(jobs, command="verify")).values()
    path = tmp_path / "script.sh"
    path.write_text("#!/bin/sh\n" + "\n".join(job["script"]))
    # Values stand where GitLab puts them: comparing them compares constants.
    tool(tmp_path, "shellcheck", "--exclude=SC2050,SC2043", path).succeeded()


def test_each_page_s_pipeline_can_be_made(shell):
    made = 0
    for place, text in gitlab.pages():
        if "acme/sealgate" in text:
            shell.commit(gitlab.here(text))
            finished = shell.command("--list")
            assert finished.code == 0, f"{place}\n{finished}"
            made += 1
    assert made
