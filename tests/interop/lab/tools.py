"""The two tools under comparison, run as users run them."""

import json
import os
import re
from pathlib import Path

from .process import TARGET, run

OK, USAGE, CONFIGURATION, UNAVAILABLE, DENIED, NOT_FOUND = 0, 2, 3, 4, 5, 6
REJECTED, UNSIGNED = 10, 11

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def sealgate_path():
    """The binary under test: `SEALTEST_SEALGATE`, else the newest that cargo built here."""
    named = os.environ.get("SEALTEST_SEALGATE")
    if named:
        return Path(named).resolve()
    built = [
        path
        for path in (
            TARGET / "x86_64-unknown-linux-gnu" / "release" / "sealgate",
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


def facts(value, name):
    """Every value that stands under this name, however deep: what a report says must not depend on where it says it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield inner
            yield from facts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from facts(inner, name)


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

    def accepts(self, image_digest, *references_and_flags, **env):
        """Exit 0, and a report that says of this digest, and of nothing else, that it was verified."""
        finished = self.verify(*references_and_flags, **env).succeeded()
        verified = set(facts(self.report(finished), "verified"))
        assert verified == {True}, f"not reported as verified:\n{finished}"
        assert image_digest in finished.out, f"the report does not name {image_digest}:\n{finished}"
        return finished

    def refuses(self, code, *references_and_flags, **env):
        """This exit code, and no report that says verified."""
        finished = self.verify(*references_and_flags, **env)
        assert finished.code == code, f"expected exit {code}:\n{finished}"
        if finished.out.strip():
            assert True not in set(facts(self.report(finished), "verified")), f"refused, yet reported as verified:\n{finished}"
        return finished

    @staticmethod
    def report(finished):
        try:
            return json.loads(finished.out)
        except json.JSONDecodeError as error:
            raise AssertionError(f"the report is not JSON ({error}):\n{finished}") from None

    def list(self, reference, *flags):
        """The digests of the signature manifests that a listing names."""
        finished = self.run("list", "--format", "json", *self.flags(), *flags, reference).succeeded()
        self.report(finished)
        return set(DIGEST.findall(finished.out))
