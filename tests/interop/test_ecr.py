"""sealgate on ECR with nothing but the credentials of AWS: login, signing profile, revocation, and what may go wrong."""

import base64
import json

import pytest

from lab import ecr, images, registries, trust
from lab.aws_account import NO_INSTANCE, USERS
from lab.ecr import names
from lab.ecr.stand_in import stand_in
from lab.process import Home
from lab.tools import CONFIGURATION, DENIED, NOT_FOUND, REJECTED, UNAVAILABLE, UNSIGNED, Notation, Sealgate, sealgate_path

TOKEN, PUBLIC_TOKEN = "ecr:GetAuthorizationToken", "ecr-public:GetAuthorizationToken"
ROLE = f"arn:aws:iam::{names.ACCOUNT}:role/gitlab-ci"
WITHOUT_REFERRERS_API = pytest.mark.parametrize("registry", ["docker"], indirect=True)


def said(artifact):
    """What a report says of an artifact, for a search."""
    return json.dumps(artifact, ensure_ascii=False)


def advice(action, repository="app"):
    """The statement that an identity's policy lacks."""
    resource = f"arn:aws:ecr:{names.REGION}:{names.ACCOUNT}:repository/{repository}"
    return f'{{"Action":"{action}","Effect":"Allow","Resource":"{resource}"}}'


class Job(Sealgate):
    """sealgate in a job that has the credentials of AWS, and no login anywhere."""

    def __init__(self, home, lab, account, user=USERS["aws"], profile=None, root=None):
        super().__init__(home)
        self.lab, self.account = lab, account
        self.profile = profile or account.profile
        self.root = root or account.root()
        self.variables = account.user_env(user) if user else NO_INSTANCE

    def run(self, *args, **env):
        return super().run(*args, **{**self.lab.env(), **self.variables, **env})

    def flags(self):
        return []

    def how(self, profile=None):
        return ["--profile", profile or self.profile, "--aws-root", self.root]

    def signs(self, *images, profile=None):
        return self.run("sign", *self.how(profile), *[image.by_digest for image in images])

    def accepts_all(self, *images, **env):
        references, digests = [image.by_digest for image in images], [image.digest for image in images]
        return self.accepts(*references, *self.how(), digests=digests, **env)

    def asked(self, action):
        return len(self.lab.diary.of(action=action))


@pytest.fixture
def lab(laboratory):
    return laboratory


@pytest.fixture
def job(home, lab, account):
    if not sealgate_path().is_file():
        pytest.fail(f"there is no sealgate to test: {sealgate_path()}", pytrace=False)
    return Job(home, lab, account)


@pytest.mark.matrix(table="ECR", row="sign, verify, list, inspect", column="olareg")
def test_an_image_is_signed_and_verified_with_the_credentials_of_the_job(job, lab, home):
    image = lab.push(home, "team/app")
    job.refuses(UNSIGNED, image.by_digest, *job.how())
    job.signs(image).succeeded()
    lab.diary.clear()
    (artifact,) = job.accepts_all(image)
    assert job.profile in said(artifact)
    assert job.asked(TOKEN) == 1
    assert job.asked("signer:GetRevocationStatus") == 1
    assert {one.host for one in lab.diary.requests} == {
        names.PLAIN,
        names.Place("", names.REGION).blob_host,
        f"api.ecr.{names.REGION}.amazonaws.com",
        f"data-signer.{names.REGION}.amazonaws.com",
    }
    assert {one.has_authorization for one in lab.diary.requests if one.action == "blob"} == {False}

    (signature,) = job.list(image.by_digest)
    assert signature in job.run("inspect", image.by_digest).succeeded().out
    assert not (home.docker / "config.json").exists()


@pytest.mark.matrix(table="ECR", row="verify by tag", column="olareg")
def test_a_tag_is_resolved_once(job, lab, home):
    image = lab.push(home, "app")
    job.run("sign", *job.how(), image.by_tag).succeeded()
    job.accepts(image.by_tag, *job.how(), digests=[image.digest])


@pytest.mark.matrix(table="ECR", row="notation reads", column="olareg")
def test_notation_lists_and_inspects_what_was_signed(job, lab, home, registry):
    image = lab.push(home, "app")
    job.signs(image).succeeded()
    behind = lab.behind(image)
    notation = Notation(home, registry)
    assert notation.list(behind.by_digest) == job.list(image.by_digest)
    assert "com.amazonaws.signer.signingJob" in notation.run("inspect", behind.by_digest).succeeded().out


@pytest.mark.matrix(table="ECR", row="one token for a run", column="olareg")
def test_the_token_is_asked_for_once_for_all_images_of_a_registry(job, lab, home):
    pushed = [lab.push(home, f"app-{number}", text=str(number)) for number in range(4)]
    job.signs(*pushed).succeeded()
    assert (job.asked(TOKEN), job.asked("signer:SignPayload")) == (1, 4)
    lab.diary.clear()
    job.accepts_all(*pushed)
    assert job.asked(TOKEN) == 1


def test_each_region_has_a_token_of_its_own(job, lab, home):
    pushed = [lab.push(home, "app", host) for host in (names.PLAIN, names.OTHER_REGIONS)]
    job.signs(*pushed).succeeded()
    lab.diary.clear()
    job.accepts_all(*pushed)
    hosts = sorted(one.host for one in lab.diary.of(action=TOKEN))
    assert hosts == [f"api.ecr.{region}.amazonaws.com" for region in (names.OTHER_REGION, names.REGION)]


@pytest.mark.matrix(table="ECR", row="another account", column="olareg")
def test_another_accounts_registry_refuses_until_it_shares(job, lab, home):
    image = lab.push(home, "app", names.OTHER_ACCOUNTS)
    denied = job.signs(image)
    assert denied.code == DENIED, denied
    said = denied.out + denied.err
    assert "ecr:BatchGetImage" in said and f"arn:aws:ecr:us-west-2:{names.OTHER_ACCOUNT}:repository/app" in said
    assert USERS["aws"] in said
    lab.rules.shared.add((names.OTHER_ACCOUNT, names.ACCOUNT))
    job.signs(image).succeeded()
    job.accepts_all(image)


def log_in(home, token, host=names.PLAIN):
    user, _, password = base64.b64decode(token).decode().partition(":")
    registries.write_docker_login(home.docker / "config.json", host, user, password)


@pytest.mark.matrix(table="ECR", row="a login of docker wins", column="olareg")
def test_a_login_that_docker_has_is_used(job, lab, home, account):
    image = lab.push(home, "app")
    log_in(home, lab.new_token(account).value)
    job.signs(image).succeeded()
    job.accepts_all(image)
    assert job.asked(TOKEN) == 0


@pytest.mark.matrix(table="ECR", row="expired token", column="olareg")
def test_an_expired_login_is_refused_with_what_ecr_says(job, lab, home, account):
    image = lab.push(home, "app")
    job.signs(image).succeeded()
    log_in(home, lab.new_token(account).value)
    lab.diary.expire_tokens()
    (artifact,) = job.refuses(DENIED, image.by_digest, *job.how())
    assert "authorization token has expired" in said(artifact)
    assert f"docker logout {names.PLAIN}" in said(artifact)


def test_a_wrong_login_is_refused(job, lab, home):
    image = lab.push(home, "app")
    job.signs(image).succeeded()
    log_in(home, base64.b64encode(b"AWS:wrong").decode())
    (artifact,) = job.refuses(DENIED, image.by_digest, *job.how())
    assert "Authorization Token is invalid" in said(artifact)


@pytest.mark.parametrize("action", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
@pytest.mark.matrix(table="ECR", row="a permission to pull is missing", column="olareg")
def test_a_missing_permission_to_pull_is_named(action, job, lab, home):
    image = lab.push(home, "app")
    job.signs(image).succeeded()
    lab.rules.denied.add(action)
    (artifact,) = job.refuses(DENIED, image.by_digest, *job.how())
    assert advice(action) in "\n".join(artifact["error"]["help"]), artifact


@pytest.mark.parametrize("action", ["ecr:InitiateLayerUpload", "ecr:CompleteLayerUpload", "ecr:PutImage"])
@pytest.mark.matrix(table="ECR", row="a permission to push is missing", column="olareg")
def test_a_missing_permission_to_push_is_named(action, job, lab, home):
    image = lab.push(home, "app")
    lab.rules.denied.add(action)
    denied = job.signs(image)
    assert denied.code == DENIED, denied
    assert advice(action) in denied.out
    lab.rules.denied.clear()
    job.refuses(UNSIGNED, image.by_digest, *job.how())


@pytest.mark.parametrize("author", ["iam", "service"])
@pytest.mark.matrix(table="ECR", row="the token is denied", column="olareg")
def test_a_denied_token_names_its_action(author, job, lab, home, account):
    image = lab.push(home, "app")
    account.fault("GetAuthorizationToken", {"fault": "denied", "author": author})
    (artifact,) = job.refuses(DENIED, image.by_digest, *job.how())
    assert TOKEN in said(artifact)


@pytest.mark.matrix(table="ECR", row="revocation is denied", column="olareg")
def test_a_denied_revocation_check_is_no_success(job, lab, home, account):
    image = lab.push(home, "app")
    job.signs(image).succeeded()
    account.fault("GetRevocationStatus", "denied")
    finished = job.verify(image.by_digest, *job.how())
    assert finished.code == DENIED, finished
    assert "signer:GetRevocationStatus" in finished.out + finished.err


def test_a_repository_that_does_not_exist_is_not_found(job, lab, home):
    image = lab.push(home, "app")
    missing = image.by_digest.replace("/app@", "/nobody/made/this@")
    (artifact,) = job.refuses(NOT_FOUND, missing, *job.how())
    assert f"does not exist in the registry with id '{names.ACCOUNT}'" in said(artifact)
    assert f"aws ecr create-repository --region {names.REGION}" in said(artifact)
    assert job.run("sign", *job.how(), missing).code == NOT_FOUND


@pytest.mark.matrix(table="ECR", row="immutable tags", column="olareg")
def test_immutable_tags_are_no_matter_where_referrers_are_listed(job, lab, home, account):
    image = lab.push(home, "app", immutable=True)
    other = account.add_profile("another_profile")
    for profile in (None, other):
        job.signs(image, profile=profile).succeeded()
    job.accepts_all(image)
    assert len(job.list(image.by_digest)) == 2


@WITHOUT_REFERRERS_API
@pytest.mark.matrix(table="ECR", row="the referrers API refuses", column="docker")
def test_a_listing_that_ecr_refuses_is_never_unsigned_and_no_tag_is_written(job, lab, home):
    image = lab.push(home, "app")
    lab.diary.clear()
    signed = job.signs(image)
    verified = job.run("verify", image.by_digest, *job.how())
    for refused in (signed, verified):
        assert refused.code == UNAVAILABLE, refused
        assert "does not list the referrers" in refused.out
    assert "PUT" not in {one.method for one in lab.diary.requests if one.host == names.PLAIN}


@pytest.mark.parametrize("operation", ["sign", "verify"])
@pytest.mark.matrix(table="ECR", row="throttled, then fine", column="olareg")
def test_a_registry_that_throttles_is_asked_again(operation, job, lab, home):
    image = lab.push(home, "app")
    if operation == "verify":
        job.signs(image).succeeded()
    lab.rules.throttled = 2
    if operation == "sign":
        job.signs(image).succeeded()
    else:
        job.accepts_all(image)
    assert lab.rules.throttled == 0


def test_a_token_is_asked_for_again_where_the_service_throttles(job, lab, home, account):
    image = lab.push(home, "app")
    account.fault("GetAuthorizationToken", "throttle", times=1)
    job.signs(image).succeeded()
    assert job.asked(TOKEN) == 2


def test_a_service_that_fails_for_ever_is_unavailable(job, lab, home, account):
    image = lab.push(home, "app")
    account.fault("GetAuthorizationToken", "internal-error")
    job.refuses(UNAVAILABLE, image.by_digest, *job.how())


@pytest.mark.parametrize("form", ["plain", "FIPS", "dual-stack", "dual-stack FIPS"])
@pytest.mark.matrix(table="forms of ECR's host name", row="{form}", column="signing profile")
def test_every_form_of_a_host_name_gets_a_login(form, job, lab, home):
    image = lab.push(home, "app", names.FORMS[form])
    job.signs(image).succeeded()
    job.accepts_all(image)
    assert job.asked(TOKEN) == 2


@pytest.mark.parametrize("form", ["GovCloud", "GovCloud FIPS", "GovCloud dual-stack"])
@pytest.mark.matrix(table="forms of ECR's host name", row="{form}", column="signing profile")
def test_govcloud_has_a_root_and_a_region_of_its_own(form, lab, home, account):
    profile = account.add_profile(region="us-gov-west-1", partition="aws-us-gov")
    job = Job(home, lab, account, USERS["aws-us-gov"], profile, account.root("aws-us-gov"))
    image = lab.push(home, "app", names.FORMS[form])
    job.signs(image).succeeded()
    job.accepts_all(image)
    assert {one.host.split(".")[1] for one in lab.diary.of(action="signer:SignPayload")} == {"us-gov-west-1"}


@pytest.mark.parametrize("form", names.FORMS)
@pytest.mark.matrix(table="forms of ECR's host name", row="{form}", column="local key")
def test_the_login_needs_no_signing_profile(form, registry, home, signer, tmp_path):
    # Every partition, also those that have no root in public, before an endpoint that knows no partitions.
    with stand_in() as url, ecr.laboratory(tmp_path / "plain", registry, url) as lab:
        image = lab.push(home, "app", names.FORMS[form])
        env = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-example", **lab.env()}
        sealgate = Sealgate(home)
        sealgate.sign(signer, image.by_digest, **env).succeeded()
        policy = ["--root", signer.root, "--identity", signer.identity]
        sealgate.accepts(image.by_digest, *policy, digests=[image.digest], **env)
        assert lab.diary.violations == [] and lab.diary.refused == []


@pytest.mark.matrix(table="ECR Public", row="push with a login, pull without", column="olareg")
def test_a_public_image_is_signed_with_a_login_and_verified_without(job, lab, home, account):
    image = lab.push(home, "sealtest/app", names.PUBLIC)
    job.signs(image).succeeded()
    assert job.asked(PUBLIC_TOKEN) == 1
    lab.diary.clear()
    nobody = Job(Home(home.folder / "nobody"), lab, account, user=None)
    finished = nobody.verify(image.by_digest, *nobody.how(), "--skip-revocation").succeeded()
    (artifact,) = nobody.artifacts(finished)
    assert (artifact["outcome"], artifact["verified"]) != ("rejected", True)
    assert {one.host for one in lab.diary.requests} <= {names.PUBLIC, names.PUBLIC_BLOBS}


def test_a_public_image_is_not_verified_without_revocation_by_itself(job, lab, home, account):
    image = lab.push(home, "sealtest/app", names.PUBLIC)
    job.signs(image).succeeded()
    nobody = Job(Home(home.folder / "nobody"), lab, account, user=None)
    finished = nobody.verify(image.by_digest, *nobody.how()).failed()
    assert finished.code in (DENIED, REJECTED), finished


def test_another_profile_and_a_revoked_signature_are_refused(job, lab, home, account):
    image = lab.push(home, "app")
    other = account.add_profile("another_profile")
    job.signs(image, profile=other).succeeded()
    job.refuses(REJECTED, image.by_digest, *job.how(), failed="authenticity")
    signer = account.client("signer")
    job.signs(image).succeeded()
    job.accepts_all(image)
    for one in signer.list_signing_jobs()["jobs"]:
        signer.revoke_signature(jobId=one["jobId"], reason="test")
    job.refuses(REJECTED, image.by_digest, *job.how())


def from_keys(home, account):
    return account.user_env(), []


def from_a_session(home, account):
    return account.session_env(), []


def from_a_container(home, account):
    return account.container_env(), []


def from_the_configuration_file(home, account):
    keys = account.user(USERS["aws"])
    path = home.folder / "credentials"
    path.write_text(f"[ci]\naws_access_key_id = {keys['AccessKeyId']}\naws_secret_access_key = {keys['SecretAccessKey']}\n")
    return {"AWS_SHARED_CREDENTIALS_FILE": path}, ["--aws-profile", "ci"]


def from_an_id_token(home, account):
    return {"AWS_ID_TOKEN": account.id_token()}, ["--role-arn", ROLE, "--oidc-token-env", "AWS_ID_TOKEN"]


def from_a_file_with_a_token(home, account):
    path = home.folder / "token"
    path.write_text(account.id_token())
    return {"AWS_WEB_IDENTITY_TOKEN_FILE": path, "AWS_ROLE_ARN": ROLE}, []


SOURCES = (
    from_keys,
    from_a_session,
    from_a_container,
    from_the_configuration_file,
    from_an_id_token,
    from_a_file_with_a_token,
)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.matrix(table="credentials of AWS", row="{source.__name__}", column="ECR")
def test_the_credentials_of_the_job_are_found_and_shown_to_nobody(source, job, lab, home, account):
    image = lab.push(home, "app")
    variables, flags = source(home, account)
    job.variables = NO_INSTANCE | variables
    outputs = [
        job.run("sign", "--verbose", *job.how(), *flags, image.by_digest, RUST_LOG="trace").succeeded(),
        job.verify("--verbose", image.by_digest, *job.how(), *flags, RUST_LOG="trace").succeeded(),
    ]
    assert [one["outcome"] for one in job.artifacts(outputs[1])] == ["verified"]
    for finished in outputs:
        assert not [secret for secret in account.secrets() if secret in finished.out + finished.err], str(finished)


def test_a_role_of_govcloud_is_assumed_in_govcloud(lab, home, account):
    role = ROLE.replace("arn:aws:", "arn:aws-us-gov:")
    trusted = {"issuers": ["https://gitlab.com"], "audiences": ["https://gitlab.com"], "subjects": ["project_path:acme/*"]}
    account.endpoint.control("PUT", "role", {"arn": role, **trusted})
    profile = account.add_profile(region="us-gov-west-1", partition="aws-us-gov")
    image = lab.push(home, "app", names.FORMS["GovCloud"])
    for number, (variables, flags) in enumerate((from_an_id_token(home, account), from_a_file_with_a_token(home, account))):
        flags = ["--role-arn", role, *flags[2:]] if flags else []
        variables = {**variables, **({"AWS_ROLE_ARN": role} if "AWS_ROLE_ARN" in variables else {})}
        job = Job(home, lab, account, user=None, profile=profile, root=account.root("aws-us-gov"))
        job.variables = job.variables | variables
        job.run("sign", "--force", *job.how(), *flags, image.by_digest).succeeded()
        assert len(job.list(image.by_digest, *flags)) == number + 1


def test_credentials_of_the_container_are_not_asked_for_by_way_of_a_proxy(job, lab, home):
    # Nobody is at the address here. What matters is that the proxy was not asked for it: it would see the credentials.
    image = lab.push(home, "app")
    job.variables = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/sealtest"} | NO_INSTANCE
    job.refuses(DENIED, image.by_digest, *job.how())
    assert lab.diary.refused == []


@pytest.mark.parametrize("level", ["trace", "debug"])
def test_no_output_at_any_level_shows_a_secret(level, job, lab, home, account):
    image = lab.push(home, "app")
    env = {"RUST_LOG": level}
    job.variables = account.session_env()
    outputs = [
        job.run("sign", "--verbose", *job.how(), image.by_digest, **env),
        job.verify(image.by_digest, "--verbose", *job.how(), **env),
        job.verify(image.by_digest.replace("/app@", "/missing@"), "--verbose", *job.how(), **env),
    ]
    lab.rules.denied.add("ecr:BatchGetImage")
    outputs.append(job.verify(image.by_digest, "--verbose", *job.how(), **env))
    secrets = account.secrets()
    assert len(secrets) > 3
    for finished in outputs:
        for secret in (*secrets, "AWS4-HMAC-SHA256"):
            assert secret not in finished.out + finished.err, f"{secret[:12]}… is in:\n{finished}"


def test_policies_written_for_notation_work_as_they_are(job, lab, home, account):
    image = lab.push(home, "app")
    job.signs(image).succeeded()
    trust.add_root(home.notation, "aws-signer-ts", account.root(), kind="signingAuthority")
    statement = trust.statement(["aws-signer-ts"], [job.profile], [image.repository], kind="signingAuthority")
    trust.write_policy(home.notation, statement)
    policy = [*job.policy(), "--aws-root", job.root]
    job.accepts(image.by_digest, *policy, digests=[image.digest])


def test_verify_by_digest_asks_in_few_rounds(job, lab, home, record_property):
    image = lab.push(home, "app")
    job.signs(image).succeeded()
    lab.diary.clear()
    lab.proxy.delay = 0.1
    job.accepts_all(image)
    rounds = lab.diary.rounds()
    record_property("measured", f"sealgate verifies on ECR, by digest: {rounds} rounds, {len(lab.diary.requests)} requests")
    # The token; artifact and listing; manifest and envelope, of which the blob host is one more; revocation.
    assert rounds <= 5, lab.diary.lines()


def test_an_image_layout_needs_no_registry_and_no_token(job, lab, home, registry, tmp_path):
    image = lab.push(home, "app")
    layout = images.save_layout(home, registry, lab.behind(image), tmp_path / "layout")
    reference = f"oci-layout:{layout}@{image.digest}"
    job.run("sign", *job.how(), reference).succeeded()
    job.accepts(reference, *job.how(), digests=[image.digest])
    assert (job.asked(TOKEN), job.asked("signer:GetRevocationStatus")) == (0, 1)
