//! Aliases of signing profiles, as a user meets them: a job that trusts the profile goes on working, who trusts an alias is
//! told what that means, and nobody is trusted by an alias that is not the one.

use crate::aws::envelope::PROFILE_ALIAS;
use crate::aws_scene::{Changed as _, Scene, report, says};
use crate::sealgate::Run;

const YEAR: i64 = 365 * 24 * 60 * 60;

/// Words of the warning about a trusted alias.
const WARNING: &str = "is trusted, and so is whoever may point it at another signing profile";

/// An image that was signed through the alias `release` of the profile. With `only` its signature names the profile by an id.
/// Returns the image, the alias and what stands in the place of the profile version.
fn signed_through(scene: &Scene, name: &str, only: bool) -> [String; 3] {
    let image = scene.signed_image(name);
    let arns = scene.endpoint.world().signer.set_alias(&scene.endpoint.profile(), "release", only);
    let [alias, signed] = arns.unwrap();
    let mut plan = scene.plan(name, -60, YEAR).profile(&signed);
    plan.set(PROFILE_ALIAS, &alias);
    scene.replace_with(name, &plan);
    [image, alias, signed]
}

/// `verify` that trusts these ARNs.
fn verify<'a>(scene: &'a Scene, profiles: &[&str], words: &[&str]) -> Run<'a> {
    let profiles: Vec<_> = profiles.iter().flat_map(|profile| ["--profile", profile]).collect();
    scene.as_user(&[&["verify", "--aws-root", "root.pem"], &profiles[..], words].concat())
}

#[test]
fn a_signature_through_an_alias_is_verified_by_who_trusts_the_profile() {
    let scene = Scene::new();
    let [image, alias, version] = signed_through(&scene, "app", false);
    scene.endpoint.world().log.clear();
    let answer = scene.verify(&[&image]).exits(0);
    says(&answer.stdout, &["✓ verified", &version, &format!("signing profile alias: {alias}")]);
    assert!(!answer.stdout.contains(WARNING), "{}", answer.stdout);
    assert_eq!(scene.asked(), ["GetRevocationStatus"]);
    let content =
        report(&scene.verify(&[&image, "--format", "json"]).exits(0))["artifacts"][0]["candidates"][0]["content"]
            .clone();
    assert_eq!(
        (&content["signing_profile_alias"], &content["signing_profile_version"]),
        (&alias.into(), &version.into())
    );
    // `sign` keeps what is there, and what it makes goes through the alias as well.
    says(&scene.sign(&[&image, "--force"]).exits(0).stdout, &["signing profile alias: "]);
}

#[test]
fn who_trusts_an_alias_is_told_what_that_means() {
    let scene = Scene::new();
    let [image, alias, aliased] = signed_through(&scene, "app", true);
    let answer = verify(&scene, &[&alias], &[&image]).exits(0);
    says(&answer.stdout, &["✓ verified", &aliased, &format!("--profile: alias \"{alias}\" {WARNING}")]);
    let json = report(&verify(&scene, &[&alias], &[&image, "--format", "json"]).exits(0));
    assert_eq!(json["warnings"][0]["code"], "policy-trusted-alias", "{json:#}");
    scene.policy("strict", &["signingAuthority:aws"], &[&alias]);
    says(&scene.verify_by_policy(&[&image]).exits(0).stdout, &["trustpolicy.json, line ", WARNING]);
    // The id of the profile says nothing of who may change an alias.
    assert!(!verify(&scene, &[&aliased], &[&image]).exits(0).stdout.contains(WARNING));
}

#[test]
fn another_alias_another_profile_and_an_alias_that_is_not_there_verify_nothing() {
    let scene = Scene::new();
    let [image, alias, aliased] = signed_through(&scene, "app", true);
    let other = alias.replace("/release", "/Release");
    scene.endpoint.world().log.clear();
    says(&verify(&scene, &[&other], &[&image]).exits(10).stdout, &["used through ", "in case only"]);
    scene.verify(&[&image]).exits(10);
    verify(&scene, &[&alias.replace("111122223333", "444455556666")], &[&image]).exits(10);
    // Trust by an alias is trust in what was signed through it.
    scene.endpoint.world().signer.profiles.values_mut().for_each(|profile| profile.alias = None);
    let plain = scene.signed_image("plain");
    verify(&scene, &[&alias], &[&plain]).exits(10);
    verify(&scene, &[&aliased], &[&plain]).exits(10);
    assert!(!scene.asked().contains(&"GetRevocationStatus".to_owned()), "nobody is asked about who is not trusted");
}

#[test]
fn what_was_revoked_of_an_aliased_profile_is_refused() {
    let scene = Scene::new();
    let [image, alias, aliased] = signed_through(&scene, "app", true);
    verify(&scene, &[&alias], &[&image]).exits(0);
    scene.revoke_profile_version(-3600);
    says(&verify(&scene, &[&alias], &[&image]).exits(10).stdout, &["revoked: signing profile version ", &aliased]);
}

#[test]
fn an_unknown_attribute_of_aws_is_shown() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let plan = scene.plan("app", -60, YEAR).with("com.amazonaws.signer.further", "of tomorrow", false);
    scene.replace_with("app", &plan);
    says(
        &scene.verify(&[&image]).exits(0).stdout,
        &["✓ verified", "passed over, unknown to this version: com.amazonaws.signer.further = of tomorrow"],
    );
    says(
        &scene.verify(&[&image, "--format", "json"]).exits(0).stdout,
        &["\"com.amazonaws.signer.further\": \"of tomorrow\""],
    );
    let plan = scene.plan("app", -60, YEAR).with("com.amazonaws.signer.further", "of tomorrow", true);
    scene.replace_with("app", &plan);
    says(
        &scene.verify(&[&image]).exits(10).stdout,
        &["com.amazonaws.signer.further are unknown and may not be passed over"],
    );
}

#[test]
fn an_alias_is_trusted_installed_and_shown_but_does_not_sign() {
    let scene = Scene::new();
    let [image, alias, aliased] = signed_through(&scene, "app", true);
    for arn in [&alias, &aliased] {
        let refused = scene.as_user(&["sign", "--aws-root", "root.pem", "--profile", arn, &image]).exits(2);
        says(&refused.stderr, &["can be trusted, but sealgate cannot sign with it", "/signing-profiles/NAME"]);
    }
    let install = ["trust", "install", "--dir", "trust", "--profile", &alias, "--profile", &aliased];
    says(&scene.as_nobody(&install).exits(0).stdout, &[&alias, &aliased, WARNING]);
    let show = ["trust", "show", "--policy", "trust/trustpolicy.json", "--trust-store", "trust/truststore"];
    says(&scene.as_nobody(&show).exits(0).stdout, &[&alias, WARNING]);
    let doctor = ["doctor", "--aws-root", "root.pem", "--profile", &alias, "--profile", &aliased];
    let found = scene.as_user(&doctor).exits(0).stdout;
    says(
        &found,
        &["whoever may point it at another signing profile decides who is trusted", "by its alias only", WARNING],
    );
    says(
        &scene.as_nobody(&["doctor", "--iam", "--profile", &alias]).exits(0).stdout,
        &["NAME is the signing profile that the alias points to"],
    );
}
