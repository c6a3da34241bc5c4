//! Gates: who must have signed an image before a stage of a pipeline lets it pass. Pure: outcomes in, rows out.
//!
//! A stage is met when every requirement of it, and of the stages that come before it, is met by a signature on the same digest.
//! Requirements count *signers*, which the file names, never signatures.

mod judge;
mod model;

pub(crate) use judge::{Approval, Counted, Judgement, Key, Obstacle, Refusal, Row, Stand, State, Why, judge};
pub(crate) use model::{Gates, Requirement, Signer, SignerTrust, Stage};
