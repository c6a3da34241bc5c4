//! `approve` with a signing profile: whose approval a version of it is.

use serde_json::{Value, json};

use crate::aws::signer::Version;
use crate::aws_scene::{Scene, report};

/// The ARN of a new version of the profile, which is the current one from now on.
fn renew(scene: &Scene, id: &str) -> String {
    let profile = scene.endpoint.profile();
    let mut world = scene.endpoint.world();
    let profile = world.signer.profiles.get_mut(&profile).unwrap();
    profile.versions.push(Version { id: id.to_owned(), revocation: None });
    profile.version_arn()
}

/// How an approval by gates that know the signer by this profile ended, and how often AWS Signer has signed by then.
#[track_caller]
fn approve(scene: &Scene, known: &str, exit: i32) -> (Value, usize) {
    run(scene, "approve", known, &["--as", "ci"], exit)
}

#[track_caller]
fn verify(scene: &Scene, known: &str, exit: i32) -> Value {
    run(scene, "verify", known, &[], exit).0
}

#[track_caller]
fn run(scene: &Scene, command: &str, known: &str, more: &[&str], exit: i32) -> (Value, usize) {
    let gates = json!({"version": 1, "signers": {"ci": {"profile": known}}, "stages": {"prod": {"require": ["ci"]}}});
    scene.sandbox.write("gates.yaml", &gates.to_string());
    let given = ["--gates", "gates.yaml", "--stage", "prod", "--aws-root", "root.pem", "--format", "json"];
    let words = [&[command], &given[..], more, &["oci-layout:app:app"]].concat();
    let report = report(&scene.as_user(&words).exits(exit));
    (report["artifacts"][0]["outcome"].clone(), scene.endpoint.count("SignPayload"))
}

#[test]
fn each_version_of_a_profile_approves_for_its_signer_and_one_that_gates_name_alone() {
    let scene = Scene::new();
    scene.image("app");
    let profile = scene.endpoint.profile();
    let first = scene.endpoint.world().signer.profiles[&profile].version_arn();
    assert_eq!(approve(&scene, &profile, 0), (json!("signed"), 1));
    let second = renew(&scene, "Second0000");
    // What the first has signed is the signer's, whichever version is the current one.
    assert_eq!(approve(&scene, &profile, 0), (json!("already-signed"), 1));
    assert_eq!(verify(&scene, &profile, 0), "accepted-with-warnings");
    assert_eq!(approve(&scene, &first, 0), (json!("already-signed"), 1));
    // To gates that know the second alone it is nobody's.
    assert_eq!(verify(&scene, &second, 10), "rejected");
    assert_eq!(approve(&scene, &second, 0), (json!("signed"), 2));
    assert_eq!(verify(&scene, &second, 0), "accepted-with-warnings");
    // A version that was revoked has approved nothing; the other one has.
    scene.revoke_profile_version(-3600);
    assert_eq!(verify(&scene, &second, 10), "rejected");
    assert_eq!(approve(&scene, &profile, 0), (json!("already-signed"), 2));
    // What the current version makes is refused where gates know another one.
    renew(&scene, "Third00000");
    let signed = scene.signatures("app").len();
    let (outcome, _) = approve(&scene, &second, 10);
    assert_eq!((outcome, scene.signatures("app").len()), (json!("error"), signed));
}
