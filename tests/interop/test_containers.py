"""The images: built from nothing, run as a user that nobody knows, on a read-only root."""

import json

import pytest

from lab import codebuild, containers, images, trust
from lab.process import ROOT
from lab.tools import REJECTED, UNSIGNED, USAGE, Sealgate

EACH_IMAGE = pytest.mark.parametrize("target", ["default", "ci"])
USER = ["--user", "12345:23456"]


@pytest.fixture(scope="session")
def podman(tmp_path_factory):
    """The images, built."""
    binary = containers.binary_for_images()
    context = containers.stage(tmp_path_factory.mktemp("context"), binary)
    with containers.podman() as podman:
        for target in ("default", "ci", "action"):
            podman.build(context, target, f"localhost/sealgate:{target}", "--build-arg", "VERSION=1.2.3").succeeded()
        yield podman


def sealgate(podman, target, *args, flags=()):
    """Runs sealgate in one of the images; only `default` has an entry point."""
    program = ["sealgate"] if target == "ci" else []
    return podman.run(f"localhost/sealgate:{target}", *program, *args, flags=[*USER, *flags])


def check_verified(finished, image):
    (artifact,) = Sealgate.artifacts(finished.succeeded())
    assert artifact["verified"] and artifact["digest_reference"].endswith(image.digest), str(finished)


@pytest.fixture
def trusted(home, signer):
    """Mounts notation's folder with this signer trusted, readable for everybody."""
    trust.trust(home.notation, signer, scopes=["*"])
    return ["--volume", f"{home.notation}:/trust:ro"]


POLICY = ["--policy", "/trust/trustpolicy.json", "--trust-store", "/trust/truststore"]


@EACH_IMAGE
@pytest.mark.matrix(table="images", row="{target}", column="verify, registry on loopback")
def test_verify_in_a_container_against_a_registry(target, podman, notation, image, signer, foreign, trusted):
    assert sealgate(podman, target, "verify", *POLICY, image.by_digest, flags=trusted).code == UNSIGNED
    notation.sign(foreign, image.by_digest).succeeded()
    assert sealgate(podman, target, "verify", *POLICY, image.by_digest, flags=trusted).code == REJECTED
    notation.sign(signer, image.by_digest).succeeded()
    check_verified(sealgate(podman, target, "verify", "--format", "json", *POLICY, image.by_digest, flags=trusted), image)


@EACH_IMAGE
@pytest.mark.matrix(table="images", row="{target}", column="verify, OCI layout")
def test_verify_in_a_container_against_a_layout(target, podman, notation, registry, home, image, signer, trusted, tmp_path):
    layout = images.save_layout(home, registry, image, tmp_path / "layout")
    mounts = [*trusted, "--volume", f"{layout}:/layout:ro"]
    reference = [f"oci-layout:/layout@{image.digest}", "--scope", "local/app"]
    assert sealgate(podman, target, "verify", *POLICY, *reference, flags=mounts).code == UNSIGNED
    notation.sign(signer, f"{layout}@{image.digest}", "--oci-layout").succeeded()
    check_verified(sealgate(podman, target, "verify", "--format", "json", *POLICY, *reference, flags=mounts), image)


@pytest.mark.matrix(table="images", row="ci", column="as a job image")
def test_the_ci_image_runs_a_script_as_gitlab_starts_it(podman):
    # GitLab gives the image no entry point, and feeds the job to the first shell that it finds this way.
    detect = "if [ -x /bin/bash ]; then exec /bin/bash; elif [ -x /bin/sh ]; then exec /bin/sh; else exit 1; fi"
    podman.run("localhost/sealgate:ci", "sh", "-c", detect, flags=USER).succeeded()
    for script in ("sealgate --version", "echo one | grep -q one", "ls / | wc -l", "mkdir -p /tmp/a && touch /tmp/a/b"):
        podman.run("localhost/sealgate:ci", "sh", "-ec", script, flags=[*USER, "--tmpfs", "/tmp"]).succeeded()
    # A failing sealgate fails the job.
    assert podman.run("localhost/sealgate:ci", "sh", "-ec", "sealgate verify; true", flags=USER).code == USAGE
    assert podman.inspect("localhost/sealgate:ci", "{{.Config.Entrypoint}}") == "[]"
    assert podman.inspect("localhost/sealgate:ci", "{{.Config.User}}") == ""


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.matrix(table="images", row="ci", column="a buildspec on Lambda compute")
def test_the_ci_image_runs_a_buildspec_as_on_lambda_compute(signed, podman, laboratory, account, home):
    # No root, HOME is root's, keys are variables, and nothing but /tmp can be written to: there is the source as well.
    image = laboratory.push(home, "app")
    spec = codebuild.Buildspec.read(ROOT / "buildspec-templates" / "verify-lambda.yml")
    (command,) = spec.commands()
    sign = f'sealgate sign --profile "$PROFILE" -- {image.by_digest}' if signed else ":"
    exported = "sh -c 'echo \"$SEALGATE_OUTPUT_IMAGE\"'"
    tell = f"code=$?; echo ==; cat imagedefinitions.json; echo ==; {exported}; exit $code"
    script = "\n".join([codebuild.PRELUDE.format(root="/aws-root.pem"), "mkdir -p /tmp/src && cd /tmp/src", sign, command, tell])
    files = {"/aws-root.pem": account.root(), "/ca.crt": laboratory.ca_file}
    env = laboratory.env() | account.session_env() | {"SSL_CERT_FILE": "/ca.crt", "AWS_CA_BUNDLE": "/ca.crt"}
    env |= {"CODEBUILD_BUILD_ID": "app:1", "PROFILE": account.profile, "CONTAINER": "web", "IMAGE": image.by_tag, "HOME": "/root"}
    flags = [*USER, "--tmpfs", "/tmp", *(f"--volume={path}:{place}:ro" for place, path in files.items())]
    flags += [f"--env={name}={value}" for name, value in env.items()]
    finished = podman.run("localhost/sealgate:ci", "sh", "-c", script, flags=flags)
    if signed:
        _, definitions, exported = finished.succeeded().out.split("==\n")
        assert json.loads(definitions) == [{"name": "web", "imageUri": image.by_digest}]
        assert exported.strip() == image.by_digest
    else:
        assert finished.code == UNSIGNED and "imageUri" not in finished.out, str(finished)
        assert "can't open 'imagedefinitions.json'" in finished.err, str(finished)


@pytest.mark.matrix(table="images", row="default", column="as a job image")
def test_the_default_image_never_takes_a_script_for_success(podman):
    # A job system that starts the image with its own shell command must get a failure, not a green job.
    for argv in (["sh", "-c", "exit 0"], ["/bin/sh"], ["no-such-command"], []):
        finished = podman.run("localhost/sealgate:default", *argv, flags=USER)
        assert finished.code == USAGE, str(finished)
    assert podman.inspect("localhost/sealgate:default", "{{.Config.User}}") == "65532:65532"


@pytest.mark.matrix(table="images", row="action", column="as a job image")
def test_the_image_of_the_action_is_the_default_one_as_root(podman):
    form = "{{.Config.Entrypoint}} {{.Config.Cmd}} {{.Config.Env}}"
    assert podman.inspect("localhost/sealgate:action", form) == podman.inspect("localhost/sealgate:default", form)
    assert podman.inspect("localhost/sealgate:action", "{{.Config.User}}") == ""
    # A step that names no command is red.
    assert podman.run("localhost/sealgate:action").code == USAGE


@EACH_IMAGE
def test_an_image_holds_nothing_of_the_build_context_but_the_binary(target, podman):
    label = podman.inspect(f"localhost/sealgate:{target}", '{{index .Labels "org.opencontainers.image.version"}}')
    assert label == "1.2.3"
    if target == "ci":
        podman.run("localhost/sealgate:ci", "sh", "-c", "test ! -e /secret && test ! -e /target", flags=USER).succeeded()
