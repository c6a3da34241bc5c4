//! The flow of `sign`.
