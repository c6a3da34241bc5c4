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


@pytest.mark.matrix(table="trust folder", row="trust remove", column="what is left, what was removed")
def test_notation_uses_what_is_left_and_refuses_what_was_removed(sealgate, notation, signer, foreign, push):
    kept, removed = push("kept"), push("removed")
    for name, one, image in (("kept", signer, kept), ("removed", foreign, removed)):
        flags = ["--root", one.root, "--name", name, "--identity", one.identity, "--scope", image.repository]
        sealgate.run("trust", "install", *flags).succeeded()
        sealgate.sign(one, image.by_digest).succeeded()
        notation.accepts(image.by_digest)

    sealgate.run("trust", "remove", "--name", "removed").succeeded()
    shown = json.loads(notation.run("policy", "show").succeeded().out)
    assert [statement["name"] for statement in shown["trustPolicies"]] == ["kept"]
    listed = [line.split()[:2] for line in notation.run("cert", "ls").succeeded().out.splitlines()[1:]]
    assert listed == [["ca", "kept"]]
    notation.accepts(kept.by_digest)
    sealgate.accepts(kept.by_digest, digests=[kept.digest])
    notation.verify(removed.by_digest).failed()
    sealgate.verify(removed.by_digest).failed()

    sealgate.run("trust", "remove", "--all").succeeded()
    notation.run("policy", "show").failed()
    notation.verify(kept.by_digest).failed()
    sealgate.verify(kept.by_digest).failed()
    assert not list(sealgate.home.notation.rglob("*.crt"))


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


PROFILE = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release"
GOV_PROFILE = "arn:aws-us-gov:signer:us-gov-west-1:111122223333:/signing-profiles/release"

# Partition, trust store and file as AWS's installer names them, and the fingerprint that AWS's users published.
AWS_ROOTS = [
    (
        "aws",
        "aws-signer-ts",
        "aws-signer-notation-root.crt",
        "90a87d0543c3f094dbff9589b6649affe2f3d6e0f308799be2258461c686473f",
    ),
    (
        "aws-us-gov",
        "aws-us-gov-signer-ts",
        "aws-us-gov-signer-notation-root.crt",
        "673653ab76f41a10546cdeb4107ecd6df2c15c2c9a0d32ed97d271b4436fc3e8",
    ),
]


@pytest.mark.matrix(table="trust folder", row="trust install --profile", column="default folder")
def test_notation_lists_the_aws_trust_that_sealgate_wrote(sealgate, notation):
    sealgate.run("trust", "install", "--profile", PROFILE, "--profile", GOV_PROFILE).succeeded()

    shown = json.loads(notation.run("policy", "show").succeeded().out)
    [statement] = shown["trustPolicies"]
    assert statement["trustedIdentities"] == [PROFILE, GOV_PROFILE]
    assert statement["trustStores"] == [f"signingAuthority:{store}" for _, store, _, _ in AWS_ROOTS]
    assert statement["signatureVerification"] == {"level": "strict"}
    listed = [line.split() for line in notation.run("cert", "ls").succeeded().out.splitlines()[1:]]
    assert listed == [["signingAuthority", store, file] for _, store, file, _ in AWS_ROOTS]
    for _, store, file, fingerprint in AWS_ROOTS:
        told = notation.run("cert", "show", "--type", "signingAuthority", "--store", store, file).succeeded().out
        assert f"SHA256 Thumbprint: {fingerprint}" in told


@pytest.mark.matrix(table="trust folder", row="notation cert add, notation policy import", column="AWS signing profile")
def test_sealgate_reads_the_aws_trust_that_notation_wrote(sealgate, notation, tmp_path):
    sealgate.run("trust", "install", "--profile", PROFILE, "--profile", GOV_PROFILE, "--dir", tmp_path / "made").succeeded()
    for _, store, file, _ in AWS_ROOTS:
        source = tmp_path / "made" / "truststore" / "x509" / "signingAuthority" / store / file
        notation.run("cert", "add", "--type", "signingAuthority", "--store", store, source).succeeded()
    # The sample of AWS's documentation: the stores of both partitions for a profile of one.
    sample = {
        "name": "aws-signer-tp",
        "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"},
        "trustStores": [f"signingAuthority:{store}" for _, store, _, _ in AWS_ROOTS],
        "trustedIdentities": [PROFILE],
    }
    policy = trust.write_policy(tmp_path, sample)
    notation.run("policy", "import", "--force", policy).succeeded()

    report = json.loads(sealgate.run("trust", "show", "--format", "json").succeeded().out)
    assert report["trust"]["problems"] == [] and report["warnings"] == []
    held = [(store["name"], one["aws_root"], one["sha256"]) for store in report["trust"]["stores"] for one in store["certificates"]]
    assert held == [(f"signingAuthority:{store}", partition, sha256) for partition, store, _, sha256 in AWS_ROOTS]

    # Who had notation and moves on: the policy is someone else's, and the stores are as good as sealgate's own.
    sealgate.run("trust", "install", "--profile", PROFILE).failed()
    sealgate.run("trust", "install", "--profile", PROFILE, "--force").succeeded()


@pytest.mark.matrix(table="trust folder", row="trust install --profile", column="what it refuses")
def test_both_tools_refuse_a_key_of_their_own_under_the_aws_trust(sealgate, notation, image, signer):
    sealgate.run("trust", "install", "--profile", PROFILE).succeeded()
    sealgate.sign(signer, image.by_digest).succeeded()
    notation.refuses(image.by_digest)
    sealgate.refuses(REJECTED, image.by_digest, failed="authenticity")
