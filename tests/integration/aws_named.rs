//! Who was asked for by name and is not there: an error that names it, and never the container's or the instance's role instead.

use std::thread;

use crate::aws::endpoint::{ACCESS_KEY, SECRET};
use crate::aws_scene::{Scene, says, with_env};

const KEYS: &str = "aws_access_key_id = a\naws_secret_access_key = geheim-1234567890\n";
const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/ci\n";

/// One job that asks for somebody.
struct Job {
    config: String,
    credentials: &'static str,
    flags: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
    /// What the error says.
    named: &'static str,
}

fn job(config: &str, variables: &'static [(&'static str, &'static str)], named: &'static str) -> Job {
    Job { config: config.to_owned(), credentials: "", flags: &[], variables, named }
}

#[test]
fn nobody_signs_as_the_container_who_asked_for_somebody_else() {
    const PROD: &[(&str, &str)] = &[("AWS_PROFILE", "prod")];
    let other = format!("[profile other]\n{KEYS}");
    let jobs = [
        job("", PROD, "AWS_PROFILE: profile prod is not in [FOLDER]/.aws/config"),
        job(&other, PROD, "AWS_PROFILE: profile prod is not in [FOLDER]/.aws/config"),
        job("", &[("AWS_DEFAULT_PROFILE", "prod")], "AWS_DEFAULT_PROFILE: profile prod is not in "),
        job(&format!("[prod]\n{KEYS}"), PROD, "the section [prod] has to be called [profile prod]"),
        Job { credentials: "[profile prod]\n", ..job("", PROD, "AWS_PROFILE: profile prod is not in ") },
        Job { flags: &["--aws-profile", "prod"], ..job(&other, &[], "--aws-profile: profile prod is not in ") },
        job(&other, &[("SEALGATE_AWS_PROFILE", "prod")], "SEALGATE_AWS_PROFILE: profile prod is not in "),
        job(
            "[profile prod]\nregion = us-west-2\n",
            PROD,
            "profile prod in [FOLDER]/.aws/config and [FOLDER]/.aws/credentials has no credentials",
        ),
        job("[profile prod]\naws_acces_key_id = a\naws_secret_acces_key = b\n", PROD, "has no credentials"),
        job(
            &format!("[profile prod]\n{ROLE}source_profile = base\n"),
            PROD,
            "source_profile: there is no profile base",
        ),
        job(&format!("[default]\n{ROLE}source_profile = base\n"), &[], "source_profile: there is no profile base"),
        job("[default]\nsource_profile = base\n", &[], "source_profile needs role_arn as well"),
        job(
            &format!("[default]\n{ROLE}credential_source = Container\n"),
            &[],
            "credential_source: expected Environment, EcsContainer or Ec2InstanceMetadata, got `Container`",
        ),
        job(
            &format!("[default]\n{ROLE}credential_source = Environment\n"),
            &[],
            "credential_source is Environment, and AWS_ACCESS_KEY_ID is not set",
        ),
        job(&format!("[default]\n{ROLE}"), &[], "role_arn needs source_profile or credential_source"),
        job("[default]\naws_access_key_id = a\n", &[], "aws_access_key_id of profile default in "),
        Job {
            credentials: "[default]\naws_secret_access_key = geheim-1234567890\n",
            ..job("", &[], "aws_secret_access_key of profile default in ")
        },
        job("", &[("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")], "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"),
        job(
            "",
            &[("AWS_SECRET_ACCESS_KEY", "geheim-1234567890")],
            "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not",
        ),
        job(
            "",
            &[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "")],
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
        ),
        job("", &[("AWS_SESSION_TOKEN", "geheim-1234567890")], "AWS_SESSION_TOKEN is set and AWS_ACCESS_KEY_ID is not"),
        job("", &[("AWS_CONFIG_FILE", "/no/such/file")], "AWS_CONFIG_FILE /no/such/file: No such file"),
        job(
            "",
            &[("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file")],
            "AWS_SHARED_CREDENTIALS_FILE /no/such/file: No such file",
        ),
        job(
            "",
            &[("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/ci")],
            "AWS_ROLE_ARN is set, but there is no token for the role",
        ),
        job(
            "",
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/such/file")],
            "AWS_WEB_IDENTITY_TOKEN_FILE is set, but there is no role for the token",
        ),
        job("[default]\nsso_session = s\n", &[], "there is no section [sso-session s]"),
        job(
            "[default]\nthis is no setting\n",
            &[],
            "[FOLDER]/.aws/config: line 2 is neither a section nor KEY = VALUE",
        ),
    ];
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let before = scene.endpoint.requests().len();
    let container = scene.endpoint.container_env(None);
    let profile = scene.endpoint.profile();
    for Job { config, credentials, flags, variables, named } in jobs {
        scene.sandbox.write(".aws/config", &config);
        scene.sandbox.write(".aws/credentials", credentials);
        thread::scope(|scope| {
            for command in [&["sign", "--force"][..], &["verify"], &["doctor"]] {
                let (scene, container, profile, image) = (&scene, &container, &profile, &image);
                scope.spawn(move || {
                    let words = [command, &["--aws-root", "root.pem", "--profile", profile, image], flags].concat();
                    let run = with_env(scene.as_nobody(&words), container);
                    let run = variables.iter().fold(run, |run, (name, value)| run.env(name, value));
                    let answer = run.exits(3);
                    says(&answer.stdout, &[named]);
                    assert!(!(answer.stdout + &answer.stderr).contains("geheim"), "{named}");
                });
            }
        });
    }
    let asked: Vec<_> = scene.endpoint.requests().split_off(before).into_iter().map(|one| one.operation).collect();
    assert!(asked.iter().all(|operation| operation == "HEAD /"), "nobody was asked for anything: {asked:?}");
    // The same machine, and nobody asked for anybody.
    scene.sandbox.write(".aws/config", "");
    for variables in [&[][..], &[("AWS_PROFILE", "default")], &[("AWS_PROFILE", ""), ("AWS_ACCESS_KEY_ID", "")]] {
        let words = ["verify", "--aws-root", "root.pem", "--profile", &profile, &image];
        let run = with_env(scene.as_nobody(&words), &container);
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).exits(0);
    }
    std::fs::remove_dir_all(scene.sandbox.path(".aws")).unwrap();
    let words = ["verify", "--aws-root", "root.pem", "--profile", &profile, &image];
    with_env(scene.as_nobody(&words), &container).env("AWS_PROFILE", "default").exits(0);
}

#[test]
fn who_comes_first_is_not_kept_from_it_by_what_comes_later() {
    let scene = Scene::new();
    let image = scene.image("app");
    let (role, url) = (scene.endpoint.role("github-ci"), scene.endpoint.url());
    let keys = [("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let words = ["sign", "--force", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), &image];
    let with_keys = |words: &[&str]| {
        let run = scene.sandbox.sealgate(words).env("AWS_ENDPOINT_URL", &url);
        keys.iter().fold(run, |run, (name, value)| run.env(name, value))
    };
    // A role that another step of the job needs, beside keys that it left.
    with_keys(&words).env("AWS_ROLE_ARN", &role).exits(0);
    with_keys(&words).env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/").exits(0);
    // A chain of profiles: the keys of one, then a role of another, at the endpoint that was given.
    let config = format!(
        "[profile prod]\nrole_arn = {role}\nsource_profile = base\nrole_session_name = mine\n\
         [profile base]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n\
         [profile environment]\nrole_arn = {role}\ncredential_source = Environment\n"
    );
    scene.sandbox.write(".aws/config", &config);
    scene.as_nobody(&[&words[..], &["--aws-profile", "prod"]].concat()).exits(0);
    let session = scene.endpoint.sessions().pop().unwrap();
    assert_eq!((session.operation, session.session_name.as_str()), ("AssumeRole", "mine"));
    with_keys(&[&words[..], &["--aws-profile", "environment"]].concat()).env("CI_JOB_ID", "17").exits(0);
    let session = scene.endpoint.sessions().pop().unwrap();
    assert_eq!((session.operation, session.session_name.as_str()), ("AssumeRole", "sealgate-gitlab-17"));
}
