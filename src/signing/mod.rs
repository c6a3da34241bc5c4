//! The engine behind `sign`: look, sign, push, read back, unless a signature that meets all requirements already exists.

mod artifact;
mod error;
mod existing;
mod order;
mod trial;

pub(crate) use artifact::{Signed, Work, sign_artifact};
pub(crate) use error::SigningError;
pub(crate) use order::{Existing, Order};
pub(crate) use trial::{Trial, try_key};
