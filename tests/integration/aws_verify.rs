//! Verifying signatures of AWS Signer, as a user runs it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::aws::answer::Author;
use crate::aws::authority::Authorities;
use crate::aws::clock::rfc3339;
use crate::aws::envelope::{
    AUTHENTIC_SIGNING_TIME, EXPIRY, JOB, PROFILE_VERSION, Plan, SCHEME, SIGNING_TIME, VERIFICATION_PLUGIN,
};
use crate::aws::fault::{Fault, Rule};
use crate::aws::signer::Validity;
use crate::aws_scene::{Scene, certificate, chain, report, says};
use crate::sealgate::{Answer, Run};

const DAY: i64 = 24 * 60 * 60;

/// Outcome and whether it is verified, of the first image.
#[track_caller]
fn verdict(answer: &Answer) -> (String, bool) {
    let artifact = report(answer)["artifacts"][0].clone();
    (artifact["outcome"].as_str().unwrap().to_owned(), artifact["verified"].as_bool().unwrap())
}

/// The revocation row of the first signature.
fn revocation_row(answer: &Answer) -> Value {
    let rows = report(answer)["artifacts"][0]["candidates"][0]["rows"].clone();
    rows.as_array().unwrap().iter().find(|row| row["validation"] == "revocation").unwrap().clone()
}

#[test]
fn a_signed_image_is_verified_and_the_report_says_by_whom() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let version = scene.endpoint.world().signer.profiles[&scene.endpoint.profile()].version_arn();
    scene.endpoint.world().log.clear();
    let text = scene.verify(&[&image]).exits(0).stdout;
    says(&text, &["✓ verified (NOT AN AWS ROOT", "statement: command-line (strict)", &version, "from --profile"]);
    assert_eq!(scene.asked(), ["GetRevocationStatus"]);
    let json = scene.verify(&[&image, "--format", "json"]).exits(0);
    assert_eq!(verdict(&json), ("verified".to_owned(), true));
    let content = report(&json)["artifacts"][0]["candidates"][0]["content"].clone();
    assert_eq!(content["extended_attributes"][PROFILE_VERSION], version);
    assert!(content.to_string().contains("/signing-jobs/"));
}

#[test]
fn an_endpoint_that_is_not_aws_is_named_beside_what_it_said() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let row = revocation_row(&scene.verify(&[&image, "--format", "json"]).exits(0));
    assert_eq!((&row["status"], &row["reason"]["code"]), (&json!("passed"), &json!("aws-not-revoked-elsewhere")));
    let named = format!("answered by {}, which is not AWS's", scene.endpoint.url());
    says(
        row["reason"]["text"].as_str().unwrap(),
        &["not revoked: signing job ", "4 certificates of the chain", &named],
    );
    says(&scene.verify(&[&image, "--verbose"]).exits(0).stdout, &[&named]);

    scene.revoke_jobs();
    says(&scene.verify(&[&image]).exits(10).stdout, &["revoked: signing job arn:aws:signer:", &named]);
}

#[test]
fn one_of_several_profiles_is_enough() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let others = ["--profile", "other@111122223333/us-west-2", "--profile", "ci_images@999999999999/us-west-2"];
    scene.verify(&[&others[..], &[&image]].concat()).exits(0);
    // By a variable, several in one.
    let both = format!("other@111122223333/us-west-2,{}", scene.endpoint.profile());
    let run = scene.as_user(&["verify", "--aws-root", "root.pem", &image]).env("SEALGATE_PROFILE", &both);
    says(&run.exits(0).stdout, &["from SEALGATE_PROFILE"]);

    scene.endpoint.world().log.clear();
    let words = [&["verify", "--aws-root", "root.pem"], &others[..], &[&image]].concat();
    let refused = scene.as_user(&words).exits(10).stdout;
    says(
        &refused,
        &["is not one of the trusted ones", "/signing-profiles/other\"", "999999999999", "aws-profile-mismatch"],
    );
    assert!(scene.asked().is_empty(), "nobody is asked about a profile that is not trusted");
}

#[test]
fn a_version_of_a_profile_can_be_pinned() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let version = scene.endpoint.world().signer.profiles[&scene.endpoint.profile()].version_arn();
    let verify = |profile: &str| scene.as_user(&["verify", "--aws-root", "root.pem", "--profile", profile, &image]);
    verify(&version).exits(0);
    verify(&scene.endpoint.profile()).exits(0);
    // Somebody made the profile anew, under the same name.
    let next = scene.endpoint.put_profile("us-west-2", "111122223333", "ci_images", Validity::default());
    says(&verify(&next).exits(10).stdout, &[&version, &next, "aws-profile-mismatch"]);
    verify(&version).exits(0);
}

#[test]
fn a_profile_that_differs_in_case_only_is_another_one_and_is_said_to() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let other = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/Ci_Images";
    let words = ["verify", "--aws-root", "root.pem", "--profile", other, &image];
    let text = scene.as_user(&words).exits(10).stdout;
    says(&text, &[&scene.endpoint.profile(), &format!("it differs from {other} in case only"), "aws-profile-mismatch"]);
}

#[test]
fn a_policy_file_of_notation_works_as_it_is() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let arn = scene.endpoint.profile();
    scene.policy("strict", &["signingAuthority:aws"], &[&arn]);
    let json = scene.verify_by_policy(&[&image, "--format", "json"]).exits(0);
    assert_eq!(verdict(&json), ("verified".to_owned(), true));
    scene.policy(
        "strict",
        &["signingAuthority:aws"],
        &["arn:aws:signer:us-west-2:111122223333:/signing-profiles/other"],
    );
    says(&scene.verify_by_policy(&[&image]).exits(10).stdout, &["aws-profile-mismatch", "trustpolicy.json"]);
    // Together with --profile it would not be clear who decides.
    let both = scene.verify_by_policy(&[&image, "--profile", &arn]).exits(2);
    says(&both.stderr, &["error[conflict]", "--profile", "--policy"]);
}

#[test]
fn a_chain_of_aws_is_trusted_by_profile_alone() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let subject = "x509.subject: CN=AWS Signer, OU=AWS Cryptography, O=AWS, L=Seattle, ST=WA, C=US";
    scene.endpoint.world().log.clear();
    for identity in ["*", subject] {
        scene.policy("strict", &["signingAuthority:aws"], &[identity]);
        says(&scene.verify_by_policy(&[&image]).exits(10).stdout, &["aws-no-profile-trusted"]);
        let json = scene.verify_by_policy(&[&image, "--format", "json"]).exits(10);
        assert_eq!(verdict(&json), ("rejected".to_owned(), false), "{identity}");
    }
    // Nor by a store of the other type.
    scene.policy("strict", &["ca:aws"], &[&scene.endpoint.profile()]);
    says(&scene.verify_by_policy(&[&image]).exits(10).stdout, &["no-trust-store-of-type", "signingAuthority"]);
    assert!(scene.asked().is_empty());
}

/// Signed by somebody whose root is in a trust store, under the profile that is trusted.
fn signed_by(scene: &Scene, name: &str, change: impl FnOnce(&mut Plan)) -> (String, String) {
    let image = scene.image(name);
    let now = scene.endpoint.world().clock.now();
    let mut others = Authorities::new("aws", now);
    let mut plan = scene.plan(name, -60, DAY);
    change(&mut plan);
    scene.attach(name, &plan.sign(&others.signer("us-west-2", now)));
    (image, certificate(others.root()))
}

#[test]
fn another_authority_of_the_statement_cannot_claim_a_profile() {
    let scene = Scene::new();
    let (image, root) = signed_by(&scene, "app", |_| {});
    let arn = scene.endpoint.profile();
    let stores = ["signingAuthority:aws", "signingAuthority:acme"];
    for identities in [&[arn.as_str()][..], &[arn.as_str(), "x509.subject: C=US, ST=WA, O=AWS"]] {
        for level in ["strict", "permissive", "audit"] {
            scene.policy(level, &stores, identities);
            scene.sandbox.write("truststore/x509/signingAuthority/acme/root.pem", &root);
            let answer = scene.verify_by_policy(&[&image]).exits(10);
            says(&answer.stdout, &["aws-chain-not-aws", "not in the AWS Signer root"]);
        }
    }
    assert!(scene.endpoint.requests().iter().all(|one| one.operation != "GetRevocationStatus"));

    // What is not named a signature of AWS is judged as what it is, and a profile does not trust it.
    let (image, root) = signed_by(&scene, "plain", |plan| {
        for name in [VERIFICATION_PLUGIN, PROFILE_VERSION, JOB] {
            plan.remove(name);
        }
    });
    scene.policy("strict", &stores, &[&arn]);
    scene.sandbox.write("truststore/x509/signingAuthority/acme/root.pem", &root);
    says(&scene.verify_by_policy(&[&image]).exits(10).stdout, &["✗ authenticity"]);
    assert_eq!(scene.endpoint.count("GetRevocationStatus"), 0);
}

#[test]
fn without_the_test_root_nothing_of_the_endpoint_is_believed() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    scene.endpoint.world().log.clear();
    let text = scene.as_user(&["verify", "--profile", &scene.endpoint.profile(), &image]).exits(10).stdout;
    says(&text, &["✗ rejected", "not in the AWS Signer root of a partition", "aws-chain-not-aws"]);
    assert!(!text.contains("verified"), "{text}");
    assert_eq!(scene.endpoint.count("GetRevocationStatus"), 0);

    // Nor is a signature signed with it pushed.
    let other = scene.image("other");
    scene.as_user(&["sign", "--profile", &scene.endpoint.profile(), &other]).exits(10);
    assert!(scene.signatures("other").is_empty());
}

#[test]
fn what_an_envelope_may_not_say_is_refused_without_a_request() {
    let arn = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci_images";
    type Change = fn(&mut Plan);
    #[rustfmt::skip]
    let table: [(&str, Change); 15] = [
        ("verification plugin", |plan| plan.remove(VERIFICATION_PLUGIN)),
        ("verification plugin", |plan| plan.set(VERIFICATION_PLUGIN, "com.example.plugin")),
        ("no signed attribute", |plan| plan.remove(PROFILE_VERSION)),
        ("no signed attribute", |plan| plan.remove(JOB)),
        ("has no version", |plan| plan.set(PROFILE_VERSION, "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci_images")),
        ("trailing slash", |plan| plan.set(PROFILE_VERSION, "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci_images/")),
        ("with 4 parts", |plan| plan.set(PROFILE_VERSION, "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci_images/AAAAAAAAAA/BBBBBBBBBB")),
        ("of the same partition and region", |plan| plan.set(JOB, "arn:aws:signer:eu-west-1:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4")),
        ("of the same partition and region", |plan| plan.set(JOB, "arn:aws-us-gov:signer:us-west-2:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4")),
        ("com.example.more", |plan| plan.set("com.example.more", "1")),
        ("com.example.more", |plan| *plan = plan.clone().with("com.example.more", "1", false)),
        ("signing scheme is notary.x509", |plan| {
            plan.set(SCHEME, "notary.x509");
            plan.remove(AUTHENTIC_SIGNING_TIME);
            *plan = plan.clone().with(SIGNING_TIME, "2026-01-01T00:00:00Z", false);
        }),
        ("io.cncf.notary.signingTime", |plan| *plan = plan.clone().with(SIGNING_TIME, "2026-01-01T00:00:00Z", false)),
        ("does not match the key", |plan| plan.broken = true),
        ("not one of the trusted ones", |plan| plan.set(PROFILE_VERSION, "arn:aws:signer:us-west-2:999999999999:/signing-profiles/ci_images/AAAAAAAAAA")),
    ];
    let scene = Scene::new();
    let image = scene.image("app");
    assert_eq!(scene.endpoint.profile(), arn);
    for level in ["strict", "permissive", "audit"] {
        scene.policy(level, &["signingAuthority:aws"], &[arn]);
        for (words, change) in &table {
            let mut plan = scene.plan("app", -60, DAY);
            change(&mut plan);
            scene.replace_with("app", &plan);
            // An audit only logs who signed; what the envelope may not say is beyond every level.
            let logged = level == "audit" && *words == "not one of the trusted ones";
            let answer = scene.verify_by_policy(&[&image, "--format", "json"]).exits(if logged { 0 } else { 10 });
            says(&answer.stdout, &[words]);
            assert!(!verdict(&answer).1, "{level} {words}");
        }
    }
    assert_eq!(scene.endpoint.count("GetRevocationStatus"), 0);
}

#[test]
fn the_chain_is_judged_at_the_signing_time_and_the_signature_by_its_expiry() {
    // Signed in, expires in (seconds from now), exit, words. The endpoint's leaves live from three days before to four days after.
    #[rustfmt::skip]
    let table = [
        (-60, DAY, 0, "verified"),
        (-2 * DAY, DAY, 0, "verified"),
        (-2 * DAY, -60, 10, "signature expired at "),
        (-2 * DAY, -60, 10, "help: sign the image again"),
        (-4 * DAY, DAY, 10, "expected to be valid at "),
        (240, DAY, 0, "verified"),
        (360, DAY, 10, "more than 5 minutes after "),
    ];
    let scene = Scene::new();
    let image = scene.image("app");
    for (signed_in, expires_in, exit, words) in table {
        scene.endpoint.world().log.clear();
        scene.replace_signature("app", signed_in, expires_in);
        says(&scene.verify(&[&image]).exits(exit).stdout, &[words]);
        let asked = scene.endpoint.count("GetRevocationStatus");
        let time_is_good = !words.contains("expected to be valid") && !words.contains("5 minutes");
        assert_eq!(asked == 1, time_is_good, "{words}: nobody is asked about a time at which nothing could be signed");
    }
    // Without an expiry there is no end.
    let mut plan = scene.plan("app", -60, 0);
    plan.remove(EXPIRY);
    scene.replace_with("app", &plan);
    scene.verify(&[&image]).exits(0);
}

#[test]
fn a_signature_outlives_its_leaf_certificate() {
    let scene = Scene::new();
    let image = scene.image("app");
    scene.endpoint.set_clock(-20 * DAY);
    scene.replace_signature("app", 0, 365 * DAY);
    scene.endpoint.set_clock(0);
    let json = report(&scene.verify(&[&image, "--format", "json"]).exits(0));
    let not_after = json["artifacts"][0]["candidates"][0]["content"]["certificates"][0]["not_after"].clone();
    assert!(not_after.as_str().unwrap() < rfc3339(scene.endpoint.world().clock.now()).as_str(), "{not_after}");
}

#[test]
fn what_was_revoked_is_refused_and_named() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let chain = chain(&scene.envelope("app"));
    for (place, der) in chain.iter().enumerate() {
        scene.endpoint.revoke_certificate(der);
        let text = scene.verify(&[&image]).exits(10).stdout;
        says(&text, &["error[rejected]", &format!("revoked: certificate {place} of the chain"), "[revoked]"]);
        scene.endpoint.world().signer.revoked_certificates.clear();
    }
    scene.verify(&[&image]).exits(0);

    // A profile version that was revoked from a later time on.
    scene.revoke_profile_version(3600);
    scene.verify(&[&image]).exits(0);
    scene.revoke_profile_version(-3600);
    says(&scene.verify(&[&image]).exits(10).stdout, &["revoked: signing profile version arn:aws:signer:us-west-2:"]);
    scene.endpoint.world().signer.profiles.values_mut().for_each(|one| one.versions[0].revocation = None);

    scene.revoke_jobs();
    let text = scene.verify(&[&image]).exits(10).stdout;
    says(
        &text,
        &["revoked: signing job arn:aws:signer:us-west-2:", "help: what was revoked never becomes valid again"],
    );
    assert!(!text.contains("compare the signature's signing profile"), "{text}");
}

#[test]
fn one_good_signature_is_enough_beside_a_revoked_one_in_either_order() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    scene.revoke_jobs();
    scene.sign(&[&image, "--force"]).exits(0);
    for _ in 0..2 {
        let json = scene.verify(&[&image, "--format", "json"]).exits(0);
        assert_eq!(verdict(&json), ("verified".to_owned(), true));
        scene.reverse_signatures("app");
    }
    scene.revoke_jobs();
    for _ in 0..2 {
        says(&scene.verify(&[&image]).exits(10).stdout, &["none of its 2 signatures is acceptable"]);
        scene.reverse_signatures("app");
    }
}

#[test]
fn without_revocation_no_account_is_needed_and_every_report_says_so() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    scene.revoke_jobs();
    scene.endpoint.world().log.clear();
    let arn = scene.endpoint.profile();
    let words = ["verify", "--aws-root", "root.pem", "--profile", &arn, "--skip-revocation", &image];
    let text = scene.sandbox.sealgate(&words).exits(0).stdout;
    says(&text, &["weakened: skip-revocation = true (from --skip-revocation)", "- revocation           skip"]);
    says(&text, &["revocation was not checked: --skip-revocation"]);
    let json = report(&scene.as_user(&[&words[..], &["--format", "json"]].concat()).exits(0));
    says(&json["weakened"].to_string(), &["skip-revocation"]);
    says(&json["artifacts"][0]["caveats"].to_string(), &["revocation-not-checked"]);
    assert_eq!(scene.endpoint.requests().len(), 0, "not even a connection");
    let run = scene.sandbox.sealgate(&["verify", "--aws-root", "root.pem", "--profile", &arn, &image]);
    says(
        &run.env("SEALGATE_SKIP_REVOCATION", "true").exits(0).stdout,
        &["skip-revocation = true (from SEALGATE_SKIP_REVOCATION)"],
    );
    // A pull request could write it into an input or a file.
    let run = scene.as_user(&["verify", "--aws-root", "root.pem", "--profile", &arn, &image]);
    says(
        &run.env("GITHUB_ACTIONS", "true").env("INPUT_SKIP_REVOCATION", "true").exits(3).stderr,
        &["error[weakening-refused]"],
    );
}

/// Faults of the answer about revocation, with exit code and words.
fn faults() -> Vec<(Rule, i32, &'static [&'static str])> {
    let status = |fault| Rule::new("GetRevocationStatus", fault);
    vec![
        (status(Fault::EmptyObject), 10, &["revocation-malformed", "the answer contains no list `revokedEntities`"]),
        (status(Fault::UnknownShape), 10, &["revocation-malformed", "the answer is not what the service documents"]),
        (status(Fault::TruncatedJson), 10, &["revocation-malformed", "the answer is not what the service documents"]),
        (status(Fault::NotJson), 10, &["revocation-malformed", "the answer is not what the service documents"]),
        (
            status(Fault::Denied { author: Author::Iam }),
            5,
            &["revocation-denied", "AccessDeniedException", "(request id "],
        ),
        (status(Fault::Denied { author: Author::Service }), 5, &["revocation-denied", "is not authorized to perform"]),
        (status(Fault::ExpiredToken), 5, &["revocation-denied", "ExpiredTokenException"]),
        (status(Fault::InternalError), 4, &["revocation-unknown", "InternalServiceErrorException"]),
        (status(Fault::Throttle), 4, &["revocation-unknown", "TooManyRequestsException"]),
        (status(Fault::CutOff), 4, &["revocation-unknown", "was cut off"]),
        (status(Fault::Reset), 4, &["revocation-unknown", "GetRevocationStatus"]),
        (status(Fault::SlowAnswer { milliseconds: 30_000 }), 4, &["revocation-unknown"]),
        (status(Fault::SlowBody { milliseconds: 30_000 }), 4, &["revocation-unknown"]),
    ]
}

/// Counts attempts where AWS throttles: otherwise that is waited for for minutes.
fn counted<'a>(run: Run<'a>, fault: &Fault) -> Run<'a> {
    if matches!(fault, Fault::Throttle) { run.env("AWS_MAX_ATTEMPTS", "3") } else { run }
}

#[test]
fn without_a_well_formed_answer_about_revocation_nothing_is_verified() {
    // At the same time: most of it is waiting.
    std::thread::scope(|scope| {
        for (rule, exit, told) in faults() {
            scope.spawn(move || {
                let scene = Scene::new();
                let image = scene.signed_image("app");
                let arn = scene.endpoint.profile();
                scene.endpoint.add_fault(rule.clone());
                let slow = matches!(rule.fault, Fault::SlowAnswer { .. } | Fault::SlowBody { .. });
                let timeout = if slow { "1s" } else { "20s" };
                let began = Instant::now();
                let text = counted(scene.verify(&[&image, "--timeout", timeout]), &rule.fault).exits(exit).stdout;
                assert!(began.elapsed() < Duration::from_secs(15), "{rule:?}: {:?}", began.elapsed());
                assert!(!text.contains("✓ verified"), "{rule:?}: {text}");
                says(&text, &["– revocation           enforce  not evaluated", "help: "]);
                says(&text, told);

                // What a permissive policy only logs is accepted, and never called verified.
                scene.policy("permissive", &["signingAuthority:aws"], &[&arn]);
                let words = [image.as_str(), "--timeout", timeout, "--format", "json"];
                let json = counted(scene.verify_by_policy(&words), &rule.fault).exits(0);
                assert_eq!(verdict(&json), ("accepted-with-warnings".to_owned(), false), "{rule:?}");
                let row = revocation_row(&json);
                assert_eq!((&row["action"], &row["status"]), (&json!("log"), &json!("not-evaluated")), "{rule:?}");
                says(&row.to_string(), &told[..1]);
                if slow {
                    let text = scene.verify_by_policy(&[&image, "--timeout", timeout]).exits(0).stdout;
                    says(&text, &["! accepted with warnings, not verified"]);
                }
            });
        }
    });
}

#[test]
fn a_signature_that_expires_while_aws_is_asked_about_it_is_refused() {
    std::thread::scope(|scope| {
        for (expires_in, exit, outcome) in [(2, 10, "rejected"), (600, 0, "verified")] {
            scope.spawn(move || {
                let scene = Scene::new();
                let image = scene.signed_image("app");
                scene.replace_signature("app", -1, expires_in);
                scene.endpoint.add_fault(Rule::new("GetRevocationStatus", Fault::SlowAnswer { milliseconds: 3_000 }));
                let json = scene.verify(&[&image, "--format", "json"]).exits(exit);
                assert_eq!(verdict(&json), (outcome.to_owned(), exit == 0));
                assert_eq!(report(&json).to_string().contains("signature-expired"), exit == 10);
            });
        }
    });
}

#[test]
fn what_passes_after_a_while_is_waited_for() {
    for fault in [Fault::Throttle, Fault::InternalError, Fault::Reset, Fault::CutOff] {
        let scene = Scene::new();
        let image = scene.signed_image("app");
        scene.endpoint.add_fault(Rule::new("GetRevocationStatus", fault.clone()).times(2));
        scene.verify(&[&image]).exits(0);
        assert_eq!(scene.endpoint.count("GetRevocationStatus"), 3, "{fault:?}");
    }
}

#[test]
fn a_denied_revocation_status_names_the_statement_that_allows_it() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    scene.endpoint.fault("GetRevocationStatus", Fault::Denied { author: Author::Iam });
    let text = scene.verify(&[&image]).exits(5).stdout;
    let statement = concat!(
        r#"{"Action":"signer:GetRevocationStatus","Effect":"Allow","Resource":["#,
        r#""arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci_images","#,
        r#""arn:aws:signer:us-west-2:111122223333:/signing-jobs/*"]}"#
    );
    says(&text, &["error[denied]", &format!("help: allow it for arn:aws:iam::111122223333:user/tester: {statement}")]);
}

#[test]
fn without_credentials_verify_says_where_they_come_from() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let words = ["verify", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), &image];
    let text = scene.as_nobody(&words).exits(5).stdout;
    says(
        &text,
        &[
            "error[denied]",
            "no AWS credentials",
            "GitHub Actions: ",
            "GitLab CI: ",
            "CodeBuild: ",
            "--aws-profile NAME",
        ],
    );
    assert!(scene.asked().iter().all(|operation| operation == "SignPayload"));
}

#[test]
fn an_image_without_signature_is_unsigned_and_no_one_is_asked() {
    let scene = Scene::new();
    let image = scene.image("app");
    let text = scene.verify(&[&image]).exits(11).stdout;
    says(
        &text,
        &[
            "✗ unsigned",
            "error[unsigned]",
            &format!("sealgate sign --profile {} -- oci-layout:app@sha256:", scene.endpoint.profile()),
        ],
    );
    assert!(scene.asked().is_empty());
}

#[test]
fn a_signature_of_another_image_is_refused() {
    let scene = Scene::new();
    scene.signed_image("app");
    let other = scene.image("other");
    scene.attach("other", &scene.envelope("app"));
    says(
        &scene.verify(&[&other]).exits(10).stdout,
        &[
            "another artifact was signed: sha256:",
            "target-artifact-mismatch",
            "help: do not use the image: a signature was changed, or was made for another image",
        ],
    );
}
