"""What a case is made of, and the defaults that most cases share."""

import base64
import hashlib
import json

import pki
from jws import Parts, header, header_text, members

NOW = "2026-06-15T12:00:00Z"
JOSE = "application/jose+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ARTIFACT = {
    "mediaType": MANIFEST,
    "digest": "sha256:" + hashlib.sha256(b"artifact of the vectors").hexdigest(),
    "size": 942,
}
OTHER_DIGEST = "sha256:" + hashlib.sha256(b"another artifact").hexdigest()
DN = "x509.subject: C=US, ST=WA, O=acme"


def payload(change=None, annotations=None):
    """The payload as notation writes it in JWS: members sorted."""
    target = {**ARTIFACT, **(change or {})}
    if annotations:
        target["annotations"] = annotations
    return json.dumps({"targetArtifact": target}, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def statement(level="strict", override=None, stores=("ca:acme",), identities=(DN,), verify_timestamp=None, scope="*"):
    verification = {"level": level}
    if override:
        verification["override"] = override
    if verify_timestamp:
        verification["verifyTimestamp"] = verify_timestamp
    one = {"name": "vectors", "registryScopes": [scope], "signatureVerification": verification}
    if level != "skip":
        one["trustStores"] = list(stores)
        one["trustedIdentities"] = list(identities)
    return json.dumps({"version": "1.0", "trustPolicies": [one]}, separators=(",", ":"), ensure_ascii=False)


def rows(**changes):
    """The rows of a signature with which all is well."""
    good = {
        "integrity": "passed",
        "authenticity": "passed",
        "authenticTimestamp": "passed",
        "expiry": "nothing:no-expiry",
        "revocation": "nothing:no-revocation-pointer",
    }
    assert changes.keys() <= good.keys()
    return {**good, **changes}


def expect(
    decision="verified",
    user_metadata="nothing:no-metadata-asked",
    requests=None,
    aws_signature=None,
    aws_alias=None,
    undecided=None,
    **changes,
):
    made = {"decision": decision, "rows": rows(**changes), "user_metadata": user_metadata}
    further = {"requests": requests, "aws_signature": aws_signature, "aws_alias": aws_alias, "undecided": undecided}
    made.update({key: value for key, value in further.items() if value is not None})
    return made


def rejected(**changes):
    return expect("rejected", **changes)


def warned(**changes):
    return expect("accepted-with-warnings", **changes)


def broken(code):
    """Integrity failed: nothing else is looked at."""
    untouched = "not-evaluated:integrity-failed"
    others = dict.fromkeys(["authenticity", "authenticTimestamp", "expiry", "revocation"], untouched)
    return {
        "decision": "rejected",
        "rows": {"integrity": f"failed:{code}", **others},
        "user_metadata": untouched,
    }


def parts(chain, protected=None, body=None, **options):
    """An envelope that differs from a good one only in what is given."""
    made = header(chain.kind) if protected is None else protected
    text = header_text(made) if isinstance(made, dict) else made
    return Parts(chain, payload() if body is None else body, text, **options)


class Suite:
    def __init__(self):
        self.cases = []

    def add(
        self,
        name,
        why,
        envelope,
        expected,
        chain=None,
        stores=None,
        policy=None,
        artifact=None,
        media_type=JOSE,
        now=NOW,
        metadata=None,
        **further,
    ):
        """`envelope` is text, bytes or parts; `chain` gives the default trust store `ca:acme`: its root.

        `further` are members that few cases have: `aws_roots` and `answer`.
        """
        chain = chain or (envelope.chain if isinstance(envelope, Parts) else None)
        if isinstance(envelope, Parts):
            envelope = envelope.text()
        if isinstance(envelope, str):
            envelope = envelope.encode()
        if stores is None:
            stores = {"ca:acme": [chain.root] if chain else []}
        self.cases.append(
            {
                "name": name,
                "why": why,
                "media_type": media_type,
                "envelope": base64.b64encode(envelope).decode(),
                "artifact": artifact or ARTIFACT,
                "statement": policy or statement(),
                "trust_stores": {
                    key: value if isinstance(value, dict) else [pki.raw_pem(der) for der in value]
                    for key, value in stores.items()
                },
                "now": now,
                "user_metadata": metadata or {},
                **further,
                "expect": expected,
            }
        )


def replaced(made, **texts):
    """The envelope with top-level members replaced by these JSON texts."""
    return members(*[(name, texts.get(name, value)) for name, value in made.pairs()])


def with_header(made, *pairs, drop=()):
    """The envelope with these pairs added to (or replaced in) the unprotected header."""
    old = [pair for pair in made.header_pairs() if pair[0] not in drop and pair[0] not in [one[0] for one in pairs]]
    return replaced(made, header=members(*old, *pairs))


