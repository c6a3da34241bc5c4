//! Settings that hold for every call to AWS: of the SDK's files and variables, and ours.

use serde_json::json;

use crate::aws::endpoint::{ACCESS_KEY, SECRET};
use crate::aws_hostile::answering;
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

/// Every variable of AWS that we or the SDK read.
const VARIABLES: [&str; 32] = [
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_MAX_ATTEMPTS",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_ECR",
    "AWS_ENDPOINT_URL_ECR_PUBLIC",
    "AWS_ENDPOINT_URL_ECS",
    "AWS_ENDPOINT_URL_SIGNER",
    "AWS_ENDPOINT_URL_SIGNER_DATA",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

#[test]
fn a_setting_of_aws_that_is_set_to_nothing_is_absent() {
    let scene = Scene::new();
    let (image, url) = (scene.image("app"), scene.endpoint.url());
    let members = [
        "endpoint_url",
        "services",
        "role_arn",
        "source_profile",
        "credential_source",
        "credential_process",
        "web_identity_token_file",
        "sso_session",
        "sso_region",
        "aws_session_token",
        "max_attempts",
        "use_fips_endpoint",
        "ec2_metadata_service_endpoint",
    ];
    let nothing: String = members.iter().map(|member| format!("{member} =\n")).collect();
    let keys = format!("[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n");
    scene.sandbox.write(".aws/credentials", &keys);
    scene.sandbox.write(".aws/config", &format!("[default]\n{nothing}"));
    let words = ["sign", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), "--force", &image];
    for empty in ["", "\n", "\r\n"] {
        let run =
            scene.sandbox.sealgate(&[&words[..], &["--endpoint-url", &url]].concat()).env("AWS_EXECUTION_ENV", "");
        VARIABLES.iter().fold(run, |run, name| run.env(name, empty)).exits(0);
    }
    assert_eq!(scene.endpoint.count("SignPayload"), 3);
    // And with an endpoint of the SDK's own.
    let run = scene.sandbox.sealgate(&words).env("AWS_ENDPOINT_URL_SIGNER", "");
    run.env("AWS_ENDPOINT_URL", &format!("{url}\n")).env("AWS_REGION", "").exits(0);
}

#[test]
fn control_characters_in_credentials_are_named_whatever_their_source() {
    let scene = Scene::new();
    let image = scene.image("app");
    let words = ["sign", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), "--force", &image];
    let sign = || with_env(scene.sandbox.sealgate(&words), &scene.endpoint.env_without_credentials());
    let keys = [("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", "")];
    let with = |name: &str, bad: &str| {
        keys.iter().fold(sign(), |run, (other, good)| run.env(other, if *other == name { bad } else { good }))
    };
    for (name, _) in keys {
        for bad in ["geheim\u{1}", "geheim\ngeheim", "geheim\tgeheim", "geheim\u{7f}", "\rgeheim", "geh\u{e9}im"] {
            let text = with(name, bad).exits(3).stdout;
            says(
                &text,
                &["error[invalid-setting]", &format!("{name}: expected only letters"), "is not shown", "help: "],
            );
            assert!(!text.contains("geh"), "{text}");
        }
    }
    // A line break at the end is from the file that it was filled from.
    for end in ["\n", "\r\n", "\r"] {
        with("AWS_ACCESS_KEY_ID", &format!("{ACCESS_KEY}{end}")).exits(0);
        with("AWS_SECRET_ACCESS_KEY", &format!("{SECRET}{end}")).exits(0);
    }
    let given = |bad: &str| {
        let expiry = "2099-01-01T00:00:00Z";
        json!({"Version": 1, "AccessKeyId": bad, "SecretAccessKey": "geheim", "SessionToken": "geheim", "Token": "geheim", "Expiration": expiry})
    };
    scene.sandbox.write(".aws/config", "[profile ci]\ncredential_process = cat credentials.json\n");
    for bad in ["geheim\u{1}", "geheim\ngeheim", "\tgeheim"] {
        scene.sandbox.write("credentials.json", &given(bad).to_string());
        let process = sign().env("AWS_PROFILE", "ci").exits(3).stdout;
        says(
            &process,
            &["error[invalid-setting]", "credential_process gave an access key id that no request", "help: "],
        );
        let container = format!("{}/creds", answering(given(bad).to_string()));
        let container = sign().env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container).exits(3).stdout;
        says(&container, &["error[aws-refused]", "the container's endpoint gave an access key id that no", "help: "]);
        assert!(!process.contains("geheim") && !container.contains("geheim"), "{process}{container}");
    }
    for bad in ["localhost", "localhost:80/x", "127.0.0.1", "/x", "http://", "http://localhost\u{1}/"] {
        let text = sign().env("AWS_CONTAINER_CREDENTIALS_FULL_URI", bad).exits(3).stdout;
        says(&text, &["error[invalid-setting]", "AWS_CONTAINER_CREDENTIALS_FULL_URI: expected an HTTPS URL", "help: "]);
    }
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
