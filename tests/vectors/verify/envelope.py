"""Envelopes that must be refused, each for one rule."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

import pki
from cases import ARTIFACT, MANIFEST, OTHER_DIGEST, broken, parts, payload, replaced, with_header
from jws import (
    AUTHENTIC,
    AUTHORITY,
    EXPIRY,
    PLUGIN,
    PLUGIN_VERSION,
    SCHEME,
    SIGNED_AT,
    SIGNING_TIME,
    TIMESTAMP,
    b64,
    b64url,
    compact,
    header,
    header_text,
    members,
    raw_signature,
)
from pki import KEYS, make_chain


def make_envelopes(suite):
    bytes_and_media_types(suite)
    structure(suite)
    encodings(suite)
    chain_member(suite)


def make_signatures(suite):
    signatures(suite)
    algorithms(suite)


def make_headers(suite):
    header_json(suite)
    critical(suite)
    schemes_and_times(suite)
    attributes(suite)


def make_payloads(suite):
    payloads(suite)


def bytes_and_media_types(suite):
    chain = make_chain()
    good = parts(chain)

    def refused(what, why, envelope, code, **options):
        suite.add(what, why, envelope, broken(code), chain, **options)

    refused("an empty envelope is refused", "3.3 step 1", b"", "envelope-empty")
    for media_type in ("application/cose",):
        refused("a COSE envelope is refused", "4: not read yet", good, "envelope-cose-unsupported", media_type=media_type)
    for media_type in ("", "application/json", "application/JOSE+json", "application/jose+json ", "application/jose"):
        refused(
            f"an envelope of media type {media_type!r} is refused",
            "1.1: exact match",
            good,
            "envelope-media-type",
            media_type=media_type,
        )
    for what, tail in {
        "another object": b"{}",
        "a letter": b"x",
        "a zero byte": b"\0",
        "a comma": b",",
        "a brace": b"}",
        "itself": good.text().encode(),
    }.items():
        refused(f"{what} after the envelope is refused", "3.1: trailing data", good.text().encode() + tail, "envelope-json")
    cut = good.text().encode()
    for what, text in {
        "an envelope without its last byte": cut[:-1],
        "an envelope with a byte order mark": b"\xef\xbb\xbf" + cut,
        "an envelope in UTF-16": good.text().encode("utf-16-le"),
        "an envelope that is not UTF-8": cut[:-1] + b',"a":"\xff"}',
        "white space only": b" \n",
        "an array": b"[" + cut + b"]",
        "a string": json.dumps(good.text()).encode(),
        "null": b"null",
        "the compact serialization": f"{good.protected}.{good.payload}.{good.signature}".encode(),
        "a comment in the envelope": b"/**/" + cut,
        "a comma at the end of the object": cut[:-1] + b",}",
        "an envelope with a raw line break in a text": cut.replace(b'"payload":"', b'"payload":"\n'),
        "nesting of 200 levels": cut[:-1] + b',"a":' + b"[" * 200 + b"]" * 200 + b"}",
        "nesting of 200 levels of objects": cut[:-1] + b',"a":' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}",
        "a nest that never ends": b'{"a":' * 3000,
    }.items():
        refused(f"{what} is refused", "3.3 step 2: one JSON object", text, "envelope-json")


def structure(suite):
    chain = make_chain()
    good = parts(chain)
    pairs = good.pairs()

    def refused(what, why, envelope, code):
        suite.add(what, why, envelope, broken(code), chain)

    for index, (member, value) in enumerate(pairs):
        others = pairs[:index] + pairs[index + 1 :]
        refused(f"an envelope without {member} is refused", "3.1", members(*others), "envelope-member-missing")
        refused(
            f"an envelope with {member} twice is refused",
            "3.1, 16 quirk 19: Go takes the last",
            members(*pairs, (member, value)),
            "envelope-json",
        )
        refused(
            f"an envelope with {member} first in another case is refused",
            "3.1: Go matches names whatever their case",
            members((member.capitalize(), value), *pairs),
            "envelope-json",
        )
        refused(
            f"an envelope with {member} in capitals only is refused",
            "3.1",
            members(*others, (member.upper(), value)),
            "envelope-json",
        )
        for wrong in ("null", "7", '{"a":1}' if member != "header" else '"x"', "[]", "true"):
            refused(
                f"an envelope whose {member} is {wrong} is refused",
                "3.1: types",
                replaced(good, **{member: wrong}),
                "envelope-member-type",
            )
    refused(
        "a signature with the long s is refused",
        "3.1: Go folds U+017F to s",
        members(*pairs, ("\u017fignature", pairs[3][1])),
        "envelope-json",
    )
    refused(
        "a member that is twice there, once escaped, is refused",
        "16 quirk 19",
        members(*pairs)[:-1] + ',"\\u0070ayload":' + pairs[0][1] + "}",
        "envelope-json",
    )
    refused(
        "a duplicate deep in a member that nobody reads is refused",
        "16 quirk 19",
        members(*pairs, ("other", '[{"a":1,"a":1}]')),
        "envelope-json",
    )
    refused(
        "the general serialization is refused",
        "3.1: flattened only",
        members(
            ("payload", pairs[0][1]),
            ("signatures", "[" + members(*pairs[1:]) + "]"),
        ),
        "envelope-member-missing",
    )
    for what, pair in {
        "x5c in another case": ("X5c", good.x5c),
        "the timestamp with the long s": (TIMESTAMP.replace("stampS", "stamp\u017f"), '"AAAA"'),
        "the timestamp in another case": (TIMESTAMP.lower(), '"AAAA"'),
    }.items():
        refused(f"an unprotected header with {what} is refused", "3.1", with_header(good, pair), "envelope-json")
    refused(
        "an unprotected header with x5c twice is refused",
        "16 quirk 19",
        replaced(good, header=members(*good.header_pairs(), ("x5c", good.x5c))),
        "envelope-json",
    )


def stray(text):
    """The same bytes in base64url with other trailing bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(text[-1])
    other = text[:-1] + alphabet[last ^ 1]
    assert len(text) % 4 in (2, 3)
    assert base64.urlsafe_b64decode(other + "==") == base64.urlsafe_b64decode(text + "==")
    return other


def encodings(suite):
    chain = make_chain()

    def refused(what, why, envelope, code="envelope-base64"):
        suite.add(what, why, envelope, broken(code), chain)

    # Texts whose length leaves room for padding and trailing bits, and that hold letters of one alphabet only.
    for room in range(3):
        body = payload() + b" " * room
        if len(body) % 3 == 1:
            break
    for room in range(3):
        text = (header_text(header()) + " " * room).encode()
        if len(text) % 3 == 1:
            break

    def standard(data):
        return base64.b64encode(data).decode().rstrip("=")

    both = header_text(header(change={"x": "\u00ff\u00fe\u00ff?>?>~~~"}))
    while not set("+/") & set(standard(both.encode())):
        both = " " + both
    bad_body = payload(annotations={"x": "\u00ff\u00fe\u00ff?>?>~~~"})
    while not set("+/") & set(standard(bad_body)):
        bad_body = b" " + bad_body
    variants = {
        "padding": lambda data: base64.urlsafe_b64encode(data).decode(),
        "stray trailing bits": lambda data: stray(b64url(data)),
        "a line break": lambda data: b64url(data)[:40] + "\n" + b64url(data)[40:],
        "a carriage return at the end": lambda data: b64url(data) + "\r",
        "a blank at the start": lambda data: " " + b64url(data),
        "a zero byte": lambda data: b64url(data) + "\0",
    }
    for what, encode in variants.items():
        why = "3.1: base64url without padding; one text for one value"
        refused(f"a payload with {what} in base64url is refused", why, parts(chain, body=body, encode_payload=encode))
        refused(
            f"a protected header with {what} in base64url is refused",
            why,
            parts(chain, text.decode(), encode_protected=encode),
        )
        good = parts(chain)
        assert len(good.signature_bytes) % 3 == 1
        refused(
            f"a signature with {what} in base64url is refused",
            why,
            replaced(good, signature=json.dumps(encode(good.signature_bytes))),
        )
    refused(
        "a payload in the standard alphabet is refused",
        "3.1",
        parts(chain, body=bad_body, encode_payload=standard),
    )
    refused(
        "a protected header in the standard alphabet is refused",
        "3.1",
        parts(chain, both, encode_protected=standard),
    )
    while True:
        good = parts(chain)
        if set("+/") & set(standard(good.signature_bytes)):
            break
    refused(
        "a signature in the standard alphabet is refused",
        "3.1",
        replaced(good, signature=json.dumps(standard(good.signature_bytes))),
    )
    refused(
        "a payload of one letter is refused", "3.1: no base64 has such a length", replaced(good, payload='"A"')
    )
    refused(
        "a payload with letters beyond ASCII is refused", "3.1", replaced(good, payload='"e30\u017f"')
    )
    # With a certificate whose length leaves room.
    while True:
        other = make_chain()
        if len(other.certificates[0]) % 3 == 1:
            break
    good = parts(other)
    encoded = b64(other.certificates[0])
    rest = [b64(der) for der in other.certificates[1:]]
    flat = encoded.rstrip("=")
    for what, text in {
        "without its padding": flat,
        "with stray trailing bits": stray(flat) + "==",
        "in the URL alphabet": base64.urlsafe_b64encode(other.certificates[0]).decode(),
        "with a line break": encoded[:64] + "\n" + encoded[64:],
        "as PEM": pki.raw_pem(other.certificates[0]),
    }.items():
        if text == encoded:
            continue
        refused(
            f"a certificate {what} is refused",
            "3.1: standard base64 with padding",
            with_header(good, ("x5c", compact([text, *rest]))),
        )
    for what, text in {"without its padding": '"AA"', "in the URL alphabet": '"_-__"', "with a line break": '"AAAA\\n"'}.items():
        refused(
            f"a countersignature {what} is refused",
            "3.1: standard base64 with padding",
            with_header(good, (TIMESTAMP, text)),
        )
    for wrong in ("7", "[1]", "{}"):
        refused(
            f"a countersignature that is {wrong} is refused",
            "3.1: a text",
            with_header(good, (TIMESTAMP, wrong)),
            "envelope-member-type",
        )


def chain_member(suite):
    chain = make_chain()
    good = parts(chain)
    texts = [b64(der) for der in chain.certificates]

    def refused(what, why, x5c, code):
        suite.add(what, why, with_header(good, ("x5c", x5c)), broken(code), chain)

    suite.add(
        "an envelope without x5c is refused",
        "3.3 step 3",
        with_header(good, drop=("x5c",)),
        broken("envelope-chain-missing"),
        chain,
    )
    suite.add(
        "x5c in the protected header does not count",
        "3.1: read from the unprotected header",
        with_header(parts(chain, header(change={"x5c": texts})), drop=("x5c",)),
        broken("envelope-chain-missing"),
        chain,
    )
    refused("an empty x5c is refused", "3.3 step 3", "[]", "envelope-chain-missing")
    for wrong in ('"%s"' % texts[0], "{}", "7", "null", "true"):
        refused(f"x5c that is {wrong[:8]} is refused", "3.1: array", wrong, "envelope-member-type")
    for what, wrong in {"a number": 7, "null": None, "an array": [texts[0]], "an object": {"a": texts[0]}}.items():
        refused(f"x5c with {what} in it is refused", "3.1", compact([texts[0], wrong]), "envelope-member-type")
    refused("an empty certificate is refused", "3.3 step 4", compact(["", *texts]), "certificate-malformed")
    refused("a certificate of random bytes is refused", "3.3 step 4", compact([b64(bytes(range(60)))] + texts), "certificate-malformed")
    refused("a certificate cut short is refused", "3.3 step 4", compact([b64(chain.certificates[0][:-1]), texts[1]]), "certificate-malformed")
    refused(
        "bytes after a certificate are refused",
        "3.3 step 16: one certificate each",
        compact([b64(chain.certificates[0] + b"\0"), texts[1]]),
        "certificate-trailing-bytes",
    )
    refused(
        "two certificates in one entry are refused",
        "3.3 step 16",
        compact([b64(b"".join(chain.certificates))]),
        "certificate-trailing-bytes",
    )
    refused("a root of random bytes is refused", "3.3 step 16", compact([texts[0], b64(b"0\x82")]), "certificate-malformed")
    long = make_chain(length=33, label="too long")
    suite.add("a chain of 33 is refused", "cap of this implementation", parts(long), broken("chain-too-long"))
    same = with_header(good, ("x5c", compact(texts * 20)))
    suite.add("a chain that is repeated until it is too long is refused", "cap of this implementation", same, broken("chain-too-long"), chain)
    big = make_chain(profile=pki.leaf(more=[pki.raw_extension("1.3.6.1.4.1.99999.3", b"\x04\x83\x01\x00\x00" + bytes(65536))]))
    suite.add("a certificate of more than 64 KiB is refused", "cap of this implementation", parts(big), broken("certificate-too-large"))


def signatures(suite):
    mismatch = "signature-mismatch"

    def refused(what, why, made, code=mismatch, **options):
        suite.add(what, why, made, broken(code), **options)

    for kind in KEYS:
        chain = make_chain(kind)
        good = parts(chain)
        for what, index in (("first", 0), ("last", -1)):
            flipped = bytearray(good.signature_bytes)
            flipped[index] ^= 1
            good.signature = b64url(bytes(flipped))
            refused(f"a signature by {kind} with its {what} byte changed is refused", "3.3 step 6", good)
        good = parts(chain)
        good.payload = b64url(payload({"digest": OTHER_DIGEST}))
        refused(
            f"a payload that {kind} did not sign is refused",
            "3.3 step 6: the payload was swapped",
            good,
            artifact={**ARTIFACT, "digest": OTHER_DIGEST},
        )
        good = parts(chain)
        good.protected = b64url(header_text(header(kind, change={SIGNING_TIME: "2026-06-02T08:00:00Z"})).encode())
        refused(f"a protected header that {kind} did not sign is refused", "3.3 step 6", good)
        good = parts(chain)
        other = pki.key(kind, "thief") if not kind.startswith("RSA") else pki.key(kind, f"{kind} 2 0")
        good.signature = b64url(raw_signature(other, f"{good.protected}.{good.payload}".encode()))
        refused(f"a signature by another {kind} key is refused", "3.3 step 6", good)
        for what, change in {"a byte less": lambda one: one[:-1], "a byte more": lambda one: one + b"\0", "a zero before it": lambda one: b"\0" + one}.items():
            good = parts(chain)
            good.signature = b64url(change(good.signature_bytes))
            refused(f"a signature by {kind} with {what} is refused", "0.2: raw signature length", good)
        good = parts(chain)
        good.signature = ""
        refused(f"an empty signature by {kind} is refused", "3.3 step 15", good)
        good.signature = b64url(bytes(len(good.signature_bytes)))
        refused(f"a signature of zeros by {kind} is refused", "3.3 step 6", good)

    def pss(digest, salt, mask=None):
        return lambda key, message: key.sign(message, padding.PSS(padding.MGF1(mask or digest), salt), digest)

    sha256, sha384, sha512 = hashes.SHA256(), hashes.SHA384(), hashes.SHA512()
    rsa = make_chain("RSA-2048")
    for what, signer in {
        "PKCS#1 v1.5": lambda key, message: key.sign(message, padding.PKCS1v15(), sha256),
        "PSS and no salt": pss(sha256, 0),
        "PSS and a salt of 20 bytes": pss(sha256, 20),
        "PSS and the longest salt": pss(sha256, padding.PSS.MAX_LENGTH),
        "PSS over SHA-384": pss(sha384, 48),
        "PSS with a mask over SHA-512": pss(sha256, 32, sha512),
    }.items():
        refused(f"an RSA signature with {what} is refused", "0.2: PSS, one hash, salt = hash length", parts(rsa, signer=signer))
    for kind in ("EC-256", "EC-384", "EC-521"):
        chain = make_chain(kind)
        digest = KEYS[kind][1]
        width = (chain.private.curve.key_size + 7) // 8

        def split(key, message, digest=digest):
            return decode_dss_signature(key.sign(message, ec.ECDSA(digest)))

        def swapped(key, message, split=split, width=width):
            r, s = split(key, message)
            return s.to_bytes(width, "big") + r.to_bytes(width, "big")

        def narrow(key, message, split=split, width=width):
            while True:
                r, s = split(key, message)
                if r.bit_length() <= 8 * (width - 1) and s.bit_length() <= 8 * (width - 1):
                    return r.to_bytes(width - 1, "big") + s.to_bytes(width - 1, "big")

        variants = {
            "in DER": lambda key, message, digest=digest: key.sign(message, ec.ECDSA(digest)),
            "with s before r": swapped,
            "over another hash": lambda key, message, digest=digest: raw_signature(
                key, message, sha512 if not isinstance(digest, hashes.SHA512) else sha256
            ),
        }
        if kind == "EC-521":
            variants["with r and s a byte shorter each"] = narrow
        for what, signer in variants.items():
            refused(f"a signature by {kind} {what} is refused", "0.2: r‖s at full width over the key's hash", parts(chain, signer=signer))
    chain = make_chain()
    refused(
        "a signature over the decoded texts is refused",
        "3.1: signing input is the base64url text",
        parts(chain, signer=lambda key, message: raw_signature(key, header_text(header()).encode() + b"." + payload())),
    )
    refused(
        "a signature over the payload alone is refused",
        "3.1",
        parts(chain, signer=lambda key, message: raw_signature(key, message.split(b".")[1])),
    )
    other = make_chain(private=pki.key("EC-256", "thief"))
    good = parts(chain)
    refused(
        "a chain of another signer is refused",
        "3.3 step 6: key of the first certificate",
        with_header(good, ("x5c", compact([b64(der) for der in other.certificates]))),
        chain=chain,
    )


def algorithms(suite):
    chain, rsa = make_chain(), make_chain("RSA-2048")

    def hmac(secret):
        def sign(_key, message):
            import hmac as module

            return module.new(secret, message, "sha256").digest()

        return sign

    def refused(what, why, made, code):
        suite.add(what, why, made, broken(code))

    public = rsa.certificates[0]
    unsupported = "algorithm-unsupported"
    why = "0.2, 3.3 step 5: six algorithms"
    refused("alg none without a signature is refused", why, parts(chain, header(change={"alg": "none"}), signer=lambda *_: b""), unsupported)
    refused("alg HS256 with the certificate as secret is refused", why, parts(rsa, header(change={"alg": "HS256"}), signer=hmac(public)), unsupported)
    pkcs1 = lambda key, message: key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    refused("alg RS256 is refused", why, parts(rsa, header(change={"alg": "RS256"}), signer=pkcs1), unsupported)
    for alg in ("None", "", "es256", "ES256 ", "ES256K", "EdDSA", "RSA-OAEP", "ES25\u0036\u0000", "Ed25519"):
        refused(f"alg {alg!r} is refused", why, parts(chain, header(change={"alg": alg})), unsupported)
    for kind, alg in (
        ("EC-256", "ES384"),
        ("EC-256", "ES512"),
        ("EC-256", "PS256"),
        ("EC-384", "ES256"),
        ("EC-521", "ES384"),
        ("RSA-2048", "PS384"),
        ("RSA-2048", "PS512"),
        ("RSA-2048", "ES256"),
        ("RSA-3072", "PS256"),
        ("RSA-4096", "PS256"),
    ):
        digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[alg[2:]]
        refused(
            f"alg {alg} with a key {kind} is refused",
            "3.4 item 9, 0.2: the key decides",
            parts(make_chain(kind), header(kind, change={"alg": alg}), signer=lambda key, message, digest=digest: raw_signature(key, message, digest)),
            "algorithm-mismatch",
        )
    refused("a header without alg is refused", "3.2", parts(chain, header(drop=("alg",))), "header-missing")
    for wrong in (256, None, ["ES256"], {"a": 1}, True):
        refused(f"alg that is {compact(wrong)} is refused", "3.2", parts(chain, header(change={"alg": wrong})), "header-type")


def header_json(suite):
    chain = make_chain()
    text = header_text(header())

    def refused(what, why, protected, code="header-json", **options):
        suite.add(what, why, parts(chain, protected, **options), broken(code))

    for what, wrong in {
        "an array": "[" + text + "]",
        "a text": json.dumps(text),
        "null": "null",
        "nothing": "",
        "an object cut short": text[:-1],
        "two objects": text + text,
        "an object with a zero byte after it": text + "\0",
        "an object with a byte order mark": "\ufeff" + text,
        "nesting of 200 levels": text[:-1] + ',"a":' + "[" * 200 + "]" * 200 + "}",
        "a number beyond all bounds": text[:-1] + ',"a":1e999}',
    }.items():
        refused(f"a protected header that is {what} is refused", "3.3 step 5: one JSON object", wrong)
    refused("a protected header that is not UTF-8 is refused", "3.3 step 5", text[:-1].encode() + b',"a":"\xff"}')
    for member, value in header(expiry="2027-01-01T00:00:00Z").items():
        refused(
            f"a protected header with {member} twice is refused",
            "16 quirk 19",
            header_text(header(expiry="2027-01-01T00:00:00Z"))[:-1] + f",{json.dumps(member)}:{json.dumps(value)}}}",
        )
        other = member.upper() if member.islower() else member.lower()
        refused(
            f"a protected header with {other} beside {member} is refused",
            "3.1, 16 quirk 19: Go matches names whatever their case",
            header(expiry="2027-01-01T00:00:00Z", change={other: value}),
        )
    refused(
        "a duplicate in an extended attribute is refused",
        "16 quirk 19",
        text[:-1] + ',"other":{"a":1,"a":2}}',
    )
    long_s = {
        SCHEME: "io.cncf.notary.\u017figningScheme",
        SIGNING_TIME: "io.cncf.notary.\u017figningTime",
        AUTHENTIC: "io.cncf.notary.authentic\u017figningTime",
        PLUGIN_VERSION: PLUGIN_VERSION.replace("Vers", "Ver\u017f"),
    }
    for member, folded in long_s.items():
        refused(f"a protected header with {member} written with the long s is refused", "3.1: Go folds U+017F to s", header(change={folded: "x"}))
    refused("a verification plugin in another case is refused", "3.1, 9.5", header(change={PLUGIN.upper(): "plugin"}))
    refused(
        "an authentic signing time in another case is refused",
        "3.3 step 9",
        header(change={AUTHENTIC.lower(): SIGNED_AT}),
    )
    for what, wrong in (("missing", None), ("empty", ""), ("in another case", "application/vnd.cncf.notary.Payload.v1+json"), ("of the next version", "application/vnd.cncf.notary.payload.v2+json"), ("with a parameter", "application/vnd.cncf.notary.payload.v1+json; charset=utf-8"), ("that of JSON", "application/json")):
        made = header(drop=("cty",)) if wrong is None else header(change={"cty": wrong})
        refused(f"a content type that is {what} is refused", "3.2", made, "header-missing" if wrong is None else "payload-content-type")
    for wrong in (1, None, [header()["cty"]]):
        refused(f"a content type that is {compact(wrong)[:6]} is refused", "3.2", header(change={"cty": wrong}), "header-type")
    refused(
        "257 extended attributes are refused",
        "cap of this implementation",
        header(change={f"a{index}": 1 for index in range(257)}),
        "header-too-many-attributes",
    )
    names = {f"a{index}": 1 for index in range(300)}
    refused(
        "300 critical attributes are refused",
        "cap of this implementation",
        header(change=names, crit=[SCHEME, *names]),
        "header-too-many-attributes",
    )


def critical(suite):
    chain = make_chain()

    def refused(what, why, protected, code):
        suite.add(what, why, parts(chain, protected), broken(code))

    expiry = "2027-01-01T00:00:00Z"
    refused("a header without crit is refused", "3.3 step 11", header(drop=("crit",)), "header-missing")
    refused("an empty crit is refused", "3.3 step 11", header(crit=[]), "critical-empty")
    for wrong in (SCHEME, None, 1, {"0": SCHEME}, True):
        refused(f"crit that is {compact(wrong)[:14]} is refused", "3.2: array of strings", header(change={"crit": wrong}), "header-type")
    for wrong in (1, None, [SCHEME], {"a": 1}):
        refused(f"crit with {compact(wrong)[:10]} in it is refused", "3.2: array of strings", header(crit=[SCHEME, wrong]), "header-type")
    refused("crit with the scheme twice is refused", "3.3 step 12", header(crit=[SCHEME, SCHEME]), "critical-twice")
    refused(
        "crit with an attribute twice is refused",
        "RFC 7515 4.1.11: no name twice",
        header(change={"other": 1}, crit=[SCHEME, "other", "other"]),
        "critical-twice",
    )
    for absent in ("other", "", EXPIRY, AUTHENTIC, PLUGIN, SCHEME.lower(), SCHEME + " "):
        refused(f"crit with {absent!r}, which is not there, is refused", "3.3 step 12", header(crit=[SCHEME, absent]), "critical-absent")
    for forbidden in ("alg", "cty", "crit", SIGNING_TIME):
        refused(f"crit with {forbidden} is refused", "3.3 step 12, 3.2", header(crit=[SCHEME, forbidden]), "critical-forbidden")
    refused("crit without the scheme is refused", "3.3 step 13", header(change={"other": 1}, crit=["other"]), "critical-lacking")
    refused("crit without the expiry is refused", "3.3 step 13", header(expiry=expiry, crit=[SCHEME]), "critical-lacking")
    refused("crit with the expiry and without the scheme is refused", "3.3 step 13", header(expiry=expiry, crit=[EXPIRY]), "critical-lacking")
    refused(
        "crit without the authentic signing time is refused",
        "3.3 step 13",
        header(scheme=AUTHORITY, crit=[SCHEME]),
        "critical-lacking",
    )


def schemes_and_times(suite):
    chain = make_chain()

    def refused(what, why, protected, code):
        suite.add(what, why, parts(chain, protected), broken(code))

    refused("a header without signing scheme is refused", "3.3 step 8", header(drop=(SCHEME,)), "header-missing")
    for wrong in ("", "notary.X509", "notary.x509.signingauthority", "notary.x509 ", "notary.default.x509", "x509"):
        refused(f"signing scheme {wrong!r} is refused", "3.3 step 8", header(change={SCHEME: wrong}), "signing-scheme")
    for wrong in (1, None, ["notary.x509"]):
        refused(f"a signing scheme that is {compact(wrong)[:6]} is refused", "3.2", header(change={SCHEME: wrong}), "header-type")
    refused("a header without signing time is refused", "3.2", header(drop=(SIGNING_TIME,)), "header-missing")
    refused("a signing authority's header without authentic time is refused", "3.3 step 10", header(scheme=AUTHORITY, drop=(AUTHENTIC,), crit=[SCHEME]), "header-missing")
    refused("an authentic signing time under notary.x509 is refused", "3.3 step 9", header(change={AUTHENTIC: SIGNED_AT}), "header-forbidden")
    refused("an authentic signing time in place of the claim is refused", "3.3 step 9", header(change={AUTHENTIC: SIGNED_AT}, drop=(SIGNING_TIME,), crit=[SCHEME, AUTHENTIC]), "header-forbidden")
    refused("an authentic signing time of null under notary.x509 is refused", "3.3 step 9", header(change={AUTHENTIC: None}), "header-forbidden")
    refused("a signing time under a signing authority is refused", "3.3 step 10", header(scheme=AUTHORITY, change={SIGNING_TIME: SIGNED_AT}), "header-forbidden")
    bad = [
        "",
        "2026-06-01",
        "2026-06-01T08:00:00",
        "2026-06-01 08:00:00Z",
        "2026-06-01t08:00:00Z",
        "2026-06-01T08:00:00z",
        "2026-06-01T08:00Z",
        "2026-06-01T8:00:00Z",
        "2026-06-01T08:00:00.Z",
        "2026-06-01T08:00:00,5Z",
        "2026-06-01T08:00:00+0800",
        "2026-06-01T08:00:00+08",
        "2026-06-01T08:00:00+24:00",
        "2026-06-01T08:00:00+08:60",
        "2026-06-31T08:00:00Z",
        "2026-02-29T08:00:00Z",
        "2026-00-01T08:00:00Z",
        "2026-06-01T24:00:00Z",
        "2026-06-01T08:60:00Z",
        "2026-06-01T08:00:60Z",
        "2026-06-01T08:00:61Z",
        " 2026-06-01T08:00:00Z",
        "2026-06-01T08:00:00Z\n",
        "20260601T080000Z",
        "Mon, 01 Jun 2026 08:00:00 GMT",
        "1780300800",
        "2026-06-01T08:00:00[UTC]",
        "-2026-06-01T08:00:00Z",
    ]
    for text in bad:
        refused(f"a signing time of {text!r} is refused", "3.2: RFC 3339", header(change={SIGNING_TIME: text}), "header-time")
    for text in bad[:4]:
        refused(f"an expiry of {text!r} is refused", "3.2: RFC 3339", header(expiry="x", change={EXPIRY: text}), "header-time")
        refused(f"an authentic signing time of {text!r} is refused", "3.2: RFC 3339", header(scheme=AUTHORITY, change={AUTHENTIC: text}), "header-time")
    for wrong in (1780300800, None, ["2026-06-01T08:00:00Z"]):
        refused(f"a signing time that is {compact(wrong)[:6]} is refused", "3.2", header(change={SIGNING_TIME: wrong}), "header-type")
        refused(f"an expiry that is {compact(wrong)[:6]} is refused", "3.2", header(expiry="x", change={EXPIRY: wrong}), "header-type")
    for text, what in (
        (SIGNED_AT, "equal to the signing time"),
        ("2026-06-01T10:00:00+02:00", "equal to the signing time at another offset"),
        ("2026-06-01T07:59:59Z", "a second before the signing time"),
        ("2026-06-01T07:59:59.999Z", "a millisecond before the signing time"),
        ("2026-06-01T09:00:00+02:00", "an hour before, though its text is greater"),
        ("0001-01-01T00:00:00Z", "the zero time of Go"),
    ):
        refused(f"an expiry {what} is refused", "3.4 item 5: strictly after", header(expiry=text), "expiry-not-after-signing-time")
    suite.add(
        "an expiry equal to the authentic signing time is refused",
        "3.4 item 5",
        parts(chain, header(scheme=AUTHORITY, expiry=SIGNED_AT)),
        broken("expiry-not-after-signing-time"),
    )


def payloads(suite):
    chain = make_chain()

    def refused(what, why, body, code, **options):
        body = body.encode() if isinstance(body, str) else body
        suite.add(what, why, parts(chain, body=body), broken(code), **options)

    good = payload().decode()
    inner = json.loads(good)["targetArtifact"]
    refused("an empty payload is refused", "3.4 item 1", "", "payload-empty")
    for what, body in {
        "an array": "[" + good + "]",
        "a text": json.dumps(good),
        "null": "null",
        "a blank": " ",
        "cut short": good[:-1],
        "two objects": good + good,
        "followed by a letter": good + "x",
        "with a byte order mark": "\ufeff" + good,
        "with targetArtifact twice": good[:-1] + "," + good[1:],
        "with a second targetArtifact of another case": good[:-1] + ',"targetartifact":{}}',
        "with targetArtifact in another case only": good.replace("targetArtifact", "TargetArtifact"),
        "nested 200 levels deep": good[:-1] + ',"a":' + "[" * 200 + "]" * 200 + "}",
        "with an annotation twice": good.replace('"digest"', '"annotations":{"a":"1","a":"2"},"digest"'),
    }.items():
        refused(f"a payload that is {what} is refused", "2, 3.3 step 5, 16 quirk 19", body, "payload-json")
    refused("a payload that is not UTF-8 is refused", "2", good[:-1].encode() + b',"a":"\xff"}', "payload-json")
    for member in ("digest", "mediaType", "size"):
        refused(
            f"a target artifact with {member} twice is refused",
            "16 quirk 19",
            good.replace('{"digest"', "{" + f"{json.dumps(member)}:{json.dumps(inner[member])}" + ',"digest"'),
            "payload-json",
        )
        refused(
            f"a target artifact with {member} in another case is refused",
            "16 quirk 19",
            good.replace('{"digest"', "{" + f"{json.dumps(member.upper())}:{json.dumps(inner[member])}" + ',"digest"'),
            "payload-target-artifact",
        )
        cut = {key: value for key, value in inner.items() if key != member}
        refused(f"a target artifact without {member} is refused", "2", compact({"targetArtifact": cut}), "payload-target-artifact")
        refused(
            f"a target artifact whose {member} is null is refused",
            "2",
            compact({"targetArtifact": {**inner, member: None}}),
            "payload-target-artifact",
        )
    for folded in ("dige\u017ft", "\u017fize"):
        refused(
            f"a target artifact with {folded} is refused",
            "3.1: Go folds U+017F to s",
            compact({"targetArtifact": {**inner, folded: 1}}),
            "payload-target-artifact",
        )
    refused("a payload without targetArtifact is refused", "2", "{}", "payload-target-artifact-missing")
    refused("a payload that is a bare descriptor is refused", "2", compact(inner), "payload-target-artifact-missing")
    for wrong in ("null", "[]", "7", '"x"', "{}", "[%s]" % compact(inner)):
        refused(f"a target artifact that is {wrong[:5]} is refused", "2", '{"targetArtifact":%s}' % wrong, "payload-target-artifact")
    for size in ("942.0", '"942"', "-1", "-942", "9.42e2", "18446744073709551616", "1e3", "true", "[942]"):
        refused(f"a size of {size} is refused", "2: a JSON integer", good.replace('"size":942', f'"size":{size}'), "payload-target-artifact")
    refused("a size with a zero before it is refused", "RFC 8259 6", good.replace('"size":942', '"size":0942'), "payload-json")
    hex_part = inner["digest"].split(":")[1]
    for digest in (
        "",
        hex_part,
        "sha256:",
        "sha256:" + hex_part[:-1],
        "sha256:" + hex_part + "0",
        "sha256:" + hex_part.upper(),
        "SHA256:" + hex_part,
        "sha1:" + hex_part[:40],
        "md5:" + hex_part[:32],
        "sha512:" + hex_part,
        " sha256:" + hex_part,
        "sha256:" + hex_part[:-1] + "g",
    ):
        refused(f"a target artifact with digest {digest[:20]!r} and {len(digest)} letters is refused", "1.3, 2", payload({"digest": digest}), "payload-target-artifact")
    for wrong in ([], "x", {"a": 1}, {"a": None}):
        refused(f"annotations that are {compact(wrong)} are refused", "2: texts to texts", compact({"targetArtifact": {**inner, "annotations": wrong}}), "payload-target-artifact")
    members = [inner["mediaType"], inner["digest"], inner["size"]]
    for what, array in (("in order", members), ("and annotations in order", [*members, {"a": "b"}]), ("and artifact type in order", [*members, {}, MANIFEST])):
        refused(f"a target artifact that is an array of its members {what} is refused", "2: an object", compact({"targetArtifact": array}), "payload-target-artifact")
    refused("a target artifact in an array is refused", "2: an object", compact({"targetArtifact": [inner]}), "payload-target-artifact")
    for member, wrongs in {
        "urls": ("u", {}, [1], [["u"]]),
        "data": (1, [], {}, "e30", "*"),
        "platform": ([], "linux", ["arm64", "linux"], {"os": 1}, {"os.features": "x"}),
        "artifactType": (1, [], {}),
    }.items():
        for wrong in wrongs:
            refused(f"a target artifact whose {member} is {compact(wrong)} is refused", "1.1: descriptor members, as Go's decoder", compact({"targetArtifact": {**inner, member: wrong}}), "payload-target-artifact")
    mismatch = "target-artifact-mismatch"
    why = "9.3 step 9, 2: media type, digest and size"
    refused("a signature of another digest is refused", why, payload({"digest": OTHER_DIGEST}), mismatch)
    refused("a signature of another size is refused", why, payload({"size": 943}), mismatch)
    refused("a signature of another media type is refused", why, payload({"mediaType": MANIFEST.replace("manifest", "index")}), mismatch)
    refused("a signature of a media type in another case is refused", why, payload({"mediaType": MANIFEST.upper()}), mismatch)
    refused("a signature of an artifact that was changed is refused", why, payload(), mismatch, artifact={**ARTIFACT, "digest": OTHER_DIGEST})
    refused("a signature of a digest of another algorithm is refused", why, payload({"digest": "sha512:" + hex_part * 2}), mismatch)


def attributes(suite):
    chain = make_chain()

    def refused(what, why, made, code):
        suite.add(what, why, parts(chain, made), broken(code))

    unknown, plugin = "critical-attribute-unknown", "verification-plugin-unsupported"
    why = "9.6, 16 quirk 1: the specification says MUST fail"
    refused("a critical attribute that nobody understands is refused", why, header(change={"other": "x"}, crit=[SCHEME, "other"]), unknown)
    refused("a registered header that is critical is refused", why, header(change={"b64": False}, crit=[SCHEME, "b64"]), unknown)
    refused("a critical least version without a plugin is refused", why, header(change={PLUGIN_VERSION: "1.0.0"}, crit=[SCHEME, PLUGIN_VERSION]), unknown)
    why = "9.5: plugins are not run"
    refused("a critical verification plugin is refused", why, header(change={PLUGIN: "plugin"}, crit=[SCHEME, PLUGIN]), plugin)
    refused("a verification plugin that is not critical is refused", "9.5 item 1: fatal", header(change={PLUGIN: "plugin"}), plugin)
    refused("a verification plugin with an empty name is refused", "9.5 item 1", header(change={PLUGIN: ""}, crit=[SCHEME, PLUGIN]), plugin)
    refused("a verification plugin that is no text is refused", "9.5 item 1", header(change={PLUGIN: 7}, crit=[SCHEME, PLUGIN]), plugin)
    refused(
        "a verification plugin with its least version is refused",
        why,
        header(change={PLUGIN: "plugin", PLUGIN_VERSION: "1.0.0"}, crit=[SCHEME, PLUGIN, PLUGIN_VERSION]),
        plugin,
    )
