//! Ctrl-C and SIGTERM while a command runs.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::aws_scene::layout;
use crate::schema::assert_valid_if_report;
use crate::sealgate::Sandbox;

/// Sends a signal to `key generate` while it runs, and returns exit code and standard error.
///
/// Making two 4096-bit keys takes many times longer than starting up. A run that was hit before it listened, or was
/// done before it was hit, is tried again with another pause.
fn interrupted_by(signal: &str) -> (i32, String) {
    for pause in [50, 100, 200, 30, 400, 150, 75, 800, 300, 20, 1600, 50, 100, 200, 400] {
        let sandbox = Sandbox::new();
        let words =
            ["key", "generate", "--out", "keys", "--name", "x", "--algorithm", "rsa-4096", "--report-dir", "out"];
        let mut command = sandbox.sealgate(&words).into_command();
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        thread::sleep(Duration::from_millis(pause));
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        if let Some(code @ 1..) = output.status.code() {
            let left = fs::read_dir(sandbox.path("keys")).map_or(0, Iterator::count);
            assert_eq!(left, 0, "nothing is left half-written");
            let report: Value = serde_json::from_str(&sandbox.read("out/report.json")).unwrap();
            assert_eq!(report["error"]["exit_code"], code);
            assert_eq!(unfinished(&sandbox.path("out")), Vec::<PathBuf>::new());
            return (code, String::from_utf8(output.stderr).unwrap());
        }
    }
    panic!("{signal} never came while a key was made");
}

#[test]
fn ctrl_c_ends_with_130_and_leaves_nothing() {
    let (code, stderr) = interrupted_by("-INT");
    assert_eq!(code, 130, "{stderr}");
    assert!(stderr.starts_with("error[interrupted]: "), "{stderr}");
}

#[test]
fn sigterm_ends_with_143_and_leaves_nothing() {
    let (code, stderr) = interrupted_by("-TERM");
    assert_eq!(code, 143, "{stderr}");
    assert!(stderr.starts_with("error[terminated]: "), "{stderr}");
}

/// Makes a key and an image layout with these tags.
fn signing(tags: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    layout(&sandbox.path("app"), tags);
    sandbox.sealgate(&["key", "generate", "--out", "keys", "--name", "x"]).exits(0);
    sandbox
}

const SIGN: [&str; 5] = ["sign", "--key", "keys/x.key", "--certificate-chain", "keys/x.crt"];

/// What a folder holds of unfinished files.
fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { unfinished(&path) } else { vec![path] });
    found.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".sealgate-")).collect()
}

/// Starts a run with one image that is done at once and one whose registry never answers, and interrupts it after the first.
fn interrupted_batch(words: &[&str], done: &str, sandbox: &Sandbox) -> (i32, Value, String) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let waiting = format!("{}/app:v1", silent.local_addr().unwrap());
    let words = [words, &["--format", "json", "--report-dir", "out", "--", "oci-layout:app:v1", &waiting]].concat();
    let mut command = sandbox.sealgate(&words).into_command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut lines = String::new();
    while !lines.contains(done) {
        assert_ne!(stderr.read_line(&mut lines).unwrap(), 0, "{lines}");
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    stderr.read_to_string(&mut lines).unwrap();
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_valid_if_report(&stdout);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&sandbox.read("out/report.json")).unwrap(), report);
    assert!(sandbox.read("out/report.md").contains("✗ **error** `interrupted`"));
    (output.status.code().unwrap(), report, lines)
}

#[test]
fn a_batch_that_is_interrupted_reports_what_was_done() {
    let sandbox = signing(&["v1"]);
    let (code, report, stderr) = interrupted_batch(&SIGN, "signed: oci-layout:app:v1", &sandbox);
    assert_eq!(code, 130, "{stderr}");
    assert!(stderr.contains("error[interrupted]: interrupted (SIGINT), with 1 of 2 images done"), "{stderr}");
    assert_eq!(report["error"]["code"], "interrupted");
    assert_eq!(report["artifacts"][0]["outcome"], "signed");
    let open = &report["artifacts"][1];
    assert_eq!((&open["outcome"], &open["error"]["code"]), (&json!("error"), &json!("interrupted")));
    assert!(open["error"]["message"].as_str().unwrap().ends_with("whether this image is signed: it may be"), "{open}");

    let verify = ["verify", "--root", "keys/x-ca.crt", "--identity", "*"];
    let (code, report, stderr) = interrupted_batch(&verify, "verified: oci-layout:app:v1", &sandbox);
    assert_eq!((code, &report["artifacts"][0]["verified"]), (130, &json!(true)), "{stderr}");
    assert_eq!(
        (&report["artifacts"][1]["verified"], &report["artifacts"][1]["error"]["exit_code"]),
        (&json!(false), &json!(130))
    );
}

#[test]
fn a_signing_that_is_interrupted_leaves_no_file() {
    let tags: Vec<_> = (0..30).map(|number| format!("v{number}")).collect();
    let tags: Vec<_> = tags.iter().map(String::as_str).collect();
    let images: Vec<_> = tags.iter().map(|tag| format!("oci-layout:app:{tag}")).collect();
    let words = [&SIGN[..], &["--"], &images.iter().map(String::as_str).collect::<Vec<_>>()].concat();
    for pause in (0..20).map(|step| step * 5) {
        let sandbox = signing(&tags);
        let mut command = sandbox.sealgate(&words).into_command();
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(pause));
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        child.wait_with_output().unwrap();
        assert_eq!(unfinished(&sandbox.path("app")), Vec::<PathBuf>::new(), "after {pause} ms");
        // Whatever was done is whole.
        let index = serde_json::from_str::<Value>(&sandbox.read("app/index.json")).unwrap();
        assert!(index["manifests"].as_array().unwrap().len() >= tags.len());
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_that_leaves_no_file() {
    let sandbox = signing(&["v1"]);
    let sign = sandbox.sealgate(&[&SIGN[..], &["--format", "json", "--", "oci-layout:app:v1"]].concat()).into_command();
    let mut limited = Command::new("sh");
    limited.args(["-c", r#"ulimit -f 0; exec "$0" "$@""#]).arg(sign.get_program()).args(sign.get_args());
    limited.current_dir(sign.get_current_dir().unwrap()).env_clear();
    limited.envs(sign.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("File too large"));
    assert_eq!(unfinished(&sandbox.path("app")), Vec::<PathBuf>::new());
}
