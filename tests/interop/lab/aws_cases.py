"""What is asked about a signature of AWS Signer, and what both verifiers must answer. Each case breaks one thing."""

from .aws_case import (
    another_root,
    another_root_in_store,
    answers,
    everyone,
    everyone_and_profile,
    its_version,
    move_to_another_image,
    new_version,
    newer_version,
    other_account,
    other_case,
    other_case_of_version,
    other_profile,
    other_region,
    other_service,
    refused,
    revoke_certificate,
    revoke_job,
    revoke_version,
    revoke_version_from_later_on,
    several,
    stricter,
    subject,
    subject_and_profile,
    trailing_slash,
    trailing_slash_and_profile,
    verified,
    warned,
)

EXACT = "two profiles whose names differ in case are two profiles of AWS; the plugin compares without case"
ONE_MEANING = "a document that can be read in two ways is not read; notation takes the last of two"
NO_LIST = "an answer without a list of what is revoked says nothing; the plugin takes it for an empty list"
FUTURE = "no authority saw a time that is still to come; notation does not look"
JOB_ELSEWHERE = "a profile has no jobs in another region; the plugin does not compare"
FOREIGN = "an envelope that names AWS's plugin under another root is not what it says, at any level"
POLICY_IS_READ = "an entry that can never match is an error of the policy; the plugin passes over it"

CASES = [
    # Accepted by both.
    verified("trusted", "a signature of the trusted profile", tools_sign=True),
    verified("trusted-version", "the policy names the profile version", tools_sign=True, identities=its_version),
    verified("trusted-among-others", "the policy names two profiles", identities=several),
    verified(
        "user-metadata",
        "annotations are signed too",
        tools_sign=True,
        sign_flags=("--user-metadata", "commit=4f2a", "--user-metadata", "io.example/run=7"),
    ),
    verified("eu-region", "signed in another region", tools_sign=True, region="eu-west-1"),
    verified("later-version", "the profile has a newer version", after=new_version),
    verified(
        "revoked-from-later-on",
        "the profile version is revoked, from a time after this signature",
        after=revoke_version_from_later_on,
    ),
    verified("attributes-not-critical", "AWS's two attributes are not critical", style={"aws-attributes-critical": False}),
    verified("header-sorted", "the header's names are sorted", style={"order": "sorted"}),
    verified("header-reversed", "the header's names are sorted backwards", style={"order": "reversed"}),
    verified("no-expiry", "the signature does not expire", change="no-expiry"),
    verified("more-annotations", "the signer added an annotation", change="more-annotations"),
    verified("job-account", "the job is of another account", change="job-account"),
    verified(
        "subject-and-profile", "the policy names a subject and the profile", identities=subject_and_profile, by_profile=False
    ),
    verified(
        "revocation-skipped",
        "the job is revoked, but the policy skips revocation",
        after=revoke_job,
        policy={"override": {"revocation": "skip"}},
    ),
    warned(
        "permissive-revoked",
        "the job is revoked, but the policy only logs it",
        after=revoke_job,
        policy={"level": "permissive"},
    ),
    warned(
        "permissive-denied",
        "nobody may ask about revocation, but the policy only logs it",
        after=answers("denied"),
        policy={"level": "permissive"},
    ),
    warned(
        "permissive-expired",
        "the signature has expired, but the policy only logs it",
        change="expired",
        policy={"level": "permissive"},
    ),
    warned(
        "audit-other-profile",
        "the policy names another profile, but only logs it",
        identities=other_profile,
        policy={"level": "audit"},
    ),
    # Levels that still refuse.
    refused(
        "permissive-other-profile",
        "the policy names another profile and is permissive",
        "authenticity: aws-profile-mismatch",
        identities=other_profile,
        policy={"level": "permissive"},
    ),
    refused(
        "audit-missing-profile",
        "the envelope names no profile; the policy audits",
        "integrity: aws-attribute-missing",
        change="missing-profile",
        policy={"level": "audit"},
    ),
    refused(
        "audit-extra-attribute",
        "a critical attribute more; the policy audits",
        "integrity: aws-other-attributes",
        change="extra-attribute",
        policy={"level": "audit"},
    ),
    stricter(
        "audit-another-root",
        "the chain has another root; the policy audits",
        "integrity: aws-chain-not-aws",
        FOREIGN,
        change="another-root",
        policy={"level": "audit"},
    ),
    # Revoked.
    refused("revoked-job", "the job is revoked", "revocation: revoked", tools_sign=True, after=revoke_job),
    refused(
        "revoked-profile-version",
        "the profile version is revoked",
        "revocation: revoked",
        tools_sign=True,
        after=revoke_version,
    ),
    refused(
        "revoked-leaf",
        "the leaf certificate is revoked",
        "revocation: revoked",
        tools_sign=True,
        region="eu-west-2",
        after=revoke_certificate(0),
    ),
    refused(
        "revoked-regional-ca",
        "the regional authority is revoked",
        "revocation: revoked",
        region="eu-west-3",
        after=revoke_certificate(1),
    ),
    # Nobody says whether it is revoked.
    refused(
        "revocation-denied",
        "IAM does not let the verifier ask about revocation",
        "revocation: revocation-denied",
        code=5,
        tools_sign=True,
        after=answers("denied"),
    ),
    refused(
        "revocation-500",
        "AWS Signer fails when asked about revocation",
        "revocation: revocation-unknown",
        code=4,
        tools_sign=True,
        after=answers("internal-error"),
    ),
    refused(
        "revocation-throttled",
        "AWS Signer is asked too often",
        "revocation: revocation-unknown",
        code=4,
        after=answers("throttle"),
    ),
    refused(
        "revocation-expired-token",
        "the verifier's session is over",
        "revocation: revocation-denied",
        code=5,
        after=answers("expired-token"),
    ),
    refused(
        "revocation-not-json",
        "the answer about revocation is a page of HTML",
        "revocation: revocation-malformed",
        after=answers("not-json"),
    ),
    refused(
        "revocation-truncated",
        "the answer about revocation is half of its JSON",
        "revocation: revocation-malformed",
        after=answers("truncated-json"),
    ),
    refused(
        "revocation-cut-off",
        "the connection ends within the answer about revocation",
        "revocation: revocation-unknown",
        code=4,
        after=answers("cut-off"),
    ),
    refused(
        "revocation-unknown-shape",
        "the list in the answer about revocation is an object",
        "revocation: revocation-malformed",
        after=answers("unknown-shape"),
    ),
    stricter(
        "revocation-empty-object",
        "the answer about revocation is {}",
        "revocation: revocation-malformed",
        NO_LIST,
        tools_sign=True,
        after=answers("empty-object"),
    ),
    # Another signer than the trusted one.
    refused(
        "other-profile",
        "the policy names another profile",
        "authenticity: aws-profile-mismatch",
        tools_sign=True,
        identities=other_profile,
    ),
    refused(
        "other-version",
        "the policy names another version of the profile",
        "authenticity: aws-profile-mismatch",
        tools_sign=True,
        after=new_version,
        identities=newer_version,
    ),
    refused(
        "other-account",
        "the policy names a profile of another account",
        "authenticity: aws-profile-mismatch",
        identities=other_account,
    ),
    refused(
        "other-region",
        "the policy names a profile of another region",
        "authenticity: aws-profile-mismatch",
        identities=other_region,
    ),
    stricter(
        "other-case",
        "the policy's profile differs in case",
        "authenticity: aws-profile-mismatch",
        EXACT,
        tools_sign=True,
        identities=other_case,
    ),
    stricter(
        "other-case-of-version",
        "the policy's profile version differs in case",
        "authenticity: aws-profile-mismatch",
        EXACT,
        identities=other_case_of_version,
    ),
    refused(
        "everyone",
        "the policy trusts everyone (*)",
        "authenticity: aws-no-profile-trusted",
        identities=everyone,
        by_profile=False,
    ),
    refused(
        "everyone-and-profile",
        "the policy trusts everyone (*) and the profile",
        "none: trust-policy",
        code=3,
        identities=everyone_and_profile,
        by_profile=False,
    ),
    refused(
        "subject",
        "the policy trusts the leaf's subject",
        "authenticity: aws-no-profile-trusted",
        identities=subject,
        by_profile=False,
    ),
    refused(
        "trailing-slash",
        "the policy's profile ends with a slash",
        "none: trust-policy",
        code=3,
        identities=trailing_slash,
        by_profile=False,
    ),
    stricter(
        "trailing-slash-beside",
        "the policy's first profile ends with a slash, the second is the one",
        "none: trust-policy",
        POLICY_IS_READ,
        code=3,
        identities=trailing_slash_and_profile,
        by_profile=False,
    ),
    refused(
        "other-service",
        "the policy's profile is of another service",
        "authenticity: aws-no-profile-trusted",
        identities=other_service,
        by_profile=False,
    ),
    refused(
        "wrong-root", "the trust store has another root", "integrity: aws-chain-not-aws", tools_sign=True, after=another_root
    ),
    refused(
        "wrong-root-in-store",
        "the trust store has another root than AWS Signer",
        "authenticity: chain-not-trusted",
        after=another_root_in_store,
        by_profile=False,
    ),
    refused(
        "another-root",
        "the chain has the names of AWS's under another root",
        "integrity: aws-chain-not-aws",
        change="another-root",
    ),
    refused(
        "store-type-ca",
        "the root is in a store of type ca",
        "authenticity: no-trust-store-of-type",
        policy={"store_type": "ca"},
    ),
    # Another image, another time.
    refused(
        "image-changed",
        "the signature is moved to another image",
        "integrity: target-artifact-mismatch",
        tools_sign=True,
        after=move_to_another_image,
    ),
    refused("expired", "the signature has expired", "expiry: signature-expired", change="expired"),
    refused(
        "before-leaf", "signed before the leaf was valid", "authentic-timestamp: chain-not-yet-valid", change="before-leaf"
    ),
    stricter(
        "future-time", "signed an hour from now", "authentic-timestamp: signed-in-future", FUTURE, change="future-time"
    ),
    # Another envelope than AWS's.
    refused(
        "another-payload", "the payload is of another image", "integrity: target-artifact-mismatch", change="another-payload"
    ),
    stricter(
        "duplicate-target",
        "the payload has targetArtifact twice",
        "integrity: payload-json",
        ONE_MEANING,
        change="duplicate-target",
    ),
    stricter(
        "duplicate-attribute",
        "the header has the profile twice",
        "integrity: header-json",
        ONE_MEANING,
        change="duplicate-attribute",
    ),
    refused("another-profile", "signed by another profile", "authenticity: aws-profile-mismatch", change="another-profile"),
    refused(
        "another-account",
        "signed by a profile of another account",
        "authenticity: aws-profile-mismatch",
        change="another-account",
    ),
    stricter(
        "another-case",
        "the profile that signed differs in case",
        "authenticity: aws-profile-mismatch",
        EXACT,
        change="another-case",
    ),
    refused(
        "another-partition",
        "the ARNs are of another partition",
        "authenticity: aws-profile-mismatch",
        change="another-partition",
    ),
    refused(
        "partition-chain", "the chain is of another partition", "integrity: aws-chain-not-aws", change="partition-chain"
    ),
    stricter(
        "job-region",
        "the job is of another region than the profile",
        "integrity: aws-job-elsewhere",
        JOB_ELSEWHERE,
        change="job-region",
    ),
    refused("extra-attribute", "a critical attribute more", "integrity: aws-other-attributes", change="extra-attribute"),
    refused(
        "extra-uncritical-attribute",
        "an attribute more that is not critical",
        "integrity: aws-other-attributes",
        change="extra-uncritical-attribute",
    ),
    refused("wrong-scheme", "the scheme is notary.x509", "integrity: aws-signing-scheme", change="wrong-scheme"),
    refused("missing-plugin", "the envelope names no plugin", "integrity: aws-plugin-missing", change="missing-plugin"),
    refused("another-plugin", "the envelope names another plugin", "integrity: aws-plugin-name", change="another-plugin"),
    refused(
        "missing-profile", "the envelope names no profile", "integrity: aws-attribute-missing", change="missing-profile"
    ),
    refused("missing-job", "the envelope names no job", "integrity: aws-attribute-missing", change="missing-job"),
    refused(
        "broken-signature", "one bit of the signature is wrong", "integrity: signature-mismatch", change="broken-signature"
    ),
    refused("not-an-envelope", "the envelope is a text", "integrity: envelope-json", change="not-an-envelope"),
]
