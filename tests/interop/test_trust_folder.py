"""The trust folder: what sealgate writes notation reads, and what both find by default is the same."""

import json

import pytest

from lab import trust
from lab.tools import REJECTED


def install(sealgate, signer, *flags):
    return sealgate.run("trust", "install", "--root", signer.root, "--name", "acme", "--identity", signer.identity, *flags)


@pytest.mark.parametrize("where", ["default folder", "--dir"])
@pytest.mark.matrix(table="trust folder", row="trust install", column="{where}")
def test_notation_uses_the_folder_that_sealgate_wrote(where, sealgate, notation, image, signer, foreign, tmp_path, push):
    folder = sealgate.home.notation if where == "default folder" else tmp_path / "trust"
    install(sealgate, signer, *([] if where == "default folder" else ["--dir", folder])).succeeded()
    policies = [json.loads((folder / name).read_text()) for name in ("trustpolicy.json", "trustpolicy.oci.json")]
    assert policies[0] == policies[1]

    notation.sign(signer, image.by_digest).succeeded()
    finished = notation.run("verify", image.by_digest, NOTATION_CONFIG=folder).succeeded()
    assert "Successfully verified signature for" in finished.out
    files = ["--policy", folder / "trustpolicy.oci.json", "--trust-store", folder / "truststore"]
    sealgate.accepts(image.by_digest, *files, digests=[image.digest])

    other = push("foreign")
    notation.sign(foreign, other.by_digest).succeeded()
    notation.run("verify", other.by_digest, NOTATION_CONFIG=folder).failed()
    sealgate.refuses(REJECTED, other.by_digest, *files, failed="authenticity")


@pytest.mark.matrix(table="trust folder", row="notation's folder", column="default folder")
def test_sealgate_finds_notations_folder_by_itself(sealgate, notation, image, signer):
    trust.trust(sealgate.home.notation, signer)
    notation.sign(signer, image.by_digest).succeeded()
    sealgate.accepts(image.by_digest, digests=[image.digest])


def test_a_scope_limits_what_the_folder_is_for(sealgate, notation, registry, home, signer, push):
    inside = push("inside")
    outside = push("outside")
    install(sealgate, signer, "--scope", inside.repository).succeeded()
    for image in (inside, outside):
        sealgate.sign(signer, image.by_digest).succeeded()

    notation.accepts(inside.by_digest)
    sealgate.accepts(inside.by_digest, digests=[inside.digest])
    notation.verify(outside.by_digest).failed()
    sealgate.verify(outside.by_digest).failed()


def test_install_overwrites_nothing_of_others_without_force(sealgate, signer, foreign):
    policy = trust.trust(sealgate.home.notation, foreign) / "trustpolicy.json"
    before = policy.read_text()
    install(sealgate, signer).failed()
    assert policy.read_text() == before

    install(sealgate, signer, "--force").succeeded()
    assert policy.read_text() != before
    backups = [path for path in sealgate.home.notation.rglob("*") if path.is_file() and path.read_text() == before]
    assert backups, "no backup of the policy that was replaced"


@pytest.mark.parametrize("algorithm", ["ec-p256", "rsa-3072"])
@pytest.mark.matrix(table="trust folder", row="key generate, trust install, sign", column="{algorithm}")
def test_a_development_key_works_in_both_tools(algorithm, sealgate, notation, image, tmp_path):
    keys = tmp_path / "keys"
    sealgate.run("key", "generate", "--out", keys, "--name", "dev", "--algorithm", algorithm).succeeded()
    assert (keys / "dev.key").stat().st_mode & 0o777 == 0o600
    sealgate.run("trust", "install", "--root", keys / "dev-ca.crt", "--name", "dev", "--identity", "*").succeeded()
    sealgate.run("sign", "--key", keys / "dev.key", "--certificate-chain", keys / "dev.crt", image.by_digest).succeeded()

    notation.accepts(image.by_digest)
    sealgate.accepts(image.by_digest, digests=[image.digest])


def test_a_development_key_signs_with_notation_too(sealgate, notation, image, tmp_path):
    from lab.certificates import Signer

    sealgate.run("key", "generate", "--out", tmp_path, "--name", "dev").succeeded()
    signer = Signer("dev", tmp_path / "dev.key", tmp_path / "dev.crt", tmp_path / "dev-ca.crt")
    notation.sign(signer, image.by_digest).succeeded()
    sealgate.accepts(image.by_digest, "--root", signer.root, "--identity", "*", digests=[image.digest])
