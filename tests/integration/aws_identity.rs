//! Who asks AWS: every source of credentials that a job can have, and what is said where one does not work.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::aws::endpoint::{ACCESS_KEY, SECRET};
use crate::aws::fault::{Fault, Rule};
use crate::aws::identity::Role;
use crate::aws_scene::{Scene, report, says, with_env};
use crate::sealgate::Run;

/// What GitLab signs for a job of the project.
fn gitlab_token(scene: &Scene) -> String {
    let subject = "project_path:acme/app:ref_type:branch:ref:main";
    scene.endpoint.id_token(json!({"iss": "https://gitlab.com", "aud": "https://gitlab.com", "sub": subject}))
}

/// `sign` of a new image without any credentials, with these words.
fn sign<'a>(scene: &'a Scene, words: &[&str]) -> Run<'a> {
    let image = scene.image("app");
    let profile = scene.endpoint.profile();
    scene.as_nobody(&[&["sign", "--aws-root", "root.pem", "--profile", &profile, &image], words].concat())
}

/// Operation, role and session name of the sessions that began.
fn sessions(scene: &Scene) -> Vec<(&'static str, String, String)> {
    let sessions = scene.endpoint.sessions().into_iter();
    sessions.map(|one| (one.operation, one.role.rsplit('/').next().unwrap().to_owned(), one.session_name)).collect()
}

/// The principal that signed.
fn signed_by(scene: &Scene) -> String {
    let mut requests = scene.endpoint.requests().into_iter();
    requests.rfind(|one| one.operation == "SignPayload").unwrap().principal.unwrap()
}

#[test]
fn keys_of_the_environment_are_used() {
    let scene = Scene::new();
    sign(&scene, &[]).env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET).exits(0);
    assert_eq!(signed_by(&scene), "arn:aws:iam::111122223333:user/tester");
}

#[test]
fn keys_that_are_wrong_are_called_that_and_no_permission_is_advised() {
    let scene = Scene::new();
    let session = {
        with_env(sign(&scene, &[]), &scene.endpoint.container_env(None)).exits(0);
        let access_key = scene.endpoint.sessions()[0].access_key.clone();
        let world = scene.endpoint.world();
        let credential = &world.identities.credentials[&access_key];
        (access_key, credential.secret.clone(), credential.token.clone().unwrap())
    };
    let (key, secret, token) = session;
    let good: [(&str, String); 3] = [
        ("AWS_ACCESS_KEY_ID", key.clone()),
        ("AWS_SECRET_ACCESS_KEY", secret.clone()),
        ("AWS_SESSION_TOKEN", token.clone()),
    ];
    with_env(sign(&scene, &[]), &good).exits(0);
    #[rustfmt::skip]
    let table = [
        (vec![("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", "wrong")], "InvalidSignatureException"),
        (vec![("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN"), ("AWS_SECRET_ACCESS_KEY", SECRET)], "UnrecognizedClientException"),
        (vec![("AWS_ACCESS_KEY_ID", &key), ("AWS_SECRET_ACCESS_KEY", &secret)], "UnrecognizedClientException"),
        (vec![("AWS_ACCESS_KEY_ID", &key), ("AWS_SECRET_ACCESS_KEY", &secret), ("AWS_SESSION_TOKEN", "another")], "UnrecognizedClientException"),
    ];
    for (variables, name) in table {
        let variables: Vec<_> = variables.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        let text = with_env(sign(&scene, &[]), &variables).exits(5).stdout;
        says(&text, &["error[denied]", name, "(request id ", "help: access key, secret, and session token"]);
        assert!(!text.contains("Effect"), "{text}");
    }
    scene.endpoint.expire_sessions();
    let text = with_env(sign(&scene, &[]), &good).exits(5).stdout;
    says(&text, &["error[denied]", "ExpiredTokenException", "help: get new credentials right before this step"]);
}

#[test]
fn a_build_in_codebuild_uses_its_service_role() {
    let scene = Scene::new();
    with_env(sign(&scene, &[]), &scene.endpoint.container_env(None)).exits(0);
    with_env(sign(&scene, &[]), &scene.endpoint.container_env(Some("token-of-the-container"))).exits(0);
    // EKS writes the token into a file.
    scene.sandbox.write("token", "token-of-the-container");
    let variables = scene.endpoint.container_env(Some("token-of-the-container"));
    sign(&scene, &[])
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &variables[0].1)
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", scene.sandbox.path("token").to_str().unwrap())
        .exits(0);
    assert_eq!(signed_by(&scene), "arn:aws:sts::111122223333:assumed-role/codebuild-build/AWSCodeBuild-00000000");
    assert_eq!(sessions(&scene).len(), 3, "one for each run");

    let run = with_env(sign(&scene, &[]), &variables).env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "another");
    says(&run.exits(5).stdout, &["error[denied]", "403", "help: "]);
    // A host that is not this machine's never sees the token.
    let run = sign(&scene, &[]).env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/creds");
    says(&run.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret").exits(3).stdout, &["error[invalid-setting]"]);
}

#[test]
fn a_job_on_github_gets_a_role_for_its_oidc_token() {
    let scene = Scene::new();
    let role = scene.endpoint.role("github-ci");
    let run = with_env(sign(&scene, &["--role-arn", &role]), &scene.endpoint.github_env());
    run.env("GITHUB_RUN_ID", "1234567890").env("GITHUB_ACTIONS", "true").exits(0);
    let session = ("AssumeRoleWithWebIdentity", "github-ci".to_owned(), "sealgate-gha-1234567890".to_owned());
    assert_eq!(sessions(&scene), [session]);
    assert_eq!(scene.asked(), ["GetIdToken", "AssumeRoleWithWebIdentity", "SignPayload"]);
    assert!(signed_by(&scene).ends_with(":assumed-role/github-ci/sealgate-gha-1234567890"));
    // By its variable, for verify.
    let words = ["verify", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), "oci-layout:app:app"];
    let run = with_env(scene.as_nobody(&words), &scene.endpoint.github_env());
    run.env("SEALGATE_ROLE_ARN", &role).exits(0);
}

#[test]
fn a_job_on_github_without_the_right_to_a_token_is_told_the_permission() {
    let scene = Scene::new();
    let role = scene.endpoint.role("github-ci");
    let text = sign(&scene, &["--role-arn", &role, "--color", "never"]).env("GITHUB_ACTIONS", "true").exits(5).stdout;
    says(&text, &["error[denied]", "no AWS credentials", "help: GitHub Actions: `permissions: id-token: write`"]);
    for others in ["GitLab CI: ", "CodeBuild: ", "elsewhere: "] {
        assert!(!text.contains(others), "{text}");
    }
    let run = with_env(sign(&scene, &["--role-arn", &role]), &scene.endpoint.github_env());
    let text = run.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "another-token").exits(5).stdout;
    says(&text, &["error[denied]", "asked for an OIDC token, answered with HTTP status 401", "help: "]);
    assert_eq!(scene.endpoint.count("GetIdToken"), 1, "a failure is not repeated");
}

#[test]
fn a_job_without_credentials_is_told_the_way_of_its_own_system_in_every_form_of_report() {
    let scene = Scene::new();
    let ways = ["GitHub Actions: ", "GitLab CI: ", "CodeBuild: ", "elsewhere: "];
    for (variable, value, own) in [
        ("GITLAB_CI", "true", Some("GitLab CI: ")),
        ("CODEBUILD_BUILD_ID", "x:1", Some("CodeBuild: ")),
        ("JENKINS_URL", "https://j.example", Some("elsewhere: ")),
        ("FORGEJO_ACTIONS", "true", Some("GitHub Actions: ")),
        ("CI", "true", None),
    ] {
        for words in [&[][..], &["--format", "json"]] {
            let answer = sign(&scene, words).env(variable, value).exits(5);
            for way in ways {
                let told = answer.stdout.contains(way);
                assert_eq!(told, own.is_none_or(|own| own == way), "{variable} {way}: {}", answer.stdout);
            }
        }
        let doctor = ["doctor", "--profile", &scene.endpoint.profile()];
        let told = scene.as_nobody(&doctor).env(variable, value).exits(5).stdout;
        assert!(own.is_none_or(|own| ways.iter().all(|way| told.contains(way) == (*way == own))), "{told}");
    }
}

#[test]
fn what_sts_does_not_accept_is_said_with_what_decides() {
    let scene = Scene::new();
    let github = |role: &str| {
        let role = scene.endpoint.role(role);
        with_env(sign(&scene, &["--role-arn", &role]), &scene.endpoint.github_env()).exits(5).stdout
    };
    let trust = "help: the role's trust policy must match the token: sealgate doctor --iam prints one";
    says(&github("no-such-role"), &["sts:AssumeRoleWithWebIdentity: AccessDenied", "(request id ", trust]);
    says(&github("gitlab-ci"), &["InvalidIdentityToken", "https://token.actions.githubusercontent.com", trust]);
    scene.endpoint.world().runner.claims["sub"] = "repo:other/app:ref:refs/heads/main".into();
    says(&github("github-ci"), &["AccessDenied", "the token's issuer, audience, and subject must all match"]);
}

#[test]
fn a_job_on_gitlab_gets_a_role_for_its_id_token() {
    let scene = Scene::new();
    let (role, token) = (scene.endpoint.role("gitlab-ci"), gitlab_token(&scene));
    let with_token = |words: &[&str]| sign(&scene, words).env("AWS_TOKEN", &token).env("CI_JOB_ID", "99");
    with_token(&["--role-arn", &role, "--oidc-token-env", "AWS_TOKEN"]).exits(0);
    // As GitLab's own examples have it.
    with_token(&["--oidc-token-env", "AWS_TOKEN"]).env("AWS_ROLE_ARN", &role).exits(0);
    let session = ("AssumeRoleWithWebIdentity", "gitlab-ci".to_owned(), "sealgate-gitlab-99".to_owned());
    assert_eq!(sessions(&scene), [session.clone(), session]);
    // A name for the session that was asked for.
    let words = ["--role-arn", &role, "--oidc-token-env", "AWS_TOKEN"];
    with_token(&words).env("AWS_ROLE_SESSION_NAME", "mine").exits(0);
    assert_eq!(sessions(&scene)[2].2, "mine");
}

#[test]
fn settings_of_a_role_that_cannot_work_are_told_before_anything_is_asked() {
    let scene = Scene::new();
    let role = scene.endpoint.role("gitlab-ci");
    let token = gitlab_token(&scene);
    #[rustfmt::skip]
    let table: [(&[&str], &str, &[&str]); 6] = [
        (&["--role-arn", &role, "--oidc-token-env", "NO_TOKEN"], "usage", &["environment variable NO_TOKEN is not set", "`id_tokens`"]),
        (&["--role-arn", &role, "--oidc-token-env", "EMPTY_TOKEN"], "usage", &["environment variable EMPTY_TOKEN is not set"]),
        (&["--oidc-token-env", "AWS_TOKEN"], "conflict", &["needs --role-arn as well"]),
        (&["--role-arn", "gitlab-ci"], "usage", &["expected the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME, got `gitlab-ci`"]),
        (&["--role-arn", "arn:aws:iam::111122223333:user/u"], "usage", &["expected the ARN of a role"]),
        (&["--role-arn", &role, "--aws-profile", "ci"], "conflict", &["--aws-profile"]),
    ];
    for (words, code, texts) in table {
        let answer = sign(&scene, words).env("AWS_TOKEN", &token).env("EMPTY_TOKEN", "").exits(2);
        assert!(answer.stderr.starts_with(&format!("error[{code}]: ")), "{words:?}: {}", answer.stderr);
        says(&answer.stderr, texts);
        assert!(!answer.stderr.contains(&token));
    }
    // A token where its name belongs is not shown.
    let answer = sign(&scene, &["--role-arn", &role, "--oidc-token-env", &token]).exits(2);
    says(&answer.stderr, &["expected the name of an environment variable; the value is not shown", "help: "]);
    assert!(!answer.stderr.contains(token.split('.').next_back().unwrap()), "{}", answer.stderr);
    assert!(scene.endpoint.requests().is_empty());
}

#[test]
fn tokens_that_are_no_good_are_told_apart() {
    let scene = Scene::new();
    let role = scene.endpoint.role("gitlab-ci");
    let subject = "project_path:acme/app:ref_type:branch:ref:main";
    let issued = |audience: &str, expiry: i64| {
        let ends = scene.endpoint.world().clock.now().as_second() + expiry;
        scene.endpoint.id_token(json!({"iss": "https://gitlab.com", "aud": audience, "sub": subject, "exp": ends}))
    };
    #[rustfmt::skip]
    let table = [
        (issued("https://gitlab.com", -10), "ExpiredTokenException", "get new credentials right before this step"),
        (issued("https://other.example", 60), "Incorrect token audience", "issuer, audience, and subject"),
        ("not-a-token".to_owned(), "not a valid JWT", "trust policy"),
    ];
    for (token, name, help) in table {
        let run = sign(&scene, &["--role-arn", &role, "--oidc-token-env", "AWS_TOKEN"]).env("AWS_TOKEN", &token);
        let text = run.exits(5).stdout;
        says(&text, &["error[denied]", name, help]);
        assert!(!text.contains(&token), "{text}");
    }
}

#[test]
fn the_web_identity_file_of_the_sdk_works_with_and_without_the_flag() {
    let scene = Scene::new();
    let (role, token) = (scene.endpoint.role("gitlab-ci"), gitlab_token(&scene));
    scene.sandbox.write("token", &token);
    let file = scene.sandbox.path("token");
    let file = file.to_str().unwrap();
    sign(&scene, &[]).env("AWS_WEB_IDENTITY_TOKEN_FILE", file).env("AWS_ROLE_ARN", &role).exits(0);
    sign(&scene, &["--role-arn", &role]).env("AWS_WEB_IDENTITY_TOKEN_FILE", file).exits(0);
    assert_eq!(scene.endpoint.count("AssumeRoleWithWebIdentity"), 2);
    let text = sign(&scene, &["--role-arn", &role]).env("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/file").exits(3).stdout;
    says(&text, &["error[invalid-setting]", "AWS_WEB_IDENTITY_TOKEN_FILE /no/file", "No such file"]);
}

#[test]
fn a_role_without_token_is_assumed_with_the_jobs_own_credentials() {
    let scene = Scene::new();
    let role = scene.endpoint.role("github-ci");
    scene.sign(&[&scene.image("app"), "--role-arn", &role]).env("CODEBUILD_BUILD_ID", "app:1-2").exits(0);
    let session = ("AssumeRole", "github-ci".to_owned(), "sealgate-codebuild-app-1-2".to_owned());
    assert_eq!(sessions(&scene), [session]);
    let text = scene.sign(&[&scene.image("b"), "--role-arn", &scene.endpoint.role("nope")]).exits(5).stdout;
    let statement = r#"{"Action":"sts:AssumeRole","Effect":"Allow","Resource":"arn:aws:iam::111122223333:role/nope"}"#;
    says(&text, &["error[denied]", &format!("help: allow it for arn:aws:iam::111122223333:user/tester: {statement}")]);
}

/// A role that trusts this principal, and no token.
fn role_for(scene: &Scene, name: &str, principal: &str) -> String {
    let (arn, nothing) = (scene.endpoint.role(name), Vec::new);
    let principals = vec![format!("arn:aws:{principal}")];
    let role = Role { arn: arn.clone(), issuers: nothing(), audiences: nothing(), subjects: nothing(), principals };
    scene.endpoint.world().identities.roles.insert(arn.clone(), role);
    arn
}

/// Operation and role of the sessions that began, and what the report says about it.
fn steps(scene: &Scene, run: Run<'_>) -> (Vec<(&'static str, String)>, String) {
    scene.endpoint.world().identities.sessions.clear();
    let told = report(&run.exits(0));
    let steps = sessions(scene).into_iter().map(|(operation, role, _)| (operation, role)).collect();
    (steps, told["warnings"].to_string())
}

const DIRECTLY: &str = "AssumeRoleWithWebIdentity";

#[test]
fn a_role_is_assumed_with_the_jobs_token_or_else_with_its_own_credentials() {
    let scene = Scene::new();
    scene.sandbox.write("token", &gitlab_token(&scene));
    let file = scene.sandbox.path("token").to_str().unwrap().to_owned();
    let (a, token) = (scene.endpoint.role("gitlab-ci"), ("AWS_WEB_IDENTITY_TOKEN_FILE", file));
    let keys = [("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()), ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned())];
    let of_role = role_for(&scene, "deploy", "sts::111122223333:assumed-role/gitlab-ci/");
    let of_user = role_for(&scene, "of-user", "iam::111122223333:user/tester");
    let of_build = role_for(&scene, "of-build", "sts::111122223333:assumed-role/codebuild-build/");
    let irsa = vec![("AWS_ROLE_ARN", a.clone()), token.clone()];
    let github = scene.endpoint.github_env();
    let with = |some: &[(&'static str, String)], more: &[(&'static str, String)]| [some, more].concat();
    let step = |operation, role: &str| (operation, role.to_owned());
    let own = "assumed with the job's own credentials";
    #[rustfmt::skip]
    let table = [
        // A service account of EKS has role A, which role B trusts.
        (&of_role, irsa.clone(), vec![step(DIRECTLY, "gitlab-ci"), step("AssumeRole", "deploy")], own),
        // Keys of A, in a job that also has a token.
        (&of_user, keys.to_vec(), vec![step("AssumeRole", "of-user")], ""),
        (&of_user, with(&keys, &github), vec![step("AssumeRole", "of-user")], own),
        (&of_user, with(&keys, std::slice::from_ref(&token)), vec![step("AssumeRole", "of-user")], own),
        (&of_build, with(&scene.endpoint.container_env(None), &github), vec![step("Container", "codebuild-build"), step("AssumeRole", "of-build")], own),
        // A role that trusts the token needs nothing else, whatever there is.
        (&a, irsa.clone(), vec![step(DIRECTLY, "gitlab-ci")], ""),
        (&a, with(&keys, std::slice::from_ref(&token)), vec![step(DIRECTLY, "gitlab-ci")], ""),
        (&scene.endpoint.role("github-ci"), with(&keys, &github), vec![step(DIRECTLY, "github-ci")], ""),
    ];
    for (number, (role, variables, expected, told)) in table.into_iter().enumerate() {
        let run = with_env(sign(&scene, &["--role-arn", role, "--force", "--format", "json"]), &variables);
        let (found, warnings) = steps(&scene, run);
        assert_eq!(found, expected, "{number}");
        assert_eq!(warnings.contains("aws-role"), !told.is_empty(), "{number}: {warnings}");
        assert!(warnings.contains(told), "{number}: {warnings}");
    }
    let run = with_env(scene.as_nobody(&["doctor", "--role-arn", &of_role]), &irsa);
    says(
        &run.exits(0).stdout,
        &["deploy, assumed with the job's own credentials: it does not trust the OIDC token in "],
    );
}

#[test]
fn a_role_that_trusts_nothing_that_the_job_has_says_so_of_all() {
    let scene = Scene::new();
    let nobodys = role_for(&scene, "nobodys", "iam::111122223333:user/another");
    let keys = [("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()), ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned())];
    let run = with_env(with_env(sign(&scene, &["--role-arn", &nobodys]), &scene.endpoint.github_env()), &keys);
    let text = run.exits(5).stdout;
    let statement = format!(r#"{{"Action":"sts:AssumeRole","Effect":"Allow","Resource":"{nobodys}"}}"#);
    says(&text, &["sts:AssumeRole: AccessDenied", "and before that, sts:AssumeRoleWithWebIdentity: ", &statement]);
    // Of a token alone, it is the token's refusal.
    let text = with_env(sign(&scene, &["--role-arn", &nobodys]), &scene.endpoint.github_env()).exits(5).stdout;
    says(&text, &["sts:AssumeRoleWithWebIdentity: ", "the role's trust policy must match the token"]);
    // A token that was named is the only one that counts.
    let before = scene.endpoint.count("AssumeRole");
    let words = ["--role-arn", &nobodys, "--oidc-token-env", "AWS_TOKEN"];
    let run = with_env(sign(&scene, &words), &keys).env("AWS_TOKEN", &gitlab_token(&scene));
    says(&run.exits(5).stdout, &["sts:AssumeRoleWithWebIdentity: "]);
    assert_eq!(scene.endpoint.count("AssumeRole"), before);
    // Half of a key pair is named as ever.
    let run = with_env(sign(&scene, &["--role-arn", &nobodys]), &scene.endpoint.github_env());
    says(&run.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).exits(3).stdout, &["AWS_SECRET_ACCESS_KEY is not"]);
}

#[test]
fn an_issuer_that_sts_cannot_reach_for_a_moment_is_tried_again() {
    for fault in [Fault::IssuerUnreachable, Fault::IssuerKeys, Fault::Throttle, Fault::InternalError] {
        let scene = Scene::new();
        let role = scene.endpoint.role("github-ci");
        let run = || with_env(sign(&scene, &["--role-arn", &role]), &scene.endpoint.github_env());
        scene.endpoint.add_fault(Rule::new(DIRECTLY, fault.clone()).times(2));
        run().exits(0);
        assert_eq!(scene.endpoint.count(DIRECTLY), 3, "{fault:?}");
        // For good it is unavailable, which may be worth another try, and not a refusal.
        scene.endpoint.fault(DIRECTLY, fault.clone());
        run().env("AWS_MAX_ATTEMPTS", "2").exits(4);
        assert_eq!(scene.endpoint.count(DIRECTLY), 5, "{fault:?}");
    }
}

#[test]
fn a_profile_of_the_configuration_files_is_used_although_keys_are_set() {
    let scene = Scene::new();
    let (key, secret) = scene.endpoint.add_user("arn:aws:iam::111122223333:user/of-the-profile");
    let config = format!(
        "[profile ci]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n\
         [profile process]\ncredential_process = cat credentials.json\n\
         [profile failing]\ncredential_process = false\n"
    );
    scene.sandbox.write(".aws/config", &config);
    let credentials = json!({"Version": 1, "AccessKeyId": key, "SecretAccessKey": secret});
    scene.sandbox.write("credentials.json", &credentials.to_string());
    for name in ["ci", "process"] {
        let image = scene.image(name);
        scene.sign(&[&image, "--aws-profile", name]).exits(0);
        assert_eq!(signed_by(&scene), "arn:aws:iam::111122223333:user/of-the-profile", "{name}");
    }
    // The variable of the SDK means the same, where no keys are set.
    sign(&scene, &[]).env("AWS_PROFILE", "ci").exits(0);
    let image = scene.image("other");
    for (name, exit, code, words) in [
        ("failing", 5, "denied", "profile failing in [FOLDER]/.aws/config: the program of credential_process"),
        ("missing", 3, "invalid-setting", "--aws-profile: profile missing is not in [FOLDER]/.aws/config"),
    ] {
        let text = scene.sign(&[&image, "--aws-profile", name]).exits(exit).stdout;
        says(&text, &[&format!("error[{code}]"), words, "help: "]);
    }
    assert!(scene.signatures("other").is_empty());
}

#[test]
fn without_any_credentials_the_answer_comes_quickly_and_names_four_ways() {
    let scene = Scene::new();
    // Two machines without metadata: one where nobody answers, and one where the connection never comes.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let full = FullSocket::new();
    for address in [silent, full.url()] {
        let image = scene.image("app");
        let words = ["sign", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), &image];
        let began = Instant::now();
        let run = scene.sandbox.sealgate(&words).env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &address);
        let text = run.env("AWS_ENDPOINT_URL", &scene.endpoint.url()).exits(5).stdout;
        assert!(began.elapsed() < Duration::from_millis(2500), "{address}: {:?}", began.elapsed());
        says(
            &text,
            &[
                "error[denied]",
                "help: GitHub Actions: `permissions: id-token: write` in the job, and --role-arn ARN",
                "help: GitLab CI: an entry under `id_tokens`, its name as --oidc-token-env NAME, and --role-arn ARN",
                "help: CodeBuild: the service role is used automatically",
                "help: elsewhere: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --aws-profile NAME",
            ],
        );
    }
}

/// A port to which no connection comes about: its queue is full.
struct FullSocket {
    address: std::net::SocketAddr,
    _runtime: tokio::runtime::Runtime,
    _listener: tokio::net::TcpListener,
    _waiting: Vec<std::net::TcpStream>,
}

impl FullSocket {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            socket.listen(1).unwrap()
        });
        let address = listener.local_addr().unwrap();
        let patience = Duration::from_millis(200);
        let waiting = (0..16).map_while(|_| std::net::TcpStream::connect_timeout(&address, patience).ok()).collect();
        Self { address, _runtime: runtime, _listener: listener, _waiting: waiting }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

#[test]
fn a_clock_that_is_wrong_is_told_or_does_not_matter() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    for hours in [1, -1] {
        scene.endpoint.set_clock(hours * 3600);
        let other = scene.image("other");
        let text = scene.sign(&[&other]).exits(5).stdout;
        says(
            &text,
            &[
                "error[denied]",
                "InvalidSignatureException",
                "help: set the clock of this machine (NTP): it is ",
                "AWS's",
            ],
        );
        assert!(scene.signatures("other").is_empty());
        // A signature's times are not the question here, and the SDK tries again by the server's clock.
        scene.verify(&[&image]).exits(0);
    }
    // A clock by which AWS takes requests, and by which what it signs is of the future.
    for seconds in [310, 400] {
        scene.endpoint.set_clock(seconds);
        let name = format!("late{seconds}");
        let text = scene.sign(&[&scene.image(&name)]).exits(10).stdout;
        says(
            &text,
            &["error[signer-answer]", "authentic signing time", "help: set the clock of this machine (NTP): it is "],
        );
        says(&text, &[if seconds == 310 { "5 min " } else { "6 min " }, "s behind AWS's"]);
        assert!(!text.contains("AWS Support") && scene.signatures(&name).is_empty(), "{text}");
    }
    for seconds in [200, -200] {
        scene.endpoint.set_clock(seconds);
        let name = format!("near{seconds}");
        scene.sign(&[&scene.image(&name)]).exits(0);
        scene.verify(&[&format!("oci-layout:{name}:{name}")]).exits(0);
    }
}

#[test]
fn every_endpoint_variable_of_the_sdk_works_and_is_shown() {
    let scene = Scene::new();
    let url = scene.endpoint.url();
    let keys = [("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()), ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned())];
    let profile = scene.endpoint.profile();
    let run = |command: &str, image: &str, words: &[&str], variables: &[(&str, String)]| {
        let words =
            [&[command, "--aws-root", "root.pem", "--profile", &profile, image, "--format", "json"], words].concat();
        let run = with_env(with_env(scene.sandbox.sealgate(&words), &keys), variables);
        report(&run.exits(0))["weakened"].to_string()
    };
    for (number, (signs, verifies)) in [
        ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL"),
        ("AWS_ENDPOINT_URL_SIGNER", "AWS_ENDPOINT_URL_SIGNER_DATA"),
        ("SEALGATE_ENDPOINT_URL", "SEALGATE_ENDPOINT_URL"),
    ]
    .into_iter()
    .enumerate()
    {
        let image = scene.image(&format!("app{number}"));
        let shown = run("sign", &image, &[], &[(signs, url.clone())]);
        says(&shown, &["endpoint-url", &url, signs]);
        let shown = run("verify", &image, &[], &[(verifies, url.clone())]);
        says(&shown, &["endpoint-url", &url, verifies]);
    }
    let image = scene.image("flag");
    says(&run("sign", &image, &["--endpoint-url", &url], &[]), &["--endpoint-url"]);
    says(&run("verify", &image, &["--endpoint-url", &url], &[]), &["--endpoint-url"]);

    // Over plain HTTP nobody but this machine is asked.
    for (name, exit) in [("AWS_ENDPOINT_URL", 3), ("AWS_ENDPOINT_URL_SIGNER", 3), ("SEALGATE_ENDPOINT_URL", 3)] {
        let words = ["sign", "--aws-root", "root.pem", "--profile", &profile, &image, "--force"];
        let answer = with_env(scene.sandbox.sealgate(&words), &keys).env(name, "http://192.0.2.1:1").exits(exit);
        let text = answer.stdout + &answer.stderr;
        assert!(text.contains("plain HTTP") || text.contains("HTTP on this machine"), "{text}");
        says(&text, &["192.0.2.1"]);
    }
    // Nor does a file that a pull request can change choose who is asked.
    scene.sandbox.write("settings.yaml", &format!("endpoint-url: {url}\n"));
    let words = ["verify", "--profile", &profile, &image, "--config", "settings.yaml"];
    assert!(with_env(scene.sandbox.sealgate(&words), &keys).exits(3).stderr.contains("endpoint-url"));
}
