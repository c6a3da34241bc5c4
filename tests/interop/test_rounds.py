"""How many requests wait for one another: what a user at the other end of a slow line feels."""

import dataclasses

import pytest

from lab import trust
from lab.delay_proxy import delay_proxy
from lab.tools import Notation, Sealgate

# Long enough that requests which are sent together are seen as such.
ONE_WAY = 0.02

# Artifact and listing at once, then signature manifest, then envelope. A manifest of ours is fetched with its envelope.
VERIFY_NOTATIONS = 3
VERIFY_OURS = 2
BY_TAG = 1
# Artifact and listing, upload, blob and configuration, manifest, read-back.
SIGN = 5


@pytest.fixture
def slow(registry):
    """The registry behind a slow line, and the diary of the requests to it."""
    port = int(registry.host.rsplit(":", 1)[1])
    with delay_proxy(port, ONE_WAY) as proxy:
        yield dataclasses.replace(registry, host=f"localhost:{proxy.port}"), proxy.diary


def through(image, registry):
    """The same image, by the way of the proxy."""
    return dataclasses.replace(image, repository=image.repository.replace(image.repository.split("/")[0], registry.host))


def check(diary, limit, record_property, what):
    record_property("measured", f"{what}: {diary.rounds()} rounds, {len(diary.requests)} requests")
    assert 0 < diary.rounds() <= limit, diary.lines()


@pytest.mark.parametrize("by", ["notation", "sealgate"])
@pytest.mark.matrix(table="dependent requests", row="verify what {by} signed", column="olareg")
def test_verify_asks_in_few_rounds(by, slow, sealgate, notation, image, signer, record_property):
    registry, diary = slow
    (sealgate if by == "sealgate" else notation).sign(signer, image.by_digest).succeeded()
    image = through(image, registry)
    policy = ["--root", signer.root, "--identity", signer.identity]
    far = Sealgate(sealgate.home, registry)
    limit = VERIFY_OURS if by == "sealgate" else VERIFY_NOTATIONS

    diary.clear()
    far.accepts(image.by_digest, *policy, digests=[image.digest])
    check(diary, limit, record_property, f"sealgate verifies what {by} signed, by digest")

    diary.clear()
    far.accepts(image.by_tag, *policy, digests=[image.digest])
    check(diary, limit + BY_TAG, record_property, f"sealgate verifies what {by} signed, by tag")


@pytest.mark.matrix(table="dependent requests", row="sign an unsigned image", column="olareg")
def test_sign_asks_in_few_rounds(slow, sealgate, image, signer, record_property):
    registry, diary = slow
    Sealgate(sealgate.home, registry).sign(signer, through(image, registry).by_digest).succeeded()
    check(diary, SIGN, record_property, "sealgate signs an unsigned image, by digest")


def test_the_diary_counts_what_is_known_of_notation(slow, notation, image, signer, record_property):
    registry, diary = slow
    trust.trust(notation.home.notation, signer)
    far, image = Notation(notation.home, registry), through(image, registry)
    far.sign(signer, image.by_digest).succeeded()
    record_property("measured", f"notation signs, by digest: {diary.rounds()} rounds, {len(diary.requests)} requests")
    assert diary.rounds() in (6, 8), diary.lines()

    diary.clear()
    far.accepts(image.by_digest)
    record_property("measured", f"notation verifies, by digest: {diary.rounds()} rounds, {len(diary.requests)} requests")
    assert (diary.rounds(), diary.connections) == (5, 1), diary.lines()
