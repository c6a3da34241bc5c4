"""Signatures that must be accepted, with the freedom that the format gives to signers."""

import datetime
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU

import pki
from cases import ARTIFACT, DN, expect, parts, payload, statement, with_header
from jws import (
    AGENT,
    AUTHENTIC,
    AUTHORITY,
    EXPIRY,
    PLUGIN_VERSION,
    SCHEME,
    SIGNING_TIME,
    TIMESTAMP,
    b64,
    header,
    members,
)
from pki import CA, KEYS, SIGNER, ca, leaf, make_chain, name, usage

UTC = datetime.timezone.utc
SA_POLICY = dict(stores=("signingAuthority:signer",))


def make(suite):
    keys_and_chains(suite)
    forms(suite)
    headers(suite)
    chains(suite)
    identities(suite)


def keys_and_chains(suite):
    for kind in KEYS:
        for length in (1, 2, 4):
            ca_kind = kind if kind != "RSA-4096" or length < 4 else "RSA-2048"
            chain = make_chain(kind, length, ca_kind=ca_kind, label=f"{kind} {length}")
            suite.add(
                f"a signature by {kind} with a chain of {length} is verified",
                "0.2, 6.1",
                parts(chain),
                expect(),
            )
    for kind in ("RSA-2048", "EC-384"):
        chain = make_chain(kind)
        suite.add(
            f"a signature by a signing authority with {kind} is verified",
            "5: authenticSigningTime, trust store of type signingAuthority",
            parts(chain, header(kind, AUTHORITY)),
            expect(),
            stores={"signingAuthority:signer": [chain.root]},
            policy=statement(**SA_POLICY),
        )


def forms(suite):
    chain = make_chain()
    digest, size, media = ARTIFACT["digest"], ARTIFACT["size"], ARTIFACT["mediaType"]
    bodies = {
        "members in the order of the older mock vectors": '{"targetArtifact":{"mediaType":"%s","digest":"%s","size":%d}}'
        % (media, digest, size),
        "spaces and line breaks": '\n{ "targetArtifact" : {\r\n\t"size" : %d ,"digest":"%s",  "mediaType":"%s" } }\n\n'
        % (size, digest, media),
        "escapes in names and values": '{"\\u0074argetArtifact":{"mediaType":"%s","digest":"%s","size":%d,"annotations":{"a":"\\u003c\\u0026\\u003e"}}}'
        % (media.replace("/", "\\/"), digest, size),
        "members that the format does not know": '{"other":[1,2.5,{"x":null}],"targetArtifact":{"digest":"%s","mediaType":"%s","size":%d,"artifactType":"a/b","urls":["https://example.com"],"platform":{"os":"linux"},"future":1}}'
        % (digest, media, size),
        "an empty set of annotations": '{"targetArtifact":{"annotations":{},"digest":"%s","mediaType":"%s","size":%d}}'
        % (digest, media, size),
        "a member with the Kelvin sign, which folds to no name of the format": '{"\u212aey":1,"targetArtifact":{"digest":"%s","mediaType":"%s","size":%d}}'
        % (digest, media, size),
    }
    for what, body in bodies.items():
        suite.add(
            f"a payload with {what} is verified as received",
            "2, 16.2 item 1: never serialised anew",
            parts(chain, body=body.encode()),
            expect(),
        )
    for algorithm, length in (("sha384", 96), ("sha512", 128)):
        artifact = {**ARTIFACT, "digest": f"{algorithm}:" + "0123456789abcdef" * (length // 16)}
        suite.add(
            f"an artifact with a {algorithm} digest is verified",
            "1.3: sha256, sha384 and sha512",
            parts(chain, body=payload({"digest": artifact["digest"]})),
            expect(),
            artifact=artifact,
        )
    good = parts(chain)
    by_name = dict(good.pairs())
    suite.add(
        "an envelope with the members of older mock vectors in their order is verified",
        "3.1: order is free; the old agent name is not read",
        members(
            ("payload", by_name["payload"]),
            ("protected", by_name["protected"]),
            ("header", members(("x5c", good.x5c), ("io.cncf.notary.SigningAgent", '"Notation/1.0.0"'))),
            ("signature", by_name["signature"]),
        ),
        expect(),
        chain,
    )
    suite.add(
        "an envelope with its members the other way round and spaced is verified",
        "3.1",
        " \n" + json.dumps(json.loads(members(*reversed(good.pairs()))), indent=4) + "\r\n\t ",
        expect(),
        chain,
    )
    suite.add(
        "an envelope with a further top-level member is verified",
        "3.1: accept unknown members",
        members(*good.pairs(), ("signatures", "[{}]"), ("other", '"x"')),
        expect(),
        chain,
    )
    for what, pair in {
        "an unknown unprotected member": ("other", '{"a":[1]}'),
        "the agent name of release candidates": ("io.cncf.notary.SigningAgent", '"notation-go/1.0.0-rc.3"'),
        "the stale timestamp name": ("io.cncf.notary.timestamp", '"AAAA"'),
        "a signing agent that is no text": (AGENT, "7"),
        "a countersignature that nobody asked for": (TIMESTAMP, '"%s"' % b64(b"0\x03\x02\x01\x00")),
    }.items():
        suite.add(
            f"an envelope with {what} is verified",
            "3.1, 3.5, 10.3: unprotected members decide nothing without a tsa store",
            with_header(good, pair),
            expect(),
            chain,
        )
    suite.add(
        "an envelope without a signing agent is verified",
        "3.5",
        with_header(good, drop=(AGENT,)),
        expect(),
        chain,
    )


def headers(suite):
    chain = make_chain()

    def accepted(what, why, made, expected=None, **options):
        suite.add(what, why, parts(chain, made), expected or expect(), **options)

    for time in (
        "2026-06-01T16:00:00+08:00",
        "2026-06-01T08:00:00.123456789Z",
        "2026-06-01T03:30:00.5-04:30",
        "2026-06-01T08:00:00.0000000000001Z",
        "2026-06-01T08:00:00+00:00",
        "2026-06-01T08:00:00-00:00",
    ):
        accepted(f"a signing time of {time} is read", "3.2: any RFC 3339", header(change={SIGNING_TIME: time}))
    accepted(
        "a signing time before the certificates were valid is no matter",
        "6.4, 16 quirk 55: the claim is compared with the expiry only",
        header(change={SIGNING_TIME: "2001-01-01T00:00:00Z"}),
    )
    accepted(
        "a signing time in the future is no matter",
        "16 quirk 55",
        header(change={SIGNING_TIME: "2040-01-01T00:00:00Z"}),
    )
    for expiry in ("2026-06-15T12:00:01Z", "2026-06-15T14:00:00.5+02:00", "2099-12-31T23:59:59Z", "9999-12-31T23:59:59Z"):
        accepted(
            f"a signature that expires at {expiry} is verified before",
            "9.3 step 5, appendix E: expired when now >= expiry",
            header(expiry=expiry),
            expect(expiry="passed"),
        )
    accepted(
        "crit may be in any order",
        "3.3 step 12",
        header(expiry="2027-01-01T00:00:00Z", crit=[EXPIRY, SCHEME]),
        expect(expiry="passed"),
    )
    accepted(
        "extended attributes that are not critical are no matter",
        "3.2, 9.5: without a plugin",
        header(change={"SomeKey": "v", "com.example.list": [1, {"a": None}], "com.example.number": 1.5}),
    )
    accepted(
        "the least version of a plugin that nobody names is no matter",
        "9.5 item 2: only read when a plugin is named",
        header(change={PLUGIN_VERSION: "1.0.0"}),
    )
    accepted(
        "256 extended attributes are read",
        "cap of this implementation",
        header(change={f"a{index}": index for index in range(256)}),
    )
    accepted(
        "a header with registered parameters of RFC 7515 is verified",
        "3.2: anything else is an extended attribute",
        header(change={"kid": "1", "typ": "JOSE"}),
    )
    suite.add(
        "a protected header with spaces and another order is verified",
        "3.1: signing input exactly as in the file",
        parts(chain, json.dumps(dict(reversed(list(header().items()))), indent=2)),
        expect(),
    )
    annotations = {"git": "6d1f7c2", "build id": "ü<&>\u2028", "": "empty key"}
    with_metadata = parts(chain, body=payload(annotations=annotations))
    suite.add(
        "user metadata that was asked for is found",
        "9.3 step 10",
        with_metadata,
        expect(user_metadata="passed"),
        metadata={"git": "6d1f7c2", "build id": "ü<&>\u2028"},
    )
    suite.add("user metadata that nobody asked for is no matter", "9.3 step 10", with_metadata, expect())
    private = "signingAuthority:signer"
    for time in ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "2026-06-01T10:00:00.25+02:00"):
        suite.add(
            f"a signing authority's chain that is expired now and was valid at {time} is verified",
            "5, 6.4: valid at authenticSigningTime, both ends included",
            parts(chain, header(scheme=AUTHORITY, change={AUTHENTIC: time})),
            expect(),
            stores={private: [chain.root]},
            policy=statement(**SA_POLICY),
            now="2044-01-01T00:00:00Z",
        )
    suite.add(
        "a signing authority's signature that expires later is verified",
        "3.2: expiry and authenticSigningTime are critical",
        parts(chain, header(scheme=AUTHORITY, expiry="2026-07-01T00:00:00Z")),
        expect(expiry="passed"),
        stores={private: [chain.root]},
        policy=statement(**SA_POLICY),
    )
    suite.add(
        "a signing authority's signature never needs a timestamp",
        "5: countersignature never evaluated; 10.3",
        parts(chain, header(scheme=AUTHORITY)),
        expect(),
        stores={private: [chain.root]},
        policy=statement(stores=(private, "tsa:time"), verify_timestamp="always"),
    )


def chains(suite):
    def accepted(what, why, chain, expected=None, **options):
        suite.add(what, why, parts(chain), expected or expect(), **options)

    nested = [CA, ca(bc=pki.constraints(True, 1)), ca(bc=pki.constraints(True, 0))]
    accepted("path lengths that are just enough are accepted", "6.3 item 2", make_chain(length=4, cas=nested))
    accepted(
        "basic constraints of a leaf that say it is no authority are accepted",
        "6.2 item 1",
        make_chain(profile=leaf(bc=pki.constraints(False))),
    )
    accepted(
        "basic constraints of a leaf need not be critical",
        "6.2 item 1",
        make_chain(profile=leaf(bc=pki.constraints(False, critical=False))),
    )
    accepted(
        "content commitment beside digital signature is accepted",
        "6.2: contentCommitment is allowed",
        make_chain(profile=leaf(ku=(usage("digital_signature", "content_commitment"), True))),
    )
    for what, value in {
        "code signing": pki.purposes(EKU.CODE_SIGNING),
        "code signing, critical": pki.purposes(EKU.CODE_SIGNING, critical=True),
        "an unknown purpose": pki.purposes(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")),
    }.items():
        accepted(
            f"extended key usage with {what} is accepted",
            "6.2: optional, unknown ones fine",
            make_chain(profile=leaf(eku=value)),
        )
    accepted(
        "an unknown critical extension is no matter",
        "6.1, appendix F: fail open, as the specification says",
        make_chain(profile=leaf(more=[pki.raw_extension("1.3.6.1.4.1.99999.2", b"\x05\x00", True)])),
    )
    root_name = pki.ca_name("self-issued")
    self_issued = issue(root_name, root_name)
    accepted("a leaf with the name of its issuer is accepted when another key signed it", "16 quirk 56", self_issued)
    for kind, digest in (("EC-256", hashes.SHA512()), ("EC-384", hashes.SHA256()), ("EC-521", hashes.SHA512())):
        accepted(
            f"a certificate signed by {kind} with {digest.name} is accepted",
            "6.1: signature of the issuer's key, SHA-2",
            issue(pki.ca_name(f"{kind} {digest.name}"), SIGNER, issuer_kind=kind, digest=digest),
        )
    for digest in (hashes.SHA256(), hashes.SHA512()):
        accepted(
            f"a certificate signed with RSASSA-PSS and {digest.name} is accepted",
            "6.1: CheckSignatureFrom takes RSA-PSS",
            issue(pki.ca_name(f"pss {digest.name}"), SIGNER, issuer_kind="RSA-2048", digest=digest, pss=True),
        )
    accepted(
        "an authority with an Ed25519 key is accepted",
        "6.3: CA key types unchecked",
        issue(pki.ca_name("ed25519"), SIGNER, issuer_kind="Ed25519"),
    )
    forever = (pki.CA_FROM, datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    accepted("certificates that never expire are accepted", "6.4, RFC 5280 4.1.2.5", make_chain(span=forever, ca_span=forever))
    old = (datetime.datetime(1950, 1, 1, tzinfo=UTC), datetime.datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC))
    accepted("a root from 1950 is accepted", "6.4", make_chain(ca_span=old))
    accepted(
        "a leaf that outlives its issuer is accepted",
        "6.4: nesting is never required",
        make_chain(span=(pki.LEAF_FROM, datetime.datetime(2040, 1, 1, tzinfo=UTC))),
    )
    accepted("a chain of 32 is accepted", "cap of this implementation", make_chain(length=32, label="long"))
    four = make_chain(length=4, label="four")
    for index, what in ((1, "an intermediate"), (2, "the intermediate next to the root"), (3, "the root")):
        accepted(
            f"{what} in the trust store anchors the chain",
            "7.5: any certificate of the chain, byte for byte",
            four,
            stores={"ca:acme": [four.certificates[index]]},
        )
    single = make_chain(length=1)
    accepted("a self-signed signing certificate in the trust store anchors itself", "7.5, 16 quirk 28", single)
    chain = make_chain()
    expired = make_chain(label="expired", ca_span=(pki.CA_FROM, datetime.datetime(2026, 1, 2, tzinfo=UTC)))
    accepted(
        "an expired anchor that is not in use is no matter",
        "6.4: dates of anchors are never checked on their own",
        chain,
        stores={"ca:acme": [expired.root, chain.root]},
    )
    accepted(
        "the second of two stores may hold the anchor",
        "7.5, 9.3 step 3",
        chain,
        stores={"ca:other": [expired.root], "ca:acme": [chain.root]},
        policy=statement(stores=("ca:other", "ca:acme")),
    )
    accepted(
        "stores that the statement does not name are no matter",
        "7.5",
        chain,
        stores={"ca:acme": [chain.root], "ca:other": {"unusable": "a directory"}},
    )
    accepted(
        "a broken store of a type that the scheme does not use is no matter",
        "5: the scheme selects which are loaded",
        chain,
        stores={"ca:acme": [chain.root], "signingAuthority:signer": {"unusable": "a directory"}},
        policy=statement(stores=("signingAuthority:signer", "ca:acme")),
    )
    for moment, what in ((pki.LEAF_FROM, "first"), (pki.LEAF_TO, "last")):
        text = moment.isoformat().replace("+00:00", "Z")
        accepted(f"the {what} moment of the validity counts", "appendix E: inclusive on both ends", chain, now=text)


def issue(issuer, subject, issuer_kind="EC-256", digest=None, pss=False, profile=pki.LEAF, issuer_profile=CA, kind="EC-256"):
    """A chain of two with everything that differs given."""
    signer = pki.key(issuer_kind, f"issuer {issuer_kind}")
    private = pki.key(kind)
    root = pki.certificate(
        issuer, signer.public_key(), issuer, signer, issuer_profile, (pki.CA_FROM, pki.CA_TO), digest, pss
    )
    own = pki.certificate(subject, private.public_key(), issuer, signer, profile, digest=digest, pss=pss)
    return pki.Chain([own, root], private, kind)


def identities(suite):
    us = (("C", "US"), ("ST", "WA"), ("L", "Seattle"))

    def accepted(what, subject, *trusted):
        chain = make_chain(subject=subject)
        suite.add(what, "8.4", parts(chain), expect(), policy=statement(identities=trusted))

    accepted("the whole subject as identity matches", SIGNER, "x509.subject: C=US, ST=WA, L=Seattle, O=acme, CN=signer")
    accepted("an identity in another order and without spaces matches", SIGNER, "x509.subject:CN=signer,O=acme,ST=WA,C=US")
    accepted("S is another name of ST", SIGNER, "x509.subject: C=US, S=WA, O=acme")
    accepted("semicolons separate, too", SIGNER, "x509.subject: C=US; ST=WA; O=acme")
    accepted("the second of two identities matches", SIGNER, "x509.subject: C=US, ST=WA, O=other", DN)
    accepted("an identity of another kind beside the right one is no matter", SIGNER, "arn:aws:signer:us-east-1:111122223333:/signing-profiles/build", DN)
    accepted("the wildcard matches any subject", name(("CN", "only")), "*")
    accepted("the wildcard matches a subject with an e-mail address", name(*us, ("O", "acme"), ("E", "a@b.example")), "*")
    accepted("an escaped comma is part of the value", name(*us, ("O", "acme, inc")), "x509.subject: C=US, ST=WA, O=acme\\, inc")
    accepted("letters beyond ASCII match", name(*us, ("O", "Ünïcode 株式会社")), "x509.subject: C=US, ST=WA, O=Ünïcode 株式会社")
    accepted("an equals sign may stand in a value", name(*us, ("O", "a=b")), "x509.subject: C=US, ST=WA, O=a=b")
    accepted(
        "a relative name with two attributes is read as two",
        name(*us, ("O", "acme"), [("CN", "signer"), ("OU", "team")]),
        "x509.subject: C=US, ST=WA, O=acme, OU=team",
    )
    for kind in (x509.name._ASN1Type.PrintableString, x509.name._ASN1Type.UTF8String):
        subject = x509.Name(
            [x509.NameAttribute(pki.TYPES[key], value, kind if key != "C" else None) for key, value in (*us, ("O", "acme"))]
        )
        accepted(f"a subject of type {kind.name} matches", subject, DN)


