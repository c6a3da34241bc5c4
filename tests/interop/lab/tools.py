"""The two tools under comparison, run as users run them."""

import json
import os
import re
from pathlib import Path

from .process import TARGET, run

OK, USAGE, CONFIGURATION, UNAVAILABLE, DENIED, NOT_FOUND = 0, 2, 3, 4, 5, 6
REJECTED, UNSIGNED, GATE_UNMET = 10, 11, 12

# What a report calls an artifact for which verify ends with this code.
OUTCOMES = {OK: "verified", REJECTED: "rejected", UNSIGNED: "unsigned", GATE_UNMET: "gate-unmet"}

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def sealgate_path():
    """The binary under test: `SEALTEST_SEALGATE`, else the newest that cargo built here."""
    named = os.environ.get("SEALTEST_SEALGATE")
    if named:
        return Path(named).resolve()
    built = [
        path
        for path in (
            TARGET / "x86_64-unknown-linux-gnu" / "dist" / "sealgate",
            TARGET / "release" / "sealgate",
            TARGET / "debug" / "sealgate",
        )
        if path.is_file()
    ]
    return max(built, key=lambda path: path.stat().st_mtime, default=TARGET / "debug" / "sealgate")


class Tool:
    """A tool, its user, and the registry that it talks to."""

    def __init__(self, home, registry=None):
        self.home = home
        self.registry = registry
        if registry:
            registry.settle(home)


class Notation(Tool):
    """notation v1.3."""

    def run(self, *args, **env):
        trusted = self.registry.env() if self.registry else {}
        return run(["notation", *args], self.home.env(**trusted, **env))

    def use_key(self, signer):
        """Makes a signer the default key."""
        key = {"name": signer.name, "keyPath": str(signer.key), "certPath": str(signer.chain)}
        (self.home.notation / "signingkeys.json").write_text(json.dumps({"default": signer.name, "keys": [key]}))

    def sign(self, signer, reference, *flags, force_tag=None):
        """Signs. `force_tag` is `--force-referrers-tag`, whose default differs between versions: it is always given."""
        self.use_key(signer)
        if force_tag is None and "--oci-layout" not in flags:
            # olareg takes a pushed tag index for the truth and forgets the referrer beside it.
            force_tag = not self.registry.kind.referrers_api
        tag_flag = [] if force_tag is None else [f"--force-referrers-tag={str(force_tag).lower()}"]
        return self.run("sign", *tag_flag, *flags, reference)

    def verify(self, reference, *flags):
        return self.run("verify", *flags, reference)

    def accepts(self, reference, *flags):
        finished = self.verify(reference, *flags).succeeded()
        assert "Successfully verified signature for" in finished.out, str(finished)
        return finished

    def refuses(self, reference, *flags, because="signature verification failed"):
        finished = self.verify(reference, *flags).failed()
        assert because in finished.err, str(finished)
        return finished

    def list(self, reference, *flags):
        """The digests of the signature manifests."""
        listed = self.run("list", *flags, reference).succeeded().out
        return [DIGEST.search(line)[0] for line in listed.splitlines() if re.match(r"^ +[├└]── sha256:", line)]


class Sealgate(Tool):
    """sealgate, through its command line alone."""

    def run(self, *args, **env):
        return run([sealgate_path(), *args], self.home.env(**env))

    def flags(self):
        return self.registry.sealgate_flags() if self.registry else []

    def sign(self, signer, *references_and_flags, **env):
        key = ["--key", signer.key, "--certificate-chain", signer.chain]
        return self.run("sign", *key, *self.flags(), *references_and_flags, **env)

    def verify(self, *references_and_flags, **env):
        """Verifies with a report, so that nothing is believed for its exit code alone."""
        return self.run("verify", "--format", "json", *self.flags(), *references_and_flags, **env)

    def policy(self):
        """The flags that name notation's own policy and trust store."""
        return ["--policy", self.home.notation / "trustpolicy.json", "--trust-store", self.home.notation / "truststore"]

    def accepts(self, *references_and_flags, digests, **env):
        """Exit 0, and a report that says of exactly these digests that they were verified."""
        finished = self.verify(*references_and_flags, **env).succeeded()
        artifacts = self.artifacts(finished)
        verdicts = {(one["outcome"], one["verified"]) for one in artifacts}
        assert verdicts == {("verified", True)}, f"not reported as verified:\n{finished}"
        named = sorted(one["digest_reference"].rsplit("@", 1)[1] for one in artifacts)
        assert named == sorted(digests), f"the report is about other artifacts than {digests}:\n{finished}"
        return artifacts

    def refuses(self, code, *references_and_flags, failed=None, **env):
        """This exit code, and a report that agrees. `failed` names the one validation that the first candidate failed."""
        finished = self.verify(*references_and_flags, **env)
        assert finished.code == code, f"expected exit {code}:\n{finished}"
        artifacts = self.artifacts(finished)
        assert not any(one["verified"] for one in artifacts), f"refused, but the report differs:\n{finished}"
        outcomes = {one["outcome"] for one in artifacts}
        assert outcomes == {OUTCOMES.get(code, "error")}, f"exit {code}, but the report says {outcomes}:\n{finished}"
        if failed:
            rows = [row for one in artifacts for candidate in one["candidates"][:1] for row in candidate["rows"]]
            found = [row["validation"] for row in rows if row["status"] == "failed"]
            assert failed in found, f"expected {failed} to fail, not {found}:\n{finished}"
        return artifacts

    @staticmethod
    def artifacts(finished):
        """The artifacts of a report."""
        try:
            report = json.loads(finished.out)
        except json.JSONDecodeError as error:
            raise AssertionError(f"the report is not JSON ({error}):\n{finished}") from None
        assert report.get("schema_version") == 1, f"another form of report than these tests know:\n{finished}"
        artifacts = report.get("artifacts")
        assert artifacts, f"a report about no artifact:\n{finished}"
        return artifacts

    def list(self, reference, *flags):
        """The digests of the signature manifests."""
        finished = self.run("list", "--format", "json", *self.flags(), *flags, reference).succeeded()
        (artifact,) = self.artifacts(finished)
        return [candidate["signature_manifest"] for candidate in artifact["candidates"]]
