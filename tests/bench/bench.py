"""The benchmark: medians of interleaved runs, ratios to notation, and the goals of the project."""

import argparse
import contextlib
import dataclasses
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import aws_job
from lab import certificates, images, registries, trust
from lab.delay_proxy import delay_proxy
from lab.process import Home
from lab.tools import Notation, Sealgate, sealgate_path

# The copy that `tests/bench/run` makes.
NOTATION = os.environ["SEALTEST_NOTATION"]
ONE_WAY = 0.025
SAMPLE_OF_NOTATION_CALLS = 20
CPU_RUNS = 40
MEMORY_RUNS = 10
REPORTED = 500
PINNED_IMAGES, PINNED_FIELDS, PINNED_FILES = 50, 500, 200
MEGABYTE = 1_000_000


def measure(argv, env):
    """Runs a command; wall time and CPU time in seconds. A command that fails ends the benchmark."""
    argv = [str(part) for part in argv]
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(argv, env=env, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            raise SystemExit(f"cannot measure: {' '.join(argv)}\n{output.read().decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime


def peak_kibibytes(argv, env):
    """Peak memory of a command, or None. GNU time starts it: a child of this process would be charged with its memory."""
    if not Path("/usr/bin/time").is_file():
        return None
    timed = ["/usr/bin/time", "--quiet", "--format", "%M", *map(str, argv)]
    finished = subprocess.run(timed, env=env, capture_output=True, text=True, check=True)
    return int(finished.stderr.splitlines()[-1])


def interleaved(runs, **commands):
    """Runs each command in turn, `runs` times. A command is a function of the number of the run."""
    walls = {name: [] for name in commands}
    for run in range(runs):
        for name, command in commands.items():
            walls[name].append(command(run)[0])
    return {name: statistics.median(values) for name, values in walls.items()}


@dataclasses.dataclass
class Bench:
    """One registry, reached directly and through a slow line, and two tools with the same trust."""

    home: Home
    near: registries.Registry
    far: registries.Registry
    diary: object
    signer: certificates.Signer
    rows: list = dataclasses.field(default_factory=list)
    pushed: int = 0

    def push(self, repository):
        """A new image."""
        self.pushed += 1
        return images.push(self.home, self.near, repository, tag=f"v{self.pushed}", text=f"image {self.pushed}")

    def reach(self, image, registry, by="by_digest"):
        return getattr(dataclasses.replace(image, repository=f"{registry.host}/{image.path}"), by)

    def env(self):
        return self.home.env()

    def notation_verifies(self, reference):
        return measure([NOTATION, "verify", reference], self.env())

    def notation_signs(self, reference):
        return measure([NOTATION, "sign", "--force-referrers-tag=false", reference], self.env())

    def sealgate_verifies(self, *references):
        return measure([sealgate_path(), "verify", *references], self.env())

    def sealgate_signs(self, *references):
        key = ["--key", self.signer.key, "--certificate-chain", self.signer.chain]
        return measure([sealgate_path(), "sign", *key, *references], self.env())

    def lower(self, what, notation, sealgate, form, goal=None):
        """A row of which less is better. `goal` is the highest ratio to notation."""
        ratio = sealgate / notation
        wanted = f"≤ {goal:.2f}" if goal else ""
        met = verdict(ratio <= goal) if goal else ""
        self.rows.append([what, form(notation), form(sealgate), f"{ratio:.2f}", wanted, met])

    def faster(self, what, notation, sealgate, goal):
        """A row of speed-up."""
        ratio = notation / sealgate
        self.rows.append(
            [what, seconds(notation), seconds(sealgate), f"{ratio:.1f} ×", f"≥ {goal} ×", verdict(ratio >= goal)]
        )

    def at_most(self, what, notation, sealgate, form, limit):
        """A row with a limit of its own, whatever notation has."""
        self.rows.append([what, form(notation), form(sealgate), "", f"≤ {form(limit)}", verdict(sealgate <= limit)])


def verdict(met):
    return "met" if met else "**missed**"


def seconds(value):
    return f"{value:.2f} s"


def milliseconds(value):
    return f"{value * 1000:.1f} ms"


def mebibytes(kibibytes):
    return f"{kibibytes / 1024:.1f} MiB"


def megabytes(value):
    return f"{value / MEGABYTE:.1f} MB"


def measure_walls(bench, runs):
    """One image at a time, on loopback and with the slow line."""
    by_notation, by_sealgate = bench.push("verify/notation"), bench.push("verify/sealgate")
    bench.notation_signs(by_notation.by_digest)
    bench.sealgate_signs(by_sealgate.by_digest)
    unsigned = {name: [bench.push("sign") for _ in range(2 * runs + 1)] for name in ("notation", "sealgate")}
    # The first signature of a repository also pushes the configuration blob; it is not what is measured.
    bench.notation_signs(unsigned["notation"].pop().by_digest)
    bench.sealgate_signs(unsigned["sealgate"].pop().by_digest)

    for line, registry, goals in (("loopback", bench.near, (None,) * 3), ("50 ms", bench.far, (0.70, 0.55, 0.85))):
        theirs, ours = bench.reach(by_notation, registry), bench.reach(by_sealgate, registry)
        walls = interleaved(
            runs,
            notation=lambda _, image=theirs: bench.notation_verifies(image),
            sealgate=lambda _, image=theirs: bench.sealgate_verifies(image),
            notation_ours=lambda _, image=ours: bench.notation_verifies(image),
            sealgate_ours=lambda _, image=ours: bench.sealgate_verifies(image),
            notation_signs=lambda _, to=registry: bench.notation_signs(bench.reach(unsigned["notation"].pop(), to)),
            sealgate_signs=lambda _, to=registry: bench.sealgate_signs(bench.reach(unsigned["sealgate"].pop(), to)),
        )
        for what, name, goal in (
            ("verify by digest, notation's signature", "", goals[0]),
            ("verify by digest, our signature", "_ours", goals[1]),
            ("sign an unsigned image", "_signs", goals[2]),
        ):
            bench.lower(f"{what}, {line}", walls[f"notation{name}"], walls[f"sealgate{name}"], milliseconds, goal)
    return by_notation, by_sealgate


def measure_many(bench, count):
    """Many images in one call, against as many calls of notation, of which a sample is run."""
    for signed_by in ("notation", "sealgate"):
        many = [bench.push(f"many/{signed_by}") for _ in range(count)]
        if signed_by == "notation":
            for image in many:
                bench.notation_signs(image.by_digest)
        else:
            bench.sealgate_signs(*[image.by_digest for image in many])
        far = [bench.reach(image, bench.far) for image in many]
        sample = far[:SAMPLE_OF_NOTATION_CALLS]
        started = time.perf_counter()
        for reference in sample:
            bench.notation_verifies(reference)
        notation = (time.perf_counter() - started) * count / len(sample)
        sealgate = statistics.median(bench.sealgate_verifies(*far)[0] for _ in range(3))
        bench.faster(f"verify {count} images in one call, {signed_by}'s signatures, 50 ms", notation, sealgate, 20)


def measure_reports(bench, runs):
    """What all reports together add to a verify of many images: files, and what a step of a GitHub job tells its runner. In these
    rows, what stands in the column of notation is sealgate without reports."""
    many = [bench.push("reports").by_digest for _ in range(REPORTED)]
    bench.sealgate_signs(*many)
    folder = bench.home.folder / "reports"

    def reported(run):
        step = folder / str(run)
        step.mkdir(parents=True)
        env = bench.env() | {"GITHUB_ACTIONS": "true"}
        env |= {name: str(step / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ARTIFACTS")}
        for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ARTIFACTS"):
            Path(env[name]).touch()
        told = measure([sealgate_path(), "verify", "--report-dir", step / "out", *many], env)
        assert (step / "out" / "report.html").stat().st_size > REPORTED and Path(env["GITHUB_STEP_SUMMARY"]).stat().st_size
        return told

    pairs = [(bench.sealgate_verifies(*many), reported(run)) for run in range(runs)]
    for what, part, goal in (("time", 0, 1.10), ("CPU", 1, None)):
        plain, told = (statistics.median(pair[which][part] for pair in pairs) for which in (0, 1))
        bench.lower(f"{what} of a verify of {REPORTED} images, loopback; with all reports", plain, told, milliseconds, goal)


def measure_pin(bench, runs):
    """What deploy files add to a verify of the images that they name. In these rows, what stands in the column of notation is
    sealgate's verify of these images, by tag as the files name them."""
    many = [bench.push("pinned") for _ in range(PINNED_IMAGES)]
    bench.sealgate_signs(*[image.by_digest for image in many])
    for line, registry in (("loopback", bench.near), ("50 ms", bench.far)):
        named = [bench.reach(image, registry, "by_tag") for image in many]
        folder = bench.home.folder / f"manifests-{registry.host.replace(':', '-')}"
        (folder / "before").mkdir(parents=True)
        fields = [named[place % len(named)] for place in range(PINNED_FIELDS)]
        texts = [manifest(number, fields[number::PINNED_FILES]) for number in range(PINNED_FILES)]
        files = [folder / f"{number}.yaml" for number in range(PINNED_FILES)]

        def pin(run, *words, files=files, texts=texts):
            # What is replaced keeps a name: without a journal, ext4 takes no inode that was freed in the last minute, and looks at
            # all of these for each new file, so that every run would cost the next ones more.
            for path, text in zip(files, texts):
                path.write_text(text)
                path.with_name("before").joinpath(f"{run}{''.join(words)}-{path.name}").hardlink_to(path)
            return measure([sealgate_path(), "pin", *words, *files], bench.env())

        walls = interleaved(
            runs,
            verify=lambda _, named=named: bench.sealgate_verifies(*named),
            pin=pin,
            write=lambda run, pin=pin: pin(run, "--write"),
        )
        what = f"{PINNED_FILES} manifests with {PINNED_FIELDS} images, {PINNED_IMAGES} of them distinct, {line}"
        bench.lower(f"pin {what}", walls["verify"], walls["pin"], milliseconds, 2)
        # 200 files more that have to be on the disk before the first is replaced.
        bench.lower(f"pin --write {what}", walls["verify"], walls["write"], milliseconds, None)
        if registry is bench.far:
            requests = []
            for command in (lambda: bench.sealgate_verifies(*named), lambda: pin(runs, "--write")):
                bench.diary.clear()
                command()
                requests.append(len(bench.diary.requests))
            bench.rows.append(["requests of these", *map(str, requests), "", "", ""])
    assert all(path.read_text().count("@sha256:") == text.count("image: ") for path, text in zip(files, texts))


def manifest(number, images):
    """A Deployment of the usual length."""
    containers = "".join(
        f"        - name: c{place}\n          image: {image}\n          resources: {{limits: {{cpu: 100m, memory: 64Mi}}}}\n"
        for place, image in enumerate(images)
    )
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\nspec:\n  replicas: 2\n  selector:\n"
        f"    matchLabels: {{app: app-{number}}}\n  template:\n    metadata:\n      labels: {{app: app-{number}}}\n"
        f"    spec:\n      containers:\n{containers}"
    )


def measure_cost(bench, image):
    """CPU time, memory, size."""
    reference = image.by_digest
    cpu = {"notation": [], "sealgate": [], "nothing": []}
    for _ in range(CPU_RUNS):
        cpu["notation"].append(bench.notation_verifies(reference)[1])
        cpu["sealgate"].append(bench.sealgate_verifies(reference)[1])
        cpu["nothing"].append(measure(["/bin/true"], bench.env())[1])
    mean = {name: statistics.mean(values) for name, values in cpu.items()}
    what = f"CPU of verify, mean of {CPU_RUNS} (`/bin/true`: {milliseconds(mean['nothing'])})"
    bench.lower(what, mean["notation"], mean["sealgate"], milliseconds, 0.33)

    tools = {"notation": NOTATION, "sealgate": sealgate_path()}
    peaks = {
        name: max((peak_kibibytes([tool, "verify", reference], bench.env()) or 0) for _ in range(MEMORY_RUNS))
        for name, tool in tools.items()
    }
    what = f"peak memory of verify, highest of {MEMORY_RUNS}"
    if all(peaks.values()):
        bench.lower(what, peaks["notation"], peaks["sealgate"], mebibytes, 1)
    else:
        bench.rows.append([what, "", "", "", "≤ 1.00", "not measured: GNU time is not installed"])

    bench.at_most("binary", *(Path(tool).stat().st_size for tool in tools.values()), megabytes, 16 * MEGABYTE)


def measure_rounds(bench, by_notation, by_sealgate):
    """Requests that wait for one another, from the diary of the slow line."""

    def diary_of(command, *args):
        bench.diary.clear()
        command(*args)
        return bench.diary.rounds(), len(bench.diary.requests)

    def row(what, notation, sealgate, limit):
        told = ["{} ({} requests)".format(*found) for found in (notation, sealgate)]
        ratio = f"{sealgate[0] / notation[0]:.2f}"
        bench.rows.append([what, *told, ratio, f"≤ {limit}", verdict(sealgate[0] <= limit)])

    for whose, image, limit in (("notation's", by_notation, 3), ("our", by_sealgate, 2)):
        for by, extra in (("by_digest", 0), ("by_tag", 1)):
            reference = bench.reach(image, bench.far, by)
            found = [diary_of(tool, reference) for tool in (bench.notation_verifies, bench.sealgate_verifies)]
            row(f"rounds of verify {by.replace('_', ' ')}, {whose} signature", *found, limit + extra)
    fresh = [bench.reach(bench.push("sign"), bench.far) for _ in range(2)]
    found = [diary_of(bench.notation_signs, fresh[0]), diary_of(bench.sealgate_signs, fresh[1])]
    row("rounds of sign on an unsigned image", *found, 5)


def print_table(rows):
    print("\n| what | notation 1.3.2 | sealgate | ratio | goal | |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print()


@contextlib.contextmanager
def set_up():
    """The registry, the slow line, and a user who trusts the one signer."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        near = stack.enter_context(registries.running("olareg", folder / "registry"))
        proxy = stack.enter_context(delay_proxy(int(near.host.rsplit(":", 1)[1]), ONE_WAY))
        home = Home(folder / "home")
        signer = certificates.write_signer(folder / "signer", "bench", "rsa-2048", 2)
        trust.trust(home.notation, signer)
        Notation(home, near).use_key(signer)
        yield Bench(home, near, dataclasses.replace(near, host=f"localhost:{proxy.port}"), proxy.diary, signer)


def check_that_both_work(bench):
    """Numbers of a tool that does not do its work are worth nothing."""
    image = bench.push("check")
    sealgate, notation = Sealgate(bench.home, bench.near), Notation(bench.home, bench.near)
    sealgate.refuses(11, image.by_digest)
    sealgate.sign(bench.signer, image.by_digest).succeeded()
    notation.accepts(image.by_digest)
    sealgate.accepts(image.by_digest, digests=[image.digest])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="interleaved runs of which the median is taken")
    parser.add_argument("--images", type=int, default=200, help="images in one call")
    parser.add_argument("--reports", action="store_true", help="measure what reports add, and nothing else")
    parser.add_argument("--aws", action="store_true", help="measure the whole job in AWS, and nothing else")
    parser.add_argument("--pin", action="store_true", help="measure `pin`, and nothing else")
    options = parser.parse_args()
    with set_up() as bench:
        if options.aws:
            lines = aws_job.measure(bench, options.runs, ONE_WAY)
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. olareg behind the tests' laboratory, TLS.")
            print(f"Wall times are medians of {options.runs} interleaved runs; every host is 50 ms away.")
            print("\n".join(lines))
            return print_table(bench.rows)
        check_that_both_work(bench)
        if options.reports:
            measure_reports(bench, options.runs)
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.")
            return print_table(bench.rows)
        if options.pin:
            measure_pin(bench, options.runs)
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.")
            return print_table(bench.rows)
        by_notation, by_sealgate = measure_walls(bench, options.runs)
        measure_many(bench, options.images)
        measure_reports(bench, options.runs)
        measure_pin(bench, options.runs)
        measure_cost(bench, by_notation)
        measure_rounds(bench, by_notation, by_sealgate)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. RSA-2048, chain of two; olareg in memory, HTTP.")
        print(f"Wall times are medians of {options.runs} interleaved runs; 50 ms is the round trip of the slow line.")
        sample = min(options.images, SAMPLE_OF_NOTATION_CALLS)
        print(f"For {options.images} images, {sample} calls of notation were run and their time scaled.")
        print_table(bench.rows)


main()
