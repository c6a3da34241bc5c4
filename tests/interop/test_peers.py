"""notation against itself on every registry: what fails here is wrong with a peer or with the lab, not with sealgate."""

import pytest

from lab import images, trust
from lab.registries import KINDS, signing_ways

EACH_REGISTRY = pytest.mark.parametrize("registry", KINDS, indirect=True)


@pytest.mark.parametrize("registry, force_tag", signing_ways(), indirect=["registry"])
@pytest.mark.matrix(table="notation to notation", row="{registry}", column="force-referrers-tag={force_tag}")
def test_notation_accepts_what_notation_signed(registry, force_tag, notation, image, signer):
    trust.trust(notation.home.notation, signer)
    notation.refuses(image.by_digest, because="no signature is associated")
    notation.sign(signer, image.by_digest, force_tag=force_tag).succeeded()
    notation.accepts(image.by_digest)
    notation.accepts(image.by_tag)


@pytest.mark.parametrize("registry", ["olareg", "olareg-no-api", "crane", "docker"], indirect=True)
def test_the_referrers_api_is_there_exactly_where_the_lab_says_so(registry, image):
    status, _, _ = registry.request("GET", f"/v2/{image.path}/referrers/{image.digest}")
    assert (status == 200) == registry.kind.referrers_api


@EACH_REGISTRY
@pytest.mark.parametrize("form", images.IMAGE_FORMS)
def test_every_form_of_image_can_be_pushed_and_signed(registry, form, home, notation, signer, push):
    image = push("app", form)
    trust.trust(home.notation, signer)
    notation.sign(signer, image.by_digest).succeeded()
    notation.accepts(image.by_digest)


def test_notation_refuses_a_foreign_signer(notation, image, signer, foreign):
    trust.trust(notation.home.notation, signer)
    notation.sign(foreign, image.by_digest).succeeded()
    notation.refuses(image.by_digest)
