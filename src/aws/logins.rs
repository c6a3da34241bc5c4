//! Logins to registries of Amazon ECR, each asked for once in a run.

use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::{Mutex, OnceCell};

use super::facts::ecr::EcrHost;
use super::facts::error::AwsError;

/// User name and password for a registry.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// Always `AWS`.
    pub(crate) username: String,
    pub(crate) password: SecretString,
}

/// Logins of this run, each asked for once.
#[derive(Debug, Default)]
pub(super) struct Logins(pub(super) Mutex<HashMap<EcrHost, Arc<LoginOnce>>>);

/// A login that is requested once, and its result.
pub(super) type LoginOnce = OnceCell<Result<Login, AwsError>>;
