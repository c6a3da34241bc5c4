//! The reports of sealgate by themselves: `report` knows nothing else of the binary. Compiled alone and optimized, its property test of
//! hostile texts tries far more of them (`tests/run injections`).

#![allow(dead_code, unused_imports, reason = "the binary uses them, and is not here")]

#[path = "../../src/exit_code.rs"]
mod exit_code;
#[cfg(test)]
mod readme {
    use std::path::Path;

    pub(crate) fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
    }

    /// The tables of `docs/` are checked by the tests of the binary.
    pub(crate) fn check_table(_page: &str, _heading: &str, _expected: &[String]) {}
}
#[path = "../../src/report/mod.rs"]
mod report;
