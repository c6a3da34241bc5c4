"""What goes wrong while images are pinned: at every request of a registry, on the disk, by a signal, by somebody who moves a tag.

Whatever it is: a file reads as before, or with the digest that was verified, and nothing is beside it."""

import concurrent.futures
import dataclasses
import json
import os
import shutil
import signal
import threading
import time

import pytest

from lab import function, gates, images
from lab.faults import faulty
from lab.gates import Gates, certificate, key_of
from lab.process import COMMAND_SECONDS, end_group, find_command, run, start
from lab.story import FAILED, SUCCEEDED, Job, Story
from lab.tools import CONFIGURATION, DENIED, GATE_UNMET, NOT_FOUND, OK, REJECTED, UNAVAILABLE, UNSIGNED, sealgate_path

# What a registry does, and the exit codes that this may lead to if it goes on. None of them is 0.
FOR_EVER = {500: {UNAVAILABLE}, 503: {UNAVAILABLE}, "reset": {UNAVAILABLE}, "cut": {UNAVAILABLE}, 401: {DENIED}, 403: {DENIED}}
# The same for what happens once. What may be a hiccup is asked again.
ONCE = {503: {OK}, "reset": {OK}, "cut": {OK}, 403: {DENIED}}
# The image is gone; its signatures are; one of them is, or is not what it should be, and is nobody's then.
ONCE |= {404: {NOT_FOUND, UNSIGNED, GATE_UNMET}} | dict.fromkeys(("empty", "page"), {REJECTED, UNSIGNED, GATE_UNMET})
STOPS = {130: signal.SIGINT, 143: signal.SIGTERM}
MANY = 300


@pytest.fixture
def approved(signers, notation, push):
    """An image that two have signed, one with notation."""
    image = push("app")
    Job(notation.home, notation.registry).sign(signers(name="ci"), image.by_digest).succeeded()
    notation.sign(signers(name="qa"), image.by_digest, "--user-metadata", "stage=test").succeeded()
    return image


@pytest.fixture
def story(home, registry, signers, tmp_path):
    """Makes a story in a folder of its own, of an image as a proxy names it."""

    def story(name, image, proxy=None):
        folder = tmp_path / name
        folder.mkdir()
        people = {who: certificate(signers(name=who)) for who in ("ci", "qa")}
        stages = {
            "build": {"require": ["ci"]},
            "prod": {"after": ["build"], "require": [{"signer": "qa", "metadata": {"stage": "test"}}]},
        }
        if proxy:
            repository = image.repository.replace(registry.host, f"localhost:{proxy.port}")
            image = dataclasses.replace(image, repository=repository)
        told = Story(Gates(Job(home, registry), gates.write(folder, people, stages)), None, folder)
        told.define(app=image.by_tag)
        return told, image

    return story


@pytest.fixture
def requests(story, registry, approved):
    """The requests of a run in which nothing goes wrong."""
    with faulty(registry) as proxy:
        told, image = story("good", approved, proxy)
        told.pins(image)
        return sorted(set(proxy.asked))


def each(cases, check):
    """Several at a time: they wait for registries that fail."""
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda case: check(*case), cases))


def test_a_registry_that_fails_at_a_request_for_ever_pins_nothing(story, registry, approved, requests):
    assert len(requests) >= 5, requests

    def check(number, request, fault):
        with faulty(registry, lambda method, path, _: fault if (method, path) == request else None) as proxy:
            told, _ = story(f"{number}-{fault}", approved, proxy)
            finished = told.pin("--timeout", "5s")
            assert finished.code in FOR_EVER[fault], f"{request} {fault}:\n{finished}"
            assert request in proxy.asked
            assert told.is_untouched(), (request, fault)
            assert not any(one["verified"] for one in json.loads(finished.out)["artifacts"])

    faults = list(FOR_EVER)
    # Each request fails in two ways, and each way is met at some.
    ways = [(place, request, faults[(place + more) % len(faults)]) for place, request in enumerate(requests) for more in (0, 3)]
    each(ways, check)


def test_a_registry_that_fails_once_pins_what_was_verified_or_nothing(story, registry, approved, requests):
    def check(number, request, fault):
        plan = lambda method, path, times: fault if (method, path) == request and times == 1 else None  # noqa: E731
        with faulty(registry, plan) as proxy:
            told, image = story(f"{number}-{fault}", approved, proxy)
            finished = told.pin()
            assert finished.code in ONCE[fault], f"{request} {fault}:\n{finished}"
            assert told.is_pinned(image) if finished.code == OK else told.is_untouched(), f"{request} {fault}:\n{finished}"
            assert proxy.asked.count(request) == 1 + (finished.code == OK), f"{request} {fault}: {proxy.asked}"

    each([(place, request, fault) for place, request in enumerate(requests) for fault in ONCE], check)


def test_an_approval_that_fails_at_a_request_is_made_once_more_and_never_claimed_in_vain(story, registry, signers, push):
    """Looking, uploads, the manifest, reading back: whoever is told 0 has approved, and who was told of an error can go on."""
    ci = signers(name="ci")

    def approve(told, image):
        return told.gates.approve("build", "ci", image, *key_of(ci))

    with faulty(registry) as proxy:
        told, image = story("approved", push("app", text="good"), proxy)
        approve(told, image).succeeded()
        number_of_requests = len(proxy.asked)
    assert number_of_requests >= 6

    def check(number, fault):
        here = push(f"app-{number}-{fault}", text=f"{number} {fault}")
        with faulty(registry, lambda *_: fault if len(proxy.asked) == number + 1 else None) as proxy:
            told, image = story(f"approved-{number}-{fault}", here, proxy)
            finished = approve(told, image)
        if finished.code == OK:
            told.gates.let_pass("build", here)
        else:
            assert finished.code in ONCE[403], f"{number} {fault}:\n{finished}"
        approve(told, here).succeeded()
        told.gates.let_pass("build", here)

    # crane writes a layer in the home folder: one push at a time.
    for number in range(number_of_requests):
        check(number, ("reset", 403)[number % 2])


def test_a_registry_that_fails_while_ecs_asks_stops_the_deployment(story, registry, sealgate, push, aws_endpoint, signers):
    """By a root, as it is without AWS's own names: by gates such a function verifies nothing."""
    plan = {"request": None, "fault": None}
    with faulty(registry, lambda *asked: plan["fault"] if plan["request"] and plan["request"](*asked) else None) as proxy:
        ci, signed = signers(name="ci"), push("app")
        sealgate.sign(ci, signed.by_digest).succeeded()
        told, image = story("hook", signed, proxy)
        told.endpoint = aws_endpoint
        told.define(app=image.by_digest)
        trusted = {"SEALGATE_ROOT": str(ci.root), "SEALGATE_IDENTITY": ci.identity, "SEALGATE_TIMEOUT": "2s"}
        with function.running(told.folder, {"PATH": "/usr/bin:/bin"} | aws_endpoint.env() | trusted) as running:
            assert running.status(told.deployed()) == SUCCEEDED
            asked = sorted(set(proxy.asked))
            assert len(asked) >= 4
            for fault in (403, 404, "empty", "page"):
                for path in {path for _, path in asked}:
                    plan.update(request=lambda _, found, __, path=path: found == path, fault=fault)
                    assert running.status(told.deployed()) == FAILED, (fault, path)
            plan.update(request=None)
            assert running.status(told.deployed()) == SUCCEEDED


def test_a_tag_that_moves_while_images_are_verified_changes_nothing_of_what_is_written(
    story, registry, approved, home, requests
):
    """What was resolved first is verified and written. The next run meets the new image, and refuses it."""
    name, moved = approved.path, []

    def plan(method, path, _):
        if "/referrers/" in path and not moved:
            moved.append(images.push(home, registry, name, text="something else"))

    with faulty(registry, plan) as proxy:
        told, image = story("moved", approved, proxy)
        told.pins(image)
        assert moved[0].by_tag == approved.by_tag and moved[0].digest != approved.digest
        told.define(app=image.by_tag)
        told.refuses(UNSIGNED)


@pytest.mark.parametrize("code", STOPS)
def test_a_signal_at_each_request_changes_nothing(code, story, registry, approved, requests):
    def check(number, request):
        waits, go_on = threading.Event(), threading.Event()

        def plan(method, path, _):
            if (method, path) == request:
                waits.set()
                go_on.wait(COMMAND_SECONDS)

        with faulty(registry, plan) as proxy:
            told, _ = story(f"{number}", approved, proxy)
            process = begin(told)
            try:
                assert waits.wait(COMMAND_SECONDS), request
                began = time.monotonic()
                process.send_signal(STOPS[code])
                assert process.wait(COMMAND_SECONDS) == code, request
                assert time.monotonic() - began < 4, request
                assert told.is_untouched(), request
            finally:
                go_on.set()
                end_group(process)

    each(list(enumerate(requests)), check)


def begin(told, *more):
    """Starts `pin --write`, without waiting for it."""
    sink = (told.folder / "log").open("wb")
    with sink:
        words = [sealgate_path(), *told.words(), *more]
        return start(words, told.gates.sealgate.home.env(), stdout=sink, stderr=sink)


@pytest.mark.parametrize("code", STOPS)
@pytest.mark.parametrize("when", ["the first new file is beside its own", "half of them are", "the first was replaced"])
def test_a_signal_while_files_are_written_leaves_all_or_none(when, code, story, approved):
    told, image = story("many", approved)
    folder = told.file.parent
    paths = [folder / f"{number:03}.json" for number in range(MANY)]
    for path in paths:
        path.write_bytes(told.written)
    first = paths[0].stat().st_ino

    def has_come():
        match when:
            case "the first new file is beside its own":
                return len(list(folder.iterdir())) > MANY + 1
            case "half of them are":
                return len(list(folder.iterdir())) > MANY + 1 + MANY // 2
        return paths[0].stat().st_ino != first

    process = begin(told, *paths)
    try:
        deadline = time.monotonic() + COMMAND_SECONDS
        while not has_come() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.0005)
        process.send_signal(STOPS[code])
        ended = process.wait(COMMAND_SECONDS)
    finally:
        end_group(process)
    pinned = told.written.replace(image.by_tag.encode(), image.by_digest.encode())
    found = {path.read_bytes() for path in (told.file, *paths)}
    assert len(found) == 1 and found <= {told.written, pinned}, "all or none"
    assert len(list(folder.iterdir())) == MANY + 1, "nothing is beside them"
    # A run that was done before it heard of the signal ends well.
    assert ended in (code, OK), (told.folder / "log").read_text()
    assert ended == code or found == {pinned}, "no success where nothing was written"


@pytest.fixture
def large(story, approved):
    """A story with a second file that is longer than what is left anywhere."""
    told, _ = story("full", approved)
    second = told.file.parent / "second.json"
    second.write_bytes(told.written.rstrip() + b" " * 70_000 + b"\n")
    return told, second


def refused_for_room(finished):
    assert finished.code == CONFIGURATION, str(finished)
    error = json.loads(finished.out)["error"]
    assert error["code"] == "file" and "second.json" in error["message"], error


def test_a_file_that_may_not_become_so_long_leaves_all_as_they_were(large):
    told, second = large
    before = second.read_bytes()
    words = [find_command("prlimit"), "--fsize=65536", sealgate_path(), *told.words(), second]
    refused_for_room(run(words, told.gates.sealgate.home.env()))
    assert second.read_bytes() == before and told.file.read_bytes() == told.written
    assert len(list(told.file.parent.iterdir())) == 2


def test_a_full_disk_leaves_all_as_they_were(large):
    """A file system of 128 KiB that only this run sees, with room for one of the two new files."""
    told, second = large
    folder, kept = told.file.parent, told.folder / "kept"
    apart = [find_command("unshare"), "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    if run([*apart, "true"], told.gates.sealgate.home.env()).code != 0:
        pytest.skip("no file system of its own may be mounted here")
    shutil.copytree(folder, kept)
    script = """
        set -e
        mount -t tmpfs -o size=128k tmpfs "$1"
        cp "$2"/* "$1"
        folder=$1 kept=$2
        shift 2
        "$@" && code=0 || code=$?
        diff -r "$kept" "$folder" >&2 || exit 99
        exit "$code"
    """
    words = [*apart, "sh", "-c", script, "sh", folder, kept, sealgate_path(), *told.words(), second]
    refused_for_room(run(words, told.gates.sealgate.home.env()))
