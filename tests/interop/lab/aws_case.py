"""One question about a signature of AWS Signer, and what stands between signing and verifying in it.

`pair` is notation v1.3.2 with AWS's plugin. Where it and sealgate differ, `difference` says why that is meant; sealgate
accepts nothing that the pair refuses.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from . import images
from .aws import ACCOUNT, REGION
from .images import Hand

ACCEPTED, REFUSED = "accepted", "refused"


SIGNERS = ("plugin", "sealgate")


@dataclass(frozen=True)
class Says:
    """sealgate's verdict: exit code, the enforced row that refuses, and its reason."""

    code: int = 0
    row: str = "verified"
    reason: str = ""

    @classmethod
    def refusing(cls, code, because):
        """From `row: reason`."""
        return cls(code, *because.split(": "))

    def facts(self):
        return self.code, self.row, self.reason


@dataclass(frozen=True)
class Case:
    """One question. `what` says what differs from a good signature of the trusted profile."""

    name: str
    what: str
    pair: str
    sealgate: Says
    # What SignPayload changes in the envelope; then it is attached by hand, so that no signer looks at it.
    change: str | None = None
    # Whether it is signed through the plugin and by sealgate too. Else by hand.
    tools_sign: bool = False
    sign_flags: tuple = ()
    style: dict | None = None
    identities: Callable | None = None
    policy: dict = field(default_factory=dict)
    region: str = REGION
    # Between signing and verifying.
    after: Callable | None = None
    # False where what is trusted cannot be said by --profile.
    by_profile: bool = True
    difference: str | None = None

    def __post_init__(self):
        accepted = self.sealgate.code == 0
        assert not (accepted and self.pair == REFUSED), f"{self.name}: sealgate may not accept what the pair refuses"
        # --profile means a strict policy of its own.
        object.__setattr__(self, "by_profile", self.by_profile and not self.policy)
        assert (accepted != (self.pair == ACCEPTED)) == bool(self.difference), f"{self.name}: say why, where they differ"

    def __str__(self):
        """Its column in the matrix."""
        if self.difference:
            return "refused by sealgate alone"
        return f"{self.pair} by both"

    @property
    def signers(self):
        return SIGNERS if self.tools_sign else ("hand",)

    def play(self, scene, by):
        """Signs, does what the case does to it, and writes trust store and policy. Returns the trusted identities."""
        if self.style:
            scene.endpoint.control("PUT", "style", self.style)
        scene.sign(by, *([self.change] if self.change else self.sign_flags))
        if self.after:
            self.after(scene)
        identities = self.identities(scene) if self.identities else [scene.profile]
        scene.trust(identities, **self.policy)
        return identities


# --- what happens between signing and verifying ------------------------------------------------------------------------


def revoke_job(scene):
    scene.signer.revoke_signature(jobId=scene.signature.job_id, reason="test")


def revoke_version(scene, effective=None):
    now = datetime.datetime.fromisoformat(scene.signature.attributes["io.cncf.notary.authenticSigningTime"])
    scene.signer.revoke_signing_profile(
        profileName=scene.profile_name,
        profileVersion=scene.signature.version_id,
        reason="test",
        effectiveTime=effective or now,
    )


def revoke_version_from_later_on(scene):
    """The profile was revoked, with effect from a second after this signature."""
    signed = datetime.datetime.fromisoformat(scene.signature.attributes["io.cncf.notary.authenticSigningTime"])
    # The endpoint refuses an effective time in the future, so its clock goes there for a moment; so does boto3's request.
    scene.endpoint.control("PUT", "clock", {"seconds_ahead": 10})
    revoke_version(scene, signed + datetime.timedelta(seconds=1))
    scene.endpoint.control("PUT", "clock", {"seconds_ahead": 0})


def revoke_certificate(place):
    def revoke(scene):
        scene.endpoint.control("PUT", "revoked-certificate", {"der": scene.signature.chain[place]})

    return revoke


def new_version(scene):
    """The profile gets a new version, with which the signature was not made."""
    scene.newer = scene.put_profile()


def answers(fault, **more):
    def switch(scene):
        scene.endpoint.control("PUT", "fault", {"operation": "GetRevocationStatus", "fault": fault} | more)

    return switch


def move_to_another_image(scene):
    """The signature under another image of the repository: the envelope as it was, the manifest with the other subject."""
    signature = scene.signature
    before = scene.image
    scene.image = images.push(scene.home, scene.registry, before.path, text="changed after it was signed", tag="v2")
    hand = Hand(scene.registry, scene.image)
    scene.attach(hand, signature.envelope.encode())
    scene.look()


def another_root(scene):
    """The trust store holds the root of the other partition, and so does --aws-root."""
    scene.store_pem = scene.root_pem = scene.endpoint.control("GET", "roots")["aws-us-gov"]


def another_root_in_store(scene):
    """The trust store holds the root of the other partition."""
    scene.store_pem = scene.endpoint.control("GET", "roots")["aws-us-gov"]


# --- whom the policy trusts --------------------------------------------------------------------------------------------


def its_version(scene):
    return [scene.version]


def newer_version(scene):
    return [scene.newer]


def other_profile(scene):
    return [f"{scene.profile}x"]


def other_account(scene):
    return [scene.profile.replace(ACCOUNT, "444455556666")]


def other_region(scene):
    return [scene.profile.replace(scene.region, "eu-west-2")]


def other_case(scene):
    return [scene.profile.replace(scene.profile_name, scene.profile_name.upper())]


def other_case_of_version(scene):
    return [f"{scene.profile}/{scene.version.rsplit('/', 1)[1].swapcase()}"]


def several(scene):
    return [*other_profile(scene), scene.profile]


def everyone(_):
    return ["*"]


def subject(_):
    return ["x509.subject: C=US, ST=WA, L=Seattle, O=AWS, OU=AWS Cryptography, CN=AWS Signer"]


def subject_and_profile(scene):
    return [*subject(scene), scene.profile]


def everyone_and_profile(scene):
    return ["*", scene.profile]


def trailing_slash(scene):
    return [f"{scene.profile}/"]


def trailing_slash_and_profile(scene):
    return [*trailing_slash(scene), scene.profile]


def other_service(scene):
    return [scene.profile.replace(":signer:", ":s3:")]


def verified(name, what, **more):
    return Case(name, what, ACCEPTED, Says(), **more)


def warned(name, what, **more):
    return Case(name, what, ACCEPTED, Says(row="accepted-with-warnings"), **more)


def refused(name, what, because, code=10, **more):
    """Refused by both."""
    return Case(name, what, REFUSED, Says.refusing(code, because), **more)


def stricter(name, what, because, difference, code=10, **more):
    """Refused by sealgate alone."""
    return Case(name, what, ACCEPTED, Says.refusing(code, because), difference=difference, **more)
