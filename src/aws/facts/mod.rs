//! What is known of AWS without asking it: hosts and partitions, what a denial says, how AWS is asked. Anyone may read it.

pub(crate) mod container;
pub(crate) mod denial;
pub(crate) mod ecr;
pub(crate) mod ecs;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod keys;
pub(crate) mod settings;

pub(crate) use self::ecr::EcrHost;
pub(crate) use self::error::{AwsError, AwsErrorKind, Operation};
pub(crate) use self::settings::AwsSettings;
