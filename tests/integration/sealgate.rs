//! Runs the binary: nothing of the tester's environment reaches it, and its exit code is always looked at.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;

use crate::schema::assert_valid_if_report;

/// Where a test works: a folder of its own, which is also the home.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    /// An empty place.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in it.
    pub(crate) fn write(&self, name: &str, content: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Reads a file in it. A JSON report must be as the schema says.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path(name)).unwrap();
        if name.ends_with(".json") {
            assert_valid_if_report(&text);
        }
        text
    }

    /// A command line of sealgate that runs here.
    pub(crate) fn sealgate(&self, words: &[&str]) -> Run<'_> {
        let mut command = Command::new(cargo_bin("sealgate"));
        command
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        Run { command, folder: self.folder.path() }
    }
}

/// Makes a named pipe.
#[track_caller]
pub(crate) fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// One command line.
pub(crate) struct Run<'a> {
    command: Command,
    folder: &'a Path,
}

/// What came of it, with the folder and the version taken out.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run<'_> {
    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Hands a text in, which fits into a pipe.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        self.command.stdin(reader);
        self
    }

    /// The command itself, for tests that start it in their own way.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    /// Runs it. The exit code must be this one, and a JSON report as the schema says.
    #[track_caller]
    pub(crate) fn exits(mut self, code: i32) -> Answer {
        let Output { status, stdout, stderr } = self.command.output().unwrap();
        let answer = Answer { stdout: self.normalized(&stdout), stderr: self.normalized(&stderr) };
        assert_eq!(status.code(), Some(code), "{:?}\n{}\n{}", self.command, answer.stdout, answer.stderr);
        assert_valid_if_report(&answer.stdout);
        answer
    }

    /// Text without what differs from run to run.
    fn normalized(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.replace(self.folder.to_str().unwrap(), "[FOLDER]").replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
    }
}
