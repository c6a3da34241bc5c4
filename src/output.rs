//! Where texts leave: a plan of texts and sinks, made by pure renderers, and the log that `--verbose` writes.

mod log;
pub(crate) mod plan;
mod sink;

pub(crate) use log::start as start_log;
pub(crate) use sink::{NotWritten, Piece, Sink, stderr, stdout, write};
