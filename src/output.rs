//! Where texts leave: a plan of texts and sinks, made by pure renderers, and the log that `--verbose` writes.

pub(crate) mod deploy;
mod log;
pub(crate) mod plan;
mod sink;

pub(crate) use log::start as start_log;
pub(crate) use sink::{
    Log, NotWritten, Piece, Sink, StepFile, announce_take_back, commands, stderr, stdout, take_back, write,
};

/// A word that nobody can guess, for the file of outputs.
pub(crate) fn delimiter() -> String {
    let mut random = [0_u8; 16];
    // Without random numbers there is none, and so no text between two of it.
    if aws_lc_rs::rand::fill(&mut random).is_err() {
        return String::new();
    }
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sealgate_{digits}")
}
