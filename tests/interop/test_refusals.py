"""What must never be accepted, and the exit code that says why."""

import json

import pytest

from lab import registries, trust
from lab.images import Hand
from lab.process import free_port
from lab.tools import DENIED, NOT_FOUND, REJECTED, UNAVAILABLE, UNSIGNED

# One registry with the referrers API, one with the tag schema: the way to a signature differs, the verdict must not.
BOTH_WAYS = pytest.mark.parametrize("registry", ["olareg", "crane"], indirect=True)
EACH_REGISTRY = pytest.mark.parametrize("registry", registries.KINDS, indirect=True)
EACH_SIGNER = pytest.mark.parametrize("by", ["sealgate", "notation"])


@pytest.fixture
def sign(by, sealgate, notation):
    """Signs with the tool of this case."""
    return sealgate.sign if by == "sealgate" else notation.sign


@EACH_REGISTRY
@pytest.mark.matrix(table="refusals", row="{registry}", column="unsigned: exit 11")
def test_an_unsigned_image_is_unsigned(sealgate, image, signer):
    trust.trust(sealgate.home.notation, signer)
    sealgate.refuses(UNSIGNED, image.by_digest, *sealgate.policy())
    sealgate.refuses(UNSIGNED, image.by_tag, *sealgate.policy())


@EACH_REGISTRY
@pytest.mark.matrix(table="refusals", row="{registry}", column="missing image: exit 6")
def test_a_missing_image_is_not_found(sealgate, image, signer):
    trust.trust(sealgate.home.notation, signer)
    sealgate.refuses(NOT_FOUND, f"{image.repository}:nobody-pushed-this", *sealgate.policy())
    sealgate.refuses(NOT_FOUND, f"{image.repository}@sha256:{'0' * 64}", *sealgate.policy())
    assert sealgate.sign(signer, f"{image.repository}:nobody-pushed-this").code == NOT_FOUND


@EACH_REGISTRY
@EACH_SIGNER
@pytest.mark.matrix(table="refusals", row="{registry}", column="foreign signer: exit 10")
def test_another_root_or_another_identity_is_rejected(by, sign, sealgate, image, signer, foreign):
    sign(signer, image.by_digest).succeeded()
    accepted = ["--root", signer.root, "--identity", signer.identity]
    sealgate.accepts(image.by_digest, *accepted, digests=[image.digest])

    for wrong in (
        ["--root", foreign.root, "--identity", signer.identity],
        ["--root", signer.root, "--identity", foreign.identity],
        ["--root", signer.root, "--identity", "x509.subject: C=US, ST=WA, O=Other"],
        ["--root", foreign.root, "--identity", "*"],
    ):
        sealgate.refuses(REJECTED, image.by_digest, *wrong, failed="authenticity")


@BOTH_WAYS
@EACH_SIGNER
@pytest.mark.matrix(table="refusals", row="{registry}", column="tampered image: exit 10")
def test_a_signature_of_another_image_is_rejected_by_both(by, sign, sealgate, notation, registry, home, signer, push):
    trust.trust(home.notation, signer)
    good = push("moved", text="as it was built")
    tampered = push("moved", text="with something added")
    sign(signer, good.by_digest).succeeded()
    sealgate.refuses(UNSIGNED, tampered.by_tag, *sealgate.policy())

    hand = Hand(registry, tampered)
    (signature,) = Hand(registry, good).signatures()
    manifest = json.loads(hand.manifest(signature["digest"])[0])
    hand.attach(manifest | {"subject": hand.subject()})

    notation.refuses(tampered.by_digest)
    sealgate.refuses(REJECTED, tampered.by_tag, *sealgate.policy())
    sealgate.refuses(REJECTED, tampered.by_digest, *sealgate.policy(), failed="integrity")
    sealgate.accepts(good.by_digest, *sealgate.policy(), digests=[good.digest])


def with_flipped_signature(hand, manifest):
    """The envelope with one bit of its signature changed."""
    envelope = json.loads(hand.blob(manifest["layers"][0]["digest"]))
    first = envelope["signature"][0]
    envelope["signature"] = ("B" if first == "A" else "A") + envelope["signature"][1:]
    layer = hand.push_blob(json.dumps(envelope).encode()) | {"mediaType": manifest["layers"][0]["mediaType"]}
    return manifest | {"layers": [layer]}


def with_two_envelopes(hand, manifest):
    """No signature manifest: those have exactly one layer."""
    return manifest | {"layers": manifest["layers"] * 2}


def with_garbage(hand, manifest):
    """An envelope that is no JSON."""
    layer = hand.push_blob(b"not an envelope") | {"mediaType": manifest["layers"][0]["mediaType"]}
    return manifest | {"layers": [layer]}


def with_foreign_media_type(hand, manifest):
    """An envelope in a format that nobody knows."""
    return manifest | {"layers": [manifest["layers"][0] | {"mediaType": "application/x-unknown"}]}


SPOILED = (with_flipped_signature, with_two_envelopes, with_garbage, with_foreign_media_type)


@BOTH_WAYS
@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.matrix(table="refusals", row="{registry}", column="spoiled signature: exit 10")
def test_a_spoiled_signature_is_rejected(spoil, sealgate, notation, registry, home, signer, push):
    trust.trust(home.notation, signer)
    donor = push("donor", text="donor")
    image = push("victim", text="donor")
    assert donor.digest == image.digest
    notation.sign(signer, donor.by_digest).succeeded()

    move_signature(registry, donor, image, spoil)

    notation.verify(image.by_digest).failed()
    sealgate.refuses(REJECTED, image.by_digest, *sealgate.policy())


def move_signature(registry, donor, image, spoil=None):
    """Copies the one signature of an image to the same image in another repository, spoiled on the way."""
    source, target = Hand(registry, donor), Hand(registry, image)
    (signature,) = source.signatures()
    manifest = json.loads(source.manifest(signature["digest"])[0])
    for part in (manifest["config"], *manifest["layers"]):
        target.push_blob(source.blob(part["digest"]))
    return target.attach(spoil(target, manifest) if spoil else manifest)


@BOTH_WAYS
@pytest.mark.parametrize("bad_first", [True, False])
@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.matrix(table="a bad signature beside a good one", row="{registry}", column="bad first: {bad_first}")
def test_a_bad_signature_does_not_hide_a_good_one(bad_first, spoil, sealgate, notation, registry, home, signer, push):
    trust.trust(home.notation, signer)
    donor = push("donor", text="donor")
    image = push("both", text="donor")
    notation.sign(signer, donor.by_digest).succeeded()

    steps = [
        lambda: move_signature(registry, donor, image, spoil),
        lambda: notation.sign(signer, image.by_digest).succeeded(),
    ]
    for step in steps if bad_first else reversed(steps):
        step()

    assert len(sealgate.list(image.by_digest)) == 2
    sealgate.accepts(image.by_digest, *sealgate.policy(), digests=[image.digest])


@BOTH_WAYS
@pytest.mark.parametrize("bad_first", [True, False])
@pytest.mark.matrix(table="a bad signature beside a good one", row="{registry}", column="bad first: {bad_first}")
def test_a_foreign_signature_does_not_hide_a_good_one(bad_first, sealgate, notation, image, signer, foreign):
    trust.trust(sealgate.home.notation, signer)
    for one in (foreign, signer) if bad_first else (signer, foreign):
        sealgate.sign(one, image.by_digest).succeeded()

    assert len(notation.list(image.by_digest)) == 2
    notation.accepts(image.by_digest)
    sealgate.accepts(image.by_digest, *sealgate.policy(), digests=[image.digest])
    sealgate.accepts(image.by_digest, "--root", foreign.root, "--identity", foreign.identity, digests=[image.digest])


@pytest.mark.parametrize("registry", ["docker-htpasswd", "docker-token"], indirect=True)
@pytest.mark.matrix(table="refusals", row="{registry}", column="denied: exit 5")
def test_a_missing_or_wrong_login_is_denied(sealgate, registry, image, signer):
    trust.trust(sealgate.home.notation, signer)
    for login in ("{}", registries.docker_login(registry.host, "robot", "wrong"), registries.docker_login("other.example")):
        (sealgate.home.docker / "config.json").write_text(login)
        sealgate.refuses(DENIED, image.by_digest, *sealgate.policy())
        assert sealgate.sign(signer, image.by_digest).code == DENIED


@pytest.mark.parametrize("registry", ["docker-token"], indirect=True)
@pytest.mark.matrix(table="refusals", row="{registry}", column="denied: exit 5")
def test_a_reader_may_verify_but_not_sign(sealgate, registry, image, signer):
    trust.trust(sealgate.home.notation, signer)
    sealgate.sign(signer, image.by_digest).succeeded()
    registries.write_docker_login(sealgate.home.docker / "config.json", registry.host, "reader", "only looking")

    sealgate.accepts(image.by_digest, *sealgate.policy(), digests=[image.digest])
    assert sealgate.sign(signer, image.by_digest, "--force").code == DENIED


def test_a_registry_that_is_down_is_unavailable(sealgate, signer):
    trust.trust(sealgate.home.notation, signer)
    image = f"localhost:{free_port()}/app@sha256:{'0' * 64}"
    sealgate.refuses(UNAVAILABLE, image, *sealgate.policy())
    assert sealgate.sign(signer, image).code == UNAVAILABLE


@pytest.mark.parametrize("registry", ["docker-tls"], indirect=True)
def test_a_certificate_of_an_unknown_authority_is_not_accepted(sealgate, image, signer):
    trust.trust(sealgate.home.notation, signer)
    sealgate.sign(signer, image.by_digest).succeeded()
    finished = sealgate.run("verify", "--format", "json", image.by_digest, *sealgate.policy()).failed()
    assert finished.code in (3, UNAVAILABLE), str(finished)
    assert not any(one["verified"] for one in sealgate.artifacts(finished))


def test_one_unsigned_image_among_signed_ones_fails_the_call(sealgate, registry, home, signer, push):
    trust.trust(home.notation, signer)
    signed = [push(f"many/{number}") for number in range(5)]
    unsigned = push("many/unsigned")
    references = [image.by_digest for image in signed]
    sealgate.sign(signer, *references).succeeded()

    sealgate.accepts(*references, *sealgate.policy(), digests=[image.digest for image in signed])
    finished = sealgate.verify(*references, unsigned.by_digest, *sealgate.policy())
    assert finished.code == UNSIGNED, str(finished)
    verdicts = {one["reference"]: one["outcome"] for one in sealgate.artifacts(finished)}
    assert verdicts == dict.fromkeys(references, "verified") | {unsigned.by_digest: "unsigned"}


def test_signing_again_adds_nothing_unless_forced(sealgate, notation, image, signer):
    trust.trust(sealgate.home.notation, signer)
    for _ in range(2):
        sealgate.sign(signer, image.by_digest).succeeded()
        assert len(notation.list(image.by_digest)) == 1
    sealgate.sign(signer, image.by_digest, "--force").succeeded()
    assert len(notation.list(image.by_digest)) == 2
