//! From raw input to resolved settings: one function resolves every setting, and every value knows its origin.
//!
//! Flag > `SEALGATE_KEY` > CI input > configuration file > CI system > default. The origin of a value that weakens a
//! check is shown in every report. Each command has a file: its flags, its settings, and how they are resolved.

pub(crate) mod key;

pub(crate) mod setting;

pub(crate) mod file;

pub(crate) mod image_source;

pub(crate) mod notation_folder;

pub(crate) mod trust;

pub(crate) mod password;

pub(crate) mod unknown;

pub(crate) mod approve;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod help;
pub(crate) mod key_generate;
pub(crate) mod lambda;
pub(crate) mod look;
pub(crate) mod pin;
pub(crate) mod sign;
pub(crate) mod trust_install;
pub(crate) mod trust_remove;
pub(crate) mod trust_show;
pub(crate) mod verify;

mod aws;
mod checkout;
pub(crate) mod deploy;
mod error;
pub(crate) mod gates;
pub(crate) mod gates_check;
mod gates_error;
mod images;
mod input;
mod layers;
mod local_key;
pub(crate) mod near;
mod output;
mod parts;
mod pin_file;
mod pin_mode;
mod post_error;
mod posts;
mod registry;
mod resolve;
mod task;
#[cfg(test)]
mod tests;
mod trust_settings;
mod trust_source;
mod trusts;
mod typed;
mod verifier;
mod weakened;

pub(crate) use approve::ApproveSettings;
pub(crate) use doctor::{DoctorSettings, IamSettings, NoTrust, Part};
pub(crate) use error::{ConfigError, Fault, ForkError, ResolveError};
pub(crate) use gates::GateSettings;
pub(crate) use gates_error::GatesError;
pub(crate) use lambda::{LambdaSettings, Rollback};
pub(crate) use layers::Layers;
pub(crate) use local_key::KeySettings;
pub(crate) use look::LookSettings;
pub(crate) use output::{ColorChoice, Output};
pub(crate) use parts::RevocationCheck;
pub(crate) use pin::PinSettings;
pub(crate) use pin_file::{PinFile, PinFileFault};
pub(crate) use pin_mode::PinMode;
pub(crate) use post_error::{PostError, PostFault};
pub(crate) use posts::PostSettings;
#[cfg(test)]
pub(crate) use registry::PasswordSource;
pub(crate) use registry::{GivenCredentials, RegistrySettings};
pub(crate) use resolve::{Unresolved, early_output, output_of_failure, resolve, resolve_doctor, resolve_lambda};
pub(crate) use sign::{Effort, SignAgain, SignSettings, SignerSettings, SkipSettings};
pub(crate) use task::{Config, Task};
pub(crate) use trust_install::{TrustInstallSettings, Trusted};
pub(crate) use trust_settings::TrustSource;
pub(crate) use typed::{Typed, ci};
pub(crate) use verifier::{SkipStatements, VerifiedBy, VerifierSettings};
pub(crate) use verify::VerifySettings;
