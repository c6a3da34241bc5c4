//! Who signs: a local key.

pub(crate) mod local_key;
