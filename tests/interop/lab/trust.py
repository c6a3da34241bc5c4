"""Trust stores and trust policies, written as notation documents them, not by sealgate."""

import json
import shutil


def statement(roots, identities, scopes=("*",), level="strict", name="interop", kind="ca", **verification):
    """One statement of a trust policy. `roots` are names of stores of a type."""
    return {
        "name": name,
        "registryScopes": list(scopes),
        "signatureVerification": {"level": level, **verification},
        "trustStores": [f"{kind}:{root}" for root in roots],
        "trustedIdentities": list(identities),
    }


def write_policy(folder, *statements):
    """notation v1.3 reads this name only; sealgate reads it too."""
    path = folder / "trustpolicy.json"
    path.write_text(json.dumps({"version": "1.0", "trustPolicies": list(statements)}, indent=2))
    return path


def add_root(folder, store, certificate, kind="ca"):
    """Puts a certificate file into a named store of a type."""
    target = folder / "truststore" / "x509" / kind / store
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(certificate, target / certificate.name)


def trust(folder, *signers, identities=None, **options):
    """Makes notation's folder trust these signers, and only them."""
    for signer in signers:
        add_root(folder, "interop", signer.root)
    write_policy(folder, statement(["interop"], identities or [signer.identity for signer in signers], **options))
    return folder
