//! No secret, token or authorization header is ever shown or written: every way to be somebody on AWS, at every level of
//! detail, when all goes well and when it does not.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::aws::answer::Author;
use crate::aws::endpoint::{ACCESS_KEY, SECRET};
use crate::aws::fault::{Fault, Rule};
use crate::aws_scene::{Scene, with_env};

/// Flags and variables.
type Level = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// What makes a run say more.
const LEVELS: [Level; 6] = [
    (&[], &[]),
    (&["--verbose"], &[]),
    (&[], &[("RUNNER_DEBUG", "1")]),
    (&["--format", "json"], &[]),
    (&["--verbose", "--format", "json"], &[("CI_DEBUG_TRACE", "true")]),
    (&["--verbose"], &[("RUST_LOG", "trace"), ("AWS_LOG_LEVEL", "trace"), ("RUST_BACKTRACE", "full")]),
];

/// Files that a test writes itself, with secrets in them.
const OWN_FILES: [&str; 3] = ["/token", "/.aws/config", "/credentials.json"];

/// One way to be somebody.
pub(crate) struct Identity {
    pub(crate) flags: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
    /// What the endpoint did not hand out.
    secrets: Vec<String>,
    /// Whether it works.
    good: bool,
}

impl Identity {
    pub(crate) fn new(flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            variables: variables.iter().map(owned).collect(),
            secrets: Vec::new(),
            good: true,
        }
    }

    pub(crate) fn secret(mut self, secret: &str) -> Self {
        self.secrets.push(secret.to_owned());
        self
    }

    pub(crate) fn wrong(mut self) -> Self {
        self.good = false;
        self
    }
}

/// Every way, and each with something wrong.
pub(crate) fn identities(scene: &Scene) -> Vec<Identity> {
    let endpoint = &scene.endpoint;
    let (github, gitlab) = (endpoint.role("github-ci"), endpoint.role("gitlab-ci"));
    let subject = "project_path:acme/app:ref_type:branch:ref:main";
    let claims = json!({"iss": "https://gitlab.com", "aud": "https://gitlab.com", "sub": subject});
    let token = endpoint.id_token(claims.clone());
    let other = endpoint.id_token(json!({"iss": "https://gitlab.com", "aud": "elsewhere", "sub": subject}));
    scene.sandbox.write("token", &token);
    let (key, secret) = endpoint.add_user("arn:aws:iam::111122223333:user/of-the-profile");
    let config = format!(
        "[profile keys]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n\
         [profile process]\ncredential_process = cat credentials.json\n"
    );
    scene.sandbox.write(".aws/config", &config);
    let credentials = json!({"Version": 1, "AccessKeyId": key, "SecretAccessKey": secret});
    scene.sandbox.write("credentials.json", &credentials.to_string());
    let file = scene.sandbox.path("token");
    let file = file.to_str().unwrap();

    let owned = |variables: Vec<(&'static str, String)>| -> Vec<(String, String)> {
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    };
    let container = owned(endpoint.container_env(Some("token-of-the-container-1234567890")));
    let runner = owned(endpoint.github_env());
    let mut other_runner = runner.clone();
    other_runner[1].1 = "request-token-that-is-wrong-1234567890".to_owned();
    let mut other_container = container.clone();
    other_container[1].1 = "container-token-that-is-wrong-1234567890".to_owned();
    let with = |flags: &[&str], variables: &[(String, String)]| Identity {
        variables: variables.to_vec(),
        ..Identity::new(flags, &[])
    };
    let keys = [("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let wrong = "secret-that-is-wrong-1234567890";
    let session = "session-token-that-is-wrong-1234567890";
    vec![
        Identity::new(&[], &keys),
        Identity::new(&["--role-arn", &github], &keys),
        Identity::new(&["--aws-profile", "keys"], &[]),
        Identity::new(&["--aws-profile", "process"], &[]),
        Identity::new(&["--role-arn", &gitlab, "--oidc-token-env", "ID_TOKEN"], &[("ID_TOKEN", &token)]),
        Identity::new(&["--role-arn", &gitlab], &[("AWS_WEB_IDENTITY_TOKEN_FILE", file)]),
        Identity::new(&[], &[("AWS_WEB_IDENTITY_TOKEN_FILE", file), ("AWS_ROLE_ARN", &gitlab)]),
        with(&["--role-arn", &github], &runner),
        with(&[], &container),
        // Nothing of these works.
        Identity::new(&[], &[keys[0], ("AWS_SECRET_ACCESS_KEY", wrong)]).secret(wrong).wrong(),
        Identity::new(&[], &[keys[0], keys[1], ("AWS_SESSION_TOKEN", session)]).secret(session).wrong(),
        Identity::new(&["--role-arn", &gitlab, "--oidc-token-env", "ID_TOKEN"], &[("ID_TOKEN", &other)]).wrong(),
        Identity::new(
            &["--role-arn", &gitlab, "--oidc-token-env", "ID_TOKEN"],
            &[("ID_TOKEN", "no-token-at-all-1234567890")],
        )
        .secret("no-token-at-all-1234567890")
        .wrong(),
        Identity::new(&["--role-arn", &gitlab, "--oidc-token-env", &token], &[]).wrong(),
        Identity::new(&["--role-arn", &gitlab], &[("AWS_WEB_IDENTITY_TOKEN_FILE", &token)]).wrong(),
        with(&["--role-arn", &github], &other_runner).secret("request-token-that-is-wrong-1234567890").wrong(),
        with(&[], &other_container).secret("container-token-that-is-wrong-1234567890").wrong(),
    ]
}

/// What a run left: output, and files.
pub(crate) struct Trace {
    pub(crate) what: String,
    pub(crate) content: Vec<u8>,
}

/// Runs a command line as somebody; adds all that it leaves to the traces.
pub(crate) fn trace(
    scene: &Scene,
    words: &[&str],
    identity: &Identity,
    variables: &[(&str, &str)],
    traces: &mut Vec<Trace>,
) -> i32 {
    let flags: Vec<_> = identity.flags.iter().map(String::as_str).collect();
    let run = with_env(scene.as_nobody(&[words, &flags[..]].concat()), &identity.variables);
    let run = variables.iter().fold(run, |run, (name, value)| run.env(name, value));
    let output = run.into_command().output().unwrap();
    let what = format!("{words:?} {:?} {variables:?}", identity.flags);
    traces.push(Trace { what: format!("standard output of {what}"), content: output.stdout });
    traces.push(Trace { what: format!("standard error of {what}"), content: output.stderr });
    output.status.code().unwrap()
}

/// Every secret that the endpoint handed out, with the parts of tokens, and those of the test.
pub(crate) fn secrets(scene: &Scene, identities: &[Identity]) -> Vec<String> {
    let mut secrets = scene.endpoint.secrets();
    secrets.extend(identities.iter().flat_map(|identity| identity.secrets.clone()));
    let parts: Vec<_> = secrets.iter().filter(|one| one.starts_with("eyJ")).flat_map(|one| one.split('.')).collect();
    // Claims and signatures. The header is short and the same for every token.
    let parts: Vec<_> = parts.into_iter().filter(|part| part.len() > 60).map(str::to_owned).collect();
    secrets.extend(parts);
    let encoded: Vec<_> = secrets.iter().map(|secret| STANDARD.encode(secret)).collect();
    let in_forms: Vec<String> =
        secrets.iter().map(|secret| url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()).collect();
    secrets.extend(encoded);
    secrets.extend(in_forms);
    // How every authorization header begins.
    secrets.extend(["AWS4-HMAC-SHA256", "Signature=", "Bearer ", "Basic "].map(str::to_owned));
    secrets.retain(|secret| secret.len() > 5);
    secrets
}

/// None of these secrets is in any trace.
pub(crate) fn search(secrets: &[String], traces: &[Trace]) {
    assert!(secrets.len() > 10 && traces.len() > 20, "there is something to look for and to look at");
    for trace in traces {
        let content = String::from_utf8_lossy(&trace.content);
        for secret in secrets {
            assert!(!content.contains(secret.as_str()), "a secret stands in {}:\n{content}", trace.what);
        }
    }
}

#[test]
#[should_panic(expected = "a secret stands in standard error of x")]
fn the_search_finds_what_is_there() {
    let scene = Scene::new();
    let all = identities(&scene);
    let mut traces: Vec<_> = (0..30).map(|_| Trace { what: "nothing".to_owned(), content: b"-".to_vec() }).collect();
    let token = &scene.endpoint.world().runner.issued[0].clone();
    let signature = token.rsplit('.').next().unwrap();
    let content = format!("DEBUG …{signature}…").into_bytes();
    traces.push(Trace { what: "standard error of x".to_owned(), content });
    search(&secrets(&scene, &all), &traces);
}

/// What was written, but for the test's own files.
fn written(scene: &Scene) -> Vec<Trace> {
    let files = scene.files().into_iter().filter(|(path, _)| !OWN_FILES.iter().any(|own| path.ends_with(own)));
    files.map(|(path, content)| Trace { what: path, content }).collect()
}

#[test]
fn no_secret_is_shown_or_written_whoever_asks_at_whatever_level() {
    let scene = Scene::new();
    scene.image("app");
    let profile = scene.endpoint.profile();
    let all = identities(&scene);
    let traces = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (number, identity) in all.iter().enumerate() {
            let (scene, profile, traces) = (&scene, &profile, &traces);
            scope.spawn(move || {
                let name = format!("app{number}");
                let image = scene.image(&name);
                let mut own = Vec::new();
                for (flags, variables) in LEVELS {
                    for command in ["sign", "verify"] {
                        let words =
                            [&[command, "--aws-root", "root.pem", "--profile", profile, &image], flags].concat();
                        let exit = trace(scene, &words, identity, variables, &mut own);
                        // An image that could not be signed is unsigned, which nobody has to be somebody for.
                        let expected = if identity.good { exit == 0 } else { exit != 0 };
                        assert!(expected, "{exit}: {words:?} {:?}", identity.flags);
                    }
                }
                traces.lock().unwrap().extend(own);
            });
        }
    });
    let mut traces = traces.into_inner().unwrap();
    traces.extend(written(&scene));
    search(&secrets(&scene, &all), &traces);
}

#[test]
fn no_secret_is_shown_or_written_when_aws_refuses_or_breaks_off() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let profile = scene.endpoint.profile();
    let all = identities(&scene);
    let traces = Mutex::new(Vec::new());
    for fault in [
        Fault::Denied { author: Author::Iam },
        Fault::ExpiredToken,
        Fault::TruncatedJson,
        Fault::NotJson,
        Fault::UnknownShape,
    ] {
        for operation in ["*", "GetRevocationStatus"] {
            scene.endpoint.clear_faults();
            scene.endpoint.add_fault(Rule::new(operation, fault.clone()));
            let (flags, variables) = LEVELS[5];
            let command = if operation == "GetRevocationStatus" { "verify" } else { "sign" };
            let force: &[&str] = if command == "sign" { &["--force"] } else { &[] };
            let words = [&[command, "--aws-root", "root.pem", "--profile", &profile, &image], flags, force].concat();
            // At the same time: much of it is waiting.
            thread::scope(|scope| {
                for some in all.chunks(5) {
                    let (scene, words, traces) = (&scene, &words, &traces);
                    scope.spawn(move || {
                        let mut own = Vec::new();
                        for identity in some {
                            let exit = trace(scene, words, identity, variables, &mut own);
                            assert_ne!(exit, 0, "{words:?} {:?}", identity.flags);
                        }
                        traces.lock().unwrap().extend(own);
                    });
                }
            });
        }
    }
    let mut traces = traces.into_inner().unwrap();
    scene.endpoint.clear_faults();
    traces.extend(written(&scene));
    search(&secrets(&scene, &all), &traces);
}

#[test]
fn no_secret_is_shown_or_written_when_there_is_no_tls() {
    let scene = Scene::new();
    let image = scene.image("app");
    let profile = scene.endpoint.profile();
    let all = identities(&scene);
    let https = scene.endpoint.url().replace("http:", "https:");
    let traces = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for identity in &all {
            let (scene, profile, image, https, traces) = (&scene, &profile, &image, &https, &traces);
            scope.spawn(move || {
                let mut own = Vec::new();
                let words =
                    ["sign", "--profile", profile, image, "--endpoint-url", https, "--verbose", "--timeout", "1s"];
                assert_ne!(trace(scene, &words, identity, LEVELS[5].1, &mut own), 0);
                traces.lock().unwrap().extend(own);
            });
        }
    });
    let mut traces = traces.into_inner().unwrap();
    traces.extend(written(&scene));
    search(&secrets(&scene, &all), &traces);
}

const ECR: &str = "111122223333.dkr.ecr.us-west-2.amazonaws.com";

#[test]
fn the_password_of_ecr_is_sent_to_ecr_and_shown_nowhere() {
    let scene = Scene::new();
    let front = Front::new(ECR, empty_registry);
    scene.sandbox.write("ca.pem", &front.root);
    let profile = scene.endpoint.profile();
    let all = identities(&scene);
    let image = format!("{ECR}/app:v1");
    let proxy = format!("http://{}", front.address);
    let mut traces = Vec::new();
    for identity in all.iter().filter(|identity| identity.good) {
        for (flags, variables) in [LEVELS[0], LEVELS[3], LEVELS[5]] {
            for command in ["sign", "verify"] {
                let words =
                    [&[command, "--aws-root", "root.pem", "--profile", &profile, &image, "--ca-file", "ca.pem"], flags]
                        .concat();
                let variables = [variables, &[("HTTPS_PROXY", proxy.as_str())]].concat();
                let exit = trace(&scene, &words, identity, &variables, &mut traces);
                let last = String::from_utf8_lossy(&traces[traces.len() - 2].content).into_owned();
                assert_eq!(exit, 6, "{words:?} {:?} {last}", identity.flags);
            }
        }
    }
    let sent = front.authorizations.lock().unwrap().clone();
    let issued: Vec<_> = scene.endpoint.logins().iter().map(|login| format!("Basic {}", login.authorization)).collect();
    assert!(!issued.is_empty());
    assert!(issued.iter().all(|one| sent.contains(one)), "every login was used");
    assert!(sent.iter().all(|one| issued.contains(one)), "and nothing else");
    traces.extend(written(&scene));
    search(&secrets(&scene, &all), &traces);
}

/// What a host answers to a request with this `Authorization`: status, further headers, body.
type Answering = fn(Option<&str>) -> (&'static str, &'static str, &'static str);

/// A registry that wants a login and has no image.
fn empty_registry(authorization: Option<&str>) -> (&'static str, &'static str, &'static str) {
    match authorization {
        None => (
            "401 Unauthorized",
            "www-authenticate: Basic realm=\"https://ecr\",service=\"ecr.amazonaws.com\"\r\n",
            "{}",
        ),
        Some(_) => {
            ("404 Not Found", "", r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"Requested image not found"}]}"#)
        }
    }
}

/// A host behind a proxy: TLS under a certificate authority of its own.
pub(crate) struct Front {
    pub(crate) address: std::net::SocketAddr,
    /// The certificate authority, as PEM.
    pub(crate) root: String,
    /// What was sent as `Authorization`.
    pub(crate) authorizations: Arc<Mutex<Vec<String>>>,
}

impl Front {
    pub(crate) fn new(host: &'static str, answering: Answering) -> Self {
        let mut authority = rcgen::CertificateParams::default();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        let key = rcgen::KeyPair::generate().unwrap();
        let root = authority.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(authority, key);
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let front = Self { address: listener.local_addr().unwrap(), root: root.pem(), authorizations: Arc::default() };
        let (config, authorizations) = (Arc::new(config), Arc::clone(&front.authorizations));
        // It ends with the process of the tests.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, authorizations) = (Arc::clone(&config), Arc::clone(&authorizations));
                thread::spawn(move || serve(stream, host, answering, config, &authorizations));
            }
        });
        front
    }
}

/// `CONNECT` to the host, then TLS, then requests one after the other.
fn serve(
    mut stream: TcpStream,
    host: &str,
    answering: Answering,
    config: Arc<ServerConfig>,
    authorizations: &Mutex<Vec<String>>,
) -> Option<()> {
    let connect = head(&mut BufReader::new(stream.try_clone().ok()?))?;
    if !connect.starts_with(&format!("CONNECT {host}:443 ")) {
        return stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").ok();
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let mut tls = BufReader::new(StreamOwned::new(ServerConnection::new(config).ok()?, stream));
    loop {
        let head = head(&mut tls)?;
        let authorization = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
        });
        let (status, extra, body) = answering(authorization.as_deref());
        authorizations.lock().unwrap().extend(authorization);
        let answer = format!(
            "HTTP/1.1 {status}\r\n{extra}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        tls.get_mut().write_all(answer.as_bytes()).ok()?;
    }
}

/// A request line and its headers. Requests here have no body.
fn head(reader: &mut BufReader<impl Read>) -> Option<String> {
    let mut text = String::new();
    loop {
        match reader.read_line(&mut text) {
            Ok(0) | Err(_) => return None,
            Ok(2) if text.ends_with("\r\n\r\n") => return Some(text),
            Ok(_) => {}
        }
    }
}
