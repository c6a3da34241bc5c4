//! Pipes that nobody writes to, programs that do not answer: a run ends when it is told to, and by itself.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::aws_scene::layout;
use crate::home::refusing_registry;
use crate::sealgate::{Sandbox, mkfifo};

/// Long after a run that ends should have ended, on the busiest machine.
const LONG: Duration = Duration::from_secs(60);

/// A folder with an image and a pipe.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    layout(&sandbox.path("app"), &["v1"]);
    mkfifo(&sandbox.path("pipe"));
    sandbox
}

/// Waits until someone reads the pipe, and holds it open.
fn held(pipe: &Path) -> File {
    let begin = Instant::now();
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
    loop {
        match OpenOptions::new().write(true).custom_flags(flags).open(pipe) {
            Ok(writer) => return writer,
            Err(_) if begin.elapsed() < LONG => thread::sleep(Duration::from_millis(5)),
            Err(error) => panic!("nobody reads {}: {error}", pipe.display()),
        }
    }
}

fn signal(child: &Child, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}

/// Pauses until a run that cannot tell has surely begun to wait. One that was told too early is tried again.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];

/// No exit code: the signal came before it was listened for.
const TOO_EARLY: i32 = -1;

/// Exit code and standard error of a run that must end.
fn end_of(mut child: Child) -> (i32, String) {
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > LONG {
            child.kill().unwrap();
            panic!("it does not end");
        }
        thread::sleep(Duration::from_millis(5));
    }
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap().code().unwrap_or(TOO_EARLY), stderr)
}

fn start(sandbox: &Sandbox, words: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = sandbox.sealgate(words).into_command();
    command.envs(variables.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

const IMAGE: &str = "oci-layout:app:v1";

/// Where a person may want a pipe.
const WANTED: [&[&str]; 7] = [
    &["--config", "pipe", "verify", IMAGE],
    &["sign", IMAGE, "--key", "pipe", "--certificate-chain", "none"],
    &["verify", IMAGE, "--root", "pipe", "--identity", "*"],
    &["verify", IMAGE, "--aws-root", "pipe", "--profile", "p1@111122223333/us-west-2"],
    &["verify", IMAGE, "--policy", "pipe", "--trust-store", "none", "--scope", "r.example/app"],
    &["trust", "show", "--policy", "pipe", "--trust-store", "none"],
    &["trust", "install", "--dir", "trust", "--root", "pipe", "--identity", "*", "--name", "x"],
];

#[test]
fn a_run_that_waits_for_a_pipe_ends_when_it_is_told_to() {
    for words in WANTED {
        for (how, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
            let sandbox = sandbox();
            let child = start(&sandbox, words, &[]);
            let _open = held(&sandbox.path("pipe"));
            signal(&child, how);
            let (found, stderr) = end_of(child);
            assert_eq!(found, code, "{words:?}: {stderr}");
        }
    }
}

#[test]
fn a_run_that_waits_for_a_password_ends_when_it_is_told_to_and_by_itself() {
    let words = ["list", "r.example/app:v1", "--username", "u", "--password-stdin"];
    let run = |limit: &str, told: Option<Duration>| {
        let sandbox = sandbox();
        let mut command = sandbox.sealgate(&[&words[..], &["--timeout", limit]].concat()).into_command();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"half of it").unwrap();
        if let Some(pause) = told {
            thread::sleep(pause);
            signal(&child, Signal::TERM);
        }
        end_of(child)
    };
    let told = PAUSES.into_iter().map(|pause| run("600s", Some(pause))).find(|(code, _)| *code != TOO_EARLY);
    assert_eq!(told.unwrap().0, 143);
    let (code, stderr) = run("100ms", None);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("--password-stdin"), "{stderr}");
}

#[test]
fn a_run_whose_output_nobody_reads_ends_when_it_is_told_to() {
    let sandbox = sandbox();
    // Both ends, so that it has a reader, who never reads.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
    let mut options = OpenOptions::new();
    let mut pipe = options.read(true).write(true).custom_flags(flags).open(sandbox.path("pipe")).unwrap();
    while pipe.write(&[b' '; 4096]).is_ok() {}
    while pipe.write(b" ").is_ok() {}
    let run = |words: &[&str], pause: Duration| {
        let output = OpenOptions::new().write(true).open(sandbox.path("pipe")).unwrap();
        let mut command = sandbox.sealgate(words).into_command();
        let child = command.stdout(output).stderr(Stdio::piped()).spawn().unwrap();
        thread::sleep(pause);
        signal(&child, Signal::TERM);
        end_of(child)
    };
    // What ends it may have to be told to the same reader, as JSON.
    for words in [
        &["completions", "bash"][..],
        &["list", "oci-layout:none:v1", "--format", "json"],
        &["verify", "oci-layout:none:v1", "--root", "none", "--identity", "*", "--format", "json"],
    ] {
        let told = PAUSES.into_iter().map(|pause| run(words, pause)).find(|(code, _)| *code != TOO_EARLY);
        assert_eq!(told.unwrap().0, 143, "{words:?}");
    }
}

#[test]
fn a_pipe_works_where_a_person_may_want_one() {
    let sandbox = sandbox();
    sandbox.sealgate(&["key", "generate", "--out", "keys", "--name", "x"]).exits(0);
    sandbox.write("settings.yaml", "no-progress: true\n");
    let policy = r#"{"version": "1.0", "trustPolicies": [{"name": "a", "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"}, "trustStores": ["ca:x"], "trustedIdentities": ["*"]}]}"#;
    sandbox.write("policy.json", policy);
    sandbox.write("truststore/x509/ca/x/x.crt", &sandbox.read("keys/x-ca.crt"));
    let bash = |line: &str| {
        let sealgate = sandbox.sealgate(&[]).into_command().get_program().to_owned();
        let words = ["-c", line, "bash"].map(OsStr::new).into_iter().chain([sealgate.as_os_str(), OsStr::new(IMAGE)]);
        let mut shell = Command::new("bash");
        shell.args(words).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", sandbox.path(""));
        shell.current_dir(sandbox.path("")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let (code, stderr) = end_of(shell.spawn().unwrap());
        assert_eq!(code, 0, "{line}: {stderr}");
    };
    bash(r#""$1" sign "$2" --key <(cat keys/x.key) --certificate-chain <(sleep 0.2; cat keys/x.crt)"#);
    bash(r#""$1" verify "$2" --root <(cat keys/x-ca.crt) --identity '*'"#);
    bash(r#""$1" verify "$2" --scope r.example/a --policy <(cat policy.json) --trust-store truststore"#);
    bash(r#"cat keys/x-ca.crt | "$1" verify "$2" --root /dev/stdin --identity '*' --config <(cat settings.yaml)"#);
    bash(r#""$1" verify "$2" --root /dev/stdin --identity '*' < keys/x-ca.crt"#);
    bash(r#"exec 9< <(cat keys/x-ca.crt); "$1" verify "$2" --root /proc/self/fd/9 --identity '*'"#);
    bash(r#"mkfifo p; cat keys/x-ca.crt > p & "$1" verify "$2" --root p --identity '*'"#);
}

/// Which files are pipes, the words, variables, and the exit code.
type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [(&'a str, &'a str)], i32);

#[test]
fn a_pipe_where_a_file_belongs_is_an_error_at_once() {
    let pipes = |names: &[&str]| {
        let sandbox = sandbox();
        for name in names {
            let path = sandbox.path(name);
            let _absent = fs::remove_file(&path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            mkfifo(&path);
        }
        sandbox
    };
    let profile = "p1@111122223333/us-west-2";
    let token = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "pipe"),
        ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/ci"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
    ];
    let container = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "pipe"),
    ];
    let sign = &["sign", IMAGE, "--profile", profile][..];
    let cases: [Case<'_>; 10] = [
        (&["pipe"], sign, &token, 3),
        (&["pipe"], sign, &container, 3),
        (&["pipe"], sign, &[("AWS_CONFIG_FILE", "pipe")], 3),
        (&["pipe"], sign, &[("AWS_SHARED_CREDENTIALS_FILE", "pipe")], 3),
        (&[".aws/config"], sign, &[], 3),
        (&[".aws/credentials"], sign, &[], 3),
        (&["trust/trustpolicy.json"], &["trust", "show", "--dir", "trust"], &[], 3),
        (&["app/index.json"], &["list", IMAGE], &[], 3),
        (&["app/oci-layout"], &["list", IMAGE], &[], 3),
        (&["pipe"], &["list", "r.example/app:v1", "--ca-file", "pipe"], &[], 3),
    ];
    for (names, words, variables, code) in cases {
        let sandbox = pipes(names);
        let (found, stderr) = end_of(start(&sandbox, words, variables));
        assert_eq!(found, code, "{words:?} {variables:?}: {stderr}");
    }
}

/// A profile whose program says its number and that of a child, which it waits for.
fn with_program() -> Sandbox {
    let sandbox = sandbox();
    let program = "#!/bin/sh\nsleep 1000 &\necho $$ $! > numbers.part\nmv numbers.part numbers\nwait\n";
    sandbox.write("program", program).write(".aws/config", "[profile ci]\ncredential_process = sh program\n");
    sandbox
}

/// Waits until a file is there.
fn waited_for(path: &Path) -> String {
    let begin = Instant::now();
    loop {
        match fs::read_to_string(path) {
            Ok(text) => return text,
            Err(error) => assert!(begin.elapsed() < LONG, "{}: {error}", path.display()),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether all these processes end, or have ended and are not yet buried by their parent.
fn end(numbers: &str) -> bool {
    let ended = |number: &str| {
        let state = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        state.is_empty() || state.contains(") Z ")
    };
    let begin = Instant::now();
    while begin.elapsed() < LONG {
        if numbers.split_whitespace().all(ended) {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn a_program_of_a_profile_is_ended_with_the_run_or_its_time() {
    let profile = "p1@111122223333/us-west-2";
    let words = ["sign", IMAGE, "--profile", profile, "--aws-profile", "ci", "--timeout"];
    for (limit, told, code) in [("600s", Some(Signal::TERM), 143), ("600s", Some(Signal::INT), 130), ("3s", None, 4)] {
        let sandbox = with_program();
        let words = [&words[..], &[limit, "--format", "json"]].concat();
        let mut command = sandbox.sealgate(&words).into_command();
        let report = File::create(sandbox.path("report.json")).unwrap();
        let child = command.stdout(report).stderr(Stdio::piped()).spawn().unwrap();
        let numbers = waited_for(&sandbox.path("numbers"));
        assert_eq!(numbers.split_whitespace().count(), 2, "{numbers}");
        if let Some(told) = told {
            signal(&child, told);
        }
        let (found, stderr) = end_of(child);
        assert_eq!(found, code, "{stderr}");
        assert!(end(&numbers), "{numbers}");
        if told.is_none() {
            let report: Value = serde_json::from_str(&sandbox.read("report.json")).unwrap();
            let error = &report["artifacts"][0]["error"];
            assert_eq!(error["code"], "unavailable");
            let help = error["help"].to_string();
            assert!(help.contains("credential_process") && !help.contains("proxy"), "{help}");
            assert!(error["causes"].to_string().contains("profile ci"), "{error}");
        }
    }
}

#[test]
fn a_credential_helper_is_ended_with_the_run() {
    let sandbox = with_program();
    let helper = format!("#!/bin/sh\ncd '{}'\nexec sh program\n", sandbox.path("").display());
    sandbox.write("bin/docker-credential-slow", &helper);
    fs::set_permissions(sandbox.path("bin/docker-credential-slow"), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.write(".docker/config.json", r#"{"credsStore": "slow"}"#);
    let path = format!("{}:/usr/bin:/bin", sandbox.path("bin").display());
    let host = refusing_registry();
    let child = start(&sandbox, &["list", &format!("{host}/app:v1")], &[("PATH", &path)]);
    let numbers = waited_for(&sandbox.path("numbers"));
    signal(&child, Signal::TERM);
    assert_eq!(end_of(child).0, 143);
    assert!(end(&numbers), "{numbers}");
}

#[test]
fn an_address_of_credentials_that_takes_a_connection_and_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let profile = "p1@111122223333/us-west-2";
    let words = ["sign", IMAGE, "--profile", profile, "--timeout", "200ms"];
    let role = ("SEALGATE_ROLE_ARN", "arn:aws:iam::111122223333:role/ci");
    for variables in [
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str())][..],
        &[("ACTIONS_ID_TOKEN_REQUEST_URL", &url), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"), role],
    ] {
        let (found, stderr) = end_of(start(&sandbox(), &words, variables));
        assert_eq!(found, 4, "{variables:?}: {stderr}");
    }
}
