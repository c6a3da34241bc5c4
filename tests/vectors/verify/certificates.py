"""Certificate chains that must be refused, each for one rule."""

from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU

import pki
from accepting import issue
from cases import broken, parts
from pki import CA, SIGNER, Chain, ca, leaf, make_chain, usage


def make(suite):
    def refused(what, why, chain, code, **options):
        suite.add(what, why, parts(chain, **options), broken(code))

    order(refused)
    leaves(refused)
    authorities(refused)
    issuing(refused)
    malformed(refused)


def order(refused):
    four = make_chain(length=4, label="four")
    own, low, high, root = four.certificates
    two = make_chain()
    other = make_chain(label="other")
    why = "6.1: leaf to root, complete"
    for what, certificates, code in (
        ("with its root in the middle", [own, root, low, high], "chain-gap"),
        ("with two intermediates swapped", [own, high, low, root], "chain-gap"),
        ("without an intermediate", [own, low, root], "chain-gap"),
        ("without its root", [own, low, high], "chain-root-missing"),
        ("that is only the leaf", [own], "chain-root-missing"),
        ("with the leaf twice", [own, own, low, high, root], "chain-gap"),
        ("with an intermediate twice", [own, low, low, high, root], "chain-gap"),
        ("with the root twice", [own, low, high, root, root], "chain-self-signed-below-root"),
        ("with another root after its own", [own, low, high, root, other.root], "chain-gap"),
        ("with another root for its own", [own, low, high, other.root], "chain-gap"),
        ("with a leaf after its root", [own, low, high, root, two.certificates[0]], "chain-gap"),
    ):
        refused(f"a chain {what} is refused", why, four.replaced(certificates), code)
    twin = pki.certificate(
        pki.ca_name("acme root"),
        pki.key("EC-256", "twin").public_key(),
        pki.ca_name("acme root"),
        pki.key("EC-256", "twin"),
        CA,
        (pki.CA_FROM, pki.CA_TO),
    )
    refused(
        "a root with the name of the issuer and another key is refused",
        "6.1: must be issued by chain[i+1]",
        two.replaced([two.certificates[0], twin]),
        "issuer-signature",
    )
    single = make_chain(length=1)
    refused(
        "a self-signed leaf with a root after it is refused",
        "6.1 item 3",
        single.replaced([single.certificates[0], two.root]),
        "chain-gap",
    )
    namesake = make_chain(length=1, subject=pki.ca_name("acme root"))
    refused(
        "a self-signed leaf with a root of the same name after it is refused",
        "6.1 item 3",
        namesake.replaced([namesake.certificates[0], two.root]),
        "chain-self-signed-below-root",
    )
    for what, made, code in (
        ("a leaf whose signature was changed", two, "issuer-signature"),
        ("a single self-signed leaf whose signature was changed", single, "issuer-signature"),
    ):
        changed = bytearray(made.certificates[0])
        changed[-1] ^= 1
        refused(f"{what} is refused", "6.1", made.replaced([bytes(changed), *made.certificates[1:]]), code)
    changed = bytearray(two.root)
    changed[-1] ^= 1
    refused("a root whose signature was changed is refused", "6.1 item 2", two.replaced([two.certificates[0], bytes(changed)]), "issuer-signature")


def leaves(refused):
    def case(what, why, code, length=2, kind="EC-256", **changes):
        refused(f"{what} is refused", why, make_chain(kind, length, profile=leaf(**changes)), code)

    authority = pki.constraints(True)
    case("a leaf that is an authority", "6.2 item 1", "chain-leaf-is-ca", bc=authority)
    case("a single self-signed authority", "6.1, 6.2 item 1", "chain-leaf-is-ca", length=1, bc=authority, ku=(usage("digital_signature", "key_cert_sign"), True))
    two = make_chain()
    refused(
        "a root that signs an envelope itself is refused",
        "6.2 item 1",
        Chain([two.root], pki.key("EC-256", "acme 0"), "EC-256"),
        "chain-leaf-is-ca",
    )
    four = make_chain(length=4, label="four")
    refused(
        "an intermediate that signs an envelope is refused",
        "6.2 item 1",
        Chain(four.certificates[1:], pki.key("EC-256", "four 2"), "EC-256"),
        "chain-leaf-is-ca",
    )
    for length, what in ((2, "a leaf"), (1, "a single leaf")):
        case(f"{what} without key usage", "6.2 item 2", "chain-key-usage-missing", length, ku=None)
        case(f"{what} with key usage that is not critical", "6.2 item 2", "chain-key-usage-not-critical", length, ku=(usage("digital_signature"), False))
    case("a leaf that may only commit to content", "6.2 item 3", "chain-key-usage-lacks", ku=(usage("content_commitment"), True))
    case("a leaf that may only sign certificates", "6.2 item 3", "chain-key-usage-lacks", ku=(usage("key_cert_sign"), True))
    for flag in pki.FLAGS[2:]:
        more = ["key_agreement"] if flag in ("encipher_only", "decipher_only") else []
        case(f"a leaf whose key usage has {flag}", "6.2 item 4", "chain-key-usage-forbidden", ku=(usage("digital_signature", flag, *more), True))
    for what, oid in {
        "server authentication": EKU.SERVER_AUTH,
        "client authentication": EKU.CLIENT_AUTH,
        "e-mail protection": EKU.EMAIL_PROTECTION,
        "time stamping": EKU.TIME_STAMPING,
        "OCSP signing": EKU.OCSP_SIGNING,
        "any purpose": EKU.ANY_EXTENDED_KEY_USAGE,
    }.items():
        case(f"a leaf for {what}", "6.2 item 5: the union of specification and notation", "chain-extended-key-usage", eku=pki.purposes(oid))
    case("a leaf for code signing and server authentication", "6.2 item 5", "chain-extended-key-usage", eku=pki.purposes(EKU.CODE_SIGNING, EKU.SERVER_AUTH))
    for kind, code in (
        ("RSA-1024", "key-modulus-length"),
        ("RSA-2047", "key-modulus-length"),
        ("RSA-2056", "key-modulus-length"),
        ("EC-224", "key-curve"),
        ("EC-256K", "key-curve"),
        ("Ed25519", "key-algorithm"),
        ("DSA", "key-algorithm"),
    ):
        case(f"a leaf with a key {kind}", "0.2, 6.2 item 6: six keys", code, kind=kind)


def authorities(refused):
    def case(what, why, code, cas):
        refused(f"{what} is refused", why, make_chain(length=len(cas) + 1, cas=cas), code)

    end = ca(bc=pki.constraints(False))
    no_authority = "chain-not-ca"
    for name, where in (("a root", lambda one: [one, CA]), ("an intermediate", lambda one: [CA, one])):
        case(f"{name} without basic constraints", "6.1, 6.3 item 1", no_authority, where(ca(bc=None)))
        case(f"{name} that is no authority", "6.1, 6.3 item 1", no_authority, where(end))
        case(f"{name} with basic constraints that are not critical", "6.3 item 1: the specification requires it", "chain-basic-constraints-not-critical", where(ca(bc=pki.constraints(True, critical=False))))
        case(f"{name} without key usage", "6.3 item 3", "chain-key-usage-missing", where(ca(ku=None)))
        case(f"{name} with key usage that is not critical", "6.3 item 3", "chain-key-usage-not-critical", where(ca(ku=(usage("key_cert_sign"), False))))
        case(f"{name} that may not sign certificates", "6.1, 6.3 item 3", "chain-key-usage-lacks", where(ca(ku=(usage("digital_signature", "crl_sign"), True))))
    limit = lambda length: ca(bc=pki.constraints(True, length))
    case("a root with path length 0 above an intermediate", "6.3 item 2", "chain-path-length", [limit(0), CA])
    case("a root with path length 1 above two intermediates", "6.3 item 2", "chain-path-length", [limit(1), CA, CA])
    case("an intermediate with path length 0 above another", "6.3 item 2", "chain-path-length", [CA, limit(0), CA])
    root = pki.key("EC-256", "version 1")
    subject = pki.ca_name("version 1")
    own = pki.certificate(SIGNER, pki.key("EC-256").public_key(), subject, root, pki.LEAF)
    refused(
        "a root of version 1 is refused",
        "6.3 item 1: basic constraints must be there",
        Chain([own, pki.version_1(subject, root)], pki.key("EC-256"), "EC-256"),
        "chain-not-ca",
    )


def issuing(refused):
    why = "6.1: SHA-1 and MD5 signatures rejected; 16 quirk 22: also of a single leaf"
    for weak in ("sha1", "md5"):
        signer = pki.key("RSA-2048", "issuer RSA-2048")
        strong = issue(pki.ca_name("weak"), SIGNER, issuer_kind="RSA-2048")
        own, root = strong.certificates
        code = "issuer-signature-insecure-hash"
        refused(f"a leaf signed with {weak} is refused", why, strong.replaced([pki.resign_rsa(own, signer, weak), root]), code)
        refused(f"a root signed with {weak} is refused", why, strong.replaced([own, pki.resign_rsa(root, signer, weak)]), code)
        single = make_chain("RSA-2048", 1)
        refused(f"a single leaf signed with {weak} is refused", why, single.replaced([pki.resign_rsa(single.certificates[0], single.private, weak)]), code)
    why = "6.3: the specification says 2048 or higher"
    refused("an issuer with an RSA key of 1024 bits is refused", why, issue(pki.ca_name("short"), SIGNER, issuer_kind="RSA-1024"), "issuer-modulus-length")
    refused("an issuer with an EC key on P-224 is refused", "0.2, 6.3", issue(pki.ca_name("p-224"), SIGNER, issuer_kind="EC-224"), "issuer-key")
    refused("a leaf signed over SHA-224 is refused", "6.1", issue(pki.ca_name("sha-224"), SIGNER, digest=hashes.SHA224()), "issuer-signature-algorithm")
    rsa, ecdsa = issue(pki.ca_name("kind"), SIGNER, issuer_kind="RSA-2048"), issue(pki.ca_name("kind"), SIGNER)
    refused(
        "a leaf signed with RSA under an issuer with an EC key is refused",
        "6.1",
        rsa.replaced([rsa.certificates[0], ecdsa.root]),
        "issuer-key-kind",
    )


def malformed(refused):
    def case(what, oid, der, code="certificate-malformed-extension", critical=False):
        refused(
            f"a leaf with {what} is refused",
            "11.1, 6.2: what decides must be readable",
            make_chain(profile=leaf(more=[pki.raw_extension(oid, der, critical)])),
            code,
        )

    case("basic constraints that are not DER", "2.5.29.19", b"\x30\x03\x01\x01")
    case("basic constraints whose boolean is 1", "2.5.29.19", b"\x30\x03\x01\x01\x01")
    case("extended key usage that is empty", "2.5.29.37", b"\x30\x00")
    case("authority information access that is not DER", "1.3.6.1.5.5.7.1.1", b"\x04\x00")
    case("CRL distribution points that are not DER", "2.5.29.31", b"\x30\x02\x05\x00")
    case("bytes after its CRL distribution points", "2.5.29.31", b"\x30\x00\x00")
    # What no rule reads, and Go parses.
    case("a subject key identifier that is none", "2.5.29.14", b"\x05\x00")
    case("a subject key identifier that is critical", "2.5.29.14", b"\x04\x01\x01", critical=True)
    case("an authority key identifier that is none", "2.5.29.35", b"\x04\x01\x01")
    case("an authority key identifier that is critical", "2.5.29.35", b"\x30\x03\x80\x01\x01", critical=True)
    case("certificate policies that are not DER", "2.5.29.32", b"\x30\x02\x05\x00")
    case("a certificate policy twice", "2.5.29.32", b"\x30\x0c" + 2 * b"\x30\x04\x06\x02\x2a\x03")
    case("an alternative name that is no ASCII", "2.5.29.17", b"\x30\x03\x82\x01\xe9")
    case("an alternative name with an address of three bytes", "2.5.29.17", b"\x30\x05\x87\x03\x01\x02\x03")
    case("name constraints that are empty", "2.5.29.30", b"\x30\x00", critical=True)
    case("an authority information access that is critical", "1.3.6.1.5.5.7.1.1", b"\x30\x00", critical=True)
    for what, der in (("one", b"\x03\x02\x07\x81"), ("three", b"\x03\x02\x03\x87"), ("none of nothing", b"\x03\x01\x07")):
        refused(
            f"a leaf whose key usage has unused bits that are not zero, {what}, is refused",
            "X.690 section 11.2.1",
            make_chain(profile=leaf(ku=pki.raw_extension("2.5.29.15", der, True))),
            "certificate-malformed-extension",
        )
    urls = [f"http://crl.example/{index}" for index in range(17)]
    refused(
        "a leaf with 17 revocation pointers is refused",
        "cap of this implementation",
        make_chain(profile=leaf(more=[pki.crl(*urls)])),
        "certificate-revocation-pointers",
    )
    # The builder refuses to write an extension twice: patch the type of the second.
    twice = make_chain(profile=leaf(more=[pki.raw_extension("2.5.29.16", b"\x05\x00"), pki.raw_extension("2.5.29.32", b"\x05\x00")]))
    der = twice.certificates[0]
    assert der.count(bytes.fromhex("0603551d20")) == 1
    refused(
        "a leaf with an extension twice is refused",
        "RFC 5280 4.2",
        twice.replaced([der.replace(bytes.fromhex("0603551d20"), bytes.fromhex("0603551d10")), twice.root]),
        "certificate-duplicate-extension",
    )
    two = make_chain()
    der = two.certificates[0]
    inside = bytes.fromhex("06082a8648ce3d040302")
    assert der.count(inside) == 2
    at = der.rindex(inside)
    refused(
        "a leaf whose two signature algorithms differ is refused",
        "RFC 5280 4.1.1.2",
        two.replaced([der[:at] + inside[:-1] + b"\x03" + der[at + len(inside) :], two.root]),
        "certificate-signature-algorithm-differs",
    )
    # 2-byte bit string with a compressed point cannot be written by the builder either; the point's first byte can.
    point = pki.key("EC-256").public_key().public_numbers()
    head = b"\x04" + point.x.to_bytes(32, "big")
    assert der.count(head) == 1
    refused(
        "a leaf whose point is of a hybrid form is refused",
        "0.2, RFC 5480 2.2",
        two.replaced([der.replace(head, b"\x06" + head[1:]), two.root]),
        "key-point",
    )


