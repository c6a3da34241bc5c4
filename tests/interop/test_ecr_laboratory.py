"""The laboratory that stands for ECR, with clients that know the real one: what they do there, and what it refuses them."""

import base64
import json
import ssl
import urllib.error
import urllib.request

import pytest

from lab import ecr, images, registries, trust
from lab.ecr import names
from lab.ecr.stand_in import stand_in
from lab.process import run

LOGIN = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{region}/ecr/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture
def lab(registry, tmp_path):
    with stand_in() as endpoint, ecr.laboratory(tmp_path / "laboratory", registry, endpoint) as running:
        yield running


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(lab, method, url, headers=None, body=None):
    """One request by the way of the proxy: status, headers, body. Redirects are not followed."""
    context = ssl.create_default_context(cafile=lab.ca_file)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": lab.proxy.url}), urllib.request.HTTPSHandler(context=context), NoRedirect()
    )
    try:
        with opener.open(urllib.request.Request(url, body, headers or {}, method=method), timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def token(lab, region=names.REGION, target="AmazonEC2ContainerRegistry_V20150921", host=None):
    """A registry token of the AWS endpoint."""
    headers = {"X-Amz-Target": f"{target}.GetAuthorizationToken", "Authorization": LOGIN.format(region=region)}
    status, _, body = ask(lab, "POST", f"https://{host or f'api.ecr.{region}.amazonaws.com'}/", headers, b"{}")
    assert status == 200, body
    data = json.loads(body)["authorizationData"]
    return (data[0] if isinstance(data, list) else data)["authorizationToken"]


def log_in(home, value, host=names.PLAIN):
    user, _, password = base64.b64decode(value).decode().partition(":")
    registries.write_docker_login(home.docker / "config.json", host, user, password)
    return password


def client(lab, home, *argv):
    return run(argv, home.env(**lab.env()))


def no_violations(lab):
    assert lab.diary.violations == []


def error_of(body):
    (error,) = json.loads(body)["errors"]
    return error["code"], error["message"]


@pytest.mark.parametrize("registry", ["olareg", "docker"], indirect=True)
def test_crane_pushes_and_pulls_with_the_token(lab, home, tmp_path):
    repository = lab.create_repository("team/app")
    log_in(home, token(lab))
    images.write_layer(tmp_path / "layer.tar", "hello")
    append = ["crane", "append", "-f", tmp_path / "layer.tar", "--oci-empty-base", "-t", f"{repository}:v1"]
    pushed = client(lab, home, *append).succeeded().out.strip()
    lab.diary.clear()
    client(lab, home, "crane", "pull", "--format", "oci", pushed, tmp_path / "layout").succeeded()
    client(lab, home, "crane", "validate", "--remote", pushed).succeeded()
    followed = [one for one in lab.diary.requests if one.action == "blob"]
    assert followed and not any(one.has_authorization for one in followed)
    assert {one.host for one in followed} == {names.Place("", names.REGION).blob_host}
    assert 307 in {one.status for one in lab.diary.of(action="ecr:GetDownloadUrlForLayer")}
    assert lab.diary.refused == []
    no_violations(lab)


def test_oras_attaches_and_finds_referrers(lab, home, tmp_path):
    image = lab.push(home, "app")
    log_in(home, token(lab))
    (tmp_path / "sbom.json").write_text("{}")
    how = ["oras", "attach", "--disable-path-validation", "--artifact-type", "application/vnd.sealtest", image.by_digest]
    client(lab, home, *how, f"{tmp_path}/sbom.json").succeeded()
    found = client(lab, home, "oras", "discover", "--format", "json", image.by_digest).succeeded().out
    assert "application/vnd.sealtest" in found
    assert lab.diary.of(action="ecr:BatchGetImage", method="GET")
    no_violations(lab)


def test_notation_signs_and_verifies(lab, home, notation, signer):
    image = lab.push(home, "app")
    log_in(home, token(lab))
    trust.trust(home.notation, signer)
    notation.use_key(signer)
    client(lab, home, "notation", "sign", "--force-referrers-tag=false", image.by_digest).succeeded()
    accepted = client(lab, home, "notation", "verify", image.by_digest).succeeded()
    assert "Successfully verified signature for" in accepted.out
    assert [one.has_authorization for one in lab.diary.requests if one.action == "blob"] == [False]
    no_violations(lab)


@pytest.mark.parametrize("tool", ["crane", "oras"])
def test_a_client_with_a_wrong_token_is_refused(tool, lab, home):
    image = lab.push(home, "app")
    commands = {"crane": ["crane", "manifest"], "oras": ["oras", "manifest", "fetch"]}
    wrong = base64.b64encode(b"AWS:not the token").decode()
    for value in (None, wrong):
        if value:
            log_in(home, value)
        client(lab, home, *commands[tool], image.by_digest).failed()
    log_in(home, token(lab))
    client(lab, home, *commands[tool], image.by_digest).succeeded()
    no_violations(lab)


def test_without_a_token_ecr_asks_for_basic(lab):
    status, headers, body = ask(lab, "GET", f"https://{names.PLAIN}/v2/")
    assert (status, body) == (401, b"Not Authorized\n")
    assert headers["WWW-Authenticate"] == f'Basic realm="https://{names.PLAIN}/",service="ecr.amazonaws.com"'


def refusal(lab, value, host=names.PLAIN, name="app", path="manifests/v1", method="GET", body=None):
    headers = {"Authorization": f"Basic {value}", "Content-Type": images.OCI_MANIFEST}
    status, _, told = ask(lab, method, f"https://{host}/v2/{name}/{path}", headers, body)
    return (status, *error_of(told))


def test_what_ecr_refuses_with_its_own_words(lab, home):
    lab.push(home, "app")
    value = token(lab)
    assert refusal(lab, value, name="nobody/made/this") == (
        404,
        "NAME_UNKNOWN",
        "The repository with name 'nobody/made/this' does not exist in the registry with id '111122223333'",
    )
    lab.rules.throttled = 1
    assert refusal(lab, value) == (429, "TOOMANYREQUESTS", "Rate exceeded")
    lab.rules.denied.add("ecr:PutImage")
    status, code, message = refusal(lab, value, method="PUT", body=b"{}")
    assert (status, code) == (403, "DENIED")
    resource = "arn:aws:ecr:us-west-2:111122223333:repository/app"
    assert f"is not authorized to perform: ecr:PutImage on resource: {resource}" in message
    lab.diary.expire_tokens()
    expired = (403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
    assert refusal(lab, value) == expired


def test_a_token_is_for_one_region_and_for_who_may_come(lab, home):
    for host in (names.PLAIN, names.OTHER_ACCOUNTS, names.OTHER_REGIONS, names.FORMS["dual-stack"]):
        lab.push(home, "app", host)
    value = token(lab)
    invalid = (403, "DENIED", "Your Authorization Token is invalid.")
    assert refusal(lab, value, names.OTHER_REGIONS) == invalid
    status, code, message = refusal(lab, value, names.OTHER_ACCOUNTS)
    assert (status, code) == (403, "DENIED") and "no resource-based policy allows" in message
    lab.rules.shared.add((names.OTHER_ACCOUNT, names.ACCOUNT))
    allowed = {"Authorization": f"Basic {value}", "Accept": images.OCI_MANIFEST}
    for host in (names.PLAIN, names.OTHER_ACCOUNTS, names.FORMS["dual-stack"], names.FORMS["FIPS"]):
        assert ask(lab, "GET", f"https://{host}/v2/app/manifests/v1", allowed)[0] == 200
    assert ask(lab, "GET", f"https://{names.PLAIN}/v2/app/manifests/v1", allowed | {"Authorization": "Bearer x"})[0] == 401


def test_a_tag_of_an_immutable_repository_is_written_once(lab, home):
    image = lab.push(home, "app", immutable=True)
    headers = {"Authorization": f"Basic {token(lab)}", "Accept": images.OCI_MANIFEST}
    _, _, manifest = ask(lab, "GET", f"https://{names.PLAIN}/v2/app/manifests/v1", headers)
    put = headers | {"Content-Type": images.OCI_MANIFEST}
    status, _, told = ask(lab, "PUT", f"https://{names.PLAIN}/v2/app/manifests/v1", put, manifest)
    assert (status, *error_of(told)) == (
        400,
        "TAG_INVALID",
        "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the repository is "
        "immutable.",
    )
    for reference in ("v2", image.digest):
        assert ask(lab, "PUT", f"https://{names.PLAIN}/v2/app/manifests/{reference}", put, manifest)[0] == 201


def test_the_blob_host_wants_no_authorization_and_says_so(lab, home):
    image = lab.push(home, "app")
    allowed = {"Authorization": f"Basic {token(lab)}", "Accept": images.OCI_MANIFEST}
    _, _, manifest = ask(lab, "GET", f"https://{names.PLAIN}/v2/app/manifests/{image.digest}", allowed)
    layer = json.loads(manifest)["layers"][0]
    blob = f"https://{names.PLAIN}/v2/app/blobs/{layer['digest']}"
    status, headers, _ = ask(lab, "GET", blob, allowed)
    assert status == 307 and headers["Location"].startswith("https://prod-us-west-2-starport-layer-bucket.s3.us-west-2.")
    status, _, body = ask(lab, "GET", headers["Location"])
    assert (status, images.sha256(body)) == (200, layer["digest"])
    no_violations(lab)

    assert ask(lab, "GET", headers["Location"].rsplit("=", 1)[0] + "=0")[0] == 403
    status, _, body = ask(lab, "GET", headers["Location"], allowed)
    assert status == 400 and b"Only one auth mechanism allowed" in body
    assert [why.split(":")[0] for why in lab.diary.violations] == [
        f"a registry token in a request to {names.Place('', names.REGION).blob_host}",
        f"an Authorization header for {names.Place('', names.REGION).blob_host}",
    ]
    # Elsewhere, and in the address, it is found too.
    lab.diary.violations.clear()
    ask(lab, "GET", f"https://sts.amazonaws.com/?leaked={lab.diary.tokens[0].password}")
    assert len(lab.diary.violations) == 1


@pytest.mark.parametrize("form", names.FORMS)
def test_every_form_of_a_host_name_has_a_certificate(form, lab):
    assert ask(lab, "GET", f"https://{names.FORMS[form]}/v2/")[0] == 401


def test_hosts_that_are_not_of_the_laboratory_are_refused_and_noted(lab):
    for url in ("https://example.com/", "https://444444444444.dkr.ecr.us-west-2.amazonaws.com/v2/"):
        with pytest.raises(OSError, match="403"):
            ask(lab, "GET", url)
    assert [line.split()[1] for line in lab.diary.refused] == [
        "example.com:443",
        "444444444444.dkr.ecr.us-west-2.amazonaws.com:443",
    ]
    assert lab.diary.requests == []


def test_a_certificate_of_the_laboratory_is_trusted_by_nobody_else(lab):
    context = ssl.create_default_context()
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": lab.proxy.url}), urllib.request.HTTPSHandler(context=context)
    )
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        opener.open(f"https://{names.PLAIN}/v2/", timeout=20)


def test_public_images_are_pulled_by_anyone_and_pushed_with_a_login(lab, home, tmp_path):
    image = lab.push(home, "sealtest/app", names.PUBLIC)
    client(lab, home, "crane", "validate", "--remote", image.by_digest).succeeded()
    client(lab, home, "crane", "tag", image.by_digest, "v2").failed()
    value = token(lab, "us-east-1", "SpencerFrontendService", names.PUBLIC_API)
    log_in(home, value, names.PUBLIC)
    client(lab, home, "crane", "tag", image.by_digest, "v2").succeeded()
    # The token of the API is no bearer token, and one for private registries is none for the public one.
    basic = {"Authorization": f"Basic {value}"}
    assert ask(lab, "GET", f"https://{names.PUBLIC}/v2/", basic)[0] == 403
    private = {"Authorization": f"Basic {token(lab)}"}
    assert ask(lab, "GET", f"https://{names.PUBLIC}/token/?service={names.PUBLIC}&scope=aws", private)[0] == 400
    no_violations(lab)


@pytest.mark.parametrize("registry", ["olareg", "docker"], indirect=True)
def test_a_slow_line_costs_round_trips(registry, home, tmp_path):
    with stand_in() as endpoint, ecr.laboratory(tmp_path / "slow", registry, endpoint, delay=0.02) as lab:
        image = lab.push(home, "app")
        log_in(home, token(lab))
        lab.diary.clear()
        client(lab, home, "crane", "digest", image.by_tag).succeeded()
        assert lab.diary.rounds() == len(lab.diary.requests) > 1
        for before, after in zip(lab.diary.requests, lab.diary.requests[1:], strict=False):
            assert after.asked >= before.answered
        no_violations(lab)
