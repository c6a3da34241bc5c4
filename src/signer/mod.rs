//! Who signs: a local key.

pub(crate) mod local_key;

pub(crate) use local_key::{LocalKey, LocalKeyError};
