"""The whole story, with attacks on it: three teams approve an image, its digest is pinned, and ECS asks whether it may run.

On AWS's own host names, and with no setting that weakens a check, so that the end is `verified` and no less."""

import json
import shutil

import pytest

from lab import gates, registries
from lab.certificates import write_team
from lab.ecr import names
from lab.gates import Gates, certificate, key_of, reasons
from lab.images import Hand
from lab.process import Home
from lab.story import FAILED, SUCCEEDED, Job, Story
from lab.tools import CONFIGURATION, GATE_UNMET, OK, REJECTED, UNSIGNED, Notation


@pytest.fixture
def team(signers):
    """Who builds, who tests, who releases: each with a root and a kind of key of their own."""
    return {"ci": signers(name="ci"), "qa": signers("rsa-2048", name="qa"), "security": signers("ec-p384", 1, "security")}


@pytest.fixture
def job(laboratory, account, home):
    variables = laboratory.env() | account.user_env()
    # It would count as trust in more authorities than the system's.
    del variables["AWS_CA_BUNDLE"]
    return Job(home, variables=variables)


@pytest.fixture
def told(laboratory, account, job, tmp_path):
    """Makes the story of a file of gates."""

    def told(path):
        return Story(Gates(job, path), account.endpoint, tmp_path, settings=job.variables)

    return told


def write_gates(folder, signers, **changed):
    """Gates of the three: `changed` are stages that ask for something else."""
    stages = {
        "build": {"require": ["ci"]},
        "test": {"after": ["build"], "require": [{"signer": "qa", "metadata": {"stage": "test"}}]},
        "prod": {"after": ["test"], "require": [{"signer": "security", "metadata": {"stage": "prod"}}]},
    }
    return gates.write(folder, signers, stages | changed)


@pytest.fixture
def story(told, team, tmp_path):
    return told(write_gates(tmp_path, {name: certificate(signer) for name, signer in team.items()}))


@pytest.fixture
def approved(laboratory, home, job, team):
    """Pushes an image that is approved, up to a stage."""

    def approved(name="app", by=("ci", "qa", "security"), **options):
        image = laboratory.push(home, name, **options)
        for who, metadata in (("ci", "built=yes"), ("qa", "stage=test"), ("security", "stage=prod")):
            if who in by:
                job.sign(team[who], "--user-metadata", metadata, image.by_digest).succeeded()
        return image

    return approved


def hand(laboratory, image):
    """Someone who may push to the repository of an image."""
    return Hand(laboratory.registry, laboratory.behind(image))


@pytest.mark.matrix(table="from build to deployment", row="ECR: three keys, one of them with notation", column="olareg")
def test_what_three_teams_approved_is_pinned_and_deployed(story, team, job, laboratory, account, home, tmp_path):
    app, log = laboratory.push(home, "app"), laboratory.push(home, "log")
    story.define(app=app.by_tag, log=log.by_tag)
    qa = Notation(Home(tmp_path / "qa"))
    token = laboratory.new_token(account)
    registries.write_docker_login(qa.home.docker / "config.json", names.PLAIN, "AWS", token.password)
    with story.hook() as running:
        story.refuses(UNSIGNED)
        assert running.status(story.deployed()) == FAILED
        for image in (app, log):
            job.sign(team["ci"], image.by_digest).succeeded()
        story.refuses(GATE_UNMET)
        assert story.gates.approve("prod", "security", app, *key_of(team["security"])).code == GATE_UNMET
        for image in (app, log):
            qa.use_key(team["qa"])
            sign = ["sign", "--force-referrers-tag=false", "--user-metadata", "stage=test", image.by_digest]
            qa.run(*sign, **laboratory.env()).succeeded()
            story.gates.let_pass("test", image)
        story.refuses(GATE_UNMET)
        story.gates.approve("prod", "security", app, *key_of(team["security"])).succeeded()
        # All or nothing: the sidecar is not released.
        story.refuses(GATE_UNMET)
        story.gates.approve("prod", "security", log, *key_of(team["security"])).succeeded()
        rows = story.gates.let_pass("prod", app)
        assert [[one["signer"] for one in row["met_by"]] for row in rows] == [["ci"], ["qa"], ["security"]]

        summary = tmp_path / "vsa.jsonl"
        story.gates.verify("prod", app, "--vsa-out", summary).succeeded()
        statement = json.loads(summary.read_text())
        assert statement["subject"][0]["digest"]["sha256"] == app.digest.removeprefix("sha256:")
        assert statement["predicate"]["verificationResult"] == "PASSED"

        assert running.status(story.deployed()) == FAILED, "a tag may lead anywhere until ECS has resolved it"
        story.pins(app, log)
        assert running.status(story.deployed()) == SUCCEEDED
        written = story.file.read_bytes()
        assert story.pin().code == OK and story.file.read_bytes() == written, "what is pinned stays"


def test_a_tag_that_moved_after_it_was_verified_is_not_pinned(story, approved, laboratory, home):
    app = approved()
    story.gates.sealgate.accepts("--gates", story.gates.path, "--stage", "prod", app.by_tag, digests=[app.digest])
    moved = laboratory.push(home, "app", text="something else")
    assert moved.by_tag == app.by_tag and moved.digest != app.digest
    story.define(app=app.by_tag)
    report = story.refuses(UNSIGNED)
    assert moved.digest in json.dumps(report["artifacts"])
    story.stops("image-not-bound", {"app": app.digest})
    story.stops("unsigned", {"app": moved.digest})


def test_a_tag_that_moved_beside_its_digest_is_told_and_the_digest_stays(story, approved, laboratory, home):
    app = approved()
    laboratory.push(home, "app", text="something else")
    story.define(app=f"{app.by_tag}@{app.digest}")
    finished = story.pin().succeeded()
    assert "moved-tag" in finished.out
    assert f'{app.digest}"' in story.file.read_text()


def test_one_key_is_not_two_signers(told, laboratory, home, job, tmp_path):
    anna, ben, carl = write_team(tmp_path / "one", "anna", "ben", "carl", shared_key=True)
    people = {one.name: certificate(one) for one in (anna, ben, carl)}
    story = told(gates.write(tmp_path, people, {"prod": {"require": [{"any": 2, "of": [*people]}]}}))
    app = laboratory.push(home, "app")
    story.define(app=app.by_digest)
    job.sign(anna, app.by_digest).succeeded()
    job.sign(ben, app.by_digest).succeeded()
    (artifact,) = story.refuses(GATE_UNMET)["artifacts"]
    assert reasons(artifact) == {("anna", "gate-shared-key"), ("ben", "gate-shared-key")}
    story.stops("gate-unmet")


def test_one_root_is_not_two_signers(told, team, approved, tmp_path):
    people = {"anna": certificate(team["ci"]), "ben": certificate(team["ci"])}
    # The same certificate in another file is the same.
    copy = tmp_path / "copy.crt"
    shutil.copy(team["ci"].root, copy)
    people["ben"]["root"] = str(copy)
    story = told(gates.write(tmp_path, people, {"prod": {"require": ["anna", "ben"]}}))
    story.define(app=approved().by_digest)
    assert story.refuses(CONFIGURATION)["error"]["code"] == "gates"
    story.never_starts("gates.yaml")


def test_an_approval_of_another_image_does_not_count(story, approved, laboratory, team, job, home):
    app = approved(by=("ci", "qa"))
    other = laboratory.push(home, "app", tag="v2", text="another")
    job.sign(team["security"], "--user-metadata", "stage=prod", other.by_digest).succeeded()
    hand(laboratory, app).take_signature(hand(laboratory, other))
    story.define(app=app.by_digest)
    (artifact,) = story.refuses(GATE_UNMET)["artifacts"]
    assert [row["status"] for row in artifact["gate"]["rows"]][:2] == ["met", "met"]
    assert len(artifact["candidates"]) == 3, "it was looked at"
    story.stops("gate-unmet")


def test_an_approval_by_the_right_key_for_another_stage_does_not_count(story, approved, team, job):
    app = approved(by=("ci", "qa"))
    job.sign(team["security"], "--user-metadata", "stage=test", app.by_digest).succeeded()
    story.define(app=app.by_digest)
    (artifact,) = story.refuses(GATE_UNMET)["artifacts"]
    assert reasons(artifact) == {("security", "gate-metadata")}
    story.stops("gate-unmet")


def test_junk_over_the_cap_opens_no_gate_and_is_told(story, approved, laboratory, job, foreign, home):
    app = laboratory.push(home, "app")
    job.sign(foreign, app.by_digest).succeeded()
    pusher = hand(laboratory, app)
    (signature,) = pusher.signatures()
    junk = json.loads(pusher.manifest(signature["digest"])[0])
    for number in range(6):
        pusher.attach(junk | {"annotations": {**junk.get("annotations", {}), "junk": str(number)}})
    story.define(app=app.by_digest)
    (artifact,) = story.refuses(REJECTED, "--max-signatures", "3")["artifacts"]
    judged = [one for one in artifact["candidates"] if one["decision"] != "not-judged"]
    assert artifact["listing"]["complete"] is False and len(judged) == 3
    story.stops("rejected", SEALGATE_MAX_SIGNATURES="3")
    # Approvals among as much junk as may be looked at are found; fewer looks than it needs approvals open nothing.
    approved()
    story.refuses(GATE_UNMET, "--max-signatures", "2")
    story.pins(app)


def test_an_unsigned_sidecar_stops_all(story, approved, laboratory, home):
    app, log = approved(), laboratory.push(home, "log")
    story.define(app=app.by_tag, log=log.by_tag)
    story.refuses(UNSIGNED)
    story.define(app=app.by_digest, log=log.by_digest)
    told = story.stops("unsigned").splitlines()
    assert [line for line in told if "not verified" in line and "containers=log" in line and "code=unsigned" in line], told
    assert [line for line in told if "not verified" not in line and "verified" in line and f"image={app.by_digest}" in line], told


@pytest.mark.parametrize(
    "image",
    [{"name": "app"}, "", 5, None, ["app"], True, "${IMAGE}"],
    ids=["map", "empty", "number", "null", "list", "boolean", "variable"],
)
def test_what_is_no_image_is_no_image(image, story, approved, laboratory):
    story.define(app=approved().by_digest, log=image)
    laboratory.diary.clear()
    problems = [problem for file in story.refuses(CONFIGURATION)["files"] for problem in file["problems"]]
    assert [problem["code"] for problem in problems] == ["image-field"] and problems[0]["place"]["line"] > 1
    assert laboratory.diary.requests == [], "nothing is asked for"
    with story.hook() as running:
        assert running.status(story.deployed()) == FAILED


@pytest.mark.parametrize(("head", "code"), [(1, "gates-from-pull-request"), (2, "trust-from-fork")], ids=["own", "fork"])
def test_gates_that_a_pull_request_brings_are_refused(head, code, told, laboratory, home, job, foreign, tmp_path):
    checkout = tmp_path / "work"
    checkout.mkdir()
    story = told(gates.write(checkout, {"me": certificate(foreign)}, {"prod": {"require": ["me"]}}))
    app = laboratory.push(home, "app")
    job.sign(foreign, app.by_digest).succeeded()
    story.define(app=app.by_tag)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"repo": {"id": head}}, "base": {"repo": {"id": 1}}}}))
    github = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": event}
    github |= {"GITHUB_WORKSPACE": checkout}
    assert story.refuses(CONFIGURATION, **github)["error"]["code"] == code
    # Whoever allows it is told: nothing is verified then.
    summary = tmp_path / "vsa.jsonl"
    given = ["--gates", story.gates.path, "--stage", "prod", "--vsa-out", summary, app.by_digest]
    report = json.loads(job.verify(*given, "--allow-checkout-trust", **github).succeeded().out)
    (artifact,) = report["artifacts"]
    assert [caveat["code"] for caveat in artifact["caveats"]] == ["trust-from-pull-request"], report
    assert json.loads(summary.read_text())["predicate"]["verificationResult"] == "FAILED"
    # The same file outside of the checkout is the job's own.
    outside = tmp_path / "gates.yaml"
    shutil.copy(story.gates.path, outside)
    job.verify("--gates", outside, "--stage", "prod", app.by_digest, **github).succeeded()


@pytest.mark.parametrize("is_pinned", [True, False], ids=["sha256", "no sha256"])
def test_a_root_that_was_swapped_is_an_error_or_another_policy(is_pinned, told, team, approved, job, signers, tmp_path):
    """With its fingerprint in the gates it is refused. Without, whoever swaps it decides; the policy digest is another then."""
    root = tmp_path / "security.crt"
    shutil.copy(team["security"].root, root)
    people = {name: certificate(signer) for name, signer in team.items()}
    people["security"]["root"] = str(root)
    story = told(write_gates(tmp_path, people))
    if is_pinned:
        checked = json.loads(job.run("gates", "check", "--format", "json", story.gates.path).succeeded().out)
        (pin,) = [one["roots"][0]["sha256"] for one in checked["gates"]["signers"] if one["name"] == "security"]
        people["security"]["sha256"] = pin
        write_gates(tmp_path, people)
    app = approved()
    story.define(app=app.by_digest)
    before = json.loads(story.gates.verify("prod", app).succeeded().out)["artifacts"][0]["gate"]["policy_digest"]
    # Another authority that names somebody as the one of the gates.
    mallory = signers(name="security")
    assert mallory.identity == team["security"].identity
    root.write_text(mallory.root.read_text())
    job.sign(mallory, "--user-metadata", "stage=prod", app.by_digest).succeeded()
    if is_pinned:
        assert story.refuses(CONFIGURATION)["error"]["code"] == "gates"
        story.never_starts("gates.yaml")
    else:
        (artifact,) = json.loads(story.pin().succeeded().out)["artifacts"]
        assert artifact["gate"]["policy_digest"] != before
