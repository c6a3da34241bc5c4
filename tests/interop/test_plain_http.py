"""HTTP without TLS: for loopback, or when asked, and never as a silent step down."""

import pytest

from lab import images, registries, trust
from lab.forward_proxy import forwarding
from lab.tools import DENIED, Sealgate

HOST = "registry.test"


@pytest.fixture
def near(tmp_path):
    """A registry without TLS."""
    with registries.running("crane", tmp_path / "registry") as registry:
        yield registry


def test_a_host_that_is_not_loopback_is_asked_over_http_only_when_named(near, home, signer):
    image = images.push(home, near, "app")
    reference = f"{HOST}/app@{image.digest}"
    trust.trust(home.notation, signer)
    sealgate = Sealgate(home)
    with forwarding(int(near.host.rsplit(":", 1)[1])) as proxy:
        through = {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url}

        for flags in ([], ["--plain-http", "elsewhere.example"]):
            finished = sealgate.verify(reference, *sealgate.policy(), *flags, **through)
            # The proxy refuses the connection.
            assert finished.code == DENIED, str(finished)
        assert sealgate.sign(signer, reference, **through).code == DENIED
        assert set(proxy.methods) == {"CONNECT"}, "something was asked without TLS"

        named = ["--plain-http", HOST]
        sealgate.sign(signer, reference, *named, **through).succeeded()
        sealgate.accepts(reference, *sealgate.policy(), *named, digests=[image.digest], **through)
