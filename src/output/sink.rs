//! Where texts leave.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::files;
use crate::process::{self, Answer, ProcessError};
use crate::report::escape;

/// Permissions of reports: the steps after ours read them, and so do those who upload them, as whoever they run.
const REPORT_MODE: u32 = 0o644;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    /// Standard output: results.
    Stdout,
    /// Standard error: what went wrong.
    Stderr,
    /// A file of a folder that is made where it is missing.
    File { folder: PathBuf, name: &'static str },
    /// The log, for what a CI system is meant to obey.
    Commands(Log),
    /// What a CI system made for us to add to.
    Step {
        file: StepFile,
        /// The variable that names it.
        variable: &'static str,
        path: PathBuf,
    },
    /// A program of the CI system, which reads the text.
    Program(Program),
}

/// Where a CI system looks for commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    Stdout,
    /// Which it reads as well: standard output may go to a file.
    Stderr,
}

/// A program of a CI system, and how it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Its name, to be found in a folder of `PATH`.
    pub(crate) name: &'static str,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
}

/// A file through which a step tells its runner something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepFile {
    Output,
    Summary,
    Artifacts,
}

impl StepFile {
    /// Bytes that it may have. Of outputs GitHub takes 1 MiB in UTF-16, of a summary it shows none that is longer, and too many
    /// artifacts fail the step.
    pub(crate) const fn limit(self) -> u64 {
        match self {
            Self::Output => 512 * 1024,
            Self::Summary | Self::Artifacts => 1024 * 1024,
        }
    }

    /// Whether a run that could not write it has failed: later steps rely on outputs.
    pub(crate) const fn is_relied_on(self) -> bool {
        matches!(self, Self::Output)
    }
}

/// A text and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) sink: Sink,
    /// The text, escaped for that place.
    pub(crate) text: String,
}

/// What could not be written.
#[derive(Debug)]
pub(crate) enum NotWritten {
    Stdout(io::Error),
    File { path: PathBuf, source: io::Error },
    Step { file: StepFile, variable: &'static str, path: PathBuf, source: io::Error },
    Program { name: &'static str, source: ProgramError },
}

/// Why a program of the CI system did not take a text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("it failed with {0}")]
    Failed(ExitStatus),
    #[error("it cannot be waited for: {0}")]
    Wait(io::Error),
}

/// Writes the texts in their order, and says what could not be written. One that fails keeps no other from being written.
pub(crate) fn write(pieces: &[Piece]) -> Vec<NotWritten> {
    let written = pieces.iter().map(|piece| match &piece.sink {
        Sink::Stdout => stdout(&piece.text).map_err(NotWritten::Stdout),
        Sink::Stderr => {
            stderr(&piece.text);
            Ok(())
        }
        Sink::File { folder, name } => file(folder, name, &piece.text),
        Sink::Commands(Log::Stderr) => {
            commands(&piece.text);
            Ok(())
        }
        Sink::Commands(Log::Stdout) => stdout(&piece.text).map_err(NotWritten::Stdout),
        Sink::Step { file, variable, path } => add(*file, path, &piece.text).map_err(|source| NotWritten::Step {
            file: *file,
            variable,
            path: path.clone(),
            source,
        }),
        Sink::Program(program) => {
            run(program, &piece.text).map_err(|source| NotWritten::Program { name: program.name, source })
        }
    });
    written.filter_map(Result::err).collect()
}

/// What takes back what steps behind this one may read, where the run is ended before it tells them how it ends.
#[derive(Default)]
struct TakeBack {
    piece: Option<Piece>,
    /// Whether it was told. Then nothing else is.
    is_told: bool,
}

static TAKE_BACK: Mutex<TakeBack> = Mutex::new(TakeBack { piece: None, is_told: false });

/// Says what takes back outputs, for whatever ends the run.
pub(crate) fn announce_take_back(piece: Option<Piece>) {
    TAKE_BACK.lock().unwrap_or_else(PoisonError::into_inner).piece = piece;
}

/// Takes back what steps behind this one may read, of this run or one before it. They hear nothing more of this run.
pub(crate) fn take_back() {
    let mut state = TAKE_BACK.lock().unwrap_or_else(PoisonError::into_inner);
    let TakeBack { piece, is_told } = &mut *state;
    if std::mem::replace(is_told, true) {
        return;
    }
    // Nobody can be told more. Standard output may be what the run waits for.
    let _untold = piece.as_ref().map(|Piece { sink, text }| match sink {
        Sink::Step { file, path, .. } => files::append(path, text.as_bytes(), file.limit()),
        Sink::Commands(Log::Stderr) => {
            commands(text);
            Ok(())
        }
        _ => Ok(()),
    });
}

/// Adds to a file of the step, unless all was taken back.
fn add(file: StepFile, path: &Path, text: &str) -> io::Result<()> {
    let state = TAKE_BACK.lock().unwrap_or_else(PoisonError::into_inner);
    if state.is_told { Ok(()) } else { files::append(path, text.as_bytes(), file.limit()) }
}

/// Writes a file that appears whole, in place of one of an earlier run. The folder was named by the user, and may be a link; a
/// link in place of the file is replaced.
fn file(folder: &Path, name: &str, text: &str) -> Result<(), NotWritten> {
    let path = folder.join(name);
    let written =
        files::make_shared_folder(folder).and_then(|()| files::publish_last(&path, text.as_bytes(), REPORT_MODE));
    written.map_err(|source| NotWritten::File { path, source })
}

/// How long a program of the CI system may take.
const PROGRAM_WAIT: Duration = Duration::from_secs(20);

/// Bytes that it may print. Nobody reads them.
const PROGRAM_BYTES: u64 = 1024 * 1024;

/// Runs a program of the CI system, which reads a text.
fn run(program: &Program, text: &str) -> Result<(), ProgramError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ProgramError::Wait)?;
    let mut command = process::command(program.name, &program.environment);
    command.args(&program.arguments);
    let Answer { status, .. } =
        runtime.block_on(process::ask(&mut command, text.as_bytes(), PROGRAM_BYTES, PROGRAM_WAIT))?;
    if status.success() { Ok(()) } else { Err(ProgramError::Failed(status)) }
}

/// Writes to standard output. A reader that went away has read enough: that is not an error.
pub(crate) fn stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes whole lines to standard error, if it is still open. A CI system obeys none of them.
pub(crate) fn stderr(text: &str) {
    let _ignored = io::stderr().lock().write_all(escape::lines(text).as_bytes());
}

/// Writes commands that a CI system obeys to standard error: standard output may go to a file.
pub(crate) fn commands(text: &str) {
    let _ignored = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn piece(folder: &Path, name: &'static str) -> Piece {
        Piece { sink: Sink::File { folder: folder.to_owned(), name }, text: "x".to_owned() }
    }

    #[test]
    fn files_are_for_everyone_to_read_in_a_folder_that_may_be_a_link() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        assert!(write(&[piece(&folder, "report.json")]).is_empty());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o755;
        assert_eq!((mode(&folder), mode(&folder.join("report.json"))), (0o755, 0o644));
        let link = place.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(write(&[piece(&link, "report.md")]).is_empty());
        assert_eq!(fs::read(folder.join("report.md")).unwrap(), b"x");
    }

    #[test]
    fn a_file_that_cannot_be_written_keeps_no_other_from_being_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("report.json")).unwrap();
        let failed = write(&[piece(folder.path(), "report.json"), piece(folder.path(), "report.md")]);
        assert!(matches!(failed.as_slice(), [NotWritten::File { path, .. }] if path.ends_with("report.json")));
        assert!(folder.path().join("report.md").exists());
    }
}
