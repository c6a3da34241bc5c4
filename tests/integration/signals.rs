//! Ctrl-C and SIGTERM while a command runs.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::sealgate::Sandbox;

/// Sends a signal to `key generate` while it runs, and returns exit code and standard error.
///
/// Making two 4096-bit keys takes many times longer than starting up. A run that was hit before it listened, or was
/// done before it was hit, is tried again with another pause.
fn interrupted_by(signal: &str) -> (i32, String) {
    for pause in [50, 100, 200, 30, 400, 150, 75, 800, 300, 20, 1600, 50, 100, 200, 400] {
        let sandbox = Sandbox::new();
        let words = ["key", "generate", "--out", "keys", "--name", "x", "--algorithm", "rsa-4096"];
        let mut command = sandbox.sealgate(&words).into_command();
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        thread::sleep(Duration::from_millis(pause));
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        if let Some(code @ 1..) = output.status.code() {
            let left = fs::read_dir(sandbox.path("keys")).map_or(0, Iterator::count);
            assert_eq!(left, 0, "nothing is left half-written");
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
