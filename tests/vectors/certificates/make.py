#!/usr/bin/env python3
"""Makes the certificates of this folder. See README.md.

Certificates are put together field by field, because most of them are ones that no library would write. Keys are made
anew in each run and never stored. Needs the `cryptography` package; nothing else.
"""

import base64
import pathlib
import textwrap

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

HERE = pathlib.Path(__file__).parent

# --- DER ------------------------------------------------------------------------------------------------------------


def tlv(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def seq(*parts):
    return tlv(0x30, *parts)


def integer(number):
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted):
    arcs = [int(arc) for arc in dotted.split(".")]
    content = b""
    for arc in [arcs[0] * 40 + arcs[1], *arcs[2:]]:
        group = [arc & 0x7F]
        while arc := arc >> 7:
            group.insert(0, 0x80 | (arc & 0x7F))
        content += bytes(group)
    return tlv(0x06, content)


NULL = tlv(0x05)
TRUE = tlv(0x01, b"\xff")
FALSE = tlv(0x01, b"\x00")


def bits(content, unused=0):
    return tlv(0x03, bytes([unused]), content)


def time(text):
    return tlv(0x18 if len(text) == 15 else 0x17, text.encode())


# --- Names ----------------------------------------------------------------------------------------------------------

C, ST, L, STREET, POSTAL, O, OU, CN, SERIAL = (f"2.5.4.{n}" for n in (6, 8, 7, 9, 17, 10, 11, 3, 5))
EMAIL, DC = "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"
UTF8, PRINTABLE, IA5, T61, BMP, NUMERIC = 0x0C, 0x13, 0x16, 0x14, 0x1E, 0x12


def attribute(kind, value, tag=UTF8):
    return seq(oid(kind), tlv(tag, value if isinstance(value, bytes) else value.encode()))


def name(*relative_names):
    """Each argument is one attribute, or a list of those of one relative name."""
    sets = [item if isinstance(item, list) else [item] for item in relative_names]
    return seq(*(tlv(0x31, *items) for items in sets))


def subject(common_name):
    return name(attribute(C, "US", PRINTABLE), attribute(ST, "WA"), attribute(O, "Example"), attribute(CN, common_name))


# --- Keys and signatures --------------------------------------------------------------------------------------------

HASHES = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
HASH_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
RSA_OIDS = {"sha1": 5, "sha256": 11, "sha384": 12, "sha512": 13}
ECDSA_OIDS = {"sha1": "1", "sha256": "3.2", "sha384": "3.3", "sha512": "3.4"}


def pss_parameters(hash_name, mask_hash=None, salt=None, trailer=None):
    digest = seq(oid(HASH_OIDS[hash_name]), NULL)
    mask = seq(oid("1.2.840.113549.1.1.8"), seq(oid(HASH_OIDS[mask_hash or hash_name]), NULL))
    salt = HASHES[hash_name].digest_size if salt is None else salt
    parts = [tlv(0xA0, digest), tlv(0xA1, mask), tlv(0xA2, integer(salt))]
    if trailer is not None:
        parts.append(tlv(0xA3, integer(trailer)))
    return seq(*parts)


class Signer:
    """A private key and the way in which it signs."""

    def __init__(self, key, scheme=None, parameters=None):
        self.key, self.scheme, self.parameters = key, scheme, parameters

    def kind(self):
        if isinstance(self.key, rsa.RSAPrivateKey):
            return "rsa"
        return "ed25519" if isinstance(self.key, ed25519.Ed25519PrivateKey) else "ec"

    def algorithm(self):
        scheme = self.scheme or "sha256"
        if self.kind() == "ed25519":
            return seq(oid("1.3.101.112"))
        if self.kind() == "ec":
            return seq(oid("1.2.840.10045.4." + ECDSA_OIDS[scheme]))
        if scheme.startswith("pss-"):
            return seq(oid("1.2.840.113549.1.1.10"), self.parameters or pss_parameters(scheme[4:]))
        return seq(oid(f"1.2.840.113549.1.1.{RSA_OIDS[scheme]}"), NULL)

    def sign(self, message):
        scheme = self.scheme or "sha256"
        if self.kind() == "ed25519":
            return self.key.sign(message)
        if self.kind() == "ec":
            return self.key.sign(message, ec.ECDSA(HASHES[scheme]))
        if scheme.startswith("pss-"):
            digest = HASHES[scheme[4:]]
            return self.key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return self.key.sign(message, padding.PKCS1v15(), HASHES[scheme])

    def with_scheme(self, scheme, parameters=None):
        return Signer(self.key, scheme, parameters)

    def spki(self):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.DER, form)


def ec_key(curve=None):
    return Signer(ec.generate_private_key(curve or ec.SECP256R1()))


def rsa_key(size):
    return Signer(rsa.generate_private_key(65537, size))


# --- Extensions -----------------------------------------------------------------------------------------------------


def extension(dotted, value, critical=False):
    return seq(oid(dotted), TRUE if critical else b"", tlv(0x04, value))


def basic_constraints(ca=True, path_length=None, critical=True):
    inner = (TRUE if ca else b"") + (b"" if path_length is None else integer(path_length))
    return extension("2.5.29.19", seq(inner), critical)


USAGES = ["digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
          "cRLSign", "encipherOnly", "decipherOnly"]


def key_usage(*names, critical=True):
    positions = [USAGES.index(usage) for usage in names]
    last = max(positions, default=-1)
    value = sum(1 << (15 - position) for position in positions).to_bytes(2, "big")[: last // 8 + 1]
    return extension("2.5.29.15", bits(value, (7 - last % 8) if names else 0), critical)


PURPOSES = {"any": "2.5.29.37.0", "serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2",
            "codeSigning": "1.3.6.1.5.5.7.3.3", "emailProtection": "1.3.6.1.5.5.7.3.4",
            "timeStamping": "1.3.6.1.5.5.7.3.8", "OCSPSigning": "1.3.6.1.5.5.7.3.9", "unknown": "1.3.6.1.4.1.99999.1"}


def extended_key_usage(*names, critical=False):
    return extension("2.5.29.37", seq(*(oid(PURPOSES[purpose]) for purpose in names)), critical)


def uri(text):
    return tlv(0x86, text.encode() if isinstance(text, str) else text)


def distribution_point(*names, wrap=0xA0):
    return seq(tlv(0xA0, tlv(wrap, *names)))


def distribution_points(*points, kind="2.5.29.31"):
    return extension(kind, seq(*points))


def access(location, method="1.3.6.1.5.5.7.48.1"):
    return seq(oid(method), location)


def information_access(*descriptions):
    return extension("1.3.6.1.5.5.7.1.1", seq(*descriptions))


CA = [basic_constraints(), key_usage("digitalSignature", "keyCertSign", "cRLSign")]
LEAF = [key_usage("digitalSignature"), extended_key_usage("codeSigning")]

# --- Certificates ---------------------------------------------------------------------------------------------------

FROM, TO = "200101000000Z", "21200101000000Z"
serial_numbers = iter(range(0x1001, 0xFFFF))


def certificate(who, key, issuer, signer, extensions, *, version=3, validity=(FROM, TO), serial=None, inner=None,
                spki=None, raw_extensions=None):
    """One certificate; `who` and `issuer` are the DER of names."""
    algorithm = signer.algorithm()
    fields = [
        tlv(0xA0, integer(version - 1)) if version > 1 else b"",
        integer(next(serial_numbers)) if serial is None else serial,
        inner or algorithm,
        issuer,
        seq(*(time(end) for end in validity)),
        who,
        spki or key.spki(),
        raw_extensions or (tlv(0xA3, seq(*extensions)) if extensions else b""),
    ]
    tbs = seq(*fields)
    return seq(tbs, algorithm, bits(signer.sign(tbs)))


def write(file, *ders):
    blocks = []
    for der in ders:
        body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
        blocks.append(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    (HERE / f"{file}.pem").write_text("".join(blocks))


ROOT_NAME, ROOT_KEY = subject("Test Root"), ec_key()
ROOT = certificate(ROOT_NAME, ROOT_KEY, ROOT_NAME, ROOT_KEY, CA)
LEAF_NAME, LEAF_KEY = subject("Test Leaf"), ec_key()


def leaf(extensions=None, **more):
    """A leaf under ROOT."""
    more = {"who": LEAF_NAME, "key": LEAF_KEY, "issuer": ROOT_NAME, "signer": ROOT_KEY} | more
    return certificate(extensions=LEAF if extensions is None else extensions, **more)


def alone(extensions=None, **more):
    """A self-signed leaf."""
    return leaf(extensions, issuer=LEAF_NAME, signer=LEAF_KEY, **more)


def root(extensions=None, key=None, signer=None, who=ROOT_NAME, issuer=None, **more):
    key = key or ROOT_KEY
    return certificate(who, key, issuer or who, signer or key, CA if extensions is None else extensions, **more)


def keys():
    made = {"rsa-2048": rsa_key(2048), "rsa-3072": rsa_key(3072), "rsa-4096": rsa_key(4096), "ec-256": ec_key(),
            "ec-384": ec_key(ec.SECP384R1()), "ec-521": ec_key(ec.SECP521R1())}
    for file, key in made.items():
        write(f"accepted-key-{file}", leaf(key=key), ROOT)
    write("accepted-key-alone-rsa-2048", certificate(LEAF_NAME, made["rsa-2048"], LEAF_NAME, made["rsa-2048"], LEAF))

    refused = {"rsa-1024": rsa_key(1024), "rsa-8192": rsa_key(8192), "p224": ec_key(ec.SECP224R1()),
               "secp256k1": ec_key(ec.SECP256K1()), "ed25519": Signer(ed25519.Ed25519PrivateKey.generate())}
    for file, key in refused.items():
        write(f"refused-leaf-key-{file}", leaf(key=key), ROOT)
    write("refused-leaf-key-rsa-2047", leaf(spki=seq(seq(oid("1.2.840.113549.1.1.1"), NULL),
          bits(seq(integer((1 << 2046) + 1), integer(65537))))), ROOT)
    write("refused-leaf-key-rsa-parameters", leaf(spki=seq(seq(oid("1.2.840.113549.1.1.1")),
          bits(seq(integer((1 << 2047) + 1), integer(65537))))), ROOT)
    write("refused-leaf-key-rsa-malformed", leaf(spki=seq(seq(oid("1.2.840.113549.1.1.1"), NULL),
          bits(seq(integer(-(1 << 2047)), integer(65537))))), ROOT)
    modulus = made["rsa-2048"].key.public_key().public_numbers().n
    for exponent in (1, 65536):
        write(f"refused-leaf-key-rsa-exponent-{exponent}", leaf(spki=seq(seq(oid("1.2.840.113549.1.1.1"), NULL),
              bits(seq(integer(modulus), integer(exponent))))), ROOT)
    numbers = LEAF_KEY.key.public_key()
    compressed = numbers.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    curve = seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))
    write("refused-leaf-key-compressed-point", leaf(spki=seq(curve, bits(compressed))), ROOT)
    wrong = seq(oid("1.2.840.10045.2.1"), oid("1.3.132.0.34"))
    point = numbers.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    write("refused-leaf-key-point-of-other-curve", leaf(spki=seq(wrong, bits(point))), ROOT)
    off = point[:-1] + bytes([point[-1] ^ 1])
    write("refused-leaf-key-point-off-curve", leaf(spki=seq(curve, bits(off))), ROOT)
    write("refused-leaf-key-without-curve", leaf(spki=seq(seq(oid("1.2.840.10045.2.1")), bits(point))), ROOT)

    issuers(made, refused)


def issuers(made, refused):
    """Every way of signing a certificate."""
    ed = refused["ed25519"]
    accepted = {f"rsa-{scheme}": made["rsa-2048"].with_scheme(scheme)
                for scheme in ("sha256", "sha384", "sha512", "pss-sha256", "pss-sha384", "pss-sha512")}
    accepted |= {"rsa-8192": refused["rsa-8192"], "ed25519": ed}
    accepted |= {f"{curve}-{scheme}": made[curve].with_scheme(scheme)
                 for curve in ("ec-256", "ec-384", "ec-521") for scheme in ("sha256", "sha384", "sha512")}
    rsa_2048 = made["rsa-2048"]
    accepted["rsa-pss-trailer"] = rsa_2048.with_scheme("pss-sha256", pss_parameters("sha256", trailer=1))
    weak = {
        "rsa-1024": refused["rsa-1024"],
        "p224": refused["p224"],
        "sha1-rsa": rsa_2048.with_scheme("sha1"),
        "sha1-ecdsa": made["ec-256"].with_scheme("sha1"),
        "sha1-pss": rsa_2048.with_scheme("pss-sha1"),
        "pss-other-mask-hash": rsa_2048.with_scheme("pss-sha256", pss_parameters("sha256", mask_hash="sha1")),
        "pss-short-salt": rsa_2048.with_scheme("pss-sha256", pss_parameters("sha256", salt=20)),
        "pss-other-trailer": rsa_2048.with_scheme("pss-sha256", pss_parameters("sha256", trailer=2)),
        "pss-no-parameters": rsa_2048.with_scheme("pss-sha256", NULL),
    }
    for prefix, signers in (("accepted-issuer", accepted), ("refused-issuer", weak)):
        for file, signer in signers.items():
            write(f"{prefix}-{file}", leaf(signer=signer), root(key=signer))
    # Only the root's own signature is weak.
    write("refused-root-sha1", leaf(), root(signer=ROOT_KEY.with_scheme("sha1")))
    write("refused-alone-sha1", leaf(issuer=LEAF_NAME, signer=LEAF_KEY.with_scheme("sha1")))
    # The algorithm says RSA, the key is EC.
    lying = Signer(made["rsa-2048"].key)
    write("refused-issuer-other-kind", leaf(signer=lying), ROOT)


def chains():
    write("accepted-chain-1", alone())
    write("accepted-chain-2", leaf(), ROOT)
    one, two, three = (subject(f"Test Intermediate {n}") for n in (1, 2, 3))
    key_one, key_two = ec_key(ec.SECP384R1()), ec_key()
    def under(path_one=0, path_two=1, path_root=2, extensions_one=None):
        return (
            leaf(issuer=one, signer=key_one.with_scheme("sha384")),
            certificate(one, key_one, two, key_two, extensions_one or [basic_constraints(path_length=path_one), CA[1]]),
            certificate(two, key_two, ROOT_NAME, ROOT_KEY, [basic_constraints(path_length=path_two), CA[1]]),
            root([basic_constraints(path_length=path_root), CA[1]]),
        )
    four = under()
    write("accepted-chain-4", *four)
    write("accepted-chain-3-path-length-0", four[0], four[1], certificate(two, key_two, two, key_two, CA))
    write("refused-path-length-1", *under(path_two=0))
    write("refused-path-length-root", *under(path_root=1))
    write("refused-order-reversed", *reversed(four))
    write("refused-order-swapped", four[0], four[2], four[1], four[3])
    write("refused-order-leaf-last", four[1], four[2], four[3], four[0])
    write("refused-root-missing", *four[:3])
    write("refused-intermediate-missing", four[0], four[2], four[3])
    write("refused-leaf-alone-not-self-signed", four[0])
    write("refused-root-twice", leaf(), ROOT, ROOT)
    write("refused-intermediate-not-ca", *under(extensions_one=[basic_constraints(ca=False), CA[1]]))
    # The middle certificate is signed by itself, and the last has its name.
    write("refused-intermediate-self-signed", leaf(), ROOT, root(key=ec_key()))
    write("refused-leaf-self-signed", alone(), root(who=LEAF_NAME, key=LEAF_KEY))
    # Same subject and issuer, but signed by another key: notation takes it.
    other = ec_key()
    write("accepted-leaf-self-issued", leaf(issuer=LEAF_NAME, signer=other), root(who=LEAF_NAME, key=other))
    write("accepted-intermediate-self-issued", leaf(), root(signer=other), root(key=other))


def signatures():
    write("refused-signature-of-other-key", leaf(signer=ec_key()), ROOT)
    write("refused-root-signature-of-other-key", leaf(), root(signer=ec_key()))
    write("refused-alone-signature-of-other-key", leaf(issuer=LEAF_NAME, signer=ec_key()))
    good = bytearray(leaf())
    good[len(good) - 1] ^= 1
    write("refused-signature-bit", bytes(good), ROOT)
    tampered = leaf().replace(b"Test Leaf", b"Test Loaf")
    write("refused-tampered", tampered, ROOT)
    # Equal for a human, not byte for byte.
    printable = name(attribute(C, "US", PRINTABLE), attribute(ST, "WA"), attribute(O, "Example"),
                     attribute(CN, "Test Root", PRINTABLE))
    write("refused-names-differ-in-string-type", leaf(issuer=printable), ROOT)
    write("refused-names-differ-in-case", leaf(issuer=subject("test root")), ROOT)


def leaf_rules():
    write("accepted-leaf-basic-constraints", leaf([basic_constraints(ca=False), *LEAF]), ROOT)
    write("accepted-leaf-content-commitment", leaf([key_usage("digitalSignature", "contentCommitment")]), ROOT)
    write("accepted-leaf-no-extended-key-usage", leaf(LEAF[:1]), ROOT)
    write("accepted-leaf-unknown-purpose", leaf([LEAF[0], extended_key_usage("unknown", critical=True)]), ROOT)
    unknown = extension("1.3.6.1.4.1.99999.2", seq(), critical=True)
    write("accepted-unknown-critical-extension", leaf([*LEAF, unknown]), root([*CA, unknown]))

    write("refused-leaf-ca", leaf([basic_constraints(), *LEAF]), ROOT)
    write("refused-alone-ca", alone([basic_constraints(), *LEAF]))
    write("refused-leaf-no-extensions", leaf([]), ROOT)
    write("refused-leaf-no-key-usage", leaf(LEAF[1:]), ROOT)
    write("refused-leaf-key-usage-not-critical", leaf([key_usage("digitalSignature", critical=False)]), ROOT)
    write("refused-leaf-key-usage-empty", leaf([key_usage()]), ROOT)
    write("refused-leaf-no-digital-signature", leaf([key_usage("contentCommitment")]), ROOT)
    for usage in USAGES[2:]:
        write(f"refused-leaf-usage-{usage}", leaf([key_usage("digitalSignature", usage)]), ROOT)
    for purpose in ("any", "serverAuth", "clientAuth", "emailProtection", "timeStamping", "OCSPSigning"):
        write(f"refused-leaf-purpose-{purpose}", leaf([LEAF[0], extended_key_usage("codeSigning", purpose)]), ROOT)


def authority_rules():
    usage = CA[1]
    write("refused-ca-no-basic-constraints", leaf(), root([usage]))
    write("refused-ca-false", leaf(), root([basic_constraints(ca=False), usage]))
    write("refused-ca-basic-constraints-not-critical", leaf(), root([basic_constraints(critical=False), usage]))
    write("refused-ca-no-key-usage", leaf(), root(CA[:1]))
    write("refused-ca-key-usage-not-critical", leaf(),
          root([CA[0], key_usage("keyCertSign", critical=False)]))
    write("refused-ca-no-key-cert-sign", leaf(), root([CA[0], key_usage("digitalSignature", "cRLSign")]))
    write("refused-root-version-1", leaf(), root([], version=1))
    write("accepted-ca-large-path-length", leaf(), root([basic_constraints(path_length=100_000), usage]))


def dates():
    write("expired-leaf", leaf(validity=("200101000000Z", "210101000000Z")), ROOT)
    write("expired-root", leaf(), root(validity=("200101000000Z", "210101000000Z")))
    write("future-leaf", leaf(validity=("21000101000000Z", TO)), ROOT)
    write("no-expiry", alone(validity=("500101000000Z", "99991231235959Z")))
    for file, end in {"malformed-date-offset": "200101000000+0100", "malformed-date-minutes": "2001010000Z",
                      "malformed-date-month": "201301000000Z"}.items():
        write(file, alone(validity=(end, TO)))


def syntax():
    def with_extension(dotted, value):
        return alone([*LEAF, extension(dotted, value)])

    write("accepted-serial-40-bytes", alone(serial=integer(int("7f" * 40, 16))))
    write("accepted-serial-high-bit", alone(serial=integer(0xFFEEDDCC)))
    write("accepted-serial-zero", alone(serial=integer(0)))
    write("accepted-critical-false", alone([*LEAF, seq(oid("1.3.6.1.4.1.99999.3"), FALSE, tlv(0x04, NULL))]))
    unique = tlv(0x81, b"\x00\x01") + tlv(0x82, b"\x00\x02") + tlv(0xA3, seq(*LEAF))
    write("accepted-unique-identifiers", alone(raw_extensions=unique))
    write("malformed-serial-negative", alone(serial=integer(-2)))
    write("malformed-serial-padded", alone(serial=tlv(0x02, b"\x00\x01")))
    write("malformed-version-4", alone(version=4))
    write("malformed-version-1-extensions", alone(version=1))
    write("malformed-version-2-extensions", alone(version=2))
    write("malformed-tbs-trailing", alone(raw_extensions=tlv(0xA3, seq(*LEAF)) + NULL))
    write("malformed-algorithm-differs", alone(inner=seq(oid("1.2.840.10045.4.3.3"))))
    write("malformed-algorithm-differs-in-null", alone(inner=seq(oid("1.2.840.10045.4.3.2"), NULL)))
    write("malformed-trailing-byte", alone() + b"\x00")
    write("malformed-truncated", alone()[:-1])
    write("malformed-duplicate-extension", alone([*LEAF, LEAF[0]]))
    unknown = extension("1.3.6.1.4.1.99999.2", NULL)
    write("malformed-duplicate-unknown-extension", alone([*LEAF, unknown, unknown]))
    for file, dotted, value in (
        ("basic-constraints-not-a-sequence", "2.5.29.19", NULL),
        ("basic-constraints-trailing", "2.5.29.19", seq(TRUE) + NULL),
        ("basic-constraints-bad-boolean", "2.5.29.19", seq(tlv(0x01, b"\x01"))),
        ("basic-constraints-negative", "2.5.29.19", seq(TRUE, integer(-1))),
        ("basic-constraints-extra-field", "2.5.29.19", seq(TRUE, integer(1), integer(1))),
        ("authority-info-access", "1.3.6.1.5.5.7.1.1", seq(seq(oid("1.3.6.1.5.5.7.48.1")))),
        ("authority-info-access-trailing", "1.3.6.1.5.5.7.1.1", seq(access(uri("http://o"))) + NULL),
        ("distribution-points", "2.5.29.31", seq(NULL)),
        ("distribution-points-choice", "2.5.29.31", seq(distribution_point(uri("http://c"), wrap=0xA5))),
        ("freshest-crl", "2.5.29.46", NULL),
    ):
        write(f"malformed-{file}", with_extension(dotted, value))
    write("malformed-key-usage", alone([extension("2.5.29.15", NULL, critical=True)]))
    write("malformed-key-usage-trailing", alone([extension("2.5.29.15", bits(b"\x80", 7) + NULL, critical=True)]))
    for file, value in (("bit", bits(b"\x81", 7)), ("low-bits", bits(b"\x87", 3)), ("second-byte", bits(b"\x80\x81", 7)),
                        ("count", bits(b"\x80", 8)), ("of-nothing", bits(b"", 7)), ("without-a-count", tlv(0x03))):
        write(f"malformed-key-usage-unused-{file}", alone([extension("2.5.29.15", value, critical=True)]))
    # X.690 section 11.2.2: not DER, and common enough that Go takes it.
    write("accepted-key-usage-trailing-zeros", leaf([extension("2.5.29.15", bits(b"\x80\x00", 0), critical=True)]), ROOT)
    write("accepted-key-usage-eight-bits", leaf([extension("2.5.29.15", bits(b"\x80", 0), critical=True)]), ROOT)
    unread()
    write("malformed-extended-key-usage", alone([LEAF[0], extension("2.5.29.37", seq(NULL))]))
    write("malformed-extended-key-usage-empty", alone([LEAF[0], extension("2.5.29.37", seq())]))
    seventeen = [distribution_point(uri(f"http://crl.example/{n}")) for n in range(17)]
    write("malformed-17-pointers", alone([*LEAF, distribution_points(*seventeen)]))
    write("pointers-16", alone([*LEAF, distribution_points(*seventeen[:16])]))


KEY_IDENTIFIER = tlv(0x80, b"\x01" * 20)
SAN, CONSTRAINTS, POLICIES = "2.5.29.17", "2.5.29.30", "2.5.29.32"
MAPPINGS, AUTHORITY_KEY, SUBJECT_KEY, POLICY_CONSTRAINTS, INHIBIT = "2.5.29.33", "2.5.29.35", "2.5.29.14", "2.5.29.36", "2.5.29.54"


def permitted(*bases):
    return seq(tlv(0xA0, *(seq(base) for base in bases)))


def text(number, value):
    return tlv(0x80 | number, value.encode("latin-1"))


def unread():
    """Extensions that no rule reads, and that Go parses."""
    policy = seq(oid("2.5.29.32.0"))
    good = [
        extension(SUBJECT_KEY, tlv(0x04, b"\x01" * 20)),
        extension(AUTHORITY_KEY, seq(KEY_IDENTIFIER, tlv(0xA1, tlv(0xA4, subject("x"))), tlv(0x82, b"\x01"))),
        extension(POLICIES, seq(policy, seq(oid("2.16.840.1.101.3.2.1.48.1"), seq(seq(oid("1.3.6.1.5.5.7.2.1"), tlv(0x16, b"http://cps"))))), True),
        extension(SAN, seq(text(2, "*.example"), text(1, "a@b.example"), text(6, "urn:uuid:1"), text(6, "spiffe://example/x"), text(7, "\x01\x02\x03\x04"), text(7, "\0" * 16), text(8, "\x2a"), tlv(0xA4, subject("x")), tlv(0xA0, oid("1.2.3"), tlv(0xA0, tlv(0x0C, b"x")))), True),
    ]
    authority = [
        *good[:2],
        extension(MAPPINGS, seq(seq(oid("1.2.3"), oid("1.2.4")))),
        extension(POLICY_CONSTRAINTS, seq(tlv(0x80, b"\x00"), tlv(0x81, b"\x05")), True),
        extension(INHIBIT, integer(3), True),
        extension(CONSTRAINTS, seq(tlv(0xA0, seq(text(2, ".example")), seq(text(2, "")), seq(text(1, "a@b.example")), seq(text(1, ".example")), seq(text(6, "host.example")), seq(text(7, "\x0a\0\0\0\xff\x80\0\0")), seq(tlv(0xA4, subject("x"))), seq(text(2, "x"), tlv(0x80, b"\x00"))), tlv(0xA1, seq(text(7, "\0" * 32)))), True),
    ]
    write("accepted-unread-extensions", leaf([*LEAF, *good]), root([*CA, *authority]))
    write("accepted-unread-extensions-empty", leaf([*LEAF, extension(SAN, seq()), extension(POLICIES, seq()), extension(AUTHORITY_KEY, seq()), extension(SUBJECT_KEY, tlv(0x04)), extension(MAPPINGS, seq()), extension(POLICY_CONSTRAINTS, seq())]), ROOT)
    for file, dotted, value in (
        ("subject-key-identifier", SUBJECT_KEY, seq(b"\x04\x01\x01")),
        ("subject-key-identifier-bare", SUBJECT_KEY, b"\x01" * 20),
        ("subject-key-identifier-nothing", SUBJECT_KEY, b""),
        ("authority-key-identifier", AUTHORITY_KEY, tlv(0x04, b"\x01" * 20)),
        ("authority-key-identifier-cut", AUTHORITY_KEY, tlv(0x30, b"\x80\x14\x01")),
        ("authority-key-identifier-nothing", AUTHORITY_KEY, b""),
        ("policies", POLICIES, NULL),
        ("policies-bare", POLICIES, seq(oid("1.2.3"))),
        ("policies-no-identifier", POLICIES, seq(seq())),
        ("policies-twice", POLICIES, seq(policy, policy)),
        ("policies-identifier-empty", POLICIES, seq(seq(tlv(0x06)))),
        ("policies-identifier-padded", POLICIES, seq(seq(tlv(0x06, b"\x2a\x80\x03")))),
        ("policies-identifier-cut", POLICIES, seq(seq(tlv(0x06, b"\x2a\x83")))),
        ("policy-mappings", MAPPINGS, seq(oid("1.2.3"), oid("1.2.4"))),
        ("policy-mappings-half", MAPPINGS, seq(seq(oid("1.2.3")))),
        ("policy-constraints", POLICY_CONSTRAINTS, integer(1)),
        ("policy-constraints-large", POLICY_CONSTRAINTS, seq(tlv(0x80, b"\x7f" * 9))),
        ("policy-constraints-padded", POLICY_CONSTRAINTS, seq(tlv(0x81, b"\0\x01"))),
        ("inhibit-any-policy", INHIBIT, seq(integer(1))),
        ("inhibit-any-policy-empty", INHIBIT, tlv(0x02)),
        ("subject-alternative-name", SAN, text(2, "x")),
        ("subject-alternative-name-cut", SAN, tlv(0x30, b"\x82\x05x")),
        ("subject-alternative-name-dns", SAN, seq(text(2, "\xe9"))),
        ("subject-alternative-name-email", SAN, seq(text(1, "\xe9@x"))),
        ("subject-alternative-name-uri", SAN, seq(text(6, "urn:\xe9"))),
        ("subject-alternative-name-address", SAN, seq(text(7, "\x01\x02\x03"))),
        ("name-constraints", CONSTRAINTS, seq()),
        ("name-constraints-empty", CONSTRAINTS, seq(tlv(0xA0), tlv(0xA1))),
        ("name-constraints-bare", CONSTRAINTS, seq(tlv(0xA0, text(2, "x")))),
        ("name-constraints-order", CONSTRAINTS, seq(tlv(0xA1, seq(text(2, "x"))), tlv(0xA0, seq(text(2, "y"))))),
        ("name-constraints-label", CONSTRAINTS, permitted(text(2, "a..b"))),
        ("name-constraints-final-dot", CONSTRAINTS, permitted(text(2, "a."))),
        ("name-constraints-dot", CONSTRAINTS, permitted(text(2, "."))),
        ("name-constraints-space", CONSTRAINTS, permitted(text(2, "a b"))),
        ("name-constraints-email", CONSTRAINTS, permitted(text(1, "b."))),
        ("name-constraints-uri-address", CONSTRAINTS, permitted(text(6, "10.0.0.1"))),
        ("name-constraints-uri", CONSTRAINTS, permitted(text(6, "\xe9"))),
        ("name-constraints-address", CONSTRAINTS, permitted(text(7, "\x0a\0\0\0"))),
        ("name-constraints-mask", CONSTRAINTS, permitted(text(7, "\x0a\0\0\0\xff\0\xff\0"))),
        ("name-constraints-mask-bits", CONSTRAINTS, permitted(text(7, "\x0a\0\0\0\xff\xa0\0\0"))),
    ):
        write(f"malformed-unread-{file}", alone([*LEAF, extension(dotted, value)]))
    # Never critical (RFC 5280), and Go refuses them then.
    for file, dotted, value in (
        ("subject-key-identifier", SUBJECT_KEY, tlv(0x04, b"\x01")),
        ("authority-key-identifier", AUTHORITY_KEY, seq(KEY_IDENTIFIER)),
        ("information-access", "1.3.6.1.5.5.7.1.1", seq(access(uri("http://ca.example/ca.crt"), method="1.3.6.1.5.5.7.48.2"))),
    ):
        write(f"malformed-critical-{file}", alone([*LEAF, extension(dotted, value, critical=True)]))
    unused = bytearray(alone())
    start = next(at for at in reversed(range(len(unused) - 2)) if unused[at] == 3 and unused[at + 1] == len(unused) - at - 2)
    unused[start + 2], unused[-1] = 1, unused[-1] | 1
    write("malformed-signature-unused-bits", bytes(unused))
    write("malformed-extension-arc-of-32-bits", alone([*LEAF, extension("1.3.6.1.4.1.4294967295", NULL)]))


def pointers():
    directory = tlv(0xA4, subject("Directory"))
    for file, extensions in {
        "none": [information_access(access(uri("http://ca.example/ca.crt"), method="1.3.6.1.5.5.7.48.2"))],
        "all": [
            information_access(access(uri("http://ocsp.example/")), access(uri("http://x"), method="1.3.6.1.5.5.7.48.2"),
                               access(uri("https://ocsp2.example/a?b"))),
            distribution_points(distribution_point(uri("http://crl.example/a"), directory, uri("ldap:///b")),
                                distribution_point(uri("http://crl.example/c"))),
            distribution_points(distribution_point(uri("http://crl.example/d")), kind="2.5.29.46"),
        ],
        "ocsp-without-uri": [information_access(access(directory))],
        "ocsp-empty-uri": [information_access(access(uri("")))],
        "crl-directory-name": [distribution_points(distribution_point(directory))],
        "crl-relative-name": [distribution_points(distribution_point(attribute(CN, "x"), wrap=0xA1))],
        "crl-issuer-only": [distribution_points(seq(tlv(0xA2, directory)))],
        "crl-reasons": [distribution_points(seq(tlv(0xA0, tlv(0xA0, uri("http://crl.example/r"))), tlv(0x81, b"\x06\x40")))],
        "crl-empty-point": [distribution_points(seq())],
        "crl-empty-list": [distribution_points()],
        "crl-not-ascii": [distribution_points(distribution_point(uri("http://crl.example/\u00e9")))],
        "freshest-empty-list": [distribution_points(kind="2.5.29.46")],
    }.items():
        write(f"pointers-{file}", alone([*LEAF, *extensions]))


PERSON = [attribute(C, "US", PRINTABLE), attribute(ST, "WA"), attribute(O, "acme")]

NAMES = {
    "plain": name(attribute(C, "US", PRINTABLE), attribute(ST, "WA"), attribute(L, "Seattle"), attribute(O, "AWS"),
                  attribute(OU, "Cryptography"), attribute(CN, "x")),
    "reordered": name(attribute(CN, "x"), attribute(SERIAL, "7", PRINTABLE), attribute(POSTAL, "98101"),
                      attribute(STREET, "Main"), attribute(L, "L"), attribute(OU, "u"), attribute(O, "o"),
                      attribute(ST, "s"), attribute(C, "US")),
    "repeated": name(attribute(OU, "one"), attribute(C, "US"), attribute(OU, "two"), attribute(CN, "first"),
                     attribute(CN, "last"), attribute(SERIAL, "1"), attribute(SERIAL, "2")),
    "multi-valued": name([attribute(CN, "a"), attribute(OU, "b")], [attribute(OU, "c"), attribute(O, "d")]),
    "unsorted-set": name([attribute(OU, "b"), attribute(CN, "a")]),
    "others": name(attribute(DC, "example", IA5), attribute(EMAIL, "a@b.example", IA5), attribute("2.5.4.12", "Dr"),
                   attribute("0.9.2342.19200300.100.1.1", "u\u00efd"), attribute(C, "US"), attribute(CN, "x")),
    "others-only": name(attribute(DC, "com", IA5), attribute(DC, "example", IA5)),
    "other-long": name(attribute("2.5.4.13", "a" * 127), attribute("2.5.4.13", "a" * 128),
                       attribute("2.5.4.13", "*" * 300), attribute("2.5.4.13", "")),
    "escapes": name(attribute(O, ' lead, plus+ "q" back\\ <a> ;semi '), attribute(CN, "#hash#"), attribute(OU, "# x")),
    "spaces": name(attribute(O, " "), attribute(OU, "  "), attribute(L, " a b "), attribute(CN, " ")),
    "empty-values": name(attribute(C, ""), attribute(O, ""), attribute(CN, ""), attribute(SERIAL, "")),
    "last-empty": name(attribute(CN, "x"), attribute(CN, ""), attribute(O, "o")),
    "equals-hash": name(attribute(C, "US"), attribute(CN, "a=#b")),
    "string-types": name(attribute(C, "US", PRINTABLE), attribute(O, "\u00fc".encode("latin-1"), T61),
                         attribute(OU, "\u03a9\u00e9".encode("utf-16-be") + b"\x00\x00", BMP),
                         attribute(CN, "a*&b", PRINTABLE), attribute(SERIAL, "12 3", NUMERIC), attribute(L, "i@5", IA5)),
    "control": name(attribute(O, "a\nb\x1b[31m"), attribute(CN, "\u0001x")),
    "long-type": name(attribute("2.5.4.6.1", "deeper"), attribute("2.5.4.41", "name"), attribute(CN, "x")),
    # Two attributes of one type, of which Go prints the last, in one relative name and in two.
    "two-common-names": name(*PERSON, attribute(CN, "first"), attribute(CN, "last")),
    "two-common-names-joined": name(*PERSON, [attribute(CN, "first"), attribute(CN, "last")]),
    "same-common-name-twice": name(*PERSON, attribute(CN, "last"), attribute(CN, "last")),
    "common-name-before-an-empty-one": name(*PERSON, attribute(CN, "first"), attribute(CN, "")),
    "common-name-after-an-empty-one": name(*PERSON, attribute(CN, ""), attribute(CN, "last")),
    "two-serial-numbers": name(*PERSON, attribute(SERIAL, "1"), attribute(SERIAL, "2")),
    "two-serial-numbers-joined": name(*PERSON, [attribute(SERIAL, "1"), attribute(SERIAL, "2")]),
    "common-name-in-two-string-types": name(*PERSON, attribute(CN, "last", PRINTABLE), attribute(CN, "last")),
    "two-countries": name(attribute(C, "", PRINTABLE), *PERSON),
    "two-states": name(*PERSON, attribute(ST, "WA")),
    "two-localities": name(*PERSON, attribute(L, "a"), attribute(L, "b")),
    "two-streets": name(*PERSON, attribute(STREET, "a"), attribute(STREET, "b")),
    "two-postal-codes": name(*PERSON, attribute(POSTAL, "1"), attribute(POSTAL, "2")),
    "two-organizations": name(*PERSON, attribute(O, "other")),
    "two-units": name(*PERSON, attribute(OU, "a"), attribute(OU, "b")),
    "empty": name(),
    "empty-set": seq(tlv(0x31), tlv(0x31, attribute(CN, "x"))),
}


def names():
    for file, der in NAMES.items():
        write(f"name-{file}", certificate(der, LEAF_KEY, der, LEAF_KEY, LEAF))
    for file, kind, value, tag in (("bit-string", CN, b"\x00\x01", 0x03), ("bit-string-of-other-type", "2.5.4.45", b"\x00\x01", 0x03),
                                   ("octet-string", CN, b"x", 0x04), ("integer", SERIAL, b"\x01", 0x02), ("null", CN, b"", 0x05),
                                   ("sequence", CN, attribute(CN, "x"), 0x30), ("universal-string", CN, b"\0\0\0x", 0x1C),
                                   ("visible-string", CN, b"x", 0x1A), ("general-string", O, b"x", 0x1B)):
        der = name(attribute(O, "o"), attribute(kind, value, tag))
        write(f"malformed-name-no-text-{file}", leaf(who=der), ROOT)
    for file, value, tag in (("utf8", b"\xff", UTF8), ("printable", b"a@b", PRINTABLE), ("ia5", b"\x80", IA5),
                             ("numeric", b"1a", NUMERIC), ("bmp-odd", b"\x00", BMP), ("bmp-surrogate", b"\xd8\x00", BMP),
                             ("bmp-reserved", b"\xff\xfe", BMP)):
        der = name(attribute(CN, value, tag))
        write(f"malformed-name-{file}", certificate(der, LEAF_KEY, der, LEAF_KEY, LEAF))


def main():
    for old in HERE.glob("*.pem"):
        old.unlink()
    for part in (keys, chains, signatures, leaf_rules, authority_rules, dates, syntax, pointers, names):
        part()
    print(len(list(HERE.glob("*.pem"))), "files")


if __name__ == "__main__":
    main()
