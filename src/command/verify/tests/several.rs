//! Several images in one call, through the command itself.

use notary::descriptor::{Descriptor, media_type};

use super::*;
use crate::config::{GivenCredentials, PasswordSource};
use crate::exit_code::ExitCode;
use crate::registry::server::Reply;

fn at(stage: &Stage, descriptor: &Descriptor) -> String {
    stage::reference(&stage.fake, &format!("@{}", descriptor.digest)).to_string()
}

/// Runs the command: exit code and report.
async fn run_for(stage: &Stage, images: &[String]) -> (u8, Value) {
    let settings = settings(images.to_vec(), &stage.ours);
    let Done::Report(report) = run(settings, &stage::context("verify")).await.unwrap() else {
        panic!("verify tells a report");
    };
    let exit = report.exit_code().number();
    (exit, serde_json::from_str(&render_json(&report).unwrap()).unwrap())
}

fn outcomes(report: &Value) -> Vec<(&str, &str)> {
    let artifacts = report["artifacts"].as_array().unwrap().iter();
    artifacts.map(|one| (one["reference"].as_str().unwrap(), one["outcome"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn the_results_keep_the_order_of_the_images_and_the_worst_is_the_answer() {
    let stage = Stage::new().await;
    stage.sign(&stage.ours).await;
    let unsigned = stage::image(&stage.fake, "v2");
    let missing = Descriptor::of(media_type::IMAGE_MANIFEST, b"missing");
    let (good, unsigned, missing) = (at(&stage, &stage.image), at(&stage, &unsigned), at(&stage, &missing));
    stage.fake.spoil("GET /v2/app/manifests/v3", usize::MAX, Reply::error(403, "DENIED"));
    let denied = stage::reference(&stage.fake, ":v3").to_string();
    for (images, exit, expected) in [
        (vec![&good], 0, vec!["verified"]),
        (vec![&good, &good, &good], 0, vec!["verified", "verified", "verified"]),
        (vec![&good, &unsigned], 11, vec!["verified", "unsigned"]),
        (vec![&unsigned, &good], 11, vec!["unsigned", "verified"]),
        (vec![&missing, &good], 6, vec!["error", "verified"]),
        (vec![&good, &denied], 5, vec!["verified", "error"]),
        (vec![&denied, &missing, &good, &unsigned], 11, vec!["error", "error", "verified", "unsigned"]),
        (vec![&denied, &missing], 6, vec!["error", "error"]),
    ] {
        let images: Vec<_> = images.into_iter().cloned().collect();
        let (found, report) = run_for(&stage, &images).await;
        let expected: Vec<_> = images.iter().map(String::as_str).zip(expected).collect();
        assert_eq!((found, outcomes(&report)), (exit, expected));
    }
}

#[tokio::test]
async fn the_slowest_image_stays_at_its_place() {
    let stage = Stage::new().await;
    stage.sign(&stage.ours).await;
    let unsigned = stage::image(&stage.fake, "v2");
    let busy = Reply::error(503, "UNAVAILABLE").header("retry-after", "0");
    stage.fake.spoil(&format!("GET /v2/app/manifests/{}", stage.image.digest), 1, busy);
    let images = [at(&stage, &stage.image), at(&stage, &unsigned)];
    let (exit, report) = run_for(&stage, &images).await;
    assert_eq!((exit, outcomes(&report)), (11, vec![(&*images[0], "verified"), (&*images[1], "unsigned")]));
    assert!(report["statistics"]["requests"].as_u64().unwrap() >= 6);
}

#[tokio::test]
async fn one_credential_is_not_given_to_two_hosts() {
    let stage = Stage::new().await;
    let credentials = || {
        Some(GivenCredentials {
            username: Some("me".to_owned()),
            password: PasswordSource::Given("secret".to_owned().into()),
            origin: crate::config::setting::Origin::Flag("password"),
        })
    };
    let given = |images: Vec<String>| {
        let settings = settings(images, &stage.ours);
        VerifySettings { registry: RegistrySettings { credentials: credentials(), ..settings.registry }, ..settings }
    };
    let one = stage.by_digest().to_string();
    let other = one.replace(&stage.fake.host(), &stage.fake.other_host());
    let error = run(given(vec![one.clone(), other.clone()]), &stage::context("verify")).await.unwrap_err().report();
    assert_eq!((error.exit_code, error.code.as_str()), (ExitCode::Usage, "conflict"));
    assert!(error.message.contains(&stage.fake.host()) && error.message.contains(&stage.fake.other_host()));
    assert!(stage.fake.lines().is_empty());
    // One host, however often it is named, and also an image layout.
    for images in [vec![one.clone(), one.clone()], vec![one, "oci-layout:nowhere:v1".to_owned()]] {
        let Done::Report(report) = run(given(images), &stage::context("verify")).await.unwrap() else {
            panic!("verify tells a report");
        };
        assert_eq!(report.artifacts().len(), 2);
        assert_eq!(report.artifacts()[0].outcome, ArtifactOutcome::Unsigned);
    }
}

#[tokio::test]
async fn all_references_that_cannot_be_read_are_told_before_anything_is_asked_for() {
    let stage = Stage::new().await;
    let images = vec![stage.by_digest().to_string(), "app".to_owned(), "host/app".to_owned()];
    let error = run(settings(images, &stage.ours), &stage::context("verify")).await.unwrap_err().report();
    assert_eq!((error.exit_code, error.code.as_str(), error.causes.len()), (ExitCode::Usage, "reference", 2));
    assert!(stage.fake.lines().is_empty());
}

#[tokio::test]
async fn an_image_layout_needs_a_scope_where_a_policy_has_several_statements() {
    let stage = Stage::new().await;
    let folder = Setting::default(std::path::PathBuf::from("nowhere"));
    let layout = Reference::parse("oci-layout:nowhere:v1").unwrap();
    let files = TrustSource::Files { policy: folder.clone(), trust_store: folder };
    let without =
        verifying(&stage.ours, |verifier| VerifierSettings { by: VerifiedBy::Policy(files.clone()), ..verifier });
    let scope = |reference: &Reference, settings: &VerifySettings| {
        let is_in_memory = settings.verifier.by.is_for_all();
        let given = settings.verifier.scope.as_ref().map(|scope| scope.value.as_str());
        scope_of(reference, given, is_in_memory, &settings.registry)
    };
    let error = scope(&layout, &without).unwrap_err().report();
    assert_eq!((error.exit_code, error.code.as_str()), (ExitCode::Usage, "conflict"));
    let named = Some(Setting::default("registry.example/app".to_owned()));
    let with =
        verifying(&stage.ours, |verifier| VerifierSettings { by: VerifiedBy::Policy(files), scope: named, ..verifier });
    assert_eq!(scope(&layout, &with).unwrap().to_string(), "registry.example/app");
    // Where a registry is named, the scope does not replace it.
    assert_eq!(scope(&stage.by_tag(), &with).unwrap().to_string(), format!("{}/app", stage.fake.host()));
    assert!(scope(&layout, &settings(vec![], &stage.ours)).is_ok());
    // No policy names an address of IPv6: its images are judged as those of a layout, also where a tag or a port is given.
    for image in ["[::1]/app:v1", "[fd00::7]:5000/team/app:v1"] {
        let address = Reference::parse(image).unwrap();
        let error = scope(&address, &without).unwrap_err().report();
        assert!(error.message.contains("IPv6") && error.help_text().contains("--scope"), "{error:?}");
        assert_eq!(scope(&address, &with).unwrap().to_string(), "registry.example/app");
        assert!(scope(&address, &settings(vec![], &stage.ours)).is_ok());
    }
}

/// What wraps a future has room for it, some of it twice, and moves it: of an image's work only the address is moved.
#[tokio::test]
async fn the_work_on_an_image_is_not_part_of_the_future_of_a_run() {
    let stage = Stage::new().await;
    let (settings, context) = (settings(vec![at(&stage, &stage.image)], &stage.ours), stage::context("verify"));
    let size = size_of_val(&run(settings, &context));
    assert!(size < 8 * 1024, "{size} bytes");
}
