"""Peak memory and output of sealgate for hostile images: what anybody can push who may push to a registry."""

import argparse
import base64
import contextlib
import hashlib
import http.server
import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from lab import certificates

LIMIT_MIB = 128
MIB = 1024 * 1024
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
SIGNATURE = "application/vnd.cncf.notary.signature"
EMPTY = "application/vnd.oci.empty.v1+json"
JWS = "application/jose+json"
HINT = "io.sealgate.envelope"
PAGES = 40
SIGNATURES = 100
IMAGES = 16
LARGE = 3_900_000


def descriptor(media_type, content, **members):
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"mediaType": media_type, "digest": digest, "size": len(content), **members}


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Registry(http.server.ThreadingHTTPServer):
    """Serves what it is told to, by path."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = {}
        self.pages = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def host(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def put(self, repository, kind, content, media_type, **members):
        """Stores content, and returns its descriptor."""
        told = descriptor(media_type, content, **members)
        self.answers[f"/v2/{repository}/{kind}/{told['digest']}"] = (media_type, content)
        return told

    def image(self, repository):
        image = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {}, "layers": [], "annotations": {"a": repository}}
        return self.put(repository, "manifests", compact(image), MANIFEST)

    def list(self, repository, image, pages):
        """What the referrers API lists: pages, each a list of entries or bytes."""
        self.pages[f"/v2/{repository}/referrers/{image['digest']}"] = pages

    def signature(self, repository, image, envelope, name, hinted=True):
        """A signature manifest, as it is listed."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": SIGNATURE,
            "config": descriptor(EMPTY, b"{}"),
            "layers": [envelope],
            "subject": image,
            "annotations": {"name": str(name)},
        }
        listed = self.put(repository, "manifests", compact(manifest), MANIFEST, artifactType=SIGNATURE)
        return {**listed, "annotations": {HINT: json.dumps(envelope)}} if hinted else listed

    def reference(self, repository, image):
        return f"{self.host}/{repository}@{image['digest']}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = urlsplit(self.path)
        pages = self.server.pages.get(asked.path)
        if pages is not None:
            place = int(parse_qs(asked.query).get("page", ["0"])[0])
            page = pages(place) if callable(pages) else compact_index(pages[place])
            more = place + 1 < (PAGES if callable(pages) else len(pages))
            link = {"link": f'<{asked.path}?page={place + 1}>; rel="next"'} if more else {}
            return self.answer(200, INDEX, page, {"oci-filters-applied": "artifactType", **link})
        found = self.server.answers.get(asked.path)
        if found is None:
            return self.answer(404, "application/json", b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', {})
        return self.answer(200, *found, {})

    def answer(self, status, media_type, content, headers):
        self.send_response(status)
        for name, value in {"content-type": media_type, "content-length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content)

    def handle(self):
        # Whoever has read enough goes away.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *_):
        pass


def compact_index(entries):
    return compact({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})


class Stranger:
    """Signs whatever is asked, with a key and certificates of nobody."""

    def __init__(self):
        self.chain, self.key = certificates.chain("stranger", "ec-p256", 2)

    def envelope(self, target, payload="", header="", unprotected="", chain=None):
        """An envelope with integrity. `payload`, `header`, `unprotected` are further members as JSON text."""
        chain = chain or [one.public_bytes(serialization.Encoding.DER) for one in self.chain]
        protected = compact(
            {
                "alg": "ES256",
                "cty": "application/vnd.cncf.notary.payload.v1+json",
                "crit": ["io.cncf.notary.signingScheme"],
                "io.cncf.notary.signingScheme": "notary.x509",
                "io.cncf.notary.signingTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            }
        )
        protected = base64url(protected[:-1] + header.encode() + b"}")
        payload = base64url(compact({"targetArtifact": target})[:-1] + payload.encode() + b"}")
        r, s = utils.decode_dss_signature(self.key.sign(f"{protected}.{payload}".encode(), ec.ECDSA(hashes.SHA256())))
        signature = base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        x5c = ",".join(f'"{base64.b64encode(der).decode()}"' for der in chain)
        return (
            f'{{"payload":"{payload}","protected":"{protected}","header":{{"x5c":[{x5c}]{unprotected}}},'
            f'"signature":"{signature}"}}'
        ).encode()


def metadata(image, bytes_in_all, value_bytes):
    """The image with metadata of about so many bytes, as a signer may add it."""
    count = max(1, bytes_in_all // (value_bytes + 14))
    return {**image, "annotations": {f"k{number:07}": "x" * value_bytes for number in range(count)}}


def flood(registry, repository, stranger, sizes, hinted=True):
    """An image with stranger signatures whose envelopes have about these sizes."""
    image = registry.image(repository)
    envelopes = {
        size: registry.put(repository, "blobs", stranger.envelope(metadata(image, size * 3 // 4 - 4096, 3000)), JWS)
        for size in set(sizes)
    }
    listed = [registry.signature(repository, image, envelopes[size], name, hinted) for name, size in enumerate(sizes)]
    registry.list(repository, image, [listed])
    return registry.reference(repository, image)


def huge_listing(registry, repository):
    """Many pages of 4 MiB, each of entries with thousands of annotations."""
    image = registry.image(repository)
    annotations = {f"a{number:05}": "x" * 24 for number in range(4000)}

    def page(place):
        entries, size, number = [], 0, 0
        while size < 3_900_000:
            entry = descriptor(MANIFEST, f"{place} {number}".encode(), artifactType=SIGNATURE, annotations=annotations)
            entries.append(entry)
            size += 36 * len(annotations) + 250
            number += 1
        return compact_index(entries)

    registry.list(repository, image, page)
    return registry.reference(repository, image)


def full_listing(registry, repository):
    """Many pages of 4 MiB, each of as many entries as fit, each with hints of the greatest length."""
    image = registry.image(repository)
    annotations = {"io.cncf.notary.x509chain.thumbprint#S256": json.dumps(["a" * 64] * 32), HINT: "x" * 1000}

    def page(place):
        entries = [
            descriptor(MANIFEST, f"{place} {number}".encode(), artifactType=SIGNATURE, annotations=annotations)
            for number in range(1100)
        ]
        return compact_index(entries)

    registry.list(repository, image, page)
    return registry.reference(repository, image)


def many_values(registry, repository, stranger):
    """Envelopes, manifests and listings of as many values as fit, and chains of the largest certificates."""
    image = registry.image(repository)
    objects = "[" + '{"a":0},' * 320_000 + "0]"
    strings = "[" + '"a",' * 650_000 + "0]"
    members = ",".join(f'"{number:06}":0' for number in range(250_000))
    attributes = "".join(f',"x{number}":[{"[]," * 3500}0]' for number in range(250))
    escapes = "\\u001b" * 600_000
    envelopes = [
        stranger.envelope(image, payload=f',"x":{objects}'),
        stranger.envelope(image, payload=f',"x":{strings}'),
        stranger.envelope(image, payload=f',"x":{{{members}}}'),
        stranger.envelope(image, header=f',"x":{objects}'),
        stranger.envelope(image, header=attributes),
        stranger.envelope(image, unprotected=f',"x":{objects}'),
        stranger.envelope(metadata(image, 2_500_000, 1)),
        stranger.envelope(image, unprotected=f',"io.cncf.notary.signingAgent":"{escapes}"'),
        stranger.envelope(image, header=f',"x":"{"x" * 2_800_000}"'),
    ]
    listed = [
        registry.signature(repository, image, registry.put(repository, "blobs", envelope, JWS), number)
        for number, envelope in enumerate(envelopes * 10)
    ]
    manifest = f'{{"schemaVersion":2,"mediaType":"{MANIFEST}","x":[{"{}," * 1_300_000}0]}}'.encode()
    odd = f'{{"schemaVersion":2,"mediaType":"{MANIFEST}","annotations":{{{members}}}}}'.encode()
    for content in (manifest, odd):
        listed.append(registry.put(repository, "manifests", content, MANIFEST, artifactType=SIGNATURE))
    registry.list(repository, image, [listed])
    return registry.reference(repository, image)


def hostile_layout(folder, stranger):
    """An image layout whose index names indexes full of entries, and large signatures."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(content, media_type, **members):
        told = descriptor(media_type, content, **members)
        (blobs / told["digest"].split(":")[1]).write_bytes(content)
        return told

    image = put(compact({"schemaVersion": 2, "mediaType": MANIFEST, "config": {}, "layers": []}), MANIFEST)
    entries = [image]
    for number in range(40):
        names = [descriptor(MANIFEST, f"{number} {name}".encode()) for name in range(24_000)]
        entries.append(put(compact_index(names), INDEX))
    envelope = put(stranger.envelope(metadata(image, 2_900_000, 3000)), JWS)
    for number in range(30):
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": SIGNATURE,
            "config": descriptor(EMPTY, b"{}"),
            "layers": [envelope],
            "subject": image,
            "annotations": {"name": str(number), "x": "y" * 1_000_000},
        }
        entries.append(put(compact(manifest), MANIFEST, artifactType=SIGNATURE))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_bytes(compact_index(entries))
    return f"oci-layout:{folder}@{image['digest']}"


def peak(argv):
    """Exit code, peak memory in MiB, bytes of output, seconds. GNU time starts it, whose own memory is little."""
    with tempfile.TemporaryFile() as output, tempfile.NamedTemporaryFile() as told:
        timed = ["/usr/bin/time", "--quiet", "--output", told.name, "--format", "%M", *map(str, argv)]
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
        started = time.monotonic()
        nothing = subprocess.DEVNULL
        finished = subprocess.run(timed, env=environment, stdin=nothing, stdout=output, stderr=nothing)
        seconds = time.monotonic() - started
        return finished.returncode, int(Path(told.name).read_text().split()[-1]) / 1024, output.tell(), seconds


def shapes(registry, stranger, folder):
    """Each shape: what it is, the command, its images, the exit codes that it may have."""
    # Beyond the cap on one envelope, just below it, and as many as are small.
    sized = {"10 of 30 MiB": [30 * MIB] * 10}
    sized |= {f"{SIGNATURES} of {words}": [size] * SIGNATURES for words, size in (("3.9 MB", LARGE), ("200 kB", 200_000))}
    yield "1 listing, thousands of annotations an entry", "verify", [huge_listing(registry, "listing/annotations")]
    yield "1 listing, full of long hints", "verify", [full_listing(registry, "listing/hints")]
    for what, sizes in sized.items():
        image = flood(registry, f"large/{len(sizes)}-{sizes[0]}", stranger, sizes)
        for number, command in ((2, "verify"), (3, "inspect")):
            yield f"{number} stranger signatures, {what}", command, [image]
    values = many_values(registry, "values", stranger)
    for command in ("verify", "inspect"):
        yield "4 envelopes and manifests of many values", command, [values]
    mixed = [LARGE] * 12 + [250_000] * 40
    images = [flood(registry, f"several/{number}", stranger, mixed) for number in range(IMAGES // 2)]
    images += [full_listing(registry, f"several/listing-{number}") for number in range(IMAGES // 4)]
    images += [many_values(registry, f"several/values-{number}", stranger) for number in range(IMAGES // 4)]
    for command in ("verify", "inspect"):
        yield f"5 {IMAGES} such images in one call", command, images
    layout = hostile_layout(folder / "layout", stranger)
    yield "5 image layout, indexes in the index", "verify", [layout]
    yield "5 the same layout four times", "inspect", [layout] * 4


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true", help="as tests/bench/run is told")
    parser.add_argument("--only", help="a part of the name of the shapes to run")
    parser.add_argument("--format", choices=("text", "json"), help="one form of the report; otherwise both")
    options = parser.parse_args()
    sealgate = os.environ["SEALTEST_SEALGATE"]
    rows, worst = [], 0
    with tempfile.TemporaryDirectory() as folder:
        registry, stranger = Registry(), Stranger()
        ours = certificates.write_signer(Path(folder) / "ours", "bench", "ec-p256", 2)
        trust = ["--root", ours.root, "--identity", ours.identity]
        for what, command, images in shapes(registry, stranger, Path(folder)):
            if options.only and options.only not in what:
                continue
            for form in (options.format,) if options.format else ("text", "json"):
                words = [sealgate, command, *(trust if command == "verify" else []), "--format", form, "--", *images]
                code, memory, output, seconds = peak(words)
                if code not in ((0,) if command == "inspect" else (10,)):
                    raise SystemExit(f"cannot measure: exit {code} of {' '.join(map(str, words))}")
                worst = max(worst, memory)
                told = (f"{memory:.0f} MiB", f"{output / 1024:.0f} KiB", f"{seconds:.1f} s")
                rows.append((what, command, form, code, *told))
    print("\n| hostile image | command | form | exit | peak | output | time |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    print(f"\nworst: {worst:.0f} MiB, at most {LIMIT_MIB} MiB wanted: {'met' if worst <= LIMIT_MIB else '**missed**'}")


main()
