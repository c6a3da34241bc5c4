#!/usr/bin/env python3
"""Makes the vectors for the verification core. See README.md.

Nothing of the project takes part: certificates and signatures come from the `cryptography` package and openssl,
envelopes and policies are written by hand, and every expectation is decided by the reference that `why` names.
"""

import json
import os
import sys

from cases import Suite
import accepting
import aws
import certificates
import envelope
import trust

HERE = os.path.dirname(os.path.abspath(__file__))


FILES = {
    "accepting": accepting.make,
    "envelope": envelope.make_envelopes,
    "signature": envelope.make_signatures,
    "header": envelope.make_headers,
    "payload": envelope.make_payloads,
    "certificate": certificates.make,
    "trust": trust.make,
    "aws-attributes": aws.make_attributes,
    "aws-plugin": aws.make_plugins,
    "aws-alias": aws.make_aliases,
    "aws-trust": aws.make_trust,
    "aws-revocation": aws.make_revocation,
}


def main():
    """Makes the files that are named on the command line, or all."""
    seen = set()
    chosen = sys.argv[1:] or list(FILES)
    for file_name in chosen:
        module = FILES[file_name]
        suite = Suite()
        module(suite)
        for case in suite.cases:
            assert case["name"] not in seen, case["name"]
            seen.add(case["name"])
        path = os.path.join(HERE, file_name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(suite.cases, file, indent=1, ensure_ascii=True)
            file.write("\n")
        size = os.path.getsize(path)
        assert size < 1 << 20, (path, size)
        print(file_name, len(suite.cases), "cases,", size, "bytes")


if __name__ == "__main__":
    main()
