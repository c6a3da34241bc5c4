#!/usr/bin/env python3
"""Makes the vectors for signature manifests: cases.json. See README.md. Standard library only."""

import base64
import hashlib
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
SIGNATURE = "application/vnd.cncf.notary.signature"
JWS, COSE = "application/jose+json", "application/cose"
EMPTY_DIGEST = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

cases = []


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def envelope(media_type=JWS, size=2070, **more):
    return {"mediaType": media_type, "digest": digest("envelope"), "size": size, **more}


SUBJECT = {"mediaType": IMAGE, "digest": digest("subject"), "size": 517}
ANNOTATIONS = {
    "io.cncf.notary.x509chain.thumbprint#S256": json.dumps(["0a" * 32, "0B" * 32]),
    "org.opencontainers.image.created": "2025-02-17T08:17:09Z",
}


def current(**changes):
    """What notation v2 writes: section 1.1."""
    return edited(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "artifactType": SIGNATURE,
            "config": {"mediaType": EMPTY, "digest": EMPTY_DIGEST, "size": 2, "data": "e30="},
            "layers": [envelope()],
            "subject": SUBJECT,
            "annotations": ANNOTATIONS,
        },
        changes,
    )


def legacy(**changes):
    """What notation 1.x writes: no artifactType, the configuration's type marks it."""
    return edited(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "config": {"mediaType": SIGNATURE, "digest": EMPTY_DIGEST, "size": 2},
            "layers": [envelope()],
            "subject": SUBJECT,
            "annotations": ANNOTATIONS,
        },
        changes,
    )


def artifact(**changes):
    """The artifact manifest that was withdrawn before OCI 1.1."""
    return edited(
        {
            "mediaType": ARTIFACT,
            "artifactType": SIGNATURE,
            "blobs": [envelope()],
            "subject": SUBJECT,
            "annotations": ANNOTATIONS,
        },
        changes,
    )


class Drop:
    """Marks a member that is to be left out."""


def edited(manifest, changes):
    merged = {**manifest, **changes}
    return {name: value for name, value in merged.items() if value is not Drop}


def add(name, why, manifest, code=None, **parsed):
    if isinstance(manifest, dict):
        manifest = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False)
    if isinstance(manifest, str):
        manifest = manifest.encode()
    expect = {"refused": code} if code else {"subject": SUBJECT, "envelope": plain(parsed.get("envelope", envelope())), "annotations": parsed.get("annotations", ANNOTATIONS)}
    cases.append({"name": name, "why": why, "manifest": base64.b64encode(manifest).decode(), "expect": expect})


def plain(descriptor):
    return {name: descriptor[name] for name in ("mediaType", "digest", "size")}


def make():
    for what, form in (("current", current), ("legacy", legacy), ("artifact", artifact)):
        holder = "blobs" if form is artifact else "layers"
        add(f"the {what} form is read", "1.1", form())
        add(f"the {what} form with a COSE envelope is read", "1.1", form(**{holder: [envelope(COSE)]}), envelope=envelope(COSE))
        largest = envelope(size=32 * 1024 * 1024)
        add(f"the {what} form with an envelope of 32 MiB is read", "0.1, 1.3", form(**{holder: [largest]}), envelope=largest)
        add(f"the {what} form without annotations is read", "1.1: annotations are not needed", form(annotations=Drop), annotations={})
        add(f"the {what} form with unknown members is read", "OCI image specification: ignore what is unknown", form(other={"a": [1]}))
        decorated = envelope(annotations={"a": "b"}, urls=["https://example.com/x"])
        add(f"the {what} form with an annotated envelope is read", "1.1: descriptor members", form(**{holder: [decorated]}), envelope=decorated)
        refusals(what, form, holder)
    add("the current form with a configuration of another type is read", "1.1: never rechecked", current(config={"mediaType": "application/vnd.oci.image.config.v1+json", "digest": EMPTY_DIGEST, "size": 2}))
    add("the current form that marks its configuration, too, is read", "1.1", current(config={"mediaType": SIGNATURE, "digest": EMPTY_DIGEST, "size": 2}))
    add("a manifest that leaves its media type out is read", "OCI image specification: mediaType is optional", current(mediaType=Drop))
    add("a legacy manifest that leaves its media type out is read", "OCI image specification", legacy(mediaType=Drop))
    add("a manifest with spaces and another order is read", "1.3: the digest is over the bytes", json.dumps(dict(reversed(list(current().items()))), indent=3) + "\n")
    marks()
    texts()


def refusals(what, form, holder):
    count, kind = "manifest-envelope-count", "manifest-envelope-media-type"
    add(f"the {what} form with two envelopes is refused", "1.1: exactly one", form(**{holder: [envelope(), envelope()]}), count)
    add(f"the {what} form with no envelope is refused", "1.1: exactly one", form(**{holder: []}), count)
    add(f"the {what} form without {holder} is refused", "1.1", form(**{holder: Drop}), "manifest-member-missing")
    for wrong in (None, {}, "x", 1):
        add(f"the {what} form whose {holder} are {json.dumps(wrong)} is refused", "1.1", form(**{holder: wrong}), "manifest-member-type")
    for other in ("", "application/json", "application/jose", "application/JOSE+json", "application/cose; a=b", "application/vnd.oci.image.layer.v1.tar+gzip"):
        add(f"the {what} form with a {other!r} is refused", "1.1: exact match", form(**{holder: [envelope(other)]}), kind)
    for size in (32 * 1024 * 1024 + 1, 2**63, 2**64 - 1):
        add(f"the {what} form with an envelope of {size} bytes is refused", "1.3: at most 32 MiB", form(**{holder: [envelope(size=size)]}), "manifest-envelope-size")
    bad = "manifest-descriptor"
    for size in (-1, 2070.0, "2070", 2**64, None, True):
        add(f"the {what} form with an envelope of size {json.dumps(size)} is refused", "1.1", form(**{holder: [envelope(size=size)]}), bad)
    for text in ("", "sha256:", EMPTY_DIGEST[:-1], EMPTY_DIGEST.upper(), "md5:" + "0" * 32, "sha256:../" + "0" * 61):
        add(f"the {what} form with an envelope of digest {text[:12]!r} and {len(text)} letters is refused", "1.3: sha256, sha384, sha512", form(**{holder: [{**envelope(), "digest": text}]}), bad)
    for member in ("mediaType", "digest", "size"):
        cut = {name: value for name, value in envelope().items() if name != member}
        add(f"the {what} form with an envelope without {member} is refused", "1.1", form(**{holder: [cut]}), bad)
        cut = {name: value for name, value in SUBJECT.items() if name != member}
        add(f"the {what} form with a subject without {member} is refused", "1.1", form(subject=cut), bad)
        add(f"the {what} form with an envelope with {member.upper()} is refused", "16 quirk 19: Go folds names", form(**{holder: [{**envelope(), member.upper(): "x"}]}), bad)
    add(f"the {what} form with a text for an envelope is refused", "1.1", form(**{holder: ["x"]}), bad)
    add(f"the {what} form without subject is refused", "1.1: required", form(subject=Drop), "manifest-subject-missing")
    for wrong in ("x", [], 7, {}):
        add(f"the {what} form with subject {json.dumps(wrong)} is refused", "1.1", form(subject=wrong), bad)
    ordered = "an object: an array of its members in order is none"
    add(f"the {what} form with an array for an envelope is refused", ordered, form(**{holder: [list(envelope().values())]}), bad)
    add(f"the {what} form with an array for a subject is refused", ordered, form(subject=list(SUBJECT.values())), bad)
    typed = "1.1: descriptor members, as Go's decoder"
    for member, wrongs in {
        "urls": ("u", {}, [1]),
        "data": (1, [], "*"),
        "platform": ([], "linux", {"os": 1}),
        "artifactType": (1, []),
        "annotations": ([], "x", {"a": 1}, {"a": []}),
    }.items():
        for wrong in wrongs:
            add(f"the {what} form with an envelope whose {member} is {json.dumps(wrong)} is refused", typed, form(**{holder: [envelope(**{member: wrong})]}), bad)
            add(f"the {what} form with a subject whose {member} is {json.dumps(wrong)} is refused", typed, form(subject={**SUBJECT, member: wrong}), bad)
    for wrong in ([], "x", {"a": 1}, {"a": None}, {"a": ["b"]}):
        add(f"the {what} form with annotations {json.dumps(wrong)} is refused", "1.1: texts to texts", form(annotations=wrong), "manifest-member-type")
    for wrong in ("2", 2.0, [2], {}, True):
        add(f"the {what} form with schema version {json.dumps(wrong)} is refused", "1.1: a whole number", form(schemaVersion=wrong), "manifest-member-type")
    add(f"the {what} form with annotations null is read", "Go reads null as absent", form(annotations=None), annotations={})


def marks():
    why = "1.1: if present must be the notary type, else the configuration's type"
    other = "manifest-artifact-type"
    for found in ("", "application/vnd.cncf.notary.v2.signature", SIGNATURE.upper(), SIGNATURE + " ", "application/vnd.dev.cosign.artifact.sig.v1+json"):
        add(f"a current manifest of artifact type {found!r} is refused", why, current(artifactType=found), other)
        add(f"an artifact manifest of artifact type {found!r} is refused", why, artifact(artifactType=found), other)
        add(f"a legacy manifest marked {found!r} is refused", why, legacy(config={"mediaType": found, "digest": EMPTY_DIGEST, "size": 2}), other)
    add("a legacy mark does not make up for another artifact type", why, legacy(artifactType="application/vnd.example"), other)
    add("a manifest without any mark is refused", why, current(artifactType=Drop), other)
    add("an artifact manifest without artifact type is refused", why, artifact(artifactType=Drop), other)
    add("a current manifest whose artifact type is a number is refused", why, current(artifactType=7), "manifest-member-type")
    add("a current manifest whose artifact type is null is refused", why, current(artifactType=None), "manifest-member-type")
    add("a current manifest without a configuration is refused", "1.1", current(config=Drop), "manifest-member-missing")
    add("a legacy manifest without a configuration is refused", "1.1", legacy(config=Drop), "manifest-member-missing")
    for wrong in (None, "x", [], {}):
        add(f"a current manifest with configuration {json.dumps(wrong)} is refused", "1.1", current(config=wrong), "manifest-descriptor")
    for form, config in ((current, EMPTY), (legacy, SIGNATURE)):
        add(f"a configuration {config[12:27]} that is an array of its members is refused", "an object", form(config=[config, EMPTY_DIGEST, 2]), "manifest-descriptor")
        add(f"a configuration {config[12:27]} whose data is no text is refused", "1.1: descriptor members", form(config={"mediaType": config, "digest": EMPTY_DIGEST, "size": 2, "data": 1}), "manifest-descriptor")
    for found in ("", INDEX, "application/vnd.docker.distribution.manifest.v2+json", IMAGE.upper(), IMAGE + "; charset=utf-8", "application/json"):
        add(f"a manifest of media type {found!r} is refused", "1.1: image manifest, or the withdrawn artifact manifest", current(mediaType=found), "manifest-media-type")
    for wrong in (7, None, [IMAGE]):
        add(f"a manifest with media type {json.dumps(wrong)[:6]} is refused", "1.1", current(mediaType=wrong), "manifest-member-type")
    index = {"schemaVersion": 2, "mediaType": INDEX, "artifactType": SIGNATURE, "manifests": [envelope()], "subject": SUBJECT}
    add("an index is refused", "1.1", index, "manifest-media-type")
    add("an artifact manifest with layers for blobs is refused", "0.1: envelope in blobs[0]", artifact(blobs=Drop, layers=[envelope()]), "manifest-member-missing")
    add("an image manifest with blobs for layers is refused", "1.1", current(layers=Drop, blobs=[envelope()]), "manifest-member-missing")


def texts():
    why, code = "16 quirk 19: one JSON object with one meaning", "manifest-json"
    good = json.dumps(current(), separators=(",", ":"))
    for what, text in {
        "nothing": "",
        "null": "null",
        "an array": "[" + good + "]",
        "a text": json.dumps(good),
        "cut short": good[:-1],
        "followed by another": good + good,
        "followed by a letter": good + "x",
        "begun with a byte order mark": "\ufeff" + good,
        "nested 200 levels deep": good[:-1] + ',"a":' + "[" * 200 + "]" * 200 + "}",
        "with its subject twice": good[:-1] + ',"subject":' + json.dumps(SUBJECT) + "}",
        "with its layers twice": good[:-1] + ',"layers":[]}',
        "with an escaped second subject": good[:-1] + ',"\\u0073ubject":' + json.dumps(SUBJECT) + "}",
        "with an annotation twice": good[:-1] + ',"other":{"a":"1","a":"2"}}',
        "with Subject beside subject": good[:-1] + ',"Subject":{}}',
        "with layers written with the long s": good[:-1] + ',"layer\u017f":[]}',
        "with Layers only": good.replace('"layers"', '"Layers"'),
        "with MEDIATYPE": good[:-1] + ',"MEDIATYPE":"x"}',
        "with artifacttype": good[:-1] + ',"artifacttype":"x"}',
    }.items():
        add(f"a manifest that is {what} is refused", why, text, code)
    add("a manifest that is not UTF-8 is refused", why, good[:-1].encode() + b',"a":"\xff"}', code)


if __name__ == "__main__":
    make()
    names = [case["name"] for case in cases]
    assert len(names) == len(set(names)), [name for name in names if names.count(name) > 1]
    path = os.path.join(HERE, "cases.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(cases, file, indent=1, ensure_ascii=True)
        file.write("\n")
    print(len(cases), "cases,", os.path.getsize(path), "bytes")
