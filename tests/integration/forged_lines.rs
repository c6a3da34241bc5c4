//! No line of any output is one that a CI system obeys, or that passes for one of sealgate's, whoever wrote what it tells
//! about: every way out, with texts that try all of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::aws_scene::layout;
use crate::schema::assert_valid_if_report;
use crate::sealgate::Sandbox;

/// How lines begin that a CI system obeys, or that would pass for ours.
const FORMS: [&str; 14] = [
    "::error title=forged::x",
    " \u{a0}\t::add-mask::a",
    "##[error]forged",
    "x ##vso[task.complete result=Succeeded]",
    "x ##teamcity[buildStatus text='forged']",
    "✓ verified registry.example/forged",
    "verified: registry.example/forged",
    "error[forged]: x",
    "debug: forged",
    "  help: forged",
    "  tip: forged",
    "--- forged",
    "+++ forged",
    "travis_fold:start:forged",
];

/// What ends a line somewhere.
const BREAKS: [&str; 9] = ["\n", "\r\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "%0A"];

/// What moves the cursor, turns the direction of writing, or is not seen.
const UNSEEN: &str = "\u{1b}[2J\u{1b}[1A\u{9b}31m\u{8}\u{202e}\u{2066}\u{200b}\u{2060}\u{feff}\u{34f}\u{3164}\u{e0041}";

/// Variables of jobs: colors and the log of `--verbose` are on in the second.
const JOBS: [&[(&str, &str)]; 3] =
    [&[("CI_DEBUG_TRACE", "true")], &[("GITHUB_ACTIONS", "true"), ("RUNNER_DEBUG", "1")], &[("SYSTEM_DEBUG", "true")]];

/// Texts that try everything, short enough to be told whole.
fn texts() -> Vec<String> {
    let pieces = FORMS.iter().zip(BREAKS.iter().cycle()).map(|(form, end)| format!("{end}{form}"));
    let lines: Vec<_> = FORMS.iter().map(|form| format!("\n{form}")).chain(pieces).collect();
    lines.chunks(10).map(|pieces| format!("{}x{}{UNSEEN}\n", FORMS[0], pieces.concat())).collect()
}

/// The text as the name of a file.
fn file_name(text: &str) -> String {
    let mut name = String::new();
    for character in text.replace('/', "_").chars() {
        if name.len() + character.len_utf8() > 200 {
            break;
        }
        name.push(character);
    }
    name
}

/// What one command line says, on both ways out.
fn run(sandbox: &Sandbox, words: &[&str], variables: &[(&str, &str)]) -> Option<i32> {
    let mut command = sandbox.sealgate(words).into_command();
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    let colored = variables.iter().any(|(name, _)| *name == "GITHUB_ACTIONS");
    for (bytes, is_stderr) in [(output.stdout, false), (output.stderr, true)] {
        let text = String::from_utf8(bytes).unwrap();
        assert_valid_if_report(&text);
        let text = if colored { without_color(&text) } else { text };
        assert!(text.is_empty() || text.ends_with('\n'), "{words:?}\n{text}");
        for line in text.lines().chain(text.split('\n')) {
            assert_unforged(line, is_stderr, &format!("{words:?} {variables:?}\n{text}"));
        }
    }
    output.status.code()
}

/// What the reports in a folder say: as files they may be printed, and each is obeyed by what it is made for.
#[track_caller]
fn assert_reports_unforged(sandbox: &Sandbox, folder: &str, text: &str) {
    for name in ["report.json", "report.md", "report.xml", "report.sarif", "report.html"] {
        let report = sandbox.read(&format!("{folder}/{name}"));
        let is_unseen = |character: char| character.is_control() || UNSEEN.contains(character) && character >= '\u{7f}';
        assert!(!report.replace('\n', "").contains(is_unseen), "{name} of {text:?}\n{report}");
        for command in
            ["##[", "##vso[", "##teamcity[", "\n::", "\ntravis_fold:", "\u{2028}", "\u{2029}", "\n✓ verified"]
        {
            assert!(!report.contains(command), "{name} of {text:?}\n{report}");
        }
    }
}

/// The text without SGR sequences.
fn without_color(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|character: char| character.is_ascii_digit() || character == ';');
        plain.push_str(rest.strip_prefix('m').unwrap_or_else(|| panic!("no color: {piece:?}")));
    }
    plain
}

#[track_caller]
fn assert_unforged(line: &str, is_stderr: bool, whole: &str) {
    let is_unseen = |character: char| character.is_control() || UNSEEN.contains(character) && character >= '\u{7f}';
    assert!(!line.contains(is_unseen), "{line:?} of\n{whole}");
    assert!(!line.contains(['\u{2028}', '\u{2029}']), "{line:?} of\n{whole}");
    for command in ["##[", "##vso[", "##teamcity["] {
        assert!(!line.contains(command), "{line:?} of\n{whole}");
    }
    let shown = line.trim_start();
    // On GitHub one command is ours: an annotation, whose title begins with our name, and the command if there is one.
    let is_annotation = ["error", "warning", "notice"].iter().any(|level| {
        let title = line.strip_prefix("::").and_then(|rest| rest.strip_prefix(level)?.strip_prefix(" title=sealgate"));
        let is_ours = |rest: &str| rest.starts_with([' ', '%']);
        is_stderr
            && title.is_some_and(|rest| {
                is_ours(rest) && rest.split_once("::").is_some_and(|(title, _)| !title.contains(','))
            })
    });
    // And a group, whose title is the verdict on an image.
    let is_group = line == "::endgroup::" || line.starts_with("::group::✓ ") && line.contains("oci-layout:");
    if is_annotation || (is_group && !is_stderr) {
        return;
    }
    for start in ["::", "##", "---", "+++", "~~~", "^^^", "travis_fold:", "section_start:"] {
        assert!(!shown.starts_with(start), "{line:?} of\n{whole}");
    }
    for start in ["✓ verified", "verified: ", "error[forged]", "debug: forged", "help: forged", "tip: "] {
        let ours = line.contains("oci-layout:");
        assert!(ours || !shown.starts_with(start), "{line:?} of\n{whole}");
    }
    let ours = [
        "error[",
        "  caused by: ",
        "  help: ",
        "debug: ",
        "warning: ",
        "error: ",
        "verified: ",
        "rejected: ",
        "unsigned: ",
        "signed: ",
        "already-signed: ",
        "listed: ",
    ];
    assert!(!is_stderr || line.is_empty() || ours.iter().any(|start| line.starts_with(start)), "{line:?} of\n{whole}");
}

#[test]
fn no_word_of_the_command_line_forges_a_line() {
    let sandbox = Sandbox::new();
    for (text, job) in texts().iter().zip(JOBS.iter().cycle()) {
        let flag = format!("--{text}");
        let value = format!("--timeout={text}");
        for words in [
            &[text.as_str()][..],
            &["verify", &flag],
            &["verify", "--format", text, "a"],
            &["verify", "--root", "r", &value, "a"],
            &["verify", "--polici", text],
            &["completions", text],
            &["trust", text],
            &["help", text],
            &["help", "verify", text],
            &["verify", text, "--help"],
            &["verify", "--", text],
            &["list", text, text],
            &["inspect", "--plain-http", text, "127.0.0.1:1/a:b"],
            &["verify", "--profile", text, "a"],
            &["sign", "--profile", text, "--role-arn", text, "a"],
            &["sign", "--key", text, "--certificate-chain", text, "oci-layout:a:b"],
            &["verify", "--root", text, "--identity", text, "oci-layout:a:b"],
            &["verify", "--policy", text, "--trust-store", text, "oci-layout:a:b"],
            &["verify", "--config", text, "a"],
            &["key", "generate", "--out", "x", "--name", text],
            &["trust", "install", "--root", text, "--name", text, "--identity", text],
        ] {
            let exit = run(&sandbox, words, job).unwrap();
            assert!(matches!(exit, 2..=6), "{exit} {words:?}");
        }
    }
}

#[test]
fn no_variable_or_file_forges_a_line() {
    let sandbox = Sandbox::new();
    for (text, job) in texts().iter().zip(JOBS.iter().cycle()) {
        let unknown = format!("SEALGATE_{}", text.replace('=', "~"));
        for name in
            [&unknown, "SEALGATE_TIMEOUT", "SEALGATE_PROFILE", "SEALGATE_FORMAT", "INPUT_ALLOW_SKIP", "SEALGATE_IMAGES"]
        {
            let image: &[&str] = if name == "SEALGATE_IMAGES" { &[] } else { &["a"] };
            let exit = run(&sandbox, &[&["verify"], image].concat(), &[job, &[(name, text.as_str())][..]].concat());
            assert!(matches!(exit, Some(2 | 3)), "{exit:?} {name}");
        }
        sandbox.write("a.yaml", &json!({ text.as_str(): text }).to_string());
        assert_eq!(run(&sandbox, &["verify", "a", "--config", "a.yaml"], job), Some(3));
        sandbox.write("b.yaml", &format!("a: {text}"));
        assert_eq!(run(&sandbox, &["verify", "a", "--config", "b.yaml"], job), Some(3));
    }
}

#[test]
fn no_folder_or_what_it_holds_forges_a_line() {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "a"]).exits(0);
    for (number, (text, job)) in texts().iter().zip(JOBS.iter().cycle()).enumerate() {
        let name = file_name(text);
        let statement = json!({
            "name": text, "registryScopes": [text], "signatureVerification": {"level": "strict", "x": text},
            "trustStores": [text], "trustedIdentities": [text],
        });
        let policy = json!({"version": text, "trustPolicies": [statement], text.as_str(): 1});
        sandbox.write(&format!("{name}/trustpolicy.json"), &policy.to_string());
        sandbox.write(&format!("{name}/truststore/x509/ca/{name}/{name}.crt"), &sandbox.read("k/a-ca.crt"));
        run(&sandbox, &["trust", "show", "--dir", &name], job);
        run(&sandbox, &["trust", "show", "--dir", &name, "--format", "json"], job);
        let policy = format!("{name}/trustpolicy.json");
        run(&sandbox, &["doctor", "--policy", &policy, "--trust-store", &name], job);
        let install = ["trust", "install", "--root", "k/a-ca.crt", "--name", "a", "--identity", "*", "--dir", &name];
        assert_eq!(run(&sandbox, &install, job), Some(3));
        let (empty, keys) = (format!("e{number}{name}"), format!("k{number}{name}"));
        assert_eq!(run(&sandbox, &["key", "generate", "--out", &keys, "--name", "a"], job), Some(0));
        fs::create_dir(sandbox.path(&empty)).unwrap();
        assert_eq!(run(&sandbox, &[&install[..9], &[&empty]].concat(), job), Some(0));
    }
}

#[test]
fn no_image_forges_a_line() {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "a"]).exits(0);
    for (number, (text, job)) in texts().iter().zip(JOBS.iter().cycle()).enumerate() {
        let name = format!("l{number}");
        layout(&sandbox.path(&name), &["a", "b"]);
        let index = sandbox.path(&name).join("index.json");
        let mut content: serde_json::Value = serde_json::from_slice(&fs::read(&index).unwrap()).unwrap();
        content["manifests"][0]["annotations"][text] = text.as_str().into();
        fs::write(&index, content.to_string()).unwrap();
        let images = [format!("oci-layout:{name}:a"), format!("oci-layout:{name}:b")];
        let images = [images[0].as_str(), &images[1]];
        let (metadata, other) = (format!("a{text}={text}"), format!("{text}=x"));
        let with = ["--key", "k/a.key", "--certificate-chain", "k/a.crt", "--user-metadata", &metadata];
        assert_eq!(run(&sandbox, &[&["sign"], &with[..], &images].concat(), job), Some(0));
        let trust = ["--root", "k/a-ca.crt", "--identity", "*"];
        for format in [&[][..], &["--format", "json"]] {
            for command in ["list", "inspect"] {
                assert_eq!(run(&sandbox, &[&[command], &images[..], format].concat(), job), Some(0));
            }
            assert_eq!(run(&sandbox, &[&["verify"], &trust[..], &images, format].concat(), job), Some(0));
            let wanted = ["--user-metadata", &other];
            assert_eq!(run(&sandbox, &[&["verify"], &trust[..], &wanted, &images, format].concat(), job), Some(10));
            for more in [&[][..], &wanted] {
                run(&sandbox, &[&["verify", "--report-dir", "r"], &trust[..], more, &images].concat(), job);
                assert_reports_unforged(&sandbox, "r", text);
            }
        }
        let folder = format!("oci-layout:{}:a", file_name(text));
        // A name with line breaks is read as several, which are none.
        assert_eq!(run(&sandbox, &["list", "--report-dir", "r", &folder, images[0]], job), Some(6));
        assert_reports_unforged(&sandbox, "r", text);
    }
}

#[test]
fn no_server_or_credential_helper_forges_a_line() {
    thread::scope(|scope| {
        for (text, job) in texts().into_iter().zip(JOBS.iter().cycle()) {
            scope.spawn(move || {
                let (sandbox, server) = (Sandbox::new(), Server::start(&text));
                let docker = file_name(&text);
                let helper = json!({"credsStore": text, "credHelpers": {"127.0.0.1": "evil"}, "auths": {text.as_str(): {"auth": text}}});
                sandbox.write(&format!("{docker}/config.json"), &helper.to_string());
                sandbox.write(".config/containers/auth.json", &text);
                let docker = sandbox.path(&docker);
                let endpoint = format!("http://127.0.0.1:{}", server.port);
                let job = [
                    *job,
                    &[("DOCKER_CONFIG", docker.to_str().unwrap()), ("AWS_ENDPOINT_URL", &endpoint)],
                    &[("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x")][..],
                ]
                .concat();
                sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "a"]).exits(0);
                let image = |rest: &str| format!("127.0.0.1:{}/{rest}", server.port);
                let (first, second) = (image("app:v1"), image(&format!("app@sha256:{}", "0".repeat(64))));
                let trust = ["--root", "k/a-ca.crt", "--identity", "*", &first, &second];
                let key = ["--key", "k/a.key", "--certificate-chain", "k/a.crt", &first];
                let profile = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";
                layout(&sandbox.path("l"), &["a"]);
                for words in [
                    &[&["verify"], &trust[..]].concat()[..],
                    &[&["verify", "--format", "json"], &trust[..]].concat(),
                    &[&["sign"], &key[..]].concat(),
                    &["list", &first, &second],
                    &["sign", "--profile", profile, "oci-layout:l:a"],
                    &["doctor", "--profile", profile, &first],
                ] {
                    let exit = run(&sandbox, words, &job).unwrap();
                    assert!(matches!(exit, 3..=11), "{exit} {words:?}");
                }
            });
        }
    });
}

/// Answers everything with one text, wherever a text may stand; the first time as one that is busy.
struct Server {
    port: u16,
}

impl Server {
    fn start(text: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (text, count) = (Arc::new(text.to_owned()), Arc::new(AtomicUsize::new(0)));
        // It ends with the process of the tests.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (text, count) = (Arc::clone(&text), Arc::clone(&count));
                thread::spawn(move || serve(&stream, port, &text, &count));
            }
        });
        Self { port }
    }
}

fn serve(stream: &TcpStream, port: u16, text: &str, count: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut authorized, mut target) = (0, false, None);
        loop {
            let mut line = String::new();
            reader.by_ref().take(64 * 1024).read_line(&mut line).ok().filter(|read| *read > 0)?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            target.get_or_insert_with(|| line.clone());
            length = line.strip_prefix("content-length: ").map_or(length, |length| length.parse().unwrap());
            authorized |= line.starts_with("authorization: ");
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).ok()?;
        let (status, body) = match target?.split(' ').nth(1)? {
            target if target.starts_with("/token") => (200, json!({ "token": "t" })),
            target if target.starts_with("/v2/") && count.fetch_add(1, Ordering::Relaxed) == 0 => (503, json!(null)),
            target if target.starts_with("/v2/") && !authorized => (401, json!(null)),
            _ => (403, json!(null)),
        };
        let told = json!({"errors": [{"code": text, "message": text, "detail": text}], "__type": text, "message": text, "code": text});
        let body = if body.is_null() { told } else { body }.to_string();
        // A header has no line breaks.
        let header: String = text.chars().filter(|character| !character.is_control()).collect();
        let challenge =
            format!("www-authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"{header}\"\r\n");
        let challenge = if status == 401 { challenge } else { String::new() };
        let id = format!(
            "x-request-id: ::error::{}\r\nx-amzn-requestid: ##[error]x\r\nx-amzn-errortype: {header}\r\n",
            "x ".repeat(9)
        );
        let (mut writer, length) = (stream, body.len());
        write!(
            writer,
            "HTTP/1.1 {status} {header}\r\ncontent-type: application/json\r\n{challenge}{id}content-length: {length}\r\n\r\n{body}"
        )
        .ok()?;
    }
}
