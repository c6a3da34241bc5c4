"""The real registry behind the fronts: what is asked of it, and how its answers are passed on."""

import http.client
import urllib.parse

from .front import SECONDS, Answer

# What a registry's answer may tell a client; the rest is about the connection behind the front.
PASSED = (
    "Content-Type",
    "Content-Length",
    "Docker-Content-Digest",
    "Docker-Upload-UUID",
    "OCI-Subject",
    "OCI-Filters-Applied",
    "Range",
    "OCI-Chunk-Min-Length",
)
SENT = ("Accept", "Content-Type", "Content-Range", "Range")


class Backend:
    """A registry on loopback. The repository `app` of a registry `under` is its repository `ROOT/under/app`: laboratories
    share a registry, and each has a root of its own."""

    def __init__(self, registry, root):
        self.host = registry.host
        self.root = root

    def path(self, under, rest):
        return f"/v2/{self.root}/{under}/{rest}"

    def ask(self, method, path, headers=None, body=None):
        """One request: status, headers, body."""
        name, port = self.host.rsplit(":", 1)
        connection = http.client.HTTPConnection(name, int(port), timeout=SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def pass_on(self, request, under):
        """Passes a request below `/v2/` on, and the answer back, with `Location` and `Link` in the front's own words."""
        prefix = self.path(under, "")
        target = prefix + request.target.removeprefix("/v2/")
        if request.method == "POST":
            # An upload is only begun: neither is a blob mounted from another repository, nor taken with this request.
            target = target.partition("?")[0]
            request.body = b""
        headers = {name: request.headers[name] for name in SENT if name in request.headers}
        status, told, body = self.ask(request.method, target, headers, request.body)
        answer = Answer(status, body, {name: told[name] for name in PASSED if name in told})
        if request.method != "HEAD":
            answer.headers["Content-Length"] = str(len(body))
        if location := told["Location"]:
            split = urllib.parse.urlsplit(location)
            query = f"?{split.query}" if split.query else ""
            answer.headers["Location"] = f"https://{request.host}/v2/{split.path.removeprefix(prefix)}{query}"
        if link := told["Link"]:
            answer.headers["Link"] = link.replace(prefix, "/v2/").replace(f"http://{self.host}", "")
        return answer

    def manifest_digest(self, under, name, reference):
        """The digest of a manifest, or None."""
        accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, " + (
            "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json"
        )
        status, headers, _ = self.ask("HEAD", self.path(under, f"{name}/manifests/{reference}"), {"Accept": accept})
        return headers["Docker-Content-Digest"] if status == 200 else None

    def has_blob(self, under, name, digest):
        return self.ask("HEAD", self.path(under, f"{name}/blobs/{digest}"))[0] == 200

    def blob(self, under, name, digest):
        """Status, headers and bytes of a blob."""
        return self.ask("GET", self.path(under, f"{name}/blobs/{digest}"))
