"""How long a step that verifies takes: the docker action with podman as docker, the setup action, and notation's steps, each under
act; and how large the images are. Times are those that act tells of its steps."""

import argparse
import contextlib
import gzip
import os
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from lab import act, certificates, containers, images, registries, trust
from lab.mirror import mirroring
from lab.process import ROOT, TARGET, Home
from lab.tools import Notation, sealgate_path

JOB = """name: measure
on: push
jobs:
  measure:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
"""

ACTION = """      - uses: ./
        with:
          command: verify
          images: {reference}
          root: trust/root.pem
          identity: '*'
"""

SETUP = """      - uses: ./setup
        with:
          url: {url}
          checksum: {checksum}
      - run: sealgate verify --root trust/root.pem --identity '*' {reference}
"""

# What notation's own action does, without the start of Node.
NOTATION = """      - shell: sh
        run: |
          {fetch} "$RUNNER_TEMP/notation.gz" {url}
          echo "{checksum}  $RUNNER_TEMP/notation.gz" | sha256sum -c >/dev/null
          mkdir -p "$RUNNER_TEMP/notation-bin"
          gunzip -c "$RUNNER_TEMP/notation.gz" >"$RUNNER_TEMP/notation-bin/notation"
          chmod +x "$RUNNER_TEMP/notation-bin/notation"
          echo "$RUNNER_TEMP/notation-bin" >>"$GITHUB_PATH"
      - shell: sh
        run: notation verify {reference}
        env:
          NOTATION_CONFIG: ${{{{ github.workspace }}}}/notation
          # Where the folder of that name is.
          XDG_CONFIG_HOME: ${{{{ github.workspace }}}}
"""

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def seconds(told):
    """A time as Go writes it: `920.5ms`, `1m2.5s`."""
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([0-9.]+)(ms|m|s)", told))


def steps(finished):
    """The time of all steps but the checkout; what a composite action consists of is a part of its time."""
    found = re.findall(r"Success - Main ([^\n]*(?:\n(?!\[)[^\n]*)*?) \[([0-9.ms]+)\]", finished.succeeded().out)
    times = [seconds(told) for name, told in found if not name.startswith(("actions/checkout", 'sh "$GITHUB_ACTION_PATH'))]
    assert times, str(finished)
    return sum(times)


def static_notation():
    """notation as its releases are: it runs in an image that has nothing else."""
    env = {name: value for name, value in os.environ.items() if name not in ("GOROOT", "GOOS", "GOARCH")}
    place = TARGET / "peers" / "static"
    env |= {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOBIN": str(place)}
    module = ROOT / "tests" / "interop" / "peers" / "notation"
    subprocess.run(["go", "install", "-trimpath", "-ldflags=-s -w", "tool"], cwd=module, env=env, check=True)
    return place / "notation"


def megabytes(size):
    return f"{size / 1_000_000:.1f} MB"


def image_sizes(podman, folder, notation):
    """The image of the action, and peers put in an empty image."""
    yield "sealgate, target `action`", int(podman.inspect(act.ACTION_IMAGE, "{{.Size}}"))
    for name, path in (("notation", notation), ("cosign", os.environ.get("SEALTEST_COSIGN"))):
        if path:
            context = folder / name
            context.mkdir()
            shutil.copy(path, context / name)
            (context / "Dockerfile").write_text(f"FROM scratch\nCOPY {name} /{name}\n")
            podman.build_file(context / "Dockerfile", context, f"localhost/{name}").succeeded()
            yield f"{name} in an empty image", int(podman.inspect(f"localhost/{name}", "{{.Size}}"))
        else:
            print(f"not measured: {name} (SEALTEST_COSIGN names a binary)")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--action", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    if missing := containers.what_is_missing():
        raise SystemExit(f"not installed: {', '.join(missing)}")
    peer = static_notation()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        registry = stack.enter_context(registries.running("olareg", folder / "registry"))
        home = Home(folder / "home")
        signer = certificates.write_signer(folder / "signer", "build")
        image = images.push(home, registry, "app")
        notation = Notation(home, registry)
        notation.sign(signer, image.by_digest).succeeded()
        trust.trust(home.notation, signer)
        podman = stack.enter_context(containers.podman())
        (folder / "context").mkdir()
        podman.build(containers.stage(folder / "context", sealgate_path()), "action", act.ACTION_IMAGE).succeeded()
        act.build_job_image(podman, folder / "job")
        address = stack.enter_context(act.docker(podman))
        jobs = {"host": act.on_the_host(folder / "host"), "containers": act.in_containers(folder / "containers", address)}
        for job in jobs.values():
            (job.repository / "trust").mkdir()
            shutil.copy(signer.root, job.repository / "trust" / "root.pem")
            shutil.copytree(home.notation, job.repository / "notation")
        ours = stack.enter_context(mirroring(sealgate_path().read_bytes()))
        theirs = stack.enter_context(mirroring(gzip.compress(peer.read_bytes())))
        values = {"reference": image.by_digest}
        notations = {"url": theirs.url, "checksum": theirs.checksum, **values}
        workflows = {
            "docker action, in a container": ("containers", JOB + ACTION.format(**values)),
            "notation: fetch, then `notation verify`, in a container": ("containers", JOB + NOTATION.format(fetch="wget -q -O", **notations)),
            "setup action, then `sealgate verify`, on the host": ("host", JOB + SETUP.format(url=ours.url, checksum=ours.checksum, **values)),
            "notation: fetch, then `notation verify`, on the host": ("host", JOB + NOTATION.format(fetch="curl -fsS -o", **notations)),
        }
        times = {name: [] for name in workflows}
        for run in range(runs):
            for name, (where, workflow) in workflows.items():
                # Each job as the first on its machine.
                shutil.rmtree(jobs[where].home.folder / ".cache", ignore_errors=True)
                shutil.rmtree(jobs[where].home.folder / "cache", ignore_errors=True)
                times[name].append(steps(jobs[where].run(workflow)))
        medians = {name: statistics.median(values) for name, values in times.items()}
        print(f"\nmedians of {runs} interleaved runs\n\n| steps | time | ratio |\n|---|---|---|")
        for name, time in medians.items():
            place = name.rsplit(", ", 1)[1]
            base = next(other for peer, other in medians.items() if peer.startswith("notation") and peer.endswith(place))
            print(f"| {name} | {time:.2f} s | {time / base:.2f} |")
        sizes = list(image_sizes(podman, folder, peer))
        print("\n| image | size | compressed binary |\n|---|---|---|")
        for name, size in sizes:
            path = {"sealgate": sealgate_path(), "notation": peer, "cosign": os.environ.get("SEALTEST_COSIGN")}[
                re.split(r"[ ,]", name)[0]
            ]
            compressed = len(gzip.compress(Path(path).read_bytes()))
            print(f"| {name} | {megabytes(size)} | {megabytes(compressed)} |")


if __name__ == "__main__":
    main()
