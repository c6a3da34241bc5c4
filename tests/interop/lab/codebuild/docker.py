"""What buildspecs use of docker, without a daemon: the context is one layer, crane pushes it. Anything else is refused.

Run as a program: `docker.py FOLDER BINARY ARGUMENTS…`, where FOLDER has the programs of the build container, and BINARY is what the
sealgate image has at /usr/local/bin/sealgate.
"""

import argparse
import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

IMAGE = re.compile(r"(?P<host>[^/]+)/\S+@sha256:[0-9a-f]{64}")
SEALGATE = "/usr/local/bin/sealgate"


def configuration():
    return Path(os.environ.get("DOCKER_CONFIG") or Path(os.environ["HOME"]) / ".docker") / "config.json"


def login(host, user):
    """Keeps a login as docker does."""
    auth = base64.b64encode(f"{user}:{sys.stdin.read().strip()}".encode()).decode()
    path = configuration()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    print("Login Succeeded")


def build(context, tag, metadata):
    """Makes an image of the context, pushes it, and says what was pushed, as buildx does."""
    if not (context / "Dockerfile").is_file():
        sys.exit("ERROR: failed to read dockerfile: open Dockerfile: no such file or directory")
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder) / "layer.tar"
        with tarfile.open(layer, "w") as archive:
            for path in sorted(context.rglob("*")):
                if path.is_file():
                    entry = tarfile.TarInfo(str(path.relative_to(context)))
                    content = path.read_bytes()
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
        done = subprocess.run(["crane", "append", "--oci-empty-base", "-f", layer, "-t", tag], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"ERROR: failed to push {tag}: {done.stderr}")
    digest = done.stdout.strip().rpartition("@")[2]
    what = {"buildx.build.ref": "default/default/0", "containerimage.digest": digest, "image.name": tag}
    Path(metadata).write_text(json.dumps(what))


def create(image):
    """A container of the sealgate image: it is named by its digest, or not at all, and docker has to be logged in there."""
    found = IMAGE.fullmatch(image)
    if not found:
        sys.exit(f"{image} is not pinned by a digest")
    if found["host"] not in json.loads(configuration().read_text())["auths"]:
        sys.exit(f"no basic auth credentials for {found['host']}")
    print("f00d")


def main(programs, binary, arguments):
    parser = argparse.ArgumentParser(prog="docker", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("login", allow_abbrev=False)
    one.add_argument("--username", required=True)
    one.add_argument("--password-stdin", action="store_true", required=True)
    one.add_argument("host")
    one = commands.add_parser("buildx").add_subparsers(dest="sub", required=True).add_parser("build", allow_abbrev=False)
    one.add_argument("--metadata-file", required=True)
    one.add_argument("--push", action="store_true", required=True)
    one.add_argument("--tag", required=True)
    one.add_argument("context", type=Path)
    commands.add_parser("create").add_argument("image")
    one = commands.add_parser("cp")
    one.add_argument("source")
    one.add_argument("to")
    given = parser.parse_args(arguments)
    if given.command == "login":
        login(given.host, given.username)
    elif given.command == "buildx":
        build(given.context, given.tag, given.metadata_file)
    elif given.command == "create":
        create(given.image)
    elif (given.source, given.to) == (f"f00d:{SEALGATE}", SEALGATE):
        shutil.copy(binary, programs / "sealgate")
    else:
        sys.exit(f"no such container or path: {given.source} {given.to}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
