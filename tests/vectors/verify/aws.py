"""Signatures shaped like those of AWS Signer: the four-certificate chain, the two attributes, the plugin's name.

The chain ends in a root made here, which the cases put in the place of AWS's (`aws_roots`): nobody outside of AWS has a
signature that ends in theirs. What AWS Signer answers about revocation stands in `answer`.
"""

import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes

import pki
from cases import broken, expect, payload, rejected, statement, warned
from jws import AUTHENTIC, AUTHORITY, EXPIRY, PLUGIN, PLUGIN_VERSION, SCHEME, SIGNED_AT, X509, Parts, header, header_text
from pki import CA, Chain, key, make_chain, name

UTC = datetime.timezone.utc
KIND = "EC-384"

PLUGIN_NAME = "com.amazonaws.signer.notation.plugin"
PROFILE = "com.amazonaws.signer.signingProfileVersion"
JOB = "com.amazonaws.signer.signingJob"

ALIAS = "com.amazonaws.signer.signingProfileAlias"

PLACE = "us-west-2:111122223333:"
PROFILE_ARN = f"arn:aws:signer:{PLACE}/signing-profiles/build"
VERSION_ARN = PROFILE_ARN + "/IrwHQeF7XW"
JOB_ARN = f"arn:aws:signer:{PLACE}/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4"
SIGNATURE = [VERSION_ARN, JOB_ARN]
ALIAS_ARN = f"arn:aws:signer:{PLACE}/aliases/release"
ALIASED_ARN = f"arn:aws:signer:{PLACE}/aliased-signing-profiles/0c2b8a55-1d0e-4e6f-8a0b-5b4b7e1c9d3a"
CRITICAL = [SCHEME, PROFILE, JOB, AUTHENTIC, EXPIRY, PLUGIN]
EXPIRES = "2037-09-01T08:00:00Z"

STORE = "signingAuthority:aws-signer-ts"
NOT_ASKED = "not-evaluated:chain-not-trusted"
NOT_TRUSTED = "not-evaluated:profile-not-trusted"
GOOD = dict(expiry="passed", revocation="passed:aws-not-revoked", aws_signature=SIGNATURE)
NOTHING_REVOKED = {"revoked": []}


def at(year, month, day, hour=0):
    return datetime.datetime(year, month, day, hour, tzinfo=UTC)


ROOT_SPAN = (at(2022, 10, 27, 21), at(2122, 10, 27, 22))
INTERMEDIATE_SPAN = (at(2022, 10, 28, 22), at(2027, 10, 28, 23))
REGIONAL_SPAN = (at(2026, 3, 1), at(2027, 3, 1))
LEAF_SPAN = (at(2026, 5, 31), at(2026, 6, 4))


def authority_name(common):
    return name(("C", "US"), ("O", "AWS"), ("OU", "Cryptography"), ("ST", "WA"), ("CN", common))


def sign(subject, label, issuer, issuer_label, profile, span):
    public = key(KIND, "aws " + label).public_key()
    return pki.certificate(subject, public, issuer, key(KIND, "aws " + issuer_label), profile, span, hashes.SHA384())


ROOT_NAME = authority_name("AWS Signer Code Signing Root CA G1")
INTERMEDIATE_NAME = authority_name("AWS Signer Code Signing Int CA G1")
REGIONAL_NAME = authority_name("AWS Signer us-west-2 Code Signing CA G1")
LEAF_NAME = name(
    ("C", "US"), ("ST", "WA"), ("L", "Seattle"), ("O", "AWS"), ("OU", "AWS Cryptography"), ("CN", "AWS Signer")
)


def root_certificate():
    """The root; each call makes another certificate over the same key."""
    return sign(ROOT_NAME, "root", ROOT_NAME, "root", CA, ROOT_SPAN)


def aws_chain(root=None, leaf_span=LEAF_SPAN, regional_span=REGIONAL_SPAN, profile=pki.LEAF):
    """Leaf, regional authority, intermediate, root, all on P-384 (reference: AWS, section 1.6)."""
    certificates = [
        sign(LEAF_NAME, "leaf", REGIONAL_NAME, "regional", profile, leaf_span),
        sign(REGIONAL_NAME, "regional", INTERMEDIATE_NAME, "intermediate", CA, regional_span),
        sign(INTERMEDIATE_NAME, "intermediate", ROOT_NAME, "root", CA, INTERMEDIATE_SPAN),
        root or root_certificate(),
    ]
    return Chain(certificates, key(KIND, "aws leaf"), KIND)


class AwsParts(Parts):
    """As AWS returns it: nothing but the certificates is unsigned."""

    def header_pairs(self):
        return [("x5c", self.x5c)]


def aws_header(change=None, drop=(), crit=None, expiry=EXPIRES, scheme=AUTHORITY, **options):
    """The protected header with these attributes set, dropped, or made critical; `crit` is a list of names."""
    attributes = {PLUGIN: PLUGIN_NAME, PROFILE: VERSION_ARN, JOB: JOB_ARN}
    attributes.update(change or {})
    for one in drop:
        del attributes[one]
    if crit is None:
        crit = [one for one in CRITICAL if one not in drop and (one != EXPIRY or expiry)]
    return header(KIND, scheme, attributes, expiry=expiry, crit=crit, **options)


def aws_parts(chain, protected=None, body=None):
    made = aws_header() if protected is None else protected
    text = header_text(made) if isinstance(made, dict) else made
    return AwsParts(chain, payload() if body is None else body, text)


def certificate_hashes(chain):
    """Reference: AWS, section 2.3. The same recipe gives the hashes of the plugin's own test certificates."""
    own = [
        hashlib.sha384(x509.load_der_x509_certificate(der).tbs_certificate_bytes).hexdigest()
        for der in chain.certificates
    ]
    return [one + issuer for one, issuer in zip(own, own[1:] + own[-1:])]


def asked(chain, profile=VERSION_ARN, job=JOB_ARN, region="us-west-2", partition="aws", time=SIGNED_AT):
    return [f"aws {region} {partition} {time} {profile} {job} {','.join(certificate_hashes(chain))}"]


def trusting(*identities, stores=(STORE,), **options):
    return statement(stores=stores, identities=identities or (PROFILE_ARN,), **options)


class Cases:
    """A suite with the defaults of these cases: the chain's root is the one of AWS, stands in a store, and nothing is revoked."""

    def __init__(self, suite, why, chain=None):
        self.suite = suite
        self.why = why
        self.chain = chain or aws_chain()

    def add(self, what, expected, protected=None, chain=None, body=None, **options):
        chain = chain or self.chain
        options.setdefault("stores", {STORE: [chain.root]})
        options.setdefault("policy", trusting())
        options.setdefault("aws_roots", [chain.root])
        options.setdefault("answer", NOTHING_REVOKED)
        # `None` leaves a member out.
        for one in ("aws_roots", "answer"):
            if options[one] is None:
                del options[one]
        if "aws_roots" in options:
            options["aws_roots"] = [pki.raw_pem(der) for der in options["aws_roots"]]
        self.suite.add(what, self.why, aws_parts(chain, protected, body), expected, **options)

    def accepted(self, what, protected=None, expected=None, **options):
        self.add(what, expected or expect(**GOOD), protected, **options)

    def refused(self, what, code, protected=None, **options):
        """Refused by a rule that no level relaxes."""
        self.add(what, broken(code), protected, **options)


def make_attributes(suite):
    cases = Cases(suite, "AWS 1.5, 2.4, 2.5")
    cases.accepted(
        "a signature as AWS Signer makes it is verified",
        expected=expect(**GOOD, requests=asked(cases.chain)),
    )
    cases.accepted("a signature of AWS Signer is verified while its leaf is valid", now="2026-06-01T09:00:00Z")
    cases.accepted(
        "a signature of AWS Signer without an expiry is verified",
        aws_header(expiry=None),
        expect(**{**GOOD, "expiry": "nothing:no-expiry"}),
    )
    cases.accepted("AWS's attributes need not be critical", aws_header(crit=[SCHEME, AUTHENTIC, EXPIRY, PLUGIN]))
    cases.accepted("the order of crit is free with AWS Signer", aws_header(crit=list(reversed(CRITICAL))))
    text = header_text(aws_header())
    ordered = aws_header()
    cases.accepted(
        "the order of the headers is free with AWS Signer",
        "{" + ",".join(header_text({one: ordered[one]})[1:-1] for one in reversed(list(ordered))) + "}",
    )
    cases.accepted(
        "user metadata under AWS Signer is read",
        body=payload(annotations={"commit": "abc"}),
        expected=expect(**GOOD, user_metadata="passed"),
        metadata={"commit": "abc"},
    )
    arns(cases)
    others(cases, text)


def make_plugins(suite):
    cases = Cases(suite, "")
    versions(cases)
    plugins(cases)


def versions(cases):
    critical = [*CRITICAL, PLUGIN_VERSION]
    cases.why = "AWS 1.5; 9.5: the least version of the plugin"
    for version in ("1.0.350", "1.0.349", "1.0.0", "0.99.999", "1.0.350-rc.1", "1.0.350-0a.0", "1.0.350+build.007", "1.0.0-a-b.0.x1+0"):
        cases.accepted(
            f"a plugin of version {version} or later is one whose rules are known",
            aws_header({PLUGIN_VERSION: version}, crit=critical),
        )
    for version in ("1.0.351", "1.1.0", "2.0.0", "1.0.351-rc.1", "1.0.2292", "10.0.0"):
        cases.refused(
            f"a plugin of version {version} or later is refused",
            "aws-plugin-too-old",
            aws_header({PLUGIN_VERSION: version}, crit=critical),
        )
    huge = "18446744073709551616.0.0"
    for version in ("", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0-a..b", "1.0.0+", "1.0.0+a_b", "1.0.x", " 1.0.0", "1.-1.0", "1.0.+1", huge, None, 1, ["1.0.0"]):
        cases.refused(
            f"the plugin version {version!r} is refused",
            "aws-plugin-version",
            aws_header({PLUGIN_VERSION: version}, crit=critical),
        )
    cases.refused(
        "a plugin version that is not critical is refused",
        "aws-plugin-not-critical",
        aws_header({PLUGIN_VERSION: "1.0.0"}),
    )


def plugins(cases):
    cases.why = "9.5; AWS 2.4: notation would not run the plugin"
    cases.refused("AWS's chain without a plugin is refused", "aws-plugin-missing", aws_header(drop=[PLUGIN]))
    cases.refused(
        "AWS's chain without a plugin is refused for the wildcard, too",
        "aws-plugin-missing",
        aws_header(drop=[PLUGIN, PROFILE, JOB]),
        policy=trusting("*"),
    )
    for plugin in ("com.amazonaws.signer.notation.Plugin", PLUGIN_NAME + " ", PLUGIN_NAME + ".exe", "plugin", "", None, 7, [PLUGIN_NAME]):
        cases.refused(f"AWS's chain with plugin {plugin!r} is refused", "aws-plugin-name", aws_header({PLUGIN: plugin}))
    cases.refused(
        "AWS's plugin that is not critical is refused",
        "aws-plugin-not-critical",
        aws_header(crit=[SCHEME, AUTHENTIC, EXPIRY, PROFILE, JOB]),
    )
    cases.why = "AWS 2.1 item 5"
    cases.refused(
        "AWS's chain under the other scheme is refused",
        "aws-signing-scheme",
        aws_header(scheme=X509, crit=[SCHEME, EXPIRY, PLUGIN, PROFILE, JOB]),
    )
    cases.refused(
        "AWS's chain as a plain signature is refused, whoever is trusted",
        "aws-signing-scheme",
        aws_header(scheme=X509, drop=[PLUGIN, PROFILE, JOB], crit=[SCHEME, EXPIRY]),
        stores={"ca:aws": [cases.chain.root]},
        policy=trusting("*", stores=("ca:aws",)),
        now="2026-06-01T09:00:00Z",
    )


def arns(cases):
    cases.why = "AWS 2.2, 2.4, 2.5"
    for one, label in ((PROFILE, "profile version"), (JOB, "job")):
        cases.refused(f"AWS's chain without a {label} is refused", "aws-attribute-missing", aws_header(drop=[one]))
        for value in (None, 7, [VERSION_ARN], {"arn": VERSION_ARN}, True):
            cases.refused(f"a {label} {value!r} is refused", "aws-attribute-type", aws_header({one: value}))
    cases.refused("a profile without a version is refused", "aws-profile-without-version", aws_header({PROFILE: PROFILE_ARN}))
    wrong = {
        "": "an empty text",
        VERSION_ARN + "/x": "a part more",
        VERSION_ARN + "/": "a trailing slash",
        PROFILE_ARN + "/": "an empty version",
        PROFILE_ARN + "/IrwHQeF7X": "a short version",
        PROFILE_ARN + "/IrwHQeF7XWx": "a long version",
        PROFILE_ARN + "/IrwHQeF7X_": "an underscore in the version",
        VERSION_ARN.replace("/signing-profiles", "signing-profiles"): "no leading slash",
        VERSION_ARN.replace("111122223333", "11112222333"): "a short account",
        VERSION_ARN.replace("us-west-2", ""): "no region",
        VERSION_ARN.replace("us-west-2", "US-WEST-2"): "a region in upper case",
        VERSION_ARN.replace("us-west-2", "us-west-2.example.com"): "a host as region",
        VERSION_ARN.replace(":aws:", "::"): "no partition",
        VERSION_ARN.replace(":signer:", ":Signer:"): "another service",
        VERSION_ARN.replace("arn:", "ARN:"): "a prefix in upper case",
        VERSION_ARN.replace("/build/", "/bu-ild/"): "a hyphen in the name",
        VERSION_ARN + "\n": "a line break",
        JOB_ARN: "a job",
    }
    for value, label in wrong.items():
        cases.refused(f"a profile version with {label} is refused", "aws-attribute-arn", aws_header({PROFILE: value}))
    for value, label in {
        "": "an empty text",
        VERSION_ARN: "a profile",
        JOB_ARN + "/x": "a part more",
        JOB_ARN + "/": "a trailing slash",
        JOB_ARN.rsplit("/", 1)[0]: "no id",
        JOB_ARN.replace("5808635f", "5808 35f"): "a blank in the id",
    }.items():
        cases.refused(f"a job with {label} is refused", "aws-attribute-arn", aws_header({JOB: value}))
    cases.why = "AWS 2.5: same partition and region"
    for old, new, label in (("us-west-2", "us-west-1", "region"), (":aws:", ":aws-us-gov:", "partition")):
        cases.refused(f"a job of another {label} is refused", "aws-job-elsewhere", aws_header({JOB: JOB_ARN.replace(old, new)}))
    other = JOB_ARN.replace("111122223333", "444455556666")
    cases.accepted(
        "a job of another account is no matter",
        aws_header({JOB: other}),
        expect(**{**GOOD, "aws_signature": [VERSION_ARN, other]}),
    )


def others(cases, text):
    cases.why = "9.6: every extended attribute must be processed, critical or not; AWS 2.6: AWS gets further ones"
    further = "com.amazonaws.signer.signingProfile"
    for one in ("other", PROFILE.lower(), JOB.upper(), further, "io.cncf.notary.signingTimes", ""):
        if one == further:
            cases.accepted(f"the further attribute {one!r} of AWS is passed over", aws_header({one: "x"}))
        else:
            cases.refused(f"the further attribute {one!r} is refused", "aws-other-attributes", aws_header({one: "x"}))
        cases.refused(
            f"the further critical attribute {one!r} is refused",
            "aws-other-attributes",
            aws_header({one: "x"}, crit=[*CRITICAL, one]),
        )
    cases.why = "3.1: a header has one meaning"
    for one, value in ((PROFILE, VERSION_ARN), (JOB, JOB_ARN), (PLUGIN, PLUGIN_NAME), (SCHEME, AUTHORITY), (AUTHENTIC, SIGNED_AT)):
        double = text[:-1] + "," + header_text({one: value})[1:]
        cases.refused(f"two members {one} in AWS's header are refused", "header-json", double)
    cases.refused(
        "a second profile version before the first is refused",
        "header-json",
        "{" + header_text({PROFILE: VERSION_ARN.replace("build", "other")})[1:-1] + "," + text[1:],
    )
    cases.refused("AWS's plugin in another case is refused", "header-json", aws_header({PLUGIN.upper(): PLUGIN_NAME}))
    cases.why = "9.3 step 9"
    cases.refused("AWS's signature of another artifact is refused", "target-artifact-mismatch", body=payload({"size": 1}))


def make_aliases(suite):
    cases = Cases(suite, "AWS 2.6")
    aliased = [ALIASED_ARN, JOB_ARN]
    through = aws_header({ALIAS: ALIAS_ARN}, crit=[*CRITICAL, ALIAS])
    only = aws_header({PROFILE: ALIASED_ARN, ALIAS: ALIAS_ARN}, crit=[*CRITICAL, ALIAS])
    of_profile = {**GOOD, "aws_alias": ALIAS_ARN}
    of_aliased = {**of_profile, "aws_signature": aliased}
    trusted_aliases(cases, through, only, of_profile, of_aliased)
    strange_aliases(cases, through, only, of_profile, of_aliased)
    alias_forms(cases)
    further_attributes(cases)


def trusted_aliases(cases, through, only, of_profile, of_aliased):
    cases.accepted("a signature through an alias is trusted by its profile", through, expect(**of_profile, requests=asked(cases.chain)))
    cases.accepted("a signature through an alias is trusted by its profile version", through, expect(**of_profile), policy=trusting(VERSION_ARN))
    cases.accepted("a signature through an alias is trusted by the alias", through, expect(**of_profile, requests=asked(cases.chain)), policy=trusting(ALIAS_ARN))
    cases.accepted(
        "a signature of a profile that is used by its alias only is trusted by the alias",
        only,
        expect(**of_aliased, requests=asked(cases.chain, ALIASED_ARN)),
        policy=trusting(ALIAS_ARN),
    )
    cases.accepted("a signature of a profile that is used by its alias only is trusted by the profile's id", only, expect(**of_aliased), policy=trusting(ALIASED_ARN))
    cases.accepted(
        "an aliased profile without the alias is trusted by its id",
        aws_header({PROFILE: ALIASED_ARN}),
        expect(**{**GOOD, "aws_signature": [ALIASED_ARN, JOB_ARN]}),
        policy=trusting(ALIASED_ARN),
    )
    cases.accepted("an alias beside another profile is trusted", through, expect(**of_profile), policy=trusting(PROFILE_ARN.replace("build", "other"), ALIAS_ARN))
    cases.accepted("another alias beside the right profile changes nothing", through, expect(**of_profile), policy=trusting(ALIAS_ARN.replace("release", "other"), PROFILE_ARN))
    cases.accepted("the alias need not be critical", aws_header({ALIAS: ALIAS_ARN}), expect(**of_profile), policy=trusting(ALIAS_ARN))
    cases.add(
        "what is revoked of an aliased profile rejects",
        rejected(**{**of_aliased, "revocation": "failed:revoked"}),
        only,
        policy=trusting(ALIAS_ARN),
        answer={"revoked": [ALIASED_ARN]},
    )


def strange_aliases(cases, through, only, of_profile, of_aliased):
    mismatch = dict(authenticity="failed:aws-profile-mismatch", revocation=NOT_TRUSTED, requests=[])
    no_alias = rejected(**{**GOOD, **mismatch})
    cases.add("an alias is not trusted for a signature without it", no_alias, policy=trusting(ALIAS_ARN))
    cases.add("an aliased profile is not trusted for a profile with a name", no_alias, policy=trusting(ALIASED_ARN))
    other = rejected(**{**of_profile, **mismatch})
    for trusted, label in (
        (ALIAS_ARN.replace("release", "other"), "another alias"),
        (ALIAS_ARN.replace("release", "Release"), "an alias in another case"),
        (ALIAS_ARN + "s", "an alias whose name goes on"),
        (ALIAS_ARN.replace("111122223333", "444455556666"), "an alias of another account"),
        (ALIAS_ARN.replace("us-west-2", "us-east-2"), "an alias of another region"),
        (ALIAS_ARN.replace(":aws:", ":aws-cn:"), "an alias of another partition"),
        (PROFILE_ARN.replace("build", "release"), "a profile with the name of the alias"),
        (ALIASED_ARN, "an aliased profile beside the alias"),
    ):
        cases.add(f"{label} is not trusted", other, through, policy=trusting(trusted))
    other = rejected(**{**of_aliased, **mismatch})
    for trusted, label in (
        (PROFILE_ARN, "a profile with a name"),
        (ALIASED_ARN.replace("0c2b", "0c2c"), "another aliased profile"),
        (ALIASED_ARN.replace("0c2b", "0C2B"), "an aliased profile in another case"),
    ):
        cases.add(f"{label} is not trusted for an aliased profile", other, only, policy=trusting(trusted))
    cases.add(
        "AWS's chain through an alias is not trusted by the wildcard",
        rejected(**{**of_profile, **mismatch, "authenticity": "failed:aws-no-profile-trusted"}),
        through,
        policy=trusting("*"),
    )
    cases.add(
        "audit accepts another alias with warnings and asks nobody",
        warned(**{**of_profile, **mismatch}),
        through,
        policy=trusting(ALIAS_ARN.replace("release", "other"), level="audit"),
    )
    cases.refused(
        "an alias without AWS's chain is refused",
        "aws-chain-not-aws",
        through,
        chain=make_chain(KIND, 2, label="strange alias", ca_kind=KIND),
        policy=trusting(ALIAS_ARN),
        aws_roots=None,
    )


def alias_forms(cases):
    critical = [*CRITICAL, ALIAS]
    for old, new, label in (
        ("us-west-2", "us-west-1", "region"),
        (":aws:", ":aws-us-gov:", "partition"),
        ("111122223333", "444455556666", "account"),
    ):
        moved = ALIAS_ARN.replace(old, new)
        for policy, who in ((trusting(), "its profile"), (trusting(moved), "it")):
            cases.refused(f"an alias of another {label} than the profile is refused, even if {who} is trusted", "aws-alias-elsewhere", aws_header({ALIAS: moved}, crit=critical), policy=policy)
    moved = ALIAS_ARN.replace("111122223333", "444455556666")
    cases.refused("an alias of another account than the aliased profile is refused", "aws-alias-elsewhere", aws_header({PROFILE: ALIASED_ARN, ALIAS: moved}, crit=critical), policy=trusting(moved))
    for value in (None, 7, [ALIAS_ARN], True):
        cases.refused(f"an alias {value!r} is refused", "aws-attribute-type", aws_header({ALIAS: value}, crit=critical))
    for value, label in {
        "": "an empty text",
        PROFILE_ARN: "a profile",
        ALIASED_ARN: "an aliased profile",
        ALIAS_ARN + "/": "a trailing slash",
        ALIAS_ARN + "/1": "a part more",
        ALIAS_ARN.rsplit("/", 1)[0]: "no name",
        ALIAS_ARN.replace("release", "*"): "a wildcard",
        ALIAS_ARN.replace("/aliases", "/Aliases"): "its type in another case",
        ALIAS_ARN + "\n": "a line break",
    }.items():
        cases.refused(f"an alias with {label} is refused", "aws-attribute-arn", aws_header({ALIAS: value}, crit=critical))
    for value, label in {
        ALIASED_ARN + "/IrwHQeF7XW": "a version",
        ALIASED_ARN + "/": "a trailing slash",
        ALIASED_ARN.rsplit("/", 1)[0]: "no id",
        ALIASED_ARN.replace("0c2b", "0c_b"): "an underscore in the id",
        ALIAS_ARN: "an alias in its place",
    }.items():
        cases.refused(f"an aliased profile with {label} is refused", "aws-attribute-arn", aws_header({PROFILE: value}))
    double = header_text(aws_header({ALIAS: ALIAS_ARN}, crit=critical))[:-1] + "," + header_text({ALIAS: ALIAS_ARN})[1:]
    cases.refused("two aliases in AWS's header are refused", "header-json", double)
    cases.refused("a job of another region than the aliased profile is refused", "aws-job-elsewhere", aws_header({PROFILE: ALIASED_ARN, JOB: JOB_ARN.replace("us-west-2", "us-west-1")}), policy=trusting(ALIASED_ARN))


def further_attributes(cases):
    cases.why = "AWS 2.6, 2.4: a closed list of attributes ages; what must be understood is critical"
    for one in ("com.amazonaws.signer.signingProfileTags", "com.amazonaws.signer.x.y", ALIAS + "es"):
        for value in ("x", 7, {"a": ["b"]}):
            cases.accepted(f"the further attribute {one!r} of AWS with the value {value!r} is passed over", aws_header({one: value}))
        cases.refused(f"the further attribute {one!r} of AWS that is critical is refused", "aws-other-attributes", aws_header({one: "x"}, crit=[*CRITICAL, one]))
    for one in (ALIAS.lower(), PROFILE.upper().lower(), "com.amazonaws.signer.", "com.amazonaws.signer", "com.amazonaws.signerx.y", "com.amazonaws.Signer.y", " com.amazonaws.signer.y", "com.amazonaws.other.y"):
        cases.refused(f"the attribute {one!r}, which is not one of AWS Signer, is refused", "aws-other-attributes", aws_header({one: "x"}))
    cases.refused("one further attribute of AWS beside another's is refused", "aws-other-attributes", aws_header({"com.amazonaws.signer.y": "x", "other": "x"}))


def make_trust(suite):
    cases = Cases(suite, "design invariant 13; AWS 2.2")
    identities(cases)
    roots(cases)
    foreign(cases)
    partitions(cases)
    times(cases)


def untrusted(code, **options):
    return rejected(authenticity="failed:" + code, expiry="passed", revocation=NOT_TRUSTED, aws_signature=SIGNATURE, requests=[], **options)


def identities(cases):
    other = PROFILE_ARN.replace("build", "other")
    cases.accepted("the version that signed is trusted alone", policy=trusting(VERSION_ARN))
    cases.accepted("the second of two profiles is trusted", policy=trusting(other, PROFILE_ARN))
    cases.accepted("a profile and one of its versions are trusted", policy=trusting(PROFILE_ARN, VERSION_ARN))
    cases.accepted("a profile beside a subject is trusted", policy=trusting("x509.subject: C=US, ST=WA, O=acme", PROFILE_ARN))
    nobody = "aws-no-profile-trusted"
    cases.add("AWS's chain is not trusted by the wildcard", untrusted(nobody), policy=trusting("*"))
    cases.add("AWS's chain is not trusted by its subject", untrusted(nobody), policy=trusting("x509.subject: C=US, ST=WA, O=AWS"))
    cases.add("AWS's chain is not trusted by the whole subject of its leaf", untrusted(nobody), policy=trusting("x509.subject: C=US, ST=WA, L=Seattle, O=AWS, OU=AWS Cryptography, CN=AWS Signer"))
    cases.add("AWS's chain is not trusted by an ARN of another service", untrusted(nobody), policy=trusting(PROFILE_ARN.replace(":signer:", ":sts:")))
    mismatch = "aws-profile-mismatch"
    for trusted, label in (
        (other, "another profile"),
        (PROFILE_ARN + "s", "a profile whose name goes on"),
        (PROFILE_ARN[:-1], "a profile whose name is the start"),
        (PROFILE_ARN.replace("build", "Build"), "a profile in another case"),
        (VERSION_ARN.replace("IrwHQeF7XW", "irwhqef7xw"), "a version in another case"),
        (VERSION_ARN.replace("IrwHQeF7XW", "awUPb84ibN"), "another version"),
        (PROFILE_ARN.replace("111122223333", "444455556666"), "a profile of another account"),
        (PROFILE_ARN.replace("us-west-2", "us-east-2"), "a profile of another region"),
        (PROFILE_ARN.replace(":aws:", ":aws-cn:"), "a profile of another partition"),
    ):
        cases.add(f"{label} is not trusted", untrusted(mismatch), policy=trusting(trusted))
    cases.add("another profile beside the right subject is not trusted", untrusted(mismatch), policy=trusting(other, "x509.subject: C=US, ST=WA, O=AWS"))
    failed = dict(authenticity="failed:" + mismatch, expiry="passed", revocation=NOT_TRUSTED, aws_signature=SIGNATURE)
    cases.add("permissive refuses another profile", rejected(**failed), policy=trusting(other, level="permissive"))
    cases.add("audit accepts another profile with warnings and asks nobody", warned(**failed, requests=[]), policy=trusting(other, level="audit"))
    wildcard = {**failed, "authenticity": "failed:" + nobody}
    cases.add("audit accepts AWS's chain for the wildcard with warnings", warned(**wildcard), policy=trusting("*", level="audit"))
    cases.add("audit refuses AWS's chain without a plugin", broken("aws-plugin-missing"), aws_header(drop=[PLUGIN]), policy=trusting("*", level="audit"))


def roots(cases):
    chain = cases.chain
    strange = make_chain(KIND, 2, label="strange", ca_kind=KIND)
    cases.why = "design invariant 13: byte for byte, and the anchor stands in a trust store"
    anchored = dict(expiry="passed", aws_signature=SIGNATURE, requests=[])
    unanchored = rejected(authenticity="failed:chain-not-trusted", revocation=NOT_ASKED, **anchored)
    cases.add("AWS's root that is in no trust store is not trusted", unanchored, stores={STORE: [strange.root]})
    cases.add(
        "AWS's root in a ca store is not trusted",
        rejected(authenticity="failed:no-trust-store-of-type", revocation=NOT_ASKED, **anchored),
        stores={"ca:aws-signer-ts": [chain.root]},
        policy=trusting(stores=("ca:aws-signer-ts",)),
    )
    cases.add(
        "AWS's root in a store that cannot be used is not trusted",
        rejected(authenticity="failed:trust-store-unusable", revocation=NOT_ASKED, **anchored),
        stores={STORE: {"unusable": "it does not exist"}},
    )
    cases.accepted("AWS's intermediate may be the anchor", stores={STORE: [chain.certificates[2]]})
    cases.accepted("one of two roots in the place of AWS's is enough", aws_roots=[strange.root, chain.root])
    twin = root_certificate()
    assert twin != chain.root
    mismatch = untrusted("aws-root-of-another")
    again = aws_chain(root=twin)
    cases.add("a root with the key of AWS's in another certificate is not trusted", mismatch, chain=again, aws_roots=[chain.root])
    cases.add("a root with the key of AWS's is not trusted by the wildcard", mismatch, chain=again, aws_roots=[chain.root], policy=trusting("*"))
    # Another authority certifies AWS's key: the chain does not end in AWS's root any more.
    cross = sign(ROOT_NAME, "root", authority_name("evil root"), "evil", CA, ROOT_SPAN)
    evil = sign(authority_name("evil root"), "evil", authority_name("evil root"), "evil", CA, ROOT_SPAN)
    crossed = chain.replaced([*chain.certificates[:3], cross, evil])
    for identity in (PROFILE_ARN, "*", "x509.subject: C=US, ST=WA, O=AWS"):
        cases.add(f"a cross-signed key of AWS's is not trusted by {identity}", mismatch, chain=crossed, aws_roots=[chain.root], policy=trusting(identity))
    cases.add(
        "a cross-signed key of AWS's is no chain without a plugin either",
        broken("aws-plugin-missing"),
        aws_header(drop=[PLUGIN, PROFILE, JOB]),
        chain=crossed,
        aws_roots=[chain.root],
        policy=trusting("*"),
    )


def foreign(cases):
    """Chains that do not end in AWS's root."""
    chain = cases.chain
    strange = make_chain(KIND, 2, label="strange", ca_kind=KIND)
    both = dict(
        stores={STORE: [chain.root], "signingAuthority:second": [strange.root]},
        policy=trusting(stores=(STORE, "signingAuthority:second")),
        aws_roots=[chain.root],
        chain=strange,
    )
    cases.why = "design invariant 13: a second store whose authority claims a profile"
    cases.refused("another authority of the statement that claims a profile is refused", "aws-chain-not-aws", **both)
    cases.refused("a foreign chain that claims a profile is refused without AWS's roots replaced", "aws-chain-not-aws", aws_roots=None)
    cases.refused(
        "another authority that writes AWS's critical attributes without the plugin is refused",
        "critical-attribute-unknown",
        aws_header(drop=[PLUGIN]),
        **both,
    )
    plain = aws_header(drop=[PLUGIN], crit=[SCHEME, AUTHENTIC, EXPIRY])
    no_subject = rejected(authenticity="failed:identity-no-subject-configured", expiry="passed")
    cases.add("another authority that writes AWS's attributes matches no profile", no_subject, plain, **both)
    cases.add("another authority matches no profile", no_subject, aws_header(drop=[PLUGIN, PROFILE, JOB]), **both)
    wildcard = {**both, "policy": trusting("*", stores=(STORE, "signingAuthority:second"))}
    cases.refused("another authority that claims a profile is refused for the wildcard, too", "aws-chain-not-aws", **wildcard)
    cases.add("attributes of AWS that nobody has to understand make no signature of AWS", expect(expiry="passed"), plain, **wildcard)
    cases.refused("another authority that names another plugin is refused", "verification-plugin-unsupported", aws_header({PLUGIN: "plugin"}), **both)


def partitions(cases):
    cases.why = "AWS 2.5, 3: the root belongs to the partition"
    strange = make_chain(KIND, 2, label="strange", ca_kind=KIND)
    for partition, region in (("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-eusc", "eusc-de-east-1")):
        moved = [one.replace(":aws:", f":{partition}:").replace("us-west-2", region) for one in SIGNATURE]
        protected = aws_header({PROFILE: moved[0], JOB: moved[1]})
        policy = trusting(moved[0].rsplit("/", 1)[0])
        cases.accepted(
            f"a root in the place of AWS's stands for partition {partition}",
            protected,
            expect(**{**GOOD, "aws_signature": moved}, requests=asked(cases.chain, *moved, region, partition)),
            policy=policy,
        )
        code = "aws-chain-not-aws" if partition == "aws-us-gov" else "aws-partition-without-root"
        cases.refused(f"a strange chain of partition {partition} is refused", code, protected, chain=strange, policy=policy, aws_roots=None)
    cases.refused("no roots at all are no roots of any partition", "aws-partition-without-root", aws_roots=[])


def times(cases):
    cases.why = "AWS 2.5: not more than 5 minutes in the future"
    long_lived = aws_chain(leaf_span=(at(2026, 1, 1), at(2027, 1, 1)))
    future = rejected(authenticTimestamp="failed:signed-in-future", expiry="passed", revocation="not-evaluated:signing-time-not-trusted", aws_signature=SIGNATURE, requests=[])
    noon = {"now": "2026-06-15T12:00:00Z", "chain": long_lived}
    cases.accepted("a signing time of now is accepted", aws_header({AUTHENTIC: "2026-06-15T12:00:00Z"}), **noon)
    cases.accepted("a signing time five minutes ahead is accepted", aws_header({AUTHENTIC: "2026-06-15T12:05:00Z"}), **noon)
    cases.add("a signing time a second further ahead is refused", future, aws_header({AUTHENTIC: "2026-06-15T12:05:01Z"}), **noon)
    cases.add("a signing time of next year is refused", future, aws_header({AUTHENTIC: "2027-06-15T12:00:00Z"}), **noon)
    warned_of = {**future, "decision": "accepted-with-warnings"}
    cases.add("permissive accepts a signing time of the future with warnings and asks nobody", warned_of, aws_header({AUTHENTIC: "2026-06-16T00:00:00Z"}), policy=trusting(level="permissive"), **noon)
    cases.why = "AWS 2.5: for every signing authority"
    acme = make_chain()
    protected = header(scheme=AUTHORITY, change={AUTHENTIC: "2026-06-15T12:05:01Z"})
    cases.add(
        "a signing time of the future is refused of another authority, too",
        rejected(authenticTimestamp="failed:signed-in-future"),
        {**protected, "alg": "ES256"},
        chain=acme,
        aws_roots=None,
        stores={"signingAuthority:acme": [acme.root]},
        policy=trusting("*", stores=("signingAuthority:acme",)),
    )
    cases.why = "AWS 1.6: certificates are judged at the signing time"
    late = "not-evaluated:signing-time-not-trusted"
    cases.add(
        "a leaf that had expired when AWS signed is refused",
        rejected(authenticTimestamp="failed:chain-expired", expiry="passed", revocation=late, aws_signature=SIGNATURE),
        aws_header({AUTHENTIC: "2026-06-05T00:00:00Z"}),
    )
    cases.add(
        "a leaf that was not valid yet when AWS signed is refused",
        rejected(authenticTimestamp="failed:chain-not-yet-valid", expiry="passed", revocation=late, aws_signature=SIGNATURE),
        aws_header({AUTHENTIC: "2026-05-30T00:00:00Z"}),
    )
    cases.why = "9.3 step 5"
    cases.add(
        "an expired signature of AWS Signer is refused",
        rejected(**{**GOOD, "expiry": "failed:signature-expired"}),
        aws_header(expiry="2026-06-15T12:00:00Z"),
    )
    cases.add(
        "an expired signature of AWS Signer about which nobody answers is judged",
        rejected(**{**GOOD, "expiry": "failed:signature-expired", "revocation": "not-evaluated:revocation-denied"}),
        aws_header(expiry="2026-06-15T12:00:00Z"),
        answer={"unavailable": "denied"},
    )


def make_revocation(suite):
    cases = Cases(suite, "AWS 2.3")
    chain = cases.chain
    own = certificate_hashes(chain)
    revoked = {**GOOD, "revocation": "failed:revoked"}
    for entries, label in (
        ([JOB_ARN], "a revoked job"),
        ([VERSION_ARN], "a revoked profile version"),
        ([PROFILE_ARN], "a revoked profile"),
        ([own[0]], "a revoked leaf"),
        ([own[2]], "a revoked intermediate"),
        ([own[3].upper()], "a revoked root"),
        ([JOB_ARN, own[1]], "a revoked job and authority"),
        ([JOB_ARN.replace("5808635f", "00000000")], "another revoked job"),
        (["0" * 192], "another revoked certificate"),
        ([""], "an empty entry"),
        (["\u001b[31m"], "an entry of no meaning"),
        ([JOB_ARN] * 100, "a hundred entries"),
    ):
        cases.add(f"{label} {'reject' if label.startswith('a hundred') else 'rejects'}", rejected(**revoked), answer={"revoked": entries})
    cases.add("permissive accepts a revoked job with warnings", warned(**revoked), answer={"revoked": [JOB_ARN]}, policy=trusting(level="permissive"))
    cases.add("audit accepts a revoked job with warnings", warned(**revoked), answer={"revoked": [JOB_ARN]}, policy=trusting(level="audit"))
    cases.add(
        "permissive with revocation enforced refuses a revoked job",
        rejected(**revoked),
        answer={"revoked": [JOB_ARN]},
        policy=trusting(level="permissive", override={"revocation": "enforce"}),
    )
    elsewhere = {"revoked": [], "endpoint": "http://127.0.0.1:8080"}
    cases.accepted("an answer of another endpoint counts and is named", expected=expect(**{**GOOD, "revocation": "passed:aws-not-revoked-elsewhere"}), answer=elsewhere)
    cases.add("a revocation that another endpoint tells rejects", rejected(**revoked), answer={**elsewhere, "revoked": [JOB_ARN]})
    cases.why = "design invariant 4"
    for kind, code in (
        ("denied", "revocation-denied"),
        ("no-answer", "revocation-unknown"),
        ("malformed", "revocation-malformed"),
        ("not-supported", "revocation-unknown"),
    ):
        unknown = {**GOOD, "revocation": "not-evaluated:" + code}
        answer = {"unavailable": kind}
        cases.add(f"strict refuses what {kind} keeps from being known", rejected(**unknown, undecided=kind), answer=answer)
        cases.add(f"permissive accepts with warnings what {kind} keeps from being known", warned(**unknown), answer=answer, policy=trusting(level="permissive"))
        cases.add(
            f"metadata that is missing is judged, whatever {kind} keeps from being known",
            rejected(**unknown, user_metadata="failed:user-metadata-missing"),
            answer=answer,
            metadata={"commit": "abc"},
        )
    unknown = {**GOOD, "revocation": "not-evaluated:revocation-unknown"}
    cases.add("strict refuses without an answer", rejected(**unknown, undecided="no-answer"), answer=None)
    cases.why = "8.5, AWS 2.3"
    skipped = {**GOOD, "revocation": "not-evaluated:skipped-by-policy"}
    for level in ("strict", "permissive"):
        cases.add(f"{level} with revocation skipped asks nobody", expect(**skipped, requests=[]), policy=trusting(level=level, override={"revocation": "skip"}), answer=None)
    cases.why = "AWS 2.4: the plugin owns revocation"
    pointed = aws_chain(profile={**pki.LEAF, "more": [pki.ocsp("http://ocsp.example/")]})
    cases.accepted(
        "certificates of AWS that name responders are asked about at AWS Signer alone",
        expected=expect(**GOOD, requests=asked(pointed)),
        chain=pointed,
    )
