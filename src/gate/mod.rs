//! Gates: who must have signed an image before a stage of a pipeline lets it pass. Pure: outcomes in, rows out.
//!
//! A stage is met when every requirement of it, and of the stages that come before it, is met by a signature on the same digest.
//! Requirements count *signers*, which the file names, never signatures.

mod children;
mod fault;
mod file;
mod fingerprint;
mod judge;
mod limits;
mod mermaid;
mod model;
mod read;
mod rules;
mod signers;
mod state;

pub(crate) use children::{ALL_CHILDREN, Children, ChildrenRow, ChildrenState, Count};
#[cfg(test)]
pub(crate) use fault::RootError;
pub(crate) use fault::{Fault, Notice, Placed};
pub(crate) use file::{Parsed, parse};
pub(crate) use judge::{Approval, Counted, Judgement, Key, Refusal, Row, Stand, Why, judge};
pub(crate) use limits::FILE_BYTES;
pub(crate) use model::{Gates, Requirement, Signer, SignerTrust, Stage};
pub(crate) use rules::STAGE;
pub(crate) use state::{Obstacle, State};
