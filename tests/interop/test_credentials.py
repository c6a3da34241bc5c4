"""Every place where a job may have its login, on both forms of authentication."""

import json

import pytest

from lab import registries, token_service, trust
from lab.registries import PASSWORD, USER, basic, docker_login
from lab.tools import DENIED

WITH_LOGIN = pytest.mark.parametrize("registry", ["docker-htpasswd", "docker-token"], indirect=True)


def from_variables(home, host):
    return {"SEALGATE_USERNAME": USER, "SEALGATE_PASSWORD": PASSWORD}


def from_docker_config(home, host):
    registries.write_docker_login(home.docker / "config.json", host)
    return {}


def from_docker_auth_config(home, host):
    return {"DOCKER_AUTH_CONFIG": docker_login(host)}


def from_podman(home, host):
    folder = home.runtime / "containers"
    folder.mkdir()
    (folder / "auth.json").write_text(docker_login(host))
    return {}


def from_podman_variable(home, host):
    path = home.folder / "elsewhere.json"
    path.write_text(docker_login(host))
    return {"REGISTRY_AUTH_FILE": path}


def from_notation(home, host):
    (home.notation / "config.json").write_text(docker_login(host))
    return {}


def from_helper(home, host, store="credHelpers"):
    """A credential helper, found on the path as Docker finds it."""
    folder = home.folder / "bin"
    folder.mkdir()
    helper = folder / "docker-credential-sealtest"
    answer = json.dumps({"ServerURL": host, "Username": USER, "Secret": PASSWORD})
    helper.write_text(
        f"#!/bin/sh\n[ \"$1\" = get ] && [ \"$(cat)\" = '{host}' ] && echo '{answer}' && exit\n"
        "echo 'credentials not found in native keychain'; exit 1\n"
    )
    helper.chmod(0o755)
    value = {"credHelpers": {host: "sealtest"}} if store == "credHelpers" else {"credsStore": "sealtest"}
    (home.docker / "config.json").write_text(json.dumps(value))
    return {"PATH": f"{folder}:{home.env()['PATH']}"}


def from_store(home, host):
    return from_helper(home, host, "credsStore")


SOURCES = (
    from_variables,
    from_docker_config,
    from_docker_auth_config,
    from_podman,
    from_podman_variable,
    from_notation,
    from_helper,
    from_store,
)


def check(sealgate, image, signer, env):
    sealgate.sign(signer, image.by_digest, **env).succeeded()
    policy = ["--root", signer.root, "--identity", signer.identity]
    sealgate.accepts(image.by_digest, *policy, digests=[image.digest], **env)


@WITH_LOGIN
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.matrix(table="credentials", row="{source.__name__}", column="{registry}")
def test_a_login_is_found(source, sealgate, registry, image, signer):
    (sealgate.home.docker / "config.json").unlink()
    policy = ["--root", signer.root, "--identity", signer.identity]
    sealgate.refuses(DENIED, image.by_digest, *policy)
    check(sealgate, image, signer, source(sealgate.home, registry.host))


@pytest.mark.parametrize("registry", ["docker-token"], indirect=True)
@pytest.mark.matrix(table="credentials", row="identity token", column="{registry}")
def test_an_identity_token_is_exchanged(sealgate, registry, image, signer):
    login = {"auth": basic("00000000-0000-0000-0000-000000000000", ""), "identitytoken": token_service.IDENTITY_TOKEN}
    (sealgate.home.docker / "config.json").write_text(json.dumps({"auths": {registry.host: login}}))
    check(sealgate, image, signer, {})


@WITH_LOGIN
def test_no_output_shows_a_password(sealgate, registry, image, signer):
    trust.trust(sealgate.home.notation, signer)
    sealgate.sign(signer, image.by_digest).succeeded()
    sealgate.accepts(image.by_digest, *sealgate.policy(), digests=[image.digest])
    refused = f"{image.repository}:nobody-pushed-this"
    for reference in (image.by_digest, refused):
        finished = sealgate.verify(reference, "--verbose", *sealgate.policy(), RUST_LOG="trace")
        for secret in (PASSWORD, basic()):
            assert secret not in finished.out + finished.err
