"""Gates: who must have signed before a stage lets an image pass. Real registries, notation and AWS Signer among the signers."""

import dataclasses
import json
import time

import pytest

from lab import gates, registries
from lab.aws import ACCESS_KEY, ACCOUNT, REGION, SECRET
from lab.certificates import write_team
from lab.delay_proxy import delay_proxy
from lab.gates import Gates, certificate, key_of, reasons
from lab.images import OCI_INDEX, Hand
from lab.tools import CONFIGURATION, GATE_UNMET, REJECTED, UNSIGNED, USAGE, Sealgate

EACH_REGISTRY = pytest.mark.parametrize("registry", registries.KINDS, indirect=True)
# One registry with the referrers API, one with the tag schema.
BOTH_WAYS = pytest.mark.parametrize("registry", ["olareg", "crane"], indirect=True)
ROUNDS = [("sealgate", 2), ("notation", 3)]


@pytest.fixture
def team(tmp_path):
    """Four people under one root."""
    return write_team(tmp_path / "team", "ci", "anna", "ben", "release")


@pytest.fixture
def pipeline(sealgate, team, tmp_path):
    """The gates of a pipeline: what was built, tested by one of two, and released."""
    signers = {signer.name: certificate(signer) for signer in team}
    tested = {"any": 1, "of": ["anna", "ben"], "metadata": {"stage": "test"}}
    stages = {
        "build": {"require": ["ci"]},
        "test": {"after": ["build"], "require": [tested]},
        "prod": {"after": ["test"], "require": ["release"]},
    }
    return Gates(sealgate, gates.write(tmp_path, signers, stages))


@EACH_REGISTRY
@pytest.mark.matrix(table="gates", row="three signers, one of them with notation", column="{registry}")
def test_an_image_passes_each_stage_when_its_signers_have_signed(pipeline, team, notation, image):
    ci, anna, _, release = team
    artifact, rows = pipeline.refuse(UNSIGNED, "prod", image)
    assert set(rows.values()) == {"missing"} and len(rows) == 3, artifact
    assert pipeline.approve("test", "anna", image, *key_of(anna)).code == UNSIGNED, "the stage before is not met"
    pipeline.refuse(UNSIGNED, "build", image)

    pipeline.approve("build", "ci", image, *key_of(ci)).succeeded()
    pipeline.let_pass("build", image)
    _, rows = pipeline.refuse(GATE_UNMET, "prod", image)
    assert list(rows.values()) == ["met", "missing", "missing"], rows
    assert pipeline.approve("prod", "release", image, *key_of(release)).code == GATE_UNMET

    # notation knows no stages: without the metadata it is an approval of nothing.
    notation.sign(anna, image.by_digest).succeeded()
    artifact, rows = pipeline.refuse(GATE_UNMET, "test", image)
    assert reasons(artifact) == {("anna", "gate-metadata")}
    notation.sign(anna, image.by_digest, "--user-metadata", "stage=test").succeeded()
    pipeline.let_pass("test", image)

    pipeline.approve("prod", "release", image, *key_of(release)).succeeded()
    rows = pipeline.let_pass("prod", image)
    assert [[one["signer"] for one in row["met_by"]] for row in rows] == [["ci"], ["anna"], ["release"]]
    assert {one["signature_manifest"] for row in rows for one in row["met_by"]} <= set(notation.list(image.by_digest))
    # Once more changes nothing.
    before = notation.list(image.by_digest)
    pipeline.approve("prod", "release", image, *key_of(release)).succeeded()
    assert notation.list(image.by_digest) == before


@BOTH_WAYS
@pytest.mark.matrix(table="gates, refused", row="foreign signers, another's key, another digest", column="{registry}")
def test_nobody_approves_for_another_signer_or_another_image(pipeline, sealgate, team, foreign, push):
    ci, anna, *_ = team
    image, other = push("app", text="one"), push("app", tag="v2", text="another")
    sealgate.sign(foreign, image.by_digest).succeeded()
    pipeline.refuse(REJECTED, "build", image)
    finished = pipeline.approve("build", "ci", image, *key_of(anna))
    assert (finished.code, json.loads(finished.out)["error"]["code"]) == (USAGE, "conflict"), str(finished)
    pipeline.refuse(REJECTED, "build", image)

    pipeline.approve("build", "ci", other, *key_of(ci)).succeeded()
    pipeline.let_pass("build", other)
    Hand(sealgate.registry, image).take_signature(Hand(sealgate.registry, other))
    pipeline.refuse(REJECTED, "build", image)


@BOTH_WAYS
@pytest.mark.matrix(table="gates, refused", row="one key as two signers", column="{registry}")
def test_one_key_is_never_two_signers(sealgate, image, tmp_path):
    anna, ben, carl = write_team(tmp_path / "team", "anna", "ben", "carl", shared_key=True)
    signers = {signer.name: certificate(signer) for signer in (anna, ben, carl)}
    path = gates.write(tmp_path, signers, {"prod": {"require": [{"any": 2, "of": ["anna", "ben", "carl"]}]}})
    shut = Gates(sealgate, path)
    sealgate.sign(anna, image.by_digest).succeeded()
    shut.refuse(GATE_UNMET, "prod", image)
    sealgate.sign(ben, image.by_digest).succeeded()
    artifact, _ = shut.refuse(GATE_UNMET, "prod", image)
    assert reasons(artifact) == {("anna", "gate-shared-key"), ("ben", "gate-shared-key")}

    # The same root and identity under two names does not get that far.
    twice = {"anna": certificate(anna), "ben": certificate(anna)}
    finished = Gates(sealgate, gates.write(tmp_path, twice, {"prod": {"require": ["anna", "ben"]}})).verify("prod", image)
    assert (finished.code, json.loads(finished.out)["error"]["code"]) == (CONFIGURATION, "gates"), str(finished)


@BOTH_WAYS
@pytest.mark.matrix(table="gates, refused", row="junk over the cap", column="{registry}")
def test_junk_keeps_a_gate_shut_and_the_cap_is_told(pipeline, sealgate, team, foreign, image):
    ci, *_ = team
    sealgate.sign(foreign, image.by_digest).succeeded()
    hand = Hand(sealgate.registry, image)
    (signature,) = hand.signatures()
    junk = json.loads(hand.manifest(signature["digest"])[0])
    for number in range(6):
        hand.attach(junk | {"annotations": {**junk.get("annotations", {}), "junk": str(number)}})
    artifact, rows = pipeline.refuse(REJECTED, "build", image, "--max-signatures", "3")
    assert artifact["listing"]["complete"] is False and "met" not in rows.values(), artifact
    # An approval is found among as much junk as may be looked at.
    sealgate.sign(ci, image.by_digest).succeeded()
    pipeline.let_pass("build", image)


@BOTH_WAYS
@pytest.mark.matrix(table="gates, refused", row="an index that lacks a platform", column="{registry}")
def test_a_copy_that_lacks_a_platform_does_not_pass_a_stage_that_asks_for_all(sealgate, team, push, tmp_path):
    ci, *_ = team
    hand = Hand(sealgate.registry, push("app", text="one"))
    one, other = hand.subject(), Hand(sealgate.registry, push("app", tag="v2", text="another")).subject()

    def index(*listed):
        entries = [one_of | {"platform": {"os": "linux", "architecture": name}} for name, one_of in listed]
        pushed = hand.push_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}, media_type=OCI_INDEX)
        return dataclasses.replace(hand.image, digest=pushed["digest"])

    stages = {"plain": {"require": ["ci"]}, "whole": {"require": ["ci"], "children": "all"}}
    signers = {"ci": certificate(ci)}
    plain = Gates(sealgate, gates.write(tmp_path, signers, {"plain": stages["plain"]}))
    (tmp_path / "all").mkdir()
    whole = Gates(sealgate, gates.write(tmp_path / "all", signers, {"whole": stages["whole"]}))
    image = index(("amd64", one), ("arm64", other))
    _, rows = whole.refuse(UNSIGNED, "whole", image)
    assert list(rows.values()) == ["missing", "not-asked"], rows
    sealgate.sign(ci, image.by_digest).succeeded()
    rows = whole.let_pass("whole", image)
    assert rows[1]["children"] == {"index": True, "there": 2, "listed": 2, "lacking": []}, rows

    status, _, body = sealgate.registry.request("DELETE", f"/v2/{hand.image.path}/manifests/{other['digest']}")
    assert status == 202, (status, body)
    plain.let_pass("plain", image)
    artifact, rows = whole.refuse(GATE_UNMET, "whole", image)
    assert list(rows.values()) == ["met", "missing"], rows
    (lacking,) = artifact["gate"]["rows"][1]["children"]["lacking"]
    assert (lacking["platform"], lacking["digest"]) == ("linux/arm64", other["digest"]), lacking
    # A platform manifest by itself, as a task of one platform names it, is no index.
    alone = dataclasses.replace(hand.image, digest=one["digest"])
    sealgate.sign(ci, alone.by_digest).succeeded()
    assert whole.let_pass("whole", alone)[1]["children"]["index"] is False


@pytest.mark.matrix(table="gates, refused", row="a root that was swapped", column="olareg")
def test_a_root_that_was_swapped_is_an_error(sealgate, team, foreign, image, tmp_path):
    ci, *_ = team
    checked = sealgate.run("gates", "check", "--format", "json", gates.write(tmp_path, {"ci": certificate(ci)}, {"build": {"require": ["ci"]}}))
    (signer,) = json.loads(checked.succeeded().out)["gates"]["signers"]
    pin = signer["roots"][0]["sha256"]
    pinned = Gates(sealgate, gates.write(tmp_path, {"ci": certificate(ci, sha256=pin)}, {"build": {"require": ["ci"]}}))
    sealgate.sign(ci, image.by_digest).succeeded()
    pinned.let_pass("build", image)
    ci.root.write_text(foreign.root.read_text())
    finished = pinned.verify("build", image)
    assert (finished.code, json.loads(finished.out)["error"]["code"]) == (CONFIGURATION, "gates"), str(finished)
    assert sealgate.run("gates", "check", pinned.path).code == CONFIGURATION


# What ends a label, begins a tag, a directive, a link or an arrow, if it were not text.
HOSTILE = [
    '"]; click s0 "javascript:alert(1)"',
    "<img src=x onerror=alert(1)>",
    "`**bold**`\n    s0 --> s1",
    "%%{init: {}}%%",
    "#quot;#35;",
    "style x:#1;",
]


@pytest.mark.matrix(table="gates", row="mermaid reads the picture", column="olareg")
def test_the_picture_is_what_mermaid_reads(sealgate, tmp_path):
    people = write_team(tmp_path / "team", *(f"p{place}" for place in range(len(HOSTILE))))
    signers = {person.name: certificate(person) for person in people}
    # Words of Mermaid are names of stages like any other.
    names = ["end", "subgraph", "click", "style", "graph", "default"]
    stages, boxes = {}, []
    for place, (name, person, text) in enumerate(zip(names, people, HOSTILE, strict=True)):
        stages[name] = {"require": [{"signer": person.name, "metadata": {text: text}}]}
        shown = text.replace("\n", "\\u{a}")
        boxes.append([f"s{place}", f"{name}<br>{person.name}, with {shown}={shown}", None])
    stages["default"]["after"] = ["end"]
    picture = sealgate.run("gates", "graph", gates.write(tmp_path, signers, stages)).succeeded().out
    assert gates.read_picture(picture) == {"type": "flowchart-v2", "boxes": boxes, "arrows": [["s0", "s5"]]}, picture


# --- AWS Signer ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def profiles(sealgate, aws_endpoint, tmp_path):
    """Gates with two signing profiles of the stand-in for AWS; approvals of `security` are soon too old."""
    client = aws_endpoint.client("signer")
    for name in ("ci", "security"):
        client.put_signing_profile(profileName=name, platformId="Notation-OCI-SHA384-ECDSA")
    arn = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles"
    root = tmp_path / "aws-root.pem"
    root.write_text(aws_endpoint.control("GET", "roots")["aws"])
    env = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION} | {
        "AWS_ENDPOINT_URL": aws_endpoint.url,
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def gates_of(max_age):
        signers = {name: {"profile": f"{arn}/{name}"} for name in ("ci", "security")}
        stages = {
            "build": {"require": ["ci"]},
            "prod": {"after": ["build"], "require": [{"signer": "security", "max-age": max_age}]},
        }
        path = gates.write(tmp_path, signers, stages)
        return Gates(sealgate, path, ["--aws-root", root], env)

    return gates_of


# Other roots than AWS's, and another endpoint: everything is met, and nothing may be called verified.
NOT_AWS = ("aws-root", "endpoint-url")


@EACH_REGISTRY
@pytest.mark.matrix(table="gates", row="two signing profiles; one approval revoked", column="{registry}")
def test_an_approval_that_was_revoked_counts_no_more(profiles, aws_endpoint, image):
    approved = profiles("30d")
    approved.approve("build", "ci", image).succeeded()
    approved.approve("prod", "security", image).succeeded()
    rows = approved.let_pass("prod", image, NOT_AWS)
    assert [one["signer"] for row in rows for one in row["met_by"]] == ["ci", "security"]
    job = rows[1]["met_by"][0]["signing_job"]
    aws_endpoint.client("signer").revoke_signature(jobId=job.rsplit("/", 1)[1], reason="found something")
    artifact, rows = approved.refuse(GATE_UNMET, "prod", image)
    assert list(rows.values()) == ["met", "refused"], artifact
    # Who looked again approves again.
    approved.approve("prod", "security", image).succeeded()
    approved.let_pass("prod", image, NOT_AWS)


@BOTH_WAYS
@pytest.mark.matrix(table="gates, refused", row="too old", column="{registry}")
def test_an_approval_that_is_too_old_counts_no_more(profiles, image):
    young = profiles("1h")
    young.approve("build", "ci", image).succeeded()
    young.approve("prod", "security", image).succeeded()
    young.let_pass("prod", image, NOT_AWS)
    time.sleep(2.5)
    artifact, rows = profiles("1s").refuse(GATE_UNMET, "prod", image)
    assert reasons(artifact) == {("security", "gate-too-old")} and list(rows.values()) == ["met", "refused"]


@pytest.mark.matrix(table="gates, refused", row="AWS does not answer", column="olareg")
def test_what_cannot_be_judged_is_not_a_missing_approval(profiles, aws_endpoint, image):
    approved = profiles("30d")
    approved.approve("build", "ci", image).succeeded()
    aws_endpoint.control("PUT", "fault", {"operation": "GetRevocationStatus", "fault": "denied", "author": "iam"})
    finished = approved.verify("build", image)
    (artifact,) = Sealgate.artifacts(finished)
    assert finished.code == 5 and not artifact["verified"], str(finished)
    assert [row["status"] for row in artifact["gate"]["rows"]] == ["not-judged"], str(finished)


# --- rounds -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "limit"), ROUNDS)
@pytest.mark.matrix(table="dependent requests", row="four approvals by {by}", column="olareg")
def test_gates_with_four_signatures_ask_in_the_rounds_of_one(
    by, limit, sealgate, notation, registry, team, image, tmp_path, record_property
):
    for signer in team:
        (sealgate if by == "sealgate" else notation).sign(signer, image.by_digest).succeeded()
    signers = {signer.name: certificate(signer) for signer in team}
    path = gates.write(tmp_path, signers, {"prod": {"require": list(signers)}})
    with delay_proxy(int(registry.host.rsplit(":", 1)[1]), 0.02) as proxy:
        far = dataclasses.replace(registry, host=f"localhost:{proxy.port}")
        there = dataclasses.replace(image, repository=image.repository.replace(registry.host, far.host))
        # Rounds are reckoned from times: where the machine is busy, what was asked together can look like one after the other.
        for _ in range(4):
            proxy.diary.clear()
            Gates(Sealgate(sealgate.home, far), path).let_pass("prod", there)
            diary = proxy.diary
            if diary.rounds() <= limit:
                break
        record_property("measured", f"gates with 4 signatures by {by}: {diary.rounds()} rounds, {len(diary.requests)} requests")
        assert 0 < diary.rounds() <= limit, diary.lines()
