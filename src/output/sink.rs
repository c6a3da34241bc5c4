//! Where texts leave.

use std::io::{self, Write as _};

use crate::report::escape;

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    /// Standard output: results.
    Stdout,
    /// Standard error: what went wrong.
    Stderr,
}

/// A text and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where.
    pub(crate) sink: Sink,
    /// The text, escaped for that place.
    pub(crate) text: String,
}

/// Writes the texts in their order.
///
/// # Errors
/// What kept standard output from being written; what comes after it is not written.
pub(crate) fn write(pieces: &[Piece]) -> io::Result<()> {
    for piece in pieces {
        match piece.sink {
            Sink::Stdout => stdout(&piece.text)?,
            Sink::Stderr => stderr(&piece.text),
        }
    }
    Ok(())
}

/// Writes to standard output. A reader that went away has read enough: that is no error.
pub(crate) fn stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes whole lines to standard error, if someone still listens there. A CI system obeys none of them.
pub(crate) fn stderr(text: &str) {
    let _ignored = io::stderr().lock().write_all(escape::lines(text).as_bytes());
}
