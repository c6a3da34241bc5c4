//! How much the function takes from the Runtime API, and how it divides its time.

use std::time::Duration;

/// Bytes of an event: what Lambda hands to a function at most, which is 6 MiB, and a little for how that is counted.
pub(super) const EVENT_BYTES: usize = 6 * 1024 * 1024 + 1024;

/// Bytes of the Runtime API's answer to an answer of ours, which say whether it was taken.
pub(super) const ACKNOWLEDGMENT_BYTES: usize = 64 * 1024;

/// What is left of an invocation's time to say how it ends.
pub(super) const MARGIN: Duration = Duration::from_millis(750);

/// How long the Runtime API, which is on this machine, may take to take an answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// How long one wait for the next event may last without a byte: there is no end to it. A deployment may come after months.
pub(super) const NEXT: Duration = Duration::from_secs(365 * 24 * 3600);

/// Characters of a number of an invocation, which is a UUID.
pub(super) const REQUEST_ID: usize = 64;
