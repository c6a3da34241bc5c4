"""HTTP without TLS: for loopback, or when asked, and never as a silent step down."""

import socket

import pytest

from lab import images, registries, trust
from lab.tools import Sealgate


def own_address():
    """An address of this machine that is not loopback, or None. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


@pytest.fixture
def far_host(tmp_path):
    """A registry without TLS at an address that is not loopback."""
    address = own_address()
    if not address:
        pytest.skip("not run: this machine has no address but loopback")
    (tmp_path / "far").mkdir()
    with registries.running_on_every_interface(tmp_path / "far") as port:
        yield f"{address}:{port}", f"localhost:{port}"


def test_a_host_that_is_not_loopback_is_asked_over_http_only_when_named(far_host, home, signer):
    far, near = far_host
    image = images.push(home, registries.Registry(registries.KINDS["crane"], near), "app")
    digest = f"{far}/app@{image.digest}"
    trust.trust(home.notation, signer)
    sealgate = Sealgate(home)

    for flags in ([], ["--plain-http", "elsewhere.example"]):
        assert sealgate.sign(signer, digest, *flags).code in (3, 4)
        finished = sealgate.verify(digest, *sealgate.policy(), *flags)
        assert finished.code in (3, 4), str(finished)

    sealgate.sign(signer, digest, "--plain-http", far).succeeded()
    sealgate.accepts(digest, *sealgate.policy(), "--plain-http", far, digests=[image.digest])
