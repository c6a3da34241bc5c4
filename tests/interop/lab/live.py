"""The one test that signs with AWS itself: what it needs, does and records. The stand-in for AWS tries it out."""

import base64
import datetime
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from cryptography import x509

from . import aws_signer, images, trust
from .aws_signer import JOB, PLATFORM, PROFILE_VERSION, STORE, Signature
from .process import ROOT, run
from .tools import REJECTED

RECORDED = ROOT / "tests" / "vectors" / "aws-live"
# Files of AWS's roots, as the vectors name them; what names no root is judged by those inside sealgate.
ROOTS = {
    "aws": "../aws-signer/aws-signer-root-commercial-g1.pem",
    "aws-us-gov": "../aws-signer/aws-signer-root-us-gov-g1.pem",
}
ECR = re.compile(r"^\d{12}\.dkr\.ecr[.-].*\.amazonaws\.")


@dataclass(frozen=True)
class Settings:
    """Whom to sign with, and where AWS is. Without an endpoint it is AWS itself."""

    profile: str
    env: dict
    record_into: Path
    endpoint: str | None = None
    aws_root: Path | None = None
    # What the plugin needs besides, where it is at hand.
    plugin_env: dict = field(default_factory=dict)

    @property
    def partition(self):
        return self.profile.split(":")[1]

    @property
    def region(self):
        return self.profile.split(":")[3]

    def flags(self):
        """What a user of AWS itself does not need."""
        endpoint = ["--endpoint-url", self.endpoint] if self.endpoint else []
        return endpoint + (["--aws-root", self.aws_root] if self.aws_root else [])

    def client(self, service):
        return boto3.Session(region_name=self.region).client(service, endpoint_url=self.endpoint)


def tester_env():
    """The AWS settings of whoever runs the tests: their commands have no other home, so files are named in full."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name.upper().endswith("_PROXY")}
    folder = Path.home() / ".aws"
    files = {"AWS_CONFIG_FILE": folder / "config", "AWS_SHARED_CREDENTIALS_FILE": folder / "credentials"}
    return {name: str(path) for name, path in files.items()} | kept


def missing():
    """Why the test does not run, or None."""
    if not os.environ.get("SEALTEST_LIVE_PROFILE_ARN"):
        return "not run: SEALTEST_LIVE_PROFILE_ARN is not set"
    if boto3.Session().get_credentials() is None:
        return "not run: there are no AWS credentials"
    return None


def push_scratch_image(settings, home, registry, repository):
    """An image of this run alone, in a registry on loopback or in the repository that the tester named."""
    text = datetime.datetime.now(datetime.UTC).isoformat()
    if registry:
        return images.push(home, registry, "live", text=text)
    host = repository.split("/", 1)[0]
    if ECR.match(host):
        login = settings.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
        (home.docker / "config.json").write_text(json.dumps({"auths": {host: {"auth": login}}}))
    layer = home.folder / "layer.tar"
    images.write_layer(layer, text)
    tag = re.sub(r"[^0-9]", "", text)
    pushed = run(["crane", "append", "-f", layer, "--oci-empty-base", "-t", f"{repository}:{tag}"], home.env())
    return images.Image(repository, tag, pushed.succeeded().out.strip().rsplit("@", 1)[1])


def certificate_hashes(signature):
    """As AWS documents them: SHA-384 of what is signed in each certificate, followed by that of its issuer."""
    chain = [x509.load_der_x509_certificate(base64.b64decode(der)) for der in signature.chain]
    own = [hashlib.sha384(certificate.tbs_certificate_bytes).hexdigest() for certificate in chain]
    return [hash + issuer for hash, issuer in zip(own, [*own[1:], own[-1]], strict=True)]


def ask_about_revocation(settings, signature):
    """What AWS's own client is told about revocation, in the form of the vectors."""
    attributes = signature.attributes
    time = attributes["io.cncf.notary.authenticSigningTime"]
    hashes = certificate_hashes(signature)
    answer = settings.client("signer-data").get_revocation_status(
        signatureTimestamp=datetime.datetime.fromisoformat(time),
        platformId=PLATFORM,
        profileVersionArn=attributes[PROFILE_VERSION],
        jobArn=attributes[JOB],
        certificateHashes=hashes,
    )
    query = [["signatureTimestamp", time], ["platformId", PLATFORM]]
    query += [["profileVersionArn", attributes[PROFILE_VERSION]], ["jobArn", attributes[JOB]]]
    return {
        "host": f"data-signer.{settings.region}",
        "path": "/revocations",
        "query": query + [["certificateHashes", hash] for hash in hashes],
        "asked": 1,
        "status": 200,
        "complete": True,
        "answer": json.dumps({"revokedEntities": answer["revokedEntities"]}),
    }


def stored(home, image, digest, registry_env):
    """The signature and the image's manifest as they are stored."""

    def fetch(kind, reference):
        return run(["crane", kind, reference], home.env(**registry_env)).succeeded().out

    manifest = fetch("manifest", f"{image.repository}@{digest}")
    parts = json.loads(manifest)
    envelope = fetch("blob", f"{image.repository}@{parts['layers'][0]['digest']}")
    return Signature(digest, manifest, envelope, parts["subject"]), fetch("manifest", image.by_digest)


def attempt(settings, home, sealgate, notation, image):
    """Signs the image, has it verified and refused, looks at it with notation, and records it. Returns the file."""
    asked = [*sealgate.flags(), *settings.flags(), image.by_digest]
    sealgate.run("sign", "--profile", settings.profile, *asked, **settings.env).succeeded()
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    named = ["--profile", settings.profile]
    (artifact,) = sealgate.accepts(*named, *settings.flags(), image.by_digest, digests=[image.digest], **settings.env)
    (candidate,) = artifact["candidates"]
    other = ["--profile", f"{settings.profile}x", *settings.flags(), image.by_digest]
    sealgate.refuses(REJECTED, *other, failed="authenticity", **settings.env)
    digest = candidate["signature_manifest"]
    assert notation.list(image.by_digest) == [digest]
    (inspected,) = json.loads(notation.run("inspect", "--output", "json", image.by_digest).succeeded().out)["Signatures"]
    assert inspected["signedAttributes"][PROFILE_VERSION].rsplit("/", 1)[0] == settings.profile

    signature, artifact_manifest = stored(home, image, digest, notation.registry.env() if notation.registry else {})
    revocation = ask_about_revocation(settings, signature)
    assert json.loads(revocation["answer"]) == {"revokedEntities": []}
    row = next(row for row in candidate["rows"] if row["validation"] == "revocation")
    expected = "aws-not-revoked-elsewhere" if settings.endpoint else "aws-not-revoked"
    assert row["reason"]["code"] == expected, row
    pair = verify_with_plugin(settings, home, notation, image, signature)
    return record(settings, now, signature, artifact_manifest, revocation, pair)


def root_pem(settings):
    return (settings.aws_root or RECORDED / ROOTS[settings.partition]).read_text()


def verify_with_plugin(settings, home, notation, image, signature):
    """notation's verdict, where the plugin is at hand."""
    binary = aws_signer.plugin_path()
    if not binary:
        return None
    aws_signer.install_plugin(home, binary)
    aws_signer.install_trust(home, root_pem(settings), [settings.profile])
    env = settings.env | {"AWS_REGION": settings.region} | settings.plugin_env
    notation.run("verify", image.by_digest, **env).succeeded()
    return {"verdict": "accepted", "says": ""}


def record(settings, now, signature, artifact_manifest, revocation, pair):
    """One file, of the form of the recorded cases."""
    statement = trust.statement([], [settings.profile], name="aws-signer-tp") | {
        "trustStores": [f"signingAuthority:{STORE}"]
    }
    vector = {
        "name": f"{now[:10]}-{settings.region}",
        "what": "a signature of AWS Signer",
        "signedBy": "sealgate",
        "now": now,
        "artifact": signature.subject,
        "artifactManifest": artifact_manifest,
        "signatureManifest": signature.manifest,
        "envelope": signature.envelope,
        "trustPolicy": {"version": "1.0", "trustPolicies": [statement]},
        "trustStores": {f"signingAuthority:{STORE}": str(settings.aws_root or ROOTS[settings.partition])},
        "awsRoot": str(settings.aws_root) if settings.aws_root else None,
        "profiles": [settings.profile],
        "signPayload": None,
        "revocation": revocation,
        "pair": pair,
        "sealgate": {"exit": 0, "row": "verified", "reason": ""},
        "difference": None,
    }
    path = settings.record_into / f"{vector['name']}.json"
    path.write_text(json.dumps(vector, indent=2, ensure_ascii=False) + "\n")
    return path
