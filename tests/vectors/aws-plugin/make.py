"""Asks notation with AWS's plugin, and sealgate, about signatures, and keeps what was said. README.md says what is what."""

import contextlib
import datetime
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from lab import aws, aws_signer, images, registries
from lab.aws_case import ACCEPTED
from lab.aws_cases import CASES
from lab.aws_signer import Scene
from lab.process import Home
from lab.recorder import recording

# Cases of which the plugin's calls are kept whole, and the name under which. Signing is the same in all but two.
SIGNING = ("trusted", "user-metadata")
CONVERSATIONS = {
    "trusted-plugin": "trusted",
    "user-metadata-plugin": "user-metadata",
    "other-profile-plugin": "other-profile",
    "revoked-job-plugin": "revoked-job",
    "revoked-leaf-plugin": "revoked-leaf",
    "revocation-denied-plugin": "revocation-denied",
    "revocation-empty-object-plugin": "revocation-empty-object",
    "revocation-skipped-hand": "revocation-skipped",
    "missing-profile-hand": "missing-profile",
    "everyone-hand": "everyone",
}


def write(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def impersonal(text, home):
    """Without the folder and the ports of this run."""
    return re.sub(r"(localhost|127\.0\.0\.1):\d+", r"\1:PORT", text.replace(str(home.folder), "HOME"))


def host(exchange):
    return exchange.headers["host"].split(":")[0]


def revocation(recorder):
    """The plugin's question about revocation, how often it asked, and the last answer."""
    asked = [one for one in recorder.of("GetRevocationStatus") if one.headers["user-agent"].find("aws-sdk-go") >= 0]
    if not asked:
        return None
    last = asked[-1]
    assert all(one.query == last.query for one in asked)
    return {
        "host": host(last),
        "path": last.path,
        "query": [list(pair) for pair in last.query],
        "asked": len(asked),
        "status": last.status,
        "complete": last.complete,
        "answer": last.answer,
    }


def sign_payload(recorder):
    """What was sent to be signed: the body, without what proves who sent it."""
    (sent,) = recorder.of("SignPayload")
    return {"host": host(sent), "path": sent.path, "userAgent": sent.headers["user-agent"], "body": json.loads(sent.body)}


def conversations(folder):
    """The calls of the plugin since it was installed."""
    for call in sorted(folder.iterdir()):
        text = {name: (call / name).read_text() for name in ("command", "request", "response", "error", "exit")}
        yield {
            "command": text["command"],
            "request": json.loads(text["request"]) if text["request"] else None,
            "response": json.loads(text["response"]) if text["response"] else None,
            "error": json.loads(text["error"]) if text["error"] else None,
            "exit": int(text["exit"]),
        }


class Vectors:
    """The folder."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("cases", "calls"):
            shutil.rmtree(folder / name, ignore_errors=True)
            (folder / name).mkdir()

    def write_root(self, name, pem):
        (self.folder / name).write_text(pem)

    def record(self, case, by, endpoint, registry, home, recorder):
        name = f"{case.name}-{by}"
        calls = home.folder / "calls"
        aws_signer.install_recorded(home, aws_signer.plugin_path(), calls)
        scene = Scene(home, registry, endpoint, images.push(home, registry, name), case.region, recorder.port)
        identities = case.play(scene, by)
        signed = sign_payload(recorder) if by != "hand" else None

        recorder.exchanges.clear()
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        pair = scene.ask_notation()
        asked = revocation(recorder)
        sealgate = scene.ask_sealgate()
        assert pair.accepted == (case.pair == ACCEPTED), f"{name}: {pair}"
        assert (sealgate.code, sealgate.row, sealgate.reason) == case.sealgate.facts(), f"{name}: {sealgate}"

        policy = json.loads((home.notation / "trustpolicy.json").read_text())
        (store,) = policy["trustPolicies"][0]["trustStores"]
        roots = {endpoint.root: "root.pem", endpoint.other_root: "other-root.pem"}
        write(
            self.folder / "cases" / f"{name}.json",
            {
                "name": name,
                "what": case.what,
                "signedBy": by,
                "now": now,
                "artifact": scene.signature.subject,
                "artifactManifest": scene.artifact_manifest(),
                "signatureManifest": scene.signature.manifest,
                "envelope": scene.signature.envelope,
                "trustPolicy": policy,
                "trustStores": {store: roots[scene.store_pem]},
                "awsRoot": roots[scene.root_pem],
                "profiles": identities if case.by_profile else None,
                "signPayload": signed,
                "revocation": asked,
                "pair": {"verdict": case.pair, "says": impersonal(pair.says, home)},
                "sealgate": dict(zip(("exit", "row", "reason"), case.sealgate.facts(), strict=True)),
                "difference": case.difference,
            },
        )
        if name in CONVERSATIONS:
            self.keep_calls(CONVERSATIONS[name], conversations(calls))

    def keep_calls(self, name, calls):
        """`get-plugin-metadata` is the same each time."""
        for call in calls:
            if call["command"] == "get-plugin-metadata":
                write(self.folder / "calls" / "get-plugin-metadata.json", call)
            elif call["command"] != "generate-envelope" or name in SIGNING:
                write(self.folder / "calls" / f"{call['command']}-{name}.json", call)


@contextlib.contextmanager
def endpoint_with_roots(folder):
    """One endpoint, so that all vectors have one root."""
    with aws.running(Home(folder)) as endpoint:
        roots = endpoint.control("GET", "roots")
        object.__setattr__(endpoint, "root", roots["aws"])
        object.__setattr__(endpoint, "other_root", roots["aws-us-gov"])
        yield endpoint


def main(target):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    vectors = Vectors(target)
    with (
        tempfile.TemporaryDirectory() as scratch,
        registries.running("olareg", Path(scratch) / "registry") as registry,
        endpoint_with_roots(Path(scratch) / "aws") as endpoint,
    ):
        vectors.write_root("root.pem", endpoint.root)
        vectors.write_root("other-root.pem", endpoint.other_root)
        for case in CASES:
            for by in case.signers:
                with recording(endpoint.port) as recorder:
                    home = Home(Path(scratch) / f"{case.name}-{by}")
                    vectors.record(case, by, endpoint, registry, home, recorder)
                endpoint.control("DELETE", "fault")
                endpoint.control("PUT", "style", {})
    print(f"{len(list((target / 'cases').iterdir()))} cases, {len(list((target / 'calls').iterdir()))} calls of the plugin")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
