//! What is known of AWS without asking it: hosts and partitions, what a denial says, how AWS is asked. Anyone may read it.

pub(crate) mod denial;
pub(crate) mod endpoint;
pub(crate) mod files;
pub(crate) mod keys;
pub(crate) mod settings;
