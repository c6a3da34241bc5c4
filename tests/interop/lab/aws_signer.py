"""AWS Signer under both tools: notation with AWS's own plugin, and sealgate, which needs none."""

import base64
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import images, trust
from .aws import ACCESS_KEY, ACCOUNT, REGION, SECRET
from .images import SIGNATURE, Hand
from .tools import Notation, Sealgate

PLUGIN = "com.amazonaws.signer.notation.plugin"
EXECUTABLE = f"notation-{PLUGIN}"
PLATFORM = "Notation-OCI-SHA384-ECDSA"
PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json"
STORE = "aws-signer-ts"
JOB = "com.amazonaws.signer.signingJob"
PROFILE_VERSION = "com.amazonaws.signer.signingProfileVersion"
EMPTY_CONFIG = b"{}"


def plugin_path():
    """The plugin's binary, which no package registry has: `SEALTEST_AWS_PLUGIN`, or None."""
    named = os.environ.get("SEALTEST_AWS_PLUGIN")
    return Path(named).resolve() if named else None


def plugin_folder(home):
    folder = home.notation / "plugins" / PLUGIN
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def install_plugin(home, binary):
    """Puts a plugin where notation looks for it."""
    shutil.copy(binary, plugin_folder(home) / EXECUTABLE)


def install_recorded(home, binary, folder):
    """The plugin behind a script that keeps what goes in and comes out: a folder for each call, by the time of the call."""
    folder.mkdir()
    script = plugin_folder(home) / EXECUTABLE
    script.write_text(
        f"""#!/bin/sh
kept={folder}/$(date +%s%N)
mkdir "$kept"
printf %s "$1" >"$kept/command"
cat >"$kept/request"
"{binary}" "$@" <"$kept/request" >"$kept/response" 2>"$kept/error"
code=$?
printf %s "$code" >"$kept/exit"
cat "$kept/response"
cat "$kept/error" >&2
exit "$code"
"""
    )
    script.chmod(0o755)


def remove_plugin(home):
    shutil.rmtree(home.notation / "plugins", ignore_errors=True)


def install_dummy(home):
    """A file where the plugin would be, which fails when it is run."""
    dummy = plugin_folder(home) / EXECUTABLE
    dummy.write_text("#!/bin/sh\nexit 70\n")
    dummy.chmod(0o755)


def install_trust(home, root_pem, identities, store=STORE, store_type="signingAuthority", **verification):
    """Store and policy as AWS documents them for notation."""
    folder = home.notation / "truststore" / "x509" / store_type / store
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.crt").write_text(root_pem)
    statement = trust.statement([], identities, name="aws-signer-tp", **verification)
    trust.write_policy(home.notation, statement | {"trustStores": [f"{store_type}:{store}"]})
    return statement


@dataclass(frozen=True)
class Verdict:
    """What a verifier said: accepted or refused, and by what."""

    accepted: bool
    row: str = ""
    reason: str = ""
    code: int = 0
    says: str = ""

    def __str__(self):
        if self.accepted:
            return "accepted"
        return f"refused: {self.row} [{self.reason}], exit {self.code}" if self.row else f"refused: {self.says}"


def of_notation(finished):
    """notation's verdict. Only two forms of answer are taken for one."""
    if finished.code == 0:
        assert "Successfully verified signature for" in finished.out, str(finished)
        return Verdict(True)
    assert "Error: " in finished.err, str(finished)
    return Verdict(False, code=finished.code, says=said(finished.err))


def said(stderr):
    """The reason behind `signature verification failed`, from notation's log, else its last word."""
    logged = re.findall(r"(?:level=error msg=\"?|Error: |error: )(.*?)\"?$", stderr, re.MULTILINE)
    reasons = [line for line in logged if "signature verification failed for all the signatures" not in line]
    return (reasons or logged)[-1]


def of_sealgate(finished):
    """sealgate's verdict, from its report: the first enforced row that did not pass, and why."""
    report = json.loads(finished.out)
    if "artifacts" not in report:
        return Verdict(False, "none", report["error"]["code"], finished.code)
    (artifact,) = Sealgate.artifacts(finished)
    assert artifact["verified"] == (finished.code == 0 and artifact["outcome"] == "verified"), str(finished)
    if finished.code == 0:
        assert artifact["outcome"] in ("verified", "accepted-with-warnings"), str(finished)
        return Verdict(True, row=artifact["outcome"])
    if not artifact["candidates"]:
        return Verdict(False, row=artifact["outcome"], reason=artifact["error"]["code"], code=finished.code)
    (candidate,) = artifact["candidates"]
    refusing = [
        row
        for row in candidate["rows"]
        if row["action"] == "enforce" and row["status"] not in ("passed", "nothing-to-check")
    ]
    if not refusing:
        return Verdict(False, row="candidate", reason=candidate["reason"]["code"], code=finished.code)
    return Verdict(False, refusing[0]["validation"], refusing[0]["reason"]["code"], finished.code)


class Scene:
    """One image, a signing profile of its own, and whoever signs and verifies it."""

    def __init__(self, home, registry, endpoint, image, region=REGION, port=None):
        self.home, self.registry, self.endpoint, self.image, self.region = home, registry, endpoint, image, region
        # Where both tools go for AWS: the endpoint, or a recorder in front of it.
        self.port = port or endpoint.port
        self.notation, self.sealgate = Notation(home, registry), Sealgate(home, registry)
        self.signer = endpoint.client("signer", region=region)
        self.profile_name = re.sub(r"[^a-z0-9]+", "_", image.path.rsplit("/", 1)[-1].lower())[:64]
        self.version = self.put_profile()
        # What stands in the trust store, and what --aws-root names.
        self.store_pem = self.root_pem = endpoint.control("GET", "roots")["aws"]
        self.signature = None

    def put_profile(self):
        """The profile, or a new version of it; returns the ARN of the version."""
        return self.signer.put_signing_profile(profileName=self.profile_name, platformId=PLATFORM)["profileVersionArn"]

    @property
    def profile(self):
        return f"arn:aws:signer:{self.region}:{ACCOUNT}:/signing-profiles/{self.profile_name}"

    # --- signing ----------------------------------------------------------------------------------------------------

    def plugin_env(self):
        """The plugin asks `verification.localhost`, which has no address: Go gives it to the proxy, unlike `localhost`."""
        here = {"AWS_ENDPOINT_URL": f"http://localhost:{self.port}", "HTTP_PROXY": f"http://127.0.0.1:{self.port}"}
        return self.aws_env() | here

    def aws_env(self):
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def sealgate_env(self):
        return self.aws_env() | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}"}

    def sign_with_plugin(self, *flags):
        force = f"--force-referrers-tag={str(not self.registry.kind.referrers_api).lower()}"
        wanted = ["--plugin", PLUGIN, "--id", self.profile, force, *flags, self.image.by_digest]
        return self.notation.run("sign", *wanted, **self.plugin_env()).succeeded()

    def sign_with_sealgate(self, *flags):
        root = self.root_file()
        wanted = ["--profile", self.profile, "--aws-root", root, *self.sealgate.flags(), *flags, self.image.by_digest]
        return self.sealgate.run("sign", *wanted, **self.sealgate_env()).succeeded()

    def sign_by_hand(self, change=None):
        """SignPayload, and a signature manifest in notation's form, with nobody in between who looks at the envelope."""
        if change:
            self.endpoint.control(
                "PUT", "fault", {"operation": "SignPayload", "times": 1, "fault": "envelope", "change": change}
            )
        hand = Hand(self.registry, self.image)
        payload = json.dumps({"targetArtifact": hand.subject()}).encode()
        signed = self.signer.sign_payload(
            profileName=self.profile_name, profileOwner=ACCOUNT, payload=payload, payloadFormat=PAYLOAD_TYPE
        )
        return self.attach(hand, signed["signature"])

    def attach(self, hand, envelope):
        manifest = {
            "schemaVersion": 2,
            "mediaType": images.OCI_MANIFEST,
            "config": hand.push_blob(EMPTY_CONFIG) | {"mediaType": SIGNATURE},
            "layers": [hand.push_blob(envelope) | {"mediaType": "application/jose+json"}],
            "subject": hand.subject(),
            "annotations": {"io.cncf.notary.x509chain.thumbprint#S256": "[]"},
        }
        return hand.attach(manifest)

    def sign(self, by, *flags):
        """Signs, and looks at what is in the registry then."""
        ways = {"plugin": self.sign_with_plugin, "sealgate": self.sign_with_sealgate, "hand": self.sign_by_hand}
        ways[by](*flags)
        self.look()

    def look(self):
        """Reads the one signature of the image."""
        (self.signature,) = self.signatures()

    def signatures(self):
        """The signatures of the image, as they are stored."""
        hand = Hand(self.registry, self.image)
        return [self.read(hand, descriptor["digest"]) for descriptor in hand.signatures()]

    def artifact_manifest(self):
        body, _ = Hand(self.registry, self.image).manifest(self.image.digest)
        return body.decode()

    @staticmethod
    def read(hand, digest):
        manifest, _ = hand.manifest(digest)
        envelope = hand.blob(json.loads(manifest)["layers"][0]["digest"])
        return Signature(digest, manifest.decode(), envelope.decode(), hand.subject())

    # --- verifying --------------------------------------------------------------------------------------------------

    def root_file(self):
        path = self.home.folder / "aws-root.pem"
        path.write_text(self.root_pem)
        return path

    def trust(self, identities=None, **options):
        return install_trust(self.home, self.store_pem, identities or [self.profile], **options)

    def ask_notation(self):
        """notation with the plugin, by the policy in its folder."""
        return of_notation(self.notation.run("verify", "--verbose", self.image.by_digest, **self.plugin_env()))

    def ask_sealgate(self, *profiles):
        """sealgate by the same folder, or by profiles named on the command line."""
        named = [word for profile in profiles for word in ("--profile", profile)]
        asked = [*named, "--aws-root", self.root_file(), self.image.by_digest]
        return of_sealgate(self.sealgate.verify(*asked, **self.sealgate_env()))


@dataclass(frozen=True)
class Signature:
    """A signature as it is stored."""

    digest: str
    manifest: str
    envelope: str
    subject: dict

    @property
    def attributes(self):
        """The protected header. Of a name that stands there twice: the last."""
        text = json.loads(self.envelope)["protected"]
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))

    @property
    def job_id(self):
        return self.attributes[JOB].rsplit("/", 1)[1]

    @property
    def version_id(self):
        return self.attributes[PROFILE_VERSION].rsplit("/", 1)[1]

    @property
    def chain(self):
        """DER in base64, leaf first."""
        return json.loads(self.envelope)["header"]["x5c"]
