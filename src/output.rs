//! Where text for people leaves: standard error, and the log that `--verbose` writes there.

mod log;

use std::io::{self, Write as _};

pub(crate) use log::start as start_log;

use crate::report::escape;

/// Writes whole lines to standard error, if someone still listens there. A CI system obeys none of them.
pub(crate) fn stderr(text: &str) {
    let _ignored = io::stderr().lock().write_all(escape::lines(text).as_bytes());
}
