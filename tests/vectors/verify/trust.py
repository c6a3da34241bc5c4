"""Trust, time and policy: what each level makes of what is wrong."""

import datetime

from cryptography import x509

import pki
from accepting import issue
from cases import DN, broken, expect, parts, payload, rejected, statement, warned
from jws import AUTHENTIC, AUTHORITY, SCHEME, header
from pki import SIGNER, ca, leaf, make_chain, name

UTC = datetime.timezone.utc
EXPIRED = "failed:signature-expired"
CHAIN_EXPIRED = "failed:chain-expired"
CHAIN_EARLY = "failed:chain-not-yet-valid"
UNTRUSTED = "failed:chain-not-trusted"
UNUSABLE = "failed:trust-store-unusable"
NO_STORE = "failed:no-trust-store-of-type"
MISMATCH = "failed:identity-mismatch"
SKIPPED = "not-evaluated:skipped-by-policy"
NOT_ASKED = "not-evaluated:chain-not-trusted"
UNKNOWN = "not-evaluated:revocation-unknown"
TIMESTAMP = "not-evaluated:timestamp-unsupported"


def make(suite):
    anchors(suite)
    identities(suite)
    validity(suite)
    expiry(suite)
    metadata(suite)
    revocation(suite)
    timestamps(suite)
    levels(suite)


def anchors(suite):
    chain = make_chain()
    other = make_chain(label="other")
    twin = make_chain()

    def refused(what, why, code, trusted, made=None, **policy):
        suite.add(
            what,
            why,
            parts(made or chain),
            rejected(authenticity=code, revocation=NOT_ASKED),
            stores=trusted,
            policy=statement(**policy),
        )

    why = "9.3 step 3, 7.5: byte for byte"
    refused("a chain that is in no store is refused", why, UNTRUSTED, {"ca:acme": [other.root]})
    assert twin.root != chain.root
    refused("a root with the same name and key in another certificate is refused", why, UNTRUSTED, {"ca:acme": [twin.root]})
    single = make_chain(length=1)
    refused("a self-signed leaf that nobody trusts is refused", why, UNTRUSTED, {"ca:acme": [chain.root]}, single)
    refused("a chain whose root is in a store that is not named is refused", "9.3 step 3", UNTRUSTED, {"ca:acme": [other.root], "ca:second": [chain.root]})
    policy = dict(stores=("ca:acme", "signingAuthority:acme"))
    refused("a chain whose root is in a signing authority's store only is refused", "5: ca for notary.x509", UNTRUSTED, {"ca:acme": [other.root], "signingAuthority:acme": [chain.root]}, **policy)
    policy = dict(stores=("ca:acme", "tsa:acme"), verify_timestamp="afterCertExpiry")
    refused("a chain whose root is in a tsa store only is refused", "5", UNTRUSTED, {"ca:acme": [other.root], "tsa:acme": [chain.root]}, **policy)
    policy = dict(stores=("signingAuthority:acme",))
    refused("a statement without a ca store is refused for notary.x509", "5", NO_STORE, {"signingAuthority:acme": [chain.root]}, **policy)
    policy = dict(stores=("tsa:acme",), verify_timestamp="afterCertExpiry")
    refused("a statement with a tsa store only is refused", "5", NO_STORE, {"tsa:acme": [chain.root]}, **policy)
    refused("a store that could not be loaded is refused", "7.5: one bad file fails the store", UNUSABLE, {"ca:acme": {"unusable": "readme.txt holds no certificate"}})
    refused("a store that is named and missing is refused", "7.5 item 2", UNUSABLE, {})
    two = dict(stores=("ca:acme", "ca:second"))
    refused("a broken store beside a good one is refused", "7.5, 16.2 item 8", UNUSABLE, {"ca:acme": [chain.root], "ca:second": {"unusable": "a directory"}}, **two)
    refused("a broken store before a good one is refused", "7.5, 16.2 item 8", UNUSABLE, {"ca:acme": {"unusable": "a directory"}, "ca:second": [chain.root]}, **two)
    refused("a missing store beside a good one is refused", "7.5", UNUSABLE, {"ca:acme": [chain.root]}, **two)
    refused("an empty store is refused", "7.5 item 7", UNUSABLE, {"ca:acme": []})
    refused("a store with a leaf that is neither an authority nor self-signed is refused", "7.5 item 5", UNUSABLE, {"ca:acme": [chain.certificates[0]]})
    refused("a store with such a leaf beside the root is refused", "7.5 item 5", UNUSABLE, {"ca:acme": [chain.root, chain.certificates[0]]})
    authority = header(scheme=AUTHORITY)
    for what, stores, named, code in (
        ("a signing authority's chain in a ca store is refused", {"ca:acme": [chain.root]}, ("ca:acme",), NO_STORE),
        ("a signing authority's chain in a ca store beside another authority is refused", {"ca:acme": [chain.root], "signingAuthority:acme": [other.root]}, ("ca:acme", "signingAuthority:acme"), UNTRUSTED),
    ):
        suite.add(what, "5: the store types differ", parts(chain, authority), rejected(authenticity=code, revocation=NOT_ASKED), stores=stores, policy=statement(stores=named))


def identities(suite):
    us = (("C", "US"), ("ST", "WA"), ("L", "Seattle"))

    def refused(what, subject, trusted, code=MISMATCH, **options):
        chain = make_chain(subject=subject)
        suite.add(what, "8.4", parts(chain), rejected(authenticity=code), policy=statement(identities=trusted), **options)

    refused("another organisation is refused", SIGNER, ["x509.subject: C=US, ST=WA, O=other"])
    refused("a value in another case is refused", SIGNER, ["x509.subject: C=US, ST=WA, O=Acme"])
    refused("a value that is the start of the subject's is refused", SIGNER, ["x509.subject: C=US, ST=WA, O=acm"])
    refused("a value that goes on is refused", SIGNER, ["x509.subject: C=US, ST=WA, O=acme corp"])
    refused("an attribute that the subject lacks is refused", SIGNER, ["x509.subject: C=US, ST=WA, O=acme, OU=team"])
    refused("two blanks for one are refused", name(*us, ("O", "acme  corp")), ["x509.subject: C=US, ST=WA, O=acme corp"])
    refused("a blank at the end of the subject's value is refused", name(*us, ("O", "acme ")), [DN])
    refused("an escaped blank at the end of the identity is refused", SIGNER, ["x509.subject: C=US, ST=WA, O=acme\\ "])
    refused("values in each other's place are refused", name(("C", "US"), ("ST", "acme"), ("O", "WA")), [DN])
    refused("an identity that only the issuer has is refused", SIGNER, ["x509.subject: C=US, ST=WA, O=acme, CN=acme root"])
    refused("two identities that both differ are refused", SIGNER, ["x509.subject: C=US, ST=WA, O=a", "x509.subject: C=US, ST=WA, O=b"])
    refused("identities of other kinds only are refused", SIGNER, ["arn:aws:signer:us-east-1:111122223333:/signing-profiles/build"], "failed:identity-no-subject-configured")
    refused("a prefix in another case is refused", SIGNER, ["X509.subject: C=US, ST=WA, O=acme"], "failed:identity-no-subject-configured")
    unreadable = "failed:identity-unusable-subject"
    refused("a subject with an e-mail address is refused for an identity", name(*us, ("O", "acme"), ("E", "a@b.example")), [DN], unreadable)
    refused("a subject with a domain component is refused for an identity", name(*us, ("O", "acme"), ("DC", "example")), [DN], unreadable)
    refused("a subject with two units is refused for an identity", name(*us, ("O", "acme"), ("OU", "a"), ("OU", "b")), [DN], unreadable)
    refused("a subject with two organisations is refused for an identity", name(*us, ("O", "other"), ("O", "acme")), [DN], unreadable)
    # notation takes the last of two, as Go prints it.
    person = (*us, ("O", "acme"))
    for kind, what in (("CN", "common names"), ("SERIALNUMBER", "serial numbers")):
        for asked in (f"x509.subject: C=US, ST=WA, O=acme, {kind}=1", f"x509.subject: C=US, ST=WA, O=acme, {kind}=2", DN):
            which = {"1": "the first", "2": "the last"}.get(asked[-1], "neither")
            refused(f"a subject with two {what} is refused for an identity that names {which}", name(*person, (kind, "1"), (kind, "2")), [asked], unreadable)
        refused(f"a subject with two {what} in one relative name is refused for an identity", name(*person, [(kind, "1"), (kind, "2")]), [f"x509.subject: C=US, ST=WA, O=acme, {kind}=2"], unreadable)
        suite.add(f"a subject with two {what} is no matter where every signer is trusted", "8.4", parts(make_chain(subject=name(*person, (kind, "1"), (kind, "2")))), expect(), policy=statement(identities=["*"]))
    for lacking in ("C", "ST", "O"):
        kept = [pair for pair in (*us, ("O", "acme"), ("CN", "signer")) if pair[0] != lacking]
        refused(f"a subject without {lacking} is refused for an identity", name(*kept), [DN], unreadable)
    refused("a subject whose value holds =# is refused for an identity", name(*us, ("O", "acme"), ("CN", "a=#b")), [DN], unreadable)
    chain = make_chain()
    stolen = issue(pki.ca_name("thief"), SIGNER)
    suite.add(
        "the right subject under another root is refused",
        "9.3 steps 3 and 4: both count",
        parts(stolen),
        rejected(authenticity=UNTRUSTED, revocation=NOT_ASKED),
        stores={"ca:acme": [chain.root]},
    )


def validity(suite):
    chain = make_chain()
    why = "6.4, appendix E: every certificate valid now, both ends included"

    def refused(what, made, now, code, **options):
        suite.add(what, why, parts(made), rejected(authenticTimestamp=code), now=now, **options)

    refused("a leaf a second after its validity is refused", chain, "2027-01-01T00:00:01Z", CHAIN_EXPIRED)
    refused("a leaf a millisecond after its validity is refused", chain, "2027-01-01T00:00:00.001Z", CHAIN_EXPIRED)
    refused("a leaf a second before its validity is refused", chain, "2025-12-31T23:59:59Z", CHAIN_EARLY)
    early, late = datetime.datetime(2025, 2, 1, tzinfo=UTC), datetime.datetime(2026, 2, 1, tzinfo=UTC)
    future = (datetime.datetime(2026, 7, 1, tzinfo=UTC), datetime.datetime(2036, 1, 1, tzinfo=UTC))
    refused("an expired authority in the chain is refused", make_chain(length=3, ca_span=(early, late)), "2026-06-15T12:00:00Z", CHAIN_EXPIRED)
    refused("an authority of tomorrow in the chain is refused", make_chain(length=3, ca_span=future), "2026-06-15T12:00:00Z", CHAIN_EARLY)
    single = make_chain(length=1)
    refused("an expired self-signed leaf is refused", single, "2028-01-01T00:00:00Z", CHAIN_EXPIRED)
    for time, what, code in (
        ("2025-12-31T23:59:59Z", "a second before the validity", CHAIN_EARLY),
        ("2027-01-01T00:00:01Z", "a second after the validity", CHAIN_EXPIRED),
        ("2027-01-01T00:00:00.5Z", "half a second after the validity", CHAIN_EXPIRED),
        ("2027-01-01T01:00:00+00:30", "half an hour after the validity", CHAIN_EXPIRED),
    ):
        suite.add(
            f"an authentic signing time {what} is refused",
            "5, 6.4: valid at authenticSigningTime",
            parts(chain, header(scheme=AUTHORITY, change={AUTHENTIC: time})),
            rejected(authenticTimestamp=code),
            stores={"signingAuthority:acme": [chain.root]},
            policy=statement(stores=("signingAuthority:acme",)),
            # After all of these times, so that none is refused as one of the future.
            now="2027-06-01T00:00:00Z",
        )


def expiry(suite):
    chain = make_chain()
    why = "9.3 step 5, appendix E: expired when now >= expiry"
    for now, what in (
        ("2026-06-15T12:00:00Z", "at the very moment"),
        ("2026-06-15T12:00:00.000000001Z", "a nanosecond later"),
        ("2026-06-15T12:00:01Z", "a second later"),
        ("2026-12-01T00:00:00Z", "months later"),
    ):
        suite.add(
            f"a signature that expired is refused {what}",
            why,
            parts(chain, header(expiry="2026-06-15T12:00:00Z")),
            rejected(expiry=EXPIRED),
            now=now,
        )
    suite.add(
        "a signature counts until a nanosecond before its expiry",
        why,
        parts(chain, header(expiry="2026-06-15T12:00:00Z")),
        expect(expiry="passed"),
        now="2026-06-15T11:59:59.999999999Z",
    )
    suite.add(
        "an offset of the expiry counts",
        "3.2",
        parts(chain, header(expiry="2026-06-15T13:00:00+02:00")),
        rejected(expiry=EXPIRED),
    )
    suite.add(
        "a signing authority's signature expires, too",
        "3.2, 9.3 step 5",
        parts(chain, header(scheme=AUTHORITY, expiry="2026-06-15T12:00:00Z")),
        rejected(expiry=EXPIRED),
        stores={"signingAuthority:acme": [chain.root]},
        policy=statement(stores=("signingAuthority:acme",)),
    )


def metadata(suite):
    chain = make_chain()
    made = parts(chain, body=payload(annotations={"build": "1", "Team": "a"}))
    missing = "failed:user-metadata-missing"
    for what, wanted in {
        "another value": {"build": "2"},
        "a value that is only the start": {"build": ""},
        "a key in another case": {"Build": "1"},
        "one key of two": {"build": "1", "other": "x"},
        "an unknown key": {"other": "x"},
    }.items():
        suite.add(f"metadata with {what} is refused", "9.3 step 10", made, rejected(user_metadata=missing), metadata=wanted)
    suite.add("metadata is refused where the signature has none", "9.3 step 10", parts(chain), rejected(user_metadata=missing), metadata={"build": "1"})
    suite.add(
        "metadata is enforced at level audit",
        "9.3 step 10: no level relaxes it",
        made,
        rejected(user_metadata=missing),
        metadata={"build": "2"},
        policy=statement("audit"),
    )
    suite.add(
        "metadata that is there is no more than a warning's worth at level audit",
        "8.5",
        made,
        warned(user_metadata="passed"),
        metadata={"build": "1", "Team": "a"},
        policy=statement("audit"),
    )


OCSP, CRL = "http://ocsp.example/a", "http://crl.example/a.crl"


def revocation(suite):
    directory = x509.DirectoryName(pki.ca_name("responder"))
    relative = x509.DistributionPoint(None, x509.RelativeDistinguishedName([x509.NameAttribute(pki.TYPES["CN"], "a")]), None, None)
    issuer_only = x509.DistributionPoint(None, None, None, [directory])
    point = lambda *names: x509.DistributionPoint(list(names), None, None, None)
    uri = x509.UniformResourceIdentifier
    both = [pki.ocsp(OCSP), pki.crl(CRL)]
    leaves = {
        "an OCSP responder": ([pki.ocsp(OCSP)], [f"0 ocsp {OCSP}"]),
        "a CRL": ([pki.crl(CRL)], [f"0 crl {CRL}"]),
        "an OCSP responder and a CRL": (both, [f"0 ocsp {OCSP}", f"0 crl {CRL}"]),
        "two CRLs": ([pki.crl(CRL, CRL + "2")], [f"0 crl {CRL}", f"0 crl {CRL}2"]),
        "a responder over HTTPS": ([pki.ocsp("https://ocsp.example/")], ["0 ocsp https://ocsp.example/"]),
        "a CRL in a directory service": ([pki.crl("ldap://dir.example/cn=a")], ["0 crl ldap://dir.example/cn=a"]),
        "a responder without a URL": ([pki.ocsp(directory)], ["0 other"]),
        "a CRL of a directory name": ([(x509.CRLDistributionPoints([point(directory)]), False)], ["0 other"]),
        "a CRL of a relative name": ([(x509.CRLDistributionPoints([relative]), False)], ["0 other"]),
        "a CRL of another issuer": ([(x509.CRLDistributionPoints([issuer_only]), False)], ["0 other"]),
        "an empty list of distribution points": ([pki.raw_extension("2.5.29.31", b"\x30\x00")], ["0 other"]),
        "a delta CRL only": ([(x509.FreshestCRL([point(uri(CRL))]), False)], [f"0 crl {CRL}"]),
    }
    why = "design invariant 4, 11.1: what names a source must be answered"
    for what, (extensions, requests) in leaves.items():
        chain = make_chain(profile=leaf(more=extensions))
        suite.add(f"a leaf that names {what} is refused without an answer", why, parts(chain), rejected(revocation=UNKNOWN, requests=requests))
    chain = make_chain(profile=leaf(more=both))
    asked = leaves["an OCSP responder and a CRL"][1]
    suite.add("a leaf that names sources is accepted with warnings under permissive", "8.5", parts(chain), warned(revocation=UNKNOWN, requests=asked), policy=statement("permissive"))
    suite.add("a leaf that names sources is accepted with warnings under audit", "8.5, 16 quirk 11", parts(chain), warned(revocation=UNKNOWN, requests=asked), policy=statement("audit"))
    suite.add("a leaf that names sources is accepted with warnings when revocation is logged", "8.5", parts(chain), warned(revocation=UNKNOWN, requests=asked), policy=statement(override={"revocation": "log"}))
    for level in ("strict", "permissive"):
        suite.add(f"a leaf that names sources is verified under {level} when revocation is skipped", "8.5, 9.3 step 7", parts(chain), expect(revocation=SKIPPED, requests=[]), policy=statement(level, {"revocation": "skip"}))
    suite.add("permissive with revocation enforced is refused without an answer", "8.5", parts(chain), rejected(revocation=UNKNOWN, requests=asked), policy=statement("permissive", {"revocation": "enforce"}))
    inner = make_chain(length=3, cas=[pki.CA, ca(more=both)])
    suite.add("an intermediate that names sources is refused without an answer", "11.1: every certificate but the root", parts(inner), rejected(revocation=UNKNOWN, requests=[f"1 ocsp {OCSP}", f"1 crl {CRL}"]))
    all_three = make_chain(length=3, cas=[ca(more=both), ca(more=[pki.crl(CRL)])], profile=leaf(more=[pki.ocsp(OCSP)]))
    suite.add("leaf and intermediate are asked about, the root is not", "11.1 item 2", parts(all_three), rejected(revocation=UNKNOWN, requests=[f"0 ocsp {OCSP}", f"1 crl {CRL}"]))
    top = make_chain(cas=[ca(more=both)])
    suite.add("sources that only the root names are nothing to check", "11.1 item 2", parts(top), expect(requests=[]))
    single = make_chain(length=1, profile=leaf(more=both))
    suite.add("sources that a single self-signed leaf names are nothing to check", "11.1 item 3", parts(single), expect(requests=[]))
    issuers = make_chain(profile=leaf(more=[pki.ca_issuers("http://ca.example/ca.crt")]))
    suite.add("a place where issuers are found is no revocation source", "11.1 item 2: OCSP URL", parts(issuers), expect(requests=[]))
    pointer = make_chain(profile=leaf(more=both))
    untrusted = {"ca:acme": [make_chain(label="other").root]}
    suite.add("no request leaves because of a chain that is not trusted", "design invariant 3", parts(pointer), rejected(authenticity=UNTRUSTED, revocation=NOT_ASKED, requests=[]), stores=untrusted)
    suite.add("no request leaves because of a chain that is not trusted under audit", "design invariant 3", parts(pointer), warned(authenticity=UNTRUSTED, revocation=NOT_ASKED, requests=[]), stores=untrusted, policy=statement("audit"))
    # The chain is anchored, only the signer is not the one trusted.
    suite.add("an anchored chain of another identity is asked about", "design invariant 3: chains to the trust store", parts(pointer), rejected(authenticity=MISMATCH, revocation=UNKNOWN), policy=statement(identities=["x509.subject: C=US, ST=WA, O=other"]))
    suite.add(
        "a signing authority's leaf that names sources is refused without an answer",
        "11.1",
        parts(chain, header(scheme=AUTHORITY)),
        rejected(revocation=UNKNOWN, requests=asked),
        stores={"signingAuthority:acme": [chain.root]},
        policy=statement(stores=("signingAuthority:acme",)),
    )


def timestamps(suite):
    chain = make_chain()
    named = ("ca:acme", "tsa:time")
    why = "10.3"
    later = "2028-01-01T00:00:00Z"
    for option in ("always", None):
        suite.add(
            f"a tsa store with verifyTimestamp {option} needs a countersignature",
            "10.3 item 2: the default is always; 16 quirk 14",
            parts(chain),
            rejected(authenticTimestamp=TIMESTAMP),
            policy=statement(stores=named, verify_timestamp=option),
        )
    suite.add("a tsa store that needs a countersignature is a warning under permissive", "8.5", parts(chain), warned(authenticTimestamp=TIMESTAMP), policy=statement("permissive", stores=named, verify_timestamp="always"))
    after = dict(stores=named, verify_timestamp="afterCertExpiry")
    suite.add("a tsa store with afterCertExpiry is no matter while no certificate expired", why, parts(chain), expect(), policy=statement(**after))
    suite.add("a tsa store with afterCertExpiry needs a countersignature once one expired", why, parts(chain), rejected(authenticTimestamp=TIMESTAMP), policy=statement(**after), now=later)
    suite.add("a certificate that is not valid yet does not make a countersignature needed", why, parts(chain), rejected(authenticTimestamp=CHAIN_EARLY), policy=statement(**after), now="2025-06-01T00:00:00Z")
    suite.add("verifyTimestamp without a tsa store is no matter", "10.3 item 1", parts(chain), expect(), policy=statement(verify_timestamp="always"))
    suite.add("verifyTimestamp without a tsa store does not save an expired chain", "10.3 item 1", parts(chain), rejected(authenticTimestamp=CHAIN_EXPIRED), policy=statement(verify_timestamp="afterCertExpiry"), now=later)


def levels(suite):
    chain = make_chain()
    other = make_chain(label="other")
    expired = parts(chain, header(expiry="2026-06-10T00:00:00Z"))
    fresh = parts(chain, header(expiry="2026-07-01T00:00:00Z"))
    why = "8.5"
    suite.add("permissive with nothing wrong is verified", why, fresh, expect(expiry="passed"), policy=statement("permissive"))
    suite.add("permissive with an expired signature is accepted with warnings", why, expired, warned(expiry=EXPIRED), policy=statement("permissive"))
    suite.add("permissive with an expired chain is accepted with warnings", why, parts(chain), warned(authenticTimestamp=CHAIN_EXPIRED), policy=statement("permissive"), now="2028-01-01T00:00:00Z")
    untrusted = {"ca:acme": [other.root]}
    suite.add("permissive with an untrusted chain is refused", why, parts(chain), rejected(authenticity=UNTRUSTED, revocation=NOT_ASKED), stores=untrusted, policy=statement("permissive"))
    suite.add("permissive with another identity is refused", why, parts(chain), rejected(authenticity=MISMATCH), policy=statement("permissive", identities=["x509.subject: C=US, ST=WA, O=other"]))
    suite.add("audit with nothing wrong is no more than accepted with warnings", "design invariant 12: authenticity is not enforced", fresh, warned(expiry="passed"), policy=statement("audit"))
    suite.add("audit with an untrusted chain is accepted with warnings", why, parts(chain), warned(authenticity=UNTRUSTED, revocation=NOT_ASKED), stores=untrusted, policy=statement("audit"))
    suite.add("audit with a missing store is accepted with warnings", why, parts(chain), warned(authenticity=UNUSABLE, revocation=NOT_ASKED), stores={}, policy=statement("audit"))
    suite.add("audit with everything wrong but integrity is accepted with warnings", why, expired, warned(authenticity=UNTRUSTED, authenticTimestamp=CHAIN_EXPIRED, expiry=EXPIRED, revocation=NOT_ASKED), stores=untrusted, policy=statement("audit"), now="2028-01-01T00:00:00Z")
    suite.add("strict with the expiry logged accepts an expired signature with warnings", why, expired, warned(expiry=EXPIRED), policy=statement(override={"expiry": "log"}))
    suite.add("strict with the timestamp logged accepts an expired chain with warnings", why, parts(chain), warned(authenticTimestamp=CHAIN_EXPIRED), policy=statement(override={"authenticTimestamp": "log"}), now="2028-01-01T00:00:00Z")
    suite.add("strict with authenticity logged is never verified", "design invariant 12", parts(chain), warned(), policy=statement(override={"authenticity": "log"}))
    suite.add("strict with authenticity logged accepts an untrusted chain with warnings", why, parts(chain), warned(authenticity=UNTRUSTED, revocation=NOT_ASKED), stores=untrusted, policy=statement(override={"authenticity": "log", "revocation": "log"}))
    suite.add("strict with authenticity logged and revocation enforced refuses an untrusted chain", "design invariant 4: not evaluated is never success", parts(chain), rejected(authenticity=UNTRUSTED, revocation=NOT_ASKED), stores=untrusted, policy=statement(override={"authenticity": "log"}))
    suite.add("permissive with the expiry enforced refuses an expired signature", why, expired, rejected(expiry=EXPIRED), policy=statement("permissive", {"expiry": "enforce"}))
    suite.add("audit with all enforced is verified", why, fresh, expect(expiry="passed"), policy=statement("audit", {one: "enforce" for one in ("authenticity", "authenticTimestamp", "expiry", "revocation")}))
    suite.add("audit with authenticity enforced refuses an untrusted chain", why, parts(chain), rejected(authenticity=UNTRUSTED, revocation=NOT_ASKED), stores=untrusted, policy=statement("audit", {"authenticity": "enforce"}))
    for level in ("strict", "permissive", "audit"):
        forged = parts(chain)
        forged.payload = parts(chain, body=payload({"size": 1})).payload
        suite.add(f"{level} refuses a forged payload", "8.5: integrity is enforced at every level", forged, broken("signature-mismatch"), policy=statement(level))
        suite.add(f"{level} refuses another artifact", "9.3 step 9: fatal", parts(chain, body=payload({"size": 1})), broken("target-artifact-mismatch"), policy=statement(level))
        suite.add(f"{level} refuses an unknown critical attribute", "9.6", parts(chain, header(change={"other": 1}, crit=[SCHEME, "other"])), broken("critical-attribute-unknown"), policy=statement(level))
    skipped = {"decision": "skipped", "rows": {}, "user_metadata": "not-evaluated:skipped-by-policy"}
    skip = statement("skip", scope="registry.example/app")
    suite.add("skip looks at nothing", "9.1 item 4.2, design invariant 12", parts(chain), skipped, policy=skip)
    suite.add("skip looks at nothing, not even at garbage", "9.1 item 4.2", b"\xff", skipped, policy=skip, stores={})
