//! How much of an answer of AWS is taken.

/// Containers of one task definition. ECS takes 10 in one; what it adds by itself is one or two more.
pub(super) const CONTAINERS: usize = 64;

/// Failures that an answer lists beside what was asked for: one for each ARN, of which one is asked for.
pub(super) const FAILURES: usize = 16;
