"""Keys and certificates for the vectors, made with the `cryptography` package and, where it refuses, with openssl."""

import datetime
import os
import subprocess
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU
from cryptography.x509.oid import NameOID

UTC = datetime.timezone.utc

CA_FROM = datetime.datetime(2025, 1, 1, tzinfo=UTC)
CA_TO = datetime.datetime(2035, 1, 1, tzinfo=UTC)
LEAF_FROM = datetime.datetime(2026, 1, 1, tzinfo=UTC)
LEAF_TO = datetime.datetime(2027, 1, 1, tzinfo=UTC)

# The six keys of the reference, section 0.2: name, `alg`, hash.
KEYS = {
    "RSA-2048": ("PS256", hashes.SHA256()),
    "RSA-3072": ("PS384", hashes.SHA384()),
    "RSA-4096": ("PS512", hashes.SHA512()),
    "EC-256": ("ES256", hashes.SHA256()),
    "EC-384": ("ES384", hashes.SHA384()),
    "EC-521": ("ES512", hashes.SHA512()),
}

CURVES = {
    "EC-224": ec.SECP224R1(),
    "EC-256": ec.SECP256R1(),
    "EC-384": ec.SECP384R1(),
    "EC-521": ec.SECP521R1(),
    "EC-256K": ec.SECP256K1(),
}

_pool = {}


def key(kind, label="leaf"):
    """A key of that kind; one label gives one key."""
    if (kind, label) not in _pool:
        _pool[kind, label] = _generate(kind)
    return _pool[kind, label]


def _generate(kind):
    if kind.startswith("RSA-"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind[4:]))
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "DSA":
        return dsa.generate_private_key(2048)
    return ec.generate_private_key(CURVES[kind])


TYPES = {
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "SERIALNUMBER": NameOID.SERIAL_NUMBER,
    "E": NameOID.EMAIL_ADDRESS,
    "DC": NameOID.DOMAIN_COMPONENT,
}


def name(*attributes):
    """A name of (type, value) pairs, one relative name each; a list of pairs is one multi-valued relative name."""
    rdns = []
    for entry in attributes:
        pairs = entry if isinstance(entry, list) else [entry]
        rdns.append(x509.RelativeDistinguishedName([x509.NameAttribute(TYPES[kind], value) for kind, value in pairs]))
    return x509.Name(rdns)


BASE = (("C", "US"), ("ST", "WA"), ("L", "Seattle"), ("O", "acme"))
SIGNER = name(*BASE, ("CN", "signer"))


def ca_name(label):
    return name(("C", "US"), ("ST", "WA"), ("O", "acme"), ("CN", label))


FLAGS = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def usage(*flags):
    return x509.KeyUsage(**{flag: flag in flags for flag in FLAGS})


# A profile: basic constraints, key usage and extended key usage, each (extension, critical) or None.
LEAF = {"bc": None, "ku": (usage("digital_signature"), True), "eku": None, "more": []}
CA = {
    "bc": (x509.BasicConstraints(ca=True, path_length=None), True),
    "ku": (usage("key_cert_sign", "crl_sign"), True),
    "eku": None,
    "more": [],
}


def leaf(**changes):
    return {**LEAF, **changes}


def ca(**changes):
    return {**CA, **changes}


def constraints(is_ca, path_length=None, critical=True):
    return (x509.BasicConstraints(ca=is_ca, path_length=path_length), critical)


def purposes(*oids, critical=False):
    return (x509.ExtendedKeyUsage(list(oids)), critical)


def raw_extension(oid, der, critical=False):
    return (x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), der), critical)


def ocsp(url):
    location = x509.UniformResourceIdentifier(url) if isinstance(url, str) else url
    method = x509.oid.AuthorityInformationAccessOID.OCSP
    return (x509.AuthorityInformationAccess([x509.AccessDescription(method, location)]), False)


def ca_issuers(url):
    method = x509.oid.AuthorityInformationAccessOID.CA_ISSUERS
    location = x509.UniformResourceIdentifier(url)
    return (x509.AuthorityInformationAccess([x509.AccessDescription(method, location)]), False)


def crl(*urls):
    points = [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in urls]
    return (x509.CRLDistributionPoints(points), False)


_serial = 0


def certificate(subject, public, issuer, issuer_key, profile, span=(LEAF_FROM, LEAF_TO), digest=None, pss=False):
    """Returns the DER of one certificate."""
    global _serial
    _serial += 1
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(0x1000 + _serial)
        .not_valid_before(span[0])
        .not_valid_after(span[1])
    )
    for part in ("bc", "ku", "eku"):
        if profile[part]:
            builder = builder.add_extension(*profile[part])
    for extension, critical in profile["more"]:
        builder = builder.add_extension(extension, critical)
    if isinstance(issuer_key, ed25519.Ed25519PrivateKey):
        made = builder.sign(issuer_key, None)
    elif pss:
        salted = padding.PSS(padding.MGF1(digest), digest.digest_size)
        made = builder.sign(issuer_key, digest, rsa_padding=salted)
    else:
        made = builder.sign(issuer_key, digest or hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def _header(der, at):
    """(length of the header, length of the content) of the DER value at that place."""
    first = der[at + 1]
    if first < 0x80:
        return 2, first
    count = first & 0x7F
    return 2 + count, int.from_bytes(der[at + 2 : at + 2 + count], "big")


def resign_rsa(der, issuer_key, weak):
    """The same certificate signed with SHA-1 or MD5, which `cryptography` refuses to do: openssl signs.

    sha256WithRSAEncryption, sha1WithRSAEncryption and md5WithRSAEncryption differ in the last byte of the OID only.
    """
    prefix = bytes.fromhex("06092a864886f70d0101")
    assert der.count(prefix + b"\x0b") == 2
    der = der.replace(prefix + b"\x0b", prefix + {"sha1": b"\x05", "md5": b"\x04"}[weak])
    outer, _ = _header(der, 0)
    inner, content = _header(der, outer)
    tbs = der[outer : outer + inner + content]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "key")
        pem = issuer_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with open(path, "wb") as file:
            file.write(pem)
        signature = subprocess.run(
            ["openssl", "dgst", f"-{weak}", "-sign", path], input=tbs, capture_output=True, check=True
        ).stdout
    length = issuer_key.key_size // 8
    assert len(signature) == length
    return der[:-length] + signature


def version_1(subject, private, days=36500):
    """A self-signed X.509 version 1 certificate, which has no extensions; only openssl still makes them."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "key")
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with open(path, "wb") as file:
            file.write(pem)
        text = "".join(f"/{attribute.rfc4514_attribute_name}={attribute.value}" for attribute in subject)
        request = subprocess.run(
            ["openssl", "req", "-new", "-key", path, "-subj", text], capture_output=True, check=True
        ).stdout
        return subprocess.run(
            ["openssl", "x509", "-req", "-signkey", path, "-days", str(days), "-outform", "DER"],
            input=request,
            capture_output=True,
            check=True,
        ).stdout


class Chain:
    """Certificates, leaf first, and the key of the leaf."""

    def __init__(self, certificates, private, kind):
        self.certificates = certificates
        self.private = private
        self.kind = kind

    @property
    def root(self):
        return self.certificates[-1]

    def replaced(self, certificates):
        return Chain(list(certificates), self.private, self.kind)


def make_chain(
    kind="EC-256",
    length=2,
    subject=SIGNER,
    profile=LEAF,
    cas=None,
    ca_kind="EC-256",
    span=(LEAF_FROM, LEAF_TO),
    ca_span=(CA_FROM, CA_TO),
    label="acme",
    private=None,
):
    """A chain of `length` certificates. `cas` are the profiles of the authorities, root first."""
    private = private or key(kind)
    if length == 1:
        der = certificate(subject, private.public_key(), subject, private, profile, span)
        return Chain([der], private, kind)
    cas = cas or [CA] * (length - 1)
    made = []
    issuer_name, issuer_key = None, None
    for index, one in enumerate(cas):
        own_name = ca_name(f"{label} root" if index == 0 else f"{label} intermediate {index}")
        own_key = key(ca_kind, f"{label} {index}")
        der = certificate(own_name, own_key.public_key(), issuer_name or own_name, issuer_key or own_key, one, ca_span)
        made.insert(0, der)
        issuer_name, issuer_key = own_name, own_key
    made.insert(0, certificate(subject, private.public_key(), issuer_name, issuer_key, profile, span))
    return Chain(made, private, kind)


def pem(der):
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM).decode()


def raw_pem(der):
    import base64

    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "-----BEGIN CERTIFICATE-----\n" + "\n".join(lines) + "\n-----END CERTIFICATE-----\n"
