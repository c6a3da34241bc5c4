//! Settings that hold for every call to AWS: of the SDK's files and variables, and ours.

use serde_json::json;

use crate::aws::endpoint::{ACCESS_KEY, SECRET};
use crate::aws_scene::{Scene, says, with_env};

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

/// A job with a token in a file, as GitLab's examples and EKS have it.
fn web_identity(scene: &Scene) -> Vec<(&'static str, String)> {
    let subject = "project_path:acme/app:ref_type:branch:ref:main";
    let claims = json!({"iss": "https://gitlab.com", "aud": "https://gitlab.com", "sub": subject});
    scene.sandbox.write("token", &scene.endpoint.id_token(claims));
    let file = scene.sandbox.path("token").to_str().unwrap().to_owned();
    vec![("AWS_WEB_IDENTITY_TOKEN_FILE", file), ("AWS_ROLE_ARN", scene.endpoint.role("gitlab-ci"))]
}

#[test]
fn a_token_in_a_file_goes_to_the_endpoint_that_was_given_and_the_session_names_the_job() {
    let scene = Scene::new();
    let (image, url) = (scene.image("app"), scene.endpoint.url());
    let words = ["sign", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), &image];
    let run = scene.sandbox.sealgate(&[&words[..], &["--endpoint-url", &url, "--timeout", "2s"]].concat());
    with_env(run, &web_identity(&scene)).env("CI_JOB_ID", "17").exits(0);
    let [session] = scene.endpoint.sessions().try_into().unwrap();
    assert_eq!((session.operation, session.session_name.as_str()), ("AssumeRoleWithWebIdentity", "sealgate-gitlab-17"));
}

#[test]
fn a_token_is_exchanged_at_an_endpoint_of_the_kind_that_was_asked_for() {
    let scene = Scene::new();
    let variables = web_identity(&scene);
    let [file, role] = [&variables[0].1, &variables[1].1];
    let profile = format!("[profile ci]\nrole_arn = {role}\nweb_identity_token_file = {file}\n");
    scene.sandbox.write(".aws/config", &profile);
    let image = scene.image("app");
    // Nobody is there: the log tells who was to be asked.
    let asked = |variables: &[(&str, String)]| {
        let words = ["sign", "--profile", &scene.endpoint.profile(), "--timeout", "100ms", "--verbose", &image];
        let run = with_env(scene.sandbox.sealgate(&words), variables).env("AWS_USE_FIPS_ENDPOINT", "true");
        run.env("HTTPS_PROXY", "http://127.0.0.1:1").exits(4).stderr
    };
    for variables in [variables, vec![("AWS_PROFILE", "ci".to_owned())]] {
        let log = asked(&variables);
        assert!(log.contains("request to AWS method=POST host=sts-fips.us-west-2.amazonaws.com path=/"), "{log}");
        assert!(!log.contains("sts.us-west-2"), "{log}");
    }
}

#[test]
fn a_setting_that_keeps_verify_from_asking_is_a_fault_of_the_configuration_and_not_of_the_signature() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let words = ["verify", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), &image];
    let role = scene.endpoint.role("gitlab-ci");
    let run = scene.as_nobody(&[&words[..], &["--role-arn", &role]].concat());
    let text = run.env("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/file").exits(3).stdout;
    says(&text, &["✗ error", "error[invalid-setting]", "AWS_WEB_IDENTITY_TOKEN_FILE /no/file: No such file", "help: "]);
}

#[test]
fn doctor_says_that_a_token_in_a_file_gives_the_credentials() {
    let scene = Scene::new();
    let run = scene.as_nobody(&["doctor", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile()]);
    let text = with_env(run, &web_identity(&scene)).into_command().output().unwrap().stdout;
    says(&String::from_utf8(text).unwrap(), &["a web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)"]);
}
