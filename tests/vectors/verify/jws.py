"""JWS envelopes, put together by hand so that every rule can be broken alone."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from pki import KEYS

PREFIX = "io.cncf.notary."
SCHEME = PREFIX + "signingScheme"
SIGNING_TIME = PREFIX + "signingTime"
AUTHENTIC = PREFIX + "authenticSigningTime"
EXPIRY = PREFIX + "expiry"
PLUGIN = PREFIX + "verificationPlugin"
PLUGIN_VERSION = PREFIX + "verificationPluginMinVersion"
AGENT = PREFIX + "signingAgent"
TIMESTAMP = PREFIX + "timestampSignature"
PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json"
X509 = "notary.x509"
AUTHORITY = "notary.x509.signingAuthority"

SIGNED_AT = "2026-06-01T08:00:00Z"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64(data):
    return base64.b64encode(data).decode()


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def members(*pairs):
    """JSON text of an object with these members in this order; values are JSON texts. Duplicates are possible."""
    return "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{value}" for name, value in pairs) + "}"


def header(kind="EC-256", scheme=X509, change=None, drop=(), expiry=None, crit=None):
    """The protected header as a dictionary; `change` sets, `drop` removes, `crit` replaces."""
    time = SIGNING_TIME if scheme == X509 else AUTHENTIC
    critical = [SCHEME] + ([AUTHENTIC] if scheme == AUTHORITY else []) + ([EXPIRY] if expiry else [])
    made = {
        "alg": KEYS.get(kind, ("ES256",))[0],
        "crit": critical if crit is None else crit,
        "cty": PAYLOAD_TYPE,
        SCHEME: scheme,
        time: SIGNED_AT,
    }
    if expiry:
        made[EXPIRY] = expiry
    made.update(change or {})
    for one in drop:
        del made[one]
    return made


def header_text(made):
    return json.dumps(made, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def raw_signature(private, message, digest=None, salt=None):
    """What section 0.2 asks for: RSASSA-PSS with a salt as long as the hash, or r‖s at full width."""
    if isinstance(private, rsa.RSAPrivateKey):
        digest = digest or {2048: hashes.SHA256(), 3072: hashes.SHA384(), 4096: hashes.SHA512()}.get(
            private.key_size, hashes.SHA256()
        )
        salt = digest.digest_size if salt is None else salt
        return private.sign(message, padding.PSS(padding.MGF1(digest), salt), digest)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(message, hashes.SHA256())
    digest = digest or {384: hashes.SHA384(), 521: hashes.SHA512()}.get(private.curve.key_size, hashes.SHA256())
    r, s = decode_dss_signature(private.sign(message, ec.ECDSA(digest)))
    width = (private.curve.key_size + 7) // 8
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


AGENT_TEXT = "vectors/1.0"


class Parts:
    """The texts of an envelope before they are put together; each can be replaced."""

    def __init__(self, chain, payload, protected, signer=None, encode_payload=b64url, encode_protected=b64url):
        self.chain = chain
        self.payload = encode_payload(payload)
        self.protected = encode_protected(protected if isinstance(protected, bytes) else protected.encode())
        message = f"{self.protected}.{self.payload}".encode()
        self.signature_bytes = (signer or raw_signature)(chain.private, message)
        self.signature = b64url(self.signature_bytes)
        self.x5c = compact([b64(der) for der in chain.certificates])
        self.agent = json.dumps(AGENT_TEXT)

    def header_pairs(self):
        return [("x5c", self.x5c), (AGENT, self.agent)]

    def pairs(self):
        return [
            ("payload", json.dumps(self.payload)),
            ("protected", json.dumps(self.protected)),
            ("header", members(*self.header_pairs())),
            ("signature", json.dumps(self.signature)),
        ]

    def text(self):
        return members(*self.pairs())
