"""A file of gates, and what sealgate says of an image by it."""

import json
import subprocess

from .gitlab import NODE
from .process import COMMAND_SECONDS, ROOT, TARGET, not_run
from .tools import OUTCOMES, Sealgate


def certificate(signer, **more):
    """How a file of gates names a signer with a certificate."""
    return {"root": str(signer.root), "identity": signer.identity, **more}


def write(folder, signers, stages):
    """A file of gates. JSON is YAML."""
    path = folder / "gates.yaml"
    path.write_text(json.dumps({"version": 1, "signers": signers, "stages": stages}))
    return path


class Gates:
    """A file of gates in the hands of sealgate. `flags` and `env` say how AWS is reached."""

    def __init__(self, sealgate, path, flags=(), env=None):
        self.sealgate, self.path, self.flags, self.env = sealgate, path, list(flags), env or {}

    def verify(self, stage, image, *flags):
        given = ["--gates", self.path, "--stage", stage, *self.flags, *flags, "--", image.by_digest]
        return self.sealgate.verify(*given, **self.env)

    def let_pass(self, stage, image, weakened=()):
        """Exit 0, and a report in which every row is met; returns the rows. Nothing is verified where a check is weakened."""
        weakened = {*weakened, *(["ca-file"] if "--ca-file" in self.sealgate.flags() else [])}
        finished = self.verify(stage, image).succeeded()
        (artifact,) = Sealgate.artifacts(finished)
        assert {one["setting"] for one in json.loads(finished.out)["weakened"]} == weakened, str(finished)
        outcome = "accepted-with-warnings" if weakened else "verified"
        assert (artifact["outcome"], artifact["verified"]) == (outcome, not weakened), str(finished)
        assert artifact["digest_reference"] == image.by_digest, str(finished)
        rows = artifact["gate"]["rows"]
        assert rows and {row["status"] for row in rows} == {"met"}, str(finished)
        return rows

    def refuse(self, code, stage, image, *flags):
        """This exit code, and a report that agrees; returns the artifact, and the status of each row by its stage and words."""
        finished = self.verify(stage, image, *flags)
        assert finished.code == code, f"expected exit {code}:\n{finished}"
        (artifact,) = Sealgate.artifacts(finished)
        assert (artifact["outcome"], artifact["verified"]) == (OUTCOMES.get(code, "error"), False), str(finished)
        return artifact, {f"{row['stage']}: {row['requirement']}": row["status"] for row in artifact["gate"]["rows"]}

    def approve(self, stage, signer, image, *flags):
        given = ["--format", "json", "--gates", self.path, "--stage", stage, "--as", signer]
        more = [*self.flags, *self.sealgate.flags(), *flags]
        return self.sealgate.run("approve", *given, *more, "--", image.by_digest, **self.env)


def read_picture(picture):
    """What Mermaid itself reads of a picture."""
    modules = TARGET / "peers" / "mermaid" / "node_modules"
    if not (modules.is_dir() and NODE.is_file()):
        not_run("mermaid is not installed")
    command = [NODE, ROOT / "tests" / "interop" / "peers" / "mermaid" / "read.mjs", modules]
    finished = subprocess.run(command, input=picture, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def reasons(artifact):
    """Why signatures were refused, by the names of their signers."""
    return {(one["signer"], one["reason"]["code"]) for row in artifact["gate"]["rows"] for one in row["refused"]}


def key_of(signer):
    """The flags that sign with a signer's key."""
    return ["--key", signer.key, "--certificate-chain", signer.chain]
