"""OCI image layouts: notation 1.3 calls them experimental, and sees signatures of the 1.x form only."""

import pytest

from lab import images, trust
from lab.certificates import KEY_TYPES
from lab.tools import REJECTED, UNSIGNED

SCOPE = "local/app"
LEGACY = ["--signature-manifest", "legacy"]


class Layout:
    """A layout with one image."""

    def __init__(self, folder, image):
        self.image = image
        self.for_notation = f"{folder}@{image.digest}"
        self.for_notation_by_tag = f"{folder}:{image.tag}"
        self.for_sealgate = f"oci-layout:{folder}@{image.digest}"
        self.for_sealgate_by_tag = f"oci-layout:{folder}:{image.tag}"


NOTATION_VERIFIES = ["--oci-layout", "--scope", SCOPE]


@pytest.fixture
def layout(home, registry, image, tmp_path, signer):
    trust.trust(home.notation, signer, scopes=[SCOPE])
    return Layout(images.save_layout(home, registry, image, tmp_path / "layout"), image)


@pytest.mark.parametrize("key_type", KEY_TYPES)
@pytest.mark.matrix(table="OCI layouts", row="sealgate (legacy form) to notation", column="{key_type}")
def test_notation_accepts_a_layout_that_sealgate_signed(key_type, signers, sealgate, notation, layout):
    signer = signers(key_type)
    trust.trust(sealgate.home.notation, signer, scopes=[SCOPE])
    sealgate.refuses(UNSIGNED, layout.for_sealgate, "--scope", SCOPE, *sealgate.policy())

    sealgate.sign(signer, *LEGACY, layout.for_sealgate).succeeded()

    notation.accepts(layout.for_notation, *NOTATION_VERIFIES)
    sealgate.accepts(layout.for_sealgate, "--scope", SCOPE, *sealgate.policy(), digests=[layout.image.digest])
    sealgate.accepts(layout.for_sealgate_by_tag, "--scope", SCOPE, *sealgate.policy(), digests=[layout.image.digest])


@pytest.mark.parametrize("key_type", KEY_TYPES)
@pytest.mark.matrix(table="OCI layouts", row="notation to sealgate", column="{key_type}")
def test_sealgate_accepts_a_layout_that_notation_signed(key_type, signers, sealgate, notation, layout):
    signer = signers(key_type)
    trust.trust(sealgate.home.notation, signer, scopes=[SCOPE])

    notation.sign(signer, layout.for_notation, "--oci-layout").succeeded()

    sealgate.accepts(layout.for_sealgate, "--scope", SCOPE, *sealgate.policy(), digests=[layout.image.digest])
    assert sealgate.list(layout.for_sealgate) == notation.list(layout.for_notation, "--oci-layout")


def test_both_sign_one_layout_and_both_accept_it(sealgate, notation, layout, signer):
    notation.sign(signer, layout.for_notation, "--oci-layout").succeeded()
    sealgate.sign(signer, *LEGACY, "--force", layout.for_sealgate).succeeded()
    notation.sign(signer, layout.for_notation, "--oci-layout").succeeded()

    assert len(notation.list(layout.for_notation, "--oci-layout")) == 3
    assert len(sealgate.list(layout.for_sealgate)) == 3
    notation.accepts(layout.for_notation, *NOTATION_VERIFIES)
    sealgate.accepts(layout.for_sealgate, "--scope", SCOPE, *sealgate.policy(), digests=[layout.image.digest])


def test_the_current_form_in_a_layout_is_accepted_by_sealgate(sealgate, layout, signer):
    sealgate.sign(signer, layout.for_sealgate).succeeded()
    sealgate.accepts(layout.for_sealgate, "--scope", SCOPE, *sealgate.policy(), digests=[layout.image.digest])


def test_the_scope_selects_the_statement(sealgate, layout, signer):
    sealgate.sign(signer, layout.for_sealgate).succeeded()
    other = sealgate.run("verify", "--format", "json", layout.for_sealgate, "--scope", "local/other", *sealgate.policy())
    other.failed()
    assert other.code in (3, REJECTED), str(other)


def test_a_foreign_signer_of_a_layout_is_rejected(sealgate, notation, layout, foreign):
    notation.sign(foreign, layout.for_notation, "--oci-layout").succeeded()
    sealgate.refuses(REJECTED, layout.for_sealgate, "--scope", SCOPE, *sealgate.policy(), failed="authenticity")


def test_verifying_a_layout_writes_nothing(sealgate, layout, signer, tmp_path):
    sealgate.sign(signer, layout.for_sealgate).succeeded()
    before = contents(tmp_path / "layout")
    sealgate.accepts(layout.for_sealgate, "--scope", SCOPE, *sealgate.policy(), digests=[layout.image.digest])
    assert contents(tmp_path / "layout") == before


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
