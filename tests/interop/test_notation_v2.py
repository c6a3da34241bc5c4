"""notation v2, where a binary is at hand: no package registry has it, so it may be missing in CI too."""

import os

import pytest

from lab import images, trust
from lab.process import run
from lab.tools import Notation

BINARY = os.environ.get("SEALTEST_NOTATION_V2")
pytestmark = pytest.mark.skipif(not BINARY, reason="not run: SEALTEST_NOTATION_V2 is unset")
EACH_WAY = pytest.mark.parametrize("registry", ["olareg", "crane"], indirect=True)
SCOPE = "local/app"


class NotationV2(Notation):
    def run(self, *args, **env):
        return run([BINARY, *args], self.home.env(**env))


@pytest.fixture
def notation_v2(home, registry):
    return NotationV2(home, registry)


@EACH_WAY
@pytest.mark.matrix(table="notation v2", row="sealgate to notation v2", column="{registry}")
def test_notation_v2_accepts_what_sealgate_signed(registry, sealgate, notation_v2, image, signer):
    trust.trust(sealgate.home.notation, signer)
    sealgate.sign(signer, image.by_digest).succeeded()
    notation_v2.accepts(image.by_digest)


@EACH_WAY
@pytest.mark.matrix(table="notation v2", row="notation v2 to sealgate", column="{registry}")
def test_sealgate_accepts_what_notation_v2_signed(registry, sealgate, notation_v2, image, signer):
    trust.trust(sealgate.home.notation, signer)
    notation_v2.sign(signer, image.by_digest).succeeded()
    sealgate.accepts(image.by_digest, *sealgate.policy(), digests=[image.digest])


@pytest.mark.matrix(table="notation v2", row="sealgate to notation v2", column="OCI layout, current form")
def test_notation_v2_accepts_a_layout_in_the_current_form(sealgate, notation_v2, registry, home, image, signer, tmp_path):
    trust.trust(home.notation, signer, scopes=[SCOPE])
    layout = images.save_layout(home, registry, image, tmp_path / "layout")
    sealgate.sign(signer, f"oci-layout:{layout}@{image.digest}").succeeded()
    notation_v2.accepts(f"{layout}@{image.digest}", "--oci-layout", "--scope", SCOPE)
