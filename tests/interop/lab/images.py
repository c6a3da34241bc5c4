"""Images and image indexes, made and pushed by crane; and what a hostile hand does to them in a registry."""

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass

from .process import run

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
SIGNATURE = "application/vnd.cncf.notary.signature"
IMAGE_FORMS = ("oci-image", "oci-index", "docker-image", "docker-list")


@dataclass(frozen=True)
class Image:
    """An image in a registry."""

    repository: str
    tag: str
    digest: str

    @property
    def by_tag(self):
        return f"{self.repository}:{self.tag}"

    @property
    def by_digest(self):
        return f"{self.repository}@{self.digest}"

    @property
    def path(self):
        """The repository without the host."""
        return self.repository.split("/", 1)[1]


def sha256(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def write_layer(path, text):
    """A layer with one file; another text is another image."""
    content = text.encode()
    with tarfile.open(path, "w") as layer:
        entry = tarfile.TarInfo("hello.txt")
        entry.size = len(content)
        layer.addfile(entry, io.BytesIO(content))


def crane(home, registry, *args):
    return run(["crane", *args], home.env(**registry.env())).succeeded().out.strip()


def push(home, registry, name, form="oci-image", tag="v1", text=None):
    """Makes an image of one of the forms and pushes it."""
    registry.settle(home)
    repository = f"{registry.host}/{name}"
    layer = home.folder / "layer.tar"
    write_layer(layer, text or name)
    docker = form.startswith("docker")
    base = [] if docker else ["--oci-empty-base"]
    single = f"{repository}:{tag}" if form.endswith("image") else f"{repository}:{tag}-member"
    pushed = crane(home, registry, "append", "-f", layer, *base, "-t", single)
    if not form.endswith("image"):
        base = ["--docker-empty-base"] if docker else []
        pushed = crane(home, registry, "index", "append", *base, "-m", single, "-t", f"{repository}:{tag}")
    return Image(repository, tag, pushed.rsplit("@", 1)[1])


def save_layout(home, registry, image, folder):
    """Copies an image into an OCI image layout."""
    flags = ["--from-plain-http"] if not registry.kind.tls else []
    run(
        ["oras", "copy", *flags, "--to-oci-layout", image.by_tag, f"{folder}:{image.tag}"],
        home.env(**registry.env()),
    ).succeeded()
    return folder


class Hand:
    """Someone who may write to a registry (one without login), and uses it badly."""

    def __init__(self, registry, image):
        self.registry = registry
        self.image = image

    def manifest(self, reference):
        """The bytes and media type of a manifest, or None."""
        status, headers, body = self.registry.request("GET", f"/v2/{self.image.path}/manifests/{reference}")
        return (body, headers["Content-Type"]) if status == 200 else None

    def blob(self, digest):
        status, _, body = self.registry.request("GET", f"/v2/{self.image.path}/blobs/{digest}")
        assert status == 200, (status, body)
        return body

    def push_blob(self, data):
        status, headers, body = self.registry.request("POST", f"/v2/{self.image.path}/blobs/uploads/", b"")
        assert status == 202, (status, body)
        location = headers["Location"].removeprefix(f"http://{self.registry.host}")
        separator = "&" if "?" in location else "?"
        status, _, body = self.registry.request(
            "PUT", f"{location}{separator}digest={sha256(data)}", data, "application/octet-stream"
        )
        assert status == 201, (status, body)
        return {"digest": sha256(data), "size": len(data)}

    def push_manifest(self, value, reference=None, media_type=OCI_MANIFEST):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        status, _, body = self.registry.request(
            "PUT", f"/v2/{self.image.path}/manifests/{reference or sha256(data)}", data, media_type
        )
        assert status == 201, (status, body)
        return {"mediaType": media_type, "digest": sha256(data), "size": len(data)}

    @property
    def tag_index(self):
        return self.image.digest.replace(":", "-")

    def signatures(self):
        """The descriptors of all signature manifests of the image: by the API, and by the tag schema."""
        status, _, body = self.registry.request("GET", f"/v2/{self.image.path}/referrers/{self.image.digest}")
        listed = json.loads(body)["manifests"] if status == 200 else []
        tagged = self.manifest(self.tag_index)
        listed += json.loads(tagged[0])["manifests"] if tagged else []
        unique = {one["digest"]: one for one in listed if one.get("artifactType") == SIGNATURE}
        return list(unique.values())

    def attach(self, manifest):
        """Pushes a signature manifest, and lists it in the tag index where the registry has no referrers API."""
        descriptor = self.push_manifest(manifest) | {"artifactType": SIGNATURE}
        if not self.registry.kind.referrers_api:
            tagged = self.manifest(self.tag_index)
            listed = json.loads(tagged[0])["manifests"] if tagged else []
            index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*listed, descriptor]}
            self.push_manifest(index, self.tag_index, OCI_INDEX)
        return descriptor["digest"]

    def take_signature(self, other):
        """Attaches the one signature of another image of the same repository to this one."""
        (signature,) = other.signatures()
        return self.attach(json.loads(self.manifest(signature["digest"])[0]) | {"subject": self.subject()})

    def subject(self):
        body, media_type = self.manifest(self.image.digest)
        return {"mediaType": media_type, "digest": self.image.digest, "size": len(body)}
