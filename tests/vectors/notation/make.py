"""Lets notation sign images in a real registry and keeps what it pushed. README.md says what each file is."""

import datetime
import json
import shutil
import sys
import tempfile
from pathlib import Path

from cryptography import x509
from lab import certificates, images, registries, trust
from lab.images import Hand
from lab.process import Home
from lab.tools import Notation

# Far enough that no vector dies of age.
NOT_AFTER = datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC)
EXPIRY = "700000h"
METADATA = {"commit": "4f2a9c", "io.example/run": "7", "text": 'quotes " and <angles> & ünïcode'}

ALGORITHMS = {
    "rsa-2048": "RSASSA-PSS-SHA-256",
    "rsa-3072": "RSASSA-PSS-SHA-384",
    "rsa-4096": "RSASSA-PSS-SHA-512",
    "ec-p256": "ECDSA-SHA-256",
    "ec-p384": "ECDSA-SHA-384",
    "ec-p521": "ECDSA-SHA-512",
}


def cases():
    """Name, key type, chain length, form of the image, flags of notation."""
    for key_type in certificates.KEY_TYPES:
        yield key_type, key_type, 2, "oci-image", []
    for length in (1, 4):
        yield f"chain-of-{length}", "ec-p256", length, "oci-image", []
    for form in images.IMAGE_FORMS[1:]:
        yield form, "ec-p256", 2, form, []
    yield "expiry", "ec-p256", 2, "oci-image", ["--expiry", EXPIRY]
    yield "user-metadata", "ec-p256", 2, "oci-image", [f"--user-metadata={key}={value}" for key, value in METADATA.items()]


def current_form(manifest):
    """The manifest as notation v2 writes it: the artifact type named, and the empty configuration."""
    empty = {"mediaType": "application/vnd.oci.empty.v1+json"} | {
        name: manifest["config"][name] for name in ("digest", "size")
    }
    return {
        "schemaVersion": 2,
        "mediaType": manifest["mediaType"],
        "artifactType": images.SIGNATURE,
        "config": empty | {"data": "e30="},
        **{name: manifest[name] for name in ("layers", "subject", "annotations")},
    }


def write(path, value):
    if isinstance(value, bytes):
        path.write_bytes(value)
    else:
        path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def make(folder, registry, home, name, key_type, length, form, flags):
    """One vector."""
    signer = certificates.write_signer(home.folder / name, name, key_type, length, NOT_AFTER)
    notation = Notation(home, registry)
    image = images.push(home, registry, f"vectors/{name}", form)
    notation.sign(signer, image.by_digest, *flags).succeeded()
    # Only what notation itself accepts becomes a vector.
    shutil.rmtree(home.notation / "truststore", ignore_errors=True)
    trust.trust(home.notation, signer)
    notation.accepts(image.by_digest)

    hand = Hand(registry, image)
    (signature,) = hand.signatures()
    body, _ = hand.manifest(signature["digest"])
    manifest = json.loads(body)
    envelope = hand.blob(manifest["layers"][0]["digest"])
    artifact = hand.subject()
    current = json.dumps(current_form(manifest), separators=(",", ":")).encode()
    chain = signer.chain.read_bytes()

    folder.mkdir(parents=True)
    write(folder / "envelope.jws.json", envelope)
    write(folder / "chain.pem", chain)
    write(folder / "root.pem", signer.root.read_bytes())
    write(folder / "artifact.json", hand.manifest(image.digest)[0])
    write(folder / "manifest-legacy.json", body)
    write(folder / "manifest-current.json", current)
    write(folder / "tag-index.json", hand.manifest(hand.tag_index)[0])
    write(
        folder / "vector.json",
        {
            "keyType": key_type,
            "signatureAlgorithm": ALGORITHMS[key_type],
            "identity": signer.identity,
            "artifact": artifact,
            "envelope": manifest["layers"][0],
            "manifestLegacy": {name: signature[name] for name in ("mediaType", "digest", "size")},
            "manifestCurrent": {"mediaType": images.OCI_MANIFEST, "digest": images.sha256(current), "size": len(current)},
            "signingTime": signing_time(envelope),
            "expiry": protected(envelope).get("io.cncf.notary.expiry"),
            "userMetadata": METADATA if name == "user-metadata" else {},
            "certificates": len(x509.load_pem_x509_certificates(chain)),
        },
    )


def protected(envelope):
    import base64

    text = json.loads(envelope)["protected"]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def signing_time(envelope):
    return protected(envelope)["io.cncf.notary.signingTime"]


def main(target):
    with tempfile.TemporaryDirectory() as temporary, registries.running("crane", f"{temporary}/registry") as registry:
        home = Home(f"{temporary}/home")
        for case in cases():
            folder = target / case[0]
            shutil.rmtree(folder, ignore_errors=True)
            make(folder, registry, home, *case)


main(Path(sys.argv[1]))
