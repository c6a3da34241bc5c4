"""Many jobs sign one image at the same time, also where the registry keeps the list of signatures as one document."""

import json
import re

import pytest

from lab import trust
from lab.process import end_group, start
from lab.tools import sealgate_path

SIGNERS = 50
SECONDS = 240


def sign_at_the_same_time(sealgate, signer, image):
    """Starts all, then waits for all; returns each exit code and what it said it pushed."""
    argv = [
        sealgate_path(), "sign", "--force", "--format", "json",
        "--key", signer.key, "--certificate-chain", signer.chain, *sealgate.flags(), image.by_digest,
    ]  # fmt: skip
    outputs = [sealgate.home.folder / f"signer-{number}.json" for number in range(SIGNERS)]
    processes = []
    try:
        for output in outputs:
            with output.open("wb") as out, output.with_suffix(".err").open("wb") as err:
                processes.append(start(argv, sealgate.home.env(), stdout=out, stderr=err))
        codes = [process.wait(timeout=SECONDS) for process in processes]
    finally:
        for process in processes:
            end_group(process)
    return list(zip(codes, outputs, strict=True))


def pushed(output):
    """The signature manifest that a report names."""
    (artifact,) = json.loads(output.read_text())["artifacts"]
    return artifact["signed"]["signature_manifest"]


@pytest.mark.parametrize("registry", ["olareg", "olareg-no-api", "crane", "docker"], indirect=True)
@pytest.mark.matrix(table="50 signers at once", row="{registry}", column="earlier signatures kept")
def test_concurrent_signers_lose_no_earlier_signature(sealgate, notation, registry, image, signer, record_property):
    trust.trust(sealgate.home.notation, signer)
    for _ in range(2):
        notation.sign(signer, image.by_digest).succeeded()
    earlier = set(notation.list(image.by_digest))
    assert len(earlier) == 2

    results = sign_at_the_same_time(sealgate, signer, image)

    listed = set(notation.list(image.by_digest))
    claimed = {pushed(output) for code, output in results if code == 0}
    record_property(
        "measured",
        f"{registry.kind.name}: of {SIGNERS} concurrent signers {len(claimed)} reported success, "
        f"{len(claimed & listed)} of these signatures are listed, {len(listed - earlier)} are listed in all",
    )
    assert earlier <= listed, f"lost: {earlier - listed}"
    errors = sorted({re.sub(r"\d+", "N", output.with_suffix(".err").read_text())[:300] for code, output in results if code})
    assert claimed, f"no signer succeeded: {errors}"
    if registry.kind.referrers_api:
        assert len(claimed) == SIGNERS, errors
        # olareg v0.1.2 itself drops referrers that it recorded when others arrive at the same moment: about half of them
        # when nobody looks whether they are listed. Who looks and sends again saves nearly all, and cannot save the one
        # that is dropped after the look.
        assert len(claimed & listed) >= SIGNERS * 3 // 5, f"not listed: {claimed - listed}"
    sealgate.accepts(image.by_digest, *sealgate.policy(), digests=[image.digest])
