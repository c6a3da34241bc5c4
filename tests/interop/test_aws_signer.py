"""AWS Signer: what sealgate signed is seen by notation, and both judge alike what either signed.

notation needs AWS's plugin to verify, which no package registry has: those tests run where `SEALTEST_AWS_PLUGIN` names its
binary. What they found once stands in `tests/vectors/aws-plugin`, and is judged again in every run of the Rust tests.
"""

import base64
import datetime
import hashlib
import json

import pytest

from lab import aws_signer
from lab.aws import REGION
from lab.aws_case import ACCEPTED, SIGNERS
from lab.aws_cases import CASES
from lab.aws_signer import PROFILE_VERSION, Scene
from lab.images import SIGNATURE
from lab.process import run
from lab.recorder import recording

EACH_REGISTRY = pytest.mark.parametrize("registry", ["olareg", "crane", "docker"], indirect=True)
NO_PLUGIN = "not run: SEALTEST_AWS_PLUGIN is not set"
WITH_PLUGIN = pytest.mark.skipif(not aws_signer.plugin_path(), reason=NO_PLUGIN)


@pytest.fixture
def play(home, registry, aws_endpoint, push):
    """Sets the scene for a case; the plugin is there where it is known."""
    if binary := aws_signer.plugin_path():
        aws_signer.install_plugin(home, binary)

    def play(name="app", region=REGION, port=None):
        return Scene(home, registry, aws_endpoint, push(name), region, port)

    return play


@pytest.fixture
def scene(play):
    return play()


# --- without the plugin ------------------------------------------------------------------------------------------------


def fingerprints(signature):
    return [hashlib.sha256(base64.b64decode(der)).hexdigest() for der in signature.chain]


def time_of(text):
    return datetime.datetime.fromisoformat(text)


@EACH_REGISTRY
@pytest.mark.matrix(table="AWS Signer", row="notation lists what sealgate signed", column="{registry}")
def test_notation_lists_what_sealgate_signed(scene):
    scene.sign("sealgate", "--user-metadata", "commit=4f2a")
    assert (
        scene.notation.list(scene.image.by_digest) == [scene.signature.digest] == scene.sealgate.list(scene.image.by_digest)
    )


@EACH_REGISTRY
@pytest.mark.matrix(table="AWS Signer", row="notation inspects what sealgate signed", column="{registry}")
def test_notation_and_sealgate_read_the_same_out_of_what_sealgate_signed(scene):
    scene.sign("sealgate", "--user-metadata", "commit=4f2a")
    finished = scene.notation.run("inspect", "--output", "json", scene.image.by_digest).succeeded()
    (theirs,) = json.loads(finished.out)["Signatures"]
    finished = scene.sealgate.run("inspect", "--format", "json", scene.image.by_digest).succeeded()
    (candidate,) = scene.sealgate.artifacts(finished)[0]["candidates"]
    ours = candidate["content"]

    assert theirs["digest"] == candidate["signature_manifest"] == scene.signature.digest
    assert theirs["mediaType"] == candidate["envelope_type"]
    assert theirs["signatureAlgorithm"] == ours["signature_algorithm"] == "ECDSA-SHA-384"
    signed = theirs["signedAttributes"]
    assert signed["signingScheme"] == ours["signing_scheme"] == "notary.x509.signingAuthority"
    assert time_of(signed["signingTime"]) == time_of(ours["authentic_signing_time"])
    assert time_of(signed["expiry"]) == time_of(ours["expiry"])
    for name, value in ours["extended_attributes"].items():
        assert signed[name] == value
    assert signed[PROFILE_VERSION] == scene.version
    assert theirs["userDefinedAttributes"] == ours["user_metadata"] == {"commit": "4f2a"}
    chain = [(one["SHA256Fingerprint"], one["issuedTo"], one["issuedBy"], one["expiry"]) for one in theirs["certificates"]]
    assert chain == [(one["sha256"], one["subject"], one["issuer"], one["not_after"]) for one in ours["certificates"]]
    assert [certificate[0] for certificate in chain] == fingerprints(scene.signature)
    artifact = ours["target_artifact"]
    assert theirs["signedArtifact"]["digest"] == artifact["digest"] == scene.image.digest
    assert theirs["signedArtifact"]["size"] == artifact["size"]


@EACH_REGISTRY
@pytest.mark.matrix(table="AWS Signer", row="oras sees what sealgate signed", column="{registry}")
def test_oras_sees_the_signature(scene, home, registry):
    scene.sign("sealgate")
    command = ["oras", "discover", "--plain-http", "--format", "json", scene.image.by_digest]
    seen = json.loads(run(command, home.env(**registry.env())).succeeded().out)
    (referrer,) = seen.get("referrers") or seen.get("manifests")
    assert (referrer["digest"], referrer["artifactType"]) == (scene.signature.digest, SIGNATURE)
    thumbprints = referrer["annotations"]["io.cncf.notary.x509chain.thumbprint#S256"]
    assert json.loads(thumbprints) == fingerprints(scene.signature)


@pytest.mark.parametrize("installed", ["no plugin", "a dummy in its place"])
@pytest.mark.matrix(table="AWS Signer, notation's trust policy", row="sealgate verifies", column="{installed}")
def test_sealgate_reads_the_trust_policy_for_notation_whatever_stands_in_the_plugins_place(installed, scene):
    aws_signer.remove_plugin(scene.home)
    if installed != "no plugin":
        aws_signer.install_dummy(scene.home)
    scene.sign("sealgate")
    scene.trust()
    assert scene.ask_sealgate().accepted
    scene.trust([f"{scene.profile}x"])
    assert scene.ask_sealgate().reason == "aws-profile-mismatch"
    assert not scene.ask_notation().accepted, "the dummy verifies nothing"


# --- with the plugin ---------------------------------------------------------------------------------------------------


def asked():
    """Each case with each signer; where the plugin is not at hand, one test that says so."""
    if not aws_signer.plugin_path():
        return [pytest.param(None, None, marks=WITH_PLUGIN, id="the plugin")]
    return [pytest.param(case, by, id=f"{case.name}-{by}") for case in CASES for by in case.signers]


@pytest.mark.parametrize("case, by", asked())
@pytest.mark.matrix(table="AWS Signer, case by case", row="signed by {by}", column="{case}")
def test_notation_with_the_plugin_and_sealgate_judge_as_they_must(case, by, play):
    scene = play(f"{case.name}-{by}", case.region)
    identities = case.play(scene, by)
    pair = scene.ask_notation()
    assert pair.accepted == (case.pair == ACCEPTED), str(pair)
    judged = [scene.ask_sealgate()] + ([scene.ask_sealgate(*identities)] if case.by_profile else [])
    for verdict in judged:
        assert (verdict.code, verdict.row, verdict.reason) == case.sealgate.facts(), str(verdict)


@WITH_PLUGIN
@EACH_REGISTRY
@pytest.mark.matrix(table="AWS Signer", row="{by} signs, both verify", column="{registry}")
@pytest.mark.parametrize("by", SIGNERS)
def test_both_accept_what_either_signed_on_each_registry(by, scene):
    scene.sign(by)
    scene.trust()
    assert scene.ask_notation().accepted
    assert scene.ask_sealgate().accepted


@WITH_PLUGIN
@pytest.mark.matrix(table="AWS Signer, notation's trust policy", row="notation verifies", column="sealgate trust install")
def test_notation_with_the_plugin_uses_the_trust_that_sealgate_installed(play):
    installed, other = play("installed"), play("other")
    root = ["--aws-root", installed.root_file()]
    installed.sealgate.run("trust", "install", "--profile", installed.profile, *root).succeeded()
    for scene, accepted in ((installed, True), (other, False)):
        scene.sign("plugin")
        assert scene.ask_notation().accepted == accepted
        assert scene.ask_sealgate().accepted == accepted


@WITH_PLUGIN
@pytest.mark.parametrize("by", SIGNERS)
def test_both_ask_aws_the_same_about_revocation(by, play, aws_endpoint):
    with recording(aws_endpoint.port) as recorder:
        scene = play(port=recorder.port)
        scene.sign(by)
        recorder.exchanges.clear()
        scene.trust()
        assert scene.ask_notation().accepted
        assert scene.ask_sealgate().accepted
        theirs, ours = recorder.of("GetRevocationStatus")
    assert theirs.as_set() == ours.as_set()
    assert len(ours.query) == 4 + len(scene.signature.chain)


@WITH_PLUGIN
def test_both_send_aws_the_same_to_sign(play, aws_endpoint):
    with recording(aws_endpoint.port) as recorder:
        scene = play(port=recorder.port)
        scene.sign_with_plugin("--user-metadata", "commit=4f2a")
        scene.sign_with_sealgate("--user-metadata", "commit=4f2a", "--force")
        theirs, ours = (json.loads(exchange.body) for exchange in recorder.of("SignPayload"))
    payloads = [json.loads(base64.b64decode(body.pop("payload"), validate=True)) for body in (theirs, ours)]
    assert payloads[0] == payloads[1]
    assert theirs == ours


@WITH_PLUGIN
@pytest.mark.parametrize("by", SIGNERS)
@pytest.mark.parametrize("good_first", [True, False])
def test_a_revoked_signature_does_not_hide_a_good_one(by, good_first, scene):
    scene.sign(by)
    first = scene.signature
    scene.sign_with_plugin()
    second = next(one for one in scene.signatures() if one.digest != first.digest)
    scene.signature = second if good_first else first
    scene.signer.revoke_signature(jobId=scene.signature.job_id, reason="test")
    scene.trust()
    assert scene.ask_notation().accepted
    finished = scene.sealgate.verify("--aws-root", scene.root_file(), scene.image.by_digest, **scene.sealgate_env())
    (artifact,) = scene.sealgate.artifacts(finished.succeeded())
    assert artifact["verified"]
    assert artifact["listing"]["found"] == 2


@WITH_PLUGIN
def test_sealgate_keeps_what_the_plugin_signed(scene):
    """What is asked for is there already, in notation's form: another signature by the same profile is not made."""
    scene.sign("plugin")
    before = scene.signature.digest
    scene.sign_with_sealgate("--signature-manifest", "legacy")
    assert scene.sealgate.list(scene.image.by_digest) == [before]
