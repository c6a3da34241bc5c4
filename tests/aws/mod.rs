//! An AWS endpoint for tests: Signer, Signer data, STS, the logins of ECR and ECR Public, and what a CI runner offers.
//!
//! It shares no code with what it tests: it checks SigV4 by itself, makes its own certificates and writes its own envelopes.
//! ITS ROOTS ARE NOT AWS'S. README.md in this folder has one screen on how to use it.

#![allow(dead_code, reason = "used by the integration tests and by a command; each needs another part")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "part of the tests; what is expected holds by construction, what comes in is checked"
)]

pub(crate) mod answer;
pub(crate) mod arn;
pub(crate) mod authority;
pub(crate) mod clock;
mod control;
mod dispatch;
pub(crate) mod ecr;
pub(crate) mod ecs;
pub(crate) mod endpoint;
pub(crate) mod envelope;
pub(crate) mod fault;
pub(crate) mod identity;
mod input;
mod jobs;
pub(crate) mod log;
mod permissions;
mod profiles;
mod random;
pub(crate) mod request;
mod revocations;
mod runner;
mod server;
mod sign_payload;
pub(crate) mod signer;
pub(crate) mod sigv4;
mod sts;
pub(crate) mod world;
