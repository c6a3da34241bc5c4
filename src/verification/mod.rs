//! The engine behind `verify` and everything that asks whether an artifact is signed by somebody who is trusted: candidates
//! are fetched and judged, and a verdict follows from all of them.

pub(crate) mod candidate;
mod examine;
mod verdict;

pub(crate) use examine::{Terms, Until, examine, judge};
#[cfg(test)]
pub(crate) use verdict::Judgement;
pub(crate) use verdict::{Candidate, Examined, Found, Judged, Refused, TrustedBy, Verdict};
