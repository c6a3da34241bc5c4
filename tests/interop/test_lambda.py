"""The lock of ECS: `bootstrap` under the Lambda runtime interface emulator, events as ECS's deployment lifecycle hooks have them.

What runs is asked of the stand-in for AWS; images and signatures are in a real registry."""

import json
import socket
import time

import pytest

from lab import ecs, function
from lab.ecs import Revision
from lab.process import free_port
from lab.tools import Sealgate, sealgate_path

DEPLOYED, BEFORE = Revision(7), Revision(6)
SUCCEEDED, FAILED = "SUCCEEDED", "FAILED"


@pytest.fixture
def lock(aws_endpoint, signer, tmp_path):
    """Starts the function, with a root and an identity as whom to trust."""
    variables = {"SEALGATE_ROOT": str(signer.root), "SEALGATE_IDENTITY": signer.identity}

    def lock(*words, seconds=30, trusted=variables, **more):
        env = {"PATH": "/usr/bin:/bin"} | aws_endpoint.env() | dict(trusted) | more
        return function.running(tmp_path, env, *words, seconds=seconds)

    return lock


@pytest.fixture
def runs(aws_endpoint):
    """Says what runs; returns the event of its deployment."""

    def runs(containers, resolved=None, revision=DEPLOYED, **changed):
        ecs.put(aws_endpoint, *revision.documents(containers, resolved, **changed))
        return revision.event()

    return runs


@pytest.fixture
def signed(sealgate, signer, push):
    image = push("app")
    sealgate.sign(signer, image.by_digest).succeeded()
    return image


def test_a_deployment_goes_on_if_every_container_runs_what_was_verified(lock, runs, signed, sealgate, signer, push):
    sidecar = push("log", text="a sidecar")
    sealgate.sign(signer, sidecar.by_digest).succeeded()
    with lock() as running:
        event = runs({"web": signed.by_digest, "log": sidecar.by_digest})
        assert running.status(event) == SUCCEEDED
        # The older form of events; details of the hook; a tag that ECS has resolved.
        flat = event["executionDetails"] | {"hookDetails": {"policy": "none"}}
        assert running.status(flat) == SUCCEEDED
        assert running.status(runs({"web": signed.by_tag}, {"web": signed.digest})) == SUCCEEDED
        log = running.log()
    assert f"image={signed.by_digest}" in log and f"image={sidecar.by_digest}" in log
    assert "hookDetails are ignored" in log
    assert "hookStatus" in log and "SECRET" not in log


def test_whatever_is_not_verified_stops_the_deployment_and_the_next_event_is_served(
    lock, runs, signed, sealgate, foreign, push, registry, aws_endpoint
):
    unsigned, stranger = push("unsigned", text="unsigned"), push("stranger", text="stranger")
    sealgate.sign(foreign, stranger.by_digest).succeeded()
    nowhere = f"127.0.0.1:{free_port()}/app@{signed.digest}"
    good = {"web": signed.by_digest}

    def elsewhere(member, old, new):
        event = DEPLOYED.event()
        details = event["executionDetails"]
        return event | {"executionDetails": details | {member: details[member].replace(old, new)}}

    cases = {
        "unsigned sidecar": lambda: runs(good | {"log": unsigned.by_digest}),
        "foreign signer": lambda: runs({"web": stranger.by_digest}),
        "a tag that nobody resolved": lambda: runs({"web": signed.by_tag}),
        "a tag that was resolved to something else": lambda: runs({"web": signed.by_tag}, {"web": unsigned.digest}),
        "another digest than the definition's": lambda: runs(good, {"web": unsigned.digest}),
        "no container": lambda: runs({}),
        "no registry": lambda: runs({"web": nowhere}),
        "no image there": lambda: runs({"web": f"{signed.repository}@sha256:{'0' * 64}"}),
        "not the name of an image": lambda: runs({"web": "web"}),
        "another service": lambda: runs(good) and elsewhere("serviceArn", "/web", "/api"),
        "a revision that ECS does not know": lambda: Revision(99).event(),
        "another service by ECS's word": lambda: runs(good, serviceArn=ecs.SERVICE.replace("/web", "/api")),
        "another account's definition": lambda: runs(
            good, taskDefinition=DEPLOYED.task_definition.replace("111122223333", "444455556666")
        ),
        "junk": lambda: {"detail-type": "ECR Image Action"},
        "no JSON": lambda: b"{",
        "a list": lambda: [1, 2],
        "twice": lambda: json.dumps(runs(good)).replace("{", '{"resourceArn": "a", ', 1).encode(),
    }
    with lock(SEALGATE_TIMEOUT="2s") as running:
        assert running.status(runs(good)) == SUCCEEDED
        found = {name: running.status(make()) for name, make in cases.items()}
        assert found == dict.fromkeys(cases, FAILED)
        for fault in ("internal-error", "truncated-json", "not-json", "empty-object", "unknown-shape", "expired-token"):
            for operation in ("DescribeServiceRevisions", "DescribeTaskDefinition"):
                event = runs(good)
                aws_endpoint.control("PUT", "fault", {"operation": operation, "fault": fault})
                assert running.status(event) == FAILED, (operation, fault)
                aws_endpoint.control("DELETE", "fault")
        aws_endpoint.control("PUT", "fault", {"operation": "DescribeTaskDefinition", "fault": "denied", "author": "iam"})
        assert running.status(runs(good)) == FAILED
        aws_endpoint.control("DELETE", "fault")
        assert running.status(runs(good)) == SUCCEEDED
        log = running.log()
    for word in ("code=unsigned", "code=rejected", "code=image-not-bound", "code=hook-event", "code=unavailable", "code=not-found"):
        assert word in log, word
    assert '"Action\\":\\"ecs:DescribeTaskDefinition' in log, "the permission that is missing"


def test_a_tag_that_moved_after_ecs_resolved_it_stops_the_deployment(lock, runs, signed, push):
    with lock() as running:
        event = runs({"web": signed.by_tag}, {"web": signed.digest})
        assert running.status(event) == SUCCEEDED
        moved = push("app", text="something else")
        assert moved.by_tag == signed.by_tag and moved.digest != signed.digest
        assert running.status(event) == FAILED
        assert "code=image-not-bound" in running.log()


def test_a_function_without_time_stops_the_deployment(lock, runs, signed):
    with socket.create_server(("127.0.0.1", 0)) as silent, lock(seconds=2) as running:
        # A registry that takes connections and says nothing.
        event = runs({"web": f"127.0.0.1:{silent.getsockname()[1]}/app@{signed.digest}"})
        began = time.monotonic()
        assert running.status(event) == FAILED
        assert time.monotonic() - began < 2, "in the function's own time"
        assert "code=unavailable" in running.log() and "Task timed out" not in running.log()
        assert running.status(runs({"web": signed.by_digest})) == SUCCEEDED


def test_a_rollback_runs_unverified_only_by_ecs_word_and_where_that_is_allowed(lock, runs, push, aws_endpoint):
    old = push("old", text="never signed")
    runs({"web": old.by_digest}, revision=BEFORE)
    event = DEPLOYED.event("PRODUCTION_TRAFFIC_SHIFT")
    event["executionDetails"]["targetServiceRevisionArn"] = BEFORE.arn
    rollback = DEPLOYED.rollback(to=BEFORE)
    ecs.put(aws_endpoint, rollback)
    with lock() as running:
        assert running.status(event) == FAILED
    with lock(SEALGATE_ROLLBACK="allow") as running:
        assert running.status(event) == SUCCEEDED
        log = running.log()
        assert "NOT VERIFIED" in log and "setting=rollback" in log
        ecs.put(aws_endpoint, rollback | {"status": "IN_PROGRESS"})
        assert running.status(event) == FAILED


def test_signatures_of_aws_signer_count_until_they_are_revoked(lock, runs, account, sealgate, push, tmp_path):
    image, env = push("app"), account.endpoint.env()
    trusted = ["--profile", account.endpoint.profile, "--aws-root", account.endpoint.root_file]
    sealgate.run("sign", *trusted, image.by_digest, **env).succeeded()
    event = runs({"web": image.by_digest})
    with lock("lambda", *trusted, trusted={}) as running:
        assert running.status(event) == SUCCEEDED
        signer = account.endpoint.client("signer")
        (job,) = signer.list_signing_jobs()["jobs"]
        signer.revoke_signature(jobId=job["jobId"], reason="a test")
        assert running.status(event) == FAILED
        assert "code=rejected" in running.log()
        for secret in account.secrets():
            assert secret not in running.log()


@pytest.mark.parametrize(
    ("trusted", "told"),
    [
        ({}, "nothing says whom to trust"),
        ({"SEALGATE_PROFILE": "release"}, "SEALGATE_PROFILE"),
        ({"SEALGATE_ROOT": "/does/not/exist.crt", "SEALGATE_IDENTITY": "*"}, "/does/not/exist.crt"),
        ({"SEALGATE_ROLLBACKS": "allow", "SEALGATE_PROFILE": "a@111122223333/us-west-2"}, "SEALGATE_ROLLBACKS"),
    ],
)
def test_a_function_that_cannot_be_used_says_why_and_answers_nothing(trusted, told, lock, runs, signed):
    event = runs({"web": signed.by_digest})
    with lock(trusted=trusted) as running:
        answer = running.invoke(event)
        assert answer["errorType"].startswith("Sealgate."), answer
        assert "hookStatus" not in answer and told in answer["errorMessage"]


def test_a_deployment_from_ecr_needs_every_approval_that_the_gates_of_the_stage_ask_for(
    laboratory, account, home, signer, signers, tmp_path
):
    """On AWS's own host names, and with no setting that weakens anything: by gates such a run verifies nothing."""
    qa, image = signers(name="qa"), laboratory.push(home, "app")
    job = laboratory.env() | account.user_env()

    def sign(who):
        key = ["--key", who.key, "--certificate-chain", who.chain]
        Sealgate(home).run("sign", *key, image.by_digest, **job).succeeded()

    package = tmp_path / "package"
    package.mkdir()
    for who in (signer, qa):
        (package / f"{who.name}.crt").write_bytes(who.root.read_bytes())
    named = "".join(f'  {who.name}: {{root: {who.name}.crt, identity: "{who.identity}"}}\n' for who in (signer, qa))
    stages = f"stages:\n  test:\n    require: [{signer.name}]\n  prod:\n    after: [test]\n    require: [{qa.name}]\n"
    (package / "gates.yaml").write_text(f"version: 1\nsigners:\n{named}{stages}")
    ecs.put(account.endpoint, *DEPLOYED.documents({"web": image.by_digest}))
    # What the hook says of a stage changes nothing.
    event = DEPLOYED.event() | {"hookDetails": {"stage": "test", "gates": "other.yaml"}}
    gates = {"SEALGATE_GATES": "gates.yaml", "SEALGATE_STAGE": "prod"}
    env = {name: value for name, value in job.items() if name != "AWS_CA_BUNDLE"} | gates
    with function.running(tmp_path, {"PATH": "/usr/bin:/bin"} | env) as running:
        assert running.status(event) == FAILED
        sign(signer)
        assert running.status(event) == FAILED
        assert "code=gate-unmet" in running.log()
        sign(qa)
        assert running.status(event) == SUCCEEDED
    with function.running(tmp_path, {"PATH": "/usr/bin:/bin"} | env | {"SEALGATE_ROLLBACK": "allow"}) as running:
        assert running.status(event) == SUCCEEDED


def test_files_are_those_of_the_package(lock, runs, signed, signer, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "root.crt").write_bytes(signer.root.read_bytes())
    with lock(trusted={"SEALGATE_ROOT": "root.crt", "SEALGATE_IDENTITY": signer.identity}) as running:
        assert running.status(runs({"web": signed.by_digest})) == SUCCEEDED


def test_cold_start_and_memory(lock, runs, signed, record_property):
    event = runs({"web": signed.by_digest})
    with lock() as running:
        began = time.monotonic()
        assert running.status(event) == SUCCEEDED
        cold = time.monotonic() - began
        began = time.monotonic()
        for _ in range(5):
            assert running.status(event) == SUCCEEDED
        warm = (time.monotonic() - began) / 5
        memory = running.peak_memory()
    size = sealgate_path().stat().st_size
    figures = f"first event {cold * 1000:.0f} ms, later ones {warm * 1000:.0f} ms, {memory / 1024:.0f} MiB"
    record_property("measured", f"lambda under the emulator ({size / 1e6:.0f} MB binary): {figures}")
    assert memory < 128 * 1024
