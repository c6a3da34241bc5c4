//! The engine behind `verify` and everything that asks whether an artifact has a trusted signature: candidates
//! are fetched and judged, and a verdict follows from all of them.

mod approval;
pub(crate) mod candidate;
mod children;
mod examine;
mod limits;
mod verdict;

pub(crate) use children::{Cut, Lack, Lacking, Looked as LookedChildren};
pub(crate) use examine::{Terms, Trusted, Until, examine, judge};
#[cfg(test)]
pub(crate) use verdict::Judgement;
pub(crate) use verdict::{Candidate, Examined, Found, Judged, Refused, TrustedBy, Verdict};
