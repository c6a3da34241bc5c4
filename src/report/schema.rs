//! The JSON schema of the JSON form, as `sealgate schema` prints it.
//!
//! What is published is open: a later sealgate may add members. The tests close it, so that a member that it does not know fails.

#[cfg(test)]
mod strict;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use strict::assert_valid;

/// The schema (JSON Schema, draft 2020-12).
pub(crate) const SCHEMA: &str = include_str!("schema.json");
