//! What AWS Signer, the network and a person at the keyboard can do to `sign`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::aws::answer::Author;
use crate::aws::fault::{Fault, Rule};
use crate::aws::signer::NOTATION;
use crate::aws_scene::{Scene, layout, report, says};

#[test]
fn a_fault_of_sign_payload_has_its_exit_code_and_leaves_nothing() {
    let sign = |fault| Rule::new("SignPayload", fault);
    #[rustfmt::skip]
    let table: [(Rule, i32, &str, &[&str]); 13] = [
        (sign(Fault::Denied { author: Author::Iam }), 5, "denied", &["AccessDeniedException", r#"help: allow it for arn:aws:iam::111122223333:user/tester: {"Action":"signer:SignPayload","Effect":"Allow","Resource":"arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci_images"}"#]),
        (sign(Fault::Denied { author: Author::Service }), 5, "denied", &["AccessDeniedException", r#""Action":"signer:SignPayload""#]),
        (sign(Fault::ExpiredToken), 5, "denied", &["ExpiredTokenException", "help: get new credentials right before this step"]),
        (sign(Fault::Throttle), 4, "unavailable", &["TooManyRequestsException: Rate exceeded", "10 requests per second"]),
        (sign(Fault::InternalError), 4, "unavailable", &["InternalServiceErrorException"]),
        (sign(Fault::Reset), 4, "unavailable", &["help: check the network"]),
        (sign(Fault::CutOff), 4, "unavailable", &["was cut off", "help: check the network"]),
        (sign(Fault::SlowAnswer { milliseconds: 30_000 }), 4, "unavailable", &["help: check the network"]),
        (sign(Fault::SlowBody { milliseconds: 30_000 }), 4, "unavailable", &["help: check the network"]),
        (sign(Fault::EmptyObject), 3, "aws-refused", &["the answer contains no signature", "help: something between this machine and AWS changes its answers"]),
        (sign(Fault::UnknownShape), 3, "aws-refused", &["the answer is not what the service documents"]),
        (sign(Fault::TruncatedJson), 3, "aws-refused", &["the answer is not what the service documents"]),
        (sign(Fault::NotJson), 3, "aws-refused", &["the answer is not what the service documents"]),
    ];
    // At the same time: most of it is waiting.
    thread::scope(|scope| {
        for (rule, exit, code, words) in table {
            scope.spawn(move || {
                let scene = Scene::new();
                let image = scene.image("app");
                let before = scene.files();
                scene.endpoint.add_fault(rule.clone());
                let slow = matches!(rule.fault, Fault::SlowAnswer { .. } | Fault::SlowBody { .. });
                let began = Instant::now();
                let run = scene.sign(&[&image, "--timeout", if slow { "1s" } else { "20s" }]);
                // Otherwise throttling is waited for for minutes.
                let run = if matches!(rule.fault, Fault::Throttle) { run.env("AWS_MAX_ATTEMPTS", "5") } else { run };
                let text = run.exits(exit).stdout;
                assert!(began.elapsed() < Duration::from_secs(15), "{rule:?}: {:?}", began.elapsed());
                says(&text, &[&format!("error[{code}]: AWS Signer did not sign with {}", scene.endpoint.profile())]);
                says(&text, words);
                assert_eq!(scene.files(), before, "{rule:?}");
                let attempts = match exit {
                    4 if slow => 2,
                    4 => 5,
                    _ => 1,
                };
                assert_eq!(scene.endpoint.count("SignPayload"), attempts, "{rule:?}");
            });
        }
    });
}

#[test]
fn what_passes_after_a_while_is_waited_for() {
    for fault in [Fault::Throttle, Fault::InternalError, Fault::Reset, Fault::CutOff] {
        let scene = Scene::new();
        let image = scene.image("app");
        scene.endpoint.add_fault(Rule::new("SignPayload", fault.clone()).times(2));
        scene.sign(&[&image]).exits(0);
        assert_eq!(scene.endpoint.count("SignPayload"), 3, "{fault:?}");
        assert_eq!(scene.signatures("app").len(), 1, "{fault:?}");
    }
}

#[test]
fn attempts_are_as_many_as_the_setting_of_the_sdk_says() {
    let scene = Scene::new();
    scene.sandbox.write(".aws/config", "[default]\nmax_attempts = 3\n[profile wrong]\nmax_attempts = 0\n");
    for fault in [Fault::Throttle, Fault::InternalError] {
        for (variable, attempts) in [("1", 1), ("2\n", 2), ("", 3)] {
            scene.endpoint.clear_faults();
            scene.endpoint.world().log.clear();
            scene.endpoint.fault("SignPayload", fault.clone());
            let text = scene.sign(&[&scene.image("app")]).env("AWS_MAX_ATTEMPTS", variable).exits(4).stdout;
            says(&text, &["error[unavailable]", "signer:SignPayload"]);
            assert_eq!(scene.endpoint.count("SignPayload"), attempts, "{fault:?} {variable:?}");
        }
    }
    // Of calls that the SDK repeats, too.
    scene.endpoint.clear_faults();
    let image = scene.signed_image("signed");
    for operation in ["GetRevocationStatus", "AssumeRole"] {
        scene.endpoint.clear_faults();
        scene.endpoint.world().log.clear();
        scene.endpoint.fault(operation, Fault::Throttle);
        let role = scene.endpoint.role("github-ci");
        scene.verify(&[&image, "--role-arn", &role]).env("AWS_MAX_ATTEMPTS", "2").exits(4);
        assert_eq!(scene.endpoint.count(operation), 2, "{operation}");
    }
    scene.endpoint.clear_faults();
    for wrong in ["0", "-1", "many", "1.5", "99999999999"] {
        let text = scene.sign(&[&image, "--force"]).env("AWS_MAX_ATTEMPTS", wrong).exits(3).stdout;
        says(&text, &["AWS_MAX_ATTEMPTS: expected a number from 1", &format!("got `{wrong}`")]);
    }
    let text = scene.sign(&[&image, "--force"]).env("AWS_PROFILE", "wrong").exits(3).stdout;
    says(&text, &["max_attempts of profile wrong in [FOLDER]/.aws/config: expected a number from 1, got `0`"]);
}

#[test]
fn a_profile_that_does_not_sign_says_why() {
    let scene = Scene::new();
    let image = scene.image("app");
    let arn = scene.endpoint.profile();
    let change = |change: fn(&mut crate::aws::signer::Profile)| {
        change(scene.endpoint.world().signer.profiles.get_mut(&scene.endpoint.profile()).unwrap());
    };
    let state = format!("help: check the status of the signing profile: sealgate doctor --profile {arn}");

    change(|profile| profile.canceled = true);
    let text = scene.sign(&[&image]).exits(3).stdout;
    says(&text, &["error[aws-refused]", "ValidationException", "Status: Canceled", "(request id ", &state]);
    change(|profile| profile.canceled = false);

    scene.revoke_profile_version(-60);
    says(&scene.sign(&[&image]).exits(3).stdout, &["error[aws-refused]", "Status: Revoked", &state]);
    change(|profile| profile.versions[0].revocation = None);

    change(|profile| profile.platform = "AWSLambda-SHA384-ECDSA".to_owned());
    says(&scene.sign(&[&image]).exits(3).stdout, &["error[aws-refused]", "AWSLambda-SHA384-ECDSA", &state]);
    change(|profile| profile.platform = NOTATION.to_owned());

    let words = ["sign", "--aws-root", "root.pem", "--profile", "not_there@111122223333/us-west-2", &image];
    let text = scene.as_user(&words).exits(6).stdout;
    says(
        &text,
        &["error[not-found]", "Signing profile not_there not found", "help: check the name, account, and region of"],
    );
    assert!(scene.signatures("app").is_empty());
    scene.sign(&[&image]).exits(0);
}

#[test]
fn no_connection_is_unavailable_and_no_tls_is_told_at_once() {
    let scene = Scene::new();
    let image = scene.image("app");
    let https = scene.endpoint.url().replace("http:", "https:");
    thread::scope(|scope| {
        for (url, exit, told) in [
            ("http://127.0.0.1:1", 4, ["error[unavailable]", "help: check the network"]),
            (&https, 3, ["error[aws-refused]", "it does not speak TLS"]),
        ] {
            let (scene, image) = (&scene, &image);
            scope.spawn(move || {
                let text = scene.sign(&[image, "--endpoint-url", url]).exits(exit).stdout;
                says(&text, &[told[0], "signer:SignPayload", told[1]]);
            });
        }
    });
    assert!(scene.signatures("app").is_empty());
}

/// Tags of an image layout with so many images.
fn batch(scene: &Scene, count: usize) -> Vec<String> {
    let tags: Vec<_> = (0..count).map(|number| format!("v{number}")).collect();
    layout(&scene.sandbox.path("many"), &tags.iter().map(String::as_str).collect::<Vec<_>>());
    tags.iter().map(|tag| format!("oci-layout:many:{tag}")).collect()
}

#[test]
fn many_images_are_signed_at_the_pace_of_aws_signer() {
    let scene = Scene::new();
    let images = batch(&scene, 25);
    // Throttled in between: at the start, and again later.
    scene.endpoint.add_fault(Rule::new("SignPayload", Fault::Throttle).times(3));
    // As AWS counts: whoever comes faster is turned away.
    scene.endpoint.fault("SignPayload", Fault::Quota { per_second: 10 });
    let words: Vec<_> = images.iter().map(String::as_str).chain(["--format", "json"]).collect();
    let json = report(&scene.sign(&words).exits(0));
    let artifacts = json["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 25);
    assert!(artifacts.iter().all(|artifact| artifact["outcome"] == "signed"));
    assert_eq!(scene.signatures("many").len(), 25);
    assert_eq!(scene.endpoint.count("SignPayload"), 28, "three were turned away by the fault, none by the quota");
    assert!(scene.endpoint.peak_rate("SignPayload") <= 10, "{}", scene.endpoint.peak_rate("SignPayload"));
    // The order of the report is that of the command.
    let references: Vec<_> = artifacts.iter().map(|artifact| artifact["reference"].as_str().unwrap()).collect();
    assert_eq!(references, images);
    let words: Vec<_> = images.iter().map(String::as_str).collect();
    says(&scene.verify(&words).exits(0).stdout, &["25 images: 25 verified"]);
}

#[test]
fn some_images_of_many_may_fail_and_the_others_are_signed() {
    let scene = Scene::new();
    let mut images = batch(&scene, 4);
    images.insert(2, "oci-layout:many:missing".to_owned());
    let words: Vec<_> = images.iter().map(String::as_str).collect();
    let text = scene.sign(&words).exits(6).stdout;
    says(&text, &["error[not-found]", "5 images: 4 signed, 1 error"]);
    assert_eq!(scene.signatures("many").len(), 4);
}

#[test]
fn without_permission_many_images_ask_in_vain_only_once_for_credentials() {
    let scene = Scene::new();
    let images = batch(&scene, 12);
    let role = scene.endpoint.role("nobody");
    let words: Vec<_> = images.iter().map(String::as_str).chain(["--role-arn", &role]).collect();
    scene.sign(&words).exits(5);
    assert_eq!(scene.endpoint.count("AssumeRole"), 1);
    assert_eq!(scene.endpoint.count("SignPayload"), 0);
}

#[test]
fn an_image_that_is_named_twice_is_signed_once() {
    let scene = Scene::new();
    let image = scene.image("app");
    let digest = report(&scene.verify(&[&image, "--format", "json"]).exits(11));
    let by_digest = digest["artifacts"][0]["digest_reference"].as_str().unwrap().to_owned();
    let other = scene.image("other");
    // A second tag of the same image.
    let mut index: Value = serde_json::from_str(&scene.sandbox.read("app/index.json")).unwrap();
    let mut entry = index["manifests"][0].clone();
    entry["annotations"]["org.opencontainers.image.ref.name"] = "latest".into();
    index["manifests"].as_array_mut().unwrap().push(entry);
    scene.sandbox.write("app/index.json", &index.to_string());

    let images = [&image, "oci-layout:app:latest", &other, &by_digest, &image, "--format", "json", "--force"];
    let json = report(&scene.sign(&images).exits(0));
    assert_eq!(scene.endpoint.count("SignPayload"), 2);
    assert_eq!((scene.signatures("app").len(), scene.signatures("other").len()), (1, 1));
    let artifacts = json["artifacts"].as_array().unwrap();
    let references: Vec<_> = artifacts.iter().map(|one| one["reference"].as_str().unwrap()).collect();
    assert_eq!(references, [&image, "oci-layout:app:latest", &other, &by_digest, &image]);
    let signature = scene.signatures("app")[0]["digest"].clone();
    for place in [0, 1, 3, 4] {
        assert_eq!(artifacts[place]["signed"]["signature_manifest"], signature, "{place}");
        assert_eq!(artifacts[place]["digest_reference"], by_digest.as_str(), "{place}");
    }
    // What fails fails for all that name it.
    scene.endpoint.fault("SignPayload", Fault::Denied { author: Author::Iam });
    scene.endpoint.world().log.clear();
    let text = scene.sign(&[&image, &by_digest, "--force"]).exits(5).stdout;
    assert_eq!((text.matches("error[denied]").count(), scene.endpoint.count("SignPayload")), (2, 1), "{text}");
}

/// Sends a signal to `sign` once AWS Signer was asked; returns exit code and standard error. The report says what is not known.
fn interrupted_by(scene: &Scene, image: &str, signal: &str) -> (Option<i32>, String) {
    scene.endpoint.world().log.clear();
    let mut command = scene.sign(&[image, "--force"]).into_command();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while scene.endpoint.count("SignPayload") == 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "AWS Signer was never asked");
        thread::sleep(Duration::from_millis(5));
    }
    let asked = Instant::now();
    Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(10), "the answer is not waited for");
    says(&String::from_utf8(output.stdout).unwrap(), &["whether this image is signed: it may be", "sealgate list -- "]);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_signal_while_aws_signs_ends_the_run_and_leaves_nothing_half_written() {
    let scene = Scene::new();
    let image = scene.image("app");
    let before = scene.files();
    scene.endpoint.fault("SignPayload", Fault::SlowAnswer { milliseconds: 20_000 });
    for (signal, exit, code) in [("-INT", 130, "interrupted"), ("-TERM", 143, "terminated")] {
        let (found, stderr) = interrupted_by(&scene, &image, signal);
        assert_eq!(found, Some(exit), "{stderr}");
        assert!(stderr.starts_with(&format!("error[{code}]: ")), "{stderr}");
        assert_eq!(scene.files(), before, "{signal}");
    }
    // While it is throttled, it waits for minutes, but not for a signal.
    scene.endpoint.clear_faults();
    scene.endpoint.fault("SignPayload", Fault::Throttle);
    let (found, stderr) = interrupted_by(&scene, &image, "-INT");
    assert_eq!(found, Some(130), "{stderr}");
    assert_eq!(scene.files(), before);
    scene.endpoint.clear_faults();
    scene.sign(&[&image]).exits(0);
    assert!(Path::new(&scene.sandbox.path("app/index.json")).exists());
    scene.verify(&[&image]).exits(0);
}
