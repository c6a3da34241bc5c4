"""The matrix: who signs, who verifies, on which registry, with which key. Both tools read the same policy and store."""

import pytest

from lab import images, trust
from lab.certificates import CHAIN_LENGTHS, KEY_TYPES
from lab.registries import KINDS, signing_ways
from lab.tools import UNSIGNED

EACH_REGISTRY = pytest.mark.parametrize("registry", KINDS, indirect=True)
EACH_WAY = pytest.mark.parametrize("registry, force_tag", signing_ways(), indirect=["registry"])
EACH_KEY = pytest.mark.parametrize("key_type", KEY_TYPES)
EACH_CHAIN = pytest.mark.parametrize("length", CHAIN_LENGTHS)
EACH_FORM = pytest.mark.parametrize("form", images.IMAGE_FORMS)


@EACH_REGISTRY
@EACH_KEY
@EACH_CHAIN
@pytest.mark.matrix(
    table="keys (each with chains of 1, 2 and 4)", row="sealgate to notation, {registry}", column="{key_type}"
)
def test_notation_and_sealgate_accept_what_sealgate_signed(signers, key_type, length, sealgate, notation, image):
    signer = signers(key_type, length)
    trust.trust(sealgate.home.notation, signer)
    sealgate.refuses(UNSIGNED, image.by_digest, *sealgate.policy())

    sealgate.sign(signer, image.by_digest).succeeded()

    notation.accepts(image.by_digest)
    sealgate.accepts(image.by_digest, *sealgate.policy(), digests=[image.digest])
    assert sealgate.list(image.by_digest) == notation.list(image.by_digest)


@EACH_WAY
@EACH_KEY
@EACH_CHAIN
@pytest.mark.matrix(
    table="keys (each with chains of 1, 2 and 4)",
    row="notation to sealgate, {registry}, --force-referrers-tag={force_tag}",
    column="{key_type}",
)
def test_sealgate_accepts_what_notation_signed(signers, key_type, length, force_tag, sealgate, notation, image):
    signer = signers(key_type, length)
    trust.trust(sealgate.home.notation, signer)

    notation.sign(signer, image.by_digest, force_tag=force_tag).succeeded()

    sealgate.accepts(image.by_digest, *sealgate.policy(), digests=[image.digest])
    assert sealgate.list(image.by_digest) == notation.list(image.by_digest)


@EACH_REGISTRY
@EACH_FORM
@pytest.mark.matrix(table="artifacts (by tag and by digest)", row="sealgate to notation, {registry}", column="{form}")
def test_sealgate_signs_each_form_of_image_by_tag_and_by_digest(registry, form, home, signer, sealgate, notation, push):
    trust.trust(home.notation, signer)
    tagged = push("by-tag", form)
    digested = push("by-digest", form)

    sealgate.sign(signer, tagged.by_tag, digested.by_digest).succeeded()

    for image in (tagged, digested):
        notation.accepts(image.by_tag)
        notation.accepts(image.by_digest)
    sealgate.accepts(tagged.by_tag, digested.by_tag, *sealgate.policy(), digests=[tagged.digest, digested.digest])


@EACH_REGISTRY
@EACH_FORM
@pytest.mark.matrix(table="artifacts (by tag and by digest)", row="notation to sealgate, {registry}", column="{form}")
def test_sealgate_verifies_each_form_of_image_by_tag_and_by_digest(registry, form, home, signer, sealgate, notation, push):
    trust.trust(home.notation, signer)
    image = push("app", form)

    notation.sign(signer, image.by_digest).succeeded()

    sealgate.accepts(image.by_tag, *sealgate.policy(), digests=[image.digest])
    sealgate.accepts(image.by_digest, *sealgate.policy(), digests=[image.digest])


@EACH_REGISTRY
@pytest.mark.matrix(table="signed attributes", row="sealgate to notation, {registry}", column="user metadata")
def test_notation_finds_the_user_metadata_that_sealgate_signed(signer, sealgate, notation, image):
    trust.trust(sealgate.home.notation, signer)
    sealgate.sign(
        signer, image.by_digest, "--user-metadata", "commit=4f2a", "--user-metadata", "io.example/run=7"
    ).succeeded()

    shown = notation.accepts(image.by_digest, "--user-metadata", "commit=4f2a", "--user-metadata", "io.example/run=7")
    assert "4f2a" in shown.out
    notation.refuses(image.by_digest, "--user-metadata", "commit=beef")
    sealgate.accepts(image.by_digest, *sealgate.policy(), "--user-metadata", "commit=4f2a", digests=[image.digest])


@EACH_REGISTRY
@pytest.mark.matrix(table="signed attributes", row="notation to sealgate, {registry}", column="user metadata")
def test_sealgate_finds_the_user_metadata_that_notation_signed(signer, sealgate, notation, image):
    trust.trust(sealgate.home.notation, signer)
    notation.sign(
        signer, image.by_digest, "--user-metadata", "commit=4f2a", "--user-metadata", "io.example/run=7"
    ).succeeded()

    sealgate.accepts(image.by_digest, *sealgate.policy(), "--user-metadata", "commit=4f2a", digests=[image.digest])
    sealgate.refuses(10, image.by_digest, *sealgate.policy(), "--user-metadata", "commit=beef")
    sealgate.refuses(10, image.by_digest, *sealgate.policy(), "--user-metadata", "absent=4f2a")


@EACH_REGISTRY
@pytest.mark.matrix(table="signed attributes", row="{direction}, {registry}", column="expiry")
@pytest.mark.parametrize("direction", ["sealgate to notation", "notation to sealgate"])
def test_both_accept_before_the_expiry_and_refuse_after_it(direction, registry, home, signer, sealgate, notation, push):
    trust.trust(home.notation, signer)
    signs = sealgate.sign if direction.startswith("sealgate") else notation.sign
    lasting = push("lasting")
    short = push("short")

    signs(signer, lasting.by_digest, "--expiry", "24h").succeeded()
    signs(signer, short.by_digest, "--expiry", "1s").succeeded()
    wait_until_later_than(1)

    notation.accepts(lasting.by_digest)
    sealgate.accepts(lasting.by_digest, *sealgate.policy(), digests=[lasting.digest])
    notation.refuses(short.by_digest)
    sealgate.refuses(10, short.by_digest, *sealgate.policy(), failed="expiry")


def wait_until_later_than(seconds):
    """Times in signatures have whole seconds, so an expiry may be up to one second off."""
    import time

    time.sleep(seconds + 1.1)
