//! From what was said to what is meant: one function resolves every setting, and every value knows its origin.
//!
//! Flag > `SEALGATE_KEY` > CI input > configuration file > CI system > default. What stands behind a value that
//! weakens a check is told in every report.

pub(crate) mod key;

pub(crate) mod setting;

pub(crate) mod duration;

pub(crate) mod file;

pub(crate) mod notation_folder;

pub(crate) mod trust;

pub(crate) mod password;

mod aws;
mod doctor;
#[cfg(test)]
mod documented;
mod error;
mod flags;
mod layers;
mod near;
mod output;
mod parts;
mod registry;
mod resolve;
mod settings;
mod trust_install;
mod trust_source;
pub(crate) mod unknown;
mod weakened;

pub(crate) use error::{ConfigError, Fault, ResolveError};
pub(crate) use output::{ColorChoice, Format, Output};
pub(crate) use parts::RevocationCheck;
pub(crate) use registry::{GivenCredentials, PasswordSource, RegistrySettings};
pub(crate) use resolve::{Unresolved, early_output, resolve};
pub(crate) use settings::*;
