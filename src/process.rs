//! Programs that are asked something: their answer is capped, they have a time limit, and they are ended with everything
//! that they started when it passes or nothing waits for them anymore.

use std::collections::BTreeMap;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ProcessError {
    #[error("it cannot be started: {0}")]
    Start(io::Error),
    /// Writing to or reading from it failed.
    #[error("it does not take its input: {0}")]
    Pipe(io::Error),
    #[error("it did not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    #[error("it printed more than {0} bytes")]
    TooLarge(u64),
}

/// What a program printed, and how it ended.
pub(crate) struct Answer {
    pub(crate) output: Zeroizing<Vec<u8>>,
    pub(crate) status: ExitStatus,
}

/// A program that is looked for by its name, with these variables but for the secrets among them that are ours alone.
pub(crate) fn command(program: &str, variables: &BTreeMap<String, String>) -> Command {
    // It has no business with passwords that were given to us.
    let inherited = variables.iter().filter(|(name, value)| !is_ours(name) && !is_private_key(value));
    let path = search_path(variables.get("PATH").map(String::as_str).unwrap_or_default());
    let mut command = Command::new(program);
    command.env_clear().envs(inherited).env("PATH", path);
    command
}

/// Where programs are looked for: nowhere below the working folder, which in CI is a checkout that could bring a helper.
/// Docker starts none from there either (Go's `exec.ErrDot`).
fn search_path(path: &str) -> String {
    let absolute: Vec<_> = path.split(':').filter(|folder| folder.starts_with('/')).collect();
    // An empty path would be one of the working folder.
    if absolute.is_empty() { "/usr/bin:/bin".to_owned() } else { absolute.join(":") }
}

/// Whether a variable holds a key to sign with (`--key env:NAME`), whatever its name.
fn is_private_key(value: &str) -> bool {
    value.contains("PRIVATE KEY-----")
}

fn is_ours(name: &str) -> bool {
    let secret = name.ends_with("PASSWORD") || name.ends_with("USERNAME");
    secret && ["SEALGATE_", "NOTATION_", "INPUT_", "PLUGIN_"].iter().any(|prefix| name.starts_with(prefix))
}

/// Starts a program, writes `input` to it, and reads at most `cap` bytes of its standard output. Standard error is
/// nobody's: what it says may be a secret.
///
/// # Errors
/// [`ProcessError`].
pub(crate) async fn ask(
    command: &mut Command,
    input: &[u8],
    cap: u64,
    limit: Duration,
) -> Result<Answer, ProcessError> {
    let exchange = exchange(command, input, cap);
    // Dropping the exchange ends the program.
    tokio::time::timeout(limit, exchange).await.unwrap_or(Err(ProcessError::TimedOut(limit)))
}

async fn exchange(command: &mut Command, input: &[u8], cap: u64) -> Result<Answer, ProcessError> {
    let mut running = Running::start(command)?;
    let (stdin, stdout) = (running.child.stdin.take(), running.child.stdout.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A program that does not read its input has its reasons; its answer decides.
            let _unread = stdin.write_all(input).await;
        }
    };
    let read = async {
        let mut bytes = Zeroizing::new(Vec::new());
        if let Some(stdout) = stdout {
            stdout.take(cap.saturating_add(1)).read_to_end(&mut bytes).await.map_err(ProcessError::Pipe)?;
        }
        Ok(bytes)
    };
    let ((), output) = tokio::join!(write, read);
    let output = output?;
    if u64::try_from(output.len()).unwrap_or(u64::MAX) > cap {
        return Err(ProcessError::TooLarge(cap));
    }
    let status = running.child.wait().await.map_err(ProcessError::Pipe)?;
    Ok(Answer { output, status })
}

/// A running program, the leader of its own process group.
struct Running {
    child: Child,
}

impl Running {
    fn start(command: &mut Command) -> Result<Self, ProcessError> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.process_group(0).kill_on_drop(true).spawn().map_err(ProcessError::Start)?;
        Ok(Self { child })
    }
}

impl Drop for Running {
    /// Ends the whole group: a shell's children too. Once the program was waited for, its number may be another's.
    fn drop(&mut self) {
        let number = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = number {
            let _already_gone = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_is_ours_is_not_handed_on() {
        for name in ["SEALGATE_PASSWORD", "SEALGATE_KEY_PASSWORD", "INPUT_PASSWORD", "NOTATION_USERNAME"] {
            assert!(is_ours(name), "{name}");
        }
        assert!(!is_ours("AWS_PROFILE") && !is_private_key("sha256:1"));
        assert!(is_private_key("-----BEGIN EC PRIVATE KEY-----\nA\n-----END EC PRIVATE KEY-----"));
    }

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// Waits until the process whose number a file holds is gone, or dead and not yet buried by its parent.
    async fn is_gone(file: &Path) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < LONG {
            // A file that is empty is not written yet.
            if let Ok(number) = std::fs::read_to_string(file).unwrap_or_default().trim().parse::<u32>() {
                let state = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
                if state.is_empty() || state.contains(") Z ") {
                    return true;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    #[tokio::test]
    async fn an_answer_is_what_was_printed_and_how_the_program_ended() {
        let answer = ask(&mut shell("cat; echo no >&2; exit 3"), b"x", 10, LONG).await.unwrap();
        assert_eq!((answer.output.as_slice(), answer.status.code()), (&b"x"[..], Some(3)));
        assert!(matches!(ask(&mut shell("yes"), b"", 10, LONG).await, Err(ProcessError::TooLarge(10))));
        assert!(matches!(ask(&mut Command::new("/no/program"), b"", 10, LONG).await, Err(ProcessError::Start(_))));
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        // The shell waits for a child that holds its output open, and a grandchild has no terminal to lose.
        let script = format!("sleep 1000 & echo $! > {}; wait", file.display());
        let asked = ask(&mut shell(&script), b"", 10, Duration::from_secs(1)).await;
        assert!(matches!(asked, Err(ProcessError::TimedOut(_))));
        assert!(is_gone(&file).await);
    }

    #[tokio::test]
    async fn a_program_that_nobody_waits_for_any_more_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        let script = format!("sleep 1000 & echo $! > {}; wait", file.display());
        let asked = tokio::spawn(async move { ask(&mut shell(&script), b"", 10, LONG).await.is_ok() });
        while std::fs::read_to_string(&file).unwrap_or_default().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        asked.abort();
        assert!(is_gone(&file).await);
    }
}
