"""Keys and certificate chains as the Notary Project asks for, made by Python's cryptography (OpenSSL), not by sealgate."""

import datetime
import functools
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_TYPES = ("rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384", "ec-p521")
CHAIN_LENGTHS = (1, 2, 4)
ORGANIZATION = "Sealgate Tests"

CURVES = {"ec-p256": ec.SECP256R1, "ec-p384": ec.SECP384R1, "ec-p521": ec.SECP521R1}
# The hash that goes with a key: Notary Project signature specification, algorithm selection.
HASHES = {
    "rsa-2048": hashes.SHA256,
    "rsa-3072": hashes.SHA384,
    "rsa-4096": hashes.SHA512,
    "ec-p256": hashes.SHA256,
    "ec-p384": hashes.SHA384,
    "ec-p521": hashes.SHA512,
}


def new_key(key_type):
    """A fresh key."""
    if key_type in CURVES:
        return ec.generate_private_key(CURVES[key_type]())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(key_type.removeprefix("rsa-")))


def subject(common_name):
    """A name with the three attributes that a trusted identity must have."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "WA"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def usage(**bits):
    """A KeyUsage extension with these bits and no other."""
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    ).split()
    return x509.KeyUsage(**{name: bits.get(name, False) for name in names})


@dataclass(frozen=True)
class Issuer:
    """A certificate and the key that signs with it."""

    certificate: x509.Certificate
    key: object
    key_type: str


def issue(name, key, key_type, issuer, extensions, not_after=None):
    """A certificate; issued by itself where `issuer` is None. `extensions` are pairs of extension and critical."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    signer = issuer or Issuer(None, key, key_type)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(not_after or now + datetime.timedelta(days=3650))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer.key, HASHES[signer.key_type]())


def issue_authority(common_name, issuer=None, path_length=None, key_type="ec-p256", not_after=None):
    """A CA certificate."""
    key = new_key(key_type)
    extensions = [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (usage(key_cert_sign=True, crl_sign=True), True),
        # What careful TLS clients look for in an authority; signing chains may have it too.
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]
    return Issuer(issue(subject(common_name), key, key_type, issuer, extensions, not_after), key, key_type)


def issue_signer(common_name, key_type, issuer=None, not_after=None, key=None):
    """A code-signing certificate, of a fresh key where none is given; self-signed where `issuer` is None."""
    key = key or new_key(key_type)
    extensions = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
    ]
    return Issuer(issue(subject(common_name), key, key_type, issuer, extensions, not_after), key, key_type)


def pem(*certificates):
    """The certificates as one PEM text."""
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates).decode()


def key_pem(key):
    """A private key as PKCS#8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@dataclass(frozen=True)
class Signer:
    """A signing key with its chain, on disk as both tools take it."""

    name: str
    key: Path
    chain: Path
    root: Path

    @property
    def identity(self):
        """The trusted identity of a trust policy that names exactly this signer."""
        return f"x509.subject: C=US, ST=WA, O={ORGANIZATION}, CN={self.name}"


@functools.cache
def chain(name, key_type, length, not_after=None):
    """Certificates, leaf first, and the key of the leaf: one self-signed certificate, or a leaf below authorities."""
    issuers = []
    for depth in range(length - 1):
        above = issuers[-1] if issuers else None
        # The deeper an authority, the shorter the chain that it may still have below.
        issuers.append(issue_authority(f"{name} CA {depth}", above, path_length=length - 2 - depth, not_after=not_after))
    leaf = issue_signer(name, key_type, issuers[-1] if issuers else None, not_after)
    return [leaf.certificate] + [one.certificate for one in reversed(issuers)], leaf.key


def write_signer(folder, name, key_type="ec-p256", length=2, not_after=None):
    """Makes a signer and writes `NAME.key`, `NAME.crt` (chain, leaf first) and `NAME-ca.crt` (the root)."""
    certificates, key = chain(name, key_type, length, not_after)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    signer = Signer(name, folder / f"{name}.key", folder / f"{name}.crt", folder / f"{name}-ca.crt")
    signer.key.write_text(key_pem(key))
    signer.key.chmod(0o600)
    signer.chain.write_text(pem(*certificates))
    signer.root.write_text(pem(certificates[-1]))
    return signer


def write_team(folder, *names, shared_key=False):
    """Signers under one root; with one key for all of them, if that is asked for."""
    authority = issue_authority("team CA", path_length=0)
    folder = Path(folder)
    folder.mkdir(parents=True)
    root, key, team = folder / "team-ca.crt", None, []
    root.write_text(pem(authority.certificate))
    for name in names:
        leaf = issue_signer(name, "ec-p256", authority, key=key)
        key = leaf.key if shared_key else None
        signer = Signer(name, folder / f"{name}.key", folder / f"{name}.crt", root)
        signer.key.write_text(key_pem(leaf.key))
        signer.key.chmod(0o600)
        signer.chain.write_text(pem(leaf.certificate, authority.certificate))
        team.append(signer)
    return team


def issue_server(host, key, key_type, issuer):
    """A certificate for a TLS server: a host name, or `localhost` with its address."""
    import ipaddress

    names = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    extensions = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(names), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False),
    ]
    # A common name has at most 64 characters, and clients read the other names only.
    return issue(subject("Test TLS server"), key, key_type, issuer, extensions)


def write_server_certificate(folder):
    """A CA and a certificate for `localhost` and 127.0.0.1; returns the paths of CA, certificate and key."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    authority = issue_authority("Test TLS CA", path_length=0)
    key = new_key("ec-p256")
    certificate = issue_server("localhost", key, "ec-p256", authority)
    (folder / "ca.crt").write_text(pem(authority.certificate))
    (folder / "tls.crt").write_text(pem(certificate))
    (folder / "tls.key").write_text(key_pem(key))
    return folder / "ca.crt", folder / "tls.crt", folder / "tls.key"
