//! Images without typing: from files of builds, from standard input, and from what the CI system says.

use std::fs;

use crate::aws_scene::{layout, report, says};
use crate::sealgate::Sandbox;

/// A key in `k`, and images `v1` and `v2` in the layout `app`, with their digests.
fn sandbox() -> (Sandbox, [String; 2]) {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "acme"]).exits(0);
    layout(&sandbox.path("app"), &["v1", "v2"]);
    let index: serde_json::Value = serde_json::from_str(&sandbox.read("app/index.json")).unwrap();
    let digest = |at: usize| index["manifests"][at]["digest"].as_str().unwrap().to_owned();
    let digests = [digest(0), digest(1)];
    (sandbox, digests)
}

const SIGN: [&str; 5] = ["sign", "--key", "k/acme.key", "--certificate-chain", "k/acme.crt"];
const VERIFY: [&str; 5] = ["verify", "--root", "k/acme-ca.crt", "--identity", "*"];

#[test]
fn what_a_build_wrote_is_signed_and_verified_by_digest() {
    let (sandbox, [one, two]) = sandbox();
    let metadata = format!(r#"{{"web": {{"containerimage.digest": "{one}", "image.name": "oci-layout:app"}}}}"#);
    fs::write(sandbox.path("bake.json"), metadata).unwrap();
    let from = ["--images-from", "bake.json"];
    let signed = sandbox.sealgate(&[&SIGN[..], &from].concat()).exits(0);
    says(
        &signed.stdout,
        &["1 image from bake.json (metadata of buildx bake)", &format!("oci-layout:app@{}…", &one[..15])],
    );
    let json = report(&sandbox.sealgate(&[&VERIFY[..], &from, &["--format", "json"]].concat()).exits(0));
    let source = serde_json::json!([{"source": "bake.json", "format": "metadata of buildx bake", "images": 1}]);
    assert_eq!(json["image_sources"], source);
    // The other image was not named, and is not signed.
    let other = format!("oci-layout:app@{two}");
    sandbox.sealgate(&[&VERIFY[..], &[&other]].concat()).exits(11);
    // A list on standard input, as `ko --image-refs` and shells write it.
    let list = format!("# images\noci-layout:app@{one}\noci-layout:app@{two}\n");
    sandbox.sealgate(&[&SIGN[..], &["--images-from", "-"]].concat()).stdin(&list).exits(0);
    let verified = sandbox.sealgate(&[&VERIFY[..], &["--images-from", "-"]].concat()).stdin(&list).exits(0);
    says(&verified.stdout, &["2 images from standard input (list)"]);
    // Tag and digest apart.
    sandbox.sealgate(&[&SIGN[..], &["--digest", &two, "--force", "oci-layout:app:v1"]].concat()).exits(0);
}

#[test]
fn a_source_without_images_is_red_and_says_what_it_lacks() {
    let (sandbox, _) = sandbox();
    for (content, exit, words) in [
        ("", 2, ["error[no-images]", "no image in it"]),
        ("{\"buildx.build.ref\": \"b/b/x\"}", 3, ["error[invalid-setting]", "the members \"buildx.build.ref\""]),
        ("oci-layout:app:v1\n", 2, ["error[no-digest]", "names oci-layout:app:v1 without a digest"]),
        ("\"r.example/a@sha256:1\"\n", 2, ["error[reference]", "is in quotes"]),
        ("r.example/***/app:1@sha256:1\n", 2, ["error[reference]", "in place of a secret"]),
    ] {
        fs::write(sandbox.path("list"), content).unwrap();
        let refused = sandbox.sealgate(&[&SIGN[..], &["--images-from", "list"]].concat()).exits(exit);
        says(&refused.stderr, &words);
    }
    let none = sandbox.sealgate(&[&VERIFY[..], &["--images-from", "none"]].concat()).exits(3);
    says(&none.stderr, &["cannot read the images from none"]);
    let ci = sandbox.sealgate(&[&VERIFY[..], &["--images-from", "ci"]].concat()).exits(2);
    says(&ci.stderr, &["none of GITHUB_ARTIFACTS_LIST, DOCKER_METADATA_OUTPUT_JSON, RESOURCE_URIS is set"]);
    // A password would go wherever the file says.
    fs::write(sandbox.path("list"), "r.example/a:1").unwrap();
    let given = ["--images-from", "list", "--username", "u", "--password", "p"];
    says(
        &sandbox.sealgate(&[&VERIFY[..], &given].concat()).exits(2).stderr,
        &["cannot be used together with --images-from"],
    );
}
