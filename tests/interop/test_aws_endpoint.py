"""boto3 and the AWS CLI against the endpoint that stands in for AWS: what AWS's own clients take for AWS may test sealgate.

The envelope is taken apart with Python's `cryptography`, which knows nothing of how it was made.
"""

import base64
import calendar
import datetime
import hashlib
import json
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from lab import aws
from lab.aws import ACCESS_KEY, ACCOUNT, CLI, PROFILE, REGION, SECRET
from lab.process import ROOT, end_group, run, start

PLATFORM = "Notation-OCI-SHA384-ECDSA"
PAYLOAD_FORMAT = "application/vnd.cncf.notary.payload.v1+json"
PAYLOAD = json.dumps(
    {"targetArtifact": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": f"sha256:{'a' * 64}", "size": 7}}
).encode()


def sign(signer, **changed):
    wanted = {"profileName": PROFILE, "profileOwner": ACCOUNT, "payload": PAYLOAD, "payloadFormat": PAYLOAD_FORMAT}
    return signer.sign_payload(**(wanted | changed))


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Envelope:
    """A JWS in its flattened JSON form."""

    def __init__(self, text):
        fields = json.loads(text)
        assert set(fields) == {"payload", "protected", "header", "signature"}
        assert set(fields["header"]) == {"x5c"}
        self.message = f"{fields['protected']}.{fields['payload']}".encode()
        self.payload = unpadded(fields["payload"])
        self.header = json.loads(unpadded(fields["protected"]))
        self.signature = unpadded(fields["signature"])
        self.chain = [x509.load_der_x509_certificate(base64.b64decode(der, validate=True)) for der in fields["header"]["x5c"]]

    def verify(self):
        assert len(self.signature) == 96
        r, s = (int.from_bytes(part, "big") for part in (self.signature[:48], self.signature[48:]))
        key = self.chain[0].public_key()
        assert isinstance(key.curve, ec.SECP384R1)
        key.verify(utils.encode_dss_signature(r, s), self.message, ec.ECDSA(hashes.SHA384()))

    def time(self, name):
        return datetime.datetime.fromisoformat(self.header[f"io.cncf.notary.{name}"])

    @property
    def job(self):
        return self.header["com.amazonaws.signer.signingJob"]

    @property
    def version(self):
        return self.header["com.amazonaws.signer.signingProfileVersion"]

    def revocation_query(self):
        """The recipe of AWS's documentation, with the bytes that `cryptography` takes for the TBSCertificate."""
        digests = [hashlib.sha384(one.tbs_certificate_bytes).hexdigest() for one in self.chain]
        return {
            "signatureTimestamp": self.time("authenticSigningTime"),
            "platformId": PLATFORM,
            "profileVersionArn": self.version,
            "jobArn": self.job,
            "certificateHashes": [one + above for one, above in zip(digests, digests[1:] + digests[-1:], strict=True)],
        }


def refused(call, code, status):
    """The call fails with this error; returns its text."""
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert re.fullmatch(r"[0-9a-f-]{36}", answer["ResponseMetadata"]["RequestId"])
    return answer["Error"].get("Message") or answer.get("message")


# --- the envelope -----------------------------------------------------------------------------------------------------


def test_the_envelope_is_what_aws_signer_returns(aws_endpoint):
    answer = sign(aws_endpoint.client("signer"))
    envelope = Envelope(answer["signature"])
    envelope.verify()
    envelope.message += b"x"
    with pytest.raises(InvalidSignature):
        envelope.verify()
    assert envelope.payload == PAYLOAD
    header = envelope.header
    assert (header["alg"], header["cty"]) == ("ES384", PAYLOAD_FORMAT)
    assert header["io.cncf.notary.signingScheme"] == "notary.x509.signingAuthority"
    assert header["io.cncf.notary.verificationPlugin"] == "com.amazonaws.signer.notation.plugin"
    assert "io.cncf.notary.signingTime" not in header
    assert set(header["crit"]) == set(header) - {"alg", "cty", "crit"}
    assert envelope.version.rsplit("/", 1)[0] == aws_endpoint.profile
    assert envelope.job == f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-jobs/{answer['jobId']}"
    assert answer["jobOwner"] == ACCOUNT
    signed, expiry = envelope.time("authenticSigningTime"), envelope.time("expiry")
    assert abs(signed - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=1)
    months = signed.year * 12 + signed.month - 1 + 135
    year, month = months // 12, months % 12 + 1
    assert expiry == signed.replace(year=year, month=month, day=min(signed.day, calendar.monthrange(year, month)[1]))


def test_the_chain_has_the_shape_of_aws_chain(aws_endpoint):
    envelope = Envelope(sign(aws_endpoint.client("signer"))["signature"])
    leaf, regional, intermediate, root = envelope.chain
    for certificate, issuer in zip(envelope.chain, envelope.chain[1:] + [root], strict=True):
        certificate.verify_directly_issued_by(issuer)
    assert root == x509.load_pem_x509_certificate(aws_endpoint.root_file.read_bytes())
    names = [one.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value for one in envelope.chain]
    assert names == [
        "AWS Signer",
        f"AWS Signer {REGION} Code Signing CA G1",
        "AWS Signer Code Signing Int CA G1",
        "AWS Signer Code Signing Root CA G1",
    ]
    assert leaf.subject.rfc4514_string() == "CN=AWS Signer,OU=AWS Cryptography,O=AWS,L=Seattle,ST=WA,C=US"
    real = x509.load_pem_x509_certificate((ROOT / "tests/vectors/aws-signer/aws-signer-root-commercial-g1.pem").read_bytes())
    # The same name, the same extensions, and not the same certificate.
    assert root.subject == real.subject and root.subject.rfc4514_string() == real.subject.rfc4514_string()
    shapes = [{(one.oid, one.critical) for one in certificate.extensions} for certificate in (root, real)]
    assert shapes[0] == shapes[1]
    assert root.fingerprint(hashes.SHA256()) != real.fingerprint(hashes.SHA256())
    signed = envelope.time("authenticSigningTime")
    assert all(one.not_valid_before_utc <= signed <= one.not_valid_after_utc for one in envelope.chain)
    lifetimes = [(one.not_valid_after_utc - one.not_valid_before_utc).days for one in envelope.chain]
    assert lifetimes == [7, 365, 5 * 365, 36525]
    assert not leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert x509.ExtendedKeyUsageOID.CODE_SIGNING in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value


# --- boto3 ------------------------------------------------------------------------------------------------------------


def test_boto3_calls_every_operation_of_signer(aws_endpoint):
    signer = aws_endpoint.client("signer")
    made = signer.put_signing_profile(
        profileName="team", platformId=PLATFORM, signatureValidityPeriod={"value": 3, "type": "YEARS"}, tags={"a": "b"}
    )
    assert made["profileVersionArn"] == f"{made['arn']}/{made['profileVersion']}"
    shown = signer.get_signing_profile(profileName="team")
    assert (shown["status"], shown["platformDisplayName"]) == ("Active", "Notation for container registries")
    assert shown["signatureValidityPeriod"] == {"value": 3, "type": "YEARS"}
    assert {one["profileName"] for one in signer.list_signing_profiles()["profiles"]} == {PROFILE, "team"}
    answer = sign(signer, profileName="team")
    job = signer.describe_signing_job(jobId=answer["jobId"])
    assert (job["status"], job["profileVersion"]) == ("Succeeded", made["profileVersion"])
    assert job["requestedBy"] == f"arn:aws:iam::{ACCOUNT}:user/tester"
    expiry = Envelope(answer["signature"]).time("expiry")
    assert job["signatureExpiresAt"].replace(microsecond=0) == expiry
    assert [one["jobId"] for one in signer.list_signing_jobs(isRevoked=False)["jobs"]] == [answer["jobId"]]
    assert signer.list_signing_jobs(signatureExpiresAfter=expiry + datetime.timedelta(days=1))["jobs"] == []

    granted = signer.add_profile_permission(
        profileName="team", action="signer:SignPayload", principal="444455556666", statementId="other"
    )
    listed = signer.list_profile_permissions(profileName="team")
    assert listed["permissions"] == [{"action": "signer:SignPayload", "principal": "444455556666", "statementId": "other"}]
    assert listed["revisionId"] == granted["revisionId"]
    signer.remove_profile_permission(profileName="team", statementId="other", revisionId=listed["revisionId"])
    assert signer.list_profile_permissions(profileName="team")["permissions"] == []

    assert signer.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"a": "b"}
    signer.tag_resource(resourceArn=made["arn"], tags={"c": "d"})
    signer.untag_resource(resourceArn=made["arn"], tagKeys=["a"])
    assert signer.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"c": "d"}
    assert PLATFORM in {one["platformId"] for one in signer.list_signing_platforms()["platforms"]}
    assert signer.get_signing_platform(platformId=PLATFORM)["displayName"] == "Notation for container registries"

    signer.revoke_signature(jobId=answer["jobId"], reason="lost")
    assert signer.describe_signing_job(jobId=answer["jobId"])["revocationRecord"]["reason"] == "lost"
    when = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    signer.revoke_signing_profile(profileName="team", profileVersion=made["profileVersion"], reason="left", effectiveTime=when)
    shown = signer.get_signing_profile(profileName="team")
    assert (shown["status"], shown["revocationRecord"]["revocationEffectiveFrom"]) == ("Revoked", when)
    signer.cancel_signing_profile(profileName="team")
    assert signer.get_signing_profile(profileName="team")["status"] == "Canceled"


def test_boto3_asks_for_revocations(aws_endpoint):
    signer, data = aws_endpoint.client("signer"), aws_endpoint.client("signer-data")
    envelope = Envelope(sign(signer)["signature"])
    query = envelope.revocation_query()
    assert data.get_revocation_status(**query)["revokedEntities"] == []
    # The older service has the same operation, once boto3 is told not to put `data-` before an address.
    older = aws_endpoint.client("signer", inject_host_prefix=False)
    assert older.get_revocation_status(**query)["revokedEntities"] == []
    assert data.get_revocation_status(**query | {"certificateHashes": sorted(query["certificateHashes"])})["revokedEntities"] == []
    signer.revoke_signature(jobId=envelope.job.rsplit("/", 1)[1], reason="lost")
    assert data.get_revocation_status(**query)["revokedEntities"] == [envelope.job]
    name, version = envelope.version.rsplit("/", 2)[1:]
    signer.revoke_signing_profile(
        profileName=name, profileVersion=version, reason="left", effectiveTime=envelope.time("authenticSigningTime")
    )
    assert data.get_revocation_status(**query)["revokedEntities"] == [envelope.job, envelope.version]
    aws_endpoint.control("PUT", "revoked-certificate", {"region": REGION})
    assert data.get_revocation_status(**query)["revokedEntities"][2:] == query["certificateHashes"][:1]
    message = refused(lambda: data.get_revocation_status(**query | {"certificateHashes": ["a" * 192, "b" * 192]}), "ValidationException", 400)
    assert "certificateHashes" in message


@pytest.mark.parametrize("error_name", ["header", "header-with-url", "body"])
def test_boto3_knows_each_error_by_its_name(aws_endpoint, error_name):
    aws_endpoint.control("PUT", "error-name", error_name)
    signer = aws_endpoint.client("signer")
    with pytest.raises(signer.exceptions.ResourceNotFoundException):
        signer.get_signing_profile(profileName="missing")
    with pytest.raises(signer.exceptions.ValidationException):
        sign(signer, payloadFormat="application/json")
    with pytest.raises(signer.exceptions.AccessDeniedException):
        sign(signer, profileOwner="999999999999")
    for author in ("service", "iam"):
        aws_endpoint.control("PUT", "fault", {"operation": "SignPayload", "fault": "denied", "author": author, "times": 1})
        with pytest.raises(signer.exceptions.AccessDeniedException) as denied:
            sign(signer)
        assert f"is not authorized to perform: signer:SignPayload on resource: {aws_endpoint.profile}" in str(denied.value)
    for fault, exception in [("throttle", "TooManyRequestsException"), ("internal-error", "InternalServiceErrorException")]:
        aws_endpoint.control("PUT", "fault", {"operation": "SignPayload", "fault": fault, "times": 1})
        with pytest.raises(getattr(signer.exceptions, exception)):
            sign(signer)
    sign(signer)


def test_boto3_tries_again_after_throttling_errors_and_broken_connections(aws_endpoint):
    signer = aws_endpoint.client("signer", attempts=3)
    for fault in ("throttle", "internal-error", "reset"):
        aws_endpoint.control("DELETE", "requests")
        aws_endpoint.control("PUT", "fault", {"operation": "SignPayload", "fault": fault, "times": 2})
        sign(signer)
        statuses = [one["status"] for one in aws_endpoint.control("GET", "requests")["requests"]]
        assert statuses == {"throttle": [429, 429, 200], "internal-error": [500, 500, 200], "reset": [0, 0, 200]}[fault]


def test_a_wrong_secret_a_missing_token_and_a_wrong_clock_are_refused(aws_endpoint):
    identity = aws_endpoint.client("sts")
    session = identity.assume_role(RoleArn=aws_endpoint.role("github-ci"), RoleSessionName="one")["Credentials"]
    key, secret, token = session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]
    sign(aws_endpoint.client("signer", key, secret, token))
    services = [
        ("signer", lambda client: client.list_signing_jobs(), "InvalidSignatureException", "UnrecognizedClientException", 403),
        ("sts", lambda client: client.get_caller_identity(), "SignatureDoesNotMatch", "InvalidClientTokenId", 403),
        ("ecr", lambda client: client.get_authorization_token(), "InvalidSignatureException", "UnrecognizedClientException", 400),
    ]
    for service, call, signature, identity, status in services:
        refused(lambda: call(aws_endpoint.client(service, secret="wrong")), signature, status)
        refused(lambda: call(aws_endpoint.client(service, access_key="AKIDOTHER")), identity, status)
        refused(lambda: call(aws_endpoint.client(service, key, secret)), identity, status)
        refused(lambda: call(aws_endpoint.client(service, key, secret, token + "x")), identity, status)
        refused(lambda: call(aws_endpoint.client(service, ACCESS_KEY, SECRET, "a token")), identity, status)
    aws_endpoint.control("PUT", "clock", {"seconds_ahead": 1200})
    message = refused(lambda: aws_endpoint.client("signer").list_signing_jobs(), "InvalidSignatureException", 403)
    assert message.startswith("Signature expired: ")
    aws_endpoint.control("PUT", "clock", {"seconds_ahead": 0})
    aws_endpoint.control("DELETE", "sessions")
    refused(lambda: aws_endpoint.client("signer", key, secret, token).list_signing_jobs(), "ExpiredTokenException", 403)
    refused(lambda: aws_endpoint.client("sts", key, secret, token).get_caller_identity(), "ExpiredToken", 403)


def test_boto3_gets_sessions_and_logins(aws_endpoint):
    sts = aws_endpoint.client("sts")
    assert sts.get_caller_identity()["Account"] == ACCOUNT
    token = aws_endpoint.control("POST", "id-token", {"iss": "https://gitlab.com", "aud": "https://gitlab.com", "sub": "project_path:acme/a"})
    wanted = {"RoleArn": aws_endpoint.role("gitlab-ci"), "RoleSessionName": "gitlab-1", "WebIdentityToken": token["value"]}
    session = sts.assume_role_with_web_identity(**wanted)
    assert session["Provider"] == "https://gitlab.com"
    left = session["Credentials"]["Expiration"] - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(minutes=55) < left <= datetime.timedelta(hours=1)
    given = session["Credentials"]
    keys = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
    arn = aws_endpoint.client("sts", *keys).get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/gitlab-ci/gitlab-1" == session["AssumedRoleUser"]["Arn"]
    refused(lambda: sts.assume_role_with_web_identity(**wanted | {"WebIdentityToken": "not a token"}), "InvalidIdentityToken", 400)

    private = aws_endpoint.client("ecr", *keys).get_authorization_token()["authorizationData"][0]
    public = aws_endpoint.client("ecr-public", *keys, region="us-east-1").get_authorization_token()["authorizationData"]
    assert private["proxyEndpoint"] == f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    assert base64.b64decode(private["authorizationToken"]).startswith(b"AWS:")
    known = [one["authorization"] for one in aws_endpoint.control("GET", "logins")]
    assert known == [private["authorizationToken"], public["authorizationToken"]]
    requests = aws_endpoint.control("GET", "requests")
    assert [one["authorized"] for one in requests["requests"] if one["operation"] == "AssumeRoleWithWebIdentity"] == [False, False]
    for secret in (*keys[1:], SECRET, *known, token["value"]):
        assert secret not in json.dumps(requests)


def recorded_requests():
    """The requests that boto3 was once seen to send."""
    text = (ROOT / "tests/vectors/aws-signer/boto3-requests.txt").read_text()
    for one in text.split("### ")[1:]:
        name, request = one.split("\n", 1)
        head, body = request.split("\n\n", 1)
        line, *headers = head.splitlines()
        method, target = line.split(" ", 1)
        yield pytest.param(method, target, dict(header.split(": ", 1) for header in headers), body.split("\n=> ")[0].strip(), id=name)


@pytest.mark.parametrize("method, target, headers, body", list(recorded_requests()))
def test_recorded_requests_of_boto3_are_understood(aws_endpoint, method, target, headers, body):
    """Signed anew: the same method, path, query and body. What they name is not there, which is an answer too."""
    aws_endpoint.client("signer").put_signing_profile(profileName="notation_test", platformId=PLATFORM)
    request = AWSRequest(method, aws_endpoint.url + target, {"Content-Type": headers["Content-Type"]} if body else {}, body.encode())
    SigV4Auth(Credentials(ACCESS_KEY, SECRET), "signer", REGION).add_auth(request)
    sent = urllib.request.Request(request.url, request.body or None, dict(request.headers), method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sent, timeout=20) as answer:
            status, error = answer.status, None
    except urllib.error.HTTPError as answer:
        status, error = answer.code, answer.headers["x-amzn-ErrorType"]
    missing = {"signing-profiles/notation_test/revoke", "signing-jobs/5808635f-05de-4207-a891-c95f827b50f4/revoke"}
    if target.strip("/") in missing:
        assert (status, error) == (404, "ResourceNotFoundException")
    elif "permissions" in target:
        assert (status, error) == (409, "ConflictException")
    else:
        assert (status, error) == (200, None)


# --- the AWS CLI ------------------------------------------------------------------------------------------------------


@pytest.fixture
def cli(aws_endpoint, home):
    def cli(*arguments, credentials=True, **env):
        """The answer of a command that succeeds."""
        finished = run([CLI, *arguments, "--output", "json"], home.env(**aws_endpoint.env(credentials), **env)).succeeded()
        return json.loads(finished.out) if finished.out.strip() else None

    return cli


def test_the_cli_signs_and_asks_for_revocations(aws_endpoint, cli):
    made = cli("signer", "put-signing-profile", "--profile-name", "team", "--platform-id", PLATFORM)
    assert cli("signer", "get-signing-profile", "--profile-name", "team")["status"] == "Active"
    assert len(cli("signer", "list-signing-profiles")["profiles"]) == 2
    payload = base64.b64encode(PAYLOAD).decode()
    answer = cli("signer", "sign-payload", "--profile-name", "team", "--payload", payload, "--payload-format", PAYLOAD_FORMAT)
    envelope = Envelope(base64.b64decode(answer["signature"]))
    envelope.verify()
    assert envelope.version == made["profileVersionArn"]
    query = envelope.revocation_query()
    flags = [
        "--signature-timestamp", query["signatureTimestamp"].isoformat(), "--platform-id", PLATFORM,
        "--profile-version-arn", envelope.version, "--job-arn", envelope.job,
        "--certificate-hashes", *query["certificateHashes"],
    ]  # fmt: skip
    assert cli("signer-data", "get-revocation-status", *flags) == {"revokedEntities": []}
    assert cli("signer", "list-signing-jobs")["jobs"][0]["jobId"] == answer["jobId"]
    cli("signer", "revoke-signature", "--job-id", answer["jobId"], "--reason", "lost")
    assert cli("signer-data", "get-revocation-status", *flags) == {"revokedEntities": [envelope.job]}
    assert cli("signer", "describe-signing-job", "--job-id", answer["jobId"])["revocationRecord"]["reason"] == "lost"
    when = query["signatureTimestamp"].isoformat()
    version = ["--profile-version", made["profileVersion"]]
    cli("signer", "revoke-signing-profile", "--profile-name", "team", *version, "--reason", "left", "--effective-time", when)
    assert cli("signer-data", "get-revocation-status", *flags) == {"revokedEntities": [envelope.job, envelope.version]}
    cli("signer", "cancel-signing-profile", "--profile-name", "team")
    assert cli("signer", "list-signing-profiles", "--statuses", "Canceled")["profiles"][0]["profileName"] == "team"


def test_the_cli_grants_logs_in_and_assumes(aws_endpoint, cli, home):
    permission = ["--action", "signer:SignPayload", "--principal", "444455556666", "--statement-id", "x"]
    cli("signer", "add-profile-permission", "--profile-name", PROFILE, *permission)
    assert cli("signer", "list-profile-permissions", "--profile-name", PROFILE)["permissions"][0]["statementId"] == "x"
    assert cli("sts", "get-caller-identity")["Account"] == ACCOUNT
    assert cli("sts", "assume-role", "--role-arn", aws_endpoint.role("github-ci"), "--role-session-name", "by-cli")["Credentials"]
    assert cli("ecr", "get-authorization-token")["authorizationData"][0]["authorizationToken"]
    public = ["ecr-public", "get-authorization-token", "--region", "us-east-1"]
    assert cli(*public)["authorizationData"]["authorizationToken"]
    password = run([CLI, "ecr", "get-login-password"], home.env(**aws_endpoint.env())).succeeded().out.strip()
    assert aws_endpoint.control("GET", "logins")[-1]["password"] == password


def test_the_cli_gets_its_credentials_as_jobs_do(aws_endpoint, cli, home):
    token = aws_endpoint.control("POST", "id-token", {"iss": "https://gitlab.com", "aud": "https://gitlab.com", "sub": "project_path:acme/a"})
    (home.folder / "token").write_text(token["value"])
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": home.folder / "token", "AWS_ROLE_ARN": aws_endpoint.role("gitlab-ci"), "AWS_ROLE_SESSION_NAME": "job-1"}
    arn = cli("sts", "get-caller-identity", credentials=False, **web)["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/gitlab-ci/job-1"
    aws_endpoint.control("PUT", "container-token", "the token")
    container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{aws_endpoint.url}/creds", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "the token"}
    arn = cli("sts", "get-caller-identity", credentials=False, **container)["Arn"]
    assert arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/codebuild-build/")
    wrong = home.env(**aws_endpoint.env() | {"AWS_SECRET_ACCESS_KEY": "wrong"})
    assert "(SignatureDoesNotMatch)" in run([CLI, "sts", "get-caller-identity"], wrong).failed().err


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_what_it_is_and_stops_when_it_is_told(home, number):
    root_file = home.folder / "root.pem"
    state = home.folder / "state"
    flags = ["--port", "0", "--root-file", root_file, "--state", state, "--region", "eu-west-1", "--account", "222233334444"]
    process = start([aws.endpoint_path(), *flags], home.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            lines.append(line)
        said = "".join(lines)
        assert "ITS ROOTS ARE NOT AWS'S" in lines[0]
        assert "arn:aws:signer:eu-west-1:222233334444:/signing-profiles/ci_images" in said
        assert f"--aws-root {root_file}" in said
        exports = dict(re.findall(r"^export (\w+)='(.*)'$", said, re.MULTILINE))
        session = boto3.Session(exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"], region_name=exports["AWS_REGION"])
        sts = session.client("sts", endpoint_url=exports["AWS_ENDPOINT_URL"], config=aws.Config(proxies={}))
        assert sts.get_caller_identity()["Account"] == "222233334444"
        assert x509.load_pem_x509_certificate(root_file.read_bytes())
        process.send_signal(number)
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert process.poll() == 0
        assert process.stdout.read() == "stopped after 1 requests\n"
    finally:
        end_group(process)
        process.stdout.close()
        process.stderr.close()


@pytest.mark.parametrize("flags, said", [(["--region", "mars-1"], "unknown region mars-1"), (["--account", "1"], "12 digits"), (["--fault", "x=y"], "unknown variant")])
def test_the_command_refuses_what_it_does_not_know(home, flags, said):
    finished = run([aws.endpoint_path(), "--port", "0", "--root-file", home.folder / "root.pem", *flags], home.env()).failed()
    assert said in finished.err


def test_the_command_says_that_its_port_is_taken(home, aws_endpoint):
    finished = run([aws.endpoint_path(), "--port", aws_endpoint.port, "--root-file", home.folder / "root.pem"], home.env()).failed()
    assert finished.err == f"aws-endpoint: port {aws_endpoint.port} is taken; --port 0 finds a free one\n"
    assert not (home.folder / "root.pem").exists()


def test_faults_can_be_on_from_the_start(home):
    with aws.running(home, "--fault", "SignPayload=throttle:1", "--clock", "5") as endpoint:
        signer = endpoint.client("signer")
        refused(lambda: sign(signer), "TooManyRequestsException", 429)
        sign(signer)
