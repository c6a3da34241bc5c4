#!/usr/bin/env python3
"""Makes the vectors for the verification core. See README.md.

Nothing of the project takes part: certificates and signatures come from the `cryptography` package and openssl,
envelopes and policies are written by hand, and every expectation is decided by the reference that `why` names.
"""

import json
import os

from cases import Suite
import accepting
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
}


def main():
    seen = set()
    for file_name, module in FILES.items():
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
