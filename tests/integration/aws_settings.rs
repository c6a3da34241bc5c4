//! Settings that hold for every call to AWS: of the SDK's files and variables, and ours.

use crate::aws::endpoint::{ACCESS_KEY, SECRET};
use crate::aws_scene::Scene;

#[test]
fn a_profile_of_the_files_says_more_than_its_credentials() {
    let scene = Scene::new();
    let keys = format!("aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n");
    scene.sandbox.write(".aws/config", &format!("[profile ci]\n{keys}endpoint_url = {}\n", scene.endpoint.url()));
    let image = scene.image("app");
    let words = ["sign", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), "--timeout", "2s", &image];
    scene.sandbox.sealgate(&[&words[..], &["--aws-profile", "ci"]].concat()).exits(0);
    assert_eq!(scene.endpoint.count("SignPayload"), 1);
}
