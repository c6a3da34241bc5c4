//! The engine behind `sign`: look, sign, push, read back, unless a signature that meets all that is asked for is there.

mod artifact;
mod existing;

pub(crate) use artifact::{Existing, Order, Signed, SigningError, Work, sign_artifact};
