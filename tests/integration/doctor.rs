//! `sealgate doctor` against the test endpoint, a registry on loopback, and files: what it finds, how it ends, and that
//! one check that fails ends no other.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::aws::answer::Author;
use crate::aws::endpoint::{Options, SECRET};
use crate::aws::fault::{Fault, Rule};
use crate::aws::signer::Validity;
use crate::aws_scene::{Scene, report, says, with_env};
use crate::sealgate::{Run, Sandbox, mkfifo};

/// Media type of an image.
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// The one image of [`Registry`].
const MANIFEST: &str =
    r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[]}"#;

/// A registry with the image `app:v1`, which takes tokens of its own service that grant `pull` and nothing else.
struct Registry {
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&lines);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                thread::spawn(move || serve(&stream, port, &seen));
            }
        });
        Self { port, lines }
    }

    fn image(&self, rest: &str) -> String {
        format!("127.0.0.1:{}/app{rest}", self.port)
    }
}

/// Answers requests without bodies until the other end goes.
fn serve(stream: &TcpStream, port: u16, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            reader.by_ref().take(64 * 1024).read_line(&mut line).ok().filter(|read| *read > 0)?;
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let target = head.first()?.split(' ').nth(1)?.to_owned();
        seen.lock().unwrap().push(head.first()?.clone());
        let authorized = head.iter().any(|line| line.to_lowercase().starts_with("authorization: bearer "));
        let json = "application/json";
        let index =
            json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []});
        let (status, media_type, body) = if target.starts_with("/token") {
            let access = json!({"access": [{"type": "repository", "name": "app", "actions": ["pull"]}]});
            let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(access.to_string()));
            (200, json, json!({ "token": token }).to_string())
        } else if !authorized {
            (401, json, "{}".to_owned())
        } else if target.contains("/referrers/") {
            (200, "application/vnd.oci.image.index.v1+json", index.to_string())
        } else if target.ends_with("/manifests/v1") || target.contains("/manifests/sha256:") {
            (200, IMAGE, MANIFEST.to_owned())
        } else {
            (404, json, r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no such image"}]}"#.to_owned())
        };
        let challenge = format!("www-authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"x\"\r\n");
        let challenge = if status == 401 { challenge } else { String::new() };
        let length = body.len();
        let mut writer = stream;
        write!(
            writer,
            "HTTP/1.1 {status} x\r\ncontent-type: {media_type}\r\n{challenge}content-length: {length}\r\n\r\n{body}"
        )
        .ok()?;
    }
}

/// `doctor` with the endpoint's profile and its root, as its user.
fn doctor<'a>(scene: &'a Scene, words: &[&str]) -> Run<'a> {
    scene.as_user(&[&["doctor", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile()], words].concat())
}

/// The check of this name in a report.
#[track_caller]
fn check(report: &Value, name: &str) -> Value {
    let checks = report["doctor"]["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {report:#}")).clone()
}

/// What `doctor` finds as JSON, with its exit code.
#[track_caller]
fn found(run: Run<'_>, exit: i32) -> Value {
    report(&run.env("SEALGATE_FORMAT", "json").exits(exit))
}

/// What differs from run to run, and what stands in its place.
const FILTERS: [(&str, &str); 6] = [
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
    (r"\b[a-zA-Z0-9]{10}, not pinned: append /[a-zA-Z0-9]{10} to", "[VERSION], not pinned: append /[VERSION] to"),
    (r"request id [0-9a-f-]{36}", "request id [ID]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[TIME]"),
    (r"in \d+ min\b", "in [N] min"),
    // A machine that is busy answers late.
    (r"clock       \d+ s (behind|ahead of) ", "clock       agrees with "),
];

#[test]
fn where_everything_is_fine_it_says_so() {
    let (scene, registry) = (Scene::new(), Registry::start());
    let run = doctor(&scene, &[&registry.image(":v1")]).env("GITHUB_ACTIONS", "true").env("SEALGATE_COLOR", "never");
    let text = run.exits(0).stdout;
    insta::with_settings!({filters => FILTERS}, { insta::assert_snapshot!(text, @"
    ! NOT AN AWS ROOT: other root certificates are used instead of AWS Signer's (from --aws-root)
    Job
      ✓ CI system   GitHub Actions (GITHUB_ACTIONS is set)
      · OIDC token  none: the job has no permission `id-token: write` (only --role-arn would use one)
          help: give the job tokens: `permissions: { id-token: write, contents: read }` in the workflow
      ✓ clock       agrees with 127.0.0.1
      ! settings    aws-root = root.pem, NOT AN AWS ROOT (from --aws-root) weakens a check
      ! settings    endpoint-url = http://127.0.0.1:[PORT] (from AWS_ENDPOINT_URL) weakens a check
    AWS credentials
      ✓ source      variables (AWS_ACCESS_KEY_ID)
      ✓ caller      arn:aws:iam::111122223333:user/tester (account 111122223333)
      · expiry      unknown: long-lived keys, or variables, which do not include it
    Signing profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci_images
      ✓ status      Active
      ✓ platform    Notation-OCI-SHA384-ECDSA
      ✓ validity    a signature is valid for 135 months
      · version     [VERSION], not pinned: append /[VERSION] to the ARN to trust only this version
      ! revocation  http://127.0.0.1:[PORT] answers signer:GetRevocationStatus, but it is not AWS
    Image 127.0.0.1:[PORT]/app:v1
      ✓ registry    127.0.0.1:[PORT] answers
      ✓ credential  none: the registry issued an anonymous token
      ✓ image       sha256:21d94c4ae81f56d81b98c4468796264cbff924c3fae1fd9e8379120a7d264f31
      ✓ pull        allowed
      ! push        not allowed: the registry's token service grants only pull
          help: verify does not need it; for sign, log in with a credential that may push
      · signatures  none, listed by the referrers API and the referrers tag
    Trust
      ✓ policy      1 statement, from --profile
      ✓ roots       all are valid until at least [TIME]
    21 checks: 13 ok, 4 notes, 4 warnings
    ") });
    let lines = registry.lines.lock().unwrap();
    assert!(lines.iter().all(|line| line.starts_with("GET ")), "nothing is changed: {lines:?}");
    assert_eq!(scene.asked().iter().filter(|one| *one == "SignPayload").count(), 0);
}

#[test]
fn nothing_has_to_be_given() {
    let sandbox = Sandbox::new();
    let run = sandbox.sealgate(&["doctor"]).env("AWS_EC2_METADATA_DISABLED", "true");
    insta::assert_snapshot!(run.exits(0).stdout, @"
    Job
      · CI system  none: no variable of a CI system is set
      - clock      not checked: no server that reports the time was contacted
      ✓ settings   no setting weakens a check
    AWS credentials
      · source     none found; only AWS Signer and ECR need them
    Trust
      · policy     none: no trust was given, and there is no trust policy in [FOLDER]/.config/notation
    5 checks: 1 ok, 3 notes, 1 not checked
    ");
    let run = sandbox.sealgate(&["doctor"]).env("AWS_EC2_METADATA_DISABLED", "true");
    let checks = found(run, 0);
    assert_eq!(
        (checks["command"].as_str(), check(&checks, "source")["status"].as_str()),
        (Some("doctor"), Some("note"))
    );
}

#[test]
fn a_job_without_credentials_is_told_what_gives_it_some() {
    let scene = Scene::new();
    let profile = scene.endpoint.profile();
    let run = |system: &str| {
        let run =
            scene.as_nobody(&["doctor", "--profile", &profile, "111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1"]);
        found(run.env(system, "true").env("HTTPS_PROXY", "http://127.0.0.1:9"), 5)
    };
    let checks = run("GITLAB_CI");
    let source = check(&checks, "source");
    assert_eq!((source["status"].as_str(), source["exit_code"].as_u64()), (Some("failed"), Some(5)));
    let help = source["help"].as_array().unwrap();
    assert!(help.len() == 1 && help[0].as_str().unwrap().contains("id_tokens"), "{help:?}");
    assert_eq!(check(&checks, "status")["status"], "not-checked");
    assert!(check(&run("GITHUB_ACTIONS"), "source")["help"].to_string().contains("id-token: write"));
    assert_eq!(scene.asked(), [""; 0], "nobody is asked without credentials");
}

#[test]
fn wrong_credentials_are_told_as_that() {
    let scene = Scene::new();
    let checks = found(doctor(&scene, &[]).env("AWS_SECRET_ACCESS_KEY", "wrong"), 5);
    let caller = check(&checks, "caller");
    assert_eq!((caller["status"].as_str(), caller["denial"].is_null()), (Some("failed"), true));
    assert!(caller["help"].to_string().contains("the same session"), "{caller}");
}

#[test]
fn a_denial_is_told_with_the_statement_that_fixes_it() {
    const PRINCIPAL: &str = "arn:aws:iam::111122223333:user/tester";
    let jobs = "arn:aws:signer:us-west-2:111122223333:/signing-jobs/*";
    for author in [Author::Iam, Author::Service] {
        for (operation, name, exit) in [
            ("GetSigningProfile", "status", 0),
            ("GetRevocationStatus", "revocation", 5),
            ("GetCallerIdentity", "caller", 0),
        ] {
            let scene = Scene::new();
            scene.endpoint.fault(operation, Fault::Denied { author });
            let checks = found(doctor(&scene, &[]), exit);
            let found = check(&checks, name);
            assert_eq!(found["status"], if exit == 0 { "warning" } else { "failed" }, "{found:#}");
            let denial = &found["denial"];
            assert_eq!(denial["principal"], PRINCIPAL, "{found:#}");
            assert!(denial["action"].as_str().unwrap().ends_with(operation), "{found:#}");
            let statement: Value =
                serde_json::from_str(found["help"][0].as_str().unwrap().strip_prefix("allow it: ").unwrap()).unwrap();
            assert_eq!(&statement, &denial["statement"]);
            assert_eq!((&statement["Effect"], &statement["Action"]), (&json!("Allow"), &denial["action"]));
            let expected = match operation {
                "GetSigningProfile" => json!(scene.endpoint.profile()),
                "GetRevocationStatus" => json!([scene.endpoint.profile(), jobs]),
                _ => statement["Resource"].clone(),
            };
            assert_eq!(statement["Resource"], expected);
        }
    }
}

#[test]
fn a_profile_that_does_not_sign_images_is_told_with_the_reason() {
    let status = |change: &dyn Fn(&Scene), name: &str, exit: i32| {
        let scene = Scene::new();
        change(&scene);
        let checks = found(doctor(&scene, &[]), exit);
        check(&checks, name)["fact"].as_str().unwrap().to_owned()
    };
    let of_profile = |scene: &Scene, change: &dyn Fn(&mut crate::aws::signer::Profile)| {
        let profile = scene.endpoint.profile();
        change(scene.endpoint.world().signer.profiles.get_mut(&profile).unwrap());
    };
    let cancelled = status(&|scene| of_profile(scene, &|profile| profile.canceled = true), "status", 3);
    assert!(cancelled.starts_with("Canceled"), "{cancelled}");
    let revoked = status(&|scene| scene.revoke_profile_version(-3600), "status", 3);
    says(&revoked, &["Revoked by arn:aws:iam::111122223333:user/tester", "Z does not count"]);
    let lambda = "AWSLambda-SHA384-ECDSA";
    let platform = status(&|scene| of_profile(scene, &|profile| profile.platform = lambda.to_owned()), "platform", 3);
    says(&platform, &[lambda, "expected Notation-OCI-SHA384-ECDSA"]);
}

#[test]
fn a_profile_is_found_by_its_exact_name_and_version() {
    let scene = Scene::new();
    let words = |profile: &str| ["doctor".to_owned(), "--profile".to_owned(), profile.to_owned()];
    let run = |profile: &str, exit| {
        let words = words(profile);
        found(scene.as_user(&words.each_ref().map(String::as_str)), exit)
    };
    let other_case = run("CI_images@111122223333/us-west-2", 6);
    assert!(check(&other_case, "status")["help"].to_string().contains("there is one called ci_images"));
    let missing = run("nothing@111122223333/us-west-2", 6);
    assert!(!check(&missing, "status")["help"].to_string().contains("there is one called"));
    let old = scene.endpoint.world().signer.profiles[&scene.endpoint.profile()].version_arn();
    assert_eq!(check(&run(&old, 0), "version")["status"], "ok");
    let new = scene.endpoint.put_profile("us-west-2", "111122223333", "ci_images", Validity::default());
    let version = check(&run(&old, 3), "version");
    assert!(version["help"].to_string().contains(&new), "{version}");
}

#[test]
fn a_clock_that_is_off_is_a_warning_and_a_wrong_one_fails() {
    for (ahead, exit, status) in [(0, 0, "ok"), (120, 0, "warning"), (-120, 0, "warning"), (900, 5, "failed")] {
        let scene = Scene::new();
        scene.endpoint.set_clock(ahead);
        let checks = found(doctor(&scene, &[]), exit);
        assert_eq!(check(&checks, "clock")["status"], status, "{ahead}: {checks:#}");
    }
}

#[test]
fn an_image_that_is_not_there_and_a_registry_that_is_not_are_told_apart() {
    let (sandbox, registry) = (Sandbox::new(), Registry::start());
    let run =
        |image: &str, exit| found(sandbox.sealgate(&["doctor", image]).env("AWS_EC2_METADATA_DISABLED", "true"), exit);
    let missing = run(&registry.image(":v2"), 6);
    assert_eq!(
        (&check(&missing, "registry")["status"], &check(&missing, "image")["exit_code"]),
        (&json!("ok"), &json!(6))
    );
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unreachable = run(&format!("{closed}/app:v1"), 4);
    assert_eq!(check(&unreachable, "registry")["exit_code"], 4);
    let both = ["doctor", &registry.image(":v2"), &format!("{closed}/app:v1")];
    let worst = found(sandbox.sealgate(&both).env("AWS_EC2_METADATA_DISABLED", "true"), 6);
    assert_eq!(worst["doctor"]["checks"].as_array().unwrap().iter().filter(|one| one["status"] == "failed").count(), 2);
    sandbox.sealgate(&["doctor", "Not An Image"]).exits(2);
}

#[test]
fn a_policy_is_checked_as_verify_would_load_it() {
    let scene = Scene::new();
    let authority = "signingAuthority:aws";
    let run = |exit| {
        let words = ["doctor", "--policy", "trustpolicy.json", "--trust-store", "truststore", "--aws-root", "root.pem"];
        found(scene.as_user(&[&words[..], &["registry.example/app:1", "--timeout", "2s"]].concat()), exit)
    };
    scene.policy("audit", &[authority], &[&scene.endpoint.profile()]);
    // The registry does not exist.
    let checks = run(4);
    assert!(check(&checks, "level")["fact"].as_str().unwrap().contains("audit"));
    assert!(check(&checks, "trust-store")["fact"].as_str().unwrap().contains("no statement names ca:aws"));
    assert!(check(&checks, "statement")["fact"].as_str().unwrap().contains("applies to registry.example/app"));
    // What verify will ask is asked for the profiles of the policy.
    assert_eq!(check(&checks, "revocation")["subject"], scene.endpoint.profile());
    scene.policy("strict", &["ca:aws"], &[&scene.endpoint.profile()]);
    let checks = run(3);
    assert!(check(&checks, "signing-profiles")["fact"].as_str().unwrap().contains("signingAuthority"));
    scene.sandbox.write("trustpolicy.json", "{}");
    let policy = check(&run(3), "policy");
    assert!(policy["causes"].as_array().is_some_and(|causes| !causes.is_empty()), "{policy}");
}

#[test]
fn a_check_that_does_not_end_ends_no_other() {
    let scene = Scene::new();
    scene.endpoint.fault("GetRevocationStatus", Fault::SlowAnswer { milliseconds: 20_000 });
    scene.endpoint.add_fault(Rule::new("GetCallerIdentity", Fault::NotJson));
    let checks = found(doctor(&scene, &["--timeout", "1s", &scene.image("app")]), 3);
    assert_eq!(check(&checks, "revocation")["exit_code"], 4);
    assert_eq!(check(&checks, "caller")["status"], "failed");
    for fine in ["status", "platform", "image", "policy"] {
        assert_eq!(check(&checks, fine)["status"], "ok", "{fine}: {checks:#}");
    }
}

#[test]
fn the_token_of_the_job_is_told_by_what_it_says_and_never_shown() {
    let scene = Scene::new();
    let role = scene.endpoint.role("github-ci");
    let profile = scene.endpoint.profile();
    let run = |words: &[&str]| {
        let words = [&["doctor", "--aws-root", "root.pem", "--profile", &profile, "--role-arn", &role], words].concat();
        with_env(scene.as_nobody(&words).env("GITHUB_ACTIONS", "true"), &scene.endpoint.github_env())
    };
    let checks = found(run(&[]), 0);
    let token = check(&checks, "oidc-token");
    says(
        token["fact"].as_str().unwrap(),
        &["the token of GitHub's runner: subject repo:acme/", "audience sts.amazonaws.com"],
    );
    assert!(check(&checks, "source")["fact"].as_str().unwrap().contains(&role));
    assert_eq!(check(&checks, "expiry")["status"], "ok");
    for words in [&[][..], &["--verbose"], &["--format", "json", "--verbose"]] {
        let answer = run(words).exits(0);
        for secret in scene.endpoint.secrets() {
            assert!(!answer.stdout.contains(&secret) && !answer.stderr.contains(&secret), "{words:?}: a secret");
        }
    }
    let scene = Scene::new();
    let answer = doctor(&scene, &["--verbose"]).exits(0);
    assert!(!(answer.stdout + &answer.stderr).contains(SECRET));
}

#[test]
fn a_web_identity_of_the_sdk_s_variables_is_named_as_the_source() {
    let scene = Scene::new();
    let claims = json!({"iss": "https://gitlab.com", "aud": "https://gitlab.com", "sub": "project_path:acme/app"});
    scene.sandbox.write("token", &scene.endpoint.id_token(claims));
    let run = scene.as_nobody(&["doctor", "--profile", &scene.endpoint.profile()]);
    let run = run.env("AWS_ROLE_ARN", &scene.endpoint.role("gitlab-ci"));
    let checks = found(run.env("AWS_WEB_IDENTITY_TOKEN_FILE", scene.sandbox.path("token").to_str().unwrap()), 0);
    assert_eq!(check(&checks, "source")["fact"], "a web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)");
    let container = with_env(scene.as_nobody(&["doctor"]), &scene.endpoint.container_env(None));
    let checks = found(container.env("CODEBUILD_BUILD_ID", "p:1"), 0);
    let expected = "the container's endpoint (AWS_CONTAINER_CREDENTIALS_FULL_URI)";
    assert_eq!(check(&checks, "source")["fact"], expected);
    assert_eq!(check(&checks, "service-role")["status"], "ok");
}

#[test]
fn a_role_that_does_not_trust_the_job_is_told_with_what_the_token_says() {
    let scene = Scene::new();
    let (role, profile) = (scene.endpoint.role("github-ci"), scene.endpoint.profile());
    let claims = json!({"iss": "https://gitlab.com", "aud": "sts.amazonaws.com", "sub": "project_path:other/app"});
    let token = scene.endpoint.id_token(claims);
    let words = ["doctor", "--profile", &profile, "--role-arn", &role, "--oidc-token-env", "ID_TOKEN"];
    let checks = found(scene.as_nobody(&words).env("GITLAB_CI", "true").env("ID_TOKEN", &token), 5);
    says(
        check(&checks, "oidc-token")["fact"].as_str().unwrap(),
        &["ID_TOKEN", "project_path:other/app", "https://gitlab.com"],
    );
    let source = check(&checks, "source");
    assert!(source["help"].to_string().contains("sealgate doctor --iam"), "{source}");
}

#[test]
fn profiles_of_other_partitions_are_asked_where_they_are() {
    let scene = Scene::with(Options { region: "us-gov-west-1".to_owned(), ..Options::default() });
    let checks = found(doctor(&scene, &[]), 0);
    assert_eq!(check(&checks, "status")["status"], "ok");
    let fact = check(&checks, "caller")["fact"].as_str().unwrap().to_owned();
    assert!(fact.starts_with("arn:aws-us-gov:iam::"), "{fact}");
}

const IAM: [&str; 7] = [
    "doctor",
    "--iam",
    "--profile",
    "release@111122223333/us-west-2",
    "--role-arn",
    "arn:aws:iam::111122223333:role/ci",
    "111122223333.dkr.ecr.us-west-2.amazonaws.com/app",
];

#[test]
fn what_iam_has_to_allow_is_ready_to_paste() {
    let sandbox = Sandbox::new();
    let text = sandbox.sealgate(&IAM).exits(0).stdout;
    insta::assert_snapshot!(text, @r#"
    # Policy for sign, for the role of the build job
    # signer:GetRevocationStatus lets sign see whether an existing signature still counts
    # sealgate doctor --profile also calls signer:GetSigningProfile, which sign does not need
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "ecr:GetAuthorizationToken",
          "Resource": "*"
        },
        {
          "Effect": "Allow",
          "Action": [
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchCheckLayerAvailability",
            "ecr:InitiateLayerUpload",
            "ecr:UploadLayerPart",
            "ecr:CompleteLayerUpload",
            "ecr:PutImage"
          ],
          "Resource": "arn:aws:ecr:us-west-2:111122223333:repository/app"
        },
        {
          "Effect": "Allow",
          "Action": "signer:SignPayload",
          "Resource": "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release"
        },
        {
          "Effect": "Allow",
          "Action": "signer:GetRevocationStatus",
          "Resource": [
            "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release",
            "arn:aws:signer:us-west-2:111122223333:/signing-jobs/*"
          ]
        }
      ]
    }

    # Policy for verify, for the role of the deploy job
    # the deploy job needs no permission to sign
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "ecr:GetAuthorizationToken",
          "Resource": "*"
        },
        {
          "Effect": "Allow",
          "Action": [
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer"
          ],
          "Resource": "arn:aws:ecr:us-west-2:111122223333:repository/app"
        },
        {
          "Effect": "Allow",
          "Action": "signer:GetRevocationStatus",
          "Resource": [
            "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release",
            "arn:aws:signer:us-west-2:111122223333:/signing-jobs/*"
          ]
        }
      ]
    }

    # Trust policy of the role, for jobs of a branch on GitHub Actions
    # the account needs the identity provider https://token.actions.githubusercontent.com, created once, with the audience sts.amazonaws.com
    # keep the one subject that matches: repositories created, renamed, or moved after 2026-07-15 use the one with numbers
    # to see the subject of a job, run sealgate doctor --role-arn ARN in it
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
              "token.actions.githubusercontent.com:sub": [
                "repo:OWNER/REPOSITORY:ref:refs/heads/BRANCH",
                "repo:OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID:ref:refs/heads/BRANCH"
              ]
            }
          }
        }
      ]
    }

    # Trust policy of the role, for jobs of an environment on GitHub Actions
    # the account needs the identity provider https://token.actions.githubusercontent.com, created once, with the audience sts.amazonaws.com
    # keep the one subject that matches: repositories created, renamed, or moved after 2026-07-15 use the one with numbers
    # to see the subject of a job, run sealgate doctor --role-arn ARN in it
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
              "token.actions.githubusercontent.com:sub": [
                "repo:OWNER/REPOSITORY:environment:ENVIRONMENT",
                "repo:OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID:environment:ENVIRONMENT"
              ]
            }
          }
        }
      ]
    }

    # Trust policy of the role, for jobs of a branch on GitLab CI
    # the account needs the identity provider https://gitlab.com, created once, with the audience sts.amazonaws.com
    # in the job: id_tokens: { AWS_ID_TOKEN: { aud: sts.amazonaws.com } }, and --oidc-token-env AWS_ID_TOKEN
    # on a self-managed instance, use its host instead of gitlab.com
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "gitlab.com:aud": "sts.amazonaws.com",
              "gitlab.com:sub": "project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH"
            }
          }
        }
      ]
    }

    # Make a signing profile for images
    # its signatures are valid for 135 months; for another period add --signature-validity-period value=…,type=MONTHS
    aws signer put-signing-profile --profile-name release --platform-id Notation-OCI-SHA384-ECDSA --region us-west-2
    "#);
    // What stands between two comments is a policy.
    let policies: Vec<_> = text.split("\n\n").map(uncommented).filter(|block| block.starts_with('{')).collect();
    assert_eq!(policies.len(), 5);
    for policy in policies {
        let policy: Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(policy["Version"], "2012-10-17");
        assert!(policy["Statement"].as_array().is_some_and(|statements| !statements.is_empty()));
    }
}

/// A block without its comments.
fn uncommented(block: &str) -> String {
    block.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_iam_has_to_allow_is_one_json_document_too_and_nobody_is_asked() {
    let scene = Scene::new();
    let iam = found(scene.as_user(&IAM), 0);
    assert_eq!(scene.asked(), [""; 0]);
    let documents = iam["iam"]["documents"].as_array().unwrap();
    let names: Vec<_> = documents.iter().map(|document| document["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["sign", "verify", "github-branch", "github-environment", "gitlab"]);
    assert!(documents.iter().all(|document| document["policy"]["Version"] == "2012-10-17"));
    assert!(iam["iam"]["commands"][0]["command"].as_str().unwrap().starts_with("aws signer put-signing-profile "));
    let error = scene.sandbox.sealgate(&["doctor", "--iam", "--profile", "release"]).exits(2).stderr;
    assert!(error.contains("release"), "{error}");
}

#[test]
fn images_that_a_build_wrote_are_checked_and_a_pipe_of_authorities_is_not_waited_for() {
    let (sandbox, registry) = (Sandbox::new(), Registry::start());
    sandbox.write("list", &registry.image(":v1"));
    let run = sandbox.sealgate(&["doctor", "--images-from", "list"]).env("AWS_EC2_METADATA_DISABLED", "true");
    let checks: Value = serde_json::from_str(&run.env("SEALGATE_FORMAT", "json").exits(0).stdout).unwrap();
    assert_eq!(check(&checks, "image")["status"], "ok", "{checks:#}");
    mkfifo(&sandbox.path("pipe"));
    let refused = sandbox.sealgate(&["doctor"]).env("SSL_CERT_FILE", sandbox.path("pipe").to_str().unwrap()).exits(3);
    assert!(refused.stderr.contains("SSL_CERT_FILE"), "{}", refused.stderr);
}

#[test]
fn a_fault_of_one_setting_ends_no_other_check() {
    let (scene, registry) = (Scene::new(), Registry::start());
    let image = registry.image(":v1");
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], i32, &'a str, &'a [&'a str]);
    #[rustfmt::skip]
    let table: &[Case<'_>] = &[
        // Words and variables, how it ends, what the fault names, and the checks that cannot be made.
        (&["--role-arn", "ci"], &[], 2, "--role-arn", &["source", "status"]),
        (&[], &[("SEALGATE_ROLE_ARN", "ci")], 3, "SEALGATE_ROLE_ARN", &["source", "status"]),
        (&["--policy", "p"], &[], 2, "--policy", &["policy"]),
        (&["--plain-http", "http://x"], &[], 2, "--plain-http", &["registry"]),
        (&["--timeout", "soon"], &[], 2, "--timeout", &[]),
        (&["--scope", "Not A Repository"], &[], 3, "Not A", &[]),
        (&["--config", "none.yaml"], &[], 3, "none.yaml", &[]),
        (&["--images-from", "none.json"], &[], 3, "none.json", &[]),
        (&[], &[("SEALGATE_IMAGES_FROM", "none.json")], 3, "none.json", &[]),
        (&[], &[("SEALGATE_PROFIL", "x")], 3, "SEALGATE_PROFIL", &[]),
        (&["--key", "none.key"], &[], 2, "--key", &["key"]),
        (&["--password-stdin", "--username", "u", "other.example/app:1"], &[], 2, "several registries", &["registry"]),
    ];
    for (words, variables, exit, named, unknown) in table {
        let run = doctor(&scene, &[&[image.as_str()], *words].concat());
        let run = variables.iter().fold(run, |run, (name, value)| run.env(name, value));
        let checks = found(run, *exit);
        let all = checks["doctor"]["checks"].as_array().unwrap();
        let faults: Vec<_> = all.iter().filter(|one| one["name"] == "settings" && one["status"] == "failed").collect();
        assert_eq!(faults.len(), 1, "{words:?} {variables:?}: {checks:#}");
        assert!(faults[0]["area"] == "job" && faults[0]["exit_code"] == *exit, "{words:?} {variables:?}: {checks:#}");
        assert!(!faults[0]["help"].as_array().unwrap().is_empty(), "{words:?} {variables:?}: {checks:#}");
        let is_of_file = faults[0]["causes"].to_string().contains("made without what this file says");
        assert_eq!(is_of_file, words.contains(&"--config"), "{words:?} {variables:?}: {checks:#}");
        if *named != "several registries" {
            assert!(faults[0]["fact"].as_str().unwrap().contains(named), "{words:?} {variables:?}: {checks:#}");
        }
        for name in ["source", "status", "policy", "registry", "key"] {
            let Some(check) = all.iter().find(|one| one["name"] == name) else {
                assert_eq!(name, "key", "{words:?} {variables:?}: {checks:#}");
                continue;
            };
            // The test endpoint and the registry are reached over plain HTTP, which needs no authority.
            let expected = if unknown.contains(&name) { "not-checked" } else { "ok" };
            assert_eq!(check["status"], expected, "{words:?} {variables:?} {name}: {checks:#}");
        }
    }
}

#[test]
fn an_image_whose_login_is_aws_s_is_not_checked_with_another_identity() {
    let scene = Scene::new();
    let ecr = "111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1";
    let checks = found(doctor(&scene, &["--role-arn", "ci", ecr]).env("HTTPS_PROXY", "http://127.0.0.1:9"), 2);
    let registry = check(&checks, "registry");
    assert_eq!((&registry["status"], &registry["subject"]), (&json!("not-checked"), &json!(ecr)), "{checks:#}");
    assert_eq!(scene.asked(), [""; 0], "nobody is asked as someone else");
    let layout = found(doctor(&scene, &["--plain-http", "http://x", "oci-layout:none:1"]), 2);
    assert_eq!(check(&layout, "image")["status"], "failed", "{layout:#}");
}

#[test]
fn names_that_are_no_images_and_proxies_that_are_none_end_no_other_check() {
    let (sandbox, registry) = (Sandbox::new(), Registry::start());
    let words = ["doctor", "not_an_image", "postgres:16", &registry.image(":v1")];
    let run = sandbox.sealgate(&words).env("AWS_EC2_METADATA_DISABLED", "true").env("HTTPS_PROXY", "nonsense:::");
    let checks = found(run, 2);
    let names: Vec<_> =
        checks["doctor"]["checks"].as_array().unwrap().iter().filter(|one| one["name"] == "name").collect();
    assert_eq!(names.len(), 2, "{checks:#}");
    assert!(names.iter().all(|one| one["code"] == "reference" && one["area"] == "image"), "{checks:#}");
    assert_eq!(check(&checks, "image")["status"], "ok", "{checks:#}");
    let proxy = check(&checks, "settings");
    assert_eq!((&proxy["code"], &proxy["exit_code"]), (&json!("invalid-setting"), &json!(3)), "{checks:#}");
    assert!(proxy["fact"].as_str().unwrap().contains("HTTPS_PROXY"), "{checks:#}");
    // Without an image, and without AWS, nobody would have read the file.
    let run = sandbox.sealgate(&["doctor", "--ca-file", "none.pem"]).env("AWS_EC2_METADATA_DISABLED", "true");
    let checks = found(run, 3);
    let file = checks["doctor"]["checks"].as_array().unwrap().iter().find(|one| one["status"] == "failed").unwrap();
    assert_eq!((&file["name"], &file["code"]), (&json!("settings"), &json!("file")), "{checks:#}");
    assert!(file["fact"].as_str().unwrap().contains("none.pem"), "{checks:#}");
    // What the command line itself does not have ends it at once.
    sandbox.sealgate(&["doctor", "--no-such-flag"]).exits(2);
}

#[test]
fn a_local_key_is_checked_as_sign_and_verify_would_use_it() {
    let sandbox = Sandbox::new();
    for name in ["acme", "other"] {
        sandbox.sealgate(&["key", "generate", "--out", "k", "--name", name]).exits(0);
    }
    let run = |words: &[&str]| {
        let common = ["doctor", "--key", "k/acme.key", "--certificate-chain"];
        sandbox.sealgate(&[&common, words].concat()).env("AWS_EC2_METADATA_DISABLED", "true")
    };
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[TIME]");
    settings.add_filter(r"\b(89|90) days", "[N] days");
    let answer = run(&["k/acme.crt", "--root", "k/acme-ca.crt", "--identity", "*"]).exits(0);
    settings.bind(|| insta::assert_snapshot!(answer.stdout, @"
    Job
      · CI system  none: no variable of a CI system is set
      - clock      not checked: no server that reports the time was contacted
      ✓ settings   no setting weakens a check
    AWS credentials
      · source     none found; only AWS Signer and ECR need them
    Signing key k/acme.key
      ✓ key        ec-p256, of certificate CN=acme,OU=not for production,O=sealgate development,ST=Development,C=ZZ
      ✓ chain      2 certificates, and the root is CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ
      ✓ expiry     signatures are accepted until [TIME], for [N] days
      ✓ identity   x509.subject: C=ZZ, CN=acme, O=sealgate development, OU=not for production, ST=Development names it
      ✓ trusted    verify accepts what it signs
    Trust
      ✓ policy     1 statement, from --root and --identity
      ! scope      statement command-line trusts every signer below its trust stores, for every repository
          help: name repositories in registryScopes, or signers in trustedIdentities
      ! roots      ca:command-line: CN=acme development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ expires at [TIME], in [N] days
          help: add its successor in time
    12 checks: 7 ok, 2 notes, 2 warnings, 1 not checked
    "));
    let other = found(run(&["k/acme.crt", "--root", "k/other-ca.crt", "--identity", "*"]), 10);
    assert_eq!(check(&other, "trusted")["code"], "rejected");
    let pair = found(run(&["k/other.crt", "--root", "k/acme-ca.crt", "--identity", "*"]), 3);
    assert_eq!(check(&pair, "key")["code"], "signing-key");
    // A layout has no repository; with --scope it has one.
    let words = ["trust", "install", "--root", "k/acme-ca.crt", "--identity", "*", "--name", "acme"];
    sandbox.sealgate(&[&words[..], &["--scope", "registry.example/app"]].concat()).exits(0);
    let scoped =
        |scope| found(run(&["k/acme.crt", "--scope", scope]), if scope == "registry.example/app" { 0 } else { 3 });
    let good = check(&scoped("registry.example/app"), "trusted")["fact"].clone();
    assert_eq!(good, "verify accepts what it signs for registry.example/app, by statement acme");
    assert_eq!(check(&scoped("registry.example/other"), "statement")["code"], "no-statement");
    let skipped = found(run(&["k/acme.crt", "--skip-revocation"]), 0);
    assert_eq!(skipped["weakened"][0]["setting"], "skip-revocation");
    // Whatever is wrong, the key itself is never shown.
    let key = sandbox.read("k/acme.key");
    let body = key.lines().find(|line| line.len() > 40).unwrap();
    let shown = sandbox.sealgate(&["doctor", "--key", &key, "--certificate-chain", "k/acme.crt"]);
    let answer = shown.env("AWS_EC2_METADATA_DISABLED", "true").exits(2);
    assert!(!answer.stdout.contains(body) && !answer.stderr.contains(body), "{}", answer.stdout);
}
