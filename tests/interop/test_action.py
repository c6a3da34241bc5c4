"""The action itself: its image built here, run by act with podman in the place of docker."""

import json
import re
import shutil

import pytest

from lab import act, containers, workflows
from lab.process import ROOT

SIGN_AND_VERIFY = """name: release
on: push
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: sign
        uses: ./
        with:
          command: sign
          images: {reference}
          key: env:SIGNING_KEY
          certificate-chain: trust/chain.pem
        env:
          SIGNING_KEY: ${{{{ secrets.SIGNING_KEY }}}}
      - id: verify
        uses: ./
        with:
          command: verify
          images: {reference}
          root: trust/root.pem
          identity: '*'
          report-dir: reports
      - shell: sh
        run: |
          echo "sign=($SIGN_RESULT) ($SIGN_DIGEST) ($SIGNATURES)"
          echo "verify=($RESULT) ($VERIFIED/$FAILED) ($DIGEST) ($IMAGE)"
          echo "images=($IMAGES)"
          echo "files=($JSON) ($SARIF) ($JUNIT)"
          for file in reports/*; do echo "mode=$(stat -c '%a %u' "$file") $file"; done
          echo "report=$(tr -d '\\n' <"$JSON" | head -c 200)"
        env:
          SIGN_RESULT: ${{{{ steps.sign.outputs.result }}}}
          SIGN_DIGEST: ${{{{ steps.sign.outputs.digest }}}}
          SIGNATURES: ${{{{ steps.sign.outputs.signature-digests }}}}
          RESULT: ${{{{ steps.verify.outputs.result }}}}
          VERIFIED: ${{{{ steps.verify.outputs.verified-count }}}}
          FAILED: ${{{{ steps.verify.outputs.failed-count }}}}
          DIGEST: ${{{{ steps.verify.outputs.digest }}}}
          IMAGE: ${{{{ steps.verify.outputs.image }}}}
          IMAGES: ${{{{ steps.verify.outputs.images }}}}
          JSON: ${{{{ steps.verify.outputs.report-path }}}}
          SARIF: ${{{{ steps.verify.outputs.sarif-path }}}}
          JUNIT: ${{{{ steps.verify.outputs.junit-path }}}}
"""

VERIFY = """name: deploy
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: verify
        uses: ./
        with:
          command: {command}
          images: {reference}
          root: trust/root.pem
          identity: '*'
{more}
      - if: always()
        shell: sh
        run: echo "verify=($RESULT) ($DIGEST) ($IMAGE)"
        env:
          RESULT: ${{{{ steps.verify.outputs.result }}}}
          DIGEST: ${{{{ steps.verify.outputs.digest }}}}
          IMAGE: ${{{{ steps.verify.outputs.image }}}}
      - shell: sh
        run: echo "it was deployed"
"""


@pytest.fixture(scope="module")
def docker(tmp_path_factory):
    """podman as docker, with the image of the action and one for jobs."""
    binary = containers.binary_for_images()
    folder = tmp_path_factory.mktemp("action")
    (folder / "context").mkdir()
    with containers.podman() as podman:
        podman.build(containers.stage(folder / "context", binary), "action", act.ACTION_IMAGE).succeeded()
        act.build_job_image(podman, folder / "job")
        with act.docker(podman) as address:
            yield address


@pytest.fixture
def job(docker, signer, tmp_path):
    """A repository of somebody who uses the action, with a signer's certificates."""
    job = act.in_containers(tmp_path / "act", docker)
    trust = job.repository / "trust"
    trust.mkdir()
    shutil.copy(signer.chain, trust / "chain.pem")
    shutil.copy(signer.root, trust / "root.pem")
    secrets = tmp_path / "secrets"
    secrets.write_text("SIGNING_KEY=" + json.dumps(signer.key.read_text()) + "\n")
    return act.Act(job.home, job.repository, (*job.flags, "--secret-file", str(secrets)), job.variables)


def shown(finished, name):
    """What the last step printed of the outputs."""
    found = re.search(rf"\| {name}=(.*)$", finished.out, re.MULTILINE)
    assert found, str(finished)
    return found[1].strip()


@pytest.mark.matrix(table="images", row="action", column="a step that signs, a step that verifies")
def test_a_job_signs_and_verifies_and_later_steps_have_outputs_and_reports(job, image):
    finished = job.run(SIGN_AND_VERIFY.format(reference=image.by_digest)).succeeded()
    assert re.fullmatch(rf'\(signed\) \({image.digest}\) \(\["sha256:[0-9a-f]{{64}}"\]\)', shown(finished, "sign")), str(finished)
    assert shown(finished, "verify") == f"(verified) (1/0) ({image.digest}) ({image.by_digest})"
    assert json.loads(shown(finished, "images")[1:-1]) == [image.by_digest]
    for path in shown(finished, "files").strip("()").split(") ("):
        assert path, str(finished)
    modes = re.findall(r"\| mode=(\d+) (\d+) (\S+)", finished.out)
    assert {name.rsplit("/", 1)[1] for *_, name in modes} >= {"report.json", "report.sarif", "report.xml"}, str(finished)
    assert {mode for mode, *_ in modes} == {"644"}, modes
    assert '"schema_version"' in shown(finished, "report"), "a later step reads it"


@pytest.mark.matrix(table="images", row="action", column="a step that refuses")
def test_a_job_is_red_where_the_image_is_not_what_was_signed(job, image, push, notation, signer, foreign):
    notation.sign(signer, image.by_digest).succeeded()
    tampered = push("app", text="tampered")
    assert tampered.repository == image.repository and tampered.digest != image.digest
    strangers = push("other")
    notation.sign(foreign, strangers.by_digest).succeeded()
    for reference, result in ((tampered.by_digest, "unsigned"), (tampered.by_tag, "unsigned"), (strangers.by_digest, "rejected")):
        finished = job.run(VERIFY.format(command="verify", reference=reference, more="")).failed()
        assert shown(finished, "verify") == f"({result}) () ()", str(finished)
        assert "it was deployed" not in finished.out, str(finished)
    finished = job.run(VERIFY.format(command="verify", reference=image.by_digest, more="")).succeeded()
    assert "it was deployed" in finished.out, str(finished)


def of_the_readme(image, signer):
    """The README's workflow. Its image is the one that was pushed here, its signer the test's; `ghcr.io` cannot be reached."""
    (shown,) = [workflow for workflow in workflows.workflows_in(ROOT / "README.md") if "command: sign" in workflow.text]
    text = shown.here()
    for pattern, here in (
        (r"run: \|\n( +.*\n)+?(?= +env:\n +TOKEN)", f'run: echo "image={image.by_digest}" >>"$GITHUB_OUTPUT"\n'),
        (r"identity: .*", f"identity: '{signer.identity}'"),
        (r'echo "deploy \$IMAGE_BY_DIGEST"', f"{SHOW_ALL}"),
        (r"^jobs:", "defaults:\n  run:\n    shell: sh\njobs:"),
    ):
        text, count = re.subn(pattern, lambda _, here=here: here, text, flags=re.MULTILINE)
        assert count == 1, f"{pattern}\n{text}"
    return text


# What the README's last step has of the steps in front of it.
SHOW_ALL = """|
          echo "deploy=$IMAGE_BY_DIGEST"
          for file in reports/*; do echo "report=$file"; done"""


@pytest.mark.matrix(table="images", row="action", column="the README's workflow")
def test_the_readme_s_workflow_signs_verifies_and_refuses(job, image, push, signer):
    (job.repository / "signing").mkdir()
    shutil.copy(signer.chain, job.repository / "signing" / "chain.pem")
    shutil.copy(signer.root, job.repository / "signing" / "root.pem")
    token = act.Act(job.home, job.repository, (*job.flags, "--secret", "GITHUB_TOKEN=token"), job.variables)
    finished = token.run(of_the_readme(image, signer)).succeeded()
    assert shown(finished, "deploy") == image.by_digest, str(finished)
    reports = {found.rsplit(".", 1)[1] for found in re.findall(r"\| report=(\S+)", finished.out)}
    # act prints what a step adds to the summary.
    for command, result in (("sign", "signed"), ("verify", "verified")):
        assert f"## ✓ sealgate {command}: 1 image: 1 {result}" in finished.out, str(finished)
    assert reports == {"json", "md", "xml", "sarif", "html"}, str(finished)
    # The same job, where somebody has moved what the build pushed.
    tampered = push("app", text="tampered")
    moved = re.sub(r"(command: sign\n +images: ).*", rf"\g<1>{image.by_digest}", of_the_readme(tampered, signer))
    finished = token.run(moved).failed()
    assert "deploy=" not in finished.out and "unsigned" in finished.out, str(finished)


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("''", ""),
        ("sgin", ""),
        ("verify", "          imagse: registry.example/app:1.0\n"),
        ("verify", "          skip-revocation: true\n"),
        ("verify", "        env:\n          SEALGATE_IDENTITY: 'x509.subject: C=US, ST=WA, O=Acme'\n"),
    ],
    ids=["no command", "unknown command", "unknown input", "an input that weakens a check", "input and variable differ"],
)
def test_a_step_that_cannot_be_what_was_meant_is_red(command, more, job, image, notation, signer):
    notation.sign(signer, image.by_digest).succeeded()
    finished = job.run(VERIFY.format(command=command, reference=image.by_digest, more=more)).failed()
    assert "it was deployed" not in finished.out, str(finished)
