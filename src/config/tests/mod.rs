//! What tests of settings share: command lines that are resolved as in a run.

mod action;
mod component;
mod documented;

use super::error::ResolveError;
use super::sign::SignSettings;
use super::task::{Config, Task};
use super::verify::VerifySettings;
use crate::ci::detect;
use crate::cli::Cli;
use crate::env::Env;

/// What a command line means where these variables are set.
pub(super) fn resolved(words: &[&str], variables: &[(&str, &str)]) -> Result<Config, Vec<ResolveError>> {
    let environment = Env::of(variables);
    let cli = Cli::parse([&["sealgate"], words].concat()).unwrap();
    cli.resolve(&environment, detect(&environment)).map_err(|unresolved| unresolved.errors)
}

/// The settings of `verify` for one image, where notation's folder is known.
pub(super) fn verify(words: &[&str], variables: &[(&str, &str)]) -> VerifySettings {
    let words = [&["verify", "a"], words].concat();
    match resolved(&words, &[&[("HOME", "/h")], variables].concat()).unwrap().task {
        Task::Verify(settings) => settings,
        other => panic!("{other:?}"),
    }
}

/// The settings of `sign` for two images with a local key.
pub(super) fn sign(words: &[&str]) -> SignSettings {
    let words = [&["sign", "a", "b", "--key", "k", "--certificate-chain", "c"], words].concat();
    match resolved(&words, &[]).unwrap().task {
        Task::Sign(settings) => settings,
        other => panic!("{other:?}"),
    }
}
